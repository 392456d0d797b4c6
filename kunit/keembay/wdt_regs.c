// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdogs of Keem Bay, emulated for tests: registers and interrupts.
 *
 * A write to a watchdog counts only right after its key. The interrupt is a level: it
 * is high from a bark until the watchdog was disabled and its bit was cleared. It is
 * raised by a timer without delay, hence always in hard IRQ.
 *
 * An emulated region cannot be taken back, so this module is never unloaded.
 */
#include <linux/bits.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/logic_iomem.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "../../drivers/compat.h"
#include "wdt_regs.h"

/* Above memory, apart from the emulated FIFOs, and below what UML uses for PCI. */
#define WDT_BASE	0x60000000
#define WDT_STEP	0x01000000
#define WDT_TRIES	64
#define WDT_SPAN	0x200
#define WDT_WINDOW	0x10
#define WDT_TIM_WINDOW	0x4

/* Written independently of the driver under test, from the same description. */
#define REG_WATCHDOG	0x0
#define REG_EN		0x8
#define REG_SAFE	0xc
#define REG_TIM		WDT_LOG_TIM
#define SAFE_KEY	0xf1d0dead
#define TIM_BIT		BIT(9)

struct wdt_emu {
	raw_spinlock_t lock;	/* all that follows; taken below the lock of an irq_desc */
	u32 watchdog;
	u32 en;
	u32 tim;
	bool unlocked;		/* the key was written last */
	bool barked;
	bool stuck;
	bool unmasked;
	struct wdt_log log;
	struct hrtimer timer;
	unsigned int irq;
};

static struct wdt_emu wdt_emus[WDT_REGS_NR];
static struct resource wdt_res = {
	.name = "ferry_kunit_wdt",
	.flags = IORESOURCE_MEM,
};

static bool emu_high(const struct wdt_emu *e)
{
	return e->stuck || e->barked;
}

static void emu_line(struct wdt_emu *e)
{
	lockdep_assert_held(&e->lock);
	if (e->unmasked && emu_high(e))
		hrtimer_start(&e->timer, 0, HRTIMER_MODE_REL_HARD);
}

static enum hrtimer_restart emu_timer(struct hrtimer *timer)
{
	struct wdt_emu *e = container_of(timer, struct wdt_emu, timer);

	/* Masked, or quieted, meanwhile: unmasking looks at the line again. */
	if (READ_ONCE(e->unmasked) && emu_high(e))
		generic_handle_irq(e->irq);
	return HRTIMER_NORESTART;
}

static void emu_irq_mask(struct irq_data *data)
{
	struct wdt_emu *e = irq_data_get_irq_chip_data(data);

	guard(raw_spinlock_irqsave)(&e->lock);
	e->unmasked = false;
}

static void emu_irq_unmask(struct irq_data *data)
{
	struct wdt_emu *e = irq_data_get_irq_chip_data(data);

	guard(raw_spinlock_irqsave)(&e->lock);
	e->unmasked = true;
	emu_line(e);
}

static struct irq_chip emu_irq_chip = {
	.name = "ferry_kunit_wdt",
	.irq_mask = emu_irq_mask,
	.irq_unmask = emu_irq_unmask,
};

static unsigned long emu_read(void *priv, unsigned int offset, int size)
{
	struct wdt_emu *e = &wdt_emus[offset / WDT_SPAN];

	guard(raw_spinlock_irqsave)(&e->lock);
	switch (offset % WDT_SPAN) {
	case REG_WATCHDOG:
		return e->watchdog;
	case REG_EN:
		return e->en;
	case REG_TIM:
		return e->tim;
	default:
		return 0;
	}
}

static void emu_locked_write(struct wdt_emu *e, unsigned int reg, u32 value)
{
	bool unlocked = e->unlocked;

	e->unlocked = reg == REG_SAFE && value == SAFE_KEY;
	if (!unlocked)
		return;
	if (reg == REG_WATCHDOG)
		e->watchdog = value;
	else if (reg == REG_EN)
		e->en = value;
}

static void emu_write(void *priv, unsigned int offset, int size, unsigned long value)
{
	struct wdt_emu *e = &wdt_emus[offset / WDT_SPAN];
	unsigned int reg = offset % WDT_SPAN;

	guard(raw_spinlock_irqsave)(&e->lock);
	if (e->log.nr < WDT_LOG_MAX) {
		e->log.writes[e->log.nr].offset = reg;
		e->log.writes[e->log.nr].value = value;
	}
	e->log.nr++;
	if (reg == REG_TIM)
		e->tim = value;
	else
		emu_locked_write(e, reg, value);
	if (!e->en && !(e->tim & TIM_BIT))
		e->barked = false;
}

static const struct logic_iomem_ops emu_ops = {
	.read = emu_read,
	.write = emu_write,
};

static long emu_map(unsigned long offset, size_t size, const struct logic_iomem_ops **ops,
		    void **priv)
{
	*ops = &emu_ops;
	return offset;
}

static const struct logic_iomem_region_ops emu_region_ops = {
	.map = emu_map,
};

