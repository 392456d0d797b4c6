// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMC: the one of the device tree, behind the mailbox that its node names.
 *
 * The boot loader has started it and put it to sleep: it is woken, and is quiesced when
 * the driver goes. Nothing can hold its CPU in reset, so one that crashed stays so.
 */
#include <linux/err.h>
#include <linux/ferry/link.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/rtkit.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "../compat.h"
#include "smc.h"

#define SMC_BUFFERS	8	/* of RTKit: crash log, system log ... */

static void smc_end_rtkit(void *rtk)
{
	ferry_rtkit_destroy(rtk);
}

static void smc_quiesce(void *rtk)
{
	if (ferry_link_is_up(ferry_rtkit_link(rtk)))
		ferry_rtkit_quiesce(rtk);
}

static void smc_end(void *smc)
{
	ferry_smc_destroy(smc);
}

/* All memory that it asks for is in its SRAM already. */
static struct ferry_rtkit *smc_rtkit(struct device *dev, const struct resource *sram)
{
	const struct ferry_provide_cfg memory = {
		.backing = FERRY_BACKING_LENT, .window = *sram,
		.max_size = resource_size(sram), .max = SMC_BUFFERS,
	};
	const struct ferry_rtkit_cfg cfg = { .memory = &memory };
	struct ferry_rtkit *rtk = ferry_rtkit_create(dev, &cfg);
	int ret;

	if (IS_ERR(rtk))
		return rtk;
	ret = devm_add_action_or_reset(dev, smc_end_rtkit, rtk);
	return ret ? ERR_PTR(ret) : rtk;
}

static int smc_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct ferry_rtkit *rtk;
	struct resource *sram;
	struct ferry_smc *smc;
	int ret;

	sram = platform_get_resource_byname(pdev, IORESOURCE_MEM, "sram");
	if (!sram)
		return dev_err_probe(dev, -EINVAL, "reg-names has no sram\n");
	rtk = smc_rtkit(dev, sram);
	if (IS_ERR(rtk))
		return dev_err_probe(dev, PTR_ERR(rtk), "no link\n");
	ret = ferry_rtkit_wake(rtk);
	if (ret)
		return dev_err_probe(dev, ret, "it does not wake\n");
	ret = devm_add_action_or_reset(dev, smc_quiesce, rtk);
	if (ret)
		return ret;
	smc = ferry_smc_create(dev, ferry_rtkit_link(rtk), sram);
	if (IS_ERR(smc))
		return dev_err_probe(dev, PTR_ERR(smc), "no SMC\n");
	platform_set_drvdata(pdev, smc);
	return devm_add_action_or_reset(dev, smc_end, smc);
}

/*
 * Not a MODULE_DEVICE_TABLE: loaded because the node is there it would take the SMC away
 * from what else in the kernel uses it. Who wants ours loads it.
 */
static const struct of_device_id smc_of_match[] = {
	{ .compatible = "apple,smc" },
	{ .compatible = "apple,t8103-smc" },
	{ }
};

static struct platform_driver smc_driver = {
	.probe = smc_probe,
	.driver = {
		.name = "ferry-smc",
		.of_match_table = smc_of_match,
	},
};
module_platform_driver(smc_driver);

MODULE_DESCRIPTION("Ferry: keys of the system management controller of Apple's SoCs");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
