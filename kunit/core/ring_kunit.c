// SPDX-License-Identifier: GPL-2.0-only
/*
 * Byte rings: known answers, indices that cannot be, and millions of random steps beside
 * a model that is a plain queue.
 */
#include <kunit/test.h>
#include <linux/ferry/ring.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "../ferry_kunit.h"

#define RING_MAX	1024
#define STEPS		3000000
#define STEPS_SLOW	100000000

/* Two layouts, as different as they come. */

static __always_inline u32 byte_load(const void *index)
{
	return le32_to_cpu(READ_ONCE(*(const __le32 *)index));
}

static __always_inline void byte_store(void *index, u32 value)
{
	WRITE_ONCE(*(__le32 *)index, cpu_to_le32(value));
}

static __always_inline void byte_copy(void *dst, const void *src, u32 len)
{
	memcpy(dst, src, len);
}

static const struct ferry_ring_kind byte_kind = {
	.granule = 1,
	.reserve = 1,
	.load = byte_load,
	.store = byte_store,
	.copy_in = byte_copy,
	.copy_out = byte_copy,
};

/* As SMD has it: a reader is never caught up with. */
static const struct ferry_ring_kind roomy_kind = {
	.granule = 1,
	.reserve = 4,
	.load = byte_load,
	.store = byte_store,
	.copy_in = byte_copy,
	.copy_out = byte_copy,
};

/* Indices count words here, and are 16 bits. */
static __always_inline u32 word_load(const void *index)
{
	return 4 * READ_ONCE(*(const u16 *)index);
}

static __always_inline void word_store(void *index, u32 value)
{
	WRITE_ONCE(*(u16 *)index, value / 4);
}

static __always_inline void word_copy(void *dst, const void *src, u32 len)
{
	u32 i;

	for (i = 0; i < len; i += 4)
		*(u32 *)(dst + i) = *(const u32 *)(src + i);
}

static const struct ferry_ring_kind word_kind = {
	.granule = 4,
	.reserve = 4,
	.load = word_load,
	.store = word_store,
	.copy_in = word_copy,
	.copy_out = word_copy,
};

/* Both ends of one ring. */
struct pair {
	u8 data[RING_MAX + 8] __aligned(8);
	u32 head;
	u32 tail;
	struct ferry_ring writer;
	struct ferry_ring reader;
};

static struct pair *pair(struct kunit *test, u32 size)
{
	struct pair *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p->data + size, 0xa5, sizeof(p->data) - size);
	ferry_ring_init(&p->writer, p->data, size, &p->head, &p->tail);
	ferry_ring_init(&p->reader, p->data, size, &p->tail, &p->head);
	return p;
}

/* Beyond the end nothing was written. */
static bool pair_is_whole(const struct pair *p)
{
	return !memchr_inv(p->data + p->writer.size, 0xa5, sizeof(p->data) - p->writer.size);
}

static void bytes_are_where_they_belong(struct kunit *test)
{
	static const u8 want[10] = { 0, 0, 0, 'd', 'e', 'f', 'g', 'h', 'i', 'j' };
	struct pair *p = pair(test, 10);
	u8 got[8];

	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 9);
	ferry_ring_write(&p->writer, &byte_kind, "abcde", 5);
	ferry_ring_write(&p->writer, &byte_kind, "f", 1);
	KUNIT_EXPECT_EQ_MSG(test, p->head, 0, "not published");
	ferry_ring_publish(&p->writer, &byte_kind);
	KUNIT_EXPECT_EQ(test, p->head, 6);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 3);

	KUNIT_EXPECT_EQ(test, ferry_ring_look_avail(&p->reader, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_avail(&p->reader), 6);
	ferry_ring_peek(&p->reader, &byte_kind, got, 6);
	KUNIT_EXPECT_MEMEQ(test, got, "abcdef", 6);
	ferry_ring_advance(&p->reader, 3);
	memset(p->data, 0, 3);
	ferry_ring_publish(&p->reader, &byte_kind);
	KUNIT_EXPECT_EQ(test, p->tail, 3);

	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 6);
	ferry_ring_write(&p->writer, &byte_kind, "ghij", 4);
	ferry_ring_publish(&p->writer, &byte_kind);
	KUNIT_EXPECT_EQ_MSG(test, p->head, 0, "exactly at the end");
	KUNIT_EXPECT_EQ(test, ferry_ring_look_avail(&p->reader, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_avail(&p->reader), 7);
	ferry_ring_peek(&p->reader, &byte_kind, got, 7);
	KUNIT_EXPECT_MEMEQ(test, got, "defghij", 7);
	ferry_ring_advance(&p->reader, 7);
	KUNIT_EXPECT_EQ(test, ferry_ring_avail(&p->reader), 0);
	ferry_ring_publish(&p->reader, &byte_kind);
	KUNIT_EXPECT_EQ(test, p->tail, 0);
	KUNIT_EXPECT_MEMEQ(test, p->data, want, 10);
	KUNIT_EXPECT_TRUE(test, pair_is_whole(p));
}

