// SPDX-License-Identifier: GPL-2.0-only
/*
 * Edges over plain memory, for the suites of SMD.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/ferry/smem.h>
#include <linux/ferry/watch.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "../../drivers/sim/smem_image.h"
#include "../ferry_kunit.h"
#include "edges.h"

#define LAST_MAX	(128 * 1024)
#define SEND_MS		30000

static void edges_end(void *arg)
{
	struct edges *e = arg;

	edges_destroy_smd(e, 0);
	edges_destroy_smd(e, 1);
	if (e->smem)
		ferry_smem_put(e->smem);
	if (e->to_remote) {
		ferry_port_kill(e->to_remote);
		ferry_port_kill(e->at_remote);
	}
	if (e->to_us) {
		ferry_port_stop(e->to_us);	/* ours, where we are the remote */
		ferry_port_kill(e->to_us);
		ferry_port_kill(e->at_us);
	}
	vfree(e->mem);
}

void edges_destroy_smd(struct edges *e, unsigned int side)
{
	if (e->smd[side])
		ferry_smd_destroy(e->smd[side]);
	e->smd[side] = NULL;
	e->link[side] = NULL;
}
EXPORT_SYMBOL_GPL(edges_destroy_smd);

static void edges_signals(void *priv, const char *channel, u32 signals)
{
	struct edges *e = priv;

	if (e->signals)
		e->signals(e, channel, signals);
}

static void edges_side(struct edges *e, unsigned int side, unsigned int flags)
{
	struct ferry_smd_cfg cfg = {
		.name = side ? "remote" : "edge",
		.smem = e->smem,
		.edge = flags & EDGES_RPM ? EDGES_RPM_EDGE : EDGES_EDGE,
		.host = flags & EDGES_PART ? EDGES_HOST : FERRY_SMEM_HOST_ANY,
		.role = side ? FERRY_SMD_ALLOCATES : FERRY_SMD_SCANS,
		.kick = side ? e->to_us : e->to_remote,
		.bell = side ? e->at_remote : e->at_us,
		.recover = flags & EDGES_RECOVER,
		.straight = flags & EDGES_STRAIGHT,
		.signals = edges_signals,
		.priv = e,
	};
	struct ferry_smd *smd = ferry_smd_create(NULL, &cfg);

	KUNIT_ASSERT_FALSE(e->test, IS_ERR(smd));
	e->smd[side] = smd;
	e->link[side] = ferry_smd_link(smd);
}

static const struct ferry_port_user hand_user = {};

static bool edges_trylock(void *data)
{
	struct edges *e = data;

	return !atomic_cmpxchg(&e->owner, 0, 1);
}

static void edges_unlock(void *data)
{
	struct edges *e = data;

	atomic_set(&e->owner, 0);
}

static int edges_bust(void *data, unsigned int owner)
{
	struct edges *e = data;

	atomic_cmpxchg(&e->owner, owner, 0);
	return 0;
}

static const struct ferry_smem_lock_ops edges_lock_ops = {
	.trylock = edges_trylock,
	.unlock = edges_unlock,
	.bust = edges_bust,
};

struct edges *edges_create(struct kunit *test, unsigned int flags)
{
	struct edges *e = kunit_kzalloc(test, sizeof(*e), GFP_KERNEL);
	struct ferry_sim_smem_part part = { .host1 = EDGES_HOST, .size = EDGES_SMEM / 2 };
	struct ferry_sim_smem_image image = { .size = EDGES_SMEM };
	struct ferry_smem_cfg cfg = { .size = EDGES_SMEM };

