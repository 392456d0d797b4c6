// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells of the simulated Gunyah hypervisor: words of flags, whose interrupts are edges.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/slab.h>

#include "gunyah_private.h"

static struct ferry_sim_gunyah_bell *to_bell(struct gsim_object *object)
{
	return container_of(object, struct ferry_sim_gunyah_bell, object);
}

/* An edge comes for flags that are not enabled, too. */
static void bell_send(struct ferry_sim_gunyah_bell *bell, u64 *x)
{
	u64 before = bell->flags;

	bell->flags |= x[2];
	gsim_line_raise(bell->line);
	if (bell->flags & bell->enable)
		bell->flags &= ~bell->ack;
	x[0] = GUNYAH_OK;
	x[1] = before;
}

static void bell_receive(struct ferry_sim_gunyah_bell *bell, u64 *x)
{
	u64 clear = x[2];

	if (!clear) {
		x[0] = GUNYAH_ARGUMENT_INVALID;
		x[1] = 0;
		return;
	}
	x[0] = GUNYAH_OK;
	x[1] = bell->flags;
	bell->flags &= ~clear;
}

static void bell_reset(struct ferry_sim_gunyah_bell *bell, u64 *x)
{
	bell->flags = 0;
	bell->ack = 0;
	bell->enable = ~0ULL;
	gsim_line_clear(bell->line);
	x[0] = GUNYAH_OK;
}

static void bell_mask(struct ferry_sim_gunyah_bell *bell, u64 *x)
{
	bell->enable = x[2];
	bell->ack = x[3];
	if (bell->flags & bell->enable) {
		gsim_line_raise(bell->line);
		bell->flags &= ~bell->ack;
	} else {
		gsim_line_clear(bell->line);
	}
	x[0] = GUNYAH_OK;
}

static unsigned int bell_rights(unsigned int nr)
{
	switch (nr) {
	case GUNYAH_BELL_SEND:
		return GSIM_SEND;
	case GUNYAH_BELL_RECEIVE:
	case GUNYAH_BELL_RESET:
	case GUNYAH_BELL_MASK:
		return GSIM_RECEIVE;
	default:
		return GSIM_BIND;
	}
}

void gsim_bell_call(struct ferry_sim_gunyah_vm *vm, unsigned int nr, u64 *x)
{
	struct gsim_object *object;
	s64 error = gsim_cap_find(vm, x[1], GSIM_BELL, bell_rights(nr), &object);

	if (error) {
		x[0] = error;
		x[1] = 0;
		return;
	}
	switch (nr) {
	case GUNYAH_BELL_SEND:
		bell_send(to_bell(object), x);
		break;
	case GUNYAH_BELL_RECEIVE:
		bell_receive(to_bell(object), x);
		break;
	case GUNYAH_BELL_RESET:
		bell_reset(to_bell(object), x);
		break;
	default:
		bell_mask(to_bell(object), x);
	}
}

void gsim_bell_free(struct gsim_object *object)
{
	struct ferry_sim_gunyah_bell *bell = to_bell(object);

	gsim_line_put(bell->line);
	kfree(bell);
}

/* Under the lock. Both ends, or nothing. */
static int bell_add(struct ferry_sim_gunyah_bell *bell, bool source_can_clear)
{
	unsigned int rights = source_can_clear ? GSIM_SEND | GSIM_RECEIVE : GSIM_SEND;
	int ret = gsim_cap_add(bell->object.from, &bell->object, rights, &bell->tx.cap);

	if (!ret)
		ret = gsim_cap_add(bell->object.to, &bell->object, GSIM_RECEIVE, &bell->rx.cap);
	if (ret) {
		gsim_object_drop(&bell->object, false);
		return ret;
	}
	list_add_tail(&bell->object.node, &bell->object.to->sim->objects);
	return 0;
}

/**
 * ferry_sim_gunyah_bell_create() - a doorbell from one VM to another
 * @from:	the VM that rings
 * @to:		the VM that is rung, which has the interrupt
 * @source_can_clear: who rings can take flags back
 *
 * Context: process, may sleep.
 * Return: the doorbell, which goes with the hypervisor; ERR_PTR(): -ENOSPC a table is full
 * or there are no more interrupts, -ENOMEM.
 */
struct ferry_sim_gunyah_bell *ferry_sim_gunyah_bell_create(struct ferry_sim_gunyah_vm *from,
							   struct ferry_sim_gunyah_vm *to,
							   bool source_can_clear)
{
	struct ferry_sim_gunyah_bell *bell = kzalloc(sizeof(*bell), GFP_KERNEL);
	int ret = -ENOSPC;

	if (!bell)
		return ERR_PTR(-ENOMEM);
	bell->object.kind = GSIM_BELL;
	bell->object.from = from;
	bell->object.to = to;
	bell->enable = ~0ULL;
	bell->line = gsim_line_get(to, false, &bell->rx.virq);
	if (bell->line) {
		scoped_guard(spinlock_irqsave, &to->sim->lock)
			ret = bell_add(bell, source_can_clear);
	}
	if (!ret)
		return bell;
	gsim_bell_free(&bell->object);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_bell_create);

/**
 * ferry_sim_gunyah_bell_ends() - what the two VMs are told
 * @bell:	the doorbell
 * @tx:		set to what the one that rings is, or NULL
 * @rx:		set to what the one that is rung is, or NULL
 *
 * Context: any.
 */
void ferry_sim_gunyah_bell_ends(const struct ferry_sim_gunyah_bell *bell,
				struct ferry_sim_gunyah_end *tx, struct ferry_sim_gunyah_end *rx)
{
	if (tx)
		*tx = bell->tx;
	if (rx)
		*rx = bell->rx;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_bell_ends);
