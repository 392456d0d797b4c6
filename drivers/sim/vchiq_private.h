/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the simulated VPU share.
 */
#ifndef FERRY_SIM_VCHIQ_PRIVATE_H
#define FERRY_SIM_VCHIQ_PRIVATE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "../vchiq/wire.h"
#include "vchiq_vpu.h"

#define VSIM_PORTS	256	/* services that can be open */
#define VSIM_FIRST_PORT	0x42	/* so that its ports are not those of the host */
#define VSIM_BULKS	4	/* of a service and direction that the host may have at once */
#define VSIM_HEARD	64	/* messages that are kept, to be read */
#define VSIM_HEARD_MAX	64	/* bytes of a payload */

struct vsim_server {
	struct list_head node;
	struct ferry_sim_vchiq_server ops;
};

/* A bulk transfer that the host waits for. */
struct vsim_bulk {
	bool bad;	/* and will be told so when its turn comes */
	u32 size;
	u16 type;	/* of its list of pages, and the rest of that */
	u16 offset;
	u32 *runs;	/* pages, each with how many follow it */
	u32 nr;
};

/* Those of a service and direction, the oldest first. */
struct vsim_bulks {
	struct vsim_bulk bulk[VSIM_BULKS];
	unsigned int first;
	unsigned int nr;
};

/* A service that the host has open, or one of the host that the VPU has. */
struct ferry_sim_vchiq_conn {
	struct ferry_sim_vchiq *sim;
	struct vsim_server *server;
	struct vsim_server client;	/* ... which is this, of one that the VPU opens */
	bool calling;	/* the host has not answered yet */
	u16 port;	/* ours */
	u16 peer;
	bool hung_up;	/* we said CLOSE first */
	u32 left;	/* a source: messages to send */
	u32 next;
	u32 size;
	struct vsim_bulks sends;	/* in bulk, of the host */
	struct vsim_bulks receives;
	struct list_head kept;	/* an echo: what was sent to it in bulk */
	unsigned int nr_kept;
	u32 filled;		/* a source: times it gave something in bulk */
};

/* A message as it came; a payload may be longer. */
struct vsim_heard {
	__le32 header[2];
	u32 len;
	u8 payload[VSIM_HEARD_MAX];
};

struct ferry_sim_vchiq {
	struct ferry_sim_vchiq_cfg cfg;
	unsigned long faults;
	struct task_struct *task;	/* the firmware */
	wait_queue_head_t wait;		/* of that, and of who waits for slots */
	bool rang;			/* the host did */
	bool up;			/* it was handed memory */
	spinlock_t bell_lock;		/* of @armable: a bell may ring when the memory is gone */
	bool armable;
	bool connected;
	bool paused;		/* the host answered our PAUSE */
	struct vchiq_slot_zero *zero;
	struct vchiq_side *own;	/* its half of slot zero, and the other */
	struct vchiq_side *host;
	u32 slot_first;		/* slots of each, as they were when it was handed them */
	u32 nr;
	u32 host_first;
	u32 host_nr;

	/* The firmware at work; above tx_lock. */
	struct mutex rx_lock;	/* servers, conns, and what is received */
	struct list_head servers;
	struct ferry_sim_vchiq_conn *conns[VSIM_PORTS];
	u32 rx_pos;
	u32 rx_slot;
	u32 kept[VCHIQ_SIDE_SLOTS];	/* slots that are not given back yet */
	unsigned int nr_kept;
	unsigned int nr_bulks;		/* that the host waits for */
	u8 msg[VCHIQ_MAX_PAYLOAD];
	u8 out[VCHIQ_MAX_PAYLOAD];
	u8 first[sizeof(struct vchiq_slot_zero)];	/* slot zero as the host made it */
	struct vsim_heard heard[VSIM_HEARD];		/* the first messages of the host */
	unsigned int nr_heard;

