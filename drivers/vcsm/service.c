// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: a client of the service "SMEM", whatever link that is on.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "vcsm.h"

#define VCSM_TIMEOUT_MS		10000
#define VCSM_VERSION_MS		1000
#define VCSM_DRAIN_MS		1000	/* for what is just being let go, when we go */
#define VCSM_POKE_MS		50
#define VCSM_CALLS		32	/* imports at once */
#define VCSM_CALL_SLOTS		256	/* and those that were not answered */

static DEFINE_MUTEX(vcsm_lock);		/* the list, and what each index is used for */
static LIST_HEAD(vcsm_list);
static DEFINE_IDA(vcsm_index);

/* The last user. Process context. */
void ferry_vcsm_free(struct kref *ref)
{
	struct ferry_vcsm *vc = container_of(ref, struct ferry_vcsm, ref);

	xa_destroy(&vc->ids);
	ferry_link_put(vc->link);
	kfree(vc);
}

/* Process context. To be left again; -ENODEV: it is on its way out. */
int ferry_vcsm_enter(struct ferry_vcsm *vc)
{
	guard(spinlock)(&vc->lock);
	if (vc->gone)
		return -ENODEV;
	vc->users++;
	return 0;
}

void ferry_vcsm_leave(struct ferry_vcsm *vc)
{
	guard(spinlock)(&vc->lock);
	if (!--vc->users)
		wake_up_all(&vc->idle);
}

static void vcsm_count(struct ferry_vcsm *vc, u64 *counter)
{
	guard(spinlock)(&vc->lock);
	(*counter)++;
}

/*
 * Under the lock. Is it that what the VPU let go of? Without a handle yet, there is only what
 * it was told to compare.
 */
static bool vcsm_released_matches(const struct vcsm_buf *b, const struct vcsm_released *msg)
{
	switch (b->state) {
	case VCSM_STATE_ASKED:
		return le32_to_cpu(msg->addr) == b->addr && le32_to_cpu(msg->size) == b->size;
	case VCSM_STATE_MAPPED:
	case VCSM_STATE_UNMAPPING:
		return le32_to_cpu(msg->vc_handle) == b->handle;
	default:
		return false;
	}
}

/* The callback. */
static void vcsm_released(struct ferry_vcsm *vc, const struct vcsm_released *msg)
{
	u32 epoch = ferry_link_epoch(vc->link);
	struct vcsm_buf *b, *over = NULL;

	scoped_guard(spinlock, &vc->lock) {
		/* Under the lock it is in the list, so it stays. */
		b = xa_load(&vc->ids, le32_to_cpu(msg->kernel_id));
		if (!b || b->epoch != epoch || !vcsm_released_matches(b, msg)) {
			vc->stats.stray++;
			return;
		}
		vc->stats.releases++;
		ferry_vcsm_buf_end(b, true, -EIO);
		if (ferry_vcsm_buf_over(b))
			over = b;
	}
	if (over)
		ferry_vcsm_buf_free(over);
	wake_up_all(&vc->idle);
}

/* The callback. @len: at least of the first word. 0, -EAGAIN not now, -EINVAL. */
static int vcsm_event(struct ferry_vcsm *vc, u32 type, const void *data, size_t len)
{
	struct vcsm_mem_request request;
	struct vcsm_released released;

	switch (type) {
	case VCSM_CLIENT_VERSION:
		scoped_guard(spinlock, &vc->lock) {
			vc->confirmed = true;
			vc->assumed_old = false;
		}
		return 0;
	case VCSM_RELEASED:
		if (len < sizeof(released))
			return -EINVAL;
		memcpy(&released, data, sizeof(released));
		vcsm_released(vc, &released);
		return 0;
	case VCSM_VC_MEM_REQUEST:
		if (len < sizeof(request))
			return -EINVAL;
		memcpy(&request, data, sizeof(request));
		return ferry_vcsm_request(vc, &request);
	default:
		return -EINVAL;
	}
}

