// SPDX-License-Identifier: GPL-2.0-only
/* Channels that the remote opens and closes, and those that appear late. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "fake.h"

static void announce(struct fake *f, u32 number, bool on)
{
	ferry_channel_announce(&f->channels[number]->ch, on);
	fake_settle();
}

#define EXPECT_OPENED(test, f, number, opens_, closes_)				\
	do {									\
		KUNIT_EXPECT_EQ(test, (f)->channels[number]->opens, opens_);	\
		KUNIT_EXPECT_EQ(test, (f)->channels[number]->closes, closes_);	\
	} while (0)

static void what_is_offered_is_opened_for_its_endpoint(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_REMOTE | FAKE_OFFLINE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_give(f, 10);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EPIPE);
	FAKE_EXPECT_EVENTS(test, c);
	announce(f, 1, true);
	EXPECT_OPENED(test, f, 0, 0, 0);
	EXPECT_OPENED(test, f, 1, 0, 0);
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 1, 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	fake_rx(f, 0, 8, 5);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	fake_close(c);
	EXPECT_OPENED(test, f, 0, 1, 1);
}

static void what_the_remote_closes_is_closed(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_REMOTE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 8, 10000);

	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 1, 0);
	KUNIT_EXPECT_FALSE(test, fake_done(s->task));
	announce(f, 0, false);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -EPIPE);
	EXPECT_OPENED(test, f, 0, 1, 1);
	fake_give(f, 10);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EPIPE);
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), -EPIPE);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CLOSED);
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 2, 1);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CLOSED, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 1);
}

static void offered_again_was_closed_in_between(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_REMOTE);
	struct fake_client *c;

	announce(f, 0, true);
	c = fake_open(test, f->link, 0, 0);
	EXPECT_OPENED(test, f, 0, 1, 0);
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 2, 1);
	ferry_channel_announce(&f->channels[0]->ch, false);
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 3, 2);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
}

static void what_is_said_of_one_is_nothing_to_others(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_REMOTE);

	announce(f, 0, true);
	fake_open(test, f->link, 0, 0);
	announce(f, 1, true);
	EXPECT_OPENED(test, f, 0, 1, 0);
	announce(f, 0, false);
	announce(f, 1, false);
	EXPECT_OPENED(test, f, 0, 1, 1);
	announce(f, 0, true);
	announce(f, 1, true);
	EXPECT_OPENED(test, f, 0, 2, 1);
	EXPECT_OPENED(test, f, 1, 0, 0);
}

/* We open first, and the remote follows: that is one opening. */
static void the_first_offer_after_ours_is_the_same_opening(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_REMOTE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 1, 0);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	fake_close(c);
	announce(f, 0, false);
	c = fake_open(test, f->link, 0, 0);
	EXPECT_OPENED(test, f, 0, 2, 1);
	/* Closed, and never offered: the handshake of a remote that gave up. */
	announce(f, 0, false);
	EXPECT_OPENED(test, f, 0, 2, 2);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EPIPE);
}

/* What of that is the same opening, and what is another one. */
static void only_the_first_offer_after_ours_is_the_same(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 3, FAKE_REMOTE);

	fake_open(test, f->link, 0, 0);
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 1, 0);
	announce(f, 2, true);
	EXPECT_OPENED(test, f, 0, 1, 0);
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 2, 1);

	/* Nobody looked before it had closed and was back: that is not the first. */
	fake_open(test, f->link, 1, 0);
	ferry_channel_announce(&f->channels[1]->ch, true);
	ferry_channel_announce(&f->channels[1]->ch, false);
	announce(f, 1, true);
	EXPECT_OPENED(test, f, 1, 2, 1);
}

/* It is there, whatever the remote does. */
static void what_is_not_the_remotes_is_only_watched(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_give(f, 10);
	announce(f, 0, true);
	announce(f, 0, true);
	announce(f, 0, false);
	EXPECT_OPENED(test, f, 0, 1, 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP);
}

/* The protocol says that it is up to the remote: the endpoint is there, and waits. */
static void a_channel_in_progress_is_opened_when_it_is_offered(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_REMOTE);
	struct fake_client *c;

	f->channels[0]->open_ret = -EINPROGRESS;
	c = fake_open(test, f->link, 0, 0);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EPIPE);
	/* Taken back before we came to it. */
	announce(f, 0, true);
	announce(f, 0, false);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EPIPE);
	FAKE_EXPECT_EVENTS(test, c);
	f->channels[0]->open_ret = 0;
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 1, 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	fake_close(c);
	EXPECT_OPENED(test, f, 0, 1, 1);

	/* One that was never opened is not closed. */
	f->channels[0]->open_ret = -EINPROGRESS;
	announce(f, 0, false);
	fake_close(fake_open(test, f->link, 0, 0));
	EXPECT_OPENED(test, f, 0, 1, 1);
}

/* Where the remote has no say, that is an error as any other. */
static void a_channel_of_ours_cannot_be_in_progress(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_client(test);

	f->channels[0]->open_ret = -EINPROGRESS;
	KUNIT_EXPECT_EQ(test, fake_client_open(c, f->link, 0, 0), -EINPROGRESS);
}

static void only_the_newest_counts(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_REMOTE);
	unsigned int i;

	fake_open(test, f->link, 0, 0);
	announce(f, 0, true);
	for (i = 0; i < 1000; i++) {
		ferry_channel_announce(&f->channels[0]->ch, false);
		ferry_channel_announce(&f->channels[0]->ch, true);
	}
	fake_settle();
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, f->channels[0]->closes + 1);
	KUNIT_EXPECT_GE(test, f->channels[0]->opens, 2);
	ferry_channel_announce(&f->channels[0]->ch, true);
	announce(f, 0, false);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, f->channels[0]->closes);
}

