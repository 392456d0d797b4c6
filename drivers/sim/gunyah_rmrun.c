// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated resource manager of Gunyah: what runs in the VMs that it made, from their start
 * to their end.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>

#include "gunyah_private.h"
#include "gunyah_rm_private.h"

static u64 run_bell_call(struct grm_pair *pair, unsigned int nr, u64 cap, u64 flags)
{
	struct ferry_gunyah_regs regs = { .x = { GUNYAH_CALL(nr), cap, flags, 0 } };

	gsim_call(ferry_sim_gunyah_vm_hyp(pair->vm), &regs);
	return regs.x[0] ? 0 : regs.x[1];
}

/* It rings back with the flags that it was rung with. */
static void run_bell_work(struct work_struct *work)
{
	struct grm_pair *pair = container_of(work, struct grm_pair, bell_work);
	u64 flags = run_bell_call(pair, GUNYAH_BELL_RECEIVE, pair->to_bell->rx.cap, ~0ULL);

	if (!flags)
		return;
	WRITE_ONCE(pair->rings, pair->rings + 1);
	run_bell_call(pair, GUNYAH_BELL_SEND, pair->from_bell->tx.cap, flags);
}

/* Under the lock of the lines. */
static void run_bell_rung(void *data)
{
	struct grm_pair *pair = data;

	schedule_work(&pair->bell_work);
}

static void run_peer(struct grm_pair *pair, const struct ferry_sim_gunyah_rm_thing *thing)
{
	struct ferry_sim_gunyah_peer_cfg cfg = {
		.vm = pair->vm, .tx = pair->from, .rx = pair->to,
		.len = thing->size ?: GRM_SIZE,
	};

	if (pair->from && pair->to) {
		cfg.role = FERRY_SIM_GUNYAH_ECHO;
	} else if (pair->to && thing->takes) {
		cfg.role = FERRY_SIM_GUNYAH_SINK;
	} else if (pair->from && thing->sends) {
		cfg.role = FERRY_SIM_GUNYAH_FLOOD;
		cfg.limit = thing->sends;
	} else {
		return;
	}
	pair->peer = ferry_sim_gunyah_peer_create(&cfg);
	if (IS_ERR(pair->peer))
		pair->peer = NULL;
}

void grm_run(struct ferry_sim_gunyah_rm *rm, struct grm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < FERRY_SIM_GUNYAH_RM_THINGS; i++) {
		struct grm_pair *pair = &vm->pair[i];

		pair->vm = vm->vm;
		run_peer(pair, &rm->cfg.things[i]);
		if (!pair->from_bell || !pair->to_bell)
			continue;
		INIT_WORK(&pair->bell_work, run_bell_work);
		pair->answers = true;
		gsim_line_catch(pair->to_bell->line, run_bell_rung, pair);
	}
}

void grm_run_end(struct grm_vm *vm)
{
	unsigned int i;

	for (i = 0; i < FERRY_SIM_GUNYAH_RM_THINGS; i++) {
		struct grm_pair *pair = &vm->pair[i];

		if (pair->peer)
			ferry_sim_gunyah_peer_destroy(pair->peer);
		pair->peer = NULL;
		if (!pair->answers)
			continue;
		gsim_line_catch(pair->to_bell->line, NULL, NULL);
		cancel_work_sync(&pair->bell_work);
		pair->answers = false;
	}
}

static void run_count(const struct grm_pair *pair, struct ferry_sim_gunyah_rm_counts *counts)
{
	counts->rings += READ_ONCE(pair->rings);
	if (!pair->peer)
		return;
	if (pair->from && pair->to)
		counts->echoed += ferry_sim_gunyah_peer_received(pair->peer);
	else if (pair->to)
		counts->taken += ferry_sim_gunyah_peer_received(pair->peer);
	else
		counts->sent += ferry_sim_gunyah_peer_sent(pair->peer);
}

/**
 * ferry_sim_gunyah_rm_counts() - what a VM has done since it was started
 * @rm:		the resource manager
 * @vmid:	which
 * @counts:	set to that; all is 0 when nothing runs there
 *
 * Context: process, may sleep.
 * Return: 0, or -ENOENT: there is no such VM.
 */
int ferry_sim_gunyah_rm_counts(struct ferry_sim_gunyah_rm *rm, u16 vmid,
			       struct ferry_sim_gunyah_rm_counts *counts)
{
	const struct grm_vm *vm;
	unsigned int i;

	*counts = (struct ferry_sim_gunyah_rm_counts){};
	guard(mutex)(&rm->lock);
	vm = grm_vm_find(rm, vmid);
	if (!vm)
		return -ENOENT;
	for (i = 0; i < FERRY_SIM_GUNYAH_RM_THINGS; i++)
		run_count(&vm->pair[i], counts);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_counts);
