/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The resource manager of Gunyah: packets and messages. Shared with the simulated one.
 *
 * All fields are little-endian. Where a fact is from: [RT] quic/gunyah-resource-manager,
 * src/rpc; [RM] its message headers; [RC] its src/vm_config; [L] the Linux series
 * "Drivers for Gunyah hypervisor" v17; [B] seen on the real one.
 */
#ifndef FERRY_GUNYAH_RM_WIRE_H
#define FERRY_GUNYAH_RM_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * struct rm_hdr - begins each packet [RT][L]
 * @api:	RM_API
 * @type:	RM_TYPE and RM_FRAGMENTS
 * @seq:	of a request, and its reply; notifications have a count of their own
 * @id:		what is asked; 0 is none. Replies and continuations repeat it.
 */
struct rm_hdr {
	u8 api;
	u8 type;
	__le16 seq;
	__le32 id;
} __packed;
static_assert(sizeof(struct rm_hdr) == 8);
static_assert(offsetof(struct rm_hdr, type) == 1);
static_assert(offsetof(struct rm_hdr, seq) == 2);
static_assert(offsetof(struct rm_hdr, id) == 4);

#define RM_API			0x21	/* version 1, a header of 2 words [RT] */

#define RM_TYPE			GENMASK(1, 0)
#define RM_TYPE_CONTINUATION	0
#define RM_TYPE_REQUEST		1
#define RM_TYPE_REPLY		2
#define RM_TYPE_NOTIFICATION	3
#define RM_FRAGMENTS		GENMASK(7, 2)	/* behind the first, the same in each [RT] */
#define RM_FRAGMENTS_MAX	62

#define RM_PACKET_MAX		240	/* bytes [RT] */
#define RM_CONTENT_MAX		(RM_PACKET_MAX - sizeof(struct rm_hdr))
#define RM_MESSAGE_MAX		((RM_FRAGMENTS_MAX + 1) * RM_CONTENT_MAX)	/* bytes [RT] */
static_assert(RM_CONTENT_MAX == 232);
static_assert(RM_MESSAGE_MAX == 14616);

/* The content of a reply begins with an error, u32 [RM] */
enum rm_error {
	RM_OK			= 0,
	RM_NOMEM		= 1,
	RM_NORESOURCE		= 2,
	RM_DENIED		= 3,
	RM_MSG_INVALID		= 4,
	RM_BUSY			= 5,
	RM_ARGUMENT_INVALID	= 6,
	RM_HANDLE_INVALID	= 7,
	RM_VALIDATE_FAILED	= 8,
	RM_MAP_FAILED		= 9,
	RM_MEM_INVALID		= 0xa,
	RM_MEM_INUSE		= 0xb,
	RM_MEM_RELEASED		= 0xc,
	RM_VMID_INVALID		= 0xd,
	RM_LOOKUP_FAILED	= 0xe,
	RM_IRQ_INVALID		= 0xf,
	RM_IRQ_INUSE		= 0x10,
	RM_IRQ_RELEASED		= 0x11,
	RM_IN_USE		= 0x12,
	RM_IRQ_NOT_MAPPED	= 0x13,
	RM_VM_STATE		= 0x14,
};
#define RM_UNIMPLEMENTED	0xffffffffU

