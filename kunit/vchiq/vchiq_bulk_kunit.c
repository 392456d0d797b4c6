// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ, bulk transfers: what the VPU is asked, byte for byte, and what becomes of a buffer
 * whatever it answers. The test is the VPU.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/dmabuf.h>
#include <linux/ferry/region.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sizes.h>

#include "../ferry_kunit.h"
#include "../vcsm/vpu.h"
#include "rig.h"

#define VPU_PORT	0x42
#define LINE		64	/* of the rig */
#define DEPTH		4	/* of a service, each way */
#define TRANSFERS	64	/* of a link */
#define TAIL		(VRIG_ADDR + 65 * 4096)	/* behind the slots: fragments, */
#define PAGELISTS	(TAIL + 64 * 2 * LINE)	/* and these */
#define BUF_SIZE	SZ_16K
#define NR_BUFS		72
#define POOL_SIZE	(NR_BUFS * BUF_SIZE)
#define ABORTED		((u32)~0)

/* A link with one service open, and a pool of its own. */
struct bulk {
	struct kunit *test;
	struct vrig *rig;
	struct fake_client *c;
	u16 port;
	struct vrig_pool *p;
	void *mem;
};

static void bulk_close(void *arg)
{
	struct fake_client *c = arg;

	fake_close(c);
	fake_put_bufs(c);
}

/* @shift: of the first buffer, in its page. */
static struct bulk *bulk_make(struct kunit *test, unsigned int flags, u32 shift)
{
	struct bulk *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	b->test = test;
	b->rig = vrig_create(test, VRIG_HAND | flags);
	b->p = vrig_pool(b->rig, NR_BUFS, BUF_SIZE, shift);
	b->mem = b->p->mem;
	b->c = fake_client(test);
	b->c->bufs = true;
	ferry_defer(test, bulk_close, b->c);
	vrig_hand_open_as(b->rig, b->c, "BULK", VPU_PORT, &b->port);
	return b;
}

static struct ferry_buf *buf_get(struct bulk *b)
{
	struct ferry_buf *buf = ferry_pool_alloc(b->p->pool, 0);

	KUNIT_ASSERT_NOT_NULL(b->test, buf);
	return buf;
}

static unsigned int lent(struct bulk *b)
{
	struct ferry_pool_stats stats;

	ferry_pool_stats(b->p->pool, &stats);
	return stats.lent;
}

/* With nobody: all are free. */
static bool all_free(struct bulk *b)
{
	return FERRY_WAIT(ferry_pool_free(b->p->pool) == NR_BUFS);
}

static bool is_lent(const struct ferry_buf *buf)
{
	return atomic_read(&buf->owners) & FERRY_OWNER_REMOTE;
}

/* The next message asks for a transfer of so many bytes; what it says of the pages. */
static const struct vchiq_pagelist *asked(struct bulk *b, u32 msgid, u32 len)
{
	struct kunit *test = b->test;
	u32 got = 0, size = 0, addr;
	const __le32 *ask;

	ask = vrig_hears(b->rig, &got, &size);
	KUNIT_ASSERT_NOT_NULL(test, ask);
	KUNIT_ASSERT_EQ(test, got, msgid);
	KUNIT_ASSERT_EQ(test, size, 8);
	addr = le32_to_cpu(ask[0]);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(ask[1]), len);
	KUNIT_ASSERT_GE(test, addr, PAGELISTS);
	KUNIT_ASSERT_LE(test, addr, PAGELISTS + (TRANSFERS - 1) * 64);
	KUNIT_EXPECT_EQ(test, addr % 64, 0);
	return b->rig->mem + (addr - VRIG_ADDR);
}

static const struct vchiq_pagelist *asked_to_take(struct bulk *b, u32 len)
{
	return asked(b, VRIG_ID(BULK_TX, b->port, VPU_PORT), len);
}

static const struct vchiq_pagelist *asked_to_fill(struct bulk *b, u32 len)
{
	return asked(b, VRIG_ID(BULK_RX, b->port, VPU_PORT), len);
}

static void took(struct bulk *b, u32 actual)
{
	__le32 done = cpu_to_le32(actual);

	vrig_say(b->rig, VRIG_ID(BULK_TX_DONE, VPU_PORT, b->port), &done, sizeof(done));
}

static void filled(struct bulk *b, u32 actual)
{
	__le32 done = cpu_to_le32(actual);

	vrig_say(b->rig, VRIG_ID(BULK_RX_DONE, VPU_PORT, b->port), &done, sizeof(done));
}

static void expect_list(struct kunit *test, const struct vchiq_pagelist *list, u32 length,
			u16 type, u16 offset)
{
	KUNIT_EXPECT_EQ(test, le32_to_cpu(list->length), length);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(list->type), type);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(list->offset), offset);
}

