// SPDX-License-Identifier: GPL-2.0-only
/*
 * The place where senders meet.
 *
 * The caller sends, under the lock. Who finds no room waits in the queue of its
 * channel: see txwait.c.
 */
#include <linux/sched/signal.h>

#include "../compat.h"
#include "core.h"

#include <trace/events/ferry.h>

#define TXQ_POLL_MIN_NS		(50 * NSEC_PER_USEC)

static __always_inline void txq_lock(struct ferry_txq *txq)
	__acquires(&txq->lock)
{
	unsigned long flags;

	spin_lock_irqsave(&txq->lock, flags);
	txq->irqflags = flags;
}

void ferry_txq_lock(struct ferry_txq *txq)
{
	txq_lock(txq);
}

/* Rings for what was sent, unless the next sender, already at the lock, will. */
static void txq_kick(struct ferry_txq *txq)
{
	if (txq->blocked & FERRY_TXQ_HANDS_OFF || spin_is_contended(&txq->lock))
		return;
	txq->unkicked = false;
	txq->doorbells++;
	txq->ops->kick(txq);
}

static __always_inline void txq_unlock_quiet(struct ferry_txq *txq)
	__releases(&txq->lock)
{
	if (txq->unkicked)
		txq_kick(txq);
	spin_unlock_irqrestore(&txq->lock, txq->irqflags);
}

void ferry_txq_unlock_quiet(struct ferry_txq *txq)
{
	txq_unlock_quiet(txq);
}

static __always_inline void txq_unlock(struct ferry_txq *txq)
	__releases(&txq->lock)
{
	bool serve = txq->serve;

	txq->serve = false;
	txq_unlock_quiet(txq);
	if (unlikely(serve))
		ferry_txwait_run(txq, false);
}

/* The txq must outlive this: callers hold RCU, or know otherwise. */
void ferry_txq_unlock(struct ferry_txq *txq)
{
	txq_unlock(txq);
}

/* Locked. Somebody could use room. */
bool ferry_txq_wanted(const struct ferry_txq *txq)
{
	return txq->blocked & FERRY_TXQ_LANE || !list_empty(&txq->waiting[FERRY_CLASS_HS]) ||
	       !list_empty(&txq->waiting[FERRY_CLASS_GP]);
}

/* Locked. Looks once more after @ns, or when it would have anyway; but a watch can be cut short. */
void ferry_txq_look_in(struct ferry_txq *txq, u64 ns)
{
	if (hrtimer_is_queued(&txq->poll_timer) &&
	    (ns == FERRY_TXQ_WATCH_NS || txq->poll_ns != FERRY_TXQ_WATCH_NS))
		return;
	txq->poll_ns = ns;
	hrtimer_start(&txq->poll_timer, ns_to_ktime(ns), HRTIMER_MODE_REL);
}

/* Looking costs: often only where that is the only way to learn of room. */
u64 ferry_txq_poll_min(const struct ferry_txq *txq)
{
	return txq->silent ? TXQ_POLL_MIN_NS : FERRY_TXQ_POLL_MAX_NS;
}

/*
 * Locked. Ask for room. While somebody waits the timer looks again: soon where room comes
 * silently, or is there already, as then no event will tell of it; else now and then, for
 * a remote that is dead rings no more.
 */
bool ferry_txq_arm(struct ferry_txq *txq)
{
	bool room;

	if (txq->blocked & FERRY_TXQ_HANDS_OFF)
		return false;	/* the end of the claim serves, or the resume */
	if ((txq->blocked & (FERRY_TXQ_IDLE | FERRY_TXQ_LANE)) == FERRY_TXQ_IDLE)
		return false;	/* room is of no use to clients */
	room = txq->ops->tx_arm(txq, true);
	if (ferry_txq_wanted(txq))
		ferry_txq_look_in(txq, txq->silent || room ? ferry_txq_poll_min(txq) :
							     FERRY_TXQ_WATCH_NS);
	return room;
}

/* Locked. Sends, counts, and notes that the remote is to be rung. */
static __always_inline int txq_xmit(struct ferry_channel *ch, struct ferry_msg *msg)
{
	struct ferry_txq *txq = ch->txq;
	bool more = txq->ops->kick && spin_is_contended(&txq->lock);
	int ret = ch->ops->xmit(ch, msg, more);

	if (ret < 0)
		return ret;
	ch->stats.tx_msgs++;
	ch->stats.tx_bytes += msg->len;
	txq->moved = true;
	if (txq->ops->kick)
		txq->unkicked = true;
	else
		txq->doorbells++;
	trace_ferry_send(ch, msg->len);
	return ret;
}

