// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoints of rpmsg, each of which is an endpoint of Ferry.
 *
 * A driver's own endpoint is made before its probe() and destroyed after its remove(), and
 * drivers exist whose callback must not run then: rpmsg_tty's uses what probe() makes and
 * remove() frees. Others talk to the remote in probe() or remove(). So what comes
 * meanwhile is kept until the driver is bound, or sends.
 */
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "rpmsg.h"

unsigned int ferry_rpmsg_timeout_ms = FERRY_TIMEOUT_DEFAULT;
bool ferry_rpmsg_in_interrupt;

static const struct ferry_rpmsg_endpoint_ops ept_ops;

static struct ferry_rpmsg_ept *ept_of(struct rpmsg_endpoint *ept)
{
	return container_of(ept, struct ferry_rpmsg_ept, ept);
}

/* True: we were called back on this link, so nothing may wait for its receiving. */
bool ferry_rpmsg_in_callback(struct ferry_rpmsg *fr)
{
	struct ferry_rpmsg_ept *e;

	guard(spinlock)(&fr->lock);
	list_for_each_entry(e, &fr->epts, node)
		if (READ_ONCE(e->in_callback) == current)
			return true;
	list_for_each_entry(e, &fr->closing, node)
		if (READ_ONCE(e->in_callback) == current)
			return true;
	return false;
}

/* Any context. What was kept is delivered. */
static void ept_go(struct ferry_rpmsg_ept *e)
{
	WRITE_ONCE(e->stage, FERRY_RPMSG_OPEN);
	ferry_resume(e->ep);
	if (READ_ONCE(e->stopped))
		queue_work(ferry_rpmsg_wq, &e->flow_work);
}

/*
 * Any context. Who sends expects an answer. While the driver is removed a trysend() may
 * still be a user's, and then it does not count.
 */
static void ept_sends(struct ferry_rpmsg_ept *e, bool sleeps)
{
	enum ferry_rpmsg_stage stage = READ_ONCE(e->stage);

	if (likely(stage == FERRY_RPMSG_OPEN))
		return;
	if (stage == FERRY_RPMSG_PROBING || sleeps || READ_ONCE(e->unbinder) == current)
		ept_go(e);
}

/* What users of rpmsg test for. */
static int ept_error(int ret)
{
	switch (ret) {
	case -EAGAIN:
		return -ENOMEM;
	case -ENOLINK:
	case -ENODEV:
	case -ENOTCONN:
	case -ECANCELED:
		return -EPIPE;
	default:
		return ret;
	}
}

static bool ept_reaches(const struct ferry_rpmsg_ept *e, u32 dst)
{
	return dst == RPMSG_ADDR_ANY || e->number == RPMSG_ADDR_ANY || dst == e->number;
}

static int ept_sendto(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len, u32 dst)
{
	struct ferry_rpmsg_ept *e = ept_of(ept);

	might_sleep();
	if (len < 0 || !ept_reaches(e, dst))
		return -EINVAL;
	ept_sends(e, true);
	return ept_error(ferry_send(e->ep, data, len));
}

static int ept_send(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len)
{
	return ept_sendto(ept, data, len, RPMSG_ADDR_ANY);
}

static int ept_trysendto(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len, u32 dst)
{
	struct ferry_rpmsg_ept *e = ept_of(ept);

	if (len < 0 || !ept_reaches(e, dst))
		return -EINVAL;
	ept_sends(e, false);
	return ept_error(ferry_trysend(e->ep, data, len));
}

static int ept_trysend(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len)
{
	return ept_trysendto(ept, data, len, RPMSG_ADDR_ANY);
}

/* Pollers wait at the link: a poll table may outlive the endpoint. */
static __poll_t ept_poll(struct rpmsg_endpoint *ept, struct file *file, poll_table *wait)
{
	struct ferry_rpmsg_ept *e = ept_of(ept);
	poll_table look;
	__poll_t mask;

	poll_wait(file, &e->fr->pollers, wait);
	init_poll_funcptr(&look, NULL);
	look._key = poll_requested_events(wait);
	mask = ferry_poll(e->ep, file, &look);
	if (mask & (EPOLLERR | EPOLLHUP))
		mask |= EPOLLERR | EPOLLHUP;
	return mask;
}

