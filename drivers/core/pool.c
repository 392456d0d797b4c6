// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools: equal buffers in a region, and who owns each of them.
 *
 * The lock of a pool is the innermost one: no other is taken under it, not even
 * that of another pool. What is chained to a returned buffer is therefore given
 * back after the lock was dropped.
 */
#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/overflow.h>

#include "pool.h"
#include "region.h"

#define POOL_NR_MAX		BIT(20)	/* buffers; a bound for the private array */
#define POOL_SHORT		4	/* free buffers above the reserve: begin to look */
#define POOL_LOOK_SHORT		4	/* marks to look at then */
#define POOL_LOOK_EMPTY		64	/* marks to look at when there is none left */
#define POOL_HAUL		8	/* buffers taken back in one hold of the lock */

/*
 * Pools in reserved memory, which is the same memory again when a driver is bound
 * again: what somebody holds of an earlier pool must not be lent by a later one.
 */
static DEFINE_MUTEX(pool_reserved_lock);
static LIST_HEAD(pool_reserved);

/* What one look at the marks gave; tail may have holes. */
struct pool_haul {
	unsigned int nr;
	struct ferry_buf *tail[POOL_HAUL];
};

/* Under the pool's lock: when nobody uses it and no buffer is out, it goes. */
static void pool_check_end(struct ferry_pool *pool)
{
	if (unlikely(!pool->users) && pool->nr_free == pool->nr)
		queue_work(ferry_wq, &pool->free_work);
}

/* Any context. Somebody uses the memory of the whole pool. */
void ferry_pool_hold(struct ferry_pool *pool)
{
	guard(spinlock_irqsave)(&pool->lock);
	pool->users++;
}

/* Any context. */
void ferry_pool_put(struct ferry_pool *pool)
{
	guard(spinlock_irqsave)(&pool->lock);
	pool->users--;
	pool_check_end(pool);
}

/**
 * ferry_pool_add_free() - nobody owns @buf any more
 * @pool:	its pool
 * @buf:	the buffer
 *
 * Context: any, under the pool's lock.
 */
void ferry_pool_add_free(struct ferry_pool *pool, struct ferry_buf *buf)
{
	lockdep_assert_held(&pool->lock);
	/* Chained, and never lent. */
	if (unlikely(buf->chain && !buf->chain->pool))
		ferry_buf_put(buf->chain);
	buf->chain = NULL;
	list_add_tail(&buf->node, &pool->free);
	WRITE_ONCE(pool->nr_free, pool->nr_free + 1);
	pool_check_end(pool);
}

static void pool_unlist(struct ferry_pool *pool, struct ferry_buf *buf)
{
	if (pool->cursor == &buf->node)
		pool->cursor = buf->node.prev;
	list_del(&buf->node);
	pool->nr_lent--;
}

/**
 * ferry_pool_take_back() - end the remote's ownership of @buf, if it has any
 * @pool:	its pool
 * @buf:	the buffer
 *
 * Context: any, under the pool's lock.
 * Return: the buffer that comes back with it, or NULL.
 */
struct ferry_buf *ferry_pool_take_back(struct ferry_pool *pool, struct ferry_buf *buf)
{
	struct ferry_buf *tail = buf->chain;

	lockdep_assert_held(&pool->lock);
	if (!(atomic_read(&buf->owners) & FERRY_OWNER_REMOTE))
		return NULL;
	if (pool->ops)
		pool_unlist(pool, buf);
	buf->chain = NULL;
	if (atomic_fetch_andnot(FERRY_OWNER_REMOTE, &buf->owners) == FERRY_OWNER_REMOTE)
		ferry_pool_add_free(pool, buf);
	return tail;
}

/* True when the remote gave @buf back. */
static bool pool_look_at(struct ferry_pool *pool, struct ferry_buf *buf, struct pool_haul *haul)
{
	if (!pool->ops->returned(pool, buf))
		return false;
	haul->tail[haul->nr++] = ferry_pool_take_back(pool, buf);
	return true;
}

static struct ferry_buf *pool_next_lent(struct ferry_pool *pool)
{
	if (list_is_last(pool->cursor, &pool->lent) || pool->cursor == &pool->lent)
		pool->cursor = pool->lent.next;
	else
		pool->cursor = pool->cursor->next;
	return list_entry(pool->cursor, struct ferry_buf, node);
}

