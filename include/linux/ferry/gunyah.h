/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gunyah: links to other VMs, and their channels.
 */
#ifndef _LINUX_FERRY_GUNYAH_H
#define _LINUX_FERRY_GUNYAH_H

#include <linux/types.h>

struct device;
struct ferry_gunyah_channel;
struct ferry_gunyah_peer;
struct ferry_link;
struct ferry_port;

/**
 * DOC: Gunyah channels
 *
 * Each VM that we share something with is a link. A channel is one message queue, or two,
 * or a doorbell: the hypervisor knows no pairs, and a channel without a queue in one
 * direction is as good as any (-EOPNOTSUPP to who sends where nothing can be sent). What a
 * channel is for only its label says, a number that both VMs agreed on, together with its
 * type.
 *
 * Messages wait in the queue while nobody has the channel open: it is the other VM that
 * finds it full. A message that cannot be taken closes its channel. A capability that is
 * lost means that the other VM is gone: the link crashes, and cannot be started again as it
 * is. Other links are not touched.
 */

/**
 * enum ferry_gunyah_type - what a channel is made of
 */
enum ferry_gunyah_type {
	/** @FERRY_GUNYAH_QUEUE: message queues. */
	FERRY_GUNYAH_QUEUE,
	/** @FERRY_GUNYAH_BELL: doorbells; a message is the 64 flags, little-endian. */
	FERRY_GUNYAH_BELL,
};

/**
 * struct ferry_gunyah_channel_cfg - a channel to be made
 * @type:	what it is made of
 * @label:	its number
 * @name:	its name; NULL: "queue" or "bell", with "-tx" or "-rx" where it has one way only
 * @tx:		where it sends, or NULL
 * @rx:		where it receives, or NULL
 *
 * References are taken on @tx and @rx.
 */
struct ferry_gunyah_channel_cfg {
	enum ferry_gunyah_type type;
	u32 label;
	const char *name;
	struct ferry_port *tx;
	struct ferry_port *rx;
};

struct ferry_gunyah_peer *ferry_gunyah_peer_create(struct device *parent, const char *name);
void ferry_gunyah_peer_destroy(struct ferry_gunyah_peer *peer);
void ferry_gunyah_peer_on_stop(struct ferry_gunyah_peer *peer, int (*stopped)(void *data),
			       void *data);
void ferry_gunyah_peer_set_vmid(struct ferry_gunyah_peer *peer, u16 vmid);
struct ferry_link *ferry_gunyah_peer_link(struct ferry_gunyah_peer *peer);
struct ferry_gunyah_channel *
ferry_gunyah_channel_add(struct ferry_gunyah_peer *peer,
			 const struct ferry_gunyah_channel_cfg *cfg);
void ferry_gunyah_channel_remove(struct ferry_gunyah_channel *c);

#endif /* _LINUX_FERRY_GUNYAH_H */
