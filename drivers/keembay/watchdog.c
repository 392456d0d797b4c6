// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: the watchdogs of the VPU. One watches its vision engine (NCE), the other
 * its management (MSS); both interrupt the CPU.
 *
 * An interrupt may be pending from an earlier life of the VPU, or of this driver. It is
 * always quieted, and means something only while the watchdog is armed. One that
 * cannot be quieted is masked, until it is armed the next time.
 */
#include <linux/bits.h>
#include <linux/interrupt.h>
#include <linux/io.h>

#include "../compat.h"
#include "watchdog.h"

/* Registers of a watchdog [C F] */
#define WDT_COUNT		0x0	/* what is left */
#define WDT_ENABLE		0x8
#define WDT_SAFE		0xc	/* the key, before each write */
#define WDT_KEY			0xf1d0dead
#define WDT_LONGEST		U32_MAX

/* The one register of its timer block [C F] */
#define TIM_WDT_INT		BIT(9)	/* cleared by writing 0 */

/* So often without being armed or disarmed, and it is not a watchdog any more. */
#define WDT_ROW_MAX		16

static void wdt_write(struct kmb_wdt *wdt, u32 value, unsigned int reg)
{
	writel(WDT_KEY, wdt->cfg.regs + WDT_SAFE);
	writel(value, wdt->cfg.regs + reg);
}

static void wdt_clear(struct kmb_wdt *wdt)
{
	u32 config = readl(wdt->cfg.tim_cfg);

	writel(config & ~TIM_WDT_INT, wdt->cfg.tim_cfg);
}

static void wdt_quiet(struct kmb_wdt *wdt)
{
	wdt_write(wdt, WDT_LONGEST, WDT_COUNT);
	wdt_write(wdt, 0, WDT_ENABLE);
	wdt_clear(wdt);
}

/* True: it was armed. */
static bool wdt_count(struct kmb_wdt *wdt)
{
	guard(raw_spinlock_irqsave)(&wdt->lock);
	if (wdt->armed)
		wdt->barks++;
	else
		wdt->strays++;
	if (++wdt->row >= WDT_ROW_MAX && !wdt->masked) {
		wdt->masked = true;
		disable_irq_nosync(wdt->cfg.irq);
	}
	return wdt->armed;
}

static irqreturn_t wdt_irq(int irq, void *data)
{
	struct kmb_wdt *wdt = data;

	wdt_quiet(wdt);
	if (wdt_count(wdt))
		wdt->bite(wdt, wdt->data);
	return IRQ_HANDLED;
}

/**
 * kmb_wdt_init() - begin to quiet a watchdog
 * @wdt:	the watchdog
 * @cfg:	where it is; copied, but for the name
 * @bite:	called when it barks while armed; hard IRQ
 * @data:	its argument
 *
 * It may interrupt before this returns.
 *
 * Context: process, may sleep.
 * Return: 0, or what request_irq() returns.
 */
int kmb_wdt_init(struct kmb_wdt *wdt, const struct kmb_wdt_cfg *cfg,
		 void (*bite)(struct kmb_wdt *wdt, void *data), void *data)
{
	wdt->cfg = *cfg;
	wdt->bite = bite;
	wdt->data = data;
	raw_spin_lock_init(&wdt->lock);
	wdt->armed = false;
	wdt->masked = false;
	wdt->barks = 0;
	wdt->strays = 0;
	wdt->row = 0;
	return request_irq(cfg->irq, wdt_irq, 0, cfg->name, wdt);
}
FERRY_EXPORT_TEST(kmb_wdt_init);

/**
 * kmb_wdt_exit() - leave a watchdog alone
 * @wdt:	from kmb_wdt_init()
 *
 * When this returns @bite does not run any more, and will not.
 *
 * Context: process, may sleep.
 */
void kmb_wdt_exit(struct kmb_wdt *wdt)
{
	free_irq(wdt->cfg.irq, wdt);
}
FERRY_EXPORT_TEST(kmb_wdt_exit);

/* True: it was masked, and the caller is the one to unmask it. */
static bool wdt_set_armed(struct kmb_wdt *wdt, bool armed)
{
	bool masked;

	guard(raw_spinlock_irqsave)(&wdt->lock);
	masked = wdt->masked;
	wdt->masked = false;
	wdt->armed = armed;
	wdt->row = 0;
	return masked;
}

/**
 * kmb_wdt_arm() - the VPU is about to be started
 * @wdt:	the watchdog
 *
 * What is still pending is quieted first, and is not taken for a bark.
 *
 * Context: process, may sleep.
 */
void kmb_wdt_arm(struct kmb_wdt *wdt)
{
	if (wdt_set_armed(wdt, false))
		enable_irq(wdt->cfg.irq);
	synchronize_irq(wdt->cfg.irq);
	if (wdt_set_armed(wdt, true))
		enable_irq(wdt->cfg.irq);
}
FERRY_EXPORT_TEST(kmb_wdt_arm);

/**
 * kmb_wdt_disarm() - the VPU was stopped
 * @wdt:	the watchdog
 *
 * When this returns @bite does not run any more.
 *
 * Context: process, may sleep.
 */
void kmb_wdt_disarm(struct kmb_wdt *wdt)
{
	if (wdt_set_armed(wdt, false))
		enable_irq(wdt->cfg.irq);
	synchronize_irq(wdt->cfg.irq);
}
FERRY_EXPORT_TEST(kmb_wdt_disarm);
