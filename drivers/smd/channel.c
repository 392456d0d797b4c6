// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMD: the state of a channel.
 *
 * Each side stores its own state and looks at the other's. Both start closed. Whoever
 * opens says opening, goes on to opened when it sees that the other is either, and
 * messages may flow when both are opened.
 *
 * The side that scans opens a channel when a client does, and waits for the remote then.
 * The side that allocates says opening as long as a client has the channel, whether the
 * remote is there or not, and follows it: into opened, and back when it closed.
 */
#include <linux/device.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/rculist.h>

#include "layout.h"
#include "smd.h"

static bool state_is_live(u32 state)
{
	return state == SMD_OPENING || state == SMD_OPENED;
}

/* What the remote says, as one of the states that mean something. */
static u32 peer_says(const struct smd_channel *c)
{
	u32 state = smd_state(c->peer);

	return state > SMD_CLOSING ? SMD_CLOSED : state;
}

/* Under c->lock. The remote is to be rung afterwards. */
static void channel_set_state(struct smd_channel *c, u32 state)
{
	bool opened = state == SMD_OPENED;

	c->state = state;
	smd_set_flag(c->own, SMD_FDSR, c->words, opened);
	smd_set_flag(c->own, SMD_FCTS, c->words, opened);
	smd_set_flag(c->own, SMD_FCD, c->words, opened);
	dma_wmb();	/* each before the next, as the remote may look at any time */
	smd_store(c->own, state);
	dma_wmb();
	smd_set_flag(c->own, SMD_FSTATE, c->words, 1);
}

/* Under c->lock, and no message flows. Both rings begin anew, as far as they are ours. */
static void channel_reset(struct smd_channel *c)
{
	channel_set_state(c, SMD_CLOSED);
	smd_set_flag(c->own, SMD_FRI, c->words, 0);
	smd_set_flag(c->own, SMD_FHEAD, c->words, 0);
	smd_set_flag(c->own, SMD_FTAIL, c->words, 0);
	smd_set_flag(c->own, SMD_FBLOCKREADINTR, c->words, 1);
	ferry_ring_reset(&c->tx);
	ferry_ring_reset(&c->rx);
	ferry_ring_publish(&c->tx, smd_kind(c->words));
	ferry_ring_publish(&c->rx, smd_kind(c->words));
	c->want = 0;
	c->armed = false;
	c->raised = false;
	c->heeds = false;
	c->has_len = false;
}

/* Under c->lock. */
static void channel_set_live(struct smd_channel *c)
{
	c->lives++;
	/* Pairs with the acquire in tx.c and rx.c: what channel_reset() did is done. */
	smp_store_release(&c->live, true);
}

/* Under c->lock. */
static void channel_offer(struct smd_channel *c, bool on)
{
	c->offered = on;
	ferry_channel_announce(&c->ch, on);
}

/* Under c->lock. Scanning: what follows from the states of both. */
static void offer_update(struct smd_channel *c, u32 before)
{
	u32 now = c->peer_state;
	/* It closed and opened again, faster than we look; or it took too long to open. */
	bool anew = (before == SMD_OPENED && now == SMD_OPENING) ||
		    (before == SMD_OPENING && now == SMD_OPENED && c->failed);

	if (c->shaking)
		return;		/* the handshake looks when it ends */
	if (state_is_live(now)) {
		if (!c->offered || anew || c->answers)
			channel_offer(c, true);
		c->answers = false;
		return;
	}
	if (!c->offered || (now == SMD_FLUSHING && c->live))
		return;		/* what it sent is taken first */
	/* It closed because we did, and opens when we do: the next client may have it. */
	if (c->answers)
		return;
	channel_offer(c, c->always);
}

/* Under c->lock. Allocating. */
static void follow_later(struct smd_channel *c)
{
	WRITE_ONCE(c->due, true);
	smd_queue_work(c->smd);
}

/* Under c->lock. Allocating: the remote went, or must be made to go. */
static void follow_let_go(struct smd_channel *c)
{
	WRITE_ONCE(c->live, false);
	channel_set_state(c, SMD_CLOSING);
	smd_kick(c->smd);
	follow_later(c);
}

