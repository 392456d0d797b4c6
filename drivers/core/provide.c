// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a remote asks for: limits, backing, grant, list, and when it is ours again.
 *
 * A protocol answers requests in work while its start operation waits for the outcome, so
 * nothing here takes the mutex of the link. Order: mutex of the link > of a provider.
 */
#include <linux/align.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/region.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "core.h"
#include "memory.h"
#include "region.h"

struct provided {
	struct list_head node;
	struct ferry_region *region;
	u32 key;
	u64 size;		/* that was asked for */
};

struct ferry_provider {
	struct ferry_memory mem;
	struct ferry_link *link;
	struct ferry_provide_cfg cfg;
	struct mutex lock;	/* what follows */
	struct list_head list;
	unsigned int nr;
};

static struct ferry_provider *provider_of(struct ferry_memory *mem)
{
	return container_of(mem, struct ferry_provider, mem);
}

static int provider_hold_grant(const struct ferry_provide_cfg *cfg)
{
	int ret;

	if (!cfg->grant)
		return 0;
	if (!try_module_get(cfg->grant->owner))
		return -ENODEV;
	ret = cfg->grant->hold ? cfg->grant->hold(cfg->grant_data) : 0;
	if (ret)
		module_put(cfg->grant->owner);
	return ret;
}

static void provider_put_grant(const struct ferry_provide_cfg *cfg)
{
	if (!cfg->grant)
		return;
	if (cfg->grant->hold)
		cfg->grant->put(cfg->grant_data);
	module_put(cfg->grant->owner);
}

static void provider_end_one(struct ferry_provider *p, struct provided *entry)
{
	const struct ferry_region *region = entry->region;

	if (p->cfg.grant)
		p->cfg.grant->revoke(p->cfg.grant_data, region->remote, region->size);
	ferry_region_put(entry->region);
	list_del(&entry->node);
	kfree(entry);
	p->nr--;
}

static void provider_mem_reset(struct ferry_memory *mem)
{
	struct ferry_provider *p = provider_of(mem);
	struct provided *entry, *tmp;

	guard(mutex)(&p->lock);
	list_for_each_entry_safe(entry, tmp, &p->list, node)
		provider_end_one(p, entry);
}

static void provider_mem_release(struct ferry_memory *mem)
{
	struct ferry_provider *p = provider_of(mem);

	provider_put_grant(&p->cfg);
	mutex_destroy(&p->lock);
	kfree(p);
}

/* The remote's own memory is not lent to it, but a grant for it is ours to revoke. */
static void provider_mem_stats(struct ferry_memory *mem, struct ferry_memory_stats *stats)
{
	struct ferry_provider *p = provider_of(mem);
	struct provided *entry;

	guard(mutex)(&p->lock);
	stats->total += p->nr;
	if (p->cfg.backing != FERRY_BACKING_COHERENT && !p->cfg.grant)
		return;
	stats->lent += p->nr;
	list_for_each_entry(entry, &p->list, node)
		stats->lent_bytes += entry->region->size;
}

static const struct ferry_memory_ops provider_memory_ops = {
	.reset = provider_mem_reset,
	.release = provider_mem_release,
	.stats = provider_mem_stats,
};

static bool provide_cfg_valid(const struct ferry_provide_cfg *cfg)
{
	const struct ferry_grant_ops *grant = cfg->grant;

	if (!cfg->max_size || !cfg->max || (cfg->align && !is_power_of_2(cfg->align)))
		return false;
	if (cfg->max_size > S64_MAX || cfg->align > S32_MAX)
		return false;
	if (grant && (!grant->allow || !grant->revoke || !grant->hold != !grant->put))
		return false;
	switch (cfg->backing) {
	case FERRY_BACKING_LENT:
		return cfg->window.end > cfg->window.start;
	case FERRY_BACKING_COHERENT:
	case FERRY_BACKING_FOREIGN:
		return cfg->dev;
	default:
		return false;
	}
}

