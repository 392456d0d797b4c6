/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated resource manager of Gunyah, in a VM of the simulated hypervisor.
 */
#ifndef FERRY_SIM_GUNYAH_RM_H
#define FERRY_SIM_GUNYAH_RM_H

#include <linux/types.h>

#include "gunyah_hyp.h"

struct ferry_sim_gunyah_rm;

#define FERRY_SIM_GUNYAH_RM_THINGS	8
#define FERRY_SIM_GUNYAH_RM_VMID	3	/* of the VM that it answers [B] */

/**
 * struct ferry_sim_gunyah_rm_thing - what each VM has in common with its owner
 * @bell:	a doorbell; else a queue
 * @from_vm:	the new VM rings or sends
 * @to_vm:	its owner does; both: a pair with one label, in which the VM sends back what it
 *		receives, once it was started
 * @label:	what it is for
 * @depth:	of a queue, messages; 0: 8
 * @size:	of a queue, bytes; 0: 240
 * @sends:	messages of that size that the VM sends on a queue of its own, once it was started
 * @takes:	it takes what comes on one that is its owner's
 *
 * Where both ring, the VM rings back with the flags that it is rung with.
 */
struct ferry_sim_gunyah_rm_thing {
	bool bell;
	bool from_vm;
	bool to_vm;
	u32 label;
	unsigned int depth;
	unsigned int size;
	unsigned long sends;
	bool takes;
};

/**
 * struct ferry_sim_gunyah_rm_cfg - a resource manager
 * @sim:	the hypervisor
 * @owner:	the VM that it answers
 * @depth:	of its queues, messages; 0: 8
 * @things:	what VMs have; ends with one without a direction
 */
struct ferry_sim_gunyah_rm_cfg {
	struct ferry_sim_gunyah *sim;
	struct ferry_sim_gunyah_vm *owner;
	unsigned int depth;
	struct ferry_sim_gunyah_rm_thing things[FERRY_SIM_GUNYAH_RM_THINGS + 1];
};

struct ferry_sim_gunyah_rm *
ferry_sim_gunyah_rm_create(const struct ferry_sim_gunyah_rm_cfg *cfg);
void ferry_sim_gunyah_rm_destroy(struct ferry_sim_gunyah_rm *rm);
void ferry_sim_gunyah_rm_ends(const struct ferry_sim_gunyah_rm *rm,
			      struct ferry_sim_gunyah_end *tx, struct ferry_sim_gunyah_end *rx);

/**
 * enum ferry_sim_gunyah_rm_fault - what is wrong with a reply
 * @FERRY_SIM_GUNYAH_RM_NR_FAULTS: how many there are
 */
