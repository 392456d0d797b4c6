/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the core share with each other, and with nobody else.
 *
 * Order of locks: watch_lock > rp_lock > rproc->lock > link mutex > rxq lock > link list_lock >
 * txq lock > locks inside a port or pool.
 */
#ifndef FERRY_CORE_H
#define FERRY_CORE_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/irq_work.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/srcu.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "../compat.h"

/* ferry_txq.blocked */
#define FERRY_TXQ_DEAD		BIT(0)	/* the link does not run */
#define FERRY_TXQ_CLAIMED	BIT(1)	/* a sender copies without the lock */
#define FERRY_TXQ_LANE		BIT(2)	/* control messages wait */
#define FERRY_TXQ_WAITERS	BIT(3)	/* somebody waits for room */
#define FERRY_TXQ_NO_CLIENTS	BIT(4)	/* it starts or stops: only ferry_post() may send */
#define FERRY_TXQ_SUSPENDED	BIT(5)	/* full, until the system resumes */
#define FERRY_TXQ_IDLE		BIT(6)	/* full for clients, until the remote was woken */

/* What follows from the state of the link. */
#define FERRY_TXQ_BY_STATE	(FERRY_TXQ_DEAD | FERRY_TXQ_NO_CLIENTS | FERRY_TXQ_SUSPENDED | \
				 FERRY_TXQ_IDLE)
/* Nobody who waits is served, and nobody need look for room. */
#define FERRY_TXQ_AT_REST	(FERRY_TXQ_DEAD | FERRY_TXQ_SUSPENDED | FERRY_TXQ_IDLE)
/* It looks full, and the protocol is not asked. */
#define FERRY_TXQ_HANDS_OFF	(FERRY_TXQ_CLAIMED | FERRY_TXQ_SUSPENDED)

/* Messages taken at most: in hard IRQ, in one hold of the lock, in one round. */
#define FERRY_IRQ_BUDGET	16
#define FERRY_HOLD_BUDGET	16
#define FERRY_RX_BUDGET		64

/* How often the timer looks for room at least. */
#define FERRY_TXQ_POLL_MAX_NS	(2 * NSEC_PER_MSEC)
/* An event that has not come for so long may never come. */
#define FERRY_TXQ_WATCH_NS	NSEC_PER_SEC

/* Room in a thread for messages that were copied and not yet delivered, bytes. */
#define FERRY_ARENA_MIN		(64 * 1024)

/* What waits for room of its own, where a channel fills buffers; else all are messages. */
enum ferry_tx_kind {
	FERRY_TX_MESSAGE,
	FERRY_TX_LENT,
	FERRY_TX_FILL,
};

/* Somebody who waits for room: a sleeping sender, or a promise of tx_ready. */
struct ferry_waiter {
	struct list_head node;		/* in ferry_channel.waiters */
	struct ferry_channel *ch;
	struct ferry_ep *ep;
	struct task_struct *task;	/* NULL: a promise */
	struct ferry_msg *msg;		/* of a sleeper: sent for him when room comes */
	int staged;			/* 0: it is ready to be sent */
	enum ferry_tx_kind kind;
	bool queued;
	bool inside;			/* a sleeper that has not left yet */
	bool granted;			/* he is to send himself */
	bool sent;			/* @result is there */
	int result;
	int error;
	u32 round;			/* ferry_txq.round when it was served last */
};

/* Messages to endpoints that were not delivered at once. See rxqueue.c. */
struct ferry_rx_queue {
	u8 *mem;
	u32 size;			/* bytes, a power of two */
	u32 depth;			/* messages */
	u32 head;			/* producer: bytes and messages put */
	u32 put;
	u32 tail;			/* consumer: bytes and messages taken */
	u32 taken;
};

/* One entry of a queue, as its consumer sees it. */
struct ferry_rx_msg {
	void *data;
	size_t len;
	struct ferry_buf *buf;		/* the remote's memory, not copied yet */
};

int ferry_rx_queue_init(struct ferry_rx_queue *q, u32 depth, size_t largest);
void ferry_rx_queue_exit(struct ferry_rx_queue *q);
static inline bool ferry_rx_queue_empty(const struct ferry_rx_queue *q)
{
	/* Pairs with ferry_rx_queue_pop(): the consumer is through with it. */
	return READ_ONCE(q->put) == smp_load_acquire(&q->taken);
}

