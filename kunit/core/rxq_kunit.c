// SPDX-License-Identifier: GPL-2.0-only
/*
 * The place where receivers meet: each way to an endpoint, in order and without loss,
 * while others are slow, come and go.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/loop.h>
#include <linux/ferry/port.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

static void expect_in_order(struct kunit *test, struct fake_client *c, unsigned int n)
{
	unsigned int i;

	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, n));
	KUNIT_EXPECT_EQ(test, c->nr, n);
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	for (i = 0; i < min3(n, c->nr, (unsigned int)FAKE_LOG); i++)
		if (c->seq[i] != i)
			break;
	KUNIT_EXPECT_EQ_MSG(test, i, min3(n, c->nr, (unsigned int)FAKE_LOG), "out of order");
}

/* What was sent to it was received or dropped, and counted once. */
static void expect_counted(struct kunit *test, struct fake *f, struct fake_client *c, u64 sent,
			   enum ferry_drop why, u64 drops)
{
	struct ferry_stats stats;
	u64 sum = 0;
	int i;

	if (c)
		ferry_ep_stats(c->ep, &stats);
	else
		ferry_link_stats(f->link, &stats);
	for (i = 0; i < FERRY_NR_DROPS; i++)
		sum += stats.drops[i];
	KUNIT_EXPECT_EQ(test, sum, drops);
	KUNIT_EXPECT_EQ(test, stats.drops[why], drops);
	KUNIT_EXPECT_EQ(test, stats.rx_msgs, sent - drops);
}

/* How the endpoint under test is served, by what else is open. */
struct way {
	const char *name;
	unsigned int number;	/* of 2 high-speed and 2 general channels */
	unsigned int flags;
	bool hs;
	bool atomic;
};

static const struct way ways[] = {
	{ "direct, general", 2 },
	{ "direct, high-speed", 0, .hs = true },
	{ "general beside high-speed", 2, .hs = true },
	{ "general beside atomic", 2, .atomic = true },
	{ "high-speed beside atomic", 0, .atomic = true },
	{ "general beside both", 2, .hs = true, .atomic = true },
	{ "atomic, general", 2, FERRY_EP_ATOMIC },
	{ "atomic beside both", 2, FERRY_EP_ATOMIC, .hs = true, .atomic = true },
	{ "atomic, high-speed", 0, FERRY_EP_ATOMIC },
	{ "by channel", 2, FERRY_EP_BY_CHANNEL },
	{ "by channel beside both", 2, FERRY_EP_BY_CHANNEL, .hs = true, .atomic = true },
};

static void way_desc(const struct way *way, char *desc)
{
	strscpy(desc, way->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(way, ways, way_desc);

static struct fake_client *way_open(struct kunit *test, struct fake *f)
{
	const struct way *way = test->param_value;

	if (way->hs)
		fake_open(test, f->link, 1, 0);
	if (way->atomic)
		fake_open(test, f->link, 3, FERRY_EP_ATOMIC);
	return fake_open(test, f->link, way->number, way->flags);
}

static void arrives_in_order(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct fake *f = fake_create(test, 2, 2, 0);
	struct fake_client *c = way_open(test, f);
	unsigned int i;

	for (i = 0; i < 500; i++) {
		fake_rx(f, way->number, i % 512, i);
		if (i % 32 == 31)
			fake_wait_rx(c, i);
	}
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 500));
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	for (i = 0; i < 500; i++) {
		KUNIT_EXPECT_EQ(test, c->len[i], i % 512);
		if (c->len[i] >= 4)
			KUNIT_EXPECT_EQ(test, c->seq[i], i);
	}
	expect_counted(test, f, c, 500, 0, 0);
}

static void kept_until_resume(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct fake *f = fake_create(test, 2, 2, 0);
	struct fake_client *c = way_open(test, f);
	unsigned int i;

	c->answer = -EAGAIN;
	for (i = 0; i < 40; i++)
		fake_rx(f, way->number, 64, i);
	msleep(20);
	KUNIT_EXPECT_EQ(test, c->nr, 0);
	KUNIT_EXPECT_GT(test, c->offers, 0);
	ferry_resume(c->ep);
	msleep(20);
	KUNIT_EXPECT_EQ(test, c->nr, 0);
	i = c->offers;
	msleep(20);
	KUNIT_EXPECT_EQ_MSG(test, c->offers, i, "no busy retry");
	WRITE_ONCE(c->answer, 0);
	ferry_resume(c->ep);
	expect_in_order(test, c, 40);
	ferry_resume(c->ep);
	fake_rx(f, way->number, 64, 40);
	expect_in_order(test, c, 41);
}

