// SPDX-License-Identifier: GPL-2.0-only
/*
 * Misbehaviour of the simulated VPU. Each kind goes through its variants, one in each
 * round of the firmware. Most of it comes on top of the proper traffic.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "keembay_private.h"

#define VPU_FAULT_NAME(id, name)	[FERRY_SIM_VPU_BIT_##id] = name,

const char * const vpu_fault_names[FERRY_SIM_VPU_NR_FAULTS] = {
	FERRY_SIM_VPU_FAULTS(VPU_FAULT_NAME)
};

/* Those that do something of their own in each round. */
#define VPU_ACTIVE	(FERRY_SIM_VPU_FAULT(BAD_ENTRY) | FERRY_SIM_VPU_FAULT(BAD_HEADER) |	\
			 FERRY_SIM_VPU_FAULT(BAD_PAYLOAD) | FERRY_SIM_VPU_FAULT(DUPLICATE) |	\
			 FERRY_SIM_VPU_FAULT(REWRITE) | FERRY_SIM_VPU_FAULT(FREE_TWICE) |	\
			 FERRY_SIM_VPU_FAULT(SCRIBBLE) | FERRY_SIM_VPU_FAULT(FLOOD))

#define VPU_FLOOD_ROUND		128	/* as many as the FIFO of the CPU holds */
#define VPU_BOGUS_CHANNEL	1023	/* for what should not arrive anywhere */

bool vpu_has_fault(const struct ferry_sim_vpu *vpu, u32 fault)
{
	return READ_ONCE(vpu->faults) & fault;
}

/* Is there something to do without traffic? */
bool vpu_misbehaves(const struct ferry_sim_vpu *vpu)
{
	return vpu_has_fault(vpu, VPU_ACTIVE);
}

static void vpu_push_entry(struct ferry_sim_vpu *vpu, u32 entry)
{
	if (!vpu->cfg.fifo->push(vpu->cfg.fifo_data, entry))
		vpu->stats.bogus++;
}

static void vpu_push_bogus(struct ferry_sim_vpu *vpu, struct kmb_packet *packet)
{
	vpu_push_entry(vpu, vpu_packet_addr(vpu, packet));
}

static void vpu_bad_entry(struct ferry_sim_vpu *vpu)
{
	const struct ferry_region *cpu = vpu->cfg.cpu_region;
	const struct ferry_region *own = vpu->cfg.vpu_region;
	const u32 entries[] = {
		0,
		own->remote - KMB_PACKET_SIZE,
		own->remote + own->size,
		own->remote + own->size - 1,
		cpu->remote,
		0x7fffffc0,
		0x8000003f,
		0xffffffc0,
	};

	vpu_push_entry(vpu, entries[vpu->trick % ARRAY_SIZE(entries)]);
}

static void vpu_bad_header(struct ferry_sim_vpu *vpu)
{
	struct kmb_packet *packet = vpu_packet_get(vpu, 0, NULL);

	if (!packet)
		return;
	vpu_packet_write(packet, VPU_BOGUS_CHANNEL, 0, 0);
	switch (vpu->trick % 8) {
	case 0:
		packet->src_node = KMB_NODE_CPU;
		break;
	case 1:
		packet->src_node = 0xff;
		break;
	case 2:
		packet->dst_node = KMB_NODE_VPU;
		break;
	case 3:
		packet->dst_node = 7;
		break;
	case 4:
		packet->channel = cpu_to_le16(KMB_CHANNELS);
		break;
	case 5:
		packet->channel = cpu_to_le16(0xffff);
		break;
	case 6:
		packet->status = 2;
		break;
	case 7:
		packet->status = KMB_FREE;
		break;
	}
	vpu_push_bogus(vpu, packet);
}

static void vpu_bad_payload(struct ferry_sim_vpu *vpu)
{
	const struct ferry_region *cpu = vpu->cfg.cpu_region;
	const struct ferry_region *own = vpu->cfg.vpu_region;
	const struct {
		u32 addr;
		u32 size;
	} payload[] = {
		{ 0, 1 },
		{ own->remote - 1, 2 },
		{ own->remote + own->size - 1, 2 },
		{ own->remote + own->size, 1 },
		{ own->remote, U32_MAX },
		{ own->remote, 0x80000000 },
		{ own->remote, VPU_MAX_SIZE + 1 },
		{ cpu->remote, 64 },
		{ U32_MAX, 64 },
		{ U32_MAX, U32_MAX },
	};
	unsigned int which = vpu->trick % ARRAY_SIZE(payload);
	struct kmb_packet *packet = vpu_packet_get(vpu, 0, NULL);

	if (!packet)
		return;
	/* On a channel that is open as a rule: all the checks are reached. */
	vpu_packet_write(packet, 0, payload[which].addr, payload[which].size);
	vpu_push_bogus(vpu, packet);
}

