// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a link: start, stop, crash, and telling the clients.
 */
#include <linux/export.h>

#include "../compat.h"
#include "core.h"

#include <trace/events/ferry.h>

#define STATE_NAME(id, name)	[FERRY_STATE_##id] = name,

const char * const ferry_state_names[FERRY_NR_STATES] = { FERRY_STATES(STATE_NAME) };

/* The one place that changes the state. False: it was not @old any more. */
static bool link_set_state(struct ferry_link *link, int old, int new)
{
	guard(spinlock_irqsave)(&link->state_lock);
	if (link->state != old)
		return false;
	WRITE_ONCE(link->state, new);
	trace_ferry_state(link, old, new, link->epoch);
	return true;
}

/* Under the mutex of the link. The remote was stopped, and a crash meanwhile is void. */
static void link_set_offline(struct ferry_link *link)
{
	guard(spinlock_irqsave)(&link->state_lock);
	trace_ferry_state(link, link->state, FERRY_STATE_OFFLINE, link->epoch);
	link->stop_due = false;
	WRITE_ONCE(link->state, FERRY_STATE_OFFLINE);
}

/* Any context. May the rxqs be polled? Under RCU for link_quiesce(). */
bool ferry_link_receives(const struct ferry_link *link)
{
	switch (READ_ONCE(link->state)) {
	case FERRY_STATE_STARTING:
	case FERRY_STATE_RUNNING:
	case FERRY_STATE_STOPPING:
		return true;
	default:
		return false;
	}
}

/* Under the mutex of the link. */
void ferry_ep_event(struct ferry_ep *ep, enum ferry_event event)
{
	if (!ep->cfg.event)
		return;
	ep->event = event;
	ep->event_due = true;
	queue_work(ep->link->wq, &ep->link->event_work);
}

static void link_event(struct ferry_link *link, enum ferry_event event)
{
	struct ferry_ep *ep;

	list_for_each_entry(ep, &link->eps, node) {
		/* An orphan was told all there is to tell. */
		if (!rcu_access_pointer(ep->ch))
			continue;
		ferry_ep_event(ep, event);
		wake_up_all(&ep->poll_wait);
	}
}

/* The next endpoint to be told something, with a reference. */
static struct ferry_ep *link_next_event(struct ferry_link *link, enum ferry_event *event)
{
	struct ferry_ep *ep;

	guard(mutex)(&link->lock);
	list_for_each_entry(ep, &link->eps, node) {
		if (!ep->event_due)
			continue;
		ep->event_due = false;
		*event = ep->event;
		kref_get(&ep->ref);
		return ep;
	}
	return NULL;
}

static void link_event_work(struct work_struct *work)
{
	struct ferry_link *link = container_of(work, struct ferry_link, event_work);
	enum ferry_event event;
	struct ferry_ep *ep;

	/* ferry_close() waits for this work before the client's data goes. */
	while ((ep = link_next_event(link, &event))) {
		ep->cfg.event(ep, event, ep->cfg.priv);
		kref_put(&ep->ref, ferry_ep_free);
	}
}

/* Any context: senders get -ENOLINK from now on, or no more. */
static void link_set_dead(struct ferry_link *link, bool dead)
{
	struct ferry_txq *txq;

	rcu_read_lock();
	list_for_each_entry_rcu(txq, &link->txqs, node)
		ferry_txq_set_dead(txq, dead);
	rcu_read_unlock();
}

/*
 * Process context. Who sends, polls or arms does so under RCU, claims included, and
 * looks first whether it may: when this returns all who might are out.
 */
static void link_quiesce(void)
{
	synchronize_rcu();
}

/* Under the mutex of the link. */
static void link_close_channels(struct ferry_link *link)
{
	struct ferry_channel *ch;

	list_for_each_entry(ch, &link->channels, node) {
		if (ch->opened && ch->ops->close)
			ch->ops->close(ch);
		ch->opened = false;
	}
}

/* Under the mutex of the link. */
static int link_open_channels(struct ferry_link *link)
{
	struct ferry_channel *ch;
	int ret;

	list_for_each_entry(ch, &link->channels, node) {
		if (!rcu_access_pointer(ch->ep))
			continue;
		ferry_txq_uncut(ch);
		ret = ch->ops->open ? ch->ops->open(ch) : 0;
		if (ret)
			return ret;
		ch->opened = true;
	}
	return 0;
}

/* Under the mutex of the link: the remote of a crashed link is made harmless. */
static int link_stop_crashed(struct ferry_link *link)
{
	int ret;

	if (!link->stop_due)
		return 0;
	link_quiesce();
	ret = link->cfg.ops->stop(link, FERRY_STOP_CRASHED);
	if (ret) {
		dev_err(&link->dev, "crashed, and stopping the remote failed: %d\n", ret);
		return ret;
	}
	link->stop_due = false;
	link_close_channels(link);
	return 0;
}

static void link_crash_work(struct work_struct *work)
{
	struct ferry_link *link = container_of(work, struct ferry_link, crash_work);

	guard(mutex)(&link->lock);
	if (link->state != FERRY_STATE_CRASHED)
		return;
	dev_err(&link->dev, "crashed: %s\n", link->crash_reason);
	link_stop_crashed(link);
	link_event(link, FERRY_EVENT_CRASHED);
}