static int vcsm_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct ferry_vcsm *vc = priv;
	int ret = -EINVAL;
	u32 word;

	if (len >= sizeof(word) && len <= VCSM_MSG_MAX) {
		word = get_unaligned_le32(data);
		ret = 0;
		if (word & VCSM_EVENT)
			ret = vcsm_event(vc, word & ~VCSM_EVENT, data, len);
		else
			ferry_vcsm_answer(vc, word, data, len);
	}
	if (ret == -EINVAL)
		vcsm_count(vc, &vc->stats.malformed);
	return ret == -EAGAIN ? ret : 0;
}

/* Under the lock. What could not be sent while the service was down. */
static void vcsm_requeue(struct ferry_vcsm *vc)
{
	struct vcsm_buf *b;

	list_for_each_entry(b, &vc->bufs, node)
		if (b->state == VCSM_STATE_UNMAPPING && !b->told && list_empty(&b->free_node))
			ferry_vcsm_buf_unmap(b);
}

static void vcsm_up(struct ferry_vcsm *vc)
{
	ferry_vcsm_forget(vc, false);
	guard(spinlock)(&vc->lock);
	vc->say_version = true;
	vc->confirmed = false;
	vc->assumed_old = false;
	vc->nr_requests = 0;
	vcsm_requeue(vc);
	ferry_vcsm_kick_locked(vc);
}

/* Work of the link. Only the newest is told. */
static void vcsm_link_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct ferry_vcsm *vc = priv;

	switch (event) {
	case FERRY_EVENT_UP:
		vcsm_up(vc);
		break;
	case FERRY_EVENT_CLOSED:
		/* The VPU keeps what it has, and may open the service again. */
		ferry_vcsm_wake_callers(vc, -ENOLINK);
		break;
	case FERRY_EVENT_DOWN:
	case FERRY_EVENT_CRASHED:
		/* The table of calls has told the callers, and it may be up again by now. */
		ferry_vcsm_forget(vc, false);
		break;
	case FERRY_EVENT_GONE:
		ferry_vcsm_wake_callers(vc, -ENOLINK);
		ferry_vcsm_forget(vc, true);
		break;
	}
}

static int vcsm_open(struct ferry_vcsm *vc)
{
	const struct ferry_id id = { .name = VCSM_SERVICE, .number = FERRY_ANY_NUMBER };
	const struct ferry_ep_cfg cfg = {
		.rx = vcsm_rx, .event = vcsm_link_event, .priv = vc,
	};
	struct ferry_ep *ep = ferry_open(vc->link, &id, &cfg);

	if (IS_ERR(ep))
		return PTR_ERR(ep);
	WRITE_ONCE(vc->ep, ep);
	guard(spinlock)(&vc->lock);
	ferry_vcsm_kick_locked(vc);
	return 0;
}

static const struct ferry_calls_cfg vcsm_calls_cfg = {
	.first_id = 1,
	.last_id = VCSM_ID_LAST - 1,
	.limit = VCSM_CALLS,
	.slots = VCSM_CALL_SLOTS,
};

static struct ferry_vcsm *vcsm_alloc(struct ferry_link *link, const struct ferry_vcsm_cfg *cfg)
{
	struct ferry_vcsm *vc = kzalloc(sizeof(*vc), GFP_KERNEL);

	if (!vc)
		return NULL;
	kref_init(&vc->ref);
	get_device(ferry_link_dev(link));
	vc->link = link;
	vc->cfg = *cfg;
	vc->cfg.aliases = cfg->aliases ?: FERRY_VCSM_ALIAS_C;
	vc->cfg.timeout_ms = cfg->timeout_ms ?: VCSM_TIMEOUT_MS;
	vc->cfg.version_ms = cfg->version_ms ?: VCSM_VERSION_MS;
	spin_lock_init(&vc->lock);
	init_waitqueue_head(&vc->idle);
	INIT_LIST_HEAD(&vc->node);
	INIT_LIST_HEAD(&vc->bufs);
	INIT_LIST_HEAD(&vc->to_free);
	INIT_DELAYED_WORK(&vc->tx_work, ferry_vcsm_tx_work);
	INIT_DELAYED_WORK(&vc->old_work, ferry_vcsm_old_work);
	xa_init_flags(&vc->ids, XA_FLAGS_ALLOC1);
	return vc;
}

