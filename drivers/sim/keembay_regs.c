// SPDX-License-Identifier: GPL-2.0-only
/*
 * The FIFO registers of Keem Bay, emulated.
 *
 * An emulated region cannot be taken back, so this module owns a few pairs of FIFOs,
 * lends them, and is never unloaded.
 *
 * The interrupt is a true level: it comes again after it was unmasked while the FIFO
 * is not empty. It is raised by a timer without delay, hence always in hard IRQ and
 * never inside the access that caused it.
 */
#include <linux/bitfield.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqdomain.h>
#include <linux/logic_iomem.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

#include "../compat.h"
#include "keembay_regs.h"

#define SIM_KMB_PAIRS		4
#define SIM_KMB_WINDOW_SPAN	0x400
#define SIM_KMB_PAIR_SPAN	(FERRY_SIM_KMB_NR_FIFOS * SIM_KMB_WINDOW_SPAN)

/* Where a free range is looked for: above memory and below what UML uses for PCI. */
#define SIM_KMB_BASE		0x40000000
#define SIM_KMB_STEP		0x01000000
#define SIM_KMB_TRIES		64

/* Written independently of the driver under test, from the same description. */
#define REG_FIFO		0x00
#define REG_ATM			0x04
#define REG_STAT		0x0c
#define STAT_RD				GENMASK(7, 0)
#define STAT_WR				GENMASK(15, 8)
#define STAT_LEVEL			GENMASK(23, 16)
#define REG_OF_FLAG0		0x10
#define REG_OF_FLAG1		0x14
#define ENTRY_ID		GENMASK(5, 0)
#define ENTRY_NONE		U32_MAX

struct sim_kmb_fifo {
	u32 entry[FERRY_SIM_KMB_DEPTH];
	u32 rd;				/* free running */
	u32 wr;
	u64 lost;			/* one bit per writer ID */
	unsigned int lies;
	u32 stat;
	unsigned long reads[FERRY_SIM_KMB_NR_REGS];
};

struct ferry_sim_kmb {
	raw_spinlock_t lock;		/* all below; taken below the lock of an irq_desc */
	struct sim_kmb_fifo fifo[FERRY_SIM_KMB_NR_FIFOS];
	bool unmasked;
	void (*notify)(void *data);
	void *notify_data;
	struct hrtimer irq_timer;
	struct hrtimer notify_timer;
	unsigned int irq;
	bool taken;			/* sim_kmb_mutex */
};

static DEFINE_MUTEX(sim_kmb_mutex);
static struct ferry_sim_kmb sim_kmb_pairs[SIM_KMB_PAIRS];
static struct irq_domain *sim_kmb_domain;
static struct resource sim_kmb_res = {
	.name = "ferry_sim_kmb",
	.flags = IORESOURCE_MEM,
};

static u32 fifo_level(const struct sim_kmb_fifo *fifo)
{
	return fifo->wr - fifo->rd;
}

static bool fifo_push(struct sim_kmb_fifo *fifo, u32 entry)
{
	if (fifo_level(fifo) == FERRY_SIM_KMB_DEPTH) {
		fifo->lost |= BIT_ULL(FIELD_GET(ENTRY_ID, entry));
		return false;
	}
	fifo->entry[fifo->wr++ % FERRY_SIM_KMB_DEPTH] = entry;
	return true;
}

static u32 fifo_pop(struct sim_kmb_fifo *fifo)
{
	if (!fifo_level(fifo))
		return ENTRY_NONE;
	return fifo->entry[fifo->rd++ % FERRY_SIM_KMB_DEPTH];
}

static u32 fifo_stat(const struct sim_kmb_fifo *fifo)
{
	if (fifo->lies & FERRY_SIM_KMB_STAT)
		return fifo->stat;
	return FIELD_PREP(STAT_RD, fifo->rd % FERRY_SIM_KMB_DEPTH) |
	       FIELD_PREP(STAT_WR, fifo->wr % FERRY_SIM_KMB_DEPTH) |
	       FIELD_PREP(STAT_LEVEL, fifo_level(fifo));
}

