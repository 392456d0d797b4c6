// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bulk transfers of the simulated VPU, against a host that is written by hand: slot zero, lists
 * of pages, and pages in which every byte is looked at.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../ferry_kunit.h"
#include "vpu_host.h"

#define LIST_ROOM	64	/* bytes of a list */

static u8 *page_at(struct vpuhost *h, unsigned int page)
{
	return h->mem + MEM_PAGES + page * PAGE4;
}

static u8 *fragment_at(struct vpuhost *h, unsigned int n, u32 line)
{
	return h->mem + MEM_FRAGMENTS + n * 2 * line;
}

static u64 wrongs(struct vpuhost *h)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(h->sim, &stats);
	return stats.wrongs;
}

static void faults(struct vpuhost *h, unsigned long set)
{
	ferry_sim_vchiq_set_faults(h->sim, set);
}

static s32 hears_done(struct vpuhost *h, enum vchiq_type type, u16 port)
{
	const struct vchiq_bulk_done *done = vpuhost_hears(h, type, port, sizeof(*done));

	return le32_to_cpu(done->actual);
}

#define SENT(h, port, bytes)							\
	KUNIT_EXPECT_EQ((h)->test, hears_done(h, VCHIQ_BULK_TX_DONE, port), bytes)
#define RECEIVED(h, port, bytes)						\
	KUNIT_EXPECT_EQ((h)->test, hears_done(h, VCHIQ_BULK_RX_DONE, port), bytes)

/* Nothing is said to what was said until now. */
static void is_silence(struct vpuhost *h, u16 echo)
{
	vpuhost_says(h, ID(VCHIQ_DATA, echo, h->peer[echo]), "well?", 5);
	KUNIT_EXPECT_MEMEQ(h->test, vpuhost_hears(h, VCHIQ_DATA, echo, 5), "well?", 5);
}

/* With a service open at port 1, and an echo at port 2 that answers when others do not. */
static struct vpuhost *host_with(struct kunit *test, u32 fourcc)
{
	struct vpuhost *h = vpuhost_create(test, 64);

	vpuhost_opens(h, 1, fourcc);
	vpuhost_opens(h, 2, FERRY_SIM_VCHIQ_ECH3);
	return h;
}

static void list_write(struct vpuhost *h, u32 at, u32 length, u16 type, u16 offset)
{
	struct vchiq_pagelist *list = (void *)h->mem + at;

	list->length = cpu_to_le32(length);
	list->type = cpu_to_le16(type);
	list->offset = cpu_to_le16(offset);
}

static u32 list_next(struct vpuhost *h)
{
	return MEM_LISTS + h->lists++ % (PAGE4 / LIST_ROOM) * LIST_ROOM;
}

static void list_page(struct vpuhost *h, u32 at, unsigned int i, u32 word)
{
	struct vchiq_pagelist *list = (void *)h->mem + at;

	list->addrs[i] = cpu_to_le32(word);
}

static void asks(struct vpuhost *h, bool receive, u16 port, u32 list, u32 size)
{
	struct vchiq_bulk bulk = { cpu_to_le32(list), cpu_to_le32(size) };

	vpuhost_says(h, ID(receive ? VCHIQ_BULK_RX : VCHIQ_BULK_TX, port, h->peer[port]), &bulk,
		     sizeof(bulk));
}

/* Pages that follow one another. */
static void asks_run(struct vpuhost *h, bool receive, u16 port, u16 type, u32 page, u16 offset,
		     u32 len)
{
	u32 at = list_next(h);

	list_write(h, at, len, type, offset);
	list_page(h, at, 0, PAGE_ADDR(page) | (DIV_ROUND_UP(offset + len, PAGE4) - 1));
	asks(h, receive, port, MEM_ADDR + at, len);
}

/* Bytes from @seed on at the begin of a page. */
static void sends(struct vpuhost *h, u16 port, u32 page, u32 len, u8 seed)
{
	u32 i;

	for (i = 0; i < len; i++)
		page_at(h, page)[i] = seed + i;
	asks_run(h, false, port, VCHIQ_PAGES_SEND, page, 0, len);
}

static void receives(struct vpuhost *h, u16 port, u32 page, u32 len)
{
	asks_run(h, true, port, VCHIQ_PAGES_RECEIVE, page, 0, len);
}

