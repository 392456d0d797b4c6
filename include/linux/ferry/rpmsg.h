/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For drivers on the rpmsg bus: what rpmsg lacks and the Ferry endpoint below has.
 */
#ifndef _LINUX_FERRY_RPMSG_H
#define _LINUX_FERRY_RPMSG_H

struct ferry_ep;
struct rpmsg_endpoint;

/**
 * DOC: rpmsg
 *
 * ferry_rpmsg makes an rpmsg device of every channel that a remote offers, and an
 * rpmsg_ctrl device of every link that runs. Drivers of the kernel bind to them as they
 * are. A driver that knows Ferry goes from its rpmsg endpoint to the Ferry endpoint below
 * it with ferry_rpmsg_endpoint(), to send buffers without a copy, to wait with a limit of
 * its own, and for counters.
 */

struct ferry_ep *ferry_rpmsg_endpoint(struct rpmsg_endpoint *ept);

#endif /* _LINUX_FERRY_RPMSG_H */
