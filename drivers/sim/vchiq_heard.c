// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU: what a host looks like from there, byte for byte, so that hosts can be
 * compared. In /sys/kernel/debug/ferry-sim-vchiq/NAME/::
 *
 *   slot-zero   as it was when the VPU was handed the memory, 32 bytes in a line
 *   heard       the first messages since then, padding left out: a header, "|" and what
 *               there is of a payload, of which the first 64 bytes
 */
#include <linux/debugfs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "../compat.h"
#include "vchiq_private.h"

#define HEARD_LINE	32

/* Under rx_lock; nothing was written there yet. */
void vsim_heard_start(struct ferry_sim_vchiq *sim)
{
	memcpy(sim->first, sim->zero, sizeof(sim->first));
	sim->nr_heard = 0;
}

/* Under rx_lock; the payload is in sim->msg. */
void vsim_heard_add(struct ferry_sim_vchiq *sim, u32 msgid, u32 size)
{
	struct vsim_heard *h = &sim->heard[sim->nr_heard];

	if (sim->nr_heard == VSIM_HEARD)
		return;
	h->header[0] = cpu_to_le32(msgid);
	h->header[1] = cpu_to_le32(size);
	h->len = min_t(u32, size, sizeof(h->payload));
	memcpy(h->payload, sim->msg, h->len);
	sim->nr_heard++;
}

static int heard_show(struct seq_file *m, void *unused)
{
	struct ferry_sim_vchiq *sim = m->private;
	const struct vsim_heard *h;
	unsigned int i;

	guard(mutex)(&sim->rx_lock);
	for (i = 0; i < sim->nr_heard; i++) {
		h = &sim->heard[i];
		seq_printf(m, "%8ph", h->header);
		if (h->len)
			seq_printf(m, " | %*ph", (int)h->len, h->payload);
		seq_putc(m, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(heard);

static int slot_zero_show(struct seq_file *m, void *unused)
{
	struct ferry_sim_vchiq *sim = m->private;
	unsigned int i;

	guard(mutex)(&sim->rx_lock);
	for (i = 0; i < sizeof(sim->first); i += HEARD_LINE)
		seq_printf(m, "%*ph\n", (int)min(HEARD_LINE, sizeof(sim->first) - i),
			   sim->first + i);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(slot_zero);

void vsim_heard_files(struct ferry_sim_vchiq *sim)
{
	debugfs_create_file("heard", 0400, sim->dir, sim, &heard_fops);
	debugfs_create_file("slot-zero", 0400, sim->dir, sim, &slot_zero_fops);
}
