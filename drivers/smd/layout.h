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

#define SMD_FLAG_IS_AT(flag, field)							\
	static_assert(offsetof(struct smd_half_bytes, field) == SMD_FLAGS_AT + (flag));	\
	static_assert(offsetof(struct smd_half_words, field) == SMD_FLAGS_AT + 4 * (flag))

SMD_FLAG_IS_AT(SMD_FDSR, fdsr);
SMD_FLAG_IS_AT(SMD_FCTS, fcts);
SMD_FLAG_IS_AT(SMD_FCD, fcd);
SMD_FLAG_IS_AT(SMD_FRI, fri);
SMD_FLAG_IS_AT(SMD_FHEAD, fhead);
SMD_FLAG_IS_AT(SMD_FTAIL, ftail);
SMD_FLAG_IS_AT(SMD_FSTATE, fstate);
SMD_FLAG_IS_AT(SMD_FBLOCKREADINTR, fblockreadintr);

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
		return smd_load(half + SMD_FLAGS_AT + 4 * flag);
	return READ_ONCE(*(const u8 *)(half + SMD_FLAGS_AT + flag));
}

static __always_inline void smd_set_flag(void *half, enum smd_flag flag, bool words, u32 value)
{
	if (words)
		smd_store(half + SMD_FLAGS_AT + 4 * flag, value);
	else
		WRITE_ONCE(*(u8 *)(half + SMD_FLAGS_AT + flag), value);
}

/* The first field of a half is its state. */
static __always_inline u32 smd_state(const void *half)
{
	return smd_load(half);
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

/* What is private need not be aligned. */
static __always_inline void smd_copy_words_in(void *shared, const void *src, u32 len)
{
	u32 i;

	for (i = 0; i < len; i += 4)
		WRITE_ONCE(*(u32 *)(shared + i), get_unaligned((const u32 *)(src + i)));
}

static __always_inline void smd_copy_words_out(void *dst, const void *shared, u32 len)
{
	u32 i;

	for (i = 0; i < len; i += 4)
		put_unaligned(READ_ONCE(*(const u32 *)(shared + i)), (u32 *)(dst + i));
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
