// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: sending.
 *
 * Which slots are ours, what is in them and whose quota that is, is known here: what the VPU
 * says is one number, that of the slots it gave back, and which they are. Both are checked
 * against what it was given.
 *
 * No message crosses the end of a slot. The position is published once for all that was
 * written since the doorbell was rung last.
 */
#include <linux/bitfield.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "vchiq.h"

/* What is posted: a message as it goes into a slot, but for its size. */
struct tx_control {
	__le32 msgid;
	u8 payload[FERRY_LANE_MSG - sizeof(__le32)];
};

static u32 tx_id(enum vchiq_type type, u16 src, u16 dst)
{
	return FIELD_PREP(VCHIQ_ID_TYPE, type) | FIELD_PREP(VCHIQ_ID_SRC, src) |
	       FIELD_PREP(VCHIQ_ID_DST, dst);
}

static struct vchiq_own *tx_own(struct vchiq_tx *tx, unsigned int slot)
{
	return &tx->own[slot - tx->first];
}

/* Is there a slot that was begun and is not full? */
static bool tx_in_slot(const struct vchiq_tx *tx)
{
	return tx->pos != tx->begun * VCHIQ_SLOT_SIZE;
}

/* Locked. Who had messages in the slot may send as many again. */
static void tx_give_quota(struct vchiq_tx *tx, struct vchiq_own *own)
{
	unsigned int i;

	for (i = 0; i < own->nr; i++) {
		struct vchiq_quota *quota = &tx->quota[own->use[i].port];

		quota->msgs -= own->use[i].msgs;
		quota->slots--;
	}
	tx->data_slots -= own->data;
	own->nr = 0;
	own->data = false;
	own->out = false;
}

/* Locked. Is it one that the VPU can give back? */
static bool tx_may_return(struct vchiq_tx *tx, u32 slot)
{
	if (slot < tx->first || slot - tx->first >= tx->nr || !tx_own(tx, slot)->out)
		return false;
	return !tx_in_slot(tx) || slot != tx->slot;
}

/* Locked. Takes what the VPU gave back. True: there was something. */
static bool tx_reclaim(struct ferry_vchiq *vc)
{
	struct vchiq_tx *tx = &vc->tx;
	u32 n = vchiq_load(&vc->own->slot_queue_recycle) - tx->avail;
	u32 slot;

	if (likely(!n))
		return false;
	if (n > tx->nr - (tx->avail - tx->begun)) {
		ferry_link_crash(vc->link, "it gave back more slots than it had");
		return false;
	}
	dma_rmb();	/* the counter, then the entries; pairs with the VPU's barrier */
	while (n--) {
		unsigned int i = tx->avail % VCHIQ_SIDE_SLOTS;

		slot = vchiq_load(&vc->own->slot_queue[i]);
		if (!tx_may_return(tx, slot)) {
			ferry_link_crash(vc->link, "it gave back a slot that it did not have");
			return false;
		}
		tx_give_quota(tx, tx_own(tx, slot));
		tx->queue[i] = slot;
		tx->avail++;
	}
	mb();	/* the slots were read before they are written to */
	return true;
}

/* Locked. The VPU is told of all that was written. */
static void tx_publish(struct ferry_vchiq *vc)
{
	struct vchiq_tx *tx = &vc->tx;

	if (tx->told == tx->pos)
		return;
	dma_wmb();	/* the messages, then the position; pairs with the VPU's barrier */
	vchiq_store(&vc->own->tx_pos, tx->pos);
	tx->told = tx->pos;
	vchiq_signal(vc, &vc->peer->trigger);
}

static void tx_header(struct ferry_vchiq *vc, u32 msgid, u32 size)
{
	struct vchiq_header *header;

	header = (void *)(vchiq_slot(vc, vc->tx.slot) + vc->tx.pos % VCHIQ_SLOT_SIZE);
	vchiq_store(&header->msgid, msgid);
	vchiq_store(&header->size, size);
}

/* Locked. Nothing of @stride bytes fits into the rest of the slot. */
static void tx_pad(struct ferry_vchiq *vc, u32 stride)
{
	u32 room = -vc->tx.pos % VCHIQ_SLOT_SIZE;

	if (!room || stride <= room)
		return;
	tx_header(vc, VCHIQ_PADDING, room - sizeof(struct vchiq_header));
	vc->tx.pos += room;
}

/* Locked. Its quota, or the one of all, is used up; what is used of it may come back. */
static bool tx_over_quota(const struct vchiq_tx *tx, const struct vchiq_quota *quota)
{
	bool in_slot = tx_in_slot(tx);
	bool has_slot = in_slot && quota->slot == tx->begun && quota->slots;

	return quota->msgs >= tx->max_msgs || (!has_slot && quota->slots >= tx->max_slots) ||
	       (!(in_slot && tx->own[tx->slot - tx->first].data) && tx->data_slots >= tx->max_data);
}

