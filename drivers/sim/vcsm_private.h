/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ferry_sim_vcsm share.
 */
#ifndef FERRY_SIM_VCSM_PRIVATE_H
#define FERRY_SIM_VCSM_PRIVATE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "../vcsm/wire.h"
#include "vcsm_vpu.h"

#define SSIM_PENDING	64	/* requests for memory that were not answered */

/* Memory of the host in the heap of the VPU. Gone when nobody refers to it. */
struct ssim_buf {
	struct list_head node;
	u32 handle;
	u32 addr;
	u32 size;
	u32 kernel_id;
	unsigned int host_refs;
	unsigned int own_refs;
	unsigned long own_until;	/* jiffies, of the own ones */
	char name[VCSM_NAME + 1];
};

struct ssim_request {
	u32 trans_id;			/* 0: none */
	u32 size;
	u32 align;
	u32 handle;
};

struct ferry_sim_vcsm {
	struct ferry_sim_vcsm_cfg cfg;
	struct dentry *debugfs;
	struct delayed_work work;	/* own references end */

	struct mutex lock;		/* all that follows */
	bool gone;
	unsigned long faults;
	unsigned int hold_ms;		/* how long it uses what it was given; 0: not */
	unsigned int host_version;	/* 0: it has not said it */
	struct list_head bufs;
	u32 next_handle;
	u32 next_trans;
	u32 random;
	struct ssim_request pending[SSIM_PENDING];
	struct ferry_sim_vcsm_stats stats;
};

static inline bool ssim_fault(const struct ferry_sim_vcsm *sim, enum ferry_sim_vcsm_fault fault)
{
	return sim->faults & BIT(fault);
}

/* vcsm_heap.c, under the mutex */
struct ssim_buf *ssim_find(struct ferry_sim_vcsm *sim, u32 handle);
struct ssim_buf *ssim_find_id(struct ferry_sim_vcsm *sim, u32 kernel_id);
struct ssim_buf *ssim_add(struct ferry_sim_vcsm *sim, u32 handle, u32 addr, u32 size, u32 id);
u32 ssim_new_handle(struct ferry_sim_vcsm *sim);
void ssim_put(struct ferry_sim_vcsm *sim, struct ssim_buf *b);
void ssim_send(struct ferry_sim_vcsm *sim, const void *msg, size_t len);
void ssim_say_released(struct ferry_sim_vcsm *sim, const struct ssim_buf *b);
void ssim_heap_work(struct work_struct *work);
void ssim_forget(struct ferry_sim_vcsm *sim);

/* vcsm_engine.c, under the mutex */
int ssim_ask(struct ferry_sim_vcsm *sim, u32 size, u32 align);

/* vcsm_debugfs.c */
void ssim_debugfs_init(void);
void ssim_debugfs_exit(void);
void ssim_debugfs_add(struct ferry_sim_vcsm *sim);

#endif /* FERRY_SIM_VCSM_PRIVATE_H */
