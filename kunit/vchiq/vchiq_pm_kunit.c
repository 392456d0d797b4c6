// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: the system sleeps, and the VPU does not. What it says meanwhile, and what waits to be
 * sent, is dealt with afterwards, in order; it is not told of the sleep.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pm.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define VPU_PORT	0x123
#define NR_WAITING	4	/* senders */
#define SINK_SIZE	4000	/* of a message: a slot is one */
#define SLOTS		31	/* of each side */
#define SOURCE_COUNT	200	/* messages, four of which fill a slot: more than it has */
#define SOURCE_SIZE	1000
#define NR_CYCLES	20

/* As the core of power management calls it, which the test cannot ask to. */
static void pm_suspend(struct vrig *rig)
{
	struct device *dev = ferry_link_dev(rig->link);

	KUNIT_ASSERT_EQ(rig->test, dev->class->pm->suspend(dev), 0);
}

static void pm_resume(struct vrig *rig)
{
	struct device *dev = ferry_link_dev(rig->link);

	KUNIT_ASSERT_EQ(rig->test, dev->class->pm->resume(dev), 0);
}

static struct ferry_sim_vchiq_stats vpu_stats(struct vrig *rig)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(rig->sim, &stats);
	return stats;
}

/* How far the host has come with what the VPU sends, and with what it sends itself. */
static u32 host_gave_back(struct vrig *rig)
{
	return le32_to_cpu(READ_ONCE(rig->zero->master.slot_queue_recycle));
}

static u32 host_sent(struct vrig *rig)
{
	return le32_to_cpu(READ_ONCE(rig->zero->slave.tx_pos));
}

static u32 vpu_sent(struct vrig *rig)
{
	return le32_to_cpu(READ_ONCE(rig->zero->master.tx_pos));
}

/* Both sides have filled all their slots, and wait for the other. */
static void messages_wait_on_both_sides(struct kunit *test)
{
	const struct ferry_sim_vchiq_order order = {
		.count = cpu_to_le32(SOURCE_COUNT), .size = cpu_to_le32(SOURCE_SIZE),
	};
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *source = vrig_opened(rig, "SRCE", 0);
	struct fake_client *sink = vrig_opened(rig, "SINK", 0);
	struct fake_sender *s[NR_WAITING];
	u32 sent, gave_back;
	unsigned int i, n;

	ferry_sim_vchiq_set_faults(rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_NO_RECYCLE));
	for (n = 0; !ferry_send_timeout(sink->ep, rig->mem, SINK_SIZE, 200); n++)
		KUNIT_ASSERT_LT(test, n, SLOTS);
	KUNIT_EXPECT_GT(test, n, 10);
	s[0] = fake_sender(test, sink, 0, SINK_SIZE, VRIG_WAIT_MS);
	ferry_sim_vchiq_set_faults(rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_NO_RECYCLE) |
				   BIT(FERRY_SIM_VCHIQ_FAULT_DEAF));
	KUNIT_ASSERT_EQ(test, ferry_send(source->ep, &order, sizeof(order)), 0);
	fake_settle();
	sent = host_sent(rig);
	gave_back = host_gave_back(rig);

	pm_suspend(rig);
	ferry_sim_vchiq_set_faults(rig->sim, 0);
	for (i = 1; i < NR_WAITING; i++)
		s[i] = fake_sender(test, sink, i, SINK_SIZE, VRIG_WAIT_MS);
	KUNIT_EXPECT_EQ(test, fake_trysend(source, 1), -EAGAIN);
	/* The VPU works, until it has no slot left. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_sent(rig) == SLOTS * VCHIQ_SLOT_SIZE));
	fake_settle();
	KUNIT_EXPECT_EQ(test, source->nr, 0);
	KUNIT_EXPECT_EQ(test, host_sent(rig), sent);
	KUNIT_EXPECT_EQ(test, host_gave_back(rig), gave_back);
	for (i = 0; i < NR_WAITING; i++)
		KUNIT_EXPECT_FALSE(test, fake_done(s[i]->task));

	pm_resume(rig);
	for (i = 0; i < NR_WAITING; i++)
		KUNIT_EXPECT_EQ(test, fake_join(s[i]->task), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(source, SOURCE_COUNT));
	for (i = 0; i < SOURCE_COUNT; i++)
		KUNIT_EXPECT_EQ(test, source->seq[i], i);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(rig).sunk == n + NR_WAITING));
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).wrongs, 0);
	VRIG_EXPECT_STATE(rig, RUNNING);
}

/* The next message of the host, CONNECT left out. */
static u32 hears(struct vrig *rig)
{
	u32 msgid = 0, size = 0;

	while (vrig_hears(rig, &msgid, &size))
		if (msgid >> 24 != VCHIQ_CONNECT)
			return msgid;
	return 0;
}

/* ... and DATA, which is sent when there is time for it. */
static u32 hears_answer(struct vrig *rig)
{
	u32 msgid;

	do {
		msgid = hears(rig);
	} while (msgid >> 24 == VCHIQ_DATA);
	return msgid;
}

static bool was_closed(struct fake_client *c)
{
	unsigned int n = READ_ONCE(c->events);

	return n && c->event[n - 1] == FERRY_EVENT_CLOSED;
}

