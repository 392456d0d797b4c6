// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's rpmsg bus on top of every link: who is told of links, and what is kept of
 * each. Knows no protocol.
 *
 * Nothing here pins the module: it is unloaded under open files. What programs hold is the
 * kernel's own, and ends with its device; only wait queues and devices are ours, and it is
 * waited for both.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "rpmsg.h"

struct workqueue_struct *ferry_rpmsg_wq;

static DEFINE_SPINLOCK(rpmsg_lock);	/* the list; irqsave, since links change in any context */
static LIST_HEAD(rpmsg_links);
static atomic_t rpmsg_devices;
static DECLARE_WAIT_QUEUE_HEAD(rpmsg_no_device);

module_param_named(send_timeout_ms, ferry_rpmsg_timeout_ms, uint, 0644);
MODULE_PARM_DESC(send_timeout_ms, "how long rpmsg_send() waits for room, ms; for endpoints made from now on");

module_param_named(in_interrupt, ferry_rpmsg_in_interrupt, bool, 0644);
MODULE_PARM_DESC(in_interrupt, "call drivers in the interrupt where the kernel does (SMD); for endpoints made from now on");

void ferry_rpmsg_device_born(void)
{
	atomic_inc(&rpmsg_devices);
}

/* The last thing that a release() does. */
void ferry_rpmsg_device_gone(void)
{
	rcu_read_lock();
	if (atomic_dec_and_test(&rpmsg_devices))
		wake_up_all(&rpmsg_no_device);
	rcu_read_unlock();
}

void ferry_rpmsg_free(struct kref *ref)
{
	struct ferry_rpmsg *fr = container_of(ref, struct ferry_rpmsg, ref);

	ferry_link_put(fr->link);
	kfree(fr);
}

/* The list has the one reference that main.c holds. */
static void rpmsg_added(struct ferry_watcher *w, struct ferry_link *link)
{
	struct ferry_rpmsg *fr = kzalloc(sizeof(*fr), GFP_KERNEL);

	if (!fr)
		return;
	kref_init(&fr->ref);
	get_device(ferry_link_dev(link));
	fr->link = link;
	INIT_WORK(&fr->sync_work, ferry_rpmsg_sync);
	INIT_WORK(&fr->close_work, ferry_rpmsg_close_deferred);
	INIT_WORK(&fr->request_work, ferry_rpmsg_do_requests);
	init_waitqueue_head(&fr->pollers);
	spin_lock_init(&fr->lock);
	INIT_LIST_HEAD(&fr->devices);
	INIT_LIST_HEAD(&fr->epts);
	INIT_LIST_HEAD(&fr->closing);
	INIT_LIST_HEAD(&fr->requests);
	scoped_guard(spinlock_irqsave, &rpmsg_lock)
		list_add_tail(&fr->node, &rpmsg_links);
	queue_work(ferry_rpmsg_wq, &fr->sync_work);
}

/* Under rpmsg_lock. */
static struct ferry_rpmsg *rpmsg_find(struct ferry_link *link)
{
	struct ferry_rpmsg *fr;

	list_for_each_entry(fr, &rpmsg_links, node)
		if (fr->link == link)
			return fr;
	return NULL;
}

static void rpmsg_changed(struct ferry_watcher *w, struct ferry_link *link)
{
	struct ferry_rpmsg *fr;

	guard(spinlock_irqsave)(&rpmsg_lock);
	fr = rpmsg_find(link);
	if (fr)
		queue_work(ferry_rpmsg_wq, &fr->sync_work);
}

/*
 * Poll tables may still name our wait queue, although the files they belong to have lost
 * their endpoint: a poll() in progress leaves when it is woken, an epoll instance lets go
 * when it is told so.
 */
static void rpmsg_end_pollers(struct ferry_rpmsg *fr)
{
	while (wq_has_sleeper(&fr->pollers)) {
		__wake_up(&fr->pollers, TASK_NORMAL, 0,
			  poll_to_key(EPOLLERR | EPOLLHUP | POLLFREE));
		msleep(1);
	}
	synchronize_rcu();	/* epoll looks at the queue under RCU */
	/* The last one took itself out under the lock: let it drop that. */
	spin_lock_irq(&fr->pollers.lock);
	spin_unlock_irq(&fr->pollers.lock);
}

static void rpmsg_removed(struct ferry_watcher *w, struct ferry_link *link)
{
	struct ferry_rpmsg *fr;

	scoped_guard(spinlock_irqsave, &rpmsg_lock) {
		fr = rpmsg_find(link);
		if (fr)
			list_del(&fr->node);
	}
	if (!fr)
		return;
	cancel_work_sync(&fr->sync_work);
	ferry_rpmsg_take_down(fr);
	cancel_work_sync(&fr->request_work);
	flush_work(&fr->close_work);
	rpmsg_end_pollers(fr);
	kref_put(&fr->ref, ferry_rpmsg_free);
}

static struct ferry_watcher rpmsg_watcher = {
	.added = rpmsg_added,
	.changed = rpmsg_changed,
	.removed = rpmsg_removed,
};

static int __init rpmsg_init(void)
{
	int ret;

	ret = ferry_rpmsg_selftest();
	if (ret)
		return ret;
	ferry_rpmsg_wq = alloc_workqueue("ferry_rpmsg", WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (!ferry_rpmsg_wq)
		return -ENOMEM;
	ferry_watch(&rpmsg_watcher);
	return 0;
}
module_init(rpmsg_init);

static void __exit rpmsg_exit(void)
{
	ferry_unwatch(&rpmsg_watcher);
	wait_event(rpmsg_no_device, !atomic_read(&rpmsg_devices));
	synchronize_rcu();	/* the release() that woke us returns */
	destroy_workqueue(ferry_rpmsg_wq);
}
module_exit(rpmsg_exit);

MODULE_DESCRIPTION("Ferry: channels on the kernel's rpmsg bus");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
