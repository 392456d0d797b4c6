// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control lane: answers made while receiving never wait, and are never lost.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define STUCK_MS	1000	/* then the link crashes */

static int post(struct fake *f, u32 channel, u32 seq)
{
	__le32 msg = cpu_to_le32(seq);

	return ferry_post(&f->channels[channel]->ch, &msg, sizeof(msg));
}

static void expect_in_order(struct kunit *test, struct fake *f, unsigned int n)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, f->nr_sent, n);
	for (i = 0; i < min(n, f->nr_sent); i++)
		KUNIT_EXPECT_EQ(test, f->sent[i].seq, i);
}

static void post_with_room_is_sent_at_once(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);

	fake_give(f, 2);
	KUNIT_EXPECT_EQ(test, post(f, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, post(f, 0, 1), 0);
	expect_in_order(test, f, 2);
	KUNIT_EXPECT_EQ(test, f->kicks, 2);
}

static void post_says_what_it_cannot(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	static const u8 msg[FERRY_LANE_MSG + 1];

	KUNIT_EXPECT_EQ(test, ferry_post(&f->channels[0]->ch, msg, sizeof(msg)), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, post(f, 0, 0), -ENOLINK);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_post(&f->channels[0]->ch, msg, sizeof(msg) - 1), 0);
	fake_give(f, 2);
	f->channels[0]->xmit_ret = -EPIPE;
	KUNIT_EXPECT_EQ(test, post(f, 0, 0), -EPIPE);
	f->channels[0]->xmit_ret = 0;
	KUNIT_EXPECT_EQ(test, f->nr_sent, 1);
	KUNIT_EXPECT_EQ(test, f->sent[0].len, FERRY_LANE_MSG);
}

static void post_without_lane_is_refused(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct ferry_txq txq = {};
	struct ferry_channel ch = { .txq = &txq };

	KUNIT_EXPECT_EQ(test, ferry_post(&ch, "x", 1), -EOPNOTSUPP);
	ch.txq = NULL;
	KUNIT_EXPECT_EQ(test, ferry_post(&ch, "x", 1), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 0);
}

static void posts_wait_in_order_and_go_first(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *hs = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, hs, 5, 4, 10000);
	unsigned int i;

	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, post(f, 1, i), 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(hs, 99), -EAGAIN);
	fake_give(f, 3);
	KUNIT_EXPECT_EQ(test, fake_trysend(hs, 98), -EAGAIN);
	expect_in_order(test, f, 3);
	fake_give(f, 3);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), 0);
	expect_in_order(test, f, 6);
}

/* Each event brings room for one only: it must be asked for again and again. */
static void posts_alone_ask_for_room(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	unsigned int i;

	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, post(f, 0, i), 0);
	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_TRUE_MSG(test, f->armed, "before %u", i);
		fake_give(f, 1);
	}
	expect_in_order(test, f, 10);
	KUNIT_EXPECT_FALSE(test, f->armed);
}

static void silent_room_is_looked_for(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SILENT);
	unsigned int i;

	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, post(f, 0, i), 0);
	for (i = 0; i < 10; i++) {
		fake_give(f, 1);
		msleep(20);
	}
	expect_in_order(test, f, 10);
	i = f->looks;
	msleep(20);
	KUNIT_EXPECT_EQ(test, f->looks, i);
}

static void bad_post_does_not_stop_the_lane(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, 0);
	struct ferry_stats stats;

	KUNIT_EXPECT_EQ(test, post(f, 0, 77), 0);
	KUNIT_EXPECT_EQ(test, post(f, 1, 0), 0);
	f->channels[0]->xmit_ret = -EPIPE;
	fake_give(f, 2);
	expect_in_order(test, f, 1);
	f->channels[0]->xmit_ret = 0;
	ferry_link_stats(f->link, &stats);
	KUNIT_EXPECT_EQ_MSG(test, stats.drops[FERRY_DROP_POST], 1, "lost, and counted");
}

static int post_in_start, send_in_start;

static void greet(struct fake *f)
{
	post_in_start = post(f, 0, f->starts);
	send_in_start = fake_trysend(f->priv, 77);
}

/* A protocol answers its remote's hello in start; clients have to wait until it runs. */
static void posts_go_while_it_starts(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	unsigned int i;

	f->priv = fake_open(test, f->link, 0, 0);
	f->on_start = greet;
	fake_give(f, 1);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		KUNIT_EXPECT_EQ(test, post_in_start, 0);
		KUNIT_EXPECT_EQ(test, send_in_start, -ENOLINK);
		/* The first found room, the second one waits for it, beyond the start. */
		KUNIT_EXPECT_EQ(test, f->nr_sent, i < 2 ? 1 : 3);
		if (i == 1) {
			fake_give(f, 3);
			KUNIT_EXPECT_EQ(test, f->nr_sent, 2);
		}
		KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
		KUNIT_EXPECT_EQ(test, post(f, 0, 0), -ENOLINK);
	}
}