/* Under c->lock. Allocating: what follows from the states of both. */
static void follow_update(struct smd_channel *c, u32 before)
{
	u32 now = c->peer_state;

	switch (c->state) {
	case SMD_OPENING:
		if (!state_is_live(now))
			return;
		channel_set_state(c, SMD_OPENED);
		channel_set_live(c);
		smd_kick(c->smd);
		return;
	case SMD_OPENED:
		if (now == SMD_FLUSHING && c->live)
			return;
		if (!state_is_live(now) || (now == SMD_OPENING && before == SMD_OPENED))
			follow_let_go(c);
		return;
	default:
		if (c->wanted || c->state == SMD_CLOSING)
			follow_later(c);
	}
}

/* Under c->lock. */
static void peer_update(struct smd_channel *c, u32 before)
{
	if (c->smd->cfg.role == FERRY_SMD_SCANS)
		offer_update(c, before);
	else
		follow_update(c, before);
}

static void peer_changed(struct smd_channel *c)
{
	unsigned long flags;
	u32 before;

	spin_lock_irqsave(&c->lock, flags);
	before = c->peer_state;
	WRITE_ONCE(c->peer_state, peer_says(c));
	if (c->peer_state != before) {
		if (before != SMD_STATE_UNKNOWN) {
			c->answers |= c->await && !c->failed;
			c->await = false;
		}
		c->stale = false;
		peer_update(c, before);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	wake_up_all(&c->smd->wait);
}

static u32 peer_signals(const struct smd_channel *c)
{
	return (smd_flag(c->peer, SMD_FDSR, c->words) ? FERRY_SMD_DSR : 0) |
	       (smd_flag(c->peer, SMD_FCTS, c->words) ? FERRY_SMD_CTS : 0) |
	       (smd_flag(c->peer, SMD_FCD, c->words) ? FERRY_SMD_CD : 0) |
	       (smd_flag(c->peer, SMD_FRI, c->words) ? FERRY_SMD_RI : 0);
}

/* The flag says that state or signals changed, and we that we have seen it. */
static void peer_flagged(struct smd_channel *c)
{
	smd_set_flag(c->peer, SMD_FSTATE, c->words, 0);
	if (!c->smd->cfg.signals)
		return;
	WRITE_ONCE(c->signals_due, true);
	smd_queue_work(c->smd);
}

/* It lives, and says so still: that is as good as a change. */
static void peer_confirmed(struct smd_channel *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	if (c->stale)
		WRITE_ONCE(c->peer_state, SMD_STATE_UNKNOWN);
	spin_unlock_irqrestore(&c->lock, flags);
	peer_changed(c);
}

/* Any context, RCU read side. The remote rang, or may have before that was heard. */
void smd_channel_look(struct smd_channel *c, bool rang)
{
	if (unlikely(smd_flag(c->peer, SMD_FSTATE, c->words)))
		peer_flagged(c);
	if (unlikely(peer_says(c) != READ_ONCE(c->peer_state)))
		peer_changed(c);
	else if (unlikely(rang && READ_ONCE(c->stale)))
		peer_confirmed(c);
	ferry_txq_ready(&c->txq);
}

/* Any context, under the lock of the rxq. All that a remote sent that flushes was taken. */
void smd_channel_drained(struct smd_channel *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	if (c->peer_state == SMD_FLUSHING && c->state == SMD_OPENED) {
		if (c->smd->cfg.role == FERRY_SMD_ALLOCATES)
			follow_let_go(c);
		else if (c->offered)
			channel_offer(c, false);
	}
	spin_unlock_irqrestore(&c->lock, flags);
}

/* Any context. The remote says what cannot be: no byte more is taken from it. */
void smd_channel_break(struct smd_channel *c, const char *why)
{
	unsigned long flags;
	bool first;

	spin_lock_irqsave(&c->lock, flags);
	first = c->live;
	if (first && c->smd->cfg.role == FERRY_SMD_ALLOCATES) {
		follow_let_go(c);
	} else if (first) {
		WRITE_ONCE(c->live, false);
		channel_set_state(c, SMD_CLOSED);
		smd_kick(c->smd);
		channel_offer(c, false);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	if (first)
		dev_err_ratelimited(ferry_link_dev(c->smd->link), "%s: the remote is broken: %s\n",
				    c->ch.name, why);
}

/* Process context. Waits for the remote; false: it took too long. */
static bool peer_wait(struct smd_channel *c, bool (*done)(const struct smd_channel *c))
{
	unsigned long end = jiffies + msecs_to_jiffies(SMD_STAGE_MS);
	struct ferry_smd *smd = c->smd;

	/* In steps: a remote that does not ring is seen, too, and a crash. */
	for (;;) {
		if (peer_says(c) != READ_ONCE(c->peer_state))
			peer_changed(c);
		if (done(c))
			return true;
		if (time_after_eq(jiffies, end) ||
		    ferry_link_state(smd->link) == FERRY_STATE_CRASHED)
			return false;
		wait_event_timeout(smd->wait, done(c), msecs_to_jiffies(20));
	}
}

static bool peer_noticed(const struct smd_channel *c)
{
	return !READ_ONCE(c->await);
}

static bool peer_lives(const struct smd_channel *c)
{
	return state_is_live(READ_ONCE(c->peer_state));
}

static bool peer_opened(const struct smd_channel *c)
{
	return READ_ONCE(c->peer_state) == SMD_OPENED;
}

static void channel_say(struct smd_channel *c, u32 state)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	channel_set_state(c, state);
	spin_unlock_irqrestore(&c->lock, flags);
	smd_kick(c->smd);
}

/* The handshake is over, for better or for worse; what was not acted on is now. */
static void scans_shake_end(struct smd_channel *c, bool opened)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	c->shaking = false;
	c->failed = !opened;
	c->answers = false;
	if (opened) {
		c->await = false;
		channel_set_live(c);
	} else {
		channel_reset(c);
	}
	offer_update(c, c->peer_state);
	spin_unlock_irqrestore(&c->lock, flags);
	if (!opened)
		smd_kick(c->smd);
}

