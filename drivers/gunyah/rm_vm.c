// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: VMs that we own, from a number to reset.
 *
 * What state a VM is in only the resource manager says; notifications are a reason to ask.
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/link.h>
#include <linux/jiffies.h>
#include <linux/slab.h>

#include "../compat.h"
#include "rm_vm.h"

#define VM_LOOK_MS	100	/* a notification may be lost */

static int vm_call(struct ferry_gunyah_vm *vm, u32 id)
{
	return rm_call_vm(vm->rm, id, vm->vmid, vm->rm->cfg.slow_timeout_ms);
}

int vm_get_state(struct ferry_gunyah_vm *vm)
{
	const struct rm_vmid request = { .vmid = cpu_to_le16(vm->vmid) };
	struct rm_vm_state state;
	ssize_t ret = rm_call(vm->rm, RM_VM_GET_STATE, &request, sizeof(request), &state,
			      sizeof(state), vm->rm->cfg.timeout_ms);

	if (ret < 0)
		return ret;
	return ret == sizeof(state) && state.vm < FERRY_GUNYAH_VM_NR_STATES ? state.vm : -EBADMSG;
}

/* The thread of the link. */
static void vm_note(struct ferry_gunyah_rm_listener *l, u32 id, const void *data, size_t len)
{
	struct ferry_gunyah_vm *vm = container_of(l, struct ferry_gunyah_vm, listener);

	if (id != RM_NOTE_VM_STATUS && id != RM_NOTE_VM_EXITED)
		return;
	if (get_unaligned_le16(data) != vm->vmid)
		return;
	atomic_inc(&vm->notes);
	wake_up_all(&vm->wq);
	schedule_work(&vm->work);
}

/* It ended by itself: nobody is at the other end of its queues. */
static void vm_crash_link(struct ferry_gunyah_vm *vm)
{
	guard(mutex)(&vm->peer_lock);
	if (vm->peer)
		ferry_link_crash(ferry_gunyah_peer_link(vm->peer), "the VM has ended");
}

static void vm_work(struct work_struct *work)
{
	struct ferry_gunyah_vm *vm = container_of(work, struct ferry_gunyah_vm, work);
	int state = vm_get_state(vm);

	if (state < 0 || state == vm->told)
		return;
	WRITE_ONCE(vm->told, state);
	if (state >= FERRY_GUNYAH_VM_EXITED)
		vm_crash_link(vm);
	if (vm->cfg.changed)
		vm->cfg.changed(vm, state, vm->cfg.priv);
}

/* Until it is in @state. What is in between does not matter. */
static int vm_wait(struct ferry_gunyah_vm *vm, enum ferry_gunyah_vm_state state)
{
	unsigned long end = jiffies + msecs_to_jiffies(vm->rm->cfg.slow_timeout_ms);
	int now, notes;
	long left;

	for (;;) {
		notes = atomic_read(&vm->notes);
		now = vm_get_state(vm);
		if (now < 0 || now == state)
			return min(now, 0);
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		left = wait_event_killable_timeout(vm->wq, atomic_read(&vm->notes) != notes,
						   msecs_to_jiffies(VM_LOOK_MS));
		if (left < 0)
			return left;
	}
}

static int vm_allocate(struct ferry_gunyah_vm *vm)
{
	const struct rm_vmid request = { .vmid = cpu_to_le16(vm->cfg.vmid) };
	__le32 vmid;
	ssize_t ret;

	ret = rm_call(vm->rm, RM_VM_ALLOCATE, &request, sizeof(request), &vmid, sizeof(vmid),
		      vm->rm->cfg.timeout_ms);
	if (ret < 0)
		return ret;
	vm->vmid = vm->cfg.vmid;
	/* Who asked for a number is not told it. */
	if (vm->vmid)
		return ret ? -EBADMSG : 0;
	if (ret != sizeof(vmid) || !le32_to_cpu(vmid) || le32_to_cpu(vmid) > U16_MAX)
		return -EBADMSG;
	vm->vmid = le32_to_cpu(vmid);
	return 0;
}

