// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated remote of SMD: its firmware, which is one thread, and its channels.
 *
 * It shares the layout of memory with the driver and nothing else, so that a mistake in
 * one is not made in the other as well.
 */
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "smd_private.h"

#define RSMD_FAULT_US		1000	/* between two rounds of misbehaviour */
#define RSMD_RING_MIN		32
#define RSMD_RING_MAX		(512 * 1024)

/* Faults that need no traffic. */
#define RSMD_BUSY_FAULTS	(FERRY_SIM_SMD_FAULT(DITHER) | FERRY_SIM_SMD_FAULT(FLAP) | \
				 FERRY_SIM_SMD_FAULT(STORM))

static void rsmd_pay_kick(struct ferry_sim_smd *sim)
{
	if (!READ_ONCE(sim->kick_owed))
		return;
	/* Before the kick: whoever owes one from here on is not lost. */
	smp_store_mb(sim->kick_owed, false);
	sim->cfg.kick(sim->cfg.data);
}

/* One round; when to run again at the latest. */
static ktime_t rsmd_run(struct ferry_sim_smd *sim)
{
	u32 i, nr = smp_load_acquire(&sim->nr_chans);	/* pairs with rsmd_chan_add() */
	ktime_t due = KTIME_MAX;

	mutex_lock(&sim->round);
	for (i = 0; i < nr && !READ_ONCE(sim->dead); i++) {
		struct rsmd_chan *ch = sim->chan[i];

		if (rsmd_run_chan(ch))
			WRITE_ONCE(sim->kicked, true);
		if (rsmd_has(ch, RSMD_BUSY_FAULTS)) {
			rsmd_misbehave(ch);
			due = ktime_add_us(ktime_get(), RSMD_FAULT_US);
		}
		rsmd_pay_kick(sim);
	}
	mutex_unlock(&sim->round);
	return due;
}

static void rsmd_wait(struct ferry_sim_smd *sim, ktime_t due)
{
	ktime_t left = due == KTIME_MAX ? KTIME_MAX : ktime_sub(due, ktime_get());

	if (left <= 0)
		return;
	wait_event_interruptible_hrtimeout(sim->wait, READ_ONCE(sim->kicked) ||
					   READ_ONCE(sim->kick_owed) || kthread_should_stop(),
					   left);
}

static int rsmd_thread(void *data)
{
	struct ferry_sim_smd *sim = data;
	ktime_t due = 0;

	while (!kthread_should_stop()) {
		rsmd_wait(sim, due);
		rsmd_pay_kick(sim);
		/* Before the look at the rings: a kick from here on counts again. */
		smp_store_mb(sim->kicked, false);
		due = rsmd_run(sim);
		cond_resched();
	}
	return 0;
}

/**
 * ferry_sim_smd_kick() - the other side rang
 * @sim:	the simulated remote
 *
 * Context: any.
 */
void ferry_sim_smd_kick(struct ferry_sim_smd *sim)
{
	u32 i, nr = smp_load_acquire(&sim->nr_chans);	/* pairs with rsmd_chan_add() */
	unsigned long flags;

	spin_lock_irqsave(&sim->lock, flags);
	sim->kicks++;
	for (i = 0; i < nr && !sim->dead; i++)
		rsmd_look(sim->chan[i]);
	spin_unlock_irqrestore(&sim->lock, flags);
	WRITE_ONCE(sim->kicked, true);
	wake_up(&sim->wait);
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_kick);

static struct rsmd_chan *rsmd_chan_of(struct ferry_sim_smd *sim, int channel)
{
	/* Pairs with rsmd_chan_add(). */
	if (channel < 0 || channel >= smp_load_acquire(&sim->nr_chans))
		return NULL;
	return sim->chan[channel];
}

/**
 * ferry_sim_smd_channel_find() - a channel by its name
 * @sim:	the simulated remote
 * @name:	of the channel
 *
 * Context: any.
 * Return: its number, -ENOENT.
 */
int ferry_sim_smd_channel_find(struct ferry_sim_smd *sim, const char *name)
{
	u32 i, nr = smp_load_acquire(&sim->nr_chans);	/* pairs with rsmd_chan_add() */

	for (i = 0; i < nr; i++) {
		if (!strcmp(sim->chan[i]->name, name))
			return i;
	}
	return -ENOENT;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_channel_find);

static void rsmd_chan_free(struct rsmd_chan *ch)
{
	if (!ch)
		return;
	kvfree(ch->msg);
	kvfree(ch->out);
	kfree(ch);
}

