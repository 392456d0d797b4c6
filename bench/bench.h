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
 * @max_size:	largest message it can do, bytes; 0: its cost does not depend on it
 * @run:	do it @n times for messages of @size bytes
 * @floor:	the same work by hand, or NULL
 */
struct bench {
	const char *name;
	size_t max_size;
	int (*run)(size_t size, unsigned int n);
	int (*floor)(size_t size, unsigned int n);
};

extern const struct bench bench_core[];
int bench_core_init(void);
void bench_core_exit(void);

#endif /* FERRY_BENCH_H */