/*
 * Look at up to @budget marks; returns what is left of it. The oldest ones first:
 * that alone serves a remote that gives back in order. Then round the others, from
 * where the last look ended, so that a few which never come back stop nobody.
 */
static unsigned int pool_look(struct ferry_pool *pool, unsigned int budget, struct pool_haul *haul)
{
	unsigned int round;

	lockdep_assert_held(&pool->lock);
	while (budget && pool->nr_lent && haul->nr < POOL_HAUL) {
		budget--;
		if (!pool_look_at(pool, list_first_entry(&pool->lent, struct ferry_buf, node),
				  haul))
			break;
	}
	for (round = pool->nr_lent; round && budget && haul->nr < POOL_HAUL; round--) {
		budget--;
		pool_look_at(pool, pool_next_lent(pool), haul);
	}
	return round ? budget : 0;
}

static void pool_release_haul(struct pool_haul *haul)
{
	unsigned int i;

	for (i = 0; i < haul->nr; i++)
		ferry_buf_end_chain(haul->tail[i]);
}

/**
 * ferry_pool_reap() - look at the marks of lent buffers
 * @pool:	the pool
 * @budget:	marks to look at, at most
 *
 * Context: any.
 * Return: how many buffers the remote gave back.
 */
unsigned int ferry_pool_reap(struct ferry_pool *pool, unsigned int budget)
{
	unsigned int total = 0;

	if (!pool->ops)
		return 0;
	while (budget) {
		struct pool_haul haul = { .nr = 0 };

		scoped_guard(spinlock_irqsave, &pool->lock)
			budget = pool_look(pool, budget, &haul);
		pool_release_haul(&haul);
		total += haul.nr;
	}
	return total;
}
EXPORT_SYMBOL_GPL(ferry_pool_reap);

static struct ferry_buf *pool_take_free(struct ferry_pool *pool)
{
	struct ferry_buf *buf = list_first_entry(&pool->free, struct ferry_buf, node);

	list_del(&buf->node);
	WRITE_ONCE(pool->nr_free, pool->nr_free - 1);
	atomic_set(&buf->owners, FERRY_OWNER_LOCAL);
	return buf;
}

/**
 * ferry_pool_alloc() - take the buffer that was free longest
 * @pool:	the pool
 * @reserve:	buffers to leave to others
 *
 * Looks at a few marks first when free buffers are short, and at up to 64 when
 * there are none.
 *
 * Context: any.
 * Return: a buffer of ours, until ferry_buf_put(); NULL when there is none above
 * @reserve.
 */
struct ferry_buf *ferry_pool_alloc(struct ferry_pool *pool, unsigned int reserve)
{
	unsigned int budget = POOL_LOOK_EMPTY;
	struct ferry_buf *buf = NULL;
	struct pool_haul haul;

	do {
		haul.nr = 0;
		scoped_guard(spinlock_irqsave, &pool->lock) {
			if (pool->ops && pool->nr_free <= reserve + POOL_SHORT)
				pool_look(pool, POOL_LOOK_SHORT, &haul);
			if (pool->ops && pool->nr_free <= reserve)
				budget = pool_look(pool, budget, &haul);
			if (pool->nr_free > reserve)
				buf = pool_take_free(pool);
		}
		pool_release_haul(&haul);
	} while (unlikely(!buf && haul.nr && budget));
	return buf;
}
EXPORT_SYMBOL_GPL(ferry_pool_alloc);

static struct ferry_buf *pool_find(struct ferry_pool *pool, u64 remote)
{
	u64 index, rest;

	if (remote < pool->buf[0].remote)
		return NULL;
	index = div64_u64_rem(remote - pool->buf[0].remote, pool->stride, &rest);
	return rest || index >= pool->nr ? NULL : &pool->buf[index];
}

static int pool_returned(struct ferry_pool *pool, struct ferry_buf *buf, u32 epoch,
			 struct ferry_buf **tail)
{
	lockdep_assert_held(&pool->lock);
	if (!buf) {
		pool->bad_key++;
		return -ENOENT;
	}
	if (epoch != pool->epoch) {
		pool->stale++;
		return -ESTALE;
	}
	if (!(atomic_read(&buf->owners) & FERRY_OWNER_REMOTE)) {
		pool->twice++;
		return -EALREADY;
	}
	*tail = ferry_pool_take_back(pool, buf);
	return 0;
}

