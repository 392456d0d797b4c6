// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: the console of a VM, as a pair of ports, which are the
 * channel "console" of its link.
 *
 * It is a stream of bytes, in pieces. One piece is with the resource manager at a time:
 * whoever sends the next finds the port full until it was answered. What comes waits in a
 * buffer; what finds no room there is lost, and counted.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/port.h>
#include <linux/kfifo.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "rm_vm.h"

#define CONSOLE_IN_SIZE		4096	/* bytes that wait */
#define CONSOLE_IN_MAX		1023	/* bytes of a piece, as of a queue */
#define CONSOLE_OUT_MAX		(RM_CONTENT_MAX - sizeof(struct rm_console_chars))

/**
 * struct rm_console - the console of a VM
 * @tx:		to it
 * @rx:		from it
 * @refs:	ports that are there
 * @rm:		its resource manager, with a reference
 * @vmid:	which VM
 * @open_lock:	of @open; above the locks of the resource manager
 * @open:	ports that are started
 * @listener:	hears what comes, while @open
 * @work:	has @out written
 * @lock:	of all that follows; also of who counts faults
 * @busy:	@out is not written yet
 * @armed:	the user of @rx is to be told
 * @in:		what came
 * @out_len:	bytes of @out
 * @out:	what is to be written, as the request has it
 */
struct rm_console {
	struct ferry_port tx;
	struct ferry_port rx;
	refcount_t refs;
	struct ferry_gunyah_rm *rm;
	u16 vmid;
	struct mutex open_lock;		/* see above */
	unsigned int open;
	struct ferry_gunyah_rm_listener listener;
	struct work_struct work;

	spinlock_t lock;		/* see above */
	bool busy;
	bool armed;
	DECLARE_KFIFO(in, u8, CONSOLE_IN_SIZE);
	size_t out_len;
	u8 out[RM_CONTENT_MAX];
};

static const struct ferry_port_desc console_tx_desc = {
	.max_len = CONSOLE_OUT_MAX,
	.dir = FERRY_PORT_TX,
};

static const struct ferry_port_desc console_rx_desc = {
	.max_len = CONSOLE_IN_MAX,
	.dir = FERRY_PORT_RX,
};

static struct rm_console *console_of_tx(struct ferry_port *port)
{
	return container_of(port, struct rm_console, tx);
}

static struct rm_console *console_of_rx(struct ferry_port *port)
{
	return container_of(port, struct rm_console, rx);
}

/* The thread of the link. That there are as many bytes as it says was checked. */
static void console_note(struct ferry_gunyah_rm_listener *l, u32 id, const void *data, size_t len)
{
	struct rm_console *c = container_of(l, struct rm_console, listener);
	struct rm_console_chars head;
	unsigned int n;
	bool tell;

	if (id != RM_NOTE_CONSOLE_CHARS)
		return;
	memcpy(&head, data, sizeof(head));
	if (le16_to_cpu(head.vmid) != c->vmid)
		return;
	scoped_guard(spinlock_irqsave, &c->lock) {
		n = kfifo_in(&c->in, (const u8 *)data + sizeof(head), le16_to_cpu(head.count));
		c->rx.faults += n < le16_to_cpu(head.count);
		tell = c->armed && n;
		if (tell)
			c->armed = false;
	}
	if (tell)
		ferry_port_rx(&c->rx);
}

static int console_call(struct rm_console *c, u32 id)
{
	return rm_call_vm(c->rm, id, c->vmid, c->rm->cfg.timeout_ms);
}

/* Listens before it opens: what the VM says at once is not lost. */
static int console_start(struct rm_console *c)
{
	int ret = 0;

	guard(mutex)(&c->open_lock);
	if (!c->open) {
		ferry_gunyah_rm_listen(c->rm, &c->listener);
		ret = console_call(c, RM_CONSOLE_OPEN);
		if (ret)
			ferry_gunyah_rm_unlisten(c->rm, &c->listener);
	}
	c->open += !ret;
	return ret;
}

/* A resource manager that does not close it has lost it, or the VM. */
static void console_stop(struct rm_console *c)
{
	guard(mutex)(&c->open_lock);
	if (--c->open)
		return;
	console_call(c, RM_CONSOLE_CLOSE);
	ferry_gunyah_rm_unlisten(c->rm, &c->listener);
}

static int console_tx_start(struct ferry_port *port)
{
	return console_start(console_of_tx(port));
}

static void console_tx_stop(struct ferry_port *port)
{
	struct rm_console *c = console_of_tx(port);

	flush_work(&c->work);
	console_stop(c);
}

