// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls: who gets which answer, and what becomes of those that nobody waits for.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/call.h>
#include <linux/ferry/link.h>
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "../ferry_kunit.h"
#include "fake.h"

#define LONG_MS		20000
#define SHORT_MS	20
#define KIND		0x4b494e44

struct call_ctx {
	struct fake *f;
	struct ferry_calls *calls;
	/* what the late hook got */
	unsigned int late;
	u32 late_kind;
	u32 late_id;
	size_t late_len;
	u8 late_byte;
};

static void late_hook(void *priv, u32 kind, u32 id, const void *data, size_t len)
{
	struct call_ctx *ctx = priv;

	ctx->late++;
	ctx->late_kind = kind;
	ctx->late_id = id;
	ctx->late_len = len;
	ctx->late_byte = len ? *(const u8 *)data : 0;
}

static void calls_end(void *calls)
{
	ferry_calls_destroy(calls);
}

static struct ferry_calls *calls_make(struct kunit *test, u32 first, u32 last,
				      unsigned int limit, unsigned int slots)
{
	struct call_ctx *ctx = test->priv;
	struct ferry_calls_cfg cfg = {
		.first_id = first, .last_id = last, .limit = limit, .slots = slots,
		.late = late_hook, .priv = ctx,
	};

	ctx->calls = ferry_calls_create(ctx->f->link, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx->calls));
	ferry_defer(test, calls_end, ctx->calls);
	return ctx->calls;
}

static int call_init(struct kunit *test)
{
	struct call_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return -ENOMEM;
	test->priv = ctx;
	ctx->f = fake_create(test, 0, 1, 0);
	return 0;
}

static void expect_stats(struct kunit *test, unsigned int out, unsigned int tombs)
{
	struct call_ctx *ctx = test->priv;
	struct ferry_calls_stats stats;

	ferry_calls_stats(ctx->calls, &stats);
	KUNIT_EXPECT_EQ(test, stats.out, out);
	KUNIT_EXPECT_EQ(test, stats.tombs, tombs);
	KUNIT_EXPECT_EQ(test, stats.late, ctx->late);
	KUNIT_EXPECT_EQ(test, stats.begun, stats.answered + stats.gave_up + stats.failed + out);
}

/* A call that nobody waits for any more; its id. */
static u32 leave_tombstone(struct kunit *test, struct ferry_calls *calls)
{
	struct ferry_call call = { .kind = KIND };

	KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &call), 0);
	KUNIT_ASSERT_EQ(test, ferry_call_wait(&call, 0), -ETIMEDOUT);
	return call.id;
}

static void an_answer_may_come_before_the_wait(struct kunit *test)
{
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	u8 answer[4] = {};
	struct ferry_call call = { .answer = answer, .room = sizeof(answer) };

	KUNIT_EXPECT_EQ(test, ferry_call_begin(calls, &call, LONG_MS), 0);
	KUNIT_EXPECT_EQ(test, call.id, 0);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, call.id, "abc", 3), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_wait(&call, 0), 3);
	KUNIT_EXPECT_MEMEQ(test, answer, "abc", 4);
	expect_stats(test, 0, 0);
}

static void the_second_answer_is_unknown(struct kunit *test)
{
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	u8 answer = 0;
	struct ferry_call call = { .answer = &answer, .room = 1 };
	struct ferry_calls_stats stats;

	KUNIT_EXPECT_EQ(test, ferry_call_begin(calls, &call, LONG_MS), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, call.id, "a", 1), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, call.id, "b", 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_call_wait(&call, LONG_MS), 1);
	KUNIT_EXPECT_EQ(test, answer, 'a');
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, call.id, "c", 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, answer, 'a');
	ferry_calls_stats(calls, &stats);
	KUNIT_EXPECT_EQ(test, stats.unknown, 2);
	KUNIT_EXPECT_EQ(test, stats.answered, 1);
}

static void ids_that_nobody_has_are_unknown(struct kunit *test)
{
	static const u32 ids[] = { 0, 1, 3, 15, 16, BIT(31), U32_MAX };
	struct ferry_calls *calls = calls_make(test, 2, 15, 1, 14);
	struct ferry_call call = {};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ferry_call_trybegin(calls, &call), 0);
	KUNIT_EXPECT_EQ(test, call.id, 2);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, ids[i], NULL, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_call_wait(&call, 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, (int)((struct call_ctx *)test->priv)->late, 0);
}