/* Something changed: the interrupt may have to be raised. */
static void sim_kmb_line(struct ferry_sim_kmb *kmb)
{
	struct sim_kmb_fifo *fifo = &kmb->fifo[FERRY_SIM_KMB_CPU];

	lockdep_assert_held(&kmb->lock);

	if (kmb->unmasked && (fifo_level(fifo) || (fifo->lies & FERRY_SIM_KMB_LINE)))
		hrtimer_start(&kmb->irq_timer, 0, HRTIMER_MODE_REL_HARD);
}

static enum hrtimer_restart sim_kmb_irq_timer(struct hrtimer *timer)
{
	struct ferry_sim_kmb *kmb = container_of(timer, struct ferry_sim_kmb, irq_timer);

	/* Masked meanwhile: unmasking looks at the line again. */
	if (READ_ONCE(kmb->unmasked))
		generic_handle_irq(kmb->irq);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart sim_kmb_notify_timer(struct hrtimer *timer)
{
	struct ferry_sim_kmb *kmb = container_of(timer, struct ferry_sim_kmb, notify_timer);
	void (*fn)(void *data) = READ_ONCE(kmb->notify);

	if (fn)
		fn(kmb->notify_data);
	return HRTIMER_NORESTART;
}

static void sim_kmb_irq_mask(struct irq_data *data)
{
	struct ferry_sim_kmb *kmb = irq_data_get_irq_chip_data(data);
	unsigned long flags;

	raw_spin_lock_irqsave(&kmb->lock, flags);
	kmb->unmasked = false;
	raw_spin_unlock_irqrestore(&kmb->lock, flags);
}

static void sim_kmb_irq_unmask(struct irq_data *data)
{
	struct ferry_sim_kmb *kmb = irq_data_get_irq_chip_data(data);
	unsigned long flags;

	raw_spin_lock_irqsave(&kmb->lock, flags);
	kmb->unmasked = true;
	sim_kmb_line(kmb);
	raw_spin_unlock_irqrestore(&kmb->lock, flags);
}

static struct irq_chip sim_kmb_irq_chip = {
	.name = "ferry_sim_kmb",
	.irq_mask = sim_kmb_irq_mask,
	.irq_unmask = sim_kmb_irq_unmask,
};

static int sim_kmb_irq_map(struct irq_domain *domain, unsigned int virq, irq_hw_number_t hwirq)
{
	irq_set_chip_data(virq, &sim_kmb_pairs[hwirq]);
	irq_set_chip_and_handler(virq, &sim_kmb_irq_chip, handle_level_irq);
	irq_set_status_flags(virq, IRQ_LEVEL);
	return 0;
}

static const struct irq_domain_ops sim_kmb_domain_ops = {
	.map = sim_kmb_irq_map,
};

static unsigned long sim_kmb_read(void *priv, unsigned int offset, int size)
{
	struct ferry_sim_kmb *kmb = &sim_kmb_pairs[offset / SIM_KMB_PAIR_SPAN];
	struct sim_kmb_fifo *fifo = &kmb->fifo[offset % SIM_KMB_PAIR_SPAN / SIM_KMB_WINDOW_SPAN];
	unsigned int reg = offset % SIM_KMB_WINDOW_SPAN;
	unsigned long flags;
	u32 val = 0;

	if (WARN_ON_ONCE(size != sizeof(u32)))
		return ~0UL;

	raw_spin_lock_irqsave(&kmb->lock, flags);
	if (reg / sizeof(u32) < FERRY_SIM_KMB_NR_REGS)
		fifo->reads[reg / sizeof(u32)]++;

	if (fifo->lies & FERRY_SIM_KMB_ONES) {
		val = U32_MAX;
	} else if (reg == REG_FIFO) {
		val = fifo_pop(fifo);
	} else if (reg == REG_ATM) {
		val = fifo_pop(fifo);
		if (val != ENTRY_NONE && !(fifo->lies & FERRY_SIM_KMB_IDS))
			val &= ~ENTRY_ID;
	} else if (reg == REG_STAT) {
		val = fifo_stat(fifo);
	} else if (reg == REG_OF_FLAG0) {
		val = lower_32_bits(fifo->lost);
	} else if (reg == REG_OF_FLAG1) {
		val = upper_32_bits(fifo->lost);
	}
	raw_spin_unlock_irqrestore(&kmb->lock, flags);
	return val;
}

static void sim_kmb_pushed(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which)
{
	lockdep_assert_held(&kmb->lock);

	if (which == FERRY_SIM_KMB_CPU)
		sim_kmb_line(kmb);
	else if (kmb->notify)
		hrtimer_start(&kmb->notify_timer, 0, HRTIMER_MODE_REL_HARD);
}

static void sim_kmb_write(void *priv, unsigned int offset, int size, unsigned long val)
{
	struct ferry_sim_kmb *kmb = &sim_kmb_pairs[offset / SIM_KMB_PAIR_SPAN];
	unsigned int which = offset % SIM_KMB_PAIR_SPAN / SIM_KMB_WINDOW_SPAN;
	struct sim_kmb_fifo *fifo = &kmb->fifo[which];
	unsigned int reg = offset % SIM_KMB_WINDOW_SPAN;
	unsigned long flags;

	if (WARN_ON_ONCE(size != sizeof(u32)))
		return;

	raw_spin_lock_irqsave(&kmb->lock, flags);
	if (reg == REG_FIFO) {
		if (fifo_push(fifo, val))
			sim_kmb_pushed(kmb, which);
	} else if (reg == REG_OF_FLAG0) {
		fifo->lost &= ~(u64)(u32)val;
	} else if (reg == REG_OF_FLAG1) {
		fifo->lost &= ~((u64)val << 32);
	}
	raw_spin_unlock_irqrestore(&kmb->lock, flags);
}

static const struct logic_iomem_ops sim_kmb_ops = {
	.read = sim_kmb_read,
	.write = sim_kmb_write,
};

static long sim_kmb_map(unsigned long offset, size_t size, const struct logic_iomem_ops **ops,
			void **priv)
{
	*ops = &sim_kmb_ops;
	return offset;
}

static const struct logic_iomem_region_ops sim_kmb_region_ops = {
	.map = sim_kmb_map,
};

/**
 * ferry_sim_kmb_get() - borrow a pair of FIFOs, as after reset
 *
 * Context: process, may sleep.
 * Return: the pair, for ferry_sim_kmb_put(); ERR_PTR(-EBUSY) when none is free,
 * ERR_PTR(-ENOMEM) without an interrupt number.
 */
struct ferry_sim_kmb *ferry_sim_kmb_get(void)
{
	struct ferry_sim_kmb *kmb;
	unsigned int i;