/* Offset, length, and what the words for the pages are. */
static void a_send_names_the_pages(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0x123);
	struct ferry_buf *buf = buf_get(b);
	const struct vchiq_pagelist *list;

	KUNIT_EXPECT_EQ(test, ferry_buf_max(b->c->ep), SZ_128M);
	KUNIT_EXPECT_EQ(test, ferry_mtu(b->c->ep), FERRY_VCHIQ_MTU);
	ferry_buf_get(buf);
	KUNIT_ASSERT_EQ(test, ferry_send_buf(b->c->ep, buf, BUF_SIZE), 0);
	list = asked_to_take(b, BUF_SIZE);
	expect_list(test, list, BUF_SIZE, 0, 0x123);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(list->addrs[0]), VRIG_POOL | 4);
	KUNIT_EXPECT_TRUE(test, is_lent(buf));
	KUNIT_EXPECT_EQ(test, ferry_send_buf(b->c->ep, buf, 1), -EBUSY);
	took(b, BUF_SIZE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!is_lent(buf)));
	KUNIT_ASSERT_EQ(test, ferry_send_buf(b->c->ep, buf, 1), 0);
	list = asked_to_take(b, 1);
	expect_list(test, list, 1, 0, 0x123);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(list->addrs[0]), VRIG_POOL);
	took(b, 1);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

/* Somebody else's memory, in one piece, of which a word holds 16 MiB. */
static void a_large_send_has_words_for_all_pages(struct kunit *test)
{
	struct bulk *b = bulk_make(test, VRIG_IMPORT, 0);
	struct vpu_source *s = vpu_source(test, 0xd0001000, SZ_128M);
	struct vpu_source *longer = vpu_source(test, 0xe0000000, SZ_128M + SZ_4K);
	const struct vchiq_pagelist *list;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ferry_send_dmabuf(b->c->ep, longer->dmabuf, SZ_128M + 1), -EMSGSIZE);
	KUNIT_ASSERT_EQ(test, ferry_send_dmabuf(b->c->ep, s->dmabuf, SZ_128M), 0);
	list = asked_to_take(b, SZ_128M);
	expect_list(test, list, SZ_128M, 0, 0);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, le32_to_cpu(list->addrs[i]),
				(0xd0001000 + i * SZ_16M) | 0xfff);
	KUNIT_EXPECT_EQ(test, READ_ONCE(s->mapped), 1);
	took(b, SZ_128M);
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
	/* Nothing but the pages that are needed. */
	KUNIT_ASSERT_EQ(test, ferry_send_dmabuf(b->c->ep, s->dmabuf, SZ_16M + 1), 0);
	list = asked_to_take(b, SZ_16M + 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(list->addrs[0]), 0xd0001fff);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(list->addrs[1]), 0xd1001000);
	took(b, SZ_16M + 1);
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
}

/* What the VPU does with a buffer: as it is told, by the list. */
static void vpu_fills(struct bulk *b, const struct vchiq_pagelist *list, u32 actual, u32 seq)
{
	u32 offset = le16_to_cpu(list->offset), type = le16_to_cpu(list->type);
	u32 start = (le32_to_cpu(list->addrs[0]) & ~0xfffu) + offset;
	u8 *data = b->mem + (start - b->p->region->remote);
	u8 *fragment = b->rig->mem + (TAIL - VRIG_ADDR) + (type - 2) * 2 * LINE;
	static u8 bytes[BUF_SIZE];	/* one at a time */
	u32 head = 0, tail = 0;

	fake_fill(bytes, actual, seq);
	if (type >= 2) {
		head = min(-start % LINE, actual);
		tail = actual > head ? (start + actual) % LINE : 0;
	}
	memcpy(fragment, bytes, head);
	memcpy(data + head, bytes + head, actual - head - tail);
	memcpy(fragment + LINE, bytes + actual - tail, tail);
}

/* What the VPU sent was read: all of its slots but one came back. */
static bool all_was_read(struct bulk *b)
{
	u32 back = le32_to_cpu(READ_ONCE(b->rig->zero->master.slot_queue_recycle));

	return back == 31 + b->rig->tx_pos / 4096;
}

/* So are those of the host, which needs them. */
static void give_slots_back(struct bulk *b)
{
	struct vchiq_side *host = &b->rig->zero->slave;
	u32 n, sent = le32_to_cpu(READ_ONCE(host->tx_pos)) / 4096;

	while ((n = le32_to_cpu(host->slot_queue_recycle)) < 31 + sent)
		vrig_recycle(b->rig, le32_to_cpu(host->slot_queue[(n - 31) % 64]));
}

