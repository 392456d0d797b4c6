/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test at load, built with a fact that is wrong.
 */
#ifndef FERRY_KUNIT_RPMSG_LAYOUT_H
#define FERRY_KUNIT_RPMSG_LAYOUT_H

/* The fact cannot be changed on this kernel. */
#define LAYOUT_SAME	1

int layout_wrong_flow(void);
int layout_wrong_offchannel(void);

#endif /* FERRY_KUNIT_RPMSG_LAYOUT_H */
