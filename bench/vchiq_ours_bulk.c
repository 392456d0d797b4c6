// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ by ours: bulk transfers, of memory of our own that begins anywhere, and of dma-bufs.
 */
#include <linux/completion.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/ferry.h>
#include <linux/ferry/dmabuf.h>
#include <linux/ferry/link.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../drivers/compat.h"
#include "vchiq_ours.h"

#define VO_GUARD	4096	/* bytes before and after those that are received */
#define VO_POISON	0xa5
#define VO_LINE		64	/* of the VPU: dma-bufs are received in whole ones */
#define VO_SENDS	4
#define VO_TIMEOUT	(20 * HZ)

/* Where memory begins in a page; the last one is that of a dma-buf. */
static const size_t vo_offsets[] = { 0, 1, 63, 64 };

/* A buffer of @len bytes of a link, and what is around it. */
struct vo_memory {
	struct ferry_region *region;
	struct ferry_pool *pool;
	struct ferry_buf *buf;
	u8 *data;
	size_t len;
};

static struct {
	struct ferry_link *link;
	struct completion received;
	struct ferry_buf *got;
	size_t got_len;
	struct vo_memory sends[VO_SENDS];
	unsigned int seed;
} vo;

/* Thread of the link. */
int vo_rx_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len, void *priv)
{
	vo.got = buf;
	vo.got_len = len;
	complete(&vo.received);
	return 0;
}

/* Nobody has it any more. */
static void vo_put(struct vo_memory *m)
{
	ferry_buf_put(m->buf);
	ferry_pool_destroy(m->pool);
	ferry_region_put(m->region);
	*m = (struct vo_memory){};
}

static int vo_get(struct vo_memory *m, size_t offset, size_t len)
{
	const struct ferry_pool_cfg cfg = {
		.offset = VO_GUARD + offset, .size = len, .buf_size = len, .align = 1,
	};

	*m = (struct vo_memory){ .len = len };
	m->region = ferry_region_from_coherent(ferry_link_dev(vo.link)->parent,
					       PAGE_ALIGN(2 * VO_GUARD + offset + len));
	if (IS_ERR(m->region))
		return PTR_ERR(m->region);
	memset(m->region->vaddr, VO_POISON, m->region->size);
	m->pool = ferry_pool_create(m->region, &cfg);
	if (IS_ERR(m->pool)) {
		ferry_region_put(m->region);
		return PTR_ERR(m->pool);
	}
	ferry_link_add_pool(vo.link, m->pool, "bench");
	m->buf = ferry_pool_alloc(m->pool, 0);
	m->data = m->buf->vaddr;
	return 0;
}

/* Nothing was changed but what was received. */
static bool vo_is_right(const struct vo_memory *m)
{
	const u8 *from = m->region->vaddr, *end = m->data + m->len;

	return !memchr_inv(from, VO_POISON, m->data - from) &&
	       !memchr_inv(end, VO_POISON, from + m->region->size - end);
}

/* The VPU may have it no more when it goes. */
static int vo_send_one(size_t offset, size_t len)
{
	struct vo_memory m;
	int ret = vo_get(&m, offset, len);

	if (ret)
		return ret;
	vb_bulk_fill(m.data, len, ++vo.seed);
	ret = ferry_send_buf(vo_ep[VB_ECHO], ferry_buf_get(m.buf), len);
	if (ret)
		ferry_buf_put(m.buf);
	while (!ret && ferry_buf_claim(m.buf))
		schedule_timeout_uninterruptible(1);
	if (!ret)
		ferry_buf_unclaim(m.buf);
	vo_put(&m);
	return ret;
}

static int vo_receive(enum vb_service service, struct ferry_buf *buf, size_t len)
{
	int ret;

	reinit_completion(&vo.received);
	ret = ferry_post_recv(vo_ep[service], ferry_buf_get(buf), len);
	if (ret) {
		ferry_buf_put(buf);
		return ret;
	}
	if (!wait_for_completion_timeout(&vo.received, VO_TIMEOUT))
		return -ETIMEDOUT;
	ferry_buf_put(vo.got);
	return vo.got == buf && vo.got_len == len ? 0 : -EIO;
}

