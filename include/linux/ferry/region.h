/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Regions: shared memory with an address on each side.
 */
#ifndef _LINUX_FERRY_REGION_H
#define _LINUX_FERRY_REGION_H

#include <linux/kref.h>
#include <linux/types.h>

struct device;
struct device_node;

/**
 * DOC: regions
 *
 * A region is backing x access x grant. Backings so far: reserved-memory,
 * coherent DMA memory, and plain memory that the caller owns. All are mapped so
 * that the CPU may use ordinary loads and stores ("memory" access), and need
 * nobody's grant.
 *
 * An address that the remote sent is turned into a pointer only by
 * ferry_region_to_cpu() or ferry_link_to_cpu(), which check the whole range in
 * 64 bit.
 *
 * A region is counted and is not devm: it lives until the last user puts it.
 */

struct ferry_region;

/**
 * struct ferry_region_ops - a kind of backing
 * @release:	give the memory back; process context, may sleep
 */
struct ferry_region_ops {
	void (*release)(struct ferry_region *region);
};

/**
 * struct ferry_region - shared memory
 * @ref:	references
 * @ops:	the backing
 * @dev:	device of the region's own, or NULL
 * @vaddr:	where the CPU sees it
 * @remote:	where the remote sees it
 * @size:	bytes
 *
 * Read-only for users.
 */
struct ferry_region {
	struct kref ref;
	const struct ferry_region_ops *ops;
	struct device *dev;
	void *vaddr;
	u64 remote;
	u64 size;
};

struct ferry_region *ferry_region_from_reserved(struct device *dev, struct device_node *np,
						unsigned int index);
struct ferry_region *ferry_region_from_coherent(struct device *dev, size_t size);
struct ferry_region *ferry_region_from_memory(void *vaddr, u64 remote, size_t size);
void ferry_region_hold(struct ferry_region *region);
void ferry_region_put(struct ferry_region *region);
int ferry_region_to_remote(const struct ferry_region *region, const void *ptr, u64 len,
			   u64 *remote);
void *ferry_region_to_cpu(const struct ferry_region *region, u64 remote, u64 len);

#endif /* _LINUX_FERRY_REGION_H */
