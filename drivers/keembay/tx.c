// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay, sending: the region of the CPU, its packets and its payload.
 *
 * The wire has one sign that the VPU is done: the status of the packet. So a payload
 * comes back with its packet. Firmware that marks a packet as soon as it has read the
 * address, as the original drivers do, has the payload for as long as it takes until
 * we use it again: buffers are reused oldest-first to make that long.
 */
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/string.h>

#include "keembay.h"

#define KMB_REAP	64	/* marks to look at when somebody lacks something */

/*
 * How the region is cut: so many 32nds of it each. With the usual 2 MiB these are
 * 1024 packets, and 768, 192, 96, 24 and 13 buffers. What does not fit is left out,
 * so a small region makes a small MTU.
 */
#define KMB_SHARES		32
#define KMB_PACKET_SHARE	1

static const struct kmb_share {
	const char *name;
	size_t buf_size;
	unsigned int share;
} kmb_shares[] = {
	{ "payload-256", 256, 3 },
	{ "payload-1k", 1024, 3 },
	{ "payload-4k", 4096, 6 },
	{ "payload-16k", 16384, 6 },
	{ "payload-64k", KMB_MTU, 13 },
};

/* Of each pool a part is left to high-speed messages. */
#define KMB_PACKET_RESERVE(nr)	((nr) / 16)
#define KMB_PAYLOAD_RESERVE(nr)	((nr) / 8)

/*
 * ferry_kmb.tx_short has a bit for each thing that a sender found missing: a payload
 * of the pool that fits, or a packet or room in the FIFO; for each class, since what
 * is room for one is not for the other. A bit goes when the thing is there again.
 */
#define KMB_SHORT_FIFO		7
#define KMB_SHORT(cls, what)	BIT((cls) * 8 + (what))

static struct ferry_kmb *kmb_of(const struct ferry_channel *ch)
{
	return ferry_link_priv(ch->link);
}

static void kmb_tx_lacks(struct ferry_kmb *kmb, enum ferry_class cls, unsigned int what)
{
	atomic_or(KMB_SHORT(cls, what), &kmb->tx_short);
}

/* The smallest pool that fits. */
static unsigned int kmb_payload_index(const struct ferry_kmb *kmb, size_t len)
{
	unsigned int i;

	for (i = 0; i < kmb->payload.nr - 1; i++) {
		if (ferry_pool_buf_size(kmb->payload.pool[i]) >= len)
			break;
	}
	return i;
}

static struct ferry_buf *kmb_payload_get(struct ferry_kmb *kmb, enum ferry_class cls, size_t len)
{
	unsigned int fits = kmb_payload_index(kmb, len);
	bool general = cls == FERRY_CLASS_GP;
	unsigned int reserve = general ? kmb->payload.reserve[fits] : 0;
	struct ferry_buf *buf;

	/*
	 * Payload has no marks of its own, it comes back with packets. Look for some
	 * before a bigger buffer is taken, of which there are fewer. The marks of a VPU
	 * that crashed mean nothing.
	 */
	if (unlikely(ferry_pool_free(kmb->payload.pool[fits]) <= reserve) &&
	    ferry_link_state(kmb->link) == FERRY_STATE_RUNNING)
		ferry_pool_reap(kmb->packets, KMB_REAP);
	buf = ferry_pool_set_alloc(&kmb->payload, len, general);
	if (unlikely(!buf))
		kmb_tx_lacks(kmb, cls, fits);
	return buf;
}

/* What a client fills and sends itself. */
static struct ferry_buf *kmb_buf_alloc(struct ferry_channel *ch, size_t size)
{
	struct ferry_kmb *kmb = kmb_of(ch);

	if (size > kmb->mtu)
		return ERR_PTR(-EMSGSIZE);
	return kmb_payload_get(kmb, ch->cls, size);
}

/* Without a lock: others send meanwhile. A message of no bytes needs no payload. */
static int kmb_stage(struct ferry_channel *ch, struct ferry_msg *msg)
{
	msg->buf = NULL;
	if (!msg->len)
		return 0;
	msg->buf = kmb_payload_get(kmb_of(ch), ch->cls, msg->len);
	if (!msg->buf)
		return -EAGAIN;
	memcpy(msg->buf->vaddr, msg->data, msg->len);
	return 0;
}

