/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of the SMC: what it tells by itself.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ferry_smc

#if !defined(_TRACE_FERRY_SMC_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_FERRY_SMC_H

#include <linux/ferry/link.h>
#include <linux/tracepoint.h>

TRACE_EVENT(ferry_smc_notification,
	TP_PROTO(const struct ferry_link *link, u32 event),
	TP_ARGS(link, event),
	TP_STRUCT__entry(
		__string(link, ferry_link_name(link))
		__field(u32, event)
	),
	TP_fast_assign(
		ferry_assign_str(link, ferry_link_name(link));
		__entry->event = event;
	),
	TP_printk("link=%s event=%#010x", __get_str(link), __entry->event)
);

#endif /* _TRACE_FERRY_SMC_H */

#include <trace/define_trace.h>
