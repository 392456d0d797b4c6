/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ferry_smc share.
 */
#ifndef FERRY_RTKIT_SMC_H
#define FERRY_RTKIT_SMC_H

#include <linux/completion.h>
#include <linux/device.h>
#include <linux/ferry/call.h>
#include <linux/ferry/smc.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "smc_wire.h"

#define SMC_TIMEOUT_MS	500	/* each command [LC] */
#define SMC_POLL_US	100
#define SMC_KEYS_MAX	8192	/* that are listed; there are some 1300 */

struct dentry;
struct ferry_ep;
struct ferry_provider;
struct ferry_region;

/* An answer, with what was in the area when it came. */
struct smc_reply {
	u64 msg0;
	u8 area[SMC_VALUE_MAX];
};

struct ferry_smc {
	struct device *dev;
	struct ferry_link *link;
	struct ferry_ep *ep;
	struct ferry_calls *calls;
	struct ferry_provider *provider;
	struct dentry *debugfs;
	struct device *hwmon;
	struct ferry_smc_info *keys;	/* all of them, made at once */
	unsigned int nr_keys;

	struct mutex init_lock;		/* who says init; ep, where it comes and goes */
	struct work_struct init_work;
	struct completion init_done;

	spinlock_t lock;		/* what follows; taken in the callback */
	struct ferry_region *area;
	u32 epoch;			/* the area is of this life of the link */
	bool init_waits;		/* the next message is the address of the area */
	u64 init_answer;
	u8 id;				/* the command that is out ... */
	u8 area_len;			/* ... and bytes of the area that are its answer */
	struct ferry_smc_stats stats;

	u32 selected;			/* in debugfs; any context */
};

/* smc_cmd.c */
int ferry_smc_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv);

/* smc_keys.c */
void ferry_smc_list_keys(struct ferry_smc *smc);
int ferry_smc_to_milli(u32 type, const u8 *bytes, size_t size, s64 *milli);
char *ferry_smc_key_name(u32 key, char name[5]);

/* smc_debugfs.c */
void ferry_smc_debugfs_add(struct ferry_smc *smc);

/* smc_hwmon.c */
#ifdef FERRY_SMC_HWMON
void ferry_smc_hwmon_add(struct ferry_smc *smc);
void ferry_smc_hwmon_remove(struct ferry_smc *smc);
#else
static inline void ferry_smc_hwmon_add(struct ferry_smc *smc)
{
}

static inline void ferry_smc_hwmon_remove(struct ferry_smc *smc)
{
}
#endif

#endif /* FERRY_RTKIT_SMC_H */
