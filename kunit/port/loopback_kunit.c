// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pair of ports in memory.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/string.h>

#include "../ferry_kunit.h"

#define DEPTH		8
#define LEN		16
#define NOTICE_MS	50	/* irq_work may wait for the next tick */

struct pair {
	struct ferry_port *tx;
	struct ferry_port *rx;
	atomic_t rx_calls;
	atomic_t tx_calls;
	struct completion rx_told;
	struct completion tx_told;
	bool not_in_irq;
	bool tx_killed;
};

static void pair_rx(struct ferry_port *port, void *data)
{
	struct pair *p = data;

	if (!in_hardirq())
		p->not_in_irq = true;
	atomic_inc(&p->rx_calls);
	complete(&p->rx_told);
}

static void pair_tx_ready(struct ferry_port *port, void *data)
{
	struct pair *p = data;

	if (!in_hardirq())
		p->not_in_irq = true;
	atomic_inc(&p->tx_calls);
	complete(&p->tx_told);
}

static const struct ferry_port_user pair_user = {
	.rx = pair_rx,
	.tx_ready = pair_tx_ready,
};

static void pair_end(void *arg)
{
	struct pair *p = arg;

	/* Started, so a killed port is still there. */
	if (!p->tx_killed)
		ferry_port_kill(p->tx);
	ferry_port_kill(p->rx);
	ferry_port_stop(p->tx);
	ferry_port_stop(p->rx);
}

static struct pair *pair_new(struct kunit *test, unsigned int depth, size_t len)
{
	struct pair *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	init_completion(&p->rx_told);
	init_completion(&p->tx_told);
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, depth, len, &p->tx, &p->rx), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(p->tx, &pair_user, p), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(p->rx, &pair_user, p), 0);
	ferry_defer(test, pair_end, p);
	return p;
}

static void fill(struct kunit *test, struct pair *p)
{
	u8 msg[LEN] = { };
	int i;

	for (i = 0; i < DEPTH - 1; i++)
		KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), 1);
}

static void create_refuses_sizes_out_of_range(struct kunit *test)
{
	struct ferry_port *tx, *rx;

	KUNIT_EXPECT_EQ(test, ferry_loopback_create(NULL, 0, 4, &tx, &rx), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_loopback_create(NULL, 65537, 4, &tx, &rx), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_loopback_create(NULL, 1, 65537, &tx, &rx), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_loopback_create(NULL, UINT_MAX, SIZE_MAX, &tx, &rx), -EINVAL);
}

static int create_attempt(void *arg)
{
	struct ferry_port *tx, *rx;
	int ret = ferry_loopback_create(NULL, 64, 64, &tx, &rx);

	if (!ret) {
		ferry_port_kill(tx);
		ferry_port_kill(rx);
	}
	return ret;
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, create_attempt, NULL);
}

static void messages_come_out_whole_and_in_order(struct kunit *test)
{
	struct pair *p = pair_new(test, DEPTH, LEN);
	u8 in[LEN], out[LEN];
	int i, len;

	/* Lengths 0 to LEN, several times around the ring. */
	for (i = 0; i < 20 * (LEN + 1); i++) {
		len = i % (LEN + 1);
		memset(in, i, LEN);
		KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, in, len, 0), 0);
		if (i % 3)
			continue;
		for (; ferry_port_recv(p->rx, out, LEN) >= 0;)
			;
		KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, in, len, 0), 0);
		memset(out, 0xee, LEN);
		KUNIT_ASSERT_EQ(test, ferry_port_recv(p->rx, out, LEN), len);
		KUNIT_ASSERT_EQ(test, memcmp(in, out, len), 0);
		KUNIT_ASSERT_TRUE(test, len == LEN || out[len] == 0xee);
	}
}

static void full_says_so_before_it_refuses(struct kunit *test)
{
	struct pair *p = pair_new(test, DEPTH, LEN);
	u8 msg[LEN] = { };

	fill(test, p);
	KUNIT_EXPECT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, msg, LEN), LEN);
	KUNIT_EXPECT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), 1);
	KUNIT_EXPECT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), -EAGAIN);
}

static void ring_of_one_works(struct kunit *test)
{
	struct pair *p = pair_new(test, 1, 4);
	u32 msg = 7, out;

	KUNIT_EXPECT_EQ(test, ferry_port_send(p->tx, &msg, 4, 0), 1);
	KUNIT_EXPECT_EQ(test, ferry_port_send(p->tx, &msg, 4, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, &out, 4), 4);
	KUNIT_EXPECT_EQ(test, out, 7);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, &out, 4), -EAGAIN);
}

static void short_buffer_loses_that_message_only(struct kunit *test)
{
	struct pair *p = pair_new(test, DEPTH, LEN);
	u8 msg[LEN] = "first", out[LEN] = { };

	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, "next", 4, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, out, LEN - 1), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, out[0], 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, out, LEN - 1), 4);
	KUNIT_EXPECT_EQ(test, memcmp(out, "next", 4), 0);
}