static struct rsmd_chan *rsmd_chan_make(struct ferry_sim_smd *sim,
					const struct ferry_sim_smd_channel *cfg)
{
	struct rsmd_chan *ch = kzalloc(sizeof(*ch), GFP_KERNEL);

	if (!ch)
		return NULL;
	ch->sim = sim;
	ch->cfg = *cfg;
	ch->granule = cfg->words ? sizeof(u32) : 1;
	strscpy(ch->name, cfg->name, sizeof(ch->name));
	ch->cfg.name = ch->name;
	ch->msg = kvzalloc(cfg->ring, GFP_KERNEL);
	ch->out = kvzalloc(cfg->ring, GFP_KERNEL);
	if (ch->msg && ch->out)
		return ch;
	rsmd_chan_free(ch);
	return NULL;
}

/* Under sim->round: the entry, and then the first look at the other side. */
static int rsmd_chan_add(struct ferry_sim_smd *sim, struct rsmd_chan *ch)
{
	unsigned long flags;
	int ret;

	if (sim->nr_chans == RSMD_MAX_CHANNELS)
		return -ENOSPC;
	ret = rsmd_chan_alloc(ch);
	if (ret)
		return ret;
	ch->index = sim->nr_chans;
	sim->chan[ch->index] = ch;
	spin_lock_irqsave(&sim->lock, flags);
	rsmd_begin(ch);
	spin_unlock_irqrestore(&sim->lock, flags);
	rsmd_entry_write(ch->entry, ch->name, ch->cid, rsmd_entry_flags(ch), 1);
	/* Pairs with the acquires of those who walk: the channel is complete. */
	smp_store_release(&sim->nr_chans, ch->index + 1);
	rsmd_owe_kick(ch);
	return ch->index;
}

/**
 * ferry_sim_smd_channel_create() - one more channel
 * @sim:	the simulated remote
 * @cfg:	what it is like
 *
 * Items and an entry are written, its firmware starts, and the other side is kicked.
 *
 * Context: process, may sleep.
 * Return: its number; -EINVAL for a ring or a name that cannot be, -EEXIST for a name
 * that is there, -ENOSPC when there is no room in a table or in SMEM, -ENOMEM, or what
 * taking the lock of SMEM returns.
 */
int ferry_sim_smd_channel_create(struct ferry_sim_smd *sim,
				 const struct ferry_sim_smd_channel *cfg)
{
	struct rsmd_chan *ch;
	int ret;

	if (cfg->ring < RSMD_RING_MIN || cfg->ring > RSMD_RING_MAX ||
	    cfg->ring % 16 || !cfg->name[0] || strlen(cfg->name) >= SMD_NAME_SIZE ||
	    cfg->mode >= FERRY_SIM_SMD_NR_MODES || cfg->role >= FERRY_SIM_SMD_NR_ROLES)
		return -EINVAL;
	ch = rsmd_chan_make(sim, cfg);
	if (!ch)
		return -ENOMEM;
	mutex_lock(&sim->round);
	ret = ferry_sim_smd_channel_find(sim, cfg->name) < 0 ? rsmd_chan_add(sim, ch) : -EEXIST;
	mutex_unlock(&sim->round);
	if (ret < 0)
		rsmd_chan_free(ch);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_channel_create);

/**
 * ferry_sim_smd_set_state() - our half says so
 * @sim:	the simulated remote
 * @channel:	which one
 * @state:	whatever it is
 *
 * The rings are not touched.
 *
 * Context: any.
 * Return: 0, -EINVAL when there is no such channel.
 */
int ferry_sim_smd_set_state(struct ferry_sim_smd *sim, int channel, u32 state)
{
	struct rsmd_chan *ch = rsmd_chan_of(sim, channel);
	unsigned long flags;

	if (!ch)
		return -EINVAL;
	spin_lock_irqsave(&sim->lock, flags);
	rsmd_enter(ch, state);
	spin_unlock_irqrestore(&sim->lock, flags);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_set_state);

/**
 * ferry_sim_smd_close() - the remote closes a channel
 * @sim:	the simulated remote
 * @channel:	which one
 * @drain:	it is FLUSHING, until ferry_sim_smd_close() without this
 *
 * It is CLOSING, and CLOSED as soon as the other side is.
 *
 * Context: any.
 * Return: 0, -EINVAL when there is no such channel.
 */
int ferry_sim_smd_close(struct ferry_sim_smd *sim, int channel, bool drain)
{
	struct rsmd_chan *ch = rsmd_chan_of(sim, channel);
	unsigned long flags;

	if (!ch)
		return -EINVAL;
	spin_lock_irqsave(&sim->lock, flags);
	rsmd_enter(ch, drain ? SMD_FLUSHING : SMD_CLOSING);
	if (!drain)
		rsmd_look(ch);	/* who is closed already says no more */
	spin_unlock_irqrestore(&sim->lock, flags);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_close);

