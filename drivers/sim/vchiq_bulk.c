// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU: bulk transfers, from and to memory of the host that a list of pages names.
 *
 * The list is read once, and checked, when the host asks. Those of one service and direction
 * are done and answered in the order in which the host asked for them; what makes no sense is
 * answered with an abort, in its turn, too.
 */
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "vchiq_private.h"

#define BULK_PAGE	4096
#define BULK_MAX	SZ_128M
#define BULK_KEPT	4	/* what an echo keeps; then who sends waits */
#define BULK_ABORTED	(-1)

/* What an echo was sent. */
struct vsim_kept {
	struct list_head node;
	u32 len;
	u8 data[];
};

enum bulk_way { BULK_LOOK, BULK_READ, BULK_WRITE };

static void *bulk_map(struct ferry_sim_vchiq *sim, u32 addr, size_t size)
{
	return sim->cfg.map(sim->cfg.data, addr, size);
}

/* Goes over @len bytes of a transfer, from byte @at on. False: there is no memory. */
static bool bulk_walk(struct ferry_sim_vchiq *sim, const struct vsim_bulk *b, u32 at, u8 *data,
		      u32 len, enum bulk_way way)
{
	u32 i, run, n, skip = b->offset + at;
	u8 *mem;

	for (i = 0; len && i < b->nr; i++) {
		run = (b->runs[i] % BULK_PAGE + 1) * BULK_PAGE;
		if (skip >= run) {
			skip -= run;
			continue;
		}
		n = min(len, run - skip);
		mem = bulk_map(sim, (b->runs[i] & ~(BULK_PAGE - 1)) + skip, n);
		if (!mem)
			return false;
		if (way == BULK_READ)
			memcpy(data, mem, n);
		else if (way == BULK_WRITE)
			memcpy(mem, data, n);
		data += n;
		len -= n;
		skip = 0;
	}
	return !len;
}

/* Where the ends of what is received go: two cache lines, or NULL. */
static u8 *bulk_fragment(struct ferry_sim_vchiq *sim, u16 type)
{
	u32 n = type - VCHIQ_PAGES_FRAGMENT(0), size = 2 * sim->cfg.line;

	if (n >= vsim_get(&sim->zero->platform_data[1]))
		return NULL;
	return bulk_map(sim, vsim_get(&sim->zero->platform_data[0]) + n * size, size);
}

static struct vsim_bulk *bulks_at(struct vsim_bulks *q, unsigned int i)
{
	return &q->bulk[(q->first + i) % VSIM_BULKS];
}

/* Under rx_lock. A fragment is for one at a time. */
static bool bulk_fragment_is_free(struct ferry_sim_vchiq *sim, u16 type)
{
	struct ferry_sim_vchiq_conn *c;
	unsigned int port, i;

	for (port = 0; port < VSIM_PORTS; port++) {
		c = sim->conns[port];
		for (i = 0; c && i < c->receives.nr; i++)
			if (!bulks_at(&c->receives, i)->bad &&
			    bulks_at(&c->receives, i)->type == type)
				return false;
	}
	return true;
}

/* The pages that a list names. False: not all that are needed. */
static bool bulk_read_pages(struct ferry_sim_vchiq *sim, struct vsim_bulk *b, u32 addr)
{
	u32 pages = DIV_ROUND_UP(b->offset + b->size, BULK_PAGE), n;
	__le32 *word;

	b->runs = kvmalloc_array(pages, sizeof(*b->runs), GFP_KERNEL);
	if (!b->runs)
		return false;
	for (n = 0; n < pages; n += b->runs[b->nr++] % BULK_PAGE + 1) {
		word = bulk_map(sim, addr + b->nr * sizeof(*word), sizeof(*word));
		if (!word)
			return false;
		b->runs[b->nr] = vsim_get(word);
	}
	return bulk_walk(sim, b, 0, NULL, b->size, BULK_LOOK);
}

static const char *bulk_check_type(struct ferry_sim_vchiq *sim, u16 type, bool receive)
{
	bool sends = type == VCHIQ_PAGES_SEND;

	if (receive == sends)
		return "a list of pages is for the other direction";
	if (type < VCHIQ_PAGES_FRAGMENT(0))
		return NULL;
	if (!bulk_fragment(sim, type))
		return "there is no such fragment";
	return bulk_fragment_is_free(sim, type) ? NULL : "a fragment is in use";
}