	KUNIT_ASSERT_NOT_NULL(test, e);
	if (flags & EDGES_PART) {
		image.parts = &part;
		image.nr_parts = 1;
		cfg.lock_ops = &edges_lock_ops;
		cfg.lock_data = e;
	}
	e->test = test;
	ferry_defer(test, edges_end, e);
	e->mem = vzalloc(EDGES_SMEM);
	KUNIT_ASSERT_NOT_NULL(test, e->mem);
	image.base = e->mem;
	cfg.base = e->mem;
	KUNIT_ASSERT_EQ(test, ferry_sim_smem_build(&image), 0);
	e->smem = ferry_smem_create(NULL, &cfg);
	if (IS_ERR(e->smem)) {
		e->smem = NULL;
		KUNIT_ASSERT_TRUE_MSG(test, false, "no SMEM");
	}
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 4, 0, &e->to_remote, &e->at_remote), 0);
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 4, 0, &e->to_us, &e->at_us), 0);
	edges_side(e, 0, flags);
	if (flags & EDGES_BY_HAND) {
		KUNIT_ASSERT_EQ(test, ferry_port_start(e->to_us, &hand_user, NULL), 0);
	} else {
		edges_side(e, 1, flags);
		KUNIT_ASSERT_EQ(test, ferry_link_start(e->link[1]), 0);
	}
	if (!(flags & EDGES_OFFLINE))
		edges_start(e);
	return e;
}
EXPORT_SYMBOL_GPL(edges_create);

void edges_start(struct edges *e)
{
	KUNIT_ASSERT_EQ(e->test, ferry_link_start(e->link[0]), 0);
}
EXPORT_SYMBOL_GPL(edges_start);

void edges_channel(struct edges *e, const char *name, u32 size, bool words, bool stream)
{
	struct ferry_smd_channel_cfg cfg = {
		.name = name,
		.size = size,
		.words = words,
		.stream = stream,
	};

	KUNIT_ASSERT_EQ(e->test, ferry_smd_channel_create(e->smd[1], &cfg), 0);
}
EXPORT_SYMBOL_GPL(edges_channel);

struct smd_entry *hand_table(struct edges *e, unsigned int table, u32 size)
{
	struct smd_entry *entries;

	entries = ferry_sim_smem_add_heap(e->mem, table ? SMD_TABLE_ITEM_2 : SMD_TABLE_ITEM_1,
					  size);
	KUNIT_ASSERT_NOT_NULL(e->test, entries);
	memset(entries, 0, size);
	return entries;
}
EXPORT_SYMBOL_GPL(hand_table);

