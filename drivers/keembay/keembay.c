// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: messages between the CPU and the VPU of Intel's SoC.
 *
 * A message is a packet of 64 bytes in the region of its sender that names a payload;
 * the address of the packet goes through a hardware FIFO. The receiver marks the
 * packet as free. Channels have numbers and are not negotiated.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "../compat.h"
#include "keembay.h"

static void kmb_port_rx(struct ferry_port *port, void *data)
{
	struct ferry_kmb *kmb = data;

	ferry_link_rx_irq(kmb->link);
}

static void kmb_port_tx_ready(struct ferry_port *port, void *data)
{
	struct ferry_kmb *kmb = data;

	ferry_txq_ready(&kmb->txq);
}

static const struct ferry_port_user kmb_port_user = {
	.rx = kmb_port_rx,
	.tx_ready = kmb_port_tx_ready,
};

/* Process context. Nothing is received from here on; nothing is sent already. */
static void kmb_quiet(struct ferry_kmb *kmb)
{
	ferry_port_stop(kmb->cfg.tx);
	ferry_port_stop(kmb->cfg.rx);
	kmb_rx_close(kmb);
}

/* When this returns 0 the core takes back what the VPU has of ours. */
static int kmb_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct ferry_kmb *kmb = ferry_link_priv(link);

	kmb_quiet(kmb);
	/* Where it is not ours to boot, all memory that it can reach is set apart for it. */
	return kmb->boot_control ? kmb_boot_stop(kmb->boot_control, how) : 0;
}

static const char *kmb_not_ready(int err)
{
	switch (err) {
	case -EPROTO:
		return "it says something else";
	case -ENOLINK:
		return "its watchdog came first";
	default:
		return "it says nothing";
	}
}

static int kmb_wait_ready(struct ferry_kmb *kmb)
{
	int ret = kmb_rx_wait_ready(kmb);

	if (ret)
		dev_err(ferry_link_dev(kmb->link), "VPU is not ready: %s\n", kmb_not_ready(ret));
	return ret;
}

/* The core calls kmb_stop() when this fails. */
static int kmb_start(struct ferry_link *link)
{
	struct ferry_kmb *kmb = ferry_link_priv(link);
	int ret;

	kmb_tx_open(kmb);
	ret = ferry_port_start(kmb->cfg.tx, &kmb_port_user, kmb);
	if (ret)
		return ret;
	ret = ferry_port_start(kmb->cfg.rx, &kmb_port_user, kmb);
	if (ret)
		return ret;
	/* Before the VPU runs: it may say at once that it is up. */
	kmb_rx_open(kmb);
	if (kmb->boot_control)
		ret = kmb_boot_start(kmb->boot_control);
	if (!ret && kmb->cfg.wait_ready)
		ret = kmb_wait_ready(kmb);
	return ret;
}

static struct ferry_channel *kmb_channel(struct ferry_link *link, const struct ferry_id *id)
{
	struct ferry_kmb *kmb = ferry_link_priv(link);
	struct ferry_channel *ch;

	if (id->name || id->number >= KMB_CHANNELS)
		return ERR_PTR(-ENOENT);
	ch = kzalloc(sizeof(*ch), GFP_KERNEL);
	if (!ch)
		return ERR_PTR(-ENOMEM);
	ch->number = id->number;
	ch->cls = id->number < KMB_HS_CHANNELS ? FERRY_CLASS_HS : FERRY_CLASS_GP;
	ch->mtu = kmb->mtu;
	ch->buf_max = KMB_BUF_MAX;
	ch->ops = &kmb_channel_ops;
	ch->txq = &kmb->txq;
	ch->rxq = &kmb->rxq;
	rcu_assign_pointer(kmb->channel[id->number], ch);
	return ch;
}

static void kmb_release_channel(struct ferry_link *link, struct ferry_channel *ch)
{
	struct ferry_kmb *kmb = ferry_link_priv(link);

	RCU_INIT_POINTER(kmb->channel[ch->number], NULL);
	synchronize_rcu();
	kfree(ch);
}

static bool kmb_rearm(struct ferry_link *link)
{
	struct ferry_kmb *kmb = ferry_link_priv(link);

	return ferry_port_rx_arm(kmb->cfg.rx);
}

