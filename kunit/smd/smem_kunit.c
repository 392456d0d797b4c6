// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMEM: known answers, allocation, lookup, the lock.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>

#include "smem_rig.h"

#define ANY		FERRY_SMEM_HOST_ANY
#define HEADER_END	0x20d0
#define THREADS		4
#define PER_THREAD	64

/* Known answer: a heap with one item of 2048 bytes. */
static void expect_one_item(struct kunit *test, struct smem_rig *rig)
{
	static const u8 version[] = { 0x00, 0x00, 0x0b, 0x00 };
	static const u8 counters[] = {
		0x01, 0x00, 0x00, 0x00, 0xd0, 0x28, 0x00, 0x00,
		0x30, 0xc7, 0x1f, 0x00, 0x00, 0x00, 0x00, 0x00,
	};
	static const u8 entry[] = {
		0x01, 0x00, 0x00, 0x00, 0xd0, 0x20, 0x00, 0x00,
		0x00, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	};

	KUNIT_EXPECT_MEMEQ(test, rig->base + 0x5c, version, sizeof(version));
	KUNIT_EXPECT_MEMEQ(test, rig->base + 0xc0, counters, sizeof(counters));
	KUNIT_EXPECT_MEMEQ(test, rig->base + 0x1a0, entry, sizeof(entry));
}

static void heap_is_the_known_answer(struct kunit *test)
{
	struct smem_rig *rig = rig_heap(test);
	size_t size = 0;

	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, 13, 2048), 0);
	expect_one_item(test, rig);
	KUNIT_EXPECT_EQ(test, rig_find(rig, ANY, 13, &size), HEADER_END);
	KUNIT_EXPECT_EQ(test, size, 2048);
	KUNIT_EXPECT_EQ(test, ferry_smem_free_space(rig->smem, ANY), 0x1fc730);
}

static void image_is_the_known_answer(struct kunit *test)
{
	struct smem_rig *rig = rig_heap(test);
	size_t size = 0;

	KUNIT_EXPECT_PTR_EQ(test, ferry_sim_smem_add_heap(rig->base, 13, 2048),
			    (void *)rig->base + HEADER_END);
	expect_one_item(test, rig);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 13, &size), HEADER_END);
	KUNIT_EXPECT_EQ(test, size, 2048);
}

static void table_is_the_known_answer(struct kunit *test)
{
	static const u8 table[] = {
		0x24, 0x54, 0x4f, 0x43, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		/* the entry */
		0x00, 0x00, 0x10, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x01, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		/* the info block */
		0x53, 0x49, 0x49, 0x49, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x86,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
	};
	static const u8 header[] = {
		0x24, 0x50, 0x52, 0x54, 0x00, 0x00, 0x01, 0x00, 0x00, 0x40, 0x00, 0x00,
		0x20, 0x00, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	};
	struct smem_rig *rig = rig_private(test);

	KUNIT_EXPECT_MEMEQ(test, rig->base + RIG_TABLE, table, sizeof(table));
	KUNIT_EXPECT_MEMEQ(test, rig->base + RIG_PART, header, sizeof(header));
	KUNIT_EXPECT_EQ(test, ferry_smem_free_space(rig->smem, RIG_HOST), RIG_PART_SIZE - 32);
}

static void private_items_are_the_known_answer(struct kunit *test)
{
	static const u8 first[] = {
		0xa5, 0xa5, 0x0d, 0x00, 0x00, 0x08, 0x00, 0x00, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	static const u8 second[] = {
		0xa5, 0xa5, 0x0e, 0x00, 0x28, 0x00, 0x00, 0x00, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	static const u8 third[] = {
		0xa5, 0xa5, 0xda, 0x01, 0x10, 0x00, 0x00, 0x00, 0x03, 0, 0, 0, 0, 0, 0, 0,
	};
	struct smem_rig *rig = rig_private(test);
	u8 *part = rig->base + RIG_PART;
	__le32 *free_uncached = (__le32 *)(part + 12);
	size_t size = 0;

	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, 13, 2048), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(*free_uncached), 0x830);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, 14, 40), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(*free_uncached), 0x868);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, 474, 13), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(*free_uncached), 0x888);
	KUNIT_EXPECT_MEMEQ(test, part + 0x20, first, sizeof(first));
	KUNIT_EXPECT_MEMEQ(test, part + 0x830, second, sizeof(second));
	KUNIT_EXPECT_MEMEQ(test, part + 0x868, third, sizeof(third));

	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 13, &size), RIG_PART + 0x30);
	KUNIT_EXPECT_EQ(test, size, 2048);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 14, &size), RIG_PART + 0x840);
	KUNIT_EXPECT_EQ(test, size, 40);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 474, &size), RIG_PART + 0x878);
	KUNIT_EXPECT_EQ(test, size, 13);
	KUNIT_EXPECT_EQ(test, ferry_smem_free_space(rig->smem, RIG_HOST),
			RIG_PART_SIZE - 0x888);
}

