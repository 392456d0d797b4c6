/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RTKit: what the files of the protocol share, and what its tests need.
 *
 * Order of locks: rxq lock > ferry_rtkit.lock; nothing is posted under the latter.
 */
#ifndef FERRY_RTKIT_H
#define FERRY_RTKIT_H

#include <linux/bitmap.h>
#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/ferry/port.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/region.h>
#include <linux/ferry/rtkit.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "wire.h"

#define RTK_TIMEOUT_MS		1000	/* of each thing that the co-processor has to say, or cfg */
#define RTK_PATIENCE_MS		100	/* then it may wait for us, and not we for it */
#define RTK_NOISE_MAX		4096	/* messages a second that bring no client anything */

struct seq_buf;

/* How far the co-processor is; in this order. */
enum rtk_phase {
	RTK_DOWN,	/* nothing is expected of it */
	RTK_HELLO,	/* it is to say which versions it speaks */
	RTK_MAP,	/* ... and which endpoints it has */
	RTK_MAPPED,	/* all of them are known */
	RTK_UP,		/* ... and those of the system were started */
};

/* A state that one side is to say, or need not. */
struct rtk_ack {
	bool due;
	u16 want;
	u16 mask;	/* bits of @want that count */
	u16 state;	/* the last one that was acknowledged */
	int result;	/* 0: not yet; 1: as wanted; -EINVAL: another one */
};

/* An endpoint of the system; the channel is there for ferry_post() only. */
struct rtk_system {
	struct ferry_channel ch;
	int (*take)(struct ferry_rtkit *rtk, u64 msg);
};

/* Memory that an endpoint of the system asks for. */
struct rtk_buffer {
	u8 ep;
	bool pending;			/* work is to provide it */
	bool told;			/* in this life of the firmware it has its answer */
	u64 size;			/* as asked for */
	u64 addr;
	struct ferry_region *region;
};

enum rtk_buffers { RTK_BUF_CRASHLOG, RTK_BUF_SYSLOG, RTK_BUF_IOREPORT, RTK_BUF_OSLOG, RTK_BUFS };

#define RTK_SYSLOG_FIFO		64	/* entries that wait to be read, a power of two */
#define RTK_SYSLOG_TEXT		1024	/* bytes of a message that are read */
#define RTK_SYSLOG_LINE		(RTKIT_SYSLOG_CONTEXT + 2 + RTK_SYSLOG_TEXT + 2)
#define RTK_SYSLOG_RING		65536	/* bytes that are kept for readers, a power of two */

/* A message of an entry, and how the buffer was divided when it came. */
struct rtk_syslog_log {
	u64 msg;
	u32 entries;
	u32 msg_size;
};

struct rtk_syslog {
	u32 entries;			/* lock of ferry_rtkit, as the next four */
	u32 msg_size;
	struct rtk_syslog_log fifo[RTK_SYSLOG_FIFO];	/* echoed when their entry was read */
	unsigned int put;
	unsigned int taken;
	u64 lines;			/* counters; of work, but for the last */
	u64 bad;
	u64 lost;			/* lock of ferry_rtkit */

	/* What only the work touches. */
	struct ratelimit_state limit;
	u8 raw[sizeof(struct rtkit_syslog_entry) + RTK_SYSLOG_TEXT];
	char line[RTK_SYSLOG_LINE];

	struct mutex ring_lock;		/* the two below */
	char *ring;
	u64 written;
};

struct ferry_rtkit {
	struct ferry_rtkit_cfg cfg;
	struct ferry_link *link;
	struct list_head node;		/* in the list of all */
	struct ferry_provider *provider;
	bool lends;			/* what it provides is memory of ours */

	struct ferry_txq txq;
	struct ferry_rxq rxq;
	struct rtk_system *system;
	struct ferry_channel __rcu *channel[RTKIT_ENDPOINTS];	/* written under the link's mutex */
	bool rx_on;			/* written in start and stop */
	bool ports_on;			/* mutex of the link, as the next three */
	bool on;			/* it went through all of its start */
	bool idle;
	bool in_reset;			/* its CPU is held */

