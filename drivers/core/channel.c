// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels: the list of a link, and what each must look like.
 */
#include <linux/export.h>

#include "core.h"

static bool channel_valid(const struct ferry_channel *ch, const struct ferry_link *link)
{
	return ch->ops && (ch->txq || ch->rxq) && (!ch->txq || ch->ops->xmit) &&
	       !ch->ops->stage == !ch->ops->unstage && ch->cls < FERRY_NR_CLASSES &&
	       ch->mtu <= link->cfg.max_mtu && ch->rx_copy <= link->cfg.max_mtu &&
	       (!ch->atomic_ok || ch->keeps) &&
	       strnlen(ch->name, FERRY_NAME_LEN) < FERRY_NAME_LEN &&
	       (ch->name[0] || ch->number != FERRY_ANY_NUMBER);
}

static bool channel_same(const struct ferry_channel *a, const struct ferry_channel *b)
{
	return a->number == b->number && !strcmp(a->name, b->name);
}

/* Under the mutex of the link. 0, -EINVAL, -EEXIST. */
int ferry_channel_add(struct ferry_link *link, struct ferry_channel *ch)
{
	struct ferry_channel *other;

	lockdep_assert_held(&link->lock);
	if (!channel_valid(ch, link))
		return -EINVAL;
	list_for_each_entry(other, &link->channels, node)
		if (channel_same(ch, other))
			return -EEXIST;
	ch->link = link;
	ch->said = 1;
	ch->seen = 1;
	ch->offer = 0;
	ch->opened_for = 0;
	ch->tx_error = -ENOTCONN;
	INIT_LIST_HEAD(&ch->waiters);
	init_completion(&ch->idle);
	list_add_tail(&ch->node, &link->channels);
	return 0;
}

/**
 * ferry_channel_register - add a channel to its link
 * @link:	the link
 * @ch:		the channel; memory of the protocol until ferry_channel_unregister()
 *
 * For channels that exist without anybody asking. Those that are made on demand are
 * returned by &ferry_link_ops.channel instead.
 *
 * Context: process, may sleep.
 *
 * Return: 0, -EINVAL a field that cannot be, -EEXIST name and number are taken.
 */
int ferry_channel_register(struct ferry_link *link, struct ferry_channel *ch)
{
	int ret;

	mutex_lock(&link->lock);
	ret = ferry_channel_add(link, ch);
	if (!ret)
		WRITE_ONCE(link->appeared, link->appeared + 1);
	mutex_unlock(&link->lock);
	wake_up_all(&link->state_wait);	/* ferry_open() may wait for it */
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_channel_register);

/**
 * ferry_channel_unregister - take a channel from its link
 * @ch:		the channel
 *
 * An endpoint that has it open becomes an orphan (-ENODEV). When this returns nothing
 * of the core uses @ch any more. Not for a channel made on demand, which ends with
 * its endpoint.
 *
 * Context: process, may sleep; not in a callback of this link.
 */
void ferry_channel_unregister(struct ferry_channel *ch)
{
	struct ferry_link *link = ch->link;
	struct ferry_ep *ep;

	mutex_lock(&link->lock);
	ep = rcu_dereference_protected(ch->ep, lockdep_is_held(&link->lock));
	if (ep) {
		ferry_ep_detach(ep, -ENODEV);
		ferry_ep_event(ep, FERRY_EVENT_GONE);
	}
	ferry_txq_cut(ch, -ENODEV, true);
	list_del(&ch->node);
	mutex_unlock(&link->lock);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(ferry_channel_unregister);
