// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoints: what a client uses.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include "core.h"

/* True in a callback that must not open, close or wait for others of its link. */
bool ferry_in_callback(const struct ferry_link *link)
{
	const struct ferry_rx_thread *rx, *rx_gp;
	bool in_thread;

	rcu_read_lock();
	rx = READ_ONCE(link->rx);
	rx_gp = READ_ONCE(link->rx_gp);
	in_thread = (rx && rx->task == current) || (rx_gp && rx_gp->task == current);
	rcu_read_unlock();
	return in_thread || current_work() == &link->event_work;
}

void ferry_ep_free(struct kref *ref)
{
	struct ferry_ep *ep = container_of(ref, struct ferry_ep, ref);

	ferry_link_put(ep->link);
	kfree(ep);
}

/* Any context, RCU read side. */
void ferry_ep_tx_ready(struct ferry_ep *ep)
{
	if (ep->cfg.tx_ready)
		ep->cfg.tx_ready(ep, ep->cfg.priv);
	if (wq_has_sleeper(&ep->poll_wait))
		wake_up_all(&ep->poll_wait);
}

/* Any context. 0, -EPIPE the remote closed its channel, -ENODEV it is an orphan. */
int ferry_ep_usable(const struct ferry_ep *ep)
{
	const struct ferry_channel *ch;
	int ret = -ENODEV;

	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	if (ch)
		ret = ch->by_remote && !READ_ONCE(ch->opened) ? -EPIPE : 0;
	rcu_read_unlock();
	return ret;
}

static void ep_publish(struct ferry_channel *ch, struct ferry_ep *ep)
{
	if (ch->rxq) {
		ferry_rxq_lock_unclaimed(ch->rxq);
		rcu_assign_pointer(ch->ep, ep);
		ferry_rxq_unlock(ch->rxq);
	} else {
		rcu_assign_pointer(ch->ep, ep);
	}
}

/* Which endpoints are open decides how all are served. */
static int ep_count(struct ferry_ep *ep, const struct ferry_channel *ch, int by)
{
	struct ferry_link *link = ep->link;

	if (ep->atomic)
		link->nr_atomic += by;
	if (ch->cls == FERRY_CLASS_HS)
		link->nr_hs += by;
	return ferry_rx_update(link);
}

/* Under the mutex of the link: a channel made on demand goes with its endpoint. */
static void ep_release_channel(struct ferry_link *link, struct ferry_channel *ch)
{
	ferry_txq_cut(ch, -ENODEV, true);
	ferry_stats_add(&link->gone, &ch->stats);
	list_del(&ch->node);
	link->cfg.ops->release_channel(link, ch);
}

/* No callback runs or will: what was not delivered is dropped, and counted. */
static void ep_drop_backlog(struct ferry_ep *ep, struct ferry_channel *ch)
{
	struct ferry_rx_msg msg;

	if (!ch->rxq)
		return;
	ferry_rxq_lock(ch->rxq);
	while (ferry_rx_queue_peek(&ep->queue, &msg)) {
		ferry_buf_put(msg.buf);
		ferry_rx_queue_pop(&ep->queue);
		ferry_rx_undo(ch, msg.len, FERRY_DROP_CLOSED);
	}
	if (ep->has_held)
		ferry_rx_undo(ch, ep->held_len, FERRY_DROP_CLOSED);
	ferry_buf_put(ep->held_buf);
	ep->held_buf = NULL;
	ep->has_held = false;
	ferry_rxq_unlock(ch->rxq);
}

/*
 * Under the mutex of the link. Cuts the endpoint from its channel: when this
 * returns no call of it is inside the channel, no callback runs or will, and the
 * remote's buffers in its queue went back.
 */
