// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that other VMs lend us: the bytes of requests, ranges that cannot be, and that each
 * piece is given back once, or counted.
 */
#include <linux/dma-mapping.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/region.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "rm_lend.h"

FERRY_IMPORT_TEST();

static const struct ferry_gunyah_accept_cfg accept_it = { .handle = HANDLE };

/* It is accepted by mistake only. */
static int refusal(struct rmrig *r, const struct ferry_gunyah_accept_cfg *cfg)
{
	return PTR_ERR_OR_ZERO(ferry_gunyah_mem_accept(r->rm, cfg));
}

static void where_the_resource_manager_chose(struct kunit *test)
{
	static const u8 want[] = {
		0x21, 0x01, 0, 0, 0x11, 0, 0, 0x51,
		0, 1, 0, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	static const u8 back[] = { 0x21, 0x01, 0, 0, 0x14, 0, 0, 0x51, 0, 1, 0, 0, 0, 0, 0, 0 };
	struct rmrig *r = lent_rig(test);
	struct ferry_gunyah_accepted *acc = ferry_gunyah_mem_accept(r->rm, &accept_it);
	const struct ferry_gunyah_range *range;

	KUNIT_ASSERT_FALSE(test, IS_ERR(acc));
	newest_packet_is(r, sizeof(want), want);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_accepted_handle(acc), HANDLE);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_accepted_size(acc), SZ_8K + SZ_4K);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_accepted_ranges(acc, &range), 2);
	KUNIT_EXPECT_EQ(test, range[0].base, 0x44400000);
	KUNIT_EXPECT_EQ(test, range[0].size, SZ_4K);
	KUNIT_EXPECT_EQ(test, range[1].base, 0x123456000);
	KUNIT_EXPECT_EQ(test, range[1].size, SZ_8K);
	KUNIT_EXPECT_EQ(test, lent_state(r).accepted, 1);
	/* Nobody can have it twice. */
	KUNIT_EXPECT_EQ(test, refusal(r, &accept_it), -EINVAL);
	KUNIT_EXPECT_EQ(test, lent_state(r).released, 0);
	ferry_gunyah_mem_release(acc);
	newest_packet_is(r, sizeof(back), back);
	KUNIT_EXPECT_EQ(test, lent_state(r).released, 1);
	KUNIT_EXPECT_EQ(test, lent_state(r).cleared, 0);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 0);
}

static const struct ferry_gunyah_acl our_acl[] = { { RM_VMID, 6 } };

static const struct ferry_gunyah_range our_ranges[] = {
	{ 0x80000000, SZ_4K }, { 0x90000000, SZ_8K },
};

static const struct ferry_gunyah_accept_cfg accept_all = {
	.handle = HANDLE, .how = FERRY_GUNYAH_LEND, .clear = true, .label = 0x77,
	.flags = FERRY_GUNYAH_ACCEPT_SANITIZED | FERRY_GUNYAH_ACCEPT_ACL |
		 FERRY_GUNYAH_ACCEPT_LABEL | FERRY_GUNYAH_ACCEPT_ONE |
		 FERRY_GUNYAH_ACCEPT_SANITIZE,
	.size = SZ_8K + SZ_4K, .acls = our_acl, .nr_acls = 1,
	.ranges = our_ranges, .nr_ranges = 2,
};

