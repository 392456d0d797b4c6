// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at once, for kernels with several CPUs: senders in both directions on
 * every channel, while links crash and start, and endpoints come and go.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/loop.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define NR_CH		4	/* 2 high-speed, 2 general */
#define NR_TASKS	2	/* per channel and direction */
#define NR_SENDERS	(2 * NR_CH * NR_TASKS)
#define CHAOS_MS	700

struct stress {
	struct ferry_loop *loop;
	struct ferry_link *link[2];
	struct fake_client *c[2][NR_CH];
	bool stop;
};

struct stress_sender {
	struct stress *st;
	struct fake_client *c;
	struct fake_task *task;
	unsigned int id;
	bool calm;		/* nothing may fail */
	unsigned int sent;
	int error;		/* one that must not be */
};

/* Of each sender the numbers only grow; without chaos by one. */
struct stress_rx {
	u32 next[NR_TASKS];
	unsigned int lost;
};

static void stress_destroy(void *arg)
{
	struct stress *st = arg;

	if (st->loop)
		ferry_loop_destroy(st->loop);
	st->loop = NULL;
}

static int stress_rx(struct fake_client *c, u32 seq)
{
	struct stress_rx *rx = c->priv;
	u32 *next = &rx->next[(seq >> 24) % NR_TASKS];

	seq &= 0xffffff;
	if (seq < *next)
		c->bad++;
	rx->lost += seq - *next;
	*next = seq + 1;
	return 0;
}

static struct stress *stress_create(struct kunit *test)
{
	static const struct ferry_loop_cfg cfg = {
		.name = "stress", .nr_hs = 2, .nr_gp = 2, .depth = 16, .mtu = FAKE_MTU,
	};
	struct stress *st = kunit_kzalloc(test, sizeof(*st), GFP_KERNEL);
	unsigned int side, i;

	KUNIT_ASSERT_NOT_NULL(test, st);
	st->loop = ferry_loop_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(st->loop));
	ferry_defer(test, stress_destroy, st);
	for (side = 0; side < 2; side++) {
		st->link[side] = ferry_loop_link(st->loop, side);
		KUNIT_ASSERT_EQ(test, ferry_link_start(st->link[side]), 0);
	}
	for (side = 0; side < 2; side++)
		for (i = 0; i < NR_CH; i++) {
			struct fake_client *c = fake_client(test);

			c->on_rx = stress_rx;
			c->priv = kunit_kzalloc(test, sizeof(struct stress_rx), GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, c->priv);
			KUNIT_ASSERT_EQ(test, fake_client_open(c, st->link[side], i,
							       i == 1 ? FERRY_EP_ATOMIC : 0), 0);
			st->c[side][i] = c;
		}
	return st;
}

static u32 stress_len(unsigned int i, unsigned int number)
{
	if (i % 37 == 0 && number != 1)
		return 4097 + i % 3000;
	return 4 + i % 120;
}

static bool stress_may_fail(int ret)
{
	return ret == -ENOLINK || ret == -ENODEV || ret == -ENOTCONN || ret == -ETIMEDOUT ||
	       ret == -ERESTARTSYS || ret == -EAGAIN;
}

static int stress_send(void *arg)
{
	struct stress_sender *s = arg;
	u8 *msg = kmalloc(FAKE_MTU, GFP_KERNEL);
	unsigned int number = s->id / NR_TASKS % NR_CH, i;
	int ret = 0;
	u32 len;

	if (!msg)
		return -ENOMEM;
	for (i = 0; !READ_ONCE(s->st->stop); i++) {
		len = stress_len(i, number);
		fake_fill(msg, len, (s->id % NR_TASKS) << 24 | s->sent);
		if (s->calm || i % 3)
			ret = ferry_send_timeout(s->c->ep, msg, len, s->calm ? 30000 : 20);
		else
			ret = ferry_trysend(s->c->ep, msg, len);
		if (!ret) {
			s->sent++;
			continue;
		}
		if (s->calm || !stress_may_fail(ret)) {
			s->error = ret;
			break;
		}
		if (signal_pending(current))
			flush_signals(current);
		if (ret != -EAGAIN)
			usleep_range(20, 200);
		if (ret == -ENODEV)
			break;
	}
	kfree(msg);
	return ret;
}