static ssize_t ept_get_mtu(struct rpmsg_endpoint *ept)
{
	size_t mtu = ferry_mtu(ept_of(ept)->ep);

	return mtu ? min_t(size_t, mtu, INT_MAX) : -EPIPE;
}

static int __maybe_unused ept_set_flow_control(struct rpmsg_endpoint *ept, bool pause, u32 dst)
{
	struct ferry_rpmsg_ept *e = ept_of(ept);
	int ret;

	if (!ept_reaches(e, dst))
		return -EINVAL;
	ret = ferry_flow(e->ep, !pause);
	return ret == -EAGAIN ? ret : ept_error(ret);
}

static int ept_call(struct ferry_rpmsg_ept *e, const void *data, size_t len)
{
	rpmsg_rx_cb_t cb;
	int ret;

	if (READ_ONCE(e->stage) != FERRY_RPMSG_OPEN)
		return -EAGAIN;
	cb = READ_ONCE(e->ept.cb);
	if (!cb)
		return 0;
	WRITE_ONCE(e->in_callback, current);
	ret = cb(e->ept.rpdev, (void *)data, len, e->ept.priv, e->number);
	WRITE_ONCE(e->in_callback, NULL);
	/* Only this one means something to those who are called: not yet. */
	return ret == -EAGAIN ? ret : 0;
}

/*
 * Thread of the link; or any context, where drivers are called so by the kernel's own backend,
 * one call at a time. Those destroy no endpoint in there.
 */
static int ept_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct ferry_rpmsg_ept *e = priv;

	if (ferry_ep_is_atomic(ep))
		return ept_call(e, data, len);
	guard(mutex)(&e->ept.cb_lock);
	return ept_call(e, data, len);
}

/*
 * Any context. When the link stops the devices go, and those who poll are woken by what
 * made their file: rpmsg_char's poll() must not run while its endpoint is being destroyed.
 */
static void ept_wake_pollers(struct ferry_rpmsg_ept *e)
{
	if (ferry_link_is_up(e->fr->link) && wq_has_sleeper(&e->fr->pollers))
		wake_up_all(&e->fr->pollers);
}

static void ept_tx_ready(struct ferry_ep *ep, void *priv)
{
	ept_wake_pollers(priv);
}

static void ept_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	ept_wake_pollers(priv);
}

static void ept_flow_work(struct work_struct *work)
{
	struct ferry_rpmsg_ept *e = container_of(work, struct ferry_rpmsg_ept, flow_work);

	guard(mutex)(&e->ept.cb_lock);
	if (e->ept.cb && READ_ONCE(e->stage) == FERRY_RPMSG_OPEN)
		ferry_rpmsg_flow_cb(&e->ept, READ_ONCE(e->stopped));
}

/* Any context. The newest counts. */
static void ept_flow(struct ferry_ep *ep, bool on, void *priv)
{
	struct ferry_rpmsg_ept *e = priv;

	WRITE_ONCE(e->stopped, !on);
	queue_work(ferry_rpmsg_wq, &e->flow_work);
}

/* After it was closed: nothing queues the work any more. */
static void ept_free(struct ferry_rpmsg_ept *e)
{
	cancel_work_sync(&e->flow_work);
	spin_lock(&e->fr->lock);
	list_del(&e->node);
	spin_unlock(&e->fr->lock);
	kref_put(&e->fr->ref, ferry_rpmsg_free);
	mutex_destroy(&e->ept.cb_lock);
	kfree(e);
}

/* Work: endpoints that were destroyed in a callback of their link. */
void ferry_rpmsg_close_deferred(struct work_struct *work)
{
	struct ferry_rpmsg *fr = container_of(work, struct ferry_rpmsg, close_work);
	struct ferry_rpmsg_ept *e;

	for (;;) {
		spin_lock(&fr->lock);
		e = list_first_entry_or_null(&fr->closing, struct ferry_rpmsg_ept, node);
		spin_unlock(&fr->lock);
		if (!e)
			return;
		ferry_close(e->ep);
		ept_free(e);
	}
}