static void an_offer_that_cannot_be_opened_waits_for_the_next(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_REMOTE | FAKE_OFFLINE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	f->channels[0]->open_ret = -ETIMEDOUT;
	announce(f, 0, true);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EPIPE);
	EXPECT_OPENED(test, f, 0, 0, 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	f->channels[0]->open_ret = 0;
	announce(f, 1, true);
	EXPECT_OPENED(test, f, 0, 0, 0);
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 1, 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP);
}

static void nothing_is_offered_after_a_stop(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_REMOTE | FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s;

	announce(f, 0, true);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENOLINK);
	EXPECT_OPENED(test, f, 0, 1, 1);
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 1, 1);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_settle();
	EXPECT_OPENED(test, f, 0, 1, 1);
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 2, 1);
	s = fake_sender(test, c, 1, 8, 10000);
	fake_settle();
	ferry_link_crash(f->link, "test");
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOLINK);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	EXPECT_OPENED(test, f, 0, 2, 2);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EPIPE);
	announce(f, 0, true);
	EXPECT_OPENED(test, f, 0, 3, 2);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_DOWN, FERRY_EVENT_UP,
			   FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
}

struct announcer {
	struct fake *f;
	struct kunit *test;
	bool stop;
	unsigned int rounds;
};

static void announce_both(void *arg)
{
	struct announcer *a = arg;
	unsigned int i;

	for (i = 0; i < 2; i++)
		ferry_channel_announce(&a->f->channels[i]->ch, (a->rounds + i) % 3);
}

static int announce_on(void *arg)
{
	struct announcer *a = arg;

	for (; !READ_ONCE(a->stop); a->rounds++) {
		announce_both(a);
		usleep_range(50, 500);
	}
	return 0;
}

static void offers_flip_while_endpoints_come_and_go(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, FAKE_REMOTE);
	struct announcer a = { .f = f, .test = test };
	struct fake_client *c = fake_client(test);
	struct fake_task *t = fake_run(test, announce_on, &a);
	unsigned int i;

	fake_give(f, 1000);
	fake_open(test, f->link, 0, 0);
	for (i = 0; i < 200; i++) {
		int ret;

		KUNIT_EXPECT_EQ(test, fake_client_open(c, f->link, 1, 0), 0);
		ret = fake_trysend(c, i);
		KUNIT_EXPECT_TRUE_MSG(test, !ret || ret == -EPIPE, "%d", ret);
		usleep_range(50, 500);
		fake_close(c);
		if (i % 50 == 49)
			KUNIT_EXPECT_EQ(test, ferry_link_restart(f->link), 0);
	}
	WRITE_ONCE(a.stop, true);
	fake_join(t);
	KUNIT_EXPECT_GT(test, a.rounds, 10);
	fake_in_irq(test, announce_both, &a);
	fake_settle();
	for (i = 0; i < 2; i++)
		announce(f, i, false);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, f->channels[0]->closes);
	KUNIT_EXPECT_EQ(test, f->channels[1]->opens, f->channels[1]->closes);
}

static int open_late(void *arg)
{
	struct fake_client *c = arg;
	struct fake *f = c->priv;

	return fake_client_open(c, f->link, 1, 0);
}

static void open_waits_for_a_channel_to_appear(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_APPEARS);
	struct fake_client *c = fake_client(test);
	unsigned long start = jiffies;
	struct fake_task *t;

	c->priv = f;
	KUNIT_EXPECT_EQ(test, fake_client_open(c, f->link, 1, 0), -ENOENT);
	KUNIT_EXPECT_GE(test, jiffies - start, msecs_to_jiffies(1000));
	t = fake_run(test, open_late, c);
	fake_settle();
	fake_appear(test, f, 0);
	fake_settle();
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	fake_appear(test, f, 1);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
}

static void waiting_for_a_channel_ends_early(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_APPEARS);
	struct fake_client *c = fake_client(test);
	struct fake_task *t;

	c->priv = f;
	t = fake_run(test, open_late, c);
	fake_settle();
	fake_signal(t);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ERESTARTSYS);
	t = fake_run(test, open_late, c);
	fake_settle();
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ENODEV);
}

static struct kunit_case announce_cases[] = {
	KUNIT_CASE(what_is_offered_is_opened_for_its_endpoint),
	KUNIT_CASE(what_the_remote_closes_is_closed),
	KUNIT_CASE(offered_again_was_closed_in_between),
	KUNIT_CASE(what_is_said_of_one_is_nothing_to_others),
	KUNIT_CASE(the_first_offer_after_ours_is_the_same_opening),
	KUNIT_CASE(only_the_first_offer_after_ours_is_the_same),
	KUNIT_CASE(what_is_not_the_remotes_is_only_watched),
	KUNIT_CASE(a_channel_in_progress_is_opened_when_it_is_offered),
	KUNIT_CASE(a_channel_of_ours_cannot_be_in_progress),
	KUNIT_CASE(only_the_newest_counts),
	KUNIT_CASE(an_offer_that_cannot_be_opened_waits_for_the_next),
	KUNIT_CASE(nothing_is_offered_after_a_stop),
	KUNIT_CASE(offers_flip_while_endpoints_come_and_go),
	KUNIT_CASE(open_waits_for_a_channel_to_appear),
	KUNIT_CASE(waiting_for_a_channel_ends_early),
	{}
};

static struct kunit_suite announce_suite = {
	.name = "ferry_announce",
	.test_cases = announce_cases,
};

kunit_test_suite(announce_suite);

MODULE_DESCRIPTION("Ferry: tests of channels that the remote offers");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
