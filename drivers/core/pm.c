// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend and resume of the system, for all links alike.
 *
 * While the system is suspended the remote looks full: senders sleep on. Nothing of the
 * protocol is called between its two pm calls; what happened meanwhile, a crash
 * included, is looked for afterwards, since edges may be lost.
 */
#include <linux/pm.h>

#include "core.h"

/* Under the mutex of the link. */
static void pm_wake(struct ferry_link *link)
{
	WRITE_ONCE(link->suspended, false);
	ferry_link_update_txqs(link);
	ferry_rx_unpark(link);
	ferry_link_serve_txqs(link);
	ferry_link_rx_irq(link);
	queue_work(link->wq, &link->crash_work);
	queue_work(link->wq, &link->start_work);
	queue_work(link->wq, &link->announce_work);
}

/*
 * Receiving ends first, while everything still works: a callback may be in a send, and
 * would wait for the resume.
 */
static int pm_suspend(struct device *dev)
{
	struct ferry_link *link = container_of(dev, struct ferry_link, dev);
	int ret = 0;

	guard(mutex)(&link->lock);
	if (link->suspended)
		return 0;
	ferry_rx_park(link);
	WRITE_ONCE(link->suspended, true);
	ferry_link_update_txqs(link);
	synchronize_rcu();	/* who sends, polls or arms looked before */
	link->pm_told = ferry_link_is_up(link) && link->cfg.ops->pm;
	if (link->pm_told)
		ret = link->cfg.ops->pm(link, FERRY_PM_SUSPEND);
	if (ret) {
		dev_err(dev, "does not suspend: %d\n", ret);
		pm_wake(link);
	}
	return ret;
}

static int pm_resume(struct device *dev)
{
	struct ferry_link *link = container_of(dev, struct ferry_link, dev);
	int ret = 0;

	guard(mutex)(&link->lock);
	if (!link->suspended)
		return 0;
	if (link->pm_told)
		ret = link->cfg.ops->pm(link, FERRY_PM_RESUME);
	if (ret) {
		dev_err(dev, "does not resume: %d\n", ret);
		ferry_link_crash(link, "resume failed");
	}
	pm_wake(link);
	return ret;
}

/* Process context. The link goes away: nobody else will resume it. */
void ferry_pm_end(struct ferry_link *link)
{
	pm_resume(&link->dev);
}

const struct dev_pm_ops ferry_pm_ops = {
	.suspend = pm_suspend,
	.resume = pm_resume,
	.freeze = pm_suspend,
	.thaw = pm_resume,
	.poweroff = pm_suspend,
	.restore = pm_resume,
};
