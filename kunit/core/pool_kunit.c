// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools and buffers: order, ownership, marks, chains, sets, concurrency.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../ferry_kunit.h"
#include "compat.h"

#define BASE	0x82000000ull
#define SIZE	SZ_64K

/* The mark of these tests: the first byte is MARK_BUSY or anything else. */
#define MARK_BUSY	1

struct pool_ctx {
	struct ferry_region *region;
	struct ferry_pool *pool[FERRY_POOL_SET_MAX];
	unsigned int nr;
	unsigned int looks;
};

static struct pool_ctx *looking;

static bool pool_mark(struct ferry_pool *pool, struct ferry_buf *buf)
{
	looking->looks++;
	return READ_ONCE(*(u8 *)buf->vaddr) != MARK_BUSY;
}

static const struct ferry_pool_ops pool_marks = {
	.returned = pool_mark,
};

static int pool_test_init(struct kunit *test)
{
	struct pool_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	void *mem = kunit_kzalloc(test, SIZE, GFP_KERNEL);

	if (!ctx || !mem)
		return -ENOMEM;
	test->priv = ctx;
	looking = ctx;
	ctx->region = ferry_region_from_memory(mem, BASE, SIZE);
	return PTR_ERR_OR_ZERO(ctx->region);
}

static void pool_test_exit(struct kunit *test)
{
	struct pool_ctx *ctx = test->priv;
	struct ferry_pool_stats st;
	unsigned int i;

	if (!ctx)
		return;
	for (i = 0; i < ctx->nr; i++) {
		ferry_pool_reset(ctx->pool[i]);
		ferry_pool_stats(ctx->pool[i], &st);
		KUNIT_EXPECT_EQ(test, st.free, st.total);
		ferry_pool_destroy(ctx->pool[i]);
	}
	ferry_region_put(ctx->region);
}

/* @nr buffers of @size bytes; cut one after the other from the region. */
static struct ferry_pool *pool_make(struct kunit *test, unsigned int nr, size_t size,
				    const struct ferry_pool_ops *ops)
{
	struct pool_ctx *ctx = test->priv;
	struct ferry_pool_cfg cfg = {
		.offset = ctx->nr * SZ_8K,
		.size = nr * size,
		.buf_size = size,
		.align = 64,
		.ops = ops,
	};
	struct ferry_pool *pool = ferry_pool_create(ctx->region, &cfg);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pool));
	ctx->pool[ctx->nr++] = pool;
	return pool;
}

static struct ferry_buf *pool_get(struct kunit *test, struct ferry_pool *pool)
{
	struct ferry_buf *buf = ferry_pool_alloc(pool, 0);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	*(u8 *)buf->vaddr = MARK_BUSY;
	return buf;
}

/* As a protocol sends: the remote owns the buffer, we do not any more. */
static struct ferry_buf *pool_send(struct kunit *test, struct ferry_pool *pool)
{
	struct ferry_buf *buf = pool_get(test, pool);

	ferry_buf_lend(buf);
	ferry_buf_put(buf);
	return buf;
}

static void pool_give_back(struct ferry_buf *buf)
{
	*(u8 *)buf->vaddr = 0;
}

static void expect_counts(struct kunit *test, struct ferry_pool *pool, unsigned int free,
			  unsigned int lent)
{
	struct ferry_pool_stats st;

	ferry_pool_stats(pool, &st);
	KUNIT_EXPECT_EQ(test, st.free, free);
	KUNIT_EXPECT_EQ(test, st.lent, lent);
}

