// SPDX-License-Identifier: GPL-2.0-only
/*
 * A remote that says what cannot be, in every field that is read of it.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/smem.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../../drivers/sim/smem_image.h"
#include "../../drivers/smd/smd.h"
#include "../ferry_kunit.h"
#include "edges.h"

struct victim {
	struct edges *e;
	struct hand *h;
	struct edges_client *c;
};

static void victim_open(struct kunit *test, struct victim *v, u32 size, bool words)
{
	v->e = edges_create(test, EDGES_BY_HAND);
	v->h = hand_channel(v->e, "victim", 0, size, words, SMD_ENTRY_PACKET);
	v->c = edges_client(test);
	hand_opened(v->h);
	KUNIT_ASSERT_EQ(test, edges_open(v->c, v->e->link[0], "victim", 0), 0);
}

/* It was closed, said so, and can be opened again by a remote that thinks better of it. */
static void victim_expect_closed(struct kunit *test, struct victim *v)
{
	u8 data[4] = {};

	KUNIT_EXPECT_TRUE(test, edges_wait_for(&v->c->closes, 1));
	KUNIT_EXPECT_EQ(test, smd_state(v->h->ours), SMD_CLOSED);
	KUNIT_EXPECT_EQ(test, ferry_trysend(v->c->ep, data, 4), -EPIPE);
	KUNIT_EXPECT_EQ(test, v->c->nr, 0);
	hand_state(v->h, SMD_CLOSED);
	msleep(50);
	v->c->ups = 0;
	hand_opened(v->h);
	KUNIT_EXPECT_TRUE(test, edges_wait_for(&v->c->ups, 1));
	hand_packet(v->h, data, 4);
	v->c->unchecked = true;
	KUNIT_EXPECT_TRUE(test, edges_wait(v->c, 1));
}

static void a_head_outside_closes(struct kunit *test)
{
	static const u32 heads[] = { 1024, 1025, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffc00 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		struct victim v;

		victim_open(test, &v, 1024, i & 1);
		smd_store(smd_head(v.h->theirs, v.h->words), heads[i]);
		hand_kick(v.e);
		victim_expect_closed(test, &v);
	}
}

static void a_head_within_a_word_closes(struct kunit *test)
{
	struct victim v;

	victim_open(test, &v, 1024, true);
	smd_store(smd_head(v.h->theirs, true), 22);
	hand_kick(v.e);
	victim_expect_closed(test, &v);
}

static void a_length_that_no_packet_has_closes(struct kunit *test)
{
	static const u32 lens[] = { 1021, 1024, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffffec };
	struct smd_packet header = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lens) + 1; i++) {
		struct victim v;

		victim_open(test, &v, 1024, i == ARRAY_SIZE(lens));
		header.len = cpu_to_le32(i < ARRAY_SIZE(lens) ? lens[i] : 6);
		hand_write(v.h, &header, sizeof(header));
		hand_kick(v.e);
		victim_expect_closed(test, &v);
	}
}

static void a_tail_that_cannot_be_closes(struct kunit *test)
{
	/* 28 bytes were written, 28 more do not fit into what is left. */
	static const u32 tails[] = { 64, 65, 0xffffffff, 0x80000000, 29, 63 };
	u8 data[32] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tails); i++) {
		struct victim v;

		victim_open(test, &v, 64, false);
		KUNIT_EXPECT_EQ(test, ferry_trysend(v.c->ep, data, 8), 0);
		smd_store(smd_tail(v.h->ours, false), tails[i]);
		KUNIT_EXPECT_EQ_MSG(test, ferry_trysend(v.c->ep, data, 32), -EPIPE, "%x", tails[i]);
		victim_expect_closed(test, &v);
	}
}

static void a_tail_that_goes_back_closes(struct kunit *test)
{
	struct victim v;
	u8 data[40] = {};

	victim_open(test, &v, 64, false);
	KUNIT_EXPECT_EQ(test, ferry_trysend(v.c->ep, data, 20), 0);
	smd_store(smd_tail(v.h->ours, false), 20);
	KUNIT_EXPECT_EQ(test, ferry_trysend(v.c->ep, data, 20), 0);
	smd_store(smd_tail(v.h->ours, false), 19);
	KUNIT_EXPECT_EQ(test, ferry_trysend(v.c->ep, data, 20), -EPIPE);
	victim_expect_closed(test, &v);
}

