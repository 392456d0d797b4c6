// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor behind a pair of ports, as if they were a mailbox: two FIFOs
 * of 15 messages, and interrupts for "not empty" and for "empty".
 *
 * The interrupts are raised by timers without delay: in hard IRQ as by hardware, and never
 * inside the call that caused them.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/port.h>
#include <linux/hrtimer.h>
#include <linux/slab.h>

#include "../compat.h"
#include "rtkit_private.h"

#define RSIM_DEPTH	15

struct rsim_fifo {
	struct rtkit_msg msg[RSIM_DEPTH];
	u32 head;
	u32 tail;
};

struct rsim_ports {
	struct ferry_port tx;		/* of the CPU: it sends */
	struct ferry_port rx;
	refcount_t users;
	struct ferry_sim_rtkit *sim;	/* gone when the ports are dead */
	struct hrtimer tx_timer;
	struct hrtimer rx_timer;
	raw_spinlock_t lock;		/* all that follows; below that of the sim */
	struct rsim_fifo to_iop;
	struct rsim_fifo to_cpu;
	bool tx_armed;
	bool rx_armed;
};

static struct rsim_ports *rsim_ports_tx(struct ferry_port *port)
{
	return container_of(port, struct rsim_ports, tx);
}

static struct rsim_ports *rsim_ports_rx(struct ferry_port *port)
{
	return container_of(port, struct rsim_ports, rx);
}

static u32 rsim_fifo_level(const struct rsim_fifo *fifo)
{
	return fifo->head - fifo->tail;
}

static bool rsim_fifo_put(struct rsim_fifo *fifo, const struct rtkit_msg *msg)
{
	if (rsim_fifo_level(fifo) == RSIM_DEPTH)
		return false;
	fifo->msg[fifo->head++ % RSIM_DEPTH] = *msg;
	return true;
}

static bool rsim_fifo_get(struct rsim_fifo *fifo, struct rtkit_msg *msg)
{
	if (!rsim_fifo_level(fifo))
		return false;
	*msg = fifo->msg[fifo->tail++ % RSIM_DEPTH];
	if (!rsim_fifo_level(fifo)) {
		/* The depth is no power of two: they must not wrap. */
		fifo->head = 0;
		fifo->tail = 0;
	}
	return true;
}

static enum hrtimer_restart rsim_ports_tx_timer(struct hrtimer *timer)
{
	ferry_port_tx_ready(&container_of(timer, struct rsim_ports, tx_timer)->tx);
	return HRTIMER_NORESTART;
}

static enum hrtimer_restart rsim_ports_rx_timer(struct hrtimer *timer)
{
	ferry_port_rx(&container_of(timer, struct rsim_ports, rx_timer)->rx);
	return HRTIMER_NORESTART;
}

static void rsim_ports_raise(bool *armed, struct hrtimer *timer)
{
	if (!*armed)
		return;
	*armed = false;
	hrtimer_start(timer, 0, HRTIMER_MODE_REL_HARD);
}

/* The end of the co-processor. */
static int rsim_ports_push(void *data, u64 msg0, u32 msg1)
{
	const struct rtkit_msg msg = { cpu_to_le64(msg0), cpu_to_le32(msg1) };
	struct rsim_ports *ports = data;
	unsigned long flags;
	bool ok;

	raw_spin_lock_irqsave(&ports->lock, flags);
	ok = rsim_fifo_put(&ports->to_cpu, &msg);
	rsim_ports_raise(&ports->rx_armed, &ports->rx_timer);
	raw_spin_unlock_irqrestore(&ports->lock, flags);
	return ok ? 0 : -EBUSY;
}

static int rsim_ports_pop(void *data, u64 *msg0, u32 *msg1)
{
	struct rsim_ports *ports = data;
	struct rtkit_msg msg;
	unsigned long flags;
	bool ok;

	raw_spin_lock_irqsave(&ports->lock, flags);
	ok = rsim_fifo_get(&ports->to_iop, &msg);
	if (ok && !rsim_fifo_level(&ports->to_iop))
		rsim_ports_raise(&ports->tx_armed, &ports->tx_timer);
	raw_spin_unlock_irqrestore(&ports->lock, flags);
	if (!ok)
		return -EAGAIN;
	*msg0 = le64_to_cpu(msg.msg0);
	*msg1 = le32_to_cpu(msg.msg1);
	return 0;
}