static const struct pool_layout {
	const char *name;
	struct ferry_pool_cfg cfg;
	int result;	/* buffers, or -errno */
	u64 first;	/* offset of the first one */
} pool_layouts[] = {
	{ "whole", { 0, SIZE, 64, 64 }, SIZE / 64, 0 },
	{ "last 64 bytes", { SIZE - 64, 64, 64, 64 }, 1, SIZE - 64 },
	{ "rest unused", { 0, 64 * 3 + 63, 64, 64 }, 3, 0 },
	{ "start aligned up", { 1, 128, 64, 64 }, 1, 64 },
	{ "no room after alignment", { 1, 126, 64, 64 }, -ENOMEM, 0 },
	{ "stride of the alignment", { 0, 64 * 2 + 10, 10, 64 }, 3, 0 },
	{ "any alignment", { 3, 20, 10, 1 }, 2, 3 },
	{ "one byte short", { 0, 63, 64, 64 }, -ENOMEM, 0 },
	{ "no bytes", { 0, 0, 64, 64 }, -ENOMEM, 0 },
	{ "no bytes at the end", { SIZE, 0, 64, 64 }, -ENOMEM, 0 },
	{ "begins behind", { SIZE + 1, 0, 64, 64 }, -EINVAL, 0 },
	{ "ends behind", { 64, SIZE, 64, 64 }, -EINVAL, 0 },
	{ "end wraps", { 64, U64_MAX, 64, 64 }, -EINVAL, 0 },
	{ "buffers of no bytes", { 0, SIZE, 0, 64 }, -EINVAL, 0 },
	{ "buffer bigger than all", { 0, SIZE, SIZE_MAX, 64 }, -ENOMEM, 0 },
	{ "no alignment", { 0, SIZE, 64, 0 }, -EINVAL, 0 },
	{ "alignment of 48", { 0, SIZE, 64, 48 }, -EINVAL, 0 },
	{ "alignment beyond the region", { 64, SIZE - 64, 64, SZ_1G }, -ENOMEM, 0 },
};

static void pool_layout_desc(const struct pool_layout *l, char *desc)
{
	strscpy(desc, l->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(pool_layout, pool_layouts, pool_layout_desc);

static void create_cuts_what_fits(struct kunit *test)
{
	const struct pool_layout *l = test->param_value;
	struct pool_ctx *ctx = test->priv;
	struct ferry_pool *pool = ferry_pool_create(ctx->region, &l->cfg);
	struct ferry_buf *buf;

	KUNIT_ASSERT_EQ(test, IS_ERR(pool), l->result < 0);
	if (IS_ERR(pool)) {
		KUNIT_EXPECT_EQ(test, PTR_ERR(pool), l->result);
		return;
	}
	ctx->pool[ctx->nr++] = pool;
	expect_counts(test, pool, l->result, 0);
	buf = ferry_pool_alloc(pool, 0);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_EQ(test, buf->remote, BASE + l->first);
	KUNIT_EXPECT_PTR_EQ(test, buf->vaddr, ctx->region->vaddr + l->first);
	KUNIT_EXPECT_EQ(test, buf->size, l->cfg.buf_size);
	ferry_buf_put(buf);
}

static void too_many_buffers_are_refused(struct kunit *test)
{
	static u8 byte;
	struct ferry_region *region = ferry_region_from_memory(&byte, 0, SZ_2M);
	struct ferry_pool_cfg cfg = { .size = SZ_2M, .buf_size = 1, .align = 1 };

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	KUNIT_EXPECT_PTR_EQ(test, ferry_pool_create(region, &cfg), ERR_PTR(-EINVAL));
	ferry_region_put(region);
}

static void alloc_takes_the_oldest_first(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 3, 64, NULL);
	struct ferry_buf *a = pool_get(test, pool);
	struct ferry_buf *b = pool_get(test, pool);
	struct ferry_buf *c;

	KUNIT_EXPECT_EQ(test, a->remote, BASE);
	KUNIT_EXPECT_EQ(test, b->remote, BASE + 64);
	ferry_buf_put(b);
	ferry_buf_put(a);
	c = pool_get(test, pool);
	KUNIT_EXPECT_EQ(test, c->remote, BASE + 128);
	KUNIT_EXPECT_PTR_EQ(test, pool_get(test, pool), b);
	KUNIT_EXPECT_PTR_EQ(test, pool_get(test, pool), a);
	KUNIT_EXPECT_NULL(test, ferry_pool_alloc(pool, 0));
	ferry_buf_put(a);
	ferry_buf_put(b);
	ferry_buf_put(c);
	ferry_buf_put(NULL);
}

static void reserve_is_left_to_others(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 3, 64, NULL);
	struct ferry_buf *a, *b;

	KUNIT_EXPECT_NULL(test, ferry_pool_alloc(pool, 3));
	KUNIT_EXPECT_NULL(test, ferry_pool_alloc(pool, UINT_MAX));
	a = ferry_pool_alloc(pool, 2);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_NULL(test, ferry_pool_alloc(pool, 2));
	b = ferry_pool_alloc(pool, 0);
	KUNIT_ASSERT_NOT_NULL(test, b);
	ferry_buf_put(a);
	ferry_buf_put(b);
}

