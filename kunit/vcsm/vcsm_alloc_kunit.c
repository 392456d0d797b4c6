// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: no memory. Whatever allocation fails, who asked is told so, nothing is left behind,
 * and the next one is served.
 */
#include <kunit/test.h>
#include <linux/dma-buf.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "../core/memory.h"
#include "rig.h"

#define REQUEST_MAX	200	/* allocations that one request may need */

/* Memory that the link has for the VPU. */
static unsigned int imports(struct vpu *v)
{
	struct memory_line line = {};

	memory_line(v->test, v->link, "imports", &line);
	return line.total;
}

static void expect_no_memory(struct vpu *v)
{
	flush_delayed_fput();
	KUNIT_EXPECT_TRUE(v->test, FERRY_WAIT(!vpu_stats(v).buffers));
	KUNIT_EXPECT_EQ(v->test, vpu_stats(v).vpu_bytes, 0);
	KUNIT_EXPECT_TRUE(v->test, FERRY_WAIT(!imports(v)));
}

static int create_attempt(void *arg)
{
	const struct ferry_vcsm_cfg cfg = { .node = true };
	struct vpu *v = arg;
	struct ferry_vcsm *vc = ferry_vcsm_create(v->link, &cfg);

	ferry_vcsm_destroy(vc);
	return PTR_ERR_OR_ZERO(vc);
}

static void an_instance_comes_whole_or_not_at_all(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);

	vpu_destroy_vcsm(v);
	ferry_each_alloc_fails(test, create_attempt, v);
	/* Its channel, its name and its number are free. */
	v->vc = ferry_vcsm_create(v->link, &(struct ferry_vcsm_cfg){ .node = true });
	KUNIT_ASSERT_FALSE(test, IS_ERR(v->vc));
	rig_oblige(v);
	vpu_put(vpu_import_now(v, s));
	rig_expect_nothing_left(test, v, s);
}

static int alloc_attempt(void *arg)
{
	struct vpu *v = arg;
	struct dma_buf *chained = ferry_vcsm_alloc(v->vc, SZ_4K, "cam0");

	if (!IS_ERR(chained))
		dma_buf_put(chained);
	return PTR_ERR_OR_ZERO(chained);
}

static void memory_comes_whole_or_not_at_all(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);

	rig_oblige(v);
	ferry_each_alloc_fails(test, alloc_attempt, v);
	expect_no_memory(v);
}

#ifdef CONFIG_FAILSLAB
/* Requests of the VPU are served by a worker: it is its allocations that are to fail. */
#define TRANS_FIRST	1	/* waits for room until all are there; whoever gives it may send */
#define TRANS_BEFORE	2	/* the worker sends */
#define TRANS_WANTED	3

struct requests {
	unsigned int nth;		/* allocation that fails of the wanted one */
	struct task_struct *worker;	/* whose they are, */
	struct task_struct *end;	/* and who sent the reply */
	int left;			/* 0: it failed */
};

/* Under the txq lock, in the worker: between these replies its allocations are counted. */
static void requests_xmit(struct vpu *v, const void *data, size_t len)
{
	const struct vcsm_mem_reply *msg = data;
	struct requests *r = v->test->priv;

	if (le32_to_cpu(msg->header.type) != VCSM_VC_MEM_REQUEST_REPLY)
		return;
	if (le32_to_cpu(msg->vpu_trans_id) == TRANS_BEFORE) {
		r->worker = current;
		current->fail_nth = r->nth;
	} else if (le32_to_cpu(msg->vpu_trans_id) == TRANS_WANTED) {
		r->left = current->fail_nth;
		current->fail_nth = 0;
		/* Pairs with ask_and_fail(). */
		smp_store_release(&r->end, current);
	}
}

static void ask(struct vpu *v, u32 trans_id, u32 size)
{
	const struct vcsm_mem_request msg = {
		.event = cpu_to_le32(VCSM_EVENT | VCSM_VC_MEM_REQUEST),
		.trans_id = cpu_to_le32(trans_id),
		.size = cpu_to_le32(size),
		.align = cpu_to_le32(SZ_4K),
		.vc_handle = cpu_to_le32(HANDLE),
	};

	vpu_say(v, &msg, sizeof(msg));
}

/* Three requests, of which two are for nothing; the reply to the last. */
static const struct vcsm_mem_reply *ask_and_fail(struct vpu *v, unsigned int nth)
{
	unsigned int n = vpu_count(v, VCSM_VC_MEM_REQUEST_REPLY);
	struct requests *r = v->test->priv;
	u64 asked = vpu_stats(v).requests;
	const struct vcsm_mem_reply *msg;

	*r = (struct requests){ .nth = nth };
	atomic_set(&v->room, 0);
	ask(v, TRANS_FIRST, 0);
	ask(v, TRANS_BEFORE, 0);
	ask(v, TRANS_WANTED, SZ_4K);
	KUNIT_ASSERT_TRUE(v->test, FERRY_WAIT(vpu_stats(v).requests == asked + 3));
	vpu_give(v, INT_MAX / 2);
	msg = vpu_sent(v, VCSM_VC_MEM_REQUEST_REPLY, n + 2);
	KUNIT_ASSERT_NOT_NULL(v->test, msg);
	/* Pairs with requests_xmit(). */
	KUNIT_ASSERT_TRUE(v->test, FERRY_WAIT(smp_load_acquire(&r->end)));
	KUNIT_ASSERT_PTR_EQ(v->test, r->worker, r->end);
	KUNIT_EXPECT_EQ(v->test, le32_to_cpu(msg->vpu_trans_id), TRANS_WANTED);
	KUNIT_EXPECT_EQ(v->test, !msg->addr, !msg->kernel_id);
	return msg;
}

static void requests_without_memory(struct kunit *test)
{
	const struct ferry_vcsm_cfg cfg = { .vpu_max = SZ_4K };
	struct requests *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	unsigned int nth, refused = 0;
	const struct vcsm_mem_reply *msg;
	struct vpu *v;

	KUNIT_ASSERT_NOT_NULL(test, r);
	test->priv = r;
	v = rig_vpu(test, &cfg);
	v->on_xmit = requests_xmit;
	for (nth = 1; nth < REQUEST_MAX && !r->left; nth++) {
		msg = ask_and_fail(v, nth);
		refused += !msg->addr;
		if (msg->addr)
			vpu_release(v, 0, 0, le32_to_cpu(msg->kernel_id), HANDLE);
		else
			KUNIT_EXPECT_EQ(test, r->left, 0);
		/* It may have one: each has to be gone before the next. */
		expect_no_memory(v);
		KUNIT_EXPECT_EQ(test, vpu_stats(v).granted, nth - refused);
	}
	KUNIT_EXPECT_NE(test, r->left, 0);
	KUNIT_EXPECT_GT_MSG(test, refused, 1, "nothing failed: is failslab/ignore-gfp-wait N?");
}
#endif

static void a_request_is_served_or_refused(struct kunit *test)
{
#ifdef CONFIG_FAILSLAB
	requests_without_memory(test);
#else
	kunit_skip(test, "this kernel has no failslab");
#endif
}

static struct kunit_case alloc_cases[] = {
	KUNIT_CASE(an_instance_comes_whole_or_not_at_all),
	KUNIT_CASE(memory_comes_whole_or_not_at_all),
	KUNIT_CASE(a_request_is_served_or_refused),
	{}
};

static struct kunit_suite alloc_suite = {
	.name = "ferry_vcsm_alloc",
	.test_cases = alloc_cases,
};

kunit_test_suite(alloc_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VC-SM: allocations that fail");
