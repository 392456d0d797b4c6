// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two edges of our own, one that scans and one that allocates, over the same memory.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "edges.h"

static void one_message_each_way(struct kunit *test)
{
	struct edges *e = edges_create(test, 0);
	struct edges_client *c[2];

	edges_channel(e, "hello", 1024, false, false);
	edges_connect(e, "hello", 0, c);
	KUNIT_EXPECT_EQ(test, edges_send(c[0], 64, 0), 0);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[1], 1));
	KUNIT_EXPECT_EQ(test, c[1]->len, 64);
	KUNIT_EXPECT_EQ(test, c[1]->bad, 0);
	KUNIT_EXPECT_EQ(test, edges_send(c[1], 100, 0), 0);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[0], 1));
	KUNIT_EXPECT_EQ(test, c[0]->len, 100);
	KUNIT_EXPECT_EQ(test, c[0]->bad, 0);
}

struct shape {
	const char *name;
	u32 size;
	bool words;
};

/*
 * One ring is no power of two, and headers and packets of odd sizes meet its end anywhere.
 * Not too many of them: on some kernels a doorbell takes a tick.
 */
static const struct shape shapes[] = {
	{ "64 bytes", 64, false },
	{ "1008 bytes", 1008, false },
	{ "1024 bytes", 1024, false },
	{ "64 bytes, words", 64, true },
	{ "1008 bytes, words", 1008, true },
	{ "1024 bytes, words", 1024, true },
};

static void shape_desc(const struct shape *shape, char *desc)
{
	strscpy(desc, shape->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(shapes, shapes, shape_desc);

/* Short ones all, then some of each remainder, and the longest. */
static u32 next_length(u32 len, u32 most, u32 step)
{
	if (len == most)
		return most + 1;
	return min(len + (len < 60 ? step : 11 * step), most);
}

/* Sends them, waiting for none; returns how many messages that were, 0 after an error. */
static unsigned int send_lengths(struct edges_client *c, u32 most, u32 step)
{
	unsigned int nr = 0;
	u32 len;

	for (len = step; len <= most; len = next_length(len, most, step), nr++)
		if (edges_send(c, len, nr))
			return 0;
	return nr;
}

static void lengths_from_1_to_the_largest_arrive(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct edges *e = edges_create(test, 0);
	u32 step = shape->words ? 4 : 1, most = shape->size - 24;
	struct edges_client *c[2];
	unsigned int side;

	edges_channel(e, "all", shape->size, shape->words, false);
	edges_connect(e, "all", 0, c);
	for (side = 0; side < 2; side++) {
		struct edges_client *to = c[!side];
		unsigned int nr = send_lengths(c[side], most, step);

		KUNIT_EXPECT_EQ(test, ferry_mtu(c[side]->ep), most);
		KUNIT_EXPECT_GE(test, nr, min_t(u32, most, 60) / step);
		KUNIT_EXPECT_TRUE(test, edges_wait(to, nr));
		KUNIT_EXPECT_EQ(test, to->bad, 0);
		KUNIT_EXPECT_EQ(test, to->len, most);
		KUNIT_EXPECT_EQ(test, edges_send(c[side], most + step, 0), -EMSGSIZE);
		KUNIT_EXPECT_EQ_MSG(test, edges_send(c[side], 0, 0), 0, "nothing is sent");
		if (shape->words)
			KUNIT_EXPECT_EQ(test, edges_send(c[side], 3, 0), -EINVAL);
	}
}

static void order_is_kept_at_every_offset(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct edges *e = edges_create(test, 0);
	struct edges_client *c[2];
	unsigned int n;

	edges_channel(e, "order", shape->size, shape->words, false);
	edges_connect(e, "order", 0, c);
	for (n = 0; n < 300; n++)
		if (edges_send(c[0], 4 + 4 * (n % 9), n))
			break;
	KUNIT_EXPECT_EQ(test, n, 300);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[1], n));
	KUNIT_EXPECT_EQ(test, c[1]->nr, n);
	KUNIT_EXPECT_EQ(test, c[1]->bad, 0);
}

