/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keem Bay: what CPU and VPU both see in memory. Shared with the simulated VPU.
 *
 * Where a fact is from: [A] the first driver posted by Intel, which drives the FIFOs
 * itself, [B] [C] the merged ones on a mailbox, for messages and for control, [E] an
 * older one with its test module, [F] the bindings as posted, [H] the overview of the
 * VPU posted with them, [K] drivers/accel/ivpu, the same block in PCs.
 */
#ifndef FERRY_KEEMBAY_WIRE_H
#define FERRY_KEEMBAY_WIRE_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * struct kmb_packet - one message; lies in the region of its sender [A B E K]
 * @data_addr:	where the VPU sees the payload; any number when @data_size is 0
 * @data_size:	bytes of payload
 * @channel:	0 to 1023
 * @src_node:	who sends, KMB_NODE_*
 * @dst_node:	who receives
 * @status:	KMB_FREE or KMB_ALLOCATED; the receiver frees
 * @pad:	zero from us, ignored from the VPU
 */
struct kmb_packet {
	__le32 data_addr;
	__le32 data_size;
	__le16 channel;
	u8 src_node;
	u8 dst_node;
	u8 status;
	u8 pad[51];
} __packed __aligned(64);

/* Both sides rely on it: the low six bits of an entry in a FIFO are no address. */
#define KMB_PACKET_SIZE		64
#define KMB_ENTRY_ADDR		(~(u32)(KMB_PACKET_SIZE - 1))

/* The bytes of a packet that mean something, and a little more: two loads. */
#define KMB_HEAD_SIZE		16

static_assert(sizeof(struct kmb_packet) == KMB_PACKET_SIZE);
static_assert(offsetof(struct kmb_packet, data_addr) == 0x00);
static_assert(offsetof(struct kmb_packet, data_size) == 0x04);
static_assert(offsetof(struct kmb_packet, channel) == 0x08);
static_assert(offsetof(struct kmb_packet, src_node) == 0x0a);
static_assert(offsetof(struct kmb_packet, dst_node) == 0x0b);
static_assert(offsetof(struct kmb_packet, status) == 0x0c);
static_assert(offsetof(struct kmb_packet, pad) == 0x0d);

/* Nodes [A B E] */
#define KMB_NODE_CPU		0
#define KMB_NODE_VPU		1

/* kmb_packet.status [A B K] */
#define KMB_FREE		0
#define KMB_ALLOCATED		1

/* Channels [A B]; high-speed are those below KMB_HS_CHANNELS [B H] */
#define KMB_CHANNELS		1024
#define KMB_HS_CHANNELS		10

/* The VPU says here that it is up: this number as address, no payload [C F] */
#define KMB_BOOT_CHANNEL	0x0a
#define KMB_BOOT_READY		0x424f4f54	/* "BOOT" */
#define KMB_BOOT_STOP		0x53544f50	/* "STOP", CPU to VPU, test firmware only [E] */

#endif /* FERRY_KEEMBAY_WIRE_H */