/* Requests [RM] */
#define RM_VM_ALLOCATE		0x56000001	/* struct rm_vmid; reply: u32, if 0 was asked [B] */
#define RM_VM_DEALLOCATE	0x56000002	/* struct rm_vmid; one that is not kills it [B] */
#define RM_VM_START		0x56000004	/* struct rm_vmid */
#define RM_VM_STOP		0x56000005	/* struct rm_vm_stop */
#define RM_VM_RESET		0x56000006	/* struct rm_vmid; goes on after the reply */
#define RM_VM_CONFIG_IMAGE	0x56000009	/* struct rm_vm_config_image */
#define RM_VM_AUTH_IMAGE	0x5600000a	/* struct rm_vm_auth_image */
#define RM_VM_INIT		0x5600000b	/* struct rm_vmid */
#define RM_VM_GET_ID		0x56000010	/* struct rm_vmid; reply: u32 count, rm_id each */
#define RM_VM_LOOKUP_URI	0x56000011	/* struct rm_text; reply: u32 count, rm_vmid each */
#define RM_VM_LOOKUP_GUID	0x56000012	/* 16 bytes; reply: the same */
#define RM_VM_LOOKUP_NAME	0x56000013	/* struct rm_text; reply: the same */
#define RM_VM_GET_VMID		0x56000024	/* reply: u32 */
#define RM_VM_GET_PEERS		0x56000025	/* reply: u32 count, u32 each */
#define RM_VM_GET_STATE		0x56000017	/* struct rm_vmid; reply: struct rm_vm_state */
#define RM_VM_GET_HYP_RESOURCES	0x56000020	/* struct rm_vmid; reply: struct rm_resources */
#define RM_VM_SET_CRASH_MSG	0x56000086	/* struct rm_text */
#define RM_HOST_GET_TYPE	0x560000a0	/* reply: u32 */
#define RM_CONSOLE_OPEN		0x56000081	/* struct rm_vmid */
#define RM_CONSOLE_CLOSE	0x56000082	/* struct rm_vmid */
#define RM_CONSOLE_WRITE	0x56000083	/* struct rm_console_chars, bytes */
#define RM_CONSOLE_FLUSH	0x56000084	/* struct rm_vmid */
#define RM_MEM_DONATE		0x51000010	/* struct rm_mem_hdr, lists; reply: u32 handle */
#define RM_MEM_ACCEPT		0x51000011	/* struct rm_mem_accept, lists; reply: list */
#define RM_MEM_LEND		0x51000012	/* the same as to donate */
#define RM_MEM_SHARE		0x51000013	/* the same */
#define RM_MEM_RELEASE		0x51000014	/* struct rm_mem_handle */
#define RM_MEM_RECLAIM		0x51000015	/* struct rm_mem_handle */
#define RM_MEM_NOTIFY		0x51000017	/* struct rm_mem_notify, list */
#define RM_MEM_APPEND		0x51000018	/* struct rm_mem_handle, list */

/* Notifications [RM] */
#define RM_NOTE_VM_EXITED	0x56100001	/* struct rm_note_exited */
#define RM_NOTE_VM_SHUTDOWN	0x56100002	/* u32 reason */
#define RM_NOTE_VM_STATUS	0x56100008	/* struct rm_note_status */
#define RM_NOTE_IRQ_LENT	0x56100011
#define RM_NOTE_IRQ_RELEASED	0x56100012
#define RM_NOTE_IRQ_ACCEPTED	0x56100013
#define RM_NOTE_CONSOLE_CHARS	0x56100080	/* struct rm_console_chars, bytes */
#define RM_NOTE_MEM_SHARED	0x51100011	/* struct rm_mem_shared, lists */
#define RM_NOTE_MEM_RELEASED	0x51100012	/* struct rm_mem_changed */
#define RM_NOTE_MEM_ACCEPTED	0x51100013	/* struct rm_mem_changed */
#define RM_NOTE_MEM_RECALL	0x51100014

/* VMs [RM][B] */
#define RM_VMID_ANY		0
#define RM_VMID_FIRST		0x80	/* of those that are made ... */
#define RM_VMID_LAST		0xbe	/* ... to here [B] */

/**
 * struct rm_vmid - a VM, where nothing else is said [RM]
 * @vmid:	which
 * @zero:	0
 */
struct rm_vmid {
	__le16 vmid;
	__le16 zero;
} __packed;
static_assert(sizeof(struct rm_vmid) == 4);

/**
 * struct rm_text - before text, with zeros behind that to a multiple of 4 bytes [RM]
 * @len:	bytes of text
 * @zero:	0
 */
struct rm_text {
	__le16 len;
	__le16 zero;
} __packed;
static_assert(sizeof(struct rm_text) == 4);

/**
 * struct rm_id - one of the reply to RM_VM_GET_ID, before its bytes [RM]
 * @kind:	enum ferry_gunyah_id
 * @zero:	0
 * @len:	bytes; zeros behind them to a multiple of 4
 */
struct rm_id {
	u8 kind;
	u8 zero;
	__le16 len;
} __packed;
static_assert(sizeof(struct rm_id) == 4);
static_assert(offsetof(struct rm_id, len) == 2);

/**
 * struct rm_vm_auth_image - RM_VM_AUTH_IMAGE, before the entries [RM]
 * @vmid:	which
 * @n:		entries
 */
struct rm_vm_auth_image {
	__le16 vmid;
	__le16 n;
} __packed;
static_assert(sizeof(struct rm_vm_auth_image) == 4);

/**
 * struct rm_vm_stop - RM_VM_STOP [RM][L]
 * @vmid:	which
 * @flags:	RM_VM_STOP_FORCE
 * @zero:	0
 * @reason:	what the VM is told; 3 as Linux has it
 */
