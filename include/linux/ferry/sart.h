/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SART: the filter in front of memory on Apple's SoCs, as a grant.
 */
#ifndef _LINUX_FERRY_SART_H
#define _LINUX_FERRY_SART_H

#include <linux/compiler_types.h>

struct device;
struct ferry_grant_ops;
struct ferry_sart;

/**
 * DOC: SART
 *
 * A co-processor without an IOMMU sees physical addresses through a filter of 16 entries.
 * Entries in use when its driver comes are the boot loader's, and are never touched. A
 * protocol gets the SART of its device with ferry_sart_get() and gives
 * %ferry_sart_grant_ops and the SART to &struct ferry_provide_cfg.
 */

/**
 * enum ferry_sart_version - which registers it has
 */
enum ferry_sart_version {
	/** @FERRY_SART_V0: "apple,t8015-sart" */
	FERRY_SART_V0,
	/** @FERRY_SART_V2: "apple,t8103-sart" */
	FERRY_SART_V2,
	/** @FERRY_SART_V3: "apple,t6000-sart" and those that fall back to it */
	FERRY_SART_V3,
};

#define FERRY_SART_ENTRIES	16
#define FERRY_SART_GRANULE	4096	/* bytes, of addresses and sizes */

/* data: the &struct ferry_sart */
extern const struct ferry_grant_ops ferry_sart_grant_ops;

struct ferry_sart *ferry_sart_get(struct device *dev);
void ferry_sart_put(struct ferry_sart *sart);

struct ferry_sart *ferry_sart_create(struct device *dev, void __iomem *regs,
				     enum ferry_sart_version version);
void ferry_sart_end(struct ferry_sart *sart);

#endif /* _LINUX_FERRY_SART_H */