/* Under vcsm_lock. What others find it by. */
static int vcsm_publish(struct ferry_vcsm *vc)
{
	int ret;

	vc->index = ida_alloc(&vcsm_index, GFP_KERNEL);
	if (vc->index < 0)
		return vc->index;
	ret = vc->cfg.node ? ferry_vcsm_node_add(vc) : 0;
	if (ret) {
		ida_free(&vcsm_index, vc->index);
		return ret;
	}
	ferry_vcsm_debugfs_add(vc);
	list_add_tail(&vc->node, &vcsm_list);
	return 0;
}

static void vcsm_unpublish(struct ferry_vcsm *vc)
{
	guard(mutex)(&vcsm_lock);
	if (list_empty(&vc->node))
		return;
	list_del_init(&vc->node);
	ferry_vcsm_node_remove(vc);
	debugfs_remove_recursive(vc->debugfs);
	ida_free(&vcsm_index, vc->index);
}

static int vcsm_make_parts(struct ferry_vcsm *vc)
{
	vc->wq = alloc_ordered_workqueue("ferry-vcsm", 0);
	if (!vc->wq)
		return -ENOMEM;
	vc->calls = ferry_calls_create(vc->link, &vcsm_calls_cfg);
	if (IS_ERR(vc->calls))
		return PTR_ERR(vc->calls);
	return vcsm_open(vc);
}

/* What is in flight comes to its end. Callers that wait are told; all else takes no time. */
static void vcsm_end_users(struct ferry_vcsm *vc)
{
	scoped_guard(spinlock, &vc->lock)
		vc->gone = true;
	while (!wait_event_timeout(vc->idle, !READ_ONCE(vc->users),
				   msecs_to_jiffies(VCSM_POKE_MS)))
		ferry_vcsm_wake_callers(vc, -ENODEV);
}

static bool vcsm_is_drained(struct ferry_vcsm *vc)
{
	struct vcsm_buf *b;

	guard(spinlock)(&vc->lock);
	list_for_each_entry(b, &vc->bufs, node)
		if (b->state == VCSM_STATE_UNMAPPING)
			return false;
	return true;
}

/* Nothing is sent any more, nothing is received. */
static void vcsm_close(struct ferry_vcsm *vc)
{
	if (ferry_link_is_up(vc->link))
		wait_event_timeout(vc->idle, vcsm_is_drained(vc),
				   msecs_to_jiffies(VCSM_DRAIN_MS));
	scoped_guard(spinlock, &vc->lock)
		vc->closed = true;
	if (vc->ep) {
		/* It may wait for room. */
		ferry_interrupt(vc->ep);
		cancel_delayed_work_sync(&vc->tx_work);
		ferry_close(vc->ep);
	}
	cancel_delayed_work_sync(&vc->tx_work);
	cancel_delayed_work_sync(&vc->old_work);
}

/* Under the lock. What waited to be sent is not. */
static struct vcsm_buf *vcsm_unqueue(struct ferry_vcsm *vc)
{
	struct vcsm_buf *b;

	b = list_first_entry_or_null(&vc->to_free, struct vcsm_buf, free_node);
	if (b)
		list_del_init(&b->free_node);
	return b;
}

static void vcsm_forget_all(struct ferry_vcsm *vc)
{
	struct vcsm_buf *b;

	for (;;) {
		scoped_guard(spinlock, &vc->lock)
			b = vcsm_unqueue(vc);
		if (!b)
			break;
		ferry_vcsm_buf_unhold(b);
	}
	ferry_vcsm_forget(vc, true);
}