/**
 * ferry_pool_returned() - the wire says that the remote gave a buffer back
 * @pool:	the pool
 * @remote:	the buffer's address as the remote sees it; any value
 * @epoch:	ferry_pool_epoch() of when the message was received
 *
 * Context: any.
 * Return: 0. All else changed nothing and was counted: -ENOENT no such buffer,
 * -ESTALE an older epoch, -EALREADY the remote does not own it.
 */
int ferry_pool_returned(struct ferry_pool *pool, u64 remote, u32 epoch)
{
	struct ferry_buf *buf = pool_find(pool, remote);
	struct ferry_buf *tail = NULL;
	int ret;

	scoped_guard(spinlock_irqsave, &pool->lock)
		ret = pool_returned(pool, buf, epoch, &tail);
	ferry_buf_end_chain(tail);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_pool_returned);

/**
 * ferry_pool_reset() - begin a new epoch: the remote owns nothing any more
 * @pool:	the pool
 *
 * Only after the remote was stopped, and while nobody lends. What is chained to a
 * lent buffer comes back, too, from whatever pool.
 *
 * Context: any; takes as long as the pool is big.
 */
void ferry_pool_reset(struct ferry_pool *pool)
{
	unsigned int i;

	scoped_guard(spinlock_irqsave, &pool->lock)
		WRITE_ONCE(pool->epoch, pool->epoch + 1);
	for (i = 0; i < pool->nr; i++) {
		if (atomic_read(&pool->buf[i].owners) & FERRY_OWNER_REMOTE)
			ferry_buf_end_lend(&pool->buf[i]);
	}
}
EXPORT_SYMBOL_GPL(ferry_pool_reset);

/**
 * ferry_pool_epoch() - how often the pool was reset
 * @pool:	the pool
 *
 * Context: any.
 * Return: the epoch.
 */
u32 ferry_pool_epoch(const struct ferry_pool *pool)
{
	return READ_ONCE(pool->epoch);
}
EXPORT_SYMBOL_GPL(ferry_pool_epoch);

/**
 * ferry_pool_buf_size() - size of one buffer
 * @pool:	the pool
 *
 * Context: any.
 * Return: bytes.
 */
size_t ferry_pool_buf_size(const struct ferry_pool *pool)
{
	return pool->buf_size;
}
EXPORT_SYMBOL_GPL(ferry_pool_buf_size);

/**
 * ferry_pool_size() - how many buffers a pool has
 * @pool:	the pool
 *
 * Context: any.
 * Return: that many.
 */
unsigned int ferry_pool_size(const struct ferry_pool *pool)
{
	return pool->nr;
}
EXPORT_SYMBOL_GPL(ferry_pool_size);

/**
 * ferry_pool_free() - how many of them are free, as of now
 * @pool:	the pool
 *
 * Context: any.
 * Return: that many.
 */
unsigned int ferry_pool_free(const struct ferry_pool *pool)
{
	return READ_ONCE(pool->nr_free);
}
EXPORT_SYMBOL_GPL(ferry_pool_free);

/**
 * ferry_pool_stats() - take a snapshot of the counters
 * @pool:	the pool
 * @stats:	receives them
 *
 * Context: any; takes as long as the pool is big.
 */
void ferry_pool_stats(struct ferry_pool *pool, struct ferry_pool_stats *stats)
{
	unsigned int i;

	*stats = (struct ferry_pool_stats){ .total = pool->nr };
	for (i = 0; i < pool->nr; i++)
		stats->lent += !!(atomic_read(&pool->buf[i].owners) & FERRY_OWNER_REMOTE);

	scoped_guard(spinlock_irqsave, &pool->lock) {
		stats->free = pool->nr_free;
		stats->bad_key = pool->bad_key;
		stats->twice = pool->twice;
		stats->stale = pool->stale;
	}
}
EXPORT_SYMBOL_GPL(ferry_pool_stats);

/* Bytes to skip until the first buffer is aligned, and how many buffers follow. */
static int pool_layout(const struct ferry_region *region, const struct ferry_pool_cfg *cfg,
		       u64 *skip, u64 *nr)
{
	if (!cfg->buf_size || !is_power_of_2(cfg->align) || !region->vaddr)
		return -EINVAL;
	if (cfg->offset > region->size || cfg->size > region->size - cfg->offset)
		return -EINVAL;
	*skip = -(region->remote + cfg->offset) & (cfg->align - 1);
	if (cfg->size < *skip || cfg->size - *skip < cfg->buf_size)
		return -ENOMEM;
	*nr = div64_u64(cfg->size - *skip - cfg->buf_size, ALIGN((u64)cfg->buf_size, cfg->align));
	*nr += 1;
	return *nr > POOL_NR_MAX ? -EINVAL : 0;
}

