/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites share. Works on every kernel that has KUnit in modules.
 */
#ifndef FERRY_KUNIT_H
#define FERRY_KUNIT_H

#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../drivers/compat.h"

#ifndef KUNIT_EXPECT_MEMEQ
#define KUNIT_EXPECT_MEMEQ(test, left, right, size)			\
	KUNIT_EXPECT_EQ(test, memcmp(left, right, size), 0)
#define KUNIT_EXPECT_MEMEQ_MSG(test, left, right, size, ...)		\
	KUNIT_EXPECT_EQ_MSG(test, memcmp(left, right, size), 0, __VA_ARGS__)
#define KUNIT_ASSERT_MEMEQ(test, left, right, size)			\
	KUNIT_ASSERT_EQ(test, memcmp(left, right, size), 0)
#endif

/* Only with SLOW=1; a kernel that does not know how is only built for. */
#ifdef KUNIT_CASE_ATTR
#define FERRY_CASE_SLOW(fn)		KUNIT_CASE_ATTR(fn, { .speed = KUNIT_SPEED_VERY_SLOW })
#else
#define FERRY_CASE_SLOW(fn)		KUNIT_CASE(fn)
#endif

/* Each doorbell of a loop-back pair costs a tick where time does not travel. */
#if defined(CONFIG_SMP) && defined(KUNIT_CASE_PARAM_ATTR)
#define FERRY_CASE_PARAM_TICKS(fn, gen)					\
	KUNIT_CASE_PARAM_ATTR(fn, gen, { .speed = KUNIT_SPEED_VERY_SLOW })
#else
#define FERRY_CASE_PARAM_TICKS(fn, gen)	KUNIT_CASE_PARAM(fn, gen)
#endif

#if !FERRY_HAS_KUNIT_VM_MMAP
static inline unsigned long kunit_vm_mmap(struct kunit *test, struct file *file,
					  unsigned long addr, unsigned long len,
					  unsigned long prot, unsigned long flag,
					  unsigned long offset)
{
	kunit_skip(test, "this kernel cannot map into user memory");
	return 0;
}
#endif

/*
 * True as soon as @cond is: it takes what it takes on a machine that is busy, and only what
 * never comes takes half a minute. @cond may do something: true ends it.
 */
#define FERRY_WAIT(cond)							\
({										\
	unsigned long ferry_limit = jiffies + 30 * HZ;				\
	bool ferry_true;							\
										\
	while (!(ferry_true = (cond)) && time_before(jiffies, ferry_limit))	\
		usleep_range(500, 1000);					\
	ferry_true;								\
})

struct ferry_deferred {
	void (*fn)(void *arg);
	void *arg;
};

static inline int ferry_deferred_init(struct kunit_resource *res, void *context)
{
	res->data = kmemdup(context, sizeof(struct ferry_deferred), GFP_KERNEL);
	return res->data ? 0 : -ENOMEM;
}

static inline void ferry_deferred_free(struct kunit_resource *res)
{
	struct ferry_deferred *d = res->data;

	d->fn(d->arg);
	kfree(d);
}

/* When the test ends, however it ends, fn(arg) is called; the last one first. */
static inline void ferry_defer(struct kunit *test, void (*fn)(void *arg), void *arg)
{
	struct ferry_deferred d = { fn, arg };
	bool ok = kunit_alloc_resource(test, ferry_deferred_init, ferry_deferred_free,
				       GFP_KERNEL, &d);

	if (!ok)
		fn(arg);
	KUNIT_ASSERT_TRUE(test, ok);
}

static inline void ferry_thread_end(void *task)
{
	kthread_stop(task);
}

/* A thread that runs until the test ends: it has to ask kthread_should_stop(). */
static inline void ferry_thread(struct kunit *test, int (*fn)(void *arg), void *arg)
{
	struct task_struct *task = kthread_run(fn, arg, "ferry_kunit");

	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	ferry_defer(test, ferry_thread_end, task);
}

#define FERRY_FAIL_NTH_MAX	10000

/*
 * Calls attempt(arg) again and again while its first, second, ... allocation
 * fails, until one call ran without a failure. attempt() undoes what it did and
 * returns its result: 0, or -ENOMEM when an allocation failed. Wants
 * "N" in /sys/kernel/debug/failslab/ignore-gfp-wait.
 */
static inline void ferry_each_alloc_fails(struct kunit *test, int (*attempt)(void *arg),
					  void *arg)
{
#ifdef CONFIG_FAILSLAB
	int n, ret, left = 0;

	for (n = 1; !left && n < FERRY_FAIL_NTH_MAX; n++) {
		current->fail_nth = n;
		ret = attempt(arg);
		left = current->fail_nth;
		current->fail_nth = 0;
		/* Some hit an allocation of the debugging code and change nothing. */
		if (left || ret)
			KUNIT_EXPECT_EQ_MSG(test, ret, left ? 0 : -ENOMEM, "allocation %d", n);
	}
	KUNIT_EXPECT_NE(test, left, 0);
	KUNIT_EXPECT_GT_MSG(test, n, 2, "nothing failed: is failslab/ignore-gfp-wait N?");
#else
	kunit_skip(test, "this kernel has no failslab");
#endif
}

#endif /* FERRY_KUNIT_H */
