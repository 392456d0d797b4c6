/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What pool.c and buf.c share.
 */
#ifndef FERRY_CORE_POOL_H
#define FERRY_CORE_POOL_H

#include <linux/ferry/pool.h>
#include <linux/workqueue.h>

#include "memory.h"

/*
 * A lent buffer is in @lent only where there are marks to look at: without them
 * its owners say all, and lending takes no lock.
 */
struct ferry_pool {
	spinlock_t lock;		/* innermost: nothing is taken under it */
	struct list_head free;		/* lock; oldest first */
	struct list_head lent;		/* lock; oldest first */
	struct list_head *cursor;	/* lock; looked at last, in lent, or its head */
	unsigned int nr_free;		/* lock */
	unsigned int nr_lent;		/* lock */
	unsigned int users;		/* lock; of all its memory, and its owner */
	u32 epoch;			/* written under lock */
	u64 bad_key;			/* lock, as the other counters */
	u64 twice;
	u64 stale;

	struct ferry_memory mem;
	struct work_struct free_work;
	struct list_head reserved;	/* of all in reserved memory */
	bool given_up;			/* lock: by its owner, one of the users */

	/* Constant from here on. */
	const struct ferry_pool_ops *ops;
	struct ferry_region *region;
	size_t buf_size;
	size_t stride;
	unsigned int nr;
	struct ferry_buf buf[] __counted_by(nr);
};

void ferry_pool_hold(struct ferry_pool *pool);
void ferry_pool_put(struct ferry_pool *pool);
void ferry_pool_add_free(struct ferry_pool *pool, struct ferry_buf *buf);
struct ferry_buf *ferry_pool_take_back(struct ferry_pool *pool, struct ferry_buf *buf);
void ferry_buf_end_lend(struct ferry_buf *buf);
void ferry_buf_end_chain(struct ferry_buf *tail);

#endif /* FERRY_CORE_POOL_H */
