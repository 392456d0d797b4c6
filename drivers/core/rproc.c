// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links and remoteproc: a link that boots its remote is one, other links follow that of
 * another driver. Then the rproc alone drives: who starts, stops or crashes the link
 * asks the rproc, and its callbacks, under its lock, move the link.
 *
 * Order of locks: rp_lock > rproc->lock > link mutex.
 */
#include <linux/export.h>
#include <linux/remoteproc.h>
#include <linux/slab.h>

#include "core.h"

struct ferry_rproc {
	struct ferry_link *link;	/* rproc->lock; NULL: it is gone */
	struct rproc *rproc;
	struct rproc_subdev subdev;	/* of a follower */
	bool follows;
	bool reported;			/* a crash, of which the rproc may not know yet */
	struct work_struct rest_work;	/* it knows now */
	bool recovering;		/* rproc->lock: stopped, to be started again */
	int power;			/* rproc->lock: users of the rproc meanwhile */
};

/* Any context. The rproc of a link with a reference, or NULL. */
static struct rproc *rp_get(struct ferry_link *link)
{
	guard(spinlock_irqsave)(&link->state_lock);
	if (!link->rp)
		return NULL;
	get_device(&link->rp->rproc->dev);
	return link->rp->rproc;
}

static void rp_put(struct rproc *rproc)
{
	put_device(&rproc->dev);
}

static void rp_set(struct ferry_link *link, struct ferry_rproc *rp)
{
	guard(spinlock_irqsave)(&link->state_lock);
	WRITE_ONCE(link->rp, rp);
}

/* From here on nobody finds the rproc, and no crash is on its way to it. */
static void rp_clear(struct ferry_link *link)
{
	rp_set(link, NULL);
	irq_work_sync(&link->crash_irq);
}

/* Hard IRQ. The link crashed while it ran. */
void ferry_rproc_report(struct ferry_link *link)
{
	struct ferry_rproc *rp = READ_ONCE(link->rp);

	if (!rp)
		return;
	WRITE_ONCE(rp->reported, true);
	rproc_report_crash(rp->rproc, RPROC_FATAL_ERROR);
}

/* rproc->lock. What is left of the last life: an earlier bind, or a start that failed. */
static int rp_settle(struct ferry_link *link)
{
	guard(mutex)(&link->lock);
	return ferry_settle_crash(link);
}

/*
 * rproc->lock. A crash of the last epoch must not be reported in the next one, and
 * clients hear of the crash before they hear that the link is up.
 */
static int rp_start(struct ferry_link *link)
{
	irq_work_sync(&link->crash_irq);
	flush_work(&link->event_work);
	guard(mutex)(&link->lock);
	return ferry_start_locked(link, NULL, true);
}

static struct ferry_rproc *own_of(struct rproc *rproc)
{
	return rproc->priv;
}

/* Some kernels prepare for a recovery, too: then it has no users, see own_stop(). */
static int own_prepare(struct rproc *rproc)
{
	struct ferry_rproc *rp = own_of(rproc);

	if (atomic_read(&rproc->power))
		rp->recovering = false;
	return rp->link ? rp_settle(rp->link) : -ENODEV;
}

static int own_check(struct rproc *rproc, const struct firmware *fw)
{
	struct ferry_link *link = own_of(rproc)->link;

	if (!link)
		return -ENODEV;
	return link->cfg.ops->check ? link->cfg.ops->check(link, fw) : 0;
}

static int own_load(struct rproc *rproc, const struct firmware *fw)
{
	struct ferry_link *link = own_of(rproc)->link;

	if (!link)
		return -ENODEV;
	guard(mutex)(&link->lock);
	return ferry_load_locked(link, fw);
}

static int own_start(struct rproc *rproc)
{
	struct ferry_rproc *rp = own_of(rproc);
	int ret;

	if (!rp->link)
		return -ENODEV;
	ret = rp_start(rp->link);
	if (!ret && rp->recovering)
		atomic_set(&rproc->power, rp->power);
	return ret;
}

