// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: finds its link, whenever that comes.
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/link.h>
#include <linux/ferry/watch.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "rm.h"

/* Links of other names are not looked at; a second one gets a number behind its name. */
#define RM_LINK_NAME	"gunyah-rm"

static bool rm_auto = true;
module_param_named(auto, rm_auto, bool, 0444);
MODULE_PARM_DESC(auto, "use each link gunyah-rm that comes (default: yes)");

/**
 * struct rm_probe - a link of the right name
 * @node:	in rm_probes
 * @link:	it, with a reference
 * @work:	tries to use it
 * @rm:		once that is done; of @work until it was cancelled
 */
struct rm_probe {
	struct list_head node;
	struct ferry_link *link;
	struct work_struct work;
	struct ferry_gunyah_rm *rm;
};

static DEFINE_SPINLOCK(rm_probe_lock);
static LIST_HEAD(rm_probes);

/* Its channel may come later: then it is called again. */
static void probe_work(struct work_struct *work)
{
	struct rm_probe *p = container_of(work, struct rm_probe, work);
	const struct ferry_gunyah_rm_cfg cfg = { .start_seq = get_random_u16() };
	struct ferry_gunyah_rm *rm;

	if (p->rm || !ferry_link_is_up(p->link))
		return;
	rm = ferry_gunyah_rm_create(p->link, &cfg);
	if (!IS_ERR(rm))
		p->rm = rm;
	else if (rm != ERR_PTR(-ENOENT))
		dev_err(ferry_link_dev(p->link), "not used as resource manager: %ld\n",
			PTR_ERR(rm));
}

static void probe_added(struct ferry_watcher *w, struct ferry_link *link)
{
	struct rm_probe *p;

	if (!READ_ONCE(rm_auto) || !str_has_prefix(ferry_link_name(link), RM_LINK_NAME))
		return;
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return;
	get_device(ferry_link_dev(link));
	p->link = link;
	INIT_WORK(&p->work, probe_work);
	scoped_guard(spinlock_irqsave, &rm_probe_lock)
		list_add_tail(&p->node, &rm_probes);
	schedule_work(&p->work);
}

/* Under rm_probe_lock. */
static struct rm_probe *probe_find(struct ferry_link *link)
{
	struct rm_probe *p;

	list_for_each_entry(p, &rm_probes, node)
		if (p->link == link)
			return p;
	return NULL;
}

static void probe_changed(struct ferry_watcher *w, struct ferry_link *link)
{
	struct rm_probe *p;

	guard(spinlock_irqsave)(&rm_probe_lock);
	p = probe_find(link);
	if (p)
		schedule_work(&p->work);
}

static void probe_removed(struct ferry_watcher *w, struct ferry_link *link)
{
	struct rm_probe *p;

	scoped_guard(spinlock_irqsave, &rm_probe_lock) {
		p = probe_find(link);
		if (p)
			list_del(&p->node);
	}
	if (!p)
		return;
	cancel_work_sync(&p->work);
	ferry_gunyah_rm_destroy(p->rm);
	ferry_link_put(p->link);
	kfree(p);
}

static struct ferry_watcher rm_watcher = {
	.added = probe_added,
	.changed = probe_changed,
	.removed = probe_removed,
};

/* For suites: links of others, which are not for us, come and go beside. */
void ferry_gunyah_rm_set_auto(bool on)
{
	WRITE_ONCE(rm_auto, on);
}
FERRY_EXPORT_TEST(ferry_gunyah_rm_set_auto);

int rm_probe_init(void)
{
	ferry_watch(&rm_watcher);
	return 0;
}

void rm_probe_exit(void)
{
	ferry_unwatch(&rm_watcher);
}

/* Loaded with ferry_gunyah, which makes the link of this node. */
MODULE_ALIAS("of:N*T*Cgunyah-resource-manager");
MODULE_ALIAS("of:N*T*Cgunyah-resource-managerC*");
