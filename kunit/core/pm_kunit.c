// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend and resume: senders sleep through it, nothing of the protocol is called
 * meanwhile, and nothing is lost.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/ferry/loop.h>
#include <linux/module.h>
#include <linux/pm.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define LONG_MS		20000
#define NR_SENDERS	4
#define NR_CYCLES	30

/* As the core of power management calls it, which the test cannot ask to. */
static int link_suspend(struct ferry_link *link)
{
	struct device *dev = ferry_link_dev(link);

	return dev->class->pm->suspend(dev);
}

static int link_resume(struct ferry_link *link)
{
	struct device *dev = ferry_link_dev(link);

	return dev->class->pm->resume(dev);
}

static int post(struct fake *f, u32 seq)
{
	__le32 msg = cpu_to_le32(seq);

	return ferry_post(&f->channels[0]->ch, &msg, sizeof(msg));
}

/* Senders of all kinds, with and without room, and with room that comes meanwhile. */
static void senders_sleep_on(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		unsigned int flags = i & 1 ? FAKE_SILENT : 0;
		struct fake *f = fake_create(test, 0, 2, flags | (i & 2 ? FAKE_STAGE : 0));
		struct fake_client *c = fake_open(test, f->link, 0, 0);
		struct fake_client *d = fake_open(test, f->link, 1, 0);
		struct fake_sender *s[3];

		s[0] = fake_sender(test, c, 1, 4, LONG_MS);
		KUNIT_EXPECT_EQ(test, fake_trysend(d, 9), -EAGAIN);
		KUNIT_EXPECT_EQ(test, link_suspend(f->link), 0);
		KUNIT_EXPECT_EQ(test, f->suspends, 1);
		fake_give(f, 10);
		s[1] = fake_sender(test, c, 2, 4, LONG_MS);
		s[2] = fake_sender(test, d, 3, FAKE_MTU, LONG_MS);
		KUNIT_EXPECT_EQ(test, fake_trysend(d, 9), -EAGAIN);
		fake_settle();
		KUNIT_EXPECT_EQ(test, f->nr_sent, 0);
		KUNIT_EXPECT_EQ(test, d->tx_ready, 0);
		KUNIT_EXPECT_FALSE(test, fake_done(s[0]->task));
		KUNIT_EXPECT_EQ(test, link_resume(f->link), 0);
		KUNIT_EXPECT_EQ(test, fake_join(s[0]->task), 0);
		KUNIT_EXPECT_EQ(test, fake_join(s[1]->task), 0);
		KUNIT_EXPECT_EQ(test, fake_join(s[2]->task), 0);
		KUNIT_EXPECT_EQ(test, f->nr_sent, 3);
		KUNIT_EXPECT_EQ(test, d->tx_ready, 1);
		KUNIT_EXPECT_EQ(test, f->resumes, 1);
		KUNIT_EXPECT_EQ(test, atomic_read(&f->touched), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&f->staged), 0);
		fake_unregister(f);
		fake_close(c);
		fake_close(d);
	}
}

static void sender_gives_up_meanwhile(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, 100);

	KUNIT_EXPECT_EQ(test, link_suspend(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->touched), 0);
	KUNIT_EXPECT_EQ(test, link_resume(f->link), 0);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_send(c, 2), 0);
}

static void edges_that_were_lost_are_made_up(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 2, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *d = fake_open(test, f->link, 1, 0);
	struct fake_client *a = fake_open(test, f->link, 2, FERRY_EP_ATOMIC);
	unsigned int i, rearms;

	for (i = 0; i < 90; i++)
		fake_rx_quiet(f, i % 3, 4, i);
	KUNIT_EXPECT_EQ(test, link_suspend(f->link), 0);
	KUNIT_EXPECT_EQ_MSG(test, c->nr + d->nr + a->nr, 90, "taken before it sleeps");
	rearms = f->rearms;
	for (i = 0; i < 15; i++)
		fake_rx_quiet(f, i % 3, 4, i);
	fake_rx(f, 0, 4, 15);
	fake_settle();
	KUNIT_EXPECT_EQ(test, c->nr + d->nr + a->nr, 90);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->touched), 0);
	KUNIT_EXPECT_EQ(test, link_resume(f->link), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 36));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(d, 35));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(a, 35));
	KUNIT_EXPECT_GT(test, f->rearms, rearms);
	fake_rx(f, 1, 4, 16);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(d, 36));
}

