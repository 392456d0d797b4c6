// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: shared memory with an address on each side.
 */
#define dev_fmt(fmt) "ferry: " fmt

#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/region.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_device.h>
#include <linux/of_reserved_mem.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "../compat.h"
#include "region.h"

/* The last byte is at U64_MAX at most. */
bool ferry_range_wraps(u64 base, u64 size)
{
	return base > U64_MAX - (size - 1);
}

struct ferry_region *ferry_region_new(const struct ferry_region_ops *ops, void *vaddr,
				      u64 remote, u64 size)
{
	struct ferry_region *region = kzalloc(sizeof(*region), GFP_KERNEL);

	if (!region)
		return ERR_PTR(-ENOMEM);
	kref_init(&region->ref);
	region->ops = ops;
	region->vaddr = vaddr;
	region->remote = remote;
	region->size = size;
	return region;
}

/*
 * Reserved memory. Not of_reserved_mem_device_init() with dma_alloc_coherent():
 * that clears the memory, also the remote's; gives out powers of two only; and
 * gives it to one device only, so that a simulated remote could not map it. The
 * mapping (write-combined) and the address made here are the same as there.
 */

static void region_release_reserved(struct ferry_region *region)
{
	memunmap(region->vaddr);
}

const struct ferry_region_ops ferry_region_reserved_ops = {
	.release = region_release_reserved,
	.mmap = ferry_reserved_mmap,
	.map = ferry_reserved_map,
	.unmap = ferry_reserved_unmap,
};

FERRY_EXPORT_TEST(ferry_region_reserved_ops);

/* Where @dev sees [@phys, @phys + @size): through the dma-ranges of its bus. */
static int region_reserved_remote(struct device *dev, struct device_node *mem, phys_addr_t phys,
				  phys_addr_t size, u64 *remote)
{
	dma_addr_t first = phys_to_dma(dev, phys);
	dma_addr_t last = phys_to_dma(dev, phys + size - 1);

	if (device_iommu_mapped(dev)) {
		dev_err(dev, "%pOF: found an IOMMU, which reserved memory does not support\n", mem);
		return -EOPNOTSUPP;
	}
	if (first == DMA_MAPPING_ERROR || last == DMA_MAPPING_ERROR || last - first != size - 1) {
		dev_err(dev, "%pOF: reg %pa+%pa is not inside one of the dma-ranges of the bus\n",
			mem, &phys, &size);
		return -ERANGE;
	}
	*remote = first;
	return 0;
}

static int region_reserved_check(struct device *dev, struct device_node *mem,
				 const struct reserved_mem *rmem)
{
	if (!rmem->size || !PAGE_ALIGNED(rmem->base) || !PAGE_ALIGNED(rmem->size)) {
		dev_err(dev, "%pOF: reg is %pa+%pa, expected whole pages of %lu bytes\n",
			mem, &rmem->base, &rmem->size, PAGE_SIZE);
		return -EINVAL;
	}
	if (ferry_range_wraps(rmem->base, rmem->size)) {
		dev_err(dev, "%pOF: reg %pa+%pa goes beyond the last address\n",
			mem, &rmem->base, &rmem->size);
		return -EINVAL;
	}
	/* Two mappings with different attributes may show different bytes. */
	if (!of_property_read_bool(mem, "no-map")) {
		dev_err(dev, "%pOF: no-map is missing\n", mem);
		return -EINVAL;
	}
	return 0;
}

static struct ferry_region *region_map_reserved(struct device *dev, struct device_node *mem)
{
	struct reserved_mem *rmem = of_reserved_mem_lookup(mem);
	struct ferry_region *region;
	void *vaddr;
	u64 remote;
	int ret;

	if (!rmem) {
		dev_err(dev, "%pOF: not a reserved-memory region, or disabled\n", mem);
		return ERR_PTR(-ENODEV);
	}
	ret = region_reserved_check(dev, mem, rmem);
	if (ret)
		return ERR_PTR(ret);
	ret = region_reserved_remote(dev, mem, rmem->base, rmem->size, &remote);
	if (ret)
		return ERR_PTR(ret);

