// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports as channels of the kernel's mailbox framework.
 *
 * The framework calls the sender with a lock held that telling it of the result takes, so
 * the result is told from an interrupt of our own (soon.h), at which the port is looked at
 * again, too. There is never more than one message of a channel here: the framework keeps
 * the others.
 */
#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/ferry/mbox_face.h>
#include <linux/ferry/port.h>
#include <linux/hrtimer.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "../compat.h"
#include "soon.h"

#define FACE_MAX_LEN		BIT(16)
#define FACE_POLL_MS		1
#define FACE_RETRY_MIN_NS	(50 * NSEC_PER_USEC)	/* of a port that cannot tell of room */
#define FACE_RETRY_MAX_NS	(2 * NSEC_PER_MSEC)
#define FACE_RX_BUDGET		64			/* messages, then others may run ... */
#define FACE_RX_PAUSE_NS	(100 * NSEC_PER_USEC)	/* ... for so long */

/**
 * enum face_state - what becomes of the message that the framework gave last
 * @FACE_IDLE:	it is done, and the framework knows
 * @FACE_WAITS:	the port had no room; it is in the slot
 * @FACE_TAKEN:	the port took it, and the last room with it
 * @FACE_DONE:	it is done, well or not, which the framework does not know yet
 */
enum face_state {
	FACE_IDLE,
	FACE_WAITS,
	FACE_TAKEN,
	FACE_DONE,
};

/**
 * struct face_chan - one channel
 * @face:	whose it is
 * @chan:	what the framework has of it
 * @tx:		with a reference, or NULL
 * @rx:		with a reference, or NULL
 * @soon:	looks at the message again, and tells
 * @retry:	the same, for a port that does not say when there is room
 * @rx_timer:	goes on receiving
 * @rx_want:	0: nobody receives; else how often it was asked for
 * @rx_msg:	what is delivered, where lengths differ
 * @rx_buf:	the message being delivered
 * @lock:	of all that follows; below the framework's, above those of ports
 * @running:	between startup and shutdown
 * @state:	of the message
 * @result:	FACE_DONE: 0 or -errno
 * @retry_ns:	the next pause of @retry
 * @len:	FACE_WAITS: bytes in @slot
 * @flags:	FACE_WAITS: for ferry_port_send()
 * @slot:	room for one message
 */
struct face_chan {
	struct ferry_mbox_face *face;
	struct mbox_chan *chan;
	struct ferry_port *tx;
	struct ferry_port *rx;
	struct ferry_soon soon;
	struct hrtimer retry;
	struct hrtimer rx_timer;
	atomic_t rx_want;
	struct ferry_mbox_msg rx_msg;
	u8 *rx_buf;

	spinlock_t lock;	/* see above */
	bool running;
	enum face_state state;
	int result;
	u64 retry_ns;
	size_t len;
	unsigned int flags;
	u8 *slot;
};

/**
 * struct ferry_mbox_face - a controller
 * @mbox:	what the framework has of it
 * @done:	who says that a message is done
 * @sized:	clients pass and get &struct ferry_mbox_msg
 * @chans:	the framework's
 * @fc:		ours, in the same order
 */
struct ferry_mbox_face {
	struct mbox_controller mbox;
	enum ferry_mbox_done done;
	bool sized;
	struct mbox_chan *chans;
	struct face_chan fc[];
};

/* Under the lock. Nobody but the framework gets to know, and only where it can be told. */
static void face_done(struct face_chan *fc, int result)
{
	fc->state = FACE_DONE;
	fc->result = result;
	fc->retry_ns = FACE_RETRY_MIN_NS;
	if (result && fc->face->done != FERRY_MBOX_DONE_TELL)
		dev_warn_ratelimited(fc->face->mbox.dev, "mailbox: message lost, error %d\n",
				     result);
}

