// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two watchdogs of the simulated VPU. One bites when its half of the VPU hangs; the
 * CPU has to quiet it then, and that is looked at a while later.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>

#include "keembay_private.h"

#define VPU_WDT_MS		100	/* from the last time it was fed to its bite */
#define VPU_WDT_QUIET_MS	1000	/* what the CPU has to quiet it */

/* The MSS feeds its watchdog no more. */
void vpu_wdt_not_fed(struct ferry_sim_vpu *vpu)
{
	vpu->bite_at = ktime_add_ms(ktime_get(), VPU_WDT_MS);
}

bool vpu_wdt_is_due(const struct ferry_sim_vpu *vpu, ktime_t now)
{
	return !ktime_before(now, vpu->bite_at);
}

static void vpu_wdt_look(struct ferry_sim_vpu *vpu)
{
	const struct ferry_sim_vpu_soc *soc = vpu->cfg.soc;

	vpu->has_bitten = false;
	if (!soc || !soc->quieted)
		return;
	if (soc->quieted(vpu->cfg.soc_data, vpu->bitten))
		vpu->stats.wdt_quieted++;
	else
		vpu->stats.wdt_not_quieted++;
}

void vpu_wdt_bite(struct ferry_sim_vpu *vpu, enum ferry_sim_vpu_wdt which)
{
	const struct ferry_sim_vpu_soc *soc = vpu->cfg.soc;

	if (vpu->has_bitten)
		vpu_wdt_look(vpu);
	if (!soc || !soc->bite)
		return;
	vpu->stats.wdt_bites++;
	vpu->bitten = which;
	vpu->has_bitten = true;
	vpu->look_at = ktime_add_ms(ktime_get(), VPU_WDT_QUIET_MS);
	soc->bite(vpu->cfg.soc_data, which);
}

/* Thread. When to look again; KTIME_MAX: no need to. */
ktime_t vpu_run_wdt(struct ferry_sim_vpu *vpu, ktime_t now)
{
	ktime_t due = KTIME_MAX;

	if (vpu->has_bitten && !ktime_before(now, vpu->look_at))
		vpu_wdt_look(vpu);
	if (vpu->has_bitten)
		due = vpu->look_at;
	if (vpu->power == FERRY_SIM_VPU_HUNG)
		due = min(due, vpu->bite_at);
	return due;
}