static void expect_kept_until_the_next(struct kunit *test, struct fake *f)
{
	const struct way *way = test->param_value;
	struct fake_client *c = way_open(test, f);
	unsigned int i, offers;

	c->answer = -EAGAIN;
	fake_rx(f, way->number, 64, 0);
	FERRY_WAIT(READ_ONCE(c->offers));
	msleep(20);
	offers = c->offers;
	for (i = 1; i < 5; i++) {
		fake_rx(f, way->number, 64, i);
		FERRY_WAIT(READ_ONCE(c->offers) > offers);
		msleep(20);
		KUNIT_EXPECT_EQ(test, c->offers, ++offers);
	}
	WRITE_ONCE(c->answer, 0);
	fake_rx(f, way->number, 64, 5);
	expect_in_order(test, c, 6);
}

static void kept_until_the_next_message(struct kunit *test)
{
	expect_kept_until_the_next(test, fake_create(test, 2, 2, 0));
}

static void kept_in_the_ring_until_the_next(struct kunit *test)
{
	expect_kept_until_the_next(test, fake_create(test, 2, 2, FAKE_KEEPS));
}

/* So many as no queue holds; the lengths are such that they do not fit by bytes, either. */
static void a_ring_that_keeps_loses_nothing(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct fake *f = fake_create(test, 2, 2, FAKE_KEEPS);
	struct fake_client *c = way_open(test, f);
	unsigned int i, round, offers;

	for (round = 0, i = 0; round < 2; round++) {
		WRITE_ONCE(c->answer, -EAGAIN);
		for (; i < 200 * (round + 1); i++)
			fake_rx(f, way->number, i % 7 ? 64 : FERRY_COPY_MAX, i);
		msleep(20);
		KUNIT_EXPECT_EQ(test, c->nr, 200 * round);
		KUNIT_EXPECT_GT_MSG(test, f->rx_head - f->rx_tail, 50, "they were taken");
		offers = c->offers;
		msleep(20);
		KUNIT_EXPECT_EQ_MSG(test, c->offers, offers, "no busy retry");
		WRITE_ONCE(c->answer, 0);
		ferry_resume(c->ep);
		expect_in_order(test, c, i);
	}
	expect_counted(test, f, c, i, 0, 0);
}

/* Every third time: not now, and then somebody says when. */
static int now_and_then(struct fake_client *c, u32 seq)
{
	return c->offers % 3 ? 0 : -EAGAIN;
}

static void a_ring_that_keeps_goes_on_after_each(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct fake *f = fake_create(test, 2, 2, FAKE_KEEPS);
	struct fake_client *c = way_open(test, f);
	unsigned int i;

	c->on_rx = now_and_then;
	for (i = 0; i < 200; i++)
		fake_rx_quiet(f, way->number, 32, i);
	ferry_link_rx_irq(f->link);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(({
		ferry_resume(c->ep);
		READ_ONCE(c->nr) >= 200;
	})));
	expect_in_order(test, c, 200);
	expect_counted(test, f, c, 200, 0, 0);
}

/* Long ones are those whose number is a multiple of 3. */
static int not_in_an_interrupt(struct fake_client *c, u32 seq)
{
	unsigned int *wrong = c->priv;

	if (!(seq % 3) && (irqs_disabled() || in_interrupt()))
		++*wrong;
	return c->answer;
}

static void long_ones_by_channel_come_in_the_thread(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_KEEPS);
	struct fake_client *c = fake_client(test);
	unsigned int i, wrong = 0;

	c->on_rx = not_in_an_interrupt;
	c->priv = &wrong;
	KUNIT_ASSERT_EQ(test, fake_client_open(c, f->link, 0, FERRY_EP_BY_CHANNEL), 0);
	KUNIT_EXPECT_TRUE(test, ferry_ep_is_atomic(c->ep));
	for (i = 0; i < 300; i++) {
		WRITE_ONCE(c->answer, i % 50 == 49 ? -EAGAIN : 0);
		fake_rx(f, 0, i % 3 ? 64 : FAKE_MTU - i, i);
		if (i % 16 == 15)
			usleep_range(500, 1500);
	}
	WRITE_ONCE(c->answer, 0);
	ferry_resume(c->ep);
	expect_in_order(test, c, 300);
	expect_counted(test, f, c, 300, 0, 0);
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static void by_channel_is_ordinary_where_clients_sleep(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, FERRY_EP_BY_CHANNEL);

	KUNIT_EXPECT_FALSE(test, ferry_ep_is_atomic(c->ep));
	KUNIT_EXPECT_EQ(test, ferry_rx_now(c->ep), -EINVAL);
	fake_rx(f, 0, FAKE_MTU, 0);
	expect_in_order(test, c, 1);
}

