// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bulk transfers of the simulated VPU, against a host that is written by hand: slot zero, lists
 * of pages, and pages in which every byte is looked at.
 */
#include <asm/barrier.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "../../drivers/sim/vchiq_vpu.h"
#include "../../drivers/vchiq/wire.h"
#include "../ferry_kunit.h"

/* Memory of the host: slots, fragments, lists, and then pages. */
#define PAGE4		4096u
#define MEM_ADDR	0xde000000u
#define MEM_FRAGMENTS	(VCHIQ_SLOTS * PAGE4)
#define MEM_LISTS	((VCHIQ_SLOTS + 2) * PAGE4)
#define MEM_PAGES	((VCHIQ_SLOTS + 3) * PAGE4)
#define MEM_NR_PAGES	24
#define MEM_SIZE	(MEM_PAGES + MEM_NR_PAGES * PAGE4)
#define MEM_END		(MEM_ADDR + MEM_SIZE)
#define LIST_ROOM	64
#define POISON		0xa5

#define PAGE_ADDR(n)	(MEM_ADDR + MEM_PAGES + (n) * PAGE4)
#define ID(type, src, dst) ((u32)(type) << 24 | (u32)(src) << 12 | (dst))

struct host {
	struct kunit *test;
	u8 *mem;
	struct vchiq_slot_zero *zero;
	struct ferry_port *port[4];	/* our ring and bell, the VPU's bell and ring */
	struct ferry_sim_vchiq *sim;
	u32 tx_pos;
	u32 rx_pos;
	unsigned int lists;
	u16 peer[8];		/* by our port */
	bool gone;		/* the pages are */
};

static void *host_map(void *data, u32 addr, size_t size)
{
	struct host *h = data;
	u32 at = addr - MEM_ADDR, end = READ_ONCE(h->gone) ? MEM_PAGES : MEM_SIZE;

	return at <= end && size <= end - at ? h->mem + at : NULL;
}

static u8 *page_at(struct host *h, unsigned int page)
{
	return h->mem + MEM_PAGES + page * PAGE4;
}

static u8 *fragment_at(struct host *h, unsigned int n, u32 line)
{
	return h->mem + MEM_FRAGMENTS + n * 2 * line;
}

static u64 wrongs(struct host *h)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(h->sim, &stats);
	return stats.wrongs;
}

static void faults(struct host *h, unsigned long set)
{
	ferry_sim_vchiq_set_faults(h->sim, set);
}

/* Neither side sends more than fits into its first slot. */
static struct vchiq_header *host_header(struct host *h, struct vchiq_side *side, u32 pos)
{
	return (void *)h->mem + le32_to_cpu(side->slot_first) * PAGE4 + pos;
}

static void says(struct host *h, u32 msgid, const void *payload, u32 size)
{
	struct vchiq_header *header = host_header(h, &h->zero->slave, h->tx_pos);

	KUNIT_ASSERT_LE(h->test, h->tx_pos + vchiq_stride(size), PAGE4);
	header->msgid = cpu_to_le32(msgid);
	header->size = cpu_to_le32(size);
	if (size)
		memcpy(header + 1, payload, size);
	h->tx_pos += vchiq_stride(size);
	/* Pairs with the barrier of the VPU. */
	smp_store_release(&h->zero->slave.tx_pos, cpu_to_le32(h->tx_pos));
	ferry_port_send(h->port[0], NULL, 0, 0);
}

static bool host_hears(struct host *h)
{
	/* Pairs with the barrier of the VPU. */
	return le32_to_cpu(smp_load_acquire(&h->zero->master.tx_pos)) != h->rx_pos;
}

static const struct vchiq_header *hears(struct host *h)
{
	const struct vchiq_header *header = host_header(h, &h->zero->master, h->rx_pos);

	KUNIT_ASSERT_TRUE(h->test, FERRY_WAIT(host_hears(h)));
	h->rx_pos += vchiq_stride(le32_to_cpu(header->size));
	KUNIT_ASSERT_LT(h->test, h->rx_pos, PAGE4);
	return header;
}

