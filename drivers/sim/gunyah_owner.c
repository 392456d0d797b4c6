// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the owner of a Gunyah VM does with it, without a resource manager: takes what is shared
 * with it, by label, and makes it channels of a link.
 *
 * /sys/module/ferry_gunyah_vm/parameters/vm takes lines:
 *
 *   add NAME TYPE:LABEL:CAPABILITY:INTERRUPT:SIZE ...
 *   remove NAME
 *
 * with numbers as the resource manager gives them: types are 0 rings, 1 is rung, 2 sends, 3
 * receives. A queue that sends and one that receives with the same label are one channel.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/ferry/gunyah.h>
#include <linux/ferry/link.h>
#include <linux/ferry/port_gunyah.h>
#include <linux/irqdomain.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/slab.h>
#include <linux/string.h>

#define VM_RESOURCES	16
#define VM_SPACE	"\n "
#define VM_SPI		32	/* number of the first shared interrupt */

enum vm_type {
	VM_BELL_TX,
	VM_BELL_RX,
	VM_QUEUE_TX,
	VM_QUEUE_RX,
	VM_TYPES,
};

/**
 * struct vm_resource - one end of a queue or doorbell
 * @type:	&enum vm_type
 * @label:	what it is for
 * @cap:	capability
 * @virq:	its interrupt, as the hypervisor counts them; 0: none
 * @size:	largest message, bytes
 * @port:	made of it, or NULL
 * @irq:	of Linux, or 0
 * @claimed:	a channel has it
 */
struct vm_resource {
	u32 type;
	u32 label;
	u64 cap;
	u32 virq;
	u32 size;
	struct ferry_port *port;
	unsigned int irq;
	bool claimed;
};

struct vm {
	struct list_head node;
	char name[32];
	struct ferry_gunyah_peer *peer;
	unsigned int nr;
	struct vm_resource res[VM_RESOURCES];
};

static DEFINE_MUTEX(vms_lock);
static LIST_HEAD(vms);

/*
 * What is shared with a VM. It is the one place to change for who asks the resource manager
 * (VM_GET_HYP_RESOURCES) instead of its user.
 */
static int vm_resources(struct vm *vm, char *text)
{
	struct vm_resource *r;
	char *word;

	while ((word = strsep(&text, VM_SPACE))) {
		if (!*word)
			continue;
		if (vm->nr == VM_RESOURCES)
			return -ENOSPC;
		r = &vm->res[vm->nr++];
		if (sscanf(word, "%u:%u:%llu:%u:%u", &r->type, &r->label, &r->cap, &r->virq,
			   &r->size) != 5 || r->type >= VM_TYPES)
			return -EINVAL;
	}
	return vm->nr ? 0 : -EINVAL;
}

/* Of the machine's interrupt controller. */
static int vm_map_irq(struct vm_resource *r)
{
	struct device_node *root = of_find_node_by_path("/");
	struct device_node *gic = of_irq_find_parent(root);
	struct irq_fwspec spec = {
		.fwnode = of_fwnode_handle(gic),
		.param_count = 3,
		.param = { 0, r->virq - VM_SPI, 1 },
	};

	if (gic && r->virq >= VM_SPI)
		r->irq = irq_create_fwspec_mapping(&spec);
	of_node_put(gic);
	of_node_put(root);
	return r->irq ? 0 : -ENXIO;
}

static int vm_port(struct vm_resource *r, struct ferry_gunyah_hyp *hyp)
{
	bool tx = r->type == VM_BELL_TX || r->type == VM_QUEUE_TX;
	enum ferry_port_dir dir = tx ? FERRY_PORT_TX : FERRY_PORT_RX;
	struct ferry_gunyah_queue_cfg queue = {
		.hyp = hyp, .cap = r->cap, .dir = dir, .max_len = r->size,
	};
	struct ferry_gunyah_bell_cfg bell = { .hyp = hyp, .cap = r->cap, .dir = dir };
	struct ferry_port *port;
	int ret = r->virq ? vm_map_irq(r) : 0;

	if (ret)
		return ret;
	queue.irq = r->irq;
	bell.irq = r->irq;
	port = r->type >= VM_QUEUE_TX ? ferry_gunyah_queue_create(NULL, &queue) :
					ferry_gunyah_bell_create(NULL, &bell);
	if (IS_ERR(port))
		return PTR_ERR(port);
	r->port = port;
	return 0;
}

/* The first that nobody has. */
static struct ferry_port *vm_claim(struct vm *vm, enum vm_type type, u32 label)
{
	struct vm_resource *r;

