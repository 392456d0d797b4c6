// SPDX-License-Identifier: GPL-2.0-only
/*
 * Message queues of the simulated Gunyah hypervisor, with every answer as the published one
 * gives it: also "done" for a message that it throws away.
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "gunyah_private.h"

static struct ferry_sim_gunyah_queue *to_queue(struct gsim_object *object)
{
	return container_of(object, struct ferry_sim_gunyah_queue, object);
}

/* x0 and x1 of what the sender did wrong. */
static void send_wrong(const struct ferry_sim_gunyah *sim, s64 error, u64 *x)
{
	x[0] = sim->cfg.strict ? error : GUNYAH_OK;
	x[1] = !sim->cfg.strict;
}

static void queue_send(struct ferry_sim_gunyah_vm *vm, struct ferry_sim_gunyah_queue *q, u64 *x)
{
	u64 size = x[2], addr = x[3], flags = x[4];
	unsigned int slot;

	x[1] = 0;
	if (flags & ~GUNYAH_SEND_PUSH || x[5]) {
		x[0] = GUNYAH_ARGUMENT_INVALID;
		return;
	}
	if (q->used == q->depth) {
		x[0] = GUNYAH_QUEUE_FULL;
		return;
	}
	if (!size || size > q->max_size) {
		send_wrong(vm->sim, GUNYAH_ARGUMENT_SIZE, x);
		return;
	}
	if (!gsim_mapped(vm, addr, size)) {
		send_wrong(vm->sim, GUNYAH_ADDR_INVALID, x);
		return;
	}
	slot = (q->head + q->used) % q->depth;
	memcpy(q->slots[slot], (void *)(uintptr_t)addr, size);
	q->sizes[slot] = size;
	q->used++;
	x[0] = GUNYAH_OK;
	x[1] = q->used < q->depth;
	if (q->used == q->not_empty || flags & GUNYAH_SEND_PUSH)
		gsim_line_raise(q->rx_line);
}

/* The message stays where it is. */
static void receive_wrong(const struct ferry_sim_gunyah *sim, s64 error, u64 *x)
{
	x[0] = sim->cfg.strict ? error : GUNYAH_OK;
	x[1] = 0;
	x[2] = 1;
}

static void queue_receive(struct ferry_sim_gunyah_vm *vm, struct ferry_sim_gunyah_queue *q,
			  u64 *x)
{
	u64 addr = x[2], size = x[3];
	unsigned int len = q->sizes[q->head];

	if (!q->used) {
		x[0] = GUNYAH_QUEUE_EMPTY;
		x[1] = 0;
		x[2] = 0;
		return;
	}
	if (size < len) {
		receive_wrong(vm->sim, GUNYAH_ADDR_OVERFLOW, x);
		return;
	}
	if (!gsim_mapped(vm, addr, len)) {
		receive_wrong(vm->sim, GUNYAH_ADDR_INVALID, x);
		return;
	}
	memcpy((void *)(uintptr_t)addr, q->slots[q->head], len);
	q->head = (q->head + 1) % q->depth;
	q->used--;
	x[0] = GUNYAH_OK;
	x[1] = len;
	x[2] = q->used > 0;
	if (q->used == q->not_full)
		gsim_line_raise(q->tx_line);
}

static void queue_flush(struct ferry_sim_gunyah_queue *q, u64 *x)
{
	x[0] = GUNYAH_OK;
	if (!q->used)
		return;
	q->used = 0;
	gsim_line_raise(q->tx_line);
	gsim_line_clear(q->rx_line);
}

static void line_set(struct gsim_line *line, bool on)
{
	if (on)
		gsim_line_raise(line);
	else
		gsim_line_clear(line);
}

static void queue_configure_send(struct ferry_sim_gunyah_queue *q, u64 *x)
{
	if (x[2] != GUNYAH_KEEP && x[2] >= q->depth) {
		x[0] = GUNYAH_ARGUMENT_INVALID;
		return;
	}
	if (x[2] != GUNYAH_KEEP)
		q->not_full = x[2];
	x[0] = GUNYAH_OK;
	line_set(q->tx_line, q->used <= q->not_full);
}

static void queue_configure_receive(struct ferry_sim_gunyah_queue *q, u64 *x)
{
	u64 threshold = x[2];

	if (threshold == GUNYAH_THRESHOLD_DEPTH) {
		q->not_empty = q->depth;
		x[0] = GUNYAH_OK;
		return;
	}
	if (threshold != GUNYAH_KEEP && (!threshold || threshold > q->depth)) {
		x[0] = GUNYAH_ARGUMENT_INVALID;
		return;
	}
	if (threshold != GUNYAH_KEEP)
		q->not_empty = threshold;
	x[0] = GUNYAH_OK;
	line_set(q->rx_line, q->used >= q->not_empty);
}

/* Delays are not implemented. */
static void queue_configure_end(struct ferry_sim_gunyah_queue *q, unsigned int nr, u64 *x)
{
	if (x[3] != GUNYAH_KEEP)
		x[0] = GUNYAH_UNIMPLEMENTED;
	else if (nr == GUNYAH_QUEUE_CONFIGURE_SEND)
		queue_configure_send(q, x);
	else
		queue_configure_receive(q, x);
}

