// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/ferry_bench: reading it measures, and gives a line
 * "CASE SIZE UNIT VALUE FLOOR" for each benchmark and size.
 *
 * Where the CPU counts instructions these are the unit ("insn", exact on an emulated
 * CPU), else nanoseconds, which mean something on native code only. Of several runs
 * the median is given.
 */
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sort.h>

#include "bench.h"

#define BENCH_RUNS	15

static bool instructions;

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

	/* All of the one CPU: the threads of a link count, too. */
	bench_counter = perf_event_create_kernel_counter(&attr, 0, NULL, NULL, NULL);
	return PTR_ERR_OR_ZERO(bench_counter);
}

static void bench_counter_close(void)
{
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

/* Tenths of the unit per message, so that a few nanoseconds can be told apart. */
static int bench_measure(int (*run)(size_t size, unsigned int n), size_t size, u64 *median)
{
	unsigned int n = instructions ? 1024 : size > 4096 ? 2048 : 16384;
	u64 result[BENCH_RUNS], start;
	unsigned int i;
	int ret = run(size, n);	/* warm */

	for (i = 0; !ret && i < BENCH_RUNS; i++) {
		start = bench_now();
		ret = run(size, n);
		result[i] = div_u64(10 * (bench_now() - start), n);
		cond_resched();
	}
	if (ret)
		return ret;
	sort(result, BENCH_RUNS, sizeof(result[0]), bench_cmp, NULL);
	*median = result[BENCH_RUNS / 2];
	return 0;
}

static int bench_line(struct seq_file *m, const struct bench *b, size_t size)
{
	u64 value, floor = 0;
	int ret = bench_measure(b->run, size, &value);

	if (!ret && b->floor)
		ret = bench_measure(b->floor, size, &floor);
	if (ret) {
		pr_err("ferry_bench: %s, %zu bytes: %d\n", b->name, size, ret);
		return ret;
	}
	seq_printf(m, "%s %zu %s %llu.%llu %llu.%llu\n", b->name, size,
		   instructions ? "insn" : "ns", value / 10, value % 10, floor / 10, floor % 10);
	return 0;
}

static int bench_all(struct seq_file *m, const struct bench *b)
{
	unsigned int i;
	int ret = 0;

	for (; b->name && !ret; b++)
		for (i = 0; i < b->nr_sizes && !ret; i++)
			ret = bench_line(m, b, b->sizes[i]);
	return ret;
}

static int bench_show(struct seq_file *m, void *unused)
{
	int ret;

	instructions = !bench_counter_open();
	ret = bench_all(m, bench_core) ?: bench_all(m, bench_zero);
	if (instructions)
		bench_counter_close();
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(bench);

static struct dentry *bench_file;

static int __init bench_init(void)
{
	int ret = bench_core_init() ?: bench_zero_init();

	if (!ret) {
		bench_file = debugfs_create_file("ferry_bench", 0400, NULL, NULL, &bench_fops);
		return 0;
	}
	bench_zero_exit();
	bench_core_exit();
	return ret;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	debugfs_remove(bench_file);
	bench_zero_exit();
	bench_core_exit();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Ferry: benchmarks of the core");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
