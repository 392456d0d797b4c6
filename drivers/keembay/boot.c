// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: boot and stop of the VPU.
 *
 * Its memory is written only while it does not run, and that is known from the firmware
 * of the SoC alone. As soon as that was asked to start it, it counts as running until
 * a stop has succeeded; only a boot that was refused leaves it as it was.
 */
#include <asm/barrier.h>
#include <linux/clk.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/region.h>
#include <linux/firmware.h>
#include <linux/minmax.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "boot.h"
#include "keembay.h"
#include "secure.h"

/* Written under the mutex of the link. */
struct kmb_boot {
	const struct ferry_kmb_boot_cfg *cfg;
	struct ferry_kmb *kmb;
	struct kmb_wdt wdt[KMB_NR_WDTS];
	struct kmb_fw fw;		/* what was placed last */
	bool loaded;			/* and nothing has run since */
	bool running;			/* or may be */
	bool stopped;			/* for sure: nothing was booted since */
	int last_boot;			/* what the firmware of the SoC said */
	int last_stop;
	struct kmb_boot_params params;
};

static const char * const boot_reasons[KMB_NR_WDTS] = {
	[KMB_WDT_MSS] = "MSS watchdog",
	[KMB_WDT_NCE] = "NCE watchdog",
};

static struct device *boot_dev(const struct kmb_boot *boot)
{
	return ferry_link_dev(boot->kmb->link);
}

/* Hard IRQ. */
static void boot_bite(struct kmb_wdt *wdt, void *data)
{
	struct kmb_boot *boot = data;

	ferry_link_crash(boot->kmb->link, boot_reasons[wdt - boot->wdt]);
	kmb_rx_give_up(boot->kmb);
}

static void boot_arm(struct kmb_boot *boot)
{
	unsigned int i;

	for (i = 0; i < KMB_NR_WDTS; i++)
		if (boot->cfg->wdt[i].regs)
			kmb_wdt_arm(&boot->wdt[i]);
}

static void boot_disarm(struct kmb_boot *boot)
{
	unsigned int i;

	for (i = 0; i < KMB_NR_WDTS; i++)
		if (boot->cfg->wdt[i].regs)
			kmb_wdt_disarm(&boot->wdt[i]);
}

static int boot_secure_stop(struct kmb_boot *boot)
{
	boot->last_stop = ferry_kmb_secure_stop(boot->cfg->vpu_id);
	if (boot->last_stop)
		return boot->last_stop;
	boot->running = false;
	boot->stopped = true;
	boot_disarm(boot);
	return 0;
}

static int boot_parse(const struct kmb_boot *boot, const struct firmware *file, struct kmb_fw *fw)
{
	const struct kmb_fw_room room = {
		.base = boot->cfg->fw_region->remote,
		.size = boot->cfg->fw_region->size,
		.x509_size = boot->cfg->x509_region->size,
	};
	const char *why;
	int ret;

	ret = kmb_fw_parse(fw, file->data, file->size, &room, &why);
	if (ret)
		dev_err(boot_dev(boot), "firmware refused: %s\n", why);
	return ret;
}

/**
 * kmb_boot_check() - is this a firmware file for this VPU?
 * @link:	the link
 * @file:	the file
 *
 * Context: process.
 * Return: 0, or what kmb_fw_parse() returns; why is in the log.
 */
int kmb_boot_check(struct ferry_link *link, const struct firmware *file)
{
	struct ferry_kmb *kmb = ferry_link_priv(link);
	struct kmb_fw fw;

	return boot_parse(kmb->boot_control, file, &fw);
}
FERRY_EXPORT_TEST(kmb_boot_check);

static u32 boot_hz(struct clk *clk)
{
	return min_t(unsigned long, clk_get_rate(clk), U32_MAX);
}

static void boot_pack_params(struct kmb_boot *boot)
{
	const struct ferry_kmb_boot_cfg *cfg = boot->cfg;
	struct kmb_params p = {
		.vpu_id = cfg->vpu_id,
		.cpu_hz = boot_hz(cfg->clocks[0]),
		.packets_addr = boot->kmb->cfg.rx_region->remote,
		.packets_size = boot->kmb->cfg.rx_region->size,
		.mss_wdt_irq = cfg->wdt[KMB_WDT_MSS].redirect,
		.nce_wdt_irq = cfg->wdt[KMB_WDT_NCE].redirect,
		.soc = cfg->soc,
	};
	unsigned int i;

	for (i = 1; i < KMB_CLOCKS; i++)
		p.pll_hz[(i - 1) / KMB_PLL_OUTPUTS][(i - 1) % KMB_PLL_OUTPUTS] =
			boot_hz(cfg->clocks[i]);
	kmb_params_pack(&boot->params, &p);
}

