// SPDX-License-Identifier: GPL-2.0-only
/*
 * The place where senders meet: who is served, when, and that nobody is forgotten.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

/* Every limit is far beyond what a test takes. */
#define LONG_MS		10000

static void expect_sent(struct kunit *test, struct fake *f, const u32 *seq, unsigned int n)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, f->nr_sent, n);
	for (i = 0; i < min(n, f->nr_sent); i++)
		KUNIT_EXPECT_EQ_MSG(test, f->sent[i].seq, seq[i], "message %u", i);
}

#define EXPECT_SENT(test, f, ...)						\
	do {									\
		static const u32 seq[] = { __VA_ARGS__ };			\
		expect_sent(test, f, seq, ARRAY_SIZE(seq));			\
	} while (0)

static void join_all(struct kunit *test, struct fake_sender **s, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ_MSG(test, fake_join(s[i]->task), 0, "sender %u", i);
}

static void no_room_is_eagain(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EAGAIN);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 2), 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 3), -EAGAIN);
	EXPECT_SENT(test, f, 2);
}

static void trysend_failed_tells_once(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 0);
	fake_give(f, 2);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 1);
	ferry_txq_ready(&f->txq);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 2), 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 3), 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 4), -EAGAIN);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 2);
}

static void sleepers_keep_their_order(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s[4];
	unsigned int i;

	for (i = 0; i < 4; i++)
		s[i] = fake_sender(test, c, i, 4, LONG_MS);
	fake_give(f, 1);
	msleep(20);
	EXPECT_SENT(test, f, 0);
	fake_give(f, 3);
	join_all(test, s, 4);
	EXPECT_SENT(test, f, 0, 1, 2, 3);
}

static void channels_are_served_in_turn(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 3, 0);
	struct fake_sender *s[9];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct fake_client *c = fake_open(test, f->link, i, 0);
		unsigned int j;

		for (j = 0; j < 3; j++)
			s[3 * i + j] = fake_sender(test, c, 10 * i + j, 4, LONG_MS);
	}
	fake_give(f, 9);
	join_all(test, s, 9);
	EXPECT_SENT(test, f, 0, 10, 20, 1, 11, 21, 2, 12, 22);
}

static void high_speed_goes_first(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *hs = fake_open(test, f->link, 0, 0);
	struct fake_client *gp = fake_open(test, f->link, 1, 0);
	struct fake_sender *s[4];

	s[0] = fake_sender(test, gp, 10, 4, LONG_MS);
	s[1] = fake_sender(test, gp, 11, 4, LONG_MS);
	s[2] = fake_sender(test, hs, 1, 4, LONG_MS);
	s[3] = fake_sender(test, hs, 2, 4, LONG_MS);
	fake_give(f, 4);
	join_all(test, s, 4);
	EXPECT_SENT(test, f, 1, 2, 10, 11);
}

static void general_is_not_starved(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *hs = fake_open(test, f->link, 0, 0);
	struct fake_client *gp = fake_open(test, f->link, 1, 0);
	struct fake_sender *s[20];
	unsigned int i;

	s[0] = fake_sender(test, gp, 100, 4, LONG_MS);
	s[1] = fake_sender(test, gp, 101, 4, LONG_MS);
	for (i = 2; i < 20; i++)
		s[i] = fake_sender(test, hs, i, 4, LONG_MS);
	fake_give(f, 20);
	join_all(test, s, 20);
	EXPECT_SENT(test, f, 2, 3, 4, 5, 6, 7, 8, 9, 100, 10, 11, 12, 13, 14, 15, 16, 17, 101,
		    18, 19);
}

struct one_try {
	struct fake_client *c;
	u32 seq;
	int ret;
};

static void one_try(void *arg)
{
	struct one_try *t = arg;

	t->ret = fake_trysend(t->c, t->seq);
}

static void trysend_from_hard_irq(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct one_try t = { .c = fake_open(test, f->link, 0, 0), .seq = 7 };

	fake_in_irq(test, one_try, &t);
	KUNIT_EXPECT_EQ(test, t.ret, -EAGAIN);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, t.c->tx_ready, 1);
	fake_in_irq(test, one_try, &t);
	KUNIT_EXPECT_EQ(test, t.ret, 0);
	EXPECT_SENT(test, f, 7);
}