static void atomic_clients_receive_in_order(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct edges *e = edges_create(test, 0);
	struct edges_client *c[2];
	unsigned int n;

	edges_channel(e, "atomic", shape->size, shape->words, false);
	edges_connect(e, "atomic", FERRY_EP_ATOMIC, c);
	for (n = 0; n < 200; n++)
		if (edges_send(c[0], 4 + 4 * (n % 9), n))
			break;
	KUNIT_EXPECT_EQ(test, n, 200);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[1], n));
	KUNIT_EXPECT_EQ(test, c[1]->bad, 0);
}

static void a_stream_has_no_limits(struct kunit *test)
{
	const struct shape *shape = test->param_value;
	struct edges *e = edges_create(test, 0);
	u32 most = shape->size - 4, len;
	struct edges_client *c[2];
	size_t sent = 0;
	u8 *data;

	data = kunit_kzalloc(test, 4 * most, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, data);
	edges_channel(e, "stream", shape->size, shape->words, true);
	edges_connect(e, "stream", 0, c);
	c[1]->stream = true;
	KUNIT_EXPECT_EQ(test, ferry_mtu(c[0]->ep), most);
	for (len = 4; len <= most; len += 4) {
		u32 i;

		for (i = 0; i < len; i++)
			data[i] = sent + i + ((sent + i) >> 8);
		KUNIT_ASSERT_EQ(test, ferry_send(c[0]->ep, data, len), 0);
		sent += len;
	}
	FERRY_WAIT(READ_ONCE(c[1]->bytes) >= sent);
	KUNIT_EXPECT_EQ(test, c[1]->bytes, sent);
	KUNIT_EXPECT_EQ(test, c[1]->bad, 0);
}

/* More than is copied with interrupts off, in both layouts, across the end of the ring. */
static void long_messages_arrive(struct kunit *test)
{
	static const u32 lens[] = { 4096, 4100, 20000, 65536 };
	struct edges *e = edges_create(test, 0);
	struct edges_client *c[2];
	unsigned int words, i, n;

	for (words = 0; words < 2; words++) {
		const char *name = words ? "long words" : "long";

		edges_channel(e, name, 80000, words, false);
		edges_connect(e, name, 0, c);
		KUNIT_EXPECT_EQ(test, ferry_mtu(c[0]->ep), 65536);
		for (n = 0, i = 0; i < 3 * ARRAY_SIZE(lens); i++, n++)
			KUNIT_EXPECT_EQ(test, edges_send(c[0], lens[i % 4], n), 0);
		KUNIT_EXPECT_TRUE(test, edges_wait(c[1], n));
		KUNIT_EXPECT_EQ(test, c[1]->bad, 0);
	}
}

/* Where the payload of the next packet lies, which is then as long as is said. */
static bool hand_skip(struct hand *h, u32 *at, u32 *empties, u32 *len)
{
	*empties = 0;
	for (;;) {
		u32 head = hand_head(h), left = (head + h->size - h->tail) % h->size;
		struct smd_packet packet;
		size_t i;

		if (left < sizeof(packet))
			return false;
		for (i = 0; i < sizeof(packet); i++)
			((u8 *)&packet)[i] = h->tx[(h->tail + i) % h->size];
		h->tail = (h->tail + sizeof(packet)) % h->size;
		*len = le32_to_cpu(packet.len);
		if (*len) {
			*at = h->tail;
			h->tail = (h->tail + *len) % h->size;
			return *len <= left - sizeof(packet);
		}
		++*empties;
	}
}

static void hand_took(struct hand *h)
{
	smd_store(smd_tail(h->ours, h->words), h->tail);
	smd_set_flag(h->theirs, SMD_FTAIL, h->words, 1);
	hand_kick(h->e);
}

/* What is sent in a ring of 16384 bytes, and where it lies: behind how many empty packets. */
static const struct {
	u32 len;
	u32 at;
	u32 empties;
} straight[] = {
	{ 5000, 20, 0 },
	{ 6960, 5040, 0 },	/* ends at 12000 */
	{ 4364, 16, 219 },	/* would end at 16384 */
	{ 9600, 4400, 0 },
	{ 4096, 14020, 0 },	/* may wrap */
	{ 14621, 1752, 0 },	/* ends at 16373 */
	{ 4097, 9, 0 },	/* only the header wraps */
	{ 12238, 4126, 0 },	/* ends at 16364 */
	{ 16360, 0, 0 },	/* the longest: its header ends where the ring does */
	{ 4, 16380, 0 },	/* a short one may end there, too */
};

