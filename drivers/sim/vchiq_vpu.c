// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU: what its firmware does from the moment that it is handed memory.
 *
 * A thread takes what the host sent, one message after the other, and gives slots back. It
 * counts what a host must not do, and does not fall over it.
 */
#include <asm/barrier.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/port.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "vchiq_private.h"

#define VSIM_LATE_MS	5
#define VSIM_LINE	64
#define VSIM_FIXED	0x20	/* of slot zero, before the two sides */

#define VSIM_FAULT_NAME(id, name)	[FERRY_SIM_VCHIQ_FAULT_##id] = name,

const char * const vsim_fault_names[FERRY_SIM_VCHIQ_NR_FAULTS] = {
	FERRY_SIM_VCHIQ_FAULTS(VSIM_FAULT_NAME)
};

/* Under rx_lock. */
void vsim_wrong(struct ferry_sim_vchiq *sim, const char *what)
{
	sim->stats.wrongs++;
	pr_warn_ratelimited("%s: the host is wrong: %s\n", sim->cfg.name, what);
}

/* Under rx_lock. All slots that were read to their end go back. */
static void vpu_recycle(struct ferry_sim_vchiq *sim)
{
	u32 n = vsim_get(&sim->host->slot_queue_recycle);
	unsigned int i;

	if (!sim->nr_kept || vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_NO_RECYCLE))
		return;
	if (vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_LATE_RECYCLE))
		msleep(VSIM_LATE_MS);
	for (i = 0; i < sim->nr_kept; i++)
		vsim_set(&sim->host->slot_queue[n++ % VCHIQ_SIDE_SLOTS], sim->kept[i]);
	sim->nr_kept = 0;
	dma_wmb();	/* the entries, then the counter; pairs with the host's barrier */
	vsim_set(&sim->host->slot_queue_recycle, n);
	vsim_fire(sim, &sim->host->recycle);
}

static void vpu_take(struct ferry_sim_vchiq *sim, u32 msgid, u32 size)
{
	u16 src = msgid >> 12 & 0xfff, dst = msgid & 0xfff;

	switch (msgid >> 24) {
	case VCHIQ_CONNECT:
		if (sim->connected)
			vsim_wrong(sim, "it connects twice");
		sim->connected = true;
		break;
	case VCHIQ_OPEN:
		vsim_take_open(sim, src, size);
		break;
	case VCHIQ_OPENACK:
		vsim_take_openack(sim, src, dst, size);
		break;
	case VCHIQ_CLOSE:
		vsim_take_close(sim, src, dst);
		break;
	case VCHIQ_DATA:
		vsim_take_data(sim, src, dst, size);
		break;
	case VCHIQ_BULK_RX:
	case VCHIQ_BULK_TX:
		vsim_take_bulk(sim, msgid >> 24 == VCHIQ_BULK_RX, src, dst, size);
		break;
	case VCHIQ_PAUSE:
		WRITE_ONCE(sim->paused, true);
		break;
	case VCHIQ_REMOTE_USE_ACTIVE:
		break;
	default:
		vsim_wrong(sim, "it sends what nobody expects");
		break;
	}
}

/* Under rx_lock. False: nobody knows where the next message begins. */
static bool vpu_message(struct ferry_sim_vchiq *sim, u32 left)
{
	u32 offset = sim->rx_pos % VCHIQ_SLOT_SIZE;
	struct vchiq_header *header;
	u32 msgid, size, i;

	if (!offset) {
		i = sim->rx_pos / VCHIQ_SLOT_SIZE % VCHIQ_SIDE_SLOTS;
		sim->rx_slot = vsim_get(&sim->host->slot_queue[i]);
		if (sim->rx_slot - sim->host_first >= sim->host_nr ||
		    sim->nr_kept == VCHIQ_SIDE_SLOTS)
			return false;
	}
	header = (void *)(vsim_slot(sim, sim->rx_slot) + offset);
	msgid = vsim_get(&header->msgid);
	size = vsim_get(&header->size);
	if (size > VCHIQ_SLOT_SIZE - offset - sizeof(*header) || vchiq_stride(size) > left)
		return false;
	memcpy(sim->msg, header + 1, size);
	if (msgid >> 24 == VCHIQ_PADDING) {
		if (size != VCHIQ_SLOT_SIZE - offset - sizeof(*header))
			vsim_wrong(sim, "padding does not end with the slot");
	} else {
		sim->stats.rx++;
		if (READ_ONCE(sim->paused))
			vsim_wrong(sim, "it sends while it paused");
		vsim_heard_add(sim, msgid, size);
		vpu_take(sim, msgid, size);
	}
	sim->rx_pos += vchiq_stride(size);
	if (!(sim->rx_pos % VCHIQ_SLOT_SIZE))
		sim->kept[sim->nr_kept++] = sim->rx_slot;
	return true;
}