static void a_tail_may_begin_elsewhere(struct kunit *test)
{
	struct victim v;
	u8 data[40] = {};

	v.e = edges_create(test, EDGES_BY_HAND);
	v.h = hand_channel(v.e, "victim", 0, 64, false, SMD_ENTRY_PACKET);
	v.c = edges_client(test);
	hand_opened(v.h);
	msleep(20);
	smd_store(smd_tail(v.h->ours, false), 30);
	KUNIT_ASSERT_EQ(test, edges_open(v.c, v.e->link[0], "victim", 0), 0);
	KUNIT_EXPECT_EQ_MSG(test, ferry_trysend(v.c->ep, data, 7), -EAGAIN, "26 are free");
	KUNIT_EXPECT_EQ(test, ferry_trysend(v.c->ep, data, 6), 0);
	smd_store(smd_tail(v.h->ours, false), 26);
	KUNIT_EXPECT_EQ(test, ferry_trysend(v.c->ep, data, 40), 0);
}

static void what_is_ours_is_not_read_back(struct kunit *test)
{
	struct victim v;
	u8 data[16];

	victim_open(test, &v, 256, false);
	edges_fill(data, sizeof(data), 0);
	hand_packet(v.h, data, 16);
	KUNIT_EXPECT_TRUE(test, edges_wait(v.c, 1));
	KUNIT_EXPECT_EQ(test, ferry_trysend(v.c->ep, data, 16), 0);
	smd_store(v.h->ours, 0xffffffff);
	smd_store(smd_head(v.h->ours, false), 0x12345678);
	smd_store(smd_tail(v.h->theirs, false), 0x12345678);
	edges_fill(data, sizeof(data), 1);
	hand_packet(v.h, data, 16);
	KUNIT_EXPECT_TRUE(test, edges_wait(v.c, 2));
	KUNIT_EXPECT_EQ(test, v.c->bad, 0);
	KUNIT_EXPECT_EQ(test, ferry_trysend(v.c->ep, data, 16), 0);
	KUNIT_EXPECT_EQ(test, hand_head(v.h), 72);
	FERRY_WAIT(smd_load(smd_tail(v.h->theirs, false)) == 72);
	KUNIT_EXPECT_EQ(test, smd_load(smd_tail(v.h->theirs, false)), 72);
}

static void empty_packets_are_nothing(struct kunit *test)
{
	struct smd_packet header = {};
	unsigned int i, n;
	struct victim v;
	u8 data[8];

	victim_open(test, &v, 1024, false);
	for (n = 0; n < 20; n++) {
		for (i = 0; i < 40; i++)
			hand_write(v.h, &header, sizeof(header));
		edges_fill(data, sizeof(data), n);
		hand_packet(v.h, data, 8);
		KUNIT_EXPECT_TRUE(test, edges_wait(v.c, n + 1));
	}
	KUNIT_EXPECT_EQ(test, v.c->nr, n);
	KUNIT_EXPECT_EQ(test, v.c->bad, 0);
}

static void a_packet_comes_byte_by_byte(struct kunit *test)
{
	struct victim v;
	u8 packet[28] = { 8 };
	unsigned int i, n;

	victim_open(test, &v, 64, false);
	for (n = 0; n < 10; n++) {
		edges_fill(packet + 20, 8, n);
		for (i = 0; i < sizeof(packet); i++) {
			KUNIT_EXPECT_EQ(test, v.c->nr, n);
			hand_write(v.h, packet + i, 1);
			hand_kick(v.e);
			if (i % 7 == 0)
				msleep(12);
		}
		KUNIT_EXPECT_TRUE(test, edges_wait(v.c, n + 1));
	}
	KUNIT_EXPECT_EQ(test, v.c->bad, 0);
}

/* Longer than we would send, but it fits once its header was taken: dropped, or received. */
static void the_longest_packet_passes(struct kunit *test)
{
	struct smd_packet header = { .len = cpu_to_le32(60) };
	struct victim v;
	u8 data[60];

	victim_open(test, &v, 64, false);
	edges_fill(data, sizeof(data), 0);
	hand_write(v.h, &header, sizeof(header));
	hand_kick(v.e);
	FERRY_WAIT(smd_load(smd_tail(v.h->theirs, false)) == 20);
	KUNIT_EXPECT_EQ(test, smd_load(smd_tail(v.h->theirs, false)), 20);
	hand_write(v.h, data, 60);
	hand_kick(v.e);
	KUNIT_EXPECT_TRUE(test, edges_wait(v.c, 1));
	KUNIT_EXPECT_EQ(test, v.c->len, 60);
	KUNIT_EXPECT_EQ(test, v.c->bad, 0);
}

