// SPDX-License-Identifier: GPL-2.0-only
/*
 * The place where receivers meet.
 *
 * Whoever polls - a thread of the link, an interrupt, a client in ferry_rx_now() -
 * holds the lock, so messages of one rxq are taken in order. Where a message goes
 * is decided here, by its endpoint:
 *
 * - atomic: to the scratch memory of the rxq, and delivered under the lock, but long
 *   messages by way of the queue and the thread, if the endpoint wants them;
 * - direct: to the arena of the polling thread, and delivered after the lock;
 * - else: to the queue of the endpoint, and delivered by its thread.
 *
 * Direct is the fast way for sleeping endpoints. It is taken only while no one but
 * one thread can poll, or order would be lost.
 */
#include <linux/slab.h>
#include "../compat.h"
#include "core.h"

#include <trace/events/ferry.h>

void ferry_rxq_lock(struct ferry_rxq *rxq)
	__acquires(&rxq->lock)
{
	unsigned long flags;

	spin_lock_irqsave(&rxq->lock, flags);
	rxq->irqflags = flags;
}

void ferry_rxq_unlock(struct ferry_rxq *rxq)
	__releases(&rxq->lock)
{
	spin_unlock_irqrestore(&rxq->lock, rxq->irqflags);
}

/* Process context. As ferry_rxq_lock(), when nobody copies without the lock. */
void ferry_rxq_lock_unclaimed(struct ferry_rxq *rxq)
	__acquires(&rxq->lock)
{
	ferry_rxq_lock(rxq);
	while (rxq->claimed) {
		ferry_rxq_unlock(rxq);
		wait_event(rxq->link->claim_wait, !READ_ONCE(rxq->claimed));
		ferry_rxq_lock(rxq);
	}
}

/* Any context, RCU read side. Takes up to @budget messages; @ctx: memory of the polling thread. */
int ferry_rxq_poll_one(struct ferry_rxq *rxq, struct ferry_rx_ctx *ctx, int budget)
{
	bool missed;
	int n;

	if (rxq->ops->idle && rxq->ops->idle(rxq))
		return 0;
	ferry_rxq_lock(rxq);
	if (unlikely(rxq->claimed)) {
		rxq->missed = true;
		ferry_rxq_unlock(rxq);
		return 0;
	}
	rxq->ctx = ctx;
	rxq->copied = 0;
	/* Each message may be answered: whoever polled before us took slots, too. */
	n = rxq->ops->poll(rxq, min_t(int, budget, ferry_lane_budget(rxq->link)));
	rxq->ctx = NULL;
	missed = rxq->missed;
	rxq->missed = false;
	ferry_rxq_unlock(rxq);
	if (unlikely(missed))
		ferry_rx_thread_wake(READ_ONCE(rxq->link->rx));
	return n;
}

/* Any context, RCU or SRCU read side. */
int ferry_rxq_poll_all(struct ferry_link *link, struct ferry_rx_ctx *ctx, int budget)
{
	struct ferry_rxq *rxq;
	int n, hold, total = 0;

	rcu_read_lock();
	if (!ferry_link_receives(link))
		budget = 0;
	list_for_each_entry_rcu(rxq, &link->rxqs, node) {
		do {
			hold = min(budget - total, FERRY_HOLD_BUDGET);
			n = hold > 0 ? ferry_rxq_poll_one(rxq, ctx, hold) : 0;
			total += n;
		} while (n && n == hold);
	}
	rcu_read_unlock();
	return total;
}

/* Locked. The endpoint of a channel. */
static struct ferry_ep *rxq_ep(const struct ferry_channel *ch)
{
	return rcu_dereference_protected(ch->ep, lockdep_is_held(&ch->rxq->lock));
}

static void *rx_arena_get(struct ferry_rx_ctx *ctx, size_t len)
{
	void *room;

	if (WARN_ON_ONCE(!ctx))
		return ERR_PTR(-EAGAIN);
	if (len > ctx->arena_size - ctx->arena_used) {
		ctx->full = true;
		return ERR_PTR(-EAGAIN);
	}
	room = ctx->arena + ctx->arena_used;
	ctx->arena_used += ALIGN(len, sizeof(u64));
	ctx->arena_used = min(ctx->arena_used, ctx->arena_size);
	return room;
}

