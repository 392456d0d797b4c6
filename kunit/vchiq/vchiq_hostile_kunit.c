// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ, a hostile VPU: each word that is read from shared memory may be anything.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define VPU_PORT	0x42
#define FUZZ_ROUNDS	20
#define FUZZ_MSGS	400

/* A link that runs, with one service open. */
struct victim {
	struct vrig *rig;
	struct fake_client *c;
	u16 port;
};

static struct victim victim(struct kunit *test)
{
	struct victim v = { .rig = vrig_create(test, VRIG_HAND) };

	v.c = vrig_hand_open(v.rig, "SMEM", VPU_PORT, &v.port);
	return v;
}

static struct vchiq_header *next_header(struct vrig *rig)
{
	u32 slot = le32_to_cpu(rig->zero->master.slot_queue[rig->tx_pos / 4096 % 64]);

	return rig->mem + slot * 4096 + rig->tx_pos % 4096;
}

static void say_size(struct victim *v, u32 size, u32 sent)
{
	struct vchiq_header *h = next_header(v->rig);

	h->msgid = cpu_to_le32(VRIG_ID(DATA, VPU_PORT, v->port));
	h->size = cpu_to_le32(size);
	vrig_publish(v->rig, v->rig->tx_pos + sent);
}

static void pos_back(struct victim *v, u32 arg)
{
	vrig_publish(v->rig, v->rig->tx_pos - arg);
}

static void pos_far(struct victim *v, u32 arg)
{
	vrig_publish(v->rig, v->rig->tx_pos + arg);
}

static void size_any(struct victim *v, u32 arg)
{
	say_size(v, arg, 4096 - v->rig->tx_pos % 4096);
}

static void size_sent(struct victim *v, u32 arg)
{
	say_size(v, arg, 16);
}

/* Fills the slot, and says that the next one is @arg. */
static void slot_is(struct victim *v, u32 arg)
{
	struct vrig *rig = v->rig;
	u32 room = 4096 - rig->tx_pos % 4096;

	rig->zero->master.slot_queue[(rig->tx_pos / 4096 + 1) % 64] = cpu_to_le32(arg);
	next_header(rig)->msgid = 0;
	next_header(rig)->size = cpu_to_le32(room - 8);
	vrig_publish(rig, rig->tx_pos + room + 8);
}

struct lie {
	const char *name;
	void (*tell)(struct victim *v, u32 arg);
	u32 arg;
};

static const struct lie lies[] = {
	{ "position 8 back", pos_back, 8 },
	{ "position far back", pos_back, 0x40000000 },
	{ "position odd", pos_far, 4 },
	{ "position by a byte", pos_far, 1 },
	{ "position beyond all slots", pos_far, 31 * 4096 + 8 },
	{ "position half around", pos_far, 0x80000000 },
	{ "size fffffff8", size_any, 0xfffffff8 },
	{ "size fffffff1", size_any, 0xfffffff1 },
	{ "size ffffffff", size_any, 0xffffffff },
	{ "size 80000000", size_any, 0x80000000 },
	{ "size 4089", size_any, 4089 },
	{ "size 4096", size_any, 4096 },
	{ "size of the slot", size_any, 4088 },
	{ "size beyond what was sent", size_sent, 9 },
	{ "slot zero", slot_is, 0 },
	{ "slot of synchronous messages", slot_is, 1 },
	{ "slot behind the last", slot_is, 33 },
	{ "slot of the host", slot_is, 34 },
	{ "slot beyond all", slot_is, 128 },
	{ "slot -1", slot_is, 0xffffffff },
	{ "slot 2 and a bit", slot_is, 0x100 + 2 },
};

