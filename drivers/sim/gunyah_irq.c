// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of the simulated Gunyah hypervisor: edges, latched while nobody listens, as
 * those of a GIC are. The simulated controller of the kernel forgets them instead.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/of_irq.h>

#include "gunyah_private.h"

#define GSIM_CELLS	3	/* as a GIC: kind, number, trigger */
#define GSIM_SPI	32	/* number of the first shared one */

/* That of an object; or one of our controller, which stays mapped from object to object. */
static struct gsim_line *line_of(struct ferry_sim_gunyah *sim, u32 virq)
{
	unsigned int i;

	for (i = 0; i < sim->nr_lines; i++)
		if (sim->lines[i].used && sim->lines[i].virq == virq)
			return &sim->lines[i];
	return NULL;
}

/* Under line_lock. */
static void line_look(struct gsim_line *line)
{
	if (line->pending && !line->masked)
		irq_work_queue(&line->sim->irq_work);
}

static void line_set_masked(struct irq_data *data, bool masked)
{
	struct gsim_line *line = irq_data_get_irq_chip_data(data);
	unsigned long flags;

	raw_spin_lock_irqsave(&line->sim->line_lock, flags);
	line->masked = masked;
	line_look(line);
	raw_spin_unlock_irqrestore(&line->sim->line_lock, flags);
}

static void line_mask(struct irq_data *data)
{
	line_set_masked(data, true);
}

static void line_unmask(struct irq_data *data)
{
	line_set_masked(data, false);
}

/* It was acknowledged when it was delivered. */
static void line_ack(struct irq_data *data)
{
}

static int line_retrigger(struct irq_data *data)
{
	gsim_line_raise(irq_data_get_irq_chip_data(data));
	return 1;
}

static int line_set_type(struct irq_data *data, unsigned int type)
{
	return type == IRQ_TYPE_EDGE_RISING || type == IRQ_TYPE_LEVEL_HIGH ? 0 : -EINVAL;
}

static struct irq_chip line_chip = {
	.name = "ferry-sim-gunyah",
	.irq_mask = line_mask,
	.irq_unmask = line_unmask,
	.irq_ack = line_ack,
	.irq_retrigger = line_retrigger,
	.irq_set_type = line_set_type,
	.flags = IRQCHIP_SKIP_SET_WAKE,
};

static int line_map(struct irq_domain *domain, unsigned int irq, irq_hw_number_t hwirq)
{
	struct gsim_line *line = line_of(domain->host_data, hwirq);

	if (!line || line->wire)
		return -EINVAL;
	irq_set_chip_and_handler(irq, &line_chip, handle_edge_irq);
	irq_set_chip_data(irq, line);
	irq_set_status_flags(irq, IRQ_DISABLE_UNLAZY);
	irqd_set_trigger_type(irq_get_irq_data(irq),
			      line->level ? IRQ_TYPE_LEVEL_HIGH : IRQ_TYPE_EDGE_RISING);
	WRITE_ONCE(line->irq, irq);
	return 0;
}

static void line_unmap(struct irq_domain *domain, unsigned int irq)
{
	struct gsim_line *line = irq_get_chip_data(irq);

	WRITE_ONCE(line->irq, 0);
	irq_set_chip_and_handler(irq, NULL, NULL);
	irq_set_chip_data(irq, NULL);
}

static int line_xlate(struct irq_domain *domain, struct device_node *np, const u32 *spec,
		      unsigned int size, unsigned long *hwirq, unsigned int *type)
{
	if (size != GSIM_CELLS || spec[0])
		return -EINVAL;
	*hwirq = spec[1] + GSIM_SPI;
	*type = spec[2] & IRQ_TYPE_SENSE_MASK;
	return 0;
}

static const struct irq_domain_ops line_domain_ops = {
	.map = line_map,
	.unmap = line_unmap,
	.xlate = line_xlate,
};

/* The interrupt that is to be delivered now, or 0. */
static unsigned int line_take(struct gsim_line *line)
{
	unsigned int irq = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&line->sim->line_lock, flags);
	if (line->pending && !line->masked) {
		line->pending = false;
		irq = line->irq;
	}
	raw_spin_unlock_irqrestore(&line->sim->line_lock, flags);
	return irq;
}

static void gsim_irq_work(struct irq_work *work)
{
	struct ferry_sim_gunyah *sim = container_of(work, struct ferry_sim_gunyah, irq_work);
	unsigned int i, irq;

	for (i = 0; i < READ_ONCE(sim->nr_lines); i++) {
		irq = line_take(&sim->lines[i]);
		if (irq)
			generic_handle_irq(irq);
	}
}

/* The machine's controller latches it. Nobody has mapped it: who does asks for it anew. */
static void wire_set(const struct gsim_wire *wire, bool on)
{
	unsigned int irq = irq_find_mapping(wire->domain, wire->virq);

	if (irq)
		irq_set_irqchip_state(irq, IRQCHIP_STATE_PENDING, on);
}

