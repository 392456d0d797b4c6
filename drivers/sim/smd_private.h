/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the simulated remote of SMD share.
 */
#ifndef FERRY_SIM_SMD_PRIVATE_H
#define FERRY_SIM_SMD_PRIVATE_H

#include <asm/barrier.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "../smd/wire.h"
#include "smd_remote.h"

#define RSMD_MAX_CHANNELS	(SMD_TABLES * SMD_TABLE_ENTRIES)
#define RSMD_BUDGET		64	/* messages before another channel has its turn */

/* The halves of a channel and its rings, in the order in which they lie in memory. */
enum rsmd_side {
	RSMD_THEIRS,
	RSMD_OURS,
};

enum rsmd_field {
	RSMD_STATE,
	RSMD_FDSR,
	RSMD_FCTS,
	RSMD_FCD,
	RSMD_FRI,
	RSMD_FHEAD,
	RSMD_FTAIL,
	RSMD_FSTATE,
	RSMD_FBLOCKREADINTR,
	RSMD_TAIL,
	RSMD_HEAD,
	RSMD_NR_FIELDS,
};

/* A source at work. */
struct rsmd_order {
	u32 left;
	u32 min;
	u32 max;
	u32 step;
	u32 size;			/* of the next */
	u32 number;			/* of the next; bytes so far, when it is a stream */
};

struct rsmd_chan {
	struct ferry_sim_smd *sim;
	struct ferry_sim_smd_channel cfg;	/* mode, role: any; the rest does not change */
	char name[SMD_NAME_SIZE];
	struct smd_entry *entry;
	u32 index;
	u32 cid;
	u8 *info;
	u8 *ring[2];
	u32 granule;
	u32 faults;			/* any */

	/* under sim->lock */
	u32 state;			/* ours */
	u32 seen;			/* theirs, when we looked last */
	u32 head;			/* of our ring */
	u32 tail;			/* of their ring */
	u32 epoch;			/* counts resets of the rings */
	bool lied;			/* the memory is not what we remember */

	/* under sim->round */
	u32 round_epoch;		/* the one that the following is of */
	bool has_header;
	u32 want;			/* bytes of the packet after its header */
	u8 *msg;			/* could not be answered yet; N bytes */
	u32 msg_len;
	bool stuck;
	u8 *out;			/* a message that is made */
	struct rsmd_order order;
	u32 sunk;			/* messages, or bytes of a stream */
	u32 trick;
	struct ferry_sim_smd_stats stats;	/* read by any */
};

struct ferry_sim_smd {
	struct ferry_sim_smd_cfg cfg;
	char name[32];
	struct task_struct *task;
	wait_queue_head_t wait;
	bool kicked;			/* any */
	bool kick_owed;			/* any; the other side is to be told */
	bool dead;			/* any */
	u64 kicks;
	spinlock_t lock;		/* states and indices of all channels */
	struct mutex round;		/* held while the firmware does something */
	struct dentry *debugfs;
	struct smd_entry *table[SMD_TABLES];
	u32 entries;
	u32 nr_chans;			/* only grows, released after the channel is made */
	struct rsmd_chan *chan[RSMD_MAX_CHANNELS];
	void (*ports_release)(void *data);
};

/* smd_info.c: the halves of a channel */
u32 rsmd_get(const struct rsmd_chan *ch, enum rsmd_side side, enum rsmd_field field);
void rsmd_set(struct rsmd_chan *ch, enum rsmd_side side, enum rsmd_field field, u32 value);
void rsmd_raise(struct rsmd_chan *ch, enum rsmd_field flag);
bool rsmd_lower(struct rsmd_chan *ch, enum rsmd_side side, enum rsmd_field flag);
bool rsmd_has(const struct rsmd_chan *ch, u32 fault);
void rsmd_bad(struct rsmd_chan *ch, enum ferry_sim_smd_bad bad);
void rsmd_owe_kick(struct rsmd_chan *ch);
bool rsmd_index_ok(const struct rsmd_chan *ch, u32 index);

/* smd_state.c: states; all under sim->lock */
void rsmd_enter(struct rsmd_chan *ch, u32 state);
void rsmd_begin(struct rsmd_chan *ch);
void rsmd_look(struct rsmd_chan *ch);

/* smd_ring.c: data; all under sim->round */
bool rsmd_data_flows(struct rsmd_chan *ch);
int rsmd_recv(struct rsmd_chan *ch);
int rsmd_send(struct rsmd_chan *ch, const void *data, u32 len);
void rsmd_ring_put(struct rsmd_chan *ch, u32 at, const void *data, u32 len);
int rsmd_publish(struct rsmd_chan *ch, u32 head);
u32 rsmd_advance(const struct rsmd_chan *ch, u32 index, u32 len);

/* smd_roles.c */
bool rsmd_run_chan(struct rsmd_chan *ch);

/* smd_table.c: items and tables */
int rsmd_tables_init(struct ferry_sim_smd *sim);
int rsmd_chan_alloc(struct rsmd_chan *ch);
void rsmd_entry_write(struct smd_entry *entry, const char *name, u32 cid, u32 flags, u32 refs);
u32 rsmd_entry_flags(const struct rsmd_chan *ch);
struct smd_entry *rsmd_entry_free(struct ferry_sim_smd *sim, u32 table, u32 *slot);
void rsmd_tables_rewrite(struct ferry_sim_smd *sim);
void rsmd_free_space_lie(struct ferry_sim_smd *sim);

/* smd_lies.c */
void rsmd_misbehave(struct rsmd_chan *ch);
int rsmd_lie(struct rsmd_chan *ch, enum ferry_sim_smd_lie lie);

/* smd_debugfs.c */
void rsmd_debugfs_init(void);
void rsmd_debugfs_exit(void);
void rsmd_debugfs_add(struct ferry_sim_smd *sim);
void rsmd_debugfs_remove(struct ferry_sim_smd *sim);

/* smd_board.c */
int rsmd_board_register(void);
void rsmd_board_unregister(void);

/* smd_proc.c */
#if IS_ENABLED(CONFIG_REMOTEPROC)
int rsmd_proc_register(void);
void rsmd_proc_unregister(void);
#else
static inline int rsmd_proc_register(void)
{
	return 0;
}

static inline void rsmd_proc_unregister(void)
{
}
#endif

#endif /* FERRY_SIM_SMD_PRIVATE_H */
