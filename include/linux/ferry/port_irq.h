/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Doorbells that are an interrupt and nothing else.
 */
#ifndef _LINUX_FERRY_PORT_IRQ_H
#define _LINUX_FERRY_PORT_IRQ_H

struct device;
struct ferry_port;

struct ferry_port *ferry_irq_port_create(struct device *dev, int irq);
unsigned long ferry_irq_port_rings(struct ferry_port *port);

#endif /* _LINUX_FERRY_PORT_IRQ_H */
