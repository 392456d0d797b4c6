// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a remote asks for: what it may ask, when it is let in, when it is not any
 * more, and what becomes of it when it cannot be stopped.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/ferry/link.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/region.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "../ferry_kunit.h"
#include "fake.h"
#include "memory.h"

#define BITS		44
#define MAX_SIZE	SZ_64K
#define MAX_NR		3
#define NR_PAGES	4
#define FOREIGN_BASE	0x100000000ull	/* where the remote sees the pages */

enum { HOLD, PUT, ALLOW, REVOKE, STOP };

struct provide_log {
	int what;
	u64 remote;
	u64 size;
};

struct provide_ctx {
	struct platform_device *pdev;
	struct ferry_provide_cfg cfg;
	struct ferry_provider *p;
	unsigned int bits;
	int stop_ret;
	int hold_ret;
	int allow_ret;
	unsigned int stops;
	unsigned int nr;
	struct provide_log log[64];

	/* foreign memory: its pages, in this order */
	struct page *page[NR_PAGES];
	unsigned int hole;	/* NR_PAGES: none */
	unsigned int bent;	/* its address is in the middle of a page */
	unsigned int alien;	/* it is not memory of the kernel */

	/* asked for while the link starts */
	struct work_struct work;
	struct completion answered;
	struct ferry_region *region;
	bool ask;
};

static void provide_note(struct provide_ctx *ctx, int what, u64 remote, u64 size)
{
	if (ctx->nr < ARRAY_SIZE(ctx->log))
		ctx->log[ctx->nr] = (struct provide_log){ what, remote, size };
	ctx->nr++;
}

static unsigned int provide_noted(const struct provide_ctx *ctx, int what)
{
	unsigned int i, n = 0;

	for (i = 0; i < ctx->nr; i++)
		n += ctx->log[i].what == what;
	return n;
}

static int grant_hold(void *data)
{
	struct provide_ctx *ctx = data;

	provide_note(ctx, HOLD, 0, 0);
	return ctx->hold_ret;
}

static void grant_put(void *data)
{
	provide_note(data, PUT, 0, 0);
}

static int grant_allow(void *data, u64 remote, u64 size)
{
	struct provide_ctx *ctx = data;

	provide_note(ctx, ALLOW, remote, size);
	return ctx->allow_ret;
}

static void grant_revoke(void *data, u64 remote, u64 size)
{
	provide_note(data, REVOKE, remote, size);
}

static const struct ferry_grant_ops grant_ops = {
	.allow = grant_allow,
	.revoke = grant_revoke,
	.hold = grant_hold,
	.put = grant_put,
	.owner = THIS_MODULE,
};

static phys_addr_t foreign_to_phys(void *data, u64 remote)
{
	struct provide_ctx *ctx = data;
	u64 i = (remote - FOREIGN_BASE) >> PAGE_SHIFT;

	if (remote < FOREIGN_BASE || i >= NR_PAGES || i == ctx->hole)
		return 0;
	if (i == ctx->alien)
		return BIT_ULL(40);
	return page_to_phys(ctx->page[i]) + (i == ctx->bent ? 16 : 0);
}

static void provide_work(struct work_struct *work)
{
	struct provide_ctx *ctx = container_of(work, struct provide_ctx, work);

	ctx->region = ferry_region_provide(ctx->p, 1, SZ_4K, 0);
	complete(&ctx->answered);
}

static int link_op_start(struct ferry_link *link)
{
	struct provide_ctx *ctx = ferry_link_priv(link);

	if (!ctx->ask)
		return 0;
	schedule_work(&ctx->work);
	return wait_for_completion_timeout(&ctx->answered, 30 * HZ) ? 0 : -ETIMEDOUT;
}

static int link_op_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct provide_ctx *ctx = ferry_link_priv(link);

	provide_note(ctx, STOP, 0, 0);
	WRITE_ONCE(ctx->stops, ctx->stops + 1);
	return ctx->stop_ret;
}

static const struct ferry_link_ops link_ops = {
	.start = link_op_start,
	.stop = link_op_stop,
};

static struct ferry_link *link_make(struct kunit *test)
{
	struct ferry_link_cfg cfg = {
		.name = "provide", .ops = &link_ops, .priv = test->priv,
	};
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link;

