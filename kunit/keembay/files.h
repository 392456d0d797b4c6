/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites of Keem Bay do with files.
 */
#ifndef FERRY_KUNIT_FILES_H
#define FERRY_KUNIT_FILES_H

#include <kunit/test.h>
#include <linux/file.h>
#include <linux/fs.h>

/* All of a file is written anew; false: it cannot be. */
static inline bool file_write(const char *name, int flags, const void *data, size_t size)
{
	struct file *file = filp_open(name, O_WRONLY | flags, 0600);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return false;
	n = kernel_write(file, data, size, &pos);
	filp_close(file, NULL);
	flush_delayed_fput();	/* while it is open for writing nobody loads it */
	return n == size;
}

#endif /* FERRY_KUNIT_FILES_H */
