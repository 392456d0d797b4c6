// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links that boot: as an rproc, after that of another driver, and by themselves.
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

static void expect_file(struct kunit *test, const char *name, const char *text)
{
	char buf[64];

	KUNIT_EXPECT_GE(test, fake_file_read(name, buf, sizeof(buf)), 0);
	KUNIT_EXPECT_STREQ(test, buf, text);
}

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
	expect_file(test, link_firmware, FAKE_FIRMWARE "\n");
	KUNIT_EXPECT_EQ(test, fake_file_write(link_firmware, "\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_file_write(link_firmware, "no-such-file\n"), 13);
	expect_file(test, link_firmware, "no-such-file\n");
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

static void boot_needs_a_load(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct ferry_link_ops ops = f->link_ops;
	struct ferry_link_cfg cfg = {
		.name = "x", .ops = &ops, .addr_bits = 32, .boots = true,
	};

	ops.load = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_link_alloc(NULL, &cfg)), -EINVAL);
}

#ifdef CONFIG_REMOTEPROC
/* The rproc of a fake, as a user finds it in sysfs. */
struct found {
	struct rproc *rproc;
	char state[64];
	char recovery[64];
};

static int found_child(struct device *dev, void *data)
{
	struct found *r = data;

	if (!dev->type || !dev->type->name || strcmp(dev->type->name, "remoteproc"))
		return 0;
	r->rproc = container_of(dev, struct rproc, dev);
	snprintf(r->state, sizeof(r->state), "/sys/class/remoteproc/%s/state", dev_name(dev));
	snprintf(r->recovery, sizeof(r->recovery), "/sys/class/remoteproc/%s/recovery",
		 dev_name(dev));
	return 1;
}

static struct fake *own_create(struct kunit *test, struct found *r, unsigned int flags)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_BOOTS | FAKE_PARENT | FAKE_OFFLINE | flags);

	fake_firmware(test, FW_SIZE);
	KUNIT_ASSERT_EQ(test, device_for_each_child(&f->parent->dev, r, found_child), 1);
	return f;
}

static void rproc_starts_and_stops(struct kunit *test)
{
	struct found r;
	struct fake *f = own_create(test, &r, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i;

	for (i = 1; i <= 2; i++) {
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		FAKE_EXPECT_STATE(test, f, RUNNING);
		expect_file(test, r.state, "running\n");
		KUNIT_EXPECT_EQ(test, f->loaded, FW_SIZE);
		fake_settle();
		KUNIT_EXPECT_EQ_MSG(test, ferry_link_stop(f->link), 0, "one start more is none");
		FAKE_EXPECT_STATE(test, f, OFFLINE);
		expect_file(test, r.state, "offline\n");
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
	KUNIT_EXPECT_EQ(test, f->loads, 4);
	KUNIT_EXPECT_EQ(test, f->checks, 4);
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 0);
	KUNIT_EXPECT_EQ(test, c->events, 8);
	KUNIT_EXPECT_EQ(test, ferry_link_restart(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_file_write(link_state, "restart"), 7);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->loads, 6);
}

static void rproc_boot_fails_at_each_step(struct kunit *test)
{
	struct found r;
	struct fake *f = own_create(test, &r, 0);
	unsigned int i;

	for (i = 0; i < 5; i++) {
		fake_firmware(test, i ? FW_SIZE : 0);
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
		expect_file(test, r.state, "offline\n");
	}
	f->on_start = NULL;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	expect_file(test, r.state, "running\n");
}

static void rproc_recovers(struct kunit *test)
{
	struct found r;
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
	expect_file(test, r.state, "running\n");
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, f->stops, 0);
	KUNIT_EXPECT_EQ(test, f->loads, 2);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 1);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_send(c, 2), 0);
	/* A crash that somebody else reports. */
	rproc_report_crash(r.rproc, RPROC_WATCHDOG);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 2);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 3);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	expect_file(test, r.state, "offline\n");
}