struct rm_vm_stop {
	__le16 vmid;
	u8 flags;
	u8 zero;
	__le32 reason;
} __packed;
static_assert(sizeof(struct rm_vm_stop) == 8);
static_assert(offsetof(struct rm_vm_stop, reason) == 4);

#define RM_VM_STOP_FORCE	BIT(0)
#define RM_VM_STOP_REASON	3

/**
 * struct rm_vm_config_image - RM_VM_CONFIG_IMAGE [RM][L]
 * @vmid:	which
 * @auth:	who checks it: 0 nobody, 1 the platform, 2 as Android does
 * @handle:	of the memory that it is in
 * @image_off:	bytes from the beginning of that
 * @image_size:	bytes
 * @dt_off:	of its device tree
 * @dt_size:	bytes
 */
struct rm_vm_config_image {
	__le16 vmid;
	__le16 auth;
	__le32 handle;
	__le64 image_off;
	__le64 image_size;
	__le64 dt_off;
	__le64 dt_size;
} __packed;
static_assert(sizeof(struct rm_vm_config_image) == 40);
static_assert(offsetof(struct rm_vm_config_image, handle) == 4);
static_assert(offsetof(struct rm_vm_config_image, image_off) == 8);
static_assert(offsetof(struct rm_vm_config_image, dt_off) == 24);

/**
 * struct rm_vm_state - reply of RM_VM_GET_STATE, and the end of RM_NOTE_VM_STATUS [RM]
 * @vm:		enum ferry_gunyah_vm_state
 * @os:		what its system says of itself
 * @app:	what its application says
 */
struct rm_vm_state {
	u8 vm;
	u8 os;
	__le16 app;
} __packed;
static_assert(sizeof(struct rm_vm_state) == 4);
static_assert(offsetof(struct rm_vm_state, app) == 2);

/**
 * struct rm_note_status - RM_NOTE_VM_STATUS [RM]
 * @vmid:	which
 * @zero:	0
 * @state:	of it
 */
struct rm_note_status {
	__le16 vmid;
	__le16 zero;
	struct rm_vm_state state;
} __packed;
static_assert(sizeof(struct rm_note_status) == 8);

/**
 * struct rm_note_exited - RM_NOTE_VM_EXITED [RM]
 * @vmid:	which
 * @type:	how it ended
 * @size:	bytes that follow, 4 or more
 * @reason:	the first of them: flags, and a code in the upper half
 */
struct rm_note_exited {
	__le16 vmid;
	__le16 type;
	__le32 size;
	__le32 reason;
} __packed;
static_assert(sizeof(struct rm_note_exited) == 12);
static_assert(offsetof(struct rm_note_exited, size) == 4);

/**
 * struct rm_console_chars - RM_CONSOLE_WRITE, RM_NOTE_CONSOLE_CHARS: before the bytes [RM]
 * @vmid:	to whom, or whose
 * @count:	bytes that follow
 */
struct rm_console_chars {
	__le16 vmid;
	__le16 count;
} __packed;
static_assert(sizeof(struct rm_console_chars) == 4);

/**
 * struct rm_resource - something of a VM, as its owner sees it [RC][L][B]
 * @type:	RM_RESOURCE_*
 * @zero:	0
 * @partner:	the VM at the other end
 * @handle:	0
 * @label:	what it is for
 * @cap:	capability in the table of who asks
 * @virq_handle: not used
 * @virq:	interrupt, 0: none
 * @base:	of virtual devices only
 * @size:	of virtual devices only
 */
struct rm_resource {
	u8 type;
	u8 zero;
	__le16 partner;
	__le32 handle;
	__le32 label;
	__le64 cap;
	__le32 virq_handle;
	__le32 virq;
	__le64 base;
	__le64 size;
} __packed;
static_assert(sizeof(struct rm_resource) == 44);
static_assert(offsetof(struct rm_resource, partner) == 2);
static_assert(offsetof(struct rm_resource, handle) == 4);
static_assert(offsetof(struct rm_resource, label) == 8);
static_assert(offsetof(struct rm_resource, cap) == 12);
static_assert(offsetof(struct rm_resource, virq_handle) == 20);
static_assert(offsetof(struct rm_resource, virq) == 24);
static_assert(offsetof(struct rm_resource, base) == 28);
static_assert(offsetof(struct rm_resource, size) == 36);

/* &rm_resource.type, as far as it is used [RC] */
#define RM_RESOURCE_BELL_TX	0
#define RM_RESOURCE_BELL_RX	1
#define RM_RESOURCE_QUEUE_TX	2
#define RM_RESOURCE_QUEUE_RX	3
#define RM_RESOURCE_VCPU	4

