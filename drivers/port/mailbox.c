// SPDX-License-Identifier: GPL-2.0-only
/*
 * A channel of the kernel's mailbox framework, as a pair of ports.
 *
 * The framework would queue 20 messages behind the sender's back. Here one is in
 * flight, in the slot of the port, and until it is done the port is full.
 *
 * Callbacks of a mailbox controller may come while one of its channels is being
 * sent to, with the lock of that channel held and perhaps those of our user. Then
 * the user is told from irq_work, else directly.
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_mailbox.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "../compat.h"
#include "mailbox.h"

#define MBOX_RX_DEPTH		1024	/* messages, power of two */
#define MBOX_RETRY_MIN_NS	(50 * NSEC_PER_USEC)
#define MBOX_RETRY_MAX_NS	(2 * NSEC_PER_MSEC)

static DEFINE_MUTEX(mbox_pairs_lock);
static LIST_HEAD(mbox_pairs);

/* This CPU is inside mbox_send_message(), or a task that was is scheduled out. */
static DEFINE_PER_CPU(int, mbox_sending);

static void mbox_tell_tx(struct mbox_pair *pair)
{
	if (this_cpu_read(mbox_sending))
		irq_work_queue(&pair->tx_work);
	else
		ferry_port_tx_ready(&pair->tx);
}

static void mbox_tell_rx(struct mbox_pair *pair)
{
	if (this_cpu_read(mbox_sending))
		irq_work_queue(&pair->rx_work);
	else
		ferry_port_rx(&pair->rx);
}

static void mbox_tx_work(struct irq_work *work)
{
	ferry_port_tx_ready(&container_of(work, struct mbox_pair, tx_work)->tx);
}

static void mbox_rx_work(struct irq_work *work)
{
	ferry_port_rx(&container_of(work, struct mbox_pair, rx_work)->rx);
}

static void mbox_retry_later(struct mbox_pair *pair, u64 ns)
{
	lockdep_assert_held(&pair->tx_lock);

	pair->state = MBOX_RETRY;
	hrtimer_start(&pair->retry_timer, ns_to_ktime(ns), HRTIMER_MODE_REL);
}

static bool mbox_not_now(int err)
{
	return err == -EBUSY || err == -EAGAIN || err == -ENOBUFS;
}

/* The message in the slot is done, well or not. */
static void mbox_done(struct mbox_pair *pair, int err)
{
	unsigned long flags;
	bool tell = false;
	bool lost = false;

	spin_lock_irqsave(&pair->tx_lock, flags);
	if (pair->state != MBOX_BUSY) {
		/* Late, after the slot was given up, or never asked for. */
	} else if (mbox_not_now(err) && pair->running) {
		mbox_retry_later(pair, pair->retry_ns);
		pair->retry_ns = min_t(u64, 2 * pair->retry_ns, MBOX_RETRY_MAX_NS);
	} else if (pair->again && pair->running) {
		pair->again = false;
		mbox_retry_later(pair, 0);
	} else {
		lost = err;
		pair->tx.faults += lost;
		pair->state = MBOX_IDLE;
		pair->again = false;
		pair->retry_ns = MBOX_RETRY_MIN_NS;
		tell = pair->tx_armed;
		pair->tx_armed = false;
	}
	spin_unlock_irqrestore(&pair->tx_lock, flags);

	if (lost)
		dev_warn_ratelimited(pair->cl.dev, "mailbox: message lost, error %d\n", err);
	if (tell)
		mbox_tell_tx(pair);
}

static void mbox_tx_done(struct mbox_client *cl, void *mssg, int err)
{
	mbox_done(container_of(cl, struct mbox_pair, cl), err);
}

/*
 * A message that the controller refuses stays in the queue of the framework, which
 * offers it again only together with the next one; we send no next one before this
 * is done. The queue holds nothing but ours: take it back. True if it was there.
 */
static bool mbox_withdraw(struct mbox_chan *chan)
{
	unsigned long flags;
	bool queued;

	spin_lock_irqsave(&chan->lock, flags);
	queued = chan->msg_count;
	chan->msg_count = 0;
	spin_unlock_irqrestore(&chan->lock, flags);
	return queued;
}

