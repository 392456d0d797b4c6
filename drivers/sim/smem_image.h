/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMEM as a boot loader leaves it, and items as another processor adds them. For
 * tests and simulators.
 */
#ifndef FERRY_SIM_SMEM_IMAGE_H
#define FERRY_SIM_SMEM_IMAGE_H

#include <linux/types.h>

/**
 * struct ferry_sim_smem_part - a partition to be made
 * @host0:	who shares it; 0xfffe in both for the global one
 * @host1:	who shares it
 * @offset:	from the start of the region, a multiple of 8; 0: right below the one
 *		before, or the table
 * @size:	bytes, a multiple of 8
 * @cacheline:	alignment in the cached list; 0: 32
 */
struct ferry_sim_smem_part {
	u16 host0;
	u16 host1;
	u32 offset;
	u32 size;
	u32 cacheline;
};

/**
 * struct ferry_sim_smem_image - an SMEM to be made
 * @base:	where the CPU sees it; all of it is overwritten
 * @size:	bytes, a multiple of 8
 * @phys:	physical address, for the info block
 * @v12:	items of all hosts are in a global partition, which is among @parts; else
 *		they are in a heap
 * @parts:	partitions
 * @nr_parts:	of @parts, 0: no table unless @v12
 * @num_items:	of the info block, 0: none
 */
struct ferry_sim_smem_image {
	void *base;
	size_t size;
	u32 phys;
	bool v12;
	const struct ferry_sim_smem_part *parts;
	unsigned int nr_parts;
	u16 num_items;
};

int ferry_sim_smem_build(const struct ferry_sim_smem_image *image);
u32 ferry_sim_smem_part(void *base, size_t size, u16 host0, u16 host1);
void *ferry_sim_smem_add_heap(void *base, u32 item, u32 size);
void *ferry_sim_smem_add_uncached(void *part, u32 item, u32 size);
void *ferry_sim_smem_add_cached(void *part, u32 cacheline, u32 item, u32 size);
void *ferry_sim_smem_add(void *base, size_t size, u16 host0, u16 host1, u32 item, u32 len);

#endif /* FERRY_SIM_SMEM_IMAGE_H */
