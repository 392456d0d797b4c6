/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets in shared memory: how this side writes and reads them. Nothing here keeps
 * a state, and what the VPU wrote is looked at in a private copy only.
 */
#ifndef FERRY_KEEMBAY_PACKET_H
#define FERRY_KEEMBAY_PACKET_H

#include <asm/barrier.h>
#include <linux/compiler.h>
#include <linux/ferry.h>
#include <linux/string.h>

#include "wire.h"

/**
 * struct kmb_head - a packet that was received, checked for what needs no state
 * @addr:	where the VPU sees the payload
 * @size:	bytes of payload
 * @channel:	below KMB_CHANNELS
 */
struct kmb_head {
	u32 addr;
	u32 size;
	u16 channel;
};

/* A packet of ours that the VPU does not know of yet. */
static inline void kmb_packet_write(void *packet, const struct kmb_head *head)
{
	struct kmb_packet p = {
		.data_addr = cpu_to_le32(head->addr),
		.data_size = cpu_to_le32(head->size),
		.channel = cpu_to_le16(head->channel),
		.src_node = KMB_NODE_CPU,
		.dst_node = KMB_NODE_VPU,
		.status = KMB_ALLOCATED,
	};

	memcpy(packet, &p, KMB_HEAD_SIZE);
}

/* The whole head with two loads; the VPU may write to it at any time. */
static inline void kmb_packet_read(const void *packet, struct kmb_packet *copy)
{
	const u64 *from = packet;
	u64 *to = (u64 *)copy;

	to[0] = READ_ONCE(from[0]);
	to[1] = READ_ONCE(from[1]);
}

/* A private copy: -1 when it is well-formed, else why it is dropped. */
static inline int kmb_packet_parse(const struct kmb_packet *copy, struct kmb_head *head)
{
	/* Announced, and yet free: it was never sent, or taken back. Not ours to write. */
	if (copy->status == KMB_FREE)
		return FERRY_DROP_STALE;
	if (copy->status != KMB_ALLOCATED || copy->src_node != KMB_NODE_VPU ||
	    copy->dst_node != KMB_NODE_CPU)
		return FERRY_DROP_BAD_HEADER;
	head->channel = le16_to_cpu(copy->channel);
	if (head->channel >= KMB_CHANNELS)
		return FERRY_DROP_NO_CHANNEL;
	head->addr = le32_to_cpu(copy->data_addr);
	head->size = le32_to_cpu(copy->data_size);
	return -1;
}

/* We are done with a packet of the VPU. Only its status is ours to write. */
static inline void kmb_packet_free(void *packet)
{
	struct kmb_packet *p = packet;

	/* Our loads from packet and payload are over. Pairs with the VPU's look at it. */
	dma_mb();
	WRITE_ONCE(p->status, KMB_FREE);
}

/* Is the VPU done with a packet of ours? */
static inline bool kmb_packet_is_free(const void *packet)
{
	const struct kmb_packet *p = packet;

	if (READ_ONCE(p->status) != KMB_FREE)
		return false;
	dma_rmb();	/* before we write to it again; pairs with the VPU's barrier */
	return true;
}

#endif /* FERRY_KEEMBAY_PACKET_H */
