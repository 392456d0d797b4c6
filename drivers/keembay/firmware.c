// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: the firmware file of the VPU, from anywhere and therefore not trusted.
 *
 * All of it is checked before a byte is copied. Addresses in it are as the VPU sees
 * them; once a range is known to be inside the region it is an offset into that, so
 * that no sum can wrap.
 */
#include <linux/align.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/ferry/region.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "../compat.h"
#include "firmware.h"

/* A range of the firmware region. */
struct fw_range {
	u64 offset;
	u64 size;
};

static int fw_refuse(const char **why, const char *text, int err)
{
	*why = text;
	return err;
}

/* False: not all of it is inside. No range is empty here. */
static bool fw_range_of(const struct kmb_fw_room *room, u64 addr, u64 size,
			struct fw_range *range)
{
	if (addr < room->base || size > room->size || addr - room->base > room->size - size)
		return false;
	range->offset = addr - room->base;
	range->size = size;
	return true;
}

static bool fw_overlap(const struct fw_range *a, const struct fw_range *b)
{
	return a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

/* The sizes against that of the file. */
static int fw_check_sizes(struct kmb_fw *fw, u64 size, const struct kmb_fw_room *room,
			  const char **why)
{
	u64 image_end = KMB_FW_IMAGE_OFFSET + (u64)fw->image_size;

	if (!fw->image_size)
		return fw_refuse(why, "the image has no bytes", -EINVAL);
	if (image_end > size)
		return fw_refuse(why, "the image is longer than the file", -EINVAL);
	if (fw->version_size > KMB_FW_VERSION_MAX)
		return fw_refuse(why, "the version text is too long", -EINVAL);
	if (size - image_end > KMB_FW_CERT_MAX)
		return fw_refuse(why, "the certificate is too long", -EFBIG);
	fw->cert_size = size - image_end;
	if (fw->cert_size + KMB_FW_HEADER_SIZE > room->x509_size)
		return fw_refuse(why, "certificate and header do not fit their region", -ENOSPC);
	return 0;
}

static int fw_check_entry(const struct kmb_fw *fw, const char **why)
{
	if (!IS_ALIGNED(fw->entry, KMB_FW_ENTRY_ALIGN))
		return fw_refuse(why, "the entry point is not aligned to 4 KiB", -EINVAL);
	if (fw->entry < fw->image_addr || fw->entry - fw->image_addr >= fw->image_size)
		return fw_refuse(why, "the entry point is outside of the image", -ERANGE);
	return 0;
}

static int fw_check_version(const struct kmb_fw *fw, const struct kmb_fw_room *room,
			    const struct fw_range *image, const struct fw_range *config,
			    const char **why)
{
	struct fw_range version;

	if (!fw->version_size)
		return 0;
	if (!fw_range_of(room, fw->version_addr, fw->version_size, &version))
		return fw_refuse(why, "the version text is outside of its region", -ERANGE);
	if (fw_overlap(&version, image) || fw_overlap(&version, config))
		return fw_refuse(why, "the version text overlaps something else", -EEXIST);
	return 0;
}

/* The addresses against the region and each other. */
static int fw_check_ranges(const struct kmb_fw *fw, const struct kmb_fw_room *room,
			   const char **why)
{
	struct fw_range image, config;

	if (!fw_range_of(room, fw->image_addr, fw->image_size, &image))
		return fw_refuse(why, "the image is outside of its region", -ERANGE);
	if (!fw_range_of(room, fw->config_addr, sizeof(struct kmb_boot_params), &config))
		return fw_refuse(why, "the boot parameters are outside of their region", -ERANGE);
	if (fw_overlap(&image, &config))
		return fw_refuse(why, "image and boot parameters overlap", -EEXIST);
	return fw_check_version(fw, room, &image, &config, why);
}

/* For logs: up to the first NUL, and nothing that a terminal could stumble over. */
static void fw_text(char *to, const u8 *from)
{
	unsigned int i;

	for (i = 0; i < KMB_FW_TEXT_SIZE && from[i]; i++)
		to[i] = isascii(from[i]) && isprint(from[i]) ? from[i] : '?';
	to[i] = '\0';
}

static void fw_unpack(struct kmb_fw *fw, const struct kmb_fw_header *header)
{
	fw->image_addr = le64_to_cpu(header->image_addr);
	fw->image_size = le32_to_cpu(header->image_size);
	fw->entry = le64_to_cpu(header->entry);
	fw->version_size = le32_to_cpu(header->version_size);
	fw->version_addr = fw->version_size ? le64_to_cpu(header->version_addr) : 0;
	fw->config_addr = le64_to_cpu(header->config_addr);
	fw->cert_size = 0;
	fw_text(fw->text, header->text);
}

/**
 * kmb_fw_parse() - check a firmware file
 * @fw:		what goes where; to be used after a return of 0 only
 * @data:	the file
 * @size:	bytes of it
 * @room:	where it may go
 * @why:	set to a constant string when the file is refused
 *
 * Context: any.
 * Return: 0; -EPROTONOSUPPORT for a header version that is not known, -EINVAL for a
 * file that contradicts itself, -ERANGE for an address out of its place, -EEXIST for
 * ranges that overlap, -EFBIG for a certificate that is too long, -ENOSPC when that
 * and the header do not fit the X.509 region.
 */
int kmb_fw_parse(struct kmb_fw *fw, const void *data, size_t size, const struct kmb_fw_room *room,
		 const char **why)
{
	struct kmb_fw_header header;
	int ret;

	if (size < KMB_FW_IMAGE_OFFSET)
		return fw_refuse(why, "the file is too short", -EINVAL);
	memcpy(&header, data, sizeof(header));
	if (le32_to_cpu(header.header_version) != KMB_FW_HEADER_VERSION)
		return fw_refuse(why, "the version of the header is not known", -EPROTONOSUPPORT);
	fw_unpack(fw, &header);
	ret = fw_check_sizes(fw, size, room, why);
	if (!ret)
		ret = fw_check_ranges(fw, room, why);
	if (!ret)
		ret = fw_check_entry(fw, why);
	return ret;
}
FERRY_EXPORT_TEST(kmb_fw_parse);

/**
 * kmb_fw_copy() - put a firmware file in place
 * @fw:		from kmb_fw_parse(), with the sizes of these two regions
 * @data:	the same file
 * @fw_region:	firmware region of the VPU
 * @x509_region: gets the certificate, and right behind it a copy of the header
 *
 * The VPU does not run. Who starts it has to have a wmb() first: the regions may be
 * write-combined.
 *
 * Context: process.
 */
void kmb_fw_copy(const struct kmb_fw *fw, const void *data, const struct ferry_region *fw_region,
		 const struct ferry_region *x509_region)
{
	const void *image = data + KMB_FW_IMAGE_OFFSET;
	void *x509 = x509_region->vaddr;

	if (fw->version_size)
		memcpy(ferry_region_to_cpu(fw_region, fw->version_addr, fw->version_size),
		       data + KMB_FW_VERSION_OFFSET, fw->version_size);
	memcpy(ferry_region_to_cpu(fw_region, fw->image_addr, fw->image_size), image,
	       fw->image_size);
	memcpy(x509, image + fw->image_size, fw->cert_size);
	memcpy(x509 + fw->cert_size, data, KMB_FW_HEADER_SIZE);
}
FERRY_EXPORT_TEST(kmb_fw_copy);