/* The next message is this one, with so many bytes. */
static const void *hears_that(struct host *h, enum vchiq_type type, u16 port, u32 size)
{
	const struct vchiq_header *header = hears(h);

	KUNIT_EXPECT_EQ(h->test, le32_to_cpu(header->msgid), ID(type, h->peer[port], port));
	KUNIT_EXPECT_EQ(h->test, le32_to_cpu(header->size), size);
	return header + 1;
}

static s32 hears_done(struct host *h, enum vchiq_type type, u16 port)
{
	const struct vchiq_bulk_done *done = hears_that(h, type, port, sizeof(*done));

	return le32_to_cpu(done->actual);
}

#define SENT(h, port, bytes)							\
	KUNIT_EXPECT_EQ((h)->test, hears_done(h, VCHIQ_BULK_TX_DONE, port), bytes)
#define RECEIVED(h, port, bytes)						\
	KUNIT_EXPECT_EQ((h)->test, hears_done(h, VCHIQ_BULK_RX_DONE, port), bytes)

/* Nothing is said to what was said until now. */
static void is_silence(struct host *h, u16 echo)
{
	says(h, ID(VCHIQ_DATA, echo, h->peer[echo]), "well?", 5);
	KUNIT_EXPECT_MEMEQ(h->test, hears_that(h, VCHIQ_DATA, echo, 5), "well?", 5);
}

static void opens(struct host *h, u16 port, u32 fourcc)
{
	struct vchiq_open open = {
		.fourcc = cpu_to_le32(fourcc), .version = cpu_to_le16(1),
	};
	const struct vchiq_header *header;

	says(h, ID(VCHIQ_OPEN, port, 0), &open, sizeof(open));
	header = hears(h);
	KUNIT_ASSERT_EQ(h->test, le32_to_cpu(header->msgid) >> 24, VCHIQ_OPENACK);
	h->peer[port] = le32_to_cpu(header->msgid) >> 12 & 0xfff;
}

static void side_begins(struct vchiq_side *side, u32 first, u32 last)
{
	side->slot_first = cpu_to_le32(first);
	side->slot_last = cpu_to_le32(last);
}

/* Slot zero as it has to be, and the VPU is told of it. */
static void host_begins(struct host *h)
{
	struct vchiq_slot_zero *zero = h->zero;

	memset(h->mem, 0, MEM_FRAGMENTS);
	memset(h->mem + MEM_FRAGMENTS, POISON, MEM_SIZE - MEM_FRAGMENTS);
	zero->magic = cpu_to_le32(VCHIQ_MAGIC);
	zero->slot_zero_size = cpu_to_le32(sizeof(*zero));
	zero->slot_size = cpu_to_le32(VCHIQ_SLOT_SIZE);
	zero->max_slots = cpu_to_le32(VCHIQ_MAX_SLOTS);
	zero->max_slots_per_side = cpu_to_le32(VCHIQ_SIDE_SLOTS);
	zero->platform_data[0] = cpu_to_le32(MEM_ADDR + MEM_FRAGMENTS);
	zero->platform_data[1] = cpu_to_le32(VCHIQ_FRAGMENTS);
	side_begins(&zero->master, 2, 32);
	side_begins(&zero->slave, 34, 64);
	zero->slave.slot_queue[0] = cpu_to_le32(34);
	zero->slave.initialised = cpu_to_le32(1);
	h->tx_pos = 0;
	h->rx_pos = 0;
	h->lists = 0;
	KUNIT_ASSERT_EQ(h->test, ferry_sim_vchiq_init(h->sim, MEM_ADDR), 0);
	hears_that(h, VCHIQ_CONNECT, 0, 0);
	says(h, ID(VCHIQ_CONNECT, 0, 0), NULL, 0);
}

static void host_rung(struct ferry_port *port, void *data)
{
}

static const struct ferry_port_user host_port_user = {
	.rx = host_rung,
};