	cfg.addr_bits = ctx->bits;
	link = ferry_link_alloc(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(link));
	KUNIT_ASSERT_EQ(test, ferry_link_register(link), 0);
	return link;
}

static void provider_make(struct kunit *test, struct ferry_link *link)
{
	struct provide_ctx *ctx = test->priv;

	ctx->p = ferry_provider_create(link, &ctx->cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx->p));
}

/* A link that runs, with a provider. */
static struct ferry_link *provide_up(struct kunit *test)
{
	struct ferry_link *link = link_make(test);

	provider_make(test, link);
	KUNIT_ASSERT_EQ(test, ferry_link_start(link), 0);
	return link;
}

static void provide_down(struct kunit *test, struct ferry_link *link)
{
	struct provide_ctx *ctx = test->priv;

	ferry_link_unregister(link);
	ferry_provider_destroy(ctx->p);
	ferry_link_put(link);
}

/* The answer alone: our reference is put. */
static long provide(struct kunit *test, u32 key, u64 size, u64 addr)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_region *region = ferry_region_provide(ctx->p, key, size, addr);

	ferry_region_put(region);
	return PTR_ERR_OR_ZERO(region);
}

/* With a reference for the caller. */
static struct ferry_region *provide_region(struct kunit *test, u32 key, u64 size, u64 addr)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_region *region = ferry_region_provide(ctx->p, key, size, addr);

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	return region;
}

static void expect_line(struct kunit *test, struct ferry_link *link, const char *name,
			unsigned int total, unsigned int lent, u64 bytes)
{
	struct memory_line line;

	KUNIT_ASSERT_TRUE(test, memory_line(test, link, name, &line));
	KUNIT_EXPECT_EQ(test, line.total, total);
	KUNIT_EXPECT_EQ(test, line.lent, lent);
	KUNIT_EXPECT_EQ(test, line.lent_bytes, bytes);
}

/* Crashed, and stopping it was tried. */
static void link_crash(struct kunit *test, struct ferry_link *link)
{
	struct provide_ctx *ctx = test->priv;
	unsigned int before = READ_ONCE(ctx->stops);

	ferry_link_crash(link, "the test says so");
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(ctx->stops) != before));
}

static void use_foreign(struct provide_ctx *ctx)
{
	ctx->cfg.backing = FERRY_BACKING_FOREIGN;
	ctx->cfg.to_phys = foreign_to_phys;
	ctx->cfg.phys_data = ctx;
}

static int provide_init(struct kunit *test)
{
	struct platform_device_info info = {
		.name = "ferry-provide-kunit",
		.id = PLATFORM_DEVID_AUTO,
		.dma_mask = DMA_BIT_MASK(32),
	};
	struct provide_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	unsigned int i;

	if (!ctx)
		return -ENOMEM;
	test->priv = ctx;
	ctx->bits = BITS;
	ctx->pdev = platform_device_register_full(&info);
	if (IS_ERR(ctx->pdev))
		return PTR_ERR(ctx->pdev);
	INIT_WORK(&ctx->work, provide_work);
	init_completion(&ctx->answered);
	ctx->hole = NR_PAGES;
	ctx->bent = NR_PAGES;
	ctx->alien = NR_PAGES;
	for (i = 0; i < NR_PAGES; i++)
		ctx->page[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
	/* Certainly not in the order of their addresses. */
	if (page_to_pfn(ctx->page[0]) < page_to_pfn(ctx->page[1]))
		swap(ctx->page[0], ctx->page[1]);
	ctx->cfg = (struct ferry_provide_cfg){
		.backing = FERRY_BACKING_COHERENT, .dev = &ctx->pdev->dev, .grant = &grant_ops,
		.grant_data = ctx, .max_size = MAX_SIZE, .max = MAX_NR, .align = SZ_4K,
	};
	return 0;
}

static void provide_exit(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	unsigned int i;

	if (!ctx || IS_ERR(ctx->pdev))
		return;
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, HOLD), provide_noted(ctx, PUT));
	KUNIT_EXPECT_LE(test, ctx->nr, ARRAY_SIZE(ctx->log));
	for (i = 0; i < NR_PAGES; i++)
		__free_page(ctx->page[i]);
	platform_device_unregister(ctx->pdev);
}

static void needs_dma(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has no DMA");
}

