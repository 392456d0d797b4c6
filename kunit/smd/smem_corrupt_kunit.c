// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMEM whose every field is wrong, and SMEM that changes while it is read.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/sched.h>

#include "../../drivers/smd/smem_wire.h"
#include "smem_rig.h"

#define ANY		FERRY_SMEM_HOST_ANY
#define ENTRY(n)	(RIG_TABLE + 32 + 48 * (n))
#define INFO(n)		ENTRY(n)
#define TOC(n)		(0xd0 + 16 * (n))
#define ITEM		20
#define ROUNDS		3000
#define SCRIBBLES	20000

/* One field, and what becomes of it. */
struct field {
	const char *what;
	u32 offset;
	u32 bytes;
	u32 value;
	int ret;
};

static void field_desc(const struct field *f, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %#x", f->what, f->value);
}

static void field_write(struct smem_rig *rig, const struct field *f)
{
	if (f->bytes == 2)
		*(__le16 *)(rig->base + f->offset) = cpu_to_le16(f->value);
	else
		*(__le32 *)(rig->base + f->offset) = cpu_to_le32(f->value);
}

/* What ferry_smem_create() says of a heap with a partition. */
static const struct field heap_fields[] = {
	{ "version", 0x5c, 4, 0x000bffff, 0 },
	{ "version", 0x5c, 4, 0x000a0000, -EINVAL },
	{ "version", 0x5c, 4, 0x000d0000, -EINVAL },
	{ "version", 0x5c, 4, 0xffffffff, -EINVAL },
	{ "version", 0x5c, 4, 0, -EINVAL },
	{ "initialized", 0xc0, 4, 0, -ENODEV },
	{ "initialized", 0xc0, 4, 2, -ENODEV },
	{ "reserved", 0xcc, 4, 1, -ENODEV },
	{ "free_offset", 0xc4, 4, 0xffffffff, -EINVAL },
	{ "available", 0xc8, 4, 0xffffffff, -EINVAL },
	{ "available", 0xc8, 4, RIG_SIZE, -EINVAL },
	{ "table magic", RIG_TABLE, 4, 0x12345678, 0 },
	{ "table version", RIG_TABLE + 4, 4, 0, -EINVAL },
	{ "table version", RIG_TABLE + 4, 4, 2, -EINVAL },
	{ "entries", RIG_TABLE + 8, 4, 0, 0 },
	{ "entries", RIG_TABLE + 8, 4, 84, 0 },
	{ "entries", RIG_TABLE + 8, 4, 85, -EINVAL },
	{ "entries", RIG_TABLE + 8, 4, 0xffffffff, -EINVAL },
	{ "entry offset", ENTRY(0), 4, 0, 0 },
	{ "entry offset", ENTRY(0), 4, RIG_SIZE - 1, -EINVAL },
	{ "entry offset", ENTRY(0), 4, RIG_SIZE, -EINVAL },
	{ "entry offset", ENTRY(0), 4, RIG_SIZE - RIG_PART_SIZE + 8, -EINVAL },
	{ "entry offset", ENTRY(0), 4, 0xfffffff8, -EINVAL },
	{ "entry offset", ENTRY(0), 4, RIG_PART + 2, -EINVAL },
	{ "entry size", ENTRY(0) + 4, 4, 0, 0 },
	{ "entry size", ENTRY(0) + 4, 4, 16, -EINVAL },
	{ "entry size", ENTRY(0) + 4, 4, RIG_PART_SIZE + 1, -EINVAL },
	{ "entry size", ENTRY(0) + 4, 4, RIG_SIZE - RIG_PART + 8, -EINVAL },
	{ "entry size", ENTRY(0) + 4, 4, 0xfffffff8, -EINVAL },
	{ "flags", ENTRY(0) + 8, 4, 0xffffffff, 0 },
	{ "cacheline", ENTRY(0) + 16, 4, 0, -EINVAL },
	{ "cacheline", ENTRY(0) + 16, 4, 33, -EINVAL },
	{ "cacheline", ENTRY(0) + 16, 4, RIG_PART_SIZE, 0 },
	{ "cacheline", ENTRY(0) + 16, 4, 0x80000000, -EINVAL },
};