	for (r = vm->res; r < vm->res + vm->nr; r++) {
		if (r->claimed || r->type != type || r->label != label)
			continue;
		r->claimed = true;
		return r->port;
	}
	return NULL;
}

static int vm_channel(struct vm *vm, const struct vm_resource *r)
{
	struct ferry_gunyah_channel_cfg cfg = {
		.type = r->type >= VM_QUEUE_TX ? FERRY_GUNYAH_QUEUE : FERRY_GUNYAH_BELL,
		.label = r->label,
	};
	bool queue = cfg.type == FERRY_GUNYAH_QUEUE;

	cfg.tx = vm_claim(vm, queue ? VM_QUEUE_TX : VM_BELL_TX, r->label);
	cfg.rx = vm_claim(vm, queue ? VM_QUEUE_RX : VM_BELL_RX, r->label);
	return PTR_ERR_OR_ZERO(ferry_gunyah_channel_add(vm->peer, &cfg));
}

static int vm_channels(struct vm *vm)
{
	struct vm_resource *r;
	int ret;

	vm->peer = ferry_gunyah_peer_create(NULL, vm->name);
	if (IS_ERR(vm->peer))
		return PTR_ERR(vm->peer);
	for (r = vm->res; r < vm->res + vm->nr; r++) {
		ret = r->claimed ? 0 : vm_channel(vm, r);
		if (ret)
			return ret;
	}
	return ferry_link_start(ferry_gunyah_peer_link(vm->peer));
}

/* Also one that was made by half. Before the VM is reset, or after: its link then crashed. */
static void vm_free(struct vm *vm)
{
	struct vm_resource *r;

	if (!IS_ERR_OR_NULL(vm->peer))
		ferry_gunyah_peer_destroy(vm->peer);
	for (r = vm->res; r < vm->res + vm->nr; r++) {
		if (r->port)
			ferry_port_kill(r->port);
		if (r->irq)
			irq_dispose_mapping(r->irq);
	}
	kfree(vm);
}

static int vm_make(struct vm *vm, char *text)
{
	struct ferry_gunyah_hyp *hyp;
	unsigned int i;
	int ret = vm_resources(vm, text);

	if (ret)
		return ret;
	hyp = ferry_gunyah_hyp_get(FERRY_GUNYAH_HAS_QUEUE | FERRY_GUNYAH_HAS_BELL);
	if (IS_ERR(hyp))
		return PTR_ERR(hyp);
	for (i = 0; i < vm->nr && !ret; i++)
		ret = vm_port(&vm->res[i], hyp);
	ferry_gunyah_hyp_put(hyp);
	return ret ?: vm_channels(vm);
}

/* Under the lock. */
static int vm_add(const char *name, char *text)
{
	struct vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	int ret;

	if (!vm)
		return -ENOMEM;
	strscpy(vm->name, name, sizeof(vm->name));
	ret = vm_make(vm, text);
	if (ret) {
		vm_free(vm);
		return ret;
	}
	list_add_tail(&vm->node, &vms);
	return 0;
}

/* Under the lock. */
static int vm_remove(const char *name)
{
	struct vm *vm;

	list_for_each_entry(vm, &vms, node) {
		if (strcmp(vm->name, name))
			continue;
		list_del(&vm->node);
		vm_free(vm);
		return 0;
	}
	return -ENOENT;
}

static int vm_set(const char *value, const struct kernel_param *param)
{
	char *line = kstrdup(value, GFP_KERNEL), *text = line, *verb, *name;
	int ret = -EINVAL;

	if (!line)
		return -ENOMEM;
	verb = strsep(&text, VM_SPACE);
	name = strsep(&text, VM_SPACE);
	guard(mutex)(&vms_lock);
	if (name && *name && !strcmp(verb, "add"))
		ret = vm_add(name, text);
	else if (name && *name && !strcmp(verb, "remove"))
		ret = vm_remove(name);
	kfree(line);
	return ret;
}

static const struct kernel_param_ops vm_ops = { .set = vm_set };
module_param_cb(vm, &vm_ops, NULL, 0200);
MODULE_PARM_DESC(vm, "add NAME TYPE:LABEL:CAPABILITY:INTERRUPT:SIZE ..., or remove NAME");

static int __init vms_init(void)
{
	return 0;
}
module_init(vms_init);

static void __exit vms_exit(void)
{
	struct vm *vm, *next;

	list_for_each_entry_safe(vm, next, &vms, node)
		vm_free(vm);
}
module_exit(vms_exit);

MODULE_DESCRIPTION("Ferry: channels to a VM of the Gunyah hypervisor");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