/* Room, and no event of it yet: those who wait are still first. */
static void quiet_room(struct fake *f, unsigned int n)
{
	atomic_add(n, &f->room);
}

static void trysend_never_overtakes_its_channel(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);

	quiet_room(f, 2);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 2), -EAGAIN);
	fake_give(f, 0);
	join_all(test, &s, 1);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 3), 0);
	EXPECT_SENT(test, f, 1, 3);
}

static void trysend_overtakes_only_lower_classes(struct kunit *test)
{
	struct fake *f = fake_create(test, 2, 2, 0);
	struct fake_client *hs0 = fake_open(test, f->link, 0, 0);
	struct fake_client *hs1 = fake_open(test, f->link, 1, 0);
	struct fake_client *gp0 = fake_open(test, f->link, 2, 0);
	struct fake_client *gp1 = fake_open(test, f->link, 3, 0);
	struct fake_sender *s[2];

	s[0] = fake_sender(test, gp0, 20, 4, LONG_MS);
	quiet_room(f, 4);
	KUNIT_EXPECT_EQ_MSG(test, fake_trysend(hs1, 1), 0, "a general one sleeps");
	KUNIT_EXPECT_EQ_MSG(test, fake_trysend(gp1, 2), 0, "same class, other channel");
	atomic_set(&f->room, 0);
	s[1] = fake_sender(test, hs0, 10, 4, LONG_MS);
	quiet_room(f, 4);
	KUNIT_EXPECT_EQ_MSG(test, fake_trysend(gp1, 3), -EAGAIN, "high-speed sleeps");
	fake_give(f, 0);
	join_all(test, s, 2);
	EXPECT_SENT(test, f, 1, 2, 10, 20);
}

static void trysend_overtakes_only_so_often(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *hs = fake_open(test, f->link, 0, 0);
	struct fake_client *gp = fake_open(test, f->link, 1, 0);
	struct fake_sender *s = fake_sender(test, gp, 20, 4, LONG_MS);
	unsigned int i;

	quiet_room(f, 20);
	for (i = 0; i < FERRY_HS_WEIGHT; i++)
		KUNIT_EXPECT_EQ(test, fake_trysend(hs, i), 0);
	KUNIT_EXPECT_EQ(test, f->nr_sent, FERRY_HS_WEIGHT);
	KUNIT_EXPECT_EQ_MSG(test, fake_trysend(hs, i), -EAGAIN, "the sleeper has his turn");
	join_all(test, &s, 1);
	KUNIT_EXPECT_EQ(test, f->nr_sent, FERRY_HS_WEIGHT + 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(hs, i), 0);
}

static void sender_without_room_times_out(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s[2];

	s[0] = fake_sender(test, c, 1, 4, 100);
	s[1] = fake_sender(test, c, 2, 4, LONG_MS);
	KUNIT_EXPECT_EQ(test, fake_join(s[0]->task), -ETIMEDOUT);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_join(s[1]->task), 0);
	EXPECT_SENT(test, f, 2);
}

static void signal_ends_the_wait(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s[2];

	s[0] = fake_sender(test, c, 1, 4, LONG_MS);
	s[1] = fake_sender(test, c, 2, 4, LONG_MS);
	fake_signal(s[0]->task);
	KUNIT_EXPECT_EQ(test, fake_join(s[0]->task), -ERESTARTSYS);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_join(s[1]->task), 0);
	EXPECT_SENT(test, f, 2);
}

/*
 * The first of two gives up at the moment when room comes: the other must get it,
 * or both would sleep beside an empty queue.
 */
static void who_gives_up_passes_the_turn_on(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s[2];
	unsigned int i, sent, len;

	for (i = 0; i < 20; i++) {
		sent = f->nr_sent;
		len = i < 10 ? 4 : FERRY_COPY_MAX + 1;	/* who sends, and who is woken */
		s[0] = fake_sender(test, c, 1, len, 100);
		s[1] = fake_sender(test, c, 2, len, LONG_MS);
		if (i % 2) {
			msleep(60);	/* 20 and 20 have passed */
			fake_give(f, 1);
		} else {
			fake_signal(s[0]->task);
			fake_give(f, 1);
		}
		fake_join(s[0]->task);
		if (!s[0]->task->ret)
			fake_give(f, 1);
		KUNIT_ASSERT_EQ_MSG(test, fake_join(s[1]->task), 0, "round %u", i);
		KUNIT_ASSERT_EQ(test, f->nr_sent - sent, s[0]->task->ret ? 1 : 2);
	}
}