/* As a remote writes it: entries with room behind them, and both lists. */
static void both_lists_are_read(struct kunit *test)
{
	struct smem_rig *rig = rig_private(test);
	u8 *part = rig->base + RIG_PART;
	size_t size = 0;
	u8 *ptr;

	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_uncached(part, 100, 64));
	/* Between the entry and its data 16 bytes are left out. */
	part[0x20 + 10] = 16;
	part[0x20 + 4] = 48;
	ptr = ferry_sim_smem_add_cached(part, 32, 101, 40);
	KUNIT_ASSERT_NOT_NULL(test, ptr);
	KUNIT_EXPECT_EQ(test, ptr - part, RIG_PART_SIZE - 32 - 64);
	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_cached(part, 32, 102, 1));

	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 100, &size), RIG_PART + 0x40);
	KUNIT_EXPECT_EQ(test, size, 48);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 101, &size),
			RIG_PART + RIG_PART_SIZE - 32 - 64);
	KUNIT_EXPECT_EQ(test, size, 40);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 102, &size),
			RIG_PART + RIG_PART_SIZE - 32 - 64 - 32 - 32);
	KUNIT_EXPECT_EQ(test, size, 1);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 103, &size), -ENOENT);

	/* In both: the uncached one counts. */
	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_uncached(part, 102, 8));
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 102, &size), RIG_PART + 0x70 + 0x10);
}

static void each_host_has_its_own_place(struct kunit *test)
{
	struct smem_rig *rig = rig_global(test, 0);
	struct ferry_smem *smem = rig->smem;
	u32 low = ferry_sim_smem_part(rig->base, RIG_SIZE, 2, 0);

	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(smem, ANY, 20, 8), 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(smem, RIG_HOST, 20, 8), 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(smem, 2, 20, 8), 0);
	KUNIT_EXPECT_EQ(test, rig_find(rig, ANY, 20, NULL), 0x20000 + 0x30);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 20, NULL), RIG_PART + 0x30);
	KUNIT_EXPECT_EQ(test, rig_find(rig, 2, 20, NULL), low + 0x30);
	/* These have none of ours: the one for all. */
	KUNIT_EXPECT_EQ(test, rig_find(rig, 3, 20, NULL), 0x20000 + 0x30);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(smem, 6, 20, 8), -EEXIST);
	KUNIT_EXPECT_EQ(test, ferry_smem_free_space(smem, 6), SZ_64K - 32 - 24);
	KUNIT_EXPECT_EQ(test, ferry_smem_free_space(smem, 2), SZ_8K - 32 - 24);
}

static void heap_is_used_where_there_is_no_partition(struct kunit *test)
{
	struct smem_rig *rig = rig_private(test);

	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, 2, 20, 8), 0);
	KUNIT_EXPECT_EQ(test, rig_find(rig, 2, 20, NULL), HEADER_END);
	KUNIT_EXPECT_EQ(test, rig_find(rig, ANY, 20, NULL), HEADER_END);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 20, NULL), -ENOENT);
	/* The heap ends where the partition begins. */
	KUNIT_EXPECT_EQ(test, ferry_smem_free_space(rig->smem, ANY), RIG_PART - HEADER_END - 8);
}

static void info_block_says_how_many_items(struct kunit *test)
{
	struct smem_rig *rig = rig_global(test, 600);

	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, 599, 8), 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, 600, 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, rig_find(rig, ANY, 599, NULL), 0x20000 + 0x30);
	KUNIT_EXPECT_EQ(test, rig_find(rig, ANY, 600, NULL), -EINVAL);
}