static void where_we_chose(struct kunit *test)
{
	static const u8 want[] = {
		0x21, 0x01, 0, 0, 0x11, 0, 0, 0x51,
		0, 1, 0, 0, 0, 1, 0xb7, 0, 0x77, 0, 0, 0, 1, 0, 0, 0, 3, 0, 6, 0, 2, 0, 0, 0,
		0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0x90, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0,
	};
	static const u8 back[] = { 0x21, 0x01, 0, 0, 0x14, 0, 0, 0x51, 0, 1, 0, 0, 1, 0, 0, 0 };
	static const u8 where[] = {
		2, 0, 0, 0,
		0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0x90, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0,
	};
	struct rmrig *r = lent_rig(test);
	struct ferry_gunyah_accepted *acc = ferry_gunyah_mem_accept(r->rm, &accept_all);
	const struct ferry_gunyah_range *range;

	KUNIT_ASSERT_FALSE(test, IS_ERR(acc));
	newest_packet_is(r, sizeof(want), want);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_accepted_size(acc), SZ_8K + SZ_4K);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_accepted_ranges(acc, &range), 2);
	KUNIT_EXPECT_MEMEQ(test, range, our_ranges, sizeof(our_ranges));
	ferry_gunyah_mem_release(acc);
	newest_packet_is(r, sizeof(back), back);
	KUNIT_EXPECT_EQ(test, lent_state(r).cleared, 1);
	/* It may say where it is, too, or that there is nothing to say. */
	ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_ACCEPT, 0, where, sizeof(where));
	acc = ferry_gunyah_mem_accept(r->rm, &accept_all);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(acc), 0);
	ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_RELEASE, 0, NULL, 0);
	ferry_gunyah_mem_release(acc);
	ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_ACCEPT, 0, BYTES(0, 0, 0, 0), 4);
	acc = ferry_gunyah_mem_accept(r->rm, &accept_all);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(acc), 0);
	ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_RELEASE, 0, NULL, 0);
	ferry_gunyah_mem_release(acc);
}

/* Each field that is sent, by the value that it has for the other kinds. */
static void kinds_of_memory(struct kunit *test)
{
	static const struct {
		bool io;
		enum ferry_gunyah_mem_how how;
		u8 want[2];
	} kinds[] = {
		{ false, FERRY_GUNYAH_DONATE, { 0, 0 } },
		{ true, FERRY_GUNYAH_LEND, { 1, 1 } },
		{ false, FERRY_GUNYAH_SHARE, { 0, 2 } },
	};
	struct rmrig *r = rmrig_new(test);
	struct ferry_sim_gunyah_rm_lend lend = two_pieces;
	struct ferry_gunyah_accept_cfg cfg = accept_it;
	struct ferry_gunyah_accepted *acc;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		lend.io = kinds[i].want[0];
		lend.trans = kinds[i].want[1];
		KUNIT_ASSERT_EQ(test, ferry_sim_gunyah_rm_lend(r->sim, &lend), HANDLE);
		cfg.io = !kinds[i].io;
		cfg.how = kinds[i].how;
		KUNIT_EXPECT_EQ(test, refusal(r, &cfg), -EINVAL);
		cfg.io = kinds[i].io;
		acc = ferry_gunyah_mem_accept(r->rm, &cfg);
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(acc), 0);
		ferry_sim_gunyah_rm_seen(r->sim, ferry_sim_gunyah_rm_packets(r->sim) - 1,
					 r->packet);
		KUNIT_EXPECT_MEMEQ(test, r->packet + 12, kinds[i].want, 2);
		ferry_gunyah_mem_release(acc);
		KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_take_back(r->sim, HANDLE), 0);
	}
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 0);
}

static const struct ferry_gunyah_range odd_base[] = { { 0x80000800, SZ_4K } };
static const struct ferry_gunyah_range odd_size[] = { { 0x80000000, SZ_4K + 1 } };
static const struct ferry_gunyah_range no_size[] = { { 0x80000000, 0 } };
static const struct ferry_gunyah_range wraps[] = { { -SZ_4K, SZ_8K } };
static const struct ferry_gunyah_range twice[] = {
	{ 0x80000000, SZ_8K }, { 0x80001000, SZ_8K },
};
static const struct ferry_gunyah_range last[] = { { -SZ_4K, SZ_4K } };

