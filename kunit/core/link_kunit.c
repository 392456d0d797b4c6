// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links: their states, crashes at every moment, and going away in mid-flight.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/region.h>
#include <linux/module.h>
#include <linux/poll.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define LONG_MS		10000

static void alloc_refuses_what_cannot_be(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	const struct ferry_link_ops no_start = { .stop = f->link_ops.stop };
	const struct ferry_link_ops no_stop = { .start = f->link_ops.start };
	const struct ferry_link_ops half = {
		.start = f->link_ops.start, .stop = f->link_ops.stop,
		.release_channel = (void *)alloc_refuses_what_cannot_be,
	};
	const struct ferry_link_cfg bad[] = {
		{ .ops = &f->link_ops, .addr_bits = 32 },
		{ .name = "", .ops = &f->link_ops, .addr_bits = 32 },
		{ .name = "x", .addr_bits = 32 },
		{ .name = "x", .ops = &no_start, .addr_bits = 32 },
		{ .name = "x", .ops = &no_stop, .addr_bits = 32 },
		{ .name = "x", .ops = &half, .addr_bits = 32 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(ferry_link_alloc(NULL, &bad[i])), -EINVAL,
				    "config %u", i);
	for (i = 0; i <= 65; i += 65) {
		struct ferry_link_cfg wide = { .name = "x", .ops = &f->link_ops, .addr_bits = i };

		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(ferry_link_alloc(NULL, &wide)), -EINVAL,
				    "%u bits", i);
	}
}

/* Ways to stop, the usual one, and whether it can be woken. */
static void alloc_refuses_ways_that_lead_nowhere(struct kunit *test)
{
	static const struct {
		unsigned long stops;
		unsigned int rest;
		bool wakes;
	} bad[] = {
		{ BIT(FERRY_STOP_IDLE), 0, false },
		{ 0, 0, true },
		{ BIT(FERRY_STOP_CRASHED), 0, true },
		{ BIT(FERRY_STOP_OFF), 0, true },
		{ BIT(FERRY_NR_STOPS), 0, true },
		{ BIT(FERRY_STOP_IDLE), FERRY_STOP_SLEEP, true },
		{ BIT(FERRY_STOP_IDLE), FERRY_STOP_IDLE, true },
		{ BIT(FERRY_STOP_IDLE), FERRY_STOP_CRASHED, true },
		{ BIT(FERRY_STOP_IDLE), FERRY_NR_STOPS, true },
		{ 0, FERRY_STOP_SLEEP, false },
	};
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	const struct ferry_link_ops wakes = {
		.start = f->link_ops.start, .stop = f->link_ops.stop, .wake = f->link_ops.start,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct ferry_link_cfg cfg = {
			.name = "x", .ops = bad[i].wakes ? &wakes : &f->link_ops,
			.addr_bits = 32, .stops = bad[i].stops, .rest = bad[i].rest,
		};

		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(ferry_link_alloc(NULL, &cfg)), -EINVAL,
				    "config %u", i);
	}
}

static void taken_names_get_a_number(struct kunit *test)
{
	struct fake *f[3];
	struct ferry_link *link;
	unsigned int i;

	for (i = 0; i < 3; i++)
		f[i] = fake_create(test, 0, 1, FAKE_OFFLINE);
	KUNIT_EXPECT_STREQ(test, ferry_link_name(f[0]->link), "fake");
	KUNIT_EXPECT_STREQ(test, ferry_link_name(f[1]->link), "fake1");
	KUNIT_EXPECT_STREQ(test, ferry_link_name(f[2]->link), "fake2");
	link = ferry_link_get("fake1");
	KUNIT_EXPECT_PTR_EQ(test, link, f[1]->link);
	ferry_link_put(link);
	fake_unregister(f[1]);
	KUNIT_EXPECT_PTR_EQ(test, ferry_link_get("fake1"), NULL);
	KUNIT_EXPECT_PTR_EQ(test, ferry_link_get("fake3"), NULL);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f[1]->link), -ENODEV);
}

static void start_and_stop_count(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	unsigned int i;

	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->stops, 0);
	for (i = 1; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		FAKE_EXPECT_STATE(test, f, RUNNING);
		KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), i);
		KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
		KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
		FAKE_EXPECT_STATE(test, f, OFFLINE);
		KUNIT_EXPECT_EQ(test, f->starts, i);
		KUNIT_EXPECT_EQ(test, f->stops, i);
	}
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 0);
}

