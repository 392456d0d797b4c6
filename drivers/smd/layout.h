/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMD: access to what is shared, in either layout. With a constant for @words there is
 * nothing left to decide at run time.
 */
#ifndef FERRY_SMD_LAYOUT_H
#define FERRY_SMD_LAYOUT_H

#include <asm/byteorder.h>
#include <linux/compiler.h>
#include <linux/ferry/ring.h>
#include <linux/string.h>

#include "../compat.h"
#include "wire.h"

/* Flags of a half, in the order of both layouts */
enum smd_flag {
	SMD_FDSR,
	SMD_FCTS,
	SMD_FCD,
	SMD_FRI,
	SMD_FHEAD,
	SMD_FTAIL,
	SMD_FSTATE,
	SMD_FBLOCKREADINTR,
};

#define SMD_FLAGS_AT	4

/* Where a flag is, in either layout. */
#define SMD_FLAG_BYTE(flag)	(SMD_FLAGS_AT + (flag))
#define SMD_FLAG_WORD(flag)	(SMD_FLAGS_AT + 4 * (flag))

static_assert(offsetof(struct smd_half_bytes, fdsr) == SMD_FLAG_BYTE(SMD_FDSR));
static_assert(offsetof(struct smd_half_bytes, fcts) == SMD_FLAG_BYTE(SMD_FCTS));
static_assert(offsetof(struct smd_half_bytes, fcd) == SMD_FLAG_BYTE(SMD_FCD));
static_assert(offsetof(struct smd_half_bytes, fri) == SMD_FLAG_BYTE(SMD_FRI));
static_assert(offsetof(struct smd_half_bytes, fhead) == SMD_FLAG_BYTE(SMD_FHEAD));
static_assert(offsetof(struct smd_half_bytes, ftail) == SMD_FLAG_BYTE(SMD_FTAIL));
static_assert(offsetof(struct smd_half_bytes, fstate) == SMD_FLAG_BYTE(SMD_FSTATE));
static_assert(offsetof(struct smd_half_bytes, fblockreadintr) == SMD_FLAG_BYTE(SMD_FBLOCKREADINTR));
static_assert(offsetof(struct smd_half_words, fdsr) == SMD_FLAG_WORD(SMD_FDSR));
static_assert(offsetof(struct smd_half_words, fcts) == SMD_FLAG_WORD(SMD_FCTS));
static_assert(offsetof(struct smd_half_words, fcd) == SMD_FLAG_WORD(SMD_FCD));
static_assert(offsetof(struct smd_half_words, fri) == SMD_FLAG_WORD(SMD_FRI));
static_assert(offsetof(struct smd_half_words, fhead) == SMD_FLAG_WORD(SMD_FHEAD));
static_assert(offsetof(struct smd_half_words, ftail) == SMD_FLAG_WORD(SMD_FTAIL));
static_assert(offsetof(struct smd_half_words, fstate) == SMD_FLAG_WORD(SMD_FSTATE));
static_assert(offsetof(struct smd_half_words, fblockreadintr) == SMD_FLAG_WORD(SMD_FBLOCKREADINTR));

static __always_inline u32 smd_load(const void *word)
{
	return le32_to_cpu(READ_ONCE(*(const __le32 *)word));
}

static __always_inline void smd_store(void *word, u32 value)
{
	WRITE_ONCE(*(__le32 *)word, cpu_to_le32(value));
}

static __always_inline u32 smd_flag(const void *half, enum smd_flag flag, bool words)
{
	if (words)
		return smd_load(half + SMD_FLAG_WORD(flag));
	return READ_ONCE(*(const u8 *)(half + SMD_FLAG_BYTE(flag)));
}

static __always_inline void smd_set_flag(void *half, enum smd_flag flag, bool words, u32 value)
{
	if (words)
		smd_store(half + SMD_FLAG_WORD(flag), value);
	else
		WRITE_ONCE(*(u8 *)(half + SMD_FLAG_BYTE(flag)), value);
}

/* The first field of a half is its state. */
static __always_inline u32 smd_state(const void *half)
{
	return smd_load(half);
}

/*
 * A side that closes says so before it sets its indices back. Who has read an index, and
 * then a state that is one of these, has not read one that was set back.
 */
