// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU: services of the host, which it opens.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/slab.h>

#include "../compat.h"
#include "vchiq_private.h"

/* Under rx_lock; the payload is in sim->msg. */
void vsim_take_openack(struct ferry_sim_vchiq *sim, u16 src, u16 dst, u32 size)
{
	struct ferry_sim_vchiq_conn *c = dst < VSIM_PORTS ? sim->conns[dst] : NULL;
	const struct ferry_sim_vchiq_server *ops;

	if (!c || !c->calling || size < sizeof(struct vchiq_openack)) {
		sim->stats.wrongs++;
		return;
	}
	c->peer = src;
	c->calling = false;
	ops = &c->client.ops;
	if (!c->hung_up && ops->opened)
		ops->opened(ops->priv, c);
}

/**
 * ferry_sim_vchiq_call() - it opens a service of the host
 * @sim:	the VPU
 * @client:	name, versions, and what is done with messages; copied
 *
 * It does not wait: @client->opened or @client->closed says what became of it.
 *
 * Context: process, may sleep; not in a call of a server.
 * Return: 0, -EINVAL without rx, -ENOSPC no port is free, or no memory, -ENOLINK it has no
 * memory of the host, -ETIMEDOUT the host gives no slot back, -EPROTO or one that
 * it did not have.
 */
int ferry_sim_vchiq_call(struct ferry_sim_vchiq *sim, const struct ferry_sim_vchiq_server *client)
{
	struct vchiq_open open = {
		.fourcc = cpu_to_le32(client->fourcc),
		.version = cpu_to_le16(client->version),
		.version_min = cpu_to_le16(client->version_min),
	};
	struct ferry_sim_vchiq_conn *c;
	int ret;

	if (!client->rx)
		return -EINVAL;
	guard(mutex)(&sim->rx_lock);
	c = vsim_conn_alloc(sim, NULL);
	if (!c)
		return -ENOSPC;
	c->client.ops = *client;
	c->server = &c->client;
	c->calling = true;
	c->peer = 0;
	sim->conns[c->port] = c;
	ret = vsim_send(sim, vsim_id(VCHIQ_OPEN, c->port, 0), &open, sizeof(open));
	if (ret) {
		sim->conns[c->port] = NULL;
		kfree(c);
	}
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_call);
