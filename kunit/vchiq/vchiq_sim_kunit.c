// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ and the simulated VPU: services of it, opened, used and closed.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define LONGEST	FERRY_VCHIQ_MTU

static int send_sized(struct fake_client *c, u32 seq, size_t len)
{
	static u8 msg[LONGEST];	/* one at a time */

	fake_fill(msg, len, seq);
	return ferry_send(c->ep, msg, len);
}

static struct ferry_sim_vchiq_stats vpu_stats(struct vrig *rig)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(rig->sim, &stats);
	return stats;
}

/* All that came back is as it was sent. */
static void echo_is_what_was_sent(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *c = vrig_opened(rig, "ECHO", 0);
	static const u16 sizes[] = { 4, 5, 8, 9, 100, 1000, 2039, 2040, 4080, 4081, LONGEST };
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ferry_mtu(c->ep), LONGEST);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_peer_version(rig->link, "ECHO"), 3);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ(test, send_sized(c, i, sizes[i]), 0);
		KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, i + 1));
		KUNIT_EXPECT_EQ(test, c->seq[i], i);
		KUNIT_EXPECT_EQ(test, c->len[i], sizes[i]);
	}
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).wrongs, 0);
	KUNIT_EXPECT_EQ(test, send_sized(c, 0, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, "", LONGEST + 1), -EMSGSIZE);
}

static struct kunit_case vchiq_sim_cases[] = {
	KUNIT_CASE(echo_is_what_was_sent),
	{}
};

static struct kunit_suite vchiq_sim_suite = {
	.name = "ferry_vchiq_sim",
	.test_cases = vchiq_sim_cases,
};
kunit_test_suite(vchiq_sim_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of VCHIQ with a simulated VPU");
MODULE_LICENSE("GPL");
