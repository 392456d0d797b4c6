// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMC: which keys there are, and what their values say.
 */
#include <linux/bitfield.h>
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "../compat.h"
#include "smc.h"

#define FLOAT_SIGN	BIT(31)
#define FLOAT_EXPONENT	GENMASK(30, 23)
#define FLOAT_FRACTION	GENMASK(22, 0)
#define FLOAT_BIAS	127
#define FLOAT_SPECIAL	255	/* exponent of what is no number */

/* Four characters, printable ones, and an end. Returns @name. */
char *ferry_smc_key_name(u32 key, char name[5])
{
	unsigned int i;

	put_unaligned_be32(key, name);
	for (i = 0; i < 4; i++)
		if (!isascii(name[i]) || !isprint(name[i]))
			name[i] = '?';
	name[4] = '\0';
	return name;
}

/* In thousandths, rounded towards 0; there is no FPU here. */
static int float_to_milli(u32 bits, s64 *milli)
{
	u32 exponent = FIELD_GET(FLOAT_EXPONENT, bits);
	int shift = (int)exponent - FLOAT_BIAS - 23;
	u64 value;

	if (exponent == FLOAT_SPECIAL)
		return -ENODATA;
	/* Below 2^24 * 1000, that is 2^34. */
	value = (FIELD_GET(FLOAT_FRACTION, bits) | (exponent ? BIT(23) : 0)) * 1000ull;
	if (shift > 28)
		return -ERANGE;
	if (shift >= 0)
		value <<= shift;
	else
		value = shift > -64 ? value >> -shift : 0;
	*milli = bits & FLOAT_SIGN ? -(s64)value : (s64)value;
	return 0;
}

/*
 * The value of @bytes in thousandths. -EOPNOTSUPP: not a type that is known, or not so
 * long; -ENODATA: no number; -ERANGE: too large.
 */
int ferry_smc_to_milli(u32 type, const u8 *bytes, size_t size, s64 *milli)
{
	u64 fixed;

	if (type == SMC_TYPE_FLOAT && size == 4)
		return float_to_milli(get_unaligned_le32(bytes), milli);
	if (type == SMC_TYPE_FIXED && size == 8) {
		fixed = get_unaligned_le64(bytes);
		if (fixed > S64_MAX / 1000)
			return -ERANGE;
		*milli = fixed * 1000 >> 16;
		return 0;
	}
	if ((type == SMC_TYPE_U8 || type == SMC_TYPE_FLAG) && size == 1)
		*milli = bytes[0];
	else if (type == SMC_TYPE_S8 && size == 1)
		*milli = (s8)bytes[0];
	else if (type == SMC_TYPE_U16 && size == 2)
		*milli = get_unaligned_le16(bytes);
	else if (type == SMC_TYPE_S16 && size == 2)
		*milli = (s16)get_unaligned_le16(bytes);
	else if (type == SMC_TYPE_U32 && size == 4)
		*milli = get_unaligned_le32(bytes);
	else if (type == SMC_TYPE_S32 && size == 4)
		*milli = (s32)get_unaligned_le32(bytes);
	else
		return -EOPNOTSUPP;
	*milli *= 1000;
	return 0;
}
FERRY_EXPORT_TEST(ferry_smc_to_milli);

static int smc_count(struct ferry_smc *smc, u32 *count)
{
	__be32 value;
	int ret = ferry_smc_read(smc, SMC_KEY_COUNT, &value, sizeof(value));

	if (ret < 0)
		return ret;
	if (ret != sizeof(value))
		return -EPROTO;
	*count = min_t(u32, be32_to_cpu(value), SMC_KEYS_MAX);
	return 0;
}

/* Until there is no next one; a key of which it says nothing is left out. */
static int smc_ask_keys(struct ferry_smc *smc, u32 count)
{
	struct ferry_smc_info *info = smc->keys;
	u32 i, key;
	int ret;

	for (i = 0; i < count; i++) {
		ret = ferry_smc_key_by_index(smc, i, &key);
		if (ret)
			break;
		ret = ferry_smc_key_info(smc, key, info);
		if (!ret)
			info++;
		else if (ret != -EIO)
			break;
	}
	smc->nr_keys = info - smc->keys;
	return i < count ? ret : 0;
}

/* Process context, before others use it. What cannot be listed can still be used. */
void ferry_smc_list_keys(struct ferry_smc *smc)
{
	u32 count = 0;
	int ret = smc_count(smc, &count);

	if (!ret && count) {
		smc->keys = kvcalloc(count, sizeof(*smc->keys), GFP_KERNEL);
		ret = smc->keys ? smc_ask_keys(smc, count) : -ENOMEM;
	}
	if (ret)
		dev_warn(smc->dev, "not all keys are listed: %d\n", ret);
}
