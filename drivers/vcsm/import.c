// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: a dma-buf is imported to the VPU, and what comes of that.
 *
 * Everything is ready before the VPU is told: the buffer has its id, its chained dma-buf and
 * its place in the list. What the VPU answers is noted when it comes (ferry_vcsm_answer()),
 * not when its caller runs: RELEASED may be right behind, and the caller may be gone.
 */
#include <linux/cleanup.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/link.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../compat.h"
#include "vcsm.h"

/* Under the lock. The import that was asked for with @id, in this life of the link. */
static struct vcsm_buf *vcsm_find_asked(struct ferry_vcsm *vc, u32 id)
{
	u32 epoch = ferry_link_epoch(vc->link);
	struct vcsm_buf *b;

	list_for_each_entry(b, &vc->bufs, node)
		if (b->state == VCSM_STATE_ASKED && b->call_id == id && b->epoch == epoch)
			return b;
	return NULL;
}

/* Under the lock. */
static void buf_answered(struct vcsm_buf *b, u32 handle)
{
	struct ferry_vcsm *vc = b->vc;

	if (!handle) {
		vc->stats.refused++;
		ferry_vcsm_buf_end(b, true, -ENOMEM);
		return;
	}
	vc->stats.imports++;
	b->state = VCSM_STATE_MAPPED;
	b->handle = handle;
	/* Whoever wanted it has given up. */
	if (!b->in_use)
		ferry_vcsm_buf_unmap(b);
}

/* The callback. An answer of at least four bytes came. */
void ferry_vcsm_answer(struct ferry_vcsm *vc, u32 id, const void *msg, size_t len)
{
	const struct vcsm_import_result *result = msg;
	struct vcsm_buf *over = NULL, *b;

	scoped_guard(spinlock, &vc->lock) {
		b = vcsm_find_asked(vc, id);
		if (b && len < sizeof(*result))
			vc->stats.malformed++;
		else if (b)
			buf_answered(b, le32_to_cpu(result->res_handle));
		if (b && ferry_vcsm_buf_over(b))
			over = b;
	}
	if (over)
		ferry_vcsm_buf_free(over);
	ferry_call_answer(vc->calls, id, msg, len);
}

/* Process context. The VPU does not answer any more: all who wait are told @error. */
void ferry_vcsm_wake_callers(struct ferry_vcsm *vc, int error)
{
	struct vcsm_buf *b;

	guard(spinlock)(&vc->lock);
	list_for_each_entry(b, &vc->bufs, node) {
		if (b->state != VCSM_STATE_ASKED || !b->holds)
			continue;
		b->error = error;
		ferry_call_answer(vc->calls, b->call_id, NULL, 0);
	}
}

static void import_fill(const struct vcsm_buf *b, u32 id, struct vcsm_import *msg)
{
	*msg = (struct vcsm_import){
		.header.type = cpu_to_le32(VCSM_IMPORT),
		.header.trans_id = cpu_to_le32(id),
		.type = cpu_to_le32(VCSM_NONCACHED),
		.addr = cpu_to_le32(b->addr),
		.size = cpu_to_le32(b->size),
		.kernel_id = cpu_to_le32(b->kernel_id),
		.allocator = cpu_to_le32(current->tgid),
	};
	memcpy(msg->name, b->name, sizeof(msg->name));
}

/* It was not sent. */
static void import_not_sent(struct vcsm_buf *b, int error)
{
	guard(spinlock)(&b->vc->lock);
	if (b->state == VCSM_STATE_ASKED)
		ferry_vcsm_buf_end(b, true, error);
	else
		/* The link took back what was lent, or is about to. */
		ferry_buf_recall(b->buf);
}

/*
 * It was sent. If the link was started anew in between, the core has taken back what was
 * lent to the life before, but the new one knows of it.
 */
static void import_sent(struct vcsm_buf *b)
{
	u32 epoch = ferry_link_epoch(b->vc->link);

	guard(spinlock)(&b->vc->lock);
	if (likely(b->epoch == epoch))
		return;
	b->epoch = epoch;
	ferry_buf_recall(b->buf);
	ferry_buf_lend(b->buf);
}