static void what_is_provided_was_allowed_before(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_region *region;
	struct ferry_link *link;

	needs_dma(test);
	link = provide_up(test);
	region = provide_region(test, 2, SZ_4K + 1, 0);
	KUNIT_EXPECT_EQ(test, region->size, SZ_8K);
	KUNIT_EXPECT_NE(test, region->remote, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(region->vaddr, 0, SZ_8K));
	KUNIT_EXPECT_EQ(test, ctx->nr, 2);
	KUNIT_EXPECT_EQ(test, ctx->log[1].what, ALLOW);
	KUNIT_EXPECT_EQ(test, ctx->log[1].remote, region->remote);
	KUNIT_EXPECT_EQ(test, ctx->log[1].size, SZ_8K);
	expect_line(test, link, "provided", 1, 1, SZ_8K);
	ferry_region_put(region);

	/* The remote is stopped first. */
	KUNIT_EXPECT_EQ(test, ferry_link_stop(link), 0);
	KUNIT_ASSERT_EQ(test, ctx->nr, 4);
	KUNIT_EXPECT_EQ(test, ctx->log[2].what, STOP);
	KUNIT_EXPECT_EQ(test, ctx->log[3].what, REVOKE);
	KUNIT_EXPECT_EQ(test, ctx->log[3].remote, ctx->log[1].remote);
	KUNIT_EXPECT_EQ(test, ctx->log[3].size, SZ_8K);
	expect_line(test, link, "provided", 0, 0, 0);
	provide_down(test, link);
}

static void the_same_request_gets_the_same_answer(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_region *region, *again;
	struct ferry_link *link;

	needs_dma(test);
	link = provide_up(test);
	region = provide_region(test, 2, SZ_8K, 0);
	again = provide_region(test, 2, SZ_8K, 0);
	KUNIT_EXPECT_PTR_EQ(test, again, region);
	KUNIT_EXPECT_EQ(test, provide(test, 2, SZ_8K + 1, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, provide(test, 2, SZ_4K, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, provide(test, 2, SZ_8K, region->remote), -EINVAL);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, ALLOW), 1);
	ferry_region_put(again);
	ferry_region_put(region);
	again = provide_region(test, 3, SZ_8K, 0);
	KUNIT_EXPECT_PTR_NE(test, again, region);
	ferry_region_put(again);
	provide_down(test, link);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, REVOKE), 2);
}

static const struct provide_ask {
	const char *name;
	u64 size;
	u64 addr;
	int ret;
} coherent_asks[] = {
	{ "nothing",			0,		0,		-EINVAL },
	{ "one too many",		MAX_SIZE + 1,	0,		-EINVAL },
	{ "all there is",		U64_MAX,	0,		-EINVAL },
	{ "rounds up to nothing",	U64_MAX - 1,	0,		-EINVAL },
	{ "sign bit",			BIT_ULL(63),	0,		-EINVAL },
	{ "32 bits and a page",		BIT_ULL(32) + SZ_4K, 0,		-EINVAL },
	{ "an address",			SZ_4K,		0x1000,		-EINVAL },
	{ "the last address",		SZ_4K,		U64_MAX,	-EINVAL },
	{ "as much as allowed",		MAX_SIZE,	0,		0 },
	{ "a byte",			1,		0,		0 },
};

static const struct provide_ask foreign_asks[] = {
	{ "nothing",			0,		FOREIGN_BASE,		-EINVAL },
	{ "too much",			MAX_SIZE + 1,	FOREIGN_BASE,		-EINVAL },
	{ "no address",			SZ_4K,		0,			-ERANGE },
	{ "not aligned",		SZ_4K,		FOREIGN_BASE + 1,	-EINVAL },
	{ "not mapped",			SZ_4K,		FOREIGN_BASE - SZ_4K,	-EFAULT },
	{ "begins before",		SZ_8K,		FOREIGN_BASE - SZ_4K,	-EFAULT },
	{ "ends behind",		SZ_8K,
	  FOREIGN_BASE + (NR_PAGES - 1) * PAGE_SIZE,				-EFAULT },
	{ "wraps",			SZ_8K,		-(u64)SZ_4K,		-ERANGE },
	{ "last page there is",		SZ_4K,		-(u64)SZ_4K,		-EFAULT },
	{ "the whole",			NR_PAGES * PAGE_SIZE, FOREIGN_BASE,	0 },
	{ "the last page",		SZ_4K,
	  FOREIGN_BASE + (NR_PAGES - 1) * PAGE_SIZE,				0 },
};

