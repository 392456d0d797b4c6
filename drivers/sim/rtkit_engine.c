// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor: what runs its firmware.
 *
 * A thread does. But where the CPU spins for an answer with interrupts off, and there is
 * no other CPU, a thread does nothing: so a step never sleeps, and whoever looks into an
 * empty FIFO makes one, too (ferry_sim_rtkit_poll()).
 */
#include <linux/bitfield.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "rtkit_private.h"

#define RSIM_RETRY_US	50	/* when the FIFO of the CPU was full */

/* Another state. All that has to do with it ends or begins here. */
void rsim_enter(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_state state)
{
	lockdep_assert_held(&sim->lock);

	sim->state = state;
	switch (state) {
	case FERRY_SIM_RTKIT_RESET:
	case FERRY_SIM_RTKIT_SLEEP:
	case FERRY_SIM_RTKIT_QUIESCED:
	case FERRY_SIM_RTKIT_OFF:
	case FERRY_SIM_RTKIT_WAIT_ACK:
		/* The CPU takes its memory back, and both start anew. */
		rsim_buf_forget(sim);
		rsim_apps_reset(sim);
		bitmap_zero(sim->started, RTKIT_ENDPOINTS);
		sim->ap_power = RTKIT_PWR_OFF;
		sim->log_told = false;
		rsim_log_stop(sim);
		break;
	case FERRY_SIM_RTKIT_IDLE:
	case FERRY_SIM_RTKIT_CRASHED:
		rsim_log_stop(sim);
		break;
	default:
		break;
	}
}

/* Applications are served, and it talks by itself. */
bool rsim_serves(const struct ferry_sim_rtkit *sim)
{
	return sim->state == FERRY_SIM_RTKIT_ON && sim->ap_power == RTKIT_PWR_ON;
}

bool rsim_knows(const struct ferry_sim_rtkit *sim, u8 endpoint)
{
	return sim->cfg.endpoints[endpoint / RTKIT_EPMAP_WINDOW] &
	       BIT(endpoint % RTKIT_EPMAP_WINDOW);
}

void rsim_wrong(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_wrong wrong)
{
	sim->stats.wrongs++;
	sim->stats.wrong[wrong]++;
}

u64 rsim_msg(u8 type, u64 fields)
{
	return FIELD_PREP(RTKIT_TYPE, type) | fields;
}

static void rsim_trace(struct ferry_sim_rtkit *sim, bool to_cpu, u64 msg0, u32 msg1)
{
	sim->trace[sim->traced++ % RSIM_TRACE] = (struct ferry_sim_rtkit_trace) {
		.msg0 = msg0,
		.msg1 = msg1,
		.to_cpu = to_cpu,
	};
}

/* Messages that can be sent and leave room for what the CPU may cause meanwhile. */
u32 rsim_out_room(const struct ferry_sim_rtkit *sim)
{
	u32 used = sim->out_head - sim->out_tail;

	return used < RSIM_OUT - RSIM_OUT_SPARE ? RSIM_OUT - RSIM_OUT_SPARE - used : 0;
}

void rsim_send(struct ferry_sim_rtkit *sim, u32 endpoint, u64 msg0)
{
	struct rsim_out *out;

	lockdep_assert_held(&sim->lock);

	if (RSIM_HAS(sim, MUTE) || !sim->mute_left)
		return;
	if (sim->mute_left != UINT_MAX)
		sim->mute_left--;
	if (sim->out_head - sim->out_tail == RSIM_OUT) {
		sim->stats.dropped++;
		return;
	}
	out = &sim->out[sim->out_head++ % RSIM_OUT];
	out->msg0 = msg0;
	out->msg1 = endpoint;
	out->due = sim->delay_ms ? ktime_add_ms(ktime_get(), sim->delay_ms) : 0;
}

/* When to go on: KTIME_MAX when nothing waits. */
static ktime_t rsim_flush(struct ferry_sim_rtkit *sim, ktime_t now)
{
	struct rsim_out *out;

	while (sim->out_head != sim->out_tail) {
		out = &sim->out[sim->out_tail % RSIM_OUT];
		if (ktime_after(out->due, now))
			return out->due;
		if (sim->cfg.fifo->push(sim->cfg.fifo_data, out->msg0, out->msg1))
			return ktime_add_us(now, RSIM_RETRY_US);
		rsim_trace(sim, true, out->msg0, out->msg1);
		sim->stats.tx++;
		sim->out_tail++;
	}
	return KTIME_MAX;
}

