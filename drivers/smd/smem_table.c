// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMEM: the table of partitions, read once.
 */
#include <linux/align.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "smem.h"

/* An entry of the table, read once. */
struct table_entry {
	u32 offset;
	u32 size;
	u16 host0;
	u16 host1;
	u32 cacheline;
};

static int table_corrupt(struct ferry_smem *smem, const char *what, u32 value)
{
	dev_err(smem->dev, "smem: table of partitions: %s is %#x\n", what, value);
	return -EINVAL;
}

/* The host at the other end; false: none of our partitions. */
static bool table_host(const struct table_entry *e, u32 *host)
{
	if (e->host0 == SMEM_HOST_GLOBAL && e->host1 == SMEM_HOST_GLOBAL)
		*host = SMEM_HOST_GLOBAL;
	else if (e->host0 == SMEM_HOST_AP)
		*host = e->host1;
	else if (e->host1 == SMEM_HOST_AP)
		*host = e->host0;
	else
		return false;
	return true;
}

static bool table_knows(struct ferry_smem *smem, u32 host)
{
	unsigned int i;

	for (i = 0; i < smem->nr_parts; i++)
		if (smem->parts[i].host == host)
			return true;
	return false;
}

static int table_entry(struct ferry_smem *smem, const struct table_entry *e, u32 host)
{
	struct smem_part *part = &smem->parts[smem->nr_parts];

	if (table_knows(smem, host))
		return table_corrupt(smem, "host of two partitions", host);
	if (!IS_ALIGNED(e->offset, SMEM_MIN_ALIGN) || e->offset >= smem->cfg.size)
		return table_corrupt(smem, "offset", e->offset);
	if (!IS_ALIGNED(e->size, SMEM_MIN_ALIGN) || e->size > smem->cfg.size - e->offset ||
	    e->size < sizeof(struct smem_part_header))
		return table_corrupt(smem, "size", e->size);
	if (!is_power_of_2(e->cacheline) || e->cacheline > e->size)
		return table_corrupt(smem, "cacheline", e->cacheline);

	part->host = host;
	part->base = smem->cfg.base + e->offset;
	part->size = e->size;
	part->area = ALIGN(sizeof(struct smem_entry), e->cacheline);
	part->broken = ferry_smem_part_check(smem, part, e->host0, e->host1);
	if (host == SMEM_HOST_GLOBAL) {
		if (part->broken)
			return -EINVAL;
		smem->global = part;
	}
	smem->nr_parts++;
	return 0;
}

static int table_entries(struct ferry_smem *smem, struct smem_table *table, u32 n)
{
	struct table_entry e;
	u32 host, i;
	int ret;

	for (i = 0; i < n; i++) {
		struct smem_table_entry *entry = &table->entries[i];

		e.offset = smem_u32(entry->offset);
		e.size = smem_u32(entry->size);
		e.host0 = smem_u16(entry->host0);
		e.host1 = smem_u16(entry->host1);
		e.cacheline = smem_u32(entry->cacheline);
		if (!e.offset || !e.size || !table_host(&e, &host))
			continue;
		ret = table_entry(smem, &e, host);
		if (ret)
			return ret;
	}
	return 0;
}

/* How many items there can be, where items are in partitions. */
static int table_items(struct ferry_smem *smem, struct smem_table *table, u32 n)
{
	struct smem_info *info = (void *)&table->entries[n];

	if (smem->nr_items)
		return 0;
	smem->nr_items = SMEM_ITEM_COUNT;
	if (smem_u32(info->magic) != SMEM_INFO_MAGIC)
		return 0;
	smem->nr_items = smem_u16(info->num_items);
	if (smem->nr_items <= SMEM_ITEM_FIXED)
		return table_corrupt(smem, "number of items", smem->nr_items);
	return 0;
}

int ferry_smem_table_init(struct ferry_smem *smem)
{
	struct smem_table *table = smem->cfg.base + smem->cfg.size - SMEM_TABLE_SPAN;
	u32 version, n;

	if (smem_u32(table->magic) != SMEM_TABLE_MAGIC)
		return -ENOENT;
	version = smem_u32(table->version);
	if (version != SMEM_TABLE_VERSION)
		return table_corrupt(smem, "version", version);
	n = smem_u32(table->num_entries);
	if (n > SMEM_TABLE_ENTRIES_MAX)
		return table_corrupt(smem, "number of entries", n);

	/* At most a few kilobytes: the table is as small as it is. */
	smem->parts = kcalloc(n ?: 1, sizeof(*smem->parts), GFP_KERNEL);
	if (!smem->parts)
		return -ENOMEM;
	return table_entries(smem, table, n) ?: table_items(smem, table, n);
}