KUNIT_ARRAY_PARAM(heap, heap_fields, field_desc);

static void heap_is_checked(struct kunit *test)
{
	const struct field *f = test->param_value;
	struct smem_rig *rig = rig_memory(test);

	rig_build(test, rig, false, &rig_private_part, 1, 0);
	field_write(rig, f);
	KUNIT_ASSERT_EQ(test, rig_create(rig), f->ret);
	if (!f->ret)
		KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, ITEM, 8), 0);
}

/* What ferry_smem_create() says where there are only partitions. */
static const struct field global_fields[] = {
	{ "table magic", RIG_TABLE, 4, 0x12345678, -ENOENT },
	{ "table version", RIG_TABLE + 4, 4, 2, -EINVAL },
	{ "entries", RIG_TABLE + 8, 4, 0, -EINVAL },
	{ "entries", RIG_TABLE + 8, 4, 1, 0 },
	{ "entries", RIG_TABLE + 8, 4, 85, -EINVAL },
	{ "global offset", ENTRY(0), 4, 0, -EINVAL },
	{ "global offset", ENTRY(0), 4, 0xfffffff8, -EINVAL },
	{ "global size", ENTRY(0) + 4, 4, 0, -EINVAL },
	{ "global size", ENTRY(0) + 4, 4, SZ_64K - 8, -EINVAL },
	{ "global host", ENTRY(0) + 12, 2, 5, -EINVAL },
	{ "second global", ENTRY(3) + 12, 4, 0xfffefffe, -EINVAL },
	{ "second of a host", ENTRY(2) + 12, 2, RIG_HOST, -EINVAL },
	{ "magic", 0x20000, 4, 0, -EINVAL },
	{ "header host", 0x20004, 2, 0, -EINVAL },
	{ "header host", 0x20006, 2, 1, -EINVAL },
	{ "header size", 0x20008, 4, SZ_64K + 8, -EINVAL },
	{ "free_uncached", 0x2000c, 4, 0, -EINVAL },
	{ "free_cached", 0x20010, 4, SZ_64K + 8, -EINVAL },
	{ "not ours", ENTRY(3), 4, 0xffffffff, 0 },
	{ "info items", INFO(4) + 16, 2, 0, -EINVAL },
	{ "info items", INFO(4) + 16, 2, 8, -EINVAL },
	{ "info items", INFO(4) + 16, 2, 0xffff, 0 },
	{ "info magic", INFO(4), 4, 0, 0 },
	{ "heap", 0xc4, 4, 0xffffffff, 0 },
};

KUNIT_ARRAY_PARAM(global, global_fields, field_desc);

static void partitions_are_checked(struct kunit *test)
{
	const struct field *f = test->param_value;
	struct smem_rig *rig = rig_memory(test);

	rig_build(test, rig, true, rig_v12_parts, ARRAY_SIZE(rig_v12_parts), 512);
	field_write(rig, f);
	KUNIT_ASSERT_EQ(test, rig_create(rig), f->ret);
	if (!f->ret)
		KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, ITEM, 8), 0);
}

/* A partition whose remote broke it before we looked: the others go on. */
static const struct field header_fields[] = {
	{ "magic", RIG_PART, 4, 0 },
	{ "host0", RIG_PART + 4, 2, 1 },
	{ "host1", RIG_PART + 6, 2, 2 },
	{ "size", RIG_PART + 8, 4, 0 },
	{ "size", RIG_PART + 8, 4, RIG_PART_SIZE + 8 },
	{ "free_uncached", RIG_PART + 12, 4, 31 },
	{ "free_uncached", RIG_PART + 12, 4, RIG_PART_SIZE + 4 },
	{ "free_cached", RIG_PART + 16, 4, 0 },
	{ "free_cached", RIG_PART + 16, 4, RIG_PART_SIZE + 1 },
	{ "free_cached", RIG_PART + 16, 4, 0xffffffff },
};

