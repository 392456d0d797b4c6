/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the simulated Gunyah hypervisor.
 */
#ifndef FERRY_SIM_GUNYAH_PRIVATE_H
#define FERRY_SIM_GUNYAH_PRIVATE_H

#include <linux/irq_work.h>
#include <linux/irqdomain.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/of.h>
#include <linux/spinlock.h>

#include "../port/gunyah_abi.h"
#include "gunyah_hyp.h"

#define GSIM_CAPS		64	/* of one VM */
#define GSIM_CALLS		64	/* numbers of calls that are looked at */
#define GSIM_LIES		4
#define GSIM_LINES		128
#define GSIM_FIRST_VIRQ		960	/* as the resource manager has it */
#define GSIM_MSG_MAX		1023

/* Rights, as far as guests get any. */
#define GSIM_SEND		BIT(0)
#define GSIM_RECEIVE		BIT(1)
#define GSIM_BIND		(BIT(2) | BIT(3))

enum gsim_kind {
	GSIM_QUEUE,
	GSIM_BELL,
};

/**
 * struct gsim_wire - an interrupt of the machine, which nothing else raises
 * @args:	what it is called in the device tree
 * @domain:	of its controller, while a line has it
 * @virq:	its number there
 */
struct gsim_wire {
	struct of_phandle_args args;
	struct irq_domain *domain;
	u32 virq;
};

/**
 * struct gsim_line - an interrupt, latched while nobody takes it
 * @sim:	whose it is
 * @used:	an object has it; the rest is kept for the next one
 * @virq:	its number, as the hypervisor counts them
 * @wire:	it is one of the machine, or NULL
 * @irq:	of Linux, where a driver has mapped it
 * @pending:	it was raised
 * @masked:	nobody listens
 * @level:	it is described as a level
 * @fn:		where the simulation itself is at that end; called with locks held
 * @data:	argument of @fn
 */
struct gsim_line {
	struct ferry_sim_gunyah *sim;
	bool used;
	u32 virq;
	struct gsim_wire *wire;
	unsigned int irq;
	bool pending;
	bool masked;
	bool level;
	void (*fn)(void *data);
	void *data;
};

/**
 * struct gsim_object - what a capability stands for
 * @kind:	queue or doorbell
 * @node:	in &ferry_sim_gunyah.objects
 * @from:	the VM at one end
 * @to:		the VM at the other
 */
struct gsim_object {
	enum gsim_kind kind;
	struct list_head node;
	struct ferry_sim_gunyah_vm *from;
	struct ferry_sim_gunyah_vm *to;
};

struct gsim_cap {
	struct gsim_object *object;	/* NULL: none */
	unsigned int rights;
	bool revoked;			/* the object is gone, the place is taken */
};

struct gsim_lie {
	unsigned int nr;
	unsigned int count;
	struct ferry_gunyah_regs regs;
};

/**
 * struct ferry_sim_gunyah_vm - a VM
 * @hyp:	how it calls; the references are those of the VM
 * @sim:	its hypervisor, with a reference
 * @node:	in &ferry_sim_gunyah.vms
 * @mult:	capability = index * @mult, ...
 * @base:	... xor @base
 * @caps:	its table
 * @lies:	what it is told instead
 * @wires:	its interrupts are among these of the machine, or NULL
 * @nr_wires:	how many
 * @hole:	addresses that are not mapped
 * @hole_len:	bytes
 * @calls:	how often each call was made
 * @seen:	what was passed last
 */
struct ferry_sim_gunyah_vm {
	struct ferry_gunyah_hyp hyp;
	struct ferry_sim_gunyah *sim;
	struct list_head node;
	u64 mult;
	u64 base;
	struct gsim_cap caps[GSIM_CAPS];
	struct gsim_lie lies[GSIM_LIES];
	struct gsim_wire *wires;
	unsigned int nr_wires;
	unsigned long hole;
	size_t hole_len;
	unsigned long calls[GSIM_CALLS];
	struct ferry_gunyah_regs seen[GSIM_CALLS];
};

