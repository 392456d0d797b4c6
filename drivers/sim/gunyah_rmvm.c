// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated resource manager of Gunyah: VMs, from nothing to reset, and what they share
 * with their owner.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/gunyah_rm.h>
#include <linux/string.h>

#include "../compat.h"
#include "gunyah_private.h"
#include "gunyah_rm_private.h"

struct grm_vm *grm_vm_find(struct ferry_sim_gunyah_rm *rm, u16 vmid)
{
	unsigned int i;

	for (i = 0; i < GRM_VMS; i++)
		if (vmid && rm->vms[i].vmid == vmid)
			return &rm->vms[i];
	return NULL;
}

static void vm_set_state(struct ferry_sim_gunyah_rm *rm, struct grm_vm *vm, u8 state)
{
	struct rm_note_status note = {
		.vmid = cpu_to_le16(vm->vmid), .state.vm = state,
	};

	vm->state = state;
	grm_send_note(rm, RM_NOTE_VM_STATUS, &note, sizeof(note));
}

static void vm_exited(struct ferry_sim_gunyah_rm *rm, struct grm_vm *vm, u16 type)
{
	struct rm_note_exited note = {
		.vmid = cpu_to_le16(vm->vmid), .type = cpu_to_le16(type),
		.size = cpu_to_le32(sizeof(note.reason)),
	};

	grm_send_note(rm, RM_NOTE_VM_EXITED, &note, sizeof(note));
	vm_set_state(rm, vm, FERRY_GUNYAH_VM_EXITED);
}

void grm_vms_end(struct ferry_sim_gunyah_rm *rm)
{
	unsigned int i;

	for (i = 0; i < GRM_VMS; i++)
		grm_run_end(&rm->vms[i]);
}

static u32 vm_allocate(struct ferry_sim_gunyah_rm *rm, u16 vmid)
{
	struct grm_vm *vm = NULL;
	unsigned int i;
	u16 id = vmid ?: RM_VMID_FIRST;

	while (!vmid && grm_vm_find(rm, id))
		id++;
	if (grm_vm_find(rm, id))
		return RM_IN_USE;
	for (i = 0; i < GRM_VMS && !vm; i++)
		if (!rm->vms[i].vmid)
			vm = &rm->vms[i];
	if (!vm)
		return RM_NORESOURCE;
	*vm = (struct grm_vm){ .vmid = id, .state = FERRY_GUNYAH_VM_LOAD };
	if (!vmid)
		grm_reply_u32(rm, id);
	return RM_OK;
}

/* One that there is not is the end of it. */
static u32 vm_deallocate(struct ferry_sim_gunyah_rm *rm, u16 vmid)
{
	struct grm_vm *vm = grm_vm_find(rm, vmid);

	if (!vm) {
		rm->dead = true;
		return RM_VMID_INVALID;
	}
	if (vm->state != FERRY_GUNYAH_VM_LOAD && vm->state != FERRY_GUNYAH_VM_RESET)
		return RM_VM_STATE;
	grm_run_end(vm);
	if (vm->vm)
		ferry_sim_gunyah_vm_destroy(vm->vm);
	vm->vm = NULL;
	vm->vmid = 0;
	return RM_OK;
}

static struct ferry_sim_gunyah_queue *vm_queue(struct ferry_sim_gunyah_rm *rm, struct grm_vm *vm,
					       const struct ferry_sim_gunyah_rm_thing *thing,
					       bool from_vm)
{
	struct ferry_sim_gunyah_queue_cfg cfg = {
		.from = from_vm ? vm->vm : rm->cfg.owner,
		.to = from_vm ? rm->cfg.owner : vm->vm,
		.depth = thing->depth ?: GRM_DEPTH,
		.max_size = thing->size ?: GRM_SIZE,
	};
	struct ferry_sim_gunyah_queue *q = ferry_sim_gunyah_queue_create(rm->cfg.sim, &cfg);

	return IS_ERR(q) ? NULL : q;
}

static struct ferry_sim_gunyah_bell *vm_bell(struct ferry_sim_gunyah_rm *rm, struct grm_vm *vm,
					     bool from_vm)
{
	struct ferry_sim_gunyah_bell *bell =
		ferry_sim_gunyah_bell_create(from_vm ? vm->vm : rm->cfg.owner,
					     from_vm ? rm->cfg.owner : vm->vm, false);

	return IS_ERR(bell) ? NULL : bell;
}

static void vm_make_pair(struct ferry_sim_gunyah_rm *rm, struct grm_vm *vm, unsigned int i)
{
	const struct ferry_sim_gunyah_rm_thing *thing = &rm->cfg.things[i];
	struct grm_pair *pair = &vm->pair[i];

	if (thing->from_vm && thing->bell)
		pair->from_bell = vm_bell(rm, vm, true);
	else if (thing->from_vm)
		pair->from = vm_queue(rm, vm, thing, true);
	if (thing->to_vm && thing->bell)
		pair->to_bell = vm_bell(rm, vm, false);
	else if (thing->to_vm)
		pair->to = vm_queue(rm, vm, thing, false);
}

