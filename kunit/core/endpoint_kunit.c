// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoints: what a client sees, over a loop.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/loop.h>
#include <linux/module.h>
#include <linux/poll.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define MTU		16384
#define DEPTH		8
#define NR_HS		2
#define NR_GP		2
#define LONG_MS		10000

struct endpoint_fixture {
	struct ferry_loop *loop;
	struct ferry_link *a;
	struct ferry_link *b;
};

static void endpoint_destroy(void *arg)
{
	struct endpoint_fixture *f = arg;

	if (f->loop)
		ferry_loop_destroy(f->loop);
	f->loop = NULL;
}

static int endpoint_init(struct kunit *test)
{
	static const struct ferry_loop_cfg cfg = {
		.name = "loop", .nr_hs = NR_HS, .nr_gp = NR_GP, .depth = DEPTH, .mtu = MTU,
	};
	struct endpoint_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	f->loop = ferry_loop_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(f->loop));
	ferry_defer(test, endpoint_destroy, f);
	f->a = ferry_loop_link(f->loop, 0);
	f->b = ferry_loop_link(f->loop, 1);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->a), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->b), 0);
	return 0;
}

static int send_bytes(struct fake_client *c, size_t len, u32 seq, bool try)
{
	u8 *msg = kmalloc(max_t(size_t, len, 1), GFP_KERNEL);
	int ret;

	if (!msg)
		return -ENOMEM;
	fake_fill(msg, len, seq);
	if (try)
		ret = ferry_trysend(c->ep, msg, len);
	else
		ret = ferry_send(c->ep, msg, len);
	kfree(msg);
	return ret;
}

static void send_arrives_whole(struct kunit *test)
{
	static const size_t sizes[] = { 0, 1, 64, 4095, 4096, 4097, MTU - 1, MTU };
	struct endpoint_fixture *f = test->priv;
	unsigned int flags, number, try, n;
	size_t i;

	for (flags = 0; flags <= FERRY_EP_ATOMIC; flags += FERRY_EP_ATOMIC)
		for (number = 0; number < NR_HS + NR_GP; number++) {
			struct fake_client *tx = fake_open(test, f->a, number, 0);
			struct fake_client *rx = fake_open(test, f->b, number, flags);

			for (n = i = 0; i < ARRAY_SIZE(sizes); i++)
				for (try = 0; try < 2; try++) {
					if (flags && sizes[i] > 4096)
						continue;
					KUNIT_EXPECT_EQ(test, send_bytes(tx, sizes[i], n, try), 0);
					KUNIT_ASSERT_TRUE(test, fake_wait_rx(rx, n + 1));
					KUNIT_EXPECT_EQ(test, rx->len[n], sizes[i]);
					n++;
				}
			KUNIT_EXPECT_EQ(test, rx->bad, 0);
			fake_close(tx);
			fake_close(rx);
		}
}

static void send_refuses_what_is_too_long(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *tx = fake_open(test, f->a, 0, 0);

	KUNIT_EXPECT_EQ(test, ferry_mtu(tx->ep), MTU);
	KUNIT_EXPECT_EQ(test, send_bytes(tx, MTU + 1, 0, true), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, send_bytes(tx, MTU + 1, 0, false), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_trysend(tx->ep, NULL, SIZE_MAX), -EMSGSIZE);
}