static void a_late_answer_goes_to_the_hook(struct kunit *test)
{
	struct ferry_calls *calls = calls_make(test, 0, 0, 1, 1);
	struct call_ctx *ctx = test->priv;
	struct ferry_call call = {};
	u32 id = leave_tombstone(test, calls);

	expect_stats(test, 0, 1);
	KUNIT_EXPECT_EQ(test, ferry_call_trybegin(calls, &call), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_call_begin(calls, &call, LONG_MS), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, id, "late", 4), 0);
	KUNIT_EXPECT_EQ(test, ctx->late, 1);
	KUNIT_EXPECT_EQ(test, ctx->late_kind, KIND);
	KUNIT_EXPECT_EQ(test, ctx->late_id, id);
	KUNIT_EXPECT_EQ(test, ctx->late_len, 4);
	KUNIT_EXPECT_EQ(test, ctx->late_byte, 'l');
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, id, "late", 4), -ENOENT);
	KUNIT_EXPECT_EQ(test, ctx->late, 1);
	KUNIT_EXPECT_EQ(test, ferry_call_trybegin(calls, &call), 0);
	ferry_call_cancel(&call);
	expect_stats(test, 0, 0);
}

static void answers_have_the_room_that_the_caller_gave(struct kunit *test)
{
	static const size_t lens[] = { 0, 1, 7, 8, 9, 4096, SIZE_MAX };
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	u8 data[16], answer[9];
	unsigned int i;

	memset(data, 0x5a, sizeof(data));
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct ferry_call call = { .answer = answer, .room = 8 };
		bool fits = lens[i] <= 8;

		memset(answer, 0, sizeof(answer));
		KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &call), 0);
		KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, call.id, data, lens[i]), 0);
		KUNIT_EXPECT_EQ(test, ferry_call_wait(&call, 0), fits ? (int)lens[i] : -EMSGSIZE);
		KUNIT_EXPECT_NULL(test, memchr_inv(answer, 0x5a, fits ? lens[i] : 0));
		KUNIT_EXPECT_EQ(test, answer[fits ? lens[i] : 0], 0);
	}
	expect_stats(test, 0, 0);
}

static void ids_of_tombstones_are_skipped(struct kunit *test)
{
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	struct call_ctx *ctx = test->priv;
	u32 seen = 0, i;

	for (i = 0; i < 16; i++) {
		struct ferry_call call = {};

		if (i == 3 || i == 7 || i == 15) {
			KUNIT_EXPECT_EQ(test, leave_tombstone(test, calls), i);
			continue;
		}
		KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &call), 0);
		KUNIT_EXPECT_EQ(test, call.id, i);
		ferry_call_cancel(&call);
	}
	for (i = 0; i < 100; i++) {
		struct ferry_call call = {};

		KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &call), 0);
		seen |= BIT(call.id);
		KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, call.id, NULL, 0), 0);
		KUNIT_EXPECT_EQ(test, ferry_call_wait(&call, 0), 0);
	}
	KUNIT_EXPECT_EQ(test, seen, 0x7f77);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, 7, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ctx->late, 1);
	expect_stats(test, 0, 2);
}

static void free_running_ids_wrap(struct kunit *test)
{
	struct ferry_calls *calls = calls_make(test, U32_MAX - 2, U32_MAX, 2, 3);
	static const u32 want[] = { U32_MAX - 2, U32_MAX - 1, U32_MAX, U32_MAX - 2 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(want); i++) {
		struct ferry_call call = {};

		KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &call), 0);
		KUNIT_EXPECT_EQ(test, call.id, want[i]);
		ferry_call_cancel(&call);
	}
}

static void a_remote_that_answers_nothing_is_not_asked_for_ever(struct kunit *test)
{
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	struct call_ctx *ctx = test->priv;
	struct ferry_call call = {};
	u32 i;

	for (i = 0; i < 16; i++)
		leave_tombstone(test, calls);
	expect_stats(test, 0, 16);
	KUNIT_EXPECT_EQ(test, ferry_call_begin(calls, &call, LONG_MS), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, 9, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_begin(calls, &call, LONG_MS), 0);
	KUNIT_EXPECT_EQ(test, call.id, 9);
	ferry_call_cancel(&call);

	/* The next life owes nothing to this one. */
	leave_tombstone(test, calls);
	KUNIT_EXPECT_EQ(test, ferry_link_restart(ctx->f->link), 0);
	expect_stats(test, 0, 0);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, 3, NULL, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, ctx->late, 1);
}

