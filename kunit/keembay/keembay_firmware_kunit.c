// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: firmware files, good, bad and of random bytes.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/ferry/region.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../../drivers/compat.h"
#include "../../drivers/keembay/firmware.h"
#include "fw_file.h"

#define ROUNDS		20000
#define SEED		0x4b4d42

static const struct kmb_fw_room room = {
	.base = FW_BASE,
	.size = FW_SIZE,
	.x509_size = X509_SIZE,
};

/* As bytes, from the specification. */
static void the_header_of_the_specification_is_read(struct kunit *test)
{
	static const u8 bytes[] = {
		0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x84,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x10, 0x00, 0x84,
		0x00, 0x00, 0x00, 0x00, 0x31, 0x2e, 0x32, 0x2e, 0x33,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x40, 0x84, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x02, 0x00, 0x00, 0x00, 0x10, 0x40, 0x84, 0x00, 0x00, 0x00, 0x00,
	};
	static const struct kmb_fw_room at = {
		.base = 0x84000000, .size = SZ_8M, .x509_size = SZ_64K,
	};
	const size_t size = KMB_FW_IMAGE_OFFSET + 0x300000;
	u8 *data = kvzalloc(size, GFP_KERNEL);
	const char *why = NULL;
	struct kmb_fw fw;

	KUNIT_ASSERT_EQ(test, sizeof(bytes), sizeof(struct kmb_fw_header));
	KUNIT_ASSERT_NOT_NULL(test, data);
	memcpy(data, bytes, sizeof(bytes));
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, size, &at, &why), 0);
	kvfree(data);
	KUNIT_EXPECT_NULL(test, why);
	KUNIT_EXPECT_EQ(test, fw.image_addr, 0x84000000);
	KUNIT_EXPECT_EQ(test, fw.image_size, 0x300000);
	KUNIT_EXPECT_EQ(test, fw.entry, 0x84001000);
	KUNIT_EXPECT_EQ(test, fw.version_addr, 0x84400000);
	KUNIT_EXPECT_EQ(test, fw.version_size, 0x200);
	KUNIT_EXPECT_EQ(test, fw.config_addr, 0x84401000);
	KUNIT_EXPECT_EQ(test, fw.cert_size, 0);
	KUNIT_EXPECT_STREQ(test, fw.text, "1.2.3");
}

enum fw_field { VERSION, IMAGE, IMAGE_SIZE, ENTRY, TEXT, TEXT_SIZE, CONFIG, NOTHING };