/* Under the lock. As ferry_port_send(); after -EAGAIN we are called when to try again. */
static int face_try(struct face_chan *fc, const void *msg, size_t len, unsigned int flags)
{
	unsigned int i;
	int ret;

	for (i = 0; i < 2; i++) {
		ret = ferry_port_send(fc->tx, msg, len, flags);
		if (ret != -EAGAIN || !ferry_port_tx_arm(fc->tx, true))
			return ret;
	}
	/* It says that there is room, and there is none: it cannot know. */
	hrtimer_start(&fc->retry, ns_to_ktime(fc->retry_ns), HRTIMER_MODE_REL);
	fc->retry_ns = min_t(u64, 2 * fc->retry_ns, FACE_RETRY_MAX_NS);
	return ret;
}

/* Under the lock. @ret: what the port said of the message. */
static void face_took(struct face_chan *fc, int ret)
{
	if (ret == -EAGAIN)
		fc->state = FACE_WAITS;
	else if (ret == 1 && !ferry_port_tx_arm(fc->tx, true))
		fc->state = FACE_TAKEN;
	else
		face_done(fc, min(ret, 0));
}

/* Under the lock. Is there room after the message that took the last? */
static void face_look(struct face_chan *fc)
{
	int ret = 0;

	if (!ferry_port_tx_arm(fc->tx, true))
		return;
	/* A port that is dead says that there is; what it had taken is lost. */
	if (fc->tx->desc->max_len)
		ret = ferry_port_send(fc->tx, NULL, 0, 0);
	face_done(fc, ret == -EAGAIN ? 0 : min(ret, 0));
}

/* Under the lock. */
static void face_step(struct face_chan *fc)
{
	if (!fc->running)
		return;
	if (fc->state == FACE_WAITS)
		face_took(fc, face_try(fc, fc->slot, fc->len, fc->flags));
	else if (fc->state == FACE_TAKEN)
		face_look(fc);
}

static void face_tick(struct face_chan *fc)
{
	bool tell = false;
	int result = 0;

	scoped_guard(spinlock_irqsave, &fc->lock) {
		face_step(fc);
		/* Who polls asks for it. */
		if (fc->running && fc->state == FACE_DONE &&
		    fc->face->done != FERRY_MBOX_DONE_POLL) {
			fc->state = FACE_IDLE;
			result = fc->result;
			tell = fc->face->done == FERRY_MBOX_DONE_TELL;
		}
	}
	if (tell)
		mbox_chan_txdone(fc->chan, result);
}

static void face_soon(struct ferry_soon *soon)
{
	face_tick(container_of(soon, struct face_chan, soon));
}

static enum hrtimer_restart face_retry(struct hrtimer *timer)
{
	face_tick(container_of(timer, struct face_chan, retry));
	return HRTIMER_NORESTART;
}

/* Perhaps with locks held that telling the framework takes. */
static void face_tx_ready(struct ferry_port *port, void *data)
{
	struct face_chan *fc = data;

	ferry_soon_call(&fc->soon);
}

/* Under the lock. */
static void face_send(struct face_chan *fc, const struct ferry_mbox_msg *msg)
{
	unsigned int flags = msg->more ? FERRY_MORE : 0;
	int ret = -EOPNOTSUPP;

	if (fc->state == FACE_WAITS)
		dev_warn_ratelimited(fc->face->mbox.dev,
				     "mailbox: message dropped, its sender gave up\n");
	if (fc->tx && !msg->data && fc->tx->desc->max_len)
		ret = -EINVAL;
	else if (fc->tx)
		ret = face_try(fc, msg->data, msg->len, flags);
	if (ret == -EAGAIN) {
		memcpy(fc->slot, msg->data, msg->len);
		fc->len = msg->len;
		fc->flags = flags;
	}
	if (fc->tx)
		face_took(fc, ret);
	else
		face_done(fc, ret);
	if (fc->state == FACE_DONE)
		ferry_soon_call(&fc->soon);
}