static void lie_desc(const struct lie *lie, char *desc)
{
	strscpy(desc, lie->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(lies, lies, lie_desc);

/* The link crashes, and nothing else; when the VPU was reset it works again. */
static void crashes_the_link(struct kunit *test)
{
	const struct lie *lie = test->param_value;
	struct victim v = victim(test);
	struct fake_client *c;
	u16 port;

	lie->tell(&v, lie->arg);
	VRIG_EXPECT_STATE(v.rig, CRASHED);
	fake_settle();
	KUNIT_EXPECT_EQ(test, fake_send(v.c, 1), -ENOLINK);
	fake_close(v.c);
	KUNIT_ASSERT_EQ(test, ferry_link_start(v.rig->link), 0);
	KUNIT_EXPECT_EQ(test, v.rig->resets, 1);
	c = vrig_hand_open(v.rig, "SMEM", VPU_PORT, &port);
	vrig_say(v.rig, VRIG_ID(DATA, VPU_PORT, port), "\1\0\0\0", 4);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
}

/* The longest message that just fits is none. */
static void longest_message_is_taken(struct kunit *test)
{
	struct victim v = victim(test);
	struct vchiq_header *h;
	u32 room;

	room = 4096 - v.rig->tx_pos % 4096;
	h = next_header(v.rig);
	fake_fill(h + 1, room - 8, 1);
	say_size(&v, room - 8, room);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(v.c, 1));
	v.rig->tx_pos += room;
	h = next_header(v.rig);
	fake_fill(h + 1, 4088, 2);
	say_size(&v, 4088, 4096);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(v.c, 2));
	KUNIT_EXPECT_EQ(test, v.c->bad, 0);
	KUNIT_EXPECT_EQ(test, v.c->len[1], 4088);
	VRIG_EXPECT_STATE(v.rig, RUNNING);
}

/* A slot that waits for its client is ours still. */
static void slot_that_we_have_is_not_taken(struct kunit *test)
{
	struct victim v = victim(test);
	u32 slot = le32_to_cpu(v.rig->zero->master.slot_queue[0]);

	v.c->answer = -EAGAIN;
	vrig_say(v.rig, VRIG_ID(DATA, VPU_PORT, v.port), "one", 3);
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&v.c->entered, 30 * HZ));
	vrig_say(v.rig, VRIG_ID(DATA, VPU_PORT, v.port), "two", 3);
	slot_is(&v, slot);
	VRIG_EXPECT_STATE(v.rig, CRASHED);
}

/* Messages that make no sense are counted, and the next one is taken. */
static void nonsense_is_counted(struct kunit *test)
{
	struct victim v = victim(test);
	struct vrig *rig = v.rig;
	struct ferry_stats st;
	unsigned int i, odd = 0;

	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, v.port + 1), "x", 1);	/* no such port */
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, 0xfff), "x", 1);
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT + 1, v.port), "x", 1);	/* of another */
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, v.port), NULL, 0);
	vrig_say(rig, VRIG_ID(OPENACK, VPU_PORT, v.port), "\2", 2);	/* it is open */
	vrig_say(rig, VRIG_ID(OPENACK, VPU_PORT, 0xfff), "\2", 2);
	vrig_say(rig, VRIG_ID(OPENACK, VPU_PORT, v.port), NULL, 0);
	vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT + 1, v.port), NULL, 0);
	vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT, 0xffe), NULL, 0);
	vrig_say(rig, VRIG_ID(RESUME, 0, 0), NULL, 0);
	vrig_say(rig, VRIG_ID(REMOTE_RELEASE, 0, 0), NULL, 0);
	vrig_say(rig, VRIG_ID(REMOTE_USE_ACTIVE, 0, 0), NULL, 0);
	odd += 8;
	for (i = VCHIQ_BULK_RX; i <= VCHIQ_BULK_TX_DONE; i++, odd += 2) {
		vrig_say(rig, i << 24 | VPU_PORT << 12 | v.port, NULL, 0);
		vrig_say(rig, i << 24 | VPU_PORT << 12 | v.port, "12345678", 8);
	}
	for (i = VCHIQ_NR_TYPES; i < 256; i++, odd++)
		vrig_say(rig, i << 24, "?", 1);
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, v.port), "\7\0\0\0", 4);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(v.c, 1));
	KUNIT_EXPECT_EQ(test, v.c->seq[0], 7);
	ferry_link_stats(rig->link, &st);
	KUNIT_EXPECT_EQ(test, st.drops[FERRY_DROP_NO_CHANNEL], 3);
	KUNIT_EXPECT_EQ(test, st.drops[FERRY_DROP_BAD_LENGTH], 1);
	KUNIT_EXPECT_EQ(test, st.drops[FERRY_DROP_BAD_HEADER], odd);
	VRIG_EXPECT_STATE(rig, RUNNING);
}

struct opening {
	struct vrig *rig;
	struct fake_client *c;
};

static int open_late(void *arg)
{
	struct opening *o = arg;

	return vrig_open(o->rig, o->c, "SMEM", 0);
}