static void open_says_what_is_wrong(struct kunit *test)
{
	static const struct {
		struct ferry_id id;
		unsigned int flags, depth;
		int ret;
	} row[] = {
		{ { NULL, FERRY_ANY_NUMBER }, 0, 0, -EINVAL },
		{ { NULL, 0 }, 4, 0, -EINVAL },
		{ { NULL, 0 }, FERRY_EP_ATOMIC | FERRY_EP_BY_CHANNEL, 0, -EINVAL },
		{ { NULL, 0 }, ~0, 0, -EINVAL },
		{ { NULL, 0 }, 0, FERRY_DEPTH_MAX + 1, -EINVAL },
		{ { NULL, 0 }, 0, UINT_MAX, -EINVAL },
		{ { NULL, NR_HS + NR_GP }, 0, 0, -ENOENT },
		{ { "nobody", FERRY_ANY_NUMBER }, 0, 0, -ENOENT },
		{ { "", FERRY_ANY_NUMBER }, 0, 0, -EINVAL },
		{ { "", 0 }, 0, 0, -EINVAL },
		{ { "loop1", 2 }, 0, 0, -ENOENT },
		{ { "LOOP1", 1 }, 0, 0, -ENOENT },
		{ { NULL, 0 }, 0, FERRY_DEPTH_MAX, 0 },
		{ { NULL, 0 }, FERRY_EP_ATOMIC, 1, 0 },
		{ { NULL, 0 }, FERRY_EP_BY_CHANNEL, 1, 0 },
		{ { "loop1", FERRY_ANY_NUMBER }, 0, 0, 0 },
		{ { "loop1", 1 }, 0, 0, 0 },
	};
	struct endpoint_fixture *f = test->priv;
	struct ferry_ep_cfg cfg = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(row); i++) {
		struct ferry_ep *ep;

		cfg.flags = row[i].flags;
		cfg.depth = row[i].depth;
		ep = ferry_open(f->a, &row[i].id, &cfg);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(ep), row[i].ret, "row %u", i);
		if (!IS_ERR(ep))
			KUNIT_EXPECT_EQ(test, ferry_close(ep), 0);
	}
	cfg.flags = 0;
	cfg.depth = 0;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_open(NULL, &row[11].id, &cfg)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_open(f->a, NULL, &cfg)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_open(f->a, &row[11].id, NULL)), -EINVAL);
}

static void channel_has_one_endpoint(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *c = fake_open(test, f->a, 1, 0);
	struct fake_client *d = fake_client(test);
	struct ferry_id id = { .name = "loop1", .number = FERRY_ANY_NUMBER };
	struct ferry_ep_cfg cfg = {};

	KUNIT_EXPECT_EQ(test, fake_client_open(d, f->a, 1, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_open(f->a, &id, &cfg)), -EBUSY);
	KUNIT_EXPECT_EQ_MSG(test, send_bytes(c, 4, 1, true), 0, "the first one is whole");
	fake_close(c);
	KUNIT_EXPECT_EQ(test, fake_client_open(d, f->a, 1, 0), 0);
}

static void handshake_that_fails_fails_open(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct fake_client *c = fake_client(test);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		f->channels[i]->open_ret = -EPROTO;
		KUNIT_EXPECT_EQ(test, fake_client_open(c, f->link, i, FERRY_EP_ATOMIC * i),
				-EPROTO);
		KUNIT_EXPECT_EQ(test, f->channels[i]->closes, 0);
		f->channels[i]->open_ret = 0;
		KUNIT_EXPECT_EQ(test, fake_client_open(c, f->link, i, FERRY_EP_ATOMIC * i), 0);
		KUNIT_EXPECT_EQ(test, f->channels[i]->opens, 1);
		fake_rx(f, i, 8, 0);
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, i + 1));
		fake_close(c);
		KUNIT_EXPECT_EQ(test, f->channels[i]->closes, 1);
	}
}

