// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: translation at the edges, and what each backing refuses.
 */
#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/ferry/region.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "../ferry_kunit.h"

#define BASE	0x84000000ull
#define SIZE	SZ_4K

static void region_put(void *region)
{
	ferry_region_put(region);
}

static struct ferry_region *region_make(struct kunit *test, u64 remote, size_t size)
{
	void *vaddr = kunit_kzalloc(test, size, GFP_KERNEL);
	struct ferry_region *region;

	KUNIT_ASSERT_NOT_NULL(test, vaddr);
	region = ferry_region_from_memory(vaddr, remote, size);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	ferry_defer(test, region_put, region);
	return region;
}

static const struct region_range {
	const char *name;
	u64 base;
	u64 remote;
	u64 len;
	long offset;	/* or -1: refused */
} region_ranges[] = {
	{ "whole",			BASE, BASE,		SIZE,		0 },
	{ "first byte",			BASE, BASE,		1,		0 },
	{ "last byte",			BASE, BASE + SIZE - 1,	1,		SIZE - 1 },
	{ "byte before",		BASE, BASE - 1,		1,		-1 },
	{ "byte behind",		BASE, BASE + SIZE,	1,		-1 },
	{ "begins before",		BASE, BASE - 1,		2,		-1 },
	{ "ends behind",		BASE, BASE + SIZE - 1,	2,		-1 },
	{ "one too long",		BASE, BASE,		SIZE + 1,	-1 },
	{ "no bytes",			BASE, BASE,		0,		-1 },
	{ "no bytes behind",		BASE, BASE + SIZE,	0,		-1 },
	{ "address 0",			BASE, 0,		1,		-1 },
	{ "last address",		BASE, U64_MAX,		1,		-1 },
	{ "end wraps to inside",	BASE, BASE + 16,	U64_MAX,	-1 },
	{ "end wraps to 0",		BASE, BASE,		-BASE,		-1 },
	{ "32 bits more",		BASE, BASE + BIT_ULL(32), 1,		-1 },
	{ "length of 32 bits more",	BASE, BASE,		BIT_ULL(32) + 1, -1 },
	{ "region at 0",		0, 0,			SIZE,		0 },
	{ "region at 0, before",	0, U64_MAX,		2,		-1 },
	{ "region at the end",		-SIZE, -SIZE,		SIZE,		0 },
	{ "region at the end, last",	-SIZE, U64_MAX,		1,		SIZE - 1 },
	{ "region at the end, wraps",	-SIZE, U64_MAX,		2,		-1 },
	{ "region at the end, 0",	-SIZE, 0,		1,		-1 },
};

