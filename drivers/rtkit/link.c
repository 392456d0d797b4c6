// SPDX-License-Identifier: GPL-2.0-only
/*
 * Apple RTKit: a co-processor that starts, sleeps and crashes by messages, and asks for the
 * memory that it needs.
 *
 * A message is 8 bytes for one of 256 endpoints, through one mailbox. Endpoints below 0x20
 * are the system's, and are served here; those from 0x20 are channels.
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/property.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "../compat.h"
#include "rtkit.h"

#define RTK_ADDR_BITS	44	/* of the addresses in requests for memory */
#define RTK_MEMORY_MAX	SZ_1M

static DEFINE_MUTEX(rtk_all_lock);
static LIST_HEAD(rtk_all);

static void rtk_port_rx(struct ferry_port *port, void *data)
{
	struct ferry_rtkit *rtk = data;

	ferry_link_rx_irq(rtk->link);
}

static void rtk_port_tx_ready(struct ferry_port *port, void *data)
{
	struct ferry_rtkit *rtk = data;

	ferry_txq_ready(&rtk->txq);
}

static const struct ferry_port_user rtk_port_user = {
	.rx = rtk_port_rx,
	.tx_ready = rtk_port_tx_ready,
};

static int rtk_start_ports(struct ferry_rtkit *rtk)
{
	int ret;

	ret = ferry_port_start(rtk->cfg.tx, &rtk_port_user, rtk);
	if (ret)
		return ret;
	ret = ferry_port_start(rtk->cfg.rx, &rtk_port_user, rtk);
	if (ret)
		ferry_port_stop(rtk->cfg.tx);
	return ret;
}

/* Process context. Messages are taken from here on. */
static int rtk_receive(struct ferry_rtkit *rtk)
{
	int ret;

	ret = rtk_start_ports(rtk);
	if (ret)
		return ret;
	rtk->ports_on = true;
	smp_store_release(&rtk->rx_on, true);	/* pairs with the acquire in rtk_poll() */
	if (ferry_port_rx_arm(rtk->cfg.rx))
		ferry_link_rx_irq(rtk->link);
	return 0;
}

/* Process context. Nothing is taken or sent from here on, and no work runs. */
static void rtk_quiet(struct ferry_rtkit *rtk)
{
	WRITE_ONCE(rtk->rx_on, false);
	synchronize_rcu();	/* the core holds it over rtk_poll() */
	cancel_work_sync(&rtk->memory_work);
	cancel_work_sync(&rtk->syslog_work);
	if (!rtk->ports_on)
		return;
	ferry_port_stop(rtk->cfg.tx);
	ferry_port_stop(rtk->cfg.rx);
	rtk->ports_on = false;
}

static int rtk_boot(struct ferry_rtkit *rtk, bool wake)
{
	int ret;

	rtk_mgmt_begin(rtk, RTK_HELLO);
	ret = rtk_receive(rtk);
	if (ret)
		return ret;
	/* One that may run already is not made to run once more. */
	rtk->in_reset = false;
	ret = rtk_mgmt_boot(rtk, wake);
	rtk->on = !ret;
	return ret;
}

static int rtk_start(struct ferry_link *link)
{
	return rtk_boot(ferry_link_priv(link), false);
}

static int rtk_wake_idle(struct ferry_rtkit *rtk)
{
	int ret = rtk_mgmt_wake_idle(rtk);

	rtk->idle = ret < 0;
	return ret;
}

/* No message wakes a CPU that is held in reset. */
static int rtk_wake(struct ferry_link *link)
{
	struct ferry_rtkit *rtk = ferry_link_priv(link);

	return rtk->idle ? rtk_wake_idle(rtk) : rtk_boot(rtk, !rtk->in_reset);
}

static int rtk_go_idle(struct ferry_rtkit *rtk)
{
	int ret = rtk_mgmt_down(rtk, RTKIT_PWR_IDLE, RTKIT_PWR_IDLE);

	rtk->idle = !ret;
	return ret;
}

/* What both sides are to be in, by how it stops. */
static int rtk_go_down(struct ferry_rtkit *rtk, enum ferry_stop how)
{
	int ret = rtk->idle ? rtk_wake_idle(rtk) : 0;

	if (ret < 0)
		return ret;
	switch (how) {
	case FERRY_STOP_SLEEP:
		return rtk_mgmt_down(rtk, RTKIT_PWR_QUIESCED, RTKIT_PWR_SLEEP);
	case FERRY_STOP_QUIESCE:
		return rtk_mgmt_down(rtk, RTKIT_PWR_QUIESCED, RTKIT_PWR_QUIESCED);
	default:
		return rtk_mgmt_down(rtk, RTKIT_PWR_OFF, RTKIT_PWR_OFF);
	}
}

