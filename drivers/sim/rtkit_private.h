/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the simulated co-processor share.
 */
#ifndef FERRY_SIM_RTKIT_PRIVATE_H
#define FERRY_SIM_RTKIT_PRIVATE_H

#include <linux/bitmap.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "../rtkit/wire.h"
#include "rtkit.h"

#define RSIM_OUT		256	/* messages that wait for room, or for their time */
#define RSIM_OUT_SPARE		32	/* of these for what one message may cause */
#define RSIM_BUDGET		64	/* messages before others have their turn */
#define RSIM_TRACE		512
#define RSIM_PATIENCE_MS	1000	/* for an echo, and after a crash */

#define RSIM_LOG_ENTRIES	32
#define RSIM_LOG_SIZE		0xe0	/* of a message */
#define RSIM_LOG_STRIDE		(sizeof(struct rtkit_syslog_entry) + RSIM_LOG_SIZE)
#define RSIM_LOG_LINES		16	/* that wait to be logged */
#define RSIM_LOG_OPEN		4	/* that wait for their echo */

#define RSIM_SMC_SIZE		0x1000	/* of SRAM, at its start */

/* A message on its way out. */
struct rsim_out {
	u64 msg0;
	u32 msg1;
	ktime_t due;
};

/* A buffer that was asked for. */
struct rsim_buf {
	u64 addr;
	u32 size;
	bool asked;
	bool have;
};

/* A line that is to be logged. */
struct rsim_line {
	char context[RTKIT_SYSLOG_CONTEXT];
	char text[RSIM_LOG_SIZE];
};

/* A message that the CPU has to send back. */
struct rsim_echo {
	u64 msg0;
	ktime_t since;
};

/* All but what is marked is under @lock. */
struct ferry_sim_rtkit {
	struct ferry_sim_rtkit_cfg cfg;
	char name[32];
	struct task_struct *task;
	wait_queue_head_t wait;
	struct dentry *debugfs;
	bool kicked;			/* any */
	raw_spinlock_t lock;		/* a step of the firmware; above those of the FIFOs */

	enum ferry_sim_rtkit_state state;
	bool held;			/* CPU_CONTROL.RUN was cleared */
	u16 ap_power;
	DECLARE_BITMAP(started, RTKIT_ENDPOINTS);
	u64 faults;
	unsigned int delay_ms;
	unsigned int mute_left;		/* messages until it falls silent; UINT_MAX: never */
	struct ferry_sim_rtkit_stats stats;
	ktime_t crashed_at;
	u32 noise;			/* counts what is made up */

	/* rtkit_mgmt.c */
	u8 window;			/* the one that waits for its answer */
	bool window_again;
	bool refused;

	/* rtkit_memory.c */
	struct rsim_buf buf[FERRY_SIM_RTKIT_NR_BUFS];

	/* rtkit_syslog.c */
	struct rsim_line line[RSIM_LOG_LINES];
	u32 line_head;
	u32 line_tail;
	struct rsim_echo log_open[RSIM_LOG_OPEN];
	u32 log_sent;
	u32 log_echoed;
	bool log_on;
	bool log_told;			/* how it logs; idle does not end it */
	struct rsim_echo ioreport[2];
	u32 ioreport_open;

	/* rtkit_apps.c, rtkit_smc.c */
	u8 role[RTKIT_ENDPOINTS];
	u32 source_left[RTKIT_ENDPOINTS];
	u32 source_next[RTKIT_ENDPOINTS];
	u32 sources;			/* at work */
	struct rsim_smc *smc;

	struct rsim_out out[RSIM_OUT];
	u32 out_head;
	u32 out_tail;
	struct ferry_sim_rtkit_trace trace[RSIM_TRACE];
	u32 traced;			/* all in all */

	struct rsim_ports *ports;	/* constant */
};

/* rtkit_engine.c */
void rsim_send(struct ferry_sim_rtkit *sim, u32 endpoint, u64 msg0);
u32 rsim_out_room(const struct ferry_sim_rtkit *sim);
void rsim_wrong(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_wrong wrong);
void rsim_enter(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_state state);
bool rsim_knows(const struct ferry_sim_rtkit *sim, u8 endpoint);
bool rsim_serves(const struct ferry_sim_rtkit *sim);
u64 rsim_msg(u8 type, u64 fields);