static const struct ferry_link_ops kmb_link_ops = {
	.start = kmb_start,
	.stop = kmb_stop,
	.channel = kmb_channel,
	.release_channel = kmb_release_channel,
	.rearm = kmb_rearm,
};

static const struct ferry_link_ops kmb_boot_link_ops = {
	.start = kmb_start,
	.stop = kmb_stop,
	.channel = kmb_channel,
	.release_channel = kmb_release_channel,
	.rearm = kmb_rearm,
	.check = kmb_boot_check,
	.load = kmb_boot_load,
	.dump = kmb_boot_dump,
};

static bool kmb_region_fits(const struct ferry_region *region)
{
	return IS_ALIGNED(region->remote, KMB_PACKET_SIZE) &&
	       IS_ALIGNED((uintptr_t)region->vaddr, sizeof(u64)) &&
	       region->size >= KMB_PACKET_SIZE;
}

static bool kmb_boot_cfg_valid(const struct ferry_kmb_boot_cfg *cfg)
{
	unsigned int i;

	for (i = 0; i < KMB_NR_WDTS; i++)
		if (!cfg->wdt[i].regs != !cfg->wdt[i].tim_cfg)
			return false;
	return cfg->fw_region && cfg->x509_region;
}

static bool kmb_cfg_valid(const struct ferry_kmb_cfg *cfg)
{
	return cfg->name && cfg->tx && cfg->rx && cfg->tx_region && cfg->rx_region &&
	       cfg->tx->desc->dir == FERRY_PORT_TX && cfg->tx->desc->max_len >= sizeof(u32) &&
	       cfg->rx->desc->dir == FERRY_PORT_RX && cfg->rx->desc->max_len >= sizeof(u32) &&
	       kmb_region_fits(cfg->tx_region) && kmb_region_fits(cfg->rx_region) &&
	       (!cfg->boot || kmb_boot_cfg_valid(cfg->boot));
}

/* All regions of the configuration; NULL where it has none. */
#define KMB_REGIONS	4

static struct ferry_region *kmb_region_nr(const struct ferry_kmb *kmb, unsigned int nr)
{
	struct ferry_region *regions[KMB_REGIONS] = {
		kmb->cfg.tx_region,
		kmb->cfg.rx_region,
		kmb->cfg.boot ? kmb->cfg.boot->fw_region : NULL,
		kmb->cfg.boot ? kmb->cfg.boot->x509_region : NULL,
	};

	return regions[nr];
}

/* The first @nr of them. */
static void kmb_remove_regions(struct ferry_kmb *kmb, unsigned int nr)
{
	while (nr--)
		if (kmb_region_nr(kmb, nr))
			ferry_link_remove_region(kmb->link, kmb_region_nr(kmb, nr));
}

static int kmb_add_regions(struct ferry_kmb *kmb)
{
	unsigned int i;
	int ret;

	for (i = 0; i < KMB_REGIONS; i++) {
		if (!kmb_region_nr(kmb, i))
			continue;
		ret = ferry_link_add_region(kmb->link, kmb_region_nr(kmb, i));
		if (ret) {
			kmb_remove_regions(kmb, i);
			return ret;
		}
	}
	return 0;
}

static int kmb_build_boot(struct ferry_kmb *kmb)
{
	struct kmb_boot *boot;

	if (!kmb->cfg.boot)
		return 0;
	boot = kmb_boot_create(kmb);
	if (IS_ERR(boot))
		return PTR_ERR(boot);
	kmb->boot_control = boot;
	return 0;
}

static int kmb_build(struct ferry_kmb *kmb)
{
	int ret;

	ret = kmb_add_regions(kmb);
	if (ret)
		return ret;
	ret = kmb_tx_init(kmb);
	if (ret)
		goto remove_regions;
	ret = kmb_rx_init(kmb);
	if (ret)
		goto exit_tx;
	ret = kmb_build_boot(kmb);
	if (ret)
		goto exit_rx;
	ret = ferry_link_register(kmb->link);
	if (!ret)
		return 0;

	kmb_boot_destroy(kmb->boot_control);
exit_rx:
	kmb_rx_exit(kmb);
exit_tx:
	kmb_tx_exit(kmb);
remove_regions:
	kmb_remove_regions(kmb, KMB_REGIONS);
	return ret;
}

