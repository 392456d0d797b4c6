/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Firmware files of Keem Bay as a test wants them, where the kernel finds them, and the
 * regions they are for.
 */
#ifndef FERRY_KUNIT_FW_FILE_H
#define FERRY_KUNIT_FW_FILE_H

#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../../drivers/keembay/wire.h"
#include "../ferry_kunit.h"
#include "files.h"

#define FW_PATH		"/sys/module/firmware_class/parameters/path"

#define FW_BASE		0x86000000ull
#define FW_SIZE		SZ_64K
#define X509_BASE	0x87000000ull
#define X509_SIZE	SZ_8K

#define FW_IMAGE	(FW_BASE + SZ_4K)
#define FW_IMAGE_SIZE	SZ_8K
#define FW_VERSION	(FW_BASE + SZ_32K)
#define FW_CONFIG	(FW_BASE + SZ_32K + SZ_4K)
#define FW_CERT_SIZE	0x123
#define FW_FILE_SIZE	(KMB_FW_IMAGE_OFFSET + FW_IMAGE_SIZE + FW_CERT_SIZE)

/* One that is good. */
static inline struct kmb_fw_header fw_header(void)
{
	struct kmb_fw_header h = {
		.header_version = cpu_to_le32(KMB_FW_HEADER_VERSION),
		.image_format = cpu_to_le32(0x5a5a),
		.image_addr = cpu_to_le64(FW_IMAGE),
		.image_size = cpu_to_le32(FW_IMAGE_SIZE),
		.entry = cpu_to_le64(FW_IMAGE + SZ_4K),
		.version_addr = cpu_to_le64(FW_VERSION),
		.version_size = cpu_to_le32(0x200),
		.config_addr = cpu_to_le64(FW_CONFIG),
		.text = "1.2.3",
	};

	return h;
}

/* A byte of the file behind the header that is not that of its neighbours. */
static inline u8 fw_byte(size_t offset)
{
	return offset ^ (offset >> 8) ^ 0x3c;
}

/* A file of @size bytes, exactly, so that a look beyond its end is seen. */
static inline u8 *fw_file(struct kunit *test, const struct kmb_fw_header *header, size_t size)
{
	u8 *data = kunit_kmalloc(test, size, GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, data);
	for (i = 0; i < size; i++)
		data[i] = fw_byte(i);
	memcpy(data, header, min(size, sizeof(*header)));
	return data;
}

static inline void fw_path_gone(void *arg)
{
	file_write(FW_PATH, 0, " ", 1);
}

/* Until the test ends firmware is looked for in /tmp. */
static inline void fw_look_in_tmp(struct kunit *test)
{
	if (!file_write(FW_PATH, 0, "/tmp", 4))
		kunit_skip(test, "no sysfs here");
	ferry_defer(test, fw_path_gone, NULL);
}

#endif /* FERRY_KUNIT_FW_FILE_H */
