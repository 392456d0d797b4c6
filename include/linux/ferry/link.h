/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links: two nodes that can talk. For authors of protocols.
 */
#ifndef _LINUX_FERRY_LINK_H
#define _LINUX_FERRY_LINK_H

#include <linux/errno.h>
#include <linux/ferry.h>
#include <linux/ferry/channel.h>
#include <linux/types.h>

struct dentry;
struct device;
struct ferry_loans;
struct ferry_pool;
struct ferry_port;
struct ferry_region;
struct firmware;
struct rproc;
struct seq_buf;

/**
 * DOC: links
 *
 * A link owns the threads that receive, the list of channels and regions, and the
 * state::
 *
 *	offline -> starting -> running -> stopping -> offline
 *	a start that fails: starting -> stopping -> offline
 *	running <-> idle: the remote sleeps and keeps its context; idle -> stopping
 *	running, idle, starting, stopping, recovering -> crashed
 *	then crashed -> recovering -> running, by itself or when a user says so
 *	crashed -> starting, crashed -> offline: a user started or stopped it
 *
 * A link stops in one of the ways that its protocol has (&enum ferry_stop). One that sleeps
 * or is quiesced is offline, with nothing of ours left to its remote, but is woken and not
 * started from nothing the next time. To clients an idle link looks full: nothing is
 * closed, nothing comes back, and who waits to send goes on when it was woken.
 *
 * A crash cuts off all senders at once. The rest is done in process context: the
 * remote is stopped, and only when that succeeded the memory lent to it is ours
 * again, the clients are told, and a link with recovery is started, which begins the
 * next epoch and opens the channels again. While the remote cannot be stopped the link
 * stays crashed, and each start, stop and recovery tries to stop it first.
 *
 * A link with &ferry_link_cfg.boots starts its remote from nothing, and loads its firmware
 * unless that is in place already. It is a remoteproc then, on a kernel that has them, and
 * others may follow one that another driver made (ferry_link_follow()). Where there is an
 * rproc it alone drives: starts, stops and
 * crashes go to it, and its callbacks, under its lock, move the link. Recovery is its
 * affair, too. Order of locks: rproc->lock, then the mutex of the link.
 *
 * A message costs no reference count: what never sleeps runs under RCU, the rest
 * under the mutex of the link, and ferry_link_unregister() waits for both.
 */

/*
 * States of a link: enum, names in sysfs and names in the trace come from this
 * one list.
 */
#define FERRY_STATES(X)			\
	X(OFFLINE,	"offline")	\
	X(STARTING,	"starting")	\
	X(RUNNING,	"running")	\
	X(STOPPING,	"stopping")	\
	X(CRASHED,	"crashed")	\
	X(RECOVERING,	"recovering")	\
	X(IDLE,	"idle")

#define FERRY_STATE_ENUM(id, name)	FERRY_STATE_##id,

/**
 * enum ferry_state - state of a link
 * @FERRY_NR_STATES: how many states there are
 *
 * The states are ``FERRY_STATE_`` and a name in ``FERRY_STATES()``.
 */
enum ferry_state {
	/* private: one for each line of FERRY_STATES() */
	FERRY_STATES(FERRY_STATE_ENUM)
	/* public: */
	FERRY_NR_STATES,
};

/**
 * enum ferry_stop - how, or why, a link stops
 * @FERRY_NR_STOPS: how many there are
 */
enum ferry_stop {
	/** @FERRY_STOP_OFF: it is not needed any more. */
	FERRY_STOP_OFF,
	/** @FERRY_STOP_CRASHED: the remote crashed. */
	FERRY_STOP_CRASHED,
	/** @FERRY_STOP_SLEEP: the remote sleeps, and can be woken. */
	FERRY_STOP_SLEEP,
	/** @FERRY_STOP_QUIESCE: it goes on by itself, and keeps silent until it is woken. */
	FERRY_STOP_QUIESCE,
	/** @FERRY_STOP_IDLE: it sleeps, and keeps its context and all that it was lent. */
	FERRY_STOP_IDLE,
	FERRY_NR_STOPS,
};

