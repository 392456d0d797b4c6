// SPDX-License-Identifier: GPL-2.0-only
/*
 * A pair of ports in memory, for simulated remotes, tests and benchmarks; and the
 * file to copy for a new port.
 *
 * The ring has one receiver and, under a lock, many senders. Each side leaves word
 * ("armed") when it wants to be told, looks at the ring once more, and is then told
 * once (soon.h): in hard IRQ, as by hardware, and never with a lock of the other side
 * held.
 *
 * FERRY_MORE: the message can be received at once, but the receiver is told only by
 * the next send without it, by a flush (NULL message), or when the ring is full.
 */
#include <linux/atomic.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "soon.h"

#define LOOPBACK_MAX_DEPTH	BIT(16)
#define LOOPBACK_MAX_LEN	BIT(16)

struct loopback_slot {
	u32 len;
	u8 data[];
};

struct loopback {
	struct ferry_port tx;
	struct ferry_port rx;
	struct ferry_port_desc tx_desc;
	struct ferry_port_desc rx_desc;
	struct ferry_soon tx_soon;	/* calls ferry_port_tx_ready() */
	struct ferry_soon rx_soon;	/* calls ferry_port_rx() */
	refcount_t ports;
	u32 mask;			/* depth - 1 */
	size_t stride;

	/* what senders write */
	spinlock_t lock ____cacheline_aligned_in_smp;
	u32 head;
	int rx_armed;			/* written by the receiver: rarely, when idle */

	/* what the receiver writes */
	u32 tail ____cacheline_aligned_in_smp;
	int tx_armed;			/* written by senders: rarely, when full */

	u8 slots[] ____cacheline_aligned_in_smp;
};

static struct loopback_slot *loopback_slot(struct loopback *lb, u32 index)
{
	return (void *)(lb->slots + (index & lb->mask) * lb->stride);
}

static void loopback_tx_told(struct ferry_soon *soon)
{
	ferry_port_tx_ready(&container_of(soon, struct loopback, tx_soon)->tx);
}

static void loopback_rx_told(struct ferry_soon *soon)
{
	ferry_port_rx(&container_of(soon, struct loopback, rx_soon)->rx);
}

/*
 * One half of "publish, then look whether the other side waits"; the other half is
 * loopback_arm(), "say that we wait, then look". One of the two sees the other.
 */
static void loopback_tell(int *armed, struct ferry_soon *soon)
{
	smp_mb();	/* pairs with the barrier in loopback_arm() */
	if (READ_ONCE(*armed) && xchg(armed, 0))
		ferry_soon_call(soon);
}

static void loopback_arm(int *armed)
{
	WRITE_ONCE(*armed, 1);
	smp_mb();	/* pairs with the barrier in loopback_tell() */
}

static void loopback_disarm(int *armed, struct ferry_soon *soon)
{
	WRITE_ONCE(*armed, 0);
	synchronize_rcu();	/* the core holds it over send and recv */
	ferry_soon_end(soon);
}

static int loopback_start(struct ferry_port *port)
{
	return 0;
}

static void loopback_tx_stop(struct ferry_port *port)
{
	struct loopback *lb = container_of(port, struct loopback, tx);

	loopback_disarm(&lb->tx_armed, &lb->tx_soon);
}

static int loopback_send(struct ferry_port *port, const void *msg, size_t len,
			 unsigned int flags)
{
	struct loopback *lb = container_of(port, struct loopback, tx);
	struct loopback_slot *slot;
	unsigned long irqflags;
	bool full = false;
	int ret = 0;

	spin_lock_irqsave(&lb->lock, irqflags);
	if (msg || !lb->tx_desc.max_len) {
		/* Pairs with the release in loopback_recv(): the slot is read. */
		u32 room = lb->mask + 1 - (lb->head - smp_load_acquire(&lb->tail));

		if (room) {
			slot = loopback_slot(lb, lb->head);
			slot->len = len;
			memcpy(slot->data, msg, len);
			/* Pairs with the acquire in loopback_recv(). */
			smp_store_release(&lb->head, lb->head + 1);
		}
		full = room <= 1;
		/* A doorbell is never full: the ring adds to those that wait. */
		if (full && lb->tx_desc.max_len)
			ret = room ? 1 : -EAGAIN;
	}
	if (full || !(flags & FERRY_MORE))
		loopback_tell(&lb->rx_armed, &lb->rx_soon);
	spin_unlock_irqrestore(&lb->lock, irqflags);
	return ret;
}

static bool loopback_tx_arm(struct ferry_port *port, bool on)
{
	struct loopback *lb = container_of(port, struct loopback, tx);
	bool room;

	if (on)
		loopback_arm(&lb->tx_armed);
	room = READ_ONCE(lb->head) - READ_ONCE(lb->tail) <= lb->mask;
	if (room || !on)
		WRITE_ONCE(lb->tx_armed, 0);
	return room;
}