static void bad_arguments_are_refused(struct kunit *test)
{
	struct smem_rig *heap = rig_heap(test);
	struct smem_rig *global = rig_global(test, 0);
	struct ferry_smem *both[] = { heap->smem, global->smem };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(both); i++) {
		KUNIT_EXPECT_EQ(test, ferry_smem_alloc(both[i], ANY, 7, 8), -EINVAL);
		KUNIT_EXPECT_EQ(test, ferry_smem_alloc(both[i], ANY, 512, 8), -EINVAL);
		KUNIT_EXPECT_EQ(test, ferry_smem_alloc(both[i], ANY, ANY, 8), -EINVAL);
		KUNIT_EXPECT_EQ(test, ferry_smem_alloc(both[i], ANY, 8, 0), -EINVAL);
	}
	KUNIT_EXPECT_EQ(test, rig_find(heap, ANY, 512, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, rig_find(heap, ANY, 511, NULL), -ENXIO);
	KUNIT_EXPECT_EQ(test, rig_find(global, ANY, 511, NULL), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(heap->smem, ANY, 8, SIZE_MAX), -ENOMEM);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(global->smem, ANY, 8, SIZE_MAX), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(heap->smem, ANY, 8, U32_MAX - 3UL), -ENOMEM);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(global->smem, ANY, 8, U32_MAX - 3UL), -ENOSPC);
}

static void create_refuses_bad_arguments(struct kunit *test)
{
	struct smem_rig *rig = rig_memory(test);

	rig_build(test, rig, false, NULL, 0, 0);
	rig->cfg.base = NULL;
	KUNIT_EXPECT_EQ(test, rig_create(rig), -EINVAL);
	rig->cfg.base = rig->base + 4;
	KUNIT_EXPECT_EQ(test, rig_create(rig), -EINVAL);
	rig->cfg.base = rig->base;
	rig->cfg.size = HEADER_END + 4096 - 8;
	KUNIT_EXPECT_EQ(test, rig_create(rig), -EINVAL);
	rig->cfg.size = RIG_SIZE - 4;
	KUNIT_EXPECT_EQ(test, rig_create(rig), -EINVAL);
	rig->cfg.size = 0;
	KUNIT_EXPECT_EQ(test, rig_create(rig), -EINVAL);
	KUNIT_EXPECT_EQ(test, rig->released, 0);
}

static void heap_fills_up(struct kunit *test)
{
	struct smem_rig *rig = rig_heap(test);
	ssize_t room = ferry_smem_free_space(rig->smem, ANY);
	u32 item;

	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, 8, room + 1), -ENOMEM);
	KUNIT_EXPECT_EQ(test, rig_find(rig, ANY, 8, NULL), -ENXIO);
	for (item = 8; item < 511; item++) {
		KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, item, 4081), 0);
		KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, item, 8), -EEXIST);
		room -= 4088;
		KUNIT_EXPECT_EQ(test, ferry_smem_free_space(rig->smem, ANY), room);
	}
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, 511, room), 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_free_space(rig->smem, ANY), 0);
	KUNIT_EXPECT_EQ(test, rig_find(rig, ANY, 511, NULL), RIG_TABLE - room);
}

static void partition_fills_up(struct kunit *test)
{
	struct smem_rig *rig = rig_private(test);
	ssize_t room = ferry_smem_free_space(rig->smem, RIG_HOST);
	u32 item = 8;
	size_t size;

	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, 8, room - 15), -ENOSPC);
	while (room >= 16 + 104) {
		KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, item, 100), 0);
		KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, item, 8), -EEXIST);
		room -= 16 + 104;
		KUNIT_EXPECT_EQ(test, ferry_smem_free_space(rig->smem, RIG_HOST), room);
		item++;
	}
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, item, 100), -ENOSPC);
	while (item-- > 8) {
		KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, item, &size),
				RIG_PART + 32 + (item - 8) * 120 + 16);
		KUNIT_EXPECT_EQ(test, size, 100);
	}
}

