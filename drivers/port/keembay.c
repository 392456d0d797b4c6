// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: two hardware FIFOs of 128 words, one for each direction.
 *
 * A message is one word in native order, the bus address of a packet. Its low six
 * bits belong to the hardware: who wrote it. Nothing tells of room in the FIFO of
 * the VPU, and other agents of the SoC write to it as well, so what STAT says is
 * only a hint. What is certain is the overflow flag after a push.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_keembay.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

/* Registers of one FIFO, from the start of its window */
#define KMB_FIFO		0x00	/* W: push */
#define KMB_FIFO_ATM		0x04	/* R: pop */
#define KMB_FIFO_STAT		0x0c
#define KMB_STAT_LEVEL			GENMASK(23, 16)
#define KMB_FIFO_OF_FLAG0	0x10	/* a push was lost; write 1 to clear */
#define KMB_OF_FLAG_CPU			BIT(KMB_ID_CPU)

#define KMB_ENTRY_ID		GENMASK(5, 0)	/* who wrote it */
#define KMB_ID_CPU		0
#define KMB_EMPTY		U32_MAX		/* read from ATM */

#define KMB_DEPTH		128
#define KMB_RESERVE		16	/* entries that FERRY_GENERAL leaves */

struct kmb_tx {
	struct ferry_port port;
	void __iomem *fifo;
	spinlock_t lock;	/* a push with its check; what follows */
	u32 credits;		/* room at the last look, less what we pushed */
};

struct kmb_rx {
	struct ferry_port port;
	void __iomem *fifo;
	unsigned int irq;
	spinlock_t lock;	/* armed, and the interrupt's state with it */
	bool armed;
	bool promised;		/* rx_arm() said "more", nothing was popped since */
};

static struct kmb_tx *kmb_tx(struct ferry_port *port)
{
	return container_of(port, struct kmb_tx, port);
}

static struct kmb_rx *kmb_rx(struct ferry_port *port)
{
	return container_of(port, struct kmb_rx, port);
}

static u32 kmb_level(void __iomem *fifo)
{
	return FIELD_GET(KMB_STAT_LEVEL, readl(fifo + KMB_FIFO_STAT));
}

/* A level that cannot be, all-ones from a dead bus for one, is no room. */
static u32 kmb_room(struct kmb_tx *tx)
{
	u32 level = kmb_level(tx->fifo);

	return level < KMB_DEPTH ? KMB_DEPTH - level : 0;
}

static bool kmb_push_lost(struct kmb_tx *tx)
{
	/* Also flushes the posted write of the push. */
	if (!(readl(tx->fifo + KMB_FIFO_OF_FLAG0) & KMB_OF_FLAG_CPU))
		return false;

	writel(KMB_OF_FLAG_CPU, tx->fifo + KMB_FIFO_OF_FLAG0);
	return true;
}

static int kmb_tx_start(struct ferry_port *port)
{
	struct kmb_tx *tx = kmb_tx(port);

	/* Left over from an earlier life, it would condemn the first push. */
	writel(KMB_OF_FLAG_CPU, tx->fifo + KMB_FIFO_OF_FLAG0);
	tx->credits = 0;
	return 0;
}

static void kmb_tx_stop(struct ferry_port *port)
{
}

static int kmb_push(struct kmb_tx *tx, u32 entry, u32 reserve)
{
	lockdep_assert_held(&tx->lock);

	if (tx->credits <= reserve)
		tx->credits = kmb_room(tx);
	if (tx->credits <= reserve)
		return -EAGAIN;

	/*
	 * The barrier in writel() puts the packet into memory first; it pairs with
	 * whatever the VPU does between pop and read.
	 */
	writel(entry, tx->fifo + KMB_FIFO);
	if (kmb_push_lost(tx)) {
		tx->port.faults++;
		tx->credits = 0;
		return -EAGAIN;
	}

	if (!--tx->credits)
		tx->credits = kmb_room(tx);
	return tx->credits ? 0 : 1;
}

static int kmb_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags)
{
	u32 reserve = flags & FERRY_GENERAL ? KMB_RESERVE : 0;
	struct kmb_tx *tx = kmb_tx(port);
	unsigned long irqflags;
	u32 entry;
	int ret;

	if (!msg)
		return 0;	/* nothing is ever held back */
	if (len != sizeof(entry))
		return -EINVAL;
	memcpy(&entry, msg, sizeof(entry));
	if (entry & KMB_ENTRY_ID)
		return -EINVAL;

	spin_lock_irqsave(&tx->lock, irqflags);
	ret = kmb_push(tx, entry | KMB_ID_CPU, reserve);
	spin_unlock_irqrestore(&tx->lock, irqflags);
	return ret;
}