static int pass_gate(void *arg)
{
	struct fake_client *c = arg;

	ferry_quiesce(c->ep);
	return READ_ONCE(c->nr);
}

static void quiesce_waits_for_the_callback(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	DECLARE_COMPLETION_ONSTACK(gate);
	struct fake_task *t;

	c->gate = &gate;
	fake_rx(f, 0, 8, 0);
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&c->entered, 30 * HZ), 0);
	t = fake_run(test, pass_gate, c);
	msleep(50);
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	complete_all(&gate);
	KUNIT_EXPECT_EQ(test, fake_join(t), 1);
}

static void full_queue_drops_and_counts(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct fake *f = fake_create(test, 2, 2, 0);
	struct fake_client *c = way_open(test, f);
	unsigned int other = way->number == 2 ? 3 : 2;
	struct fake_client *o = way->atomic ? NULL : fake_open(test, f->link, other, 0);
	unsigned int i;

	c->answer = -EAGAIN;
	for (i = 0; i < 300; i++) {
		fake_rx(f, way->number, 16, i);
		if (o)
			fake_rx(f, other, 16, i);
		if (i % 16 == 15)
			usleep_range(500, 1500);
	}
	if (o)
		expect_in_order(test, o, 300);
	msleep(20);
	/* One is held, as many as it may wait for follow. */
	expect_counted(test, f, c, 300, FERRY_DROP_QUEUE_FULL, 300 - FERRY_DEPTH_DEFAULT - 1);
	WRITE_ONCE(c->answer, 0);
	ferry_resume(c->ep);
	expect_in_order(test, c, FERRY_DEPTH_DEFAULT + 1);
}

static void close_drops_and_counts(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct fake *f = fake_create(test, 2, 2, 0);
	struct fake_client *c = way_open(test, f);
	unsigned int i;

	c->answer = -EAGAIN;
	for (i = 0; i < 10; i++)
		fake_rx(f, way->number, 16, i);
	msleep(20);
	fake_close(c);
	expect_counted(test, f, NULL, 10, FERRY_DROP_CLOSED, 10);
	c->answer = 0;
	c->offers = 0;
	KUNIT_EXPECT_EQ(test, fake_client_open(c, f->link, way->number, way->flags), 0);
	fake_rx(f, way->number, 16, 0);
	expect_in_order(test, c, 1);
	KUNIT_EXPECT_EQ(test, c->offers, 1);
}

static void buffers_go_back_once(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct fake *f = fake_create(test, 2, 2, FAKE_BUFS);
	struct fake_client *c = way_open(test, f);
	unsigned int i;

	for (i = 0; i < 30; i++)
		fake_rx(f, way->number, 64, i);
	expect_in_order(test, c, 30);
	FERRY_WAIT(atomic_read(&f->released) >= 30);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->released), 30);
	fake_rx(f, way->number, FAKE_MTU + 1, 0);	/* too long */
	c->answer = -EAGAIN;
	for (i = 0; i < 300; i++) {
		fake_rx(f, way->number, 64, i);
		if (i % 16 == 15)
			usleep_range(500, 1500);
	}
	msleep(20);
	KUNIT_EXPECT_LE(test, atomic_read(&f->lent), FERRY_DEPTH_DEFAULT);
	fake_close(c);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->lent), 0);
	fake_rx(f, way->number, 64, 0);			/* nobody has it open */
	msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->lent), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->released), 332);
}

static void crash_gives_buffers_back(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BUFS);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i;

	c->answer = -EAGAIN;
	for (i = 0; i < 10; i++)
		fake_rx(f, 0, 64, i);
	msleep(20);
	ferry_link_crash(f->link, "test");
	msleep(20);
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->lent), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->released), 10);
}

