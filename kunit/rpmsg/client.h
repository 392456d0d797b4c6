/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A driver on the rpmsg bus that does what the test says and remembers what it saw; and
 * what the suites of rpmsg share.
 */
#ifndef FERRY_KUNIT_RPMSG_CLIENT_H
#define FERRY_KUNIT_RPMSG_CLIENT_H

#include <linux/rpmsg.h>

#include "../../drivers/compat.h"
#include "../core/fake.h"
#include "files.h"

#define CLIENT_LOG	64

struct client {
	struct rpmsg_driver drv;
	struct rpmsg_device_id ids[2];
	bool registered;
	struct rpmsg_device *rpdev;	/* the newest that is bound */
	unsigned int probes;
	unsigned int removes;
	unsigned int nr;		/* messages accepted */
	unsigned int offers;
	unsigned int early;		/* messages while the driver was not bound */
	u32 seq[CLIENT_LOG];
	int answer;			/* of the callback */
	int probe_ret;
	bool bound;
	void (*on_probe)(struct client *c, struct rpmsg_device *rpdev);
	void (*on_remove)(struct client *c, struct rpmsg_device *rpdev);
	void (*on_rx)(struct client *c, struct rpmsg_device *rpdev, u32 seq);
	void *priv;
};

/* A driver for devices of this name. The second has no endpoint of its own. */
struct client *client_register(struct kunit *test, const char *name);
struct client *client_register_bare(struct kunit *test, const char *name);
struct client *client_prepare(struct kunit *test, const char *name);
void client_start(struct kunit *test, struct client *c);
void client_unregister(struct client *c);

/* The channel is offered, or not any more; and what follows from that was done. */
void fake_offer(struct fake *f, u32 number, bool on);

/* Device on the bus: NAME.SRC.DST of the fake link; with a reference, or NULL. */
struct device *client_find(struct fake *f, const char *name);

int client_send(struct rpmsg_endpoint *ept, u32 seq);
int client_trysend(struct rpmsg_endpoint *ept, u32 seq);

#endif /* FERRY_KUNIT_RPMSG_CLIENT_H */
