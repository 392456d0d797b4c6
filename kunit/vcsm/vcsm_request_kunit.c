// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: memory that the VPU asks for, and what it gets.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "rig.h"

#define BUDGET	SZ_1M

static const struct ferry_vcsm_cfg generous = { .vpu_max = BUDGET };

static void ask_for(struct vpu *v, u32 trans_id, u32 size, u32 align, u32 handle)
{
	struct vcsm_mem_request msg = {
		.event = cpu_to_le32(VCSM_EVENT | VCSM_VC_MEM_REQUEST),
		.trans_id = cpu_to_le32(trans_id),
		.size = cpu_to_le32(size),
		.align = cpu_to_le32(align),
		.vc_handle = cpu_to_le32(handle),
	};

	/* No NUL at its end. */
	memcpy(msg.name, "vpu-heap vpu-heap vpu-heap vpu-h", VCSM_NAME);
	vpu_say(v, &msg, sizeof(msg));
}

static const struct vcsm_mem_reply *reply(struct kunit *test, struct vpu *v, unsigned int n)
{
	const struct vcsm_mem_reply *msg = vpu_sent(v, VCSM_VC_MEM_REQUEST_REPLY, n);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	return msg;
}

static void by_default_it_gets_nothing(struct kunit *test)
{
	static const u8 request[] = {
		0x0c, 0, 0, 0x80, 7, 0, 0, 0, 0, 0, 2, 0, 0, 0x10, 0, 0,
		0x76, 0x70, 0x75, 0x2d, 0x68, 0x65, 0x61, 0x70, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12, 0, 0, 0x80,
	};
	static const u8 refused[] = {
		0x0a, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	struct vpu *v = rig_vpu(test, NULL);

	vpu_say(v, request, sizeof(request));
	KUNIT_EXPECT_MEMEQ(test, reply(test, v, 0), refused, sizeof(refused));
	KUNIT_EXPECT_EQ(test, v->sent[1].len, sizeof(refused));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).requests, 1);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).granted, 0);
}

static void what_it_gets_is_its_own_until_it_lets_go(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, &generous);
	const struct vcsm_mem_reply *msg;
	u32 addr, id;

	ask_for(v, 7, SZ_128K - 1, SZ_4K, 0x80000012);
	msg = reply(test, v, 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(msg->vpu_trans_id), 7);
	addr = le32_to_cpu(msg->addr);
	id = le32_to_cpu(msg->kernel_id);
	KUNIT_EXPECT_EQ(test, addr >> 30, 3);
	KUNIT_EXPECT_EQ(test, addr % SZ_4K, 0);
	KUNIT_EXPECT_NE(test, id, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).vpu_bytes == SZ_128K));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).held, 1);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).in_use, 0);
	/* Under another handle it lets nothing go. */
	vpu_release(v, addr, SZ_128K, id, 0x80000013);
	vpu_release(v, addr, SZ_128K, id, 0x80000012);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).buffers));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).vpu_bytes, 0);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).stray, 1);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
}

static const struct request_case {
	const char *name;
	u32 size;
	u32 align;
	u32 handle;
	u64 granted;
} request_cases_[] = {
	{ "a page", SZ_4K, SZ_4K, 1, SZ_4K },
	{ "a byte", 1, SZ_4K, 1, SZ_4K },
	{ "rounded up to its alignment", SZ_4K + 1, SZ_64K, 1, SZ_64K },
	{ "all there is", BUDGET, SZ_4K, 1, BUDGET },
	{ "a byte more", BUDGET + 1, SZ_4K, 1, 0 },
	{ "nothing", 0, SZ_4K, 1, 0 },
	{ "all of memory", U32_MAX, SZ_4K, 1, 0 },
	{ "all but a bit", 0xfffff000, SZ_4K, 1, 0 },
	{ "alignment 0", SZ_4K, 0, 1, 0 },
	{ "alignment 1", SZ_4K, 1, 1, 0 },
	{ "no power of two", SZ_4K, 3 * SZ_4K, 1, 0 },
	{ "alignment of half of memory", SZ_4K, BIT(31), 1, 0 },
	{ "alignment -1", SZ_4K, U32_MAX, 1, 0 },
	{ "no handle", SZ_4K, SZ_4K, 0, 0 },
};

