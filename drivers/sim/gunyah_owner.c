// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the owner of Gunyah VMs does: has the resource manager make them, lends them memory,
 * starts them, and takes them away.
 *
 * /sys/module/ferry_gunyah_vm/parameters/vm takes lines:
 *
 *   create NAME	a VM that runs, and a link NAME to it
 *   stop NAME		it ends; its link crashes
 *   destroy NAME	it is reset, with all that it has; it may have ended before
 *
 * and gives a line "NAME VMID STATE" for each. The memory is empty: a VM of the simulated
 * resource manager needs no image.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/ferry/gunyah_rm.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#define VM_SPACE	"\n "
#define VM_WAIT_MS	10000	/* until it is known who we are */
#define VM_ORDER	4	/* pages of memory, as a power of two */
#define VM_LABEL	0x46

struct vm {
	struct list_head node;
	char name[32];
	struct ferry_gunyah_vm *vm;
};

static DEFINE_MUTEX(vms_lock);
static LIST_HEAD(vms);

static void vm_changed(struct ferry_gunyah_vm *gvm, enum ferry_gunyah_vm_state state, void *priv)
{
	const struct vm *vm = priv;

	pr_info("ferry_gunyah_vm: %s: VM %u is %s\n", vm->name, ferry_gunyah_vm_vmid(gvm),
		ferry_gunyah_vm_state_name(state));
}

/* Ours is only the way in: each page has a reference of the VM's. */
static int vm_lend(struct vm *vm)
{
	const struct ferry_gunyah_mem_cfg cfg = {
		.label = VM_LABEL,
		.rights = FERRY_GUNYAH_READ | FERRY_GUNYAH_WRITE | FERRY_GUNYAH_EXECUTE,
	};
	const struct ferry_gunyah_image image = {
		.size = PAGE_SIZE, .dt_offset = PAGE_SIZE, .dt_size = PAGE_SIZE,
	};
	struct page *pages[1 << VM_ORDER], *block;
	struct ferry_gunyah_mem *mem;
	unsigned int i;

	block = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO, VM_ORDER);
	if (!block)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = block + i;
	mem = ferry_gunyah_mem_lend(vm->vm, &cfg, pages, ARRAY_SIZE(pages));
	put_page(block);
	return PTR_ERR_OR_ZERO(mem) ?: ferry_gunyah_vm_config(vm->vm, mem, &image);
}

static int vm_make(struct vm *vm, struct ferry_gunyah_rm *rm)
{
	const struct ferry_gunyah_vm_cfg cfg = {
		.name = vm->name, .changed = vm_changed, .priv = vm,
	};
	int ret;

	vm->vm = ferry_gunyah_vm_create(rm, &cfg);
	if (IS_ERR(vm->vm))
		return PTR_ERR(vm->vm);
	ret = vm_lend(vm) ?: ferry_gunyah_vm_init(vm->vm) ?: ferry_gunyah_vm_start(vm->vm);
	if (ret)
		ferry_gunyah_vm_destroy(vm->vm);
	return ret;
}

/* Under the lock. */
static int vm_create(const char *name)
{
	struct ferry_gunyah_rm *rm = ferry_gunyah_rm_get(NULL);
	struct vm *vm;
	int ret;

	if (IS_ERR(rm))
		return PTR_ERR(rm);
	vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	ret = vm ? ferry_gunyah_rm_wait(rm, VM_WAIT_MS) : -ENOMEM;
	if (ret > 0) {
		strscpy(vm->name, name, sizeof(vm->name));
		ret = vm_make(vm, rm);
	}
	ferry_gunyah_rm_put(rm);
	if (ret)
		kfree(vm);
	else
		list_add_tail(&vm->node, &vms);
	return ret;
}

/* Under the lock. */
static int vm_destroy(struct vm *vm)
{
	int ret = ferry_gunyah_vm_destroy(vm->vm);

	list_del(&vm->node);
	kfree(vm);
	return ret;
}

/* Under the lock. */
static struct vm *vm_find(const char *name)
{
	struct vm *vm;

	list_for_each_entry(vm, &vms, node)
		if (!strcmp(vm->name, name))
			return vm;
	return NULL;
}

static int vm_do(const char *verb, const char *name)
{
	struct vm *vm;

	guard(mutex)(&vms_lock);
	vm = vm_find(name);
	if (!strcmp(verb, "create"))
		return vm ? -EEXIST : vm_create(name);
	if (!vm)
		return -ENOENT;
	if (!strcmp(verb, "stop"))
		return ferry_gunyah_vm_stop(vm->vm);
	return strcmp(verb, "destroy") ? -EINVAL : vm_destroy(vm);
}

static int vm_set(const char *value, const struct kernel_param *param)
{
	char *line = kstrdup(value, GFP_KERNEL), *text = line, *verb, *name;
	int ret = -EINVAL;

	if (!line)
		return -ENOMEM;
	verb = strsep(&text, VM_SPACE);
	name = strsep(&text, VM_SPACE);
	if (name && *name)
		ret = vm_do(verb, name);
	kfree(line);
	return ret;
}

static int vm_get(char *buf, const struct kernel_param *param)
{
	struct vm *vm;
	int len = 0, state;

	guard(mutex)(&vms_lock);
	list_for_each_entry(vm, &vms, node) {
		state = ferry_gunyah_vm_state(vm->vm);
		len += scnprintf(buf + len, PAGE_SIZE - len, "%s %u %s\n", vm->name,
				 ferry_gunyah_vm_vmid(vm->vm),
				 state < 0 ? "unknown" : ferry_gunyah_vm_state_name(state));
	}
	return len;
}

static const struct kernel_param_ops vm_ops = { .set = vm_set, .get = vm_get };
module_param_cb(vm, &vm_ops, NULL, 0600);
MODULE_PARM_DESC(vm, "create NAME, stop NAME, or destroy NAME");

static int __init vms_init(void)
{
	return 0;
}
module_init(vms_init);

static void __exit vms_exit(void)
{
	struct vm *vm, *next;

	list_for_each_entry_safe(vm, next, &vms, node)
		vm_destroy(vm);
}
module_exit(vms_exit);

MODULE_DESCRIPTION("Ferry: what the owner of VMs of the Gunyah hypervisor does");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
