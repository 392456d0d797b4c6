// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: what other VMs say of memory, and what they are told. What
 * they say is copied and checked as a whole, or refused.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "rm.h"

bool rm_range_is_good(const struct ferry_gunyah_range *range)
{
	return range->size && IS_ALIGNED(range->base | range->size, RM_MEM_ALIGN) &&
	       range->base <= U64_MAX - (range->size - 1);
}

void rm_get_range(const struct rm_list *ranges, unsigned int nr, struct ferry_gunyah_range *range)
{
	struct rm_mem_range wire;

	memcpy(&wire, ranges->p + nr * sizeof(wire), sizeof(wire));
	range->base = le64_to_cpu(wire.base);
	range->size = le64_to_cpu(wire.size);
}

static int parse_sum(const struct rm_list *ranges, u64 *size)
{
	struct ferry_gunyah_range range;
	unsigned int i;

	*size = 0;
	for (i = 0; i < ranges->n; i++) {
		rm_get_range(ranges, i, &range);
		if (!rm_range_is_good(&range) || check_add_overflow(*size, range.size, size))
			return -EBADMSG;
	}
	return 0;
}

int rm_parse_ranges(const void *data, size_t len, struct rm_list *ranges, u64 *size, size_t *left)
{
	const size_t head = sizeof(struct rm_mem_count), one = sizeof(struct rm_mem_range);

	if (len < head)
		return -EBADMSG;
	ranges->n = get_unaligned_le16(data);
	ranges->p = data + head;
	if (ranges->n > RM_MEM_ENTRIES || ranges->n > (len - head) / one)
		return -EBADMSG;
	*left = len - head - ranges->n * one;
	return parse_sum(ranges, size);
}

/* The last list need not be there, but not by half. What is behind it may be new. */
static int parse_attributes(const u8 *data, size_t len)
{
	if (!len)
		return 0;
	if (len < sizeof(struct rm_mem_count))
		return -EBADMSG;
	len -= sizeof(struct rm_mem_count);
	return get_unaligned_le16(data) <= len / sizeof(struct rm_mem_attr) ? 0 : -EBADMSG;
}

/* How somebody else has it. False: in no way that there is. */
static bool parse_kind(const struct rm_mem_shared *wire, struct ferry_gunyah_shared *shared)
{
	static const enum ferry_gunyah_mem_how how[] = {
		[RM_MEM_TRANS_DONATE] = FERRY_GUNYAH_DONATE,
		[RM_MEM_TRANS_LEND] = FERRY_GUNYAH_LEND,
		[RM_MEM_TRANS_SHARE] = FERRY_GUNYAH_SHARE,
	};

	if (wire->kind > RM_MEM_KIND_IO || wire->trans >= ARRAY_SIZE(how))
		return false;
	shared->io = wire->kind == RM_MEM_KIND_IO;
	shared->how = how[wire->trans];
	return true;
}

static int parse_lists(const void *data, size_t len, u32 acls, struct ferry_gunyah_shared *shared)
{
	struct rm_list ranges;
	size_t left;
	int ret;

	if (acls > len / sizeof(struct rm_mem_acl))
		return -EBADMSG;
	shared->acls = data;
	shared->nr_acls = acls;
	data += acls * sizeof(struct rm_mem_acl);
	len -= acls * sizeof(struct rm_mem_acl);
	ret = rm_parse_ranges(data, len, &ranges, &shared->size, &left);
	if (ret)
		return ret;
	shared->ranges = ranges.p;
	shared->nr_ranges = ranges.n;
	return parse_attributes(data + len - left, left);
}

/**
 * ferry_gunyah_parse_shared() - is this memory that another VM has for us?
 * @id:		of a notification
 * @data:	its content
 * @len:	bytes
 * @shared:	filled; its lists are in @data, and valid as long as that is
 *
 * For &ferry_gunyah_rm_listener.note. Ranges are where the owner, or nobody, has it, until it
 * is accepted.
 *
 * Context: any.
 * Return: 0; -ENOMSG it is about something else; -EBADMSG it says what cannot be: listeners
 * do not get those.
 */
int ferry_gunyah_parse_shared(u32 id, const void *data, size_t len,
			      struct ferry_gunyah_shared *shared)
{
	struct rm_mem_shared wire;

	if (id != RM_NOTE_MEM_SHARED)
		return -ENOMSG;
	if (len < sizeof(wire))
		return -EBADMSG;
	memcpy(&wire, data, sizeof(wire));
	if (!parse_kind(&wire, shared))
		return -EBADMSG;
	shared->handle = le32_to_cpu(wire.handle);
	shared->owner = le16_to_cpu(wire.owner);
	shared->label = le32_to_cpu(wire.label);
	shared->tag = le32_to_cpu(wire.tag);
	if (shared->handle == RM_MEM_HANDLE_NONE)
		return -EBADMSG;
	return parse_lists(data + sizeof(wire), len - sizeof(wire), le32_to_cpu(wire.acls),
			   shared);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_parse_shared);

/**
 * ferry_gunyah_shared_acl() - a VM that may use memory
 * @shared:	the memory
 * @nr:		which entry, from 0; any value
 * @acl:	filled
 *
 * Context: any.
 * Return: 0, or -ENOENT: there are not so many.
 */