static void rsim_rx_awake(struct ferry_sim_rtkit *sim, u64 msg0, u8 endpoint)
{
	if (endpoint && !rsim_knows(sim, endpoint)) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_ENDPOINT);
		return;
	}
	if (endpoint && !test_bit(endpoint, sim->started)) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_NOT_STARTED);
		return;
	}

	switch (endpoint) {
	case RTKIT_EP_MANAGEMENT:
		rsim_mgmt_rx(sim, msg0);
		break;
	case RTKIT_EP_CRASHLOG:
		rsim_crashlog_rx(sim, msg0);
		break;
	case RTKIT_EP_SYSLOG:
		rsim_syslog_rx(sim, msg0);
		break;
	case RTKIT_EP_IOREPORT:
		rsim_ioreport_rx(sim, msg0);
		break;
	case RTKIT_EP_OSLOG:
		rsim_oslog_rx(sim, msg0);
		break;
	case RTKIT_EP_APP ... RTKIT_ENDPOINTS - 1:
		rsim_app_rx(sim, endpoint, msg0);
		break;
	default:
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_TYPE);
	}
}

static void rsim_rx(struct ferry_sim_rtkit *sim, u64 msg0, u32 msg1, ktime_t now)
{
	sim->stats.rx++;
	rsim_trace(sim, false, msg0, msg1);
	if (msg1 & ~(u32)RTKIT_MSG1_ENDPOINT) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_BITS);
		return;
	}

	switch (sim->state) {
	case FERRY_SIM_RTKIT_OFF:
		sim->stats.ignored++;
		break;
	case FERRY_SIM_RTKIT_CRASHED:
		if (RSIM_HAS(sim, NO_CRASH_MSG))
			sim->stats.ignored++;
		else if (ktime_ms_delta(now, sim->crashed_at) < RSIM_PATIENCE_MS)
			sim->stats.late++;
		else
			rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_AFTER_CRASH);
		break;
	case FERRY_SIM_RTKIT_RESET:
	case FERRY_SIM_RTKIT_SLEEP:
	case FERRY_SIM_RTKIT_QUIESCED:
	case FERRY_SIM_RTKIT_IDLE:
		if (msg1 == RTKIT_EP_MANAGEMENT)
			rsim_mgmt_rx(sim, msg0);
		else
			sim->stats.ignored++;
		break;
	default:
		rsim_rx_awake(sim, msg0, msg1);
	}
}

/* Whether it left something in the FIFO. */
static bool rsim_take(struct ferry_sim_rtkit *sim, ktime_t now)
{
	u32 msg1;
	u64 msg0;
	int n;

	if (sim->held || RSIM_HAS(sim, DEAF))
		return false;
	for (n = 0; n < RSIM_BUDGET && rsim_out_room(sim); n++) {
		if (sim->cfg.fifo->pop(sim->cfg.fifo_data, &msg0, &msg1))
			return false;
		rsim_rx(sim, msg0, msg1, now);
	}
	return true;
}

/* One step. When the next is due: KTIME_MAX waits for a kick. */
static ktime_t rsim_step(struct ferry_sim_rtkit *sim)
{
	ktime_t now = ktime_get(), next;
	bool more;

	lockdep_assert_held(&sim->lock);

	rsim_flush(sim, now);
	more = rsim_take(sim, now);
	more |= rsim_apps_run(sim);
	next = rsim_log_run(sim, now);
	next = min(next, rsim_misbehave(sim, now));
	next = min(next, rsim_flush(sim, now));
	/* Without room it goes on when messages have gone out. */
	return more && rsim_out_room(sim) ? now : next;
}

/**
 * ferry_sim_rtkit_poll() - let the firmware make a step, here and now
 * @sim:	the co-processor
 *
 * For a CPU that looks for an answer with interrupts off.
 *
 * Context: any, without a lock that the calls of &struct ferry_sim_rtkit_fifo take.
 */
