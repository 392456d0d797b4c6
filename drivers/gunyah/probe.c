// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah: from the device tree to channels.
 *
 * The resource manager of the hypervisor writes a node for each queue and doorbell into the
 * tree of a VM, and one for its own link. "reg" holds capabilities, not addresses. A node
 * with "#mbox-cells" is a mailbox, for drivers of the kernel, and no channel.
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/link.h>
#include <linux/ferry/mbox_face.h>
#include <linux/ferry/port_gunyah.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/pm_wakeup.h>
#include <linux/property.h>
#include <linux/slab.h>

#include "gunyah.h"

enum node_kind {
	NODE_MANAGER,		/* the link of the resource manager: always a pair */
	NODE_QUEUE,		/* a queue, or a pair of them */
	NODE_BELL,		/* is rung */
	NODE_BELL_SOURCE,	/* rings */
};

/**
 * struct node_vm - a VM that some nodes have in common
 * @node:	in node_vms, unless nobody knows which VM it is
 * @vmid:	which VM, or NODE_VM_UNKNOWN
 * @users:	nodes; under node_lock
 * @peer:	its link
 */
struct node_vm {
	struct list_head node;
	u32 vmid;
	unsigned int users;
	struct ferry_gunyah_peer *peer;
};

#define NODE_VM_UNKNOWN		(~0U)

static DEFINE_MUTEX(node_lock);
static LIST_HEAD(node_vms);

/* What a node says of itself. */
struct gunyah_node {
	struct device *dev;
	enum node_kind kind;
	unsigned int nr;	/* capabilities: 1, or 2 for a pair, the sender's first */
	bool sends;		/* where there is one */
	u32 label;
	u32 vmid;
	u64 cap[2];
	int irq[2];
	u32 size[2];
	struct node_vm *vm;
	struct ferry_gunyah_channel *channel;
	bool wakes;		/* the system, as it sleeps */
};

static struct ferry_gunyah_peer *vm_peer(struct device *dev, u32 vmid, const char *name)
{
	struct ferry_gunyah_peer *peer;
	int ret;

	/* A link that several nodes share outlives each of their devices. */
	peer = ferry_gunyah_peer_create(vmid == NODE_VM_UNKNOWN ? dev : NULL, name);
	if (IS_ERR(peer))
		return peer;
	ret = ferry_link_start(ferry_gunyah_peer_link(peer));
	if (!ret)
		return peer;
	ferry_gunyah_peer_destroy(peer);
	return ERR_PTR(ret);
}

/* Under node_lock. */
static struct node_vm *vm_create(struct device *dev, u32 vmid, const char *name)
{
	struct node_vm *vm = kzalloc(sizeof(*vm), GFP_KERNEL);
	int ret;

	if (!vm)
		return ERR_PTR(-ENOMEM);
	vm->peer = vm_peer(dev, vmid, name);
	if (IS_ERR(vm->peer)) {
		ret = PTR_ERR(vm->peer);
		kfree(vm);
		return ERR_PTR(ret);
	}
	vm->vmid = vmid;
	vm->users = 1;
	list_add_tail(&vm->node, &node_vms);
	return vm;
}

static struct node_vm *vm_get(struct device *dev, u32 vmid, const char *name)
{
	struct node_vm *vm;

	guard(mutex)(&node_lock);
	list_for_each_entry(vm, &node_vms, node) {
		if (vmid != NODE_VM_UNKNOWN && vm->vmid == vmid) {
			vm->users++;
			return vm;
		}
	}
	return vm_create(dev, vmid, name);
}

static void vm_put(struct node_vm *vm)
{
	guard(mutex)(&node_lock);
	if (--vm->users)
		return;
	list_del(&vm->node);
	ferry_gunyah_peer_destroy(vm->peer);
	kfree(vm);
}

/* The number that says what it is for; some have it twice. */
static u32 node_label(const struct device_node *np)
{
	u32 label = 0;

	if (of_property_read_u32(np, "qcom,label", &label))
		of_property_read_u32(np, "label", &label);
	return label;
}