/* What cannot be asked for; the resource manager never hears of it. */
static const struct {
	struct ferry_gunyah_accept_cfg cfg;
	int ret;
} bad_cfgs[] = {
	{ { .handle = RM_MEM_HANDLE_NONE }, -EINVAL },
	{ { .handle = HANDLE, .flags = RM_MEM_ACCEPT_OTHER }, -EINVAL },
	{ { .handle = HANDLE, .flags = RM_MEM_ACCEPT_DONE }, -EINVAL },
	{ { .handle = HANDLE, .flags = FERRY_GUNYAH_ACCEPT_ACL }, -EINVAL },
	{ { .handle = HANDLE, .acls = our_acl, .nr_acls = 513 }, -EMSGSIZE },
	{ { .handle = HANDLE, .ranges = our_ranges, .nr_ranges = 513 }, -EMSGSIZE },
	{ { .handle = HANDLE, .ranges = odd_base, .nr_ranges = 1 }, -EINVAL },
	{ { .handle = HANDLE, .ranges = odd_size, .nr_ranges = 1 }, -EINVAL },
	{ { .handle = HANDLE, .ranges = no_size, .nr_ranges = 1 }, -EINVAL },
	{ { .handle = HANDLE, .ranges = wraps, .nr_ranges = 1 }, -EINVAL },
	{ { .handle = HANDLE, .ranges = twice, .nr_ranges = 2 }, -EINVAL },
	{ { .handle = HANDLE, .ranges = our_ranges, .nr_ranges = 2, .size = SZ_8K }, -EINVAL },
};

static void what_cannot_be_asked_for(struct kunit *test)
{
	struct rmrig *r = lent_rig(test);
	unsigned long packets = ferry_sim_gunyah_rm_packets(r->sim);
	const struct ferry_gunyah_accept_cfg at_the_end = {
		.handle = HANDLE, .ranges = last, .nr_ranges = 1,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_cfgs); i++)
		KUNIT_EXPECT_EQ_MSG(test, refusal(r, &bad_cfgs[i].cfg), bad_cfgs[i].ret,
				    "configuration %u", i);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_packets(r->sim), packets);
	/* The last page there is can be asked for; it is too small. */
	KUNIT_EXPECT_EQ(test, refusal(r, &at_the_end), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_packets(r->sim), packets + 1);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 0);
}

/* It refuses: there is nothing to release. */
static void refused_memory_is_not_released(struct kunit *test)
{
	struct rmrig *r = lent_rig(test);
	struct ferry_gunyah_accept_cfg cfg = accept_all;
	unsigned long packets = ferry_sim_gunyah_rm_packets(r->sim);

	cfg.label++;
	KUNIT_EXPECT_EQ(test, refusal(r, &cfg), -EINVAL);
	cfg = accept_all;
	cfg.handle++;
	KUNIT_EXPECT_EQ(test, refusal(r, &cfg), -EINVAL);
	ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_ACCEPT, RM_DENIED, NULL, 0);
	KUNIT_EXPECT_EQ(test, refusal(r, &accept_all), -EPERM);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_packets(r->sim), packets + 3);
	KUNIT_EXPECT_EQ(test, lent_state(r).accepted, 0);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 0);
}

/* Whatever it says of where memory is: believed, or the memory released. */
static void ranges_that_cannot_be_are_given_back(struct kunit *test)
{
	struct rmrig *r = lent_rig(test);
	struct ferry_gunyah_accept_cfg cfg = accept_it;
	unsigned int lie;

	cfg.size = SZ_8K + SZ_4K;
	for (lie = 1; lie < FERRY_SIM_GUNYAH_RM_NR_LIES; lie++) {
		struct ferry_gunyah_accepted *acc;
		bool good = lie == FERRY_SIM_GUNYAH_RM_ELSEWHERE;

		ferry_sim_gunyah_rm_lie(r->sim, lie);
		acc = ferry_gunyah_mem_accept(r->rm, &cfg);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(acc), good ? 0 : -EBADMSG, "lie %u", lie);
		ferry_gunyah_mem_release(acc);
		KUNIT_EXPECT_EQ(test, lent_state(r).accepted, lie);
		KUNIT_EXPECT_EQ_MSG(test, lent_state(r).released, lie, "lie %u", lie);
	}
	/* The same where we chose. */
	for (lie = 1; lie < FERRY_SIM_GUNYAH_RM_NR_LIES; lie++) {
		bool good = lie == FERRY_SIM_GUNYAH_RM_EMPTY_LIST;
		struct ferry_gunyah_accepted *acc;

		ferry_sim_gunyah_rm_lie(r->sim, lie);
		acc = ferry_gunyah_mem_accept(r->rm, &accept_all);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(acc), good ? 0 : -EBADMSG, "lie %u", lie);
		ferry_gunyah_mem_release(acc);
		KUNIT_EXPECT_EQ(test, lent_state(r).released, lent_state(r).accepted);
	}
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 0);
	rmrig_lives(r);
}

