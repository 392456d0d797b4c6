// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mailbox of a co-processor of Apple's, emulated: two FIFOs and four interrupts.
 *
 * Interrupts are true levels: one comes again after it was unmasked while its reason is
 * there. They are raised by timers without delay, hence always in hard IRQ and never
 * inside the access that caused them. The M3 mailbox latches them, until acknowledged.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/irqdomain.h>

#include "../compat.h"
#include "rtkit_asc.h"

/* Written independently of the driver under test, from the same description. */
#define CONTROL_ENABLE		BIT(0)
#define CONTROL_WRITE		GENMASK(11, 8)
#define CONTROL_READ		GENMASK(15, 12)
#define CONTROL_FULL		BIT(16)
#define CONTROL_EMPTY		BIT(17)
#define CONTROL_OVERFLOW	BIT(18)
#define CONTROL_UNDERFLOW	BIT(19)
#define CONTROL_COUNT		GENMASK(23, 20)

#define RECV1_MSG1		GENMASK_ULL(31, 0)
#define RECV1_COUNT		GENMASK_ULL(55, 52)

/* Registers of the mailbox by what they are; the data registers have two words each. */
enum rasc_reg {
	IRQ_ENABLE,
	IRQ_ACK,
	A2I_CONTROL,
	I2A_CONTROL,
	A2I_SEND0,
	A2I_SEND1,
	I2A_RECV0,
	I2A_RECV1,
	RASC_NR_REGS,
};

static const u16 rasc_regs[FERRY_SIM_ASC_NR_MAPS][RASC_NR_REGS] = {
	[FERRY_SIM_ASC_V4] = {
		U16_MAX, U16_MAX, 0x110, 0x114, 0x800, 0x808, 0x830, 0x838,
	},
	[FERRY_SIM_ASC_T8015] = {
		U16_MAX, U16_MAX, 0x108, 0x10c, 0x800, 0x808, 0x830, 0x838,
	},
	[FERRY_SIM_ASC_M3] = {
		0x48, 0x4c, 0x50, 0x80, 0x60, 0x68, 0xa0, 0xa8,
	},
};

static struct fwnode_handle *rasc_fwnode;
static struct irq_domain *rasc_domain;

static u32 rasc_levels(const struct ferry_sim_asc *asc)
{
	u32 levels = 0;

	if (asc->lies & FERRY_SIM_ASC_STUCK)
		return GENMASK(FERRY_SIM_ASC_NR_LINES - 1, 0);
	levels |= asc->a2i.count ? BIT(FERRY_SIM_ASC_SEND_NOT_EMPTY) :
				   BIT(FERRY_SIM_ASC_SEND_EMPTY);
	levels |= asc->i2a.count || (asc->lies & FERRY_SIM_ASC_MORE) ?
		  BIT(FERRY_SIM_ASC_RECV_NOT_EMPTY) : BIT(FERRY_SIM_ASC_RECV_EMPTY);
	return levels;
}

/* Something changed: interrupts may have to be raised. */
void rasc_update(struct ferry_sim_asc *asc)
{
	u32 levels = rasc_levels(asc);
	unsigned int i;

	lockdep_assert_held(&asc->lock);

	if (asc->map == FERRY_SIM_ASC_M3 && !(asc->lies & FERRY_SIM_ASC_STUCK)) {
		asc->irq_latch |= levels;
		levels = asc->irq_latch & asc->irq_enable;
	}
	for (i = 0; i < FERRY_SIM_ASC_NR_LINES; i++) {
		if (asc->line[i].unmasked && (levels & BIT(i)))
			hrtimer_start(&asc->line[i].timer, 0, HRTIMER_MODE_REL_HARD);
	}
}

static enum hrtimer_restart rasc_timer(struct hrtimer *timer)
{
	struct rasc_line *line = container_of(timer, struct rasc_line, timer);

	/* Masked meanwhile: unmasking looks at the level again. */
	if (READ_ONCE(line->unmasked))
		generic_handle_irq(line->irq);
	return HRTIMER_NORESTART;
}

static void rasc_irq_mask(struct irq_data *data)
{
	struct rasc_line *line = irq_data_get_irq_chip_data(data);
	unsigned long flags;

	raw_spin_lock_irqsave(&line->asc->lock, flags);
	line->unmasked = false;
	raw_spin_unlock_irqrestore(&line->asc->lock, flags);
}

static void rasc_irq_unmask(struct irq_data *data)
{
	struct rasc_line *line = irq_data_get_irq_chip_data(data);
	unsigned long flags;

	raw_spin_lock_irqsave(&line->asc->lock, flags);
	line->unmasked = true;
	rasc_update(line->asc);
	raw_spin_unlock_irqrestore(&line->asc->lock, flags);
}

static struct irq_chip rasc_irq_chip = {
	.name = "ferry_sim_asc",
	.irq_mask = rasc_irq_mask,
	.irq_unmask = rasc_irq_unmask,
};

