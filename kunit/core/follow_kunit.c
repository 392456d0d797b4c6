// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links that follow the rproc of another driver.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/remoteproc.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define LONG_MS		20000
#define FW_SIZE		123

#ifdef CONFIG_REMOTEPROC
static void crash_it(struct fake *f)
{
	ferry_link_crash(f->link, "test");
}

/* The rproc of another driver. */
struct other {
	struct fake *f;
	enum ferry_state at_start;	/* of the link, when the rproc starts and stops */
	enum ferry_state at_stop;
	unsigned int stops_at_stop;	/* of the protocol */
	int start_ret;
	int stop_ret;
};

static int other_start(struct rproc *rproc)
{
	struct other *o = rproc->priv;

	if (o->f)
		o->at_start = ferry_link_state(o->f->link);
	return o->start_ret;
}

static int other_stop(struct rproc *rproc)
{
	struct other *o = rproc->priv;

	if (o->f) {
		o->at_stop = ferry_link_state(o->f->link);
		o->stops_at_stop = o->f->stops + o->f->crashed_stops;
	}
	return o->stop_ret;
}

static int other_load(struct rproc *rproc, const struct firmware *fw)
{
	return 0;
}

static const struct rproc_ops other_ops = {
	.start = other_start,
	.stop = other_stop,
	.load = other_load,
};

static void other_gone(void *arg)
{
	struct rproc *rproc = arg;

	rproc_del(rproc);
	rproc_free(rproc);
}

static void other_parent_gone(void *arg)
{
	platform_device_unregister(arg);
}

static struct rproc *other_create(struct kunit *test)
{
	struct platform_device *pdev;
	struct rproc *rproc;

	fake_firmware(test, FW_SIZE);
	pdev = platform_device_register_simple("ferry-other", PLATFORM_DEVID_AUTO, NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	ferry_defer(test, other_parent_gone, pdev);
	rproc = rproc_alloc(&pdev->dev, "other", &other_ops, FAKE_FIRMWARE, sizeof(struct other));
	KUNIT_ASSERT_NOT_NULL(test, rproc);
	rproc->auto_boot = false;
	KUNIT_ASSERT_EQ(test, rproc_add(rproc), 0);
	ferry_defer(test, other_gone, rproc);
	return rproc;
}

static void link_follows(struct kunit *test)
{
	struct rproc *rproc = other_create(test);
	struct other *o = rproc->priv;
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s;

	o->f = f;
	KUNIT_EXPECT_EQ(test, ferry_link_follow(f->link, rproc), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_follow(f->link, rproc), -EBUSY);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, rproc_boot(rproc), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, o->at_start, FERRY_STATE_OFFLINE);
	fake_settle();
	KUNIT_EXPECT_EQ(test, rproc_shutdown(rproc), 0);
	KUNIT_EXPECT_EQ(test, o->at_stop, FERRY_STATE_STOPPING);
	KUNIT_EXPECT_EQ_MSG(test, o->stops_at_stop, 0, "it may reach memory until then");
	KUNIT_EXPECT_EQ(test, f->stops, 1);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	fake_settle();

	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, rproc->state, RPROC_RUNNING);
	fake_settle();
	s = fake_sender(test, c, 1, 4, LONG_MS);
	crash_it(f);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOLINK);
	fake_settle();
	KUNIT_EXPECT_EQ(test, o->at_stop, FERRY_STATE_CRASHED);
	KUNIT_EXPECT_EQ(test, o->stops_at_stop, 1);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	rproc_report_crash(rproc, RPROC_WATCHDOG);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 2);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_DOWN, FERRY_EVENT_UP,
			   FERRY_EVENT_CRASHED, FERRY_EVENT_UP, FERRY_EVENT_CRASHED,
			   FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, rproc->state, RPROC_OFFLINE);
	ferry_link_unfollow(f->link);
	KUNIT_EXPECT_EQ(test, rproc_boot(rproc), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, rproc_shutdown(rproc), 0);
}

