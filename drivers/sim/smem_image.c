// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMEM as a boot loader leaves it, and items as another processor adds them.
 *
 * Nothing here looks at what it reads twice: whoever makes an image owns it, and
 * takes the hardware lock around what adds to it.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../smd/smem_wire.h"
#include "smem_image.h"

#define IMAGE_CACHELINE		32

static struct smem_table *image_table(void *base, size_t size)
{
	return base + size - SMEM_TABLE_SPAN;
}

static void image_part(void *base, struct smem_table_entry *entry,
		       const struct ferry_sim_smem_part *part, u32 offset)
{
	struct smem_part_header *header = base + offset;

	entry->offset = cpu_to_le32(offset);
	entry->size = cpu_to_le32(part->size);
	entry->host0 = cpu_to_le16(part->host0);
	entry->host1 = cpu_to_le16(part->host1);
	entry->cacheline = cpu_to_le32(part->cacheline ?: IMAGE_CACHELINE);

	header->magic = cpu_to_le32(SMEM_PART_MAGIC);
	header->host0 = entry->host0;
	header->host1 = entry->host1;
	header->size = entry->size;
	header->free_uncached = cpu_to_le32(sizeof(*header));
	header->free_cached = entry->size;
}

static void image_info(const struct ferry_sim_smem_image *image, struct smem_info *info)
{
	info->magic = cpu_to_le32(SMEM_INFO_MAGIC);
	info->size = cpu_to_le32(image->size);
	info->base_addr = cpu_to_le32(image->phys);
	info->num_items = cpu_to_le16(image->num_items);
}

/* Fills the table; *@low becomes the lowest offset that a partition has. */
static int image_parts(const struct ferry_sim_smem_image *image, u32 *low)
{
	struct smem_table *table = image_table(image->base, image->size);
	u32 below = image->size - SMEM_TABLE_SPAN;
	unsigned int i;

	if (image->nr_parts > SMEM_TABLE_ENTRIES_MAX)
		return -EINVAL;
	table->magic = cpu_to_le32(SMEM_TABLE_MAGIC);
	table->version = cpu_to_le32(SMEM_TABLE_VERSION);
	table->num_entries = cpu_to_le32(image->nr_parts);
	for (i = 0; i < image->nr_parts; i++) {
		const struct ferry_sim_smem_part *part = &image->parts[i];
		u32 offset = part->offset ?: below - part->size;

		if (part->size > below || offset < sizeof(struct smem_header) ||
		    offset > image->size - SMEM_TABLE_SPAN - part->size)
			return -EINVAL;
		image_part(image->base, &table->entries[i], part, offset);
		below = offset;
		*low = min(*low, offset);
	}
	if (image->num_items)
		image_info(image, (void *)&table->entries[image->nr_parts]);
	return 0;
}

/**
 * ferry_sim_smem_build() - make an SMEM
 * @image:	what it is like
 *
 * The heap reaches up to the lowest partition, or to the place of the table.
 *
 * Context: process.
 * Return: 0; -EINVAL when it does not fit.
 */
int ferry_sim_smem_build(const struct ferry_sim_smem_image *image)
{
	struct smem_header *header = image->base;
	u32 end, version;
	int ret = 0;

	if (image->size < sizeof(*header) + SMEM_TABLE_SPAN || image->size > S32_MAX ||
	    !IS_ALIGNED(image->size, SMEM_ALIGN))
		return -EINVAL;
	end = image->size - SMEM_TABLE_SPAN;
	memset(image->base, 0, image->size);
	if (image->nr_parts || image->v12 || image->num_items)
		ret = image_parts(image, &end);
	if (ret)
		return ret;

	version = image->v12 ? SMEM_VERSION_PARTITION : SMEM_VERSION_HEAP;
	header->version[SMEM_VERSION_MASTER] = cpu_to_le32(version << 16);
	header->free_offset = cpu_to_le32(sizeof(*header));
	if (!image->v12)
		header->available = cpu_to_le32(end - sizeof(*header));
	header->initialized = cpu_to_le32(1);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_smem_build);

/**
 * ferry_sim_smem_part() - find a partition
 * @base:	the region
 * @size:	bytes of it
 * @host0:	who shares it
 * @host1:	who shares it, in this order
 *
 * Context: any.
 * Return: its offset; 0 when there is none.
 */
u32 ferry_sim_smem_part(void *base, size_t size, u16 host0, u16 host1)
{
	struct smem_table *table = image_table(base, size);
	u32 i;

	if (le32_to_cpu(table->magic) != SMEM_TABLE_MAGIC)
		return 0;
	for (i = 0; i < min_t(u32, le32_to_cpu(table->num_entries), SMEM_TABLE_ENTRIES_MAX); i++) {
		if (le16_to_cpu(table->entries[i].host0) == host0 &&
		    le16_to_cpu(table->entries[i].host1) == host1)
			return le32_to_cpu(table->entries[i].offset);
	}
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_smem_part);