static void large_packets_go_straight(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND | EDGES_STRAIGHT);
	struct hand *h = hand_channel(e, "straight", 0, 16384, false, SMD_ENTRY_PACKET);
	struct edges_client *c = edges_client(test);
	u32 i, at = 0, empties = 0, len = 0;

	hand_opened(h);
	KUNIT_ASSERT_EQ(test, edges_open(c, e->link[0], "straight", 0), 0);
	for (i = 0; i < ARRAY_SIZE(straight); i++) {
		KUNIT_ASSERT_EQ(test, edges_send(c, straight[i].len, i), 0);
		KUNIT_ASSERT_TRUE(test, hand_skip(h, &at, &empties, &len));
		KUNIT_EXPECT_EQ(test, len, straight[i].len);
		KUNIT_EXPECT_EQ_MSG(test, at, straight[i].at, "packet %u", i);
		KUNIT_EXPECT_EQ_MSG(test, empties, straight[i].empties, "packet %u", i);
		hand_took(h);
	}
}

static void the_longest_go_straight_one_after_another(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_STRAIGHT);
	struct edges_client *c[2];
	unsigned int n;

	edges_channel(e, "straight", 8192, false, false);
	edges_connect(e, "straight", 0, c);
	for (n = 0; n < 40; n++)
		if (edges_send(c[n & 1], 8168 - n / 4, n / 2))
			break;
	KUNIT_EXPECT_EQ(test, n, 40);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[0], 20));
	KUNIT_EXPECT_TRUE(test, edges_wait(c[1], 20));
	KUNIT_EXPECT_EQ(test, c[0]->bad + c[1]->bad, 0);
}

static void a_full_ring_is_told_apart(struct kunit *test)
{
	struct edges *e = edges_create(test, 0);
	struct edges_client *c[2];
	unsigned int n, fit = (128 - 4) / (20 + 8);
	u8 data[8];

	edges_channel(e, "full", 128, false, false);
	edges_connect(e, "full", 0, c);
	c[1]->refuse = 1;
	/* The first is held by the receiver, those behind it fill its queue, or the ring. */
	for (n = 0; n < 10000; n++) {
		edges_fill(data, sizeof(data), n);
		if (ferry_trysend(c[0]->ep, data, sizeof(data)))
			break;
	}
	KUNIT_EXPECT_GE(test, n, fit);
	KUNIT_EXPECT_TRUE(test, edges_wait_for(&c[0]->tx_ready, 1) || n == 10000);
	ferry_resume(c[1]->ep);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[1], n));
	KUNIT_EXPECT_EQ(test, c[1]->bad, 0);
	KUNIT_EXPECT_EQ(test, c[1]->nr, n);
}

/* How a client is called, and what it is sent. */
struct refusal {
	const char *name;
	unsigned int flags;
	bool words;
	bool stream;
};

static const struct refusal refusals[] = {
	{ "bytes", 0, false, false },
	{ "words", 0, true, false },
	{ "stream of bytes", 0, false, true },
	{ "stream of words", 0, true, true },
	{ "bytes, atomic", FERRY_EP_ATOMIC, false, false },
	{ "words, atomic", FERRY_EP_ATOMIC, true, false },
	{ "stream, atomic", FERRY_EP_ATOMIC, false, true },
	{ "bytes, by channel", FERRY_EP_BY_CHANNEL, false, false },
	{ "words, by channel", FERRY_EP_BY_CHANNEL, true, false },
};