static void a_request_that_was_not_sent_leaves_nothing(struct kunit *test)
{
	struct ferry_calls *calls = calls_make(test, 5, 5, 1, 1);
	struct ferry_call call = {};
	unsigned int i;

	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &call), 0);
		ferry_call_cancel(&call);
		KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, 5, NULL, 0), -ENOENT);
	}
	/* A remote that guessed the id. */
	KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &call), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, 5, NULL, 0), 0);
	ferry_call_cancel(&call);
	expect_stats(test, 0, 0);
}

/* A thread that begins a call and waits for its answer. */
struct caller {
	struct ferry_calls *calls;
	struct ferry_call call;
	u32 answer;
	unsigned int begin_ms;
	unsigned int wait_ms;
	int begun;		/* what begin returned; 1: not yet */
	unsigned int rounds;
	unsigned int wrong;
};

static int caller_fn(void *arg)
{
	struct caller *c = arg;
	int ret;

	allow_signal(SIGKILL);
	c->call.answer = &c->answer;
	c->call.room = sizeof(c->answer);
	c->call.kind = KIND;
	ret = ferry_call_begin(c->calls, &c->call, c->begin_ms);
	WRITE_ONCE(c->begun, ret);
	return ret ?: ferry_call_wait(&c->call, c->wait_ms);
}

static struct fake_task *caller_run(struct kunit *test, struct caller *c)
{
	struct call_ctx *ctx = test->priv;
	struct fake_task *task;
	unsigned int i;

	c->calls = ctx->calls;
	c->begun = 1;
	task = fake_run(test, caller_fn, c);
	for (i = 0; i < 20 && READ_ONCE(c->begun) == 1; i++)
		msleep(SHORT_MS);
	return task;
}

static void an_answer_wakes_its_caller(struct kunit *test)
{
	struct caller a = { .wait_ms = LONG_MS }, b = { .wait_ms = LONG_MS };
	struct ferry_calls *calls = calls_make(test, 0, U32_MAX, 8, 8);
	struct fake_task *ta, *tb;
	u32 one = 1, two = 2;

	ta = caller_run(test, &a);
	tb = caller_run(test, &b);
	KUNIT_ASSERT_EQ(test, a.begun, 0);
	KUNIT_ASSERT_EQ(test, b.begun, 0);
	expect_stats(test, 2, 0);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, b.call.id, &two, 4), 0);
	KUNIT_EXPECT_EQ(test, fake_join(tb), 4);
	KUNIT_EXPECT_FALSE(test, fake_done(ta));
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, a.call.id, &one, 4), 0);
	KUNIT_EXPECT_EQ(test, fake_join(ta), 4);
	KUNIT_EXPECT_EQ(test, a.answer, 1);
	KUNIT_EXPECT_EQ(test, b.answer, 2);
}

static void who_waits_is_killed_and_leaves_a_tombstone(struct kunit *test)
{
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	struct caller c = { .wait_ms = LONG_MS };
	struct call_ctx *ctx = test->priv;
	struct fake_task *task = caller_run(test, &c);

	KUNIT_ASSERT_EQ(test, c.begun, 0);
	send_sig(SIGKILL, task->task, 1);
	KUNIT_EXPECT_EQ(test, fake_join(task), -ERESTARTSYS);
	expect_stats(test, 0, 1);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, c.call.id, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ctx->late, 1);
}

static void who_waits_for_others_is_killed_and_leaves_nothing(struct kunit *test)
{
	struct caller c = { .begin_ms = LONG_MS, .wait_ms = LONG_MS };
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	struct ferry_call first = {};
	struct fake_task *task;

	KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &first), 0);
	task = caller_run(test, &c);
	KUNIT_EXPECT_EQ(test, c.begun, 1);
	send_sig(SIGKILL, task->task, 1);
	KUNIT_EXPECT_EQ(test, fake_join(task), -ERESTARTSYS);
	expect_stats(test, 1, 0);
	ferry_call_cancel(&first);
}