/* Locked. The next slot is begun, if there is one. */
static bool tx_begin_slot(struct vchiq_tx *tx)
{
	if (tx_in_slot(tx))
		return true;
	if (tx->avail == tx->begun)
		return false;
	tx->slot = tx->queue[tx->begun % VCHIQ_SIDE_SLOTS];
	tx->begun++;
	tx_own(tx, tx->slot)->out = true;
	return true;
}

/* Locked. Room for @stride bytes at the position; @quota: NULL for messages that have none. */
static enum vchiq_want tx_try_room(struct ferry_vchiq *vc, const struct vchiq_quota *quota)
{
	if (quota && tx_over_quota(&vc->tx, quota))
		return VCHIQ_WANT_QUOTA;
	return tx_begin_slot(&vc->tx) ? VCHIQ_WANT_NONE : VCHIQ_WANT_SLOT;
}

static int tx_room(struct ferry_vchiq *vc, u32 stride, const struct vchiq_quota *quota)
{
	struct vchiq_tx *tx = &vc->tx;

	if (unlikely(tx->paused)) {
		tx->want = VCHIQ_WANT_RESUME;
		return -EAGAIN;
	}
	tx_pad(vc, stride);
	tx->want = tx_try_room(vc, quota);
	if (unlikely(tx->want) && tx_reclaim(vc))
		tx->want = tx_try_room(vc, quota);
	if (likely(!tx->want))
		return 0;
	/* What fills the slot must be seen, or it would never come back. */
	tx_publish(vc);
	return -EAGAIN;
}

/* Locked. */
static void tx_write(struct ferry_vchiq *vc, u32 msgid, const void *payload, u32 size)
{
	struct vchiq_tx *tx = &vc->tx;

	memcpy(vchiq_slot(vc, tx->slot) + tx->pos % VCHIQ_SLOT_SIZE + sizeof(struct vchiq_header),
	       payload, size);
	tx_header(vc, msgid, size);
	tx->pos += vchiq_stride(size);
}

/* Locked. One more message of @port is in the slot. */
static void tx_take_quota(struct vchiq_tx *tx, u16 port)
{
	struct vchiq_own *own = tx_own(tx, tx->slot);
	struct vchiq_quota *quota = &tx->quota[port];

	quota->msgs++;
	if (quota->slot == tx->begun && quota->slots) {
		own->use[quota->entry].msgs++;
		return;
	}
	quota->slot = tx->begun;
	quota->slots++;
	quota->entry = own->nr;
	own->use[own->nr++] = (struct vchiq_use){ .port = port, .msgs = 1 };
	tx->data_slots += !own->data;
	own->data = true;
}

/* Locked. The VPU is asked to move the bytes of a buffer. */
static int tx_bulk(struct vchiq_service *s, const struct ferry_msg *msg)
{
	enum vchiq_type type = msg->fill ? VCHIQ_BULK_RX : VCHIQ_BULK_TX;
	struct ferry_vchiq *vc = s->vc;
	struct vchiq_bulk ask;
	int ret;

	ret = vchiq_bulk_room(s, msg);
	if (ret == -EAGAIN)
		vc->tx.want = VCHIQ_WANT_TRANSFER;
	if (!ret)
		ret = tx_room(vc, vchiq_stride(sizeof(ask)), NULL);
	if (!ret)
		ret = vchiq_bulk_begin(s, msg, &ask);
	if (!ret)
		tx_write(vc, tx_id(type, s->port, s->peer), &ask, sizeof(ask));
	return ret;
}

static int tx_xmit(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	struct vchiq_service *s = vchiq_service_of(ch);
	struct ferry_vchiq *vc = s->vc;
	int ret;

	if (unlikely(READ_ONCE(s->state) != VCHIQ_OPENED))
		return -EPIPE;
	if (unlikely(!msg->len && !msg->fill))
		return -EMSGSIZE;
	if (unlikely(msg->lent))
		return tx_bulk(s, msg);
	ret = tx_room(vc, vchiq_stride(msg->len), &vc->tx.quota[s->port]);
	if (ret)
		return ret;
	tx_take_quota(&vc->tx, s->port);
	tx_write(vc, tx_id(VCHIQ_DATA, s->port, s->peer), msg->data, msg->len);
	return 0;
}

/* Who waits for a transfer, or has used up his quota, does not hold up others. */
static bool tx_has_room(struct ferry_channel *ch)
{
	struct vchiq_service *s = vchiq_service_of(ch);
	struct vchiq_tx *tx = &s->vc->tx;

	tx_reclaim(s->vc);
	return !tx->paused && !tx_over_quota(tx, &tx->quota[s->port]) &&
	       (tx_in_slot(tx) || tx->avail != tx->begun);
}

const struct ferry_channel_ops vchiq_service_ops = {
	.open = vchiq_service_open,
	.close = vchiq_service_close,
	.xmit = tx_xmit,
	.room = tx_has_room,
};