/* Locked. Not now: poll is called again when what waits for the endpoint was delivered. */
static noinline void *rx_missed(struct ferry_ep *ep)
{
	u32 irqs = READ_ONCE(ep->link->rx_irqs);

	/* What is held is offered once for each interrupt, or the thread would never rest. */
	if (!READ_ONCE(ep->missed) || ep->irqs != irqs) {
		ep->irqs = irqs;
		WRITE_ONCE(ep->missed, true);
		ferry_ep_schedule(ep);	/* behind that: it may have been emptied just now */
	}
	return ERR_PTR(-ENOBUFS);
}

/* Locked. A message for an atomic endpoint that is too long for an interrupt. */
static noinline void *rx_get_long(struct ferry_channel *ch, struct ferry_ep *ep, size_t len)
{
	struct ferry_rxq *rxq = ch->rxq;
	void *room;

	if (!ep->longs)
		return ERR_PTR(-EMSGSIZE);
	if (!rxq->ctx) {
		/* An interrupt is no place for it. */
		ferry_rx_thread_wake(READ_ONCE(rxq->link->rx));
		return ERR_PTR(-EAGAIN);
	}
	room = ferry_rx_queue_reserve(&ep->queue, len);
	return room ?: rx_missed(ep);
}

/*
 * Locked. What is in the batch behind a message that is not wanted goes to the queue, and
 * must find room there.
 */
static bool rx_batch_fits(const struct ferry_channel *ch, const struct ferry_ep *ep, size_t len)
{
	const struct ferry_rx_queue *q = &ep->queue;

	return !ep->batched ||
	       (ep->batched < q->depth && ep->batched_size + ferry_rx_queue_need(len) +
					  ferry_rx_queue_need(ch->rx_copy) <= q->size);
}

/* Locked. The channel keeps its messages: is this one to stay there? */
static bool rx_stays(const struct ferry_channel *ch, const struct ferry_ep *ep, size_t len)
{
	if (ep->atomic)
		return ferry_ep_backlog(ep);
	if (ep->direct)
		return ferry_ep_backlog(ep) || !rx_batch_fits(ch, ep, len);
	return READ_ONCE(ep->has_held);
}

/**
 * ferry_rx_get - private memory for a received message
 * @ch:		the channel it came on
 * @len:	bytes, as the remote says
 *
 * Context: any, from &ferry_rxq_ops.poll only. The memory is good until
 * ferry_rx_put(), which must follow before the next call.
 *
 * Return: memory of @len bytes, or ERR_PTR: -ENOTCONN no endpoint (drop it),
 * -EMSGSIZE more than the channel or its endpoint takes (drop it), -ENOBUFS the
 * endpoint's queue is full, or with &ferry_channel.keeps it did not want a message that
 * came before (drop it, or leave it in a ring of its own: poll is called again when nothing
 * waits for the endpoint any more), -EAGAIN no room just now (return from poll, which is
 * called again; lose nothing).
 */
void *ferry_rx_get(struct ferry_channel *ch, size_t len)
{
	struct ferry_ep *ep = rxq_ep(ch);
	void *room;

	if (unlikely(!ep || !ep->cfg.rx))
		return ERR_PTR(-ENOTCONN);
	if (unlikely(len > ch->rx_copy))
		return ERR_PTR(-EMSGSIZE);
	if (ch->keeps && unlikely(rx_stays(ch, ep, len)))
		return rx_missed(ep);
	if (ep->atomic)
		return likely(len <= FERRY_COPY_MAX) ? ch->rxq->scratch : rx_get_long(ch, ep, len);
	if (ep->direct)
		return rx_arena_get(ch->rxq->ctx, len);
	room = ferry_rx_queue_reserve(&ep->queue, len);
	return room ?: rx_missed(ep);
}
EXPORT_SYMBOL_GPL(ferry_rx_get);

/* Locked. Adds to what the polling thread will deliver. */
static void rx_batch_add(struct ferry_channel *ch, struct ferry_ep *ep, void *data, size_t len,
			 struct ferry_buf *buf)
{
	struct ferry_rx_ctx *ctx = ch->rxq->ctx;
	struct ferry_rx_entry *entry = &ctx->batch[ctx->nr++];

