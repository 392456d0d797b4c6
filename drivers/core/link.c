// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links: making, registering and finding them.
 */
#include <linux/debugfs.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "core.h"
#include "dmabuf.h"
#include "memory.h"

struct workqueue_struct *ferry_wq;

static DEFINE_MUTEX(links_lock);
static LIST_HEAD(links);

static void link_release(struct device *dev)
{
	struct ferry_link *link = container_of(dev, struct ferry_link, dev);

	if (link->wq)
		destroy_workqueue(link->wq);
	cleanup_srcu_struct(&link->srcu);
	mutex_destroy(&link->rp_lock);
	mutex_destroy(&link->lock);
	kfree(link->firmware);
	kfree(link);
}

static void link_init(struct ferry_link *link, struct device *parent)
{
	mutex_init(&link->lock);
	mutex_init(&link->rp_lock);
	spin_lock_init(&link->list_lock);
	INIT_LIST_HEAD(&link->channels);
	INIT_LIST_HEAD(&link->eps);
	INIT_LIST_HEAD(&link->regions);
	INIT_LIST_HEAD(&link->memory);
	INIT_LIST_HEAD(&link->txqs);
	INIT_LIST_HEAD(&link->rxqs);
	INIT_LIST_HEAD(&link->calls);
	init_waitqueue_head(&link->claim_wait);
	init_waitqueue_head(&link->state_wait);
	ferry_state_init(link);
	INIT_DELAYED_WORK(&link->lane_work, ferry_lane_timeout);
	INIT_DELAYED_WORK(&link->look_work, ferry_sendbuf_look);
	link->dev.class = &ferry_class;
	link->dev.parent = parent;
	link->dev.release = link_release;
}

/* Ways to stop that can be woken from, and one of them where nobody says how. */
#define LINK_STOPS	(BIT(FERRY_STOP_SLEEP) | BIT(FERRY_STOP_QUIESCE) | BIT(FERRY_STOP_IDLE))

static bool link_stops_valid(const struct ferry_link_cfg *cfg)
{
	if (cfg->stops & ~LINK_STOPS || !cfg->ops->wake != !cfg->stops)
		return false;
	return cfg->rest == FERRY_STOP_OFF ||
	       (cfg->rest < FERRY_STOP_IDLE && cfg->stops & BIT(cfg->rest));
}

static bool link_cfg_valid(const struct ferry_link_cfg *cfg)
{
	const struct ferry_link_ops *ops = cfg->ops;

	return cfg->name && cfg->name[0] && ops && ops->start && ops->stop &&
	       link_stops_valid(cfg) &&
	       !ops->channel == !ops->release_channel &&
	       (!cfg->boots || ops->load || !cfg->firmware) &&
	       cfg->addr_bits && cfg->addr_bits <= 64 &&
	       (!cfg->buf_align || is_power_of_2(cfg->buf_align));
}

/**
 * ferry_link_alloc - make a link
 * @parent:	device of the protocol, or NULL
 * @cfg:	what the protocol says of it; copied, but for what it points to
 *
 * Context: process, may sleep.
 *
 * Return: the link, freed by ferry_link_put(), or ERR_PTR(-EINVAL), ERR_PTR(-ENOMEM).
 */
struct ferry_link *ferry_link_alloc(struct device *parent, const struct ferry_link_cfg *cfg)
{
	struct ferry_link *link;

	if (!link_cfg_valid(cfg))
		return ERR_PTR(-EINVAL);
	link = kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return ERR_PTR(-ENOMEM);
	link->cfg = *cfg;
	if (init_srcu_struct(&link->srcu)) {
		kfree(link);
		return ERR_PTR(-ENOMEM);
	}
	link_init(link, parent);
	device_initialize(&link->dev);
	link->wq = alloc_ordered_workqueue("ferry-%s", 0, cfg->name);
	if (!link->wq) {
		put_device(&link->dev);
		return ERR_PTR(-ENOMEM);
	}
	return link;
}
EXPORT_SYMBOL_GPL(ferry_link_alloc);

static struct ferry_link *link_find(const char *name)
{
	struct ferry_link *link;

	list_for_each_entry(link, &links, node)
		if (!strcmp(link->name, name))
			return link;
	return NULL;
}

/* Adds a number to the name where it is taken, and enters the list. */
static int link_enter(struct ferry_link *link)
{
	unsigned int n = 0;

	guard(mutex)(&links_lock);
	strscpy(link->name, link->cfg.name, sizeof(link->name));
	while (link_find(link->name))
		snprintf(link->name, sizeof(link->name), "%.24s%u", link->cfg.name, ++n);
	list_add_tail(&link->node, &links);
	return dev_set_name(&link->dev, "%s", link->name);
}