/* A reply is given as bytes: each that is changed or missing. */
static const struct {
	size_t len;
	u8 at;
	u8 value;
	int ret;
} broken[] = {
	{ 20, 0, 1, 0 },		/* as it is */
	{ 0, 0, 1, -EBADMSG },
	{ 3, 0, 1, -EBADMSG },
	{ 4, 0, 1, -EBADMSG },
	{ 19, 0, 1, -EBADMSG },
	{ 21, 0, 1, -EBADMSG },
	{ 20, 0, 0, -EBADMSG },
	{ 20, 0, 2, -EBADMSG },
	{ 20, 1, 1, -EBADMSG },		/* 257 */
	{ 20, 1, 0xff, -EBADMSG },
	{ 20, 4, 1, -EBADMSG },		/* base */
	{ 20, 5, 8, -EBADMSG },
	{ 20, 11, 0xff, 0 },
	{ 20, 12, 1, -EBADMSG },	/* size */
	{ 20, 13, 0, -EBADMSG },
	{ 20, 13, 0x10, -EBADMSG },
	{ 20, 13, 0x30, -EBADMSG },
	{ 20, 19, 0xff, -EBADMSG },
};

static void replies_that_are_not_whole(struct kunit *test)
{
	static const u8 good[21] = {
		1, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0,
	};
	const struct ferry_gunyah_accept_cfg cfg = {
		.handle = HANDLE, .flags = FERRY_GUNYAH_ACCEPT_ONE, .size = SZ_8K,
	};
	struct rmrig *r = rmrig_new(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		unsigned long packets = ferry_sim_gunyah_rm_packets(r->sim);
		struct ferry_gunyah_accepted *acc;
		u8 reply[21];

		memcpy(reply, good, sizeof(reply));
		reply[broken[i].at] = broken[i].value;
		ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_ACCEPT, 0, reply, broken[i].len);
		ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_RELEASE, 0, NULL, 0);
		acc = ferry_gunyah_mem_accept(r->rm, &cfg);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(acc), broken[i].ret, "reply %u", i);
		ferry_gunyah_mem_release(acc);
		/* One to accept it, one to release it. */
		KUNIT_EXPECT_EQ_MSG(test, ferry_sim_gunyah_rm_packets(r->sim), packets + 2,
				    "reply %u", i);
	}
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 0);
}

/* More than there is room for, and as much as there is: whole messages of it. */
static void long_lists(struct kunit *test)
{
	const size_t max = 4 + 513 * sizeof(struct rm_mem_range);
	struct rm_mem_range *wire;
	struct rmrig *r = lent_rig(test);
	struct ferry_gunyah_accepted *acc;
	const struct ferry_gunyah_range *range;
	u8 *reply = kunit_kzalloc(test, max, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, reply);
	wire = (struct rm_mem_range *)(reply + 4);
	for (i = 0; i < 513; i++) {
		wire[i].base = cpu_to_le64((i + 1) * SZ_64K);
		wire[i].size = cpu_to_le64(SZ_64K);
	}
	put_unaligned_le16(512, reply);
	ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_ACCEPT, 0, reply, max - sizeof(*wire));
	acc = ferry_gunyah_mem_accept(r->rm, &accept_it);
	KUNIT_ASSERT_FALSE(test, IS_ERR(acc));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_accepted_ranges(acc, &range), 512);
	KUNIT_EXPECT_EQ(test, range[511].base, 512 * SZ_64K);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_accepted_size(acc), 512 * SZ_64K);
	ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_RELEASE, 0, NULL, 0);
	ferry_gunyah_mem_release(acc);
	put_unaligned_le16(513, reply);
	ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_ACCEPT, 0, reply, max);
	ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_RELEASE, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, refusal(r, &accept_it), -EBADMSG);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 0);
}