static u32 node_size(const struct device_node *np, const char *name)
{
	u32 size = FERRY_GUNYAH_SIZE_DEFAULT;

	of_property_read_u32(np, name, &size);
	return size;
}

static void node_sizes(struct gunyah_node *n, const struct device_node *np)
{
	if (n->nr == 2) {
		n->size[0] = node_size(np, "qcom,tx-message-size");
		n->size[1] = node_size(np, "qcom,rx-message-size");
	} else if (of_property_present(np, "message-size")) {
		n->size[0] = node_size(np, "message-size");
	} else {
		n->size[0] = node_size(np, "tx_message_size");	/* for both directions */
	}
}

static int node_direction(struct gunyah_node *n, const struct device_node *np)
{
	bool sender = of_property_read_bool(np, "is-sender");
	bool receiver = of_property_read_bool(np, "is-receiver");

	switch (n->kind) {
	case NODE_MANAGER:
		return n->nr == 2 ? 0 : -EINVAL;
	case NODE_QUEUE:
		n->sends = sender;
		/* A pair is neither, one queue is one of both. */
		return (n->nr == 2 ? !sender && !receiver : sender != receiver) ? 0 : -EINVAL;
	case NODE_BELL:
	case NODE_BELL_SOURCE:
		n->sends = n->kind == NODE_BELL_SOURCE;
		return n->nr == 1 ? 0 : -EINVAL;
	}
	return -EINVAL;
}

static int node_caps(struct gunyah_node *n, const struct device_node *np)
{
	int count = of_property_count_elems_of_size(np, "reg", sizeof(u64));
	unsigned int i;
	int ret;

	if (count < 1 || count > ARRAY_SIZE(n->cap))
		return -EINVAL;
	n->nr = count;
	for (i = 0; i < n->nr; i++) {
		ret = of_property_read_u64_index(np, "reg", i, &n->cap[i]);
		if (ret)
			return ret;
	}
	return 0;
}

static int node_irqs(struct gunyah_node *n, struct platform_device *pdev)
{
	unsigned int i;

	if (n->kind == NODE_BELL_SOURCE)
		return 0;
	for (i = 0; i < n->nr; i++) {
		n->irq[i] = platform_get_irq(pdev, i);
		if (n->irq[i] < 0)
			return n->irq[i];
	}
	return 0;
}

static int node_read(struct gunyah_node *n, struct platform_device *pdev)
{
	const struct device_node *np = n->dev->of_node;
	int ret;

	ret = node_caps(n, np);
	if (!ret)
		ret = node_direction(n, np);
	if (ret)
		return dev_err_probe(n->dev, ret, "reg, is-sender and is-receiver do not fit\n");
	node_sizes(n, np);
	n->label = node_label(np);
	if (of_property_read_u32(np, "qcom,peer-vmid", &n->vmid))
		n->vmid = NODE_VM_UNKNOWN;
	return node_irqs(n, pdev);
}

static void node_port_kill(void *port)
{
	ferry_port_kill(port);
}

static struct ferry_port *node_port(struct gunyah_node *n, struct ferry_gunyah_hyp *hyp,
				    unsigned int i, enum ferry_port_dir dir)
{
	struct ferry_gunyah_queue_cfg queue = {
		.hyp = hyp, .cap = n->cap[i], .dir = dir, .max_len = n->size[i], .irq = n->irq[i],
	};
	struct ferry_gunyah_bell_cfg bell = {
		.hyp = hyp, .cap = n->cap[i], .dir = dir, .irq = n->irq[i],
	};
	struct ferry_port *port;
	int ret;

	if (n->kind == NODE_BELL || n->kind == NODE_BELL_SOURCE)
		port = ferry_gunyah_bell_create(n->dev, &bell);
	else
		port = ferry_gunyah_queue_create(n->dev, &queue);
	if (IS_ERR(port))
		return port;
	ret = devm_add_action_or_reset(n->dev, node_port_kill, port);
	return ret ? ERR_PTR(ret) : port;
}