static void ask_desc(const struct provide_ask *ask, char *desc)
{
	strscpy(desc, ask->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(coherent_ask, coherent_asks, ask_desc);
KUNIT_ARRAY_PARAM(foreign_ask, foreign_asks, ask_desc);

static void expect_answer(struct kunit *test, const struct provide_ask *ask)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link = provide_up(test);

	KUNIT_EXPECT_EQ(test, provide(test, 1, ask->size, ask->addr), ask->ret);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, ALLOW), !ask->ret);
	provide_down(test, link);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, REVOKE), !ask->ret);
}

static void coherent_memory_has_limits(struct kunit *test)
{
	needs_dma(test);
	expect_answer(test, test->param_value);
}

static void foreign_memory_has_limits(struct kunit *test)
{
	use_foreign(test->priv);
	expect_answer(test, test->param_value);
}

static void no_more_regions_than_allowed(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link;
	u32 i;

	needs_dma(test);
	link = provide_up(test);
	for (i = 0; i < MAX_NR; i++)
		KUNIT_EXPECT_EQ(test, provide(test, U32_MAX - i, SZ_4K, 0), 0);
	KUNIT_EXPECT_EQ(test, provide(test, 0, SZ_4K, 0), -ENOSPC);
	KUNIT_EXPECT_EQ(test, provide(test, U32_MAX, SZ_4K, 0), 0);
	expect_line(test, link, "provided", MAX_NR, MAX_NR, MAX_NR * SZ_4K);
	KUNIT_EXPECT_EQ(test, ferry_link_restart(link), 0);
	KUNIT_EXPECT_EQ(test, provide(test, 0, SZ_8K, 0), 0);
	provide_down(test, link);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, ALLOW), MAX_NR + 1);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, REVOKE), MAX_NR + 1);
}

