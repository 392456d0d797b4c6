// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: the part of the device tree that boots a VPU. All that is found here is
 * given back by devres.
 */
#include <linux/clk.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/irq.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>

#include "boot.h"
#include "vpu_node.h"

/* Shared peripheral interrupts have these numbers less at the VPU. */
#define VPU_FIRST_SPI	32

static const struct vpu_wdt {
	const char *name;
	const char *tim_cfg;
	const char *redirect;
} vpu_wdts[KMB_NR_WDTS] = {
	[KMB_WDT_MSS] = {
		.name = "mss_wdt",
		.tim_cfg = "mss_tim_cfg",
		.redirect = "intel,keembay-vpu-ipc-mss-wdt-redirect",
	},
	[KMB_WDT_NCE] = {
		.name = "nce_wdt",
		.tim_cfg = "nce_tim_cfg",
		.redirect = "intel,keembay-vpu-ipc-nce-wdt-redirect",
	},
};

static const char * const vpu_clocks[KMB_CLOCKS] = {
	"cpu_clock",
	"pll_0_out_0", "pll_0_out_1", "pll_0_out_2", "pll_0_out_3",
	"pll_1_out_0", "pll_1_out_1", "pll_1_out_2", "pll_1_out_3",
	"pll_2_out_0", "pll_2_out_1", "pll_2_out_2", "pll_2_out_3",
};

static int vpu_regions(struct device *dev, struct ferry_kmb_boot_cfg *cfg)
{
	cfg->fw_region = kmb_node_region(dev, "fw-area", 0);
	if (IS_ERR(cfg->fw_region))
		return dev_err_probe(dev, PTR_ERR(cfg->fw_region),
				     "memory-region: no fw-area\n");
	cfg->x509_region = kmb_node_region(dev, "x509-area", 1);
	if (IS_ERR(cfg->x509_region))
		return dev_err_probe(dev, PTR_ERR(cfg->x509_region),
				     "memory-region: no x509-area\n");
	return 0;
}

static int vpu_window(struct platform_device *pdev, const char *name, void __iomem **window)
{
	void __iomem *regs = devm_platform_ioremap_resource_byname(pdev, name);

	if (IS_ERR(regs))
		return dev_err_probe(&pdev->dev, PTR_ERR(regs), "reg: no %s\n", name);
	*window = regs;
	return 0;
}

/* The number that the VPU has to raise: as it says, or that of the interrupt itself. */
static int vpu_redirect(struct device *dev, const struct vpu_wdt *from, struct kmb_wdt_cfg *wdt)
{
	struct irq_data *data;

	if (!device_property_read_u32(dev, from->redirect, &wdt->redirect))
		return 0;
	data = irq_get_irq_data(wdt->irq);
	if (!data || irqd_to_hwirq(data) < VPU_FIRST_SPI)
		return dev_err_probe(dev, -EINVAL, "%s is missing, and %s is no SPI\n",
				     from->redirect, from->name);
	wdt->redirect = irqd_to_hwirq(data) - VPU_FIRST_SPI;
	return 0;
}

static int vpu_watchdog(struct platform_device *pdev, const struct vpu_wdt *from,
			struct kmb_wdt_cfg *wdt)
{
	int ret;

	wdt->name = from->name;
	ret = vpu_window(pdev, from->name, &wdt->regs);
	if (ret)
		return ret;
	ret = vpu_window(pdev, from->tim_cfg, &wdt->tim_cfg);
	if (ret)
		return ret;
	ret = platform_get_irq_byname_optional(pdev, from->name);
	if (ret < 0)
		return dev_err_probe(&pdev->dev, ret, "interrupts: no %s\n", from->name);
	wdt->irq = ret;
	return vpu_redirect(&pdev->dev, from, wdt);
}

static int vpu_watchdogs(struct platform_device *pdev, struct ferry_kmb_boot_cfg *cfg)
{
	unsigned int i;
	int ret;

	for (i = 0; i < KMB_NR_WDTS; i++) {
		ret = vpu_watchdog(pdev, &vpu_wdts[i], &cfg->wdt[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/* The VPU is told 0 for one that is not there. */
static int vpu_find_clocks(struct device *dev, struct ferry_kmb_boot_cfg *cfg)
{
	struct clk *clk;
	unsigned int i;

	for (i = 0; i < KMB_CLOCKS; i++) {
		clk = devm_clk_get_optional(dev, vpu_clocks[i]);
		if (IS_ERR(clk))
			return dev_err_probe(dev, PTR_ERR(clk), "clocks: no %s\n", vpu_clocks[i]);
		cfg->clocks[i] = clk;
	}
	return 0;
}

static int vpu_numbers(struct device *dev, struct ferry_kmb_boot_cfg *cfg)
{
	int ret = device_property_read_u32(dev, "intel,keembay-vpu-ipc-id", &cfg->vpu_id);

	if (ret)
		return dev_err_probe(dev, ret, "no intel,keembay-vpu-ipc-id\n");
	cfg->imr = KMB_IMR_DEFAULT;
	device_property_read_u32(dev, "intel,keembay-vpu-ipc-imr", &cfg->imr);
	return 0;
}

static int vpu_firmware(struct device *dev, struct ferry_kmb_boot_cfg *cfg)
{
	int ret;

	if (!device_property_present(dev, "firmware-name"))
		return 0;
	ret = device_property_read_string(dev, "firmware-name", &cfg->firmware);
	if (ret)
		return dev_err_probe(dev, ret, "firmware-name is no string\n");
	cfg->auto_boot = true;
	return 0;
}

/* Written by the boot loader; what it does not say is told to the VPU as 0. */
static void vpu_soc(struct kmb_soc *soc)
{
	struct device_node *np = of_find_node_by_path("/soc/version-info");

	if (!np)
		return;
	of_property_read_u64(np, "device-id", &soc->device_id);
	of_property_read_u64(np, "feature-exclusion", &soc->feature_exclusion);
	of_property_read_u32(np, "hardware-id", &soc->hardware_id);
	of_property_read_u8_array(np, "sku", soc->sku, sizeof(soc->sku));
	of_property_read_u8_array(np, "stepping", soc->stepping, sizeof(soc->stepping));
	of_node_put(np);
}

/**
 * kmb_vpu_node() - read what it takes to boot a VPU
 * @pdev:	device of the merged node
 * @cfg:	zero; filled
 *
 * Context: process, may sleep.
 * Return: 0, or -errno after a line in the log that names the property.
 */
int kmb_vpu_node(struct platform_device *pdev, struct ferry_kmb_boot_cfg *cfg)
{
	struct device *dev = &pdev->dev;
	int ret;

	ret = vpu_numbers(dev, cfg);
	if (!ret)
		ret = vpu_regions(dev, cfg);
	if (!ret)
		ret = vpu_watchdogs(pdev, cfg);
	if (!ret)
		ret = vpu_find_clocks(dev, cfg);
	if (!ret)
		ret = vpu_firmware(dev, cfg);
	if (!ret)
		vpu_soc(&cfg->soc);
	return ret;
}
