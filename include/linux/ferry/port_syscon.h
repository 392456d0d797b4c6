/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Doorbells that are a bit in a register of a syscon.
 */
#ifndef _LINUX_FERRY_PORT_SYSCON_H
#define _LINUX_FERRY_PORT_SYSCON_H

#include <linux/types.h>

struct device;
struct device_node;
struct ferry_port;
struct regmap;

struct ferry_port *ferry_syscon_port_create(struct device *dev, struct regmap *map,
					    unsigned int reg, unsigned int bit);
struct ferry_port *ferry_syscon_port_of(struct device *dev, const struct device_node *np,
					const char *prop);

#endif /* _LINUX_FERRY_PORT_SYSCON_H */