/**
 * enum ferry_pm - what happens to the system
 */
enum ferry_pm {
	/** @FERRY_PM_SUSPEND: it is about to sleep. */
	FERRY_PM_SUSPEND,
	/** @FERRY_PM_RESUME: it woke up. */
	FERRY_PM_RESUME,
};

/**
 * struct ferry_link_ops - what a protocol does with its link
 * @start:	required; process context, under the mutex of the link; receiving
 *		runs already, and ferry_post() sends; every wait has a limit. 0 or
 *		-errno; after an error @stop is called.
 * @wake:	required with %FERRY_STOP_SLEEP, %FERRY_STOP_QUIESCE or %FERRY_STOP_IDLE in
 *		&ferry_link_cfg.stops; as @start, of a remote that was stopped so. In state
 *		idle, 0: it kept its context; 1: it did not and was started anew, so channels
 *		are opened again; an error crashes the link.
 * @stop:	required; process context, under the mutex of the link; no client is
 *		inside the protocol any more, but receiving runs, and ferry_post() sends
 *		unless the link crashed. 0: the remote can reach memory no more, and the
 *		core takes back what was lent to it; with %FERRY_STOP_IDLE, only: it is idle.
 * @channel:	optional; process context, under the mutex of the link: make the
 *		channel a client asks for; the core registers it. ERR_PTR(-ENOENT) when
 *		there can be none. Without it only registered channels exist.
 * @release_channel: required with @channel: the endpoint of a channel made on demand
 *		is gone, and the core uses it no more; let @poll find it no more
 *		and free it. Not with ferry_channel_unregister(). Same context.
 * @room:	optional; hard IRQ, first step of each interrupt: look for room and
 *		call ferry_txq_ready(); takes no message
 * @rearm:	optional; any context: allow interrupts. True: look again.
 * @check:	optional; process context: is this a firmware for the remote? Changes
 *		nothing. 0 or -errno.
 * @load:	with &ferry_link_cfg.boots, required unless the firmware is in place by
 *		itself; process context, under the mutex of the link: put it there; the
 *		remote is stopped, @start follows. 0 or -errno.
 * @dump:	optional; process context, under the mutex of the link: the link crashed,
 *		and @stop was not called yet. Adds lines of text to the crash report,
 *		from private copies: the remote may still write.
 * @pm:		optional; process context, under the mutex of the link, which runs or is
 *		idle.
 *		Nothing else is called between %FERRY_PM_SUSPEND and %FERRY_PM_RESUME.
 *		0 or -errno: the system stays awake; the link crashes.
 */
struct ferry_link_ops {
	int (*start)(struct ferry_link *link);
	int (*wake)(struct ferry_link *link);
	int (*stop)(struct ferry_link *link, enum ferry_stop how);
	struct ferry_channel *(*channel)(struct ferry_link *link, const struct ferry_id *id);
	void (*release_channel)(struct ferry_link *link, struct ferry_channel *ch);
	void (*room)(struct ferry_link *link);
	bool (*rearm)(struct ferry_link *link);
	int (*check)(struct ferry_link *link, const struct firmware *fw);
	int (*load)(struct ferry_link *link, const struct firmware *fw);
	void (*dump)(struct ferry_link *link, struct seq_buf *out);
	int (*pm)(struct ferry_link *link, enum ferry_pm event);
};

