// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ and the simulated VPU: bulk transfers, of all lengths, many at once, and in mid-flight when
 * one of the two goes.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define BUF_SIZE	SZ_64K
#define NR_BUFS		64
#define DEPTH		4
#define ROUNDS		30
#define ECHO		FERRY_SIM_VCHIQ_ECHO

struct pair {
	struct kunit *test;
	struct vrig *rig;
	struct vrig_pool *p;
};

static struct pair *pair_make(struct kunit *test, unsigned int flags, u32 shift)
{
	struct pair *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->test = test;
	p->rig = vrig_create(test, flags);
	p->p = vrig_pool(p->rig, NR_BUFS, BUF_SIZE, shift);
	return p;
}

static void pair_close(void *arg)
{
	struct fake_client *c = arg;

	fake_close(c);
	fake_put_bufs(c);
}

static struct fake_client *pair_open(struct pair *p, const char *name)
{
	struct fake_client *c = fake_client(p->test);

	c->bufs = true;
	ferry_defer(p->test, pair_close, c);
	KUNIT_ASSERT_EQ(p->test, vrig_open(p->rig, c, name, 0), 0);
	return c;
}

static struct ferry_buf *buf_get(struct pair *p)
{
	struct ferry_buf *buf = ferry_pool_alloc(p->p->pool, 0);

	KUNIT_ASSERT_NOT_NULL(p->test, buf);
	return buf;
}

static bool all_free(struct pair *p)
{
	return FERRY_WAIT(ferry_pool_free(p->p->pool) == NR_BUFS);
}

static struct ferry_sim_vchiq_stats vpu_stats(struct pair *p)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(p->rig->sim, &stats);
	return stats;
}

static void send_filled(struct pair *p, struct fake_client *c, u32 seq, size_t len)
{
	struct ferry_buf *buf = buf_get(p);

	fake_fill(buf->vaddr, len, seq);
	KUNIT_ASSERT_EQ(p->test, ferry_send_buf(c->ep, buf, len), 0);
}

static const u32 shifts[] = { 0, 1, 4, 63, 64, 4095 };

static void shift_name(const u32 *shift, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "from byte %u on", *shift);
}

KUNIT_ARRAY_PARAM(shift, shifts, shift_name);

/* Byte for byte, wherever a buffer begins and ends. */
static void what_was_sent_comes_back(struct kunit *test)
{
	static const u32 sizes[] = {
		1, 4, 63, 64, 65, 100, 4032, 4095, 4096, 4097, 8192, 12345, BUF_SIZE - 1, BUF_SIZE,
	};
	struct pair *p = pair_make(test, 0, *(const u32 *)test->param_value);
	struct fake_client *c = pair_open(p, "ECHO");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct ferry_buf *buf = buf_get(p);

		memset(buf->vaddr, 0xaa, BUF_SIZE);
		/* As often it waits before there is something as after. */
		if (i % 2)
			send_filled(p, c, i + 1, sizes[i]);
		KUNIT_ASSERT_EQ(test, ferry_post_recv(c->ep, buf, sizes[i]), 0);
		if (!(i % 2))
			send_filled(p, c, i + 1, sizes[i]);
		KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, i + 1));
		KUNIT_EXPECT_EQ(test, c->len[i], sizes[i]);
		KUNIT_EXPECT_EQ(test, c->bad, 0);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr_bufs)));
		if (sizes[i] < BUF_SIZE)
			KUNIT_EXPECT_EQ(test, ((u8 *)buf->vaddr)[sizes[i]], 0xaa);
		fake_put_bufs(c);
	}
	KUNIT_EXPECT_EQ(test, vpu_stats(p).wrongs, 0);
	KUNIT_EXPECT_TRUE(test, all_free(p));
}

struct shuttle {
	struct pair *p;
	struct fake_client *c;
	u32 first;
};

static struct ferry_buf *wait_for_buf(struct pair *p)
{
	struct ferry_buf *buf;

	FERRY_WAIT(({ buf = ferry_pool_alloc(p->p->pool, 0); buf; }));
	return buf;
}

/* One thread sends, and the client's own posts: what it sent comes back in its order. */
static int shuttle_send(void *arg)
{
	struct shuttle *s = arg;
	struct ferry_buf *buf;
	u32 i, len;
	int ret;

	for (i = 0; i < ROUNDS; i++) {
		len = 1000 + (s->first + i) * 997 % (BUF_SIZE - 1000);
		buf = wait_for_buf(s->p);
		if (!buf)
			return -ETIMEDOUT;
		fake_fill(buf->vaddr, len, s->first + i);
		ret = ferry_send_buf_timeout(s->c->ep, buf, len, VRIG_WAIT_MS);
		if (ret) {
			ferry_buf_put(buf);
			return ret;
		}
	}
	return 0;
}

