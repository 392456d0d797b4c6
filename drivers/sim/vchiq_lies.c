// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU: lies. After most of them its stream is not to be saved: the host crashes
 * the link, and begins anew.
 */
#include <asm/barrier.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>

#include "../compat.h"
#include "vchiq_private.h"

#define VSIM_LIE_NAME(id, name)	[FERRY_SIM_VCHIQ_LIE_##id] = name,

const char * const vsim_lie_names[FERRY_SIM_VCHIQ_NR_LIES] = {
	FERRY_SIM_VCHIQ_LIES(VSIM_LIE_NAME)
};

/* Under tx_lock. It says that it is there, and is not. */
static int lie_position(struct ferry_sim_vchiq *sim, u32 by)
{
	sim->tx_pos += by;
	vsim_publish(sim);
	return 0;
}

/* Under tx_lock. A message in its place that says that it is so long. */
static int lie_size(struct ferry_sim_vchiq *sim, enum ferry_sim_vchiq_lie which)
{
	struct vchiq_header *header;
	u32 offset, size;
	int ret;

	ret = vsim_make_room(sim, 256);
	if (ret)
		return ret;
	offset = sim->tx_pos % VCHIQ_SLOT_SIZE;
	size = which == FERRY_SIM_VCHIQ_LIE_SIZE_WRAP ? 0xfffffff8 :
	       which == FERRY_SIM_VCHIQ_LIE_SIZE_SLOT ? VCHIQ_SLOT_SIZE - offset : 200;
	header = (void *)(vsim_slot(sim, sim->tx_slot) + offset);
	vsim_set(&header->msgid, vsim_id(VCHIQ_DATA, VSIM_FIRST_PORT, 0));
	vsim_set(&header->size, size);
	return lie_position(sim, sizeof(*header));
}

/* Under tx_lock. The next slot is one that is not its to send in. */
static int lie_slot(struct ferry_sim_vchiq *sim, u32 slot)
{
	u32 room = -sim->tx_pos % VCHIQ_SLOT_SIZE;
	int ret = 0;

	if (room)
		ret = vsim_make_room(sim, room);
	if (ret)
		return ret;
	if (room) {
		struct vchiq_header *header;

		header = (void *)(vsim_slot(sim, sim->tx_slot) + sim->tx_pos % VCHIQ_SLOT_SIZE);
		vsim_set(&header->msgid, VCHIQ_PADDING);
		vsim_set(&header->size, room - sizeof(*header));
	}
	vsim_set(&sim->own->slot_queue[sim->begun % VCHIQ_SIDE_SLOTS], slot);
	return lie_position(sim, room + sizeof(struct vchiq_header));
}

/* Under tx_lock. @n slots of the host are back, the first of them @slot. */
static int lie_recycle(struct ferry_sim_vchiq *sim, u32 slot, u32 n)
{
	u32 pos = vsim_get(&sim->host->slot_queue_recycle);

	vsim_set(&sim->host->slot_queue[pos % VCHIQ_SIDE_SLOTS], slot);
	dma_wmb();	/* the entry, then the counter; pairs with the host's barrier */
	vsim_set(&sim->host->slot_queue_recycle, pos + n);
	vsim_fire(sim, &sim->host->recycle);
	return 0;
}

/* The last slot of the host that went back, or its first one. */
static u32 lie_last_recycled(struct ferry_sim_vchiq *sim)
{
	u32 n = vsim_get(&sim->host->slot_queue_recycle) - 1;

	return vsim_get(&sim->host->slot_queue[n % VCHIQ_SIDE_SLOTS]);
}

/* Short messages for nobody, until no slot is left. */
static int lie_flood(struct ferry_sim_vchiq *sim)
{
	u32 i, n = sim->nr * VCHIQ_SLOT_MSGS;
	int ret = 0;

	for (i = 0; i < n && !ret; i++)
		ret = vsim_send(sim, vsim_id(VCHIQ_DATA, i % VCHIQ_PORTS, ~i % VCHIQ_PORTS),
				"flood", 5);
	return ret;
}

static int lie_tell(struct ferry_sim_vchiq *sim, enum ferry_sim_vchiq_lie which)
{
	switch (which) {
	case FERRY_SIM_VCHIQ_LIE_POS_BACK:
		return lie_position(sim, -8);
	case FERRY_SIM_VCHIQ_LIE_POS_FAR:
		return lie_position(sim, (sim->nr + 1) * VCHIQ_SLOT_SIZE);
	case FERRY_SIM_VCHIQ_LIE_POS_ODD:
		return lie_position(sim, 4);
	case FERRY_SIM_VCHIQ_LIE_SIZE_WRAP:
	case FERRY_SIM_VCHIQ_LIE_SIZE_SLOT:
	case FERRY_SIM_VCHIQ_LIE_SIZE_SENT:
		return lie_size(sim, which);
	case FERRY_SIM_VCHIQ_LIE_SLOT_ZERO:
		return lie_slot(sim, 0);
	case FERRY_SIM_VCHIQ_LIE_SLOT_HOST:
		return lie_slot(sim, vsim_get(&sim->host->slot_first));
	case FERRY_SIM_VCHIQ_LIE_SLOT_TWICE:
		return lie_slot(sim, sim->tx_slot);
	case FERRY_SIM_VCHIQ_LIE_RECYCLE_FAR:
		return lie_recycle(sim, lie_last_recycled(sim), 1000);
	case FERRY_SIM_VCHIQ_LIE_RECYCLE_OWN:
		return lie_recycle(sim, vsim_get(&sim->own->slot_first), 1);
	case FERRY_SIM_VCHIQ_LIE_RECYCLE_TWICE:
		return lie_recycle(sim, lie_last_recycled(sim), 1);
	default:
		return -EINVAL;
	}
}

/**
 * ferry_sim_vchiq_lie() - do something wrong, once
 * @sim:	the VPU
 * @which:	what
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL there is no such lie, -ENOLINK it has no memory, -ETIMEDOUT the host gives
 * no slot back, -EPROTO or one that it did not have.
 */
int ferry_sim_vchiq_lie(struct ferry_sim_vchiq *sim, enum ferry_sim_vchiq_lie which)
{
	if (which == FERRY_SIM_VCHIQ_LIE_FLOOD)
		return lie_flood(sim);
	guard(mutex)(&sim->tx_lock);
	if (!READ_ONCE(sim->up))
		return -ENOLINK;
	return lie_tell(sim, which);
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_lie);
