// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit: the driver and the simulated co-processor, which know nothing of each other but the
 * wire. The simulator counts what the driver does wrong.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/ferry/port.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/rtkit.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/sizes.h>

#include "../../drivers/compat.h"
#include "../../drivers/sim/rtkit.h"
#include "../core/fake.h"
#include "../ferry_kunit.h"

#define PAIR_NO_CPU	BIT(0)	/* somebody else lets it run */
#define PAIR_RECOVER	BIT(1)
#define PAIR_HASTY	BIT(2)	/* the driver does not wait for long */

struct pair {
	struct kunit *test;
	struct platform_device *pdev;
	struct ferry_sim_rtkit *sim;
	struct ferry_rtkit *rtk;
	struct ferry_link *link;
	unsigned int resets;
};

static int pair_run(void *data)
{
	ferry_sim_rtkit_run(((struct pair *)data)->sim, true);
	return 0;
}

static int pair_reset(void *data)
{
	struct pair *p = data;

	p->resets++;
	ferry_sim_rtkit_run(p->sim, false);
	return 0;
}

static const struct ferry_rtkit_cpu_ops pair_cpu_ops = {
	.run = pair_run,
	.reset = pair_reset,
};

static void pair_make_link(struct pair *p, unsigned int flags)
{
	struct ferry_rtkit_cfg cfg = {
		.name = "pair", .data = p, .recover = flags & PAIR_RECOVER,
		.cpu = flags & PAIR_NO_CPU ? NULL : &pair_cpu_ops,
		.timeout_ms = flags & PAIR_HASTY ? 150 : 0,
	};

	ferry_sim_rtkit_ports(p->sim, &cfg.tx, &cfg.rx);
	p->rtk = ferry_rtkit_create(&p->pdev->dev, &cfg);
	KUNIT_ASSERT_FALSE(p->test, IS_ERR(p->rtk));
	p->link = ferry_rtkit_link(p->rtk);
}

/* Another driver of the same co-processor. */
static void pair_renew(struct pair *p, unsigned int flags)
{
	ferry_rtkit_destroy(p->rtk);
	p->rtk = NULL;
	pair_make_link(p, flags);
}

static void pair_end(void *arg)
{
	struct pair *p = arg;

	if (p->rtk)
		ferry_rtkit_destroy(p->rtk);
	/* What could not be stopped goes with one that can be reset. */
	pair_make_link(p, 0);
	ferry_rtkit_destroy(p->rtk);
	ferry_sim_rtkit_destroy(p->sim);
	platform_device_unregister(p->pdev);
}

static struct pair *pair_create_of(struct kunit *test, const struct ferry_sim_rtkit_cfg *cfg,
				   unsigned int flags)
{
	const struct platform_device_info info = {
		.name = "ferry-pair", .id = PLATFORM_DEVID_AUTO, .dma_mask = DMA_BIT_MASK(32),
	};
	struct pair *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	if (!IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has no DMA");
	p->test = test;
	p->pdev = platform_device_register_full(&info);
	KUNIT_ASSERT_FALSE(test, IS_ERR(p->pdev));
	p->sim = ferry_sim_rtkit_create_ports(NULL, cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(p->sim));
	pair_make_link(p, flags);
	ferry_defer(test, pair_end, p);
	return p;
}

static struct pair *pair_create(struct kunit *test, unsigned int flags)
{
	const struct ferry_sim_rtkit_cfg cfg = { .name = "pair" };

	return pair_create_of(test, &cfg, flags);
}

static void pair_expect_no_wrongs(struct pair *p)
{
	struct ferry_sim_rtkit_stats stats;
	unsigned int i;

	ferry_sim_rtkit_stats(p->sim, &stats);
	for (i = 0; i < FERRY_SIM_RTKIT_NR_WRONGS; i++)
		KUNIT_EXPECT_EQ_MSG(p->test, stats.wrong[i], 0, "wrong %u", i);
}

static int send_msg(struct fake_client *c, u32 seq)
{
	u8 msg[8];

	fake_fill(msg, sizeof(msg), seq);
	return ferry_send(c->ep, msg, sizeof(msg));
}

#define PAIR_IS(p, link_state, sim_state)						\
	do {										\
		KUNIT_EXPECT_EQ((p)->test, ferry_link_state((p)->link),			\
				FERRY_STATE_##link_state);				\
		KUNIT_EXPECT_EQ((p)->test, ferry_sim_rtkit_state((p)->sim),		\
				FERRY_SIM_RTKIT_##sim_state);				\
	} while (0)

static void it_boots_echoes_and_sleeps(struct kunit *test)
{
	struct pair *p = pair_create(test, 0);
	struct fake_client *c;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	PAIR_IS(p, RUNNING, ON);
	c = fake_open(test, p->link, 0x21, 0);
	for (i = 0; i < 1000; i++)
		KUNIT_EXPECT_EQ(test, send_msg(c, i), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1000));
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	KUNIT_EXPECT_EQ(test, c->seq[999], 999);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_ping(p->rtk, 0x1234000055aaull), 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_shutdown(p->rtk), 0);
	PAIR_IS(p, OFFLINE, RESET);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	PAIR_IS(p, RUNNING, ON);
	KUNIT_EXPECT_EQ(test, send_msg(c, 1), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1001));
	pair_expect_no_wrongs(p);
}

