// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated resource manager of Gunyah: memory that another VM lends its owner. It is where
 * a suite says, nothing is mapped or unmapped; what is said of it can be wrong.
 */
#include <linux/align.h>
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "gunyah_rm_private.h"

static void list_add_range(struct grm_list *l, u64 base, u64 size)
{
	l->range[l->there] = (struct rm_mem_range){
		.base = cpu_to_le64(base), .size = cpu_to_le64(size),
	};
	l->n = ++l->there;
}

static void list_change_last(struct grm_list *l, u64 base, u64 size)
{
	l->there--;
	list_add_range(l, base, size);
}

/* What replaces the whole list. */
static void list_lie(struct grm_list *l, enum ferry_sim_gunyah_rm_lie lie)
{
	unsigned int i;

	l->n = 0;
	l->there = 0;
	if (lie == FERRY_SIM_GUNYAH_RM_HUGE_SUM) {
		list_add_range(l, 0, BIT_ULL(63));
		list_add_range(l, BIT_ULL(63), BIT_ULL(63));
	}
	for (i = 0; lie == FERRY_SIM_GUNYAH_RM_LONG_LIST && i < GRM_RANGES; i++)
		list_add_range(l, (i + 1) * RM_MEM_ALIGN, RM_MEM_ALIGN);
}

static void list_spoil(struct grm_list *l, enum ferry_sim_gunyah_rm_lie lie)
{
	u64 base = le64_to_cpu(l->range[l->there - 1].base);
	u64 size = le64_to_cpu(l->range[l->there - 1].size);

	switch (lie) {
	case FERRY_SIM_GUNYAH_RM_ONE_MORE:
		l->n++;
		break;
	case FERRY_SIM_GUNYAH_RM_ONE_LESS:
		l->n--;
		break;
	case FERRY_SIM_GUNYAH_RM_WRAPS:
		list_change_last(l, -(size - RM_MEM_ALIGN), size);
		break;
	case FERRY_SIM_GUNYAH_RM_ODD_BASE:
		list_change_last(l, base + 1, size);
		break;
	case FERRY_SIM_GUNYAH_RM_ODD_SIZE:
		list_change_last(l, base, size - 1);
		break;
	case FERRY_SIM_GUNYAH_RM_NO_SIZE:
		list_change_last(l, base, 0);
		break;
	case FERRY_SIM_GUNYAH_RM_SMALLER:
		list_change_last(l, base, size - RM_MEM_ALIGN);
		break;
	case FERRY_SIM_GUNYAH_RM_ELSEWHERE:
		list_change_last(l, base + RM_MEM_ALIGN, size);
		break;
	case FERRY_SIM_GUNYAH_RM_AGAIN:
		l->range[l->there++] = l->range[0];
		l->n++;
		break;
	default:
		list_lie(l, lie);
		break;
	}
}

/* Where it is when nobody says otherwise, and what is wrong with that. */
static void list_fill(struct ferry_sim_gunyah_rm *rm, const struct grm_lend *lend)
{
	struct grm_list *l = &rm->list;
	unsigned int i;

	l->n = 0;
	l->there = 0;
	for (i = 0; i < FERRY_SIM_GUNYAH_RM_PIECES && lend->cfg.size[i]; i++)
		list_add_range(l, lend->cfg.base[i], lend->cfg.size[i]);
	if (rm->lie)
		list_spoil(l, rm->lie);
}