static void pool_fill(struct ferry_pool *pool, u64 offset)
{
	unsigned int i;

	for (i = 0; i < pool->nr; i++, offset += pool->stride) {
		struct ferry_buf *buf = &pool->buf[i];

		buf->pool = pool;
		buf->vaddr = pool->region->vaddr + offset;
		buf->remote = pool->region->remote + offset;
		buf->size = pool->buf_size;
		list_add_tail(&buf->node, &pool->free);
	}
	pool->nr_free = pool->nr;
}

static struct ferry_pool *pool_of(struct ferry_memory *mem)
{
	return container_of(mem, struct ferry_pool, mem);
}

static void pool_mem_reset(struct ferry_memory *mem)
{
	ferry_pool_reset(pool_of(mem));
}

static void pool_mem_release(struct ferry_memory *mem)
{
	struct ferry_pool *pool = pool_of(mem);

	scoped_guard(spinlock_irqsave, &pool->lock)
		pool->given_up = true;
	ferry_pool_put(pool);
}

static void pool_mem_stats(struct ferry_memory *mem, struct ferry_memory_stats *stats)
{
	struct ferry_pool *pool = pool_of(mem);
	struct ferry_pool_stats st;

	ferry_pool_stats(pool, &st);
	stats->total += st.total;
	stats->free += st.free;
	stats->lent += st.lent;
	stats->lent_bytes += (u64)st.lent * pool->buf_size;
}

static const struct ferry_memory_ops pool_memory_ops = {
	.reset = pool_mem_reset,
	.release = pool_mem_release,
	.stats = pool_mem_stats,
};

static phys_addr_t pool_phys(const struct ferry_pool *pool)
{
	return pool->region->phys + (pool->buf[0].vaddr - pool->region->vaddr);
}

static u64 pool_bytes(const struct ferry_pool *pool)
{
	return (u64)pool->nr * pool->stride;
}

static bool pool_overlaps(const struct ferry_pool *a, const struct ferry_pool *b)
{
	return pool_phys(a) < pool_phys(b) + pool_bytes(b) &&
	       pool_phys(b) < pool_phys(a) + pool_bytes(a);
}

/* Has anybody on our side a buffer, or all the memory? What the remote has is no matter. */
static bool pool_is_held(struct ferry_pool *pool)
{
	unsigned int i;

	guard(spinlock_irqsave)(&pool->lock);
	if (pool->users > !pool->given_up)
		return true;
	for (i = 0; i < pool->nr; i++)
		if (atomic_read(&pool->buf[i].owners) & ~FERRY_OWNER_REMOTE)
			return true;
	return false;
}

/* Process context. 0, or -EBUSY. */
static int pool_enter_reserved(struct ferry_pool *pool)
{
	struct ferry_pool *other;

	if (pool->region->ops != &ferry_region_reserved_ops)
		return 0;
	guard(mutex)(&pool_reserved_lock);
	list_for_each_entry(other, &pool_reserved, reserved) {
		if (!pool_overlaps(pool, other) || !pool_is_held(other))
			continue;
		pr_err("ferry: buffers at %#llx are held since an earlier bind\n",
		       (u64)pool_phys(other));
		return -EBUSY;
	}
	list_add_tail(&pool->reserved, &pool_reserved);
	return 0;
}

static void pool_leave_reserved(struct ferry_pool *pool)
{
	guard(mutex)(&pool_reserved_lock);
	list_del(&pool->reserved);
}

static void pool_free_work(struct work_struct *work)
{
	struct ferry_pool *pool = container_of(work, struct ferry_pool, free_work);

	pool_leave_reserved(pool);
	/* Whoever queued this may still hold the lock, and does nothing after it. */
	spin_lock_irq(&pool->lock);
	spin_unlock_irq(&pool->lock);
	ferry_region_put(pool->region);
	kvfree(pool);
}

/**
 * ferry_pool_create() - cut a part of a region into buffers
 * @region:	the region; the pool takes a reference
 * @cfg:	which part, and how
 *
 * The memory itself is not touched.
 *
 * Context: process, may sleep.
 * Return: the pool, for ferry_pool_destroy(); -EINVAL for a part outside of the
 * region, buffers of no bytes, more than 2^20 of them or a bad alignment, -ENOMEM
 * when not one buffer fits or memory is short, -EBUSY when somebody holds buffers of an
 * earlier pool in the same reserved memory.
 */
