/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keem Bay: what CPU and VPU both see in memory, and the firmware file. Shared with
 * the simulated VPU.
 *
 * Where a fact is from: [A] the first driver posted by Intel, which drives the FIFOs
 * itself, [B] [C] the merged ones on a mailbox, for messages and for control, [E] an
 * older one with its test module, [F] the bindings as posted, [H] the overview of the
 * VPU posted with them, [K] drivers/accel/ivpu, the same block in PCs.
 */
#ifndef FERRY_KEEMBAY_WIRE_H
#define FERRY_KEEMBAY_WIRE_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * struct kmb_packet - one message; lies in the region of its sender [A B E K]
 * @data_addr:	where the VPU sees the payload; any number when @data_size is 0
 * @data_size:	bytes of payload
 * @channel:	0 to 1023
 * @src_node:	who sends, KMB_NODE_*
 * @dst_node:	who receives
 * @status:	KMB_FREE or KMB_ALLOCATED; the receiver frees
 * @pad:	zero from us, ignored from the VPU
 */
struct kmb_packet {
	__le32 data_addr;
	__le32 data_size;
	__le16 channel;
	u8 src_node;
	u8 dst_node;
	u8 status;
	u8 pad[51];
} __packed __aligned(64);

/* Both sides rely on it: the low six bits of an entry in a FIFO are no address. */
#define KMB_PACKET_SIZE		64
#define KMB_ENTRY_ADDR		(~(u32)(KMB_PACKET_SIZE - 1))

/* The bytes of a packet that mean something, and a little more: two loads. */
#define KMB_HEAD_SIZE		16

static_assert(sizeof(struct kmb_packet) == KMB_PACKET_SIZE);
static_assert(offsetof(struct kmb_packet, data_addr) == 0x00);
static_assert(offsetof(struct kmb_packet, data_size) == 0x04);
static_assert(offsetof(struct kmb_packet, channel) == 0x08);
static_assert(offsetof(struct kmb_packet, src_node) == 0x0a);
static_assert(offsetof(struct kmb_packet, dst_node) == 0x0b);
static_assert(offsetof(struct kmb_packet, status) == 0x0c);
static_assert(offsetof(struct kmb_packet, pad) == 0x0d);

/* Nodes [A B E] */
#define KMB_NODE_CPU		0
#define KMB_NODE_VPU		1

/* kmb_packet.status [A B K] */
#define KMB_FREE		0
#define KMB_ALLOCATED		1

/* Channels [A B]; high-speed are those below KMB_HS_CHANNELS [B H] */
#define KMB_CHANNELS		1024
#define KMB_HS_CHANNELS		10

/* The VPU says here that it is up: this number as address, no payload [C F] */
#define KMB_BOOT_CHANNEL	0x0a
#define KMB_BOOT_READY		0x424f4f54	/* "BOOT" */
#define KMB_BOOT_STOP		0x53544f50	/* "STOP", CPU to VPU, test firmware only [E] */

/*
 * A firmware file: header, version text, image, and perhaps a certificate [C F]
 *
 *	0x0000	header, of which the first bytes are used
 *	0x1000	version text
 *	0x2000	image
 *	behind	X.509 certificate, up to the end of the file
 */
#define KMB_FW_HEADER_SIZE	0x1000
#define KMB_FW_VERSION_OFFSET	0x1000
#define KMB_FW_VERSION_MAX	0x1000
#define KMB_FW_IMAGE_OFFSET	0x2000
#define KMB_FW_CERT_MAX		0x1000
#define KMB_FW_ENTRY_ALIGN	0x1000
#define KMB_FW_TEXT_SIZE	32

/* kmb_fw_header.header_version [C F] */
#define KMB_FW_HEADER_VERSION	1

/**
 * struct kmb_fw_header - the start of a firmware file [C F]
 * @header_version:	KMB_FW_HEADER_VERSION
 * @image_format:	not looked at
 * @image_addr:		where the VPU wants the image
 * @image_size:		bytes of it
 * @entry:		where the VPU begins
 * @text:		version, for people; need not end with a NUL
 * @compression:	not looked at
 * @version_addr:	where the VPU wants the version text
 * @version_size:	bytes of it
 * @config_addr:	where the VPU looks for struct kmb_boot_params
 */
struct kmb_fw_header {
	__le32 header_version;
	__le32 image_format;
	__le64 image_addr;
	__le32 image_size;
	__le64 entry;
	u8 text[KMB_FW_TEXT_SIZE];
	__le32 compression;
	__le64 version_addr;
	__le32 version_size;
	__le64 config_addr;
} __packed;

