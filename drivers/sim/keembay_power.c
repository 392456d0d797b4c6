// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU on and off: how its firmware starts, stops, and dies.
 *
 * A crash comes from anywhere and at any time: the thread looks for one between any
 * two of its steps, and what it was at stays as it is.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "keembay_private.h"

#define VPU_LATE_MS	2500	/* longer than the CPU waits */

static void vpu_set_power(struct ferry_sim_vpu *vpu, enum ferry_sim_vpu_power power)
{
	lockdep_assert_held(&vpu->round);

	WRITE_ONCE(vpu->power, power);
}

/* Is there a firmware that does something? */
bool vpu_is_up(const struct ferry_sim_vpu *vpu)
{
	return vpu->power == FERRY_SIM_VPU_BOOTING || vpu->power == FERRY_SIM_VPU_RUNNING;
}

/* Did somebody want it to crash? Then the thread drops everything. */
bool vpu_is_dying(const struct ferry_sim_vpu *vpu)
{
	return READ_ONCE(vpu->crash);
}

/* The firmware starts, and knows of nothing that was before. */
void vpu_power_on(struct ferry_sim_vpu *vpu)
{
	bool late = vpu_has_fault(vpu, FERRY_SIM_VPU_FAULT(LATE_READY));

	vpu_mem_reset(vpu);
	memset(vpu->order, 0, sizeof(vpu->order));
	vpu->is_stuck = false;
	vpu->last_entry = 0;
	vpu->last_freed = NULL;
	vpu->runaway = false;
	WRITE_ONCE(vpu->crash, 0);
	vpu->stats.resets++;
	if (vpu->cfg.ready_ms == FERRY_SIM_VPU_NO_READY) {
		vpu_set_power(vpu, FERRY_SIM_VPU_RUNNING);
		return;
	}
	vpu_set_power(vpu, FERRY_SIM_VPU_BOOTING);
	vpu->ready_at = ktime_add_ms(ktime_get(), vpu->cfg.ready_ms + (late ? VPU_LATE_MS : 0));
}

/* The message that the firmware is up: a number, and no payload. */
static void vpu_say_ready(struct ferry_sim_vpu *vpu)
{
	u32 word = vpu_has_fault(vpu, FERRY_SIM_VPU_FAULT(BAD_READY)) ? 0xdeadbeef :
		   KMB_BOOT_READY;
	struct kmb_packet *packet;

	if (vpu_has_fault(vpu, FERRY_SIM_VPU_FAULT(NO_READY)))
		return;
	packet = vpu_packet_get(vpu, 0, NULL);
	if (!packet)
		return;
	vpu_packet_write(packet, KMB_BOOT_CHANNEL, word, 0);
	if (vpu_push(vpu, packet))
		vpu_packet_unget(vpu, packet);
}

static void vpu_hang(struct ferry_sim_vpu *vpu)
{
	vpu_set_power(vpu, FERRY_SIM_VPU_HUNG);
	vpu_wdt_not_fed(vpu);
}

static void vpu_die(struct ferry_sim_vpu *vpu, enum ferry_sim_vpu_crash how)
{
	if (how == FERRY_SIM_VPU_CRASH_HANG) {
		vpu_hang(vpu);
		return;
	}
	vpu_set_power(vpu, FERRY_SIM_VPU_CRASHED);
	if (how == FERRY_SIM_VPU_CRASH_NCE)
		vpu_wdt_bite(vpu, FERRY_SIM_VPU_WDT_NCE);
	else if (how == FERRY_SIM_VPU_CRASH_MSS)
		vpu_wdt_bite(vpu, FERRY_SIM_VPU_WDT_MSS);
}

/* Thread. What changes by itself; when to look again. */
ktime_t vpu_run_power(struct ferry_sim_vpu *vpu, ktime_t now)
{
	ktime_t due;
	u32 crash;

	if (xchg(&vpu->reset, false) && (!vpu->cfg.fw_region || vpu->power != FERRY_SIM_VPU_OFF))
		vpu_power_on(vpu);
	crash = xchg(&vpu->crash, 0);
	if (crash && vpu_is_up(vpu))
		vpu_die(vpu, crash - 1);
	if (vpu->power == FERRY_SIM_VPU_BOOTING && !ktime_before(now, vpu->ready_at)) {
		vpu_say_ready(vpu);
		vpu_set_power(vpu, FERRY_SIM_VPU_RUNNING);
	}
	if (vpu->power == FERRY_SIM_VPU_RUNNING &&
	    vpu_has_fault(vpu, FERRY_SIM_VPU_FAULT(HANG)))
		vpu_hang(vpu);
	if (vpu->power == FERRY_SIM_VPU_HUNG && vpu_wdt_is_due(vpu, now)) {
		vpu_set_power(vpu, FERRY_SIM_VPU_CRASHED);
		vpu_wdt_bite(vpu, FERRY_SIM_VPU_WDT_MSS);
	}
	due = vpu_run_wdt(vpu, now);
	return vpu->power == FERRY_SIM_VPU_BOOTING ? min(due, vpu->ready_at) : due;
}

/**
 * ferry_sim_vpu_reset() - reset the VPU and let it boot
 * @vpu:	the simulated VPU
 *
 * It forgets all it had, and says that it is up if it is made to. What is in the FIFOs
 * stays. One that the CPU boots is reset only while it is not off, and then starts
 * again without being asked.
 *
 * Context: any.
 */
void ferry_sim_vpu_reset(struct ferry_sim_vpu *vpu)
{
	WRITE_ONCE(vpu->reset, true);
	ferry_sim_vpu_kick(vpu);
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_reset);

/**
 * ferry_sim_vpu_crash() - let the firmware die
 * @vpu:	the simulated VPU
 * @how:	and who notices
 *
 * At once, whatever it is at: messages stay half read and half written. Nothing
 * happens to one that is not up.
 *
 * Context: any.
 */
void ferry_sim_vpu_crash(struct ferry_sim_vpu *vpu, enum ferry_sim_vpu_crash how)
{
	WRITE_ONCE(vpu->crash, 1 + how);
	ferry_sim_vpu_kick(vpu);
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_crash);

/**
 * ferry_sim_vpu_stop() - power the VPU off, as the SoC's firmware does it
 * @vpu:	the simulated VPU
 *
 * When this returns 0 the VPU touches no memory any more. With the fault "stop-fails"
 * it goes on, and also writes over what it had lent to the CPU.
 *
 * Context: process, may sleep.
 * Return: 0, also when it was off; -EIO with that fault.
 */
int ferry_sim_vpu_stop(struct ferry_sim_vpu *vpu)
{
	int ret = 0;

	mutex_lock(&vpu->round);
	if (vpu_has_fault(vpu, FERRY_SIM_VPU_FAULT(STOP_FAILS))) {
		vpu->runaway = vpu->power != FERRY_SIM_VPU_OFF;
		ret = -EIO;
	} else {
		vpu_set_power(vpu, FERRY_SIM_VPU_OFF);
		vpu->runaway = false;
	}
	mutex_unlock(&vpu->round);
	ferry_sim_vpu_kick(vpu);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_stop);

/**
 * ferry_sim_vpu_power() - is it on?
 * @vpu:	the simulated VPU
 *
 * Context: any.
 * Return: its state.
 */
enum ferry_sim_vpu_power ferry_sim_vpu_power(struct ferry_sim_vpu *vpu)
{
	return READ_ONCE(vpu->power);
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_power);