/* rproc->lock. */
static int own_stop_link(struct ferry_link *link, bool crashed, bool recovering)
{
	guard(mutex)(&link->lock);
	if (crashed)
		ferry_crash_locked(link, "reported to the remoteproc");
	return recovering ? ferry_settle_crash(link) :
			    ferry_stop_as_locked(link, READ_ONCE(link->rp_how));
}

static bool rp_rests(const struct rproc *rproc)
{
	return rproc->state == RPROC_OFFLINE || rproc->state == RPROC_DETACHED;
}

/*
 * Called to shut down, to begin a recovery (then it is crashed and has users), and to
 * undo a start. When a recovery fails after this, the remoteproc core leaves its count
 * of users as it was: it is offline then, and yet each later "start" finds users and
 * does nothing, for good. So the count is 0 while it recovers, and comes back when the
 * start succeeds. Nobody else looks at it meanwhile: we have rproc->lock.
 */
static int own_stop(struct rproc *rproc)
{
	struct ferry_rproc *rp = own_of(rproc);
	bool crashed = rproc->state == RPROC_CRASHED;
	bool recovering = crashed && atomic_read(&rproc->power);
	bool undo = rp_rests(rproc) && rp->recovering;
	int ret;

	if (!rp->link)
		return 0;
	ret = own_stop_link(rp->link, crashed, recovering);
	if (ret)
		return ret;
	if (crashed)
		WRITE_ONCE(rp->reported, false);
	rp->recovering = recovering || undo;
	if (recovering)
		rp->power = atomic_xchg(&rproc->power, 0);
	else if (undo)
		atomic_set(&rproc->power, 0);
	return 0;
}

static const struct rproc_ops own_ops = {
	.prepare = own_prepare,
	.sanity_check = own_check,
	.load = own_load,
	.start = own_start,
	.stop = own_stop,
};

/*
 * The firmware of some is in place already. The word of the remoteproc core for their start
 * is "attach", and at rest they are "detached": only from there it asks for no file.
 *
 * A recovery begins with this. The report of a crash that came when the link was stopped already
 * must not start it.
 */
static int attached_detach(struct rproc *rproc)
{
	struct ferry_rproc *rp = own_of(rproc);

	if (rproc->state == RPROC_CRASHED && rp->link &&
	    ferry_link_state(rp->link) == FERRY_STATE_OFFLINE) {
		rproc->state = RPROC_DETACHED;
		return -ENODEV;
	}
	return own_stop(rproc);
}

/*
 * It comes to rest. A crash that is reported, and that the rproc has not looked at, must
 * find it offline: else it would count as one of the next life.
 */
static int attached_unprepare(struct rproc *rproc)
{
	struct ferry_rproc *rp = own_of(rproc);

	if (rp->link)
		irq_work_sync(&rp->link->crash_irq);
	rproc->state = READ_ONCE(rp->reported) ? RPROC_OFFLINE : RPROC_DETACHED;
	if (rproc->state == RPROC_OFFLINE)
		schedule_work(&rp->rest_work);
	return 0;
}

/* Process context, without rproc->lock. The rproc has heard of all crashes. */
static void attached_rest(struct ferry_rproc *rp)
{
	flush_work(&rp->rproc->crash_handler);
	guard(mutex)(&rp->rproc->lock);
	if (rp->rproc->state != RPROC_OFFLINE)
		return;
	WRITE_ONCE(rp->reported, false);
	rp->rproc->state = RPROC_DETACHED;
}

static void attached_rest_work(struct work_struct *work)
{
	attached_rest(container_of(work, struct ferry_rproc, rest_work));
}

static const struct rproc_ops attached_ops = {
	.prepare = own_prepare,
	.unprepare = attached_unprepare,
	.attach = own_start,
	.detach = attached_detach,
	.start = own_start,
	.stop = own_stop,
};

