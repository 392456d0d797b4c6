/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated Gunyah hypervisor: VMs, message queues and doorbells between them, and what
 * runs in the VMs at the other end.
 */
#ifndef FERRY_SIM_GUNYAH_HYP_H
#define FERRY_SIM_GUNYAH_HYP_H

#include <linux/ferry/port_gunyah.h>
#include <linux/types.h>

struct ferry_sim_gunyah;
struct ferry_sim_gunyah_bell;
struct ferry_sim_gunyah_peer;
struct ferry_sim_gunyah_queue;
struct ferry_sim_gunyah_vm;
struct fwnode_handle;

/**
 * struct ferry_sim_gunyah_cfg - what a hypervisor is like
 * @fwnode:	node of its interrupt controller, or NULL
 * @strict:	sizes and addresses are refused as the manual says; else as the published
 *		hypervisor does it: it says "done" and loses the message
 * @scramble:	capabilities are large numbers, as in production, not 0, 1, 2 ...
 */
struct ferry_sim_gunyah_cfg {
	struct fwnode_handle *fwnode;
	bool strict;
	bool scramble;
};

struct ferry_sim_gunyah *ferry_sim_gunyah_create(const struct ferry_sim_gunyah_cfg *cfg);
void ferry_sim_gunyah_destroy(struct ferry_sim_gunyah *sim);

struct ferry_sim_gunyah_vm *ferry_sim_gunyah_vm_create(struct ferry_sim_gunyah *sim);
void ferry_sim_gunyah_vm_destroy(struct ferry_sim_gunyah_vm *vm);
struct ferry_gunyah_hyp *ferry_sim_gunyah_vm_hyp(struct ferry_sim_gunyah_vm *vm);
void ferry_sim_gunyah_vm_reset(struct ferry_sim_gunyah_vm *vm);
unsigned int ferry_sim_gunyah_irq(struct ferry_sim_gunyah *sim, u32 virq);

/**
 * struct ferry_sim_gunyah_end - what a VM is told of its end of an object
 * @cap:	capability in its table
 * @virq:	interrupt, as the hypervisor counts them; 0: none
 */
struct ferry_sim_gunyah_end {
	u64 cap;
	u32 virq;
};

/**
 * struct ferry_sim_gunyah_queue_cfg - a message queue
 * @from:	the VM that sends
 * @to:		the VM that receives
 * @depth:	messages, 1 to 255
 * @max_size:	of a message, bytes, 1 to 1023
 * @level:	its interrupts are levels, which they must not be
 */
struct ferry_sim_gunyah_queue_cfg {
	struct ferry_sim_gunyah_vm *from;
	struct ferry_sim_gunyah_vm *to;
	unsigned int depth;
	unsigned int max_size;
	bool level;
};

struct ferry_sim_gunyah_queue *
ferry_sim_gunyah_queue_create(struct ferry_sim_gunyah *sim,
			      const struct ferry_sim_gunyah_queue_cfg *cfg);
void ferry_sim_gunyah_queue_ends(const struct ferry_sim_gunyah_queue *q,
				 struct ferry_sim_gunyah_end *tx, struct ferry_sim_gunyah_end *rx);
void ferry_sim_gunyah_queue_revoke(struct ferry_sim_gunyah_queue *q, bool slot_stays);

struct ferry_sim_gunyah_bell *ferry_sim_gunyah_bell_create(struct ferry_sim_gunyah_vm *from,
							   struct ferry_sim_gunyah_vm *to,
							   bool source_can_clear);
void ferry_sim_gunyah_bell_ends(const struct ferry_sim_gunyah_bell *bell,
				struct ferry_sim_gunyah_end *tx, struct ferry_sim_gunyah_end *rx);

/* What goes wrong. */
void ferry_sim_gunyah_lie(struct ferry_sim_gunyah_vm *vm, unsigned int nr, unsigned int count,
			  const struct ferry_gunyah_regs *regs);
void ferry_sim_gunyah_unmap(struct ferry_sim_gunyah_vm *vm, const void *addr, size_t len);
void ferry_sim_gunyah_spurious(struct ferry_sim_gunyah *sim, u32 virq);

/* What was called. */
unsigned long ferry_sim_gunyah_calls(struct ferry_sim_gunyah_vm *vm, unsigned int nr);
void ferry_sim_gunyah_seen(struct ferry_sim_gunyah_vm *vm, unsigned int nr,
			   struct ferry_gunyah_regs *regs);

/**
 * enum ferry_sim_gunyah_role - what a VM does at its end
 */
enum ferry_sim_gunyah_role {
	/** @FERRY_SIM_GUNYAH_ECHO: sends back what it receives. */
	FERRY_SIM_GUNYAH_ECHO,
	/** @FERRY_SIM_GUNYAH_SINK: receives, and counts. */
	FERRY_SIM_GUNYAH_SINK,
	/** @FERRY_SIM_GUNYAH_FLOOD: sends as much as it can. */
	FERRY_SIM_GUNYAH_FLOOD,
	/** @FERRY_SIM_GUNYAH_SILENT: neither sends nor receives. */
	FERRY_SIM_GUNYAH_SILENT,
};

/**
 * struct ferry_sim_gunyah_peer_cfg - what runs at the other end
 * @vm:		where
 * @role:	what it does
 * @tx:		the queue it sends on, or NULL
 * @rx:		the queue it receives from, or NULL
 * @len:	flood: bytes of each message; begins with a count, as far as that fits
 * @limit:	flood: messages, then it is done. Others: messages received, then the VM dies
 *		and is reset. 0: none.
 */
struct ferry_sim_gunyah_peer_cfg {
	struct ferry_sim_gunyah_vm *vm;
	enum ferry_sim_gunyah_role role;
	struct ferry_sim_gunyah_queue *tx;
	struct ferry_sim_gunyah_queue *rx;
	size_t len;
	unsigned long limit;
};

struct ferry_sim_gunyah_peer *
ferry_sim_gunyah_peer_create(const struct ferry_sim_gunyah_peer_cfg *cfg);
void ferry_sim_gunyah_peer_destroy(struct ferry_sim_gunyah_peer *peer);
unsigned long ferry_sim_gunyah_peer_received(const struct ferry_sim_gunyah_peer *peer);
unsigned long ferry_sim_gunyah_peer_sent(const struct ferry_sim_gunyah_peer *peer);

#endif /* FERRY_SIM_GUNYAH_HYP_H */
