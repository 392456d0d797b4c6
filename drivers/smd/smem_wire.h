/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMEM: what all processors see in the shared memory. Shared with the images that
 * tests and simulators make.
 *
 * Where a fact is from: [SM] drivers/soc/qcom/smem.c, [VS] the vendor's driver of
 * kernel 3.10, [LK] the boot loader lk2nd.
 */
#ifndef FERRY_SMD_SMEM_WIRE_H
#define FERRY_SMD_SMEM_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Hosts [SM VS] */
#define SMEM_HOST_AP		0
#define SMEM_HOST_GLOBAL	0xfffe	/* both hosts of the global partition */

/* Items [SM VS] */
#define SMEM_ITEM_COUNT		512	/* where no struct smem_info says otherwise */
#define SMEM_ITEM_FIXED		8	/* those below are the boot loader's */

/* smem_header.version[SMEM_VERSION_MASTER], high half [SM VS LK] */
#define SMEM_VERSION_MASTER	7
#define SMEM_VERSION_MAJOR	GENMASK(31, 16)
#define SMEM_VERSION_HEAP	0x000b
#define SMEM_VERSION_PARTITION	0x000c

/* Allocations are multiples of this [SM VS] */
#define SMEM_ALIGN		8

/* smem_toc_entry.aux_base [SM] */
#define SMEM_AUX_BASE		GENMASK(31, 2)

/**
 * struct smem_toc_entry - an item of the heap [SM VS]
 * @allocated:	0 is free; written last
 * @offset:	from the start of its region
 * @size:	bytes
 * @aux_base:	SMEM_AUX_BASE: physical address of its region, 0 for the main one
 */
struct smem_toc_entry {
	__le32 allocated;
	__le32 offset;
	__le32 size;
	__le32 aux_base;
} __packed __aligned(4);

static_assert(sizeof(struct smem_toc_entry) == 16);
static_assert(offsetof(struct smem_toc_entry, allocated) == 0);
static_assert(offsetof(struct smem_toc_entry, offset) == 4);
static_assert(offsetof(struct smem_toc_entry, size) == 8);
static_assert(offsetof(struct smem_toc_entry, aux_base) == 12);

/**
 * struct smem_header - the start of the region [SM VS]
 * @proc_comm:		not in use
 * @version:		one for each kind of firmware
 * @initialized:	1
 * @free_offset:	of the first byte of the heap that is free
 * @available:		bytes of the heap that are free
 * @reserved:		0
 * @toc:		the items of the heap
 */
struct smem_header {
	u8 proc_comm[64];
	__le32 version[32];
	__le32 initialized;
	__le32 free_offset;
	__le32 available;
	__le32 reserved;
	struct smem_toc_entry toc[SMEM_ITEM_COUNT];
} __packed __aligned(4);

static_assert(sizeof(struct smem_header) == 0x20d0);
static_assert(offsetof(struct smem_header, proc_comm) == 0x00);
static_assert(offsetof(struct smem_header, version[SMEM_VERSION_MASTER]) == 0x5c);
static_assert(offsetof(struct smem_header, initialized) == 0xc0);
static_assert(offsetof(struct smem_header, free_offset) == 0xc4);
static_assert(offsetof(struct smem_header, available) == 0xc8);
static_assert(offsetof(struct smem_header, reserved) == 0xcc);
static_assert(offsetof(struct smem_header, toc[0]) == 0xd0);

/* The table of partitions is in the last bytes of the region [SM] */
#define SMEM_TABLE_SPAN		4096
#define SMEM_TABLE_MAGIC	0x434f5424	/* "$TOC" */
#define SMEM_TABLE_VERSION	1

/**
 * struct smem_table_entry - a partition [SM VS]
 * @offset:	from the start of the region; 0: no entry
 * @size:	bytes; 0: no entry
 * @flags:	not looked at
 * @host0:	who shares it, in any order
 * @host1:	who shares it
 * @cacheline:	alignment in the cached list
 * @reserved:	not looked at
 */
struct smem_table_entry {
	__le32 offset;
	__le32 size;
	__le32 flags;
	__le16 host0;
	__le16 host1;
	__le32 cacheline;
	__le32 reserved[7];
} __packed __aligned(4);

static_assert(sizeof(struct smem_table_entry) == 48);
static_assert(offsetof(struct smem_table_entry, offset) == 0);
static_assert(offsetof(struct smem_table_entry, size) == 4);
static_assert(offsetof(struct smem_table_entry, flags) == 8);
static_assert(offsetof(struct smem_table_entry, host0) == 12);
static_assert(offsetof(struct smem_table_entry, host1) == 14);
static_assert(offsetof(struct smem_table_entry, cacheline) == 16);
static_assert(offsetof(struct smem_table_entry, reserved) == 20);