/* In a callback of its link, perhaps its own: it is not called any more, and closed later. */
static void ept_destroy_later(struct ferry_rpmsg_ept *e)
{
	struct ferry_rpmsg *fr = e->fr;

	if (e->in_callback == current) {
		e->ept.cb = NULL;
	} else {
		/* Within that of the endpoint that is called back. */
		mutex_lock_nested(&e->ept.cb_lock, SINGLE_DEPTH_NESTING);
		e->ept.cb = NULL;
		mutex_unlock(&e->ept.cb_lock);
	}
	spin_lock(&fr->lock);
	list_move_tail(&e->node, &fr->closing);
	spin_unlock(&fr->lock);
	queue_work(ferry_rpmsg_wq, &fr->close_work);
}

/*
 * What a device has for an endpoint after its driver was unbound. The bus leaves there what
 * it has destroyed, and would destroy it again with the next driver. NULL would be a warning
 * where somebody is late, as a write to an open terminal of rpmsg_tty.
 */
static void gone_destroy(struct rpmsg_endpoint *ept)
{
}

static int gone_sendto(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len, u32 dst)
{
	return -EPIPE;
}

static int gone_send(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len)
{
	return -EPIPE;
}

static __poll_t gone_poll(struct rpmsg_endpoint *ept, struct file *file, poll_table *wait)
{
	return EPOLLERR | EPOLLHUP;
}

static ssize_t gone_get_mtu(struct rpmsg_endpoint *ept)
{
	return -EPIPE;
}

static const struct ferry_rpmsg_endpoint_ops gone_ops = {
	.ops = {
		.destroy_ept = gone_destroy,
		.send = gone_send,
		.sendto = gone_sendto,
		.trysend = gone_send,
		.trysendto = gone_sendto,
		.poll = gone_poll,
		.get_mtu = gone_get_mtu,
	},
};

static void ept_leave_device(struct rpmsg_endpoint *ept)
{
	struct ferry_rpmsg_device *d = container_of(ept->rpdev, struct ferry_rpmsg_device, rpdev);

	if (d->rpdev.ept != ept)
		return;
	d->gone.rpdev = &d->rpdev;
	d->gone.addr = ept->addr;
	d->gone.ops = &gone_ops.ops;
	smp_store_release(&d->rpdev.ept, &d->gone);	/* who is late finds it complete */
}

static void ept_destroy(struct rpmsg_endpoint *ept)
{
	struct ferry_rpmsg_ept *e = ept_of(ept);

	ept_leave_device(ept);
	if (ferry_rpmsg_in_callback(e->fr)) {
		ept_destroy_later(e);
		return;
	}
	ferry_close(e->ep);
	ept_free(e);
}

static const struct ferry_rpmsg_endpoint_ops ept_ops = {
	.ops = {
		.destroy_ept = ept_destroy,
		.send = ept_send,
		.sendto = ept_sendto,
		.trysend = ept_trysend,
		.trysendto = ept_trysendto,
		.poll = ept_poll,
#if FERRY_RPMSG_FLOW
		.set_flow_control = ept_set_flow_control,
#endif
		.get_mtu = ept_get_mtu,
	},
};

static struct ferry_ep *ept_open(struct ferry_rpmsg_ept *e, const char *name, u32 number)
{
	struct ferry_id id = { .name = name, .number = number };
	struct ferry_ep_cfg cfg = {
		.rx = ept_rx, .tx_ready = ept_tx_ready, .event = ept_event, .flow = ept_flow,
		.priv = e, .timeout_ms = READ_ONCE(ferry_rpmsg_timeout_ms),
		.flags = READ_ONCE(ferry_rpmsg_in_interrupt) ? FERRY_EP_BY_CHANNEL : 0,
	};

	e->number = number;
	e->ept.addr = number;
	return ferry_open(e->fr->link, &id, &cfg);
}

/*
 * The number of a channel is an address. A destination is a number; without one it is the
 * name that counts, and when there is no channel of that name the source.
 */
static struct ferry_ep *ept_find(struct ferry_rpmsg_ept *e, const struct rpmsg_channel_info *chinfo)
{
	struct ferry_ep *ep = ERR_PTR(-ENOENT);

	static_assert(RPMSG_ADDR_ANY == FERRY_ANY_NUMBER);
	if (chinfo->dst != RPMSG_ADDR_ANY)
		return ept_open(e, NULL, chinfo->dst);
	if (chinfo->name[0])
		ep = ept_open(e, chinfo->name, FERRY_ANY_NUMBER);
	if (ep == ERR_PTR(-ENOENT) && chinfo->src != RPMSG_ADDR_ANY)
		ep = ept_open(e, NULL, chinfo->src);
	return ep;
}

