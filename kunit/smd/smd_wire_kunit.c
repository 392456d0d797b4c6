// SPDX-License-Identifier: GPL-2.0-only
/*
 * What SMD looks like in memory: vectors from the specification, and the handshake as a
 * remote sees it.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/port.h>
#include <linux/ferry/smem.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "edges.h"

static void an_entry_is_as_others_write_it(struct kunit *test)
{
	static const u8 want[32] = {
		'r', 'p', 'm', '_', 'r', 'e', 'q', 'u', 'e', 's', 't', 's', 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0x0f, 0x02, 0, 0, 1, 0, 0, 0,
	};
	struct edges *e = edges_create(test, EDGES_RPM);
	size_t table, info, fifo;
	void *entry;

	edges_channel(e, "rpm_requests", 1024, true, false);
	entry = ferry_smem_item(e->smem, FERRY_SMEM_HOST_ANY, 13, &table);
	KUNIT_EXPECT_MEMEQ(test, entry, want, 32);
	ferry_smem_item(e->smem, FERRY_SMEM_HOST_ANY, 14, &info);
	ferry_smem_item(e->smem, FERRY_SMEM_HOST_ANY, 338, &fifo);
	KUNIT_EXPECT_EQ(test, table, 2048);
	KUNIT_EXPECT_EQ(test, info, 88);
	KUNIT_EXPECT_EQ(test, fifo, 2048);
}

/* A remote that made this channel may never say that it is open. */
static void requests_are_offered_whatever_is_said(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_RPM | EDGES_BY_HAND | EDGES_OFFLINE);
	struct smd_entry *entries = hand_table(e, 0, SMD_TABLE_SIZE);

	hand_items(e, 0, SMD_INFO_WORDS, 2048);
	hand_items(e, 1, SMD_INFO_WORDS, 2048);
	hand_entry(&entries[0], "rpm_requests", 0, EDGES_RPM_EDGE | SMD_ENTRY_PACKET);
	hand_entry(&entries[1], "rpm_other", 1, EDGES_RPM_EDGE | SMD_ENTRY_PACKET);
	edges_start(e);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(edges_offered(e->link[0])));
	KUNIT_EXPECT_EQ(test, edges_offered(e->link[0]), 1);
}

static void opening_looks_like_this(struct kunit *test)
{
	static const u8 closed[44] = { [28] = 1, [32] = 1 };
	static const u8 opening[44] = { [0] = 1, [28] = 1, [32] = 1 };
	static const u8 opened[44] = { [0] = 2, [4] = 1, [8] = 1, [12] = 1, [28] = 1, [32] = 1 };
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct edges_client *c = edges_client(test);
	struct opener *o;
	struct hand *h;

	e->leftovers = true;
	h = hand_channel(e, "words", 0, 1024, true, SMD_ENTRY_PACKET);
	FERRY_WAIT(!memcmp(h->ours, closed, 36));
	KUNIT_EXPECT_MEMEQ(test, h->ours, closed, 44);
	o = edges_open_begin(c, e->link[0], "words");
	KUNIT_EXPECT_TRUE(test, hand_sees(h, SMD_OPENING));
	KUNIT_EXPECT_MEMEQ(test, h->ours, opening, 44);
	hand_state(h, SMD_OPENING);
	KUNIT_EXPECT_TRUE(test, hand_sees(h, SMD_OPENED));
	KUNIT_EXPECT_MEMEQ(test, h->ours, opened, 44);
	hand_state(h, SMD_OPENED);
	KUNIT_EXPECT_EQ(test, edges_open_end(o), 0);
	edges_close(c);
	KUNIT_EXPECT_MEMEQ(test, h->ours, closed, 44);
}

static void a_step_takes_a_second_at_most(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct hand *h = hand_channel(e, "slow", 0, 1024, false, SMD_ENTRY_PACKET);
	struct edges_client *c = edges_client(test);

	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "slow", 0), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, smd_state(h->ours), SMD_CLOSED);
	hand_state(h, SMD_OPENING);
	KUNIT_EXPECT_EQ_MSG(test, edges_open(c, e->link[0], "slow", 0), -ETIMEDOUT, "half open");
	KUNIT_EXPECT_EQ(test, smd_state(h->ours), SMD_CLOSED);
}

static struct hand *opened(struct kunit *test, struct edges *e, struct edges_client *c, u32 size)
{
	struct hand *h = hand_channel(e, "known", 0, size, false, SMD_ENTRY_PACKET);

	hand_opened(h);
	KUNIT_ASSERT_EQ(test, edges_open(c, e->link[0], "known", 0), 0);
	return h;
}

