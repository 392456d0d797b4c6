/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ferry for clients: open a channel of a link, send, receive.
 *
 * A driver that talks to a remote needs this header and no other, unless it uses
 * what only one vendor has: <linux/ferry/VENDOR.h>.
 */
#ifndef _LINUX_FERRY_H
#define _LINUX_FERRY_H

#include <linux/bits.h>
#include <linux/ferry/buf.h>
#include <linux/types.h>
#include <uapi/linux/ferry.h>

struct dma_buf;
struct ferry_ep;
struct ferry_link;
struct file;
struct poll_table_struct;

/**
 * DOC: endpoints
 *
 * An endpoint is a client's handle on one channel of a link. It is bound to the
 * link and to the channel's name or number, not to one life of the channel: when
 * the remote crashes, sends fail with -ENOLINK, and work again after the link was
 * started anew. When the link is unregistered the endpoint stays as an orphan
 * (-ENODEV) until its client closes it.
 *
 * ==================  ====================================================
 * call                context
 * ==================  ====================================================
 * ferry_open          process, may sleep; not in a callback of this link
 * ferry_close         process, may sleep; not in a callback of this link
 * ferry_send          process, may sleep
 * ferry_trysend       any, hard IRQ included
 * ferry_buf_alloc     any
 * ferry_buf_put       any
 * ferry_send_buf      process, may sleep
 * ferry_trysend_buf   any
 * ferry_send_dmabuf   process, may sleep
 * ferry_post_recv     process, may sleep
 * ferry_trypost_recv  any
 * ferry_rx_now        any
 * ferry_resume        any
 * ferry_flow          any
 * ferry_interrupt     process, may sleep
 * ferry_quiesce       process, may sleep; not in a callback of this link
 * ferry_poll          process
 * rx                  thread of the link, may sleep; where ferry_ep_is_atomic() any
 *                     context, must not sleep
 * rx_buf              thread of the link, may sleep
 * tx_ready            any context, must not sleep
 * event               work of the link, may sleep
 * flow                any context, must not sleep
 * ==================  ====================================================
 *
 * Without a copy: a client fills a buffer from ferry_buf_alloc() and passes it to
 * ferry_send_buf(); with &ferry_ep_cfg.rx_buf it gets the remote's buffer itself, or one of
 * its own that it had lent to be filled with ferry_post_recv(). Who
 * owns a buffer is said in &struct ferry_buf; a client uses its vaddr and size, and
 * puts what it has not passed on.
 */

/* struct ferry_id.number: the channel is known by its name alone */
#define FERRY_ANY_NUMBER	((u32)~0)

/**
 * struct ferry_id - names a channel: by name, by number, or by both
 * @name:	name, or NULL for any
 * @number:	number, or %FERRY_ANY_NUMBER
 */
struct ferry_id {
	const char *name;
	u32 number;
};

/* struct ferry_ep_cfg.flags */
#define FERRY_EP_ATOMIC		BIT(0)	/* rx may run in hard IRQ and must not sleep; it
					 * gets messages of at most 4096 bytes
					 */

#define FERRY_EP_BY_CHANNEL	BIT(1)	/* rx bears either context: it may run in hard IRQ
					 * where the clients of the channel are used to
					 * that, then longer messages come in the thread
					 */

#define FERRY_DEPTH_DEFAULT	128
#define FERRY_DEPTH_MAX		65536
#define FERRY_TIMEOUT_DEFAULT	15000	/* ms */

/**
 * struct ferry_ep_cfg - what a client wants of its endpoint
 * @rx:		a message came; @data is private memory that the remote cannot
 *		change any more, valid until the call returns. Return 0 when it was
 *		taken, -EAGAIN to be offered it again after ferry_resume() or with
 *		the next message. NULL for an endpoint that only sends.
 * @rx_buf:	a message came in memory that the remote lends, or in a buffer of
 *		ferry_post_recv(): called instead of @rx,
 *		also for messages longer than ferry_mtu(), up to ferry_buf_max(). Return
 *		0 and own @buf until ferry_buf_put(), at any time, even after the link
 *		is gone; or -EAGAIN as for @rx. The remote may change the bytes
 *		meanwhile: read each once. A message that comes otherwise still goes
 *		to @rx, which is required. NULL for an endpoint that wants copies.
 * @tx_ready:	there may be room, or the link stopped: called once after one or
 *		more ferry_trysend() that returned -EAGAIN, or after a ferry_poll()
 *		that found no room; or NULL
 * @event:	the state of the channel changed; only the newest is told; or NULL
 * @flow:	the remote said stop (@on false) or go, which sends heed by themselves; any
 *		context, must not sleep; or NULL
 * @priv:	argument of the five calls above
 * @depth:	messages that may wait for this endpoint before more are dropped and
 *		counted; 0 is %FERRY_DEPTH_DEFAULT. Where the core keeps the bytes, it
 *		has about 256 for each, or room for two of the largest message.
 * @timeout_ms:	limit of ferry_send() in ms; 0 is %FERRY_TIMEOUT_DEFAULT
 * @flags:	FERRY_EP_ATOMIC or FERRY_EP_BY_CHANNEL, not together with @rx_buf
 */
