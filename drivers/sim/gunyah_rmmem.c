// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated resource manager of Gunyah: memory that one VM lends another. Only who has it
 * is kept; nothing is mapped or unmapped.
 */
#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/ferry/gunyah_rm.h>
#include <linux/string.h>

#include "../compat.h"
#include "gunyah_rm_private.h"

/* A list of ranges: bytes in it, or 0 for one that cannot be. */
static u64 mem_ranges(const u8 **p, size_t *left)
{
	struct rm_mem_range range;
	u64 size = 0;
	unsigned int n;

	if (*left < sizeof(struct rm_mem_count))
		return 0;
	n = get_unaligned_le16(*p);
	*p += sizeof(struct rm_mem_count);
	*left -= sizeof(struct rm_mem_count);
	if (!n || n > RM_MEM_ENTRIES || *left < n * sizeof(range))
		return 0;
	for (; n; n--) {
		memcpy(&range, *p, sizeof(range));
		if (!range.size || (le64_to_cpu(range.base) | le64_to_cpu(range.size)) & 0xfff)
			return 0;
		size += le64_to_cpu(range.size);
		*p += sizeof(range);
		*left -= sizeof(range);
	}
	return size;
}

/* The VM that is none of us, of a list of VMs. 0: the list cannot be. */
static u16 mem_acl(const u8 **p, size_t *left)
{
	struct rm_mem_acl acl;
	unsigned int n;
	u16 vmid = 0;

	if (*left < sizeof(struct rm_mem_count))
		return 0;
	n = get_unaligned_le16(*p);
	*p += sizeof(struct rm_mem_count);
	*left -= sizeof(struct rm_mem_count);
	if (*left < n * sizeof(acl))
		return 0;
	for (; n; n--) {
		memcpy(&acl, *p, sizeof(acl));
		if (le16_to_cpu(acl.vmid) != FERRY_SIM_GUNYAH_RM_VMID)
			vmid = le16_to_cpu(acl.vmid);
		*p += sizeof(acl);
		*left -= sizeof(acl);
	}
	return vmid;
}

static u32 mem_lend(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	const u8 *p = rq->data + sizeof(struct rm_mem_hdr);
	size_t left = rq->len - sizeof(struct rm_mem_hdr);
	struct rm_mem_hdr hdr;
	unsigned int i;
	u16 vmid;
	u64 size;

	if (rq->len < sizeof(hdr))
		return RM_MSG_INVALID;
	memcpy(&hdr, rq->data, sizeof(hdr));
	vmid = mem_acl(&p, &left);
	if (!vmid || !grm_vm_find(rm, vmid))
		return RM_VMID_INVALID;
	size = mem_ranges(&p, &left);
	if (!size || left != sizeof(struct rm_mem_count))
		return RM_MSG_INVALID;
	for (i = 0; i < GRM_PARCELS && rm->parcels[i].used; i++)
		;
	if (i == GRM_PARCELS)
		return RM_NORESOURCE;
	rm->parcels[i] = (struct grm_parcel){
		.used = true, .building = hdr.flags & RM_MEM_MORE, .vmid = vmid, .size = size,
	};
	grm_reply_u32(rm, i);
	return RM_OK;
}

static struct grm_parcel *mem_parcel(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq,
				     struct rm_mem_handle *h)
{
	u32 handle;

	if (rq->len < sizeof(*h))
		return NULL;
	memcpy(h, rq->data, sizeof(*h));
	handle = le32_to_cpu(h->handle);
	return handle < GRM_PARCELS && rm->parcels[handle].used ? &rm->parcels[handle] : NULL;
}

static u32 mem_append(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	const u8 *p = rq->data + sizeof(struct rm_mem_handle);
	size_t left = rq->len - sizeof(struct rm_mem_handle);
	struct rm_mem_handle h;
	struct grm_parcel *parcel = mem_parcel(rm, rq, &h);
	u64 size;

	if (!parcel || !parcel->building)
		return RM_HANDLE_INVALID;
	size = mem_ranges(&p, &left);
	if (!size || left)
		return RM_MSG_INVALID;
	parcel->size += size;
	parcel->building = !(h.flags & RM_MEM_APPEND_LAST);
	return RM_OK;
}

/* Until it is reset a VM that was made of it has it. */
static u32 mem_reclaim(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	struct rm_mem_handle h;
	struct grm_parcel *parcel = mem_parcel(rm, rq, &h);
	const struct grm_vm *vm;

	if (!parcel)
		return RM_HANDLE_INVALID;
	vm = grm_vm_find(rm, parcel->vmid);
	if (vm && vm->state != FERRY_GUNYAH_VM_LOAD && vm->state != FERRY_GUNYAH_VM_RESET)
		return RM_MEM_INUSE;
	parcel->used = false;
	return RM_OK;
}

bool grm_mem_request(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	switch (rq->id) {
	case RM_MEM_LEND:
	case RM_MEM_SHARE:
	case RM_MEM_DONATE:
		rm->reply.error = mem_lend(rm, rq);
		return true;
	case RM_MEM_APPEND:
		rm->reply.error = mem_append(rm, rq);
		return true;
	case RM_MEM_RECLAIM:
		rm->reply.error = mem_reclaim(rm, rq);
		return true;
	default:
		return false;
	}
}

/**
 * ferry_sim_gunyah_rm_lent() - how much memory a VM has of its owner's
 * @rm:		the resource manager
 * @vmid:	the VM
 *
 * Context: process, may sleep.
 * Return: bytes.
 */
u64 ferry_sim_gunyah_rm_lent(struct ferry_sim_gunyah_rm *rm, u16 vmid)
{
	unsigned int i;
	u64 size = 0;

	guard(mutex)(&rm->lock);
	for (i = 0; i < GRM_PARCELS; i++)
		if (rm->parcels[i].used && rm->parcels[i].vmid == vmid)
			size += rm->parcels[i].size;
	return size;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_rm_lent);
