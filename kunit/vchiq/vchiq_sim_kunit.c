// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ and the simulated VPU: services of it, opened, used and closed.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define LONGEST	FERRY_VCHIQ_MTU

static int send_sized(struct fake_client *c, u32 seq, size_t len)
{
	static u8 msg[LONGEST];	/* one at a time */

	fake_fill(msg, len, seq);
	return ferry_send(c->ep, msg, len);
}

/* A message that needs a slot for itself. */
static int try_longest(struct fake_client *c)
{
	static u8 msg[LONGEST];

	return ferry_trysend(c->ep, msg, sizeof(msg));
}

static struct ferry_sim_vchiq_stats vpu_stats(struct vrig *rig)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(rig->sim, &stats);
	return stats;
}

/* All that came back is as it was sent. */
static void echo_is_what_was_sent(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *c = vrig_opened(rig, "ECHO", 0);
	static const u16 sizes[] = { 4, 5, 8, 9, 100, 1000, 2039, 2040, 4080, 4081, LONGEST };
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ferry_mtu(c->ep), LONGEST);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_peer_version(rig->link, "ECHO"), 3);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ(test, send_sized(c, i, sizes[i]), 0);
		KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, i + 1));
		KUNIT_EXPECT_EQ(test, c->seq[i], i);
		KUNIT_EXPECT_EQ(test, c->len[i], sizes[i]);
	}
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).wrongs, 0);
	KUNIT_EXPECT_EQ(test, send_sized(c, 0, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, "", LONGEST + 1), -EMSGSIZE);
}

#define ECHO	FERRY_SIM_VCHIQ_ECHO
#define SENDERS	8
#define PER_SENDER	60

struct sender {
	struct fake_client *c;
	u32 first;
};

static int send_many(void *arg)
{
	struct sender *s = arg;
	u8 msg[600];
	u32 i;
	int ret = 0;

	for (i = 0; i < PER_SENDER && !ret; i++) {
		size_t len = 4 + (s->first + i) * 37 % (sizeof(msg) - 4);

		fake_fill(msg, len, s->first + i);
		ret = ferry_send_timeout(s->c->ep, msg, len, VRIG_WAIT_MS);
	}
	return ret;
}

/* Many at once on few services: what each thread sent comes back in its order. */
static void senders_at_once(struct kunit *test)
{
	static const char * const names[] = { "ECHO", "ECH1", "ECH2" };
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *c[ARRAY_SIZE(names)];
	struct sender s[SENDERS];
	struct fake_task *t[SENDERS];
	u32 next[SENDERS] = {};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		c[i] = vrig_opened(rig, names[i], i == 1 ? FERRY_EP_ATOMIC : 0);
	for (i = 0; i < SENDERS; i++) {
		s[i] = (struct sender){ c[i % ARRAY_SIZE(names)], i * 1000 };
		t[i] = fake_run(test, send_many, &s[i]);
	}
	for (i = 0; i < SENDERS; i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), 0);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned int n = (SENDERS - i + ARRAY_SIZE(names) - 1) / ARRAY_SIZE(names);

		KUNIT_ASSERT_TRUE(test, fake_wait_rx(c[i], n * PER_SENDER));
		KUNIT_EXPECT_EQ(test, c[i]->bad, 0);
		for (j = 0; j < n * PER_SENDER; j++)
			KUNIT_EXPECT_EQ(test, c[i]->seq[j], c[i]->seq[j] / 1000 * 1000 +
							    next[c[i]->seq[j] / 1000]++);
	}
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).wrongs, 0);
}

/* More than all slots hold, to a client that takes its time: nothing is lost. */
static void slow_client_loses_nothing(struct kunit *test)
{
	struct ferry_sim_vchiq_order order = {
		.count = cpu_to_le32(300), .size = cpu_to_le32(1024),
	};
	struct vrig *rig = vrig_create(test, VRIG_SMALL);
	struct fake_client *c = vrig_opened(rig, "SRCE", 0);
	unsigned int i;

	c->answer = -EAGAIN;
	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, &order, sizeof(order)), 0);
	fake_settle();
	KUNIT_EXPECT_EQ(test, c->nr, 0);
	WRITE_ONCE(c->answer, 0);
	FERRY_WAIT(({ ferry_resume(c->ep); READ_ONCE(c->nr) >= 300; }));
	KUNIT_ASSERT_EQ(test, c->nr, 300);
	for (i = 0; i < 300; i++)
		KUNIT_EXPECT_EQ(test, c->seq[i], i);
}

