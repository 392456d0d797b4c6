// SPDX-License-Identifier: GPL-2.0-only
/*
 * Those who are told of every link, and what they may ask about one.
 */
#include <linux/export.h>
#include <linux/ferry/watch.h>
#include <linux/property.h>
#include <linux/rculist.h>
#include <linux/wait.h>

#include "core.h"

/*
 * Both lists, and what is said below; outside of all locks of a link. Not held over
 * &ferry_watcher.removed, in which drivers are unbound that may have links of their own.
 */
static DEFINE_MUTEX(watch_lock);
static LIST_HEAD(watchers);		/* oldest first; read under RCU, too */
static LIST_HEAD(watched);		/* links, oldest first */
static u64 watch_seq;			/* of the last watcher or link */
static DECLARE_WAIT_QUEUE_HEAD(watch_idle);

/*
 * Under watch_lock. Was @w told of @link, and not yet that it goes? Either may be on its
 * way out, and has told the other one then, if that is not behind where it is now.
 */
static bool watch_knows(const struct ferry_watcher *w, const struct ferry_link *link)
{
	return link->watch_seq <= w->last && link->watch_seq > w->told &&
	       w->seq <= link->watch_last && w->seq > link->watch_told;
}

/*
 * Under watch_lock, which is let go meanwhile. @calls keeps what it belongs to, @w or
 * @link, from ending.
 */
static void watch_tell_removed(struct ferry_watcher *w, struct ferry_link *link,
			       unsigned int *calls)
{
	WRITE_ONCE(*calls, *calls + 1);
	mutex_unlock(&watch_lock);
	w->removed(w, link);
	mutex_lock(&watch_lock);
	WRITE_ONCE(*calls, *calls - 1);
	wake_up_all(&watch_idle);
}

/* Process context. The link is registered. */
void ferry_watch_add(struct ferry_link *link)
{
	struct ferry_watcher *w;

	guard(mutex)(&watch_lock);
	link->watch_seq = ++watch_seq;
	link->watch_last = U64_MAX;
	link->watch_told = 0;
	list_add_tail(&link->watch_node, &watched);
	list_for_each_entry(w, &watchers, node)
		if (watch_knows(w, link))
			w->added(w, link);
}

/* Under watch_lock. */
static struct ferry_watcher *watch_next(const struct ferry_link *link)
{
	struct ferry_watcher *w;

	list_for_each_entry(w, &watchers, node)
		if (watch_knows(w, link))
			return w;
	return NULL;
}

/* Process context. Nobody can open it any more. */
void ferry_watch_remove(struct ferry_link *link)
{
	struct ferry_watcher *w;

	mutex_lock(&watch_lock);
	link->watch_last = watch_seq;	/* who comes now is not told of it */
	while ((w = watch_next(link))) {
		link->watch_told = w->seq;
		watch_tell_removed(w, link, &w->calls);
	}
	list_del(&link->watch_node);
	mutex_unlock(&watch_lock);
	wait_event(watch_idle, !READ_ONCE(link->watch_calls));
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
	w->seq = ++watch_seq;
	w->last = U64_MAX;
	w->told = 0;
	w->calls = 0;
	list_add_tail_rcu(&w->node, &watchers);
	list_for_each_entry(link, &watched, watch_node)
		if (watch_knows(w, link))
			w->added(w, link);
}
EXPORT_SYMBOL_GPL(ferry_watch);

/* Under watch_lock. */
static struct ferry_link *watch_next_link(const struct ferry_watcher *w)
{
	struct ferry_link *link;

	list_for_each_entry(link, &watched, watch_node)
		if (watch_knows(w, link))
			return link;
	return NULL;
}

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
	w->last = watch_seq;	/* of links that come now it is not told */
	while ((link = watch_next_link(w))) {
		w->told = link->watch_seq;
		watch_tell_removed(w, link, &link->watch_calls);
	}
	list_del_rcu(&w->node);
	mutex_unlock(&watch_lock);
	wait_event(watch_idle, !READ_ONCE(w->calls));
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
 * Those that ferry_channel_announce() told of, and only while the link runs or is idle.
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
	if (!link->registered || !ferry_link_is_up(link))
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
