// SPDX-License-Identifier: GPL-2.0-only
/*
 * Apple's ASC and M3 mailboxes: a FIFO to the co-processor and one from it.
 *
 * A message has 64 bits and a word of which RTKit uses eight. It counts as written, and
 * as read, with the second register. Nothing here relies on how many messages a FIFO
 * takes. To write into a full one and to read from an empty one are errors that the
 * hardware remembers, so its state is read before: it also says how many messages can be
 * read until it has to be looked at again. Registers are slow, and this is a third of what
 * a message costs.
 *
 * The interrupts are levels: "the FIFO to the co-processor is empty" is high most of the
 * time and is enabled only while somebody waits for room. The M3 mailbox also latches
 * them and wants each acknowledged after its reason has gone.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_asc.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

/* Both control registers */
#define ASC_FULL		BIT(16)
#define ASC_EMPTY		BIT(17)
#define ASC_UNDERFLOW		BIT(19)
#define ASC_COUNT		GENMASK(23, 20)

/* IRQ_ENABLE and IRQ_ACK */
#define ASC_IRQ_A2I_EMPTY	BIT(0)
#define ASC_IRQ_I2A_NOT_EMPTY	BIT(3)

/* A2I is to the co-processor, I2A from it. */
struct asc_regs {
	u16 a2i_control;
	u16 a2i_send0;
	u16 a2i_send1;
	u16 i2a_control;
	u16 i2a_recv0;
	u16 i2a_recv1;
	u16 irq_enable;		/* 0: it has no registers for interrupts */
	u16 irq_ack;
};

static const struct asc_regs asc_maps[] = {
	[FERRY_ASC_V4] = {
		.a2i_control = 0x110,
		.i2a_control = 0x114,
		.a2i_send0 = 0x800,
		.a2i_send1 = 0x808,
		.i2a_recv0 = 0x830,
		.i2a_recv1 = 0x838,
	},
	[FERRY_ASC_T8015] = {
		.a2i_control = 0x108,
		.i2a_control = 0x10c,
		.a2i_send0 = 0x800,
		.a2i_send1 = 0x808,
		.i2a_recv0 = 0x830,
		.i2a_recv1 = 0x838,
	},
	[FERRY_ASC_M3] = {
		.irq_enable = 0x48,
		.irq_ack = 0x4c,
		.a2i_control = 0x50,
		.a2i_send0 = 0x60,
		.a2i_send1 = 0x68,
		.i2a_control = 0x80,
		.i2a_recv0 = 0xa0,
		.i2a_recv1 = 0xa8,
	},
};

struct asc_msg {
	__le64 msg0;
	__le32 msg1;
} __packed;

/* One direction. */
struct asc_port {
	struct ferry_port port;
	const struct asc_regs *map;
	void __iomem *regs;
	int irq;
	bool powered;		/* holds the device awake; start and stop */
	spinlock_t lock;	/* armed, and the interrupt's state with it; a send */
	bool armed;
	bool in_irq;		/* RX, lock: its handler runs, and the line is masked */

	/* RX, of who receives. */
	u32 said;		/* messages that were there when looked at last */
	u32 left;		/* ... and were not taken yet */
	bool miscounts;		/* it said that there were more than there were */
	bool broken;		/* it says that there is one, but there is not */
	bool underflow;		/* the bit, when looked at last */
};

static struct asc_port *asc_port(struct ferry_port *port)
{
	return container_of(port, struct asc_port, port);
}

static u32 asc_read(const struct asc_port *ap, u16 reg)
{
	return readl_relaxed(ap->regs + reg);
}

static void asc_ack(const struct asc_port *ap, u32 irq_bit)
{
	if (ap->map->irq_enable)
		writel_relaxed(irq_bit, ap->regs + ap->map->irq_ack);
}

static int asc_power(struct asc_port *ap)
{
	int ret;

	if (!pm_runtime_enabled(ap->port.dev))
		return 0;
	ret = pm_runtime_resume_and_get(ap->port.dev);
	ap->powered = !ret;
	return ret;
}

static void asc_unpower(struct asc_port *ap)
{
	if (ap->powered)
		pm_runtime_put(ap->port.dev);
	ap->powered = false;
}

