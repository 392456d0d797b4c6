/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a benchmark is, and how it is timed.
 */
#ifndef FERRY_BENCH_H
#define FERRY_BENCH_H

#include <linux/types.h>

#define BENCH_MAX_SIZE	65536

/**
 * struct bench - one thing to measure
 * @name:	as printed
 * @sizes:	bytes of the messages
 * @nr_sizes:	how many sizes
 * @run:	do it @n times for messages of @size bytes
 * @floor:	the same work by hand, or NULL
 */
struct bench {
	const char *name;
	const size_t *sizes;
	unsigned int nr_sizes;
	int (*run)(size_t size, unsigned int n);
	int (*floor)(size_t size, unsigned int n);
};

extern const struct bench bench_core[];
int bench_core_init(void);
void bench_core_exit(void);

extern const struct bench bench_zero[];
int bench_zero_init(void);
void bench_zero_exit(void);

#endif /* FERRY_BENCH_H */