/**
 * struct ferry_link_cfg - what a protocol says of its link
 * @name:	a number is added when it is taken already; copied by
 *		ferry_link_register()
 * @ops:	what the protocol does
 * @priv:	for ferry_link_priv()
 * @max_mtu:	largest message of any channel, bytes
 * @addr_bits:	how many address bits the remote has; memory beyond is refused
 * @dma_dev:	the device whose dma-ranges, DMA mask and IOMMU are the remote's view of
 *		memory that is imported; NULL: nothing can be. The protocol sets its
 *		mask. It stays until ferry_link_unregister() has returned.
 * @buf_align:	alignment of the remote's address of what is imported, a power of two;
 *		0: any
 * @appear_ms:	how long ferry_open() waits for a channel that is not registered, ms
 * @stops:	the ways to stop that it has beside %FERRY_STOP_OFF and %FERRY_STOP_CRASHED:
 *		BIT() of &enum ferry_stop
 * @rest:	how it is stopped where nobody says how; not %FERRY_STOP_IDLE
 * @recover:	start the link again after a crash, unless the user says no
 * @boots:	it boots its remote itself, and is an rproc where it has a parent device
 *		and the kernel has remoteproc
 * @auto_boot:	boot it when it was registered
 * @firmware:	file that it boots, unless the user names another; NULL: as
 *		remoteproc, "rproc-NAME-fw"; with &ferry_link_ops.load only
 */
struct ferry_link_cfg {
	const char *name;
	const struct ferry_link_ops *ops;
	void *priv;
	size_t max_mtu;
	unsigned int addr_bits;
	struct device *dma_dev;
	size_t buf_align;
	unsigned int appear_ms;
	unsigned long stops;
	enum ferry_stop rest;
	bool recover;
	bool boots;
	bool auto_boot;
	const char *firmware;
};

struct ferry_link *ferry_link_alloc(struct device *parent, const struct ferry_link_cfg *cfg);
int ferry_link_register(struct ferry_link *link);
void ferry_link_unregister(struct ferry_link *link);
int ferry_link_start(struct ferry_link *link);
int ferry_link_wake(struct ferry_link *link);
int ferry_link_stop(struct ferry_link *link);
int ferry_link_stop_as(struct ferry_link *link, enum ferry_stop how);
int ferry_link_restart(struct ferry_link *link);
void ferry_link_crash(struct ferry_link *link, const char *reason);
void ferry_link_rx_irq(struct ferry_link *link);
void *ferry_link_priv(const struct ferry_link *link);
struct device *ferry_link_dev(struct ferry_link *link);
const char *ferry_link_name(const struct ferry_link *link);
enum ferry_state ferry_link_state(const struct ferry_link *link);
u32 ferry_link_epoch(const struct ferry_link *link);
struct dentry *ferry_link_debugfs(struct ferry_link *link);
int ferry_link_add_region(struct ferry_link *link, struct ferry_region *region);
void ferry_link_remove_region(struct ferry_link *link, struct ferry_region *region);
void ferry_link_add_pool(struct ferry_link *link, struct ferry_pool *pool, const char *name);
void ferry_link_add_loans(struct ferry_link *link, struct ferry_loans *loans, const char *name);
void *ferry_link_to_cpu(struct ferry_link *link, u64 remote, u64 len);
void ferry_link_stats(struct ferry_link *link, struct ferry_stats *stats);

/**
 * ferry_link_is_up - can its clients count on it, now or when it was woken?
 * @link:	the link
 *
 * Context: any.
 *
 * Return: true when it runs or is idle.
 */
static inline bool ferry_link_is_up(const struct ferry_link *link)
{
	enum ferry_state state = ferry_link_state(link);

	return state == FERRY_STATE_RUNNING || state == FERRY_STATE_IDLE;
}

#ifdef CONFIG_REMOTEPROC
int ferry_link_follow(struct ferry_link *link, struct rproc *rproc);
void ferry_link_unfollow(struct ferry_link *link);
#else
static inline int ferry_link_follow(struct ferry_link *link, struct rproc *rproc)
{
	return -EOPNOTSUPP;
}

static inline void ferry_link_unfollow(struct ferry_link *link)
{
}
#endif

#endif /* _LINUX_FERRY_LINK_H */
