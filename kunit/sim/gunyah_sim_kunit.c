// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated Gunyah hypervisor by itself: every answer, register by register, as the
 * published one gives it.
 */
#include <linux/interrupt.h>
#include <linux/module.h>

#include "../port/gunyah_rig.h"

#define DEPTH	8
#define SIZE	64

/* Registers of one answer. */
#define expect_answer(test, got, x0, one)				\
do {									\
	struct rig_regs got_ = got;					\
	KUNIT_EXPECT_EQ(test, got_.error, x0);				\
	KUNIT_EXPECT_EQ(test, got_.x1, one);				\
} while (0)

#define expect_received(test, got, x0, size, more)			\
do {									\
	struct rig_regs got_ = got;					\
	KUNIT_EXPECT_EQ(test, got_.error, x0);				\
	KUNIT_EXPECT_EQ(test, got_.x1, size);				\
	KUNIT_EXPECT_EQ(test, got_.x2, more);				\
} while (0)

static void raw_call(struct rig *rig, struct ferry_gunyah_regs *regs)
{
	rig_hyp(rig)->ops->call(rig_hyp(rig), regs);
}

/* Vector 1, and what the other calls for any hypervisor say. */
static void says_who_it_is_as_the_published_build(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	static const u32 uids[] = { 0x8600ff01, 0x8500ff01 };
	struct ferry_gunyah_regs regs;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(uids); i++) {
		regs = (struct ferry_gunyah_regs){ .x = { uids[i] } };
		raw_call(rig, &regs);
		KUNIT_EXPECT_EQ(test, regs.x[0], 0xcd8fd5c1);
		KUNIT_EXPECT_EQ(test, regs.x[1], 0xdb5f53a4);
		KUNIT_EXPECT_EQ(test, regs.x[2], 0x36ce6592);
		KUNIT_EXPECT_EQ(test, regs.x[3], 0x145f3d67);
	}
	regs = (struct ferry_gunyah_regs){ .x = { 0xc6008000, 1, 2, 3, 4 } };
	raw_call(rig, &regs);
	KUNIT_EXPECT_EQ(test, regs.x[0], 0x5100000000008001);
	KUNIT_EXPECT_EQ(test, regs.x[1], 0x10000eff);
	KUNIT_EXPECT_EQ(test, regs.x[2], 0);
	KUNIT_EXPECT_EQ(test, regs.x[3], 0);
	KUNIT_EXPECT_EQ(test, regs.x[4], 4);
	regs = (struct ferry_gunyah_regs){ .x = { 0x8600ff03 } };
	raw_call(rig, &regs);
	KUNIT_EXPECT_EQ(test, regs.x[0], 0x5100000000008001);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_hyp_check(rig_hyp(rig), ~0ULL & 0xeff), 0);
}

static void calls_that_are_none_say_so(struct kunit *test)
{
	static const struct { u64 id; s64 x0; } cases[] = {
		{ 0x8600ff00, -1 },		/* how many calls there are */
		{ 0xc6008016, -1 }, { 0xc600801e, -1 }, { 0xc6008022, -1 }, { 0xc600bfff, -1 },
		{ 0x86008000, -1 },		/* 32 bits */
		{ 0x46008000, -1 },		/* may yield */
		{ 0xc5008000, -1 },		/* another owner */
		{ 0xc6004000, -1 }, { 0xc600c000, -1 },	/* another class */
		{ 0xc6028000, -1 }, { 0xc6808000, -1 },	/* reserved bits */
		{ 0x1c6008000, -1 },
		{ 0xc6018000, 0x5100000000008001 },	/* the hint of SVE */
	};
	struct rig *rig = rig_new(test, false, false);
	struct ferry_gunyah_regs regs;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		regs = (struct ferry_gunyah_regs){ .x = { cases[i].id, 0xabc } };
		raw_call(rig, &regs);
		KUNIT_EXPECT_EQ_MSG(test, (s64)regs.x[0], cases[i].x0, "id %llx", cases[i].id);
		if (cases[i].x0 == -1)
			KUNIT_EXPECT_EQ(test, regs.x[1], 0xabc);
	}
}

