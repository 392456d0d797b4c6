// SPDX-License-Identifier: GPL-2.0-only
/*
 * The place where senders meet.
 *
 * The caller sends, under the lock. Who finds no room waits in the queue of its
 * channel. Whoever learns of room sends for those who wait, then and there, so that
 * a full queue costs no switch to each of them in turn. Only a sleeper whose message
 * is too long to be copied there, or not staged yet, is woken to send himself, and
 * passes on to the next.
 */
#include <linux/sched/signal.h>

#include "../compat.h"
#include "core.h"

#include <trace/events/ferry.h>

#define TXQ_POLL_MIN_NS		(50 * NSEC_PER_USEC)
#define TXQ_POLL_MAX_NS		(2 * NSEC_PER_MSEC)

/* How often one caller serves before the timer goes on. */
#define TXQ_RUN_MAX		16

static void txq_run(struct ferry_txq *txq, bool event);

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
	if (txq->blocked & FERRY_TXQ_CLAIMED || spin_is_contended(&txq->lock))
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

static __always_inline void txq_unlock(struct ferry_txq *txq)
	__releases(&txq->lock)
{
	bool serve = txq->serve;

	txq->serve = false;
	txq_unlock_quiet(txq);
	if (unlikely(serve))
		txq_run(txq, false);
}

/* The txq must outlive this: callers hold RCU, or know otherwise. */
void ferry_txq_unlock(struct ferry_txq *txq)
{
	txq_unlock(txq);
}

/* Locked. Somebody could use room. */
static bool txq_wanted(const struct ferry_txq *txq)
{
	return txq->blocked & FERRY_TXQ_LANE || !list_empty(&txq->waiting[FERRY_CLASS_HS]) ||
	       !list_empty(&txq->waiting[FERRY_CLASS_GP]);
}

static void txq_start_timer(struct ferry_txq *txq)
{
	if (!hrtimer_is_queued(&txq->poll_timer))
		hrtimer_start(&txq->poll_timer, ns_to_ktime(txq->poll_ns), HRTIMER_MODE_REL);
}

/* Looking costs: often only where that is the only way to learn of room. */
static u64 txq_poll_min(const struct ferry_txq *txq)
{
	return txq->silent ? TXQ_POLL_MIN_NS : TXQ_POLL_MAX_NS;
}

/*
 * Locked. Ask for room. While somebody waits the timer looks again where room comes
 * silently, or is there already: then no event will tell of it.
 */
bool ferry_txq_arm(struct ferry_txq *txq)
{
	bool room;

	if (txq->blocked & FERRY_TXQ_CLAIMED)
		return false;	/* the end of the claim serves */
	room = txq->ops->tx_arm(txq, true);
	if ((txq->silent || room) && txq_wanted(txq) && !hrtimer_is_queued(&txq->poll_timer)) {
		txq->poll_ns = txq_poll_min(txq);
		txq_start_timer(txq);
	}
	return room;
}

/* Locked. Nobody wants room any more, as far as we know. */
static void txq_disarm_unwanted(struct ferry_txq *txq)
{
	if (!txq_wanted(txq) && !(txq->blocked & FERRY_TXQ_CLAIMED))
		txq->ops->tx_arm(txq, false);
}

/* Locked. Where @ch waits: who was stopped by the remote stands in nobody's way. */
static unsigned int txq_group(const struct ferry_channel *ch)
{
	return ch->tx_stopped ? FERRY_NR_CLASSES : ch->cls;
}

/* Locked. */
static void txq_set_stopped(struct ferry_channel *ch, bool stopped)
{
	struct ferry_txq *txq = ch->txq;

	txq->nr_sleepers[txq_group(ch)] -= ch->nr_sleepers;
	ch->tx_stopped = stopped;
	txq->nr_sleepers[txq_group(ch)] += ch->nr_sleepers;
	if (!ch->nr_waiters)
		return;
	list_move_tail(&ch->wait_node, &txq->waiting[txq_group(ch)]);
	if (stopped)
		txq_disarm_unwanted(txq);
}

/* Locked. */
static void txq_enqueue(struct ferry_txq *txq, struct ferry_waiter *w, struct ferry_channel *ch)
{
	if (w->queued)
		return;
	w->queued = true;
	w->granted = false;
	w->error = 0;
	w->ch = ch;
	w->round = txq->round - 1;
	list_add_tail(&w->node, &ch->waiters);
	if (!ch->nr_waiters++)
		list_add_tail(&ch->wait_node, &txq->waiting[txq_group(ch)]);
	if (w->task) {
		w->inside = true;
		ch->nr_inside++;
		ch->nr_sleepers++;
		txq->nr_sleepers[txq_group(ch)]++;
	}
	txq->nr_waiters++;
	txq->blocked |= FERRY_TXQ_WAITERS;
}

