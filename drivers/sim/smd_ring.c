// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rings as the simulated remote reads and writes them. An index is published under the
 * lock, and only in the epoch of the data: the other side may start anew in between.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "smd_private.h"

#define RSMD_WRAPPED_MAX	4096	/* bytes of a packet that may wrap, when not all may */

u32 rsmd_advance(const struct rsmd_chan *ch, u32 index, u32 len)
{
	u64 at = (u64)index + len;

	return at < ch->cfg.ring ? at : at - ch->cfg.ring;
}

static u32 rsmd_distance(const struct rsmd_chan *ch, u32 head, u32 tail)
{
	return head >= tail ? head - tail : ch->cfg.ring - tail + head;
}

/* On a channel of words every access has 32 bits; lengths and offsets are fit for it. */
static void rsmd_copy(const struct rsmd_chan *ch, void *to, const void *from, u32 len)
{
	const u32 *src = from;
	u32 *dst = to;

	if (!ch->cfg.words) {
		memcpy(to, from, len);
		return;
	}
	for (; len; len -= sizeof(u32))
		WRITE_ONCE(*dst++, READ_ONCE(*src++));
}

static void rsmd_ring_get(const struct rsmd_chan *ch, u32 at, void *data, u32 len)
{
	u32 first = min(len, ch->cfg.ring - at);

	rsmd_copy(ch, data, ch->ring[RSMD_THEIRS] + at, first);
	rsmd_copy(ch, data + first, ch->ring[RSMD_THEIRS], len - first);
}

void rsmd_ring_put(struct rsmd_chan *ch, u32 at, const void *data, u32 len)
{
	u32 first = min(len, ch->cfg.ring - at);

	rsmd_copy(ch, ch->ring[RSMD_OURS] + at, data, first);
	rsmd_copy(ch, ch->ring[RSMD_OURS], data + first, len - first);
}

static bool rsmd_is_open(const struct rsmd_chan *ch)
{
	return (ch->state == SMD_OPENED || ch->state == SMD_FLUSHING) &&
	       ch->round_epoch == ch->epoch && !READ_ONCE(ch->sim->dead);
}

/* Nobody but us writes these. */
static void rsmd_check_ours(struct rsmd_chan *ch)
{
	if (ch->lied)
		return;
	if (rsmd_get(ch, RSMD_OURS, RSMD_STATE) != ch->state ||
	    rsmd_get(ch, RSMD_OURS, RSMD_HEAD) != ch->head ||
	    rsmd_get(ch, RSMD_THEIRS, RSMD_TAIL) != ch->tail) {
		rsmd_bad(ch, FERRY_SIM_SMD_BAD_TRESPASS);
		ch->lied = true;	/* say it once */
	}
}

/* Begins a round of a channel; what is half done of an older epoch is dropped. */
bool rsmd_data_flows(struct rsmd_chan *ch)
{
	unsigned long flags;
	bool flows;

	lockdep_assert_held(&ch->sim->round);
	spin_lock_irqsave(&ch->sim->lock, flags);
	if (ch->round_epoch != ch->epoch) {
		ch->round_epoch = ch->epoch;
		ch->has_header = false;
		ch->stuck = false;
		ch->order.left = 0;
	}
	rsmd_check_ours(ch);
	flows = rsmd_is_open(ch) && (ch->seen == SMD_OPENED || ch->seen == SMD_FLUSHING);
	spin_unlock_irqrestore(&ch->sim->lock, flags);
	return flows;
}

/*
 * Called with an index of theirs in hand. When they close they say so first and reset their
 * indices then; the kick that tells of it may still be under way.
 */
static bool rsmd_they_are_open(const struct rsmd_chan *ch)
{
	u32 theirs;

	rmb();	/* the index before the state, as they write them the other way round */
	theirs = rsmd_get(ch, RSMD_THEIRS, RSMD_STATE);
	return theirs == SMD_OPENED || theirs == SMD_FLUSHING;
}

