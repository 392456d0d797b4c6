/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels, and the txq and rxq they meet at: for authors of protocols.
 */
#ifndef _LINUX_FERRY_CHANNEL_H
#define _LINUX_FERRY_CHANNEL_H

#include <linux/completion.h>
#include <linux/ferry.h>
#include <linux/ferry/buf.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

struct ferry_channel;
struct ferry_ep;
struct ferry_lane;
struct ferry_link;
struct ferry_rx_ctx;
struct ferry_rxq;
struct ferry_txq;
struct ferry_waiter;
struct fwnode_handle;

/**
 * DOC: channels
 *
 * A channel is one conversation on a link. Its protocol says in the &struct
 * ferry_channel what it is, and in &struct ferry_channel_ops how a message
 * leaves. Senders meet at the &struct ferry_txq of the thing that fills (a ring,
 * a FIFO), receivers at the &struct ferry_rxq of the thing that is emptied.
 *
 * Sending: the caller itself sends, under the lock of the txq. Without room it
 * waits in a queue of its channel; channels are served in turn, high-speed before
 * general, but one general after every %FERRY_HS_WEIGHT high-speed ones. Who does not
 * sleep may overtake sleepers of other channels as often, and no more.
 *
 * Receiving: &ferry_rxq_ops.poll runs under the lock of the rxq, copies each
 * message once into memory that ferry_rx_get() gave, or hands over a buffer of
 * the remote with ferry_rx_buf(). The core delivers after the lock was dropped.
 *
 * At most %FERRY_COPY_MAX bytes are copied with interrupts off. ferry_txq_copy()
 * and ferry_rxq_copy() claim the queue for more: to others it then looks full, or
 * empty, and they are woken afterwards.
 */

#define FERRY_COPY_MAX		4096
#define FERRY_HS_WEIGHT		8
#define FERRY_NAME_LEN		32
#define FERRY_LANE_SLOTS	64
#define FERRY_LANE_MSG		64

/**
 * enum ferry_class - who is served first
 * @FERRY_NR_CLASSES: how many classes there are
 */
enum ferry_class {
	/** @FERRY_CLASS_HS: high-speed. */
	FERRY_CLASS_HS,
	/** @FERRY_CLASS_GP: general purpose. */
	FERRY_CLASS_GP,
	FERRY_NR_CLASSES,
};

/**
 * struct ferry_msg - a message on its way out
 * @data:	the client's bytes; NULL when @lent
 * @len:	how many
 * @buf:	what &ferry_channel_ops.stage took, or when @lent the client's buffer
 * @lent:	the message is in @buf already: it is not staged, and not unstaged.
 *		&ferry_channel_ops.xmit lends @buf and takes over one reference when
 *		it returns 0 or 1, as it does with one that was staged.
 * @fill:	not 0: there is no message in @buf, which is @lent for the remote to put one
 *		there, of so many bytes at most; it comes with ferry_rx_buf(). @len is 0.
 */
struct ferry_msg {
	const void *data;
	size_t len;
	struct ferry_buf *buf;
	bool lent;
	size_t fill;
};

/**
 * struct ferry_channel_ops - what a protocol does with a channel
 * @open:	optional; process context, under the mutex of the link; handshake with a limit.
 *		0, -errno; -EINPROGRESS: with by_remote only, ferry_channel_announce() follows
 * @close:	optional; process context, under the mutex of the link
 * @stage:	optional; any context, no lock: take a buffer and copy the message.
 *		0, -EAGAIN (waits like @xmit's), -EMSGSIZE, -EPIPE.
 * @unstage:	required with @stage: undo it; any context, perhaps under the lock of
 *		the txq
 * @xmit:	required; any context, under the lock of the txq: send @msg. @more:
 *		another one follows at once. 0 taken, 1 taken and now full, -EAGAIN
 *		not taken, -EMSGSIZE, -EPIPE this channel was closed by the remote.
 * @room:	optional; any context, under the lock of the txq: could a message be sent now?
 *		For channels whose room is not that of their txq; for others
 *		&ferry_txq_ops.tx_arm says it.
 * @flow:	optional; any context, no lock: tell the remote to stop (@on false) or
 *		go, by ferry_post(). 0 or -errno.
 * @buf_alloc:	optional; any context, no lock: a buffer of at least so many bytes that
 *		@xmit can lend. NULL: none is free now; ERR_PTR(-EMSGSIZE): there is
 *		none so big.
 */
