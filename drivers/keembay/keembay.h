/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keem Bay: what the files of the protocol share, and what its tests need.
 */
#ifndef FERRY_KEEMBAY_H
#define FERRY_KEEMBAY_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/ferry/loan.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/port.h>
#include <linux/ferry/region.h>

#include "boot.h"
#include "packet.h"

#define KMB_MTU			65536	/* when the region of the CPU is big enough */
#define KMB_RX_LOANS		1024	/* messages that clients may hold, all together */
#define KMB_BUF_MAX		U32_MAX	/* of a message that is not copied: as the wire has it */
#define KMB_BOOT_TIMEOUT_MS	2000

/**
 * struct ferry_kmb_cfg - where a VPU is
 * @name:	of the link
 * @tx:		port of the VPU's FIFO, words
 * @rx:		port of the CPU's FIFO, words
 * @tx_region:	the CPU's packets and payload
 * @rx_region:	the VPU's packets and payload
 * @wait_ready:	starting means to wait for the ready message
 * @boot:	what it takes to boot the VPU, and then @wait_ready is implied; NULL: it is
 *		booted by something else. Copied.
 *
 * References are taken on ports and regions.
 */
struct ferry_kmb_cfg {
	const char *name;
	struct ferry_port *tx;
	struct ferry_port *rx;
	struct ferry_region *tx_region;
	struct ferry_region *rx_region;
	bool wait_ready;
	const struct ferry_kmb_boot_cfg *boot;
};

struct ferry_kmb {
	struct ferry_kmb_cfg cfg;
	struct ferry_link *link;
	struct ferry_kmb_boot_cfg boot_cfg;
	struct kmb_boot *boot_control;	/* or NULL: not ours to boot */

	struct ferry_txq txq;
	struct ferry_pool *packets;
	unsigned int packet_reserve;	/* what general messages leave */
	struct ferry_pool_set payload;
	size_t mtu;
	atomic_t tx_short;		/* what senders lacked: see tx.c */

	struct ferry_rxq rxq;
	struct ferry_channel __rcu *channel[KMB_CHANNELS];	/* written under the link's mutex */
	bool rx_on;			/* written in start and stop */
	struct ferry_loans *loans;	/* packets of the VPU that we hold, by number */

	struct completion boot_done;
	bool boot_wait;			/* lock of the rxq */
	struct kmb_head boot;		/* what came on the boot channel */
	bool boot_given_up;		/* nothing will come */
};

struct ferry_kmb *ferry_kmb_create(struct device *dev, const struct ferry_kmb_cfg *cfg);
void ferry_kmb_destroy(struct ferry_kmb *kmb);

/* tx.c */
extern const struct ferry_channel_ops kmb_channel_ops;
int kmb_tx_init(struct ferry_kmb *kmb);
void kmb_tx_exit(struct ferry_kmb *kmb);
void kmb_tx_open(struct ferry_kmb *kmb);

/* rx.c */
int kmb_rx_init(struct ferry_kmb *kmb);
void kmb_rx_exit(struct ferry_kmb *kmb);
void kmb_rx_open(struct ferry_kmb *kmb);
void kmb_rx_close(struct ferry_kmb *kmb);
int kmb_rx_wait_ready(struct ferry_kmb *kmb);
void kmb_rx_give_up(struct ferry_kmb *kmb);

#endif /* FERRY_KEEMBAY_H */
