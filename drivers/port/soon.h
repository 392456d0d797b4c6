/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call in hard IRQ, soon: what an interrupt of hardware is to a port that has none.
 *
 * It is irq_work, but where the machine has no interrupt for that (User-mode Linux) it
 * would wait for the next tick, and a timer does not. With one CPU it may wait: there time
 * may stand still while anybody runs, and who fills a queue has to let others empty it.
 */
#ifndef FERRY_PORT_SOON_H
#define FERRY_PORT_SOON_H

#include <linux/hrtimer.h>
#include <linux/irq_work.h>

#include "../compat.h"

struct ferry_soon {
	void (*fn)(struct ferry_soon *soon);
	struct irq_work work;
	struct hrtimer timer;
};

static inline void soon_work(struct irq_work *work)
{
	struct ferry_soon *soon = container_of(work, struct ferry_soon, work);

	soon->fn(soon);
}

static inline enum hrtimer_restart soon_timer(struct hrtimer *timer)
{
	struct ferry_soon *soon = container_of(timer, struct ferry_soon, timer);

	soon->fn(soon);
	return HRTIMER_NORESTART;
}

static inline void ferry_soon_init(struct ferry_soon *soon, void (*fn)(struct ferry_soon *soon))
{
	soon->fn = fn;
	init_irq_work(&soon->work, soon_work);
	ferry_hrtimer_setup(&soon->timer, soon_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
}

/* Any context. Calls that were asked for and have not begun are one. */
static inline void ferry_soon_call(struct ferry_soon *soon)
{
	if (arch_irq_work_has_interrupt() || !IS_ENABLED(CONFIG_SMP))
		irq_work_queue(&soon->work);
	else
		hrtimer_start(&soon->timer, 0, HRTIMER_MODE_REL_HARD);
}

/* Process context; nobody asks any more. When this returns it does not run and will not. */
static inline void ferry_soon_end(struct ferry_soon *soon)
{
	irq_work_sync(&soon->work);
	hrtimer_cancel(&soon->timer);
}

#endif /* FERRY_PORT_SOON_H */