static void free_only_when_both_let_go(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 2, 64, NULL);
	struct ferry_buf *buf = pool_get(test, pool);
	u32 epoch = ferry_pool_epoch(pool);

	ferry_buf_lend(buf);
	expect_counts(test, pool, 1, 1);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, buf->remote, epoch), 0);
	expect_counts(test, pool, 1, 0);
	ferry_buf_put(buf);
	expect_counts(test, pool, 2, 0);

	buf = pool_send(test, pool);
	expect_counts(test, pool, 1, 1);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, buf->remote, epoch), 0);
	expect_counts(test, pool, 2, 0);
}

static void false_returns_are_counted_and_change_nothing(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 4, 64, &pool_marks);
	struct ferry_buf *mine = pool_get(test, pool);
	struct ferry_buf *sent = pool_send(test, pool);
	u32 epoch = ferry_pool_epoch(pool);
	struct ferry_pool_stats st;

	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, BASE - 64, epoch), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, BASE + 1, epoch), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, BASE + 4 * 64, epoch), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, 0, epoch), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, U64_MAX, epoch), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, mine->remote, epoch), -EALREADY);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, BASE + 192, epoch), -EALREADY);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, sent->remote, epoch - 1), -ESTALE);
	expect_counts(test, pool, 2, 1);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, sent->remote, epoch), 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, sent->remote, epoch), -EALREADY);
	expect_counts(test, pool, 3, 0);

	ferry_pool_stats(pool, &st);
	KUNIT_EXPECT_EQ(test, st.bad_key, 5);
	KUNIT_EXPECT_EQ(test, st.twice, 3);
	KUNIT_EXPECT_EQ(test, st.stale, 1);
	ferry_buf_put(mine);
}

static void marks_of_what_the_remote_does_not_own_are_not_read(struct kunit *test)
{
	struct pool_ctx *ctx = test->priv;
	struct ferry_pool *pool = pool_make(test, 4, 64, &pool_marks);
	struct ferry_buf *mine = pool_get(test, pool);

	pool_give_back(mine);
	KUNIT_EXPECT_EQ(test, ferry_pool_reap(pool, 100), 0);
	KUNIT_EXPECT_EQ(test, ctx->looks, 0);
	expect_counts(test, pool, 3, 0);
	ferry_buf_put(mine);
}

static void reap_takes_any_mark_but_busy_as_a_hint(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 4, 64, &pool_marks);
	struct ferry_buf *sent = pool_send(test, pool);

	KUNIT_EXPECT_EQ(test, ferry_pool_reap(pool, 4), 0);
	*(u8 *)sent->vaddr = 0xa5;
	KUNIT_EXPECT_EQ(test, ferry_pool_reap(pool, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_reap(pool, 4), 1);
	KUNIT_EXPECT_EQ(test, ferry_pool_reap(pool, 4), 0);
	expect_counts(test, pool, 4, 0);
}

static void reap_looks_no_further_than_its_budget(struct kunit *test)
{
	struct pool_ctx *ctx = test->priv;
	struct ferry_pool *pool = pool_make(test, 32, 64, &pool_marks);
	unsigned int i;

	for (i = 0; i < 24; i++)
		pool_send(test, pool);
	ctx->looks = 0;
	KUNIT_EXPECT_EQ(test, ferry_pool_reap(pool, 10), 0);
	KUNIT_EXPECT_EQ(test, ctx->looks, 10);
	KUNIT_EXPECT_EQ(test, ferry_pool_reap(pool, 1000), 0);
	KUNIT_EXPECT_LE(test, ctx->looks, 10 + 2 * 24);
}

