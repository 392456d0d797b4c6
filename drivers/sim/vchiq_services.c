// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU: services, those of others and three of its own.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "vchiq_private.h"

/* Messages of a source before the host has its turn. */
#define SOURCE_ROUND	16

/* Under rx_lock. */
static struct vsim_server *server_find(struct ferry_sim_vchiq *sim, u32 fourcc)
{
	struct vsim_server *server;

	list_for_each_entry(server, &sim->servers, node)
		if (server->ops.fourcc == fourcc)
			return server;
	return NULL;
}

/* Under rx_lock. With a port, but not in the table yet. */
struct ferry_sim_vchiq_conn *vsim_conn_alloc(struct ferry_sim_vchiq *sim,
					     struct vsim_server *server)
{
	struct ferry_sim_vchiq_conn *c;
	unsigned int i;

	for (i = VSIM_FIRST_PORT; i < VSIM_PORTS && sim->conns[i]; i++)
		;
	if (i == VSIM_PORTS)
		return NULL;
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return NULL;
	c->sim = sim;
	c->server = server;
	c->port = i;
	INIT_LIST_HEAD(&c->kept);
	return c;
}

/* Under rx_lock. */
static struct ferry_sim_vchiq_conn *conn_make(struct ferry_sim_vchiq *sim,
					      struct vsim_server *server, u16 peer)
{
	struct ferry_sim_vchiq_conn *c = vsim_conn_alloc(sim, server);

	if (!c)
		return NULL;
	c->peer = peer;
	if (server->ops.opened && server->ops.opened(server->ops.priv, c)) {
		kfree(c);
		return NULL;
	}
	sim->conns[c->port] = c;
	return c;
}

/* Under rx_lock. */
static void conn_end(struct ferry_sim_vchiq_conn *c)
{
	struct vsim_server *server = c->server;

	c->sim->conns[c->port] = NULL;
	vsim_bulk_forget(c);
	if (server->ops.closed)
		server->ops.closed(server->ops.priv, c);
	kfree(c);
}

static bool open_fits(const struct ferry_sim_vchiq_server *ops, const struct vchiq_open *open)
{
	return ops->version >= le16_to_cpu(open->version_min) &&
	       le16_to_cpu(open->version) >= ops->version_min;
}

static void open_answer(struct ferry_sim_vchiq_conn *c)
{
	struct vchiq_openack ack = { .version = cpu_to_le16(c->server->ops.version) };
	struct ferry_sim_vchiq *sim = c->sim;

	if (vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_NO_OPENACK))
		return;
	vsim_send(sim, vsim_id(VCHIQ_OPENACK, c->port, c->peer), &ack,
		  vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_SHORT_OPENACK) ? 1 : sizeof(ack));
}

/* Under rx_lock; the payload is in sim->msg. */
void vsim_take_open(struct ferry_sim_vchiq *sim, u16 src, u32 size)
{
	const struct vchiq_open *open = (const void *)sim->msg;
	struct ferry_sim_vchiq_conn *c = NULL;
	struct vsim_server *server;

	if (size != sizeof(*open)) {
		sim->stats.wrongs++;
		return;
	}
	server = server_find(sim, le32_to_cpu(open->fourcc));
	if (server && open_fits(&server->ops, open) &&
	    !vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_REFUSE))
		c = conn_make(sim, server, src);
	if (c)
		open_answer(c);
	else
		vsim_send(sim, vsim_id(VCHIQ_CLOSE, 0, src), NULL, 0);
}

/* Under rx_lock. One that did not know our port yet names only its own. */
struct ferry_sim_vchiq_conn *vsim_conn_find(struct ferry_sim_vchiq *sim, u16 src, u16 dst)
{
	unsigned int i;

	if (dst >= VSIM_PORTS)
		return NULL;
	if (dst)
		return sim->conns[dst] && sim->conns[dst]->peer == src ? sim->conns[dst] : NULL;
	for (i = 0; i < VSIM_PORTS; i++)
		if (sim->conns[i] && !sim->conns[i]->calling && sim->conns[i]->peer == src)
			return sim->conns[i];
	return NULL;
}