struct bad_entry {
	const char *what;
	char name[SMD_NAME_SIZE];
	u32 cid;
	u32 flags;
	u32 ref_count;
};

#define PACKET	(EDGES_EDGE | SMD_ENTRY_PACKET)

static const struct bad_entry bad_entries[] = {
	{ "name without end", "aaaaaaaaaaaaaaaaaaaa", 1, PACKET, 1 },
	{ "no name", "", 1, PACKET, 1 },
	{ "cid 64", "cid", 64, PACKET, 1 },
	{ "cid of nothing", "cid", 0xffffffff, PACKET, 1 },
	{ "cid whose sum with the item overflows", "cid", 0xfffffff3, PACKET, 1 },
	{ "cid without items", "cid", 7, PACKET, 1 },
	{ "another edge", "edge", 1, 5 | SMD_ENTRY_PACKET, 1 },
	{ "neither stream nor packets", "type", 1, EDGES_EDGE, 1 },
	{ "not complete", "ref", 1, PACKET, 0 },
	{ "same items", "same", 0, PACKET, 1 },
	{ "same name", "good", 1, PACKET, 1 },
	{ "info of no layout", "info", 2, PACKET, 1 },
	{ "ring of 16 bytes", "ring", 3, PACKET, 1 },
	{ "rings that are no multiple", "ring", 4, PACKET, 1 },
	{ "rings beyond all measure", "ring", 5, PACKET, 1 },
};

static void bad_desc(const struct bad_entry *bad, char *desc)
{
	strscpy(desc, bad->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad, bad_entries, bad_desc);

static void such_an_entry_is_no_channel(struct kunit *test)
{
	const struct bad_entry *bad = test->param_value;
	struct edges *e = edges_create(test, EDGES_BY_HAND | EDGES_OFFLINE);
	struct smd_entry *entries = hand_table(e, 0, SMD_TABLE_SIZE);
	struct edges_client *c = edges_client(test);
	char name[SMD_NAME_SIZE + 1] = {};
	struct hand *h, *other;

	h = hand_items(e, 0, SMD_INFO_BYTES, 128);
	other = hand_items(e, 1, SMD_INFO_BYTES, 128);
	hand_items(e, 2, 48, 128);
	hand_items(e, 3, SMD_INFO_BYTES, 32);
	hand_items(e, 4, SMD_INFO_BYTES, 136);
	/* Says that it is larger than it is, and than a ring may be. */
	hand_items(e, 5, SMD_INFO_BYTES, 128);
	if (bad->cid == 5)
		((u32 *)(e->mem + 0xd0 + 16 * (SMD_FIFO_ITEM_1 + 5)))[2] = 2 * SMD_RING_MAX + 32;
	hand_entry(&entries[0], "good", 0, PACKET);
	memcpy(entries[1].name, bad->name, SMD_NAME_SIZE);
	entries[1].cid = cpu_to_le32(bad->cid);
	entries[1].flags = cpu_to_le32(bad->flags);
	entries[1].ref_count = cpu_to_le32(bad->ref_count);
	edges_start(e);
	hand_opened(h);
	hand_opened(other);
	memcpy(name, bad->name, SMD_NAME_SIZE);
	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "good", 0), 0);
	edges_close(c);
	if (name[0] && strcmp(name, "good"))
		KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], name, 0), -ENOENT);
	else
		msleep(100);	/* for what must not come */
	KUNIT_EXPECT_EQ(test, edges_offered(e->link[0]), 1);
}

