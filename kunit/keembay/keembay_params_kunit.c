// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: the boot parameters, byte by byte.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../../drivers/keembay/params.h"
#include "../ferry_kunit.h"

/* From the specification, and one value in each field behind it. */
static const struct kmb_params params = {
	.vpu_id = 0x01020304,
	.cpu_hz = 1500000000,
	.pll_hz = {
		{ 800000000, 1, 2, 3 },
		{ 0x11223344, 4, 5, 6 },
		{ 7, 8, 9, U32_MAX },
	},
	.packets_addr = 0x82000000,
	.packets_size = 0x200000,
	.mmio_addr = 0x84300000,
	.mmio_size = 0x100000,
	.mss_wdt_irq = 47,
	.nce_wdt_irq = 63,
	.soc = {
		.device_id = 0x1122334455667788,
		.feature_exclusion = 0x99aabbccddeeff00,
		.hardware_id = 0xa53a53a5,
		.stepping = { 'B', '0' },
		.sku = { 1, 2, 3, 4, 5, 6 },
	},
};

struct known {
	size_t offset;
	size_t len;
	u8 bytes[24];
};

/* In order; what lies between them is zero. */
static const struct known known[] = {
	{ 0x000, 4, { 0x00, 0x00, 0x01, 0x00 } },
	{ 0x004, 4, { 0x04, 0x03, 0x02, 0x01 } },
	{ 0x020, 4, { 0x00, 0x2f, 0x68, 0x59 } },
	{ 0x024, 16, { 0x00, 0x08, 0xaf, 0x2f, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0 } },
	{ 0x034, 16, { 0x44, 0x33, 0x22, 0x11, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0 } },
	{ 0x044, 16, { 7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0xff, 0xff, 0xff, 0xff } },
	{ 0x100, 24, { 0x00, 0x00, 0x00, 0x82, 0, 0, 0, 0, 0x00, 0x00, 0x20, 0x00,
		       0x00, 0x00, 0x30, 0x84, 0, 0, 0, 0, 0x00, 0x00, 0x10, 0x00 } },
	{ 0x200, 12, { 0x2f, 0, 0, 0, 0x3f, 0, 0, 0, 0, 0, 0, 0 } },
	{ 0x300, 8, { 0xa5, 0x53, 0x3a, 0xa5, 'B', '0', 0, 0 } },
	{ 0x308, 16, { 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		       0x00, 0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99 } },
	{ 0x318, 8, { 1, 2, 3, 4, 5, 6, 0, 0 } },
};

static bool params_zero(const u8 *bytes, size_t from, size_t to)
{
	return from == to || !memchr_inv(bytes + from, 0, to - from);
}

static void each_byte_is_as_specified(struct kunit *test)
{
	u8 *bytes = kunit_kmalloc(test, sizeof(struct kmb_boot_params), GFP_KERNEL);
	const struct known *k;
	size_t end = 0;

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	memset(bytes, 0xee, sizeof(struct kmb_boot_params));
	kmb_params_pack((struct kmb_boot_params *)bytes, &params);
	for (k = known; k < known + ARRAY_SIZE(known); k++) {
		KUNIT_EXPECT_TRUE_MSG(test, params_zero(bytes, end, k->offset), "below 0x%zx",
				      k->offset);
		KUNIT_EXPECT_MEMEQ_MSG(test, bytes + k->offset, k->bytes, k->len, "at 0x%zx",
				       k->offset);
		end = k->offset + k->len;
	}
	KUNIT_EXPECT_TRUE(test, params_zero(bytes, end, 0x1000));
}

static void what_is_not_known_is_zero(struct kunit *test)
{
	static const struct kmb_params none;
	u8 *bytes = kunit_kmalloc(test, sizeof(struct kmb_boot_params), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bytes);
	memset(bytes, 0xee, sizeof(struct kmb_boot_params));
	kmb_params_pack((struct kmb_boot_params *)bytes, &none);
	KUNIT_EXPECT_MEMEQ(test, bytes, known[0].bytes, 4);
	KUNIT_EXPECT_TRUE(test, params_zero(bytes, 4, 0x1000));
}

static struct kunit_case params_cases[] = {
	KUNIT_CASE(each_byte_is_as_specified),
	KUNIT_CASE(what_is_not_known_is_zero),
	{}
};

static struct kunit_suite params_suite = {
	.name = "ferry_keembay_params",
	.test_cases = params_cases,
};

kunit_test_suite(params_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Keem Bay's boot parameters");