struct shape {
	const char *name;
	u32 shift;
	u32 len;
	u32 actual;
	bool ragged;
};

static const struct shape shapes[] = {
	{ "aligned", 0, 4096, 4096, false },
	{ "aligned, several pages", 0, BUF_SIZE, BUF_SIZE, false },
	{ "aligned in its page", 64, 128, 128, false },
	{ "aligned, short", 0, 4096, 100, false },
	{ "aligned, nothing", 0, 4096, 0, false },
	{ "tail", 0, 4100, 4100, true },
	{ "tail of a byte", 0, 65, 65, true },
	{ "tail, short", 0, 4100, 70, true },
	{ "tail, short and aligned", 0, 4100, 4096, true },
	{ "head", 10, 4096 - 10, 4096 - 10, true },
	{ "head, short within it", 10, 4096 - 10, 20, true },
	{ "head, all of it", 10, 4096 - 10, 54, true },
	{ "head and tail", 63, 4096, 4096, true },
	{ "head and tail, short", 63, 4096, 66, true },
	{ "within a line", 7, 20, 20, true },
	{ "within a line, short", 7, 20, 4, true },
	{ "across lines", 60, 8, 8, true },
	{ "a byte", 0, 1, 1, true },
	{ "nothing", 5, 100, 0, true },
};

static void shape_name(const struct shape *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(shape, shapes, shape_name);

/* Each byte comes to its place, and none to another. */
static void what_is_filled_comes(struct kunit *test)
{
	const struct shape *s = test->param_value;
	struct bulk *b = bulk_make(test, 0, s->shift);
	struct ferry_buf *buf = buf_get(b);
	const struct vchiq_pagelist *list;
	u32 i;

	memset(b->mem, 0xaa, POOL_SIZE);
	KUNIT_ASSERT_EQ(test, ferry_post_recv(b->c->ep, buf, s->len), 0);
	list = asked_to_fill(b, s->len);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(list->type) >= 2, s->ragged);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(list->type) == 1, !s->ragged);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(list->offset), s->shift);
	vpu_fills(b, list, s->actual, 77);
	KUNIT_EXPECT_TRUE(test, is_lent(buf));
	filled(b, s->actual);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(b->c, 1));
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(b->c->nr_bufs)));
	KUNIT_EXPECT_PTR_EQ(test, b->c->buf[0], buf);
	KUNIT_EXPECT_EQ(test, b->c->len[0], s->actual);
	KUNIT_EXPECT_EQ(test, b->c->bad, 0);
	KUNIT_EXPECT_FALSE(test, is_lent(buf));
	for (i = s->actual; i < BUF_SIZE; i++)
		if (((u8 *)buf->vaddr)[i] != 0xaa)
			break;
	KUNIT_EXPECT_EQ(test, i, BUF_SIZE);
	fake_put_bufs(b->c);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

/* The CPU does not see an import, and so it cannot mend its end. */
static void an_import_is_filled_in_whole_lines(struct kunit *test)
{
	struct bulk *b = bulk_make(test, VRIG_IMPORT, 0);
	struct vpu_source *s = vpu_source(test, 0xd0000000, SZ_64K);
	struct ferry_buf *buf = ferry_buf_import(b->rig->link, s->dmabuf);

	KUNIT_ASSERT_FALSE(test, IS_ERR(buf));
	KUNIT_EXPECT_EQ(test, ferry_post_recv(b->c->ep, buf, 1000), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_trypost_recv(b->c->ep, buf, 1), -EINVAL);
	KUNIT_EXPECT_FALSE(test, is_lent(buf));
	KUNIT_ASSERT_EQ(test, ferry_trypost_recv(b->c->ep, buf, 1024), 0);
	expect_list(test, asked_to_fill(b, 1024), 1024, 1, 0);
	/* Of nothing the client looks at no byte. */
	filled(b, ABORTED);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(b->c, 1));
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(b->c->nr_bufs)));
	KUNIT_EXPECT_EQ(test, b->c->len[0], 0);
	KUNIT_EXPECT_EQ(test, READ_ONCE(s->mapped), 1);
	fake_put_bufs(b->c);
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
}

