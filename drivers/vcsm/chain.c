// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: chained dma-bufs. Each is the memory of an import, and whoever has it holds the
 * import; all but its end is the business of the source.
 *
 * Both share one reservation object, so what is called with it locked may call the source.
 */
#include <linux/cleanup.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/fcntl.h>
#include <linux/mm.h>

#include "../compat.h"
#include "vcsm.h"

static int chain_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct vcsm_buf *b = dmabuf->priv;
	struct dma_buf_attachment *inner = dma_buf_attach(b->source, attach->dev);

	if (IS_ERR(inner))
		return PTR_ERR(inner);
	attach->priv = inner;
	return 0;
}

static void chain_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct vcsm_buf *b = dmabuf->priv;

	dma_buf_detach(b->source, attach->priv);
}

static struct sg_table *chain_map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
	return dma_buf_map_attachment(attach->priv, dir);
}

static void chain_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
			enum dma_data_direction dir)
{
	dma_buf_unmap_attachment(attach->priv, sgt, dir);
}

/* Not dma_buf_mmap(): what is mapped is ours, and is in use until it is unmapped. */
static int chain_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct vcsm_buf *b = dmabuf->priv;

	if (!b->source->ops->mmap)
		return -EINVAL;
	return b->source->ops->mmap(b->source, vma);
}

static int chain_begin_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct vcsm_buf *b = dmabuf->priv;

	return dma_buf_begin_cpu_access(b->source, dir);
}

static int chain_end_cpu_access(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct vcsm_buf *b = dmabuf->priv;

	return dma_buf_end_cpu_access(b->source, dir);
}

static void chain_release(struct dma_buf *dmabuf)
{
	ferry_vcsm_buf_unuse(dmabuf->priv);
}

static const struct dma_buf_ops chain_ops = {
	.attach = chain_attach,
	.detach = chain_detach,
	.map_dma_buf = chain_map,
	.unmap_dma_buf = chain_unmap,
	.mmap = chain_mmap,
	.begin_cpu_access = chain_begin_cpu_access,
	.end_cpu_access = chain_end_cpu_access,
	.release = chain_release,
};

/* How many imports there are below: all are called for what is done with the last one. */
unsigned int ferry_vcsm_depth(const struct dma_buf *source)
{
	const struct vcsm_buf *b;

	if (source->ops != &chain_ops)
		return 0;
	b = source->priv;
	return b->depth;
}

/* Process context. What stands for the import to its users. */
struct dma_buf *ferry_vcsm_chain(struct vcsm_buf *b)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct dma_buf *dmabuf;

	info.exp_name = "vcsm";
	info.ops = &chain_ops;
	info.size = b->source->size;
	/* Who may only read the source does not get more by way of the VPU. */
	info.flags = b->source->file->f_mode & FMODE_WRITE ? O_RDWR : O_RDONLY;
	info.resv = b->source->resv;
	info.priv = b;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf))
		return dmabuf;
	guard(spinlock)(&b->vc->lock);
	b->in_use = true;
	return dmabuf;
}

/**
 * ferry_vcsm_handle - what the VPU calls a buffer
 * @chained:	any dma-buf, to which the caller has a reference
 * @handle:	receives the handle; NULL: it is not wanted
 * @addr:	receives the address that the VPU was told; NULL: it is not wanted
 *
 * Context: process, may sleep.
 *
 * Return: 0, -EINVAL @chained is not what ferry_vcsm_import() or ferry_vcsm_alloc() returned,
 * -ENOLINK the VPU has it no more.
 */
int ferry_vcsm_handle(const struct dma_buf *chained, u32 *handle, u32 *addr)
{
	struct vcsm_buf *b;

	if (IS_ERR_OR_NULL(chained) || chained->ops != &chain_ops)
		return -EINVAL;
	b = chained->priv;
	guard(spinlock)(&b->vc->lock);
	if (b->state != VCSM_STATE_MAPPED)
		return -ENOLINK;
	if (handle)
		*handle = b->handle;
	if (addr)
		*addr = b->addr;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_vcsm_handle);

FERRY_IMPORT_DMA_BUF();