struct ferry_channel_ops {
	int (*open)(struct ferry_channel *ch);
	void (*close)(struct ferry_channel *ch);
	int (*stage)(struct ferry_channel *ch, struct ferry_msg *msg);
	void (*unstage)(struct ferry_channel *ch, struct ferry_msg *msg);
	int (*xmit)(struct ferry_channel *ch, struct ferry_msg *msg, bool more);
	bool (*room)(struct ferry_channel *ch);
	int (*flow)(struct ferry_channel *ch, bool on);
	struct ferry_buf *(*buf_alloc)(struct ferry_channel *ch, size_t size);
};

/**
 * struct ferry_txq_ops - the thing that fills
 * @kick:	optional; under the lock: ring once for all that was sent
 * @tx_arm:	required; under the lock: ask for (@on) or stop asking for
 *		ferry_txq_ready(). True: there is room, try again. Where room comes
 *		silently it only looks, and the core calls it again while somebody
 *		waits: often then, else each second
 */
struct ferry_txq_ops {
	void (*kick)(struct ferry_txq *txq);
	bool (*tx_arm)(struct ferry_txq *txq, bool on);
};

/**
 * struct ferry_txq - where senders meet; embedded by the protocol
 * @silent:	room comes without any event: the core looks for it while somebody
 *		waits; the protocol sets it after ferry_txq_init()
 *
 * Everything else belongs to the core.
 */
struct ferry_txq {
	bool silent;

	/* private: */
	spinlock_t lock;		/* held over xmit, kick and tx_arm */
	unsigned int blocked;		/* why a send is not simply tried: FERRY_TXQ_* */
	bool unkicked;			/* something was sent and not yet rung for */
	bool serve;			/* look at the waiters after unlocking */
	bool serving;			/* somebody does */
	bool again;			/* and has to look once more */
	bool moved;			/* something was sent since the timer looked */
	const struct ferry_txq_ops *ops;
	struct ferry_link *link;
	unsigned long irqflags;		/* of the holder */
	u64 doorbells;
	struct list_head node;		/* in the link */
	/* by class, the last for channels that the remote stopped */
	struct list_head waiting[FERRY_NR_CLASSES + 1];	/* channels with waiters, in turn */
	unsigned int nr_sleepers[FERRY_NR_CLASSES + 1];
	unsigned int nr_waiters;	/* sleepers and promises of tx_ready */
	unsigned int hs_served;		/* since the last general one */
	unsigned int overtakes;		/* sends past sleepers since one was served last */
	u32 round;			/* counts the times that room appeared */
	struct ferry_waiter *granted;	/* was woken and may send now */
	struct hrtimer poll_timer;
	u64 poll_ns;
	struct ferry_lane *lane;	/* NULL: none of its channels posts */
};

/**
 * struct ferry_rxq_ops - the thing that is emptied
 * @poll:	under the lock, any context: take up to @budget messages, with
 *		ferry_rx_get() and ferry_rx_put(), or ferry_rx_buf(). Returns how
 *		many were taken (dropped ones count); fewer than @budget means that
 *		it is empty, or that there is no room for the next.
 * @idle:	optional; any context, no lock: true when a poll would find nothing, and
 *		has nothing to say to the remote. For a link of many rxqs of which few
 *		have something at a time.
 */
struct ferry_rxq_ops {
	int (*poll)(struct ferry_rxq *rxq, int budget);
	bool (*idle)(struct ferry_rxq *rxq);
};

/**
 * struct ferry_rxq - where receivers meet; embedded by the protocol
 *
 * Everything in it belongs to the core.
 */
struct ferry_rxq {
	/* private: */
	spinlock_t lock;		/* held over poll; above the lock of a txq */
	bool claimed;			/* somebody copies without the lock */
	bool missed;			/* somebody else wanted to poll meanwhile */
	size_t copied;			/* bytes, in this hold of the lock */
	unsigned long irqflags;		/* of the holder */
	const struct ferry_rxq_ops *ops;
	struct ferry_link *link;
	struct ferry_rx_ctx *ctx;	/* the thread that polls; NULL: somebody else */
	struct list_head node;		/* in the link */
	u8 *scratch;			/* a message for an atomic endpoint */
	u64 drops[FERRY_NR_DROPS];	/* of messages for no channel */
};

