/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keem Bay: what the VPU is told before it boots.
 */
#ifndef FERRY_KEEMBAY_PARAMS_H
#define FERRY_KEEMBAY_PARAMS_H

#include <linux/types.h>

#include "wire.h"

#define KMB_SKU_SIZE		6
#define KMB_STEPPING_SIZE	2

/**
 * struct kmb_soc - which SoC this is; zero where that is not known
 * @device_id:		number of the device
 * @feature_exclusion:	features that this one lacks, bits
 * @hardware_id:	version of the CPU's subsystem
 * @stepping:		two characters
 * @sku:		model, lowest byte first
 */
struct kmb_soc {
	u64 device_id;
	u64 feature_exclusion;
	u32 hardware_id;
	u8 stepping[KMB_STEPPING_SIZE];
	u8 sku[KMB_SKU_SIZE];
};

/**
 * struct kmb_params - what the VPU is told before it boots
 * @vpu_id:		number of the VPU
 * @cpu_hz:		clock of the CPU, Hz
 * @pll_hz:		outputs of the PLLs, Hz
 * @packets_addr:	region of the VPU's packets, as the VPU sees it
 * @packets_size:	bytes of it
 * @mmio_addr:		region of registers for the VPU, as it sees it; 0 with Intel's firmware
 * @mmio_size:		bytes of it
 * @mss_wdt_irq:	shared peripheral interrupt that the MSS watchdog raises
 * @nce_wdt_irq:	likewise of the NCE
 * @soc:		which SoC this is
 */
struct kmb_params {
	u32 vpu_id;
	u32 cpu_hz;
	u32 pll_hz[KMB_PLLS][KMB_PLL_OUTPUTS];
	u64 packets_addr;
	u32 packets_size;
	u64 mmio_addr;
	u32 mmio_size;
	u32 mss_wdt_irq;
	u32 nce_wdt_irq;
	struct kmb_soc soc;
};

void kmb_params_pack(struct kmb_boot_params *to, const struct kmb_params *from);

#endif /* FERRY_KEEMBAY_PARAMS_H */
