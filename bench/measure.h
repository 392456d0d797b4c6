/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a benchmark is timed; included by one file of each module.
 *
 * Where the CPU counts instructions these are the unit ("insn", exact on an emulated
 * CPU), else nanoseconds, which mean something on native code only. Of several runs
 * the median is given.
 */
#ifndef FERRY_BENCH_MEASURE_H
#define FERRY_BENCH_MEASURE_H

#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/sort.h>

#define BENCH_RUNS	15

static bool instructions;

#ifdef CONFIG_PERF_EVENTS
static struct perf_event *bench_counter;

static u64 bench_instructions(void)
{
	u64 enabled, running;

	return perf_event_read_value(bench_counter, &enabled, &running);
}

/* Instructions of a task, or without one all of the one CPU: the threads of a link, too. */
static struct perf_event *bench_counter_make(struct task_struct *task)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.size = sizeof(attr),
		.pinned = 1,
	};

	return perf_event_create_kernel_counter(&attr, task ? -1 : 0, task, NULL, NULL);
}

static int bench_counter_open(void)
{
	bench_counter = bench_counter_make(NULL);
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
static int __maybe_unused bench_measure(int (*run)(size_t size, unsigned int n), size_t size,
					unsigned int n, u64 *median)
{
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

#endif /* FERRY_BENCH_MEASURE_H */
