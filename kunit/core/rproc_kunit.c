// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links that boot: as an rproc, and by themselves.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/remoteproc.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define LONG_MS		20000
#define FW_SIZE		123

static const char link_state[] = "/sys/class/ferry/fake/state";
static const char link_recovery[] = "/sys/class/ferry/fake/recovery";
static const char link_firmware[] = "/sys/class/ferry/fake/firmware";

static void crash_it(struct fake *f)
{
	ferry_link_crash(f->link, "test");
}

static void crash_in_irq(void *arg)
{
	crash_it(arg);
}

/* A link without a device of its own asks for the firmware, whatever the kernel has. */

static void boots_without_remoteproc(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BOOTS | FAKE_OFFLINE | FAKE_RECOVER);

	fake_firmware(test, FW_SIZE);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->checks, 1);
	KUNIT_EXPECT_EQ(test, f->loads, 1);
	KUNIT_EXPECT_EQ(test, f->loaded, FW_SIZE);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ_MSG(test, f->loads, 2, "a recovery loads it again");
	KUNIT_EXPECT_EQ(test, ferry_link_restart(f->link), 0);
	KUNIT_EXPECT_EQ(test, f->loads, 3);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
}

static void each_step_of_a_boot_may_fail(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BOOTS | FAKE_OFFLINE);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		fake_firmware(test, i ? FW_SIZE : 0);
		f->check_ret = i == 1 ? -ENOEXEC : 0;
		f->load_ret = i == 2 ? -EIO : 0;
		f->start_ret = i == 3 ? -EPROTO : 0;
		KUNIT_EXPECT_LT(test, ferry_link_start(f->link), 0);
		FAKE_EXPECT_STATE(test, f, OFFLINE);
		KUNIT_EXPECT_EQ(test, f->checks, i);
		KUNIT_EXPECT_EQ(test, f->loads, i > 1 ? i - 1 : 0);
		KUNIT_EXPECT_EQ(test, f->starts, i > 2);
		KUNIT_EXPECT_EQ(test, f->stops, i > 2);
	}
	f->start_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
}

static void user_names_the_firmware(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BOOTS | FAKE_OFFLINE);

	fake_firmware(test, FW_SIZE);
	fake_expect_file(test, link_firmware, FAKE_FIRMWARE "\n");
	KUNIT_EXPECT_EQ(test, fake_file_write(link_firmware, "\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_file_write(link_firmware, "no-such-file\n"), 13);
	fake_expect_file(test, link_firmware, "no-such-file\n");
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -ENOENT);
	KUNIT_EXPECT_EQ(test, fake_file_write(link_firmware, FAKE_FIRMWARE), 13);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_file_write(link_firmware, "other"), -EBUSY);
	fake_unregister(f);
	fake_create(test, 0, 1, 0);
	KUNIT_EXPECT_EQ_MSG(test, fake_file_write(link_firmware, "x"), -ENOENT, "it boots nothing");
}

static void boots_by_itself(struct kunit *test)
{
	unsigned int flags, i;

	fake_firmware(test, FW_SIZE);
	for (i = 0; i < 2; i++) {
		flags = FAKE_BOOTS | FAKE_OFFLINE | FAKE_AUTO_BOOT | (i ? FAKE_PARENT : 0);
		struct fake *f = fake_create(test, 0, 1, flags);

		fake_settle();
		FAKE_EXPECT_STATE(test, f, RUNNING);
		KUNIT_EXPECT_EQ(test, f->loads, 1);
		fake_unregister(f);
		KUNIT_EXPECT_EQ(test, f->stops, 1);
		/* And when it is gone before it got that far. */
		f = fake_create(test, 0, 1, flags);
		fake_unregister(f);
		FAKE_EXPECT_STATE(test, f, OFFLINE);
		KUNIT_EXPECT_EQ(test, f->starts, f->stops);
	}
}

static void firmware_needs_a_load(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct ferry_link_ops ops = f->link_ops;
	struct ferry_link_cfg cfg = {
		.name = "x", .ops = &ops, .addr_bits = 32, .boots = true,
	};

	ops.load = NULL;
	cfg.firmware = FAKE_FIRMWARE;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_link_alloc(NULL, &cfg)), -EINVAL);
}