int ferry_txq_xmit(struct ferry_channel *ch, struct ferry_msg *msg)
{
	return txq_xmit(ch, msg);
}

/* Whose room a message needs. */
static enum ferry_tx_kind txq_kind(const struct ferry_channel *ch, const struct ferry_msg *msg)
{
	if (!ch->fills || !msg->lent)
		return FERRY_TX_MESSAGE;
	return msg->fill ? FERRY_TX_FILL : FERRY_TX_LENT;
}

/*
 * Locked. May this channel, or this waiter, send before those who sleep? Never before
 * its own or a higher class; before others only so often, then they have their turn if
 * there is room, or a client that never sleeps would starve them.
 */
static bool txq_turn(const struct ferry_channel *ch, enum ferry_tx_kind kind,
		     const struct ferry_waiter *w)
{
	struct ferry_txq *txq = ch->txq;
	unsigned int hs = txq->nr_sleepers[FERRY_CLASS_HS];

	if (txq->granted)
		return txq->granted == w;
	if (kind != FERRY_TX_MESSAGE)
		return !ch->nr_aside[kind - FERRY_TX_LENT];
	if (ch->nr_sleepers || (ch->cls == FERRY_CLASS_GP && hs))
		return false;
	if (!hs && !txq->nr_sleepers[FERRY_CLASS_GP])
		return true;
	if (txq->overtakes < FERRY_HS_WEIGHT) {
		txq->overtakes++;
		return true;
	}
	txq->round++;
	txq->serve = true;
	return false;
}

/* Locked. Everything that can stand before a send; 0: go ahead. */
static int txq_check(struct ferry_channel *ch, enum ferry_tx_kind kind,
		     const struct ferry_waiter *w)
{
	struct ferry_txq *txq = ch->txq;

	if (ch->tx_error && ch->tx_error != -EPIPE)
		return ch->tx_error;
	if (txq->blocked & (FERRY_TXQ_DEAD | FERRY_TXQ_NO_CLIENTS))
		return -ENOLINK;
	if (ch->tx_error)
		return ch->tx_error;
	if (txq->blocked & (FERRY_TXQ_HANDS_OFF | FERRY_TXQ_IDLE) || ch->tx_stopped)
		return -EAGAIN;
	if (txq->blocked & FERRY_TXQ_LANE && !ferry_lane_flush(txq))
		return -EAGAIN;
	if (txq->blocked & FERRY_TXQ_WAITERS && !txq_turn(ch, kind, w))
		return -EAGAIN;
	return 0;
}

/* Locked. */
static __always_inline int txq_try(struct ferry_channel *ch, struct ferry_msg *msg,
				   struct ferry_waiter *w)
{
	int ret;

	if (unlikely(ch->txq->blocked || ch->tx_error || ch->tx_stopped)) {
		ret = txq_check(ch, txq_kind(ch, msg), w);
		if (ret)
			return ret;
	}
	ret = txq_xmit(ch, msg);
	/* Ask for room, then try once more: it may have come meanwhile. */
	if (unlikely(ret == -EAGAIN) && ferry_txq_arm(ch->txq))
		ret = ferry_txq_xmit(ch, msg);
	return ret;
}

/* 0 staged (or nothing to stage), else as &ferry_channel_ops.stage. */
static int txq_stage(struct ferry_channel *ch, struct ferry_msg *msg)
{
	return ch->ops->stage ? ch->ops->stage(ch, msg) : 0;
}

static void txq_unstage(struct ferry_channel *ch, struct ferry_msg *msg)
{
	if (ch->ops->unstage && !msg->lent)
		ch->ops->unstage(ch, msg);
}

/* @staged: 0, or -EAGAIN. */
static __always_inline int txq_submit(struct ferry_txq *txq, struct ferry_channel *ch,
				      struct ferry_msg *msg, int staged, struct ferry_waiter *w)
{
	bool sleeps = false;
	int ret;

	txq_lock(txq);
	ret = staged ? txq_check(ch, FERRY_TX_MESSAGE, w) ?: staged : txq_try(ch, msg, w);
	if (unlikely(ret == -EAGAIN)) {
		ch->stats.stalls++;
		if (w) {
			sleeps = w->task;
			w->msg = msg;
			w->staged = staged;
			ferry_txwait_add(txq, w, ch, txq_kind(ch, msg));
			if (ferry_txq_wanted(txq))
				ferry_txq_arm(txq);
		}
	}
	txq_unlock(txq);

