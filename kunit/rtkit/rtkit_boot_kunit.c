// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit: from hello to on, and all that may go wrong on the way. The messages are those of
 * the wire, byte for byte.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/port.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "../../drivers/compat.h"
#include "../../drivers/rtkit/wire.h"
#include "../ferry_kunit.h"
#include "iop.h"

static void hello_is_these_bytes(struct kunit *test)
{
	static const u8 hello[] = { 0x0b, 0, 0x0c, 0, 0, 0, 0x10, 0, 0, 0, 0, 0 };
	static const u8 ack[] = { 0x0c, 0, 0x0c, 0, 0, 0, 0x20, 0, 0, 0, 0, 0 };
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);
	struct rtkit_msg msg = {};

	iop_say_raw(iop, hello, sizeof(hello));
	FERRY_WAIT(ferry_port_recv(iop->hears, &msg, sizeof(msg)) != -EAGAIN);
	KUNIT_EXPECT_MEMEQ(test, &msg, ack, sizeof(ack));
	KUNIT_EXPECT_EQ(test, fake_join(t), -ETIME);
}

static void boot_goes_step_by_step(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_say(iop, 0, IOP_HELLO);
	iop_hears(iop, 0, IOP_HELLO_ACK);
	iop_silence(iop);
	iop_say(iop, 0, 0x008000000000051full);
	iop_hears(iop, 0, 0x0080000000000001ull);
	iop_silence(iop);
	iop_say(iop, 0, 0x0088000100000001ull);
	iop_hears(iop, 0, 0x0088000100000000ull);
	iop_hears(iop, 0, 0x0050000100000002ull);
	iop_hears(iop, 0, 0x0050000200000002ull);
	iop_hears(iop, 0, 0x0050000300000002ull);
	iop_hears(iop, 0, 0x0050000400000002ull);
	iop_hears(iop, 0, 0x0050000800000002ull);
	iop_hears(iop, 0, 0x0050000a00000002ull);
	iop_silence(iop);
	IOP_EXPECT_STATE(test, iop, STARTING);
	iop_say(iop, 0, 0x0070000000000020ull);
	iop_hears(iop, 0, 0x00b0000000000020ull);
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	iop_say(iop, 0, 0x00b0000000000020ull);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	IOP_EXPECT_STATE(test, iop, RUNNING);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(iop->rtk), 0);
	iop_silence(iop);
}

/* Only what the map has is started. */
static void small_map_starts_little(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_say(iop, 0, IOP_HELLO);
	iop_hears(iop, 0, IOP_HELLO_ACK);
	iop_say(iop, 0, 0x0088000000000003ull);
	iop_hears(iop, 0, 0x0088000000000000ull);
	iop_hears(iop, 0, IOP_STARTEP(1));
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
}

struct version {
	u16 min, max;
	u16 chosen;	/* 0: refused */
};

static const struct version versions[] = {
	{ 11, 12, 12 }, { 12, 12, 12 }, { 11, 11, 11 }, { 3, 12, 12 }, { 12, 99, 12 },
	{ 0, 0xffff, 12 }, { 13, 14, 0 }, { 3, 10, 0 }, { 0, 0, 0 }, { 0xffff, 0xffff, 0 },
	{ 12, 11, 0 },
};

static void version_desc(const struct version *v, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u to %u", v->min, v->max);
}

KUNIT_ARRAY_PARAM(version, versions, version_desc);

static void version_is_agreed_or_refused(struct kunit *test)
{
	const struct version *v = test->param_value;
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);
	u64 both = v->chosen | (u64)v->chosen << 16;

	iop_say(iop, 0, 0x0010000000000000ull | (u64)v->max << 16 | v->min);
	iop_hears(iop, 0, v->chosen ? 0x0020000000000000ull | both : IOP_REFUSAL);
	/* It offers less, and is not listened to; or that is all there is to see. */
	if (!v->chosen) {
		iop_say(iop, 0, 0x00100000000a0003ull);
	} else {
		iop_say(iop, 0, IOP_MAP0);
		iop_hears(iop, 0, IOP_MAP0_ACK);
		iop_say(iop, 0, IOP_HELLO);
	}
	KUNIT_EXPECT_EQ(test, fake_join(t), v->chosen ? -ENOLINK : -EINVAL);
	KUNIT_EXPECT_NE(test, ferry_link_state(iop->link), FERRY_STATE_RUNNING);
	iop_silence(iop);
}

