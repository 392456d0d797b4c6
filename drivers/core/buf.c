// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: memory that is lent, with one owner on each side.
 *
 * Each side has one bit in ferry_buf.owners. Whoever takes the last bit away puts
 * the buffer into the free list, so the bits need no lock.
 */
#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/pool.h>

#include "pool.h"

/**
 * ferry_buf_init() - describe memory that the remote lends us
 * @buf:	the buffer, embedded by the protocol
 * @ops:	who gets it back
 * @vaddr:	where the CPU sees it; its range was checked
 * @remote:	where the remote sees it
 * @size:	bytes
 *
 * It is ours until ferry_buf_put().
 *
 * Context: any.
 */
void ferry_buf_init(struct ferry_buf *buf, const struct ferry_buf_ops *ops, void *vaddr,
		    u64 remote, size_t size)
{
	buf->ops = ops;
	buf->pool = NULL;
	buf->chain = NULL;
	buf->vaddr = vaddr;
	buf->remote = remote;
	buf->size = size;
	atomic_set(&buf->owners, FERRY_OWNER_LOCAL);
}
EXPORT_SYMBOL_GPL(ferry_buf_init);

/**
 * ferry_buf_put() - we are done with a buffer
 * @buf:	a buffer that is ours, or NULL
 *
 * A pool buffer is free once the remote is done with it, too. One that the remote
 * lent goes back to it.
 *
 * Context: any.
 */
void ferry_buf_put(struct ferry_buf *buf)
{
	int old;

	if (!buf)
		return;
	old = atomic_fetch_andnot(FERRY_OWNER_LOCAL, &buf->owners);
	if (WARN_ONCE(!(old & FERRY_OWNER_LOCAL), "ferry: buffer put twice\n"))
		return;
	if (!buf->pool) {
		buf->ops->release(buf);
	} else if (old == FERRY_OWNER_LOCAL) {
		scoped_guard(spinlock_irqsave, &buf->pool->lock)
			ferry_pool_add_free(buf->pool, buf);
	}
}
EXPORT_SYMBOL_GPL(ferry_buf_put);

/**
 * ferry_buf_chain() - let a buffer come back together with another one
 * @buf:	a pool buffer of ours, not lent, for which the wire has a sign
 * @tail:	a pool buffer of ours, not lent, for which it has none
 *
 * What happens to the remote's ownership of @buf happens to that of @tail, too.
 * Each keeps its own local owner.
 *
 * Context: any.
 */
void ferry_buf_chain(struct ferry_buf *buf, struct ferry_buf *tail)
{
	if (WARN_ONCE(buf == tail || buf->chain || tail->chain || !buf->pool || !tail->pool,
		      "ferry: chain of more than two, or not of pool buffers\n"))
		return;
	buf->chain = tail;
}
EXPORT_SYMBOL_GPL(ferry_buf_chain);

static void buf_lend_one(struct ferry_buf *buf)
{
	struct ferry_pool *pool = buf->pool;
	int old;

	buf->epoch = READ_ONCE(pool->epoch);
	if (!pool->ops) {
		old = atomic_fetch_or(FERRY_OWNER_REMOTE, &buf->owners);
		WARN_ONCE(old != FERRY_OWNER_LOCAL, "ferry: lent twice, or not ours\n");
		return;
	}
	scoped_guard(spinlock_irqsave, &pool->lock) {
		old = atomic_fetch_or(FERRY_OWNER_REMOTE, &buf->owners);
		if (!WARN_ONCE(old != FERRY_OWNER_LOCAL, "ferry: lent twice, or not ours\n")) {
			list_add_tail(&buf->node, &pool->lent);
			pool->nr_lent++;
		}
	}
}

/**
 * ferry_buf_lend() - the remote is about to learn of a buffer
 * @buf:	a pool buffer of ours, not lent
 *
 * Call it before the remote can know, since it may give the buffer back at once.
 * The local owner stays, until ferry_buf_put(). What is chained to @buf is lent
 * with it.
 *
 * Context: any.
 */
void ferry_buf_lend(struct ferry_buf *buf)
{
	struct ferry_buf *tail = buf->chain;

	/* The tail first: once buf is lent, its mark may give both back. */
	if (tail)
		buf_lend_one(tail);
	buf_lend_one(buf);
}
EXPORT_SYMBOL_GPL(ferry_buf_lend);

/**
 * ferry_buf_recall() - the remote did not learn of a buffer after all
 * @buf:	a pool buffer that was lent
 *
 * Undoes ferry_buf_lend() and ferry_buf_chain() after a push that was lost.
 *
 * Context: any.
 */
void ferry_buf_recall(struct ferry_buf *buf)
{
	ferry_pool_end_lend(buf);
}
EXPORT_SYMBOL_GPL(ferry_buf_recall);
