// SPDX-License-Identifier: GPL-2.0-only
/*
 * The regions of a link: what the remote may name, and where it is for us.
 */
#include <linux/export.h>
#include <linux/ferry/region.h>

#include "core.h"

static bool region_overlaps(const struct ferry_region *a, const struct ferry_region *b)
{
	/* By their last bytes: one may end where the address space does. */
	return a->remote <= b->remote + (b->size - 1) && b->remote <= a->remote + (a->size - 1);
}

/**
 * ferry_link_add_region - memory that both sides of a link see
 * @link:	the link
 * @region:	the region; the link takes a reference
 *
 * Context: process, may sleep.
 *
 * Return: 0, -ERANGE the remote cannot address all of it and the byte behind it,
 * -EEXIST it overlaps another region of the link.
 */
int ferry_link_add_region(struct ferry_link *link, struct ferry_region *region)
{
	struct ferry_region *other;

	/* Its end has to be an address, too: a region may not reach the last byte. */
	if (link->cfg.addr_bits < 64 &&
	    region->remote + region->size > GENMASK_ULL(link->cfg.addr_bits - 1, 0)) {
		dev_err(&link->dev, "region %#llx+%#llx is beyond the %u address bits of the remote\n",
			region->remote, region->size, link->cfg.addr_bits);
		return -ERANGE;
	}
	guard(mutex)(&link->lock);
	list_for_each_entry(other, &link->regions, node) {
		if (!region_overlaps(region, other))
			continue;
		dev_err(&link->dev, "region %#llx+%#llx overlaps %#llx+%#llx\n", region->remote,
			region->size, other->remote, other->size);
		return -EEXIST;
	}
	ferry_region_hold(region);
	list_add_tail_rcu(&region->node, &link->regions);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_link_add_region);

/**
 * ferry_link_remove_region - undo ferry_link_add_region()
 * @link:	the link
 * @region:	the region
 *
 * Context: process, may sleep.
 */
void ferry_link_remove_region(struct ferry_link *link, struct ferry_region *region)
{
	mutex_lock(&link->lock);
	list_del_rcu(&region->node);
	mutex_unlock(&link->lock);
	synchronize_rcu();
	ferry_region_put(region);
}
EXPORT_SYMBOL_GPL(ferry_link_remove_region);

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
	struct ferry_region *region;
	void *ptr = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(region, &link->regions, node) {
		ptr = ferry_region_to_cpu(region, remote, len);
		if (ptr)
			break;
	}
	rcu_read_unlock();
	return ptr;
}
EXPORT_SYMBOL_GPL(ferry_link_to_cpu);
