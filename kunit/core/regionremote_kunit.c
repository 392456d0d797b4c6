// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions in MMIO that the remote lends: the window, and that nobody takes it for memory.
 */
#include <kunit/test.h>
#include <linux/ferry/link.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/region.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../ferry_kunit.h"
#include "iomem.h"

#define WINDOW	SZ_32K		/* of the emulated memory: there is more */

struct lent_ctx {
	struct iomem *io;
	struct ferry_link *link;
	struct ferry_provider *p;
};

static int link_op_start(struct ferry_link *link)
{
	return 0;
}

static int link_op_stop(struct ferry_link *link, enum ferry_stop how)
{
	return 0;
}

static const struct ferry_link_ops link_ops = {
	.start = link_op_start,
	.stop = link_op_stop,
};

static int lent_init(struct kunit *test)
{
	struct lent_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	struct ferry_link_cfg link_cfg = { .name = "lent", .ops = &link_ops, .addr_bits = 44 };
	struct ferry_provide_cfg cfg = {
		.backing = FERRY_BACKING_LENT, .max_size = SZ_1M, .max = 4,
	};

	if (!ctx)
		return -ENOMEM;
	ctx->io = iomem_get();
	if (!ctx->io)
		return -ENODEV;
	ctx->link = ferry_link_alloc(NULL, &link_cfg);
	if (IS_ERR(ctx->link))
		return PTR_ERR(ctx->link);
	test->priv = ctx;
	cfg.window.start = ctx->io->phys;
	cfg.window.end = ctx->io->phys + WINDOW - 1;
	ctx->p = ferry_provider_create(ctx->link, &cfg);
	return PTR_ERR_OR_ZERO(ctx->p) ?: ferry_link_register(ctx->link) ?:
	       ferry_link_start(ctx->link);
}

static void lent_exit(struct kunit *test)
{
	struct lent_ctx *ctx = test->priv;

	if (!ctx)
		return;
	ferry_link_unregister(ctx->link);
	ferry_provider_destroy(ctx->p);
	ferry_link_put(ctx->link);
	KUNIT_EXPECT_EQ(test, ctx->io->maps, 0);
}

static const struct lent_ask {
	const char *name;
	u64 offset;	/* from the window */
	u64 size;
	int ret;
} lent_asks[] = {
	{ "the whole window",		0,		WINDOW,		0 },
	{ "a byte",			0,		1,		0 },
	{ "the last byte",		WINDOW - 1,	1,		0 },
	{ "nothing",			0,		0,		-EINVAL },
	{ "more than allowed",		0,		SZ_1M + 1,	-EINVAL },
	{ "one too many",		0,		WINDOW + 1,	-ERANGE },
	{ "ends behind",		WINDOW - SZ_4K,	SZ_4K + 1,	-ERANGE },
	{ "behind",			WINDOW,		1,		-ERANGE },
	{ "before",			-1,		1,		-ERANGE },
	{ "begins before",		-1,		2,		-ERANGE },
	{ "32 bits more",		BIT_ULL(32),	1,		-ERANGE },
	{ "address 0",			-IOMEM_BASE,	1,		-ERANGE },
	{ "the last address",		U64_MAX - IOMEM_BASE, 1,	-ERANGE },
	{ "wraps to the window",	U64_MAX - IOMEM_BASE, SZ_1M,	-ERANGE },
	{ "all there is",		0,		U64_MAX,	-EINVAL },
};