/* Where it falls silent. */
enum silence { NO_HELLO, NO_MAP, NO_LAST, NO_IOP, NO_AP, NR_SILENCES };

static const enum silence silences[] = { NO_HELLO, NO_MAP, NO_LAST, NO_IOP, NO_AP };
static const char * const silence_names[] = { "hello", "map", "last map", "iop", "ap" };

static void silence_desc(const enum silence *s, char *desc)
{
	strscpy(desc, silence_names[*s], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(silence, silences, silence_desc);

/* Says all up to that. */
static void iop_until(struct iop *iop, enum silence end)
{
	KUNIT_ASSERT_TRUE(iop->test,
			  FERRY_WAIT(ferry_link_state(iop->link) == FERRY_STATE_STARTING));
	if (end == NO_HELLO)
		return;
	iop_say(iop, 0, IOP_HELLO);
	iop_hears(iop, 0, IOP_HELLO_ACK);
	if (end == NO_MAP)
		return;
	iop_say(iop, 0, IOP_MAP0);
	iop_hears(iop, 0, IOP_MAP0_ACK);
	if (end == NO_LAST)
		return;
	iop_say(iop, 0, IOP_MAP1);
	iop_hears(iop, 0, IOP_MAP1_ACK);
	iop_gets_started(iop);
	if (end == NO_IOP)
		return;
	iop_say(iop, 0, IOP_IS(0x20));
	iop_hears(iop, 0, IOP_AP(0x20));
}

static void each_wait_has_an_end(struct kunit *test)
{
	const enum silence *end = test->param_value;
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);
	ktime_t begin = ktime_get();

	iop_until(iop, *end);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ETIME);
	KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), begin), 990);
	KUNIT_EXPECT_LE(test, ktime_ms_delta(ktime_get(), begin), 3000);
	/* It has nothing of ours. */
	IOP_EXPECT_STATE(test, iop, OFFLINE);
	/* Where it kept us waiting we went first. */
	KUNIT_EXPECT_EQ(test, iop_drain(iop), *end == NO_IOP);
	KUNIT_EXPECT_TRUE(test, iop_boot(iop));
}

static void crash_ends_each_wait(struct kunit *test)
{
	const enum silence *end = test->param_value;
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_until(iop, *end);
	ferry_link_crash(iop->link, "test");
	KUNIT_EXPECT_NE(test, fake_join(t), 0);
	IOP_EXPECT_STATE(test, iop, CRASHED);
	KUNIT_EXPECT_EQ(test, iop->resets, 1);
	iop_drain(iop);
	KUNIT_EXPECT_TRUE(test, iop_boot(iop));
	KUNIT_EXPECT_EQ(test, iop->runs, 2);
}

static void unload_ends_each_wait(struct kunit *test)
{
	const enum silence *end = test->param_value;
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_until(iop, *end);
	iop_destroy(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ETIME);
	KUNIT_EXPECT_GE(test, iop->resets, 1);
}

static int killable_boot(struct ferry_rtkit *rtk)
{
	allow_signal(SIGKILL);
	return ferry_rtkit_boot(rtk);
}

static void killed_boot_returns(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_task *t = iop_run(iop, killable_boot);
	ktime_t begin = ktime_get();

	iop_until(iop, NO_MAP);
	send_sig(SIGKILL, t->task, 1);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ERESTARTSYS);
	KUNIT_EXPECT_LE(test, ktime_ms_delta(ktime_get(), begin), 900);
	IOP_EXPECT_STATE(test, iop, OFFLINE);
}

static void cpu_that_does_not_run_is_an_error(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);

	iop->run_ret = -EIO;
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(iop->rtk), -EIO);
	IOP_EXPECT_STATE(test, iop, OFFLINE);
	KUNIT_EXPECT_EQ(test, iop->resets, 1);
	iop->reset_ret = -EBUSY;
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(iop->rtk), -EIO);
	IOP_EXPECT_STATE(test, iop, CRASHED);
	iop->reset_ret = 0;
	iop->run_ret = 0;
	KUNIT_EXPECT_TRUE(test, iop_boot(iop));
}

