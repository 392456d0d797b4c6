// SPDX-License-Identifier: GPL-2.0-only
/*
 * The heap of the simulated VPU: what of the host's memory it has, who refers to it, and when
 * it lets go.
 */
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "vcsm_private.h"

#define SSIM_BYTE(seed, i)	((u8)((seed) + (i) * 13 + ((i) >> 8)))

struct ssim_buf *ssim_find(struct ferry_sim_vcsm *sim, u32 handle)
{
	struct ssim_buf *b;

	list_for_each_entry(b, &sim->bufs, node)
		if (b->handle == handle)
			return b;
	return NULL;
}

struct ssim_buf *ssim_find_id(struct ferry_sim_vcsm *sim, u32 kernel_id)
{
	struct ssim_buf *b;

	list_for_each_entry(b, &sim->bufs, node)
		if (b->kernel_id == kernel_id)
			return b;
	return NULL;
}

/* Not one that is there. */
u32 ssim_new_handle(struct ferry_sim_vcsm *sim)
{
	do {
		sim->next_handle++;
	} while (ssim_find(sim, BIT(31) | sim->next_handle << 4 | 1));
	return BIT(31) | sim->next_handle << 4 | 1;
}

/* When the next of the own references ends, or 0: there is none. */
static unsigned long ssim_next_end(struct ferry_sim_vcsm *sim)
{
	unsigned long left = 0;
	struct ssim_buf *b;

	list_for_each_entry(b, &sim->bufs, node) {
		unsigned long mine;

		if (!b->own_refs)
			continue;
		mine = time_after(b->own_until, jiffies) ? b->own_until - jiffies : 1;
		left = left ? min(left, mine) : mine;
	}
	return left;
}

/* Of the host; and the VPU uses it for a while, if it is told to. */
struct ssim_buf *ssim_add(struct ferry_sim_vcsm *sim, u32 handle, u32 addr, u32 size, u32 id)
{
	struct ssim_buf *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return NULL;
	b->handle = handle;
	b->addr = addr;
	b->size = size;
	b->kernel_id = id;
	list_add_tail(&b->node, &sim->bufs);
	sim->stats.buffers++;
	sim->stats.bytes += size;
	if (!sim->hold_ms)
		return b;
	b->own_refs = 1;
	b->own_until = jiffies + msecs_to_jiffies(sim->hold_ms);
	/* There may be one that it uses for longer. */
	cancel_delayed_work(&sim->work);
	schedule_delayed_work(&sim->work, ssim_next_end(sim));
	return b;
}

void ssim_send(struct ferry_sim_vcsm *sim, const void *msg, size_t len)
{
	if (sim->cfg.send(sim->cfg.data, msg, len))
		sim->stats.lost++;
}

void ssim_say_released(struct ferry_sim_vcsm *sim, const struct ssim_buf *b)
{
	struct vcsm_released msg = {
		.event = cpu_to_le32(VCSM_EVENT | VCSM_RELEASED),
		.addr = cpu_to_le32(b->addr),
		.size = cpu_to_le32(b->size),
		.kernel_id = cpu_to_le32(b->kernel_id),
		.vc_handle = cpu_to_le32(b->handle),
	};

	/* Old firmware does not know it, and new says it to nobody who is old. */
	if (sim->cfg.version < VCSM_VERSION || sim->host_version < VCSM_VERSION)
		return;
	ssim_send(sim, &msg, sizeof(msg));
	if (ssim_fault(sim, FERRY_SIM_VCSM_AGAIN))
		ssim_send(sim, &msg, sizeof(msg));
}

static void ssim_drop(struct ferry_sim_vcsm *sim, struct ssim_buf *b)
{
	list_del(&b->node);
	sim->stats.buffers--;
	sim->stats.bytes -= b->size;
	kfree(b);
}