static void loopback_rx_stop(struct ferry_port *port)
{
	struct loopback *lb = container_of(port, struct loopback, rx);

	loopback_disarm(&lb->rx_armed, &lb->rx_soon);
}

static ssize_t loopback_recv(struct ferry_port *port, void *buf, size_t size)
{
	struct loopback *lb = container_of(port, struct loopback, rx);
	struct loopback_slot *slot = loopback_slot(lb, lb->tail);
	ssize_t ret = -EMSGSIZE;

	/* Pairs with the release in loopback_send(). */
	if (smp_load_acquire(&lb->head) == lb->tail)
		return -EAGAIN;

	if (slot->len <= size) {
		ret = slot->len;
		memcpy(buf, slot->data, slot->len);
	}
	/* Pairs with the acquire in loopback_send(). */
	smp_store_release(&lb->tail, lb->tail + 1);
	loopback_tell(&lb->tx_armed, &lb->tx_soon);
	return ret;
}

static bool loopback_rx_arm(struct ferry_port *port)
{
	struct loopback *lb = container_of(port, struct loopback, rx);

	loopback_arm(&lb->rx_armed);
	/* Waiting, and no sender has taken it upon itself to tell. */
	return READ_ONCE(lb->head) != lb->tail && xchg(&lb->rx_armed, 0);
}

static void loopback_put(struct loopback *lb)
{
	if (refcount_dec_and_test(&lb->ports))
		kvfree(lb);
}

static void loopback_tx_release(struct ferry_port *port)
{
	loopback_put(container_of(port, struct loopback, tx));
}

static void loopback_rx_release(struct ferry_port *port)
{
	loopback_put(container_of(port, struct loopback, rx));
}

static const struct ferry_port_ops loopback_tx_ops = {
	.start = loopback_start,
	.stop = loopback_tx_stop,
	.send = loopback_send,
	.tx_arm = loopback_tx_arm,
	.release = loopback_tx_release,
};

static const struct ferry_port_ops loopback_rx_ops = {
	.start = loopback_start,
	.stop = loopback_rx_stop,
	.recv = loopback_recv,
	.rx_arm = loopback_rx_arm,
	.release = loopback_rx_release,
};

/**
 * ferry_loopback_create() - make a pair of ports in memory
 * @dev:	for messages and for ferry_port_publish(), or NULL
 * @depth:	messages it holds; rounded up to a power of two, at most 65536
 * @max_len:	largest message, bytes, at most 65536; 0 makes a doorbell, whose rings
 *		add up when it is full
 * @tx:		set to the port to send into
 * @rx:		set to the port they come out of
 *
 * The caller gets the provider's reference of both and ends each with
 * ferry_port_kill(). Messages stay in the ring while a port is stopped.
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL for a size out of range, -ENOMEM.
 */
int ferry_loopback_create(struct device *dev, unsigned int depth, size_t max_len,
			  struct ferry_port **tx, struct ferry_port **rx)
{
	struct loopback *lb;
	size_t stride;

	if (!depth || depth > LOOPBACK_MAX_DEPTH || max_len > LOOPBACK_MAX_LEN)
		return -EINVAL;

	depth = roundup_pow_of_two(depth);
	stride = ALIGN(sizeof(struct loopback_slot) + max_len, sizeof(u64));
	lb = kvzalloc(size_add(sizeof(*lb), size_mul(depth, stride)), GFP_KERNEL);
	if (!lb)
		return -ENOMEM;

	lb->mask = depth - 1;
	lb->stride = stride;
	lb->tx_desc.max_len = max_len;
	lb->tx_desc.dir = FERRY_PORT_TX;
	lb->tx_desc.flags = max_len ? 0 : FERRY_PORT_MERGES;
	lb->rx_desc = lb->tx_desc;
	lb->rx_desc.dir = FERRY_PORT_RX;
	spin_lock_init(&lb->lock);
	ferry_soon_init(&lb->tx_soon, loopback_tx_told);
	ferry_soon_init(&lb->rx_soon, loopback_rx_told);
	refcount_set(&lb->ports, 2);
	/* Neither fails: the tables are right and nothing is allocated. */
	WARN_ON(ferry_port_init(&lb->tx, dev, &lb->tx_desc, &loopback_tx_ops));
	WARN_ON(ferry_port_init(&lb->rx, dev, &lb->rx_desc, &loopback_rx_ops));
	*tx = &lb->tx;
	*rx = &lb->rx;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_loopback_create);

MODULE_DESCRIPTION("Ferry: ports in memory");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
