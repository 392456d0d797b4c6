// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated resource manager of Gunyah: takes requests, keeps replies and notifications
 * until there is room, and loses those that the real one loses.
 *
 * What it does for VMs and memory is in gunyah_rmvm.c, gunyah_rmmem.c and gunyah_rmlend.c, what
 * runs in those VMs in gunyah_rmrun.c.
 */
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "gunyah_private.h"
#include "gunyah_rm_private.h"

#define GRM_HOST_TYPE	0x01000164	/* as the published one answers */
#define GRM_STORM	(GRM_NOTES_MAX + 44)

/* What a packet is changed to. */
static void out_header(const struct grm_out *o, unsigned int nr, unsigned int fragments,
		       struct rm_hdr *hdr)
{
	u8 type = nr ? RM_TYPE_CONTINUATION : o->type;

	hdr->api = o->fault == FERRY_SIM_GUNYAH_RM_API ? 0x22 : RM_API;
	if (o->fault == FERRY_SIM_GUNYAH_RM_REQUEST)
		type = RM_TYPE_REQUEST;
	if (o->fault == FERRY_SIM_GUNYAH_RM_FRAGMENTS)
		fragments = RM_FRAGMENTS_MAX + 1;
	if (o->fault == FERRY_SIM_GUNYAH_RM_TOO_FEW)
		fragments++;
	if (o->fault == FERRY_SIM_GUNYAH_RM_COUNT && nr == 1)
		fragments++;
	hdr->type = FIELD_PREP(RM_TYPE, type) | FIELD_PREP(RM_FRAGMENTS, fragments);
	hdr->seq = cpu_to_le16(o->seq + (o->fault == FERRY_SIM_GUNYAH_RM_SEQ ? 0x4000 : 0));
	hdr->id = cpu_to_le32(o->id + (o->fault == FERRY_SIM_GUNYAH_RM_ID));
}

/* Packets that it has, and that follow the first as it says. */
static unsigned int out_packets(const struct grm_out *o, unsigned int *fragments)
{
	unsigned int n = max(DIV_ROUND_UP(o->len, RM_CONTENT_MAX), 1U);

	*fragments = n - 1;
	if (o->raw)
		return 1;
	return n + (o->fault == FERRY_SIM_GUNYAH_RM_TOO_MANY);
}

static size_t out_packet(const struct grm_out *o, u8 *packet)
{
	unsigned int nr = o->next, fragments, n = out_packets(o, &fragments);
	size_t begin, part;
	struct rm_hdr hdr;

	if (o->raw) {
		memcpy(packet, o->data, o->len);
		return o->len;
	}
	if (o->fault == FERRY_SIM_GUNYAH_RM_ORDER && n > 1 && nr < 2)
		nr = 1 - nr;
	out_header(o, nr, fragments, &hdr);
	begin = min_t(size_t, nr * RM_CONTENT_MAX, o->len);
	part = min_t(size_t, o->len - begin, RM_CONTENT_MAX);
	memcpy(packet, &hdr, sizeof(hdr));
	memcpy(packet + sizeof(hdr), o->data + begin, part);
	return sizeof(hdr) + part;
}

static bool grm_put(struct ferry_sim_gunyah_rm *rm, const void *packet, size_t len)
{
	struct ferry_gunyah_regs regs = {
		.x = { GUNYAH_CALL(GUNYAH_QUEUE_SEND), rm->tx.cap, len, (uintptr_t)packet, 0, 0 },
	};

	gsim_call(ferry_sim_gunyah_vm_hyp(rm->vm), &regs);
	return !regs.x[0];
}

static void out_free(struct ferry_sim_gunyah_rm *rm, struct grm_out *o)
{
	if (o->type == RM_TYPE_NOTIFICATION)
		rm->notes--;
	list_del(&o->node);
	kfree(o);
}

