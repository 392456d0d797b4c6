/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mailboxes between the CPU and the co-processors of Apple SoCs, as ports.
 */
#ifndef _LINUX_FERRY_PORT_ASC_H
#define _LINUX_FERRY_PORT_ASC_H

#include <linux/compiler_types.h>

struct device;
struct ferry_port;

/**
 * enum ferry_asc_map - where the registers are
 */
enum ferry_asc_map {
	/** @FERRY_ASC_V4: "apple,asc-mailbox-v4", of the M1 and later. */
	FERRY_ASC_V4,
	/** @FERRY_ASC_T8015: "apple,t8015-asc-mailbox", of the A11 and the T2. */
	FERRY_ASC_T8015,
	/** @FERRY_ASC_M3: "apple,m3-mailbox-v2", with registers for its interrupts. */
	FERRY_ASC_M3,
};

struct ferry_port *ferry_asc_create_tx(struct device *dev, void __iomem *regs,
				       enum ferry_asc_map map, int irq);
struct ferry_port *ferry_asc_create_rx(struct device *dev, void __iomem *regs,
				       enum ferry_asc_map map, int irq);

#endif /* _LINUX_FERRY_PORT_ASC_H */
