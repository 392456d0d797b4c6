// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: what comes from it. Each packet is taken, whatever it is:
 * what were left in the queue would raise no interrupt again.
 */
#include <linux/cleanup.h>
#include <linux/jiffies.h>

#include "../compat.h"
#include "rm.h"

void rm_count(struct ferry_gunyah_rm *rm, enum ferry_gunyah_rm_drop why)
{
	guard(spinlock_irqsave)(&rm->lock);
	rm->stats.drops[why]++;
}

/* Is it the answer to something, also if nobody waits for it any more? */
static bool rx_is_asked(struct ferry_gunyah_rm *rm, const struct rm_msg *msg)
{
	u32 id;

	return !ferry_call_kind(rm->calls, msg->seq, &id) && id == msg->id;
}

/* The caller gets the buffer with the reply for its own. */
static void rx_hand_over(struct ferry_gunyah_rm *rm, const struct rm_msg *msg)
{
	guard(spinlock_irqsave)(&rm->lock);
	if (rm->pending && rm->pending->call.id == msg->seq)
		swap(rm->pending->buf, rm->join.buf);
}

static void rx_reply(struct ferry_gunyah_rm *rm, const struct rm_msg *msg)
{
	struct rm_answer answer = { .len = msg->len };

	if (!rx_is_asked(rm, msg)) {
		rm_count(rm, FERRY_GUNYAH_RM_REPLY);
		return;
	}
	if (msg->len < sizeof(__le32)) {
		rm_count(rm, FERRY_GUNYAH_RM_SHORT);
		answer.error = -EBADMSG;
	} else {
		rx_hand_over(rm, msg);
	}
	ferry_call_answer(rm->calls, msg->seq, &answer, sizeof(answer));
}

/* A message that was not complete will not be. */
static void rx_lost(struct ferry_gunyah_rm *rm, const struct rm_msg *lost)
{
	const struct rm_answer answer = { .error = -EIO };

	if (lost->type == RM_TYPE_REPLY && rx_is_asked(rm, lost))
		ferry_call_answer(rm->calls, lost->seq, &answer, sizeof(answer));
}

static void rx_whole(struct ferry_gunyah_rm *rm, const struct rm_msg *msg)
{
	if (msg->type == RM_TYPE_REPLY)
		rx_reply(rm, msg);
	else
		rm_note(rm, msg);
}

/* The thread of the link. */
int rm_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct ferry_gunyah_rm *rm = priv;
	struct rm_joined out;

	guard(mutex)(&rm->rx_lock);
	ferry_gunyah_rm_join(&rm->join, data, len, &out);
	if (out.dropped || out.broken)
		rm_count(rm, out.why);
	if (out.broken)
		rx_lost(rm, &out.lost);
	if (out.whole)
		rx_whole(rm, &out.msg);
	/* A life begins with the first packet: one that is queued already ends too early. */
	if (!rm->join.open)
		cancel_delayed_work(&rm->life);
	else if (rm->join.left == rm->join.fragments)
		mod_delayed_work(system_wq, &rm->life, msecs_to_jiffies(RM_LIFE_MS));
	return 0;
}

/* It has been silent since the middle of a message. */
void rm_life_work(struct work_struct *work)
{
	struct ferry_gunyah_rm *rm = container_of(work, struct ferry_gunyah_rm, life.work);
	struct rm_msg lost;

	guard(mutex)(&rm->rx_lock);
	/* Another message began while this waited for the lock. */
	if (delayed_work_pending(&rm->life) || !ferry_gunyah_rm_forget(&rm->join, &lost))
		return;
	rm_count(rm, FERRY_GUNYAH_RM_EXPIRED);
	rx_lost(rm, &lost);
}
