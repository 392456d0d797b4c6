// SPDX-License-Identifier: GPL-2.0-only
/*
 * Items and tables of the simulated remote: it is the one that allocates channels.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../smd/smem_wire.h"
#include "smd_private.h"
#include "smem_image.h"

static const u16 rsmd_table_items[SMD_TABLES] = { SMD_TABLE_ITEM_1, SMD_TABLE_ITEM_2 };
static const u16 rsmd_info_items[SMD_TABLES] = { SMD_INFO_ITEM_1, SMD_INFO_ITEM_2 };
static const u16 rsmd_fifo_items[SMD_TABLES] = { SMD_FIFO_ITEM_1, SMD_FIFO_ITEM_2 };

/* Where items of this host are; NULL: in the heap. */
static void *rsmd_part(struct ferry_sim_smd *sim)
{
	void *base = sim->cfg.base;
	u32 offset = 0;

	if (sim->cfg.host != FERRY_SIM_SMD_HOST_ANY)
		offset = ferry_sim_smem_part(base, sim->cfg.size, SMEM_HOST_AP, sim->cfg.host);
	if (!offset)
		offset = ferry_sim_smem_part(base, sim->cfg.size, SMEM_HOST_GLOBAL,
					     SMEM_HOST_GLOBAL);
	return offset ? base + offset : NULL;
}

static void *rsmd_find_in_part(void *part, u32 item)
{
	struct smem_part_header *header = part;
	u32 end = le32_to_cpu(header->free_uncached);
	u32 at = sizeof(*header);

	while (at + sizeof(struct smem_entry) <= end) {
		struct smem_entry *entry = part + at;

		at += sizeof(*entry) + le16_to_cpu(entry->padding_hdr);
		if (le16_to_cpu(entry->item) == item)
			return part + at;
		at += le32_to_cpu(entry->size);
	}
	return NULL;
}

static void *rsmd_find_item(struct ferry_sim_smd *sim, u32 item)
{
	struct smem_header *header = sim->cfg.base;
	void *part = rsmd_part(sim);

	if (part)
		return rsmd_find_in_part(part, item);
	if (!header->toc[item].allocated)
		return NULL;
	return sim->cfg.base + le32_to_cpu(header->toc[item].offset);
}

static int rsmd_lock(struct ferry_sim_smd *sim)
{
	return sim->cfg.lock ? sim->cfg.lock(sim->cfg.data) : 0;
}

static void rsmd_unlock(struct ferry_sim_smd *sim)
{
	if (sim->cfg.unlock)
		sim->cfg.unlock(sim->cfg.data);
}

static void *rsmd_add_item(struct ferry_sim_smd *sim, u32 item, u32 len)
{
	void *part = rsmd_part(sim);
	void *data;
	int ret;

	ret = rsmd_lock(sim);
	if (ret)
		return ERR_PTR(ret);
	data = part ? ferry_sim_smem_add_uncached(part, item, len) :
	       ferry_sim_smem_add_heap(sim->cfg.base, item, len);
	rsmd_unlock(sim);
	if (!data)
		return ERR_PTR(-ENOSPC);
	memset(data, 0, len);
	return data;
}

/* Edges without a partition of their own share the tables of the heap. */
int rsmd_tables_init(struct ferry_sim_smd *sim)
{
	unsigned int i;
	void *table;

	for (i = 0; i < SMD_TABLES; i++) {
		table = rsmd_find_item(sim, rsmd_table_items[i]);
		if (!table)
			table = rsmd_add_item(sim, rsmd_table_items[i],
					      sim->entries * sizeof(struct smd_entry));
		if (IS_ERR(table))
			return PTR_ERR(table);
		sim->table[i] = table;
	}
	return 0;
}

/* A slot that nobody has, and its number, which is the cid of whoever takes it, too. */
struct smd_entry *rsmd_entry_free(struct ferry_sim_smd *sim, u32 table, u32 *slot)
{
	for (*slot = 0; *slot < sim->entries; (*slot)++) {
		struct smd_entry *entry = &sim->table[table][*slot];

		if (!entry->ref_count && !entry->name[0])
			return entry;
	}
	return NULL;
}

/* The reference count comes last: it makes the entry one. */
void rsmd_entry_write(struct smd_entry *entry, const char *name, u32 cid, u32 flags, u32 refs)
{
	memcpy_and_pad(entry->name, sizeof(entry->name), name,
		       strnlen(name, sizeof(entry->name)), 0);
	WRITE_ONCE(entry->cid, cpu_to_le32(cid));
	WRITE_ONCE(entry->flags, cpu_to_le32(flags));
	wmb();	/* the entry before that it is one */
	WRITE_ONCE(entry->ref_count, cpu_to_le32(refs));
}

u32 rsmd_entry_flags(const struct rsmd_chan *ch)
{
	return ch->sim->cfg.edge | (ch->cfg.stream ? SMD_ENTRY_STREAM : SMD_ENTRY_PACKET);
}

/* Information and rings; the entry is written when they are ready. */
int rsmd_chan_alloc(struct rsmd_chan *ch)
{
	struct ferry_sim_smd *sim = ch->sim;
	u32 info = ch->cfg.words ? SMD_INFO_WORDS : SMD_INFO_BYTES;
	void *data;

	ch->entry = rsmd_entry_free(sim, ch->cfg.second, &ch->cid);
	if (!ch->entry)
		return -ENOSPC;
	/* A channel that was refused has left them behind: they are never freed. */
	data = rsmd_add_item(sim, rsmd_info_items[ch->cfg.second] + ch->cid, info);
	if (IS_ERR(data))
		return PTR_ERR(data);
	ch->info = data;
	data = rsmd_add_item(sim, rsmd_fifo_items[ch->cfg.second] + ch->cid, 2 * ch->cfg.ring);
	if (IS_ERR(data))
		return PTR_ERR(data);
	ch->ring[RSMD_THEIRS] = data;
	ch->ring[RSMD_OURS] = data + ch->cfg.ring;
	return 0;
}

/* Firmware that starts again may find other slots for its channels; items stay. */
void rsmd_tables_rewrite(struct ferry_sim_smd *sim)
{
	u32 i, slot, left = sim->nr_chans;

	for (i = 0; i < left; i++)
		memset(sim->chan[i]->entry, 0, sizeof(struct smd_entry));
	for (i = left; i-- > 0;) {
		struct rsmd_chan *ch = sim->chan[i];

		ch->entry = rsmd_entry_free(sim, ch->cfg.second, &slot);
		rsmd_entry_write(ch->entry, ch->name, ch->cid, rsmd_entry_flags(ch), 1);
	}
}

/* What tells the other side to look at the tables again. */
void rsmd_free_space_lie(struct ferry_sim_smd *sim)
{
	struct smem_part_header *part = rsmd_part(sim);
	struct smem_header *header = sim->cfg.base;

	if (part)
		le32_add_cpu(&part->free_cached, -8);
	else
		le32_add_cpu(&header->available, -8);
}
