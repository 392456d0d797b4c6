// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of an endpoint: messages that could not be delivered at once.
 *
 * Private memory, one producer, one consumer, bounded in messages and in bytes.
 * A record is a header and, unless it stands for a buffer of the remote, the
 * bytes. It never wraps: a filler takes the rest of the memory instead.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "../compat.h"
#include "core.h"

#define RX_FILLER	BIT(0)

struct rx_record {
	u32 len;
	u32 flags;
	struct ferry_buf *buf;
	u8 data[];
} __aligned(16);

static u32 rx_record_size(size_t len)
{
	return ALIGN(sizeof(struct rx_record) + len, __alignof__(struct rx_record));
}

static struct rx_record *rx_record_at(const struct ferry_rx_queue *q, u32 pos)
{
	return (struct rx_record *)(q->mem + (pos & (q->size - 1)));
}

/* @largest: bytes of the longest message that is copied into the queue. */
int ferry_rx_queue_init(struct ferry_rx_queue *q, u32 depth, size_t largest)
{
	size_t typical = rx_record_size(min_t(size_t, largest, 256));

	/* Twice the largest: it fits into an empty queue behind any filler. */
	q->size = roundup_pow_of_two(max(depth * typical, 2 * (size_t)rx_record_size(largest)));
	q->depth = depth;
	q->mem = kvmalloc(q->size, GFP_KERNEL_ACCOUNT);
	return q->mem ? 0 : -ENOMEM;
}

FERRY_EXPORT_TEST(ferry_rx_queue_init);

/* No producer and no consumer may be left. */
void ferry_rx_queue_exit(struct ferry_rx_queue *q)
{
	struct ferry_rx_msg msg;

	if (!q->mem)
		return;
	while (ferry_rx_queue_peek(q, &msg)) {
		if (msg.buf)
			ferry_buf_put(msg.buf);
		ferry_rx_queue_pop(q);
	}
	kvfree(q->mem);
	q->mem = NULL;
}

FERRY_EXPORT_TEST(ferry_rx_queue_exit);

/* Bytes that a message takes, whose end may cost as much again, where it does not wrap. */
size_t ferry_rx_queue_need(size_t len)
{
	return rx_record_size(len);
}

/* Producer: room for @len bytes, or NULL. Not seen before the commit. */
void *ferry_rx_queue_reserve(struct ferry_rx_queue *q, size_t len)
{
	u32 need = rx_record_size(len);
	u32 rest = q->size - (q->head & (q->size - 1));
	u32 fill = rest < need ? rest : 0;
	/* Pairs with ferry_rx_queue_pop(): what was read there may be overwritten. */
	u32 used = q->head - smp_load_acquire(&q->tail);

	if (q->put - READ_ONCE(q->taken) >= q->depth || fill + need > q->size - used)
		return NULL;
	if (fill) {
		struct rx_record *filler = rx_record_at(q, q->head);

		filler->flags = RX_FILLER;
		filler->len = fill;
		q->head += fill;
	}
	return rx_record_at(q, q->head)->data;
}

FERRY_EXPORT_TEST(ferry_rx_queue_reserve);

/* Producer: publish what was reserved; with @buf, @len is not in the queue. */
void ferry_rx_queue_commit(struct ferry_rx_queue *q, size_t len, struct ferry_buf *buf)
{
	struct rx_record *rec = rx_record_at(q, q->head);

	rec->len = len;
	rec->flags = 0;
	rec->buf = buf;
	q->head += rx_record_size(buf ? 0 : len);
	/* Pairs with ferry_rx_queue_peek(): the record is complete. */
	smp_store_release(&q->put, q->put + 1);
}

FERRY_EXPORT_TEST(ferry_rx_queue_commit);

/* Consumer: the oldest message, which stays until ferry_rx_queue_pop(). */
bool ferry_rx_queue_peek(struct ferry_rx_queue *q, struct ferry_rx_msg *msg)
{
	struct rx_record *rec;

	/* Pairs with ferry_rx_queue_commit(). */
	if (smp_load_acquire(&q->put) == q->taken)
		return false;
	rec = rx_record_at(q, q->tail);
	if (rec->flags & RX_FILLER) {
		WRITE_ONCE(q->tail, q->tail + rec->len);
		rec = rx_record_at(q, q->tail);
	}
	msg->data = rec->buf ? NULL : rec->data;
	msg->len = rec->len;
	msg->buf = rec->buf;
	return true;
}

FERRY_EXPORT_TEST(ferry_rx_queue_peek);

/* Consumer: done with what ferry_rx_queue_peek() showed. */
void ferry_rx_queue_pop(struct ferry_rx_queue *q)
{
	struct rx_record *rec = rx_record_at(q, q->tail);

	/* Pairs with ferry_rx_queue_reserve(): we read no more of it. */
	smp_store_release(&q->tail, q->tail + rx_record_size(rec->buf ? 0 : rec->len));
	/* Pairs with ferry_rx_queue_empty(). */
	smp_store_release(&q->taken, q->taken + 1);
}

FERRY_EXPORT_TEST(ferry_rx_queue_pop);
