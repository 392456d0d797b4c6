// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMC, the system management controller of Apple's SoCs: a client of RTKit.
 *
 * Its answers are taken in the interrupt, and its transfer area is memory of its own that
 * it lends us. It has to be told init in each life of the link, before anything else.
 */
#include <linux/bitfield.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/region.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "../compat.h"
#include "smc.h"

/* Init has no id, and no more has its answer: nothing else is out. */
static int smc_say_init(struct ferry_smc *smc, u64 *address)
{
	__le64 msg = cpu_to_le64(FIELD_PREP(SMC_CMD, SMC_CMD_INIT));
	int ret;

	reinit_completion(&smc->init_done);
	scoped_guard(spinlock_irqsave, &smc->lock)
		smc->init_waits = true;
	ret = ferry_send_timeout(smc->ep, &msg, sizeof(msg), SMC_TIMEOUT_MS);
	if (!ret && !wait_for_completion_timeout(&smc->init_done,
						 msecs_to_jiffies(SMC_TIMEOUT_MS)))
		ret = -ETIMEDOUT;
	guard(spinlock_irqsave)(&smc->lock);
	/* It may have come just now. */
	if (!ret || (ret == -ETIMEDOUT && !smc->init_waits)) {
		*address = smc->init_answer;
		ret = 0;
	}
	smc->init_waits = false;
	return ret;
}

/* An area of the epoch that began before it was asked for. NULL: there is none any more. */
static void smc_set_area(struct ferry_smc *smc, struct ferry_region *area, u32 epoch)
{
	struct ferry_region *old;

	scoped_guard(spinlock_irqsave, &smc->lock) {
		old = smc->area;
		smc->area = area;
		smc->epoch = epoch;
	}
	ferry_region_put(old);
}

static bool smc_is_done(struct ferry_smc *smc, u32 epoch)
{
	guard(spinlock_irqsave)(&smc->lock);
	return smc->area && smc->epoch == epoch;
}

/* Process context, not in a callback. */
static int smc_init(struct ferry_smc *smc)
{
	struct ferry_region *area;
	u64 address;
	u32 epoch;
	u8 on = 1;
	int ret;

	guard(mutex)(&smc->init_lock);
	epoch = ferry_link_epoch(smc->link);
	if (!smc->ep || smc_is_done(smc, epoch))
		return 0;
	ret = smc_say_init(smc, &address);
	if (ret) {
		dev_err(smc->dev, "no answer to init: %d\n", ret);
		return ret;
	}
	area = ferry_region_provide(smc->provider, SMC_ENDPOINT, SMC_AREA, address);
	if (IS_ERR(area)) {
		dev_err(smc->dev, "the transfer area %#llx is refused: %ld\n", address,
			PTR_ERR(area));
		return PTR_ERR(area);
	}
	smc_set_area(smc, area, epoch);
	ret = ferry_smc_write(smc, SMC_KEY_NOTIFY, &on, sizeof(on));
	if (ret)
		dev_warn(smc->dev, "no notifications: %d\n", ret);
	return 0;
}

static void smc_init_work(struct work_struct *work)
{
	smc_init(container_of(work, struct ferry_smc, init_work));
}

/* Work of the link, where commands cannot be waited for. */
static void smc_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct ferry_smc *smc = priv;

	if (event == FERRY_EVENT_UP)
		schedule_work(&smc->init_work);
}

static const struct ferry_calls_cfg smc_calls_cfg = {
	.last_id = SMC_ID_LAST,
	.limit = 1,
	.slots = SMC_ID_LAST + 1,
};

static int smc_open(struct ferry_smc *smc)
{
	const struct ferry_id id = { .number = SMC_ENDPOINT };
	const struct ferry_ep_cfg cfg = {
		.rx = ferry_smc_rx, .event = smc_event, .priv = smc, .flags = FERRY_EP_ATOMIC,
	};
	struct ferry_ep *ep;

	/* The work may be asked for init before this has returned. */
	guard(mutex)(&smc->init_lock);
	ep = ferry_open(smc->link, &id, &cfg);
	if (IS_ERR(ep))
		return PTR_ERR(ep);
	smc->ep = ep;
	return 0;
}