void ferry_ep_detach(struct ferry_ep *ep, int error)
{
	struct ferry_link *link = ep->link;
	struct ferry_channel *ch = rcu_dereference_protected(ep->ch, lockdep_is_held(&link->lock));

	if (!ch)
		return;
	ep_publish(ch, NULL);
	set_bit(FERRY_EP_CLOSED, &ep->flags);
	ferry_txq_cut(ch, error, false);
	RCU_INIT_POINTER(ep->ch, NULL);
	synchronize_rcu();
	synchronize_srcu(&link->srcu);
	ep_drop_backlog(ep, ch);
	ferry_rx_queue_exit(&ep->queue);
	kvfree(ep->held);	/* a reference may keep the rest for a while */
	ep->held = NULL;
	if (ch->opened && ch->ops->close)
		ch->ops->close(ch);
	WRITE_ONCE(ch->opened, false);
	wake_up_all(&ep->poll_wait);
	ep_count(ep, ch, -1);
	if (ch->on_demand)
		ep_release_channel(link, ch);
}

static bool ep_id_matches(const struct ferry_channel *ch, const struct ferry_id *id)
{
	return (!id->name || !strcmp(id->name, ch->name)) &&
	       (id->number == FERRY_ANY_NUMBER || id->number == ch->number);
}

/* Under the mutex of the link: the channel, made if the protocol can. */
static struct ferry_channel *ep_find_channel(struct ferry_link *link, const struct ferry_id *id)
{
	struct ferry_channel *ch;
	int ret;

	list_for_each_entry(ch, &link->channels, node)
		if (ep_id_matches(ch, id))
			return rcu_access_pointer(ch->ep) ? ERR_PTR(-EBUSY) : ch;
	if (!link->cfg.ops->channel)
		return ERR_PTR(-ENOENT);
	ch = link->cfg.ops->channel(link, id);
	if (IS_ERR(ch))
		return ch;
	ret = ferry_channel_add(link, ch);
	if (ret) {
		link->cfg.ops->release_channel(link, ch);
		return ERR_PTR(ret);
	}
	ch->on_demand = true;
	return ch;
}

static struct ferry_ep *ep_alloc(struct ferry_link *link, const struct ferry_ep_cfg *cfg)
{
	struct ferry_ep *ep = kzalloc(sizeof(*ep), GFP_KERNEL);

	if (!ep)
		return NULL;
	kref_init(&ep->ref);
	get_device(&link->dev);
	ep->link = link;
	ep->cfg = *cfg;
	ep->thread = link->rx;
	ep->promise.ep = ep;
	init_waitqueue_head(&ep->poll_wait);
	if (!ep->cfg.depth)
		ep->cfg.depth = FERRY_DEPTH_DEFAULT;
	if (!ep->cfg.timeout_ms)
		ep->cfg.timeout_ms = FERRY_TIMEOUT_DEFAULT;
	return ep;
}

/* The memory that receiving needs, so that nothing is allocated later. */
static int ep_rx_memory(struct ferry_ep *ep, const struct ferry_channel *ch)
{
	size_t most = max(ch->mtu, ch->rx_copy);
	bool short_only = ep->atomic && !ep->longs;
	size_t largest = short_only ? min_t(size_t, most, FERRY_COPY_MAX) : ch->rx_copy;
	size_t held = short_only ? FERRY_COPY_MAX : ep->cfg.rx_buf ? ch->rx_copy : most;

	if (!ep->cfg.rx || !ch->rxq)
		return 0;
	held = max_t(size_t, held, 1);
	ep->held = kvmalloc(held, GFP_KERNEL);
	if (!ep->held)
		return -ENOMEM;
	return ferry_rx_queue_init(&ep->queue, ep->cfg.depth, largest);
}