/* Locked. Its message waits no more. */
static void txq_unlist(struct ferry_txq *txq, struct ferry_waiter *w)
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
	txq_disarm_unwanted(txq);
	if (w->task) {
		txq->nr_sleepers[txq_group(ch)]--;
		ch->nr_sleepers--;
	}
}

/* Locked. Afterwards the channel may go, once the lock was dropped. */
static void txq_leave(struct ferry_txq *txq, struct ferry_waiter *w)
{
	struct ferry_channel *ch = w->ch;

	txq_unlist(txq, w);
	w->inside = false;
	if (!--ch->nr_inside && ch->tx_error)
		complete(&ch->idle);
}

/* Locked. The next waiter of a class that was not served in this round. */
static struct ferry_waiter *txq_first(struct ferry_txq *txq, enum ferry_class cls)
{
	struct ferry_channel *ch;
	struct ferry_waiter *w;

	list_for_each_entry(ch, &txq->waiting[cls], wait_node) {
		w = list_first_entry(&ch->waiters, struct ferry_waiter, node);
		if (w->round != txq->round && !w->error)
			return w;
	}
	return NULL;
}

/* Locked. High-speed before general, but one general after FERRY_HS_WEIGHT. */
static struct ferry_waiter *txq_pick(struct ferry_txq *txq)
{
	struct ferry_waiter *hs = txq_first(txq, FERRY_CLASS_HS);
	struct ferry_waiter *gp = txq_first(txq, FERRY_CLASS_GP);
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
static struct ferry_waiter *txq_any_promise(struct ferry_txq *txq)
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

/* Locked. May this channel, or this waiter, send before those who wait? */
static bool txq_turn(const struct ferry_channel *ch, const struct ferry_waiter *w)
{
	const struct ferry_txq *txq = ch->txq;

	if (txq->granted)
		return txq->granted == w;
	return !ch->nr_sleepers &&
	       !(ch->cls == FERRY_CLASS_GP && txq->nr_sleepers[FERRY_CLASS_HS]);
}

/* Locked. Everything that can stand before a send; 0: go ahead. */
static int txq_check(struct ferry_channel *ch, struct ferry_waiter *w)
{
	struct ferry_txq *txq = ch->txq;

	if (ch->tx_error)
		return ch->tx_error;
	if (txq->blocked & FERRY_TXQ_DEAD)
		return -ENOLINK;
	if (txq->blocked & FERRY_TXQ_CLAIMED || ch->tx_stopped)
		return -EAGAIN;
	if (txq->blocked & FERRY_TXQ_LANE && !ferry_lane_flush(txq))
		return -EAGAIN;
	if (txq->blocked & FERRY_TXQ_WAITERS && !txq_turn(ch, w))
		return -EAGAIN;
	return 0;
}

/* Locked. */
static __always_inline int txq_try(struct ferry_channel *ch, struct ferry_msg *msg,
				   struct ferry_waiter *w)
{
	int ret;

