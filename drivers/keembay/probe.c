// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: from the device tree to a link. Three generations of bindings are in use;
 * they differ in where the FIFOs are found, in the order of the regions, and in whether
 * the VPU is ours to boot.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/port_keembay.h>
#include <linux/io.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>

#include "keembay.h"
#include "vpu_node.h"

/* Where the two packet regions are among memory-region when they have no names. */
struct kmb_generation {
	unsigned int cpu_index;
	unsigned int vpu_index;
	bool boots;
};

static const struct kmb_generation kmb_ipc = {
	.cpu_index = 0,
	.vpu_index = 1,
};

static const struct kmb_generation kmb_vpu_ipc = {
	.cpu_index = 3,
	.vpu_index = 2,
	.boots = true,
};

static void kmb_region_put(void *region)
{
	ferry_region_put(region);
}

/* @index: where it is when the regions have no names. */
struct ferry_region *kmb_node_region(struct device *dev, const char *name, unsigned int index)
{
	struct ferry_region *region;
	int named, ret;

	named = of_property_match_string(dev->of_node, "memory-region-names", name);
	region = ferry_region_from_reserved(dev, dev->of_node, named < 0 ? index : named);
	if (IS_ERR(region))
		return region;
	ret = devm_add_action_or_reset(dev, kmb_region_put, region);
	return ret ? ERR_PTR(ret) : region;
}

static void kmb_port_put(void *port)
{
	ferry_port_put(port);
}

static struct ferry_port *kmb_mailbox_port(struct device *dev, enum ferry_port_dir dir)
{
	struct ferry_port *port = ferry_port_get(dev, 0, dir, sizeof(u32));
	int ret;

	if (IS_ERR(port))
		return port;
	ret = devm_add_action_or_reset(dev, kmb_port_put, port);
	return ret ? ERR_PTR(ret) : port;
}

static void kmb_port_kill(void *port)
{
	ferry_port_kill(port);
}

static struct ferry_port *kmb_own_port(struct device *dev, struct ferry_port *port)
{
	int ret;

	if (IS_ERR(port))
		return port;
	ret = devm_add_action_or_reset(dev, kmb_port_kill, port);
	return ret ? ERR_PTR(ret) : port;
}

/* The oldest bindings have the registers of the FIFOs in the node itself. */
static int kmb_own_ports(struct platform_device *pdev, struct ferry_kmb_cfg *cfg)
{
	void __iomem *cpu_fifo = devm_platform_ioremap_resource_byname(pdev, "css_fifo");
	void __iomem *vpu_fifo = devm_platform_ioremap_resource_byname(pdev, "mss_fifo");
	struct device *dev = &pdev->dev;
	int irq;

	if (IS_ERR(cpu_fifo))
		return PTR_ERR(cpu_fifo);
	if (IS_ERR(vpu_fifo))
		return PTR_ERR(vpu_fifo);
	irq = platform_get_irq(pdev, 0);
	if (irq < 0)
		return irq;
	cfg->tx = kmb_own_port(dev, ferry_kmb_fifo_create_tx(dev, vpu_fifo));
	if (IS_ERR(cfg->tx))
		return PTR_ERR(cfg->tx);
	cfg->rx = kmb_own_port(dev, ferry_kmb_fifo_create_rx(dev, cpu_fifo, irq));
	return PTR_ERR_OR_ZERO(cfg->rx);
}

static int kmb_find_ports(struct platform_device *pdev, struct ferry_kmb_cfg *cfg)
{
	struct device *dev = &pdev->dev;

	if (!device_property_present(dev, "mboxes"))
		return kmb_own_ports(pdev, cfg);
	cfg->tx = kmb_mailbox_port(dev, FERRY_PORT_TX);
	if (IS_ERR(cfg->tx))
		return PTR_ERR(cfg->tx);
	cfg->rx = kmb_mailbox_port(dev, FERRY_PORT_RX);
	return PTR_ERR_OR_ZERO(cfg->rx);
}

static void kmb_destroy(void *kmb)
{
	ferry_kmb_destroy(kmb);
}

static int kmb_link_up(struct device *dev, const struct ferry_kmb_cfg *cfg)
{
	struct ferry_kmb *kmb = ferry_kmb_create(dev, cfg);
	int ret;

	if (IS_ERR(kmb))
		return dev_err_probe(dev, PTR_ERR(kmb), "no link\n");
	ret = devm_add_action_or_reset(dev, kmb_destroy, kmb);
	if (ret)
		return ret;
	if (cfg->boot)
		return 0;	/* it is booted when the user says so, or by the core at once */
	/* A VPU that is not up yet is no error of ours: the link can be started later. */
	ret = ferry_link_start(kmb->link);
	if (ret)
		dev_warn(dev, "%s stays offline: %d\n", ferry_link_name(kmb->link), ret);
	return 0;
}

static int kmb_probe(struct platform_device *pdev)
{
	const struct kmb_generation *gen = device_get_match_data(&pdev->dev);
	struct ferry_kmb_cfg cfg = { .name = "keembay" };
	struct ferry_kmb_boot_cfg boot = {};
	struct device *dev = &pdev->dev;
	int ret;

	if (!gen)
		return -ENODEV;
	if (gen->boots) {
		ret = kmb_vpu_node(pdev, &boot);
		if (ret)
			return ret;
		cfg.boot = &boot;
	}
	ret = kmb_find_ports(pdev, &cfg);
	if (ret)
		return dev_err_probe(dev, ret, "no FIFOs\n");
	cfg.tx_region = kmb_node_region(dev, "ipc-mem-cpu", gen->cpu_index);
	if (IS_ERR(cfg.tx_region))
		return PTR_ERR(cfg.tx_region);
	cfg.rx_region = kmb_node_region(dev, "ipc-mem-vpu", gen->vpu_index);
	if (IS_ERR(cfg.rx_region))
		return PTR_ERR(cfg.rx_region);
	return kmb_link_up(dev, &cfg);
}

static const struct of_device_id kmb_of_match[] = {
	{ .compatible = "intel,keembay-ipc", .data = &kmb_ipc },
	{ .compatible = "intel,keembay-vpu-ipc", .data = &kmb_vpu_ipc },
	{ }
};
MODULE_DEVICE_TABLE(of, kmb_of_match);

static struct platform_driver kmb_driver = {
	.probe = kmb_probe,
	.driver = {
		.name = "ferry-keembay",
		.of_match_table = kmb_of_match,
	},
};
module_platform_driver(kmb_driver);

MODULE_DESCRIPTION("Ferry: messages to and from the VPU of Intel Keem Bay");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