/* Nobody knows whether it was accepted: it is released, to be sure. */
static void memory_in_doubt_is_released(struct kunit *test)
{
	struct rmrig *r = lent_rig(test);

	ferry_sim_gunyah_rm_fault(r->sim, FERRY_SIM_GUNYAH_RM_EMPTY, 1);
	KUNIT_EXPECT_EQ(test, refusal(r, &accept_it), -EBADMSG);
	KUNIT_EXPECT_EQ(test, lent_state(r).accepted, 1);
	KUNIT_EXPECT_EQ(test, lent_state(r).released, 1);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 0);
	/* It cannot be. Counted, and not tried again. */
	ferry_sim_gunyah_rm_fault(r->sim, FERRY_SIM_GUNYAH_RM_EMPTY, 1);
	ferry_sim_gunyah_rm_answer(r->sim, RM_MEM_RELEASE, RM_DENIED, NULL, 0);
	KUNIT_EXPECT_EQ(test, refusal(r, &accept_it), -EBADMSG);
	KUNIT_EXPECT_EQ(test, lent_state(r).released, 1);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 1);
	rmrig_lives(r);
}

static void release_after_the_owner_died(struct kunit *test)
{
	struct rmrig *r = lent_rig(test);
	struct ferry_gunyah_accepted *acc = ferry_gunyah_mem_accept(r->rm, &accept_it);
	unsigned long packets;

	KUNIT_ASSERT_FALSE(test, IS_ERR(acc));
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_take_back(r->sim, HANDLE), 0);
	packets = ferry_sim_gunyah_rm_packets(r->sim);
	ferry_gunyah_mem_release(acc);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_packets(r->sim), packets + 1);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 1);
	ferry_gunyah_mem_release(NULL);
	ferry_gunyah_mem_release(ERR_PTR(-EINVAL));
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 1);
	rmrig_lives(r);
}

/* In a task of its own: it waits. */
struct accepter {
	struct rmrig *r;
	struct task_struct *task;
	struct completion done;
	int ret;
};

static int accepter_task(void *data)
{
	struct accepter *a = data;

	a->ret = PTR_ERR_OR_ZERO(ferry_gunyah_mem_accept(a->r->rm, &accept_it));
	complete(&a->done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 100);
	return 0;
}

/* The link crashes between request and reply: what is there nobody can release. */
static void link_that_crashes(struct kunit *test)
{
	struct rmrig *r = lent_rig(test);
	struct ferry_gunyah_accepted *acc = ferry_gunyah_mem_accept(r->rm, &accept_it);
	unsigned long packets = ferry_sim_gunyah_rm_packets(r->sim);
	struct accepter a = { .r = r };

	KUNIT_ASSERT_FALSE(test, IS_ERR(acc));
	init_completion(&a.done);
	ferry_sim_gunyah_rm_fault(r->sim, FERRY_SIM_GUNYAH_RM_NONE, 1);
	a.task = kthread_run(accepter_task, &a, "accept_kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(a.task));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_sim_gunyah_rm_packets(r->sim) > packets));
	ferry_link_crash(r->link, "this test");
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&a.done,
							    msecs_to_jiffies(RM_WAIT_MS)));
	kthread_stop(a.task);
	KUNIT_EXPECT_EQ(test, a.ret, -ENOLINK);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 1);
	/* Nothing was sent, so nothing is in doubt. */
	KUNIT_EXPECT_EQ(test, refusal(r, &accept_it), -ENOLINK);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 1);
	ferry_gunyah_mem_release(acc);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 2);
	KUNIT_EXPECT_EQ(test, lent_state(r).released, 0);
}