static void a_packet_and_its_flags_look_like_this(struct kunit *test)
{
	static const u8 half[20] = {
		2, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0x18, 0, 0, 0,
	};
	static const u8 packet[24] = { 4, [20] = 0xde, 0xad, 0xbe, 0xef };
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct edges_client *c = edges_client(test);
	struct hand *h = opened(test, e, c, 1024);

	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, packet + 20, 4), 0);
	KUNIT_EXPECT_MEMEQ(test, h->tx, packet, 24);
	KUNIT_EXPECT_MEMEQ(test, h->ours, half, 20);
}

static void a_packet_wraps_like_this(struct kunit *test)
{
	static const u8 end[12] = { 4 };
	static const u8 begin[12] = { [8] = 0xde, 0xad, 0xbe, 0xef };
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct edges_client *c = edges_client(test);
	struct hand *h = opened(test, e, c, 64);
	u8 data[32] = {};

	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, data, 32), 0);
	KUNIT_EXPECT_EQ(test, hand_head(h), 52);
	smd_store(smd_tail(h->ours, false), 52);
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, begin + 8, 4), 0);
	KUNIT_EXPECT_MEMEQ(test, h->tx + 52, end, 12);
	KUNIT_EXPECT_MEMEQ(test, h->tx, begin, 12);
	KUNIT_EXPECT_EQ(test, hand_head(h), 12);
	KUNIT_EXPECT_EQ_MSG(test, ferry_trysend(c->ep, data, 17), -EAGAIN, "36 are free");
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, data, 16), 0);
	KUNIT_EXPECT_EQ(test, hand_head(h), 48);
}

static void reading_is_told_like_this(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct edges_client *c = edges_client(test);
	struct hand *h = opened(test, e, c, 64);
	u8 data[8];

	c->unchecked = true;
	hand_packet(h, data, 8);
	KUNIT_EXPECT_TRUE(test, edges_wait(c, 1));
	FERRY_WAIT(smd_flag(h->ours, SMD_FTAIL, false));
	KUNIT_EXPECT_EQ(test, smd_load(smd_tail(h->theirs, false)), 28);
	KUNIT_EXPECT_EQ(test, smd_flag(h->ours, SMD_FTAIL, false), 1);
	KUNIT_EXPECT_EQ(test, smd_flag(h->theirs, SMD_FHEAD, false), 0);
	KUNIT_EXPECT_EQ(test, smd_flag(h->theirs, SMD_FSTATE, false), 0);
}

static void who_waits_for_room_asks_for_a_ring(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct edges_client *c = edges_client(test);
	struct hand *h = opened(test, e, c, 64);
	u8 data[40] = {};

	KUNIT_EXPECT_EQ(test, smd_flag(h->ours, SMD_FBLOCKREADINTR, false), 1);
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, data, 40), 0);
	KUNIT_EXPECT_EQ(test, smd_flag(h->ours, SMD_FBLOCKREADINTR, false), 1);
	/* A ring of the opening may come late: then it is told to try again. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_trysend(c->ep, data, 40) == -EAGAIN &&
					   !smd_flag(h->ours, SMD_FBLOCKREADINTR, false)));
	smd_store(smd_tail(h->ours, false), hand_head(h));
	hand_kick(e);
	KUNIT_EXPECT_TRUE(test, edges_wait_for(&c->tx_ready, 1));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(smd_flag(h->ours, SMD_FBLOCKREADINTR, false) == 1));
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, data, 40), 0);
}

static void rings_nobody(struct ferry_port *port, void *data)
{
}

static unsigned int rings(struct edges *e)
{
	unsigned int n = 0;

	while (!ferry_port_recv(e->at_remote, NULL, 0))
		n++;
	return n;
}

static const struct ferry_port_user rings_user = {
	.rx = rings_nobody,
};

/* At least one, and how many soon after it. */
static unsigned int rings_come(struct edges *e)
{
	unsigned int n = 0;

	FERRY_WAIT(n = rings(e));
	msleep(50);
	return n + rings(e);
}

/* A remote whose bell is ours: none of its rings were heard yet. */
static struct hand *rung(struct kunit *test, struct edges *e, struct edges_client *c)
{
	struct hand *h = opened(test, e, c, 1024);

	KUNIT_ASSERT_EQ(test, ferry_port_start(e->at_remote, &rings_user, NULL), 0);
	rings(e);	/* those of the handshake */
	return h;
}

static void who_never_lowers_the_flag_is_always_rung(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct edges_client *c = edges_client(test);
	unsigned int n;

	rung(test, e, c);
	for (n = 0; n < 10; n++) {
		KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, "a", 1), 0);
		KUNIT_EXPECT_EQ(test, rings(e), 1);
	}
	msleep(20);
	KUNIT_EXPECT_EQ(test, rings(e), 0);
	ferry_port_stop(e->at_remote);
}