	guard(mutex)(&sim_kmb_mutex);
	for (i = 0; i < SIM_KMB_PAIRS && sim_kmb_pairs[i].taken; i++)
		;
	if (i == SIM_KMB_PAIRS)
		return ERR_PTR(-EBUSY);

	kmb = &sim_kmb_pairs[i];
	memset(kmb->fifo, 0, sizeof(kmb->fifo));
	kmb->irq = irq_create_mapping(sim_kmb_domain, i);
	if (!kmb->irq)
		return ERR_PTR(-ENOMEM);
	kmb->taken = true;
	return kmb;
}
EXPORT_SYMBOL_GPL(ferry_sim_kmb_get);

/**
 * ferry_sim_kmb_put() - give a pair back
 * @kmb:	the pair; nobody uses its registers or its interrupt any more
 *
 * Context: process, may sleep.
 */
void ferry_sim_kmb_put(struct ferry_sim_kmb *kmb)
{
	ferry_sim_kmb_notify(kmb, NULL, NULL);
	ferry_sim_kmb_lie(kmb, FERRY_SIM_KMB_CPU, 0, 0);

	guard(mutex)(&sim_kmb_mutex);
	hrtimer_cancel(&kmb->irq_timer);
	irq_dispose_mapping(kmb->irq);
	kmb->taken = false;
}
EXPORT_SYMBOL_GPL(ferry_sim_kmb_put);

/**
 * ferry_sim_kmb_phys() - where the registers are
 * @kmb:	the pair
 * @which:	one of its FIFOs
 *
 * Context: any.
 * Return: physical address of %FERRY_SIM_KMB_WINDOW bytes.
 */
phys_addr_t ferry_sim_kmb_phys(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which)
{
	return sim_kmb_res.start + (kmb - sim_kmb_pairs) * SIM_KMB_PAIR_SPAN +
	       which * SIM_KMB_WINDOW_SPAN;
}
EXPORT_SYMBOL_GPL(ferry_sim_kmb_phys);

/**
 * ferry_sim_kmb_irq() - the interrupt of the CPU's FIFO
 * @kmb:	the pair
 *
 * Context: any.
 * Return: the number, for request_irq(); high while that FIFO is not empty.
 */
unsigned int ferry_sim_kmb_irq(struct ferry_sim_kmb *kmb)
{
	return kmb->irq;
}
EXPORT_SYMBOL_GPL(ferry_sim_kmb_irq);

/**
 * ferry_sim_kmb_push() - push as another processor
 * @kmb:	the pair
 * @which:	one of its FIFOs
 * @entry:	what to push; the low six bits say who did
 *
 * Context: any.
 * Return: 0, or -ENOSPC when the FIFO is full, and the flag of that writer set.
 */
int ferry_sim_kmb_push(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which, u32 entry)
{
	unsigned long flags;
	bool ok;

	raw_spin_lock_irqsave(&kmb->lock, flags);
	ok = fifo_push(&kmb->fifo[which], entry);
	if (ok)
		sim_kmb_pushed(kmb, which);
	raw_spin_unlock_irqrestore(&kmb->lock, flags);
	return ok ? 0 : -ENOSPC;
}
EXPORT_SYMBOL_GPL(ferry_sim_kmb_push);

/**
 * ferry_sim_kmb_pop() - pop as another processor
 * @kmb:	the pair
 * @which:	one of its FIFOs
 * @entry:	set to what was pushed, with the ID of the writer
 *
 * Context: any.
 * Return: 0, or -EAGAIN when the FIFO is empty.
 */
int ferry_sim_kmb_pop(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which, u32 *entry)
{
	unsigned long flags;
	int ret = -EAGAIN;

	raw_spin_lock_irqsave(&kmb->lock, flags);
	if (fifo_level(&kmb->fifo[which])) {
		*entry = fifo_pop(&kmb->fifo[which]);
		ret = 0;
	}
	raw_spin_unlock_irqrestore(&kmb->lock, flags);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_sim_kmb_pop);

/**
 * ferry_sim_kmb_level() - how many entries are in a FIFO
 * @kmb:	the pair
 * @which:	one of its FIFOs
 *
 * Context: any.
 * Return: 0 to %FERRY_SIM_KMB_DEPTH.
 */
unsigned int ferry_sim_kmb_level(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which)
{
	unsigned long flags;
	unsigned int level;

	raw_spin_lock_irqsave(&kmb->lock, flags);
	level = fifo_level(&kmb->fifo[which]);
	raw_spin_unlock_irqrestore(&kmb->lock, flags);
	return level;
}
EXPORT_SYMBOL_GPL(ferry_sim_kmb_level);

/**
 * ferry_sim_kmb_notify() - the interrupt of the VPU
 * @kmb:	the pair
 * @fn:		called in hard IRQ after pushes into the FIFO of the VPU, or NULL; when
 *		this returns the one before is called no more
 * @data:	its argument
 *
 * Context: process, may sleep.
 */
void ferry_sim_kmb_notify(struct ferry_sim_kmb *kmb, void (*fn)(void *data), void *data)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&kmb->lock, flags);
	kmb->notify = NULL;
	raw_spin_unlock_irqrestore(&kmb->lock, flags);
	hrtimer_cancel(&kmb->notify_timer);

	raw_spin_lock_irqsave(&kmb->lock, flags);
	kmb->notify_data = data;
	kmb->notify = fn;
	raw_spin_unlock_irqrestore(&kmb->lock, flags);
}
EXPORT_SYMBOL_GPL(ferry_sim_kmb_notify);

