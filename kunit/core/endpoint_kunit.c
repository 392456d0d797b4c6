// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoints: what a client sees, over a loop.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/ferry/loop.h>
#include <linux/module.h>

struct endpoint_fixture {
	struct ferry_loop *loop;
	struct ferry_link *a;
	struct ferry_link *b;
	unsigned int received;
	size_t last_len;
	u8 last[65536];
	int answer;
	struct completion got;
};

static int endpoint_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct endpoint_fixture *f = priv;

	f->received++;
	f->last_len = len;
	memcpy(f->last, data, len);
	complete(&f->got);
	return f->answer;
}

static int endpoint_init(struct kunit *test)
{
	static const struct ferry_loop_cfg cfg = {
		.name = "loop", .nr_hs = 2, .nr_gp = 2, .depth = 8, .mtu = 65536,
	};
	struct endpoint_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	init_completion(&f->got);
	f->loop = ferry_loop_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(f->loop));
	f->a = ferry_loop_link(f->loop, 0);
	f->b = ferry_loop_link(f->loop, 1);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->a), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->b), 0);
	return 0;
}

static void endpoint_exit(struct kunit *test)
{
	struct endpoint_fixture *f = test->priv;

	if (f && !IS_ERR_OR_NULL(f->loop))
		ferry_loop_destroy(f->loop);
}

static struct ferry_ep *endpoint_open(struct kunit *test, struct ferry_link *link, u32 number,
				      unsigned int flags)
{
	struct ferry_id id = { .number = number };
	struct ferry_ep_cfg cfg = { .rx = endpoint_rx, .priv = test->priv, .flags = flags };
	struct ferry_ep *ep = ferry_open(link, &id, &cfg);

	KUNIT_ASSERT_FALSE(test, IS_ERR(ep));
	return ep;
}

static void send_arrives_whole(struct kunit *test)
{
	static const size_t sizes[] = { 0, 1, 64, 4096, 4097, 65536 };
	struct endpoint_fixture *f = test->priv;
	unsigned int atomic, number;
	u8 *msg = kunit_kzalloc(test, 65536, GFP_KERNEL);
	size_t i, n;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	for (i = 0; i < 65536; i++)
		msg[i] = i * 7 + (i >> 8);
	for (atomic = 0; atomic < 2; atomic++)
		for (number = 0; number < 4; number++) {
			struct ferry_ep *tx = endpoint_open(test, f->a, number, 0);
			struct ferry_ep *rx = endpoint_open(test, f->b, number,
							    atomic ? FERRY_EP_ATOMIC : 0);

			for (n = 0; n < ARRAY_SIZE(sizes) - 2 * atomic; n++) {
				KUNIT_EXPECT_EQ(test, ferry_send(tx, msg, sizes[n]), 0);
				KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&f->got, HZ), 0);
				KUNIT_EXPECT_EQ(test, f->last_len, sizes[n]);
				KUNIT_EXPECT_EQ(test, memcmp(f->last, msg, sizes[n]), 0);
			}
			KUNIT_EXPECT_EQ(test, ferry_close(tx), 0);
			KUNIT_EXPECT_EQ(test, ferry_close(rx), 0);
		}
}

static struct kunit_case endpoint_cases[] = {
	KUNIT_CASE(send_arrives_whole),
	{}
};

static struct kunit_suite endpoint_suite = {
	.name = "ferry_endpoint",
	.init = endpoint_init,
	.exit = endpoint_exit,
	.test_cases = endpoint_cases,
};
kunit_test_suite(endpoint_suite);

MODULE_DESCRIPTION("Ferry: tests of endpoints");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