static void host_free(void *arg)
{
	struct host *h = arg;
	unsigned int i;

	if (!IS_ERR_OR_NULL(h->sim))
		ferry_sim_vchiq_destroy(h->sim);
	for (i = 0; i < ARRAY_SIZE(h->port); i++) {
		if (!h->port[i])
			continue;
		if (i < 2)
			ferry_port_stop(h->port[i]);
		ferry_port_kill(h->port[i]);
	}
	vfree(h->mem);
	kfree(h);
}

static struct host *host_make(struct kunit *test, u32 line)
{
	struct host *h = kzalloc(sizeof(*h), GFP_KERNEL);
	struct ferry_sim_vchiq_cfg cfg = {
		.name = "bulk-vpu", .map = host_map, .data = h, .line = line,
	};

	KUNIT_ASSERT_NOT_NULL(test, h);
	ferry_defer(test, host_free, h);
	h->test = test;
	h->mem = vmalloc(MEM_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, h->mem);
	h->zero = (void *)h->mem;
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 1, 0, &h->port[0], &h->port[2]), 0);
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 1, 0, &h->port[3], &h->port[1]), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(h->port[0], &host_port_user, h), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(h->port[1], &host_port_user, h), 0);
	cfg.bell = h->port[2];
	cfg.ring = h->port[3];
	h->sim = ferry_sim_vchiq_create(&cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(h->sim));
	host_begins(h);
	return h;
}

/* With a service open at port 1, and an echo at port 2 that answers when others do not. */
static struct host *host_with(struct kunit *test, u32 fourcc)
{
	struct host *h = host_make(test, 64);

	opens(h, 1, fourcc);
	opens(h, 2, FERRY_SIM_VCHIQ_ECH3);
	return h;
}

static void list_write(struct host *h, u32 at, u32 length, u16 type, u16 offset)
{
	struct vchiq_pagelist *list = (void *)h->mem + at;

	list->length = cpu_to_le32(length);
	list->type = cpu_to_le16(type);
	list->offset = cpu_to_le16(offset);
}

static u32 list_next(struct host *h)
{
	return MEM_LISTS + h->lists++ % (PAGE4 / LIST_ROOM) * LIST_ROOM;
}

static void list_page(struct host *h, u32 at, unsigned int i, u32 word)
{
	struct vchiq_pagelist *list = (void *)h->mem + at;

	list->addrs[i] = cpu_to_le32(word);
}

static void asks(struct host *h, bool receive, u16 port, u32 list, u32 size)
{
	struct vchiq_bulk bulk = { cpu_to_le32(list), cpu_to_le32(size) };

	says(h, ID(receive ? VCHIQ_BULK_RX : VCHIQ_BULK_TX, port, h->peer[port]), &bulk,
	     sizeof(bulk));
}

/* Pages that follow one another. */
static void asks_run(struct host *h, bool receive, u16 port, u16 type, u32 page, u16 offset,
		     u32 len)
{
	u32 at = list_next(h);

	list_write(h, at, len, type, offset);
	list_page(h, at, 0, PAGE_ADDR(page) | (DIV_ROUND_UP(offset + len, PAGE4) - 1));
	asks(h, receive, port, MEM_ADDR + at, len);
}

/* Bytes from @seed on at the begin of a page. */
static void sends(struct host *h, u16 port, u32 page, u32 len, u8 seed)
{
	u32 i;

	for (i = 0; i < len; i++)
		page_at(h, page)[i] = seed + i;
	asks_run(h, false, port, VCHIQ_PAGES_SEND, page, 0, len);
}

static void receives(struct host *h, u16 port, u32 page, u32 len)
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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
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
	struct host *h = host_make(test, e->line);
	u8 *fragment = fragment_at(h, n, line), *page = page_at(h, 3);

	opens(h, 1, FERRY_SIM_VCHIQ_SOURCE);
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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECH1);

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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECH2);
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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_SINK);
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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_SOURCE);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		receives(h, 1, 2 * i, 5000);
		RECEIVED(h, 1, 5000);
		KUNIT_EXPECT_TRUE(test, is_run(page_at(h, 2 * i), 5000, i * 7));
	}
	/* Each who opens it begins anew. */
	opens(h, 3, FERRY_SIM_VCHIQ_SOURCE);
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
	struct host *h = host_make(test, 0);

	KUNIT_ASSERT_EQ(test, ferry_sim_vchiq_serve(h->sim, &server), 0);
	opens(h, 1, server.fourcc);
	sends(h, 1, 0, 10, 0);
	SENT(h, 1, -1);
	receives(h, 1, 0, 10);
	RECEIVED(h, 1, -1);
	KUNIT_EXPECT_EQ(test, wrongs(h), 0);
}