static void refusal_desc(const struct refusal *refusal, char *desc)
{
	strscpy(desc, refusal->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refusals, refusals, refusal_desc);

#define REFUSED_RING	2048
#define REFUSED_LEN	64
#define REFUSED_NR	200

static void refused_fill(struct edges_client *c, u8 *data, unsigned int n)
{
	size_t i, at = n * REFUSED_LEN;

	if (!c->stream)
		return edges_fill(data, REFUSED_LEN, n);
	for (i = 0; i < REFUSED_LEN; i++, at++)
		data[i] = at + (at >> 8);
}

/* Sends until the ring is full, or all is sent; what comes next. */
static unsigned int refused_send(struct edges_client *from, struct edges_client *to, unsigned int n)
{
	u8 data[REFUSED_LEN];

	for (; n < REFUSED_NR; n++) {
		refused_fill(to, data, n);
		if (ferry_trysend(from->ep, data, sizeof(data)))
			break;
	}
	return n;
}

static void a_client_that_says_not_now_loses_nothing(struct kunit *test)
{
	const struct refusal *r = test->param_value;
	struct edges *e = edges_create(test, 0);
	unsigned int n = 0, full, rounds;
	struct edges_client *c[2];
	struct ferry_stats stats;

	edges_channel(e, "refused", REFUSED_RING, r->words, r->stream);
	edges_connect(e, "refused", r->flags, c);
	c[1]->stream = r->stream;
	for (rounds = 0; rounds < 100 && n < REFUSED_NR; rounds++) {
		WRITE_ONCE(c[1]->refuse, UINT_MAX);
		/* The ring is full when what may be held is, too. */
		do {
			full = n;
			n = refused_send(c[0], c[1], n);
			msleep(20);
		} while (n != full);
		if (!rounds)
			KUNIT_EXPECT_LT_MSG(test, n, REFUSED_NR / 2, "somebody took them all");
		WRITE_ONCE(c[1]->refuse, 0);
		ferry_resume(c[1]->ep);
		if (n < REFUSED_NR)
			edges_wait_for(&c[0]->tx_ready, rounds + 1);
	}
	KUNIT_EXPECT_EQ(test, n, REFUSED_NR);
	FERRY_WAIT(READ_ONCE(c[1]->bytes) >= n * REFUSED_LEN);
	KUNIT_EXPECT_EQ(test, c[1]->bytes, n * REFUSED_LEN);
	KUNIT_EXPECT_EQ(test, c[1]->bad, 0);
	ferry_ep_stats(c[1]->ep, &stats);
	for (n = 0; n < FERRY_NR_DROPS; n++)
		KUNIT_EXPECT_EQ(test, stats.drops[n], 0);
}

static void long_ones_for_atomic_clients_of_the_bus_arrive(struct kunit *test)
{
	static const u32 lens[] = { 64, 4096, 4100, 8, 16340, 4092 };
	struct edges *e = edges_create(test, 0);
	struct edges_client *c[2];
	unsigned int words, n;

	for (words = 0; words < 2; words++) {
		const char *name = words ? "mixed words" : "mixed";

		edges_channel(e, name, 16384, words, false);
		edges_connect(e, name, FERRY_EP_BY_CHANNEL, c);
		for (n = 0; n < 10 * ARRAY_SIZE(lens); n++)
			KUNIT_ASSERT_EQ(test, edges_send(c[0], lens[n % ARRAY_SIZE(lens)], n), 0);
		KUNIT_EXPECT_TRUE(test, edges_wait(c[1], n));
		KUNIT_EXPECT_EQ(test, c[1]->bad, 0);
	}
}

static int send_back(struct edges_client *c, const void *data, size_t len)
{
	return ferry_send_timeout(c->ep, data, len, 30000);
}

/* The thread that receives is the one that waits for room: it hears of it all the same. */
static void a_callback_that_sends_finds_room(struct kunit *test)
{
	struct edges *e = edges_create(test, 0);
	struct edges_client *c[2];
	unsigned int n;

	edges_channel(e, "echo", 64, false, false);
	edges_connect(e, "echo", 0, c);
	c[1]->on_rx = send_back;
	for (n = 0; n < 100; n++)
		if (edges_send(c[0], 1 + n % 40, n))
			break;
	KUNIT_EXPECT_EQ(test, n, 100);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[0], n));
	KUNIT_EXPECT_EQ(test, c[0]->bad, 0);
	KUNIT_EXPECT_EQ(test, c[1]->bad, 0);
}

