// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports: what all of them have in common.
 *
 * The table of operations is the state of a port: a stopped port has one that
 * looks full and empty, a dead one answers -EPIPE. So the hot path tests nothing,
 * and one RCU grace period is enough to know that nobody is inside any more.
 */
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/port.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/property.h>
#include <linux/seq_file.h>

#include "../compat.h"
#include "core.h"

/* A port that interrupts so often for nothing is polled instead. */
#define PORT_FLOOD_LIMIT	1000	/* empty interrupts in one second */
#define PORT_FLOOD_POLL_NS	(10 * NSEC_PER_MSEC)

/* Ports that can be looked up. */
static DEFINE_MUTEX(port_list_lock);
static LIST_HEAD(port_list);

/* All there are; leaf. */
static DEFINE_MUTEX(port_all_lock);
static LIST_HEAD(port_all);

static int port_stopped_send(struct ferry_port *port, const void *msg, size_t len,
			     unsigned int flags)
{
	return -EAGAIN;
}

static ssize_t port_stopped_recv(struct ferry_port *port, void *buf, size_t size)
{
	return -EAGAIN;
}

static bool port_stopped_tx_arm(struct ferry_port *port, bool on)
{
	return false;
}

static bool port_no_rx_arm(struct ferry_port *port)
{
	return false;
}

static const struct ferry_port_ops port_stopped_ops = {
	.send = port_stopped_send,
	.recv = port_stopped_recv,
	.tx_arm = port_stopped_tx_arm,
	.rx_arm = port_no_rx_arm,
};

static int port_dead_send(struct ferry_port *port, const void *msg, size_t len,
			  unsigned int flags)
{
	return -EPIPE;
}

static ssize_t port_dead_recv(struct ferry_port *port, void *buf, size_t size)
{
	return -EPIPE;
}

/* Whoever saw "full" just before the end has to try again, and then sees it. */
static bool port_dead_tx_arm(struct ferry_port *port, bool on)
{
	return true;
}

static const struct ferry_port_ops port_dead_ops = {
	.send = port_dead_send,
	.recv = port_dead_recv,
	.tx_arm = port_dead_tx_arm,
	.rx_arm = port_no_rx_arm,
};

static enum hrtimer_restart port_flood_poll(struct hrtimer *timer)
{
	ferry_port_rx(container_of(timer, struct ferry_port, flood_timer));
	return HRTIMER_NORESTART;
}

static bool port_ops_ok(const struct ferry_port_desc *desc, const struct ferry_port_ops *ops)
{
	if (!ops->start || !ops->stop)
		return false;

	switch (desc->dir) {
	case FERRY_PORT_TX:
		return ops->send && (ops->tx_arm || (desc->flags & FERRY_PORT_NO_TX_EVENT));
	case FERRY_PORT_RX:
		return ops->recv && ops->rx_arm;
	}
	return false;
}

/*
 * Mailboxes are above other ports, and may be made of them: the framework starts those with
 * its lock held, which a client of it takes in start.
 */
static void port_lock_init(struct ferry_port *port, const struct ferry_port_desc *desc)
{
	static struct lock_class_key mailbox_key;

	mutex_init(&port->lock);
	if (desc->flags & FERRY_PORT_MAILBOX)
		lockdep_set_class(&port->lock, &mailbox_key);
}

/**
 * __ferry_port_init() - make a port of the object it is embedded in
 * @port:	the port
 * @dev:	for messages and for ferry_port_publish(), or NULL; a reference is held
 *		until the port is released
 * @desc:	what it is; lives as long as @port
 * @ops:	what it does; lives as long as @port
 * @owner:	module of @ops
 *
 * Use ferry_port_init(). The port starts stopped, with one reference, which is the
 * provider's and goes with ferry_port_kill().
 *
 * Context: process.
 * Return: 0, or -EINVAL when a required operation is missing or @desc contradicts
 * itself.
 */
int __ferry_port_init(struct ferry_port *port, struct device *dev,
		      const struct ferry_port_desc *desc, const struct ferry_port_ops *ops,
		      struct module *owner)
{
	if (!port || !desc || !ops || !port_ops_ok(desc, ops))
		return -EINVAL;

	kref_init(&port->ref);
	port_lock_init(port, desc);
	INIT_LIST_HEAD(&port->node);
	RCU_INIT_POINTER(port->ops, &port_stopped_ops);
	RCU_INIT_POINTER(port->user, NULL);
	ferry_hrtimer_setup(&port->flood_timer, port_flood_poll, CLOCK_MONOTONIC,
			    HRTIMER_MODE_REL);
	port->own_ops = ops;
	port->desc = desc;
	port->dev = get_device(dev);
	port->owner = owner;
	port->data = NULL;
	port->index = 0;
	port->faults = 0;
	port->started = false;
	port->dead = false;
	port->rang = false;
	port->flooded = false;
	port->empty = 0;
	port->floods = 0;
	scoped_guard(mutex, &port_all_lock)
		list_add_tail(&port->all_node, &port_all);
	return 0;
}
EXPORT_SYMBOL_GPL(__ferry_port_init);

