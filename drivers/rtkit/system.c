// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit, endpoints of the system: which there are, and those that want little.
 */
#include <linux/bitfield.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "rtkit.h"

/* Both are echoed, or the firmware hangs. */
static int ioreport_take(struct ferry_rtkit *rtk, u64 msg)
{
	switch (FIELD_GET(RTKIT_TYPE, msg)) {
	case RTKIT_BUF_REQUEST:
		return rtk_memory_ask_pages(rtk, RTK_BUF_IOREPORT, msg);
	case RTKIT_IOREPORT_START:
	case RTKIT_IOREPORT_REPORT:
		rtk_post(rtk, RTKIT_EP_IOREPORT, msg);
		return -1;
	default:
		return FERRY_DROP_BAD_HEADER;
	}
}

static int oslog_take(struct ferry_rtkit *rtk, u64 msg)
{
	switch (FIELD_GET(RTKIT_OSLOG_TYPE, msg)) {
	case RTKIT_OSLOG_BUF_REQUEST:
		return rtk_memory_ask(rtk, RTK_BUF_OSLOG, FIELD_GET(RTKIT_OSLOG_BUF_SIZE, msg),
				      FIELD_GET(RTKIT_OSLOG_BUF_IOVA, msg) <<
				      RTKIT_OSLOG_IOVA_SHIFT);
	case RTKIT_OSLOG_LOG:
		rtk_post(rtk, RTKIT_EP_OSLOG, msg);
		return -1;
	default:
		return FERRY_DROP_BAD_HEADER;
	}
}

/* The firmware wants it started, and does without what it asks for. */
static int quiet_take(struct ferry_rtkit *rtk, u64 msg)
{
	rtk->ignored++;
	return -1;
}

static const struct {
	u8 ep;
	const char *name;
	int (*take)(struct ferry_rtkit *rtk, u64 msg);
} systems[] = {
	{ RTKIT_EP_MANAGEMENT, "management", rtk_mgmt_take },
	{ RTKIT_EP_CRASHLOG, "crashlog", rtk_crashlog_take },
	{ RTKIT_EP_SYSLOG, "syslog", rtk_syslog_take },
	{ RTKIT_EP_DEBUG, "debug", quiet_take },
	{ RTKIT_EP_IOREPORT, "ioreport", ioreport_take },
	{ RTKIT_EP_OSLOG, "oslog", oslog_take },
	{ RTKIT_EP_TRACEKIT, "tracekit", quiet_take },
};

/* Any context. NULL: none that we know. */
struct rtk_system *rtk_system_get(struct ferry_rtkit *rtk, u8 ep)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(systems); i++)
		if (systems[i].ep == ep)
			return &rtk->system[i];
	return NULL;
}

/* Process context. Without these started the firmware never comes up. */
int rtk_system_start(struct ferry_rtkit *rtk)
{
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(systems); i++) {
		if (systems[i].ep == RTKIT_EP_MANAGEMENT || !test_bit(systems[i].ep, rtk->map))
			continue;
		ret = rtk_mgmt_start_ep(rtk, systems[i].ep);
		if (ret)
			return ret;
	}
	return 0;
}

/* Process context. 0, or -ENOMEM. */
int rtk_system_init(struct ferry_rtkit *rtk)
{
	unsigned int i;

	rtk->system = kcalloc(ARRAY_SIZE(systems), sizeof(*rtk->system), GFP_KERNEL);
	if (!rtk->system)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(systems); i++) {
		struct ferry_channel *ch = &rtk->system[i].ch;

		strscpy(ch->name, systems[i].name, sizeof(ch->name));
		ch->number = systems[i].ep;
		ch->cls = FERRY_CLASS_GP;
		ch->mtu = sizeof(u64);
		ch->ops = &rtk_system_ops;
		ch->txq = &rtk->txq;
		ch->link = rtk->link;
		rtk->system[i].take = systems[i].take;
	}
	return 0;
}

/* Process context. Nothing is posted any more. */
void rtk_system_exit(struct ferry_rtkit *rtk)
{
	kfree(rtk->system);
}
