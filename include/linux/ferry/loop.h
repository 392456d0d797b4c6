/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two links in memory that are each other's remote.
 */
#ifndef _LINUX_FERRY_LOOP_H
#define _LINUX_FERRY_LOOP_H

#include <linux/types.h>

struct device;
struct ferry_link;
struct ferry_loop;
struct ferry_region;

/**
 * struct ferry_loop_cfg - what a loop is like
 * @name:	the links are called NAME-a and NAME-b
 * @nr_hs:	high-speed channels: numbers 0 to @nr_hs - 1
 * @nr_gp:	general channels: the numbers after them
 * @depth:	messages each direction holds
 * @mtu:	largest message, bytes
 * @polled:	no interrupts: only ferry_rx_now() receives
 * @region:	memory that each side lends to the other, cut into buffers; references are
 *		taken. Both or none: then no message is sent as a buffer.
 * @buf_size:	bytes of each
 */
struct ferry_loop_cfg {
	const char *name;
	unsigned int nr_hs;
	unsigned int nr_gp;
	unsigned int depth;
	size_t mtu;
	bool polled;
	struct ferry_region *region[2];
	size_t buf_size;
};

struct ferry_loop *ferry_loop_create(struct device *parent, const struct ferry_loop_cfg *cfg);
void ferry_loop_destroy(struct ferry_loop *loop);
struct ferry_link *ferry_loop_link(struct ferry_loop *loop, unsigned int side);
struct ferry_port *ferry_loop_wire(struct ferry_loop *loop, unsigned int side);

#endif /* _LINUX_FERRY_LOOP_H */