/* The VPU keeps all slots: who sends waits, and goes on when it gives them back. */
static void sender_waits_for_slots(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *c = vrig_opened(rig, "SINK", 0);
	struct fake_sender *s;
	unsigned int i;

	ferry_sim_vchiq_set_faults(rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_NO_RECYCLE));
	for (i = 0; !try_longest(c); i++)
		;
	KUNIT_EXPECT_EQ(test, i, 15);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(c->ep, &i, sizeof(i), 50), -ETIMEDOUT);
	s = fake_sender(test, c, i, LONGEST, VRIG_WAIT_MS);
	fake_settle();
	KUNIT_EXPECT_FALSE(test, fake_done(s->task));
	KUNIT_EXPECT_GT(test, vpu_stats(rig).slots, 0);
	ferry_sim_vchiq_set_faults(rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_LATE_RECYCLE));
	KUNIT_EXPECT_EQ(test, fake_join(s->task), 0);
}

static void refused_service(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	static const char * const bad[] = { "ECHOO", "ECH", "E" };
	struct ferry_id id = { .number = FERRY_ANY_NUMBER };
	struct ferry_ep_cfg cfg = {};
	unsigned int i;

	KUNIT_EXPECT_EQ(test, vrig_open(rig, fake_client(test), "NONE", 0), -ECONNREFUSED);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		id.name = bad[i];
		KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_open(rig->link, &id, &cfg)), -ENOENT);
	}
	id = (struct ferry_id){ .name = "ECHO", .number = 1 };
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_open(rig->link, &id, &cfg)), -ENOENT);
	/* The echo speaks 1 to 3. */
	KUNIT_EXPECT_EQ(test, ferry_vchiq_version(rig->link, "ECHO", 9, 4), 0);
	KUNIT_EXPECT_EQ(test, vrig_open(rig, fake_client(test), "ECHO", 0), -ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_version(rig->link, "ECHO", 0, 0), 0);
	KUNIT_EXPECT_EQ(test, vrig_open(rig, fake_client(test), "ECHO", 0), -ECONNREFUSED);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_version(rig->link, "ECHO", 9, 3), 0);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_peer_version(rig->link, "ECHO"), -ENOTCONN);
	vrig_opened(rig, "ECHO", 0);
	KUNIT_EXPECT_EQ(test, vrig_open(rig, fake_client(test), "ECHO", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_version(rig->link, "ECHO2", 1, 1), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_version(NULL, "ECHO", 1, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).wrongs, 0);
}

/* Events that follow each other closely are one. */
static bool was_told_last(struct fake_client *c, enum ferry_event event)
{
	unsigned int n = READ_ONCE(c->events);

	return n && c->event[(n - 1) % ARRAY_SIZE(c->event)] == event;
}

static bool comes_to_event(struct fake_client *c, enum ferry_event event)
{
	return FERRY_WAIT(was_told_last(c, event));
}

/* The VPU hangs up: senders and the client hear of it, and it can be opened again. */
static void closed_by_the_vpu(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *c = vrig_opened(rig, "ECHO", 0);

	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(rig->sim, ECHO), 1);
	KUNIT_EXPECT_TRUE(test, comes_to_event(c, FERRY_EVENT_CLOSED));
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), -EPIPE);
	fake_close(c);
	/* It hears our answer to its CLOSE when it comes to that. */
	FERRY_WAIT(!vpu_stats(rig).conns);
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).conns, 0);
	KUNIT_EXPECT_EQ(test, vrig_open(rig, c, "ECHO", 0), 0);
	KUNIT_EXPECT_EQ(test, fake_send(c, 2), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).wrongs, 0);
}

static int hang_up(void *arg)
{
	struct vrig *rig = arg;

	ferry_sim_vchiq_hang_up(rig->sim, ECHO);
	return 0;
}

