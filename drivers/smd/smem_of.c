// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMEM: the one of the machine, as its device tree describes it.
 *
 * Both forms of the binding become a platform device: a node of reserved memory that
 * has a compatible string, and a node that names one as memory-region.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/hwspinlock.h>
#include <linux/io.h>
#include <linux/mod_devicetable.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_platform.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "smem.h"

#define SMEM_OF_AUX_MAX		1

/* What the machine's SMEM needs as long as anybody has a reference. */
struct smem_of {
	struct ferry_smem_cfg cfg;
	struct ferry_smem_aux aux[SMEM_OF_AUX_MAX];
};

static DEFINE_MUTEX(smem_of_lock);
static struct ferry_smem *smem_of_machine;	/* under smem_of_lock; or why there is none */

/* The range of @np: reserved memory, or anything else with an address. */
static int smem_of_range(struct device_node *np, phys_addr_t *phys, size_t *size)
{
	struct reserved_mem *rmem = of_reserved_mem_lookup(np);
	struct resource res;
	int ret;

	if (rmem) {
		*phys = rmem->base;
		*size = rmem->size;
		return 0;
	}
	ret = of_address_to_resource(np, 0, &res);
	if (ret)
		return ret;
	*phys = res.start;
	*size = resource_size(&res);
	return 0;
}

static void *smem_of_map(struct device *dev, struct device_node *np, phys_addr_t *phys,
			 size_t *size)
{
	int ret = smem_of_range(np, phys, size);
	void *base;

	if (ret)
		return ERR_PTR(dev_err_probe(dev, ret, "%pOF: no usable reg\n", np));
	base = memremap(*phys, *size, MEMREMAP_WC);
	if (base)
		return base;
	dev_err(dev, "%pOF: cannot map %pa+%#zx; is no-map missing?\n", np, phys, *size);
	return ERR_PTR(-ENOMEM);
}

static int smem_of_main(struct device *dev, struct ferry_smem_cfg *cfg)
{
	struct device_node *np = of_parse_phandle(dev->of_node, "memory-region", 0);

	cfg->base = smem_of_map(dev, np ?: dev->of_node, &cfg->phys, &cfg->size);
	of_node_put(np);
	return PTR_ERR_OR_ZERO(cfg->base);
}

static int smem_of_aux(struct device *dev, struct smem_of *so)
{
	struct device_node *np = of_parse_phandle(dev->of_node, "qcom,rpm-msg-ram", 0);
	struct ferry_smem_aux *aux = &so->aux[0];

	if (!np)
		return 0;
	aux->base = smem_of_map(dev, np, &aux->phys, &aux->size);
	of_node_put(np);
	if (IS_ERR(aux->base))
		return PTR_ERR(aux->base);
	so->cfg.aux = so->aux;
	so->cfg.nr_aux = 1;
	return 0;
}

static int smem_of_hwlock(struct device *dev, struct ferry_smem_cfg *cfg)
{
	struct hwspinlock *lock;
	int id;

	/* Where they are left out, the framework says yes to everything. */
	if (!IS_ENABLED(CONFIG_HWSPINLOCK)) {
		dev_err(dev, "this kernel has no CONFIG_HWSPINLOCK\n");
		return -ENODEV;
	}
	id = of_hwspin_lock_get_id(dev->of_node, 0);
	if (id < 0)
		return dev_err_probe(dev, id, "hwlocks names no lock\n");
	lock = hwspin_lock_request_specific(id);
	if (IS_ERR_OR_NULL(lock)) {
		dev_err(dev, "lock %d of hwlocks is taken\n", id);
		return lock ? PTR_ERR(lock) : -EBUSY;
	}
	cfg->lock = lock;
	return 0;
}

static void smem_of_release(void *data)
{
	struct smem_of *so = data;

	if (so->cfg.lock)
		hwspin_lock_free(so->cfg.lock);
	if (!IS_ERR_OR_NULL(so->aux[0].base))
		memunmap(so->aux[0].base);
	if (!IS_ERR_OR_NULL(so->cfg.base))
		memunmap(so->cfg.base);
	kfree(so);
}

