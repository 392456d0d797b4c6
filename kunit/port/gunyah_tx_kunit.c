// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending into Gunyah message queues.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "gunyah_rig.h"

#define DEPTH	8
#define SIZE	240

static struct rig_queue *tx_new(struct kunit *test, unsigned int depth)
{
	return rig_started(rig_new(test, false, false), FERRY_PORT_TX, depth, SIZE);
}

static void tx_fill(struct rig_queue *rq, unsigned int depth)
{
	u8 msg[4] = {};
	unsigned int i;

	for (i = 0; i < depth - 1; i++)
		KUNIT_ASSERT_EQ(rq->rig->test, ferry_port_send(rq->port, msg, 4, 0), 0);
	KUNIT_ASSERT_EQ(rq->rig->test, ferry_port_send(rq->port, msg, 4, 0), 1);
}

static void send_passes_the_registers_of_the_manual(struct kunit *test)
{
	struct rig_queue *rq = rig_started(rig_new(test, false, true), FERRY_PORT_TX, DEPTH, SIZE);
	struct ferry_gunyah_regs seen;
	u8 msg[7] = "abcdef";

	KUNIT_ASSERT_EQ(test, ferry_port_send(rq->port, msg, 7, 0), 0);
	ferry_sim_gunyah_seen(rq->rig->us, GUNYAH_QUEUE_SEND, &seen);
	KUNIT_EXPECT_EQ(test, seen.x[0], 0xc600801b);
	KUNIT_EXPECT_EQ(test, seen.x[1], rq->tx.cap);
	KUNIT_EXPECT_EQ(test, seen.x[2], 7);
	KUNIT_EXPECT_EQ(test, seen.x[3], (uintptr_t)msg);
	KUNIT_EXPECT_EQ(test, seen.x[4], 1);
	KUNIT_EXPECT_EQ(test, seen.x[5], 0);

	KUNIT_ASSERT_EQ(test, ferry_port_send(rq->port, msg, 7, FERRY_MORE), 0);
	ferry_sim_gunyah_seen(rq->rig->us, GUNYAH_QUEUE_SEND, &seen);
	KUNIT_EXPECT_EQ(test, seen.x[4], 0);
}

static void message_arrives_whole_from_any_memory(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	u8 *mapped = vmalloc(PAGE_SIZE), *buf = kunit_kzalloc(test, 1024, GFP_KERNEL);
	struct rig_regs got;
	u8 stack[3] = { 1, 2, 3 };

	KUNIT_ASSERT_NOT_NULL(test, mapped);
	memset(mapped, 0x5a, SIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, mapped, SIZE, 0), 0);
	vfree(mapped);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, stack, 3, 0), 0);
	got = rig_receive(rq->rig->far, rq->rx.cap, buf, 1024);
	KUNIT_EXPECT_EQ(test, got.x1, SIZE);
	KUNIT_EXPECT_EQ(test, got.x2, 1);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(buf, 0x5a, SIZE), NULL);
	got = rig_receive(rq->rig->far, rq->rx.cap, buf, 1024);
	KUNIT_EXPECT_EQ(test, got.x1, 3);
	KUNIT_EXPECT_EQ(test, got.x2, 0);
	KUNIT_EXPECT_MEMEQ(test, buf, stack, 3);
}

/* Vector 9, and no call is made once it is known to be full. */
static void last_place_is_taken_and_now_full(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, 2);
	u8 msg[4] = {};

	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 1);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, rig_stats(rq).calls, 2);
	KUNIT_EXPECT_EQ(test, rig_stats(rq).msgs, 2);
	KUNIT_EXPECT_EQ(test, rig_stats(rq).filled, 1);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rq->port, true));
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), GUNYAH_QUEUE_EMPTY);
}

static void what_the_hypervisor_would_lose_never_reaches_it(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	u8 msg[SIZE + 1] = {};

	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, SIZE + 1, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, SIZE_MAX, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, NULL, 4, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, (void *)0x1000, 4, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, ERR_PTR(-ENOMEM), 4, 0), -EINVAL);
	/* The end of a burst is none. */
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(rq->rig->us, GUNYAH_QUEUE_SEND), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, SIZE, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(rq->rig->us, GUNYAH_QUEUE_SEND), 2);
}