	entry->ep = ep;
	entry->ch = ch;
	entry->msg.data = data;
	entry->msg.len = len;
	entry->msg.buf = buf;
	if (!ch->keeps)
		return;
	ep->batched++;
	ep->batched_size += ferry_rx_queue_need(buf ? 0 : len);
}

/* Locked. */
static void rx_count(struct ferry_channel *ch, size_t len)
{
	ch->stats.rx_msgs++;
	ch->stats.rx_bytes += len;
	trace_ferry_recv(ch, len);
}

/* Locked. */
static __always_inline void rx_atomic(struct ferry_channel *ch, struct ferry_ep *ep,
				      const void *data, size_t len)
{
	if (unlikely(ferry_ep_backlog(ep))) {
		if (ferry_deliver_atomic(ep, data, len))
			ferry_rx_undo(ch, len, FERRY_DROP_QUEUE_FULL);
	} else if (unlikely(ep->cfg.rx(ep, data, len, ep->cfg.priv) == -EAGAIN)) {
		ferry_ep_hold(ep, data, len);
	}
}

/**
 * ferry_rx_put - the message is complete
 * @ch:		the channel it came on
 * @data:	what ferry_rx_get() gave, filled
 * @len:	bytes, as asked for there
 *
 * Context: any, from &ferry_rxq_ops.poll only.
 */
void ferry_rx_put(struct ferry_channel *ch, void *data, size_t len)
{
	struct ferry_ep *ep = rxq_ep(ch);

	rx_count(ch, len);
	if (ep->atomic && likely(data == ch->rxq->scratch)) {
		rx_atomic(ch, ep, data, len);
	} else if (ep->direct) {
		rx_batch_add(ch, ep, data, len, NULL);
	} else {
		ferry_rx_queue_commit(&ep->queue, len, NULL);
		ferry_ep_schedule(ep);
	}
}
EXPORT_SYMBOL_GPL(ferry_rx_put);

/* Locked. An atomic endpoint gets a copy at once. */
static int rx_buf_atomic(struct ferry_channel *ch, struct ferry_ep *ep, struct ferry_buf *buf,
			 size_t len)
{
	u8 *scratch = ch->rxq->scratch;

	if (len > FERRY_COPY_MAX)
		return -EMSGSIZE;
	ferry_rxq_copy(ch->rxq, scratch, buf->vaddr, len);
	ferry_buf_put(buf);
	rx_count(ch, len);
	rx_atomic(ch, ep, scratch, len);
	return 0;
}

/**
 * ferry_rx_buf - a message in memory that the remote lends, or in a buffer of ours
 * @ch:		the channel it came on
 * @buf:	the memory; the range was checked
 * @len:	bytes of the message in it
 *
 * The core copies the message when it delivers it and calls ferry_buf_put() then; an
 * endpoint with &ferry_ep_cfg.rx_buf gets @buf instead. A buffer that was lent to be filled
 * (&ferry_msg.fill) is lent no more when it is handed over.
 *
 * Context: any, from &ferry_rxq_ops.poll only.
 *
 * Return: 0, the core has @buf. Or the caller still has it and drops the message:
 * -ENOTCONN no endpoint, -EMSGSIZE more than the channel or its endpoint takes,
 * -ENOBUFS the endpoint's queue is full, or as ferry_rx_get() with &ferry_channel.keeps.
 */
int ferry_rx_buf(struct ferry_channel *ch, struct ferry_buf *buf, size_t len)
{
	struct ferry_ep *ep = rxq_ep(ch);

	if (unlikely(!ep || !ep->cfg.rx))
		return -ENOTCONN;
	if (unlikely(len > ch->mtu) && (!ep->cfg.rx_buf || len > ch->buf_max))
		return -EMSGSIZE;
	if (ch->keeps && unlikely(rx_stays(ch, ep, 0)))
		return PTR_ERR(rx_missed(ep));
	if (ep->atomic)
		return rx_buf_atomic(ch, ep, buf, len);
	if (ep->direct) {
		rx_batch_add(ch, ep, NULL, len, buf);
	} else {
		if (!ferry_rx_queue_reserve(&ep->queue, 0))
			return -ENOBUFS;
		ferry_rx_queue_commit(&ep->queue, len, buf);
		ferry_ep_schedule(ep);
	}
	rx_count(ch, len);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_rx_buf);

