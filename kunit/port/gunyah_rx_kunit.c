// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving from Gunyah message queues.
 */
#include <linux/module.h>

#include "gunyah_rig.h"

#define DEPTH	8
#define SIZE	240
#define BUF	1024

static struct rig_queue *rx_new(struct kunit *test, bool strict)
{
	return rig_started(rig_new(test, strict, false), FERRY_PORT_RX, DEPTH, SIZE);
}

static u8 *rx_buf(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, BUF, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	return buf;
}

static unsigned long rx_calls(struct rig_queue *rq)
{
	return ferry_sim_gunyah_calls(rq->rig->us, GUNYAH_QUEUE_RECEIVE);
}

static void receive_passes_the_registers_of_the_manual(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	struct ferry_gunyah_regs seen;
	u8 *buf = rx_buf(test);

	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 3);
	KUNIT_EXPECT_MEMEQ(test, buf, "abc", 3);
	ferry_sim_gunyah_seen(rq->rig->us, GUNYAH_QUEUE_RECEIVE, &seen);
	KUNIT_EXPECT_EQ(test, seen.x[0], 0xc600801c);
	KUNIT_EXPECT_EQ(test, seen.x[1], rq->rx.cap);
	KUNIT_EXPECT_EQ(test, seen.x[2], (uintptr_t)buf);
	KUNIT_EXPECT_EQ(test, seen.x[3], BUF);
	KUNIT_EXPECT_EQ(test, seen.x[4], 0);
}

static void messages_of_all_sizes_come_whole_and_in_order(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	u8 *in = rx_buf(test), *out = rx_buf(test);
	int i, len;

	for (i = 0; i < 500; i++) {
		len = 1 + i % SIZE;
		memset(in, i, len);
		KUNIT_ASSERT_EQ(test, rig_far_give(rq, in, len), 0);
		memset(out, 0xee, BUF);
		KUNIT_ASSERT_EQ(test, ferry_port_recv(rq->port, out, BUF), len);
		KUNIT_ASSERT_EQ(test, memcmp(in, out, len), 0);
		KUNIT_ASSERT_EQ(test, out[len], 0xee);
		KUNIT_ASSERT_EQ(test, ferry_port_recv(rq->port, out, BUF), -EAGAIN);
	}
}

/* The last message says that it is: the next look costs no call, the one after does. */
static void last_message_says_so(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	u8 *buf = rx_buf(test);

	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "a", 1), 0);
	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "b", 1), 0);
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 1);
	KUNIT_EXPECT_TRUE(test, ferry_port_rx_arm(rq->port));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 1);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EAGAIN);
	KUNIT_EXPECT_EQ(test, rx_calls(rq), 2);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EAGAIN);
	KUNIT_EXPECT_EQ(test, rx_calls(rq), 3);
}

/* Only the first message of an undrained queue interrupts. */
static void three_messages_are_told_once(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	u8 *buf = rx_buf(test);
	unsigned long irqs = rig_stats(rq).irqs;
	int i;

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rq->port));
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, rig_stats(rq).irqs - irqs, 1);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 3);
	/* Who stops here has to come back by himself. */
	KUNIT_EXPECT_TRUE(test, ferry_port_rx_arm(rq->port));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 3);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 3);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rq->port));
	KUNIT_EXPECT_EQ(test, atomic_read(&rq->rig->told), 1);
	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 2));
}

static void message_before_the_arm_is_not_missed(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	u8 *buf = rx_buf(test);

	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rq->rig->told), 0);
	KUNIT_EXPECT_TRUE(test, ferry_port_rx_arm(rq->port));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 3);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rq->port));
}

static void message_before_the_start_interrupts_after_it(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_RX, DEPTH, SIZE);
	u8 *buf = rx_buf(test);

	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	rig_port(rq);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rq->port, &rig_user, rig), 0);
	if (!ferry_port_rx_arm(rq->port))
		KUNIT_EXPECT_TRUE(test, rig_is_told(rig, 1));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 3);
}

static void messages_outlive_a_stop(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	u8 *buf = rx_buf(test);

	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "a", 1), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 1);
	ferry_port_stop(rq->port);
	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "bc", 2), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EAGAIN);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rq->port, &rig_user, rq->rig), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 2);
}

static void interrupts_for_nothing_are_harmless(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	u8 *buf = rx_buf(test);

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rq->port));
	ferry_sim_gunyah_spurious(rq->rig->sim, rq->rx.virq);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rq->port));
	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 2));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 3);
}

static void threshold_gathers_messages_unless_pushed(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_RX, DEPTH, SIZE);
	u8 *buf = rx_buf(test);

	rq->cfg.threshold = 3;
	rig_port(rq);
	rig_start(rq);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rq->port));
	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "a", 1), 0);
	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "b", 1), 0);
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->told), 0);
	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "c", 1), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rig, 1));
	while (ferry_port_recv(rq->port, buf, BUF) > 0)
		;
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rq->port));
	KUNIT_EXPECT_EQ(test, rig_call(rig->far, GUNYAH_QUEUE_SEND, rq->tx.cap, 1, (uintptr_t)buf,
				       GUNYAH_SEND_PUSH).error, 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rig, 2));
}

