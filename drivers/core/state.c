// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a link: start, stop, crash and recovery.
 *
 * Whoever changes the state says so to the txqs afterwards. Only a crash changes it
 * without the mutex of the link; all that has to follow is due until somebody does it
 * under the mutex: the work of the link, or whoever starts or stops it first.
 */
#include <linux/export.h>
#include <linux/firmware.h>

#include "../compat.h"
#include "core.h"
#include "memory.h"

#include <trace/events/ferry.h>

#define STATE_NAME(id, name)	[FERRY_STATE_##id] = name,

const char * const ferry_state_names[FERRY_NR_STATES] = { FERRY_STATES(STATE_NAME) };

/* Who wants the link to be started. */
enum start_why {
	START_USER,
	START_DUE,	/* the work of the link, unless it is not due any more */
	START_RECOVER,	/* only if it is crashed */
};

/* Under the mutex of the link. Changes the state. False: it was not @old any more. */
bool ferry_set_state(struct ferry_link *link, int old, int new)
{
	guard(spinlock_irqsave)(&link->state_lock);
	if (link->state != old)
		return false;
	WRITE_ONCE(link->state, new);
	trace_ferry_state(link, old, new, link->epoch);
	return true;
}

/* Under the mutex of the link. The remote was stopped, and a crash meanwhile is void. */
static void link_set_offline(struct ferry_link *link)
{
	guard(spinlock_irqsave)(&link->state_lock);
	trace_ferry_state(link, link->state, FERRY_STATE_OFFLINE, link->epoch);
	link->stop_due = false;
	link->report_due = false;
	WRITE_ONCE(link->state, FERRY_STATE_OFFLINE);
}

/* Any context. False: there is nothing to crash. */
static bool link_set_crashed(struct ferry_link *link, const char *reason)
{
	guard(spinlock_irqsave)(&link->state_lock);
	if (link->state == FERRY_STATE_OFFLINE || link->state == FERRY_STATE_CRASHED)
		return false;
	trace_ferry_state(link, link->state, FERRY_STATE_CRASHED, link->epoch);
	link->crash_reason = reason;
	link->crashed_in = link->state;
	link->crashes++;
	link->stop_due = true;
	link->report_due = true;
	WRITE_ONCE(link->state, FERRY_STATE_CRASHED);
	return true;
}

/* Any context. May the rxqs be polled? Under RCU for ferry_link_quiesce(). */
bool ferry_link_receives(const struct ferry_link *link)
{
	switch (READ_ONCE(link->state)) {
	case FERRY_STATE_STARTING:
	case FERRY_STATE_RECOVERING:
	case FERRY_STATE_RUNNING:
	case FERRY_STATE_IDLE:
	case FERRY_STATE_STOPPING:
		return !READ_ONCE(link->suspended);
	default:
		return false;
	}
}

/* Any context. FERRY_TXQ_BY_STATE, as it is now. */
unsigned int ferry_state_blocks(const struct ferry_link *link)
{
	unsigned int suspended = READ_ONCE(link->suspended) ? FERRY_TXQ_SUSPENDED : 0;

	switch (READ_ONCE(link->state)) {
	case FERRY_STATE_RUNNING:
		return suspended;
	case FERRY_STATE_IDLE:
		return suspended | FERRY_TXQ_IDLE;
	case FERRY_STATE_STARTING:
	case FERRY_STATE_RECOVERING:
	case FERRY_STATE_STOPPING:
		return suspended | FERRY_TXQ_NO_CLIENTS;
	default:
		return suspended | FERRY_TXQ_DEAD;
	}
}

/* Any context. The state changed. */
void ferry_link_update_txqs(struct ferry_link *link)
{
	struct ferry_txq *txq;

	rcu_read_lock();
	list_for_each_entry_rcu(txq, &link->txqs, node)
		ferry_txq_update(txq);
	rcu_read_unlock();
	ferry_calls_update(link);
}

/* Any context. There is room where there was none: those who wait are served. */
void ferry_link_serve_txqs(struct ferry_link *link)
{
	struct ferry_txq *txq;

	rcu_read_lock();
	list_for_each_entry_rcu(txq, &link->txqs, node)
		ferry_txwait_run(txq, true);
	rcu_read_unlock();
}

/*
 * Process context. Who sends, polls or arms does so under RCU, claims included, and
 * looks first whether it may: when this returns all who might are out.
 */
void ferry_link_quiesce(void)
{
	synchronize_rcu();
}