/* Nobody finds it any more, but the name is in use as long as its device is there. */
static void link_hide(struct ferry_link *link)
{
	guard(mutex)(&links_lock);
	link->hidden = true;
}

static void link_leave(struct ferry_link *link)
{
	guard(mutex)(&links_lock);
	list_del(&link->node);
}

/* Under the mutex of the link: all endpoints become orphans. */
static void link_orphan(struct ferry_link *link)
{
	struct ferry_ep *ep;

	list_for_each_entry(ep, &link->eps, node) {
		ferry_ep_detach(ep, -ENODEV);
		ferry_ep_event(ep, FERRY_EVENT_GONE);
	}
}

/* An earlier link of the same device left a remote that could not be stopped. */
static void link_adopt(struct ferry_link *link)
{
	if (!ferry_quarantine_holds(link))
		return;
	link->state = FERRY_STATE_CRASHED;
	link->crashed_in = FERRY_STATE_STOPPING;
	link->stop_due = true;
	link->told = FERRY_STATE_CRASHED;
	link->crash_reason = "the remote was not stopped before";
}

/* In sysfs, it can send uevents. One that boots itself may do so by itself. */
static void link_show(struct ferry_link *link)
{
	guard(mutex)(&link->lock);
	link->visible = true;
	if (!link->cfg.boots || !link->cfg.auto_boot || link->rp)
		return;
	link->start_due = true;
	queue_work(link->wq, &link->start_work);
}

/* Process context. Who uses the link, and who sleeps in it, learns that it is for good. */
static void link_disown(struct ferry_link *link)
{
	guard(mutex)(&link->lock);
	link->visible = false;
	link->registered = false;
	link_orphan(link);
}

/* Process context. When this returns nothing of the link runs. */
static void link_end(struct ferry_link *link)
{
	struct ferry_rx_thread *rx, *rx_gp;

	ferry_pm_end(link);
	mutex_lock(&link->lock);
	ferry_stop_locked(link);
	mutex_unlock(&link->lock);

	cancel_delayed_work_sync(&link->lane_work);	/* it may crash the link */
	cancel_delayed_work_sync(&link->look_work);
	irq_work_sync(&link->crash_irq);
	flush_work(&link->crash_work);
	flush_work(&link->start_work);
	flush_work(&link->announce_work);
	flush_work(&link->event_work);
	rx = link->rx;
	rx_gp = link->rx_gp;
	WRITE_ONCE(link->rx, NULL);
	WRITE_ONCE(link->rx_gp, NULL);
	synchronize_rcu();	/* who wakes them, or asks who they are */
	ferry_rx_thread_stop(rx);
	ferry_rx_thread_stop(rx_gp);
}

/**
 * ferry_link_register - make a link known
 * @link:	complete: its txqs, rxqs and regions were added
 *
 * The link is offline and can be found and opened. The protocol, or the user through
 * sysfs, starts it. Where an earlier link of this device left memory in quarantine it
 * is crashed: the remote is stopped before it is started.
 *
 * Context: process, may sleep.
 *
 * Return: 0, -ENOMEM, or what adding the device or the rproc returned. After an error the
 * caller puts the link.
 */
int ferry_link_register(struct ferry_link *link)
{
	struct ferry_rx_thread *t;
	int ret;

	ret = link_enter(link) ?: ferry_boot_init(link);
	if (ret)
		goto leave;
	t = ferry_rx_thread_start(link, "", true);
	if (IS_ERR(t)) {
		ret = PTR_ERR(t);
		goto leave;
	}
	WRITE_ONCE(link->rx, t);
	mutex_lock(&link->lock);
	link_adopt(link);
	link->registered = true;
	mutex_unlock(&link->lock);
	ret = ferry_chardev_add(link);
	if (ret)
		goto end;
	ferry_debugfs_add(link);
	ret = ferry_rproc_add(link);
	if (!ret) {
		link_show(link);
		ferry_watch_add(link);
		return 0;
	}
	debugfs_remove_recursive(link->debugfs);
	ferry_chardev_del(link);
end:
	link_disown(link);
	link_end(link);
	ferry_imports_end(link);
leave:
	link_leave(link);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_link_register);