static int scans_open(struct smd_channel *c)
{
	unsigned long flags;
	bool opened;

	spin_lock_irqsave(&c->lock, flags);
	c->shaking = true;
	spin_unlock_irqrestore(&c->lock, flags);
	/* One that still thinks itself open would go on with its old rings. */
	peer_wait(c, peer_noticed);
	channel_say(c, SMD_OPENING);
	opened = peer_wait(c, peer_lives);
	if (opened) {
		channel_say(c, SMD_OPENED);
		opened = peer_wait(c, peer_opened);
	}
	scans_shake_end(c, opened);
	if (opened)
		return 0;
	return ferry_link_state(c->smd->link) == FERRY_STATE_CRASHED ? -ENOLINK : -ETIMEDOUT;
}

/* Under c->lock. Allocating: waits for the remote, once that knows of the end of before. */
static void follow_begin(struct smd_channel *c)
{
	if (c->await)
		return;
	channel_set_state(c, SMD_OPENING);
	smd_kick(c->smd);
	follow_update(c, c->peer_state);
}

/* Process context, under the mutex of the link. 0, -ETIMEDOUT, -ENOLINK. */
int smd_channel_open(struct ferry_channel *ch)
{
	struct smd_channel *c = smd_channel_of(ch);
	unsigned long flags;

	if (c->smd->cfg.role == FERRY_SMD_SCANS)
		return scans_open(c);
	if (peer_says(c) != READ_ONCE(c->peer_state))
		peer_changed(c);	/* its ring is still on the way */
	spin_lock_irqsave(&c->lock, flags);
	c->wanted = true;
	if (c->state == SMD_CLOSED)
		follow_begin(c);
	spin_unlock_irqrestore(&c->lock, flags);
	return 0;
}

/* Process context, under the mutex of the link. */
void smd_channel_close(struct ferry_channel *ch)
{
	struct smd_channel *c = smd_channel_of(ch);
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	c->wanted = false;
	WRITE_ONCE(c->live, false);
	spin_unlock_irqrestore(&c->lock, flags);
	synchronize_rcu();	/* the core holds it over xmit and poll */
	spin_lock_irqsave(&c->lock, flags);
	channel_reset(c);
	c->await = state_is_live(c->peer_state);
	spin_unlock_irqrestore(&c->lock, flags);
	smd_kick(c->smd);
}

/* Allocating: the remote closed. When it says so itself all begins anew. */
static void follow_work(struct smd_channel *c)
{
	unsigned long flags;
	u32 lives, peer;

	spin_lock_irqsave(&c->lock, flags);
	lives = c->lives;
	spin_unlock_irqrestore(&c->lock, flags);
	synchronize_rcu();	/* the core holds it over xmit and poll */
	ferry_txq_ready(&c->txq);	/* those who wait get -EPIPE */

	spin_lock_irqsave(&c->lock, flags);
	peer = c->peer_state;
	if (c->live || c->lives != lives || (peer != SMD_CLOSED && peer != SMD_OPENING))
		goto unlock;
	if (c->state == SMD_CLOSING || (c->state == SMD_CLOSED && c->wanted)) {
		channel_reset(c);
		if (c->wanted)
			follow_begin(c);
		else
			smd_kick(c->smd);
	}
unlock:
	spin_unlock_irqrestore(&c->lock, flags);
}

