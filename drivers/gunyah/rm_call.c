// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: one request, and its reply.
 *
 * The table of calls lets one be out at a time. Its caller brings a buffer as large as any
 * reply, and gets the one that the reply was received into for it.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "rm.h"

static int rm_enter(struct ferry_gunyah_rm *rm)
{
	guard(spinlock_irqsave)(&rm->lock);
	if (rm->gone)
		return -ENODEV;
	rm->users++;
	return 0;
}

static void rm_leave(struct ferry_gunyah_rm *rm)
{
	guard(spinlock_irqsave)(&rm->lock);
	if (!--rm->users)
		wake_up_all(&rm->idle);
}

/* Who waits for an answer is not going to get one. */
static void rm_abort(struct ferry_gunyah_rm *rm)
{
	const struct rm_answer answer = { .error = -ENODEV };
	bool out;
	u32 id = 0;

	scoped_guard(spinlock_irqsave, &rm->lock) {
		rm->gone = true;
		out = rm->pending;
		if (out)
			id = rm->pending->call.id;
	}
	if (out)
		ferry_call_answer(rm->calls, id, &answer, sizeof(answer));
}

static bool rm_is_idle(struct ferry_gunyah_rm *rm)
{
	guard(spinlock_irqsave)(&rm->lock);
	return !rm->users;
}

void rm_calls_end(struct ferry_gunyah_rm *rm)
{
	rm_abort(rm);
	wait_event(rm->idle, rm_is_idle(rm));
}

/* Before anything is sent: a reply is never too early. */
static int rm_expect(struct ferry_gunyah_rm *rm, struct rm_call *c)
{
	guard(spinlock_irqsave)(&rm->lock);
	if (rm->gone)
		return -ENODEV;
	rm->pending = c;
	rm->seq = c->call.id;
	return 0;
}

/* From now on nobody touches the call. */
static void rm_expect_no_more(struct ferry_gunyah_rm *rm, struct rm_call *c)
{
	guard(spinlock_irqsave)(&rm->lock);
	if (rm->pending == c)
		rm->pending = NULL;
}

/* All packets of a request. What is sent by half it throws away when the next one begins. */
static int rm_send(struct ferry_gunyah_rm *rm, const struct rm_msg *msg)
{
	unsigned int nr, packets = ferry_gunyah_rm_packets(msg->len);
	u8 packet[RM_PACKET_MAX];
	size_t len;
	int ret = 0;

	for (nr = 0; nr < packets && !ret; nr++) {
		len = ferry_gunyah_rm_split(msg, nr, packet);
		ret = ferry_send_timeout(rm->ep, packet, len, RM_TX_MS);
	}
	return ret;
}

/* It does not read, or does not answer: it takes a reboot to change that, as a rule. */
static void rm_is_dead(struct ferry_gunyah_rm *rm)
{
	ferry_link_crash(rm->link, "the resource manager does not answer");
}

static int rm_exchange(struct ferry_gunyah_rm *rm, struct rm_call *c, struct rm_msg *msg,
		       unsigned int timeout_ms)
{
	int ret;

	msg->seq = c->call.id;
	ret = rm_expect(rm, c) ?: rm_send(rm, msg);
	if (ret) {
		ferry_call_cancel(&c->call);
	} else {
		ret = ferry_call_wait(&c->call, timeout_ms);
		c->unsure = ret < 0 || c->answer.error;
	}
	rm_expect_no_more(rm, c);
	if (ret == -ETIMEDOUT)
		rm_is_dead(rm);
	return ret < 0 ? ret : c->answer.error;
}

/* The reply is in the buffer. */
static ssize_t rm_result(const struct rm_call *c, void *reply, size_t room)
{
	size_t len = c->answer.len - sizeof(__le32);
	int ret = ferry_gunyah_rm_errno(get_unaligned_le32(c->buf));

	if (ret)
		return ret;
	if (len > room)
		return -EMSGSIZE;
	if (len)
		memcpy(reply, c->buf + sizeof(__le32), len);
	return len;
}

static ssize_t rm_call_with(struct ferry_gunyah_rm *rm, struct rm_call *c, struct rm_msg *msg,
			    unsigned int timeout_ms)
{
	int ret;

	c->call.answer = &c->answer;
	c->call.room = sizeof(c->answer);
	c->call.kind = msg->id;
	ret = ferry_call_begin(rm->calls, &c->call, timeout_ms);
	return ret ?: rm_exchange(rm, c, msg, timeout_ms);
}

ssize_t rm_call_sure(struct ferry_gunyah_rm *rm, u32 id, const void *request, size_t len,
		     void *reply, size_t room, unsigned int timeout_ms, bool *unsure)
{
	struct rm_msg msg = { .type = RM_TYPE_REQUEST, .id = id, .data = request, .len = len };
	struct rm_call c = {};
	ssize_t ret;

	*unsure = false;
	if (!id)
		return -EINVAL;
	if (len > RM_MESSAGE_MAX)
		return -EMSGSIZE;
	ret = rm_enter(rm);
	if (ret)
		return ret;
	c.buf = kmalloc(RM_MESSAGE_MAX, GFP_KERNEL);
	ret = c.buf ? rm_call_with(rm, &c, &msg, timeout_ms) : -ENOMEM;
	if (!ret)
		ret = rm_result(&c, reply, room);
	kfree(c.buf);
	rm_leave(rm);
	*unsure = c.unsure;
	return ret;
}

ssize_t rm_call(struct ferry_gunyah_rm *rm, u32 id, const void *request, size_t len,
		void *reply, size_t room, unsigned int timeout_ms)
{
	bool unsure;

	return rm_call_sure(rm, id, request, len, reply, room, timeout_ms, &unsure);
}

int rm_call_vm(struct ferry_gunyah_rm *rm, u32 id, u16 vmid, unsigned int timeout_ms)
{
	struct rm_vmid request = { .vmid = cpu_to_le16(vmid) };

	return rm_call(rm, id, &request, sizeof(request), NULL, 0, timeout_ms);
}

/**
 * ferry_gunyah_rm_call() - ask the resource manager for something
 * @rm:		the resource manager
 * @id:		of the message, not 0
 * @request:	its content; not used when @len is 0
 * @len:	bytes, up to 14616
 * @reply:	where the reply is to go, without its error word; not used when @room is 0
 * @room:	bytes there
 *
 * For messages that nothing else here sends. Note that some requests kill it: dealloc of a
 * VM that there is not, for one.
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: bytes of the reply. -EINVAL, -ENOMEM, -ENODEV, -EPERM, -EBUSY, -ENXIO,
 * -EOPNOTSUPP: so said the resource manager; -EBADMSG: it said something that has no name,
 * or its reply was too short. -EMSGSIZE: the request is too long, or the reply longer than
 * @room. -EIO: the reply was not whole. -ETIMEDOUT: it did not answer, or is busy with
 * others. -EBUSY: it has not answered too many whose callers were killed. -ERESTARTSYS:
 * killed. -ENOLINK: its link does not run. -ENODEV: it is not there any more. -EDEADLK: in a
 * callback.
 */
ssize_t ferry_gunyah_rm_call(struct ferry_gunyah_rm *rm, u32 id, const void *request, size_t len,
			     void *reply, size_t room)
{
	return rm_call(rm, id, request, len, reply, room, rm->cfg.timeout_ms);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_call);