	struct mutex tx_lock;	/* what is sent */
	u32 tx_pos;
	u32 tx_slot;
	u32 begun;
	u64 tx_wrongs;		/* what the host must not do, found here */

	struct ferry_sim_vchiq_stats stats;
	struct dentry *dir;
};

extern const char * const vsim_fault_names[FERRY_SIM_VCHIQ_NR_FAULTS];
extern const char * const vsim_lie_names[FERRY_SIM_VCHIQ_NR_LIES];

static inline bool vsim_fault(const struct ferry_sim_vchiq *sim, enum ferry_sim_vchiq_fault fault)
{
	return READ_ONCE(sim->faults) & BIT(fault);
}

static inline u32 vsim_get(const __le32 *word)
{
	return le32_to_cpu(READ_ONCE(*word));
}

static inline void vsim_set(__le32 *word, u32 value)
{
	WRITE_ONCE(*word, cpu_to_le32(value));
}

static inline u8 *vsim_slot(struct ferry_sim_vchiq *sim, u32 slot)
{
	return (u8 *)sim->zero + slot * VCHIQ_SLOT_SIZE;
}

static inline u32 vsim_id(enum vchiq_type type, u16 src, u16 dst)
{
	return (u32)type << 24 | (u32)src << 12 | dst;
}

/* vchiq_vpu.c */
void vsim_wrong(struct ferry_sim_vchiq *sim, const char *what);

/* vchiq_tx.c */
void vsim_tx_start(struct ferry_sim_vchiq *sim);
int vsim_send(struct ferry_sim_vchiq *sim, u32 msgid, const void *payload, u32 size);
void vsim_fire(struct ferry_sim_vchiq *sim, struct vchiq_event *event);
void vsim_publish(struct ferry_sim_vchiq *sim);
int vsim_make_room(struct ferry_sim_vchiq *sim, u32 stride);

/* vchiq_services.c */
void vsim_services_init(struct ferry_sim_vchiq *sim);
void vsim_services_exit(struct ferry_sim_vchiq *sim);
void vsim_take_open(struct ferry_sim_vchiq *sim, u16 src, u32 size);
void vsim_take_close(struct ferry_sim_vchiq *sim, u16 src, u16 dst);
void vsim_take_data(struct ferry_sim_vchiq *sim, u16 src, u16 dst, u32 size);
void vsim_hang_up_all(struct ferry_sim_vchiq *sim);
bool vsim_sources(struct ferry_sim_vchiq *sim);

struct ferry_sim_vchiq_conn *vsim_conn_alloc(struct ferry_sim_vchiq *sim,
					     struct vsim_server *server);
struct ferry_sim_vchiq_conn *vsim_conn_find(struct ferry_sim_vchiq *sim, u16 src, u16 dst);
void vsim_conn_close(struct ferry_sim_vchiq_conn *c);
void vsim_echo(void *priv, struct ferry_sim_vchiq_conn *c, const void *msg, size_t len);

/* vchiq_bulk.c */
void vsim_take_bulk(struct ferry_sim_vchiq *sim, bool receive, u16 src, u16 dst, u32 size);
void vsim_bulks(struct ferry_sim_vchiq *sim);
void vsim_bulk_forget(struct ferry_sim_vchiq_conn *c);

/* vchiq_calls.c */
void vsim_take_openack(struct ferry_sim_vchiq *sim, u16 src, u16 dst, u32 size);

/* vchiq_heard.c */
void vsim_heard_start(struct ferry_sim_vchiq *sim);
void vsim_heard_add(struct ferry_sim_vchiq *sim, u32 msgid, u32 size);
void vsim_heard_files(struct ferry_sim_vchiq *sim);

/* vchiq_debugfs.c */
void vsim_debugfs_add(struct ferry_sim_vchiq *sim);
void vsim_debugfs_remove(struct ferry_sim_vchiq *sim);
void vsim_debugfs_init(void);
void vsim_debugfs_exit(void);

#endif /* FERRY_SIM_VCHIQ_PRIVATE_H */