static const struct ferry_sim_rtkit_fifo rsim_ports_fifo = {
	.push = rsim_ports_push,
	.pop = rsim_ports_pop,
};

/* The end of the CPU. */
static int rsim_ports_start(struct ferry_port *port)
{
	return 0;
}

static void rsim_ports_disarm(struct rsim_ports *ports, bool *armed, struct hrtimer *timer)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ports->lock, flags);
	*armed = false;
	raw_spin_unlock_irqrestore(&ports->lock, flags);
	hrtimer_cancel(timer);
}

static void rsim_ports_tx_stop(struct ferry_port *port)
{
	struct rsim_ports *ports = rsim_ports_tx(port);

	rsim_ports_disarm(ports, &ports->tx_armed, &ports->tx_timer);
}

static void rsim_ports_rx_stop(struct ferry_port *port)
{
	struct rsim_ports *ports = rsim_ports_rx(port);

	rsim_ports_disarm(ports, &ports->rx_armed, &ports->rx_timer);
}

static int rsim_ports_send(struct ferry_port *port, const void *msg, size_t len,
			   unsigned int flags)
{
	struct rsim_ports *ports = rsim_ports_tx(port);
	unsigned long irqflags;
	bool ok = true, full;

	if (msg && len != sizeof(struct rtkit_msg))
		return -EINVAL;
	raw_spin_lock_irqsave(&ports->lock, irqflags);
	if (msg)
		ok = rsim_fifo_put(&ports->to_iop, msg);
	full = rsim_fifo_level(&ports->to_iop) == RSIM_DEPTH;
	raw_spin_unlock_irqrestore(&ports->lock, irqflags);
	if (!(flags & FERRY_MORE) || full)
		ferry_sim_rtkit_kick(ports->sim);
	if (!ok)
		return -EAGAIN;
	return msg && full;
}

static bool rsim_ports_tx_arm(struct ferry_port *port, bool on)
{
	struct rsim_ports *ports = rsim_ports_tx(port);
	unsigned long flags;
	bool room;

	raw_spin_lock_irqsave(&ports->lock, flags);
	room = rsim_fifo_level(&ports->to_iop) < RSIM_DEPTH;
	ports->tx_armed = on && !room;
	raw_spin_unlock_irqrestore(&ports->lock, flags);
	return room;
}

static bool rsim_ports_take(struct rsim_ports *ports, struct rtkit_msg *msg)
{
	unsigned long flags;
	bool ok, was_full;

	raw_spin_lock_irqsave(&ports->lock, flags);
	was_full = rsim_fifo_level(&ports->to_cpu) == RSIM_DEPTH;
	ok = rsim_fifo_get(&ports->to_cpu, msg);
	raw_spin_unlock_irqrestore(&ports->lock, flags);
	if (was_full)
		ferry_sim_rtkit_kick(ports->sim);
	return ok;
}

static ssize_t rsim_ports_recv(struct ferry_port *port, void *buf, size_t size)
{
	struct rsim_ports *ports = rsim_ports_rx(port);
	struct rtkit_msg msg;

	if (!rsim_ports_take(ports, &msg)) {
		/* A CPU that waits with interrupts off may be the only one. */
		ferry_sim_rtkit_poll(ports->sim);
		if (!rsim_ports_take(ports, &msg))
			return -EAGAIN;
	}
	if (size < sizeof(msg))
		return -EMSGSIZE;
	memcpy(buf, &msg, sizeof(msg));
	return sizeof(msg);
}

static bool rsim_ports_rx_arm(struct ferry_port *port)
{
	struct rsim_ports *ports = rsim_ports_rx(port);
	unsigned long flags;
	bool more;

	raw_spin_lock_irqsave(&ports->lock, flags);
	more = rsim_fifo_level(&ports->to_cpu);
	ports->rx_armed = !more;
	raw_spin_unlock_irqrestore(&ports->lock, flags);
	return more;
}

static void rsim_ports_put(struct rsim_ports *ports)
{
	if (refcount_dec_and_test(&ports->users))
		kfree(ports);
}

static void rsim_ports_tx_release(struct ferry_port *port)
{
	rsim_ports_put(rsim_ports_tx(port));
}

static void rsim_ports_rx_release(struct ferry_port *port)
{
	rsim_ports_put(rsim_ports_rx(port));
}

