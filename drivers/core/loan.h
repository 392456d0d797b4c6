/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What loan.c and export.c share.
 */
#ifndef FERRY_CORE_LOAN_H
#define FERRY_CORE_LOAN_H

struct ferry_buf;
struct ferry_region;

struct ferry_region *ferry_loan_region(const struct ferry_buf *buf);

#endif /* FERRY_CORE_LOAN_H */
