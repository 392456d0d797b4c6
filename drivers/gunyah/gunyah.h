/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the Gunyah protocol.
 */
#ifndef FERRY_GUNYAH_PRIVATE_H
#define FERRY_GUNYAH_PRIVATE_H

#include <linux/ferry/channel.h>
#include <linux/ferry/gunyah.h>
#include <linux/ferry/port.h>
#include <linux/list.h>
#include <linux/mutex.h>

/* Room for the largest message of any queue. */
#define GUNYAH_BUF_SIZE		1024
#define GUNYAH_MTU_MAX		1023
#define GUNYAH_VMID_UNKNOWN	(-1)

/**
 * struct ferry_gunyah_peer - another VM
 * @link:	to it
 * @lock:	of @channels and @running; below the mutex of the link, above those of ports
 * @channels:	list; RCU for who receives
 * @running:	ports are started
 * @stopped:	says whether the VM reaches memory of ours, or NULL: it has none
 * @data:	for @stopped
 * @vmid:	which VM, or GUNYAH_VMID_UNKNOWN
 */
struct ferry_gunyah_peer {
	struct ferry_link *link;
	struct mutex lock;	/* see above */
	struct list_head channels;
	bool running;
	int (*stopped)(void *data);
	void *data;
	int vmid;
};

/**
 * struct ferry_gunyah_channel - up to two ports
 * @ch:		the channel
 * @txq:	its own: each queue fills by itself
 * @rxq:	its own
 * @peer:	the VM
 * @node:	in &ferry_gunyah_peer.channels
 * @tx:		with a reference, or NULL
 * @rx:		with a reference, or NULL
 * @broken:	a message could not be taken: for good
 * @waits:	nobody takes what is there: no interrupt is asked for
 * @len:	rxq lock: bytes in @buf that were taken and not delivered, or 0
 * @buf:	rxq lock: private, so that the next message always fits
 */
struct ferry_gunyah_channel {
	struct ferry_channel ch;
	struct ferry_txq txq;
	struct ferry_rxq rxq;
	struct ferry_gunyah_peer *peer;
	struct list_head node;
	struct ferry_port *tx;
	struct ferry_port *rx;
	bool broken;
	bool waits;
	size_t len;
	u8 buf[GUNYAH_BUF_SIZE];
};

/* Any context. A port of the peer is gone for good, and so is the peer. */
void gunyah_peer_lost(struct ferry_gunyah_peer *peer);

/* Under the lock of the peer. */
int gunyah_channel_start(struct ferry_gunyah_channel *c);
void gunyah_channel_stop(struct ferry_gunyah_channel *c);
/* Any context. True: there is more, for which no interrupt will come. */
bool gunyah_channel_rearm(struct ferry_gunyah_channel *c);

extern const struct ferry_channel_ops gunyah_channel_ops;
extern const struct ferry_txq_ops gunyah_txq_ops;
extern const struct ferry_rxq_ops gunyah_rxq_ops;

int gunyah_probe_init(void);
void gunyah_probe_exit(void);

#endif /* FERRY_GUNYAH_PRIVATE_H */