static void a_few_never_freed_block_nobody(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 16, 64, &pool_marks);
	struct ferry_buf *buf[16];
	unsigned int i, n;

	for (i = 0; i < 16; i++)
		buf[i] = pool_send(test, pool);
	/* The five oldest stay with the remote for ever. */
	for (n = 0; n < 200; n++) {
		for (i = 5; i < 16; i++)
			pool_give_back(buf[i]);
		for (i = 5; i < 16; i++) {
			buf[i] = pool_send(test, pool);
			KUNIT_ASSERT_GE(test, buf[i]->remote, BASE + 5 * 64);
		}
	}
	KUNIT_EXPECT_NULL(test, ferry_pool_alloc(pool, 0));
}

static void alloc_gives_what_came_back_in_order(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 8, 64, &pool_marks);
	struct ferry_buf *buf[8];
	unsigned int i;

	for (i = 0; i < 8; i++)
		buf[i] = pool_send(test, pool);
	KUNIT_EXPECT_NULL(test, ferry_pool_alloc(pool, 0));
	for (i = 0; i < 8; i++)
		pool_give_back(buf[i]);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_PTR_EQ(test, pool_send(test, pool), buf[i]);
}

static void alloc_looks_until_it_is_above_the_reserve(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 32, 64, &pool_marks);
	struct ferry_buf *buf[32];
	unsigned int i;

	for (i = 0; i < 32; i++)
		buf[i] = pool_send(test, pool);
	for (i = 0; i < 24; i++)
		pool_give_back(buf[i]);
	KUNIT_EXPECT_NULL(test, ferry_pool_alloc(pool, 24));
	buf[0] = ferry_pool_alloc(pool, 23);
	KUNIT_ASSERT_NOT_NULL(test, buf[0]);
	ferry_buf_put(buf[0]);
}

static void reset_takes_all_back_and_begins_an_epoch(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 4, 64, &pool_marks);
	struct ferry_buf *mine = pool_get(test, pool);
	struct ferry_buf *sent = pool_send(test, pool);
	struct ferry_buf *both = pool_get(test, pool);
	u32 epoch = ferry_pool_epoch(pool);

	ferry_buf_lend(both);
	ferry_pool_reset(pool);
	KUNIT_EXPECT_NE(test, ferry_pool_epoch(pool), epoch);
	expect_counts(test, pool, 2, 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, sent->remote, epoch), -ESTALE);
	ferry_buf_put(mine);
	ferry_buf_put(both);
	expect_counts(test, pool, 4, 0);
}

static void chained_buffers_come_back_together(struct kunit *test)
{
	struct ferry_pool *desc = pool_make(test, 2, 64, &pool_marks);
	struct ferry_pool *data = pool_make(test, 2, 1024, NULL);
	struct ferry_buf *d, *p;
	unsigned int way;

	for (way = 0; way < 4; way++) {
		d = pool_get(test, desc);
		p = pool_get(test, data);
		ferry_buf_chain(d, p);
		ferry_buf_lend(d);
		ferry_buf_put(p);
		ferry_buf_put(d);
		expect_counts(test, desc, 1, 1);
		expect_counts(test, data, 1, 1);
		KUNIT_EXPECT_EQ(test, ferry_pool_reap(desc, 8), 0);
		pool_give_back(d);
		if (way == 0)
			KUNIT_EXPECT_EQ(test, ferry_pool_reap(desc, 8), 1);
		else if (way == 1)
			KUNIT_EXPECT_EQ(test, ferry_pool_returned(desc, d->remote, 0), 0);
		else if (way == 2)
			ferry_buf_put(pool_get(test, desc));
		else
			ferry_pool_reset(desc);
		expect_counts(test, desc, 2, 0);
		expect_counts(test, data, 2, 0);
	}
}

