// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMD: an edge, its link and its two doorbells.
 *
 * The bell is armed as a port is: it rings once, then it is looked at everything, and
 * when nothing is left it is armed again. While a sender waits for room it is armed at
 * once, since the thread that would do that may be the one that waits.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/smem.h>
#include <linux/module.h>
#include <linux/property.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "../compat.h"
#include "probe.h"
#include "smd.h"

/* Rings that are taken at a time: a bell that does not merge them has many. */
#define BELL_MAX		64
/* How often a bell that rings again at once is answered before others have their turn. */
#define BELL_ROUNDS		4
/* Scans after one that found nothing, each after eight times as long. */
#define EDGE_RESCANS		3
#define EDGE_RESCAN_MS		10
/* So late at most comes a ring that should not have been spared. */
#define EDGE_SPARE_MS		2

/* Any context. */
void smd_kick(struct ferry_smd *smd)
{
	wmb();	/* what was written before the doorbell: it is another kind of memory */
	ferry_port_send(smd->cfg.kick, NULL, 0, 0);
}

/* Hard IRQ. */
static enum hrtimer_restart edge_made_up(struct hrtimer *timer)
{
	struct ferry_smd *smd = container_of(timer, struct ferry_smd, spare_timer);
	bool unheard = false;
	struct smd_channel *c;

	/* Whoever spares a ring from here on sets the timer anew. */
	smp_store_mb(smd->spared, false);
	rcu_read_lock();
	list_for_each_entry_rcu(c, &smd->channels, node)
		unheard |= smd_channel_unheard(c);
	rcu_read_unlock();
	if (unheard)
		smd_kick(smd);
	return HRTIMER_NORESTART;
}

/* Any context. The remote need not be rung, if it is as it seems to be. */
void smd_kick_later(struct ferry_smd *smd)
{
	if (READ_ONCE(smd->spared) || !READ_ONCE(smd->running))
		return;
	WRITE_ONCE(smd->spared, true);
	hrtimer_start(&smd->spare_timer, ms_to_ktime(EDGE_SPARE_MS), HRTIMER_MODE_REL);
}

/* Any context. */
void smd_queue_work(struct ferry_smd *smd)
{
	if (READ_ONCE(smd->running))
		queue_work(smd->wq, &smd->work);
}

/* Any context. Did it ring? */
static bool bell_take(struct ferry_smd *smd)
{
	/* Of one that adds its rings up there is no second one. */
	unsigned int n, max = smd->cfg.bell->desc->flags & FERRY_PORT_MERGES ? 1 : BELL_MAX;
	unsigned long flags;

	spin_lock_irqsave(&smd->bell_lock, flags);
	for (n = 0; n < max; n++)
		if (ferry_port_recv(smd->cfg.bell, NULL, 0) < 0)
			break;
	spin_unlock_irqrestore(&smd->bell_lock, flags);
	return n;
}

/* Any context, under a lock of the core. A sender waits, and must hear the next ring. */
void smd_bell_arm(struct ferry_smd *smd)
{
	WRITE_ONCE(smd->eager, true);
	if (ferry_port_rx_arm(smd->cfg.bell)) {
		WRITE_ONCE(smd->bell_due, true);
		smd_queue_work(smd);
	}
}

/* Any context, RCU read side. @rang: the remote did. */
static void edge_look(struct ferry_smd *smd, bool rang)
{
	struct smd_channel *c;

	list_for_each_entry_rcu(c, &smd->channels, node)
		smd_channel_look(c, rang);
}

/* Any context, no lock. */
static void edge_rang(struct ferry_smd *smd)
{
	unsigned int i;

	for (i = 0; i < BELL_ROUNDS; i++) {
		bell_take(smd);
		ferry_link_rx_irq(smd->link);
		if (!READ_ONCE(smd->eager) || !ferry_port_rx_arm(smd->cfg.bell))
			return;
	}
	WRITE_ONCE(smd->bell_due, true);
	smd_queue_work(smd);
}

static void edge_bell(struct ferry_port *port, void *data)
{
	edge_rang(data);
}

static const struct ferry_port_user edge_port_user = {
	.rx = edge_bell,
};

/* Any context. Who makes a channel allocates, so that the free space shows it. */
static void edge_look_for_space(struct ferry_smd *smd)
{
	if (smd->cfg.role != FERRY_SMD_SCANS ||
	    ferry_smem_free_space(smd->cfg.smem, smd->cfg.host) == READ_ONCE(smd->space))
		return;
	WRITE_ONCE(smd->rescans, 0);
	WRITE_ONCE(smd->scan_due, true);
	smd_queue_work(smd);
}

