/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The resource manager of the Gunyah hypervisor: calls, notifications, and what they are
 * for, VMs and memory.
 */
#ifndef _LINUX_FERRY_GUNYAH_RM_H
#define _LINUX_FERRY_GUNYAH_RM_H

#include <linux/bits.h>
#include <linux/ferry/call.h>
#include <linux/list.h>
#include <linux/types.h>

struct device;
struct dma_buf;
struct ferry_gunyah_accepted;
struct ferry_gunyah_hyp;
struct ferry_gunyah_mem;
struct ferry_gunyah_rm;
struct ferry_gunyah_vm;
struct ferry_grant_ops;
struct ferry_link;
struct fwnode_handle;
struct page;

/**
 * DOC: calls to the resource manager
 *
 * The resource manager is a VM that makes the others. It answers one request after the
 * other, over the channel ``rpc`` of its link, and says by notifications what happened.
 *
 * One request is outstanding at a time: answers that it cannot pass on it loses. Who waits
 * can be killed; the number of that request is not used again while its answer may still
 * come, and at most eight such are remembered. When it does not answer in time it is taken
 * for dead: its link crashes, and who waits gets -ENOLINK. After a while, longer each time,
 * the link is started and the resource manager asked again.
 *
 * Notifications may be lost. They are a reason to look, and nothing to rely on.
 */

/*
 * Why a packet or a message was dropped: the enum and the names come from this one list.
 */
#define FERRY_GUNYAH_RM_DROPS(X)						\
	X(LENGTH,	"length")	/* no packet has so many bytes */	\
	X(HEADER,	"header")	/* fields that cannot be */		\
	X(STRAY,	"stray")	/* a continuation of nothing */		\
	X(MISMATCH,	"mismatch")	/* ... of something else */		\
	X(REPLACED,	"replaced")	/* not complete when the next came */	\
	X(EXPIRED,	"expired")	/* not complete for too long */		\
	X(REPLY,	"reply")	/* a reply that nobody waits for */	\
	X(SHORT,	"short")	/* a reply without an error word */	\
	X(NOTE,		"note")		/* a notification that cannot be */

#define FERRY_GUNYAH_RM_DROP_ENUM(id, name)	FERRY_GUNYAH_RM_##id,

/**
 * enum ferry_gunyah_rm_drop - why a packet or a message was dropped
 * @FERRY_GUNYAH_RM_NR_DROPS: how many reasons there are
 *
 * The reasons are ``FERRY_GUNYAH_RM_`` and a name in ``FERRY_GUNYAH_RM_DROPS()``.
 */
enum ferry_gunyah_rm_drop {
	/* private: one for each line of FERRY_GUNYAH_RM_DROPS() */
	FERRY_GUNYAH_RM_DROPS(FERRY_GUNYAH_RM_DROP_ENUM)
	/* public: */
	FERRY_GUNYAH_RM_NR_DROPS,
};

/**
 * struct ferry_gunyah_rm_stats - counters of a resource manager
 * @calls:	those of its calls; @calls.late are answers to who did not wait
 * @notes:	notifications that were passed on
 * @lost:	bytes of memory that VMs may have, and that will not come back
 * @unreleased:	pieces of memory of other VMs that we may have, and could not give back
 * @drops:	packets and messages dropped, by &enum ferry_gunyah_rm_drop
 */
struct ferry_gunyah_rm_stats {
	struct ferry_calls_stats calls;
	u64 notes;
	u64 lost;
	u64 unreleased;
	u64 drops[FERRY_GUNYAH_RM_NR_DROPS];
};

/**
 * struct ferry_gunyah_rm_cfg - how a resource manager is used
 * @hyp:	the hypervisor, for what is made at run time; NULL: that of the machine
 * @irqs:	interrupt controller of what is made at run time; NULL: the interrupt parent of
 *		the node of the link
 * @start_seq:	sequence of the first request
 * @timeout_ms:	how long an answer may take, ms; 0: 5000
 * @slow_timeout_ms: of making a VM, and of memory, ms; 0: 30000
 * @retry_ms:	after how long one that did not answer is asked again, ms; twice as long each
 *		time, up to 64 times; 0: 10000
 */
struct ferry_gunyah_rm_cfg {
	struct ferry_gunyah_hyp *hyp;
	struct fwnode_handle *irqs;
	u16 start_seq;
	unsigned int timeout_ms;
	unsigned int slow_timeout_ms;
	unsigned int retry_ms;
};

struct ferry_gunyah_rm *ferry_gunyah_rm_create(struct ferry_link *link,
					       const struct ferry_gunyah_rm_cfg *cfg);