static void clients_learn_of_start_and_stop(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_give(f, 10);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENOLINK);
	FAKE_EXPECT_EVENTS(test, c);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->channels[0]->closes, 1);
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), -ENOLINK);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_DOWN);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_DOWN, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
}

static void start_that_fails_leaves_it_offline(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_OFFLINE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_open(test, f->link, 1, 0);
	f->start_ret = -EIO;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -EIO);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, f->stops, 1);
	f->start_ret = 0;
	f->channels[1]->open_ret = -EPROTO;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -EPROTO);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, f->stops, 2);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, 1);
	KUNIT_EXPECT_EQ(test, f->channels[0]->closes, 1);
	KUNIT_EXPECT_EQ(test, f->channels[1]->closes, 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENOLINK);
	FAKE_EXPECT_EVENTS(test, c);
	f->channels[1]->open_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
}

static void stop_that_fails_is_a_crash(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	f->stop_ret = -EBUSY;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EBUSY);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ_MSG(test, ferry_link_start(f->link), -EBUSY, "stopped first");
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 2);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, f->channels[0]->closes + 1);
}

static void crash_of_what_does_not_run_is_harmless(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);

	ferry_link_crash(f->link, "test");
	fake_settle();
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	ferry_link_crash(f->link, "test");
	ferry_link_crash(f->link, "test, again");
	fake_settle();
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	ferry_link_crash(f->link, "test, and again");
	fake_settle();
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, f->stops, 0);
}

static void crash_wakes_all_and_restart_heals(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *d = fake_open(test, f->link, 1, 0);
	struct fake_sender *s[3];
	unsigned int i;

	s[0] = fake_sender(test, c, 1, 4, LONG_MS);
	s[1] = fake_sender(test, c, 2, 4, LONG_MS);
	s[2] = fake_sender(test, d, 3, 4, LONG_MS);
	KUNIT_EXPECT_EQ(test, fake_trysend(d, 4), -EAGAIN);
	ferry_link_crash(f->link, "test");
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, fake_join(s[i]->task), -ENOLINK);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, d->tx_ready, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(d, 4), -ENOLINK);
	KUNIT_EXPECT_EQ(test, fake_send(d, 4), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_flow(d->ep, false), -EOPNOTSUPP);
	fake_give(f, 10);
	KUNIT_EXPECT_EQ(test, fake_trysend(d, 4), -ENOLINK);

	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, fake_trysend(d, 4), 0);
	KUNIT_EXPECT_EQ(test, fake_send(c, 5), 0);
	fake_rx(f, 0, 4, 8);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, 2);
	KUNIT_EXPECT_EQ(test, f->channels[0]->closes, 1);
}

/* The work of the crash has not run yet when the link is started again. */
static void restart_at_once_is_whole(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i;

	fake_give(f, 100);
	for (i = 1; i < 10; i++) {
		ferry_link_crash(f->link, "test");
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		FAKE_EXPECT_COUNT(test, f->crashed_stops, i);
		fake_settle();
		FAKE_EXPECT_COUNT(test, f->crashed_stops, i);
		KUNIT_EXPECT_EQ(test, fake_trysend(c, i), 0);
		FAKE_EXPECT_STATE(test, f, RUNNING);
	}
}

static void crash_it(struct fake *f)
{
	ferry_link_crash(f->link, "test");
}

static void crash_it_and_wait(struct fake *f)
{
	crash_it(f);
	fake_settle();
}

static void crash_in_start_fails_it(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i;

	fake_give(f, 10);
	for (i = 1; i <= 2; i++) {
		f->on_start = i == 1 ? crash_it : crash_it_and_wait;
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -ENOLINK);
		fake_settle();
		FAKE_EXPECT_STATE(test, f, CRASHED);
		FAKE_EXPECT_COUNT(test, f->crashed_stops, i);
		KUNIT_EXPECT_EQ(test, f->stops, 0);
		KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENOLINK);
	}
	f->on_start = NULL;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, f->channels[0]->closes + 1);
}

static void crash_in_stop_is_void(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_settle();
	f->on_stop = crash_it;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_DOWN);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_settle();
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
}

static void crash_in_irq(void *arg)
{
	crash_it(arg);
}

