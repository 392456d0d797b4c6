// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: no memory. Whatever allocation fails, the call says so, leaves nothing behind, and
 * the next one works.
 */
#include <kunit/test.h>
#include <linux/ferry/link.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "rig.h"

static int alloc_init(void *data, u32 addr)
{
	struct vrig *rig = data;

	return ferry_sim_vchiq_init(rig->sim, addr);
}

static int alloc_reset(void *data)
{
	struct vrig *rig = data;

	ferry_sim_vchiq_reset(rig->sim);
	return 0;
}

static const struct ferry_vchiq_firmware alloc_firmware = {
	.init = alloc_init,
	.reset = alloc_reset,
};

static struct ferry_vchiq *alloc_create(struct vrig *rig)
{
	const struct ferry_vchiq_cfg cfg = {
		.region = rig->region, .line = 64, .name = "videocore",
		.ring = rig->port[0], .bell = rig->port[1], .data = rig,
		.firmware = &alloc_firmware,
	};

	return ferry_vchiq_create(rig->dev, &cfg);
}

static int create_attempt(void *arg)
{
	struct ferry_vchiq *vc = alloc_create(arg);

	if (IS_ERR(vc))
		return PTR_ERR(vc);
	ferry_vchiq_destroy(vc);
	return 0;
}

static void echoes(struct vrig *rig)
{
	struct fake_client *c = vrig_opened(rig, "ECHO", 0);

	KUNIT_EXPECT_EQ(rig->test, fake_send(c, 1), 0);
	KUNIT_EXPECT_TRUE(rig->test, fake_wait_rx(c, 1));
	fake_close(c);
}

/* Its region, its ports and its name can be had by the next. */
static void a_link_comes_whole_or_not_at_all(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);

	ferry_vchiq_destroy(rig->vc);
	rig->vc = NULL;
	ferry_each_alloc_fails(test, create_attempt, rig);
	rig->vc = alloc_create(rig);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->vc));
	rig->link = ferry_vchiq_link(rig->vc);
	KUNIT_ASSERT_EQ(test, ferry_link_start(rig->link), 0);
	echoes(rig);
}

struct opening {
	struct ferry_link *link;
	const char *name;
};

static int alloc_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	return 0;
}

static int open_attempt(void *arg)
{
	const struct ferry_ep_cfg cfg = { .rx = alloc_rx };
	struct opening *o = arg;
	struct ferry_id id = { .name = o->name, .number = FERRY_ANY_NUMBER };
	struct ferry_ep *ep = ferry_open(o->link, &id, &cfg);

	return IS_ERR(ep) ? PTR_ERR(ep) : ferry_close(ep);
}

static bool vpu_has_none(struct vrig *rig)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(rig->sim, &stats);
	return !stats.conns;
}

static void a_service_is_open_or_not_at_all(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct opening o = { .link = rig->link, .name = "ECHO" };
	struct ferry_sim_vchiq_stats stats;

	ferry_each_alloc_fails(test, open_attempt, &o);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_has_none(rig)));
	ferry_sim_vchiq_stats(rig->sim, &stats);
	KUNIT_EXPECT_EQ(test, stats.wrongs, 0);
	echoes(rig);
}

static int listen_attempt(void *arg)
{
	struct opening *o = arg;

	return ferry_vchiq_listen(o->link, o->name, 1, 0) ?: open_attempt(o);
}

/* What is not noted for want of memory holds for no open of that name. */
static void a_service_of_ours_is_open_or_not_at_all(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct opening o = { .link = rig->link, .name = "ECHO" };

	ferry_each_alloc_fails(test, listen_attempt, &o);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_version(rig->link, "ECHO", 1, 0), 0);
	echoes(rig);
}

static struct kunit_case vchiq_alloc_cases[] = {
	KUNIT_CASE(a_link_comes_whole_or_not_at_all),
	KUNIT_CASE(a_service_is_open_or_not_at_all),
	KUNIT_CASE(a_service_of_ours_is_open_or_not_at_all),
	{}
};

static struct kunit_suite vchiq_alloc_suite = {
	.name = "ferry_vchiq_alloc",
	.test_cases = vchiq_alloc_cases,
};
kunit_test_suite(vchiq_alloc_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of VCHIQ, allocations that fail");
MODULE_LICENSE("GPL");