static void it_is_quiesced_and_woken(struct kunit *test)
{
	struct pair *p = pair_create(test, PAIR_NO_CPU);
	unsigned int i;

	ferry_sim_rtkit_run(p->sim, true);
	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, ferry_rtkit_quiesce(p->rtk), 0);
		PAIR_IS(p, OFFLINE, QUIESCED);
		KUNIT_EXPECT_EQ(test, ferry_rtkit_wake(p->rtk), 0);
		PAIR_IS(p, RUNNING, ON);
		KUNIT_EXPECT_EQ(test, ferry_rtkit_shutdown(p->rtk), 0);
		PAIR_IS(p, OFFLINE, SLEEP);
		KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
		PAIR_IS(p, RUNNING, ON);
	}
	KUNIT_EXPECT_EQ(test, ferry_rtkit_poweroff(p->rtk), 0);
	PAIR_IS(p, OFFLINE, OFF);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_wake(p->rtk), -ETIME);
	pair_expect_no_wrongs(p);
}

static const u64 idle_faults[] = { 0, FERRY_SIM_RTKIT_FAULT(IDLE_HELLO) };

static void idle_desc(const u64 *faults, char *desc)
{
	strscpy(desc, *faults ? "says hello" : "keeps its context", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(idle, idle_faults, idle_desc);

static void it_is_idle_and_goes_on(struct kunit *test)
{
	const u64 *faults = test->param_value;
	struct pair *p = pair_create(test, 0);
	struct fake_client *c;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	c = fake_open(test, p->link, 0x21, 0);
	ferry_sim_rtkit_set_faults(p->sim, *faults);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, ferry_rtkit_idle(p->rtk), 0);
		PAIR_IS(p, IDLE, IDLE);
		KUNIT_EXPECT_EQ(test, ferry_rtkit_wake(p->rtk), 0);
		PAIR_IS(p, RUNNING, ON);
		KUNIT_EXPECT_EQ(test, send_msg(c, i), 0);
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, i + 1));
	}
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(p->link), *faults ? 4 : 1);
	pair_expect_no_wrongs(p);
}

static bool pair_all_echoed(struct pair *p, unsigned int logs)
{
	struct ferry_sim_rtkit_stats stats;

	ferry_sim_rtkit_stats(p->sim, &stats);
	return stats.logs >= logs && stats.log_echoes == stats.logs;
}

static void it_logs_and_is_echoed(struct kunit *test)
{
	struct pair *p = pair_create(test, 0);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_log(p->sim, "test", "a line"), 0);
		msleep(20);
	}
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(pair_all_echoed(p, 20)));
	pair_expect_no_wrongs(p);
}

/* Other firmware, or wrong in ways that a driver gets over. */
#define FAULT(id)	{ #id, FERRY_SIM_RTKIT_FAULT(id) }

