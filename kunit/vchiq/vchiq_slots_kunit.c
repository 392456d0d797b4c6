// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ, slots and quotas: ours against a model, and when those of the VPU go back.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define VPU_PORT	0x42
#define SERVICES	4
#define STEPS		12000
#define MAX_SLOTS	32

static u32 recycled(struct vrig *rig)
{
	return le32_to_cpu(READ_ONCE(rig->zero->master.slot_queue_recycle));
}

/* The host has given back so many slots, the first ones among them. */
static bool comes_to(struct vrig *rig, u32 n)
{
	return FERRY_WAIT(recycled(rig) == n);
}

/* What the host does, as the protocol has it: slots, what is in them, and quotas. */
struct model {
	u32 nr, first;
	u32 max_slots, max_msgs, max_data;
	u32 pos;
	u32 free[MAX_SLOTS * 2];	/* ring of slots, in order */
	u32 head, tail;
	u32 slot;
	bool in_slot;
	u32 msgs[MAX_SLOTS][SERVICES];	/* in each slot */
	u32 full[MAX_SLOTS];		/* slots that can go back */
	u32 nr_full;
};

static void model_init(struct model *m, u32 nr, u32 first)
{
	u32 i;

	memset(m, 0, sizeof(*m));
	m->nr = nr;
	m->first = first;
	m->max_slots = nr / 2;
	m->max_msgs = nr / 2 * 256;
	m->max_data = nr - 1;
	for (i = 0; i < nr; i++)
		m->free[m->tail++ % (MAX_SLOTS * 2)] = i;
}

static u32 model_msgs(const struct model *m, u32 service)
{
	u32 i, n = 0;

	for (i = 0; i < m->nr; i++)
		n += m->msgs[i][service];
	return n;
}

static u32 model_slots(const struct model *m, u32 service)
{
	u32 i, n = 0;

	for (i = 0; i < m->nr; i++)
		n += m->msgs[i][service] > 0;
	return n;
}

static bool model_has_data(const struct model *m, u32 slot)
{
	u32 i, n = 0;

	for (i = 0; i < SERVICES; i++)
		n += m->msgs[slot][i];
	return n;
}

static u32 model_data(const struct model *m)
{
	u32 i, n = 0;

	for (i = 0; i < m->nr; i++)
		n += model_has_data(m, i);
	return n;
}

static void model_end_slot(struct model *m)
{
	if (m->pos % 4096)
		return;
	m->in_slot = false;
	m->full[m->nr_full++] = m->slot;
}

/* Can a service send so many bytes? Counted anew each time, as nothing is remembered. */
static bool model_send(struct model *m, u32 service, u32 stride)
{
	u32 room = m->in_slot ? 4096 - m->pos % 4096 : 0;

	if (m->in_slot && stride > room) {
		m->pos += room;
		model_end_slot(m);
	}
	if (model_msgs(m, service) >= m->max_msgs)
		return false;
	if (!(m->in_slot && m->msgs[m->slot][service]) && model_slots(m, service) >= m->max_slots)
		return false;
	if (!(m->in_slot && model_has_data(m, m->slot)) && model_data(m) >= m->max_data)
		return false;
	if (!m->in_slot) {
		if (m->head == m->tail)
			return false;
		m->slot = m->free[m->head++ % (MAX_SLOTS * 2)];
		m->in_slot = true;
	}
	m->msgs[m->slot][service]++;
	m->pos += stride;
	model_end_slot(m);
	return true;
}

/* The VPU gives one back, any that is full. Its number, or -1. */
static int model_recycle(struct model *m, u32 which)
{
	u32 slot;

	if (!m->nr_full)
		return -1;
	which %= m->nr_full;
	slot = m->full[which];
	m->full[which] = m->full[--m->nr_full];
	memset(m->msgs[slot], 0, sizeof(m->msgs[slot]));
	m->free[m->tail++ % (MAX_SLOTS * 2)] = slot;
	return slot + m->first;
}

static u32 random_size(struct rnd_state *rnd)
{
	u32 r = prandom_u32_state(rnd);

	switch (r % 8) {
	case 0:
		return FERRY_VCHIQ_MTU - (r >> 8) % 16;
	case 1:
		return 1 + (r >> 8) % FERRY_VCHIQ_MTU;
	default:
		return 1 + (r >> 8) % 40;
	}
}

/* The control messages that were sent at first belong to nobody. */
static void model_skip(struct model *m, u32 pos)
{
	m->slot = m->free[m->head++];
	m->in_slot = true;
	m->pos = pos;
}

struct slots_param {
	const char *name;
	unsigned int flags;
	u32 nr, first;
	u32 recycle;		/* of 256 steps so many give a slot back */
	u32 services;
};

