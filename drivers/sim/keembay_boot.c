// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU is booted: what the SoC's firmware and the VPU's ROM look at before
 * the firmware of the VPU runs. Stands in for the former (see ../keembay/secure.h).
 */
#define pr_fmt(fmt) "ferry-sim: " fmt

#include <linux/crc32.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/printk.h>

#include "../keembay/secure.h"
#include "keembay_private.h"

/* Where the VPU sees @size bytes of its firmware region; NULL: outside of it. */
static const void *vpu_fw(struct ferry_sim_vpu *vpu, u64 addr, u64 size)
{
	return ferry_region_to_cpu(vpu->cfg.fw_region, addr, size);
}

static const char *vpu_refuse_addresses(struct ferry_sim_vpu *vpu,
					const struct ferry_kmb_boot_request *req)
{
	if (req->vpu_id != vpu->cfg.vpu_id)
		return "it is for another VPU";
	if (!vpu_fw(vpu, req->fw_addr, req->fw_size))
		return "this is not the firmware region";
	if (!vpu_fw(vpu, req->image_addr, req->image_size))
		return "the image is outside of the firmware region";
	if (req->version_addr && !vpu_fw(vpu, req->version_addr, 1))
		return "the version is outside of the firmware region";
	if (req->entry < req->image_addr || req->entry - req->image_addr >= req->image_size)
		return "it begins outside of the image";
	if (!vpu_fw(vpu, req->config_addr, sizeof(struct kmb_boot_params)))
		return "the boot parameters are outside of the firmware region";
	return NULL;
}

static const char *vpu_refuse_params(struct ferry_sim_vpu *vpu,
				     const struct kmb_boot_params *params)
{
	const struct ferry_sim_vpu_cfg *cfg = &vpu->cfg;

	if (le32_to_cpu(params->magic) != KMB_PARAMS_MAGIC)
		return "the boot parameters have no magic";
	if (le32_to_cpu(params->vpu_id) != cfg->vpu_id)
		return "the boot parameters are for another VPU";
	if (le64_to_cpu(params->packets_addr) != cfg->vpu_region->remote ||
	    le32_to_cpu(params->packets_size) != cfg->vpu_region->size)
		return "the boot parameters name another packet region";
	if (le32_to_cpu(params->mss_wdt_irq) != cfg->wdt_irq[FERRY_SIM_VPU_WDT_MSS] ||
	    le32_to_cpu(params->nce_wdt_irq) != cfg->wdt_irq[FERRY_SIM_VPU_WDT_NCE])
		return "the boot parameters name other interrupts of the watchdogs";
	return NULL;
}

static const char *vpu_refuse_image(const struct ferry_sim_vpu_image *image, u64 size)
{
	const u8 *bytes = (const u8 *)(image + 1);

	if (size < sizeof(*image) || le32_to_cpu(image->magic) != FERRY_SIM_VPU_IMAGE_MAGIC)
		return "the image is not one for a simulated VPU";
	if (le32_to_cpu(image->size) != size - sizeof(*image))
		return "the image has another size than it says";
	if (le32_to_cpu(image->crc) != ~crc32_le(~0, bytes, size - sizeof(*image)))
		return "the image is damaged";
	return NULL;
}

/* Behind the certificate, and there is no need to have one, is the header of the file. */
static const char *vpu_refuse_x509(struct ferry_sim_vpu *vpu,
				   const struct ferry_kmb_boot_request *req)
{
	const struct kmb_fw_header *header;

	if (!vpu->cfg.x509_region)
		return NULL;
	if (req->x509_size && !ferry_region_to_cpu(vpu->cfg.x509_region, req->x509_addr,
						   req->x509_size))
		return "the certificate is outside of its region";
	header = ferry_region_to_cpu(vpu->cfg.x509_region, req->x509_addr + req->x509_size,
				     KMB_FW_HEADER_SIZE);
	if (!header)
		return "the header is outside of the region of the certificate";
	if (le32_to_cpu(header->header_version) != KMB_FW_HEADER_VERSION ||
	    le64_to_cpu(header->image_addr) != req->image_addr ||
	    le32_to_cpu(header->image_size) != req->image_size ||
	    le64_to_cpu(header->entry) != req->entry ||
	    le64_to_cpu(header->config_addr) != req->config_addr)
		return "the header behind the certificate is that of another image";
	return NULL;
}

/* Why the VPU cannot boot, or NULL. */
static const char *vpu_refuse(struct ferry_sim_vpu *vpu, const struct ferry_kmb_boot_request *req)
{
	const char *why;

	if (!vpu->cfg.fw_region)
		return "it has no firmware region";
	if (vpu->power != FERRY_SIM_VPU_OFF)
		return "it was not stopped";
	why = vpu_refuse_addresses(vpu, req);
	if (!why)
		why = vpu_refuse_params(vpu, vpu_fw(vpu, req->config_addr,
						    sizeof(struct kmb_boot_params)));
	if (!why)
		why = vpu_refuse_image(vpu_fw(vpu, req->image_addr, req->image_size),
				       req->image_size);
	if (!why)
		why = vpu_refuse_x509(vpu, req);
	if (!why && vpu_has_fault(vpu, FERRY_SIM_VPU_FAULT(BOOT_FAILS)))
		why = "it was told to";
	return why;
}

/* It comes out of reset with an empty FIFO. */
static void vpu_drain(struct ferry_sim_vpu *vpu)
{
	u32 entry;

	while (!vpu->cfg.fifo->pop(vpu->cfg.fifo_data, &entry))
		;
}

/**
 * ferry_sim_vpu_boot() - boot the VPU, as the SoC's firmware does it
 * @vpu:	the simulated VPU
 * @req:	with what
 *
 * The image has to begin with a &struct ferry_sim_vpu_image. The VPU says that it is up
 * later, as it was made to. Why it does not boot is logged.
 *
 * Context: process, may sleep.
 * Return: 0; -EIO when it is not off, something is wrong with what is in the regions,
 * or with the fault "boot-fails".
 */
int ferry_sim_vpu_boot(struct ferry_sim_vpu *vpu, const struct ferry_kmb_boot_request *req)
{
	const char *why;

	mutex_lock(&vpu->round);
	why = vpu_refuse(vpu, req);
	if (why) {
		pr_info_ratelimited("%s does not boot: %s\n", vpu->cfg.name, why);
		vpu->stats.refused++;
	} else {
		WRITE_ONCE(vpu->reset, false);
		vpu_drain(vpu);
		vpu_power_on(vpu);
	}
	mutex_unlock(&vpu->round);
	ferry_sim_vpu_kick(vpu);
	return why ? -EIO : 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_boot);

static int vpu_secure_boot(void *data, const struct ferry_kmb_boot_request *req)
{
	return ferry_sim_vpu_boot(data, req);
}

static int vpu_secure_stop(void *data)
{
	return ferry_sim_vpu_stop(data);
}

static const struct ferry_kmb_secure_ops vpu_secure_ops = {
	.boot = vpu_secure_boot,
	.stop = vpu_secure_stop,
};

/* Process context. From here on the CPU can boot it. */
int vpu_secure_add(struct ferry_sim_vpu *vpu)
{
	if (!vpu->cfg.fw_region)
		return 0;
	return ferry_kmb_secure_register(vpu->cfg.vpu_id, &vpu_secure_ops, vpu);
}

/* Process context. */
void vpu_secure_remove(struct ferry_sim_vpu *vpu)
{
	if (vpu->cfg.fw_region)
		ferry_kmb_secure_unregister(vpu->cfg.vpu_id);
}