/* Under the mutex of the link; undone by ferry_ep_detach(). */
static int ep_attach(struct ferry_ep *ep, struct ferry_channel *ch)
{
	struct ferry_link *link = ep->link;
	int ret;

	ep->longs = ep->cfg.flags & FERRY_EP_BY_CHANNEL && ch->atomic_ok;
	ep->atomic = ep->cfg.flags & FERRY_EP_ATOMIC || ep->longs;
	rcu_assign_pointer(ep->ch, ch);
	list_add_tail(&ep->node, &link->eps);
	ret = ep_count(ep, ch, 1);
	if (!ret)
		ret = ep_rx_memory(ep, ch);
	if (!ret && link->state == FERRY_STATE_RUNNING) {
		ferry_announce_begin(ch);
		ret = ch->ops->open ? ch->ops->open(ch) : 0;
		WRITE_ONCE(ch->opened, !ret);
		/* That is up to the remote, which may take its time. */
		if (ret == -EINPROGRESS && ch->by_remote)
			ret = 0;
	}
	if (ret) {
		list_del(&ep->node);
		ferry_ep_detach(ep, -ENOTCONN);
		return ret;
	}
	ep_publish(ch, ep);
	if (ch->by_remote && !ch->opened)
		ferry_txq_cut(ch, -EPIPE, false);
	else
		ferry_txq_uncut(ch);
	/* What came since it was opened may wait for somebody to take it. */
	ferry_rx_thread_wake(link->rx);
	return 0;
}

/* One try; tells how many channels had appeared by then. */
static int ep_try_open(struct ferry_ep *ep, const struct ferry_id *id, unsigned int *appeared)
{
	struct ferry_link *link = ep->link;
	struct ferry_channel *ch;
	int ret;

	guard(mutex)(&link->lock);
	*appeared = link->appeared;
	if (!link->registered)
		return -ENODEV;
	if (link->suspended || READ_ONCE(link->state) == FERRY_STATE_IDLE)
		return -EAGAIN;
	ch = ep_find_channel(link, id);
	if (IS_ERR(ch))
		return PTR_ERR(ch);
	ret = ep_attach(ep, ch);
	if (!ret && link->state == FERRY_STATE_RUNNING && (ch->opened || !ch->by_remote))
		ferry_ep_event(ep, FERRY_EVENT_UP);
	return ret;
}

static bool ep_may_be_there(const struct ferry_link *link, unsigned int appeared)
{
	return READ_ONCE(link->appeared) != appeared || !READ_ONCE(link->registered);
}

/* A link may say that its channels take a while to appear. */
static int ep_open_wait(struct ferry_ep *ep, const struct ferry_id *id)
{
	struct ferry_link *link = ep->link;
	long left = msecs_to_jiffies(link->cfg.appear_ms);
	unsigned int appeared;
	int ret;

	for (;;) {
		ret = ep_try_open(ep, id, &appeared);
		if (ret != -ENOENT || !left)
			return ret;
		left = wait_event_interruptible_timeout(link->state_wait,
							ep_may_be_there(link, appeared), left);
		if (left < 0)
			return -ERESTARTSYS;
	}
}

/**
 * ferry_open - open a channel of a link
 * @link:	the link, from ferry_link_get()
 * @id:		which channel
 * @cfg:	what the endpoint is to do; copied
 *
 * A channel has one endpoint at a time. It may be opened while the link does not
 * run: sends fail with -ENOLINK until it does, and @cfg->event tells.
 *
 * Context: process, may sleep; not in a callback of this link.
 *
 * Return: the endpoint, to be closed with ferry_close(), or ERR_PTR: -EINVAL
 * (&ferry_ep_cfg.rx_buf of an atomic endpoint or without rx is, too), -ENOENT
 * no such channel, -EBUSY it has an endpoint already, -ENODEV the link is gone,
 * -EAGAIN the system is suspended or the link idle, -EDEADLK called in a callback of this
 * link, -ENOMEM, -ERESTARTSYS a signal came while it waited for the channel to appear, or what the
 * protocol's handshake returned.
 */
struct ferry_ep *ferry_open(struct ferry_link *link, const struct ferry_id *id,
			    const struct ferry_ep_cfg *cfg)
{
	struct ferry_ep *ep;
	int ret;

	might_sleep();
	if (!link || !id || !cfg || (id->name ? !*id->name : id->number == FERRY_ANY_NUMBER) ||
	    cfg->flags & ~(FERRY_EP_ATOMIC | FERRY_EP_BY_CHANNEL) ||
	    cfg->flags == (FERRY_EP_ATOMIC | FERRY_EP_BY_CHANNEL) ||
	    cfg->depth > FERRY_DEPTH_MAX || (cfg->rx_buf && (!cfg->rx || cfg->flags)))
		return ERR_PTR(-EINVAL);
	if (ferry_in_callback(link))
		return ERR_PTR(-EDEADLK);
	ep = ep_alloc(link, cfg);
	if (!ep)
		return ERR_PTR(-ENOMEM);

	ret = ep_open_wait(ep, id);
	if (!ret)
		return ep;
	ferry_rx_queue_exit(&ep->queue);
	kref_put(&ep->ref, ferry_ep_free);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_open);