static int shuttle_post(void *arg)
{
	struct shuttle *s = arg;
	struct ferry_buf *buf;
	u32 i;
	int ret;

	for (i = 0; i < ROUNDS; i++) {
		buf = wait_for_buf(s->p);
		if (!buf)
			return -ETIMEDOUT;
		/* Four at most, but who waits holds one as well. */
		ret = ferry_post_recv(s->c->ep, buf, BUF_SIZE - i % 100);
		if (ret) {
			ferry_buf_put(buf);
			return ret;
		}
		if (!fake_wait_rx(s->c, i + 1) || !FERRY_WAIT(READ_ONCE(s->c->nr_bufs)))
			return -ETIMEDOUT;
		fake_put_bufs(s->c);
	}
	return 0;
}

static void many_at_once(struct kunit *test)
{
	static const char * const names[] = { "ECHO", "ECH1", "ECH2", "ECH3" };
	struct pair *p = pair_make(test, 0, 10);
	struct shuttle s[ARRAY_SIZE(names)];
	struct fake_task *t[2 * ARRAY_SIZE(names)];
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		s[i] = (struct shuttle){ p, pair_open(p, names[i]), i * 1000 };
		t[2 * i] = fake_run(test, shuttle_send, &s[i]);
		t[2 * i + 1] = fake_run(test, shuttle_post, &s[i]);
	}
	for (i = 0; i < ARRAY_SIZE(t); i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), 0);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		for (n = 0; n < ROUNDS; n++)
			KUNIT_EXPECT_EQ(test, s[i].c->seq[n], i * 1000 + n);
		KUNIT_EXPECT_EQ(test, s[i].c->bad, 0);
	}
	KUNIT_EXPECT_EQ(test, vpu_stats(p).wrongs, 0);
	KUNIT_EXPECT_TRUE(test, all_free(p));
}

/* Both kinds on one service, which answers each in its way. */
static void messages_go_beside_them(struct kunit *test)
{
	struct pair *p = pair_make(test, 0, 0);
	struct fake_client *c = pair_open(p, "ECHO");
	unsigned int i, messages = 0, buffers = 0;

	for (i = 0; i < ROUNDS; i++) {
		KUNIT_ASSERT_EQ(test, ferry_post_recv(c->ep, buf_get(p), BUF_SIZE), 0);
		KUNIT_ASSERT_EQ(test, fake_send(c, i), 0);
		send_filled(p, c, 1000 + i, 5000);
		KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, 2 * (i + 1)));
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr_bufs)));
		fake_put_bufs(c);
	}
	for (i = 0; i < 2 * ROUNDS; i++)
		if (c->seq[i] < 1000)
			KUNIT_EXPECT_EQ(test, c->seq[i], messages++);
		else
			KUNIT_EXPECT_EQ(test, c->seq[i], 1000 + buffers++);
	KUNIT_EXPECT_EQ(test, messages, ROUNDS);
	KUNIT_EXPECT_EQ(test, buffers, ROUNDS);
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	KUNIT_EXPECT_EQ(test, vpu_stats(p).wrongs, 0);
}

static void what_is_short_is_short(struct kunit *test)
{
	struct pair *p = pair_make(test, 0, 0);
	struct fake_client *c = pair_open(p, "SRCE");

	ferry_sim_vchiq_set_faults(p->rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_BULK_SHORT));
	KUNIT_ASSERT_EQ(test, ferry_post_recv(c->ep, buf_get(p), 1000), 0);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, c->len[0], 500);
	ferry_sim_vchiq_set_faults(p->rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_BULK_ABORT));
	KUNIT_ASSERT_EQ(test, ferry_post_recv(c->ep, buf_get(p), 1000), 0);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, 2));
	KUNIT_EXPECT_EQ(test, c->len[1], 0);
	send_filled(p, c, 1, 1000);
	ferry_sim_vchiq_set_faults(p->rig->sim, 0);
	KUNIT_ASSERT_EQ(test, ferry_post_recv(c->ep, buf_get(p), 1000), 0);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, 3));
	KUNIT_EXPECT_EQ(test, c->len[2], 1000);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr_bufs) == 3));
	fake_put_bufs(c);
	KUNIT_EXPECT_EQ(test, vpu_stats(p).wrongs, 0);
	KUNIT_EXPECT_TRUE(test, all_free(p));
}

/* As many as there may be, of which the VPU answers none. */
static void put_in_flight(struct pair *p, struct fake_client *c)
{
	unsigned int i;

	ferry_sim_vchiq_set_faults(p->rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_NO_BULK_DONE));
	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(p->test, ferry_post_recv(c->ep, buf_get(p), 1000 + i), 0);
		send_filled(p, c, i, 1000 + i);
	}
}

static void a_client_closes_in_flight(struct kunit *test)
{
	struct pair *p = pair_make(test, 0, 0);
	struct fake_client *c;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		c = pair_open(p, "ECHO");
		put_in_flight(p, c);
		if (i % 2)	/* some come just then */
			ferry_sim_vchiq_set_faults(p->rig->sim, 0);
		pair_close(c);
		KUNIT_EXPECT_TRUE(test, all_free(p));
	}
	KUNIT_EXPECT_EQ(test, vpu_stats(p).wrongs, 0);
}