static void channels_are_made_on_demand(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 3, FAKE_DEMAND);
	struct fake_client *c = fake_open(test, f->link, 2, 0);
	struct fake_client *d = fake_client(test);
	struct ferry_stats stats;

	KUNIT_EXPECT_NOT_NULL(test, f->channels[2]);
	KUNIT_EXPECT_PTR_EQ(test, f->channels[1], NULL);
	KUNIT_EXPECT_EQ(test, fake_client_open(d, f->link, 2, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_client_open(d, f->link, 4, 0), -ENOENT);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	fake_close(c);
	KUNIT_EXPECT_PTR_EQ(test, f->channels[2], NULL);
	ferry_link_stats(f->link, &stats);
	KUNIT_EXPECT_EQ_MSG(test, stats.tx_msgs, 1, "counters outlive the channel");
	KUNIT_EXPECT_EQ(test, fake_client_open(c, f->link, 2, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_client_open(d, f->link, 0, 0), 0);
	fake_unregister(f);
	KUNIT_EXPECT_PTR_EQ(test, f->channels[2], NULL);
	KUNIT_EXPECT_PTR_EQ(test, f->channels[0], NULL);
}

static void one_way_channels_say_so(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct ferry_channel *ch = kunit_kzalloc(test, 2 * sizeof(*ch), GFP_KERNEL);
	struct fake_client *c = fake_client(test);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, ch);
	for (i = 0; i < 2; i++) {
		static const struct ferry_channel_ops none;

		ch[i].number = 7 + i;
		ch[i].cls = FERRY_CLASS_GP;
		ch[i].ops = i ? &f->channel_ops : &none;
		if (i)
			ch[i].txq = &f->txq;
		else
			ch[i].rxq = &f->rxq;
	}
	/* The protocol's own open and close want more than a bare channel. */
	f->channel_ops.open = NULL;
	f->channel_ops.close = NULL;
	KUNIT_ASSERT_EQ(test, ferry_channel_register(f->link, &ch[0]), 0);
	KUNIT_ASSERT_EQ(test, ferry_channel_register(f->link, &ch[1]), 0);
	KUNIT_ASSERT_EQ(test, fake_client_open(c, f->link, 7, FERRY_EP_ATOMIC), 0);
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, "x", 0), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, "x", 0), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_rx_now(c->ep), 0);
	KUNIT_EXPECT_EQ(test, ferry_flow(c->ep, false), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, (__force int)ferry_poll(c->ep, NULL, NULL), 0);
	fake_close(c);
	KUNIT_ASSERT_EQ(test, fake_client_open(c, f->link, 8, FERRY_EP_ATOMIC), 0);
	KUNIT_EXPECT_EQ(test, ferry_rx_now(c->ep), -EOPNOTSUPP);
	fake_close(c);
	ferry_channel_unregister(&ch[1]);
	ferry_channel_unregister(&ch[0]);
}

/* Fills the way to the other side: nobody takes there. */
static unsigned int fill(struct fake_client *c)
{
	unsigned int n = 0;

	while (n < 1000 && !fake_trysend(c, n))
		n++;
	return n;
}

/* The remote takes nothing: its link is started, and its thread stands in a callback. */
struct wall {
	struct fake_client *rx;
	struct completion gate;
};

static void wall_open(void *arg)
{
	struct wall *w = arg;

	complete_all(&w->gate);
}

static struct wall *wall_build(struct kunit *test, struct fake_client *tx, u32 number)
{
	struct endpoint_fixture *f = test->priv;
	struct wall *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	init_completion(&w->gate);
	/* No high-speed endpoint there: one thread takes and delivers. */
	w->rx = fake_open(test, f->b, number, 0);
	w->rx->gate = &w->gate;
	ferry_defer(test, wall_open, w);
	KUNIT_EXPECT_EQ(test, fake_trysend(tx, 0), 0);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&w->rx->entered, 30 * HZ), 0);
	return w;
}

static void blocked_sender_waits_for_room(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *tx = fake_open(test, f->a, 2, 0);
	struct wall *w = wall_build(test, tx, 2);
	struct fake_sender *s[4];
	unsigned int i, n = fill(tx);

	KUNIT_EXPECT_EQ(test, n, DEPTH);
	for (i = 0; i < 4; i++)
		s[i] = fake_sender(test, tx, 100 + i, 5000, LONG_MS);
	KUNIT_EXPECT_FALSE(test, fake_done(s[0]->task));
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(tx->ep, NULL, 0, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(tx->ep, NULL, 0, 50), -ETIMEDOUT);
	wall_open(w);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, fake_join(s[i]->task), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(w->rx, 1 + n + 4));
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, w->rx->seq[1 + n + i], 100 + i);
	KUNIT_EXPECT_EQ(test, w->rx->bad, 0);
	FERRY_WAIT(READ_ONCE(tx->tx_ready));
	KUNIT_EXPECT_EQ_MSG(test, tx->tx_ready, 1, "for the one that failed in fill()");
}