static void either_side_closes_and_opens_again(struct kunit *test)
{
	struct edges *e = edges_create(test, 0);
	struct edges_client *c[2];
	unsigned int i;

	edges_channel(e, "again", 256, false, false);
	edges_connect(e, "again", 0, c);
	for (i = 0; i < 20; i++) {
		struct edges_client *who = c[i & 1];

		c[0]->nr = 0;
		c[1]->nr = 0;
		KUNIT_ASSERT_EQ(test, edges_send(c[0], 50, 0), 0);
		KUNIT_ASSERT_TRUE(test, edges_wait(c[1], 1));
		KUNIT_ASSERT_EQ(test, edges_send(c[1], 70, 0), 0);
		KUNIT_ASSERT_TRUE(test, edges_wait(c[0], 1));
		KUNIT_EXPECT_EQ(test, c[0]->bad + c[1]->bad, 0);

		edges_close(who);
		if (who == c[1]) {
			KUNIT_ASSERT_TRUE(test, edges_wait_for(&c[0]->closes, i / 2 + 1));
			KUNIT_EXPECT_EQ(test, edges_send(c[0], 10, 0), -EPIPE);
		}
		c[0]->ups = 0;
		KUNIT_ASSERT_EQ(test, edges_open(who, e->link[i & 1], "again", 0), 0);
		KUNIT_ASSERT_TRUE(test, edges_wait_for(&c[0]->ups, 1));
	}
}

static void nobody_answers(struct kunit *test)
{
	struct edges *e = edges_create(test, 0);
	struct edges_client *c = edges_client(test);
	struct edges_client *server = edges_client(test);
	unsigned long before;

	KUNIT_EXPECT_EQ_MSG(test, edges_open(c, e->link[0], "no such", 0), -ENOENT, "after 1 s");
	edges_channel(e, "silent", 256, false, false);
	before = jiffies;
	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "silent", 0), -ETIMEDOUT);
	KUNIT_EXPECT_LT(test, jiffies - before, 20 * HZ);
	KUNIT_EXPECT_EQ(test, edges_open(server, e->link[1], "silent", 0), 0);
	KUNIT_EXPECT_EQ_MSG(test, edges_send(server, 10, 0), -EPIPE, "nobody is there");
	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "silent", 0), 0);
	KUNIT_EXPECT_EQ(test, edges_send(c, 10, 0), 0);
	KUNIT_EXPECT_TRUE(test, edges_wait(server, 1));
}

static void a_channel_appears_later(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_OFFLINE);
	struct edges_client *c[2] = { edges_client(test), edges_client(test) };
	unsigned int i;
	char name[8];

	for (i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "ch%u", i);
		edges_channel(e, name, 64, i & 1, i & 2);
	}
	edges_start(e);
	KUNIT_ASSERT_EQ(test, edges_open(c[1], e->link[1], "ch11", 0), 0);
	KUNIT_ASSERT_EQ(test, edges_open(c[0], e->link[0], "ch11", 0), 0);
	KUNIT_EXPECT_EQ(test, edges_send(c[0], 16, 0), 0);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[1], 1));
	edges_close(c[0]);
	edges_close(c[1]);
	edges_channel(e, "late", 64, false, false);
	KUNIT_ASSERT_EQ(test, edges_open(c[1], e->link[1], "late", 0), 0);
	KUNIT_ASSERT_EQ(test, edges_open(c[0], e->link[0], "late", 0), 0);
	c[1]->nr = 0;
	KUNIT_EXPECT_EQ(test, edges_send(c[0], 16, 0), 0);
	KUNIT_EXPECT_TRUE(test, edges_wait(c[1], 1));
}

#define CRASH_LEN	50

/* One of edges_fill(), whichever. */
static int any_message(struct edges_client *c, const void *data, size_t len)
{
	const u8 *bytes = data;
	size_t i;

	c->bad += len != CRASH_LEN;
	for (i = 0; i < len; i++)
		c->bad += (u8)(bytes[i] - bytes[0]) != i;
	return 0;
}

/*
 * One that crashed is up when it was told so, but the other may yet see it go and come,
 * and what was sent meanwhile is lost.
 */
static bool gets_through(struct edges_client *from, struct edges_client *to)
{
	unsigned int nr = READ_ONCE(to->nr), tries;

	for (tries = 0; tries < 100 && READ_ONCE(to->nr) == nr; tries++) {
		if (!edges_send(from, CRASH_LEN, tries))
			wait_for_completion_timeout(&to->got, HZ);
		else
			msleep(20);
	}
	return READ_ONCE(to->nr) != nr;
}