struct hand *hand_items(struct edges *e, u32 cid, u32 info_size, u32 fifo_size)
{
	struct hand *h = kunit_kzalloc(e->test, sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(e->test, h);
	h->e = e;
	h->words = info_size == SMD_INFO_WORDS;
	h->size = fifo_size / 2;
	h->info = ferry_sim_smem_add_heap(e->mem, SMD_INFO_ITEM_1 + cid, info_size);
	h->fifo = ferry_sim_smem_add_heap(e->mem, SMD_FIFO_ITEM_1 + cid, fifo_size);
	KUNIT_ASSERT_NOT_NULL(e->test, h->info);
	KUNIT_ASSERT_NOT_NULL(e->test, h->fifo);
	memset(h->info, 0, info_size);
	h->ours = h->info;
	h->theirs = h->info + info_size / 2;
	h->tx = h->fifo;
	h->rx = h->fifo + h->size;
	return h;
}
EXPORT_SYMBOL_GPL(hand_items);

void hand_entry(struct smd_entry *entry, const char *name, u32 cid, u32 flags)
{
	memset(entry, 0, sizeof(*entry));
	strscpy(entry->name, name, sizeof(entry->name));
	entry->cid = cpu_to_le32(cid);
	entry->flags = cpu_to_le32(flags);
	wmb();	/* as firmware does it */
	entry->ref_count = cpu_to_le32(1);
}
EXPORT_SYMBOL_GPL(hand_entry);

struct hand *hand_channel(struct edges *e, const char *name, u32 cid, u32 size, bool words,
			  u32 type)
{
	struct smd_entry *entries;
	struct hand *h;

	entries = ferry_smem_item(e->smem, FERRY_SMEM_HOST_ANY, SMD_TABLE_ITEM_1, NULL);
	if (IS_ERR(entries))
		entries = hand_table(e, 0, SMD_TABLE_SIZE);
	h = hand_items(e, cid, words ? SMD_INFO_WORDS : SMD_INFO_BYTES, 2 * size);
	h->entry = entries + cid;
	if (e->leftovers)
		memset(h->ours, 0xff, words ? offsetof(struct smd_half_words, tail) :
					      offsetof(struct smd_half_bytes, tail));
	hand_entry(h->entry, name, cid, EDGES_EDGE | type);
	hand_kick(e);
	return h;
}
EXPORT_SYMBOL_GPL(hand_channel);

void hand_kick(struct edges *e)
{
	ferry_port_send(e->to_us, NULL, 0, 0);
}
EXPORT_SYMBOL_GPL(hand_kick);

void hand_state(struct hand *h, u32 state)
{
	smd_store(h->theirs, state);
	smd_set_flag(h->theirs, SMD_FSTATE, h->words, 1);
	hand_kick(h->e);
}
EXPORT_SYMBOL_GPL(hand_state);

void hand_write(struct hand *h, const void *data, u32 len)
{
	const u8 *bytes = data;
	u32 i;

	for (i = 0; i < len; i++) {
		h->rx[h->head] = bytes[i];
		h->head = h->head + 1 == h->size ? 0 : h->head + 1;
	}
	wmb();	/* as firmware does it */
	smd_store(smd_head(h->theirs, h->words), h->head);
	smd_set_flag(h->theirs, SMD_FHEAD, h->words, 1);
}
EXPORT_SYMBOL_GPL(hand_write);

void hand_packet(struct hand *h, const void *data, u32 len)
{
	struct smd_packet header = { .len = cpu_to_le32(len) };

	hand_write(h, &header, sizeof(header));
	hand_write(h, data, len);
	hand_kick(h->e);
}
EXPORT_SYMBOL_GPL(hand_packet);

/* Waits until the scanning side says so. */
bool hand_sees(struct hand *h, u32 state)
{
	return FERRY_WAIT(smd_state(h->ours) == state);
}
EXPORT_SYMBOL_GPL(hand_sees);

u32 hand_head(struct hand *h)
{
	return smd_load(smd_head(h->ours, h->words));
}
EXPORT_SYMBOL_GPL(hand_head);

void hand_opened(struct hand *h)
{
	h->head = 0;
	h->tail = 0;
	smd_store(smd_head(h->theirs, h->words), 0);
	smd_store(smd_tail(h->ours, h->words), 0);
	hand_state(h, SMD_OPENED);
}
EXPORT_SYMBOL_GPL(hand_opened);

void edges_fill(void *data, size_t len, unsigned int nr)
{
	u8 *bytes = data;
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = nr * 37 + i + (i >> 8);
}
EXPORT_SYMBOL_GPL(edges_fill);

static bool client_checks(struct edges_client *c, const u8 *data, size_t len)
{
	unsigned int nr = c->stream ? 0 : c->nr;
	size_t i, at;

	if (c->unchecked)
		return true;
	for (i = 0; i < len; i++) {
		at = c->stream ? c->bytes + i : i;
		if (data[i] != (u8)(nr * 37 + at + (at >> 8)))
			return false;
	}
	return true;
}

static int client_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct edges_client *c = priv;

	if (c->refuse) {
		c->refuse--;
		return -EAGAIN;
	}
	if (!client_checks(c, data, len))
		c->bad++;
	memcpy(c->last, data, min_t(size_t, len, LAST_MAX));
	c->len = len;
	c->bytes += len;
	if (c->on_rx)
		c->on_rx(c, data, len);
	/* Who sees the count sees the rest. */
	smp_store_release(&c->nr, c->nr + 1);
	complete(&c->got);
	return 0;
}

static void client_tx_ready(struct ferry_ep *ep, void *priv)
{
	struct edges_client *c = priv;

	WRITE_ONCE(c->tx_ready, c->tx_ready + 1);
}

static void client_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct edges_client *c = priv;

	if (event == FERRY_EVENT_UP)
		WRITE_ONCE(c->ups, c->ups + 1);
	if (event == FERRY_EVENT_CLOSED)
		WRITE_ONCE(c->closes, c->closes + 1);
}