static void crash_in_xmit(struct fake *f, struct ferry_channel *ch)
{
	crash_it(f);
}

static void crash_from_hard_irq(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);

	fake_in_irq(test, crash_in_irq, f);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOLINK);
	fake_settle();
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
}

static void crash_under_the_lock_of_a_txq(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_give(f, 5);
	f->on_xmit = crash_in_xmit;
	fake_trysend(c, 1);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 2), -ENOLINK);
	f->on_xmit = NULL;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 3), 0);
}

static void crash_while_polling(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	f->on_take = crash_in_xmit;
	fake_rx(f, 0, 4, 1);
	fake_rx(f, 0, 4, 2);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	fake_rx(f, 0, 4, 3);
	fake_settle();
	KUNIT_EXPECT_LE_MSG(test, c->nr, 2, "nothing is taken from a crashed link");
	f->on_take = NULL;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 3));
}

/* With the remote stopped, its memory may be gone: nobody looks at it. */
static void nothing_touches_a_stopped_remote(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, FAKE_OFFLINE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_open(test, f->link, 1, FERRY_EP_ATOMIC);
	fake_rx(f, 0, 4, 1);
	fake_settle();
	KUNIT_EXPECT_EQ(test, f->rearms, 0);
	KUNIT_EXPECT_EQ(test, f->rx_tail, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	fake_settle();
	f->rearms = 0;
	fake_rx(f, 0, 4, 1);
	fake_close(c);
	fake_settle();
	KUNIT_EXPECT_EQ(test, f->rearms, 0);
	KUNIT_EXPECT_EQ(test, f->rx_tail, 1);
}

static bool stop_saw_claim;

static void stop_looks(struct fake *f)
{
	stop_saw_claim = READ_ONCE(f->inside);
}

static int long_sends(void *arg)
{
	struct fake_client *c = arg;
	u8 *msg = kzalloc(FAKE_MTU, GFP_KERNEL);
	int ret;

	if (!msg)
		return -ENOMEM;
	do
		ret = ferry_send(c->ep, msg, FAKE_MTU);
	while (!ret);
	kfree(msg);
	return ret;
}

static void stop_waits_for_claims(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_task *t;
	unsigned int i;

	fake_give(f, 1000000);
	f->on_stop = stop_looks;
	for (i = 0; i < 10; i++) {
		t = fake_run(test, long_sends, c);
		msleep(20);
		if (i % 2) {
			KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
		} else {
			ferry_link_crash(f->link, "test");
			fake_settle();
		}
		KUNIT_EXPECT_FALSE(test, stop_saw_claim);
		KUNIT_EXPECT_EQ(test, fake_join(t), -ENOLINK);
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	}
}

static void unregister_makes_orphans(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 2, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *a = fake_open(test, f->link, 1, FERRY_EP_ATOMIC);
	struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);
	struct ferry_id id = { .number = 2 };
	struct ferry_ep_cfg cfg = {};
	struct ferry_stats stats;

	KUNIT_EXPECT_EQ(test, fake_trysend(a, 1), -EAGAIN);
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENODEV);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, f->stops, 1);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_GONE);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENODEV);
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), -ENODEV);
	KUNIT_EXPECT_EQ(test, ferry_flow(c->ep, true), -ENODEV);
	KUNIT_EXPECT_EQ(test, ferry_rx_now(a->ep), -ENODEV);
	KUNIT_EXPECT_EQ(test, ferry_mtu(c->ep), 0);
	KUNIT_EXPECT_EQ(test, (__force int)ferry_poll(c->ep, NULL, NULL),
			(__force int)EPOLLHUP);
	ferry_resume(c->ep);
	ferry_ep_stats(c->ep, &stats);
	KUNIT_EXPECT_EQ(test, stats.stalls, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_open(f->link, &id, &cfg)), -ENODEV);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -ENODEV);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, f->channels[0]->closes);
}

static void unregister_of_a_crashed_link_stops_it(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_settle();
	ferry_link_crash(f->link, "test");
	fake_unregister(f);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENODEV);
	/* The crash may be told before, where another CPU is faster; but only what is newest is. */
	fake_settle();
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->events) >= 2 &&
					   c->event[c->events - 1] == FERRY_EVENT_GONE));
	KUNIT_EXPECT_LE(test, c->events, 3);
	KUNIT_EXPECT_EQ(test, c->event[0], FERRY_EVENT_UP);
	if (c->events == 3)
		KUNIT_EXPECT_EQ(test, c->event[1], FERRY_EVENT_CRASHED);
}

