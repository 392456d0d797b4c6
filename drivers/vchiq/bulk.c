// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: bulk transfers, of buffers that are lent for them.
 *
 * The VPU is told where the pages are and moves the bytes itself; then it says how many. Of each
 * service it has at most four to send and four to fill, and answers in the order in which it
 * was asked. A transfer belongs to the port, not to the service: when a client closes while
 * the VPU is at work the memory is ours again when the VPU has answered that.
 *
 * Where a buffer that is filled does not begin and end with a cache line of the VPU, it puts the
 * bytes of these lines into a fragment, and we copy them.
 */
#include <linux/align.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../compat.h"
#include "vchiq.h"

#define BULK_PAGE	4096u	/* of the VPU */
#define BULK_RUN	4096u	/* pages in one word of a list */

/* A buffer may begin anywhere in its first page. */
static_assert(sizeof(struct vchiq_pagelist) +
	      (DIV_ROUND_UP(VCHIQ_BULK_MAX / BULK_PAGE + 1, BULK_RUN) * sizeof(__le32)) <=
	      VCHIQ_PAGELIST_SIZE);

static unsigned int transfer_number(const struct ferry_vchiq *vc, const struct vchiq_transfer *t)
{
	return t - vc->bulk.transfers;
}

static u32 area_tail(const struct ferry_vchiq *vc)
{
	return (1 + 2 * (vc->tx.nr + 1)) * VCHIQ_SLOT_SIZE;
}

/* Of a transfer, from slot zero on. */
static u32 fragment_at(const struct ferry_vchiq *vc, const struct vchiq_transfer *t)
{
	return area_tail(vc) + transfer_number(vc, t) * 2 * vc->cfg.line;
}

static u32 pagelist_at(const struct ferry_vchiq *vc, const struct vchiq_transfer *t)
{
	return area_tail(vc) + VCHIQ_FRAGMENTS * 2 * vc->cfg.line +
	       transfer_number(vc, t) * VCHIQ_PAGELIST_SIZE;
}

/* Does the VPU fill a cache line of its own in part? */
static bool bulk_is_ragged(const struct ferry_vchiq *vc, const struct ferry_msg *msg)
{
	return msg->fill && !IS_ALIGNED(msg->buf->remote | msg->fill, vc->cfg.line);
}

/* Locked. The oldest one that the VPU did not answer, or that it did. */
static struct vchiq_transfer *transfer_first(struct ferry_vchiq *vc, u16 port, bool fill, bool done)
{
	struct vchiq_transfer *t;

	list_for_each_entry(t, &vc->bulk.busy, node)
		if (t->port == port && t->fill == fill && t->done == done)
			return t;
	return NULL;
}

/* Locked. */
static unsigned int transfer_count(struct ferry_vchiq *vc, u16 port, bool fill)
{
	struct vchiq_transfer *t;
	unsigned int n = 0;

	list_for_each_entry(t, &vc->bulk.busy, node)
		n += t->port == port && t->fill == fill;
	return n;
}

/* Locked. It is in no list, and its buffer is somebody else's. */
static void transfer_free(struct ferry_vchiq *vc, struct vchiq_transfer *t)
{
	t->buf = NULL;
	list_add_tail(&t->node, &vc->bulk.free);
	WRITE_ONCE(vc->bulk.ends, vc->bulk.ends + 1);
}

/* Locked. Nobody waits for it. */
static void transfer_drop(struct ferry_vchiq *vc, struct vchiq_transfer *t)
{
	list_del(&t->node);
	ferry_buf_put(t->buf);
	transfer_free(vc, t);
}

/*
 * Under the lock of the txq. 0: there is a transfer for it. -EAGAIN: not now. -EINVAL: we would
 * have to copy what we do not see.
 */