static void default_timeout_is_the_endpoints(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct ferry_id id = { .number = 2 };
	struct ferry_ep_cfg cfg = { .timeout_ms = 300 };
	struct fake_client *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	unsigned long start;

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->ep = ferry_open(f->a, &id, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(c->ep));
	wall_build(test, c, 2);
	fill(c);
	start = jiffies;
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - start), 290);
	KUNIT_EXPECT_LE(test, jiffies_to_msecs(jiffies - start), 2000);
	ferry_close(c->ep);
}

static void blocked_sender_learns_why(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *tx = fake_open(test, f->a, 2, 0);
	struct fake_sender *s;

	wall_build(test, tx, 2);
	fill(tx);
	s = fake_sender(test, tx, 1, 4, LONG_MS);
	fake_signal(s->task);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ERESTARTSYS);

	s = fake_sender(test, tx, 1, 4, LONG_MS);
	fake_close(tx);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOTCONN);

	KUNIT_ASSERT_EQ(test, fake_client_open(tx, f->a, 2, 0), 0);
	s = fake_sender(test, tx, 1, 4, LONG_MS);
	ferry_link_crash(f->a, "test");
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOLINK);

	KUNIT_ASSERT_EQ(test, ferry_link_start(f->a), 0);
	s = fake_sender(test, tx, 1, 4, LONG_MS);
	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->a), 0);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOLINK);
}

static int destroy_in_thread(void *arg)
{
	endpoint_destroy(arg);
	return 0;
}

static void unregister_in_mid_flight(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *tx = fake_open(test, f->a, 2, 0);
	struct wall *w = wall_build(test, tx, 2);
	struct fake_sender *s;
	struct fake_task *t;

	fill(tx);
	s = fake_sender(test, tx, 1, 4, LONG_MS);
	t = fake_run(test, destroy_in_thread, f);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENODEV);
	msleep(50);
	KUNIT_EXPECT_FALSE_MSG(test, fake_done(t), "a callback runs on the other side");
	wall_open(w);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, fake_trysend(tx, 1), -ENODEV);
	KUNIT_EXPECT_EQ(test, fake_trysend(w->rx, 1), -ENODEV);
	KUNIT_EXPECT_EQ(test, tx->event[tx->events - 1], FERRY_EVENT_GONE);
	KUNIT_EXPECT_EQ(test, w->rx->event[w->rx->events - 1], FERRY_EVENT_GONE);
	fake_close(tx);
	fake_close(w->rx);
}

static int close_in_thread(void *arg)
{
	fake_close(arg);
	return 0;
}

static void close_waits_for_its_callback(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *tx = fake_open(test, f->a, 2, 0);
	unsigned int queued;

	/* From the batch of the thread, then from the queue of the endpoint. */
	for (queued = 0; queued < 2; queued++) {
		struct fake_client *hs = queued ? fake_open(test, f->b, 0, 0) : NULL;
		struct wall *w = wall_build(test, tx, 2);
		struct fake_task *t;

		fake_trysend(tx, 1);
		fake_trysend(tx, 2);
		t = fake_run(test, close_in_thread, w->rx);
		msleep(50);
		KUNIT_EXPECT_FALSE(test, fake_done(t));
		wall_open(w);
		KUNIT_EXPECT_EQ(test, fake_join(t), 0);
		fake_trysend(tx, 3);
		msleep(20);
		KUNIT_EXPECT_EQ(test, w->rx->late, 0);
		KUNIT_EXPECT_LE(test, w->rx->nr, 1);
		if (hs)
			fake_close(hs);
	}
}