KUNIT_ARRAY_PARAM(header, header_fields, field_desc);

static void broken_partition_is_refused_alone(struct kunit *test)
{
	const struct field *f = test->param_value;
	struct smem_rig *rig = rig_memory(test);

	rig_build(test, rig, true, rig_v12_parts, ARRAY_SIZE(rig_v12_parts), 0);
	field_write(rig, f);
	KUNIT_ASSERT_EQ(test, rig_create(rig), 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, ITEM, 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, ITEM, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_smem_free_space(rig->smem, RIG_HOST), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, ITEM, 8), 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, 2, ITEM, 8), 0);
}

/* Free pointers that change later; @ret is of an allocation. */
static const struct field pointer_fields[] = {
	{ "free_uncached", RIG_PART + 12, 4, 0, -EINVAL },
	{ "free_uncached", RIG_PART + 12, 4, 28, -EINVAL },
	{ "free_uncached", RIG_PART + 12, 4, 0x32, -EINVAL },
	{ "free_uncached", RIG_PART + 12, 4, RIG_PART_SIZE + 4, -EINVAL },
	{ "free_uncached", RIG_PART + 12, 4, 0xfffffffc, -EINVAL },
	/* it ends in the entry, in the data, and behind it */
	{ "free_uncached", RIG_PART + 12, 4, 0x28, -EINVAL },
	{ "free_uncached", RIG_PART + 12, 4, 0x34, -EINVAL },
	{ "free_uncached", RIG_PART + 12, 4, 0x3c, -EINVAL },
	{ "free_uncached", RIG_PART + 12, 4, 0x40, -EINVAL },
	{ "free_cached", RIG_PART + 16, 4, 0, -EINVAL },
	{ "free_cached", RIG_PART + 16, 4, 0x34, -EINVAL },
	{ "free_cached", RIG_PART + 16, 4, RIG_PART_SIZE + 4, -EINVAL },
	{ "free_cached", RIG_PART + 16, 4, 0xffffffff, -EINVAL },
};

KUNIT_ARRAY_PARAM(pointer, pointer_fields, field_desc);

static void free_pointers_are_checked(struct kunit *test)
{
	const struct field *f = test->param_value;
	struct smem_rig *rig = rig_private(test);
	ssize_t room;

	KUNIT_ASSERT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, ITEM, 8), 0);
	field_write(rig, f);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, ITEM + 1, 8), f->ret);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, ITEM + 1, NULL), f->ret);
	room = ferry_smem_free_space(rig->smem, RIG_HOST);
	KUNIT_EXPECT_TRUE(test, room == -EINVAL || (room >= 0 && room <= RIG_PART_SIZE - 32));
}

/* An entry of the uncached list at 0x20 with 64 bytes; @ret is of looking behind it. */
#define UNCACHED	(RIG_PART + 0x20)
static const struct field uncached_fields[] = {
	{ "canary", UNCACHED, 2, 0, -EINVAL },
	{ "canary", UNCACHED, 2, 0xa5a4, -EINVAL },
	{ "item", UNCACHED + 2, 2, 0xffff, 0 },
	{ "size", UNCACHED + 4, 4, 0, -EINVAL },
	{ "size", UNCACHED + 4, 4, 63, -EINVAL },
	{ "size", UNCACHED + 4, 4, 66, -EINVAL },
	{ "size", UNCACHED + 4, 4, 64 + 28, -EINVAL },
	{ "size", UNCACHED + 4, 4, RIG_PART_SIZE, -EINVAL },
	{ "size", UNCACHED + 4, 4, 0xfffffff0, -EINVAL },
	{ "size", UNCACHED + 4, 4, 0xffffffff, -EINVAL },
	{ "padding_data", UNCACHED + 8, 2, 64, 0 },
	{ "padding_data", UNCACHED + 8, 2, 65, -EINVAL },
	{ "padding_data", UNCACHED + 8, 2, 0xffff, -EINVAL },
	{ "padding_hdr", UNCACHED + 10, 2, 2, -EINVAL },
	{ "padding_hdr", UNCACHED + 10, 2, 28, -EINVAL },
	{ "padding_hdr", UNCACHED + 10, 2, 0xfffc, -EINVAL },
	{ "reserved", UNCACHED + 12, 4, 0xffffffff, 0 },
};

