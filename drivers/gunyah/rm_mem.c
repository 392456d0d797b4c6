// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: memory for VMs.
 *
 * References on memory are taken before it is lent, and dropped when the resource manager
 * has said that it is back. What may be lent, and nobody can tell, keeps them for ever.
 */
#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/link.h>
#include <linux/ferry/provide.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "../compat.h"
#include "rm_vm.h"

/**
 * struct ferry_gunyah_mem - memory that a VM has of ours
 * @node:	in &ferry_gunyah_vm.mems
 * @vm:		the VM, with a reference
 * @handle:	how the resource manager calls it
 * @size:	bytes
 * @base:	of a grant, which somebody else keeps
 * @granted:	it is one
 * @pages:	with a reference each, or NULL
 * @nr_pages:	how many
 * @dmabuf:	with a reference, or NULL
 * @attach:	of @dmabuf
 * @sgt:	of @attach
 */
struct ferry_gunyah_mem {
	struct list_head node;
	struct ferry_gunyah_vm *vm;
	u32 handle;
	u64 size;
	u64 base;
	bool granted;
	struct page **pages;
	unsigned int nr_pages;
	struct dma_buf *dmabuf;
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
};

/* What VMs may have for ever. */
static DEFINE_MUTEX(lost_lock);
static LIST_HEAD(lost_mems);

/* Ranges, one by one, each as large as can be. */
struct range_walk {
	const struct ferry_gunyah_mem *mem;
	unsigned int page;		/* the next one */
	struct scatterlist *sg;		/* the next one, or NULL */
	bool done;
};

static void walk_begin(struct range_walk *w, const struct ferry_gunyah_mem *mem)
{
	*w = (struct range_walk){ .mem = mem, .sg = mem->sgt ? mem->sgt->sgl : NULL };
}

static bool walk_pages(struct range_walk *w, u64 *base, u64 *size)
{
	const struct ferry_gunyah_mem *mem = w->mem;

	if (w->page == mem->nr_pages)
		return false;
	*base = page_to_phys(mem->pages[w->page++]);
	*size = PAGE_SIZE;
	while (w->page < mem->nr_pages && page_to_phys(mem->pages[w->page]) == *base + *size) {
		*size += PAGE_SIZE;
		w->page++;
	}
	return true;
}

static bool walk_sg(struct range_walk *w, u64 *base, u64 *size)
{
	if (!w->sg || !sg_dma_len(w->sg))
		return false;
	*base = sg_dma_address(w->sg);
	*size = sg_dma_len(w->sg);
	w->sg = w->page + 1 < w->mem->sgt->nents ? sg_next(w->sg) : NULL;
	w->page++;
	return true;
}

static bool walk_next(struct range_walk *w, u64 *base, u64 *size)
{
	if (w->mem->sgt)
		return walk_sg(w, base, size);
	if (w->mem->pages)
		return walk_pages(w, base, size);
	if (w->done)
		return false;
	w->done = true;
	*base = w->mem->base;
	*size = w->mem->size;
	return true;
}

static unsigned int mem_ranges(const struct ferry_gunyah_mem *mem)
{
	struct range_walk w;
	unsigned int n = 0;
	u64 base, size;

	walk_begin(&w, mem);
	while (walk_next(&w, &base, &size))
		n++;
	return n;
}

/* Pages of the hypervisor's size, whole. */
static bool mem_is_aligned(const struct ferry_gunyah_mem *mem)
{
	struct ferry_gunyah_range range;
	struct range_walk w;

	walk_begin(&w, mem);
	while (walk_next(&w, &range.base, &range.size))
		if (!rm_range_is_good(&range))
			return false;
	return true;
}

/* Up to as many as a message takes, and how many those are. Returns what follows. */
static void *put_ranges(struct range_walk *w, void *p, unsigned int left)
{
	struct rm_mem_count count = {};
	unsigned int i, n = min_t(unsigned int, left, RM_MEM_ENTRIES);
	struct rm_mem_range range;
	u64 base, size;

	count.n = cpu_to_le16(n);
	p = rm_put_bytes(p, &count, sizeof(count));
	for (i = 0; i < n && walk_next(w, &base, &size); i++) {
		range.base = cpu_to_le64(base);
		range.size = cpu_to_le64(size);
		p = rm_put_bytes(p, &range, sizeof(range));
	}
	return p;
}

