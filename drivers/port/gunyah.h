/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gunyah ports: what the two ends of a queue have in common.
 */
#ifndef FERRY_PORT_GUNYAH_H
#define FERRY_PORT_GUNYAH_H

#include <linux/ferry/port.h>
#include <linux/ferry/port_gunyah.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/spinlock.h>

#include "gunyah_abi.h"

/* Bytes of &gunyah_queue.spare: room for the largest message there can be. */
#define GUNYAH_RX_SIZE		1024

/**
 * struct gunyah_queue - one end of a message queue
 * @port:	what users see
 * @desc:	of @port
 * @hyp:	the hypervisor, with a reference
 * @cap:	its name
 * @irq:	its interrupt, or 0
 * @threshold:	to be set when it is started, or 0
 * @tell:	tells the user that it is gone, as who found out may hold its locks
 * @lock:	of all that follows; hypercalls of messages are made under it
 * @gone:	for good; nothing is called any more
 * @listens:	@irq is requested, and enabled unless @gone
 * @full:	TX: and the interrupt has not come since
 * @full_since:	TX: jiffies of that, or of the last time that the hypervisor was asked
 * @more:	RX: the last message was not the last
 * @empty:	RX: the last message was the last, which the next recv says without a call
 * @rang:	RX: it interrupted since a message was taken
 * @armed:	RX: the user is to be told
 * @retries:	RX: how often in a row the hypervisor did not answer
 * @stats:	counters
 * @spare:	RX only: where a message goes that did not fit
 */
struct gunyah_queue {
	struct ferry_port port;
	struct ferry_port_desc desc;
	struct ferry_gunyah_hyp *hyp;
	u64 cap;
	unsigned int irq;
	u16 threshold;
	struct irq_work tell;

	spinlock_t lock;	/* see above */
	bool gone;
	bool listens;
	bool full;
	bool more;
	bool empty;
	bool rang;
	bool armed;
	unsigned long full_since;
	unsigned int retries;
	struct ferry_gunyah_queue_stats stats;
	u8 spare[];
};

static inline struct gunyah_queue *gunyah_queue(struct ferry_port *port)
{
	return container_of(port, struct gunyah_queue, port);
}

/* Process context; -EINVAL for an interrupt that is no edge. */
int gunyah_irq_request(unsigned int irq, irq_handler_t handler, struct device *dev, void *data);
/* What a capability that means nothing any more, or something else, answers. */
bool gunyah_cap_is_lost(s64 error);
/* Under the lock, or before it is started. What the hypervisor answers to its settings. */
s64 gunyah_queue_configure(struct gunyah_queue *q);
/* Under the lock. From now on it answers -EPIPE, and whoever waits is woken. */
void gunyah_queue_break(struct gunyah_queue *q, const char *why, s64 error);

irqreturn_t gunyah_tx_irq(int irq, void *data);
int gunyah_tx_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags);
bool gunyah_tx_arm(struct ferry_port *port, bool on);

irqreturn_t gunyah_rx_irq(int irq, void *data);
ssize_t gunyah_rx_recv(struct ferry_port *port, void *buf, size_t size);
bool gunyah_rx_arm(struct ferry_port *port);

#endif /* FERRY_PORT_GUNYAH_H */