static bool is_run(const u8 *p, u32 len, u8 seed)
{
	u32 i;

	for (i = 0; i < len && p[i] == (u8)(seed + i); i++)
		;
	return i == len;
}

static bool is_poison(const u8 *p, u32 len)
{
	return !len || !memchr_inv(p, POISON, len);
}

/* Pages that are anywhere, in any order, and begin somewhere. */
static void what_was_sent_comes_back(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
	u32 at = list_next(h), i;

	for (i = 0; i < 3 * PAGE4; i++)
		page_at(h, 0)[i] = i * 31 + i / 256;
	list_write(h, at, 9000, VCHIQ_PAGES_SEND, 100);
	list_page(h, at, 0, PAGE_ADDR(2));
	list_page(h, at, 1, PAGE_ADDR(0) | 1);	/* and the one after it */
	asks(h, false, 1, MEM_ADDR + at, 9000);
	SENT(h, 1, 9000);
	at = list_next(h);
	list_write(h, at, 9000, VCHIQ_PAGES_RECEIVE, 300);
	list_page(h, at, 0, PAGE_ADDR(10));
	list_page(h, at, 1, PAGE_ADDR(8));
	list_page(h, at, 2, PAGE_ADDR(6));
	list_page(h, at, 3, PAGE_ADDR(20));	/* more than are needed */
	asks(h, true, 1, MEM_ADDR + at, 9000);
	RECEIVED(h, 1, 9000);
	KUNIT_EXPECT_MEMEQ(test, page_at(h, 10) + 300, page_at(h, 2) + 100, 3796);
	KUNIT_EXPECT_MEMEQ(test, page_at(h, 8), page_at(h, 2) + 3896, 200);
	KUNIT_EXPECT_MEMEQ(test, page_at(h, 8) + 200, page_at(h, 0), 3896);
	KUNIT_EXPECT_MEMEQ(test, page_at(h, 6), page_at(h, 0) + 3896, 1108);
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 10), 300));
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 6) + 1108, 2 * PAGE4 - 1108));
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 20), PAGE4));
	KUNIT_EXPECT_EQ(test, wrongs(h), 0);
}

static const struct ends {
	u32 line;
	u32 offset;
	u32 len;
	u32 head;	/* bytes that go to the fragment, and to its second line */
	u32 tail;
} ends[] = {
	{ 64, 10, 118, 54, 0 },
	{ 64, 64, 100, 0, 36 },
	{ 64, 10, 200, 54, 18 },
	{ 64, 70, 20, 20, 0 },
	{ 64, 70, 58, 58, 0 },
	{ 64, 70, 59, 58, 1 },
	{ 64, 0, 20, 0, 20 },
	{ 64, 63, 1, 1, 0 },
	{ 64, 4095, 2, 1, 1 },
	{ 64, 128, 128, 0, 0 },
	{ 64, 1, 9000, 63, 41 },
	{ 32, 10, 118, 22, 0 },
	{ 32, 40, 30, 24, 6 },
	{ 0, 10, 200, 54, 18 },
};

static void ends_desc(const struct ends *e, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u bytes at %u, lines of %u", e->len, e->offset,
		 e->line);
}

KUNIT_ARRAY_PARAM(ends, ends, ends_desc);

/* The first receive of a source is bytes from 0 on. */
static void ends_go_into_the_fragment(struct kunit *test)
{
	const struct ends *e = test->param_value;
	u32 line = e->line ?: 64, n = VCHIQ_FRAGMENTS - 1, end = e->offset + e->len;
	struct vpuhost *h = vpuhost_create(test, e->line);
	u8 *fragment = fragment_at(h, n, line), *page = page_at(h, 3);

	vpuhost_opens(h, 1, FERRY_SIM_VCHIQ_SOURCE);
	asks_run(h, true, 1, VCHIQ_PAGES_FRAGMENT(n), 3, e->offset, e->len);
	RECEIVED(h, 1, e->len);
	KUNIT_EXPECT_TRUE(test, is_run(fragment, e->head, 0));
	KUNIT_EXPECT_TRUE(test, is_run(fragment + line, e->tail, e->len - e->tail));
	KUNIT_EXPECT_TRUE(test, is_run(page + e->offset + e->head, e->len - e->head - e->tail,
				       e->head));
	KUNIT_EXPECT_TRUE(test, is_poison(fragment + e->head, line - e->head));
	KUNIT_EXPECT_TRUE(test, is_poison(fragment + line + e->tail, line - e->tail));
	KUNIT_EXPECT_TRUE(test, is_poison(page, e->offset + e->head));
	KUNIT_EXPECT_TRUE(test, is_poison(page + end - e->tail, 4 * PAGE4 - end + e->tail));
	KUNIT_EXPECT_TRUE(test, is_poison(h->mem + MEM_FRAGMENTS, n * 2 * line));
	KUNIT_EXPECT_EQ(test, wrongs(h), 0);
}

