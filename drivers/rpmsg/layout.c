// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares our copy of rpmsg's private operations with the kernel's own. Built only
 * where the kernel's source is present; it has no code.
 */
#include <linux/stddef.h>
#include <rpmsg_internal.h>

#define rpmsg_device_ops	ferry_copy_device_ops
#define rpmsg_endpoint_ops	ferry_copy_endpoint_ops
#include "ops.h"
#undef rpmsg_device_ops
#undef rpmsg_endpoint_ops

/* Same place and same type, the type of the first parameters included. */
#define SAME(what, member)								\
	static_assert(offsetof(struct rpmsg_##what##_ops, member) ==			\
		      offsetof(struct ferry_copy_##what##_ops, member) &&		\
		      __builtin_types_compatible_p(					\
			typeof(((struct rpmsg_##what##_ops *)NULL)->member),		\
			typeof(((struct ferry_copy_##what##_ops *)NULL)->member)),	\
		      "rpmsg's private operation " #member " is not as drivers/rpmsg/ops.h has it")

static_assert(sizeof(struct rpmsg_device_ops) == sizeof(struct ferry_copy_device_ops));
SAME(device, create_channel);
SAME(device, release_channel);
SAME(device, create_ept);
SAME(device, announce_create);
SAME(device, announce_destroy);

static_assert(sizeof(struct rpmsg_endpoint_ops) == sizeof(struct ferry_copy_endpoint_ops));
SAME(endpoint, destroy_ept);
SAME(endpoint, send);
SAME(endpoint, sendto);
SAME(endpoint, trysend);
SAME(endpoint, trysendto);
SAME(endpoint, poll);
#if FERRY_RPMSG_FLOW
SAME(endpoint, set_flow_control);
#endif
SAME(endpoint, get_mtu);
