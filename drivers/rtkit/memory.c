// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit, memory: endpoints of the system ask for some, or say where they have it.
 *
 * A request is noted where it comes in, one for each endpoint, and answered by work, which
 * may sleep. The provider knows what may be given, and keeps it until the co-processor was
 * stopped.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/err.h>

#include "../compat.h"
#include "rtkit.h"

static const u8 memory_eps[RTK_BUFS] = {
	[RTK_BUF_CRASHLOG] = RTKIT_EP_CRASHLOG,
	[RTK_BUF_SYSLOG] = RTKIT_EP_SYSLOG,
	[RTK_BUF_IOREPORT] = RTKIT_EP_IOREPORT,
	[RTK_BUF_OSLOG] = RTKIT_EP_OSLOG,
};

/* Under the lock of the rxq. -1, or why it is dropped. */
int rtk_memory_ask(struct ferry_rtkit *rtk, enum rtk_buffers which, u64 size, u64 addr)
{
	struct rtk_buffer *b = &rtk->buffer[which];

	scoped_guard(spinlock_irqsave, &rtk->lock) {
		if (b->pending)
			return FERRY_DROP_STALE;	/* its answer is on the way */
		b->pending = true;
		b->size = size;
		b->addr = addr;
	}
	queue_work(rtk->wq, &rtk->memory_work);
	return -1;
}

/* As rtk_memory_ask(), for the three endpoints that count pages. */
int rtk_memory_ask_pages(struct ferry_rtkit *rtk, enum rtk_buffers which, u64 msg)
{
	return rtk_memory_ask(rtk, which, FIELD_GET(RTKIT_BUF_PAGES, msg) << RTKIT_BUF_PAGE_SHIFT,
			      FIELD_GET(RTKIT_BUF_IOVA, msg));
}

FERRY_EXPORT_TEST(rtk_memory_ask_pages);

/* Where the memory is that an endpoint asked for. */
u64 rtk_memory_answer(u8 ep, u64 size, u64 addr)
{
	if (ep == RTKIT_EP_OSLOG)
		return FIELD_PREP(RTKIT_OSLOG_TYPE, RTKIT_OSLOG_BUF_REQUEST) |
		       FIELD_PREP(RTKIT_OSLOG_BUF_SIZE, size) |
		       FIELD_PREP(RTKIT_OSLOG_BUF_IOVA, addr >> RTKIT_OSLOG_IOVA_SHIFT);
	return FIELD_PREP(RTKIT_TYPE, RTKIT_BUF_REQUEST) |
	       FIELD_PREP(RTKIT_BUF_PAGES, size >> RTKIT_BUF_PAGE_SHIFT) |
	       FIELD_PREP(RTKIT_BUF_IOVA, addr);
}

FERRY_EXPORT_TEST(rtk_memory_answer);

/* Its address must fit into the answer. */
static bool memory_fits(const struct rtk_buffer *b, const struct ferry_region *region)
{
	if (b->ep != RTKIT_EP_OSLOG)
		return FIELD_FIT(RTKIT_BUF_IOVA, region->remote);
	return !(region->remote & (BIT_ULL(RTKIT_OSLOG_IOVA_SHIFT) - 1)) &&
	       FIELD_FIT(RTKIT_OSLOG_BUF_IOVA, region->remote >> RTKIT_OSLOG_IOVA_SHIFT);
}

static void memory_refuse(struct ferry_rtkit *rtk, const struct rtk_buffer *b, int err)
{
	dev_err_ratelimited(ferry_link_dev(rtk->link),
			    "endpoint %#x asks for %#llx bytes at %#llx: refused: %d\n", b->ep,
			    b->size, b->addr, err);
	/* Of a second request for something else there is nothing to wait for. */
	if (err != -EBUSY)
		rtk_mgmt_fail(rtk, err);
}

/*
 * Work. The request is dealt with; @region: what was provided, or NULL. The next one counts
 * again from here on, before the answer is out: who has it may ask at once. True: of the
 * crashlog, and meanwhile it said that it has crashed.
 */
static bool memory_settle(struct ferry_rtkit *rtk, struct rtk_buffer *b,
			  struct ferry_region *region)
{
	struct ferry_region *old = NULL;
	bool crashed = false;

	scoped_guard(spinlock_irqsave, &rtk->lock) {
		b->pending = false;
		if (region) {
			old = b->region;
			b->region = region;
			b->told = true;
		}
		if (b->ep == RTKIT_EP_CRASHLOG) {
			crashed = rtk->crash_noted;
			rtk->crash_noted = false;
		}
	}
	ferry_region_put(old);
	return crashed;
}

/* Work. One request, which nobody changes while it is pending. */
static void memory_provide(struct ferry_rtkit *rtk, struct rtk_buffer *b)
{
	u64 size = b->size, addr = b->addr;
	struct ferry_region *region;

	region = ferry_region_provide(rtk->provider, b->ep, size, addr);
	if (!IS_ERR(region) && !addr && !memory_fits(b, region)) {
		ferry_region_put(region);
		region = ERR_PTR(-ERANGE);
	}
	if (IS_ERR(region)) {
		memory_refuse(rtk, b, PTR_ERR(region));
		region = NULL;
	}
	/* The region stays where it is while this work may run. */
	if (memory_settle(rtk, b, region))
		rtk_crashlog_crash(rtk);
	/* What was there already needs no answer, and what is dead gets none. */
	else if (region && !addr && !READ_ONCE(rtk->crash_noted))
		rtk_post_wait(rtk, b->ep, rtk_memory_answer(b->ep, size, region->remote));
}

static void memory_work(struct work_struct *work)
{
	struct ferry_rtkit *rtk = container_of(work, struct ferry_rtkit, memory_work);
	unsigned int i;

	for (i = 0; i < RTK_BUFS; i++)
		if (READ_ONCE(rtk->buffer[i].pending))
			memory_provide(rtk, &rtk->buffer[i]);
}

/* Any context. With a reference, or NULL: it has none in this life of the firmware. */
struct ferry_region *rtk_memory_get(struct ferry_rtkit *rtk, enum rtk_buffers which)
{
	struct rtk_buffer *b = &rtk->buffer[which];

	guard(spinlock_irqsave)(&rtk->lock);
	if (!b->told)
		return NULL;
	ferry_region_hold(b->region);
	return b->region;
}

/* Process context. May the co-processor write to memory of ours? */
bool rtk_memory_lent(struct ferry_rtkit *rtk)
{
	unsigned int i;

	for (i = 0; rtk->lends && i < RTK_BUFS; i++)
		if (rtk->buffer[i].region)
			return true;
	return false;
}

/* Process context, no work runs. The core takes the memory back. */
void rtk_memory_forget(struct ferry_rtkit *rtk)
{
	unsigned int i;

	for (i = 0; i < RTK_BUFS; i++) {
		ferry_region_put(rtk->buffer[i].region);
		rtk->buffer[i].region = NULL;
		rtk->buffer[i].told = false;
		rtk->buffer[i].pending = false;
	}
}

void rtk_memory_init(struct ferry_rtkit *rtk)
{
	unsigned int i;

	INIT_WORK(&rtk->memory_work, memory_work);
	for (i = 0; i < RTK_BUFS; i++)
		rtk->buffer[i].ep = memory_eps[i];
}
