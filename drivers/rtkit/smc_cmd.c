// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMC: commands and their answers.
 *
 * The table of calls lets one command out at a time, so whoever has an id has the
 * transfer area, too, until its answer came. What the SMC put there is copied in the
 * callback, before the next command may begin.
 *
 * Who gives up does not know whether the SMC will still look at the area, or write to it.
 * So while such an answer is outstanding commands that need the area are refused: a value
 * must not be written to another key.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/ferry/region.h>
#include <linux/string.h>

#include "../compat.h"
#include "smc.h"

#define CREATE_TRACE_POINTS
#include <trace/events/ferry_smc.h>

struct smc_cmd {
	u8 cmd;
	u32 data;
	u8 size;
	u8 wsize;
	const void *out;	/* goes to the area ... */
	u8 out_len;		/* ... so many bytes */
	u8 area_len;		/* comes back in the area */
};

/* The callback: any context. Whose answer it is the table knows. */
static void smc_answer(struct ferry_smc *smc, u64 msg)
{
	struct smc_reply reply = { .msg0 = msg };

	scoped_guard(spinlock_irqsave, &smc->lock) {
		if (FIELD_GET(SMC_ID, msg) == smc->id && smc->area_len && smc->area)
			ferry_region_read(smc->area, 0, reply.area, smc->area_len);
	}
	ferry_call_answer(smc->calls, FIELD_GET(SMC_ID, msg), &reply, sizeof(reply));
}

/* The callback. True: it was the address of the area. */
static bool smc_init_answer(struct ferry_smc *smc, u64 msg)
{
	guard(spinlock_irqsave)(&smc->lock);
	if (!smc->init_waits)
		return false;
	smc->init_waits = false;
	smc->init_answer = msg;
	complete(&smc->init_done);
	return true;
}

static void smc_notification(struct ferry_smc *smc, u64 msg)
{
	u32 event = FIELD_GET(SMC_DATA, msg);

	trace_ferry_smc_notification(smc->link, event);
	guard(spinlock_irqsave)(&smc->lock);
	smc->stats.notifications++;
	smc->stats.last = event;
}

/*
 * The callback: any context. An answer that refuses with the number of a notification
 * cannot be told from one.
 */
int ferry_smc_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct ferry_smc *smc = priv;
	u64 msg;

	if (len != sizeof(msg)) {
		guard(spinlock_irqsave)(&smc->lock);
		smc->stats.wrong++;
		return 0;
	}
	msg = get_unaligned_le64(data);
	if (FIELD_GET(SMC_CMD, msg) == SMC_CMD_NOTIFICATION)
		smc_notification(smc, msg);
	else if (!smc_init_answer(smc, msg))
		smc_answer(smc, msg);
	return 0;
}

/* Under the lock. Is there an area, of this life of the link? */
static bool smc_is_ready(const struct ferry_smc *smc)
{
	return smc->area && smc->epoch == ferry_link_epoch(smc->link);
}

/* Of the command that is about to be sent: nobody else is out. */
static int smc_prepare(struct ferry_smc *smc, const struct smc_cmd *cmd, u8 id)
{
	struct ferry_calls_stats stats;

	ferry_calls_stats(smc->calls, &stats);
	if ((cmd->out_len || cmd->area_len) && stats.tombs)
		return -EBUSY;
	guard(spinlock_irqsave)(&smc->lock);
	if (!smc_is_ready(smc))
		return -ENOLINK;
	smc->id = id;
	smc->area_len = cmd->area_len;
	return cmd->out_len ? ferry_region_write(smc->area, 0, cmd->out, cmd->out_len) : 0;
}

static int smc_begin_atomic(struct ferry_smc *smc, struct ferry_call *call)
{
	unsigned int us;
	int ret;

	for (us = 0; us <= SMC_TIMEOUT_MS * USEC_PER_MSEC; us += SMC_POLL_US) {
		ret = ferry_call_trybegin(smc->calls, call);
		if (ret != -EAGAIN)
			return ret;
		/* Somebody sleeps until his answer comes: it is here, then. */
		ferry_rx_now(smc->ep);
		udelay(SMC_POLL_US);
	}
	return -ETIMEDOUT;
}

static int smc_send_atomic(struct ferry_smc *smc, const __le64 *msg)
{
	unsigned int us;
	int ret;

	for (us = 0; us <= SMC_TIMEOUT_MS * USEC_PER_MSEC; us += SMC_POLL_US) {
		ret = ferry_trysend(smc->ep, msg, sizeof(*msg));
		if (ret != -EAGAIN)
			return ret;
		udelay(SMC_POLL_US);
	}
	return -ETIMEDOUT;
}