static void a_write_wraps_in_two_pieces(struct kunit *test)
{
	struct pair *p = pair(test, 12);
	u8 got[12];

	ferry_ring_look_space(&p->writer, &word_kind);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 8);
	ferry_ring_write(&p->writer, &word_kind, "01234567", 8);
	ferry_ring_publish(&p->writer, &word_kind);
	KUNIT_EXPECT_EQ_MSG(test, *(u16 *)&p->head, 2, "words");
	ferry_ring_look_avail(&p->reader, &word_kind);
	ferry_ring_advance(&p->reader, 8);
	ferry_ring_publish(&p->reader, &word_kind);

	ferry_ring_look_space(&p->writer, &word_kind);
	ferry_ring_write(&p->writer, &word_kind, "abcdefgh", 8);
	ferry_ring_publish(&p->writer, &word_kind);
	KUNIT_EXPECT_MEMEQ(test, p->data, "efgh4567abcd", 12);
	ferry_ring_look_avail(&p->reader, &word_kind);
	KUNIT_EXPECT_EQ(test, ferry_ring_avail(&p->reader), 8);
	ferry_ring_peek(&p->reader, &word_kind, got, 8);
	KUNIT_EXPECT_MEMEQ(test, got, "abcdefgh", 8);
	KUNIT_EXPECT_TRUE(test, pair_is_whole(p));
}

static void an_index_outside_is_refused(struct kunit *test)
{
	static const u32 bad[] = { 100, 101, 0x7fffffff, 0x80000000, 0xffffff9c, 0xffffffff };
	struct pair *p = pair(test, 100);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		p->tail = bad[i];
		p->head = bad[i];
		KUNIT_EXPECT_EQ_MSG(test, ferry_ring_look_space(&p->writer, &byte_kind), -EPROTO,
				    "%x", bad[i]);
		KUNIT_EXPECT_EQ_MSG(test, ferry_ring_look_avail(&p->reader, &byte_kind), -EPROTO,
				    "%x", bad[i]);
	}
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_avail(&p->reader), 0);
	p->tail = 99;
	p->head = 99;
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_look_avail(&p->reader, &byte_kind), 0);
}

static void an_index_within_a_granule_is_refused(struct kunit *test)
{
	static const struct ferry_ring_kind kind = {
		.granule = 4,
		.reserve = 4,
		.load = byte_load,
		.store = byte_store,
		.copy_in = word_copy,
		.copy_out = word_copy,
	};
	struct pair *p = pair(test, 64);
	u32 i;

	for (i = 0; i < 64; i++) {
		p->head = i;
		p->tail = i;
		KUNIT_EXPECT_EQ(test, ferry_ring_look_avail(&p->reader, &kind),
				i % 4 ? -EPROTO : 0);
		KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &kind),
				i % 4 ? -EPROTO : 0);
		p->writer.settled = false;
	}
}