void ferry_gunyah_rm_destroy(struct ferry_gunyah_rm *rm);
struct ferry_gunyah_rm *ferry_gunyah_rm_get(const char *name);
void ferry_gunyah_rm_put(struct ferry_gunyah_rm *rm);
ssize_t ferry_gunyah_rm_call(struct ferry_gunyah_rm *rm, u32 id, const void *request, size_t len,
			     void *reply, size_t room);
int ferry_gunyah_rm_vmid(struct ferry_gunyah_rm *rm);
int ferry_gunyah_rm_wait(struct ferry_gunyah_rm *rm, unsigned int timeout_ms);
void ferry_gunyah_rm_stats(struct ferry_gunyah_rm *rm, struct ferry_gunyah_rm_stats *stats);

/**
 * struct ferry_gunyah_rm_listener - who is told of notifications
 * @note:	one came; thread of the link, may sleep, but must not call the resource
 *		manager, nor listen or unlisten. @data is private memory, valid until it
 *		returns, and at least as long as what the notification has always. They are
 *		hints: one may be missing.
 *
 * The rest belongs to ferry_gunyah_rm_listen().
 */
struct ferry_gunyah_rm_listener {
	void (*note)(struct ferry_gunyah_rm_listener *l, u32 id, const void *data, size_t len);

	/* private: */
	struct list_head node;
};

int ferry_gunyah_rm_listen(struct ferry_gunyah_rm *rm, struct ferry_gunyah_rm_listener *l);
void ferry_gunyah_rm_unlisten(struct ferry_gunyah_rm *rm, struct ferry_gunyah_rm_listener *l);

/**
 * enum ferry_gunyah_id - how a VM can be named
 */
enum ferry_gunyah_id {
	/** @FERRY_GUNYAH_ID_GUID: 16 bytes. */
	FERRY_GUNYAH_ID_GUID,
	/** @FERRY_GUNYAH_ID_URI: text. */
	FERRY_GUNYAH_ID_URI,
	/** @FERRY_GUNYAH_ID_NAME: text. */
	FERRY_GUNYAH_ID_NAME,
	/** @FERRY_GUNYAH_ID_SIGNER: who signed its image; cannot be looked for. */
	FERRY_GUNYAH_ID_SIGNER,
};

ssize_t ferry_gunyah_rm_id(struct ferry_gunyah_rm *rm, u16 vmid, enum ferry_gunyah_id kind,
			   void *buf, size_t room);
int ferry_gunyah_rm_lookup(struct ferry_gunyah_rm *rm, enum ferry_gunyah_id kind, const void *key,
			   size_t len, u16 *vmids, unsigned int room);

/*
 * How far a VM is: the enum and the names come from this one list.
 */
#define FERRY_GUNYAH_VM_STATES(X)						\
	X(NONE,		"none")		/* there is no such VM */		\
	X(INIT,		"init")		/* it is being made */			\
	X(READY,	"ready")	/* made; its queues exist */		\
	X(RUNNING,	"running")	/* it runs */				\
	X(PAUSED,	"paused")	/* it does not, for a while */		\
	X(LOAD,		"load")		/* only its number is there */		\
	X(AUTH,		"auth")		/* its image is looked at */		\
	X(STATE_7,	"state-7")	/* nobody says what it is */		\
	X(INIT_FAILED,	"init-failed")	/* it could not be made */		\
	X(EXITED,	"exited")	/* it ended, or was ended */		\
	X(RESETTING,	"resetting")	/* what it had is being taken */	\
	X(RESET,	"reset")	/* it has nothing any more */

#define FERRY_GUNYAH_VM_STATE_ENUM(id, name)	FERRY_GUNYAH_VM_##id,

/**
 * enum ferry_gunyah_vm_state - how far a VM is
 * @FERRY_GUNYAH_VM_NR_STATES: how many states there are
 *
 * The states are ``FERRY_GUNYAH_VM_`` and a name in ``FERRY_GUNYAH_VM_STATES()``.
 */
enum ferry_gunyah_vm_state {
	/* private: one for each line of FERRY_GUNYAH_VM_STATES() */
	FERRY_GUNYAH_VM_STATES(FERRY_GUNYAH_VM_STATE_ENUM)
	/* public: */
	FERRY_GUNYAH_VM_NR_STATES,
};

const char *ferry_gunyah_vm_state_name(enum ferry_gunyah_vm_state state);

/**
 * enum ferry_gunyah_exit - how a VM ended
 */
