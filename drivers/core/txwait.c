// SPDX-License-Identifier: GPL-2.0-only
/*
 * Those who wait for room: senders who sleep, and promises of tx_ready.
 *
 * Whoever learns of room sends for those who wait, then and there, so that a full
 * queue costs no switch to each of them in turn. Only a sleeper whose message is too
 * long to be copied there, or not staged yet, is woken to send himself, and passes on
 * to the next. Where room comes silently a timer looks for it while somebody waits, and
 * each second where an event should tell of it, in case that it was lost.
 */
#include <linux/export.h>
#include <linux/sched.h>

#include "core.h"

/* How often one caller serves before the timer goes on. */
#define TXWAIT_RUN_MAX		16

/* Locked. Nobody wants room any more, as far as we know. */
static void txwait_disarm(struct ferry_txq *txq)
{
	if (!ferry_txq_wanted(txq) && !(txq->blocked & FERRY_TXQ_HANDS_OFF))
		txq->ops->tx_arm(txq, false);
}

/* Locked. Where @ch waits: who was stopped by the remote stands in nobody's way. */
static unsigned int txwait_group(const struct ferry_channel *ch)
{
	return ch->tx_stopped ? FERRY_NR_CLASSES : ch->cls;
}

/* Locked. */
void ferry_txwait_set_stopped(struct ferry_channel *ch, bool stopped)
{
	struct ferry_txq *txq = ch->txq;

	txq->nr_sleepers[txwait_group(ch)] -= ch->nr_sleepers;
	ch->tx_stopped = stopped;
	txq->nr_sleepers[txwait_group(ch)] += ch->nr_sleepers;
	if (!ch->nr_waiters)
		return;
	list_move_tail(&ch->wait_node, &txq->waiting[txwait_group(ch)]);
	if (stopped)
		txwait_disarm(txq);
}

/* Locked. One more sleeper, or one less. Those of buffers hold up nobody else. */
static void txwait_count(struct ferry_txq *txq, const struct ferry_waiter *w, int by)
{
	struct ferry_channel *ch = w->ch;

	if (w->kind != FERRY_TX_MESSAGE) {
		ch->nr_aside[w->kind - FERRY_TX_LENT] += by;
		return;
	}
	ch->nr_sleepers += by;
	txq->nr_sleepers[txwait_group(ch)] += by;
}

/* Locked. */
void ferry_txwait_add(struct ferry_txq *txq, struct ferry_waiter *w, struct ferry_channel *ch,
		      enum ferry_tx_kind kind)
{
	if (w->queued)
		return;
	w->queued = true;
	w->granted = false;
	w->error = 0;
	w->ch = ch;
	w->kind = kind;
	w->round = txq->round - 1;
	list_add_tail(&w->node, &ch->waiters);
	if (!ch->nr_waiters++)
		list_add_tail(&ch->wait_node, &txq->waiting[txwait_group(ch)]);
	if (w->task) {
		w->inside = true;
		ch->nr_inside++;
		txwait_count(txq, w, 1);
	}
	txq->nr_waiters++;
	txq->blocked |= FERRY_TXQ_WAITERS;
}

/* Locked. Its message waits no more. */
void ferry_txwait_unlist(struct ferry_txq *txq, struct ferry_waiter *w)
{
	struct ferry_channel *ch = w->ch;

	if (!w->queued)
		return;
	w->queued = false;
	list_del(&w->node);
	if (!--ch->nr_waiters)
		list_del(&ch->wait_node);
	if (txq->granted == w)
		txq->granted = NULL;
	if (!--txq->nr_waiters)
		txq->blocked &= ~FERRY_TXQ_WAITERS;
	txwait_disarm(txq);
	if (w->task)
		txwait_count(txq, w, -1);
}

/* Locked. Afterwards the channel may go, once the lock was dropped. */
void ferry_txwait_leave(struct ferry_txq *txq, struct ferry_waiter *w)
{
	struct ferry_channel *ch = w->ch;

	ferry_txwait_unlist(txq, w);
	w->inside = false;
	if (!--ch->nr_inside && ch->tx_error)
		complete(&ch->idle);
}

