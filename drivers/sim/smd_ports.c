// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated remote of SMD behind two doorbells, those of loop-backs as a rule.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/port.h>
#include <linux/slab.h>

#include "smd_private.h"

struct rsmd_ports {
	struct ferry_port *kick;
	struct ferry_port *bell;
	struct ferry_sim_smd *sim;
};

/* The port calls again only when it is armed, so that this runs once at a time. */
static void rsmd_ports_rx(struct ferry_port *port, void *data)
{
	struct rsmd_ports *ports = data;
	struct ferry_sim_smd *sim = READ_ONCE(ports->sim);

	do {
		while (!ferry_port_recv(port, NULL, 0))
			;
	} while (ferry_port_rx_arm(port));
	if (sim)
		ferry_sim_smd_kick(sim);
}

static void rsmd_ports_ready(struct ferry_port *port, void *data)
{
}

static const struct ferry_port_user rsmd_ports_user = {
	.rx = rsmd_ports_rx,
	.tx_ready = rsmd_ports_ready,
};

static void rsmd_ports_kick(void *data)
{
	struct rsmd_ports *ports = data;

	/* A doorbell that rings already has nothing to add. */
	ferry_port_send(ports->kick, NULL, 0, 0);
}

static void rsmd_ports_release(void *data)
{
	struct rsmd_ports *ports = data;

	ferry_port_stop(ports->kick);
	ferry_port_put(ports->kick);
	ferry_port_put(ports->bell);
	kfree(ports);
}

static struct rsmd_ports *rsmd_ports_make(struct ferry_port *kick, struct ferry_port *bell)
{
	struct rsmd_ports *ports = kzalloc(sizeof(*ports), GFP_KERNEL);
	int ret;

	if (!ports)
		return ERR_PTR(-ENOMEM);
	ret = ferry_port_start(kick, &rsmd_ports_user, ports);
	if (ret) {
		kfree(ports);
		return ERR_PTR(ret);
	}
	ferry_port_hold(kick);
	ferry_port_hold(bell);
	ports->kick = kick;
	ports->bell = bell;
	return ports;
}

static void rsmd_ports_quiet(void *data)
{
	struct rsmd_ports *ports = data;

	ferry_port_stop(ports->bell);
	rsmd_ports_release(ports);
}

/**
 * ferry_sim_smd_create_on_ports() - let there be a remote behind two doorbells
 * @cfg:	as for ferry_sim_smd_create(); @kick and @data are not looked at, and @lock
 *		must be NULL
 * @kick:	TX port; interrupts the other side
 * @bell:	RX port; the other side rings it
 *
 * References are taken on the ports. Ends with ferry_sim_smd_destroy().
 *
 * Context: process, may sleep.
 * Return: as ferry_sim_smd_create(), or what ferry_port_start() returns.
 */
struct ferry_sim_smd *ferry_sim_smd_create_on_ports(const struct ferry_sim_smd_cfg *cfg,
						    struct ferry_port *kick,
						    struct ferry_port *bell)
{
	struct ferry_sim_smd_cfg with_ports = *cfg;
	struct rsmd_ports *ports = rsmd_ports_make(kick, bell);
	struct ferry_sim_smd *sim;
	int ret;

	if (IS_ERR(ports))
		return ERR_CAST(ports);
	with_ports.kick = rsmd_ports_kick;
	with_ports.data = ports;
	sim = ferry_sim_smd_create(&with_ports);
	if (IS_ERR(sim)) {
		rsmd_ports_release(ports);
		return sim;
	}
	sim->ports_release = rsmd_ports_release;
	ports->sim = sim;
	ret = ferry_port_start(bell, &rsmd_ports_user, ports);
	if (ret) {
		ferry_sim_smd_destroy(sim);
		return ERR_PTR(ret);
	}
	sim->ports_release = rsmd_ports_quiet;
	rsmd_ports_rx(bell, ports);
	return sim;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_create_on_ports);