int ferry_gunyah_shared_acl(const struct ferry_gunyah_shared *shared, unsigned int nr,
			    struct ferry_gunyah_acl *acl)
{
	struct rm_mem_acl wire;

	if (nr >= shared->nr_acls)
		return -ENOENT;
	memcpy(&wire, shared->acls + nr * sizeof(wire), sizeof(wire));
	acl->vmid = le16_to_cpu(wire.vmid);
	acl->rights = wire.rights;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_shared_acl);

/**
 * ferry_gunyah_shared_range() - a piece of memory that another VM has for us
 * @shared:	the memory
 * @nr:		which piece, from 0; any value
 * @range:	filled
 *
 * Context: any.
 * Return: 0, or -ENOENT: there are not so many.
 */
int ferry_gunyah_shared_range(const struct ferry_gunyah_shared *shared, unsigned int nr,
			      struct ferry_gunyah_range *range)
{
	const struct rm_list ranges = { .p = shared->ranges, .n = shared->nr_ranges };

	if (nr >= ranges.n)
		return -ENOENT;
	rm_get_range(&ranges, nr, range);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_shared_range);

/**
 * ferry_gunyah_parse_changed() - did another VM accept or release memory?
 * @id:		of a notification
 * @data:	its content
 * @len:	bytes
 * @changed:	filled
 *
 * For &ferry_gunyah_rm_listener.note.
 *
 * Context: any.
 * Return: 0; -ENOMSG it is about something else; -EBADMSG it is too short.
 */
int ferry_gunyah_parse_changed(u32 id, const void *data, size_t len,
			       struct ferry_gunyah_changed *changed)
{
	struct rm_mem_changed wire;

	if (id != RM_NOTE_MEM_RELEASED && id != RM_NOTE_MEM_ACCEPTED)
		return -ENOMSG;
	if (len < sizeof(wire))
		return -EBADMSG;
	memcpy(&wire, data, sizeof(wire));
	changed->change = id == RM_NOTE_MEM_RELEASED ? FERRY_GUNYAH_MEM_RELEASED :
						       FERRY_GUNYAH_MEM_ACCEPTED;
	changed->handle = le32_to_cpu(wire.handle);
	changed->vmid = le16_to_cpu(wire.vmid);
	changed->tag = le32_to_cpu(wire.tag);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_parse_changed);

bool rm_mem_note_ok(u32 id, const void *data, size_t len)
{
	struct ferry_gunyah_shared shared;

	return ferry_gunyah_parse_shared(id, data, len, &shared) != -EBADMSG;
}

static int notify_send(struct ferry_gunyah_rm *rm, const struct ferry_gunyah_mem_note_cfg *cfg,
		       void *buf)
{
	static const u8 flags[] = {
		[FERRY_GUNYAH_MEM_SHARED] = RM_MEM_NOTIFY_SHARED,
		[FERRY_GUNYAH_MEM_RELEASED] = RM_MEM_NOTIFY_RELEASED,
		[FERRY_GUNYAH_MEM_ACCEPTED] = RM_MEM_NOTIFY_ACCEPTED,
	};
	const struct rm_mem_notify head = {
		.handle = cpu_to_le32(cfg->handle), .flags = flags[cfg->change],
		.tag = cpu_to_le32(cfg->tag),
	};
	const struct rm_mem_count count = { .n = cpu_to_le16(cfg->nr_vmids) };
	void *p = rm_put_bytes(buf, &head, sizeof(head));
	unsigned int i;

	if (cfg->change == FERRY_GUNYAH_MEM_SHARED)
		p = rm_put_bytes(p, &count, sizeof(count));
	for (i = 0; i < cfg->nr_vmids; i++) {
		const struct rm_vmid vmid = { .vmid = cpu_to_le16(cfg->vmids[i]) };

		p = rm_put_bytes(p, &vmid, sizeof(vmid));
	}
	return rm_call(rm, RM_MEM_NOTIFY, buf, p - buf, NULL, 0, rm->cfg.timeout_ms);
}

/**
 * ferry_gunyah_mem_notify() - tell others what became of memory
 * @rm:		the resource manager
 * @cfg:	what, and whom
 *
 * Others are told with a notification, which may be lost.
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: 0; -EINVAL nobody is named, or somebody where its owner is told, or there is no such
 * change; -EMSGSIZE more than 512 are named; -ENOMEM, or what ferry_gunyah_rm_call() returned.
 */
int ferry_gunyah_mem_notify(struct ferry_gunyah_rm *rm,
			    const struct ferry_gunyah_mem_note_cfg *cfg)
{
	bool named = cfg->change == FERRY_GUNYAH_MEM_SHARED;
	size_t len = sizeof(struct rm_mem_notify) + sizeof(struct rm_mem_count);
	void *buf;
	int ret;

	if (cfg->change > FERRY_GUNYAH_MEM_ACCEPTED || named != !!cfg->nr_vmids)
		return -EINVAL;
	if (cfg->nr_vmids > RM_MEM_ENTRIES)
		return -EMSGSIZE;
	buf = kmalloc(len + cfg->nr_vmids * sizeof(struct rm_vmid), GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	ret = notify_send(rm, cfg, buf);
	kfree(buf);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_mem_notify);