static void link_crash_irq(struct irq_work *work)
{
	struct ferry_link *link = container_of(work, struct ferry_link, crash_irq);

	link_set_dead(link, true);
	queue_work(link->wq, &link->crash_work);
}

/**
 * ferry_link_crash - the remote cannot be trusted to go on
 * @link:	the link
 * @reason:	a constant string, for the log and for sysfs; the first one wins
 *
 * Every sender wakes with -ENOLINK, clients get %FERRY_EVENT_CRASHED, and the link
 * stays crashed until it is started again. Harmless when it does not run.
 *
 * Context: any, under any lock.
 */
void ferry_link_crash(struct ferry_link *link, const char *reason)
{
	guard(spinlock_irqsave)(&link->state_lock);
	if (link->state == FERRY_STATE_OFFLINE || link->state == FERRY_STATE_CRASHED)
		return;
	trace_ferry_state(link, link->state, FERRY_STATE_CRASHED, link->epoch);
	link->crash_reason = reason;
	link->stop_due = true;
	WRITE_ONCE(link->state, FERRY_STATE_CRASHED);
	irq_work_queue(&link->crash_irq);
}
EXPORT_SYMBOL_GPL(ferry_link_crash);

/* Under the mutex of the link, in state stopping; the txqs are dead. */
static int link_bring_down(struct ferry_link *link)
{
	int ret;

	link_quiesce();
	ret = link->cfg.ops->stop(link, FERRY_STOP_OFF);
	if (ret) {
		ferry_link_crash(link, "stop failed");
		return ret;
	}
	link_set_offline(link);
	link_quiesce();
	return 0;
}

/* Under the mutex of the link, in state starting. */
static int link_bring_up(struct ferry_link *link)
{
	int ret = link->cfg.ops->start(link);

	if (ret)
		return ret;
	ret = link_open_channels(link);
	if (ret)
		return ret;
	/* A crash from here on finds either state, and kills the txqs after us. */
	link_set_dead(link, false);
	return link_set_state(link, FERRY_STATE_STARTING, FERRY_STATE_RUNNING) ? 0 : -ENOLINK;
}

static int link_start_locked(struct ferry_link *link)
{
	int old = READ_ONCE(link->state);
	int ret;

	if (!link->registered)
		return -ENODEV;
	if (old == FERRY_STATE_RUNNING)
		return 0;
	/* What kills the txqs after a crash must not do so after this start. */
	irq_work_sync(&link->crash_irq);
	if (old == FERRY_STATE_CRASHED) {
		ret = link_stop_crashed(link);
		if (ret)
			return ret;
	}
	link->epoch++;
	WRITE_ONCE(link->crash_reason, NULL);
	if (!link_set_state(link, old, FERRY_STATE_STARTING))
		return -ENOLINK;
	ret = link_bring_up(link);
	if (!ret) {
		link_event(link, FERRY_EVENT_UP);
		ferry_rx_thread_wake(link->rx);
		return 0;
	}
	dev_err(&link->dev, "start failed: %d\n", ret);
	link_set_dead(link, true);
	link_close_channels(link);
	/* After a crash the work of the link stops it. */
	if (link_set_state(link, FERRY_STATE_STARTING, FERRY_STATE_STOPPING))
		link_bring_down(link);
	return ret;
}

/**
 * ferry_link_start - start the remote, or what of it is ours to start
 * @link:	the link
 *
 * Begins the next epoch. Endpoints that are open can be used again.
 *
 * Context: process, may sleep; not in a callback of this link.
 *
 * Return: 0 (also when it runs already), -ENODEV not registered, -EDEADLK in a callback
 * of this link, -ENOLINK it crashed meanwhile, or what the protocol returned.
 */
int ferry_link_start(struct ferry_link *link)
{
	might_sleep();
	if (ferry_in_callback(link))
		return -EDEADLK;
	guard(mutex)(&link->lock);
	return link_start_locked(link);
}
EXPORT_SYMBOL_GPL(ferry_link_start);

/* Under the mutex of the link. */
int ferry_stop_locked(struct ferry_link *link)
{
	int ret;

	if (!link_set_state(link, FERRY_STATE_RUNNING, FERRY_STATE_STOPPING))
		return 0;
	link_set_dead(link, true);
	link_close_channels(link);
	ret = link_bring_down(link);
	if (!ret)
		link_event(link, FERRY_EVENT_DOWN);
	return ret;
}

/**
 * ferry_link_stop - stop the remote, or what of it is ours to stop
 * @link:	the link
 *
 * Senders get -ENOLINK until the link is started again.
 *
 * Context: process, may sleep; not in a callback of this link.
 *
 * Return: 0 (also when it does not run), -EDEADLK in a callback of this link, or what
 * the protocol returned; the link is crashed then.
 */
int ferry_link_stop(struct ferry_link *link)
{
	might_sleep();
	if (ferry_in_callback(link))
		return -EDEADLK;
	guard(mutex)(&link->lock);
	return ferry_stop_locked(link);
}
EXPORT_SYMBOL_GPL(ferry_link_stop);

/* Before anything of the link runs. */
void ferry_state_init(struct ferry_link *link)
{
	spin_lock_init(&link->state_lock);
	init_irq_work(&link->crash_irq, link_crash_irq);
	INIT_WORK(&link->crash_work, link_crash_work);
	INIT_WORK(&link->event_work, link_event_work);
}