static void boots_what_is_loaded(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BOOTS | FAKE_LOADED | FAKE_OFFLINE |
				     FAKE_RECOVER);

	KUNIT_EXPECT_EQ_MSG(test, fake_file_write(link_firmware, "x"), -ENOENT, "it has none");
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->starts, 2);
	KUNIT_EXPECT_EQ(test, f->loads + f->checks, 0);
}

#ifdef CONFIG_REMOTEPROC
/* Does it load its firmware, or find it in place? */
struct kind {
	const char *name;
	unsigned int flags;
	const char *up;			/* states of its rproc */
	const char *down;
};

static const struct kind kinds[] = {
	{ "file", 0, "running\n", "offline\n" },
	{ "in place", FAKE_LOADED, "attached\n", "detached\n" },
};

static void kind_desc(const struct kind *kind, char *desc)
{
	strscpy(desc, kind->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kinds, kind_desc);

static const struct kind *kind_of(struct kunit *test)
{
	return test->param_value;
}

/* How often it was loaded, when it is started @starts times. */
static unsigned int loads_of(struct kunit *test, unsigned int starts)
{
	return kind_of(test)->flags & FAKE_LOADED ? 0 : starts;
}

static struct fake *own_create(struct kunit *test, struct fake_rproc *r, unsigned int flags)
{
	const struct kind *kind = test->param_value;
	struct fake *f = fake_create(test, 0, 1, FAKE_BOOTS | FAKE_PARENT | FAKE_OFFLINE | flags |
				     kind->flags);

	fake_firmware(test, kind->flags & FAKE_LOADED ? 0 : FW_SIZE);
	KUNIT_ASSERT_TRUE(test, fake_rproc_find(&f->parent->dev, r));
	return f;
}

static void rproc_starts_and_stops(struct kunit *test)
{
	struct fake_rproc r;
	struct fake *f = own_create(test, &r, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i;

	for (i = 1; i <= 2; i++) {
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		FAKE_EXPECT_STATE(test, f, RUNNING);
		fake_expect_file(test, r.state, kind_of(test)->up);
		KUNIT_EXPECT_EQ(test, f->loaded, loads_of(test, FW_SIZE));
		fake_settle();
		KUNIT_EXPECT_EQ_MSG(test, ferry_link_stop(f->link), 0, "one start more is none");
		FAKE_EXPECT_STATE(test, f, OFFLINE);
		fake_expect_file(test, r.state, kind_of(test)->down);
		KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
		KUNIT_EXPECT_EQ(test, f->stops, 2 * i - 1);
		fake_settle();
		KUNIT_EXPECT_EQ(test, fake_file_write(r.state, "start"), 5);
		FAKE_EXPECT_STATE(test, f, RUNNING);
		KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EAGAIN);
		fake_settle();
		KUNIT_EXPECT_EQ(test, fake_file_write(r.state, "stop"), 4);
		FAKE_EXPECT_STATE(test, f, OFFLINE);
		KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENOLINK);
		fake_settle();
	}
	KUNIT_EXPECT_EQ(test, f->loads, loads_of(test, 4));
	KUNIT_EXPECT_EQ(test, f->checks, loads_of(test, 4));
	KUNIT_EXPECT_EQ(test, f->starts, 4);
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 0);
	KUNIT_EXPECT_EQ(test, c->events, 8);
	KUNIT_EXPECT_EQ(test, ferry_link_restart(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_file_write(link_state, "restart"), 7);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->loads, loads_of(test, 6));
}

