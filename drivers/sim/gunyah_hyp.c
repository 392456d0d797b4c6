// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated Gunyah hypervisor: its VMs and what they call.
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "gunyah_private.h"

/* As the published build answers. */
#define GSIM_API_INFO		0x5100000000008001ULL
#define GSIM_FLAGS		0x10000effULL
#define GSIM_UNKNOWN		(~0ULL)

static const u32 gsim_uid[4] = { 0xcd8fd5c1, 0xdb5f53a4, 0x36ce6592, 0x145f3d67 };

bool gsim_mapped(const struct ferry_sim_gunyah_vm *vm, u64 addr, u64 len)
{
	if (addr < PAGE_OFFSET || addr + len < addr)
		return false;
	return !vm->hole_len || addr + len <= vm->hole || addr >= vm->hole + vm->hole_len;
}

static void call_identify(u64 *x)
{
	x[0] = GSIM_API_INFO;
	x[1] = GSIM_FLAGS;
	x[2] = 0;
	x[3] = 0;
}

static void call_uid(u64 *x)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gsim_uid); i++)
		x[i] = gsim_uid[i];
}

/* One that the calling convention has for every hypervisor. */
static void call_common(u64 *x)
{
	switch (x[0]) {
	case GUNYAH_HYP_CALL_UID:
	case GUNYAH_OEM_CALL_UID:
		call_uid(x);
		break;
	case GUNYAH_HYP_CALL_REVISION:
		x[0] = GSIM_API_INFO;
		break;
	default:
		x[0] = GSIM_UNKNOWN;
	}
}

/* Under the lock. A lie, if there is one for this call. */
static bool call_lie(struct ferry_sim_gunyah_vm *vm, unsigned int nr, u64 *x)
{
	unsigned int i, r;

	for (i = 0; i < GSIM_LIES; i++) {
		struct gsim_lie *lie = &vm->lies[i];

		if (!lie->count || lie->nr != nr)
			continue;
		lie->count--;
		for (r = 0; r < 4; r++)
			x[r] = lie->regs.x[r];
		return true;
	}
	return false;
}

/* Under the lock. */
static void call_numbered(struct ferry_sim_gunyah_vm *vm, unsigned int nr, u64 *x)
{
	switch (nr) {
	case GUNYAH_IDENTIFY:
		call_identify(x);
		break;
	case GUNYAH_BELL_BIND ... GUNYAH_BELL_MASK:
		gsim_bell_call(vm, nr, x);
		break;
	case GUNYAH_QUEUE_BIND_SEND ... GUNYAH_QUEUE_FLUSH:
	case GUNYAH_QUEUE_CONFIGURE_SEND ... GUNYAH_QUEUE_CONFIGURE:
		gsim_queue_call(vm, nr, x);
		break;
	default:
		x[0] = GSIM_UNKNOWN;
	}
}

/* Fast, 64 bits, the owner and the class of Gunyah; the hint of SVE is ignored. */
static bool call_is_gunyah(u64 id)
{
	const u64 fixed = GUNYAH_CALL(0) & ~(u64)GUNYAH_CALL_NR;

	return (id & ~(u64)(GUNYAH_CALL_NR | GUNYAH_CALL_SVE_HINT)) == fixed;
}

void gsim_call(struct ferry_gunyah_hyp *hyp, struct ferry_gunyah_regs *regs)
{
	struct ferry_sim_gunyah_vm *vm = container_of(hyp, struct ferry_sim_gunyah_vm, hyp);
	unsigned int nr = regs->x[0] & GUNYAH_CALL_NR;

	guard(spinlock_irqsave)(&vm->sim->lock);
	if (!call_is_gunyah(regs->x[0])) {
		if (!call_lie(vm, regs->x[0], regs->x))
			call_common(regs->x);
		return;
	}
	if (nr < GSIM_CALLS) {
		vm->calls[nr]++;
		vm->seen[nr] = *regs;
	}
	if (!call_lie(vm, nr, regs->x))
		call_numbered(vm, nr, regs->x);
}

static void sim_free(struct kref *ref)
{
	kfree(container_of(ref, struct ferry_sim_gunyah, ref));
}

