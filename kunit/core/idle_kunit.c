// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links whose remote sleeps, is quiesced, or is idle and keeps its context.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/pool.h>
#include <linux/module.h>
#include <linux/poll.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define LONG_MS		10000

static int idle(struct fake *f)
{
	return ferry_link_stop_as(f->link, FERRY_STOP_IDLE);
}

static void idle_keeps_all_that_there_is(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS | FAKE_LEND);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct ferry_buf *buf = ferry_buf_alloc(c->ep, 64);

	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(buf));
	fake_give(f, 4);
	fake_fill(buf->vaddr, 64, 1);
	KUNIT_ASSERT_EQ(test, ferry_send_buf(c->ep, buf, 64), 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(f->pool), FAKE_TX_BUFS - 1);
	KUNIT_ASSERT_EQ(test, idle(f), 0);
	FAKE_EXPECT_STATE(test, f, IDLE);
	KUNIT_EXPECT_EQ(test, f->stopped_as, FERRY_STOP_IDLE);
	KUNIT_EXPECT_EQ(test, idle(f), 0);
	KUNIT_EXPECT_EQ(test, f->stops, 1);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->wakes, 1);
	KUNIT_EXPECT_EQ(test, f->starts, 1);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(f->pool), FAKE_TX_BUFS - 1);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 1);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, 1);
	KUNIT_EXPECT_EQ(test, f->channels[0]->closes, 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP);
}

static void idle_looks_full(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_SLEEPS);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *other = fake_open(test, f->link, 1, 0);
	struct fake_sender *s;
	unsigned int looks;

	fake_give(f, 10);
	KUNIT_ASSERT_EQ(test, idle(f), 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EAGAIN);
	s = fake_sender(test, other, 2, 4, LONG_MS);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(c->ep, "late", 4, 50), -ETIMEDOUT);
	looks = f->looks;
	fake_settle();
	KUNIT_EXPECT_EQ(test, f->looks, looks);	/* nobody looks for room */
	KUNIT_EXPECT_FALSE(test, fake_done(s->task));
	KUNIT_EXPECT_EQ(test, f->nr_sent, 0);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_wake(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), 0);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 1);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 3), 0);
}

static void post_and_receive(struct fake *f)
{
	int *ret = f->priv;
	__le32 msg = cpu_to_le32(77);

	*ret = ferry_post(&f->channels[0]->ch, &msg, sizeof(msg));
}

/* The protocol talks to its remote while that falls asleep, wakes, and stops. */
static void protocol_talks_while_clients_may_not(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	int ret = -1;

	f->priv = &ret;
	f->on_stop = post_and_receive;
	f->on_wake = post_and_receive;
	fake_give(f, 10);
	KUNIT_ASSERT_EQ(test, idle(f), 0);
	KUNIT_EXPECT_EQ(test, ret, 0);
	fake_rx(f, 0, 4, 5);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, ferry_link_wake(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 2);
	ret = -1;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 3);
	post_and_receive(f);
	KUNIT_EXPECT_EQ(test, ret, -ENOLINK);
}

static void stop_without_room(struct fake *f)
{
	post_and_receive(f);
	fake_give(f, 1);
}

static void answers_wait_for_room_in_a_stop(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	int ret = -1;

	f->priv = &ret;
	f->on_stop = stop_without_room;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 1);
}

static void sleeping_senders_leave_before_the_stop(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s;

	KUNIT_ASSERT_EQ(test, idle(f), 0);
	s = fake_sender(test, c, 2, 4, LONG_MS);
	KUNIT_EXPECT_EQ(test, ferry_link_stop_as(f->link, FERRY_STOP_QUIESCE), 0);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOLINK);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, f->stopped_as, FERRY_STOP_QUIESCE);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_DOWN);
}

static void context_that_is_lost_opens_anew(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_give(f, 1);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP);
	KUNIT_ASSERT_EQ(test, idle(f), 0);
	f->wake_ret = 1;
	KUNIT_EXPECT_EQ(test, ferry_link_wake(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 2);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, 2);
	KUNIT_EXPECT_EQ(test, f->channels[0]->closes, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_UP);
}

