/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports: one-way hardware queues of small messages.
 *
 * For authors of ports (providers) and of protocols (users). A port knows
 * nothing of links or channels and can be used on its own.
 */
#ifndef _LINUX_FERRY_PORT_H
#define _LINUX_FERRY_PORT_H

#include <linux/bits.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct device;
struct ferry_port;
struct fwnode_handle;
struct module;

/**
 * DOC: ports
 *
 * A port carries messages of at most &ferry_port_desc.max_len bytes, in wire
 * order, in one direction. A doorbell is a port of 0 bytes; one whose rings carry
 * flags has some bytes and %FERRY_PORT_MERGES. TX and RX are separate objects, even
 * where one hardware block holds both.
 *
 * Sending never waits. ferry_port_send() says at once whether the message was
 * taken and whether the port is full now. Room that appears later is announced
 * through ferry_port_tx_ready() after ferry_port_tx_arm(), unless the port is
 * marked %FERRY_PORT_NO_TX_EVENT: then whoever waits has to look again.
 *
 * Receiving is like NAPI: ferry_port_rx_arm() allows one call of
 * &ferry_port_user.rx, then the user takes messages until -EAGAIN and arms again.
 * A port that calls 1000 times in a second without a message is polled every 10 ms
 * until one comes.
 *
 * A stopped port looks full, and empty; messages on their way may wait in it until
 * it is started again.
 *
 * A port is counted. When its provider goes away (ferry_port_kill()) every
 * later call answers -EPIPE, and the memory stays until the last user puts it.
 */

/**
 * enum ferry_port_dir - direction of a port, seen from this CPU
 */
enum ferry_port_dir {
	/** @FERRY_PORT_TX: this CPU sends. */
	FERRY_PORT_TX,
	/** @FERRY_PORT_RX: this CPU receives. */
	FERRY_PORT_RX,
};

/* ferry_port_desc.flags */
#define FERRY_PORT_MERGES	BIT(0)	/* doorbell: several messages may add up to one */
#define FERRY_PORT_NO_TX_EVENT	BIT(1)	/* room comes without any event */
#define FERRY_PORT_MAILBOX	BIT(2)	/* a mailbox of the kernel, whose lock it takes */

/* flags of ferry_port_send() */
#define FERRY_MORE		BIT(0)	/* another message follows at once */
#define FERRY_GENERAL		BIT(1)	/* leave the reserve to high-speed messages */

/**
 * struct ferry_port_desc - what a port is, constant for its life
 * @max_len:	largest message, bytes; 0 is a doorbell
 * @dir:	direction, seen from this CPU
 * @flags:	FERRY_PORT_MERGES, FERRY_PORT_NO_TX_EVENT, FERRY_PORT_MAILBOX
 */
struct ferry_port_desc {
	size_t max_len;
	enum ferry_port_dir dir;
	unsigned int flags;
};

/**
 * struct ferry_port_ops - what a provider implements
 * @start:	required; process context, may sleep; make the hardware ready.
 *		An RX port starts unarmed. Returns 0 or -errno.
 * @stop:	required; process context, may sleep; returns when no handler of
 *		this port runs or will run.
 * @send:	required for TX; any context, concurrent calls, never waits. The
 *		length was checked. Returns 0 taken, 1 taken and now full,
 *		-EAGAIN full and not taken, -EINVAL not a message of this port,
 *		-EPIPE gone for good. A NULL message on a port that is no doorbell
 *		is none: announce what FERRY_MORE held back, return 0.
 * @recv:	required for RX; any context, one caller at a time. Returns the
 *		length (0 is a ring of a doorbell), -EAGAIN empty, -EMSGSIZE when
 *		@size is too small (the message is consumed), -EIO for a head that
 *		cannot be taken, -EPIPE gone for good.
 * @tx_arm:	TX, optional where FERRY_PORT_NO_TX_EVENT is set: any context; ask
 *		for (@on) or stop asking for ferry_port_tx_ready(). Returns true
 *		when there is room now.
 * @rx_arm:	required for RX; any context; unmask. Returns true when more is
 *		waiting that will raise no further ferry_port_rx().
 * @release:	optional; the last reference is gone: free what holds the port.
 */
