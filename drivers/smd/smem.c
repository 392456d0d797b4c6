// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMEM: which part of it an item is in, and the lock.
 */
#include <linux/align.h>
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/hwspinlock.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "smem.h"

#define SMEM_LOCK_MS		1000
#define SMEM_POLL_US		50

/* Whoever has the hardware lock writes this into it. */
#define SMEM_LOCK_OWNER(host)	((host) + 1)

/* -EBUSY: somebody else has it. */
static int smem_trylock(struct ferry_smem *smem, unsigned long *flags)
{
	const struct ferry_smem_cfg *cfg = &smem->cfg;

	if (cfg->lock_ops)
		return cfg->lock_ops->trylock(cfg->lock_data) ? 0 : -EBUSY;
	return hwspin_trylock_irqsave(cfg->lock, flags);
}

/*
 * Under the mutex. Not hwspin_lock_timeout(): it would spin for all that time, and we
 * may sleep. What is done under the lock is short, and with interrupts off, as the
 * framework wants it.
 */
int ferry_smem_lock(struct ferry_smem *smem, unsigned long *flags)
{
	ktime_t end = ktime_add_ms(ktime_get(), SMEM_LOCK_MS);
	int ret;

	lockdep_assert_held(&smem->mutex);
	if (!smem->cfg.lock && !smem->cfg.lock_ops)
		return 0;
	while ((ret = smem_trylock(smem, flags)) == -EBUSY) {
		if (ktime_after(ktime_get(), end)) {
			ret = -ETIMEDOUT;
			break;
		}
		usleep_range(SMEM_POLL_US, 2 * SMEM_POLL_US);
	}
	if (ret)
		dev_err_ratelimited(smem->dev, "smem: the lock cannot be had: %d\n", ret);
	return ret;
}

void ferry_smem_unlock(struct ferry_smem *smem, unsigned long flags)
{
	const struct ferry_smem_cfg *cfg = &smem->cfg;

	if (cfg->lock_ops)
		cfg->lock_ops->unlock(cfg->lock_data);
	else if (cfg->lock)
		hwspin_unlock_irqrestore(cfg->lock, &flags);
}

/* NULL: in the heap. */
static struct smem_part *smem_part(struct ferry_smem *smem, u32 host)
{
	unsigned int i;

	for (i = 0; i < smem->nr_parts; i++)
		if (smem->parts[i].host == host)
			return &smem->parts[i];
	return smem->global;
}

/**
 * ferry_smem_alloc() - allocate an item
 * @smem:	the SMEM
 * @host:	the processor it is shared with, or FERRY_SMEM_HOST_ANY
 * @item:	number; those below 8 are the boot loader's
 * @size:	bytes; rounded up to a multiple of 8
 *
 * Items cannot be freed.
 *
 * Context: process, may sleep.
 * Return: 0; -EEXIST when it is there already, -ENOMEM or -ENOSPC when it does not fit
 * into the heap or a partition, -ETIMEDOUT when another processor keeps the lock,
 * -EINVAL for a bad number or size, or when what is in memory contradicts itself.
 */
int ferry_smem_alloc(struct ferry_smem *smem, u32 host, u32 item, size_t size)
{
	struct smem_part *part = smem_part(smem, host);
	unsigned long flags = 0;
	int ret;

	might_sleep();
	if (item < SMEM_ITEM_FIXED || item >= smem->nr_items || !size)
		return -EINVAL;
	guard(mutex)(&smem->mutex);
	ret = ferry_smem_lock(smem, &flags);
	if (ret)
		return ret;
	if (part)
		ret = ferry_smem_part_alloc(smem, part, item, size);
	else
		ret = ferry_smem_heap_alloc(smem, item, size);
	ferry_smem_unlock(smem, flags);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_smem_alloc);

/**
 * ferry_smem_item() - find an item
 * @smem:	the SMEM
 * @host:	the processor it is shared with, or FERRY_SMEM_HOST_ANY
 * @item:	number
 * @size:	set to its size in bytes, or NULL
 *
 * Takes no lock: an item is there as a whole or not yet. It begins at a multiple of 4.
 *
 * Context: any.
 * Return: where it is, until ferry_smem_put(); ERR_PTR() of -ENOENT or -ENXIO: not
 * allocated, -EINVAL for a bad number, or when what is in memory contradicts itself.
 */
void *ferry_smem_item(struct ferry_smem *smem, u32 host, u32 item, size_t *size)
{
	struct smem_part *part = smem_part(smem, host);
	size_t unused;

	if (item >= smem->nr_items)
		return ERR_PTR(-EINVAL);
	if (part)
		return ferry_smem_part_item(smem, part, item, size ?: &unused);
	return ferry_smem_heap_item(smem, item, size ?: &unused);
}
EXPORT_SYMBOL_GPL(ferry_smem_item);

/**
 * ferry_smem_free_space() - how much is left
 * @smem:	the SMEM
 * @host:	the processor it is shared with, or FERRY_SMEM_HOST_ANY
 *
 * It changes when any processor allocates there: a hint to look for new items, and
 * nothing to rely on.
 *
 * Context: any.
 * Return: bytes; -EINVAL when what is in memory contradicts itself.
 */
ssize_t ferry_smem_free_space(struct ferry_smem *smem, u32 host)
{
	struct smem_part *part = smem_part(smem, host);

	return part ? ferry_smem_part_free(smem, part) : ferry_smem_heap_free(smem);
}
EXPORT_SYMBOL_GPL(ferry_smem_free_space);