/* Under the lock. False: there is no room for a packet, or nothing to send. */
static bool grm_send_one(struct ferry_sim_gunyah_rm *rm)
{
	struct grm_out *o = list_first_entry_or_null(&rm->out, struct grm_out, node);
	unsigned int fragments, packets;

	if (!o || !grm_put(rm, rm->packet, out_packet(o, rm->packet)))
		return false;
	o->next++;
	packets = out_packets(o, &fragments);
	if (o->fault == FERRY_SIM_GUNYAH_RM_INSIDE && o->next == 1 && packets > 1) {
		const struct rm_note_status note = { .vmid = cpu_to_le16(1) };

		o->fault = FERRY_SIM_GUNYAH_RM_FINE;
		list_del(&o->node);
		grm_send_note(rm, RM_NOTE_VM_STATUS, &note, sizeof(note));
		list_add_tail(&o->node, &rm->out);
	} else if (o->next == packets) {
		out_free(rm, o);
	}
	return true;
}

static struct grm_out *out_new(u8 type, u32 id, size_t len)
{
	struct grm_out *o = kzalloc(struct_size(o, data, len), GFP_KERNEL);

	if (!o)
		return NULL;
	o->type = type;
	o->id = id;
	o->len = len;
	return o;
}

/* Under the lock. One reply waits, no more; the oldest notification makes room. */
static void out_make_room(struct ferry_sim_gunyah_rm *rm, u8 type)
{
	struct grm_out *o, *next;

	if (type == RM_TYPE_NOTIFICATION && rm->notes < GRM_NOTES_MAX)
		return;
	list_for_each_entry_safe(o, next, &rm->out, node) {
		if (o->raw || o->type != type || o->next)
			continue;
		out_free(rm, o);
		rm->lost++;
		return;
	}
}

/* Under the lock. */
static void out_queue(struct ferry_sim_gunyah_rm *rm, struct grm_out *o)
{
	out_make_room(rm, o->type);
	if (o->type == RM_TYPE_NOTIFICATION)
		rm->notes++;
	list_add_tail(&o->node, &rm->out);
}

/* Under the lock. */
static void out_raw(struct ferry_sim_gunyah_rm *rm, const void *packet, size_t len)
{
	struct grm_out *o = out_new(RM_TYPE_CONTINUATION, 0, len);

	if (!o)
		return;
	memcpy(o->data, packet, len);
	o->raw = true;
	list_add_tail(&o->node, &rm->out);
}

void grm_send_note(struct ferry_sim_gunyah_rm *rm, u32 id, const void *data, size_t len)
{
	struct grm_out *o = out_new(RM_TYPE_NOTIFICATION, id, len);

	if (!o)
		return;
	o->seq = rm->note_seq++;
	if (len)
		memcpy(o->data, data, len);
	out_queue(rm, o);
}

static void grm_send_garbage(struct ferry_sim_gunyah_rm *rm)
{
	u8 packet[GRM_SIZE];
	unsigned int i;

	memset(packet, 0xff, sizeof(packet));
	for (i = 1; i <= sizeof(struct rm_hdr); i++)
		out_raw(rm, packet, i);
	packet[0] = RM_API;
	for (i = 0; i <= U8_MAX; i += 5) {
		packet[1] = i & ~RM_TYPE;	/* continuations of nothing */
		out_raw(rm, packet, sizeof(packet));
	}
}

static void grm_send_storm(struct ferry_sim_gunyah_rm *rm)
{
	struct rm_note_status note = { .vmid = cpu_to_le16(0x7fff) };
	unsigned int i;

	for (i = 0; i < GRM_STORM; i++) {
		note.state.app = cpu_to_le16(i);
		grm_send_note(rm, RM_NOTE_VM_STATUS, &note, sizeof(note));
	}
}

/* Under the lock. */
static enum ferry_sim_gunyah_rm_fault grm_next_fault(struct ferry_sim_gunyah_rm *rm)
{
	if (!rm->faults)
		return FERRY_SIM_GUNYAH_RM_FINE;
	rm->faults--;
	return rm->fault;
}

/* The content of a reply, in the place of its request: an error, and a payload. */
static struct grm_out *grm_reply_out(const struct grm_request *rq, const struct grm_reply *reply)
{
	struct grm_out *o = out_new(RM_TYPE_REPLY, rq->id, sizeof(u32) + reply->len);