struct ferry_port_ops {
	int (*start)(struct ferry_port *port);
	void (*stop)(struct ferry_port *port);
	int (*send)(struct ferry_port *port, const void *msg, size_t len, unsigned int flags);
	ssize_t (*recv)(struct ferry_port *port, void *buf, size_t size);
	bool (*tx_arm)(struct ferry_port *port, bool on);
	bool (*rx_arm)(struct ferry_port *port);
	void (*release)(struct ferry_port *port);
};

/**
 * struct ferry_port_user - how a started port reaches its user
 * @rx:		RX: a message may be waiting; hard IRQ or any other context
 * @tx_ready:	TX: there may be room again; hard IRQ or any other context
 *
 * Spurious calls are allowed in both.
 */
struct ferry_port_user {
	void (*rx)(struct ferry_port *port, void *data);
	void (*tx_ready)(struct ferry_port *port, void *data);
};

/**
 * struct ferry_port - a port; embedded by the provider in its own object
 * @ref:	references; the provider holds one until ferry_port_kill()
 * @ops:	RCU; replaced when the provider goes away
 * @own_ops:	what the provider gave, for @release
 * @desc:	what it is
 * @dev:	for messages and for the lookup by firmware node; may be NULL
 * @owner:	module of the provider, held while the port is started
 * @user:	RCU; who is told, NULL while stopped
 * @data:	argument of the calls in @user
 * @index:	number of the port on its firmware node, for ferry_port_lookup()
 * @node:	entry in the list of ports that can be looked up
 * @all_node:	entry in the list of all, for debugfs
 * @faults:	counted by the provider, under its lock: pushes that the hardware
 *		dropped, messages that overflowed, errors that came late
 * @lock:	of @started and @dead; held over the provider's start and stop
 * @started:	between ferry_port_start() and ferry_port_stop()
 * @dead:	ferry_port_kill() was called
 * @rang:	the user was called and has not received since
 * @flooded:	it is polled because it calls for nothing
 * @empty:	calls for nothing since @empty_since
 * @empty_since: jiffies
 * @floods:	how often it had to be polled
 * @flood_timer: polls it
 *
 * Everything here but @faults belongs to the core; providers set it through
 * ferry_port_init() only.
 */
struct ferry_port {
	struct kref ref;
	const struct ferry_port_ops __rcu *ops;
	const struct ferry_port_ops *own_ops;
	const struct ferry_port_desc *desc;
	struct device *dev;
	struct module *owner;
	const struct ferry_port_user __rcu *user;
	void *data;
	unsigned int index;
	struct list_head node;
	struct list_head all_node;
	unsigned long faults;
	struct mutex lock;	/* started, dead; the provider's start and stop */
	bool started;
	bool dead;
	bool rang;
	bool flooded;
	unsigned int empty;
	unsigned long empty_since;
	unsigned long floods;
	struct hrtimer flood_timer;
};

/* Provider side. */
int __ferry_port_init(struct ferry_port *port, struct device *dev,
		      const struct ferry_port_desc *desc, const struct ferry_port_ops *ops,
		      struct module *owner);
/**
 * ferry_port_init() - make a port of the object it is embedded in
 * @port:	the port
 * @dev:	for messages and for ferry_port_publish(), or NULL
 * @desc:	what it is; lives as long as @port
 * @ops:	what it does; lives as long as @port
 *
 * __ferry_port_init() with the module that calls it as owner.
 */
#define ferry_port_init(port, dev, desc, ops) \
	__ferry_port_init(port, dev, desc, ops, THIS_MODULE)
int ferry_port_publish(struct ferry_port *port, unsigned int index);
void ferry_port_kill(struct ferry_port *port);
void ferry_port_rx(struct ferry_port *port);
void ferry_port_tx_ready(struct ferry_port *port);

/* User side. */
struct ferry_port *ferry_port_lookup(const struct fwnode_handle *fwnode, unsigned int index,
				     enum ferry_port_dir dir);
struct ferry_port *ferry_port_get(struct device *dev, unsigned int index,
				  enum ferry_port_dir dir, size_t len);
void ferry_port_hold(struct ferry_port *port);
void ferry_port_put(struct ferry_port *port);
int ferry_port_start(struct ferry_port *port, const struct ferry_port_user *user, void *data);
void ferry_port_stop(struct ferry_port *port);
int ferry_port_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags);
ssize_t ferry_port_recv(struct ferry_port *port, void *buf, size_t size);
bool ferry_port_tx_arm(struct ferry_port *port, bool on);
bool ferry_port_rx_arm(struct ferry_port *port);

#endif /* _LINUX_FERRY_PORT_H */