/* Where the second end is depends on what came, not on what there was room for. */
static void the_tail_is_that_of_what_came(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
	u8 *fragment = fragment_at(h, 5, 64), *page = page_at(h, 3);

	sends(h, 1, 0, 100, 7);
	SENT(h, 1, 100);
	asks_run(h, true, 1, VCHIQ_PAGES_FRAGMENT(5), 3, 10, 5000);
	RECEIVED(h, 1, 100);
	KUNIT_EXPECT_TRUE(test, is_run(fragment, 54, 7));
	KUNIT_EXPECT_TRUE(test, is_run(fragment + 64, 46, 7 + 54));
	KUNIT_EXPECT_TRUE(test, is_poison(page, 2 * PAGE4));
}

/* Both answered in order, though the other direction is answered in between. */
static void receives_wait_for_sends(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECH1);

	receives(h, 1, 8, 300);
	receives(h, 1, 9, 100);
	receives(h, 1, 10, 300);
	is_silence(h, 2);
	sends(h, 1, 0, 200, 1);
	SENT(h, 1, 200);
	RECEIVED(h, 1, 200);
	sends(h, 1, 1, 300, 2);
	SENT(h, 1, 300);
	RECEIVED(h, 1, 100);
	/* What did not fit is not kept. */
	is_silence(h, 2);
	sends(h, 1, 2, 300, 3);
	SENT(h, 1, 300);
	RECEIVED(h, 1, 300);
	KUNIT_EXPECT_TRUE(test, is_run(page_at(h, 8), 200, 1));
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 8) + 200, 100));
	KUNIT_EXPECT_TRUE(test, is_run(page_at(h, 9), 100, 2));
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 9) + 100, 300));
	KUNIT_EXPECT_TRUE(test, is_run(page_at(h, 10), 300, 3));
	KUNIT_EXPECT_EQ(test, wrongs(h), 0);
}

/* An echo keeps four; the fifth is read when there is room for it. */
static void sends_wait_for_receives(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECH2);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		sends(h, 1, i, 10 + i, i);
		SENT(h, 1, 10 + i);
	}
	sends(h, 1, 4, 14, 0x77);
	sends(h, 1, 5, 15, 5);
	is_silence(h, 2);
	memset(page_at(h, 4), 4, 14);
	for (i = 0; i < 2; i++) {
		receives(h, 1, 8 + i, 100);
		RECEIVED(h, 1, 10 + i);
		SENT(h, 1, 14 + i);
	}
	for (; i < 6; i++) {
		receives(h, 1, 8 + i, 100);
		RECEIVED(h, 1, 10 + i);
	}
	for (i = 0; i < 6; i++)
		if (i != 4)
			KUNIT_EXPECT_TRUE(test, is_run(page_at(h, 8 + i), 10 + i, i));
	KUNIT_EXPECT_FALSE(test, memchr_inv(page_at(h, 12), 4, 14));
	KUNIT_EXPECT_EQ(test, wrongs(h), 0);
}

static void the_sink_counts(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_SINK);
	struct ferry_sim_vchiq_stats stats;

	sends(h, 1, 0, 5000, 0);
	sends(h, 1, 3, 1, 0);
	SENT(h, 1, 5000);
	SENT(h, 1, 1);
	receives(h, 1, 8, 10);
	RECEIVED(h, 1, -1);
	ferry_sim_vchiq_stats(h->sim, &stats);
	KUNIT_EXPECT_EQ(test, stats.bulks, 2);
	KUNIT_EXPECT_EQ(test, stats.bulk_bytes, 5001);
	KUNIT_EXPECT_EQ(test, stats.wrongs, 0);
}

