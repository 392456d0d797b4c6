// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: all that may come between the question and the answer, and a VPU that lies.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "rig.h"

#define SHORT_MS	50

static const struct ferry_vcsm_cfg impatient = { .timeout_ms = SHORT_MS };

static void kill_importer(struct kunit *test, struct vpu_importer *i)
{
	send_sig(SIGKILL, i->task->task, 1);
	KUNIT_EXPECT_EQ(test, fake_join(i->task), -ERESTARTSYS);
}

static u32 id_of(const struct vcsm_import *msg)
{
	return le32_to_cpu(msg->header.trans_id);
}

/*
 * Races of an import.
 */

/* The answer is there before the caller waits: it is given within the send. */
static void an_answer_may_come_before_the_wait(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained;

	rig_oblige(v);
	chained = vpu_import_now(v, s);
	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	vpu_put(chained);
	rig_expect_nothing_left(test, v, s);
}

/* Answer and release together, before the caller has run. */
static void release_right_behind_the_answer(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i;
	const struct vcsm_import *msg = rig_ask(test, v, s, &i);

	vpu_answer(v, id_of(msg), HANDLE);
	vpu_release(v, VPU_ADDR, VPU_SIZE, le32_to_cpu(msg->kernel_id), HANDLE);
	/* Whichever the caller saw first. */
	if (!fake_join(i->task)) {
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).held));
		KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(i->chained, NULL, NULL), -ENOLINK);
		vpu_put(i->chained);
	} else {
		KUNIT_EXPECT_EQ(test, i->task->ret, -EIO);
	}
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).releases, 1);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
}

static void release_before_the_answer(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i;
	const struct vcsm_import *msg = rig_ask(test, v, s, &i);

	vpu_release(v, VPU_ADDR, VPU_SIZE, le32_to_cpu(msg->kernel_id), HANDLE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).releases == 1));
	vpu_answer(v, id_of(msg), HANDLE);
	KUNIT_EXPECT_EQ(test, fake_join(i->task), -EIO);
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
}

/* Killed while it waits for room: nothing was sent, nothing is left, at once. */
static void killed_before_it_was_sent(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i;

	atomic_set(&v->room, 0);
	i = vpu_import(test, v, s);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(v->armed)));
	kill_importer(test, i);
	rig_expect_nothing_left(test, v, s);
	vpu_give(v, INT_MAX / 2);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_IMPORT), 0);
	rig_oblige(v);
	vpu_put(vpu_import_now(v, s));
	rig_expect_nothing_left(test, v, s);
}

/* Killed while it waits for the answer, which comes: it is freed then. */
static void killed_after_it_was_sent(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i;
	const struct vcsm_import *msg = rig_ask(test, v, s, &i);
	const struct vcsm_free *free;

	kill_importer(test, i);
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
	vpu_answer(v, id_of(msg), HANDLE);
	free = vpu_sent(v, VCSM_FREE, 0);
	KUNIT_ASSERT_NOT_NULL(test, free);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(free->res_handle), HANDLE);
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	vpu_release(v, VPU_ADDR, VPU_SIZE, le32_to_cpu(msg->kernel_id), HANDLE);
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).late, 1);
}

static void killed_and_then_refused(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i;
	const struct vcsm_import *msg = rig_ask(test, v, s, &i);

	kill_importer(test, i);
	vpu_answer(v, id_of(msg), 0);
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
}

static void killed_and_then_released(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i;
	const struct vcsm_import *msg = rig_ask(test, v, s, &i);

	kill_importer(test, i);
	vpu_release(v, VPU_ADDR, VPU_SIZE, le32_to_cpu(msg->kernel_id), HANDLE);
	rig_expect_nothing_left(test, v, s);
	vpu_answer(v, id_of(msg), HANDLE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).late == 1));
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
}