static void items_are_found_in_other_regions(struct kunit *test)
{
	struct smem_rig *rig = rig_memory(test);
	__le32 *entry = (__le32 *)(rig->base + 0xd0 + 16 * 20);
	u8 ram[256] __aligned(8);
	const struct ferry_smem_aux aux = { .base = ram, .phys = 0x60000, .size = sizeof(ram) };
	size_t size = 0;

	rig_build(test, rig, false, NULL, 0, 0);
	rig->cfg.aux = &aux;
	rig->cfg.nr_aux = 1;
	KUNIT_ASSERT_EQ(test, rig_create(rig), 0);
	KUNIT_ASSERT_NOT_NULL(test, ferry_sim_smem_add_heap(rig->base, 20, 64));

	entry[1] = cpu_to_le32(192);
	entry[3] = cpu_to_le32(0x60000 | 3);
	KUNIT_EXPECT_PTR_EQ(test, ferry_smem_item(rig->smem, ANY, 20, &size), (void *)ram + 192);
	KUNIT_EXPECT_EQ(test, size, 64);
	entry[1] = cpu_to_le32(196);
	KUNIT_EXPECT_EQ(test, rig_find(rig, ANY, 20, NULL), -EINVAL);
	entry[3] = cpu_to_le32(RIG_PHYS);
	KUNIT_EXPECT_EQ(test, rig_find(rig, ANY, 20, NULL), 196);
	entry[3] = cpu_to_le32(0x60004);
	KUNIT_EXPECT_EQ(test, rig_find(rig, ANY, 20, NULL), -ENOENT);
}

static void lock_is_held_while_allocating(struct kunit *test)
{
	struct smem_rig *rig = rig_private(test);
	int taken = atomic_read(&rig->taken);

	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, 20, 8), 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, RIG_HOST, 20, 8), -EEXIST);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, 20, SZ_4M), -ENOMEM);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, 0, 8), -EINVAL);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->taken), taken + 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->owner), 0);
	/* Lookups take none. */
	atomic_set(&rig->owner, 7);
	KUNIT_EXPECT_EQ(test, rig_find(rig, RIG_HOST, 20, NULL), RIG_PART + 0x30);
	KUNIT_EXPECT_EQ(test, ferry_smem_free_space(rig->smem, RIG_HOST),
			RIG_PART_SIZE - 32 - 24);
	atomic_set(&rig->owner, 0);
}

static void dead_host_keeps_the_lock_for_a_second(struct kunit *test)
{
	struct smem_rig *rig = rig_private(test);
	ktime_t start = ktime_get();
	s64 ms;

	atomic_set(&rig->owner, RIG_HOST + 1);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, 20, 8), -ETIMEDOUT);
	ms = ktime_ms_delta(ktime_get(), start);
	KUNIT_EXPECT_GE(test, ms, 1000);
	KUNIT_EXPECT_LT(test, ms, 2000);

	/* Another one died, not the one that has it. */
	KUNIT_EXPECT_EQ(test, ferry_smem_bust(rig->smem, 2), 0);
	KUNIT_EXPECT_EQ(test, rig->busted, 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_bust(rig->smem, RIG_HOST), 0);
	KUNIT_EXPECT_EQ(test, rig->busted, 1);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, 20, 8), 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_bust(rig->smem, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_smem_bust(rig->smem, ANY), -EINVAL);
}

static void heap_cannot_be_measured_while_the_lock_is_kept(struct kunit *test)
{
	struct smem_rig *rig = rig_memory(test);

	rig_build(test, rig, false, NULL, 0, 0);
	atomic_set(&rig->owner, RIG_HOST + 1);
	KUNIT_EXPECT_EQ(test, rig_create(rig), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, rig->released, 0);
}

static void mutex_is_enough_without_a_lock(struct kunit *test)
{
	struct smem_rig *rig = rig_memory(test);

	rig_build(test, rig, false, NULL, 0, 0);
	rig->cfg.lock_ops = NULL;
	KUNIT_ASSERT_EQ(test, rig_create(rig), 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_alloc(rig->smem, ANY, 20, 8), 0);
	KUNIT_EXPECT_EQ(test, ferry_smem_bust(rig->smem, RIG_HOST), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->taken), 0);
}

struct worker {
	struct smem_rig *rig;
	struct completion done;
	u32 first;
	int failed;
};

static int worker_run(void *data)
{
	struct worker *w = data;
	u32 i;

	for (i = 0; i < PER_THREAD; i++) {
		u32 host = i & 1 ? RIG_HOST : ANY;

		if (ferry_smem_alloc(w->rig->smem, host, w->first + i, 16))
			w->failed++;
		cond_resched();
	}
	kthread_complete_and_exit(&w->done, 0);
}