static int rasc_irq_map(struct irq_domain *domain, unsigned int virq, irq_hw_number_t hwirq)
{
	struct ferry_sim_asc *asc = &rasc_units[hwirq / FERRY_SIM_ASC_NR_LINES];

	irq_set_chip_data(virq, &asc->line[hwirq % FERRY_SIM_ASC_NR_LINES]);
	irq_set_chip_and_handler(virq, &rasc_irq_chip, handle_level_irq);
	irq_set_status_flags(virq, IRQ_LEVEL);
	return 0;
}

static const struct irq_domain_ops rasc_domain_ops = {
	.map = rasc_irq_map,
};

int rasc_map_irqs(struct ferry_sim_asc *asc, unsigned int unit)
{
	unsigned int i;

	for (i = 0; i < FERRY_SIM_ASC_NR_LINES; i++) {
		asc->line[i].irq = irq_create_mapping(rasc_domain,
						      unit * FERRY_SIM_ASC_NR_LINES + i);
		if (!asc->line[i].irq)
			break;
	}
	if (i == FERRY_SIM_ASC_NR_LINES)
		return 0;
	while (i--)
		irq_dispose_mapping(asc->line[i].irq);
	return -ENOMEM;
}

void rasc_unmap_irqs(struct ferry_sim_asc *asc)
{
	unsigned int i;

	for (i = 0; i < FERRY_SIM_ASC_NR_LINES; i++) {
		hrtimer_cancel(&asc->line[i].timer);
		irq_dispose_mapping(asc->line[i].irq);
	}
}

static void rasc_error(struct ferry_sim_asc *asc, struct rasc_fifo *fifo, u32 error)
{
	asc->nr_errors++;
	if (!(asc->lies & FERRY_SIM_ASC_NO_ERRORS))
		fifo->errors |= error;
}

static bool rasc_put(struct ferry_sim_asc *asc, struct rasc_fifo *fifo)
{
	if (fifo->count == FERRY_SIM_ASC_DEPTH)
		return false;
	fifo->msg[(fifo->rd + fifo->count++) % FERRY_SIM_ASC_DEPTH] = fifo->latch;
	rasc_update(asc);
	return true;
}

static bool rasc_take(struct ferry_sim_asc *asc, struct rasc_fifo *fifo)
{
	if (!fifo->count)
		return false;
	fifo->latch = fifo->msg[fifo->rd];
	fifo->latch.msg1 = FIELD_PREP(RECV1_MSG1, fifo->latch.msg1) |
			   FIELD_PREP(RECV1_COUNT, fifo->count);
	fifo->rd = (fifo->rd + 1) % FERRY_SIM_ASC_DEPTH;
	fifo->count--;
	rasc_update(asc);
	return true;
}

static u32 rasc_control(const struct ferry_sim_asc *asc, const struct rasc_fifo *fifo)
{
	bool more = fifo == &asc->i2a && (asc->lies & FERRY_SIM_ASC_MORE);
	u32 count = fifo->count;

	if (fifo == &asc->i2a && (asc->lies & FERRY_SIM_ASC_COUNTS))
		count = FERRY_SIM_ASC_DEPTH;
	if (fifo == &asc->i2a && (asc->lies & FERRY_SIM_ASC_UNCOUNTED))
		count = 0;
	return CONTROL_ENABLE | fifo->errors | FIELD_PREP(CONTROL_READ, fifo->rd) |
	       FIELD_PREP(CONTROL_WRITE, (fifo->rd + fifo->count) % FERRY_SIM_ASC_DEPTH) |
	       FIELD_PREP(CONTROL_COUNT, count) |
	       (fifo->count == FERRY_SIM_ASC_DEPTH ? CONTROL_FULL : 0) |
	       (fifo->count || more ? 0 : CONTROL_EMPTY);
}

static enum rasc_reg rasc_find(const struct ferry_sim_asc *asc, unsigned int reg,
			       unsigned int *word)
{
	const u16 *regs = rasc_regs[asc->map];
	unsigned int i;

	for (i = 0; i < RASC_NR_REGS; i++) {
		*word = reg == regs[i] + sizeof(u32);
		if (reg == regs[i] || (*word && i >= A2I_SEND0))
			break;
	}
	return i;
}

u64 rasc_mailbox_read(struct ferry_sim_asc *asc, unsigned int reg)
{
	unsigned int word;
	u64 val = 0;

	switch (rasc_find(asc, reg, &word)) {
	case IRQ_ENABLE:
		return asc->irq_enable;
	case A2I_CONTROL:
		return rasc_control(asc, &asc->a2i);
	case I2A_CONTROL:
		return rasc_control(asc, &asc->i2a);
	case I2A_RECV0:
		if (!word && !rasc_take(asc, &asc->i2a)) {
			asc->i2a.latch = (struct rasc_msg) { };
			rasc_error(asc, &asc->i2a, CONTROL_UNDERFLOW);
		}
		val = asc->i2a.latch.msg0;
		break;
	case I2A_RECV1:
		val = asc->i2a.latch.msg1;
		break;
	default:
		break;
	}
	return word ? val >> 32 : val;
}

