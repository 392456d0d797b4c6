/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keem Bay: the firmware file of the VPU.
 */
#ifndef FERRY_KEEMBAY_FIRMWARE_H
#define FERRY_KEEMBAY_FIRMWARE_H

#include <linux/types.h>

#include "wire.h"

struct ferry_region;

/**
 * struct kmb_fw_room - where firmware may go
 * @base:	of the VPU's firmware region, as the VPU sees it
 * @size:	bytes of it; @base + @size is at most 2^64
 * @x509_size:	bytes of the region for the certificate
 */
struct kmb_fw_room {
	u64 base;
	u64 size;
	u64 x509_size;
};

/**
 * struct kmb_fw - a firmware file that was checked: what goes where
 * @image_addr:		where the VPU wants the image
 * @entry:		where it begins, inside the image
 * @version_addr:	where it wants the version text; 0 without one
 * @config_addr:	where it looks for its boot parameters
 * @image_size:		bytes of the image, never 0
 * @version_size:	bytes of the version text; 0: none
 * @cert_size:		bytes of the certificate; 0: none
 * @text:		version for people: printable ASCII, ends with a NUL
 */
struct kmb_fw {
	u64 image_addr;
	u64 entry;
	u64 version_addr;
	u64 config_addr;
	u32 image_size;
	u32 version_size;
	u32 cert_size;
	char text[KMB_FW_TEXT_SIZE + 1];
};

int kmb_fw_parse(struct kmb_fw *fw, const void *data, size_t size, const struct kmb_fw_room *room,
		 const char **why);
void kmb_fw_copy(const struct kmb_fw *fw, const void *data, const struct ferry_region *fw_region,
		 const struct ferry_region *x509_region);

#endif /* FERRY_KEEMBAY_FIRMWARE_H */
