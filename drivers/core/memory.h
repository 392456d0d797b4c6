/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that the remote of a link may know of: regions, pools, loans. The link has a
 * list of it, so that all of it comes back when the remote was stopped, and none before.
 */
#ifndef FERRY_CORE_MEMORY_H
#define FERRY_CORE_MEMORY_H

#include <linux/ferry/channel.h>
#include <linux/list.h>
#include <linux/types.h>

struct device;
struct ferry_link;
struct ferry_memory;
struct workqueue_struct;

/* A snapshot. */
struct ferry_memory_stats {
	unsigned int total;		/* pieces of it */
	unsigned int free;
	unsigned int lent;		/* to the other side */
	u64 lent_bytes;			/* what the remote may write to */
};

/* Process context, under the mutex of the link while it is in its list. */
struct ferry_memory_ops {
	/* The remote was stopped: it has nothing any more. */
	void (*reset)(struct ferry_memory *mem);
	/* Its owner gave it up, and the remote has nothing: goes with the last user. */
	void (*release)(struct ferry_memory *mem);
	void (*stats)(struct ferry_memory *mem, struct ferry_memory_stats *stats);
};

struct ferry_memory {
	const struct ferry_memory_ops *ops;
	struct list_head node;		/* in the link, or in quarantine */
	struct ferry_link *link;	/* NULL: of none */
	const char *name;		/* in debugfs; a constant string */

	/* In quarantine: whose it was. */
	struct device *parent;
	char owner[FERRY_NAME_LEN];
};

/* linkmem.c */
void ferry_memory_init(struct ferry_memory *mem, const struct ferry_memory_ops *ops);
void ferry_memory_add(struct ferry_link *link, struct ferry_memory *mem, const char *name);
void ferry_memory_add_locked(struct ferry_link *link, struct ferry_memory *mem, const char *name);
void ferry_memory_remove(struct ferry_memory *mem);
void ferry_link_reset_memory(struct ferry_link *link);

/* quarantine.c */
void ferry_quarantine_add(struct ferry_link *link, struct ferry_memory *mem);
bool ferry_quarantine_holds(struct ferry_link *link);
void ferry_quarantine_release(struct ferry_link *link);
void ferry_quarantine_stats(struct ferry_link *link, struct ferry_memory_stats *stats);

/* link.c: for what is freed where one must not sleep */
extern struct workqueue_struct *ferry_wq;

#endif /* FERRY_CORE_MEMORY_H */