int vchiq_bulk_room(struct vchiq_service *s, const struct ferry_msg *msg)
{
	struct ferry_vchiq *vc = s->vc;

	if (bulk_is_ragged(vc, msg) && !msg->buf->vaddr) {
		dev_err_ratelimited(ferry_link_dev(vc->link),
				    "%s: %zu bytes of an import are no multiple of %u\n",
				    s->ch.name, msg->fill, vc->cfg.line);
		return -EINVAL;
	}
	guard(spinlock_irqsave)(&vc->lock);
	if (!list_empty(&vc->bulk.free) &&
	    transfer_count(vc, s->port, msg->fill) < VCHIQ_BULK_DEPTH)
		return 0;
	vc->bulk.ends_seen = vc->bulk.ends;
	return -EAGAIN;
}

/* Under the lock of the txq. Did a transfer end since there was no room? */
bool vchiq_bulk_has_room(struct ferry_vchiq *vc)
{
	return READ_ONCE(vc->bulk.ends) != vc->bulk.ends_seen;
}

/* What the VPU has to know; it is ours alone until it was told. */
static void transfer_describe(struct ferry_vchiq *vc, struct vchiq_transfer *t)
{
	struct vchiq_pagelist *list = (void *)vc->zero + pagelist_at(vc, t);
	u32 offset = t->buf->remote % BULK_PAGE;
	u32 pages = DIV_ROUND_UP(offset + t->len, BULK_PAGE);
	u32 page = t->buf->remote - offset, run;
	unsigned int i;
	u16 type;

	type = t->ragged ? VCHIQ_PAGES_FRAGMENT(transfer_number(vc, t)) :
	       t->fill ? VCHIQ_PAGES_RECEIVE : VCHIQ_PAGES_SEND;
	vchiq_store(&list->length, t->len);
	WRITE_ONCE(list->type, cpu_to_le16(type));
	WRITE_ONCE(list->offset, cpu_to_le16(offset));
	for (i = 0; pages; i++) {
		run = min(pages, BULK_RUN);
		vchiq_store(&list->addrs[i], page | (run - 1));
		page += run * BULK_PAGE;
		pages -= run;
	}
}

/* Locked. A transfer for the message, whose buffer is lent. */
static struct vchiq_transfer *transfer_begin(struct vchiq_service *s, const struct ferry_msg *msg)
{
	struct ferry_vchiq *vc = s->vc;
	struct vchiq_transfer *t;

	t = list_first_entry(&vc->bulk.free, struct vchiq_transfer, node);
	t->buf = msg->buf;
	t->len = msg->fill ?: msg->len;
	t->actual = 0;
	t->port = s->port;
	t->peer = s->peer;
	t->fill = msg->fill;
	t->ragged = bulk_is_ragged(vc, msg);
	t->done = false;
	list_move_tail(&t->node, &vc->bulk.busy);
	ferry_buf_lend(t->buf);
	return t;
}

/* Under the lock of the txq, after vchiq_bulk_room(). 0, or -EPIPE: the VPU closed it meanwhile. */
int vchiq_bulk_begin(struct vchiq_service *s, const struct ferry_msg *msg, struct vchiq_bulk *ask)
{
	struct ferry_vchiq *vc = s->vc;
	struct vchiq_transfer *t;

	guard(spinlock_irqsave)(&vc->lock);
	if (s->state != VCHIQ_OPENED)
		return -EPIPE;
	t = transfer_begin(s, msg);
	transfer_describe(vc, t);
	ask->pagelist = cpu_to_le32(vc->cfg.region->remote + pagelist_at(vc, t));
	ask->size = cpu_to_le32(t->len);
	return 0;
}

/* The bytes of cache lines that are not all of the buffer. The VPU may write to them still. */
static void transfer_mend(struct ferry_vchiq *vc, const struct vchiq_transfer *t)
{
	const void *fragment = (const void *)vc->zero + fragment_at(vc, t);
	u32 line = vc->cfg.line;
	u32 head = min_t(u32, -(u32)t->buf->remote % line, t->actual);
	u32 tail = t->actual > head ? ((u32)t->buf->remote + t->actual) % line : 0;

	memcpy(t->buf->vaddr, fragment, head);
	memcpy(t->buf->vaddr + t->actual - tail, fragment + line, tail);
}