static void the_source_is_known(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_SOURCE);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		receives(h, 1, 2 * i, 5000);
		RECEIVED(h, 1, 5000);
		KUNIT_EXPECT_TRUE(test, is_run(page_at(h, 2 * i), 5000, i * 7));
	}
	/* Each who opens it begins anew. */
	vpuhost_opens(h, 3, FERRY_SIM_VCHIQ_SOURCE);
	receives(h, 3, 8, 10);
	RECEIVED(h, 3, 10);
	KUNIT_EXPECT_TRUE(test, is_run(page_at(h, 8), 10, 0));
	sends(h, 1, 0, 10, 0);
	SENT(h, 1, -1);
}

static void served(void *priv, struct ferry_sim_vchiq_conn *c, const void *msg, size_t len)
{
}

static void others_have_no_bulks(struct kunit *test)
{
	struct ferry_sim_vchiq_server server = {
		.fourcc = VCHIQ_FOURCC('O', 'U', 'R', 'S'), .version = 1, .rx = served,
	};
	struct vpuhost *h = vpuhost_create(test, 0);

	KUNIT_ASSERT_EQ(test, ferry_sim_vchiq_serve(h->sim, &server), 0);
	vpuhost_opens(h, 1, server.fourcc);
	sends(h, 1, 0, 10, 0);
	SENT(h, 1, -1);
	receives(h, 1, 0, 10);
	RECEIVED(h, 1, -1);
	KUNIT_EXPECT_EQ(test, wrongs(h), 0);
}

/* The fifth of a direction has no place, and those before it are as they were. */
static void four_of_a_direction_at_once(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
	unsigned int i;

	for (i = 0; i < 4; i++)
		receives(h, 1, 8 + i, 100);
	is_silence(h, 2);
	KUNIT_EXPECT_EQ(test, wrongs(h), 0);
	receives(h, 1, 12, 100);
	RECEIVED(h, 1, -1);
	KUNIT_EXPECT_EQ(test, wrongs(h), 1);
	for (i = 0; i < 4; i++) {
		sends(h, 1, i, 20 + i, i);
		SENT(h, 1, 20 + i);
		RECEIVED(h, 1, 20 + i);
		KUNIT_EXPECT_TRUE(test, is_run(page_at(h, 8 + i), 20 + i, i));
	}
	KUNIT_EXPECT_EQ(test, wrongs(h), 1);
}

static void a_fragment_is_for_one_at_a_time(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

	asks_run(h, true, 1, VCHIQ_PAGES_FRAGMENT(0), 8, 10, 100);
	asks_run(h, true, 1, VCHIQ_PAGES_FRAGMENT(1), 9, 10, 100);
	asks_run(h, true, 2, VCHIQ_PAGES_FRAGMENT(1), 10, 10, 100);
	/* Of another service, where it is the first: at once. */
	RECEIVED(h, 2, -1);
	asks_run(h, true, 1, VCHIQ_PAGES_FRAGMENT(0), 10, 10, 100);
	is_silence(h, 2);
	KUNIT_EXPECT_EQ(test, wrongs(h), 2);
	sends(h, 1, 0, 100, 1);
	SENT(h, 1, 100);
	RECEIVED(h, 1, 100);
	sends(h, 1, 0, 100, 2);
	SENT(h, 1, 100);
	RECEIVED(h, 1, 100);
	/* In its turn. */
	RECEIVED(h, 1, -1);
	asks_run(h, true, 1, VCHIQ_PAGES_FRAGMENT(0), 10, 10, 100);
	is_silence(h, 2);
	KUNIT_EXPECT_EQ(test, wrongs(h), 2);
}