static void a_held_payload_outlives_its_mark(struct kunit *test)
{
	struct ferry_pool *desc = pool_make(test, 2, 64, &pool_marks);
	struct ferry_pool *data = pool_make(test, 2, 1024, NULL);
	struct ferry_buf *d = pool_get(test, desc);
	struct ferry_buf *p = pool_get(test, data);

	ferry_buf_chain(d, p);
	ferry_buf_lend(d);
	ferry_buf_put(d);
	pool_give_back(d);
	KUNIT_EXPECT_EQ(test, ferry_pool_reap(desc, 8), 1);
	expect_counts(test, desc, 2, 0);
	expect_counts(test, data, 1, 0);
	ferry_buf_put(p);
	expect_counts(test, data, 2, 0);
}

static void recall_undoes_lend_and_chain(struct kunit *test)
{
	struct ferry_pool *desc = pool_make(test, 2, 64, &pool_marks);
	struct ferry_pool *data = pool_make(test, 2, 1024, NULL);
	struct ferry_buf *d = pool_get(test, desc);
	struct ferry_buf *p = pool_get(test, data);
	struct ferry_pool_stats st;

	ferry_buf_chain(d, p);
	ferry_buf_lend(d);
	ferry_buf_recall(d);
	expect_counts(test, desc, 1, 0);
	expect_counts(test, data, 1, 0);
	/* The payload is still ours and can go out with another descriptor. */
	ferry_buf_put(d);
	d = pool_get(test, desc);
	ferry_buf_chain(d, p);
	ferry_buf_lend(d);
	ferry_buf_put(d);
	ferry_buf_put(p);
	expect_counts(test, data, 1, 1);
	pool_give_back(d);
	ferry_pool_reap(desc, 8);
	expect_counts(test, data, 2, 0);
	ferry_pool_stats(desc, &st);
	KUNIT_EXPECT_EQ(test, st.bad_key + st.twice + st.stale, 0);
}

static void a_mark_set_before_the_recall_is_harmless(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 2, 64, &pool_marks);
	struct ferry_buf *buf = pool_get(test, pool);

	ferry_buf_lend(buf);
	pool_give_back(buf);
	KUNIT_EXPECT_EQ(test, ferry_pool_reap(pool, 8), 1);
	ferry_buf_recall(buf);
	expect_counts(test, pool, 1, 0);
	ferry_buf_put(buf);
	expect_counts(test, pool, 2, 0);
}

