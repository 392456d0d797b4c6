// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: memory that other VMs lend us, or share with us.
 *
 * Each piece that was accepted is released once. What may be accepted, and nobody can tell,
 * is released to be sure; what the resource manager does not take back is counted, and never
 * tried again: its handle may be that of something else then.
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/link.h>
#include <linux/ferry/provide.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "rm.h"

#define ACCEPT_FLAGS	(FERRY_GUNYAH_ACCEPT_SANITIZED | FERRY_GUNYAH_ACCEPT_ACL | \
			 FERRY_GUNYAH_ACCEPT_LABEL | FERRY_GUNYAH_ACCEPT_ONE | \
			 FERRY_GUNYAH_ACCEPT_SANITIZE)

static_assert(FERRY_GUNYAH_ACCEPT_SANITIZED == RM_MEM_ACCEPT_SANITIZED);
static_assert(FERRY_GUNYAH_ACCEPT_ACL == RM_MEM_ACCEPT_ACL);
static_assert(FERRY_GUNYAH_ACCEPT_LABEL == RM_MEM_ACCEPT_LABEL);
static_assert(FERRY_GUNYAH_ACCEPT_ONE == RM_MEM_ACCEPT_ONE);
static_assert(FERRY_GUNYAH_ACCEPT_SANITIZE == RM_MEM_ACCEPT_SANITIZE);

/**
 * struct ferry_gunyah_accepted - memory of another VM that we have
 * @ref:	who accepted it, and providers
 * @rm:		the resource manager, with a reference
 * @handle:	how that calls it
 * @io:		registers of a device
 * @clear:	it is cleared when it is given back
 * @size:	bytes
 * @room:	there is for so many ranges
 * @nr:		ranges
 * @range:	where it is
 */
struct ferry_gunyah_accepted {
	struct kref ref;
	struct ferry_gunyah_rm *rm;
	u32 handle;
	bool io;
	bool clear;
	u64 size;
	unsigned int room;
	unsigned int nr;
	struct ferry_gunyah_range range[] __counted_by(room);
};

static void accepted_free(struct ferry_gunyah_accepted *acc)
{
	ferry_gunyah_rm_put(acc->rm);
	kvfree(acc);
}

/* Once for each. */
static int accepted_send_release(struct ferry_gunyah_accepted *acc)
{
	const struct rm_mem_handle request = {
		.handle = cpu_to_le32(acc->handle), .flags = acc->clear ? RM_MEM_SANITIZE : 0,
	};
	struct ferry_gunyah_rm *rm = acc->rm;
	int ret = rm_call(rm, RM_MEM_RELEASE, &request, sizeof(request), NULL, 0,
			  rm->cfg.slow_timeout_ms);

	if (!ret)
		return 0;
	dev_err(ferry_link_dev(rm->link), "memory %u of another VM is not given back: %d\n",
		acc->handle, ret);
	guard(spinlock_irqsave)(&rm->lock);
	rm->stats.unreleased++;
	return ret;
}

static void accepted_put(struct kref *ref)
{
	struct ferry_gunyah_accepted *acc = container_of(ref, struct ferry_gunyah_accepted, ref);

	accepted_send_release(acc);
	accepted_free(acc);
}

/* Is each piece of memory in one place, and all of it as large as it must be? */
static int ranges_check(const struct ferry_gunyah_range *range, unsigned int nr, u64 size)
{
	unsigned int i, k;
	u64 sum = 0;

	for (i = 0; i < nr; i++) {
		if (!rm_range_is_good(&range[i]) || check_add_overflow(sum, range[i].size, &sum))
			return -EINVAL;
		for (k = 0; k < i; k++)
			if (range[i].base <= range[k].base + (range[k].size - 1) &&
			    range[k].base <= range[i].base + (range[i].size - 1))
				return -EINVAL;
	}
	return size && sum != size ? -EINVAL : 0;
}

static int accept_cfg_check(const struct ferry_gunyah_accept_cfg *cfg)
{
	if (cfg->handle == RM_MEM_HANDLE_NONE || cfg->flags & ~ACCEPT_FLAGS)
		return -EINVAL;
	if (cfg->flags & FERRY_GUNYAH_ACCEPT_ACL && !cfg->nr_acls)
		return -EINVAL;
	if (cfg->nr_ranges > RM_MEM_ENTRIES || cfg->nr_acls > RM_MEM_ENTRIES)
		return -EMSGSIZE;
	return cfg->nr_ranges ? ranges_check(cfg->ranges, cfg->nr_ranges, cfg->size) : 0;
}

static u8 accept_trans(enum ferry_gunyah_mem_how how)
{
	switch (how) {
	case FERRY_GUNYAH_SHARE:
		return RM_MEM_TRANS_SHARE;
	case FERRY_GUNYAH_DONATE:
		return RM_MEM_TRANS_DONATE;
	default:
		return RM_MEM_TRANS_LEND;
	}
}

