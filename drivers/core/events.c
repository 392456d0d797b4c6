// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling of the state of a link: its clients by event, user space by uevent.
 */
#include "core.h"

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
	struct ferry_channel *ch;
	struct ferry_ep *ep;

	list_for_each_entry(ep, &link->eps, node) {
		ch = rcu_dereference_protected(ep->ch, lockdep_is_held(&link->lock));
		/* An orphan was told all there is to tell. */
		if (!ch)
			continue;
		/* It is up when the remote has opened it, too. */
		if (event == FERRY_EVENT_UP && ch->by_remote && !ch->opened)
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

void ferry_event_work(struct work_struct *work)
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

/*
 * Under the mutex of the link. It came to rest in @state: running, idle, offline or crashed.
 * Told once; clients that never heard that it runs need not hear that it does not. To them
 * an idle link is one that runs.
 */
void ferry_link_tell(struct ferry_link *link, int state)
{
	bool up = state == FERRY_STATE_RUNNING || state == FERRY_STATE_IDLE;

	lockdep_assert_held(&link->lock);
	if (link->told == state)
		return;
	link->told = state;
	if (up && !link->up)
		link_event(link, FERRY_EVENT_UP);
	else if (!up && link->up)
		link_event(link, state == FERRY_STATE_CRASHED ? FERRY_EVENT_CRASHED :
								FERRY_EVENT_DOWN);
	link->up = up;
	ferry_uevent(link, state);
	ferry_watch_changed(link);
}
