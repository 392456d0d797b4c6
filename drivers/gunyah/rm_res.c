// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: what we share with a VM, and a link of that.
 *
 * It says what each queue and doorbell is only by type and label. What cannot be used is
 * left out, and the rest works.
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/link.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_gunyah.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/slab.h>

#include "../compat.h"
#include "rm_vm.h"

/* Interrupts as the hypervisor counts them, and as an interrupt controller does. */
#define VIRQ_SPI_FIRST		32
#define VIRQ_SPI_LAST		1019
#define VIRQ_ESPI_FIRST		4096
#define VIRQ_ESPI_LAST		5119
#define FWSPEC_SPI		0
#define FWSPEC_ESPI		2

static bool end_is_bell(const struct vm_end *end)
{
	return end->type == RM_RESOURCE_BELL_TX || end->type == RM_RESOURCE_BELL_RX;
}

static bool end_is_tx(const struct vm_end *end)
{
	return end->type == RM_RESOURCE_BELL_TX || end->type == RM_RESOURCE_QUEUE_TX;
}

static bool virq_is_ours(u32 virq)
{
	return (virq >= VIRQ_SPI_FIRST && virq <= VIRQ_SPI_LAST) ||
	       (virq >= VIRQ_ESPI_FIRST && virq <= VIRQ_ESPI_LAST);
}

static bool end_is_taken(const struct ferry_gunyah_vm *vm, const struct vm_end *end)
{
	unsigned int i;

	for (i = 0; i < vm->nr_ends; i++)
		if (vm->ends[i].type == end->type && vm->ends[i].label == end->label)
			return true;
	return false;
}

/* Why not? NULL: it can be used. Under the lock of interrupts. */
static const char *end_wrong(const struct ferry_gunyah_vm *vm, const struct vm_end *end,
			     u16 partner)
{
	if (partner != vm->vmid)
		return "is of another VM";
	if (end->cap == FERRY_GUNYAH_CAP_NONE)
		return "has no capability";
	if (!end->virq && !end_is_tx(end))
		return "has no interrupt";
	if (end->virq && !virq_is_ours(end->virq))
		return "has an interrupt that cannot be";
	if (end->virq && test_bit(end->virq, vm->rm->virqs))
		return "has the interrupt of another one";
	if (end_is_taken(vm, end))
		return "is there already";
	return NULL;
}

/* Once it is known, its interrupt is nobody else's. */
static void end_add(struct ferry_gunyah_vm *vm, const struct rm_resource *entry)
{
	struct vm_end end = {
		.type = entry->type,
		.label = le32_to_cpu(entry->label),
		.cap = le64_to_cpu(entry->cap),
		.virq = le32_to_cpu(entry->virq),
	};
	const char *wrong;

	if (end.type > RM_RESOURCE_QUEUE_RX)
		return;		/* CPUs, and other things that are nothing to us */
	guard(mutex)(&vm->rm->vm_lock);
	wrong = end_wrong(vm, &end, le16_to_cpu(entry->partner));
	if (wrong) {
		dev_warn_ratelimited(ferry_link_dev(vm->rm->link),
				     "VM %u: type %u, label %#x %s: left out\n", vm->vmid, end.type,
				     end.label, wrong);
		return;
	}
	if (end.virq)
		__set_bit(end.virq, vm->rm->virqs);
	vm->ends[vm->nr_ends++] = end;
}

/* The count has to be what is there. */
static int ends_parse(struct ferry_gunyah_vm *vm, const void *data, size_t len)
{
	struct rm_resource entry;
	u32 count, i;

	if (len < sizeof(struct rm_resources))
		return -EBADMSG;
	count = get_unaligned_le32(data);
	data += sizeof(struct rm_resources);
	len -= sizeof(struct rm_resources);
	if (len % sizeof(entry) || len / sizeof(entry) != count)
		return -EBADMSG;
	vm->ends = kcalloc(max(count, 1U), sizeof(*vm->ends), GFP_KERNEL);
	if (!vm->ends)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		memcpy(&entry, data + i * sizeof(entry), sizeof(entry));
		end_add(vm, &entry);
	}
	return 0;
}

