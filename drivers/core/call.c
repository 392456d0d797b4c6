// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls: requests, their answers, and what became of those that nobody waits for.
 *
 * All slots are made with the table, and a caller brings its own room for the answer, so
 * nothing is allocated later. A caller's memory is touched under the lock of the table
 * only, and by nobody once the caller has taken its id back under it.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/call.h>
#include <linux/slab.h>

#include "core.h"

#define CALL_SLOTS_MAX	256
#define CALL_POLL_US	10

struct call_slot {
	bool used;
	u32 id;
	u32 kind;
	struct ferry_call *call;	/* NULL: a tombstone */
};

/* Somebody who waits to begin. Who came first is first. */
struct call_waiter {
	struct list_head node;
};

struct ferry_calls {
	struct list_head node;		/* in the link */
	struct ferry_link *link;
	struct ferry_calls_cfg cfg;
	wait_queue_head_t room;
	spinlock_t lock;		/* what follows; taken below the lock of an rxq */
	struct list_head waiters;
	u32 next;
	u32 epoch;
	struct ferry_calls_stats stats;
	struct call_slot slot[] __counted_by(cfg.slots);
};

static struct call_slot *calls_find(struct ferry_calls *calls, u32 id)
{
	unsigned int i;

	for (i = 0; i < calls->cfg.slots; i++)
		if (calls->slot[i].used && calls->slot[i].id == id)
			return &calls->slot[i];
	return NULL;
}

/* Under the lock. The slot, and its id, are free. */
static void slot_free(struct ferry_calls *calls, struct call_slot *slot)
{
	if (slot->call)
		calls->stats.out--;
	else
		calls->stats.tombs--;
	slot->used = false;
	slot->call = NULL;
	wake_up(&calls->room);
}

/* Under the lock. The caller may be gone once the lock is dropped. */
static void slot_complete(struct ferry_calls *calls, struct call_slot *slot, int result)
{
	struct ferry_call *call = slot->call;

	slot_free(calls, slot);
	call->result = result;
	WRITE_ONCE(call->over, true);
	complete(&call->done);
}

/* Under the lock. Ends what an earlier life of the link left, or all when it has none. */
static void calls_sync(struct ferry_calls *calls)
{
	u32 epoch = ferry_link_epoch(calls->link);
	unsigned int i;

	if (likely(calls->epoch == epoch && ferry_link_is_up(calls->link)))
		return;
	calls->epoch = epoch;
	for (i = 0; i < calls->cfg.slots; i++) {
		struct call_slot *slot = &calls->slot[i];

		if (!slot->used)
			continue;
		if (!slot->call) {
			slot_free(calls, slot);
			continue;
		}
		calls->stats.failed++;
		slot_complete(calls, slot, -ENOLINK);
	}
	wake_up_all(&calls->room);
}

/* Any context. The state of @link, or its epoch, changed. */
void ferry_calls_update(struct ferry_link *link)
{
	struct ferry_calls *calls;

	rcu_read_lock();
	list_for_each_entry_rcu(calls, &link->calls, node) {
		guard(spinlock_irqsave)(&calls->lock);
		calls_sync(calls);
	}
	rcu_read_unlock();
}

static bool calls_cfg_valid(const struct ferry_calls_cfg *cfg)
{
	return cfg->last_id >= cfg->first_id && cfg->limit && cfg->slots >= cfg->limit &&
	       cfg->slots <= CALL_SLOTS_MAX && cfg->start_id <= cfg->last_id &&
	       cfg->slots - 1 <= cfg->last_id - cfg->first_id;
}

/**
 * ferry_calls_create - a table of calls
 * @link:	the link that they go over; the table takes a reference
 * @cfg:	what ids there are; copied
 *
 * Context: process, may sleep.
 *
 * Return: the table, for ferry_calls_destroy(), or ERR_PTR(-EINVAL), ERR_PTR(-ENOMEM).
 */
struct ferry_calls *ferry_calls_create(struct ferry_link *link, const struct ferry_calls_cfg *cfg)
{
	struct ferry_calls *calls;

	if (!calls_cfg_valid(cfg))
		return ERR_PTR(-EINVAL);
	calls = kzalloc(struct_size(calls, slot, cfg->slots), GFP_KERNEL);
	if (!calls)
		return ERR_PTR(-ENOMEM);
	calls->cfg = *cfg;
	calls->next = max(cfg->first_id, cfg->start_id);
	calls->link = link;
	calls->epoch = ferry_link_epoch(link);
	spin_lock_init(&calls->lock);
	init_waitqueue_head(&calls->room);
	INIT_LIST_HEAD(&calls->waiters);
	get_device(&link->dev);
	guard(spinlock)(&link->list_lock);
	list_add_tail_rcu(&calls->node, &link->calls);
	return calls;
}
EXPORT_SYMBOL_GPL(ferry_calls_create);

/**
 * ferry_calls_destroy - no call is made any more
 * @calls:	the table, an ERR_PTR or NULL; nobody is inside, and nobody will answer: the
 *		endpoint was closed
 *
 * Context: process, may sleep.
 */
