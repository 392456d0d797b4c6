// SPDX-License-Identifier: GPL-2.0-only
/*
 * Endpoints: lending a buffer, with a message in it or to be filled.
 *
 * Who lends a buffer has claimed it until the send is over, so of many at once one
 * succeeds. The reference that the client passes on is taken by the protocol's xmit, and
 * only when the remote was told; whatever else ends the send leaves it with the client.
 */
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/dmabuf.h>
#include <linux/jiffies.h>

#include "core.h"
#include "dmabuf.h"

/* RCU read side. */
static int sendbuf_check(const struct ferry_ep *ep, const struct ferry_channel *ch,
			 const struct ferry_msg *msg)
{
	size_t len = msg->fill ?: msg->len;

	if (!ch->txq || !ch->buf_max || (msg->fill && !ch->fills))
		return -EOPNOTSUPP;
	if (len > msg->buf->size || len > ch->buf_max)
		return -EMSGSIZE;
	if (msg->fill && !ep->cfg.rx_buf)
		return -EINVAL;
	return ferry_buf_is_of(msg->buf, ep->link) ? 0 : -EINVAL;
}

/* RCU read side. The remote may be done with it, and nobody has looked. */
static int sendbuf_claim(const struct ferry_channel *ch, struct ferry_buf *buf)
{
	int ret = ferry_buf_claim(buf);

	if (likely(!ret))
		return 0;
	ferry_txq_look(ch->txq);
	return ferry_buf_claim(buf);
}

/*
 * Work of the link. An import is memory of somebody else, who waits for it: while the
 * remote has one, and nobody sends who would look at what it gave back, we do.
 */
void ferry_sendbuf_look(struct work_struct *work)
{
	struct ferry_link *link = container_of(to_delayed_work(work), struct ferry_link,
					       look_work);
	unsigned long delay = min_t(unsigned long, 2 * READ_ONCE(link->look_delay), HZ);
	struct ferry_txq *txq;

	rcu_read_lock();
	list_for_each_entry_rcu(txq, &link->txqs, node)
		ferry_txq_look(txq);
	rcu_read_unlock();
	WRITE_ONCE(link->look_delay, delay);
	if (ferry_imports_lent(link))
		queue_delayed_work(link->wq, &link->look_work, delay);
}

/* RCU read side: while the endpoint has its channel, the link has not ended. */
static void sendbuf_look_later(struct ferry_link *link)
{
	WRITE_ONCE(link->look_delay, 1);
	mod_delayed_work(link->wq, &link->look_work, 1);
}

/* One attempt; *@claimed: to be undone by the caller, when the send is over. */
static int sendbuf_try(struct ferry_ep *ep, struct ferry_msg *msg, struct ferry_waiter *w,
		       bool *claimed)
{
	struct ferry_channel *ch;
	int ret = -ENODEV;

	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	if (likely(ch)) {
		ret = sendbuf_check(ep, ch, msg) ?: sendbuf_claim(ch, msg->buf);
		*claimed = !ret;
		if (!ret && !msg->buf->pool)
			sendbuf_look_later(ep->link);
		if (likely(!ret))
			ret = ferry_txq_send_lent(ch, msg, w);
	}
	rcu_read_unlock();
	return ret;
}

/* Any context. */
static int sendbuf_now(struct ferry_ep *ep, struct ferry_msg *msg)
{
	bool claimed = false;
	int ret;

	ret = sendbuf_try(ep, msg, ep->cfg.tx_ready ? &ep->promise : NULL, &claimed);
	if (claimed)
		ferry_buf_unclaim(msg->buf);
	return min(ret, 0);
}

/* Process context. */
static int sendbuf_wait(struct ferry_ep *ep, struct ferry_msg *msg, unsigned int timeout_ms)
{
	struct ferry_waiter waiter = { .ep = ep, .task = current };
	bool claimed = false;
	int ret;

	might_sleep();
	ret = sendbuf_try(ep, msg, timeout_ms ? &waiter : NULL, &claimed);
	if (unlikely(waiter.inside))
		ret = ferry_txq_send_wait(&waiter, msecs_to_jiffies(timeout_ms));
	if (claimed)
		ferry_buf_unclaim(msg->buf);
	return min(ret, 0);
}

