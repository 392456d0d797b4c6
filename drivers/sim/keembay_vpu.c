// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU: its firmware, which is one thread.
 *
 * It shares the layout of a packet with the driver of the CPU and nothing else, so
 * that a mistake in one is not made in the other as well.
 */
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "keembay_private.h"

#define VPU_FAULT_US		1000	/* between two rounds of misbehaviour without traffic */

/* The CPU gets it back: nothing of it is read after this. */
static void vpu_free(struct ferry_sim_vpu *vpu, const struct vpu_message *msg)
{
	if (vpu_has_fault(vpu, FERRY_SIM_VPU_FAULT(NO_FREE)))
		return;
	dma_mb();	/* our loads are over; pairs with the CPU's look at the status */
	WRITE_ONCE(msg->packet->status, KMB_FREE);
	vpu->last_freed = msg->packet;
}

/* 0, or -EBUSY: the packet was not announced. */
int vpu_push(struct ferry_sim_vpu *vpu, struct kmb_packet *packet)
{
	u32 entry = vpu_packet_addr(vpu, packet) | KMB_NODE_VPU;
	int ret;

	dma_wmb();	/* the packet before its announcement; pairs with the CPU's dma_rmb() */
	ret = vpu->cfg.fifo->push(vpu->cfg.fifo_data, entry);
	if (ret)
		vpu->stats.full++;
	else
		vpu->last_entry = entry;
	return ret;
}

/* Thread. 0, or -EBUSY: later. @fill copies or makes the payload. */
int vpu_send(struct ferry_sim_vpu *vpu, u16 channel, u32 size,
	     void (*fill)(void *payload, u32 size, const void *arg), const void *arg)
{
	struct kmb_packet *packet;
	void *payload = NULL;
	u32 addr = 0;
	int ret;

	packet = vpu_packet_get(vpu, size, &payload);
	if (!packet) {
		vpu->stats.no_packet++;
		return -EBUSY;
	}
	if (size) {
		fill(payload, size, arg);
		addr = vpu->cfg.vpu_region->remote + (payload - vpu->cfg.vpu_region->vaddr);
	}
	vpu_packet_write(packet, channel, addr, size);
	if (vpu_is_dying(vpu))
		return -EBUSY;
	ret = vpu_push(vpu, packet);
	if (ret) {
		vpu_packet_unget(vpu, packet);
		return ret;
	}
	vpu->stats.tx++;
	vpu->stats.tx_bytes += size;
	return 0;
}

/* Where the firmware reads what the CPU named: in either region, or by DMA. NULL: nowhere. */
static const void *vpu_payload(struct ferry_sim_vpu *vpu, u32 addr, u32 size)
{
	const void *payload;

	if (size > VPU_MAX_READ)
		return NULL;
	payload = ferry_region_to_cpu(vpu->cfg.cpu_region, addr, size);
	if (!payload)
		payload = ferry_region_to_cpu(vpu->cfg.vpu_region, addr, size);
	if (!payload && vpu->cfg.soc && vpu->cfg.soc->dma)
		payload = vpu->cfg.soc->dma(vpu->cfg.soc_data, addr, size);
	return payload;
}

/* Does the CPU keep the rules? */
static bool vpu_read(struct ferry_sim_vpu *vpu, u32 entry, struct vpu_message *msg)
{
	struct kmb_packet *packet;
	u32 addr;

	if (entry & ~KMB_ENTRY_ADDR)
		return false;
	packet = ferry_region_to_cpu(vpu->cfg.cpu_region, entry, sizeof(*packet));
	if (!packet)
		return false;
	dma_rmb();	/* the entry before the packet; pairs with the CPU's barrier */
	msg->packet = packet;
	addr = le32_to_cpu(READ_ONCE(packet->data_addr));
	msg->size = le32_to_cpu(READ_ONCE(packet->data_size));
	msg->channel = le16_to_cpu(READ_ONCE(packet->channel));
	if (READ_ONCE(packet->status) != KMB_ALLOCATED || packet->src_node != KMB_NODE_CPU ||
	    packet->dst_node != KMB_NODE_VPU || msg->channel >= KMB_CHANNELS ||
	    memchr_inv(packet->pad, 0, sizeof(packet->pad)))
		return false;
	msg->payload = msg->size ? vpu_payload(vpu, addr, msg->size) : NULL;
	return !msg->size || msg->payload;
}

/* 0, or -EBUSY: it cannot be answered now. */
static int vpu_handle(struct ferry_sim_vpu *vpu, const struct vpu_message *msg)
{
	int ret = vpu_answer(vpu, msg);

	if (ret)
		return ret;
	vpu_free(vpu, msg);
	vpu->stats.rx++;
	vpu->stats.rx_bytes += msg->size;
	return 0;
}