static void *put_accept_head(void *p, const struct ferry_gunyah_accept_cfg *cfg)
{
	const struct rm_mem_accept head = {
		.handle = cpu_to_le32(cfg->handle),
		.kind = cfg->io ? RM_MEM_KIND_IO : RM_MEM_KIND_NORMAL,
		.trans = accept_trans(cfg->how),
		.flags = cfg->flags | RM_MEM_ACCEPT_DONE,
		.label = cpu_to_le32(cfg->label),
		.acls = cpu_to_le32(cfg->nr_acls),
	};

	return rm_put_bytes(p, &head, sizeof(head));
}

/* Two lists of 512 fit in a message: see the assertion. Returns bytes. */
static size_t put_accept(void *buf, const struct ferry_gunyah_accept_cfg *cfg)
{
	const struct rm_mem_place place = { .n = cpu_to_le16(cfg->nr_ranges) };
	const struct rm_mem_count no_attributes = {};
	void *p = put_accept_head(buf, cfg);
	unsigned int i;

	static_assert(sizeof(struct rm_mem_accept) + sizeof(place) + sizeof(no_attributes) +
		      RM_MEM_ENTRIES * (sizeof(struct rm_mem_acl) + sizeof(struct rm_mem_range)) <=
		      RM_MESSAGE_MAX);
	for (i = 0; i < cfg->nr_acls; i++) {
		const struct rm_mem_acl acl = {
			.vmid = cpu_to_le16(cfg->acls[i].vmid), .rights = cfg->acls[i].rights,
		};

		p = rm_put_bytes(p, &acl, sizeof(acl));
	}
	p = rm_put_bytes(p, &place, sizeof(place));
	for (i = 0; i < cfg->nr_ranges; i++) {
		const struct rm_mem_range range = {
			.base = cpu_to_le64(cfg->ranges[i].base),
			.size = cpu_to_le64(cfg->ranges[i].size),
		};

		p = rm_put_bytes(p, &range, sizeof(range));
	}
	return rm_put_bytes(p, &no_attributes, sizeof(no_attributes)) - buf;
}

/* Where it is, by the reply. One that says nothing means what was asked for. */
static int accept_take(struct ferry_gunyah_accepted *acc, const void *reply, size_t len,
		       const struct ferry_gunyah_accept_cfg *cfg)
{
	struct rm_list ranges = {};
	size_t left = 0;
	unsigned int i;
	u64 size;

	if (len && (rm_parse_ranges(reply, len, &ranges, &size, &left) || left))
		return -EBADMSG;
	if (ranges.n > acc->room)
		return -EBADMSG;
	acc->nr = ranges.n;
	for (i = 0; i < ranges.n; i++)
		rm_get_range(&ranges, i, &acc->range[i]);
	if (!acc->nr) {
		acc->nr = cfg->nr_ranges;
		for (i = 0; i < acc->nr; i++)
			acc->range[i] = cfg->ranges[i];
	}
	if (!acc->nr || ranges_check(acc->range, acc->nr, cfg->size))
		return -EBADMSG;
	/* Elsewhere than it was told to: whose that is nobody knows. */
	if (cfg->nr_ranges && (acc->nr != cfg->nr_ranges ||
			       memcmp(acc->range, cfg->ranges, acc->nr * sizeof(*acc->range))))
		return -EBADMSG;
	for (i = 0; i < acc->nr; i++)
		acc->size += acc->range[i].size;
	return 0;
}

/* @buf takes the request, then the reply. An error: we do not have it, or cannot say so. */
static int accept_call(struct ferry_gunyah_accepted *acc,
		       const struct ferry_gunyah_accept_cfg *cfg, void *buf)
{
	size_t len = put_accept(buf, cfg);
	bool unsure;
	ssize_t ret = rm_call_sure(acc->rm, RM_MEM_ACCEPT, buf, len, buf, RM_MESSAGE_MAX,
				   acc->rm->cfg.slow_timeout_ms, &unsure);

	if (ret >= 0) {
		ret = accept_take(acc, buf, ret, cfg);
		unsure = ret;
	}
	/* It answers in order: what it accepted after all it releases then. */
	if (ret && unsure)
		accepted_send_release(acc);
	return ret;
}

/* Room for all that may be answered comes first: then there is nothing to undo. */
static struct ferry_gunyah_accepted *accepted_new(struct ferry_gunyah_rm *rm,
						  const struct ferry_gunyah_accept_cfg *cfg)
{
	struct ferry_gunyah_accepted *acc;
	unsigned int room = cfg->nr_ranges;

	if (!room)
		room = cfg->flags & FERRY_GUNYAH_ACCEPT_ONE ? 1 : RM_MEM_ENTRIES;
	acc = kvzalloc(struct_size(acc, range, room), GFP_KERNEL);
	if (!acc)
		return NULL;
	kref_init(&acc->ref);
	kref_get(&rm->ref);
	acc->rm = rm;
	acc->handle = cfg->handle;
	acc->io = cfg->io;
	acc->clear = cfg->clear;
	acc->room = room;
	return acc;
}