/* Locked. The VPU has moved so many bytes, or none. False: that cannot be. */
static bool transfer_answered(struct ferry_vchiq *vc, struct vchiq_transfer *t, u32 actual)
{
	bool aborted = actual == VCHIQ_BULK_ABORTED, good = aborted || actual <= t->len;

	vc->bulk.aborts += aborted;
	t->actual = aborted || !good ? 0 : actual;
	if (t->ragged)
		transfer_mend(vc, t);
	ferry_buf_recall(t->buf);
	t->done = true;
	return good;
}

/*
 * Under the lock of the rxq, RCU read side. The oldest buffer that is full goes to the endpoint.
 * False: that does not want it yet.
 */
bool vchiq_bulk_deliver(struct vchiq_service *s)
{
	struct ferry_vchiq *vc = s->vc;
	struct vchiq_transfer *t;
	int ret;

	guard(spinlock_irqsave)(&vc->lock);
	t = transfer_first(vc, s->port, true, true);
	if (!t)
		return true;	/* its client has closed */
	ret = ferry_rx_buf(&s->ch, t->buf, t->actual);
	if (ret == -ENOBUFS)
		return false;
	if (ret) {
		ferry_rx_drop(&vc->rxq, &s->ch, FERRY_DROP_NOT_OPEN);
		ferry_buf_put(t->buf);
	}
	list_del(&t->node);
	transfer_free(vc, t);
	return true;
}

/* Locked. The transfer that is answered so, or NULL. */
static struct vchiq_transfer *bulk_answer(struct ferry_vchiq *vc, u16 src, u16 dst, bool fill,
					  const struct vchiq_bulk_done *answer, u32 size)
{
	struct vchiq_transfer *t = transfer_first(vc, dst, fill, false);

	if (!t || t->peer != src || size < sizeof(*answer))
		return NULL;
	return t;
}

/*
 * Under the lock of the rxq, RCU read side. @s: that is open, or NULL. @payload: private, @size
 * bytes. True: a buffer is full, for vchiq_bulk_deliver().
 */
bool vchiq_bulk_done(struct ferry_vchiq *vc, struct vchiq_service *s, u16 src, u16 dst, bool fill,
		     const void *payload, u32 size)
{
	const struct vchiq_bulk_done *answer = payload;
	struct vchiq_transfer *t;
	bool good = false;

	scoped_guard(spinlock_irqsave, &vc->lock) {
		t = bulk_answer(vc, src, dst, fill, answer, size);
		if (t) {
			good = transfer_answered(vc, t, le32_to_cpu(answer->actual));
			if (!fill || !s)
				transfer_drop(vc, t);
		}
	}
	if (!good)
		vchiq_rx_odd(vc, VCHIQ_ODD_BULK);
	if (t)
		ferry_txq_ready(&vc->txq);
	return t && fill && s;
}

/* Locked. The VPU does nothing for a port any more; or (@done) its client wants nothing of it. */
void vchiq_bulk_end(struct ferry_vchiq *vc, u16 port, bool done)
{
	struct vchiq_transfer *t, *tmp;

	list_for_each_entry_safe(t, tmp, &vc->bulk.busy, node) {
		if (t->port != port || t->done != done)
			continue;
		if (!done)
			ferry_buf_recall(t->buf);
		transfer_drop(vc, t);
	}
}

/* Process context; nothing is sent or received. The core knows what is lent. */
void vchiq_bulk_reset(struct ferry_vchiq *vc)
{
	struct vchiq_transfer *t, *tmp;

	guard(spinlock_irqsave)(&vc->lock);
	list_for_each_entry_safe(t, tmp, &vc->bulk.busy, node)
		transfer_drop(vc, t);
}

void vchiq_bulk_init(struct ferry_vchiq *vc)
{
	unsigned int i;

	INIT_LIST_HEAD(&vc->bulk.busy);
	INIT_LIST_HEAD(&vc->bulk.free);
	for (i = 0; i < VCHIQ_BULKS; i++)
		list_add_tail(&vc->bulk.transfers[i].node, &vc->bulk.free);
}

/* Any context. How many are busy. */
unsigned int vchiq_bulk_count(struct ferry_vchiq *vc)
{
	guard(spinlock_irqsave)(&vc->lock);
	return list_count_nodes(&vc->bulk.busy);
}
