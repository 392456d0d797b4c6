/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of ferry_gunyah_rm that are about VMs.
 */
#ifndef FERRY_GUNYAH_RM_VM_H
#define FERRY_GUNYAH_RM_VM_H

#include <linux/ferry/gunyah.h>
#include <linux/ferry/gunyah_rm.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "rm.h"

struct ferry_port;
struct seq_file;

/**
 * struct vm_end - our end of a queue or doorbell
 * @type:	RM_RESOURCE_*
 * @label:	what it is for
 * @cap:	its capability
 * @virq:	its interrupt, 0: none
 * @irq:	that of Linux
 * @port:	on it
 * @joined:	is part of a channel
 */
struct vm_end {
	u8 type;
	u32 label;
	u64 cap;
	u32 virq;
	unsigned int irq;
	struct ferry_port *port;
	bool joined;
};

/**
 * struct ferry_gunyah_vm - a VM that we own
 * @node:	in &ferry_gunyah_rm.vms
 * @ref:	who made it, and grants
 * @rm:		its resource manager, with a reference
 * @cfg:	as it was made; name not used
 * @name:	of its link
 * @vmid:	its number
 * @listener:	hears of it
 * @notes:	notifications about it
 * @wq:		one came
 * @work:	asks for its state
 * @told:	state that the user was told of last
 * @made:	it was made, and not connected to perhaps
 * @lock:	who changes it
 * @peer_lock:	of @peer; below @lock
 * @peer:	its link, or NULL
 * @ends:	ours of what we share
 * @nr_ends:	how many
 * @console_tx:	to its console, or NULL: it has none
 * @console_rx:	from there, or NULL
 * @mem_lock:	of @mems and @grants; below @lock
 * @mems:	memory that it has of ours
 * @grants:	of those, that go when the link is stopped
 */
struct ferry_gunyah_vm {
	struct list_head node;
	struct kref ref;
	struct ferry_gunyah_rm *rm;
	struct ferry_gunyah_vm_cfg cfg;
	char name[32];
	u16 vmid;
	struct ferry_gunyah_rm_listener listener;
	atomic_t notes;
	wait_queue_head_t wq;
	struct work_struct work;
	int told;
	bool made;
	struct mutex lock;		/* see above */
	struct mutex peer_lock;		/* see above */
	struct ferry_gunyah_peer *peer;
	struct vm_end *ends;
	unsigned int nr_ends;
	struct ferry_port *console_tx;
	struct ferry_port *console_rx;
	struct mutex mem_lock;		/* see above */
	struct list_head mems;
	unsigned int grants;
};

/* rm_vm.c */
int vm_get_state(struct ferry_gunyah_vm *vm);
int vm_reset_wait(struct ferry_gunyah_vm *vm);
void vm_free(struct kref *ref);

/* rm_console.c. Both end with ferry_port_kill(). */
int rm_console_create(struct ferry_gunyah_vm *vm, struct ferry_port **tx, struct ferry_port **rx);

/* rm_mem.c. It was reset, or has nothing: what it still has of ours comes back, or never. */
void vm_reclaim_all(struct ferry_gunyah_vm *vm);
/* What it has of ours. */
void rm_mem_show(struct seq_file *m, struct ferry_gunyah_vm *vm);
/* The link was stopped. 0: the VM does not reach any memory that was granted. */
int vm_link_stopped(void *data);

/* rm_res.c; under the lock of the VM. */
int vm_connect(struct ferry_gunyah_vm *vm);
void vm_disconnect(struct ferry_gunyah_vm *vm);

#endif /* FERRY_GUNYAH_RM_VM_H */