/**
 * ferry_gunyah_mem_accept() - take memory that another VM lends us, or shares with us
 * @rm:		the resource manager; a reference is taken
 * @cfg:	which, and where; copied
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: the memory, for ferry_gunyah_mem_release(); ERR_PTR(): -EINVAL ranges or flags that
 * cannot be, or the resource manager refused it, -EMSGSIZE more than 512 ranges or VMs,
 * -ENOMEM, -EBADMSG what it says of it cannot be: more or less than it must have, not whole
 * pages, twice the same, or elsewhere than asked; or what ferry_gunyah_rm_call() returned. It
 * was released then, if there was anything to release.
 */
struct ferry_gunyah_accepted *
ferry_gunyah_mem_accept(struct ferry_gunyah_rm *rm, const struct ferry_gunyah_accept_cfg *cfg)
{
	struct ferry_gunyah_accepted *acc;
	int ret = accept_cfg_check(cfg);
	void *buf;

	if (ret)
		return ERR_PTR(ret);
	acc = accepted_new(rm, cfg);
	if (!acc)
		return ERR_PTR(-ENOMEM);
	buf = kmalloc(RM_MESSAGE_MAX, GFP_KERNEL);
	ret = buf ? accept_call(acc, cfg, buf) : -ENOMEM;
	kfree(buf);
	if (!ret)
		return acc;
	accepted_free(acc);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_mem_accept);

/**
 * ferry_gunyah_mem_release() - give memory back to the VM that lent it
 * @acc:	the memory, an ERR_PTR or NULL; nobody uses it any more but providers
 *
 * Where a provider uses it, it is released with the last of those. If the resource manager
 * does not take it back that is logged and counted, and not tried again.
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 */
void ferry_gunyah_mem_release(struct ferry_gunyah_accepted *acc)
{
	if (!IS_ERR_OR_NULL(acc))
		kref_put(&acc->ref, accepted_put);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_mem_release);

/**
 * ferry_gunyah_accepted_handle() - how the resource manager calls memory of another VM
 * @acc:	the memory
 *
 * Context: any.
 * Return: its handle; 0 is one.
 */
u32 ferry_gunyah_accepted_handle(const struct ferry_gunyah_accepted *acc)
{
	return acc->handle;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_accepted_handle);

/**
 * ferry_gunyah_accepted_size() - how much memory of another VM it is
 * @acc:	the memory
 *
 * Context: any.
 * Return: bytes, of all ranges.
 */
u64 ferry_gunyah_accepted_size(const struct ferry_gunyah_accepted *acc)
{
	return acc->size;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_accepted_size);

/**
 * ferry_gunyah_accepted_ranges() - where memory of another VM is
 * @acc:	the memory
 * @ranges:	set to physical addresses, in the order of the memory; valid as long as @acc
 *
 * None overlaps another. Nothing is mapped for the CPU.
 *
 * Context: any.
 * Return: how many, at least 1.
 */
unsigned int ferry_gunyah_accepted_ranges(const struct ferry_gunyah_accepted *acc,
					  const struct ferry_gunyah_range **ranges)
{
	*ranges = acc->range;
	return acc->nr;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_accepted_ranges);

/**
 * ferry_gunyah_accepted_phys() - &ferry_provide_cfg.to_phys of memory of another VM
 * @data:	the memory
 * @remote:	address of a page; any value
 *
 * Context: any.
 * Return: the same, or 0: the page is not in it, or not all of it.
 */
phys_addr_t ferry_gunyah_accepted_phys(void *data, u64 remote)
{
	const struct ferry_gunyah_accepted *acc = data;
	unsigned int i;

	for (i = 0; i < acc->nr; i++) {
		const struct ferry_gunyah_range *range = &acc->range[i];

		if (remote >= range->base && range->size >= PAGE_SIZE &&
		    remote - range->base <= range->size - PAGE_SIZE)
			return (phys_addr_t)remote == remote ? remote : 0;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_accepted_phys);

/* Its owner let both in, and each page was looked up. */
static int accepted_allow(void *data, u64 remote, u64 size)
{
	return 0;
}

static void accepted_revoke(void *data, u64 remote, u64 size)
{
}

/* Registers cannot be mapped as memory. */
static int accepted_hold(void *data)
{
	struct ferry_gunyah_accepted *acc = data;

	if (acc->io)
		return -EOPNOTSUPP;
	kref_get(&acc->ref);
	return 0;
}

static void accepted_put_grant(void *data)
{
	ferry_gunyah_mem_release(data);
}

const struct ferry_grant_ops ferry_gunyah_accepted_grant = {
	.allow = accepted_allow,
	.revoke = accepted_revoke,
	.hold = accepted_hold,
	.put = accepted_put_grant,
	.owner = THIS_MODULE,
};
EXPORT_SYMBOL_GPL(ferry_gunyah_accepted_grant);