/**
 * ferry_provider_create() - a way to answer requests for memory
 * @link:	the link of the remote that asks
 * @cfg:	how it is answered; copied, but for what it points to
 *
 * Context: process, may sleep; not from an operation of the link.
 * Return: the provider, for ferry_provider_destroy(); -EINVAL for a configuration that
 * cannot be, -ENODEV when the grant's module goes, -ENOMEM, or what &ferry_grant_ops.hold
 * returned.
 */
struct ferry_provider *ferry_provider_create(struct ferry_link *link,
					     const struct ferry_provide_cfg *cfg)
{
	struct ferry_provider *p;
	int ret;

	might_sleep();
	if (!provide_cfg_valid(cfg))
		return ERR_PTR(-EINVAL);
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return ERR_PTR(-ENOMEM);
	ret = provider_hold_grant(cfg);
	if (ret) {
		kfree(p);
		return ERR_PTR(ret);
	}
	p->cfg = *cfg;
	p->link = link;
	mutex_init(&p->lock);
	INIT_LIST_HEAD(&p->list);
	ferry_memory_init(&p->mem, &provider_memory_ops);
	ferry_memory_add(link, &p->mem, "provided");
	return p;
}
EXPORT_SYMBOL_GPL(ferry_provider_create);

/**
 * ferry_provider_destroy() - no request is answered any more
 * @provider:	the provider, an ERR_PTR or NULL
 *
 * After ferry_link_unregister(), or while the link is offline or crashed, or at any time
 * when all that it provides is lent by the remote. What was
 * provided is revoked and given back; while the remote of a crashed link was not stopped
 * it stays in quarantine.
 *
 * Context: process, may sleep; not from an operation of the link.
 */
void ferry_provider_destroy(struct ferry_provider *provider)
{
	might_sleep();
	if (!IS_ERR_OR_NULL(provider))
		ferry_memory_remove(&provider->mem);
}
EXPORT_SYMBOL_GPL(ferry_provider_destroy);

/*
 * May the remote ask? After a stop the list was emptied, and a request that came before it
 * must not be the first of the next epoch. The state is changed before the list is.
 */
static bool provider_is_asked(const struct ferry_provider *p)
{
	switch (ferry_link_state(p->link)) {
	case FERRY_STATE_OFFLINE:
	case FERRY_STATE_CRASHED:
		return false;
	default:
		return true;
	}
}

/* Must the remote name the address, and may it name this one? */
static int provider_check_addr(const struct ferry_provider *p, u64 addr, u64 size)
{
	const struct resource *window = &p->cfg.window;

	if (p->cfg.backing == FERRY_BACKING_COHERENT)
		return addr ? -EINVAL : 0;
	if (p->cfg.align && !IS_ALIGNED(addr, p->cfg.align))
		return -EINVAL;
	if (!addr || ferry_range_wraps(addr, size))
		return -ERANGE;
	if (p->cfg.backing == FERRY_BACKING_FOREIGN && !window->start && !window->end)
		return 0;
	return ferry_range_covers(window->start, resource_size(window), addr, size) ? 0 : -ERANGE;
}

static struct ferry_region *provider_back(const struct ferry_provider *p, u64 addr, u64 size)
{
	switch (p->cfg.backing) {
	case FERRY_BACKING_LENT:
		return ferry_region_from_mmio(addr, size, p->cfg.window.flags);
	case FERRY_BACKING_FOREIGN:
		return ferry_region_from_foreign(&p->cfg, addr, size);
	default:
		return ferry_region_from_coherent(p->cfg.dev, size);
	}
}

/* Does the remote reach it, and nobody else by the same address? */
static int provider_check_region(const struct ferry_provider *p, const struct ferry_region *region)
{
	unsigned int bits = p->link->cfg.addr_bits;
	const struct provided *other;

	/* By its last byte: the end may be where the address space ends. */
	if (region->remote + (region->size - 1) > GENMASK_ULL(bits - 1, 0))
		return -ERANGE;
	if (p->cfg.align && !IS_ALIGNED(region->remote, p->cfg.align))
		return -ERANGE;
	list_for_each_entry(other, &p->list, node)
		if (ferry_regions_overlap(region, other->region))
			return -EEXIST;
	return 0;
}