static const struct slots_param params[] = {
	{ "all slots, few come back", VRIG_HAND, 31, 34, 4, SERVICES },
	{ "all slots, many come back", VRIG_HAND, 31, 34, 30, SERVICES },
	{ "one service alone", VRIG_HAND, 31, 34, 8, 1 },
	{ "few slots", VRIG_HAND | VRIG_SMALL, 4, 7, 8, SERVICES },
	{ "few slots, two services", VRIG_HAND | VRIG_SMALL, 4, 7, 30, 2 },
};

static void param_desc(const struct slots_param *p, char *desc)
{
	strscpy(desc, p->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(slots, params, param_desc);

/* It is as the model says whether there is room, and where the message is written. */
static void sends_as_the_model(struct kunit *test)
{
	const struct slots_param *p = test->param_value;
	struct vrig *rig = vrig_create(test, p->flags);
	static const char * const names[SERVICES] = { "AAAA", "BBBB", "CCCC", "DDDD" };
	u8 *msg = kunit_kzalloc(test, FERRY_VCHIQ_MTU, GFP_KERNEL);
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct fake_client *c[SERVICES];
	unsigned int i, sent = 0, refused = 0;
	struct rnd_state rnd;
	int slot;
	u16 port;

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	for (i = 0; i < p->services; i++)
		c[i] = vrig_hand_open(rig, names[i], VPU_PORT + i, &port);
	model_init(m, p->nr, p->first);
	model_skip(m, le32_to_cpu(rig->zero->slave.tx_pos));
	prandom_seed_state(&rnd, 7);
	for (i = 0; i < STEPS && refused < STEPS / 2; i++) {
		u32 service = prandom_u32_state(&rnd) % p->services, size = random_size(&rnd);
		bool room = model_send(m, service, (size + 15) / 8 * 8);
		int ret = ferry_trysend(c[service]->ep, msg, size);

		KUNIT_ASSERT_EQ_MSG(test, ret, room ? 0 : -EAGAIN, "step %u: %u bytes", i, size);
		KUNIT_ASSERT_EQ(test, le32_to_cpu(rig->zero->slave.tx_pos), m->pos);
		sent += !ret;
		refused += !!ret;
		if (prandom_u32_state(&rnd) % 256 >= p->recycle)
			continue;
		slot = model_recycle(m, prandom_u32_state(&rnd));
		if (slot >= 0)
			vrig_recycle(rig, slot);
	}
	KUNIT_EXPECT_GT(test, sent, 100);
	KUNIT_EXPECT_GT(test, refused, 0);
	VRIG_EXPECT_STATE(rig, RUNNING);
}

/* Who has used up its quota stands in nobody's way; both go on when slots come back. */
static void quota_is_of_the_service(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *a, *b;
	struct fake_sender *s;
	unsigned int i, n = 0;
	u16 port;

	a = vrig_hand_open(rig, "AAAA", VPU_PORT, &port);
	b = vrig_hand_open(rig, "BBBB", VPU_PORT + 1, &port);
	while (!fake_trysend(a, n))
		n++;
	KUNIT_EXPECT_EQ(test, n, 3840 - 4);	/* CONNECT and OPEN are in the first slot, too */
	s = fake_sender(test, a, 1, 4, VRIG_WAIT_MS);
	fake_settle();
	KUNIT_EXPECT_EQ(test, (__force int)ferry_poll(a->ep, NULL, NULL), 0);
	KUNIT_EXPECT_NE(test, (__force int)ferry_poll(b->ep, NULL, NULL), 0);
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, ferry_send_timeout(b->ep, &i, sizeof(i), VRIG_WAIT_MS), 0);
	KUNIT_EXPECT_FALSE(test, fake_done(s->task));
	vrig_recycle(rig, 34);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), 0);
}

/* The last slot is for messages of the protocol: a close always gets through. */
static void close_needs_no_quota(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	u8 *msg = kunit_kzalloc(test, FERRY_VCHIQ_MTU, GFP_KERNEL);
	struct fake_client *c[3];
	u32 msgid = 0, size = 0;
	unsigned int i, n = 0;
	u16 port;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	c[0] = vrig_hand_open(rig, "AAAA", VPU_PORT, &port);
	c[1] = vrig_hand_open(rig, "BBBB", VPU_PORT + 1, &port);
	c[2] = vrig_hand_open(rig, "CCCC", VPU_PORT + 2, &port);
	for (i = 0; i < 3; i++)
		while (!ferry_trysend(c[i]->ep, msg, FERRY_VCHIQ_MTU))
			n++;
	/* 30 of 31: there is no DATA in the first slot, which comes back. */
	KUNIT_EXPECT_EQ(test, n, 30);
	vrig_recycle(rig, 34);
	KUNIT_EXPECT_EQ(test, ferry_trysend(c[0]->ep, msg, FERRY_VCHIQ_MTU), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_trysend(c[2]->ep, msg, 1), -EAGAIN);
	fake_close(c[1]);
	while (vrig_hears(rig, &msgid, &size) && msgid >> 24 != VCHIQ_CLOSE)
		;
	KUNIT_EXPECT_EQ(test, msgid, VRIG_ID(CLOSE, port - 1, VPU_PORT + 1));
}