	vaddr = memremap(rmem->base, rmem->size, MEMREMAP_WC);
	if (!vaddr) {
		dev_err(dev, "%pOF: cannot map %pa+%pa\n", mem, &rmem->base, &rmem->size);
		return ERR_PTR(-ENOMEM);
	}
	region = ferry_region_new(&ferry_region_reserved_ops, vaddr, remote, rmem->size);
	if (IS_ERR(region))
		memunmap(vaddr);
	else
		region->phys = rmem->base;
	return region;
}

/**
 * ferry_region_from_reserved() - map a reserved-memory region
 * @dev:	the device whose dma-ranges are the remote's view
 * @np:		node with the property memory-region
 * @index:	which entry of it
 *
 * The memory is not cleared: it may be the remote's, or in use already. It is
 * mapped write-combined. The same reserved memory may be mapped several times.
 *
 * Context: process, may sleep.
 * Return: the region, to be put by the caller; -ENOENT without such an entry,
 * -ENODEV for an entry that is no reserved memory, -EINVAL for one that is empty,
 * not whole pages or not no-map, -ERANGE outside of dma-ranges, -EOPNOTSUPP behind
 * an IOMMU or in a kernel without reserved memory, -ENOMEM. What is wrong in the
 * device tree is logged.
 */
struct ferry_region *ferry_region_from_reserved(struct device *dev, struct device_node *np,
						unsigned int index)
{
	struct ferry_region *region;
	struct device_node *mem;

	might_sleep();
	if (!IS_ENABLED(CONFIG_OF_RESERVED_MEM))
		return ERR_PTR(-EOPNOTSUPP);
	mem = of_parse_phandle(np, "memory-region", index);
	if (!mem) {
		dev_err(dev, "%pOF: memory-region has no entry %u\n", np, index);
		return ERR_PTR(-ENOENT);
	}
	region = region_map_reserved(dev, mem);
	of_node_put(mem);
	return region;
}
EXPORT_SYMBOL_GPL(ferry_region_from_reserved);

/*
 * A device of our own below @parent, which no driver is ever bound to: unbinding a
 * driver takes away what freeing and unmapping of memory still needs. @name: a constant
 * string. Process context.
 */
struct device *ferry_dma_dev_create(struct device *parent, const char *name, u64 mask)
{
	struct platform_device_info info = {
		.parent = parent,
		.name = name,
		.id = PLATFORM_DEVID_AUTO,
		.dma_mask = mask,
	};
	struct platform_device *pdev = platform_device_register_full(&info);
	int ret;

	if (IS_ERR(pdev))
		return ERR_CAST(pdev);
	ret = parent->of_node ? of_dma_configure(&pdev->dev, parent->of_node, true) : 0;
	if (ret) {
		platform_device_unregister(pdev);
		return ERR_PTR(ret);
	}
	return &pdev->dev;
}

/* Process context. */
void ferry_dma_dev_destroy(struct device *dev)
{
	platform_device_unregister(to_platform_device(dev));
}

/*
 * What coherent memory is allocated for. All memory of a parent shares one: making a device
 * takes many times as long as a small piece of memory.
 */
struct region_dev {
	struct list_head node;
	struct device *dev;
	u64 mask;
	unsigned int users;
};

static DEFINE_MUTEX(region_devs_lock);		/* the list, and users */
static LIST_HEAD(region_devs);

/* Locked. */
static struct region_dev *region_dev_find(struct device *parent)
{
	struct region_dev *rd;

	list_for_each_entry(rd, &region_devs, node)
		if (rd->dev->parent == parent && rd->mask == parent->coherent_dma_mask)
			return rd;
	return NULL;
}

/* Locked. */
static struct region_dev *region_dev_make(struct device *parent)
{
	struct region_dev *rd = kzalloc(sizeof(*rd), GFP_KERNEL);
	struct device *dev;

	if (!rd)
		return ERR_PTR(-ENOMEM);
	rd->mask = parent->coherent_dma_mask;
	dev = ferry_dma_dev_create(parent, "ferry-region", rd->mask);
	if (IS_ERR(dev)) {
		kfree(rd);
		return ERR_CAST(dev);
	}
	rd->dev = dev;
	list_add_tail(&rd->node, &region_devs);
	return rd;
}