static void channel_error_passes_the_turn_on(struct kunit *test)
{
	static const int errors[] = { -EPIPE, -EMSGSIZE, -EAGAIN };
	struct fake *f = fake_create(test, 0, 2, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *d = fake_open(test, f->link, 1, 0);
	struct fake_sender *s[2];
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(errors); i++) {
		int error = errors[i / 2];

		s[0] = fake_sender(test, c, 1, i % 2 ? FERRY_COPY_MAX + 1 : 4, 1000);
		s[1] = fake_sender(test, d, 2, 4, LONG_MS);
		f->channels[0]->xmit_ret = error;
		fake_give(f, 1);
		KUNIT_EXPECT_TRUE_MSG(test, FERRY_WAIT(fake_done(s[1]->task)), "error %d", error);
		KUNIT_EXPECT_EQ(test, fake_join(s[1]->task), 0);
		KUNIT_EXPECT_EQ(test, fake_join(s[0]->task),
				error == -EAGAIN ? -ETIMEDOUT : error);
		f->channels[0]->xmit_ret = 0;
	}
	EXPECT_SENT(test, f, 2, 2, 2, 2, 2, 2);
}

static void errors_of_xmit_reach_the_sender(struct kunit *test)
{
	static const int errors[] = { -EPIPE, -EMSGSIZE };
	struct fake *f = fake_create(test, 0, 1, FAKE_STAGE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i;

	fake_give(f, 10);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		f->channels[0]->xmit_ret = errors[i];
		KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), errors[i]);
		KUNIT_EXPECT_EQ(test, fake_send(c, 1), errors[i]);
		f->channels[0]->xmit_ret = 0;
		f->channels[0]->stage_ret = errors[i];
		KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), errors[i]);
		KUNIT_EXPECT_EQ(test, fake_send(c, 1), errors[i]);
		f->channels[0]->stage_ret = 0;
	}
	KUNIT_EXPECT_EQ(test, f->nr_sent, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->staged), 0);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 0);
}

static void staged_is_sent_or_unstaged(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_STAGE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s[3];

	KUNIT_EXPECT_EQ(test, fake_trysend(c, 9), -EAGAIN);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->staged), 0);
	s[0] = fake_sender(test, c, 1, 4, LONG_MS);
	s[1] = fake_sender(test, c, 2, 4, 100);
	KUNIT_EXPECT_EQ(test, fake_join(s[1]->task), -ETIMEDOUT);
	s[2] = fake_sender(test, c, 3, 4, LONG_MS);
	/* Who sleeps keeps what it took: whoever finds room sends it. */
	KUNIT_EXPECT_EQ(test, atomic_read(&f->staged), 2);
	fake_signal(s[2]->task);
	KUNIT_EXPECT_EQ(test, fake_join(s[2]->task), -ERESTARTSYS);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_join(s[0]->task), 0);
	s[0] = fake_sender(test, c, 4, 4, LONG_MS);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_join(s[0]->task), -ENOLINK);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->staged), 0);
	EXPECT_SENT(test, f, 1);
}

static void no_buffer_to_stage_waits(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_STAGE | FAKE_SILENT);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s;

	fake_give(f, 5);
	f->channels[0]->stage_ret = -EAGAIN;
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EAGAIN);
	s = fake_sender(test, c, 2, 4, LONG_MS);
	KUNIT_EXPECT_FALSE(test, fake_done(s->task));
	WRITE_ONCE(f->channels[0]->stage_ret, 0);
	join_all(test, &s, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->staged), 0);
	EXPECT_SENT(test, f, 2);
}

