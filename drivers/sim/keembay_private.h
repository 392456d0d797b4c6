/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the simulated VPU share.
 */
#ifndef FERRY_SIM_KEEMBAY_PRIVATE_H
#define FERRY_SIM_KEEMBAY_PRIVATE_H

#include <linux/ferry/region.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/wait.h>

#include "../keembay/wire.h"
#include "keembay_vpu.h"

struct platform_device;

#define VPU_GRANULE		256	/* bytes of payload that are given out at once */
#define VPU_MAX_SIZE		65536	/* of an answer */
#define VPU_MAX_READ		SZ_16M	/* of a message */
#define VPU_ORDERS		8	/* sources at work at the same time */
#define VPU_BUDGET		64	/* messages before others have their turn */
#define VPU_RETRY_US		50	/* when the CPU has to free something first */

/* A packet of the CPU, copied and checked. */
struct vpu_message {
	struct kmb_packet *packet;
	const void *payload;		/* NULL: none */
	u32 size;
	u16 channel;
};

/* What the firmware remembers of a packet of its own. */
struct vpu_slot {
	u32 granule;			/* its payload */
	u32 nr_granules;
};

/* A source at work. */
struct vpu_order {
	u32 left;			/* 0: not at work */
	u32 size;
	u32 number;
	u16 channel;
	ktime_t gap;
	ktime_t next;
};

/* All but what is marked is written under @round. */
struct ferry_sim_vpu {
	struct ferry_sim_vpu_cfg cfg;
	struct task_struct *task;
	wait_queue_head_t wait;
	struct dentry *debugfs;
	struct mutex round;		/* held while the firmware does something */
	bool kicked;			/* any */
	bool reset;			/* any */
	u32 crash;			/* any; 1 + how it is to die, or 0 */
	u32 faults;			/* any */
	u8 role[KMB_CHANNELS];		/* any */
	struct ferry_sim_vpu_stats stats;	/* read by any */

	struct kmb_packet *packets;
	struct vpu_slot *slots;
	u32 nr_packets;
	u32 next_packet;		/* where the search goes on */
	u64 payload_offset;
	unsigned long *granules;	/* in use */
	u32 nr_granules;
	u32 next_granule;

	struct vpu_message stuck;	/* could not be answered yet */
	bool is_stuck;
	struct vpu_order order[VPU_ORDERS];
	u8 power;			/* enum ferry_sim_vpu_power; read by any */
	bool runaway;			/* could not be stopped */
	ktime_t ready_at;
	ktime_t bite_at;		/* while it hangs */
	ktime_t look_at;		/* whether the CPU quieted the watchdog that has bitten */
	bool has_bitten;
	enum ferry_sim_vpu_wdt bitten;
	u32 trick;			/* which variant of a fault comes next */
	u32 last_entry;			/* the last one that was pushed */
	struct kmb_packet *last_freed;	/* of the CPU's */

	void (*fifo_release)(void *data);
};

/* keembay_mem.c: packets and payload of the VPU */
int vpu_mem_init(struct ferry_sim_vpu *vpu);
void vpu_mem_exit(struct ferry_sim_vpu *vpu);
void vpu_mem_reset(struct ferry_sim_vpu *vpu);
struct kmb_packet *vpu_packet_get(struct ferry_sim_vpu *vpu, size_t size, void **payload);
void vpu_packet_unget(struct ferry_sim_vpu *vpu, struct kmb_packet *packet);
u32 vpu_packet_addr(struct ferry_sim_vpu *vpu, const struct kmb_packet *packet);
void vpu_packet_write(struct kmb_packet *packet, u16 channel, u32 addr, u32 size);

/* keembay_vpu.c */
int vpu_push(struct ferry_sim_vpu *vpu, struct kmb_packet *packet);
int vpu_send(struct ferry_sim_vpu *vpu, u16 channel, u32 size,
	     void (*fill)(void *payload, u32 size, const void *arg), const void *arg);

/* keembay_roles.c */
int vpu_answer(struct ferry_sim_vpu *vpu, const struct vpu_message *msg);
ktime_t vpu_run_orders(struct ferry_sim_vpu *vpu, ktime_t now);

/* keembay_power.c */
bool vpu_is_up(const struct ferry_sim_vpu *vpu);
bool vpu_is_dying(const struct ferry_sim_vpu *vpu);
void vpu_power_on(struct ferry_sim_vpu *vpu);
ktime_t vpu_run_power(struct ferry_sim_vpu *vpu, ktime_t now);

/* keembay_wdt.c */
void vpu_wdt_not_fed(struct ferry_sim_vpu *vpu);
bool vpu_wdt_is_due(const struct ferry_sim_vpu *vpu, ktime_t now);
void vpu_wdt_bite(struct ferry_sim_vpu *vpu, enum ferry_sim_vpu_wdt which);
ktime_t vpu_run_wdt(struct ferry_sim_vpu *vpu, ktime_t now);

/* keembay_boot.c */
int vpu_secure_add(struct ferry_sim_vpu *vpu);
void vpu_secure_remove(struct ferry_sim_vpu *vpu);

/* keembay_faults.c */
extern const char * const vpu_fault_names[FERRY_SIM_VPU_NR_FAULTS];
bool vpu_has_fault(const struct ferry_sim_vpu *vpu, u32 fault);
bool vpu_misbehaves(const struct ferry_sim_vpu *vpu);
void vpu_misbehave(struct ferry_sim_vpu *vpu);
void vpu_run_away(struct ferry_sim_vpu *vpu);

/* keembay_debugfs.c */
void vpu_debugfs_init(void);
void vpu_debugfs_exit(void);
void vpu_debugfs_add(struct ferry_sim_vpu *vpu);
void vpu_debugfs_remove(struct ferry_sim_vpu *vpu);

/* A watchdog on a board. */
struct vpu_board_wdt {
	void __iomem *regs;
	void __iomem *tim_cfg;
	int irq;
};

/* keembay_boardwdt.c */
int vpu_board_wdt_get(struct platform_device *pdev, enum ferry_sim_vpu_wdt which,
		      struct vpu_board_wdt *wdt);
u32 vpu_board_wdt_spi(const struct vpu_board_wdt *wdt);
void vpu_board_wdt_bite(const struct vpu_board_wdt *wdt);
bool vpu_board_wdt_quieted(const struct vpu_board_wdt *wdt);

/* keembay_board.c */
int vpu_board_register(void);
void vpu_board_unregister(void);

#endif /* FERRY_SIM_KEEMBAY_PRIVATE_H */
