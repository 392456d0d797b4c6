// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdogs of the simulated VPU on a board. Their registers are RAM, so that what
 * the CPU writes there does nothing; it is looked at afterwards. The interrupt is raised
 * by writing to the interrupt controller.
 */
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/minmax.h>
#include <linux/platform_device.h>

#include "keembay_private.h"

#define VPU_FIRST_SPI		32	/* of the interrupt controller; the VPU counts from there */

#define WDT_COUNTER		0x0
#define WDT_ENABLE		0x8
#define WDT_SAFE		0xc
#define WDT_SAFE_KEY			0xf1d0dead
#define TIM_CONFIG_BITTEN	BIT(9)

struct vpu_wdt_names {
	const char *regs;	/* also of its interrupt */
	const char *tim_cfg;
};

static const struct vpu_wdt_names vpu_wdt_names[FERRY_SIM_VPU_NR_WDTS] = {
	[FERRY_SIM_VPU_WDT_MSS] = { "mss_wdt", "mss_tim_cfg" },
	[FERRY_SIM_VPU_WDT_NCE] = { "nce_wdt", "nce_tim_cfg" },
};

/* Not requested: the driver of the CPU has them. */
static void __iomem *vpu_wdt_map(struct platform_device *pdev, const char *name)
{
	struct resource *res = platform_get_resource_byname(pdev, IORESOURCE_MEM, name);
	void __iomem *regs;

	if (!res)
		return IOMEM_ERR_PTR(-EINVAL);
	regs = devm_ioremap(&pdev->dev, res->start, resource_size(res));
	return regs ?: IOMEM_ERR_PTR(-ENOMEM);
}

/* Process context. */
int vpu_board_wdt_get(struct platform_device *pdev, enum ferry_sim_vpu_wdt which,
		      struct vpu_board_wdt *wdt)
{
	const struct vpu_wdt_names *names = &vpu_wdt_names[which];

	wdt->regs = vpu_wdt_map(pdev, names->regs);
	if (IS_ERR(wdt->regs))
		return PTR_ERR(wdt->regs);
	wdt->tim_cfg = vpu_wdt_map(pdev, names->tim_cfg);
	if (IS_ERR(wdt->tim_cfg))
		return PTR_ERR(wdt->tim_cfg);
	wdt->irq = platform_get_irq_byname(pdev, names->regs);
	return min(wdt->irq, 0);
}

/* As the boot parameters have it. */
u32 vpu_board_wdt_spi(const struct vpu_board_wdt *wdt)
{
	return irqd_to_hwirq(irq_get_irq_data(wdt->irq)) - VPU_FIRST_SPI;
}

/* Thread. */
void vpu_board_wdt_bite(const struct vpu_board_wdt *wdt)
{
	writel(0, wdt->regs + WDT_COUNTER);
	writel(0, wdt->regs + WDT_SAFE);
	writel(1, wdt->regs + WDT_ENABLE);
	writel(readl(wdt->tim_cfg) | TIM_CONFIG_BITTEN, wdt->tim_cfg);
	irq_set_irqchip_state(wdt->irq, IRQCHIP_STATE_PENDING, true);
}

/* Thread. Reloaded, off, and its flag gone, each write behind the key. */
bool vpu_board_wdt_quieted(const struct vpu_board_wdt *wdt)
{
	return readl(wdt->regs + WDT_COUNTER) == U32_MAX && !readl(wdt->regs + WDT_ENABLE) &&
	       readl(wdt->regs + WDT_SAFE) == WDT_SAFE_KEY &&
	       !(readl(wdt->tim_cfg) & TIM_CONFIG_BITTEN);
}
