// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crash report: what is in it, that it is bounded, and that it holds nobody up.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define REPORT_MAX	SZ_128K

static void settle(void)
{
	msleep(100);
}

/* What user space would fetch; it is gone from there afterwards. NULL: no report. */
static char *report(struct kunit *test, struct fake *f)
{
	char *text = kunit_kzalloc(test, REPORT_MAX, GFP_KERNEL);
	char name[80];

	KUNIT_ASSERT_NOT_NULL(test, text);
	snprintf(name, sizeof(name), "/sys/devices/platform/%s/devcoredump/data",
		 dev_name(&f->parent->dev));
	if (fake_file_read(name, text, REPORT_MAX) < 0)
		return NULL;
	fake_file_write(name, "0");
	msleep(20);
	return text;
}

static void need_reports(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_DEV_COREDUMP) || !IS_ENABLED(CONFIG_SYSFS))
		kunit_skip(test, "this kernel keeps no reports");
}

static bool has_line(const char *text, const char *line)
{
	const char *p = strstr(text, line);

	return p && (p == text || p[-1] == '\n') && p[strlen(line)] == '\n';
}

static void report_says_what_is_known(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, FAKE_PARENT);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	char *text;

	need_reports(test);
	f->dump_lines = 3;
	fake_give(f, 5);
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), 0);
	KUNIT_EXPECT_EQ(test, fake_send(c, 2), 0);
	KUNIT_EXPECT_PTR_EQ(test, report(test, f), NULL);
	ferry_link_crash(f->link, "the test says so");
	settle();
	text = report(test, f);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_EXPECT_EQ(test, strncmp(text, "ferry-crash 1\nlink fake\n", 24), 0);
	KUNIT_EXPECT_TRUE(test, has_line(text, "reason the test says so"));
	KUNIT_EXPECT_TRUE(test, has_line(text, "state running"));
	KUNIT_EXPECT_TRUE(test, has_line(text, "epoch 1"));
	KUNIT_EXPECT_TRUE(test, has_line(text, "crashes 1"));
	KUNIT_EXPECT_TRUE(test, has_line(text, "fake0 0 1 2 0 0 0 0"));
	KUNIT_EXPECT_TRUE(test, has_line(text, "fake1 1 0 0 0 0 0 0"));
	KUNIT_EXPECT_TRUE(test, has_line(text, "protocol"));
	KUNIT_EXPECT_TRUE_MSG(test, has_line(text, "fake line 2 stops 0"), "before the stop");
	KUNIT_EXPECT_FALSE(test, has_line(text, "truncated"));
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
}

static void each_crash_is_reported_once(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_PARENT);
	unsigned int i;
	char line[32];
	char *text;

	need_reports(test);
	f->stop_ret = -EIO;
	for (i = 1; i <= 3; i++) {
		ferry_link_crash(f->link, "test");
		settle();
		KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EIO);
		KUNIT_EXPECT_EQ(test, f->dumps, i);
		text = report(test, f);
		KUNIT_ASSERT_NOT_NULL(test, text);
		snprintf(line, sizeof(line), "crashes %u", i);
		KUNIT_EXPECT_TRUE(test, has_line(text, line));
		f->stop_ret = 0;
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		f->stop_ret = -EIO;
	}
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, f->dumps, 3);
	KUNIT_EXPECT_PTR_EQ(test, report(test, f), NULL);
}

static void crash_in_start_is_reported(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_PARENT | FAKE_RECOVER);
	char *text;

	need_reports(test);
	f->start_ret = -EIO;
	ferry_link_crash(f->link, "test");
	settle();
	text = report(test, f);
	KUNIT_ASSERT_NOT_NULL_MSG(test, text, "the first is kept until it is fetched");
	KUNIT_EXPECT_TRUE(test, has_line(text, "reason test"));
	KUNIT_EXPECT_EQ(test, f->dumps, 2);
	f->start_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
}

static void long_report_is_cut(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_PARENT);
	size_t len;
	char *text;

	need_reports(test);
	f->dump_lines = 100000;
	ferry_link_crash(f->link, "test");
	settle();
	text = report(test, f);
	KUNIT_ASSERT_NOT_NULL(test, text);
	len = strlen(text);
	KUNIT_EXPECT_LE(test, len, SZ_64K);
	KUNIT_EXPECT_GT(test, len, SZ_64K - 64);
	KUNIT_EXPECT_STREQ(test, text + len - 11, "\ntruncated\n");
	KUNIT_EXPECT_TRUE(test, has_line(text, "fake0 0 0 0 0 0 0 0"));
}

static void without_a_device_there_is_none(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_RECOVER);

	ferry_link_crash(f->link, "test");
	settle();
	KUNIT_EXPECT_EQ(test, f->dumps, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_state(f->link), FERRY_STATE_RUNNING);
}

/* A report that nobody fetched does not hold the link, nor what it hung on. */
static void link_goes_before_its_report(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_PARENT);
	char *text;

	need_reports(test);
	ferry_link_crash(f->link, "test");
	settle();
	fake_unregister(f);
	text = report(test, f);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_EXPECT_TRUE(test, has_line(text, "link fake"));
}

static struct kunit_case dump_cases[] = {
	KUNIT_CASE(report_says_what_is_known),
	KUNIT_CASE(each_crash_is_reported_once),
	KUNIT_CASE(crash_in_start_is_reported),
	KUNIT_CASE(long_report_is_cut),
	KUNIT_CASE(without_a_device_there_is_none),
	KUNIT_CASE(link_goes_before_its_report),
	{}
};

static struct kunit_suite dump_suite = {
	.name = "ferry_dump",
	.test_cases = dump_cases,
};

kunit_test_suite(dump_suite);

MODULE_DESCRIPTION("Ferry: tests of the crash report");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