size_t ferry_rx_queue_need(size_t len);
void *ferry_rx_queue_reserve(struct ferry_rx_queue *q, size_t len);
void ferry_rx_queue_commit(struct ferry_rx_queue *q, size_t len, struct ferry_buf *buf);
bool ferry_rx_queue_peek(struct ferry_rx_queue *q, struct ferry_rx_msg *msg);
void ferry_rx_queue_pop(struct ferry_rx_queue *q);

/* ferry_ep.flags */
enum {
	FERRY_EP_CLOSED,		/* no callback may start */
	FERRY_EP_SCHEDULED,		/* in the ready list of a thread */
};

struct ferry_rproc;
struct firmware;

struct ferry_ep {
	struct kref ref;
	struct ferry_link *link;
	struct ferry_channel __rcu *ch;
	struct ferry_ep_cfg cfg;
	bool atomic;
	bool longs;			/* and long messages come in its thread */
	bool direct;			/* delivered from the batch; changed while RX is parked */
	struct ferry_rx_thread *thread;	/* changed while RX is parked */
	unsigned long flags;
	struct llist_node ready;
	struct ferry_rx_queue queue;
	void *held;			/* the message that was answered -EAGAIN ... */
	struct ferry_buf *held_buf;	/* ... or, if it came to rx_buf, this */
	size_t held_len;
	bool has_held;
	bool missed;			/* there was no room for one, there may be more */
	u32 irqs;			/* ferry_link.rx_irqs when that was */
	unsigned int batched;		/* messages in the batch of its thread, ... */
	size_t batched_size;		/* ... and what they would take of its queue */
	struct ferry_waiter promise;	/* lock of the txq */
	wait_queue_head_t poll_wait;
	struct list_head node;		/* in the link */
	enum ferry_event event;		/* link mutex: newest */
	bool event_due;			/* link mutex */
};

/* Something waits to be delivered before the next message. */
static inline bool ferry_ep_backlog(const struct ferry_ep *ep)
{
	/* Pairs with those who take the last of it: their callback has returned. */
	return smp_load_acquire(&ep->has_held) || !ferry_rx_queue_empty(&ep->queue);
}

/* A message in the private memory of a thread, on its way to its endpoint. */
struct ferry_rx_entry {
	struct ferry_ep *ep;
	struct ferry_channel *ch;
	struct ferry_rx_msg msg;
};

struct ferry_rx_ctx {
	u8 *arena;
	size_t arena_size;
	size_t arena_used;
	bool full;			/* a message was left for want of arena */
	unsigned int nr;
	struct ferry_rx_entry batch[FERRY_RX_BUDGET];
	void *bounce;			/* a buffer of the remote, copied at delivery */
};

struct ferry_rx_thread {
	struct ferry_link *link;
	struct task_struct *task;
	bool polls;			/* takes messages; the other one only delivers */
	bool drain;			/* it is to take what is there, and say so */
	bool turn_due;			/* unparked, and has not had a round since */
	unsigned int pending;
	struct llist_head ready;	/* endpoints with something in their queue */
	struct ferry_rx_ctx ctx;
};

struct ferry_link {
	struct device dev;
	struct cdev cdev;
	struct ferry_link_cfg cfg;
	char name[FERRY_NAME_LEN];
	struct list_head node;
	bool hidden;			/* it goes, and is not found by its name */
	struct list_head watch_node;
	u64 watch_seq;			/* its place among watchers and links */
	u64 watch_last;			/* place of the last watcher that is told of it */
	u64 watch_told;			/* that it goes: watchers up to this one */
	unsigned int watch_calls;	/* that tell so, for watchers that go */

	struct mutex lock;		/* state changes, channels, endpoints, regions */
	spinlock_t state_lock;		/* the seven below; nothing is taken under it */
	int state;			/* enum ferry_state */
	int crashed_in;			/* state before the crash */
	bool stop_due;			/* crashed, and the remote was not stopped yet */
	bool report_due;		/* crashed, and nobody heard of it yet */
	const char *crash_reason;
	u32 crashes;
	bool recover;			/* start it again after a crash */
	enum ferry_stop rest;		/* link mutex: how it was stopped last */
	bool came_up;			/* link mutex: the protocol started it since */

