// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loans: buffers of the remote that our clients hold.
 *
 * The records are made at once, so that taking and giving back is a list and a bit
 * under one lock. They stay until the last client is done, whatever became of the
 * link: what is left then is freed in work.
 */
#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/link.h>
#include <linux/ferry/loan.h>
#include <linux/ferry/region.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "loan.h"
#include "memory.h"

struct ferry_loan {
	struct ferry_buf buf;		/* its node is in the free list */
	struct ferry_loans *loans;
	u32 key;
};

struct ferry_loans {
	spinlock_t lock;		/* innermost, but for what ops->returned() does */
	struct list_head free;		/* lock; newest first: it may be in the cache */
	unsigned int nr_free;		/* lock */
	u32 epoch;			/* lock */
	bool orphan;			/* lock: its owner is gone */

	struct ferry_memory mem;
	struct work_struct free_work;

	/* Constant from here on, but for the bits of held: lock. */
	const struct ferry_loans_ops *ops;
	void *priv;
	struct ferry_region *region;
	unsigned long *held;		/* by key: out, in this epoch */
	u32 keys;
	unsigned int nr;
	struct ferry_loan loan[] __counted_by(nr);
};

/* Under the lock: when its owner is gone and nothing is out, it goes. */
static void loans_check_end(struct ferry_loans *loans)
{
	if (unlikely(loans->orphan) && loans->nr_free == loans->nr)
		queue_work(ferry_wq, &loans->free_work);
}

/* Any context. The last reference was put. */
static void loan_release(struct ferry_buf *buf)
{
	struct ferry_loan *loan = container_of(buf, struct ferry_loan, buf);
	struct ferry_loans *loans = loan->loans;

	guard(spinlock_irqsave)(&loans->lock);
	/* What was lent in an earlier epoch is not there to be given back. */
	if (likely(buf->epoch == loans->epoch)) {
		/* In this order: the remote may lend it again at once. */
		__clear_bit(loan->key, loans->held);
		loans->ops->returned(loans->priv, loan->key);
	}
	list_add(&buf->node, &loans->free);
	WRITE_ONCE(loans->nr_free, loans->nr_free + 1);
	loans_check_end(loans);
}

static const struct ferry_buf_ops loan_buf_ops = {
	.release = loan_release,
};

/**
 * ferry_loan_take() - the remote lends us a piece of its memory
 * @loans:	the loans of its link
 * @key:	how the protocol names it
 * @vaddr:	where the CPU sees it; the range was checked
 * @remote:	where the remote sees it
 * @size:	bytes
 *
 * It is held until the last ferry_buf_put().
 *
 * Context: any.
 * Return: a buffer of ours; NULL when too many are out, or when @key is no key or
 * is held already.
 */
struct ferry_buf *ferry_loan_take(struct ferry_loans *loans, u32 key, void *vaddr, u64 remote,
				  size_t size)
{
	struct ferry_loan *loan;
	u32 epoch;

	if (unlikely(key >= loans->keys))
		return NULL;
	scoped_guard(spinlock_irqsave, &loans->lock) {
		loan = list_first_entry_or_null(&loans->free, struct ferry_loan, buf.node);
		if (unlikely(!loan || __test_and_set_bit(key, loans->held)))
			return NULL;
		list_del(&loan->buf.node);
		WRITE_ONCE(loans->nr_free, loans->nr_free - 1);
		epoch = loans->epoch;
	}
	loan->key = key;
	ferry_buf_init(&loan->buf, &loan_buf_ops, vaddr, remote, size);
	loan->buf.epoch = epoch;
	return &loan->buf;
}
EXPORT_SYMBOL_GPL(ferry_loan_take);

/**
 * ferry_loan_held() - does somebody on our side have it?
 * @loans:	the loans
 * @key:	how the protocol names it; any value
 *
 * Context: any.
 * Return: true when it was taken in this epoch and not yet given back.
 */
bool ferry_loan_held(const struct ferry_loans *loans, u32 key)
{
	return key < loans->keys && READ_ONCE(loans->held[BIT_WORD(key)]) & BIT_MASK(key);
}
EXPORT_SYMBOL_GPL(ferry_loan_held);

/**
 * ferry_loans_reset() - begin a new epoch: nothing is held any more
 * @loans:	the loans
 *
 * What clients still have goes back without a word to the remote. Only while none is
 * taken.
 *
 * Context: any; takes as long as there are keys.
 */
void ferry_loans_reset(struct ferry_loans *loans)
{
	guard(spinlock_irqsave)(&loans->lock);
	loans->epoch++;
	bitmap_zero(loans->held, loans->keys);
}
EXPORT_SYMBOL_GPL(ferry_loans_reset);

/**
 * ferry_loans_out() - how many clients have, as of now
 * @loans:	the loans
 *
 * Context: any.
 * Return: that many, of whatever epoch.
 */