/* Vector 9. */
static void send_says_whether_there_is_room_for_another(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *two = rig_queue(rig, FERRY_PORT_TX, 2, SIZE);
	struct rig_queue *eight = rig_queue(rig, FERRY_PORT_TX, 8, SIZE);
	u8 msg[4] = {};
	int i;

	expect_answer(test, rig_send(rig->us, two->tx.cap, msg, 4), 0, 1);
	expect_answer(test, rig_send(rig->us, two->tx.cap, msg, 4), 0, 0);
	expect_answer(test, rig_send(rig->us, two->tx.cap, msg, 4), 61, 0);
	expect_answer(test, rig_send(rig->us, two->tx.cap, msg, 4), 61, 0);
	for (i = 0; i < 7; i++)
		expect_answer(test, rig_send(rig->us, eight->tx.cap, msg, 4), 0, 1);
	expect_answer(test, rig_send(rig->us, eight->tx.cap, msg, 4), 0, 0);
	expect_answer(test, rig_send(rig->us, eight->tx.cap, msg, 4), 61, 0);
}

static void wrong_sends_are_lost_in_silence_or_refused(struct kunit *test)
{
	int strict;

	for (strict = 0; strict < 2; strict++) {
		struct rig *rig = rig_new(test, strict, false);
		struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, 1, SIZE);
		u8 msg[SIZE + 1] = {};

		expect_answer(test, rig_send(rig->us, rq->tx.cap, msg, 0), strict ? 2 : 0, !strict);
		expect_answer(test, rig_send(rig->us, rq->tx.cap, msg, SIZE + 1), strict ? 2 : 0,
			      !strict);
		expect_answer(test, rig_send(rig->us, rq->tx.cap, msg, U64_MAX), strict ? 2 : 0,
			      !strict);
		expect_answer(test, rig_send(rig->us, rq->tx.cap, NULL, 4), strict ? 22 : 0,
			      !strict);
		ferry_sim_gunyah_unmap(rig->us, msg + 1, 2);
		expect_answer(test, rig_send(rig->us, rq->tx.cap, msg, 4), strict ? 22 : 0,
			      !strict);
		expect_answer(test, rig_send(rig->us, rq->tx.cap, msg, 1), 0, 0);
		/* Full comes before all that. */
		expect_answer(test, rig_send(rig->us, rq->tx.cap, msg, 0), 61, 0);
		KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
		KUNIT_EXPECT_EQ(test, rig_far_take(rq), 60);
	}
}

static void receive_keeps_what_it_cannot_deliver(struct kunit *test)
{
	int strict;

	for (strict = 0; strict < 2; strict++) {
		struct rig *rig = rig_new(test, strict, false);
		struct rig_queue *rq = rig_queue(rig, FERRY_PORT_RX, DEPTH, SIZE);
		u8 buf[SIZE] = {};

		expect_received(test, rig_receive(rig->us, rq->rx.cap, buf, SIZE), 60, 0, 0);
		KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
		KUNIT_ASSERT_EQ(test, rig_far_give(rq, "de", 2), 0);
		expect_received(test, rig_receive(rig->us, rq->rx.cap, buf, 2), strict ? 20 : 0, 0,
				1);
		expect_received(test, rig_receive(rig->us, rq->rx.cap, NULL, SIZE),
				strict ? 22 : 0, 0, 1);
		expect_received(test, rig_receive(rig->us, rq->rx.cap, buf, SIZE), 0, 3, 1);
		KUNIT_EXPECT_MEMEQ(test, buf, "abc", 3);
		expect_received(test, rig_receive(rig->us, rq->rx.cap, buf, SIZE), 0, 2, 0);
		expect_received(test, rig_receive(rig->us, rq->rx.cap, buf, SIZE), 60, 0, 0);
	}
}