static void rproc_boot_fails_at_each_step(struct kunit *test)
{
	struct fake_rproc r;
	struct fake *f = own_create(test, &r, 0);
	unsigned int i;

	for (i = loads_of(test, 1) ? 0 : 3; i < 5; i++) {
		fake_firmware(test, i ? loads_of(test, FW_SIZE) : 0);
		f->check_ret = i == 1 ? -ENOEXEC : 0;
		f->load_ret = i == 2 ? -EIO : 0;
		f->start_ret = i == 3 ? -EPROTO : 0;
		f->on_start = i == 4 ? crash_it : NULL;
		KUNIT_EXPECT_LT_MSG(test, ferry_link_start(f->link), 0, "step %u", i);
		fake_settle();
		/* What crashed as it started was stopped, and is offline for its rproc. */
		KUNIT_EXPECT_EQ(test, ferry_link_state(f->link),
				i == 4 ? FERRY_STATE_CRASHED : FERRY_STATE_OFFLINE);
		KUNIT_EXPECT_EQ(test, f->crashed_stops, i == 4);
		fake_expect_file(test, r.state, kind_of(test)->down);
	}
	f->on_start = NULL;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_expect_file(test, r.state, kind_of(test)->up);
}

static void rproc_recovers(struct kunit *test)
{
	struct fake_rproc r;
	struct fake *f = own_create(test, &r, FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_sender *s;

	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_settle();
	s = fake_sender(test, c, 1, 4, LONG_MS);
	fake_in_irq(test, crash_in_irq, f);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOLINK);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_expect_file(test, r.state, kind_of(test)->up);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, f->stops, 0);
	KUNIT_EXPECT_EQ(test, f->loads, loads_of(test, 2));
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 1);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_send(c, 2), 0);
	/* A crash that somebody else reports. */
	rproc_report_crash(r.rproc, RPROC_WATCHDOG);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 2);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 3);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	fake_expect_file(test, r.state, kind_of(test)->down);
}

static void rproc_recovery_is_the_one_of_the_link(struct kunit *test)
{
	struct fake_rproc r;
	struct fake *f = own_create(test, &r, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_expect_file(test, link_recovery, "disabled\n");
	fake_expect_file(test, r.recovery, "disabled\n");
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_settle();
	crash_it(f);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	fake_expect_file(test, r.state, "crashed\n");
	KUNIT_EXPECT_EQ_MSG(test, f->crashed_stops, 0, "its state is there to be looked at");
	KUNIT_EXPECT_EQ(test, fake_file_write(r.recovery, "recover"), 7);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_settle();
	crash_it(f);
	fake_settle();
	KUNIT_EXPECT_EQ(test, fake_file_write(link_recovery, "recover"), 7);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_expect_file(test, r.state, kind_of(test)->up);
	fake_settle();
	crash_it(f);
	fake_settle();
	KUNIT_EXPECT_EQ(test, fake_file_write(link_state, "start"), 5);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_settle();
	crash_it(f);
	fake_settle();
	KUNIT_EXPECT_EQ(test, fake_file_write(link_state, "stop"), 4);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	fake_expect_file(test, r.state, kind_of(test)->down);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_settle();
	KUNIT_EXPECT_EQ(test, fake_file_write(link_recovery, "enabled"), 7);
	fake_expect_file(test, r.recovery, "enabled\n");
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 5);
	KUNIT_EXPECT_EQ(test, f->stops, 0);
}

static void failed_stop_leaves_the_rproc_crashed(struct kunit *test)
{
	struct fake_rproc r;
	struct fake *f = own_create(test, &r, FAKE_RECOVER);

	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	f->stop_ret = -EIO;
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	fake_expect_file(test, r.state, "crashed\n");
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	fake_file_write(r.recovery, "recover");
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 2);
	fake_expect_file(test, r.state, "crashed\n");
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -EIO);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, fake_file_write(r.recovery, "recover"), 7);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_expect_file(test, r.state, kind_of(test)->up);
	/* One that fails when it did not crash: for its rproc it still runs. */
	f->stop_ret = -EIO;
	KUNIT_EXPECT_EQ(test, fake_file_write(r.state, "stop"), -EIO);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, fake_file_write(r.state, "stop"), 4);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	fake_expect_file(test, r.state, kind_of(test)->down);
}

