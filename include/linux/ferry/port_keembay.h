/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hardware FIFOs between CPU and VPU of Intel Keem Bay, as ports.
 */
#ifndef _LINUX_FERRY_PORT_KEEMBAY_H
#define _LINUX_FERRY_PORT_KEEMBAY_H

#include <linux/compiler_types.h>

struct device;
struct ferry_port;

struct ferry_port *ferry_kmb_fifo_create_tx(struct device *dev, void __iomem *vpu_fifo);
struct ferry_port *ferry_kmb_fifo_create_rx(struct device *dev, void __iomem *cpu_fifo,
					    unsigned int irq);

#endif /* _LINUX_FERRY_PORT_KEEMBAY_H */