enum ferry_gunyah_exit {
	/** @FERRY_GUNYAH_EXIT_VM: it said so. */
	FERRY_GUNYAH_EXIT_VM,
	/** @FERRY_GUNYAH_EXIT_OFF: it turned itself off. */
	FERRY_GUNYAH_EXIT_OFF,
	/** @FERRY_GUNYAH_EXIT_RESET: it wants to be started again. */
	FERRY_GUNYAH_EXIT_RESET,
	/** @FERRY_GUNYAH_EXIT_RESET2: the same, in its own way. */
	FERRY_GUNYAH_EXIT_RESET2,
	/** @FERRY_GUNYAH_EXIT_WATCHDOG: its watchdog bit. */
	FERRY_GUNYAH_EXIT_WATCHDOG,
	/** @FERRY_GUNYAH_EXIT_SOFTWARE: an error of software. */
	FERRY_GUNYAH_EXIT_SOFTWARE,
	/** @FERRY_GUNYAH_EXIT_HARDWARE: an error of hardware. */
	FERRY_GUNYAH_EXIT_HARDWARE,
	/** @FERRY_GUNYAH_EXIT_FORCED: its owner stopped it. */
	FERRY_GUNYAH_EXIT_FORCED,
};

/**
 * DOC: virtual machines
 *
 * A VM is a number first. Memory is lent to it, which its image is in; then it is made, and
 * only from there on it has queues and doorbells. Those are a link, with a channel for each
 * label: see "Gunyah channels". It starts, and ends by itself or because it was stopped. It
 * is reset then, and only after that memory is ours again and its number free.
 *
 * The link goes before the VM is reset, since capabilities may stand for something else
 * after that. A VM that ends by itself crashes its link.
 */

/**
 * struct ferry_gunyah_vm_cfg - a VM that we own
 * @vmid:	its number, or 0: any
 * @name:	of its link; NULL: "gunyah-vm" and its number
 * @max_len:	largest message of the queues with a label, bytes; 0, or no function: 240. Any
 *		context of ferry_gunyah_vm_init().
 * @console:	its link has a channel "console", number 0: bytes to and from its console, in
 *		pieces. It is opened with the link, and with the link it ends.
 * @changed:	optional; process context, may sleep: it is in another state. Only the newest
 *		is told. Must not destroy it.
 * @priv:	for both
 */
struct ferry_gunyah_vm_cfg {
	u16 vmid;
	const char *name;
	size_t (*max_len)(u32 label, void *priv);
	bool console;
	void (*changed)(struct ferry_gunyah_vm *vm, enum ferry_gunyah_vm_state state, void *priv);
	void *priv;
};

/**
 * struct ferry_gunyah_image - where in its memory the image of a VM is
 * @auth:	who checks it: 0 nobody, 1 the platform, 2 as Android does
 * @offset:	of the image, bytes
 * @size:	of the image, bytes
 * @dt_offset:	of the device tree, bytes
 * @dt_size:	of the device tree, bytes
 */
struct ferry_gunyah_image {
	u16 auth;
	u64 offset;
	u64 size;
	u64 dt_offset;
	u64 dt_size;
};

struct ferry_gunyah_vm *ferry_gunyah_vm_create(struct ferry_gunyah_rm *rm,
					       const struct ferry_gunyah_vm_cfg *cfg);
int ferry_gunyah_vm_destroy(struct ferry_gunyah_vm *vm);
u16 ferry_gunyah_vm_vmid(const struct ferry_gunyah_vm *vm);
struct ferry_link *ferry_gunyah_vm_link(struct ferry_gunyah_vm *vm);
int ferry_gunyah_vm_init(struct ferry_gunyah_vm *vm);
int ferry_gunyah_vm_start(struct ferry_gunyah_vm *vm);
int ferry_gunyah_vm_stop(struct ferry_gunyah_vm *vm);
int ferry_gunyah_vm_reset(struct ferry_gunyah_vm *vm);
int ferry_gunyah_vm_state(struct ferry_gunyah_vm *vm);
int ferry_gunyah_vm_auth(struct ferry_gunyah_vm *vm, const void *entries, u16 n, size_t len);
int ferry_gunyah_vm_console_flush(struct ferry_gunyah_vm *vm);
int ferry_gunyah_vm_config(struct ferry_gunyah_vm *vm, const struct ferry_gunyah_mem *mem,
			   const struct ferry_gunyah_image *image);

