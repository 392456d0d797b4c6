/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keem Bay: boot and stop of the VPU.
 */
#ifndef FERRY_KEEMBAY_BOOT_H
#define FERRY_KEEMBAY_BOOT_H

#include <linux/ferry/link.h>
#include <linux/types.h>

#include "firmware.h"
#include "params.h"
#include "watchdog.h"

struct clk;
struct ferry_kmb;
struct ferry_region;
struct firmware;
struct kmb_boot;
struct seq_buf;

/* The clock of the CPU, and all outputs of the PLLs */
#define KMB_CLOCKS		(1 + KMB_PLLS * KMB_PLL_OUTPUTS)

#define KMB_IMR_DEFAULT		9

/**
 * enum kmb_wdt_id - the watchdogs
 * @KMB_NR_WDTS: how many there are
 */
enum kmb_wdt_id {
	/** @KMB_WDT_MSS: of the VPU's management. */
	KMB_WDT_MSS,
	/** @KMB_WDT_NCE: of its vision engine. */
	KMB_WDT_NCE,
	KMB_NR_WDTS,
};

/**
 * struct ferry_kmb_boot_cfg - what it takes to boot a VPU
 * @fw_region:	for its firmware
 * @x509_region: for the certificate of that
 * @wdt:	its watchdogs; one without registers is not watched
 * @clocks:	what the VPU wants to know the rate of: the CPU's, then output 0 to 3 of
 *		PLL 0, 1 and 2; NULL where it is not known
 * @soc:	which SoC it is in
 * @vpu_id:	its number
 * @imr:	number of the isolated memory region that protects it
 * @firmware:	default name of its firmware file, or NULL; has to stay
 * @auto_boot:	boot it as soon as there is a link
 *
 * References are taken on regions. Registers, interrupts and clocks have to stay.
 */
struct ferry_kmb_boot_cfg {
	struct ferry_region *fw_region;
	struct ferry_region *x509_region;
	struct kmb_wdt_cfg wdt[KMB_NR_WDTS];
	struct clk *clocks[KMB_CLOCKS];
	struct kmb_soc soc;
	u32 vpu_id;
	u32 imr;
	const char *firmware;
	bool auto_boot;
};

struct kmb_boot *kmb_boot_create(struct ferry_kmb *kmb);
void kmb_boot_destroy(struct kmb_boot *boot);
int kmb_boot_check(struct ferry_link *link, const struct firmware *file);
int kmb_boot_load(struct ferry_link *link, const struct firmware *file);
int kmb_boot_start(struct kmb_boot *boot);
int kmb_boot_stop(struct kmb_boot *boot, enum ferry_stop how);
void kmb_boot_dump(struct ferry_link *link, struct seq_buf *out);

#endif /* FERRY_KEEMBAY_BOOT_H */
