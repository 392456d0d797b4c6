// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files, as a user reads and writes them: of sysfs, and firmware. See fake.h.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/remoteproc.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

ssize_t fake_file_read(const char *name, char *buf, size_t size)
{
	struct file *file = filp_open(name, O_RDONLY, 0);
	loff_t pos = 0;
	ssize_t n;

	buf[0] = '\0';
	if (IS_ERR(file))
		return PTR_ERR(file);
	do
		n = kernel_read(file, buf + pos, size - 1 - pos, &pos);
	while (n > 0);
	buf[pos] = '\0';
	filp_close(file, NULL);
	return n ?: pos;
}

FERRY_EXPORT_TEST(fake_file_read);

ssize_t fake_file_write(const char *name, const char *text)
{
	struct file *file = filp_open(name, O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, text, strlen(text), &pos);
	filp_close(file, NULL);
	return n;
}

FERRY_EXPORT_TEST(fake_file_write);

void fake_expect_file(struct kunit *test, const char *name, const char *text)
{
	char buf[64];

	KUNIT_EXPECT_GE(test, fake_file_read(name, buf, sizeof(buf)), 0);
	FERRY_WAIT(!strcmp(buf, text) || fake_file_read(name, buf, sizeof(buf)) < 0);
	KUNIT_EXPECT_STREQ(test, buf, text);
}

FERRY_EXPORT_TEST(fake_expect_file);

static int fake_rproc_child(struct device *dev, void *data)
{
	struct fake_rproc *r = data;

	if (!dev->type || !dev->type->name || strcmp(dev->type->name, "remoteproc"))
		return 0;
	r->rproc = container_of(dev, struct rproc, dev);
	snprintf(r->state, sizeof(r->state), "/sys/class/remoteproc/%s/state", dev_name(dev));
	snprintf(r->recovery, sizeof(r->recovery), "/sys/class/remoteproc/%s/recovery",
		 dev_name(dev));
	return 1;
}

bool fake_rproc_find(struct device *parent, struct fake_rproc *r)
{
	return device_for_each_child(parent, r, fake_rproc_child);
}

FERRY_EXPORT_TEST(fake_rproc_find);

static void fake_firmware_gone(void *arg)
{
	fake_file_write("/sys/module/firmware_class/parameters/path", " ");
}

void fake_firmware(struct kunit *test, size_t size)
{
	static const char path[] = "/sys/module/firmware_class/parameters/path";
	struct file *file;
	loff_t pos = 0;

	if (fake_file_write(path, size ? "/tmp" : "/nowhere") < 0)
		kunit_skip(test, "no sysfs here");
	if (!size)
		return;
	ferry_defer(test, fake_firmware_gone, NULL);
	file = filp_open("/tmp/" FAKE_FIRMWARE, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	while (pos < size)
		if (kernel_write(file, "x", 1, &pos) != 1)
			break;
	filp_close(file, NULL);
	flush_delayed_fput();	/* while it is open for writing it cannot be loaded */
	KUNIT_ASSERT_EQ(test, pos, (loff_t)size);
}

FERRY_EXPORT_TEST(fake_firmware);