/* Numbers that mean nothing, or something else. */
static void capabilities_are_checked_before_all_else(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE);
	struct ferry_sim_gunyah_bell *bell = ferry_sim_gunyah_bell_create(rig->us, rig->far, false);
	struct ferry_sim_gunyah_end end;
	u8 msg[4] = {};

	KUNIT_ASSERT_FALSE(test, IS_ERR(bell));
	ferry_sim_gunyah_bell_ends(bell, &end, NULL);
	expect_answer(test, rig_send(rig->us, end.cap, msg, 4), 52, 0);
	expect_answer(test, rig_call(rig->us, GUNYAH_BELL_SEND, rq->tx.cap, 1, 0, 0), 52, 0);
	expect_received(test, rig_receive(rig->us, rq->tx.cap, msg, 4), 53, 0, 0);
	expect_answer(test, rig_send(rig->far, rq->rx.cap, msg, 4), 53, 0);
	expect_answer(test, rig_call(rig->us, GUNYAH_QUEUE_FLUSH, rq->tx.cap, 0, 0, 0), 53, 0);
	expect_answer(test, rig_call(rig->us, GUNYAH_QUEUE_CONFIGURE, rq->tx.cap, 4, 0, 0), 53, 0);
	expect_answer(test, rig_call(rig->us, GUNYAH_QUEUE_BIND_SEND, rq->tx.cap, 0, 0, 0), 53, 0);
	expect_answer(test, rig_send(rig->us, 33, msg, 4), 50, 0);
	expect_answer(test, rig_send(rig->us, 1ULL << 40, msg, 4), 1, 0);
	expect_answer(test, rig_send(rig->us, U64_MAX, msg, 4), 1, 0);
	ferry_sim_gunyah_queue_revoke(rq->q, true);
	expect_answer(test, rig_send(rig->us, rq->tx.cap, msg, 4), 51, 0);
}

static void reset_leaves_empty_places_that_are_used_again(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, true);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE), *next;
	u8 msg[4] = {};

	KUNIT_ASSERT_EQ(test, rig_send(rig->us, rq->tx.cap, msg, 4).error, 0);
	ferry_sim_gunyah_vm_reset(rig->far);
	expect_answer(test, rig_send(rig->us, rq->tx.cap, msg, 4), 50, 0);
	next = rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE);
	KUNIT_EXPECT_EQ(test, next->tx.cap, rq->tx.cap);
	KUNIT_EXPECT_EQ(test, rig_far_take(next), 60);
}

/* An interrupt of ours, counted. */
struct line {
	unsigned int irq;
	atomic_t count;
};

static irqreturn_t line_handler(int irq, void *data)
{
	struct line *line = data;

	atomic_inc(&line->count);
	return IRQ_HANDLED;
}

static void line_end(void *data)
{
	struct line *line = data;

	free_irq(line->irq, line);
}

static struct line *line_new(struct rig *rig, u32 virq)
{
	struct line *line = kunit_kzalloc(rig->test, sizeof(*line), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rig->test, line);
	line->irq = ferry_sim_gunyah_irq(rig->sim, virq);
	KUNIT_ASSERT_EQ(rig->test, request_irq(line->irq, line_handler, 0, "gunyah_sim_kunit",
					       line), 0);
	ferry_defer(rig->test, line_end, line);
	return line;
}

/* So many have come since it was asked last. */
static int line_count(struct line *line)
{
	msleep(RIG_QUIET_MS);
	return atomic_xchg(&line->count, 0);
}

/* Vector 10: a burst at a peer that drains all now and then. */
static void burst_is_told_of_room_once_whenever_it_was_full(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, 8, SIZE);
	struct line *room = line_new(rig, rq->tx.virq);
	unsigned int taken = 0, last = 0, full = 0, irqs = 0, i, n;
	struct rig_regs got;
	u8 msg[4] = {};

	for (i = 0; i < 4; i++) {
		for (n = 0; n < 100; n++) {
			got = rig_send(rig->us, rq->tx.cap, msg, 4);
			taken += !got.error;
			last += !got.error && !got.x1;
			full += got.error == 61;
		}
		while (!rig_far_take(rq))
			;
		irqs += line_count(room);
	}
	KUNIT_EXPECT_EQ(test, taken, 32);
	KUNIT_EXPECT_EQ(test, last, 4);
	KUNIT_EXPECT_EQ(test, full, 368);
	KUNIT_EXPECT_EQ(test, irqs, 4);
}

static void only_the_crossing_interrupts_the_receiver(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_RX, DEPTH, SIZE);
	struct line *rx = line_new(rig, rq->rx.virq);
	u8 buf[SIZE] = {};
	int i;

	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	KUNIT_EXPECT_EQ(test, line_count(rx), 1);
	/* Push interrupts in any case. */
	KUNIT_EXPECT_EQ(test, rig_call(rig->far, GUNYAH_QUEUE_SEND, rq->tx.cap, 1, (uintptr_t)buf,
				       1).error, 0);
	KUNIT_EXPECT_EQ(test, line_count(rx), 1);
	KUNIT_EXPECT_EQ(test, rig_call(rig->far, GUNYAH_QUEUE_SEND, rq->tx.cap, 1, (uintptr_t)buf,
				       2).error, 1);
	KUNIT_EXPECT_EQ(test, line_count(rx), 0);
	for (i = 0; i < 4; i++)
		rig_receive(rig->us, rq->rx.cap, buf, SIZE);
	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	KUNIT_EXPECT_EQ(test, line_count(rx), 1);
}