/**
 * ferry_rx_drop - count a message that is not delivered
 * @rxq:	where it came
 * @ch:		the channel, or NULL when there is none
 * @why:	reason
 *
 * Context: any, under the lock of the rxq: from &ferry_rxq_ops.poll.
 */
void ferry_rx_drop(struct ferry_rxq *rxq, struct ferry_channel *ch, enum ferry_drop why)
{
	u64 *drops = ch ? ch->stats.drops : rxq->drops;

	lockdep_assert_held(&rxq->lock);
	drops[why]++;
	trace_ferry_drop(rxq->link, ch, why);
	dev_warn_ratelimited(&rxq->link->dev, "channel %s/%d: message dropped: %s\n",
			     ch ? ch->name : "-", ch ? (int)ch->number : -1,
			     ferry_drop_names[why]);
}
EXPORT_SYMBOL_GPL(ferry_rx_drop);

/* The slow part of ferry_rxq_copy_begin(): too much for one hold of the lock. */
void ferry_rxq_claim(struct ferry_rxq *rxq)
	__releases(&rxq->lock)
{
	unsigned long flags = rxq->irqflags;

	rxq->claimed = true;
	spin_unlock_irqrestore(&rxq->lock, flags);
}
EXPORT_SYMBOL_GPL(ferry_rxq_claim);

/* The slow part of ferry_rxq_copy_end(). */
void ferry_rxq_unclaim(struct ferry_rxq *rxq)
	__acquires(&rxq->lock)
{
	ferry_rxq_lock(rxq);
	rxq->claimed = false;
	rxq->copied = 0;
	if (wq_has_sleeper(&rxq->link->claim_wait))
		wake_up_all(&rxq->link->claim_wait);
}
EXPORT_SYMBOL_GPL(ferry_rxq_unclaim);

/* The slow part of ferry_rxq_copy(). */
void ferry_rxq_copy_claimed(struct ferry_rxq *rxq, void *dst, const void *src, size_t len)
	__must_hold(&rxq->lock)
{
	ferry_rxq_claim(rxq);
	memcpy(dst, src, len);
	ferry_rxq_unclaim(rxq);
}
EXPORT_SYMBOL_GPL(ferry_rxq_copy_claimed);

/* Locked. A message that was counted as received is dropped after all. */
void ferry_rx_undo(struct ferry_channel *ch, size_t len, enum ferry_drop why)
{
	ch->stats.rx_msgs--;
	ch->stats.rx_bytes -= len;
	ferry_rx_drop(ch->rxq, ch, why);
}

/**
 * ferry_rxq_init - make an rxq
 * @rxq:	memory of the protocol; zeroed
 * @link:	whose it is
 * @ops:	the thing that is emptied
 *
 * Context: process, before ferry_link_register() or under the mutex of the link.
 *
 * Return: 0, -EINVAL without poll, -ENOMEM.
 */
int ferry_rxq_init(struct ferry_rxq *rxq, struct ferry_link *link,
		   const struct ferry_rxq_ops *ops)
{
	if (!ops->poll)
		return -EINVAL;
	rxq->scratch = kmalloc(FERRY_COPY_MAX, GFP_KERNEL);
	if (!rxq->scratch)
		return -ENOMEM;
	spin_lock_init(&rxq->lock);
	rxq->ops = ops;
	rxq->link = link;
	spin_lock(&link->list_lock);
	list_add_tail_rcu(&rxq->node, &link->rxqs);
	spin_unlock(&link->list_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_rxq_init);

/**
 * ferry_rxq_exit - undo ferry_rxq_init()
 * @rxq:	no channel uses it any more; one that was never made is left alone
 *
 * Context: process, may sleep.
 */
void ferry_rxq_exit(struct ferry_rxq *rxq)
{
	struct ferry_link *link = rxq->link;

	if (!link)
		return;
	spin_lock(&link->list_lock);
	list_del_rcu(&rxq->node);
	spin_unlock(&link->list_lock);
	synchronize_rcu();
	kfree(rxq->scratch);
	rxq->scratch = NULL;
	rxq->link = NULL;
}
EXPORT_SYMBOL_GPL(ferry_rxq_exit);
