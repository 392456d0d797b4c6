// SPDX-License-Identifier: GPL-2.0-only
/*
 * The threads of a link that receive.
 *
 * One polls the rxqs and delivers. While a high-speed endpoint is open, a second one
 * delivers general messages, so that a slow callback of theirs never holds up the
 * first. As with NAPI, an interrupt only wakes, and the hardware is armed again when
 * nothing is left.
 */
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/mm.h>

#include "core.h"

/* Before the system suspends. */
#define RX_DRAIN_ROUNDS		64

/* Any context. */
void ferry_rx_thread_wake(struct ferry_rx_thread *t)
{
	if (!t)
		return;
	/* Pairs with xchg() in rx_thread(): what is pending is seen after it. */
	smp_store_mb(t->pending, 1);
	wake_up_process(t->task);
}

/* Any context. True: look again. */
static bool rx_rearm(struct ferry_link *link)
{
	bool more;

	rcu_read_lock();
	more = link->cfg.ops->rearm && ferry_link_receives(link) && link->cfg.ops->rearm(link);
	rcu_read_unlock();
	return more;
}

/* One round; true: look again at once. */
static bool rx_round(struct ferry_rx_thread *t)
{
	struct ferry_link *link = t->link;
	int budget = FERRY_RX_BUDGET;
	bool more = false;
	int idx, n;

	idx = srcu_read_lock(&link->srcu);
	if (t->polls) {
		/* An answer must find room in a lane, or the message stays where it is. */
		rcu_read_lock();
		budget = min_t(int, budget, ferry_lane_budget(link));
		rcu_read_unlock();
		n = budget ? ferry_rxq_poll_all(link, &t->ctx, budget) : 0;
		more = n && (n >= budget || t->ctx.full);
		ferry_deliver_batch(&t->ctx);
	}
	ferry_deliver_ready(t);
	if (t->polls && budget && !more)
		more = rx_rearm(link);
	srcu_read_unlock(&link->srcu, idx);
	return more;
}

/* Takes what is there, within limits: a remote that never ends must not hold us up. */
static void rx_drain(struct ferry_rx_thread *t)
{
	unsigned int i;

	for (i = 0; i < RX_DRAIN_ROUNDS; i++) {
		if (!rx_round(t) && llist_empty(&t->ready))
			break;
		cond_resched();
	}
	WRITE_ONCE(t->drain, false);
	wake_up_all(&t->link->claim_wait);
}

/* Whoever parks this thread again waits for a round of it. */
static void rx_had_turn(struct ferry_rx_thread *t)
{
	WRITE_ONCE(t->turn_due, false);
	wake_up_all(&t->link->claim_wait);
}

