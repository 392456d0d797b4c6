// SPDX-License-Identifier: GPL-2.0-only
/*
 * No memory: whatever allocation fails, the call says so and leaves nothing behind.
 */
#include <kunit/test.h>
#include <linux/ferry/loop.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

static int make_loop(void *arg)
{
	struct ferry_loop *loop = ferry_loop_create(NULL, arg);

	if (IS_ERR(loop))
		return PTR_ERR(loop);
	ferry_loop_destroy(loop);
	return 0;
}

static void creating_a_loop(struct kunit *test)
{
	struct ferry_loop_cfg cfg = {
		.name = "alloc", .nr_hs = 1, .nr_gp = 1, .depth = 4, .mtu = 100,
	};

	ferry_each_alloc_fails(test, make_loop, &cfg);
}

struct opening {
	struct ferry_link *link;
	u32 number;
	unsigned int flags;
};

static int alloc_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	return 0;
}

static int open_close(void *arg)
{
	struct opening *o = arg;
	struct ferry_id id = { .number = o->number };
	struct ferry_ep_cfg cfg = { .flags = o->flags, .rx = alloc_rx };
	struct ferry_ep *ep = ferry_open(o->link, &id, &cfg);

	return IS_ERR(ep) ? PTR_ERR(ep) : ferry_close(ep);
}

static void opening_general(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct opening o = { .link = f->link, .number = 1 };

	ferry_each_alloc_fails(test, open_close, &o);
	o.flags = FERRY_EP_ATOMIC;
	ferry_each_alloc_fails(test, open_close, &o);
	KUNIT_EXPECT_EQ(test, f->channels[1]->opens, f->channels[1]->closes);
}

/* The first high-speed one starts a thread. */
static void opening_high_speed(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, 0);
	struct opening o = { .link = f->link };

	ferry_each_alloc_fails(test, open_close, &o);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, f->channels[0]->closes);
}

static void opening_on_demand(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, FAKE_DEMAND);
	struct opening o = { .link = f->link, .number = 1 };

	ferry_each_alloc_fails(test, open_close, &o);
	KUNIT_EXPECT_PTR_EQ(test, f->channels[1], NULL);
}

/* Starting, stopping, sending and receiving need no memory at all. */
#ifdef CONFIG_FAILSLAB
/* Starting tells user space, which takes memory; it does not fail for want of it. */
static int attempt_start(void *arg)
{
	struct fake *f = arg;
	int ret = ferry_link_start(f->link);

	return ferry_link_stop(f->link) ?: ret;
}
#endif

static void starting_does_without(struct kunit *test)
{
#ifdef CONFIG_FAILSLAB
	struct fake *f = fake_create(test, 1, 1, FAKE_OFFLINE);
	unsigned int n;

	for (n = 1; n < 20; n++) {
		current->fail_nth = n;
		KUNIT_EXPECT_EQ(test, attempt_start(f), 0);
		current->fail_nth = 0;
	}
#else
	kunit_skip(test, "this kernel has no failslab");
#endif
}

static void running_allocates_nothing(struct kunit *test)
{
#ifdef CONFIG_FAILSLAB
	struct fake *f = fake_create(test, 1, 1, FAKE_OFFLINE);
	struct fake_client *c = fake_open(test, f->link, 1, FERRY_EP_ATOMIC);
	struct fake_client *d = fake_open(test, f->link, 0, 0);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	current->fail_nth = 1;
	fake_give(f, 10);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, fake_trysend(c, i), 0);
		KUNIT_EXPECT_EQ(test, fake_send(d, i), 0);
		fake_rx(f, 1, 8, i);
	}
	KUNIT_EXPECT_EQ(test, fake_trysend(c, i), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_rx_now(c->ep), 0);
	KUNIT_EXPECT_EQ(test, c->nr, 5);
	i = current->fail_nth;
	current->fail_nth = 0;
	KUNIT_EXPECT_EQ_MSG(test, i, 1, "something allocated");
#else
	kunit_skip(test, "this kernel has no failslab");
#endif
}

static struct kunit_case alloc_cases[] = {
	KUNIT_CASE(creating_a_loop),
	KUNIT_CASE(opening_general),
	KUNIT_CASE(opening_high_speed),
	KUNIT_CASE(opening_on_demand),
	KUNIT_CASE(starting_does_without),
	KUNIT_CASE(running_allocates_nothing),
	{}
};

static struct kunit_suite alloc_suite = {
	.name = "ferry_alloc",
	.test_cases = alloc_cases,
};

kunit_test_suite(alloc_suite);

MODULE_DESCRIPTION("Ferry: tests of the core without memory");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
