/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Being told of links and of the channels their remotes offer: for what passes
 * channels on, as the rpmsg bus does.
 */
#ifndef _LINUX_FERRY_WATCH_H
#define _LINUX_FERRY_WATCH_H

#include <linux/ferry/channel.h>
#include <linux/list.h>
#include <linux/types.h>

struct ferry_link;
struct fwnode_handle;

/**
 * struct ferry_watcher - who is told of links
 * @added:	a link was registered, or was there already when ferry_watch() was called;
 *		process context, may sleep. Who keeps @link takes a reference.
 * @changed:	the link was started, stopped or crashed, or its remote offers other
 *		channels; any context, must not sleep. May come before @added and after
 *		@removed.
 * @removed:	the link goes away; process context, may sleep. Its senders were woken
 *		already, and nobody can open it any more. Other links may be registered and
 *		unregistered in here; the link ends when all calls have returned.
 *
 * What has to be done in @added and @changed belongs into work of the watcher's own: they
 * hold locks of the core.
 */
struct ferry_watcher {
	void (*added)(struct ferry_watcher *w, struct ferry_link *link);
	void (*changed)(struct ferry_watcher *w, struct ferry_link *link);
	void (*removed)(struct ferry_watcher *w, struct ferry_link *link);

	/* private: */
	struct list_head node;
	u64 seq;		/* its place among watchers and links */
	u64 last;		/* place of the last link that it is told of */
	u64 told;		/* that they go: links up to this one */
	unsigned int calls;	/* that tell so, for links that go */
};

/**
 * struct ferry_channel_info - a channel that the remote offers
 * @name:	its name, may be empty
 * @number:	its number, or %FERRY_ANY_NUMBER
 * @offer:	another one each time that the remote offers it anew; never 0
 * @mtu:	largest message, bytes
 * @fwnode:	what describes its client, with a reference, or NULL
 */
struct ferry_channel_info {
	char name[FERRY_NAME_LEN];
	u32 number;
	u32 offer;
	size_t mtu;
	struct fwnode_handle *fwnode;
};

void ferry_watch(struct ferry_watcher *w);
void ferry_unwatch(struct ferry_watcher *w);
unsigned int ferry_link_channels(struct ferry_link *link, struct ferry_channel_info *info,
				 unsigned int max);

#endif /* _LINUX_FERRY_WATCH_H */