static void *put_acl(void *p, u16 vmid, u8 rights)
{
	const struct rm_mem_acl acl = { .vmid = cpu_to_le16(vmid), .rights = rights };

	return rm_put_bytes(p, &acl, sizeof(acl));
}

/* Who may use it: the VM, and we where it is shared. */
static void *put_acls(const struct ferry_gunyah_mem *mem, const struct ferry_gunyah_mem_cfg *cfg,
		      int own, void *p)
{
	const bool shared = cfg->how == FERRY_GUNYAH_SHARE;
	const struct rm_mem_count count = { .n = cpu_to_le16(shared ? 2 : 1) };

	p = put_acl(rm_put_bytes(p, &count, sizeof(count)), mem->vm->vmid, cfg->rights);
	return shared ? put_acl(p, own, cfg->own_rights) : p;
}

static u32 mem_message(const struct ferry_gunyah_mem_cfg *cfg)
{
	switch (cfg->how) {
	case FERRY_GUNYAH_SHARE:
		return RM_MEM_SHARE;
	case FERRY_GUNYAH_DONATE:
		return RM_MEM_DONATE;
	default:
		return RM_MEM_LEND;
	}
}

/* The first message, which gets it its handle. */
static int mem_send_first(struct ferry_gunyah_mem *mem, const struct ferry_gunyah_mem_cfg *cfg,
			  struct range_walk *w, void *buf, bool *unsure)
{
	const struct rm_mem_count no_attributes = {};
	unsigned int n = mem_ranges(mem);
	struct ferry_gunyah_rm *rm = mem->vm->rm;
	const struct rm_mem_hdr hdr = {
		.flags = n > RM_MEM_ENTRIES ? RM_MEM_MORE : 0,
		.label = cpu_to_le32(cfg->label),
	};
	int own = ferry_gunyah_rm_vmid(rm);
	__le32 handle;
	ssize_t ret;
	void *p;

	if (own < 0)
		return own;
	p = rm_put_bytes(buf, &hdr, sizeof(hdr));
	p = put_acls(mem, cfg, own, p);
	p = put_ranges(w, p, n);
	p = rm_put_bytes(p, &no_attributes, sizeof(no_attributes));
	ret = rm_call_sure(rm, mem_message(cfg), buf, p - buf, &handle, sizeof(handle),
			   rm->cfg.slow_timeout_ms, unsure);
	if (ret < 0)
		return ret;
	/* It did so, but how it is called nobody knows. */
	*unsure = ret != sizeof(handle) || le32_to_cpu(handle) == RM_MEM_HANDLE_NONE;
	if (*unsure)
		return -EBADMSG;
	mem->handle = le32_to_cpu(handle);
	return 0;
}

/* The rest of a long list. */
static int mem_send_rest(struct ferry_gunyah_mem *mem, struct range_walk *w, void *buf)
{
	unsigned int n = mem_ranges(mem), sent;
	struct ferry_gunyah_rm *rm = mem->vm->rm;
	struct rm_mem_handle head = { .handle = cpu_to_le32(mem->handle) };
	int ret = 0;
	void *p;

	for (sent = RM_MEM_ENTRIES; sent < n && !ret; sent += RM_MEM_ENTRIES) {
		head.flags = n - sent <= RM_MEM_ENTRIES ? RM_MEM_APPEND_LAST : 0;
		p = rm_put_bytes(buf, &head, sizeof(head));
		p = put_ranges(w, p, n - sent);
		ret = rm_call(rm, RM_MEM_APPEND, buf, p - buf, NULL, 0, rm->cfg.slow_timeout_ms);
	}
	return ret;
}

static int mem_send_reclaim(struct ferry_gunyah_mem *mem)
{
	const struct rm_mem_handle request = { .handle = cpu_to_le32(mem->handle) };

	return rm_call(mem->vm->rm, RM_MEM_RECLAIM, &request, sizeof(request), NULL, 0,
		       mem->vm->rm->cfg.slow_timeout_ms);
}

