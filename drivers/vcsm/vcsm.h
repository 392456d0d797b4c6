/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ferry_vcsm share.
 */
#ifndef FERRY_VCSM_VCSM_H
#define FERRY_VCSM_VCSM_H

#include <linux/ferry/call.h>
#include <linux/ferry/vcsm.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "wire.h"

#define VCSM_SIZE_MAX	0x3fffffff	/* of a segment, so of a buffer */
#define VCSM_ALIAS	GENMASK(31, 30)	/* of an address: how the VPU caches it */
#define VCSM_REQUESTS	16		/* of the VPU, that wait to be served */
#define VCSM_DEPTH_MAX	8		/* imports of imports: each calls the next */
#define VCSM_PAUSE_MS	20		/* before a message is tried again that found no room */

struct dentry;
struct ferry_buf;
struct ferry_ep;

/* States of a buffer: enum, and names in debugfs. */
#define VCSM_STATES(X)						\
	X(NEW,		"new")		/* the VPU knows nothing */	\
	X(ASKED,	"asked")	/* it was told, and has not answered */	\
	X(MAPPED,	"mapped")	/* it has it, under vcsm_buf.handle */	\
	X(UNMAPPING,	"unmapping")	/* and is to let it go */	\
	X(GONE,		"gone")		/* it has it no more */

#define VCSM_STATE_ENUM(id, name)	VCSM_STATE_##id,

enum vcsm_state {
	VCSM_STATES(VCSM_STATE_ENUM)
	VCSM_NR_STATES,
};

/*
 * A buffer that the VPU knows, or is about to. It is freed when nobody has it: state new or
 * gone, no chained dma-buf (@in_use), no function that works on it (@holds).
 */
struct vcsm_buf {
	struct ferry_vcsm *vc;		/* a reference */
	struct ferry_buf *buf;		/* the import: ours until this is freed */
	struct dma_buf *source;		/* what is imported; @buf keeps it */
	u32 kernel_id;			/* 0: it has none any more */
	u32 addr;
	u32 size;
	bool by_vpu;			/* the VPU asked for it */
	unsigned int depth;		/* imports in a row, this one included */
	char name[VCSM_NAME];

	/* ferry_vcsm.lock from here on. */
	struct list_head node;		/* in ferry_vcsm.bufs */
	struct list_head free_node;	/* in ferry_vcsm.to_free, which holds it */
	enum vcsm_state state;
	bool in_use;
	unsigned int holds;
	u32 handle;			/* mapped, unmapping: how the VPU names it */
	u32 call_id;			/* asked: of the import */
	u32 epoch;			/* of the link, when the VPU was told */
	bool told;			/* unmapping: the request to free it was sent */
	int error;			/* gone: why the import failed */
};

struct vcsm_request {
	u32 trans_id;
	u32 size;
	u32 align;
	u32 handle;
	char name[VCSM_NAME];
};

struct ferry_vcsm {
	struct kref ref;
	struct list_head node;		/* of all instances */
	struct ferry_link *link;	/* a reference */
	struct ferry_vcsm_cfg cfg;
	struct ferry_calls *calls;
	struct ferry_ep *ep;
	struct workqueue_struct *wq;	/* ordered */
	struct delayed_work tx_work;	/* all that is sent and not waited for */
	struct delayed_work old_work;	/* firmware that is old says nothing */
	struct dentry *debugfs;
	int index;			/* among the instances */
	struct miscdevice misc;
	char node_name[16];
	bool has_node;
	bool warned;			/* of the alias */

	struct xarray ids;		/* vcsm_buf by kernel_id */
	u32 next_id;
	wait_queue_head_t idle;

	/* Taken in process context only; the lock of the calls may be taken below it. */
	spinlock_t lock;
	unsigned int users;		/* inside a function of the API */
	bool gone;			/* no more of them */
	bool closed;			/* nothing is queued any more */
	struct list_head bufs;
	struct list_head to_free;
	bool say_version;
	bool confirmed;			/* the VPU knows RELEASED */
	bool assumed_old;		/* it had its time to say so */
	struct vcsm_request request[VCSM_REQUESTS];
	bool flooded;			/* another one waits for a place there */
	unsigned int nr_requests;
	u64 vpu_bytes;
	struct ferry_vcsm_stats stats;	/* its counters only */
};

/* service.c */
int ferry_vcsm_enter(struct ferry_vcsm *vc);
void ferry_vcsm_leave(struct ferry_vcsm *vc);
void ferry_vcsm_free(struct kref *ref);

/* tx.c */
void ferry_vcsm_kick_locked(struct ferry_vcsm *vc);
void ferry_vcsm_tx_work(struct work_struct *work);
void ferry_vcsm_old_work(struct work_struct *work);
int ferry_vcsm_send(struct ferry_vcsm *vc, const void *msg, size_t len);
u32 ferry_vcsm_free_id(struct ferry_vcsm *vc);

/* buffer.c */
extern const char * const ferry_vcsm_state_names[VCSM_NR_STATES];
struct vcsm_buf *ferry_vcsm_buf_create(struct ferry_vcsm *vc, struct dma_buf *source,
				       const char *name);
void ferry_vcsm_buf_lend(struct vcsm_buf *b, enum vcsm_state state, u32 key);
void ferry_vcsm_buf_end(struct vcsm_buf *b, bool recall, int error);
void ferry_vcsm_buf_unuse(struct vcsm_buf *b);
void ferry_vcsm_buf_unhold(struct vcsm_buf *b);
bool ferry_vcsm_buf_over(struct vcsm_buf *b);
void ferry_vcsm_buf_free(struct vcsm_buf *b);
void ferry_vcsm_buf_unmap(struct vcsm_buf *b);
void ferry_vcsm_forget(struct ferry_vcsm *vc, bool all);
void ferry_vcsm_copy_name(char *dst, const char *src);

/* import.c */
void ferry_vcsm_answer(struct ferry_vcsm *vc, u32 id, const void *msg, size_t len);
void ferry_vcsm_wake_callers(struct ferry_vcsm *vc, int error);

/* alloc.c */
struct dma_buf *ferry_vcsm_memory(struct ferry_vcsm *vc, size_t size);

/* request.c */
int ferry_vcsm_request(struct ferry_vcsm *vc, const struct vcsm_mem_request *msg);
bool ferry_vcsm_do_request(struct ferry_vcsm *vc);

/* chain.c */
struct dma_buf *ferry_vcsm_chain(struct vcsm_buf *b);
unsigned int ferry_vcsm_depth(const struct dma_buf *source);

/* node.c */
int ferry_vcsm_node_add(struct ferry_vcsm *vc);
void ferry_vcsm_node_remove(struct ferry_vcsm *vc);

/* debugfs.c */
void ferry_vcsm_debugfs_add(struct ferry_vcsm *vc);

#endif /* FERRY_VCSM_VCSM_H */
