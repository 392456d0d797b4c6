// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a co-processor of Apple's, emulated: its mailbox, the control of its
 * CPU, the filter in front of memory, and memory that it lends.
 *
 * An emulated region cannot be taken back, so this module owns a few co-processors, lends
 * them, and is never unloaded.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/ioport.h>
#include <linux/logic_iomem.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "rtkit_asc.h"

#define RASC_SPAN		0x20000

/* Where a free range is looked for: above memory and below what UML uses for PCI. */
#define RASC_BASE		0x48000000
#define RASC_STEP		0x01000000
#define RASC_TRIES		64

/* Written independently of the driver under test, from the same description. */
#define CPU_CONTROL		0x44
#define CPU_CONTROL_RUN			BIT(4)
#define CPU_STATUS		0x48
#define CPU_STATUS_RUNNING		BIT(0)
#define CPU_STATUS_STOPPED		BIT(1)

static const unsigned int rasc_windows[FERRY_SIM_ASC_NR_WINDOWS] = {
	[FERRY_SIM_ASC_CPU] = 0x0000,
	[FERRY_SIM_ASC_SART] = 0x4000,
	[FERRY_SIM_ASC_MAILBOX] = 0x8000,
	[FERRY_SIM_ASC_SRAM] = 0x10000,
};

static DEFINE_MUTEX(rasc_mutex);
struct ferry_sim_asc rasc_units[RASC_UNITS];
static struct resource rasc_res = {
	.name = "ferry_sim_asc",
	.flags = IORESOURCE_MEM,
};

static u32 rasc_cpu_read(const struct ferry_sim_asc *asc, unsigned int reg)
{
	switch (reg) {
	case CPU_CONTROL:
		return asc->cpu_control;
	case CPU_STATUS:
		return asc->cpu_control & CPU_CONTROL_RUN ? CPU_STATUS_RUNNING :
							    CPU_STATUS_STOPPED;
	}
	return 0;
}

/* What the co-processor is told of, without a lock of ours. */
static void rasc_tell_changed(struct ferry_sim_asc *asc)
{
	const struct ferry_sim_asc_user *user;

	rcu_read_lock();
	user = rcu_dereference(asc->user);
	if (user && user->changed)
		user->changed(asc->user_data);
	rcu_read_unlock();
}

static void rasc_tell_looked(struct ferry_sim_asc *asc)
{
	const struct ferry_sim_asc_user *user;

	rcu_read_lock();
	user = rcu_dereference(asc->user);
	if (user && user->looked)
		user->looked(asc->user_data);
	rcu_read_unlock();
}

static void rasc_tell_run(struct ferry_sim_asc *asc, bool on)
{
	const struct ferry_sim_asc_user *user;

	rcu_read_lock();
	user = rcu_dereference(asc->user);
	if (user && user->run)
		user->run(asc->user_data, on);
	rcu_read_unlock();
}

static bool rasc_is_look(const struct ferry_sim_asc *asc, unsigned int offset)
{
	return offset >= rasc_windows[FERRY_SIM_ASC_MAILBOX] &&
	       rasc_is_i2a_control(asc, offset - rasc_windows[FERRY_SIM_ASC_MAILBOX]) &&
	       !READ_ONCE(asc->i2a.count);
}

static unsigned long rasc_read(void *priv, unsigned int offset, int size)
{
	struct ferry_sim_asc *asc = priv;
	unsigned int reg = offset % FERRY_SIM_ASC_WINDOW;
	bool was_full;
	unsigned long flags;
	u64 val = 0;

	if (rasc_is_look(asc, offset))
		rasc_tell_looked(asc);

	raw_spin_lock_irqsave(&asc->lock, flags);
	asc->accesses++;
	was_full = asc->i2a.count == FERRY_SIM_ASC_DEPTH;
	if (asc->lies & FERRY_SIM_ASC_ONES)
		val = U64_MAX;
	else if (offset >= rasc_windows[FERRY_SIM_ASC_MAILBOX])
		val = rasc_mailbox_read(asc, reg);
	else if (offset >= rasc_windows[FERRY_SIM_ASC_SART])
		val = rsart_read(&asc->sart, reg);
	else
		val = rasc_cpu_read(asc, reg);
	was_full = was_full && asc->i2a.count < FERRY_SIM_ASC_DEPTH;
	raw_spin_unlock_irqrestore(&asc->lock, flags);

	if (was_full)
		rasc_tell_changed(asc);
	return size == sizeof(u64) ? val : (u32)val;
}

