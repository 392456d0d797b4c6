// SPDX-License-Identifier: GPL-2.0-only
/*
 * Quarantine: memory that a remote may still write to outlives its link, until a later
 * link of the same device has stopped the remote.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/link.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../ferry_kunit.h"
#include "memory.h"

#define BASE	0x82000000ull
#define SIZE	SZ_16K
#define NR	4

struct quarantine_ctx {
	void *mem;
	struct ferry_region *region;
	int stop_ret;
	unsigned int crashed_stops;
};

static int link_op_start(struct ferry_link *link)
{
	return 0;
}

static int link_op_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct quarantine_ctx *ctx = ferry_link_priv(link);

	ctx->crashed_stops += how == FERRY_STOP_CRASHED;
	return ctx->stop_ret;
}

static const struct ferry_link_ops link_ops = {
	.start = link_op_start,
	.stop = link_op_stop,
};

/* Registered, and not started. */
static struct ferry_link *link_make(struct kunit *test, const char *name)
{
	struct ferry_link_cfg cfg = {
		.name = name, .ops = &link_ops, .priv = test->priv, .addr_bits = 32,
	};
	struct ferry_link *link = ferry_link_alloc(NULL, &cfg);

	KUNIT_ASSERT_FALSE(test, IS_ERR(link));
	KUNIT_ASSERT_EQ(test, ferry_link_register(link), 0);
	return link;
}

static struct ferry_link *link_up(struct kunit *test, const char *name)
{
	struct ferry_link *link = link_make(test, name);

	KUNIT_ASSERT_EQ(test, ferry_link_start(link), 0);
	return link;
}

static void link_down(struct ferry_link *link)
{
	ferry_link_unregister(link);
	ferry_link_put(link);
}

static struct ferry_pool *pool_make(struct kunit *test, struct ferry_link *link)
{
	struct ferry_pool_cfg cfg = { .size = SIZE, .buf_size = SIZE / NR, .align = 64 };
	struct quarantine_ctx *ctx = test->priv;
	struct ferry_pool *pool = ferry_pool_create(ctx->region, &cfg);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pool));
	ferry_link_add_pool(link, pool, "pool");
	return pool;
}

/* The remote has it, we do not any more. */
static void pool_lend(struct kunit *test, struct ferry_pool *pool)
{
	struct ferry_buf *buf = ferry_pool_alloc(pool, 0);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	ferry_buf_lend(buf);
	ferry_buf_put(buf);
}

/* Crashed, and stopping it was tried. */
static void link_crash(struct kunit *test, struct ferry_link *link)
{
	struct quarantine_ctx *ctx = test->priv;
	unsigned int before = ctx->crashed_stops;

	ferry_link_crash(link, "the test says so");
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(ctx->crashed_stops) != before));
	KUNIT_ASSERT_EQ(test, ferry_link_state(link), FERRY_STATE_CRASHED);
}

/* Nobody but the test has the region: memory is given back in work. */
static bool all_back(struct kunit *test)
{
	struct quarantine_ctx *ctx = test->priv;

	return FERRY_WAIT(kref_read(&ctx->region->ref) == 1);
}

static void expect_kept(struct kunit *test, struct ferry_link *link, unsigned int lent, u64 bytes)
{
	struct memory_line line;

	KUNIT_ASSERT_TRUE(test, memory_line(test, link, "quarantine", &line));
	KUNIT_EXPECT_EQ(test, line.lent, lent);
	KUNIT_EXPECT_EQ(test, line.lent_bytes, bytes);
}

static int quarantine_init(struct kunit *test)
{
	struct quarantine_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return -ENOMEM;
	test->priv = ctx;
	ctx->mem = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(SIZE));
	ctx->region = ferry_region_from_memory(ctx->mem, BASE, SIZE);
	return PTR_ERR_OR_ZERO(ctx->region);
}

static void quarantine_exit(struct kunit *test)
{
	struct quarantine_ctx *ctx = test->priv;

	if (!ctx || IS_ERR_OR_NULL(ctx->region))
		return;
	KUNIT_EXPECT_TRUE(test, all_back(test));
	ferry_region_put(ctx->region);
	free_pages((unsigned long)ctx->mem, get_order(SIZE));
}

static void what_the_remote_has_stays_until_it_was_stopped(struct kunit *test)
{
	struct quarantine_ctx *ctx = test->priv;
	struct ferry_link *link = link_up(test, "kept");
	struct ferry_pool *pool = pool_make(test, link);

	KUNIT_ASSERT_EQ(test, ferry_link_add_region(link, ctx->region), 0);
	pool_lend(test, pool);
	pool_lend(test, pool);
	ctx->stop_ret = -EIO;
	link_crash(test, link);
	expect_kept(test, link, 0, 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(pool), NR - 2);
	ferry_link_unregister(link);
	ferry_pool_destroy(pool);
	ferry_link_remove_region(link, ctx->region);
	ferry_link_put(link);
	msleep(50);
	KUNIT_EXPECT_EQ(test, kref_read(&ctx->region->ref), 3);

	/* The next one has to stop it first, and fails, and is gone. */
	link = link_make(test, "kept");
	KUNIT_EXPECT_EQ(test, ferry_link_state(link), FERRY_STATE_CRASHED);
	expect_kept(test, link, 2, 2 * (SIZE / NR) + SIZE);
	KUNIT_EXPECT_EQ(test, ferry_link_start(link), -EIO);
	expect_kept(test, link, 2, 2 * (SIZE / NR) + SIZE);
	link_down(link);
	KUNIT_EXPECT_EQ(test, kref_read(&ctx->region->ref), 3);

	ctx->stop_ret = 0;
	link = link_make(test, "kept");
	KUNIT_EXPECT_EQ(test, ferry_link_start(link), 0);
	expect_kept(test, link, 0, 0);
	KUNIT_EXPECT_TRUE(test, all_back(test));
	link_down(link);
}