/* Frees it if nobody refers to it any more. */
void ssim_put(struct ferry_sim_vcsm *sim, struct ssim_buf *b)
{
	struct ssim_buf *other;

	if (b->host_refs || b->own_refs || ssim_fault(sim, FERRY_SIM_VCSM_KEEP))
		return;
	sim->stats.releases++;
	if (ssim_fault(sim, FERRY_SIM_VCSM_OTHERS)) {
		list_for_each_entry(other, &sim->bufs, node) {
			struct ssim_buf lie = *other;

			lie.handle = b->handle;
			ssim_say_released(sim, &lie);
		}
	}
	ssim_say_released(sim, b);
	ssim_drop(sim, b);
}

void ssim_heap_work(struct work_struct *work)
{
	struct ferry_sim_vcsm *sim = container_of(work, struct ferry_sim_vcsm, work.work);
	struct ssim_buf *b, *tmp;
	unsigned long left;

	guard(mutex)(&sim->lock);
	list_for_each_entry_safe(b, tmp, &sim->bufs, node) {
		if (!b->own_refs || time_after(b->own_until, jiffies))
			continue;
		b->own_refs = 0;
		ssim_put(sim, b);
	}
	left = ssim_next_end(sim);
	if (left && !sim->gone)
		schedule_delayed_work(&sim->work, left);
}

/* Without a word. */
void ssim_forget(struct ferry_sim_vcsm *sim)
{
	struct ssim_buf *b, *tmp;

	list_for_each_entry_safe(b, tmp, &sim->bufs, node)
		ssim_drop(sim, b);
	memset(sim->pending, 0, sizeof(sim->pending));
	sim->host_version = 0;
}

/**
 * ferry_sim_vcsm_let_go - it is done with a buffer, whatever the host thinks
 * @sim:	the simulation
 * @handle:	of the buffer
 *
 * Context: process, may sleep.
 *
 * Return: 0, -ENOENT there is none.
 */
int ferry_sim_vcsm_let_go(struct ferry_sim_vcsm *sim, u32 handle)
{
	struct ssim_buf *b;

	guard(mutex)(&sim->lock);
	b = ssim_find(sim, handle);
	if (!b)
		return -ENOENT;
	b->host_refs = 0;
	b->own_refs = 0;
	ssim_put(sim, b);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_let_go);

/* All of a buffer; true: as @seed says. Written first, if @fill. */
static bool ssim_bytes(u8 *mem, u32 size, u8 seed, bool fill)
{
	u32 i;

	for (i = 0; i < size; i++) {
		if (fill)
			mem[i] = SSIM_BYTE(seed, i);
		else if (mem[i] != SSIM_BYTE(seed, i))
			return false;
	}
	return true;
}

static int ssim_touch(struct ferry_sim_vcsm *sim, u32 handle, u8 seed, bool fill)
{
	struct ssim_buf *b;
	bool good;
	u8 *mem;

	guard(mutex)(&sim->lock);
	b = ssim_find(sim, handle);
	mem = b && sim->cfg.map ? sim->cfg.map(sim->cfg.data, b->addr, b->size) : NULL;
	if (!mem)
		return -ENOENT;
	good = ssim_bytes(mem, b->size, seed, fill);
	sim->cfg.unmap(sim->cfg.data, mem, b->size);
	return good ? 0 : -EILSEQ;
}

/**
 * ferry_sim_vcsm_fill - the VPU writes all of a buffer
 * @sim:	the simulation
 * @handle:	of the buffer
 * @seed:	the bytes follow from it
 *
 * Context: process, may sleep.
 *
 * Return: 0, -ENOENT there is no such buffer, or nowhere to see it.
 */
int ferry_sim_vcsm_fill(struct ferry_sim_vcsm *sim, u32 handle, u8 seed)
{
	return ssim_touch(sim, handle, seed, true);
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_fill);

/**
 * ferry_sim_vcsm_check - the VPU reads all of a buffer
 * @sim:	the simulation
 * @handle:	of the buffer
 * @seed:	as of ferry_sim_vcsm_fill()
 *
 * Context: process, may sleep.
 *
 * Return: 0, -EILSEQ there is something else in it, -ENOENT as ferry_sim_vcsm_fill().
 */
int ferry_sim_vcsm_check(struct ferry_sim_vcsm *sim, u32 handle, u8 seed)
{
	return ssim_touch(sim, handle, seed, false);
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_check);