/* From here on callbacks on this CPU may come with locks of our user held. */
static void mbox_enter(void)
{
	/* Only there the framework's lock sleeps. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		migrate_disable();
	else
		preempt_disable();
	this_cpu_inc(mbox_sending);
}

static void mbox_leave(void)
{
	this_cpu_dec(mbox_sending);
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		migrate_enable();
	else
		preempt_enable();
}

/* The caller made the state MBOX_BUSY; without locks, since it may be done at once. */
static void mbox_submit(struct mbox_pair *pair)
{
	int ret;

	mbox_enter();
	ret = mbox_send_message(pair->chan, pair->slot);
	if (ret >= 0 && mbox_withdraw(pair->chan))
		ret = -EBUSY;
	if (ret < 0)
		mbox_done(pair, ret);
	else if (pair->ack)
		mbox_client_txdone(pair->chan, 0);
	mbox_leave();
}

/* Not now, so later. */
static void mbox_ring_later(struct mbox_pair *pair)
{
	unsigned long flags;

	mbox_withdraw(pair->chan);
	spin_lock_irqsave(&pair->tx_lock, flags);
	if (pair->running && pair->state == MBOX_IDLE) {
		mbox_retry_later(pair, pair->retry_ns);
		pair->retry_ns = min_t(u64, 2 * pair->retry_ns, MBOX_RETRY_MAX_NS);
	}
	spin_unlock_irqrestore(&pair->tx_lock, flags);
}

/*
 * A ring is done as soon as the controller took it, and all rings are alike: there is no slot
 * to wait for. Of two at once either ends the other's. One that is still in the queue was
 * refused, or is another's who is about to submit it; that one is then made up for, too.
 */
static bool mbox_ring(struct mbox_pair *pair)
{
	int ret;

	mbox_enter();
	ret = mbox_send_message(pair->chan, pair->slot);
	mbox_client_txdone(pair->chan, 0);
	mbox_leave();
	if (likely(ret >= 0 && !READ_ONCE(pair->chan->msg_count)))
		return true;
	mbox_ring_later(pair);
	return false;
}

static void mbox_again(struct mbox_pair *pair)
{
	if (!pair->bell)
		mbox_submit(pair);
	else if (mbox_ring(pair))
		pair->retry_ns = MBOX_RETRY_MIN_NS;
}

static enum hrtimer_restart mbox_retry(struct hrtimer *timer)
{
	struct mbox_pair *pair = container_of(timer, struct mbox_pair, retry_timer);
	unsigned long flags;
	bool go;

	spin_lock_irqsave(&pair->tx_lock, flags);
	go = pair->state == MBOX_RETRY && pair->running;
	if (go)
		pair->state = pair->bell ? MBOX_IDLE : MBOX_BUSY;
	spin_unlock_irqrestore(&pair->tx_lock, flags);

	if (go)
		mbox_again(pair);
	return HRTIMER_NORESTART;
}

static struct mbox_pair *mbox_tx_pair(struct ferry_port *port)
{
	return container_of(port, struct mbox_pair, tx);
}

static struct mbox_pair *mbox_rx_pair(struct ferry_port *port)
{
	return container_of(port, struct mbox_pair, rx);
}

/*
 * A message of an earlier life that the remote never took would block this one for
 * ever, and the framework forgets messages only with the client.
 */
static int mbox_rebind(struct mbox_pair *pair)
{
	struct mbox_chan *chan = pair->chan;
	int ret;

	mbox_free_channel(chan);
	ret = mbox_bind_client(chan, &pair->cl);
	if (ret) {
		pair->chan = NULL;
		dev_err(pair->cl.dev, "mailbox: channel cannot be reset (%d)\n", ret);
		return ret;
	}
	pair->state = MBOX_IDLE;
	pair->tx.faults++;
	return 0;
}

static int mbox_tx_start(struct ferry_port *port)
{
	struct mbox_pair *pair = mbox_tx_pair(port);
	int ret = 0;

	if (!pair->chan)
		return -EPIPE;
	if (pair->state != MBOX_IDLE)
		ret = mbox_rebind(pair);
	pair->retry_ns = MBOX_RETRY_MIN_NS;
	pair->running = !ret;
	return ret;
}

static void mbox_tx_stop(struct ferry_port *port)
{
	struct mbox_pair *pair = mbox_tx_pair(port);
	unsigned long flags;

	spin_lock_irqsave(&pair->tx_lock, flags);
	pair->running = false;
	pair->tx_armed = false;
	pair->again = false;
	if (pair->state == MBOX_RETRY) {
		pair->state = MBOX_IDLE;
		pair->tx.faults++;
	}
	spin_unlock_irqrestore(&pair->tx_lock, flags);

	hrtimer_cancel(&pair->retry_timer);
	irq_work_sync(&pair->tx_work);
}

/* True: the slot is ours, and the message in it. */
static bool mbox_take_slot(struct mbox_pair *pair, const void *msg, size_t len,
			   unsigned long *seq)
{
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&pair->tx_lock, flags);
	idle = pair->state == MBOX_IDLE;
	if (idle) {
		memcpy(pair->slot, msg, len);
		pair->state = MBOX_BUSY;
		*seq = ++pair->seq;
	} else {
		pair->again = !len;
	}
	spin_unlock_irqrestore(&pair->tx_lock, flags);
	return idle;
}