/**
 * ferry_sim_smd_open() - the remote offers a channel again
 * @sim:	the simulated remote
 * @channel:	which one
 *
 * One that does it before both sides are CLOSED cannot tell what is in the rings.
 *
 * Context: any.
 * Return: 0, -EINVAL when there is no such channel.
 */
int ferry_sim_smd_open(struct ferry_sim_smd *sim, int channel)
{
	struct rsmd_chan *ch = rsmd_chan_of(sim, channel);
	unsigned long flags;

	if (!ch)
		return -EINVAL;
	spin_lock_irqsave(&sim->lock, flags);
	rsmd_begin(ch);
	rsmd_look(ch);
	spin_unlock_irqrestore(&sim->lock, flags);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_open);

/**
 * ferry_sim_smd_state() - what our half is at
 * @sim:	the simulated remote
 * @channel:	which one
 *
 * Context: any.
 * Return: the state, -EINVAL when there is no such channel.
 */
int ferry_sim_smd_state(struct ferry_sim_smd *sim, int channel)
{
	struct rsmd_chan *ch = rsmd_chan_of(sim, channel);

	return ch ? READ_ONCE(ch->state) : -EINVAL;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_state);

/**
 * ferry_sim_smd_set_role() - what a channel is for
 * @sim:	the simulated remote
 * @channel:	which one
 * @role:	from the next message on
 *
 * Context: any.
 * Return: 0, -EINVAL when there is no such channel or role.
 */
int ferry_sim_smd_set_role(struct ferry_sim_smd *sim, int channel, enum ferry_sim_smd_role role)
{
	struct rsmd_chan *ch = rsmd_chan_of(sim, channel);

	if (!ch || role >= FERRY_SIM_SMD_NR_ROLES)
		return -EINVAL;
	WRITE_ONCE(ch->cfg.role, role);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_set_role);

/**
 * ferry_sim_smd_set_mode() - how a channel opens
 * @sim:	the simulated remote
 * @channel:	which one
 * @mode:	from the next change of state on
 *
 * Context: any.
 * Return: 0, -EINVAL when there is no such channel or mode.
 */
int ferry_sim_smd_set_mode(struct ferry_sim_smd *sim, int channel, enum ferry_sim_smd_mode mode)
{
	struct rsmd_chan *ch = rsmd_chan_of(sim, channel);

	if (!ch || mode >= FERRY_SIM_SMD_NR_MODES)
		return -EINVAL;
	WRITE_ONCE(ch->cfg.mode, mode);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_set_mode);

/**
 * ferry_sim_smd_set_faults() - how a channel misbehaves
 * @sim:	the simulated remote
 * @channel:	which one
 * @faults:	FERRY_SIM_SMD_FAULT() of each, from now on
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL when there is no such channel.
 */
int ferry_sim_smd_set_faults(struct ferry_sim_smd *sim, int channel, u32 faults)
{
	struct rsmd_chan *ch = rsmd_chan_of(sim, channel);
	unsigned long flags;

	if (!ch)
		return -EINVAL;
	mutex_lock(&sim->round);
	spin_lock_irqsave(&sim->lock, flags);
	WRITE_ONCE(ch->faults, faults);
	/* What such a fault left behind is not the other side's. */
	ch->lied |= faults & RSMD_BUSY_FAULTS;
	rsmd_look(ch);
	spin_unlock_irqrestore(&sim->lock, flags);
	mutex_unlock(&sim->round);
	WRITE_ONCE(sim->kicked, true);
	wake_up(&sim->wait);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_set_faults);

/**
 * ferry_sim_smd_lie() - say once what is not true
 * @sim:	the simulated remote
 * @channel:	which one it is about
 * @lie:	what
 *
 * Context: process, may sleep.
 * Return: 0; -EINVAL when there is no such channel or lie, -ENOSPC when a table is full.
 */
int ferry_sim_smd_lie(struct ferry_sim_smd *sim, int channel, enum ferry_sim_smd_lie lie)
{
	struct rsmd_chan *ch = rsmd_chan_of(sim, channel);
	int ret;

	if (!ch || lie >= FERRY_SIM_SMD_NR_LIES)
		return -EINVAL;
	mutex_lock(&sim->round);
	ret = rsmd_lie(ch, lie);
	mutex_unlock(&sim->round);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_lie);

/**
 * ferry_sim_smd_stats() - what a channel counted
 * @sim:	the simulated remote
 * @channel:	which one
 * @stats:	receives a snapshot
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL when there is no such channel.
 */