static void foreign_memory_is_what_the_remote_sees(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	u8 out[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, in[8] = {};
	struct ferry_region *region;
	struct ferry_link *link;

	use_foreign(ctx);
	ctx->cfg.align = 0;
	link = provide_up(test);
	/* From the middle of the first page, over the seam, to the middle of the second. */
	region = provide_region(test, 1, PAGE_SIZE, FOREIGN_BASE + PAGE_SIZE / 2);
	KUNIT_EXPECT_EQ(test, region->remote, FOREIGN_BASE + PAGE_SIZE / 2);
	KUNIT_EXPECT_EQ(test, region->size, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, ferry_region_write(region, PAGE_SIZE / 2 - 4, out, 8), 0);
	KUNIT_EXPECT_MEMEQ(test, page_address(ctx->page[0]) + PAGE_SIZE - 4, out, 4);
	KUNIT_EXPECT_MEMEQ(test, page_address(ctx->page[1]), out + 4, 4);
	KUNIT_EXPECT_EQ(test, ferry_region_read(region, PAGE_SIZE / 2 - 4, in, 8), 0);
	KUNIT_EXPECT_MEMEQ(test, in, out, 8);

	KUNIT_EXPECT_EQ(test, ferry_region_read(region, PAGE_SIZE - 7, in, 8), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_read(region, PAGE_SIZE, in, 1), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_read(region, 0, in, 0), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_read(region, U64_MAX, in, 2), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_write(region, PAGE_SIZE - 7, out, 8), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_write(region, U64_MAX, out, 2), -ERANGE);
	KUNIT_EXPECT_MEMEQ(test, in, out, 8);

	/* Ours as long as we hold it. */
	provide_down(test, link);
	KUNIT_EXPECT_EQ(test, ferry_region_read(region, PAGE_SIZE / 2 - 4, in, 8), 0);
	ferry_region_put(region);
}

static void foreign_regions_do_not_overlap(struct kunit *test)
{
	struct ferry_link *link;

	use_foreign(test->priv);
	link = provide_up(test);
	KUNIT_EXPECT_EQ(test, provide(test, 1, PAGE_SIZE, FOREIGN_BASE + PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, provide(test, 1, PAGE_SIZE, FOREIGN_BASE + PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, provide(test, 1, PAGE_SIZE, FOREIGN_BASE), -EBUSY);
	KUNIT_EXPECT_EQ(test, provide(test, 2, PAGE_SIZE, FOREIGN_BASE + PAGE_SIZE), -EEXIST);
	KUNIT_EXPECT_EQ(test, provide(test, 2, 2 * PAGE_SIZE, FOREIGN_BASE), -EEXIST);
	KUNIT_EXPECT_EQ(test, provide(test, 2, 3 * PAGE_SIZE, FOREIGN_BASE), -EEXIST);
	KUNIT_EXPECT_EQ(test, provide(test, 2, PAGE_SIZE, FOREIGN_BASE), 0);
	KUNIT_EXPECT_EQ(test, provide(test, 3, PAGE_SIZE, FOREIGN_BASE + 2 * PAGE_SIZE), 0);
	provide_down(test, link);
}

static void foreign_memory_is_mapped_whole_or_not(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	const u64 size = NR_PAGES * PAGE_SIZE;
	struct ferry_link *link;

	use_foreign(ctx);
	link = provide_up(test);
	for (ctx->hole = 0; ctx->hole < NR_PAGES; ctx->hole++)
		KUNIT_EXPECT_EQ(test, provide(test, 1, size, FOREIGN_BASE), -EFAULT);
	for (ctx->bent = 0; ctx->bent < NR_PAGES; ctx->bent++)
		KUNIT_EXPECT_EQ(test, provide(test, 1, size, FOREIGN_BASE), -EFAULT);
	for (ctx->alien = 0; ctx->alien < NR_PAGES; ctx->alien++)
		KUNIT_EXPECT_EQ(test, provide(test, 1, size, FOREIGN_BASE), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, provide(test, 1, size, FOREIGN_BASE), 0);
	provide_down(test, link);
}

static void foreign_memory_may_have_a_window(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link;

	use_foreign(ctx);
	ctx->cfg.window.start = FOREIGN_BASE + PAGE_SIZE;
	ctx->cfg.window.end = FOREIGN_BASE + 3 * PAGE_SIZE - 1;
	link = provide_up(test);
	KUNIT_EXPECT_EQ(test, provide(test, 1, PAGE_SIZE, FOREIGN_BASE), -ERANGE);
	KUNIT_EXPECT_EQ(test, provide(test, 1, 2 * PAGE_SIZE, FOREIGN_BASE + 2 * PAGE_SIZE),
			-ERANGE);
	KUNIT_EXPECT_EQ(test, provide(test, 1, 2 * PAGE_SIZE, FOREIGN_BASE + PAGE_SIZE), 0);
	provide_down(test, link);
}

static void foreign_memory_without_an_iommu_is_nowhere(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link;

	use_foreign(ctx);
	ctx->cfg.to_phys = NULL;
	link = provide_up(test);
	KUNIT_EXPECT_EQ(test, provide(test, 1, SZ_4K, FOREIGN_BASE), -EFAULT);
	provide_down(test, link);
}

static void an_address_that_the_remote_has_not_is_refused(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link;

	needs_dma(test);
	/* Whatever the kernel has to give, it is beyond. */
	ctx->bits = 12;
	link = provide_up(test);
	KUNIT_EXPECT_EQ(test, provide(test, 1, SZ_4K, 0), -ERANGE);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, ALLOW), 0);
	provide_down(test, link);
}

static void a_grant_that_refuses_leaves_nothing(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link;

	use_foreign(ctx);
	link = provide_up(test);
	ctx->allow_ret = -EPERM;
	KUNIT_EXPECT_EQ(test, provide(test, 1, SZ_4K, FOREIGN_BASE), -EPERM);
	expect_line(test, link, "provided", 0, 0, 0);
	ctx->allow_ret = 0;
	KUNIT_EXPECT_EQ(test, provide(test, 1, SZ_8K, FOREIGN_BASE), 0);
	expect_line(test, link, "provided", 1, 1, SZ_8K);
	provide_down(test, link);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, REVOKE), 1);
}

static void a_grant_that_cannot_be_held_makes_no_provider(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link = link_make(test);
	struct ferry_provider *p;

	ctx->hold_ret = -EPROBE_DEFER;
	p = ferry_provider_create(link, &ctx->cfg);
	KUNIT_EXPECT_PTR_EQ(test, p, ERR_PTR(-EPROBE_DEFER));
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, PUT), 0);
	ctx->nr = 0;	/* the hold that failed is not put */
	ferry_provider_destroy(p);
	ferry_provider_destroy(NULL);
	ferry_link_unregister(link);
	ferry_link_put(link);
}