static __poll_t poll_now(struct fake_client *c)
{
	return ferry_poll(c->ep, NULL, NULL);
}

#define EXPECT_POLL(test, c, mask)						\
	KUNIT_EXPECT_EQ(test, (__force int)poll_now(c), (__force int)(mask))

static void poll_tells_of_room(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *tx = fake_open(test, f->a, 2, 0);
	struct wall *w;

	EXPECT_POLL(test, tx, EPOLLOUT | EPOLLWRNORM);
	w = wall_build(test, tx, 2);
	fill(tx);
	EXPECT_POLL(test, tx, 0);
	EXPECT_POLL(test, tx, 0);
	wall_open(w);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(w->rx, 1 + DEPTH));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(tx->tx_ready)));
	EXPECT_POLL(test, tx, EPOLLOUT | EPOLLWRNORM);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->a), 0);
	EXPECT_POLL(test, tx, EPOLLERR);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->a), 0);
	EXPECT_POLL(test, tx, EPOLLOUT | EPOLLWRNORM);
}

static void flow_stops_and_goes_both_ways(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	unsigned int way;

	for (way = 0; way < 2; way++) {
		struct fake_client *tx = fake_open(test, way ? f->b : f->a, 1, 0);
		struct fake_client *rx = fake_open(test, way ? f->a : f->b, 1, 0);
		struct fake_sender *s;

		KUNIT_EXPECT_EQ(test, ferry_flow(rx->ep, false), 0);
		/* It has to get there first. */
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!ferry_poll(tx->ep, NULL, NULL)));
		KUNIT_EXPECT_EQ(test, fake_trysend(tx, 9), -EAGAIN);
		EXPECT_POLL(test, tx, 0);
		s = fake_sender(test, tx, 0, 4, LONG_MS);
		KUNIT_EXPECT_EQ_MSG(test, fake_trysend(rx, 9), 0, "the other way is open");
		KUNIT_EXPECT_EQ(test, tx->tx_ready, 0);
		KUNIT_EXPECT_EQ(test, ferry_flow(rx->ep, true), 0);
		KUNIT_EXPECT_EQ(test, fake_join(s->task), 0);
		KUNIT_EXPECT_EQ(test, fake_trysend(tx, 1), 0);
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(rx, 2));
		KUNIT_EXPECT_EQ(test, rx->seq[0], 0);
		KUNIT_EXPECT_EQ(test, rx->seq[1], 1);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(tx->tx_ready) == 1));
		fake_close(tx);
		fake_close(rx);
	}
}

struct stream {
	struct fake_client *c;
	unsigned int id;
	unsigned int n;
};

static int stream_send(void *arg)
{
	struct stream *s = arg;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < s->n && !ret; i++)
		ret = send_bytes(s->c, i % 11 ? 4 + i % 100 : 5000, s->id << 16 | i, false);
	return ret;
}

static int stream_rx(struct fake_client *c, u32 seq)
{
	unsigned int *next = c->priv;

	if ((seq & 0xffff) != next[seq >> 16])
		c->bad++;
	next[seq >> 16] = (seq & 0xffff) + 1;
	return 0;
}

/* Nobody drains the other side: what waits there must not make us deaf, or crash. */
struct told {
	unsigned int stops, goes;
	struct ferry_ep *ep;
};

static void note_flow(struct ferry_ep *ep, bool on, void *priv)
{
	struct told *told = priv;

	told->ep = ep;
	told->stops += !on;
	told->goes += on;
}

