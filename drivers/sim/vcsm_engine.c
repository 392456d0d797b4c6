// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU, service SMEM: what it does with each message, and what it does wrong.
 *
 * Independent of what carries the messages, and of the driver: only the wire is shared.
 */
#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "vcsm_private.h"

#define SSIM_FLOOD	32	/* requests at a time */
#define SSIM_SIZE_MAX	0x3fffffff

static void ssim_wrong(struct ferry_sim_vcsm *sim)
{
	sim->stats.wrong++;
}

static u32 ssim_random(struct ferry_sim_vcsm *sim)
{
	sim->random = sim->random * 1664525 + 1013904223;
	return sim->random >> 8;
}

/* Any bytes; every other one looks like something. */
static void ssim_say_garbage(struct ferry_sim_vcsm *sim)
{
	__le32 msg[VCSM_MSG_MAX / sizeof(__le32)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(msg); i++)
		msg[i] = cpu_to_le32(ssim_random(sim));
	if (ssim_random(sim) & 1)
		msg[0] = cpu_to_le32(VCSM_EVENT | (VCSM_RELEASED + ssim_random(sim) % 8));
	ssim_send(sim, msg, ssim_random(sim) % (sizeof(msg) + 1) ?: 1);
}

static void ssim_rx_version(struct ferry_sim_vcsm *sim, const struct vcsm_client_version *msg)
{
	struct vcsm_version_event event = {
		.event = cpu_to_le32(VCSM_EVENT | VCSM_CLIENT_VERSION),
	};

	sim->host_version = le32_to_cpu(msg->version);
	if (sim->cfg.version >= VCSM_VERSION)
		ssim_send(sim, &event, sizeof(event));
}

static void ssim_answer(struct ferry_sim_vcsm *sim, __le32 trans_id, u32 handle)
{
	u8 msg[64] = {};
	struct vcsm_import_result *result = (void *)msg;
	size_t len = sizeof(*result);

	if (ssim_fault(sim, FERRY_SIM_VCSM_MUTE))
		return;
	result->trans_id = trans_id;
	result->res_handle = cpu_to_le32(handle);
	if (ssim_fault(sim, FERRY_SIM_VCSM_SHORT))
		len = sizeof(trans_id);
	if (ssim_fault(sim, FERRY_SIM_VCSM_LONG))
		len = sizeof(msg);
	ssim_send(sim, msg, len);
	if (ssim_fault(sim, FERRY_SIM_VCSM_TWICE))
		ssim_send(sim, msg, len);
}

/* Memory of the host, and not one that it has already. */
static bool ssim_memory_valid(struct ferry_sim_vcsm *sim, u32 addr, u32 size, u32 id)
{
	return addr >> 30 && size && size <= SSIM_SIZE_MAX && addr + (u64)size <= BIT_ULL(32) &&
	       id && !ssim_find_id(sim, id);
}

static bool ssim_import_valid(struct ferry_sim_vcsm *sim, const struct vcsm_import *msg)
{
	return ssim_memory_valid(sim, le32_to_cpu(msg->addr), le32_to_cpu(msg->size),
				 le32_to_cpu(msg->kernel_id)) &&
	       !msg->name[VCSM_NAME - 1] && le32_to_cpu(msg->type) == VCSM_NONCACHED;
}

static struct ssim_buf *ssim_take(struct ferry_sim_vcsm *sim, const struct vcsm_import *msg)
{
	struct ssim_buf *b;
	u32 handle;

	if (ssim_fault(sim, FERRY_SIM_VCSM_REFUSE))
		return NULL;
	if (!ssim_import_valid(sim, msg)) {
		ssim_wrong(sim);
		return NULL;
	}
	handle = ssim_fault(sim, FERRY_SIM_VCSM_ALIKE) ? BIT(31) | 1 : ssim_new_handle(sim);
	b = ssim_add(sim, handle, le32_to_cpu(msg->addr), le32_to_cpu(msg->size),
		     le32_to_cpu(msg->kernel_id));
	if (!b)
		return NULL;
	b->host_refs = 1;
	memcpy(b->name, msg->name, VCSM_NAME);
	sim->stats.imports++;
	return b;
}

static void ssim_rx_import(struct ferry_sim_vcsm *sim, const struct vcsm_import *msg)
{
	struct ssim_buf *b = ssim_take(sim, msg);
	unsigned int i;

	if (b && ssim_fault(sim, FERRY_SIM_VCSM_BEFORE))
		ssim_say_released(sim, b);
	ssim_answer(sim, msg->header.trans_id, b ? b->handle : 0);
	if (b && ssim_fault(sim, FERRY_SIM_VCSM_EARLY))
		ssim_say_released(sim, b);
	for (i = 0; i < SSIM_FLOOD && ssim_fault(sim, FERRY_SIM_VCSM_FLOOD); i++)
		ssim_ask(sim, ssim_random(sim), 4096 << i % 4);
}