/**
 * struct rm_resources - reply of RM_VM_GET_HYP_RESOURCES [RC]
 * @count:	how many follow
 * @entry:	those
 */
struct rm_resources {
	__le32 count;
	struct rm_resource entry[];
} __packed;
static_assert(offsetof(struct rm_resources, entry) == 4);

/**
 * struct rm_mem_hdr - begins RM_MEM_LEND, RM_MEM_SHARE and RM_MEM_DONATE [RM][L][B]
 * @kind:	0: memory
 * @zero0:	0
 * @flags:	RM_MEM_MORE
 * @zero1:	0
 * @label:	what it is for
 *
 * A list of VMs follows, one of ranges, and one of attributes, which is empty.
 */
struct rm_mem_hdr {
	u8 kind;
	u8 zero0;
	u8 flags;
	u8 zero1;
	__le32 label;
} __packed;
static_assert(sizeof(struct rm_mem_hdr) == 8);
static_assert(offsetof(struct rm_mem_hdr, flags) == 2);
static_assert(offsetof(struct rm_mem_hdr, label) == 4);

#define RM_MEM_MORE		BIT(1)	/* RM_MEM_APPEND follows [L] */
#define RM_MEM_ENTRIES		512	/* ranges of a message [RM][L] */
#define RM_MEM_HANDLE_NONE	0xffffffffU

/* Before each list [RM]. */
struct rm_mem_count {
	__le16 n;
	__le16 zero;
} __packed;
static_assert(sizeof(struct rm_mem_count) == 4);

/**
 * struct rm_mem_acl - who may do what [RM]
 * @vmid:	who
 * @rights:	1 execute, 2 write, 4 read
 * @zero:	0
 */
struct rm_mem_acl {
	__le16 vmid;
	u8 rights;
	u8 zero;
} __packed;
static_assert(sizeof(struct rm_mem_acl) == 4);

/**
 * struct rm_mem_range - some memory [RM]
 * @base:	address, as who lends it sees it
 * @size:	bytes
 */
struct rm_mem_range {
	__le64 base;
	__le64 size;
} __packed;
static_assert(sizeof(struct rm_mem_range) == 16);

/**
 * struct rm_mem_handle - RM_MEM_RELEASE and RM_MEM_RECLAIM [RM], before a list RM_MEM_APPEND [L]
 * @handle:	which memory
 * @flags:	RM_MEM_APPEND_LAST, RM_MEM_SANITIZE
 * @zero:	0
 */
struct rm_mem_handle {
	__le32 handle;
	u8 flags;
	u8 zero[3];
} __packed;
static_assert(sizeof(struct rm_mem_handle) == 8);

#define RM_MEM_APPEND_LAST	BIT(0)	/* [L] */
#define RM_MEM_SANITIZE		BIT(0)	/* of release and reclaim: clear it first [RM] */

#define RM_MEM_ALIGN		4096	/* bytes: the page of the hypervisor */

/**
 * struct rm_mem_accept - begins RM_MEM_ACCEPT [RM]
 * @handle:	which memory
 * @kind:	RM_MEM_KIND_*
 * @trans:	RM_MEM_TRANS_*
 * @flags:	RM_MEM_ACCEPT_*
 * @zero:	0
 * @label:	what it is for
 * @acls:	entries of the list of VMs
 *
 * The list of VMs follows, struct rm_mem_place and ranges, and a list of attributes, which is
 * empty. Without ranges the resource manager chooses where it is.
 */
struct rm_mem_accept {
	__le32 handle;
	u8 kind;
	u8 trans;
	u8 flags;
	u8 zero;
	__le32 label;
	__le32 acls;
} __packed;
static_assert(sizeof(struct rm_mem_accept) == 16);
static_assert(offsetof(struct rm_mem_accept, kind) == 4);
static_assert(offsetof(struct rm_mem_accept, trans) == 5);
static_assert(offsetof(struct rm_mem_accept, flags) == 6);
static_assert(offsetof(struct rm_mem_accept, label) == 8);
static_assert(offsetof(struct rm_mem_accept, acls) == 12);

/* &rm_mem_accept.kind [RM] */
#define RM_MEM_KIND_NORMAL	0
#define RM_MEM_KIND_IO		1

/* &rm_mem_accept.trans [RM] */
#define RM_MEM_TRANS_DONATE	0
#define RM_MEM_TRANS_LEND	1
#define RM_MEM_TRANS_SHARE	2