/* Every message taken is answered, in the poll that takes it. */
static void answer(struct fake *f, struct ferry_channel *ch)
{
	__le32 msg = cpu_to_le32(f->rx_tail);
	int ret = ferry_post(ch, &msg, sizeof(msg));

	KUNIT_EXPECT_EQ(f->test, ret, 0);
}

/* True when so many came, or never will. */
static bool received(struct fake *f, struct fake_client *c, unsigned int n)
{
	return FERRY_WAIT(READ_ONCE(c->nr) >= n ||
			  ferry_link_state(f->link) != FERRY_STATE_RUNNING);
}

/* False: it took so long that the link did what it has to with a lane that is stuck. */
static bool fill_lane(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i, nr[2], tail;
	ktime_t start = ktime_get();

	f->on_take = answer;
	for (i = 0; i < 200; i++)
		fake_rx(f, 0, 4, i);
	KUNIT_EXPECT_TRUE(test, received(f, c, FERRY_LANE_SLOTS));
	msleep(20);
	nr[0] = c->nr;
	tail = f->rx_tail;
	fake_give(f, 10);
	KUNIT_EXPECT_TRUE(test, received(f, c, FERRY_LANE_SLOTS + 10));
	msleep(20);
	nr[1] = c->nr;
	fake_give(f, 500);
	KUNIT_EXPECT_TRUE(test, received(f, c, 200));
	if (ferry_link_state(f->link) != FERRY_STATE_RUNNING &&
	    ktime_ms_delta(ktime_get(), start) >= STUCK_MS) {
		fake_unregister(f);
		return false;
	}
	KUNIT_EXPECT_EQ(test, nr[0], FERRY_LANE_SLOTS);
	KUNIT_EXPECT_EQ(test, tail, FERRY_LANE_SLOTS);
	KUNIT_EXPECT_EQ(test, nr[1], FERRY_LANE_SLOTS + 10);
	expect_in_order(test, f, 200);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	return true;
}

static void full_lane_stops_receiving(struct kunit *test)
{
	unsigned int tries = 0;

	while (!fill_lane(test))
		KUNIT_ASSERT_LT_MSG(test, ++tries, 20, "this machine has too much other work");
}

static int post_wait(struct fake *f, unsigned int ms)
{
	__le32 msg = cpu_to_le32(f->rx_tail);

	return ferry_post_wait(&f->channels[0]->ch, &msg, sizeof(msg), ms);
}

/* Both: what nobody asked for has one half, and does not take the room of answers. */
static void half_of_the_lane_is_for_answers(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i;

	for (i = 0; i < FERRY_LANE_SLOTS / 2; i++)
		KUNIT_EXPECT_EQ(test, post_wait(f, 0), 0);
	KUNIT_EXPECT_EQ(test, post_wait(f, 20), -ENOBUFS);
	f->on_take = answer;	/* expects that each answer is taken */
	for (i = 0; i < FERRY_LANE_SLOTS / 2; i++)
		fake_rx(f, 0, 4, i);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, FERRY_LANE_SLOTS / 2));
	KUNIT_EXPECT_EQ(test, post(f, 0, 0), -ENOBUFS);
	fake_give(f, FERRY_LANE_SLOTS / 2 + 1);
	KUNIT_EXPECT_EQ(test, post_wait(f, 20), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_give(f, FERRY_LANE_SLOTS);
}

struct poster {
	struct fake *f;
	bool stop;
};

static int post_much(void *arg)
{
	struct poster *p = arg;
	int ret = 0;

	while (!READ_ONCE(p->stop) && (!ret || ret == -ENOBUFS)) {
		ret = post_wait(p->f, 0);
		usleep_range(50, 100);
	}
	return ret == -ENOBUFS ? 0 : ret;
}

/* Answers find room while others post as much as they can. */
static void answers_find_slots_whoever_posts(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct poster p = { .f = f };
	struct fake_task *t[3];
	unsigned int i;

	f->on_take = answer;
	for (i = 0; i < ARRAY_SIZE(t); i++)
		t[i] = fake_run(test, post_much, &p);
	for (i = 0; i < 1000; i++) {
		fake_rx(f, 0, 4, i);
		if (i % 10 == 9) {
			fake_give(f, 40);
			usleep_range(100, 200);
		}
	}
	atomic_set(&f->room, 1000000);
	ferry_txq_ready(&f->txq);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1000));
	WRITE_ONCE(p.stop, true);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), 0);
}