static void what_cannot_be_is_refused(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	struct ferry_buf *buf = buf_get(b);
	struct fake_client *plain;
	u16 port;

	KUNIT_EXPECT_EQ(test, ferry_post_recv(b->c->ep, buf, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_post_recv(b->c->ep, buf, BUF_SIZE + 1), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_trypost_recv(b->c->ep, buf, BUF_SIZE + 1), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(b->c->ep, buf, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(b->c->ep, buf, BUF_SIZE + 1), -EMSGSIZE);
	plain = vrig_hand_open(b->rig, "NONE", VPU_PORT + 1, &port);
	KUNIT_EXPECT_EQ(test, ferry_post_recv(plain->ep, buf, 64), -EINVAL);
	KUNIT_EXPECT_FALSE(test, is_lent(buf));
	ferry_buf_put(buf);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

/* Four each way; the next one waits until the VPU has answered. */
static void more_than_four_wait(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	struct ferry_buf *buf;
	unsigned int i;

	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, ferry_trysend_buf(b->c->ep, buf_get(b), 100 + i), 0);
		KUNIT_ASSERT_EQ(test, ferry_trypost_recv(b->c->ep, buf_get(b), 128), 0);
		asked_to_take(b, 100 + i);
		asked_to_fill(b, 128);
	}
	buf = buf_get(b);
	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(b->c->ep, buf, 1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_trypost_recv(b->c->ep, buf, 1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_send_buf_timeout(b->c->ep, buf, 1, 20), -ETIMEDOUT);
	/* Messages are no transfers. */
	KUNIT_EXPECT_EQ(test, ferry_send(b->c->ep, "message", 7), 0);
	KUNIT_EXPECT_EQ(test, lent(b), 2 * DEPTH);
	i = READ_ONCE(b->c->tx_ready);
	took(b, 100);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(b->c->tx_ready) > i));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!ferry_trysend_buf(b->c->ep, buf, 1)));
	KUNIT_EXPECT_EQ(test, lent(b), 2 * DEPTH);
}

struct sender {
	struct bulk *b;
	struct ferry_buf *buf;
};

static int send_one(void *arg)
{
	struct sender *s = arg;

	return ferry_send_buf_timeout(s->b->c->ep, s->buf, 55, 30000);
}

static int post_one(void *arg)
{
	struct sender *s = arg;

	return ferry_post_recv(s->b->c->ep, s->buf, 64);
}

static int send_message(void *arg)
{
	struct sender *s = arg;

	return ferry_send(s->b->c->ep, "message", 7);
}

static void a_sleeper_has_its_turn(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	struct sender s = { .b = b, .buf = buf_get(b) };
	struct fake_task *t;
	unsigned int i;

	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, ferry_trysend_buf(b->c->ep, buf_get(b), 100), 0);
		asked_to_take(b, 100);
	}
	t = fake_run(test, send_one, &s);
	msleep(20);
	KUNIT_EXPECT_EQ(test, lent(b), DEPTH);
	took(b, 100);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	asked_to_take(b, 55);
	for (i = 0; i < DEPTH; i++)
		took(b, 55);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

static bool sleeps(struct ferry_buf *buf)
{
	return FERRY_WAIT(atomic_read(&buf->owners) & FERRY_OWNER_SENDING);
}

/* Who waits until the VPU has fetched something does not hold up what is to be filled, or said. */
static void no_kind_holds_up_another(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	struct sender out = { .b = b, .buf = buf_get(b) }, in = { .b = b, .buf = buf_get(b) };
	struct ferry_buf *spare = buf_get(b);
	struct fake_task *t[3];
	u32 msgid, size, i;

	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, ferry_trysend_buf(b->c->ep, buf_get(b), 100), 0);
		asked_to_take(b, 100);
	}
	t[0] = fake_run(test, send_one, &out);
	KUNIT_ASSERT_TRUE(test, sleeps(out.buf));
	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, ferry_trypost_recv(b->c->ep, buf_get(b), 64), 0);
		asked_to_fill(b, 64);
	}
	t[1] = fake_run(test, post_one, &in);
	KUNIT_ASSERT_TRUE(test, sleeps(in.buf));
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_NE(test, (__force int)ferry_poll(b->c->ep, NULL, NULL), 0);
		KUNIT_EXPECT_EQ(test, ferry_trysend_buf(b->c->ep, spare, 1), -EAGAIN);
		KUNIT_EXPECT_NE(test, (__force int)ferry_poll(b->c->ep, NULL, NULL), 0);
		KUNIT_EXPECT_EQ(test, ferry_trysend(b->c->ep, "now", 3), 0);
		KUNIT_ASSERT_NOT_NULL(test, vrig_hears(b->rig, &msgid, &size));
		KUNIT_EXPECT_EQ(test, size, 3);
	}
	t[2] = fake_run(test, send_message, &out);
	KUNIT_EXPECT_EQ(test, fake_join(t[2]), 0);
	KUNIT_ASSERT_NOT_NULL(test, vrig_hears(b->rig, &msgid, &size));
	KUNIT_EXPECT_EQ(test, size, 7);
	/* The second one to sleep may be the first one to go on. */
	filled(b, 64);
	KUNIT_EXPECT_EQ(test, fake_join(t[1]), 0);
	asked_to_fill(b, 64);
	took(b, 100);
	KUNIT_EXPECT_EQ(test, fake_join(t[0]), 0);
	asked_to_take(b, 55);
	ferry_buf_put(spare);
}