/* Both close at once, again and again. */
static void closed_from_both_sides(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *c = fake_client(test);
	unsigned int i;

	for (i = 0; i < 12; i++) {
		struct fake_task *t;

		KUNIT_ASSERT_EQ(test, vrig_open(rig, c, "ECHO", 0), 0);
		fake_trysend(c, i);
		t = fake_run(test, hang_up, rig);
		if (i % 2)
			usleep_range(1, 50);
		fake_close(c);
		KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	}
	KUNIT_EXPECT_EQ(test, vrig_open(rig, c, "ECHO", 0), 0);
	KUNIT_EXPECT_EQ(test, fake_send(c, 2), 0);
	VRIG_EXPECT_STATE(rig, RUNNING);
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).conns, 1);
}

/* Ports are the lowest that are free, and not those whose CLOSE was not answered. */
static void unanswered_close_keeps_the_port(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *c = fake_client(test);
	unsigned int i;

	ferry_sim_vchiq_set_faults(rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_NO_CLOSE));
	for (i = 0; i < 8; i++) {
		KUNIT_ASSERT_EQ(test, vrig_open(rig, c, "ECHO", 0), 0);
		KUNIT_EXPECT_EQ(test, fake_send(c, i), 0);
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, i + 1));
		fake_close(c);
	}
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).wrongs, 0);
}

struct opening {
	struct vrig *rig;
	struct fake_client *c;
};

static int open_echo(void *arg)
{
	struct opening *o = arg;

	allow_signal(SIGKILL);
	return vrig_open(o->rig, o->c, "ECHO", 0);
}

/* Nobody answers: a fatal signal ends it, and a late answer finds nobody. */
static void open_ends_with_a_signal(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct opening o = { .rig = rig, .c = fake_client(test) };
	struct fake_task *t;

	ferry_sim_vchiq_set_faults(rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_NO_OPENACK));
	t = fake_run(test, open_echo, &o);
	fake_settle();
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	send_sig(SIGKILL, t->task, 1);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ERESTARTSYS);
	ferry_sim_vchiq_set_faults(rig->sim, 0);
	vrig_opened(rig, "ECHO", 0);
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).conns, 1);
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).wrongs, 0);
}

static void open_ends_with_a_crash(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_RECOVER);
	struct opening o = { .rig = rig, .c = fake_client(test) };
	struct fake_task *t;

	ferry_sim_vchiq_set_faults(rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_NO_OPENACK));
	t = fake_run(test, open_echo, &o);
	fake_settle();
	ferry_link_crash(rig->link, "the test says so");
	KUNIT_EXPECT_EQ(test, fake_join(t), -ENOLINK);
	ferry_sim_vchiq_set_faults(rig->sim, 0);
	VRIG_EXPECT_STATE(rig, RUNNING);
	vrig_opened(rig, "ECHO", 0);
}

/* It runs for the @epoch-th time, and the service that was open is open again. */
static bool comes_up(struct vrig *rig, struct fake_client *c, u32 epoch)
{
	return FERRY_WAIT(ferry_link_epoch(rig->link) >= epoch && !fake_trysend(c, epoch));
}

struct lie_case {
	enum ferry_sim_vchiq_lie which;
	const char *name;
};

#define LIE_CASE(id, name)	{ FERRY_SIM_VCHIQ_LIE_##id, name },

static const struct lie_case lie_cases[] = { FERRY_SIM_VCHIQ_LIES(LIE_CASE) };