static void arena_full_loses_nothing(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i;

	for (i = 0; i < 60; i++)
		fake_rx_quiet(f, 0, i % 4 ? FAKE_MTU : 5, i);
	ferry_link_rx_irq(f->link);
	expect_in_order(test, c, 60);
	KUNIT_EXPECT_GT(test, f->rx_again, 0);
}

static void rx_irq(void *arg)
{
	struct fake *f = arg;

	ferry_link_rx_irq(f->link);
	f->rx_again = f->rx_tail;	/* how far it got in the interrupt */
}

static void interrupt_takes_a_budget(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 1, 0);
	struct fake_client *a;
	unsigned int i;

	if (num_online_cpus() > 1)
		kunit_skip(test, "on another CPU the thread goes on at once");
	for (i = 0; i < 100; i++)
		fake_rx_quiet(f, 1, 8, i);
	fake_in_irq(test, rx_irq, f);
	KUNIT_EXPECT_EQ_MSG(test, f->rx_again, 0, "none for sleeping endpoints");
	expect_in_order(test, c, 100);
	a = fake_open(test, f->link, 0, FERRY_EP_ATOMIC);
	for (i = 0; i < 100; i++)
		fake_rx_quiet(f, 0, 8, i);
	fake_in_irq(test, rx_irq, f);
	KUNIT_EXPECT_EQ(test, f->rx_again, 100 + 16);
	expect_in_order(test, a, 100);
}

static void rx_now_calls_atomic_endpoints_only(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, 0);
	struct fake_client *a = fake_open(test, f->link, 0, FERRY_EP_ATOMIC);
	struct fake_client *c = fake_open(test, f->link, 1, 0);
	unsigned int i;

	if (num_online_cpus() > 1)
		kunit_skip(test, "on another CPU the thread may take the messages first");
	KUNIT_EXPECT_EQ(test, ferry_rx_now(c->ep), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_rx_now(a->ep), 0);
	preempt_disable();
	for (i = 0; i < 20; i++)
		fake_rx_quiet(f, i % 2, 8, i / 2);
	KUNIT_EXPECT_EQ(test, ferry_rx_now(a->ep), 16);
	KUNIT_EXPECT_EQ(test, a->nr, 8);
	KUNIT_EXPECT_EQ(test, c->nr, 0);
	KUNIT_EXPECT_EQ(test, ferry_rx_now(a->ep), 4);
	KUNIT_EXPECT_EQ(test, ferry_rx_now(a->ep), 0);
	preempt_enable();
	expect_in_order(test, a, 10);
	expect_in_order(test, c, 10);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_rx_now(a->ep), -ENOLINK);
}

static void slow_general_does_not_hold_high_speed(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 2, 0);
	struct fake_client *hs = fake_open(test, f->link, 0, 0);
	struct fake_client *gp = fake_open(test, f->link, 1, 0);
	DECLARE_COMPLETION_ONSTACK(gate);
	unsigned int i;

	gp->gate = &gate;
	for (i = 0; i < 50; i++) {
		fake_rx(f, 1, 8, i);
		fake_rx(f, 0, 8, i);
	}
	expect_in_order(test, hs, 50);
	KUNIT_EXPECT_EQ(test, gp->nr, 0);
	complete_all(&gate);
	expect_in_order(test, gp, 50);
}

static void long_for_atomic_is_dropped(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *a = fake_open(test, f->link, 0, FERRY_EP_ATOMIC);

	fake_rx(f, 0, FERRY_COPY_MAX + 1, 9);
	fake_rx(f, 0, FERRY_COPY_MAX, 0);
	expect_in_order(test, a, 1);
	expect_counted(test, f, a, 2, FERRY_DROP_BAD_LENGTH, 1);
}

static void nobody_there_is_counted(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, 0);
	struct ferry_ep_cfg cfg = {};
	struct ferry_id id = { .number = 1 };
	struct ferry_ep *ep = ferry_open(f->link, &id, &cfg);

	KUNIT_ASSERT_FALSE(test, IS_ERR(ep));
	fake_rx(f, 0, 8, 0);
	fake_rx(f, 1, 8, 0);
	msleep(20);
	expect_counted(test, f, NULL, 2, FERRY_DROP_NOT_OPEN, 2);
	ferry_close(ep);
}