void gsim_line_raise(struct gsim_line *line)
{
	struct gsim_wire *wire = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&line->sim->line_lock, flags);
	if (line->fn) {
		line->fn(line->data);
	} else if (line->wire) {
		wire = line->wire;
	} else {
		line->pending = true;
		line_look(line);
	}
	raw_spin_unlock_irqrestore(&line->sim->line_lock, flags);
	if (wire)
		wire_set(wire, true);
}

void gsim_line_clear(struct gsim_line *line)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&line->sim->line_lock, flags);
	line->pending = false;
	raw_spin_unlock_irqrestore(&line->sim->line_lock, flags);
	if (line->wire)
		wire_set(line->wire, false);
}

/* Process context. When it returns an earlier @fn is not called any more. */
void gsim_line_catch(struct gsim_line *line, void (*fn)(void *data), void *data)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&line->sim->line_lock, flags);
	line->fn = fn;
	line->data = data;
	/* What was latched is not lost. */
	if (fn && line->pending) {
		line->pending = false;
		fn(data);
	}
	raw_spin_unlock_irqrestore(&line->sim->line_lock, flags);
}

/* Process context. One that no line has; NULL: there are no more. */
static struct gsim_wire *wire_get(struct ferry_sim_gunyah_vm *vm)
{
	struct gsim_wire *wire;
	struct irq_data *data;

	for (wire = vm->wires; wire < vm->wires + vm->nr_wires; wire++) {
		if (wire->domain)
			continue;
		data = irq_get_irq_data(irq_create_of_mapping(&wire->args));
		if (!data)
			return NULL;
		wire->domain = data->domain;
		wire->virq = data->hwirq;
		return wire;
	}
	return NULL;
}

/* Under line_lock. */
static struct gsim_line *line_find_free(struct ferry_sim_gunyah *sim)
{
	unsigned int i;

	for (i = 0; i < sim->nr_lines; i++)
		if (!sim->lines[i].used)
			return &sim->lines[i];
	if (i == GSIM_LINES)
		return NULL;
	sim->lines[i].sim = sim;
	sim->lines[i].masked = true;
	WRITE_ONCE(sim->nr_lines, i + 1);
	return &sim->lines[i];
}

/* Process context. NULL: there are no more. */
struct gsim_line *gsim_line_get(struct ferry_sim_gunyah_vm *vm, bool level, u32 *virq)
{
	struct gsim_wire *wire = vm->nr_wires ? wire_get(vm) : NULL;
	struct ferry_sim_gunyah *sim = vm->sim;
	struct gsim_line *line = NULL;
	unsigned long flags;

	if (vm->nr_wires && !wire)
		return NULL;
	raw_spin_lock_irqsave(&sim->line_lock, flags);
	line = line_find_free(sim);
	if (line) {
		line->used = true;
		line->level = level;
		line->wire = wire;
		line->virq = wire ? wire->virq : GSIM_FIRST_VIRQ + (line - sim->lines);
		*virq = line->virq;
	} else if (wire) {
		wire->domain = NULL;
	}
	raw_spin_unlock_irqrestore(&sim->line_lock, flags);
	return line;
}

/* Process context; nobody listens. Or NULL. */
void gsim_line_put(struct gsim_line *line)
{
	unsigned long flags;

	if (!line)
		return;
	gsim_line_clear(line);
	raw_spin_lock_irqsave(&line->sim->line_lock, flags);
	line->used = false;
	line->fn = NULL;
	if (line->wire)
		line->wire->domain = NULL;
	line->wire = NULL;
	raw_spin_unlock_irqrestore(&line->sim->line_lock, flags);
}

int gsim_irq_init(struct ferry_sim_gunyah *sim)
{
	raw_spin_lock_init(&sim->line_lock);
	/* In hard IRQ, whatever the kernel: interrupts are handled there. */
	sim->irq_work = IRQ_WORK_INIT_HARD(gsim_irq_work);
	sim->domain = irq_domain_create_tree(sim->cfg.fwnode, &line_domain_ops, sim);
	return sim->domain ? 0 : -ENOMEM;
}

void gsim_irq_exit(struct ferry_sim_gunyah *sim)
{
	unsigned int i;

	for (i = 0; i < sim->nr_lines; i++)
		if (sim->lines[i].irq)
			irq_dispose_mapping(sim->lines[i].irq);
	irq_work_sync(&sim->irq_work);
	irq_domain_remove(sim->domain);
}

/**
 * ferry_sim_gunyah_irq() - the interrupt of Linux for one of the hypervisor
 * @sim:	the hypervisor
 * @virq:	as it counts them
 *
 * The mapping goes with the hypervisor.
 *
 * Context: process, may sleep.
 * Return: the interrupt; 0 there is none, or there is no memory.
 */
unsigned int ferry_sim_gunyah_irq(struct ferry_sim_gunyah *sim, u32 virq)
{
	return irq_create_mapping(sim->domain, virq);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_irq);

/**
 * ferry_sim_gunyah_spurious() - raise an interrupt for no reason
 * @sim:	the hypervisor
 * @virq:	as it counts them
 *
 * Context: any.
 */
void ferry_sim_gunyah_spurious(struct ferry_sim_gunyah *sim, u32 virq)
{
	struct gsim_line *line = line_of(sim, virq);

	if (line)
		gsim_line_raise(line);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_spurious);