static void one_at_a_time_is_one_at_a_time(struct kunit *test)
{
	struct caller c = { .begin_ms = LONG_MS, .wait_ms = LONG_MS };
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	struct ferry_call first = {}, other = {};
	struct fake_task *task;

	KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &first), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_trybegin(calls, &other), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_call_begin(calls, &other, SHORT_MS), -ETIMEDOUT);
	task = caller_run(test, &c);
	KUNIT_EXPECT_EQ(test, c.begun, 1);
	/* It is the next one's turn also when the first gives up. */
	KUNIT_EXPECT_EQ(test, ferry_call_wait(&first, 0), -ETIMEDOUT);
	msleep(SHORT_MS);
	KUNIT_ASSERT_EQ(test, READ_ONCE(c.begun), 0);
	KUNIT_EXPECT_NE(test, c.call.id, first.id);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, c.call.id, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_join(task), 0);
}

/* Slots may be all taken though the limit is not reached: tombstones are in the way. */
static void tombstones_make_others_wait(struct kunit *test)
{
	struct caller c = { .begin_ms = LONG_MS, .wait_ms = LONG_MS };
	struct ferry_calls *calls = calls_make(test, 0, U32_MAX, 2, 2);
	struct ferry_call first = {};
	struct fake_task *task;
	u32 tomb;

	tomb = leave_tombstone(test, calls);
	KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &first), 0);
	task = caller_run(test, &c);
	KUNIT_EXPECT_EQ(test, c.begun, 1);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, tomb, NULL, 0), 0);
	msleep(SHORT_MS);
	KUNIT_ASSERT_EQ(test, READ_ONCE(c.begun), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, c.call.id, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_join(task), 0);
	ferry_call_cancel(&first);
}

static void a_crash_fails_all_who_wait(struct kunit *test)
{
	struct caller a = { .wait_ms = LONG_MS };
	struct caller b = { .begin_ms = LONG_MS, .wait_ms = LONG_MS };
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	struct call_ctx *ctx = test->priv;
	struct fake_task *ta, *tb;
	struct ferry_call call = {};
	u32 tomb = leave_tombstone(test, calls);

	ta = caller_run(test, &a);
	tb = caller_run(test, &b);
	ferry_link_crash(ctx->f->link, "the test says so");
	KUNIT_EXPECT_EQ(test, fake_join(ta), -ENOLINK);
	KUNIT_EXPECT_EQ(test, fake_join(tb), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_call_begin(calls, &call, LONG_MS), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_call_trybegin(calls, &call), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, a.call.id, NULL, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, tomb, NULL, 0), -ENOENT);
	expect_stats(test, 0, 0);

	KUNIT_EXPECT_EQ(test, ferry_link_start(ctx->f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_begin(calls, &call, LONG_MS), 0);
	KUNIT_EXPECT_NE(test, call.id, a.call.id);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, call.id, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_wait(&call, LONG_MS), 0);
	KUNIT_EXPECT_EQ(test, ctx->late, 0);
}