static const char *port_state(const struct ferry_port *port)
{
	if (READ_ONCE(port->dead))
		return "dead";
	if (READ_ONCE(port->flooded))
		return "flooded";
	return READ_ONCE(port->started) ? "started" : "stopped";
}

/* debugfs: one line for each port. */
void ferry_ports_show(struct seq_file *m)
{
	struct ferry_port *port;

	seq_puts(m, "device number direction max-len state faults floods\n");
	guard(mutex)(&port_all_lock);
	list_for_each_entry(port, &port_all, all_node)
		seq_printf(m, "%s %u %s %zu %s %lu %lu\n",
			   port->dev ? dev_name(port->dev) : "-", port->index,
			   port->desc->dir == FERRY_PORT_TX ? "tx" : "rx", port->desc->max_len,
			   port_state(port), READ_ONCE(port->faults), READ_ONCE(port->floods));
}

FERRY_EXPORT_TEST(ferry_ports_show);

static struct ferry_port *port_find(const struct fwnode_handle *fwnode, unsigned int index,
				    enum ferry_port_dir dir)
{
	struct ferry_port *port;

	lockdep_assert_held(&port_list_lock);

	list_for_each_entry(port, &port_list, node) {
		if (dev_fwnode(port->dev) == fwnode && port->index == index &&
		    port->desc->dir == dir)
			return port;
	}
	return NULL;
}

/**
 * ferry_port_publish() - let others find a port by its firmware node
 * @port:	initialised port whose device has a firmware node
 * @index:	number of the port on that node; TX and RX count apart
 *
 * Ends with ferry_port_kill().
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL without a firmware node, -EEXIST when the number is taken.
 */
int ferry_port_publish(struct ferry_port *port, unsigned int index)
{
	const struct fwnode_handle *fwnode = port->dev ? dev_fwnode(port->dev) : NULL;

	if (!fwnode)
		return -EINVAL;

	guard(mutex)(&port_list_lock);
	if (!list_empty(&port->node) || port_find(fwnode, index, port->desc->dir))
		return -EEXIST;
	port->index = index;
	list_add_tail(&port->node, &port_list);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_port_publish);

/**
 * ferry_port_lookup() - find a published port
 * @fwnode:	firmware node of the provider
 * @index:	number of the port on it
 * @dir:	direction
 *
 * Context: process, may sleep.
 * Return: the port, with a reference for ferry_port_put(); ERR_PTR(-ENOENT) when
 * there is none, or when its provider is leaving.
 */
struct ferry_port *ferry_port_lookup(const struct fwnode_handle *fwnode, unsigned int index,
				     enum ferry_port_dir dir)
{
	struct ferry_port *port;

	if (!fwnode)
		return ERR_PTR(-ENOENT);

	guard(mutex)(&port_list_lock);
	port = port_find(fwnode, index, dir);
	if (!port || !try_module_get(port->owner))
		return ERR_PTR(-ENOENT);
	kref_get(&port->ref);
	return port;
}
EXPORT_SYMBOL_GPL(ferry_port_lookup);

static void port_release(struct kref *ref)
{
	struct ferry_port *port = container_of(ref, struct ferry_port, ref);
	struct device *dev = port->dev;

	scoped_guard(mutex, &port_all_lock)
		list_del(&port->all_node);
	mutex_destroy(&port->lock);
	if (port->own_ops->release)
		port->own_ops->release(port);
	put_device(dev);
}

/**
 * ferry_port_hold() - take one more reference
 * @port:	port that the caller may use, because it holds a reference or because
 *		the provider gave it the pointer and has not killed it
 *
 * Also keeps the provider's module loaded.
 *
 * Context: any.
 */
void ferry_port_hold(struct ferry_port *port)
{
	__module_get(port->owner);
	kref_get(&port->ref);
}
EXPORT_SYMBOL_GPL(ferry_port_hold);

/**
 * ferry_port_put() - give a reference back
 * @port:	from ferry_port_lookup(), ferry_port_get() or ferry_port_hold(); NULL and
 *		error pointers do nothing
 *
 * Context: process, may sleep.
 */
void ferry_port_put(struct ferry_port *port)
{
	struct module *owner;

	if (IS_ERR_OR_NULL(port))
		return;

	owner = port->owner;
	kref_put(&port->ref, port_release);
	module_put(owner);
}
EXPORT_SYMBOL_GPL(ferry_port_put);