	if (!o)
		return NULL;
	o->seq = rq->seq;
	put_unaligned_le32(reply->error, o->data);
	memcpy(o->data + sizeof(u32), reply->data, reply->len);
	return o;
}

/* Under the lock. What is wrong with more than the reply's own packets. */
static void grm_queue_faulty(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq,
			     const struct grm_reply *reply, struct grm_out *o)
{
	switch (o->fault) {
	case FERRY_SIM_GUNYAH_RM_NONE:
		kfree(o);
		return;
	case FERRY_SIM_GUNYAH_RM_LATE:
		kfree(rm->late);
		rm->late = o;
		return;
	case FERRY_SIM_GUNYAH_RM_TWICE:
		out_queue(rm, o);
		/* Not in its place: both go out. */
		o = grm_reply_out(rq, reply);
		if (o)
			list_add_tail(&o->node, &rm->out);
		return;
	case FERRY_SIM_GUNYAH_RM_EMPTY:
		o->len = 0;
		break;
	case FERRY_SIM_GUNYAH_RM_GARBAGE:
		grm_send_garbage(rm);
		break;
	case FERRY_SIM_GUNYAH_RM_STORM:
		grm_send_storm(rm);
		break;
	default:
		break;
	}
	out_queue(rm, o);
}

/* Under the lock. */
static void grm_queue_reply(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq,
			    const struct grm_reply *reply)
{
	struct grm_out *o = grm_reply_out(rq, reply);

	if (!o)
		return;
	o->fault = grm_next_fault(rm);
	if (rm->late && o->fault != FERRY_SIM_GUNYAH_RM_LATE) {
		rm->late->fault = FERRY_SIM_GUNYAH_RM_FINE;
		list_add_tail(&rm->late->node, &rm->out);
		rm->late = NULL;
	}
	grm_queue_faulty(rm, rq, reply, o);
}

void grm_reply_add(struct ferry_sim_gunyah_rm *rm, const void *data, size_t len)
{
	if (rm->reply.len + len > sizeof(rm->reply.data))
		return;
	memcpy(rm->reply.data + rm->reply.len, data, len);
	rm->reply.len += len;
}

void grm_reply_u32(struct ferry_sim_gunyah_rm *rm, u32 value)
{
	__le32 le = cpu_to_le32(value);

	grm_reply_add(rm, &le, sizeof(le));
}

static void grm_peers(struct ferry_sim_gunyah_rm *rm)
{
	unsigned int vmid;

	grm_reply_u32(rm, RM_VMID_LAST - RM_VMID_FIRST + 1);
	for (vmid = RM_VMID_FIRST; vmid <= RM_VMID_LAST; vmid++)
		grm_reply_u32(rm, vmid);
}

/* Requests about itself. False: it is none. */
static bool grm_own_request(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	switch (rq->id) {
	case RM_VM_GET_VMID:
		grm_reply_u32(rm, FERRY_SIM_GUNYAH_RM_VMID);
		break;
	case RM_VM_GET_PEERS:
		grm_peers(rm);
		break;
	case RM_HOST_GET_TYPE:
		grm_reply_u32(rm, GRM_HOST_TYPE);
		break;
	case RM_VM_SET_CRASH_MSG:
		if (rq->len < sizeof(u32) || get_unaligned_le16(rq->data) > rq->len - sizeof(u32))
			rm->reply.error = RM_MSG_INVALID;
		return true;
	default:
		return false;
	}
	if (rq->len)
		rm->reply = (struct grm_reply){ .error = RM_MSG_INVALID };
	return true;
}

/* Under the lock. What it was told to answer, or, for 0, a place for that. */
static struct grm_answer *grm_answer_to(struct ferry_sim_gunyah_rm *rm, u32 id)
{
	unsigned int i;

	for (i = 0; i < GRM_ANSWERS; i++)
		if (rm->answers[i].id == id)
			return &rm->answers[i];
	return NULL;
}