static void vm_release(struct ferry_gunyah_hyp *hyp)
{
	struct ferry_sim_gunyah_vm *vm = container_of(hyp, struct ferry_sim_gunyah_vm, hyp);

	kref_put(&vm->sim->ref, sim_free);
	kfree(vm);
}

static const struct ferry_gunyah_hyp_ops vm_hyp_ops = {
	.call = gsim_call,
	.release = vm_release,
};

/**
 * ferry_sim_gunyah_create() - a hypervisor without VMs
 * @cfg:	what it is like; copied
 *
 * Context: process, may sleep.
 * Return: the hypervisor, for ferry_sim_gunyah_destroy(), or ERR_PTR(-ENOMEM).
 */
struct ferry_sim_gunyah *ferry_sim_gunyah_create(const struct ferry_sim_gunyah_cfg *cfg)
{
	struct ferry_sim_gunyah *sim = kzalloc(sizeof(*sim), GFP_KERNEL);
	int ret;

	if (!sim)
		return ERR_PTR(-ENOMEM);
	sim->cfg = *cfg;
	kref_init(&sim->ref);
	spin_lock_init(&sim->lock);
	INIT_LIST_HEAD(&sim->vms);
	INIT_LIST_HEAD(&sim->objects);
	ret = gsim_irq_init(sim);
	if (!ret)
		return sim;
	kfree(sim);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_create);

static void object_free(struct gsim_object *object)
{
	list_del(&object->node);
	if (object->kind == GSIM_QUEUE)
		gsim_queue_free(object);
	else
		gsim_bell_free(object);
}

/**
 * ferry_sim_gunyah_destroy() - a hypervisor goes away, with all in it
 * @sim:	the hypervisor; its interrupts are free, its peers were destroyed. A VM that
 *		somebody still refers to has an empty table from now on.
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_destroy(struct ferry_sim_gunyah *sim)
{
	struct ferry_sim_gunyah_vm *vm, *next_vm;
	struct gsim_object *object, *next;

	scoped_guard(spinlock_irqsave, &sim->lock)
		list_for_each_entry(object, &sim->objects, node)
			gsim_object_drop(object, false);
	list_for_each_entry_safe(object, next, &sim->objects, node)
		object_free(object);
	gsim_irq_exit(sim);
	list_for_each_entry_safe(vm, next_vm, &sim->vms, node) {
		list_del(&vm->node);
		ferry_gunyah_hyp_exit(&vm->hyp);
	}
	kref_put(&sim->ref, sim_free);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_destroy);

/**
 * ferry_sim_gunyah_vm_create() - one more VM, with an empty table
 * @sim:	the hypervisor
 *
 * Context: process, may sleep.
 * Return: the VM, which goes with the hypervisor; ERR_PTR(-ENOMEM).
 */
struct ferry_sim_gunyah_vm *ferry_sim_gunyah_vm_create(struct ferry_sim_gunyah *sim)
{
	struct ferry_sim_gunyah_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	int ret;

	if (!vm)
		return ERR_PTR(-ENOMEM);
	ret = ferry_gunyah_hyp_init(&vm->hyp, &vm_hyp_ops, THIS_MODULE);
	if (ret) {
		kfree(vm);
		return ERR_PTR(ret);
	}
	vm->sim = sim;
	vm->mult = 1;
	if (sim->cfg.scramble) {
		vm->mult = get_random_u16() | 1;
		vm->base = get_random_u64() & 0x7fffffffffffffffULL;
	}
	kref_get(&sim->ref);
	scoped_guard(spinlock_irqsave, &sim->lock)
		list_add_tail(&vm->node, &sim->vms);
	return vm;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_vm_create);

/**
 * ferry_sim_gunyah_vm_destroy() - a VM goes away, with all that it shared with others
 * @vm:		the VM; its peers were destroyed. Whoever still refers to it has an empty table,
 *		and what it had, capabilities and interrupts, is used again for others.
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_vm_destroy(struct ferry_sim_gunyah_vm *vm)
{
	struct ferry_sim_gunyah *sim = vm->sim;
	struct gsim_object *object, *next;
	LIST_HEAD(gone);

	scoped_guard(spinlock_irqsave, &sim->lock) {
		list_for_each_entry_safe(object, next, &sim->objects, node) {
			if (object->from != vm && object->to != vm)
				continue;
			gsim_object_drop(object, false);
			list_move(&object->node, &gone);
		}
		list_del(&vm->node);
	}
	list_for_each_entry_safe(object, next, &gone, node)
		object_free(object);
	ferry_gunyah_hyp_exit(&vm->hyp);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_vm_destroy);

/**
 * ferry_sim_gunyah_vm_hyp() - how a VM calls
 * @vm:		the VM
 *
 * Context: any.
 * Return: for ports of this VM, without a reference of its own.
 */
