// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: the link to the VPU, and its two doorbells.
 *
 * The bell is armed again as soon as it rang, before anything is looked at: a sender that
 * waits in a callback of the thread must be woken by the next ring. What wishes to be rung
 * the VPU hears through the events in slot zero.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/seq_buf.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "../compat.h"
#include "vchiq.h"

/* So often a bell that rings on is answered before others have their turn. */
#define BELL_ROUNDS	16

#define ODD_NAME(id, name)	[VCHIQ_ODD_##id] = name,

static const char * const odd_names[VCHIQ_NR_ODD] = { VCHIQ_ODDITIES(ODD_NAME) };

static DEFINE_MUTEX(all_lock);
static LIST_HEAD(all);

/* Any context. A ring that adds to others is one. True: it is armed; false: it rings on. */
static bool bell_take(struct ferry_vchiq *vc)
{
	guard(spinlock_irqsave)(&vc->bell_lock);
	ferry_port_recv(vc->cfg.bell, NULL, 0);
	return !ferry_port_rx_arm(vc->cfg.bell);
}

/* Any context, no lock. */
static void bell_rang(struct ferry_vchiq *vc)
{
	unsigned int i;
	bool armed;

	for (i = 0; i < BELL_ROUNDS; i++) {
		armed = bell_take(vc);
		ferry_link_rx_irq(vc->link);
		if (armed)
			return;
	}
	if (READ_ONCE(vc->ports_on))
		schedule_work(&vc->bell_work);
}

static void bell_work(struct work_struct *work)
{
	bell_rang(container_of(work, struct ferry_vchiq, bell_work));
}

static void bell_rx(struct ferry_port *port, void *data)
{
	bell_rang(data);
}

static const struct ferry_port_user port_user = {
	.rx = bell_rx,
};

/* Hard IRQ. */
static void link_room(struct ferry_link *link)
{
	struct ferry_vchiq *vc = ferry_link_priv(link);

	if (!READ_ONCE(vc->rx_on))
		return;
	vchiq_event_take(&vc->own->trigger);
	if (vchiq_event_take(&vc->own->recycle))
		ferry_txq_ready(&vc->txq);
}

/* Any context. */
static bool link_rearm(struct ferry_link *link)
{
	struct ferry_vchiq *vc = ferry_link_priv(link);

	if (!READ_ONCE(vc->rx_on))
		return false;
	vchiq_event_arm(&vc->own->sync_trigger, true);
	vchiq_event_arm(&vc->own->trigger, true);
	return vchiq_load(&vc->peer->tx_pos) != READ_ONCE(vc->rx.pos);
}

static int link_start_ports(struct ferry_vchiq *vc)
{
	int ret = ferry_port_start(vc->cfg.ring, &port_user, vc);

	if (ret)
		return ret;
	ret = ferry_port_start(vc->cfg.bell, &port_user, vc);
	if (ret)
		ferry_port_stop(vc->cfg.ring);
	else
		WRITE_ONCE(vc->ports_on, true);
	return ret;
}

/* The firmware learns of the memory, and fills its part of it. */
static int link_hand_over(struct ferry_vchiq *vc)
{
	unsigned long limit = jiffies + msecs_to_jiffies(VCHIQ_INIT_MS);
	int ret;

	ret = vc->cfg.firmware->init(vc->cfg.data, vc->cfg.region->remote);
	if (ret)
		return ret;
	vc->handed = true;
	while (!vchiq_load(&vc->peer->initialised)) {
		if (time_after(jiffies, limit))
			return -ENOTCONN;
		usleep_range(500, 600);
	}
	dma_rmb();	/* that it began, then the rest; pairs with the VPU's barrier */
	vc->version = le16_to_cpu(READ_ONCE(vc->zero->version));
	if (vc->version >= VCHIQ_VERSION_MIN && vc->version <= VCHIQ_VERSION)
		return 0;
	dev_err(ferry_link_dev(vc->link), "the VPU speaks version %u, expected %u to %u\n",
		vc->version, VCHIQ_VERSION_MIN, VCHIQ_VERSION);
	return -EPROTO;
}

/* CONNECT both ways, in any order. */
static int link_connect(struct ferry_vchiq *vc)
{
	long left;
	int ret;

	/* Pairs with the acquire in rx_poll(). */
	smp_store_release(&vc->rx_on, true);
	bell_rang(vc);
	ret = vchiq_post_wait(vc, VCHIQ_CONNECT, 0, 0, NULL, 0);
	if (ret)
		return ret;
	left = wait_for_completion_killable_timeout(&vc->connected,
						    msecs_to_jiffies(VCHIQ_TIMEOUT_MS));
	if (left < 0)
		return -ERESTARTSYS;
	return left ? 0 : -ETIMEDOUT;
}

/* Clients that were there before: their services are opened by the core. */
static void link_offer_services(struct ferry_vchiq *vc)
{
	struct vchiq_service *s;

	list_for_each_entry(s, &vc->services, node)
		if (!s->listens)
			ferry_channel_announce(&s->ch, true);
}

