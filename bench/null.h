/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The least that can be a protocol.
 */
#ifndef FERRY_BENCH_NULL_H
#define FERRY_BENCH_NULL_H

struct ferry_link;
struct null_link;

struct null_link *null_create(void);
void null_destroy(struct null_link *null);
struct ferry_link *null_ferry_link(struct null_link *null);

#endif /* FERRY_BENCH_NULL_H */
