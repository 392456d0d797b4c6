// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control lane of a txq: answers made while receiving.
 *
 * They never wait. Without room they go to fixed slots, which are sent before all
 * else by whoever finds room. Receiving stops while a lane is full, so the remote
 * cannot make us remember more; a lane that stays full crashes the link.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "../compat.h"
#include "core.h"

#include <trace/events/ferry.h>

#define LANE_RETRY_MS	5

/* Control messages that wait for room; sent before all else. */
struct ferry_lane {
	unsigned int head;
	unsigned int nr;
	unsigned long full_since;
	struct {
		struct ferry_channel *ch;
		size_t len;
		u8 data[FERRY_LANE_MSG];
	} slot[FERRY_LANE_SLOTS];
};

/* Locked. It had to wait, and now the protocol cannot send it. */
static void lane_drop(struct ferry_channel *ch)
{
	ch->stats.drops[FERRY_DROP_POST]++;	/* no receiver counts this one */
	trace_ferry_drop(ch->link, ch, FERRY_DROP_POST);
	dev_warn_ratelimited(&ch->link->dev, "channel %s/%d: control message dropped\n",
			     ch->name, (int)ch->number);
}

/* Locked. Sends what waits in the lane; false: some is left. */
bool ferry_lane_flush(struct ferry_txq *txq)
{
	struct ferry_lane *lane = txq->lane;
	bool was_full = lane->nr == FERRY_LANE_SLOTS;
	struct ferry_msg msg = {};
	struct ferry_channel *ch;
	int ret;

	while (lane->nr) {
		ch = lane->slot[lane->head].ch;
		msg.data = lane->slot[lane->head].data;
		msg.len = lane->slot[lane->head].len;
		ret = ch ? ferry_txq_xmit(ch, &msg) : 0;
		/* As a sender does: ask for room, then try once more. */
		if (ret == -EAGAIN && ferry_txq_arm(txq))
			ret = ferry_txq_xmit(ch, &msg);
		if (ret == -EAGAIN)
			break;
		if (ret < 0)
			lane_drop(ch);
		lane->head = (lane->head + 1) % FERRY_LANE_SLOTS;
		WRITE_ONCE(lane->nr, lane->nr - 1);
	}
	if (was_full && lane->nr < FERRY_LANE_SLOTS)
		ferry_rx_thread_wake(READ_ONCE(txq->link->rx));
	if (lane->nr)
		return false;
	txq->blocked &= ~FERRY_TXQ_LANE;
	return true;
}

/* Locked. */
static int lane_put(struct ferry_txq *txq, struct ferry_channel *ch, const void *data,
		    size_t len)
{
	struct ferry_lane *lane = txq->lane;
	unsigned int i = (lane->head + lane->nr) % FERRY_LANE_SLOTS;

	if (lane->nr == FERRY_LANE_SLOTS)
		return -ENOBUFS;
	lane->slot[i].ch = ch;
	lane->slot[i].len = len;
	memcpy(lane->slot[i].data, data, len);
	WRITE_ONCE(lane->nr, lane->nr + 1);
	txq->blocked |= FERRY_TXQ_LANE;
	if (lane->nr == FERRY_LANE_SLOTS) {
		WRITE_ONCE(lane->full_since, jiffies);
		queue_delayed_work(txq->link->wq, &txq->link->lane_work, HZ);
	}
	ferry_txq_arm(txq);
	return 0;
}

/* Any context. What both functions below do: up to @limit messages may wait. */
static int lane_post(struct ferry_channel *ch, const void *data, size_t len, unsigned int limit)
{
	struct ferry_msg msg = { .data = data, .len = len };
	struct ferry_txq *txq = ch->txq;
	int ret;

	if (!txq || !txq->lane)
		return -EOPNOTSUPP;
	if (len > FERRY_LANE_MSG)
		return -EMSGSIZE;
	rcu_read_lock();
	ferry_txq_lock(txq);
	if (txq->blocked & FERRY_TXQ_DEAD)
		ret = -ENOLINK;
	else if (txq->blocked & FERRY_TXQ_HANDS_OFF ||
		 (txq->blocked & FERRY_TXQ_LANE && !ferry_lane_flush(txq)))
		ret = -EAGAIN;
	else
		ret = ferry_txq_xmit(ch, &msg);
	if (ret == -EAGAIN)
		ret = txq->lane->nr < limit ? lane_put(txq, ch, data, len) : -ENOBUFS;
	ferry_txq_unlock(txq);
	rcu_read_unlock();
	return min(ret, 0);
}