static void others_do_not_adopt_it(struct kunit *test)
{
	struct quarantine_ctx *ctx = test->priv;
	struct ferry_link *link = link_up(test, "kept");
	struct ferry_pool *pool = pool_make(test, link);

	pool_lend(test, pool);
	ctx->stop_ret = -EIO;
	link_crash(test, link);
	ferry_link_unregister(link);
	ferry_pool_destroy(pool);
	ferry_link_put(link);

	ctx->stop_ret = 0;
	link = link_make(test, "other");
	KUNIT_EXPECT_EQ(test, ferry_link_state(link), FERRY_STATE_OFFLINE);
	expect_kept(test, link, 0, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(link), 0);
	link_down(link);
	KUNIT_EXPECT_EQ(test, kref_read(&ctx->region->ref), 2);

	link = link_up(test, "kept");
	KUNIT_EXPECT_TRUE(test, all_back(test));
	link_down(link);
}

static void a_client_may_hold_what_is_kept(struct kunit *test)
{
	struct quarantine_ctx *ctx = test->priv;
	struct ferry_link *link = link_up(test, "kept");
	struct ferry_pool *pool = pool_make(test, link);
	struct ferry_buf *buf = ferry_pool_alloc(pool, 0);
	struct ferry_buf *mine = ferry_pool_alloc(pool, 0);

	ferry_buf_lend(buf);
	ctx->stop_ret = -EIO;
	link_crash(test, link);
	ferry_link_unregister(link);
	ferry_pool_destroy(pool);
	ferry_link_put(link);
	ferry_buf_put(buf);
	ctx->stop_ret = 0;
	link = link_up(test, "kept");
	expect_kept(test, link, 0, 0);
	link_down(link);
	/* The remote was stopped, but there is still one of us. */
	msleep(50);
	KUNIT_EXPECT_EQ(test, kref_read(&ctx->region->ref), 2);
	memset(mine->vaddr, 1, mine->size);
	ferry_buf_put(mine);
}

static void what_the_remote_has_not_is_free_at_once(struct kunit *test)
{
	struct quarantine_ctx *ctx = test->priv;
	struct ferry_link *link = link_up(test, "kept");
	struct ferry_pool *pool = pool_make(test, link);

	ctx->stop_ret = -EIO;
	link_crash(test, link);
	ferry_link_unregister(link);
	ferry_pool_destroy(pool);
	ferry_link_put(link);
	KUNIT_EXPECT_TRUE(test, all_back(test));
	link = link_make(test, "kept");
	KUNIT_EXPECT_EQ(test, ferry_link_state(link), FERRY_STATE_OFFLINE);
	link_down(link);
	ctx->stop_ret = 0;
}

static void a_remote_that_was_stopped_keeps_nothing(struct kunit *test)
{
	struct quarantine_ctx *ctx = test->priv;
	struct ferry_link *link = link_up(test, "kept");
	struct ferry_pool *pool = pool_make(test, link);

	KUNIT_ASSERT_EQ(test, ferry_link_add_region(link, ctx->region), 0);
	pool_lend(test, pool);
	link_crash(test, link);
	/* The core took it back when stop succeeded: under the mutex that start takes. */
	KUNIT_EXPECT_EQ(test, ferry_link_start(link), 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(pool), NR);
	pool_lend(test, pool);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(link), 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(pool), NR);
	ferry_link_unregister(link);
	ferry_pool_destroy(pool);
	ferry_link_remove_region(link, ctx->region);
	ferry_link_put(link);
	KUNIT_EXPECT_TRUE(test, all_back(test));
}

/* A driver may take its pools away before its link. */
static void a_pool_may_go_before_its_link(struct kunit *test)
{
	struct quarantine_ctx *ctx = test->priv;
	struct ferry_link *link = link_up(test, "kept");
	struct ferry_pool *pool = pool_make(test, link);

	pool_lend(test, pool);
	ctx->stop_ret = -EIO;
	link_crash(test, link);
	ferry_pool_destroy(pool);
	expect_kept(test, link, 1, SIZE / NR);
	ctx->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(link), 0);
	expect_kept(test, link, 0, 0);
	link_down(link);
}

static struct kunit_case quarantine_cases[] = {
	KUNIT_CASE(what_the_remote_has_stays_until_it_was_stopped),
	KUNIT_CASE(others_do_not_adopt_it),
	KUNIT_CASE(a_client_may_hold_what_is_kept),
	KUNIT_CASE(what_the_remote_has_not_is_free_at_once),
	KUNIT_CASE(a_remote_that_was_stopped_keeps_nothing),
	KUNIT_CASE(a_pool_may_go_before_its_link),
	{}
};

static struct kunit_suite quarantine_suite = {
	.name = "ferry_quarantine",
	.init = quarantine_init,
	.exit = quarantine_exit,
	.test_cases = quarantine_cases,
};

kunit_test_suite(quarantine_suite);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Ferry's quarantine");