/* Under rx_lock. */
static void vpu_receive(struct ferry_sim_vchiq *sim)
{
	u32 left;

	while (!vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_DEAF)) {
		left = vsim_get(&sim->host->tx_pos) - sim->rx_pos;
		if (!left || !READ_ONCE(sim->up))
			break;
		dma_rmb();	/* the position, then the messages; pairs with the host's barrier */
		if (left > sim->host_nr * VCHIQ_SLOT_SIZE || left % 8 || !vpu_message(sim, left)) {
			vsim_wrong(sim, "its stream is broken");
			WRITE_ONCE(sim->up, false);
			break;
		}
		vpu_recycle(sim);
	}
	vpu_recycle(sim);
}

/* Under rx_lock. */
static bool vpu_arm(struct ferry_sim_vchiq *sim)
{
	vsim_set(&sim->own->trigger.fired, 0);
	vsim_set(&sim->own->trigger.armed, 1);
	mb();	/* the wish, then the look; pairs with the host's barrier */
	return !vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_DEAF) &&
	       vsim_get(&sim->host->tx_pos) != sim->rx_pos;
}

static void vpu_round(struct ferry_sim_vchiq *sim)
{
	bool again;

	guard(mutex)(&sim->rx_lock);
	if (!READ_ONCE(sim->up))
		return;
	vpu_receive(sim);
	vsim_bulks(sim);
	again = vsim_sources(sim);
	if (READ_ONCE(sim->up) && (vpu_arm(sim) || again))
		WRITE_ONCE(sim->rang, true);
}

static int vpu_thread(void *arg)
{
	struct ferry_sim_vchiq *sim = arg;

	while (!kthread_should_stop()) {
		wait_event_interruptible(sim->wait,
					 xchg(&sim->rang, false) || kthread_should_stop());
		vpu_round(sim);
		cond_resched();
	}
	return 0;
}

static void vpu_wake(struct ferry_sim_vchiq *sim)
{
	WRITE_ONCE(sim->rang, true);
	wake_up_all(&sim->wait);
}

/* Any context. It was rung, and needs no more of that until it looks. */
static void vpu_disarm(struct ferry_sim_vchiq *sim)
{
	guard(spinlock_irqsave)(&sim->bell_lock);
	if (sim->armable)
		vsim_set(&sim->own->trigger.armed, 0);
}

/* Process context. */
static void vpu_set_armable(struct ferry_sim_vchiq *sim, bool on)
{
	guard(spinlock_irqsave)(&sim->bell_lock);
	sim->armable = on;
}

static void vpu_rx(struct ferry_port *port, void *data)
{
	struct ferry_sim_vchiq *sim = data;

	/*
	 * It rings only once it is armed again: this runs once at a time. And the host rings no
	 * more, however much it sends.
	 */
	do {
		ferry_port_recv(port, NULL, 0);
		vpu_disarm(sim);
	} while (ferry_port_rx_arm(port));
	vpu_wake(sim);
}

static const struct ferry_port_user vpu_port_user = {
	.rx = vpu_rx,
};

/* What the host wrote into slot zero, and where its state is. */
static int vpu_look(struct ferry_sim_vchiq *sim, u32 addr)
{
	struct vchiq_slot_zero *zero;
	u32 max, size, side;

	zero = sim->cfg.map(sim->cfg.data, addr, VCHIQ_SLOT_SIZE);
	if (!zero)
		return -EFAULT;
	max = vsim_get(&zero->max_slots);
	size = vsim_get(&zero->slot_zero_size);
	if (vsim_get(&zero->magic) != VCHIQ_MAGIC ||
	    vsim_get(&zero->slot_size) != VCHIQ_SLOT_SIZE || max > VCHIQ_MAX_SLOTS ||
	    vsim_get(&zero->max_slots_per_side) != VCHIQ_SIDE_SLOTS ||
	    size > VCHIQ_SLOT_SIZE || size < VSIM_FIXED + 4 * max)
		return -EINVAL;
	/* How many words there are for debugging is left to who built it. */
	side = (size - VSIM_FIXED - 4 * max) / 2;
	if (side < offsetof(struct vchiq_side, debug))
		return -EINVAL;
	sim->zero = zero;
	sim->own = (void *)zero + VSIM_FIXED;
	sim->host = (void *)sim->own + side;
	return 0;
}

