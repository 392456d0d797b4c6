// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions, as other devices and user space see them: for dma-bufs.
 *
 * A device is given the memory itself or nothing: a copy (swiotlb) would not be what
 * the remote writes to. Nothing has to be synchronised, either: reserved and coherent
 * memory is in no cache, and plain memory is shown to coherent devices only.
 */
#include <linux/align.h>
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/ferry/region.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "region.h"

/* Largest piece that @dev wants to see in one entry. */
static unsigned int region_segment(struct device *dev)
{
	return max_t(unsigned int, ALIGN_DOWN(dma_get_max_seg_size(dev), PAGE_SIZE), PAGE_SIZE);
}

/* May @dev access it as it is, without an IOMMU? */
static bool region_reachable(struct device *dev, phys_addr_t phys, u64 size)
{
	dma_addr_t first = phys_to_dma(dev, phys);
	dma_addr_t last = phys_to_dma(dev, phys + size - 1);

	return first != DMA_MAPPING_ERROR && last != DMA_MAPPING_ERROR &&
	       last - first == size - 1 && dma_capable(dev, first, size, false);
}

/*
 * Reserved memory: an address, and no pages that could be relied on.
 */

int ferry_reserved_mmap(struct ferry_region *region, u64 offset, struct vm_area_struct *vma)
{
	/* As it is mapped here: two kinds of mapping may show different bytes. */
	return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(region->phys + offset),
			       vma->vm_end - vma->vm_start,
			       pgprot_writecombine(vma->vm_page_prot));
}

/* Entries that name addresses, and no pages. */
static struct sg_table *region_addr_table(dma_addr_t addr, u64 size, unsigned int segment)
{
	struct sg_table *sgt = kmalloc(sizeof(*sgt), GFP_KERNEL);
	struct scatterlist *sg;
	unsigned int i;

	if (!sgt)
		return NULL;
	if (sg_alloc_table(sgt, DIV_ROUND_UP_ULL(size, segment), GFP_KERNEL)) {
		kfree(sgt);
		return NULL;
	}
	for_each_sgtable_dma_sg(sgt, sg, i) {
		sg_dma_address(sg) = addr;
		sg_dma_len(sg) = min_t(u64, size, segment);
		addr += segment;
		size -= sg_dma_len(sg);
	}
	return sgt;
}

static int region_map_phys(struct device *dev, phys_addr_t phys, u64 size,
			   enum dma_data_direction dir, dma_addr_t *addr)
{
	if (!device_iommu_mapped(dev)) {
		*addr = phys_to_dma(dev, phys);
		return region_reachable(dev, phys, size) ? 0 : -ERANGE;
	}
	*addr = dma_map_resource(dev, phys, size, dir, DMA_ATTR_SKIP_CPU_SYNC);
	return dma_mapping_error(dev, *addr) ? -ENOMEM : 0;
}

static void region_unmap_phys(struct device *dev, dma_addr_t addr, u64 size,
			      enum dma_data_direction dir)
{
	if (device_iommu_mapped(dev))
		dma_unmap_resource(dev, addr, size, dir, DMA_ATTR_SKIP_CPU_SYNC);
}

struct sg_table *ferry_reserved_map(struct ferry_region *region, u64 offset, u64 size,
				    struct device *dev, enum dma_data_direction dir)
{
	struct sg_table *sgt;
	dma_addr_t addr;
	int ret;

	ret = region_map_phys(dev, region->phys + offset, size, dir, &addr);
	if (ret)
		return ERR_PTR(ret);
	sgt = region_addr_table(addr, size, region_segment(dev));
	if (sgt)
		return sgt;
	region_unmap_phys(dev, addr, size, dir);
	return ERR_PTR(-ENOMEM);
}

void ferry_reserved_unmap(struct ferry_region *region, struct sg_table *sgt, struct device *dev,
			  enum dma_data_direction dir)
{
	struct scatterlist *sg;
	unsigned int i;
	u64 size = 0;

	for_each_sgtable_dma_sg(sgt, sg, i)
		size += sg_dma_len(sg);
	region_unmap_phys(dev, sg_dma_address(sgt->sgl), size, dir);
	sg_free_table(sgt);
	kfree(sgt);
}

/*
 * Memory that has pages.
 */

/* Does @dev see something else than the pages of @sgt, which was mapped for it? */
bool ferry_sgt_is_bounced(struct device *dev, struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	if (device_iommu_mapped(dev))
		return false;
	/* An exporter of memory without pages has none to compare. */
	for_each_sgtable_sg(sgt, sg, i)
		if (sg_page(sg) && sg_dma_address(sg) != phys_to_dma(dev, sg_phys(sg)))
			return true;
	return false;
}

static bool sgt_reachable(struct device *dev, struct sg_table *sgt)
{
	struct scatterlist *sg;
	unsigned int i;

	if (device_iommu_mapped(dev))
		return true;
	for_each_sgtable_sg(sgt, sg, i)
		if (!region_reachable(dev, sg_phys(sg), sg->length))
			return false;
	return true;
}