/* Some firmware waits until we are on; some is on as soon as it may. */
static void patience_ends_and_we_go_first(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_greets(iop);
	iop_gets_started(iop);
	iop_hears(iop, 0, IOP_AP(0x20));
	iop_say(iop, 0, IOP_AP(0x20));
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	iop_say(iop, 0, IOP_IS(0x20));
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	iop_silence(iop);
}

static void on_before_it_was_started_counts(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_greets(iop);
	iop_say(iop, 0, IOP_IS(0x220));
	iop_gets_started(iop);
	iop_hears(iop, 0, IOP_AP(0x20));
	iop_say(iop, 0, IOP_AP(0x20));
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
}

static void other_state_of_iop_fails(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_greets(iop);
	iop_gets_started(iop);
	iop_say(iop, 0, IOP_IS(0x10));
	KUNIT_EXPECT_EQ(test, fake_join(t), -EINVAL);
}

static void other_state_of_ap_fails(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_greets(iop);
	iop_gets_started(iop);
	iop_say(iop, 0, IOP_IS(0x20));
	iop_hears(iop, 0, IOP_AP(0x20));
	iop_say(iop, 0, IOP_AP(0x201));
	KUNIT_EXPECT_EQ(test, fake_join(t), -EINVAL);
}

/* What nobody waits for changes nothing. */
static void acks_that_nobody_asked_for(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_say(iop, 0, IOP_IS(0x20));
	iop_say(iop, 0, IOP_AP(0x20));
	iop_say(iop, 0, IOP_AP(0x10));
	iop_greets(iop);
	iop_gets_started(iop);
	iop_silence(iop);
	iop_say(iop, 0, IOP_AP(0x20));
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	iop_say(iop, 0, IOP_AP(0));
	iop_say(iop, 0, IOP_IS(0));
	iop_say(iop, 0, IOP_IS(0x201));
	fake_settle();
	IOP_EXPECT_STATE(test, iop, RUNNING);
}

static void hello_twice_is_answered_before_the_map(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_say(iop, 0, IOP_HELLO);
	iop_hears(iop, 0, IOP_HELLO_ACK);
	iop_say(iop, 0, 0x00100000000b000bull);
	iop_hears(iop, 0, 0x00200000000b000bull);
	iop_greets(iop);
	iop_gets_started(iop);
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
}

static void hello_later_is_a_crash(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_task *t;

	iop_boot(iop);
	iop_say(iop, 0, IOP_HELLO);
	fake_settle();
	IOP_EXPECT_STATE(test, iop, CRASHED);
	iop_silence(iop);
	t = iop_run(iop, ferry_rtkit_boot);
	iop_until(iop, NO_LAST);
	iop_say(iop, 0, IOP_HELLO);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ENOLINK);
	IOP_EXPECT_STATE(test, iop, CRASHED);
	iop_silence(iop);
}

static void map_has_its_time(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_say(iop, 0, IOP_MAP1);	/* before the hello */
	iop_greets(iop);
	iop_gets_started(iop);
	iop_say(iop, 0, IOP_MAP0);	/* after the last */
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	iop_say(iop, 0, IOP_MAP0);
	iop_silence(iop);
	IOP_EXPECT_STATE(test, iop, RUNNING);
}

static void windows_come_in_any_order(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_say(iop, 0, IOP_HELLO);
	iop_hears(iop, 0, IOP_HELLO_ACK);
	iop_say(iop, 0, 0x0080000780000000ull);
	iop_hears(iop, 0, 0x0080000700000001ull);
	iop_say(iop, 0, 0x0080000000000002ull);
	iop_hears(iop, 0, 0x0080000000000001ull);
	iop_say(iop, 0, 0x0088000000000005ull);
	iop_hears(iop, 0, 0x0088000000000000ull);
	iop_hears(iop, 0, IOP_STARTEP(1));
	iop_hears(iop, 0, IOP_STARTEP(2));
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, fake_client_open(fake_client(test), iop->link, 0xff, 0), 0);
	iop_hears(iop, 0, IOP_STARTEP(0xff));
	KUNIT_EXPECT_EQ(test, fake_client_open(fake_client(test), iop->link, 0x20, 0), -ENOENT);
}