/* No call into the provider and no call to the user runs after this. */
static void port_halt(struct ferry_port *port)
{
	lockdep_assert_held(&port->lock);

	/* Waits for send, recv and arms, which might start the timer once more. */
	synchronize_rcu();
	hrtimer_cancel(&port->flood_timer);
	port->own_ops->stop(port);
}

/**
 * ferry_port_kill() - the provider goes away
 * @port:	initialised port
 *
 * Ends the lookup, stops the hardware if the port was started, drops the provider's
 * reference. Every later call of a user answers -EPIPE; a user that is started is
 * told once, so that whoever waits sees it. To be called once.
 *
 * Context: process, may sleep; not from a callback of the port.
 */
void ferry_port_kill(struct ferry_port *port)
{
	scoped_guard(mutex, &port_list_lock)
		list_del_init(&port->node);

	mutex_lock(&port->lock);
	port->dead = true;
	rcu_assign_pointer(port->ops, &port_dead_ops);
	if (port->started)
		port_halt(port);
	mutex_unlock(&port->lock);

	ferry_port_rx(port);
	ferry_port_tx_ready(port);
	kref_put(&port->ref, port_release);
}
EXPORT_SYMBOL_GPL(ferry_port_kill);

/**
 * ferry_port_start() - make a port ready and say who is told
 * @port:	stopped port
 * @user:	the calls; lives until ferry_port_stop() has returned
 * @data:	their argument
 *
 * An RX port starts unarmed: ferry_port_rx_arm() asks for the first call. A started
 * port holds a reference to itself until ferry_port_stop().
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL without the call that the direction needs, -EBUSY when it is
 * started already, -EPIPE when the provider is gone, or the provider's error.
 */
int ferry_port_start(struct ferry_port *port, const struct ferry_port_user *user, void *data)
{
	int ret;

	if (!user || (port->desc->dir == FERRY_PORT_RX && !user->rx))
		return -EINVAL;

	guard(mutex)(&port->lock);
	if (port->dead)
		return -EPIPE;
	if (port->started)
		return -EBUSY;

	port->data = data;
	port->flooded = false;
	port->empty = 0;
	rcu_assign_pointer(port->user, user);
	ret = port->own_ops->start(port);
	if (ret) {
		RCU_INIT_POINTER(port->user, NULL);
		synchronize_rcu();
		return ret;
	}

	ferry_port_hold(port);
	port->started = true;
	rcu_assign_pointer(port->ops, port->own_ops);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_port_start);

/**
 * ferry_port_stop() - stop a port
 * @port:	a port; nothing happens when it is not started
 *
 * When it returns no call of the user runs or will. Until the next start the port
 * looks full, and empty. The caller needs a reference of its own: the one of
 * ferry_port_start() goes here.
 *
 * Context: process, may sleep; not from a callback of the port.
 */
void ferry_port_stop(struct ferry_port *port)
{
	mutex_lock(&port->lock);
	if (!port->started) {
		mutex_unlock(&port->lock);
		return;
	}

	RCU_INIT_POINTER(port->user, NULL);
	if (port->dead) {
		/* The hardware was stopped by ferry_port_kill(). */
		synchronize_rcu();
	} else {
		RCU_INIT_POINTER(port->ops, &port_stopped_ops);
		port_halt(port);
	}
	port->started = false;
	mutex_unlock(&port->lock);

	ferry_port_put(port);
}
EXPORT_SYMBOL_GPL(ferry_port_stop);

/**
 * ferry_port_rx() - provider: a message may be waiting
 * @port:	RX port
 *
 * The provider has masked its interrupt if that is a level. Harmless when it is
 * wrong, and when the port is stopped.
 *
 * Context: any, without a lock that the provider's recv or rx_arm takes.
 */