static void threads_get_different_memory(struct kunit *test)
{
	struct worker *workers = kunit_kcalloc(test, THREADS, sizeof(*workers), GFP_KERNEL);
	struct smem_rig *rig = rig_private(test);
	struct task_struct *task;
	u32 i, n;

	KUNIT_ASSERT_NOT_NULL(test, workers);
	for (i = 0; i < THREADS; i++) {
		workers[i].rig = rig;
		workers[i].first = 8 + i * PER_THREAD;
		init_completion(&workers[i].done);
		task = kthread_run(worker_run, &workers[i], "smem/%u", i);
		if (IS_ERR(task)) {
			workers[i].failed = PER_THREAD;
			complete(&workers[i].done);
		}
	}
	for (i = 0; i < THREADS; i++) {
		wait_for_completion(&workers[i].done);
		KUNIT_EXPECT_EQ(test, workers[i].failed, 0);
	}

	/* Everyone writes its number; nobody's was overwritten. */
	n = 8 + THREADS * PER_THREAD;
	for (i = 8; i < n; i++) {
		u64 *item = ferry_smem_item(rig->smem, i & 1 ? RIG_HOST : ANY, i, NULL);

		KUNIT_ASSERT_FALSE(test, IS_ERR(item));
		item[0] = i;
		item[1] = ~i;
	}
	for (i = 8; i < n; i++) {
		u64 *item = ferry_smem_item(rig->smem, i & 1 ? RIG_HOST : ANY, i, NULL);

		KUNIT_EXPECT_EQ(test, item[0], i);
		KUNIT_EXPECT_EQ(test, item[1], ~i);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->taken), 1 + THREADS * PER_THREAD);
}

static void last_reference_gives_the_memory_back(struct kunit *test)
{
	struct smem_rig *rig = rig_heap(test);

	ferry_smem_hold(rig->smem);
	ferry_smem_put(rig->smem);
	KUNIT_EXPECT_EQ(test, rig->released, 0);
	ferry_smem_put(rig->smem);
	KUNIT_EXPECT_EQ(test, rig->released, 1);
	rig->smem = NULL;
	ferry_smem_put(NULL);
	ferry_smem_put(ERR_PTR(-ENODEV));
}

static int create_attempt(void *arg)
{
	struct smem_rig *rig = arg;
	int ret = rig_create(rig);

	ferry_smem_put(rig->smem);
	rig->smem = NULL;
	return ret;
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	const struct ferry_smem_aux aux = { .phys = 0x60000 };
	struct smem_rig *rig = rig_memory(test);

	rig_build(test, rig, true, rig_v12_parts, ARRAY_SIZE(rig_v12_parts), 0);
	rig->cfg.aux = &aux;
	rig->cfg.nr_aux = 1;
	ferry_each_alloc_fails(test, create_attempt, rig);
}

/* This machine has none. */
static void machine_without_smem_is_waited_for(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_smem_get()), -EPROBE_DEFER);
}

static struct kunit_case smem_cases[] = {
	KUNIT_CASE(heap_is_the_known_answer),
	KUNIT_CASE(image_is_the_known_answer),
	KUNIT_CASE(table_is_the_known_answer),
	KUNIT_CASE(private_items_are_the_known_answer),
	KUNIT_CASE(both_lists_are_read),
	KUNIT_CASE(each_host_has_its_own_place),
	KUNIT_CASE(heap_is_used_where_there_is_no_partition),
	KUNIT_CASE(info_block_says_how_many_items),
	KUNIT_CASE(bad_arguments_are_refused),
	KUNIT_CASE(create_refuses_bad_arguments),
	KUNIT_CASE(heap_fills_up),
	KUNIT_CASE(partition_fills_up),
	KUNIT_CASE(items_are_found_in_other_regions),
	KUNIT_CASE(lock_is_held_while_allocating),
	KUNIT_CASE(dead_host_keeps_the_lock_for_a_second),
	KUNIT_CASE(heap_cannot_be_measured_while_the_lock_is_kept),
	KUNIT_CASE(mutex_is_enough_without_a_lock),
	KUNIT_CASE(threads_get_different_memory),
	KUNIT_CASE(last_reference_gives_the_memory_back),
	KUNIT_CASE(create_survives_a_failing_allocation),
	KUNIT_CASE(machine_without_smem_is_waited_for),
	{}
};

static struct kunit_suite smem_suite = {
	.name = "ferry_smem",
	.test_cases = smem_cases,
};

kunit_test_suite(smem_suite);

MODULE_DESCRIPTION("Ferry: tests of SMEM");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