/* Under rx_lock. What the host asks for is in sim->msg. Returns what is wrong, or NULL. */
static const char *bulk_read_list(struct ferry_sim_vchiq *sim, struct vsim_bulk *b, bool receive)
{
	const struct vchiq_bulk *ask = (const void *)sim->msg;
	u32 addr = le32_to_cpu(ask->pagelist), length;
	struct vchiq_pagelist *list;
	const char *why;

	list = addr % sizeof(u32) ? NULL : bulk_map(sim, addr, sizeof(*list));
	if (!list)
		return "there is no list of pages";
	length = vsim_get(&list->length);
	b->type = le16_to_cpu(READ_ONCE(list->type));
	b->offset = le16_to_cpu(READ_ONCE(list->offset));
	b->size = le32_to_cpu(ask->size);
	if (length != b->size || !length || length > BULK_MAX)
		return "a list of pages is of another length";
	if (b->offset >= BULK_PAGE)
		return "it begins behind the first page";
	why = bulk_check_type(sim, b->type, receive);
	if (why)
		return why;
	return bulk_read_pages(sim, b, addr + sizeof(*list)) ? NULL : "pages are missing";
}

/* Under rx_lock. The ends go into a fragment, where there is one. */
static int bulk_deliver(struct ferry_sim_vchiq_conn *c, const struct vsim_bulk *b, u8 *data,
			u32 len)
{
	u32 line = c->sim->cfg.line, head = 0, tail = 0;
	u8 *fragment;

	if (b->type >= VCHIQ_PAGES_FRAGMENT(0)) {
		fragment = bulk_fragment(c->sim, b->type);
		if (!fragment)
			return -EFAULT;
		head = min(-(u32)b->offset % line, len);
		tail = head < len ? (b->offset + len) % line : 0;
		memcpy(fragment, data, head);
		memcpy(fragment + line, data + len - tail, tail);
	}
	if (!bulk_walk(c->sim, b, head, data + head, len - head - tail, BULK_WRITE))
		return -EFAULT;
	return len;
}

static u32 bulk_amount(struct ferry_sim_vchiq *sim, u32 len)
{
	return vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_BULK_SHORT) ? len / 2 : len;
}

static int echo_send(struct ferry_sim_vchiq_conn *c, const struct vsim_bulk *b)
{
	u32 len = bulk_amount(c->sim, b->size);
	struct vsim_kept *kept;

	if (c->nr_kept == BULK_KEPT)
		return -EAGAIN;
	kept = kvmalloc(sizeof(*kept) + len, GFP_KERNEL);
	if (!kept)
		return -ENOMEM;
	kept->len = len;
	if (!bulk_walk(c->sim, b, 0, kept->data, len, BULK_READ)) {
		kvfree(kept);
		return -EFAULT;
	}
	list_add_tail(&kept->node, &c->kept);
	c->nr_kept++;
	return len;
}

static void echo_drop(struct ferry_sim_vchiq_conn *c, struct vsim_kept *kept)
{
	list_del(&kept->node);
	c->nr_kept--;
	kvfree(kept);
}

static int echo_receive(struct ferry_sim_vchiq_conn *c, const struct vsim_bulk *b)
{
	struct vsim_kept *kept;
	int ret;

	if (!c->nr_kept)
		return -EAGAIN;
	kept = list_first_entry(&c->kept, struct vsim_kept, node);
	ret = bulk_deliver(c, b, kept->data, bulk_amount(c->sim, min(kept->len, b->size)));
	echo_drop(c, kept);
	return ret;
}

static int sink_send(struct ferry_sim_vchiq_conn *c, const struct vsim_bulk *b)
{
	u32 len = bulk_amount(c->sim, b->size);

	c->sim->stats.bulks++;
	c->sim->stats.bulk_bytes += len;
	return len;
}

static int source_receive(struct ferry_sim_vchiq_conn *c, const struct vsim_bulk *b)
{
	u32 i, len = bulk_amount(c->sim, b->size), first = c->filled++ * 7;
	u8 *data = kvmalloc(len, GFP_KERNEL);
	int ret;

	if (!data)
		return -ENOMEM;
	for (i = 0; i < len; i++)
		data[i] = first + i;
	ret = bulk_deliver(c, b, data, len);
	kvfree(data);
	return ret;
}