	if (unlikely(ret < 0 && !staged && !sleeps))
		txq_unstage(ch, msg);
	return ret;
}

/*
 * One attempt, RCU read side. Without room @w (if given) is queued: the caller
 * sleeps then, or keeps it as a promise.
 */
int ferry_txq_send(struct ferry_channel *ch, struct ferry_msg *msg, struct ferry_waiter *w)
{
	struct ferry_txq *txq = ch->txq;
	int staged;

	if (unlikely(!txq))
		return -EOPNOTSUPP;
	if (unlikely(msg->len > ch->mtu))
		return -EMSGSIZE;
	staged = txq_stage(ch, msg);
	if (unlikely(staged && staged != -EAGAIN))
		return staged;
	return txq_submit(txq, ch, msg, staged, w);
}

/* As ferry_txq_send(), for a message in a buffer that the caller has checked and claimed. */
int ferry_txq_send_lent(struct ferry_channel *ch, struct ferry_msg *msg, struct ferry_waiter *w)
{
	return txq_submit(ch->txq, ch, msg, 0, w);
}

/* Sleeps until it is this waiter's turn, or it has to give up. */
static long txq_sleep(struct ferry_waiter *w, long left)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(w->sent) || READ_ONCE(w->granted) || READ_ONCE(w->error) || !left ||
		    signal_pending(current))
			break;
		left = schedule_timeout(left);
	}
	__set_current_state(TASK_RUNNING);
	return left;
}

/* Locked. What the waiter may do now; -EAGAIN: sleep on. */
static int txq_wake_reason(const struct ferry_waiter *w, long left)
{
	if (w->error)
		return w->error;
	if (w->granted)
		return 0;
	if (!left)
		return -ETIMEDOUT;
	return signal_pending(current) ? -ERESTARTSYS : -EAGAIN;
}

/* Locked. The turn of @w is over; @ret is what came of it. */
static void txq_end_turn(struct ferry_txq *txq, struct ferry_waiter *w, int ret)
{
	bool mine = txq->granted == w;
	bool room = true;

	if (ret == -EAGAIN) {
		if (mine)
			txq->granted = NULL;
		w->granted = false;
	} else {
		ferry_txwait_leave(txq, w);
	}
	if (!ferry_txq_wanted(txq) || txq->blocked & (FERRY_TXQ_DEAD | FERRY_TXQ_HANDS_OFF))
		return;
	/* Full, as far as we know: ask. Who failed lets others of this round try. */
	if (ret == 1 || ret == -EAGAIN)
		room = ferry_txq_arm(txq);
	if (mine)
		txq->serve = room || ret == -EAGAIN;
}

/* What came of a sleeper; if it is his turn, one more attempt. */
static int txq_retry(struct ferry_waiter *w, long left)
{
	struct ferry_channel *ch = w->ch;	/* stays while we are inside */
	struct ferry_txq *txq = ch->txq;
	bool granted = READ_ONCE(w->granted);
	int ret;

	if (granted && w->staged)
		w->staged = txq_stage(ch, w->msg);
	rcu_read_lock();
	ferry_txq_lock(txq);
	ret = w->sent ? w->result : txq_wake_reason(w, left);
	if (!ret && !w->sent)
		ret = w->staged ?: txq_try(ch, w->msg, w);
	if (ret == -EAGAIN && !left)
		ret = -ETIMEDOUT;
	if (ret < 0 && ret != -EAGAIN && !w->staged)
		txq_unstage(ch, w->msg);
	if (ret != -EAGAIN || granted)
		txq_end_turn(txq, w, ret);
	ferry_txq_unlock(txq);
	rcu_read_unlock();
	return ret;
}

/* Process context. @w was queued by ferry_txq_send(); waits up to @left jiffies. */
int ferry_txq_send_wait(struct ferry_waiter *w, long left)
{
	int ret;

	do {
		left = txq_sleep(w, left);
		ret = txq_retry(w, left);
	} while (ret == -EAGAIN);
	return ret;
}

/*
 * Any context, RCU read side. Lets the protocol see what the remote gave back; but what a
 * crashed one says is not believed.
 */
void ferry_txq_look(struct ferry_txq *txq)
{
	ferry_txq_lock(txq);
	if (!(txq->blocked & (FERRY_TXQ_DEAD | FERRY_TXQ_HANDS_OFF))) {
		ferry_txq_arm(txq);
		if (!ferry_txq_wanted(txq))
			txq->ops->tx_arm(txq, false);
	}
	ferry_txq_unlock(txq);
}