/* Under the lock. */
static void grm_request(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	struct grm_answer *answer = grm_answer_to(rm, rq->id);

	rm->reply.error = RM_OK;
	rm->reply.len = 0;
	if (answer) {
		answer->id = 0;
		grm_queue_reply(rm, rq, &answer->reply);
		return;
	}
	if (!grm_own_request(rm, rq) && !grm_vm_request(rm, rq) && !grm_mem_request(rm, rq) &&
	    !grm_lend_request(rm, rq) && !grm_ask_request(rm, rq))
		rm->reply.error = RM_UNIMPLEMENTED;
	if (rm->dead)
		return;
	if (rm->reply.error)
		rm->reply.len = 0;
	grm_queue_reply(rm, rq, &rm->reply);
	grm_vm_after(rm, rq);
}

/* Under the lock. A packet of a message that is open, or is from now on. */
static void grm_join(struct ferry_sim_gunyah_rm *rm, const u8 *data, size_t len)
{
	struct grm_request rq = {
		.seq = le16_to_cpu(rm->open_hdr.seq), .id = le32_to_cpu(rm->open_hdr.id),
		.data = rm->request,
	};

	if (rm->open_len + len > sizeof(rm->request)) {
		rm->open = false;
		return;
	}
	memcpy(rm->request + rm->open_len, data, len);
	rm->open_len += len;
	if (rm->open_left)
		return;
	rm->open = false;
	rq.len = rm->open_len;
	grm_request(rm, &rq);
}

/* Under the lock. No answer is sent to what cannot be. */
static void grm_packet(struct ferry_sim_gunyah_rm *rm, const u8 *packet, size_t len)
{
	struct rm_hdr hdr;
	unsigned int type, fragments;

	if (len < sizeof(hdr))
		return;
	memcpy(&hdr, packet, sizeof(hdr));
	type = FIELD_GET(RM_TYPE, hdr.type);
	fragments = FIELD_GET(RM_FRAGMENTS, hdr.type);
	/* No message has the number 0. */
	if (hdr.api != RM_API || fragments > RM_FRAGMENTS_MAX || !hdr.id)
		return;
	if (type == RM_TYPE_CONTINUATION) {
		if (!rm->open || hdr.seq != rm->open_hdr.seq || hdr.id != rm->open_hdr.id ||
		    fragments != FIELD_GET(RM_FRAGMENTS, rm->open_hdr.type))
			return;
		rm->open_left--;
	} else {
		if (type != RM_TYPE_REQUEST)
			return;
		rm->open = true;
		rm->open_hdr = hdr;
		rm->open_left = fragments;
		rm->open_len = 0;
	}
	grm_join(rm, packet + sizeof(hdr), len - sizeof(hdr));
}

/* Under the lock. */
static bool grm_take_one(struct ferry_sim_gunyah_rm *rm)
{
	struct grm_seen *seen = &rm->seen[rm->nr_seen % GRM_SEEN];
	struct ferry_gunyah_regs regs = {
		.x = { GUNYAH_CALL(GUNYAH_QUEUE_RECEIVE), rm->rx.cap, (uintptr_t)seen->data,
		       sizeof(seen->data), 0 },
	};

	if (rm->dead || rm->stalled)
		return false;
	gsim_call(ferry_sim_gunyah_vm_hyp(rm->vm), &regs);
	if (regs.x[0] || !regs.x[1])
		return false;
	seen->len = regs.x[1];
	rm->nr_seen++;
	grm_packet(rm, seen->data, seen->len);
	return true;
}

static void grm_work(struct work_struct *work)
{
	struct ferry_sim_gunyah_rm *rm = container_of(work, struct ferry_sim_gunyah_rm, work);
	bool more = true;

	while (more && !READ_ONCE(rm->leaving)) {
		scoped_guard(mutex, &rm->lock) {
			more = grm_send_one(rm);
			more |= grm_take_one(rm);
		}
		cond_resched();	/* its owner says how many there are */
	}
}

void grm_kick(struct ferry_sim_gunyah_rm *rm)
{
	queue_work(rm->wq, &rm->work);
}

/* Under the lock of the lines. */
static void grm_interrupt(void *data)
{
	grm_kick(data);
}

