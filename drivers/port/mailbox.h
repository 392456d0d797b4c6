/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A channel of the kernel's mailbox framework as a pair of ports: what it consists of, and
 * how it is found by device tree.
 */
#ifndef FERRY_PORT_MAILBOX_PRIVATE_H
#define FERRY_PORT_MAILBOX_PRIVATE_H

#include <linux/ferry/port.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/mailbox_client.h>
#include <linux/spinlock.h>

#define MBOX_MAX_LEN		256

enum mbox_state {
	MBOX_IDLE,
	MBOX_BUSY,	/* the controller has the slot */
	MBOX_RETRY,	/* it did not want it, the timer will offer it again */
};

struct mbox_pair {
	struct ferry_port tx;
	struct ferry_port rx;
	struct ferry_port_desc tx_desc;
	struct ferry_port_desc rx_desc;
	struct mbox_client cl;
	struct mbox_chan *chan;		/* NULL: lost, see mbox_tx_start() */
	bool ack;			/* nobody but us says that a message is done */
	bool bell;			/* ... and it is a ring, which is done at once */
	unsigned int index;		/* with tx.dev: for ferry_port_get() */
	unsigned long live;		/* list lock: ports not yet released */
	struct list_head node;		/* the same */

	spinlock_t tx_lock;		/* all up to the slot */
	enum mbox_state state;
	bool running;
	bool tx_armed;
	bool again;			/* doorbell: rang while busy */
	unsigned long seq;		/* number of the message in the slot */
	u64 retry_ns;
	struct hrtimer retry_timer;
	struct irq_work tx_work;
	u64 slot[MBOX_MAX_LEN / sizeof(u64)];

	spinlock_t rx_lock;		/* all below */
	bool rx_armed;
	u32 head;
	u32 tail;
	struct irq_work rx_work;
	u8 *ring;			/* MBOX_RX_DEPTH slots of rx_desc.max_len */
};

struct ferry_port *ferry_mbox_port_get(struct device *dev, unsigned int index,
				       enum ferry_port_dir dir, size_t len);

#endif /* FERRY_PORT_MAILBOX_PRIVATE_H */
