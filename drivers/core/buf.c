// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers: memory that is lent, with one owner on each side.
 *
 * ferry_buf.owners counts the references of our side and has a bit for the remote.
 * Whoever takes the last of them away frees the buffer, so they need no lock.
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

/* Nobody owns it any more. */
static void buf_free(struct ferry_buf *buf)
{
	if (!buf->pool) {
		buf->ops->release(buf);
		return;
	}
	scoped_guard(spinlock_irqsave, &buf->pool->lock)
		ferry_pool_add_free(buf->pool, buf);
}

/**
 * ferry_buf_get() - take one more reference
 * @buf:	a buffer that is ours
 *
 * Context: any.
 * Return: @buf, to be put once more.
 */
struct ferry_buf *ferry_buf_get(struct ferry_buf *buf)
{
	atomic_add(FERRY_OWNER_LOCAL, &buf->owners);
	return buf;
}
EXPORT_SYMBOL_GPL(ferry_buf_get);

/**
 * ferry_buf_put() - we are done with a buffer
 * @buf:	a buffer that is ours, or NULL
 *
 * Drops one reference. After the last one a pool buffer is free once the remote is
 * done with it, too; one that the remote lent goes back to it.
 *
 * Context: any.
 */
void ferry_buf_put(struct ferry_buf *buf)
{
	int old;

	if (!buf)
		return;
	old = atomic_fetch_sub(FERRY_OWNER_LOCAL, &buf->owners);
	if (WARN_ONCE(!(old & ~(FERRY_OWNER_SENDING | FERRY_OWNER_REMOTE)),
		      "ferry: buffer put twice\n"))
		atomic_add(FERRY_OWNER_LOCAL, &buf->owners);
	else if (old == FERRY_OWNER_LOCAL)
		buf_free(buf);
}
EXPORT_SYMBOL_GPL(ferry_buf_put);

/**
 * ferry_buf_claim() - be the only one who sends a buffer
 * @buf:	a buffer that is ours
 *
 * Takes a reference, too. Until ferry_buf_unclaim() nobody else may lend it.
 *
 * Context: any.
 * Return: 0, or -EBUSY: it is being sent, or the remote has it.
 */
int ferry_buf_claim(struct ferry_buf *buf)
{
	int old = atomic_read(&buf->owners);

	do {
		if (old & (FERRY_OWNER_SENDING | FERRY_OWNER_REMOTE))
			return -EBUSY;
	} while (!atomic_try_cmpxchg(&buf->owners, &old,
				     (old + FERRY_OWNER_LOCAL) | FERRY_OWNER_SENDING));
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_buf_claim);

/**
 * ferry_buf_unclaim() - the send of a buffer is over, whatever came of it
 * @buf:	a buffer that was claimed
 *
 * Context: any.
 */
void ferry_buf_unclaim(struct ferry_buf *buf)
{
	atomic_andnot(FERRY_OWNER_SENDING, &buf->owners);
	ferry_buf_put(buf);
}
EXPORT_SYMBOL_GPL(ferry_buf_unclaim);

/**
 * ferry_buf_chain() - let a buffer come back together with another one
 * @buf:	a pool buffer of ours, not lent, for which the wire has a sign
 * @tail:	a buffer of ours, not lent, for which it has none
 *
 * What happens to the remote's ownership of @buf happens to that of @tail, too.
 * Each keeps its own references.
 *
 * Context: any.
 */
void ferry_buf_chain(struct ferry_buf *buf, struct ferry_buf *tail)
{
	if (WARN_ONCE(buf == tail || buf->chain || tail->chain || !buf->pool,
		      "ferry: chain of more than two, or not of a pool buffer\n"))
		return;
	/* It may come back by itself, and must not be gone when the chain ends. */
	if (!tail->pool)
		ferry_buf_get(tail);
	buf->chain = tail;
}
EXPORT_SYMBOL_GPL(ferry_buf_chain);

/* The remote's ownership begins. True: it had none, and we have some. */
static bool buf_add_remote(struct ferry_buf *buf)
{
	int old = atomic_fetch_or(FERRY_OWNER_REMOTE, &buf->owners);

	return !WARN_ONCE(old & FERRY_OWNER_REMOTE || !(old & ~FERRY_OWNER_SENDING),
			  "ferry: lent twice, or not ours\n");
}

static void buf_lend_one(struct ferry_buf *buf)
{
	struct ferry_pool *pool = buf->pool;

	if (pool)
		buf->epoch = READ_ONCE(pool->epoch);
	if (!pool || !pool->ops) {
		buf_add_remote(buf);
		return;
	}
	scoped_guard(spinlock_irqsave, &pool->lock) {
		if (buf_add_remote(buf)) {
			list_add_tail(&buf->node, &pool->lent);
			pool->nr_lent++;
		}
	}
}

/* Ends the remote's ownership of @buf; returns what was chained to it. */
static struct ferry_buf *buf_end_one(struct ferry_buf *buf)
{
	struct ferry_pool *pool = buf->pool;

	if (!pool) {
		if (atomic_fetch_andnot(FERRY_OWNER_REMOTE, &buf->owners) == FERRY_OWNER_REMOTE)
			buf_free(buf);
		return NULL;
	}
	guard(spinlock_irqsave)(&pool->lock);
	return ferry_pool_take_back(pool, buf);
}

/**
 * ferry_buf_end_chain() - what a buffer was chained to came back
 * @tail:	that buffer, or NULL
 *
 * Context: any, under no pool's lock.
 */
void ferry_buf_end_chain(struct ferry_buf *tail)
{
	bool counted = tail && !tail->pool;

	if (!tail)
		return;
	buf_end_one(tail);
	if (counted)
		ferry_buf_put(tail);
}

/**
 * ferry_buf_end_lend() - end the remote's ownership of a buffer and of what is chained to it
 * @buf:	the buffer
 *
 * Context: any, under no pool's lock.
 */
void ferry_buf_end_lend(struct ferry_buf *buf)
{
	ferry_buf_end_chain(buf_end_one(buf));
}

/**
 * ferry_buf_lend() - the remote is about to learn of a buffer
 * @buf:	a buffer of ours, not lent
 *
 * Call it before the remote can know, since it may give the buffer back at once.
 * Our references stay, until ferry_buf_put(). What is chained to @buf is lent
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
 * ferry_buf_recall() - the remote has a buffer no more
 * @buf:	a buffer that was lent
 *
 * Undoes ferry_buf_lend() and ferry_buf_chain(): after a push that was lost, or when the
 * remote has said that it is done.
 *
 * Context: any.
 */
void ferry_buf_recall(struct ferry_buf *buf)
{
	ferry_buf_end_lend(buf);
}
EXPORT_SYMBOL_GPL(ferry_buf_recall);