static void console_work(struct work_struct *work)
{
	struct rm_console *c = container_of(work, struct rm_console, work);
	ssize_t ret = rm_call(c->rm, RM_CONSOLE_WRITE, c->out, c->out_len, NULL, 0,
			      c->rm->cfg.timeout_ms);

	scoped_guard(spinlock_irqsave, &c->lock) {
		c->tx.faults += ret < 0;
		c->busy = false;
	}
	ferry_port_tx_ready(&c->tx);
}

static int console_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags)
{
	struct rm_console *c = console_of_tx(port);
	const struct rm_console_chars head = {
		.vmid = cpu_to_le16(c->vmid), .count = cpu_to_le16(len),
	};

	if (!len)
		return msg ? -EINVAL : 0;
	guard(spinlock_irqsave)(&c->lock);
	if (c->busy)
		return -EAGAIN;
	memcpy(c->out, &head, sizeof(head));
	memcpy(c->out + sizeof(head), msg, len);
	c->out_len = sizeof(head) + len;
	c->busy = true;
	schedule_work(&c->work);
	return 1;
}

/* It is told anyway. */
static bool console_tx_arm(struct ferry_port *port, bool on)
{
	struct rm_console *c = console_of_tx(port);

	guard(spinlock_irqsave)(&c->lock);
	return !c->busy;
}

static int console_rx_start(struct ferry_port *port)
{
	return console_start(console_of_rx(port));
}

static void console_rx_stop(struct ferry_port *port)
{
	struct rm_console *c = console_of_rx(port);

	scoped_guard(spinlock_irqsave, &c->lock)
		c->armed = false;
	console_stop(c);
}

static ssize_t console_recv(struct ferry_port *port, void *buf, size_t size)
{
	struct rm_console *c = console_of_rx(port);

	guard(spinlock_irqsave)(&c->lock);
	return kfifo_out(&c->in, (u8 *)buf, min_t(size_t, size, CONSOLE_IN_MAX)) ?: -EAGAIN;
}

static bool console_rx_arm(struct ferry_port *port)
{
	struct rm_console *c = console_of_rx(port);

	guard(spinlock_irqsave)(&c->lock);
	c->armed = kfifo_is_empty(&c->in);
	return !c->armed;
}

static void console_put(struct rm_console *c)
{
	if (!refcount_dec_and_test(&c->refs))
		return;
	ferry_gunyah_rm_put(c->rm);
	mutex_destroy(&c->open_lock);
	kfree(c);
}

static void console_tx_release(struct ferry_port *port)
{
	console_put(console_of_tx(port));
}

static void console_rx_release(struct ferry_port *port)
{
	console_put(console_of_rx(port));
}

static const struct ferry_port_ops console_tx_ops = {
	.start = console_tx_start,
	.stop = console_tx_stop,
	.send = console_send,
	.tx_arm = console_tx_arm,
	.release = console_tx_release,
};

static const struct ferry_port_ops console_rx_ops = {
	.start = console_rx_start,
	.stop = console_rx_stop,
	.recv = console_recv,
	.rx_arm = console_rx_arm,
	.release = console_rx_release,
};

int rm_console_create(struct ferry_gunyah_vm *vm, struct ferry_port **tx, struct ferry_port **rx)
{
	struct rm_console *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	kref_get(&vm->rm->ref);
	c->rm = vm->rm;
	c->vmid = vm->vmid;
	c->listener.note = console_note;
	refcount_set(&c->refs, 2);
	mutex_init(&c->open_lock);
	spin_lock_init(&c->lock);
	INIT_KFIFO(c->in);
	INIT_WORK(&c->work, console_work);
	/* They cannot fail: what they are asked to check is written above. */
	ferry_port_init(&c->tx, NULL, &console_tx_desc, &console_tx_ops);
	ferry_port_init(&c->rx, NULL, &console_rx_desc, &console_rx_ops);
	*tx = &c->tx;
	*rx = &c->rx;
	return 0;
}

/**
 * ferry_gunyah_vm_console_flush() - let what was written to a console appear
 * @vm:		the VM, with a console
 *
 * Context: process, may sleep; not in a callback of a link, nor of a listener.
 * Return: 0, or what ferry_gunyah_rm_call() returned.
 */
int ferry_gunyah_vm_console_flush(struct ferry_gunyah_vm *vm)
{
	return rm_call_vm(vm->rm, RM_CONSOLE_FLUSH, vm->vmid, vm->rm->cfg.timeout_ms);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_vm_console_flush);
