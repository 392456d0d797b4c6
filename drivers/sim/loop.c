// SPDX-License-Identifier: GPL-2.0-only
/*
 * A loop: two links in memory, each the other's remote. For tests and benchmarks of
 * the core, and the file to copy for a new protocol.
 *
 * A message is a descriptor of 12 bytes in a port and its bytes in a slot of shared
 * memory, slots being used in the order of the descriptors. Or the bytes are in a buffer
 * that the sender lends; the receiver has a bit for each to say that it is done. The
 * other side may be as hostile as any: what it writes is read once and checked.
 */
#include <linux/bitmap.h>
#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/ferry/loan.h>
#include <linux/ferry/loop.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/port.h>
#include <linux/ferry/region.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

enum loop_kind {
	LOOP_DATA,
	LOOP_STOP,	/* flow control of the channel */
	LOOP_GO,
	LOOP_BUF,	/* the message is in a buffer, and @slot is its number */
};

struct loop_desc {
	__le16 channel;
	u8 kind;
	u8 zero;
	__le32 len;	/* of the message in the slot */
	__le32 slot;
} __packed;

static_assert(sizeof(struct loop_desc) == 12);

struct loop_channel {
	struct ferry_channel ch;
	struct loop_side *side;
};

/* One direction: written by one side, read by the other. */
struct loop_wire {
	struct ferry_port *tx;
	struct ferry_port *rx;
	u8 *slots;
	u32 mask;		/* of the slot number */
	size_t stride;
	struct ferry_region *region;	/* buffers, or NULL */
	size_t buf_size;
	u32 nr_bufs;
	unsigned long *done;	/* a bit for each: set by the reader, cleared by the writer */
};

struct loop_side {
	struct ferry_link *link;
	struct ferry_txq txq;
	struct ferry_rxq rxq;
	struct loop_wire *out;
	struct loop_wire *in;
	struct ferry_channel control;	/* for ferry_post() only */
	bool full;			/* txq lock: the port said so */
	u32 sent;			/* txq lock: counts slots */
	struct ferry_pool *pool;	/* of the buffers of @out */
	struct ferry_loans *loans;	/* of those of @in */
	struct loop_desc next;		/* rxq lock: taken, and no room for its message */
	bool has_next;
	bool registered;
	bool polled;
	unsigned int nr_channels;
	struct loop_channel *channels;
};

struct ferry_loop {
	struct loop_wire wire[2];
	struct loop_side side[2];
};

static u8 *loop_slot(const struct loop_wire *wire, u32 index)
{
	return wire->slots + (index & wire->mask) * wire->stride;
}

static struct loop_side *loop_side(struct ferry_channel *ch)
{
	return container_of(ch, struct loop_channel, ch)->side;
}

/* Under the lock of the txq. */
static int loop_push(struct loop_side *side, const struct loop_desc *desc)
{
	int ret = ferry_port_send(side->out->tx, desc, sizeof(*desc), 0);

	side->full = ret == 1 || ret == -EAGAIN;
	return ret;
}

/* Any context. Takes back what the reader is done with, and believes no more of it. */
static void loop_reap(struct loop_side *side)
{
	const struct loop_wire *wire = side->out;
	unsigned long nr;

	for_each_set_bit(nr, wire->done, wire->nr_bufs) {
		/* A full barrier when it was set; pairs with loop_done(). */
		if (test_and_clear_bit(nr, wire->done))
			ferry_pool_returned(side->pool, wire->region->remote + nr * wire->buf_size,
					    ferry_pool_epoch(side->pool));
	}
}

static struct ferry_buf *loop_buf_alloc(struct ferry_channel *ch, size_t size)
{
	struct loop_side *side = loop_side(ch);
	struct ferry_buf *buf;

	if (!side->pool)
		return ERR_PTR(-EOPNOTSUPP);
	buf = ferry_pool_alloc(side->pool, 0);
	if (buf)
		return buf;
	loop_reap(side);
	return ferry_pool_alloc(side->pool, 0);
}

