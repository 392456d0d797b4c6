/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of our side share.
 */
#ifndef FERRY_BENCH_VCHIQ_OURS_H
#define FERRY_BENCH_VCHIQ_OURS_H

#include <linux/ferry.h>

#include "vchiq.h"

extern struct ferry_ep *vo_ep[VB_NR_SERVICES];

int vo_bulk_begin(struct ferry_link *link);
void vo_bulk_end(void);
int vo_rx_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len, void *priv);
int vo_bulk_echo(size_t len);
int vo_bulk_source(size_t len);
int vo_bulk_send(enum vb_service service, size_t len);

#endif /* FERRY_BENCH_VCHIQ_OURS_H */
