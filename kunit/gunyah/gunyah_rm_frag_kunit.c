// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of the resource manager and their packets, against a model: any lengths, any
 * packets, in any order.
 */
#include <linux/bitfield.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../../drivers/gunyah/rm_frag.h"
#include "../ferry_kunit.h"

#define ROUNDS	4000

FERRY_IMPORT_TEST();

struct join {
	struct rm_join join;
	struct rm_joined out;
	u8 *content;
	u8 packet[RM_PACKET_MAX + 1];
};

static struct join *join_new(struct kunit *test)
{
	struct join *j = kunit_kzalloc(test, sizeof(*j), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, j);
	/* Exactly as large as it must be: one byte more is found. */
	j->join.buf = kunit_kzalloc(test, RM_MESSAGE_MAX, GFP_KERNEL);
	j->content = kunit_kzalloc(test, RM_MESSAGE_MAX, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, j->join.buf && j->content);
	for (i = 0; i < RM_MESSAGE_MAX; i++)
		j->content[i] = i * 7 + i / 253;
	return j;
}

static void packets_are_as_many_as_they_must_be(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_packets(0), 1);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_packets(1), 1);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_packets(232), 1);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_packets(233), 2);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_packets(464), 2);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_packets(465), 3);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_packets(14616), 63);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_packets(14617), 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_packets(SIZE_MAX), 0);
}

/* Every length there is, there and back. */
static void every_length_is_split_and_joined(struct kunit *test)
{
	struct join *j = join_new(test);
	struct rm_msg msg = { .type = RM_TYPE_REPLY, .data = j->content };
	unsigned int nr, n;

	for (msg.len = 0; msg.len <= RM_MESSAGE_MAX; msg.len += msg.len < 1000 ? 1 : 97) {
		msg.seq = msg.len;
		msg.id = 0x56000000 + msg.len + 1;
		n = ferry_gunyah_rm_packets(msg.len);
		for (nr = 0; nr < n; nr++) {
			size_t len = ferry_gunyah_rm_split(&msg, nr, j->packet);

			KUNIT_ASSERT_TRUE(test, nr == n - 1 || len == RM_PACKET_MAX);
			KUNIT_ASSERT_EQ(test, j->packet[0], 0x21);
			KUNIT_ASSERT_EQ(test, j->packet[1], (n - 1) << 2 | (nr ? 0 : 2));
			ferry_gunyah_rm_join(&j->join, j->packet, len, &j->out);
			KUNIT_ASSERT_FALSE(test, j->out.dropped || j->out.broken);
			KUNIT_ASSERT_EQ(test, j->out.whole, nr == n - 1);
		}
		KUNIT_ASSERT_EQ(test, j->out.msg.len, msg.len);
		KUNIT_ASSERT_EQ(test, j->out.msg.id, msg.id);
		KUNIT_ASSERT_EQ(test, j->out.msg.seq, msg.seq);
		KUNIT_ASSERT_EQ(test, (int)j->out.msg.type, RM_TYPE_REPLY);
		KUNIT_ASSERT_MEMEQ(test, j->out.msg.data, j->content, msg.len);
	}
}

static void headers_that_cannot_be_are_dropped(struct kunit *test)
{
	struct join *j = join_new(test);
	unsigned int i, good = 0;

	for (i = 0; i <= U16_MAX; i++) {
		u8 packet[9] = { i & 0xff, i >> 8, 0, 0, 1 };
		unsigned int type = packet[1] & 3, fragments = packet[1] >> 2;
		bool ok = packet[0] == 0x21 && type >= 2 && fragments <= 62;

		j->join.open = false;
		ferry_gunyah_rm_join(&j->join, packet, sizeof(packet), &j->out);
		KUNIT_ASSERT_EQ_MSG(test, !j->out.dropped, ok, "%#x %#x", packet[0], packet[1]);
		KUNIT_ASSERT_EQ(test, j->out.whole, ok && !fragments);
		good += ok;
	}
	KUNIT_EXPECT_EQ(test, good, 2 * 63);
}