/**
 * ferry_post - send a control message, for answers made while receiving
 * @ch:		the channel; its txq has a lane
 * @data:	the message, copied
 * @len:	bytes, at most %FERRY_LANE_MSG
 *
 * Works while the link starts, stops or is idle, too, when clients cannot send.
 * Never waits: without room the message goes to the control lane of the txq, which
 * is sent before all else. While the lane is full the link takes no messages, and
 * when it stays full for a second the link crashes.
 *
 * Context: any; from within poll too.
 *
 * Return: 0, -EMSGSIZE more than %FERRY_LANE_MSG bytes, -EOPNOTSUPP without a lane,
 * -ENOLINK the link is offline or crashed, -ENOBUFS the lane is full (never for one post per
 * message from within poll, where all others use ferry_post_wait()), or what xmit
 * returned.
 */
int ferry_post(struct ferry_channel *ch, const void *data, size_t len)
{
	return lane_post(ch, data, len, FERRY_LANE_SLOTS);
}
EXPORT_SYMBOL_GPL(ferry_post);

/**
 * ferry_post_wait - send a control message that answers none just received
 * @ch:		the channel; its txq has a lane
 * @data:	the message, copied
 * @len:	bytes, at most %FERRY_LANE_MSG
 * @timeout_ms:	how long it may take until there is room
 *
 * As ferry_post(), but half of the lane is left to answers: work alone does not stop
 * receiving, nor does it take the room of an answer to a message that was taken already.
 *
 * Context: process, may sleep; not from within poll.
 *
 * Return: as ferry_post(); -ENOBUFS there was no room in time.
 */
int ferry_post_wait(struct ferry_channel *ch, const void *data, size_t len,
		    unsigned int timeout_ms)
{
	unsigned long limit = jiffies + msecs_to_jiffies(timeout_ms);
	int ret;

	might_sleep();
	while ((ret = lane_post(ch, data, len, FERRY_LANE_SLOTS / 2)) == -ENOBUFS &&
	       time_before(jiffies, limit))
		msleep(LANE_RETRY_MS);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_post_wait);

/* Any context, RCU read side. How many answers the lanes can still take. */
unsigned int ferry_lane_room(struct ferry_link *link)
{
	unsigned int room = FERRY_LANE_SLOTS;
	struct ferry_txq *txq;

	if (!READ_ONCE(link->has_lanes))
		return room;
	list_for_each_entry_rcu(txq, &link->txqs, node)
		if (txq->lane)
			room = min(room, FERRY_LANE_SLOTS - READ_ONCE(txq->lane->nr));
	return room;
}

/* As ferry_lane_room(), of messages: the other half may be taken by what is no answer. */
unsigned int ferry_lane_budget(struct ferry_link *link)
{
	if (!READ_ONCE(link->has_lanes))
		return FERRY_LANE_SLOTS;
	return min(ferry_lane_room(link), FERRY_LANE_SLOTS / 2U);
}

/* A lane was full a second ago: is it still, or another one? */
void ferry_lane_timeout(struct work_struct *work)
{
	struct ferry_link *link = container_of(to_delayed_work(work), struct ferry_link,
					       lane_work);
	bool stuck = false, full = false;
	struct ferry_txq *txq;

	rcu_read_lock();
	list_for_each_entry_rcu(txq, &link->txqs, node) {
		if (!txq->lane || READ_ONCE(txq->lane->nr) < FERRY_LANE_SLOTS)
			continue;
		full = true;
		if (READ_ONCE(txq->blocked) & FERRY_TXQ_SUSPENDED)
			continue;
		if (time_after_eq(jiffies, READ_ONCE(txq->lane->full_since) + HZ))
			stuck = true;
	}
	rcu_read_unlock();
	if (stuck)
		ferry_link_crash(link, "control lane stuck for 1 s");
	else if (full)
		queue_delayed_work(link->wq, &link->lane_work, HZ / 8);
}

/* Locked. Forget what @ch has in the lane. */
void ferry_lane_forget(struct ferry_txq *txq, struct ferry_channel *ch)
{
	unsigned int i;

	if (!txq->lane)
		return;
	for (i = 0; i < FERRY_LANE_SLOTS; i++)
		if (txq->lane->slot[i].ch == ch)
			txq->lane->slot[i].ch = NULL;
}

/* Locked. */
void ferry_lane_clear(struct ferry_txq *txq)
{
	if (txq->lane)
		WRITE_ONCE(txq->lane->nr, 0);
}

/* Locked. While the system was suspended a full lane was not stuck. */
void ferry_lane_resume(struct ferry_txq *txq)
{
	if (txq->lane)
		WRITE_ONCE(txq->lane->full_since, jiffies);
}

int ferry_lane_init(struct ferry_txq *txq)
{
	txq->lane = kzalloc(sizeof(*txq->lane), GFP_KERNEL);
	return txq->lane ? 0 : -ENOMEM;
}

void ferry_lane_exit(struct ferry_txq *txq)
{
	kfree(txq->lane);
	txq->lane = NULL;
}