/* Locked. The first waiter of a kind that was not served in this round, or NULL. */
static struct ferry_waiter *txwait_first_of(const struct ferry_txq *txq, struct ferry_channel *ch)
{
	unsigned int seen = 0;
	struct ferry_waiter *w;

	list_for_each_entry(w, &ch->waiters, node) {
		if (!(seen & BIT(w->kind)) && w->round != txq->round && !w->error)
			return w;
		if (!ch->fills)
			break;	/* there is one kind */
		seen |= BIT(w->kind);
	}
	return NULL;
}

/* Locked. The next waiter of a class that was not served in this round. */
static struct ferry_waiter *txwait_first(struct ferry_txq *txq, enum ferry_class cls)
{
	struct ferry_channel *ch;
	struct ferry_waiter *w;

	list_for_each_entry(ch, &txq->waiting[cls], wait_node) {
		w = txwait_first_of(txq, ch);
		if (w)
			return w;
	}
	return NULL;
}

/* Locked. High-speed before general, but one general after FERRY_HS_WEIGHT. */
static struct ferry_waiter *txwait_pick(struct ferry_txq *txq)
{
	struct ferry_waiter *hs = txwait_first(txq, FERRY_CLASS_HS);
	struct ferry_waiter *gp = txwait_first(txq, FERRY_CLASS_GP);
	struct ferry_waiter *w = hs;

	if (gp && (!hs || txq->hs_served >= FERRY_HS_WEIGHT))
		w = gp;
	if (!w)
		return NULL;
	txq->hs_served = w == gp ? 0 : txq->hs_served + 1;
	w->round = txq->round;
	list_move_tail(&w->ch->wait_node, &txq->waiting[w->ch->cls]);
	return w;
}

/* Locked. Any promise of tx_ready: on a dead link all are kept at once. */
static struct ferry_waiter *txwait_any_promise(struct ferry_txq *txq)
{
	struct ferry_channel *ch;
	struct ferry_waiter *w;
	int cls;

	for (cls = 0; cls <= FERRY_NR_CLASSES; cls++)
		list_for_each_entry(ch, &txq->waiting[cls], wait_node)
			list_for_each_entry(w, &ch->waiters, node)
				if (!w->task)
					return w;
	return NULL;
}

/* Locked. Who is served next, if anybody may be. */
static struct ferry_waiter *txwait_next(struct ferry_txq *txq)
{
	if (txq->blocked & (FERRY_TXQ_DEAD | FERRY_TXQ_NO_CLIENTS))
		return txwait_any_promise(txq);
	if (txq->granted || txq->blocked & (FERRY_TXQ_HANDS_OFF | FERRY_TXQ_LANE | FERRY_TXQ_IDLE))
		return NULL;
	return txwait_pick(txq);
}

/* Can its message be sent from here, with no more than a short copy? */
static bool txwait_sendable(const struct ferry_waiter *w)
{
	return !w->staged &&
	       (w->ch->ops->stage || w->msg->lent || w->msg->len <= FERRY_COPY_MAX);
}

/* Locked. Sends the message of a sleeper. True: there may be room for another. */
static bool txwait_send_for(struct ferry_txq *txq, struct ferry_waiter *w)
{
	int ret = ferry_txq_xmit(w->ch, w->msg);

	if (ret == -EAGAIN && ferry_txq_arm(txq))
		ret = ferry_txq_xmit(w->ch, w->msg);
	if (ret == -EAGAIN)
		return false;
	ferry_txwait_unlist(txq, w);
	w->result = ret;
	WRITE_ONCE(w->sent, true);
	wake_up_process(w->task);	/* he cannot leave without the lock */
	return ferry_txq_wanted(txq) && (ret != 1 || ferry_txq_arm(txq));
}

