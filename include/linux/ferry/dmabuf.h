/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers that are shared with other drivers and with user space: dma-bufs.
 */
#ifndef _LINUX_FERRY_DMABUF_H
#define _LINUX_FERRY_DMABUF_H

#include <linux/types.h>

struct dma_buf;
struct ferry_buf;
struct ferry_link;
struct ferry_pool;

/**
 * DOC: dma-bufs
 *
 * A buffer of a pool, a loan of the remote, or a whole pool can be exported as a
 * dma-buf; it is then used by other devices and mapped by user space. The dma-buf holds
 * a reference: the buffer is free when the last file descriptor was closed, too, and the
 * memory stays past the end of the link and of its driver.
 *
 * Only whole pages are exported: a page is never shown together with bytes that belong
 * to somebody else. The remote may write to an exported buffer for as long as it is
 * lent, as it may to any other: what is read from it has to be copied first and checked
 * then.
 *
 * The dma-buf of anybody else can be imported for a link and lent to its remote. It has
 * to be contiguous as the remote sees it, within its address bits and aligned as
 * &ferry_link_cfg.buf_align says; nothing is ever copied to make it so. The CPU does not
 * see it: &ferry_buf.vaddr is NULL. It is let go when both sides are done with it.
 */

struct dma_buf *ferry_buf_export(struct ferry_buf *buf, int fd_flags);
struct dma_buf *ferry_pool_export(struct ferry_pool *pool, int fd_flags);
struct ferry_buf *ferry_buf_from_dmabuf(struct dma_buf *dmabuf);
struct ferry_buf *ferry_buf_import(struct ferry_link *link, struct dma_buf *dmabuf);
bool ferry_buf_is_of(const struct ferry_buf *buf, const struct ferry_link *link);

#endif /* _LINUX_FERRY_DMABUF_H */