static_assert(sizeof(struct kmb_fw_header) == 0x54);
static_assert(offsetof(struct kmb_fw_header, header_version) == 0x00);
static_assert(offsetof(struct kmb_fw_header, image_format) == 0x04);
static_assert(offsetof(struct kmb_fw_header, image_addr) == 0x08);
static_assert(offsetof(struct kmb_fw_header, image_size) == 0x10);
static_assert(offsetof(struct kmb_fw_header, entry) == 0x14);
static_assert(offsetof(struct kmb_fw_header, text) == 0x1c);
static_assert(offsetof(struct kmb_fw_header, compression) == 0x3c);
static_assert(offsetof(struct kmb_fw_header, version_addr) == 0x40);
static_assert(offsetof(struct kmb_fw_header, version_size) == 0x48);
static_assert(offsetof(struct kmb_fw_header, config_addr) == 0x4c);

#define KMB_PLLS		3
#define KMB_PLL_OUTPUTS		4
#define KMB_PARAMS_MAGIC	0x00010000

/**
 * struct kmb_boot_params - what the CPU tells the VPU before it boots [C]
 * @magic:		KMB_PARAMS_MAGIC
 * @vpu_id:		number of the VPU
 * @reserved_008:	zero; an older layout counts the VPUs here
 * @cpu_hz:		clock of the CPU
 * @pll_hz:		outputs of the PLLs
 * @reserved_054:	zero
 * @packets_addr:	region of the VPU's packets, as the VPU sees it
 * @packets_size:	bytes of it
 * @mmio_addr:		zero [C]
 * @mmio_size:		zero [C]
 * @reserved_118:	zero
 * @mss_wdt_irq:	shared peripheral interrupt that the MSS watchdog raises
 * @nce_wdt_irq:	likewise of the NCE
 * @host_irq:		zero [C]
 * @reserved_20c:	zero
 * @a53ss_version:	version of the CPU's subsystem
 * @stepping:		of the SoC: two characters in the low bytes
 * @device_id:		of the SoC
 * @feature_exclusion:	of the SoC
 * @sku:		of the SoC: six bytes
 * @reserved_320:	zero
 */
struct kmb_boot_params {
	__le32 magic;
	__le32 vpu_id;
	u8 reserved_008[24];
	__le32 cpu_hz;
	__le32 pll_hz[KMB_PLLS][KMB_PLL_OUTPUTS];
	u8 reserved_054[0x100 - 0x54];
	__le64 packets_addr;
	__le32 packets_size;
	__le64 mmio_addr;
	__le32 mmio_size;
	u8 reserved_118[0x200 - 0x118];
	__le32 mss_wdt_irq;
	__le32 nce_wdt_irq;
	__le32 host_irq;
	u8 reserved_20c[0x300 - 0x20c];
	__le32 a53ss_version;
	__le32 stepping;
	__le64 device_id;
	__le64 feature_exclusion;
	__le64 sku;
	u8 reserved_320[0x1000 - 0x320];
} __packed;

static_assert(sizeof(struct kmb_boot_params) == 0x1000);
static_assert(offsetof(struct kmb_boot_params, magic) == 0x000);
static_assert(offsetof(struct kmb_boot_params, vpu_id) == 0x004);
static_assert(offsetof(struct kmb_boot_params, reserved_008) == 0x008);
static_assert(offsetof(struct kmb_boot_params, cpu_hz) == 0x020);
static_assert(offsetof(struct kmb_boot_params, pll_hz[0]) == 0x024);
static_assert(offsetof(struct kmb_boot_params, pll_hz[1]) == 0x034);
static_assert(offsetof(struct kmb_boot_params, pll_hz[2]) == 0x044);
static_assert(offsetof(struct kmb_boot_params, reserved_054) == 0x054);
static_assert(offsetof(struct kmb_boot_params, packets_addr) == 0x100);
static_assert(offsetof(struct kmb_boot_params, packets_size) == 0x108);
static_assert(offsetof(struct kmb_boot_params, mmio_addr) == 0x10c);
static_assert(offsetof(struct kmb_boot_params, mmio_size) == 0x114);
static_assert(offsetof(struct kmb_boot_params, reserved_118) == 0x118);
static_assert(offsetof(struct kmb_boot_params, mss_wdt_irq) == 0x200);
static_assert(offsetof(struct kmb_boot_params, nce_wdt_irq) == 0x204);
static_assert(offsetof(struct kmb_boot_params, host_irq) == 0x208);
static_assert(offsetof(struct kmb_boot_params, reserved_20c) == 0x20c);
static_assert(offsetof(struct kmb_boot_params, a53ss_version) == 0x300);
static_assert(offsetof(struct kmb_boot_params, stepping) == 0x304);
static_assert(offsetof(struct kmb_boot_params, device_id) == 0x308);
static_assert(offsetof(struct kmb_boot_params, feature_exclusion) == 0x310);
static_assert(offsetof(struct kmb_boot_params, sku) == 0x318);
static_assert(offsetof(struct kmb_boot_params, reserved_320) == 0x320);

#endif /* FERRY_KEEMBAY_WIRE_H */