static void first_message_taken_makes_room_known(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	u8 msg[4] = {};

	tx_fill(rq, DEPTH);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(rq->port, true));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rq->rig->told) >= 1));
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rq->rig->told), 1);
}

/* As vector 10: a receiver that takes what is there four times, and then no more. */
static void a_burst_interrupts_as_often_as_it_filled(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	unsigned long before = rig_stats(rq).irqs;
	unsigned int i, taken = 0, refused = 0;
	u8 msg[4] = {};
	int round, ret;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < 80; i++) {
			ret = ferry_port_send(rq->port, msg, 4, 0);
			taken += ret >= 0;
			refused += ret == -EAGAIN;
		}
		for (i = 0; i < DEPTH && round < 4; i++)
			KUNIT_ASSERT_EQ(test, rig_far_take(rq), 0);
		KUNIT_ASSERT_TRUE(test, round == 4 || rig_is_told(rq->rig, round + 1));
	}
	KUNIT_EXPECT_EQ(test, taken, 5 * DEPTH);
	KUNIT_EXPECT_EQ(test, refused, 400 - 5 * DEPTH);
	KUNIT_EXPECT_EQ(test, rig_stats(rq).filled, 5);
	KUNIT_EXPECT_EQ(test, rig_stats(rq).irqs - before, 4);
	KUNIT_EXPECT_EQ_MSG(test, rig_stats(rq).calls, 5 * DEPTH, "none while it was full");
}

/* Somebody else uses the capability, or did in an earlier life. */
static void full_without_warning_is_full(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	u8 msg[4] = {};
	int i;

	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_EQ(test, rig_send(rq->rig->us, rq->tx.cap, msg, 4).error, 0);
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(rq->port, true));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rq->port, true));
	KUNIT_EXPECT_EQ(test, rig_stats(rq).refused, 1);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 1);
}

static void queue_left_full_is_found_out_by_the_first_send(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	u8 msg[4] = {};

	tx_fill(rq, DEPTH);
	ferry_port_stop(rq->port);
	rig_start(rq);
	KUNIT_EXPECT_EQ(test, atomic_read(&rq->rig->told), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 1);
}

/* The edge that came while nobody listened. */
static void room_made_while_stopped_is_known_at_the_start(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	u8 msg[4] = {};

	tx_fill(rq, DEPTH);
	ferry_port_stop(rq->port);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rq->port, &rig_user, rq->rig), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 1);
}

static void peer_that_never_reads_stays_full(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	u8 msg[4] = {};
	int i;

	tx_fill(rq, DEPTH);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EAGAIN);
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rq->rig->told), 0);
	KUNIT_EXPECT_EQ(test, rig_stats(rq).calls, DEPTH);
}

/* Who waits asks now and then, and learns in that way that nobody is there any more. */
static void queue_that_goes_while_it_is_full_is_found_out(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	unsigned long start = jiffies, asked;
	u8 msg[4] = {};
	int i;

	tx_fill(rq, DEPTH);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_FALSE(test, ferry_port_tx_arm(rq->port, true));
	asked = ferry_sim_gunyah_calls(rq->rig->us, GUNYAH_QUEUE_CONFIGURE_SEND);
	KUNIT_EXPECT_LE(test, asked, 1 + (jiffies - start) / (HZ / 2));
	msleep(1000);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rq->port, true));
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(rq->rig->us, GUNYAH_QUEUE_CONFIGURE_SEND),
			asked + 1);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, atomic_read(&rq->rig->told), 0);

	ferry_sim_gunyah_vm_reset(rq->rig->far);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_port_tx_arm(rq->port, true)));
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EPIPE);
}

static void interrupts_for_nothing_are_harmless(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	unsigned long before = rig_stats(rq).irqs;
	u8 msg[4] = {};
	int i;

	tx_fill(rq, DEPTH);
	for (i = 0; i < 5; i++) {
		ferry_sim_gunyah_spurious(rq->rig->sim, rq->tx.virq);
		KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, i + 1));
		/* It is found out, and found out to be full again. */
		KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EAGAIN);
		KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EAGAIN);
	}
	KUNIT_EXPECT_EQ(test, rig_stats(rq).irqs - before, 5);
	KUNIT_EXPECT_EQ(test, rig_stats(rq).refused, 5);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 6));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 1);
}