static struct stress_sender *stress_start(struct kunit *test, struct stress *st, bool calm)
{
	struct stress_sender *s = kunit_kcalloc(test, NR_SENDERS, sizeof(*s), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (i = 0; i < NR_SENDERS; i++) {
		s[i].st = st;
		s[i].id = i;
		s[i].calm = calm;
		s[i].c = st->c[i / (NR_CH * NR_TASKS)][i / NR_TASKS % NR_CH];
	}
	for (i = 0; i < NR_SENDERS; i++)
		s[i].task = fake_run(test, stress_send, &s[i]);
	return s;
}

static void stress_join(struct kunit *test, struct stress_sender *s)
{
	unsigned int i;

	for (i = 0; i < NR_SENDERS; i++) {
		KUNIT_EXPECT_NE_MSG(test, fake_join(s[i].task), -ETIME, "sender %u hangs", i);
		KUNIT_EXPECT_EQ_MSG(test, s[i].error, 0, "sender %u", i);
	}
}

/* What was dropped for want of room in a queue is the only loss, and counted. */
static void stress_check(struct kunit *test, struct stress *st, struct stress_sender *s)
{
	unsigned int side, i, j, sent;
	struct ferry_stats stats;

	for (side = 0; side < 2; side++)
		for (i = 0; i < NR_CH; i++) {
			struct fake_client *c = st->c[!side][i];
			struct stress_rx *rx = c->priv;
			u64 drops;

			for (sent = j = 0; j < NR_TASKS; j++)
				sent += s[(side * NR_CH + i) * NR_TASKS + j].sent;
			ferry_ep_stats(c->ep, &stats);
			drops = stats.drops[FERRY_DROP_QUEUE_FULL];
			KUNIT_EXPECT_EQ(test, stats.rx_msgs + drops, sent);
			KUNIT_EXPECT_EQ(test, stats.rx_msgs, c->nr);
			KUNIT_EXPECT_EQ(test, c->bad, 0);
			KUNIT_EXPECT_LE(test, rx->lost, drops);
			ferry_ep_stats(st->c[side][i]->ep, &stats);
			KUNIT_EXPECT_EQ(test, stats.tx_msgs, sent);
		}
}

static void stress_settle(struct stress *st)
{
	unsigned int i, before, after = 0;

	for (i = 0; i < 50; i++) {
		unsigned int side, j;

		before = after;
		after = 0;
		for (side = 0; side < 2; side++)
			for (j = 0; j < NR_CH; j++)
				after += READ_ONCE(st->c[side][j]->nr);
		if (i && before == after)
			break;
		msleep(30);
	}
}

static void all_channels_both_ways(struct kunit *test)
{
	struct stress *st = stress_create(test);
	struct stress_sender *s = stress_start(test, st, true);

	msleep(CHAOS_MS);
	WRITE_ONCE(st->stop, true);
	stress_join(test, s);
	stress_settle(st);
	stress_check(test, st, s);
}

static int stress_crash(void *arg)
{
	struct stress *st = arg;
	unsigned int i;

	for (i = 0; !READ_ONCE(st->stop); i++) {
		struct ferry_link *link = st->link[i % 2];

		if (i % 3)
			ferry_link_crash(link, "stress");
		else
			ferry_link_stop(link);
		if (i % 5)
			usleep_range(10, 1000);
		ferry_link_start(link);
		usleep_range(100, 20000);
	}
	return 0;
}

/* Not the order that is told, but nothing that is lost: whoever waits goes on. */
static void crashes_and_restarts(struct kunit *test)
{
	struct stress *st = stress_create(test);
	struct stress_sender *s = stress_start(test, st, false);
	struct fake_task *crash = fake_run(test, stress_crash, st);
	unsigned int i, side;

	for (i = 0; i < CHAOS_MS / 10; i++) {
		fake_signal(s[i % NR_SENDERS].task);
		msleep(20);
	}
	WRITE_ONCE(st->stop, true);
	KUNIT_EXPECT_EQ(test, fake_join(crash), 0);
	for (side = 0; side < 2; side++)
		KUNIT_EXPECT_EQ(test, ferry_link_start(st->link[side]), 0);
	stress_join(test, s);
	stress_settle(st);
	stress_check(test, st, s);
	/* All of it works as on the first day. */
	for (side = 0; side < 2; side++)
		for (i = 0; i < NR_CH; i++) {
			unsigned int nr = READ_ONCE(st->c[!side][i]->nr);

			KUNIT_EXPECT_EQ(test, fake_send(st->c[side][i], 0xffffff), 0);
			KUNIT_EXPECT_TRUE(test, fake_wait_rx(st->c[!side][i], nr + 1));
		}
}

struct visitor {
	struct stress *st;
	struct fake_client *c;
	unsigned int side;
	unsigned int number;
	unsigned int flags;
	unsigned int visits;
};

static int visit(void *arg)
{
	struct visitor *v = arg;
	unsigned int i;
	int ret;

	while (!READ_ONCE(v->st->stop)) {
		ret = fake_client_open(v->c, v->st->link[v->side], v->number, v->flags);
		if (ret)
			return ret;
		for (i = 0; i < 20; i++) {
			ret = fake_trysend(v->c, 0xffffff);
			if (ret && ret != -EAGAIN && ret != -ENOLINK)
				return ret;
			if (i % 8 == 0)
				ferry_poll(v->c->ep, NULL, NULL);
			if (i % 16 == 0)
				ferry_flow(v->c->ep, i % 32 == 0);
		}
		ferry_flow(v->c->ep, true);
		ferry_resume(v->c->ep);
		if (v->flags)
			ferry_rx_now(v->c->ep);
		fake_close(v->c);
		v->visits++;
		usleep_range(20, 200);
	}
	return 0;
}

static bool all_moved(const struct stress *st, const struct visitor *v)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		if (!READ_ONCE(v[i].visits))
			return false;
	for (i = 0; i < 2 * NR_CH; i++)
		if (st->c[i / NR_CH][i % NR_CH]->ep && !READ_ONCE(st->c[i / NR_CH][i % NR_CH]->nr))
			return false;
	return true;
}