static void what_fails_is_a_crash(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	f->stop_ret = -ETIME;
	KUNIT_EXPECT_EQ(test, idle(f), -ETIME);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_ASSERT_EQ(test, idle(f), 0);
	f->wake_ret = -ETIME;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -ETIME);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	fake_settle();
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 2);
	KUNIT_EXPECT_EQ(test, idle(f), -ENOLINK);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENOLINK);
	/* Nobody says that it sleeps: it starts from nothing. */
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->starts, 3);
}

static void crash_while_idle_is_recovered(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS | FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	KUNIT_ASSERT_EQ(test, idle(f), 0);
	ferry_link_crash(f->link, "test");
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, f->wakes, 0);
	KUNIT_EXPECT_EQ(test, f->starts, 2);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
}

static void crash_it(struct fake *f)
{
	ferry_link_crash(f->link, "test");
}

static void crash_on_the_way_wins(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS);

	f->on_stop = crash_it;
	KUNIT_EXPECT_EQ(test, idle(f), -ENOLINK);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	f->on_stop = NULL;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_ASSERT_EQ(test, idle(f), 0);
	f->on_wake = crash_it;
	KUNIT_EXPECT_EQ(test, ferry_link_wake(f->link), -ENOLINK);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	fake_settle();
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 2);
}

static const enum ferry_stop restful[] = { FERRY_STOP_SLEEP, FERRY_STOP_QUIESCE };

static void rest_desc(const enum ferry_stop *how, char *desc)
{
	strscpy(desc, *how == FERRY_STOP_SLEEP ? "sleep" : "quiesce", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rest, restful, rest_desc);

static void start_wakes_what_sleeps(struct kunit *test)
{
	const enum ferry_stop *how = test->param_value;
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS);

	KUNIT_EXPECT_EQ(test, ferry_link_stop_as(f->link, *how), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, f->stopped_as, *how);
	f->wake_ret = -ETIME;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -ETIME);
	KUNIT_EXPECT_EQ(test, f->stopped_as, FERRY_STOP_OFF);
	f->wake_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->wakes, 2);
	KUNIT_EXPECT_EQ(test, f->starts, 1);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 3);
	KUNIT_EXPECT_EQ(test, ferry_link_stop_as(f->link, FERRY_STOP_OFF), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->wakes, 2);
	KUNIT_EXPECT_EQ(test, f->starts, 2);
}

static void usual_way_is_the_protocols(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS | FAKE_RESTS | FAKE_OFFLINE);

	fake_open(test, f->link, 0, 0);
	/* Before it came up there is nothing to be put to rest. */
	f->start_ret = -EIO;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -EIO);
	KUNIT_EXPECT_EQ(test, f->stopped_as, FERRY_STOP_OFF);
	f->start_ret = 0;
	f->channels[0]->open_ret = -ENOENT;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -ENOENT);
	KUNIT_EXPECT_EQ(test, f->stopped_as, FERRY_STOP_QUIESCE);
	KUNIT_EXPECT_EQ(test, f->starts, 2);
	f->channels[0]->open_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->wakes, 1);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->stopped_as, FERRY_STOP_QUIESCE);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, f->stopped_as, FERRY_STOP_QUIESCE);
	KUNIT_EXPECT_EQ(test, f->wakes, 2);
}

/* One that has an rproc can be stopped in each way, too. */
static void rproc_stops_in_each_way(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS | FAKE_RESTS | FAKE_OFFLINE |
				     FAKE_BOOTS | FAKE_LOADED | FAKE_PARENT);
	const enum ferry_stop ways[] = { FERRY_STOP_SLEEP, FERRY_STOP_OFF, FERRY_STOP_QUIESCE };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		KUNIT_EXPECT_EQ(test, idle(f), 0);
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		KUNIT_EXPECT_EQ(test, ferry_link_stop_as(f->link, ways[i]), 0);
		FAKE_EXPECT_STATE(test, f, OFFLINE);
		KUNIT_EXPECT_EQ(test, f->stopped_as, ways[i]);
	}
	/* It was asleep, then off. */
	KUNIT_EXPECT_EQ(test, f->starts, 2);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->stopped_as, FERRY_STOP_QUIESCE);
}