static void edges_latch_while_nobody_listens(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_RX, DEPTH, SIZE);
	u8 buf[SIZE] = {};
	struct line *rx;

	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	rx = line_new(rig, rq->rx.virq);
	KUNIT_EXPECT_EQ(test, line_count(rx), 1);
	rig_receive(rig->us, rq->rx.cap, buf, SIZE);
	disable_irq(rx->irq);
	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	KUNIT_EXPECT_EQ(test, line_count(rx), 0);
	enable_irq(rx->irq);
	KUNIT_EXPECT_EQ(test, line_count(rx), 1);
}

static struct rig_regs configure(struct rig *rig, unsigned int nr, u64 cap, u64 threshold,
				 u64 delay)
{
	return rig_call(rig->us, nr, cap, threshold, delay, U64_MAX);
}

static void sender_s_threshold_says_when_there_is_room(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, 4, SIZE);
	struct line *room = line_new(rig, rq->tx.virq);
	const unsigned int nr = GUNYAH_QUEUE_CONFIGURE_SEND;
	u8 msg[4] = {};
	int i;

	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->tx.cap, 4, U64_MAX).error, 1);
	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->tx.cap, 1, 0).error, -1);
	KUNIT_EXPECT_EQ(test, line_count(room), 0);
	/* One at once on a queue that is not full. */
	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->tx.cap, U64_MAX, U64_MAX).error, 0);
	KUNIT_EXPECT_EQ(test, line_count(room), 1);
	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->tx.cap, 1, U64_MAX).error, 0);
	KUNIT_EXPECT_EQ(test, line_count(room), 1);
	for (i = 0; i < 4; i++)
		rig_send(rig->us, rq->tx.cap, msg, 4);
	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->tx.cap, U64_MAX, U64_MAX).error, 0);
	rig_far_take(rq);
	rig_far_take(rq);
	KUNIT_EXPECT_EQ(test, line_count(room), 0);
	rig_far_take(rq);
	rig_far_take(rq);
	KUNIT_EXPECT_EQ(test, line_count(room), 1);
}

static void receiver_s_threshold_says_when_there_is_enough(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_RX, 4, SIZE);
	struct line *rx = line_new(rig, rq->rx.virq);
	const unsigned int nr = GUNYAH_QUEUE_CONFIGURE_RECEIVE;

	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->rx.cap, 0, U64_MAX).error, 1);
	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->rx.cap, 5, U64_MAX).error, 1);
	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->rx.cap, 2, 7).error, -1);
	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->rx.cap, 2, U64_MAX).error, 0);
	rig_far_give(rq, "a", 1);
	KUNIT_EXPECT_EQ(test, line_count(rx), 0);
	rig_far_give(rq, "b", 1);
	KUNIT_EXPECT_EQ(test, line_count(rx), 1);
	/* Looked at once more, but not where the whole depth is asked for. */
	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->rx.cap, U64_MAX, U64_MAX).error, 0);
	KUNIT_EXPECT_EQ(test, line_count(rx), 1);
	KUNIT_EXPECT_EQ(test, configure(rig, nr, rq->rx.cap, U64_MAX - 1, U64_MAX).error, 0);
	KUNIT_EXPECT_EQ(test, line_count(rx), 0);
	rig_far_give(rq, "c", 1);
	KUNIT_EXPECT_EQ(test, line_count(rx), 0);
	rig_far_give(rq, "d", 1);
	KUNIT_EXPECT_EQ(test, line_count(rx), 1);
}

static void flush_empties_and_makes_room(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, 4, SIZE);
	struct line *room = line_new(rig, rq->tx.virq);
	u8 msg[4] = {};

	KUNIT_EXPECT_EQ(test, rig_call(rig->far, GUNYAH_QUEUE_FLUSH, rq->rx.cap, 0, 0, 0).error, 0);
	KUNIT_EXPECT_EQ(test, line_count(room), 0);
	rig_send(rig->us, rq->tx.cap, msg, 4);
	KUNIT_EXPECT_EQ(test, rig_call(rig->far, GUNYAH_QUEUE_FLUSH, rq->rx.cap, 0, 0, 0).error, 0);
	KUNIT_EXPECT_EQ(test, line_count(room), 1);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 60);
}