static void vcsm_end(struct ferry_vcsm *vc)
{
	vcsm_unpublish(vc);
	vcsm_end_users(vc);
	vcsm_close(vc);
	vcsm_forget_all(vc);
	ferry_calls_destroy(vc->calls);
	if (vc->wq)
		destroy_workqueue(vc->wq);
	kref_put(&vc->ref, ferry_vcsm_free);
}

/**
 * ferry_vcsm_create - be the host of VC-SM on a link
 * @link:	with a channel "SMEM"; it need not run. A reference is taken.
 * @cfg:	what it is like; copied
 *
 * Context: process, may sleep; not in a callback of @link.
 *
 * Return: the instance, for ferry_vcsm_destroy(), or ERR_PTR(): -ENOMEM, what ferry_open()
 * or the registration of the node returned.
 */
struct ferry_vcsm *ferry_vcsm_create(struct ferry_link *link, const struct ferry_vcsm_cfg *cfg)
{
	struct ferry_vcsm *vc = vcsm_alloc(link, cfg);
	int ret;

	if (!vc)
		return ERR_PTR(-ENOMEM);
	ret = vcsm_make_parts(vc);
	if (!ret) {
		guard(mutex)(&vcsm_lock);
		ret = vcsm_publish(vc);
	}
	if (!ret)
		return vc;
	vcsm_end(vc);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_vcsm_create);

/**
 * ferry_vcsm_destroy - it ends
 * @vc:		the instance, an ERR_PTR or NULL
 *
 * Who waits inside gets -ENODEV. Chained dma-bufs stay with their users, and memory stays
 * with the VPU until the link's remote was stopped.
 *
 * Context: process, may sleep; not in a callback of the link.
 */
void ferry_vcsm_destroy(struct ferry_vcsm *vc)
{
	if (!IS_ERR_OR_NULL(vc))
		vcsm_end(vc);
}
EXPORT_SYMBOL_GPL(ferry_vcsm_destroy);

/**
 * ferry_vcsm_get - find an instance
 * @link:	name of its link; NULL: the first there is
 *
 * Context: process, may sleep.
 *
 * Return: the instance, for ferry_vcsm_put(), or NULL: there is none (yet). It may end
 * meanwhile: calls return -ENODEV then.
 */
struct ferry_vcsm *ferry_vcsm_get(const char *link)
{
	struct ferry_vcsm *vc;

	guard(mutex)(&vcsm_lock);
	list_for_each_entry(vc, &vcsm_list, node) {
		if (link && strcmp(link, ferry_link_name(vc->link)))
			continue;
		kref_get(&vc->ref);
		return vc;
	}
	return NULL;
}
EXPORT_SYMBOL_GPL(ferry_vcsm_get);

/**
 * ferry_vcsm_put - give a reference back
 * @vc:		from ferry_vcsm_get(), or NULL
 *
 * Context: process, may sleep.
 */
void ferry_vcsm_put(struct ferry_vcsm *vc)
{
	if (vc)
		kref_put(&vc->ref, ferry_vcsm_free);
}
EXPORT_SYMBOL_GPL(ferry_vcsm_put);

/**
 * ferry_vcsm_stats - counters, as of now
 * @vc:		the instance; not while it is being destroyed
 * @stats:	filled
 *
 * Context: process, may sleep.
 */
void ferry_vcsm_stats(struct ferry_vcsm *vc, struct ferry_vcsm_stats *stats)
{
	struct ferry_calls_stats calls;
	struct vcsm_buf *b;

	ferry_calls_stats(vc->calls, &calls);
	guard(spinlock)(&vc->lock);
	*stats = vc->stats;
	stats->late = calls.late;
	stats->unknown = calls.unknown;
	stats->vpu_bytes = vc->vpu_bytes;
	stats->version = vc->confirmed ? VCSM_VERSION : 1;
	list_for_each_entry(b, &vc->bufs, node) {
		stats->buffers++;
		stats->in_use += b->in_use;
		stats->held += b->state != VCSM_STATE_NEW && b->state != VCSM_STATE_GONE;
	}
}
EXPORT_SYMBOL_GPL(ferry_vcsm_stats);