static bool vo_is_expected(enum vb_service service, const u8 *data, size_t len)
{
	return service == VB_ECHO ? vb_bulk_is(data, len, vo.seed) : vb_source_is(data, len);
}

static int vo_receive_one(enum vb_service service, size_t offset, size_t len)
{
	struct vo_memory m;
	int ret = vo_get(&m, offset, len);

	if (ret)
		return ret;
	ret = vo_receive(service, m.buf, len);
	/* What may still come must find its memory: it is left there. */
	if (ret == -ETIMEDOUT)
		return ret;
	if (!ret && (!vo_is_expected(service, m.data, len) || !vo_is_right(&m)))
		ret = -EIO;
	vo_put(&m);
	return ret;
}

/* As somebody else's memory: what is imported of @m, which is whole pages. */
static struct ferry_buf *vo_import(const struct vo_memory *m)
{
	struct dma_buf *dmabuf = ferry_pool_export(m->pool, O_RDWR);
	struct ferry_buf *buf;

	if (IS_ERR(dmabuf))
		return ERR_CAST(dmabuf);
	buf = ferry_buf_import(vo.link, dmabuf);
	dma_buf_put(dmabuf);
	return buf;
}

/* Of a dma-buf as many bytes are received as fill cache lines, of which fewer may come. */
static int vo_receive_import(enum vb_service service, size_t len)
{
	struct ferry_buf *buf;
	struct vo_memory m;
	int ret = vo_get(&m, 0, PAGE_ALIGN(len));

	if (ret)
		return ret;
	buf = vo_import(&m);
	if (IS_ERR(buf)) {
		vo_put(&m);
		return PTR_ERR(buf);
	}
	ret = vo_receive(service, buf, ALIGN(len, VO_LINE));
	if (ret == -ETIMEDOUT)
		return ret;
	if (ret == -EIO && vo.got == buf && vo.got_len == len)
		ret = 0;
	if (!ret && !vo_is_expected(service, m.data, vo.got_len))
		ret = -EIO;
	ferry_buf_put(buf);
	vo_put(&m);
	return ret;
}

/* Sent and received at offsets that differ. */
int vo_bulk_echo(size_t len)
{
	unsigned int i, n = ARRAY_SIZE(vo_offsets);
	int ret = 0;

	for (i = 0; i < n && !ret; i++)
		ret = vo_send_one(vo_offsets[(i + 1) % n], len) ?:
		      vo_receive_one(VB_ECHO, vo_offsets[i], len);
	return ret ?: vo_send_one(0, len) ?: vo_receive_import(VB_ECHO, len);
}

int vo_bulk_source(size_t len)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(vo_offsets) && !ret; i++)
		ret = vo_receive_one(VB_SOURCE, vo_offsets[i], len);
	return ret ?: vo_receive_import(VB_SOURCE, len);
}

static int vo_send_any(enum vb_service service, size_t len)
{
	struct ferry_buf *buf;
	unsigned int i;
	int ret = -EBUSY;

	for (i = 0; i < VO_SENDS && ret == -EBUSY; i++) {
		buf = ferry_buf_get(vo.sends[i].buf);
		ret = ferry_send_buf(vo_ep[service], buf, len);
		if (ret)
			ferry_buf_put(buf);
	}
	return ret;
}

/* There are as many buffers as the VPU may have. */
int vo_bulk_send(enum vb_service service, size_t len)
{
	int ret;

	while ((ret = vo_send_any(service, len)) == -EBUSY)
		schedule_timeout_uninterruptible(1);
	return ret;
}

/* Before the services are opened. Memory that is sent and never looked at. */
int vo_bulk_begin(struct ferry_link *link)
{
	unsigned int i;
	int ret = 0;

	init_completion(&vo.received);
	vo.link = link;
	for (i = 0; i < VO_SENDS && !ret; i++)
		ret = vo_get(&vo.sends[i], 0, VB_BULK_MAX);
	if (ret)
		vo.sends[i - 1] = (struct vo_memory){};
	return ret;
}

/* When they were closed. */
void vo_bulk_end(void)
{
	unsigned int i;

	for (i = 0; i < VO_SENDS; i++)
		if (vo.sends[i].buf)
			vo_put(&vo.sends[i]);
}

FERRY_IMPORT_DMA_BUF();
