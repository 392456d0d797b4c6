// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMD: sending.
 *
 * The index of the reader is looked at only when the room that was left of the last look
 * does not suffice, and our own is published once for all that was written since the
 * doorbell was rung last. So a message costs the shared memory its own bytes, and a batch
 * costs it two stores and a load more.
 *
 * A reader lowers our flag when it is rung, and looks at the index after that. While the flag
 * is up the ring before has not been heard yet, and this look is still to come: there is no
 * need to ring again. That is believed only of a reader that was seen to lower the flag, and
 * a ring that was spared is made up for if the flag stays up.
 */
#include "layout.h"
#include "smd.h"

/* Locked. How far is the reader? 0, or -EPIPE. */
static __always_inline int tx_look(struct smd_channel *c, bool words)
{
	/* What the reader says after this it says of what it has read after this. */
	smd_set_flag(c->peer, SMD_FTAIL, words, 0);
	if (likely(!ferry_ring_look_space(&c->tx, smd_kind(words))))
		return 0;
	dma_rmb();	/* the index before the state */
	if (smd_is_open(c->peer))
		smd_channel_break(c, "it has read what was not written");
	return -EPIPE;
}

/* Locked. What is missing comes later. */
static __always_inline int tx_make_room(struct smd_channel *c, u32 need, bool words)
{
	int ret = tx_look(c, words);

	if (ret)
		return ret;
	if (need > ferry_ring_space(&c->tx)) {
		c->want = need;
		return -EAGAIN;
	}
	c->want = 0;
	mb();	/* the room is free before it is written to */
	return 0;
}

/* Locked; the index was published. The reader was rung and will look at it, but has not yet. */
static __always_inline bool tx_unseen(struct smd_channel *c, bool words)
{
	mb();	/* the index, then the look; the reader lowers the flag, then looks at the index */
	if (smd_flag(c->own, SMD_FHEAD, words))
		return c->heeds;
	c->heeds = c->raised;
	return false;
}

static __always_inline void tx_kick(struct ferry_txq *txq, bool words)
{
	struct smd_channel *c = container_of(txq, struct smd_channel, txq);

	dma_wmb();	/* what was written, then that it was; pairs with the reader's barrier */
	ferry_ring_publish(&c->tx, smd_kind(words));
	if (tx_unseen(c, words)) {
		smd_kick_later(c->smd);
		return;
	}
	c->raised = true;
	smd_set_flag(c->own, SMD_FHEAD, words, 1);
	smd_kick(c->smd);
}

/*
 * Any context. Some time after a ring was spared. True: the reader must be rung for it, as
 * not all was read: it has not come to it, or its look at the index was before it lowered
 * the flag. If all was read and the flag is as it was, that means nothing to it.
 */
bool smd_channel_unheard(struct smd_channel *c)
{
	if (!READ_ONCE(c->live))
		return false;
	if (smd_load(c->tx.other) != READ_ONCE(c->tx.pos))
		return true;
	if (smd_flag(c->own, SMD_FHEAD, c->words))
		WRITE_ONCE(c->heeds, false);
	return false;
}

/*
 * Locked. Empty packets, until a packet of @len bytes neither wraps nor ends where the ring
 * does: in one round of the ring there is such a place for the longest. They are published
 * at once, or the room for what follows would never come.
 */
static noinline int tx_go_straight(struct smd_channel *c, u32 len, bool words)
{
	static const struct smd_packet empty;
	u32 size = c->tx.size;
	bool filled = false;
	int ret = 0;

	while ((c->tx.pos + sizeof(empty)) % size + len >= size) {
		if (sizeof(empty) > ferry_ring_space(&c->tx)) {
			ret = tx_make_room(c, sizeof(empty), words);
			if (ret)
				break;
		}
		ferry_ring_write(&c->tx, smd_kind(words), &empty, sizeof(empty));
		filled = true;
	}
	if (filled)
		tx_kick(&c->txq, words);
	return ret;
}

static __always_inline int tx_xmit(struct ferry_channel *ch, struct ferry_msg *msg, bool words)
{
	struct smd_channel *c = smd_channel_of(ch);
	struct smd_packet header = { .len = cpu_to_le32(msg->len) };
	u32 need = msg->len + (c->stream ? 0 : sizeof(header));
	bool claimed;
	int ret;

	/* Pairs with the release in channel.c: the ring is as it is at the start. */
	if (unlikely(!smp_load_acquire(&c->live)))
		return -EPIPE;
	if (words && unlikely(msg->len % 4))
		return -EINVAL;
	if (unlikely(!msg->len))
		return 0;	/* no reader would notice */
	if (unlikely(msg->len > SMD_STRAIGHT_MAX) && c->smd->cfg.straight && !c->stream) {
		ret = tx_go_straight(c, msg->len, words);
		if (ret)
			return ret;
	}
	if (need > ferry_ring_space(&c->tx)) {
		ret = tx_make_room(c, need, words);
		if (ret)
			return ret;
	}
	claimed = ferry_txq_copy_begin(&c->txq, msg->len);
	if (!c->stream)
		ferry_ring_write(&c->tx, smd_kind(words), &header, sizeof(header));
	ferry_ring_write(&c->tx, smd_kind(words), msg->data, msg->len);
	ferry_txq_copy_end(&c->txq, claimed);
	return 0;
}

static int tx_xmit_bytes(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	return tx_xmit(ch, msg, false);
}

static int tx_xmit_words(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	return tx_xmit(ch, msg, true);
}

static void tx_kick_bytes(struct ferry_txq *txq)
{
	tx_kick(txq, false);
}

static void tx_kick_words(struct ferry_txq *txq)
{
	tx_kick(txq, true);
}

/* True: there is room for what failed last, or it will fail at once. */
static bool tx_arm(struct ferry_txq *txq, bool on)
{
	struct smd_channel *c = container_of(txq, struct smd_channel, txq);

	if (!READ_ONCE(c->live))
		return on;
	if (on != c->armed) {
		c->armed = on;
		smd_set_flag(c->own, SMD_FBLOCKREADINTR, c->words, !on);
		mb();	/* first ask to be rung, then look; pairs with the reader's barrier */
	}
	if (!on)
		return false;
	/* A client that sends from a callback keeps the thread from doing that. */
	smd_bell_arm(c->smd);
	if (tx_look(c, c->words))
		return true;
	if (ferry_ring_space(&c->tx) < max_t(u32, c->want, sizeof(struct smd_packet) + 4))
		return false;
	mb();	/* as in tx_make_room() */
	return true;
}

const struct ferry_channel_ops smd_ops_bytes = {
	.open = smd_channel_open,
	.close = smd_channel_close,
	.xmit = tx_xmit_bytes,
};

const struct ferry_channel_ops smd_ops_words = {
	.open = smd_channel_open,
	.close = smd_channel_close,
	.xmit = tx_xmit_words,
};

const struct ferry_txq_ops smd_txq_ops_bytes = {
	.kick = tx_kick_bytes,
	.tx_arm = tx_arm,
};

const struct ferry_txq_ops smd_txq_ops_words = {
	.kick = tx_kick_words,
	.tx_arm = tx_arm,
};