/**
 * struct ferry_channel - one conversation; embedded by the protocol
 * @name:	name, may be empty
 * @number:	number, or %FERRY_ANY_NUMBER
 * @cls:	high-speed or general
 * @mtu:	largest message that can be sent, bytes
 * @rx_copy:	largest message that is received with ferry_rx_get(), bytes, which may be
 *		more than @mtu; 0 for a protocol that hands over buffers
 * @buf_max:	largest message that is sent or received as a buffer, bytes; 0 for a
 *		channel that cannot
 * @fills:	the remote fills buffers that were lent for that: &ferry_msg.fill. Messages,
 *		buffers that are sent and buffers that are posted wait for room of their own
 *		then: none of the three stands in the way of another.
 * @keeps:	poll leaves what finds no room where it is. Then nothing is taken while a
 *		message waits that the endpoint did not want yet, and so nothing is lost.
 * @atomic_ok:	its clients are used to being called in interrupts: endpoints with
 *		%FERRY_EP_BY_CHANNEL are; needs @keeps
 * @by_remote:	the remote opens and closes it, see ferry_channel_announce(); others are
 *		there while the link runs
 * @fwnode:	what describes its client, or NULL; of the protocol until
 *		ferry_channel_unregister() returned
 * @ops:	how it sends
 * @txq:	where it sends, or NULL for a channel that cannot
 * @rxq:	where it receives, or NULL for a channel that cannot
 * @link:	set by ferry_channel_register()
 *
 * The protocol sets @name to @rxq before ferry_channel_register(). What follows
 * @link belongs to the core.
 */
struct ferry_channel {
	char name[FERRY_NAME_LEN];
	u32 number;
	enum ferry_class cls;
	size_t mtu;
	size_t rx_copy;
	size_t buf_max;
	bool fills;
	bool keeps;
	bool atomic_ok;
	bool by_remote;
	struct fwnode_handle *fwnode;
	const struct ferry_channel_ops *ops;
	struct ferry_txq *txq;
	struct ferry_rxq *rxq;
	struct ferry_link *link;

	/* private: */
	struct ferry_ep __rcu *ep;	/* changed under the locks of link and rxq */
	bool opened;			/* link mutex: open was called */
	u32 said;			/* link state_lock: counts announcements, by two */
	u32 offer;			/* link state_lock: the newest, or 0: none */
	u32 seen;			/* link mutex: ... what was acted on */
	u32 opened_for;			/* link mutex: ... which offer */
	bool on_demand;			/* link mutex: made for its endpoint */
	int tx_error;			/* txq lock: what senders get, or 0 */
	bool tx_stopped;		/* txq lock: the remote said stop */
	struct list_head node;		/* in the link */
	struct list_head waiters;	/* txq lock */
	struct list_head wait_node;	/* txq lock: in txq->waiting */
	unsigned int nr_waiters;	/* txq lock */
	unsigned int nr_sleepers;	/* txq lock: those whose message waits, */
	unsigned int nr_aside[2];	/* or a buffer, sent or posted, in a queue of its own */
	unsigned int nr_inside;		/* txq lock: those who have not left yet */
	struct completion idle;		/* the last sleeper left */
	struct ferry_stats stats;	/* tx: txq lock, rx: rxq lock */
};

int ferry_channel_register(struct ferry_link *link, struct ferry_channel *ch);
void ferry_channel_unregister(struct ferry_channel *ch);
void ferry_channel_flow(struct ferry_channel *ch, bool on);
void ferry_channel_announce(struct ferry_channel *ch, bool on);

int ferry_txq_init(struct ferry_txq *txq, struct ferry_link *link,
		   const struct ferry_txq_ops *ops, bool lane);
void ferry_txq_exit(struct ferry_txq *txq);
void ferry_txq_ready(struct ferry_txq *txq);
void ferry_txq_claim(struct ferry_txq *txq);
void ferry_txq_unclaim(struct ferry_txq *txq);
void ferry_txq_copy_claimed(struct ferry_txq *txq, void *dst, const void *src, size_t len);
int ferry_post(struct ferry_channel *ch, const void *data, size_t len);
int ferry_post_wait(struct ferry_channel *ch, const void *data, size_t len,
		    unsigned int timeout_ms);

int ferry_rxq_init(struct ferry_rxq *rxq, struct ferry_link *link,
		   const struct ferry_rxq_ops *ops);
void ferry_rxq_exit(struct ferry_rxq *rxq);
void ferry_rxq_claim(struct ferry_rxq *rxq);
void ferry_rxq_unclaim(struct ferry_rxq *rxq);
void ferry_rxq_copy_claimed(struct ferry_rxq *rxq, void *dst, const void *src, size_t len);
void *ferry_rx_get(struct ferry_channel *ch, size_t len);
void ferry_rx_put(struct ferry_channel *ch, void *data, size_t len);
int ferry_rx_buf(struct ferry_channel *ch, struct ferry_buf *buf, size_t len);
void ferry_rx_drop(struct ferry_rxq *rxq, struct ferry_channel *ch, enum ferry_drop why);