/* The framework holds its lock. */
static int face_send_data(struct mbox_chan *chan, void *data)
{
	struct face_chan *fc = chan->con_priv;
	struct ferry_mbox_msg msg = {
		.data = data,
		.len = fc->tx ? fc->tx->desc->max_len : 0,
	};

	if (fc->face->sized && data)
		msg = *(struct ferry_mbox_msg *)data;
	guard(spinlock_irqsave)(&fc->lock);
	face_send(fc, &msg);
	return 0;
}

static bool face_last_tx_done(struct mbox_chan *chan)
{
	struct face_chan *fc = chan->con_priv;

	guard(spinlock_irqsave)(&fc->lock);
	face_step(fc);
	if (fc->state == FACE_DONE)
		fc->state = FACE_IDLE;
	return fc->state == FACE_IDLE;
}

static void face_deliver(struct face_chan *fc, size_t len)
{
	size_t max_len = fc->rx->desc->max_len;
	void *data = max_len ? fc->rx_buf : NULL;

	if (fc->face->sized) {
		fc->rx_msg.data = data;
		fc->rx_msg.len = len;
		data = &fc->rx_msg;
	} else if (len < max_len) {
		memset(fc->rx_buf + len, 0, max_len - len);
	}
	mbox_chan_received_data(fc->chan, data);
}

/* Returns how many were delivered. When none are left the port calls again. */
static unsigned int face_drain(struct face_chan *fc)
{
	unsigned int i, n = 0;
	ssize_t len;

	for (i = 0; i < FACE_RX_BUDGET; i++) {
		len = ferry_port_recv(fc->rx, fc->rx_buf, fc->rx->desc->max_len);
		if (len >= 0) {
			face_deliver(fc, len);
			n++;
		} else if (len != -EAGAIN) {
			return n;	/* gone */
		} else if (!ferry_port_rx_arm(fc->rx)) {
			return n;
		}
	}
	hrtimer_start(&fc->rx_timer, ns_to_ktime(FACE_RX_PAUSE_NS), HRTIMER_MODE_REL);
	return n;
}

/* One at a time; who comes meanwhile lets the other look once more. */
static unsigned int face_receive(struct face_chan *fc)
{
	unsigned int n = 0;
	int seen;

	if (atomic_inc_return(&fc->rx_want) != 1)
		return 0;
	do {
		seen = atomic_read(&fc->rx_want);
		n += face_drain(fc);
	} while (atomic_sub_return(seen, &fc->rx_want));
	return n;
}

static void face_rx(struct ferry_port *port, void *data)
{
	face_receive(data);
}

static enum hrtimer_restart face_rx_again(struct hrtimer *timer)
{
	face_receive(container_of(timer, struct face_chan, rx_timer));
	return HRTIMER_NORESTART;
}

static bool face_peek_data(struct mbox_chan *chan)
{
	struct face_chan *fc = chan->con_priv;

	return fc->rx && face_receive(fc);
}

static const struct ferry_port_user face_user = {
	.rx = face_rx,
	.tx_ready = face_tx_ready,
};

static void face_set_running(struct face_chan *fc, bool on)
{
	guard(spinlock_irqsave)(&fc->lock);
	fc->running = on;
	fc->state = FACE_IDLE;
	fc->retry_ns = FACE_RETRY_MIN_NS;
}

/* Both, or none. Each may be somebody else's. */
static int face_start_ports(struct face_chan *fc)
{
	int ret = fc->tx ? ferry_port_start(fc->tx, &face_user, fc) : 0;

	if (ret || !fc->rx)
		return ret;
	ret = ferry_port_start(fc->rx, &face_user, fc);
	if (ret && fc->tx)
		ferry_port_stop(fc->tx);
	return ret;
}

/* The ports were stopped: nothing starts these any more. */
static void face_quiet(struct face_chan *fc)
{
	hrtimer_cancel(&fc->rx_timer);
	hrtimer_cancel(&fc->retry);
	ferry_soon_end(&fc->soon);
}