enum ferry_sim_gunyah_rm_fault {
	/** @FERRY_SIM_GUNYAH_RM_FINE: nothing. */
	FERRY_SIM_GUNYAH_RM_FINE,
	/** @FERRY_SIM_GUNYAH_RM_NONE: it does not come. */
	FERRY_SIM_GUNYAH_RM_NONE,
	/** @FERRY_SIM_GUNYAH_RM_LATE: it comes with the next one. */
	FERRY_SIM_GUNYAH_RM_LATE,
	/** @FERRY_SIM_GUNYAH_RM_TWICE: it comes twice. */
	FERRY_SIM_GUNYAH_RM_TWICE,
	/** @FERRY_SIM_GUNYAH_RM_SEQ: it has a sequence that was not asked. */
	FERRY_SIM_GUNYAH_RM_SEQ,
	/** @FERRY_SIM_GUNYAH_RM_ID: it is that of another message. */
	FERRY_SIM_GUNYAH_RM_ID,
	/** @FERRY_SIM_GUNYAH_RM_API: another version. */
	FERRY_SIM_GUNYAH_RM_API,
	/** @FERRY_SIM_GUNYAH_RM_REQUEST: it is a request. */
	FERRY_SIM_GUNYAH_RM_REQUEST,
	/** @FERRY_SIM_GUNYAH_RM_FRAGMENTS: 63 fragments. */
	FERRY_SIM_GUNYAH_RM_FRAGMENTS,
	/** @FERRY_SIM_GUNYAH_RM_EMPTY: no error word. */
	FERRY_SIM_GUNYAH_RM_EMPTY,
	/** @FERRY_SIM_GUNYAH_RM_TOO_FEW: says that one more packet follows, which does not. */
	FERRY_SIM_GUNYAH_RM_TOO_FEW,
	/** @FERRY_SIM_GUNYAH_RM_TOO_MANY: one more packet follows than it says. */
	FERRY_SIM_GUNYAH_RM_TOO_MANY,
	/** @FERRY_SIM_GUNYAH_RM_ORDER: the second packet comes before the first. */
	FERRY_SIM_GUNYAH_RM_ORDER,
	/** @FERRY_SIM_GUNYAH_RM_COUNT: the second packet has another count of them. */
	FERRY_SIM_GUNYAH_RM_COUNT,
	/** @FERRY_SIM_GUNYAH_RM_INSIDE: a notification is between its packets. */
	FERRY_SIM_GUNYAH_RM_INSIDE,
	/** @FERRY_SIM_GUNYAH_RM_GARBAGE: packets of 1 to 8 bytes, and of nonsense, before it. */
	FERRY_SIM_GUNYAH_RM_GARBAGE,
	/** @FERRY_SIM_GUNYAH_RM_STORM: more notifications before it than it keeps. */
	FERRY_SIM_GUNYAH_RM_STORM,
	FERRY_SIM_GUNYAH_RM_NR_FAULTS,
};

void ferry_sim_gunyah_rm_fault(struct ferry_sim_gunyah_rm *rm,
			       enum ferry_sim_gunyah_rm_fault fault, unsigned int count);
void ferry_sim_gunyah_rm_answer(struct ferry_sim_gunyah_rm *rm, u32 id, u32 error,
				const void *payload, size_t len);
void ferry_sim_gunyah_rm_note(struct ferry_sim_gunyah_rm *rm, u32 id, const void *data,
			      size_t len);
void ferry_sim_gunyah_rm_raw(struct ferry_sim_gunyah_rm *rm, const void *packet, size_t len);
void ferry_sim_gunyah_rm_stall(struct ferry_sim_gunyah_rm *rm, bool on);
void ferry_sim_gunyah_rm_vm_dies(struct ferry_sim_gunyah_rm *rm, u16 vmid);
int ferry_sim_gunyah_rm_vm_lost(struct ferry_sim_gunyah_rm *rm, u16 vmid);

/**
 * struct ferry_sim_gunyah_rm_counts - what a VM has done
 * @echoed:	messages received on pairs
 * @taken:	messages received on other queues
 * @sent:	messages sent on other queues
 * @rings:	times it was rung and rang back
 */
struct ferry_sim_gunyah_rm_counts {
	unsigned long echoed;
	unsigned long taken;
	unsigned long sent;
	unsigned long rings;
};

int ferry_sim_gunyah_rm_counts(struct ferry_sim_gunyah_rm *rm, u16 vmid,
			       struct ferry_sim_gunyah_rm_counts *counts);
ssize_t ferry_sim_gunyah_rm_seen(struct ferry_sim_gunyah_rm *rm, unsigned long nr, void *buf);
unsigned long ferry_sim_gunyah_rm_packets(struct ferry_sim_gunyah_rm *rm);
unsigned int ferry_sim_gunyah_rm_lost(struct ferry_sim_gunyah_rm *rm);
u64 ferry_sim_gunyah_rm_lent(struct ferry_sim_gunyah_rm *rm, u16 vmid);

#define FERRY_SIM_GUNYAH_RM_PIECES	4

/**
 * struct ferry_sim_gunyah_rm_lend - memory that another VM lends its owner
 * @owner:	the other VM
 * @io:		registers of a device
 * @trans:	0 donate, 1 lend, 2 share
 * @rights:	of who gets it: 1 execute, 2 write, 4 read
 * @label:	what it is for
 * @tag:	what is said with it
 * @base:	where it is mapped when nobody says otherwise
 * @size:	bytes of each piece; the first of 0 bytes is the end
 */
