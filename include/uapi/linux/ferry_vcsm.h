/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/vcsm-cma: memory that is shared with the VPU, for programs. The numbers and layouts are
 * those of the driver that Raspberry Pi's kernels have, so that programs need not know whose
 * driver it is.
 */
#ifndef _UAPI_LINUX_FERRY_VCSM_H
#define _UAPI_LINUX_FERRY_VCSM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define FERRY_VCSM_NAME_LEN	32
#define FERRY_VCSM_IOC_MAGIC	'J'

/**
 * struct ferry_vcsm_ioc_alloc - memory in one piece: FERRY_VCSM_IOC_ALLOC
 * @size:	bytes, not 0, at most 0x3fffffff; rounded up to pages
 * @num:	not looked at
 * @cached:	not looked at
 * @pad:	not looked at
 * @name:	for debugging, 31 bytes are used; may be empty
 * @handle:	out: file descriptor of a dma-buf, close-on-exec. mmap() of it at offset 0
 *		maps the memory; munmap() and close() free it.
 * @vc_handle:	out: what the VPU calls it
 * @dma_addr:	out: where the VPU sees it
 */
struct ferry_vcsm_ioc_alloc {
	__u32 size;
	__u32 num;
	__u32 cached;
	__u32 pad;
	__u8 name[FERRY_VCSM_NAME_LEN];
	__s32 handle;
	__u32 vc_handle;
	__u64 dma_addr;
};

/**
 * struct ferry_vcsm_ioc_import - a dma-buf for the VPU: FERRY_VCSM_IOC_IMPORT
 * @dmabuf_fd:	the dma-buf; it may be closed afterwards
 * @cached:	not looked at
 * @name:	for debugging, 31 bytes are used; may be empty
 * @handle:	out: as &ferry_vcsm_ioc_alloc.handle
 * @vc_handle:	out: what the VPU calls it
 * @size:	out: bytes
 * @pad:	not looked at
 * @dma_addr:	out: where the VPU sees it
 */
struct ferry_vcsm_ioc_import {
	__s32 dmabuf_fd;
	__u32 cached;
	__u8 name[FERRY_VCSM_NAME_LEN];
	__s32 handle;
	__u32 vc_handle;
	__u32 size;
	__u32 pad;
	__u64 dma_addr;
};

/* The structs go in and come out, whatever the direction in the number says. */
#define FERRY_VCSM_IOC_ALLOC	_IOR(FERRY_VCSM_IOC_MAGIC, 0x5a, struct ferry_vcsm_ioc_alloc)
#define FERRY_VCSM_IOC_IMPORT	_IOR(FERRY_VCSM_IOC_MAGIC, 0x5b, struct ferry_vcsm_ioc_import)

/* Number of a request to clean caches, which is refused: DMA_BUF_IOCTL_SYNC does that. */
#define FERRY_VCSM_IOC_NR_CLEAN	0x5c

#endif /* _UAPI_LINUX_FERRY_VCSM_H */
