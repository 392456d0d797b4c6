// SPDX-License-Identifier: GPL-2.0-only
/*
 * ferry_bench: measures when it is loaded, prints "bench NAME SIZE VALUE UNIT" lines
 * to the kernel log.
 *
 * Two units: nanoseconds, which mean something on native code only, and instructions,
 * counted by the CPU (exact on an emulated one that counts them). Of several runs the
 * median is printed.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/sort.h>

#include "bench.h"

#define BENCH_RUNS	15

static bool instructions;
module_param(instructions, bool, 0444);
MODULE_PARM_DESC(instructions, "count instructions, not nanoseconds");

static const size_t bench_sizes[] = { 0, 64, 1024, 16384, 65536 };

#ifdef CONFIG_PERF_EVENTS
static struct perf_event *bench_counter;

static u64 bench_instructions(void)
{
	u64 enabled, running;

	return perf_event_read_value(bench_counter, &enabled, &running);
}

static int bench_counter_open(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.size = sizeof(attr),
		.pinned = 1,
	};

	bench_counter = perf_event_create_kernel_counter(&attr, -1, current, NULL, NULL);
	return PTR_ERR_OR_ZERO(bench_counter);
}

static void bench_counter_close(void)
{
	if (!IS_ERR_OR_NULL(bench_counter))
		perf_event_release_kernel(bench_counter);
}
#else
static u64 bench_instructions(void)
{
	return 0;
}

static int bench_counter_open(void)
{
	return -EOPNOTSUPP;
}

static void bench_counter_close(void)
{
}
#endif

static u64 bench_now(void)
{
	return instructions ? bench_instructions() : ktime_get_ns();
}

static int bench_cmp(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int bench_measure(const struct bench *b, size_t size)
{
	unsigned int n = instructions ? 1024 : size > 4096 ? 2048 : 16384;
	u64 result[BENCH_RUNS], start;
	unsigned int i;
	int ret = b->run(size, n);	/* warm */

	for (i = 0; !ret && i < BENCH_RUNS; i++) {
		start = bench_now();
		ret = b->run(size, n);
		/* Tenths, so that a few nanoseconds can be told apart. */
		result[i] = div_u64(10 * (bench_now() - start), n);
		cond_resched();
	}
	if (ret) {
		pr_err("bench %s %zu failed: %d\n", b->name, size, ret);
		return ret;
	}
	sort(result, BENCH_RUNS, sizeof(result[0]), bench_cmp, NULL);
	pr_info("bench %s %zu %llu.%llu %s\n", b->name, size, result[BENCH_RUNS / 2] / 10,
		result[BENCH_RUNS / 2] % 10, instructions ? "instructions" : "ns");
	return 0;
}

static int bench_all(const struct bench *b)
{
	unsigned int i;
	int ret;

	for (; b->name; b++)
		for (i = 0; i < ARRAY_SIZE(bench_sizes) && bench_sizes[i] <= b->max_size; i++) {
			ret = bench_measure(b, bench_sizes[i]);
			if (ret)
				return ret;
		}
	return 0;
}

static int __init bench_init(void)
{
	int ret = instructions ? bench_counter_open() : 0;

	if (!ret)
		ret = bench_core_init();
	if (!ret)
		ret = bench_all(bench_core);
	bench_core_exit();
	bench_counter_close();
	return ret;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Ferry: benchmarks of the core");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