static void a_reader_never_takes_room_away(struct kunit *test)
{
	struct pair *p = pair(test, 100);

	ferry_ring_look_space(&p->writer, &byte_kind);
	ferry_ring_write(&p->writer, &byte_kind, p->data, 50);
	ferry_ring_publish(&p->writer, &byte_kind);
	p->tail = 20;
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 69);
	p->tail = 19;
	KUNIT_EXPECT_EQ_MSG(test, ferry_ring_look_space(&p->writer, &byte_kind), -EPROTO, "back");
	p->tail = 51;
	KUNIT_EXPECT_EQ_MSG(test, ferry_ring_look_space(&p->writer, &byte_kind), -EPROTO,
			    "beyond what was written");
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 69);
	p->tail = 50;
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 99);
	ferry_ring_write(&p->writer, &byte_kind, p->data, 99);
	ferry_ring_publish(&p->writer, &byte_kind);
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 0);
	KUNIT_EXPECT_EQ_MSG(test, p->head, 49, "full");
}

static void full_is_as_far_as_it_goes(struct kunit *test)
{
	struct pair *p = pair(test, 64);
	u32 i;

	ferry_ring_look_space(&p->writer, &roomy_kind);
	ferry_ring_write(&p->writer, &roomy_kind, p->data, 60);
	ferry_ring_publish(&p->writer, &roomy_kind);
	for (i = 61; i < 64; i++) {
		p->tail = i;
		KUNIT_EXPECT_EQ_MSG(test, ferry_ring_look_space(&p->writer, &roomy_kind), -EPROTO,
				    "%u was not written", i);
	}
	p->tail = 60;
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &roomy_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 60);
}

static void a_reader_may_begin_elsewhere(struct kunit *test)
{
	struct pair *p = pair(test, 100);

	p->tail = 40;
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 39);
	p->tail = 1;	/* as a reader does that begins at 0 after all, and read a byte */
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 0);
	p->tail = 0;
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 99);
	p->tail = 1;
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), -EPROTO);
}

/* Where nothing may be written: it leaves no room, and not very much. */
static void a_reader_that_begins_in_the_reserve_leaves_no_room(struct kunit *test)
{
	struct pair *p = pair(test, 64);
	u32 i;

	for (i = 1; i <= 5; i++) {
		p->tail = i;
		KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &roomy_kind), 0);
		KUNIT_EXPECT_EQ_MSG(test, ferry_ring_space(&p->writer), i < 4 ? 0 : i - 4,
				    "at %u", i);
	}
}

static void a_reset_begins_again(struct kunit *test)
{
	struct pair *p = pair(test, 100);

	ferry_ring_look_space(&p->writer, &byte_kind);
	ferry_ring_write(&p->writer, &byte_kind, "abcde", 5);
	ferry_ring_publish(&p->writer, &byte_kind);
	ferry_ring_look_avail(&p->reader, &byte_kind);
	ferry_ring_advance(&p->reader, 3);
	ferry_ring_reset(&p->writer);
	ferry_ring_reset(&p->reader);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_avail(&p->reader), 0);
	KUNIT_EXPECT_EQ_MSG(test, p->head, 5, "not published");
	/* The reader may not have begun at 0 in this life, either. */
	p->tail = 3;
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_space(&p->writer), 2);
	p->tail = 2;
	KUNIT_EXPECT_EQ(test, ferry_ring_look_space(&p->writer, &byte_kind), 0);
	ferry_ring_publish(&p->writer, &byte_kind);
	ferry_ring_publish(&p->reader, &byte_kind);
	KUNIT_EXPECT_EQ(test, p->head, 0);
	KUNIT_EXPECT_EQ(test, p->tail, 0);
	ferry_ring_look_space(&p->writer, &byte_kind);
	ferry_ring_write(&p->writer, &byte_kind, "xy", 2);
	ferry_ring_publish(&p->writer, &byte_kind);
	KUNIT_EXPECT_MEMEQ(test, p->data, "xycde", 5);
	KUNIT_EXPECT_EQ(test, ferry_ring_look_avail(&p->reader, &byte_kind), 0);
	KUNIT_EXPECT_EQ(test, ferry_ring_avail(&p->reader), 2);
}

/* The model: how many bytes were written, published, read and freed since the beginning. */
struct model {
	u64 written, published, read, freed;
};

static u8 model_byte(u64 n)
{
	return n * 167 + (n >> 8) * 59;
}

static __always_inline bool step_write(struct pair *p, const struct ferry_ring_kind *kind,
				       struct model *m, u32 want)
{
	static u8 chunk[RING_MAX] __aligned(8);
	u32 size = p->writer.size, i;

