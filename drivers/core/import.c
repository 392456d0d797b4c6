// SPDX-License-Identifier: GPL-2.0-only
/*
 * Imports: the dma-buf of somebody else, to be lent to the remote of a link.
 *
 * All imports of a link hang on one object that outlives the link, as they do: on it
 * are the device they are attached to and their list, for the time when the remote was
 * stopped. Letting go sleeps and is done in work, which every import has with it.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/dmabuf.h>
#include <linux/ferry/link.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "core.h"
#include "dmabuf.h"
#include "memory.h"
#include "pool.h"
#include "region.h"

struct ferry_imports {
	struct kref ref;		/* of the link, and of each import */
	struct mutex lock;
	struct list_head list;		/* lock */
	struct ferry_memory mem;
	struct device *dev;		/* whose view of memory the remote has */
	bool own_dev;
};

struct ferry_import {
	struct ferry_buf buf;
	struct ferry_imports *imports;
	struct list_head node;		/* in imports */
	struct dma_buf *dmabuf;
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	struct work_struct work;
};

static void imports_free(struct kref *ref)
{
	struct ferry_imports *imports = container_of(ref, struct ferry_imports, ref);

	if (imports->own_dev)
		ferry_dma_dev_destroy(imports->dev);
	else
		put_device(imports->dev);
	mutex_destroy(&imports->lock);
	kfree(imports);
}

static void imports_put(struct ferry_imports *imports)
{
	kref_put(&imports->ref, imports_free);
}

static struct ferry_imports *imports_of(struct ferry_memory *mem)
{
	return container_of(mem, struct ferry_imports, mem);
}

/* What is chained stays until its chain ends; all else may go now. */
static void imports_mem_reset(struct ferry_memory *mem)
{
	struct ferry_imports *imports = imports_of(mem);
	struct ferry_import *imp;

	guard(mutex)(&imports->lock);
	list_for_each_entry(imp, &imports->list, node)
		ferry_buf_end_lend(&imp->buf);
}

static void imports_mem_release(struct ferry_memory *mem)
{
	imports_put(imports_of(mem));
}

static void imports_mem_stats(struct ferry_memory *mem, struct ferry_memory_stats *stats)
{
	struct ferry_imports *imports = imports_of(mem);
	struct ferry_import *imp;

	guard(mutex)(&imports->lock);
	list_for_each_entry(imp, &imports->list, node) {
		stats->total++;
		if (!(atomic_read(&imp->buf.owners) & FERRY_OWNER_REMOTE))
			continue;
		stats->lent++;
		stats->lent_bytes += imp->buf.size;
	}
}

static const struct ferry_memory_ops imports_memory_ops = {
	.reset = imports_mem_reset,
	.release = imports_mem_release,
	.stats = imports_mem_stats,
};

/*
 * A device of the device tree loses its dma-ranges when its driver is unbound, and
 * they are needed to unmap. One behind an IOMMU has to be itself, and keeps that.
 */
static int imports_get_dev(struct ferry_imports *imports, struct device *dma_dev)
{
	imports->own_dev = dma_dev->of_node && !device_iommu_mapped(dma_dev);
	if (!imports->own_dev) {
		imports->dev = get_device(dma_dev);
		return 0;
	}
	imports->dev = ferry_dma_dev_create(dma_dev, "ferry-import", dma_get_mask(dma_dev));
	if (IS_ERR(imports->dev))
		return PTR_ERR(imports->dev);
	dma_set_max_seg_size(imports->dev, UINT_MAX);
	return 0;
}

static struct ferry_imports *imports_create(struct device *dma_dev)
{
	struct ferry_imports *imports = kzalloc(sizeof(*imports), GFP_KERNEL);
	int ret;

	if (!imports)
		return ERR_PTR(-ENOMEM);
	ret = imports_get_dev(imports, dma_dev);
	if (ret) {
		kfree(imports);
		return ERR_PTR(ret);
	}
	kref_init(&imports->ref);
	mutex_init(&imports->lock);
	INIT_LIST_HEAD(&imports->list);
	ferry_memory_init(&imports->mem, &imports_memory_ops);
	return imports;
}

/* Under the mutex of the link; the first import makes it. */
static int link_make_imports(struct ferry_link *link)
{
	struct ferry_imports *imports;

	if (!link->registered)
		return -ENODEV;
	if (link->imports)
		return 0;
	imports = imports_create(link->cfg.dma_dev);
	if (IS_ERR(imports))
		return PTR_ERR(imports);
	ferry_memory_add_locked(link, &imports->mem, "imports");
	WRITE_ONCE(link->imports, imports);
	return 0;
}

/* With a reference. */
static struct ferry_imports *link_get_imports(struct ferry_link *link)
{
	int ret;