static __always_inline bool smd_is_open(const void *half)
{
	u32 state = smd_state(half);

	return state == SMD_OPENED || state == SMD_FLUSHING;
}

static __always_inline void *smd_tail(void *half, bool words)
{
	return half + (words ? offsetof(struct smd_half_words, tail) :
			       offsetof(struct smd_half_bytes, tail));
}

static __always_inline void *smd_head(void *half, bool words)
{
	return half + (words ? offsetof(struct smd_half_words, head) :
			       offsetof(struct smd_half_bytes, head));
}

static __always_inline size_t smd_half_size(bool words)
{
	return words ? sizeof(struct smd_half_words) : sizeof(struct smd_half_bytes);
}

static __always_inline void smd_copy_bytes(void *dst, const void *src, u32 len)
{
	memcpy(dst, src, len);
}

/*
 * Of what is shared, each access has 32 bits, in order and once. What is private need not be
 * aligned; four words at a time let the compiler take them in pairs.
 */
static __always_inline void smd_four_in(u32 *shared, const u8 *src)
{
	u32 a = get_unaligned((const u32 *)src);
	u32 b = get_unaligned((const u32 *)(src + 4));
	u32 c = get_unaligned((const u32 *)(src + 8));
	u32 d = get_unaligned((const u32 *)(src + 12));

	WRITE_ONCE(shared[0], a);
	WRITE_ONCE(shared[1], b);
	WRITE_ONCE(shared[2], c);
	WRITE_ONCE(shared[3], d);
}

static __always_inline void smd_four_out(u8 *dst, const u32 *shared)
{
	u32 a = READ_ONCE(shared[0]);
	u32 b = READ_ONCE(shared[1]);
	u32 c = READ_ONCE(shared[2]);
	u32 d = READ_ONCE(shared[3]);

	put_unaligned(a, (u32 *)dst);
	put_unaligned(b, (u32 *)(dst + 4));
	put_unaligned(c, (u32 *)(dst + 8));
	put_unaligned(d, (u32 *)(dst + 12));
}

static __always_inline void smd_few_words_in(void *shared, const void *src, u32 len)
{
	u32 i;

	for (i = 0; i + 16 <= len; i += 16)
		smd_four_in(shared + i, src + i);
	for (; i < len; i += 4)
		WRITE_ONCE(*(u32 *)(shared + i), get_unaligned((const u32 *)(src + i)));
}

static __always_inline void smd_few_words_out(void *dst, const void *shared, u32 len)
{
	u32 i;

	for (i = 0; i + 16 <= len; i += 16)
		smd_four_out(dst + i, shared + i);
	for (; i < len; i += 4)
		put_unaligned(READ_ONCE(*(const u32 *)(shared + i)), (u32 *)(dst + i));
}

/* layout.c: the same, for any length */
void ferry_smd_words_in(void *shared, const void *src, u32 len);
void ferry_smd_words_out(void *dst, const void *shared, u32 len);

#define SMD_FEW		32	/* bytes that are copied where they are needed */

static __always_inline void smd_copy_words_in(void *shared, const void *src, u32 len)
{
	if (__builtin_constant_p(len) && len <= SMD_FEW)
		smd_few_words_in(shared, src, len);
	else
		ferry_smd_words_in(shared, src, len);
}

static __always_inline void smd_copy_words_out(void *dst, const void *shared, u32 len)
{
	if (__builtin_constant_p(len) && len <= SMD_FEW)
		smd_few_words_out(dst, shared, len);
	else
		ferry_smd_words_out(dst, shared, len);
}

static const struct ferry_ring_kind smd_ring_bytes = {
	.granule = 1,
	.reserve = SMD_RING_RESERVE,
	.load = smd_load,
	.store = smd_store,
	.copy_in = smd_copy_bytes,
	.copy_out = smd_copy_bytes,
};

static const struct ferry_ring_kind smd_ring_words = {
	.granule = 4,
	.reserve = SMD_RING_RESERVE,
	.load = smd_load,
	.store = smd_store,
	.copy_in = smd_copy_words_in,
	.copy_out = smd_copy_words_out,
};

static __always_inline const struct ferry_ring_kind *smd_kind(bool words)
{
	return words ? &smd_ring_words : &smd_ring_bytes;
}

#endif /* FERRY_SMD_LAYOUT_H */