/* Under the lock of the txq. */
static int loop_xmit_buf(struct loop_side *side, struct ferry_msg *msg, struct loop_desc *desc)
{
	struct loop_wire *wire = side->out;
	u32 nr = div64_u64(msg->buf->remote - wire->region->remote, wire->buf_size);
	int ret;

	desc->kind = LOOP_BUF;
	desc->slot = cpu_to_le32(nr);
	clear_bit(nr, wire->done);	/* whatever an earlier life of the reader said */
	ferry_buf_lend(msg->buf);
	ret = loop_push(side, desc);
	/* The push was lost: the buffer stays with the client. */
	if (ret < 0)
		ferry_buf_recall(msg->buf);
	else
		ferry_buf_put(msg->buf);
	return ret;
}

static int loop_xmit(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	struct loop_side *side = loop_side(ch);
	struct loop_desc desc = {
		.channel = cpu_to_le16(ch->number),
		.kind = LOOP_DATA,
		.len = cpu_to_le32(msg->len),
		.slot = cpu_to_le32(side->sent),
	};
	int ret;

	if (side->full)
		return -EAGAIN;
	if (msg->lent)
		return loop_xmit_buf(side, msg, &desc);
	ferry_txq_copy(&side->txq, loop_slot(side->out, side->sent), msg->data, msg->len);
	ret = loop_push(side, &desc);
	if (ret >= 0)
		side->sent++;
	return ret;
}

/* What ferry_post() sends is a descriptor. */
static int loop_xmit_control(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	struct loop_side *side = container_of(ch, struct loop_side, control);

	return side->full ? -EAGAIN : loop_push(side, msg->data);
}

static int loop_flow(struct ferry_channel *ch, bool on)
{
	struct loop_desc desc = {
		.channel = cpu_to_le16(ch->number),
		.kind = on ? LOOP_GO : LOOP_STOP,
	};

	return ferry_post(&loop_side(ch)->control, &desc, sizeof(desc));
}

static const struct ferry_channel_ops loop_channel_ops = {
	.xmit = loop_xmit,
	.flow = loop_flow,
	.buf_alloc = loop_buf_alloc,
};

static const struct ferry_channel_ops loop_control_ops = {
	.xmit = loop_xmit_control,
};

static bool loop_tx_arm(struct ferry_txq *txq, bool on)
{
	struct loop_side *side = container_of(txq, struct loop_side, txq);
	bool room = ferry_port_tx_arm(side->out->tx, on);

	if (room)
		side->full = false;
	if (on && side->pool)
		loop_reap(side);
	return room;
}

static const struct ferry_txq_ops loop_txq_ops = {
	.tx_arm = loop_tx_arm,
};

static void loop_drop(struct loop_side *side, struct ferry_channel *ch, long why)
{
	enum ferry_drop drop = FERRY_DROP_QUEUE_FULL;

	if (why == -ENOTCONN)
		drop = FERRY_DROP_NOT_OPEN;
	else if (why == -EMSGSIZE)
		drop = FERRY_DROP_BAD_LENGTH;
	ferry_rx_drop(&side->rxq, ch, drop);
}

/* Under the lock of the rxq. False: no room for the message, keep its descriptor. */
static bool loop_take_data(struct loop_side *side, struct ferry_channel *ch,
			   const struct loop_desc *desc)
{
	u32 len = le32_to_cpu(desc->len);
	void *room = ferry_rx_get(ch, len);

	if (IS_ERR(room)) {
		if (PTR_ERR(room) == -EAGAIN)
			return false;
		loop_drop(side, ch, PTR_ERR(room));
		return true;
	}
	ferry_rxq_copy(&side->rxq, room, loop_slot(side->in, le32_to_cpu(desc->slot)), len);
	ferry_rx_put(ch, room, len);
	return true;
}

/* Any context. The buffer is not ours any more. */
static void loop_done(struct loop_wire *wire, u32 nr)
{
	smp_mb__before_atomic();	/* our reads are over; pairs with loop_reap() */
	set_bit(nr, wire->done);
}

static void loop_loan_returned(void *priv, u32 nr)
{
	struct loop_side *side = priv;

	loop_done(side->in, nr);
}

static const struct ferry_loans_ops loop_loans_ops = {
	.returned = loop_loan_returned,
};