static void set_takes_the_smallest_that_fits(struct kunit *test)
{
	struct ferry_pool *big = pool_make(test, 2, 1024, NULL);
	struct ferry_pool *bigger = pool_make(test, 2, 4096, NULL);
	struct ferry_pool *small = pool_make(test, 2, 256, NULL);
	struct ferry_pool_set set = {};
	struct ferry_buf *buf;

	KUNIT_EXPECT_NULL(test, ferry_pool_set_alloc(&set, 0, false));
	KUNIT_ASSERT_EQ(test, ferry_pool_set_add(&set, big, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_pool_set_add(&set, bigger, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_pool_set_add(&set, small, 0), 0);

	buf = ferry_pool_set_alloc(&set, 0, false);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_EQ(test, buf->size, 256);
	ferry_buf_put(buf);
	buf = ferry_pool_set_alloc(&set, 257, false);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_EQ(test, buf->size, 1024);
	ferry_buf_put(buf);
	KUNIT_EXPECT_NULL(test, ferry_pool_set_alloc(&set, 4097, false));
	KUNIT_EXPECT_NULL(test, ferry_pool_set_alloc(&set, SIZE_MAX, false));
}

static void set_falls_back_to_bigger_ones(struct kunit *test)
{
	struct ferry_pool *small = pool_make(test, 2, 256, NULL);
	struct ferry_pool *big = pool_make(test, 2, 1024, NULL);
	static const size_t want[] = { 256, 1024, 256, 1024 };
	struct ferry_pool_set set = {};
	struct ferry_buf *buf[4];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ferry_pool_set_add(&set, big, 1), 0);
	KUNIT_ASSERT_EQ(test, ferry_pool_set_add(&set, small, 1), 0);
	for (i = 0; i < 4; i++) {
		/* Two general ones, and when they find no more, two others. */
		buf[i] = ferry_pool_set_alloc(&set, 100, i < 2);
		KUNIT_ASSERT_NOT_NULL(test, buf[i]);
		KUNIT_EXPECT_EQ(test, buf[i]->size, want[i]);
		KUNIT_EXPECT_EQ(test, ferry_pool_free(small), 1 - i / 2);
		if (i == 1)
			KUNIT_EXPECT_NULL(test, ferry_pool_set_alloc(&set, 100, true));
	}
	KUNIT_EXPECT_NULL(test, ferry_pool_set_alloc(&set, 100, false));
	for (i = 0; i < 4; i++)
		ferry_buf_put(buf[i]);
}

static void set_refuses_what_would_never_serve(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 2, 256, NULL);
	struct ferry_pool_set set = {};

	KUNIT_EXPECT_EQ(test, ferry_pool_set_add(&set, NULL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_pool_set_add(&set, ERR_PTR(-ENOMEM), 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_pool_set_add(&set, pool, ferry_pool_size(pool)), -EINVAL);
	KUNIT_EXPECT_EQ(test, set.nr, 0);
}

static void set_holds_six_pools(struct kunit *test)
{
	struct ferry_pool_set set = {};
	struct ferry_pool *pool;
	unsigned int i;

	for (i = 0; i < FERRY_POOL_SET_MAX; i++) {
		pool = pool_make(test, 1, 1024 - i * 64, NULL);
		KUNIT_EXPECT_EQ(test, ferry_pool_set_add(&set, pool, 0), 0);
	}
	KUNIT_EXPECT_EQ(test, ferry_pool_set_add(&set, pool, 0), -ENOSPC);
	for (i = 1; i < FERRY_POOL_SET_MAX; i++)
		KUNIT_EXPECT_PTR_EQ(test, set.pool[FERRY_POOL_SET_MAX - 1 - i],
				    ((struct pool_ctx *)test->priv)->pool[i]);
	((struct pool_ctx *)test->priv)->nr = 0;
	ferry_pool_set_destroy(&set);
	KUNIT_EXPECT_EQ(test, set.nr, 0);
}

/* True when nobody but the test has the region: a pool goes in work. */
static bool pool_gone(struct pool_ctx *ctx)
{
	return FERRY_WAIT(kref_read(&ctx->region->ref) == 1);
}

struct orphan {
	struct hrtimer timer;
	struct ferry_buf *buf;
};

static enum hrtimer_restart orphan_put(struct hrtimer *timer)
{
	ferry_buf_put(container_of(timer, struct orphan, timer)->buf);
	return HRTIMER_NORESTART;
}

/* What the remote had is nobody's then; what a client has is his. */
static void buffers_outlive_their_pool(struct kunit *test)
{
	struct pool_ctx *ctx = test->priv;
	struct ferry_pool *pool = pool_make(test, 4, 64, &pool_marks);
	struct ferry_buf *buf = pool_get(test, pool);
	struct ferry_buf *both = pool_get(test, pool);
	struct orphan *orphan = kunit_kzalloc(test, sizeof(*orphan), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, orphan);
	pool_send(test, pool);
	ferry_buf_lend(both);
	ctx->nr = 0;
	ferry_pool_destroy(pool);
	KUNIT_EXPECT_EQ(test, kref_read(&ctx->region->ref), 2);
	memset(buf->vaddr, 1, buf->size);
	ferry_buf_get(buf);
	ferry_buf_put(buf);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, kref_read(&ctx->region->ref), 2);

	/* The last one from hard IRQ: the pool itself goes in work. */
	orphan->buf = both;
	ferry_hrtimer_setup(&orphan->timer, orphan_put, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&orphan->timer, ns_to_ktime(1000), HRTIMER_MODE_REL_HARD);
	KUNIT_EXPECT_TRUE(test, pool_gone(ctx));
	hrtimer_cancel(&orphan->timer);
}

static void a_buffer_is_claimed_by_one(struct kunit *test)
{
	struct ferry_pool *pool = pool_make(test, 1, 64, NULL);
	struct ferry_buf *buf = pool_get(test, pool);

	KUNIT_EXPECT_EQ(test, ferry_buf_claim(buf), 0);
	KUNIT_EXPECT_EQ(test, ferry_buf_claim(buf), -EBUSY);
	ferry_buf_put(buf);
	/* The claim is a reference, too. */
	expect_counts(test, pool, 0, 0);
	ferry_buf_lend(buf);
	ferry_buf_unclaim(buf);
	expect_counts(test, pool, 0, 1);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, buf->remote, 0), 0);
	expect_counts(test, pool, 1, 0);

	buf = pool_get(test, pool);
	ferry_buf_lend(buf);
	KUNIT_EXPECT_EQ(test, ferry_buf_claim(buf), -EBUSY);
	ferry_buf_recall(buf);
	KUNIT_EXPECT_EQ(test, ferry_buf_claim(buf), 0);
	ferry_buf_unclaim(buf);
	ferry_buf_put(buf);
	expect_counts(test, pool, 1, 0);
}

