// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: slot zero, as the host writes it before the VPU knows of it.
 */
#include <linux/string.h>

#include "vchiq.h"

/* Process context. How the slots are shared out. -EINVAL: not so. */
int vchiq_area_layout(struct ferry_vchiq *vc)
{
	struct ferry_region *region = vc->cfg.region;
	u64 tail = FERRY_VCHIQ_TAIL(vc->cfg.line);
	u64 slots;

	if (!region->vaddr || region->size < tail ||
	    !IS_ALIGNED(region->remote, VCHIQ_SLOT_SIZE) ||
	    !IS_ALIGNED((uintptr_t)region->vaddr, VCHIQ_SLOT_SIZE))
		return -EINVAL;
	slots = min_t(u64, (region->size - tail) / VCHIQ_SLOT_SIZE, VCHIQ_SLOTS);
	if (slots < VCHIQ_MIN_SLOTS)
		return -EINVAL;
	/* Slot zero is nobody's; each side has one slot for synchronous messages. */
	slots = (slots - 1) / 2;
	vc->rx.sync = 1;
	vc->rx.first = 2;
	vc->rx.nr = slots - 1;
	vc->tx.first = slots + 2;
	vc->tx.nr = slots - 1;
	vc->zero = region->vaddr;
	vc->own = &vc->zero->slave;
	vc->peer = &vc->zero->master;
	return 0;
}

static void area_side(struct vchiq_side *side, unsigned int first, unsigned int nr)
{
	vchiq_store(&side->slot_sync, first - 1);
	vchiq_store(&side->slot_first, first);
	vchiq_store(&side->slot_last, first + nr - 1);
}

/* Our half is complete; the VPU fills its own. */
static void area_own(struct ferry_vchiq *vc)
{
	struct vchiq_side *own = vc->own;
	unsigned int i;

	for (i = 0; i < vc->tx.nr; i++)
		vchiq_store(&own->slot_queue[i], vc->tx.first + i);
	vchiq_store(&own->slot_queue_recycle, vc->tx.nr);
	vchiq_store(&own->sync_release.fired, 1);	/* our synchronous slot is free */
	vchiq_store(&own->debug[0], VCHIQ_NR_DEBUG);
}

/* Process context; the VPU does not know the memory, or was reset. */
void vchiq_area_init(struct ferry_vchiq *vc)
{
	struct vchiq_slot_zero *zero = vc->zero;
	unsigned int slots = 1 + 2 * (vc->tx.nr + 1);

	memset(zero, 0, vc->cfg.region->size);
	vchiq_store(&zero->magic, VCHIQ_MAGIC);
	WRITE_ONCE(zero->version, cpu_to_le16(VCHIQ_VERSION));
	WRITE_ONCE(zero->version_min, cpu_to_le16(VCHIQ_VERSION_MIN));
	vchiq_store(&zero->slot_zero_size, sizeof(*zero));
	vchiq_store(&zero->slot_size, VCHIQ_SLOT_SIZE);
	vchiq_store(&zero->max_slots, VCHIQ_MAX_SLOTS);
	vchiq_store(&zero->max_slots_per_side, VCHIQ_SIDE_SLOTS);
	vchiq_store(&zero->platform_data[0],
		    vc->cfg.region->remote + slots * VCHIQ_SLOT_SIZE);
	vchiq_store(&zero->platform_data[1], VCHIQ_FRAGMENTS);
	area_side(&zero->master, vc->rx.first, vc->rx.nr);
	area_side(&zero->slave, vc->tx.first, vc->tx.nr);
	area_own(vc);
	dma_wmb();	/* all of it, then that it is complete; pairs with the VPU's barrier */
	vchiq_store(&vc->own->initialised, 1);
}
