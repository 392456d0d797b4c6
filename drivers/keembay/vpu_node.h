/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keem Bay: the part of the device tree that boots a VPU.
 */
#ifndef FERRY_KEEMBAY_VPU_NODE_H
#define FERRY_KEEMBAY_VPU_NODE_H

struct device;
struct ferry_kmb_boot_cfg;
struct ferry_region;
struct platform_device;

/* probe.c */
struct ferry_region *kmb_node_region(struct device *dev, const char *name, unsigned int index);

int kmb_vpu_node(struct platform_device *pdev, struct ferry_kmb_boot_cfg *cfg);

#endif /* FERRY_KEEMBAY_VPU_NODE_H */
