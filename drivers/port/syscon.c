// SPDX-License-Identifier: GPL-2.0-only
/*
 * A doorbell to another processor: one bit of a register that many share.
 *
 * The register triggers on ones and ignores zeros, so nothing is read, and rings need
 * no lock of ours. That of the regmap is taken in any context: it has to be a spinlock
 * (MMIO, or fast_io), and on PREEMPT_RT a raw one (use_raw_spinlock) or none, where
 * rings come with interrupts off. The regmaps of the kernel's syscon driver are MMIO
 * with a plain spinlock.
 */
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_syscon.h>
#include <linux/mfd/syscon.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/regmap.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "../compat.h"

struct syscon_port {
	struct ferry_port port;
	struct regmap *map;
	unsigned int reg;
	u32 value;
	spinlock_t lock;	/* port.faults */
};

static struct syscon_port *syscon_port(struct ferry_port *port)
{
	return container_of(port, struct syscon_port, port);
}

static int syscon_start(struct ferry_port *port)
{
	return 0;
}

static void syscon_stop(struct ferry_port *port)
{
}

static int syscon_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags)
{
	struct syscon_port *sp = syscon_port(port);
	unsigned long irqflags;

	/* What the ring is about comes first. A regmap may write without a barrier. */
	wmb();
	if (!regmap_write(sp->map, sp->reg, sp->value))
		return 0;

	/* Trying again would not help, and the next ring makes up for this one. */
	spin_lock_irqsave(&sp->lock, irqflags);
	port->faults++;
	spin_unlock_irqrestore(&sp->lock, irqflags);
	return 0;
}

static bool syscon_tx_arm(struct ferry_port *port, bool on)
{
	return true;
}

static void syscon_release(struct ferry_port *port)
{
	kfree(syscon_port(port));
}

static const struct ferry_port_desc syscon_desc = {
	.dir = FERRY_PORT_TX,
	.flags = FERRY_PORT_MERGES,
};

static const struct ferry_port_ops syscon_ops = {
	.start = syscon_start,
	.stop = syscon_stop,
	.send = syscon_send,
	.tx_arm = syscon_tx_arm,
	.release = syscon_release,
};

/**
 * ferry_syscon_port_create() - a doorbell that writes one bit
 * @dev:	for messages and for ferry_port_publish(), or NULL
 * @map:	where the register is; stays until ferry_port_kill(). Its lock has to be one
 *		that any context can take.
 * @reg:	offset of the register
 * @bit:	which of its 32 bits
 *
 * The caller gets the provider's reference and ends it with ferry_port_kill(). A write
 * that fails is counted as a fault of the port.
 *
 * Context: process, may sleep.
 * Return: the port, ERR_PTR(-EINVAL) for no regmap, one that sleeps, or no such bit,
 * ERR_PTR(-ENOMEM).
 */
struct ferry_port *ferry_syscon_port_create(struct device *dev, struct regmap *map,
					    unsigned int reg, unsigned int bit)
{
	struct syscon_port *sp;
	int ret;

	if (IS_ERR_OR_NULL(map) || bit >= BITS_PER_TYPE(sp->value) ||
	    ferry_regmap_might_sleep(map))
		return ERR_PTR(-EINVAL);
	sp = kzalloc(sizeof(*sp), GFP_KERNEL);
	if (!sp)
		return ERR_PTR(-ENOMEM);

	sp->map = map;
	sp->reg = reg;
	sp->value = BIT(bit);
	spin_lock_init(&sp->lock);
	ret = ferry_port_init(&sp->port, dev, &syscon_desc, &syscon_ops);
	if (ret) {
		kfree(sp);
		return ERR_PTR(ret);
	}
	return &sp->port;
}
EXPORT_SYMBOL_GPL(ferry_syscon_port_create);

/**
 * ferry_syscon_port_of() - a doorbell that a device tree names
 * @dev:	for messages and for ferry_port_publish(), or NULL
 * @np:		node with the property
 * @prop:	its name; it is <&syscon offset bit>
 *
 * As ferry_syscon_port_create().
 *
 * Context: process, may sleep.
 * Return: the port; ERR_PTR() of -ENOENT without such a property, -EINVAL when it is
 * malformed, -EPROBE_DEFER when the syscon is not there yet, -EOPNOTSUPP in a kernel
 * without syscons, -ENOMEM, or the error of syscon_node_to_regmap().
 */
struct ferry_port *ferry_syscon_port_of(struct device *dev, const struct device_node *np,
					const char *prop)
{
	struct of_phandle_args args;
	struct regmap *map;
	int ret;

	if (!IS_ENABLED(CONFIG_MFD_SYSCON))
		return ERR_PTR(-EOPNOTSUPP);
	ret = of_parse_phandle_with_fixed_args(np, prop, 2, 0, &args);
	if (ret)
		return ERR_PTR(ret);
	if (!args.np)
		return ERR_PTR(-EINVAL);
	map = syscon_node_to_regmap(args.np);
	of_node_put(args.np);
	if (IS_ERR(map))
		return ERR_CAST(map);
	return ferry_syscon_port_create(dev, map, args.args[0], args.args[1]);
}
EXPORT_SYMBOL_GPL(ferry_syscon_port_of);

MODULE_DESCRIPTION("Ferry: bits of a syscon register as doorbells");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