/* Locked. True: go on with the next one. */
static bool txwait_serve_one(struct ferry_txq *txq, struct ferry_waiter *w)
{
	struct ferry_ep *ep = w->ep;

	if (w->task)
		txq->overtakes = 0;
	if (w->task && !txwait_sendable(w)) {
		txq->granted = w;
		WRITE_ONCE(w->granted, true);
		wake_up_process(w->task);
		return false;
	}
	if (w->task) {
		/* Who finds no room lets others of this round try: theirs may be another. */
		if (txwait_send_for(txq, w) || !w->sent) {
			ferry_txq_unlock_quiet(txq);	/* one copy in a hold of the lock */
			ferry_txq_lock(txq);
			return true;
		}
		return false;
	}
	ferry_txwait_unlist(txq, w);
	ferry_txq_unlock_quiet(txq);
	ferry_ep_tx_ready(ep);
	ferry_txq_lock(txq);
	return true;
}

/* Locked, but for the calls of tx_ready. Serves each waiter at most once. */
static void txwait_serve(struct ferry_txq *txq)
{
	struct ferry_waiter *w;
	unsigned int limit;

	if (txq->blocked & FERRY_TXQ_LANE &&
	    !(txq->blocked & (FERRY_TXQ_DEAD | FERRY_TXQ_HANDS_OFF)))
		ferry_lane_flush(txq);
	for (limit = txq->nr_waiters; limit; limit--) {
		w = txwait_next(txq);
		if (!w || !txwait_serve_one(txq, w))
			break;
	}
}

/*
 * Any context. Room may have come (@event), or the turn passes on. A tx_ready that
 * sends may get here again: then the first one goes on, so that the stack does not
 * grow with the number of endpoints.
 */
void ferry_txwait_run(struct ferry_txq *txq, bool event)
{
	unsigned int limit = TXWAIT_RUN_MAX;

	rcu_read_lock();
	ferry_txq_lock(txq);
	if (event)
		txq->round++;
	txq->again = true;
	if (!txq->serving) {
		txq->serving = true;
		while (txq->again && limit--) {
			txq->again = false;
			txwait_serve(txq);
		}
		txq->serving = false;
		if (txq->again)
			ferry_txq_look_in(txq, ferry_txq_poll_min(txq));
	}
	ferry_txq_unlock_quiet(txq);
	rcu_read_unlock();
}

/**
 * ferry_txq_ready - there may be room again
 * @txq:	the thing that had been full
 *
 * Called by the protocol, from its &ferry_link_ops.room or from the event that
 * &ferry_txq_ops.tx_arm asked for. Spurious calls are harmless.
 *
 * Context: any, without the lock of the txq.
 */
void ferry_txq_ready(struct ferry_txq *txq)
{
	if (READ_ONCE(txq->blocked) & (FERRY_TXQ_WAITERS | FERRY_TXQ_LANE))
		ferry_txwait_run(txq, true);
}
EXPORT_SYMBOL_GPL(ferry_txq_ready);

/* Looks for room while somebody waits, less and less often while nothing moves. */
enum hrtimer_restart ferry_txwait_poll(struct hrtimer *timer)
{
	struct ferry_txq *txq = container_of(timer, struct ferry_txq, poll_timer);
	bool claimed, room, again, off;
	u64 ns;

	rcu_read_lock();
	ferry_txq_lock(txq);
	claimed = txq->blocked & FERRY_TXQ_CLAIMED;
	off = txq->blocked & FERRY_TXQ_AT_REST;
	room = !claimed && !off && ferry_txq_wanted(txq) && txq->ops->tx_arm(txq, true);
	ns = txq->moved ? ferry_txq_poll_min(txq) : min_t(u64, 2 * txq->poll_ns,
							  FERRY_TXQ_POLL_MAX_NS);
	txq->moved = false;
	again = txq->again;
	ferry_txq_unlock_quiet(txq);
	if (room || again)
		ferry_txwait_run(txq, room);

	ferry_txq_lock(txq);
	/* Neither: it was armed, and an event should tell. */
	if (ferry_txq_wanted(txq) && !(txq->blocked & FERRY_TXQ_AT_REST))
		ferry_txq_look_in(txq, txq->silent || room || claimed ? ns : FERRY_TXQ_WATCH_NS);
	ferry_txq_unlock_quiet(txq);
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}