/* Any context, RCU read side. Need a send not wait? If it must, @w is told later. */
bool ferry_txq_want(struct ferry_channel *ch, struct ferry_waiter *w)
{
	struct ferry_txq *txq = ch->txq;
	int ret;

	ferry_txq_lock(txq);
	ret = txq_check(ch, FERRY_TX_MESSAGE, w);
	if (!ret && !(ch->ops->room ? ch->ops->room(ch) : ferry_txq_arm(txq)))
		ret = -EAGAIN;
	if (ret == -EAGAIN) {
		ferry_txwait_add(txq, w, ch, FERRY_TX_MESSAGE);
		if (ferry_txq_wanted(txq))
			ferry_txq_arm(txq);
	}
	ferry_txq_unlock(txq);
	return ret != -EAGAIN;
}

/* The slow part of ferry_txq_copy_begin(): too much for a copy with interrupts off. */
void ferry_txq_claim(struct ferry_txq *txq)
	__releases(&txq->lock)
{
	unsigned long flags = txq->irqflags;

	txq->blocked |= FERRY_TXQ_CLAIMED;
	spin_unlock_irqrestore(&txq->lock, flags);
}
EXPORT_SYMBOL_GPL(ferry_txq_claim);

/* The slow part of ferry_txq_copy_end(). */
void ferry_txq_unclaim(struct ferry_txq *txq)
	__acquires(&txq->lock)
{
	ferry_txq_lock(txq);
	txq->blocked &= ~FERRY_TXQ_CLAIMED;
	txq->serve = true;
	if (wq_has_sleeper(&txq->link->claim_wait))
		wake_up_all(&txq->link->claim_wait);
}
EXPORT_SYMBOL_GPL(ferry_txq_unclaim);

/* The slow part of ferry_txq_copy(). */
void ferry_txq_copy_claimed(struct ferry_txq *txq, void *dst, const void *src, size_t len)
	__must_hold(&txq->lock)
{
	ferry_txq_claim(txq);
	memcpy(dst, src, len);
	ferry_txq_unclaim(txq);
}
EXPORT_SYMBOL_GPL(ferry_txq_copy_claimed);

/* Locked. Those who sleep for room on @ch have waited for nothing; what came first counts. */
static void txq_fail_channel(struct ferry_channel *ch, int error)
{
	struct ferry_waiter *w;

	list_for_each_entry(w, &ch->waiters, node) {
		if (!w->task)
			continue;
		WRITE_ONCE(w->error, w->error ?: error);
		wake_up_process(w->task);
	}
}

/* Locked. */
static void txq_fail_sleepers(struct ferry_txq *txq, int error)
{
	struct ferry_channel *ch;
	int cls;

	for (cls = 0; cls <= FERRY_NR_CLASSES; cls++)
		list_for_each_entry(ch, &txq->waiting[cls], wait_node)
			txq_fail_channel(ch, error);
}

/*
 * Any context, RCU read side. The state of the link changed. Whoever changes it calls
 * this afterwards, so that the last one to get the lock sees the newest state.
 */
void ferry_txq_update(struct ferry_txq *txq)
{
	bool out;

	ferry_txq_lock(txq);
	if (txq->blocked & FERRY_TXQ_SUSPENDED)
		ferry_lane_resume(txq);
	txq->blocked &= ~FERRY_TXQ_BY_STATE;
	txq->blocked |= ferry_state_blocks(txq->link);
	out = txq->blocked & (FERRY_TXQ_DEAD | FERRY_TXQ_NO_CLIENTS);
	if (txq->blocked & FERRY_TXQ_DEAD) {
		txq->blocked &= ~FERRY_TXQ_LANE;
		ferry_lane_clear(txq);
	}
	if (out)
		txq_fail_sleepers(txq, -ENOLINK);
	txq_unlock_quiet(txq);
	if (!out)
		return;
	ferry_txwait_run(txq, true);
	wake_up_all(&txq->link->state_wait);
}

/* Process context. Senders may use @ch again. */
void ferry_txq_uncut(struct ferry_channel *ch)
{
	if (!ch->txq)
		return;
	ferry_txq_lock(ch->txq);
	ch->tx_error = 0;
	ferry_txwait_set_stopped(ch, false);
	txq_unlock_quiet(ch->txq);
}

/*
 * Process context. From now on senders on @ch get @error; returns when those who
 * slept have left and no claim is held. The lane of a channel stays usable for its
 * protocol unless @forget.
 */
