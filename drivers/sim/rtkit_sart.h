/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of a SART, emulated: the filter through which a co-processor reaches memory.
 */
#ifndef FERRY_SIM_RTKIT_SART_H
#define FERRY_SIM_RTKIT_SART_H

#include <linux/types.h>

#include "rtkit_regs.h"

#define RSART_ENTRIES	16

struct rsart {
	enum ferry_sim_sart version;
	u32 config[RSART_ENTRIES];
	u32 paddr[RSART_ENTRIES];
	u32 size[RSART_ENTRIES];	/* v3 */
};

u32 rsart_read(const struct rsart *sart, unsigned int reg);
void rsart_write(struct rsart *sart, unsigned int reg, u32 val);
bool rsart_allows(const struct rsart *sart, u64 addr, u64 size);

#endif /* FERRY_SIM_RTKIT_SART_H */