/*
 * The entry of a channel is written after its memory was allocated: a scan between the two
 * saw nothing, and the free space will not change again.
 */
static void edge_scan(struct ferry_smd *smd)
{
	unsigned int n = smd->rescans;

	if (smd_scan(smd) || n >= EDGE_RESCANS)
		return;
	smd->rescans = n + 1;
	queue_delayed_work(smd->wq, &smd->later, msecs_to_jiffies(EDGE_RESCAN_MS << (3 * n)));
}

static void edge_later(struct work_struct *work)
{
	struct ferry_smd *smd = container_of(to_delayed_work(work), struct ferry_smd, later);

	WRITE_ONCE(smd->scan_due, true);
	smd_queue_work(smd);
}

static void edge_room(struct ferry_link *link)
{
	edge_look(ferry_link_priv(link), true);
}

static bool edge_rearm(struct ferry_link *link)
{
	struct ferry_smd *smd = ferry_link_priv(link);
	bool rang;

	WRITE_ONCE(smd->eager, false);
	edge_look_for_space(smd);
	rang = ferry_port_rx_arm(smd->cfg.bell);
	if (rang && bell_take(smd))
		edge_look(smd, true);
	return rang;
}

static void edge_work(struct work_struct *work)
{
	struct ferry_smd *smd = container_of(work, struct ferry_smd, work);
	struct smd_channel *c;

	if (!READ_ONCE(smd->running))
		return;
	if (xchg(&smd->bell_due, false))
		edge_rang(smd);
	if (smd->cfg.role == FERRY_SMD_SCANS && xchg(&smd->scan_due, false))
		edge_scan(smd);
	guard(mutex)(&smd->table_lock);
	list_for_each_entry(c, &smd->channels, node)
		smd_channel_work(c);
}

static int edge_start_ports(struct ferry_smd *smd)
{
	int ret = ferry_port_start(smd->cfg.kick, &edge_port_user, smd);

	if (ret)
		return ret;
	ret = ferry_port_start(smd->cfg.bell, &edge_port_user, smd);
	if (ret)
		ferry_port_stop(smd->cfg.kick);
	return ret;
}

/* Under the mutex of the link. */
static int edge_start(struct ferry_link *link)
{
	struct ferry_smd *smd = ferry_link_priv(link);
	struct smd_channel *c;
	int ret;

	ret = edge_start_ports(smd);
	if (ret)
		return ret;
	rcu_read_lock();
	list_for_each_entry_rcu(c, &smd->channels, node) {
		smd_channel_start(c, smd->again);
		smd_channel_offer(c);
	}
	WRITE_ONCE(smd->running, true);
	edge_look(smd, false);
	rcu_read_unlock();
	smd_kick(smd);
	WRITE_ONCE(smd->scan_due, true);
	smd_queue_work(smd);
	if (ferry_port_rx_arm(smd->cfg.bell))
		ferry_link_rx_irq(link);
	return 0;
}

static int edge_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct ferry_smd *smd = ferry_link_priv(link);

	smd->again = how == FERRY_STOP_CRASHED || smd->follows;
	if (!smd->running)
		return 0;	/* it did not start */
	WRITE_ONCE(smd->running, false);
	ferry_port_stop(smd->cfg.bell);
	ferry_port_stop(smd->cfg.kick);
	hrtimer_cancel(&smd->spare_timer);
	WRITE_ONCE(smd->spared, false);
	/* Who died in the middle of an allocation must not keep others from theirs. */
	if (how == FERRY_STOP_CRASHED && smd->cfg.host != FERRY_SMEM_HOST_ANY)
		ferry_smem_bust(smd->cfg.smem, smd->cfg.host);
	return 0;
}

static const struct ferry_link_ops edge_link_ops = {
	.start = edge_start,
	.stop = edge_stop,
	.room = edge_room,
	.rearm = edge_rearm,
};

static void edge_free(struct ferry_smd *smd)
{
	if (smd->wq)
		destroy_workqueue(smd->wq);
	ferry_link_put(smd->link);
	fwnode_handle_put(smd->cfg.fwnode);
	ferry_port_put(smd->cfg.bell);
	ferry_port_put(smd->cfg.kick);
	ferry_smem_put(smd->cfg.smem);
	mutex_destroy(&smd->table_lock);
	kfree(smd);
}

static struct ferry_smd *edge_alloc(const struct ferry_smd_cfg *cfg)
{
	struct ferry_smd *smd = kzalloc(sizeof(*smd), GFP_KERNEL);