/* The answer and the signal race for real. */
static void killed_at_any_moment(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	unsigned int n;

	v->releases = true;
	for (n = 0; n < 50; n++) {
		struct vpu_importer *i;
		const struct vcsm_import *msg = rig_ask(test, v, s, &i);
		u32 id = le32_to_cpu(msg->kernel_id);

		vpu_answer(v, id_of(msg), VPU_HANDLE | id);
		if (n & 1)
			usleep_range(1, 200);
		send_sig(SIGKILL, i->task->task, 1);
		if (!fake_join(i->task))
			vpu_put(i->chained);
	}
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).imports, 50);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).releases, 50);
}

static void no_answer_is_waited_for_so_long(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, &impatient);
	struct vpu_source *s = rig_source(test);
	const struct vcsm_import *msg;

	KUNIT_EXPECT_PTR_EQ(test, vpu_import_now(v, s), ERR_PTR(-ETIMEDOUT));
	flush_delayed_fput();
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).held, 1);
	msg = vpu_sent(v, VCSM_IMPORT, 0);
	v->releases = true;
	vpu_answer(v, id_of(msg), VPU_HANDLE | le32_to_cpu(msg->kernel_id));
	rig_expect_nothing_left(test, v, s);
}

/* Ids are not used again while they may be answered, and there are not for ever more. */
static void a_vpu_that_never_answers_is_not_asked_for_ever(struct kunit *test)
{
	const struct ferry_vcsm_cfg cfg = { .timeout_ms = 1 };
	struct vpu *v = rig_vpu(test, &cfg);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained;
	unsigned int n;

	for (n = 0; n < 300; n++) {
		chained = vpu_import_now(v, s);
		KUNIT_ASSERT_TRUE(test, IS_ERR(chained));
		if (PTR_ERR(chained) == -EBUSY)
			break;
		KUNIT_ASSERT_EQ(test, PTR_ERR(chained), -ETIMEDOUT);
	}
	KUNIT_EXPECT_EQ(test, n, 256);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).held, 256);
	flush_delayed_fput();
	for (n = 0; n < 256; n++) {
		const struct vcsm_import *msg = vpu_sent(v, VCSM_IMPORT, n);

		KUNIT_EXPECT_EQ(test, le32_to_cpu(msg->kernel_id), n + 1);
		vpu_answer(v, id_of(msg), 0);
	}
	rig_expect_nothing_left(test, v, s);
}

/* What is freed while there is no room, by somebody who was killed, is freed all the same. */
static void a_request_to_free_waits_for_room(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, &impatient);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained;

	rig_oblige(v);
	chained = vpu_import_now(v, s);
	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	atomic_set(&v->room, 0);
	vpu_put(chained);
	msleep(4 * SHORT_MS);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	vpu_give(v, INT_MAX / 2);
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 1);
}

/* It was let go meanwhile: its handle may be that of another by now. */
static void what_was_released_is_not_freed(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, &impatient);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained = rig_import(test, v, s);

	atomic_set(&v->room, 0);
	vpu_put(chained);
	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).releases == 1));
	msleep(2 * SHORT_MS);
	/* The first try may be in the queue for room already, with the old handle. */
	vpu_give(v, INT_MAX / 2);
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_LE(test, vpu_count(v, VCSM_FREE), 1);
}

#define CROWD	8

static int crowd_fn(void *arg)
{
	struct vpu_importer *i = arg;
	unsigned int n;

	for (n = 0; n < 50; n++) {
		struct dma_buf *chained = vpu_import_now(i->v, i->source);

		if (IS_ERR(chained))
			return PTR_ERR(chained);
		dma_buf_put(chained);
	}
	return 0;
}

static void many_import_at_once(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer i = { .v = v, .source = s };
	struct fake_task *task[CROWD];
	unsigned int n;

	rig_oblige(v);
	for (n = 0; n < CROWD; n++)
		task[n] = fake_run(test, crowd_fn, &i);
	for (n = 0; n < CROWD; n++)
		KUNIT_EXPECT_EQ(test, fake_join(task[n]), 0);
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).imports, 50 * CROWD);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).stray, 0);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).unknown, 0);
}

/*
 * A VPU that lies.
 */