/* True: somebody is bound and uses it. */
static bool ept_is_live(const struct rpmsg_endpoint *ept)
{
	return ept && ept->ops == &ept_ops.ops;
}

/* The endpoint that the bus makes for a driver before it calls probe(). */
static bool ept_is_drivers(const struct rpmsg_device *rpdev, rpmsg_rx_cb_t cb, const void *priv)
{
	const struct device_driver *drv = rpdev->dev.driver;

	return drv && !priv && !ept_is_live(rpdev->ept) &&
	       container_of(drv, struct rpmsg_driver, drv)->callback == cb;
}

/* The channel that the device stands for. */
static struct ferry_ep *ept_find_own(struct ferry_rpmsg_ept *e, const struct ferry_rpmsg_device *d)
{
	const char *name = d->channel.name;

	if (d->kind == FERRY_RPMSG_OFFERED)
		return ept_open(e, name[0] ? name : NULL, d->channel.number);
	return ept_find(e, &d->chinfo);
}

/* @chinfo NULL: for the device's own channel. Returns NULL on error, as rpmsg wants it. */
struct rpmsg_endpoint *ferry_rpmsg_create_ept(struct ferry_rpmsg_device *d,
					      const struct rpmsg_channel_info *chinfo,
					      rpmsg_rx_cb_t cb, void *priv)
{
	struct ferry_rpmsg_ept *e = kzalloc(sizeof(*e), GFP_KERNEL);
	struct rpmsg_device *rpdev = &d->rpdev;
	struct ferry_rpmsg *fr = d->fr;

	if (!e)
		return NULL;
	kref_get(&fr->ref);
	e->fr = fr;
	e->ept.rpdev = rpdev;
	e->ept.cb = cb;
	e->ept.priv = priv;
	e->ept.ops = &ept_ops.ops;
	kref_init(&e->ept.refcount);
	mutex_init(&e->ept.cb_lock);
	INIT_WORK(&e->flow_work, ept_flow_work);
	if (ept_is_drivers(rpdev, cb, priv))
		e->stage = FERRY_RPMSG_PROBING;
	spin_lock(&fr->lock);
	list_add_tail(&e->node, &fr->epts);
	spin_unlock(&fr->lock);
	e->ep = chinfo ? ept_find(e, chinfo) : ept_find_own(e, d);
	if (!IS_ERR(e->ep))
		return &e->ept;
	dev_dbg(&rpdev->dev, "no endpoint: %ld\n", PTR_ERR(e->ep));
	ept_free(e);
	return NULL;
}

/* The driver is bound. */
void ferry_rpmsg_ept_probed(struct rpmsg_endpoint *ept)
{
	if (ept_is_live(ept))
		ept_go(ept_of(ept));
}

/*
 * The driver is about to be removed; its callback is not running when this returns. It may
 * be sleeping in a send, and so may others for whom remove() waits.
 */
void ferry_rpmsg_ept_removing(struct rpmsg_endpoint *ept)
{
	struct ferry_rpmsg_ept *e = ept_of(ept);

	if (!ept_is_live(ept))
		return;
	WRITE_ONCE(e->unbinder, current);
	WRITE_ONCE(e->stage, FERRY_RPMSG_REMOVING);
	ferry_interrupt(e->ep);
	if (ferry_ep_is_atomic(e->ep))
		ferry_quiesce(e->ep);
	guard(mutex)(&ept->cb_lock);
}

/**
 * ferry_rpmsg_endpoint - the Ferry endpoint below an rpmsg endpoint
 * @ept:	the rpmsg endpoint, &rpmsg_device.ept for instance
 *
 * For what rpmsg lacks: ferry_send_buf(), ferry_send_timeout(), ferry_ep_stats() and
 * others. It is closed with @ept, not by the caller.
 *
 * Context: any.
 *
 * Return: the endpoint, or NULL: @ept is NULL or not one of ours.
 */
struct ferry_ep *ferry_rpmsg_endpoint(struct rpmsg_endpoint *ept)
{
	return ept_is_live(ept) ? ept_of(ept)->ep : NULL;
}
EXPORT_SYMBOL_GPL(ferry_rpmsg_endpoint);