/* The fifth of a direction has no place, and those before it are as they were. */
static void four_of_a_direction_at_once(struct kunit *test)
{
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

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

static void bad_asks(struct host *h, const struct bad *b)
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
	says(h, ID(b->receive ? VCHIQ_BULK_RX : VCHIQ_BULK_TX, 1, h->peer[1]), words,
	     bad_or(b->message, sizeof(struct vchiq_bulk)));
}

static void nonsense_is_aborted(struct kunit *test)
{
	const struct bad *b = test->param_value;
	struct host *h = host_with(test, b->receive ? FERRY_SIM_VCHIQ_SOURCE :
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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

	opens(h, 3, FERRY_SIM_VCHIQ_SOURCE);
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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

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
static void leaves_some(struct host *h)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		sends(h, 1, i, 100, 1);
		SENT(h, 1, 100);
	}
	sends(h, 1, 4, 100, 1);
	receives(h, 2, 5, 100);
	asks_run(h, true, 2, VCHIQ_PAGES_FRAGMENT(0), 6, 10, 100);
	opens(h, 4, FERRY_SIM_VCHIQ_ECH1);
	is_silence(h, 4);
}

/* Nothing of what was before is there any more. */
static void is_as_new(struct host *h)
{
	opens(h, 1, FERRY_SIM_VCHIQ_ECHO);
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
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
	u16 port;

	leaves_some(h);
	for (port = 1; port <= 2; port++) {
		says(h, ID(VCHIQ_CLOSE, port, h->peer[port]), NULL, 0);
		hears_that(h, VCHIQ_CLOSE, port, 0);
	}
	is_as_new(h);
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 5), 2 * PAGE4));
}

/* What the host asks for before it hears that is nothing that it may not. */
static void forgotten_when_the_vpu_closes(struct kunit *test)
{
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);

	leaves_some(h);
	opens(h, 3, FERRY_SIM_VCHIQ_SOURCE);
	faults(h, BIT(FERRY_SIM_VCHIQ_FAULT_NO_BULK_DONE));
	receives(h, 3, 7, 100);
	is_silence(h, 4);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(h->sim, FERRY_SIM_VCHIQ_SOURCE), 1);
	hears_that(h, VCHIQ_CLOSE, 3, 0);
	faults(h, 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(h->sim, FERRY_SIM_VCHIQ_ECHO), 1);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(h->sim, FERRY_SIM_VCHIQ_ECH3), 1);
	hears_that(h, VCHIQ_CLOSE, 1, 0);
	hears_that(h, VCHIQ_CLOSE, 2, 0);
	sends(h, 2, 7, 100, 0);
	receives(h, 1, 7, 100);
	is_silence(h, 4);
	says(h, ID(VCHIQ_CLOSE, 1, h->peer[1]), NULL, 0);
	says(h, ID(VCHIQ_CLOSE, 2, h->peer[2]), NULL, 0);
	says(h, ID(VCHIQ_CLOSE, 3, h->peer[3]), NULL, 0);
	is_as_new(h);
	KUNIT_EXPECT_TRUE(test, is_poison(page_at(h, 5), 2 * PAGE4));
}

static void forgotten_at_a_reset(struct kunit *test)
{
	struct host *h = host_with(test, FERRY_SIM_VCHIQ_ECHO);
	u32 pos;

	leaves_some(h);
	pos = h->rx_pos;
	ferry_sim_vchiq_reset(h->sim);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(h->zero->master.tx_pos), pos);
	host_begins(h);
	opens(h, 4, FERRY_SIM_VCHIQ_ECH1);
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

MODULE_DESCRIPTION("Ferry: tests of bulk transfers of the simulated VPU");
MODULE_LICENSE("GPL");