	if (unlikely(ch->txq->blocked || ch->tx_error || ch->tx_stopped)) {
		ret = txq_check(ch, w);
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
	if (ch->ops->unstage)
		ch->ops->unstage(ch, msg);
}

/*
 * One attempt, RCU read side. Without room @w (if given) is queued: the caller
 * sleeps then, or keeps it as a promise.
 */
int ferry_txq_send(struct ferry_channel *ch, struct ferry_msg *msg, struct ferry_waiter *w)
{
	struct ferry_txq *txq = ch->txq;
	bool sleeps = false;
	int staged, ret;

	if (unlikely(!txq))
		return -EOPNOTSUPP;
	if (unlikely(msg->len > ch->mtu))
		return -EMSGSIZE;
	staged = txq_stage(ch, msg);
	if (unlikely(staged && staged != -EAGAIN))
		return staged;

	txq_lock(txq);
	ret = staged ? txq_check(ch, w) ?: staged : txq_try(ch, msg, w);
	if (unlikely(ret == -EAGAIN)) {
		ch->stats.stalls++;
		if (w) {
			sleeps = w->task;
			w->msg = msg;
			w->staged = staged;
			txq_enqueue(txq, w, ch);
			if (txq_wanted(txq))
				ferry_txq_arm(txq);
		}
	}
	txq_unlock(txq);

	if (unlikely(ret < 0 && !staged && !sleeps))
		txq_unstage(ch, msg);
	return ret;
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
		txq_leave(txq, w);
	}
	if (!txq_wanted(txq) || txq->blocked & (FERRY_TXQ_DEAD | FERRY_TXQ_CLAIMED))
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

/* Any context, RCU read side. Need a send not wait? If it must, @w is told later. */
bool ferry_txq_want(struct ferry_channel *ch, struct ferry_waiter *w)
{
	struct ferry_txq *txq = ch->txq;
	int ret;

	ferry_txq_lock(txq);
	ret = txq_check(ch, w);
	if (!ret && !ferry_txq_arm(txq))
		ret = -EAGAIN;
	if (ret == -EAGAIN) {
		txq_enqueue(txq, w, ch);
		if (txq_wanted(txq))
			ferry_txq_arm(txq);
	}
	ferry_txq_unlock(txq);
	return ret != -EAGAIN;
}

/* Locked. Who is served next, if anybody may be. */
static struct ferry_waiter *txq_next(struct ferry_txq *txq)
{
	if (txq->blocked & FERRY_TXQ_DEAD)
		return txq_any_promise(txq);
	if (txq->granted || txq->blocked & (FERRY_TXQ_CLAIMED | FERRY_TXQ_LANE))
		return NULL;
	return txq_pick(txq);
}

/* Can its message be sent from here, with no more than a short copy? */
static bool txq_sendable(const struct ferry_waiter *w)
{
	return !w->staged && (w->ch->ops->stage || w->msg->len <= FERRY_COPY_MAX);
}

/* Locked. Sends the message of a sleeper. True: there may be room for another. */
static bool txq_send_for(struct ferry_txq *txq, struct ferry_waiter *w)
{
	int ret = txq_xmit(w->ch, w->msg);

	if (ret == -EAGAIN && ferry_txq_arm(txq))
		ret = txq_xmit(w->ch, w->msg);
	if (ret == -EAGAIN)
		return false;
	txq_unlist(txq, w);
	w->result = ret;
	WRITE_ONCE(w->sent, true);
	wake_up_process(w->task);	/* he cannot leave without the lock */
	return txq_wanted(txq) && (ret != 1 || ferry_txq_arm(txq));
}

/* Locked. True: go on with the next one. */
static bool txq_serve_one(struct ferry_txq *txq, struct ferry_waiter *w)
{
	struct ferry_ep *ep = w->ep;

	if (w->task && !txq_sendable(w)) {
		txq->granted = w;
		WRITE_ONCE(w->granted, true);
		wake_up_process(w->task);
		return false;
	}
	if (w->task) {
		/* Who finds no room lets others of this round try: theirs may be another. */
		if (txq_send_for(txq, w) || !w->sent) {
			txq_unlock_quiet(txq);	/* one copy in a hold of the lock */
			ferry_txq_lock(txq);
			return true;
		}
		return false;
	}
	txq_unlist(txq, w);
	txq_unlock_quiet(txq);
	ferry_ep_tx_ready(ep);
	ferry_txq_lock(txq);
	return true;
}

/* Locked, but for the calls of tx_ready. Serves each waiter at most once. */
static void txq_serve(struct ferry_txq *txq)
{
	struct ferry_waiter *w;
	unsigned int limit;

	if (txq->blocked & FERRY_TXQ_LANE && !(txq->blocked & (FERRY_TXQ_DEAD | FERRY_TXQ_CLAIMED)))
		ferry_lane_flush(txq);
	for (limit = txq->nr_waiters; limit; limit--) {
		w = txq_next(txq);
		if (!w || !txq_serve_one(txq, w))
			break;
	}
}

/*
 * Any context. Room may have come (@event), or the turn passes on. A tx_ready that
 * sends may get here again: then the first one goes on, so that the stack does not
 * grow with the number of endpoints.
 */
static void txq_run(struct ferry_txq *txq, bool event)
{
	unsigned int limit = TXQ_RUN_MAX;

	rcu_read_lock();
	ferry_txq_lock(txq);
	if (event)
		txq->round++;
	txq->again = true;
	if (!txq->serving) {
		txq->serving = true;
		while (txq->again && limit--) {
			txq->again = false;
			txq_serve(txq);
		}
		txq->serving = false;
		if (txq->again)
			txq_start_timer(txq);
	}
	txq_unlock_quiet(txq);
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
		txq_run(txq, true);
}
EXPORT_SYMBOL_GPL(ferry_txq_ready);

/* Looks for room while somebody waits, less and less often while nothing moves. */
static enum hrtimer_restart txq_poll(struct hrtimer *timer)
{
	struct ferry_txq *txq = container_of(timer, struct ferry_txq, poll_timer);
	bool claimed, room, again;