static u64 rasc_half(u64 old, unsigned int word, int size, u64 val)
{
	if (size == sizeof(u64))
		return val;
	return word ? lower_32_bits(old) | val << 32 : (old & ~(u64)U32_MAX) | (u32)val;
}

void rasc_mailbox_write(struct ferry_sim_asc *asc, unsigned int reg, int size, u64 val)
{
	struct rasc_fifo *fifo = &asc->a2i;
	unsigned int word;

	switch (rasc_find(asc, reg, &word)) {
	case IRQ_ENABLE:
		asc->irq_enable = val;
		rasc_update(asc);
		break;
	case IRQ_ACK:
		asc->irq_latch &= ~val;
		rasc_update(asc);
		break;
	case A2I_SEND0:
		fifo->latch.msg0 = rasc_half(fifo->latch.msg0, word, size, val);
		break;
	case A2I_SEND1:
		fifo->latch.msg1 = rasc_half(fifo->latch.msg1, word, size, val);
		/* With the last word it is sent. */
		if (size != sizeof(u64) && !word)
			break;
		if (upper_32_bits(fifo->latch.msg1))
			asc->nr_errors++;	/* bits that are the hardware's */
		if (!rasc_put(asc, fifo))
			rasc_error(asc, fifo, CONTROL_OVERFLOW);
		break;
	default:
		break;
	}
}

bool rasc_is_i2a_control(const struct ferry_sim_asc *asc, unsigned int reg)
{
	return reg == rasc_regs[asc->map][I2A_CONTROL];
}

/**
 * ferry_sim_asc_irq() - an interrupt of the mailbox
 * @asc:	the registers
 * @line:	which
 *
 * Context: any.
 * Return: the number, for request_irq(); a level.
 */
unsigned int ferry_sim_asc_irq(struct ferry_sim_asc *asc, enum ferry_sim_asc_line line)
{
	return asc->line[line].irq;
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_irq);

/**
 * ferry_sim_asc_push() - send to the CPU
 * @asc:	the registers
 * @msg0:	the message
 * @msg1:	its endpoint
 *
 * Context: any.
 * Return: 0, or -EBUSY: the FIFO is full, &ferry_sim_asc_user.changed will tell.
 */
int ferry_sim_asc_push(struct ferry_sim_asc *asc, u64 msg0, u32 msg1)
{
	unsigned long flags;
	bool ok;

	raw_spin_lock_irqsave(&asc->lock, flags);
	/* The latch of this FIFO belongs to the CPU, which may be between two reads. */
	ok = asc->i2a.count < FERRY_SIM_ASC_DEPTH;
	if (ok) {
		asc->i2a.msg[(asc->i2a.rd + asc->i2a.count++) % FERRY_SIM_ASC_DEPTH] =
			(struct rasc_msg) { .msg0 = msg0, .msg1 = msg1 };
		rasc_update(asc);
	}
	raw_spin_unlock_irqrestore(&asc->lock, flags);
	return ok ? 0 : -EBUSY;
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_push);

/**
 * ferry_sim_asc_pop() - receive from the CPU
 * @asc:	the registers
 * @msg0:	set to the message
 * @msg1:	set to its endpoint
 *
 * Context: any.
 * Return: 0, or -EAGAIN: the FIFO is empty, &ferry_sim_asc_user.changed will tell.
 */
int ferry_sim_asc_pop(struct ferry_sim_asc *asc, u64 *msg0, u32 *msg1)
{
	struct rasc_fifo *fifo = &asc->a2i;
	unsigned long flags;
	int ret = -EAGAIN;

	raw_spin_lock_irqsave(&asc->lock, flags);
	if (fifo->count) {
		*msg0 = fifo->msg[fifo->rd].msg0;
		*msg1 = fifo->msg[fifo->rd].msg1;
		fifo->rd = (fifo->rd + 1) % FERRY_SIM_ASC_DEPTH;
		fifo->count--;
		rasc_update(asc);
		ret = 0;
	}
	raw_spin_unlock_irqrestore(&asc->lock, flags);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_pop);

int rasc_mailbox_init(void)
{
	unsigned int i, j;

	rasc_fwnode = irq_domain_alloc_named_fwnode("ferry_sim_asc");
	if (!rasc_fwnode)
		return -ENOMEM;
	rasc_domain = irq_domain_create_linear(rasc_fwnode, RASC_UNITS * FERRY_SIM_ASC_NR_LINES,
					       &rasc_domain_ops, NULL);
	if (!rasc_domain) {
		irq_domain_free_fwnode(rasc_fwnode);
		return -ENOMEM;
	}
	for (i = 0; i < RASC_UNITS; i++) {
		raw_spin_lock_init(&rasc_units[i].lock);
		for (j = 0; j < FERRY_SIM_ASC_NR_LINES; j++) {
			rasc_units[i].line[j].asc = &rasc_units[i];
			ferry_hrtimer_setup(&rasc_units[i].line[j].timer, rasc_timer,
					    CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
		}
	}
	return 0;
}

void rasc_mailbox_exit(void)
{
	irq_domain_remove(rasc_domain);
	irq_domain_free_fwnode(rasc_fwnode);
}
