// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the simulated remote does with the messages of a channel.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "smd_private.h"

/* Requests to an RPM and its answers: linux drivers/soc/qcom/smd-rpm.c */
#define RPM_SERVICE_REQUEST	0x00716572	/* "req" */
#define RPM_ANSWER_ID		0x2367736d	/* "msg#" */

struct rsmd_rpm_request {
	__le32 service;
	__le32 len;			/* of what follows */
	__le32 msg_id;
	__le32 set;			/* active or sleep */
	__le32 type;
	__le32 id;
	__le32 data_len;
};

struct rsmd_rpm_answer {
	__le32 service;
	__le32 len;
	__le32 kind;
	__le32 kind_len;
	__le32 msg_id;
};

/**
 * ferry_sim_smd_byte() - what a message of a source holds, and one to a sink should
 * @number:	of the message, from 0
 * @i:		which byte
 *
 * Messages of less than four bytes hold no number, but the same bytes. Byte p of a stream
 * is byte 4 + p % 256 of message p / 256.
 *
 * Context: any.
 * Return: the byte.
 */
u8 ferry_sim_smd_byte(u32 number, size_t i)
{
	return i < sizeof(u32) ? number >> (8 * i) : number + i;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_byte);

static u8 rsmd_stream_byte(u32 p)
{
	return ferry_sim_smd_byte(p / 256, 4 + p % 256);
}

static int rsmd_echo(struct rsmd_chan *ch)
{
	int ret;

	/* A stream comes back as far as it fits at once. */
	if (ch->cfg.stream && ch->msg_len > ch->cfg.ring / 2) {
		ret = rsmd_send(ch, ch->msg, ch->cfg.ring / 2);
		if (ret)
			return ret;
		ch->msg_len -= ch->cfg.ring / 2;
		memmove(ch->msg, ch->msg + ch->cfg.ring / 2, ch->msg_len);
	}
	ret = ch->msg_len ? rsmd_send(ch, ch->msg, ch->msg_len) : 0;
	if (ret != -EMSGSIZE)
		return ret;
	/* Taken from a writer that fills its ring to the last byte; we do not. */
	return rsmd_send(ch, ch->msg, ch->cfg.ring - SMD_RING_RESERVE - sizeof(struct smd_packet));
}

static int rsmd_sink(struct rsmd_chan *ch)
{
	bool ok = true;
	u32 i;

	for (i = 0; ok && i < ch->msg_len; i++) {
		if (ch->cfg.stream)
			ok = ch->msg[i] == rsmd_stream_byte(ch->sunk + i);
		else
			ok = ch->msg[i] == ferry_sim_smd_byte(ch->sunk, i);
	}
	ch->sunk += ch->cfg.stream ? ch->msg_len : 1;
	if (!ok)
		rsmd_bad(ch, FERRY_SIM_SMD_BAD_CONTENT);
	return 0;
}

static void rsmd_take_order(struct rsmd_chan *ch, const struct ferry_sim_smd_order *wanted)
{
	struct rsmd_order *order = &ch->order;
	u32 max = ch->cfg.ring - SMD_RING_RESERVE -
		  (ch->cfg.stream ? 0 : sizeof(struct smd_packet));

	max = round_down(max, ch->granule);
	order->left = le32_to_cpu(wanted->count);
	order->min = round_down(min(le32_to_cpu(wanted->min), max), ch->granule);
	order->max = clamp(le32_to_cpu(wanted->max), order->min, max);
	order->step = round_up(min(le32_to_cpu(wanted->step), max), ch->granule);
	order->size = order->min;
	order->number = 0;
}

static int rsmd_source(struct rsmd_chan *ch)
{
	struct ferry_sim_smd_order order;

	if (ch->msg_len != sizeof(order))
		return rsmd_sink(ch);
	memcpy(&order, ch->msg, sizeof(order));
	rsmd_take_order(ch, &order);
	return 0;
}