/* All that a VPU may say, with edges that are lost: answers come later, and in order. */
static void what_it_says_is_answered_later(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *c, *gone;
	struct fake_sender *s;
	u16 port, gone_port;
	u32 sent;

	c = vrig_hand_open(rig, "SMEM", VPU_PORT, &port);
	gone = vrig_hand_open(rig, "ECHO", VPU_PORT + 1, &gone_port);
	sent = host_sent(rig);

	pm_suspend(rig);
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, port), "\1\0\0\0", 4);
	vrig_say(rig, VRIG_ID(REMOTE_USE, 0, 0), NULL, 0);
	vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT + 1, gone_port), NULL, 0);
	vrig_say(rig, VRIG_ID(PAUSE, 0, 0), NULL, 0);
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, port), "\2\0\0\0", 4);
	s = fake_sender(test, c, 1, 4, VRIG_WAIT_MS);
	fake_settle();
	KUNIT_EXPECT_EQ(test, c->nr, 0);
	KUNIT_EXPECT_FALSE(test, was_closed(gone));
	KUNIT_EXPECT_EQ(test, host_sent(rig), sent);

	pm_resume(rig);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, 2));
	KUNIT_EXPECT_EQ(test, c->seq[0], 1);
	KUNIT_EXPECT_EQ(test, c->seq[1], 2);
	KUNIT_EXPECT_EQ(test, hears_answer(rig), VRIG_ID(REMOTE_USE_ACTIVE, 0, 0));
	KUNIT_EXPECT_EQ(test, hears_answer(rig), VRIG_ID(CLOSE, gone_port, VPU_PORT + 1));
	KUNIT_EXPECT_EQ(test, hears_answer(rig), VRIG_ID(PAUSE, 0, 0));
	vrig_say(rig, VRIG_ID(RESUME, 0, 0), NULL, 0);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(was_closed(gone)));
	VRIG_EXPECT_STATE(rig, RUNNING);
}

/* Paused by the VPU, it sleeps: it stays paused. */
static void a_pause_outlasts_a_sleep(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_sender *s;
	struct fake_client *c;
	u16 port;
	u32 sent;

	c = vrig_hand_open(rig, "SMEM", VPU_PORT, &port);
	vrig_say(rig, VRIG_ID(PAUSE, 0, 0), NULL, 0);
	KUNIT_ASSERT_EQ(test, hears(rig), VRIG_ID(PAUSE, 0, 0));
	s = fake_sender(test, c, 1, 4, VRIG_WAIT_MS);
	sent = host_sent(rig);
	pm_suspend(rig);
	pm_resume(rig);
	fake_settle();
	KUNIT_EXPECT_EQ(test, host_sent(rig), sent);
	KUNIT_EXPECT_FALSE(test, fake_done(s->task));
	pm_suspend(rig);
	vrig_say(rig, VRIG_ID(RESUME, 0, 0), NULL, 0);
	fake_settle();
	KUNIT_EXPECT_EQ(test, host_sent(rig), sent);
	pm_resume(rig);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), 0);
	KUNIT_EXPECT_EQ(test, hears(rig), VRIG_ID(DATA, port, VPU_PORT));
}

/* What cannot be is seen when it wakes, and no sooner. */
static void a_lie_is_noticed_afterwards(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_RECOVER);
	struct fake_client *c = vrig_opened(rig, "ECHO", 0);
	u32 epoch = ferry_link_epoch(rig->link);

	pm_suspend(rig);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_lie(rig->sim, FERRY_SIM_VCHIQ_LIE_POS_FAR), 0);
	fake_settle();
	KUNIT_EXPECT_EQ(test, ferry_link_state(rig->link), FERRY_STATE_RUNNING);
	pm_resume(rig);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_link_epoch(rig->link) != epoch));
	VRIG_EXPECT_STATE(rig, RUNNING);
	fake_close(c);
	KUNIT_EXPECT_EQ(test, vrig_open(rig, c, "ECHO", 0), 0);
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
}

struct load {
	struct fake_client *c;
	unsigned int sent;
	bool stop;
	int error;
};

static int load_send(void *arg)
{
	struct load *l = arg;
	u8 msg[256];

	while (!READ_ONCE(l->stop) && !l->error && l->sent < FAKE_LOG) {
		fake_fill(msg, sizeof(msg), l->sent);
		l->error = ferry_send_timeout(l->c->ep, msg, sizeof(msg), VRIG_WAIT_MS);
		l->sent += !l->error;
		usleep_range(50, 100);
	}
	return 0;
}

/* Again and again under load: each message comes back, once and in order. */
static void nothing_is_lost_under_load(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct load *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);
	struct fake_task *t;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, l);
	l->c = vrig_opened(rig, "ECHO", 0);
	t = fake_run(test, load_send, l);
	for (i = 0; i < NR_CYCLES; i++) {
		usleep_range(200, 1000);
		pm_suspend(rig);
		usleep_range(200, 1000);
		pm_resume(rig);
	}
	WRITE_ONCE(l->stop, true);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, l->error, 0);
	KUNIT_EXPECT_GT(test, l->sent, 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(l->c, l->sent));
	for (i = 0; i < l->sent; i++)
		KUNIT_EXPECT_EQ(test, l->c->seq[i], i);
	KUNIT_EXPECT_EQ(test, l->c->nr, l->sent);
	KUNIT_EXPECT_EQ(test, l->c->bad, 0);
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).wrongs, 0);
}

static struct kunit_case vchiq_pm_cases[] = {
	KUNIT_CASE(messages_wait_on_both_sides),
	KUNIT_CASE(what_it_says_is_answered_later),
	KUNIT_CASE(a_pause_outlasts_a_sleep),
	KUNIT_CASE(a_lie_is_noticed_afterwards),
	KUNIT_CASE(nothing_is_lost_under_load),
	{}
};

static struct kunit_suite vchiq_pm_suite = {
	.name = "ferry_vchiq_pm",
	.test_cases = vchiq_pm_cases,
};
kunit_test_suite(vchiq_pm_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of VCHIQ, the system sleeps");
MODULE_LICENSE("GPL");