/* All of a link: as many as there are lists, and then others wait. */
static void a_link_has_so_many(struct kunit *test)
{
	static const char * const names[] = {
		"AAAA", "BBBB", "CCCC", "DDDD", "EEEE", "FFFF", "GGGG",
	};
	struct bulk *b = bulk_make(test, 0, 0);
	struct fake_client *c[ARRAY_SIZE(names) + 1], *last;
	unsigned int i, n = 0;
	struct ferry_buf *buf;
	u16 port;

	c[ARRAY_SIZE(names)] = b->c;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		c[i] = fake_client(test);
		c[i]->bufs = true;
		vrig_hand_open_as(b->rig, c[i], names[i], VPU_PORT + 1 + i, &port);
	}
	last = vrig_hand_open(b->rig, "LAST", VPU_PORT + 20, &port);
	for (i = 0; i < ARRAY_SIZE(c); i++)
		for (n = 0; n < DEPTH; n++) {
			KUNIT_ASSERT_EQ(test, ferry_trysend_buf(c[i]->ep, buf_get(b), 64), 0);
			KUNIT_ASSERT_EQ(test, ferry_trypost_recv(c[i]->ep, buf_get(b), 64), 0);
		}
	KUNIT_EXPECT_EQ(test, lent(b), TRANSFERS);
	buf = buf_get(b);
	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(last->ep, buf, 1), -EAGAIN);
	took(b, 64);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!ferry_trysend_buf(last->ep, buf, 1)));
	KUNIT_EXPECT_EQ(test, lent(b), TRANSFERS);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(b->rig->link), 0);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

static bool bad_headers(struct bulk *b, unsigned int n)
{
	struct ferry_stats stats;

	return FERRY_WAIT((ferry_link_stats(b->rig->link, &stats),
			   stats.drops[FERRY_DROP_BAD_HEADER] == n));
}

/* An answer that is none changes nothing, and the next good one counts. */
static void answers_that_cannot_be(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	struct ferry_buf *out = ferry_buf_get(buf_get(b)), *in = buf_get(b);
	__le32 word = cpu_to_le32(64);
	unsigned int n = 0;

	filled(b, 64);			/* nobody asked for any */
	took(b, 64);
	n += 2;
	KUNIT_EXPECT_TRUE(test, bad_headers(b, n));
	KUNIT_ASSERT_EQ(test, ferry_send_buf(b->c->ep, out, 64), 0);
	KUNIT_ASSERT_EQ(test, ferry_post_recv(b->c->ep, in, 64), 0);
	asked_to_take(b, 64);
	asked_to_fill(b, 64);
	for (; n < 2 + 4; n++)		/* short */
		vrig_say(b->rig, VRIG_ID(BULK_TX_DONE, VPU_PORT, b->port), &word, n - 2);
	vrig_say(b->rig, VRIG_ID(BULK_TX_DONE, VPU_PORT + 1, b->port), &word, 4);
	vrig_say(b->rig, VRIG_ID(BULK_TX_DONE, VPU_PORT, b->port + 1), &word, 4);
	vrig_say(b->rig, VRIG_ID(BULK_RX_DONE, VPU_PORT, 0xfff), &word, 4);
	vrig_say(b->rig, VRIG_ID(BULK_TX, VPU_PORT, b->port), &word, 4);
	vrig_say(b->rig, VRIG_ID(BULK_RX, VPU_PORT, b->port), "12345678", 8);
	n += 5;
	KUNIT_EXPECT_TRUE(test, bad_headers(b, n));
	KUNIT_EXPECT_EQ(test, lent(b), 2);
	KUNIT_EXPECT_EQ(test, b->c->nr, 0);
	took(b, 64);
	filled(b, 64);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(b->c, 1));
	took(b, 64);			/* twice */
	filled(b, 64);
	n += 2;
	KUNIT_EXPECT_TRUE(test, bad_headers(b, n));
	KUNIT_EXPECT_EQ(test, lent(b), 0);
	KUNIT_EXPECT_EQ(test, b->c->nr, 1);
	ferry_buf_put(out);
	FERRY_WAIT(READ_ONCE(b->c->nr_bufs));
	fake_put_bufs(b->c);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