/**
 * ferry_close - close an endpoint
 * @ep:		the endpoint; gone afterwards, unless -EDEADLK is returned
 *
 * Senders that sleep wake with -ENOTCONN. When this returns no callback of @ep runs
 * or will, and what was not delivered is dropped. The caller sees to it that nobody
 * begins a call on @ep any more.
 *
 * Context: process, may sleep; not in a callback of this link.
 *
 * Return: 0, or -EDEADLK when called in a callback of this link: nothing was done.
 */
int ferry_close(struct ferry_ep *ep)
{
	struct ferry_link *link = ep->link;

	might_sleep();
	if (ferry_in_callback(link)) {
		dev_err(&link->dev, "close in a callback: it would wait for itself\n");
		return -EDEADLK;
	}
	mutex_lock(&link->lock);
	ferry_ep_detach(ep, -ENOTCONN);
	list_del(&ep->node);
	set_bit(FERRY_EP_CLOSED, &ep->flags);
	ep->event_due = false;
	mutex_unlock(&link->lock);
	flush_work(&link->event_work);	/* an event may be on its way */
	kref_put(&ep->ref, ferry_ep_free);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_close);

/**
 * ferry_trysend - send a message if there is room
 * @ep:		the endpoint
 * @data:	the message, copied
 * @len:	bytes, 0 to ferry_mtu()
 *
 * "Sent" means that the remote can see it. After -EAGAIN &ferry_ep_cfg.tx_ready is
 * called once, however many sends failed: when there may be room, or when the link
 * stops.
 *
 * Context: any.
 *
 * Return: 0, -EAGAIN no room, -EMSGSIZE longer than the channel takes, -ENOLINK the
 * remote is stopped or crashed, -EPIPE the remote closed this channel, -EOPNOTSUPP the
 * channel cannot send, -ENOTCONN @ep is being closed, -ENODEV the link is gone.
 */
int ferry_trysend(struct ferry_ep *ep, const void *data, size_t len)
{
	struct ferry_msg msg = { .data = data, .len = len };
	struct ferry_channel *ch;
	int ret = -ENODEV;

	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	if (likely(ch))
		ret = ferry_txq_send(ch, &msg, ep->cfg.tx_ready ? &ep->promise : NULL);
	rcu_read_unlock();
	return ret < 0 ? ret : 0;
}
EXPORT_SYMBOL_GPL(ferry_trysend);

/**
 * ferry_send_timeout - send a message, wait for room at most so long
 * @ep:		the endpoint
 * @data:	the message, copied
 * @len:	bytes, 0 to ferry_mtu()
 * @timeout_ms:	limit in ms; 0: do not wait
 *
 * Context: process, may sleep. In a callback of the same link too: room comes by
 * interrupt or timer and does not need the thread that called back.
 *
 * Return: as ferry_trysend(); -EAGAIN for @timeout_ms 0 only, else -ETIMEDOUT;
 * -ERESTARTSYS on a signal, -ECANCELED by ferry_interrupt().
 */
int ferry_send_timeout(struct ferry_ep *ep, const void *data, size_t len, unsigned int timeout_ms)
{
	struct ferry_msg msg = { .data = data, .len = len };
	struct ferry_waiter waiter = { .ep = ep, .task = current };
	struct ferry_channel *ch;
	int ret = -ENODEV;

	might_sleep();
	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	if (likely(ch))
		ret = ferry_txq_send(ch, &msg, timeout_ms ? &waiter : NULL);
	rcu_read_unlock();
	/* Inside: the channel stays until we leave it. */
	if (unlikely(waiter.inside))
		ret = ferry_txq_send_wait(&waiter, msecs_to_jiffies(timeout_ms));
	return ret < 0 ? ret : 0;
}
EXPORT_SYMBOL_GPL(ferry_send_timeout);