static unsigned int queue_rights(unsigned int nr)
{
	switch (nr) {
	case GUNYAH_QUEUE_SEND:
	case GUNYAH_QUEUE_CONFIGURE_SEND:
		return GSIM_SEND;
	case GUNYAH_QUEUE_RECEIVE:
	case GUNYAH_QUEUE_FLUSH:
	case GUNYAH_QUEUE_CONFIGURE_RECEIVE:
		return GSIM_RECEIVE;
	default:
		return GSIM_BIND;
	}
}

void gsim_queue_call(struct ferry_sim_gunyah_vm *vm, unsigned int nr, u64 *x)
{
	struct gsim_object *object;
	s64 error = gsim_cap_find(vm, x[1], GSIM_QUEUE, queue_rights(nr), &object);

	if (error) {
		x[0] = error;
		x[1] = 0;
		if (nr == GUNYAH_QUEUE_RECEIVE)
			x[2] = 0;
		return;
	}
	switch (nr) {
	case GUNYAH_QUEUE_SEND:
		queue_send(vm, to_queue(object), x);
		break;
	case GUNYAH_QUEUE_RECEIVE:
		queue_receive(vm, to_queue(object), x);
		break;
	case GUNYAH_QUEUE_FLUSH:
		queue_flush(to_queue(object), x);
		break;
	default:
		queue_configure_end(to_queue(object), nr, x);
	}
}

/* Nobody can call for it any more. */
void gsim_queue_free(struct gsim_object *object)
{
	struct ferry_sim_gunyah_queue *q = to_queue(object);

	gsim_line_put(q->tx_line);
	gsim_line_put(q->rx_line);
	kvfree(q->slots);
	kfree(q);
}

/* Under the lock. Both ends, or nothing. */
static int queue_add(struct ferry_sim_gunyah *sim, struct ferry_sim_gunyah_queue *q)
{
	int ret = gsim_cap_add(q->object.from, &q->object, GSIM_SEND, &q->tx.cap);

	if (!ret)
		ret = gsim_cap_add(q->object.to, &q->object, GSIM_RECEIVE, &q->rx.cap);
	if (ret) {
		gsim_object_drop(&q->object, false);
		return ret;
	}
	list_add_tail(&q->object.node, &sim->objects);
	return 0;
}

static struct ferry_sim_gunyah_queue *queue_alloc(const struct ferry_sim_gunyah_queue_cfg *cfg)
{
	struct ferry_sim_gunyah_queue *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	q->slots = kvcalloc(cfg->depth, sizeof(*q->slots), GFP_KERNEL);
	if (!q->slots) {
		kfree(q);
		return NULL;
	}
	q->object.kind = GSIM_QUEUE;
	q->object.from = cfg->from;
	q->object.to = cfg->to;
	q->depth = cfg->depth;
	q->max_size = cfg->max_size;
	q->not_full = cfg->depth - 1;
	q->not_empty = 1;
	return q;
}

/**
 * ferry_sim_gunyah_queue_create() - a message queue from one VM to another
 * @sim:	the hypervisor
 * @cfg:	what it is like
 *
 * Context: process, may sleep.
 * Return: the queue, which goes with the hypervisor; ERR_PTR(): -EINVAL for limits that no
 * queue has, -ENOSPC a table is full or there are no more interrupts, -ENOMEM.
 */
struct ferry_sim_gunyah_queue *
ferry_sim_gunyah_queue_create(struct ferry_sim_gunyah *sim,
			      const struct ferry_sim_gunyah_queue_cfg *cfg)
{
	struct ferry_sim_gunyah_queue *q;
	int ret = -ENOSPC;

	if (!cfg->depth || cfg->depth > GUNYAH_QUEUE_DEPTH_MAX || !cfg->max_size ||
	    cfg->max_size > GUNYAH_QUEUE_SIZE_MAX)
		return ERR_PTR(-EINVAL);
	q = queue_alloc(cfg);
	if (!q)
		return ERR_PTR(-ENOMEM);
	q->tx_line = gsim_line_get(cfg->from, cfg->level, &q->tx.virq);
	q->rx_line = gsim_line_get(cfg->to, cfg->level, &q->rx.virq);
	if (q->tx_line && q->rx_line) {
		scoped_guard(spinlock_irqsave, &sim->lock)
			ret = queue_add(sim, q);
	}
	if (!ret)
		return q;
	gsim_queue_free(&q->object);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_queue_create);

/**
 * ferry_sim_gunyah_queue_ends() - what the two VMs are told
 * @q:		the queue
 * @tx:		set to what the sender is, or NULL
 * @rx:		set to what the receiver is, or NULL
 *
 * Context: any.
 */
void ferry_sim_gunyah_queue_ends(const struct ferry_sim_gunyah_queue *q,
				 struct ferry_sim_gunyah_end *tx, struct ferry_sim_gunyah_end *rx)
{
	if (tx)
		*tx = q->tx;
	if (rx)
		*rx = q->rx;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_queue_ends);

/**
 * ferry_sim_gunyah_queue_revoke() - take a queue from both VMs
 * @q:		the queue
 * @slot_stays:	the capabilities say that they were revoked; else they say that they are empty
 *
 * Context: any.
 */
void ferry_sim_gunyah_queue_revoke(struct ferry_sim_gunyah_queue *q, bool slot_stays)
{
	guard(spinlock_irqsave)(&q->object.from->sim->lock);
	gsim_object_drop(&q->object, slot_stays);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_queue_revoke);