static void client_end(void *arg)
{
	struct edges_client *c = arg;

	edges_close(c);
	vfree(c->last);
}

struct edges_client *edges_client(struct kunit *test)
{
	struct edges_client *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->test = test;
	c->last = vzalloc(LAST_MAX);
	KUNIT_ASSERT_NOT_NULL(test, c->last);
	init_completion(&c->got);
	ferry_defer(test, client_end, c);
	return c;
}
EXPORT_SYMBOL_GPL(edges_client);

int edges_open(struct edges_client *c, struct ferry_link *link, const char *name,
	       unsigned int flags)
{
	struct ferry_id id = { .name = name, .number = FERRY_ANY_NUMBER };
	struct ferry_ep_cfg cfg = {
		.rx = client_rx,
		.tx_ready = client_tx_ready,
		.event = client_event,
		.priv = c,
		.flags = flags,
		.timeout_ms = SEND_MS,
	};
	struct ferry_ep *ep = ferry_open(link, &id, &cfg);

	if (IS_ERR(ep))
		return PTR_ERR(ep);
	c->ep = ep;
	return 0;
}
EXPORT_SYMBOL_GPL(edges_open);

void edges_close(struct edges_client *c)
{
	if (c->ep)
		KUNIT_EXPECT_EQ(c->test, ferry_close(c->ep), 0);
	c->ep = NULL;
}
EXPORT_SYMBOL_GPL(edges_close);

int edges_send(struct edges_client *c, size_t len, unsigned int nr)
{
	u8 *data = kvmalloc(max_t(size_t, len, 1), GFP_KERNEL);
	int ret;

	if (!data)
		return -ENOMEM;
	edges_fill(data, len, nr);
	ret = ferry_send(c->ep, data, len);
	kvfree(data);
	return ret;
}
EXPORT_SYMBOL_GPL(edges_send);

bool edges_wait_for(const unsigned int *counter, unsigned int value)
{
	/* Pairs with the release where it is counted. */
	return FERRY_WAIT(smp_load_acquire(counter) >= value);
}
EXPORT_SYMBOL_GPL(edges_wait_for);

bool edges_wait(struct edges_client *c, unsigned int nr)
{
	/* Pairs with the release in client_rx(). */
	while (smp_load_acquire(&c->nr) < nr)
		if (!wait_for_completion_timeout(&c->got, 30 * HZ))
			return false;
	return true;
}
EXPORT_SYMBOL_GPL(edges_wait);

static void open_work(struct work_struct *work)
{
	struct opener *o = container_of(work, struct opener, work);

	o->ret = edges_open(o->c, o->link, o->name, 0);
	complete(&o->done);
}

struct opener *edges_open_begin(struct edges_client *c, struct ferry_link *link, const char *name)
{
	struct opener *o = kunit_kzalloc(c->test, sizeof(*o), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(c->test, o);
	INIT_WORK(&o->work, open_work);
	init_completion(&o->done);
	o->c = c;
	o->link = link;
	o->name = name;
	schedule_work(&o->work);
	return o;
}
EXPORT_SYMBOL_GPL(edges_open_begin);

int edges_open_end(struct opener *o)
{
	wait_for_completion(&o->done);
	flush_work(&o->work);
	return o->ret;
}
EXPORT_SYMBOL_GPL(edges_open_end);

unsigned int edges_offered(struct ferry_link *link)
{
	return ferry_link_channels(link, NULL, 0);
}
EXPORT_SYMBOL_GPL(edges_offered);

void edges_connect(struct edges *e, const char *name, unsigned int flags,
		   struct edges_client *c[2])
{
	c[0] = edges_client(e->test);
	c[1] = edges_client(e->test);
	KUNIT_ASSERT_EQ(e->test, edges_open(c[1], e->link[1], name, flags), 0);
	KUNIT_ASSERT_EQ(e->test, edges_open(c[0], e->link[0], name, flags), 0);
}
EXPORT_SYMBOL_GPL(edges_connect);

MODULE_DESCRIPTION("Edges over plain memory, for tests of Ferry");
MODULE_LICENSE("GPL");
