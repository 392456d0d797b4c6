// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that a remote may still write to, though its link is gone: stopping the
 * remote failed, and the driver was unbound.
 *
 * It stays here, and ferry.ko with it, until a later link of the same device has
 * stopped the remote.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/property.h>

#include "core.h"
#include "memory.h"

static DEFINE_MUTEX(quarantine_lock);
static LIST_HEAD(quarantine);

static bool same_device(struct device *a, struct device *b)
{
	return a == b || (a && b && dev_fwnode(a) && dev_fwnode(a) == dev_fwnode(b));
}

static bool quarantine_is_of(const struct ferry_memory *mem, const struct ferry_link *link)
{
	return !strcmp(mem->owner, link->cfg.name) && same_device(mem->parent, link->dev.parent);
}

/* Process context. @mem is in no list. */
void ferry_quarantine_add(struct ferry_link *link, struct ferry_memory *mem)
{
	struct ferry_memory_stats stats = {};

	mem->ops->stats(mem, &stats);
	dev_warn(&link->dev, "%s: %llu bytes stay in quarantine, the remote was not stopped\n",
		 mem->name, stats.lent_bytes);
	__module_get(THIS_MODULE);
	mem->link = NULL;
	mem->parent = get_device(link->dev.parent);
	strscpy(mem->owner, link->cfg.name, sizeof(mem->owner));
	guard(mutex)(&quarantine_lock);
	list_add_tail(&mem->node, &quarantine);
}

/* Process context. Did an earlier link of the same device leave something? */
bool ferry_quarantine_holds(struct ferry_link *link)
{
	struct ferry_memory *mem;

	guard(mutex)(&quarantine_lock);
	list_for_each_entry(mem, &quarantine, node)
		if (quarantine_is_of(mem, link))
			return true;
	return false;
}

/* Process context. Adds what is kept for the device of @link. */
void ferry_quarantine_stats(struct ferry_link *link, struct ferry_memory_stats *stats)
{
	struct ferry_memory *mem;

	guard(mutex)(&quarantine_lock);
	list_for_each_entry(mem, &quarantine, node)
		if (quarantine_is_of(mem, link))
			mem->ops->stats(mem, stats);
}

/* Process context. The remote of @link was stopped. */
void ferry_quarantine_release(struct ferry_link *link)
{
	struct ferry_memory *mem, *tmp;
	LIST_HEAD(safe);

	mutex_lock(&quarantine_lock);
	list_for_each_entry_safe(mem, tmp, &quarantine, node)
		if (quarantine_is_of(mem, link))
			list_move_tail(&mem->node, &safe);
	mutex_unlock(&quarantine_lock);

	/* All first: what is lent of one pool may hang on a buffer of another. */
	list_for_each_entry(mem, &safe, node)
		mem->ops->reset(mem);
	list_for_each_entry_safe(mem, tmp, &safe, node) {
		list_del_init(&mem->node);
		put_device(mem->parent);
		mem->ops->release(mem);
		module_put(THIS_MODULE);
	}
}
