/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that a remote asks for: for authors of protocols.
 */
#ifndef _LINUX_FERRY_PROVIDE_H
#define _LINUX_FERRY_PROVIDE_H

#include <linux/ioport.h>
#include <linux/types.h>

struct device;
struct ferry_link;
struct ferry_provider;
struct ferry_region;
struct module;

/**
 * DOC: provided memory
 *
 * Some remotes bring no memory, and ask for it with a message: so many bytes for this
 * purpose, or these bytes at this address. A provider answers such requests, for one link
 * and in one way: limits, backing, grant, list.
 *
 * The grant comes before the answer: the remote is told of no memory that it may not
 * reach. It is revoked, and the memory given back, when the remote was stopped, and not
 * before: with the pools and loans of the link. A provider that is destroyed while the
 * remote of a crashed link was not stopped stays in quarantine, with all that it
 * provided, its grants, and the module that made them.
 */

/**
 * enum ferry_backing - what memory that a remote asks for is made of
 */
enum ferry_backing {
	/** @FERRY_BACKING_COHERENT: coherent DMA memory, zero; its address is ours to choose. */
	FERRY_BACKING_COHERENT,
	/** @FERRY_BACKING_LENT: MMIO of the remote, which names a part of a window. */
	FERRY_BACKING_LENT,
	/**
	 * @FERRY_BACKING_FOREIGN: memory that is mapped for the remote already; it names the
	 * address.
	 */
	FERRY_BACKING_FOREIGN,
};

/**
 * struct ferry_grant_ops - who has to let the remote in
 * @allow:	required; process context, may sleep: from now on the remote may reach
 *		[@remote, @remote + @size). 0 or -errno.
 * @revoke:	required; process context, may sleep: undo one @allow. The remote was
 *		stopped.
 * @hold:	optional; process context: @data is used by one more provider. All that
 *		@revoke needs stays until @put, also when the driver of the remote is
 *		unbound. 0 or -errno.
 * @put:	required with @hold: undo it
 * @owner:	module of these functions; it stays loaded as long as they may be called
 */
struct ferry_grant_ops {
	int (*allow)(void *data, u64 remote, u64 size);
	void (*revoke)(void *data, u64 remote, u64 size);
	int (*hold)(void *data);
	void (*put)(void *data);
	struct module *owner;
};

/**
 * struct ferry_provide_cfg - how memory that a remote asks for comes to be
 * @backing:	what it is made of
 * @dev:	whose dma-ranges and IOMMU are the remote's view; not used for
 *		%FERRY_BACKING_LENT
 * @window:	%FERRY_BACKING_LENT: what the remote may name, which is at the same address
 *		for the CPU; mapped as its flags say (%IORESOURCE_MEM_NONPOSTED).
 *		%FERRY_BACKING_FOREIGN: what it may name, or all zero for whatever is mapped.
 * @to_phys:	%FERRY_BACKING_FOREIGN: where the remote's address @remote is in physical
 *		memory, or 0: nowhere; process context. NULL: what the IOMMU of @dev says.
 * @phys_data:	for @to_phys
 * @grant:	who has to let the remote in, or NULL: nobody
 * @grant_data:	for @grant
 * @max_size:	bytes of one region at most, not 0
 * @max:	regions at most, not 0
 * @align:	granule of the remote's MMU or filter, a power of two: sizes are rounded up to
 *		it, and addresses are multiples; 0: any
 */
struct ferry_provide_cfg {
	enum ferry_backing backing;
	struct device *dev;
	struct resource window;
	phys_addr_t (*to_phys)(void *data, u64 remote);
	void *phys_data;
	const struct ferry_grant_ops *grant;
	void *grant_data;
	u64 max_size;
	unsigned int max;
	size_t align;
};

struct ferry_provider *ferry_provider_create(struct ferry_link *link,
					     const struct ferry_provide_cfg *cfg);
void ferry_provider_destroy(struct ferry_provider *provider);
struct ferry_region *ferry_region_provide(struct ferry_provider *provider, u32 key, u64 size,
					  u64 addr);

#endif /* _LINUX_FERRY_PROVIDE_H */
