// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: what the VPU is told before it boots, as it lies in memory.
 */
#include <linux/string.h>

#include "../compat.h"
#include "params.h"

static u32 params_stepping(const struct kmb_soc *soc)
{
	return soc->stepping[0] | soc->stepping[1] << 8;
}

static u64 params_sku(const struct kmb_soc *soc)
{
	u64 sku = 0;
	int i;

	for (i = KMB_SKU_SIZE - 1; i >= 0; i--)
		sku = sku << 8 | soc->sku[i];
	return sku;
}

static void params_pack_clocks(struct kmb_boot_params *to, const struct kmb_params *from)
{
	unsigned int pll, out;

	to->cpu_hz = cpu_to_le32(from->cpu_hz);
	for (pll = 0; pll < KMB_PLLS; pll++)
		for (out = 0; out < KMB_PLL_OUTPUTS; out++)
			to->pll_hz[pll][out] = cpu_to_le32(from->pll_hz[pll][out]);
}

static void params_pack_soc(struct kmb_boot_params *to, const struct kmb_soc *soc)
{
	to->a53ss_version = cpu_to_le32(soc->hardware_id);
	to->stepping = cpu_to_le32(params_stepping(soc));
	to->device_id = cpu_to_le64(soc->device_id);
	to->feature_exclusion = cpu_to_le64(soc->feature_exclusion);
	to->sku = cpu_to_le64(params_sku(soc));
}

/**
 * kmb_params_pack() - as the VPU reads it
 * @to:		every byte is written, what has no name with zero
 * @from:	what to say
 *
 * Context: any.
 */
void kmb_params_pack(struct kmb_boot_params *to, const struct kmb_params *from)
{
	memset(to, 0, sizeof(*to));
	to->magic = cpu_to_le32(KMB_PARAMS_MAGIC);
	to->vpu_id = cpu_to_le32(from->vpu_id);
	to->packets_addr = cpu_to_le64(from->packets_addr);
	to->packets_size = cpu_to_le32(from->packets_size);
	to->mmio_addr = cpu_to_le64(from->mmio_addr);
	to->mmio_size = cpu_to_le32(from->mmio_size);
	to->mss_wdt_irq = cpu_to_le32(from->mss_wdt_irq);
	to->nce_wdt_irq = cpu_to_le32(from->nce_wdt_irq);
	params_pack_clocks(to, from);
	params_pack_soc(to, &from->soc);
}
FERRY_EXPORT_TEST(kmb_params_pack);