/* The host may change its mind later: it is kept what it said. */
static bool vpu_look_side(const struct vchiq_side *side, u32 *first, u32 *nr)
{
	u32 last = vsim_get(&side->slot_last);

	*first = vsim_get(&side->slot_first);
	*nr = last - *first + 1;
	return *first && *first <= last && last < VCHIQ_MAX_SLOTS && *nr <= VCHIQ_SIDE_SLOTS;
}

/* The slots of both, all in memory. */
static int vpu_look_slots(struct ferry_sim_vchiq *sim, u32 addr)
{
	u32 end;

	if (!vsim_get(&sim->host->initialised))
		return -EAGAIN;
	if (!vpu_look_side(sim->own, &sim->slot_first, &sim->nr) ||
	    !vpu_look_side(sim->host, &sim->host_first, &sim->host_nr))
		return -EINVAL;
	end = max(sim->slot_first + sim->nr, sim->host_first + sim->host_nr);
	return sim->cfg.map(sim->cfg.data, addr, end * VCHIQ_SLOT_SIZE) ? 0 : -EFAULT;
}

static int vpu_begin(struct ferry_sim_vchiq *sim, u32 addr)
{
	int ret;

	ret = vpu_look(sim, addr);
	if (!ret)
		ret = vpu_look_slots(sim, addr);
	if (ret)
		return ret;
	sim->rx_pos = 0;
	sim->nr_kept = 0;
	sim->connected = false;
	sim->paused = false;
	sim->stats.inits++;
	vsim_heard_start(sim);
	vsim_tx_start(sim);
	WRITE_ONCE(sim->up, true);
	vsim_set(&sim->own->trigger.armed, 1);
	vpu_set_armable(sim, true);
	dma_wmb();	/* all of it, then that it is complete; pairs with the host's barrier */
	if (!vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_NO_INIT))
		vsim_set(&sim->own->initialised, 1);
	return 0;
}

/**
 * ferry_sim_vchiq_init() - what the property VCHIQ_INIT does
 * @sim:	the VPU
 * @addr:	of slot zero
 *
 * Context: process, may sleep.
 * Return: 0; -errno: slot zero is not as it has to be, or it has one already (-EBUSY).
 */
int ferry_sim_vchiq_init(struct ferry_sim_vchiq *sim, u32 addr)
{
	int ret;

	if (vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_INIT_ERROR))
		return -ENXIO;
	scoped_guard(mutex, &sim->rx_lock) {
		if (sim->up)
			return -EBUSY;
		ret = vpu_begin(sim, addr);
	}
	if (ret)
		return ret;
	if (!vsim_fault(sim, FERRY_SIM_VCHIQ_FAULT_NO_CONNECT))
		vsim_send(sim, vsim_id(VCHIQ_CONNECT, 0, 0), NULL, 0);
	vpu_wake(sim);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_init);

/**
 * ferry_sim_vchiq_reset() - it lets go of all memory
 * @sim:	the VPU
 *
 * Context: process, may sleep.
 */
