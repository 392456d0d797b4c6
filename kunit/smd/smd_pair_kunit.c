// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two edges of our own, one that scans and one that allocates, over the same memory.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "edges.h"

static void one_message_each_way(struct kunit *test)
{
	struct edges *e = edges_create(test, 0);
	struct edges_client *c[2];

	edges_channel(e, "hello", 1024, false, false);
	edges_connect(e, "hello", 0, c);
	KUNIT_EXPECT_EQ(test, edges_send(c[0], 64, 0), 0);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[1], 1));
	KUNIT_EXPECT_EQ(test, c[1]->len, 64);
	KUNIT_EXPECT_EQ(test, c[1]->bad, 0);
	KUNIT_EXPECT_EQ(test, edges_send(c[1], 100, 0), 0);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[0], 1));
	KUNIT_EXPECT_EQ(test, c[0]->len, 100);
	KUNIT_EXPECT_EQ(test, c[0]->bad, 0);
}

static struct kunit_case smd_pair_cases[] = {
	KUNIT_CASE(one_message_each_way),
	{ }
};

static struct kunit_suite smd_pair_suite = {
	.name = "smd_pair",
	.test_cases = smd_pair_cases,
};
kunit_test_suite(smd_pair_suite);

MODULE_DESCRIPTION("Tests of Ferry's SMD against itself");
MODULE_LICENSE("GPL");