/* &rm_mem_accept.flags [RM] */
#define RM_MEM_ACCEPT_SANITIZED	BIT(0)	/* only if it was cleared */
#define RM_MEM_ACCEPT_ACL	BIT(1)	/* only if the lists of VMs and attributes are these */
#define RM_MEM_ACCEPT_LABEL	BIT(2)	/* only if the label is this */
#define RM_MEM_ACCEPT_OTHER	BIT(3)	/* for &rm_mem_place.vmid */
#define RM_MEM_ACCEPT_ONE	BIT(4)	/* in one piece */
#define RM_MEM_ACCEPT_SANITIZE	BIT(5)	/* clear it */
#define RM_MEM_ACCEPT_DONE	BIT(7)	/* no more ranges follow */

/**
 * struct rm_mem_place - before the ranges of RM_MEM_ACCEPT [RM]
 * @n:		how many follow
 * @vmid:	for whom, with RM_MEM_ACCEPT_OTHER
 */
struct rm_mem_place {
	__le16 n;
	__le16 vmid;
} __packed;
static_assert(sizeof(struct rm_mem_place) == 4);
static_assert(offsetof(struct rm_mem_place, vmid) == 2);

/**
 * struct rm_mem_attr - of the list of attributes [RM]
 * @attr:	what
 * @vmid:	for whom
 */
struct rm_mem_attr {
	__le16 attr;
	__le16 vmid;
} __packed;
static_assert(sizeof(struct rm_mem_attr) == 4);

/**
 * struct rm_mem_shared - begins RM_NOTE_MEM_SHARED [RM]
 * @handle:	which memory
 * @kind:	RM_MEM_KIND_*
 * @trans:	RM_MEM_TRANS_*
 * @flags:	not used
 * @zero0:	0
 * @owner:	VM that it is from
 * @zero1:	0
 * @label:	what it is for
 * @tag:	what its owner said with it
 * @acls:	entries of the list of VMs
 *
 * That list follows, one of ranges, and perhaps one of attributes.
 */
struct rm_mem_shared {
	__le32 handle;
	u8 kind;
	u8 trans;
	u8 flags;
	u8 zero0;
	__le16 owner;
	__le16 zero1;
	__le32 label;
	__le32 tag;
	__le32 acls;
} __packed;
static_assert(sizeof(struct rm_mem_shared) == 24);
static_assert(offsetof(struct rm_mem_shared, kind) == 4);
static_assert(offsetof(struct rm_mem_shared, trans) == 5);
static_assert(offsetof(struct rm_mem_shared, owner) == 8);
static_assert(offsetof(struct rm_mem_shared, label) == 12);
static_assert(offsetof(struct rm_mem_shared, tag) == 16);
static_assert(offsetof(struct rm_mem_shared, acls) == 20);

/**
 * struct rm_mem_changed - RM_NOTE_MEM_RELEASED, RM_NOTE_MEM_ACCEPTED [RM]
 * @handle:	which memory
 * @vmid:	who did so
 * @zero:	0
 * @tag:	what it said with it
 */
struct rm_mem_changed {
	__le32 handle;
	__le16 vmid;
	__le16 zero;
	__le32 tag;
} __packed;
static_assert(sizeof(struct rm_mem_changed) == 12);
static_assert(offsetof(struct rm_mem_changed, vmid) == 4);
static_assert(offsetof(struct rm_mem_changed, tag) == 8);

/**
 * struct rm_mem_notify - RM_MEM_NOTIFY [RM]
 * @handle:	which memory
 * @flags:	one of RM_MEM_NOTIFY_*
 * @zero:	0
 * @tag:	what is said with it
 *
 * With RM_MEM_NOTIFY_SHARED struct rm_mem_count follows, and struct rm_vmid of each VM that is
 * told. That it is in the same message is how the header is understood here; it was not seen.
 */
struct rm_mem_notify {
	__le32 handle;
	u8 flags;
	u8 zero[3];
	__le32 tag;
} __packed;
static_assert(sizeof(struct rm_mem_notify) == 12);
static_assert(offsetof(struct rm_mem_notify, flags) == 4);
static_assert(offsetof(struct rm_mem_notify, tag) == 8);

/* &rm_mem_notify.flags [RM] */
#define RM_MEM_NOTIFY_SHARED	BIT(0)
#define RM_MEM_NOTIFY_RELEASED	BIT(1)
#define RM_MEM_NOTIFY_ACCEPTED	BIT(2)

#endif /* FERRY_GUNYAH_RM_WIRE_H */