static void vm_name(struct ferry_gunyah_vm *vm)
{
	if (vm->cfg.name)
		strscpy(vm->name, vm->cfg.name, sizeof(vm->name));
	else
		snprintf(vm->name, sizeof(vm->name), "gunyah-vm%u", vm->vmid);
	vm->cfg.name = NULL;
}

void vm_free(struct kref *ref)
{
	struct ferry_gunyah_vm *vm = container_of(ref, struct ferry_gunyah_vm, ref);

	ferry_gunyah_rm_put(vm->rm);
	mutex_destroy(&vm->mem_lock);
	mutex_destroy(&vm->peer_lock);
	mutex_destroy(&vm->lock);
	kfree(vm);
}

/**
 * ferry_gunyah_vm_create() - a number for a VM
 * @rm:		the resource manager; a reference is taken
 * @cfg:	what it will be; copied
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: the VM, for ferry_gunyah_vm_destroy(); ERR_PTR(): -ENODEV there are no more
 * numbers, -EBUSY the number is in use, -ENOMEM, or what else ferry_gunyah_rm_call() returned.
 */
struct ferry_gunyah_vm *ferry_gunyah_vm_create(struct ferry_gunyah_rm *rm,
					       const struct ferry_gunyah_vm_cfg *cfg)
{
	struct ferry_gunyah_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	int ret;

	if (!vm)
		return ERR_PTR(-ENOMEM);
	kref_init(&vm->ref);
	kref_get(&rm->ref);
	vm->rm = rm;
	vm->cfg = *cfg;
	mutex_init(&vm->lock);
	mutex_init(&vm->peer_lock);
	mutex_init(&vm->mem_lock);
	INIT_LIST_HEAD(&vm->mems);
	init_waitqueue_head(&vm->wq);
	INIT_WORK(&vm->work, vm_work);
	ret = vm_allocate(vm);
	if (ret) {
		kref_put(&vm->ref, vm_free);
		return ERR_PTR(ret);
	}
	vm_name(vm);
	vm->told = FERRY_GUNYAH_VM_LOAD;
	vm->listener.note = vm_note;
	ferry_gunyah_rm_listen(rm, &vm->listener);
	guard(mutex)(&rm->vms_lock);
	list_add_tail(&vm->node, &rm->vms);
	return vm;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_create);

/**
 * ferry_gunyah_vm_vmid() - the number of a VM
 * @vm:		the VM
 *
 * Context: any.
 * Return: its VMID.
 */
u16 ferry_gunyah_vm_vmid(const struct ferry_gunyah_vm *vm)
{
	return vm->vmid;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_vmid);

/**
 * ferry_gunyah_vm_link() - the link to a VM
 * @vm:		the VM
 *
 * Context: process, may sleep.
 * Return: the link, without a reference of its own, valid until the VM is reset or
 * destroyed; NULL: it was not made yet, or was reset.
 */
struct ferry_link *ferry_gunyah_vm_link(struct ferry_gunyah_vm *vm)
{
	guard(mutex)(&vm->peer_lock);
	return vm->peer ? ferry_gunyah_peer_link(vm->peer) : NULL;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_link);

/**
 * ferry_gunyah_vm_state() - the state of a VM
 * @vm:		the VM
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: &enum ferry_gunyah_vm_state, or what ferry_gunyah_rm_call() returned.
 */
int ferry_gunyah_vm_state(struct ferry_gunyah_vm *vm)
{
	return vm_get_state(vm);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_state);

/**
 * ferry_gunyah_vm_config() - say where the image of a VM is
 * @vm:		the VM, not made yet
 * @mem:	memory that was lent to it
 * @image:	where in there
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: 0; -EBUSY it was made already; or what ferry_gunyah_rm_call() returned.
 */
