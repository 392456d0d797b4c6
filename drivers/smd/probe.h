/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMD: edges that the device tree describes.
 */
#ifndef FERRY_SMD_PROBE_H
#define FERRY_SMD_PROBE_H

#define SMD_FOLLOWERS	16	/* more processors no SoC has */

int smd_probe_init(void);
void smd_probe_exit(void);

#endif /* FERRY_SMD_PROBE_H */
