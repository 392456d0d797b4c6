/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMD: what both sides of an edge see in shared memory. Shared with the simulated remote.
 * Everything is little-endian.
 *
 * Where a fact is from: [M] drivers/rpmsg/qcom_smd.c, [V] the driver of the vendor's 3.10
 * kernels, [VP] its private header, [X] the vendor's list of edges and items, [LK] the boot
 * loader lk2nd. What only one of them says is marked so; the rest they agree on.
 */
#ifndef FERRY_SMD_WIRE_H
#define FERRY_SMD_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Two tables of channels, and for each the items of its channels: first + cid [M VP X] */
#define SMD_TABLES		2
#define SMD_TABLE_ITEM_1	13
#define SMD_TABLE_ITEM_2	266
#define SMD_INFO_ITEM_1		14
#define SMD_INFO_ITEM_2		138
#define SMD_FIFO_ITEM_1		338
#define SMD_FIFO_ITEM_2		202

#define SMD_TABLE_ENTRIES	64	/* in each, and so many cids [M VP] */
#define SMD_TABLE_SIZE		2048
#define SMD_NAME_SIZE		20

/**
 * struct smd_entry - one channel in a table [M VP]
 * @name:	ends with a NUL; empty: none
 * @cid:	which items it has
 * @flags:	SMD_ENTRY_*
 * @ref_count:	0: nothing here (yet); the allocator writes it last [V]
 */
struct smd_entry {
	char name[SMD_NAME_SIZE];
	__le32 cid;
	__le32 flags;
	__le32 ref_count;
} __packed;

static_assert(sizeof(struct smd_entry) == 32);
static_assert(offsetof(struct smd_entry, name) == 0);
static_assert(offsetof(struct smd_entry, cid) == 20);
static_assert(offsetof(struct smd_entry, flags) == 24);
static_assert(offsetof(struct smd_entry, ref_count) == 28);
static_assert(sizeof(struct smd_entry) * SMD_TABLE_ENTRIES == SMD_TABLE_SIZE);

/* smd_entry.flags [M VP] */
#define SMD_ENTRY_EDGE		GENMASK(7, 0)
#define SMD_ENTRY_STREAM	BIT(8)
#define SMD_ENTRY_PACKET	BIT(9)

/* Edges of the processor that runs Linux; the fifth wants accesses of 32 bits [X] */
#define SMD_EDGE_MODEM		0
#define SMD_EDGE_ADSP		1
#define SMD_EDGE_DSPS		3
#define SMD_EDGE_WCNSS		6
#define SMD_EDGE_RPM		15

/* State of one side of a channel [M V] */
enum smd_state {
	SMD_CLOSED,
	SMD_OPENING,
	SMD_OPENED,
	SMD_FLUSHING,
	SMD_CLOSING,
	SMD_RESET,		/* never seen */
	SMD_RESET_OPENING,	/* never seen */
};

/**
 * struct smd_half_bytes - one side's half of a channel's information, flags of a byte [M VP LK]
 * @state:		enum smd_state; this and what follows up to @fri only its side writes
 * @fdsr:		data set ready: 1 while opened
 * @fcts:		clear to send: 1 while opened
 * @fcd:		carrier: 1 while opened
 * @fri:		ring
 * @fhead:		this side wrote data; the other clears it
 * @ftail:		this side read data; the other clears it
 * @fstate:		@state or a signal changed; the other clears it
 * @fblockreadintr:	1: this side need not be interrupted when the other read; its
 *			side writes it
 * @tail:		offset of the next byte that the other side reads, which writes it
 * @head:		offset of the next byte that this side writes
 *
 * The half of the processor that runs Linux is the first; the other's follows.
 */
struct smd_half_bytes {
	__le32 state;
	u8 fdsr;
	u8 fcts;
	u8 fcd;
	u8 fri;
	u8 fhead;
	u8 ftail;
	u8 fstate;
	u8 fblockreadintr;
	__le32 tail;
	__le32 head;
} __packed __aligned(4);

static_assert(sizeof(struct smd_half_bytes) == 20);
static_assert(offsetof(struct smd_half_bytes, state) == 0);
static_assert(offsetof(struct smd_half_bytes, fdsr) == 4);
static_assert(offsetof(struct smd_half_bytes, fcts) == 5);
static_assert(offsetof(struct smd_half_bytes, fcd) == 6);
static_assert(offsetof(struct smd_half_bytes, fri) == 7);
static_assert(offsetof(struct smd_half_bytes, fhead) == 8);
static_assert(offsetof(struct smd_half_bytes, ftail) == 9);
static_assert(offsetof(struct smd_half_bytes, fstate) == 10);
static_assert(offsetof(struct smd_half_bytes, fblockreadintr) == 11);
static_assert(offsetof(struct smd_half_bytes, tail) == 12);
static_assert(offsetof(struct smd_half_bytes, head) == 16);

/**
 * struct smd_half_words - as struct smd_half_bytes, all accesses of 32 bits [M VP]
 * @state:		as there, and so are the others
 * @fdsr:		data set ready
 * @fcts:		clear to send
 * @fcd:		carrier
 * @fri:		ring
 * @fhead:		wrote
 * @ftail:		read
 * @fstate:		changed
 * @fblockreadintr:	no interrupt after a read
 * @tail:		where the other side reads
 * @head:		where this side writes
 */
struct smd_half_words {
	__le32 state;
	__le32 fdsr;
	__le32 fcts;
	__le32 fcd;
	__le32 fri;
	__le32 fhead;
	__le32 ftail;
	__le32 fstate;
	__le32 fblockreadintr;
	__le32 tail;
	__le32 head;
} __packed __aligned(4);

static_assert(sizeof(struct smd_half_words) == 44);
static_assert(offsetof(struct smd_half_words, state) == 0);
static_assert(offsetof(struct smd_half_words, fdsr) == 4);
static_assert(offsetof(struct smd_half_words, fcts) == 8);
static_assert(offsetof(struct smd_half_words, fcd) == 12);
static_assert(offsetof(struct smd_half_words, fri) == 16);
static_assert(offsetof(struct smd_half_words, fhead) == 20);
static_assert(offsetof(struct smd_half_words, ftail) == 24);
static_assert(offsetof(struct smd_half_words, fstate) == 28);
static_assert(offsetof(struct smd_half_words, fblockreadintr) == 32);
static_assert(offsetof(struct smd_half_words, tail) == 36);
static_assert(offsetof(struct smd_half_words, head) == 40);

/* Size of the whole information says which of the two it is [M] */
#define SMD_INFO_BYTES		(2 * sizeof(struct smd_half_bytes))
#define SMD_INFO_WORDS		(2 * sizeof(struct smd_half_words))

/**
 * struct smd_packet - what precedes each packet in a ring [M V]
 * @len:	bytes that follow; the next packet begins right behind them
 * @zero:	zero from us, ignored from the remote [M V]; the boot loader has names for
 *		them: application, pointer, kind, priority [LK]
 */
struct smd_packet {
	__le32 len;
	__le32 zero[4];
} __packed __aligned(4);

static_assert(sizeof(struct smd_packet) == 20);
static_assert(offsetof(struct smd_packet, len) == 0);
static_assert(offsetof(struct smd_packet, zero) == 4);

/* A writer leaves the last bytes of the free room alone [V]; others leave one byte [M] */
#define SMD_RING_RESERVE	4

#endif /* FERRY_SMD_WIRE_H */
