// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMEM: one partition, and the two lists of items in it.
 *
 *	0	header
 *	0x20	uncached list: entry and item, entry and item, ...
 *		free_uncached: where the next entry goes
 *		free_cached: the lowest byte of the other list
 *		... item and entry, item and entry: cached list
 *	size
 *
 * Of a list only the part that its free pointer encloses is read, and every step goes
 * on by one entry at least.
 */
#include <linux/align.h>
#include <linux/device.h>
#include <linux/err.h>

#include "smem.h"

/* An entry, read once and in itself right. */
struct part_entry {
	u32 item;
	u32 size;
	u32 padding_hdr;
	u32 padding_data;
};

/* The free pointers, read once and in themselves right. */
struct part_room {
	u32 uncached;
	u32 cached;
};

static int part_corrupt(struct ferry_smem *smem, const struct smem_part *part, u32 offset)
{
	dev_err_ratelimited(smem->dev, "smem: partition of host %u is corrupt at %#x\n",
			    part->host, offset);
	return -EINVAL;
}

static int part_room(struct ferry_smem *smem, const struct smem_part *part,
		     struct part_room *room)
{
	struct smem_part_header *header = part->base;

	if (part->broken)
		return -EINVAL;
	room->uncached = smem_u32(header->free_uncached);
	room->cached = smem_u32(header->free_cached);
	if (room->uncached >= sizeof(*header) && room->uncached <= room->cached &&
	    room->cached <= part->size && IS_ALIGNED(room->uncached, SMEM_MIN_ALIGN))
		return 0;
	return part_corrupt(smem, part, offsetof(struct smem_part_header, free_uncached));
}

/* May @part be used at all? What @part says is from the table. */
int ferry_smem_part_check(struct ferry_smem *smem, struct smem_part *part, u16 host0, u16 host1)
{
	struct smem_part_header *header = part->base;
	struct part_room room;

	if (smem_u32(header->magic) != SMEM_PART_MAGIC ||
	    smem_u16(header->host0) != host0 || smem_u16(header->host1) != host1 ||
	    smem_u32(header->size) != part->size)
		return part_corrupt(smem, part, 0);
	return part_room(smem, part, &room);
}

/* @offset is inside of the partition, a multiple of 4, with 16 bytes behind it. */
static int part_read(struct ferry_smem *smem, const struct smem_part *part, u32 offset,
		     struct part_entry *e)
{
	struct smem_entry *entry = part->base + offset;

	if (smem_u16(entry->canary) != SMEM_ENTRY_CANARY)
		return part_corrupt(smem, part, offset);
	e->item = smem_u16(entry->item);
	e->size = smem_u32(entry->size);
	e->padding_data = smem_u16(entry->padding_data);
	e->padding_hdr = smem_u16(entry->padding_hdr);
	if (!IS_ALIGNED(e->size, SMEM_MIN_ALIGN) || !IS_ALIGNED(e->padding_hdr, SMEM_MIN_ALIGN) ||
	    e->padding_data > e->size)
		return part_corrupt(smem, part, offset);
	return 0;
}

/* Offset of the item, and its entry; -ENOENT when it is not in the list. */
static int part_find_uncached(struct ferry_smem *smem, const struct smem_part *part, u32 end,
			      u32 item, struct part_entry *e)
{
	u64 offset = sizeof(struct smem_part_header);
	u64 data;
	int ret;

	while (offset < end) {
		if (end - offset < sizeof(struct smem_entry))
			return part_corrupt(smem, part, offset);
		ret = part_read(smem, part, offset, e);
		if (ret)
			return ret;
		data = offset + sizeof(struct smem_entry) + e->padding_hdr;
		if (data + e->size > end)
			return part_corrupt(smem, part, offset);
		if (e->item == item)
			return data;
		offset = data + e->size;
	}
	return -ENOENT;
}

/* Likewise. Here @end is the lowest byte of the list. */
static int part_find_cached(struct ferry_smem *smem, const struct smem_part *part, u32 end,
			    u32 item, struct part_entry *e)
{
	u32 offset = part->size;
	int ret;

	while (offset - end > part->area) {
		offset -= part->area;
		ret = part_read(smem, part, offset, e);
		if (ret)
			return ret;
		if (e->size > offset - end)
			return part_corrupt(smem, part, offset);
		offset -= e->size;
		if (e->item == item)
			return offset;
	}
	return -ENOENT;
}

void *ferry_smem_part_item(struct ferry_smem *smem, struct smem_part *part, u32 item,
			   size_t *size)
{
	struct part_room room;
	struct part_entry e;
	int ret;

	ret = part_room(smem, part, &room);
	if (ret)
		return ERR_PTR(ret);
	rmb();	/* pairs with the barrier of whoever added what the pointers enclose */
	ret = part_find_uncached(smem, part, room.uncached, item, &e);
	if (ret == -ENOENT)
		ret = part_find_cached(smem, part, room.cached, item, &e);
	if (ret < 0)
		return ERR_PTR(ret);
	*size = e.size - e.padding_data;
	return part->base + ret;
}

int ferry_smem_part_alloc(struct ferry_smem *smem, struct smem_part *part, u32 item, size_t size)
{
	struct smem_part_header *header = part->base;
	struct smem_entry *entry;
	struct part_room room;
	struct part_entry e;
	u32 len;
	int ret;

	ret = part_room(smem, part, &room);
	if (ret)
		return ret;
	ret = part_find_uncached(smem, part, room.uncached, item, &e);
	if (ret != -ENOENT)
		return ret < 0 ? ret : -EEXIST;
	if (size > part->size)
		return -ENOSPC;
	len = ALIGN(size, SMEM_ALIGN);
	if (sizeof(*entry) + len > room.cached - room.uncached)
		return -ENOSPC;

	entry = part->base + room.uncached;
	smem_put16(entry->canary, SMEM_ENTRY_CANARY);
	smem_put16(entry->item, item);
	smem_put32(entry->size, len);
	smem_put16(entry->padding_data, len - size);
	smem_put16(entry->padding_hdr, 0);
	smem_put32(entry->reserved, 0);
	wmb();	/* lookups take no lock: pairs with the barrier in ferry_smem_part_item() */
	smem_put32(header->free_uncached, room.uncached + sizeof(*entry) + len);
	return 0;
}

ssize_t ferry_smem_part_free(struct ferry_smem *smem, struct smem_part *part)
{
	struct part_room room;
	int ret = part_room(smem, part, &room);

	return ret ? ret : (ssize_t)(room.cached - room.uncached);
}