/**
 * ferry_send - send a message, wait for room
 * @ep:		the endpoint
 * @data:	the message, copied
 * @len:	bytes, 0 to ferry_mtu()
 *
 * As ferry_send_timeout() with &ferry_ep_cfg.timeout_ms.
 *
 * Context: process, may sleep.
 *
 * Return: as ferry_send_timeout(), and never -EAGAIN.
 */
int ferry_send(struct ferry_ep *ep, const void *data, size_t len)
{
	return ferry_send_timeout(ep, data, len, ep->cfg.timeout_ms);
}
EXPORT_SYMBOL_GPL(ferry_send);

/**
 * ferry_poll - for the poll operation of a file: is there room?
 * @ep:		the endpoint
 * @file:	the file
 * @wait:	its poll table
 *
 * Without room &ferry_ep_cfg.tx_ready is called later, as after ferry_trysend(). Room is
 * looked for only where @wait asks for it.
 *
 * Context: process.
 *
 * Return: EPOLLOUT | EPOLLWRNORM when there is room now, EPOLLERR when the link does
 * not run or the remote closed the channel, EPOLLHUP when the link or the channel is gone; 0 else.
 */
__poll_t ferry_poll(struct ferry_ep *ep, struct file *file, struct poll_table_struct *wait)
{
	struct ferry_channel *ch;
	__poll_t mask = 0;

	poll_wait(file, &ep->poll_wait, wait);
	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	if (!ch)
		mask = EPOLLHUP;
	else if (!ferry_link_is_up(ep->link) || ferry_ep_usable(ep))
		mask = EPOLLERR;
	else if (ch->txq && poll_requested_events(wait) & (EPOLLOUT | EPOLLWRNORM) &&
		 ferry_txq_want(ch, &ep->promise))
		mask = EPOLLOUT | EPOLLWRNORM;
	rcu_read_unlock();
	return mask;
}
EXPORT_SYMBOL_GPL(ferry_poll);

/**
 * ferry_flow - ask the remote to stop or go on sending
 * @ep:		the endpoint
 * @on:		true: go on
 *
 * Context: any.
 *
 * Return: 0, -EAGAIN too many control messages wait already, -ENOLINK the link does not
 * run, -EOPNOTSUPP the protocol has no flow control, -ENODEV the link is gone, or what the
 * protocol returned: as ferry_post().
 */
int ferry_flow(struct ferry_ep *ep, bool on)
{
	struct ferry_channel *ch;
	int ret;

	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	if (!ch)
		ret = -ENODEV;
	else if (!ch->ops->flow)
		ret = -EOPNOTSUPP;
	else if (!ferry_link_is_up(ep->link))
		ret = -ENOLINK;
	else if (ferry_lane_room(ep->link) <= FERRY_LANE_SLOTS / 2)
		/* The rest is for answers: clients alone must not stop receiving. */
		ret = -EAGAIN;
	else
		ret = ch->ops->flow(ch, on);
	rcu_read_unlock();
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_flow);

/**
 * ferry_interrupt - wake senders that sleep
 * @ep:		the endpoint
 *
 * Those who wait for room now get -ECANCELED. Later sends are as ever. For who has to
 * wait for a sender, and cannot close the endpoint yet.
 *
 * Context: process, may sleep; not under the mutex of the link, so not in an operation of
 * the protocol.
 */
void ferry_interrupt(struct ferry_ep *ep)
{
	struct ferry_channel *ch;

	guard(mutex)(&ep->link->lock);
	ch = rcu_dereference_protected(ep->ch, lockdep_is_held(&ep->link->lock));
	if (ch && ch->txq)
		ferry_txq_interrupt(ch, -ECANCELED);
}
EXPORT_SYMBOL_GPL(ferry_interrupt);