static void lengths_that_cannot_be_are_dropped(struct kunit *test)
{
	struct join *j = join_new(test);
	size_t len;

	j->packet[0] = RM_API;
	j->packet[1] = RM_TYPE_REPLY;
	j->packet[4] = 1;
	for (len = 0; len <= sizeof(j->packet); len++) {
		ferry_gunyah_rm_join(&j->join, j->packet, len, &j->out);
		KUNIT_EXPECT_EQ(test, j->out.whole, len >= 8 && len <= 240);
		if (len < 8 || len > 240)
			KUNIT_EXPECT_EQ(test, (int)j->out.why, (int)FERRY_GUNYAH_RM_LENGTH);
	}
	/* No message has the number 0. */
	j->packet[4] = 0;
	ferry_gunyah_rm_join(&j->join, j->packet, 8, &j->out);
	KUNIT_EXPECT_EQ(test, (int)j->out.why, (int)FERRY_GUNYAH_RM_HEADER);
}

/* What has to come out, kept in the plainest way there is: all packets of the message. */
struct model {
	u8 packets[63][RM_PACKET_MAX];
	size_t lens[63];
	unsigned int n;
	unsigned int total;	/* 0: nothing is open */
};

/* Is a whole message there now? */
static bool model_add(struct model *m, const u8 *packet, size_t len, bool *drop, bool *broken)
{
	unsigned int type = packet[1] & 3, fragments = packet[1] >> 2;

	*drop = false;
	*broken = false;
	if (len < 8 || packet[0] != 0x21 || type == 1 || fragments == 63 ||
	    !(packet[4] | packet[5] | packet[6] | packet[7])) {
		*drop = true;
		return false;
	}
	if (type) {
		*broken = m->total;
		m->total = fragments + 1;
		m->n = 0;
	} else if (!m->total) {
		*drop = true;
		return false;
	} else if (memcmp(packet + 2, m->packets[0] + 2, 6) || fragments != m->total - 1) {
		*drop = true;
		*broken = true;
		m->total = 0;
		return false;
	}
	memcpy(m->packets[m->n], packet, len);
	m->lens[m->n++] = len;
	if (m->n < m->total)
		return false;
	m->total = 0;
	return true;
}

static void model_compare(struct kunit *test, const struct model *m, const struct rm_msg *msg)
{
	const u8 *p = msg->data;
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < m->n; i++) {
		KUNIT_ASSERT_LE(test, len + m->lens[i] - 8, msg->len);
		KUNIT_ASSERT_MEMEQ(test, p + len, m->packets[i] + 8, m->lens[i] - 8);
		len += m->lens[i] - 8;
	}
	KUNIT_ASSERT_EQ(test, msg->len, len);
	KUNIT_ASSERT_EQ(test, (int)msg->type, m->packets[0][1] & 3);
	KUNIT_ASSERT_EQ(test, (int)msg->seq, m->packets[0][2] | m->packets[0][3] << 8);
}

/* A packet that may be right: few values for each field, so that they often fit. */
static size_t random_packet(struct rnd_state *rnd, u8 *packet)
{
	static const u8 fragments[] = { 0, 0, 0, 1, 1, 2, 3, 62, 63 };
	u32 dice = prandom_u32_state(rnd);
	size_t len = dice % 16 ? 8 + prandom_u32_state(rnd) % 233 : prandom_u32_state(rnd) % 9;
	u8 type = prandom_u32_state(rnd) % 3 ? 0 : prandom_u32_state(rnd) % 4;

	prandom_bytes_state(rnd, packet, RM_PACKET_MAX);
	packet[0] = dice % 31 ? 0x21 : 0x22;
	packet[1] = type | fragments[prandom_u32_state(rnd) % ARRAY_SIZE(fragments)] << 2;
	packet[2] = prandom_u32_state(rnd) % 8 ? 7 : 8;
	packet[3] = 0;
	memset(packet + 4, 0, 4);
	packet[4] = dice % 61 ? 1 : 0;
	return len;
}

