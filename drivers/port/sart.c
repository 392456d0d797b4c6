// SPDX-License-Identifier: GPL-2.0-only
/*
 * SART, the filter between a co-processor of Apple's and memory: 16 entries, each a range
 * of physical addresses that may be reached.
 *
 * Not a port, but a neighbour of them on the SoC. What was allowed may outlive the driver
 * of the co-processor, in quarantine; so the SART is counted, and its module stays.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/sart.h>
#include <linux/io.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "../compat.h"

/* Registers of entry i, 32 bit, little-endian */
#define SART_CONFIG(i)	(0x00 + 4 * (i))
#define SART_PADDR(i)	(0x40 + 4 * (i))
#define SART_SIZE(i)	(0x80 + 4 * (i))	/* V3 */
#define SART_SHIFT	12			/* addresses and sizes count pages */

/* Where the versions differ. An entry without any flag is not in use. */
struct sart_hw {
	u32 flags;		/* CONFIG: which of its bits are flags */
	u32 allow;		/* CONFIG: flags that let everything through */
	u32 size;		/* the field of the size, from bit 0 of CONFIG or SIZE */
	bool has_size;		/* there is a SIZE */
	unsigned int bits;	/* of addresses */
};

static const struct sart_hw sart_hws[] = {
	[FERRY_SART_V0] = {
		.flags = GENMASK(28, 24), .allow = 0x0f000000, .size = GENMASK(18, 0), .bits = 36,
	},
	[FERRY_SART_V2] = {
		.flags = GENMASK(31, 24), .allow = 0xff000000, .size = GENMASK(23, 0), .bits = 36,
	},
	[FERRY_SART_V3] = {
		.flags = GENMASK(7, 0), .allow = 0xff, .size = GENMASK(29, 0), .has_size = true,
		.bits = 42,
	},
};

struct sart_entry {
	enum { SART_FREE, SART_USED, SART_PROTECTED } state;
	u64 paddr;
	u64 size;
};

struct ferry_sart {
	struct kref ref;
	struct list_head node;		/* in the list of those with a node of the device tree */
	struct device *dev;
	const struct sart_hw *hw;
	struct mutex lock;		/* what follows */
	void __iomem *regs;		/* NULL: its device is gone */
	struct sart_entry entry[FERRY_SART_ENTRIES];
};

static DEFINE_MUTEX(sarts_lock);
static LIST_HEAD(sarts);

/* Under the lock. What lets through is written last. */
static void sart_set(struct ferry_sart *sart, unsigned int i, u64 paddr, u64 size)
{
	u32 pages = size >> SART_SHIFT;

	writel(paddr >> SART_SHIFT, sart->regs + SART_PADDR(i));
	if (sart->hw->has_size)
		writel(pages, sart->regs + SART_SIZE(i));
	writel(sart->hw->allow | (sart->hw->has_size ? 0 : pages), sart->regs + SART_CONFIG(i));
	sart->entry[i] = (struct sart_entry){ SART_USED, paddr, size };
}

/* Under the lock. What lets through is cleared first. */
static void sart_clear(struct ferry_sart *sart, unsigned int i)
{
	writel(0, sart->regs + SART_CONFIG(i));
	writel(0, sart->regs + SART_PADDR(i));
	if (sart->hw->has_size)
		writel(0, sart->regs + SART_SIZE(i));
	sart->entry[i] = (struct sart_entry){ SART_FREE };
}

static bool sart_fits(const struct sart_hw *hw, u64 paddr, u64 size)
{
	if (!size || !IS_ALIGNED(paddr | size, FERRY_SART_GRANULE))
		return false;
	if (size >> SART_SHIFT > hw->size)
		return false;
	return paddr < BIT_ULL(hw->bits) && size <= BIT_ULL(hw->bits) - paddr;
}

static int sart_allow(void *data, u64 remote, u64 size)
{
	struct ferry_sart *sart = data;
	unsigned int i;

	if (!sart_fits(sart->hw, remote, size))
		return -EINVAL;
	guard(mutex)(&sart->lock);
	if (!sart->regs)
		return -ENODEV;
	for (i = 0; i < FERRY_SART_ENTRIES; i++) {
		if (sart->entry[i].state != SART_FREE)
			continue;
		sart_set(sart, i, remote, size);
		return 0;
	}
	return -EBUSY;
}