	if (!smd)
		return NULL;
	smd->cfg = *cfg;
	INIT_LIST_HEAD(&smd->channels);
	mutex_init(&smd->table_lock);
	spin_lock_init(&smd->bell_lock);
	init_waitqueue_head(&smd->wait);
	INIT_WORK(&smd->work, edge_work);
	INIT_DELAYED_WORK(&smd->later, edge_later);
	ferry_hrtimer_setup(&smd->spare_timer, edge_made_up, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	ferry_smem_hold(cfg->smem);
	ferry_port_hold(cfg->kick);
	ferry_port_hold(cfg->bell);
	fwnode_handle_get(cfg->fwnode);
	return smd;
}

static int edge_register(struct ferry_smd *smd, struct device *parent)
{
	struct ferry_link_cfg cfg = {
		.name = smd->cfg.name,
		.ops = &edge_link_ops,
		.priv = smd,
		.max_mtu = SMD_MTU_MAX,
		.addr_bits = 64,
		.appear_ms = SMD_APPEAR_MS,
		.recover = smd->cfg.recover,
	};

	smd->wq = alloc_ordered_workqueue("smd-%s", 0, smd->cfg.name);
	if (!smd->wq)
		return -ENOMEM;
	smd->link = ferry_link_alloc(parent, &cfg);
	if (IS_ERR(smd->link)) {
		int ret = PTR_ERR(smd->link);

		smd->link = NULL;
		return ret;
	}
	return ferry_link_register(smd->link);
}

/**
 * ferry_smd_create - make an edge
 * @parent:	device of it, or NULL
 * @cfg:	what it is made of; copied, but for what it points to
 *
 * Its link is offline until ferry_link_start(), or until an rproc that it follows runs.
 *
 * Context: process, may sleep.
 *
 * Return: the edge, for ferry_smd_destroy(), or ERR_PTR: -EINVAL, -ENOMEM, or what
 * ferry_link_register() returned.
 */
struct ferry_smd *ferry_smd_create(struct device *parent, const struct ferry_smd_cfg *cfg)
{
	struct ferry_smd *smd;
	int ret;

	if (!cfg->name || !cfg->smem || !cfg->kick || !cfg->bell || cfg->edge > U8_MAX)
		return ERR_PTR(-EINVAL);
	smd = edge_alloc(cfg);
	if (!smd)
		return ERR_PTR(-ENOMEM);
	ret = edge_register(smd, parent);
	if (!ret)
		return smd;
	edge_free(smd);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_smd_create);

/**
 * ferry_smd_destroy - take an edge away
 * @smd:	the edge; endpoints still open become orphans
 *
 * Context: process, may sleep; not in a callback of the link.
 */
void ferry_smd_destroy(struct ferry_smd *smd)
{
	/* First nothing rings any more, then nothing works any more. */
	ferry_link_unregister(smd->link);
	cancel_delayed_work_sync(&smd->later);
	cancel_work_sync(&smd->work);
	hrtimer_cancel(&smd->spare_timer);
	smd_forget(smd);
	edge_free(smd);
}
EXPORT_SYMBOL_GPL(ferry_smd_destroy);

/**
 * ferry_smd_link - the link of an edge
 * @smd:	the edge
 *
 * Context: any.
 *
 * Return: the link, without a reference of its own.
 */
struct ferry_link *ferry_smd_link(struct ferry_smd *smd)
{
	return smd->link;
}
EXPORT_SYMBOL_GPL(ferry_smd_link);

/**
 * ferry_smd_follow - the remote of an edge is run by an rproc
 * @smd:	the edge, offline
 * @rproc:	the caller holds a reference until after ferry_smd_destroy()
 *
 * As ferry_link_follow(). Whatever the remote left in memory is of another life then,
 * also after an orderly stop.
 *
 * Context: process, may sleep; without the lock of @rproc.
 *
 * Return: what ferry_link_follow() returns.
 */
int ferry_smd_follow(struct ferry_smd *smd, struct rproc *rproc)
{
	smd->follows = true;
	return ferry_link_follow(smd->link, rproc);
}
EXPORT_SYMBOL_GPL(ferry_smd_follow);

static int __init smd_init(void)
{
	return smd_probe_init();
}
module_init(smd_init);

static void __exit smd_exit(void)
{
	smd_probe_exit();
}
module_exit(smd_exit);

MODULE_DESCRIPTION("Ferry: SMD, channels in the shared memory of Qualcomm SoCs");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