/* Under the mutex of the link. */
static int link_start(struct ferry_link *link)
{
	struct ferry_vchiq *vc = ferry_link_priv(link);
	int ret;

	vchiq_services_reset(vc);
	vchiq_tx_reset(vc);
	vchiq_rx_reset(vc);
	reinit_completion(&vc->connected);
	vchiq_area_init(vc);
	ret = link_start_ports(vc);
	if (ret)
		return ret;
	ret = link_hand_over(vc);
	if (!ret)
		ret = link_connect(vc);
	if (!ret)
		link_offer_services(vc);
	return ret;
}

static void link_quiet(struct ferry_vchiq *vc)
{
	WRITE_ONCE(vc->rx_on, false);
	synchronize_rcu();	/* the core holds it over poll, room and rearm */
	if (!vc->ports_on)
		return;
	WRITE_ONCE(vc->ports_on, false);
	ferry_port_stop(vc->cfg.bell);
	ferry_port_stop(vc->cfg.ring);
	cancel_work_sync(&vc->bell_work);
}

/* Under the mutex of the link. Without a reset the VPU uses the memory for ever. */
static int link_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct ferry_vchiq *vc = ferry_link_priv(link);
	int ret;

	link_quiet(vc);
	if (vc->handed && !vc->cfg.firmware->reset)
		return -EBUSY;
	ret = vc->handed ? vc->cfg.firmware->reset(vc->cfg.data) : 0;
	vc->handed = ret;
	if (!ret)
		vchiq_bulk_reset(vc);
	return ret;
}

static void link_dump(struct ferry_link *link, struct seq_buf *out)
{
	struct ferry_vchiq *vc = ferry_link_priv(link);
	unsigned int i;

	seq_buf_printf(out, "version %u\ntx_pos %#x\nrx_pos %#x\n", vc->version, vc->tx.pos,
		       vc->rx.pos);
	for (i = 0; i < VCHIQ_NR_ODD; i++)
		seq_buf_printf(out, "odd-%s %llu\n", odd_names[i], vc->odd[i]);
}

static const struct ferry_link_ops link_ops = {
	.start = link_start,
	.stop = link_stop,
	.channel = vchiq_channel,
	.release_channel = vchiq_release_channel,
	.room = link_room,
	.rearm = link_rearm,
	.dump = link_dump,
};