/* The message changes, and changes back, while the CPU reads it. */
static void vpu_rewrite(struct ferry_sim_vpu *vpu)
{
	struct kmb_packet *packet = vpu_packet_get(vpu, 0, NULL);
	unsigned int i;

	if (!packet)
		return;
	vpu_packet_write(packet, VPU_BOGUS_CHANNEL, vpu->cfg.vpu_region->remote, 64);
	vpu_push_bogus(vpu, packet);
	for (i = 0; i < 1000; i++) {
		WRITE_ONCE(packet->channel, cpu_to_le16(i & 1 ? 0xffff : VPU_BOGUS_CHANNEL));
		WRITE_ONCE(packet->data_size, cpu_to_le32(i & 2 ? U32_MAX : 64));
		WRITE_ONCE(packet->data_addr, cpu_to_le32(i & 4 ? U32_MAX : 0));
	}
	/* In the end it is well-formed, and the CPU's to free. */
	WRITE_ONCE(packet->channel, cpu_to_le16(VPU_BOGUS_CHANNEL));
}

/* Every mark in the region of the CPU, as far as one of them may be a packet. */
static void vpu_scribble(struct ferry_sim_vpu *vpu)
{
	struct kmb_packet *packet = vpu->cfg.cpu_region->vaddr;
	u32 nr = vpu->cfg.cpu_region->size / 32 / sizeof(*packet);
	u8 mark = vpu->trick & 1 ? KMB_FREE : vpu->trick;
	u32 i;

	for (i = 0; i < nr; i++)
		WRITE_ONCE(packet[i].status, mark);
	vpu->stats.bogus++;
}

static void vpu_flood(struct ferry_sim_vpu *vpu)
{
	struct kmb_packet *packet;
	unsigned int i;

	for (i = 0; i < VPU_FLOOD_ROUND; i++) {
		packet = vpu_packet_get(vpu, 0, NULL);
		if (!packet)
			return;
		vpu_packet_write(packet, VPU_BOGUS_CHANNEL, 0, 0);
		if (vpu_push(vpu, packet)) {
			vpu_packet_unget(vpu, packet);
			return;
		}
		vpu->stats.bogus++;
	}
}

static void vpu_free_twice(struct ferry_sim_vpu *vpu)
{
	if (!vpu->last_freed)
		return;
	WRITE_ONCE(vpu->last_freed->status, KMB_FREE);
	vpu->stats.bogus++;
}

static const struct vpu_trick {
	u32 fault;
	void (*play)(struct ferry_sim_vpu *vpu);
} vpu_tricks[] = {
	{ FERRY_SIM_VPU_FAULT(BAD_ENTRY), vpu_bad_entry },
	{ FERRY_SIM_VPU_FAULT(BAD_HEADER), vpu_bad_header },
	{ FERRY_SIM_VPU_FAULT(BAD_PAYLOAD), vpu_bad_payload },
	{ FERRY_SIM_VPU_FAULT(REWRITE), vpu_rewrite },
	{ FERRY_SIM_VPU_FAULT(SCRIBBLE), vpu_scribble },
	{ FERRY_SIM_VPU_FAULT(FLOOD), vpu_flood },
	{ FERRY_SIM_VPU_FAULT(FREE_TWICE), vpu_free_twice },
};

/* Thread. One round of everything that is switched on. */
void vpu_misbehave(struct ferry_sim_vpu *vpu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vpu_tricks); i++) {
		if (vpu_has_fault(vpu, vpu_tricks[i].fault))
			vpu_tricks[i].play(vpu);
	}
	if (vpu_has_fault(vpu, FERRY_SIM_VPU_FAULT(DUPLICATE)) && vpu->last_entry)
		vpu_push_entry(vpu, vpu->last_entry);
	vpu->trick++;
}

/* Could not be stopped: it writes where it may no more, and says nothing. */
void vpu_run_away(struct ferry_sim_vpu *vpu)
{
	u8 *payload = vpu->cfg.vpu_region->vaddr + vpu->payload_offset;
	u32 i;

	vpu_free_twice(vpu);
	for (i = 0; i < vpu->nr_packets; i++) {
		if (vpu->slots[i].nr_granules)
			payload[(size_t)vpu->slots[i].granule * VPU_GRANULE]++;
	}
	vpu->stats.bogus++;
}