/* Without our mending each "start" after these would do nothing, and succeed. */
static void failed_recovery_can_be_started_again(struct kunit *test)
{
	struct fake_rproc r;
	struct fake *f = own_create(test, &r, FAKE_RECOVER);
	unsigned int i;

	for (i = loads_of(test, 1) ? 0 : 2; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		FAKE_EXPECT_STATE(test, f, RUNNING);
		fake_settle();
		if (!i)
			fake_firmware(test, 0);
		f->load_ret = i == 1 ? -EIO : 0;
		f->start_ret = i == 2 ? -EIO : 0;
		f->channels[0]->open_ret = 0;
		if (i == 3)
			f->on_start = crash_it;
		crash_it(f);
		fake_settle();
		FAKE_EXPECT_STATE(test, f, CRASHED);
		fake_expect_file(test, r.state, kind_of(test)->down);
		KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 0);
		fake_firmware(test, loads_of(test, FW_SIZE));
		f->load_ret = 0;
		f->start_ret = 0;
		f->on_start = NULL;
		KUNIT_EXPECT_EQ(test, fake_file_write(r.state, "start"), 5);
		FAKE_EXPECT_STATE(test, f, RUNNING);
		KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 1);
		KUNIT_EXPECT_EQ(test, fake_file_write(r.state, "stop"), 4);
		FAKE_EXPECT_STATE(test, f, OFFLINE);
	}
}

static void others_use_the_rproc(struct kunit *test)
{
	struct fake_rproc r;
	struct fake *f = own_create(test, &r, FAKE_RECOVER);

	KUNIT_EXPECT_EQ(test, rproc_boot(r.rproc), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, rproc_boot(r.rproc), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EBUSY);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, rproc_boot(r.rproc), 0);
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&r.rproc->power), 2, "they are all still there");
	KUNIT_EXPECT_EQ(test, rproc_shutdown(r.rproc), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, rproc_shutdown(r.rproc), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
}

static void slow_step(struct fake *f)
{
	msleep(200);
}

static void rproc_goes_at_any_time(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 7; i++) {
		struct fake_rproc r;
		struct fake *f = own_create(test, &r, FAKE_RECOVER);
		struct fake_client *c = fake_open(test, f->link, 0, 0);

		if (i)
			KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		if (i == 3)
			f->on_stop = slow_step;
		if (i == 4)
			f->on_start = slow_step;
		if (i == 5)
			f->stop_ret = -EIO;
		if (i >= 2)
			crash_it(f);
		if (i >= 3)
			msleep(50);
		if (i == 6)
			fake_settle();
		fake_unregister(f);
		KUNIT_EXPECT_EQ(test, ferry_link_state(f->link),
				i == 5 ? FERRY_STATE_CRASHED : FERRY_STATE_OFFLINE);
		KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENODEV);
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -ENODEV);
		fake_close(c);
	}
}

/* Its rproc hears of the crash when somebody stops the link already. */
static void late_report_is_not_of_the_next_life(struct kunit *test)
{
	struct fake_rproc r;
	struct fake *f = own_create(test, &r, FAKE_RECOVER);
	u32 epoch;

	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	f->on_stop = slow_step;
	crash_it(f);
	KUNIT_EXPECT_EQ(test, ferry_link_restart(f->link), 0);
	epoch = ferry_link_epoch(f->link);
	f->on_stop = NULL;
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), epoch);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 1);
}

static int stop_by_file(void *arg)
{
	struct fake_rproc *r = arg;

	return fake_file_write(r->state, "stop");
}

/* The link is stopped, and then its rproc hears that it had crashed. */
static void report_after_the_stop(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct fake_rproc r;
		struct fake *f = own_create(test, &r, i % 2 ? FAKE_RECOVER : 0);
		struct fake_task *t;

		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		mutex_lock(&r.rproc->lock);
		t = fake_run(test, stop_by_file, &r);
		msleep(20);
		crash_it(f);
		msleep(20);
		mutex_unlock(&r.rproc->lock);
		KUNIT_EXPECT_EQ(test, fake_join(t), 4);
		if (i > 1) {
			fake_settle();
			FAKE_EXPECT_STATE(test, f, OFFLINE);
			fake_expect_file(test, r.state, kind_of(test)->down);
		}
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		FAKE_EXPECT_STATE(test, f, RUNNING);
		fake_expect_file(test, r.state, kind_of(test)->up);
		KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 1);
		fake_unregister(f);
	}
}

static int start_it(void *arg)
{
	struct fake *f = arg;

	return ferry_link_start(f->link);
}