static void threshold_holds_back_the_news_of_room(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE);
	int i;

	rq->cfg.threshold = 2;
	rig_port(rq);
	rig_start(rq);
	tx_fill(rq, DEPTH);
	for (i = DEPTH; i > 3; i--)
		KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->told), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rig, 1));
}

/* What the hypervisor says of one send, and what follows. */
struct error_case {
	s64 error;
	int ret;
	bool gone;
};

static const struct error_case error_cases[] = {
	{ 1, -EPIPE, true }, { 33, -EPIPE, true }, { 34, -EPIPE, true }, { 50, -EPIPE, true },
	{ 51, -EPIPE, true }, { 52, -EPIPE, true }, { 53, -EPIPE, true },
	{ -1, -EOPNOTSUPP }, { 2, -EMSGSIZE }, { 3, -EINVAL }, { 10, -ENOMEM }, { 11, -ENOSPC },
	{ 20, -EFAULT }, { 21, -EFAULT }, { 22, -EFAULT }, { 30, -EACCES }, { 31, -EBUSY },
	{ 32, -EBUSY }, { 36, -EIO }, { 200, -EIO }, { 12345, -EIO },
};

static void error_case_name(const struct error_case *c, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "error %lld", c->error);
}

KUNIT_ARRAY_PARAM(error, error_cases, error_case_name);

static void error_of_a_send_means_this_message_or_the_end(struct kunit *test)
{
	const struct error_case *c = test->param_value;
	struct rig_queue *rq = tx_new(test, DEPTH);
	u8 msg[4] = {};

	rig_lie(rq->rig, GUNYAH_QUEUE_SEND, 1, c->error, 0, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), c->ret);
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(rq->port, true));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), c->gone ? -EPIPE : 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rq->rig->told) >= c->gone));
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rq->rig->told), c->gone);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(rq->rig->us, GUNYAH_QUEUE_SEND),
			c->gone ? 1 : 2);
	ferry_port_stop(rq->port);
	KUNIT_EXPECT_EQ(test, ferry_port_start(rq->port, &rig_user, rq->rig), c->gone ? -EPIPE : 0);
}

static void hypervisor_that_never_gets_to_it_is_no_full_queue(struct kunit *test)
{
	struct rig_queue *rq = tx_new(test, DEPTH);
	u8 msg[4] = {};

	rig_lie(rq->rig, GUNYAH_QUEUE_SEND, 8, GUNYAH_RETRY, 0, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 0);
	rig_lie(rq->rig, GUNYAH_QUEUE_SEND, 9, GUNYAH_RETRY, 0, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EAGAIN);
	/* No interrupt will come: who waits has to try again. */
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(rq->port, true));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 0);
}

/* The limit of a queue is not told by everybody: a strict hypervisor says so, ... */
static void size_that_only_the_hypervisor_knows_is_refused(struct kunit *test)
{
	struct rig *rig = rig_new(test, true, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, DEPTH, 64);
	u8 msg[65] = {};

	rq->cfg.max_len = 0;
	rig_port(rq);
	rig_start(rq);
	KUNIT_EXPECT_EQ(test, rq->port->desc->max_len, 240);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 65, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 64, 0), 0);
	ferry_sim_gunyah_unmap(rig->us, msg, sizeof(msg));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 64, 0), -EFAULT);
	ferry_sim_gunyah_unmap(rig->us, NULL, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 64, 0), 0);
}

/* ... the published one does not, and nothing of it may look like a full queue. */
static void size_that_nobody_knows_is_lost_in_silence(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, 2, 64);
	u8 msg[65] = {};

	rq->cfg.max_len = 0;
	rig_port(rq);
	rig_start(rq);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 65, 0), 0);
	ferry_sim_gunyah_unmap(rig->us, msg, sizeof(msg));
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 64, 0), 0);
	ferry_sim_gunyah_unmap(rig->us, NULL, 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), GUNYAH_QUEUE_EMPTY);
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(rq->port, true));
	KUNIT_EXPECT_EQ(test, rig_stats(rq).filled, 0);
	tx_fill(rq, 2);
}