/* Under rx_lock. The bytes; -EAGAIN: it has to wait; another -errno: it is aborted. */
static int bulk_do(struct ferry_sim_vchiq_conn *c, const struct vsim_bulk *b, bool receive)
{
	const struct ferry_sim_vchiq_server *ops = &c->server->ops;

	if (b->bad || vsim_fault(c->sim, FERRY_SIM_VCHIQ_FAULT_BULK_ABORT))
		return -EIO;
	if (ops->rx == vsim_echo)
		return receive ? echo_receive(c, b) : echo_send(c, b);
	if (ops->fourcc == FERRY_SIM_VCHIQ_SINK && !receive)
		return sink_send(c, b);
	if (ops->fourcc == FERRY_SIM_VCHIQ_SOURCE && receive)
		return source_receive(c, b);
	return -EOPNOTSUPP;
}

static void bulk_answer(struct ferry_sim_vchiq_conn *c, bool receive, int actual)
{
	struct vchiq_bulk_done done = { .actual = cpu_to_le32(actual) };

	vsim_send(c->sim, vsim_id(receive ? VCHIQ_BULK_RX_DONE : VCHIQ_BULK_TX_DONE, c->port,
				  c->peer), &done, sizeof(done));
}

static struct vsim_bulks *bulks_of(struct ferry_sim_vchiq_conn *c, bool receive)
{
	return receive ? &c->receives : &c->sends;
}

static void bulks_pop(struct ferry_sim_vchiq *sim, struct vsim_bulks *q)
{
	kvfree(bulks_at(q, 0)->runs);
	q->first++;
	q->nr--;
	sim->nr_bulks--;
}

/* Under rx_lock. False: there is nothing to do, or it has to wait. */
static bool bulk_first(struct ferry_sim_vchiq_conn *c, bool receive)
{
	struct vsim_bulks *q = bulks_of(c, receive);
	int actual;

	if (!q->nr || !READ_ONCE(c->sim->up) ||
	    vsim_fault(c->sim, FERRY_SIM_VCHIQ_FAULT_NO_BULK_DONE))
		return false;
	actual = bulk_do(c, bulks_at(q, 0), receive);
	if (actual == -EAGAIN)
		return false;
	if (actual == -EFAULT)
		vsim_wrong(c->sim, "pages of a bulk transfer went away");
	bulks_pop(c->sim, q);
	bulk_answer(c, receive, max(actual, BULK_ABORTED));
	return true;
}

/* Under rx_lock. What came may be what another one waits for. */
static void bulks_run(struct ferry_sim_vchiq_conn *c)
{
	bool more;

	do {
		more = bulk_first(c, false);
		more |= bulk_first(c, true);
	} while (more);
}

/* Under rx_lock; the payload is in sim->msg. */
void vsim_take_bulk(struct ferry_sim_vchiq *sim, bool receive, u16 src, u16 dst, u32 size)
{
	struct ferry_sim_vchiq_conn *c = dst ? vsim_conn_find(sim, src, dst) : NULL;
	const char *why = "a bulk transfer without a list";
	struct vsim_bulk b = {};
	struct vsim_bulks *q;

	if (!c || c->calling) {
		vsim_wrong(sim, "a bulk transfer for nobody");
		return;
	}
	if (c->hung_up)
		return;
	q = bulks_of(c, receive);
	if (q->nr == VSIM_BULKS) {
		vsim_wrong(sim, "too many bulk transfers at once");
		bulk_answer(c, receive, BULK_ABORTED);
		return;
	}
	if (size == sizeof(struct vchiq_bulk))
		why = bulk_read_list(sim, &b, receive);
	if (why)
		vsim_wrong(sim, why);
	b.bad = why;
	*bulks_at(q, q->nr++) = b;
	sim->nr_bulks++;
	bulks_run(c);
}

/* Under rx_lock. Those that waited for a fault to be switched off. */
void vsim_bulks(struct ferry_sim_vchiq *sim)
{
	unsigned int i;

	for (i = 0; i < VSIM_PORTS && sim->nr_bulks; i++)
		if (sim->conns[i])
			bulks_run(sim->conns[i]);
}

/* Under rx_lock. It is over: nobody is answered. */
void vsim_bulk_forget(struct ferry_sim_vchiq_conn *c)
{
	struct vsim_kept *kept, *tmp;

	while (c->sends.nr)
		bulks_pop(c->sim, &c->sends);
	while (c->receives.nr)
		bulks_pop(c->sim, &c->receives);
	list_for_each_entry_safe(kept, tmp, &c->kept, node)
		echo_drop(c, kept);
}
