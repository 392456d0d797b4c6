/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers: memory that is lent, with one owner on each side.
 */
#ifndef _LINUX_FERRY_BUF_H
#define _LINUX_FERRY_BUF_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/list.h>
#include <linux/types.h>

struct ferry_buf;
struct ferry_pool;

/**
 * struct ferry_buf_ops - who gets a buffer back
 */
struct ferry_buf_ops {
	/**
	 * @release: we are done with @buf, which the remote lent us: tell it.
	 * Any context. The core does not touch @buf afterwards.
	 */
	void (*release)(struct ferry_buf *buf);
};

/**
 * struct ferry_buf - one handle for a pool buffer and for memory the remote lends
 * @ops:	who gets it back; NULL for a pool buffer
 * @pool:	the pool it is cut from, or NULL
 * @chain:	a buffer that the remote gives back together with this one; set by
 *		ferry_buf_chain()
 * @vaddr:	where the CPU sees it
 * @remote:	where the remote sees it
 * @size:	bytes
 * @epoch:	when it was lent
 * @owners:	FERRY_OWNER_*: whoever takes the last one away frees it
 * @node:	place in the free or the lent list of the pool, under its lock
 *
 * @vaddr, @remote and @size are for users; the rest belongs to the core.
 */
struct ferry_buf {
	const struct ferry_buf_ops *ops;
	struct ferry_pool *pool;
	struct ferry_buf *chain;
	void *vaddr;
	u64 remote;
	size_t size;
	u32 epoch;
	atomic_t owners;
	struct list_head node;
};

/* ferry_buf.owners: how many references we have, and two bits. */
#define FERRY_OWNER_LOCAL	1
#define FERRY_OWNER_SENDING	BIT(29)	/* somebody is about to lend it */
#define FERRY_OWNER_REMOTE	BIT(30)	/* it is lent */

void ferry_buf_init(struct ferry_buf *buf, const struct ferry_buf_ops *ops, void *vaddr,
		    u64 remote, size_t size);
struct ferry_buf *ferry_buf_get(struct ferry_buf *buf);
void ferry_buf_put(struct ferry_buf *buf);
int ferry_buf_claim(struct ferry_buf *buf);
void ferry_buf_unclaim(struct ferry_buf *buf);
void ferry_buf_chain(struct ferry_buf *buf, struct ferry_buf *tail);
void ferry_buf_lend(struct ferry_buf *buf);
void ferry_buf_recall(struct ferry_buf *buf);

#endif /* _LINUX_FERRY_BUF_H */