static const struct fw_case {
	const char *name;
	enum fw_field field;
	u64 value;
	size_t size;		/* of the file; 0: the default */
	int result;
} fw_cases[] = {
	{ "good", NOTHING },
	{ "without a certificate", NOTHING, 0, FW_FILE_SIZE - FW_CERT_SIZE },
	{ "longest certificate", NOTHING, 0, FW_FILE_SIZE - FW_CERT_SIZE + SZ_4K },
	{ "certificate too long", NOTHING, 0, FW_FILE_SIZE - FW_CERT_SIZE + SZ_4K + 1, -EFBIG },
	{ "one byte", NOTHING, 0, 1, -EINVAL },
	{ "short of a byte", NOTHING, 0, KMB_FW_IMAGE_OFFSET - 1, -EINVAL },
	{ "no image", NOTHING, 0, KMB_FW_IMAGE_OFFSET, -EINVAL },
	{ "image short of a byte", NOTHING, 0, FW_FILE_SIZE - FW_CERT_SIZE - 1, -EINVAL },
	{ "header version 0", VERSION, 0, 0, -EPROTONOSUPPORT },
	{ "header version 2", VERSION, 2, 0, -EPROTONOSUPPORT },
	{ "header version swapped", VERSION, 0x01000000, 0, -EPROTONOSUPPORT },
	{ "image of no bytes", IMAGE_SIZE, 0, 0, -EINVAL },
	{ "image of 4 GiB", IMAGE_SIZE, U32_MAX, 0, -EINVAL },
	{ "image wraps in 32 bit", IMAGE_SIZE, -(u32)KMB_FW_IMAGE_OFFSET, 0, -EINVAL },
	{ "image below the region", IMAGE, FW_BASE - SZ_4K, 0, -ERANGE },
	{ "image a byte below", IMAGE, FW_BASE - 1, 0, -ERANGE },
	{ "image a byte beyond", IMAGE, FW_BASE + FW_SIZE - FW_IMAGE_SIZE + 1, 0, -ERANGE },
	{ "image at the last address", IMAGE, U64_MAX, 0, -ERANGE },
	{ "image wraps around", IMAGE, -(u64)SZ_4K, 0, -ERANGE },
	{ "image 4 GiB further", IMAGE, FW_IMAGE + SZ_4G, 0, -ERANGE },
	{ "image at the end, entry out", IMAGE, FW_BASE + FW_SIZE - FW_IMAGE_SIZE, 0, -ERANGE },
	{ "image ends in the version", IMAGE, FW_VERSION - FW_IMAGE_SIZE + 1, 0, -EEXIST },
	{ "image begins in the version", IMAGE, FW_VERSION + 0x1ff, 0, -EEXIST },
	{ "image is the config", IMAGE, FW_CONFIG, 0, -EEXIST },
	{ "image begins in the config", IMAGE, FW_CONFIG + SZ_4K - 1, 0, -EEXIST },
	{ "entry at the start", ENTRY, FW_IMAGE, 0, 0 },
	{ "entry at the end", ENTRY, FW_IMAGE + FW_IMAGE_SIZE, 0, -ERANGE },
	{ "entry before the start", ENTRY, FW_IMAGE - SZ_4K, 0, -ERANGE },
	{ "entry not aligned", ENTRY, FW_IMAGE + 0x800, 0, -EINVAL },
	{ "entry 4 GiB further", ENTRY, FW_IMAGE + SZ_4G, 0, -ERANGE },
	{ "entry 0", ENTRY, 0, 0, -ERANGE },
	{ "version text of no bytes", TEXT_SIZE, 0, 0, 0 },
	{ "version text of one byte", TEXT_SIZE, 1, 0, 0 },
	{ "version text of a page", TEXT_SIZE, SZ_4K, 0, 0 },
	{ "version text too long", TEXT_SIZE, SZ_4K + 1, 0, -EINVAL },
	{ "version text of 4 GiB", TEXT_SIZE, U32_MAX, 0, -EINVAL },
	{ "version in the image", TEXT, FW_IMAGE + FW_IMAGE_SIZE - 1, 0, -EEXIST },
	{ "version right behind the image", TEXT, FW_IMAGE + FW_IMAGE_SIZE, 0, 0 },
	{ "version ends at the image", TEXT, FW_IMAGE - 0x200, 0, 0 },
	{ "version ends in the image", TEXT, FW_IMAGE - 0x1ff, 0, -EEXIST },
	{ "version in the config", TEXT, FW_CONFIG + 0xe01, 0, -EEXIST },
	{ "version behind the config", TEXT, FW_CONFIG + SZ_4K, 0, 0 },
	{ "version beyond the region", TEXT, FW_BASE + FW_SIZE - 0x1ff, 0, -ERANGE },
	{ "version at the end", TEXT, FW_BASE + FW_SIZE - 0x200, 0, 0 },
	{ "version wraps around", TEXT, -(u64)0x100, 0, -ERANGE },
	{ "config at the end", CONFIG, FW_BASE + FW_SIZE - SZ_4K, 0, 0 },
	{ "config beyond the region", CONFIG, FW_BASE + FW_SIZE - SZ_4K + 1, 0, -ERANGE },
	{ "config below the region", CONFIG, FW_BASE - 1, 0, -ERANGE },
	{ "config wraps around", CONFIG, -(u64)SZ_4K, 0, -ERANGE },
	{ "config in the image", CONFIG, FW_IMAGE, 0, -EEXIST },
	{ "config not aligned", CONFIG, FW_CONFIG + 3, 0, 0 },
};

static void fw_case_desc(const struct fw_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fw_case, fw_cases, fw_case_desc);

