/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VCHIQ on the wire: slot zero, the state of both sides, messages. The host (ARM) is the
 * slave, the VPU the master. Everything is little-endian.
 */
#ifndef FERRY_VCHIQ_WIRE_H
#define FERRY_VCHIQ_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define VCHIQ_MAGIC		0x56434849
#define VCHIQ_VERSION		8
#define VCHIQ_VERSION_MIN	3

#define VCHIQ_SLOT_SIZE		4096
#define VCHIQ_MAX_SLOTS		128
#define VCHIQ_SIDE_SLOTS	64	/* of one side, and entries of its slot queue */
#define VCHIQ_SLOTS		65	/* that are used: slot zero and 64 */
#define VCHIQ_NR_DEBUG		11
#define VCHIQ_FRAGMENTS		64	/* each two cache lines */
#define VCHIQ_PORTS		4096
#define VCHIQ_PORT_NONE		0x1000	/* never on the wire */
#define VCHIQ_MAX_PAYLOAD	(VCHIQ_SLOT_SIZE - 8)
/* The smallest message with a payload. */
#define VCHIQ_SLOT_MSGS		(VCHIQ_SLOT_SIZE / 16)

#define VCHIQ_FOURCC(a, b, c, d) \
	((u32)(a) << 24 | (u32)(b) << 16 | (u32)(c) << 8 | (u32)(d))

enum vchiq_type {
	VCHIQ_PADDING,
	VCHIQ_CONNECT,
	VCHIQ_OPEN,
	VCHIQ_OPENACK,
	VCHIQ_CLOSE,
	VCHIQ_DATA,
	VCHIQ_BULK_RX,
	VCHIQ_BULK_TX,
	VCHIQ_BULK_RX_DONE,
	VCHIQ_BULK_TX_DONE,
	VCHIQ_PAUSE,
	VCHIQ_RESUME,
	VCHIQ_REMOTE_USE,
	VCHIQ_REMOTE_RELEASE,
	VCHIQ_REMOTE_USE_ACTIVE,
	VCHIQ_NR_TYPES,
};

/* vchiq_header.msgid */
#define VCHIQ_ID_TYPE		GENMASK(31, 24)
#define VCHIQ_ID_SRC		GENMASK(23, 12)
#define VCHIQ_ID_DST		GENMASK(11, 0)

struct vchiq_header {
	__le32 msgid;
	__le32 size;		/* of the payload, which follows */
} __packed;
static_assert(sizeof(struct vchiq_header) == 8);

struct vchiq_open {
	__le32 fourcc;		/* first character in the most significant byte */
	__le32 client;		/* a process */
	__le16 version;
	__le16 version_min;
} __packed;
static_assert(sizeof(struct vchiq_open) == 12);

struct vchiq_openack {
	__le16 version;
} __packed;
static_assert(sizeof(struct vchiq_openack) == 2);

/* VCHIQ_BULK_RX, VCHIQ_BULK_TX */
struct vchiq_bulk {
	__le32 pagelist;
	__le32 size;
} __packed;
static_assert(sizeof(struct vchiq_bulk) == 8);

/* VCHIQ_BULK_RX_DONE, VCHIQ_BULK_TX_DONE */
struct vchiq_bulk_done {
	__le32 actual;		/* bytes; ~0: aborted */
} __packed;
static_assert(sizeof(struct vchiq_bulk_done) == 4);

#define VCHIQ_BULK_ABORTED	((u32)~0)

/* In memory that the VPU sees, named by struct vchiq_bulk. Pages are of 4096 bytes. */
struct vchiq_pagelist {
	__le32 length;
	__le16 type;
	__le16 offset;		/* in the first page */
	__le32 addrs[];		/* a page, and in the low 12 bits how many follow it */
} __packed;
static_assert(sizeof(struct vchiq_pagelist) == 8);

/* vchiq_pagelist.type: the host sends, it receives, or it receives with a fragment */
#define VCHIQ_PAGES_SEND	0
#define VCHIQ_PAGES_RECEIVE	1
#define VCHIQ_PAGES_FRAGMENT(n)	(2 + (n))

struct vchiq_event {
	__le32 armed;		/* its owner waits, and wants to be rung */
	__le32 fired;
	__le32 unused;
} __packed;
static_assert(sizeof(struct vchiq_event) == 12);

/* Of one side, the owner. The events are those that the owner waits for. */
struct vchiq_side {
	__le32 initialised;
	__le32 slot_first;
	__le32 slot_last;
	__le32 slot_sync;
	struct vchiq_event trigger;	/* the peer sent something */
	__le32 tx_pos;			/* so many bytes the owner sent */
	struct vchiq_event recycle;	/* the peer gave slots back */
	__le32 slot_queue_recycle;	/* entries ever put into slot_queue */
	struct vchiq_event sync_trigger;
	struct vchiq_event sync_release;
	__le32 slot_queue[VCHIQ_SIDE_SLOTS];
	__le32 debug[VCHIQ_NR_DEBUG];
} __packed;
static_assert(offsetof(struct vchiq_side, slot_sync) == 0x00c);
static_assert(offsetof(struct vchiq_side, trigger) == 0x010);
static_assert(offsetof(struct vchiq_side, tx_pos) == 0x01c);
static_assert(offsetof(struct vchiq_side, recycle) == 0x020);
static_assert(offsetof(struct vchiq_side, slot_queue_recycle) == 0x02c);
static_assert(offsetof(struct vchiq_side, sync_trigger) == 0x030);
static_assert(offsetof(struct vchiq_side, sync_release) == 0x03c);
static_assert(offsetof(struct vchiq_side, slot_queue) == 0x048);
static_assert(offsetof(struct vchiq_side, debug) == 0x148);
static_assert(sizeof(struct vchiq_side) == 0x174);

struct vchiq_slot_info {
	__le16 use;
	__le16 release;
} __packed;
static_assert(sizeof(struct vchiq_slot_info) == 4);

struct vchiq_slot_zero {
	__le32 magic;
	__le16 version;
	__le16 version_min;
	__le32 slot_zero_size;
	__le32 slot_size;
	__le32 max_slots;
	__le32 max_slots_per_side;
	__le32 platform_data[2];	/* address and number of the fragments */
	struct vchiq_side master;
	struct vchiq_side slave;
	struct vchiq_slot_info slots[VCHIQ_MAX_SLOTS];
} __packed;
static_assert(offsetof(struct vchiq_slot_zero, slot_zero_size) == 0x08);
static_assert(offsetof(struct vchiq_slot_zero, platform_data) == 0x18);
static_assert(offsetof(struct vchiq_slot_zero, master) == 0x20);
static_assert(offsetof(struct vchiq_slot_zero, slave) == 0x194);
static_assert(offsetof(struct vchiq_slot_zero, slots) == 0x308);
static_assert(sizeof(struct vchiq_slot_zero) == 1288);

/* What a message takes of a slot, bytes. */
static inline u32 vchiq_stride(u32 size)
{
	return (size + sizeof(struct vchiq_header) + 7) & ~7u;
}

#endif /* FERRY_VCHIQ_WIRE_H */