/* One that does not fit is fetched with room for any, and is the only one lost. */
static void short_buffer_loses_that_message_only(struct kunit *test)
{
	int strict;

	for (strict = 0; strict < 2; strict++) {
		struct rig_queue *rq = rx_new(test, strict);
		u8 *buf = rx_buf(test);

		KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abcdefgh", 8), 0);
		KUNIT_ASSERT_EQ(test, rig_far_give(rq, "ij", 2), 0);
		KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, 7), -EMSGSIZE);
		KUNIT_EXPECT_EQ(test, buf[0], 0);
		KUNIT_EXPECT_EQ(test, rig_stats(rq).oversize, 1);
		KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, 7), 2);
		KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, 7), -EAGAIN);
	}
}

static void buffer_that_cannot_be_reached_is_no_loss(struct kunit *test)
{
	int strict;

	for (strict = 0; strict < 2; strict++) {
		struct rig_queue *rq = rx_new(test, strict);
		u8 *buf = rx_buf(test);

		ferry_sim_gunyah_unmap(rq->rig->us, buf, BUF);
		KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
		KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), 3);
		KUNIT_EXPECT_MEMEQ(test, buf, "abc", 3);
	}
}

/* Success without a message, for ever: two calls, one -EIO, and the end. */
static void stuck_head_is_an_error_once_and_then_the_end(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	u8 *buf = rx_buf(test);

	rig_lie(rq->rig, GUNYAH_QUEUE_RECEIVE, 1000, 0, 0, 1);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EIO);
	KUNIT_EXPECT_EQ(test, rx_calls(rq), 2);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EPIPE);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EPIPE);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rq->port));
	KUNIT_EXPECT_EQ(test, rx_calls(rq), 2);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
	ferry_sim_gunyah_spurious(rq->rig->sim, rq->rx.virq);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rq->rig->told) >= 1));
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rq->rig->told), 1);
	ferry_port_stop(rq->port);
	KUNIT_EXPECT_EQ(test, ferry_port_start(rq->port, &rig_user, rq->rig), -EPIPE);
}

/* Sizes that no message has, from a hypervisor that is wrong. */
static void size_beyond_the_buffer_is_not_delivered(struct kunit *test)
{
	static const u64 sizes[] = {
		BUF + 1, 4096, U32_MAX, (u64)U32_MAX + 2, U64_MAX, 1ULL << 63,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct rig_queue *rq = rx_new(test, false);
		u8 *buf = rx_buf(test);

		rig_lie(rq->rig, GUNYAH_QUEUE_RECEIVE, 1, 0, sizes[i], 1);
		KUNIT_EXPECT_EQ_MSG(test, ferry_port_recv(rq->port, buf, BUF), -EIO, "size %llx",
				    sizes[i]);
		KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EPIPE);
	}
}

static void size_beyond_the_spare_room_is_not_delivered(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	u8 *buf = rx_buf(test);

	/* Nothing fits the first, and too much the second. */
	rig_lie(rq->rig, GUNYAH_QUEUE_RECEIVE, 2, 0, 1025, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, 8), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, 8), -EPIPE);
}

/* What the hypervisor says of one receive, and what follows. */
struct error_case {
	s64 error;
	int ret;
	bool gone;
};

static const struct error_case error_cases[] = {
	{ 60, -EAGAIN }, { -2, 3 },
	{ 1, -EPIPE, true }, { 33, -EPIPE, true }, { 34, -EPIPE, true }, { 50, -EPIPE, true },
	{ 51, -EPIPE, true }, { 52, -EPIPE, true }, { 53, -EPIPE, true },
	{ 2, 3 }, { 20, 3 }, { 22, 3 },
	{ -1, -EOPNOTSUPP, true }, { 10, -ENOMEM, true }, { 30, -EACCES, true },
	{ 31, -EBUSY, true }, { 36, -EIO, true }, { 12345, -EIO, true },
};

static void error_case_name(const struct error_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "error %lld", c->error);
}

KUNIT_ARRAY_PARAM(error, error_cases, error_case_name);

static void error_of_a_receive_is_a_reason_to_repeat_or_the_end(struct kunit *test)
{
	const struct error_case *c = test->param_value;
	struct rig_queue *rq = rx_new(test, false);
	u8 *buf = rx_buf(test);

	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
	KUNIT_ASSERT_EQ(test, rig_far_give(rq, "defg", 4), 0);
	msleep(RIG_QUIET_MS);
	rig_lie(rq->rig, GUNYAH_QUEUE_RECEIVE, 1, c->error, 7, 1);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), c->ret);
	if (c->gone) {
		KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EPIPE);
		KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
		return;
	}
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), c->ret == 3 ? 4 : 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&rq->rig->told), 0);
}