static const struct service_lie {
	const char *name;
	u32 word[15];
	size_t len;
	int malformed;
	int unknown;
	int stray;
} service_lies[] = {
	{ "nothing", {}, 0, 1, 0, 0 },
	{ "three bytes", { 0x80000009 }, 3, 1, 0, 0 },
	{ "an event of no type", { 0x80000000 }, 4, 1, 0, 0 },
	{ "an event beyond the last", { 0x8000000d }, 4, 1, 0, 0 },
	{ "an event far beyond", { 0xffffffff }, 4, 1, 0, 0 },
	{ "ours as an event", { 0x80000008, 1, 2, 3 }, 16, 1, 0, 0 },
	{ "a short release", { 0x8000000b, VPU_ADDR, VPU_SIZE, 1, HANDLE }, 19, 1, 0, 0 },
	{ "a short request", { 0x8000000c, 7, 4096, 4096 }, 51, 1, 0, 0 },
	{ "answer 0", { 0, HANDLE }, 8, 0, 1, 0 },
	{ "answer to nothing", { 0x7fffffff, HANDLE }, 8, 0, 1, 0 },
	{ "answer of four bytes to nothing", { 77 }, 4, 0, 1, 0 },
	{ "release of id 0", { 0x8000000b, VPU_ADDR, VPU_SIZE, 0, HANDLE }, 20, 0, 0, 1 },
	{ "release of nothing", { 0x8000000b, VPU_ADDR, VPU_SIZE, 99, HANDLE }, 20, 0, 0, 1 },
	{ "release of -1", { 0x8000000b, VPU_ADDR, VPU_SIZE, U32_MAX, HANDLE }, 20, 0, 0, 1 },
	{ "release under another handle", { 0x8000000b, VPU_ADDR, VPU_SIZE, 1, 5 }, 20, 0, 0, 1 },
	{ "release under handle 0", { 0x8000000b, VPU_ADDR, VPU_SIZE, 1, 0 }, 20, 0, 0, 1 },
	{ "a long event", { 0x80000009 }, 60, 0, 0, 0 },
	{ "longer than any message", { 0x80000009 }, 61, 1, 0, 0 },
};

static void service_lie_desc(const struct service_lie *l, char *desc)
{
	strscpy(desc, l->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(service_lie, service_lies, service_lie_desc);

/* With one buffer in use, of id 1, which nothing of this touches. */
static void lies_are_counted_and_change_nothing(struct kunit *test)
{
	const struct service_lie *l = test->param_value;
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained = rig_import(test, v, s);
	const struct ferry_vcsm_stats *stats;
	__le32 msg[16] = {};
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(l->word); n++)
		msg[n] = cpu_to_le32(l->word[n]);
	for (n = 0; n < 3; n++)
		vpu_say(v, msg, l->len);
	/* Behind them, something that can be waited for. */
	vpu_release(v, 0, 0, 4711, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).stray == 3 * l->stray + 1));
	stats = vpu_stats_now(v);
	KUNIT_EXPECT_EQ(test, stats->malformed, 3 * l->malformed);
	KUNIT_EXPECT_EQ(test, stats->unknown, 3 * l->unknown);
	KUNIT_EXPECT_EQ(test, stats->held, 1);
	KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(chained, NULL, NULL), 0);
	vpu_put(chained);
	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	rig_expect_nothing_left(test, v, s);
}

/* While it is asked, there is no handle to compare: address and size are. */
static void a_release_of_another_is_not_taken_while_asked(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i;
	const struct vcsm_import *msg = rig_ask(test, v, s, &i);

	vpu_release(v, VPU_ADDR + SZ_4K, VPU_SIZE, 1, HANDLE);
	vpu_release(v, VPU_ADDR, VPU_SIZE - 1, 1, HANDLE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).stray == 2));
	vpu_answer(v, id_of(msg), HANDLE);
	KUNIT_EXPECT_EQ(test, fake_join(i->task), 0);
	vpu_put(i->chained);
	vpu_release(v, 0, 0, 1, HANDLE);
	rig_expect_nothing_left(test, v, s);
}

