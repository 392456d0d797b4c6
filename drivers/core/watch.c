// SPDX-License-Identifier: GPL-2.0-only
/*
 * Those who are told of every link, and what they may ask about one.
 */
#include <linux/export.h>
#include <linux/ferry/watch.h>
#include <linux/property.h>
#include <linux/rculist.h>

#include "core.h"

static DEFINE_MUTEX(watch_lock);	/* both lists; outside of all locks of a link */
static LIST_HEAD(watchers);		/* read under RCU, too */
static LIST_HEAD(watched);		/* links */

/* Process context. The link is registered. */
void ferry_watch_add(struct ferry_link *link)
{
	struct ferry_watcher *w;

	guard(mutex)(&watch_lock);
	list_add_tail(&link->watch_node, &watched);
	list_for_each_entry(w, &watchers, node)
		w->added(w, link);
}

/* Process context. Nobody can open it any more. */
void ferry_watch_remove(struct ferry_link *link)
{
	struct ferry_watcher *w;

	guard(mutex)(&watch_lock);
	list_del(&link->watch_node);
	list_for_each_entry(w, &watchers, node)
		w->removed(w, link);
}

/* Any context. */
void ferry_watch_changed(struct ferry_link *link)
{
	struct ferry_watcher *w;

	rcu_read_lock();
	list_for_each_entry_rcu(w, &watchers, node)
		w->changed(w, link);
	rcu_read_unlock();
}

/**
 * ferry_watch - be told of every link
 * @w:		whom to tell; memory of the caller until ferry_unwatch()
 *
 * &ferry_watcher.added is called for each link there is before this returns.
 *
 * Context: process, may sleep; not in a call of a watcher.
 */
void ferry_watch(struct ferry_watcher *w)
{
	struct ferry_link *link;

	guard(mutex)(&watch_lock);
	list_add_tail_rcu(&w->node, &watchers);
	list_for_each_entry(link, &watched, watch_node)
		w->added(w, link);
}
EXPORT_SYMBOL_GPL(ferry_watch);

/**
 * ferry_unwatch - be told no more
 * @w:		who was told
 *
 * &ferry_watcher.removed is called for each link there is. When this returns no call of
 * @w runs or will.
 *
 * Context: process, may sleep; not in a call of a watcher.
 */
void ferry_unwatch(struct ferry_watcher *w)
{
	struct ferry_link *link;

	mutex_lock(&watch_lock);
	list_del_rcu(&w->node);
	list_for_each_entry(link, &watched, watch_node)
		w->removed(w, link);
	mutex_unlock(&watch_lock);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(ferry_unwatch);

static void watch_describe(struct ferry_channel_info *info, const struct ferry_channel *ch)
{
	strscpy(info->name, ch->name, sizeof(info->name));
	info->number = ch->number;
	info->offer = READ_ONCE(ch->offer);
	info->mtu = ch->mtu;
	info->fwnode = fwnode_handle_get(ch->fwnode);
}

/**
 * ferry_link_channels - which channels does the remote offer now?
 * @link:	the link
 * @info:	room for @max descriptions; the caller puts each &ferry_channel_info.fwnode
 * @max:	how many
 *
 * Only channels that the remote opens and closes count (&ferry_channel.by_remote), and
 * only while the link runs.
 *
 * Context: process, may sleep.
 *
 * Return: how many there are; more than @max: so many were not described.
 */
unsigned int ferry_link_channels(struct ferry_link *link, struct ferry_channel_info *info,
				 unsigned int max)
{
	struct ferry_channel *ch;
	unsigned int n = 0;

	guard(mutex)(&link->lock);
	if (!link->registered || READ_ONCE(link->state) != FERRY_STATE_RUNNING)
		return 0;
	list_for_each_entry(ch, &link->channels, node) {
		if (!READ_ONCE(ch->offer))
			continue;
		if (n < max)
			watch_describe(&info[n], ch);
		n++;
	}
	return n;
}
EXPORT_SYMBOL_GPL(ferry_link_channels);
