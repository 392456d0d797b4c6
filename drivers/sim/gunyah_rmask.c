// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated resource manager of Gunyah: who VMs are, and their consoles. A console says
 * what is written to it, while its VM runs.
 */
#include <linux/ferry/gunyah_rm.h>
#include <linux/string.h>

#include "../compat.h"
#include "gunyah_rm_private.h"

#define ASK_NAME_MAX	16

static const u8 ask_guid[] = {
	0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
	0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,
};

/* "vm" and its number, in decimal; 0 is who asks. */
static size_t ask_name(u16 vmid, char *name)
{
	return scnprintf(name, ASK_NAME_MAX, "vm%u", vmid ?: FERRY_SIM_GUNYAH_RM_VMID);
}

static void ask_add_id(struct ferry_sim_gunyah_rm *rm, u8 kind, const void *id, size_t len)
{
	const struct rm_id head = { .kind = kind, .len = cpu_to_le16(len) };
	static const u8 zeros[3];

	grm_reply_add(rm, &head, sizeof(head));
	grm_reply_add(rm, id, len);
	grm_reply_add(rm, zeros, -len & 3);
}

static u32 ask_get_id(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	char name[ASK_NAME_MAX];
	u16 vmid;

	if (rq->len != sizeof(struct rm_vmid))
		return RM_MSG_INVALID;
	vmid = get_unaligned_le16(rq->data);
	if (vmid && vmid != FERRY_SIM_GUNYAH_RM_VMID && !grm_vm_find(rm, vmid))
		return RM_VMID_INVALID;
	grm_reply_u32(rm, 2);
	ask_add_id(rm, FERRY_GUNYAH_ID_GUID, ask_guid, sizeof(ask_guid));
	ask_add_id(rm, FERRY_GUNYAH_ID_NAME, name, ask_name(vmid, name));
	return RM_OK;
}

static u32 ask_lookup_name(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	char name[ASK_NAME_MAX];
	unsigned int i, found = 0;
	size_t len;

	if (rq->len < sizeof(struct rm_text))
		return RM_MSG_INVALID;
	len = get_unaligned_le16(rq->data);
	if (ALIGN(len, 4) != rq->len - sizeof(struct rm_text))
		return RM_MSG_INVALID;
	grm_reply_u32(rm, 0);
	for (i = 0; i < GRM_VMS; i++) {
		u16 vmid = rm->vms[i].vmid;

		if (!vmid || ask_name(vmid, name) != len ||
		    memcmp(rq->data + sizeof(struct rm_text), name, len))
			continue;
		grm_reply_u32(rm, vmid);
		found++;
	}
	put_unaligned_le32(found, rm->reply.data);
	return RM_OK;
}

/* All have the same one. */
static u32 ask_lookup_guid(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	unsigned int i, found = 0;

	if (rq->len != sizeof(ask_guid))
		return RM_MSG_INVALID;
	grm_reply_u32(rm, 0);
	for (i = 0; i < GRM_VMS && !memcmp(rq->data, ask_guid, sizeof(ask_guid)); i++) {
		if (!rm->vms[i].vmid)
			continue;
		grm_reply_u32(rm, rm->vms[i].vmid);
		found++;
	}
	put_unaligned_le32(found, rm->reply.data);
	return RM_OK;
}

static u32 ask_console_write(struct ferry_sim_gunyah_rm *rm, const struct grm_vm *vm,
			     const struct grm_request *rq)
{
	size_t count;

	if (rq->len < sizeof(struct rm_console_chars))
		return RM_MSG_INVALID;
	count = get_unaligned_le16(rq->data + offsetof(struct rm_console_chars, count));
	if (count != rq->len - sizeof(struct rm_console_chars))
		return RM_MSG_INVALID;
	if (!vm->console)
		return RM_DENIED;
	if (vm->state == FERRY_GUNYAH_VM_RUNNING)
		grm_send_note(rm, RM_NOTE_CONSOLE_CHARS, rq->data, rq->len);
	return RM_OK;
}

static u32 ask_console(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	struct grm_vm *vm;

	if (rq->len < sizeof(struct rm_vmid))
		return RM_MSG_INVALID;
	vm = grm_vm_find(rm, get_unaligned_le16(rq->data));
	if (!vm)
		return RM_VMID_INVALID;
	if (rq->id == RM_CONSOLE_WRITE)
		return ask_console_write(rm, vm, rq);
	if (rq->len != sizeof(struct rm_vmid))
		return RM_MSG_INVALID;
	if (rq->id == RM_CONSOLE_OPEN && vm->console)
		return RM_IN_USE;
	if (rq->id != RM_CONSOLE_OPEN && !vm->console)
		return RM_DENIED;
	if (rq->id != RM_CONSOLE_FLUSH)
		vm->console = rq->id == RM_CONSOLE_OPEN;
	return RM_OK;
}

/* Nothing is looked at: what the entries are only who signs images knows. */
static u32 ask_auth_image(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	struct grm_vm *vm;

	if (rq->len < sizeof(struct rm_vm_auth_image))
		return RM_MSG_INVALID;
	vm = grm_vm_find(rm, get_unaligned_le16(rq->data));
	if (!vm)
		return RM_VMID_INVALID;
	return vm->configured ? RM_OK : RM_VM_STATE;
}

bool grm_ask_request(struct ferry_sim_gunyah_rm *rm, const struct grm_request *rq)
{
	switch (rq->id) {
	case RM_VM_GET_ID:
		rm->reply.error = ask_get_id(rm, rq);
		return true;
	case RM_VM_LOOKUP_URI:
	case RM_VM_LOOKUP_NAME:
		rm->reply.error = ask_lookup_name(rm, rq);
		return true;
	case RM_VM_LOOKUP_GUID:
		rm->reply.error = ask_lookup_guid(rm, rq);
		return true;
	case RM_CONSOLE_OPEN:
	case RM_CONSOLE_CLOSE:
	case RM_CONSOLE_WRITE:
	case RM_CONSOLE_FLUSH:
		rm->reply.error = ask_console(rm, rq);
		return true;
	case RM_VM_AUTH_IMAGE:
		rm->reply.error = ask_auth_image(rm, rq);
		return true;
	default:
		return false;
	}
}