/**
 * DOC: memory of virtual machines
 *
 * Lent memory is the VM's alone, shared memory is both's, donated memory is the VM's for
 * good, until it is reset. Pages and dma-bufs stay referenced while the VM may use them:
 * until the resource manager has given them back, or for ever when it does not, or when
 * nobody knows whether it did what it was asked for. Such memory is counted.
 *
 * Where a region of a link is to be lent (see "provided memory"), ferry_gunyah_grant does
 * it, with the VM as data: it is given back when the VM was reset, which stopping the link
 * does, of a VM that has ended. One that runs keeps its memory, and the link stays crashed.
 */

/* struct ferry_gunyah_mem_cfg.rights */
#define FERRY_GUNYAH_EXECUTE	BIT(0)
#define FERRY_GUNYAH_WRITE	BIT(1)
#define FERRY_GUNYAH_READ	BIT(2)

/**
 * enum ferry_gunyah_mem_how - whose memory is then
 */
enum ferry_gunyah_mem_how {
	/** @FERRY_GUNYAH_LEND: the VM's. */
	FERRY_GUNYAH_LEND,
	/** @FERRY_GUNYAH_SHARE: the VM's and ours. */
	FERRY_GUNYAH_SHARE,
	/** @FERRY_GUNYAH_DONATE: the VM's. */
	FERRY_GUNYAH_DONATE,
};

/**
 * struct ferry_gunyah_mem_cfg - memory for a VM
 * @how:	whose it is then
 * @label:	what it is for
 * @rights:	of the VM
 * @own_rights:	ours, where it is shared
 */
struct ferry_gunyah_mem_cfg {
	enum ferry_gunyah_mem_how how;
	u32 label;
	u8 rights;
	u8 own_rights;
};

struct ferry_gunyah_mem *ferry_gunyah_mem_lend(struct ferry_gunyah_vm *vm,
					       const struct ferry_gunyah_mem_cfg *cfg,
					       struct page **pages, unsigned int nr);
struct ferry_gunyah_mem *ferry_gunyah_mem_lend_dmabuf(struct ferry_gunyah_vm *vm,
						      const struct ferry_gunyah_mem_cfg *cfg,
						      struct dma_buf *dmabuf, struct device *dev);
int ferry_gunyah_mem_reclaim(struct ferry_gunyah_mem *mem);
u32 ferry_gunyah_mem_handle(const struct ferry_gunyah_mem *mem);

extern const struct ferry_grant_ops ferry_gunyah_grant;

/**
 * DOC: memory of other virtual machines
 *
 * A VM that lends us memory, or shares it with us, says so with a notification, or tells us
 * the handle in another way. Accepted it is in our address space, in one or more ranges, until
 * it is released. Who lent it is told of neither, unless ferry_gunyah_mem_notify() does so.
 *
 * A provider makes regions of it (see "provided memory"): of %FERRY_BACKING_FOREIGN, with
 * ferry_gunyah_accepted_phys() and ferry_gunyah_accepted_grant, both with the memory as data.
 * The remote then names addresses where we have it. It is not released before the provider
 * has gone; whoever holds on to a region longer finds nothing behind it.
 */

/**
 * struct ferry_gunyah_range - where memory is
 * @base:	address, a multiple of 4096
 * @size:	bytes, a multiple of 4096
 */
struct ferry_gunyah_range {
	u64 base;
	u64 size;
};

/**
 * struct ferry_gunyah_acl - what a VM may do
 * @vmid:	which
 * @rights:	%FERRY_GUNYAH_EXECUTE, %FERRY_GUNYAH_WRITE, %FERRY_GUNYAH_READ
 */
struct ferry_gunyah_acl {
	u16 vmid;
	u8 rights;
};

/**
 * struct ferry_gunyah_shared - memory that another VM has for us
 * @handle:	how the resource manager calls it
 * @io:		registers of a device, and not memory
 * @how:	whose it will be
 * @owner:	VM that it is from
 * @label:	what it is for
 * @tag:	what its owner said with it
 * @nr_acls:	how many VMs are named; see ferry_gunyah_shared_acl()
 * @nr_ranges:	in how many pieces it is; see ferry_gunyah_shared_range(). May be 0.
 * @size:	bytes, of all ranges
 */
struct ferry_gunyah_shared {
	u32 handle;
	bool io;
	enum ferry_gunyah_mem_how how;
	u16 owner;
	u32 label;
	u32 tag;
	unsigned int nr_acls;
	unsigned int nr_ranges;
	u64 size;

	/* private: */
	const u8 *acls;
	const u8 *ranges;
};

/**
 * enum ferry_gunyah_mem_change - what became of memory
 */