struct ferry_gunyah_hyp *ferry_sim_gunyah_vm_hyp(struct ferry_sim_gunyah_vm *vm)
{
	return &vm->hyp;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_vm_hyp);

/**
 * ferry_sim_gunyah_vm_reset() - a VM is reset
 * @vm:		the VM
 *
 * Capabilities of all that it shared with others are empty from now on, at both ends, and
 * no interrupt tells of it. Numbers are used again for what is made later.
 *
 * Context: any.
 */
void ferry_sim_gunyah_vm_reset(struct ferry_sim_gunyah_vm *vm)
{
	struct gsim_object *object;

	guard(spinlock_irqsave)(&vm->sim->lock);
	list_for_each_entry(object, &vm->sim->objects, node)
		if (object->from == vm || object->to == vm)
			gsim_object_drop(object, false);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_vm_reset);

/**
 * ferry_sim_gunyah_lie() - answer a call with something else, without doing anything
 * @vm:		the VM that calls
 * @nr:		the call: its number, or the whole x0 where that is no call of Gunyah
 * @count:	so many times; 0 ends it
 * @regs:	x0 to x3 of the answer
 *
 * Context: any.
 */
void ferry_sim_gunyah_lie(struct ferry_sim_gunyah_vm *vm, unsigned int nr, unsigned int count,
			  const struct ferry_gunyah_regs *regs)
{
	struct gsim_lie *lie = NULL;
	unsigned int i;

	guard(spinlock_irqsave)(&vm->sim->lock);
	for (i = 0; i < GSIM_LIES; i++)
		if (vm->lies[i].nr == nr || (!lie && !vm->lies[i].count))
			lie = &vm->lies[i];
	if (WARN_ON_ONCE(!lie))
		return;
	lie->nr = nr;
	lie->count = count;
	lie->regs = *regs;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_lie);

/**
 * ferry_sim_gunyah_unmap() - the hypervisor cannot reach some memory of a VM
 * @vm:		the VM
 * @addr:	where it begins
 * @len:	bytes; 0: it can reach all
 *
 * Context: any.
 */
void ferry_sim_gunyah_unmap(struct ferry_sim_gunyah_vm *vm, const void *addr, size_t len)
{
	guard(spinlock_irqsave)(&vm->sim->lock);
	vm->hole = (unsigned long)addr;
	vm->hole_len = len;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_unmap);

/**
 * ferry_sim_gunyah_calls() - how often a VM called
 * @vm:		the VM
 * @nr:		number of the call
 *
 * Context: any.
 * Return: how often.
 */
unsigned long ferry_sim_gunyah_calls(struct ferry_sim_gunyah_vm *vm, unsigned int nr)
{
	return nr < GSIM_CALLS ? READ_ONCE(vm->calls[nr]) : 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_calls);

/**
 * ferry_sim_gunyah_seen() - what a VM passed when it last made a call
 * @vm:		the VM
 * @nr:		number of the call
 * @regs:	set to that
 *
 * Context: any.
 */
void ferry_sim_gunyah_seen(struct ferry_sim_gunyah_vm *vm, unsigned int nr,
			   struct ferry_gunyah_regs *regs)
{
	memset(regs, 0, sizeof(*regs));
	guard(spinlock_irqsave)(&vm->sim->lock);
	if (nr < GSIM_CALLS)
		*regs = vm->seen[nr];
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_seen);

static int __init gsim_init(void)
{
	return gsim_board_register();
}
module_init(gsim_init);

static void __exit gsim_exit(void)
{
	gsim_board_unregister();
}
module_exit(gsim_exit);

MODULE_DESCRIPTION("Ferry: a simulated Gunyah hypervisor");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
