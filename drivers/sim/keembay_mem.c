// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of the simulated VPU: packets at the start of its region, payload behind.
 *
 * As the original firmware it believes the status of its packets: one that is free
 * may be used again, and then its payload is free, too.
 */
#include <linux/bitmap.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "keembay_private.h"

/* A packet for every 2 KiB of the region. */
#define VPU_BYTES_PER_PACKET	2048

static u8 vpu_status(const struct kmb_packet *packet)
{
	u8 status = READ_ONCE(packet->status);

	dma_rmb();	/* before it is written again; pairs with the barrier of who freed it */
	return status;
}

/* The CPU is done with the payload of this packet. */
static void vpu_payload_put(struct ferry_sim_vpu *vpu, struct vpu_slot *slot)
{
	bitmap_clear(vpu->granules, slot->granule, slot->nr_granules);
	slot->nr_granules = 0;
}

static void vpu_sweep(struct ferry_sim_vpu *vpu)
{
	u32 i;

	for (i = 0; i < vpu->nr_packets; i++) {
		if (vpu->slots[i].nr_granules && vpu_status(&vpu->packets[i]) == KMB_FREE)
			vpu_payload_put(vpu, &vpu->slots[i]);
	}
}

/* @nr granules, on a multiple of @align. */
static bool vpu_payload_find(struct ferry_sim_vpu *vpu, struct vpu_slot *slot, u32 nr, u32 align)
{
	unsigned long at;

	at = bitmap_find_next_zero_area(vpu->granules, vpu->nr_granules, vpu->next_granule, nr,
					align - 1);
	if (at >= vpu->nr_granules)
		at = bitmap_find_next_zero_area(vpu->granules, vpu->nr_granules, 0, nr, align - 1);
	if (at >= vpu->nr_granules)
		return false;
	bitmap_set(vpu->granules, at, nr);
	vpu->next_granule = at + nr;
	slot->granule = at;
	slot->nr_granules = nr;
	return true;
}

/* From a page on in whole pages: the CPU may show them to others, but not their neighbours. */
static bool vpu_payload_get(struct ferry_sim_vpu *vpu, struct vpu_slot *slot, size_t size)
{
	u32 align = size < PAGE_SIZE ? 1 : PAGE_SIZE / VPU_GRANULE;
	u32 nr = round_up(DIV_ROUND_UP(size, VPU_GRANULE), align);

	if (vpu_payload_find(vpu, slot, nr, align))
		return true;
	vpu_sweep(vpu);
	return vpu_payload_find(vpu, slot, nr, align);
}

/* Round and round, as in the original. */
static struct kmb_packet *vpu_packet_find(struct ferry_sim_vpu *vpu)
{
	u32 i, nr;

	for (i = 0; i < vpu->nr_packets; i++) {
		nr = (vpu->next_packet + i) % vpu->nr_packets;
		if (vpu_status(&vpu->packets[nr]) != KMB_FREE)
			continue;
		vpu->next_packet = nr + 1;
		if (vpu->slots[nr].nr_granules)
			vpu_payload_put(vpu, &vpu->slots[nr]);
		return &vpu->packets[nr];
	}
	return NULL;
}

/* Thread. A packet with room for @size bytes, or NULL. @payload: where they go. */
struct kmb_packet *vpu_packet_get(struct ferry_sim_vpu *vpu, size_t size, void **payload)
{
	struct kmb_packet *packet = vpu_packet_find(vpu);
	struct vpu_slot *slot;

	if (!packet)
		return NULL;
	if (size) {
		slot = &vpu->slots[packet - vpu->packets];
		if (!vpu_payload_get(vpu, slot, size))
			return NULL;
		*payload = vpu->cfg.vpu_region->vaddr + vpu->payload_offset +
			   (size_t)slot->granule * VPU_GRANULE;
	}
	return packet;
}

/* Thread. The packet was not sent after all. */
void vpu_packet_unget(struct ferry_sim_vpu *vpu, struct kmb_packet *packet)
{
	WRITE_ONCE(packet->status, KMB_FREE);
	vpu_payload_put(vpu, &vpu->slots[packet - vpu->packets]);
}

/* Where the VPU sees one of its packets. */
u32 vpu_packet_addr(struct ferry_sim_vpu *vpu, const struct kmb_packet *packet)
{
	return lower_32_bits(vpu->cfg.vpu_region->remote) +
	       (packet - vpu->packets) * KMB_PACKET_SIZE;
}

/* Thread. Complete but for the push. */
void vpu_packet_write(struct kmb_packet *packet, u16 channel, u32 addr, u32 size)
{
	packet->data_addr = cpu_to_le32(addr);
	packet->data_size = cpu_to_le32(size);
	packet->channel = cpu_to_le16(channel);
	packet->src_node = KMB_NODE_VPU;
	packet->dst_node = KMB_NODE_CPU;
	WRITE_ONCE(packet->status, KMB_ALLOCATED);
}

/* Thread, out of reset: all packets are free. */
void vpu_mem_reset(struct ferry_sim_vpu *vpu)
{
	memset(vpu->packets, 0, (size_t)vpu->nr_packets * KMB_PACKET_SIZE);
	memset(vpu->slots, 0, vpu->nr_packets * sizeof(*vpu->slots));
	bitmap_zero(vpu->granules, vpu->nr_granules);
	vpu->next_packet = 0;
	vpu->next_granule = 0;
}

/* Process context. 0, -EINVAL for a region that is too small, -ENOMEM. */
int vpu_mem_init(struct ferry_sim_vpu *vpu)
{
	u64 size = vpu->cfg.vpu_region->size;

	vpu->nr_packets = div_u64(size, VPU_BYTES_PER_PACKET);
	vpu->payload_offset = PAGE_ALIGN((u64)vpu->nr_packets * KMB_PACKET_SIZE);
	if (!vpu->nr_packets || vpu->payload_offset >= size)
		return -EINVAL;
	vpu->nr_granules = div_u64(size - vpu->payload_offset, VPU_GRANULE);
	vpu->packets = vpu->cfg.vpu_region->vaddr;
	vpu->slots = kvcalloc(vpu->nr_packets, sizeof(*vpu->slots), GFP_KERNEL);
	vpu->granules = bitmap_zalloc(vpu->nr_granules, GFP_KERNEL);
	if (vpu->slots && vpu->granules)
		return 0;
	vpu_mem_exit(vpu);
	return -ENOMEM;
}

/* Process context. */
void vpu_mem_exit(struct ferry_sim_vpu *vpu)
{
	kvfree(vpu->slots);
	bitmap_free(vpu->granules);
}
