// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: memory for those who bring none: one piece, uncached, as a dma-buf of the core. It is
 * imported as anybody else's.
 */
#include <linux/align.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/ferry/dmabuf.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/mm.h>

#include "../compat.h"
#include "vcsm.h"

/* The memory goes with the last user of the dma-buf. */
static struct dma_buf *vcsm_export(struct ferry_region *region)
{
	struct ferry_pool_cfg cfg = {
		.size = region->size, .buf_size = region->size, .align = PAGE_SIZE,
	};
	struct ferry_pool *pool = ferry_pool_create(region, &cfg);
	struct dma_buf *dmabuf;
	struct ferry_buf *buf;

	if (IS_ERR(pool))
		return ERR_CAST(pool);
	buf = ferry_pool_alloc(pool, 0);
	dmabuf = ferry_buf_export(buf, O_RDWR);
	ferry_buf_put(buf);
	ferry_pool_destroy(pool);
	return dmabuf;
}

/* Process context, may sleep. Whole pages, of which the VPU knows nothing yet. */
struct dma_buf *ferry_vcsm_memory(struct ferry_vcsm *vc, size_t size)
{
	struct ferry_region *region;
	struct dma_buf *dmabuf;

	if (!size || size > VCSM_SIZE_MAX)
		return ERR_PTR(-EINVAL);
	if (!vc->cfg.dma_dev)
		return ERR_PTR(-EOPNOTSUPP);
	region = ferry_region_from_coherent(vc->cfg.dma_dev, PAGE_ALIGN(size));
	if (IS_ERR(region))
		return ERR_CAST(region);
	dmabuf = vcsm_export(region);
	ferry_region_put(region);
	return dmabuf;
}

/**
 * ferry_vcsm_alloc - memory that the VPU has, too
 * @vc:		the instance
 * @size:	bytes, rounded up to pages
 * @name:	as of ferry_vcsm_import()
 *
 * Context: process, may sleep; not in a callback of the link.
 *
 * Return: the chained dma-buf, for dma_buf_put(), or ERR_PTR(): -EINVAL for a size of 0 or
 * above 0x3fffffff, -EOPNOTSUPP the instance has no device to allocate for, -ENOMEM, and as
 * ferry_vcsm_import().
 */
struct dma_buf *ferry_vcsm_alloc(struct ferry_vcsm *vc, size_t size, const char *name)
{
	struct dma_buf *source, *chained;
	int ret;

	might_sleep();
	/* The device that memory is allocated for is there as long as somebody is inside. */
	ret = ferry_vcsm_enter(vc);
	if (ret)
		return ERR_PTR(ret);
	source = ferry_vcsm_memory(vc, size);
	if (IS_ERR(source)) {
		ferry_vcsm_leave(vc);
		return source;
	}
	chained = ferry_vcsm_import(vc, source, name);
	dma_buf_put(source);
	ferry_vcsm_leave(vc);
	return chained;
}
EXPORT_SYMBOL_GPL(ferry_vcsm_alloc);