void ferry_calls_destroy(struct ferry_calls *calls)
{
	if (IS_ERR_OR_NULL(calls))
		return;
	scoped_guard(spinlock, &calls->link->list_lock)
		list_del_rcu(&calls->node);
	synchronize_rcu();
	WARN_ON_ONCE(calls->stats.out);
	put_device(&calls->link->dev);
	kfree(calls);
}
EXPORT_SYMBOL_GPL(ferry_calls_destroy);

/**
 * ferry_calls_stats - counters of a table, as of now
 * @calls:	the table
 * @stats:	filled
 *
 * Context: any.
 */
void ferry_calls_stats(struct ferry_calls *calls, struct ferry_calls_stats *stats)
{
	guard(spinlock_irqsave)(&calls->lock);
	calls_sync(calls);
	*stats = calls->stats;
}
EXPORT_SYMBOL_GPL(ferry_calls_stats);

/* Under the lock, with a slot free: fewer ids stand than there are. */
static u32 calls_new_id(struct ferry_calls *calls)
{
	u32 id;

	do {
		id = calls->next;
		calls->next = id == calls->cfg.last_id ? calls->cfg.first_id : id + 1;
	} while (calls_find(calls, id));
	return id;
}

/* Under the lock. */
static int calls_room(struct ferry_calls *calls)
{
	const struct ferry_calls_stats *stats = &calls->stats;

	calls_sync(calls);
	if (!ferry_link_is_up(calls->link))
		return -ENOLINK;
	if (stats->tombs == calls->cfg.slots)
		return -EBUSY;
	if (stats->out >= calls->cfg.limit || stats->out + stats->tombs == calls->cfg.slots)
		return -EAGAIN;
	return 0;
}

/* Under the lock, with a slot free. */
static void calls_take(struct ferry_calls *calls, struct ferry_call *call)
{
	struct call_slot *slot = calls->slot;

	while (slot->used)
		slot++;
	call->id = calls_new_id(calls);
	call->calls = calls;
	call->over = false;
	init_completion(&call->done);
	*slot = (struct call_slot){
		.used = true, .id = call->id, .kind = call->kind, .call = call,
	};
	calls->stats.out++;
	calls->stats.begun++;
}

/* Under the lock. */
static int calls_begin(struct ferry_calls *calls, struct ferry_call *call)
{
	int ret = calls_room(calls);

	if (!ret)
		calls_take(calls, call);
	return ret;
}

/**
 * ferry_call_trybegin - get an id for a request, now or not at all
 * @calls:	the table
 * @call:	with answer, room and kind; stays until ferry_call_cancel(), ferry_call_wait()
 *		or ferry_call_poll() returned
 *
 * Does not heed those who sleep in ferry_call_begin(): where nothing may sleep, they may
 * not get to run.
 *
 * Context: any.
 *
 * Return: 0, -EAGAIN as many are outstanding as may be, -EBUSY the remote has answered none
 * of as many calls as the table can remember, -ENOLINK the link does not run.
 */
int ferry_call_trybegin(struct ferry_calls *calls, struct ferry_call *call)
{
	guard(spinlock_irqsave)(&calls->lock);
	return calls_begin(calls, call);
}
EXPORT_SYMBOL_GPL(ferry_call_trybegin);

static int call_try_in_turn(struct ferry_calls *calls, struct ferry_call *call,
			    const struct call_waiter *w)
{
	guard(spinlock_irqsave)(&calls->lock);
	if (!list_is_first(&w->node, &calls->waiters))
		return -EAGAIN;
	return calls_begin(calls, call);
}

static void calls_enqueue(struct ferry_calls *calls, struct call_waiter *w)
{
	guard(spinlock_irqsave)(&calls->lock);
	list_add_tail(&w->node, &calls->waiters);
}

/* There may be room for the next one, too. */
static void calls_dequeue(struct ferry_calls *calls, struct call_waiter *w)
{
	guard(spinlock_irqsave)(&calls->lock);
	list_del(&w->node);
	wake_up(&calls->room);
}

/**
 * ferry_call_begin - get an id for a request
 * @calls:	the table
 * @call:	as of ferry_call_trybegin()
 * @timeout_ms:	how long to wait for others, ms
 *
 * Who came first is first.
 *
 * Context: process, may sleep; not in a callback of the link.
 *
 * Return: 0, -ETIMEDOUT others are still outstanding, -ERESTARTSYS killed, -EDEADLK in a
 * callback of the link; -EBUSY and -ENOLINK as ferry_call_trybegin().
 */
int ferry_call_begin(struct ferry_calls *calls, struct ferry_call *call, unsigned int timeout_ms)
{
	struct call_waiter w;
	long left;
	int ret;

	might_sleep();
	if (ferry_in_callback(calls->link))
		return -EDEADLK;
	calls_enqueue(calls, &w);
	left = wait_event_killable_timeout(calls->room,
					   (ret = call_try_in_turn(calls, call, &w)) != -EAGAIN,
					   msecs_to_jiffies(timeout_ms));
	calls_dequeue(calls, &w);
	if (ret != -EAGAIN)
		return ret;
	return left < 0 ? left : -ETIMEDOUT;
}
EXPORT_SYMBOL_GPL(ferry_call_begin);