/* How much there is to read; where: ch->tail. */
static u32 rsmd_readable(struct rsmd_chan *ch)
{
	unsigned long flags;
	u32 head, used = 0;

	spin_lock_irqsave(&ch->sim->lock, flags);
	if (rsmd_is_open(ch)) {
		head = rsmd_get(ch, RSMD_THEIRS, RSMD_HEAD);
		if (!rsmd_they_are_open(ch))
			used = 0;
		else if (rsmd_index_ok(ch, head))
			used = rsmd_distance(ch, head, ch->tail);
		else
			rsmd_bad(ch, FERRY_SIM_SMD_BAD_HEAD);
	}
	spin_unlock_irqrestore(&ch->sim->lock, flags);
	rmb();	/* the index before the data */
	return used;
}

/* Gives @len bytes back to the writer. */
static int rsmd_consume(struct rsmd_chan *ch, u32 len)
{
	unsigned long flags;
	int ret = -EAGAIN;

	mb();	/* the data before the index */
	spin_lock_irqsave(&ch->sim->lock, flags);
	if (rsmd_is_open(ch)) {
		ch->tail = rsmd_advance(ch, ch->tail, len);
		rsmd_set(ch, RSMD_THEIRS, RSMD_TAIL, ch->tail);
		wmb();	/* the index before the flag */
		rsmd_raise(ch, RSMD_FTAIL);
		ret = 0;
	}
	spin_unlock_irqrestore(&ch->sim->lock, flags);
	if (!ret && !rsmd_get(ch, RSMD_THEIRS, RSMD_FBLOCKREADINTR))
		rsmd_owe_kick(ch);
	return ret;
}

static bool rsmd_length_ok(const struct rsmd_chan *ch, u32 len)
{
	return len < ch->cfg.ring - sizeof(struct smd_packet) && !(len % ch->granule);
}

/* 0: the header of a packet is known. */
static int rsmd_recv_header(struct rsmd_chan *ch, u32 used)
{
	struct smd_packet packet;

	if (ch->has_header)
		return 0;
	if (used < sizeof(packet))
		return -EAGAIN;
	rsmd_ring_get(ch, ch->tail, &packet, sizeof(packet));
	ch->want = le32_to_cpu(packet.len);
	if (!rsmd_length_ok(ch, ch->want)) {
		rsmd_bad(ch, FERRY_SIM_SMD_BAD_LENGTH);
		rsmd_consume(ch, used);
		return -EBADMSG;
	}
	if (rsmd_consume(ch, sizeof(packet)))
		return -EAGAIN;
	ch->has_header = true;
	return 0;
}

static int rsmd_recv_stream(struct rsmd_chan *ch, u32 used)
{
	if (!used)
		return -EAGAIN;
	rsmd_ring_get(ch, ch->tail, ch->msg, used);
	return rsmd_consume(ch, used) ?: used;
}

/* The length of what is in ch->msg now, or -EAGAIN, or -EBADMSG. */
int rsmd_recv(struct rsmd_chan *ch)
{
	u32 used;
	int ret;

	rsmd_lower(ch, RSMD_THEIRS, RSMD_FHEAD);
	mb();	/* before the look at the index: a later write raises it again */
	used = rsmd_readable(ch);
	if (ch->cfg.stream)
		return rsmd_recv_stream(ch, used);
	ret = rsmd_recv_header(ch, used);
	if (ret)
		return ret;
	used = rsmd_readable(ch);
	if (used < ch->want)
		return -EAGAIN;
	rsmd_ring_get(ch, ch->tail, ch->msg, ch->want);
	ch->has_header = false;
	return rsmd_consume(ch, ch->want) ?: ch->want;
}

/* How much may be written, ch->head being where. */
static u32 rsmd_room(struct rsmd_chan *ch)
{
	unsigned long flags;
	u32 tail, room = 0;

	spin_lock_irqsave(&ch->sim->lock, flags);
	if (rsmd_is_open(ch)) {
		tail = rsmd_get(ch, RSMD_OURS, RSMD_TAIL);
		if (!rsmd_they_are_open(ch))
			room = 0;
		else if (rsmd_index_ok(ch, tail))
			room = ch->cfg.ring - rsmd_distance(ch, ch->head, tail);
		else
			rsmd_bad(ch, FERRY_SIM_SMD_BAD_TAIL);
	}
	spin_unlock_irqrestore(&ch->sim->lock, flags);
	return room > SMD_RING_RESERVE ? room - SMD_RING_RESERVE : 0;
}