void ferry_sim_rtkit_poll(struct ferry_sim_rtkit *sim)
{
	unsigned long flags;
	ktime_t next;

	raw_spin_lock_irqsave(&sim->lock, flags);
	next = rsim_step(sim);
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	if (next != KTIME_MAX)
		ferry_sim_rtkit_kick(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_poll);

/**
 * ferry_sim_rtkit_kick() - there is a message, or room again
 * @sim:	the co-processor
 *
 * Context: any.
 */
void ferry_sim_rtkit_kick(struct ferry_sim_rtkit *sim)
{
	WRITE_ONCE(sim->kicked, true);
	wake_up(&sim->wait);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_kick);

static int rsim_thread(void *data)
{
	struct ferry_sim_rtkit *sim = data;
	unsigned long flags;
	ktime_t next, left;

	while (!kthread_should_stop()) {
		WRITE_ONCE(sim->kicked, false);
		raw_spin_lock_irqsave(&sim->lock, flags);
		next = rsim_step(sim);
		raw_spin_unlock_irqrestore(&sim->lock, flags);

		left = next == KTIME_MAX ? KTIME_MAX : ktime_sub(next, ktime_get());
		if (left <= 0)
			cond_resched();
		else
			wait_event_interruptible_hrtimeout(sim->wait,
							   READ_ONCE(sim->kicked) ||
							   kthread_should_stop(), left);
	}
	return 0;
}

static const u32 rsim_default_size[FERRY_SIM_RTKIT_NR_BUFS] = {
	[FERRY_SIM_RTKIT_CRASHLOG] = 0x2000,
	[FERRY_SIM_RTKIT_SYSLOG] = 0x4000,
	[FERRY_SIM_RTKIT_IOREPORT] = 0x1000,
	[FERRY_SIM_RTKIT_OSLOG] = 0x4000,
};

static void rsim_defaults(struct ferry_sim_rtkit *sim)
{
	struct ferry_sim_rtkit_cfg *cfg = &sim->cfg;
	unsigned int i;

	strscpy(sim->name, cfg->name, sizeof(sim->name));
	if (!cfg->version_min)
		cfg->version_min = RTKIT_VERSION_MIN;
	if (!cfg->version_max)
		cfg->version_max = RTKIT_VERSION_MAX;
	if (!memchr_inv(cfg->endpoints, 0, sizeof(cfg->endpoints))) {
		cfg->endpoints[0] = BIT(RTKIT_EP_MANAGEMENT) | BIT(RTKIT_EP_CRASHLOG) |
				    BIT(RTKIT_EP_SYSLOG) | BIT(RTKIT_EP_DEBUG) |
				    BIT(RTKIT_EP_IOREPORT) | BIT(RTKIT_EP_OSLOG);
		cfg->endpoints[1] = GENMASK(3, 0);
	}
	for (i = 0; i < FERRY_SIM_RTKIT_NR_BUFS; i++) {
		if (!cfg->buf_size[i])
			cfg->buf_size[i] = rsim_default_size[i];
	}
	sim->role[RTKIT_EP_APP] = FERRY_SIM_RTKIT_SMC;
	sim->role[RTKIT_EP_APP + 2] = FERRY_SIM_RTKIT_SINK;
	sim->role[RTKIT_EP_APP + 3] = FERRY_SIM_RTKIT_SOURCE;
	sim->mute_left = UINT_MAX;
}

static bool rsim_cfg_ok(const struct ferry_sim_rtkit_cfg *cfg)
{
	u64 placed = RSIM_SMC_SIZE;
	unsigned int i;

	if (!cfg || !cfg->name || !cfg->fifo || !cfg->fifo->push || !cfg->fifo->pop)
		return false;
	for (i = 0; i < FERRY_SIM_RTKIT_NR_BUFS; i++) {
		u32 size = cfg->buf_size[i] ? cfg->buf_size[i] : rsim_default_size[i];

		if (!IS_ALIGNED(size, BIT(RTKIT_BUF_PAGE_SHIFT)) ||
		    size >> RTKIT_BUF_PAGE_SHIFT > FIELD_MAX(RTKIT_BUF_PAGES))
			return false;
		if (cfg->placed & BIT(i))
			placed += size;
	}
	return !cfg->placed || (cfg->sram.mem && cfg->sram.size >= placed);
}

/**
 * ferry_sim_rtkit_create() - let there be a co-processor
 * @cfg:	what it is like; copied
 *
 * It is in reset, from which ferry_sim_rtkit_run() takes it, or a message that wakes it.
 * Ends with ferry_sim_rtkit_destroy().
 *
 * Context: process, may sleep.
 * Return: the co-processor, ERR_PTR(-EINVAL) when @cfg makes no sense, ERR_PTR(-ENOMEM),
 * or why there is no thread.
 */
struct ferry_sim_rtkit *ferry_sim_rtkit_create(const struct ferry_sim_rtkit_cfg *cfg)
{
	struct ferry_sim_rtkit *sim;
	struct task_struct *task;

	if (!rsim_cfg_ok(cfg))
		return ERR_PTR(-EINVAL);
	sim = kvzalloc(sizeof(*sim), GFP_KERNEL);
	if (!sim)
		return ERR_PTR(-ENOMEM);
	sim->cfg = *cfg;
	rsim_defaults(sim);
	raw_spin_lock_init(&sim->lock);
	init_waitqueue_head(&sim->wait);

	if (rsim_smc_create(sim)) {
		kvfree(sim);
		return ERR_PTR(-ENOMEM);
	}
	task = kthread_run(rsim_thread, sim, "sim/%s", sim->name);
	if (IS_ERR(task)) {
		rsim_smc_destroy(sim);
		kvfree(sim);
		return ERR_CAST(task);
	}
	sim->task = task;
	rsim_debugfs_add(sim);
	return sim;
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_create);

/**
 * ferry_sim_rtkit_destroy() - the co-processor is gone
 * @sim:	the co-processor; nobody calls it any more
 *
 * It touches no memory of the CPU when this returns.
 *
 * Context: process, may sleep.
 */
void ferry_sim_rtkit_destroy(struct ferry_sim_rtkit *sim)
{
	rsim_debugfs_remove(sim);
	kthread_stop(sim->task);
	if (sim->ports)
		rsim_ports_release(sim);
	rsim_smc_destroy(sim);
	kvfree(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_destroy);

static void rsim_discard(struct ferry_sim_rtkit *sim)
{
	u32 msg1;
	u64 msg0;

	while (!sim->cfg.fifo->pop(sim->cfg.fifo_data, &msg0, &msg1))
		sim->stats.ignored++;
}

/**
 * ferry_sim_rtkit_run() - write CPU_CONTROL.RUN
 * @sim:	the co-processor
 * @on:		true: it comes out of reset, if it was there, and says hello; false: it is in
 *		reset, has forgotten everything, and touches no memory when this returns.
 *		Messages that the CPU sends meanwhile wait.
 *
 * Context: any.
 */
void ferry_sim_rtkit_run(struct ferry_sim_rtkit *sim, bool on)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim->lock, flags);
	if (!on) {
		rsim_enter(sim, FERRY_SIM_RTKIT_RESET);
		sim->out_tail = sim->out_head;
		sim->held = true;
		rsim_discard(sim);
	} else {
		sim->held = false;
		if (sim->state == FERRY_SIM_RTKIT_RESET)
			rsim_boot(sim);
	}
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	ferry_sim_rtkit_kick(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_run);

/**
 * ferry_sim_rtkit_state() - what it is at
 * @sim:	the co-processor
 *
 * Context: any.
 * Return: the state.
 */
enum ferry_sim_rtkit_state ferry_sim_rtkit_state(struct ferry_sim_rtkit *sim)
{
	return READ_ONCE(sim->state);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_state);

/**
 * ferry_sim_rtkit_stats() - what it counted
 * @sim:	the co-processor
 * @stats:	filled
 *
 * Context: any.
 */
void ferry_sim_rtkit_stats(struct ferry_sim_rtkit *sim, struct ferry_sim_rtkit_stats *stats)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim->lock, flags);
	*stats = sim->stats;
	raw_spin_unlock_irqrestore(&sim->lock, flags);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_stats);