/**
 * ferry_call_cancel - the request was not sent
 * @call:	begun
 *
 * Its id is free at once: there will be no answer.
 *
 * Context: any.
 */
void ferry_call_cancel(struct ferry_call *call)
{
	struct ferry_calls *calls = call->calls;

	guard(spinlock_irqsave)(&calls->lock);
	if (call->over)
		return;
	slot_free(calls, calls_find(calls, call->id));
	calls->stats.begun--;
}
EXPORT_SYMBOL_GPL(ferry_call_cancel);

/* Any context. The caller leaves: with the answer, or for @why. */
static int call_end(struct ferry_call *call, int why)
{
	struct ferry_calls *calls = call->calls;
	struct call_slot *slot;

	guard(spinlock_irqsave)(&calls->lock);
	calls_sync(calls);
	if (call->over)
		return call->result;
	slot = calls_find(calls, call->id);
	slot->call = NULL;
	calls->stats.out--;
	calls->stats.tombs++;
	calls->stats.gave_up++;
	wake_up(&calls->room);
	return why;
}

/**
 * ferry_call_wait - wait for the answer
 * @call:	whose request was sent
 * @timeout_ms:	how long, ms
 *
 * Context: process, may sleep; not in a callback of the link.
 *
 * Return: bytes of the answer, -ETIMEDOUT, -ERESTARTSYS killed, -EMSGSIZE it was longer than
 * the room for it, -ENOLINK the link crashed or was stopped, -EDEADLK in a callback of the
 * link.
 */
int ferry_call_wait(struct ferry_call *call, unsigned int timeout_ms)
{
	long left;

	might_sleep();
	if (ferry_in_callback(call->calls->link))
		return call_end(call, -EDEADLK);
	left = wait_for_completion_killable_timeout(&call->done, msecs_to_jiffies(timeout_ms));
	return call_end(call, left < 0 ? left : -ETIMEDOUT);
}
EXPORT_SYMBOL_GPL(ferry_call_wait);

/**
 * ferry_call_poll - take messages here until the answer came
 * @call:	whose request was sent
 * @ep:		the atomic endpoint that answers
 * @timeout_ms:	how long, ms
 *
 * For where nothing may sleep, and interrupts need not come: a reboot.
 *
 * Context: any; not in a callback of an atomic endpoint.
 *
 * Return: as ferry_call_wait(); -EINVAL and -EOPNOTSUPP as
 * ferry_rx_now().
 */
int ferry_call_poll(struct ferry_call *call, struct ferry_ep *ep, unsigned int timeout_ms)
{
	u64 us;
	int ret;

	for (us = 0; us <= timeout_ms * (u64)USEC_PER_MSEC; us += CALL_POLL_US) {
		ret = ferry_rx_now(ep);
		if (ret < 0)
			return call_end(call, ret);
		if (READ_ONCE(call->over))
			break;
		udelay(CALL_POLL_US);
	}
	return call_end(call, -ETIMEDOUT);
}
EXPORT_SYMBOL_GPL(ferry_call_poll);

/**
 * ferry_call_kind - what was asked with an id
 * @calls:	the table
 * @id:		as the remote says; any value
 * @kind:	set to &ferry_call.kind of the call, or of the one whose caller gave up
 *
 * For answers that say what they answer, too: one that does not fit is to be dropped, and
 * must not end the call. Only whoever passes answers to the table knows that the id does
 * not change its meaning meanwhile.
 *
 * Context: any.
 *
 * Return: 0, or -ENOENT there is no such call.
 */
int ferry_call_kind(struct ferry_calls *calls, u32 id, u32 *kind)
{
	const struct call_slot *slot;

	guard(spinlock_irqsave)(&calls->lock);
	calls_sync(calls);
	slot = calls_find(calls, id);
	if (!slot)
		return -ENOENT;
	*kind = slot->kind;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_call_kind);

/**
 * ferry_call_answer - an answer came
 * @calls:	the table
 * @id:		as the remote says; any value
 * @data:	private memory
 * @len:	bytes
 *
 * Context: any.
 *
 * Return: 0 somebody waited for it, or &ferry_calls_cfg.late was called; -ENOENT there is
 * no such call.
 */
int ferry_call_answer(struct ferry_calls *calls, u32 id, const void *data, size_t len)
{
	struct call_slot *slot;
	struct ferry_call *call;
	u32 kind;

	scoped_guard(spinlock_irqsave, &calls->lock) {
		calls_sync(calls);
		slot = calls_find(calls, id);
		if (!slot) {
			calls->stats.unknown++;
			return -ENOENT;
		}
		call = slot->call;
		if (call) {
			if (len <= call->room)
				memcpy(call->answer, data, len);
			calls->stats.answered++;
			slot_complete(calls, slot, len <= call->room ? len : -EMSGSIZE);
			return 0;
		}
		kind = slot->kind;
		calls->stats.late++;
		slot_free(calls, slot);
	}
	if (calls->cfg.late)
		calls->cfg.late(calls->cfg.priv, kind, id, data, len);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_call_answer);
