/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Regions: shared memory with an address on each side.
 */
#ifndef _LINUX_FERRY_REGION_H
#define _LINUX_FERRY_REGION_H

#include <linux/dma-direction.h>
#include <linux/kref.h>
#include <linux/types.h>

struct device;
struct device_node;
struct sg_table;
struct vm_area_struct;

/**
 * DOC: regions
 *
 * A region is backing x access x grant. Backings: reserved-memory, coherent DMA
 * memory, plain memory that the caller owns, and two that the remote brings: MMIO
 * that it lends, and memory that it mapped already (see ferry_region_provide(), where
 * grants are, too).
 *
 * Access is "memory" where the CPU may use ordinary loads and stores: there is a
 * &ferry_region.vaddr. Else it is "I/O", and there is a &ferry_region.iomem.
 * ferry_region_read() and ferry_region_write() do the right thing for both.
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
 * @mmap:	optional; process context: show the part that begins at @offset to user
 *		space, as long as @vma is; whole pages, the range was checked. 0 or
 *		-errno.
 * @map:	optional; process context: make a part visible to @dev; whole pages, the
 *		range was checked. The memory itself, never a copy of it. ERR_PTR(-ERANGE)
 *		when @dev cannot address all of it, ERR_PTR(-EOPNOTSUPP), ERR_PTR(-ENOMEM).
 * @unmap:	required with @map: undo it
 */
struct ferry_region_ops {
	void (*release)(struct ferry_region *region);
	int (*mmap)(struct ferry_region *region, u64 offset, struct vm_area_struct *vma);
	struct sg_table *(*map)(struct ferry_region *region, u64 offset, u64 size,
				struct device *dev, enum dma_data_direction dir);
	void (*unmap)(struct ferry_region *region, struct sg_table *sgt, struct device *dev,
		      enum dma_data_direction dir);
};

/**
 * struct ferry_region - shared memory
 * @ref:	references
 * @ops:	the backing
 * @dev:	device of the region's own, or NULL
 * @vaddr:	where the CPU sees it; NULL for I/O
 * @iomem:	where the CPU sees it, for I/O; else NULL
 * @phys:	physical address, of reserved memory
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
	void __iomem *iomem;
	phys_addr_t phys;
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
int ferry_region_read(const struct ferry_region *region, u64 offset, void *dst, size_t len);
int ferry_region_write(struct ferry_region *region, u64 offset, const void *src, size_t len);

#endif /* _LINUX_FERRY_REGION_H */