static void link_follows_what_runs_already(struct kunit *test)
{
	struct rproc *rproc = other_create(test);
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);

	KUNIT_EXPECT_EQ(test, rproc_boot(rproc), 0);
	f->start_ret = -EIO;
	KUNIT_EXPECT_EQ(test, ferry_link_follow(f->link, rproc), -EIO);
	KUNIT_EXPECT_EQ(test, rproc->state, RPROC_RUNNING);
	f->start_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_follow(f->link, rproc), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	ferry_link_unfollow(f->link);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, rproc->state, RPROC_RUNNING);
	KUNIT_EXPECT_EQ(test, ferry_link_follow(f->link, rproc), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_unregister(f);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, rproc_shutdown(rproc), 0);
}

static void follower_that_fails(struct kunit *test)
{
	struct rproc *rproc = other_create(test);
	struct other *o = rproc->priv;
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);

	o->f = f;
	KUNIT_EXPECT_EQ(test, ferry_link_follow(f->link, rproc), 0);
	f->start_ret = -EIO;
	KUNIT_EXPECT_EQ(test, rproc_boot(rproc), -EIO);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	f->start_ret = 0;
	o->start_ret = -EPROTO;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -EPROTO);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	o->start_ret = 0;
	f->on_start = crash_it;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -ENOLINK);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, rproc->state, RPROC_OFFLINE);
	f->on_start = NULL;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_settle();
	/* The other driver cannot stop it: the link has let go, and waits. */
	o->stop_ret = -EBUSY;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EBUSY);
	FAKE_EXPECT_STATE(test, f, STOPPING);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -EBUSY);
	KUNIT_EXPECT_EQ(test, atomic_read(&rproc->power), 1);
	o->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	/* Our protocol cannot. */
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	f->stop_ret = -EIO;
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	KUNIT_EXPECT_EQ(test, rproc->state, RPROC_OFFLINE);
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
}

/* Its memory is the remote's until the other driver has stopped that. */
static void follower_that_crashes_when_it_let_go(struct kunit *test)
{
	struct rproc *rproc = other_create(test);
	struct other *o = rproc->priv;
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);

	o->f = f;
	KUNIT_EXPECT_EQ(test, ferry_link_follow(f->link, rproc), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	o->stop_ret = -EBUSY;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EBUSY);
	FAKE_EXPECT_STATE(test, f, STOPPING);
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	KUNIT_EXPECT_EQ(test, f->stops + f->crashed_stops, 0);
	KUNIT_EXPECT_EQ(test, rproc->state, RPROC_CRASHED);
	o->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, o->stops_at_stop, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&rproc->power), 1);

	/* One that leaves says nothing of it to the rproc. */
	f->stop_ret = -EIO;
	ferry_link_unfollow(f->link);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	KUNIT_EXPECT_EQ(test, rproc->state, RPROC_RUNNING);
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, rproc_shutdown(rproc), 0);
}

static void one_that_boots_follows_nobody(struct kunit *test)
{
	struct rproc *rproc = other_create(test);
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE | FAKE_BOOTS);

	KUNIT_EXPECT_EQ(test, ferry_link_follow(f->link, rproc), -EINVAL);
	ferry_link_unfollow(f->link);
}
#endif

static struct kunit_case follow_cases[] = {
#ifdef CONFIG_REMOTEPROC
	KUNIT_CASE(link_follows),
	KUNIT_CASE(link_follows_what_runs_already),
	KUNIT_CASE(follower_that_fails),
	KUNIT_CASE(follower_that_crashes_when_it_let_go),
	KUNIT_CASE(one_that_boots_follows_nobody),
#endif
	{}
};

static struct kunit_suite follow_suite = {
	.name = "ferry_follow",
	.test_cases = follow_cases,
};

kunit_test_suite(follow_suite);

MODULE_DESCRIPTION("Ferry: tests of links that follow an rproc");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