/* No event exists: only look. */
static bool kmb_tx_arm(struct ferry_port *port, bool on)
{
	struct kmb_tx *tx = kmb_tx(port);
	unsigned long irqflags;
	bool room;

	spin_lock_irqsave(&tx->lock, irqflags);
	tx->credits = kmb_room(tx);
	room = tx->credits;
	spin_unlock_irqrestore(&tx->lock, irqflags);
	return room;
}

static void kmb_tx_release(struct ferry_port *port)
{
	kfree(kmb_tx(port));
}

static const struct ferry_port_desc kmb_tx_desc = {
	.max_len = sizeof(u32),
	.dir = FERRY_PORT_TX,
	.flags = FERRY_PORT_NO_TX_EVENT,
};

static const struct ferry_port_ops kmb_tx_ops = {
	.start = kmb_tx_start,
	.stop = kmb_tx_stop,
	.send = kmb_send,
	.tx_arm = kmb_tx_arm,
	.release = kmb_tx_release,
};

/* The line is high until the FIFO is empty: mask it, whoever empties it unmasks. */
static irqreturn_t kmb_rx_irq(int irq, void *data)
{
	struct kmb_rx *rx = data;
	unsigned long irqflags;

	spin_lock_irqsave(&rx->lock, irqflags);
	if (rx->armed) {
		rx->armed = false;
		disable_irq_nosync(irq);
	}
	spin_unlock_irqrestore(&rx->lock, irqflags);

	ferry_port_rx(&rx->port);
	return IRQ_HANDLED;
}

static int kmb_rx_start(struct ferry_port *port)
{
	struct kmb_rx *rx = kmb_rx(port);
	unsigned int n;

	/* What is in it was meant for an earlier life. The VPU may go on pushing. */
	for (n = 0; n < 2 * KMB_DEPTH; n++) {
		if (readl(rx->fifo + KMB_FIFO_ATM) == KMB_EMPTY)
			break;
	}
	rx->armed = false;
	rx->promised = false;
	/* A level that stays: masked lazily each interrupt would come twice. */
	irq_set_status_flags(rx->irq, IRQ_DISABLE_UNLAZY);
	return request_irq(rx->irq, kmb_rx_irq, IRQF_NO_AUTOEN, dev_name(port->dev), rx);
}

static void kmb_rx_stop(struct ferry_port *port)
{
	struct kmb_rx *rx = kmb_rx(port);

	free_irq(rx->irq, rx);
}

static ssize_t kmb_recv(struct ferry_port *port, void *buf, size_t size)
{
	struct kmb_rx *rx = kmb_rx(port);
	/* The barrier in readl() keeps reads of the packet behind it. */
	u32 entry = readl(rx->fifo + KMB_FIFO_ATM);

	if (entry == KMB_EMPTY)
		return -EAGAIN;

	rx->promised = false;
	if (size < sizeof(entry))
		return -EMSGSIZE;
	entry &= ~KMB_ENTRY_ID;
	memcpy(buf, &entry, sizeof(entry));
	return sizeof(entry);
}

static bool kmb_rx_arm(struct ferry_port *port)
{
	struct kmb_rx *rx = kmb_rx(port);
	unsigned long irqflags;
	bool more;

	spin_lock_irqsave(&rx->lock, irqflags);
	if (!rx->armed)
		enable_irq(rx->irq);
	/*
	 * Where the line is an edge, what came before enable_irq() raises none. But
	 * a STAT that says "more" while there is nothing to pop is not believed
	 * twice, or the user would look for ever.
	 */
	more = kmb_level(rx->fifo) && !rx->promised;
	if (more)
		disable_irq_nosync(rx->irq);
	rx->armed = !more;
	rx->promised = more;
	spin_unlock_irqrestore(&rx->lock, irqflags);
	return more;
}

static void kmb_rx_release(struct ferry_port *port)
{
	kfree(kmb_rx(port));
}

static const struct ferry_port_desc kmb_rx_desc = {
	.max_len = sizeof(u32),
	.dir = FERRY_PORT_RX,
};

static const struct ferry_port_ops kmb_rx_ops = {
	.start = kmb_rx_start,
	.stop = kmb_rx_stop,
	.recv = kmb_recv,
	.rx_arm = kmb_rx_arm,
	.release = kmb_rx_release,
};