	/* Link mutex, written; without it they are hints. */
	bool registered;
	bool visible;			/* in sysfs: it can send uevents */
	bool up;			/* clients were told that it runs */
	bool start_due;			/* start_work is to start it */
	bool suspended;			/* nothing of the protocol is called */
	bool pm_told;			/* the protocol knows that it is */
	char *firmware;			/* of a link that boots: file */
	int told;			/* last state that was told to user space, or -1 */
	u32 epoch;
	struct ferry_stats gone;	/* of channels that were released */
	struct list_head channels;
	unsigned int appeared;		/* counts those that were registered */
	struct list_head eps;
	struct list_head regions;
	struct list_head memory;	/* regions are apart: the hot path looks there */
	struct ferry_imports *imports;	/* written under the mutex; NULL: none yet */
	unsigned int nr_atomic;		/* open atomic endpoints */
	unsigned int nr_hs;		/* open high-speed endpoints */
	bool ways_hs;			/* what the ways of endpoints were set for */
	bool ways_atomic;
	u32 rx_irqs;			/* counts ferry_link_rx_irq(), about */
	bool irq_polls;			/* an interrupt may poll: no endpoint is direct */

	spinlock_t list_lock;		/* txqs, rxqs, calls */
	struct list_head txqs;
	struct list_head rxqs;
	struct list_head calls;
	bool has_lanes;			/* one of the txqs has, or had */

	struct srcu_struct srcu;	/* callbacks in the threads */
	struct ferry_rx_thread *rx;	/* polls, and delivers high-speed */
	struct ferry_rx_thread *rx_gp;	/* delivers general while high-speed is open */

	struct mutex rp_lock;		/* who starts or stops the rproc; outside of its own */
	enum ferry_stop rp_how;		/* rp_lock: how the rproc is to stop it */
	struct ferry_rproc *rp;		/* NULL: no remoteproc; changed under state_lock */
	struct irq_work crash_irq;
	struct workqueue_struct *wq;
	struct work_struct crash_work;
	struct work_struct start_work;
	struct work_struct event_work;
	struct work_struct announce_work;
	struct delayed_work lane_work;
	struct delayed_work look_work;	/* while the remote has imports */
	unsigned long look_delay;
	wait_queue_head_t claim_wait;
	wait_queue_head_t state_wait;	/* nothing can be sent any more, or a channel appeared */
	struct dentry *debugfs;
};

/* txq.c */
void ferry_txq_lock(struct ferry_txq *txq);
void ferry_txq_unlock(struct ferry_txq *txq);
void ferry_txq_update(struct ferry_txq *txq);
void ferry_txq_cut(struct ferry_channel *ch, int error, bool forget);
void ferry_txq_interrupt(struct ferry_channel *ch, int error);
void ferry_txq_uncut(struct ferry_channel *ch);
bool ferry_txq_want(struct ferry_channel *ch, struct ferry_waiter *w);
int ferry_txq_send(struct ferry_channel *ch, struct ferry_msg *msg, struct ferry_waiter *w);
int ferry_txq_send_lent(struct ferry_channel *ch, struct ferry_msg *msg, struct ferry_waiter *w);
void ferry_txq_look(struct ferry_txq *txq);
int ferry_txq_send_wait(struct ferry_waiter *w, long left);
bool ferry_txq_arm(struct ferry_txq *txq);
int ferry_txq_xmit(struct ferry_channel *ch, struct ferry_msg *msg);

void ferry_txq_unlock_quiet(struct ferry_txq *txq);
bool ferry_txq_wanted(const struct ferry_txq *txq);
void ferry_txq_look_in(struct ferry_txq *txq, u64 ns);
u64 ferry_txq_poll_min(const struct ferry_txq *txq);

/* txwait.c; the txq is locked where nothing else is said */
void ferry_txwait_add(struct ferry_txq *txq, struct ferry_waiter *w, struct ferry_channel *ch,
		      enum ferry_tx_kind kind);
