// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the firmware of the simulated VPU does with a message: its channel has a role.
 */
#include <linux/crc32.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "keembay_private.h"

#define VPU_GAP_US		100

typedef int (*vpu_role_fn)(struct ferry_sim_vpu *vpu, const struct vpu_message *msg);

/**
 * ferry_sim_vpu_byte() - what a message of a source holds
 * @number:	of the message
 * @i:		which byte
 *
 * Context: any.
 * Return: the byte, of messages of four bytes and more; shorter ones hold zeroes.
 */
u8 ferry_sim_vpu_byte(u32 number, size_t i)
{
	return i < sizeof(u32) ? number >> (8 * i) : number + i;
}
EXPORT_SYMBOL_GPL(ferry_sim_vpu_byte);

static void vpu_fill_copy(void *payload, u32 size, const void *from)
{
	/* The CPU may send back what it had from us. */
	memmove(payload, from, size);
}

static void vpu_fill_pattern(void *payload, u32 size, const void *arg)
{
	const struct vpu_order *order = arg;
	u8 *bytes = payload;
	u32 i;

	if (size < sizeof(u32)) {
		memset(payload, 0, size);
		return;
	}
	for (i = 0; i < size; i++)
		bytes[i] = ferry_sim_vpu_byte(order->number, i);
}

/* Read where it is: nothing is copied, whatever the size. */
static int vpu_check(struct ferry_sim_vpu *vpu, const struct vpu_message *msg)
{
	struct ferry_sim_vpu_digest digest = {
		.size = cpu_to_le32(msg->size),
		.crc = cpu_to_le32(~crc32_le(~0, msg->payload, msg->size)),
	};

	return vpu_send(vpu, msg->channel, sizeof(digest), vpu_fill_copy, &digest);
}

static int vpu_echo(struct ferry_sim_vpu *vpu, const struct vpu_message *msg)
{
	if (msg->size > VPU_MAX_SIZE)
		return vpu_check(vpu, msg);
	return vpu_send(vpu, msg->channel, msg->size, vpu_fill_copy, msg->payload);
}

static int vpu_sink(struct ferry_sim_vpu *vpu, const struct vpu_message *msg)
{
	return 0;
}

/* The source that this channel has, or one that is free; NULL: none. */
static struct vpu_order *vpu_find_order(struct ferry_sim_vpu *vpu, u16 channel)
{
	struct vpu_order *order = NULL;
	unsigned int i;

	for (i = 0; i < VPU_ORDERS; i++) {
		if (vpu->order[i].left && vpu->order[i].channel == channel)
			return &vpu->order[i];
		if (!vpu->order[i].left && !order)
			order = &vpu->order[i];
	}
	return order;
}

/* A message on a source channel. One without an order in it stops, too. */
static void vpu_take_order(struct ferry_sim_vpu *vpu, const struct vpu_message *msg, bool burst)
{
	struct vpu_order *order = vpu_find_order(vpu, msg->channel);
	struct ferry_sim_vpu_order wanted = {};
	u32 gap;

	if (!order) {
		vpu->stats.bad++;
		return;
	}
	if (msg->size >= sizeof(wanted))
		memcpy(&wanted, msg->payload, sizeof(wanted));
	gap = burst ? 0 : le32_to_cpu(wanted.gap_us) ?: VPU_GAP_US;
	order->left = le32_to_cpu(wanted.count);
	order->size = min_t(u32, le32_to_cpu(wanted.size), VPU_MAX_SIZE);
	order->channel = msg->channel;
	order->number = 0;
	order->gap = ns_to_ktime((u64)gap * NSEC_PER_USEC);
	order->next = ktime_get();
}

static int vpu_source(struct ferry_sim_vpu *vpu, const struct vpu_message *msg)
{
	vpu_take_order(vpu, msg, false);
	return 0;
}

static int vpu_burst(struct ferry_sim_vpu *vpu, const struct vpu_message *msg)
{
	vpu_take_order(vpu, msg, true);
	return 0;
}

static const vpu_role_fn vpu_roles[FERRY_SIM_VPU_NR_ROLES] = {
	[FERRY_SIM_VPU_ECHO] = vpu_echo,
	[FERRY_SIM_VPU_SINK] = vpu_sink,
	[FERRY_SIM_VPU_SOURCE] = vpu_source,
	[FERRY_SIM_VPU_BURST] = vpu_burst,
	[FERRY_SIM_VPU_CHECK] = vpu_check,
};

/* Thread. 0, or -EBUSY: it cannot be answered now. */
int vpu_answer(struct ferry_sim_vpu *vpu, const struct vpu_message *msg)
{
	return vpu_roles[READ_ONCE(vpu->role[msg->channel])](vpu, msg);
}

/* True: there is more to send, as soon as there is room. */
static bool vpu_run_order(struct ferry_sim_vpu *vpu, struct vpu_order *order, ktime_t now)
{
	unsigned int n;

	for (n = 0; n < VPU_BUDGET; n++) {
		if (!order->left || ktime_before(now, order->next))
			return false;
		if (vpu_send(vpu, order->channel, order->size, vpu_fill_pattern, order))
			break;
		order->number++;
		order->next = ktime_add(order->next, order->gap);
		if (order->left != U32_MAX)
			order->left--;
	}
	return order->left;
}

/* Thread. When the next source is due; KTIME_MAX: none. */
ktime_t vpu_run_orders(struct ferry_sim_vpu *vpu, ktime_t now)
{
	ktime_t due = KTIME_MAX;
	unsigned int i;

	for (i = 0; i < VPU_ORDERS; i++) {
		struct vpu_order *order = &vpu->order[i];

		if (vpu_run_order(vpu, order, now))
			due = min(due, ktime_add_us(now, VPU_RETRY_US));
		else if (order->left)
			due = min(due, order->next);
	}
	return due;
}