KUNIT_ARRAY_PARAM(uncached, uncached_fields, field_desc);

static void uncached_entries_are_checked(struct kunit *test)
{
	const struct field *f = test->param_value;
	struct smem_rig *rig = rig_private(test);
	long found;

	KUNIT_ASSERT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, ITEM, 64), 0);
	KUNIT_ASSERT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, ITEM + 1, 8), 0);
	field_write(rig, f);
	found = rig_find(rig, RIG_HOST, ITEM + 1, NULL);
	KUNIT_EXPECT_EQ(test, found, f->ret ?: UNCACHED + 16 + 64 + 16);
	/* A cached list is read when the uncached one was right. */
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, ITEM + 2, 8), f->ret);
}

/* An entry of the cached list, at its beginning, with 64 bytes. */
#define CACHED		(RIG_PART + RIG_PART_SIZE - 32)
static const struct field cached_fields[] = {
	{ "canary", CACHED, 2, 0, -EINVAL },
	{ "item", CACHED + 2, 2, 0xffff, 0 },
	{ "size", CACHED + 4, 4, 0, -EINVAL },
	{ "size", CACHED + 4, 4, 62, -EINVAL },
	{ "size", CACHED + 4, 4, 64 + 32 + 32 + 4, -EINVAL },
	{ "size", CACHED + 4, 4, RIG_PART_SIZE, -EINVAL },
	{ "size", CACHED + 4, 4, 0xfffffffc, -EINVAL },
	{ "padding_data", CACHED + 8, 2, 65, -EINVAL },
	{ "padding_hdr", CACHED + 10, 2, 0xffff, -EINVAL },
	{ "reserved", CACHED + 12, 4, 0xffffffff, 0 },
};

KUNIT_ARRAY_PARAM(cached, cached_fields, field_desc);

static void cached_entries_are_checked(struct kunit *test)
{
	const struct field *f = test->param_value;
	struct smem_rig *rig = rig_private(test);
	u8 *part = rig->base + RIG_PART;

	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_cached(part, 32, ITEM, 64));
	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_cached(part, 32, ITEM + 1, 32));
	field_write(rig, f);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, ITEM + 1, NULL),
			f->ret ?: CACHED - 64 - 32 - 32);
}

/* Behind the pointer is a list, too, in which an item could be found that is none. */
static void cached_list_ends_where_its_pointer_says(struct kunit *test)
{
	struct smem_rig *rig = rig_private(test);
	struct smem_entry *first = (void *)rig->base + CACHED;
	u8 *part = rig->base + RIG_PART;
	u32 over, list = 64 + 32 + 32;	/* behind the first entry */

	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_cached(part, 32, ITEM, 64));
	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_cached(part, 32, ITEM + 1, 32));
	for (over = 0; over <= 16; over += 4) {
		struct smem_entry *behind = (void *)first - list - over - 32;

		first->size = cpu_to_le32(list + over);
		behind->canary = cpu_to_le16(0xa5a5);
		behind->item = cpu_to_le16(ITEM + 2);
		KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, ITEM + 2, NULL),
				over ? -EINVAL : -ENOENT);
		memset(behind, 0, sizeof(*behind));
	}
}

/* The heap, when it is in use; @ret is of an allocation. */
static const struct field counter_fields[] = {
	{ "free_offset", 0xc4, 4, 0, -EINVAL },
	{ "free_offset", 0xc4, 4, 0x20cc, -EINVAL },
	{ "free_offset", 0xc4, 4, 0x20d9, -EINVAL },
	{ "free_offset", 0xc4, 4, 0x20e0, -EINVAL },
	{ "free_offset", 0xc4, 4, RIG_SIZE, -EINVAL },
	{ "free_offset", 0xc4, 4, 0xfffffffc, -EINVAL },
	{ "available", 0xc8, 4, 7, -ENOMEM },
	{ "available", 0xc8, 4, RIG_SIZE, -EINVAL },
	{ "available", 0xc8, 4, 0xffffffff, -EINVAL },
	{ "allocated", TOC(ITEM + 1), 4, 0xffffffff, -EEXIST },
};