int ferry_sim_smd_stats(struct ferry_sim_smd *sim, int channel,
			struct ferry_sim_smd_stats *stats)
{
	struct rsmd_chan *ch = rsmd_chan_of(sim, channel);

	if (!ch)
		return -EINVAL;
	mutex_lock(&sim->round);
	*stats = ch->stats;
	stats->kicks = READ_ONCE(sim->kicks);
	mutex_unlock(&sim->round);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_stats);

/**
 * ferry_sim_smd_crash() - the remote dies
 * @sim:	the simulated remote
 *
 * It does nothing any more; what is in memory stays as it is.
 *
 * Context: process, may sleep.
 */
void ferry_sim_smd_crash(struct ferry_sim_smd *sim)
{
	WRITE_ONCE(sim->dead, true);
	/* Who was at it is through. */
	mutex_lock(&sim->round);
	mutex_unlock(&sim->round);
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_crash);

/**
 * ferry_sim_smd_restart() - the remote is booted again
 * @sim:	the simulated remote
 * @new_table:	its channels have other slots in the tables
 *
 * Context: process, may sleep.
 */
void ferry_sim_smd_restart(struct ferry_sim_smd *sim, bool new_table)
{
	unsigned long flags;
	u32 i;

	ferry_sim_smd_crash(sim);
	mutex_lock(&sim->round);
	if (new_table)
		rsmd_tables_rewrite(sim);
	spin_lock_irqsave(&sim->lock, flags);
	WRITE_ONCE(sim->dead, false);
	for (i = 0; i < sim->nr_chans; i++) {
		sim->chan[i]->sunk = 0;
		rsmd_begin(sim->chan[i]);
	}
	spin_unlock_irqrestore(&sim->lock, flags);
	mutex_unlock(&sim->round);
	ferry_sim_smd_kick(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_restart);

static int rsmd_start(struct ferry_sim_smd *sim)
{
	sim->task = kthread_create(rsmd_thread, sim, "smd/%s", sim->name);
	if (IS_ERR(sim->task))
		return PTR_ERR(sim->task);
	/* Also one that never ran is asked to stop, and its pointer stays good. */
	get_task_struct(sim->task);
	rsmd_debugfs_add(sim);
	wake_up_process(sim->task);
	return 0;
}

/**
 * ferry_sim_smd_create() - let there be a remote
 * @cfg:	where
 *
 * The tables are allocated; channels are made by ferry_sim_smd_channel_create(). Ends
 * with ferry_sim_smd_destroy().
 *
 * Context: process, may sleep.
 * Return: the simulated remote; -EINVAL for more entries than a table can have, -ENOSPC
 * when SMEM is full, -ENOMEM, or what starting a thread or taking a lock returns.
 */
struct ferry_sim_smd *ferry_sim_smd_create(const struct ferry_sim_smd_cfg *cfg)
{
	struct ferry_sim_smd *sim;
	int ret = -EINVAL;

	sim = kzalloc(sizeof(*sim), GFP_KERNEL);
	if (!sim)
		return ERR_PTR(-ENOMEM);
	sim->cfg = *cfg;
	sim->entries = cfg->entries ?: SMD_TABLE_ENTRIES;
	strscpy(sim->name, cfg->name, sizeof(sim->name));
	spin_lock_init(&sim->lock);
	mutex_init(&sim->round);
	init_waitqueue_head(&sim->wait);
	if (sim->entries <= SMD_TABLE_ENTRIES)
		ret = rsmd_tables_init(sim);
	if (!ret)
		ret = rsmd_start(sim);
	if (!ret)
		return sim;
	kfree(sim);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_create);

/**
 * ferry_sim_smd_destroy() - take the remote away
 * @sim:	the simulated remote, an ERR_PTR or NULL; nobody kicks it any more
 *
 * Context: process, may sleep.
 */
void ferry_sim_smd_destroy(struct ferry_sim_smd *sim)
{
	u32 i;

	if (IS_ERR_OR_NULL(sim))
		return;
	rsmd_debugfs_remove(sim);
	kthread_stop(sim->task);
	put_task_struct(sim->task);
	if (sim->ports_release)
		sim->ports_release(sim->cfg.data);
	for (i = 0; i < sim->nr_chans; i++)
		rsmd_chan_free(sim->chan[i]);
	kfree(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_destroy);

static int __init rsmd_init(void)
{
	int ret;

	rsmd_debugfs_init();
	ret = rsmd_board_register();
	if (ret)
		rsmd_debugfs_exit();
	return ret;
}
module_init(rsmd_init);

static void __exit rsmd_exit(void)
{
	rsmd_board_unregister();
	rsmd_debugfs_exit();
}
module_exit(rsmd_exit);

MODULE_DESCRIPTION("Ferry: simulated remote of SMD");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