static const struct ferry_port_desc rsim_ports_tx_desc = {
	.max_len = sizeof(struct rtkit_msg),
	.dir = FERRY_PORT_TX,
};

static const struct ferry_port_ops rsim_ports_tx_ops = {
	.start = rsim_ports_start,
	.stop = rsim_ports_tx_stop,
	.send = rsim_ports_send,
	.tx_arm = rsim_ports_tx_arm,
	.release = rsim_ports_tx_release,
};

static const struct ferry_port_desc rsim_ports_rx_desc = {
	.max_len = sizeof(struct rtkit_msg),
	.dir = FERRY_PORT_RX,
};

static const struct ferry_port_ops rsim_ports_rx_ops = {
	.start = rsim_ports_start,
	.stop = rsim_ports_rx_stop,
	.recv = rsim_ports_recv,
	.rx_arm = rsim_ports_rx_arm,
	.release = rsim_ports_rx_release,
};

static struct rsim_ports *rsim_ports_new(struct device *dev)
{
	struct rsim_ports *ports = kzalloc(sizeof(*ports), GFP_KERNEL);
	int ret;

	if (!ports)
		return ERR_PTR(-ENOMEM);
	raw_spin_lock_init(&ports->lock);
	refcount_set(&ports->users, 1);
	ferry_hrtimer_setup(&ports->tx_timer, rsim_ports_tx_timer, CLOCK_MONOTONIC,
			    HRTIMER_MODE_REL_HARD);
	ferry_hrtimer_setup(&ports->rx_timer, rsim_ports_rx_timer, CLOCK_MONOTONIC,
			    HRTIMER_MODE_REL_HARD);
	ret = ferry_port_init(&ports->tx, dev, &rsim_ports_tx_desc, &rsim_ports_tx_ops);
	if (ret) {
		kfree(ports);
		return ERR_PTR(ret);
	}
	refcount_inc(&ports->users);
	ret = ferry_port_init(&ports->rx, dev, &rsim_ports_rx_desc, &rsim_ports_rx_ops);
	if (ret) {
		rsim_ports_put(ports);		/* the one of the port that is none */
		ferry_port_kill(&ports->tx);
		return ERR_PTR(ret);
	}
	return ports;
}

static void rsim_ports_kill(struct rsim_ports *ports)
{
	refcount_inc(&ports->users);
	ferry_port_kill(&ports->tx);
	ferry_port_kill(&ports->rx);
	rsim_ports_put(ports);
}

void rsim_ports_release(struct ferry_sim_rtkit *sim)
{
	rsim_ports_kill(sim->ports);
}

/**
 * ferry_sim_rtkit_create_ports() - let there be a co-processor behind two ports
 * @dev:	for messages, and to publish the ports; may be NULL
 * @cfg:	as for ferry_sim_rtkit_create(); its FIFOs are not looked at
 *
 * The ports are told by ferry_sim_rtkit_ports() and die with ferry_sim_rtkit_destroy().
 *
 * Context: process, may sleep.
 * Return: as ferry_sim_rtkit_create().
 */
struct ferry_sim_rtkit *ferry_sim_rtkit_create_ports(struct device *dev,
						     const struct ferry_sim_rtkit_cfg *cfg)
{
	struct ferry_sim_rtkit_cfg with_fifo = *cfg;
	struct rsim_ports *ports = rsim_ports_new(dev);
	struct ferry_sim_rtkit *sim;

	if (IS_ERR(ports))
		return ERR_CAST(ports);
	with_fifo.fifo = &rsim_ports_fifo;
	with_fifo.fifo_data = ports;
	sim = ferry_sim_rtkit_create(&with_fifo);
	if (IS_ERR(sim)) {
		rsim_ports_kill(ports);
		return sim;
	}
	ports->sim = sim;
	sim->ports = ports;
	return sim;
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_create_ports);

/**
 * ferry_sim_rtkit_ports() - the end of the CPU
 * @sim:	from ferry_sim_rtkit_create_ports()
 * @tx:		set to the port that the CPU sends to
 * @rx:		set to the port that it receives from; of both no reference is taken
 *
 * Context: any.
 */
void ferry_sim_rtkit_ports(struct ferry_sim_rtkit *sim, struct ferry_port **tx,
			   struct ferry_port **rx)
{
	*tx = &sim->ports->tx;
	*rx = &sim->ports->rx;
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_ports);