void ferry_txq_cut(struct ferry_channel *ch, int error, bool forget)
{
	struct ferry_txq *txq = ch->txq;
	struct ferry_waiter *w, *tmp;
	bool wait;

	if (!txq)
		return;
	ferry_txq_lock(txq);
	reinit_completion(&ch->idle);
	ch->tx_error = error;
	wait = ch->nr_inside;
	txq_fail_channel(ch, error);
	list_for_each_entry_safe(w, tmp, &ch->waiters, node)
		if (!w->task)
			ferry_txwait_unlist(txq, w);
	if (forget)
		ferry_lane_forget(txq, ch);
	txq_unlock_quiet(txq);
	if (wait)
		wait_for_completion(&ch->idle);
	wait_event(txq->link->claim_wait, !(READ_ONCE(txq->blocked) & FERRY_TXQ_CLAIMED));
	/* The last sleeper completed under the lock: let it drop that. */
	ferry_txq_lock(txq);
	txq_unlock_quiet(txq);
}

/* Under the mutex of the link. Those who sleep on @ch get @error, those who come later not. */
void ferry_txq_interrupt(struct ferry_channel *ch, int error)
{
	ferry_txq_lock(ch->txq);
	txq_fail_channel(ch, error);
	txq_unlock_quiet(ch->txq);
}

/**
 * ferry_channel_flow - the remote said stop or go
 * @ch:		the channel
 * @on:		true: go
 *
 * While stopped, sends on @ch find no room. The endpoint is told.
 *
 * Context: any; from within poll too.
 */
void ferry_channel_flow(struct ferry_channel *ch, bool on)
{
	struct ferry_txq *txq = ch->txq;
	struct ferry_ep *ep;

	if (!txq)
		return;
	rcu_read_lock();
	ferry_txq_lock(txq);
	ferry_txwait_set_stopped(ch, !on);
	txq_unlock_quiet(txq);
	if (on)
		ferry_txq_ready(txq);
	ep = rcu_dereference(ch->ep);
	if (ep && ep->cfg.flow)
		ep->cfg.flow(ep, on, ep->cfg.priv);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(ferry_channel_flow);

/**
 * ferry_txq_init - make a txq
 * @txq:	memory of the protocol; zeroed
 * @link:	whose it is
 * @ops:	the thing that fills
 * @lane:	its channels use ferry_post()
 *
 * Context: process, before ferry_link_register() or under the mutex of the link.
 *
 * Return: 0, -EINVAL without tx_arm, -ENOMEM.
 */
int ferry_txq_init(struct ferry_txq *txq, struct ferry_link *link,
		   const struct ferry_txq_ops *ops, bool lane)
{
	int cls;

	if (!ops->tx_arm)
		return -EINVAL;
	if (lane && ferry_lane_init(txq))
		return -ENOMEM;
	spin_lock_init(&txq->lock);
	for (cls = 0; cls <= FERRY_NR_CLASSES; cls++)
		INIT_LIST_HEAD(&txq->waiting[cls]);
	ferry_hrtimer_setup(&txq->poll_timer, ferry_txwait_poll, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	txq->poll_ns = TXQ_POLL_MIN_NS;
	txq->ops = ops;
	txq->link = link;
	txq->blocked = FERRY_TXQ_DEAD;
	spin_lock(&link->list_lock);
	if (lane)
		WRITE_ONCE(link->has_lanes, true);
	list_add_tail_rcu(&txq->node, &link->txqs);
	spin_unlock(&link->list_lock);
	/* Who changes the state from now on finds it in the list. */
	ferry_txq_update(txq);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_txq_init);

/**
 * ferry_txq_exit - undo ferry_txq_init()
 * @txq:	no channel uses it any more; one that was never made is left alone
 *
 * Context: process, may sleep.
 */
void ferry_txq_exit(struct ferry_txq *txq)
{
	struct ferry_link *link = txq->link;

	if (!link)
		return;
	spin_lock(&link->list_lock);
	list_del_rcu(&txq->node);
	spin_unlock(&link->list_lock);
	ferry_txq_lock(txq);
	txq->blocked |= FERRY_TXQ_DEAD;	/* the timer does not start again */
	txq_unlock_quiet(txq);
	hrtimer_cancel(&txq->poll_timer);
	synchronize_rcu();
	ferry_lane_exit(txq);
	txq->link = NULL;
}
EXPORT_SYMBOL_GPL(ferry_txq_exit);
