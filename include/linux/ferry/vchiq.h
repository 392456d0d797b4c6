/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VCHIQ: services of the VideoCore, through slots of shared memory.
 */
#ifndef _LINUX_FERRY_VCHIQ_H
#define _LINUX_FERRY_VCHIQ_H

#include <linux/sizes.h>
#include <linux/types.h>

struct device;
struct ferry_link;
struct ferry_port;
struct ferry_region;
struct ferry_vchiq;

/**
 * DOC: vchiq
 *
 * The VPU is a link of Ferry, and each service that its firmware offers a channel. It is
 * known by its FOURCC, as a name of four characters or as a number: "SMEM" is 0x534d454d.
 * ferry_open() opens it, with a handshake; a message is 1 to %FERRY_VCHIQ_MTU bytes. When
 * the VPU closes a service its senders get -EPIPE; the client closes its endpoint, and may
 * open it again.
 *
 * A service may also be ours: after ferry_vchiq_listen() it is the VPU that opens it, when it
 * likes, and the endpoint is told %FERRY_EVENT_UP then.
 *
 * A message that its endpoint does not want yet stays in its slot, and the VPU gets the
 * slot back when all in it was taken: nothing is lost, and a VPU that sends too much has
 * to wait.
 */

#define FERRY_VCHIQ_MTU		4088
/* Behind the slots: 64 fragments of two cache lines, and as many lists of pages. */
#define FERRY_VCHIQ_TAIL(line)	(64 * (2 * (line) + 64))
/* Slot zero, 64 slots, and that. */
#define FERRY_VCHIQ_AREA(line)	(65 * SZ_4K + FERRY_VCHIQ_TAIL(line))

/**
 * struct ferry_vchiq_firmware - what is asked of the firmware by other ways than VCHIQ
 * @init:	required; process context: here is slot zero, at this address of the VPU.
 *		0 or -errno.
 * @reset:	optional; process context: make the VPU let go of all memory. 0 or -errno.
 *		Without it the memory is never safe again, and the link cannot be restarted.
 */
struct ferry_vchiq_firmware {
	int (*init)(void *data, u32 addr);
	int (*reset)(void *data);
};

/**
 * struct ferry_vchiq_cfg - what a link is made of
 * @name:	of the link
 * @region:	memory for slots and what is behind them, of at least FERRY_VCHIQ_AREA() bytes
 *		below 4 GiB, or of so many slots of 4096 bytes, at least 7, and FERRY_VCHIQ_TAIL()
 * @line:	cache line of the VPU, bytes: 32 or 64
 * @ring:	doorbell of the VPU: a port of 0 bytes
 * @bell:	doorbell of this side: a port of 0 bytes
 * @firmware:	what else there is
 * @data:	argument of the calls in @firmware
 * @recover:	start the link again after a crash; needs &ferry_vchiq_firmware.reset
 *
 * References are taken on @region, @ring and @bell.
 */
struct ferry_vchiq_cfg {
	const char *name;
	struct ferry_region *region;
	unsigned int line;
	struct ferry_port *ring;
	struct ferry_port *bell;
	const struct ferry_vchiq_firmware *firmware;
	void *data;
	bool recover;
};

struct ferry_vchiq *ferry_vchiq_create(struct device *parent, const struct ferry_vchiq_cfg *cfg);
void ferry_vchiq_destroy(struct ferry_vchiq *vc);
struct ferry_link *ferry_vchiq_link(struct ferry_vchiq *vc);
int ferry_vchiq_version(struct ferry_link *link, const char *name, u16 version, u16 version_min);
int ferry_vchiq_listen(struct ferry_link *link, const char *name, u16 version, u16 version_min);
int ferry_vchiq_peer_version(struct ferry_link *link, const char *name);

#endif /* _LINUX_FERRY_VCHIQ_H */
