// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit, syslog: lines that the firmware writes into a buffer.
 *
 * A message tells of each, and is echoed when the line was read, or the firmware logs no
 * more: so it is echoed also when there is nothing to read. The lines go to the kernel log,
 * not too many of them, and all to a ring that debugfs shows.
 */
#include <linux/bitfield.h>
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "rtkit.h"

/* What the kernel log gets; the ring gets all. */
#define SYSLOG_INTERVAL		(5 * HZ)
#define SYSLOG_BURST		100

/* True: its turn will come. */
static bool syslog_put(struct ferry_rtkit *rtk, u64 msg)
{
	struct rtk_syslog *s = &rtk->syslog;

	guard(spinlock_irqsave)(&rtk->lock);
	if (s->put - s->taken == RTK_SYSLOG_FIFO) {
		s->lost++;
		return false;
	}
	s->fifo[s->put++ % RTK_SYSLOG_FIFO] = (struct rtk_syslog_log) {
		.msg = msg,
		.entries = s->entries,
		.msg_size = s->msg_size,
	};
	return true;
}

static void syslog_divide(struct ferry_rtkit *rtk, u64 msg)
{
	guard(spinlock_irqsave)(&rtk->lock);
	rtk->syslog.entries = FIELD_GET(RTKIT_SYSLOG_ENTRIES, msg);
	rtk->syslog.msg_size = FIELD_GET(RTKIT_SYSLOG_MSG_SIZE, msg);
}

/* Under the lock of the rxq. -1, or why it is dropped. */
int rtk_syslog_take(struct ferry_rtkit *rtk, u64 msg)
{
	switch (FIELD_GET(RTKIT_TYPE, msg)) {
	case RTKIT_BUF_REQUEST:
		return rtk_memory_ask_pages(rtk, RTK_BUF_SYSLOG, msg);
	case RTKIT_SYSLOG_INIT:
		syslog_divide(rtk, msg);
		return -1;
	case RTKIT_SYSLOG_LOG:
		if (syslog_put(rtk, msg))
			queue_work(rtk->wq, &rtk->syslog_work);
		else
			rtk_post(rtk, RTKIT_EP_SYSLOG, msg);
		return -1;
	default:
		return FERRY_DROP_BAD_HEADER;
	}
}

/* Copies text up to a NUL, as far as it can be printed. Returns how much it was. */
static size_t syslog_text(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size), i;

	while (len && (isspace(src[len - 1]) || !src[len - 1]))
		len--;
	for (i = 0; i < len; i++)
		dst[i] = isascii(src[i]) && isprint(src[i]) ? src[i] : '?';
	return len;
}

/* Of the private copy in raw, @text bytes of message. Returns the length, without a newline. */
static size_t syslog_format(struct rtk_syslog *s, size_t text)
{
	const struct rtkit_syslog_entry *entry = (const void *)s->raw;
	size_t len, more;

	/* The last byte of the context is not believed. */
	len = syslog_text(s->line, entry->context, sizeof(entry->context) - 1);
	if (len) {
		s->line[len++] = ':';
		s->line[len++] = ' ';
	}
	more = syslog_text(s->line + len, entry->msg, text);
	return more ? len + more : 0;
}

/* Copies an entry once. Returns how many bytes of message it has, or -errno. */
static int syslog_read(struct rtk_syslog *s, struct ferry_region *region,
		       const struct rtk_syslog_log *log)
{
	unsigned int index = FIELD_GET(RTKIT_SYSLOG_INDEX, log->msg);
	u64 stride = sizeof(struct rtkit_syslog_entry) + (u64)log->msg_size;
	u32 text = min_t(u32, log->msg_size, RTK_SYSLOG_TEXT);
	int ret;

	if (index >= log->entries || stride * log->entries > region->size)
		return -EINVAL;
	ret = ferry_region_read(region, index * stride, s->raw,
				sizeof(struct rtkit_syslog_entry) + text);
	return ret ?: text;
}