KUNIT_ARRAY_PARAM(counter, counter_fields, field_desc);

static void heap_counters_are_checked(struct kunit *test)
{
	const struct field *f = test->param_value;
	struct smem_rig *rig = rig_heap(test);
	ssize_t room;

	KUNIT_ASSERT_EQ(test, ferry_smem_alloc(rig->smem, ANY, ITEM, 8), 0);
	field_write(rig, f);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, ITEM + 1, 8), f->ret);
	room = ferry_smem_free_space(rig->smem, ANY);
	KUNIT_EXPECT_TRUE(test, room == -EINVAL || (room >= 0 && room < RIG_SIZE));
}

/* The directory; @ret is of a lookup. */
static const struct field toc_fields[] = {
	{ "allocated", TOC(ITEM), 4, 0, -ENXIO },
	{ "offset", TOC(ITEM) + 4, 4, RIG_TABLE - 64, 0 },
	{ "offset", TOC(ITEM) + 4, 4, RIG_TABLE - 60, -EINVAL },
	{ "offset", TOC(ITEM) + 4, 4, 0x20d2, -EINVAL },
	{ "offset", TOC(ITEM) + 4, 4, 0xffffffc0, -EINVAL },
	{ "offset", TOC(ITEM) + 4, 4, 0xfffffffc, -EINVAL },
	{ "size", TOC(ITEM) + 8, 4, RIG_TABLE, -EINVAL },
	{ "size", TOC(ITEM) + 8, 4, 0xffffff00, -EINVAL },
	{ "size", TOC(ITEM) + 8, 4, 0xffffffff, -EINVAL },
	{ "aux_base", TOC(ITEM) + 12, 4, 3, 0 },
	{ "aux_base", TOC(ITEM) + 12, 4, 4, -ENOENT },
	{ "aux_base", TOC(ITEM) + 12, 4, 0xffffffff, -ENOENT },
};

KUNIT_ARRAY_PARAM(toc, toc_fields, field_desc);

static void directory_is_checked(struct kunit *test)
{
	const struct field *f = test->param_value;
	struct smem_rig *rig = rig_heap(test);
	long found;

	KUNIT_ASSERT_EQ(test, ferry_smem_alloc(rig->smem, ANY, ITEM, 64), 0);
	field_write(rig, f);
	found = rig_find(rig, ANY, ITEM, NULL);
	if (f->ret)
		KUNIT_EXPECT_EQ(test, found, f->ret);
	else
		KUNIT_EXPECT_TRUE(test, found > 0 && found <= RIG_TABLE - 64);
}

static void empty_entries_come_to_an_end(struct kunit *test)
{
	struct smem_rig *rig = rig_private(test);
	u8 *part = rig->base + RIG_PART;

	while (ferry_sim_smem_add_uncached(part, ITEM, 0))
		;
	KUNIT_EXPECT_EQ(test, ferry_smem_free_space(rig->smem, RIG_HOST), 0);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, ITEM + 1, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, ITEM + 1, 8), -ENOSPC);
}

/* All of a partition but its header: entries here and there, garbage between. */
static void scribble(struct rnd_state *rnd, u8 *part, u32 n)
{
	__le16 *list = (__le16 *)part;

	while (n--) {
		u32 at = 6 + prandom_u32_state(rnd) % (RIG_PART_SIZE / 2 - 6);
		u32 value = prandom_u32_state(rnd);

		if (value & BIT(16))
			at &= ~7;
		WRITE_ONCE(list[at], cpu_to_le16(value & BIT(17) ? 0xa5a5 : value & 0xfc));
	}
}