/* Under the mutex of the link. */
void ferry_close_channels(struct ferry_link *link)
{
	struct ferry_channel *ch;

	list_for_each_entry(ch, &link->channels, node) {
		if (ch->opened && ch->ops->close)
			ch->ops->close(ch);
		WRITE_ONCE(ch->opened, false);
		if (ch->by_remote)
			ferry_txq_cut(ch, -EPIPE, false);
	}
}

/* Under the mutex of the link. */
int ferry_open_channels(struct ferry_link *link)
{
	struct ferry_channel *ch;
	int ret;

	list_for_each_entry(ch, &link->channels, node) {
		/* The work opens what the remote offers. */
		if (!rcu_access_pointer(ch->ep) || ch->by_remote)
			continue;
		ferry_txq_uncut(ch);
		ret = ch->ops->open ? ch->ops->open(ch) : 0;
		if (ret)
			return ret;
		WRITE_ONCE(ch->opened, true);
	}
	return 0;
}

/* Under the mutex of the link. A crash is logged and reported once, before the stop. */
static void link_report(struct ferry_link *link)
{
	scoped_guard(spinlock_irqsave, &link->state_lock) {
		if (!link->report_due)
			return;
		link->report_due = false;
	}
	dev_err_ratelimited(&link->dev, "crashed: %s\n", link->crash_reason);
	ferry_dump(link);
}

/*
 * Under the mutex of the link. If it crashed, and its remote was not stopped yet, that
 * is done now. The link stays crashed; what was lent to the remote came back when this
 * returns 0, and not before.
 */
int ferry_settle_crash(struct ferry_link *link)
{
	int ret;

	lockdep_assert_held(&link->lock);
	if (READ_ONCE(link->state) != FERRY_STATE_CRASHED || !link->stop_due)
		return 0;
	ferry_link_update_txqs(link);
	link_report(link);
	ferry_link_quiesce();
	ret = link->cfg.ops->stop(link, FERRY_STOP_CRASHED);
	if (ret) {
		dev_err_ratelimited(&link->dev, "crashed, and stopping the remote failed: %d\n",
				    ret);
	} else {
		scoped_guard(spinlock_irqsave, &link->state_lock)
			link->stop_due = false;
		link->rest = FERRY_STOP_OFF;
		link->came_up = false;
		ferry_link_reset_memory(link);
		ferry_close_channels(link);
	}
	ferry_link_tell(link, FERRY_STATE_CRASHED);
	return ret;
}

/* Was it up when it crashed? One that was not starts only when somebody says so. */
static bool link_crashed_up(const struct ferry_link *link)
{
	return link->crashed_in == FERRY_STATE_RUNNING || link->crashed_in == FERRY_STATE_IDLE;
}

/*
 * Is it the rproc's to stop the remote? One that does not run ignores crashes, and so
 * they are ours. A link that follows may have let go of a remote that runs on.
 */
static bool link_crash_is_reported(const struct ferry_link *link)
{
	if (!READ_ONCE(link->rp))
		return false;
	return link_crashed_up(link) ||
	       (link->crashed_in == FERRY_STATE_STOPPING && !link->cfg.boots);
}

/*
 * The clients hear of the crash before the link is started again: they are told by the
 * same ordered queue. Only a link that ran is recovered, once for each crash: a start
 * that fails is not tried again and again.
 */
static void link_crash_work(struct work_struct *work)
{
	struct ferry_link *link = container_of(work, struct ferry_link, crash_work);

	guard(mutex)(&link->lock);
	if (READ_ONCE(link->state) != FERRY_STATE_CRASHED || !link->stop_due || link->suspended)
		return;
	if (link_crash_is_reported(link)) {
		link_report(link);
		ferry_link_tell(link, FERRY_STATE_CRASHED);
		return;
	}
	if (ferry_settle_crash(link) || !READ_ONCE(link->recover) ||
	    !link_crashed_up(link) || !link->registered)
		return;
	link->start_due = true;
	queue_work(link->wq, &link->start_work);
}

static void link_crash_irq(struct irq_work *work)
{
	struct ferry_link *link = container_of(work, struct ferry_link, crash_irq);

	ferry_link_update_txqs(link);
	if (link_crash_is_reported(link))
		ferry_rproc_report(link);
	queue_work(link->wq, &link->crash_work);
}

/* Under the mutex of the link. A crash that the rproc knows of. */
void ferry_crash_locked(struct ferry_link *link, const char *reason)
{
	link_set_crashed(link, reason);
	if (READ_ONCE(link->state) != FERRY_STATE_CRASHED)
		return;
	ferry_link_update_txqs(link);
	link_report(link);
	ferry_link_tell(link, FERRY_STATE_CRASHED);
}