/* What differs from a transfer that is right: 5000 bytes at 100 in two pages. */
static const struct bad {
	const char *what;
	bool receive;
	u32 list;
	u32 said;	/* bytes in the message, if not the same as in the list */
	u32 length;
	u16 type;
	u16 offset;
	u32 page[2];
	u32 fragments;
	u32 message;	/* bytes of it */
} bad[] = {
	{ "no list", .list = 0x1000 },
	{ "a list at an odd address", .list = MEM_ADDR + MEM_LISTS + 2 },
	{ "half a list", .list = MEM_END - 4 },
	{ "no pages in memory", .list = MEM_END - 8 },
	{ "one page in memory", .list = MEM_END - 12 },
	{ "less said than listed", .said = 4999 },
	{ "more said than listed", .said = 5001 },
	{ "nothing", .said = U32_MAX, .length = U32_MAX },	/* 0, see below */
	{ "too much", .said = SZ_128M + 1, .length = SZ_128M + 1 },
	{ "behind the first page", .offset = 4096, .page = { PAGE_ADDR(0) | 2 } },
	{ "sent from pages to receive in", .type = VCHIQ_PAGES_RECEIVE },
	{ "sent from a fragment", .type = VCHIQ_PAGES_FRAGMENT(0) },
	{ "received in pages to send", .receive = true, .type = VCHIQ_PAGES_SEND },
	{ "no such fragment", .receive = true, .type = VCHIQ_PAGES_FRAGMENT(64) },
	{ "the last of all fragments", .receive = true, .type = U16_MAX },
	{ "fragments without memory", .receive = true, .type = VCHIQ_PAGES_FRAGMENT(0),
	  .fragments = MEM_END - 64 },
	{ "no first page", .page = { 0x2000 } },
	{ "no second page", .page = { 0, MEM_END } },
	{ "no first page to receive in", .receive = true, .type = VCHIQ_PAGES_RECEIVE,
	  .page = { MEM_END } },
	{ "pages beyond memory", .page = { (MEM_END - 4096) | 1 } },
	{ "half a message", .message = 4 },
	{ "no message", .message = U32_MAX },	/* 0 */
	{ "a long message", .message = 12 },
};

static void bad_desc(const struct bad *b, char *desc)
{
	strscpy(desc, b->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad, bad, bad_desc);

/* U32_MAX: 0; 0: what is right. */
static u32 bad_or(u32 value, u32 right)
{
	return value == U32_MAX ? 0 : value ?: right;
}

static void bad_asks(struct vpuhost *h, const struct bad *b)
{
	u32 at = list_next(h), list = b->list ?: MEM_ADDR + at;
	__le32 words[3] = { cpu_to_le32(list), cpu_to_le32(bad_or(b->said, 5000)) };

	if (b->list >= MEM_ADDR && b->list <= MEM_END - 8)
		at = b->list - MEM_ADDR;
	list_write(h, at, bad_or(b->length, 5000), b->type, b->offset ?: 100);
	if (at <= MEM_SIZE - 12)
		list_page(h, at, 0, b->page[0] ?: PAGE_ADDR(0));
	if (at <= MEM_SIZE - 16)
		list_page(h, at, 1, b->page[1] ?: PAGE_ADDR(2));
	if (b->fragments)
		h->zero->platform_data[0] = cpu_to_le32(b->fragments);
	vpuhost_says(h, ID(b->receive ? VCHIQ_BULK_RX : VCHIQ_BULK_TX, 1, h->peer[1]), words,
		     bad_or(b->message, sizeof(struct vchiq_bulk)));
}

static void nonsense_is_aborted(struct kunit *test)
{
	const struct bad *b = test->param_value;
	struct vpuhost *h = host_with(test, b->receive ? FERRY_SIM_VCHIQ_SOURCE :
						      FERRY_SIM_VCHIQ_SINK);

	bad_asks(h, b);
	if (b->receive)
		RECEIVED(h, 1, -1);
	else
		SENT(h, 1, -1);
	KUNIT_EXPECT_EQ(test, wrongs(h), 1);
	if (b->receive) {
		KUNIT_EXPECT_TRUE(test, is_poison(h->mem + MEM_PAGES, MEM_SIZE - MEM_PAGES));
		receives(h, 1, 0, 5000);
		RECEIVED(h, 1, 5000);
	} else {
		sends(h, 1, 0, 5000, 0);
		SENT(h, 1, 5000);
	}
	KUNIT_EXPECT_EQ(test, wrongs(h), 1);
}

/* Nobody can be answered, and it is counted. */
static void services_that_are_not_open(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
	u16 peer = h->peer[1];

	h->peer[1] = 0;
	sends(h, 1, 0, 10, 0);
	h->peer[1] = peer + 9;
	sends(h, 1, 0, 10, 0);
	h->peer[1] = h->peer[2];
	receives(h, 1, 0, 10);
	is_silence(h, 2);
	KUNIT_EXPECT_EQ(test, wrongs(h), 3);
}

static void aborted_when_told_so(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

	faults(h, BIT(FERRY_SIM_VCHIQ_FAULT_BULK_ABORT));
	sends(h, 1, 0, 10, 0);
	SENT(h, 1, -1);
	receives(h, 1, 8, 10);
	RECEIVED(h, 1, -1);
	KUNIT_EXPECT_EQ(test, wrongs(h), 0);
	faults(h, 0);
	receives(h, 1, 8, 10);
	is_silence(h, 2);	/* nothing was kept */
	sends(h, 1, 0, 10, 3);
	SENT(h, 1, 10);
	RECEIVED(h, 1, 10);
}

static void half_of_it_when_told_so(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

	vpuhost_opens(h, 3, FERRY_SIM_VCHIQ_SOURCE);
	faults(h, BIT(FERRY_SIM_VCHIQ_FAULT_BULK_SHORT));
	sends(h, 1, 0, 101, 1);
	SENT(h, 1, 50);
	receives(h, 1, 8, 1000);
	RECEIVED(h, 1, 25);
	KUNIT_EXPECT_TRUE(test, is_run(page_at(h, 8), 25, 1));
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 8) + 25, 975));
	asks_run(h, true, 3, VCHIQ_PAGES_FRAGMENT(0), 9, 10, 1);
	RECEIVED(h, 3, 0);
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 9), PAGE4));
	KUNIT_EXPECT_TRUE(test, is_poison(fragment_at(h, 0, 64), 128));
	KUNIT_EXPECT_EQ(test, wrongs(h), 0);
}

