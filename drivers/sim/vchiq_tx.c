// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU: what it sends.
 */
#include <asm/barrier.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/ferry/port.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "vchiq_private.h"

#define VSIM_STEP	(HZ / 20)
#define VSIM_PATIENCE	(60 * HZ)

/* Any context. */
void vsim_fire(struct ferry_sim_vchiq *sim, struct vchiq_event *event)
{
	wmb();	/* what it is about, then the flag */
	vsim_set(&event->fired, 1);
	mb();	/* the flag, then the wish of the host; pairs with its barrier */
	if (vsim_get(&event->armed) && !vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_NO_RING))
		ferry_port_send(sim->cfg.ring, NULL, 0, 0);
}

/* Under tx_lock. */
void vsim_publish(struct ferry_sim_vchiq *sim)
{
	dma_wmb();	/* the messages, then the position; pairs with the host's barrier */
	vsim_set(&sim->own->tx_pos, sim->tx_pos);
	vsim_fire(sim, &sim->host->trigger);
}

static bool tx_has_slot(struct ferry_sim_vchiq *sim)
{
	return vsim_get(&sim->own->slot_queue_recycle) != sim->begun;
}

static bool tx_over(struct ferry_sim_vchiq *sim)
{
	return !READ_ONCE(sim->up) || (current == sim->task && kthread_should_stop());
}

/* Under tx_lock. Waits until the host has given a slot back. */
static int tx_wait_slot(struct ferry_sim_vchiq *sim)
{
	unsigned long limit = jiffies + VSIM_PATIENCE;

	while (!tx_has_slot(sim)) {
		if (tx_over(sim))
			return -ENOLINK;
		if (time_after(jiffies, limit))
			return -ETIMEDOUT;
		vsim_set(&sim->own->recycle.armed, 1);
		mb();	/* the wish, then the look; pairs with the host's barrier */
		wait_event_timeout(sim->wait, tx_has_slot(sim) || tx_over(sim), VSIM_STEP);
		vsim_set(&sim->own->recycle.armed, 0);
	}
	dma_rmb();	/* the counter, then the entries; pairs with the host's barrier */
	return 0;
}

static void tx_header(struct ferry_sim_vchiq *sim, u32 msgid, u32 size)
{
	struct vchiq_header *header;

	header = (void *)(vsim_slot(sim, sim->tx_slot) + sim->tx_pos % VCHIQ_SLOT_SIZE);
	vsim_set(&header->msgid, msgid);
	vsim_set(&header->size, size);
}

/* Under tx_lock. The host says which is next: it has to be one that was its to give back. */
static int tx_begin_slot(struct ferry_sim_vchiq *sim)
{
	u32 slot = vsim_get(&sim->own->slot_queue[sim->begun % VCHIQ_SIDE_SLOTS]);

	if (slot - sim->slot_first >= sim->nr) {
		sim->tx_wrongs++;
		pr_warn_ratelimited("%s: the host is wrong: it gives back slot %u\n", sim->cfg.name,
				    slot);
		WRITE_ONCE(sim->up, false);
		return -EPROTO;
	}
	sim->tx_slot = slot;
	sim->begun++;
	return 0;
}

/* Under tx_lock. */
int vsim_make_room(struct ferry_sim_vchiq *sim, u32 stride)
{
	u32 room = -sim->tx_pos % VCHIQ_SLOT_SIZE;
	int ret;

	if (stride <= room)
		return 0;
	if (room) {
		tx_header(sim, VCHIQ_PADDING, room - sizeof(struct vchiq_header));
		sim->tx_pos += room;
		vsim_publish(sim);
	}
	ret = tx_wait_slot(sim);
	return ret ?: tx_begin_slot(sim);
}

/* Process context. Waits for room. */
int vsim_send(struct ferry_sim_vchiq *sim, u32 msgid, const void *payload, u32 size)
{
	int ret;

	if (size > VCHIQ_MAX_PAYLOAD)
		return -EMSGSIZE;
	guard(mutex)(&sim->tx_lock);
	if (!READ_ONCE(sim->up))
		return -ENOLINK;
	ret = vsim_make_room(sim, vchiq_stride(size));
	if (ret)
		return ret;
	if (size)
		memcpy(vsim_slot(sim, sim->tx_slot) + sim->tx_pos % VCHIQ_SLOT_SIZE +
		       sizeof(struct vchiq_header), payload, size);
	tx_header(sim, msgid, size);
	sim->tx_pos += vchiq_stride(size);
	sim->stats.tx++;
	vsim_publish(sim);
	return 0;
}

/**
 * ferry_sim_vchiq_raw() - send any message
 * @sim:	the VPU
 * @msgid:	first word of its header
 * @payload:	@size bytes, or NULL for none
 * @size:	0 to 4088
 *
 * Context: process, may sleep: it waits for room.
 * Return: 0, -EMSGSIZE, -ENOLINK it has no memory, -ETIMEDOUT the host gives nothing back,
 * -EPROTO it gives back what it did not have.
 */
int ferry_sim_vchiq_raw(struct ferry_sim_vchiq *sim, u32 msgid, const void *payload, u32 size)
{
	return vsim_send(sim, msgid, payload, size);
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_raw);

/* It was handed memory; nothing runs yet. */
void vsim_tx_start(struct ferry_sim_vchiq *sim)
{
	u32 i;

	sim->tx_pos = 0;
	sim->begun = 0;
	for (i = 0; i < sim->nr; i++)
		vsim_set(&sim->own->slot_queue[i], sim->slot_first + i);
	vsim_set(&sim->own->slot_queue_recycle, sim->nr);
}