static int mbox_send(struct ferry_port *port, const void *msg, size_t len, unsigned int more)
{
	struct mbox_pair *pair = mbox_tx_pair(port);
	size_t max_len = pair->tx_desc.max_len;
	unsigned long flags;
	unsigned long seq;
	int busy;

	if (!msg && max_len)
		return 0;	/* nothing is ever held back */
	if (len != max_len)
		return -EINVAL;
	if (pair->bell) {
		mbox_ring(pair);
		return 0;
	}
	if (!mbox_take_slot(pair, msg, len, &seq))
		return len ? -EAGAIN : 0;

	mbox_submit(pair);
	if (!len)
		return 0;

	spin_lock_irqsave(&pair->tx_lock, flags);
	busy = pair->state != MBOX_IDLE && pair->seq == seq;
	spin_unlock_irqrestore(&pair->tx_lock, flags);
	return busy;
}

static bool mbox_tx_arm(struct ferry_port *port, bool on)
{
	struct mbox_pair *pair = mbox_tx_pair(port);
	unsigned long flags;
	bool room;

	spin_lock_irqsave(&pair->tx_lock, flags);
	room = pair->state == MBOX_IDLE || !pair->tx_desc.max_len;
	pair->tx_armed = on && !room;
	spin_unlock_irqrestore(&pair->tx_lock, flags);
	return room;
}

/* False: dropped. */
static bool mbox_queue(struct mbox_pair *pair, const void *mssg)
{
	size_t len = pair->rx_desc.max_len;

	lockdep_assert_held(&pair->rx_lock);

	if (!len) {
		pair->head = pair->tail + 1;	/* rings add up to one */
		return true;
	}
	if (!mssg || pair->head - pair->tail == MBOX_RX_DEPTH) {
		pair->rx.faults++;
		return false;
	}
	memcpy(pair->ring + (pair->head++ % MBOX_RX_DEPTH) * len, mssg, len);
	return true;
}

static void mbox_rx_callback(struct mbox_client *cl, void *mssg)
{
	struct mbox_pair *pair = container_of(cl, struct mbox_pair, cl);
	unsigned long flags;
	bool queued = true;
	bool tell = false;

	spin_lock_irqsave(&pair->rx_lock, flags);
	if (pair->ring) {
		queued = mbox_queue(pair, mssg);
		tell = pair->rx_armed;
		pair->rx_armed = false;
	}
	spin_unlock_irqrestore(&pair->rx_lock, flags);

	if (!queued)
		dev_warn_ratelimited(cl->dev, "mailbox: message dropped, %s\n",
				     mssg ? "too many wait" : "it is empty");
	if (tell)
		mbox_tell_rx(pair);
}

static int mbox_rx_start(struct ferry_port *port)
{
	struct mbox_pair *pair = mbox_rx_pair(port);
	unsigned long flags;

	if (!pair->chan)
		return -EPIPE;

	/* As of a FIFO: what came before was meant for an earlier life. */
	spin_lock_irqsave(&pair->rx_lock, flags);
	pair->tail = pair->head;
	spin_unlock_irqrestore(&pair->rx_lock, flags);
	return 0;
}

static void mbox_rx_stop(struct ferry_port *port)
{
	struct mbox_pair *pair = mbox_rx_pair(port);
	unsigned long flags;

	spin_lock_irqsave(&pair->rx_lock, flags);
	pair->rx_armed = false;
	spin_unlock_irqrestore(&pair->rx_lock, flags);
	irq_work_sync(&pair->rx_work);
}

static ssize_t mbox_recv(struct ferry_port *port, void *buf, size_t size)
{
	struct mbox_pair *pair = mbox_rx_pair(port);
	size_t len = pair->rx_desc.max_len;
	ssize_t ret = -EAGAIN;
	unsigned long flags;

	spin_lock_irqsave(&pair->rx_lock, flags);
	if (pair->head != pair->tail) {
		ret = -EMSGSIZE;
		if (len <= size) {
			memcpy(buf, pair->ring + (pair->tail % MBOX_RX_DEPTH) * len, len);
			ret = len;
		}
		pair->tail++;
	}
	spin_unlock_irqrestore(&pair->rx_lock, flags);
	return ret;
}