/* Nobody uses it any more, or it was never lent. */
static void mem_free(struct ferry_gunyah_mem *mem)
{
	unsigned int i;

	for (i = 0; i < mem->nr_pages; i++)
		put_page(mem->pages[i]);
	kvfree(mem->pages);
	if (mem->sgt)
		dma_buf_unmap_attachment_unlocked(mem->attach, mem->sgt, DMA_BIDIRECTIONAL);
	if (mem->attach)
		dma_buf_detach(mem->dmabuf, mem->attach);
	if (mem->dmabuf)
		dma_buf_put(mem->dmabuf);
	kref_put(&mem->vm->ref, vm_free);
	kfree(mem);
}

/* The VM may use it, now and for ever: what is referenced stays so. */
static void mem_lose(struct ferry_gunyah_mem *mem)
{
	struct ferry_gunyah_vm *vm = mem->vm;

	dev_err(ferry_link_dev(vm->rm->link),
		"VM %u may have %llu bytes: they are not used again\n", vm->vmid, mem->size);
	scoped_guard(spinlock_irqsave, &vm->rm->lock)
		vm->rm->stats.lost += mem->size;
	mem->vm = NULL;
	scoped_guard(mutex, &lost_lock)
		list_add_tail(&mem->node, &lost_mems);
	kref_put(&vm->ref, vm_free);
}

/* The module goes. What was lost stays referenced; only who knows of it goes. */
void rm_mem_exit(void)
{
	struct ferry_gunyah_mem *mem, *next;

	list_for_each_entry_safe(mem, next, &lost_mems, node) {
		kvfree(mem->pages);
		kfree(mem);
	}
}

static void mem_add(struct ferry_gunyah_mem *mem)
{
	guard(mutex)(&mem->vm->mem_lock);
	list_add_tail(&mem->node, &mem->vm->mems);
	mem->vm->grants += mem->granted;
}

static void mem_remove(struct ferry_gunyah_mem *mem)
{
	guard(mutex)(&mem->vm->mem_lock);
	list_del(&mem->node);
	mem->vm->grants -= mem->granted;
}

void rm_mem_show(struct seq_file *m, struct ferry_gunyah_vm *vm)
{
	const struct ferry_gunyah_mem *mem;

	guard(mutex)(&vm->mem_lock);
	list_for_each_entry(mem, &vm->mems, node)
		seq_printf(m, "memory %u of %u: %llu bytes%s\n", mem->handle, vm->vmid, mem->size,
			   mem->granted ? ", granted" : "");
}

/* An error: it is not lent, or lost. */
static int mem_do_lend(struct ferry_gunyah_mem *mem, const struct ferry_gunyah_mem_cfg *cfg)
{
	void *buf = kmalloc(RM_MESSAGE_MAX, GFP_KERNEL);
	bool unsure = false;
	struct range_walk w;
	int ret;

	if (!buf)
		return -ENOMEM;
	walk_begin(&w, mem);
	ret = mem_send_first(mem, cfg, &w, buf, &unsure);
	if (!ret) {
		ret = mem_send_rest(mem, &w, buf);
		if (ret && mem_send_reclaim(mem))
			unsure = true;
	}
	kfree(buf);
	if (ret && unsure) {
		mem_lose(mem);
		return -EUCLEAN;
	}
	return ret;
}

static struct ferry_gunyah_mem *mem_new(struct ferry_gunyah_vm *vm)
{
	struct ferry_gunyah_mem *mem = kzalloc(sizeof(*mem), GFP_KERNEL);

	if (!mem)
		return NULL;
	kref_get(&vm->ref);
	mem->vm = vm;
	return mem;
}

/* Frees it when it could not be lent. */
static struct ferry_gunyah_mem *mem_finish(struct ferry_gunyah_mem *mem,
					   const struct ferry_gunyah_mem_cfg *cfg)
{
	int ret = mem_is_aligned(mem) ? mem_do_lend(mem, cfg) : -EINVAL;

	if (!ret) {
		mem_add(mem);
		return mem;
	}
	/* What is lost is nobody's to free. */
	if (ret != -EUCLEAN)
		mem_free(mem);
	return ERR_PTR(ret);
}