static void a_stop_fails_all_who_wait(struct kunit *test)
{
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	struct caller c = { .wait_ms = LONG_MS };
	struct call_ctx *ctx = test->priv;
	struct fake_task *task = caller_run(test, &c);

	KUNIT_ASSERT_EQ(test, c.begun, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(ctx->f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_join(task), -ENOLINK);
	/* Between its crash and the next start nobody looked. */
	KUNIT_EXPECT_EQ(test, ferry_link_start(ctx->f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_answer(calls, c.call.id, NULL, 0), -ENOENT);
	expect_stats(test, 0, 0);
}

static int storm_fn(void *arg)
{
	struct caller *c = arg;
	unsigned int i;

	for (i = 0; i < c->rounds; i++) {
		u32 answer = 0;
		struct ferry_call call = { .answer = &answer, .room = sizeof(answer) };

		if (ferry_call_begin(c->calls, &call, LONG_MS)) {
			c->wrong++;
			continue;
		}
		/* Some give up at once. */
		if (ferry_call_wait(&call, i % 7 ? LONG_MS : 0) == sizeof(answer))
			c->wrong += answer != ~call.id;
		else
			c->wrong += i % 7 != 0;
	}
	return 0;
}

static void many_callers_get_their_own_answers(struct kunit *test)
{
	enum { NR = 4, ROUNDS = 200 };
	struct ferry_calls *calls = calls_make(test, 0, 31, 3, 16);
	struct ferry_calls_stats stats = {};
	struct fake_task *task[NR];
	struct caller *c = kunit_kcalloc(test, NR, sizeof(*c), GFP_KERNEL);
	unsigned int i, done;
	u32 id = 0;

	KUNIT_ASSERT_NOT_NULL(test, c);
	for (i = 0; i < NR; i++) {
		c[i].calls = calls;
		c[i].rounds = ROUNDS;
		task[i] = fake_run(test, storm_fn, &c[i]);
	}
	/* Answers in an order of its own, also to ids that nobody has. */
	do {
		u32 answer;

		id = (id + 11) % 32;
		answer = ~id;
		ferry_call_answer(calls, id, &answer, sizeof(answer));
		if (!id)
			usleep_range(10, 20);
		for (i = 0, done = 0; i < NR; i++)
			done += fake_done(task[i]);
	} while (done < NR);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_EQ(test, c[i].wrong, 0);
	ferry_calls_stats(calls, &stats);
	KUNIT_EXPECT_EQ(test, stats.begun, NR * ROUNDS);
	KUNIT_EXPECT_EQ(test, stats.begun, stats.answered + stats.gave_up);
	KUNIT_EXPECT_EQ(test, stats.out, 0);
}

/* Calls in hard IRQ, answered by an atomic endpoint. */
struct atomic_caller {
	struct call_ctx *ctx;
	struct fake_client *client;
	u32 answer;
	bool silent;
	bool crash;
	int begun;
	int ret;
};

static int atomic_rx(struct fake_client *client, u32 seq)
{
	struct atomic_caller *c = client->priv;

	ferry_call_answer(c->ctx->calls, 0, &seq, sizeof(seq));
	return 0;
}

static void atomic_call(void *arg)
{
	struct atomic_caller *c = arg;
	struct ferry_call call = { .answer = &c->answer, .room = sizeof(c->answer) };

	c->begun = ferry_call_trybegin(c->ctx->calls, &call);
	if (c->begun)
		return;
	if (c->crash)
		ferry_link_crash(c->ctx->f->link, "the test says so");
	else if (!c->silent)
		fake_rx_quiet(c->ctx->f, 0, 64, 0x1234);
	c->ret = ferry_call_poll(&call, c->client->ep, 2);
}

static void atomic_init(struct kunit *test, struct atomic_caller *c)
{
	struct call_ctx *ctx = test->priv;

	calls_make(test, 0, 0, 1, 1);
	c->ctx = ctx;
	c->client = fake_open(test, ctx->f->link, 0, FERRY_EP_ATOMIC);
	c->client->priv = c;
	c->client->on_rx = atomic_rx;
}

static void a_call_in_hard_irq_is_answered(struct kunit *test)
{
	struct atomic_caller c = {};

	atomic_init(test, &c);
	fake_in_irq(test, atomic_call, &c);
	KUNIT_EXPECT_EQ(test, c.begun, 0);
	KUNIT_EXPECT_EQ(test, c.ret, 4);
	KUNIT_EXPECT_EQ(test, c.answer, 0x1234);
	expect_stats(test, 0, 0);
}

static void a_call_in_hard_irq_ends_without_an_answer(struct kunit *test)
{
	struct atomic_caller c = { .silent = true };

	atomic_init(test, &c);
	fake_in_irq(test, atomic_call, &c);
	KUNIT_EXPECT_EQ(test, c.ret, -ETIMEDOUT);
	expect_stats(test, 0, 1);
}

static void a_call_in_hard_irq_ends_with_the_link(struct kunit *test)
{
	struct atomic_caller c = { .crash = true };

	atomic_init(test, &c);
	fake_in_irq(test, atomic_call, &c);
	KUNIT_EXPECT_EQ(test, c.ret, -ENOLINK);
	expect_stats(test, 0, 0);
}

static void only_atomic_endpoints_are_polled(struct kunit *test)
{
	struct ferry_calls *calls = calls_make(test, 0, 15, 1, 16);
	struct call_ctx *ctx = test->priv;
	struct fake_client *client = fake_open(test, ctx->f->link, 0, 0);
	struct ferry_call call = {};

	KUNIT_ASSERT_EQ(test, ferry_call_trybegin(calls, &call), 0);
	KUNIT_EXPECT_EQ(test, ferry_call_poll(&call, client->ep, LONG_MS), -EINVAL);
	expect_stats(test, 0, 1);
}

struct deadlock {
	struct call_ctx *ctx;
	int begin;
	int wait;
};

static int deadlock_rx(struct fake_client *client, u32 seq)
{
	struct deadlock *d = client->priv;
	struct ferry_call call = {};

	d->begin = ferry_call_begin(d->ctx->calls, &call, LONG_MS);
	if (!ferry_call_trybegin(d->ctx->calls, &call))
		d->wait = ferry_call_wait(&call, LONG_MS);
	return 0;
}

static void a_callback_must_not_wait(struct kunit *test)
{
	struct deadlock d = { .ctx = test->priv };
	struct fake_client *client;

	calls_make(test, 0, 15, 1, 16);
	client = fake_open(test, d.ctx->f->link, 0, 0);
	client->priv = &d;
	client->on_rx = deadlock_rx;
	fake_rx(d.ctx->f, 0, 64, 1);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(client, 1));
	KUNIT_EXPECT_EQ(test, d.begin, -EDEADLK);
	KUNIT_EXPECT_EQ(test, d.wait, -EDEADLK);
	expect_stats(test, 0, 1);
}

static int create_attempt(void *link)
{
	struct ferry_calls_cfg cfg = { .last_id = 15, .limit = 1, .slots = 16 };
	struct ferry_calls *calls = ferry_calls_create(link, &cfg);

	ferry_calls_destroy(calls);
	return PTR_ERR_OR_ZERO(calls);
}

static void a_failed_allocation_makes_no_table(struct kunit *test)
{
	struct call_ctx *ctx = test->priv;

	ferry_each_alloc_fails(test, create_attempt, ctx->f->link);
	ferry_calls_destroy(NULL);
}

static void a_table_that_cannot_be_is_refused(struct kunit *test)
{
	static const struct ferry_calls_cfg cfgs[] = {
		{ .first_id = 1, .last_id = 0, .limit = 1, .slots = 1 },
		{ .last_id = 15, .limit = 0, .slots = 1 },
		{ .last_id = 15, .limit = 1, .slots = 0 },
		{ .last_id = 15, .limit = 2, .slots = 1 },
		{ .last_id = 15, .limit = 1, .slots = 17 },
		{ .first_id = 4, .last_id = 15, .limit = 1, .slots = 13 },
		{ .last_id = U32_MAX, .limit = 1, .slots = 257 },
	};
	struct call_ctx *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cfgs); i++)
		KUNIT_EXPECT_PTR_EQ(test, ferry_calls_create(ctx->f->link, &cfgs[i]),
				    ERR_PTR(-EINVAL));
}

