// SPDX-License-Identifier: GPL-2.0-only
/*
 * One end of a Gunyah message queue, from its making to its end.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/irq.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "gunyah.h"

/*
 * As a level the interrupt of a sender would not end while there is room, and that of a
 * receiver not before it was drained: both would storm.
 */
int gunyah_irq_request(unsigned int irq, irq_handler_t handler, struct device *dev, void *data)
{
	const char *name = dev ? dev_name(dev) : "ferry-gunyah";
	u32 type = irq_get_trigger_type(irq);

	if (type & IRQ_TYPE_LEVEL_MASK) {
		pr_err("ferry: gunyah: interrupt %u is a level, it has to be an edge\n", irq);
		return -EINVAL;
	}
	return request_irq(irq, handler, type ? 0 : IRQF_TRIGGER_RISING, name, data);
}

bool gunyah_cap_is_lost(s64 error)
{
	switch (error) {
	case GUNYAH_ARGUMENT_INVALID:
	case GUNYAH_OBJECT_STATE:
	case GUNYAH_OBJECT_CONFIG:
	case GUNYAH_CAP_NULL:
	case GUNYAH_CAP_REVOKED:
	case GUNYAH_WRONG_OBJECT_TYPE:
	case GUNYAH_INSUFFICIENT_RIGHTS:
		return true;
	}
	return false;
}

void gunyah_queue_break(struct gunyah_queue *q, const char *why, s64 error)
{
	lockdep_assert_held(&q->lock);

	if (q->gone)
		return;
	q->gone = true;
	q->port.faults++;
	if (q->listens && q->irq)
		disable_irq_nosync(q->irq);
	if (q->port.dev)
		dev_warn(q->port.dev, "%s port %u: %s (error %lld)\n",
			 q->desc.dir == FERRY_PORT_TX ? "tx" : "rx", q->port.index, why, error);
	irq_work_queue(&q->tell);
}

static void queue_tell(struct irq_work *work)
{
	struct gunyah_queue *q = container_of(work, struct gunyah_queue, tell);

	if (q->desc.dir == FERRY_PORT_TX)
		ferry_port_tx_ready(&q->port);
	else
		ferry_port_rx(&q->port);
}

/*
 * Sets the threshold, or changes nothing but makes the hypervisor look at the interrupt
 * once more. In any case it says whether the capability is what it should be.
 */
s64 gunyah_queue_configure(struct gunyah_queue *q)
{
	struct ferry_gunyah_regs regs = {
		.x = { 0, q->cap, q->threshold ?: GUNYAH_KEEP, GUNYAH_KEEP, GUNYAH_KEEP },
	};

	return ferry_gunyah_call(q->hyp, q->desc.dir == FERRY_PORT_TX ?
				 GUNYAH_QUEUE_CONFIGURE_SEND : GUNYAH_QUEUE_CONFIGURE_RECEIVE,
				 &regs);
}

static int queue_listen(struct gunyah_queue *q)
{
	if (!q->irq)
		return 0;
	return gunyah_irq_request(q->irq,
				  q->desc.dir == FERRY_PORT_TX ? gunyah_tx_irq : gunyah_rx_irq,
				  q->port.dev, q);
}

static void queue_set_listens(struct gunyah_queue *q, bool on)
{
	guard(spinlock_irqsave)(&q->lock);
	q->listens = on;
}

static int queue_start(struct ferry_port *port)
{
	struct gunyah_queue *q = gunyah_queue(port);
	int ret;

	if (q->gone)
		return -EPIPE;
	/* One that is full says so with the first send, and interrupts when it is not. */
	q->full = false;
	q->more = false;
	q->empty = false;
	q->rang = false;
	q->armed = false;
	ret = queue_listen(q);
	if (ret)
		return ret;
	ret = ferry_gunyah_errno(q->hyp, gunyah_queue_configure(q));
	if (ret) {
		if (q->irq)
			free_irq(q->irq, q);
		return ret;
	}
	queue_set_listens(q, true);
	return 0;
}

static void queue_stop(struct ferry_port *port)
{
	struct gunyah_queue *q = gunyah_queue(port);

	queue_set_listens(q, false);
	if (q->irq)
		free_irq(q->irq, q);
	irq_work_sync(&q->tell);
}

static void queue_release(struct ferry_port *port)
{
	struct gunyah_queue *q = gunyah_queue(port);

	irq_work_sync(&q->tell);
	ferry_gunyah_hyp_put(q->hyp);
	kfree(q);
}

