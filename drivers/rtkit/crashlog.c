// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit, crashlog: the first message of its endpoint asks for memory, the second one says
 * that the firmware has crashed, and what is in there now is the log.
 *
 * The co-processor is not stopped yet when the report is made: the log is copied once, and
 * only the copy is looked at.
 */
#include <linux/bitfield.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>

#include "rtkit.h"

#define CRASHLOG_RAW_LINE	32

/* What a message of the crashlog's endpoint is. */
enum crashlog_says { CRASHLOG_REQUEST, CRASHLOG_CRASH, CRASHLOG_EARLY_CRASH };

static enum crashlog_says crashlog_note(struct ferry_rtkit *rtk, u64 msg)
{
	const struct rtk_buffer *b = &rtk->buffer[RTK_BUF_CRASHLOG];

	guard(spinlock_irqsave)(&rtk->lock);
	if (!b->told && !b->pending)
		return CRASHLOG_REQUEST;
	rtk->crash_addr = FIELD_GET(RTKIT_BUF_IOVA, msg);
	rtk->crash_size = FIELD_GET(RTKIT_BUF_PAGES, msg) << RTKIT_BUF_PAGE_SHIFT;
	if (b->told)
		return CRASHLOG_CRASH;
	rtk->crash_noted = true;
	return CRASHLOG_EARLY_CRASH;
}

/* Under the lock of the rxq. -1, or why it is dropped. */
int rtk_crashlog_take(struct ferry_rtkit *rtk, u64 msg)
{
	if (FIELD_GET(RTKIT_TYPE, msg) != RTKIT_BUF_REQUEST)
		return FERRY_DROP_BAD_HEADER;
	switch (crashlog_note(rtk, msg)) {
	case CRASHLOG_REQUEST:
		return rtk_memory_ask_pages(rtk, RTK_BUF_CRASHLOG, msg);
	case CRASHLOG_CRASH:
		rtk_crashlog_crash(rtk);
		break;
	case CRASHLOG_EARLY_CRASH:
		break;	/* its place is found out first: the log may be there already */
	}
	return -1;
}

/* Any context. */
void rtk_crashlog_crash(struct ferry_rtkit *rtk)
{
	rtk_mgmt_crash(rtk, "the firmware crashed");
}

/* Where in its memory the log is; where the notification makes no sense, from its start. */
static void crashlog_range(struct ferry_rtkit *rtk, const struct ferry_region *region,
			   u64 *offset, u64 *size)
{
	*offset = 0;
	if (rtk->crash_addr >= region->remote && rtk->crash_addr - region->remote < region->size)
		*offset = rtk->crash_addr - region->remote;
	*size = region->size - *offset;
	if (rtk->crash_size)
		*size = min(*size, rtk->crash_size);
}

static void crashlog_raw(const u8 *log, size_t size, struct seq_buf *out)
{
	size_t pos, n;

	for (pos = 0; pos < size && !seq_buf_has_overflowed(out); pos += n) {
		n = min_t(size_t, size - pos, CRASHLOG_RAW_LINE);
		/* Most of the memory may be empty. */
		if (memchr_inv(log + pos, 0, n))
			seq_buf_printf(out, "raw %05zx %*phN\n", pos, (int)n, log + pos);
	}
}

static void crashlog_show(struct ferry_rtkit *rtk, struct ferry_region *region,
			  struct seq_buf *out)
{
	u64 offset, size;
	u8 *log;
	int ret;

	crashlog_range(rtk, region, &offset, &size);
	log = kvmalloc(size, GFP_KERNEL);
	if (!log) {
		seq_buf_printf(out, "crashlog no memory\n");
		return;
	}
	ret = ferry_region_read(region, offset, log, size);
	if (ret) {
		seq_buf_printf(out, "crashlog not read: %d\n", ret);
	} else {
		seq_buf_printf(out, "crashlog %llu bytes\n", size);
		rtk_crashlog_decode(log, size, out);
		crashlog_raw(log, size, out);
	}
	kvfree(log);
}

void rtk_crashlog_dump(struct ferry_link *link, struct seq_buf *out)
{
	struct ferry_rtkit *rtk = ferry_link_priv(link);
	struct ferry_region *region = rtk_memory_get(rtk, RTK_BUF_CRASHLOG);

	seq_buf_printf(out, "version %u\n", rtk->version);
	seq_buf_printf(out, "iop-power %#x\n", rtk->iop.state);
	seq_buf_printf(out, "ap-power %#x\n", rtk->ap.state);
	if (region)
		crashlog_show(rtk, region, out);
	else
		seq_buf_printf(out, "crashlog none\n");
	ferry_region_put(region);
}