void ferry_txwait_unlist(struct ferry_txq *txq, struct ferry_waiter *w);
void ferry_txwait_leave(struct ferry_txq *txq, struct ferry_waiter *w);
void ferry_txwait_set_stopped(struct ferry_channel *ch, bool stopped);
void ferry_txwait_run(struct ferry_txq *txq, bool event);
enum hrtimer_restart ferry_txwait_poll(struct hrtimer *timer);

/* lane.c; the txq is locked where nothing else is said */
bool ferry_lane_flush(struct ferry_txq *txq);
void ferry_lane_forget(struct ferry_txq *txq, struct ferry_channel *ch);
void ferry_lane_clear(struct ferry_txq *txq);
void ferry_lane_resume(struct ferry_txq *txq);
int ferry_lane_init(struct ferry_txq *txq);
void ferry_lane_exit(struct ferry_txq *txq);
unsigned int ferry_lane_room(struct ferry_link *link);
unsigned int ferry_lane_budget(struct ferry_link *link);
void ferry_lane_timeout(struct work_struct *work);

/* rxq.c */
void ferry_rxq_lock(struct ferry_rxq *rxq);
void ferry_rxq_unlock(struct ferry_rxq *rxq);
void ferry_rxq_lock_unclaimed(struct ferry_rxq *rxq);
int ferry_rxq_poll_one(struct ferry_rxq *rxq, struct ferry_rx_ctx *ctx, int budget);
int ferry_rxq_poll_all(struct ferry_link *link, struct ferry_rx_ctx *ctx, int budget);

void ferry_rx_undo(struct ferry_channel *ch, size_t len, enum ferry_drop why);

/* deliver.c */
void ferry_ep_schedule(struct ferry_ep *ep);
void ferry_deliver_batch(struct ferry_rx_ctx *ctx);
void ferry_deliver_ready(struct ferry_rx_thread *t);
void ferry_ep_hold(struct ferry_ep *ep, const void *data, size_t len);
int ferry_deliver_atomic(struct ferry_ep *ep, const void *data, size_t len);

/* rxthread.c */
struct ferry_rx_thread *ferry_rx_thread_start(struct ferry_link *link, const char *suffix,
					      bool polls);
void ferry_rx_thread_stop(struct ferry_rx_thread *t);
void ferry_rx_thread_wake(struct ferry_rx_thread *t);
int ferry_rx_update(struct ferry_link *link);
void ferry_rx_park(struct ferry_link *link);
void ferry_rx_unpark(struct ferry_link *link);

/* endpoint.c */
void ferry_ep_detach(struct ferry_ep *ep, int error);
void ferry_ep_free(struct kref *ref);
void ferry_ep_tx_ready(struct ferry_ep *ep);
int ferry_ep_usable(const struct ferry_ep *ep);
bool ferry_in_callback(const struct ferry_link *link);

/* sendbuf.c */
void ferry_sendbuf_look(struct work_struct *work);

/* channel.c */
int ferry_channel_add(struct ferry_link *link, struct ferry_channel *ch);

/* announce.c */
void ferry_announce_begin(struct ferry_channel *ch);
void ferry_announce_forget(struct ferry_link *link);
void ferry_announce_work(struct work_struct *work);

/* watch.c */
void ferry_watch_add(struct ferry_link *link);
void ferry_watch_remove(struct ferry_link *link);
void ferry_watch_changed(struct ferry_link *link);

/* state.c */
extern const char * const ferry_state_names[FERRY_NR_STATES];
void ferry_state_init(struct ferry_link *link);
bool ferry_link_receives(const struct ferry_link *link);
unsigned int ferry_state_blocks(const struct ferry_link *link);
bool ferry_set_state(struct ferry_link *link, int old, int new);
void ferry_link_update_txqs(struct ferry_link *link);
void ferry_link_serve_txqs(struct ferry_link *link);
void ferry_link_quiesce(void);
void ferry_close_channels(struct ferry_link *link);
int ferry_open_channels(struct ferry_link *link);
int ferry_load_locked(struct ferry_link *link, const struct firmware *fw);
int ferry_start_locked(struct ferry_link *link, const struct firmware *fw, bool recover);
void ferry_stop_begin(struct ferry_link *link);
int ferry_stop_locked(struct ferry_link *link);
int ferry_stop_as_locked(struct ferry_link *link, enum ferry_stop how);
void ferry_crash_locked(struct ferry_link *link, const char *reason);
int ferry_settle_crash(struct ferry_link *link);
int ferry_link_recover(struct ferry_link *link);
bool ferry_link_recovery(struct ferry_link *link);
void ferry_link_set_recovery(struct ferry_link *link, bool on);