static bool mbox_rx_arm(struct ferry_port *port)
{
	struct mbox_pair *pair = mbox_rx_pair(port);
	unsigned long flags;
	bool more;

	spin_lock_irqsave(&pair->rx_lock, flags);
	more = pair->head != pair->tail;
	pair->rx_armed = !more;
	spin_unlock_irqrestore(&pair->rx_lock, flags);
	return more;
}

static void mbox_pair_destroy(struct mbox_pair *pair)
{
	if (pair->chan)
		mbox_free_channel(pair->chan);
	/* An interrupt of the controller may be in one of our callbacks. */
	synchronize_rcu();
	irq_work_sync(&pair->tx_work);
	irq_work_sync(&pair->rx_work);
	kfree(pair);
}

static void mbox_pair_drop(struct mbox_pair *pair, enum ferry_port_dir dir)
{
	bool last;

	scoped_guard(mutex, &mbox_pairs_lock) {
		__clear_bit(dir, &pair->live);
		last = !pair->live;
		if (last)
			list_del(&pair->node);
	}
	if (last)
		mbox_pair_destroy(pair);
}

static void mbox_tx_release(struct ferry_port *port)
{
	mbox_pair_drop(mbox_tx_pair(port), FERRY_PORT_TX);
}

static void mbox_rx_release(struct ferry_port *port)
{
	struct mbox_pair *pair = mbox_rx_pair(port);
	unsigned long flags;
	u8 *ring;

	spin_lock_irqsave(&pair->rx_lock, flags);
	ring = pair->ring;
	pair->ring = NULL;
	spin_unlock_irqrestore(&pair->rx_lock, flags);
	kvfree(ring);
	mbox_pair_drop(pair, FERRY_PORT_RX);
}

static const struct ferry_port_ops mbox_tx_ops = {
	.start = mbox_tx_start,
	.stop = mbox_tx_stop,
	.send = mbox_send,
	.tx_arm = mbox_tx_arm,
	.release = mbox_tx_release,
};

static const struct ferry_port_ops mbox_rx_ops = {
	.start = mbox_rx_start,
	.stop = mbox_rx_stop,
	.recv = mbox_recv,
	.rx_arm = mbox_rx_arm,
	.release = mbox_rx_release,
};

/*
 * Binds @fixed, or the channel of the device where that is NULL. Whether the client says that
 * a message is gone is known only then, and the framework forgets it with the first client.
 */
static int mbox_pair_request(struct mbox_pair *pair, struct mbox_chan *fixed)
{
	struct mbox_chan *chan = fixed ?: mbox_request_channel(&pair->cl, pair->index);
	int ret = fixed ? mbox_bind_client(fixed, &pair->cl) : PTR_ERR_OR_ZERO(chan);

	if (ret)
		return ret;
	pair->chan = chan;
	pair->ack = !chan->mbox->txdone_irq && !chan->mbox->txdone_poll;
	if (!pair->ack || pair->cl.knows_txdone)
		return 0;
	mbox_free_channel(chan);
	pair->cl.knows_txdone = true;
	return mbox_pair_request(pair, fixed);
}

static struct mbox_pair *mbox_pair_create(struct device *dev, struct mbox_chan *chan,
					  unsigned int index)
{
	struct mbox_pair *pair;
	int ret;

	pair = kzalloc(sizeof(*pair), GFP_KERNEL);
	if (!pair)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&pair->tx_lock);
	spin_lock_init(&pair->rx_lock);
	INIT_LIST_HEAD(&pair->node);
	init_irq_work(&pair->tx_work, mbox_tx_work);
	init_irq_work(&pair->rx_work, mbox_rx_work);
	ferry_hrtimer_setup(&pair->retry_timer, mbox_retry, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	pair->index = index;
	pair->cl.dev = dev;
	pair->cl.rx_callback = mbox_rx_callback;
	ret = mbox_pair_request(pair, chan);
	if (!ret)
		return pair;
	kfree(pair);
	return ERR_PTR(ret);
}