struct ferry_sim_gunyah_rm_lend {
	u16 owner;
	bool io;
	u8 trans;
	u8 rights;
	u32 label;
	u32 tag;
	u64 base[FERRY_SIM_GUNYAH_RM_PIECES];
	u64 size[FERRY_SIM_GUNYAH_RM_PIECES];
};

/**
 * enum ferry_sim_gunyah_rm_lie - what is wrong with the ranges that it says
 * @FERRY_SIM_GUNYAH_RM_NR_LIES: how many there are
 */
enum ferry_sim_gunyah_rm_lie {
	/** @FERRY_SIM_GUNYAH_RM_TRUE: nothing. */
	FERRY_SIM_GUNYAH_RM_TRUE,
	/** @FERRY_SIM_GUNYAH_RM_ONE_MORE: it counts one more than there are. */
	FERRY_SIM_GUNYAH_RM_ONE_MORE,
	/** @FERRY_SIM_GUNYAH_RM_ONE_LESS: it counts one less than there are. */
	FERRY_SIM_GUNYAH_RM_ONE_LESS,
	/** @FERRY_SIM_GUNYAH_RM_WRAPS: the last goes beyond the address space. */
	FERRY_SIM_GUNYAH_RM_WRAPS,
	/** @FERRY_SIM_GUNYAH_RM_ODD_BASE: the last does not begin with a page. */
	FERRY_SIM_GUNYAH_RM_ODD_BASE,
	/** @FERRY_SIM_GUNYAH_RM_ODD_SIZE: the last does not end with a page. */
	FERRY_SIM_GUNYAH_RM_ODD_SIZE,
	/** @FERRY_SIM_GUNYAH_RM_NO_SIZE: the last is empty. */
	FERRY_SIM_GUNYAH_RM_NO_SIZE,
	/** @FERRY_SIM_GUNYAH_RM_SMALLER: the last is a page less than it is. */
	FERRY_SIM_GUNYAH_RM_SMALLER,
	/** @FERRY_SIM_GUNYAH_RM_AGAIN: the first comes twice. */
	FERRY_SIM_GUNYAH_RM_AGAIN,
	/** @FERRY_SIM_GUNYAH_RM_ELSEWHERE: the last is a page behind where it is. */
	FERRY_SIM_GUNYAH_RM_ELSEWHERE,
	/** @FERRY_SIM_GUNYAH_RM_EMPTY_LIST: there are none. */
	FERRY_SIM_GUNYAH_RM_EMPTY_LIST,
	/** @FERRY_SIM_GUNYAH_RM_LONG_LIST: 513, each of one page. */
	FERRY_SIM_GUNYAH_RM_LONG_LIST,
	/** @FERRY_SIM_GUNYAH_RM_HUGE_SUM: two, together more than 2^64 bytes. */
	FERRY_SIM_GUNYAH_RM_HUGE_SUM,
	FERRY_SIM_GUNYAH_RM_NR_LIES,
};

/**
 * struct ferry_sim_gunyah_rm_lent_state - what became of memory that was lent to its owner
 * @accepted:	times it was accepted
 * @released:	times it was released
 * @cleared:	of those, times it was to be cleared
 * @notified:	flags of the newest request to tell of it
 * @tag:	what was said with that
 */
struct ferry_sim_gunyah_rm_lent_state {
	unsigned int accepted;
	unsigned int released;
	unsigned int cleared;
	u8 notified;
	u32 tag;
};

s64 ferry_sim_gunyah_rm_lend(struct ferry_sim_gunyah_rm *rm,
			     const struct ferry_sim_gunyah_rm_lend *lend);
int ferry_sim_gunyah_rm_take_back(struct ferry_sim_gunyah_rm *rm, u32 handle);
int ferry_sim_gunyah_rm_lent_state(struct ferry_sim_gunyah_rm *rm, u32 handle,
				   struct ferry_sim_gunyah_rm_lent_state *state);
void ferry_sim_gunyah_rm_lie(struct ferry_sim_gunyah_rm *rm, enum ferry_sim_gunyah_rm_lie lie);

#endif /* FERRY_SIM_GUNYAH_RM_H */