static void sart_revoke(void *data, u64 remote, u64 size)
{
	struct ferry_sart *sart = data;
	unsigned int i;

	guard(mutex)(&sart->lock);
	if (!sart->regs)
		return;
	for (i = 0; i < FERRY_SART_ENTRIES; i++) {
		const struct sart_entry *entry = &sart->entry[i];

		if (entry->state != SART_USED || entry->paddr != remote || entry->size != size)
			continue;
		sart_clear(sart, i);
		return;
	}
	dev_warn(sart->dev, "nothing to revoke at %#llx+%#llx\n", remote, size);
}

static int sart_hold(void *data)
{
	struct ferry_sart *sart = data;

	kref_get(&sart->ref);
	return 0;
}

static void sart_put(void *data)
{
	ferry_sart_put(data);
}

const struct ferry_grant_ops ferry_sart_grant_ops = {
	.allow = sart_allow,
	.revoke = sart_revoke,
	.hold = sart_hold,
	.put = sart_put,
	.owner = THIS_MODULE,
};
EXPORT_SYMBOL_GPL(ferry_sart_grant_ops);

/**
 * ferry_sart_create() - a SART, by its registers
 * @dev:	for messages; a reference is taken
 * @regs:	its registers, until ferry_sart_end()
 * @version:	which they are
 *
 * What is in use now belongs to somebody else, and stays as it is.
 *
 * Context: process, may sleep.
 * Return: the SART, for ferry_sart_end() and then ferry_sart_put(); ERR_PTR(-EINVAL) for no
 * registers or an unknown version, ERR_PTR(-ENOMEM).
 */
struct ferry_sart *ferry_sart_create(struct device *dev, void __iomem *regs,
				     enum ferry_sart_version version)
{
	struct ferry_sart *sart;
	unsigned int i;

	if (!regs || version >= ARRAY_SIZE(sart_hws))
		return ERR_PTR(-EINVAL);
	sart = kzalloc(sizeof(*sart), GFP_KERNEL);
	if (!sart)
		return ERR_PTR(-ENOMEM);
	kref_init(&sart->ref);
	INIT_LIST_HEAD(&sart->node);
	mutex_init(&sart->lock);
	sart->dev = get_device(dev);
	sart->regs = regs;
	sart->hw = &sart_hws[version];
	for (i = 0; i < FERRY_SART_ENTRIES; i++)
		if (readl(regs + SART_CONFIG(i)) & sart->hw->flags)
			sart->entry[i].state = SART_PROTECTED;
	return sart;
}
EXPORT_SYMBOL_GPL(ferry_sart_create);

/**
 * ferry_sart_end() - the registers are not to be used any more
 * @sart:	the SART
 *
 * All that was allowed here is taken back. Who holds the SART still gets -ENODEV.
 *
 * Context: process, may sleep.
 */
void ferry_sart_end(struct ferry_sart *sart)
{
	unsigned int i;

	guard(mutex)(&sart->lock);
	for (i = 0; sart->regs && i < FERRY_SART_ENTRIES; i++)
		if (sart->entry[i].state == SART_USED)
			sart_clear(sart, i);
	sart->regs = NULL;
}
EXPORT_SYMBOL_GPL(ferry_sart_end);

static void sart_free(struct kref *ref)
{
	struct ferry_sart *sart = container_of(ref, struct ferry_sart, ref);

	put_device(sart->dev);
	mutex_destroy(&sart->lock);
	kfree(sart);
}

/**
 * ferry_sart_put() - give a reference back
 * @sart:	the SART, an ERR_PTR or NULL
 *
 * Context: process, may sleep.
 */
void ferry_sart_put(struct ferry_sart *sart)
{
	if (!IS_ERR_OR_NULL(sart))
		kref_put(&sart->ref, sart_free);
}
EXPORT_SYMBOL_GPL(ferry_sart_put);

static void sart_leave(void *data)
{
	struct ferry_sart *sart = data;

	scoped_guard(mutex, &sarts_lock)
		list_del(&sart->node);
	ferry_sart_end(sart);
	ferry_sart_put(sart);
}

static void sart_unpower(void *dev)
{
	pm_runtime_put(dev);
}

