// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah: a channel, over a port in each direction or in one.
 *
 * The port does the work. What is received goes to a private buffer first, since its length
 * is not known before, and may have to wait there for room.
 */
#include <linux/err.h>
#include <linux/ferry/link.h>
#include <linux/string.h>

#include "gunyah.h"

static struct ferry_gunyah_channel *to_gunyah(struct ferry_channel *ch)
{
	return container_of(ch, struct ferry_gunyah_channel, ch);
}

/* Under the lock of the txq. */
static int channel_xmit(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	struct ferry_gunyah_channel *c = to_gunyah(ch);
	int ret = ferry_port_send(c->tx, msg->data, msg->len, more ? FERRY_MORE : 0);

	if (ret != -EPIPE)
		return ret;
	gunyah_peer_lost(c->peer);
	return -ENOLINK;
}

/* Under the mutex of the link. */
static int channel_open(struct ferry_channel *ch)
{
	return READ_ONCE(to_gunyah(ch)->broken) ? -EPIPE : 0;
}

const struct ferry_channel_ops gunyah_channel_ops = {
	.open = channel_open,
	.xmit = channel_xmit,
};

static bool channel_tx_arm(struct ferry_txq *txq, bool on)
{
	return ferry_port_tx_arm(container_of(txq, struct ferry_gunyah_channel, txq)->tx, on);
}

const struct ferry_txq_ops gunyah_txq_ops = {
	.tx_arm = channel_tx_arm,
};

/* Under the lock of the rxq. */
static void channel_failed(struct ferry_gunyah_channel *c, ssize_t why)
{
	if (why == -EAGAIN || READ_ONCE(c->broken))
		return;
	if (why == -EPIPE) {
		gunyah_peer_lost(c->peer);
		return;
	}
	WRITE_ONCE(c->broken, true);
	ferry_rx_drop(&c->rxq, &c->ch, FERRY_DROP_BAD_LENGTH);
	ferry_channel_announce(&c->ch, false);
}

/* Under the lock of the rxq. Is there a message in the buffer? */
static bool channel_fetch(struct ferry_gunyah_channel *c)
{
	ssize_t len;

	WRITE_ONCE(c->waits, !ferry_channel_has_ep(&c->ch));
	if (c->waits)
		return false;
	if (c->len)
		return true;
	len = ferry_port_recv(c->rx, c->buf, sizeof(c->buf));
	if (len < 0)
		channel_failed(c, len);
	else
		c->len = len;
	return c->len;
}

/* Under the lock of the rxq. False: it has to wait. */
static bool channel_deliver(struct ferry_gunyah_channel *c)
{
	size_t len = c->len;
	void *room = ferry_rx_get(&c->ch, len);

	if (room == ERR_PTR(-EAGAIN) || room == ERR_PTR(-ENOBUFS)) {
		WRITE_ONCE(c->waits, true);
		return false;
	}
	c->len = 0;
	if (IS_ERR(room)) {
		ferry_rx_drop(&c->rxq, &c->ch, room == ERR_PTR(-EMSGSIZE) ?
					       FERRY_DROP_BAD_LENGTH : FERRY_DROP_NOT_OPEN);
		return true;
	}
	memcpy(room, c->buf, len);
	ferry_rx_put(&c->ch, room, len);
	return true;
}

static int channel_poll(struct ferry_rxq *rxq, int budget)
{
	struct ferry_gunyah_channel *c = container_of(rxq, struct ferry_gunyah_channel, rxq);
	int n;

	for (n = 0; n < budget; n++)
		if (!channel_fetch(c) || !channel_deliver(c))
			break;
	return n;
}

const struct ferry_rxq_ops gunyah_rxq_ops = {
	.poll = channel_poll,
};

bool gunyah_channel_rearm(struct ferry_gunyah_channel *c)
{
	return c->rx && !READ_ONCE(c->waits) && ferry_port_rx_arm(c->rx);
}

static void channel_rx(struct ferry_port *port, void *data)
{
	struct ferry_gunyah_channel *c = data;

	ferry_link_rx_irq(c->peer->link);
}

static void channel_tx_ready(struct ferry_port *port, void *data)
{
	struct ferry_gunyah_channel *c = data;

	ferry_txq_ready(&c->txq);
}

static const struct ferry_port_user channel_port_user = {
	.rx = channel_rx,
	.tx_ready = channel_tx_ready,
};

int gunyah_channel_start(struct ferry_gunyah_channel *c)
{
	int ret = 0;

	lockdep_assert_held(&c->peer->lock);
	if (c->broken)
		return 0;	/* the others need not suffer */
	if (c->tx)
		ret = ferry_port_start(c->tx, &channel_port_user, c);
	if (ret || !c->rx)
		return ret;
	ret = ferry_port_start(c->rx, &channel_port_user, c);
	if (ret && c->tx)
		ferry_port_stop(c->tx);
	return ret;
}

void gunyah_channel_stop(struct ferry_gunyah_channel *c)
{
	if (c->rx)
		ferry_port_stop(c->rx);
	if (c->tx)
		ferry_port_stop(c->tx);
}