/* The VPU does not run. */
static void boot_place(struct kmb_boot *boot, const struct firmware *file)
{
	const struct ferry_region *region = boot->cfg->fw_region;

	kmb_fw_copy(&boot->fw, file->data, region, boot->cfg->x509_region);
	boot_pack_params(boot);
	memcpy(ferry_region_to_cpu(region, boot->fw.config_addr, sizeof(boot->params)),
	       &boot->params, sizeof(boot->params));
}

/* Also one that nothing is known of, left behind by an earlier driver. */
static bool boot_may_run(const struct kmb_boot *boot)
{
	return boot->running ||
	       (!boot->stopped && ferry_link_state(boot->kmb->link) == FERRY_STATE_CRASHED);
}

/**
 * kmb_boot_load() - put firmware in place
 * @link:	the link
 * @file:	the file; checked once more
 *
 * The VPU is stopped first. That this fails is no error where nothing says that it
 * may run: then it is in reset, and some firmware of the SoC does not stop it twice.
 *
 * Context: process, under the mutex of the link.
 * Return: 0, what kmb_fw_parse() returns, or what stopping it returned.
 */
int kmb_boot_load(struct ferry_link *link, const struct firmware *file)
{
	struct ferry_kmb *kmb = ferry_link_priv(link);
	struct kmb_boot *boot = kmb->boot_control;
	struct kmb_fw fw;
	int ret;

	boot->loaded = false;
	ret = boot_parse(boot, file, &fw);
	if (ret)
		return ret;
	ret = boot_secure_stop(boot);
	if (ret && boot_may_run(boot)) {
		dev_err(boot_dev(boot), "the VPU may run, and stopping it failed: %d\n", ret);
		return ret;
	}
	boot->fw = fw;
	boot_place(boot, file);
	boot->loaded = true;
	dev_info(boot_dev(boot), "firmware \"%s\", %u bytes\n", fw.text, fw.image_size);
	return 0;
}
FERRY_EXPORT_TEST(kmb_boot_load);

static void boot_fill_request(const struct kmb_boot *boot, struct ferry_kmb_boot_request *req)
{
	const struct ferry_kmb_boot_cfg *cfg = boot->cfg;

	*req = (struct ferry_kmb_boot_request) {
		.fw_addr = cfg->fw_region->remote,
		.fw_size = cfg->fw_region->size,
		.entry = boot->fw.entry,
		.x509_addr = cfg->x509_region->remote,
		.x509_size = boot->fw.cert_size,
		.reserved_size = cfg->fw_region->size,
		.imr = cfg->imr,
		.vpu_id = cfg->vpu_id,
		.image_addr = boot->fw.image_addr,
		.image_size = boot->fw.image_size,
		.version_addr = boot->fw.version_addr,
		.config_addr = boot->fw.config_addr,
	};
}

/**
 * kmb_boot_start() - let the VPU run what was loaded
 * @boot:	from kmb_boot_create()
 *
 * Whoever waits for its ready message does so already. What was loaded is used up:
 * the VPU may have changed it.
 *
 * Context: process, under the mutex of the link.
 * Return: 0; -ENODATA when nothing was loaded, or what ferry_kmb_secure_boot() returned.
 */
int kmb_boot_start(struct kmb_boot *boot)
{
	struct ferry_kmb_boot_request req;

	if (!boot->loaded) {
		dev_err(boot_dev(boot), "no firmware was loaded\n");
		return -ENODATA;
	}
	boot->loaded = false;
	boot_fill_request(boot, &req);
	boot_arm(boot);
	boot->running = true;
	boot->stopped = false;
	/* Firmware, parameters, empty packets: all there before the VPU looks. */
	wmb();
	boot->last_boot = ferry_kmb_secure_boot(&req);
	if (boot->last_boot) {
		boot->running = false;
		boot_disarm(boot);
		dev_err(boot_dev(boot), "the firmware of the SoC does not boot the VPU: %d\n",
			boot->last_boot);
	}
	return boot->last_boot;
}
FERRY_EXPORT_TEST(kmb_boot_start);

