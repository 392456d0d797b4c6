/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What export.c and import.c share with each other, and with link.c.
 */
#ifndef FERRY_CORE_DMABUF_H
#define FERRY_CORE_DMABUF_H

struct dma_buf;
struct ferry_buf;
struct ferry_link;

/* import.c */
struct dma_buf *ferry_import_dmabuf(const struct ferry_buf *buf);
void ferry_imports_end(struct ferry_link *link);
bool ferry_imports_lent(struct ferry_link *link);

#endif /* FERRY_CORE_DMABUF_H */