static int ends_read(struct ferry_gunyah_vm *vm)
{
	const struct rm_vmid request = { .vmid = cpu_to_le16(vm->vmid) };
	size_t room = RM_MESSAGE_MAX - sizeof(u32);
	void *reply = kmalloc(room, GFP_KERNEL);
	ssize_t ret;

	if (!reply)
		return -ENOMEM;
	ret = rm_call(vm->rm, RM_VM_GET_HYP_RESOURCES, &request, sizeof(request), reply, room,
		      vm->rm->cfg.timeout_ms);
	if (ret >= 0)
		ret = ends_parse(vm, reply, ret);
	kfree(reply);
	return ret;
}

/* The controller of the interrupts, with a reference, or NULL. */
static struct fwnode_handle *vm_irqs(struct ferry_gunyah_vm *vm)
{
	struct device *parent = ferry_link_dev(vm->rm->link)->parent;
	struct device_node *np;

	if (vm->rm->cfg.irqs)
		return fwnode_handle_get(vm->rm->cfg.irqs);
	np = parent && parent->of_node ? of_irq_find_parent(parent->of_node) : NULL;
	return np ? of_fwnode_handle(np) : NULL;
}

static int end_map(struct vm_end *end, struct fwnode_handle *irqs)
{
	bool extended = end->virq >= VIRQ_ESPI_FIRST;
	struct irq_fwspec spec = {
		.fwnode = irqs,
		.param_count = 3,
		.param = {
			extended ? FWSPEC_ESPI : FWSPEC_SPI,
			end->virq - (extended ? VIRQ_ESPI_FIRST : VIRQ_SPI_FIRST),
			IRQ_TYPE_EDGE_RISING,
		},
	};

	if (!end->virq)
		return 0;
	if (!irqs)
		return -ENODEV;
	end->irq = irq_create_fwspec_mapping(&spec);
	return end->irq ? 0 : -ENXIO;
}

static int end_make_port(struct ferry_gunyah_vm *vm, struct vm_end *end,
			 struct ferry_gunyah_hyp *hyp)
{
	const struct ferry_gunyah_queue_cfg queue = {
		.hyp = hyp, .cap = end->cap, .irq = end->irq,
		.dir = end_is_tx(end) ? FERRY_PORT_TX : FERRY_PORT_RX,
		.max_len = vm->cfg.max_len ? vm->cfg.max_len(end->label, vm->cfg.priv) : 0,
	};
	const struct ferry_gunyah_bell_cfg bell = {
		.hyp = hyp, .cap = end->cap, .irq = end->irq, .dir = queue.dir,
	};
	struct ferry_port *port = end_is_bell(end) ? ferry_gunyah_bell_create(NULL, &bell) :
				  ferry_gunyah_queue_create(NULL, &queue);

	if (IS_ERR(port))
		return PTR_ERR(port);
	end->port = port;
	return 0;
}

/* Under the lock of the VM. */
static int ends_open(struct ferry_gunyah_vm *vm, struct ferry_gunyah_hyp *hyp,
		     struct fwnode_handle *irqs)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < vm->nr_ends && !ret; i++) {
		ret = end_map(&vm->ends[i], irqs);
		/* Interrupts that cannot be mapped cost their end, nothing more. */
		if (ret == -ENXIO) {
			dev_warn_ratelimited(ferry_link_dev(vm->rm->link),
					     "VM %u: interrupt %u cannot be mapped\n", vm->vmid,
					     vm->ends[i].virq);
			ret = 0;
			continue;
		}
		if (!ret)
			ret = end_make_port(vm, &vm->ends[i], hyp);
	}
	return ret;
}

static void ends_close(struct ferry_gunyah_vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_ends; i++) {
		struct vm_end *end = &vm->ends[i];

		if (end->port)
			ferry_port_kill(end->port);
		if (end->irq)
			irq_dispose_mapping(end->irq);
		guard(mutex)(&vm->rm->vm_lock);
		if (end->virq)
			__clear_bit(end->virq, vm->rm->virqs);
	}
	vm->nr_ends = 0;
	kfree(vm->ends);
	vm->ends = NULL;
}

/* The other direction, if both have one label. */
static struct vm_end *end_other(struct ferry_gunyah_vm *vm, const struct vm_end *end)
{
	unsigned int i;