/**
 * kmb_boot_stop() - put the VPU into reset
 * @boot:	from kmb_boot_create()
 * @how:	why; after a crash it is stopped even if nothing is known of a boot, which
 *		may have been that of an earlier driver
 *
 * Context: process, under the mutex of the link.
 * Return: 0: it can reach memory no more; else what ferry_kmb_secure_stop() returned.
 */
int kmb_boot_stop(struct kmb_boot *boot, enum ferry_stop how)
{
	int ret;

	if (!boot->running && how != FERRY_STOP_CRASHED)
		return 0;
	ret = boot_secure_stop(boot);
	if (ret)
		dev_err(boot_dev(boot), "the firmware of the SoC does not stop the VPU: %d\n", ret);
	return ret;
}

/**
 * kmb_boot_dump() - what is known of the VPU
 * @link:	the link
 * @out:	lines of text are added
 *
 * Context: process, under the mutex of the link.
 */
void kmb_boot_dump(struct ferry_link *link, struct seq_buf *out)
{
	struct ferry_kmb *kmb = ferry_link_priv(link);
	const struct kmb_boot *boot = kmb->boot_control;
	const struct kmb_fw *fw = &boot->fw;
	unsigned int i;

	if (fw->image_size)
		seq_buf_printf(out, "firmware \"%s\": image %#llx+%#x, entry %#llx\n", fw->text,
			       fw->image_addr, fw->image_size, fw->entry);
	else
		seq_buf_printf(out, "firmware: none was loaded\n");
	seq_buf_printf(out, "secure boot: %d, secure stop: %d\n", boot->last_boot,
		       boot->last_stop);
	for (i = 0; i < KMB_NR_WDTS; i++)
		seq_buf_printf(out, "%s: %u times, and %u while the VPU was off\n",
			       boot_reasons[i], READ_ONCE(boot->wdt[i].barks),
			       READ_ONCE(boot->wdt[i].strays));
}
FERRY_EXPORT_TEST(kmb_boot_dump);

/* The first @nr of them. */
static void boot_unwatch(struct kmb_boot *boot, unsigned int nr)
{
	while (nr--)
		if (boot->cfg->wdt[nr].regs)
			kmb_wdt_exit(&boot->wdt[nr]);
}

static int boot_watch(struct kmb_boot *boot)
{
	struct device *dev = boot_dev(boot)->parent ?: boot_dev(boot);	/* has a name already */
	unsigned int i;
	int ret;

	for (i = 0; i < KMB_NR_WDTS; i++) {
		if (!boot->cfg->wdt[i].regs)
			continue;
		ret = kmb_wdt_init(&boot->wdt[i], &boot->cfg->wdt[i], boot_bite, boot);
		if (ret) {
			dev_err(dev, "no interrupt of the %s: %d\n", boot_reasons[i], ret);
			boot_unwatch(boot, i);
			return ret;
		}
	}
	return 0;
}

/**
 * kmb_boot_create() - be ready to boot a VPU
 * @kmb:	complete but for the registration of its link; its configuration says how
 *
 * A watchdog that is pending from an earlier life is quieted.
 *
 * Context: process, may sleep.
 * Return: for kmb_boot_destroy(); -ENOMEM, or what request_irq() returns.
 */
struct kmb_boot *kmb_boot_create(struct ferry_kmb *kmb)
{
	struct kmb_boot *boot = kzalloc(sizeof(*boot), GFP_KERNEL);
	int ret;

	if (!boot)
		return ERR_PTR(-ENOMEM);
	boot->kmb = kmb;
	boot->cfg = kmb->cfg.boot;
	ret = boot_watch(boot);
	if (ret) {
		kfree(boot);
		return ERR_PTR(ret);
	}
	return boot;
}

/**
 * kmb_boot_destroy() - undo kmb_boot_create()
 * @boot:	from there, or NULL; its link is not registered any more
 *
 * Context: process, may sleep.
 */
void kmb_boot_destroy(struct kmb_boot *boot)
{
	if (!boot)
		return;
	boot_unwatch(boot, KMB_NR_WDTS);
	kfree(boot);
}