	guard(mutex)(&link->lock);
	ret = link_make_imports(link);
	if (ret)
		return ERR_PTR(ret);
	kref_get(&link->imports->ref);
	return link->imports;
}

/* Process context. No more imports; those there are need the link no more. */
void ferry_imports_end(struct ferry_link *link)
{
	struct ferry_imports *imports;

	scoped_guard(mutex, &link->lock) {
		imports = link->imports;
		WRITE_ONCE(link->imports, NULL);
	}
	if (!imports)
		return;
	ferry_memory_remove(&imports->mem);
	flush_workqueue(ferry_wq);	/* as a rule they are gone when we return */
}

/* Work of the link. Has the remote any, or is it about to? */
bool ferry_imports_lent(struct ferry_link *link)
{
	struct ferry_imports *imports = READ_ONCE(link->imports);
	struct ferry_import *imp;

	if (!imports)
		return false;
	guard(mutex)(&imports->lock);
	list_for_each_entry(imp, &imports->list, node)
		if (atomic_read(&imp->buf.owners) & (FERRY_OWNER_SENDING | FERRY_OWNER_REMOTE))
			return true;
	return false;
}

/* Process context. Takes as much back as was done. */
static void import_free(struct ferry_import *imp)
{
	if (imp->sgt)
		dma_buf_unmap_attachment_unlocked(imp->attach, imp->sgt, DMA_BIDIRECTIONAL);
	if (imp->attach)
		dma_buf_detach(imp->dmabuf, imp->attach);
	dma_buf_put(imp->dmabuf);
	imports_put(imp->imports);
	kfree(imp);
}

static void import_work(struct work_struct *work)
{
	struct ferry_import *imp = container_of(work, struct ferry_import, work);

	scoped_guard(mutex, &imp->imports->lock)
		list_del(&imp->node);
	import_free(imp);
}

/* Any context. Neither side has it any more. */
static void import_release(struct ferry_buf *buf)
{
	struct ferry_import *imp = container_of(buf, struct ferry_import, buf);

	queue_work(ferry_wq, &imp->work);
}

static const struct ferry_buf_ops import_buf_ops = {
	.release = import_release,
};

static const struct ferry_import *import_of(const struct ferry_buf *buf)
{
	return buf->ops == &import_buf_ops ? container_of(buf, struct ferry_import, buf) : NULL;
}

/* What was imported as @buf, or NULL. */
struct dma_buf *ferry_import_dmabuf(const struct ferry_buf *buf)
{
	const struct ferry_import *imp = import_of(buf);

	return imp ? imp->dmabuf : NULL;
}

/* What of @sgt is in one piece from its beginning on, up to @size bytes; *@addr: where. */
static u64 import_run(struct sg_table *sgt, u64 size, u64 *addr)
{
	struct scatterlist *sg;
	unsigned int i;
	u64 run = 0;

	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (!sg_dma_len(sg))
			continue;
		if (!run)
			*addr = sg_dma_address(sg);
		else if (sg_dma_address(sg) != *addr + run)
			break;
		run += sg_dma_len(sg);
		if (run >= size)
			break;
	}
	return min(run, size);
}

/* The debugging code hides the pages. */
static bool import_is_bounced(const struct ferry_import *imp)
{
	return !IS_ENABLED(CONFIG_DMABUF_DEBUG) &&
	       ferry_sgt_is_bounced(imp->imports->dev, imp->sgt);
}

/* 0 and *@addr, or what is wrong with it: -errno and *@why. */
static int import_check(const struct ferry_import *imp, const struct ferry_link_cfg *cfg,
			u64 *addr, const char **why)
{
	u64 max = GENMASK_ULL(cfg->addr_bits - 1, 0);
	u64 size = imp->dmabuf->size;

	if (!size) {
		*why = "it is empty";
		return -EINVAL;
	}
	if (import_run(imp->sgt, size, addr) < size) {
		*why = "it is not contiguous for the remote";
		return -EFBIG;
	}
	/* The byte behind it, too: its end has to be an address. */
	if (size > max || *addr > max - size) {
		*why = "it is beyond the address bits of the remote";
		return -ERANGE;
	}
	if (cfg->buf_align && !IS_ALIGNED(*addr, cfg->buf_align)) {
		*why = "it is not aligned as the remote needs it";
		return -EINVAL;
	}
	if (import_is_bounced(imp)) {
		*why = "the remote would see a copy";
		return -ERANGE;
	}
	return 0;
}

static int import_attach(struct ferry_import *imp, const char **why)
{
	struct dma_buf_attachment *attach = dma_buf_attach(imp->dmabuf, imp->imports->dev);
	struct sg_table *sgt;

	if (IS_ERR(attach)) {
		*why = "its exporter refuses the device";
		return PTR_ERR(attach);
	}
	imp->attach = attach;
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt)) {
		*why = "its exporter cannot map it for the device";
		return PTR_ERR(sgt);
	}
	imp->sgt = sgt;
	return 0;
}

