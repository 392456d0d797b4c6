/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Ferry for user space: /dev/ferry/LINK.
 *
 * A file is bound to one channel of the link by FERRY_IOC_OPEN. Then a read takes one
 * message and a write sends one; poll and epoll tell of both. When the remote crashes
 * and is started again, the file works again. See Documentation/ABI/testing/dev-ferry.
 *
 * Rules of all structures: fields that are called reserved, and flags that are not
 * defined, must be 0. They may grow at their end: the size is part of the number of the
 * ioctl, and a kernel takes what is longer than it knows when the rest is zero, but
 * nothing shorter than here.
 */
#ifndef _UAPI_LINUX_FERRY_H
#define _UAPI_LINUX_FERRY_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define FERRY_IOC_MAGIC		0xe4

#define FERRY_CHANNEL_NAME	32
#define FERRY_CHANNEL_ANY	((__u32)~0U)	/* a channel is known by its name alone */

/**
 * enum ferry_event - what happened to a channel
 */
enum ferry_event {
	/** @FERRY_EVENT_UP: the channel can be used (again). */
	FERRY_EVENT_UP,
	/** @FERRY_EVENT_DOWN: the link was stopped; sends fail with -ENOLINK. */
	FERRY_EVENT_DOWN,
	/** @FERRY_EVENT_CRASHED: the remote crashed; sends fail with -ENOLINK. */
	FERRY_EVENT_CRASHED,
	/**
	 * @FERRY_EVENT_GONE: the link, or this channel, is gone for good; all calls
	 * fail with -ENODEV.
	 */
	FERRY_EVENT_GONE,
	/**
	 * @FERRY_EVENT_CLOSED: the remote closed this channel; sends fail with -EPIPE
	 * until it can be used again.
	 */
	FERRY_EVENT_CLOSED,
};

/* struct ferry_ioc_open.flags */
#define FERRY_OPEN_BUFFERS	(1 << 0)	/* keep messages in the memory they came in */

/**
 * struct ferry_ioc_open - bind a file to a channel: FERRY_IOC_OPEN
 * @channel:	name, ended by a zero; empty: known by its number alone
 * @number:	number, or %FERRY_CHANNEL_ANY
 * @flags:	FERRY_OPEN_BUFFERS
 * @depth:	messages that the file holds before the remote is made to wait; 0: 128
 * @timeout_ms:	limit of a send that waits for room, in ms; 0: 15000
 */
struct ferry_ioc_open {
	char channel[FERRY_CHANNEL_NAME];
	__u32 number;
	__u32 flags;
	__u32 depth;
	__u32 timeout_ms;
};

/**
 * enum ferry_link_is - state of a link, as far as a user of a channel minds
 */
enum ferry_link_is {
	/** @FERRY_LINK_DOWN: not started, stopped, crashed, or the remote closed the channel. */
	FERRY_LINK_DOWN,
	/** @FERRY_LINK_RUNNING: messages can be sent and received; also of an idle link. */
	FERRY_LINK_RUNNING,
	/** @FERRY_LINK_GONE: the link, or this channel, is gone for good. */
	FERRY_LINK_GONE,
};

/**
 * struct ferry_ioc_info - what a file is bound to: FERRY_IOC_INFO
 * @mtu:	largest message that is copied, bytes
 * @buf_max:	largest message that is sent or received as a buffer, bytes; 0: none can be
 * @state:	enum ferry_link_is
 * @epoch:	how often the link was started
 * @tx_msgs:	messages sent on the channel
 * @tx_bytes:	their bytes
 * @rx_msgs:	messages received and not dropped
 * @rx_bytes:	their bytes
 * @stalls:	sends that found no room
 * @drops:	received messages that were dropped
 */
struct ferry_ioc_info {
	__u64 mtu;
	__u64 buf_max;
	__u32 state;
	__u32 epoch;
	__u64 tx_msgs;
	__u64 tx_bytes;
	__u64 rx_msgs;
	__u64 rx_bytes;
	__u64 stalls;
	__u64 drops;
};

/**
 * struct ferry_ioc_alloc - zeroed memory to be filled and sent: FERRY_IOC_ALLOC
 * @size:	in: bytes wanted; out: bytes it has, whole pages
 * @flags:	0
 * @fd:		out: a dma-buf, close-on-exec, to be mapped and given to FERRY_IOC_SEND_BUF
 */
struct ferry_ioc_alloc {
	__u64 size;
	__u32 flags;
	__s32 fd;
};

/**
 * struct ferry_ioc_send_buf - send a dma-buf without a copy: FERRY_IOC_SEND_BUF
 * @len:	bytes of the message, from the start of the buffer
 * @flags:	0
 * @fd:		a dma-buf: from FERRY_IOC_ALLOC, or any other
 */
struct ferry_ioc_send_buf {
	__u64 len;
	__u32 flags;
	__s32 fd;
};

/**
 * struct ferry_ioc_recv - take a message, without a copy where possible: FERRY_IOC_RECV
 * @addr:	in: memory for a message that has to be copied
 * @size:	in: its bytes
 * @len:	out: bytes of the message
 * @flags:	0
 * @fd:		out: a dma-buf, close-on-exec, with the message at its start; the remote
 *		gets the memory back when it was closed. -1: the message was copied to
 *		@addr.
 */
struct ferry_ioc_recv {
	__u64 addr;
	__u64 size;
	__u64 len;
	__u32 flags;
	__s32 fd;
};

/**
 * struct ferry_ioc_event - the newest change of state, told once: FERRY_IOC_EVENT
 * @event:	enum ferry_event
 * @state:	enum ferry_link_is, as of now
 * @epoch:	how often the link was started, as of now
 * @reserved:	0
 */
struct ferry_ioc_event {
	__u32 event;
	__u32 state;
	__u32 epoch;
	__u32 reserved;
};

#define FERRY_IOC_OPEN		_IOW(FERRY_IOC_MAGIC, 1, struct ferry_ioc_open)
#define FERRY_IOC_INFO		_IOR(FERRY_IOC_MAGIC, 2, struct ferry_ioc_info)
#define FERRY_IOC_ALLOC		_IOWR(FERRY_IOC_MAGIC, 3, struct ferry_ioc_alloc)
#define FERRY_IOC_SEND_BUF	_IOW(FERRY_IOC_MAGIC, 4, struct ferry_ioc_send_buf)
#define FERRY_IOC_RECV		_IOWR(FERRY_IOC_MAGIC, 5, struct ferry_ioc_recv)
#define FERRY_IOC_EVENT		_IOR(FERRY_IOC_MAGIC, 6, struct ferry_ioc_event)

#endif /* _UAPI_LINUX_FERRY_H */