/* However many start the link, one stop is enough. */
static void starts_at_once_are_one(struct kunit *test)
{
	struct fake_rproc r;
	struct fake *f = own_create(test, &r, FAKE_RECOVER);
	struct fake_task *t[3];
	unsigned int i;

	f->on_start = slow_step;
	for (i = 0; i < ARRAY_SIZE(t); i++)
		t[i] = fake_run(test, start_it, f);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), 0);
	KUNIT_EXPECT_EQ(test, f->starts, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 1);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
}

/* The rproc does not know of the crash yet, or believes that the remote runs. */
static void start_of_what_is_crashed_counts_once(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct fake_rproc r;
		struct fake *f = own_create(test, &r, i ? FAKE_RECOVER : 0);

		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		crash_it(f);
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		FAKE_EXPECT_STATE(test, f, RUNNING);
		fake_settle();
		FAKE_EXPECT_STATE(test, f, RUNNING);
		KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 2);
		KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 1);

		f->stop_ret = -EIO;
		KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EIO);
		fake_settle();
		FAKE_EXPECT_STATE(test, f, CRASHED);
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -EIO);
		FAKE_EXPECT_STATE(test, f, CRASHED);
		KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 1);
		f->stop_ret = 0;
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		FAKE_EXPECT_STATE(test, f, RUNNING);
		KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 1);
		KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
		FAKE_EXPECT_STATE(test, f, OFFLINE);
		fake_unregister(f);
	}
}

static int storm(void *arg)
{
	struct fake *f = arg;
	unsigned int i;

	for (i = 0; i < 40; i++) {
		ferry_link_crash(f->link, "storm");
		usleep_range(100, 20000);
		if (i % 4 == 3)
			ferry_link_stop(f->link);
		if (i % 4 == 1)
			ferry_link_start(f->link);
	}
	return 0;
}

static void crash_start_and_stop_at_once(struct kunit *test)
{
	struct fake_rproc r;
	struct fake *f = own_create(test, &r, FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_task *t[2];
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	for (i = 0; i < 2; i++)
		t[i] = fake_run(test, storm, f);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), 0);
	fake_settle();
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	fake_expect_file(test, r.state, kind_of(test)->down);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), 0);
}
#endif

static struct kunit_case rproc_cases[] = {
	KUNIT_CASE(boots_without_remoteproc),
	KUNIT_CASE(each_step_of_a_boot_may_fail),
	KUNIT_CASE(user_names_the_firmware),
	KUNIT_CASE(boots_by_itself),
	KUNIT_CASE(firmware_needs_a_load),
	KUNIT_CASE(boots_what_is_loaded),
#ifdef CONFIG_REMOTEPROC
	KUNIT_CASE_PARAM(rproc_starts_and_stops, kind_gen_params),
	KUNIT_CASE_PARAM(rproc_boot_fails_at_each_step, kind_gen_params),
	KUNIT_CASE_PARAM(rproc_recovers, kind_gen_params),
	KUNIT_CASE_PARAM(rproc_recovery_is_the_one_of_the_link, kind_gen_params),
	KUNIT_CASE_PARAM(failed_stop_leaves_the_rproc_crashed, kind_gen_params),
	KUNIT_CASE_PARAM(failed_recovery_can_be_started_again, kind_gen_params),
	KUNIT_CASE_PARAM(others_use_the_rproc, kind_gen_params),
	KUNIT_CASE_PARAM(rproc_goes_at_any_time, kind_gen_params),
	KUNIT_CASE_PARAM(late_report_is_not_of_the_next_life, kind_gen_params),
	KUNIT_CASE_PARAM(report_after_the_stop, kind_gen_params),
	KUNIT_CASE_PARAM(starts_at_once_are_one, kind_gen_params),
	KUNIT_CASE_PARAM(start_of_what_is_crashed_counts_once, kind_gen_params),
	KUNIT_CASE_PARAM(crash_start_and_stop_at_once, kind_gen_params),
#endif
	{}
};

static struct kunit_suite rproc_suite = {
	.name = "ferry_rproc",
	.test_cases = rproc_cases,
};

kunit_test_suite(rproc_suite);

MODULE_DESCRIPTION("Ferry: tests of links that boot");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