	spinlock_t lock;		/* what follows, up to the buffers */
	enum rtk_phase phase;
	bool booting;			/* somebody waits for it to be up */
	bool waking;			/* from idle: it may say hello, too */
	bool anew;			/* it did */
	int error;			/* of the start, that will not come to a good end */
	u16 version;
	unsigned int windows;		/* of the map, taken so far */
	DECLARE_BITMAP(map, RTKIT_ENDPOINTS);
	DECLARE_BITMAP(started, RTKIT_ENDPOINTS);
	struct rtk_ack iop;
	struct rtk_ack ap;
	bool pinged;
	u64 ping;			/* what the answer must be */
	struct rtk_buffer buffer[RTK_BUFS];
	wait_queue_head_t wait;
	struct mutex ping_lock;		/* one at a time */

	struct workqueue_struct *wq;	/* ordered; not the link's, whose mutex start has */
	struct work_struct memory_work;
	struct work_struct syslog_work;
	struct rtk_syslog syslog;

	u64 crash_addr;			/* lock: what the notification said */
	u64 crash_size;
	bool crash_noted;		/* lock: ... before its memory was provided */

	unsigned int noise;		/* lock of the rxq: messages for nothing ... */
	unsigned long noise_since;	/* ... since then, jiffies */
	u64 ignored;			/* lock of the rxq: of endpoints that we only start */
};

/* mgmt.c */
int rtk_mgmt_take(struct ferry_rtkit *rtk, u64 msg);
int rtk_mgmt_boot(struct ferry_rtkit *rtk, bool wake);
int rtk_mgmt_wake_idle(struct ferry_rtkit *rtk);
int rtk_mgmt_down(struct ferry_rtkit *rtk, u16 ap, u16 iop);
void rtk_mgmt_begin(struct ferry_rtkit *rtk, enum rtk_phase phase);
void rtk_mgmt_fail(struct ferry_rtkit *rtk, int error);
int rtk_mgmt_start_ep(struct ferry_rtkit *rtk, u8 ep);
void rtk_mgmt_crash(struct ferry_rtkit *rtk, const char *reason);

/* channel.c */
extern const struct ferry_channel_ops rtk_channel_ops;
extern const struct ferry_channel_ops rtk_system_ops;
int rtk_post(struct ferry_rtkit *rtk, u8 ep, u64 msg);
int rtk_post_wait(struct ferry_rtkit *rtk, u8 ep, u64 msg);
struct ferry_channel *rtk_channel(struct ferry_link *link, const struct ferry_id *id);
void rtk_release_channel(struct ferry_link *link, struct ferry_channel *ch);
int rtk_tx_init(struct ferry_rtkit *rtk);
int rtk_rx_init(struct ferry_rtkit *rtk);

/* system.c */
int rtk_system_init(struct ferry_rtkit *rtk);
void rtk_system_exit(struct ferry_rtkit *rtk);
struct rtk_system *rtk_system_get(struct ferry_rtkit *rtk, u8 ep);
int rtk_system_start(struct ferry_rtkit *rtk);

/* memory.c */
int rtk_memory_ask(struct ferry_rtkit *rtk, enum rtk_buffers which, u64 size, u64 addr);
int rtk_memory_ask_pages(struct ferry_rtkit *rtk, enum rtk_buffers which, u64 msg);
struct ferry_region *rtk_memory_get(struct ferry_rtkit *rtk, enum rtk_buffers which);
bool rtk_memory_lent(struct ferry_rtkit *rtk);
void rtk_memory_forget(struct ferry_rtkit *rtk);
u64 rtk_memory_answer(u8 ep, u64 size, u64 addr);
void rtk_memory_init(struct ferry_rtkit *rtk);

/* syslog.c */
int rtk_syslog_take(struct ferry_rtkit *rtk, u64 msg);
int rtk_syslog_init(struct ferry_rtkit *rtk);
void rtk_syslog_exit(struct ferry_rtkit *rtk);
void rtk_syslog_forget(struct ferry_rtkit *rtk);
extern const struct file_operations rtk_syslog_fops;

/* crashlog.c */
int rtk_crashlog_take(struct ferry_rtkit *rtk, u64 msg);
void rtk_crashlog_crash(struct ferry_rtkit *rtk);
void rtk_crashlog_dump(struct ferry_link *link, struct seq_buf *out);

/* decode.c */
void rtk_crashlog_decode(const void *log, size_t size, struct seq_buf *out);

#endif /* FERRY_RTKIT_H */
