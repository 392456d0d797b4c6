// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated VPU as a node of a device tree, with VCHIQ and shared memory, and the link to it.
 *
 * Its doorbells are ports in memory, and the firmware that the link is made with is the VPU
 * itself. What its node's dma-ranges say is where it sees memory.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/ferry/link.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/ferry/region.h>
#include <linux/ferry/vchiq.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "vcsm_vchiq.h"
#include "vpu_memory.h"

#define BOARD_LINE	64	/* cache line of the VPU, bytes */

/* The doorbells: those of the VPU as the host sees them, then as it does itself. */
enum board_port {
	BOARD_HOST_RING,
	BOARD_HOST_BELL,
	BOARD_VPU_BELL,
	BOARD_VPU_RING,
	BOARD_PORTS,
};

struct vpu_board {
	struct device *dev;
	struct ferry_port *port[BOARD_PORTS];
	struct ferry_region *region;
	struct ferry_sim_vchiq *sim;
	struct ferry_sim_vcsm_server *smem;
	struct ferry_vchiq *vc;
};

static int board_init(void *data, u32 addr)
{
	struct vpu_board *b = data;

	return ferry_sim_vchiq_init(b->sim, addr);
}

static int board_reset(void *data)
{
	struct vpu_board *b = data;

	ferry_sim_vchiq_reset(b->sim);
	return 0;
}

static const struct ferry_vchiq_firmware board_firmware = {
	.init = board_init,
	.reset = board_reset,
};

static void *board_map_slots(void *data, u32 addr, size_t size)
{
	struct vpu_board *b = data;

	return ferry_region_to_cpu(b->region, addr, size);
}

static void *board_map(void *data, u32 addr, u32 size)
{
	struct vpu_board *b = data;

	return ferry_sim_vpu_memory(b->dev, addr, size);
}

static void board_unmap(void *data, void *vaddr, u32 size)
{
}

static void board_port_kill(void *port)
{
	ferry_port_kill(port);
}

/* Two of a pair, one direction. */
static int board_bell(struct vpu_board *b, enum board_port tx, enum board_port rx)
{
	int ret = ferry_loopback_create(b->dev, 1, 0, &b->port[tx], &b->port[rx]);

	if (ret)
		return ret;
	ret = devm_add_action_or_reset(b->dev, board_port_kill, b->port[tx]);
	if (ret) {
		ferry_port_kill(b->port[rx]);
		return ret;
	}
	return devm_add_action_or_reset(b->dev, board_port_kill, b->port[rx]);
}

static void board_region_put(void *region)
{
	ferry_region_put(region);
}

static int board_memory(struct vpu_board *b)
{
	int ret = dma_set_mask_and_coherent(b->dev, DMA_BIT_MASK(32));

	if (ret)
		return ret;
	b->region = ferry_region_from_coherent(b->dev, FERRY_VCHIQ_AREA(BOARD_LINE));
	if (IS_ERR(b->region))
		return PTR_ERR(b->region);
	return devm_add_action_or_reset(b->dev, board_region_put, b->region);
}

static void board_vpu_destroy(void *data)
{
	struct vpu_board *b = data;

	ferry_sim_vcsm_unserve(b->smem);
	ferry_sim_vchiq_destroy(b->sim);
}

static int board_vpu(struct vpu_board *b)
{
	struct ferry_sim_vchiq_cfg cfg = {
		.name = dev_name(b->dev), .bell = b->port[BOARD_VPU_BELL],
		.ring = b->port[BOARD_VPU_RING], .map = board_map_slots, .data = b,
		.line = BOARD_LINE,
	};
	struct ferry_sim_vcsm_cfg smem = {
		.name = dev_name(b->dev), .map = board_map, .unmap = board_unmap, .data = b,
	};

	b->sim = ferry_sim_vchiq_create(&cfg);
	if (IS_ERR(b->sim))
		return PTR_ERR(b->sim);
	b->smem = ferry_sim_vcsm_serve(b->sim, &smem);
	if (IS_ERR(b->smem)) {
		ferry_sim_vchiq_destroy(b->sim);
		return PTR_ERR(b->smem);
	}
	return devm_add_action_or_reset(b->dev, board_vpu_destroy, b);
}

static void board_link_destroy(void *vc)
{
	ferry_vchiq_destroy(vc);
}

static int board_link(struct vpu_board *b)
{
	struct ferry_vchiq_cfg cfg = {
		.name = "vchiq", .region = b->region, .line = BOARD_LINE,
		.ring = b->port[BOARD_HOST_RING], .bell = b->port[BOARD_HOST_BELL],
		.firmware = &board_firmware, .data = b, .recover = true,
	};

	b->vc = ferry_vchiq_create(b->dev, &cfg);
	if (IS_ERR(b->vc))
		return PTR_ERR(b->vc);
	return devm_add_action_or_reset(b->dev, board_link_destroy, b->vc);
}

static int board_probe(struct platform_device *pdev)
{
	struct vpu_board *b = devm_kzalloc(&pdev->dev, sizeof(*b), GFP_KERNEL);
	int ret;

	if (!b)
		return -ENOMEM;
	b->dev = &pdev->dev;
	ret = board_memory(b);
	if (!ret)
		ret = board_bell(b, BOARD_HOST_RING, BOARD_VPU_BELL);
	if (!ret)
		ret = board_bell(b, BOARD_VPU_RING, BOARD_HOST_BELL);
	if (!ret)
		ret = board_vpu(b);
	if (!ret)
		ret = board_link(b);
	if (!ret)
		ret = ferry_link_start(ferry_vchiq_link(b->vc));
	return ret ? dev_err_probe(b->dev, ret, "no VPU\n") : 0;
}

static const struct of_device_id board_match[] = {
	{ .compatible = "ferry,sim-vpu" },
	{ }
};
MODULE_DEVICE_TABLE(of, board_match);

static struct platform_driver board_driver = {
	.probe = board_probe,
	.driver = {
		.name = "ferry-sim-vpu",
		.of_match_table = board_match,
	},
};
module_platform_driver(board_driver);

MODULE_DESCRIPTION("Ferry: a simulated VPU with VCHIQ and shared memory, and the link to it");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
