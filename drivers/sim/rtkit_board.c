// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor as a node of a device tree: a mailbox, and memory that the
 * co-processor lends.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/region.h>
#include <linux/mod_devicetable.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>

#include "rtkit_private.h"

static void rsim_board_region_put(void *region)
{
	ferry_region_put(region);
}

/* Memory that the CPU maps as that of a device. Without it there is none to lend. */
static int rsim_board_sram(struct device *dev, struct ferry_sim_rtkit_sram *sram)
{
	struct ferry_region *region;

	if (!of_property_present(dev->of_node, "memory-region"))
		return 0;
	region = ferry_region_from_reserved(dev, dev->of_node, 0);
	if (IS_ERR(region))
		return PTR_ERR(region);
	sram->mem = region->vaddr;
	sram->addr = region->phys;
	sram->size = region->size;
	return devm_add_action_or_reset(dev, rsim_board_region_put, region);
}

static void rsim_board_destroy(void *sim)
{
	ferry_sim_rtkit_destroy(sim);
}

static int rsim_board_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct ferry_sim_rtkit_cfg cfg = { .name = dev_name(dev) };
	struct ferry_sim_rtkit *sim;
	struct ferry_port *tx, *rx;
	int ret;

	ret = rsim_board_sram(dev, &cfg.sram);
	if (ret)
		return dev_err_probe(dev, ret, "no memory to lend\n");
	if (device_property_read_bool(dev, "ferry,places-buffers"))
		cfg.placed = GENMASK(FERRY_SIM_RTKIT_NR_BUFS - 1, 0);
	sim = ferry_sim_rtkit_create_ports(dev, &cfg);
	if (IS_ERR(sim))
		return dev_err_probe(dev, PTR_ERR(sim), "no co-processor\n");
	ret = devm_add_action_or_reset(dev, rsim_board_destroy, sim);
	if (ret)
		return ret;
	ferry_sim_rtkit_ports(sim, &tx, &rx);
	return ferry_port_publish(tx, 0) ?: ferry_port_publish(rx, 0);
}

static const struct of_device_id rsim_board_match[] = {
	{ .compatible = "ferry,sim-rtkit" },
	{ }
};
MODULE_DEVICE_TABLE(of, rsim_board_match);

static struct platform_driver rsim_board_driver = {
	.probe = rsim_board_probe,
	.driver = {
		.name = "ferry-sim-rtkit",
		.of_match_table = rsim_board_match,
	},
};

int rsim_board_register(void)
{
	return platform_driver_register(&rsim_board_driver);
}

void rsim_board_unregister(void)
{
	platform_driver_unregister(&rsim_board_driver);
}