/* Under rx_lock. */
void vsim_take_close(struct ferry_sim_vchiq *sim, u16 src, u16 dst)
{
	struct ferry_sim_vchiq_conn *c = vsim_conn_find(sim, src, dst);

	if (!c) {
		sim->stats.wrongs += !!dst;	/* it may not have heard of a refusal */
		return;
	}
	/* A refusal is not answered. */
	if (!c->hung_up && !c->calling && !vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_NO_CLOSE))
		vsim_send(sim, vsim_id(VCHIQ_CLOSE, c->port, src), NULL, 0);
	conn_end(c);
}

/* Under rx_lock; the payload is in sim->msg. */
void vsim_take_data(struct ferry_sim_vchiq *sim, u16 src, u16 dst, u32 size)
{
	struct ferry_sim_vchiq_conn *c = dst ? vsim_conn_find(sim, src, dst) : NULL;

	if (!c || !size)
		sim->stats.wrongs++;
	else if (c->calling)
		sim->stats.wrongs++;
	else if (!c->hung_up)
		c->server->ops.rx(c->server->ops.priv, c, sim->msg, size);
}

/* Under rx_lock. Sends a few messages of a source. */
static void source_run(struct ferry_sim_vchiq_conn *c)
{
	struct ferry_sim_vchiq *sim = c->sim;
	unsigned int n, i;
	__le32 number;

	for (n = 0; n < SOURCE_ROUND && c->left; n++, c->left--) {
		number = cpu_to_le32(c->next);
		for (i = 0; i < c->size; i++)
			sim->out[i] = c->next + i;
		memcpy(sim->out, &number, sizeof(number));
		if (ferry_sim_vchiq_send(c, sim->out, c->size))
			return;
		c->next++;
	}
}

/* Under rx_lock. True: there is more to send. */
bool vsim_sources(struct ferry_sim_vchiq *sim)
{
	bool more = false;
	unsigned int i;

	for (i = 0; i < VSIM_PORTS; i++) {
		if (!sim->conns[i] || !sim->conns[i]->left)
			continue;
		source_run(sim->conns[i]);
		more |= sim->conns[i]->left;
	}
	return more && READ_ONCE(sim->up);
}

void vsim_echo(void *priv, struct ferry_sim_vchiq_conn *c, const void *msg, size_t len)
{
	ferry_sim_vchiq_send(c, msg, len);
}

static void sink_rx(void *priv, struct ferry_sim_vchiq_conn *c, const void *msg, size_t len)
{
	c->sim->stats.sunk++;
}

static void source_rx(void *priv, struct ferry_sim_vchiq_conn *c, const void *msg, size_t len)
{
	const struct ferry_sim_vchiq_order *order = msg;

	if (len != sizeof(*order))
		return;
	c->left = le32_to_cpu(order->count);
	c->size = clamp_t(u32, le32_to_cpu(order->size), sizeof(c->next), VCHIQ_MAX_PAYLOAD);
}

static const struct ferry_sim_vchiq_server own_servers[] = {
	{ .fourcc = FERRY_SIM_VCHIQ_ECHO, .version = 3, .version_min = 1, .rx = vsim_echo },
	{ .fourcc = FERRY_SIM_VCHIQ_ECH1, .version = 1, .rx = vsim_echo },
	{ .fourcc = FERRY_SIM_VCHIQ_ECH2, .version = 1, .rx = vsim_echo },
	{ .fourcc = FERRY_SIM_VCHIQ_ECH3, .version = 1, .rx = vsim_echo },
	{ .fourcc = FERRY_SIM_VCHIQ_SINK, .version = 1, .rx = sink_rx },
	{ .fourcc = FERRY_SIM_VCHIQ_SOURCE, .version = 1, .rx = source_rx },
};

/**
 * ferry_sim_vchiq_serve() - its firmware has one more service
 * @sim:	the VPU
 * @server:	the service; copied
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL without rx, -EEXIST there is one of that name, -ENOMEM.
 */
int ferry_sim_vchiq_serve(struct ferry_sim_vchiq *sim, const struct ferry_sim_vchiq_server *server)
{
	struct vsim_server *s;

	if (!server->rx)
		return -EINVAL;
	guard(mutex)(&sim->rx_lock);
	if (server_find(sim, server->fourcc))
		return -EEXIST;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->ops = *server;
	list_add_tail(&s->node, &sim->servers);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_serve);