/* Under the lock of the rxq. */
static void loop_take_buf(struct loop_side *side, struct ferry_channel *ch,
			  const struct loop_desc *desc)
{
	struct loop_wire *wire = side->in;
	u32 nr = le32_to_cpu(desc->slot), len = le32_to_cpu(desc->len);
	size_t offset = nr * wire->buf_size;
	struct ferry_buf *buf;
	int ret;

	if (nr >= wire->nr_bufs || len > wire->buf_size) {
		ferry_rx_drop(&side->rxq, ch, FERRY_DROP_BAD_ADDRESS);
		return;
	}
	if (ferry_loan_held(side->loans, nr)) {
		ferry_rx_drop(&side->rxq, ch, FERRY_DROP_STALE);
		return;
	}
	buf = ferry_loan_take(side->loans, nr, wire->region->vaddr + offset,
			      wire->region->remote + offset, wire->buf_size);
	if (!buf) {
		loop_done(wire, nr);
		ferry_rx_drop(&side->rxq, ch, FERRY_DROP_NO_MEMORY);
		return;
	}
	ret = ferry_rx_buf(ch, buf, len);
	if (ret) {
		ferry_buf_put(buf);
		loop_drop(side, ch, ret);
	}
}

/* Under the lock of the rxq. False as loop_take_data(). */
static bool loop_take(struct loop_side *side, const struct loop_desc *desc)
{
	u16 number = le16_to_cpu(desc->channel);
	struct ferry_channel *ch;

	if (number >= side->nr_channels) {
		ferry_rx_drop(&side->rxq, NULL, FERRY_DROP_NO_CHANNEL);
		return true;
	}
	ch = &side->channels[number].ch;
	switch (desc->kind) {
	case LOOP_DATA:
		return loop_take_data(side, ch, desc);
	case LOOP_STOP:
	case LOOP_GO:
		ferry_channel_flow(ch, desc->kind == LOOP_GO);
		return true;
	case LOOP_BUF:
		if (side->loans) {
			loop_take_buf(side, ch, desc);
			return true;
		}
		fallthrough;
	default:
		ferry_rx_drop(&side->rxq, ch, FERRY_DROP_BAD_HEADER);
		return true;
	}
}

static int loop_poll(struct ferry_rxq *rxq, int budget)
{
	struct loop_side *side = container_of(rxq, struct loop_side, rxq);
	int n;

	for (n = 0; n < budget; n++) {
		if (!side->has_next) {
			ssize_t len = ferry_port_recv(side->in->rx, &side->next,
						      sizeof(side->next));

			if (len < 0)
				break;
			if (len != sizeof(side->next)) {
				ferry_rx_drop(rxq, NULL, FERRY_DROP_BAD_HEADER);
				continue;
			}
		}
		side->has_next = !loop_take(side, &side->next);
		if (side->has_next)
			break;
	}
	return n;
}

static const struct ferry_rxq_ops loop_rxq_ops = {
	.poll = loop_poll,
};

static void loop_rx(struct ferry_port *port, void *data)
{
	struct loop_side *side = data;

	ferry_link_rx_irq(side->link);
}

static void loop_tx_ready(struct ferry_port *port, void *data)
{
	struct loop_side *side = data;

	ferry_txq_ready(&side->txq);
}

static const struct ferry_port_user loop_port_user = {
	.rx = loop_rx,
	.tx_ready = loop_tx_ready,
};

static int loop_start(struct ferry_link *link)
{
	struct loop_side *side = ferry_link_priv(link);
	int ret;

	ret = ferry_port_start(side->out->tx, &loop_port_user, side);
	if (ret)
		return ret;
	ret = ferry_port_start(side->in->rx, &loop_port_user, side);
	if (ret)
		ferry_port_stop(side->out->tx);
	return ret;
}

static int loop_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct loop_side *side = ferry_link_priv(link);

	ferry_port_stop(side->in->rx);
	ferry_port_stop(side->out->tx);
	if (side->pool) {
		ferry_loans_reset(side->loans);
		ferry_pool_reset(side->pool);
	}
	return 0;
}

static bool loop_rearm(struct ferry_link *link)
{
	struct loop_side *side = ferry_link_priv(link);

	return !side->polled && ferry_port_rx_arm(side->in->rx);
}

static const struct ferry_link_ops loop_link_ops = {
	.start = loop_start,
	.stop = loop_stop,
	.rearm = loop_rearm,
};