static void bell_answers_with_the_flags_before(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct ferry_sim_gunyah_bell *bell = ferry_sim_gunyah_bell_create(rig->far, rig->us, false);
	struct ferry_sim_gunyah_end tx, rx;
	struct line *line;

	KUNIT_ASSERT_FALSE(test, IS_ERR(bell));
	ferry_sim_gunyah_bell_ends(bell, &tx, &rx);
	line = line_new(rig, rx.virq);
	expect_answer(test, rig_call(rig->far, GUNYAH_BELL_SEND, tx.cap, 5, 0, 0), 0, 0);
	KUNIT_EXPECT_EQ(test, line_count(line), 1);
	expect_answer(test, rig_call(rig->far, GUNYAH_BELL_SEND, tx.cap, 2, 0, 0), 0, 5);
	expect_answer(test, rig_call(rig->us, GUNYAH_BELL_RECEIVE, rx.cap, 0, 0, 0), 1, 0);
	expect_answer(test, rig_call(rig->us, GUNYAH_BELL_RECEIVE, rx.cap, 1, 0, 0), 0, 7);
	expect_answer(test, rig_call(rig->us, GUNYAH_BELL_RECEIVE, rx.cap, ~0ULL, 0, 0), 0, 6);
	expect_answer(test, rig_call(rig->us, GUNYAH_BELL_RECEIVE, rx.cap, ~0ULL, 0, 0), 0, 0);
	expect_answer(test, rig_call(rig->far, GUNYAH_BELL_RECEIVE, tx.cap, 1, 0, 0), 53, 0);
	expect_answer(test, rig_call(rig->far, GUNYAH_BELL_MASK, tx.cap, 1, 0, 0), 53, 0);
	line_count(line);
	/* A flag that is not enabled interrupts all the same; one that is, is acknowledged. */
	KUNIT_EXPECT_EQ(test, rig_call(rig->us, GUNYAH_BELL_MASK, rx.cap, 2, 2, 0).error, 0);
	expect_answer(test, rig_call(rig->far, GUNYAH_BELL_SEND, tx.cap, 1, 0, 0), 0, 0);
	KUNIT_EXPECT_EQ(test, line_count(line), 1);
	expect_answer(test, rig_call(rig->far, GUNYAH_BELL_SEND, tx.cap, 2, 0, 0), 0, 1);
	expect_answer(test, rig_call(rig->far, GUNYAH_BELL_SEND, tx.cap, 4, 0, 0), 0, 1);
	KUNIT_EXPECT_EQ(test, rig_call(rig->us, GUNYAH_BELL_RESET, rx.cap, 0, 0, 0).error, 0);
	expect_answer(test, rig_call(rig->us, GUNYAH_BELL_RECEIVE, rx.cap, ~0ULL, 0, 0), 0, 0);
}

static void peers_echo_sink_and_die(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *to = rig_queue(rig, FERRY_PORT_TX, 2, SIZE);
	struct rig_queue *from = rig_queue(rig, FERRY_PORT_RX, 2, SIZE);
	struct ferry_sim_gunyah_peer_cfg cfg = {
		.vm = rig->far, .role = FERRY_SIM_GUNYAH_ECHO, .tx = from->q, .rx = to->q,
		.limit = 100,
	};
	struct ferry_sim_gunyah_vm *us = rig->us;
	u64 i, got;

	rig->peer = ferry_sim_gunyah_peer_create(&cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->peer));
	for (i = 0; i < 99; i++) {
		KUNIT_ASSERT_EQ(test, rig_send(rig->us, to->tx.cap, &i, 8).error, 0);
		KUNIT_ASSERT_TRUE(test, rig_wait(!rig_receive(us, from->rx.cap, &got, 8).error));
		KUNIT_ASSERT_EQ(test, got, i);
	}
	KUNIT_ASSERT_EQ(test, rig_send(rig->us, to->tx.cap, &i, 8).error, 0);
	KUNIT_EXPECT_TRUE(test, rig_wait(rig_send(rig->us, to->tx.cap, &i, 8).error == 50));
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_peer_received(rig->peer), 100);
	KUNIT_EXPECT_EQ(test, rig_receive(rig->us, from->rx.cap, &got, 8).error, 50);
}