static void fw_set(struct kmb_fw_header *h, enum fw_field field, u64 value)
{
	switch (field) {
	case VERSION:
		h->header_version = cpu_to_le32(value);
		break;
	case IMAGE:
		h->image_addr = cpu_to_le64(value);
		break;
	case IMAGE_SIZE:
		h->image_size = cpu_to_le32(value);
		break;
	case ENTRY:
		h->entry = cpu_to_le64(value);
		break;
	case TEXT:
		h->version_addr = cpu_to_le64(value);
		break;
	case TEXT_SIZE:
		h->version_size = cpu_to_le32(value);
		break;
	case CONFIG:
		h->config_addr = cpu_to_le64(value);
		break;
	case NOTHING:
		break;
	}
}

static void each_check_has_its_answer(struct kunit *test)
{
	const struct fw_case *c = test->param_value;
	struct kmb_fw_header h = fw_header();
	size_t size = c->size ?: FW_FILE_SIZE;
	const char *why = NULL;
	struct kmb_fw fw;
	u8 *data;

	fw_set(&h, c->field, c->value);
	data = fw_file(test, &h, size);
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, size, &room, &why), c->result);
	if (c->result) {
		KUNIT_EXPECT_NOT_NULL(test, why);
	} else {
		KUNIT_EXPECT_NULL(test, why);
		KUNIT_EXPECT_EQ(test, fw.cert_size, size - KMB_FW_IMAGE_OFFSET - FW_IMAGE_SIZE);
	}
}

static void a_certificate_needs_room_for_the_header_too(struct kunit *test)
{
	struct kmb_fw_room small = room;
	struct kmb_fw_header h = fw_header();
	u8 *data = fw_file(test, &h, FW_FILE_SIZE);
	const char *why = NULL;
	struct kmb_fw fw;

	small.x509_size = KMB_FW_HEADER_SIZE + FW_CERT_SIZE;
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &small, &why), 0);
	small.x509_size--;
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &small, &why), -ENOSPC);
	small.x509_size = 0;
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &small, &why), -ENOSPC);
	/* Without a certificate the header still goes there. */
	small.x509_size = KMB_FW_HEADER_SIZE - 1;
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE - FW_CERT_SIZE, &small, &why),
			-ENOSPC);
}

/* A region whose last byte has the last address there is. */
static void the_end_of_all_addresses_is_no_trap(struct kunit *test)
{
	static const struct kmb_fw_room last = {
		.base = -(u64)SZ_64K, .size = SZ_64K, .x509_size = X509_SIZE,
	};
	struct kmb_fw_header h = fw_header();
	const char *why = NULL;
	struct kmb_fw fw;
	u8 *data;

	h.image_addr = cpu_to_le64(last.base);
	h.entry = cpu_to_le64(last.base);
	h.version_addr = cpu_to_le64(last.base + SZ_16K);
	h.config_addr = cpu_to_le64(last.base + SZ_64K - SZ_4K);
	data = fw_file(test, &h, FW_FILE_SIZE);
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &last, &why), 0);
	h.version_addr = h.config_addr;
	memcpy(data, &h, sizeof(h));
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &last, &why), -EEXIST);
	h.version_addr = cpu_to_le64(U64_MAX);
	memcpy(data, &h, sizeof(h));
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &last, &why), -ERANGE);
}

static void the_text_is_made_harmless(struct kunit *test)
{
	struct kmb_fw_header h = fw_header();
	u8 *data = fw_file(test, &h, FW_FILE_SIZE);
	const char *why = NULL;
	struct kmb_fw fw;

	/* All 32 bytes, no NUL; behind them comes the rest of the header. */
	memset(data + 0x1c, 'v', 32);
	memcpy(data + 0x1c, "\x1b[31m\n\x7f\xff", 9);
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &room, &why), 0);
	KUNIT_EXPECT_STREQ(test, fw.text, "?[31m???");
	data[0x1c + 8] = 'v';
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &room, &why), 0);
	KUNIT_EXPECT_STREQ(test, fw.text, "?[31m???vvvvvvvvvvvvvvvvvvvvvvvv");
	data[0x1c] = 0;
	KUNIT_EXPECT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &room, &why), 0);
	KUNIT_EXPECT_STREQ(test, fw.text, "");
}

struct fw_place {
	u8 *fw;
	u8 *x509;
	struct ferry_region *fw_region;
	struct ferry_region *x509_region;
};

static void fw_put(void *region)
{
	ferry_region_put(region);
}