/* Makes one port of the pair, with the provider's reference. */
static struct ferry_port *mbox_pair_port(struct mbox_pair *pair, enum ferry_port_dir dir,
					 size_t len)
{
	struct ferry_port *port = dir == FERRY_PORT_TX ? &pair->tx : &pair->rx;
	struct ferry_port_desc *desc = dir == FERRY_PORT_TX ? &pair->tx_desc : &pair->rx_desc;
	u8 *ring = NULL;
	int ret;

	if (pair->live & BIT(dir))
		return ERR_PTR(-EBUSY);
	if (dir == FERRY_PORT_RX) {
		ring = kvcalloc(MBOX_RX_DEPTH, max_t(size_t, len, 1), GFP_KERNEL);
		if (!ring)
			return ERR_PTR(-ENOMEM);
	}

	desc->max_len = len;
	desc->dir = dir;
	desc->flags = FERRY_PORT_MAILBOX | (len ? 0 : FERRY_PORT_MERGES);
	ret = ferry_port_init(port, pair->cl.dev, desc,
			      dir == FERRY_PORT_TX ? &mbox_tx_ops : &mbox_rx_ops);
	if (ret) {
		kvfree(ring);
		return ERR_PTR(ret);
	}
	__set_bit(dir, &pair->live);
	if (dir == FERRY_PORT_TX) {
		pair->bell = pair->ack && !len;
		/* Nobody wants to know, and it is called for each. */
		pair->cl.tx_done = pair->bell ? NULL : mbox_tx_done;
	}
	if (ring) {
		spin_lock_irq(&pair->rx_lock);
		pair->ring = ring;
		spin_unlock_irq(&pair->rx_lock);
	}
	return port;
}

/**
 * ferry_mbox_pair_create() - make ports of a mailbox channel without device tree
 * @dev:	the client, for messages; has to stay while the ports are there
 * @chan:	channel of the controller, not in use
 * @len:	bytes that its messages point to, at most 256; 0 for a doorbell
 * @tx:		set to the port that sends
 * @rx:		set to the port that receives
 *
 * The caller gets the provider's reference of both and ends each with
 * ferry_port_kill().
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL when an argument is missing or @len too big, -ENOMEM, or the
 * error of mbox_bind_client(): -EBUSY when the channel is in use.
 */
int ferry_mbox_pair_create(struct device *dev, struct mbox_chan *chan, size_t len,
			   struct ferry_port **tx, struct ferry_port **rx)
{
	struct mbox_pair *pair;

	if (!dev || !chan || !tx || !rx || len > MBOX_MAX_LEN)
		return -EINVAL;
	pair = mbox_pair_create(dev, chan, 0);
	if (IS_ERR(pair))
		return PTR_ERR(pair);
	/* First what can fail; the other one then cannot. */
	*rx = mbox_pair_port(pair, FERRY_PORT_RX, len);
	if (IS_ERR(*rx)) {
		mbox_pair_destroy(pair);
		return PTR_ERR(*rx);
	}
	*tx = mbox_pair_port(pair, FERRY_PORT_TX, len);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_mbox_pair_create);

static struct mbox_pair *mbox_pair_find(struct device *dev, unsigned int index)
{
	struct mbox_pair *pair;

	lockdep_assert_held(&mbox_pairs_lock);

	list_for_each_entry(pair, &mbox_pairs, node) {
		if (pair->cl.dev == dev && pair->index == index)
			return pair;
	}
	return NULL;
}

/*
 * Process context. One direction of a channel that the "mboxes" of a device name, with a
 * reference for a user. ERR_PTR as ferry_port_get(), or of mbox_request_channel().
 */
struct ferry_port *ferry_mbox_port_get(struct device *dev, unsigned int index,
				       enum ferry_port_dir dir, size_t len)
{
	struct ferry_port *port;
	struct mbox_pair *pair;

	if (len > MBOX_MAX_LEN)
		return ERR_PTR(-EMSGSIZE);

	guard(mutex)(&mbox_pairs_lock);
	pair = mbox_pair_find(dev, index);
	if (!pair) {
		pair = mbox_pair_create(dev, NULL, index);
		if (IS_ERR(pair))
			return ERR_CAST(pair);
		list_add(&pair->node, &mbox_pairs);
	}

	port = mbox_pair_port(pair, dir, len);
	if (!IS_ERR(port)) {
		/* The reference goes to a user, and those hold the module. */
		__module_get(THIS_MODULE);
	} else if (!pair->live) {
		list_del(&pair->node);
		mbox_pair_destroy(pair);
	}
	return port;
}

MODULE_DESCRIPTION("Ferry: channels of the kernel's mailbox framework as ports");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