static struct ferry_sim_gunyah_queue *grm_queue(struct ferry_sim_gunyah_rm *rm, bool to)
{
	struct ferry_sim_gunyah_queue_cfg cfg = {
		.from = to ? rm->cfg.owner : rm->vm,
		.to = to ? rm->vm : rm->cfg.owner,
		.depth = rm->cfg.depth ?: GRM_DEPTH,
		.max_size = GRM_SIZE,
	};

	return ferry_sim_gunyah_queue_create(rm->cfg.sim, &cfg);
}

static int grm_make(struct ferry_sim_gunyah_rm *rm)
{
	rm->vm = ferry_sim_gunyah_vm_create(rm->cfg.sim);
	if (IS_ERR(rm->vm))
		return PTR_ERR(rm->vm);
	rm->rx_q = grm_queue(rm, true);
	if (IS_ERR(rm->rx_q))
		return PTR_ERR(rm->rx_q);
	rm->tx_q = grm_queue(rm, false);
	if (IS_ERR(rm->tx_q))
		return PTR_ERR(rm->tx_q);
	ferry_sim_gunyah_queue_ends(rm->rx_q, NULL, &rm->rx);
	ferry_sim_gunyah_queue_ends(rm->tx_q, &rm->tx, NULL);
	rm->wq = alloc_ordered_workqueue("ferry-sim-gunyah-rm", 0);
	return rm->wq ? 0 : -ENOMEM;
}

/**
 * ferry_sim_gunyah_rm_create() - let a resource manager run
 * @cfg:	what it is like; copied
 *
 * In a VM of its own, with a queue each way to the one that it answers.
 *
 * Context: process, may sleep.
 * Return: it, for ferry_sim_gunyah_rm_destroy(); ERR_PTR(): -ENOMEM, or what
 * ferry_sim_gunyah_queue_create() returned.
 */
struct ferry_sim_gunyah_rm *
ferry_sim_gunyah_rm_create(const struct ferry_sim_gunyah_rm_cfg *cfg)
{
	struct ferry_sim_gunyah_rm *rm = kvzalloc(sizeof(*rm), GFP_KERNEL);
	int ret;

	if (!rm)
		return ERR_PTR(-ENOMEM);
	rm->cfg = *cfg;
	mutex_init(&rm->lock);
	INIT_LIST_HEAD(&rm->out);
	INIT_WORK(&rm->work, grm_work);
	ret = grm_make(rm);
	if (ret) {
		mutex_destroy(&rm->lock);
		kvfree(rm);
		return ERR_PTR(ret);
	}
	gsim_line_catch(rm->rx_q->rx_line, grm_interrupt, rm);
	gsim_line_catch(rm->tx_q->tx_line, grm_interrupt, rm);
	return rm;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_create);

/**
 * ferry_sim_gunyah_rm_destroy() - it does not run any more
 * @rm:		the resource manager; before its hypervisor
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_rm_destroy(struct ferry_sim_gunyah_rm *rm)
{
	struct grm_out *o, *next;

	gsim_line_catch(rm->rx_q->rx_line, NULL, NULL);
	gsim_line_catch(rm->tx_q->tx_line, NULL, NULL);
	WRITE_ONCE(rm->leaving, true);
	destroy_workqueue(rm->wq);
	grm_vms_end(rm);
	list_for_each_entry_safe(o, next, &rm->out, node)
		out_free(rm, o);
	kfree(rm->late);
	mutex_destroy(&rm->lock);
	kvfree(rm);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_destroy);

/**
 * ferry_sim_gunyah_rm_ends() - the ends of the VM that it answers
 * @rm:		the resource manager
 * @tx:		set to where requests go
 * @rx:		set to where replies come from
 *
 * Context: any.
 */
void ferry_sim_gunyah_rm_ends(const struct ferry_sim_gunyah_rm *rm,
			      struct ferry_sim_gunyah_end *tx, struct ferry_sim_gunyah_end *rx)
{
	ferry_sim_gunyah_queue_ends(rm->rx_q, tx, NULL);
	ferry_sim_gunyah_queue_ends(rm->tx_q, NULL, rx);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_ends);