static struct fw_place *fw_place(struct kunit *test)
{
	struct fw_place *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->fw = kunit_kmalloc(test, FW_SIZE, GFP_KERNEL);
	p->x509 = kunit_kmalloc(test, X509_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p->fw);
	KUNIT_ASSERT_NOT_NULL(test, p->x509);
	memset(p->fw, 0xee, FW_SIZE);
	memset(p->x509, 0xee, X509_SIZE);
	p->fw_region = ferry_region_from_memory(p->fw, FW_BASE, FW_SIZE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(p->fw_region));
	ferry_defer(test, fw_put, p->fw_region);
	p->x509_region = ferry_region_from_memory(p->x509, X509_BASE, X509_SIZE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(p->x509_region));
	ferry_defer(test, fw_put, p->x509_region);
	return p;
}

static bool all_bytes(const u8 *mem, size_t from, size_t to, u8 byte)
{
	return from == to || !memchr_inv(mem + from, byte, to - from);
}

static void each_part_lands_in_its_place(struct kunit *test)
{
	struct fw_place *p = fw_place(test);
	struct kmb_fw_header h = fw_header();
	u8 *data = fw_file(test, &h, FW_FILE_SIZE);
	const char *why = NULL;
	struct kmb_fw fw;

	KUNIT_ASSERT_EQ(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &room, &why), 0);
	kmb_fw_copy(&fw, data, p->fw_region, p->x509_region);

	KUNIT_EXPECT_TRUE(test, all_bytes(p->fw, 0, SZ_4K, 0xee));
	KUNIT_EXPECT_MEMEQ(test, p->fw + SZ_4K, data + KMB_FW_IMAGE_OFFSET, FW_IMAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, all_bytes(p->fw, SZ_4K + FW_IMAGE_SIZE, SZ_32K, 0xee));
	KUNIT_EXPECT_MEMEQ(test, p->fw + SZ_32K, data + KMB_FW_VERSION_OFFSET, 0x200);
	KUNIT_EXPECT_TRUE(test, all_bytes(p->fw, SZ_32K + 0x200, FW_SIZE, 0xee));

	KUNIT_EXPECT_MEMEQ(test, p->x509, data + KMB_FW_IMAGE_OFFSET + FW_IMAGE_SIZE, FW_CERT_SIZE);
	KUNIT_EXPECT_MEMEQ(test, p->x509 + FW_CERT_SIZE, data, KMB_FW_HEADER_SIZE);
	KUNIT_EXPECT_TRUE(test, all_bytes(p->x509, FW_CERT_SIZE + KMB_FW_HEADER_SIZE, X509_SIZE,
					  0xee));
}

static void what_is_not_there_is_not_copied(struct kunit *test)
{
	const size_t size = FW_FILE_SIZE - FW_CERT_SIZE;
	struct fw_place *p = fw_place(test);
	struct kmb_fw_header h = fw_header();
	const char *why = NULL;
	struct kmb_fw fw;
	u8 *data;

	/* Its address counts for nothing then. */
	h.version_size = 0;
	h.version_addr = cpu_to_le64(0x1234);
	data = fw_file(test, &h, size);
	KUNIT_ASSERT_EQ(test, kmb_fw_parse(&fw, data, size, &room, &why), 0);
	KUNIT_EXPECT_EQ(test, fw.version_addr, 0);
	kmb_fw_copy(&fw, data, p->fw_region, p->x509_region);
	KUNIT_EXPECT_TRUE(test, all_bytes(p->fw, SZ_4K + FW_IMAGE_SIZE, FW_SIZE, 0xee));
	KUNIT_EXPECT_MEMEQ(test, p->x509, data, KMB_FW_HEADER_SIZE);
	KUNIT_EXPECT_TRUE(test, all_bytes(p->x509, KMB_FW_HEADER_SIZE, X509_SIZE, 0xee));
}

/*
 * Random files. What is accepted is looked at in another way than the driver does:
 * byte by byte on a map of the region.
 */

struct fuzz {
	struct rnd_state rnd;
	unsigned long *map;
	struct fw_place *place;
	u8 *data;		/* of FUZZ_FILE_MAX bytes */
	unsigned int accepted;
};

#define FUZZ_FILE_MAX	(KMB_FW_IMAGE_OFFSET + FW_SIZE + SZ_8K)