static void orphan_of_a_channel_hears_no_more(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, 0);
	struct fake_client *c = fake_open(test, f->link, 1, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);

	fake_settle();
	ferry_channel_unregister(&f->channels[1]->ch);
	kfree(f->channels[1]);
	f->channels[1] = NULL;
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENODEV);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENODEV);
	KUNIT_EXPECT_EQ(test, fake_client_open(fake_client(test), f->link, 1, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_GONE);
}

static void channels_must_be_what_they_can(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_OFFLINE);
	static const struct ferry_channel_ops none;
	const struct ferry_channel good = {
		.name = "x", .number = 9, .cls = FERRY_CLASS_GP, .mtu = 16, .rx_copy = 16,
		.ops = &f->channel_ops, .txq = &f->txq, .rxq = &f->rxq,
	};
	struct ferry_channel *ch = kunit_kzalloc(test, sizeof(*ch), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ch);
	for (i = 0; i < 5; i++) {
		*ch = good;
		if (i == 0)
			ch->ops = NULL;
		else if (i == 1)
			ch->ops = &none;
		else if (i == 2)
			ch->cls = FERRY_NR_CLASSES;
		else if (i == 3)
			ch->mtu = FAKE_MTU + 1;
		else
			ch->rx_copy = FAKE_MTU + 1;
		KUNIT_EXPECT_EQ_MSG(test, ferry_channel_register(f->link, ch), -EINVAL, "%u", i);
	}
	*ch = good;
	memset(ch->name, 'x', sizeof(ch->name));
	KUNIT_EXPECT_EQ(test, ferry_channel_register(f->link, ch), -EINVAL);
	*ch = good;
	ch->txq = NULL;
	ch->rxq = NULL;
	KUNIT_EXPECT_EQ(test, ferry_channel_register(f->link, ch), -EINVAL);
	*ch = good;
	ch->name[0] = '\0';
	ch->number = FERRY_ANY_NUMBER;
	KUNIT_EXPECT_EQ(test, ferry_channel_register(f->link, ch), -EINVAL);
	*ch = good;
	strscpy(ch->name, "fake1", sizeof(ch->name));
	ch->number = 1;
	KUNIT_EXPECT_EQ(test, ferry_channel_register(f->link, ch), -EEXIST);
	ch->number = 3;
	KUNIT_EXPECT_EQ(test, ferry_channel_register(f->link, ch), 0);
	ferry_channel_unregister(ch);
}

static void regions_are_checked(struct kunit *test)
{
	static const struct {
		u64 remote, size;
		int ret;
	} row[] = {
		{ 0x1000, 0x1000, 0 },
		{ 0x1000, 0x1000, -EEXIST },
		{ 0x1fff, 1, -EEXIST },
		{ 0x0, 0x1001, -EEXIST },
		{ 0x0, 0x10000, -EEXIST },
		{ 0x1800, 0x10, -EEXIST },
		{ 0x0, 0x1000, 0 },
		{ 0x2000, 0x1000, 0 },
		{ 0xffffffff, 1, -ERANGE },
		{ 0xfffff000, 0x1000, -ERANGE },
		{ 0x100000000, 1, -ERANGE },
		{ 0xffffefff, 0x1001, -ERANGE },
		{ 0xfffffffffffff000, 0xfff, -ERANGE },
		{ 0xffffe000, 0x1000, 0 },
	};
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct ferry_region *region[ARRAY_SIZE(row)];
	u8 *mem = kunit_kzalloc(test, 0x10000, GFP_KERNEL);
	unsigned int i;
	u64 a;

	KUNIT_ASSERT_NOT_NULL(test, mem);
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		region[i] = ferry_region_from_memory(mem, row[i].remote, row[i].size);
		KUNIT_ASSERT_FALSE(test, IS_ERR(region[i]));
		KUNIT_EXPECT_EQ_MSG(test, ferry_link_add_region(f->link, region[i]), row[i].ret,
				    "row %u", i);
	}
	KUNIT_EXPECT_PTR_EQ(test, ferry_link_to_cpu(f->link, 0x1000, 0x1000), (void *)mem);
	KUNIT_EXPECT_PTR_EQ(test, ferry_link_to_cpu(f->link, 0x1fff, 1), (void *)mem + 0xfff);
	KUNIT_EXPECT_PTR_EQ(test, ferry_link_to_cpu(f->link, 0xffffefff, 1), (void *)mem + 0xfff);
	/* Across two regions, and everything that wraps. */
	KUNIT_EXPECT_PTR_EQ(test, ferry_link_to_cpu(f->link, 0x1000, 0x1001), NULL);
	KUNIT_EXPECT_PTR_EQ(test, ferry_link_to_cpu(f->link, 0x3000, 1), NULL);
	KUNIT_EXPECT_PTR_EQ(test, ferry_link_to_cpu(f->link, 0x1800, U64_MAX), NULL);
	KUNIT_EXPECT_PTR_EQ(test, ferry_link_to_cpu(f->link, U64_MAX, 2), NULL);
	KUNIT_EXPECT_PTR_EQ(test, ferry_link_to_cpu(f->link, 0x100001000, 1), NULL);
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		if (!row[i].ret) {
			ferry_link_remove_region(f->link, region[i]);
			for (a = 0; a < 0x3000; a += 0x1000)
				if (row[i].remote == a)
					KUNIT_EXPECT_PTR_EQ(test, ferry_link_to_cpu(f->link, a, 1),
							    NULL);
		}
		ferry_region_put(region[i]);
	}
}