/**
 * ferry_sim_kmb_lie() - make the hardware misbehave
 * @kmb:	the pair
 * @which:	one of its FIFOs
 * @lies:	FERRY_SIM_KMB_ONES, _STAT, _LINE, _IDS; 0: the truth
 * @stat:	what STAT reads as with FERRY_SIM_KMB_STAT
 *
 * Context: any.
 */
void ferry_sim_kmb_lie(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which,
		       unsigned int lies, u32 stat)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&kmb->lock, flags);
	kmb->fifo[which].lies = lies;
	kmb->fifo[which].stat = stat;
	sim_kmb_line(kmb);
	raw_spin_unlock_irqrestore(&kmb->lock, flags);
}
EXPORT_SYMBOL_GPL(ferry_sim_kmb_lie);

/**
 * ferry_sim_kmb_reads() - how often a register was read through the bus
 * @kmb:	the pair
 * @which:	one of its FIFOs
 * @reg:	offset of the register, below 4 * %FERRY_SIM_KMB_NR_REGS
 *
 * Context: any.
 * Return: the number since ferry_sim_kmb_get().
 */
unsigned long ferry_sim_kmb_reads(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which,
				  unsigned int reg)
{
	return READ_ONCE(kmb->fifo[which].reads[reg / sizeof(u32)]);
}
EXPORT_SYMBOL_GPL(ferry_sim_kmb_reads);