/* More than there was room for, or nothing: the buffer is ours, and nothing is in it. */
static void answers_of_a_wrong_length(struct kunit *test)
{
	static const u32 actual[] = { ABORTED, 65, 128, 0x7fffffff, 0x80000000, 0xfffffffe };
	struct bulk *b = bulk_make(test, 0, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(actual); i++) {
		KUNIT_ASSERT_EQ(test, ferry_post_recv(b->c->ep, buf_get(b), 64), 0);
		KUNIT_ASSERT_EQ(test, ferry_send_buf(b->c->ep, buf_get(b), 64), 0);
		asked_to_fill(b, 64);
		asked_to_take(b, 64);
		filled(b, actual[i]);
		took(b, actual[i]);
		KUNIT_ASSERT_TRUE(test, fake_wait_rx(b->c, i + 1));
		KUNIT_EXPECT_EQ(test, b->c->len[i], 0);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(b->c->nr_bufs)));
		fake_put_bufs(b->c);
		KUNIT_EXPECT_TRUE(test, all_free(b));
	}
	VRIG_EXPECT_STATE(b->rig, RUNNING);
}

static void say_text(struct bulk *b, u32 seq)
{
	u8 text[100];

	fake_fill(text, sizeof(text), seq);
	vrig_say(b->rig, VRIG_ID(DATA, VPU_PORT, b->port), text, sizeof(text));
}

/* Behind a message that its client did not want yet; nothing else waits. */
static void a_full_buffer_waits_for_one_message(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);

	KUNIT_ASSERT_EQ(test, ferry_post_recv(b->c->ep, buf_get(b), 256), 0);
	asked_to_fill(b, 256);
	WRITE_ONCE(b->c->answer, -EAGAIN);
	say_text(b, 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(b->c->offers)));
	fake_fill(b->mem, 256, 2);
	filled(b, 256);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!lent(b)));
	KUNIT_EXPECT_EQ(test, b->c->nr, 0);
	WRITE_ONCE(b->c->answer, 0);
	ferry_resume(b->c->ep);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(b->c, 2));
	KUNIT_EXPECT_EQ(test, b->c->seq[0], 1);
	KUNIT_EXPECT_EQ(test, b->c->seq[1], 2);
	KUNIT_EXPECT_EQ(test, b->c->bad, 0);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(b->c->nr_bufs)));
	fake_put_bufs(b->c);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

/* What came before comes before, though its client did not want it: all stays in its slot. */
static void a_full_buffer_waits_its_turn(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	u32 i;

	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, ferry_post_recv(b->c->ep, buf_get(b), 256), 0);
		asked_to_fill(b, 256);
	}
	WRITE_ONCE(b->c->answer, -EAGAIN);
	say_text(b, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(b->c->offers)));
	for (i = 1; i < 4; i++)
		say_text(b, i);
	fake_fill(b->mem, 256, 4);
	filled(b, 256);
	say_text(b, 5);
	fake_fill(b->mem + BUF_SIZE, 200, 6);
	filled(b, 200);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!lent(b)));
	KUNIT_EXPECT_EQ(test, b->c->nr, 0);
	WRITE_ONCE(b->c->answer, 0);
	ferry_resume(b->c->ep);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(b->c, 7));
	for (i = 0; i < 7; i++)
		KUNIT_EXPECT_EQ(test, b->c->seq[i], i);
	KUNIT_EXPECT_EQ(test, b->c->len[4], 256);
	KUNIT_EXPECT_EQ(test, b->c->len[6], 200);
	KUNIT_EXPECT_EQ(test, b->c->bad, 0);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(b->c->nr_bufs) == 2));
	fake_put_bufs(b->c);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

/* Its client closes without having wanted them. */
static void full_buffers_that_nobody_wants_go(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	unsigned int i;

	WRITE_ONCE(b->c->answer, -EAGAIN);
	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, ferry_post_recv(b->c->ep, buf_get(b), 256), 0);
		asked_to_fill(b, 256);
	}
	say_text(b, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(b->c->offers)));
	for (i = 0; i < DEPTH; i++)
		filled(b, 256);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!lent(b)));
	fake_close(b->c);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

/* What the VPU has when its client closes is ours when it has answered that, and not before. */
static void close_waits_for_the_answer(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	u32 msgid, size;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, ferry_post_recv(b->c->ep, buf_get(b), 256), 0);
		KUNIT_ASSERT_EQ(test, ferry_send_buf(b->c->ep, buf_get(b), 256), 0);
		asked_to_fill(b, 256);
		asked_to_take(b, 256);
	}
	fake_close(b->c);
	KUNIT_ASSERT_NOT_NULL(test, vrig_hears(b->rig, &msgid, &size));
	KUNIT_EXPECT_EQ(test, msgid, VRIG_ID(CLOSE, b->port, VPU_PORT));
	KUNIT_EXPECT_EQ(test, lent(b), 4);
	/* It may still answer some. */
	filled(b, 256);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(lent(b) == 3));
	took(b, ABORTED);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(lent(b) == 2));
	vrig_say(b->rig, VRIG_ID(CLOSE, VPU_PORT, b->port), NULL, 0);
	KUNIT_EXPECT_TRUE(test, all_free(b));
	KUNIT_EXPECT_EQ(test, b->c->nr, 0);
	vrig_hand_open_as(b->rig, b->c, "BULK", VPU_PORT, &b->port);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(b->c->ep, buf_get(b), 256), 0);
	asked_to_take(b, 256);
	took(b, 256);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