static void silent_room_is_looked_for_only_while_somebody_waits(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_SILENT);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s;
	unsigned int looks;

	msleep(50);
	KUNIT_EXPECT_EQ(test, f->looks, 0);
	s = fake_sender(test, c, 1, 4, LONG_MS);
	looks = f->looks;
	msleep(50);
	/* At most every 2 ms, and not much more often than that. */
	KUNIT_EXPECT_GE(test, f->looks - looks, 10);
	KUNIT_EXPECT_LE(test, f->looks - looks, 60);
	fake_give(f, 1);
	join_all(test, &s, 1);
	msleep(20);
	looks = f->looks;
	msleep(50);
	KUNIT_EXPECT_EQ(test, f->looks, looks);

	KUNIT_EXPECT_EQ(test, fake_trysend(c, 2), -EAGAIN);
	fake_give(f, 1);
	FERRY_WAIT(READ_ONCE(c->tx_ready));
	msleep(20);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 1);
	looks = f->looks;
	msleep(50);
	KUNIT_EXPECT_EQ(test, f->looks, looks);
}

static void events_make_looking_unnecessary(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);
	unsigned int looks = f->looks;
	unsigned long start = jiffies;

	msleep(100);
	KUNIT_EXPECT_LE(test, f->looks - looks, (jiffies - start) / HZ + 1);
	fake_give(f, 1);
	join_all(test, &s, 1);
	KUNIT_EXPECT_FALSE(test, f->armed);
}

/* A remote that makes room and rings for nobody, or whose doorbell was lost. */
static void room_whose_event_is_lost_is_found(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);
	unsigned int looks;

	atomic_inc(&f->room);
	join_all(test, &s, 1);
	EXPECT_SENT(test, f, 1);

	KUNIT_EXPECT_EQ(test, fake_trysend(c, 2), -EAGAIN);
	atomic_inc(&f->room);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->tx_ready) == 1));
	msleep(20);
	looks = f->looks;
	msleep(2000);
	KUNIT_EXPECT_EQ(test, f->looks, looks);
}

static void nobody_left_disarms(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s = fake_sender(test, c, 1, 4, 50);

	KUNIT_EXPECT_TRUE(test, f->armed);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, f->armed);
}

/* A queue that claims to have room and takes nothing must not become a storm. */
static void room_that_is_none_is_no_storm(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s;
	unsigned int xmits;

	f->lies = true;
	s = fake_sender(test, c, 1, 4, LONG_MS);
	xmits = f->xmits;
	msleep(100);
	KUNIT_EXPECT_GE(test, f->xmits - xmits, 10);
	KUNIT_EXPECT_LE(test, f->xmits - xmits, 200);
	fake_give(f, 1);
	join_all(test, &s, 1);
}

static void who_was_stopped_stands_in_nobodys_way(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *hs = fake_open(test, f->link, 0, 0);
	struct fake_client *gp = fake_open(test, f->link, 1, 0);
	struct fake_sender *s;
	unsigned int looks, i;

	fake_give(f, 20);
	ferry_channel_flow(&f->channels[0]->ch, false);
	s = fake_sender(test, hs, 100, 4, LONG_MS);
	KUNIT_EXPECT_FALSE(test, fake_done(s->task));
	KUNIT_EXPECT_EQ(test, fake_trysend(hs, 101), -EAGAIN);
	looks = f->looks;
	msleep(50);
	KUNIT_EXPECT_EQ_MSG(test, f->looks, looks, "no room is wanted");
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, fake_trysend(gp, i), 0);
	KUNIT_EXPECT_EQ(test, hs->tx_ready, 0);
	ferry_channel_flow(&f->channels[0]->ch, true);
	join_all(test, &s, 1);
	KUNIT_EXPECT_EQ(test, hs->tx_ready, 1);
	EXPECT_SENT(test, f, 0, 1, 2, 3, 4, 100);
}

static void stopped_while_it_sleeps_waits_on(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *hs = fake_open(test, f->link, 0, 0);
	struct fake_client *gp = fake_open(test, f->link, 1, 0);
	struct fake_sender *s[3];

	s[0] = fake_sender(test, hs, 1, 4, LONG_MS);
	s[1] = fake_sender(test, hs, 2, 4, 200);
	s[2] = fake_sender(test, gp, 3, 4, LONG_MS);
	ferry_channel_flow(&f->channels[0]->ch, false);
	fake_give(f, 5);
	KUNIT_EXPECT_EQ(test, fake_join(s[2]->task), 0);
	KUNIT_EXPECT_EQ(test, fake_join(s[1]->task), -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, fake_done(s[0]->task));
	KUNIT_EXPECT_FALSE(test, f->armed);
	ferry_channel_flow(&f->channels[0]->ch, true);
	join_all(test, s, 1);
	EXPECT_SENT(test, f, 3, 1);
}