static const struct ferry_port_ops queue_tx_ops = {
	.start = queue_start,
	.stop = queue_stop,
	.send = gunyah_tx_send,
	.tx_arm = gunyah_tx_arm,
	.release = queue_release,
};

static const struct ferry_port_ops queue_rx_ops = {
	.start = queue_start,
	.stop = queue_stop,
	.recv = gunyah_rx_recv,
	.rx_arm = gunyah_rx_arm,
	.release = queue_release,
};

static bool queue_cfg_ok(const struct ferry_gunyah_queue_cfg *cfg)
{
	if (!cfg->hyp || cfg->cap == FERRY_GUNYAH_CAP_NONE || cfg->irq < 0 ||
	    cfg->max_len > FERRY_GUNYAH_SIZE_MAX)
		return false;
	return cfg->dir == FERRY_PORT_TX || (cfg->dir == FERRY_PORT_RX && cfg->irq);
}

/**
 * ferry_gunyah_queue_create() - one end of a message queue as a port
 * @dev:	for messages, the name of the interrupt, and ferry_port_publish(), or NULL
 * @cfg:	which; copied
 *
 * The caller gets the provider's reference and ends it with ferry_port_kill(), after which
 * the mapping of the interrupt can go. The hypervisor is not called before the port is
 * started. ferry_port_start() then returns -EPIPE when the capability means nothing,
 * -EACCES for that of the other end, -EINVAL for that of another kind of object, for an
 * interrupt that is no edge or for a threshold out of range; and what request_irq() did.
 *
 * ferry_port_send() takes 1 to &ferry_gunyah_queue_cfg.max_len bytes at a kernel address,
 * in memory, on the stack or mapped; -EINVAL for others. With FERRY_MORE the receiver is
 * interrupted as its threshold says, else in any case; what FERRY_MORE held back nothing
 * but the next message can announce. -EMSGSIZE and -EFAULT come from a hypervisor that
 * looks closer, -EIO from one that fails. ferry_port_recv() returns -EIO once when the next
 * message cannot be taken, and -EPIPE from then on.
 *
 * Context: process, may sleep.
 * Return: the port, or ERR_PTR(): -EINVAL for a field that cannot be, -ENOMEM.
 */
struct ferry_port *ferry_gunyah_queue_create(struct device *dev,
					     const struct ferry_gunyah_queue_cfg *cfg)
{
	struct gunyah_queue *q;
	int ret;

	if (!queue_cfg_ok(cfg))
		return ERR_PTR(-EINVAL);
	q = kzalloc(struct_size(q, spare, cfg->dir == FERRY_PORT_RX ? GUNYAH_RX_SIZE : 0),
		    GFP_KERNEL);
	if (!q)
		return ERR_PTR(-ENOMEM);
	q->cap = cfg->cap;
	q->irq = cfg->irq;
	q->threshold = cfg->threshold;
	q->desc.max_len = cfg->max_len ?: FERRY_GUNYAH_SIZE_DEFAULT;
	q->desc.dir = cfg->dir;
	q->desc.flags = cfg->irq ? 0 : FERRY_PORT_NO_TX_EVENT;
	spin_lock_init(&q->lock);
	init_irq_work(&q->tell, queue_tell);
	ret = ferry_port_init(&q->port, dev, &q->desc,
			      cfg->dir == FERRY_PORT_TX ? &queue_tx_ops : &queue_rx_ops);
	if (ret) {
		kfree(q);
		return ERR_PTR(ret);
	}
	q->hyp = cfg->hyp;
	ferry_gunyah_hyp_hold(q->hyp);
	return &q->port;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_queue_create);

/**
 * ferry_gunyah_queue_cap() - the capability of an end of a queue
 * @port:	any port
 * @cap:	set to its capability
 *
 * Context: any.
 * Return: 0, or -EINVAL: it is no end of a queue.
 */
int ferry_gunyah_queue_cap(struct ferry_port *port, u64 *cap)
{
	if (port->own_ops != &queue_tx_ops && port->own_ops != &queue_rx_ops)
		return -EINVAL;
	*cap = gunyah_queue(port)->cap;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_queue_cap);

/**
 * ferry_gunyah_queue_stats() - counters of one end of a queue
 * @port:	from ferry_gunyah_queue_create()
 * @stats:	set to what was counted since
 *
 * Context: any.
 */
void ferry_gunyah_queue_stats(struct ferry_port *port, struct ferry_gunyah_queue_stats *stats)
{
	struct gunyah_queue *q = gunyah_queue(port);

	guard(spinlock_irqsave)(&q->lock);
	*stats = q->stats;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_queue_stats);