static void ssim_rx_free(struct ferry_sim_vcsm *sim, const struct vcsm_free *msg)
{
	struct ssim_buf *b;

	/* With the fault "alike" there may be many. */
	list_for_each_entry(b, &sim->bufs, node) {
		if (b->handle != le32_to_cpu(msg->res_handle) || !b->host_refs)
			continue;
		b->host_refs--;
		sim->stats.frees++;
		ssim_put(sim, b);
		return;
	}
	/* What was let go early the host may free, not knowing it yet. */
	if (!sim->faults)
		ssim_wrong(sim);
}

static struct ssim_request *ssim_find_request(struct ferry_sim_vcsm *sim, u32 trans_id)
{
	unsigned int i;

	for (i = 0; i < SSIM_PENDING; i++)
		if (sim->pending[i].trans_id == trans_id)
			return &sim->pending[i];
	return NULL;
}

static void ssim_rx_reply(struct ferry_sim_vcsm *sim, const struct vcsm_mem_reply *msg)
{
	u32 trans_id = le32_to_cpu(msg->vpu_trans_id), addr = le32_to_cpu(msg->addr);
	struct ssim_request *req = trans_id ? ssim_find_request(sim, trans_id) : NULL;
	struct ssim_buf *b;

	if (!req || !msg->addr != !msg->kernel_id) {
		ssim_wrong(sim);
		return;
	}
	req->trans_id = 0;
	if (!msg->addr)
		return;
	if (!ssim_memory_valid(sim, addr, req->size, le32_to_cpu(msg->kernel_id)) ||
	    !is_power_of_2(req->align) || !IS_ALIGNED(addr, req->align)) {
		ssim_wrong(sim);
		return;
	}
	b = ssim_add(sim, req->handle, addr, req->size, le32_to_cpu(msg->kernel_id));
	if (!b)
		return;
	b->own_refs = 1;
	/* Until somebody says that it is done. */
	b->own_until = jiffies + msecs_to_jiffies(sim->hold_ms ?: 1000000000);
	sim->stats.granted++;
}

/* Under the mutex. */
int ssim_ask(struct ferry_sim_vcsm *sim, u32 size, u32 align)
{
	struct ssim_request *req = ssim_find_request(sim, 0);
	struct vcsm_mem_request msg = {
		.event = cpu_to_le32(VCSM_EVENT | VCSM_VC_MEM_REQUEST),
		.size = cpu_to_le32(size), .align = cpu_to_le32(align), .name = "vpu-heap",
	};

	if (!req)
		return -EBUSY;
	sim->next_trans = sim->next_trans % 0xffff + 1;
	req->trans_id = sim->next_trans;
	req->size = size;
	req->align = align;
	req->handle = ssim_new_handle(sim);
	msg.trans_id = cpu_to_le32(req->trans_id);
	msg.vc_handle = cpu_to_le32(req->handle);
	sim->stats.asked++;
	ssim_send(sim, &msg, sizeof(msg));
	return 0;
}

/**
 * ferry_sim_vcsm_request - the VPU asks the host for memory
 * @sim:	the simulation
 * @size:	bytes; any value
 * @align:	bytes; any value
 *
 * Context: process, may sleep.
 *
 * Return: 0, -EBUSY too many were not answered.
 */
int ferry_sim_vcsm_request(struct ferry_sim_vcsm *sim, u32 size, u32 align)
{
	guard(mutex)(&sim->lock);
	return ssim_ask(sim, size, align);
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_request);

/* How long a message of a type has to be; 0: there is none. */
static size_t ssim_len(u32 type)
{
	switch (type) {
	case VCSM_CLIENT_VERSION:
		return sizeof(struct vcsm_client_version);
	case VCSM_IMPORT:
		return sizeof(struct vcsm_import);
	case VCSM_FREE:
		return sizeof(struct vcsm_free);
	case VCSM_VC_MEM_REQUEST_REPLY:
		return sizeof(struct vcsm_mem_reply);
	default:
		return 0;
	}
}

/**
 * ferry_sim_vcsm_rx - the host sent a message
 * @sim:	the simulation
 * @msg:	the message; private memory, aligned to four bytes
 * @len:	bytes
 *
 * Context: process, may sleep; not in &ferry_sim_vcsm_cfg.send.
 */