struct depth {
	unsigned int now;
	unsigned int max;
};

static void send_long_when_ready(struct fake_client *c)
{
	struct depth *depth = c->priv;
	static u8 msg[FERRY_COPY_MAX + 1];

	depth->max = max(depth->max, ++depth->now);
	c->answer = ferry_trysend(c->ep, msg, sizeof(msg));
	depth->now--;
}

/* Each long send ends a claim, and that serves the next endpoint ... */
static void tx_ready_does_not_recurse(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 24, 0);
	struct fake_client *c[24];
	struct depth depth = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(c); i++) {
		c[i] = fake_open(test, f->link, i, 0);
		c[i]->priv = &depth;
		c[i]->on_tx_ready = send_long_when_ready;
		KUNIT_EXPECT_EQ(test, fake_trysend(c[i], i), -EAGAIN);
	}
	fake_give(f, 100);
	KUNIT_EXPECT_EQ(test, f->nr_sent, ARRAY_SIZE(c));
	KUNIT_EXPECT_EQ(test, depth.max, 1);
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		KUNIT_EXPECT_EQ(test, c[i]->tx_ready, 1);
		KUNIT_EXPECT_EQ(test, c[i]->answer, 0);
	}
}

static void kick_follows_each_send(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct ferry_stats stats;

	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, f->kicks, 0);
	fake_give(f, 3);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	KUNIT_EXPECT_EQ(test, f->kicks, 1);
	KUNIT_EXPECT_EQ(test, fake_send(c, 2), 0);
	KUNIT_EXPECT_EQ(test, f->kicks, 2);
	ferry_link_stats(f->link, &stats);
	KUNIT_EXPECT_EQ(test, stats.doorbells, 2);
	KUNIT_EXPECT_EQ(test, stats.tx_msgs, 2);
	KUNIT_EXPECT_EQ(test, stats.tx_bytes, 8);
	KUNIT_EXPECT_EQ(test, stats.stalls, 1);
}

struct bulk {
	struct fake_client *c;
	unsigned int n;
	u32 len;
};

static int bulk_send(void *arg)
{
	struct bulk *b = arg;
	u8 *msg = kmalloc(b->len, GFP_KERNEL);
	unsigned int i;
	int ret = 0;

	if (!msg)
		return -ENOMEM;
	for (i = 0; i < b->n && !ret; i++) {
		fake_fill(msg, b->len, i);
		ret = ferry_send_timeout(b->c->ep, msg, b->len, LONG_MS);
	}
	kfree(msg);
	return ret;
}

/* More than FERRY_COPY_MAX bytes are copied without the lock: nobody may come in. */
static void claim_keeps_others_out(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 2, 0);
	struct bulk b[3];
	struct fake_task *t[3];
	unsigned int i, next[3] = {};

	for (i = 0; i < 3; i++)
		b[i].c = fake_open(test, f->link, i, 0);
	for (i = 0; i < 3; i++) {
		b[i].n = 150;
		b[i].len = i == 1 ? 64 : 4097 + 4000 * i;
		t[i] = fake_run(test, bulk_send, &b[i]);
	}
	for (i = 0; i < 450; i += 5) {
		fake_give(f, 5);
		if (i % 50 == 0)
			usleep_range(500, 1500);
	}
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), 0);
	KUNIT_EXPECT_EQ(test, f->intrusions, 0);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 450);
	for (i = 0; i < f->nr_sent; i++)
		KUNIT_EXPECT_EQ(test, f->sent[i].seq, next[f->sent[i].channel]++);
}

struct intruder {
	struct hrtimer timer;
	struct fake_client *c;
	unsigned int tries;
	bool stop;
};

static enum hrtimer_restart intrude(struct hrtimer *timer)
{
	struct intruder *in = container_of(timer, struct intruder, timer);

