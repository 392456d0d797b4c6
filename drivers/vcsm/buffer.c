// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: the life of a buffer that the VPU knows.
 *
 * The core has the import (&struct ferry_buf), with two owners of its own: us, as long as
 * there is a &struct vcsm_buf, and the VPU, as long as it is lent. So a record may be
 * forgotten at any time without freeing what the VPU may write to.
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/ctype.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/dmabuf.h>
#include <linux/ferry/link.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "vcsm.h"

#define VCSM_NAME_DEFAULT	"sm-host-resource"

#define VCSM_STATE_NAME(id, name)	[VCSM_STATE_##id] = name,

const char * const ferry_vcsm_state_names[VCSM_NR_STATES] = {
	VCSM_STATES(VCSM_STATE_NAME)
};

/* The first 31 bytes of @src, which may have no NUL within them; the rest is zero. */
void ferry_vcsm_copy_name(char *dst, const char *src)
{
	size_t i, len = strnlen(src, VCSM_NAME - 1);

	memset(dst, 0, VCSM_NAME);
	for (i = 0; i < len; i++)
		dst[i] = isascii(src[i]) && isprint(src[i]) ? src[i] : '?';
}

/* Under the lock, or nobody else knows it. Has nobody got it any more? Unlists it then. */
bool ferry_vcsm_buf_over(struct vcsm_buf *b)
{
	if (b->in_use || b->holds || (b->state != VCSM_STATE_NEW && b->state != VCSM_STATE_GONE))
		return false;
	list_del(&b->node);
	if (b->kernel_id)
		xa_erase(&b->vc->ids, b->kernel_id);
	if (b->by_vpu)
		b->vc->vpu_bytes -= b->size;
	return true;
}

/* Process context, no lock. It is over. */
void ferry_vcsm_buf_free(struct vcsm_buf *b)
{
	struct ferry_vcsm *vc = b->vc;

	ferry_buf_put(b->buf);
	kfree(b);
	kref_put(&vc->ref, ferry_vcsm_free);
}

/*
 * Under the lock. The VPU has it no more, or never had it. Not @recall: the link says when
 * its remote was stopped, and the memory is lent until then.
 */
void ferry_vcsm_buf_end(struct vcsm_buf *b, bool recall, int error)
{
	b->state = VCSM_STATE_GONE;
	b->handle = 0;
	b->error = error;
	if (b->kernel_id)
		xa_erase(&b->vc->ids, b->kernel_id);
	b->kernel_id = 0;
	if (recall)
		ferry_buf_recall(b->buf);
}

/* Under the lock. No user has it any more: the VPU is asked to free it. */
void ferry_vcsm_buf_unmap(struct vcsm_buf *b)
{
	struct ferry_vcsm *vc = b->vc;

	b->state = VCSM_STATE_UNMAPPING;
	if (vc->closed)
		return;
	b->holds++;
	list_add_tail(&b->free_node, &vc->to_free);
	ferry_vcsm_kick_locked(vc);
}

/* Process context, may sleep. The last reference to its chained dma-buf was put. */
void ferry_vcsm_buf_unuse(struct vcsm_buf *b)
{
	bool over;

	scoped_guard(spinlock, &b->vc->lock) {
		b->in_use = false;
		if (b->state == VCSM_STATE_MAPPED)
			ferry_vcsm_buf_unmap(b);
		over = ferry_vcsm_buf_over(b);
	}
	if (over)
		ferry_vcsm_buf_free(b);
}

/* Process context, may sleep. */
void ferry_vcsm_buf_unhold(struct vcsm_buf *b)
{
	bool over;

	scoped_guard(spinlock, &b->vc->lock) {
		b->holds--;
		over = ferry_vcsm_buf_over(b);
	}
	if (over)
		ferry_vcsm_buf_free(b);
}

/*
 * The VPU is about to learn of it, and may let go of it before we know that it has it. @key:
 * of the call, or its handle.
 */
