// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of capabilities of the simulated Gunyah hypervisor: what a number means to a VM.
 */
#include <linux/math64.h>

#include "gunyah_private.h"

/* The place that a number stands for, or none. */
static struct gsim_cap *cap_decode(struct ferry_sim_gunyah_vm *vm, u64 id)
{
	u64 rest, index = div64_u64_rem(id ^ vm->base, vm->mult, &rest);

	return !rest && index < GSIM_CAPS ? &vm->caps[index] : NULL;
}

int gsim_cap_add(struct ferry_sim_gunyah_vm *vm, struct gsim_object *object, unsigned int rights,
		 u64 *id)
{
	unsigned int i;

	for (i = 0; i < GSIM_CAPS; i++) {
		struct gsim_cap *cap = &vm->caps[i];

		if (cap->object || cap->revoked)
			continue;
		cap->object = object;
		cap->rights = rights;
		*id = (i * vm->mult) ^ vm->base;
		return 0;
	}
	return -ENOSPC;
}

s64 gsim_cap_find(struct ferry_sim_gunyah_vm *vm, u64 id, enum gsim_kind kind,
		  unsigned int rights, struct gsim_object **object)
{
	struct gsim_cap *cap = cap_decode(vm, id);

	if (!cap)
		return GUNYAH_ARGUMENT_INVALID;
	if (cap->revoked)
		return GUNYAH_CAP_REVOKED;
	if (!cap->object)
		return GUNYAH_CAP_NULL;
	if (cap->object->kind != kind)
		return GUNYAH_WRONG_OBJECT_TYPE;
	if ((cap->rights & rights) != rights)
		return GUNYAH_INSUFFICIENT_RIGHTS;
	*object = cap->object;
	return GUNYAH_OK;
}

void gsim_caps_drop(struct ferry_sim_gunyah_vm *vm, const struct gsim_object *object,
		    bool slot_stays)
{
	unsigned int i;

	for (i = 0; i < GSIM_CAPS; i++) {
		if (vm->caps[i].object != object)
			continue;
		vm->caps[i].object = NULL;
		vm->caps[i].revoked = slot_stays;
	}
}

void gsim_object_drop(struct gsim_object *object, bool slot_stays)
{
	gsim_caps_drop(object->from, object, slot_stays);
	gsim_caps_drop(object->to, object, slot_stays);
}