static void a_remote_that_does_not_run_is_not_answered(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link = link_make(test);

	use_foreign(ctx);
	provider_make(test, link);
	KUNIT_EXPECT_EQ(test, provide(test, 1, SZ_4K, FOREIGN_BASE), -ENOLINK);
	KUNIT_ASSERT_EQ(test, ferry_link_start(link), 0);
	KUNIT_EXPECT_EQ(test, provide(test, 1, SZ_4K, FOREIGN_BASE), 0);
	link_crash(test, link);
	KUNIT_EXPECT_EQ(test, provide(test, 1, SZ_4K, FOREIGN_BASE), -ENOLINK);
	KUNIT_ASSERT_EQ(test, ferry_link_start(link), 0);
	/* It was given back: the next life asks anew. */
	KUNIT_EXPECT_EQ(test, provide(test, 1, SZ_8K, FOREIGN_BASE), 0);
	provide_down(test, link);
}

static void it_is_provided_while_the_link_starts(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link;

	needs_dma(test);
	ctx->ask = true;
	link = provide_up(test);
	flush_work(&ctx->work);
	KUNIT_EXPECT_FALSE(test, IS_ERR_OR_NULL(ctx->region));
	ferry_region_put(ctx->region);
	provide_down(test, link);
}

static void nothing_is_revoked_before_the_remote_was_stopped(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link;

	use_foreign(ctx);
	link = provide_up(test);
	KUNIT_EXPECT_EQ(test, provide(test, 1, SZ_4K, FOREIGN_BASE), 0);
	ctx->stop_ret = -EIO;
	link_crash(test, link);
	KUNIT_EXPECT_EQ(test, ferry_link_start(link), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(link), -EIO);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, REVOKE), 0);
	expect_line(test, link, "provided", 1, 1, SZ_4K);
	ctx->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(link), 0);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, REVOKE), 1);
	provide_down(test, link);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, REVOKE), 1);
}

static void a_later_link_stops_it_and_revokes(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_region *region;
	struct ferry_link *link;

	use_foreign(ctx);
	link = provide_up(test);
	region = provide_region(test, 1, SZ_4K, FOREIGN_BASE);
	ctx->stop_ret = -EIO;
	link_crash(test, link);
	provide_down(test, link);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, REVOKE), 0);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, PUT), 0);
	KUNIT_EXPECT_EQ(test, kref_read(&region->ref), 2);

	link = link_make(test);
	expect_line(test, link, "quarantine", 1, 1, SZ_4K);
	KUNIT_EXPECT_EQ(test, ferry_link_state(link), FERRY_STATE_CRASHED);
	ctx->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(link), 0);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, REVOKE), 1);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, PUT), 1);
	KUNIT_EXPECT_EQ(test, kref_read(&region->ref), 1);
	expect_line(test, link, "quarantine", 0, 0, 0);
	ferry_region_put(region);
	ferry_link_unregister(link);
	ferry_link_put(link);
}

static void memory_of_the_remote_needs_no_quarantine(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link;

	use_foreign(ctx);
	ctx->cfg.grant = NULL;
	link = provide_up(test);
	KUNIT_EXPECT_EQ(test, provide(test, 1, SZ_4K, FOREIGN_BASE), 0);
	expect_line(test, link, "provided", 1, 0, 0);
	ctx->stop_ret = -EIO;
	link_crash(test, link);
	provide_down(test, link);
	ctx->stop_ret = 0;
	link = link_make(test);
	KUNIT_EXPECT_EQ(test, ferry_link_state(link), FERRY_STATE_OFFLINE);
	ferry_link_unregister(link);
	ferry_link_put(link);
}

static int provide_attempt(void *arg)
{
	struct provide_ctx *ctx = arg;
	struct ferry_region *region = ferry_region_provide(ctx->p, 1, SZ_4K, FOREIGN_BASE);

	ferry_region_put(region);
	return PTR_ERR_OR_ZERO(region);
}

static void an_allocation_that_fails_leaves_nothing(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_link *link;

	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "this kernel has no failslab");
	use_foreign(ctx);
	link = provide_up(test);
	ferry_each_alloc_fails(test, provide_attempt, ctx);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, ALLOW), 1);
	expect_line(test, link, "provided", 1, 1, SZ_4K);
	provide_down(test, link);
}

static int provide_task(void *arg)
{
	return provide_attempt(arg);
}