static int rx_thread(void *arg)
{
	struct ferry_rx_thread *t = arg;

	while (!kthread_should_stop()) {
		if (kthread_should_park())
			kthread_parkme();
		set_current_state(TASK_INTERRUPTIBLE);
		if (!xchg(&t->pending, 0) && llist_empty(&t->ready) && !kthread_should_stop() &&
		    !kthread_should_park()) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		if (READ_ONCE(t->drain))
			rx_drain(t);
		if (rx_round(t))
			WRITE_ONCE(t->pending, 1);
		if (unlikely(READ_ONCE(t->turn_due)))
			rx_had_turn(t);
		cond_resched();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void rx_thread_free(struct ferry_rx_thread *t)
{
	kvfree(t->ctx.arena);
	kvfree(t->ctx.bounce);
	kfree(t);
}

static int rx_thread_memory(struct ferry_rx_thread *t)
{
	size_t mtu = max_t(size_t, t->link->cfg.max_mtu, 1);

	t->ctx.bounce = kvmalloc(mtu, GFP_KERNEL);
	if (!t->ctx.bounce)
		return -ENOMEM;
	if (!t->polls)
		return 0;
	t->ctx.arena_size = max_t(size_t, mtu, FERRY_ARENA_MIN);
	t->ctx.arena = kvmalloc(t->ctx.arena_size, GFP_KERNEL);
	return t->ctx.arena ? 0 : -ENOMEM;
}

/* Process context. ERR_PTR(-ENOMEM), or what starting a kthread returns. */
struct ferry_rx_thread *ferry_rx_thread_start(struct ferry_link *link, const char *suffix,
					      bool polls)
{
	struct ferry_rx_thread *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int ret;

	if (!t)
		return ERR_PTR(-ENOMEM);
	t->link = link;
	t->polls = polls;
	init_llist_head(&t->ready);
	ret = rx_thread_memory(t);
	if (ret)
		goto free;
	t->task = kthread_run(rx_thread, t, "ferry/%s%s", link->name, suffix);
	if (!IS_ERR(t->task))
		return t;
	ret = PTR_ERR(t->task);
free:
	rx_thread_free(t);
	return ERR_PTR(ret);
}

/* Process context. Nobody can schedule an endpoint on it any more. */
void ferry_rx_thread_stop(struct ferry_rx_thread *t)
{
	struct ferry_ep *ep, *tmp;

	if (!t)
		return;
	kthread_stop(t->task);
	llist_for_each_entry_safe(ep, tmp, llist_del_all(&t->ready), ready)
		kref_put(&ep->ref, ferry_ep_free);
	rx_thread_free(t);
}

static bool ep_is_general(const struct ferry_ep *ep)
{
	const struct ferry_channel *ch = rcu_dereference_protected(ep->ch, true);

	return ch && ch->cls == FERRY_CLASS_GP;
}

/*
 * A thread that is parked again before it ran does not notice that it was unparked:
 * clients that open and close without end would keep it from receiving.
 */
static void rx_park(struct ferry_rx_thread *t)
{
	if (!t)
		return;
	wait_event(t->link->claim_wait, !READ_ONCE(t->turn_due));
	kthread_park(t->task);
}

static void rx_unpark(struct ferry_rx_thread *t)
{
	if (!t)
		return;
	WRITE_ONCE(t->turn_due, true);
	kthread_unpark(t->task);
	ferry_rx_thread_wake(t);
}

static void rx_drain_and_park(struct ferry_rx_thread *t)
{
	if (!t)
		return;
	WRITE_ONCE(t->drain, true);
	ferry_rx_thread_wake(t);
	wait_event(t->link->claim_wait, !READ_ONCE(t->drain));
	rx_park(t);
}

/* Under the mutex of the link. The threads take what is there, and stand still. */
void ferry_rx_park(struct ferry_link *link)
{
	rx_drain_and_park(link->rx);
	rx_drain_and_park(link->rx_gp);
}

/* Under the mutex of the link. */
void ferry_rx_unpark(struct ferry_link *link)
{
	rx_unpark(link->rx);
	rx_unpark(link->rx_gp);
}

/* Under the mutex of the link; its threads stand still, or the way of none changes. */
static void rx_set_ways(struct ferry_link *link)
{
	struct ferry_ep *ep;

	list_for_each_entry(ep, &link->eps, node) {
		bool general = link->nr_hs && ep_is_general(ep);

		WRITE_ONCE(ep->thread, general ? link->rx_gp : link->rx);
		ep->direct = !ep->atomic && !general && !link->nr_atomic;
	}
}

/*
 * Under the mutex of the link. Both threads stand still while the way of endpoints
 * changes, so that no message is overtaken.
 */
static void rx_change_ways(struct ferry_link *link)
{
	if (!link->nr_atomic && link->irq_polls) {
		WRITE_ONCE(link->irq_polls, false);
		synchronize_rcu();	/* no interrupt is in the middle of it */
	}
	if (!link->suspended) {
		rx_park(link->rx);
		rx_park(link->rx_gp);
	}
	rx_set_ways(link);
	if (link->nr_atomic)
		/* Pairs with ferry_link_rx_irq(): nobody is direct any more. */
		smp_store_release(&link->irq_polls, true);
	if (!link->suspended)
		ferry_rx_unpark(link);
}

/*
 * Under the mutex of the link. Which thread serves an endpoint, and how, depends on
 * whether a high-speed one is open, and an atomic one. One more of a kind, not yet
 * published, changes nothing for the others.
 */
int ferry_rx_update(struct ferry_link *link)
{
	bool hs = link->nr_hs;
	bool atomic = link->nr_atomic;

	lockdep_assert_held(&link->lock);
	if (hs && !link->rx_gp) {
		struct ferry_rx_thread *t = ferry_rx_thread_start(link, "-gp", false);

		if (IS_ERR(t))
			return PTR_ERR(t);
		if (link->suspended)
			rx_park(t);
		WRITE_ONCE(link->rx_gp, t);
	}
	if (hs == link->ways_hs && atomic == link->ways_atomic)
		rx_set_ways(link);
	else
		rx_change_ways(link);
	link->ways_hs = hs;
	link->ways_atomic = atomic;
	return 0;
}

/**
 * ferry_link_rx_irq - there may be messages, or room
 * @link:	the link
 *
 * Called by the protocol when one of its ports was rung. Looks for room, lets
 * atomic endpoints have up to 16 messages, and wakes the thread for the rest.
 *
 * Context: any, hard IRQ as a rule; without locks of the link.
 */
void ferry_link_rx_irq(struct ferry_link *link)
{
	const struct ferry_link_ops *ops = link->cfg.ops;
	int n;

	WRITE_ONCE(link->rx_irqs, link->rx_irqs + 1);
	rcu_read_lock();
	if (ops->room && ferry_link_receives(link))
		ops->room(link);
	/* Pairs with ferry_rx_update(). */
	if (smp_load_acquire(&link->irq_polls)) {
		n = min_t(int, FERRY_IRQ_BUDGET, ferry_lane_budget(link));
		if (n && ferry_rxq_poll_all(link, NULL, n) < n && ops->rearm &&
		    !rx_rearm(link)) {
			rcu_read_unlock();
			return;
		}
	}
	ferry_rx_thread_wake(READ_ONCE(link->rx));
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(ferry_link_rx_irq);