static int asc_start(struct asc_port *ap, irq_handler_t handler)
{
	int ret = asc_power(ap);

	if (ret)
		return ret;
	ap->armed = false;
	/*
	 * Both ports write both bits, as each does not know of the other: what is not to
	 * be heard of is disabled where the interrupt arrives.
	 */
	if (ap->map->irq_enable)
		writel_relaxed(ASC_IRQ_A2I_EMPTY | ASC_IRQ_I2A_NOT_EMPTY,
			       ap->regs + ap->map->irq_enable);
	/* A level that stays: masked lazily each interrupt would come twice. */
	irq_set_status_flags(ap->irq, IRQ_DISABLE_UNLAZY);
	/* Co-processors take part in suspend: they are told of it by messages. */
	ret = request_irq(ap->irq, handler, IRQF_NO_AUTOEN | IRQF_NO_SUSPEND,
			  dev_name(ap->port.dev), ap);
	if (ret)
		asc_unpower(ap);
	return ret;
}

static void asc_stop(struct ferry_port *port)
{
	struct asc_port *ap = asc_port(port);

	free_irq(ap->irq, ap);
	asc_unpower(ap);
}

/* Whether it was armed. */
static bool asc_disarm(struct asc_port *ap)
{
	bool was = ap->armed;

	lockdep_assert_held(&ap->lock);

	ap->armed = false;
	if (was)
		disable_irq_nosync(ap->irq);
	return was;
}

static void asc_arm(struct asc_port *ap, u32 irq_bit)
{
	lockdep_assert_held(&ap->lock);

	if (ap->armed)
		return;
	/*
	 * What was latched is of the past. If the level is high now it is latched again
	 * at once, so nothing is lost.
	 */
	asc_ack(ap, irq_bit);
	ap->armed = true;
	if (!ap->in_irq)
		enable_irq(ap->irq);
}

static irqreturn_t asc_tx_irq(int irq, void *data)
{
	struct asc_port *ap = data;
	unsigned long flags;

	spin_lock_irqsave(&ap->lock, flags);
	asc_disarm(ap);
	spin_unlock_irqrestore(&ap->lock, flags);

	ferry_port_tx_ready(&ap->port);
	return IRQ_HANDLED;
}

static int asc_tx_start(struct ferry_port *port)
{
	return asc_start(asc_port(port), asc_tx_irq);
}

/* All-ones from a dead bus are full, too. */
static bool asc_is_full(const struct asc_port *ap)
{
	return asc_read(ap, ap->map->a2i_control) & ASC_FULL;
}

static int asc_send(struct ferry_port *port, const void *buf, size_t len, unsigned int flags)
{
	struct asc_port *ap = asc_port(port);
	unsigned long irqflags;
	struct asc_msg msg;
	bool full;

	if (!buf)
		return 0;	/* nothing is ever held back */
	if (len != sizeof(msg))
		return -EINVAL;
	memcpy(&msg, buf, sizeof(msg));

	spin_lock_irqsave(&ap->lock, irqflags);
	full = asc_is_full(ap);
	if (!full) {
		/*
		 * The barrier in writeq() puts what the message is about into memory
		 * first; it pairs with whatever the co-processor does between the
		 * message and its read. Registers of one device keep their order.
		 */
		writeq(le64_to_cpu(msg.msg0), ap->regs + ap->map->a2i_send0);
		writeq_relaxed(le32_to_cpu(msg.msg1), ap->regs + ap->map->a2i_send1);
	}
	spin_unlock_irqrestore(&ap->lock, irqflags);
	return full ? -EAGAIN : 0;
}

static bool asc_tx_arm(struct ferry_port *port, bool on)
{
	struct asc_port *ap = asc_port(port);
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&ap->lock, flags);
	room = !asc_is_full(ap);
	if (on && !room)
		asc_arm(ap, ASC_IRQ_A2I_EMPTY);
	else
		asc_disarm(ap);
	spin_unlock_irqrestore(&ap->lock, flags);
	return room;
}

/*
 * The line is high until the FIFO is empty: whoever empties it arms it again. Often that
 * is done right here, and then it need not be disabled.
 */
static irqreturn_t asc_rx_irq(int irq, void *data)
{
	struct asc_port *ap = data;
	unsigned long flags;

	spin_lock_irqsave(&ap->lock, flags);
	ap->armed = false;
	ap->in_irq = true;
	spin_unlock_irqrestore(&ap->lock, flags);

	ferry_port_rx(&ap->port);

	spin_lock_irqsave(&ap->lock, flags);
	ap->in_irq = false;
	if (!ap->armed)
		disable_irq_nosync(ap->irq);
	spin_unlock_irqrestore(&ap->lock, flags);
	return IRQ_HANDLED;
}

/*
 * What is in the FIFO stays: a co-processor that the boot loader started may have said
 * hello before we came.
 */
