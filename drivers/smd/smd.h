/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMD: what the files of the protocol share, and what its tests need.
 */
#ifndef FERRY_SMD_PRIVATE_H
#define FERRY_SMD_PRIVATE_H

#include <linux/bitmap.h>
#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/ferry/port.h>
#include <linux/ferry/ring.h>
#include <linux/ferry/smd.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "wire.h"

#define SMD_RING_MIN		32
#define SMD_RING_MAX		(512 * 1024)
#define SMD_RING_ALIGN		16
#define SMD_MTU_MAX		65536	/* of any channel: so much private memory has a link */
#define SMD_APPEAR_MS		1000
#define SMD_STAGE_MS		1000	/* each step of a handshake */
#define SMD_STRAIGHT_MAX	4096	/* so long a packet may wrap in any case */
#define SMD_STATE_UNKNOWN	((u32)~0)	/* of a remote that was not looked at yet */

/**
 * struct smd_channel - one channel of an edge
 * @ch:		what the core knows of it
 * @txq:	where it sends
 * @rxq:	where it receives
 * @smd:	its edge
 * @node:	in the edge; RCU
 * @table:	0 or 1
 * @cid:	number in that table
 * @words:	layout of both halves and both rings
 * @stream:	no packets
 * @always:	it is offered whatever the remote says
 * @own:	our half, shared
 * @peer:	the half of the remote, shared
 * @tx:		ring that we write; lock of the txq
 * @want:	lock of the txq: what the last send that found no room needs, bytes
 * @armed:	lock of the txq: the remote was asked to ring when it has read
 * @raised:	lock of the txq: it was rung for what we wrote, with the flag up
 * @heeds:	lock of the txq: it was seen to lower the flag
 * @rx:		ring that we read; lock of the rxq
 * @has_len:	lock of the rxq: the header of a packet was taken
 * @len:	lock of the rxq: and so long is the packet
 * @live:	messages may flow
 * @lives:	how often @live was set
 * @lock:	protects what follows; below the locks of txq and rxq
 * @state:	enum smd_state, ours
 * @peer_state:	enum smd_state of the remote as it was seen last, or SMD_STATE_UNKNOWN
 * @offered:	so we told the core
 * @shaking:	scanning: it is being opened
 * @failed:	scanning: that was in vain
 * @wanted:	allocating: it was opened
 * @await:	it was closed here, and the remote has not noticed yet
 * @answers:	scanning: that it is closed is the remote's answer to our closing
 * @stale:	the remote may have said so in an earlier life
 * @due:	there is work to do
 * @signals:	of the remote, as they were told last
 * @signals_due: they are to be told
 */
struct smd_channel {
	struct ferry_channel ch;
	struct ferry_txq txq;
	struct ferry_rxq rxq;
	struct ferry_smd *smd;
	struct list_head node;
	unsigned int table;
	unsigned int cid;
	bool words;
	bool stream;
	bool always;
	void *own;
	void *peer;

	struct ferry_ring tx;
	u32 want;
	bool armed;
	bool raised;
	bool heeds;

	struct ferry_ring rx;
	bool has_len;
	u32 len;

	bool live;
	u32 lives;
	spinlock_t lock;	/* see above */
	u32 state;
	u32 peer_state;
	bool offered;
	bool shaking;
	bool failed;
	bool wanted;
	bool await;
	bool answers;
	bool stale;
	bool due;
	u32 signals;
	bool signals_due;
};

/**
 * struct ferry_smd - an edge
 * @cfg:	what it is made of
 * @link:	its link
 * @channels:	all that were found or made, never taken away; RCU, written under @table_lock
 * @table_lock:	of @taken and of what is written to the tables
 * @taken:	slots of the tables that are done with
 * @bell_lock:	one at a time takes rings from the doorbell
 * @wait:	who waits for the state of a remote
 * @wq:	for @work
 * @work:	looks for channels, and does what needs process context
 * @scan_due:	there may be new channels
 * @space:	free space of SMEM when it was looked for channels
 * @running:	between start and stop
 * @again:	the next start is another life of the remote
 * @follows:	the remote is run by an rproc
 * @eager:	the bell is armed as soon as it rang
 * @bell_due:	it rang, and the work is to look
 * @later:	scans once more
 * @spared:	a ring was, and @spare_timer looks what came of it
 * @spare_timer: rings for what the remote did not notice
 * @rescans:	scans since there was something new
 */
struct ferry_smd {
	struct ferry_smd_cfg cfg;
	struct ferry_link *link;
	struct list_head channels;
	struct mutex table_lock;	/* see above */
	DECLARE_BITMAP(taken, SMD_TABLES * SMD_TABLE_ENTRIES);
	spinlock_t bell_lock;		/* see above */
	wait_queue_head_t wait;
	struct workqueue_struct *wq;
	struct work_struct work;
	bool scan_due;
	ssize_t space;
	bool running;
	bool again;
	bool follows;
	bool eager;
	bool bell_due;
	struct delayed_work later;
	bool spared;
	struct hrtimer spare_timer;
	unsigned int rescans;
};

/* What an entry of a table says, checked. */
struct smd_found {
	char name[SMD_NAME_SIZE];
	unsigned int table;
	unsigned int cid;
	bool stream;
};

static inline struct smd_channel *smd_channel_of(struct ferry_channel *ch)
{
	return container_of(ch, struct smd_channel, ch);
}

/* edge.c */
void smd_kick(struct ferry_smd *smd);
void smd_kick_later(struct ferry_smd *smd);
void smd_bell_arm(struct ferry_smd *smd);
void smd_queue_work(struct ferry_smd *smd);

/* scan.c */
bool smd_entry_parse(const struct smd_entry *entry, u32 edge, struct smd_found *found);
unsigned int smd_scan(struct ferry_smd *smd);
void smd_forget(struct ferry_smd *smd);

/* channel.c */
extern const struct ferry_channel_ops smd_ops_bytes;
extern const struct ferry_channel_ops smd_ops_words;
void smd_channel_start(struct smd_channel *c, bool again);
void smd_channel_offer(struct smd_channel *c);
void smd_channel_look(struct smd_channel *c, bool rang);
void smd_channel_work(struct smd_channel *c);
void smd_channel_break(struct smd_channel *c, const char *why);
void smd_channel_drained(struct smd_channel *c);
int smd_channel_open(struct ferry_channel *ch);
void smd_channel_close(struct ferry_channel *ch);

/* tx.c */
bool smd_channel_unheard(struct smd_channel *c);
extern const struct ferry_txq_ops smd_txq_ops_bytes;
extern const struct ferry_txq_ops smd_txq_ops_words;

/* rx.c */
extern const struct ferry_rxq_ops smd_rxq_ops_bytes;
extern const struct ferry_rxq_ops smd_rxq_ops_words;

#endif /* FERRY_SMD_PRIVATE_H */
