// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exports: our memory as a dma-buf, for other devices and for user space.
 *
 * A dma-buf holds a reference to its buffer, or to the whole pool, and ferry.ko: it
 * needs neither the link nor its driver. Its memory is in no cache, or coherent with all
 * that can see it (regionmap.c), so an access by the CPU begins and ends with a barrier.
 */
#include <linux/align.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/dmabuf.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/iosys-map.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "../compat.h"
#include "dmabuf.h"
#include "loan.h"
#include "pool.h"

struct ferry_export {
	struct ferry_region *region;	/* held by one of the two: */
	struct ferry_buf *buf;
	struct ferry_pool *pool;
	u64 offset;			/* in the region */
	size_t size;
};

/* The resv lock is held; leaf. */
static struct sg_table *export_map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
	struct ferry_export *exp = attach->dmabuf->priv;
	struct ferry_region *region = exp->region;

	if (!region->ops->map)
		return ERR_PTR(-EOPNOTSUPP);
	if (!attach->dev->dma_mask)
		return ERR_PTR(-ERANGE);
	return region->ops->map(region, exp->offset, exp->size, attach->dev, dir);
}

/* The resv lock is held; leaf. */
static void export_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
			 enum dma_data_direction dir)
{
	struct ferry_export *exp = attach->dmabuf->priv;

	exp->region->ops->unmap(exp->region, sgt, attach->dev, dir);
}

static int export_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct ferry_export *exp = dmabuf->priv;
	struct ferry_region *region = exp->region;
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;

	if (!region->ops->mmap)
		return -EOPNOTSUPP;
	/* A private copy would be nobody's memory. */
	if (!(vma->vm_flags & VM_MAYSHARE))
		return -EINVAL;
	/* Another driver may pass on a mapping of its own file, which may be written to. */
	if (!(dmabuf->file->f_mode & FMODE_WRITE)) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		ferry_vm_flags_clear(vma, VM_MAYWRITE);
	}
	if (offset >= exp->size || vma->vm_end - vma->vm_start > exp->size - offset)
		return -EINVAL;
	ferry_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	return region->ops->mmap(region, exp->offset + offset, vma);
}

static int export_vmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
	struct ferry_export *exp = dmabuf->priv;

	iosys_map_set_vaddr(map, exp->region->vaddr + exp->offset);
	return 0;
}

/* It is mapped all the time. */
static void export_vunmap(struct dma_buf *dmabuf, struct iosys_map *map)
{
}

/* What a device or the remote wrote before is seen, and what the CPU wrote is out. */
static int export_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	mb();	/* also of write-combined stores */
	return 0;
}

static void export_free(struct ferry_export *exp)
{
	ferry_buf_put(exp->buf);
	if (exp->pool)
		ferry_pool_put(exp->pool);
	kfree(exp);
}

static void export_release(struct dma_buf *dmabuf)
{
	export_free(dmabuf->priv);
}

static const struct dma_buf_ops export_ops = {
	.map_dma_buf = export_map,
	.unmap_dma_buf = export_unmap,
	.mmap = export_mmap,
	.vmap = export_vmap,
	.vunmap = export_vunmap,
	.begin_cpu_access = export_cpu_access,
	.end_cpu_access = export_cpu_access,
	.release = export_release,
};

/* A page with other bytes in it is never shared: they are somebody else's. */
static int export_check(const void *vaddr, size_t size, int fd_flags)
{
	if (!size || !PAGE_ALIGNED(vaddr) || !PAGE_ALIGNED(size))
		return -EINVAL;
	return fd_flags & ~(O_ACCMODE | O_CLOEXEC) ? -EINVAL : 0;
}

