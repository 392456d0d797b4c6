// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: receiving.
 *
 * The position of the VPU is read once for each round, the number of a slot once when it is
 * begun, and a header once before its message is looked at. Everything is checked, as what
 * was read may be anything: what cannot be crashes the link, since where the next message
 * begins is not known then.
 */
#include <linux/bitfield.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "../compat.h"
#include "vchiq.h"

/* The longest payload of a message of the protocol itself. */
#define RX_CONTROL_MAX	sizeof(struct vchiq_open)

/* What became of the next message. */
enum rx_next {
	RX_TAKEN,
	RX_WAITS,	/* there is no room for it just now */
	RX_BROKEN,
};

/* Under the lock of the rxq. */
void vchiq_rx_odd(struct ferry_vchiq *vc, enum vchiq_oddity what)
{
	vc->odd[what]++;
	ferry_rx_drop(&vc->rxq, NULL, FERRY_DROP_BAD_HEADER);
}

static enum rx_next rx_crash(struct ferry_vchiq *vc, const char *why)
{
	ferry_link_crash(vc->link, why);
	return RX_BROKEN;
}

/* Locked. The VPU begins a slot. */
static enum rx_next rx_begin_slot(struct ferry_vchiq *vc)
{
	struct vchiq_rx *rx = &vc->rx;
	u32 slot = vchiq_load(&vc->peer->slot_queue[rx->begun % VCHIQ_SIDE_SLOTS]);

	if (!vchiq_slot_take(vc, slot))
		return rx_crash(vc, "it sends in a slot that it does not have");
	rx->slot = slot;
	rx->in_slot = true;
	rx->begun++;
	return RX_TAKEN;
}

static enum ferry_drop rx_why(long err)
{
	switch (err) {
	case -EMSGSIZE:
		return FERRY_DROP_BAD_LENGTH;
	case -ENOTCONN:
		return FERRY_DROP_NOT_OPEN;
	default:
		return FERRY_DROP_QUEUE_FULL;
	}
}

/* Locked. Nobody has room for it: it waits in its slot, if somebody may have later. */
static enum rx_next rx_refused(struct vchiq_service *s, u32 offset, u32 size, long err)
{
	struct ferry_vchiq *vc = s->vc;

	if (err == -EAGAIN)
		return RX_WAITS;
	/* The endpoint comes when it is open. */
	if ((err == -ENOBUFS || (err == -ENOTCONN && !ferry_channel_has_ep(&s->ch))) &&
	    vchiq_park(s, vc->rx.slot, offset, size))
		return RX_TAKEN;
	ferry_rx_drop(&vc->rxq, &s->ch, rx_why(err));
	return RX_TAKEN;
}

/* Locked, RCU read side. The service that the message is for, or NULL. */
static struct vchiq_service *rx_service(struct ferry_vchiq *vc, u32 msgid)
{
	struct vchiq_service *s;

	s = rcu_dereference_check(vc->table[FIELD_GET(VCHIQ_ID_DST, msgid)],
				  lockdep_is_held(&vc->rxq.lock));
	/* Pairs with the release in vchiq_service_acked(). */
	if (!s || smp_load_acquire(&s->state) != VCHIQ_OPENED ||
	    s->peer != FIELD_GET(VCHIQ_ID_SRC, msgid))
		return NULL;
	return s;
}

/* Locked. */
static enum rx_next rx_data(struct ferry_vchiq *vc, u32 msgid, u32 offset, u32 size)
{
	struct vchiq_service *s = rx_service(vc, msgid);
	void *room;

	if (unlikely(!s)) {
		ferry_rx_drop(&vc->rxq, NULL, FERRY_DROP_NO_CHANNEL);
		return RX_TAKEN;
	}
	if (unlikely(!size)) {
		ferry_rx_drop(&vc->rxq, &s->ch, FERRY_DROP_BAD_LENGTH);
		return RX_TAKEN;
	}
	/* What waits already comes first. */
	if (unlikely(READ_ONCE(s->head) != VCHIQ_NO_RECORD))
		return rx_refused(s, offset, size, -ENOBUFS);
	room = ferry_rx_get(&s->ch, size);
	if (IS_ERR(room))
		return rx_refused(s, offset, size, PTR_ERR(room));
	ferry_rxq_copy(&vc->rxq, room, vchiq_slot(vc, vc->rx.slot) + offset, size);
	ferry_rx_put(&s->ch, room, size);
	return RX_TAKEN;
}

/* Locked, RCU read side. A transfer is over. A buffer that is full waits its turn. */
void vchiq_rx_bulk(struct ferry_vchiq *vc, u32 msgid, bool fill, const void *payload, u32 size)
{
	struct vchiq_service *s = rx_service(vc, msgid);
	u16 src = FIELD_GET(VCHIQ_ID_SRC, msgid), dst = FIELD_GET(VCHIQ_ID_DST, msgid);

	if (!vchiq_bulk_done(vc, s, src, dst, fill, payload, size))
		return;
	if (READ_ONCE(s->head) == VCHIQ_NO_RECORD && vchiq_bulk_deliver(s))
		return;
	if (vchiq_park(s, vc->rx.slot, 0, 0))
		return;
	guard(spinlock_irqsave)(&vc->lock);
	vchiq_bulk_end(vc, dst, true);
}

