/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports of the Gunyah hypervisor: message queues and doorbells, and the way to call it.
 */
#ifndef _LINUX_FERRY_PORT_GUNYAH_H
#define _LINUX_FERRY_PORT_GUNYAH_H

#include <linux/bits.h>
#include <linux/kref.h>
#include <linux/ferry/port.h>
#include <linux/types.h>

struct device;
struct ferry_gunyah_hyp;
struct module;

/**
 * DOC: Gunyah ports
 *
 * A message queue is a port at each end: the hypervisor keeps the messages, no memory is
 * shared. There is no pairing: who talks both ways has two queues. A doorbell is a word
 * of flags, which add up: a port of 8 bytes (the flags, little-endian) and, for each flag,
 * a port of 0 bytes.
 *
 * The hypervisor does not protect who sends: a message of a wrong size or at a wrong
 * address is lost, and it says that all is well. So both are checked before the call.
 *
 * What names an object is a capability, a number that means something to one VM only, and
 * 0 is one. When the VM at the other end is reset the capability is gone: from then on the
 * port answers -EPIPE, its interrupt is disabled, and whoever waits is woken. Such a port is
 * never started again, as the number may come to mean another object.
 *
 * Interrupts are edges. They are latched while nobody listens, so an object of which
 * messages are waiting already interrupts when its port is started.
 */

#define FERRY_GUNYAH_SIZE_MAX		1023	/* bytes of a message of any queue */
#define FERRY_GUNYAH_SIZE_DEFAULT	240	/* ... of one of which nothing is known */
#define FERRY_GUNYAH_CAP_NONE		(~0ULL)

/**
 * struct ferry_gunyah_regs - registers x0 to x7 of a call, in and out
 * @x:	an output that is not written keeps what was passed in
 */
struct ferry_gunyah_regs {
	u64 x[8];
};

/**
 * struct ferry_gunyah_hyp_ops - how a hypervisor is called
 * @call:	required; any context, concurrent calls, never waits
 * @release:	optional; process context: the last reference is gone
 */
struct ferry_gunyah_hyp_ops {
	void (*call)(struct ferry_gunyah_hyp *hyp, struct ferry_gunyah_regs *regs);
	void (*release)(struct ferry_gunyah_hyp *hyp);
};

/**
 * struct ferry_gunyah_hyp - a hypervisor, as one VM sees it
 *
 * Everything in it belongs to ferry_gunyah_hyp_init().
 */
struct ferry_gunyah_hyp {
	/* private: */
	const struct ferry_gunyah_hyp_ops *ops;
	struct module *owner;
	struct kref ref;
	atomic_long_t strange;	/* errors that are in no list */
};

/* ferry_gunyah_hyp_check(): what a hypervisor can do */
#define FERRY_GUNYAH_HAS_BELL		BIT_ULL(1)
#define FERRY_GUNYAH_HAS_QUEUE		BIT_ULL(2)

int ferry_gunyah_hyp_init(struct ferry_gunyah_hyp *hyp, const struct ferry_gunyah_hyp_ops *ops,
			  struct module *owner);
void ferry_gunyah_hyp_exit(struct ferry_gunyah_hyp *hyp);
void ferry_gunyah_hyp_hold(struct ferry_gunyah_hyp *hyp);
void ferry_gunyah_hyp_put(struct ferry_gunyah_hyp *hyp);
int ferry_gunyah_hyp_check(struct ferry_gunyah_hyp *hyp, u64 need);
int ferry_gunyah_hyp_provide(struct ferry_gunyah_hyp *hyp);
void ferry_gunyah_hyp_withdraw(struct ferry_gunyah_hyp *hyp);
struct ferry_gunyah_hyp *ferry_gunyah_hyp_get(u64 need);
s64 ferry_gunyah_call(struct ferry_gunyah_hyp *hyp, unsigned int nr,
		      struct ferry_gunyah_regs *regs);
int ferry_gunyah_errno(struct ferry_gunyah_hyp *hyp, s64 error);

/**
 * struct ferry_gunyah_queue_cfg - one end of a message queue
 * @hyp:	the hypervisor; a reference is taken
 * @cap:	capability; 0 is one, %FERRY_GUNYAH_CAP_NONE is none
 * @dir:	%FERRY_PORT_TX where the capability is that of the sender
 * @max_len:	largest message, bytes, 1 to %FERRY_GUNYAH_SIZE_MAX; 0: nothing is known of
 *		it, %FERRY_GUNYAH_SIZE_DEFAULT
 * @irq:	the interrupt of this end, an edge. 0: none. Then who waits for room looks for
 *		it; an end that receives needs one.
 * @threshold:	1 or more: set it. RX: interrupt when so many messages are there, not with
 *		the first; TX: when no more than so many are left, not with the first that is
 *		taken. Sticks to the queue. 0: leave it as it is.
 */
struct ferry_gunyah_queue_cfg {
	struct ferry_gunyah_hyp *hyp;
	u64 cap;
	enum ferry_port_dir dir;
	size_t max_len;
	int irq;
	u16 threshold;
};

/**
 * struct ferry_gunyah_queue_stats - counters of one end of a queue
 * @calls:	hypercalls made for messages
 * @msgs:	messages sent or received
 * @filled:	TX: messages that took the last place
 * @refused:	TX: sends that found the queue full
 * @oversize:	RX: messages longer than the buffer of who receives
 * @irqs:	interrupts
 */
struct ferry_gunyah_queue_stats {
	unsigned long calls;
	unsigned long msgs;
	unsigned long filled;
	unsigned long refused;
	unsigned long oversize;
	unsigned long irqs;
};

struct ferry_port *ferry_gunyah_queue_create(struct device *dev,
					     const struct ferry_gunyah_queue_cfg *cfg);
int ferry_gunyah_queue_cap(struct ferry_port *port, u64 *cap);
void ferry_gunyah_queue_stats(struct ferry_port *port, struct ferry_gunyah_queue_stats *stats);

/**
 * struct ferry_gunyah_bell_cfg - one end of a doorbell
 * @hyp:	the hypervisor; a reference is taken
 * @cap:	capability; 0 is one, %FERRY_GUNYAH_CAP_NONE is none
 * @dir:	%FERRY_PORT_TX where the capability is that of who rings
 * @irq:	RX: its interrupt, an edge; not used for TX
 */
struct ferry_gunyah_bell_cfg {
	struct ferry_gunyah_hyp *hyp;
	u64 cap;
	enum ferry_port_dir dir;
	int irq;
};

struct ferry_port *ferry_gunyah_bell_create(struct device *dev,
					    const struct ferry_gunyah_bell_cfg *cfg);
int ferry_gunyah_bell_cap(struct ferry_port *port, u64 *cap);
struct ferry_port *ferry_gunyah_bell_bit(struct ferry_port *bell, unsigned int bit);

#endif /* _LINUX_FERRY_PORT_GUNYAH_H */