	rcu_read_lock();
	ferry_txq_lock(txq);
	claimed = txq->blocked & FERRY_TXQ_CLAIMED;
	room = !claimed && !(txq->blocked & FERRY_TXQ_DEAD) && txq_wanted(txq) &&
	       txq->ops->tx_arm(txq, true);
	txq->poll_ns = txq->moved ? txq_poll_min(txq) : min_t(u64, 2 * txq->poll_ns,
							      TXQ_POLL_MAX_NS);
	txq->moved = false;
	again = txq->again;
	txq_unlock_quiet(txq);
	if (room || again)
		txq_run(txq, room);

	ferry_txq_lock(txq);
	/* Neither: it was armed, and an event will tell. */
	if ((txq->silent || room || claimed) && txq_wanted(txq) &&
	    !(txq->blocked & FERRY_TXQ_DEAD))
		txq_start_timer(txq);
	txq_unlock_quiet(txq);
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

/* The slow part of ferry_txq_copy(): too much for a copy with interrupts off. */
void ferry_txq_copy_claimed(struct ferry_txq *txq, void *dst, const void *src, size_t len)
	__must_hold(&txq->lock)
{
	unsigned long flags = txq->irqflags;

	txq->blocked |= FERRY_TXQ_CLAIMED;
	spin_unlock_irqrestore(&txq->lock, flags);
	memcpy(dst, src, len);
	ferry_txq_lock(txq);
	txq->blocked &= ~FERRY_TXQ_CLAIMED;
	txq->serve = true;
	if (wq_has_sleeper(&txq->link->claim_wait))
		wake_up_all(&txq->link->claim_wait);
}
EXPORT_SYMBOL_GPL(ferry_txq_copy_claimed);

/* Any context. A dead txq answers -ENOLINK, and all who wait learn it. */
void ferry_txq_set_dead(struct ferry_txq *txq, bool dead)
{
	struct ferry_channel *ch;
	struct ferry_waiter *w;
	int cls;

	ferry_txq_lock(txq);
	if (!dead) {
		txq->blocked &= ~FERRY_TXQ_DEAD;
		txq_unlock_quiet(txq);
		return;
	}
	txq->blocked |= FERRY_TXQ_DEAD;
	txq->blocked &= ~FERRY_TXQ_LANE;
	ferry_lane_clear(txq);
	for (cls = 0; cls <= FERRY_NR_CLASSES; cls++)
		list_for_each_entry(ch, &txq->waiting[cls], wait_node)
			list_for_each_entry(w, &ch->waiters, node)
				if (w->task) {
					WRITE_ONCE(w->error, -ENOLINK);
					wake_up_process(w->task);
				}
	txq_unlock_quiet(txq);
	txq_run(txq, true);
}

/* Process context. Senders may use @ch again. */
void ferry_txq_uncut(struct ferry_channel *ch)
{
	if (!ch->txq)
		return;
	ferry_txq_lock(ch->txq);
	ch->tx_error = 0;
	txq_set_stopped(ch, false);
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
	list_for_each_entry_safe(w, tmp, &ch->waiters, node) {
		if (w->task) {
			WRITE_ONCE(w->error, error);
			wake_up_process(w->task);
		} else {
			txq_unlist(txq, w);
		}
	}
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

/**
 * ferry_channel_flow - the remote said stop or go
 * @ch:		the channel
 * @on:		true: go
 *
 * While stopped, sends on @ch find no room.
 *
 * Context: any; from within poll too.
 */
void ferry_channel_flow(struct ferry_channel *ch, bool on)
{
	struct ferry_txq *txq = ch->txq;

	if (!txq)
		return;
	rcu_read_lock();
	ferry_txq_lock(txq);
	txq_set_stopped(ch, !on);
	txq_unlock_quiet(txq);
	if (on)
		ferry_txq_ready(txq);
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
	ferry_hrtimer_setup(&txq->poll_timer, txq_poll, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	txq->poll_ns = TXQ_POLL_MIN_NS;
	txq->ops = ops;
	txq->link = link;
	txq->blocked = FERRY_TXQ_DEAD;
	spin_lock(&link->list_lock);
	list_add_tail_rcu(&txq->node, &link->txqs);
	spin_unlock(&link->list_lock);
	/* A crash that comes after we looked finds it in the list. */
	ferry_txq_lock(txq);
	if (ferry_link_state(link) == FERRY_STATE_RUNNING)
		txq->blocked &= ~FERRY_TXQ_DEAD;
	txq_unlock_quiet(txq);
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