static int smc_send(struct ferry_smc *smc, const struct smc_cmd *cmd, u8 id, bool atomic)
{
	__le64 msg = cpu_to_le64(FIELD_PREP(SMC_CMD, cmd->cmd) | FIELD_PREP(SMC_ID, id) |
				 FIELD_PREP(SMC_SIZE, cmd->size) |
				 FIELD_PREP(SMC_WSIZE, cmd->wsize) |
				 FIELD_PREP(SMC_DATA, cmd->data));

	return atomic ? smc_send_atomic(smc, &msg) :
			ferry_send_timeout(smc->ep, &msg, sizeof(msg), SMC_TIMEOUT_MS);
}

/* What the SMC says of it: bytes, or an error. Which errors there are nobody says. */
static int smc_result(struct ferry_smc *smc, const struct smc_cmd *cmd,
		      const struct smc_reply *reply)
{
	u8 result = FIELD_GET(SMC_RESULT, reply->msg0);
	char name[5];

	if (result == SMC_OK)
		return FIELD_GET(SMC_SIZE, reply->msg0);
	scoped_guard(spinlock_irqsave, &smc->lock)
		smc->stats.refused++;
	dev_dbg(smc->dev, "command %#x of %s: result %#x\n", cmd->cmd,
		ferry_smc_key_name(cmd->data, name), result);
	return -EIO;
}

/* @atomic: in any context, and no interrupt need come. */
static int smc_exec(struct ferry_smc *smc, const struct smc_cmd *cmd, struct smc_reply *reply,
		    bool atomic)
{
	struct ferry_call call = {
		.answer = reply, .room = sizeof(*reply), .kind = cmd->cmd,
	};
	int ret;

	ret = atomic ? smc_begin_atomic(smc, &call) :
		       ferry_call_begin(smc->calls, &call, SMC_TIMEOUT_MS);
	if (ret)
		return ret;
	ret = smc_prepare(smc, cmd, call.id) ?: smc_send(smc, cmd, call.id, atomic);
	if (ret) {
		ferry_call_cancel(&call);
		return ret;
	}
	ret = atomic ? ferry_call_poll(&call, smc->ep, SMC_TIMEOUT_MS) :
		       ferry_call_wait(&call, SMC_TIMEOUT_MS);
	return ret < 0 ? ret : smc_result(smc, cmd, reply);
}

/* Bytes of the value, which may be fewer than there is room for. */
static int smc_value(const struct smc_reply *reply, void *buf, size_t room, int size)
{
	__le32 data = cpu_to_le32(FIELD_GET(SMC_DATA, reply->msg0));

	if (size < 0)
		return size;
	if (size > room)
		return -EPROTO;
	memcpy(buf, size > SMC_DATA_BYTES ? (const void *)reply->area : &data, size);
	return size;
}

static bool smc_size_valid(size_t size)
{
	return size && size <= SMC_VALUE_MAX;
}

static int smc_read(struct ferry_smc *smc, u32 key, void *buf, size_t size, bool atomic)
{
	struct smc_cmd cmd = { .cmd = SMC_CMD_READ, .data = key, .size = size };
	struct smc_reply reply;

	if (!smc_size_valid(size))
		return -EINVAL;
	cmd.area_len = size > SMC_DATA_BYTES ? size : 0;
	return smc_value(&reply, buf, size, smc_exec(smc, &cmd, &reply, atomic));
}

static int smc_write(struct ferry_smc *smc, u32 key, const void *buf, size_t size, bool atomic)
{
	struct smc_cmd cmd = {
		.cmd = SMC_CMD_WRITE, .data = key, .size = size, .out = buf, .out_len = size,
	};
	struct smc_reply reply;
	int ret;

	if (!smc_size_valid(size))
		return -EINVAL;
	ret = smc_exec(smc, &cmd, &reply, atomic);
	return ret < 0 ? ret : 0;
}

/**
 * ferry_smc_read - the value of a key
 * @smc:	the SMC
 * @key:	see FERRY_SMC_KEY()
 * @buf:	for the value
 * @size:	bytes there, 1 to %FERRY_SMC_VALUE_MAX: of the value, as the key says
 *
 * Context: process, may sleep; not in a callback of the link.
 *
 * Return: bytes of the value; -EINVAL for a size that cannot be, -EIO the SMC refused,
 * -EPROTO it sent more than was asked for, -ETIMEDOUT it did not answer, -EBUSY it owes
 * earlier answers, -ENOLINK it does not run, -ERESTARTSYS killed, or what ferry_send()
 * returned.
 */
int ferry_smc_read(struct ferry_smc *smc, u32 key, void *buf, size_t size)
{
	return smc_read(smc, key, buf, size, false);
}
EXPORT_SYMBOL_GPL(ferry_smc_read);