static bool thing_is(const struct ferry_sim_gunyah_rm_thing *thing)
{
	return thing->from_vm || thing->to_vm;
}

/* Queues exist, and take messages, from here on. */
static u32 vm_init(struct ferry_sim_gunyah_rm *rm, struct grm_vm *vm)
{
	unsigned int i;

	if (vm->state != FERRY_GUNYAH_VM_LOAD)
		return RM_VM_STATE;
	vm->vm = ferry_sim_gunyah_vm_create(rm->cfg.sim);
	if (IS_ERR(vm->vm)) {
		vm->vm = NULL;
		return RM_NOMEM;
	}
	for (i = 0; thing_is(&rm->cfg.things[i]); i++)
		vm_make_pair(rm, vm, i);
	/* It says so before it answers. */
	vm_set_state(rm, vm, FERRY_GUNYAH_VM_READY);
	return RM_OK;
}

static u32 vm_start(struct ferry_sim_gunyah_rm *rm, struct grm_vm *vm)
{
	if (vm->state != FERRY_GUNYAH_VM_READY)
		return RM_VM_STATE;
	grm_run(rm, vm);
	vm_set_state(rm, vm, FERRY_GUNYAH_VM_RUNNING);
	return RM_OK;
}

static u32 vm_stop(struct ferry_sim_gunyah_rm *rm, struct grm_vm *vm)
{
	if (vm->state != FERRY_GUNYAH_VM_RUNNING)
		return RM_VM_STATE;
	grm_run_end(vm);
	vm_exited(rm, vm, FERRY_GUNYAH_EXIT_FORCED);
	return RM_OK;
}

static u32 vm_reset(struct grm_vm *vm)
{
	switch (vm->state) {
	case FERRY_GUNYAH_VM_EXITED:
	case FERRY_GUNYAH_VM_READY:
	case FERRY_GUNYAH_VM_INIT_FAILED:
		return RM_OK;
	default:
		return RM_VM_STATE;
	}
}

static u32 vm_config_image(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	struct rm_vm_config_image image;
	struct grm_vm *vm;
	u32 handle;

	if (rq->len != sizeof(image))
		return RM_MSG_INVALID;
	memcpy(&image, rq->data, sizeof(image));
	vm = grm_vm_find(rm, le16_to_cpu(image.vmid));
	handle = le32_to_cpu(image.handle);
	if (!vm)
		return RM_VMID_INVALID;
	if (handle >= GRM_PARCELS || !rm->parcels[handle].used ||
	    rm->parcels[handle].vmid != vm->vmid || rm->parcels[handle].building)
		return RM_HANDLE_INVALID;
	if (vm->state != FERRY_GUNYAH_VM_LOAD)
		return RM_VM_STATE;
	vm->configured = true;
	return RM_OK;
}

static u32 vm_get_state(struct ferry_sim_gunyah_rm *rm, u16 vmid)
{
	struct rm_vm_state state = { .vm = FERRY_GUNYAH_VM_RUNNING };
	struct grm_vm *vm = grm_vm_find(rm, vmid);

	if (vmid && !vm)
		return RM_VMID_INVALID;
	if (vm)
		state.vm = vm->state;
	grm_reply_add(rm, &state, sizeof(state));
	return RM_OK;
}

static void vm_resource(struct ferry_sim_gunyah_rm *rm, const struct grm_vm *vm, u8 type, u32 label,
			const struct ferry_sim_gunyah_end *end, u32 *count)
{
	struct rm_resource entry = {
		.type = type, .partner = cpu_to_le16(vm->vmid), .label = cpu_to_le32(label),
		.cap = cpu_to_le64(end->cap), .virq = cpu_to_le32(end->virq),
	};

	grm_reply_add(rm, &entry, sizeof(entry));
	++*count;
}

/* As the owner sees it. */
static void vm_pair_resources(struct ferry_sim_gunyah_rm *rm, const struct grm_vm *vm,
			      unsigned int i, u32 *count)
{
	const struct grm_pair *pair = &vm->pair[i];
	u32 label = rm->cfg.things[i].label;
	struct ferry_sim_gunyah_end end;

	if (pair->from_bell) {
		ferry_sim_gunyah_bell_ends(pair->from_bell, NULL, &end);
		vm_resource(rm, vm, RM_RESOURCE_BELL_RX, label, &end, count);
	}
	if (pair->to_bell) {
		ferry_sim_gunyah_bell_ends(pair->to_bell, &end, NULL);
		vm_resource(rm, vm, RM_RESOURCE_BELL_TX, label, &end, count);
	}
	if (pair->from) {
		ferry_sim_gunyah_queue_ends(pair->from, NULL, &end);
		vm_resource(rm, vm, RM_RESOURCE_QUEUE_RX, label, &end, count);
	}
	if (pair->to) {
		ferry_sim_gunyah_queue_ends(pair->to, &end, NULL);
		vm_resource(rm, vm, RM_RESOURCE_QUEUE_TX, label, &end, count);
	}
}

