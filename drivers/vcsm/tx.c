// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: what is sent and not waited for: the version, requests to free, replies to the VPU.
 *
 * It is sent by work, in this order: who closes the last file of a buffer must not wait for
 * the VPU, and may have been killed, so that it could not wait for room either.
 */
#include <linux/cleanup.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/jiffies.h>

#include "../compat.h"
#include "vcsm.h"

/* Under the lock. */
void ferry_vcsm_kick_locked(struct ferry_vcsm *vc)
{
	if (!vc->closed)
		mod_delayed_work(vc->wq, &vc->tx_work, 0);
}

/*
 * Any context. An id for what is not waited for: should it be answered, nobody has asked. When
 * the table is full of what the VPU does not answer they all have the same.
 */
u32 ferry_vcsm_free_id(struct ferry_vcsm *vc)
{
	struct ferry_call call = {};

	if (ferry_call_trybegin(vc->calls, &call))
		return VCSM_ID_LAST;
	ferry_call_cancel(&call);
	return call.id;
}

/* The work. */
int ferry_vcsm_send(struct ferry_vcsm *vc, const void *msg, size_t len)
{
	if (READ_ONCE(vc->closed))
		return -ECANCELED;
	return ferry_send_timeout(vc->ep, msg, len, vc->cfg.timeout_ms);
}

static int tx_version(struct ferry_vcsm *vc)
{
	struct vcsm_client_version msg = {
		.header.type = cpu_to_le32(VCSM_CLIENT_VERSION),
		.version = cpu_to_le32(VCSM_VERSION),
	};
	int ret;

	scoped_guard(spinlock, &vc->lock) {
		if (!vc->say_version)
			return 0;
		vc->say_version = false;
	}
	msg.header.trans_id = cpu_to_le32(ferry_vcsm_free_id(vc));
	ret = ferry_vcsm_send(vc, &msg, sizeof(msg));
	guard(spinlock)(&vc->lock);
	if (ret == -ETIMEDOUT)
		vc->say_version = true;
	else if (!ret && !vc->closed)
		mod_delayed_work(vc->wq, &vc->old_work, msecs_to_jiffies(vc->cfg.version_ms));
	return ret;
}

static int tx_free_msg(struct ferry_vcsm *vc, u32 handle)
{
	struct vcsm_free msg = {
		.header.type = cpu_to_le32(VCSM_FREE),
		.header.trans_id = cpu_to_le32(ferry_vcsm_free_id(vc)),
		.res_handle = cpu_to_le32(handle),
	};

	return ferry_vcsm_send(vc, &msg, sizeof(msg));
}

/* Under the lock. Is the VPU still to be told? */
static bool tx_free_due(const struct vcsm_buf *b)
{
	return b->state == VCSM_STATE_UNMAPPING && b->epoch == ferry_link_epoch(b->vc->link);
}

/* Under the lock. The request to free it was sent, or could not be. */
static void tx_freed(struct vcsm_buf *b, int ret)
{
	struct ferry_vcsm *vc = b->vc;

	list_del_init(&b->free_node);
	if (ret)
		return;		/* the service is down: it stays until that is up, or forgotten */
	vc->stats.frees++;
	b->told = true;
	/* Old firmware says no more. */
	if (b->state == VCSM_STATE_UNMAPPING && vc->assumed_old)
		ferry_vcsm_buf_end(b, true, 0);
}

/* True: there may be more. */
static bool tx_free_one(struct ferry_vcsm *vc, int *ret)
{
	struct vcsm_buf *b;
	u32 handle = 0;
	bool due;

	scoped_guard(spinlock, &vc->lock) {
		b = list_first_entry_or_null(&vc->to_free, struct vcsm_buf, free_node);
		if (!b)
			return false;
		due = tx_free_due(b);
		handle = b->handle;
	}
	*ret = due ? tx_free_msg(vc, handle) : -ENOLINK;
	if (*ret == -ETIMEDOUT)
		return false;
	scoped_guard(spinlock, &vc->lock)
		tx_freed(b, *ret);
	ferry_vcsm_buf_unhold(b);
	return true;
}

/* The list has a hold on each. */
static int tx_frees(struct ferry_vcsm *vc)
{
	int ret = 0;

	while (tx_free_one(vc, &ret))
		;
	return ret;
}

void ferry_vcsm_tx_work(struct work_struct *work)
{
	struct ferry_vcsm *vc = container_of(work, struct ferry_vcsm, tx_work.work);
	int ret;

	/* The service may be up before ferry_open() has returned. */
	if (!READ_ONCE(vc->ep))
		return;
	ret = tx_version(vc);
	if (ret != -ETIMEDOUT)
		ret = tx_frees(vc);
	while (ret != -ETIMEDOUT && ferry_vcsm_do_request(vc))
		;
	wake_up_all(&vc->idle);
	guard(spinlock)(&vc->lock);
	if (ret == -ETIMEDOUT && !vc->closed)
		queue_delayed_work(vc->wq, &vc->tx_work, msecs_to_jiffies(VCSM_PAUSE_MS));
}

/* Under the lock. One that is over. */
static struct vcsm_buf *old_end_one(struct ferry_vcsm *vc)
{
	struct vcsm_buf *b, *tmp;

	list_for_each_entry_safe(b, tmp, &vc->bufs, node) {
		if (b->state != VCSM_STATE_UNMAPPING || !b->told)
			continue;
		ferry_vcsm_buf_end(b, true, 0);
		if (ferry_vcsm_buf_over(b))
			return b;
	}
	return NULL;
}

/* The VPU had its time to say that it knows RELEASED. */
void ferry_vcsm_old_work(struct work_struct *work)
{
	struct ferry_vcsm *vc = container_of(work, struct ferry_vcsm, old_work.work);
	struct vcsm_buf *b;

	for (;;) {
		scoped_guard(spinlock, &vc->lock) {
			if (vc->confirmed)
				return;
			vc->assumed_old = true;
			b = old_end_one(vc);
		}
		if (!b)
			return;
		ferry_vcsm_buf_free(b);
	}
}