static void map_without_end(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);
	unsigned int i;

	iop_say(iop, 0, IOP_HELLO);
	iop_hears(iop, 0, IOP_HELLO_ACK);
	for (i = 0; i < 8; i++) {
		iop_say(iop, 0, 0x0080000000000002ull | (u64)i << 32);
		iop_hears(iop, 0, 0x0080000000000001ull | (u64)i << 32);
	}
	for (i = 0; i < 100; i++)
		iop_say(iop, 0, 0x0080000000000002ull);
	iop_say(iop, 0, 0x0088000000000002ull);
	iop_silence(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ETIME);
	IOP_EXPECT_STATE(test, iop, OFFLINE);
}

static void garbage_does_no_harm(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);
	struct ferry_stats stats;
	unsigned int type;

	iop_say(iop, 0, IOP_HELLO);
	iop_hears(iop, 0, IOP_HELLO_ACK);
	for (type = 0; type < 256; type++) {
		if (type == 1 || type == 8)
			continue;
		iop_say(iop, 0, (u64)type << 52 | 0x0007ffffffffffffull);
		iop_say(iop, 0x100 + type, IOP_HELLO);
		iop_say(iop, 0xffffff00, IOP_HELLO);
		iop_say(iop, 0x10, (u64)type << 52);
		iop_say(iop, 1, (u64)type << 52);
	}
	iop_say_raw(iop, "short", 5);
	iop_say_raw(iop, "", 0);
	iop_silence(iop);
	iop_say(iop, 0, IOP_MAP0);
	iop_hears(iop, 0, IOP_MAP0_ACK);
	iop_say(iop, 0, IOP_MAP1);
	iop_hears(iop, 0, IOP_MAP1_ACK);
	iop_gets_started(iop);
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	ferry_link_stats(iop->link, &stats);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_BAD_LENGTH], 2);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_NO_CHANNEL], 254);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_NOT_OPEN], 254);
	KUNIT_EXPECT_GE(test, stats.drops[FERRY_DROP_BAD_HEADER], 3 * 250);
}

static void flood_while_it_boots(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU | IOP_WIDE);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(iop_floods(iop)));
	KUNIT_EXPECT_EQ(test, fake_join(t), -ENOLINK);
	IOP_EXPECT_STATE(test, iop, CRASHED);
}

static void mailbox_has_one_client(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct ferry_rtkit_cfg cfg = { .name = "other", .tx = iop->tx, .rx = iop->rx };
	struct ferry_rtkit *other;

	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_rtkit_create(&iop->pdev->dev, &cfg)), -EBUSY);
	iop_boot(iop);
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_rtkit_create(&iop->pdev->dev, &cfg)), -EBUSY);
	cfg.rx = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_rtkit_create(&iop->pdev->dev, &cfg)), -EINVAL);
	cfg.rx = iop->tx;
	cfg.tx = iop->rx;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_rtkit_create(&iop->pdev->dev, &cfg)), -EINVAL);
	iop_destroy(iop);
	cfg.tx = iop->tx;
	cfg.rx = iop->rx;
	other = ferry_rtkit_create(&iop->pdev->dev, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	ferry_rtkit_destroy(other);
}

static void incomplete_is_refused(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	const struct ferry_rtkit_cpu_ops half = { .run = (void *)incomplete_is_refused };
	const struct ferry_rtkit_cfg bad[] = {
		{ .name = "x" },
		{ .tx = iop->tx, .rx = iop->rx },
		{ .name = "x", .tx = iop->tx, .rx = iop->rx },
	};
	const struct ferry_rtkit_cfg with_dev[] = {
		{ .name = "x", .tx = iop->tx, .rx = iop->rx, .recover = true },
		{ .name = "x", .tx = iop->tx, .rx = iop->rx, .cpu = &half },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(ferry_rtkit_create(NULL, &bad[i])), -EINVAL,
				    "config %u", i);
	for (i = 0; i < ARRAY_SIZE(with_dev); i++)
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(ferry_rtkit_create(&iop->pdev->dev,
								     &with_dev[i])),
				    -EINVAL, "config %u with a device", i);
}

