/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two drivers of RTKit, each with a simulated co-processor of its own: for whoever compares
 * what they do, or what it costs.
 */
#ifndef FERRY_KUNIT_SIM_PEER_H
#define FERRY_KUNIT_SIM_PEER_H

#include <linux/of.h>
#include <linux/types.h>

#include "../../drivers/sim/rtkit_regs.h"

struct ferry_sim_asc;
struct ferry_sim_rtkit;
struct kunit;
struct platform_device;
struct peer;

/**
 * struct peer_driver - a driver of RTKit
 * @name:	of it
 * @mailbox:	the platform driver of its mailbox
 * @needs:	a symbol of the mailbox's driver, so that it is loaded
 * @wake_word:	how it wakes a co-processor
 * @create:	on peer->client; not started yet
 * @destroy:	whatever it is at
 * @boot:	the co-processor is coming out of reset, or was woken
 * @wake:	it sleeps: wake and boot
 * @shutdown:	it sleeps afterwards, and may be woken
 * @quiesce:	likewise
 * @idle:	likewise, context is kept
 * @reset:	it is in reset after a crash: forget all
 * @open:	start an endpoint, whose messages go to peer->received()
 * @send:	on it, 8 bytes
 * @crashed:	does it know?
 */
struct peer_driver {
	const char *name;
	const char *mailbox;
	const void *needs;
	u64 wake_word;
	int (*create)(struct peer *peer);
	void (*destroy)(struct peer *peer);
	int (*boot)(struct peer *peer);
	int (*wake)(struct peer *peer);
	int (*shutdown)(struct peer *peer);
	int (*quiesce)(struct peer *peer);
	int (*idle)(struct peer *peer);
	int (*reset)(struct peer *peer);
	int (*open)(struct peer *peer, u8 endpoint);
	int (*send)(struct peer *peer, u8 endpoint, u64 msg);
	bool (*crashed)(struct peer *peer);
};

struct peer {
	const struct peer_driver *driver;
	void *data;			/* of the driver */
	enum ferry_sim_asc_map map;
	struct ferry_sim_asc *asc;
	struct ferry_sim_rtkit *sim;
	void __iomem *cpu;
	bool owns_cpu;			/* the driver may reset it, if it knows how */
	bool early;			/* messages are taken in the interrupt */
	void (*received)(struct peer *peer, u64 msg);
	struct of_changeset ocs;
	bool applied;
	struct device_node *mailbox_node;
	struct device_node *client_node;
	struct platform_device *mailbox;
	struct platform_device *client;
};

/* peer_make.c */
int ferry_peer_make(struct peer *peer, const struct peer_driver *driver);
void ferry_peer_end(struct peer *peer);
void ferry_peer_run_cpu(struct peer *peer, bool on);

/* peer_tree.c: a mailbox and its client, as devices with nodes */
int peer_tree_make(struct peer *peer);
void peer_tree_end(struct peer *peer);
int peer_tree_register(void);
void peer_tree_unregister(void);

extern const struct peer_driver ferry_peer_apple;
extern const struct peer_driver ferry_peer_ferry;

#endif /* FERRY_KUNIT_SIM_PEER_H */
