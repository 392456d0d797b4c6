// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a link: what the remote may name, and where it is for us; what it may
 * write to, and when that is ours again.
 */
#include <linux/export.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/slab.h>

#include "core.h"
#include "memory.h"
#include "pool.h"
#include "region.h"

/* A region in the list of a link. */
struct link_region {
	struct list_head node;
	struct ferry_region *region;
	struct ferry_memory mem;
};

void ferry_memory_init(struct ferry_memory *mem, const struct ferry_memory_ops *ops)
{
	mem->ops = ops;
	INIT_LIST_HEAD(&mem->node);
}

/* Under the mutex of the link. @name: a constant string. */
void ferry_memory_add_locked(struct ferry_link *link, struct ferry_memory *mem, const char *name)
{
	mem->link = link;
	mem->name = name;
	list_add_tail(&mem->node, &link->memory);
}

/* Process context. @name: a constant string. */
void ferry_memory_add(struct ferry_link *link, struct ferry_memory *mem, const char *name)
{
	guard(mutex)(&link->lock);
	ferry_memory_add_locked(link, mem, name);
}

/* Did the remote crash, and was it not stopped yet? */
static bool link_in_doubt(struct ferry_link *link)
{
	guard(spinlock_irqsave)(&link->state_lock);
	return link->stop_due;
}

/* Process context. Its owner gives it up; while the remote may write to it, it stays. */
void ferry_memory_remove(struct ferry_memory *mem)
{
	struct ferry_link *link = mem->link;
	struct ferry_memory_stats stats = {};

	if (link) {
		guard(mutex)(&link->lock);
		list_del_init(&mem->node);
		mem->ops->stats(mem, &stats);
		if (stats.lent_bytes && link_in_doubt(link)) {
			ferry_quarantine_add(link, mem);
			return;
		}
		mem->link = NULL;
	}
	mem->ops->reset(mem);
	mem->ops->release(mem);
}

/* Under the mutex of the link: the remote was stopped, and owns nothing any more. */
void ferry_link_reset_memory(struct ferry_link *link)
{
	struct ferry_memory *mem;

	list_for_each_entry(mem, &link->memory, node)
		mem->ops->reset(mem);
	ferry_quarantine_release(link);
}

static void region_mem_reset(struct ferry_memory *mem)
{
}

static void region_mem_release(struct ferry_memory *mem)
{
	struct link_region *entry = container_of(mem, struct link_region, mem);

	ferry_region_put(entry->region);
	kfree(entry);
}

/* The remote may write to all of it; there are no pieces to count. */
static void region_mem_stats(struct ferry_memory *mem, struct ferry_memory_stats *stats)
{
	struct link_region *entry = container_of(mem, struct link_region, mem);

	stats->lent_bytes += entry->region->size;
}

static const struct ferry_memory_ops region_memory_ops = {
	.reset = region_mem_reset,
	.release = region_mem_release,
	.stats = region_mem_stats,
};

/* For messages: a link that is not registered has no name. */
static struct device *link_or_parent(struct ferry_link *link)
{
	return link->name[0] || !link->dev.parent ? &link->dev : link->dev.parent;
}

/* Under the mutex of the link. */
static int link_list_region(struct ferry_link *link, struct link_region *entry)
{
	struct ferry_region *region = entry->region;
	struct link_region *other;

	list_for_each_entry(other, &link->regions, node) {
		if (!ferry_regions_overlap(region, other->region))
			continue;
		dev_err(link_or_parent(link), "region %#llx+%#llx overlaps %#llx+%#llx\n",
			region->remote, region->size, other->region->remote, other->region->size);
		return -EEXIST;
	}
	list_add_tail_rcu(&entry->node, &link->regions);
	return 0;
}

/**
 * ferry_link_add_region - memory that both sides of a link see
 * @link:	the link
 * @region:	the region; the link takes a reference
 *
 * Context: process, may sleep.
 *
 * Return: 0, -ERANGE the remote cannot address all of it and the byte behind it,
 * -EEXIST it overlaps another region of the link, -ENOMEM.
 */
int ferry_link_add_region(struct ferry_link *link, struct ferry_region *region)
{
	struct link_region *entry;
	int ret;

	/* Its end has to be an address, too: a region may not reach the last byte. */
	if (link->cfg.addr_bits < 64 &&
	    region->remote + region->size > GENMASK_ULL(link->cfg.addr_bits - 1, 0)) {
		dev_err(link_or_parent(link),
			"region %#llx+%#llx is beyond the %u address bits of the remote\n",
			region->remote, region->size, link->cfg.addr_bits);
		return -ERANGE;
	}
	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;
	entry->region = region;
	ferry_memory_init(&entry->mem, &region_memory_ops);
	mutex_lock(&link->lock);
	ret = link_list_region(link, entry);
	mutex_unlock(&link->lock);
	if (ret) {
		kfree(entry);
		return ret;
	}
	ferry_region_hold(region);
	entry->mem.link = link;
	entry->mem.name = "region";
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_link_add_region);

static struct link_region *link_unlist_region(struct ferry_link *link,
					      const struct ferry_region *region)
{
	struct link_region *entry;

	guard(mutex)(&link->lock);
	list_for_each_entry(entry, &link->regions, node) {
		if (entry->region != region)
			continue;
		list_del_rcu(&entry->node);
		return entry;
	}
	return NULL;
}

/**
 * ferry_link_remove_region - undo ferry_link_add_region()
 * @link:	the link
 * @region:	the region
 *
 * While the remote of a crashed link was not stopped, the reference of the link is
 * kept in quarantine.
 *
 * Context: process, may sleep.
 */
void ferry_link_remove_region(struct ferry_link *link, struct ferry_region *region)
{
	struct link_region *entry = link_unlist_region(link, region);

	if (WARN_ON_ONCE(!entry))
		return;
	synchronize_rcu();
	ferry_memory_remove(&entry->mem);
}
EXPORT_SYMBOL_GPL(ferry_link_remove_region);

/**
 * ferry_link_add_pool - buffers of a pool are lent to the remote of a link
 * @link:	the link
 * @pool:	the pool; ferry_pool_destroy() takes it away again
 * @name:	in debugfs; a constant string
 *
 * When the remote was stopped the core resets the pool. A pool that is destroyed
 * while the remote of a crashed link was not stopped stays in quarantine.
 *
 * Context: process, may sleep.
 */
void ferry_link_add_pool(struct ferry_link *link, struct ferry_pool *pool, const char *name)
{
	ferry_memory_add(link, &pool->mem, name);
}
EXPORT_SYMBOL_GPL(ferry_link_add_pool);

/**
 * ferry_link_to_cpu - where the CPU sees a range that the remote named
 * @link:	the link
 * @remote:	address, as the remote says
 * @len:	bytes, as the remote says
 *
 * The whole range is checked, in 64 bit, against the regions of the link. The
 * pointer is good as long as the region is in the link.
 *
 * Context: any.
 *
 * Return: the pointer, or NULL when @len is 0 or any byte is outside.
 */
void *ferry_link_to_cpu(struct ferry_link *link, u64 remote, u64 len)
{
	struct link_region *entry;
	void *ptr = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(entry, &link->regions, node) {
		ptr = ferry_region_to_cpu(entry->region, remote, len);
		if (ptr)
			break;
	}
	rcu_read_unlock();
	return ptr;
}
EXPORT_SYMBOL_GPL(ferry_link_to_cpu);