static void client_hears_of_flow(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, 0);
	struct told told = {};
	struct ferry_ep_cfg cfg = { .flow = note_flow, .priv = &told };
	struct ferry_id id = { .number = 0 };
	struct ferry_ep *ep = ferry_open(f->link, &id, &cfg);
	struct ferry_channel *ch = &f->channels[0]->ch;

	KUNIT_ASSERT_FALSE(test, IS_ERR(ep));
	fake_give(f, 10);
	ferry_channel_flow(ch, false);
	KUNIT_EXPECT_EQ(test, told.stops, 1);
	KUNIT_EXPECT_PTR_EQ(test, told.ep, ep);
	KUNIT_EXPECT_EQ(test, ferry_trysend(ep, "a", 1), -EAGAIN);
	ferry_channel_flow(&f->channels[1]->ch, false);
	KUNIT_EXPECT_EQ_MSG(test, told.stops, 1, "that is another channel");
	KUNIT_EXPECT_EQ(test, told.goes, 0);
	ferry_channel_flow(ch, true);
	KUNIT_EXPECT_EQ(test, told.goes, 1);
	KUNIT_EXPECT_EQ(test, ferry_trysend(ep, "a", 1), 0);
	KUNIT_EXPECT_EQ(test, ferry_close(ep), 0);
	ferry_channel_flow(ch, false);
	KUNIT_EXPECT_EQ_MSG(test, told.stops, 1, "it was closed");
}

static void flow_alone_never_fills_the_lane(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *c = fake_open(test, f->a, NR_HS, 0);
	unsigned int i;
	int ret = 0;

	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->b), 0);
	for (i = 0; i < 1000 && !ret; i++)
		ret = ferry_flow(c->ep, i % 2);
	KUNIT_EXPECT_EQ(test, ret, -EAGAIN);
	msleep(2500);
	KUNIT_EXPECT_EQ(test, ferry_link_state(f->a), FERRY_STATE_RUNNING);
}

static void order_is_kept_per_sender(struct kunit *test)
{
	enum { TASKS = 3, N = 60 };
	struct endpoint_fixture *f = test->priv;
	struct fake_client *rx[NR_HS + NR_GP];
	struct stream *s = kunit_kcalloc(test, TASKS * ARRAY_SIZE(rx), sizeof(*s), GFP_KERNEL);
	unsigned int *next = kunit_kcalloc(test, TASKS * ARRAY_SIZE(rx), sizeof(*next),
					   GFP_KERNEL);
	struct fake_task *t[TASKS * (NR_HS + NR_GP)];
	struct ferry_stats tx_stats, rx_stats;
	unsigned int i, j, n = 0;

	KUNIT_ASSERT_TRUE(test, s && next);
	for (i = 0; i < ARRAY_SIZE(rx); i++) {
		struct fake_client *tx = fake_open(test, f->a, i, 0);

		rx[i] = fake_open(test, f->b, i, 0);
		rx[i]->priv = next + TASKS * i;
		rx[i]->on_rx = stream_rx;
		for (j = 0; j < TASKS; j++, n++) {
			s[n].c = tx;
			s[n].id = j;
			s[n].n = N;
		}
	}
	for (i = 0; i < n; i++)
		t[i] = fake_run(test, stream_send, &s[i]);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), 0);
	for (i = 0; i < ARRAY_SIZE(rx); i++) {
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(rx[i], TASKS * N));
		KUNIT_EXPECT_EQ(test, rx[i]->bad, 0);
	}
	ferry_link_stats(f->a, &tx_stats);
	ferry_link_stats(f->b, &rx_stats);
	KUNIT_EXPECT_EQ(test, tx_stats.tx_msgs, n * N);
	KUNIT_EXPECT_EQ(test, rx_stats.rx_msgs, n * N);
	KUNIT_EXPECT_EQ(test, rx_stats.rx_bytes, tx_stats.tx_bytes);
}