/* Process context. */
void smd_channel_work(struct smd_channel *c)
{
	const struct ferry_smd_cfg *cfg = &c->smd->cfg;

	if (READ_ONCE(c->signals_due)) {
		u32 now;

		WRITE_ONCE(c->signals_due, false);
		now = peer_signals(c);
		if (now != c->signals)
			cfg->signals(cfg->priv, c->ch.name, now);
		c->signals = now;
	}
	if (READ_ONCE(c->due)) {
		WRITE_ONCE(c->due, false);
		follow_work(c);
	}
}

/* Any context. The core knows the channel, the link runs or is about to. */
void smd_channel_offer(struct smd_channel *c)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	/* What we made is there for our clients before the remote comes: it waits for them. */
	if ((c->always || c->smd->cfg.role == FERRY_SMD_ALLOCATES) && !c->offered)
		channel_offer(c, true);
	spin_unlock_irqrestore(&c->lock, flags);
}

/*
 * Process context. The link starts, or the channel was found: all begins at zero. @again:
 * that the remote has it opened may be of an earlier life, and is believed when it rings
 * or says something else. Its first ring may have come before anybody heard it: that it
 * is opening is no more than a wish, and always believed.
 */
void smd_channel_start(struct smd_channel *c, bool again)
{
	u32 says = peer_says(c);
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	channel_reset(c);
	/* The side that scans may not have noticed that ours is another life. */
	c->await = c->smd->cfg.role == FERRY_SMD_ALLOCATES && says == SMD_OPENED;
	c->answers = false;
	c->offered = false;
	c->stale = again && says == SMD_OPENED;
	c->peer_state = c->stale ? SMD_OPENED : SMD_STATE_UNKNOWN;
	spin_unlock_irqrestore(&c->lock, flags);
}

static struct smd_channel *channel_find(struct ferry_smd *smd, const char *name)
{
	struct smd_channel *c;

	list_for_each_entry_rcu(c, &smd->channels, node)
		if (!strcmp(c->ch.name, name))
			return c;
	return NULL;
}

/**
 * ferry_smd_signals - which signals are on at the remote?
 * @smd:	the edge
 * @channel:	name of the channel
 *
 * Context: any.
 *
 * Return: FERRY_SMD_DSR and so on, or -ENOENT.
 */
int ferry_smd_signals(struct ferry_smd *smd, const char *channel)
{
	struct smd_channel *c;
	int ret;

	rcu_read_lock();
	c = channel_find(smd, channel);
	ret = c ? peer_signals(c) : -ENOENT;
	rcu_read_unlock();
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_smd_signals);

/* 0, or -ENOTCONN. */
static int channel_set_signals(struct smd_channel *c, u32 mask, u32 signals)
{
	unsigned long flags;
	unsigned int i;
	int ret = -ENOTCONN;

	spin_lock_irqsave(&c->lock, flags);
	if (c->state == SMD_OPENED) {
		for (i = 0; i < 4; i++)
			if (mask & BIT(i))
				smd_set_flag(c->own, SMD_FDSR + i, c->words, !!(signals & BIT(i)));
		dma_wmb();	/* what changed, then that it did */
		smd_set_flag(c->own, SMD_FSTATE, c->words, 1);
		ret = 0;
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return ret;
}

/**
 * ferry_smd_set_signals - change our signals
 * @smd:	the edge
 * @channel:	name of the channel
 * @mask:	which: FERRY_SMD_DSR and so on
 * @signals:	and how
 *
 * They hold until the channel is opened or closed.
 *
 * Context: any.
 *
 * Return: 0, -ENOENT, -ENOTCONN the channel is not opened, -EINVAL.
 */
int ferry_smd_set_signals(struct ferry_smd *smd, const char *channel, u32 mask, u32 signals)
{
	struct smd_channel *c;
	int ret;

	if (mask & ~(u32)(FERRY_SMD_DSR | FERRY_SMD_CTS | FERRY_SMD_CD | FERRY_SMD_RI))
		return -EINVAL;
	rcu_read_lock();
	c = channel_find(smd, channel);
	ret = c ? channel_set_signals(c, mask, signals) : -ENOENT;
	rcu_read_unlock();
	if (!ret)
		smd_kick(smd);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_smd_set_signals);