struct fault {
	const char *name;
	u64 bits;
};

static const struct fault odd[] = {
	FAULT(MAP_FIRST), FAULT(MAP_TWICE), FAULT(MAP_DOWN), FAULT(ASK_TWICE), FAULT(ASK_LATE),
	FAULT(ASK_DOWN), FAULT(ACK_EARLY), FAULT(AP_FIRST), FAULT(NO_IOREPORT), FAULT(NO_LOG),
	FAULT(LOG_REWRITE), FAULT(SCRIBBLE),
};

static void fault_desc(const struct fault *f, char *desc)
{
	strscpy(desc, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(odd, odd, fault_desc);

static void odd_firmware_works(struct kunit *test)
{
	const struct fault *f = test->param_value;
	struct pair *p = pair_create(test, 0);
	struct fake_client *c;

	ferry_sim_rtkit_set_faults(p->sim, f->bits);
	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	c = fake_open(test, p->link, 0x21, 0);
	KUNIT_EXPECT_EQ(test, send_msg(c, 1), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	msleep(200);
	PAIR_IS(p, RUNNING, ON);
	ferry_sim_rtkit_set_faults(p->sim, 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_shutdown(p->rtk), 0);
}

static const struct fault broken[] = {
	FAULT(DEAF), FAULT(MUTE), FAULT(NO_HELLO), FAULT(NO_MAP), FAULT(MAP_ENDLESS),
	FAULT(ASK_ZERO), FAULT(ASK_OUTSIDE), FAULT(NO_IOP_ACK), FAULT(NO_AP_ACK),
	FAULT(WRONG_IOP_ACK), FAULT(WRONG_AP_ACK), FAULT(NO_REQUEST),
};

KUNIT_ARRAY_PARAM(broken, broken, fault_desc);

static void broken_firmware_is_refused_and_then_works(struct kunit *test)
{
	const struct fault *f = test->param_value;
	struct pair *p = pair_create(test, 0);
	ktime_t begin = ktime_get();

	ferry_sim_rtkit_set_faults(p->sim, f->bits);
	KUNIT_EXPECT_NE(test, ferry_rtkit_boot(p->rtk), 0);
	KUNIT_EXPECT_LE(test, ktime_ms_delta(ktime_get(), begin), 30000);
	KUNIT_EXPECT_NE(test, ferry_link_state(p->link), FERRY_STATE_RUNNING);
	ferry_sim_rtkit_set_faults(p->sim, 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	PAIR_IS(p, RUNNING, ON);
}

/* It depends on the machine how fast it is, and so whether that is too much. */
static void flood_ends_and_it_works(struct kunit *test)
{
	struct pair *p = pair_create(test, 0);

	ferry_sim_rtkit_set_faults(p->sim, FERRY_SIM_RTKIT_FAULT(FLOOD));
	ferry_rtkit_boot(p->rtk);
	msleep(1000);
	ferry_sim_rtkit_set_faults(p->sim, 0);
	fake_settle();
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	PAIR_IS(p, RUNNING, ON);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_ping(p->rtk, 5), 0);
}

struct lie {
	enum ferry_sim_rtkit_lie lie;
	const char *name;
};

#define LIE(id, text)	{ FERRY_SIM_RTKIT_LIE_##id, text },

static const struct lie lies[] = { FERRY_SIM_RTKIT_LIES(LIE) };

static void lie_desc(const struct lie *l, char *desc)
{
	strscpy(desc, l->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(lie, lies, lie_desc);

/* The next life has begun, or is about to end. */
static void pair_wait_epoch(struct pair *p, u32 epoch)
{
	FERRY_WAIT(ferry_link_epoch(p->link) == epoch &&
		   ferry_link_state(p->link) == FERRY_STATE_RUNNING);
	KUNIT_EXPECT_EQ(p->test, ferry_link_epoch(p->link), epoch);
	PAIR_IS(p, RUNNING, ON);
}

/* Two are the end of this life, and the others change nothing. */
static void each_lie_is_survived(struct kunit *test)
{
	const struct lie *l = test->param_value;
	bool deadly = l->lie == FERRY_SIM_RTKIT_LIE_HELLO ||
		      l->lie == FERRY_SIM_RTKIT_LIE_CRASH_AGAIN;
	struct pair *p = pair_create(test, PAIR_RECOVER);
	struct fake_client *c;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	c = fake_open(test, p->link, 0x21, 0);
	for (i = 1; i <= 2; i++) {
		ferry_sim_rtkit_lie(p->sim, l->lie);
		if (deadly)
			pair_wait_epoch(p, i + 1);
		/* What comes later is heard later. */
		KUNIT_EXPECT_EQ(test, ferry_rtkit_ping(p->rtk, i), 0);
		KUNIT_EXPECT_EQ(test, send_msg(c, i), 0);
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, i));
		msleep(20);
	}
	pair_wait_epoch(p, deadly ? 3 : 1);
}

/*
 * Applications talk before anybody has opened their endpoints, and what they say is dropped.
 * As with a flood it depends on the machine whether it is too much.
 */
static void early_applications_are_not_heard(struct kunit *test)
{
	struct pair *p = pair_create(test, 0);
	struct fake_client *c = fake_open(test, p->link, 0x21, 0);
	struct ferry_stats stats;

	ferry_sim_rtkit_set_faults(p->sim, FERRY_SIM_RTKIT_FAULT(APP_EARLY));
	ferry_rtkit_boot(p->rtk);
	ferry_link_stats(p->link, &stats);
	KUNIT_EXPECT_GT(test, stats.drops[FERRY_DROP_NOT_OPEN], 0);
	ferry_sim_rtkit_set_faults(p->sim, 0);
	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	KUNIT_EXPECT_EQ(test, send_msg(c, 1), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, c->nr, 1);
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	PAIR_IS(p, RUNNING, ON);
}

/* It knows of off and idle only, and is reset where it does not say that it sleeps. */
static void picky_firmware_is_reset(struct kunit *test)
{
	struct pair *p = pair_create(test, 0);

	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	ferry_sim_rtkit_set_faults(p->sim, FERRY_SIM_RTKIT_FAULT(PICKY));
	KUNIT_EXPECT_EQ(test, ferry_rtkit_idle(p->rtk), 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_wake(p->rtk), 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_shutdown(p->rtk), 0);
	KUNIT_EXPECT_EQ(test, p->resets, 1);
	PAIR_IS(p, OFFLINE, RESET);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_poweroff(p->rtk), 0);
	PAIR_IS(p, OFFLINE, RESET);
}

/* The ways to stop, and where the simulator is then. */
static const struct rest {
	const char *name;
	int (*stop)(struct ferry_rtkit *rtk);
	enum ferry_state link;
	enum ferry_sim_rtkit_state sim;
} rests[] = {
	{ "shutdown", ferry_rtkit_shutdown, FERRY_STATE_OFFLINE, FERRY_SIM_RTKIT_RESET },
	{ "quiesce", ferry_rtkit_quiesce, FERRY_STATE_OFFLINE, FERRY_SIM_RTKIT_QUIESCED },
	{ "idle", ferry_rtkit_idle, FERRY_STATE_IDLE, FERRY_SIM_RTKIT_IDLE },
	{ "poweroff", ferry_rtkit_poweroff, FERRY_STATE_OFFLINE, FERRY_SIM_RTKIT_RESET },
};

static void rest_desc(const struct rest *r, char *desc)
{
	strscpy(desc, r->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rest, rests, rest_desc);

static void pair_rests(struct pair *p, const struct rest *r)
{
	KUNIT_EXPECT_EQ(p->test, r->stop(p->rtk), 0);
	KUNIT_EXPECT_EQ_MSG(p->test, ferry_link_state(p->link), r->link, "%s", r->name);
	KUNIT_EXPECT_EQ_MSG(p->test, ferry_sim_rtkit_state(p->sim), r->sim, "%s", r->name);
}

/* Each state after each other one, by way of on, and from idle also without. */
static void each_rest_after_each(struct kunit *test)
{
	const struct rest *from = test->param_value;
	struct pair *p = pair_create(test, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rests); i++) {
		KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
		pair_rests(p, from);
		KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
		PAIR_IS(p, RUNNING, ON);
		pair_rests(p, &rests[i]);
		if (from->link != FERRY_STATE_IDLE)
			continue;
		KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
		pair_rests(p, from);
		pair_rests(p, &rests[i]);
	}
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_ping(p->rtk, 1), 0);
	pair_expect_no_wrongs(p);
}

static int boot_anew(void *arg)
{
	struct pair *p = arg;
	int ret = ferry_rtkit_boot(p->rtk);

	if (!ret)
		ret = ferry_rtkit_shutdown(p->rtk);
	return ret;
}

/* Each allocation of who boots, or opens an endpoint, fails once. */
static void booting_without_memory(struct kunit *test)
{
	struct pair *p = pair_create(test, 0);

	ferry_each_alloc_fails(test, boot_anew, p);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	PAIR_IS(p, RUNNING, ON);
	pair_expect_no_wrongs(p);
}

static int open_anew(void *arg)
{
	const struct ferry_id id = { .number = 0x21 };
	const struct ferry_ep_cfg cfg = { };
	struct pair *p = arg;
	struct ferry_ep *ep = ferry_open(p->link, &id, &cfg);

	if (IS_ERR(ep))
		return PTR_ERR(ep);
	ferry_close(ep);
	return 0;
}

static void opening_without_memory(struct kunit *test)
{
	struct pair *p = pair_create(test, 0);

	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	ferry_each_alloc_fails(test, open_anew, p);
	PAIR_IS(p, RUNNING, ON);
}

static void it_crashes_and_recovers(struct kunit *test)
{
	struct pair *p = pair_create(test, PAIR_RECOVER);
	struct ferry_sim_rtkit_stats stats;
	struct fake_client *c;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	c = fake_open(test, p->link, 0x21, 0);
	for (i = 0; i < 5; i++) {
		ferry_sim_rtkit_set_faults(p->sim, i & 1 ? FERRY_SIM_RTKIT_FAULT(BABBLE) : 0);
		ferry_sim_rtkit_crash(p->sim, NULL, 0);
		pair_wait_epoch(p, i + 2);
		KUNIT_EXPECT_EQ(test, send_msg(c, i), 0);
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, i + 1));
	}
	ferry_sim_rtkit_stats(p->sim, &stats);
	KUNIT_EXPECT_EQ(test, stats.crashes, 5);
	KUNIT_EXPECT_EQ(test, p->resets, 5);
	pair_expect_no_wrongs(p);
}

