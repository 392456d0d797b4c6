// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: chained dma-bufs, and memory that is allocated: other devices and user space.
 */
#include <kunit/test.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "rig.h"

#define DEPTH_MAX	8

static struct vpu *chain_vpu(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);

	rig_oblige(v);
	return v;
}

/* Another device maps the chained one: it gets what the source has. */
static void another_device_sees_the_source(struct kunit *test)
{
	struct vpu *v = chain_vpu(test);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained = vpu_import_now(v, s);
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;

	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	attach = dma_buf_attach(chained, &v->pdev->dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(attach));
	KUNIT_EXPECT_EQ(test, s->attached, 2);
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(sgt));
	KUNIT_EXPECT_EQ(test, s->mapped, 2);
	KUNIT_EXPECT_EQ(test, sg_dma_address(sgt->sgl), VPU_ADDR);
	KUNIT_EXPECT_EQ(test, sg_dma_len(sgt->sgl), VPU_SIZE);
	dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_BIDIRECTIONAL);
	dma_buf_detach(chained, attach);
	KUNIT_EXPECT_EQ(test, s->attached, 1);
	KUNIT_EXPECT_EQ(test, s->mapped, 1);
	vpu_put(chained);
	rig_expect_nothing_left(test, v, s);
}

/* What is chained may be imported again, and holds the first. */
static void a_chain_may_be_longer(struct kunit *test)
{
	struct vpu *v = chain_vpu(test);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *first = vpu_import_now(v, s);
	struct dma_buf *second;

	KUNIT_ASSERT_FALSE(test, IS_ERR(first));
	second = ferry_vcsm_import(v->vc, first, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(second));
	vpu_put(first);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).in_use, 2);
	vpu_put(second);
	KUNIT_EXPECT_NOT_NULL(test, vpu_sent(v, VCSM_FREE, 0));
	flush_delayed_fput();
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(({ flush_delayed_fput(); !vpu_stats(v).buffers; })));
	rig_expect_nothing_left(test, v, s);
}

/* Each link of a chain calls the next one, and a stack has an end. */
static void a_chain_cannot_be_of_any_length(struct kunit *test)
{
	struct vpu *v = chain_vpu(test);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *last = vpu_import_now(v, s), *next;
	unsigned int i;

	for (i = 1; i < DEPTH_MAX; i++) {
		KUNIT_ASSERT_FALSE(test, IS_ERR(last));
		next = ferry_vcsm_import(v->vc, last, NULL);
		vpu_put(last);
		last = next;
	}
	KUNIT_ASSERT_FALSE(test, IS_ERR(last));
	KUNIT_EXPECT_EQ(test, s->attached, DEPTH_MAX);
	KUNIT_EXPECT_PTR_EQ(test, ferry_vcsm_import(v->vc, last, NULL), ERR_PTR(-ELOOP));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).in_use, DEPTH_MAX);
	vpu_put(last);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(({ flush_delayed_fput(); !vpu_stats(v).buffers; })));
	rig_expect_nothing_left(test, v, s);
}

static void what_the_source_cannot_neither_can_it(struct kunit *test)
{
	struct vpu *v = chain_vpu(test);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained = vpu_import_now(v, s);

	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	KUNIT_EXPECT_TRUE(test, IS_ERR_VALUE(kunit_vm_mmap(test, chained->file, 0, PAGE_SIZE,
							   PROT_READ, MAP_SHARED, 0)));
	rig_leave_mm();
	vpu_put(chained);
	rig_expect_nothing_left(test, v, s);
}

static void what_may_only_be_read_may_only_be_read(struct kunit *test)
{
	struct vpu *v = chain_vpu(test);
	struct vpu_source *s = vpu_source_mode(test, VPU_ADDR, VPU_SIZE, O_RDONLY);
	struct dma_buf *chained = vpu_import_now(v, s);

	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	KUNIT_EXPECT_FALSE(test, chained->file->f_mode & FMODE_WRITE);
	KUNIT_EXPECT_EQ(test, (long)kunit_vm_mmap(test, chained->file, 0, PAGE_SIZE,
						  PROT_READ | PROT_WRITE, MAP_SHARED, 0),
			-EACCES);
	rig_leave_mm();
	vpu_put(chained);
	rig_expect_nothing_left(test, v, s);
}