/* Process context. Until region_dev_put(). */
static struct device *region_dev_get(struct device *parent)
{
	struct region_dev *rd;

	guard(mutex)(&region_devs_lock);
	rd = region_dev_find(parent) ?: region_dev_make(parent);
	if (IS_ERR(rd))
		return ERR_CAST(rd);
	rd->users++;
	return rd->dev;
}

/* Process context. */
static void region_dev_put(struct device *dev)
{
	struct region_dev *rd;

	guard(mutex)(&region_devs_lock);
	list_for_each_entry(rd, &region_devs, node) {
		if (rd->dev != dev)
			continue;
		if (--rd->users)
			return;
		list_del(&rd->node);
		ferry_dma_dev_destroy(dev);
		kfree(rd);
		return;
	}
}

static void region_release_coherent(struct ferry_region *region)
{
	dma_free_coherent(region->dev, region->size, region->vaddr, region->remote);
	region_dev_put(region->dev);
}

static const struct ferry_region_ops region_coherent_ops = {
	.release = region_release_coherent,
	.mmap = ferry_coherent_mmap,
	.map = ferry_coherent_map,
	.unmap = ferry_pages_unmap,
};

static struct ferry_region *region_alloc_coherent(struct device *dev, size_t size)
{
	struct ferry_region *region;
	dma_addr_t remote;
	void *vaddr;

	vaddr = dma_alloc_coherent(dev, size, &remote, GFP_KERNEL);
	if (!vaddr)
		return ERR_PTR(-ENOMEM);
	region = ferry_region_new(&region_coherent_ops, vaddr, remote, size);
	if (IS_ERR(region))
		dma_free_coherent(dev, size, vaddr, remote);
	else
		region->dev = dev;
	return region;
}

/**
 * ferry_region_from_coherent() - allocate coherent DMA memory
 * @parent:	the device whose dma-ranges and IOMMU are the remote's view
 * @size:	bytes
 *
 * The memory is zero, and stays when the driver of @parent is unbound.
 *
 * Context: process, may sleep.
 * Return: the region, to be put by the caller; -EINVAL for a size of 0, -ENOMEM,
 * -EPROBE_DEFER when an IOMMU is not ready, or what adding its device returned.
 */
struct ferry_region *ferry_region_from_coherent(struct device *parent, size_t size)
{
	struct ferry_region *region;
	struct device *dev;

	might_sleep();
	if (!size)
		return ERR_PTR(-EINVAL);
	dev = region_dev_get(parent);
	if (IS_ERR(dev))
		return ERR_CAST(dev);
	region = region_alloc_coherent(dev, size);
	if (IS_ERR(region))
		region_dev_put(dev);
	return region;
}
EXPORT_SYMBOL_GPL(ferry_region_from_coherent);

static void region_release_memory(struct ferry_region *region)
{
}

static const struct ferry_region_ops region_memory_ops = {
	.release = region_release_memory,
	.mmap = ferry_memory_mmap,
	.map = ferry_memory_map,
	.unmap = ferry_pages_unmap,
};

/**
 * ferry_region_from_memory() - make a region of memory that the caller owns
 * @vaddr:	where the CPU sees it
 * @remote:	where the remote sees it
 * @size:	bytes
 *
 * The memory has to live until the region's last reference is gone.
 *
 * Context: process, may sleep.
 * Return: the region, to be put by the caller; -EINVAL for no memory, a size of 0
 * or a range beyond 2^64, -ENOMEM.
 */
struct ferry_region *ferry_region_from_memory(void *vaddr, u64 remote, size_t size)
{
	if (!vaddr || !size || ferry_range_wraps(remote, size) ||
	    ferry_range_wraps((uintptr_t)vaddr, size))
		return ERR_PTR(-EINVAL);
	return ferry_region_new(&region_memory_ops, vaddr, remote, size);
}
EXPORT_SYMBOL_GPL(ferry_region_from_memory);

static void region_free(struct kref *ref)
{
	struct ferry_region *region = container_of(ref, struct ferry_region, ref);

	region->ops->release(region);
	kfree(region);
}