static int tx_xmit_control(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	struct ferry_vchiq *vc = container_of(ch, struct ferry_vchiq, control);
	const struct tx_control *c = msg->data;
	u32 size = msg->len - sizeof(c->msgid);
	u32 msgid = le32_to_cpu(c->msgid);
	int ret = tx_room(vc, vchiq_stride(size), NULL);

	if (ret)
		return ret;
	tx_write(vc, msgid, c->payload, size);
	/* It was the last one. */
	if (FIELD_GET(VCHIQ_ID_TYPE, msgid) == VCHIQ_PAUSE)
		vc->tx.paused = true;
	return 0;
}

static const struct ferry_channel_ops tx_control_ops = {
	.xmit = tx_xmit_control,
};

/* Returns how long it is. */
static size_t tx_control_make(struct tx_control *c, enum vchiq_type type, u16 src, u16 dst,
			      const void *payload, size_t len)
{
	c->msgid = cpu_to_le32(tx_id(type, src, dst));
	if (len)
		memcpy(c->payload, payload, len);
	return sizeof(c->msgid) + len;
}

/* Any context. A message of the protocol itself; as ferry_post(). */
int vchiq_post(struct ferry_vchiq *vc, enum vchiq_type type, u16 src, u16 dst, const void *payload,
	       size_t len)
{
	struct tx_control c;

	len = tx_control_make(&c, type, src, dst, payload, len);
	return ferry_post(&vc->control, &c, len);
}

/* Process context, not while receiving; as ferry_post_wait(). */
int vchiq_post_wait(struct ferry_vchiq *vc, enum vchiq_type type, u16 src, u16 dst,
		    const void *payload, size_t len)
{
	struct tx_control c;

	len = tx_control_make(&c, type, src, dst, payload, len);
	return ferry_post_wait(&vc->control, &c, len, VCHIQ_TIMEOUT_MS);
}

static void tx_kick(struct ferry_txq *txq)
{
	tx_publish(container_of(txq, struct ferry_vchiq, txq));
}

/* Locked. True: there is room for what failed last, as far as is known. */
static bool tx_arm(struct ferry_txq *txq, bool on)
{
	struct ferry_vchiq *vc = container_of(txq, struct ferry_vchiq, txq);
	struct vchiq_tx *tx = &vc->tx;
	bool more;

	vchiq_event_arm(&vc->own->recycle, on);
	if (!on)
		return false;
	more = tx_reclaim(vc);
	if (tx->want == VCHIQ_WANT_RESUME)
		return !tx->paused;
	if (tx->want == VCHIQ_WANT_QUOTA)
		return more;
	if (tx->want == VCHIQ_WANT_TRANSFER)
		return more || vchiq_bulk_has_room(vc);
	return tx_in_slot(tx) || tx->avail != tx->begun;
}

static const struct ferry_txq_ops tx_txq_ops = {
	.kick = tx_kick,
	.tx_arm = tx_arm,
};

/* Process context; nobody sends. As in area_own(). */
void vchiq_tx_reset(struct ferry_vchiq *vc)
{
	struct vchiq_tx *tx = &vc->tx;
	unsigned int i;

	tx->pos = 0;
	tx->told = 0;
	tx->begun = 0;
	tx->avail = tx->nr;
	tx->data_slots = 0;
	tx->want = VCHIQ_WANT_NONE;
	tx->paused = false;
	for (i = 0; i < tx->nr; i++)
		tx->queue[i] = tx->first + i;
	memset(tx->own, 0, tx->nr * sizeof(*tx->own));
	memset(tx->quota, 0, VCHIQ_PORTS * sizeof(*tx->quota));
}

int vchiq_tx_init(struct ferry_vchiq *vc)
{
	struct vchiq_tx *tx = &vc->tx;

	tx->own = kvcalloc(tx->nr, sizeof(*tx->own), GFP_KERNEL);
	tx->quota = kvcalloc(VCHIQ_PORTS, sizeof(*tx->quota), GFP_KERNEL);
	if (!tx->own || !tx->quota)
		return -ENOMEM;
	tx->max_data = tx->nr - 1;
	tx->max_slots = max(tx->nr / 2, 1u);
	tx->max_msgs = min(tx->max_slots * VCHIQ_SLOT_MSGS, 65535u);
	vc->control.link = vc->link;
	vc->control.txq = &vc->txq;
	vc->control.ops = &tx_control_ops;
	strscpy(vc->control.name, "control", sizeof(vc->control.name));
	return ferry_txq_init(&vc->txq, vc->link, &tx_txq_ops, true);
}

void vchiq_tx_exit(struct ferry_vchiq *vc)
{
	ferry_txq_exit(&vc->txq);
	kvfree(vc->tx.own);
	kvfree(vc->tx.quota);
}
