// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delivery of the remote's buffers to endpoints that want them.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define LEN	64	/* as the buffers of the fake remote */

static struct fake_client *open_bufs(struct kunit *test, struct fake *f, u32 number)
{
	struct fake_client *c = fake_client(test);

	c->bufs = true;
	KUNIT_ASSERT_EQ(test, fake_client_open(c, f->link, number, 0), 0);
	return c;
}

static bool offered(const struct fake_client *c, unsigned int n)
{
	return FERRY_WAIT(READ_ONCE(c->offers) >= n);
}

static u64 closed_drops(struct fake *f)
{
	struct ferry_stats stats;

	ferry_link_stats(f->link, &stats);
	return stats.drops[FERRY_DROP_CLOSED];
}

static void the_buffer_is_the_clients_until_put(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, FAKE_BUFS);
	struct fake_client *c[2];
	unsigned int i, n;

	/* The second goes by way of a queue and another thread. */
	for (i = 0; i < 2; i++)
		c[i] = open_bufs(test, f, i);
	for (n = 0; n < 10; n++)
		for (i = 0; i < 2; i++)
			fake_rx(f, i, LEN, n);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(c[i], 10));
	msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->lent), 20);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, c[i]->bad, 0);
		KUNIT_EXPECT_EQ(test, c[i]->nr_bufs, 10);
		fake_put_bufs(c[i]);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&f->lent), 0);
}

static void open_refuses_what_cannot_be(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BUFS);
	struct fake_client *c = fake_client(test);
	struct ferry_id id = { .number = 0 };
	struct ferry_ep_cfg cfg = {};

	c->bufs = true;
	KUNIT_EXPECT_EQ(test, fake_client_open(c, f->link, 0, FERRY_EP_ATOMIC), -EINVAL);
	KUNIT_ASSERT_EQ(test, fake_client_open(c, f->link, 0, 0), 0);
	cfg.rx_buf = (void *)c;	/* never called */
	KUNIT_EXPECT_PTR_EQ(test, ferry_open(f->link, &id, &cfg), ERR_PTR(-EINVAL));
}

static void what_is_not_taken_is_held_and_offered_again(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BUFS);
	struct fake_client *c = open_bufs(test, f, 0);

	WRITE_ONCE(c->answer, -EAGAIN);
	fake_rx(f, 0, LEN, 1);
	KUNIT_EXPECT_TRUE(test, offered(c, 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&f->lent), 1);
	ferry_resume(c->ep);
	KUNIT_EXPECT_TRUE(test, offered(c, 2));
	/* The next message offers it once more, and waits behind it. */
	fake_rx(f, 0, LEN, 2);
	KUNIT_EXPECT_TRUE(test, offered(c, 3));
	WRITE_ONCE(c->answer, 0);
	fake_rx(f, 0, LEN, 3);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 3));
	KUNIT_EXPECT_EQ(test, c->seq[0], 1);
	KUNIT_EXPECT_EQ(test, c->seq[1], 2);
	KUNIT_EXPECT_EQ(test, c->seq[2], 3);
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->released), 0);
}

static void closing_puts_what_is_held_or_queued(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BUFS);
	struct fake_client *c = open_bufs(test, f, 0);
	unsigned int i;

	fake_rx(f, 0, LEN, 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	WRITE_ONCE(c->answer, -EAGAIN);
	for (i = 1; i < 5; i++)
		fake_rx(f, 0, LEN, i);
	msleep(50);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->lent), 5);
	fake_close(c);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&f->lent), 1, "the client has one");
	KUNIT_EXPECT_EQ(test, closed_drops(f), 4);
	fake_put_bufs(c);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->lent), 0);
	KUNIT_EXPECT_EQ(test, c->late, 0);
}

static void a_buffer_outlives_endpoint_and_link(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BUFS);
	struct fake_client *c = open_bufs(test, f, 0);

	fake_rx(f, 0, LEN, 7);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	msleep(20);
	fake_unregister(f);
	fake_close(c);
	KUNIT_EXPECT_EQ(test, *(u8 *)c->buf[0]->vaddr, 7);
	fake_put_bufs(c);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->released), 1);
}

static void buffers_may_be_longer_than_copies(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 2, FAKE_BUFS);
	struct fake_client *c = open_bufs(test, f, 0);
	struct fake_client *d = fake_open(test, f->link, 1, 0);
	struct ferry_stats stats;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		f->channels[i]->ch.mtu = 16;
		f->channels[i]->ch.buf_max = 32;
		fake_rx(f, i, 16, 0);
		fake_rx(f, i, 32, 1);
		fake_rx(f, i, 33, 2);
	}
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 2));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(d, 1));
	KUNIT_EXPECT_EQ(test, c->len[1], 32);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT((ferry_ep_stats(c->ep, &stats),
					    stats.drops[FERRY_DROP_BAD_LENGTH] == 1)));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT((ferry_ep_stats(d->ep, &stats),
					    stats.drops[FERRY_DROP_BAD_LENGTH] == 2)));
	KUNIT_EXPECT_EQ(test, d->nr, 1);
}

/* Put while the thread goes on to lend more. */
static int keep_putting(struct fake_client *c, u32 seq)
{
	return seq % 3 ? 0 : READ_ONCE(c->answer);
}

static void a_slow_client_loses_nothing(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BUFS);
	struct fake_client *c = open_bufs(test, f, 0);
	unsigned int i;

	c->on_rx = keep_putting;
	for (i = 1; i <= 100; i++) {
		WRITE_ONCE(c->answer, i % 2 ? -EAGAIN : 0);
		fake_rx(f, 0, LEN, i);
		if (i % 7 == 0)
			ferry_resume(c->ep);
	}
	WRITE_ONCE(c->answer, 0);
	ferry_resume(c->ep);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 100));
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, c->seq[i], i + 1);
	KUNIT_EXPECT_EQ(test, c->bad, 0);
}

static struct kunit_case deliver_cases[] = {
	KUNIT_CASE(the_buffer_is_the_clients_until_put),
	KUNIT_CASE(open_refuses_what_cannot_be),
	KUNIT_CASE(what_is_not_taken_is_held_and_offered_again),
	KUNIT_CASE(closing_puts_what_is_held_or_queued),
	KUNIT_CASE(a_buffer_outlives_endpoint_and_link),
	KUNIT_CASE(buffers_may_be_longer_than_copies),
	KUNIT_CASE(a_slow_client_loses_nothing),
	{}
};

static struct kunit_suite deliver_suite = {
	.name = "ferry_deliver",
	.test_cases = deliver_cases,
};

kunit_test_suite(deliver_suite);

MODULE_DESCRIPTION("Ferry: tests of delivering buffers");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
