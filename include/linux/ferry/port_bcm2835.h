/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doorbells between ARM and VPU of Broadcom's BCM2835 and later, as ports.
 */
#ifndef _LINUX_FERRY_PORT_BCM2835_H
#define _LINUX_FERRY_PORT_BCM2835_H

#include <linux/compiler_types.h>

struct device;
struct ferry_port;

struct ferry_port *ferry_bcm2835_bell_create_tx(struct device *dev, void __iomem *regs);
struct ferry_port *ferry_bcm2835_bell_create_rx(struct device *dev, void __iomem *regs, int irq);

#endif /* _LINUX_FERRY_PORT_BCM2835_H */