static void silent_death_is_found_by_ping(struct kunit *test)
{
	struct pair *p = pair_create(test, 0);

	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	ferry_sim_rtkit_set_faults(p->sim, FERRY_SIM_RTKIT_FAULT(NO_CRASH_MSG));
	ferry_sim_rtkit_crash(p->sim, NULL, 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_ping(p->rtk, 1), -ETIME);
	ferry_sim_rtkit_set_faults(p->sim, 0);
	ferry_link_crash(p->link, "no answer to a ping");
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	PAIR_IS(p, RUNNING, ON);
}

/* Falls silent after each message that it ever sends in a start. */
static void silence_after_each_message(struct kunit *test)
{
	struct pair *p = pair_create(test, 0);
	struct ferry_sim_rtkit_stats stats;
	unsigned int i, last;

	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	ferry_sim_rtkit_stats(p->sim, &stats);
	last = stats.tx;
	KUNIT_EXPECT_EQ(test, ferry_rtkit_shutdown(p->rtk), 0);
	/* None of these starts is to be a good one: to wait for long helps nobody. */
	pair_renew(p, PAIR_HASTY);
	for (i = 1; i < last; i++) {
		ferry_sim_rtkit_mute_after(p->sim, i);
		ferry_rtkit_boot(p->rtk);
		ferry_rtkit_poweroff(p->rtk);
		fake_settle();
		KUNIT_EXPECT_NE(test, ferry_link_state(p->link), FERRY_STATE_RUNNING);
	}
	ferry_sim_rtkit_mute_after(p->sim, UINT_MAX);
	pair_renew(p, 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	PAIR_IS(p, RUNNING, ON);
}

#define SLEEPER_MSGS	100

static int send_on(void *arg)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < SLEEPER_MSGS && !ret; i++)
		ret = send_msg(arg, i);
	return ret;
}

