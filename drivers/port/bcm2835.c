// SPDX-License-Identifier: GPL-2.0-only
/*
 * BCM2835: two doorbells, one for each direction.
 *
 * Writing rings the VPU. Reading says whether the VPU rang, and makes it forget that, and the
 * interrupt with it: a level, which is never masked.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_bcm2835.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#define BELL_ARM	0x00	/* R: did the VPU ring? */
#define BELL_ARM_RANG		BIT(2)
#define BELL_VPU	0x08	/* W: ring it */

struct bcm_tx {
	struct ferry_port port;
	void __iomem *regs;
};

struct bcm_rx {
	struct ferry_port port;
	void __iomem *regs;
	int irq;
	spinlock_t lock;	/* all that follows */
	bool rang;
	bool armed;
};

static struct bcm_tx *bcm_tx(struct ferry_port *port)
{
	return container_of(port, struct bcm_tx, port);
}

static struct bcm_rx *bcm_rx(struct ferry_port *port)
{
	return container_of(port, struct bcm_rx, port);
}

static int bcm_tx_start(struct ferry_port *port)
{
	return 0;
}

static void bcm_tx_stop(struct ferry_port *port)
{
}

static int bcm_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags)
{
	/* The barrier in writel() puts into memory what it is about. */
	if (!(flags & FERRY_MORE))
		writel(0, bcm_tx(port)->regs + BELL_VPU);
	return 0;
}

static bool bcm_tx_arm(struct ferry_port *port, bool on)
{
	return true;
}

static void bcm_tx_release(struct ferry_port *port)
{
	kfree(bcm_tx(port));
}

static const struct ferry_port_desc bcm_tx_desc = {
	.dir = FERRY_PORT_TX,
	.flags = FERRY_PORT_MERGES | FERRY_PORT_NO_TX_EVENT,
};

static const struct ferry_port_ops bcm_tx_ops = {
	.start = bcm_tx_start,
	.stop = bcm_tx_stop,
	.send = bcm_send,
	.tx_arm = bcm_tx_arm,
	.release = bcm_tx_release,
};

static irqreturn_t bcm_rx_irq(int irq, void *data)
{
	struct bcm_rx *rx = data;
	unsigned long flags;
	bool tell;

	if (!(readl(rx->regs + BELL_ARM) & BELL_ARM_RANG))
		return IRQ_NONE;
	spin_lock_irqsave(&rx->lock, flags);
	rx->rang = true;
	tell = rx->armed;
	rx->armed = false;
	spin_unlock_irqrestore(&rx->lock, flags);
	if (tell)
		ferry_port_rx(&rx->port);
	return IRQ_HANDLED;
}

static int bcm_rx_start(struct ferry_port *port)
{
	struct bcm_rx *rx = bcm_rx(port);

	/* A ring from before was meant for an earlier life. */
	readl(rx->regs + BELL_ARM);
	rx->rang = false;
	rx->armed = false;
	return request_irq(rx->irq, bcm_rx_irq, 0, dev_name(port->dev), rx);
}

static void bcm_rx_stop(struct ferry_port *port)
{
	struct bcm_rx *rx = bcm_rx(port);

	free_irq(rx->irq, rx);
}

static ssize_t bcm_recv(struct ferry_port *port, void *buf, size_t size)
{
	struct bcm_rx *rx = bcm_rx(port);
	unsigned long flags;
	bool rang;

	spin_lock_irqsave(&rx->lock, flags);
	rang = rx->rang;
	rx->rang = false;
	spin_unlock_irqrestore(&rx->lock, flags);
	return rang ? 0 : -EAGAIN;
}

static bool bcm_rx_arm(struct ferry_port *port)
{
	struct bcm_rx *rx = bcm_rx(port);
	unsigned long flags;
	bool more;

	spin_lock_irqsave(&rx->lock, flags);
	more = rx->rang;
	rx->armed = !more;
	spin_unlock_irqrestore(&rx->lock, flags);
	return more;
}

static void bcm_rx_release(struct ferry_port *port)
{
	kfree(bcm_rx(port));
}

static const struct ferry_port_desc bcm_rx_desc = {
	.dir = FERRY_PORT_RX,
	.flags = FERRY_PORT_MERGES,
};

static const struct ferry_port_ops bcm_rx_ops = {
	.start = bcm_rx_start,
	.stop = bcm_rx_stop,
	.recv = bcm_recv,
	.rx_arm = bcm_rx_arm,
	.release = bcm_rx_release,
};

/**
 * ferry_bcm2835_bell_create_tx() - the doorbell of the VPU
 * @dev:	for messages and for ferry_port_publish()
 * @regs:	registers of the doorbells; stay mapped until ferry_port_kill()
 *
 * The caller gets the provider's reference and ends it with ferry_port_kill().
 *
 * Context: process, may sleep.
 * Return: the port, ERR_PTR(-EINVAL) without device or registers, ERR_PTR(-ENOMEM).
 */
struct ferry_port *ferry_bcm2835_bell_create_tx(struct device *dev, void __iomem *regs)
{
	struct bcm_tx *tx;
	int ret;

	if (!dev || !regs)
		return ERR_PTR(-EINVAL);
	tx = kzalloc(sizeof(*tx), GFP_KERNEL);
	if (!tx)
		return ERR_PTR(-ENOMEM);
	tx->regs = regs;
	ret = ferry_port_init(&tx->port, dev, &bcm_tx_desc, &bcm_tx_ops);
	if (!ret)
		return &tx->port;
	kfree(tx);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_bcm2835_bell_create_tx);

/**
 * ferry_bcm2835_bell_create_rx() - the doorbell of the ARM
 * @dev:	for messages, the name of the interrupt, and ferry_port_publish()
 * @regs:	registers of the doorbells; stay mapped until ferry_port_kill()
 * @irq:	its interrupt. Taken while the port is started.
 *
 * The caller gets the provider's reference and ends it with ferry_port_kill().
 *
 * Context: process, may sleep.
 * Return: the port, ERR_PTR(-EINVAL) without device, registers or interrupt,
 * ERR_PTR(-ENOMEM).
 */
struct ferry_port *ferry_bcm2835_bell_create_rx(struct device *dev, void __iomem *regs, int irq)
{
	struct bcm_rx *rx;
	int ret;

	if (!dev || !regs || irq <= 0)
		return ERR_PTR(-EINVAL);
	rx = kzalloc(sizeof(*rx), GFP_KERNEL);
	if (!rx)
		return ERR_PTR(-ENOMEM);
	rx->regs = regs;
	rx->irq = irq;
	spin_lock_init(&rx->lock);
	ret = ferry_port_init(&rx->port, dev, &bcm_rx_desc, &bcm_rx_ops);
	if (!ret)
		return &rx->port;
	kfree(rx);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_bcm2835_bell_create_rx);

MODULE_DESCRIPTION("Ferry: the doorbells of BCM2835, as ports");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
