// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: what is known of it, in debugfs.
 *
 * /sys/kernel/debug/ferry-gunyah-rm has, for each that there is, a line for itself and its
 * calls, one for what was dropped, and one for each VM and each piece of memory that we own.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/export.h>
#include <linux/ferry/link.h>
#include <linux/seq_file.h>

#include "rm_vm.h"

#define RM_DROP_NAME(id, name)	name,
#define VM_STATE_NAME(id, name)	[FERRY_GUNYAH_VM_##id] = name,

static const char * const drop_names[] = { FERRY_GUNYAH_RM_DROPS(RM_DROP_NAME) };
static const char * const vm_state_names[] = { FERRY_GUNYAH_VM_STATES(VM_STATE_NAME) };

static struct dentry *rm_file;

/**
 * ferry_gunyah_vm_state_name() - a state in words
 * @state:	the state
 *
 * Context: any.
 * Return: its name, or "?".
 */
const char *ferry_gunyah_vm_state_name(enum ferry_gunyah_vm_state state)
{
	return state < ARRAY_SIZE(vm_state_names) && vm_state_names[state] ?
	       vm_state_names[state] : "?";
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_state_name);

static void state_calls(struct seq_file *m, struct ferry_gunyah_rm *rm)
{
	struct ferry_gunyah_rm_stats stats;
	unsigned int i, seq;
	u32 id = 0;

	ferry_gunyah_rm_stats(rm, &stats);
	scoped_guard(spinlock_irqsave, &rm->lock) {
		if (rm->pending)
			id = rm->pending->call.kind;
		seq = rm->seq;
	}
	seq_printf(m, "calls %llu answered %llu late %llu failed %llu sequence %u out %#x quarantine %u\n",
		   stats.calls.begun, stats.calls.answered, stats.calls.late, stats.calls.failed,
		   seq, id, stats.calls.tombs);
	seq_printf(m, "notifications %llu lost-bytes %llu unreleased %llu dropped", stats.notes,
		   stats.lost, stats.unreleased);
	for (i = 0; i < FERRY_GUNYAH_RM_NR_DROPS; i++)
		seq_printf(m, " %s %llu", drop_names[i], stats.drops[i]);
	seq_putc(m, '\n');
}

static void state_vm(struct seq_file *m, struct ferry_gunyah_vm *vm)
{
	seq_printf(m, "vm %u %s %s\n", vm->vmid, ferry_gunyah_vm_state_name(READ_ONCE(vm->told)),
		   vm->name);
	rm_mem_show(m, vm);
}

void rm_state_show(struct seq_file *m, struct ferry_gunyah_rm *rm)
{
	struct ferry_gunyah_vm *vm;

	seq_printf(m, "%s vmid %d\n", ferry_link_name(rm->link), ferry_gunyah_rm_vmid(rm));
	state_calls(m, rm);
	guard(mutex)(&rm->vms_lock);
	list_for_each_entry(vm, &rm->vms, node)
		state_vm(m, vm);
}

static int rm_show(struct seq_file *m, void *unused)
{
	rm_show_all(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rm);

/* What VMs have tells who reads where memory is: not for everybody. */
void rm_state_init(void)
{
	rm_file = debugfs_create_file("ferry-gunyah-rm", 0400, NULL, NULL, &rm_fops);
}

void rm_state_exit(void)
{
	debugfs_remove(rm_file);
}