static int asc_rx_start(struct ferry_port *port)
{
	struct asc_port *ap = asc_port(port);
	int ret = asc_start(ap, asc_rx_irq);

	if (ret)
		return ret;
	ap->left = 0;
	ap->miscounts = false;
	ap->broken = false;
	ap->underflow = asc_read(ap, ap->map->i2a_control) & ASC_UNDERFLOW;
	return 0;
}

/*
 * A FIFO that says "more" for ever would give zeros for ever. The hardware notices reads
 * from an empty FIFO: where it did since we looked last, one of those before was such. If
 * they were as many as it had said, its count is not believed any more; if it was only
 * one, no further one is made.
 */
static void asc_read_too_far(struct asc_port *ap)
{
	if (ap->said > 1)
		ap->miscounts = true;
	else
		ap->broken = true;
	ap->port.faults++;
	dev_err_ratelimited(ap->port.dev, "the FIFO has messages that it has not\n");
}

/* How many messages may be read now. */
static u32 asc_look(struct asc_port *ap)
{
	u32 control = asc_read(ap, ap->map->i2a_control);
	bool underflow;

	if (control & ASC_EMPTY)
		return 0;
	underflow = control & ASC_UNDERFLOW;
	if (underflow && !ap->underflow)
		asc_read_too_far(ap);
	ap->underflow = underflow;
	/* It is not empty, whatever it counts. */
	ap->said = ap->miscounts ? 1 : max_t(u32, FIELD_GET(ASC_COUNT, control), 1);
	return ap->said;
}

static ssize_t asc_recv(struct ferry_port *port, void *buf, size_t size)
{
	struct asc_port *ap = asc_port(port);
	struct asc_msg msg;

	if (!ap->left)
		ap->left = asc_look(ap);
	if (!ap->left)
		return -EAGAIN;
	ap->left--;
	if (ap->broken)
		return -EIO;
	msg.msg0 = cpu_to_le64(readq_relaxed(ap->regs + ap->map->i2a_recv0));
	/*
	 * The barrier in readq() keeps reads of what the message is about behind it. The
	 * upper half of the register counts messages, and is left out.
	 */
	msg.msg1 = cpu_to_le32(lower_32_bits(readq(ap->regs + ap->map->i2a_recv1)));
	if (size < sizeof(msg))
		return -EMSGSIZE;
	memcpy(buf, &msg, sizeof(msg));
	return sizeof(msg);
}

/* What is there raises its interrupt at once: it need not be looked for. */
static bool asc_rx_arm(struct ferry_port *port)
{
	struct asc_port *ap = asc_port(port);
	unsigned long flags;

	if (ap->broken)
		return false;	/* and never again, until it is started anew */
	spin_lock_irqsave(&ap->lock, flags);
	asc_arm(ap, ASC_IRQ_I2A_NOT_EMPTY);
	spin_unlock_irqrestore(&ap->lock, flags);
	return false;
}

static void asc_release(struct ferry_port *port)
{
	kfree(asc_port(port));
}

static const struct ferry_port_desc asc_tx_desc = {
	.max_len = sizeof(struct asc_msg),
	.dir = FERRY_PORT_TX,
};

static const struct ferry_port_ops asc_tx_ops = {
	.start = asc_tx_start,
	.stop = asc_stop,
	.send = asc_send,
	.tx_arm = asc_tx_arm,
	.release = asc_release,
};

static const struct ferry_port_desc asc_rx_desc = {
	.max_len = sizeof(struct asc_msg),
	.dir = FERRY_PORT_RX,
};

static const struct ferry_port_ops asc_rx_ops = {
	.start = asc_rx_start,
	.stop = asc_stop,
	.recv = asc_recv,
	.rx_arm = asc_rx_arm,
	.release = asc_release,
};

static struct ferry_port *asc_create(struct device *dev, void __iomem *regs,
				     enum ferry_asc_map map, int irq,
				     enum ferry_port_dir dir)
{
	struct asc_port *ap;
	int ret;

	if (!dev || !regs || irq <= 0 || map >= ARRAY_SIZE(asc_maps))
		return ERR_PTR(-EINVAL);
	ap = kzalloc(sizeof(*ap), GFP_KERNEL);
	if (!ap)
		return ERR_PTR(-ENOMEM);

	ap->map = &asc_maps[map];
	ap->regs = regs;
	ap->irq = irq;
	spin_lock_init(&ap->lock);
	if (dir == FERRY_PORT_TX)
		ret = ferry_port_init(&ap->port, dev, &asc_tx_desc, &asc_tx_ops);
	else
		ret = ferry_port_init(&ap->port, dev, &asc_rx_desc, &asc_rx_ops);
	if (ret) {
		kfree(ap);
		return ERR_PTR(ret);
	}
	return &ap->port;
}