static int __init sim_kmb_find_range(void)
{
	resource_size_t base = SIM_KMB_BASE;
	int ret = -EBUSY;
	unsigned int i;

	for (i = 0; i < SIM_KMB_TRIES && ret; i++, base += SIM_KMB_STEP) {
		sim_kmb_res.start = base;
		sim_kmb_res.end = base + SIM_KMB_PAIRS * SIM_KMB_PAIR_SPAN - 1;
		ret = logic_iomem_add_region(&sim_kmb_res, &sim_kmb_region_ops);
	}
	return ret;
}

static int __init sim_kmb_init(void)
{
	struct fwnode_handle *fwnode = irq_domain_alloc_named_fwnode("ferry_sim_kmb");
	struct ferry_sim_kmb *kmb;
	unsigned int i;
	int ret;

	if (!fwnode)
		return -ENOMEM;
	sim_kmb_domain = irq_domain_create_linear(fwnode, SIM_KMB_PAIRS, &sim_kmb_domain_ops,
						  NULL);
	if (!sim_kmb_domain) {
		irq_domain_free_fwnode(fwnode);
		return -ENOMEM;
	}

	for (i = 0; i < SIM_KMB_PAIRS; i++) {
		kmb = &sim_kmb_pairs[i];
		raw_spin_lock_init(&kmb->lock);
		ferry_hrtimer_setup(&kmb->irq_timer, sim_kmb_irq_timer, CLOCK_MONOTONIC,
				    HRTIMER_MODE_REL_HARD);
		ferry_hrtimer_setup(&kmb->notify_timer, sim_kmb_notify_timer, CLOCK_MONOTONIC,
				    HRTIMER_MODE_REL_HARD);
	}

	/* Last, since it cannot be undone. */
	ret = sim_kmb_find_range();
	if (ret) {
		irq_domain_remove(sim_kmb_domain);
		irq_domain_free_fwnode(fwnode);
	}
	return ret;
}
module_init(sim_kmb_init);

MODULE_DESCRIPTION("Ferry: FIFO registers of Keem Bay, emulated");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
