// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit: how it stops and wakes, and what becomes of its memory.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pm.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "iop.h"

/* One way to stop. */
struct way {
	const char *name;
	int (*stop)(struct ferry_rtkit *rtk);
	u16 ap, iop;
	enum ferry_state state;	/* of the link, then */
};

static const struct way ways[] = {
	{ "shutdown", ferry_rtkit_shutdown, 0x10, 0x01, FERRY_STATE_OFFLINE },
	{ "quiesce", ferry_rtkit_quiesce, 0x10, 0x10, FERRY_STATE_OFFLINE },
	{ "idle", ferry_rtkit_idle, 0x201, 0x201, FERRY_STATE_IDLE },
	{ "poweroff", ferry_rtkit_poweroff, 0, 0, FERRY_STATE_OFFLINE },
};

static void way_desc(const struct way *w, char *desc)
{
	strscpy(desc, w->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(way, ways, way_desc);

static bool stopped(struct iop *iop, const struct way *w)
{
	struct fake_task *t = iop_run(iop, w->stop);

	return iop_answers(iop, w->ap, w->iop) && !fake_join(t);
}

static void each_way_has_its_states(struct kunit *test)
{
	const struct way *w = test->param_value;
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t;

	iop_boot(iop);
	t = iop_run(iop, w->stop);
	iop_hears(iop, 0, 0x00b0000000000000ull | w->ap);
	iop_silence(iop);
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	iop_say(iop, 0, 0x00b0000000000000ull | w->ap);
	iop_hears(iop, 0, 0x0060000000000000ull | w->iop);
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	iop_say(iop, 0, 0x0070000000000000ull | w->iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_state(iop->link), w->state);
	iop_silence(iop);
}

/* What goes wrong: nobody answers, or something else, on either side. */
static void way_that_fails_is_a_crash(struct kunit *test)
{
	const struct way *w = test->param_value;
	struct iop *iop = iop_create(test, IOP_CPU);
	unsigned int wrong;
	struct fake_task *t;

	for (wrong = 0; wrong < 4; wrong++) {
		iop_boot(iop);
		/* Held in reset or not, its memory stays for now. */
		iop->reset_ret = -EIO;
		t = iop_run(iop, w->stop);
		iop_hears(iop, 0, IOP_AP(w->ap));
		if (wrong)
			iop_say(iop, 0, IOP_AP(wrong == 1 ? 0x30 : w->ap));
		if (wrong > 1)
			iop_hears(iop, 0, IOP_SET(w->iop));
		if (wrong == 3)
			iop_say(iop, 0, IOP_IS(0x20));
		KUNIT_EXPECT_NE_MSG(test, fake_join(t), 0, "wrong %u", wrong);
		fake_settle();
		IOP_EXPECT_STATE(test, iop, CRASHED);
		iop->reset_ret = 0;
	}
}

static void failure_without_cpu_says_which(struct kunit *test)
{
	const struct way *w = test->param_value;
	struct iop *iop = iop_create(test, IOP_LENT);
	struct fake_task *t;

	iop_boot(iop);
	KUNIT_EXPECT_EQ(test, w->stop(iop->rtk), -ETIME);
	fake_settle();
	IOP_EXPECT_STATE(test, iop, CRASHED);
	iop_drain(iop);
	iop_boot(iop);
	t = iop_run(iop, w->stop);
	iop_hears(iop, 0, IOP_AP(w->ap));
	iop_say(iop, 0, IOP_AP(0x7));
	KUNIT_EXPECT_EQ(test, fake_join(t), -EINVAL);
	IOP_EXPECT_STATE(test, iop, CRASHED);
}

static void sleeper_is_woken(struct kunit *test)
{
	const struct way *w = test->param_value;
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t;

	iop_boot(iop);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_wake(iop->rtk), -EINVAL);
	KUNIT_EXPECT_TRUE(test, stopped(iop, w));
	if (w->stop == ferry_rtkit_poweroff)
		return;
	t = iop_run(iop, ferry_rtkit_wake);
	iop_hears(iop, 0, 0x0060000000000220ull);
	if (w->stop != ferry_rtkit_idle)
		KUNIT_EXPECT_TRUE(test, iop_greets(iop) && iop_gets_started(iop));
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	IOP_EXPECT_STATE(test, iop, RUNNING);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(iop->link), w->stop == ferry_rtkit_idle ? 1 : 2);
}

/* A boot loader left it asleep. */
static void first_start_may_be_a_wake(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_task *t = iop_run(iop, ferry_rtkit_wake);

	iop_hears(iop, 0, IOP_SET(0x220));
	iop_greets(iop);
	iop_gets_started(iop);
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, iop->runs, 0);
}