static void sysfs_starts_and_stops(struct kunit *test)
{
	static const char state[] = "/sys/class/ferry/fake/state";
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	char buf[64] = "";

	if (fake_file_read(state, buf, sizeof(buf)) == -ENOENT)
		kunit_skip(test, "no sysfs here");
	KUNIT_EXPECT_STREQ(test, buf, "offline\n");
	KUNIT_EXPECT_EQ(test, fake_file_write(state, "start\n"), 6);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, fake_file_write(state, "jump\n"), -EINVAL);
	ferry_link_crash(f->link, "the test");
	fake_file_read(state, buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "crashed\n");
	fake_file_read("/sys/class/ferry/fake/crash_reason", buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "the test\n");
	KUNIT_EXPECT_EQ(test, fake_file_write(state, "start\n"), 6);
	fake_file_read("/sys/class/ferry/fake/epoch", buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "2\n");
	KUNIT_EXPECT_EQ(test, fake_file_write(state, "stop"), 4);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	f->start_ret = -EIO;
	KUNIT_EXPECT_EQ(test, fake_file_write(state, "start\n"), -EIO);
}

static struct kunit_case link_cases[] = {
	KUNIT_CASE(alloc_refuses_what_cannot_be),
	KUNIT_CASE(alloc_refuses_ways_that_lead_nowhere),
	KUNIT_CASE(taken_names_get_a_number),
	KUNIT_CASE(start_and_stop_count),
	KUNIT_CASE(clients_learn_of_start_and_stop),
	KUNIT_CASE(start_that_fails_leaves_it_offline),
	KUNIT_CASE(stop_that_fails_is_a_crash),
	KUNIT_CASE(crash_of_what_does_not_run_is_harmless),
	KUNIT_CASE(crash_wakes_all_and_restart_heals),
	KUNIT_CASE(restart_at_once_is_whole),
	KUNIT_CASE(crash_in_start_fails_it),
	KUNIT_CASE(crash_in_stop_is_void),
	KUNIT_CASE(crash_from_hard_irq),
	KUNIT_CASE(crash_under_the_lock_of_a_txq),
	KUNIT_CASE(crash_while_polling),
	KUNIT_CASE(nothing_touches_a_stopped_remote),
	KUNIT_CASE(stop_waits_for_claims),
	KUNIT_CASE(unregister_makes_orphans),
	KUNIT_CASE(unregister_of_a_crashed_link_stops_it),
	KUNIT_CASE(orphan_of_a_channel_hears_no_more),
	KUNIT_CASE(channels_must_be_what_they_can),
	KUNIT_CASE(regions_are_checked),
	KUNIT_CASE(sysfs_starts_and_stops),
	{}
};

static struct kunit_suite link_suite = {
	.name = "ferry_link",
	.test_cases = link_cases,
};

kunit_test_suite(link_suite);

MODULE_DESCRIPTION("Ferry: tests of links");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