static int loop_wire_init(struct loop_wire *wire, const struct ferry_loop_cfg *cfg,
			  struct ferry_region *region)
{
	int ret = ferry_loopback_create(NULL, cfg->depth, sizeof(struct loop_desc), &wire->tx,
					&wire->rx);

	if (ret)
		return ret;
	/* The reader may still be in the slot of a descriptor that it took. */
	wire->mask = 2 * roundup_pow_of_two(cfg->depth) - 1;
	wire->stride = ALIGN(max_t(size_t, cfg->mtu, 1), sizeof(u64));
	wire->slots = kvzalloc(array_size(wire->stride, wire->mask + 1), GFP_KERNEL);
	if (!wire->slots)
		return -ENOMEM;
	if (!region)
		return 0;
	ferry_region_hold(region);
	wire->region = region;
	wire->buf_size = cfg->buf_size;
	wire->nr_bufs = div64_u64(region->size, cfg->buf_size);
	wire->done = bitmap_zalloc(wire->nr_bufs, GFP_KERNEL);
	return wire->done ? 0 : -ENOMEM;
}

static void loop_wire_exit(struct loop_wire *wire)
{
	if (wire->tx) {
		ferry_port_kill(wire->tx);
		ferry_port_kill(wire->rx);
	}
	if (wire->region)
		ferry_region_put(wire->region);
	bitmap_free(wire->done);
	kvfree(wire->slots);
}

static int loop_add_channels(struct loop_side *side, const struct ferry_loop_cfg *cfg)
{
	unsigned int i;
	int ret;

	side->channels = kcalloc(cfg->nr_hs + cfg->nr_gp, sizeof(*side->channels), GFP_KERNEL);
	if (!side->channels)
		return -ENOMEM;
	for (i = 0; i < cfg->nr_hs + cfg->nr_gp; i++) {
		struct ferry_channel *ch = &side->channels[i].ch;

		side->channels[i].side = side;
		snprintf(ch->name, sizeof(ch->name), "loop%u", i);
		ch->number = i;
		ch->cls = i < cfg->nr_hs ? FERRY_CLASS_HS : FERRY_CLASS_GP;
		ch->mtu = cfg->mtu;
		ch->rx_copy = cfg->mtu;
		ch->buf_max = side->pool ? cfg->buf_size : 0;
		ch->ops = &loop_channel_ops;
		ch->txq = &side->txq;
		ch->rxq = &side->rxq;
		ret = ferry_channel_register(side->link, ch);
		if (ret)
			return ret;
		side->nr_channels++;
	}
	return 0;
}

static int loop_add_buffers(struct loop_side *side)
{
	struct ferry_pool_cfg cfg = {
		.size = side->out->region->size,
		.buf_size = side->out->buf_size,
		.align = 1,
	};
	struct ferry_loans *loans;
	struct ferry_pool *pool;
	int ret;

	ret = ferry_link_add_region(side->link, side->out->region);
	if (ret)
		return ret;
	pool = ferry_pool_create(side->out->region, &cfg);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	side->pool = pool;
	ferry_link_add_pool(side->link, pool, "buffers");
	loans = ferry_loans_create(side->in->region, side->in->nr_bufs, side->in->nr_bufs,
				   &loop_loans_ops, side);
	if (IS_ERR(loans))
		return PTR_ERR(loans);
	side->loans = loans;
	ferry_link_add_loans(side->link, loans, "loans");
	return 0;
}

static int loop_side_init(struct loop_side *side, struct device *parent,
			  const struct ferry_loop_cfg *cfg, char suffix)
{
	char name[FERRY_NAME_LEN];
	struct ferry_link_cfg link_cfg = {
		.name = name,
		.ops = &loop_link_ops,
		.priv = side,
		.max_mtu = cfg->mtu,
		.addr_bits = 64,
	};
	int ret;

	snprintf(name, sizeof(name), "%.24s-%c", cfg->name, suffix);
	side->link = ferry_link_alloc(parent, &link_cfg);
	if (IS_ERR(side->link)) {
		ret = PTR_ERR(side->link);
		side->link = NULL;
		return ret;
	}
	side->polled = cfg->polled;
	side->control.link = side->link;
	side->control.txq = &side->txq;
	side->control.ops = &loop_control_ops;
	strscpy(side->control.name, "control", sizeof(side->control.name));
	ret = ferry_txq_init(&side->txq, side->link, &loop_txq_ops, true);
	if (ret)
		return ret;
	ret = ferry_rxq_init(&side->rxq, side->link, &loop_rxq_ops);
	if (ret)
		return ret;
	if (side->out->region) {
		ret = loop_add_buffers(side);
		if (ret)
			return ret;
	}
	ret = loop_add_channels(side, cfg);
	if (ret)
		return ret;
	ret = ferry_link_register(side->link);
	side->registered = !ret;
	return ret;
}