/**
 * ferry_channel_has_ep - does anybody have the channel open?
 * @ch:		the channel
 *
 * For a protocol that can leave messages where they are until somebody has.
 *
 * Context: any, from &ferry_rxq_ops.poll of the channel's rxq only.
 *
 * Return: true when there is an endpoint, which need not receive.
 */
static inline bool ferry_channel_has_ep(const struct ferry_channel *ch)
{
	return rcu_access_pointer(ch->ep);
}

/**
 * ferry_txq_copy - copy a message from within xmit
 * @txq:	the txq, locked by the core
 * @dst:	shared memory that nobody else writes meanwhile
 * @src:	the message
 * @len:	bytes
 *
 * Up to %FERRY_COPY_MAX bytes are copied under the lock. For more the queue is
 * claimed and the lock dropped meanwhile: to others it looks full. So nothing that
 * @xmit read of its own state before stays true, except what the claim protects:
 * no other xmit, kick or tx_arm runs.
 *
 * Context: any, from &ferry_channel_ops.xmit only.
 */
static inline void ferry_txq_copy(struct ferry_txq *txq, void *dst, const void *src, size_t len)
{
	if (likely(len <= FERRY_COPY_MAX))
		memcpy(dst, src, len);
	else
		ferry_txq_copy_claimed(txq, dst, src, len);
}

/**
 * ferry_rxq_copy - copy a message from within poll
 * @rxq:	the rxq, locked by the core
 * @dst:	what ferry_rx_get() gave
 * @src:	shared memory
 * @len:	bytes
 *
 * No more than %FERRY_COPY_MAX bytes are copied in one hold of the lock. Beyond
 * that the queue is claimed and the lock dropped meanwhile: to others it looks
 * empty, and they are made to look again.
 *
 * Context: any, from &ferry_rxq_ops.poll only.
 */
static inline void ferry_rxq_copy(struct ferry_rxq *rxq, void *dst, const void *src, size_t len)
{
	rxq->copied += len;
	if (likely(rxq->copied <= FERRY_COPY_MAX))
		memcpy(dst, src, len);
	else
		ferry_rxq_copy_claimed(rxq, dst, src, len);
}

/**
 * ferry_txq_copy_begin - a message is about to be copied from within xmit
 * @txq:	the txq, locked by the core
 * @len:	bytes
 *
 * As ferry_txq_copy(), for a protocol that copies in a way of its own.
 *
 * Context: any, from &ferry_channel_ops.xmit only.
 *
 * Return: what ferry_txq_copy_end() wants to know.
 */
static inline bool ferry_txq_copy_begin(struct ferry_txq *txq, size_t len)
{
	if (likely(len <= FERRY_COPY_MAX))
		return false;
	ferry_txq_claim(txq);
	return true;
}

/**
 * ferry_txq_copy_end - it was copied
 * @txq:	the txq
 * @claimed:	what ferry_txq_copy_begin() returned
 *
 * Context: any, from &ferry_channel_ops.xmit only.
 */
static inline void ferry_txq_copy_end(struct ferry_txq *txq, bool claimed)
{
	if (unlikely(claimed))
		ferry_txq_unclaim(txq);
}

/**
 * ferry_rxq_copy_begin - a message is about to be copied from within poll
 * @rxq:	the rxq, locked by the core
 * @len:	bytes
 *
 * As ferry_rxq_copy(), for a protocol that copies in a way of its own.
 *
 * Context: any, from &ferry_rxq_ops.poll only.
 *
 * Return: what ferry_rxq_copy_end() wants to know.
 */
static inline bool ferry_rxq_copy_begin(struct ferry_rxq *rxq, size_t len)
{
	rxq->copied += len;
	if (likely(rxq->copied <= FERRY_COPY_MAX))
		return false;
	ferry_rxq_claim(rxq);
	return true;
}

/**
 * ferry_rxq_copy_end - it was copied
 * @rxq:	the rxq
 * @claimed:	what ferry_rxq_copy_begin() returned
 *
 * Context: any, from &ferry_rxq_ops.poll only.
 */
static inline void ferry_rxq_copy_end(struct ferry_rxq *rxq, bool claimed)
{
	if (unlikely(claimed))
		ferry_rxq_unclaim(rxq);
}

#endif /* _LINUX_FERRY_CHANNEL_H */