/* What was written up to @head is announced. */
int rsmd_publish(struct rsmd_chan *ch, u32 head)
{
	unsigned long flags;
	int ret = -EAGAIN;

	wmb();	/* the data before the index */
	spin_lock_irqsave(&ch->sim->lock, flags);
	if (rsmd_is_open(ch)) {
		ch->head = head;
		rsmd_set(ch, RSMD_OURS, RSMD_HEAD, head);
		wmb();	/* the index before the flag */
		rsmd_raise(ch, RSMD_FHEAD);
		ret = 0;
	}
	spin_unlock_irqrestore(&ch->sim->lock, flags);
	if (!ret)
		rsmd_owe_kick(ch);
	return ret;
}

/* Other firmware may write a packet bit by bit, and say so each time. */
static int rsmd_send_chunks(struct rsmd_chan *ch, const void *data, u32 len)
{
	u32 i;
	int ret;

	for (i = 0; i < len; i += ch->granule) {
		rsmd_ring_put(ch, ch->head, data + i, ch->granule);
		ret = rsmd_publish(ch, rsmd_advance(ch, ch->head, ch->granule));
		if (ret)
			return ret;
		ch->sim->cfg.kick(ch->sim->cfg.data);
	}
	return 0;
}

/* After the announcement: the other side must not trust what it did not copy yet. */
static void rsmd_rewrite(struct rsmd_chan *ch, u32 at, u32 len)
{
	static const u8 noise[16] = { [0 ... 15] = 0xff };

	rsmd_ring_put(ch, at, noise, min_t(u32, len, sizeof(noise)));
}

/* 0: the payload of a packet that is written now does not wrap, or may. */
static int rsmd_go_straight(struct rsmd_chan *ch, u32 len)
{
	static const struct smd_packet empty;
	int ret = 0;

	while (!ret && len > RSMD_WRAPPED_MAX &&
	       rsmd_advance(ch, ch->head, sizeof(empty)) + len >= ch->cfg.ring) {
		if (rsmd_room(ch) < sizeof(empty))
			return -EAGAIN;
		rsmd_ring_put(ch, ch->head, &empty, sizeof(empty));
		ret = rsmd_publish(ch, rsmd_advance(ch, ch->head, sizeof(empty)));
	}
	return ret;
}

/* 0; -EAGAIN: no room; -EMSGSIZE: never. */
int rsmd_send(struct rsmd_chan *ch, const void *data, u32 len)
{
	struct smd_packet packet = { .len = cpu_to_le32(len) };
	u32 header = ch->cfg.stream ? 0 : sizeof(packet);
	u32 start, at;
	int ret = 0;

	if (len + header > ch->cfg.ring - SMD_RING_RESERVE || len % ch->granule)
		return -EMSGSIZE;
	if (rsmd_has(ch, FERRY_SIM_SMD_FAULT(STRAIGHT)) && !ch->cfg.stream)
		ret = rsmd_go_straight(ch, len);
	if (ret || rsmd_room(ch) < len + header) {
		ch->stats.full++;
		return -EAGAIN;
	}
	if (rsmd_lower(ch, RSMD_THEIRS, RSMD_FTAIL))
		ch->stats.read_flags_own++;
	if (!ch->stats.rx && rsmd_lower(ch, RSMD_OURS, RSMD_FTAIL))
		ch->stats.read_flags_ours++;
	start = ch->head;
	rsmd_ring_put(ch, start, &packet, header);
	at = rsmd_advance(ch, start, header);
	if (rsmd_has(ch, FERRY_SIM_SMD_FAULT(CHUNKS))) {
		ret = rsmd_publish(ch, at) ?: rsmd_send_chunks(ch, data, len);
	} else {
		rsmd_ring_put(ch, at, data, len);
		ret = rsmd_publish(ch, rsmd_advance(ch, at, len));
	}
	if (rsmd_has(ch, FERRY_SIM_SMD_FAULT(REWRITE)))
		rsmd_rewrite(ch, at, len);
	if (ret)
		return ret;
	ch->stats.tx++;
	ch->stats.tx_bytes += len;
	return 0;
}