/* An answer without a version is none. */
static void short_openack_is_none(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct opening o = { .rig = rig, .c = fake_client(test) };
	struct fake_task *t = fake_run(test, open_late, &o);
	u32 msgid = 0, size = 0;

	while (vrig_hears(rig, &msgid, &size) && msgid >> 24 != VCHIQ_OPEN)
		;
	vrig_say(rig, VRIG_ID(OPENACK, VPU_PORT, 0), NULL, 0);
	vrig_say(rig, VRIG_ID(OPENACK, VPU_PORT, 0), "\1", 1);
	vrig_say(rig, VRIG_ID(OPENACK, VPU_PORT, 1), "\1", 2);
	fake_settle();
	KUNIT_EXPECT_FALSE(test, fake_done(t));
	vrig_say(rig, VRIG_ID(OPENACK, VPU_PORT, 0), "\1\0\0\0", 4);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_peer_version(rig->link, "SMEM"), 1);
}

/* Sends until there is no room; what came back then is looked at by the next send. */
static unsigned int fill(struct victim *v)
{
	unsigned int n = 0;

	while (!fake_trysend(v->c, n))
		n++;
	return n;
}

static void recycle_counter(struct victim *v, u32 arg)
{
	struct vchiq_side *host = &v->rig->zero->slave;

	WRITE_ONCE(host->slot_queue_recycle, cpu_to_le32(31 + arg));
	WRITE_ONCE(host->recycle.fired, cpu_to_le32(1));
	vrig_rings(v->rig);
}

static void recycle_slot(struct victim *v, u32 arg)
{
	vrig_recycle(v->rig, arg);
}

static void recycle_twice(struct victim *v, u32 arg)
{
	vrig_recycle(v->rig, arg);
	vrig_recycle(v->rig, arg);
}

static const struct lie returns[] = {
	{ "more than there are", recycle_counter, 32 },
	{ "as many as never were", recycle_counter, 0x80000000 },
	{ "less than before", recycle_counter, -1 },
	{ "slot zero", recycle_slot, 0 },
	{ "its own slot", recycle_slot, 2 },
	{ "the synchronous slot", recycle_slot, 33 },
	{ "the slot behind the last", recycle_slot, 65 },
	{ "slot -1", recycle_slot, 0xffffffff },
	{ "one that it never had", recycle_slot, 64 },
	{ "one twice", recycle_twice, 34 },
};
KUNIT_ARRAY_PARAM(returns, returns, lie_desc);

static void crashes_the_sender(struct kunit *test)
{
	const struct lie *lie = test->param_value;
	struct victim v = victim(test);

	KUNIT_EXPECT_GT(test, fill(&v), 3000);
	lie->tell(&v, lie->arg);
	KUNIT_EXPECT_NE(test, fake_trysend(v.c, 1), 0);
	VRIG_EXPECT_STATE(v.rig, CRASHED);
	fake_settle();
	KUNIT_EXPECT_EQ(test, fake_send(v.c, 1), -ENOLINK);
}

/* What is being filled was not read. One service has all its slots, another begins the next. */
static void slot_that_is_filled_does_not_come_back(struct kunit *test)
{
	struct victim v = victim(test);
	struct fake_client *c;
	u16 port;

	c = vrig_hand_open(v.rig, "ECHO", VPU_PORT + 1, &port);
	KUNIT_EXPECT_GT(test, fill(&v), 3000);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	vrig_recycle(v.rig, 34 + le32_to_cpu(v.rig->zero->slave.tx_pos) / 4096);
	KUNIT_EXPECT_NE(test, fake_trysend(v.c, 1), 0);
	VRIG_EXPECT_STATE(v.rig, CRASHED);
}

/* Any words with a good size: the link lives. */
static void random_messages_do_no_harm(struct kunit *test)
{
	struct victim v = victim(test);
	struct vrig *rig = v.rig;
	struct rnd_state rnd;
	u32 msgid, size, room;
	unsigned int i;
	u8 junk[64];

	prandom_seed_state(&rnd, 42);
	for (i = 0; i < FUZZ_MSGS; i++) {
		prandom_bytes_state(&rnd, junk, sizeof(junk));
		msgid = prandom_u32_state(&rnd);
		/* It would be heeded, and others would pause for ever. */
		if (msgid >> 24 == VCHIQ_PAUSE)
			continue;
		if (i % 2)
			msgid = msgid % 16 << 24 | (msgid & 0x00ffffff);
		if (msgid >> 24 == VCHIQ_PAUSE)
			continue;
		room = 4096 - rig->tx_pos % 4096;
		size = min(prandom_u32_state(&rnd) % 64, room - 8);
		vrig_say(rig, msgid, junk, size);
	}
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, v.port), "\7\0\0\0", 4);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(v.c, 1));
	VRIG_EXPECT_STATE(rig, RUNNING);
}

