// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMD: receiving.
 *
 * A channel on which nothing came costs two loads and no lock. What came is taken until the
 * ring is empty, then the writer is told once, and then it is looked once more: who writes
 * behind that look rings. Its flag is lowered before each look, as a writer may ring only
 * when it raises that.
 */
#include "layout.h"
#include "smd.h"

/* Who wants more than a part of what a stream brought at once? */
#define RX_STREAM_MAX		FERRY_COPY_MAX

/* What became of the next message. */
enum rx_next {
	RX_TAKEN,
	RX_NOT_THERE,	/* (not all of it) */
	RX_WAITS,	/* nobody has room for it */
	RX_BROKEN,
};

/* Locked. Where the next message ends, if all of it is there. */
static __always_inline enum rx_next rx_find(struct smd_channel *c, bool words)
{
	__le32 len;

	if (c->stream) {
		c->len = min_t(u32, ferry_ring_avail(&c->rx), RX_STREAM_MAX);
		return c->len ? RX_TAKEN : RX_NOT_THERE;
	}
	if (!c->has_len) {
		if (ferry_ring_avail(&c->rx) < sizeof(struct smd_packet))
			return RX_NOT_THERE;
		ferry_ring_peek(&c->rx, smd_kind(words), &len, sizeof(len));
		c->len = le32_to_cpu(len);
		if (unlikely(c->len > c->rx.size - SMD_RING_RESERVE || (words && c->len % 4))) {
			smd_channel_break(c, "no packet can be so long");
			return RX_BROKEN;
		}
		ferry_ring_advance(&c->rx, sizeof(struct smd_packet));
		c->has_len = true;
	}
	return c->len <= ferry_ring_avail(&c->rx) ? RX_TAKEN : RX_NOT_THERE;
}

static enum rx_next rx_refused(struct smd_channel *c, int why)
{
	/* The endpoint comes when it is open; its queue drains. */
	if (why == -EAGAIN || why == -ENOBUFS ||
	    (why == -ENOTCONN && !ferry_channel_has_ep(&c->ch)))
		return RX_WAITS;
	ferry_ring_advance(&c->rx, c->len);
	c->has_len = false;
	ferry_rx_drop(&c->rxq, &c->ch, why == -EMSGSIZE ? FERRY_DROP_BAD_LENGTH :
							 FERRY_DROP_NOT_OPEN);
	return RX_TAKEN;
}

/* Locked. */
static __always_inline enum rx_next rx_take(struct smd_channel *c, bool words)
{
	enum rx_next next = rx_find(c, words);
	bool claimed;
	void *room;

	if (next != RX_TAKEN)
		return next;
	if (unlikely(!c->len)) {
		c->has_len = false;	/* it says nothing, and counts as work */
		return RX_TAKEN;
	}
	room = ferry_rx_get(&c->ch, c->len);
	if (IS_ERR(room))
		return rx_refused(c, PTR_ERR(room));
	claimed = ferry_rxq_copy_begin(&c->rxq, c->len);
	ferry_ring_peek(&c->rx, smd_kind(words), room, c->len);
	ferry_rxq_copy_end(&c->rxq, claimed);
	ferry_ring_advance(&c->rx, c->len);
	c->has_len = false;
	ferry_rx_put(&c->ch, room, c->len);
	return RX_TAKEN;
}

/* Locked. Tells the writer how far we are, and that we shall look again. */
static __always_inline void rx_tell(struct smd_channel *c, bool words)
{
	mb();	/* what was read was read before it is overwritten */
	ferry_ring_publish(&c->rx, smd_kind(words));
	dma_wmb();	/* who sees the flag sees the index */
	smd_set_flag(c->own, SMD_FTAIL, words, 1);
	smd_set_flag(c->peer, SMD_FHEAD, words, 0);
	/* Before the index of the writer, and the wish of one who waits, are read. */
	mb();
	if (!smd_flag(c->peer, SMD_FBLOCKREADINTR, words))
		smd_kick(c->smd);
}

/* Any context, no lock. Nothing is in the ring, and its writer knows that we know. */
static __always_inline bool rx_idle(struct ferry_rxq *rxq, bool words)
{
	struct smd_channel *c = container_of(rxq, struct smd_channel, rxq);

	/* Pairs with the release in channel.c: the ring is as it is at the start. */
	if (!smp_load_acquire(&c->live))
		return true;
	return smd_load(c->rx.other) == READ_ONCE(c->rx.pos) &&
	       !smd_flag(c->peer, SMD_FHEAD, words) &&
	       READ_ONCE(c->peer_state) != SMD_FLUSHING;
}

static __always_inline int rx_poll(struct ferry_rxq *rxq, int budget, bool words)
{
	struct smd_channel *c = container_of(rxq, struct smd_channel, rxq);
	enum rx_next next = RX_TAKEN;
	int n = 0;

	/* Pairs with the release in channel.c: the ring is as it is at the start. */
	if (!smp_load_acquire(&c->live))
		return 0;
	if (smd_flag(c->peer, SMD_FHEAD, words)) {
		smd_set_flag(c->peer, SMD_FHEAD, words, 0);
		mb();	/* before the index; pairs with the one in tx_unseen() */
	}
	while (n < budget && next == RX_TAKEN) {
		u32 pos = c->rx.pos;

		if (unlikely(ferry_ring_look_avail(&c->rx, smd_kind(words)))) {
			smd_channel_break(c, "it has written what is no place");
			return n;
		}
		if (!ferry_ring_avail(&c->rx)) {
			next = RX_NOT_THERE;
			break;
		}
		/* The index before what it covers and before the state; pairs with the writer. */
		dma_rmb();
		if (unlikely(!smd_is_open(c->peer)))
			return n;	/* the index may be that of an empty ring */
		do {
			next = rx_take(c, words);
			n += next == RX_TAKEN;
		} while (n < budget && next == RX_TAKEN && ferry_ring_avail(&c->rx));
		if (next == RX_BROKEN)
			return n;
		if (c->rx.pos != pos)
			rx_tell(c, words);
	}
	if (unlikely(next == RX_NOT_THERE && READ_ONCE(c->peer_state) == SMD_FLUSHING))
		smd_channel_drained(c);
	return n;
}

static bool rx_idle_bytes(struct ferry_rxq *rxq)
{
	return rx_idle(rxq, false);
}

static bool rx_idle_words(struct ferry_rxq *rxq)
{
	return rx_idle(rxq, true);
}

static int rx_poll_bytes(struct ferry_rxq *rxq, int budget)
{
	return rx_poll(rxq, budget, false);
}

static int rx_poll_words(struct ferry_rxq *rxq, int budget)
{
	return rx_poll(rxq, budget, true);
}

const struct ferry_rxq_ops smd_rxq_ops_bytes = {
	.poll = rx_poll_bytes,
	.idle = rx_idle_bytes,
};

const struct ferry_rxq_ops smd_rxq_ops_words = {
	.poll = rx_poll_words,
	.idle = rx_idle_words,
};