/**
 * ferry_link_crash - the remote cannot be trusted to go on
 * @link:	the link
 * @reason:	a constant string, for the log and for sysfs; the first one wins
 *
 * Every sender wakes with -ENOLINK and clients get %FERRY_EVENT_CRASHED. The link stays
 * crashed until it is started again, by a user or by its recovery; where it has an
 * rproc, by that. Harmless when it does not run.
 *
 * Context: any, under any lock.
 */
void ferry_link_crash(struct ferry_link *link, const char *reason)
{
	if (link_set_crashed(link, reason))
		irq_work_queue(&link->crash_irq);
}
EXPORT_SYMBOL_GPL(ferry_link_crash);

/* Under the mutex of the link, in state stopping; the txqs know. */
static int link_bring_down(struct ferry_link *link, enum ferry_stop how)
{
	int ret;

	ferry_link_quiesce();
	ret = link->cfg.ops->stop(link, how);
	if (!ret && link->came_up)
		link->rest = how;
	link->came_up = false;
	if (ret) {
		/* An rproc is told by what we return. */
		if (link_set_crashed(link, "stop failed"))
			queue_work(link->wq, &link->crash_work);
		return ret;
	}
	link_set_offline(link);
	ferry_link_update_txqs(link);
	ferry_link_quiesce();
	ferry_link_reset_memory(link);
	ferry_link_tell(link, FERRY_STATE_OFFLINE);
	return 0;
}

/* Under the mutex of the link. Is the remote there, and has only to be woken? */
static bool link_sleeps(const struct ferry_link *link)
{
	return link->rest == FERRY_STOP_SLEEP || link->rest == FERRY_STOP_QUIESCE;
}

/* Under the mutex of the link, in state @now: starting or recovering. */
static int link_bring_up(struct ferry_link *link, int now)
{
	int ret;

	ferry_link_update_txqs(link);
	ret = link_sleeps(link) ? link->cfg.ops->wake(link) : link->cfg.ops->start(link);
	if (ret < 0)
		return ret;
	link->came_up = true;
	ret = ferry_open_channels(link);
	if (ret)
		return ret;
	if (!ferry_set_state(link, now, FERRY_STATE_RUNNING))
		return -ENOLINK;
	ferry_link_update_txqs(link);
	return 0;
}

/* Under the mutex of the link. A start failed, or the link crashed meanwhile. */
static void link_undo_start(struct ferry_link *link)
{
	if (ferry_set_state(link, FERRY_STATE_STARTING, FERRY_STATE_STOPPING)) {
		ferry_link_update_txqs(link);
		ferry_close_channels(link);
		link_bring_down(link, link->came_up ? link->cfg.rest : FERRY_STOP_OFF);
		return;
	}
	ferry_link_crash(link, "recovery failed");
	ferry_settle_crash(link);
}

/* Under the mutex of the link. Puts @fw in place, with the remote stopped. */
int ferry_load_locked(struct ferry_link *link, const struct firmware *fw)
{
	int ret;

	lockdep_assert_held(&link->lock);
	if (!link->registered)
		return -ENODEV;
	if (link->suspended)
		return -EAGAIN;
	ret = ferry_settle_crash(link);
	return ret ?: link->cfg.ops->load(link, fw);
}

/*
 * Under the mutex of the link. @fw: to be loaded first, or NULL. With @recover a crashed
 * link goes back to crashed when this fails.
 */
int ferry_start_locked(struct ferry_link *link, const struct firmware *fw, bool recover)
{
	int old, now, ret;

	lockdep_assert_held(&link->lock);
	link->start_due = false;
	if (!link->registered)
		return -ENODEV;
	if (link->suspended)
		return -EAGAIN;
	if (READ_ONCE(link->state) == FERRY_STATE_RUNNING)
		return 0;
	if (READ_ONCE(link->state) == FERRY_STATE_IDLE)
		return ferry_idle_leave(link);
	if (READ_ONCE(link->state) == FERRY_STATE_STOPPING)
		return -EBUSY;	/* until the rproc that it follows is off */
	ret = fw ? ferry_load_locked(link, fw) : ferry_settle_crash(link);
	if (ret)
		return ret;
	old = READ_ONCE(link->state);
	now = recover && old == FERRY_STATE_CRASHED ? FERRY_STATE_RECOVERING :
						      FERRY_STATE_STARTING;
	WRITE_ONCE(link->epoch, link->epoch + 1);
	WRITE_ONCE(link->crash_reason, NULL);
	link->told = -1;
	ferry_announce_forget(link);
	ferry_set_state(link, old, now);
	ret = link_bring_up(link, now);
	if (ret) {
		dev_err(&link->dev, "start failed: %d\n", ret);
		link_undo_start(link);
		return ret;
	}
	ferry_link_tell(link, FERRY_STATE_RUNNING);
	ferry_rx_thread_wake(link->rx);
	queue_work(link->wq, &link->announce_work);
	return 0;
}