static void the_vpu_closes_in_flight(struct kunit *test)
{
	struct pair *p = pair_make(test, 0, 0);
	struct fake_client *c;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		c = pair_open(p, "ECHO");
		put_in_flight(p, c);
		if (i % 2)
			ferry_sim_vchiq_set_faults(p->rig->sim, 0);
		KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(p->rig->sim, ECHO), 1);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_trysend(c, 1) == -EPIPE));
		pair_close(c);
		KUNIT_EXPECT_TRUE(test, all_free(p));
	}
	KUNIT_EXPECT_EQ(test, vpu_stats(p).wrongs, 0);
}

/* Lends what it can until it is told that the service is closed. */
static int lend_on(void *arg)
{
	struct shuttle *s = arg;
	struct ferry_buf *buf;
	int ret;

	do {
		buf = wait_for_buf(s->p);
		if (!buf)
			return -ETIMEDOUT;
		ret = s->first ? ferry_trypost_recv(s->c->ep, buf, 100) :
				 ferry_trysend_buf(s->c->ep, buf, 100);
		if (!ret)
			continue;
		ferry_buf_put(buf);
		usleep_range(50, 100);
	} while (!ret || ret == -EAGAIN);
	return ret;
}

/* Whatever is lent just then comes back, too. */
static void the_vpu_closes_while_buffers_are_lent(struct kunit *test)
{
	struct pair *p = pair_make(test, 0, 0);
	struct shuttle s[2];
	struct fake_task *t[2];
	struct fake_client *c;
	unsigned int i, n;

	for (i = 0; i < ROUNDS; i++) {
		c = pair_open(p, "ECHO");
		c->puts = true;
		for (n = 0; n < ARRAY_SIZE(s); n++) {
			s[n] = (struct shuttle){ p, c, n };
			t[n] = fake_run(test, lend_on, &s[n]);
		}
		usleep_range(100 * i, 100 * i + 50);
		KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(p->rig->sim, ECHO), 1);
		for (n = 0; n < ARRAY_SIZE(s); n++)
			KUNIT_EXPECT_EQ(test, fake_join(t[n]), -EPIPE);
		fake_close(c);
		KUNIT_EXPECT_TRUE(test, all_free(p));
	}
	KUNIT_EXPECT_EQ(test, vpu_stats(p).wrongs, 0);
}

/* The client stays, and goes on in the next life. */
static void a_crash_in_flight(struct kunit *test)
{
	struct pair *p = pair_make(test, VRIG_RECOVER, 0);
	struct fake_client *c = pair_open(p, "ECHO");
	unsigned int i;
	u32 epoch;

	for (i = 0; i < ROUNDS; i++) {
		put_in_flight(p, c);
		epoch = ferry_link_epoch(p->rig->link);
		KUNIT_ASSERT_EQ(test, ferry_sim_vchiq_lie(p->rig->sim, i % 2 ?
							  FERRY_SIM_VCHIQ_LIE_POS_FAR :
							  FERRY_SIM_VCHIQ_LIE_SLOT_ZERO), 0);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_link_epoch(p->rig->link) != epoch &&
						   ferry_link_is_up(p->rig->link)));
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!fake_trysend(c, i)));
		KUNIT_EXPECT_TRUE(test, all_free(p));
	}
	ferry_sim_vchiq_set_faults(p->rig->sim, 0);
	i = READ_ONCE(c->nr);
	send_filled(p, c, 1, 100);
	KUNIT_ASSERT_EQ(test, ferry_post_recv(c->ep, buf_get(p), 100), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr_bufs) == 1));
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	fake_put_bufs(c);
	KUNIT_EXPECT_TRUE(test, all_free(p));
}

/* The link ends; the client closes what is left. */
static void the_link_ends_in_flight(struct kunit *test)
{
	struct pair *p = pair_make(test, 0, 0);
	struct fake_client *c = pair_open(p, "ECHO");

	put_in_flight(p, c);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(p->rig->link), 0);
	KUNIT_EXPECT_TRUE(test, all_free(p));
	vrig_pool_destroy(p->p);
	vrig_destroy(p->rig);
	KUNIT_EXPECT_EQ(test, ferry_buf_max(c->ep), 0);
}

static struct kunit_case pair_cases[] = {
	KUNIT_CASE_PARAM(what_was_sent_comes_back, shift_gen_params),
	KUNIT_CASE(many_at_once),
	KUNIT_CASE(messages_go_beside_them),
	KUNIT_CASE(what_is_short_is_short),
	KUNIT_CASE(a_client_closes_in_flight),
	KUNIT_CASE(the_vpu_closes_in_flight),
	KUNIT_CASE(the_vpu_closes_while_buffers_are_lent),
	KUNIT_CASE(a_crash_in_flight),
	KUNIT_CASE(the_link_ends_in_flight),
	{}
};

static struct kunit_suite pair_suite = {
	.name = "ferry_vchiq_bulk_pair",
	.test_cases = pair_cases,
};

kunit_test_suite(pair_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VCHIQ and the simulated VPU: bulk transfers");