static void kmb_unstage(struct ferry_channel *ch, struct ferry_msg *msg)
{
	ferry_buf_put(msg->buf);
	msg->buf = NULL;
}

/* Fills a packet and lends it, with its payload; the VPU does not know yet. */
static struct ferry_buf *kmb_packet_get(struct ferry_kmb *kmb, const struct ferry_channel *ch,
					const struct ferry_msg *msg)
{
	unsigned int reserve = ch->cls == FERRY_CLASS_GP ? kmb->packet_reserve : 0;
	struct kmb_head head = { .size = msg->len, .channel = ch->number };
	struct ferry_buf *packet = ferry_pool_alloc(kmb->packets, reserve);

	if (!packet)
		return NULL;
	if (msg->len) {
		head.addr = lower_32_bits(msg->buf->remote);
		ferry_buf_chain(packet, msg->buf);
	}
	/* Before it is lent: from then on its status may be read as a mark. */
	kmb_packet_write(packet->vaddr, &head);
	ferry_buf_lend(packet);
	return packet;
}

static int kmb_push(struct ferry_kmb *kmb, const struct ferry_buf *packet, unsigned int flags)
{
	u32 entry = lower_32_bits(packet->remote);
	int ret = ferry_port_send(kmb->cfg.tx, &entry, sizeof(entry), flags);

	if (likely(ret >= 0 || ret == -EAGAIN))
		return ret;
	ferry_link_crash(kmb->link, "the FIFO of the VPU is gone");
	return -EPIPE;
}

/* Under the lock of the txq. */
static int kmb_xmit(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	unsigned int flags = ch->cls == FERRY_CLASS_GP ? FERRY_GENERAL : 0;
	struct ferry_kmb *kmb = kmb_of(ch);
	struct ferry_buf *packet;
	int ret = -EAGAIN;

	packet = kmb_packet_get(kmb, ch, msg);
	if (likely(packet)) {
		ret = kmb_push(kmb, packet, flags);
		/* The push was lost: the payload stays with the sender, who tries again. */
		if (unlikely(ret < 0))
			ferry_buf_recall(packet);
		else
			ferry_buf_put(msg->buf);
		ferry_buf_put(packet);
	}
	if (unlikely(ret == -EAGAIN))
		kmb_tx_lacks(kmb, ch->cls, KMB_SHORT_FIFO);
	return ret;
}

const struct ferry_channel_ops kmb_channel_ops = {
	.stage = kmb_stage,
	.unstage = kmb_unstage,
	.xmit = kmb_xmit,
	.buf_alloc = kmb_buf_alloc,
};

/* What is there now, as bits of tx_short. */
static u32 kmb_tx_there(struct ferry_kmb *kmb)
{
	unsigned int packets = ferry_pool_free(kmb->packets);
	bool room = ferry_port_tx_arm(kmb->cfg.tx, true);
	bool gp = false, hs = false;
	unsigned int i, free;
	u32 there = 0;

	if (room && packets)
		there |= KMB_SHORT(FERRY_CLASS_HS, KMB_SHORT_FIFO);
	if (room && packets > kmb->packet_reserve)
		there |= KMB_SHORT(FERRY_CLASS_GP, KMB_SHORT_FIFO);
	/* A bigger buffer does for a smaller message. */
	for (i = kmb->payload.nr; i--; ) {
		free = ferry_pool_free(kmb->payload.pool[i]);
		hs |= free > 0;
		gp |= free > kmb->payload.reserve[i];
		there |= hs ? KMB_SHORT(FERRY_CLASS_HS, i) : 0;
		there |= gp ? KMB_SHORT(FERRY_CLASS_GP, i) : 0;
	}
	return there;
}