static u32 vm_get_resources(struct ferry_sim_gunyah_rm *rm, const struct grm_vm *vm)
{
	const struct ferry_sim_gunyah_end none = { .cap = 0x1000 };
	u32 count = 0;
	unsigned int i;

	grm_reply_u32(rm, 0);
	vm_resource(rm, vm, RM_RESOURCE_VCPU, 0, &none, &count);
	for (i = 0; i < FERRY_SIM_GUNYAH_RM_THINGS; i++)
		vm_pair_resources(rm, vm, i, &count);
	put_unaligned_le32(count, rm->reply.data);
	return RM_OK;
}

/* Requests that name one VM, and nothing else. */
static u32 vm_simple(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq, u16 vmid)
{
	struct grm_vm *vm = grm_vm_find(rm, vmid);

	if (rq->id == RM_VM_ALLOCATE)
		return vm_allocate(rm, vmid);
	if (rq->id == RM_VM_DEALLOCATE)
		return vm_deallocate(rm, vmid);
	if (rq->id == RM_VM_GET_STATE)
		return vm_get_state(rm, vmid);
	if (!vm)
		return RM_VMID_INVALID;
	switch (rq->id) {
	case RM_VM_START:
		return vm_start(rm, vm);
	case RM_VM_STOP:
		return vm_stop(rm, vm);
	case RM_VM_RESET:
		return vm_reset(vm);
	case RM_VM_INIT:
		return vm_init(rm, vm);
	default:
		return vm_get_resources(rm, vm);
	}
}

bool grm_vm_request(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	size_t len = sizeof(struct rm_vmid);

	switch (rq->id) {
	case RM_VM_CONFIG_IMAGE:
		rm->reply.error = vm_config_image(rm, rq);
		return true;
	case RM_VM_STOP:
		len = sizeof(struct rm_vm_stop);
		break;
	case RM_VM_ALLOCATE:
	case RM_VM_DEALLOCATE:
	case RM_VM_START:
	case RM_VM_RESET:
	case RM_VM_INIT:
	case RM_VM_GET_STATE:
	case RM_VM_GET_HYP_RESOURCES:
		break;
	default:
		return false;
	}
	if (rq->len != len)
		rm->reply.error = RM_MSG_INVALID;
	else
		rm->reply.error = vm_simple(rm, rq, get_unaligned_le16(rq->data));
	return true;
}

/* A reset goes on after it was answered. */
void grm_vm_after(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	struct grm_vm *vm;

	if (rq->id != RM_VM_RESET || rm->reply.error)
		return;
	vm = grm_vm_find(rm, get_unaligned_le16(rq->data));
	if (!vm)
		return;
	vm_set_state(rm, vm, FERRY_GUNYAH_VM_RESETTING);
	grm_run_end(vm);
	ferry_sim_gunyah_vm_reset(vm->vm);
	memset(vm->pair, 0, sizeof(vm->pair));
	vm_set_state(rm, vm, FERRY_GUNYAH_VM_RESET);
}

/**
 * ferry_sim_gunyah_rm_vm_dies() - a VM ends by itself
 * @rm:		the resource manager
 * @vmid:	which; nothing happens unless it runs
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_rm_vm_dies(struct ferry_sim_gunyah_rm *rm, u16 vmid)
{
	struct grm_vm *vm;

	scoped_guard(mutex, &rm->lock) {
		vm = grm_vm_find(rm, vmid);
		if (vm && vm->state == FERRY_GUNYAH_VM_RUNNING) {
			grm_run_end(vm);
			vm_exited(rm, vm, FERRY_GUNYAH_EXIT_WATCHDOG);
		}
	}
	queue_work(rm->wq, &rm->work);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_vm_dies);

/**
 * ferry_sim_gunyah_rm_vm_lost() - what a VM shares is gone, and nobody says so
 * @rm:		the resource manager
 * @vmid:	which; nothing happens unless it runs
 *
 * It ended and was reset, and the notifications were lost: its owner finds empty
 * capabilities.
 *
 * Context: process, may sleep.
 * Return: 0, or -ENOENT: it does not run.
 */
int ferry_sim_gunyah_rm_vm_lost(struct ferry_sim_gunyah_rm *rm, u16 vmid)
{
	struct grm_vm *vm;

	guard(mutex)(&rm->lock);
	vm = grm_vm_find(rm, vmid);
	if (!vm || vm->state != FERRY_GUNYAH_VM_RUNNING)
		return -ENOENT;
	ferry_sim_gunyah_vm_reset(vm->vm);
	grm_run_end(vm);
	vm->state = FERRY_GUNYAH_VM_EXITED;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_vm_lost);