static bool link_wants(const struct ferry_link *link, enum start_why why)
{
	switch (why) {
	case START_DUE:
		return READ_ONCE(link->start_due) && !READ_ONCE(link->suspended);
	case START_RECOVER:
		return READ_ONCE(link->state) == FERRY_STATE_CRASHED;
	default:
		return true;
	}
}

static int link_start(struct ferry_link *link, enum start_why why)
{
	const struct firmware *fw;
	int ret;

	/* Without the mutex, which asking for a file must not hold: looked at again below. */
	if (ferry_link_state(link) == FERRY_STATE_RUNNING || !link_wants(link, why))
		return 0;
	ret = ferry_boot_get(link, &fw);
	if (ret)
		return ret;
	mutex_lock(&link->lock);
	if (link_wants(link, why))
		ret = ferry_start_locked(link, fw, why != START_USER);
	mutex_unlock(&link->lock);
	release_firmware(fw);
	return ret;
}

static void link_start_work(struct work_struct *work)
{
	link_start(container_of(work, struct ferry_link, start_work), START_DUE);
}

/**
 * ferry_link_start - start the remote, or what of it is ours to start
 * @link:	the link
 *
 * Begins the next epoch. Endpoints that are open can be used again. A remote that sleeps
 * or was quiesced is woken, and so is an idle one, which goes on in its epoch. Where the link has
 * an rproc that is booted, after it has dealt with a crash that it heard of.
 *
 * Context: process, may sleep; not in a callback of this link, nor in one that suspends
 * or resumes a device.
 *
 * Return: 0 (also when it runs already), -ENODEV not registered, -EDEADLK in a callback
 * of this link, -ENOLINK it crashed meanwhile, -EAGAIN the system is suspended, or what
 * the protocol, asking for the firmware or the rproc returned.
 */
int ferry_link_start(struct ferry_link *link)
{
	might_sleep();
	if (ferry_in_callback(link))
		return -EDEADLK;
	if (ferry_link_state(link) == FERRY_STATE_IDLE)
		return link_start(link, START_USER);
	return link->rp ? ferry_rproc_start(link) : link_start(link, START_USER);
}
EXPORT_SYMBOL_GPL(ferry_link_start);

/* Under the mutex of the link. Whoever calls knows that an offline remote sleeps. */
static void link_expect_sleep(struct ferry_link *link)
{
	if (READ_ONCE(link->state) == FERRY_STATE_OFFLINE && !link_sleeps(link))
		link->rest = FERRY_STOP_SLEEP;
}

/**
 * ferry_link_wake - start a remote that sleeps
 * @link:	the link
 *
 * As ferry_link_start(), but &ferry_link_ops.wake is called also for a link that was not
 * put to sleep here: somebody else, a boot loader, left its remote so.
 *
 * Context: process, may sleep; not in a callback of this link, nor in one that suspends
 * or resumes a device.
 *
 * Return: as ferry_link_start(), and -EOPNOTSUPP the protocol has no sleep.
 */
int ferry_link_wake(struct ferry_link *link)
{
	might_sleep();
	if (!link->cfg.ops->wake)
		return -EOPNOTSUPP;
	if (ferry_in_callback(link))
		return -EDEADLK;
	scoped_guard(mutex, &link->lock)
		link_expect_sleep(link);
	return ferry_link_start(link);
}
EXPORT_SYMBOL_GPL(ferry_link_wake);

/* Process context. Starts a crashed link, whatever sysfs `recovery` says. */
int ferry_link_recover(struct ferry_link *link)
{
	return link->rp ? ferry_rproc_recover(link) : link_start(link, START_RECOVER);
}

/* Process context. */
bool ferry_link_recovery(struct ferry_link *link)
{
	return link->rp ? ferry_rproc_recovery(link) : READ_ONCE(link->recover);
}

/* Process context. When it is enabled a link that is crashed is started. */
void ferry_link_set_recovery(struct ferry_link *link, bool on)
{
	if (link->rp) {
		ferry_rproc_set_recovery(link, on);
		return;
	}
	WRITE_ONCE(link->recover, on);
	if (on)
		ferry_link_recover(link);
}