static void loop_side_exit(struct loop_side *side)
{
	if (!side->link)
		return;
	if (side->registered)
		ferry_link_unregister(side->link);
	while (side->nr_channels--)
		ferry_channel_unregister(&side->channels[side->nr_channels].ch);
	kfree(side->channels);
	ferry_rxq_exit(&side->rxq);
	ferry_txq_exit(&side->txq);
	ferry_loans_destroy(side->loans);
	ferry_pool_destroy(side->pool);
	if (side->out->region)
		ferry_link_remove_region(side->link, side->out->region);
	ferry_link_put(side->link);
}

/**
 * ferry_loop_create - make two links that are each other's remote
 * @parent:	device of both, or NULL
 * @cfg:	what they are like
 *
 * Both are offline until ferry_link_start().
 *
 * Context: process, may sleep.
 *
 * Return: the loop, for ferry_loop_destroy(), or ERR_PTR: -EINVAL, -ENOMEM, or what
 * ferry_link_register() returned.
 */
struct ferry_loop *ferry_loop_create(struct device *parent, const struct ferry_loop_cfg *cfg)
{
	struct ferry_loop *loop;
	unsigned int i;
	int ret = 0;

	if (!cfg->name || !cfg->depth || cfg->nr_hs + cfg->nr_gp == 0 ||
	    cfg->nr_hs + cfg->nr_gp > U16_MAX || !cfg->region[0] != !cfg->region[1] ||
	    (cfg->region[0] && (!cfg->buf_size || cfg->buf_size > cfg->region[0]->size ||
				cfg->buf_size > cfg->region[1]->size)))
		return ERR_PTR(-EINVAL);
	loop = kzalloc(sizeof(*loop), GFP_KERNEL);
	if (!loop)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < 2 && !ret; i++) {
		loop->side[i].out = &loop->wire[i];
		loop->side[i].in = &loop->wire[!i];
		ret = loop_wire_init(&loop->wire[i], cfg, cfg->region[i]);
	}
	for (i = 0; i < 2 && !ret; i++)
		ret = loop_side_init(&loop->side[i], parent, cfg, 'a' + i);
	if (!ret)
		return loop;
	ferry_loop_destroy(loop);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_loop_create);

/**
 * ferry_loop_destroy - take both links away
 * @loop:	the loop; endpoints still open become orphans
 *
 * Context: process, may sleep.
 */
void ferry_loop_destroy(struct ferry_loop *loop)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		loop_side_exit(&loop->side[i]);
	for (i = 0; i < 2; i++)
		loop_wire_exit(&loop->wire[i]);
	kfree(loop);
}
EXPORT_SYMBOL_GPL(ferry_loop_destroy);

/**
 * ferry_loop_link - one of the two links
 * @loop:	the loop
 * @side:	0 or 1
 *
 * Context: any.
 *
 * Return: the link, without a reference of its own.
 */
struct ferry_link *ferry_loop_link(struct ferry_loop *loop, unsigned int side)
{
	return loop->side[side].link;
}
EXPORT_SYMBOL_GPL(ferry_loop_link);

/**
 * ferry_loop_wire - the port that a side sends into, to forge messages of it
 * @loop:	the loop
 * @side:	0 or 1; its link was started
 *
 * Context: any.
 *
 * Return: the port, without a reference of its own.
 */
struct ferry_port *ferry_loop_wire(struct ferry_loop *loop, unsigned int side)
{
	return loop->wire[side].tx;
}
EXPORT_SYMBOL_GPL(ferry_loop_wire);

MODULE_DESCRIPTION("Ferry: two links in memory, for tests and benchmarks");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