static void *put(void *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

static void *list_put(const struct grm_list *l, void *p)
{
	const struct rm_mem_count count = { .n = cpu_to_le16(l->n) };

	p = put(p, &count, sizeof(count));
	return put(p, l->range, l->there * sizeof(l->range[0]));
}

static u64 lend_size(const struct grm_lend *lend)
{
	unsigned int i;
	u64 size = 0;

	for (i = 0; i < FERRY_SIM_GUNYAH_RM_PIECES && lend->cfg.size[i]; i++)
		size += lend->cfg.size[i];
	return size;
}

static struct grm_lend *lend_find(struct ferry_sim_gunyah_rm *rm, u32 handle)
{
	struct grm_lend *lend;

	if (handle < GRM_LEND_FIRST || handle >= GRM_LEND_FIRST + GRM_LENDS)
		return NULL;
	lend = &rm->lends[handle - GRM_LEND_FIRST];
	return lend->used ? lend : NULL;
}

/* Is @data so many ranges, of all that was lent? */
static u32 accept_ranges(const struct grm_lend *lend, const u8 *data, unsigned int n)
{
	struct rm_mem_range range;
	unsigned int i;
	u64 size = 0;

	for (i = 0; i < n; i++) {
		memcpy(&range, data + i * sizeof(range), sizeof(range));
		if (!IS_ALIGNED(le64_to_cpu(range.base) | le64_to_cpu(range.size), RM_MEM_ALIGN))
			return RM_ARGUMENT_INVALID;
		size += le64_to_cpu(range.size);
	}
	return size == lend_size(lend) ? RM_OK : RM_MAP_FAILED;
}

/* Is the list of VMs the one that it was lent with? */
static bool accept_acls(const struct grm_lend *lend, const u8 *data, u32 n)
{
	const u8 want[] = { FERRY_SIM_GUNYAH_RM_VMID, 0, lend->cfg.rights, 0 };

	return n == 1 && !memcmp(data, want, sizeof(want));
}

/* What is validated; whole requests only. */
static u32 accept_check(const struct grm_lend *lend, const struct rm_mem_accept *head,
			const u8 *acls)
{
	if (!(head->flags & RM_MEM_ACCEPT_DONE) || head->flags & RM_MEM_ACCEPT_OTHER)
		return RM_ARGUMENT_INVALID;
	if (head->kind != lend->cfg.io || head->trans != lend->cfg.trans)
		return RM_ARGUMENT_INVALID;
	if (head->flags & RM_MEM_ACCEPT_LABEL && le32_to_cpu(head->label) != lend->cfg.label)
		return RM_VALIDATE_FAILED;
	if (head->flags & RM_MEM_ACCEPT_ACL && !accept_acls(lend, acls, le32_to_cpu(head->acls)))
		return RM_VALIDATE_FAILED;
	return lend->mapped ? RM_MEM_INUSE : RM_OK;
}

static u32 lend_accept(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	const u8 *acls = rq->data + sizeof(struct rm_mem_accept);
	struct rm_mem_accept head;
	struct rm_mem_place place;
	struct grm_lend *lend;
	unsigned int n;
	size_t left;
	u32 ret;

	if (rq->len < sizeof(head) + sizeof(place) + sizeof(struct rm_mem_count))
		return RM_MSG_INVALID;
	memcpy(&head, rq->data, sizeof(head));
	left = rq->len - sizeof(head) - sizeof(place) - sizeof(struct rm_mem_count);
	if (le32_to_cpu(head.acls) > left / sizeof(struct rm_mem_acl))
		return RM_MSG_INVALID;
	left -= le32_to_cpu(head.acls) * sizeof(struct rm_mem_acl);
	memcpy(&place, acls + le32_to_cpu(head.acls) * sizeof(struct rm_mem_acl), sizeof(place));
	n = le16_to_cpu(place.n);
	if (n * sizeof(struct rm_mem_range) != left)
		return RM_MSG_INVALID;
	lend = lend_find(rm, le32_to_cpu(head.handle));
	if (!lend)
		return RM_HANDLE_INVALID;
	ret = accept_check(lend, &head, acls);
	if (!ret && n)
		ret = accept_ranges(lend, rq->data + rq->len - left - sizeof(struct rm_mem_count),
				    n);
	if (ret)
		return ret;
	lend->mapped = true;
	lend->state.accepted++;
	if (n && !rm->lie)
		return RM_OK;
	list_fill(rm, lend);
	rm->reply.len = list_put(&rm->list, rm->reply.data) - (void *)rm->reply.data;
	return RM_OK;
}

static u32 lend_release(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	struct rm_mem_handle h;
	struct grm_lend *lend;

	if (rq->len != sizeof(h))
		return RM_MSG_INVALID;
	memcpy(&h, rq->data, sizeof(h));
	lend = lend_find(rm, le32_to_cpu(h.handle));
	if (!lend)
		return RM_HANDLE_INVALID;
	if (!lend->mapped)
		return RM_MEM_RELEASED;
	lend->mapped = false;
	lend->state.released++;
	lend->state.cleared += h.flags == RM_MEM_SANITIZE;
	return RM_OK;
}

/* Whom its owner lent memory accepts it at once. */
static u32 notify_vms(struct ferry_sim_gunyah_rm *rm, const struct rm_mem_notify *head,
		      const u8 *list, size_t len)
{
	struct rm_mem_changed note = { .handle = head->handle, .tag = head->tag };
	u32 handle = le32_to_cpu(head->handle);
	unsigned int i, n;

	if (len < sizeof(struct rm_mem_count))
		return RM_MSG_INVALID;
	n = get_unaligned_le16(list);
	if (!n || len != sizeof(struct rm_mem_count) + n * sizeof(struct rm_vmid))
		return RM_MSG_INVALID;
	if (handle >= GRM_PARCELS || !rm->parcels[handle].used)
		return RM_HANDLE_INVALID;
	for (i = 0; i < n; i++) {
		u16 vmid = get_unaligned_le16(list + sizeof(struct rm_mem_count) +
					      i * sizeof(struct rm_vmid));

		if (vmid != rm->parcels[handle].vmid)
			return RM_VMID_INVALID;
		note.vmid = cpu_to_le16(vmid);
		grm_send_note(rm, RM_NOTE_MEM_ACCEPTED, &note, sizeof(note));
	}
	return RM_OK;
}

static u32 lend_notify(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	struct rm_mem_notify head;
	struct grm_lend *lend;

	if (rq->len < sizeof(head))
		return RM_MSG_INVALID;
	memcpy(&head, rq->data, sizeof(head));
	if (head.flags == RM_MEM_NOTIFY_SHARED)
		return notify_vms(rm, &head, rq->data + sizeof(head), rq->len - sizeof(head));
	if (rq->len != sizeof(head))
		return RM_MSG_INVALID;
	if (head.flags != RM_MEM_NOTIFY_RELEASED && head.flags != RM_MEM_NOTIFY_ACCEPTED)
		return RM_ARGUMENT_INVALID;
	lend = lend_find(rm, le32_to_cpu(head.handle));
	if (!lend)
		return RM_HANDLE_INVALID;
	lend->state.notified = head.flags;
	lend->state.tag = le32_to_cpu(head.tag);
	return RM_OK;
}

bool grm_lend_request(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	switch (rq->id) {
	case RM_MEM_ACCEPT:
		rm->reply.error = lend_accept(rm, rq);
		return true;
	case RM_MEM_RELEASE:
		rm->reply.error = lend_release(rm, rq);
		return true;
	case RM_MEM_NOTIFY:
		rm->reply.error = lend_notify(rm, rq);
		return true;
	default:
		return false;
	}
}

/* Under the lock. The list of attributes is there, and empty. */
static int lend_announce(struct ferry_sim_gunyah_rm *rm, const struct grm_lend *lend, u32 handle)
{
	const struct rm_mem_shared head = {
		.handle = cpu_to_le32(handle), .kind = lend->cfg.io, .trans = lend->cfg.trans,
		.owner = cpu_to_le16(lend->cfg.owner), .label = cpu_to_le32(lend->cfg.label),
		.tag = cpu_to_le32(lend->cfg.tag), .acls = cpu_to_le32(1),
	};
	const struct rm_mem_acl acl = {
		.vmid = cpu_to_le16(FERRY_SIM_GUNYAH_RM_VMID), .rights = lend->cfg.rights,
	};
	const struct rm_mem_count no_attributes = {};
	void *p, *buf = kmalloc(RM_MESSAGE_MAX, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	p = put(buf, &head, sizeof(head));
	p = put(p, &acl, sizeof(acl));
	list_fill(rm, lend);
	p = list_put(&rm->list, p);
	p = put(p, &no_attributes, sizeof(no_attributes));
	grm_send_note(rm, RM_NOTE_MEM_SHARED, buf, p - buf);
	kfree(buf);
	return 0;
}

/**
 * ferry_sim_gunyah_rm_lend() - let another VM lend memory to the owner
 * @rm:		the resource manager
 * @lend:	the memory; copied, with a piece at least
 *
 * It says so with a notification.
 *
 * Context: process, may sleep.
 * Return: its handle, -ENOSPC: four are lent, or -ENOMEM.
 */
s64 ferry_sim_gunyah_rm_lend(struct ferry_sim_gunyah_rm *rm,
			     const struct ferry_sim_gunyah_rm_lend *lend)
{
	unsigned int i;
	int ret;

	scoped_guard(mutex, &rm->lock) {
		for (i = 0; i < GRM_LENDS && rm->lends[i].used; i++)
			;
		if (i == GRM_LENDS)
			return -ENOSPC;
		rm->lends[i] = (struct grm_lend){ .used = true, .cfg = *lend };
		ret = lend_announce(rm, &rm->lends[i], GRM_LEND_FIRST + i);
		rm->lends[i].used = !ret;
	}
	grm_kick(rm);
	return ret ?: GRM_LEND_FIRST + i;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_lend);

/**
 * ferry_sim_gunyah_rm_take_back() - memory that was lent to the owner is there no more
 * @rm:		the resource manager
 * @handle:	the memory, accepted or not
 *
 * Context: process, may sleep.
 * Return: 0, or -ENOENT.
 */
int ferry_sim_gunyah_rm_take_back(struct ferry_sim_gunyah_rm *rm, u32 handle)
{
	struct grm_lend *lend;

	guard(mutex)(&rm->lock);
	lend = lend_find(rm, handle);
	if (!lend)
		return -ENOENT;
	lend->used = false;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_take_back);

/**
 * ferry_sim_gunyah_rm_lent_state() - what became of memory that was lent to the owner
 * @rm:		the resource manager
 * @handle:	the memory
 * @state:	filled
 *
 * Context: process, may sleep.
 * Return: 0, or -ENOENT.
 */
int ferry_sim_gunyah_rm_lent_state(struct ferry_sim_gunyah_rm *rm, u32 handle,
				   struct ferry_sim_gunyah_rm_lent_state *state)
{
	const struct grm_lend *lend;

	guard(mutex)(&rm->lock);
	lend = lend_find(rm, handle);
	if (!lend)
		return -ENOENT;
	*state = lend->state;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_lent_state);

/**
 * ferry_sim_gunyah_rm_lie() - something is wrong with the ranges that it says from now on
 * @rm:		the resource manager
 * @lie:	what, of memory that is lent to the owner
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_rm_lie(struct ferry_sim_gunyah_rm *rm, enum ferry_sim_gunyah_rm_lie lie)
{
	guard(mutex)(&rm->lock);
	rm->lie = lie;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_lie);