/**
 * ferry_smem_bust() - take the lock away from a processor that died
 * @smem:	the SMEM
 * @host:	that processor; it must not run
 *
 * Context: process.
 * Return: 0, also when it did not have the lock; -EINVAL for a number that is none of
 * another processor, -EOPNOTSUPP when this lock cannot do that.
 */
int ferry_smem_bust(struct ferry_smem *smem, u32 host)
{
	const struct ferry_smem_cfg *cfg = &smem->cfg;

	if (host == SMEM_HOST_AP || host >= SMEM_HOST_GLOBAL)
		return -EINVAL;
	if (cfg->lock_ops && cfg->lock_ops->bust)
		return cfg->lock_ops->bust(cfg->lock_data, SMEM_LOCK_OWNER(host));
	if (!cfg->lock)
		return -EOPNOTSUPP;
	return hwspin_lock_bust(cfg->lock, SMEM_LOCK_OWNER(host));
}
EXPORT_SYMBOL_GPL(ferry_smem_bust);

static int smem_init(struct ferry_smem *smem)
{
	struct smem_header *header = smem->cfg.base;
	u32 initialized = smem_u32(header->initialized);
	u32 reserved = smem_u32(header->reserved);
	u32 version = smem_u32(header->version[SMEM_VERSION_MASTER]);
	int ret;

	if (initialized != 1 || reserved) {
		dev_err(smem->dev, "smem: not initialized: found %#x and %#x, expected 1 and 0\n",
			initialized, reserved);
		return -ENODEV;
	}
	switch (FIELD_GET(SMEM_VERSION_MAJOR, version)) {
	case SMEM_VERSION_HEAP:
		smem->nr_items = SMEM_ITEM_COUNT;
		ret = ferry_smem_heap_init(smem) ?: ferry_smem_table_init(smem);
		return ret == -ENOENT ? 0 : ret;
	case SMEM_VERSION_PARTITION:
		ret = ferry_smem_table_init(smem);
		if (!ret && smem->global)
			return 0;
		dev_err(smem->dev, "smem: no partition for all hosts\n");
		return ret ?: -EINVAL;
	default:
		dev_err(smem->dev, "smem: version is %#x, expected %#x or %#x in the high half\n",
			version, SMEM_VERSION_HEAP, SMEM_VERSION_PARTITION);
		return -EINVAL;
	}
}

static void smem_free(struct ferry_smem *smem)
{
	put_device(smem->dev);
	mutex_destroy(&smem->mutex);
	kfree(smem->parts);
	kfree(smem->cfg.aux);
	kfree(smem);
}

/**
 * ferry_smem_create() - use an SMEM
 * @parent:	for messages, or NULL
 * @cfg:	what it is made of; on an error @cfg->release is not called
 *
 * What is wrong in the memory is logged. A partition whose header contradicts the
 * table is refused alone: its remote can write it at any time.
 *
 * Context: process, may sleep.
 * Return: the SMEM, for ferry_smem_put(); ERR_PTR() of -ENODEV: the boot loader did not
 * initialize it, -EINVAL: an argument is missing, or what is in memory contradicts
 * itself, -ENOENT: there is neither heap nor partition, -ETIMEDOUT: another processor
 * keeps the lock, -ENOMEM.
 */
struct ferry_smem *ferry_smem_create(struct device *parent, const struct ferry_smem_cfg *cfg)
{
	struct ferry_smem *smem;
	int ret;

	might_sleep();
	if (!cfg->base || !IS_ALIGNED((uintptr_t)cfg->base, SMEM_ALIGN) ||
	    !IS_ALIGNED(cfg->size, SMEM_ALIGN) || cfg->size > S32_MAX ||
	    cfg->size < sizeof(struct smem_header) + SMEM_TABLE_SPAN)
		return ERR_PTR(-EINVAL);
	smem = kzalloc(sizeof(*smem), GFP_KERNEL);
	if (!smem)
		return ERR_PTR(-ENOMEM);
	kref_init(&smem->ref);
	mutex_init(&smem->mutex);
	smem->dev = get_device(parent);
	smem->cfg = *cfg;
	smem->cfg.aux = NULL;
	if (cfg->nr_aux)
		smem->cfg.aux = kmemdup(cfg->aux, array_size(cfg->nr_aux, sizeof(*cfg->aux)),
					GFP_KERNEL);
	ret = cfg->nr_aux && !smem->cfg.aux ? -ENOMEM : smem_init(smem);
	if (!ret)
		return smem;
	smem_free(smem);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_smem_create);

static void smem_release(struct kref *ref)
{
	struct ferry_smem *smem = container_of(ref, struct ferry_smem, ref);

	if (smem->cfg.release)
		smem->cfg.release(smem->cfg.data);
	smem_free(smem);
}

/**
 * ferry_smem_hold() - take a reference
 * @smem:	an SMEM that the caller has a reference to
 *
 * Context: any.
 */
void ferry_smem_hold(struct ferry_smem *smem)
{
	kref_get(&smem->ref);
}
EXPORT_SYMBOL_GPL(ferry_smem_hold);

/**
 * ferry_smem_put() - drop a reference
 * @smem:	the SMEM, an ERR_PTR or NULL
 *
 * Context: process, may sleep.
 */
void ferry_smem_put(struct ferry_smem *smem)
{
	might_sleep();
	if (!IS_ERR_OR_NULL(smem))
		kref_put(&smem->ref, smem_release);
}
EXPORT_SYMBOL_GPL(ferry_smem_put);

static int __init smem_module_init(void)
{
	return ferry_smem_of_init();
}
module_init(smem_module_init);

static void __exit smem_module_exit(void)
{
	ferry_smem_of_exit();
}
module_exit(smem_module_exit);

MODULE_DESCRIPTION("Ferry: memory that all processors of a SoC share (SMEM)");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