/* The system sleeps again and again with messages on both ways, and none is lost. */
static void messages_in_flight_survive_sleep(struct kunit *test)
{
	struct pair *p = pair_create(test, 0);
	struct device *dev = ferry_link_dev(p->link);
	struct fake_client *c;
	struct fake_task *t;
	unsigned int i = 0;

	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	c = fake_open(test, p->link, 0x21, 0);
	t = fake_run(test, send_on, c);
	do {
		KUNIT_ASSERT_EQ(test, dev->class->pm->suspend(dev), 0);
		usleep_range(1000, 2000);
		KUNIT_ASSERT_EQ(test, dev->class->pm->resume(dev), 0);
		usleep_range(1000, 10000);
	} while (++i < 10 || !fake_done(t));
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, SLEEPER_MSGS));
	KUNIT_EXPECT_EQ(test, c->nr, SLEEPER_MSGS);
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	for (i = 0; i < SLEEPER_MSGS; i++)
		KUNIT_EXPECT_EQ(test, c->seq[i], i);
	PAIR_IS(p, RUNNING, ON);
	pair_expect_no_wrongs(p);
}

static const unsigned int nr_windows[] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static void windows_desc(const unsigned int *nr, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u", *nr);
}

KUNIT_ARRAY_PARAM(windows, nr_windows, windows_desc);