static void who_has_not_heard_the_last_ring_is_not_rung_at_once(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct edges_client *c = edges_client(test);
	struct hand *h = rung(test, e, c);
	unsigned long flags;
	unsigned int i;
	int ret;

	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, "a", 1), 0);
	KUNIT_EXPECT_EQ(test, rings(e), 1);
	for (i = 0; i < 3; i++) {
		smd_set_flag(h->ours, SMD_FHEAD, false, 0);
		KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, "a", 1), 0);
		KUNIT_EXPECT_EQ_MSG(test, rings(e), 1, "it heard the one before");
	}
	/* What makes up for rings is a timer, and does not come in between. */
	local_irq_save(flags);
	ret = ferry_trysend(c->ep, "a", 1) ?: ferry_trysend(c->ep, "a", 1);
	i = rings(e);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ_MSG(test, hand_head(h), 6 * 21, "it is there all the same");
	KUNIT_EXPECT_EQ_MSG(test, i, 0, "they were not spared");
	KUNIT_EXPECT_EQ_MSG(test, rings_come(e), 1, "made up for, once");
	/* It lowered the flag, but had looked before: it has not read what was written. */
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, "a", 1), 0);
	smd_set_flag(h->ours, SMD_FHEAD, false, 0);
	KUNIT_EXPECT_EQ_MSG(test, rings_come(e), 1, "it would sleep on it");
	/* It took all of it, and left the flag: then that means nothing to it. */
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, "a", 1), 0);
	KUNIT_EXPECT_EQ(test, rings(e), 1);
	local_irq_save(flags);
	ret = ferry_trysend(c->ep, "a", 1);
	smd_store(smd_tail(h->ours, false), hand_head(h));
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, ret, 0);
	msleep(50);
	KUNIT_EXPECT_EQ_MSG(test, rings(e), 0, "there is nothing to ring for");
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, "a", 1), 0);
		KUNIT_EXPECT_EQ_MSG(test, rings(e), 1, "it is not trusted any more");
	}
	ferry_port_stop(e->at_remote);
}

static void a_flag_without_a_message_is_lowered(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct edges_client *c = edges_client(test);
	struct hand *h = opened(test, e, c, 64);

	smd_set_flag(h->theirs, SMD_FHEAD, false, 1);
	hand_kick(e);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!smd_flag(h->theirs, SMD_FHEAD, false)));
	KUNIT_EXPECT_EQ(test, c->nr, 0);
}

/* Every length of up to some rounds of the copy, from and to any alignment of what is private. */
static void words_are_copied_whole_and_nothing_else(struct kunit *test)
{
	u8 *shared = kunit_kzalloc(test, 512, GFP_KERNEL);
	u8 *mine = kunit_kzalloc(test, 512, GFP_KERNEL);
	u32 len, at, i;

	KUNIT_ASSERT_NOT_NULL(test, shared);
	KUNIT_ASSERT_NOT_NULL(test, mine);
	for (len = 0; len <= 260; len += 4) {
		for (at = 0; at < 8; at++) {
			for (i = 0; i < 512; i++)
				mine[i] = i * 7 + len;
			memset(shared, 0xee, 512);
			ferry_smd_words_in(shared + 4, mine + at, len);
			KUNIT_ASSERT_EQ(test, shared[3], 0xee);
			KUNIT_ASSERT_EQ(test, memcmp(shared + 4, mine + at, len), 0);
			KUNIT_ASSERT_EQ(test, shared[4 + len], 0xee);
			memset(mine, 0xdd, 512);
			ferry_smd_words_out(mine + 1 + at, shared + 4, len);
			KUNIT_ASSERT_EQ(test, mine[at], 0xdd);
			KUNIT_ASSERT_EQ(test, memcmp(shared + 4, mine + 1 + at, len), 0);
			KUNIT_ASSERT_EQ(test, mine[1 + at + len], 0xdd);
		}
	}
}

static struct kunit_case smd_wire_cases[] = {
	KUNIT_CASE(an_entry_is_as_others_write_it),
	KUNIT_CASE(requests_are_offered_whatever_is_said),
	KUNIT_CASE(opening_looks_like_this),
	KUNIT_CASE(a_step_takes_a_second_at_most),
	KUNIT_CASE(a_packet_and_its_flags_look_like_this),
	KUNIT_CASE(a_packet_wraps_like_this),
	KUNIT_CASE(reading_is_told_like_this),
	KUNIT_CASE(who_waits_for_room_asks_for_a_ring),
	KUNIT_CASE(who_never_lowers_the_flag_is_always_rung),
	KUNIT_CASE(who_has_not_heard_the_last_ring_is_not_rung_at_once),
	KUNIT_CASE(a_flag_without_a_message_is_lowered),
	KUNIT_CASE(words_are_copied_whole_and_nothing_else),
	{ }
};

static struct kunit_suite smd_wire_suite = {
	.name = "smd_wire",
	.test_cases = smd_wire_cases,
};
kunit_test_suite(smd_wire_suite);

MODULE_DESCRIPTION("Tests of Ferry's SMD against vectors");
MODULE_LICENSE("GPL");
FERRY_IMPORT_TEST();