static void lent_ask_desc(const struct lent_ask *ask, char *desc)
{
	strscpy(desc, ask->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(lent_ask, lent_asks, lent_ask_desc);

static void only_the_window_is_lent(struct kunit *test)
{
	const struct lent_ask *ask = test->param_value;
	struct lent_ctx *ctx = test->priv;
	struct ferry_region *region;

	region = ferry_region_provide(ctx->p, 1, ask->size, ctx->io->phys + ask->offset);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(region), ask->ret);
	KUNIT_EXPECT_EQ(test, ctx->io->maps, !ask->ret);
	ferry_region_put(region);
}

static struct ferry_region *lent_region(struct kunit *test, u64 offset, u64 size)
{
	struct lent_ctx *ctx = test->priv;
	struct ferry_region *region;

	region = ferry_region_provide(ctx->p, 1, size, ctx->io->phys + offset);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	return region;
}

static void it_is_read_and_written_as_io(struct kunit *test)
{
	struct ferry_region *region = lent_region(test, SZ_4K, SZ_4K);
	u8 out[6] = { 1, 2, 3, 4, 5, 6 }, in[6] = {};
	struct lent_ctx *ctx = test->priv;
	u8 *mem = ctx->io->mem + SZ_4K;

	KUNIT_EXPECT_EQ(test, ferry_region_write(region, SZ_4K - 6, out, 6), 0);
	KUNIT_EXPECT_MEMEQ(test, mem + SZ_4K - 6, out, 6);
	KUNIT_EXPECT_EQ(test, mem[SZ_4K], 0);
	KUNIT_EXPECT_EQ(test, ferry_region_read(region, SZ_4K - 6, in, 6), 0);
	KUNIT_EXPECT_MEMEQ(test, in, out, 6);
	KUNIT_EXPECT_EQ(test, ctx->io->copies, 2);

	KUNIT_EXPECT_EQ(test, ferry_region_read(region, SZ_4K - 5, in, 6), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_write(region, SZ_4K - 5, out, 6), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_write(region, -1ull, out, 6), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_write(region, 0, out, 0), -ERANGE);
	KUNIT_EXPECT_EQ(test, ctx->io->copies, 2);
	ferry_region_put(region);
}

static void it_is_no_memory(struct kunit *test)
{
	struct ferry_region *region = lent_region(test, 0, WINDOW);
	struct ferry_pool_cfg cfg = { .size = WINDOW, .buf_size = SZ_4K, .align = 64 };
	struct lent_ctx *ctx = test->priv;
	u64 remote = 1;

	KUNIT_EXPECT_NULL(test, region->vaddr);
	KUNIT_EXPECT_EQ(test, region->remote, ctx->io->phys);
	KUNIT_EXPECT_NULL(test, ferry_region_to_cpu(region, ctx->io->phys, 4));
	KUNIT_EXPECT_EQ(test, ferry_region_to_remote(region, (void *)4, 4, &remote), -ERANGE);
	KUNIT_EXPECT_EQ(test, remote, 1);
	KUNIT_EXPECT_PTR_EQ(test, ferry_pool_create(region, &cfg), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_EQ(test, ferry_link_add_region(ctx->link, region), 0);
	KUNIT_EXPECT_NULL(test, ferry_link_to_cpu(ctx->link, ctx->io->phys, 4));
	ferry_link_remove_region(ctx->link, region);
	ferry_region_put(region);
}

static void it_stays_mapped_while_somebody_holds_it(struct kunit *test)
{
	struct ferry_region *region = lent_region(test, 0, SZ_4K);
	struct lent_ctx *ctx = test->priv;
	u32 word = 5;

	KUNIT_EXPECT_EQ(test, ferry_link_stop(ctx->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_region_read(region, 0, &word, sizeof(word)), 0);
	KUNIT_EXPECT_EQ(test, word, 0);
	KUNIT_EXPECT_EQ(test, ctx->io->maps, 1);
	ferry_region_put(region);
	KUNIT_EXPECT_EQ(test, ctx->io->maps, 0);
}

static int lent_attempt(void *arg)
{
	struct lent_ctx *ctx = arg;
	struct ferry_region *region;

	region = ferry_region_provide(ctx->p, 1, SZ_4K, ctx->io->phys);
	ferry_region_put(region);
	return PTR_ERR_OR_ZERO(region);
}

static void an_allocation_that_fails_leaves_no_mapping(struct kunit *test)
{
	struct lent_ctx *ctx = test->priv;

	ferry_each_alloc_fails(test, lent_attempt, ctx);
	KUNIT_EXPECT_EQ(test, ctx->io->maps, 1);
}

static struct kunit_case lent_cases[] = {
	KUNIT_CASE_PARAM(only_the_window_is_lent, lent_ask_gen_params),
	KUNIT_CASE(it_is_read_and_written_as_io),
	KUNIT_CASE(it_is_no_memory),
	KUNIT_CASE(it_stays_mapped_while_somebody_holds_it),
	KUNIT_CASE(an_allocation_that_fails_leaves_no_mapping),
	{}
};

static struct kunit_suite lent_suite = {
	.name = "ferry_regionremote",
	.init = lent_init,
	.exit = lent_exit,
	.test_cases = lent_cases,
};

kunit_test_suite(lent_suite);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of regions in MMIO that the remote lends");
FERRY_IMPORT_TEST();