/**
 * ferry_sim_smem_add_heap() - add an item to the heap
 * @base:	the region
 * @item:	number
 * @size:	bytes
 *
 * Context: any; the caller has the hardware lock.
 * Return: its data; NULL when it is there already, or does not fit.
 */
void *ferry_sim_smem_add_heap(void *base, u32 item, u32 size)
{
	struct smem_header *header = base;
	u32 offset = le32_to_cpu(header->free_offset);
	u32 len = ALIGN(size, SMEM_ALIGN);

	if (item >= SMEM_ITEM_COUNT || header->toc[item].allocated ||
	    len > le32_to_cpu(header->available))
		return NULL;
	header->toc[item].offset = cpu_to_le32(offset);
	header->toc[item].size = cpu_to_le32(len);
	wmb();	/* the others look without a lock: first what it is, then that it is */
	header->toc[item].allocated = cpu_to_le32(1);
	header->free_offset = cpu_to_le32(offset + len);
	header->available = cpu_to_le32(le32_to_cpu(header->available) - len);
	return base + offset;
}
EXPORT_SYMBOL_GPL(ferry_sim_smem_add_heap);

static void image_entry(struct smem_entry *entry, u32 item, u32 len, u32 size)
{
	entry->canary = cpu_to_le16(SMEM_ENTRY_CANARY);
	entry->item = cpu_to_le16(item);
	entry->size = cpu_to_le32(len);
	entry->padding_data = cpu_to_le16(len - size);
	entry->padding_hdr = 0;
	entry->reserved = 0;
}

static u32 image_room(const struct smem_part_header *header)
{
	return le32_to_cpu(header->free_cached) - le32_to_cpu(header->free_uncached);
}

/**
 * ferry_sim_smem_add_uncached() - add an item to a partition, at its lower end
 * @part:	the partition
 * @item:	number, which is not there yet
 * @size:	bytes
 *
 * Context: any; the caller has the hardware lock.
 * Return: its data; NULL when it does not fit.
 */
void *ferry_sim_smem_add_uncached(void *part, u32 item, u32 size)
{
	struct smem_part_header *header = part;
	u32 offset = le32_to_cpu(header->free_uncached);
	struct smem_entry *entry = part + offset;
	u32 len = ALIGN(size, SMEM_ALIGN);

	if (sizeof(*entry) + len > image_room(header))
		return NULL;
	image_entry(entry, item, len, size);
	wmb();	/* the others look without a lock: first the item, then that it is there */
	header->free_uncached = cpu_to_le32(offset + sizeof(*entry) + len);
	return entry + 1;
}
EXPORT_SYMBOL_GPL(ferry_sim_smem_add_uncached);

/**
 * ferry_sim_smem_add_cached() - add an item to a partition, at its upper end
 * @part:	the partition
 * @cacheline:	of the partition
 * @item:	number, which is not there yet
 * @size:	bytes
 *
 * Context: any; the caller has the hardware lock.
 * Return: its data; NULL when it does not fit.
 */
void *ferry_sim_smem_add_cached(void *part, u32 cacheline, u32 item, u32 size)
{
	struct smem_part_header *header = part;
	u32 area = ALIGN(sizeof(struct smem_entry), cacheline);
	u32 len = ALIGN(size, cacheline);
	u32 offset = le32_to_cpu(header->free_cached);
	struct smem_entry *entry = part + offset - area;

	if (area + len > image_room(header))
		return NULL;
	image_entry(entry, item, len, size);
	entry->padding_hdr = cpu_to_le16(area - sizeof(*entry));
	wmb();	/* the others look without a lock: first the item, then that it is there */
	header->free_cached = cpu_to_le32(offset - area - len);
	return part + offset - area - len;
}
EXPORT_SYMBOL_GPL(ferry_sim_smem_add_cached);

/**
 * ferry_sim_smem_add() - add an item where another processor would
 * @base:	the region
 * @size:	bytes of it
 * @host0:	who shares it
 * @host1:	who shares it, in the order of the table
 * @item:	number
 * @len:	bytes of the item
 *
 * That is in the partition of the two, or the global one, or the heap.
 *
 * Context: any; the caller has the hardware lock.
 * Return: its data; NULL when it does not fit.
 */
void *ferry_sim_smem_add(void *base, size_t size, u16 host0, u16 host1, u32 item, u32 len)
{
	u32 offset = ferry_sim_smem_part(base, size, host0, host1);

	if (!offset)
		offset = ferry_sim_smem_part(base, size, SMEM_HOST_GLOBAL, SMEM_HOST_GLOBAL);
	if (!offset)
		return ferry_sim_smem_add_heap(base, item, len);
	return ferry_sim_smem_add_uncached(base + offset, item, len);
}
EXPORT_SYMBOL_GPL(ferry_sim_smem_add);

MODULE_DESCRIPTION("Ferry: SMEM as a boot loader leaves it");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