static void lie_desc(const struct lie_case *lie, char *desc)
{
	strscpy(desc, lie->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(lie, lie_cases, lie_desc);

/* A service that was open is open again after each lie, when the VPU was reset. */
static void recovers(struct kunit *test)
{
	const struct lie_case *lie = test->param_value;
	enum ferry_sim_vchiq_lie which = lie->which;
	struct fake_client *c, *sink;
	struct vrig *rig;
	unsigned int i;

	if (which == FERRY_SIM_VCHIQ_LIE_SLOT_TWICE)
		kunit_skip(test, "it needs a slot that we hold: see ferry_vchiq_hostile");
	rig = vrig_create(test, VRIG_RECOVER);
	c = vrig_opened(rig, "ECHO", 0);
	sink = vrig_opened(rig, "SINK", 0);
	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_EQ(test, fake_send(c, i), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 20));
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_lie(rig->sim, which), 0);
	if (which == FERRY_SIM_VCHIQ_LIE_FLOOD) {
		/* It is only noise. */
		KUNIT_EXPECT_EQ(test, fake_send(c, 42), 0);
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 21));
		KUNIT_EXPECT_EQ(test, ferry_link_epoch(rig->link), 1);
		return;
	}
	/* Slots are looked at when they are needed. Nothing comes back that would hide the lie. */
	for (i = 0; i < 2000 && which >= FERRY_SIM_VCHIQ_LIE_RECYCLE_FAR &&
	     ferry_link_epoch(rig->link) == 1; i++)
		if (try_longest(sink))
			msleep(1);
	KUNIT_ASSERT_TRUE(test, comes_up(rig, c, 2));
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(rig->link), 2);
	KUNIT_EXPECT_EQ(test, rig->resets, 1);
	KUNIT_EXPECT_EQ(test, fake_send(c, 42), 0);
}

/* Firmware that refuses, or does not begin, or does not connect. */
static void does_not_start(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);

	ferry_sim_vchiq_set_faults(rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_INIT_ERROR));
	KUNIT_EXPECT_EQ(test, ferry_link_start(rig->link), -ENXIO);
	VRIG_EXPECT_STATE(rig, OFFLINE);
	KUNIT_EXPECT_EQ(test, rig->resets, 0);	/* it has nothing */
	ferry_sim_vchiq_set_faults(rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_NO_INIT));
	KUNIT_EXPECT_EQ(test, ferry_link_start(rig->link), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, rig->resets, 1);
	ferry_sim_vchiq_set_faults(rig->sim, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(rig->link), 0);
	vrig_opened(rig, "ECHO", 0);
}

static int start(void *arg)
{
	allow_signal(SIGKILL);
	return ferry_link_start(arg);
}

static void start_ends_with_a_signal(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);
	struct fake_task *t;

	ferry_sim_vchiq_set_faults(rig->sim, BIT(FERRY_SIM_VCHIQ_FAULT_NO_CONNECT));
	t = fake_run(test, start, rig->link);
	fake_settle();
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	send_sig(SIGKILL, t->task, 1);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ERESTARTSYS);
	VRIG_EXPECT_STATE(rig, OFFLINE);
}

/* A client that was there before the VPU. */
static void opened_before_the_start(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);
	struct fake_client *c = vrig_opened(rig, "ECHO", 0);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, fake_send(c, 1), -ENOLINK);
	for (i = 1; i <= 3; i++) {
		KUNIT_EXPECT_EQ(test, ferry_link_start(rig->link), 0);
		KUNIT_ASSERT_TRUE(test, comes_up(rig, c, i));
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, i));
		KUNIT_EXPECT_EQ(test, ferry_link_stop(rig->link), 0);
	}
}

static void incomplete_cfg_is_refused(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);
	struct ferry_vchiq_firmware none = {};
	struct ferry_vchiq_cfg cfg = { .name = "x", .region = rig->region, .line = 64,
				       .ring = rig->port[0], .bell = rig->port[1],
				       .firmware = &none };

	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_vchiq_create(NULL, &cfg)), -EINVAL);
	cfg.firmware = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_vchiq_create(NULL, &cfg)), -EINVAL);
	cfg.firmware = &none;
	cfg.line = 128;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_vchiq_create(NULL, &cfg)), -EINVAL);
}