static int smc_make_parts(struct ferry_smc *smc, const struct resource *sram)
{
	struct ferry_provide_cfg cfg = {
		.backing = FERRY_BACKING_LENT, .max_size = SMC_AREA, .max = 1,
	};

	cfg.window = *sram;

	smc->calls = ferry_calls_create(smc->link, &smc_calls_cfg);
	if (IS_ERR(smc->calls))
		return PTR_ERR(smc->calls);
	smc->provider = ferry_provider_create(smc->link, &cfg);
	if (IS_ERR(smc->provider))
		return PTR_ERR(smc->provider);
	return smc_open(smc);
}

/* The work may run, and may be asked for again until it is closed: it finds no endpoint. */
static void smc_close(struct ferry_smc *smc)
{
	struct ferry_ep *ep;

	scoped_guard(mutex, &smc->init_lock) {
		ep = smc->ep;
		smc->ep = NULL;
	}
	if (ep)
		ferry_close(ep);
	cancel_work_sync(&smc->init_work);
}

static void smc_free(struct ferry_smc *smc)
{
	debugfs_remove_recursive(smc->debugfs);
	ferry_smc_hwmon_remove(smc);
	smc_close(smc);
	smc_set_area(smc, NULL, 0);
	ferry_provider_destroy(smc->provider);
	ferry_calls_destroy(smc->calls);
	kvfree(smc->keys);
	put_device(smc->dev);
	mutex_destroy(&smc->init_lock);
	kfree(smc);
}

/**
 * ferry_smc_create - the SMC behind a link
 * @dev:	its device, for messages and hwmon, which lives as long
 * @link:	of RTKit, running; stays registered until ferry_smc_destroy()
 * @sram:	where its own memory is: it may lend us parts of that, and nothing else
 *
 * All keys are asked for: it takes a while. Those that are sensors are shown by hwmon.
 *
 * Context: process, may sleep; not in a callback of @link.
 *
 * Return: the SMC, or ERR_PTR(): what ferry_open() returned, -ETIMEDOUT it did not answer,
 * -ERANGE its transfer area is outside of @sram, -EINVAL, -ENOMEM.
 */
struct ferry_smc *ferry_smc_create(struct device *dev, struct ferry_link *link,
				   const struct resource *sram)
{
	struct ferry_smc *smc = kzalloc(sizeof(*smc), GFP_KERNEL);
	int ret;

	if (!smc)
		return ERR_PTR(-ENOMEM);
	smc->dev = get_device(dev);
	smc->link = link;
	spin_lock_init(&smc->lock);
	mutex_init(&smc->init_lock);
	init_completion(&smc->init_done);
	INIT_WORK(&smc->init_work, smc_init_work);
	ret = smc_make_parts(smc, sram) ?: smc_init(smc);
	if (ret) {
		smc_free(smc);
		return ERR_PTR(ret);
	}
	ferry_smc_list_keys(smc);
	ferry_smc_hwmon_add(smc);
	ferry_smc_debugfs_add(smc);
	return smc;
}
EXPORT_SYMBOL_GPL(ferry_smc_create);

/**
 * ferry_smc_destroy - the SMC is not used any more
 * @smc:	the SMC, an ERR_PTR or NULL
 *
 * Tells it to send no more notifications, if it still listens.
 *
 * Context: process, may sleep; not in a callback of the link.
 */
void ferry_smc_destroy(struct ferry_smc *smc)
{
	u8 off = 0;

	if (IS_ERR_OR_NULL(smc))
		return;
	ferry_smc_write(smc, SMC_KEY_NOTIFY, &off, sizeof(off));
	smc_free(smc);
}
EXPORT_SYMBOL_GPL(ferry_smc_destroy);

/**
 * ferry_smc_stats - what came, as of now
 * @smc:	the SMC
 * @stats:	filled
 *
 * Context: any.
 */
void ferry_smc_stats(struct ferry_smc *smc, struct ferry_smc_stats *stats)
{
	struct ferry_calls_stats calls;

	ferry_calls_stats(smc->calls, &calls);
	guard(spinlock_irqsave)(&smc->lock);
	*stats = smc->stats;
	stats->late = calls.late;
	stats->unknown = calls.unknown;
}
EXPORT_SYMBOL_GPL(ferry_smc_stats);