static void rasc_write(void *priv, unsigned int offset, int size, unsigned long val)
{
	struct ferry_sim_asc *asc = priv;
	unsigned int reg = offset % FERRY_SIM_ASC_WINDOW;
	bool sent = false, run = false, toggled = false;
	unsigned long flags;
	u32 count;

	raw_spin_lock_irqsave(&asc->lock, flags);
	asc->accesses++;
	count = asc->a2i.count;
	if (asc->lies & FERRY_SIM_ASC_ONES) {
		;	/* nobody is there */
	} else if (offset >= rasc_windows[FERRY_SIM_ASC_MAILBOX]) {
		rasc_mailbox_write(asc, reg, size, val);
	} else if (offset >= rasc_windows[FERRY_SIM_ASC_SART]) {
		rsart_write(&asc->sart, reg, val);
	} else if (reg == CPU_CONTROL) {
		run = val & CPU_CONTROL_RUN;
		toggled = run != !!(asc->cpu_control & CPU_CONTROL_RUN);
		asc->cpu_control = val;
	}
	sent = asc->a2i.count != count;
	raw_spin_unlock_irqrestore(&asc->lock, flags);

	if (sent)
		rasc_tell_changed(asc);
	if (toggled)
		rasc_tell_run(asc, run);
}

static const struct logic_iomem_ops rasc_ops = {
	.read = rasc_read,
	.write = rasc_write,
};

/* Memory that is lent: only what accesses of I/O memory can do. */
static unsigned long rasc_sram_read(void *priv, unsigned int offset, int size)
{
	struct ferry_sim_asc *asc = priv;
	unsigned long val = 0;

	memcpy(&val, asc->sram + offset, size);
	return val;
}

static void rasc_sram_write(void *priv, unsigned int offset, int size, unsigned long val)
{
	struct ferry_sim_asc *asc = priv;

	memcpy(asc->sram + offset, &val, size);
}

static void rasc_sram_set(void *priv, unsigned int offset, u8 value, int size)
{
	struct ferry_sim_asc *asc = priv;

	memset(asc->sram + offset, value, size);
}

static void rasc_sram_copy_from(void *priv, void *buffer, unsigned int offset, int size)
{
	struct ferry_sim_asc *asc = priv;

	memcpy(buffer, asc->sram + offset, size);
}

static void rasc_sram_copy_to(void *priv, unsigned int offset, const void *buffer, int size)
{
	struct ferry_sim_asc *asc = priv;

	memcpy(asc->sram + offset, buffer, size);
}

static const struct logic_iomem_ops rasc_sram_ops = {
	.read = rasc_sram_read,
	.write = rasc_sram_write,
	.set = rasc_sram_set,
	.copy_from = rasc_sram_copy_from,
	.copy_to = rasc_sram_copy_to,
};

static long rasc_map(unsigned long offset, size_t size, const struct logic_iomem_ops **ops,
		     void **priv)
{
	unsigned long at = offset % RASC_SPAN;

	if (at + size > RASC_SPAN)
		return -EINVAL;
	*priv = &rasc_units[offset / RASC_SPAN];
	if (at < rasc_windows[FERRY_SIM_ASC_SRAM]) {
		*ops = &rasc_ops;
		return at;
	}
	*ops = &rasc_sram_ops;
	return at - rasc_windows[FERRY_SIM_ASC_SRAM];
}

static const struct logic_iomem_region_ops rasc_region_ops = {
	.map = rasc_map,
};

/* As after reset. */
static void rasc_reset(struct ferry_sim_asc *asc)
{
	memset(&asc->a2i, 0, sizeof(asc->a2i));
	memset(&asc->i2a, 0, sizeof(asc->i2a));
	memset(&asc->sart, 0, sizeof(asc->sart));
	memset(asc->sram, 0, sizeof(asc->sram));
	asc->irq_enable = 0;
	asc->irq_latch = 0;
	asc->cpu_control = 0;
	asc->lies = 0;
	asc->nr_errors = 0;
	asc->accesses = 0;
}

/**
 * ferry_sim_asc_get() - borrow the registers of a co-processor, as after reset
 * @map:	which mailbox it has
 * @sart:	which filter is in front of memory
 *
 * Context: process, may sleep.
 * Return: the registers, for ferry_sim_asc_put(); ERR_PTR(-EBUSY) when none are free,
 * ERR_PTR(-ENOMEM) without interrupt numbers.
 */
struct ferry_sim_asc *ferry_sim_asc_get(enum ferry_sim_asc_map map, enum ferry_sim_sart sart)
{
	struct ferry_sim_asc *asc;
	unsigned int i;

	guard(mutex)(&rasc_mutex);
	for (i = 0; i < RASC_UNITS && rasc_units[i].taken; i++)
		;
	if (i == RASC_UNITS)
		return ERR_PTR(-EBUSY);

	asc = &rasc_units[i];
	if (rasc_map_irqs(asc, i))
		return ERR_PTR(-ENOMEM);
	rasc_reset(asc);
	asc->map = map;
	asc->sart.version = sart;
	asc->taken = true;
	return asc;
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_get);

