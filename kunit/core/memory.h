/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What debugfs says of the memory of a link, for the suites that look at it.
 */
#ifndef FERRY_KUNIT_MEMORY_H
#define FERRY_KUNIT_MEMORY_H

#include <kunit/test.h>
#include <linux/ferry/link.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uio.h>

struct memory_line {
	unsigned int total;
	unsigned int free;
	unsigned int lent;
	unsigned long long lent_bytes;
};

/* The line of @name in the file "pools" of @link; false: there is none. */
static inline bool memory_line(struct kunit *test, const struct ferry_link *link,
			       const char *name, struct memory_line *line)
{
	char *text = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	struct kvec vec = { .iov_base = text, .iov_len = SZ_4K - 1 };
	char path[80], want[40];
	struct iov_iter iter;
	struct kiocb kiocb;
	struct file *file;
	ssize_t len;
	char *p;

	KUNIT_ASSERT_NOT_NULL(test, text);
	snprintf(path, sizeof(path), "/sys/kernel/debug/ferry/%s/pools", ferry_link_name(link));
	file = filp_open(path, O_RDONLY, 0);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(file), "no %s", path);
	/* debugfs itself reads to user space only. */
	init_sync_kiocb(&kiocb, file);
	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, vec.iov_len);
	len = seq_read_iter(&kiocb, &iter);
	filp_close(file, NULL);
	KUNIT_ASSERT_GT(test, len, 0);
	snprintf(want, sizeof(want), "\n%s ", name);
	p = strstr(text, want);
	return p && sscanf(p + strlen(want), "%u %u %u %llu", &line->total, &line->free,
			   &line->lent, &line->lent_bytes) == 4;
}

#endif /* FERRY_KUNIT_MEMORY_H */
