/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ferry_smem.ko share.
 */
#ifndef FERRY_SMD_SMEM_H
#define FERRY_SMD_SMEM_H

#include <asm/byteorder.h>
#include <linux/compiler.h>
#include <linux/ferry/smem.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "smem_wire.h"

/* Fields of shared memory: one load or store each. */
#define smem_u16(field)		le16_to_cpu(READ_ONCE(field))
#define smem_u32(field)		le32_to_cpu(READ_ONCE(field))
#define smem_put16(field, v)	WRITE_ONCE(field, cpu_to_le16(v))
#define smem_put32(field, v)	WRITE_ONCE(field, cpu_to_le32(v))

/* What is found must be fit for loads of this many bytes. */
#define SMEM_MIN_ALIGN		4

/**
 * struct smem_part - a partition of ours, as the table had it when we looked
 * @host:	who is at the other end
 * @base:	where it is
 * @size:	bytes
 * @area:	bytes that an entry of the cached list takes
 * @broken:	its header contradicts the table
 */
struct smem_part {
	u32 host;
	void *base;
	u32 size;
	u32 area;
	bool broken;
};

/**
 * struct ferry_smem - an SMEM
 * @ref:	references
 * @dev:	for messages, or NULL
 * @cfg:	what it is made of; its @aux is our copy
 * @mutex:	one at a time allocates; taken before the hardware lock
 * @nr_items:	items have smaller numbers than this
 * @heap_size:	bytes of the region that items of the heap can be in, 0: no heap
 * @parts:	partitions of ours
 * @nr_parts:	of @parts
 * @global:	the partition for all, or NULL
 *
 * But for the lists in shared memory nothing changes after ferry_smem_create().
 */
struct ferry_smem {
	struct kref ref;
	struct device *dev;
	struct ferry_smem_cfg cfg;
	struct mutex mutex;
	u32 nr_items;
	u32 heap_size;
	struct smem_part *parts;
	unsigned int nr_parts;
	struct smem_part *global;
};

/* smem.c: -ETIMEDOUT when somebody keeps the hardware lock. */
int ferry_smem_lock(struct ferry_smem *smem, unsigned long *flags);
void ferry_smem_unlock(struct ferry_smem *smem, unsigned long flags);

/* smem_heap.c */
int ferry_smem_heap_init(struct ferry_smem *smem);
int ferry_smem_heap_alloc(struct ferry_smem *smem, u32 item, size_t size);
void *ferry_smem_heap_item(struct ferry_smem *smem, u32 item, size_t *size);
ssize_t ferry_smem_heap_free(struct ferry_smem *smem);

/* smem_table.c: -ENOENT when there is no table. */
int ferry_smem_table_init(struct ferry_smem *smem);

/* smem_part.c */
int ferry_smem_part_check(struct ferry_smem *smem, struct smem_part *part, u16 host0, u16 host1);
int ferry_smem_part_alloc(struct ferry_smem *smem, struct smem_part *part, u32 item, size_t size);
void *ferry_smem_part_item(struct ferry_smem *smem, struct smem_part *part, u32 item,
			   size_t *size);
ssize_t ferry_smem_part_free(struct ferry_smem *smem, struct smem_part *part);

/* smem_of.c */
int ferry_smem_of_init(void);
void ferry_smem_of_exit(void);

#endif /* FERRY_SMD_SMEM_H */