/**
 * ferry_buf_alloc() - a buffer to be filled and sent
 * @ep:		the endpoint
 * @size:	bytes that it is to hold at least
 *
 * The buffer belongs to the link of @ep and may be sent by any endpoint of it, again and
 * again. It may be kept as long as the client likes, even when @ep is closed; but there
 * are few of them, and they are those that ferry_send() needs, too.
 *
 * Context: any.
 * Return: the buffer, for ferry_buf_put() or a send, or ERR_PTR: -EAGAIN none is free,
 * -EMSGSIZE there is none so big, -EOPNOTSUPP the channel has none, -ENODEV the link is
 * gone.
 */
struct ferry_buf *ferry_buf_alloc(struct ferry_ep *ep, size_t size)
{
	struct ferry_buf *buf = ERR_PTR(-ENODEV);
	struct ferry_channel *ch;

	rcu_read_lock();
	ch = rcu_dereference(ep->ch);
	if (ch && !ch->ops->buf_alloc)
		buf = ERR_PTR(-EOPNOTSUPP);
	else if (ch && size > ch->buf_max)
		buf = ERR_PTR(-EMSGSIZE);
	else if (ch)
		buf = ch->ops->buf_alloc(ch, size) ?: ERR_PTR(-EAGAIN);
	rcu_read_unlock();
	return buf;
}
EXPORT_SYMBOL_GPL(ferry_buf_alloc);

/**
 * ferry_trysend_buf() - send a buffer if there is room
 * @ep:		the endpoint
 * @buf:	a buffer of its link: from ferry_buf_alloc() or ferry_buf_import(), not one
 *		that the remote lent us
 * @len:	bytes of the message in it, from its start
 *
 * On success the caller's reference is gone. Who wants to know the buffer again has one
 * more (ferry_buf_get()), and must not write to it before the remote is done. On failure
 * the reference stays with the caller. -EAGAIN is a promise, as that of ferry_trysend().
 *
 * Context: any.
 * Return: as ferry_trysend(); -EMSGSIZE also when @buf is shorter than @len, -EOPNOTSUPP
 * the channel sends no buffers, -EINVAL @buf is not one that this link can lend, -EBUSY it
 * is being sent, or the remote has it still.
 */
int ferry_trysend_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len)
{
	struct ferry_msg msg = { .len = len, .buf = buf, .lent = true };

	return sendbuf_now(ep, &msg);
}
EXPORT_SYMBOL_GPL(ferry_trysend_buf);

/**
 * ferry_send_buf_timeout() - send a buffer, wait for room at most so long
 * @ep:		the endpoint
 * @buf:	as for ferry_trysend_buf()
 * @len:	bytes of the message in it, from its start
 * @timeout_ms:	limit in ms; 0: do not wait
 *
 * Waits for room only, not for @buf: -EBUSY comes at once.
 *
 * Context: process, may sleep. In a callback of the same link too.
 * Return: as ferry_trysend_buf(); -EAGAIN for @timeout_ms 0 only, else -ETIMEDOUT;
 * -ERESTARTSYS on a signal.
 */
int ferry_send_buf_timeout(struct ferry_ep *ep, struct ferry_buf *buf, size_t len,
			   unsigned int timeout_ms)
{
	struct ferry_msg msg = { .len = len, .buf = buf, .lent = true };

	return sendbuf_wait(ep, &msg, timeout_ms);
}
EXPORT_SYMBOL_GPL(ferry_send_buf_timeout);

/**
 * ferry_send_buf() - send a buffer, wait for room
 * @ep:		the endpoint
 * @buf:	as for ferry_trysend_buf()
 * @len:	bytes of the message in it, from its start
 *
 * As ferry_send_buf_timeout() with &ferry_ep_cfg.timeout_ms.
 *
 * Context: process, may sleep.
 * Return: as ferry_send_buf_timeout(), and never -EAGAIN.
 */
int ferry_send_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len)
{
	return ferry_send_buf_timeout(ep, buf, len, ep->cfg.timeout_ms);
}
EXPORT_SYMBOL_GPL(ferry_send_buf);