/* What is behind an entry in memory, or what SMEM has, must not matter. */
static void entries_are_parsed_as_they_are(struct kunit *test)
{
	static const struct {
		struct bad_entry entry;
		bool good;
	} cases[] = {
		{ { "good", "a", 0, PACKET, 1 }, true },
		{ { "longest name", "aaaaaaaaaaaaaaaaaaa", 63, PACKET, 1 }, true },
		{ { "stream", "a", 63, EDGES_EDGE | SMD_ENTRY_STREAM, 0xffffffff }, true },
		{ { "name without end", "aaaaaaaaaaaaaaaaaaaa", 0, PACKET, 1 }, false },
		{ { "no name", "", 0, PACKET, 1 }, false },
		{ { "cid", "a", 64, PACKET, 1 }, false },
		{ { "cid", "a", 0xffffffff, PACKET, 1 }, false },
		{ { "edge", "a", 0, 5 | SMD_ENTRY_PACKET, 1 }, false },
		{ { "type", "a", 0, EDGES_EDGE, 1 }, false },
		{ { "type", "a", 0, EDGES_EDGE | BIT(10), 1 }, false },
		{ { "no reference", "a", 0, PACKET, 0 }, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct bad_entry *from = &cases[i].entry;
		struct smd_entry entry = {
			.cid = cpu_to_le32(from->cid),
			.flags = cpu_to_le32(from->flags),
			.ref_count = cpu_to_le32(from->ref_count),
		};
		struct smd_found found = {};
		bool good;

		memcpy(entry.name, from->name, sizeof(entry.name));
		good = smd_entry_parse(&entry, EDGES_EDGE, &found);
		KUNIT_EXPECT_EQ_MSG(test, good, cases[i].good, "%s %u", from->what, i);
		if (good) {
			KUNIT_EXPECT_STREQ(test, found.name, from->name);
			KUNIT_EXPECT_EQ(test, found.cid, from->cid);
			KUNIT_EXPECT_EQ(test, found.stream, !(from->flags & SMD_ENTRY_PACKET));
		}
	}
}

static void a_short_table_has_few_entries(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND | EDGES_OFFLINE);
	struct smd_entry *entries = hand_table(e, 0, 40);
	struct edges_client *c = edges_client(test);
	struct hand *h, *behind;

	/* Nobody's: the second entry would be in it. */
	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_heap(e->mem, 500, 64));
	h = hand_items(e, 0, SMD_INFO_BYTES, 128);
	behind = hand_items(e, 1, SMD_INFO_BYTES, 128);
	hand_entry(&entries[0], "first", 0, PACKET);
	hand_entry(&entries[1], "second", 1, PACKET);
	edges_start(e);
	hand_opened(h);
	hand_opened(behind);
	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "first", 0), 0);
	msleep(100);	/* for what must not come */
	KUNIT_EXPECT_EQ(test, edges_offered(e->link[0]), 1);
}

static void the_second_table_has_items_of_its_own(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND | EDGES_OFFLINE);
	struct smd_entry *entries = hand_table(e, 1, SMD_TABLE_SIZE);
	struct edges_client *c = edges_client(test);
	struct hand *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, h);
	h->e = e;
	h->size = 64;
	h->info = ferry_sim_smem_add_heap(e->mem, 138 + 9, SMD_INFO_BYTES);
	h->fifo = ferry_sim_smem_add_heap(e->mem, 202 + 9, 128);
	KUNIT_ASSERT_NOT_NULL(test, h->info);
	KUNIT_ASSERT_NOT_NULL(test, h->fifo);
	h->ours = h->info;
	h->theirs = h->info + 20;
	h->tx = h->fifo;
	h->rx = h->fifo + 64;
	hand_entry(&entries[63], "second", 9, PACKET);
	edges_start(e);
	hand_opened(h);
	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "second", 0), 0);
	KUNIT_EXPECT_EQ(test, edges_send(c, 10, 0), 0);
	KUNIT_EXPECT_EQ(test, hand_head(h), 30);
}

/* The entry first, or half of it: found when all of it is there. */
static void a_torn_table_is_looked_at_again(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct smd_entry *entries = hand_table(e, 0, SMD_TABLE_SIZE);
	struct edges_client *c = edges_client(test);
	struct hand *h;

	hand_entry(&entries[0], "torn", 0, PACKET);
	hand_kick(e);
	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "torn", 0), -ENOENT);
	h = hand_items(e, 0, SMD_INFO_BYTES, 128);
	entries[0].flags = cpu_to_le32(PACKET + 1);
	hand_kick(e);
	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "torn", 0), -ENOENT);
	hand_items(e, 1, SMD_INFO_BYTES, 128);	/* the free space changes */
	entries[0].flags = cpu_to_le32(PACKET);
	hand_kick(e);
	hand_opened(h);
	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "torn", 0), 0);
}

/* The entry is written long after the memory was allocated, and then nothing else changes. */
static void an_entry_that_comes_late_is_found(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct smd_entry *entries = hand_table(e, 0, SMD_TABLE_SIZE);
	struct edges_client *c = edges_client(test);
	struct hand *h = hand_items(e, 0, SMD_INFO_BYTES, 128);

	hand_kick(e);
	msleep(300);
	hand_entry(&entries[0], "late", 0, PACKET);
	hand_opened(h);
	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "late", 0), 0);
}

