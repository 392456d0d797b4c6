/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keem Bay: the firmware of the SoC, which alone can start and stop a VPU.
 */
#ifndef FERRY_KEEMBAY_SECURE_H
#define FERRY_KEEMBAY_SECURE_H

#include <linux/types.h>

/**
 * struct ferry_kmb_boot_request - which VPU is started, and with what
 * @fw_addr:		firmware region of the VPU
 * @fw_size:		bytes of it
 * @entry:		where the VPU begins
 * @x509_addr:		certificate of the firmware; right behind it, also when it has no
 *			bytes, is a copy of the first 4096 bytes of the firmware file
 * @x509_size:		bytes of the certificate; 0: none
 * @reserved_size:	bytes that are kept for the VPU, the firmware region as a rule
 * @imr:		number of the isolated memory region to be used
 * @vpu_id:		number of the VPU
 * @image_addr:		image
 * @image_size:		bytes of it
 * @version_addr:	version text; 0: none
 * @config_addr:	boot parameters, &struct kmb_boot_params
 *
 * Addresses are as the VPU sees them.
 */
struct ferry_kmb_boot_request {
	u64 fw_addr;
	u64 fw_size;
	u64 entry;
	u64 x509_addr;
	u64 x509_size;
	u64 reserved_size;
	u32 imr;
	u32 vpu_id;
	u64 image_addr;
	u64 image_size;
	u64 version_addr;
	u64 config_addr;
};

/**
 * struct ferry_kmb_secure_ops - a stand-in for the firmware of the SoC
 * @boot:	process context, may sleep: let the VPU out of reset; 0 or -errno. It runs
 *		only if this is 0.
 * @stop:	process context, may sleep: put it into reset; 0: it cannot reach memory
 *		any more
 *
 * Neither may register or unregister a stand-in.
 */
struct ferry_kmb_secure_ops {
	int (*boot)(void *data, const struct ferry_kmb_boot_request *req);
	int (*stop)(void *data);
};

int ferry_kmb_secure_register(u32 vpu_id, const struct ferry_kmb_secure_ops *ops, void *data);
void ferry_kmb_secure_unregister(u32 vpu_id);
int ferry_kmb_secure_boot(const struct ferry_kmb_boot_request *req);
int ferry_kmb_secure_stop(u32 vpu_id);

#endif /* FERRY_KEEMBAY_SECURE_H */