/* call.c */
void ferry_calls_update(struct ferry_link *link);

/* idle.c */
int ferry_idle_enter(struct ferry_link *link);
int ferry_idle_leave(struct ferry_link *link);

/* events.c */
void ferry_ep_event(struct ferry_ep *ep, enum ferry_event event);
void ferry_link_tell(struct ferry_link *link, int state);
void ferry_event_work(struct work_struct *work);

/* port.c */
struct seq_file;
void ferry_ports_show(struct seq_file *m);

/* dump.c */
void ferry_dump(struct ferry_link *link);

/* pm.c */
extern const struct dev_pm_ops ferry_pm_ops;
void ferry_pm_end(struct ferry_link *link);

/* boot.c */
/* Any context. Has it a file that it starts its remote with? */
static inline bool ferry_boot_loads(const struct ferry_link *link)
{
	return link->cfg.boots && link->cfg.ops->load;
}

int ferry_boot_init(struct ferry_link *link);
int ferry_boot_get(struct ferry_link *link, const struct firmware **fw);
ssize_t ferry_boot_show(struct ferry_link *link, char *buf);
int ferry_boot_set(struct ferry_link *link, const char *buf);

/* rproc.c; all but the first two, and report, are for links that have an rproc */
#ifdef CONFIG_REMOTEPROC
int ferry_rproc_add(struct ferry_link *link);
void ferry_rproc_del(struct ferry_link *link);
void ferry_rproc_report(struct ferry_link *link);
int ferry_rproc_start(struct ferry_link *link);
int ferry_rproc_stop(struct ferry_link *link, enum ferry_stop how);
int ferry_rproc_recover(struct ferry_link *link);
bool ferry_rproc_recovery(struct ferry_link *link);
void ferry_rproc_set_recovery(struct ferry_link *link, bool on);
ssize_t ferry_rproc_show_firmware(struct ferry_link *link, char *buf);
int ferry_rproc_set_firmware(struct ferry_link *link, const char *name);
#else
static inline int ferry_rproc_add(struct ferry_link *link)
{
	return 0;
}

static inline void ferry_rproc_del(struct ferry_link *link)
{
}

static inline void ferry_rproc_report(struct ferry_link *link)
{
}

static inline int ferry_rproc_start(struct ferry_link *link)
{
	return -ENODEV;
}

static inline int ferry_rproc_stop(struct ferry_link *link, enum ferry_stop how)
{
	return -ENODEV;
}

static inline int ferry_rproc_recover(struct ferry_link *link)
{
	return -ENODEV;
}

static inline bool ferry_rproc_recovery(struct ferry_link *link)
{
	return false;
}

static inline void ferry_rproc_set_recovery(struct ferry_link *link, bool on)
{
}

static inline ssize_t ferry_rproc_show_firmware(struct ferry_link *link, char *buf)
{
	return -ENODEV;
}

static inline int ferry_rproc_set_firmware(struct ferry_link *link, const char *name)
{
	return -ENODEV;
}
#endif

/* sysfs.c */
extern struct class ferry_class;
void ferry_uevent(struct ferry_link *link, int state);

/* chardev.c */
char *ferry_chardev_node(FERRY_DEVNODE_CONST struct device *dev, umode_t *mode);
int ferry_chardev_add(struct ferry_link *link);
void ferry_chardev_del(struct ferry_link *link);
int ferry_chardev_init(void);
void ferry_chardev_exit(void);

/* stats.c */
extern const char * const ferry_drop_names[FERRY_NR_DROPS];
void ferry_stats_add(struct ferry_stats *sum, const struct ferry_stats *s);
u64 ferry_stats_drops(const struct ferry_stats *s);
void ferry_debugfs_init(void);
void ferry_debugfs_exit(void);
void ferry_debugfs_add(struct ferry_link *link);

#endif /* FERRY_CORE_H */