/**
 * ferry_link_unregister - take a link away
 * @link:	the link
 *
 * Stops it, and returns when no operation of the protocol runs or will. Endpoints
 * still open become orphans (-ENODEV). The protocol has its own reference still.
 *
 * Context: process, may sleep; not in a callback of this link.
 */
void ferry_link_unregister(struct ferry_link *link)
{
	link_hide(link);
	debugfs_remove_recursive(link->debugfs);
	ferry_pm_end(link);
	link_disown(link);
	ferry_watch_remove(link);
	ferry_rproc_del(link);
	ferry_chardev_del(link);
	link_leave(link);

	link_end(link);
	ferry_imports_end(link);
}
EXPORT_SYMBOL_GPL(ferry_link_unregister);

/**
 * ferry_link_get - find a link by name
 * @name:	as in /sys/class/ferry
 *
 * Context: process, may sleep.
 *
 * Return: the link with a reference, or NULL: there is none (yet).
 */
struct ferry_link *ferry_link_get(const char *name)
{
	struct ferry_link *link;

	guard(mutex)(&links_lock);
	link = link_find(name);
	if (!link || link->hidden)
		return NULL;
	get_device(&link->dev);
	return link;
}
EXPORT_SYMBOL_GPL(ferry_link_get);

/**
 * ferry_link_put - give a reference back
 * @link:	the link, or NULL
 *
 * Context: process, may sleep.
 */
void ferry_link_put(struct ferry_link *link)
{
	if (link)
		put_device(&link->dev);
}
EXPORT_SYMBOL_GPL(ferry_link_put);

/**
 * ferry_link_priv - what the protocol gave as &ferry_link_cfg.priv
 * @link:	the link
 *
 * Context: any.
 *
 * Return: that pointer.
 */
void *ferry_link_priv(const struct ferry_link *link)
{
	return link->cfg.priv;
}
EXPORT_SYMBOL_GPL(ferry_link_priv);

/**
 * ferry_link_dev - device of a link, for messages
 * @link:	the link
 *
 * Context: any.
 *
 * Return: the device.
 */
struct device *ferry_link_dev(struct ferry_link *link)
{
	return &link->dev;
}
EXPORT_SYMBOL_GPL(ferry_link_dev);

/**
 * ferry_link_name - name of a link, as in /sys/class/ferry
 * @link:	the link
 *
 * Context: any.
 *
 * Return: the name; empty before it was registered.
 */
const char *ferry_link_name(const struct ferry_link *link)
{
	return link->name;
}
EXPORT_SYMBOL_GPL(ferry_link_name);

/**
 * ferry_link_state - state of a link, as of now
 * @link:	the link
 *
 * Context: any.
 *
 * Return: the state.
 */
enum ferry_state ferry_link_state(const struct ferry_link *link)
{
	return READ_ONCE(link->state);
}
EXPORT_SYMBOL_GPL(ferry_link_state);

/**
 * ferry_link_epoch - how often the link was started
 * @link:	the link
 *
 * Context: any.
 *
 * Return: the count.
 */
u32 ferry_link_epoch(const struct ferry_link *link)
{
	return READ_ONCE(link->epoch);
}
EXPORT_SYMBOL_GPL(ferry_link_epoch);

/**
 * ferry_link_debugfs - where a protocol adds files of its own
 * @link:	registered
 *
 * They go, with who reads them, when the link is unregistered.
 *
 * Context: any.
 *
 * Return: the directory of the link in debugfs, as debugfs_create_file() takes it.
 */
struct dentry *ferry_link_debugfs(struct ferry_link *link)
{
	return link->debugfs;
}
EXPORT_SYMBOL_GPL(ferry_link_debugfs);

static int __init ferry_init(void)
{
	int ret;

	ferry_wq = alloc_workqueue("ferry", WQ_UNBOUND, 0);
	if (!ferry_wq)
		return -ENOMEM;
	ret = ferry_chardev_init();
	if (ret)
		goto destroy_wq;
	ret = class_register(&ferry_class);
	if (ret)
		goto exit_chardev;
	ferry_debugfs_init();
	return 0;

exit_chardev:
	ferry_chardev_exit();
destroy_wq:
	destroy_workqueue(ferry_wq);
	return ret;
}
module_init(ferry_init);

static void __exit ferry_exit(void)
{
	ferry_debugfs_exit();
	class_unregister(&ferry_class);
	ferry_chardev_exit();
	destroy_workqueue(ferry_wq);
}
module_exit(ferry_exit);

MODULE_DESCRIPTION("Ferry: messages between the CPU and the other processors of a SoC");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