struct feeder {
	struct fake *f;
	struct fake_client *c;
	unsigned int n;
	bool stop;
	unsigned int stuck;
};

/* As fast as they are taken, never more than an endpoint may keep. */
static int feed(void *arg)
{
	struct feeder *d = arg;
	unsigned int spins = 0;

	while (!READ_ONCE(d->stop)) {
		if (d->n - READ_ONCE(d->c->nr) >= 60) {
			if (spins++ > 2000) {
				d->stuck++;
				break;
			}
			usleep_range(50, 100);
			continue;
		}
		spins = 0;
		fake_rx(d->f, 2, d->n % 7 || d->f->flags & FAKE_BUFS ? 40 : 6000, d->n);
		d->n++;
	}
	return 0;
}

static void modes_change_in_mid_flight(struct kunit *test)
{
	const bool bufs = *(const bool *)test->param_value;
	struct fake *f = fake_create(test, 2, 2, bufs ? FAKE_BUFS : 0);
	struct fake_client *other = fake_client(test);
	struct feeder d = { .f = f, .c = fake_open(test, f->link, 2, 0) };
	struct fake_task *t = fake_run(test, feed, &d);
	unsigned int i, start;

	for (i = 0; i < 60; i++) {
		KUNIT_EXPECT_EQ(test, fake_client_open(other, f->link, i % 2 ? 0 : 3,
						       i % 3 ? FERRY_EP_ATOMIC : 0), 0);
		start = d.c->nr;
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(d.c->nr) != start));
		fake_close(other);
		usleep_range(100 * (i % 5), 500);
	}
	WRITE_ONCE(d.stop, true);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, d.stuck, 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(d.c, d.n));
	KUNIT_EXPECT_EQ(test, d.c->bad, 0);
	KUNIT_EXPECT_GT(test, d.n, 100);
	/* The last ones, in order; all were counted. */
	for (i = d.n - min_t(u32, d.n, FAKE_LOG); i < d.n; i++)
		KUNIT_EXPECT_EQ(test, d.c->seq[i % FAKE_LOG], i);
	expect_counted(test, f, d.c, d.n, 0, 0);
}

/* Each opening and closing stops the threads: they have their turn in between. */
static void opening_and_closing_starves_nobody(struct kunit *test)
{
	struct fake *f = fake_create(test, 2, 2, 0);
	struct fake_client *other = fake_client(test);
	struct fake_client *c = fake_open(test, f->link, 2, 0);
	unsigned int i;

	for (i = 0; i < 200; i++) {
		fake_rx(f, 2, 40, i);
		KUNIT_EXPECT_EQ(test, fake_client_open(other, f->link, 0, FERRY_EP_ATOMIC), 0);
		fake_close(other);
		KUNIT_EXPECT_GE(test, READ_ONCE(c->nr) + 2, i);
	}
	expect_in_order(test, c, 200);
}

struct wire_desc {
	__le16 channel;
	u8 kind;
	u8 zero;
	__le32 len;
	__le32 slot;
} __packed;

static void forge(struct kunit *test, struct ferry_loop *loop, const void *msg, size_t len)
{
	int ret = ferry_port_send(ferry_loop_wire(loop, 0), msg, len, 0);

	KUNIT_EXPECT_GE(test, ret, 0);
	msleep(20);
}

static void destroy_loop(void *loop)
{
	ferry_loop_destroy(loop);
}

