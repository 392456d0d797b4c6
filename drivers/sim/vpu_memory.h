/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of the kernel, as a simulated VPU finds it.
 */
#ifndef FERRY_SIM_VPU_MEMORY_H
#define FERRY_SIM_VPU_MEMORY_H

#include <linux/dma-direct.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/pfn.h>

/* Any of it: all is in the linear map. What the dma-ranges of @dev say is where the VPU sees it. */
static inline void *ferry_sim_vpu_memory(struct device *dev, u32 addr, size_t size)
{
	phys_addr_t phys = dma_to_phys(dev, addr);

	if (IS_ENABLED(CONFIG_HIGHMEM) || !pfn_valid(PHYS_PFN(phys)) ||
	    region_intersects(phys, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_INTERSECTS)
		return NULL;
	return phys_to_virt(phys);
}

#endif /* FERRY_SIM_VPU_MEMORY_H */