static void cpu_is_held_after_the_shutdown(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);

	iop_boot(iop);
	KUNIT_EXPECT_EQ(test, iop->runs, 1);
	KUNIT_EXPECT_TRUE(test, stopped(iop, &ways[0]));
	KUNIT_EXPECT_EQ(test, iop->resets, 1);
	/* No message wakes it now. */
	KUNIT_EXPECT_TRUE(test, iop_boot(iop));
	KUNIT_EXPECT_EQ(test, iop->runs, 2);
	KUNIT_EXPECT_TRUE(test, stopped(iop, &ways[1]));
	KUNIT_EXPECT_EQ(test, iop->resets, 1);
}

static void idle_keeps_endpoints(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_client *c;
	struct fake_task *t;
	u64 msg = 0x1122;

	iop_boot(iop);
	c = fake_open(test, iop->link, 0x20, 0);
	iop_hears(iop, 0, IOP_STARTEP(0x20));
	KUNIT_EXPECT_TRUE(test, stopped(iop, &ways[2]));
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, &msg, sizeof(msg)), -EAGAIN);
	t = iop_run(iop, ferry_rtkit_boot);
	iop_hears(iop, 0, IOP_SET(0x220));
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 1);
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, &msg, sizeof(msg)), 0);
	iop_hears(iop, 0x20, le64_to_cpu((__force __le64)msg));
	/* Its memory is where it was, and it may ask again. */
	KUNIT_EXPECT_EQ(test, iop_asks(iop, 2, 4), iop->syslog);
}

static void idle_that_says_hello_begins_anew(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_client *c;
	struct fake_task *t;

	iop_boot(iop);
	c = fake_open(test, iop->link, 0x20, 0);
	iop_hears(iop, 0, IOP_STARTEP(0x20));
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP);
	KUNIT_EXPECT_TRUE(test, stopped(iop, &ways[2]));
	t = iop_run(iop, ferry_rtkit_wake);
	iop_hears(iop, 0, IOP_SET(0x220));
	iop_greets(iop);
	iop_gets_started(iop);
	/* The first request of this life is no crash. */
	KUNIT_EXPECT_EQ(test, iop_asks(iop, 1, 2), iop->crashlog);
	iop_is_on(iop);
	iop_hears(iop, 0, IOP_STARTEP(0x20));
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	IOP_EXPECT_STATE(test, iop, RUNNING);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_UP);
}

static void wake_that_fails(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_task *t;

	iop_boot(iop);
	KUNIT_EXPECT_TRUE(test, stopped(iop, &ways[2]));
	KUNIT_EXPECT_EQ(test, ferry_rtkit_wake(iop->rtk), -ETIME);
	iop_hears(iop, 0, IOP_SET(0x220));
	fake_settle();
	IOP_EXPECT_STATE(test, iop, CRASHED);
	iop_boot(iop);
	KUNIT_EXPECT_TRUE(test, stopped(iop, &ways[2]));
	t = iop_run(iop, ferry_rtkit_wake);
	iop_hears(iop, 0, IOP_SET(0x220));
	iop_say(iop, 0, IOP_IS(0x01));
	KUNIT_EXPECT_EQ(test, fake_join(t), -EINVAL);
	fake_settle();
	IOP_EXPECT_STATE(test, iop, CRASHED);
}

static void idle_is_woken_to_be_stopped(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t;

	iop_boot(iop);
	KUNIT_EXPECT_TRUE(test, stopped(iop, &ways[2]));
	t = iop_run(iop, ferry_rtkit_quiesce);
	iop_hears(iop, 0, IOP_SET(0x220));
	iop_is_on(iop);
	iop_answers(iop, 0x10, 0x10);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	IOP_EXPECT_STATE(test, iop, OFFLINE);
}

/* It may still write: nothing comes back before it was reset. */
static void memory_stays_until_the_reset(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	u32 *log;

	iop_boot(iop);
	iop->reset_ret = -EIO;
	iop_say(iop, 0, IOP_HELLO);
	fake_settle();
	IOP_EXPECT_STATE(test, iop, CRASHED);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(iop->link), -EIO);
	KUNIT_EXPECT_EQ(test, iop->resets, 1);
	log = iop_mem(iop, iop->crashlog);
	*log = 1;	/* KASAN sees when it is gone */
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(iop->rtk), -EIO);
	*log = 2;
	iop->reset_ret = 0;
	KUNIT_EXPECT_TRUE(test, iop_boot(iop));
	KUNIT_EXPECT_EQ(test, *(u32 *)iop_mem(iop, iop->crashlog), 0);
}