void ferry_sim_vcsm_rx(struct ferry_sim_vcsm *sim, const void *msg, size_t len)
{
	const struct vcsm_header *header = msg;
	u32 type = len >= sizeof(*header) ? le32_to_cpu(header->type) : U32_MAX;

	guard(mutex)(&sim->lock);
	if (!ssim_len(type) || len != ssim_len(type) || !header->trans_id ||
	    le32_to_cpu(header->trans_id) & VCSM_EVENT) {
		ssim_wrong(sim);
		return;
	}
	if (ssim_fault(sim, FERRY_SIM_VCSM_GARBAGE))
		ssim_say_garbage(sim);
	switch (type) {
	case VCSM_CLIENT_VERSION:
		ssim_rx_version(sim, msg);
		break;
	case VCSM_IMPORT:
		ssim_rx_import(sim, msg);
		break;
	case VCSM_FREE:
		ssim_rx_free(sim, msg);
		break;
	case VCSM_VC_MEM_REQUEST_REPLY:
		ssim_rx_reply(sim, msg);
		break;
	}
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_rx);

/**
 * ferry_sim_vcsm_set_faults - what it does wrong from now on
 * @sim:	the simulation
 * @faults:	BIT() of &enum ferry_sim_vcsm_fault, or 0
 *
 * Context: process, may sleep.
 */
void ferry_sim_vcsm_set_faults(struct ferry_sim_vcsm *sim, unsigned long faults)
{
	guard(mutex)(&sim->lock);
	sim->faults = faults;
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_set_faults);

/**
 * ferry_sim_vcsm_faults - what it does wrong
 * @sim:	the simulation
 *
 * Context: process, may sleep.
 *
 * Return: BIT() of &enum ferry_sim_vcsm_fault.
 */
unsigned long ferry_sim_vcsm_faults(struct ferry_sim_vcsm *sim)
{
	guard(mutex)(&sim->lock);
	return sim->faults;
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_faults);

/**
 * ferry_sim_vcsm_hold - how long it uses what it is given from now on
 * @sim:	the simulation
 * @ms:		0: it lets go as soon as the host does
 *
 * Context: process, may sleep.
 */
void ferry_sim_vcsm_hold(struct ferry_sim_vcsm *sim, unsigned int ms)
{
	guard(mutex)(&sim->lock);
	sim->hold_ms = ms;
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_hold);

/**
 * ferry_sim_vcsm_stats - counters, as of now
 * @sim:	the simulation
 * @stats:	filled
 *
 * Context: process, may sleep.
 */
void ferry_sim_vcsm_stats(struct ferry_sim_vcsm *sim, struct ferry_sim_vcsm_stats *stats)
{
	guard(mutex)(&sim->lock);
	*stats = sim->stats;
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_stats);

/**
 * ferry_sim_vcsm_reset - the VPU was reset, or the host is gone: it has nothing any more
 * @sim:	the simulation
 *
 * Context: process, may sleep.
 */
void ferry_sim_vcsm_reset(struct ferry_sim_vcsm *sim)
{
	guard(mutex)(&sim->lock);
	ssim_forget(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_reset);

/**
 * ferry_sim_vcsm_create - a VPU with nothing in its heap
 * @cfg:	what it is like; copied, but for the name
 *
 * Context: process, may sleep.
 *
 * Return: the simulation, for ferry_sim_vcsm_destroy(), or ERR_PTR(-ENOMEM).
 */
struct ferry_sim_vcsm *ferry_sim_vcsm_create(const struct ferry_sim_vcsm_cfg *cfg)
{
	struct ferry_sim_vcsm *sim = kzalloc(sizeof(*sim), GFP_KERNEL);

	if (!sim)
		return ERR_PTR(-ENOMEM);
	sim->cfg = *cfg;
	sim->cfg.version = cfg->version ?: VCSM_VERSION;
	mutex_init(&sim->lock);
	INIT_LIST_HEAD(&sim->bufs);
	INIT_DELAYED_WORK(&sim->work, ssim_heap_work);
	ssim_debugfs_add(sim);
	return sim;
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_create);

/**
 * ferry_sim_vcsm_destroy - the end of a VPU
 * @sim:	the simulation, an ERR_PTR or NULL; nobody calls ferry_sim_vcsm_rx() any more
 *
 * Context: process, may sleep.
 */
void ferry_sim_vcsm_destroy(struct ferry_sim_vcsm *sim)
{
	if (IS_ERR_OR_NULL(sim))
		return;
	debugfs_remove_recursive(sim->debugfs);
	scoped_guard(mutex, &sim->lock)
		sim->gone = true;
	cancel_delayed_work_sync(&sim->work);
	scoped_guard(mutex, &sim->lock)
		ssim_forget(sim);
	mutex_destroy(&sim->lock);
	kfree(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_destroy);

static int __init ssim_init(void)
{
	ssim_debugfs_init();
	return 0;
}
module_init(ssim_init);

static void __exit ssim_exit(void)
{
	ssim_debugfs_exit();
}
module_exit(ssim_exit);

MODULE_DESCRIPTION("Ferry: a simulated VPU with shared memory");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