static int sim_attempt(void *arg)
{
	struct ferry_sim_gunyah_cfg cfg = {};
	struct ferry_sim_gunyah_queue_cfg qcfg = { .depth = 8, .max_size = 240 };
	struct ferry_sim_gunyah *sim = ferry_sim_gunyah_create(&cfg);
	struct ferry_sim_gunyah_vm *vm;
	int ret;

	if (IS_ERR(sim))
		return PTR_ERR(sim);
	vm = ferry_sim_gunyah_vm_create(sim);
	ret = PTR_ERR_OR_ZERO(vm);
	if (!ret) {
		qcfg.from = vm;
		qcfg.to = vm;
		ret = PTR_ERR_OR_ZERO(ferry_sim_gunyah_queue_create(sim, &qcfg));
	}
	ferry_sim_gunyah_destroy(sim);
	return ret;
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, sim_attempt, NULL);
}

/* More VMs, one after the other, than there are interrupts and capabilities for at once. */
static void what_a_vm_had_is_used_again(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct ferry_sim_gunyah_end first = {}, in;
	struct ferry_sim_gunyah_bell *bell;
	struct ferry_sim_gunyah_vm *vm;
	unsigned int i, queues;

	for (i = 0; i < 30; i++) {
		vm = ferry_sim_gunyah_vm_create(rig->sim);
		KUNIT_ASSERT_FALSE(test, IS_ERR(vm));
		for (queues = 0; queues < 4; queues++) {
			struct ferry_sim_gunyah_queue_cfg cfg = {
				.from = rig->us, .to = vm, .depth = 1, .max_size = 1,
			};

			KUNIT_ASSERT_FALSE(test,
					   IS_ERR(ferry_sim_gunyah_queue_create(rig->sim, &cfg)));
		}
		bell = ferry_sim_gunyah_bell_create(vm, rig->us, false);
		KUNIT_ASSERT_FALSE(test, IS_ERR(bell));
		ferry_sim_gunyah_bell_ends(bell, NULL, &in);
		if (!i)
			first = in;
		KUNIT_EXPECT_EQ(test, in.cap, first.cap);
		KUNIT_EXPECT_EQ(test, in.virq, first.virq);
		KUNIT_EXPECT_EQ(test, rig_call(rig->us, GUNYAH_BELL_RECEIVE, in.cap, 1, 0, 0).error,
				0);
		ferry_sim_gunyah_vm_destroy(vm);
		KUNIT_EXPECT_EQ(test, rig_call(rig->us, GUNYAH_BELL_RECEIVE, in.cap, 1, 0, 0).error,
				GUNYAH_CAP_NULL);
	}
}

static struct kunit_case gunyah_sim_cases[] = {
	KUNIT_CASE(says_who_it_is_as_the_published_build),
	KUNIT_CASE(calls_that_are_none_say_so),
	KUNIT_CASE(send_says_whether_there_is_room_for_another),
	KUNIT_CASE(wrong_sends_are_lost_in_silence_or_refused),
	KUNIT_CASE(receive_keeps_what_it_cannot_deliver),
	KUNIT_CASE(capabilities_are_checked_before_all_else),
	KUNIT_CASE(reset_leaves_empty_places_that_are_used_again),
	KUNIT_CASE(burst_is_told_of_room_once_whenever_it_was_full),
	KUNIT_CASE(only_the_crossing_interrupts_the_receiver),
	KUNIT_CASE(edges_latch_while_nobody_listens),
	KUNIT_CASE(sender_s_threshold_says_when_there_is_room),
	KUNIT_CASE(receiver_s_threshold_says_when_there_is_enough),
	KUNIT_CASE(flush_empties_and_makes_room),
	KUNIT_CASE(bell_answers_with_the_flags_before),
	KUNIT_CASE(peers_echo_sink_and_die),
	KUNIT_CASE(create_survives_a_failing_allocation),
	KUNIT_CASE(what_a_vm_had_is_used_again),
	{}
};

static struct kunit_suite gunyah_sim_suite = {
	.name = "ferry_gunyah_sim",
	.test_cases = gunyah_sim_cases,
};

kunit_test_suite(gunyah_sim_suite);

MODULE_DESCRIPTION("Ferry: tests of the simulated Gunyah hypervisor");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