static int call_all(struct fake_client *c, u32 seq)
{
	struct endpoint_fixture *f = c->priv;
	struct ferry_id id = { .number = 3 };
	struct ferry_ep_cfg cfg = {};

	c->answer = 0;
	if (PTR_ERR(ferry_open(f->b, &id, &cfg)) != -EDEADLK)
		c->answer |= BIT(0);
	if (ferry_close(c->ep) != -EDEADLK)
		c->answer |= BIT(1);
	if (ferry_link_start(f->b) != -EDEADLK)
		c->answer |= BIT(2);
	if (ferry_link_stop(f->b) != -EDEADLK)
		c->answer |= BIT(3);
	return 0;
}

static int take(struct fake_client *c, u32 seq)
{
	return 0;
}

static void call_all_in_event(struct fake_client *c, enum ferry_event event)
{
	call_all(c, 0);
}

static void callback_that_would_wait_for_itself_is_told(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	unsigned int number;

	/* In the one thread, then in the one for general messages, then in the work. */
	for (number = 1; number < 4; number++) {
		struct fake_client *tx = fake_open(test, f->a, number, 0);
		struct fake_client *rx = fake_client(test);
		struct fake_client *hs = NULL;

		if (number == 2)
			hs = fake_open(test, f->b, 0, 0);
		rx->priv = f;
		rx->answer = -1;
		rx->on_rx = number == 3 ? take : call_all;
		if (number == 3)
			rx->on_event = call_all_in_event;
		KUNIT_ASSERT_EQ(test, fake_client_open(rx, f->b, number, 0), 0);
		KUNIT_EXPECT_EQ(test, fake_trysend(tx, 1), 0);
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(rx, 1));
		msleep(20);
		KUNIT_EXPECT_EQ(test, rx->answer, 0);
		fake_close(tx);
		fake_close(rx);
		if (hs)
			fake_close(hs);
	}
}

/* A callback may send and wait: room does not need its thread. */
static int echo(struct fake_client *c, u32 seq)
{
	return fake_send(c, seq) ? -EIO : 0;
}

static void callback_may_send_and_wait(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *tx = fake_open(test, f->a, 2, 0);
	struct fake_client *rx = fake_open(test, f->b, 2, 0);
	unsigned int i;

	rx->on_rx = echo;
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, fake_send(tx, i), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(tx, 100));
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, tx->seq[i], i);
}

struct opener {
	struct fake_client *c;
	struct ferry_link *link;
	u32 number;
};

static int open_in_thread(void *arg)
{
	struct opener *o = arg;

	return fake_client_open(o->c, o->link, o->number, 0);
}

static int send_on_other(struct fake_client *c, u32 seq)
{
	fake_send(c->priv, seq);
	return 0;
}

/* Opening waits for the callbacks of the link; a crash ends what they wait for. */
static void crash_frees_callback_and_opener(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *out = fake_open(test, f->a, 3, 0);
	struct fake_client *in = fake_open(test, f->a, 2, 0);
	struct fake_client *remote = fake_open(test, f->b, 2, 0);
	struct wall *w = wall_build(test, out, 3);
	struct opener o = { .c = fake_client(test), .link = f->a, .number = 0 };
	struct fake_task *t;

	in->priv = out;
	in->on_rx = send_on_other;
	fill(out);
	KUNIT_EXPECT_EQ(test, fake_trysend(remote, 1), 0);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&in->entered, 30 * HZ), 0);
	t = fake_run(test, open_in_thread, &o);
	msleep(100);
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	ferry_link_crash(f->a, "test");
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(in, 1));
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->a), 0);
	wall_open(w);
	KUNIT_EXPECT_EQ(test, fake_send(o.c, 1), 0);
	KUNIT_EXPECT_EQ(test, fake_send(out, 1), 0);
}

static void send_again(struct fake_client *c)
{
	unsigned int *left = c->priv;
	int ret;

	while (*left) {
		ret = fake_trysend(c, *left);
		if (ret)
			break;
		--*left;
	}
}

/* All by tx_ready, to an atomic endpoint that answers from its callback. */
static int answer_at_once(struct fake_client *c, u32 seq)
{
	return fake_trysend(c, seq);
}

