/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the simulated resource manager.
 */
#ifndef FERRY_SIM_GUNYAH_RM_PRIVATE_H
#define FERRY_SIM_GUNYAH_RM_PRIVATE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "../gunyah/rm_wire.h"
#include "gunyah_rm.h"

#define GRM_SEEN	128	/* packets that are remembered */
#define GRM_NOTES_MAX	256	/* notifications that wait */
#define GRM_VMS		4	/* that it makes */
#define GRM_PARCELS	16
#define GRM_LENDS	4		/* pieces of memory for its owner */
#define GRM_LEND_FIRST	0x100		/* handle of those */
#define GRM_RANGES	(RM_MEM_ENTRIES + 1)
#define GRM_ANSWERS	2
#define GRM_DEPTH	8	/* of queues, messages */
#define GRM_SIZE	240	/* of a message, bytes */

struct grm_seen {
	size_t len;
	u8 data[1024];
};

/* A message, or a packet, that is to go out. */
struct grm_out {
	struct list_head node;
	bool raw;		/* a packet as it is */
	u8 type;
	u16 seq;
	u32 id;
	enum ferry_sim_gunyah_rm_fault fault;
	unsigned int next;	/* packet */
	size_t len;
	u8 data[];
};

/* A request, whole. */
struct grm_request {
	u16 seq;
	u32 id;
	const u8 *data;
	size_t len;
};

/* What is answered. */
struct grm_reply {
	u32 error;
	size_t len;
	u8 data[RM_MESSAGE_MAX - sizeof(u32)];
};

/* The next request with this number, if it is not 0, is answered so. */
struct grm_answer {
	u32 id;
	struct grm_reply reply;
};

struct grm_pair {
	struct ferry_sim_gunyah_queue *from;
	struct ferry_sim_gunyah_queue *to;
	struct ferry_sim_gunyah_bell *from_bell;
	struct ferry_sim_gunyah_bell *to_bell;
	struct ferry_sim_gunyah_vm *vm;		/* at that end, while it runs */
	struct ferry_sim_gunyah_peer *peer;	/* what runs there */
	struct work_struct bell_work;		/* rings back, if @answers */
	bool answers;
	unsigned long rings;
};

struct grm_vm {
	u16 vmid;		/* 0: there is none */
	u8 state;
	bool configured;
	bool console;		/* somebody has it open */
	struct ferry_sim_gunyah_vm *vm;
	struct grm_pair pair[FERRY_SIM_GUNYAH_RM_THINGS];
};

struct grm_parcel {
	bool used;
	bool building;		/* more ranges are to come */
	u16 vmid;
	u64 size;
};

/* Ranges, as they go out. */
struct grm_list {
	unsigned int n;			/* that it says */
	unsigned int there;
	struct rm_mem_range range[GRM_RANGES];
};

struct grm_lend {
	bool used;
	bool mapped;			/* its owner has accepted it */
	struct ferry_sim_gunyah_rm_lend cfg;
	struct ferry_sim_gunyah_rm_lent_state state;
};

/**
 * struct ferry_sim_gunyah_rm - a resource manager
 * @cfg:	as it was made
 * @vm:		where it runs
 * @rx_q:	what it is asked comes here
 * @tx_q:	its answers go here
 * @rx:		our end of @rx_q
 * @tx:		our end of @tx_q
 * @wq:		everything is done in here
 * @work:	takes and sends
 * @lock:	of all that follows
 * @leaving:	it goes away
 * @dead:	it stopped for good
 * @stalled:	it does not take anything
 * @out:	struct grm_out, what waits to go out
 * @notes:	of those, notifications
 * @lost:	replies and notifications that it threw away
 * @late:	a reply that comes with the next one
 * @packet:	that goes out
 * @note_seq:	its count of notifications
 * @fault:	of the next replies ...
 * @faults:	... so many
 * @answers:	the next request like this is answered so
 * @nr_seen:	packets that came
 * @seen:	the last of them
 * @open:	a request has begun
 * @open_hdr:	its header
 * @open_left:	packets that are to come
 * @open_len:	bytes
 * @request:	its content
 * @reply:	to it
 * @vms:	VMs
 * @parcels:	memory
 * @lends:	memory for its owner
 * @lie:	what is wrong with the ranges of those
 * @list:	ranges that are to go out
 */
struct ferry_sim_gunyah_rm {
	struct ferry_sim_gunyah_rm_cfg cfg;
	struct ferry_sim_gunyah_vm *vm;
	struct ferry_sim_gunyah_queue *rx_q;
	struct ferry_sim_gunyah_queue *tx_q;
	struct ferry_sim_gunyah_end rx;
	struct ferry_sim_gunyah_end tx;
	struct workqueue_struct *wq;
	struct work_struct work;

	struct mutex lock;	/* see above */
	bool leaving;
	bool dead;
	bool stalled;
	struct list_head out;
	unsigned int notes;
	unsigned int lost;
	struct grm_out *late;
	u8 packet[1024];
	u16 note_seq;
	enum ferry_sim_gunyah_rm_fault fault;
	unsigned int faults;
	struct grm_answer answers[GRM_ANSWERS];
	unsigned long nr_seen;
	struct grm_seen seen[GRM_SEEN];
	bool open;
	struct rm_hdr open_hdr;
	unsigned int open_left;
	size_t open_len;
	u8 request[RM_MESSAGE_MAX];
	struct grm_reply reply;
	struct grm_vm vms[GRM_VMS];
	struct grm_parcel parcels[GRM_PARCELS];
	struct grm_lend lends[GRM_LENDS];
	enum ferry_sim_gunyah_rm_lie lie;
	struct grm_list list;
};

/* gunyah_rm{vm,mem,lend,ask}.c; under the lock. False: it knows no such message. */
bool grm_vm_request(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq);
bool grm_mem_request(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq);
bool grm_lend_request(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq);
bool grm_ask_request(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq);
void grm_vms_end(struct ferry_sim_gunyah_rm *rm);
struct grm_vm *grm_vm_find(struct ferry_sim_gunyah_rm *rm, u16 vmid);
/* After the reply was queued. */
void grm_vm_after(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq);

/* gunyah_rmrun.c; under the lock. It was started, or has ended. */
void grm_run(struct ferry_sim_gunyah_rm *rm, struct grm_vm *vm);
void grm_run_end(struct grm_vm *vm);

/* gunyah_rm.c; under the lock. */
void grm_kick(struct ferry_sim_gunyah_rm *rm);
void grm_send_note(struct ferry_sim_gunyah_rm *rm, u32 id, const void *data, size_t len);
void grm_reply_add(struct ferry_sim_gunyah_rm *rm, const void *data, size_t len);
void grm_reply_u32(struct ferry_sim_gunyah_rm *rm, u32 value);

#endif /* FERRY_SIM_GUNYAH_RM_PRIVATE_H */