/* The framework holds a mutex, and has set the client. */
static int face_startup(struct mbox_chan *chan)
{
	struct face_chan *fc = chan->con_priv;
	int ret;

	face_set_running(fc, true);
	ret = face_start_ports(fc);
	if (ret) {
		face_set_running(fc, false);
		face_quiet(fc);
	} else if (fc->rx) {
		/* Not from here: the client has not got its channel yet. */
		hrtimer_start(&fc->rx_timer, ns_to_ktime(FACE_RX_PAUSE_NS), HRTIMER_MODE_REL);
	}
	return ret;
}

static void face_shutdown(struct mbox_chan *chan)
{
	struct face_chan *fc = chan->con_priv;

	/* Kernels before 7.2 call it after a startup that failed, too. */
	if (!fc->running)
		return;
	face_set_running(fc, false);
	if (fc->rx)
		ferry_port_stop(fc->rx);
	if (fc->tx)
		ferry_port_stop(fc->tx);
	face_quiet(fc);
}

static const struct mbox_chan_ops face_ops = {
	.send_data = face_send_data,
	.startup = face_startup,
	.shutdown = face_shutdown,
	.last_tx_done = face_last_tx_done,
	.peek_data = face_peek_data,
};

/* Without a cell it is the first one. */
static struct mbox_chan *face_of_xlate(struct mbox_controller *mbox,
				       const struct of_phandle_args *sp)
{
	u32 nr = sp->args_count ? sp->args[0] : 0;

	return nr < mbox->num_chans ? &mbox->chans[nr] : ERR_PTR(-EINVAL);
}

static bool face_port_ok(const struct ferry_port *port, enum ferry_port_dir dir)
{
	return !port || (port->desc->dir == dir && port->desc->max_len <= FACE_MAX_LEN &&
			 !(port->desc->flags & FERRY_PORT_MAILBOX));
}

static bool face_cfg_ok(const struct device *dev, const struct ferry_mbox_face_cfg *cfg)
{
	unsigned int i;

	if (!dev || !dev->driver || !cfg->nr || cfg->done > FERRY_MBOX_DONE_ACK)
		return false;
	for (i = 0; i < cfg->nr; i++) {
		const struct ferry_mbox_pair *pair = &cfg->pairs[i];

		if ((!pair->tx && !pair->rx) || !face_port_ok(pair->tx, FERRY_PORT_TX) ||
		    !face_port_ok(pair->rx, FERRY_PORT_RX))
			return false;
	}
	return true;
}

static void face_free(struct ferry_mbox_face *face)
{
	int i;

	for (i = 0; i < face->mbox.num_chans; i++) {
		ferry_port_put(face->fc[i].tx);
		ferry_port_put(face->fc[i].rx);
		kvfree(face->fc[i].slot);
		kvfree(face->fc[i].rx_buf);
	}
	kfree(face->chans);
	kfree(face);
}