/* Old lines make room. */
static void syslog_keep(struct rtk_syslog *s, size_t len)
{
	size_t i;

	guard(mutex)(&s->ring_lock);
	s->line[len] = '\n';
	for (i = 0; i <= len; i++)
		s->ring[s->written++ % RTK_SYSLOG_RING] = s->line[i];
	s->line[len] = '\0';
}

static void syslog_print(struct ferry_rtkit *rtk, const struct rtk_syslog_log *log)
{
	struct ferry_region *region = rtk_memory_get(rtk, RTK_BUF_SYSLOG);
	struct rtk_syslog *s = &rtk->syslog;
	int text = region ? syslog_read(s, region, log) : -ENOENT;
	size_t len;

	ferry_region_put(region);
	if (text < 0) {
		s->bad++;
		return;
	}
	len = syslog_format(s, text);
	if (!len)
		return;
	s->lines++;
	syslog_keep(s, len);
	if (__ratelimit(&s->limit))
		dev_info(ferry_link_dev(rtk->link), "%s\n", s->line);
}

static bool syslog_next(struct ferry_rtkit *rtk, struct rtk_syslog_log *log)
{
	struct rtk_syslog *s = &rtk->syslog;

	guard(spinlock_irqsave)(&rtk->lock);
	if (s->put == s->taken)
		return false;
	*log = s->fifo[s->taken++ % RTK_SYSLOG_FIFO];
	return true;
}

static void syslog_work(struct work_struct *work)
{
	struct ferry_rtkit *rtk = container_of(work, struct ferry_rtkit, syslog_work);
	struct rtk_syslog_log log;

	while (syslog_next(rtk, &log)) {
		syslog_print(rtk, &log);
		/* Only now may the firmware use the entry again. */
		rtk_post_wait(rtk, RTKIT_EP_SYSLOG, log.msg);
	}
}

/* Process context, no work runs. What another life of the firmware said is void. */
void rtk_syslog_forget(struct ferry_rtkit *rtk)
{
	guard(spinlock_irqsave)(&rtk->lock);
	rtk->syslog.taken = rtk->syslog.put;
	rtk->syslog.entries = 0;
}

/* The position counts all that was ever written; who is too slow misses lines. */
static ssize_t syslog_file_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct ferry_rtkit *rtk = file->private_data;
	struct rtk_syslog *s = &rtk->syslog;
	size_t n, offset;

	guard(mutex)(&s->ring_lock);
	if (s->written > RTK_SYSLOG_RING && *pos < s->written - RTK_SYSLOG_RING)
		*pos = s->written - RTK_SYSLOG_RING;
	if (*pos >= s->written)
		return 0;
	offset = *pos % RTK_SYSLOG_RING;
	n = min_t(u64, size, s->written - *pos);
	n = min_t(size_t, n, RTK_SYSLOG_RING - offset);
	if (copy_to_user(buf, s->ring + offset, n))
		return -EFAULT;
	*pos += n;
	return n;
}

const struct file_operations rtk_syslog_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = syslog_file_read,
	.llseek = default_llseek,
};

/* Process context. 0, or -ENOMEM. */
int rtk_syslog_init(struct ferry_rtkit *rtk)
{
	struct rtk_syslog *s = &rtk->syslog;

	mutex_init(&s->ring_lock);
	ratelimit_state_init(&s->limit, SYSLOG_INTERVAL, SYSLOG_BURST);
	INIT_WORK(&rtk->syslog_work, syslog_work);
	s->ring = kvmalloc(RTK_SYSLOG_RING, GFP_KERNEL);
	return s->ring ? 0 : -ENOMEM;
}

/* Process context. Nobody reads any more. */
void rtk_syslog_exit(struct ferry_rtkit *rtk)
{
	kvfree(rtk->syslog.ring);
	mutex_destroy(&rtk->syslog.ring_lock);
}