	in->tries++;
	fake_trysend(in->c, 1);
	if (READ_ONCE(in->stop))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ns_to_ktime(15 * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

/* The same from interrupts, on one CPU. */
static void claim_keeps_interrupts_out(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct intruder *in = kunit_kzalloc(test, sizeof(*in), GFP_KERNEL);
	struct bulk b = { .c = fake_open(test, f->link, 1, 0), .n = 800, .len = FAKE_MTU };

	KUNIT_ASSERT_NOT_NULL(test, in);
	in->c = fake_open(test, f->link, 0, 0);
	fake_give(f, 1000000);
	ferry_hrtimer_setup(&in->timer, intrude, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&in->timer, 0, HRTIMER_MODE_REL_HARD);
	KUNIT_EXPECT_EQ(test, bulk_send(&b), 0);
	WRITE_ONCE(in->stop, true);
	while (hrtimer_active(&in->timer))
		msleep(20);
	KUNIT_EXPECT_EQ(test, f->intrusions, 0);
	KUNIT_EXPECT_GT(test, in->tries, 1);
}

/* Who found no room is not tried again before something has changed. */
static void event_tries_each_channel_once(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *d = fake_open(test, f->link, 1, 0);
	struct fake_sender *s[6];
	unsigned int i, xmits;

	for (i = 0; i < 3; i++)
		s[i] = fake_sender(test, c, i, 4, LONG_MS);
	for (; i < 6; i++)
		s[i] = fake_sender(test, d, i, 4, LONG_MS);
	f->channels[0]->xmit_ret = -EAGAIN;
	f->channels[1]->xmit_ret = -EAGAIN;
	xmits = f->xmits;
	ferry_txq_ready(&f->txq);
	KUNIT_EXPECT_GE(test, f->xmits - xmits, 2);
	KUNIT_EXPECT_LE(test, f->xmits - xmits, 4);
	f->channels[0]->xmit_ret = 0;
	f->channels[1]->xmit_ret = 0;
	fake_give(f, 6);
	join_all(test, s, 6);
}

static struct kunit_case txq_cases[] = {
	KUNIT_CASE(no_room_is_eagain),
	KUNIT_CASE(trysend_failed_tells_once),
	KUNIT_CASE(sleepers_keep_their_order),
	KUNIT_CASE(channels_are_served_in_turn),
	KUNIT_CASE(high_speed_goes_first),
	KUNIT_CASE(general_is_not_starved),
	KUNIT_CASE(trysend_from_hard_irq),
	KUNIT_CASE(trysend_never_overtakes_its_channel),
	KUNIT_CASE(trysend_overtakes_only_lower_classes),
	KUNIT_CASE(trysend_overtakes_only_so_often),
	KUNIT_CASE(sender_without_room_times_out),
	KUNIT_CASE(signal_ends_the_wait),
	KUNIT_CASE(who_gives_up_passes_the_turn_on),
	KUNIT_CASE(channel_error_passes_the_turn_on),
	KUNIT_CASE(errors_of_xmit_reach_the_sender),
	KUNIT_CASE(staged_is_sent_or_unstaged),
	KUNIT_CASE(no_buffer_to_stage_waits),
	KUNIT_CASE(silent_room_is_looked_for_only_while_somebody_waits),
	KUNIT_CASE(events_make_looking_unnecessary),
	KUNIT_CASE(room_whose_event_is_lost_is_found),
	KUNIT_CASE(nobody_left_disarms),
	KUNIT_CASE(room_that_is_none_is_no_storm),
	KUNIT_CASE(who_was_stopped_stands_in_nobodys_way),
	KUNIT_CASE(stopped_while_it_sleeps_waits_on),
	KUNIT_CASE(tx_ready_does_not_recurse),
	KUNIT_CASE(kick_follows_each_send),
	KUNIT_CASE(claim_keeps_others_out),
	KUNIT_CASE(claim_keeps_interrupts_out),
	KUNIT_CASE(event_tries_each_channel_once),
	{}
};

static struct kunit_suite txq_suite = {
	.name = "ferry_txq",
	.test_cases = txq_cases,
};

kunit_test_suite(txq_suite);

MODULE_DESCRIPTION("Ferry: tests of the place where senders meet");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