/* Where the VPU cannot be reset its memory is in quarantine, until one can that has its name. */
static void cannot_be_stopped_without_a_reset(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE | VRIG_NO_RESET);
	struct vrig *next;

	/* One that was never told of the memory. */
	KUNIT_EXPECT_EQ(test, ferry_link_stop(rig->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(rig->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(rig->link), -EBUSY);
	VRIG_EXPECT_STATE(rig, CRASHED);
	KUNIT_EXPECT_EQ(test, ferry_link_start(rig->link), -EBUSY);
	vrig_destroy(rig);
	KUNIT_EXPECT_EQ(test, rig->inits, 1);
	next = vrig_create(test, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(next->link), 0);
}

/* The link goes while everybody is busy. */
static void unloaded_in_mid_flight(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct sender s[SENDERS];
	struct fake_task *t[SENDERS];
	struct fake_client *c[2];
	unsigned int i;

	c[0] = vrig_opened(rig, "ECHO", 0);
	c[1] = vrig_opened(rig, "SINK", FERRY_EP_ATOMIC);
	for (i = 0; i < SENDERS; i++) {
		s[i] = (struct sender){ c[i % 2], i * 1000 };
		t[i] = fake_run(test, send_many, &s[i]);
	}
	fake_wait_rx(c[0], 10);
	vrig_destroy(rig);
	for (i = 0; i < SENDERS; i++) {
		int ret = fake_join(t[i]);

		KUNIT_EXPECT_TRUE_MSG(test, !ret || ret == -ENODEV || ret == -ENOLINK, "%d", ret);
	}
	KUNIT_EXPECT_EQ(test, c[0]->bad, 0);
	KUNIT_EXPECT_EQ(test, fake_send(c[0], 1), -ENODEV);
}

/* Crashed in the middle of traffic, each time a little later. */
static void crashes_in_mid_flight(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_RECOVER);
	struct fake_client *c = vrig_opened(rig, "ECHO", 0);
	unsigned int i, n;

	for (i = 1; i < 8; i++) {
		for (n = 0; n < 5 * i; n++)
			fake_trysend(c, n);
		ferry_link_crash(rig->link, "the test says so");
		KUNIT_ASSERT_TRUE(test, comes_up(rig, c, i + 1));
		VRIG_EXPECT_STATE(rig, RUNNING);
	}
	KUNIT_EXPECT_EQ(test, rig->resets, 7);
}

struct attempt {
	struct ferry_vchiq_cfg cfg;
};

static int attempt(void *arg)
{
	struct attempt *a = arg;
	struct ferry_vchiq *vc = ferry_vchiq_create(NULL, &a->cfg);

	if (IS_ERR(vc))
		return PTR_ERR(vc);
	ferry_vchiq_destroy(vc);
	return 0;
}

static int firmware_init(void *data, u32 addr)
{
	return 0;
}

static void each_allocation_fails(struct kunit *test)
{
	static const struct ferry_vchiq_firmware firmware = { .init = firmware_init };
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);
	struct attempt a = {
		.cfg = {
			.name = "again", .region = rig->region, .line = 64, .firmware = &firmware,
			.ring = rig->port[0], .bell = rig->port[1],
		},
	};

	ferry_each_alloc_fails(test, attempt, &a);
}

static struct kunit_case vchiq_sim_cases[] = {
	KUNIT_CASE(echo_is_what_was_sent),
	KUNIT_CASE(senders_at_once),
	KUNIT_CASE(slow_client_loses_nothing),
	KUNIT_CASE(sender_waits_for_slots),
	KUNIT_CASE(refused_service),
	KUNIT_CASE(closed_by_the_vpu),
	KUNIT_CASE(closed_from_both_sides),
	KUNIT_CASE(unanswered_close_keeps_the_port),
	KUNIT_CASE(open_ends_with_a_signal),
	KUNIT_CASE(open_ends_with_a_crash),
	KUNIT_CASE_PARAM(recovers, lie_gen_params),
	KUNIT_CASE(does_not_start),
	KUNIT_CASE(start_ends_with_a_signal),
	KUNIT_CASE(opened_before_the_start),
	KUNIT_CASE(incomplete_cfg_is_refused),
	KUNIT_CASE(cannot_be_stopped_without_a_reset),
	KUNIT_CASE(unloaded_in_mid_flight),
	KUNIT_CASE(crashes_in_mid_flight),
	KUNIT_CASE(each_allocation_fails),
	{}
};

static struct kunit_suite vchiq_sim_suite = {
	.name = "ferry_vchiq_sim",
	.test_cases = vchiq_sim_cases,
};
kunit_test_suite(vchiq_sim_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of VCHIQ with a simulated VPU");
MODULE_LICENSE("GPL");