/* All of slot zero and all slots are junk: whatever follows, we can begin anew. */
static void random_memory_does_no_harm(struct kunit *test)
{
	struct victim v = victim(test);
	struct vrig *rig = v.rig;
	struct rnd_state rnd;
	struct fake_client *c;
	unsigned int i;
	u16 port;

	fake_close(v.c);	/* nobody would answer when it is opened again */
	prandom_seed_state(&rnd, 23);
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		u32 pos = i % 2 ? prandom_u32_state(&rnd) : rig->tx_pos + 8 * i;

		prandom_bytes_state(&rnd, rig->mem, i % 3 ? 64 * 4096 : 4096);
		vrig_publish(rig, pos);
		WRITE_ONCE(rig->zero->slave.recycle.fired, cpu_to_le32(1));
		vrig_rings(rig);
		msleep(2);
		ferry_link_stop(rig->link);
		KUNIT_ASSERT_EQ(test, ferry_link_start(rig->link), 0);
	}
	c = vrig_hand_open(rig, "ECHO", VPU_PORT, &port);
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, port), "\1\0\0\0", 4);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
}

struct writer {
	struct vrig *rig;
	bool stop;
};

/* Rewrites what is being read. */
static int rewrite(void *arg)
{
	struct writer *w = arg;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 5);
	while (!READ_ONCE(w->stop)) {
		struct vchiq_side *own = &w->rig->zero->master;
		u32 r = prandom_u32_state(&rnd);
		struct vchiq_header *h;
		unsigned int i;

		h = w->rig->mem + (2 + r % 31) * 4096 + (r >> 8) % 4096 / 8 * 8;
		WRITE_ONCE(h->msgid, cpu_to_le32(prandom_u32_state(&rnd)));
		WRITE_ONCE(h->size, cpu_to_le32(r >> 20));
		for (i = 0; i < 100; i++) {
			WRITE_ONCE(own->tx_pos, cpu_to_le32(i * 8));
			WRITE_ONCE(own->slot_queue[i % 64], cpu_to_le32(r >> i % 24));
		}
		WRITE_ONCE(w->rig->zero->slave.trigger.fired, cpu_to_le32(1));
		vrig_rings(w->rig);
		if (r % 8 == 0)
			usleep_range(50, 100);
		cond_resched();
	}
	return 0;
}

static void rewritten_while_we_read(struct kunit *test)
{
	struct victim v = victim(test);
	struct writer w = { .rig = v.rig };
	struct fake_task *t;
	unsigned int i;

	t = fake_run(test, rewrite, &w);
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		if (v.c->ep)
			fake_trysend(v.c, i);
		msleep(5);
		if (ferry_link_state(v.rig->link) == FERRY_STATE_RUNNING)
			continue;
		fake_close(v.c);	/* nobody would answer when it is opened again */
		ferry_link_start(v.rig->link);
	}
	WRITE_ONCE(w.stop, true);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	fake_close(v.c);
	ferry_link_stop(v.rig->link);
	KUNIT_EXPECT_EQ(test, ferry_link_start(v.rig->link), 0);
}

static struct kunit_case vchiq_hostile_cases[] = {
	KUNIT_CASE_PARAM(crashes_the_link, lies_gen_params),
	KUNIT_CASE(longest_message_is_taken),
	KUNIT_CASE(slot_that_we_have_is_not_taken),
	KUNIT_CASE(nonsense_is_counted),
	KUNIT_CASE(short_openack_is_none),
	KUNIT_CASE_PARAM(crashes_the_sender, returns_gen_params),
	KUNIT_CASE(slot_that_is_filled_does_not_come_back),
	KUNIT_CASE(random_messages_do_no_harm),
	KUNIT_CASE(random_memory_does_no_harm),
	KUNIT_CASE(rewritten_while_we_read),
	{}
};

static struct kunit_suite vchiq_hostile_suite = {
	.name = "ferry_vchiq_hostile",
	.test_cases = vchiq_hostile_cases,
};
kunit_test_suite(vchiq_hostile_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of VCHIQ, a hostile VPU");
MODULE_LICENSE("GPL");