static bool node_receives(const struct gunyah_node *n)
{
	return n->nr == 2 || !n->sends;
}

static int node_ports(struct gunyah_node *n, struct ferry_gunyah_hyp *hyp,
		      struct ferry_gunyah_channel_cfg *cfg)
{
	if (n->nr == 2 || n->sends)
		cfg->tx = node_port(n, hyp, 0, FERRY_PORT_TX);
	if (node_receives(n))
		cfg->rx = node_port(n, hyp, n->nr - 1, FERRY_PORT_RX);
	return PTR_ERR_OR_ZERO(cfg->tx) ?: PTR_ERR_OR_ZERO(cfg->rx);
}

static void node_vm_put(void *vm)
{
	vm_put(vm);
}

static void node_channel_remove(void *channel)
{
	ferry_gunyah_channel_remove(channel);
}

/* The link of a VM that is known has its number, another the label. */
static int node_join(struct gunyah_node *n, const struct ferry_gunyah_channel_cfg *cfg)
{
	char name[FERRY_NAME_LEN];
	int ret;

	if (n->kind == NODE_MANAGER)
		strscpy(name, "gunyah-rm", sizeof(name));
	else if (n->vmid != NODE_VM_UNKNOWN)
		snprintf(name, sizeof(name), "gunyah-vm%u", n->vmid);
	else
		snprintf(name, sizeof(name), "gunyah-%u", n->label);
	n->vm = vm_get(n->dev, n->vmid, name);
	if (IS_ERR(n->vm))
		return PTR_ERR(n->vm);
	ret = devm_add_action_or_reset(n->dev, node_vm_put, n->vm);
	if (ret)
		return ret;
	if (n->vmid != NODE_VM_UNKNOWN)
		ferry_gunyah_peer_set_vmid(n->vm->peer, n->vmid);
	n->channel = ferry_gunyah_channel_add(n->vm->peer, cfg);
	if (IS_ERR(n->channel))
		return PTR_ERR(n->channel);
	return devm_add_action_or_reset(n->dev, node_channel_remove, n->channel);
}

static void node_face_destroy(void *face)
{
	ferry_mbox_face_destroy(face);
}

/* A doorbell has no room to wait for; what it is rung for the client knows better. */
static int node_offer(struct gunyah_node *n, const struct ferry_gunyah_channel_cfg *cfg)
{
	struct ferry_mbox_pair pair = { .tx = cfg->tx, .rx = cfg->rx };
	struct ferry_mbox_face_cfg face_cfg = {
		.pairs = &pair,
		.nr = 1,
		.done = cfg->type == FERRY_GUNYAH_BELL ? FERRY_MBOX_DONE_POLL :
							 FERRY_MBOX_DONE_TELL,
	};
	struct ferry_mbox_face *face = ferry_mbox_face_create(n->dev, &face_cfg);

	if (IS_ERR(face))
		return PTR_ERR(face);
	return devm_add_action_or_reset(n->dev, node_face_destroy, face);
}

static int node_make(struct gunyah_node *n, struct ferry_gunyah_hyp *hyp)
{
	bool bell = n->kind == NODE_BELL || n->kind == NODE_BELL_SOURCE;
	struct ferry_gunyah_channel_cfg cfg = {
		.type = bell ? FERRY_GUNYAH_BELL : FERRY_GUNYAH_QUEUE,
		.label = n->label,
		.name = n->kind == NODE_MANAGER ? "rpc" : NULL,
	};
	int ret;

	ret = node_ports(n, hyp, &cfg);
	if (ret)
		return ret;
	if (of_property_present(n->dev->of_node, "#mbox-cells"))
		return node_offer(n, &cfg);
	return node_join(n, &cfg);
}

/* A message may wake the system where the node says so, or who uses the machine. */
static void node_init_wakeup(struct gunyah_node *n)
{
	if (!node_receives(n))
		return;
	device_set_wakeup_capable(n->dev, true);
	if (of_property_read_bool(n->dev->of_node, "wakeup-source"))
		device_wakeup_enable(n->dev);
}