/* They wait, also where nobody else would have to, and are done when the fault is gone. */
static void not_answered_when_told_so(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

	faults(h, BIT(FERRY_SIM_VCHIQ_FAULT_NO_BULK_DONE));
	sends(h, 1, 0, 10, 1);
	sends(h, 1, 1, 10, 2);
	is_silence(h, 2);
	faults(h, 0);
	SENT(h, 1, 10);
	SENT(h, 1, 10);
	receives(h, 1, 8, 10);
	RECEIVED(h, 1, 10);
	KUNIT_EXPECT_TRUE(test, is_run(page_at(h, 8), 10, 1));
}

static void pages_that_go_away(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

	receives(h, 1, 8, 10);
	sends(h, 2, 0, 10, 0);
	SENT(h, 2, 10);
	faults(h, BIT(FERRY_SIM_VCHIQ_FAULT_NO_BULK_DONE));
	sends(h, 1, 0, 10, 0);
	is_silence(h, 2);
	WRITE_ONCE(h->gone, true);
	faults(h, 0);
	SENT(h, 1, -1);
	KUNIT_EXPECT_EQ(test, wrongs(h), 1);
	WRITE_ONCE(h->gone, false);
	sends(h, 1, 0, 10, 0);
	SENT(h, 1, 10);
	RECEIVED(h, 1, 10);
}

/* Some of each kind that wait, and some that are kept. */
static void leaves_some(struct vpuhost *h)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		sends(h, 1, i, 100, 1);
		SENT(h, 1, 100);
	}
	sends(h, 1, 4, 100, 1);
	receives(h, 2, 5, 100);
	asks_run(h, true, 2, VCHIQ_PAGES_FRAGMENT(0), 6, 10, 100);
	vpuhost_opens(h, 4, FERRY_SIM_VCHIQ_ECH1);
	is_silence(h, 4);
}

/* Nothing of what was before is there any more. */
static void is_as_new(struct vpuhost *h)
{
	vpuhost_opens(h, 1, FERRY_SIM_VCHIQ_ECHO);
	asks_run(h, true, 1, VCHIQ_PAGES_FRAGMENT(0), 10, 10, 100);
	is_silence(h, 4);
	sends(h, 1, 0, 100, 9);
	SENT(h, 1, 100);
	RECEIVED(h, 1, 100);
	KUNIT_EXPECT_TRUE(h->test, is_run(fragment_at(h, 0, 64), 54, 9));
	KUNIT_EXPECT_EQ(h->test, wrongs(h), 0);
}