static int make_one(void *arg)
{
	struct iop *iop = arg;
	const struct ferry_rtkit_cfg cfg = { .name = "nth", .tx = iop->tx, .rx = iop->rx };
	struct ferry_rtkit *rtk = ferry_rtkit_create(&iop->pdev->dev, &cfg);

	if (IS_ERR(rtk))
		return PTR_ERR(rtk);
	ferry_rtkit_destroy(rtk);
	return 0;
}

static void creating_without_memory(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);

	iop_destroy(iop);
	ferry_each_alloc_fails(test, make_one, iop);
}

static void ping_wants_a_link_that_runs(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t;

	KUNIT_EXPECT_EQ(test, ferry_rtkit_ping(iop->rtk, 1), -ENOLINK);
	iop_boot(iop);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_ping(iop->rtk, BIT_ULL(48)), -EINVAL);
	t = iop_run(iop, ferry_rtkit_idle);
	iop_answers(iop, 0x201, 0x201);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_ping(iop->rtk, 1), -ENOLINK);
}

static int ping_with_cookie(struct ferry_rtkit *rtk)
{
	return ferry_rtkit_ping(rtk, 0x1234000055aaull);
}

static void ping_has_these_bits(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t;

	iop_boot(iop);
	t = iop_run(iop, ping_with_cookie);
	iop_hears(iop, 0, 0x00301234000055aaull);
	iop_say(iop, 0, 0x00401234000055abull);
	iop_say(iop, 0, 0x00401235000055aaull);
	fake_settle();
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	iop_say(iop, 0, 0x00401234000055aaull);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	t = iop_run(iop, ping_with_cookie);
	iop_hears(iop, 0, 0x00301234000055aaull);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ETIME);
	IOP_EXPECT_STATE(test, iop, RUNNING);
}

static struct kunit_case boot_cases[] = {
	KUNIT_CASE(hello_is_these_bytes),
	KUNIT_CASE(boot_goes_step_by_step),
	KUNIT_CASE(small_map_starts_little),
	FERRY_CASE_PARAM_TICKS(version_is_agreed_or_refused, version_gen_params),
	KUNIT_CASE_PARAM(each_wait_has_an_end, silence_gen_params),
	FERRY_CASE_PARAM_TICKS(crash_ends_each_wait, silence_gen_params),
	FERRY_CASE_PARAM_TICKS(unload_ends_each_wait, silence_gen_params),
	KUNIT_CASE(killed_boot_returns),
	KUNIT_CASE(cpu_that_does_not_run_is_an_error),
	KUNIT_CASE(patience_ends_and_we_go_first),
	KUNIT_CASE(on_before_it_was_started_counts),
	KUNIT_CASE(other_state_of_iop_fails),
	KUNIT_CASE(other_state_of_ap_fails),
	KUNIT_CASE(acks_that_nobody_asked_for),
	KUNIT_CASE(hello_twice_is_answered_before_the_map),
	KUNIT_CASE(hello_later_is_a_crash),
	KUNIT_CASE(map_has_its_time),
	KUNIT_CASE(windows_come_in_any_order),
	KUNIT_CASE(map_without_end),
	KUNIT_CASE(garbage_does_no_harm),
	KUNIT_CASE(flood_while_it_boots),
	KUNIT_CASE(mailbox_has_one_client),
	KUNIT_CASE(incomplete_is_refused),
	KUNIT_CASE(creating_without_memory),
	KUNIT_CASE(ping_wants_a_link_that_runs),
	KUNIT_CASE(ping_has_these_bits),
	{}
};

static struct kunit_suite boot_suite = {
	.name = "ferry_rtkit_boot",
	.test_cases = boot_cases,
};

kunit_test_suite(boot_suite);

MODULE_DESCRIPTION("Ferry: tests of RTKit, from hello to on");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