/* True: there may be more. */
static bool vpu_receive(struct ferry_sim_vpu *vpu)
{
	struct vpu_message msg;
	unsigned int n;
	u32 entry;

	if (vpu_has_fault(vpu, FERRY_SIM_VPU_FAULT(SILENT)))
		return false;
	if (vpu->is_stuck && vpu_handle(vpu, &vpu->stuck))
		return false;
	vpu->is_stuck = false;
	for (n = 0; n < VPU_BUDGET; n++) {
		if (vpu->cfg.fifo->pop(vpu->cfg.fifo_data, &entry) || vpu_is_dying(vpu))
			return false;
		if (!vpu_read(vpu, entry, &msg)) {
			vpu->stats.bad++;
			continue;
		}
		if (vpu_handle(vpu, &msg)) {
			vpu->stuck = msg;
			vpu->is_stuck = true;
			return false;
		}
	}
	return true;
}

/* What the firmware does, if there is one; when to run again at the latest. */
static ktime_t vpu_run_firmware(struct ferry_sim_vpu *vpu, ktime_t now)
{
	ktime_t due = KTIME_MAX;

	if (vpu->power == FERRY_SIM_VPU_RUNNING) {
		if (vpu_receive(vpu))
			WRITE_ONCE(vpu->kicked, true);
		due = vpu_run_orders(vpu, now);
	}
	if (vpu->is_stuck)
		due = min(due, ktime_add_us(now, VPU_RETRY_US));
	if (vpu_misbehaves(vpu)) {
		vpu_misbehave(vpu);
		due = min(due, ktime_add_us(now, VPU_FAULT_US));
	}
	return due;
}

/* One round; when to run again at the latest. */
static ktime_t vpu_run(struct ferry_sim_vpu *vpu)
{
	ktime_t now = ktime_get();
	ktime_t due;

	mutex_lock(&vpu->round);
	due = vpu_run_power(vpu, now);
	if (vpu_is_up(vpu))
		due = min(due, vpu_run_firmware(vpu, now));
	if (vpu->runaway) {
		vpu_run_away(vpu);
		due = min(due, ktime_add_us(now, VPU_FAULT_US));
	}
	mutex_unlock(&vpu->round);
	return due;
}

static void vpu_wait(struct ferry_sim_vpu *vpu, ktime_t due)
{
	ktime_t left = due == KTIME_MAX ? KTIME_MAX : ktime_sub(due, ktime_get());

	if (left <= 0) {
		cond_resched();
		return;
	}
	wait_event_interruptible_hrtimeout(vpu->wait, READ_ONCE(vpu->kicked) ||
					   kthread_should_stop(), left);
}

static int vpu_thread(void *data)
{
	struct ferry_sim_vpu *vpu = data;
	ktime_t due = 0;

	while (!kthread_should_stop()) {
		vpu_wait(vpu, due);
		/* Before the look at the FIFO: a kick from here on counts again. */
		smp_store_mb(vpu->kicked, false);
		due = vpu_run(vpu);
		cond_resched();
	}
	return 0;
}

/**
 * ferry_sim_vpu_kick() - there is something in the FIFO of the VPU
 * @vpu:	the simulated VPU
 *
 * Context: any.
 */
void ferry_sim_vpu_kick(struct ferry_sim_vpu *vpu)
{
	WRITE_ONCE(vpu->kicked, true);
	wake_up(&vpu->wait);
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_kick);

/**
 * ferry_sim_vpu_set_role() - what the VPU does with a channel
 * @vpu:	the simulated VPU
 * @channel:	number
 * @role:	from now on
 *
 * Context: any.
 * Return: 0, -EINVAL for a channel or role that does not exist.
 */
int ferry_sim_vpu_set_role(struct ferry_sim_vpu *vpu, unsigned int channel,
			   enum ferry_sim_vpu_role role)
{
	if (channel >= KMB_CHANNELS || role >= FERRY_SIM_VPU_NR_ROLES)
		return -EINVAL;
	WRITE_ONCE(vpu->role[channel], role);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_set_role);

/**
 * ferry_sim_vpu_set_faults() - how the VPU misbehaves
 * @vpu:	the simulated VPU
 * @faults:	FERRY_SIM_VPU_FAULT() of each, from now on
 *
 * Context: any.
 */
void ferry_sim_vpu_set_faults(struct ferry_sim_vpu *vpu, u32 faults)
{
	WRITE_ONCE(vpu->faults, faults);
	ferry_sim_vpu_kick(vpu);
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_set_faults);

/**
 * ferry_sim_vpu_faults() - how the VPU misbehaves now
 * @vpu:	the simulated VPU
 *
 * Context: any.
 * Return: the bits.
 */