static int send_back(struct fake_client *c, u32 seq)
{
	return fake_send(c, seq) ? -EINVAL : 0;
}

static int let_go(void *arg)
{
	msleep(100);
	fake_give(arg, 1);
	return 0;
}

/* A callback that waits for room is waited for: it would not get it later. */
static void callback_that_sends_ends_first(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_task *t;

	c->on_rx = send_back;
	fake_rx(f, 0, 4, 5);
	msleep(20);
	t = fake_run(test, let_go, f);
	KUNIT_EXPECT_EQ(test, link_suspend(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 1);
	KUNIT_EXPECT_EQ(test, c->nr, 1);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, link_resume(f->link), 0);
}

static void answers_wait_in_the_lane(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	unsigned int i;

	fake_give(f, 1000);
	KUNIT_EXPECT_EQ(test, link_suspend(f->link), 0);
	for (i = 0; i < FERRY_LANE_SLOTS; i++)
		KUNIT_EXPECT_EQ(test, post(f, i), 0);
	KUNIT_EXPECT_EQ(test, post(f, i), -ENOBUFS);
	msleep(3000);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, link_resume(f->link), 0);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->nr_sent, FERRY_LANE_SLOTS);
	for (i = 0; i < f->nr_sent; i++)
		KUNIT_EXPECT_EQ(test, f->sent[i].seq, i);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->touched), 0);
}

static void refusal_keeps_it_awake(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);

	f->suspend_ret = -EBUSY;
	KUNIT_EXPECT_EQ(test, link_suspend(f->link), -EBUSY);
	KUNIT_EXPECT_EQ(test, f->resumes, 0);
	fake_give(f, 2);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), 0);
	fake_rx(f, 0, 4, 1);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, link_resume(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->resumes, 0);
}

static void failed_resume_is_a_crash(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);

	f->resume_ret = -EIO;
	KUNIT_EXPECT_EQ(test, link_suspend(f->link), 0);
	KUNIT_EXPECT_EQ(test, link_resume(f->link), -EIO);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOLINK);
	fake_settle();
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_send(c, 2), 0);
}

static void crash_waits_for_the_resume(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);

	KUNIT_EXPECT_EQ(test, link_suspend(f->link), 0);
	ferry_link_crash(f->link, "test");
	KUNIT_EXPECT_EQ_MSG(test, fake_join(s->task), -ENOLINK, "at once");
	fake_settle();
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 0);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->touched), 0);
	KUNIT_EXPECT_EQ(test, link_resume(f->link), 0);
	fake_settle();
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, f->resumes, 1);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_send(c, 2), 0);
}

static void nothing_else_is_done_meanwhile(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *c = fake_client(test);
	struct fake *off = fake_create(test, 0, 1, FAKE_OFFLINE);

	KUNIT_EXPECT_EQ(test, link_suspend(f->link), 0);
	KUNIT_EXPECT_EQ(test, link_suspend(off->link), 0);
	KUNIT_EXPECT_EQ_MSG(test, off->suspends, 0, "it does not run");
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_link_restart(f->link), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_link_start(off->link), -EAGAIN);
	KUNIT_EXPECT_EQ(test, fake_client_open(c, f->link, 0, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, link_resume(f->link), 0);
	KUNIT_EXPECT_EQ(test, link_resume(off->link), 0);
	KUNIT_EXPECT_EQ(test, off->resumes, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(off->link), 0);
	KUNIT_EXPECT_EQ(test, fake_client_open(c, f->link, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
}

/* The last endpoint of a class goes, and so do the ways of the others. */
static void close_meanwhile(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 2, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *d = fake_open(test, f->link, 1, 0);
	struct fake_client *a = fake_open(test, f->link, 2, FERRY_EP_ATOMIC);

	KUNIT_EXPECT_EQ(test, link_suspend(f->link), 0);
	fake_close(c);
	fake_close(a);
	KUNIT_EXPECT_EQ(test, link_resume(f->link), 0);
	fake_rx(f, 1, 4, 1);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(d, 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&f->touched), 0);
}

static void unregister_meanwhile(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);

	KUNIT_EXPECT_EQ(test, link_suspend(f->link), 0);
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENODEV);
	KUNIT_EXPECT_EQ(test, f->resumes, 1);
	KUNIT_EXPECT_EQ(test, f->stops, 1);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
}