static struct kunit_case call_cases[] = {
	KUNIT_CASE(an_answer_may_come_before_the_wait),
	KUNIT_CASE(the_second_answer_is_unknown),
	KUNIT_CASE(ids_that_nobody_has_are_unknown),
	KUNIT_CASE(a_late_answer_goes_to_the_hook),
	KUNIT_CASE(answers_have_the_room_that_the_caller_gave),
	KUNIT_CASE(ids_of_tombstones_are_skipped),
	KUNIT_CASE(free_running_ids_wrap),
	KUNIT_CASE(a_remote_that_answers_nothing_is_not_asked_for_ever),
	KUNIT_CASE(a_request_that_was_not_sent_leaves_nothing),
	KUNIT_CASE(an_answer_wakes_its_caller),
	KUNIT_CASE(who_waits_is_killed_and_leaves_a_tombstone),
	KUNIT_CASE(who_waits_for_others_is_killed_and_leaves_nothing),
	KUNIT_CASE(one_at_a_time_is_one_at_a_time),
	KUNIT_CASE(tombstones_make_others_wait),
	KUNIT_CASE(a_crash_fails_all_who_wait),
	KUNIT_CASE(a_stop_fails_all_who_wait),
	KUNIT_CASE(many_callers_get_their_own_answers),
	KUNIT_CASE(a_call_in_hard_irq_is_answered),
	KUNIT_CASE(a_call_in_hard_irq_ends_without_an_answer),
	KUNIT_CASE(a_call_in_hard_irq_ends_with_the_link),
	KUNIT_CASE(only_atomic_endpoints_are_polled),
	KUNIT_CASE(a_callback_must_not_wait),
	KUNIT_CASE(a_failed_allocation_makes_no_table),
	KUNIT_CASE(a_table_that_cannot_be_is_refused),
	{}
};

static struct kunit_suite call_suite = {
	.name = "ferry_call",
	.init = call_init,
	.test_cases = call_cases,
};

kunit_test_suite(call_suite);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Ferry's calls");
FERRY_IMPORT_TEST();
