// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMD: copies to and from memory that wants accesses of 32 bits.
 *
 * Sixteen words in a round: a packet of 64 bytes is one, and of a large one less than a tenth
 * of the instructions are there to count.
 */
#include <linux/export.h>

#include "layout.h"

#define ROUND	64	/* bytes */

void ferry_smd_words_in(void *shared, const void *src, u32 len)
{
	for (; len >= ROUND; len -= ROUND, shared += ROUND, src += ROUND) {
		smd_four_in(shared, src);
		smd_four_in(shared + 16, src + 16);
		smd_four_in(shared + 32, src + 32);
		smd_four_in(shared + 48, src + 48);
	}
	smd_few_words_in(shared, src, len);
}

FERRY_EXPORT_TEST(ferry_smd_words_in);

void ferry_smd_words_out(void *dst, const void *shared, u32 len)
{
	for (; len >= ROUND; len -= ROUND, shared += ROUND, dst += ROUND) {
		smd_four_out(dst, shared);
		smd_four_out(dst + 16, shared + 16);
		smd_four_out(dst + 32, shared + 32);
		smd_four_out(dst + 48, shared + 48);
	}
	smd_few_words_out(dst, shared, len);
}

FERRY_EXPORT_TEST(ferry_smd_words_out);