static void two_who_ask_at_once_get_one_region(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct fake_task *a, *b;
	struct ferry_link *link;

	use_foreign(ctx);
	link = provide_up(test);
	a = fake_run(test, provide_task, ctx);
	b = fake_run(test, provide_task, ctx);
	KUNIT_EXPECT_EQ(test, fake_join(a), 0);
	KUNIT_EXPECT_EQ(test, fake_join(b), 0);
	KUNIT_EXPECT_EQ(test, provide_noted(ctx, ALLOW), 1);
	expect_line(test, link, "provided", 1, 1, SZ_4K);
	provide_down(test, link);
}

static void a_configuration_that_cannot_be_is_refused(struct kunit *test)
{
	struct provide_ctx *ctx = test->priv;
	struct ferry_grant_ops half = grant_ops;
	struct ferry_link *link = link_make(test);
	struct ferry_provide_cfg cfg;

#define EXPECT_REFUSED(change)							\
	do {									\
		cfg = ctx->cfg;							\
		change;								\
		KUNIT_EXPECT_PTR_EQ(test, ferry_provider_create(link, &cfg),	\
				    ERR_PTR(-EINVAL));				\
	} while (0)

	EXPECT_REFUSED(cfg.max = 0);
	EXPECT_REFUSED(cfg.max_size = 0);
	EXPECT_REFUSED(cfg.max_size = U64_MAX);
	EXPECT_REFUSED(cfg.align = 3);
	EXPECT_REFUSED(cfg.align = BIT_ULL(40));
	EXPECT_REFUSED(cfg.dev = NULL);
	EXPECT_REFUSED((cfg.dev = NULL, cfg.backing = FERRY_BACKING_FOREIGN));
	EXPECT_REFUSED(cfg.backing = FERRY_BACKING_LENT);
	EXPECT_REFUSED(cfg.backing = FERRY_BACKING_FOREIGN + 1);
	EXPECT_REFUSED((half.put = NULL, cfg.grant = &half));
	EXPECT_REFUSED((half.hold = NULL, half.revoke = NULL, cfg.grant = &half));
	EXPECT_REFUSED((half = grant_ops, half.allow = NULL, cfg.grant = &half));
	KUNIT_EXPECT_EQ(test, ctx->nr, 0);
	ferry_link_unregister(link);
	ferry_link_put(link);
}

static struct kunit_case provide_cases[] = {
	KUNIT_CASE(what_is_provided_was_allowed_before),
	KUNIT_CASE(the_same_request_gets_the_same_answer),
	KUNIT_CASE_PARAM(coherent_memory_has_limits, coherent_ask_gen_params),
	KUNIT_CASE_PARAM(foreign_memory_has_limits, foreign_ask_gen_params),
	KUNIT_CASE(no_more_regions_than_allowed),
	KUNIT_CASE(foreign_memory_is_what_the_remote_sees),
	KUNIT_CASE(foreign_regions_do_not_overlap),
	KUNIT_CASE(foreign_memory_is_mapped_whole_or_not),
	KUNIT_CASE(foreign_memory_may_have_a_window),
	KUNIT_CASE(foreign_memory_without_an_iommu_is_nowhere),
	KUNIT_CASE(an_address_that_the_remote_has_not_is_refused),
	KUNIT_CASE(a_grant_that_refuses_leaves_nothing),
	KUNIT_CASE(a_grant_that_cannot_be_held_makes_no_provider),
	KUNIT_CASE(a_remote_that_does_not_run_is_not_answered),
	KUNIT_CASE(it_is_provided_while_the_link_starts),
	KUNIT_CASE(nothing_is_revoked_before_the_remote_was_stopped),
	KUNIT_CASE(a_later_link_stops_it_and_revokes),
	KUNIT_CASE(memory_of_the_remote_needs_no_quarantine),
	KUNIT_CASE(an_allocation_that_fails_leaves_nothing),
	KUNIT_CASE(two_who_ask_at_once_get_one_region),
	KUNIT_CASE(a_configuration_that_cannot_be_is_refused),
	{}
};

static struct kunit_suite provide_suite = {
	.name = "ferry_provide",
	.init = provide_init,
	.exit = provide_exit,
	.test_cases = provide_cases,
};

kunit_test_suite(provide_suite);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of memory that a remote asks for");
FERRY_IMPORT_TEST();
