/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests and their answers, over any endpoint.
 */
#ifndef _LINUX_FERRY_CALL_H
#define _LINUX_FERRY_CALL_H

#include <linux/completion.h>
#include <linux/types.h>

struct ferry_calls;
struct ferry_ep;
struct ferry_link;

/**
 * DOC: calls
 *
 * Where a remote answers requests, each carries an id, and its answer has the same. A
 * table of calls knows which ids are out, on one link::
 *
 *	struct ferry_call call = { .answer = &reply, .room = sizeof(reply) };
 *
 *	ret = ferry_call_begin(calls, &call, timeout_ms);
 *	if (ret)
 *		return ret;
 *	request.id = call.id;
 *	ret = ferry_send(ep, &request, sizeof(request));
 *	if (ret) {
 *		ferry_call_cancel(&call);
 *		return ret;
 *	}
 *	return ferry_call_wait(&call, timeout_ms);
 *
 * and &ferry_ep_cfg.rx calls ferry_call_answer() with what came. The id is known before
 * the first byte is sent, so an answer is never too early.
 *
 * A caller that gives up leaves a tombstone. The id is not given out again while that
 * stands: the answer may still come, and must not become that of somebody else. It goes to
 * &ferry_calls_cfg.late, and the id is free again.
 *
 * When the link crashes, is stopped, or begins a new epoch, all callers get -ENOLINK, and
 * the tombstones are forgotten: no answer of an earlier life comes.
 *
 * Where nothing may sleep: ferry_call_trybegin(), ferry_trysend() to an atomic endpoint,
 * and ferry_call_poll(), which takes messages itself.
 */

/**
 * struct ferry_calls_cfg - what ids there are, and how many calls at once
 * @first_id:	ids count up from here ...
 * @last_id:	... to here, and begin again; not less than @first_id
 * @start_id:	the one that is given out first, where answers to somebody who had the
 *		link before may still come; less than @first_id: that
 * @limit:	calls outstanding at once, at least 1: what the remote can take
 * @slots:	calls and tombstones together, @limit to 256, and not more than there are ids
 * @late:	optional; any context, must not sleep: an answer came that nobody waits for any
 *		more. @data is private memory, valid until it returns.
 * @priv:	for @late
 */
struct ferry_calls_cfg {
	u32 first_id;
	u32 last_id;
	u32 start_id;
	unsigned int limit;
	unsigned int slots;
	void (*late)(void *priv, u32 kind, u32 id, const void *data, size_t len);
	void *priv;
};

/**
 * struct ferry_call - one request; on the stack of its caller
 * @answer:	where the answer is to go; set by the caller
 * @room:	bytes there; set by the caller
 * @kind:	for &ferry_calls_cfg.late: what was asked; set by the caller
 * @id:		of the request; set by ferry_call_begin()
 *
 * The rest belongs to the core.
 */
struct ferry_call {
	void *answer;
	size_t room;
	u32 kind;
	u32 id;

	/* private: */
	struct ferry_calls *calls;
	bool over;		/* lock of the table: result is there */
	int result;		/* bytes, or -errno */
	struct completion done;
};

/**
 * struct ferry_calls_stats - counters of a table
 * @begun:	calls that got an id, and were not cancelled
 * @answered:	calls that were answered in time
 * @gave_up:	calls whose caller did not wait any longer
 * @late:	answers to those
 * @unknown:	answers to nothing
 * @failed:	calls that ended with the link
 * @out:	calls outstanding now
 * @tombs:	tombstones standing now
 */
struct ferry_calls_stats {
	u64 begun;
	u64 answered;
	u64 gave_up;
	u64 late;
	u64 unknown;
	u64 failed;
	unsigned int out;
	unsigned int tombs;
};

struct ferry_calls *ferry_calls_create(struct ferry_link *link, const struct ferry_calls_cfg *cfg);
void ferry_calls_destroy(struct ferry_calls *calls);
void ferry_calls_stats(struct ferry_calls *calls, struct ferry_calls_stats *stats);

int ferry_call_begin(struct ferry_calls *calls, struct ferry_call *call, unsigned int timeout_ms);
int ferry_call_trybegin(struct ferry_calls *calls, struct ferry_call *call);
void ferry_call_cancel(struct ferry_call *call);
int ferry_call_wait(struct ferry_call *call, unsigned int timeout_ms);
int ferry_call_poll(struct ferry_call *call, struct ferry_ep *ep, unsigned int timeout_ms);
int ferry_call_kind(struct ferry_calls *calls, u32 id, u32 *kind);
int ferry_call_answer(struct ferry_calls *calls, u32 id, const void *data, size_t len);

#endif /* _LINUX_FERRY_CALL_H */