/**
 * ferry_smc_write - change the value of a key
 * @smc:	the SMC
 * @key:	see FERRY_SMC_KEY()
 * @buf:	the value
 * @size:	its bytes, 1 to %FERRY_SMC_VALUE_MAX
 *
 * Context: process, may sleep; not in a callback of the link.
 *
 * Return: 0, or as ferry_smc_read().
 */
int ferry_smc_write(struct ferry_smc *smc, u32 key, const void *buf, size_t size)
{
	return smc_write(smc, key, buf, size, false);
}
EXPORT_SYMBOL_GPL(ferry_smc_write);

/**
 * ferry_smc_rw - write to a key and read it in one command
 * @smc:	the SMC
 * @key:	see FERRY_SMC_KEY()
 * @out:	what is written
 * @out_size:	bytes, 1 to %FERRY_SMC_VALUE_MAX
 * @in:		for what is read
 * @in_size:	bytes there, 1 to %FERRY_SMC_VALUE_MAX
 *
 * Context: process, may sleep; not in a callback of the link.
 *
 * Return: bytes read, or as ferry_smc_read().
 */
int ferry_smc_rw(struct ferry_smc *smc, u32 key, const void *out, size_t out_size, void *in,
		 size_t in_size)
{
	struct smc_cmd cmd = {
		.cmd = SMC_CMD_READ_MODIFY, .data = key, .size = in_size, .wsize = out_size,
		.out = out, .out_len = out_size,
	};
	struct smc_reply reply;

	if (!smc_size_valid(out_size) || !smc_size_valid(in_size))
		return -EINVAL;
	cmd.area_len = in_size > SMC_DATA_BYTES ? in_size : 0;
	return smc_value(&reply, in, in_size, smc_exec(smc, &cmd, &reply, false));
}
EXPORT_SYMBOL_GPL(ferry_smc_rw);

/**
 * ferry_smc_read_atomic - the value of a key, where nothing may sleep
 * @smc:	the SMC
 * @key:	see FERRY_SMC_KEY()
 * @buf:	for the value
 * @size:	bytes there
 *
 * For the last moments before a reboot: it may take 500 ms, with interrupts off.
 *
 * Context: any; not in a callback of the link.
 *
 * Return: as ferry_smc_read().
 */
int ferry_smc_read_atomic(struct ferry_smc *smc, u32 key, void *buf, size_t size)
{
	return smc_read(smc, key, buf, size, true);
}
EXPORT_SYMBOL_GPL(ferry_smc_read_atomic);

/**
 * ferry_smc_write_atomic - change the value of a key, where nothing may sleep
 * @smc:	the SMC
 * @key:	see FERRY_SMC_KEY()
 * @buf:	the value
 * @size:	its bytes
 *
 * Context: any; not in a callback of the link.
 *
 * Return: 0, or as ferry_smc_read().
 */
int ferry_smc_write_atomic(struct ferry_smc *smc, u32 key, const void *buf, size_t size)
{
	return smc_write(smc, key, buf, size, true);
}
EXPORT_SYMBOL_GPL(ferry_smc_write_atomic);

/**
 * ferry_smc_key_by_index - name of a key
 * @smc:	the SMC
 * @index:	which of them, from 0
 * @key:	receives the name
 *
 * Context: process, may sleep; not in a callback of the link.
 *
 * Return: 0, or as ferry_smc_read(): -EIO behind the last one.
 */
int ferry_smc_key_by_index(struct ferry_smc *smc, u32 index, u32 *key)
{
	struct smc_cmd cmd = { .cmd = SMC_CMD_BY_INDEX, .data = index };
	struct smc_reply reply;
	int ret = smc_exec(smc, &cmd, &reply, false);

	if (ret < 0)
		return ret;
	*key = swab32(FIELD_GET(SMC_DATA, reply.msg0));
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_smc_key_by_index);

/**
 * ferry_smc_key_info - what there is to know of a key
 * @smc:	the SMC
 * @key:	see FERRY_SMC_KEY()
 * @info:	filled
 *
 * Context: process, may sleep; not in a callback of the link.
 *
 * Return: 0, or as ferry_smc_read(): -EIO there is no such key.
 */
int ferry_smc_key_info(struct ferry_smc *smc, u32 key, struct ferry_smc_info *info)
{
	struct smc_cmd cmd = {
		.cmd = SMC_CMD_INFO, .data = key, .area_len = sizeof(struct smc_info),
	};
	struct smc_reply reply;
	struct smc_info wire;
	int ret = smc_exec(smc, &cmd, &reply, false);

	if (ret < 0)
		return ret;
	memcpy(&wire, reply.area, sizeof(wire));
	*info = (struct ferry_smc_info){
		.key = key, .type = be32_to_cpu(wire.type), .size = wire.size, .flags = wire.flags,
	};
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_smc_key_info);