static void rproc_recovery_is_the_one_of_the_link(struct kunit *test)
{
	struct found r;
	struct fake *f = own_create(test, &r, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	expect_file(test, link_recovery, "disabled\n");
	expect_file(test, r.recovery, "disabled\n");
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_settle();
	crash_it(f);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	expect_file(test, r.state, "crashed\n");
	KUNIT_EXPECT_EQ_MSG(test, f->crashed_stops, 0, "its state is there to be looked at");
	KUNIT_EXPECT_EQ(test, fake_file_write(r.recovery, "recover"), 7);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_settle();
	crash_it(f);
	fake_settle();
	KUNIT_EXPECT_EQ(test, fake_file_write(link_recovery, "recover"), 7);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	expect_file(test, r.state, "running\n");
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
	expect_file(test, r.state, "offline\n");
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_settle();
	KUNIT_EXPECT_EQ(test, fake_file_write(link_recovery, "enabled"), 7);
	expect_file(test, r.recovery, "enabled\n");
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 5);
	KUNIT_EXPECT_EQ(test, f->stops, 0);
}

static void failed_stop_leaves_the_rproc_crashed(struct kunit *test)
{
	struct found r;
	struct fake *f = own_create(test, &r, FAKE_RECOVER);

	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	f->stop_ret = -EIO;
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	expect_file(test, r.state, "crashed\n");
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 1);
	fake_file_write(r.recovery, "recover");
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 2);
	expect_file(test, r.state, "crashed\n");
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -EIO);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, fake_file_write(r.recovery, "recover"), 7);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	expect_file(test, r.state, "running\n");
	/* One that fails when it did not crash: for its rproc it still runs. */
	f->stop_ret = -EIO;
	KUNIT_EXPECT_EQ(test, fake_file_write(r.state, "stop"), -EIO);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, fake_file_write(r.state, "stop"), 4);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	expect_file(test, r.state, "offline\n");
}

/* Without our mending each "start" after these would do nothing, and succeed. */
static void failed_recovery_can_be_started_again(struct kunit *test)
{
	struct found r;
	struct fake *f = own_create(test, &r, FAKE_RECOVER);
	unsigned int i;

	for (i = 0; i < 4; i++) {
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
		expect_file(test, r.state, "offline\n");
		KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 0);
		fake_firmware(test, FW_SIZE);
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
	struct found r;
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
		struct found r;
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
	struct found r;
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
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&r.rproc->power), 1);
}

static int start_it(void *arg)
{
	struct fake *f = arg;

	return ferry_link_start(f->link);
}

/* However many start the link, one stop is enough. */
static void starts_at_once_are_one(struct kunit *test)
{
	struct found r;
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
		struct found r;
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
	struct found r;
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
	expect_file(test, r.state, "offline\n");
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), 0);
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
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 1);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	rproc_report_crash(rproc, RPROC_WATCHDOG);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 2);
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
	KUNIT_EXPECT_EQ(test, f->crashed_stops, 1);
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

static struct kunit_case rproc_cases[] = {
	KUNIT_CASE(boots_without_remoteproc),
	KUNIT_CASE(each_step_of_a_boot_may_fail),
	KUNIT_CASE(user_names_the_firmware),
	KUNIT_CASE(boots_by_itself),
	KUNIT_CASE(boot_needs_a_load),
#ifdef CONFIG_REMOTEPROC
	KUNIT_CASE(rproc_starts_and_stops),
	KUNIT_CASE(rproc_boot_fails_at_each_step),
	KUNIT_CASE(rproc_recovers),
	KUNIT_CASE(rproc_recovery_is_the_one_of_the_link),
	KUNIT_CASE(failed_stop_leaves_the_rproc_crashed),
	KUNIT_CASE(failed_recovery_can_be_started_again),
	KUNIT_CASE(others_use_the_rproc),
	KUNIT_CASE(rproc_goes_at_any_time),
	KUNIT_CASE(late_report_is_not_of_the_next_life),
	KUNIT_CASE(starts_at_once_are_one),
	KUNIT_CASE(start_of_what_is_crashed_counts_once),
	KUNIT_CASE(crash_start_and_stop_at_once),
	KUNIT_CASE(link_follows),
	KUNIT_CASE(link_follows_what_runs_already),
	KUNIT_CASE(follower_that_fails),
	KUNIT_CASE(follower_that_crashes_when_it_let_go),
	KUNIT_CASE(one_that_boots_follows_nobody),
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
