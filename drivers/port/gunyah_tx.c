// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending into a Gunyah message queue.
 *
 * Each send says whether there is room for another. If not, the queue interrupts when the
 * receiver has taken a message; that is an edge, and latched, so it is enough to remember
 * "full" from the one to the other. Nothing but the answer of a send sets it. "Full" may be
 * the answer although we thought otherwise: after an interrupt that came late, after an
 * earlier life, or where somebody else uses the same capability.
 *
 * No interrupt tells that the queue is gone. Who waits asks for room again from time to time,
 * and then the hypervisor is asked.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>

#include "gunyah.h"

#define TX_ASK_JIFFIES	(HZ / 2)

irqreturn_t gunyah_tx_irq(int irq, void *data)
{
	struct gunyah_queue *q = data;

	scoped_guard(spinlock_irqsave, &q->lock) {
		q->stats.irqs++;
		q->full = false;
	}
	ferry_port_tx_ready(&q->port);
	return IRQ_HANDLED;
}

/* The address is translated as ours would be; memory of a user may be gone by then. */
static bool tx_msg_ok(const void *msg, size_t len)
{
	return len && (unsigned long)msg >= PAGE_OFFSET && !IS_ERR(msg);
}

/* Under the lock. Who has no interrupt tries again. */
static void tx_set_full(struct gunyah_queue *q)
{
	q->full = q->irq;
	q->full_since = jiffies;
}

/* Under the lock. */
static int tx_failed(struct gunyah_queue *q, s64 error)
{
	if (error == GUNYAH_QUEUE_FULL) {
		q->stats.refused++;
		tx_set_full(q);
		return -EAGAIN;
	}
	if (gunyah_cap_is_lost(error)) {
		gunyah_queue_break(q, "the queue is gone", error);
		return -EPIPE;
	}
	q->port.faults += error != GUNYAH_RETRY;
	return ferry_gunyah_errno(q->hyp, error);
}

/* Under the lock. */
static int tx_call(struct gunyah_queue *q, const void *msg, size_t len, unsigned int flags)
{
	struct ferry_gunyah_regs regs = {
		.x = { 0, q->cap, len, (uintptr_t)msg,
		       flags & FERRY_MORE ? 0 : GUNYAH_SEND_PUSH, 0 },
	};
	s64 error;

	q->stats.calls++;
	error = ferry_gunyah_call(q->hyp, GUNYAH_QUEUE_SEND, &regs);
	if (error)
		return tx_failed(q, error);
	q->stats.msgs++;
	if (regs.x[1])
		return 0;
	q->stats.filled++;
	tx_set_full(q);
	return 1;
}

int gunyah_tx_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags)
{
	struct gunyah_queue *q = gunyah_queue(port);

	/* There is no call that announces without sending. */
	if (!msg && !len)
		return q->gone ? -EPIPE : 0;
	if (!tx_msg_ok(msg, len))
		return -EINVAL;

	guard(spinlock_irqsave)(&q->lock);
	if (q->gone)
		return -EPIPE;
	if (q->full)
		return -EAGAIN;
	return tx_call(q, msg, len, flags);
}

/* Under the lock. Is it there at all? An interrupt that was lost comes once more. */
static void tx_ask(struct gunyah_queue *q)
{
	s64 error;

	if (!q->full || q->gone || time_before(jiffies, q->full_since + TX_ASK_JIFFIES))
		return;
	q->full_since = jiffies;
	error = gunyah_queue_configure(q);
	if (gunyah_cap_is_lost(error))
		gunyah_queue_break(q, "the queue is gone", error);
}

/* The interrupt comes anyway. Who waits for what is gone tries. */
bool gunyah_tx_arm(struct ferry_port *port, bool on)
{
	struct gunyah_queue *q = gunyah_queue(port);

	if (on && READ_ONCE(q->full)) {
		guard(spinlock_irqsave)(&q->lock);
		tx_ask(q);
	}
	return !READ_ONCE(q->full) || READ_ONCE(q->gone);
}