u32 ferry_sim_vpu_faults(struct ferry_sim_vpu *vpu)
{
	return READ_ONCE(vpu->faults);
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_faults);

/**
 * ferry_sim_vpu_stats() - what the firmware counted
 * @vpu:	the simulated VPU
 * @stats:	receives a snapshot
 *
 * Context: any.
 */
void ferry_sim_vpu_stats(struct ferry_sim_vpu *vpu, struct ferry_sim_vpu_stats *stats)
{
	*stats = vpu->stats;
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_stats);

static int vpu_start(struct ferry_sim_vpu *vpu)
{
	vpu->task = kthread_create(vpu_thread, vpu, "vpu/%s", vpu->cfg.name);
	if (IS_ERR(vpu->task))
		return PTR_ERR(vpu->task);
	/* Also one that never ran is asked to stop, and its pointer stays good. */
	get_task_struct(vpu->task);
	vpu_debugfs_add(vpu);
	wake_up_process(vpu->task);
	return 0;
}

static void vpu_regions_hold(struct ferry_sim_vpu *vpu)
{
	ferry_region_hold(vpu->cfg.cpu_region);
	ferry_region_hold(vpu->cfg.vpu_region);
	if (vpu->cfg.fw_region)
		ferry_region_hold(vpu->cfg.fw_region);
	if (vpu->cfg.x509_region)
		ferry_region_hold(vpu->cfg.x509_region);
}

static void vpu_regions_put(struct ferry_sim_vpu *vpu)
{
	ferry_region_put(vpu->cfg.cpu_region);
	ferry_region_put(vpu->cfg.vpu_region);
	ferry_region_put(vpu->cfg.fw_region);
	ferry_region_put(vpu->cfg.x509_region);
}

/**
 * ferry_sim_vpu_create() - let there be a VPU
 * @cfg:	where; references are taken on the regions
 *
 * Without a firmware region it boots at once, else it is off, and stands in for the
 * firmware of the SoC that boots it. Ends with ferry_sim_vpu_destroy().
 *
 * Context: process, may sleep.
 * Return: the simulated VPU; -EINVAL when its region is too small, -EEXIST when there
 * is a stand-in for its number already, -ENOMEM, or what starting a thread returns.
 */
struct ferry_sim_vpu *ferry_sim_vpu_create(const struct ferry_sim_vpu_cfg *cfg)
{
	struct ferry_sim_vpu *vpu = kzalloc(sizeof(*vpu), GFP_KERNEL);
	int ret;

	if (!vpu)
		return ERR_PTR(-ENOMEM);
	vpu->cfg = *cfg;
	init_waitqueue_head(&vpu->wait);
	vpu->role[1000] = FERRY_SIM_VPU_SINK;
	vpu->role[1001] = FERRY_SIM_VPU_SOURCE;
	vpu->role[1002] = FERRY_SIM_VPU_BURST;
	vpu->role[1003] = FERRY_SIM_VPU_CHECK;
	mutex_init(&vpu->round);
	vpu->reset = true;
	ret = vpu_mem_init(vpu);
	if (ret)
		goto free;
	ret = vpu_secure_add(vpu);
	if (ret)
		goto exit_mem;
	ret = vpu_start(vpu);
	if (ret)
		goto remove;
	vpu_regions_hold(vpu);
	return vpu;

remove:
	vpu_secure_remove(vpu);
exit_mem:
	vpu_mem_exit(vpu);
free:
	kfree(vpu);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_create);

/**
 * ferry_sim_vpu_destroy() - take the VPU away
 * @vpu:	the simulated VPU, an ERR_PTR or NULL; nobody kicks it any more
 *
 * Context: process, may sleep.
 */
void ferry_sim_vpu_destroy(struct ferry_sim_vpu *vpu)
{
	if (IS_ERR_OR_NULL(vpu))
		return;
	vpu_secure_remove(vpu);
	vpu_debugfs_remove(vpu);
	kthread_stop(vpu->task);
	put_task_struct(vpu->task);
	if (vpu->fifo_release)
		vpu->fifo_release(vpu->cfg.fifo_data);
	vpu_regions_put(vpu);
	vpu_mem_exit(vpu);
	kfree(vpu);
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_destroy);

static int __init vpu_init(void)
{
	int ret;

	vpu_debugfs_init();
	ret = vpu_board_register();
	if (ret)
		vpu_debugfs_exit();
	return ret;
}
module_init(vpu_init);

static void __exit vpu_exit(void)
{
	vpu_board_unregister();
	vpu_debugfs_exit();
}
module_exit(vpu_exit);

MODULE_DESCRIPTION("Ferry: simulated VPU of Intel Keem Bay");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