/**
 * ferry_region_hold() - take a reference
 * @region:	a region that the caller has a reference to
 *
 * Context: any.
 */
void ferry_region_hold(struct ferry_region *region)
{
	kref_get(&region->ref);
}
EXPORT_SYMBOL_GPL(ferry_region_hold);

/**
 * ferry_region_put() - drop a reference; the last one gives the memory back
 * @region:	the region, an ERR_PTR or NULL
 *
 * Context: process, may sleep.
 */
void ferry_region_put(struct ferry_region *region)
{
	might_sleep();
	if (!IS_ERR_OR_NULL(region))
		kref_put(&region->ref, region_free);
}
EXPORT_SYMBOL_GPL(ferry_region_put);

bool ferry_regions_overlap(const struct ferry_region *a, const struct ferry_region *b)
{
	/* By their last bytes: one may end where the address space does. */
	return a->remote <= b->remote + (b->size - 1) && b->remote <= a->remote + (a->size - 1);
}

/* A range of no bytes is outside: there is nothing it could point to. */
bool ferry_range_covers(u64 base, u64 size, u64 start, u64 len)
{
	return len && len <= size && start >= base && start - base <= size - len;
}

/**
 * ferry_region_to_remote() - where the remote sees a range
 * @region:	the region
 * @ptr:	first byte, as the CPU sees it
 * @len:	bytes
 * @remote:	receives the address
 *
 * Context: any.
 * Return: 0; -ERANGE when @len is 0 or not all of it lies in the region, or when that is
 * I/O.
 */
int ferry_region_to_remote(const struct ferry_region *region, const void *ptr, u64 len,
			   u64 *remote)
{
	uintptr_t base = (uintptr_t)region->vaddr;
	uintptr_t start = (uintptr_t)ptr;

	if (!region->vaddr || !ferry_range_covers(base, region->size, start, len))
		return -ERANGE;
	*remote = region->remote + (start - base);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_region_to_remote);

/**
 * ferry_region_to_cpu() - check a range that the remote named
 * @region:	the region
 * @remote:	first byte, as the remote sees it; any value
 * @len:	bytes; any value
 *
 * Context: any.
 * Return: where the CPU sees it; NULL when @len is 0 or not all of it lies in the
 * region, or when that is I/O.
 */
void *ferry_region_to_cpu(const struct ferry_region *region, u64 remote, u64 len)
{
	if (!region->vaddr || !ferry_range_covers(region->remote, region->size, remote, len))
		return NULL;
	return region->vaddr + (remote - region->remote);
}
EXPORT_SYMBOL_GPL(ferry_region_to_cpu);

/**
 * ferry_region_read() - copy from a region, with the accessors that it needs
 * @region:	the region
 * @offset:	where in it, bytes; any value
 * @dst:	private memory
 * @len:	bytes; any value
 *
 * The remote may write meanwhile: what was copied is looked at, and not the region again.
 *
 * Context: any.
 * Return: 0; -ERANGE when @len is 0 or not all of it lies in the region.
 */
int ferry_region_read(const struct ferry_region *region, u64 offset, void *dst, size_t len)
{
	if (!ferry_range_covers(0, region->size, offset, len))
		return -ERANGE;
	if (region->iomem)
		memcpy_fromio(dst, region->iomem + offset, len);
	else
		memcpy(dst, region->vaddr + offset, len);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_region_read);

/**
 * ferry_region_write() - copy to a region, with the accessors that it needs
 * @region:	the region
 * @offset:	where in it, bytes; any value
 * @src:	private memory
 * @len:	bytes; any value
 *
 * The order towards the message that tells of it is the port's: its send is behind a
 * write barrier.
 *
 * Context: any.
 * Return: 0; -ERANGE when @len is 0 or not all of it lies in the region.
 */
int ferry_region_write(struct ferry_region *region, u64 offset, const void *src, size_t len)
{
	if (!ferry_range_covers(0, region->size, offset, len))
		return -ERANGE;
	if (region->iomem)
		memcpy_toio(region->iomem + offset, src, len);
	else
		memcpy(region->vaddr + offset, src, len);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_region_write);