/**
 * ferry_quiesce - wait for callbacks that run
 * @ep:		the endpoint
 *
 * When it returns, a call of rx that had begun before has ended. For who made sure that later
 * ones do nothing, and cannot close the endpoint yet.
 *
 * Context: process, may sleep; not in a callback of this link.
 */
void ferry_quiesce(struct ferry_ep *ep)
{
	might_sleep();
	synchronize_rcu();	/* interrupts, and whoever else polls */
	synchronize_srcu(&ep->link->srcu);
}
EXPORT_SYMBOL_GPL(ferry_quiesce);

/**
 * ferry_ep_is_atomic - may rx be called in an interrupt?
 * @ep:		the endpoint
 *
 * It does not change while the endpoint is open.
 *
 * Context: any.
 *
 * Return: true with %FERRY_EP_ATOMIC, and with %FERRY_EP_BY_CHANNEL if the channel says so.
 */
bool ferry_ep_is_atomic(const struct ferry_ep *ep)
{
	return ep->atomic;
}
EXPORT_SYMBOL_GPL(ferry_ep_is_atomic);

/**
 * ferry_resume - take again the message that was answered -EAGAIN
 * @ep:		the endpoint
 *
 * Harmless when there is none.
 *
 * Context: any.
 */
void ferry_resume(struct ferry_ep *ep)
{
	rcu_read_lock();
	if (rcu_access_pointer(ep->ch))
		ferry_ep_schedule(ep);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(ferry_resume);

/**
 * ferry_rx_now - take messages here instead of waiting for the interrupt
 * @ep:		an atomic endpoint
 *
 * Takes up to 16 messages from where @ep receives. Atomic endpoints are called back
 * from here, messages for others go to their queues.
 *
 * Context: any; not in a callback of an atomic endpoint.
 *
 * Return: how many messages were taken, 0 none waits or somebody else takes them,
 * -EINVAL @ep is not atomic, -EOPNOTSUPP the channel cannot receive, -ENOLINK the link
 * does not run, -ENODEV the link is gone.
 */
int ferry_rx_now(struct ferry_ep *ep)
{
	struct ferry_channel *ch;
	int ret;

	if (!ep->atomic)
		return -EINVAL;
	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	if (!ch)
		ret = -ENODEV;
	else if (!ch->rxq)
		ret = -EOPNOTSUPP;
	else if (!ferry_link_is_up(ep->link))
		ret = -ENOLINK;
	else
		ret = ferry_rxq_poll_one(ch->rxq, NULL, min_t(int, FERRY_HOLD_BUDGET,
							      ferry_lane_budget(ep->link)));
	rcu_read_unlock();
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_rx_now);

/**
 * ferry_mtu - largest message of an endpoint's channel
 * @ep:		the endpoint
 *
 * Context: any.
 *
 * Return: bytes; 0 when the link is gone.
 */
size_t ferry_mtu(struct ferry_ep *ep)
{
	struct ferry_channel *ch;
	size_t mtu;

	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	mtu = ch ? ch->mtu : 0;
	rcu_read_unlock();
	return mtu;
}
EXPORT_SYMBOL_GPL(ferry_mtu);

/**
 * ferry_buf_max - largest message that can be sent or received as a buffer
 * @ep:		the endpoint
 *
 * Context: any.
 *
 * Return: bytes; 0 when the channel cannot, or the link is gone.
 */
size_t ferry_buf_max(struct ferry_ep *ep)
{
	struct ferry_channel *ch;
	size_t max;

	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	max = ch ? ch->buf_max : 0;
	rcu_read_unlock();
	return max;
}
EXPORT_SYMBOL_GPL(ferry_buf_max);

/**
 * ferry_ep_stats - counters of an endpoint's channel
 * @ep:		the endpoint
 * @stats:	filled; zeroed when the link is gone
 *
 * Context: any.
 */
void ferry_ep_stats(struct ferry_ep *ep, struct ferry_stats *stats)
{
	struct ferry_channel *ch;

	memset(stats, 0, sizeof(*stats));
	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	if (ch)
		*stats = ch->stats;
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(ferry_ep_stats);