static void node_end_wakeup(void *dev)
{
	device_init_wakeup(dev, false);
}

/* Its ports stay started: who finds no room sleeps on, and need not be woken for that. */
static int node_suspend(struct device *dev)
{
	struct gunyah_node *n = dev_get_drvdata(dev);

	n->wakes = device_may_wakeup(dev) && !enable_irq_wake(n->irq[n->nr - 1]);
	return 0;
}

static int node_resume(struct device *dev)
{
	struct gunyah_node *n = dev_get_drvdata(dev);

	if (n->wakes)
		disable_irq_wake(n->irq[n->nr - 1]);
	n->wakes = false;
	return 0;
}

static const struct dev_pm_ops node_pm_ops = {
	.suspend = node_suspend,
	.resume = node_resume,
};

static int node_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct ferry_gunyah_hyp *hyp;
	struct gunyah_node *n;
	int ret;

	n = devm_kzalloc(dev, sizeof(*n), GFP_KERNEL);
	if (!n)
		return -ENOMEM;
	n->dev = dev;
	platform_set_drvdata(pdev, n);
	n->kind = (uintptr_t)device_get_match_data(dev);
	ret = node_read(n, pdev);
	if (ret)
		return ret;
	hyp = ferry_gunyah_hyp_get(n->kind == NODE_BELL || n->kind == NODE_BELL_SOURCE ?
				   FERRY_GUNYAH_HAS_BELL : FERRY_GUNYAH_HAS_QUEUE);
	if (IS_ERR(hyp)) {
		/* The node says that there is one: it may be simulated, and come later. */
		ret = hyp == ERR_PTR(-ENODEV) ? -EPROBE_DEFER : PTR_ERR(hyp);
		return dev_err_probe(dev, ret, "no Gunyah that can do what is needed\n");
	}
	ret = node_make(n, hyp);
	ferry_gunyah_hyp_put(hyp);
	if (ret)
		return dev_err_probe(dev, ret, "no channel\n");
	node_init_wakeup(n);
	return devm_add_action_or_reset(dev, node_end_wakeup, dev);
}

static const struct of_device_id node_of_match[] = {
	{ .compatible = "gunyah-resource-manager", .data = (void *)NODE_MANAGER },
	{ .compatible = "gunyah-message-queue", .data = (void *)NODE_QUEUE },
	{ .compatible = "gunyah-doorbell", .data = (void *)NODE_BELL },
	{ .compatible = "gunyah-doorbell-source", .data = (void *)NODE_BELL_SOURCE },
	{ .compatible = "qcom,gunyah-message-queue", .data = (void *)NODE_QUEUE },
	{ .compatible = "qcom,gunyah-doorbell", .data = (void *)NODE_BELL },
	{ .compatible = "qcom,gunyah-doorbell-source", .data = (void *)NODE_BELL_SOURCE },
	{ }
};
MODULE_DEVICE_TABLE(of, node_of_match);

static struct platform_driver node_driver = {
	.probe = node_probe,
	.driver = {
		.name = "ferry-gunyah",
		.of_match_table = node_of_match,
		.pm = &node_pm_ops,
	},
};

/* A parent that is no simple-bus: its children have no devices yet. */
static int parent_probe(struct platform_device *pdev)
{
	return devm_of_platform_populate(&pdev->dev);
}

static const struct of_device_id parent_of_match[] = {
	{ .compatible = "gunyah-hypervisor" },
	{ }
};
MODULE_DEVICE_TABLE(of, parent_of_match);

static struct platform_driver parent_driver = {
	.probe = parent_probe,
	.driver = {
		.name = "ferry-gunyah-hypervisor",
		.of_match_table = parent_of_match,
	},
};

static struct platform_driver * const drivers[] = { &node_driver, &parent_driver };

int gunyah_probe_init(void)
{
	return platform_register_drivers(drivers, ARRAY_SIZE(drivers));
}

void gunyah_probe_exit(void)
{
	platform_unregister_drivers(drivers, ARRAY_SIZE(drivers));
}
