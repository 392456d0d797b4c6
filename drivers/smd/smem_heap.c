// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMEM: the heap, and the directory of what is in it.
 */
#include <linux/align.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kernel.h>

#include "smem.h"

static struct smem_header *heap_header(struct ferry_smem *smem)
{
	return smem->cfg.base;
}

/* Bytes left and where they begin; -EINVAL when they are not all in the heap. */
static int heap_room(struct ferry_smem *smem, u32 *offset, u32 *room)
{
	struct smem_header *header = heap_header(smem);

	*offset = smem_u32(header->free_offset);
	*room = smem_u32(header->available);
	if (*offset >= sizeof(*header) && IS_ALIGNED(*offset, SMEM_MIN_ALIGN) &&
	    (u64)*offset + *room <= smem->heap_size)
		return 0;
	dev_err_ratelimited(smem->dev, "smem: the heap of %#x bytes has %#x free from %#x on\n",
			    smem->heap_size, *room, *offset);
	return -EINVAL;
}

/* The heap may be smaller than the region: partitions and the table are not in it. */
int ferry_smem_heap_init(struct ferry_smem *smem)
{
	struct smem_header *header = heap_header(smem);
	unsigned long flags = 0;
	u64 size;
	int ret;

	guard(mutex)(&smem->mutex);
	ret = ferry_smem_lock(smem, &flags);
	if (ret)
		return ret;
	size = (u64)smem_u32(header->free_offset) + smem_u32(header->available);
	ferry_smem_unlock(smem, flags);
	if (size < sizeof(*header) || size > smem->cfg.size) {
		dev_err(smem->dev, "smem: the heap has %#llx bytes, expected %#zx to %#zx\n",
			size, sizeof(*header), smem->cfg.size);
		return -EINVAL;
	}
	smem->heap_size = size;
	return 0;
}

int ferry_smem_heap_alloc(struct ferry_smem *smem, u32 item, size_t size)
{
	struct smem_header *header = heap_header(smem);
	struct smem_toc_entry *entry = &header->toc[item];
	u32 offset, room;
	int ret;

	if (smem_u32(entry->allocated))
		return -EEXIST;
	ret = heap_room(smem, &offset, &room);
	if (ret)
		return ret;
	if (size > room || ALIGN(size, SMEM_ALIGN) > room)
		return -ENOMEM;

	size = ALIGN(size, SMEM_ALIGN);
	smem_put32(entry->offset, offset);
	smem_put32(entry->size, size);
	wmb();	/* lookups take no lock: pairs with the barrier in ferry_smem_heap_item() */
	smem_put32(entry->allocated, 1);
	smem_put32(header->free_offset, offset + size);
	smem_put32(header->available, room - size);
	return 0;
}

/* The region that an item is in: the main one, or an auxiliary one. */
static void *heap_region(struct ferry_smem *smem, u32 aux_base, u64 *size)
{
	const struct ferry_smem_cfg *cfg = &smem->cfg;
	unsigned int i;

	if (!aux_base || aux_base == lower_32_bits(cfg->phys)) {
		*size = smem->heap_size;
		return cfg->base;
	}
	for (i = 0; i < cfg->nr_aux; i++) {
		if (aux_base == lower_32_bits(cfg->aux[i].phys)) {
			*size = cfg->aux[i].size;
			return cfg->aux[i].base;
		}
	}
	return NULL;
}

void *ferry_smem_heap_item(struct ferry_smem *smem, u32 item, size_t *size)
{
	struct smem_toc_entry *entry = &heap_header(smem)->toc[item];
	u32 offset, len, aux_base;
	u64 limit;
	void *base;

	if (!smem_u32(entry->allocated))
		return ERR_PTR(-ENXIO);
	rmb();	/* pairs with the barrier of whoever allocated it */
	offset = smem_u32(entry->offset);
	len = smem_u32(entry->size);
	aux_base = smem_u32(entry->aux_base) & SMEM_AUX_BASE;

	base = heap_region(smem, aux_base, &limit);
	if (!base)
		return ERR_PTR(-ENOENT);
	if (!IS_ALIGNED(offset, SMEM_MIN_ALIGN) || (u64)offset + len > limit) {
		dev_err_ratelimited(smem->dev, "smem: item %u has %#x bytes at %#x of %#llx\n",
				    item, len, offset, limit);
		return ERR_PTR(-EINVAL);
	}
	*size = len;
	return base + offset;
}

ssize_t ferry_smem_heap_free(struct ferry_smem *smem)
{
	u32 room = smem_u32(heap_header(smem)->available);

	return room <= smem->heap_size ? (ssize_t)room : -EINVAL;
}