enum ferry_gunyah_mem_change {
	/** @FERRY_GUNYAH_MEM_SHARED: it can be accepted. */
	FERRY_GUNYAH_MEM_SHARED,
	/** @FERRY_GUNYAH_MEM_RELEASED: who had accepted it has given it back. */
	FERRY_GUNYAH_MEM_RELEASED,
	/** @FERRY_GUNYAH_MEM_ACCEPTED: it was accepted. */
	FERRY_GUNYAH_MEM_ACCEPTED,
};

/**
 * struct ferry_gunyah_changed - what another VM did with memory
 * @change:	%FERRY_GUNYAH_MEM_RELEASED or %FERRY_GUNYAH_MEM_ACCEPTED
 * @handle:	how the resource manager calls it
 * @vmid:	who did so
 * @tag:	what it said with it
 */
struct ferry_gunyah_changed {
	enum ferry_gunyah_mem_change change;
	u32 handle;
	u16 vmid;
	u32 tag;
};

int ferry_gunyah_parse_shared(u32 id, const void *data, size_t len,
			      struct ferry_gunyah_shared *shared);
int ferry_gunyah_shared_acl(const struct ferry_gunyah_shared *shared, unsigned int nr,
			    struct ferry_gunyah_acl *acl);
int ferry_gunyah_shared_range(const struct ferry_gunyah_shared *shared, unsigned int nr,
			      struct ferry_gunyah_range *range);
int ferry_gunyah_parse_changed(u32 id, const void *data, size_t len,
			       struct ferry_gunyah_changed *changed);

/* struct ferry_gunyah_accept_cfg.flags */
#define FERRY_GUNYAH_ACCEPT_SANITIZED	BIT(0)	/* only if it was cleared */
#define FERRY_GUNYAH_ACCEPT_ACL		BIT(1)	/* only if the list of VMs is this */
#define FERRY_GUNYAH_ACCEPT_LABEL	BIT(2)	/* only if the label is this */
#define FERRY_GUNYAH_ACCEPT_ONE		BIT(4)	/* in one piece */
#define FERRY_GUNYAH_ACCEPT_SANITIZE	BIT(5)	/* clear it */

/**
 * struct ferry_gunyah_accept_cfg - memory to be accepted
 * @handle:	how the resource manager calls it
 * @io:		registers of a device, and not memory
 * @how:	whose it is then
 * @flags:	FERRY_GUNYAH_ACCEPT\_*
 * @clear:	it is cleared when it is given back
 * @label:	what it is for
 * @size:	bytes that it must have, or 0: any
 * @acls:	who may do what; not used when @nr_acls is 0
 * @nr_acls:	how many
 * @ranges:	where it is to be; not used when @nr_ranges is 0
 * @nr_ranges:	how many, up to 512; 0: the resource manager chooses
 */
struct ferry_gunyah_accept_cfg {
	u32 handle;
	bool io;
	enum ferry_gunyah_mem_how how;
	u8 flags;
	bool clear;
	u32 label;
	u64 size;
	const struct ferry_gunyah_acl *acls;
	unsigned int nr_acls;
	const struct ferry_gunyah_range *ranges;
	unsigned int nr_ranges;
};

struct ferry_gunyah_accepted *
ferry_gunyah_mem_accept(struct ferry_gunyah_rm *rm, const struct ferry_gunyah_accept_cfg *cfg);
void ferry_gunyah_mem_release(struct ferry_gunyah_accepted *acc);
u32 ferry_gunyah_accepted_handle(const struct ferry_gunyah_accepted *acc);
u64 ferry_gunyah_accepted_size(const struct ferry_gunyah_accepted *acc);
unsigned int ferry_gunyah_accepted_ranges(const struct ferry_gunyah_accepted *acc,
					  const struct ferry_gunyah_range **ranges);
phys_addr_t ferry_gunyah_accepted_phys(void *data, u64 remote);

extern const struct ferry_grant_ops ferry_gunyah_accepted_grant;

/**
 * struct ferry_gunyah_mem_note_cfg - what others are told of memory
 * @handle:	how the resource manager calls it
 * @change:	what became of it
 * @tag:	what is said with it
 * @vmids:	who is told; for %FERRY_GUNYAH_MEM_SHARED only, of the others its owner is
 * @nr_vmids:	how many
 */
struct ferry_gunyah_mem_note_cfg {
	u32 handle;
	enum ferry_gunyah_mem_change change;
	u32 tag;
	const u16 *vmids;
	unsigned int nr_vmids;
};

int ferry_gunyah_mem_notify(struct ferry_gunyah_rm *rm,
			    const struct ferry_gunyah_mem_note_cfg *cfg);

#endif /* _LINUX_FERRY_GUNYAH_RM_H */