/**
 * ferry_send_dmabuf_timeout() - send a dma-buf, wait for room at most so long
 * @ep:		the endpoint
 * @dmabuf:	the dma-buf: a buffer of ours that was exported, or anybody's
 * @len:	bytes of the message in it, from its start
 * @timeout_ms:	limit in ms; 0: do not wait
 *
 * It stays imported until the remote is done with it. The caller's reference to @dmabuf
 * stays his.
 *
 * Context: process, may sleep; in a callback of the same link only what is the link's own.
 * Return: as ferry_send_buf_timeout(), or what ferry_buf_import() returned.
 */
int ferry_send_dmabuf_timeout(struct ferry_ep *ep, struct dma_buf *dmabuf, size_t len,
			      unsigned int timeout_ms)
{
	struct ferry_buf *buf;
	int ret;

	if (!ferry_buf_max(ep))
		return ferry_mtu(ep) ? -EOPNOTSUPP : -ENODEV;
	/* Before the work of an import; the buffer itself may be shorter. */
	if (len > dmabuf->size)
		return -EMSGSIZE;
	buf = ferry_buf_import(ep->link, dmabuf);
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	ret = ferry_send_buf_timeout(ep, buf, len, timeout_ms);
	if (ret)
		ferry_buf_put(buf);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_send_dmabuf_timeout);

/**
 * ferry_send_dmabuf() - send a dma-buf, wait for room
 * @ep:		the endpoint
 * @dmabuf:	as for ferry_send_dmabuf_timeout()
 * @len:	bytes of the message in it, from its start
 *
 * As ferry_send_dmabuf_timeout() with &ferry_ep_cfg.timeout_ms.
 *
 * Context: process, may sleep.
 * Return: as ferry_send_dmabuf_timeout(), and never -EAGAIN.
 */
int ferry_send_dmabuf(struct ferry_ep *ep, struct dma_buf *dmabuf, size_t len)
{
	return ferry_send_dmabuf_timeout(ep, dmabuf, len, ep->cfg.timeout_ms);
}
EXPORT_SYMBOL_GPL(ferry_send_dmabuf);

/**
 * ferry_trypost_recv() - lend a buffer to be filled, if there is room
 * @ep:		the endpoint; it has &ferry_ep_cfg.rx_buf
 * @buf:	as for ferry_trysend_buf()
 * @len:	bytes that the remote is to fill at most, from its start; not 0
 *
 * Where the remote sends large messages only into memory that it was given for them. On
 * success the caller's reference is gone, and comes back with @buf in
 * &ferry_ep_cfg.rx_buf; there a length of 0 says that the remote did not fill it. Buffers
 * that it has still when the channel is closed or the link crashes do not come back:
 * they are freed when the remote can reach them no more.
 *
 * Context: any.
 * Return: as ferry_trysend_buf(); -EOPNOTSUPP the channel has no such messages, -EINVAL
 * also when @ep has no rx_buf, or @buf is not aligned as the protocol wants it.
 */
int ferry_trypost_recv(struct ferry_ep *ep, struct ferry_buf *buf, size_t len)
{
	struct ferry_msg msg = { .fill = len, .buf = buf, .lent = true };

	return len ? sendbuf_now(ep, &msg) : -EMSGSIZE;
}
EXPORT_SYMBOL_GPL(ferry_trypost_recv);

/**
 * ferry_post_recv() - lend a buffer to be filled, wait for room
 * @ep:		the endpoint; it has &ferry_ep_cfg.rx_buf
 * @buf:	as for ferry_trysend_buf()
 * @len:	bytes that the remote is to fill at most, from its start; not 0
 *
 * As ferry_trypost_recv(); waits for room to tell the remote, for at most
 * &ferry_ep_cfg.timeout_ms, and not for what it sends.
 *
 * Context: process, may sleep. In a callback of the same link too.
 * Return: as ferry_trypost_recv(), and never -EAGAIN; -ETIMEDOUT; -ERESTARTSYS on a signal.
 */
int ferry_post_recv(struct ferry_ep *ep, struct ferry_buf *buf, size_t len)
{
	struct ferry_msg msg = { .fill = len, .buf = buf, .lent = true };

	return len ? sendbuf_wait(ep, &msg, ep->cfg.timeout_ms) : -EMSGSIZE;
}
EXPORT_SYMBOL_GPL(ferry_post_recv);