static void allocated_memory_is_mapped_until_it_is_unmapped(struct kunit *test)
{
	struct vpu *v = chain_vpu(test);
	struct dma_buf *chained = ferry_vcsm_alloc(v->vc, SZ_64K - 5, "frame");
	const struct vcsm_import *msg;
	unsigned long addr;
	u8 byte = 1;

	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	msg = vpu_sent(v, VCSM_IMPORT, 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(msg->size), SZ_64K);
	KUNIT_EXPECT_STREQ(test, msg->name, "frame");
	KUNIT_EXPECT_EQ(test, chained->size, SZ_64K);
	addr = kunit_vm_mmap(test, chained->file, 0, SZ_64K, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_EXPECT_EQ(test, get_user(byte, (u8 __user *)addr), 0);
	KUNIT_EXPECT_EQ(test, byte, 0);
	KUNIT_EXPECT_EQ(test, put_user(0x5a, (u8 __user *)(addr + SZ_64K - 1)), 0);
	/* The file is closed, and the VPU is not told: somebody maps it. */
	vpu_put(chained);
	msleep(30);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
	KUNIT_EXPECT_EQ(test, get_user(byte, (u8 __user *)(addr + SZ_64K - 1)), 0);
	KUNIT_EXPECT_EQ(test, byte, 0x5a);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, SZ_64K), 0);
	rig_leave_mm();
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(({ flush_delayed_fput(); !vpu_stats(v).buffers; })));
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 1);
}

static void sizes_that_cannot_be_are_refused(struct kunit *test)
{
	static const size_t sizes[] = { 0, 0x40000000, SIZE_MAX, SIZE_MAX - PAGE_SIZE };
	struct vpu *v = chain_vpu(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_PTR_EQ(test, ferry_vcsm_alloc(v->vc, sizes[i], NULL),
				    ERR_PTR(-EINVAL));
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_IMPORT), 0);
}

static int alloc_attempt(void *arg)
{
	struct vpu *v = arg;
	struct dma_buf *chained = ferry_vcsm_alloc(v->vc, SZ_8K, NULL);

	/* A device whose name finds no memory is invalid, the kernel says. */
	if (IS_ERR(chained))
		return PTR_ERR(chained) == -EINVAL ? -ENOMEM : PTR_ERR(chained);
	dma_buf_put(chained);
	return 0;
}

static void failed_allocation_leaves_nothing(struct kunit *test)
{
	struct vpu *v = chain_vpu(test);

	ferry_each_alloc_fails(test, alloc_attempt, v);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(({ flush_delayed_fput(); !vpu_stats(v).buffers; })));
}

static void instances_are_found_by_their_link(struct kunit *test)
{
	struct vpu *v = chain_vpu(test);
	struct ferry_vcsm *vc = ferry_vcsm_get(ferry_link_name(v->link));

	KUNIT_EXPECT_PTR_EQ(test, vc, v->vc);
	ferry_vcsm_put(vc);
	vc = ferry_vcsm_get(NULL);
	KUNIT_EXPECT_NOT_NULL(test, vc);
	ferry_vcsm_put(vc);
	KUNIT_EXPECT_NULL(test, ferry_vcsm_get("no such link"));
	vc = ferry_vcsm_get(ferry_link_name(v->link));
	vpu_destroy_vcsm(v);
	KUNIT_EXPECT_PTR_EQ(test, ferry_vcsm_alloc(vc, SZ_4K, NULL), ERR_PTR(-ENODEV));
	ferry_vcsm_put(vc);
	KUNIT_EXPECT_NULL(test, ferry_vcsm_get(ferry_link_name(v->link)));
}

static struct kunit_case chain_cases[] = {
	KUNIT_CASE(another_device_sees_the_source),
	KUNIT_CASE(a_chain_may_be_longer),
	KUNIT_CASE(a_chain_cannot_be_of_any_length),
	KUNIT_CASE(what_the_source_cannot_neither_can_it),
	KUNIT_CASE(what_may_only_be_read_may_only_be_read),
	KUNIT_CASE(allocated_memory_is_mapped_until_it_is_unmapped),
	KUNIT_CASE(sizes_that_cannot_be_are_refused),
	KUNIT_CASE(failed_allocation_leaves_nothing),
	KUNIT_CASE(instances_are_found_by_their_link),
	{}
};

static struct kunit_suite chain_suite = {
	.name = "ferry_vcsm_chain",
	.test_cases = chain_cases,
};

kunit_test_suite(chain_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VC-SM: chained dma-bufs");