/* Locked. A message of the protocol itself: of its payload there is one copy. */
static void rx_control(struct ferry_vchiq *vc, u32 msgid, u32 offset, u32 size)
{
	u8 payload[RX_CONTROL_MAX];

	size = min_t(u32, size, sizeof(payload));
	memcpy(payload, vchiq_slot(vc, vc->rx.slot) + offset, size);
	vchiq_control_take(vc, msgid, payload, size);
}

/* Locked. The next message, which begins at the position. @left: so many bytes were sent. */
static enum rx_next rx_message(struct ferry_vchiq *vc, u32 left)
{
	struct vchiq_rx *rx = &vc->rx;
	u32 offset = rx->pos % VCHIQ_SLOT_SIZE;
	const struct vchiq_header *header;
	enum rx_next next = RX_TAKEN;
	u32 msgid, size;

	if (!rx->in_slot && rx_begin_slot(vc) == RX_BROKEN)
		return RX_BROKEN;
	header = (const void *)(vchiq_slot(vc, rx->slot) + offset);
	msgid = vchiq_load(&header->msgid);
	size = vchiq_load(&header->size);
	offset += sizeof(*header);
	if (unlikely(size > VCHIQ_SLOT_SIZE - offset))
		return rx_crash(vc, "a message goes beyond its slot");
	if (unlikely(vchiq_stride(size) > left))
		return rx_crash(vc, "a message goes beyond what was sent");
	if (likely(FIELD_GET(VCHIQ_ID_TYPE, msgid) == VCHIQ_DATA))
		next = rx_data(vc, msgid, offset, size);
	else if (FIELD_GET(VCHIQ_ID_TYPE, msgid) != VCHIQ_PADDING)
		rx_control(vc, msgid, offset, size);
	if (next != RX_TAKEN)
		return next;
	rx->pos += vchiq_stride(size);
	if (!(rx->pos % VCHIQ_SLOT_SIZE)) {
		rx->in_slot = false;
		vchiq_slot_put(vc, rx->slot);
	}
	return RX_TAKEN;
}

/* Locked. Its synchronous slot is free again at once: nobody asked for such messages. */
static void rx_sync(struct ferry_vchiq *vc)
{
	struct vchiq_header *header = (void *)vchiq_slot(vc, vc->rx.sync);

	if (likely(!vchiq_load(&vc->own->sync_trigger.fired)))
		return;
	vchiq_event_take(&vc->own->sync_trigger);
	vchiq_rx_odd(vc, VCHIQ_ODD_SYNC);
	vchiq_store(&header->msgid, VCHIQ_PADDING);
	vchiq_signal(vc, &vc->peer->sync_release);
}

static int rx_poll(struct ferry_rxq *rxq, int budget)
{
	struct ferry_vchiq *vc = container_of(rxq, struct ferry_vchiq, rxq);
	struct vchiq_rx *rx = &vc->rx;
	u32 left;
	int n = 0;

	/* Pairs with the release in link.c: everything is as it is at the start. */
	if (!smp_load_acquire(&vc->rx_on))
		return 0;
	vchiq_event_take(&vc->own->trigger);
	rx_sync(vc);
	if (!list_empty(&vc->parked))
		n = vchiq_unpark(vc, budget);
	left = vchiq_load(&vc->peer->tx_pos) - rx->pos;
	if (unlikely(left > rx->nr * VCHIQ_SLOT_SIZE || left % 8)) {
		rx_crash(vc, "it is where it cannot be");
		return n;
	}
	dma_rmb();	/* the position, then what is before it; pairs with the VPU's barrier */
	while (n < budget && left) {
		u32 pos = rx->pos;

		if (rx_message(vc, left) != RX_TAKEN)
			break;
		left -= rx->pos - pos;
		n++;
	}
	vchiq_slots_tell(vc);
	return n;
}

static const struct ferry_rxq_ops rx_rxq_ops = {
	.poll = rx_poll,
};

/* Process context; nothing is received. */
void vchiq_rx_reset(struct ferry_vchiq *vc)
{
	vc->rx.pos = 0;
	vc->rx.begun = 0;
	vc->rx.in_slot = false;
	vc->uses = 0;
	vc->pausing = false;
	vc->greeted = false;
	vchiq_park_reset(vc);
}

int vchiq_rx_init(struct ferry_vchiq *vc)
{
	vc->rx.records = kvcalloc(vc->rx.nr * VCHIQ_SLOT_MSGS, sizeof(*vc->rx.records), GFP_KERNEL);
	if (!vc->rx.records)
		return -ENOMEM;
	return ferry_rxq_init(&vc->rxq, vc->link, &rx_rxq_ops);
}

void vchiq_rx_exit(struct ferry_vchiq *vc)
{
	ferry_rxq_exit(&vc->rxq);
	kvfree(vc->rx.records);
}