/* A close of the VPU ends what it has; what is full already comes. */
static void the_vpu_closes(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	struct ferry_buf *buf;
	unsigned int i;

	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, ferry_post_recv(b->c->ep, buf_get(b), 256), 0);
		KUNIT_ASSERT_EQ(test, ferry_send_buf(b->c->ep, buf_get(b), 256), 0);
		asked_to_fill(b, 256);
		asked_to_take(b, 256);
	}
	filled(b, 256);
	vrig_say(b->rig, VRIG_ID(CLOSE, VPU_PORT, b->port), NULL, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!lent(b)));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(b->c, 1));
	buf = buf_get(b);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_send_buf(b->c->ep, buf, 1) == -EPIPE));
	KUNIT_EXPECT_EQ(test, ferry_post_recv(b->c->ep, buf, 64), -EPIPE);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, b->c->nr, 1);
	fake_close(b->c);
	fake_put_bufs(b->c);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

/* Whoever closes, what another service has goes on. */
static void others_are_left_alone(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	struct fake_client *other = fake_client(test);
	__le32 done = cpu_to_le32(64);
	u32 msgid, size;
	u16 port;

	other->puts = true;
	other->bufs = true;
	vrig_hand_open_as(b->rig, other, "ELSE", VPU_PORT + 1, &port);
	KUNIT_ASSERT_EQ(test, ferry_post_recv(other->ep, buf_get(b), 64), 0);
	KUNIT_ASSERT_EQ(test, ferry_send_buf(other->ep, buf_get(b), 64), 0);
	asked(b, VRIG_ID(BULK_RX, port, VPU_PORT + 1), 64);
	asked(b, VRIG_ID(BULK_TX, port, VPU_PORT + 1), 64);
	KUNIT_ASSERT_EQ(test, ferry_send_buf(b->c->ep, buf_get(b), 64), 0);
	asked_to_take(b, 64);
	fake_close(b->c);
	KUNIT_ASSERT_NOT_NULL(test, vrig_hears(b->rig, &msgid, &size));
	vrig_say(b->rig, VRIG_ID(CLOSE, VPU_PORT, b->port), NULL, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(lent(b) == 2));
	vrig_hand_open_as(b->rig, b->c, "BULK", VPU_PORT, &b->port);
	KUNIT_ASSERT_EQ(test, ferry_send_buf(b->c->ep, buf_get(b), 64), 0);
	vrig_say(b->rig, VRIG_ID(CLOSE, VPU_PORT, b->port), NULL, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(lent(b) == 2));
	vrig_say(b->rig, VRIG_ID(BULK_TX_DONE, VPU_PORT + 1, port), &done, sizeof(done));
	vrig_say(b->rig, VRIG_ID(BULK_RX_DONE, VPU_PORT + 1, port), &done, sizeof(done));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(other, 1));
	KUNIT_EXPECT_EQ(test, other->len[0], 64);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

static void ask_for_some(struct bulk *b)
{
	unsigned int i;

	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(b->test, ferry_post_recv(b->c->ep, buf_get(b), 100), 0);
		KUNIT_ASSERT_EQ(b->test, ferry_send_buf(b->c->ep, buf_get(b), 100), 0);
	}
}

/* A VPU that crashed may write on, until it was reset. */
static void a_crash_keeps_what_is_lent(struct kunit *test)
{
	struct bulk *b = bulk_make(test, VRIG_NO_RESET, 0);

	ask_for_some(b);
	ferry_link_crash(b->rig->link, "test");
	VRIG_EXPECT_STATE(b->rig, CRASHED);
	msleep(20);
	KUNIT_EXPECT_EQ(test, lent(b), 2 * DEPTH);
	KUNIT_EXPECT_EQ(test, b->c->nr, 0);
	/* The next rig, of the same name, resets its VPU, and what is kept goes. */
}