/* What was found is in the partition. */
static int find_inside(struct smem_rig *rig, u32 item)
{
	size_t size = 0;
	long at = rig_find(rig, RIG_HOST, item, &size);

	if (at == -ENOENT || at == -EINVAL)
		return 0;
	return at < RIG_PART + 32 || at % 4 || size > RIG_PART_SIZE ||
	       at + size > RIG_PART + RIG_PART_SIZE;
}

static void garbage_is_found_inside_only(struct kunit *test)
{
	struct smem_rig *rig = rig_private(test);
	u8 *part = rig->base + RIG_PART;
	int i, bad = 0, found = 0;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 0x5e3d);
	for (i = 0; i < ROUNDS; i++) {
		rig_build(test, rig, false, &rig_private_part, 1, 512);
		ferry_sim_smem_add_uncached(part, ITEM, prandom_u32_state(&rnd) % 4096);
		ferry_sim_smem_add_cached(part, 32, ITEM + 1, prandom_u32_state(&rnd) % 4096);
		scribble(&rnd, part, prandom_u32_state(&rnd) % 8);
		bad += find_inside(rig, ITEM) + find_inside(rig, ITEM + 1);
		found += rig_find(rig, RIG_HOST, ITEM + 1, NULL) > 0;
		bad += ferry_smem_free_space(rig->smem, RIG_HOST) > RIG_PART_SIZE;
	}
	KUNIT_EXPECT_EQ(test, bad, 0);
	/* Not all was destroyed, nor spared. */
	KUNIT_EXPECT_GT(test, found, ROUNDS / 10);
	KUNIT_EXPECT_LT(test, found, ROUNDS);
}

static int scribbler(void *data)
{
	struct smem_rig *rig = data;
	struct rnd_state rnd;

	prandom_seed_state(&rnd, 1);
	while (!kthread_should_stop()) {
		scribble(&rnd, rig->base + RIG_PART, 64);
		usleep_range(10, 50);
	}
	return 0;
}

static void memory_may_change_while_it_is_read(struct kunit *test)
{
	struct smem_rig *rig = rig_private(test);
	u8 *part = rig->base + RIG_PART;
	struct task_struct *task;
	int i, bad = 0;

	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_uncached(part, ITEM, 1000));
	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_cached(part, 32, ITEM + 1, 1000));
	task = kthread_run(scribbler, rig, "scribbler");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	for (i = 0; i < SCRIBBLES; i++) {
		bad += find_inside(rig, ITEM + i % 3);
		if (i % 16 == 0)
			cond_resched();
		if (i % 1000 == 0)
			usleep_range(100, 200);
	}
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, bad, 0);
}

static struct kunit_case smem_corrupt_cases[] = {
	KUNIT_CASE_PARAM(heap_is_checked, heap_gen_params),
	KUNIT_CASE_PARAM(partitions_are_checked, global_gen_params),
	KUNIT_CASE_PARAM(broken_partition_is_refused_alone, header_gen_params),
	KUNIT_CASE_PARAM(free_pointers_are_checked, pointer_gen_params),
	KUNIT_CASE_PARAM(uncached_entries_are_checked, uncached_gen_params),
	KUNIT_CASE_PARAM(cached_entries_are_checked, cached_gen_params),
	KUNIT_CASE(cached_list_ends_where_its_pointer_says),
	KUNIT_CASE_PARAM(heap_counters_are_checked, counter_gen_params),
	KUNIT_CASE_PARAM(directory_is_checked, toc_gen_params),
	KUNIT_CASE(empty_entries_come_to_an_end),
	KUNIT_CASE(garbage_is_found_inside_only),
	KUNIT_CASE(memory_may_change_while_it_is_read),
	{}
};

static struct kunit_suite smem_corrupt_suite = {
	.name = "ferry_smem_corrupt",
	.test_cases = smem_corrupt_cases,
};

kunit_test_suite(smem_corrupt_suite);

MODULE_DESCRIPTION("Ferry: tests of corrupt SMEM");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