/* What fails is freed with the face. */
static int face_chan_init(struct ferry_mbox_face *face, unsigned int i,
			  const struct ferry_mbox_pair *pair)
{
	struct face_chan *fc = &face->fc[i];

	fc->face = face;
	fc->chan = &face->chans[i];
	fc->chan->con_priv = fc;
	spin_lock_init(&fc->lock);
	atomic_set(&fc->rx_want, 0);
	ferry_soon_init(&fc->soon, face_soon);
	ferry_hrtimer_setup(&fc->retry, face_retry, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	ferry_hrtimer_setup(&fc->rx_timer, face_rx_again, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	if (pair->tx) {
		ferry_port_hold(pair->tx);
		fc->tx = pair->tx;
		fc->slot = kvzalloc(max_t(size_t, pair->tx->desc->max_len, 1), GFP_KERNEL);
	}
	if (pair->rx) {
		ferry_port_hold(pair->rx);
		fc->rx = pair->rx;
		fc->rx_buf = kvzalloc(max_t(size_t, pair->rx->desc->max_len, 1), GFP_KERNEL);
	}
	return (fc->tx && !fc->slot) || (fc->rx && !fc->rx_buf) ? -ENOMEM : 0;
}

static struct ferry_mbox_face *face_alloc(const struct ferry_mbox_face_cfg *cfg)
{
	struct ferry_mbox_face *face = kzalloc(struct_size(face, fc, cfg->nr), GFP_KERNEL);
	unsigned int i;
	int ret = 0;

	if (!face)
		return NULL;
	face->chans = kcalloc(cfg->nr, sizeof(*face->chans), GFP_KERNEL);
	if (!face->chans) {
		kfree(face);
		return NULL;
	}
	face->done = cfg->done;
	face->sized = cfg->sized;
	face->mbox.num_chans = cfg->nr;
	for (i = 0; i < cfg->nr && !ret; i++)
		ret = face_chan_init(face, i, &cfg->pairs[i]);
	if (!ret)
		return face;
	face_free(face);
	return NULL;
}

/**
 * ferry_mbox_face_create() - offer ports to clients of the kernel's mailboxes
 * @dev:	the controller: it is bound to a driver, the module of which clients hold, and
 *		"mboxes" name its node, with the number of the channel or, for the first,
 *		without
 * @cfg:	which ports, and how; copied
 *
 * The ports cannot be mailboxes themselves. Who uses them otherwise keeps them, and the
 * client gets -EBUSY, as well as the other way round.
 *
 * Context: process, may sleep.
 * Return: the controller, for ferry_mbox_face_destroy(); ERR_PTR(): -EINVAL for a field or a
 * port that cannot be, or a device without driver, -ENOMEM, -EOPNOTSUPP the kernel has no
 * mailboxes.
 */
struct ferry_mbox_face *ferry_mbox_face_create(struct device *dev,
					       const struct ferry_mbox_face_cfg *cfg)
{
	struct ferry_mbox_face *face;
	int ret;

	if (!face_cfg_ok(dev, cfg))
		return ERR_PTR(-EINVAL);
	face = face_alloc(cfg);
	if (!face)
		return ERR_PTR(-ENOMEM);
	face->mbox.dev = dev;
	face->mbox.ops = &face_ops;
	face->mbox.chans = face->chans;
	face->mbox.of_xlate = face_of_xlate;
	face->mbox.txdone_irq = cfg->done == FERRY_MBOX_DONE_TELL;
	face->mbox.txdone_poll = cfg->done == FERRY_MBOX_DONE_POLL;
	face->mbox.txpoll_period = FACE_POLL_MS;
	ret = mbox_controller_register(&face->mbox);
	if (!ret)
		return face;
	face_free(face);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_mbox_face_create);

/**
 * ferry_mbox_face_destroy() - take a controller away
 * @face:	the controller. A client that has not given its channel back loses it, and must
 *		not use it any more, which is how the framework has it.
 *
 * Context: process, may sleep.
 */
void ferry_mbox_face_destroy(struct ferry_mbox_face *face)
{
	mbox_controller_unregister(&face->mbox);
	face_free(face);
}
EXPORT_SYMBOL_GPL(ferry_mbox_face_destroy);

/**
 * ferry_mbox_face_chan() - a channel for mbox_bind_client()
 * @face:	the controller
 * @nr:		number of the channel
 *
 * Context: any.
 * Return: the channel, or NULL: there is no such one.
 */
struct mbox_chan *ferry_mbox_face_chan(struct ferry_mbox_face *face, unsigned int nr)
{
	return nr < face->mbox.num_chans ? &face->chans[nr] : NULL;
}
EXPORT_SYMBOL_GPL(ferry_mbox_face_chan);

MODULE_DESCRIPTION("Ferry: ports as channels of the kernel's mailbox framework");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
