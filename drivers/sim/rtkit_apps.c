// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor: endpoints of applications.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "rtkit_private.h"

void rsim_apps_reset(struct ferry_sim_rtkit *sim)
{
	memset(sim->source_left, 0, sizeof(sim->source_left));
	sim->sources = 0;
	rsim_smc_reset(sim);
}

static void rsim_order(struct ferry_sim_rtkit *sim, u8 endpoint, u32 count)
{
	sim->sources += !!count - !!sim->source_left[endpoint];
	sim->source_left[endpoint] = count;
	sim->source_next[endpoint] = 0;
}

void rsim_app_rx(struct ferry_sim_rtkit *sim, u8 endpoint, u64 msg0)
{
	if (!rsim_serves(sim)) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_POWER);
		return;
	}
	switch (sim->role[endpoint]) {
	case FERRY_SIM_RTKIT_ECHO:
		rsim_send(sim, endpoint, msg0);
		break;
	case FERRY_SIM_RTKIT_SMC:
		rsim_smc_rx(sim, endpoint, msg0);
		break;
	case FERRY_SIM_RTKIT_SINK:
		sim->stats.sunk++;
		break;
	case FERRY_SIM_RTKIT_SOURCE:
		rsim_order(sim, endpoint, msg0);
		break;
	}
}

/* Sources work as far as there is room; true: they are not at their end. */
bool rsim_apps_run(struct ferry_sim_rtkit *sim)
{
	unsigned int ep;

	if (!sim->sources || !rsim_serves(sim))
		return false;
	for (ep = RTKIT_EP_APP; ep < RTKIT_ENDPOINTS; ep++) {
		while (sim->source_left[ep] && rsim_out_room(sim)) {
			rsim_send(sim, ep, sim->source_next[ep]++);
			if (!--sim->source_left[ep])
				sim->sources--;
		}
	}
	return sim->sources;
}

/**
 * ferry_sim_rtkit_role() - what an endpoint of an application does
 * @sim:	the co-processor
 * @endpoint:	0x20 and up
 * @role:	what to do with its messages
 *
 * Context: any.
 * Return: 0, or -EINVAL: no endpoint of an application, no role.
 */
int ferry_sim_rtkit_role(struct ferry_sim_rtkit *sim, u8 endpoint,
			 enum ferry_sim_rtkit_role role)
{
	unsigned long flags;

	if (endpoint < RTKIT_EP_APP || role >= FERRY_SIM_RTKIT_NR_ROLES)
		return -EINVAL;
	raw_spin_lock_irqsave(&sim->lock, flags);
	sim->role[endpoint] = role;
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_role);
