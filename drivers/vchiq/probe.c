// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: from the device tree to a link. The firmware, which has a driver of the kernel's, is
 * told where slot zero is.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/ferry/port_bcm2835.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <soc/bcm2835/raspberrypi-firmware.h>

#include "vchiq.h"

/* What a node stands for. */
struct vchiq_node {
	struct rpi_firmware *firmware;
	struct ferry_port *ring;
	struct ferry_port *bell;
	struct ferry_region *region;
	struct ferry_vchiq *vc;
};

static int node_init(void *data, u32 addr)
{
	struct vchiq_node *n = data;
	u32 word = addr;
	int ret;

	ret = rpi_firmware_property(n->firmware, RPI_FIRMWARE_VCHIQ_INIT, &word, sizeof(word));
	if (ret)
		return ret;
	return word ? -ENXIO : 0;
}

/* Nothing but a reboot makes this firmware forget its memory. */
static const struct ferry_vchiq_firmware node_firmware = {
	.init = node_init,
};

static void node_port_kill(void *port)
{
	ferry_port_kill(port);
}

static int node_keep_port(struct device *dev, struct ferry_port *port)
{
	return IS_ERR(port) ? PTR_ERR(port) : devm_add_action_or_reset(dev, node_port_kill, port);
}

static int node_ports(struct platform_device *pdev, struct vchiq_node *n)
{
	struct device *dev = &pdev->dev;
	void __iomem *regs;
	int irq, ret;

	regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	irq = platform_get_irq(pdev, 0);
	if (irq < 0)
		return irq;
	n->ring = ferry_bcm2835_bell_create_tx(dev, regs);
	ret = node_keep_port(dev, n->ring);
	if (ret)
		return ret;
	n->bell = ferry_bcm2835_bell_create_rx(dev, regs, irq);
	return node_keep_port(dev, n->bell);
}

static int node_find_firmware(struct device *dev, struct vchiq_node *n)
{
	struct device_node *np;

	np = of_find_compatible_node(NULL, NULL, "raspberrypi,bcm2835-firmware");
	if (!np)
		return dev_err_probe(dev, -ENOENT, "no raspberrypi,bcm2835-firmware\n");
	n->firmware = devm_rpi_firmware_get(dev, np);
	of_node_put(np);
	return n->firmware ? 0 : -EPROBE_DEFER;
}

static int node_link(struct device *dev, struct vchiq_node *n)
{
	unsigned int line = (uintptr_t)device_get_match_data(dev);
	struct ferry_vchiq_cfg cfg = {
		.name = "vchiq", .line = line, .ring = n->ring, .bell = n->bell,
		.firmware = &node_firmware, .data = n,
	};
	int ret;

	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(32));
	if (ret)
		return ret;
	n->region = ferry_region_from_coherent(dev, FERRY_VCHIQ_AREA(line));
	if (IS_ERR(n->region))
		return PTR_ERR(n->region);
	cfg.region = n->region;
	n->vc = ferry_vchiq_create(dev, &cfg);
	ferry_region_put(n->region);	/* the link has it */
	return PTR_ERR_OR_ZERO(n->vc);
}

static void node_destroy(void *vc)
{
	ferry_vchiq_destroy(vc);
}

static int node_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct vchiq_node *n;
	int ret;

	n = devm_kzalloc(dev, sizeof(*n), GFP_KERNEL);
	if (!n)
		return -ENOMEM;
	ret = node_find_firmware(dev, n);
	if (!ret)
		ret = node_ports(pdev, n);
	if (!ret)
		ret = node_link(dev, n);
	if (!ret)
		ret = devm_add_action_or_reset(dev, node_destroy, n->vc);
	if (ret)
		return dev_err_probe(dev, ret, "no link\n");
	ret = ferry_link_start(ferry_vchiq_link(n->vc));
	return ret ? dev_err_probe(dev, ret, "the VPU does not connect\n") : 0;
}

/* The cache line of the VPU's side is what they differ in. */
static const struct of_device_id node_of_match[] = {
	{ .compatible = "brcm,bcm2835-vchiq", .data = (void *)32 },
	{ .compatible = "brcm,bcm2836-vchiq", .data = (void *)64 },
	{ }
};
MODULE_DEVICE_TABLE(of, node_of_match);

static struct platform_driver node_driver = {
	.probe = node_probe,
	.driver = {
		.name = "ferry-vchiq",
		.of_match_table = node_of_match,
	},
};

int vchiq_probe_init(void)
{
	return platform_driver_register(&node_driver);
}

void vchiq_probe_exit(void)
{
	platform_driver_unregister(&node_driver);
}