static void random_packets_come_out_as_the_model_says(struct kunit *test)
{
	struct join *j = join_new(test);
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	unsigned int i, whole = 0, longer = 0;
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, m);
	prandom_seed_state(&rnd, 20240229);
	for (i = 0; i < 20 * ROUNDS; i++) {
		size_t len = random_packet(&rnd, j->packet);
		bool drop, broken, done = model_add(m, j->packet, len, &drop, &broken);

		ferry_gunyah_rm_join(&j->join, j->packet, len, &j->out);
		KUNIT_ASSERT_EQ_MSG(test, j->out.whole, done, "packet %u", i);
		KUNIT_ASSERT_EQ_MSG(test, j->out.dropped, drop, "packet %u", i);
		KUNIT_ASSERT_EQ_MSG(test, j->out.broken, broken, "packet %u", i);
		if (!done)
			continue;
		model_compare(test, m, &j->out.msg);
		whole++;
		longer += m->n > 1;
	}
	KUNIT_EXPECT_GT(test, whole, ROUNDS / 10);
	KUNIT_EXPECT_GT(test, longer, ROUNDS / 40);
}

/* Long messages in packets of any length, as a sender may send them. */
static void short_packets_are_joined(struct kunit *test)
{
	struct join *j = join_new(test);
	struct rnd_state rnd;
	unsigned int i, nr, n;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < 300; i++) {
		size_t total = 0;

		n = 1 + prandom_u32_state(&rnd) % 63;
		for (nr = 0; nr < n; nr++) {
			size_t part = prandom_u32_state(&rnd) % 233;

			memset(j->packet, 0, 8);
			j->packet[0] = RM_API;
			j->packet[1] = (n - 1) << 2 | (nr ? 0 : RM_TYPE_NOTIFICATION);
			j->packet[4] = 1;
			memcpy(j->packet + 8, j->content + total, part);
			total += part;
			ferry_gunyah_rm_join(&j->join, j->packet, 8 + part, &j->out);
		}
		KUNIT_ASSERT_TRUE(test, j->out.whole);
		KUNIT_ASSERT_EQ(test, j->out.msg.len, total);
		KUNIT_ASSERT_MEMEQ(test, j->out.msg.data, j->content, total);
	}
}

static void forgetting_says_what_was_open(struct kunit *test)
{
	struct join *j = join_new(test);
	struct rm_msg lost;

	KUNIT_EXPECT_FALSE(test, ferry_gunyah_rm_forget(&j->join, &lost));
	memcpy(j->packet, ((u8 []){ 0x21, 0x06, 0x34, 0x12, 1, 0, 0, 0x56 }), 8);
	ferry_gunyah_rm_join(&j->join, j->packet, 8, &j->out);
	KUNIT_EXPECT_TRUE(test, ferry_gunyah_rm_forget(&j->join, &lost));
	KUNIT_EXPECT_EQ(test, (int)lost.type, RM_TYPE_REPLY);
	KUNIT_EXPECT_EQ(test, (int)lost.seq, 0x1234);
	KUNIT_EXPECT_EQ(test, lost.id, 0x56000001);
	KUNIT_EXPECT_FALSE(test, ferry_gunyah_rm_forget(&j->join, &lost));
}

static struct kunit_case gunyah_rm_frag_cases[] = {
	KUNIT_CASE(packets_are_as_many_as_they_must_be),
	KUNIT_CASE(every_length_is_split_and_joined),
	KUNIT_CASE(headers_that_cannot_be_are_dropped),
	KUNIT_CASE(lengths_that_cannot_be_are_dropped),
	KUNIT_CASE(random_packets_come_out_as_the_model_says),
	KUNIT_CASE(short_packets_are_joined),
	KUNIT_CASE(forgetting_says_what_was_open),
	{}
};

/* Other suites have links with the name that is looked for. */
static int rm_frag_suite_init(struct kunit_suite *suite)
{
	ferry_gunyah_rm_set_auto(false);
	return 0;
}

static struct kunit_suite gunyah_rm_frag_suite = {
	.name = "ferry_gunyah_rm_frag",
	.suite_init = rm_frag_suite_init,
	.test_cases = gunyah_rm_frag_cases,
};

kunit_test_suite(gunyah_rm_frag_suite);

MODULE_DESCRIPTION("Ferry: tests of messages and packets of the resource manager of Gunyah");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