static unsigned int released;

static void count_release(struct ferry_buf *buf)
{
	released++;
}

static void memory_the_remote_lends_goes_back_once(struct kunit *test)
{
	static const struct ferry_buf_ops ops = { .release = count_release };
	struct ferry_buf buf;
	u8 byte;

	released = 0;
	ferry_buf_init(&buf, &ops, &byte, BASE, 1);
	KUNIT_EXPECT_PTR_EQ(test, buf.vaddr, &byte);
	KUNIT_EXPECT_EQ(test, buf.remote, BASE);
	KUNIT_EXPECT_EQ(test, buf.size, 1);
	KUNIT_EXPECT_EQ(test, released, 0);
	ferry_buf_put(&buf);
	KUNIT_EXPECT_EQ(test, released, 1);
}

static int pool_attempt(void *arg)
{
	/* Few enough that the private array comes from the slab. */
	struct ferry_pool_cfg cfg = { .size = SZ_4K, .buf_size = 1024, .align = 64 };
	struct ferry_pool *pool = ferry_pool_create(arg, &cfg);

	ferry_pool_destroy(pool);
	return PTR_ERR_OR_ZERO(pool);
}

static void failed_allocation_leaves_nothing(struct kunit *test)
{
	struct pool_ctx *ctx = test->priv;

	ferry_each_alloc_fails(test, pool_attempt, ctx->region);
}

/*
 * Threads and a timer take, lend, give back and put at once. A buffer must never
 * have two users: each puts its number into a byte that belongs to the buffer.
 */

#define CROWD_THREADS	4
#define CROWD_ROUNDS	3000
#define CROWD_BUFS	24

struct crowd {
	struct ferry_pool *desc;
	struct ferry_pool *data;
	atomic_t users[CROWD_BUFS];
	atomic_t clashes;
	atomic_t taken;
	atomic_t running;
	struct hrtimer timer;
	unsigned int ticks;
};

static atomic_t *crowd_user(struct crowd *c, struct ferry_buf *buf)
{
	return &c->users[(buf->remote / 64) % CROWD_BUFS];
}

static void crowd_round(struct crowd *c, unsigned int how)
{
	struct ferry_buf *d = ferry_pool_alloc(c->desc, how & 1);
	struct ferry_buf *p;

	if (!d)
		return;
	*(u8 *)d->vaddr = MARK_BUSY;
	if (atomic_xchg(crowd_user(c, d), 1))
		atomic_inc(&c->clashes);
	atomic_inc(&c->taken);
	p = ferry_pool_alloc(c->data, 0);
	if (p)
		ferry_buf_chain(d, p);
	ferry_buf_lend(d);
	if (how % 7 == 0)
		ferry_buf_recall(d);
	ferry_buf_put(p);
	atomic_set(crowd_user(c, d), 0);
	if (how % 7 && how % 3)
		pool_give_back(d);
	else if (how % 7)
		ferry_pool_returned(c->desc, d->remote, ferry_pool_epoch(c->desc));
	ferry_buf_put(d);
}