/**
 * ferry_sim_gunyah_rm_fault() - something is wrong with the next replies
 * @rm:		the resource manager
 * @fault:	what
 * @count:	so many replies
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_rm_fault(struct ferry_sim_gunyah_rm *rm,
			       enum ferry_sim_gunyah_rm_fault fault, unsigned int count)
{
	guard(mutex)(&rm->lock);
	rm->fault = fault;
	rm->faults = count;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_fault);

/**
 * ferry_sim_gunyah_rm_answer() - answer the next request of a kind with this
 * @rm:		the resource manager
 * @id:		of the message
 * @error:	of the resource manager
 * @payload:	behind it
 * @len:	bytes, up to 14612
 *
 * Two kinds can wait.
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_rm_answer(struct ferry_sim_gunyah_rm *rm, u32 id, u32 error,
				const void *payload, size_t len)
{
	struct grm_answer *answer;

	guard(mutex)(&rm->lock);
	answer = grm_answer_to(rm, id) ?: grm_answer_to(rm, 0);
	if (WARN_ON_ONCE(!answer || len > sizeof(answer->reply.data)))
		return;
	answer->id = id;
	answer->reply.error = error;
	answer->reply.len = len;
	if (len)
		memcpy(answer->reply.data, payload, len);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_answer);

/**
 * ferry_sim_gunyah_rm_note() - send a notification
 * @rm:		the resource manager
 * @id:		of the message
 * @data:	its content
 * @len:	bytes
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_rm_note(struct ferry_sim_gunyah_rm *rm, u32 id, const void *data, size_t len)
{
	scoped_guard(mutex, &rm->lock)
		grm_send_note(rm, id, data, len);
	grm_kick(rm);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_note);

/**
 * ferry_sim_gunyah_rm_raw() - send a packet as it is
 * @rm:		the resource manager
 * @packet:	the packet
 * @len:	bytes, 1 to 240
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_rm_raw(struct ferry_sim_gunyah_rm *rm, const void *packet, size_t len)
{
	scoped_guard(mutex, &rm->lock)
		out_raw(rm, packet, len);
	grm_kick(rm);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_raw);

/**
 * ferry_sim_gunyah_rm_stall() - take nothing, or go on
 * @rm:		the resource manager
 * @on:		take nothing
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_rm_stall(struct ferry_sim_gunyah_rm *rm, bool on)
{
	scoped_guard(mutex, &rm->lock)
		rm->stalled = on;
	grm_kick(rm);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_stall);

/**
 * ferry_sim_gunyah_rm_packets() - packets that it has taken
 * @rm:		the resource manager
 *
 * Context: process, may sleep.
 * Return: how many.
 */
unsigned long ferry_sim_gunyah_rm_packets(struct ferry_sim_gunyah_rm *rm)
{
	guard(mutex)(&rm->lock);
	return rm->nr_seen;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_packets);

/**
 * ferry_sim_gunyah_rm_seen() - a packet that it has taken
 * @rm:		the resource manager
 * @nr:		which, from 0; the last 128 are there
 * @buf:	set to it, 1024 bytes
 *
 * Context: process, may sleep.
 * Return: bytes, or -ENOENT: it is not there.
 */
ssize_t ferry_sim_gunyah_rm_seen(struct ferry_sim_gunyah_rm *rm, unsigned long nr, void *buf)
{
	const struct grm_seen *seen = &rm->seen[nr % GRM_SEEN];

	guard(mutex)(&rm->lock);
	if (nr >= rm->nr_seen || rm->nr_seen - nr > GRM_SEEN)
		return -ENOENT;
	memcpy(buf, seen->data, seen->len);
	return seen->len;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_seen);

/**
 * ferry_sim_gunyah_rm_lost() - replies and notifications that it threw away
 * @rm:		the resource manager
 *
 * Context: process, may sleep.
 * Return: how many.
 */
unsigned int ferry_sim_gunyah_rm_lost(struct ferry_sim_gunyah_rm *rm)
{
	guard(mutex)(&rm->lock);
	return rm->lost;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_lost);