static void forgotten_when_the_host_closes(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
	u16 port;

	leaves_some(h);
	for (port = 1; port <= 2; port++) {
		vpuhost_says(h, ID(VCHIQ_CLOSE, port, h->peer[port]), NULL, 0);
		vpuhost_hears(h, VCHIQ_CLOSE, port, 0);
	}
	is_as_new(h);
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 5), 2 * PAGE4));
}

/* What the host asks for before it hears that is nothing that it may not. */
static void forgotten_when_the_vpu_closes(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

	leaves_some(h);
	vpuhost_opens(h, 3, FERRY_SIM_VCHIQ_SOURCE);
	faults(h, BIT(FERRY_SIM_VCHIQ_FAULT_NO_BULK_DONE));
	receives(h, 3, 7, 100);
	is_silence(h, 4);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(h->sim, FERRY_SIM_VCHIQ_SOURCE), 1);
	vpuhost_hears(h, VCHIQ_CLOSE, 3, 0);
	faults(h, 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(h->sim, FERRY_SIM_VCHIQ_ECHO), 1);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(h->sim, FERRY_SIM_VCHIQ_ECH3), 1);
	vpuhost_hears(h, VCHIQ_CLOSE, 1, 0);
	vpuhost_hears(h, VCHIQ_CLOSE, 2, 0);
	sends(h, 2, 7, 100, 0);
	receives(h, 1, 7, 100);
	is_silence(h, 4);
	vpuhost_says(h, ID(VCHIQ_CLOSE, 1, h->peer[1]), NULL, 0);
	vpuhost_says(h, ID(VCHIQ_CLOSE, 2, h->peer[2]), NULL, 0);
	vpuhost_says(h, ID(VCHIQ_CLOSE, 3, h->peer[3]), NULL, 0);
	is_as_new(h);
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 5), 2 * PAGE4));
}

static void forgotten_at_a_reset(struct kunit *test)
{
	struct vpuhost *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
	u32 pos;

	leaves_some(h);
	pos = h->rx_pos;
	ferry_sim_vchiq_reset(h->sim);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(h->zero->master.tx_pos), pos);
	vpuhost_begins(h);
	vpuhost_opens(h, 4, FERRY_SIM_VCHIQ_ECH1);
	is_as_new(h);
	leaves_some(h);	/* when the VPU ends */
}

static struct kunit_case vchiq_bulk_cases[] = {
	KUNIT_CASE(what_was_sent_comes_back),
	KUNIT_CASE_PARAM(ends_go_into_the_fragment, ends_gen_params),
	KUNIT_CASE(the_tail_is_that_of_what_came),
	KUNIT_CASE(receives_wait_for_sends),
	KUNIT_CASE(sends_wait_for_receives),
	KUNIT_CASE(the_sink_counts),
	KUNIT_CASE(the_source_is_known),
	KUNIT_CASE(others_have_no_bulks),
	KUNIT_CASE(four_of_a_direction_at_once),
	KUNIT_CASE(a_fragment_is_for_one_at_a_time),
	KUNIT_CASE_PARAM(nonsense_is_aborted, bad_gen_params),
	KUNIT_CASE(services_that_are_not_open),
	KUNIT_CASE(aborted_when_told_so),
	KUNIT_CASE(half_of_it_when_told_so),
	KUNIT_CASE(not_answered_when_told_so),
	KUNIT_CASE(pages_that_go_away),
	KUNIT_CASE(forgotten_when_the_host_closes),
	KUNIT_CASE(forgotten_when_the_vpu_closes),
	KUNIT_CASE(forgotten_at_a_reset),
	{}
};

static struct kunit_suite vchiq_bulk_suite = {
	.name = "ferry_vchiq_sim_bulk",
	.test_cases = vchiq_bulk_cases,
};
kunit_test_suite(vchiq_bulk_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: tests of bulk transfers of the simulated VPU");
MODULE_LICENSE("GPL");