static void after_a_reset_it_is_ours(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	struct ferry_buf *buf = buf_get(b);

	ask_for_some(b);
	ferry_link_crash(b->rig->link, "test");
	VRIG_EXPECT_STATE(b->rig, CRASHED);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(b->c->ep, buf, 1), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_post_recv(b->c->ep, buf, 64), -ENOLINK);
	ferry_buf_put(buf);
	KUNIT_EXPECT_TRUE(test, all_free(b));
	KUNIT_EXPECT_EQ(test, b->c->nr, 0);
	KUNIT_EXPECT_EQ(test, b->rig->resets, 1);
}

/* Answers to anybody, of any kind and length, while there are transfers, and fragments of noise. */
static void say_anything(struct bulk *b, struct rnd_state *rnd)
{
	static const u8 types[] = {
		VCHIQ_DATA, VCHIQ_BULK_RX, VCHIQ_BULK_TX, VCHIQ_BULK_RX_DONE, VCHIQ_BULK_TX_DONE,
	};
	u32 r = prandom_u32_state(rnd), words[2], len = r % 3 ? 4 : r % 9;
	u32 port = r & BIT(20) ? b->port : r % 4, peer = r & BIT(21) ? VPU_PORT : r % 8;

	words[0] = r & BIT(22) ? r % 300 : prandom_u32_state(rnd);
	words[1] = r;
	vrig_say(b->rig, (u32)types[(r >> 24) % ARRAY_SIZE(types)] << 24 | peer << 12 | port,
		 words, len);
}

static void a_vpu_that_says_anything(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 33);
	struct rnd_state rnd;
	struct ferry_buf *buf;
	unsigned int i;

	b->c->puts = true;
	prandom_seed_state(&rnd, 12);
	for (i = 0; i < 2000; i++) {
		buf = ferry_pool_alloc(b->p->pool, 0);
		if (buf && (i % 2 ? ferry_trysend_buf(b->c->ep, buf, 1 + i % 300) :
				    ferry_trypost_recv(b->c->ep, buf, 1 + i % 300)))
			ferry_buf_put(buf);
		if (i % 50 == 0)
			prandom_bytes_state(&rnd, b->rig->mem + (TAIL - VRIG_ADDR),
					    TRANSFERS * (2 * LINE + 64));
		say_anything(b, &rnd);
		if (i % 20)
			continue;
		/* It has no more slots than it has. */
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(all_was_read(b)));
		give_slots_back(b);
	}
	VRIG_EXPECT_STATE(b->rig, RUNNING);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(b->rig->link), 0);
	fake_close(b->c);
	KUNIT_EXPECT_TRUE(test, all_free(b));
}

/* All of it goes with the link, and the client has nothing to do with that. */
static void the_link_goes(struct kunit *test)
{
	struct bulk *b = bulk_make(test, 0, 0);
	struct ferry_buf *buf = buf_get(b);

	ask_for_some(b);
	/* Its pool is its own, and goes first. */
	KUNIT_EXPECT_EQ(test, ferry_link_stop(b->rig->link), 0);
	ferry_buf_put(buf);
	KUNIT_EXPECT_TRUE(test, all_free(b));
	vrig_pool_destroy(b->p);
	vrig_destroy(b->rig);
	KUNIT_EXPECT_EQ(test, ferry_buf_max(b->c->ep), 0);
}

static struct kunit_case bulk_cases[] = {
	KUNIT_CASE(a_send_names_the_pages),
	KUNIT_CASE(a_large_send_has_words_for_all_pages),
	KUNIT_CASE_PARAM(what_is_filled_comes, shape_gen_params),
	KUNIT_CASE(an_import_is_filled_in_whole_lines),
	KUNIT_CASE(what_cannot_be_is_refused),
	KUNIT_CASE(more_than_four_wait),
	KUNIT_CASE(a_sleeper_has_its_turn),
	KUNIT_CASE(no_kind_holds_up_another),
	KUNIT_CASE(a_link_has_so_many),
	KUNIT_CASE(answers_that_cannot_be),
	KUNIT_CASE(answers_of_a_wrong_length),
	KUNIT_CASE(a_full_buffer_waits_for_one_message),
	KUNIT_CASE(a_full_buffer_waits_its_turn),
	KUNIT_CASE(full_buffers_that_nobody_wants_go),
	KUNIT_CASE(close_waits_for_the_answer),
	KUNIT_CASE(the_vpu_closes),
	KUNIT_CASE(others_are_left_alone),
	KUNIT_CASE(a_crash_keeps_what_is_lent),
	KUNIT_CASE(after_a_reset_it_is_ours),
	KUNIT_CASE(a_vpu_that_says_anything),
	KUNIT_CASE(the_link_goes),
	{}
};

static struct kunit_suite bulk_suite = {
	.name = "ferry_vchiq_bulk",
	.test_cases = bulk_cases,
};

kunit_test_suite(bulk_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VCHIQ: bulk transfers");