static struct rproc *own_alloc(struct ferry_link *link)
{
	bool loads = ferry_boot_loads(link);
	struct rproc *rproc;

	rproc = rproc_alloc(link->dev.parent, link->name, loads ? &own_ops : &attached_ops,
			    link->firmware, sizeof(struct ferry_rproc));
	if (rproc && !loads) {
		rproc->state = RPROC_DETACHED;
		set_bit(RPROC_FEAT_ATTACH_ON_RECOVERY, rproc->features);
	}
	return rproc;
}

/* Process context, without the mutex of the link, which is complete: it may boot at once. */
int ferry_rproc_add(struct ferry_link *link)
{
	struct ferry_rproc *rp;
	struct rproc *rproc;
	int ret;

	if (!link->cfg.boots || !link->dev.parent)
		return 0;
	rproc = own_alloc(link);
	if (!rproc)
		return -ENOMEM;
	rproc->auto_boot = link->cfg.auto_boot;
	rproc->recovery_disabled = !link->cfg.recover;
	rp = rproc->priv;
	rp->link = link;
	rp->rproc = rproc;
	INIT_WORK(&rp->rest_work, attached_rest_work);
	rp_set(link, rp);
	ret = rproc_add(rproc);
	if (ret) {
		rp_clear(link);
		rproc_free(rproc);
	}
	return ret;
}

/*
 * Process context, without the mutex of the link. When this returns the rproc does not
 * call us any more. It may have failed to stop the link: a signal keeps it from that.
 */
void ferry_rproc_del(struct ferry_link *link)
{
	struct ferry_rproc *rp = link->rp;
	struct rproc *rproc;

	if (!rp)
		return;
	if (rp->follows) {
		ferry_link_unfollow(link);
		return;
	}
	rproc = rp->rproc;
	rproc_del(rproc);
	mutex_lock(&rproc->lock);
	rp->link = NULL;
	mutex_unlock(&rproc->lock);
	rp_clear(link);
	/* Some kernels leave a report behind, and it has no reference. */
	flush_work(&rproc->crash_handler);
	/* Who started or stopped it meanwhile is out of the link, too. */
	mutex_lock(&link->rp_lock);
	mutex_unlock(&link->rp_lock);
	cancel_work_sync(&rp->rest_work);
	rproc_free(rproc);
}

/* The rproc is offline, but its link may have crashed on the way there. */
static bool rp_stop_offline(struct rproc *rproc, struct ferry_link *link, int *ret)
{
	guard(mutex)(&rproc->lock);
	if (!rp_rests(rproc))
		return false;
	guard(mutex)(&link->lock);
	*ret = ferry_stop_as_locked(link, link->rp_how);
	return true;
}

/* Under rp_lock. */
static int rp_stop(struct rproc *rproc, struct ferry_link *link)
{
	int ret;

	if (rp_stop_offline(rproc, link, &ret))
		return ret;
	ret = rproc_shutdown(rproc);
	if (!ret && ferry_link_state(link) != FERRY_STATE_OFFLINE)
		ret = -EBUSY;
	return ret;
}

/* Does the rproc count as booted, though the link does not run? */
static bool rp_is_stuck(struct rproc *rproc, struct ferry_link *link)
{
	guard(mutex)(&rproc->lock);
	return (rproc->state == RPROC_RUNNING || rproc->state == RPROC_ATTACHED ||
		rproc->state == RPROC_CRASHED) && ferry_link_state(link) != FERRY_STATE_RUNNING;
}

/*
 * Under rp_lock. Booting what is booted does nothing but count one user more, of whom
 * nobody knows: it is asked for only where the rproc is off.
 */
