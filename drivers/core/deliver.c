// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delivery: from private memory to the callback of an endpoint.
 *
 * Callbacks of one endpoint run one at a time and in order: those of an atomic one
 * under the lock of its rxq, all others in the one thread that the endpoint has,
 * within its SRCU read side.
 */
#include "core.h"

/* Messages of one endpoint in a row, before others have their turn. */
#define DELIVER_BUDGET	16

/* Any context, RCU, SRCU or rxq lock. There is something for the thread to deliver. */
void ferry_ep_schedule(struct ferry_ep *ep)
{
	struct ferry_rx_thread *t = READ_ONCE(ep->thread);

	if (!test_and_set_bit(FERRY_EP_SCHEDULED, &ep->flags)) {
		kref_get(&ep->ref);
		llist_add(&ep->ready, &t->ready);
	}
	ferry_rx_thread_wake(t);
}

/* True: the endpoint took it. */
static bool ep_offer(struct ferry_ep *ep, const void *data, size_t len)
{
	return ep->cfg.rx(ep, data, len, ep->cfg.priv) != -EAGAIN;
}

static bool ep_offer_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len)
{
	return ep->cfg.rx_buf(ep, buf, len, ep->cfg.priv) != -EAGAIN;
}

/* True: the endpoint took what it was offered before. */
static bool ep_offer_held(struct ferry_ep *ep)
{
	bool taken = ep->held_buf ? ep_offer_buf(ep, ep->held_buf, ep->held_len) :
		     ep_offer(ep, ep->held, ep->held_len);

	if (!taken)
		return false;
	ep->held_buf = NULL;
	smp_store_release(&ep->has_held, false);	/* pairs with ferry_ep_backlog() */
	return true;
}

/* It is offered again, by ferry_resume() or with the next message. */
void ferry_ep_hold(struct ferry_ep *ep, const void *data, size_t len)
{
	memcpy(ep->held, data, len);
	ep->held_len = len;
	/* Pairs with ep_flush(): perhaps an interrupt put it there for the thread. */
	smp_store_release(&ep->has_held, true);
}

/* A message in memory of the remote. True: taken. */
static bool ep_deliver_buf(struct ferry_ep *ep, const struct ferry_rx_msg *msg)
{
	if (ep_offer_buf(ep, msg->buf, msg->len))
		return true;
	ep->held_buf = msg->buf;
	ep->held_len = msg->len;
	ep->has_held = true;
	return false;
}

/* True: the endpoint took it; false: it is held. */
static bool ep_deliver(struct ferry_ep *ep, const struct ferry_rx_msg *msg, void *bounce)
{
	const void *data = msg->data;

	if (msg->buf) {
		if (ep->cfg.rx_buf)
			return ep_deliver_buf(ep, msg);
		/* The remote's memory is read once. */
		memcpy(bounce, msg->buf->vaddr, msg->len);
		ferry_buf_put(msg->buf);
		data = bounce;
	}
	if (ep_offer(ep, data, msg->len))
		return true;
	ferry_ep_hold(ep, data, msg->len);
	return false;
}

/* Delivers what waits. True: nothing is left; false: held, closed, or out of budget. */
static bool ep_flush(struct ferry_ep *ep, void *bounce, int budget, bool *more)
{
	struct ferry_rx_msg msg;
	bool taken;

	/* Pairs with ferry_ep_hold(). */
	if (smp_load_acquire(&ep->has_held) && !ep_offer_held(ep))
		return false;
	while (ferry_rx_queue_peek(&ep->queue, &msg)) {
		if (test_bit(FERRY_EP_CLOSED, &ep->flags))
			return false;
		if (!budget--) {
			*more = true;
			return false;
		}
		taken = ep_deliver(ep, &msg, bounce);
		ferry_rx_queue_pop(&ep->queue);
		if (!taken)
			return false;
	}
	return true;
}

/* Behind what waits already. */
static int ep_enqueue(struct ferry_ep *ep, const struct ferry_rx_msg *msg)
{
	void *room = ferry_rx_queue_reserve(&ep->queue, msg->buf ? 0 : msg->len);

	if (!room)
		return -ENOBUFS;
	if (!msg->buf)
		memcpy(room, msg->data, msg->len);
	ferry_rx_queue_commit(&ep->queue, msg->len, msg->buf);
	return 0;
}