static int vchiq_show(struct seq_file *m, void *unused)
{
	struct ferry_vchiq *vc = m->private;
	unsigned int i;

	seq_printf(m, "version %u\n", READ_ONCE(vc->version));
	seq_printf(m, "tx-pos %#x\n", READ_ONCE(vc->tx.pos));
	seq_printf(m, "tx-slots %u of %u free\n", READ_ONCE(vc->tx.avail) - READ_ONCE(vc->tx.begun),
		   vc->tx.nr);
	seq_printf(m, "tx-data-slots %u of %u\n", READ_ONCE(vc->tx.data_slots), vc->tx.max_data);
	seq_printf(m, "tx-paused %u\n", READ_ONCE(vc->tx.paused));
	seq_printf(m, "rx-pos %#x\n", READ_ONCE(vc->rx.pos));
	seq_printf(m, "rx-slots %u of %u held\n",
		   vc->rx.nr - (READ_ONCE(vc->rx.recycled) - READ_ONCE(vc->rx.begun)), vc->rx.nr);
	seq_printf(m, "rx-waiting %u\n", READ_ONCE(vc->nr_parked));
	seq_printf(m, "bulks %u of %u\n", vchiq_bulk_count(vc), VCHIQ_BULKS);
	seq_printf(m, "bulk-aborts %llu\n", READ_ONCE(vc->bulk.aborts));
	seq_printf(m, "uses %u\n", READ_ONCE(vc->uses));
	seq_printf(m, "closing %u\n", bitmap_weight(vc->closing, VCHIQ_PORTS));
	for (i = 0; i < VCHIQ_NR_ODD; i++)
		seq_printf(m, "odd-%s %llu\n", odd_names[i], READ_ONCE(vc->odd[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vchiq);

/* Process context. The one of a link, or NULL. */
struct ferry_vchiq *vchiq_find(struct ferry_link *link)
{
	struct ferry_vchiq *vc;

	guard(mutex)(&all_lock);
	list_for_each_entry(vc, &all, node)
		if (vc->link == link)
			return vc;
	return NULL;
}

static struct ferry_vchiq *vchiq_alloc(const struct ferry_vchiq_cfg *cfg)
{
	struct ferry_vchiq *vc = kvzalloc(sizeof(*vc), GFP_KERNEL);

	if (!vc)
		return NULL;
	vc->table = kvcalloc(VCHIQ_PORTS, sizeof(*vc->table), GFP_KERNEL);
	if (!vc->table) {
		kvfree(vc);
		return NULL;
	}
	vc->cfg = *cfg;
	INIT_LIST_HEAD(&vc->node);
	INIT_LIST_HEAD(&vc->parked);
	INIT_LIST_HEAD(&vc->listening);
	INIT_LIST_HEAD(&vc->services);
	INIT_LIST_HEAD(&vc->versions);
	INIT_WORK(&vc->bell_work, bell_work);
	init_completion(&vc->connected);
	mutex_init(&vc->versions_lock);
	spin_lock_init(&vc->bell_lock);
	spin_lock_init(&vc->lock);
	vchiq_bulk_init(vc);
	ferry_region_hold(cfg->region);
	ferry_port_hold(cfg->ring);
	ferry_port_hold(cfg->bell);
	return vc;
}

static void vchiq_free(struct ferry_vchiq *vc)
{
	vchiq_versions_free(vc);
	mutex_destroy(&vc->versions_lock);
	ferry_port_put(vc->cfg.bell);
	ferry_port_put(vc->cfg.ring);
	ferry_region_put(vc->cfg.region);
	kvfree(vc->table);
	kvfree(vc);
}

static int vchiq_make_link(struct ferry_vchiq *vc, struct device *parent)
{
	struct ferry_link_cfg cfg = {
		.name = vc->cfg.name,
		.ops = &link_ops,
		.priv = vc,
		.max_mtu = FERRY_VCHIQ_MTU,
		.addr_bits = 32,
		.dma_dev = parent,
		.recover = vc->cfg.recover,
	};

	vc->link = ferry_link_alloc(parent, &cfg);
	return PTR_ERR_OR_ZERO(vc->link);
}

static int vchiq_build(struct ferry_vchiq *vc)
{
	int ret;

	ret = ferry_link_add_region(vc->link, vc->cfg.region);
	if (ret)
		return ret;
	ret = vchiq_tx_init(vc);
	if (!ret)
		ret = vchiq_rx_init(vc);
	if (!ret)
		ret = ferry_link_register(vc->link);
	if (!ret)
		return 0;
	vchiq_rx_exit(vc);
	vchiq_tx_exit(vc);
	ferry_link_remove_region(vc->link, vc->cfg.region);
	return ret;
}

/**
 * ferry_vchiq_create - make a link to a VPU
 * @parent:	device of it, whose dma-ranges and DMA mask are the VPU's view of memory; or
 *		NULL: nothing can be imported
 * @cfg:	what it is made of; copied, but for what it points to
 *
 * The link is registered and offline.
 *
 * Context: process, may sleep.
 *
 * Return: the link's, for ferry_vchiq_destroy(); ERR_PTR: -EINVAL @cfg is incomplete, or the
 * region is too small or not aligned to slots, -ERANGE the VPU cannot address it, -ENOMEM,
 * or what ferry_link_register() returned.
 */
struct ferry_vchiq *ferry_vchiq_create(struct device *parent, const struct ferry_vchiq_cfg *cfg)
{
	struct ferry_vchiq *vc;
	int ret;

	if (!cfg->name || !cfg->region || !cfg->ring || !cfg->bell || !cfg->firmware ||
	    !cfg->firmware->init || (cfg->line != 32 && cfg->line != 64) ||
	    (cfg->recover && !cfg->firmware->reset))
		return ERR_PTR(-EINVAL);
	vc = vchiq_alloc(cfg);
	if (!vc)
		return ERR_PTR(-ENOMEM);
	ret = vchiq_area_layout(vc);
	if (ret)
		goto free;
	ret = vchiq_make_link(vc, parent);
	if (ret)
		goto free;
	ret = vchiq_build(vc);
	if (ret)
		goto put_link;
	debugfs_create_file("vchiq", 0444, ferry_link_debugfs(vc->link), vc, &vchiq_fops);
	scoped_guard(mutex, &all_lock)
		list_add_tail(&vc->node, &all);
	return vc;

put_link:
	ferry_link_put(vc->link);
free:
	vchiq_free(vc);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_vchiq_create);

/**
 * ferry_vchiq_destroy - take the link away
 * @vc:		from ferry_vchiq_create(); endpoints still open become orphans
 *
 * Where the VPU cannot be reset its memory stays in quarantine.
 *
 * Context: process, may sleep; not in a callback of the link.
 */
void ferry_vchiq_destroy(struct ferry_vchiq *vc)
{
	scoped_guard(mutex, &all_lock)
		list_del(&vc->node);
	ferry_link_unregister(vc->link);
	link_quiet(vc);		/* a crashed one that could not be stopped */
	vchiq_bulk_reset(vc);
	vchiq_rx_exit(vc);
	vchiq_tx_exit(vc);
	ferry_link_remove_region(vc->link, vc->cfg.region);
	ferry_link_put(vc->link);
	vchiq_free(vc);
}
EXPORT_SYMBOL_GPL(ferry_vchiq_destroy);

/**
 * ferry_vchiq_link - the link to a VPU
 * @vc:		from ferry_vchiq_create()
 *
 * Context: any.
 *
 * Return: the link, without a reference of its own.
 */
struct ferry_link *ferry_vchiq_link(struct ferry_vchiq *vc)
{
	return vc->link;
}
EXPORT_SYMBOL_GPL(ferry_vchiq_link);

static int __init vchiq_init(void)
{
	return vchiq_probe_init();
}
module_init(vchiq_init);

static void __exit vchiq_exit(void)
{
	vchiq_probe_exit();
}
module_exit(vchiq_exit);

MODULE_DESCRIPTION("Ferry: VCHIQ, services of the VideoCore");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