static struct ferry_link *kmb_link_alloc(struct device *dev, struct ferry_kmb *kmb)
{
	struct ferry_link_cfg cfg = {
		.name = kmb->cfg.name,
		.ops = &kmb_link_ops,
		.priv = kmb,
		.max_mtu = KMB_MTU,
		.addr_bits = 32,
		.dma_dev = dev,
	};

	if (kmb->cfg.boot) {
		cfg.ops = &kmb_boot_link_ops;
		cfg.boots = true;
		cfg.recover = true;
		cfg.firmware = kmb->cfg.boot->firmware;
		cfg.auto_boot = kmb->cfg.boot->auto_boot;
	}
	return ferry_link_alloc(dev, &cfg);
}

static void kmb_hold_cfg(const struct ferry_kmb_cfg *cfg)
{
	ferry_port_hold(cfg->tx);
	ferry_port_hold(cfg->rx);
	ferry_region_hold(cfg->tx_region);
	ferry_region_hold(cfg->rx_region);
	if (cfg->boot) {
		ferry_region_hold(cfg->boot->fw_region);
		ferry_region_hold(cfg->boot->x509_region);
	}
}

static void kmb_put_cfg(const struct ferry_kmb_cfg *cfg)
{
	ferry_port_put(cfg->tx);
	ferry_port_put(cfg->rx);
	ferry_region_put(cfg->tx_region);
	ferry_region_put(cfg->rx_region);
	if (cfg->boot) {
		ferry_region_put(cfg->boot->fw_region);
		ferry_region_put(cfg->boot->x509_region);
	}
}

static void kmb_copy_cfg(struct ferry_kmb *kmb, const struct ferry_kmb_cfg *cfg)
{
	kmb->cfg = *cfg;
	if (!cfg->boot)
		return;
	kmb->boot_cfg = *cfg->boot;
	kmb->cfg.boot = &kmb->boot_cfg;
	kmb->cfg.wait_ready = true;
}

/**
 * ferry_kmb_create() - make a link to a VPU
 * @dev:	device of the VPU, or NULL
 * @cfg:	where it is; references are taken
 *
 * The link is registered. It is offline, or, where the VPU is to be booted at once,
 * about to do that. Ends with ferry_kmb_destroy().
 *
 * Context: process, may sleep.
 * Return: the link's private part; -EINVAL when @cfg is incomplete, a port carries no
 * words, or a region is not aligned to packets; -ERANGE for a region beyond 4 GiB,
 * -EEXIST for overlapping ones, what request_irq() returned for a watchdog, -ENOMEM:
 * also when the CPU's region is too small.
 */
struct ferry_kmb *ferry_kmb_create(struct device *dev, const struct ferry_kmb_cfg *cfg)
{
	struct ferry_kmb *kmb;
	int ret;

	if (!kmb_cfg_valid(cfg))
		return ERR_PTR(-EINVAL);
	kmb = kvzalloc(sizeof(*kmb), GFP_KERNEL);
	if (!kmb)
		return ERR_PTR(-ENOMEM);
	kmb_copy_cfg(kmb, cfg);
	kmb->link = kmb_link_alloc(dev, kmb);
	if (IS_ERR(kmb->link)) {
		ret = PTR_ERR(kmb->link);
		goto free;
	}
	ret = kmb_build(kmb);
	if (ret)
		goto put_link;
	kmb_hold_cfg(cfg);
	return kmb;

put_link:
	ferry_link_put(kmb->link);
free:
	kvfree(kmb);
	return ERR_PTR(ret);
}

FERRY_EXPORT_TEST(ferry_kmb_create);

/**
 * ferry_kmb_destroy() - take the link away
 * @kmb:	from ferry_kmb_create()
 *
 * Endpoints still open become orphans.
 *
 * Context: process, may sleep; not in a callback of the link.
 */
void ferry_kmb_destroy(struct ferry_kmb *kmb)
{
	ferry_link_unregister(kmb->link);
	kmb_boot_destroy(kmb->boot_control);
	kmb_quiet(kmb);		/* a crashed one that could not be stopped */
	kmb_rx_exit(kmb);
	kmb_tx_exit(kmb);
	kmb_remove_regions(kmb, KMB_REGIONS);
	ferry_link_put(kmb->link);
	kmb_put_cfg(&kmb->cfg);
	kvfree(kmb);
}

FERRY_EXPORT_TEST(ferry_kmb_destroy);
