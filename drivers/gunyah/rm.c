// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: who it is to us, and its life.
 *
 * A client of the channel "rpc" of its link. It is asked who we are each time that the link
 * was started, which shows that it lives, too.
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "../compat.h"
#include "rm.h"

#define RM_TIMEOUT_MS		5000
#define RM_SLOW_TIMEOUT_MS	30000
#define RM_RETRY_MS		10000
#define RM_RETRY_SHIFT_MAX	6U

static DEFINE_MUTEX(rm_list_lock);
static LIST_HEAD(rm_list);

static void rm_set_vmid(struct ferry_gunyah_rm *rm, u16 vmid)
{
	scoped_guard(spinlock_irqsave, &rm->lock)
		rm->vmid = vmid;
	wake_up_all(&rm->known);
}

/* Process context, not in a callback. */
static int rm_identify(struct ferry_gunyah_rm *rm)
{
	__le32 vmid;
	ssize_t ret;

	ret = rm_call(rm, RM_VM_GET_VMID, NULL, 0, &vmid, sizeof(vmid), rm->cfg.timeout_ms);
	if (ret < 0)
		return ret;
	if (ret != sizeof(vmid) || !le32_to_cpu(vmid) || le32_to_cpu(vmid) > U16_MAX)
		return -EBADMSG;
	rm_set_vmid(rm, le32_to_cpu(vmid));
	return 0;
}

static void rm_ident_work(struct work_struct *work)
{
	struct ferry_gunyah_rm *rm = container_of(work, struct ferry_gunyah_rm, ident_work);
	u32 epoch = ferry_link_epoch(rm->link);
	int ret;

	/* The event may tell of what was there when the endpoint was opened. */
	if (rm->identified && rm->epoch == epoch)
		return;
	ret = rm_identify(rm);
	rm->identified = !ret;
	rm->epoch = epoch;
	if (!ret) {
		WRITE_ONCE(rm->retries, 0);
		dev_info(ferry_link_dev(rm->link), "we are VM %d\n", ferry_gunyah_rm_vmid(rm));
	} else if (ret != -ENOLINK && ret != -ENODEV) {
		dev_err(ferry_link_dev(rm->link), "it does not say who we are: %d\n", ret);
	}
}

static void rm_retry_later(struct ferry_gunyah_rm *rm)
{
	unsigned int n = READ_ONCE(rm->retries), shift = min(n, RM_RETRY_SHIFT_MAX);

	WRITE_ONCE(rm->retries, n + 1);
	mod_delayed_work(system_wq, &rm->retry_work,
			 msecs_to_jiffies(rm->cfg.retry_ms) << shift);
}

static void rm_retry_work(struct work_struct *work)
{
	struct ferry_gunyah_rm *rm = container_of(work, struct ferry_gunyah_rm, retry_work.work);

	if (ferry_link_state(rm->link) == FERRY_STATE_CRASHED)
		ferry_link_start(rm->link);
}

/* Work of the link. */
static void rm_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct ferry_gunyah_rm *rm = priv;

	guard(spinlock_irqsave)(&rm->lock);
	/* The first time it is asked when the endpoint is there. */
	if (!rm->opened || rm->gone)
		return;
	if (event == FERRY_EVENT_UP)
		schedule_work(&rm->ident_work);
	else if (event == FERRY_EVENT_CRASHED)
		rm_retry_later(rm);
}

static int rm_open(struct ferry_gunyah_rm *rm)
{
	const struct ferry_id id = { .name = "rpc", .number = FERRY_ANY_NUMBER };
	const struct ferry_ep_cfg cfg = { .rx = rm_rx, .event = rm_event, .priv = rm };

	rm->ep = ferry_open(rm->link, &id, &cfg);
	if (IS_ERR(rm->ep))
		return PTR_ERR(rm->ep);
	if (ferry_mtu(rm->ep) < RM_PACKET_MAX)
		return -EMSGSIZE;
	guard(spinlock_irqsave)(&rm->lock);
	rm->opened = true;
	return 0;
}

