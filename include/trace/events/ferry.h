/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events: every message, every drop, every change of state.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ferry

#if !defined(_TRACE_FERRY_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_FERRY_H

#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/tracepoint.h>

#ifndef FERRY_TRACE_SYMBOL
#define FERRY_TRACE_SYMBOL
#define FERRY_TRACE_DROP(id, name)	{ FERRY_DROP_##id, name },
#define FERRY_TRACE_STATE(id, name)	{ FERRY_STATE_##id, name },
#endif

DECLARE_EVENT_CLASS(ferry_message,
	TP_PROTO(const struct ferry_channel *ch, size_t len),
	TP_ARGS(ch, len),
	TP_STRUCT__entry(
		__string(link, ferry_link_name(ch->link))
		__string(channel, ch->name)
		__field(u32, number)
		__field(size_t, len)
	),
	TP_fast_assign(
		ferry_assign_str(link, ferry_link_name(ch->link));
		ferry_assign_str(channel, ch->name);
		__entry->number = ch->number;
		__entry->len = len;
	),
	TP_printk("link=%s channel=%s number=%d len=%zu", __get_str(link), __get_str(channel),
		  (int)__entry->number, __entry->len)
);

DEFINE_EVENT(ferry_message, ferry_send,
	TP_PROTO(const struct ferry_channel *ch, size_t len),
	TP_ARGS(ch, len)
);

DEFINE_EVENT(ferry_message, ferry_recv,
	TP_PROTO(const struct ferry_channel *ch, size_t len),
	TP_ARGS(ch, len)
);

TRACE_EVENT(ferry_drop,
	TP_PROTO(const struct ferry_link *link, const struct ferry_channel *ch,
		 enum ferry_drop why),
	TP_ARGS(link, ch, why),
	TP_STRUCT__entry(
		__string(link, ferry_link_name(link))
		__string(channel, ch ? ch->name : "-")
		__field(u32, number)
		__field(int, why)
	),
	TP_fast_assign(
		ferry_assign_str(link, ferry_link_name(link));
		ferry_assign_str(channel, ch ? ch->name : "-");
		__entry->number = ch ? ch->number : FERRY_ANY_NUMBER;
		__entry->why = why;
	),
	TP_printk("link=%s channel=%s number=%d why=%s", __get_str(link), __get_str(channel),
		  (int)__entry->number,
		  __print_symbolic(__entry->why, FERRY_DROPS(FERRY_TRACE_DROP) { -1, NULL }))
);

TRACE_EVENT(ferry_state,
	TP_PROTO(const struct ferry_link *link, int old, int new, u32 epoch),
	TP_ARGS(link, old, new, epoch),
	TP_STRUCT__entry(
		__string(link, ferry_link_name(link))
		__field(int, old)
		__field(int, new)
		__field(u32, epoch)
	),
	TP_fast_assign(
		ferry_assign_str(link, ferry_link_name(link));
		__entry->old = old;
		__entry->new = new;
		__entry->epoch = epoch;
	),
	TP_printk("link=%s old=%s new=%s epoch=%u", __get_str(link),
		  __print_symbolic(__entry->old, FERRY_STATES(FERRY_TRACE_STATE) { -1, NULL }),
		  __print_symbolic(__entry->new, FERRY_STATES(FERRY_TRACE_STATE) { -1, NULL }),
		  __entry->epoch)
);

#endif /* _TRACE_FERRY_H */

#include <trace/define_trace.h>