static int sgt_map(struct device *dev, struct sg_table *sgt, enum dma_data_direction dir)
{
	int ret;

	if (!sgt_reachable(dev, sgt))
		return -ERANGE;
	ret = dma_map_sgtable(dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
	if (ret)
		return ret;
	/* It may be forced to, all the same. */
	if (!ferry_sgt_is_bounced(dev, sgt))
		return 0;
	dma_unmap_sgtable(dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
	return -ERANGE;
}

static struct sg_table *pages_map(struct page **pages, u64 size, struct device *dev,
				  enum dma_data_direction dir)
{
	struct sg_table *sgt = kmalloc(sizeof(*sgt), GFP_KERNEL);
	int ret;

	if (!sgt)
		return ERR_PTR(-ENOMEM);
	ret = sg_alloc_table_from_pages_segment(sgt, pages, size >> PAGE_SHIFT, 0, size,
						region_segment(dev), GFP_KERNEL);
	if (ret)
		goto free;
	ret = sgt_map(dev, sgt, dir);
	if (!ret)
		return sgt;

	sg_free_table(sgt);
free:
	kfree(sgt);
	return ERR_PTR(ret);
}

void ferry_pages_unmap(struct ferry_region *region, struct sg_table *sgt, struct device *dev,
		       enum dma_data_direction dir)
{
	dma_unmap_sgtable(dev, sgt, dir, DMA_ATTR_SKIP_CPU_SYNC);
	sg_free_table(sgt);
	kfree(sgt);
}

/* Fills @pages with what [@offset, @offset + @size) of the region lies in, or -errno. */
typedef int (*region_pages_fn)(struct ferry_region *region, u64 offset, u64 size,
			       struct page **pages);

static struct sg_table *region_map_pages(struct ferry_region *region, u64 offset, u64 size,
					 struct device *dev, enum dma_data_direction dir,
					 region_pages_fn fn)
{
	struct page **pages = kvcalloc(size >> PAGE_SHIFT, sizeof(*pages), GFP_KERNEL);
	struct sg_table *sgt;
	int ret;

	if (!pages)
		return ERR_PTR(-ENOMEM);
	ret = fn(region, offset, size, pages);
	sgt = ret ? ERR_PTR(ret) : pages_map(pages, size, dev, dir);
	kvfree(pages);
	return sgt;
}

/*
 * Coherent memory: whatever it is made of, its allocator knows.
 */

int ferry_coherent_mmap(struct ferry_region *region, u64 offset, struct vm_area_struct *vma)
{
	unsigned long pgoff = vma->vm_pgoff;
	int ret;

	vma->vm_pgoff = offset >> PAGE_SHIFT;
	ret = dma_mmap_coherent(region->dev, vma, region->vaddr, region->remote, region->size);
	vma->vm_pgoff = pgoff;
	return ret;
}

static int coherent_pages(struct ferry_region *region, u64 offset, u64 size, struct page **pages)
{
	u64 first = offset >> PAGE_SHIFT, nr = size >> PAGE_SHIFT;
	struct sg_page_iter iter;
	struct sg_table whole;
	u64 i = 0;
	int ret;

	/* Of the whole: of a part that is not at the beginning some answer wrongly. */
	ret = dma_get_sgtable(region->dev, &whole, region->vaddr, region->remote, region->size);
	if (ret)
		return ret;
	for_each_sgtable_page(&whole, &iter, 0) {
		if (i >= first && i < first + nr)
			pages[i - first] = sg_page_iter_page(&iter);
		i++;
	}
	sg_free_table(&whole);
	return i < first + nr || !pfn_valid(page_to_pfn(pages[0])) ? -EOPNOTSUPP : 0;
}

struct sg_table *ferry_coherent_map(struct ferry_region *region, u64 offset, u64 size,
				    struct device *dev, enum dma_data_direction dir)
{
	return region_map_pages(region, offset, size, dev, dir, coherent_pages);
}

/*
 * Plain memory: pages, where the caller took it from the kernel.
 */

static struct page *memory_page(const void *ptr)
{
	struct page *page = NULL;

	if (is_vmalloc_addr(ptr))
		page = vmalloc_to_page(ptr);
	else if (virt_addr_valid(ptr))
		page = virt_to_page(ptr);
	return page && pfn_valid(page_to_pfn(page)) ? page : NULL;
}

static int memory_pages(struct ferry_region *region, u64 offset, u64 size, struct page **pages)
{
	u64 i;

	for (i = 0; i < size >> PAGE_SHIFT; i++) {
		pages[i] = memory_page(region->vaddr + offset + (i << PAGE_SHIFT));
		if (!pages[i])
			return -EOPNOTSUPP;
	}
	return 0;
}

int ferry_memory_mmap(struct ferry_region *region, u64 offset, struct vm_area_struct *vma)
{
	const void *ptr = region->vaddr + offset;
	unsigned long addr;
	int ret = 0;

	for (addr = vma->vm_start; !ret && addr < vma->vm_end; addr += PAGE_SIZE) {
		struct page *page = memory_page(ptr);

		if (!page)
			return -EOPNOTSUPP;
		ret = remap_pfn_range(vma, addr, page_to_pfn(page), PAGE_SIZE,
				      vma->vm_page_prot);
		ptr += PAGE_SIZE;
	}
	return ret;
}

struct sg_table *ferry_memory_map(struct ferry_region *region, u64 offset, u64 size,
				  struct device *dev, enum dma_data_direction dir)
{
	if (!dev_is_dma_coherent(dev))
		return ERR_PTR(-EOPNOTSUPP);
	return region_map_pages(region, offset, size, dev, dir, memory_pages);
}