static int rm_make_parts(struct ferry_gunyah_rm *rm)
{
	struct ferry_calls_cfg cfg = {
		.last_id = U16_MAX, .limit = 1, .slots = RM_UNANSWERED_MAX,
	};

	cfg.start_id = rm->cfg.start_seq;
	rm->join.buf = kmalloc(RM_MESSAGE_MAX, GFP_KERNEL);
	if (!rm->join.buf)
		return -ENOMEM;
	rm->calls = ferry_calls_create(rm->link, &cfg);
	if (IS_ERR(rm->calls))
		return PTR_ERR(rm->calls);
	return rm_open(rm);
}

static void rm_init(struct ferry_gunyah_rm *rm, struct ferry_link *link,
		    const struct ferry_gunyah_rm_cfg *cfg)
{
	kref_init(&rm->ref);
	get_device(ferry_link_dev(link));
	rm->link = link;
	rm->cfg = *cfg;
	rm->cfg.timeout_ms = cfg->timeout_ms ?: RM_TIMEOUT_MS;
	rm->cfg.slow_timeout_ms = cfg->slow_timeout_ms ?: RM_SLOW_TIMEOUT_MS;
	rm->cfg.retry_ms = cfg->retry_ms ?: RM_RETRY_MS;
	spin_lock_init(&rm->lock);
	init_waitqueue_head(&rm->idle);
	init_waitqueue_head(&rm->known);
	mutex_init(&rm->rx_lock);
	mutex_init(&rm->listen_lock);
	mutex_init(&rm->vm_lock);
	mutex_init(&rm->vms_lock);
	INIT_LIST_HEAD(&rm->node);
	INIT_LIST_HEAD(&rm->listeners);
	INIT_LIST_HEAD(&rm->vms);
	INIT_DELAYED_WORK(&rm->life, rm_life_work);
	INIT_WORK(&rm->ident_work, rm_ident_work);
	INIT_DELAYED_WORK(&rm->retry_work, rm_retry_work);
}

/* Nobody calls it, and nothing comes from it any more. */
static void rm_end(struct ferry_gunyah_rm *rm)
{
	rm_calls_end(rm);
	wake_up_all(&rm->known);
	cancel_delayed_work_sync(&rm->retry_work);
	if (!IS_ERR_OR_NULL(rm->ep))
		ferry_close(rm->ep);
	cancel_work_sync(&rm->ident_work);
	cancel_delayed_work_sync(&rm->life);
	ferry_calls_destroy(rm->calls);
	rm->calls = NULL;
	kfree(rm->join.buf);
}

static void rm_free(struct kref *ref)
{
	struct ferry_gunyah_rm *rm = container_of(ref, struct ferry_gunyah_rm, ref);

	ferry_link_put(rm->link);
	mutex_destroy(&rm->vms_lock);
	mutex_destroy(&rm->vm_lock);
	mutex_destroy(&rm->listen_lock);
	mutex_destroy(&rm->rx_lock);
	kfree(rm);
}

/**
 * ferry_gunyah_rm_create() - use a link as the resource manager
 * @link:	its link, with a channel "rpc"; running, or started later
 * @cfg:	how; copied
 *
 * Returns before the resource manager has answered anything: see ferry_gunyah_rm_wait().
 *
 * Context: process, may sleep; not in a callback of @link.
 * Return: the resource manager, for ferry_gunyah_rm_destroy(); ERR_PTR(): -EMSGSIZE the queue
 * takes no packets of 240 bytes, -ENOMEM, or what ferry_open() returned.
 */
struct ferry_gunyah_rm *ferry_gunyah_rm_create(struct ferry_link *link,
					       const struct ferry_gunyah_rm_cfg *cfg)
{
	struct ferry_gunyah_rm *rm = kzalloc(sizeof(*rm), GFP_KERNEL);
	int ret;

	if (!rm)
		return ERR_PTR(-ENOMEM);
	rm_init(rm, link, cfg);
	ret = rm_make_parts(rm);
	if (ret) {
		rm_end(rm);
		kref_put(&rm->ref, rm_free);
		return ERR_PTR(ret);
	}
	schedule_work(&rm->ident_work);
	guard(mutex)(&rm_list_lock);
	list_add_tail(&rm->node, &rm_list);
	return rm;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_create);

/**
 * ferry_gunyah_rm_destroy() - the resource manager is not used any more
 * @rm:		the resource manager, an ERR_PTR or NULL
 *
 * Whoever waits in a call gets -ENODEV, as does each call from now on.
 *
 * Context: process, may sleep; not in a callback of the link.
 */