static void memory_outlives_the_driver(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	u32 *log;

	iop_boot(iop);
	log = iop_mem(iop, iop->crashlog);
	iop_say(iop, 0, IOP_HELLO);
	fake_settle();
	iop_destroy(iop);
	*log = 3;
	KUNIT_EXPECT_EQ(test, *log, 3);
	/* iop_end() makes a link that may reset it. */
}

static void own_memory_of_the_iop_is_no_doubt(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_LENT);

	iop_boot(iop);
	iop_say(iop, 0, IOP_HELLO);
	fake_settle();
	IOP_EXPECT_STATE(test, iop, CRASHED);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(iop->link), 0);
	IOP_EXPECT_STATE(test, iop, OFFLINE);
}

static void recovery_resets_and_starts(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU | IOP_RECOVER);
	struct fake_client *c;

	iop_boot(iop);
	c = fake_open(test, iop->link, 0x21, 0);
	iop_hears(iop, 0, IOP_STARTEP(0x21));
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP);
	ferry_link_crash(iop->link, "test");
	KUNIT_EXPECT_TRUE(test, iop_greets(iop) && iop_gets_started(iop) && iop_is_on(iop));
	iop_hears(iop, 0, IOP_STARTEP(0x21));
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, iop->resets, 1);
	KUNIT_EXPECT_EQ(test, iop->runs, 2);
}

#ifdef CONFIG_REMOTEPROC
static struct fake_rproc rproc_of_iop;

static int rproc_start(struct ferry_rtkit *rtk)
{
	return fake_file_write(rproc_of_iop.state, "start");
}

static int rproc_stop(struct ferry_rtkit *rtk)
{
	return fake_file_write(rproc_of_iop.state, "stop");
}

static bool comes_up(struct iop *iop)
{
	return iop_greets(iop) && iop_gets_started(iop) && iop_is_on(iop);
}

/* All by the files of its rproc, which loads no firmware. */
static void rproc_starts_stops_and_recovers(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU | IOP_RECOVER);
	struct fake_rproc *r = &rproc_of_iop;
	struct fake_client *c = fake_open(test, iop->link, 0x20, 0);
	struct fake_task *t;
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, fake_rproc_find(&iop->pdev->dev, r));
	fake_expect_file(test, r->state, "detached\n");
	for (i = 1; i <= 2; i++) {
		t = iop_run(iop, rproc_start);
		KUNIT_EXPECT_TRUE(test, comes_up(iop));
		iop_hears(iop, 0, IOP_STARTEP(0x20));
		KUNIT_EXPECT_EQ(test, fake_join(t), 5);
		IOP_EXPECT_STATE(test, iop, RUNNING);
		fake_expect_file(test, r->state, "attached\n");
		/* The firmware restarts by itself, and so it is reset. */
		iop_say(iop, 0, IOP_HELLO);
		KUNIT_EXPECT_TRUE(test, comes_up(iop));
		iop_hears(iop, 0, IOP_STARTEP(0x20));
		FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
		fake_expect_file(test, r->state, "attached\n");
		t = iop_run(iop, rproc_stop);
		KUNIT_EXPECT_TRUE(test, iop_answers(iop, 0x10, 0x01));
		KUNIT_EXPECT_EQ(test, fake_join(t), 4);
		IOP_EXPECT_STATE(test, iop, OFFLINE);
		fake_expect_file(test, r->state, "detached\n");
		KUNIT_EXPECT_EQ(test, iop->runs, 2 * i);
		KUNIT_EXPECT_EQ(test, iop->resets, 2 * i);
		FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP,
				   FERRY_EVENT_DOWN);
		c->events = 0;
	}
}

static void rproc_without_recovery_stays_crashed(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_rproc *r = &rproc_of_iop;
	struct fake_client *c = fake_open(test, iop->link, 0x20, 0);
	struct fake_task *t;

	KUNIT_ASSERT_TRUE(test, fake_rproc_find(&iop->pdev->dev, r));
	t = iop_run(iop, rproc_start);
	KUNIT_EXPECT_TRUE(test, comes_up(iop));
	iop_hears(iop, 0, IOP_STARTEP(0x20));
	KUNIT_EXPECT_EQ(test, fake_join(t), 5);
	iop_say(iop, 0, IOP_HELLO);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED);
	fake_expect_file(test, r->state, "crashed\n");
	KUNIT_EXPECT_EQ_MSG(test, iop->resets, 0, "it is there to be looked at");
	KUNIT_EXPECT_EQ(test, rproc_stop(iop->rtk), 4);
	KUNIT_EXPECT_EQ(test, iop->resets, 1);
	fake_expect_file(test, r->state, "detached\n");
	IOP_EXPECT_STATE(test, iop, OFFLINE);
	KUNIT_EXPECT_EQ(test, fake_file_write(r->state, "detach"), -EINVAL);
}

