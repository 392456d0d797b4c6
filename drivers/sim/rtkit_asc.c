// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor behind emulated registers; a module of its own, since that
 * of the registers cannot be unloaded.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/module.h>

#include "rtkit.h"
#include "rtkit_regs.h"

static int rasc_fifo_push(void *data, u64 msg0, u32 msg1)
{
	return ferry_sim_asc_push(data, msg0, msg1);
}

static int rasc_fifo_pop(void *data, u64 *msg0, u32 *msg1)
{
	return ferry_sim_asc_pop(data, msg0, msg1);
}

static const struct ferry_sim_rtkit_fifo rasc_fifo = {
	.push = rasc_fifo_push,
	.pop = rasc_fifo_pop,
};

static bool rasc_soc_allowed(void *data, u64 addr, u64 size)
{
	return ferry_sim_asc_allows(data, addr, size);
}

static const struct ferry_sim_rtkit_soc rasc_soc = {
	.allowed = rasc_soc_allowed,
};

static void rasc_user_changed(void *data)
{
	ferry_sim_rtkit_kick(data);
}

static void rasc_user_looked(void *data)
{
	ferry_sim_rtkit_poll(data);
}

static void rasc_user_run(void *data, bool on)
{
	ferry_sim_rtkit_run(data, on);
}

static const struct ferry_sim_asc_user rasc_user = {
	.changed = rasc_user_changed,
	.looked = rasc_user_looked,
	.run = rasc_user_run,
};

/**
 * ferry_sim_asc_rtkit() - let there be a co-processor behind registers
 * @asc:	the registers
 * @cfg:	as for ferry_sim_rtkit_create(); FIFOs, SRAM and what is around it are those
 *		of @asc
 *
 * Context: process, may sleep.
 * Return: as ferry_sim_rtkit_create(); ends with ferry_sim_asc_rtkit_end().
 */
struct ferry_sim_rtkit *ferry_sim_asc_rtkit(struct ferry_sim_asc *asc,
					    const struct ferry_sim_rtkit_cfg *cfg)
{
	struct ferry_sim_rtkit_cfg with_asc = *cfg;
	struct ferry_sim_rtkit *sim;

	with_asc.fifo = &rasc_fifo;
	with_asc.fifo_data = asc;
	with_asc.soc = &rasc_soc;
	with_asc.soc_data = asc;
	with_asc.sram.mem = ferry_sim_asc_sram(asc);
	with_asc.sram.addr = ferry_sim_asc_phys(asc, FERRY_SIM_ASC_SRAM);
	with_asc.sram.size = FERRY_SIM_ASC_SRAM_SIZE;
	sim = ferry_sim_rtkit_create(&with_asc);
	if (!IS_ERR(sim))
		ferry_sim_asc_use(asc, &rasc_user, sim);
	return sim;
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_rtkit);

/**
 * ferry_sim_asc_rtkit_end() - the co-processor is gone, its registers are not
 * @asc:	the registers
 * @sim:	the co-processor
 *
 * Context: process, may sleep.
 */
void ferry_sim_asc_rtkit_end(struct ferry_sim_asc *asc, struct ferry_sim_rtkit *sim)
{
	ferry_sim_asc_use(asc, NULL, NULL);
	ferry_sim_rtkit_destroy(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_asc_rtkit_end);

MODULE_DESCRIPTION("Ferry: a simulated co-processor of Apple's behind registers");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