/* Under the mutex of the link. It lets go of a remote that is to be stopped. */
void ferry_stop_begin(struct ferry_link *link)
{
	if (!ferry_set_state(link, FERRY_STATE_RUNNING, FERRY_STATE_STOPPING) &&
	    !ferry_set_state(link, FERRY_STATE_IDLE, FERRY_STATE_STOPPING))
		return;
	ferry_link_update_txqs(link);
	ferry_close_channels(link);
}

/* Under the mutex of the link. */
int ferry_stop_as_locked(struct ferry_link *link, enum ferry_stop how)
{
	int ret;

	lockdep_assert_held(&link->lock);
	if (link->suspended)
		return -EAGAIN;
	link->start_due = false;
	ferry_stop_begin(link);
	if (READ_ONCE(link->state) == FERRY_STATE_STOPPING)
		return link_bring_down(link, how);
	ret = ferry_settle_crash(link);
	if (ret)
		return ret;
	if (ferry_set_state(link, FERRY_STATE_CRASHED, FERRY_STATE_OFFLINE))
		ferry_link_tell(link, FERRY_STATE_OFFLINE);
	return 0;
}

/* Under the mutex of the link. */
int ferry_stop_locked(struct ferry_link *link)
{
	return ferry_stop_as_locked(link, link->cfg.rest);
}

static int link_stop(struct ferry_link *link, enum ferry_stop how)
{
	guard(mutex)(&link->lock);
	return how == FERRY_STOP_IDLE ? ferry_idle_enter(link) : ferry_stop_as_locked(link, how);
}

/**
 * ferry_link_stop - stop the remote, or what of it is ours to stop
 * @link:	the link
 *
 * Senders get -ENOLINK until the link is started again. A crashed link is offline
 * afterwards, too.
 *
 * Context: process, may sleep; not in a callback of this link.
 *
 * Return: 0 (also when it does not run), -EDEADLK in a callback of this link, -EAGAIN the
 * system is suspended, -EBUSY others use its rproc, or what the protocol returned; the
 * link is crashed then.
 */
int ferry_link_stop(struct ferry_link *link)
{
	return ferry_link_stop_as(link, link->cfg.rest);
}
EXPORT_SYMBOL_GPL(ferry_link_stop);

/**
 * ferry_link_stop_as - stop the remote in a certain way
 * @link:	the link
 * @how:	any but %FERRY_STOP_CRASHED
 *
 * As ferry_link_stop(); with %FERRY_STOP_IDLE the link does not go offline: it is idle, until
 * ferry_link_start() or ferry_link_wake().
 *
 * Context: process, may sleep; not in a callback of this link.
 *
 * Return: as ferry_link_stop(); -EOPNOTSUPP the protocol cannot do that; -ENOLINK it does
 * not run and cannot become idle, or crashed meanwhile.
 */
int ferry_link_stop_as(struct ferry_link *link, enum ferry_stop how)
{
	might_sleep();
	if (ferry_in_callback(link))
		return -EDEADLK;
	if (how != FERRY_STOP_OFF && !(link->cfg.stops & BIT(how)))
		return -EOPNOTSUPP;
	if (!link->rp || how == FERRY_STOP_IDLE)
		return link_stop(link, how);
	return ferry_rproc_stop(link, how);
}
EXPORT_SYMBOL_GPL(ferry_link_stop_as);

/**
 * ferry_link_restart - stop the remote and start it again
 * @link:	the link
 *
 * Context: process, may sleep; not in a callback of this link.
 *
 * Return: as ferry_link_stop() and ferry_link_start().
 */
int ferry_link_restart(struct ferry_link *link)
{
	int ret;

	ret = ferry_link_stop(link);
	return ret ?: ferry_link_start(link);
}
EXPORT_SYMBOL_GPL(ferry_link_restart);

/* Before anything of the link runs. */
void ferry_state_init(struct ferry_link *link)
{
	spin_lock_init(&link->state_lock);
	link->told = FERRY_STATE_OFFLINE;
	link->recover = link->cfg.recover;
	link->rp_how = link->cfg.rest;
	init_irq_work(&link->crash_irq, link_crash_irq);
	INIT_WORK(&link->crash_work, link_crash_work);
	INIT_WORK(&link->start_work, link_start_work);
	INIT_WORK(&link->event_work, ferry_event_work);
	INIT_WORK(&link->announce_work, ferry_announce_work);
}