static struct ferry_smem *smem_of_create(struct device *dev)
{
	struct smem_of *so = kzalloc(sizeof(*so), GFP_KERNEL);
	struct ferry_smem *smem;
	int ret;

	if (!so)
		return ERR_PTR(-ENOMEM);
	so->cfg.release = smem_of_release;
	so->cfg.data = so;
	ret = smem_of_hwlock(dev, &so->cfg) ?: smem_of_main(dev, &so->cfg) ?: smem_of_aux(dev, so);
	smem = ret ? ERR_PTR(ret) : ferry_smem_create(dev, &so->cfg);
	if (IS_ERR(smem))
		smem_of_release(so);
	return smem;
}

/* Remembers it; why there is none and will be none, too, for those who ask. */
static int smem_of_offer(struct device *dev)
{
	struct ferry_smem *smem;

	guard(mutex)(&smem_of_lock);
	if (!IS_ERR_OR_NULL(smem_of_machine)) {
		dev_err(dev, "the machine has another SMEM\n");
		return -EBUSY;
	}
	smem = smem_of_create(dev);
	smem_of_machine = smem != ERR_PTR(-EPROBE_DEFER) ? smem : NULL;
	return PTR_ERR_OR_ZERO(smem);
}

static void smem_of_forget(void *unused)
{
	guard(mutex)(&smem_of_lock);
	ferry_smem_put(smem_of_machine);
	smem_of_machine = NULL;
}

static int smem_of_probe(struct platform_device *pdev)
{
	return smem_of_offer(&pdev->dev) ?:
	       devm_add_action_or_reset(&pdev->dev, smem_of_forget, NULL);
}

/*
 * Not a MODULE_DEVICE_TABLE: loaded because the node is there it would take SMEM away
 * from what else in the kernel uses it. Who wants ours loads what needs it.
 */
static const struct of_device_id smem_of_match[] = {
	{ .compatible = "qcom,smem" },
	{ }
};

static struct platform_driver smem_of_driver = {
	.probe = smem_of_probe,
	.driver = {
		.name = "ferry-smem",
		.of_match_table = smem_of_match,
		/* Others have pointers into it. */
		.suppress_bind_attrs = true,
	},
};

/* Has another driver the machine's SMEM? Two of them would not share the lock. */
static bool smem_of_foreign(bool say)
{
	struct device_driver *driver;
	struct platform_device *pdev;
	struct device_node *np;
	bool foreign = false;

	for_each_matching_node(np, smem_of_match) {
		pdev = of_find_device_by_node(np);
		if (!pdev)
			continue;
		device_lock(&pdev->dev);
		driver = pdev->dev.driver;
		if (driver && driver != &smem_of_driver.driver) {
			foreign = true;
			if (say)
				dev_err(&pdev->dev, "ferry_smem: not used, %s has it\n",
					driver->name);
		}
		device_unlock(&pdev->dev);
		put_device(&pdev->dev);
	}
	return foreign;
}

/**
 * ferry_smem_get() - the SMEM of the machine's device tree
 *
 * Context: process, may sleep.
 * Return: the SMEM, for ferry_smem_put(); ERR_PTR() of -EPROBE_DEFER: it is not there
 * yet, -EBUSY: another driver has it, or what ferry_smem_create() returned for it.
 */
struct ferry_smem *ferry_smem_get(void)
{
	scoped_guard(mutex, &smem_of_lock) {
		if (smem_of_machine) {
			if (!IS_ERR(smem_of_machine))
				ferry_smem_hold(smem_of_machine);
			return smem_of_machine;
		}
	}
	return ERR_PTR(smem_of_foreign(false) ? -EBUSY : -EPROBE_DEFER);
}
EXPORT_SYMBOL_GPL(ferry_smem_get);

int ferry_smem_of_init(void)
{
	smem_of_foreign(true);
	return platform_driver_register(&smem_of_driver);
}

void ferry_smem_of_exit(void)
{
	platform_driver_unregister(&smem_of_driver);
	smem_of_machine = NULL;
}