struct ferry_ep_cfg {
	int (*rx)(struct ferry_ep *ep, const void *data, size_t len, void *priv);
	int (*rx_buf)(struct ferry_ep *ep, struct ferry_buf *buf, size_t len, void *priv);
	void (*tx_ready)(struct ferry_ep *ep, void *priv);
	void (*event)(struct ferry_ep *ep, enum ferry_event event, void *priv);
	void (*flow)(struct ferry_ep *ep, bool on, void *priv);
	void *priv;
	unsigned int depth;
	unsigned int timeout_ms;
	unsigned int flags;
};

/*
 * Why a message was dropped: the enum, the names in debugfs and the names in
 * the trace come from this one list.
 */
#define FERRY_DROPS(X)							\
	X(NO_CHANNEL,	"no-channel")	/* for a channel nobody has */	\
	X(NOT_OPEN,	"not-open")	/* channel without endpoint */	\
	X(QUEUE_FULL,	"queue-full")	/* endpoint too slow */		\
	X(BAD_ADDRESS,	"bad-address")	/* outside what is shared */	\
	X(BAD_HEADER,	"bad-header")	/* fields that cannot be */	\
	X(BAD_LENGTH,	"bad-length")	/* longer than allowed */	\
	X(STALE,	"stale")	/* not, or no more, a message */\
	X(NO_MEMORY,	"no-memory")	/* no private record left */	\
	X(CLOSED,	"closed")	/* endpoint closed meanwhile */	\
	X(POST,		"post")		/* an answer, not to be sent */

#define FERRY_DROP_ENUM(id, name)	FERRY_DROP_##id,

/**
 * enum ferry_drop - why a received message, or the answer to one, was dropped
 * @FERRY_NR_DROPS: how many reasons there are
 *
 * The reasons are ``FERRY_DROP_`` and a name in ``FERRY_DROPS()``.
 */
enum ferry_drop {
	/* private: one for each line of FERRY_DROPS() */
	FERRY_DROPS(FERRY_DROP_ENUM)
	/* public: */
	FERRY_NR_DROPS,
};

/**
 * struct ferry_stats - counters of a channel or of a whole link
 * @tx_msgs:	messages sent
 * @tx_bytes:	their bytes
 * @rx_msgs:	messages received and not dropped; goes down by one for a message
 *		that is dropped after it was taken
 * @rx_bytes:	their bytes
 * @stalls:	sends that found no room
 * @doorbells:	rings of the remote; of a link only
 * @drops:	received messages dropped, by &enum ferry_drop
 */
struct ferry_stats {
	u64 tx_msgs;
	u64 tx_bytes;
	u64 rx_msgs;
	u64 rx_bytes;
	u64 stalls;
	u64 doorbells;
	u64 drops[FERRY_NR_DROPS];
};

struct ferry_link *ferry_link_get(const char *name);
void ferry_link_put(struct ferry_link *link);

struct ferry_ep *ferry_open(struct ferry_link *link, const struct ferry_id *id,
			    const struct ferry_ep_cfg *cfg);
int ferry_close(struct ferry_ep *ep);

int ferry_send(struct ferry_ep *ep, const void *data, size_t len);
int ferry_send_timeout(struct ferry_ep *ep, const void *data, size_t len, unsigned int timeout_ms);
int ferry_trysend(struct ferry_ep *ep, const void *data, size_t len);

struct ferry_buf *ferry_buf_alloc(struct ferry_ep *ep, size_t size);
int ferry_send_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len);
int ferry_send_buf_timeout(struct ferry_ep *ep, struct ferry_buf *buf, size_t len,
			   unsigned int timeout_ms);
int ferry_trysend_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len);
int ferry_send_dmabuf(struct ferry_ep *ep, struct dma_buf *dmabuf, size_t len);
int ferry_send_dmabuf_timeout(struct ferry_ep *ep, struct dma_buf *dmabuf, size_t len,
			      unsigned int timeout_ms);
int ferry_post_recv(struct ferry_ep *ep, struct ferry_buf *buf, size_t len);
int ferry_trypost_recv(struct ferry_ep *ep, struct ferry_buf *buf, size_t len);

__poll_t ferry_poll(struct ferry_ep *ep, struct file *file, struct poll_table_struct *wait);
int ferry_flow(struct ferry_ep *ep, bool on);
void ferry_interrupt(struct ferry_ep *ep);
void ferry_quiesce(struct ferry_ep *ep);
bool ferry_ep_is_atomic(const struct ferry_ep *ep);
void ferry_resume(struct ferry_ep *ep);
int ferry_rx_now(struct ferry_ep *ep);
size_t ferry_mtu(struct ferry_ep *ep);
size_t ferry_buf_max(struct ferry_ep *ep);
void ferry_ep_stats(struct ferry_ep *ep, struct ferry_stats *stats);

#endif /* _LINUX_FERRY_H */