/*
 * It said that it is down, or its CPU is held, or it has nothing of ours: else it may still
 * write to what it was lent.
 */
static int rtk_make_safe(struct ferry_rtkit *rtk, enum ferry_stop how, int down)
{
	int ret = down;

	if (rtk->cfg.cpu && (down || how != FERRY_STOP_QUIESCE)) {
		ret = rtk->cfg.cpu->reset(rtk->cfg.data);
		rtk->in_reset = !ret;
	} else if (!rtk->on || how == FERRY_STOP_CRASHED) {
		ret = rtk_memory_lent(rtk) ? -EBUSY : 0;
	}
	return ret;
}

static int rtk_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct ferry_rtkit *rtk = ferry_link_priv(link);
	int ret = -ENOLINK;

	if (how == FERRY_STOP_IDLE)
		return rtk_go_idle(rtk);
	if (rtk->on && how != FERRY_STOP_CRASHED)
		ret = rtk_go_down(rtk, how);
	rtk_quiet(rtk);
	ret = rtk_make_safe(rtk, how, ret);
	if (ret)
		return ret;
	rtk->on = false;
	rtk->idle = false;
	rtk_memory_forget(rtk);
	rtk_syslog_forget(rtk);
	rtk_mgmt_begin(rtk, RTK_DOWN);
	return 0;
}

static bool rtk_rearm(struct ferry_link *link)
{
	struct ferry_rtkit *rtk = ferry_link_priv(link);

	return ferry_port_rx_arm(rtk->cfg.rx);
}

/* What it says while the system sleeps waits in the mailbox, unless it may wake the system. */
static int rtk_pm(struct ferry_link *link, enum ferry_pm event)
{
	struct ferry_rtkit *rtk = ferry_link_priv(link);

	if (event == FERRY_PM_RESUME)
		return rtk->ports_on ? 0 : rtk_receive(rtk);
	flush_work(&rtk->memory_work);
	flush_work(&rtk->syslog_work);
	if (!rtk->cfg.wakes)
		rtk_quiet(rtk);
	return 0;
}

static const struct ferry_link_ops rtk_link_ops = {
	.start = rtk_start,
	.wake = rtk_wake,
	.stop = rtk_stop,
	.channel = rtk_channel,
	.release_channel = rtk_release_channel,
	.rearm = rtk_rearm,
	.dump = rtk_crashlog_dump,
	.pm = rtk_pm,
};

static const char * const rtk_phases[] = { "down", "hello", "map", "mapped", "up" };