void ferry_sim_vchiq_reset(struct ferry_sim_vchiq *sim)
{
	WRITE_ONCE(sim->up, false);
	wake_up_all(&sim->wait);
	guard(mutex)(&sim->rx_lock);
	vpu_set_armable(sim, false);
	/* Who waits for slots has left. */
	mutex_lock(&sim->tx_lock);
	mutex_unlock(&sim->tx_lock);
	vsim_hang_up_all(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_reset);

/**
 * ferry_sim_vchiq_set_faults() - what it does wrong from now on
 * @sim:	the VPU
 * @faults:	BIT() of &enum ferry_sim_vchiq_fault
 *
 * Context: any.
 */
void ferry_sim_vchiq_set_faults(struct ferry_sim_vchiq *sim, unsigned long faults)
{
	WRITE_ONCE(sim->faults, faults);
	vpu_wake(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_set_faults);

/**
 * ferry_sim_vchiq_faults() - what it does wrong
 * @sim:	the VPU
 *
 * Context: any.
 * Return: BIT() of &enum ferry_sim_vchiq_fault.
 */
unsigned long ferry_sim_vchiq_faults(struct ferry_sim_vchiq *sim)
{
	return READ_ONCE(sim->faults);
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_faults);

/**
 * ferry_sim_vchiq_stats() - counters
 * @sim:	the VPU
 * @stats:	receives them
 *
 * Context: process, may sleep.
 */
void ferry_sim_vchiq_stats(struct ferry_sim_vchiq *sim, struct ferry_sim_vchiq_stats *stats)
{
	unsigned int i;

	guard(mutex)(&sim->rx_lock);
	*stats = sim->stats;
	stats->wrongs += READ_ONCE(sim->tx_wrongs);
	stats->slots = sim->nr_kept;
	for (i = 0; i < VSIM_PORTS; i++)
		stats->conns += !!sim->conns[i];
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_stats);

static int vpu_start(struct ferry_sim_vchiq *sim)
{
	int ret;

	ret = ferry_port_start(sim->cfg.ring, &vpu_port_user, sim);
	if (ret)
		return ret;
	ret = ferry_port_start(sim->cfg.bell, &vpu_port_user, sim);
	if (ret)
		goto stop_ring;
	sim->task = kthread_run(vpu_thread, sim, "%s", sim->cfg.name);
	if (IS_ERR(sim->task)) {
		ret = PTR_ERR(sim->task);
		goto stop_bell;
	}
	if (ferry_port_rx_arm(sim->cfg.bell))
		vpu_rx(sim->cfg.bell, sim);
	return 0;

stop_bell:
	ferry_port_stop(sim->cfg.bell);
stop_ring:
	ferry_port_stop(sim->cfg.ring);
	return ret;
}

static void vpu_free(struct ferry_sim_vchiq *sim)
{
	vsim_services_exit(sim);
	ferry_port_put(sim->cfg.bell);
	ferry_port_put(sim->cfg.ring);
	mutex_destroy(&sim->rx_lock);
	mutex_destroy(&sim->tx_lock);
	kvfree(sim);
}

/**
 * ferry_sim_vchiq_create() - make a VPU
 * @cfg:	what it is like; copied, but for its name
 *
 * Context: process, may sleep.
 * Return: the VPU, for ferry_sim_vchiq_destroy(); ERR_PTR: -ENOMEM, or what starting the ports
 * or the thread returned.
 */
struct ferry_sim_vchiq *ferry_sim_vchiq_create(const struct ferry_sim_vchiq_cfg *cfg)
{
	struct ferry_sim_vchiq *sim = kvzalloc(sizeof(*sim), GFP_KERNEL);
	int ret;

	if (!sim)
		return ERR_PTR(-ENOMEM);
	sim->cfg = *cfg;
	sim->cfg.line = cfg->line ?: VSIM_LINE;
	init_waitqueue_head(&sim->wait);
	spin_lock_init(&sim->bell_lock);
	mutex_init(&sim->rx_lock);
	mutex_init(&sim->tx_lock);
	vsim_services_init(sim);
	ferry_port_hold(cfg->bell);
	ferry_port_hold(cfg->ring);
	ret = vpu_start(sim);
	if (!ret) {
		vsim_debugfs_add(sim);
		return sim;
	}
	vpu_free(sim);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_create);

/**
 * ferry_sim_vchiq_destroy() - undo ferry_sim_vchiq_create()
 * @sim:	the VPU
 *
 * Context: process, may sleep.
 */
void ferry_sim_vchiq_destroy(struct ferry_sim_vchiq *sim)
{
	vsim_debugfs_remove(sim);
	ferry_sim_vchiq_reset(sim);
	ferry_port_stop(sim->cfg.bell);
	kthread_stop(sim->task);
	ferry_port_stop(sim->cfg.ring);
	vpu_free(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_destroy);

static int __init vpu_module_init(void)
{
	vsim_debugfs_init();
	return 0;
}
module_init(vpu_module_init);

static void __exit vpu_module_exit(void)
{
	vsim_debugfs_exit();
}
module_exit(vpu_module_exit);

MODULE_DESCRIPTION("Ferry: a simulated VPU with VCHIQ");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