/* As long as we are here: without power nothing gets through, and what was set is lost. */
static int sart_power(struct device *dev)
{
	int ret;

	ret = devm_pm_runtime_enable(dev) ?: pm_runtime_resume_and_get(dev);
	return ret ?: devm_add_action_or_reset(dev, sart_unpower, dev);
}

static int sart_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct ferry_sart *sart;
	void __iomem *regs;
	int ret;

	ret = sart_power(dev);
	if (ret)
		return dev_err_probe(dev, ret, "no power\n");
	regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	sart = ferry_sart_create(dev, regs, (uintptr_t)of_device_get_match_data(dev));
	if (IS_ERR(sart))
		return PTR_ERR(sart);
	platform_set_drvdata(pdev, sart);
	scoped_guard(mutex, &sarts_lock)
		list_add(&sart->node, &sarts);
	return devm_add_action_or_reset(dev, sart_leave, sart);
}

/* A kernel that follows would take what is set for the boot loader's. */
static void sart_shutdown(struct platform_device *pdev)
{
	ferry_sart_end(platform_get_drvdata(pdev));
}

/*
 * Not a MODULE_DEVICE_TABLE: loaded because the node is there it would take the SART away
 * from what else in the kernel uses it. Who wants ours loads what needs it.
 */
static const struct of_device_id sart_of_match[] = {
	{ .compatible = "apple,t8015-sart", .data = (void *)FERRY_SART_V0 },
	{ .compatible = "apple,t8103-sart", .data = (void *)FERRY_SART_V2 },
	{ .compatible = "apple,t6000-sart", .data = (void *)FERRY_SART_V3 },
	{ }
};

static struct platform_driver sart_driver = {
	.probe = sart_probe,
	.shutdown = sart_shutdown,
	.driver = {
		.name = "ferry-sart",
		.of_match_table = sart_of_match,
		/* What it let through may be in quarantine. */
		.suppress_bind_attrs = true,
	},
};

static struct ferry_sart *sart_find(const struct device_node *np)
{
	struct ferry_sart *sart;

	guard(mutex)(&sarts_lock);
	list_for_each_entry(sart, &sarts, node) {
		if (sart->dev->of_node != np)
			continue;
		kref_get(&sart->ref);
		return sart;
	}
	return NULL;
}

/* Why is there none at @np? Two drivers would not agree on whose entries are whose. */
static int sart_missing(struct device *dev, struct device_node *np)
{
	struct platform_device *pdev = of_find_device_by_node(np);
	int ret = -EPROBE_DEFER;

	if (!pdev)
		return ret;
	device_lock(&pdev->dev);
	if (pdev->dev.driver && pdev->dev.driver != &sart_driver.driver) {
		dev_err(dev, "%pOF: not used, %s has it\n", np, pdev->dev.driver->name);
		ret = -EBUSY;
	}
	device_unlock(&pdev->dev);
	put_device(&pdev->dev);
	return ret;
}

/* Its driver goes after that of @dev, and it is suspended after it. */
static struct ferry_sart *sart_link(struct device *dev, struct ferry_sart *sart)
{
	if (device_link_add(dev, sart->dev, DL_FLAG_PM_RUNTIME | DL_FLAG_AUTOREMOVE_CONSUMER))
		return sart;
	ferry_sart_put(sart);
	return ERR_PTR(-ENODEV);
}

/**
 * ferry_sart_get() - the SART that filters what a device reaches
 * @dev:	a device with the property apple,sart; it is about to be bound
 *
 * Context: process, may sleep.
 * Return: the SART, for ferry_sart_put(); ERR_PTR() of -ENODEV: @dev has none, -EPROBE_DEFER:
 * it is not there yet, -EBUSY: another driver has it, which is logged.
 */
struct ferry_sart *ferry_sart_get(struct device *dev)
{
	struct device_node *np = of_parse_phandle(dev->of_node, "apple,sart", 0);
	struct ferry_sart *sart;

	if (!np)
		return ERR_PTR(-ENODEV);
	sart = sart_find(np);
	sart = sart ? sart_link(dev, sart) : ERR_PTR(sart_missing(dev, np));
	of_node_put(np);
	return sart;
}
EXPORT_SYMBOL_GPL(ferry_sart_get);

module_platform_driver(sart_driver);

MODULE_DESCRIPTION("Ferry: SART, the filter in front of memory on Apple's SoCs");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
