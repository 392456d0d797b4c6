// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: the slots of the VPU, and messages that wait in them.
 *
 * A slot goes back when it was read to its end and no message in it waits for its endpoint.
 * What is known of such a message was checked and noted when it was read; what its slot says
 * later is not looked at again, but for the payload, once.
 */
#include <linux/err.h>
#include <linux/list.h>
#include <linux/string.h>

#include "../compat.h"
#include "vchiq.h"

/* Under the lock of the rxq. The VPU says that the slot is next. False: it is not its. */
bool vchiq_slot_take(struct ferry_vchiq *vc, unsigned int slot)
{
	struct vchiq_rx *rx = &vc->rx;

	if (slot < rx->first || slot - rx->first >= rx->nr)
		return false;
	guard(spinlock_irqsave)(&vc->lock);
	if (rx->uses[slot - rx->first])
		return false;
	rx->uses[slot - rx->first] = 1;
	return true;
}

/* Locked. */
static void slot_put(struct ferry_vchiq *vc, unsigned int slot)
{
	struct vchiq_rx *rx = &vc->rx;

	if (--rx->uses[slot - rx->first])
		return;
	vchiq_store(&vc->peer->slot_queue[rx->recycled % VCHIQ_SIDE_SLOTS], slot);
	rx->recycled++;
	rx->owed = true;
}

/* Any context. */
void vchiq_slot_put(struct ferry_vchiq *vc, unsigned int slot)
{
	guard(spinlock_irqsave)(&vc->lock);
	slot_put(vc, slot);
}

/* Any context. The VPU gets what is its. */
void vchiq_slots_tell(struct ferry_vchiq *vc)
{
	if (!READ_ONCE(vc->rx.owed))
		return;
	guard(spinlock_irqsave)(&vc->lock);
	if (!vc->rx.owed || !vc->rx_on)
		return;
	vc->rx.owed = false;
	mb();	/* the slots were read, and the entries written, before the counter */
	vchiq_store(&vc->peer->slot_queue_recycle, vc->rx.recycled);
	vchiq_signal(vc, &vc->peer->recycle);
}

/* Under the lock of the rxq. False: the service is gone meanwhile. */
bool vchiq_park(struct vchiq_service *s, unsigned int slot, unsigned int offset, unsigned int size)
{
	struct ferry_vchiq *vc = s->vc;
	struct vchiq_rx *rx = &vc->rx;
	struct vchiq_record *r;
	u16 i;

	guard(spinlock_irqsave)(&vc->lock);
	i = rx->free;
	if (s->state != VCHIQ_OPENED || WARN_ON_ONCE(i == VCHIQ_NO_RECORD))
		return false;
	r = &rx->records[i];
	rx->free = r->next;
	*r = (struct vchiq_record){
		.slot = slot, .offset = offset, .size = size, .next = VCHIQ_NO_RECORD,
	};
	rx->uses[slot - rx->first]++;
	if (s->head == VCHIQ_NO_RECORD) {
		s->head = i;
		list_add_tail(&s->parked, &vc->parked);
		vc->nr_parked++;
	} else {
		rx->records[s->tail].next = i;
	}
	s->tail = i;
	return true;
}

/* Locked. The first message of the service does not wait any more. */
static void park_pop(struct vchiq_service *s)
{
	struct vchiq_rx *rx = &s->vc->rx;
	u16 i = s->head;

	s->head = rx->records[i].next;
	if (s->head == VCHIQ_NO_RECORD) {
		list_del_init(&s->parked);
		s->vc->nr_parked--;
	}
	slot_put(s->vc, rx->records[i].slot);
	rx->records[i].next = rx->free;
	rx->free = i;
}

/* Process context. Nobody will want them. */
void vchiq_unpark_all(struct vchiq_service *s)
{
	scoped_guard(spinlock_irqsave, &s->vc->lock)
		while (s->head != VCHIQ_NO_RECORD)
			park_pop(s);
	vchiq_slots_tell(s->vc);
}

/* Under the lock of the rxq. False: it waits on. */
static bool park_copy(struct vchiq_service *s, const struct vchiq_record *r)
{
	struct ferry_vchiq *vc = s->vc;
	void *room = ferry_rx_get(&s->ch, r->size);

	if (IS_ERR(room))
		return false;
	ferry_rxq_copy(&vc->rxq, room, vchiq_slot(vc, r->slot) + r->offset, r->size);
	ferry_rx_put(&s->ch, room, r->size);
	return true;
}

/* Under the lock of the rxq. False: it waits on. */
static bool park_deliver(struct vchiq_service *s, u16 i, const struct vchiq_record *r)
{
	struct ferry_vchiq *vc = s->vc;

	if (!(r->size ? park_copy(s, r) : vchiq_bulk_deliver(s)))
		return false;
	guard(spinlock_irqsave)(&vc->lock);
	if (s->head == i)	/* else it was forgotten meanwhile */
		park_pop(s);
	return true;
}

/* The service whose turn it is, and its first message. */
static struct vchiq_service *park_next(struct ferry_vchiq *vc, u16 *i, struct vchiq_record *r)
{
	struct vchiq_service *s;

	guard(spinlock_irqsave)(&vc->lock);
	s = list_first_entry_or_null(&vc->parked, struct vchiq_service, parked);
	if (!s)
		return NULL;
	*i = s->head;
	*r = vc->rx.records[s->head];
	return s;
}

/* The others have their turn. */
static void park_defer(struct vchiq_service *s)
{
	guard(spinlock_irqsave)(&s->vc->lock);
	if (s->head != VCHIQ_NO_RECORD)
		list_move_tail(&s->parked, &s->vc->parked);
}

/* Under the lock of the rxq, RCU read side. How many that had waited were taken. */
int vchiq_unpark(struct ferry_vchiq *vc, int budget)
{
	unsigned int services = READ_ONCE(vc->nr_parked);
	struct vchiq_service *s;
	struct vchiq_record r;
	int n = 0;
	u16 i;

	while (services && n < budget) {
		s = park_next(vc, &i, &r);
		if (!s)
			break;
		if (park_deliver(s, i, &r)) {
			n++;
			continue;
		}
		park_defer(s);
		services--;
	}
	return n;
}

/* Process context; nothing is received. All slots are the VPU's. */
void vchiq_park_reset(struct ferry_vchiq *vc)
{
	struct vchiq_rx *rx = &vc->rx;
	unsigned int i, nr = rx->nr * VCHIQ_SLOT_MSGS;
	struct vchiq_service *s, *tmp;

	guard(spinlock_irqsave)(&vc->lock);
	list_for_each_entry_safe(s, tmp, &vc->parked, parked) {
		s->head = VCHIQ_NO_RECORD;
		list_del_init(&s->parked);
	}
	vc->nr_parked = 0;
	for (i = 0; i < nr; i++)
		rx->records[i].next = i + 1 < nr ? i + 1 : VCHIQ_NO_RECORD;
	rx->free = 0;
	memset(rx->uses, 0, sizeof(rx->uses));
	rx->recycled = rx->nr;
	rx->owed = false;
}