/* @tmp: all but its offset. */
static struct dma_buf *export_new(const struct ferry_export *tmp, const void *vaddr, int fd_flags)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct ferry_export *exp = kmemdup(tmp, sizeof(*tmp), GFP_KERNEL_ACCOUNT);
	struct dma_buf *dmabuf;

	if (!exp)
		return ERR_PTR(-ENOMEM);
	exp->offset = vaddr - tmp->region->vaddr;
	if (exp->buf)
		ferry_buf_get(exp->buf);
	else
		ferry_pool_hold(exp->pool);
	info.exp_name = "ferry";
	info.ops = &export_ops;
	info.size = exp->size;
	info.flags = fd_flags;
	info.priv = exp;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf))
		export_free(exp);
	return dmabuf;
}

/**
 * ferry_buf_export() - share a buffer
 * @buf:	a buffer that is ours: of a pool, a loan of the remote, or an import
 * @fd_flags:	O_RDONLY or O_RDWR, for who maps it; O_CLOEXEC
 *
 * The dma-buf has a reference of its own to @buf, which is free after the last user of
 * the dma-buf, too. It may be lent meanwhile, and the remote may then write to it. Of an
 * import it is the dma-buf that was imported, whatever @fd_flags says.
 *
 * Context: process, may sleep.
 * Return: the dma-buf, for dma_buf_put() or dma_buf_fd(); -EINVAL when @buf is not whole
 * pages, or for other flags, -EOPNOTSUPP for a buffer that is not the core's, -ENOMEM.
 */
struct dma_buf *ferry_buf_export(struct ferry_buf *buf, int fd_flags)
{
	struct dma_buf *dmabuf = ferry_import_dmabuf(buf);
	struct ferry_export tmp = { .buf = buf, .size = buf->size };
	int ret;

	might_sleep();
	if (dmabuf) {
		get_dma_buf(dmabuf);
		return dmabuf;
	}
	tmp.region = buf->pool ? buf->pool->region : ferry_loan_region(buf);
	if (!tmp.region)
		return ERR_PTR(-EOPNOTSUPP);
	ret = export_check(buf->vaddr, buf->size, fd_flags);
	return ret ? ERR_PTR(ret) : export_new(&tmp, buf->vaddr, fd_flags);
}
EXPORT_SYMBOL_GPL(ferry_buf_export);

/**
 * ferry_pool_export() - share all memory of a pool
 * @pool:	the pool
 * @fd_flags:	O_RDONLY or O_RDWR, for who maps it; O_CLOEXEC
 *
 * For a user space that is mapped once and told where in it each message lies: at
 * &ferry_buf.vaddr less that of the first buffer. The pool's memory stays until the last
 * user of the dma-buf is gone. Whoever maps it sees, and may be able to write to, what
 * all users of the pool send.
 *
 * Context: process, may sleep.
 * Return: the dma-buf, for dma_buf_put() or dma_buf_fd(); -EINVAL when the buffers are
 * not whole pages all together, or for other flags, -ENOMEM.
 */
struct dma_buf *ferry_pool_export(struct ferry_pool *pool, int fd_flags)
{
	struct ferry_export tmp = { .pool = pool, .region = pool->region };
	int ret;

	might_sleep();
	tmp.size = (pool->nr - 1) * pool->stride + pool->buf_size;
	ret = export_check(pool->buf[0].vaddr, tmp.size, fd_flags);
	return ret ? ERR_PTR(ret) : export_new(&tmp, pool->buf[0].vaddr, fd_flags);
}
EXPORT_SYMBOL_GPL(ferry_pool_export);

/**
 * ferry_buf_from_dmabuf() - the buffer behind a dma-buf of ours
 * @dmabuf:	any dma-buf
 *
 * Context: any.
 * Return: the buffer with one more reference; NULL when @dmabuf is somebody else's, or a
 * whole pool.
 */
struct ferry_buf *ferry_buf_from_dmabuf(struct dma_buf *dmabuf)
{
	struct ferry_export *exp = dmabuf->priv;

	if (dmabuf->ops != &export_ops || !exp->buf)
		return NULL;
	return ferry_buf_get(exp->buf);
}
EXPORT_SYMBOL_GPL(ferry_buf_from_dmabuf);

FERRY_IMPORT_DMA_BUF();
