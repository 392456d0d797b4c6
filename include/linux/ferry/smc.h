/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Apple's SMC: for drivers that read and write its keys.
 */
#ifndef _LINUX_FERRY_SMC_H
#define _LINUX_FERRY_SMC_H

#include <linux/types.h>

struct device;
struct ferry_link;
struct ferry_smc;
struct resource;

/**
 * DOC: SMC
 *
 * The system management controller keeps some thousand keys of four characters: sensors,
 * fans, the battery, buttons, how to reboot. A driver of a child node finds it as the
 * driver data of its parent, and calls ferry_smc_read() and ferry_smc_write()::
 *
 *	ret = ferry_smc_read(smc, FERRY_SMC_KEY('T', 'C', '0', 'P'), &value, sizeof(value));
 *
 * One command is out at a time; who comes meanwhile waits. When nothing may sleep and no
 * interrupt comes, the calls that end in _atomic take the answer themselves.
 */

#define FERRY_SMC_KEY(a, b, c, d) \
	((u32)(a) << 24 | (u32)(b) << 16 | (u32)(c) << 8 | (u32)(d))

#define FERRY_SMC_VALUE_MAX	255	/* bytes */

/**
 * struct ferry_smc_info - a key
 * @key:	its name, see FERRY_SMC_KEY()
 * @type:	of its value, four characters, the first in the highest bits
 * @size:	of its value, bytes
 * @flags:	as the SMC says
 */
struct ferry_smc_info {
	u32 key;
	u32 type;
	u8 size;
	u8 flags;
};

/**
 * struct ferry_smc_stats - what came
 * @notifications: how many
 * @last:	the newest of them
 * @refused:	commands that the SMC answered with an error
 * @wrong:	messages that are none
 * @late:	answers that nobody waited for any more
 * @unknown:	answers to nothing
 */
struct ferry_smc_stats {
	u64 notifications;
	u32 last;
	u64 refused;
	u64 wrong;
	u64 late;
	u64 unknown;
};

struct ferry_smc *ferry_smc_create(struct device *dev, struct ferry_link *link,
				   const struct resource *sram);
void ferry_smc_destroy(struct ferry_smc *smc);
void ferry_smc_stats(struct ferry_smc *smc, struct ferry_smc_stats *stats);

int ferry_smc_read(struct ferry_smc *smc, u32 key, void *buf, size_t size);
int ferry_smc_write(struct ferry_smc *smc, u32 key, const void *buf, size_t size);
int ferry_smc_rw(struct ferry_smc *smc, u32 key, const void *out, size_t out_size, void *in,
		 size_t in_size);
int ferry_smc_read_atomic(struct ferry_smc *smc, u32 key, void *buf, size_t size);
int ferry_smc_write_atomic(struct ferry_smc *smc, u32 key, const void *buf, size_t size);
int ferry_smc_key_by_index(struct ferry_smc *smc, u32 index, u32 *key);
int ferry_smc_key_info(struct ferry_smc *smc, u32 key, struct ferry_smc_info *info);

#endif /* _LINUX_FERRY_SMC_H */