/* Whether it is full is looked at before the size and the address, whoever looks. */
static void full_queue_says_so_of_any_message(struct kunit *test)
{
	int strict;

	for (strict = 0; strict < 2; strict++) {
		struct rig *rig = rig_new(test, strict, false);
		struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, 2, 64);
		u8 msg[65] = {};

		rq->cfg.max_len = 0;
		rig_port(rq);
		rig_start(rq);
		KUNIT_ASSERT_EQ(test, rig_send(rig->us, rq->tx.cap, msg, 4).error, 0);
		KUNIT_ASSERT_EQ(test, rig_send(rig->us, rq->tx.cap, msg, 4).error, 0);
		KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 65, 0), -EAGAIN);
		KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rq->port, true));
		KUNIT_EXPECT_EQ(test, rig_stats(rq).refused, 1);
	}
}

/* What is no capability of a sender, as the hypervisor itself answers. */
static void queue_that_is_taken_away_is_gone(struct kunit *test)
{
	int stays;

	for (stays = 0; stays < 2; stays++) {
		struct rig_queue *rq = tx_new(test, DEPTH);
		u8 msg[4] = {};

		KUNIT_ASSERT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 0);
		ferry_sim_gunyah_queue_revoke(rq->q, stays);
		KUNIT_EXPECT_EQ(test, rig_send(rq->rig->us, rq->tx.cap, msg, 4).error,
				stays ? GUNYAH_CAP_REVOKED : GUNYAH_CAP_NULL);
		KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EPIPE);
		KUNIT_EXPECT_TRUE(test, rig_is_told(rq->rig, 1));
		KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EPIPE);
	}
}

static void without_interrupt_each_send_asks(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, 2, SIZE);
	u8 msg[4] = {};

	rq->cfg.irq = 0;
	rig_port(rq);
	rig_start(rq);
	KUNIT_EXPECT_TRUE(test, rq->port->desc->flags & FERRY_PORT_NO_TX_EVENT);
	tx_fill(rq, 2);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), -EAGAIN);
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(rq->port, true));
	KUNIT_EXPECT_EQ(test, rig_far_take(rq), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, msg, 4, 0), 1);
}

/* Two threads that send what the peer takes, and sleep only when they are full. */
#define SENDERS		2
#define PER_SENDER	400

struct race {
	struct rig_queue *rq;
	struct completion room[SENDERS];
	struct completion done;
	atomic_t next;
	atomic_t finished;
	atomic_t lost;		/* waits that nobody ended */
	atomic_t errors;
	bool stop;
};

static void race_room(struct ferry_port *port, void *data)
{
	struct race *race = data;
	unsigned int i;

	for (i = 0; i < SENDERS; i++)
		complete(&race->room[i]);
}

static const struct ferry_port_user race_user = {
	.tx_ready = race_room,
};

static int race_sender(void *data)
{
	struct race *race = data;
	unsigned int me = atomic_inc_return(&race->next) - 1;
	u32 msg[2] = { me, 0 };
	int ret;

	while (msg[1] < PER_SENDER && !kthread_should_stop()) {
		reinit_completion(&race->room[me]);
		ret = ferry_port_send(race->rq->port, msg, sizeof(msg), 0);
		if (ret >= 0)
			msg[1]++;
		else if (ret != -EAGAIN)
			break;
		else if (!ferry_port_tx_arm(race->rq->port, true) &&
			 !wait_for_completion_timeout(&race->room[me], 30 * HZ))
			atomic_inc(&race->lost);
	}
	if (msg[1] < PER_SENDER)
		atomic_inc(&race->errors);
	if (atomic_inc_return(&race->finished) == SENDERS)
		complete(&race->done);
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

static void race_end(void *task)
{
	kthread_stop(task);
}

static struct race *race_new(struct kunit *test)
{
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	struct task_struct *task;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, race);
	race->rq = rig_queue(rig_new(test, false, false), FERRY_PORT_TX, 4, 16);
	rig_port(race->rq);
	init_completion(&race->done);
	for (i = 0; i < SENDERS; i++)
		init_completion(&race->room[i]);
	KUNIT_ASSERT_EQ(test, ferry_port_start(race->rq->port, &race_user, race), 0);
	for (i = 0; i < SENDERS; i++) {
		task = kthread_run(race_sender, race, "gunyah_tx_kunit/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		ferry_defer(test, race_end, task);
	}
	return race;
}

static void two_senders_and_a_draining_peer_lose_nothing(struct kunit *test)
{
	struct race *race = race_new(test);
	u32 seq[SENDERS] = {}, msg[4];
	unsigned int got = 0, wrong = 0;
	unsigned long end = jiffies + 60 * HZ;
	struct rig_regs regs;

	while (got < SENDERS * PER_SENDER && time_before(jiffies, end)) {
		regs = rig_receive(race->rq->rig->far, race->rq->rx.cap, msg, sizeof(msg));
		if (regs.error) {
			usleep_range(50, 100);
			continue;
		}
		got++;
		if (regs.x1 != 8 || msg[0] >= SENDERS || msg[1] != seq[msg[0]]++)
			wrong++;
	}
	KUNIT_EXPECT_EQ(test, got, SENDERS * PER_SENDER);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&race->done, 60 * HZ), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->lost), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->errors), 0);
}

