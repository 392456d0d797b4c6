// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/ferry: what a user sees of a link, and how he starts and stops it.
 * Documented in Documentation/ABI/testing/sysfs-class-ferry.
 */
#include "core.h"

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ferry_link *link = container_of(dev, struct ferry_link, dev);

	return sysfs_emit(buf, "%s\n", ferry_state_names[READ_ONCE(link->state)]);
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count)
{
	struct ferry_link *link = container_of(dev, struct ferry_link, dev);
	int ret;

	if (sysfs_streq(buf, "start"))
		ret = ferry_link_start(link);
	else if (sysfs_streq(buf, "stop"))
		ret = ferry_link_stop(link);
	else
		ret = -EINVAL;
	return ret ?: count;
}
static DEVICE_ATTR_RW(state);

static ssize_t epoch_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", container_of(dev, struct ferry_link, dev)->epoch);
}
static DEVICE_ATTR_RO(epoch);

static ssize_t crash_reason_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ferry_link *link = container_of(dev, struct ferry_link, dev);

	return sysfs_emit(buf, "%s\n", READ_ONCE(link->crash_reason) ?: "");
}
static DEVICE_ATTR_RO(crash_reason);

static struct attribute *link_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_epoch.attr,
	&dev_attr_crash_reason.attr,
	NULL
};
ATTRIBUTE_GROUPS(link);

struct class ferry_class = {
	.name = "ferry",
	.dev_groups = link_groups,
};