static int crowd_thread(void *data)
{
	struct crowd *c = data;
	unsigned int i;

	for (i = 0; i < CROWD_ROUNDS; i++) {
		crowd_round(c, i);
		if (i % 64 == 0)
			usleep_range(10, 20);
	}
	atomic_dec(&c->running);
	while (!kthread_should_stop())
		usleep_range(50, 100);
	return 0;
}

static enum hrtimer_restart crowd_tick(struct hrtimer *timer)
{
	struct crowd *c = container_of(timer, struct crowd, timer);

	crowd_round(c, c->ticks++);
	hrtimer_forward_now(timer, ns_to_ktime(15000));
	return HRTIMER_RESTART;
}

static void threads_and_interrupts_never_share_a_buffer(struct kunit *test)
{
	struct crowd *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct task_struct *task[CROWD_THREADS];
	unsigned int i, n;

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->desc = pool_make(test, CROWD_BUFS, 64, &pool_marks);
	c->data = pool_make(test, 4, 128, NULL);
	atomic_set(&c->running, CROWD_THREADS);
	ferry_hrtimer_setup(&c->timer, crowd_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&c->timer, ns_to_ktime(15000), HRTIMER_MODE_REL_HARD);
	for (n = 0; n < CROWD_THREADS; n++) {
		task[n] = kthread_run(crowd_thread, c, "ferry-crowd-%u", n);
		if (IS_ERR(task[n]))
			break;
	}
	for (i = 0; n == CROWD_THREADS && i < 30000 && atomic_read(&c->running); i++)
		usleep_range(500, 1000);
	for (i = 0; i < n; i++)
		kthread_stop(task[i]);
	hrtimer_cancel(&c->timer);

	KUNIT_EXPECT_EQ(test, n, CROWD_THREADS);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->running), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->clashes), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&c->taken), CROWD_ROUNDS);
	KUNIT_EXPECT_GT(test, c->ticks, 0);
	ferry_pool_reap(c->desc, 1000);
	ferry_pool_reap(c->desc, 1000);
	ferry_pool_reap(c->desc, 1000);
	expect_counts(test, c->desc, CROWD_BUFS, 0);
	expect_counts(test, c->data, 4, 0);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE_PARAM(create_cuts_what_fits, pool_layout_gen_params),
	KUNIT_CASE(too_many_buffers_are_refused),
	KUNIT_CASE(alloc_takes_the_oldest_first),
	KUNIT_CASE(reserve_is_left_to_others),
	KUNIT_CASE(free_only_when_both_let_go),
	KUNIT_CASE(false_returns_are_counted_and_change_nothing),
	KUNIT_CASE(marks_of_what_the_remote_does_not_own_are_not_read),
	KUNIT_CASE(reap_takes_any_mark_but_busy_as_a_hint),
	KUNIT_CASE(reap_looks_no_further_than_its_budget),
	KUNIT_CASE(a_few_never_freed_block_nobody),
	KUNIT_CASE(alloc_gives_what_came_back_in_order),
	KUNIT_CASE(alloc_looks_until_it_is_above_the_reserve),
	KUNIT_CASE(reset_takes_all_back_and_begins_an_epoch),
	KUNIT_CASE(chained_buffers_come_back_together),
	KUNIT_CASE(a_held_payload_outlives_its_mark),
	KUNIT_CASE(recall_undoes_lend_and_chain),
	KUNIT_CASE(a_mark_set_before_the_recall_is_harmless),
	KUNIT_CASE(set_takes_the_smallest_that_fits),
	KUNIT_CASE(set_falls_back_to_bigger_ones),
	KUNIT_CASE(set_refuses_what_would_never_serve),
	KUNIT_CASE(set_holds_six_pools),
	KUNIT_CASE(buffers_outlive_their_pool),
	KUNIT_CASE(a_buffer_is_claimed_by_one),
	KUNIT_CASE(memory_the_remote_lends_goes_back_once),
	KUNIT_CASE(failed_allocation_leaves_nothing),
	KUNIT_CASE(threads_and_interrupts_never_share_a_buffer),
	{}
};

static struct kunit_suite pool_suite = {
	.name = "ferry_pool",
	.init = pool_test_init,
	.exit = pool_test_exit,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Ferry's pools and buffers");