/* A slot goes back when all in it was taken, and not before; others are not held up. */
static void slot_waits_for_its_messages(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *slow, *fast;
	u16 slow_port, fast_port;
	unsigned int i;
	u8 msg[500];

	slow = vrig_hand_open(rig, "SLOW", VPU_PORT, &slow_port);
	fast = vrig_hand_open(rig, "FAST", VPU_PORT + 1, &fast_port);
	slow->answer = -EAGAIN;
	fake_fill(msg, sizeof(msg), 0);
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, slow_port), msg, sizeof(msg));
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&slow->entered, 30 * HZ));
	for (i = 1; i < 40; i++) {
		fake_fill(msg, sizeof(msg), i);
		vrig_say(rig, i % 2 ? VRIG_ID(DATA, VPU_PORT, slow_port) :
				      VRIG_ID(DATA, VPU_PORT + 1, fast_port), msg, sizeof(msg));
	}
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(fast, 19));
	fake_settle();
	KUNIT_EXPECT_EQ(test, recycled(rig), 31);
	KUNIT_EXPECT_EQ(test, slow->nr, 0);
	WRITE_ONCE(slow->answer, 0);
	ferry_resume(slow->ep);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(slow, 21));
	for (i = 0; i < 21; i++)
		KUNIT_EXPECT_EQ(test, slow->seq[i], i ? 2 * i - 1 : 0);
	KUNIT_EXPECT_EQ(test, slow->bad, 0);
	KUNIT_EXPECT_EQ(test, fast->bad, 0);
	KUNIT_EXPECT_TRUE(test, comes_to(rig, 31 + rig->tx_pos / 4096));
	for (i = 0; i < rig->tx_pos / 4096; i++)
		KUNIT_EXPECT_EQ(test, le32_to_cpu(rig->zero->master.slot_queue[31 + i]), 2 + i);
}

/* A client that closes gives back what waited for it. */
static void close_gives_slots_back(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *c;
	unsigned int i;
	u8 msg[500];
	u16 port;

	c = vrig_hand_open(rig, "SLOW", VPU_PORT, &port);
	c->answer = -EAGAIN;
	for (i = 0; i < 30; i++) {
		fake_fill(msg, sizeof(msg), i);
		vrig_say(rig, VRIG_ID(DATA, VPU_PORT, port), msg, sizeof(msg));
		if (!i)
			wait_for_completion_timeout(&c->entered, 30 * HZ);
	}
	fake_settle();
	KUNIT_EXPECT_EQ(test, recycled(rig), 31);
	fake_close(c);
	KUNIT_EXPECT_TRUE(test, comes_to(rig, 31 + rig->tx_pos / 4096));
}

/* What comes between the answer of the VPU and the end of opening is not lost. */
static void first_messages_wait_for_the_client(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	unsigned int i, round;

	for (round = 0; round < 5; round++) {
		struct fake_client *c;
		u16 port;

		c = vrig_hand_open(rig, "SMEM", VPU_PORT + round, &port);
		for (i = 0; i < 10; i++)
			vrig_say(rig, VRIG_ID(DATA, VPU_PORT + round, port), "\1\0\0\0", 4);
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 10));
		fake_close(c);
		vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT + round, port), NULL, 0);
	}
}

static struct kunit_case vchiq_slots_cases[] = {
	KUNIT_CASE_PARAM(sends_as_the_model, slots_gen_params),
	KUNIT_CASE(quota_is_of_the_service),
	KUNIT_CASE(close_needs_no_quota),
	KUNIT_CASE(slot_waits_for_its_messages),
	KUNIT_CASE(close_gives_slots_back),
	KUNIT_CASE(first_messages_wait_for_the_client),
	{}
};

static struct kunit_suite vchiq_slots_suite = {
	.name = "ferry_vchiq_slots",
	.test_cases = vchiq_slots_cases,
};
kunit_test_suite(vchiq_slots_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of VCHIQ, slots and quotas");
MODULE_LICENSE("GPL");
