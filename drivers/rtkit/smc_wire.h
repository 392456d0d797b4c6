/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMC, the system management controller of Apple's SoCs: keys and their values, over
 * endpoint 0x20 of RTKit. Shared with the simulated co-processor.
 *
 * Where a fact is from: [LC] Linux, drivers/mfd/macsmc.c, [Q] QEMUAppleSilicon.
 */
#ifndef FERRY_RTKIT_SMC_WIRE_H
#define FERRY_RTKIT_SMC_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define SMC_ENDPOINT		0x20

/* The message, in both directions; a result is where the command was [LC] */
#define SMC_DATA		GENMASK_ULL(63, 32)	/* key, index, or value */
#define SMC_WSIZE		GENMASK_ULL(31, 24)	/* bytes to write, of READ_MODIFY */
#define SMC_SIZE		GENMASK_ULL(23, 16)	/* bytes */
#define SMC_ID			GENMASK_ULL(15, 12)	/* of a command, and its answer */
#define SMC_CMD			GENMASK_ULL(7, 0)
#define SMC_RESULT		GENMASK_ULL(7, 0)

#define SMC_ID_LAST		15

/*
 * Commands [LC]. A key is four characters, the first in the highest bits of DATA. Values
 * of up to four bytes come back in DATA, the first of them lowest; longer ones are in the
 * transfer area, and so is all that is written.
 */
#define SMC_CMD_READ		0x10	/* key, SIZE */
#define SMC_CMD_WRITE		0x11	/* key, SIZE */
#define SMC_CMD_BY_INDEX	0x12	/* DATA: index; the answer's DATA is the key, first
					 * character lowest
					 */
#define SMC_CMD_INFO		0x13	/* key; the answer is a struct smc_info, in the area */
#define SMC_CMD_INIT		0x17	/* all else 0; the answer is the address of the area */
#define SMC_CMD_NOTIFICATION	0x18	/* from the SMC: an event in DATA */
#define SMC_CMD_READ_MODIFY	0x20	/* key, WSIZE to write, SIZE to read */

#define SMC_OK			0	/* a result; what others mean nobody says */

/* Of the transfer area; the SMC does not say its size, and everybody takes this [LC] */
#define SMC_AREA		0x1000
#define SMC_VALUE_MAX		255	/* bytes: what SIZE can say */
#define SMC_DATA_BYTES		4	/* of a value that needs no area */

/**
 * struct smc_info - what INFO says of a key [LC]
 * @size:	bytes of its value
 * @type:	four characters, the first of them at the lowest address
 * @flags:	SMC_FLAG_*
 */
struct smc_info {
	u8 size;
	__be32 type;
	u8 flags;
} __packed;

static_assert(sizeof(struct smc_info) == 6);
static_assert(offsetof(struct smc_info, type) == 1);
static_assert(offsetof(struct smc_info, flags) == 5);

#define SMC_KEY(a, b, c, d)	((u32)(a) << 24 | (u32)(b) << 16 | (u32)(c) << 8 | (u32)(d))

/* Flags of a key [LC] */
#define SMC_FLAG_READABLE	BIT(7)
#define SMC_FLAG_WRITABLE	BIT(6)
#define SMC_FLAG_FUNCTION	BIT(4)

/* Types of values: little-endian but where said [LC, drivers/hwmon/macsmc-hwmon.c] */
#define SMC_TYPE_FLOAT		SMC_KEY('f', 'l', 't', ' ')	/* IEEE 754, 32 bit */
#define SMC_TYPE_FIXED		SMC_KEY('i', 'o', 'f', 't')	/* 64 bit, 16 behind the point */
#define SMC_TYPE_U8		SMC_KEY('u', 'i', '8', ' ')
#define SMC_TYPE_U16		SMC_KEY('u', 'i', '1', '6')
#define SMC_TYPE_U32		SMC_KEY('u', 'i', '3', '2')
#define SMC_TYPE_S8		SMC_KEY('s', 'i', '8', ' ')
#define SMC_TYPE_S16		SMC_KEY('s', 'i', '1', '6')
#define SMC_TYPE_S32		SMC_KEY('s', 'i', '3', '2')
#define SMC_TYPE_FLAG		SMC_KEY('f', 'l', 'a', 'g')	/* a byte */

#define SMC_KEY_COUNT		SMC_KEY('#', 'K', 'E', 'Y')	/* ui32, highest byte first [LC] */
#define SMC_KEY_NOTIFY		SMC_KEY('N', 'T', 'A', 'P')	/* 1: send notifications [LC] */

#endif /* FERRY_RTKIT_SMC_WIRE_H */