/**
 * struct smem_table - the table of partitions [SM]
 * @magic:	SMEM_TABLE_MAGIC
 * @version:	SMEM_TABLE_VERSION
 * @num_entries: of @entries
 * @reserved:	not looked at
 * @entries:	partitions; a struct smem_info may follow
 */
struct smem_table {
	__le32 magic;
	__le32 version;
	__le32 num_entries;
	__le32 reserved[5];
	struct smem_table_entry entries[];
} __packed __aligned(4);

static_assert(sizeof(struct smem_table) == 32);
static_assert(offsetof(struct smem_table, magic) == 0);
static_assert(offsetof(struct smem_table, version) == 4);
static_assert(offsetof(struct smem_table, num_entries) == 8);
static_assert(offsetof(struct smem_table, reserved) == 12);

#define SMEM_TABLE_ENTRIES_MAX \
	((SMEM_TABLE_SPAN - sizeof(struct smem_table)) / sizeof(struct smem_table_entry))

#define SMEM_INFO_MAGIC		0x49494953	/* "SIII" */

/**
 * struct smem_info - what SMEM is like [SM LK]
 * @magic:	SMEM_INFO_MAGIC
 * @size:	bytes of the region
 * @base_addr:	physical address of it
 * @reserved:	not looked at
 * @num_items:	items have smaller numbers than this
 */
struct smem_info {
	__le32 magic;
	__le32 size;
	__le32 base_addr;
	__le32 reserved;
	__le16 num_items;
} __packed __aligned(2);

static_assert(sizeof(struct smem_info) == 18);
static_assert(offsetof(struct smem_info, magic) == 0);
static_assert(offsetof(struct smem_info, size) == 4);
static_assert(offsetof(struct smem_info, base_addr) == 8);
static_assert(offsetof(struct smem_info, reserved) == 12);
static_assert(offsetof(struct smem_info, num_items) == 16);

#define SMEM_PART_MAGIC		0x54525024	/* "$PRT" */

/**
 * struct smem_part_header - the start of a partition [SM VS]
 * @magic:		SMEM_PART_MAGIC
 * @host0:		as in the table
 * @host1:		as in the table
 * @size:		as in the table
 * @free_uncached:	offset behind the list that grows up
 * @free_cached:	offset of the lowest byte of the list that grows down
 * @reserved:		not looked at
 */
struct smem_part_header {
	__le32 magic;
	__le16 host0;
	__le16 host1;
	__le32 size;
	__le32 free_uncached;
	__le32 free_cached;
	__le32 reserved[3];
} __packed __aligned(4);

static_assert(sizeof(struct smem_part_header) == 32);
static_assert(offsetof(struct smem_part_header, magic) == 0);
static_assert(offsetof(struct smem_part_header, host0) == 4);
static_assert(offsetof(struct smem_part_header, host1) == 6);
static_assert(offsetof(struct smem_part_header, size) == 8);
static_assert(offsetof(struct smem_part_header, free_uncached) == 12);
static_assert(offsetof(struct smem_part_header, free_cached) == 16);
static_assert(offsetof(struct smem_part_header, reserved) == 20);

#define SMEM_ENTRY_CANARY	0xa5a5

/**
 * struct smem_entry - in front of an item in a partition, or behind it in the cached
 * list [SM VS]
 * @canary:		SMEM_ENTRY_CANARY
 * @item:		number
 * @size:		bytes, with @padding_data
 * @padding_data:	bytes of @size that nobody asked for
 * @padding_hdr:	bytes between this and what follows it
 * @reserved:		not looked at
 */
struct smem_entry {
	__le16 canary;
	__le16 item;
	__le32 size;
	__le16 padding_data;
	__le16 padding_hdr;
	__le32 reserved;
} __packed __aligned(4);

static_assert(sizeof(struct smem_entry) == 16);
static_assert(offsetof(struct smem_entry, canary) == 0);
static_assert(offsetof(struct smem_entry, item) == 2);
static_assert(offsetof(struct smem_entry, size) == 4);
static_assert(offsetof(struct smem_entry, padding_data) == 8);
static_assert(offsetof(struct smem_entry, padding_hdr) == 10);
static_assert(offsetof(struct smem_entry, reserved) == 12);

#endif /* FERRY_SMD_SMEM_WIRE_H */