static void the_second_of_two_is_not_taken(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i;
	const struct vcsm_import *msg = rig_ask(test, v, s, &i);
	u32 handle;

	vpu_answer(v, id_of(msg), HANDLE);
	vpu_answer(v, id_of(msg), HANDLE + 1);
	vpu_answer(v, id_of(msg), 0);
	KUNIT_EXPECT_EQ(test, fake_join(i->task), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).unknown == 2));
	KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(i->chained, &handle, NULL), 0);
	KUNIT_EXPECT_EQ(test, handle, HANDLE);
	vpu_put(i->chained);
	KUNIT_EXPECT_NOT_NULL(test, vpu_sent(v, VCSM_FREE, 0));
	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).stray == 1));
	rig_expect_nothing_left(test, v, s);
}

/* Nobody can say whether it has the memory: it stays until it says so. */
static void an_answer_that_is_too_short_is_an_error(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i;
	const struct vcsm_import *msg = rig_ask(test, v, s, &i);

	vpu_say(v, &msg->header.trans_id, 4);
	KUNIT_EXPECT_EQ(test, fake_join(i->task), -EPROTO);
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).malformed, 1);
	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	rig_expect_nothing_left(test, v, s);
}

/* The same handle for two is allowed: ours is the id. */
static void two_may_have_one_handle(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_source *t = vpu_source(test, VPU_ADDR + VPU_SIZE, SZ_4K);
	struct dma_buf *a = rig_import(test, v, s);
	struct dma_buf *b = rig_import(test, v, t);

	vpu_put(a);
	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
	KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(b, NULL, NULL), 0);
	vpu_put(b);
	vpu_release(v, 0, 0, 2, HANDLE);
	rig_expect_nothing_left(test, v, t);
}

static void a_flood_of_nonsense_passes(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	u32 state = 4711;
	__le32 msg[15];
	unsigned int n, k;

	for (n = 0; n < 3000; n++) {
		for (k = 0; k < ARRAY_SIZE(msg); k++) {
			state = state * 1664525 + 1013904223;
			msg[k] = cpu_to_le32(state);
		}
		/* No version, which has no other sense than itself. */
		if (n & 1)
			msg[0] = cpu_to_le32(VCSM_EVENT | (VCSM_RELEASED + state % 4));
		vpu_say(v, msg, state % (sizeof(msg) + 1));
		if (n % 64 == 63)
			KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(v->rx_tail) == v->rx_head));
	}
	rig_oblige(v);
	vpu_put(vpu_import_now(v, s));
	rig_expect_nothing_left(test, v, s);
}

static struct kunit_case service_cases[] = {
	KUNIT_CASE(an_answer_may_come_before_the_wait),
	KUNIT_CASE(release_right_behind_the_answer),
	KUNIT_CASE(release_before_the_answer),
	KUNIT_CASE(killed_before_it_was_sent),
	KUNIT_CASE(killed_after_it_was_sent),
	KUNIT_CASE(killed_and_then_refused),
	KUNIT_CASE(killed_and_then_released),
	KUNIT_CASE(killed_at_any_moment),
	KUNIT_CASE(no_answer_is_waited_for_so_long),
	KUNIT_CASE(a_vpu_that_never_answers_is_not_asked_for_ever),
	KUNIT_CASE(a_request_to_free_waits_for_room),
	KUNIT_CASE(what_was_released_is_not_freed),
	KUNIT_CASE(many_import_at_once),
	KUNIT_CASE_PARAM(lies_are_counted_and_change_nothing, service_lie_gen_params),
	KUNIT_CASE(a_release_of_another_is_not_taken_while_asked),
	KUNIT_CASE(the_second_of_two_is_not_taken),
	KUNIT_CASE(an_answer_that_is_too_short_is_an_error),
	KUNIT_CASE(two_may_have_one_handle),
	KUNIT_CASE(a_flood_of_nonsense_passes),
	{}
};

static struct kunit_suite service_suite = {
	.name = "ferry_vcsm_service",
	.test_cases = service_cases,
};

kunit_test_suite(service_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VC-SM: races, and a VPU that lies");
