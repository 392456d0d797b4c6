// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU on a pair of ports, those of a loop-back as a rule.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/port.h>
#include <linux/slab.h>

#include "keembay_private.h"

struct vpu_ports {
	struct ferry_port *tx;
	struct ferry_port *rx;
	struct ferry_sim_vpu *vpu;
};

static void vpu_ports_event(struct ferry_port *port, void *data)
{
	struct vpu_ports *ports = data;
	struct ferry_sim_vpu *vpu = READ_ONCE(ports->vpu);

	if (vpu)
		ferry_sim_vpu_kick(vpu);
}

static const struct ferry_port_user vpu_ports_user = {
	.rx = vpu_ports_event,
	.tx_ready = vpu_ports_event,
};

static int vpu_ports_push(void *data, u32 entry)
{
	struct vpu_ports *ports = data;

	return ferry_port_send(ports->tx, &entry, sizeof(entry), 0) < 0 ? -EBUSY : 0;
}

static int vpu_ports_pop(void *data, u32 *entry)
{
	struct vpu_ports *ports = data;
	ssize_t len;

	do {
		len = ferry_port_recv(ports->rx, entry, sizeof(*entry));
	} while (len == -EAGAIN && ferry_port_rx_arm(ports->rx));
	return len == sizeof(*entry) ? 0 : -EAGAIN;
}

static const struct ferry_sim_vpu_fifo vpu_ports_fifo = {
	.push = vpu_ports_push,
	.pop = vpu_ports_pop,
};

static void vpu_ports_release(void *data)
{
	struct vpu_ports *ports = data;

	ferry_port_stop(ports->rx);
	ferry_port_stop(ports->tx);
	ferry_port_put(ports->rx);
	ferry_port_put(ports->tx);
	kfree(ports);
}

static struct vpu_ports *vpu_ports_start(struct ferry_port *tx, struct ferry_port *rx)
{
	struct vpu_ports *ports = kzalloc(sizeof(*ports), GFP_KERNEL);
	int ret;

	if (!ports)
		return ERR_PTR(-ENOMEM);
	ferry_port_hold(tx);
	ferry_port_hold(rx);
	ports->tx = tx;
	ports->rx = rx;
	ret = ferry_port_start(tx, &vpu_ports_user, ports);
	if (!ret)
		ret = ferry_port_start(rx, &vpu_ports_user, ports);
	if (!ret)
		return ports;
	vpu_ports_release(ports);
	return ERR_PTR(ret);
}

/**
 * ferry_sim_vpu_create_on_ports() - let there be a VPU behind two ports
 * @cfg:	as for ferry_sim_vpu_create(); its FIFOs are not looked at
 * @to_cpu:	TX port; what is sent there the CPU receives
 * @from_cpu:	RX port; what the CPU sends comes out there
 *
 * References are taken on the ports. Ends with ferry_sim_vpu_destroy().
 *
 * Context: process, may sleep.
 * Return: as ferry_sim_vpu_create(), or what ferry_port_start() returns.
 */
struct ferry_sim_vpu *ferry_sim_vpu_create_on_ports(const struct ferry_sim_vpu_cfg *cfg,
						    struct ferry_port *to_cpu,
						    struct ferry_port *from_cpu)
{
	struct vpu_ports *ports = vpu_ports_start(to_cpu, from_cpu);
	struct ferry_sim_vpu_cfg with_fifo = *cfg;
	struct ferry_sim_vpu *vpu;

	if (IS_ERR(ports))
		return ERR_CAST(ports);
	with_fifo.fifo = &vpu_ports_fifo;
	with_fifo.fifo_data = ports;
	vpu = ferry_sim_vpu_create(&with_fifo);
	if (IS_ERR(vpu)) {
		vpu_ports_release(ports);
		return vpu;
	}
	vpu->fifo_release = vpu_ports_release;
	WRITE_ONCE(ports->vpu, vpu);
	ferry_sim_vpu_kick(vpu);	/* for an event that found no VPU yet */
	return vpu;
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_create_on_ports);
