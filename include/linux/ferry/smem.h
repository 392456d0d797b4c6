/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMEM: memory that all processors of a SoC share, and the numbered items in it.
 */
#ifndef _LINUX_FERRY_SMEM_H
#define _LINUX_FERRY_SMEM_H

#include <linux/types.h>

struct device;
struct ferry_smem;
struct hwspinlock;

/**
 * DOC: smem
 *
 * SMEM is one piece of memory, which the boot loader prepares. Items in it have a
 * number, are allocated once, by any processor, and stay until the next boot. They are
 * in the partition that two processors share, or in one for all, or in a heap: where,
 * ferry_smem_item() knows.
 *
 * Every processor can write all of it at any time. What is read here is read once,
 * checked, then used; what is in an item its user has to treat likewise.
 *
 * An SMEM is counted: what ferry_smem_item() returned is valid until
 * ferry_smem_put().
 */

/* No host in particular: the items that all share. */
#define FERRY_SMEM_HOST_ANY	((u32)~0)

/**
 * struct ferry_smem_lock_ops - a lock that is none of the kernel's hwspinlocks
 * @trylock:	atomic: take it, or return false at once
 * @unlock:	atomic: give it back
 * @bust:	optional; any context: if @owner has it, take it away. 0 or -errno.
 */
struct ferry_smem_lock_ops {
	bool (*trylock)(void *data);
	void (*unlock)(void *data);
	int (*bust)(void *data, unsigned int owner);
};

/**
 * struct ferry_smem_aux - a further region that items can be in
 * @base:	where the CPU sees it
 * @phys:	physical address
 * @size:	bytes
 */
struct ferry_smem_aux {
	void *base;
	phys_addr_t phys;
	size_t size;
};

/**
 * struct ferry_smem_cfg - what an SMEM is made of
 * @base:	where the CPU sees it: ordinary or write-combined, multiple of 8
 * @size:	bytes, multiple of 8, all of it: the last 4096 may be a table
 * @phys:	physical address
 * @lock:	what the other processors take as well; NULL: none, and a mutex only
 * @lock_ops:	instead of @lock
 * @lock_data:	argument of @lock_ops
 * @aux:	further regions; copied
 * @nr_aux:	of @aux
 * @release:	optional; process context: the last reference is gone, and with it the
 *		last use of the memory and the lock
 * @data:	argument of @release
 */
struct ferry_smem_cfg {
	void *base;
	size_t size;
	phys_addr_t phys;
	struct hwspinlock *lock;
	const struct ferry_smem_lock_ops *lock_ops;
	void *lock_data;
	const struct ferry_smem_aux *aux;
	unsigned int nr_aux;
	void (*release)(void *data);
	void *data;
};

struct ferry_smem *ferry_smem_create(struct device *parent, const struct ferry_smem_cfg *cfg);
struct ferry_smem *ferry_smem_get(void);
void ferry_smem_hold(struct ferry_smem *smem);
void ferry_smem_put(struct ferry_smem *smem);
int ferry_smem_alloc(struct ferry_smem *smem, u32 host, u32 item, size_t size);
void *ferry_smem_item(struct ferry_smem *smem, u32 host, u32 item, size_t *size);
ssize_t ferry_smem_free_space(struct ferry_smem *smem, u32 host);
int ferry_smem_bust(struct ferry_smem *smem, u32 host);

#endif /* _LINUX_FERRY_SMEM_H */