/* Two channels are opened and closed all the time while the others carry on. */
static void endpoints_come_and_go(struct kunit *test)
{
	struct stress *st = stress_create(test);
	struct visitor v[4] = {};
	struct fake_task *t[4];
	struct stress_sender *s;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		v[i].st = st;
		v[i].side = i / 2;
		v[i].number = i % 2 ? 0 : 1;
		v[i].flags = i % 2 ? 0 : FERRY_EP_ATOMIC;
		v[i].c = st->c[v[i].side][v[i].number];
		v[i].c->on_rx = NULL;
		fake_close(v[i].c);
	}
	s = kunit_kcalloc(test, NR_SENDERS, sizeof(*s), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s);
	for (i = 0; i < NR_SENDERS; i++) {
		s[i].st = st;
		s[i].id = i;
		s[i].c = st->c[i / (NR_CH * NR_TASKS)][i / NR_TASKS % NR_CH];
		if (i / NR_TASKS % NR_CH >= 2)
			s[i].task = fake_run(test, stress_send, &s[i]);
	}
	for (i = 0; i < 4; i++)
		t[i] = fake_run(test, visit, &v[i]);
	/* Longer on a machine so busy that some have not had a turn. */
	for (i = 0; i < 20 && (!i || !all_moved(st, v)); i++)
		msleep(CHAOS_MS);
	WRITE_ONCE(st->stop, true);
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), 0);
		KUNIT_EXPECT_GT(test, v[i].visits, 0);
	}
	for (i = 0; i < NR_SENDERS; i++)
		if (s[i].task) {
			KUNIT_EXPECT_NE(test, fake_join(s[i].task), -ETIME);
			KUNIT_EXPECT_EQ(test, s[i].error, 0);
		}
	stress_settle(st);
	for (i = 0; i < 2 * NR_CH; i++) {
		struct fake_client *c = st->c[i / NR_CH][i % NR_CH];
		struct ferry_stats stats;

		if (c->ep) {
			ferry_ep_stats(c->ep, &stats);
			KUNIT_EXPECT_EQ(test, c->bad, 0);
			KUNIT_EXPECT_GT_MSG(test, c->nr, 0,
					    "side %u channel %u, sent %llu, stalls %llu, visits %u",
					    i / NR_CH, i % NR_CH, stats.tx_msgs, stats.stalls,
					    v[0].visits);
		}
	}
}

static int stress_poll(void *arg)
{
	struct stress *st = arg;
	unsigned int i;

	for (i = 0; !READ_ONCE(st->stop); i++) {
		ferry_poll(st->c[i % 2][i / 2 % NR_CH]->ep, NULL, NULL);
		ferry_resume(st->c[i % 2][i / 2 % NR_CH]->ep);
		ferry_rx_now(st->c[i % 2][1]->ep);
		if (i % 64)
			cond_resched();
		else
			usleep_range(10, 20);
	}
	return 0;
}

static void links_go_under_their_users(struct kunit *test)
{
	unsigned int round, i;

	for (round = 0; round < 3; round++) {
		struct stress *st = stress_create(test);
		struct stress_sender *s = stress_start(test, st, false);
		struct fake_task *t = fake_run(test, stress_poll, st);

		msleep(30 + 10 * round);
		if (round % 2)
			ferry_link_crash(st->link[round / 2], "stress");
		stress_destroy(st);
		stress_join(test, s);
		WRITE_ONCE(st->stop, true);
		KUNIT_EXPECT_EQ(test, fake_join(t), 0);
		for (i = 0; i < 2 * NR_CH; i++) {
			KUNIT_EXPECT_EQ(test, st->c[i / NR_CH][i % NR_CH]->bad, 0);
			fake_close(st->c[i / NR_CH][i % NR_CH]);
		}
	}
}

static struct kunit_case stress_cases[] = {
	KUNIT_CASE(all_channels_both_ways),
	KUNIT_CASE(crashes_and_restarts),
	KUNIT_CASE(endpoints_come_and_go),
	KUNIT_CASE(links_go_under_their_users),
	{}
};

static struct kunit_suite stress_suite = {
	.name = "ferry_stress",
	.test_cases = stress_cases,
};

kunit_test_suite(stress_suite);

MODULE_DESCRIPTION("Ferry: everything at once");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
