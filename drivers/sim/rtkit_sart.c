// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers of a SART, emulated, and what they let through.
 *
 * Written independently of the driver under test, from the same description.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/overflow.h>
#include <linux/types.h>

#include "rtkit_sart.h"

#define RSART_CONFIG		0x00
#define RSART_PADDR		0x40
#define RSART_SIZE		0x80	/* v3 */

#define RSART_SHIFT		12

#define RSART_V0_FLAGS		GENMASK(28, 24)
#define RSART_V0_SIZE		GENMASK(18, 0)
#define RSART_V2_FLAGS		GENMASK(31, 24)
#define RSART_V2_SIZE		GENMASK(23, 0)
#define RSART_V3_SIZE		GENMASK(29, 0)

/* All flags that a driver sets mean "yes": anything less is taken for "no". */
#define RSART_V0_ALLOW		0x0f
#define RSART_ALLOW		0xff

static u32 *rsart_reg(struct rsart *sart, unsigned int reg)
{
	unsigned int i = reg % RSART_PADDR / sizeof(u32);

	switch (reg - reg % RSART_PADDR) {
	case RSART_CONFIG:
		return &sart->config[i];
	case RSART_PADDR:
		return &sart->paddr[i];
	case RSART_SIZE:
		return sart->version == FERRY_SIM_SART_V3 ? &sart->size[i] : NULL;
	}
	return NULL;
}

u32 rsart_read(const struct rsart *sart, unsigned int reg)
{
	const u32 *at = rsart_reg((struct rsart *)sart, reg);

	return at ? *at : 0;
}

void rsart_write(struct rsart *sart, unsigned int reg, u32 val)
{
	u32 *at = rsart_reg(sart, reg);

	if (at)
		*at = val;
}

static u64 rsart_entry_size(const struct rsart *sart, unsigned int i)
{
	switch (sart->version) {
	case FERRY_SIM_SART_V0:
		return FIELD_GET(RSART_V0_FLAGS, sart->config[i]) == RSART_V0_ALLOW ?
		       (u64)FIELD_GET(RSART_V0_SIZE, sart->config[i]) << RSART_SHIFT : 0;
	case FERRY_SIM_SART_V2:
		return FIELD_GET(RSART_V2_FLAGS, sart->config[i]) == RSART_ALLOW ?
		       (u64)FIELD_GET(RSART_V2_SIZE, sart->config[i]) << RSART_SHIFT : 0;
	case FERRY_SIM_SART_V3:
		return sart->config[i] == RSART_ALLOW ?
		       (u64)FIELD_GET(RSART_V3_SIZE, sart->size[i]) << RSART_SHIFT : 0;
	default:
		return 0;
	}
}

/* Where the entry that @addr is in ends; @addr: in none. */
static u64 rsart_end(const struct rsart *sart, u64 addr)
{
	unsigned int i;

	for (i = 0; i < RSART_ENTRIES; i++) {
		u64 start = (u64)sart->paddr[i] << RSART_SHIFT;

		if (addr >= start && addr - start < rsart_entry_size(sart, i))
			return start + rsart_entry_size(sart, i);
	}
	return addr;
}

bool rsart_allows(const struct rsart *sart, u64 addr, u64 size)
{
	u64 end, next;

	if (sart->version == FERRY_SIM_SART_NONE)
		return true;
	if (check_add_overflow(addr, size, &end))
		return false;
	for (; addr < end; addr = next) {
		next = rsart_end(sart, addr);
		if (next == addr)
			return false;
	}
	return true;
}