/* Under rx_lock. Of one that did not answer yet the port is not known. */
void vsim_conn_close(struct ferry_sim_vchiq_conn *c)
{
	c->hung_up = true;
	vsim_bulk_forget(c);	/* when the host knows, nobody touches its memory */
	vsim_send(c->sim, vsim_id(VCHIQ_CLOSE, c->port, c->calling ? 0 : c->peer), NULL, 0);
}

/* Under rx_lock. The host is told, and forgotten. */
static void conn_drop(struct ferry_sim_vchiq_conn *c)
{
	if (!c->hung_up)
		vsim_conn_close(c);
	conn_end(c);
}

/**
 * ferry_sim_vchiq_unserve() - undo ferry_sim_vchiq_serve()
 * @sim:	the VPU
 * @server:	what was given to ferry_sim_vchiq_serve()
 *
 * Clients that have it open are told that it closed. When this returns no call of @server runs
 * or will.
 *
 * Context: process, may sleep; not in a call of a server.
 */
void ferry_sim_vchiq_unserve(struct ferry_sim_vchiq *sim,
			     const struct ferry_sim_vchiq_server *server)
{
	struct vsim_server *s;
	unsigned int i;

	guard(mutex)(&sim->rx_lock);
	s = server_find(sim, server->fourcc);
	if (!s)
		return;
	for (i = 0; i < VSIM_PORTS; i++)
		if (sim->conns[i] && sim->conns[i]->server == s)
			conn_drop(sim->conns[i]);
	list_del(&s->node);
	kfree(s);
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_unserve);

/**
 * ferry_sim_vchiq_send() - a service sends a message
 * @c:		to this client
 * @msg:	the message
 * @len:	1 to 4088 bytes
 *
 * Context: process, may sleep: it waits for room.
 * Return: 0, -EMSGSIZE, -ENOLINK the VPU was reset, -ETIMEDOUT the host gives nothing back,
 * -EPROTO it gives back what it did not have.
 */
int ferry_sim_vchiq_send(struct ferry_sim_vchiq_conn *c, const void *msg, size_t len)
{
	if (!len || len > VCHIQ_MAX_PAYLOAD)
		return -EMSGSIZE;
	return vsim_send(c->sim, vsim_id(VCHIQ_DATA, c->port, c->peer), msg, len);
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_send);

/**
 * ferry_sim_vchiq_hang_up() - it closes a service that the host has open, or one of the host
 * @sim:	the VPU
 * @fourcc:	which; all clients of it
 *
 * Context: process, may sleep; not in a call of a server.
 * Return: how many there were.
 */
int ferry_sim_vchiq_hang_up(struct ferry_sim_vchiq *sim, u32 fourcc)
{
	struct ferry_sim_vchiq_conn *c;
	unsigned int i;
	int n = 0;

	guard(mutex)(&sim->rx_lock);
	for (i = 0; i < VSIM_PORTS; i++) {
		c = sim->conns[i];
		if (!c || c->hung_up || c->server->ops.fourcc != fourcc)
			continue;
		c->left = 0;
		vsim_conn_close(c);
		n++;
	}
	return n;
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_hang_up);

/* Under rx_lock; it was reset. */
void vsim_hang_up_all(struct ferry_sim_vchiq *sim)
{
	unsigned int i;

	for (i = 0; i < VSIM_PORTS; i++)
		if (sim->conns[i])
			conn_end(sim->conns[i]);
}

void vsim_services_init(struct ferry_sim_vchiq *sim)
{
	unsigned int i;

	INIT_LIST_HEAD(&sim->servers);
	for (i = 0; i < ARRAY_SIZE(own_servers); i++)
		ferry_sim_vchiq_serve(sim, &own_servers[i]);
}

void vsim_services_exit(struct ferry_sim_vchiq *sim)
{
	struct vsim_server *s, *tmp;

	list_for_each_entry_safe(s, tmp, &sim->servers, node)
		kfree(s);
}