void ferry_vcsm_buf_lend(struct vcsm_buf *b, enum vcsm_state state, u32 key)
{
	guard(spinlock)(&b->vc->lock);
	ferry_buf_lend(b->buf);
	b->epoch = ferry_link_epoch(b->vc->link);
	b->state = state;
	if (state == VCSM_STATE_ASKED)
		b->call_id = key;
	else
		b->handle = key;
}

/* As the VPU is told: the dma-ranges decide, unless they are known to be wrong. */
static int buf_set_address(struct vcsm_buf *b)
{
	struct ferry_vcsm *vc = b->vc;
	u64 addr = b->buf->remote;

	if (b->buf->size > VCSM_SIZE_MAX || addr > U32_MAX ||
	    (addr & ~VCSM_ALIAS) + b->buf->size > VCSM_SIZE_MAX + 1ull)
		return -ERANGE;
	b->addr = addr;
	b->size = b->buf->size;
	if (vc->cfg.aliases & BIT(FIELD_GET(VCSM_ALIAS, b->addr)))
		return 0;
	b->addr |= VCSM_ALIAS;
	if (!xchg(&vc->warned, true))
		dev_warn(ferry_link_dev(vc->link),
			 "address %#llx of memory is none of the VPU's, check the dma-ranges; %#x is used\n",
			 addr, b->addr);
	return 0;
}

/* All that can fail, before the VPU is told. */
static int buf_init(struct vcsm_buf *b)
{
	struct ferry_vcsm *vc = b->vc;
	int ret;

	b->depth = ferry_vcsm_depth(b->source) + 1;
	if (b->depth > VCSM_DEPTH_MAX)
		return -ELOOP;
	b->buf = ferry_buf_import(vc->link, b->source);
	if (IS_ERR(b->buf))
		return PTR_ERR(b->buf);
	ret = buf_set_address(b);
	if (!ret)
		ret = xa_alloc_cyclic(&vc->ids, &b->kernel_id, b, XA_LIMIT(1, VCSM_ID_LAST),
				      &vc->next_id, GFP_KERNEL);
	if (ret < 0) {
		ferry_buf_put(b->buf);
		return ret;
	}
	return 0;
}

/* Process context, may sleep. The VPU was not told yet; the caller holds it. */
struct vcsm_buf *ferry_vcsm_buf_create(struct ferry_vcsm *vc, struct dma_buf *source,
				       const char *name)
{
	struct vcsm_buf *b = kzalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!b)
		return ERR_PTR(-ENOMEM);
	b->vc = vc;
	b->source = source;
	b->holds = 1;
	INIT_LIST_HEAD(&b->free_node);
	ferry_vcsm_copy_name(b->name, name && *name ? name : VCSM_NAME_DEFAULT);
	ret = buf_init(b);
	if (ret) {
		kfree(b);
		return ERR_PTR(ret);
	}
	kref_get(&vc->ref);
	guard(spinlock)(&vc->lock);
	list_add_tail(&b->node, &vc->bufs);
	return b;
}

/* Under the lock. One of those that nobody has any more. */
static struct vcsm_buf *vcsm_forget_one(struct ferry_vcsm *vc, bool all)
{
	u32 epoch = ferry_link_epoch(vc->link);
	struct vcsm_buf *b, *tmp;

	all |= !ferry_link_is_up(vc->link);
	list_for_each_entry_safe(b, tmp, &vc->bufs, node) {
		if (b->state != VCSM_STATE_NEW && b->state != VCSM_STATE_GONE &&
		    (all || b->epoch != epoch))
			ferry_vcsm_buf_end(b, false, -ENOLINK);
		if (ferry_vcsm_buf_over(b))
			return b;
	}
	return NULL;
}

/*
 * Process context. The VPU says nothing any more of what it got in an earlier life, or of
 * @all. The core knows what is lent.
 */
void ferry_vcsm_forget(struct ferry_vcsm *vc, bool all)
{
	struct vcsm_buf *b;

	for (;;) {
		scoped_guard(spinlock, &vc->lock)
			b = vcsm_forget_one(vc, all);
		if (!b)
			return;
		ferry_vcsm_buf_free(b);
	}
}