/* Memory lives longer than what it was accepted from. */
static void resource_manager_that_is_gone(struct kunit *test)
{
	struct rmrig *r = lent_rig(test);
	struct ferry_gunyah_rm *rm = ferry_gunyah_rm_get("kunit-rm");
	struct ferry_gunyah_accepted *acc = ferry_gunyah_mem_accept(r->rm, &accept_it);
	const struct ferry_gunyah_mem_note_cfg note = {
		.handle = HANDLE, .change = FERRY_GUNYAH_MEM_ACCEPTED,
	};

	KUNIT_ASSERT_PTR_EQ(test, rm, r->rm);
	r->rm = NULL;
	ferry_gunyah_rm_destroy(rm);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_mem_accept(rm, &accept_it)), -ENODEV);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_notify(rm, &note), -ENODEV);
	ferry_gunyah_rm_put(rm);
	KUNIT_EXPECT_FALSE(test, IS_ERR(acc));
	ferry_gunyah_mem_release(acc);
	KUNIT_EXPECT_EQ(test, lent_state(r).released, 0);
}

/* Pages of ours, which another VM is said to have lent us; and a link to that one. */
struct region_test {
	struct rmrig *r;
	struct platform_device *pdev;
	struct ferry_gunyah_peer *peer;
	struct page *block;
	u64 base;
	struct ferry_gunyah_accepted *acc;
};

static void region_test_end(void *arg)
{
	struct region_test *t = arg;

	ferry_gunyah_mem_release(t->acc);
	if (!IS_ERR_OR_NULL(t->peer))
		ferry_gunyah_peer_destroy(t->peer);
	platform_device_unregister(t->pdev);
	if (t->block)
		__free_pages(t->block, 2);
}

/* The second of four pages. */
static struct region_test *region_test(struct kunit *test, bool io)
{
	struct region_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct ferry_sim_gunyah_rm_lend lend = { .owner = OWNER, .trans = 2, .rights = 6 };
	struct ferry_gunyah_accept_cfg cfg = { .handle = HANDLE, .how = FERRY_GUNYAH_SHARE };

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->r = rmrig_new(test);
	t->pdev = platform_device_register_simple("kunit-rm-accept", -1, NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->pdev));
	ferry_defer(test, region_test_end, t);
	t->peer = ferry_gunyah_peer_create(NULL, "kunit-owner");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->peer));
	KUNIT_ASSERT_EQ(test, ferry_link_start(ferry_gunyah_peer_link(t->peer)), 0);
	t->block = alloc_pages(GFP_KERNEL | __GFP_ZERO, 2);
	KUNIT_ASSERT_NOT_NULL(test, t->block);
	t->base = page_to_phys(t->block) + PAGE_SIZE;
	lend.io = io;
	lend.base[0] = t->base;
	lend.size[0] = 2 * PAGE_SIZE;
	cfg.io = io;
	KUNIT_ASSERT_EQ(test, ferry_sim_gunyah_rm_lend(t->r->sim, &lend), HANDLE);
	t->acc = ferry_gunyah_mem_accept(t->r->rm, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->acc));
	return t;
}

static struct ferry_provider *provider(struct region_test *t)
{
	const struct ferry_provide_cfg cfg = {
		.backing = FERRY_BACKING_FOREIGN, .dev = &t->pdev->dev, .max_size = SZ_64K,
		.max = 2, .align = PAGE_SIZE, .to_phys = ferry_gunyah_accepted_phys,
		.phys_data = t->acc, .grant = &ferry_gunyah_accepted_grant, .grant_data = t->acc,
	};

	return ferry_provider_create(ferry_gunyah_peer_link(t->peer), &cfg);
}

