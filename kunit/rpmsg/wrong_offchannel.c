// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test at load, built for a kernel with two operations less than this one has, or
 * two more.
 */
#include <linux/module.h>

#include "layout.h"

#if FERRY_RPMSG_OFFCHANNEL
#undef FERRY_RPMSG_OFFCHANNEL
#define FERRY_RPMSG_OFFCHANNEL	0
#else
#undef FERRY_RPMSG_OFFCHANNEL
#define FERRY_RPMSG_OFFCHANNEL	1
#endif
#define ferry_rpmsg_selftest	layout_wrong_offchannel
#include "../../drivers/rpmsg/selftest.c"