unsigned int ferry_loans_out(const struct ferry_loans *loans)
{
	return loans->nr - READ_ONCE(loans->nr_free);
}
EXPORT_SYMBOL_GPL(ferry_loans_out);

/* Where a buffer lies that is a loan; NULL when it is none. */
struct ferry_region *ferry_loan_region(const struct ferry_buf *buf)
{
	if (buf->ops != &loan_buf_ops)
		return NULL;
	return container_of(buf, struct ferry_loan, buf)->loans->region;
}

static struct ferry_loans *loans_of(struct ferry_memory *mem)
{
	return container_of(mem, struct ferry_loans, mem);
}

static void loans_mem_reset(struct ferry_memory *mem)
{
	ferry_loans_reset(loans_of(mem));
}

static void loans_mem_release(struct ferry_memory *mem)
{
	struct ferry_loans *loans = loans_of(mem);

	guard(spinlock_irqsave)(&loans->lock);
	loans->orphan = true;
	loans_check_end(loans);
}

/* The memory is the remote's own: nothing of ours is lent. */
static void loans_mem_stats(struct ferry_memory *mem, struct ferry_memory_stats *stats)
{
	struct ferry_loans *loans = loans_of(mem);

	stats->total += loans->nr;
	stats->free += READ_ONCE(loans->nr_free);
}

static const struct ferry_memory_ops loans_memory_ops = {
	.reset = loans_mem_reset,
	.release = loans_mem_release,
	.stats = loans_mem_stats,
};

static void loans_free_work(struct work_struct *work)
{
	struct ferry_loans *loans = container_of(work, struct ferry_loans, free_work);

	/* Whoever queued this may still hold the lock, and does nothing after it. */
	spin_lock_irq(&loans->lock);
	spin_unlock_irq(&loans->lock);
	ferry_region_put(loans->region);
	bitmap_free(loans->held);
	kvfree(loans);
}

static struct ferry_loans *loans_alloc(unsigned int nr, u32 keys)
{
	struct ferry_loans *loans = kvzalloc(struct_size(loans, loan, nr), GFP_KERNEL);

	if (!loans)
		return NULL;
	loans->held = bitmap_zalloc(keys, GFP_KERNEL);
	if (!loans->held) {
		kvfree(loans);
		return NULL;
	}
	loans->nr = nr;
	loans->keys = keys;
	return loans;
}

/**
 * ferry_loans_create() - prepare for what the remote lends
 * @region:	the region that loans lie in; a reference is taken
 * @nr:		how many our side may hold at once
 * @keys:	keys are below this
 * @ops:	what the remote is told
 * @priv:	for @ops
 *
 * Context: process, may sleep.
 * Return: the loans, for ferry_loans_destroy(); -EINVAL for none, or no keys, -ENOMEM.
 */
struct ferry_loans *ferry_loans_create(struct ferry_region *region, unsigned int nr, u32 keys,
				       const struct ferry_loans_ops *ops, void *priv)
{
	struct ferry_loans *loans;
	unsigned int i;

	might_sleep();
	if (!nr || !keys)
		return ERR_PTR(-EINVAL);
	loans = loans_alloc(nr, keys);
	if (!loans)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&loans->lock);
	INIT_LIST_HEAD(&loans->free);
	ferry_memory_init(&loans->mem, &loans_memory_ops);
	INIT_WORK(&loans->free_work, loans_free_work);
	loans->ops = ops;
	loans->priv = priv;
	ferry_region_hold(region);
	loans->region = region;
	loans->nr_free = nr;
	for (i = 0; i < nr; i++) {
		loans->loan[i].loans = loans;
		list_add_tail(&loans->loan[i].buf.node, &loans->free);
	}
	return loans;
}
EXPORT_SYMBOL_GPL(ferry_loans_create);

/**
 * ferry_loans_destroy() - give loans up
 * @loans:	the loans, an ERR_PTR or NULL; nobody takes any more
 *
 * When it returns no operation of the protocol runs or will. The memory goes when the
 * last client has put what it still has.
 *
 * Context: process, may sleep.
 */
void ferry_loans_destroy(struct ferry_loans *loans)
{
	might_sleep();
	if (IS_ERR_OR_NULL(loans))
		return;
	ferry_memory_remove(&loans->mem);
	flush_workqueue(ferry_wq);	/* as a rule it is gone when we return */
}
EXPORT_SYMBOL_GPL(ferry_loans_destroy);

/**
 * ferry_link_add_loans() - clients of a link hold loans of its remote
 * @link:	the link
 * @loans:	the loans; ferry_loans_destroy() takes them away again
 * @name:	in debugfs; a constant string
 *
 * When the remote was stopped the core resets them.
 *
 * Context: process, may sleep.
 */
void ferry_link_add_loans(struct ferry_link *link, struct ferry_loans *loans, const char *name)
{
	ferry_memory_add(link, &loans->mem, name);
}
EXPORT_SYMBOL_GPL(ferry_link_add_loans);