struct ferry_pool *ferry_pool_create(struct ferry_region *region,
				     const struct ferry_pool_cfg *cfg)
{
	struct ferry_pool *pool;
	u64 skip, nr;
	int ret;

	might_sleep();
	ret = pool_layout(region, cfg, &skip, &nr);
	if (ret)
		return ERR_PTR(ret);
	pool = kvzalloc(struct_size(pool, buf, nr), GFP_KERNEL);
	if (!pool)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&pool->lock);
	INIT_LIST_HEAD(&pool->free);
	INIT_LIST_HEAD(&pool->lent);
	INIT_LIST_HEAD(&pool->reserved);
	pool->cursor = &pool->lent;
	pool->users = 1;
	ferry_memory_init(&pool->mem, &pool_memory_ops);
	INIT_WORK(&pool->free_work, pool_free_work);
	pool->ops = cfg->ops;
	pool->buf_size = cfg->buf_size;
	pool->stride = ALIGN(cfg->buf_size, cfg->align);
	pool->nr = nr;
	ferry_region_hold(region);
	pool->region = region;
	pool_fill(pool, cfg->offset + skip);
	ret = pool_enter_reserved(pool);
	if (!ret)
		return pool;
	ferry_region_put(region);
	kvfree(pool);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_pool_create);

/**
 * ferry_pool_destroy() - give a pool up
 * @pool:	the pool, an ERR_PTR or NULL; nobody takes or lends buffers any more
 *
 * Its memory goes when the last buffer that a client still has was put. What the
 * remote has comes back now; but when the remote of a crashed link was not stopped,
 * the pool stays in quarantine.
 *
 * Context: process, may sleep.
 */
void ferry_pool_destroy(struct ferry_pool *pool)
{
	might_sleep();
	if (IS_ERR_OR_NULL(pool))
		return;
	ferry_memory_remove(&pool->mem);
	flush_workqueue(ferry_wq);	/* as a rule it is gone when we return */
}
EXPORT_SYMBOL_GPL(ferry_pool_destroy);

/**
 * ferry_pool_set_add() - add a pool to a set
 * @set:	the set, zero before its first pool
 * @pool:	the pool; belongs to the set after success
 * @reserve:	buffers of it that general users leave to the others
 *
 * Context: process; before the set is used.
 * Return: 0; -EINVAL for no pool, or a reserve that leaves nothing, -ENOSPC when the
 * set has %FERRY_POOL_SET_MAX.
 */
int ferry_pool_set_add(struct ferry_pool_set *set, struct ferry_pool *pool,
		       unsigned int reserve)
{
	unsigned int i;

	if (IS_ERR_OR_NULL(pool) || reserve >= pool->nr)
		return -EINVAL;
	if (set->nr == FERRY_POOL_SET_MAX)
		return -ENOSPC;
	for (i = set->nr; i && set->pool[i - 1]->buf_size > pool->buf_size; i--) {
		set->pool[i] = set->pool[i - 1];
		set->reserve[i] = set->reserve[i - 1];
	}
	set->pool[i] = pool;
	set->reserve[i] = reserve;
	set->nr++;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_pool_set_add);

/**
 * ferry_pool_set_alloc() - take the smallest free buffer that is big enough
 * @set:	the set
 * @len:	bytes needed
 * @general:	leave the reserve of each pool to others
 *
 * Context: any.
 * Return: a buffer of ours, until ferry_buf_put(); NULL when all that are big
 * enough are in use, or none is big enough.
 */
struct ferry_buf *ferry_pool_set_alloc(struct ferry_pool_set *set, size_t len, bool general)
{
	struct ferry_buf *buf = NULL;
	unsigned int i;

	for (i = 0; i < set->nr && !buf; i++) {
		if (set->pool[i]->buf_size >= len)
			buf = ferry_pool_alloc(set->pool[i], general ? set->reserve[i] : 0);
	}
	return buf;
}
EXPORT_SYMBOL_GPL(ferry_pool_set_alloc);

/**
 * ferry_pool_set_destroy() - give all pools of a set up
 * @set:	the set; empty afterwards
 *
 * Context: process, may sleep.
 */
void ferry_pool_set_destroy(struct ferry_pool_set *set)
{
	while (set->nr)
		ferry_pool_destroy(set->pool[--set->nr]);
}
EXPORT_SYMBOL_GPL(ferry_pool_set_destroy);