void ferry_port_rx(struct ferry_port *port)
{
	const struct ferry_port_user *user;

	rcu_read_lock();
	user = rcu_dereference(port->user);
	if (user && user->rx) {
		WRITE_ONCE(port->rang, true);
		user->rx(port, port->data);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(ferry_port_rx);

/**
 * ferry_port_tx_ready() - provider: there may be room again
 * @port:	TX port
 *
 * Harmless when it is wrong, and when the port is stopped.
 *
 * Context: any, without a lock that the provider's send or tx_arm takes.
 */
void ferry_port_tx_ready(struct ferry_port *port)
{
	const struct ferry_port_user *user;

	rcu_read_lock();
	user = rcu_dereference(port->user);
	if (user && user->tx_ready)
		user->tx_ready(port, port->data);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(ferry_port_tx_ready);

/**
 * ferry_port_send() - send one message
 * @port:	TX port
 * @msg:	message in wire order
 * @len:	bytes
 * @flags:	FERRY_MORE: another one follows at once, the remote need not be told
 *		yet; FERRY_GENERAL: not if it would take from the reserve
 *
 * A @msg of NULL with @len 0, on a port that is no doorbell, carries no message: it
 * tells the remote of those sent with FERRY_MORE, when no other follows after all.
 *
 * Context: any; concurrent calls are allowed; never waits.
 * Return: 0 taken, 1 taken and now full, -EAGAIN full (or stopped) and not taken,
 * -EMSGSIZE too long, -EINVAL not a message of this port, -EPIPE the provider is
 * gone, -EOPNOTSUPP an RX port.
 */
int ferry_port_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags)
{
	int ret;

	if (unlikely(port->desc->dir != FERRY_PORT_TX))
		return -EOPNOTSUPP;
	if (unlikely(len > port->desc->max_len))
		return -EMSGSIZE;

	rcu_read_lock();
	ret = rcu_dereference(port->ops)->send(port, msg, len, flags);
	rcu_read_unlock();
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_port_send);

/*
 * The receiver found nothing although it was called. An interrupt that does this
 * without end is stuck, or somebody's idea of an attack: stop believing it. Any
 * message, whoever took it and when, shows that the interrupts mean something.
 */
static void port_count_empty(struct ferry_port *port)
{
	WRITE_ONCE(port->rang, false);
	if (!port->empty || time_after(jiffies, port->empty_since + HZ)) {
		port->empty_since = jiffies;
		port->empty = 1;
	} else if (++port->empty >= PORT_FLOOD_LIMIT && !port->flooded) {
		WRITE_ONCE(port->flooded, true);
		port->floods++;
		if (port->dev)
			dev_warn_ratelimited(port->dev, "port %u: interrupts for nothing, polling\n",
					     port->index);
	}
}

/**
 * ferry_port_recv() - take one message
 * @port:	RX port
 * @buf:	private memory for it, wire order
 * @size:	of @buf, at least &ferry_port_desc.max_len
 *
 * Context: any; one caller at a time; never waits.
 * Return: its length (0 is a ring of a doorbell), -EAGAIN empty (or stopped),
 * -EMSGSIZE longer than @size, and dropped, -EIO the next message cannot be taken,
 * -EPIPE the provider is gone, -EOPNOTSUPP a TX port.
 */
ssize_t ferry_port_recv(struct ferry_port *port, void *buf, size_t size)
{
	ssize_t ret;

	if (unlikely(port->desc->dir != FERRY_PORT_RX))
		return -EOPNOTSUPP;

	rcu_read_lock();
	ret = rcu_dereference(port->ops)->recv(port, buf, size);
	rcu_read_unlock();

	if (ret != -EAGAIN) {
		port->empty = 0;
		WRITE_ONCE(port->flooded, false);
		WRITE_ONCE(port->rang, false);
	} else if (READ_ONCE(port->rang)) {
		port_count_empty(port);
	}
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_port_recv);

/**
 * ferry_port_tx_arm() - ask to be told of room
 * @port:	TX port
 * @on:		ask, or stop asking
 *
 * Context: any.
 * Return: true when a send should be tried now: there is room, or the port cannot
 * know, or it is dead. Always false for an RX port.
 */
bool ferry_port_tx_arm(struct ferry_port *port, bool on)
{
	const struct ferry_port_ops *ops;
	bool room;

	if (unlikely(port->desc->dir != FERRY_PORT_TX))
		return false;

	rcu_read_lock();
	ops = rcu_dereference(port->ops);
	room = ops->tx_arm ? ops->tx_arm(port, on) : true;
	rcu_read_unlock();
	return room;
}
EXPORT_SYMBOL_GPL(ferry_port_tx_arm);

/**
 * ferry_port_rx_arm() - ask for the next call of &ferry_port_user.rx
 * @port:	RX port
 *
 * Each call allows one; a port that calls for nothing all the time is asked again
 * only after 10 ms.
 *
 * Context: any.
 * Return: true when more is waiting for which no call will come: receive it, then
 * arm again. Always false for a TX port.
 */
bool ferry_port_rx_arm(struct ferry_port *port)
{
	const struct ferry_port_ops *ops;
	bool more = false;

	if (unlikely(port->desc->dir != FERRY_PORT_RX))
		return false;

	rcu_read_lock();
	ops = rcu_dereference(port->ops);
	if (unlikely(READ_ONCE(port->flooded)) && ops == port->own_ops)
		hrtimer_start(&port->flood_timer, ns_to_ktime(PORT_FLOOD_POLL_NS),
			      HRTIMER_MODE_REL);
	else
		more = ops->rx_arm(port);
	rcu_read_unlock();
	return more;
}
EXPORT_SYMBOL_GPL(ferry_port_rx_arm);