static int rp_boot(struct rproc *rproc, struct ferry_link *link)
{
	int ret = 0;

	/* A crash on its way to the rproc must not end the next life: it is heard now. */
	irq_work_sync(&link->crash_irq);
	flush_work(&rproc->crash_handler);
	if (rp_is_stuck(rproc, link))
		ret = rp_stop(rproc, link);
	if (link->cfg.boots && !ferry_boot_loads(link))
		attached_rest(own_of(rproc));
	if (ret || ferry_link_state(link) == FERRY_STATE_RUNNING)
		return ret;
	ret = rproc_boot(rproc);
	if (ret)
		return ret;
	return ferry_link_state(link) == FERRY_STATE_RUNNING ? 0 : -ENOLINK;
}

/* Process context. As ferry_link_start(). */
int ferry_rproc_start(struct ferry_link *link)
{
	struct rproc *rproc;
	int ret;

	if (ferry_link_state(link) == FERRY_STATE_RUNNING)
		return 0;
	if (READ_ONCE(link->suspended))
		return -EAGAIN;		/* what is flushed is frozen */
	rproc = rp_get(link);
	if (!rproc)
		return -ENODEV;
	mutex_lock(&link->rp_lock);
	ret = rp_boot(rproc, link);
	mutex_unlock(&link->rp_lock);
	rp_put(rproc);
	return ret;
}

/* Process context. As ferry_link_stop_as(); -EBUSY: others use the rproc. */
int ferry_rproc_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct rproc *rproc = rp_get(link);
	int ret;

	if (!rproc)
		return -ENODEV;
	mutex_lock(&link->rp_lock);
	WRITE_ONCE(link->rp_how, how);
	ret = rp_stop(rproc, link);
	WRITE_ONCE(link->rp_how, link->cfg.rest);
	mutex_unlock(&link->rp_lock);
	rp_put(rproc);
	return ret;
}

/* Process context. As ferry_link_recover(). */
int ferry_rproc_recover(struct ferry_link *link)
{
	int ret;

	if (ferry_link_state(link) != FERRY_STATE_CRASHED)
		return 0;
	ret = ferry_rproc_stop(link, link->cfg.rest);
	return ret ?: ferry_rproc_start(link);
}

/* Process context. */
bool ferry_rproc_recovery(struct ferry_link *link)
{
	struct rproc *rproc = rp_get(link);
	bool on;

	if (!rproc)
		return false;
	on = !READ_ONCE(rproc->recovery_disabled);
	rp_put(rproc);
	return on;
}

/* Process context. */
void ferry_rproc_set_recovery(struct ferry_link *link, bool on)
{
	struct rproc *rproc = rp_get(link);

	if (!rproc)
		return;
	WRITE_ONCE(rproc->recovery_disabled, !on);
	rp_put(rproc);
	if (on)
		ferry_rproc_recover(link);
}

/* Process context. */
ssize_t ferry_rproc_show_firmware(struct ferry_link *link, char *buf)
{
	struct rproc *rproc = rp_get(link);
	ssize_t n;

	if (!rproc)
		return -ENODEV;
	mutex_lock(&rproc->lock);
	n = sysfs_emit(buf, "%s\n", rproc->firmware);
	mutex_unlock(&rproc->lock);
	rp_put(rproc);
	return n;
}

/* Process context. */
int ferry_rproc_set_firmware(struct ferry_link *link, const char *name)
{
	struct rproc *rproc = rp_get(link);
	int ret;

	if (!rproc)
		return -ENODEV;
	ret = rproc_set_firmware(rproc, name);
	rp_put(rproc);
	return ret;
}

static struct ferry_link *follower_link(struct rproc_subdev *subdev)
{
	return container_of(subdev, struct ferry_rproc, subdev)->link;
}

static int follower_prepare(struct rproc_subdev *subdev)
{
	return rp_settle(follower_link(subdev));
}

static int follower_start(struct rproc_subdev *subdev)
{
	return rp_start(follower_link(subdev));
}