static int rsmd_rpm(struct rsmd_chan *ch)
{
	struct rsmd_rpm_request request = {};
	struct rsmd_rpm_answer answer = {
		.service = cpu_to_le32(RPM_SERVICE_REQUEST),
		.len = cpu_to_le32(sizeof(answer) - offsetof(struct rsmd_rpm_answer, kind)),
		.kind = cpu_to_le32(RPM_ANSWER_ID),
		.kind_len = cpu_to_le32(sizeof(answer.msg_id)),
	};

	memcpy(&request, ch->msg, min_t(u32, ch->msg_len, sizeof(request)));
	if (ch->msg_len < sizeof(request) ||
	    le32_to_cpu(request.service) != RPM_SERVICE_REQUEST ||
	    le32_to_cpu(request.len) != ch->msg_len - offsetof(struct rsmd_rpm_request, msg_id) ||
	    le32_to_cpu(request.data_len) != ch->msg_len - sizeof(request)) {
		rsmd_bad(ch, FERRY_SIM_SMD_BAD_REQUEST);
		return 0;
	}
	answer.msg_id = request.msg_id;
	return rsmd_send(ch, &answer, sizeof(answer));
}

typedef int (*rsmd_role_fn)(struct rsmd_chan *ch);

static const rsmd_role_fn rsmd_roles[FERRY_SIM_SMD_NR_ROLES] = {
	[FERRY_SIM_SMD_ECHO] = rsmd_echo,
	[FERRY_SIM_SMD_SINK] = rsmd_sink,
	[FERRY_SIM_SMD_SOURCE] = rsmd_source,
	[FERRY_SIM_SMD_RPM] = rsmd_rpm,
};

/* 0, or -EAGAIN: it has to wait for room, and the next message, too. */
static int rsmd_handle(struct rsmd_chan *ch)
{
	int ret = rsmd_roles[READ_ONCE(ch->cfg.role)](ch);

	ch->stuck = ret == -EAGAIN;
	return ret;
}

/* True: there may be more. */
static bool rsmd_take(struct rsmd_chan *ch)
{
	unsigned int n;
	int len;

	if (rsmd_has(ch, FERRY_SIM_SMD_FAULT(SILENT)) || (ch->stuck && rsmd_handle(ch)))
		return false;
	for (n = 0; n < RSMD_BUDGET; n++) {
		len = rsmd_recv(ch);
		if (len < 0)
			return len != -EAGAIN;
		ch->msg_len = len;
		ch->stats.rx++;
		ch->stats.rx_bytes += len;
		if (len && rsmd_handle(ch))
			return false;
	}
	return true;
}

static void rsmd_fill(struct rsmd_chan *ch, u32 len)
{
	struct rsmd_order *order = &ch->order;
	u32 i;

	for (i = 0; i < len; i++) {
		ch->out[i] = ch->cfg.stream ? rsmd_stream_byte(order->number + i) :
			     ferry_sim_smd_byte(order->number, i);
	}
}

static void rsmd_order_next(struct rsmd_chan *ch, u32 len)
{
	struct rsmd_order *order = &ch->order;
	u32 sent = ch->cfg.stream ? len : 1;

	order->number += sent;
	if (order->left != U32_MAX)
		order->left -= sent;
	order->size += order->step;
	if (order->size > order->max)
		order->size = order->min;
}

/* True: there is more, and room. */
static bool rsmd_run_order(struct rsmd_chan *ch)
{
	struct rsmd_order *order = &ch->order;
	unsigned int n;
	u32 len;

	for (n = 0; n < RSMD_BUDGET && order->left; n++) {
		len = ch->cfg.stream ? min(order->size, order->left) : order->size;
		rsmd_fill(ch, len);
		if (rsmd_send(ch, ch->out, len))
			return false;
		rsmd_order_next(ch, len);
	}
	return order->left;
}

/* Under sim->round. True: there is more to do. */
bool rsmd_run_chan(struct rsmd_chan *ch)
{
	bool more;

	if (!rsmd_data_flows(ch))
		return false;
	more = rsmd_take(ch);
	return rsmd_run_order(ch) || more;
}

/**
 * ferry_sim_smd_order() - let a channel send
 * @sim:	the simulated remote
 * @channel:	which one
 * @order:	what
 *
 * Replaces what it was sending. It ends with the connection.
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL when there is no such channel.
 */
int ferry_sim_smd_order(struct ferry_sim_smd *sim, int channel,
			const struct ferry_sim_smd_order *order)
{
	struct rsmd_chan *ch;

	/* Pairs with rsmd_chan_add(). */
	if (channel < 0 || channel >= smp_load_acquire(&sim->nr_chans))
		return -EINVAL;
	ch = sim->chan[channel];
	mutex_lock(&sim->round);
	rsmd_data_flows(ch);	/* or the order would count as one of an older epoch */
	rsmd_take_order(ch, order);
	mutex_unlock(&sim->round);
	WRITE_ONCE(sim->kicked, true);
	wake_up(&sim->wait);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_order);