int ferry_gunyah_vm_config(struct ferry_gunyah_vm *vm, const struct ferry_gunyah_mem *mem,
			   const struct ferry_gunyah_image *image)
{
	const struct rm_vm_config_image request = {
		.vmid = cpu_to_le16(vm->vmid),
		.auth = cpu_to_le16(image->auth),
		.handle = cpu_to_le32(ferry_gunyah_mem_handle(mem)),
		.image_off = cpu_to_le64(image->offset),
		.image_size = cpu_to_le64(image->size),
		.dt_off = cpu_to_le64(image->dt_offset),
		.dt_size = cpu_to_le64(image->dt_size),
	};

	guard(mutex)(&vm->lock);
	return rm_call(vm->rm, RM_VM_CONFIG_IMAGE, &request, sizeof(request), NULL, 0,
		       vm->rm->cfg.slow_timeout_ms);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_config);

/**
 * ferry_gunyah_vm_auth() - have the image of a VM checked
 * @vm:		the VM, configured, and not made yet
 * @entries:	what the resource manager is to know for that, as it has them
 * @n:		how many
 * @len:	bytes of all
 *
 * Only for images with somebody who checks them, see &struct ferry_gunyah_image. What the
 * entries are depends on who does.
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: 0; -EMSGSIZE they are too long for a message, -ENOMEM, or what
 * ferry_gunyah_rm_call() returned.
 */
int ferry_gunyah_vm_auth(struct ferry_gunyah_vm *vm, const void *entries, u16 n, size_t len)
{
	const struct rm_vm_auth_image head = {
		.vmid = cpu_to_le16(vm->vmid), .n = cpu_to_le16(n),
	};
	u8 *request;
	int ret;

	if (len > RM_MESSAGE_MAX - sizeof(head))
		return -EMSGSIZE;
	request = kmalloc(sizeof(head) + len, GFP_KERNEL);
	if (!request)
		return -ENOMEM;
	memcpy(request, &head, sizeof(head));
	if (len)
		memcpy(request + sizeof(head), entries, len);
	scoped_guard(mutex, &vm->lock)
		ret = rm_call(vm->rm, RM_VM_AUTH_IMAGE, request, sizeof(head) + len, NULL, 0,
			      vm->rm->cfg.slow_timeout_ms);
	kfree(request);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_auth);

/**
 * ferry_gunyah_vm_init() - make a VM of a number
 * @vm:		the VM
 *
 * From now on there is a link to it, which runs, and messages can be sent: they wait in the
 * queues until it is started. Can be called again where the link could not be made.
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: 0; -EBUSY it was made already, -EBADMSG what it has does not make sense, -ENODEV no
 * hypervisor or no interrupt controller, -ENOMEM, or what ferry_gunyah_rm_call() returned.
 */
int ferry_gunyah_vm_init(struct ferry_gunyah_vm *vm)
{
	int ret;

	guard(mutex)(&vm->lock);
	if (vm->peer)
		return -EBUSY;
	ret = vm->made ? 0 : vm_call(vm, RM_VM_INIT);
	vm->made |= !ret;
	return ret ?: vm_connect(vm);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_init);

/**
 * ferry_gunyah_vm_start() - let a VM run
 * @vm:		the VM
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: 0; -EBUSY it is in another state than ready; or what ferry_gunyah_rm_call() returned.
 */
int ferry_gunyah_vm_start(struct ferry_gunyah_vm *vm)
{
	guard(mutex)(&vm->lock);
	return vm_call(vm, RM_VM_START);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_start);

/* Under the lock. */
static int vm_stop(struct ferry_gunyah_vm *vm)
{
	const struct rm_vm_stop request = {
		.vmid = cpu_to_le16(vm->vmid), .flags = RM_VM_STOP_FORCE,
		.reason = cpu_to_le32(RM_VM_STOP_REASON),
	};
	int ret = rm_call(vm->rm, RM_VM_STOP, &request, sizeof(request), NULL, 0,
			  vm->rm->cfg.slow_timeout_ms);

	return ret ?: vm_wait(vm, FERRY_GUNYAH_VM_EXITED);
}

/**
 * ferry_gunyah_vm_stop() - end a VM
 * @vm:		the VM; it is not asked whether it wants to
 *
 * Its link crashes.
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: 0; -EBUSY it does not run; -ETIMEDOUT it has not ended; or what
 * ferry_gunyah_rm_call() returned.
 */
