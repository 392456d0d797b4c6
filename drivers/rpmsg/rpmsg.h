/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of ferry_rpmsg share.
 *
 * The one lock is ferry_rpmsg.lock, a leaf. Nothing of ours is held when a device is
 * registered or unregistered: probe and remove of drivers run in there.
 */
#ifndef FERRY_RPMSG_H
#define FERRY_RPMSG_H

#include <linux/ferry/link.h>
#include <linux/ferry/rpmsg.h>
#include <linux/ferry/watch.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "../compat.h"

/* Devices that may be asked for on one link, and requests that may wait. */
#define FERRY_RPMSG_MAX_CREATED		1024
#define FERRY_RPMSG_MAX_REQUESTS	64

/* What rpmsg has of one link. */
struct ferry_rpmsg {
	struct kref ref;
	struct ferry_link *link;
	struct list_head node;		/* in the list of main.c */
	struct work_struct sync_work;
	struct work_struct close_work;
	struct work_struct request_work;
	wait_queue_head_t pollers;	/* outlives the endpoints: a poll table may keep it */
	u32 epoch;			/* sync_work: of the link when devices were made */

	spinlock_t lock;		/* what follows */
	bool up;			/* devices may be added */
	unsigned int nr_created;
	unsigned int nr_requests;
	struct list_head devices;
	struct list_head epts;
	struct list_head closing;	/* endpoints that were destroyed in a callback */
	struct list_head requests;	/* ferry_rpmsg_request: made in a callback */
};

enum ferry_rpmsg_kind {
	FERRY_RPMSG_OFFERED,		/* by the remote */
	FERRY_RPMSG_CTRL,		/* the rpmsg_ctrl device of the link */
	FERRY_RPMSG_CREATED,		/* by a program or a driver */
};

/* An rpmsg device. */
struct ferry_rpmsg_device {
	struct rpmsg_device rpdev;
	struct kref ref;		/* one is the driver core's */
	struct ferry_rpmsg *fr;
	enum ferry_rpmsg_kind kind;
	struct rpmsg_channel_info chinfo;	/* as it was registered */
	struct ferry_channel_info channel;	/* of one that is offered */
	struct rpmsg_endpoint gone;	/* its endpoint, when a driver was unbound */
	struct list_head node;		/* fr->lock ... */
	bool registered;
	bool dead;			/* to be taken away by who registers it */
};

/* May a driver's own endpoint be called back?. */
enum ferry_rpmsg_stage {
	FERRY_RPMSG_OPEN,
	FERRY_RPMSG_PROBING,
	FERRY_RPMSG_REMOVING,
};

/* An rpmsg endpoint. */
struct ferry_rpmsg_ept {
	struct rpmsg_endpoint ept;
	struct ferry_rpmsg *fr;
	struct ferry_ep *ep;
	u32 number;			/* of its channel, or RPMSG_ADDR_ANY: by name */
	enum ferry_rpmsg_stage stage;
	struct task_struct *unbinder;	/* who calls the driver's remove() */
	struct task_struct *in_callback;
	bool stopped;			/* the remote said so; told by flow_work */
	struct work_struct flow_work;
	struct list_head node;		/* fr->lock */
};

/* main.c */
extern struct workqueue_struct *ferry_rpmsg_wq;
void ferry_rpmsg_free(struct kref *ref);
void ferry_rpmsg_device_born(void);
void ferry_rpmsg_device_gone(void);

/* device.c */
void ferry_rpmsg_sync(struct work_struct *work);
void ferry_rpmsg_do_requests(struct work_struct *work);
void ferry_rpmsg_take_down(struct ferry_rpmsg *fr);

/* endpoint.c */
extern unsigned int ferry_rpmsg_timeout_ms;
extern bool ferry_rpmsg_in_interrupt;
struct rpmsg_endpoint *ferry_rpmsg_create_ept(struct ferry_rpmsg_device *d,
					      const struct rpmsg_channel_info *chinfo,
					      rpmsg_rx_cb_t cb, void *priv);
bool ferry_rpmsg_in_callback(struct ferry_rpmsg *fr);
void ferry_rpmsg_close_deferred(struct work_struct *work);
void ferry_rpmsg_ept_probed(struct rpmsg_endpoint *ept);
void ferry_rpmsg_ept_removing(struct rpmsg_endpoint *ept);

/* selftest.c */
int ferry_rpmsg_selftest(void);

#endif /* FERRY_RPMSG_H */