/* The remote processor still runs, or hangs: the link lets go, but nothing comes back. */
static void follower_stop(struct rproc_subdev *subdev, bool crashed)
{
	struct ferry_link *link = follower_link(subdev);

	guard(mutex)(&link->lock);
	if (crashed)
		ferry_crash_locked(link, "the remote processor crashed");
	else
		ferry_stop_begin(link);
}

/* The remote processor was stopped. */
static void follower_unprepare(struct rproc_subdev *subdev)
{
	struct ferry_rproc *rp = container_of(subdev, struct ferry_rproc, subdev);
	struct ferry_link *link = rp->link;

	guard(mutex)(&link->lock);
	if (rp->rproc->state == RPROC_CRASHED && atomic_read(&rp->rproc->power))
		ferry_settle_crash(link);	/* it is to be started again */
	else
		ferry_stop_as_locked(link, READ_ONCE(link->rp_how));
}

/* rproc->lock. A subdevice that comes late is not started by the remoteproc core. */
static int follow_locked(struct ferry_rproc *rp)
{
	struct rproc *rproc = rp->rproc;
	int ret = 0;

	lockdep_assert_held(&rproc->lock);
	rproc_add_subdev(rproc, &rp->subdev);
	if (rproc->state == RPROC_RUNNING || rproc->state == RPROC_ATTACHED)
		ret = rp_start(rp->link);
	if (ret)
		rproc_remove_subdev(rproc, &rp->subdev);
	return ret;
}

/**
 * ferry_link_follow - the remote is run by the rproc of another driver
 * @link:	registered, and offline; not one with &ferry_link_cfg.boots
 * @rproc:	the caller holds a reference until after ferry_link_unfollow()
 *
 * From now on the link starts after the rproc did, and stops before it does. Where the
 * rproc runs already the link is started at once. ferry_link_start(), ferry_link_stop()
 * and a crash of the link go to the rproc.
 *
 * &ferry_link_ops.stop is called after the rproc was stopped. Only when a start failed,
 * and from ferry_link_unfollow(), is it called while the remote processor may run: an
 * error then says that it may still reach memory.
 *
 * Context: process, may sleep; without the lock of @rproc.
 *
 * Return: 0, -EINVAL the link boots its remote itself, -EBUSY it follows another,
 * -ENOMEM, or what starting it returned; it does not follow then.
 */
int ferry_link_follow(struct ferry_link *link, struct rproc *rproc)
{
	struct ferry_rproc *rp;
	int ret;

	if (link->cfg.boots)
		return -EINVAL;
	if (link->rp)
		return -EBUSY;
	rp = kzalloc(sizeof(*rp), GFP_KERNEL);
	if (!rp)
		return -ENOMEM;
	rp->link = link;
	rp->rproc = rproc;
	rp->follows = true;
	rp->subdev.prepare = follower_prepare;
	rp->subdev.start = follower_start;
	rp->subdev.stop = follower_stop;
	rp->subdev.unprepare = follower_unprepare;
	rp_set(link, rp);
	mutex_lock(&rproc->lock);
	ret = follow_locked(rp);
	mutex_unlock(&rproc->lock);
	if (ret) {
		rp_clear(link);
		kfree(rp);
	}
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_link_follow);

/**
 * ferry_link_unfollow - undo ferry_link_follow()
 * @link:	the link; one that follows none is left alone
 *
 * Stops the link. ferry_link_unregister() does it, too.
 *
 * Context: process, may sleep; without the lock of the rproc; not in a callback of
 * this link.
 */
void ferry_link_unfollow(struct ferry_link *link)
{
	struct ferry_rproc *rp = link->rp;

	if (!rp || !rp->follows)
		return;
	mutex_lock(&rp->rproc->lock);
	rproc_remove_subdev(rp->rproc, &rp->subdev);
	mutex_unlock(&rp->rproc->lock);
	mutex_lock(&link->lock);
	ferry_stop_locked(link);
	mutex_unlock(&link->lock);
	rp_clear(link);
	kfree(rp);
}
EXPORT_SYMBOL_GPL(ferry_link_unfollow);
