/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What region.c, regionmap.c, regionremote.c, provide.c, export.c and import.c share.
 */
#ifndef FERRY_CORE_REGION_H
#define FERRY_CORE_REGION_H

#include <linux/dma-direction.h>
#include <linux/types.h>

struct device;
struct ferry_provide_cfg;
struct ferry_region;
struct ferry_region_ops;
struct sg_table;
struct vm_area_struct;

/* region.c; for tests, which have no reserved memory */
extern const struct ferry_region_ops ferry_region_reserved_ops;

/* region.c: a device that no driver is ever bound to, so that its DMA setup stays. */
struct device *ferry_dma_dev_create(struct device *parent, const char *name, u64 mask);
void ferry_dma_dev_destroy(struct device *dev);

struct ferry_region *ferry_region_new(const struct ferry_region_ops *ops, void *vaddr,
				      u64 remote, u64 size);
bool ferry_range_wraps(u64 base, u64 size);
bool ferry_range_covers(u64 base, u64 size, u64 start, u64 len);
bool ferry_regions_overlap(const struct ferry_region *a, const struct ferry_region *b);

/* regionremote.c; ranges were checked */
struct ferry_region *ferry_region_from_mmio(u64 addr, u64 size, unsigned long flags);
struct ferry_region *ferry_region_from_foreign(const struct ferry_provide_cfg *cfg, u64 addr,
					       u64 size);

/* regionmap.c */
int ferry_reserved_mmap(struct ferry_region *region, u64 offset, struct vm_area_struct *vma);
struct sg_table *ferry_reserved_map(struct ferry_region *region, u64 offset, u64 size,
				    struct device *dev, enum dma_data_direction dir);
void ferry_reserved_unmap(struct ferry_region *region, struct sg_table *sgt, struct device *dev,
			  enum dma_data_direction dir);
int ferry_coherent_mmap(struct ferry_region *region, u64 offset, struct vm_area_struct *vma);
struct sg_table *ferry_coherent_map(struct ferry_region *region, u64 offset, u64 size,
				    struct device *dev, enum dma_data_direction dir);
int ferry_memory_mmap(struct ferry_region *region, u64 offset, struct vm_area_struct *vma);
struct sg_table *ferry_memory_map(struct ferry_region *region, u64 offset, u64 size,
				  struct device *dev, enum dma_data_direction dir);
void ferry_pages_unmap(struct ferry_region *region, struct sg_table *sgt, struct device *dev,
		       enum dma_data_direction dir);
bool ferry_sgt_is_bounced(struct device *dev, struct sg_table *sgt);

#endif /* FERRY_CORE_REGION_H */