/**
 * ferry_gunyah_mem_lend() - lend, share or donate pages to a VM
 * @vm:		the VM
 * @cfg:	whose they are then
 * @pages:	the pages; a reference is taken on each. Nobody may touch what is lent.
 * @nr:		how many, at least 1
 *
 * Context: process, may sleep; not in a callback of a link, nor of a listener.
 * Return: the memory, for ferry_gunyah_mem_reclaim(), or it goes with the VM; ERR_PTR():
 * -EINVAL no pages, -ENOMEM, -EAGAIN it is not known yet which VM we are, -EUCLEAN nobody
 * knows whether it is lent: it will not be used again; or what ferry_gunyah_rm_call() returned.
 */
struct ferry_gunyah_mem *ferry_gunyah_mem_lend(struct ferry_gunyah_vm *vm,
					       const struct ferry_gunyah_mem_cfg *cfg,
					       struct page **pages, unsigned int nr)
{
	struct ferry_gunyah_mem *mem;

	if (!nr)
		return ERR_PTR(-EINVAL);
	mem = mem_new(vm);
	if (!mem)
		return ERR_PTR(-ENOMEM);
	mem->pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!mem->pages) {
		mem_free(mem);
		return ERR_PTR(-ENOMEM);
	}
	for (; mem->nr_pages < nr; mem->nr_pages++) {
		get_page(pages[mem->nr_pages]);
		mem->pages[mem->nr_pages] = pages[mem->nr_pages];
	}
	mem->size = (u64)nr * PAGE_SIZE;
	return mem_finish(mem, cfg);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_mem_lend);

static int mem_attach(struct ferry_gunyah_mem *mem, struct dma_buf *dmabuf, struct device *dev)
{
	struct sg_table *sgt;

	get_dma_buf(dmabuf);
	mem->dmabuf = dmabuf;
	mem->size = dmabuf->size;
	mem->attach = dma_buf_attach(dmabuf, dev);
	if (IS_ERR(mem->attach)) {
		int ret = PTR_ERR(mem->attach);

		mem->attach = NULL;
		return ret;
	}
	sgt = dma_buf_map_attachment_unlocked(mem->attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt))
		return PTR_ERR(sgt);
	mem->sgt = sgt;
	return 0;
}

/**
 * ferry_gunyah_mem_lend_dmabuf() - lend, share or donate a dma-buf to a VM
 * @vm:		the VM
 * @cfg:	whose it is then
 * @dmabuf:	the buffer; a reference is taken, and it stays attached
 * @dev:	a device that sees memory where it is: without an IOMMU or offset
 *
 * Context: process, may sleep; not in a callback of a link, nor of a listener.
 * Return: as ferry_gunyah_mem_lend(); -EINVAL also for a device behind an IOMMU, or what
 * dma_buf_attach() or dma_buf_map_attachment() returned.
 */
struct ferry_gunyah_mem *ferry_gunyah_mem_lend_dmabuf(struct ferry_gunyah_vm *vm,
						      const struct ferry_gunyah_mem_cfg *cfg,
						      struct dma_buf *dmabuf, struct device *dev)
{
	struct ferry_gunyah_mem *mem;
	int ret;

	if (device_iommu_mapped(dev))
		return ERR_PTR(-EINVAL);
	mem = mem_new(vm);
	if (!mem)
		return ERR_PTR(-ENOMEM);
	ret = mem_attach(mem, dmabuf, dev);
	if (ret) {
		mem_free(mem);
		return ERR_PTR(ret);
	}
	return mem_finish(mem, cfg);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_mem_lend_dmabuf);

/**
 * ferry_gunyah_mem_handle() - how the resource manager calls memory
 * @mem:	the memory
 *
 * Context: any.
 * Return: its handle; 0 is one.
 */
u32 ferry_gunyah_mem_handle(const struct ferry_gunyah_mem *mem)
{
	return mem->handle;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_mem_handle);