/* Under the lock of the rxq. Offers a message to an atomic endpoint that has a backlog. */
int ferry_deliver_atomic(struct ferry_ep *ep, const void *data, size_t len)
{
	struct ferry_rx_msg msg = { .data = (void *)data, .len = len };
	bool more = false;

	if (ferry_ep_backlog(ep) && !ep_flush(ep, NULL, DELIVER_BUDGET, &more)) {
		int ret = ep_enqueue(ep, &msg);

		if (more)
			ferry_ep_schedule(ep);
		return ret;
	}
	if (!ep_offer(ep, data, len))
		ferry_ep_hold(ep, data, len);
	return 0;
}

/* Thread. A message that found the queue full, or its endpoint closed. */
static void rx_entry_drop(const struct ferry_rx_entry *entry, enum ferry_drop why)
{
	struct ferry_rxq *rxq = entry->ch->rxq;

	if (entry->msg.buf)
		ferry_buf_put(entry->msg.buf);
	ferry_rxq_lock(rxq);
	ferry_rx_undo(entry->ch, entry->msg.len, why);
	ferry_rxq_unlock(rxq);
}

/* Thread. */
static void rx_entry_deliver(struct ferry_rx_ctx *ctx, const struct ferry_rx_entry *entry)
{
	struct ferry_ep *ep = entry->ep;
	bool more = false;

	if (ep->batched) {
		ep->batched--;
		ep->batched_size -= ferry_rx_queue_need(entry->msg.buf ? 0 : entry->msg.len);
	}
	if (test_bit(FERRY_EP_CLOSED, &ep->flags)) {
		rx_entry_drop(entry, FERRY_DROP_CLOSED);
		return;
	}
	if (ferry_ep_backlog(ep) && !ep_flush(ep, ctx->bounce, DELIVER_BUDGET, &more)) {
		if (ep_enqueue(ep, &entry->msg))
			rx_entry_drop(entry, FERRY_DROP_QUEUE_FULL);
		if (more)
			ferry_ep_schedule(ep);
		return;
	}
	ep_deliver(ep, &entry->msg, ctx->bounce);
}

/* Thread, SRCU read side. Delivers what it took from the rxqs. */
void ferry_deliver_batch(struct ferry_rx_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < ctx->nr; i++)
		rx_entry_deliver(ctx, &ctx->batch[i]);
	ctx->nr = 0;
	ctx->arena_used = 0;
	ctx->full = false;
}

/*
 * Thread, SRCU read side. What waits for an atomic endpoint goes under its lock. Where a
 * channel keeps its messages no other is taken before that, so that the lock is not needed,
 * and a long one need not be delivered with interrupts off.
 */
static void ep_drain_atomic(struct ferry_ep *ep, void *bounce, bool *more)
{
	struct ferry_channel *ch;

	ch = rcu_dereference_check(ep->ch, srcu_read_lock_held(&ep->link->srcu));
	if (!ch)
		return;
	if (ch->keeps) {
		ep_flush(ep, bounce, DELIVER_BUDGET, more);
		return;
	}
	ferry_rxq_lock(ch->rxq);
	if (!test_bit(FERRY_EP_CLOSED, &ep->flags))
		ep_flush(ep, NULL, DELIVER_BUDGET, more);
	ferry_rxq_unlock(ch->rxq);
}

static void ep_drain(struct ferry_ep *ep, struct ferry_rx_thread *t, bool *more)
{
	if (test_bit(FERRY_EP_CLOSED, &ep->flags))
		return;
	if (ep->atomic)
		ep_drain_atomic(ep, t->ctx.bounce, more);
	else
		ep_flush(ep, t->ctx.bounce, DELIVER_BUDGET, more);
}

/* Thread, SRCU read side. Delivers from the queues of its endpoints, in turn. */
void ferry_deliver_ready(struct ferry_rx_thread *t)
{
	struct llist_node *list = llist_reverse_order(llist_del_all(&t->ready));
	struct ferry_ep *ep, *tmp;

	llist_for_each_entry_safe(ep, tmp, list, ready) {
		bool more = false;

		/* From here on a new message puts it into the list again. */
		clear_bit(FERRY_EP_SCHEDULED, &ep->flags);
		smp_mb__after_atomic();	/* pairs with test_and_set_bit() in ferry_ep_schedule() */
		if (READ_ONCE(ep->thread) != t)
			more = true;	/* it moved to the other thread */
		else
			ep_drain(ep, t, &more);
		if (more && !test_bit(FERRY_EP_CLOSED, &ep->flags))
			ferry_ep_schedule(ep);
		if (READ_ONCE(ep->missed) && !ferry_ep_backlog(ep)) {
			WRITE_ONCE(ep->missed, false);
			ferry_rx_thread_wake(READ_ONCE(ep->link->rx));
		}
		kref_put(&ep->ref, ferry_ep_free);
	}
}