/* It is a region of the link, and stays ours as long as one can be made. */
static void accepted_memory_is_a_region(struct kunit *test)
{
	struct region_test *t = region_test(test, false);
	struct ferry_provider *p = provider(t);
	u8 *byte = page_address(t->block) + PAGE_SIZE + 7, got = 0;
	struct ferry_region *region;

	KUNIT_ASSERT_FALSE(test, IS_ERR(p));
	region = ferry_region_provide(p, 1, 2 * PAGE_SIZE, t->base);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	KUNIT_EXPECT_EQ(test, region->size, 2 * PAGE_SIZE);
	WRITE_ONCE(*byte, 0x5a);
	KUNIT_EXPECT_EQ(test, ferry_region_read(region, 7, &got, 1), 0);
	KUNIT_EXPECT_EQ(test, got, 0x5a);
	KUNIT_EXPECT_EQ(test, ferry_region_write(region, 7, "\xa5", 1), 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(*byte), 0xa5);
	ferry_region_put(region);
	/* A page before it, a page behind it, and all of memory. */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_region_provide(p, 2, PAGE_SIZE,
								   t->base - PAGE_SIZE)), -EFAULT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_region_provide(p, 2, 2 * PAGE_SIZE,
								   t->base + PAGE_SIZE)), -EFAULT);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_accepted_phys(t->acc, U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_accepted_phys(t->acc, 0), 0);
	ferry_gunyah_mem_release(t->acc);
	t->acc = NULL;
	KUNIT_EXPECT_EQ(test, lent_state(t->r).released, 0);
	ferry_provider_destroy(p);
	KUNIT_EXPECT_EQ(test, lent_state(t->r).released, 1);
	KUNIT_EXPECT_EQ(test, rmrig_stats(t->r).unreleased, 0);
}

static void registers_are_no_memory(struct kunit *test)
{
	struct region_test *t = region_test(test, true);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(provider(t)), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, lent_state(t->r).released, 0);
}

static int accept_attempt(void *arg)
{
	struct rmrig *r = arg;
	struct ferry_gunyah_accepted *acc = ferry_gunyah_mem_accept(r->rm, &accept_all);

	if (IS_ERR(acc))
		return PTR_ERR(acc);
	/* Its buffer is no slab object, so it does not fail here. */
	ferry_gunyah_mem_release(acc);
	return 0;
}

static void accept_survives_a_failing_allocation(struct kunit *test)
{
	struct rmrig *r = lent_rig(test);

	ferry_each_alloc_fails(test, accept_attempt, r);
	KUNIT_EXPECT_EQ(test, lent_state(r).accepted, lent_state(r).released);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).unreleased, 0);
}

static struct kunit_case gunyah_rm_accept_cases[] = {
	KUNIT_CASE(where_the_resource_manager_chose),
	KUNIT_CASE(where_we_chose),
	KUNIT_CASE(kinds_of_memory),
	KUNIT_CASE(what_cannot_be_asked_for),
	KUNIT_CASE(refused_memory_is_not_released),
	RM_CASE_TICKS(ranges_that_cannot_be_are_given_back),
	RM_CASE_TICKS(replies_that_are_not_whole),
	KUNIT_CASE(long_lists),
	KUNIT_CASE(memory_in_doubt_is_released),
	KUNIT_CASE(release_after_the_owner_died),
	KUNIT_CASE(link_that_crashes),
	KUNIT_CASE(resource_manager_that_is_gone),
	KUNIT_CASE(accepted_memory_is_a_region),
	KUNIT_CASE(registers_are_no_memory),
	KUNIT_CASE(accept_survives_a_failing_allocation),
	{}
};

static struct kunit_suite gunyah_rm_accept_suite = {
	.name = "ferry_gunyah_rm_accept",
	.suite_init = rmrig_suite_init,
	.test_cases = gunyah_rm_accept_cases,
};

kunit_test_suite(gunyah_rm_accept_suite);

MODULE_DESCRIPTION("Ferry: tests of memory that other VMs of Gunyah lend us");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
