/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What nodes of remotes of SMD have in common, whoever plays the remote.
 */
#ifndef FERRY_SIM_SMD_DT_H
#define FERRY_SIM_SMD_DT_H

#include <linux/types.h>

struct device;

#define FERRY_SIM_SMD_DT_EDGES	4	/* at most */

struct ferry_sim_smd_dt_edge {
	u32 edge;
	u32 host;
};

int ferry_sim_smd_dt_edges(struct device *dev, struct ferry_sim_smd_dt_edge *edges);
void *ferry_sim_smd_dt_map(struct device *dev, int index, phys_addr_t *phys, size_t *size);
u32 *ferry_sim_smd_dt_lock(struct device *dev, bool boots);
bool ferry_sim_smd_dt_trylock(u32 *lock, u32 owner);
int ferry_sim_smd_dt_take(u32 *lock, u32 host);
void ferry_sim_smd_dt_unlock(u32 *lock);

#endif /* FERRY_SIM_SMD_DT_H */
