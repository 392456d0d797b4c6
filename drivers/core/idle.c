// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links whose remote sleeps and keeps its context: channels stay open, memory stays lent,
 * and senders find no room until the remote was woken.
 */
#include "core.h"

/* Under the mutex of the link. An error: nobody knows what the remote does now. */
static int idle_fail(struct ferry_link *link, const char *reason, int err)
{
	ferry_link_crash(link, reason);
	return err;
}

/* Under the mutex of the link. 0, -EAGAIN, -ENOLINK, or what the protocol returned. */
int ferry_idle_enter(struct ferry_link *link)
{
	int ret;

	lockdep_assert_held(&link->lock);
	if (link->suspended)
		return -EAGAIN;
	if (READ_ONCE(link->state) == FERRY_STATE_IDLE)
		return 0;
	if (!ferry_set_state(link, FERRY_STATE_RUNNING, FERRY_STATE_IDLE))
		return -ENOLINK;
	ferry_link_update_txqs(link);
	ferry_link_quiesce();
	ret = link->cfg.ops->stop(link, FERRY_STOP_IDLE);
	if (ret)
		return idle_fail(link, "going idle failed", ret);
	if (READ_ONCE(link->state) != FERRY_STATE_IDLE)
		return -ENOLINK;
	ferry_link_tell(link, FERRY_STATE_IDLE);
	return 0;
}

/* Under the mutex of the link. The remote has lost its context: all is opened again. */
static int idle_open_anew(struct ferry_link *link)
{
	WRITE_ONCE(link->epoch, link->epoch + 1);
	link->up = false;
	ferry_announce_forget(link);
	ferry_close_channels(link);
	return ferry_open_channels(link);
}

/* Under the mutex of the link, in state idle. */
static int idle_wake(struct ferry_link *link)
{
	int ret = link->cfg.ops->wake(link);

	return ret > 0 ? idle_open_anew(link) : ret;
}

/* Under the mutex of the link, in state idle. As ferry_idle_enter(). */
int ferry_idle_leave(struct ferry_link *link)
{
	int ret;

	lockdep_assert_held(&link->lock);
	ret = idle_wake(link);
	if (ret)
		return idle_fail(link, "waking from idle failed", ret);
	if (!ferry_set_state(link, FERRY_STATE_IDLE, FERRY_STATE_RUNNING))
		return -ENOLINK;
	ferry_link_update_txqs(link);
	ferry_link_serve_txqs(link);
	ferry_link_tell(link, FERRY_STATE_RUNNING);
	ferry_rx_thread_wake(link->rx);
	queue_work(link->wq, &link->announce_work);
	return 0;
}