static void region_range_desc(const struct region_range *r, char *desc)
{
	strscpy(desc, r->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(region_range, region_ranges, region_range_desc);

static void to_cpu_checks_the_whole_range(struct kunit *test)
{
	const struct region_range *r = test->param_value;
	struct ferry_region *region = region_make(test, r->base, SIZE);
	void *want = r->offset < 0 ? NULL : region->vaddr + r->offset;

	KUNIT_EXPECT_PTR_EQ(test, ferry_region_to_cpu(region, r->remote, r->len), want);
}

static void to_remote_checks_the_whole_range(struct kunit *test)
{
	struct ferry_region *region = region_make(test, BASE, SIZE);
	void *p = region->vaddr;
	u64 remote = 1;

	KUNIT_EXPECT_EQ(test, ferry_region_to_remote(region, p, SIZE, &remote), 0);
	KUNIT_EXPECT_EQ(test, remote, BASE);
	KUNIT_EXPECT_EQ(test, ferry_region_to_remote(region, p + SIZE - 1, 1, &remote), 0);
	KUNIT_EXPECT_EQ(test, remote, BASE + SIZE - 1);

	remote = 1;
	KUNIT_EXPECT_EQ(test, ferry_region_to_remote(region, p, 0, &remote), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_to_remote(region, p - 1, 1, &remote), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_to_remote(region, p + SIZE, 1, &remote), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_to_remote(region, p + 1, SIZE, &remote), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_to_remote(region, p, U64_MAX, &remote), -ERANGE);
	KUNIT_EXPECT_EQ(test, ferry_region_to_remote(region, NULL, 1, &remote), -ERANGE);
	KUNIT_EXPECT_EQ(test, remote, 1);
}

static void from_memory_refuses_what_is_no_memory(struct kunit *test)
{
	u8 byte;

	KUNIT_EXPECT_PTR_EQ(test, ferry_region_from_memory(NULL, BASE, 1), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, ferry_region_from_memory(&byte, BASE, 0), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, ferry_region_from_memory(&byte, U64_MAX, 2), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, ferry_region_from_memory(&byte, 0, SIZE_MAX), ERR_PTR(-EINVAL));
}

static void memory_stays_until_the_last_put(struct kunit *test)
{
	struct ferry_region *region = region_make(test, BASE, SIZE);

	ferry_region_hold(region);
	ferry_region_put(region);
	KUNIT_EXPECT_PTR_EQ(test, ferry_region_to_cpu(region, BASE, 1), region->vaddr);
	ferry_region_put(NULL);
	ferry_region_put(ERR_PTR(-ENOMEM));
}

static void region_pdev_del(void *pdev)
{
	platform_device_unregister(pdev);
}

/* To be unregistered by the caller. */
static struct platform_device *region_pdev(struct kunit *test)
{
	struct platform_device_info info = {
		.name = "ferry-region-kunit",
		.id = PLATFORM_DEVID_AUTO,
		.dma_mask = DMA_BIT_MASK(32),
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	return pdev;
}

static struct device *region_dev(struct kunit *test)
{
	struct platform_device *pdev = region_pdev(test);

	ferry_defer(test, region_pdev_del, pdev);
	return &pdev->dev;
}

static void coherent_memory_outlives_its_parent(struct kunit *test)
{
	struct platform_device *pdev;
	struct ferry_region *region;

	if (!IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has no DMA");
	pdev = region_pdev(test);
	KUNIT_EXPECT_PTR_EQ(test, ferry_region_from_coherent(&pdev->dev, 0), ERR_PTR(-EINVAL));

	region = ferry_region_from_coherent(&pdev->dev, SIZE + 1);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	KUNIT_EXPECT_EQ(test, region->size, SIZE + 1);
	KUNIT_EXPECT_PTR_NE(test, region->dev, &pdev->dev);
	KUNIT_EXPECT_NULL(test, memchr_inv(region->vaddr, 0, SIZE + 1));
	KUNIT_EXPECT_LT(test, region->remote, BIT_ULL(32));

	platform_device_unregister(pdev);
	memset(region->vaddr, 0x5a, SIZE + 1);
	ferry_region_put(region);
}

static int region_count_child(struct device *dev, void *nr)
{
	++*(unsigned int *)nr;
	return 0;
}

static unsigned int region_children(struct device *parent)
{
	unsigned int nr = 0;

	device_for_each_child(parent, &nr, region_count_child);
	return nr;
}

/* As long as there is any memory of it; one that addresses less is not for who has more. */
static void coherent_memory_of_a_parent_shares_a_device(struct kunit *test)
{
	struct device *a, *b;
	struct ferry_region *r[4];
	unsigned int i;

	if (!IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has no DMA");
	a = region_dev(test);
	b = region_dev(test);
	r[0] = ferry_region_from_coherent(a, SIZE);
	r[1] = ferry_region_from_coherent(b, SIZE);
	r[2] = ferry_region_from_coherent(a, 2 * SIZE);
	a->coherent_dma_mask = DMA_BIT_MASK(31);
	r[3] = ferry_region_from_coherent(a, SIZE);
	for (i = 0; i < ARRAY_SIZE(r); i++)
		KUNIT_ASSERT_FALSE(test, IS_ERR(r[i]));
	KUNIT_EXPECT_PTR_EQ(test, r[0]->dev, r[2]->dev);
	KUNIT_EXPECT_PTR_NE(test, r[0]->dev, r[1]->dev);
	KUNIT_EXPECT_PTR_NE(test, r[0]->dev, r[3]->dev);
	KUNIT_EXPECT_LT(test, r[3]->remote, BIT_ULL(31));
	KUNIT_EXPECT_EQ(test, region_children(a), 2);
	ferry_region_put(r[0]);
	ferry_region_put(r[3]);
	KUNIT_EXPECT_EQ(test, region_children(a), 1);
	memset(r[2]->vaddr, 0x5a, 2 * SIZE);
	ferry_region_put(r[2]);
	KUNIT_EXPECT_EQ(test, region_children(a), 0);
	KUNIT_EXPECT_EQ(test, region_children(b), 1);
	ferry_region_put(r[1]);
	KUNIT_EXPECT_EQ(test, region_children(b), 0);
}

static int memory_attempt(void *vaddr)
{
	struct ferry_region *region = ferry_region_from_memory(vaddr, BASE, 1);

	ferry_region_put(region);
	return PTR_ERR_OR_ZERO(region);
}

static void failed_allocation_leaves_nothing(struct kunit *test)
{
	u8 byte;

	ferry_each_alloc_fails(test, memory_attempt, &byte);
}

/*
 * All allocations but the last are those of the driver core for a device, which
 * complains in the log when one fails.
 */
static void coherent_memory_goes_back_when_its_region_fails(struct kunit *test)
{
#ifdef CONFIG_FAILSLAB
	struct device *dev = region_dev(test);
	struct ferry_region *region;
	int used;

	if (!IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has no DMA");
	current->fail_nth = FERRY_FAIL_NTH_MAX;
	region = ferry_region_from_coherent(dev, SIZE);
	used = FERRY_FAIL_NTH_MAX - current->fail_nth;
	current->fail_nth = 0;
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	ferry_region_put(region);

	/* The second time the driver core may need fewer. */
	for (; used && !IS_ERR(region); used--) {
		current->fail_nth = used;
		region = ferry_region_from_coherent(dev, SIZE);
		current->fail_nth = 0;
		ferry_region_put(region);
	}
	KUNIT_EXPECT_PTR_EQ(test, region, ERR_PTR(-ENOMEM));
#else
	kunit_skip(test, "this kernel has no failslab");
#endif
}

static void reserved_without_the_property_is_enoent(struct kunit *test)
{
	struct device *dev = region_dev(test);
	struct device_node *root = of_find_node_by_path("/");
	int want = IS_ENABLED(CONFIG_OF_RESERVED_MEM) ? -ENOENT : -EOPNOTSUPP;

	if (IS_ENABLED(CONFIG_OF_RESERVED_MEM) && !root)
		kunit_skip(test, "this kernel has no device tree");
	KUNIT_EXPECT_PTR_EQ(test, ferry_region_from_reserved(dev, root, 0), ERR_PTR(want));
	of_node_put(root);
}

static struct kunit_case region_cases[] = {
	KUNIT_CASE_PARAM(to_cpu_checks_the_whole_range, region_range_gen_params),
	KUNIT_CASE(to_remote_checks_the_whole_range),
	KUNIT_CASE(from_memory_refuses_what_is_no_memory),
	KUNIT_CASE(memory_stays_until_the_last_put),
	KUNIT_CASE(coherent_memory_outlives_its_parent),
	KUNIT_CASE(coherent_memory_of_a_parent_shares_a_device),
	KUNIT_CASE(failed_allocation_leaves_nothing),
	KUNIT_CASE(coherent_memory_goes_back_when_its_region_fails),
	KUNIT_CASE(reserved_without_the_property_is_enoent),
	{}
};

static struct kunit_suite region_suite = {
	.name = "ferry_region",
	.test_cases = region_cases,
};

kunit_test_suite(region_suite);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Ferry's regions");