static inline bool rsim_has(const struct ferry_sim_rtkit *sim, u64 fault)
{
	return sim->faults & fault;
}

#define RSIM_HAS(sim, id)	rsim_has(sim, FERRY_SIM_RTKIT_FAULT(id))

/* rtkit_mgmt.c */
void rsim_hello(struct ferry_sim_rtkit *sim, u16 min, u16 max);
void rsim_map(struct ferry_sim_rtkit *sim);
void rsim_boot(struct ferry_sim_rtkit *sim);
void rsim_check_ready(struct ferry_sim_rtkit *sim);
void rsim_mgmt_rx(struct ferry_sim_rtkit *sim, u64 msg0);

/* rtkit_memory.c */
extern const u8 rsim_buf_ep[FERRY_SIM_RTKIT_NR_BUFS];
void *rsim_memory(struct ferry_sim_rtkit *sim, u64 addr, u64 size);
void *rsim_buf_mem(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_buf which);
void rsim_buf_forget(struct ferry_sim_rtkit *sim);
void rsim_buf_ask(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_buf which, u32 size);
void rsim_buf_start(struct ferry_sim_rtkit *sim, u8 endpoint);
void rsim_buf_answer(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_buf which, u64 msg0);
u64 rsim_buf_msg(enum ferry_sim_rtkit_buf which, u32 size, u64 addr);
void rsim_buf_scribble(struct ferry_sim_rtkit *sim);

/* rtkit_syslog.c */
void rsim_log_start(struct ferry_sim_rtkit *sim);
void rsim_log_stop(struct ferry_sim_rtkit *sim);
void rsim_log_init(struct ferry_sim_rtkit *sim, u32 entries, u32 size);
void rsim_log_line(struct ferry_sim_rtkit *sim, const char *context, const char *text);
ktime_t rsim_log_run(struct ferry_sim_rtkit *sim, ktime_t now);
void rsim_syslog_rx(struct ferry_sim_rtkit *sim, u64 msg0);
void rsim_ioreport_rx(struct ferry_sim_rtkit *sim, u64 msg0);
void rsim_oslog_rx(struct ferry_sim_rtkit *sim, u64 msg0);

/* rtkit_crash.c */
void rsim_die(struct ferry_sim_rtkit *sim, const void *log, size_t len);
void rsim_crash_notify(struct ferry_sim_rtkit *sim);
void rsim_crashlog_rx(struct ferry_sim_rtkit *sim, u64 msg0);

/* rtkit_apps.c */
void rsim_apps_reset(struct ferry_sim_rtkit *sim);
void rsim_app_rx(struct ferry_sim_rtkit *sim, u8 endpoint, u64 msg0);
bool rsim_apps_run(struct ferry_sim_rtkit *sim);

/* rtkit_smc.c */
int rsim_smc_create(struct ferry_sim_rtkit *sim);
void rsim_smc_destroy(struct ferry_sim_rtkit *sim);
void rsim_smc_reset(struct ferry_sim_rtkit *sim);
void rsim_smc_rx(struct ferry_sim_rtkit *sim, u8 endpoint, u64 msg0);

/* rtkit_faults.c */
extern const char * const rsim_fault_names[FERRY_SIM_RTKIT_NR_FAULTS];
extern const char * const rsim_lie_names[FERRY_SIM_RTKIT_NR_LIES];
ktime_t rsim_misbehave(struct ferry_sim_rtkit *sim, ktime_t now);

/* rtkit_ports.c */
void rsim_ports_release(struct ferry_sim_rtkit *sim);

/* rtkit_debugfs.c */
void rsim_debugfs_init(void);
void rsim_debugfs_exit(void);
void rsim_debugfs_add(struct ferry_sim_rtkit *sim);
void rsim_debugfs_remove(struct ferry_sim_rtkit *sim);

/* rtkit_board.c */
int rsim_board_register(void);
void rsim_board_unregister(void);

#endif /* FERRY_SIM_RTKIT_PRIVATE_H */
