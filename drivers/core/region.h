/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What region.c, regionmap.c, export.c and import.c share.
 */
#ifndef FERRY_CORE_REGION_H
#define FERRY_CORE_REGION_H

#include <linux/dma-direction.h>
#include <linux/types.h>

struct device;
struct ferry_region;
struct ferry_region_ops;
struct sg_table;
struct vm_area_struct;

/* region.c; for tests, which have no reserved memory */
extern const struct ferry_region_ops ferry_region_reserved_ops;

/* region.c: a device that no driver is ever bound to, so that its DMA setup stays. */
struct device *ferry_dma_dev_create(struct device *parent, const char *name, u64 mask);
void ferry_dma_dev_destroy(struct device *dev);

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