static void receiver_is_told_once_per_arm(struct kunit *test)
{
	struct pair *p = pair_new(test, DEPTH, LEN);
	u8 msg[LEN] = { };

	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), 0);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->rx_calls), 0);
	KUNIT_EXPECT_TRUE(test, ferry_port_rx_arm(p->rx));

	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, msg, LEN), LEN);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(p->rx));
	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&p->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->rx_calls), 1);
	KUNIT_EXPECT_FALSE(test, p->not_in_irq);
}

static void message_with_more_is_there_but_not_told(struct kunit *test)
{
	struct pair *p = pair_new(test, DEPTH, LEN);
	u8 msg[LEN] = { };

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(p->rx));
	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, FERRY_MORE), 0);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->rx_calls), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, msg, LEN), LEN);

	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, FERRY_MORE), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&p->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->rx_calls), 1);
}

static void flush_tells_and_carries_nothing(struct kunit *test)
{
	struct pair *p = pair_new(test, DEPTH, LEN);
	u8 msg[LEN] = { };

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(p->rx));
	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, FERRY_MORE), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(p->tx, NULL, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&p->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->rx_calls), 1);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, msg, LEN), LEN);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, msg, LEN), -EAGAIN);
}

static void full_ring_is_told_in_spite_of_more(struct kunit *test)
{
	struct pair *p = pair_new(test, DEPTH, LEN);
	u8 msg[LEN] = { };
	int i;

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(p->rx));
	for (i = 0; i < DEPTH - 1; i++)
		KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, FERRY_MORE), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->rx_calls), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, FERRY_MORE), 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&p->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->rx_calls), 1);
}

static void sender_is_told_of_room_once_per_arm(struct kunit *test)
{
	struct pair *p = pair_new(test, DEPTH, LEN);
	u8 msg[LEN] = { };

	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(p->tx, true));
	fill(test, p);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(p->tx, true));
	KUNIT_ASSERT_EQ(test, ferry_port_recv(p->rx, msg, LEN), LEN);
	KUNIT_ASSERT_EQ(test, ferry_port_recv(p->rx, msg, LEN), LEN);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&p->tx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->tx_calls), 1);
	KUNIT_EXPECT_FALSE(test, p->not_in_irq);
}

static void sender_that_disarms_is_not_told(struct kunit *test)
{
	struct pair *p = pair_new(test, DEPTH, LEN);
	u8 msg[LEN] = { };

	fill(test, p);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(p->tx, true));
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(p->tx, false));
	KUNIT_ASSERT_EQ(test, ferry_port_recv(p->rx, msg, LEN), LEN);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->tx_calls), 0);
}

static void doorbell_is_never_full(struct kunit *test)
{
	struct pair *p = pair_new(test, 2, 0);
	int i;

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(p->rx));
	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(p->tx, &i, 1, 0), -EMSGSIZE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&p->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->rx_calls), 1);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, NULL, 0), -EAGAIN);
}

static void messages_outlive_a_stop(struct kunit *test)
{
	struct pair *p = pair_new(test, DEPTH, LEN);
	u8 msg[LEN] = { };

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(p->rx));
	ferry_port_stop(p->rx);
	KUNIT_ASSERT_EQ(test, ferry_port_send(p->tx, msg, LEN, 0), 0);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&p->rx_calls), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(p->rx, &pair_user, p), 0);
	KUNIT_EXPECT_TRUE(test, ferry_port_rx_arm(p->rx));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(p->rx, msg, LEN), LEN);
}

/* Threads that send numbered messages while the test receives them. */
#define SENDERS		3
#define PER_SENDER	5000

struct stamp {
	u32 sender;
	u32 seq;
};

struct stress {
	struct pair *p;
	atomic_t next_id;
	atomic_t waits;
};

static int stress_sender(void *data)
{
	struct stress *s = data;
	struct stamp stamp = { .sender = atomic_inc_return(&s->next_id) - 1 };

	int ret;

	while (!kthread_should_stop()) {
		ret = -EPIPE;
		if (stamp.seq < PER_SENDER)
			ret = ferry_port_send(s->p->tx, &stamp, sizeof(stamp), 0);
		if (ret >= 0) {
			stamp.seq++;
			cond_resched();
		} else if (ret == -EPIPE) {
			msleep(20);
		} else if (!ferry_port_tx_arm(s->p->tx, true)) {
			atomic_inc(&s->waits);
			usleep_range(50, 100);
		}
	}
	return 0;
}

static void stress_end(void *task)
{
	kthread_stop(task);
}