/* Takes over the reference to @imports. */
static struct ferry_import *import_create(struct ferry_imports *imports, struct dma_buf *dmabuf,
					  const struct ferry_link_cfg *cfg, const char **why)
{
	struct ferry_import *imp = kzalloc(sizeof(*imp), GFP_KERNEL);
	u64 addr;
	int ret;

	if (!imp) {
		imports_put(imports);
		return ERR_PTR(-ENOMEM);
	}
	get_dma_buf(dmabuf);
	imp->dmabuf = dmabuf;
	imp->imports = imports;
	INIT_WORK(&imp->work, import_work);
	ret = import_attach(imp, why);
	if (!ret)
		ret = import_check(imp, cfg, &addr, why);
	if (ret) {
		import_free(imp);
		return ERR_PTR(ret);
	}
	ferry_buf_init(&imp->buf, &import_buf_ops, NULL, addr, dmabuf->size);
	return imp;
}

static struct ferry_import *link_import(struct ferry_link *link, struct dma_buf *dmabuf,
					const char **why)
{
	struct ferry_imports *imports;
	struct ferry_import *imp;

	if (!link->cfg.dma_dev) {
		*why = "the link takes none";
		return ERR_PTR(-EOPNOTSUPP);
	}
	imports = link_get_imports(link);
	if (IS_ERR(imports))
		return ERR_CAST(imports);
	imp = import_create(imports, dmabuf, &link->cfg, why);
	if (IS_ERR(imp))
		return imp;
	scoped_guard(mutex, &imports->lock)
		list_add_tail(&imp->node, &imports->list);
	return imp;
}

/* A buffer that this remote knows where to find, behind a dma-buf of ours. */
static struct ferry_buf *link_own_buf(struct ferry_link *link, struct dma_buf *dmabuf)
{
	struct ferry_buf *buf = ferry_buf_from_dmabuf(dmabuf);

	if (!buf || ferry_buf_is_of(buf, link))
		return buf;
	ferry_buf_put(buf);
	return NULL;
}

/**
 * ferry_buf_import() - make a buffer of a dma-buf, to be lent to the remote of a link
 * @link:	the link; registered
 * @dmabuf:	any dma-buf; a reference is taken
 *
 * The buffer can be lent as long as the link is registered, and holds @dmabuf until both
 * sides are done with it. The CPU does not see it: &ferry_buf.vaddr is NULL. A dma-buf of
 * ours whose buffer is in a pool of @link comes back as that very buffer, with one more
 * reference. What is refused is logged.
 *
 * Context: process, may sleep; not in an operation of the link, which has its mutex.
 * Return: a buffer of ours, until ferry_buf_put(); -EOPNOTSUPP the link takes none,
 * -EDEADLK in a callback of @link and for a dma-buf that is not its own,
 * -ENODEV it is not registered, -EFBIG not contiguous for the remote, -ERANGE beyond its
 * address bits, or it would see a copy, -EINVAL not aligned as it needs, or empty,
 * -ENOMEM, or what the exporter returned.
 */
struct ferry_buf *ferry_buf_import(struct ferry_link *link, struct dma_buf *dmabuf)
{
	struct ferry_buf *buf = link_own_buf(link, dmabuf);
	const char *why = NULL;
	struct ferry_import *imp;

	might_sleep();
	if (buf)
		return buf;
	if (ferry_in_callback(link))
		return ERR_PTR(-EDEADLK);
	imp = link_import(link, dmabuf, &why);
	if (!IS_ERR(imp))
		return &imp->buf;
	if (why)
		dev_err_ratelimited(&link->dev, "cannot import %zu bytes of %s: %s (%ld)\n",
				    dmabuf->size, dmabuf->exp_name, why, PTR_ERR(imp));
	return ERR_CAST(imp);
}
EXPORT_SYMBOL_GPL(ferry_buf_import);

/**
 * ferry_buf_is_of() - may a buffer be named to the remote of a link?
 * @buf:	a buffer that is ours
 * @link:	the link
 *
 * Context: any.
 * Return: true for a buffer of a pool of @link, and for one that was imported for it.
 */
bool ferry_buf_is_of(const struct ferry_buf *buf, const struct ferry_link *link)
{
	const struct ferry_import *imp;

	if (buf->pool)
		return READ_ONCE(buf->pool->mem.link) == link;
	imp = import_of(buf);
	return imp && imp->imports == READ_ONCE(link->imports);
}
EXPORT_SYMBOL_GPL(ferry_buf_is_of);
