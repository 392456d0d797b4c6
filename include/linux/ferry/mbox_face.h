/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports as channels of the kernel's mailbox framework, for its unmodified clients.
 */
#ifndef _LINUX_FERRY_MBOX_FACE_H
#define _LINUX_FERRY_MBOX_FACE_H

#include <linux/err.h>
#include <linux/kconfig.h>
#include <linux/types.h>

struct device;
struct ferry_mbox_face;
struct ferry_port;
struct mbox_chan;

/**
 * DOC: the mailbox face
 *
 * Any port, or two of them, can be a channel of a mailbox controller. The ports are started
 * when a client takes the channel, and belong to it until it gives the channel back.
 *
 * The framework wants to hear of each message that it is done before it gives the next, and
 * never from inside send. So a message that the port took is done soon after; one that took
 * the last room, when there is room again; one that found none is kept here, sent when there
 * is room, and done then. A port that is killed ends what is on its way with -EPIPE. Nothing
 * is ever refused: the framework would keep what is, and offer it to nobody.
 *
 * A client that waits may give up. A message of it that has not been sent by then is dropped
 * for the next.
 */

/**
 * enum ferry_mbox_done - who says that a message is done
 */
enum ferry_mbox_done {
	/** @FERRY_MBOX_DONE_TELL: the port does; the only way in which errors are told. */
	FERRY_MBOX_DONE_TELL,
	/** @FERRY_MBOX_DONE_POLL: the framework asks, or the client says it if it knows. */
	FERRY_MBOX_DONE_POLL,
	/** @FERRY_MBOX_DONE_ACK: the client says it; for doorbells beside shared memory. */
	FERRY_MBOX_DONE_ACK,
};

/**
 * struct ferry_mbox_msg - what a pointer of a client points to, where lengths differ
 * @data:	the message
 * @len:	bytes
 * @more:	another follows at once, the remote need not be told yet; not set when received
 */
struct ferry_mbox_msg {
	const void *data;
	size_t len;
	bool more;
};

/**
 * struct ferry_mbox_pair - the ports of one channel
 * @tx:		where its messages go, or NULL
 * @rx:		where they come from, or NULL
 */
struct ferry_mbox_pair {
	struct ferry_port *tx;
	struct ferry_port *rx;
};

/**
 * struct ferry_mbox_face_cfg - a controller to be made
 * @pairs:	its channels, in this order; references of the ports are taken
 * @nr:		how many
 * @done:	who says that a message is done
 * @sized:	clients pass and get &struct ferry_mbox_msg. Else they pass as many bytes as
 *		the port has at most, and get those, filled up with zeros.
 */
struct ferry_mbox_face_cfg {
	const struct ferry_mbox_pair *pairs;
	unsigned int nr;
	enum ferry_mbox_done done;
	bool sized;
};

#if IS_ENABLED(CONFIG_MAILBOX)
struct ferry_mbox_face *ferry_mbox_face_create(struct device *dev,
					       const struct ferry_mbox_face_cfg *cfg);
void ferry_mbox_face_destroy(struct ferry_mbox_face *face);
struct mbox_chan *ferry_mbox_face_chan(struct ferry_mbox_face *face, unsigned int nr);
#else
static inline struct ferry_mbox_face *
ferry_mbox_face_create(struct device *dev, const struct ferry_mbox_face_cfg *cfg)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline void ferry_mbox_face_destroy(struct ferry_mbox_face *face)
{
}
#endif

#endif /* _LINUX_FERRY_MBOX_FACE_H */
