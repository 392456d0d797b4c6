// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving from a Gunyah message queue.
 *
 * The queue interrupts when it gets its first message, and not for those that follow. So it
 * is drained until it says that it is empty. An answer of success without a message means
 * that the next one cannot be taken; it stays where it is, and asking again gets the same.
 */
#include <linux/string.h>

#include "gunyah.h"

/* Messages that were asked for again and again, in a row, before nobody asks any more. */
#define RX_RETRIES	100

irqreturn_t gunyah_rx_irq(int irq, void *data)
{
	struct gunyah_queue *q = data;
	bool tell;

	scoped_guard(spinlock_irqsave, &q->lock) {
		q->stats.irqs++;
		q->rang = true;
		q->empty = false;
		tell = q->armed;
		q->armed = false;
	}
	if (tell)
		ferry_port_rx(&q->port);
	return IRQ_HANDLED;
}

/* Under the lock. Returns x0; @len: of what was delivered to @buf. */
static s64 rx_call(struct gunyah_queue *q, void *buf, size_t size, u64 *len)
{
	struct ferry_gunyah_regs regs = { .x = { 0, q->cap, (uintptr_t)buf, size, 0 } };
	s64 error;

	q->stats.calls++;
	/* The answer covers whatever rang until now. */
	q->rang = false;
	error = ferry_gunyah_call(q->hyp, GUNYAH_QUEUE_RECEIVE, &regs);
	*len = error ? 0 : regs.x[1];
	q->more = !error && regs.x[2];
	return error;
}

static bool rx_does_not_fit(s64 error, u64 len)
{
	switch (error) {
	case GUNYAH_OK:
		return !len;
	/* What the manual says it returns. */
	case GUNYAH_ARGUMENT_SIZE:
	case GUNYAH_ADDR_OVERFLOW:
	case GUNYAH_ADDR_INVALID:
		return true;
	}
	return false;
}

/* Under the lock. */
static ssize_t rx_failed(struct gunyah_queue *q, s64 error)
{
	int ret;

	if (error == GUNYAH_QUEUE_EMPTY)
		return -EAGAIN;
	/* No interrupt will come for what is there. */
	if (error == GUNYAH_RETRY && q->retries++ < RX_RETRIES) {
		q->more = true;
		return -EAGAIN;
	}
	if (gunyah_cap_is_lost(error)) {
		gunyah_queue_break(q, "the queue is gone", error);
		return -EPIPE;
	}
	ret = ferry_gunyah_errno(q->hyp, error);
	gunyah_queue_break(q, "receiving failed", error);
	return ret == -EAGAIN ? -EIO : ret;
}

/* Under the lock. Delivered, unless the hypervisor says what cannot be. */
static ssize_t rx_done(struct gunyah_queue *q, u64 len, size_t size)
{
	if (!len || len > size) {
		q->more = false;
		gunyah_queue_break(q, len ? "a message longer than its buffer" :
					    "a message that cannot be taken", GUNYAH_OK);
		return -EIO;
	}
	q->stats.msgs++;
	q->retries = 0;
	q->empty = !q->more;
	return len;
}

/* Under the lock. Once more, with room for any message there can be. */
static ssize_t rx_take_spare(struct gunyah_queue *q, void *buf, size_t size)
{
	ssize_t ret;
	s64 error;
	u64 len;

	error = rx_call(q, q->spare, GUNYAH_RX_SIZE, &len);
	if (error && !rx_does_not_fit(error, len))
		return rx_failed(q, error);
	ret = rx_done(q, len, GUNYAH_RX_SIZE);
	if (ret < 0)
		return ret;
	if (ret > size) {
		q->stats.oversize++;
		return -EMSGSIZE;
	}
	memcpy(buf, q->spare, ret);
	return ret;
}

/* Under the lock. */
static ssize_t rx_take(struct gunyah_queue *q, void *buf, size_t size)
{
	s64 error;
	u64 len;

	error = rx_call(q, buf, size, &len);
	if (rx_does_not_fit(error, len))
		return rx_take_spare(q, buf, size);
	if (error)
		return rx_failed(q, error);
	return rx_done(q, len, size);
}

ssize_t gunyah_rx_recv(struct ferry_port *port, void *buf, size_t size)
{
	struct gunyah_queue *q = gunyah_queue(port);

	guard(spinlock_irqsave)(&q->lock);
	if (q->gone)
		return -EPIPE;
	if (q->empty) {
		q->empty = false;
		return -EAGAIN;
	}
	return rx_take(q, buf, size);
}

bool gunyah_rx_arm(struct ferry_port *port)
{
	struct gunyah_queue *q = gunyah_queue(port);
	bool more;

	guard(spinlock_irqsave)(&q->lock);
	more = !q->gone && (q->rang || q->more);
	q->armed = !more;
	return more;
}
