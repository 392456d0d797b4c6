// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of an endpoint: bounds, wrap, and one producer beside one consumer.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../../drivers/compat.h"
#include "../../drivers/core/core.h"
#include "../ferry_kunit.h"
#include "fake.h"

static void queue_exit(void *arg)
{
	ferry_rx_queue_exit(arg);
}

static struct ferry_rx_queue *queue(struct kunit *test, u32 depth, size_t largest)
{
	struct ferry_rx_queue *q = kunit_kzalloc(test, sizeof(*q), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, q);
	KUNIT_ASSERT_EQ(test, ferry_rx_queue_init(q, depth, largest), 0);
	ferry_defer(test, queue_exit, q);
	return q;
}

static bool put(struct ferry_rx_queue *q, size_t len, u32 seq)
{
	void *room = ferry_rx_queue_reserve(q, len);

	if (!room)
		return false;
	fake_fill(room, len, seq);
	ferry_rx_queue_commit(q, len, NULL);
	return true;
}

/* True: the oldest is as put() made it. */
static bool take(struct ferry_rx_queue *q, size_t len, u32 seq)
{
	struct ferry_rx_msg msg;
	bool right = false;
	u8 *want;

	if (!ferry_rx_queue_peek(q, &msg))
		return false;
	want = kmalloc(max_t(size_t, len, 1), GFP_KERNEL);
	if (want && msg.len == len && !msg.buf) {
		fake_fill(want, len, seq);
		right = !memcmp(want, msg.data, len);
	}
	kfree(want);
	ferry_rx_queue_pop(q);
	return right;
}

static void empty_queue_shows_nothing(struct kunit *test)
{
	struct ferry_rx_queue *q = queue(test, 4, 100);
	struct ferry_rx_msg msg;

	KUNIT_EXPECT_TRUE(test, ferry_rx_queue_empty(q));
	KUNIT_EXPECT_FALSE(test, ferry_rx_queue_peek(q, &msg));
	KUNIT_EXPECT_NOT_NULL(test, ferry_rx_queue_reserve(q, 100));
	KUNIT_EXPECT_FALSE_MSG(test, ferry_rx_queue_peek(q, &msg), "not committed");
}

static void depth_is_kept(struct kunit *test)
{
	static const u32 depths[] = { 1, 2, 7, 128, 1000 };
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		struct ferry_rx_queue *q = queue(test, depths[i], 16);

		for (n = 0; n < 2000 && put(q, 16, n); n++)
			;
		KUNIT_EXPECT_EQ(test, n, depths[i]);
		KUNIT_EXPECT_TRUE(test, take(q, 16, 0));
		KUNIT_EXPECT_TRUE(test, put(q, 16, n));
		KUNIT_EXPECT_FALSE(test, put(q, 16, n));
	}
}

static void largest_fits_behind_any_filler(struct kunit *test)
{
	static const size_t largest[] = { 0, 1, 15, 16, 17, 4096, 16384 };
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(largest); i++) {
		struct ferry_rx_queue *q = queue(test, 2, largest[i]);
		size_t small;

		for (n = 0; n < 300; n++) {
			small = largest[i] ? n * 16 % largest[i] : 0;
			KUNIT_ASSERT_TRUE(test, put(q, small, n));
			KUNIT_ASSERT_TRUE(test, take(q, small, n));
			KUNIT_ASSERT_TRUE_MSG(test, put(q, largest[i], n), "round %u of %zu", n,
					      largest[i]);
			KUNIT_ASSERT_TRUE(test, take(q, largest[i], n));
		}
		KUNIT_EXPECT_TRUE(test, ferry_rx_queue_empty(q));
	}
}

static void bytes_are_bounded_too(struct kunit *test)
{
	struct ferry_rx_queue *q = queue(test, 128, 16384);
	unsigned int n, i;

	for (n = 0; n < 128 && put(q, 16384, n); n++)
		;
	KUNIT_EXPECT_GE(test, n, 1);
	KUNIT_EXPECT_LT(test, n, 128);
	KUNIT_EXPECT_LE(test, n * 16384, q->size);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_TRUE(test, take(q, 16384, i));
}

