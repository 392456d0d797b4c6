// SPDX-License-Identifier: GPL-2.0-only
/*
 * A doorbell from another processor: an interrupt, triggered by an edge, that says
 * nothing but that it came.
 *
 * There is nothing to quieten and nothing to mask. Rings that nobody has taken yet add
 * up to one.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_irq.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct irq_port {
	struct ferry_port port;
	unsigned int irq;
	spinlock_t lock;	/* all that follows */
	bool rang;
	bool armed;
	unsigned long rings;
};

static struct irq_port *irq_port(struct ferry_port *port)
{
	return container_of(port, struct irq_port, port);
}

static irqreturn_t irq_port_handler(int irq, void *data)
{
	struct irq_port *ip = data;
	unsigned long flags;
	bool tell;

	spin_lock_irqsave(&ip->lock, flags);
	ip->rings++;
	ip->rang = true;
	tell = ip->armed;
	ip->armed = false;
	spin_unlock_irqrestore(&ip->lock, flags);

	if (tell)
		ferry_port_rx(&ip->port);
	return IRQ_HANDLED;
}

static int irq_port_start(struct ferry_port *port)
{
	struct irq_port *ip = irq_port(port);

	/* As of a FIFO: what came before was meant for an earlier life. */
	ip->rang = false;
	ip->armed = false;
	return request_irq(ip->irq, irq_port_handler, 0, dev_name(port->dev), ip);
}

static void irq_port_stop(struct ferry_port *port)
{
	struct irq_port *ip = irq_port(port);

	free_irq(ip->irq, ip);
}

static ssize_t irq_port_recv(struct ferry_port *port, void *buf, size_t size)
{
	struct irq_port *ip = irq_port(port);
	unsigned long flags;
	bool rang;

	spin_lock_irqsave(&ip->lock, flags);
	rang = ip->rang;
	ip->rang = false;
	spin_unlock_irqrestore(&ip->lock, flags);
	return rang ? 0 : -EAGAIN;
}

static bool irq_port_rx_arm(struct ferry_port *port)
{
	struct irq_port *ip = irq_port(port);
	unsigned long flags;
	bool more;

	spin_lock_irqsave(&ip->lock, flags);
	more = ip->rang;
	ip->armed = !more;
	spin_unlock_irqrestore(&ip->lock, flags);
	return more;
}

static void irq_port_release(struct ferry_port *port)
{
	kfree(irq_port(port));
}

static const struct ferry_port_desc irq_port_desc = {
	.dir = FERRY_PORT_RX,
	.flags = FERRY_PORT_MERGES,
};

static const struct ferry_port_ops irq_port_ops = {
	.start = irq_port_start,
	.stop = irq_port_stop,
	.recv = irq_port_recv,
	.rx_arm = irq_port_rx_arm,
	.release = irq_port_release,
};

/**
 * ferry_irq_port_create() - an interrupt as a doorbell
 * @dev:	for messages, the name of the interrupt, and ferry_port_publish()
 * @irq:	the interrupt, as its controller is set up: an edge. Taken while the port
 *		is started.
 *
 * The caller gets the provider's reference and ends it with ferry_port_kill().
 *
 * Context: process, may sleep.
 * Return: the port, ERR_PTR(-EINVAL) without device or interrupt, ERR_PTR(-ENOMEM).
 */
struct ferry_port *ferry_irq_port_create(struct device *dev, int irq)
{
	struct irq_port *ip;
	int ret;

	if (!dev || irq <= 0)
		return ERR_PTR(-EINVAL);
	ip = kzalloc(sizeof(*ip), GFP_KERNEL);
	if (!ip)
		return ERR_PTR(-ENOMEM);

	ip->irq = irq;
	spin_lock_init(&ip->lock);
	ret = ferry_port_init(&ip->port, dev, &irq_port_desc, &irq_port_ops);
	if (ret) {
		kfree(ip);
		return ERR_PTR(ret);
	}
	return &ip->port;
}
EXPORT_SYMBOL_GPL(ferry_irq_port_create);

/**
 * ferry_irq_port_rings() - how often it rang
 * @port:	from ferry_irq_port_create()
 *
 * Context: any.
 * Return: the number of interrupts in all its life, also those that added up.
 */
unsigned long ferry_irq_port_rings(struct ferry_port *port)
{
	return READ_ONCE(irq_port(port)->rings);
}
EXPORT_SYMBOL_GPL(ferry_irq_port_rings);

MODULE_DESCRIPTION("Ferry: interrupts as doorbells");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