	if (ferry_ring_look_space(&p->writer, kind) ||
	    ferry_ring_space(&p->writer) != size - kind->reserve - (m->written - m->freed))
		return false;
	want = min(want, ferry_ring_space(&p->writer));
	for (i = 0; i < want; i++)
		chunk[i] = model_byte(m->written + i);
	ferry_ring_write(&p->writer, kind, chunk, want);
	m->written += want;
	return true;
}

static __always_inline bool step_read(struct pair *p, const struct ferry_ring_kind *kind,
				      struct model *m, u32 want)
{
	static u8 chunk[RING_MAX] __aligned(8);
	u32 i;

	if (ferry_ring_look_avail(&p->reader, kind) ||
	    ferry_ring_avail(&p->reader) != m->published - m->read)
		return false;
	want = min(want, ferry_ring_avail(&p->reader));
	ferry_ring_peek(&p->reader, kind, chunk, want);
	for (i = 0; i < want; i++)
		if (chunk[i] != model_byte(m->read + i))
			return false;
	ferry_ring_advance(&p->reader, want);
	m->read += want;
	return true;
}

static __always_inline bool step(struct pair *p, const struct ferry_ring_kind *kind,
				 struct model *m, u32 random)
{
	/* Short ones mostly, so that all positions and levels are met. */
	u32 most = random & 0x100 ? p->writer.size : 24;
	u32 len = round_down((random >> 16) % most, kind->granule);

	switch (random & 3) {
	case 0:
		return step_write(p, kind, m, len);
	case 1:
		ferry_ring_publish(&p->writer, kind);
		m->published = m->written;
		return true;
	case 2:
		return step_read(p, kind, m, len);
	default:
		ferry_ring_publish(&p->reader, kind);
		m->freed = m->read;
		return true;
	}
}

static __always_inline void walk(struct kunit *test, const struct ferry_ring_kind *kind, u32 size,
				 u32 steps)
{
	struct pair *p = pair(test, size);
	struct rnd_state rnd;
	struct model m = {};
	u32 i;

	prandom_seed_state(&rnd, size * 4 + kind->granule);
	for (i = 0; i < steps; i++) {
		if (!step(p, kind, &m, prandom_u32_state(&rnd))) {
			KUNIT_FAIL(test, "size %u granule %u: step %u differs from the model",
				   size, kind->granule, i);
			return;
		}
		if (!(i % 4096))
			cond_resched();
	}
	KUNIT_EXPECT_TRUE(test, pair_is_whole(p));
	KUNIT_EXPECT_GT_MSG(test, m.read, (u64)steps / 2, "hardly anything moved");
}

static void walk_all(struct kunit *test, u32 steps)
{
	static const u32 sizes[] = { 32, 100, 256, 1000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		walk(test, &byte_kind, sizes[i], steps / 8);
		walk(test, &word_kind, sizes[i], steps / 8);
	}
}

static void random_steps_agree_with_a_queue(struct kunit *test)
{
	walk_all(test, STEPS);
}

static void very_many_random_steps(struct kunit *test)
{
	walk_all(test, STEPS_SLOW);
}

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(bytes_are_where_they_belong),
	KUNIT_CASE(a_write_wraps_in_two_pieces),
	KUNIT_CASE(an_index_outside_is_refused),
	KUNIT_CASE(an_index_within_a_granule_is_refused),
	KUNIT_CASE(a_reader_never_takes_room_away),
	KUNIT_CASE(full_is_as_far_as_it_goes),
	KUNIT_CASE(a_reader_may_begin_elsewhere),
	KUNIT_CASE(a_reader_that_begins_in_the_reserve_leaves_no_room),
	KUNIT_CASE(a_reset_begins_again),
	KUNIT_CASE(random_steps_agree_with_a_queue),
	FERRY_CASE_SLOW(very_many_random_steps),
	{ }
};

static struct kunit_suite ring_suite = {
	.name = "ring",
	.test_cases = ring_cases,
};
kunit_test_suite(ring_suite);

MODULE_DESCRIPTION("Tests of Ferry's byte rings");
MODULE_LICENSE("GPL");