/**
 * ferry_gunyah_mem_reclaim() - take memory back
 * @mem:	the memory; its VM was not made yet, or was reset, or has released it
 *
 * Context: process, may sleep; not in a callback of a link, nor of a listener.
 * Return: 0, and @mem is gone; else it is as it was: -EINVAL the VM has it still, or what
 * ferry_gunyah_rm_call() returned.
 */
int ferry_gunyah_mem_reclaim(struct ferry_gunyah_mem *mem)
{
	int ret = mem_send_reclaim(mem);

	if (ret)
		return ret;
	mem_remove(mem);
	mem_free(mem);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_mem_reclaim);

/* What a grant is of its owner gives back, or keeps. */
void vm_reclaim_all(struct ferry_gunyah_vm *vm)
{
	struct ferry_gunyah_mem *mem, *next;
	LIST_HEAD(mems);

	scoped_guard(mutex, &vm->mem_lock)
		list_for_each_entry_safe(mem, next, &vm->mems, node)
			if (!mem->granted)
				list_move_tail(&mem->node, &mems);
	list_for_each_entry_safe(mem, next, &mems, node) {
		list_del(&mem->node);
		if (mem_send_reclaim(mem))
			mem_lose(mem);
		else
			mem_free(mem);
	}
}

/* Nothing that was granted is given back while the VM may use it. */
int vm_link_stopped(void *data)
{
	struct ferry_gunyah_vm *vm = data;
	int state;

	scoped_guard(mutex, &vm->mem_lock)
		if (!vm->grants)
			return 0;
	state = vm_get_state(vm);
	if (state < 0)
		return state;
	if (state == FERRY_GUNYAH_VM_RUNNING || state == FERRY_GUNYAH_VM_PAUSED)
		return -EBUSY;
	return vm_reset_wait(vm);
}

static int grant_allow(void *data, u64 remote, u64 size)
{
	const struct ferry_gunyah_mem_cfg cfg = {
		.how = FERRY_GUNYAH_SHARE,
		.rights = FERRY_GUNYAH_READ | FERRY_GUNYAH_WRITE,
		.own_rights = FERRY_GUNYAH_READ | FERRY_GUNYAH_WRITE,
	};
	struct ferry_gunyah_mem *mem = mem_new(data);

	if (!mem)
		return -ENOMEM;
	mem->granted = true;
	mem->base = remote;
	mem->size = size;
	return PTR_ERR_OR_ZERO(mem_finish(mem, &cfg));
}

static struct ferry_gunyah_mem *grant_find(struct ferry_gunyah_vm *vm, u64 remote, u64 size)
{
	struct ferry_gunyah_mem *mem;

	guard(mutex)(&vm->mem_lock);
	list_for_each_entry(mem, &vm->mems, node)
		if (mem->granted && mem->base == remote && mem->size == size)
			return mem;
	return NULL;
}

/* The VM was reset, so nobody but us reaches it: an error changes nothing about that. */
static void grant_revoke(void *data, u64 remote, u64 size)
{
	struct ferry_gunyah_vm *vm = data;
	struct ferry_gunyah_mem *mem = grant_find(vm, remote, size);
	int ret;

	if (!mem)
		return;
	ret = mem_send_reclaim(mem);
	if (ret)
		dev_warn(ferry_link_dev(vm->rm->link), "VM %u: memory is not reclaimed: %d\n",
			 vm->vmid, ret);
	mem_remove(mem);
	mem_free(mem);
}

static int grant_hold(void *data)
{
	struct ferry_gunyah_vm *vm = data;

	kref_get(&vm->ref);
	return 0;
}

static void grant_put(void *data)
{
	struct ferry_gunyah_vm *vm = data;

	kref_put(&vm->ref, vm_free);
}

const struct ferry_grant_ops ferry_gunyah_grant = {
	.allow = grant_allow,
	.revoke = grant_revoke,
	.hold = grant_hold,
	.put = grant_put,
	.owner = THIS_MODULE,
};
EXPORT_SYMBOL_GPL(ferry_gunyah_grant);