static void many_senders_lose_nothing(struct kunit *test)
{
	struct stress *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	unsigned long end = jiffies + 60 * HZ;
	u32 seq[SENDERS] = { }, got = 0, wrong = 0;
	struct task_struct *task;
	struct stamp stamp;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->p = pair_new(test, 64, sizeof(stamp));
	for (i = 0; i < SENDERS; i++) {
		task = kthread_run(stress_sender, s, "loopback_kunit/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		ferry_defer(test, stress_end, task);
	}

	while (got < SENDERS * PER_SENDER && time_before(jiffies, end)) {
		if (ferry_port_recv(s->p->rx, &stamp, sizeof(stamp)) < 0) {
			if (!ferry_port_rx_arm(s->p->rx))
				usleep_range(50, 100);
			continue;
		}
		got++;
		if (stamp.sender >= SENDERS || stamp.seq != seq[stamp.sender]++)
			wrong++;
	}
	KUNIT_EXPECT_EQ(test, got, SENDERS * PER_SENDER);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	kunit_info(test, "%d waits for room\n", atomic_read(&s->waits));
}

#define TOLD_MSGS	500

static int told_sender(void *data)
{
	struct stress *s = data;
	struct pair *p = s->p;
	u64 n;

	for (n = 0; n < TOLD_MSGS && !kthread_should_stop();) {
		if (ferry_port_send(p->tx, &n, sizeof(n), 0) >= 0)
			n++;
		else if (!ferry_port_tx_arm(p->tx, true) &&
			 !wait_for_completion_timeout(&p->tx_told, 30 * HZ))
			atomic_inc(&s->waits);
	}
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

/* Both sides go on only when they are told: a notice lost is half a minute lost. */
static void no_notice_is_lost(struct kunit *test)
{
	struct stress *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct task_struct *task;
	int lost = 0;
	u64 n, msg;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->p = pair_new(test, 4, sizeof(msg));
	task = kthread_run(told_sender, s, "loopback_kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	ferry_defer(test, stress_end, task);

	for (n = 0; n < TOLD_MSGS && lost < 3;) {
		if (ferry_port_recv(s->p->rx, &msg, sizeof(msg)) >= 0)
			KUNIT_EXPECT_EQ(test, msg, n++);
		else if (!ferry_port_rx_arm(s->p->rx) &&
			 !wait_for_completion_timeout(&s->p->rx_told, 30 * HZ))
			lost++;
	}
	KUNIT_EXPECT_EQ(test, lost, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&s->waits), 0);
	KUNIT_EXPECT_FALSE(test, s->p->not_in_irq);
}

static void kill_under_senders_is_safe(struct kunit *test)
{
	struct stress *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct task_struct *task;
	struct stamp stamp;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->p = pair_new(test, 64, sizeof(stamp));
	for (i = 0; i < SENDERS; i++) {
		task = kthread_run(stress_sender, s, "loopback_kunit/%d", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		ferry_defer(test, stress_end, task);
	}
	for (i = 0; i < 10; i++) {
		while (ferry_port_recv(s->p->rx, &stamp, sizeof(stamp)) > 0)
			;
		ferry_port_rx_arm(s->p->rx);
		usleep_range(500, 1000);
	}
	ferry_port_kill(s->p->tx);
	s->p->tx_killed = true;
	KUNIT_EXPECT_EQ(test, ferry_port_send(s->p->tx, &stamp, sizeof(stamp), 0), -EPIPE);
}

static struct kunit_case loopback_cases[] = {
	KUNIT_CASE(create_refuses_sizes_out_of_range),
	KUNIT_CASE(create_survives_a_failing_allocation),
	KUNIT_CASE(messages_come_out_whole_and_in_order),
	KUNIT_CASE(full_says_so_before_it_refuses),
	KUNIT_CASE(ring_of_one_works),
	KUNIT_CASE(short_buffer_loses_that_message_only),
	KUNIT_CASE(receiver_is_told_once_per_arm),
	KUNIT_CASE(message_with_more_is_there_but_not_told),
	KUNIT_CASE(flush_tells_and_carries_nothing),
	KUNIT_CASE(full_ring_is_told_in_spite_of_more),
	KUNIT_CASE(sender_is_told_of_room_once_per_arm),
	KUNIT_CASE(sender_that_disarms_is_not_told),
	KUNIT_CASE(doorbell_is_never_full),
	KUNIT_CASE(messages_outlive_a_stop),
	KUNIT_CASE(many_senders_lose_nothing),
	KUNIT_CASE(no_notice_is_lost),
	KUNIT_CASE(kill_under_senders_is_safe),
	{}
};

static struct kunit_suite loopback_suite = {
	.name = "ferry_loopback",
	.test_cases = loopback_cases,
};

kunit_test_suite(loopback_suite);

MODULE_DESCRIPTION("Ferry: tests of ports in memory");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
