/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pools: equal buffers in a region, and who owns each of them.
 */
#ifndef _LINUX_FERRY_POOL_H
#define _LINUX_FERRY_POOL_H

#include <linux/ferry/buf.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct ferry_pool;
struct ferry_region;

/**
 * DOC: pools
 *
 * Who owns a buffer is kept in private memory: free, local, remote, or both.
 * A mark in shared memory is only a hint (&ferry_pool_ops.returned) that is
 * looked at for buffers which the remote owns, and for no others. So a remote
 * that frees twice, or frees what it never had, changes nothing.
 *
 * Buffers are reused oldest-first. ferry_pool_alloc(), ferry_buf_put(),
 * ferry_buf_lend() and ferry_pool_returned() are O(1); a look at the marks
 * (ferry_pool_reap()) is bounded by its budget. All run in any context, under no
 * lock of a pool.
 *
 * A buffer that the wire has no sign for can be chained to one that it has a sign
 * for (ferry_buf_chain()): both are lent, and come back, together.
 *
 * Lent buffers carry the epoch of the pool. ferry_pool_reset() begins a new one
 * and takes everything back at once; it may be called only after the remote was
 * stopped.
 */

/**
 * struct ferry_pool_ops - status marks in shared memory, for protocols that have them
 */
struct ferry_pool_ops {
	/**
	 * @returned: has the remote marked @buf as done? Any context, called with
	 * the pool's lock held, for buffers the remote owns only; reads the mark
	 * once, with acquire semantics.
	 */
	bool (*returned)(struct ferry_pool *pool, struct ferry_buf *buf);
};

/**
 * struct ferry_pool_cfg - how to cut a region into buffers
 * @offset:	first byte of the pool in the region
 * @size:	bytes of the region to use; a remainder stays unused
 * @buf_size:	bytes of one buffer
 * @align:	alignment of each buffer's remote address, a power of two
 * @ops:	status marks, or NULL
 */
struct ferry_pool_cfg {
	u64 offset;
	u64 size;
	size_t buf_size;
	size_t align;
	const struct ferry_pool_ops *ops;
};

/**
 * struct ferry_pool_stats - a snapshot
 * @total:	buffers
 * @free:	free ones
 * @lent:	owned by the remote
 * @bad_key:	returns of an address that is no buffer
 * @twice:	returns of a buffer that the remote did not own
 * @stale:	returns of an older epoch
 */
struct ferry_pool_stats {
	unsigned int total;
	unsigned int free;
	unsigned int lent;
	u64 bad_key;
	u64 twice;
	u64 stale;
};

#define FERRY_POOL_SET_MAX	6

/**
 * struct ferry_pool_set - pools for mixed sizes, smallest buffers first
 * @pool:	the pools
 * @reserve:	of each, what general users leave to the others
 * @nr:		how many
 */
struct ferry_pool_set {
	struct ferry_pool *pool[FERRY_POOL_SET_MAX];
	unsigned int reserve[FERRY_POOL_SET_MAX];
	unsigned int nr;
};

struct ferry_pool *ferry_pool_create(struct ferry_region *region,
				     const struct ferry_pool_cfg *cfg);
void ferry_pool_destroy(struct ferry_pool *pool);
struct ferry_buf *ferry_pool_alloc(struct ferry_pool *pool, unsigned int reserve);
unsigned int ferry_pool_reap(struct ferry_pool *pool, unsigned int budget);
int ferry_pool_returned(struct ferry_pool *pool, u64 remote, u32 epoch);
void ferry_pool_reset(struct ferry_pool *pool);
u32 ferry_pool_epoch(const struct ferry_pool *pool);
size_t ferry_pool_buf_size(const struct ferry_pool *pool);
unsigned int ferry_pool_size(const struct ferry_pool *pool);
unsigned int ferry_pool_free(const struct ferry_pool *pool);
void ferry_pool_stats(struct ferry_pool *pool, struct ferry_pool_stats *stats);

int ferry_pool_set_add(struct ferry_pool_set *set, struct ferry_pool *pool,
		       unsigned int reserve);
struct ferry_buf *ferry_pool_set_alloc(struct ferry_pool_set *set, size_t len, bool general);
void ferry_pool_set_destroy(struct ferry_pool_set *set);

#endif /* _LINUX_FERRY_POOL_H */