/* Nobody is at the other end, then it does not even run. */
static void rproc_start_that_fails(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_rproc *r = &rproc_of_iop;

	KUNIT_ASSERT_TRUE(test, fake_rproc_find(&iop->pdev->dev, r));
	KUNIT_EXPECT_EQ(test, rproc_start(iop->rtk), -ETIME);
	fake_expect_file(test, r->state, "detached\n");
	iop->run_ret = -EIO;
	KUNIT_EXPECT_EQ(test, rproc_start(iop->rtk), -EIO);
	fake_expect_file(test, r->state, "detached\n");
	IOP_EXPECT_STATE(test, iop, OFFLINE);
	iop->run_ret = 0;
	KUNIT_EXPECT_TRUE(test, iop_boot(iop));
	fake_expect_file(test, r->state, "attached\n");
}
#endif

static int suspend(struct iop *iop)
{
	return ferry_link_dev(iop->link)->class->pm->suspend(ferry_link_dev(iop->link));
}

static int resume(struct iop *iop)
{
	return ferry_link_dev(iop->link)->class->pm->resume(ferry_link_dev(iop->link));
}

static void suspended_looks_full(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_client *c;
	u8 msg[8];

	iop_boot(iop);
	c = fake_open(test, iop->link, 0x20, 0);
	iop_hears(iop, 0, IOP_STARTEP(0x20));
	fake_fill(msg, sizeof(msg), 5);
	KUNIT_ASSERT_EQ(test, suspend(iop), 0);
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, msg, sizeof(msg)), -EAGAIN);
	/* A port that stands still takes nothing. */
	KUNIT_EXPECT_EQ(test, resume(iop), 0);
	iop_say(iop, 0x20, get_unaligned_le64(msg));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 1);
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, msg, sizeof(msg)), 0);
	iop_hears(iop, 0x20, get_unaligned_le64(msg));
	KUNIT_EXPECT_TRUE(test, stopped(iop, &ways[1]));
}

static void suspended_idle_wakes_later(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_WAKES);
	struct fake_task *t;

	iop_boot(iop);
	KUNIT_EXPECT_TRUE(test, stopped(iop, &ways[2]));
	KUNIT_ASSERT_EQ(test, suspend(iop), 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_wake(iop->rtk), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_quiesce(iop->rtk), -EAGAIN);
	KUNIT_EXPECT_EQ(test, resume(iop), 0);
	IOP_EXPECT_STATE(test, iop, IDLE);
	t = iop_run(iop, ferry_rtkit_wake);
	iop_hears(iop, 0, IOP_SET(0x220));
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
}

static void messages_of_a_sleeping_system_wait(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_WAKES);

	iop_boot(iop);
	KUNIT_ASSERT_EQ(test, suspend(iop), 0);
	iop_say(iop, 4, 0x0080000000000000ull);
	iop_silence(iop);
	KUNIT_EXPECT_EQ(test, resume(iop), 0);
	iop_hears(iop, 4, 0x0080000000000000ull);
}

static struct kunit_case power_cases[] = {
	KUNIT_CASE_PARAM(each_way_has_its_states, way_gen_params),
	FERRY_CASE_PARAM_TICKS(way_that_fails_is_a_crash, way_gen_params),
	FERRY_CASE_PARAM_TICKS(failure_without_cpu_says_which, way_gen_params),
	KUNIT_CASE_PARAM(sleeper_is_woken, way_gen_params),
	KUNIT_CASE(first_start_may_be_a_wake),
	KUNIT_CASE(cpu_is_held_after_the_shutdown),
	KUNIT_CASE(idle_keeps_endpoints),
	KUNIT_CASE(idle_that_says_hello_begins_anew),
	KUNIT_CASE(wake_that_fails),
	KUNIT_CASE(idle_is_woken_to_be_stopped),
	KUNIT_CASE(memory_stays_until_the_reset),
	KUNIT_CASE(memory_outlives_the_driver),
	KUNIT_CASE(own_memory_of_the_iop_is_no_doubt),
	KUNIT_CASE(recovery_resets_and_starts),
#ifdef CONFIG_REMOTEPROC
	KUNIT_CASE(rproc_starts_stops_and_recovers),
	KUNIT_CASE(rproc_without_recovery_stays_crashed),
	KUNIT_CASE(rproc_start_that_fails),
#endif
	KUNIT_CASE(suspended_looks_full),
	KUNIT_CASE(suspended_idle_wakes_later),
	KUNIT_CASE(messages_of_a_sleeping_system_wait),
	{}
};

static struct kunit_suite power_suite = {
	.name = "ferry_rtkit_power",
	.test_cases = power_cases,
};

kunit_test_suite(power_suite);

MODULE_DESCRIPTION("Ferry: tests of RTKit, how it stops and wakes");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