/**
 * ferry_kmb_fifo_create_tx() - a port that pushes into the FIFO of the VPU
 * @dev:	for messages and for ferry_port_publish(), or NULL
 * @vpu_fifo:	registers of that FIFO; stay mapped until ferry_port_kill()
 *
 * The caller gets the provider's reference and ends it with ferry_port_kill().
 *
 * Context: process, may sleep.
 * Return: the port, ERR_PTR(-EINVAL) without registers, ERR_PTR(-ENOMEM).
 */
struct ferry_port *ferry_kmb_fifo_create_tx(struct device *dev, void __iomem *vpu_fifo)
{
	struct kmb_tx *tx;
	int ret;

	if (!vpu_fifo)
		return ERR_PTR(-EINVAL);
	tx = kzalloc(sizeof(*tx), GFP_KERNEL);
	if (!tx)
		return ERR_PTR(-ENOMEM);

	tx->fifo = vpu_fifo;
	spin_lock_init(&tx->lock);
	ret = ferry_port_init(&tx->port, dev, &kmb_tx_desc, &kmb_tx_ops);
	if (ret) {
		kfree(tx);
		return ERR_PTR(ret);
	}
	return &tx->port;
}
EXPORT_SYMBOL_GPL(ferry_kmb_fifo_create_tx);

/**
 * ferry_kmb_fifo_create_rx() - a port that pops from the FIFO of the CPU
 * @dev:	for messages, the name of the interrupt, and ferry_port_publish()
 * @cpu_fifo:	registers of that FIFO; stay mapped until ferry_port_kill()
 * @irq:	its interrupt; taken while the port is started
 *
 * The caller gets the provider's reference and ends it with ferry_port_kill().
 *
 * Context: process, may sleep.
 * Return: the port, ERR_PTR(-EINVAL) when an argument is missing, ERR_PTR(-ENOMEM).
 */
struct ferry_port *ferry_kmb_fifo_create_rx(struct device *dev, void __iomem *cpu_fifo,
					    unsigned int irq)
{
	struct kmb_rx *rx;
	int ret;

	if (!dev || !cpu_fifo || !irq)
		return ERR_PTR(-EINVAL);
	rx = kzalloc(sizeof(*rx), GFP_KERNEL);
	if (!rx)
		return ERR_PTR(-ENOMEM);

	rx->fifo = cpu_fifo;
	rx->irq = irq;
	spin_lock_init(&rx->lock);
	ret = ferry_port_init(&rx->port, dev, &kmb_rx_desc, &kmb_rx_ops);
	if (ret) {
		kfree(rx);
		return ERR_PTR(ret);
	}
	return &rx->port;
}
EXPORT_SYMBOL_GPL(ferry_kmb_fifo_create_rx);

static void kmb_kill(void *port)
{
	ferry_port_kill(port);
}

static int kmb_offer(struct device *dev, struct ferry_port *port)
{
	int ret;

	if (IS_ERR(port))
		return PTR_ERR(port);
	ret = devm_add_action_or_reset(dev, kmb_kill, port);
	if (ret)
		return ret;
	return ferry_port_publish(port, 0);
}

static int kmb_probe(struct platform_device *pdev)
{
	void __iomem *cpu_fifo, *vpu_fifo;
	struct device *dev = &pdev->dev;
	int irq, ret;

	cpu_fifo = devm_platform_ioremap_resource_byname(pdev, "cpu_fifo");
	if (IS_ERR(cpu_fifo))
		return PTR_ERR(cpu_fifo);
	vpu_fifo = devm_platform_ioremap_resource_byname(pdev, "vpu_fifo");
	if (IS_ERR(vpu_fifo))
		return PTR_ERR(vpu_fifo);
	irq = platform_get_irq(pdev, 0);
	if (irq < 0)
		return irq;

	ret = kmb_offer(dev, ferry_kmb_fifo_create_tx(dev, vpu_fifo));
	if (ret)
		return dev_err_probe(dev, ret, "no port to the VPU\n");
	ret = kmb_offer(dev, ferry_kmb_fifo_create_rx(dev, cpu_fifo, irq));
	if (ret)
		return dev_err_probe(dev, ret, "no port from the VPU\n");
	return 0;
}

static const struct of_device_id kmb_of_match[] = {
	{ .compatible = "intel,keembay-ipc-mailbox" },
	{ .compatible = "intel,vpu-ipc-mailbox" },
	{ }
};
MODULE_DEVICE_TABLE(of, kmb_of_match);

static struct platform_driver kmb_driver = {
	.probe = kmb_probe,
	.driver = {
		.name = "ferry-port-keembay",
		.of_match_table = kmb_of_match,
	},
};
module_platform_driver(kmb_driver);

MODULE_DESCRIPTION("Ferry: FIFO ports of Intel Keem Bay");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