static void both_crash_and_recover(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_RECOVER);
	struct edges_client *c[2];
	unsigned int i;

	edges_channel(e, "crash", 256, false, false);
	edges_connect(e, "crash", 0, c);
	for (i = 0; i < 2; i++) {
		c[i]->unchecked = true;
		c[i]->on_rx = any_message;
	}
	for (i = 0; i < 6; i++) {
		KUNIT_ASSERT_TRUE(test, gets_through(c[0], c[1]));
		KUNIT_ASSERT_TRUE(test, gets_through(c[1], c[0]));
		c[i & 1]->ups = 0;
		ferry_link_crash(e->link[i & 1], "test");
		KUNIT_ASSERT_TRUE(test, edges_wait_for(&c[i & 1]->ups, 1));
	}
	KUNIT_EXPECT_EQ(test, c[0]->bad + c[1]->bad, 0);
}

struct signals {
	struct edges *e;
	unsigned int calls;
	u32 last;
};

static struct signals seen;

static void note_signals(void *priv, const char *channel, u32 signals)
{
	seen.last = signals;
	/* Pairs with the acquire in edges_wait_for(): who sees the count sees the rest. */
	smp_store_release(&seen.calls, seen.calls + 1);
}

static void signals_cross(struct kunit *test)
{
	struct edges *e = edges_create(test, 0);
	u32 opened = FERRY_SMD_DSR | FERRY_SMD_CTS | FERRY_SMD_CD;
	struct edges_client *c[2];
	unsigned int calls;

	edges_channel(e, "modem", 256, true, false);
	KUNIT_EXPECT_EQ(test, ferry_smd_set_signals(e->smd[1], "modem", FERRY_SMD_RI, 0),
			-ENOTCONN);
	KUNIT_EXPECT_EQ(test, ferry_smd_signals(e->smd[1], "none"), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_smd_set_signals(e->smd[1], "modem", 0x10, 0), -EINVAL);
	edges_connect(e, "modem", 0, c);
	KUNIT_EXPECT_EQ(test, ferry_smd_signals(e->smd[0], "modem"), opened);
	KUNIT_EXPECT_EQ(test, ferry_smd_signals(e->smd[1], "modem"), opened);
	msleep(20);	/* those of the opening were told */
	e->signals = note_signals;
	calls = seen.calls;
	KUNIT_EXPECT_EQ(test, ferry_smd_set_signals(e->smd[1], "modem",
						    FERRY_SMD_RI | FERRY_SMD_CD, FERRY_SMD_RI), 0);
	KUNIT_EXPECT_TRUE(test, edges_wait_for(&seen.calls, calls + 1));
	KUNIT_EXPECT_EQ(test, seen.last, FERRY_SMD_DSR | FERRY_SMD_CTS | FERRY_SMD_RI);
	KUNIT_EXPECT_EQ(test, ferry_smd_signals(e->smd[0], "modem"), seen.last);
	e->signals = NULL;
}

static struct kunit_case smd_pair_cases[] = {
	KUNIT_CASE(one_message_each_way),
	KUNIT_CASE_PARAM(lengths_from_1_to_the_largest_arrive, shapes_gen_params),
	KUNIT_CASE_PARAM(order_is_kept_at_every_offset, shapes_gen_params),
	KUNIT_CASE_PARAM(atomic_clients_receive_in_order, shapes_gen_params),
	KUNIT_CASE_PARAM(a_stream_has_no_limits, shapes_gen_params),
	KUNIT_CASE(long_messages_arrive),
	KUNIT_CASE(large_packets_go_straight),
	KUNIT_CASE(the_longest_go_straight_one_after_another),
	KUNIT_CASE(a_full_ring_is_told_apart),
	KUNIT_CASE_PARAM(a_client_that_says_not_now_loses_nothing, refusals_gen_params),
	KUNIT_CASE(long_ones_for_atomic_clients_of_the_bus_arrive),
	KUNIT_CASE(a_callback_that_sends_finds_room),
	KUNIT_CASE(either_side_closes_and_opens_again),
	KUNIT_CASE(nobody_answers),
	KUNIT_CASE(a_channel_appears_later),
	KUNIT_CASE(both_crash_and_recover),
	KUNIT_CASE(signals_cross),
	{ }
};

static struct kunit_suite smd_pair_suite = {
	.name = "smd_pair",
	.test_cases = smd_pair_cases,
};
kunit_test_suite(smd_pair_suite);

MODULE_DESCRIPTION("Tests of Ferry's SMD against itself");
MODULE_LICENSE("GPL");