/* It is asked again, but not without end. */
static void hypervisor_that_never_gets_to_it_is_given_up(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	u8 *buf = rx_buf(test);
	ssize_t ret = -EAGAIN;
	int i;

	rig_lie(rq->rig, GUNYAH_QUEUE_RECEIVE, UINT_MAX, GUNYAH_RETRY, 0, 0);
	for (i = 0; i < 1000 && ret == -EAGAIN; i++) {
		ret = ferry_port_recv(rq->port, buf, BUF);
		if (ret == -EAGAIN)
			KUNIT_ASSERT_TRUE(test, ferry_port_rx_arm(rq->port));
	}
	KUNIT_EXPECT_EQ(test, ret, -EIO);
	KUNIT_EXPECT_EQ(test, i, 101);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EPIPE);
}

static void revoked_queue_is_gone_for_good(struct kunit *test)
{
	int stays;

	for (stays = 0; stays < 2; stays++) {
		struct rig_queue *rq = rx_new(test, false);
		u8 *buf = rx_buf(test);

		KUNIT_ASSERT_EQ(test, rig_far_give(rq, "abc", 3), 0);
		ferry_sim_gunyah_queue_revoke(rq->q, stays);
		KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EPIPE);
		KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
		KUNIT_EXPECT_EQ(test, rq->port->faults, 1);
	}
}

/* What the number means next is none of our business. */
static void number_used_again_is_not_touched(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false), *next;
	u8 *buf = rx_buf(test);

	ferry_sim_gunyah_vm_reset(rq->rig->far);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EPIPE);
	next = rig_queue(rq->rig, FERRY_PORT_RX, DEPTH, SIZE);
	KUNIT_ASSERT_EQ(test, next->rx.cap, rq->rx.cap);
	KUNIT_ASSERT_EQ(test, rig_far_give(next, "abc", 3), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rq->port, buf, BUF), -EPIPE);
	ferry_port_stop(rq->port);
	KUNIT_EXPECT_EQ(test, ferry_port_start(rq->port, &rig_user, rq->rig), -EPIPE);
	rig_port(next);
	KUNIT_ASSERT_EQ(test, ferry_port_start(next->port, &rig_user, rq->rig), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(next->port, buf, BUF), 3);
}

/* A peer that sends as fast as it can costs what we take, and no more. */
static void flood_is_taken_at_our_pace(struct kunit *test)
{
	struct rig_queue *rq = rx_new(test, false);
	struct ferry_sim_gunyah_peer_cfg cfg = {
		.vm = rq->rig->far,
		.role = FERRY_SIM_GUNYAH_FLOOD,
		.tx = rq->q,
		.len = 32,
	};
	u64 *buf = (u64 *)rx_buf(test);
	unsigned long irqs;
	u64 i;

	rq->rig->peer = ferry_sim_gunyah_peer_create(&cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rq->rig->peer));
	for (i = 0; i < 500; i++) {
		KUNIT_ASSERT_TRUE(test, rig_wait(ferry_port_recv(rq->port, buf, BUF) == 32));
		KUNIT_ASSERT_EQ(test, *buf, i);
	}
	msleep(RIG_QUIET_MS);
	irqs = rig_stats(rq).irqs;
	msleep(10 * RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, rig_stats(rq).irqs, irqs);
	KUNIT_EXPECT_LE(test, ferry_sim_gunyah_peer_sent(rq->rig->peer), 500 + DEPTH);
}

static struct kunit_case gunyah_rx_cases[] = {
	KUNIT_CASE(receive_passes_the_registers_of_the_manual),
	KUNIT_CASE(messages_of_all_sizes_come_whole_and_in_order),
	KUNIT_CASE(last_message_says_so),
	KUNIT_CASE(three_messages_are_told_once),
	KUNIT_CASE(message_before_the_arm_is_not_missed),
	KUNIT_CASE(message_before_the_start_interrupts_after_it),
	KUNIT_CASE(messages_outlive_a_stop),
	KUNIT_CASE(interrupts_for_nothing_are_harmless),
	KUNIT_CASE(threshold_gathers_messages_unless_pushed),
	KUNIT_CASE(short_buffer_loses_that_message_only),
	KUNIT_CASE(buffer_that_cannot_be_reached_is_no_loss),
	KUNIT_CASE(stuck_head_is_an_error_once_and_then_the_end),
	KUNIT_CASE(size_beyond_the_buffer_is_not_delivered),
	KUNIT_CASE(size_beyond_the_spare_room_is_not_delivered),
	KUNIT_CASE_PARAM(error_of_a_receive_is_a_reason_to_repeat_or_the_end, error_gen_params),
	KUNIT_CASE(hypervisor_that_never_gets_to_it_is_given_up),
	KUNIT_CASE(revoked_queue_is_gone_for_good),
	KUNIT_CASE(number_used_again_is_not_touched),
	KUNIT_CASE(flood_is_taken_at_our_pace),
	{}
};

static struct kunit_suite gunyah_rx_suite = {
	.name = "ferry_gunyah_rx",
	.test_cases = gunyah_rx_cases,
};

kunit_test_suite(gunyah_rx_suite);

MODULE_DESCRIPTION("Ferry: tests of receiving from Gunyah queues");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