static int import_result(struct vcsm_buf *b, int ret)
{
	guard(spinlock)(&b->vc->lock);
	if (ret < 0)
		return ret;
	if (b->state == VCSM_STATE_MAPPED)
		return 0;
	/* A short answer leaves open whether the VPU has it: it is treated as if. */
	return b->error ?: -EPROTO;
}

/* With an id. Tells the VPU. */
static int import_send(struct vcsm_buf *b, u32 id)
{
	struct ferry_vcsm *vc = b->vc;
	struct vcsm_import msg;
	int ret;

	import_fill(b, id, &msg);
	/* A buffer of the link's own pool may be lent already. */
	ret = ferry_buf_claim(b->buf);
	if (ret)
		return ret;
	ferry_vcsm_buf_lend(b, VCSM_STATE_ASKED, id);
	ret = ferry_send_timeout(vc->ep, &msg, sizeof(msg), vc->cfg.timeout_ms);
	if (ret)
		import_not_sent(b, ret);
	else
		import_sent(b);
	ferry_buf_unclaim(b->buf);
	return ret;
}

/* Tells the VPU and waits. */
static int vcsm_ask(struct vcsm_buf *b)
{
	struct ferry_vcsm *vc = b->vc;
	u8 answer[VCSM_MSG_MAX];
	struct ferry_call call = {
		.answer = answer, .room = sizeof(answer), .kind = VCSM_IMPORT,
	};
	int ret;

	ret = ferry_call_begin(vc->calls, &call, vc->cfg.timeout_ms);
	if (ret)
		return ret;
	ret = import_send(b, call.id);
	if (ret) {
		ferry_call_cancel(&call);
		return ret;
	}
	return import_result(b, ferry_call_wait(&call, vc->cfg.timeout_ms));
}

/* With a user inside. */
static struct dma_buf *vcsm_import(struct ferry_vcsm *vc, struct dma_buf *source, const char *name)
{
	struct vcsm_buf *b = ferry_vcsm_buf_create(vc, source, name);
	struct dma_buf *chained;
	int ret;

	if (IS_ERR(b))
		return ERR_CAST(b);
	chained = ferry_vcsm_chain(b);
	ret = IS_ERR(chained) ? PTR_ERR(chained) : vcsm_ask(b);
	ferry_vcsm_buf_unhold(b);
	if (!ret)
		return chained;
	if (!IS_ERR(chained))
		dma_buf_put(chained);
	return ERR_PTR(ret);
}

/**
 * ferry_vcsm_import - let the VPU have a dma-buf
 * @vc:		the instance
 * @source:	any dma-buf, which has to be one piece for the VPU; a reference is taken, and
 *		kept until the VPU and the last user of what is returned have let go
 * @name:	of at most 31 bytes, for debugging at both ends; NULL or empty: a default
 *
 * Waits for the answer of the VPU, at most &ferry_vcsm_cfg.timeout_ms. A caller that is
 * killed leaves nothing behind that will not be freed when the VPU answers.
 *
 * Context: process, may sleep; not in a callback of the link.
 *
 * Return: the chained dma-buf, for dma_buf_put(), or ERR_PTR(): -ENOMEM the VPU refused, or
 * no memory here; -ETIMEDOUT it does not answer, -EBUSY it has not answered many times,
 * -EPROTO its answer is wrong, -EIO it let go before it answered, -ENOLINK, -EPIPE the link or
 * the service is down, -ENODEV it is gone, -ERESTARTSYS a signal, -ERANGE the VPU cannot
 * address it, -EFBIG it is in pieces, -ELOOP it is an import of an import and so on, eight
 * times, and what else ferry_buf_import() returned.
 */
struct dma_buf *ferry_vcsm_import(struct ferry_vcsm *vc, struct dma_buf *source,
				  const char *name)
{
	struct dma_buf *chained;
	int ret;

	might_sleep();
	ret = ferry_vcsm_enter(vc);
	if (ret)
		return ERR_PTR(ret);
	chained = vcsm_import(vc, source, name);
	ferry_vcsm_leave(vc);
	return chained;
}
EXPORT_SYMBOL_GPL(ferry_vcsm_import);