/**
 * ferry_sim_rtkit_trace() - the last messages of both directions
 * @sim:	the co-processor
 * @trace:	filled, the oldest first
 * @n:		how many there is room for
 *
 * Context: any.
 * Return: how many were filled in: at most the last 512 since ferry_sim_rtkit_forget().
 */
unsigned int ferry_sim_rtkit_trace(struct ferry_sim_rtkit *sim,
				   struct ferry_sim_rtkit_trace *trace, unsigned int n)
{
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&sim->lock, flags);
	n = min3(n, sim->traced, (unsigned int)RSIM_TRACE);
	for (i = 0; i < n; i++)
		trace[i] = sim->trace[(sim->traced - n + i) % RSIM_TRACE];
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	return n;
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_trace);

/**
 * ferry_sim_rtkit_forget() - begin a new trace, and count from zero
 * @sim:	the co-processor
 *
 * Context: any.
 */
void ferry_sim_rtkit_forget(struct ferry_sim_rtkit *sim)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim->lock, flags);
	sim->traced = 0;
	sim->stats = (struct ferry_sim_rtkit_stats) { };
	raw_spin_unlock_irqrestore(&sim->lock, flags);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_forget);

static int __init rsim_init(void)
{
	int ret;

	rsim_debugfs_init();
	ret = rsim_board_register();
	if (ret)
		rsim_debugfs_exit();
	return ret;
}
module_init(rsim_init);

static void __exit rsim_exit(void)
{
	rsim_board_unregister();
	rsim_debugfs_exit();
}
module_exit(rsim_exit);

MODULE_DESCRIPTION("Ferry: a simulated co-processor of Apple's");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