static void request_case_desc(const struct request_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(request_case, request_cases_, request_case_desc);

static void it_gets_what_is_sensible(struct kunit *test)
{
	const struct request_case *c = test->param_value;
	struct vpu *v = rig_vpu(test, &generous);
	const struct vcsm_mem_reply *msg;

	ask_for(v, 1, c->size, c->align, c->handle);
	msg = reply(test, v, 0);
	KUNIT_EXPECT_EQ(test, !msg->addr, !c->granted);
	KUNIT_EXPECT_EQ(test, !msg->kernel_id, !c->granted);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).vpu_bytes, c->granted);
	if (!c->granted)
		return;
	KUNIT_EXPECT_EQ(test, le32_to_cpu(msg->addr) % c->align, 0);
	vpu_release(v, 0, 0, le32_to_cpu(msg->kernel_id), c->handle);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).buffers));
}

static void its_budget_is_for_all_of_it(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, &generous);
	unsigned int n;

	for (n = 0; n < 5; n++) {
		ask_for(v, n, BUDGET / 4, SZ_4K, 100 + n);
		KUNIT_EXPECT_EQ(test, !reply(test, v, n)->addr, n == 4);
	}
	KUNIT_EXPECT_EQ(test, vpu_stats(v).vpu_bytes, BUDGET);
	vpu_release(v, 0, 0, le32_to_cpu(reply(test, v, 0)->kernel_id), 100);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).vpu_bytes == BUDGET * 3 / 4));
	ask_for(v, 9, BUDGET / 4, SZ_4K, 109);
	KUNIT_EXPECT_NE(test, le32_to_cpu(reply(test, v, 5)->addr), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(v->link), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).buffers));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).vpu_bytes, 0);
}

/* No more wait than are remembered; the rest waits where it is, and is answered, too. */
static void a_flood_costs_what_is_remembered(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, &generous);
	unsigned int n;

	atomic_set(&v->room, 0);
	for (n = 0; n < 200; n++)
		ask_for(v, n, SZ_4K, SZ_4K, 1000 + n);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).flooded));
	KUNIT_EXPECT_LE(test, vpu_stats(v).requests, 20);
	vpu_give(v, INT_MAX / 2);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_count(v, VCSM_VC_MEM_REQUEST_REPLY) == 200));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).requests, 200);
	for (n = 0; n < 200; n++)
		KUNIT_EXPECT_EQ(test, le32_to_cpu(reply(test, v, n)->vpu_trans_id), n);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(v->link), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).buffers));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).vpu_bytes, 0);
}

/* It was never told of it, so it is ours. */
static void what_it_could_not_be_told_of_is_taken_back(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, &generous);

	WRITE_ONCE(v->xmit_ret, -EPIPE);
	ask_for(v, 1, SZ_4K, SZ_4K, 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).requests == 1));
	msleep(50);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).buffers));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).granted, 0);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).vpu_bytes, 0);
}

/* The instance goes while the VPU has it: so it stays, until the remote was stopped. */
static void it_may_have_it_longer_than_the_instance(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, &generous);

	ask_for(v, 1, SZ_4K, SZ_4K, 1);
	reply(test, v, 0);
	vpu_destroy_vcsm(v);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(v->link), 0);
}

static struct kunit_case request_cases[] = {
	KUNIT_CASE(by_default_it_gets_nothing),
	KUNIT_CASE(what_it_gets_is_its_own_until_it_lets_go),
	KUNIT_CASE_PARAM(it_gets_what_is_sensible, request_case_gen_params),
	KUNIT_CASE(its_budget_is_for_all_of_it),
	KUNIT_CASE(a_flood_costs_what_is_remembered),
	KUNIT_CASE(what_it_could_not_be_told_of_is_taken_back),
	KUNIT_CASE(it_may_have_it_longer_than_the_instance),
	{}
};

static struct kunit_suite request_suite = {
	.name = "ferry_vcsm_request",
	.test_cases = request_cases,
};

kunit_test_suite(request_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VC-SM: memory that the VPU asks for");