int ferry_gunyah_vm_stop(struct ferry_gunyah_vm *vm)
{
	guard(mutex)(&vm->lock);
	return vm_stop(vm);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_stop);

/* Its capabilities go: nobody uses them any more. It may have been done already. */
int vm_reset_wait(struct ferry_gunyah_vm *vm)
{
	int state = vm_get_state(vm), ret = 0;

	if (state < 0 || state == FERRY_GUNYAH_VM_RESET)
		return min(state, 0);
	if (state != FERRY_GUNYAH_VM_RESETTING)
		ret = vm_call(vm, RM_VM_RESET);
	return ret ?: vm_wait(vm, FERRY_GUNYAH_VM_RESET);
}

/* Under the lock. */
static int vm_reset(struct ferry_gunyah_vm *vm)
{
	int ret;

	vm_disconnect(vm);
	ret = vm_reset_wait(vm);
	if (!ret)
		vm_reclaim_all(vm);
	return ret;
}

/**
 * ferry_gunyah_vm_reset() - take from a VM all that it has
 * @vm:		the VM; it ended, was not started, or could not be made
 *
 * Its link goes first; endpoints that are open become orphans. After this there is nothing
 * but to destroy it.
 *
 * Context: process, may sleep; not in a callback of a link, nor of a listener.
 * Return: 0; -EBUSY it runs; -ETIMEDOUT it has not been reset; or what ferry_gunyah_rm_call()
 * returned.
 */
int ferry_gunyah_vm_reset(struct ferry_gunyah_vm *vm)
{
	int state;

	guard(mutex)(&vm->lock);
	state = vm_get_state(vm);
	if (state < 0)
		return state;
	return state == FERRY_GUNYAH_VM_RUNNING ? -EBUSY : vm_reset(vm);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_reset);

/* Under the lock. Whatever state it is in, it has nothing of ours afterwards, or an error. */
static int vm_take_down(struct ferry_gunyah_vm *vm)
{
	int state = vm_get_state(vm), ret = 0;

	if (state < 0)
		return state;
	if (state == FERRY_GUNYAH_VM_RUNNING || state == FERRY_GUNYAH_VM_PAUSED) {
		ret = vm_stop(vm);
		state = FERRY_GUNYAH_VM_EXITED;
	}
	if (ret)
		return ret;
	switch (state) {
	case FERRY_GUNYAH_VM_READY:
	case FERRY_GUNYAH_VM_EXITED:
	case FERRY_GUNYAH_VM_INIT_FAILED:
	case FERRY_GUNYAH_VM_RESETTING:
	case FERRY_GUNYAH_VM_RESET:
		return vm_reset(vm);
	default:
		return 0;
	}
}

/**
 * ferry_gunyah_vm_destroy() - a VM is not needed any more
 * @vm:		the VM, in any state
 *
 * It is stopped, reset, and its number given back. If the resource manager does not do so
 * the number is not used again.
 *
 * Context: process, may sleep; not in a callback of a link, nor of a listener.
 * Return: 0, or why the number could not be given back: as ferry_gunyah_vm_reset(). @vm is
 * gone in any case.
 */
int ferry_gunyah_vm_destroy(struct ferry_gunyah_vm *vm)
{
	int ret;

	scoped_guard(mutex, &vm->rm->vms_lock)
		list_del(&vm->node);
	scoped_guard(mutex, &vm->lock) {
		ret = vm_take_down(vm);
		vm_disconnect(vm);
		vm_reclaim_all(vm);
		/* Of one that there is not it would die. */
		if (!ret)
			ret = vm_call(vm, RM_VM_DEALLOCATE);
	}
	ferry_gunyah_rm_unlisten(vm->rm, &vm->listener);
	cancel_work_sync(&vm->work);
	if (ret)
		dev_warn(ferry_link_dev(vm->rm->link), "VM %u is left as it is: %d\n", vm->vmid,
			 ret);
	kref_put(&vm->ref, vm_free);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_destroy);