/**
 * ferry_sim_asc_put() - give them back
 * @asc:	the registers; nobody uses them or their interrupts any more
 *
 * Context: process, may sleep.
 */
void ferry_sim_asc_put(struct ferry_sim_asc *asc)
{
	ferry_sim_asc_use(asc, NULL, NULL);
	ferry_sim_asc_lie(asc, 0);

	guard(mutex)(&rasc_mutex);
	rasc_unmap_irqs(asc);
	asc->taken = false;
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_put);

/**
 * ferry_sim_asc_phys() - where registers are
 * @asc:	the registers
 * @window:	which of them
 *
 * Context: any.
 * Return: physical address of %FERRY_SIM_ASC_WINDOW bytes, or %FERRY_SIM_ASC_SRAM_SIZE.
 */
phys_addr_t ferry_sim_asc_phys(struct ferry_sim_asc *asc, enum ferry_sim_asc_window window)
{
	return rasc_res.start + (asc - rasc_units) * RASC_SPAN + rasc_windows[window];
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_phys);

/**
 * ferry_sim_asc_use() - be told of what the CPU does
 * @asc:	the registers
 * @user:	the calls, or NULL; when this returns those before are called no more
 * @data:	their argument
 *
 * Context: process, may sleep.
 */
void ferry_sim_asc_use(struct ferry_sim_asc *asc, const struct ferry_sim_asc_user *user,
		       void *data)
{
	RCU_INIT_POINTER(asc->user, NULL);
	synchronize_rcu();
	asc->user_data = data;
	rcu_assign_pointer(asc->user, user);
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_use);

/**
 * ferry_sim_asc_errors() - what the CPU did wrong
 * @asc:	the registers
 *
 * Context: any.
 * Return: writes into the full FIFO, or with bits that are not the CPU's, and reads from the
 * empty one.
 */
unsigned long ferry_sim_asc_errors(struct ferry_sim_asc *asc)
{
	return READ_ONCE(asc->nr_errors);
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_errors);

/**
 * ferry_sim_asc_accesses() - how often registers were read or written
 * @asc:	the registers
 *
 * Context: any.
 * Return: the number since ferry_sim_asc_get(), without the SRAM.
 */
unsigned long ferry_sim_asc_accesses(struct ferry_sim_asc *asc)
{
	return READ_ONCE(asc->accesses);
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_accesses);

/**
 * ferry_sim_asc_lie() - make the hardware misbehave
 * @asc:	the registers
 * @lies:	FERRY_SIM_ASC_ONES, _MORE, _STUCK, _NO_ERRORS; 0: the truth
 *
 * Context: any.
 */
void ferry_sim_asc_lie(struct ferry_sim_asc *asc, unsigned int lies)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&asc->lock, flags);
	asc->lies = lies;
	rasc_update(asc);
	raw_spin_unlock_irqrestore(&asc->lock, flags);
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_lie);

/**
 * ferry_sim_asc_sram() - memory that it lends, as the co-processor sees it
 * @asc:	the registers
 *
 * Context: any.
 * Return: %FERRY_SIM_ASC_SRAM_SIZE bytes.
 */
void *ferry_sim_asc_sram(struct ferry_sim_asc *asc)
{
	return asc->sram;
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_sram);

/**
 * ferry_sim_asc_allows() - does the filter let the co-processor through?
 * @asc:	the registers
 * @addr:	physical address
 * @size:	bytes
 *
 * Context: any.
 * Return: true when it may reach all of them.
 */
bool ferry_sim_asc_allows(struct ferry_sim_asc *asc, u64 addr, u64 size)
{
	unsigned long flags;
	bool ok;

	raw_spin_lock_irqsave(&asc->lock, flags);
	ok = rsart_allows(&asc->sart, addr, size);
	raw_spin_unlock_irqrestore(&asc->lock, flags);
	return ok;
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_allows);

static int __init rasc_find_range(void)
{
	resource_size_t base = RASC_BASE;
	int ret = -EBUSY;
	unsigned int i;

	for (i = 0; i < RASC_TRIES && ret; i++, base += RASC_STEP) {
		rasc_res.start = base;
		rasc_res.end = base + RASC_UNITS * RASC_SPAN - 1;
		ret = logic_iomem_add_region(&rasc_res, &rasc_region_ops);
	}
	return ret;
}

static int __init rasc_init(void)
{
	int ret = rasc_mailbox_init();

	if (ret)
		return ret;
	/* Last, since it cannot be undone. */
	ret = rasc_find_range();
	if (ret)
		rasc_mailbox_exit();
	return ret;
}
module_init(rasc_init);

MODULE_DESCRIPTION("Ferry: registers of a co-processor of Apple's, emulated");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