static void a_storm_of_rings_is_survived(struct kunit *test)
{
	struct victim v;
	unsigned int i;
	u8 data[8];

	victim_open(test, &v, 256, false);
	for (i = 0; i < 20000; i++)
		hand_kick(v.e);
	edges_fill(data, sizeof(data), 0);
	hand_packet(v.h, data, 8);
	KUNIT_EXPECT_TRUE(test, edges_wait(v.c, 1));
	for (i = 0; i < 3000; i++)
		hand_state(v.h, i % 2 ? SMD_OPENED : SMD_CLOSED);
	msleep(100);
	v.c->unchecked = true;
	KUNIT_EXPECT_TRUE(test, hand_sees(v.h, SMD_OPENED));
	/* The rings begin anew, as far as they are ours; what we wrote before is void. */
	hand_state(v.h, SMD_CLOSED);
	msleep(50);
	hand_opened(v.h);
	KUNIT_EXPECT_TRUE(test, hand_sees(v.h, SMD_OPENED));
	hand_packet(v.h, data, 8);
	KUNIT_EXPECT_TRUE(test, edges_wait(v.c, 2));
}

static void anything_at_any_time(struct kunit *test)
{
	struct rnd_state rnd;
	struct victim v;
	unsigned int i;
	u8 data[64] = {};

	prandom_seed_state(&rnd, 4711);
	victim_open(test, &v, 512, false);
	v.c->unchecked = true;
	for (i = 0; i < 3000; i++) {
		u32 random = prandom_u32_state(&rnd);
		u32 at = prandom_u32_state(&rnd);

		if (random & 1)
			((u8 *)v.h->info)[at % SMD_INFO_BYTES] = random >> 8;
		if (random & 2)
			v.h->rx[at % 512] = random >> 8 & 0x1f;
		if (random & 4)
			smd_store(smd_head(v.h->theirs, false), at % 600);
		if (random & 8)
			smd_store(v.h->theirs, random & 0x10 ? SMD_OPENED : at % 8);
		if (random & 0x20)
			hand_kick(v.e);
		if (random & 0x40)
			ferry_trysend(v.c->ep, data, at % 64);
		if (random % 64 == 0)
			msleep(15);
	}
	hand_state(v.h, SMD_CLOSED);
	msleep(3000);
	v.c->ups = 0;
	hand_opened(v.h);
	KUNIT_EXPECT_TRUE(test, edges_wait_for(&v.c->ups, 1));
	i = v.c->nr;
	hand_packet(v.h, data, 8);
	KUNIT_EXPECT_TRUE(test, edges_wait(v.c, i + 1));
}

static struct kunit_case smd_hostile_cases[] = {
	KUNIT_CASE(a_head_outside_closes),
	KUNIT_CASE(a_head_within_a_word_closes),
	KUNIT_CASE(a_length_that_no_packet_has_closes),
	KUNIT_CASE(a_tail_that_cannot_be_closes),
	KUNIT_CASE(a_tail_that_goes_back_closes),
	KUNIT_CASE(a_tail_may_begin_elsewhere),
	KUNIT_CASE(what_is_ours_is_not_read_back),
	KUNIT_CASE(empty_packets_are_nothing),
	KUNIT_CASE(a_packet_comes_byte_by_byte),
	KUNIT_CASE(the_longest_packet_passes),
	KUNIT_CASE_PARAM(such_an_entry_is_no_channel, bad_gen_params),
	KUNIT_CASE(entries_are_parsed_as_they_are),
	KUNIT_CASE(a_short_table_has_few_entries),
	KUNIT_CASE(the_second_table_has_items_of_its_own),
	KUNIT_CASE(a_torn_table_is_looked_at_again),
	KUNIT_CASE(an_entry_that_comes_late_is_found),
	KUNIT_CASE(a_storm_of_rings_is_survived),
	KUNIT_CASE(anything_at_any_time),
	{ }
};

static struct kunit_suite smd_hostile_suite = {
	.name = "smd_hostile",
	.test_cases = smd_hostile_cases,
};
kunit_test_suite(smd_hostile_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Tests of Ferry's SMD against a broken remote");
MODULE_LICENSE("GPL");
