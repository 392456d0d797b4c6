// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels that the remote opens and closes.
 *
 * The protocol says at any time whether the remote offers a channel. Work of the link
 * acts on the newest that was said, however often that changed meanwhile: it closes what
 * was opened for an earlier offer, and opens again what has an endpoint.
 */
#include <linux/export.h>

#include "core.h"

/**
 * ferry_channel_announce - the remote offers a channel, or closed it
 * @ch:		the channel
 * @on:		it offers it (again)
 *
 * Where &ferry_channel.by_remote is not set watchers are told, and nothing else follows:
 * the channel is there for clients, whatever the remote does.
 *
 * Offered: watchers are told, and where an endpoint has it open &ferry_channel_ops.open
 * is called, from work of the link; then the endpoint gets %FERRY_EVENT_UP. Closed: its
 * senders get -EPIPE, &ferry_channel_ops.close is called and the endpoint gets
 * %FERRY_EVENT_CLOSED. One that was offered and is offered again was closed in between.
 * Only one that was opened before the remote ever offered it stays open over the first
 * offer. When the link stops nothing is offered any more.
 *
 * Context: any.
 */
void ferry_channel_announce(struct ferry_channel *ch, bool on)
{
	struct ferry_link *link = ch->link;

	scoped_guard(spinlock_irqsave, &link->state_lock) {
		ch->said += 2;		/* odd, so that an offer is never 0 */
		WRITE_ONCE(ch->offer, on ? ch->said : 0);
	}
	queue_work(link->wq, &link->announce_work);
}
EXPORT_SYMBOL_GPL(ferry_channel_announce);

/* Under the mutex of the link. It is about to be opened for what was said till now. */
void ferry_announce_begin(struct ferry_channel *ch)
{
	guard(spinlock_irqsave)(&ch->link->state_lock);
	ch->seen = ch->said;
	ch->opened_for = ch->offer;
}

/* Under the mutex of the link. What an earlier life of the remote offered is void. */
void ferry_announce_forget(struct ferry_link *link)
{
	struct ferry_channel *ch;

	list_for_each_entry(ch, &link->channels, node)
		WRITE_ONCE(ch->offer, 0);
}

/* Under the mutex of the link. True: what it was opened for is over. */
static bool announce_is_over(struct ferry_channel *ch)
{
	guard(spinlock_irqsave)(&ch->link->state_lock);
	if (ch->seen == ch->said)
		return false;
	/* We opened it first, and then the remote did. */
	if (ch->opened_for || !ch->offer || ch->said != ch->seen + 2)
		return true;
	ch->opened_for = ch->offer;
	ch->seen = ch->said;
	return false;
}

/* Under the mutex of the link. */
static void announce_close(struct ferry_channel *ch, struct ferry_ep *ep)
{
	ferry_txq_cut(ch, -EPIPE, false);
	if (ch->ops->close)
		ch->ops->close(ch);
	WRITE_ONCE(ch->opened, false);
	ferry_ep_event(ep, FERRY_EVENT_CLOSED);
	wake_up_all(&ep->poll_wait);
}

/* Under the mutex of the link. */
static void announce_open(struct ferry_channel *ch, struct ferry_ep *ep)
{
	int ret;

	ferry_announce_begin(ch);
	ret = ch->ops->open ? ch->ops->open(ch) : 0;
	if (ret) {
		/* It has taken it back meanwhile. */
		if (ret == -EINPROGRESS)
			return;
		dev_warn_ratelimited(&ch->link->dev, "%s: the remote offers it, opening failed: %d\n",
				     ch->name, ret);
		return;
	}
	WRITE_ONCE(ch->opened, true);
	ferry_txq_uncut(ch);
	ferry_ep_event(ep, FERRY_EVENT_UP);
	wake_up_all(&ep->poll_wait);
}

/* Under the mutex of the link, which runs. */
static void announce_act(struct ferry_channel *ch)
{
	struct ferry_ep *ep = rcu_dereference_protected(ch->ep,
							lockdep_is_held(&ch->link->lock));

	if (!ep)
		return;
	if (ch->opened && announce_is_over(ch))
		announce_close(ch, ep);
	if (!ch->opened && READ_ONCE(ch->offer) && ch->offer != ch->opened_for)
		announce_open(ch, ep);
}

void ferry_announce_work(struct work_struct *work)
{
	struct ferry_link *link = container_of(work, struct ferry_link, announce_work);
	struct ferry_channel *ch;

	scoped_guard(mutex, &link->lock) {
		if (READ_ONCE(link->state) != FERRY_STATE_RUNNING || link->suspended)
			return;
		list_for_each_entry(ch, &link->channels, node)
			if (ch->by_remote)
				announce_act(ch);
		ferry_rx_thread_wake(link->rx);
	}
	ferry_watch_changed(link);
}
