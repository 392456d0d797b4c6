// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ferry_rpmsg that was built for another kernel must not load: its test at load is
 * built here with one fact changed, and has to find that.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "layout.h"

static void expect_refused(struct kunit *test, int ret)
{
	if (ret == LAYOUT_SAME)
		kunit_skip(test, "this kernel is the oldest of its kind");
	KUNIT_EXPECT_EQ(test, ret, -ENOEXEC);
}

static void missing_flow_control_is_refused(struct kunit *test)
{
	expect_refused(test, layout_wrong_flow());
}

static void other_offchannel_is_refused(struct kunit *test)
{
	expect_refused(test, layout_wrong_offchannel());
}

static struct kunit_case layout_cases[] = {
	KUNIT_CASE(missing_flow_control_is_refused),
	KUNIT_CASE(other_offchannel_is_refused),
	{}
};

static struct kunit_suite layout_suite = {
	.name = "ferry_rpmsg_layout",
	.test_cases = layout_cases,
};

kunit_test_suite(layout_suite);

MODULE_DESCRIPTION("Ferry: tests of the test at load of ferry_rpmsg");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