static void hostile_descriptors_are_dropped(struct kunit *test)
{
	static const struct ferry_loop_cfg cfg = {
		.name = "hostile", .nr_hs = 1, .nr_gp = 1, .depth = 4, .mtu = 5000,
	};
	static const struct {
		u16 channel;
		u8 kind;
		u32 len, slot;
		int drop;	/* -1: none */
	} row[] = {
		{ 2, 0, 4, 0, FERRY_DROP_NO_CHANNEL },
		{ 0xffff, 0, 4, 0, FERRY_DROP_NO_CHANNEL },
		{ 0, 3, 4, 0, FERRY_DROP_BAD_HEADER },
		{ 0, 255, 4, 0, FERRY_DROP_BAD_HEADER },
		{ 0, 0, 5001, 0, FERRY_DROP_BAD_LENGTH },
		{ 0, 0, 0x80000000, 0, FERRY_DROP_BAD_LENGTH },
		{ 0, 0, 0xffffffff, 0, FERRY_DROP_BAD_LENGTH },
		{ 0, 0, 5000, 0xffffffff, -1 },
		{ 0, 0, 0, 0x7fffffff, -1 },
		{ 1, 0, 4, 0, FERRY_DROP_NOT_OPEN },
	};
	struct ferry_loop *loop = ferry_loop_create(NULL, &cfg);
	struct ferry_stats stats, want = {};
	struct wire_desc desc = {};
	struct fake_client *c;
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(loop));
	ferry_defer(test, destroy_loop, loop);
	KUNIT_ASSERT_EQ(test, ferry_link_start(ferry_loop_link(loop, 0)), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(ferry_loop_link(loop, 1)), 0);
	c = fake_open(test, ferry_loop_link(loop, 1), 0, 0);
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		desc.channel = cpu_to_le16(row[i].channel);
		desc.kind = row[i].kind;
		desc.len = cpu_to_le32(row[i].len);
		desc.slot = cpu_to_le32(row[i].slot);
		forge(test, loop, &desc, sizeof(desc));
		if (row[i].drop >= 0)
			want.drops[row[i].drop]++;
		else
			want.rx_msgs++;
		ferry_link_stats(ferry_loop_link(loop, 1), &stats);
		KUNIT_EXPECT_EQ_MSG(test, stats.rx_msgs, want.rx_msgs, "row %u", i);
		KUNIT_EXPECT_EQ_MSG(test, memcmp(stats.drops, want.drops, sizeof(want.drops)), 0,
				    "row %u", i);
	}
	for (i = 0; i < sizeof(desc); i++) {
		forge(test, loop, &desc, i);
		want.drops[FERRY_DROP_BAD_HEADER]++;
	}
	ferry_link_stats(ferry_loop_link(loop, 1), &stats);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_BAD_HEADER],
			want.drops[FERRY_DROP_BAD_HEADER]);
	KUNIT_EXPECT_EQ(test, c->nr, want.rx_msgs);
	KUNIT_EXPECT_EQ(test, ferry_link_state(ferry_loop_link(loop, 1)), FERRY_STATE_RUNNING);
}

static const bool bufs_or_not[] = { false, true };

static void bufs_desc(const bool *bufs, char *desc)
{
	strscpy(desc, *bufs ? "buffers" : "copies", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bufs, bufs_or_not, bufs_desc);

static struct kunit_case rxq_cases[] = {
	KUNIT_CASE_PARAM(arrives_in_order, way_gen_params),
	KUNIT_CASE_PARAM(kept_until_resume, way_gen_params),
	KUNIT_CASE_PARAM(kept_until_the_next_message, way_gen_params),
	KUNIT_CASE_PARAM(kept_in_the_ring_until_the_next, way_gen_params),
	KUNIT_CASE_PARAM(a_ring_that_keeps_loses_nothing, way_gen_params),
	KUNIT_CASE_PARAM(a_ring_that_keeps_goes_on_after_each, way_gen_params),
	KUNIT_CASE(long_ones_by_channel_come_in_the_thread),
	KUNIT_CASE(by_channel_is_ordinary_where_clients_sleep),
	KUNIT_CASE(quiesce_waits_for_the_callback),
	KUNIT_CASE_PARAM(full_queue_drops_and_counts, way_gen_params),
	KUNIT_CASE_PARAM(close_drops_and_counts, way_gen_params),
	KUNIT_CASE_PARAM(buffers_go_back_once, way_gen_params),
	KUNIT_CASE(crash_gives_buffers_back),
	KUNIT_CASE(arena_full_loses_nothing),
	KUNIT_CASE(interrupt_takes_a_budget),
	KUNIT_CASE(rx_now_calls_atomic_endpoints_only),
	KUNIT_CASE(slow_general_does_not_hold_high_speed),
	KUNIT_CASE(long_for_atomic_is_dropped),
	KUNIT_CASE(nobody_there_is_counted),
	KUNIT_CASE_PARAM(modes_change_in_mid_flight, bufs_gen_params),
	KUNIT_CASE(opening_and_closing_starves_nobody),
	KUNIT_CASE(hostile_descriptors_are_dropped),
	{}
};

static struct kunit_suite rxq_suite = {
	.name = "ferry_rxq",
	.test_cases = rxq_cases,
};

kunit_test_suite(rxq_suite);

MODULE_DESCRIPTION("Ferry: tests of the place where receivers meet");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