/* Room that was asked for and given up moves nothing that can be seen. */
static void reserve_without_commit_is_nothing(struct kunit *test)
{
	struct ferry_rx_queue *q = queue(test, 8, 100);
	unsigned int n;

	for (n = 0; n < 200; n++) {
		ferry_rx_queue_reserve(q, 100);
		ferry_rx_queue_reserve(q, n % 100);
		KUNIT_ASSERT_TRUE(test, put(q, n % 90, n));
		ferry_rx_queue_reserve(q, 100);
		KUNIT_ASSERT_TRUE(test, take(q, n % 90, n));
	}
}

static void counters_may_wrap(struct kunit *test)
{
	struct ferry_rx_queue *q = queue(test, 4, 100);
	unsigned int n;

	q->put = U32_MAX - 5;
	q->taken = q->put;
	q->head = -5 * q->size;
	q->tail = q->head;
	for (n = 0; n < 1000; n++) {
		KUNIT_ASSERT_TRUE(test, put(q, n % 100, n));
		if (n < 2)
			continue;
		KUNIT_ASSERT_TRUE(test, take(q, (n - 2) % 100, n - 2));
	}
}

struct counted_buf {
	struct ferry_buf buf;
	unsigned int released;
};

static void count_release(struct ferry_buf *buf)
{
	container_of(buf, struct counted_buf, buf)->released++;
}

static void buffers_left_go_back(struct kunit *test)
{
	static const struct ferry_buf_ops ops = { .release = count_release };
	struct ferry_rx_queue *q = queue(test, 8, 0);
	struct counted_buf b[8] = {};
	struct ferry_rx_msg msg;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		ferry_buf_init(&b[i].buf, &ops, NULL, 0, 1 << 20);
		KUNIT_ASSERT_NOT_NULL(test, ferry_rx_queue_reserve(q, 0));
		ferry_rx_queue_commit(q, 1 << 20, &b[i].buf);
	}
	KUNIT_EXPECT_PTR_EQ(test, ferry_rx_queue_reserve(q, 0), NULL);
	KUNIT_EXPECT_TRUE(test, ferry_rx_queue_peek(q, &msg));
	KUNIT_EXPECT_PTR_EQ(test, msg.buf, &b[0].buf);
	KUNIT_EXPECT_EQ(test, msg.len, 1 << 20);
	ferry_rx_queue_pop(q);
	ferry_rx_queue_exit(q);
	KUNIT_EXPECT_EQ(test, b[0].released, 0);
	for (i = 1; i < 8; i++)
		KUNIT_EXPECT_EQ(test, b[i].released, 1);
}

#define PAIR_N		4000

static size_t pair_len(unsigned int n)
{
	return n * 7919 % 200;
}

static int pair_put(void *arg)
{
	unsigned int n;

	for (n = 0; n < PAIR_N; n++)
		while (!put(arg, pair_len(n), n))
			usleep_range(10, 20);
	return 0;
}

static void producer_beside_consumer(struct kunit *test)
{
	struct ferry_rx_queue *q = queue(test, 16, 200);
	struct fake_task *t = fake_run(test, pair_put, q);
	unsigned int n, wrong = 0;

	for (n = 0; n < PAIR_N; n++) {
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(!ferry_rx_queue_empty(q)));
		wrong += !take(q, pair_len(n), n);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_TRUE(test, ferry_rx_queue_empty(q));
}

static struct kunit_case rxqueue_cases[] = {
	KUNIT_CASE(empty_queue_shows_nothing),
	KUNIT_CASE(depth_is_kept),
	KUNIT_CASE(largest_fits_behind_any_filler),
	KUNIT_CASE(bytes_are_bounded_too),
	KUNIT_CASE(reserve_without_commit_is_nothing),
	KUNIT_CASE(counters_may_wrap),
	KUNIT_CASE(buffers_left_go_back),
	KUNIT_CASE(producer_beside_consumer),
	{}
};

static struct kunit_suite rxqueue_suite = {
	.name = "ferry_rxqueue",
	.test_cases = rxqueue_cases,
};

kunit_test_suite(rxqueue_suite);

MODULE_DESCRIPTION("Ferry: tests of the queue of an endpoint");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