static u64 fuzz_u64(struct fuzz *f)
{
	return (u64)prandom_u32_state(&f->rnd) << 32 | prandom_u32_state(&f->rnd);
}

static u64 fuzz_pick(struct fuzz *f, const u64 *values, unsigned int nr)
{
	return values[prandom_u32_state(&f->rnd) % nr];
}

/* An address near something that matters, or anywhere. */
static u64 fuzz_addr(struct fuzz *f)
{
	static const u64 near[] = {
		0, FW_BASE, FW_BASE + FW_SIZE, FW_IMAGE, FW_IMAGE + FW_IMAGE_SIZE, FW_VERSION,
		FW_CONFIG, FW_CONFIG + SZ_4K, FW_BASE + FW_SIZE - SZ_4K, SZ_4G, U32_MAX,
		BIT_ULL(63), FW_BASE + SZ_4G, FW_BASE + SZ_16K,
	};
	static const u64 off[] = { 0, 0, 0, 1, -1, SZ_4K, -(u64)SZ_4K, 0x200, -(u64)0x200, SZ_8K };

	switch (prandom_u32_state(&f->rnd) % 4) {
	case 0:
		return fuzz_u64(f);
	case 1:
		return FW_BASE + prandom_u32_state(&f->rnd) % FW_SIZE;
	case 2:
		return FW_BASE + ALIGN_DOWN(prandom_u32_state(&f->rnd) % FW_SIZE, SZ_4K);
	default:
		return fuzz_pick(f, near, ARRAY_SIZE(near)) + fuzz_pick(f, off, ARRAY_SIZE(off));
	}
}

static u32 fuzz_size(struct fuzz *f)
{
	static const u64 near[] = {
		0, 1, 0x200, SZ_4K, SZ_4K + 1, SZ_8K, FW_SIZE, FW_SIZE + 1, U32_MAX, S32_MAX,
		-(u32)KMB_FW_IMAGE_OFFSET, -(u32)KMB_FW_IMAGE_OFFSET + 1, BIT(31),
	};

	switch (prandom_u32_state(&f->rnd) % 3) {
	case 0:
		return prandom_u32_state(&f->rnd);
	case 1:
		return prandom_u32_state(&f->rnd) % SZ_16K;
	default:
		return fuzz_pick(f, near, ARRAY_SIZE(near));
	}
}

static void fuzz_field(struct fuzz *f, struct kmb_fw_header *h)
{
	enum fw_field field = prandom_u32_state(&f->rnd) % NOTHING;

	switch (field) {
	case VERSION:
		/* Seldom, since nothing else is looked at then. */
		if (prandom_u32_state(&f->rnd) % 8 == 0)
			fw_set(h, field, prandom_u32_state(&f->rnd) % 3);
		break;
	case IMAGE_SIZE:
	case TEXT_SIZE:
		fw_set(h, field, fuzz_size(f));
		break;
	default:
		fw_set(h, field, fuzz_addr(f));
		break;
	}
}

static size_t fuzz_file_size(struct fuzz *f, const struct kmb_fw_header *h)
{
	u64 fits = KMB_FW_IMAGE_OFFSET + (u64)le32_to_cpu(h->image_size);

	switch (prandom_u32_state(&f->rnd) % 4) {
	case 0:
		return 1 + prandom_u32_state(&f->rnd) % FUZZ_FILE_MAX;
	case 1:
		return min_t(u64, fits + prandom_u32_state(&f->rnd) % SZ_8K, FUZZ_FILE_MAX);
	default:
		return min_t(u64, fits, FUZZ_FILE_MAX);
	}
}

/* Byte by byte: false when one is outside, or taken. */
static bool fuzz_mark(struct fuzz *f, u64 addr, u64 size)
{
	u64 i;

	for (i = 0; i < size; i++) {
		if (addr + i < FW_BASE || addr + i >= FW_BASE + FW_SIZE)
			return false;
		if (__test_and_set_bit(addr + i - FW_BASE, f->map))
			return false;
	}
	return true;
}