/* Both windows of one watchdog; NULL where mapping failed. */
void wdt_regs_get(unsigned int nr, void __iomem **regs, void __iomem **tim_cfg,
		  unsigned int *irq)
{
	phys_addr_t base = wdt_res.start + nr * WDT_SPAN;

	*regs = ioremap(base, WDT_WINDOW);
	*tim_cfg = ioremap(base + WDT_LOG_TIM, WDT_TIM_WINDOW);
	*irq = wdt_emus[nr].irq;
}
FERRY_EXPORT_TEST(wdt_regs_get);

void wdt_regs_put(void __iomem *regs, void __iomem *tim_cfg)
{
	if (regs)
		iounmap(regs);
	if (tim_cfg)
		iounmap(tim_cfg);
}
FERRY_EXPORT_TEST(wdt_regs_put);

/* As after power on; the interrupt stays masked or not. */
void wdt_regs_reset(unsigned int nr)
{
	struct wdt_emu *e = &wdt_emus[nr];

	hrtimer_cancel(&e->timer);
	guard(raw_spinlock_irqsave)(&e->lock);
	e->watchdog = 0;
	e->en = 0;
	e->tim = 0;
	e->unlocked = false;
	e->barked = false;
	e->stuck = false;
	memset(&e->log, 0, sizeof(e->log));
}
FERRY_EXPORT_TEST(wdt_regs_reset);

/* The firmware had it running, and did not come to feed it. */
void wdt_regs_bark(unsigned int nr)
{
	struct wdt_emu *e = &wdt_emus[nr];

	guard(raw_spinlock_irqsave)(&e->lock);
	e->en = 1;
	e->tim |= TIM_BIT;
	e->barked = true;
	emu_line(e);
}
FERRY_EXPORT_TEST(wdt_regs_bark);

/* The line is high, whatever is written. */
void wdt_regs_stick(unsigned int nr, bool on)
{
	struct wdt_emu *e = &wdt_emus[nr];

	guard(raw_spinlock_irqsave)(&e->lock);
	e->stuck = on;
	emu_line(e);
}
FERRY_EXPORT_TEST(wdt_regs_stick);

bool wdt_regs_line(unsigned int nr)
{
	guard(raw_spinlock_irqsave)(&wdt_emus[nr].lock);
	return emu_high(&wdt_emus[nr]);
}
FERRY_EXPORT_TEST(wdt_regs_line);

bool wdt_regs_enabled(unsigned int nr)
{
	return READ_ONCE(wdt_emus[nr].en);
}
FERRY_EXPORT_TEST(wdt_regs_enabled);

void wdt_regs_set_tim(unsigned int nr, u32 value)
{
	guard(raw_spinlock_irqsave)(&wdt_emus[nr].lock);
	wdt_emus[nr].tim = value;
}
FERRY_EXPORT_TEST(wdt_regs_set_tim);

u32 wdt_regs_tim(unsigned int nr)
{
	return READ_ONCE(wdt_emus[nr].tim);
}
FERRY_EXPORT_TEST(wdt_regs_tim);

void wdt_regs_log(unsigned int nr, struct wdt_log *log)
{
	guard(raw_spinlock_irqsave)(&wdt_emus[nr].lock);
	*log = wdt_emus[nr].log;
}
FERRY_EXPORT_TEST(wdt_regs_log);

static int __init emu_init_irq(struct wdt_emu *e)
{
	int irq = irq_alloc_desc(numa_node_id());

	if (irq < 0)
		return irq;
	e->irq = irq;
	irq_set_chip_data(irq, e);
	irq_set_chip_and_handler(irq, &emu_irq_chip, handle_level_irq);
	irq_clear_status_flags(irq, IRQ_NOREQUEST);
	irq_set_status_flags(irq, IRQ_LEVEL);
	return 0;
}

static int __init emu_find_range(void)
{
	resource_size_t base = WDT_BASE;
	int ret = -EBUSY;
	unsigned int i;

	for (i = 0; i < WDT_TRIES && ret; i++, base += WDT_STEP) {
		wdt_res.start = base;
		wdt_res.end = base + WDT_REGS_NR * WDT_SPAN - 1;
		ret = logic_iomem_add_region(&wdt_res, &emu_region_ops);
	}
	return ret;
}

static int __init emu_init(void)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < WDT_REGS_NR; i++) {
		raw_spin_lock_init(&wdt_emus[i].lock);
		ferry_hrtimer_setup(&wdt_emus[i].timer, emu_timer, CLOCK_MONOTONIC,
				    HRTIMER_MODE_REL_HARD);
	}
	for (i = 0; i < WDT_REGS_NR && !ret; i++)
		ret = emu_init_irq(&wdt_emus[i]);
	/* Last, since it cannot be undone. */
	if (!ret)
		ret = emu_find_range();
	for (i = 0; i < WDT_REGS_NR && ret; i++)
		if (wdt_emus[i].irq)
			irq_free_desc(wdt_emus[i].irq);
	return ret;
}
module_init(emu_init);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("The watchdogs of Keem Bay, emulated for tests");
