// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions in memory that the remote brings: MMIO that it lends us, and memory that was
 * mapped for it before we came.
 */
#include <linux/dma-map-ops.h>
#include <linux/err.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/region.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "region.h"

static void region_release_mmio(struct ferry_region *region)
{
	iounmap(region->iomem);
}

static const struct ferry_region_ops region_mmio_ops = {
	.release = region_release_mmio,
};

/* Process context. @flags: of its resource. */
struct ferry_region *ferry_region_from_mmio(u64 addr, u64 size, unsigned long flags)
{
	struct ferry_region *region;
	void __iomem *iomem;

	iomem = flags & IORESOURCE_MEM_NONPOSTED ? ioremap_np(addr, size) : ioremap(addr, size);
	if (!iomem)
		return ERR_PTR(-ENOMEM);
	region = ferry_region_new(&region_mmio_ops, NULL, addr, size);
	if (IS_ERR(region)) {
		iounmap(iomem);
		return region;
	}
	region->iomem = iomem;
	return region;
}

/* The page that the first byte is in. */
static void *foreign_base(const struct ferry_region *region)
{
	return (void *)((uintptr_t)region->vaddr & PAGE_MASK);
}

static void region_release_vmap(struct ferry_region *region)
{
	vunmap(foreign_base(region));
}

static const struct ferry_region_ops region_vmap_ops = {
	.release = region_release_vmap,
};

static void region_release_memremap(struct ferry_region *region)
{
	memunmap(foreign_base(region));
}

static const struct ferry_region_ops region_memremap_ops = {
	.release = region_release_memremap,
};

static phys_addr_t foreign_phys(const struct ferry_provide_cfg *cfg, u64 addr)
{
	struct iommu_domain *domain;

	if (cfg->to_phys)
		return cfg->to_phys(cfg->phys_data, addr);
	domain = iommu_get_domain_for_dev(cfg->dev);
	return domain ? iommu_iova_to_phys(domain, addr) : 0;
}

/* Fills @pfn. -EFAULT: not all is mapped. */
static int foreign_translate(const struct ferry_provide_cfg *cfg, u64 addr, unsigned long *pfn,
			     unsigned long nr)
{
	unsigned long i;

	for (i = 0; i < nr; i++) {
		phys_addr_t phys = foreign_phys(cfg, addr + ((u64)i << PAGE_SHIFT));

		if (!phys || !PAGE_ALIGNED(phys))
			return -EFAULT;
		pfn[i] = PHYS_PFN(phys);
	}
	return 0;
}

static void *foreign_vmap(const unsigned long *pfn, unsigned long nr)
{
	struct page **pages = kvcalloc(nr, sizeof(*pages), GFP_KERNEL);
	unsigned long i;
	void *base;

	if (!pages)
		return NULL;
	for (i = 0; i < nr; i++)
		pages[i] = pfn_to_page(pfn[i]);
	base = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	kvfree(pages);
	return base;
}

/* Memory of the kernel has pages, anywhere; what it was never given is in one piece. */
static void *foreign_map(const unsigned long *pfn, unsigned long nr, unsigned long memremap_flags,
			 const struct ferry_region_ops **ops)
{
	unsigned long i, valid = 0, apart = 0;

	for (i = 0; i < nr; i++) {
		valid += pfn_valid(pfn[i]);
		apart += pfn[i] != pfn[0] + i;
	}
	if (valid == nr) {
		*ops = &region_vmap_ops;
		return foreign_vmap(pfn, nr) ?: ERR_PTR(-ENOMEM);
	}
	if (valid || apart)
		return ERR_PTR(-EOPNOTSUPP);
	*ops = &region_memremap_ops;
	return memremap(PFN_PHYS(pfn[0]), PFN_PHYS(nr), memremap_flags) ?: ERR_PTR(-ENOMEM);
}

static struct ferry_region *foreign_region(void *base, u64 addr, u64 size,
					   const struct ferry_region_ops *ops)
{
	void *vaddr = base + offset_in_page(addr);
	struct ferry_region *region = ferry_region_new(ops, vaddr, addr, size);

	if (!IS_ERR(region))
		return region;
	if (ops == &region_vmap_ops)
		vunmap(base);
	else
		memunmap(base);
	return region;
}

/* Process context. Page by page, and all of them or nothing. */
struct ferry_region *ferry_region_from_foreign(const struct ferry_provide_cfg *cfg, u64 addr,
					       u64 size)
{
	unsigned long nr = PHYS_PFN(PAGE_ALIGN(offset_in_page(addr) + size));
	const struct ferry_region_ops *ops;
	unsigned long *pfn;
	void *base;
	int ret;

	/* A cached mapping that the remote does not see through would show old bytes. */
	if (!dev_is_dma_coherent(cfg->dev))
		return ERR_PTR(-EOPNOTSUPP);
	pfn = kvcalloc(nr, sizeof(*pfn), GFP_KERNEL);
	if (!pfn)
		return ERR_PTR(-ENOMEM);
	ret = foreign_translate(cfg, addr & PAGE_MASK, pfn, nr);
	base = ret ? ERR_PTR(ret) : foreign_map(pfn, nr, MEMREMAP_WB, &ops);
	kvfree(pfn);
	return IS_ERR(base) ? ERR_CAST(base) : foreign_region(base, addr, size, ops);
}
