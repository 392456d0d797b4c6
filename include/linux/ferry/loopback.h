/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pair of ports in memory: what is sent into one comes out of the other.
 */
#ifndef _LINUX_FERRY_LOOPBACK_H
#define _LINUX_FERRY_LOOPBACK_H

#include <linux/types.h>

struct device;
struct ferry_port;

int ferry_loopback_create(struct device *dev, unsigned int depth, size_t max_len,
			  struct ferry_port **tx, struct ferry_port **rx);

#endif /* _LINUX_FERRY_LOOPBACK_H */