struct load {
	struct fake_client *c;
	unsigned int sent;
	bool stop;
	int error;
};

static int load_send(void *arg)
{
	struct load *l = arg;
	u8 msg[64];

	while (!READ_ONCE(l->stop) && !l->error) {
		fake_fill(msg, sizeof(msg), l->sent);
		l->error = ferry_send_timeout(l->c->ep, msg, sizeof(msg), LONG_MS);
		l->sent += !l->error;
		if (l->sent % 64 == 0)
			usleep_range(50, 100);
	}
	return 0;
}

static void load_loop_destroy(void *arg)
{
	ferry_loop_destroy(arg);
}

/* Either side of a loop sleeps in turn, under load: all that was sent arrives. */
static void nothing_is_lost_under_load(struct kunit *test)
{
	static const struct ferry_loop_cfg cfg = {
		.name = "pm", .nr_hs = 2, .nr_gp = 2, .depth = 8, .mtu = 256,
	};
	struct load *l = kunit_kcalloc(test, NR_SENDERS, sizeof(*l), GFP_KERNEL);
	struct fake_client *rx[NR_SENDERS];
	struct fake_task *task[NR_SENDERS];
	struct ferry_loop *loop;
	struct ferry_stats stats;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, l);
	loop = ferry_loop_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(loop));
	ferry_defer(test, load_loop_destroy, loop);
	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(test, ferry_link_start(ferry_loop_link(loop, i)), 0);
	for (i = 0; i < NR_SENDERS; i++) {
		rx[i] = fake_open(test, ferry_loop_link(loop, 1), i,
				  i == 1 ? FERRY_EP_ATOMIC : 0);
		l[i].c = fake_open(test, ferry_loop_link(loop, 0), i, 0);
		task[i] = fake_run(test, load_send, &l[i]);
	}
	for (i = 0; i < NR_CYCLES; i++) {
		struct ferry_link *link = ferry_loop_link(loop, i % 2);

		KUNIT_EXPECT_EQ(test, link_suspend(link), 0);
		usleep_range(100, 5000);
		KUNIT_EXPECT_EQ(test, link_resume(link), 0);
		usleep_range(100, 5000);
	}
	for (i = 0; i < NR_SENDERS; i++)
		WRITE_ONCE(l[i].stop, true);
	for (i = 0; i < NR_SENDERS; i++) {
		KUNIT_EXPECT_EQ(test, fake_join(task[i]), 0);
		KUNIT_EXPECT_EQ(test, l[i].error, 0);
		KUNIT_EXPECT_GT(test, l[i].sent, 0);
	}
	fake_settle();
	for (i = 0; i < NR_SENDERS; i++) {
		ferry_ep_stats(rx[i]->ep, &stats);
		KUNIT_EXPECT_EQ(test, stats.rx_msgs + stats.drops[FERRY_DROP_QUEUE_FULL],
				l[i].sent);
		KUNIT_EXPECT_EQ(test, rx[i]->nr, stats.rx_msgs);
		KUNIT_EXPECT_EQ(test, rx[i]->bad, 0);
	}
}

static struct kunit_case pm_cases[] = {
	KUNIT_CASE(senders_sleep_on),
	KUNIT_CASE(sender_gives_up_meanwhile),
	KUNIT_CASE(edges_that_were_lost_are_made_up),
	KUNIT_CASE(callback_that_sends_ends_first),
	KUNIT_CASE(answers_wait_in_the_lane),
	KUNIT_CASE(refusal_keeps_it_awake),
	KUNIT_CASE(failed_resume_is_a_crash),
	KUNIT_CASE(crash_waits_for_the_resume),
	KUNIT_CASE(nothing_else_is_done_meanwhile),
	KUNIT_CASE(close_meanwhile),
	KUNIT_CASE(unregister_meanwhile),
	KUNIT_CASE(nothing_is_lost_under_load),
	{}
};

static struct kunit_suite pm_suite = {
	.name = "ferry_pm",
	.test_cases = pm_cases,
};

kunit_test_suite(pm_suite);

MODULE_DESCRIPTION("Ferry: tests of suspend and resume");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