static void what_others_left_asleep_is_woken(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS | FAKE_OFFLINE);

	KUNIT_EXPECT_EQ(test, ferry_link_wake(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_wake(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->wakes, 1);
	KUNIT_EXPECT_EQ(test, f->starts, 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
}

static void who_cannot_says_so(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);

	KUNIT_EXPECT_EQ(test, idle(f), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_link_stop_as(f->link, FERRY_STOP_SLEEP), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_link_stop_as(f->link, FERRY_STOP_CRASHED), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_link_wake(f->link), -EOPNOTSUPP);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, ferry_link_stop_as(f->link, FERRY_STOP_OFF), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
}

static void idle_link_opens_nothing(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_SLEEPS);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *late = fake_client(test);

	KUNIT_ASSERT_EQ(test, idle(f), 0);
	KUNIT_EXPECT_EQ(test, fake_client_open(late, f->link, 1, 0), -EAGAIN);
	fake_close(c);
	KUNIT_EXPECT_EQ(test, f->channels[0]->closes, 1);
	KUNIT_EXPECT_EQ(test, ferry_link_wake(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_client_open(late, f->link, 1, 0), 0);
}

static void idle_link_goes_away(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s;

	KUNIT_ASSERT_EQ(test, idle(f), 0);
	s = fake_sender(test, c, 2, 4, LONG_MS);
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENODEV);
	KUNIT_EXPECT_EQ(test, f->stops, 2);
	KUNIT_EXPECT_EQ(test, f->stopped_as, FERRY_STOP_OFF);
}

static const char * const words[] = { "idle", "wake", "sleep", "start", "quiesce", "wake", "off" };
static const char * const ends[] = {
	"idle", "running", "offline", "running", "offline", "running", "offline",
};

static void sysfs_says_and_does_it(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SLEEPS);
	char state[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		KUNIT_EXPECT_EQ_MSG(test, fake_file_write("/sys/class/ferry/fake/state", words[i]),
				    strlen(words[i]), "%s", words[i]);
		KUNIT_ASSERT_GT(test, fake_file_read("/sys/class/ferry/fake/state", state,
						     sizeof(state)), 0);
		KUNIT_EXPECT_STREQ_MSG(test, strim(state), ends[i], "after %s", words[i]);
	}
	KUNIT_EXPECT_EQ(test, f->wakes, 3);
}

static struct kunit_case idle_cases[] = {
	KUNIT_CASE(idle_keeps_all_that_there_is),
	KUNIT_CASE(idle_looks_full),
	KUNIT_CASE(protocol_talks_while_clients_may_not),
	KUNIT_CASE(answers_wait_for_room_in_a_stop),
	KUNIT_CASE(sleeping_senders_leave_before_the_stop),
	KUNIT_CASE(context_that_is_lost_opens_anew),
	KUNIT_CASE(what_fails_is_a_crash),
	KUNIT_CASE(crash_while_idle_is_recovered),
	KUNIT_CASE(crash_on_the_way_wins),
	KUNIT_CASE_PARAM(start_wakes_what_sleeps, rest_gen_params),
	KUNIT_CASE(usual_way_is_the_protocols),
	KUNIT_CASE(rproc_stops_in_each_way),
	KUNIT_CASE(what_others_left_asleep_is_woken),
	KUNIT_CASE(who_cannot_says_so),
	KUNIT_CASE(idle_link_opens_nothing),
	KUNIT_CASE(idle_link_goes_away),
	KUNIT_CASE(sysfs_says_and_does_it),
	{}
};

static struct kunit_suite idle_suite = {
	.name = "ferry_idle",
	.test_cases = idle_cases,
};
kunit_test_suite(idle_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: tests of links that sleep");
MODULE_LICENSE("GPL");
