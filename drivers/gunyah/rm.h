/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of ferry_gunyah_rm.
 */
#ifndef FERRY_GUNYAH_RM_PRIVATE_H
#define FERRY_GUNYAH_RM_PRIVATE_H

#include <linux/bitmap.h>
#include <linux/ferry/call.h>
#include <linux/ferry/gunyah_rm.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "rm_frag.h"

#define RM_LIFE_MS		1000	/* of a message that is not complete */
#define RM_TX_MS		1000	/* of one packet, until there is room */
#define RM_UNANSWERED_MAX	8	/* requests: more answers it may lose [RT] */
#define RM_VIRQS		5120	/* numbers of interrupts, the last of them 5119 */

struct ferry_ep;
struct seq_file;

/* What the table of calls passes from the thread that receives to who waits. */
struct rm_answer {
	int error;
	size_t len;		/* bytes in &rm_call.buf */
};

/**
 * struct rm_call - a request that is out; on the stack of its caller
 * @call:	in the table; its kind is the id of the message
 * @answer:	what came
 * @unsure:	it was sent, and no answer says what became of it
 * @buf:	changed for that of the reply when it comes: nothing is copied or allocated then
 */
struct rm_call {
	struct ferry_call call;
	struct rm_answer answer;
	bool unsure;
	u8 *buf;
};

/**
 * struct ferry_gunyah_rm - a resource manager
 * @node:	in the list of all
 * @ref:	who made it, and users
 * @link:	to it, with a reference
 * @cfg:	as it was made, with defaults filled in
 * @ep:		on its channel
 * @calls:	the table
 * @lock:	of @pending, @seq, @users, @opened, @gone, @vmid and counters
 * @pending:	the call whose reply is awaited, or NULL
 * @seq:	sequence of the newest request
 * @users:	calls that are in here
 * @opened:	@ep is there
 * @gone:	no more calls
 * @idle:	@users went to 0
 * @known:	@vmid is there, or there is no more hope
 * @vmid:	ours; 0: not known
 * @stats:	counters; its calls are not used
 * @rx_lock:	of @join and @note; a mutex, since listeners may sleep
 * @join:	message that comes in
 * @life:	ends a message that does not become complete
 * @listen_lock: of @listeners
 * @listeners:	who is told
 * @ident_work:	finds out who we are, once in each life of the link
 * @identified:	it did, ...
 * @epoch:	... in this one
 * @retry_work:	starts a link that crashed
 * @retries:	in a row
 * @vm_lock:	of @virqs
 * @virqs:	that are mapped
 * @vms_lock:	of @vms; above &ferry_gunyah_vm.mem_lock
 * @vms:	those that we own
 */
struct ferry_gunyah_rm {
	struct list_head node;
	struct kref ref;
	struct ferry_link *link;
	struct ferry_gunyah_rm_cfg cfg;
	struct ferry_ep *ep;
	struct ferry_calls *calls;

	spinlock_t lock;	/* see above */
	struct rm_call *pending;
	u16 seq;
	unsigned int users;
	bool opened;
	bool gone;
	wait_queue_head_t idle;
	wait_queue_head_t known;
	u16 vmid;
	struct ferry_gunyah_rm_stats stats;

	struct mutex rx_lock;	/* see above */
	struct rm_join join;
	struct delayed_work life;

	struct mutex listen_lock;	/* see above */
	struct list_head listeners;

	struct work_struct ident_work;
	bool identified;
	u32 epoch;
	struct delayed_work retry_work;
	unsigned int retries;

	struct mutex vm_lock;	/* see above */
	DECLARE_BITMAP(virqs, RM_VIRQS);

	struct mutex vms_lock;	/* see above */
	struct list_head vms;
};

/* rm_call.c. Bytes of the reply behind the error, or -errno. */
ssize_t rm_call(struct ferry_gunyah_rm *rm, u32 id, const void *request, size_t len,
		void *reply, size_t room, unsigned int timeout_ms);
/* The same. @unsure: it failed, and may yet have been done. */
ssize_t rm_call_sure(struct ferry_gunyah_rm *rm, u32 id, const void *request, size_t len,
		     void *reply, size_t room, unsigned int timeout_ms, bool *unsure);
/* A request about one VM, without anything in its reply. */
int rm_call_vm(struct ferry_gunyah_rm *rm, u32 id, u16 vmid, unsigned int timeout_ms);
/* No call begins any more, and when it returns none runs. */
void rm_calls_end(struct ferry_gunyah_rm *rm);

/* rm_rx.c */
int rm_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv);
void rm_life_work(struct work_struct *work);

/* rm_note.c. Thread of the link. */
void rm_note(struct ferry_gunyah_rm *rm, const struct rm_msg *msg);

void rm_count(struct ferry_gunyah_rm *rm, enum ferry_gunyah_rm_drop why);

/* rm_mem.c */
void rm_mem_exit(void);

/**
 * struct rm_list - entries of a message, each as long as the others
 * @p:		the first
 * @n:		how many
 */
struct rm_list {
	const u8 *p;
	unsigned int n;
};

/* Returns what is behind it. */
static inline void *rm_put_bytes(void *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

/* rm_parcel.c. Ranges behind their count; @left is what is behind those. 0 or -EBADMSG. */
int rm_parse_ranges(const void *data, size_t len, struct rm_list *ranges, u64 *size, size_t *left);
void rm_get_range(const struct rm_list *ranges, unsigned int nr, struct ferry_gunyah_range *range);
/* Whole, in one address space, and not empty? */
bool rm_range_is_good(const struct ferry_gunyah_range *range);
/* A notification about memory, as long as it says at least? Of others true. */
bool rm_mem_note_ok(u32 id, const void *data, size_t len);

/* rm.c. What is known of each there is. */
void rm_show_all(struct seq_file *m);

/* rm_state.c */
void rm_state_show(struct seq_file *m, struct ferry_gunyah_rm *rm);
void rm_state_init(void);
void rm_state_exit(void);

/* rm_probe.c */
int rm_probe_init(void);
void rm_probe_exit(void);

#endif /* FERRY_GUNYAH_RM_PRIVATE_H */
