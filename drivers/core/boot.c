// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links that boot their remote, where remoteproc does not: on a kernel without it, or
 * for a link that has no device of its own. The link asks for the firmware itself, if it
 * has to load any.
 */
#include <linux/firmware.h>
#include <linux/slab.h>

#include "core.h"

/* Process context, when the link has its name. */
int ferry_boot_init(struct ferry_link *link)
{
	if (!ferry_boot_loads(link))
		return 0;
	if (link->cfg.firmware)
		link->firmware = kstrdup(link->cfg.firmware, GFP_KERNEL);
	else
		link->firmware = kasprintf(GFP_KERNEL, "rproc-%s-fw", link->name);
	return link->firmware ? 0 : -ENOMEM;
}

/* Process context; the caller frees it. */
static char *boot_name(struct ferry_link *link)
{
	guard(mutex)(&link->lock);
	return kstrdup(link->firmware, GFP_KERNEL);
}

/* Process context. @fw: what to start with, or NULL for a link that loads nothing. */
int ferry_boot_get(struct ferry_link *link, const struct firmware **fw)
{
	char *name;
	int ret;

	*fw = NULL;
	if (!ferry_boot_loads(link) || link->rp)
		return 0;
	name = boot_name(link);
	if (!name)
		return -ENOMEM;
	ret = request_firmware(fw, name, &link->dev);
	if (!ret && link->cfg.ops->check) {
		ret = link->cfg.ops->check(link, *fw);
		if (ret)
			dev_err(&link->dev, "%s is no firmware for it: %d\n", name, ret);
	}
	if (ret) {
		release_firmware(*fw);
		*fw = NULL;
	}
	kfree(name);
	return ret;
}

/* Process context. */
ssize_t ferry_boot_show(struct ferry_link *link, char *buf)
{
	guard(mutex)(&link->lock);
	return sysfs_emit(buf, "%s\n", link->firmware);
}

/* Process context. 0, -EBUSY it is not offline, -EINVAL empty, -ENOMEM. */
int ferry_boot_set(struct ferry_link *link, const char *buf)
{
	size_t len = strcspn(buf, "\n");
	char *name;

	if (!len)
		return -EINVAL;
	name = kstrndup(buf, len, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	guard(mutex)(&link->lock);
	if (READ_ONCE(link->state) != FERRY_STATE_OFFLINE) {
		kfree(name);
		return -EBUSY;
	}
	swap(name, link->firmware);
	kfree(name);
	return 0;
}
