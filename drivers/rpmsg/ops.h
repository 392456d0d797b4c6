/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations between the kernel's rpmsg bus and what is below it. They are private
 * to the kernel's source and differ between kernels: these are ours, with the same tags,
 * by the facts of scripts/Kbuild.rpmsg. Three things guard them: the assertions here and
 * in layout.c, and the test at load (selftest.c). For drivers/compat.h.
 */
#ifndef FERRY_RPMSG_OPS_H
#define FERRY_RPMSG_OPS_H

#include <linux/build_bug.h>
#include <linux/poll.h>
#include <linux/rpmsg.h>
#include <linux/slab.h>

/* Until 7.0: messages to be sent are not const. */
#if FERRY_RPMSG_CONST
#define FERRY_RPMSG_DATA	const void *
#else
#define FERRY_RPMSG_DATA	void *
#endif

struct rpmsg_device_ops {
	struct rpmsg_device *(*create_channel)(struct rpmsg_device *rpdev,
					       struct rpmsg_channel_info *chinfo);
	int (*release_channel)(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo);
	struct rpmsg_endpoint *(*create_ept)(struct rpmsg_device *rpdev, rpmsg_rx_cb_t cb,
					     void *priv, struct rpmsg_channel_info chinfo);
	int (*announce_create)(struct rpmsg_device *rpdev);
	int (*announce_destroy)(struct rpmsg_device *rpdev);
};

struct rpmsg_endpoint_ops {
	void (*destroy_ept)(struct rpmsg_endpoint *ept);
	int (*send)(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len);
	int (*sendto)(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len, u32 dst);
#if FERRY_RPMSG_OFFCHANNEL
	int (*send_offchannel)(struct rpmsg_endpoint *ept, u32 src, u32 dst, void *data, int len);
#endif
	int (*trysend)(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len);
	int (*trysendto)(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len, u32 dst);
#if FERRY_RPMSG_OFFCHANNEL
	int (*trysend_offchannel)(struct rpmsg_endpoint *ept, u32 src, u32 dst, void *data,
				  int len);
#endif
	__poll_t (*poll)(struct rpmsg_endpoint *ept, struct file *file,
			 struct poll_table_struct *wait);
#if FERRY_RPMSG_FLOW
	int (*set_flow_control)(struct rpmsg_endpoint *ept, bool pause, u32 dst);
#endif
	ssize_t (*get_mtu)(struct rpmsg_endpoint *ept);
};

static_assert(sizeof(struct rpmsg_device_ops) == 5 * sizeof(void *));
static_assert(sizeof(struct rpmsg_endpoint_ops) ==
	      (7 + 2 * FERRY_RPMSG_OFFCHANNEL + FERRY_RPMSG_FLOW) * sizeof(void *));
#define FERRY_RPMSG_IS(fn, type...)	\
	static_assert(__builtin_types_compatible_p(typeof(fn), type))

FERRY_RPMSG_IS(rpmsg_send, int(struct rpmsg_endpoint *, FERRY_RPMSG_DATA, int));
FERRY_RPMSG_IS(rpmsg_trysendto, int(struct rpmsg_endpoint *, FERRY_RPMSG_DATA, int, u32));

/* A kernel that has an operation more than we know of finds NULL there. */
#define FERRY_RPMSG_SPARE	8

struct ferry_rpmsg_device_ops {
	struct rpmsg_device_ops ops;
	void *none[FERRY_RPMSG_SPARE];
};

struct ferry_rpmsg_endpoint_ops {
	struct rpmsg_endpoint_ops ops;
	void *none[FERRY_RPMSG_SPARE];
};

/* Exported by the kernel, declared in its private header. */
struct rpmsg_device *rpmsg_create_channel(struct rpmsg_device *rpdev,
					  struct rpmsg_channel_info *chinfo);
int rpmsg_release_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo);

/* Until 6.12.96: which driver a device is to have is freed with the device. */
static inline void ferry_rpmsg_free_override(struct rpmsg_device *rpdev)
{
#if FERRY_RPMSG_OVERRIDE_FIELD
	kfree(rpdev->driver_override);
#endif
}

/* Until 6.5: an endpoint cannot be told that the remote says stop or go. */
static inline void ferry_rpmsg_flow_cb(struct rpmsg_endpoint *ept, bool pause)
{
#if FERRY_RPMSG_FLOW
	if (ept->flow_cb)
		ept->flow_cb(ept->rpdev, ept->priv, pause);
#endif
}

#endif /* FERRY_RPMSG_OPS_H */
