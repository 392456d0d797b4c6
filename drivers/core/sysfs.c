// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/ferry: what a user sees of a link, and how he starts and stops it.
 * Documented in Documentation/ABI/testing/sysfs-class-ferry.
 */
#include <linux/string_helpers.h>

#include "core.h"

#define UEVENT_LEN	128

static struct ferry_link *link_of(struct device *dev)
{
	return container_of(dev, struct ferry_link, dev);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", ferry_state_names[READ_ONCE(link_of(dev)->state)]);
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count)
{
	struct ferry_link *link = link_of(dev);
	int ret = 0;

	if (sysfs_streq(buf, "start"))
		ret = ferry_link_start(link);
	else if (sysfs_streq(buf, "stop"))
		ret = ferry_link_stop(link);
	else if (sysfs_streq(buf, "wake"))
		ret = ferry_link_wake(link);
	else if (sysfs_streq(buf, "off"))
		ret = ferry_link_stop_as(link, FERRY_STOP_OFF);
	else if (sysfs_streq(buf, "sleep"))
		ret = ferry_link_stop_as(link, FERRY_STOP_SLEEP);
	else if (sysfs_streq(buf, "quiesce"))
		ret = ferry_link_stop_as(link, FERRY_STOP_QUIESCE);
	else if (sysfs_streq(buf, "idle"))
		ret = ferry_link_stop_as(link, FERRY_STOP_IDLE);
	else if (sysfs_streq(buf, "restart"))
		ret = ferry_link_restart(link);
	else if (sysfs_streq(buf, "crash"))
		ferry_link_crash(link, "crashed by the user");
	else
		ret = -EINVAL;
	return ret ?: count;
}
static DEVICE_ATTR_RW(state);

static ssize_t recovery_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", str_enabled_disabled(ferry_link_recovery(link_of(dev))));
}

static ssize_t recovery_store(struct device *dev, struct device_attribute *attr, const char *buf,
			      size_t count)
{
	struct ferry_link *link = link_of(dev);
	int ret = 0;

	if (sysfs_streq(buf, "enabled"))
		ferry_link_set_recovery(link, true);
	else if (sysfs_streq(buf, "disabled"))
		ferry_link_set_recovery(link, false);
	else if (sysfs_streq(buf, "recover"))
		ret = ferry_link_recover(link);
	else
		ret = -EINVAL;
	return ret ?: count;
}
static DEVICE_ATTR_RW(recovery);

static ssize_t epoch_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(link_of(dev)->epoch));
}
static DEVICE_ATTR_RO(epoch);

static ssize_t crashes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(link_of(dev)->crashes));
}
static DEVICE_ATTR_RO(crashes);

static ssize_t crash_reason_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", READ_ONCE(link_of(dev)->crash_reason) ?: "");
}
static DEVICE_ATTR_RO(crash_reason);

static ssize_t firmware_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ferry_link *link = link_of(dev);

	return link->rp ? ferry_rproc_show_firmware(link, buf) : ferry_boot_show(link, buf);
}

static ssize_t firmware_store(struct device *dev, struct device_attribute *attr, const char *buf,
			      size_t count)
{
	struct ferry_link *link = link_of(dev);
	int ret = link->rp ? ferry_rproc_set_firmware(link, buf) : ferry_boot_set(link, buf);

	return ret ?: count;
}
static DEVICE_ATTR_RW(firmware);

static struct attribute *link_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_recovery.attr,
	&dev_attr_epoch.attr,
	&dev_attr_crashes.attr,
	&dev_attr_crash_reason.attr,
	&dev_attr_firmware.attr,
	NULL
};

/* Only a link that loads its remote has a firmware. */
static umode_t link_is_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	if (attr == &dev_attr_firmware.attr && !ferry_boot_loads(link_of(kobj_to_dev(kobj))))
		return 0;
	return attr->mode;
}

static const struct attribute_group link_group = {
	.attrs = link_attrs,
	.is_visible = link_is_visible,
};

static const struct attribute_group *link_groups[] = {
	&link_group,
	NULL
};

struct class ferry_class = {
	.name = "ferry",
	.dev_groups = link_groups,
	.pm = &ferry_pm_ops,
	.devnode = ferry_chardev_node,
};

/* Under the mutex of the link: user space learns of the state it came to rest in. */
void ferry_uevent(struct ferry_link *link, int state)
{
	const char *reason = READ_ONCE(link->crash_reason);
	char text[3][UEVENT_LEN];
	char *env[4] = { text[0], text[1] };

	if (!link->visible)
		return;
	snprintf(text[0], UEVENT_LEN, "FERRY_STATE=%s", ferry_state_names[state]);
	snprintf(text[1], UEVENT_LEN, "FERRY_EPOCH=%u", link->epoch);
	if (state == FERRY_STATE_CRASHED && reason) {
		snprintf(text[2], UEVENT_LEN, "FERRY_REASON=%s", reason);
		env[2] = text[2];
	}
	kobject_uevent_env(&link->dev.kobj, KOBJ_CHANGE, env);
}
