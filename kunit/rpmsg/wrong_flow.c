// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test at load, built for a kernel with an operation less than this one has.
 */
#include <linux/module.h>
#include <linux/rpmsg.h>

#include "layout.h"

#if FERRY_RPMSG_FLOW
#undef FERRY_RPMSG_FLOW
#define FERRY_RPMSG_FLOW	0
#define ferry_rpmsg_selftest	layout_wrong_flow
#include "../../drivers/rpmsg/selftest.c"
#else
int layout_wrong_flow(void)
{
	return LAYOUT_SAME;
}
#endif