/* Under the lock of the txq. Room is silent: look, and say whether trying makes sense. */
static bool kmb_tx_arm(struct ferry_txq *txq, bool on)
{
	struct ferry_kmb *kmb = container_of(txq, struct ferry_kmb, txq);
	u32 there, lacking;

	if (!on) {
		ferry_port_tx_arm(kmb->cfg.tx, false);
		return false;
	}
	ferry_pool_reap(kmb->packets, KMB_REAP);
	there = kmb_tx_there(kmb);
	lacking = atomic_fetch_andnot(there, &kmb->tx_short);
	if (!lacking)
		lacking = KMB_SHORT(FERRY_CLASS_HS, KMB_SHORT_FIFO);
	return lacking & there;
}

static const struct ferry_txq_ops kmb_txq_ops = {
	.tx_arm = kmb_tx_arm,
};

/* The mark of a packet of ours; under the lock of the pool. */
static bool kmb_packet_returned(struct ferry_pool *pool, struct ferry_buf *buf)
{
	return kmb_packet_is_free(buf->vaddr);
}

static const struct ferry_pool_ops kmb_packet_pool_ops = {
	.returned = kmb_packet_returned,
};

static int kmb_add_payload(struct ferry_kmb *kmb, const char *name, struct ferry_pool_cfg *cfg)
{
	struct ferry_pool *pool = ferry_pool_create(kmb->cfg.tx_region, cfg);
	int ret;

	if (IS_ERR(pool))
		return PTR_ERR(pool);
	ret = ferry_pool_set_add(&kmb->payload, pool, KMB_PAYLOAD_RESERVE(ferry_pool_size(pool)));
	if (ret) {
		ferry_pool_destroy(pool);
		return ret;
	}
	ferry_link_add_pool(kmb->link, pool, name);
	kmb->mtu = cfg->buf_size;
	return 0;
}

static int kmb_add_payloads(struct ferry_kmb *kmb, u64 offset, u64 share)
{
	struct ferry_pool_cfg cfg = { .offset = offset, .align = KMB_PACKET_SIZE };
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(kmb_shares); i++) {
		cfg.size = kmb_shares[i].share * share;
		cfg.buf_size = kmb_shares[i].buf_size;
		if (cfg.buf_size > cfg.size)
			continue;	/* not one would fit */
		ret = kmb_add_payload(kmb, kmb_shares[i].name, &cfg);
		if (ret)
			return ret;
		cfg.offset += cfg.size;
	}
	return kmb->payload.nr ? 0 : -ENOMEM;
}

/* Process context. 0, or -ENOMEM: also when the region is too small. */
int kmb_tx_init(struct ferry_kmb *kmb)
{
	u64 share = ALIGN_DOWN(div_u64(kmb->cfg.tx_region->size, KMB_SHARES), KMB_PACKET_SIZE);
	struct ferry_pool_cfg cfg = {
		.size = KMB_PACKET_SHARE * share,
		.buf_size = KMB_PACKET_SIZE,
		.align = KMB_PACKET_SIZE,
		.ops = &kmb_packet_pool_ops,
	};
	struct ferry_pool *packets = ferry_pool_create(kmb->cfg.tx_region, &cfg);
	int ret;

	if (IS_ERR(packets))
		return PTR_ERR(packets);
	ferry_link_add_pool(kmb->link, packets, "packets");
	kmb->packets = packets;
	kmb->packet_reserve = KMB_PACKET_RESERVE(ferry_pool_size(packets));
	ret = kmb_add_payloads(kmb, cfg.size, share);
	if (!ret)
		ret = ferry_txq_init(&kmb->txq, kmb->link, &kmb_txq_ops, false);
	if (ret) {
		ferry_pool_set_destroy(&kmb->payload);
		ferry_pool_destroy(packets);
		return ret;
	}
	kmb->txq.silent = true;
	return 0;
}

/* Process context. Nobody sends any more. */
void kmb_tx_exit(struct ferry_kmb *kmb)
{
	ferry_txq_exit(&kmb->txq);
	ferry_pool_set_destroy(&kmb->payload);
	ferry_pool_destroy(kmb->packets);
}

/* Process context. Every packet is free before the VPU looks at any. */
void kmb_tx_open(struct ferry_kmb *kmb)
{
	memset(kmb->cfg.tx_region->vaddr, 0, ferry_pool_size(kmb->packets) * KMB_PACKET_SIZE);
	atomic_set(&kmb->tx_short, 0);
}