/* The same where interrupts, a thread and ferry_rx_now() take messages. */
static void answers_find_slots_whoever_polls(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *a = fake_open(test, f->link, 1, FERRY_EP_ATOMIC);
	unsigned int i;

	f->on_take = answer;
	for (i = 0; i < 400; i++) {
		fake_rx(f, i % 2, 4, i);
		if (i % 3 == 0)
			ferry_rx_now(a->ep);
		if (i % 50 == 49) {
			fake_give(f, 37);
			msleep(20);
		}
	}
	fake_give(f, 500);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 200));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(a, 200));
	expect_in_order(test, f, 400);
}

/* @f->link runs after @ms; false: that cannot be said, as more than a second has passed. */
static bool runs_after(struct kunit *test, struct fake *f, unsigned int ms)
{
	ktime_t start = ktime_get();
	enum ferry_state state;

	msleep(ms);
	state = ferry_link_state(f->link);
	if (state != FERRY_STATE_RUNNING && ktime_ms_delta(ktime_get(), start) >= STUCK_MS - 50) {
		fake_unregister(f);
		return false;
	}
	KUNIT_EXPECT_EQ_MSG(test, state, FERRY_STATE_RUNNING, "full for %u ms only", ms);
	return true;
}

/* As runs_after(). */
static bool lane_sticks(struct kunit *test, struct fake *f)
{
	unsigned int i;

	for (i = 0; i < FERRY_LANE_SLOTS; i++)
		KUNIT_EXPECT_EQ(test, post(f, 0, i), 0);
	KUNIT_EXPECT_EQ(test, post(f, 0, i), -ENOBUFS);
	if (!runs_after(test, f, 900))
		return false;
	fake_give(f, 1);
	if (post(f, 0, i) && ferry_link_state(f->link) != FERRY_STATE_RUNNING) {
		fake_unregister(f);
		return false;
	}
	if (!runs_after(test, f, 700))
		return false;
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_link_state(f->link) == FERRY_STATE_CRASHED));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(post(f, 0, 0) == -ENOLINK));
	return true;
}

static void lane_stuck_for_1_s_crashes(struct kunit *test)
{
	unsigned int tries = 0;
	struct fake *f;

	while (!lane_sticks(test, f = fake_create(test, 0, 1, 0)))
		KUNIT_ASSERT_LT_MSG(test, ++tries, 20, "this machine has too much other work");

	/* Nothing of it is sent in the next life. */
	atomic_set(&f->room, 10);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	ferry_txq_ready(&f->txq);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 1);
	KUNIT_EXPECT_EQ(test, post(f, 0, 1), 0);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 2);
}

static void unregistered_channel_is_forgotten(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, 0);
	unsigned int i;

	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, post(f, i % 2, i / 2), 0);
	ferry_channel_unregister(&f->channels[1]->ch);
	kfree(f->channels[1]);
	f->channels[1] = NULL;
	fake_give(f, 20);
	expect_in_order(test, f, 5);
}

static void released_channel_is_forgotten(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_DEMAND);
	struct fake_client *c = fake_open(test, f->link, 1, 0);

	KUNIT_EXPECT_EQ(test, post(f, 1, 0), 0);
	fake_close(c);
	KUNIT_EXPECT_PTR_EQ(test, f->channels[1], NULL);
	fake_give(f, 20);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 0);
}

static struct kunit_case lane_cases[] = {
	KUNIT_CASE(post_with_room_is_sent_at_once),
	KUNIT_CASE(post_says_what_it_cannot),
	KUNIT_CASE(post_without_lane_is_refused),
	KUNIT_CASE(posts_wait_in_order_and_go_first),
	KUNIT_CASE(posts_alone_ask_for_room),
	KUNIT_CASE(silent_room_is_looked_for),
	KUNIT_CASE(bad_post_does_not_stop_the_lane),
	KUNIT_CASE(half_of_the_lane_is_for_answers),
	KUNIT_CASE(answers_find_slots_whoever_posts),
	KUNIT_CASE(posts_go_while_it_starts),
	KUNIT_CASE(full_lane_stops_receiving),
	KUNIT_CASE(answers_find_slots_whoever_polls),
	KUNIT_CASE(lane_stuck_for_1_s_crashes),
	KUNIT_CASE(unregistered_channel_is_forgotten),
	KUNIT_CASE(released_channel_is_forgotten),
	{}
};

static struct kunit_suite lane_suite = {
	.name = "ferry_lane",
	.test_cases = lane_cases,
};

kunit_test_suite(lane_suite);

MODULE_DESCRIPTION("Ferry: tests of the control lane");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