static void maps_of_all_sizes(struct kunit *test)
{
	const unsigned int *nr = test->param_value;
	struct ferry_sim_rtkit_cfg cfg = { .name = "pair", .endpoints = { 0x11f } };
	unsigned int i;
	struct pair *p;

	for (i = 1; i < *nr; i++)
		cfg.endpoints[i] = 0x80000001;
	p = pair_create_of(test, &cfg, 0);
	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(p->rtk), 0);
	for (i = 1; i < 8; i++)
		KUNIT_EXPECT_EQ(test, fake_client_open(fake_client(test), p->link, 32 * i + 31, 0),
				i < *nr ? 0 : -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_shutdown(p->rtk), 0);
	pair_expect_no_wrongs(p);
}

static struct kunit_case pair_cases[] = {
	KUNIT_CASE(it_boots_echoes_and_sleeps),
	KUNIT_CASE(it_is_quiesced_and_woken),
	KUNIT_CASE_PARAM(it_is_idle_and_goes_on, idle_gen_params),
	KUNIT_CASE(it_logs_and_is_echoed),
	FERRY_CASE_PARAM_TICKS(odd_firmware_works, odd_gen_params),
	FERRY_CASE_PARAM_TICKS(broken_firmware_is_refused_and_then_works, broken_gen_params),
	KUNIT_CASE(flood_ends_and_it_works),
	FERRY_CASE_PARAM_TICKS(each_lie_is_survived, lie_gen_params),
	KUNIT_CASE(early_applications_are_not_heard),
	KUNIT_CASE(picky_firmware_is_reset),
	FERRY_CASE_PARAM_TICKS(each_rest_after_each, rest_gen_params),
	KUNIT_CASE(booting_without_memory),
	KUNIT_CASE(opening_without_memory),
	KUNIT_CASE(it_crashes_and_recovers),
	KUNIT_CASE(silent_death_is_found_by_ping),
	KUNIT_CASE(silence_after_each_message),
	KUNIT_CASE(messages_in_flight_survive_sleep),
	FERRY_CASE_PARAM_TICKS(maps_of_all_sizes, windows_gen_params),
	{}
};

static struct kunit_suite pair_suite = {
	.name = "ferry_rtkit_pair",
	.test_cases = pair_cases,
};

kunit_test_suite(pair_suite);

MODULE_DESCRIPTION("Ferry: tests of RTKit against its simulator");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