void ferry_gunyah_rm_destroy(struct ferry_gunyah_rm *rm)
{
	if (IS_ERR_OR_NULL(rm))
		return;
	scoped_guard(mutex, &rm_list_lock)
		list_del(&rm->node);
	rm_end(rm);
	kref_put(&rm->ref, rm_free);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_destroy);

/**
 * ferry_gunyah_rm_get() - the resource manager behind a link
 * @name:	of the link; NULL: the first there is
 *
 * Context: process, may sleep.
 * Return: the resource manager, for ferry_gunyah_rm_put(), or ERR_PTR(-ENODEV).
 */
struct ferry_gunyah_rm *ferry_gunyah_rm_get(const char *name)
{
	struct ferry_gunyah_rm *rm;

	guard(mutex)(&rm_list_lock);
	list_for_each_entry(rm, &rm_list, node) {
		if (name && strcmp(name, ferry_link_name(rm->link)))
			continue;
		kref_get(&rm->ref);
		return rm;
	}
	return ERR_PTR(-ENODEV);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_get);

/**
 * ferry_gunyah_rm_put() - a reference is not needed any more
 * @rm:		the resource manager, an ERR_PTR or NULL
 *
 * Context: process, may sleep.
 */
void ferry_gunyah_rm_put(struct ferry_gunyah_rm *rm)
{
	if (!IS_ERR_OR_NULL(rm))
		kref_put(&rm->ref, rm_free);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_put);

/**
 * ferry_gunyah_rm_vmid() - which VM we are
 * @rm:		the resource manager
 *
 * Context: any.
 * Return: our VMID, or -EAGAIN: it has not said so yet.
 */
int ferry_gunyah_rm_vmid(struct ferry_gunyah_rm *rm)
{
	guard(spinlock_irqsave)(&rm->lock);
	return rm->vmid ?: -EAGAIN;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_vmid);

static bool rm_is_known(struct ferry_gunyah_rm *rm)
{
	guard(spinlock_irqsave)(&rm->lock);
	return rm->vmid || rm->gone;
}

/**
 * ferry_gunyah_rm_wait() - wait until the resource manager has said who we are
 * @rm:		the resource manager
 * @timeout_ms:	how long, ms
 *
 * Context: process, may sleep; not in a callback of the link.
 * Return: our VMID; -ETIMEDOUT, -ERESTARTSYS killed, -ENODEV it is not used any more.
 */
int ferry_gunyah_rm_wait(struct ferry_gunyah_rm *rm, unsigned int timeout_ms)
{
	long left = wait_event_killable_timeout(rm->known, rm_is_known(rm),
						msecs_to_jiffies(timeout_ms));
	int vmid;

	if (left < 0)
		return left;
	vmid = ferry_gunyah_rm_vmid(rm);
	if (vmid > 0)
		return vmid;
	return left ? -ENODEV : -ETIMEDOUT;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_wait);

/**
 * ferry_gunyah_rm_stats() - counters, as of now
 * @rm:		the resource manager, before ferry_gunyah_rm_destroy()
 * @stats:	filled
 *
 * Context: any.
 */
void ferry_gunyah_rm_stats(struct ferry_gunyah_rm *rm, struct ferry_gunyah_rm_stats *stats)
{
	struct ferry_calls_stats calls;

	ferry_calls_stats(rm->calls, &calls);
	guard(spinlock_irqsave)(&rm->lock);
	*stats = rm->stats;
	stats->calls = calls;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_stats);

void rm_show_all(struct seq_file *m)
{
	struct ferry_gunyah_rm *rm;

	guard(mutex)(&rm_list_lock);
	list_for_each_entry(rm, &rm_list, node)
		rm_state_show(m, rm);
}

static int __init gunyah_rm_init(void)
{
	rm_state_init();
	return rm_probe_init();
}
module_init(gunyah_rm_init);

static void __exit gunyah_rm_exit(void)
{
	rm_state_exit();
	rm_probe_exit();
	rm_mem_exit();
}
module_exit(gunyah_rm_exit);

MODULE_DESCRIPTION("Ferry: the resource manager of the Gunyah hypervisor");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
FERRY_IMPORT_DMA_BUF();