/**
 * struct ferry_sim_gunyah - a hypervisor
 * @ref:	the creator's, and one for each VM
 * @cfg:	what it is like
 * @lock:	of all but the lines; held over a call
 * @vms:	list
 * @objects:	list
 * @domain:	its interrupts
 * @line_lock:	of @lines; taken by the kernel's interrupt code with locks of its own held
 * @nr_lines:	in use
 * @lines:	from GSIM_FIRST_VIRQ
 * @irq_work:	delivers
 */
struct ferry_sim_gunyah {
	struct kref ref;
	struct ferry_sim_gunyah_cfg cfg;
	spinlock_t lock;		/* see above */
	struct list_head vms;
	struct list_head objects;
	struct irq_domain *domain;
	raw_spinlock_t line_lock;	/* see above */
	unsigned int nr_lines;
	struct gsim_line lines[GSIM_LINES];
	struct irq_work irq_work;
};

struct ferry_sim_gunyah_queue {
	struct gsim_object object;
	unsigned int depth;
	unsigned int max_size;
	unsigned int used;
	unsigned int head;		/* the oldest */
	unsigned int not_full;		/* thresholds */
	unsigned int not_empty;
	struct gsim_line *tx_line;
	struct gsim_line *rx_line;
	struct ferry_sim_gunyah_end tx;
	struct ferry_sim_gunyah_end rx;
	u16 sizes[GUNYAH_QUEUE_DEPTH_MAX];
	u8 (*slots)[GSIM_MSG_MAX];
};

struct ferry_sim_gunyah_bell {
	struct gsim_object object;
	u64 flags;
	u64 enable;
	u64 ack;
	struct gsim_line *line;
	struct ferry_sim_gunyah_end tx;
	struct ferry_sim_gunyah_end rx;
};

/* gunyah_irq.c */
int gsim_irq_init(struct ferry_sim_gunyah *sim);
void gsim_irq_exit(struct ferry_sim_gunyah *sim);
struct gsim_line *gsim_line_get(struct ferry_sim_gunyah_vm *vm, bool level, u32 *virq);
void gsim_line_put(struct gsim_line *line);
void gsim_line_raise(struct gsim_line *line);
void gsim_line_clear(struct gsim_line *line);
void gsim_line_catch(struct gsim_line *line, void (*fn)(void *data), void *data);

/* gunyah_caps.c; under the lock */
int gsim_cap_add(struct ferry_sim_gunyah_vm *vm, struct gsim_object *object, unsigned int rights,
		 u64 *id);
s64 gsim_cap_find(struct ferry_sim_gunyah_vm *vm, u64 id, enum gsim_kind kind,
		  unsigned int rights, struct gsim_object **object);
void gsim_caps_drop(struct ferry_sim_gunyah_vm *vm, const struct gsim_object *object,
		    bool slot_stays);
void gsim_object_drop(struct gsim_object *object, bool slot_stays);

/* Is that memory of a VM which the hypervisor can reach? */
bool gsim_mapped(const struct ferry_sim_gunyah_vm *vm, u64 addr, u64 len);
void gsim_call(struct ferry_gunyah_hyp *hyp, struct ferry_gunyah_regs *regs);

/* One call each, under the lock; @x: in and out. */
void gsim_queue_call(struct ferry_sim_gunyah_vm *vm, unsigned int nr, u64 *x);
void gsim_bell_call(struct ferry_sim_gunyah_vm *vm, unsigned int nr, u64 *x);
void gsim_queue_free(struct gsim_object *object);
void gsim_bell_free(struct gsim_object *object);

/* gunyah_board.c */
int gsim_board_register(void);
void gsim_board_unregister(void);

#endif /* FERRY_SIM_GUNYAH_PRIVATE_H */
