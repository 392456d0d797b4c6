// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: which links it is on. The service has no node in the device tree: it is looked for on
 * every link of VCHIQ.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/ferry/link.h>
#include <linux/ferry/watch.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "vcsm.h"

#define VCSM_LINK	"vchiq"		/* what names of such links begin with */

static unsigned int vcsm_vpu_mib;
module_param_named(vpu_mib, vcsm_vpu_mib, uint, 0444);
MODULE_PARM_DESC(vpu_mib, "memory that the VPU may ask for, MiB; 0: none, which is the default");

struct vcsm_watch {
	struct list_head node;
	struct ferry_link *link;	/* a reference */
	struct work_struct work;
	struct ferry_vcsm *vc;		/* of the work; NULL: not yet */
};

static DEFINE_SPINLOCK(watch_lock);	/* the list; irqsave, since links change in any context */
static LIST_HEAD(watch_list);

/* The old one has its memory where the L2 cache of the VPU is on the way. */
static unsigned int vcsm_aliases(struct device *dev)
{
	if (dev && of_device_is_compatible(dev->of_node, "brcm,bcm2835-vchiq"))
		return FERRY_VCSM_ALIAS_4 | FERRY_VCSM_ALIAS_8;
	return FERRY_VCSM_ALIAS_C;
}

static void vcsm_watch_work(struct work_struct *work)
{
	struct vcsm_watch *w = container_of(work, struct vcsm_watch, work);
	struct device *dev = ferry_link_dev(w->link)->parent;
	struct ferry_vcsm_cfg cfg = {
		.dma_dev = dev, .aliases = vcsm_aliases(dev), .node = true,
		.vpu_max = (size_t)min(vcsm_vpu_mib, VCSM_SIZE_MAX >> 20) << 20,
	};
	struct ferry_vcsm *vc;

	/* Once it is open it stays so, whatever the link does. */
	if (w->vc || !ferry_link_is_up(w->link))
		return;
	vc = ferry_vcsm_create(w->link, &cfg);
	if (!IS_ERR(vc))
		w->vc = vc;
	else if (PTR_ERR(vc) != -ENODEV)
		dev_warn(ferry_link_dev(w->link), "no shared memory: %ld\n", PTR_ERR(vc));
}

static void vcsm_added(struct ferry_watcher *watcher, struct ferry_link *link)
{
	struct vcsm_watch *w;

	if (strncmp(ferry_link_name(link), VCSM_LINK, strlen(VCSM_LINK)))
		return;
	w = kzalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return;
	get_device(ferry_link_dev(link));
	w->link = link;
	INIT_WORK(&w->work, vcsm_watch_work);
	scoped_guard(spinlock_irqsave, &watch_lock)
		list_add_tail(&w->node, &watch_list);
	schedule_work(&w->work);
}

/* Under watch_lock. */
static struct vcsm_watch *watch_find(struct ferry_link *link)
{
	struct vcsm_watch *w;

	list_for_each_entry(w, &watch_list, node)
		if (w->link == link)
			return w;
	return NULL;
}

static void vcsm_changed(struct ferry_watcher *watcher, struct ferry_link *link)
{
	struct vcsm_watch *w;

	guard(spinlock_irqsave)(&watch_lock);
	w = watch_find(link);
	if (w)
		schedule_work(&w->work);
}

static void vcsm_removed(struct ferry_watcher *watcher, struct ferry_link *link)
{
	struct vcsm_watch *w;

	scoped_guard(spinlock_irqsave, &watch_lock) {
		w = watch_find(link);
		if (w)
			list_del(&w->node);
	}
	if (!w)
		return;
	cancel_work_sync(&w->work);
	ferry_vcsm_destroy(w->vc);
	ferry_link_put(link);
	kfree(w);
}

static struct ferry_watcher vcsm_watcher = {
	.added = vcsm_added,
	.changed = vcsm_changed,
	.removed = vcsm_removed,
};

static int __init vcsm_init(void)
{
	ferry_watch(&vcsm_watcher);
	return 0;
}
module_init(vcsm_init);

static void __exit vcsm_exit(void)
{
	ferry_unwatch(&vcsm_watcher);
}
module_exit(vcsm_exit);

MODULE_DESCRIPTION("Ferry: memory that is shared with the VideoCore processor");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