static bool fuzz_good(struct fuzz *f, const struct kmb_fw_header *h, size_t size)
{
	u64 image = le64_to_cpu(h->image_addr), entry = le64_to_cpu(h->entry);
	u32 image_size = le32_to_cpu(h->image_size);
	u32 text_size = le32_to_cpu(h->version_size);

	if (le32_to_cpu(h->header_version) != 1 || !image_size || image_size > FUZZ_FILE_MAX)
		return false;
	if (size < 0x2000 || size - 0x2000 < image_size || size - 0x2000 - image_size > 0x1000)
		return false;
	if (text_size > 0x1000 || entry & 0xfff || entry < image || entry > image + image_size - 1)
		return false;
	bitmap_zero(f->map, FW_SIZE);
	return fuzz_mark(f, image, image_size) &&
	       fuzz_mark(f, le64_to_cpu(h->config_addr), 0x1000) &&
	       fuzz_mark(f, le64_to_cpu(h->version_addr), text_size);
}

static void fuzz_one(struct kunit *test, struct fuzz *f)
{
	unsigned int changes = 1 + prandom_u32_state(&f->rnd) % 3;
	struct kmb_fw_header h = fw_header();
	const char *why = NULL;
	struct kmb_fw fw;
	size_t size;
	bool good;
	int ret;

	while (changes--)
		fuzz_field(f, &h);
	size = fuzz_file_size(f, &h);
	memcpy(f->data, &h, min(size, sizeof(h)));
	ret = kmb_fw_parse(&fw, f->data, size, &room, &why);
	good = fuzz_good(f, &h, size);
	KUNIT_EXPECT_EQ_MSG(test, !ret, good, "%d: file of %zu, header %*ph", ret, size,
			    (int)sizeof(h), &h);
	KUNIT_EXPECT_EQ(test, !ret, !why);
	if (ret || !good)
		return;
	f->accepted++;
	/* The sanitizer watches the ends of both regions. */
	kmb_fw_copy(&fw, f->data, f->place->fw_region, f->place->x509_region);
}

static void random_headers_do_no_harm(struct kunit *test)
{
	struct fuzz *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct kmb_fw_header h = fw_header();
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->map = kunit_kzalloc(test, BITS_TO_LONGS(FW_SIZE) * sizeof(long), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->map);
	f->data = fw_file(test, &h, FUZZ_FILE_MAX);
	f->place = fw_place(test);
	prandom_seed_state(&f->rnd, SEED);
	for (i = 0; i < ROUNDS; i++)
		fuzz_one(test, f);
	/* Neither all nor none, or it would not test anything. */
	KUNIT_EXPECT_GT(test, f->accepted, ROUNDS / 20);
	KUNIT_EXPECT_LT(test, f->accepted, ROUNDS / 2);
	kunit_info(test, "%u of %u accepted\n", f->accepted, ROUNDS);
}

/* The version of the header is right, and all else is noise. */
static void noise_is_refused(struct kunit *test)
{
	struct kmb_fw_header h = fw_header();
	u8 *data = fw_file(test, &h, FW_FILE_SIZE);
	struct rnd_state rnd;
	const char *why;
	struct kmb_fw fw;
	unsigned int i;

	prandom_seed_state(&rnd, SEED);
	for (i = 0; i < 1000; i++) {
		prandom_bytes_state(&rnd, data + sizeof(u32), sizeof(h) - sizeof(u32));
		KUNIT_EXPECT_LT(test, kmb_fw_parse(&fw, data, FW_FILE_SIZE, &room, &why), 0);
	}
}

static struct kunit_case fw_suite_cases[] = {
	KUNIT_CASE(the_header_of_the_specification_is_read),
	KUNIT_CASE_PARAM(each_check_has_its_answer, fw_case_gen_params),
	KUNIT_CASE(a_certificate_needs_room_for_the_header_too),
	KUNIT_CASE(the_end_of_all_addresses_is_no_trap),
	KUNIT_CASE(the_text_is_made_harmless),
	KUNIT_CASE(each_part_lands_in_its_place),
	KUNIT_CASE(what_is_not_there_is_not_copied),
	KUNIT_CASE(random_headers_do_no_harm),
	KUNIT_CASE(noise_is_refused),
	{}
};

static struct kunit_suite fw_suite = {
	.name = "ferry_keembay_firmware",
	.test_cases = fw_suite_cases,
};

kunit_test_suite(fw_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Keem Bay's firmware files");