static void revoked_in_mid_send_wakes_all_senders(struct kunit *test)
{
	struct race *race = race_new(test);
	int i;

	/* They run for a while; then both wait for room that will never come. */
	for (i = 0; i < 50; i++) {
		rig_far_take(race->rq);
		usleep_range(500, 1000);
	}
	ferry_sim_gunyah_queue_revoke(race->rq->q, false);
	/* Nothing tells of the end but the next call. */
	ferry_sim_gunyah_spurious(race->rq->rig->sim, race->rq->tx.virq);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&race->done, 60 * HZ), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->errors), SENDERS);
	KUNIT_EXPECT_EQ(test, ferry_port_send(race->rq->port, &i, 4, 0), -EPIPE);
}

static void killed_under_senders_is_safe(struct kunit *test)
{
	struct race *race = race_new(test);
	struct ferry_port *port = race->rq->port;
	struct rig *rig = race->rq->rig;
	int i;

	for (i = 0; i < 20; i++)
		rig_far_take(race->rq);
	rig->nr_ports = 0;
	ferry_port_kill(port);		/* started, so it is still there */
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&race->done, 60 * HZ), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&race->errors), SENDERS);
	KUNIT_EXPECT_EQ(test, ferry_port_send(port, &i, 4, 0), -EPIPE);
	ferry_port_hold(port);
	ferry_port_stop(port);
	race->rq->port = port;
	ferry_port_put(port);
}

static struct kunit_case gunyah_tx_cases[] = {
	KUNIT_CASE(send_passes_the_registers_of_the_manual),
	KUNIT_CASE(message_arrives_whole_from_any_memory),
	KUNIT_CASE(last_place_is_taken_and_now_full),
	KUNIT_CASE(what_the_hypervisor_would_lose_never_reaches_it),
	KUNIT_CASE(first_message_taken_makes_room_known),
	KUNIT_CASE(a_burst_interrupts_as_often_as_it_filled),
	KUNIT_CASE(full_without_warning_is_full),
	KUNIT_CASE(queue_left_full_is_found_out_by_the_first_send),
	KUNIT_CASE(room_made_while_stopped_is_known_at_the_start),
	KUNIT_CASE(peer_that_never_reads_stays_full),
	KUNIT_CASE(queue_that_goes_while_it_is_full_is_found_out),
	KUNIT_CASE(interrupts_for_nothing_are_harmless),
	KUNIT_CASE(threshold_holds_back_the_news_of_room),
	KUNIT_CASE_PARAM(error_of_a_send_means_this_message_or_the_end, error_gen_params),
	KUNIT_CASE(hypervisor_that_never_gets_to_it_is_no_full_queue),
	KUNIT_CASE(size_that_only_the_hypervisor_knows_is_refused),
	KUNIT_CASE(size_that_nobody_knows_is_lost_in_silence),
	KUNIT_CASE(full_queue_says_so_of_any_message),
	KUNIT_CASE(queue_that_is_taken_away_is_gone),
	KUNIT_CASE(without_interrupt_each_send_asks),
	KUNIT_CASE(two_senders_and_a_draining_peer_lose_nothing),
	KUNIT_CASE(revoked_in_mid_send_wakes_all_senders),
	KUNIT_CASE(killed_under_senders_is_safe),
	{}
};

static struct kunit_suite gunyah_tx_suite = {
	.name = "ferry_gunyah_tx",
	.test_cases = gunyah_tx_cases,
};

kunit_test_suite(gunyah_tx_suite);

MODULE_DESCRIPTION("Ferry: tests of sending into Gunyah queues");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