static void resume(struct fake_client *c)
{
	ferry_resume(c->ep);
}

/* Fewer than may wait for an endpoint: none is dropped. */
static void atomic_clients_stream_by_tx_ready(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *tx = fake_open(test, f->a, 0, 0);
	struct fake_client *rx = fake_open(test, f->b, 0, FERRY_EP_ATOMIC);
	unsigned int left = 100, i;

	tx->priv = &left;
	tx->on_tx_ready = send_again;
	rx->on_rx = answer_at_once;
	rx->on_tx_ready = resume;
	send_again(tx);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(tx, 100));
	KUNIT_EXPECT_EQ(test, left, 0);
	for (i = 0; i < tx->nr && tx->seq[i] == 100 - i;)
		i++;
	KUNIT_EXPECT_EQ(test, i, 100);
}

static void interrupted_senders_leave_and_others_stay(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;
	struct fake_client *tx = fake_open(test, f->a, 0, 0), *other = fake_open(test, f->a, 1, 0);
	struct fake_client *rx = fake_client(test);
	struct fake_sender *s[3];
	u32 seq = 0;

	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->b), 0);	/* nobody takes anything */
	while (!fake_trysend(tx, seq))
		seq++;
	s[0] = fake_sender(test, tx, 1, 4, LONG_MS);
	s[1] = fake_sender(test, tx, 2, 4, LONG_MS);
	s[2] = fake_sender(test, other, 3, 4, LONG_MS);
	ferry_interrupt(tx->ep);
	KUNIT_EXPECT_EQ(test, fake_join(s[0]->task), -ECANCELED);
	KUNIT_EXPECT_EQ(test, fake_join(s[1]->task), -ECANCELED);
	KUNIT_EXPECT_FALSE(test, fake_done(s[2]->task));
	KUNIT_ASSERT_EQ(test, fake_client_open(rx, f->b, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->b), 0);
	KUNIT_EXPECT_EQ(test, fake_join(s[2]->task), 0);
	KUNIT_EXPECT_EQ(test, fake_send(tx, 9), 0);
}

static struct kunit_case endpoint_cases[] = {
	KUNIT_CASE(send_arrives_whole),
	KUNIT_CASE(send_refuses_what_is_too_long),
	KUNIT_CASE(open_says_what_is_wrong),
	KUNIT_CASE(channel_has_one_endpoint),
	KUNIT_CASE(handshake_that_fails_fails_open),
	KUNIT_CASE(channels_are_made_on_demand),
	KUNIT_CASE(one_way_channels_say_so),
	KUNIT_CASE(blocked_sender_waits_for_room),
	KUNIT_CASE(default_timeout_is_the_endpoints),
	KUNIT_CASE(blocked_sender_learns_why),
	KUNIT_CASE(unregister_in_mid_flight),
	KUNIT_CASE(close_waits_for_its_callback),
	KUNIT_CASE(poll_tells_of_room),
	KUNIT_CASE(flow_stops_and_goes_both_ways),
	KUNIT_CASE(client_hears_of_flow),
	KUNIT_CASE(flow_alone_never_fills_the_lane),
	KUNIT_CASE(order_is_kept_per_sender),
	KUNIT_CASE(callback_that_would_wait_for_itself_is_told),
	KUNIT_CASE(callback_may_send_and_wait),
	KUNIT_CASE(crash_frees_callback_and_opener),
	KUNIT_CASE(atomic_clients_stream_by_tx_ready),
	KUNIT_CASE(interrupted_senders_leave_and_others_stay),
	{}
};

static struct kunit_suite endpoint_suite = {
	.name = "ferry_endpoint",
	.init = endpoint_init,
	.test_cases = endpoint_cases,
};

kunit_test_suite(endpoint_suite);

MODULE_DESCRIPTION("Ferry: tests of endpoints");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
