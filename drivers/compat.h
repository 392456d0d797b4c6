/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the supported kernels (6.1, 6.12, 7.2), and the only file
 * that tests for a version.
 */
#ifndef FERRY_COMPAT_H
#define FERRY_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/version.h>

/* Until 6.11: unaligned access belongs to the architecture. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/* Until 6.6: hex2bin() is declared with all the rest. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#include <linux/hex.h>
#else
#include <linux/kernel.h>
#endif

/* Until 6.1, at least: the file of debugfs that is read and written. */
#ifndef DEFINE_SHOW_STORE_ATTRIBUTE
#define DEFINE_SHOW_STORE_ATTRIBUTE(__name)				\
static int __name ## _open(struct inode *inode, struct file *file)	\
{									\
	return single_open(file, __name ## _show, inode->i_private);	\
}									\
									\
static const struct file_operations __name ## _fops = {		\
	.owner = THIS_MODULE,						\
	.open = __name ## _open,					\
	.read = seq_read,						\
	.write = __name ## _write,					\
	.llseek = seq_lseek,						\
	.release = single_release,					\
}
#endif

/* Until 6.12: hrtimer_setup() came with 6.13, hrtimer_init() went with 6.15. */
static inline void ferry_hrtimer_setup(struct hrtimer *timer,
				       enum hrtimer_restart (*fn)(struct hrtimer *),
				       clockid_t clock, enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, fn, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
#endif
}

/* Until 6.9: __assign_str() took the source again. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define ferry_assign_str(dst, src)	__assign_str(dst)
#else
#define ferry_assign_str(dst, src)	__assign_str(dst, src)
#endif

/* Until 6.12: the namespace of a symbol is a token, then a string. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define FERRY_EXPORT_TEST(sym)		EXPORT_SYMBOL_NS_GPL(sym, "FERRY_TEST")
#define FERRY_IMPORT_TEST()		MODULE_IMPORT_NS("FERRY_TEST")
#define FERRY_IMPORT_DMA_BUF()		MODULE_IMPORT_NS("DMA_BUF")
#else
#define FERRY_EXPORT_TEST(sym)		EXPORT_SYMBOL_NS_GPL(sym, FERRY_TEST)
#define FERRY_IMPORT_TEST()		MODULE_IMPORT_NS(FERRY_TEST)
#define FERRY_IMPORT_DMA_BUF()		MODULE_IMPORT_NS(DMA_BUF)
#endif

/* Until 6.2: the flags of a mapping are written by hand. */
static inline void ferry_vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

static inline void ferry_vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_clear(vma, flags);
#else
	vma->vm_flags &= ~flags;
#endif
}

/* Until 6.1: dma_buf_vmap() takes the lock itself. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define ferry_dma_buf_vmap(dmabuf, map)		dma_buf_vmap_unlocked(dmabuf, map)
#define ferry_dma_buf_vunmap(dmabuf, map)	dma_buf_vunmap_unlocked(dmabuf, map)
#else
#define ferry_dma_buf_vmap(dmabuf, map)		dma_buf_vmap(dmabuf, map)
#define ferry_dma_buf_vunmap(dmabuf, map)	dma_buf_vunmap(dmabuf, map)
#endif

/* Until 6.1: struct class.devnode may change its device. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define FERRY_DEVNODE_CONST		const
#else
#define FERRY_DEVNODE_CONST
#endif

/* Until 6.5: device tree nodes can be made at run time from an overlay only. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define FERRY_HAS_OF_CHANGESET_NODE	1
#else
#define FERRY_HAS_OF_CHANGESET_NODE	0
#endif

/* Until 6.11: a regmap does not say whether its lock can sleep. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#define ferry_regmap_might_sleep(map)	regmap_might_sleep(map)
#else
#define ferry_regmap_might_sleep(map)	false
#endif

/* Until 6.10: a test cannot map into user memory. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define FERRY_HAS_KUNIT_VM_MMAP		1
#else
#define FERRY_HAS_KUNIT_VM_MMAP		0
#endif

/* Until 6.14: apple-rtkit keeps the crashlog to itself, and wakes with another word. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
#define FERRY_APPLE_CRASHED(fn)		void fn(void *cookie, const void *log, size_t size)
#define FERRY_APPLE_WAKE_WORD		0x0060000000000220
#else
#define FERRY_APPLE_CRASHED(fn)		void fn(void *cookie)
#define FERRY_APPLE_WAKE_WORD		0x0060000000000020
#endif

/* Until 6.12, and 7.2 does: apple-mailbox knows the mailbox of the A11. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#define FERRY_APPLE_HAS_T8015		1
#else
#define FERRY_APPLE_HAS_T8015		0
#endif

/* The private operations of rpmsg, by facts of the kernel's header: scripts/Kbuild.rpmsg. */
#ifdef FERRY_RPMSG_CONST
#include "rpmsg/ops.h"
#endif

#endif /* FERRY_COMPAT_H */