	for (i = 0; i < vm->nr_ends; i++) {
		struct vm_end *other = &vm->ends[i];

		if (other != end && other->port && other->label == end->label &&
		    end_is_bell(other) == end_is_bell(end))
			return other;
	}
	return NULL;
}

static int end_join(struct ferry_gunyah_vm *vm, struct ferry_gunyah_peer *peer,
		    struct vm_end *end)
{
	struct ferry_gunyah_channel_cfg cfg = {
		.type = end_is_bell(end) ? FERRY_GUNYAH_BELL : FERRY_GUNYAH_QUEUE,
		.label = end->label,
	};
	struct vm_end *other = end_other(vm, end);

	if (end->joined || !end->port)
		return 0;
	cfg.tx = end_is_tx(end) ? end->port : other ? other->port : NULL;
	cfg.rx = end_is_tx(end) ? (other ? other->port : NULL) : end->port;
	end->joined = true;
	if (other)
		other->joined = true;
	return PTR_ERR_OR_ZERO(ferry_gunyah_channel_add(peer, &cfg));
}

static int ends_join(struct ferry_gunyah_vm *vm, struct ferry_gunyah_peer *peer)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < vm->nr_ends && !ret; i++)
		ret = end_join(vm, peer, &vm->ends[i]);
	return ret ?: ferry_link_start(ferry_gunyah_peer_link(peer));
}

static int vm_join_console(struct ferry_gunyah_vm *vm, struct ferry_gunyah_peer *peer)
{
	struct ferry_gunyah_channel_cfg cfg = { .name = "console" };
	int ret;

	if (!vm->cfg.console)
		return 0;
	ret = rm_console_create(vm, &vm->console_tx, &vm->console_rx);
	if (ret)
		return ret;
	cfg.tx = vm->console_tx;
	cfg.rx = vm->console_rx;
	return PTR_ERR_OR_ZERO(ferry_gunyah_channel_add(peer, &cfg));
}

static void vm_close_console(struct ferry_gunyah_vm *vm)
{
	if (!vm->console_tx)
		return;
	ferry_port_kill(vm->console_tx);
	ferry_port_kill(vm->console_rx);
	vm->console_tx = NULL;
	vm->console_rx = NULL;
}

static int vm_make_link(struct ferry_gunyah_vm *vm)
{
	struct ferry_gunyah_peer *peer = ferry_gunyah_peer_create(NULL, vm->name);
	int ret;

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	ferry_gunyah_peer_on_stop(peer, vm_link_stopped, vm);
	ferry_gunyah_peer_set_vmid(peer, vm->vmid);
	ret = vm_join_console(vm, peer) ?: ends_join(vm, peer);
	if (ret) {
		ferry_gunyah_peer_destroy(peer);
		return ret;
	}
	guard(mutex)(&vm->peer_lock);
	vm->peer = peer;
	return 0;
}

static int vm_open(struct ferry_gunyah_vm *vm)
{
	struct ferry_gunyah_hyp *hyp = vm->rm->cfg.hyp;
	struct fwnode_handle *irqs;
	int ret;

	if (hyp)
		ferry_gunyah_hyp_hold(hyp);
	else
		hyp = ferry_gunyah_hyp_get(FERRY_GUNYAH_HAS_QUEUE | FERRY_GUNYAH_HAS_BELL);
	if (IS_ERR(hyp))
		return PTR_ERR(hyp);
	irqs = vm_irqs(vm);
	ret = ends_open(vm, hyp, irqs);
	fwnode_handle_put(irqs);
	ferry_gunyah_hyp_put(hyp);
	return ret;
}

int vm_connect(struct ferry_gunyah_vm *vm)
{
	int ret = ends_read(vm) ?: vm_open(vm) ?: vm_make_link(vm);

	if (ret) {
		vm_close_console(vm);
		ends_close(vm);
	}
	return ret;
}

void vm_disconnect(struct ferry_gunyah_vm *vm)
{
	struct ferry_gunyah_peer *peer;

	scoped_guard(mutex, &vm->peer_lock) {
		peer = vm->peer;
		vm->peer = NULL;
	}
	if (peer)
		ferry_gunyah_peer_destroy(peer);
	vm_close_console(vm);
	ends_close(vm);
}