static int provider_let_in(const struct ferry_provider *p, const struct ferry_region *region)
{
	int ret = provider_check_region(p, region);

	if (ret || !p->cfg.grant)
		return ret;
	return p->cfg.grant->allow(p->cfg.grant_data, region->remote, region->size);
}

/* Under the lock. Not in the list yet. */
static struct provided *provider_make(struct ferry_provider *p, u64 size, u64 addr)
{
	struct provided *entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	int ret;

	if (!entry)
		return ERR_PTR(-ENOMEM);
	entry->size = size;
	entry->region = provider_back(p, addr, ALIGN(size, p->cfg.align ?: 1));
	ret = PTR_ERR_OR_ZERO(entry->region) ?: provider_let_in(p, entry->region);
	if (!ret)
		return entry;
	ferry_region_put(entry->region);
	kfree(entry);
	return ERR_PTR(ret);
}

static struct provided *provider_find(struct ferry_provider *p, u32 key)
{
	struct provided *entry;

	list_for_each_entry(entry, &p->list, node)
		if (entry->key == key)
			return entry;
	return NULL;
}

/* Under the lock. */
static struct provided *provider_add(struct ferry_provider *p, u32 key, u64 size, u64 addr)
{
	struct provided *entry;

	if (p->nr >= p->cfg.max)
		return ERR_PTR(-ENOSPC);
	entry = provider_make(p, size, addr);
	if (IS_ERR(entry))
		return entry;
	entry->key = key;
	list_add_tail(&entry->node, &p->list);
	p->nr++;
	return entry;
}

/* Is it what was asked for before? */
static bool provided_is(const struct ferry_provider *p, const struct provided *entry, u64 size,
			u64 addr)
{
	return entry->size == size &&
	       (p->cfg.backing == FERRY_BACKING_COHERENT || entry->region->remote == addr);
}

/**
 * ferry_region_provide() - answer a request for memory
 * @provider:	how
 * @key:	who asks, or what for: a number of the protocol's choice. One has one region.
 * @size:	bytes, as the remote says; any value
 * @addr:	address, as the remote says; any value, and 0 when it leaves it to us
 *
 * When this returns a region the remote may reach it, and may be told of it. The same
 * request again gets the same region. The region stays in the list until the remote was
 * stopped; the caller has a reference of its own, for ferry_region_put().
 *
 * It may be called while &ferry_link_ops.start waits for the outcome.
 *
 * Context: process, may sleep.
 * Return: the region; -EINVAL for a size of 0 or more than allowed, an address that is not
 * to be named, or one that is not aligned; -ERANGE for one outside of the window, or beyond
 * what the remote can address; -EFAULT for one where nothing is mapped; -EEXIST when it
 * overlaps another; -EBUSY when @key has another region; -ENOSPC when there are too many;
 * -ENOLINK when the link is offline or crashed; -EOPNOTSUPP for foreign memory that cannot
 * be mapped; -ENOMEM; or what the grant returned.
 */
struct ferry_region *ferry_region_provide(struct ferry_provider *provider, u32 key, u64 size,
					  u64 addr)
{
	struct provided *entry;
	int ret;

	might_sleep();
	if (!size || size > provider->cfg.max_size)
		return ERR_PTR(-EINVAL);
	ret = provider_check_addr(provider, addr, ALIGN(size, provider->cfg.align ?: 1));
	if (ret)
		return ERR_PTR(ret);
	guard(mutex)(&provider->lock);
	if (!provider_is_asked(provider))
		return ERR_PTR(-ENOLINK);
	entry = provider_find(provider, key);
	if (entry && !provided_is(provider, entry, size, addr))
		return ERR_PTR(-EBUSY);
	if (!entry)
		entry = provider_add(provider, key, size, addr);
	if (IS_ERR(entry))
		return ERR_CAST(entry);
	ferry_region_hold(entry->region);
	return entry->region;
}
EXPORT_SYMBOL_GPL(ferry_region_provide);