static int rtkit_show(struct seq_file *m, void *unused)
{
	struct ferry_rtkit *rtk = m->private;

	seq_printf(m, "phase %s\n", rtk_phases[READ_ONCE(rtk->phase)]);
	seq_printf(m, "version %u\n", READ_ONCE(rtk->version));
	seq_printf(m, "endpoints %*pbl\n", RTKIT_ENDPOINTS, rtk->map);
	seq_printf(m, "started %*pbl\n", RTKIT_ENDPOINTS, rtk->started);
	seq_printf(m, "iop-power %#x\n", READ_ONCE(rtk->iop.state));
	seq_printf(m, "ap-power %#x\n", READ_ONCE(rtk->ap.state));
	seq_printf(m, "syslog-lines %llu\n", rtk->syslog.lines);
	seq_printf(m, "syslog-bad %llu\n", rtk->syslog.bad);
	seq_printf(m, "syslog-lost %llu\n", rtk->syslog.lost);
	seq_printf(m, "ignored %llu\n", rtk->ignored);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(rtkit);

static void rtk_add_files(struct ferry_rtkit *rtk)
{
	struct dentry *dir = ferry_link_debugfs(rtk->link);

	debugfs_create_file("rtkit", 0444, dir, rtk, &rtkit_fops);
	debugfs_create_file("syslog", 0400, dir, rtk, &rtk_syslog_fops);
}

static struct ferry_link *rtk_link_alloc(struct device *dev, struct ferry_rtkit *rtk)
{
	struct ferry_link_cfg cfg = {
		.name = rtk->cfg.name,
		.ops = &rtk_link_ops,
		.priv = rtk,
		.max_mtu = sizeof(u64),
		.addr_bits = RTK_ADDR_BITS,
		.stops = BIT(FERRY_STOP_SLEEP) | BIT(FERRY_STOP_QUIESCE) | BIT(FERRY_STOP_IDLE),
		/* One that cannot be reset must be left so that it can be woken. */
		.rest = rtk->cfg.cpu ? FERRY_STOP_SLEEP : FERRY_STOP_QUIESCE,
		.recover = rtk->cfg.recover,
		/* Its firmware is in place: the boot loader put it there. */
		.boots = rtk->cfg.cpu,
	};

	return ferry_link_alloc(dev, &cfg);
}

static struct ferry_provider *rtk_provider(struct device *dev, struct ferry_rtkit *rtk)
{
	const struct ferry_provide_cfg coherent = {
		.backing = FERRY_BACKING_COHERENT, .dev = dev,
		.max_size = RTK_MEMORY_MAX, .max = RTK_BUFS,
	};
	const struct ferry_provide_cfg *cfg = rtk->cfg.memory ?: &coherent;

	/* Memory of its own is not, but a grant for it is ours. */
	rtk->lends = cfg->backing == FERRY_BACKING_COHERENT || cfg->grant;
	return ferry_provider_create(rtk->link, cfg);
}

static int rtk_build(struct device *dev, struct ferry_rtkit *rtk)
{
	int ret;

	ret = rtk_system_init(rtk);
	if (ret)
		return ret;
	ret = rtk_tx_init(rtk);
	if (ret)
		goto exit_system;
	ret = rtk_rx_init(rtk);
	if (ret)
		goto exit_tx;
	rtk->provider = rtk_provider(dev, rtk);
	if (IS_ERR(rtk->provider)) {
		ret = PTR_ERR(rtk->provider);
		goto exit_rx;
	}
	ret = ferry_link_register(rtk->link);
	if (!ret)
		return 0;

	ferry_provider_destroy(rtk->provider);
exit_rx:
	ferry_rxq_exit(&rtk->rxq);
exit_tx:
	ferry_txq_exit(&rtk->txq);
exit_system:
	rtk_system_exit(rtk);
	return ret;
}

static void rtk_unbuild(struct ferry_rtkit *rtk)
{
	rtk_quiet(rtk);		/* a crashed one that could not be stopped */
	rtk_memory_forget(rtk);
	ferry_provider_destroy(rtk->provider);
	ferry_rxq_exit(&rtk->rxq);
	ferry_txq_exit(&rtk->txq);
	rtk_system_exit(rtk);
}

static struct ferry_port *rtk_find_port(struct device *dev, const struct ferry_rtkit_cfg *cfg,
					enum ferry_port_dir dir)
{
	int index = cfg->mbox_index;

	if (cfg->mbox_name) {
		index = device_property_match_string(dev, "mbox-names", cfg->mbox_name);
		if (index < 0)
			return ERR_PTR(index);
	}
	return ferry_port_get(dev, index, dir, sizeof(struct rtkit_msg));
}

/* References on both ports. */
static int rtk_get_ports(struct device *dev, struct ferry_rtkit_cfg *cfg)
{
	if (cfg->tx) {
		ferry_port_hold(cfg->tx);
		ferry_port_hold(cfg->rx);
		return 0;
	}
	cfg->tx = rtk_find_port(dev, cfg, FERRY_PORT_TX);
	if (IS_ERR(cfg->tx))
		return PTR_ERR(cfg->tx);
	cfg->rx = rtk_find_port(dev, cfg, FERRY_PORT_RX);
	if (!IS_ERR(cfg->rx))
		return 0;
	ferry_port_put(cfg->tx);
	return PTR_ERR(cfg->rx);
}

static void rtk_put_ports(struct ferry_rtkit *rtk)
{
	ferry_port_put(rtk->cfg.tx);
	ferry_port_put(rtk->cfg.rx);
}

static bool rtk_ports_fit(const struct ferry_rtkit_cfg *cfg)
{
	return cfg->tx->desc->dir == FERRY_PORT_TX && cfg->rx->desc->dir == FERRY_PORT_RX &&
	       cfg->tx->desc->max_len >= sizeof(struct rtkit_msg) &&
	       cfg->rx->desc->max_len >= sizeof(struct rtkit_msg);
}

static bool rtk_cfg_valid(struct device *dev, const struct ferry_rtkit_cfg *cfg)
{
	return (cfg->name || dev) && !cfg->tx == !cfg->rx && (cfg->tx || dev) &&
	       (cfg->memory || dev) && (!cfg->recover || cfg->cpu) &&
	       (!cfg->cpu || (cfg->cpu->run && cfg->cpu->reset));
}

/* A mailbox has one client. */
static int rtk_enter(struct ferry_rtkit *rtk)
{
	struct ferry_rtkit *other;

	guard(mutex)(&rtk_all_lock);
	list_for_each_entry(other, &rtk_all, node)
		if (other->cfg.tx == rtk->cfg.tx || other->cfg.rx == rtk->cfg.rx)
			return -EBUSY;
	list_add_tail(&rtk->node, &rtk_all);
	return 0;
}

static void rtk_leave(struct ferry_rtkit *rtk)
{
	guard(mutex)(&rtk_all_lock);
	list_del(&rtk->node);
}

static struct ferry_rtkit *rtk_alloc(struct device *dev, const struct ferry_rtkit_cfg *cfg)
{
	struct ferry_rtkit *rtk = kvzalloc(sizeof(*rtk), GFP_KERNEL);

	if (!rtk)
		return NULL;
	rtk->cfg = *cfg;
	rtk->cfg.name = cfg->name ?: dev_name(dev);
	rtk->cfg.timeout_ms = cfg->timeout_ms ?: RTK_TIMEOUT_MS;
	spin_lock_init(&rtk->lock);
	init_waitqueue_head(&rtk->wait);
	mutex_init(&rtk->ping_lock);
	rtk_memory_init(rtk);
	rtk->wq = alloc_ordered_workqueue("ferry-rtkit-%s", WQ_HIGHPRI | WQ_MEM_RECLAIM,
					  rtk->cfg.name);
	if (rtk->wq && !rtk_syslog_init(rtk))
		return rtk;
	if (rtk->wq)
		destroy_workqueue(rtk->wq);
	kvfree(rtk);
	return NULL;
}

static void rtk_free(struct ferry_rtkit *rtk)
{
	destroy_workqueue(rtk->wq);
	rtk_syslog_exit(rtk);
	mutex_destroy(&rtk->ping_lock);
	kvfree(rtk);
}

static int rtk_make_link(struct device *dev, struct ferry_rtkit *rtk)
{
	int ret;

	if (!rtk_ports_fit(&rtk->cfg))
		return -EINVAL;
	ret = rtk_enter(rtk);
	if (ret)
		return ret;
	rtk->link = rtk_link_alloc(dev, rtk);
	ret = PTR_ERR_OR_ZERO(rtk->link);
	if (!ret)
		ret = rtk_build(dev, rtk);
	if (!ret)
		return 0;
	if (!IS_ERR(rtk->link))
		ferry_link_put(rtk->link);
	rtk_leave(rtk);
	return ret;
}

/**
 * ferry_rtkit_create() - make a link to a co-processor
 * @dev:	device of the co-processor, whose parent of the link it becomes; NULL where
 *		@cfg says all that would be asked of it
 * @cfg:	where it is; copied
 *
 * The link is registered and offline.
 *
 * Context: process, may sleep.
 * Return: the co-processor, for ferry_rtkit_destroy(); ERR_PTR: -EINVAL @cfg is
 * incomplete, or a port carries no such messages; -EBUSY the mailbox has a client already;
 * what ferry_port_get() returned, -EPROBE_DEFER among others; what making the provider
 * returned; -ENODATA there is no such mailbox name; -ENOMEM.
 */
struct ferry_rtkit *ferry_rtkit_create(struct device *dev, const struct ferry_rtkit_cfg *cfg)
{
	struct ferry_rtkit *rtk;
	int ret;

	if (!rtk_cfg_valid(dev, cfg))
		return ERR_PTR(-EINVAL);
	rtk = rtk_alloc(dev, cfg);
	if (!rtk)
		return ERR_PTR(-ENOMEM);
	ret = rtk_get_ports(dev, &rtk->cfg);
	if (ret)
		goto free;
	ret = rtk_make_link(dev, rtk);
	if (ret)
		goto put_ports;
	rtk->cfg.memory = NULL;	/* the provider has it */
	rtk_add_files(rtk);
	return rtk;

put_ports:
	rtk_put_ports(rtk);
free:
	rtk_free(rtk);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_rtkit_create);

/**
 * ferry_rtkit_destroy() - take the link away
 * @rtk:	from ferry_rtkit_create()
 *
 * Stops it as ferry_link_stop() does: asleep where its CPU is held in reset then, else
 * quiesced. Endpoints still open become orphans.
 *
 * Context: process, may sleep; not in a callback of the link.
 */
void ferry_rtkit_destroy(struct ferry_rtkit *rtk)
{
	ferry_link_unregister(rtk->link);
	rtk_unbuild(rtk);
	ferry_link_put(rtk->link);
	rtk_leave(rtk);
	rtk_put_ports(rtk);
	rtk_free(rtk);
}
EXPORT_SYMBOL_GPL(ferry_rtkit_destroy);

/**
 * ferry_rtkit_link() - the link of a co-processor
 * @rtk:	from ferry_rtkit_create()
 *
 * Context: any.
 * Return: the link, without a reference: until ferry_rtkit_destroy().
 */
struct ferry_link *ferry_rtkit_link(struct ferry_rtkit *rtk)
{
	return rtk->link;
}
EXPORT_SYMBOL_GPL(ferry_rtkit_link);

/**
 * ferry_rtkit_boot() - start a co-processor
 * @rtk:	from ferry_rtkit_create()
 *
 * Lets its CPU run, where that is ours, and waits until its firmware is up. One that was
 * put to sleep here, or quiesced, is woken. As ferry_link_start().
 *
 * Context: process, may sleep; not in a callback of the link.
 * Return: 0 (also when it runs already), -ETIME it did not say in time what it had to,
 * -EINVAL it speaks no version that we do, is in another state than it was asked for, or
 * wants memory at an address that is not for it, -ENOMEM, -ENOENT it has no such endpoint
 * as a client opened, -ERESTARTSYS on a fatal signal, or as ferry_link_start().
 */
int ferry_rtkit_boot(struct ferry_rtkit *rtk)
{
	return ferry_link_start(rtk->link);
}
EXPORT_SYMBOL_GPL(ferry_rtkit_boot);

/**
 * ferry_rtkit_wake() - start a co-processor that sleeps, is quiesced or idle
 * @rtk:	from ferry_rtkit_create()
 *
 * Also one that a boot loader left so.
 *
 * Context: process, may sleep; not in a callback of the link.
 * Return: as ferry_rtkit_boot(), but -EINVAL when it runs.
 */
int ferry_rtkit_wake(struct ferry_rtkit *rtk)
{
	if (ferry_link_state(rtk->link) == FERRY_STATE_RUNNING)
		return -EINVAL;
	return ferry_link_wake(rtk->link);
}
EXPORT_SYMBOL_GPL(ferry_rtkit_wake);

/**
 * ferry_rtkit_shutdown() - put a co-processor to sleep
 * @rtk:	from ferry_rtkit_create()
 *
 * Where its CPU is ours it is held in reset then.
 *
 * Context: process, may sleep; not in a callback of the link.
 * Return: 0; -ETIME, -EINVAL, -ERESTARTSYS as ferry_rtkit_boot(), and then the link is
 * crashed and the memory stays where it is until the co-processor was reset; or as
 * ferry_link_stop().
 */
int ferry_rtkit_shutdown(struct ferry_rtkit *rtk)
{
	return ferry_link_stop_as(rtk->link, FERRY_STOP_SLEEP);
}
EXPORT_SYMBOL_GPL(ferry_rtkit_shutdown);

/**
 * ferry_rtkit_quiesce() - make a co-processor silent
 * @rtk:	from ferry_rtkit_create()
 *
 * Its firmware lives on without us, and without our memory.
 *
 * Context: process, may sleep; not in a callback of the link.
 * Return: as ferry_rtkit_shutdown().
 */
int ferry_rtkit_quiesce(struct ferry_rtkit *rtk)
{
	return ferry_link_stop_as(rtk->link, FERRY_STOP_QUIESCE);
}
EXPORT_SYMBOL_GPL(ferry_rtkit_quiesce);

/**
 * ferry_rtkit_idle() - let a co-processor save power and keep its context
 * @rtk:	from ferry_rtkit_create()
 *
 * Endpoints stay open and memory stays lent; senders find no room until
 * ferry_rtkit_wake().
 *
 * Context: process, may sleep; not in a callback of the link.
 * Return: as ferry_rtkit_shutdown(); -ENOLINK when it does not run.
 */
int ferry_rtkit_idle(struct ferry_rtkit *rtk)
{
	return ferry_link_stop_as(rtk->link, FERRY_STOP_IDLE);
}
EXPORT_SYMBOL_GPL(ferry_rtkit_idle);

/**
 * ferry_rtkit_poweroff() - switch a co-processor off
 * @rtk:	from ferry_rtkit_create()
 *
 * No message wakes it: it wants its CPU started anew.
 *
 * Context: process, may sleep; not in a callback of the link.
 * Return: as ferry_rtkit_shutdown().
 */
int ferry_rtkit_poweroff(struct ferry_rtkit *rtk)
{
	return ferry_link_stop_as(rtk->link, FERRY_STOP_OFF);
}
EXPORT_SYMBOL_GPL(ferry_rtkit_poweroff);

MODULE_DESCRIPTION("Ferry: co-processors that run Apple's RTKit");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
