/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the emulated registers share.
 */
#ifndef FERRY_SIM_RTKIT_ASC_H
#define FERRY_SIM_RTKIT_ASC_H

#include <linux/hrtimer.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "rtkit_regs.h"
#include "rtkit_sart.h"

#define RASC_UNITS	4

struct rasc_msg {
	u64 msg0;
	u64 msg1;
};

struct rasc_fifo {
	struct rasc_msg msg[FERRY_SIM_ASC_DEPTH];
	struct rasc_msg latch;		/* what is being written, or was read */
	u32 rd;
	u32 count;
	u32 errors;			/* CONTROL_OVERFLOW, CONTROL_UNDERFLOW */
};

struct rasc_line {
	struct ferry_sim_asc *asc;
	struct hrtimer timer;
	unsigned int irq;
	bool unmasked;
};

struct ferry_sim_asc {
	raw_spinlock_t lock;		/* all that follows; taken below that of an irq_desc */
	enum ferry_sim_asc_map map;
	struct rasc_fifo a2i;
	struct rasc_fifo i2a;
	struct rasc_line line[FERRY_SIM_ASC_NR_LINES];
	u32 irq_enable;			/* M3 */
	u32 irq_latch;			/* M3 */
	u32 cpu_control;
	unsigned int lies;
	unsigned long nr_errors;
	unsigned long accesses;
	struct rsart sart;
	const struct ferry_sim_asc_user __rcu *user;
	void *user_data;
	u8 sram[FERRY_SIM_ASC_SRAM_SIZE] __aligned(8);
	bool taken;			/* rasc_mutex */
};

/* rtkit_regs.c */
extern struct ferry_sim_asc rasc_units[RASC_UNITS];

/* rtkit_mailbox.c: all but the first two under asc->lock */
int rasc_map_irqs(struct ferry_sim_asc *asc, unsigned int unit);
void rasc_unmap_irqs(struct ferry_sim_asc *asc);
void rasc_update(struct ferry_sim_asc *asc);
u64 rasc_mailbox_read(struct ferry_sim_asc *asc, unsigned int reg);
void rasc_mailbox_write(struct ferry_sim_asc *asc, unsigned int reg, int size, u64 val);
bool rasc_is_i2a_control(const struct ferry_sim_asc *asc, unsigned int reg);
int rasc_mailbox_init(void);
void rasc_mailbox_exit(void);

#endif /* FERRY_SIM_RTKIT_ASC_H */