/**
 * ferry_asc_create_tx() - a port that sends to a co-processor
 * @dev:	the mailbox; where its runtime PM is enabled it is awake while the port is
 *		started
 * @regs:	its registers; stay mapped until ferry_port_kill()
 * @map:	which they are
 * @irq:	the interrupt "send-empty"; taken while the port is started
 *
 * A message has 12 bytes: a __le64, then a __le32, which has the endpoint. The caller
 * gets the provider's reference and ends it with ferry_port_kill().
 *
 * Context: process, may sleep.
 * Return: the port, ERR_PTR(-EINVAL) when an argument is missing, ERR_PTR(-ENOMEM).
 */
struct ferry_port *ferry_asc_create_tx(struct device *dev, void __iomem *regs,
				       enum ferry_asc_map map, int irq)
{
	return asc_create(dev, regs, map, irq, FERRY_PORT_TX);
}
EXPORT_SYMBOL_GPL(ferry_asc_create_tx);

/**
 * ferry_asc_create_rx() - a port that receives from a co-processor
 * @dev:	as of ferry_asc_create_tx()
 * @regs:	likewise
 * @map:	likewise
 * @irq:	the interrupt "recv-not-empty"
 *
 * What was in the FIFO before it is started can be received: a user to whom it means
 * nothing has to take it, and forget it, itself.
 *
 * Context: process, may sleep.
 * Return: as ferry_asc_create_tx().
 */
struct ferry_port *ferry_asc_create_rx(struct device *dev, void __iomem *regs,
				       enum ferry_asc_map map, int irq)
{
	return asc_create(dev, regs, map, irq, FERRY_PORT_RX);
}
EXPORT_SYMBOL_GPL(ferry_asc_create_rx);

static void asc_kill(void *port)
{
	ferry_port_kill(port);
}

static int asc_offer(struct device *dev, struct ferry_port *port)
{
	int ret;

	if (IS_ERR(port))
		return PTR_ERR(port);
	ret = devm_add_action_or_reset(dev, asc_kill, port);
	if (ret)
		return ret;
	return ferry_port_publish(port, 0);
}

/* The match of a device tree, or that of a name. */
static enum ferry_asc_map asc_map_of(struct platform_device *pdev)
{
	const struct platform_device_id *id = platform_get_device_id(pdev);

	return id ? id->driver_data : (uintptr_t)device_get_match_data(&pdev->dev);
}

static int asc_probe(struct platform_device *pdev)
{
	enum ferry_asc_map map = asc_map_of(pdev);
	struct device *dev = &pdev->dev;
	int tx_irq, rx_irq, ret;
	void __iomem *regs;

	regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	tx_irq = platform_get_irq_byname(pdev, "send-empty");
	if (tx_irq < 0)
		return tx_irq;
	rx_irq = platform_get_irq_byname(pdev, "recv-not-empty");
	if (rx_irq < 0)
		return rx_irq;
	ret = devm_pm_runtime_enable(dev);
	if (ret)
		return ret;

	ret = asc_offer(dev, ferry_asc_create_tx(dev, regs, map, tx_irq));
	if (ret)
		return dev_err_probe(dev, ret, "no port to the co-processor\n");
	ret = asc_offer(dev, ferry_asc_create_rx(dev, regs, map, rx_irq));
	if (ret)
		return dev_err_probe(dev, ret, "no port from the co-processor\n");
	return 0;
}

static const struct of_device_id asc_of_match[] = {
	{ .compatible = "apple,asc-mailbox-v4", .data = (void *)FERRY_ASC_V4 },
	{ .compatible = "apple,t8015-asc-mailbox", .data = (void *)FERRY_ASC_T8015 },
	{ .compatible = "apple,m3-mailbox-v2", .data = (void *)FERRY_ASC_M3 },
	{ }
};
MODULE_DEVICE_TABLE(of, asc_of_match);

/* For those who make the device themselves. */
static const struct platform_device_id asc_ids[] = {
	{ "ferry-asc-v4", FERRY_ASC_V4 },
	{ "ferry-asc-t8015", FERRY_ASC_T8015 },
	{ "ferry-asc-m3", FERRY_ASC_M3 },
	{ }
};
MODULE_DEVICE_TABLE(platform, asc_ids);

static struct platform_driver asc_driver = {
	.probe = asc_probe,
	.id_table = asc_ids,
	.driver = {
		.name = "ferry-port-asc",
		.of_match_table = asc_of_match,
	},
};
module_platform_driver(asc_driver);

MODULE_DESCRIPTION("Ferry: ports on the mailboxes of Apple SoCs");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
