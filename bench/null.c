// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that can be a protocol: a channel that receives what it sends, through a
 * ring in memory, with one release store and one acquire load per message. What a
 * message costs here beyond that is the core's own.
 */
#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "bench.h"
#include "null.h"

#define NULL_DEPTH	32	/* messages, a power of two */

struct null_slot {
	size_t len;
	u8 data[BENCH_MAX_SIZE];
};

struct null_link {
	struct ferry_link *link;
	struct ferry_txq txq;
	struct ferry_rxq rxq;
	struct ferry_channel ch;
	struct null_slot *slots;
	u32 head;
	u32 tail;
	bool registered;
};

static int null_xmit(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	struct null_link *null = container_of(ch, struct null_link, ch);
	struct null_slot *slot = &null->slots[null->head % NULL_DEPTH];

	if (null->head - READ_ONCE(null->tail) == NULL_DEPTH)
		return -EAGAIN;
	slot->len = msg->len;
	ferry_txq_copy(&null->txq, slot->data, msg->data, msg->len);
	/* Pairs with null_poll(). */
	smp_store_release(&null->head, null->head + 1);
	return 0;
}

static const struct ferry_channel_ops null_channel_ops = {
	.xmit = null_xmit,
};

static bool null_tx_arm(struct ferry_txq *txq, bool on)
{
	struct null_link *null = container_of(txq, struct null_link, txq);

	return null->head - READ_ONCE(null->tail) < NULL_DEPTH;
}

static const struct ferry_txq_ops null_txq_ops = {
	.tx_arm = null_tx_arm,
};

static int null_poll(struct ferry_rxq *rxq, int budget)
{
	struct null_link *null = container_of(rxq, struct null_link, rxq);
	int n;

	for (n = 0; n < budget; n++) {
		struct null_slot *slot = &null->slots[null->tail % NULL_DEPTH];
		void *room;

		/* Pairs with null_xmit(). */
		if (smp_load_acquire(&null->head) == null->tail)
			break;
		room = ferry_rx_get(&null->ch, slot->len);
		if (IS_ERR(room))
			break;
		ferry_rxq_copy(rxq, room, slot->data, slot->len);
		ferry_rx_put(&null->ch, room, slot->len);
		WRITE_ONCE(null->tail, null->tail + 1);
	}
	return n;
}

static const struct ferry_rxq_ops null_rxq_ops = {
	.poll = null_poll,
};

static int null_start(struct ferry_link *link)
{
	return 0;
}

static int null_stop(struct ferry_link *link, enum ferry_stop how)
{
	return 0;
}

static const struct ferry_link_ops null_link_ops = {
	.start = null_start,
	.stop = null_stop,
};

static int null_init(struct null_link *null)
{
	struct ferry_link_cfg cfg = {
		.name = "null", .ops = &null_link_ops, .priv = null, .max_mtu = BENCH_MAX_SIZE,
		.addr_bits = 64,
	};
	struct ferry_link *link = ferry_link_alloc(NULL, &cfg);
	int ret;

	if (IS_ERR(link))
		return PTR_ERR(link);
	null->link = link;
	null->ch.number = 0;
	null->ch.cls = FERRY_CLASS_GP;
	null->ch.mtu = BENCH_MAX_SIZE;
	null->ch.rx_copy = BENCH_MAX_SIZE;
	null->ch.ops = &null_channel_ops;
	null->ch.txq = &null->txq;
	null->ch.rxq = &null->rxq;
	ret = ferry_txq_init(&null->txq, link, &null_txq_ops, false);
	if (!ret)
		ret = ferry_rxq_init(&null->rxq, link, &null_rxq_ops);
	if (!ret)
		ret = ferry_channel_register(link, &null->ch);
	if (!ret)
		ret = ferry_link_register(link);
	null->registered = !ret;
	return ret ?: ferry_link_start(link);
}

/* Process context. The link runs; ERR_PTR(-ENOMEM), or what registering returned. */
struct null_link *null_create(void)
{
	struct null_link *null = kzalloc(sizeof(*null), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!null)
		return ERR_PTR(-ENOMEM);
	null->slots = kvcalloc(NULL_DEPTH, sizeof(*null->slots), GFP_KERNEL);
	if (null->slots)
		ret = null_init(null);
	if (!ret)
		return null;
	null_destroy(null);
	return ERR_PTR(ret);
}

void null_destroy(struct null_link *null)
{
	if (IS_ERR_OR_NULL(null))
		return;
	if (null->registered)
		ferry_link_unregister(null->link);
	if (null->ch.link)
		ferry_channel_unregister(&null->ch);
	if (null->link) {
		ferry_rxq_exit(&null->rxq);
		ferry_txq_exit(&null->txq);
	}
	ferry_link_put(null->link);
	kvfree(null->slots);
	kfree(null);
}

struct ferry_link *null_ferry_link(struct null_link *null)
{
	return null->link;
}
