/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The watchdogs of Keem Bay, emulated for tests: registers and interrupts.
 */
#ifndef FERRY_KUNIT_WDT_REGS_H
#define FERRY_KUNIT_WDT_REGS_H

#include <linux/types.h>

#define WDT_REGS_NR	2
#define WDT_LOG_MAX	128

/* Offsets of a write in the log */
#define WDT_LOG_TIM	0x100		/* the register of the timer block */

/**
 * struct wdt_log - what was written to a watchdog, in order
 * @nr:		how many writes there were
 * @writes:	the first of them
 */
struct wdt_log {
	unsigned int nr;
	struct {
		u32 offset;
		u32 value;
	} writes[WDT_LOG_MAX];
};

void wdt_regs_get(unsigned int nr, void __iomem **regs, void __iomem **tim_cfg,
		  unsigned int *irq);
void wdt_regs_put(void __iomem *regs, void __iomem *tim_cfg);
void wdt_regs_reset(unsigned int nr);
void wdt_regs_bark(unsigned int nr);
void wdt_regs_stick(unsigned int nr, bool on);
bool wdt_regs_line(unsigned int nr);
bool wdt_regs_enabled(unsigned int nr);
void wdt_regs_set_tim(unsigned int nr, u32 value);
u32 wdt_regs_tim(unsigned int nr);
void wdt_regs_log(unsigned int nr, struct wdt_log *log);

#endif /* FERRY_KUNIT_WDT_REGS_H */
