/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An SMEM for tests: an image in memory, and a lock that somebody else can hold.
 */
#ifndef KUNIT_SMEM_RIG_H
#define KUNIT_SMEM_RIG_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/ferry/smem.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "../../drivers/sim/smem_image.h"
#include "../ferry_kunit.h"

#define RIG_SIZE	SZ_2M
#define RIG_PHYS	0x86000000
#define RIG_PART	0x100000	/* the partition of the known answers */
#define RIG_PART_SIZE	SZ_16K
#define RIG_HOST	1
#define RIG_GLOBAL	0xfffe
#define RIG_TABLE	(RIG_SIZE - 4096)

struct smem_rig {
	u8 *base;
	atomic_t owner;		/* of the lock: 0, 1 (us), or another host + 1 */
	atomic_t taken;
	unsigned int busted;
	unsigned int released;
	struct ferry_smem_cfg cfg;
	struct ferry_smem *smem;
};

static inline bool rig_trylock(void *data)
{
	struct smem_rig *rig = data;

	if (atomic_cmpxchg(&rig->owner, 0, 1))
		return false;
	atomic_inc(&rig->taken);
	return true;
}

static inline void rig_unlock(void *data)
{
	struct smem_rig *rig = data;

	atomic_set(&rig->owner, 0);
}

static inline int rig_bust(void *data, unsigned int owner)
{
	struct smem_rig *rig = data;

	if (atomic_cmpxchg(&rig->owner, owner, 0) == owner)
		rig->busted++;
	return 0;
}

static const struct ferry_smem_lock_ops rig_lock_ops = {
	.trylock = rig_trylock,
	.unlock = rig_unlock,
	.bust = rig_bust,
};

static inline void rig_release(void *data)
{
	struct smem_rig *rig = data;

	rig->released++;
}

static inline void rig_end(void *arg)
{
	struct smem_rig *rig = arg;

	ferry_smem_put(rig->smem);
	vfree(rig->base);
}

static const struct ferry_sim_smem_part rig_private_part = {
	.host0 = 0,
	.host1 = RIG_HOST,
	.offset = RIG_PART,
	.size = RIG_PART_SIZE,
};

static const struct ferry_sim_smem_part rig_v12_parts[] = {
	{ .host0 = RIG_GLOBAL, .host1 = RIG_GLOBAL, .offset = 0x20000, .size = SZ_64K },
	{ .host0 = 0, .host1 = RIG_HOST, .offset = RIG_PART, .size = RIG_PART_SIZE },
	{ .host0 = 2, .host1 = 0, .size = SZ_8K, .cacheline = 64 },
	{ .host0 = 3, .host1 = 4, .size = SZ_8K },	/* none of ours */
};

/* Only memory. */
static inline struct smem_rig *rig_memory(struct kunit *test)
{
	struct smem_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->base = vzalloc(RIG_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->base);
	ferry_defer(test, rig_end, rig);
	rig->cfg = (struct ferry_smem_cfg) {
		.base = rig->base,
		.size = RIG_SIZE,
		.phys = RIG_PHYS,
		.lock_ops = &rig_lock_ops,
		.lock_data = rig,
		.release = rig_release,
		.data = rig,
	};
	return rig;
}

static inline void rig_build(struct kunit *test, struct smem_rig *rig, bool v12,
			     const struct ferry_sim_smem_part *parts, unsigned int nr_parts,
			     u16 num_items)
{
	const struct ferry_sim_smem_image image = {
		.base = rig->base,
		.size = RIG_SIZE,
		.phys = RIG_PHYS,
		.v12 = v12,
		.parts = parts,
		.nr_parts = nr_parts,
		.num_items = num_items,
	};

	KUNIT_ASSERT_EQ(test, ferry_sim_smem_build(&image), 0);
}

static inline int rig_create(struct smem_rig *rig)
{
	rig->smem = ferry_smem_create(NULL, &rig->cfg);
	return PTR_ERR_OR_ZERO(rig->smem);
}

/* A heap and nothing else. */
static inline struct smem_rig *rig_heap(struct kunit *test)
{
	struct smem_rig *rig = rig_memory(test);

	rig_build(test, rig, false, NULL, 0, 0);
	KUNIT_ASSERT_EQ(test, rig_create(rig), 0);
	return rig;
}

/* A heap, and the partition of the known answers. */
static inline struct smem_rig *rig_private(struct kunit *test)
{
	struct smem_rig *rig = rig_memory(test);

	rig_build(test, rig, false, &rig_private_part, 1, 512);
	KUNIT_ASSERT_EQ(test, rig_create(rig), 0);
	return rig;
}

/* Partitions only. */
static inline struct smem_rig *rig_global(struct kunit *test, u16 num_items)
{
	struct smem_rig *rig = rig_memory(test);

	rig_build(test, rig, true, rig_v12_parts, ARRAY_SIZE(rig_v12_parts), num_items);
	KUNIT_ASSERT_EQ(test, rig_create(rig), 0);
	return rig;
}

/* Offset of an item in the region, or -errno. */
static inline long rig_find(struct smem_rig *rig, u32 host, u32 item, size_t *size)
{
	u8 *ptr = ferry_smem_item(rig->smem, host, item, size);

	return IS_ERR(ptr) ? PTR_ERR(ptr) : ptr - rig->base;
}

#endif /* KUNIT_SMEM_RIG_H */
