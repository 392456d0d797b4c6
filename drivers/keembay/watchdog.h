/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keem Bay: the watchdogs of the VPU.
 */
#ifndef FERRY_KEEMBAY_WATCHDOG_H
#define FERRY_KEEMBAY_WATCHDOG_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct device;

/**
 * struct kmb_wdt_cfg - where a watchdog is
 * @name:	of the interrupt
 * @regs:	registers of the watchdog, 16 bytes
 * @tim_cfg:	general configuration of its timer block, 4 bytes
 * @irq:	interrupt
 * @redirect:	number of that interrupt for the VPU, which raises it
 */
struct kmb_wdt_cfg {
	const char *name;
	void __iomem *regs;
	void __iomem *tim_cfg;
	unsigned int irq;
	u32 redirect;
};

/**
 * struct kmb_wdt - a watchdog
 * @cfg:	where it is
 * @bite:	hard IRQ: it has barked while it was armed
 * @data:	argument of @bite
 * @lock:	all that follows
 * @armed:	the VPU may run
 * @masked:	the interrupt came too often and is off
 * @barks:	how often it came while armed
 * @strays:	how often it came at any other time
 * @row:	how often it came since it was armed or disarmed
 */
struct kmb_wdt {
	struct kmb_wdt_cfg cfg;
	void (*bite)(struct kmb_wdt *wdt, void *data);
	void *data;
	raw_spinlock_t lock;
	bool armed;
	bool masked;
	unsigned int barks;
	unsigned int strays;
	unsigned int row;
};

int kmb_wdt_init(struct kmb_wdt *wdt, const struct kmb_wdt_cfg *cfg,
		 void (*bite)(struct kmb_wdt *wdt, void *data), void *data);
void kmb_wdt_exit(struct kmb_wdt *wdt);
void kmb_wdt_arm(struct kmb_wdt *wdt);
void kmb_wdt_disarm(struct kmb_wdt *wdt);

#endif /* FERRY_KEEMBAY_WATCHDOG_H */
