/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A channel of the kernel's mailbox framework, as a pair of ports.
 */
#ifndef _LINUX_FERRY_PORT_MAILBOX_H
#define _LINUX_FERRY_PORT_MAILBOX_H

#include <linux/types.h>

struct device;
struct ferry_port;
struct mbox_chan;

int ferry_mbox_pair_create(struct device *dev, struct mbox_chan *chan, size_t len,
			   struct ferry_port **tx, struct ferry_port **rx);

#endif /* _LINUX_FERRY_PORT_MAILBOX_H */
