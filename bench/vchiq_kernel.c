// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ by the kernel's own driver.
 *
 * A client begins with an instance, and that of an open /dev/vchiq is one as any other.
 *
 * In bulk it takes memory of the kernel at any address, of any kind that has pages, and of any
 * length but 0. How many bytes came it does not tell.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "vchiq.h"
#include "vchiq_kernel.h"

#define VK_DEVICE	"/dev/vchiq"
#define VK_GUARD	4096	/* bytes before and after those that are received */
#define VK_POISON	0xa5

/* Where memory begins in a page: cache lines of the VPU are of 64 bytes. */
static const size_t vk_offsets[] = { 0, 1, 63, 64 };

/* Bytes at that offset, with a page or so before and after them. */
struct vk_memory {
	u8 *data;
	size_t len;
	u8 *from;
	size_t size;
};

static struct {
	struct file *file;
	struct vchiq_instance *instance;
	unsigned int handle[VB_NR_SERVICES];
	unsigned int nr;
	void *bulk;	/* what is sent and never looked at */
	unsigned int seed;
} vk;

/* Thread of the driver; the message is in its slot. */
static int vk_callback(enum vb_service service, struct vchiq_instance *instance,
		       unsigned int reason, struct vchiq_header *header, unsigned int handle)
{
	if (reason != VK_MESSAGE_AVAILABLE)
		return 0;
	vb_received(service, header->data, header->size);
	vchiq_release_message(instance, handle, header);
	return 0;
}

/* What a service is given of its own is asked for by its handle, which costs: it has none. */
#define VK_CALLBACK(service)									\
static int vk_callback_##service(struct vchiq_instance *instance, unsigned int reason,		\
				 struct vchiq_header *header, unsigned int handle, void *bulk)	\
{												\
	return vk_callback(service, instance, reason, header, handle);				\
}

VK_CALLBACK(VB_SINK)
VK_CALLBACK(VB_ECHO)
VK_CALLBACK(VB_SMEM)
VK_CALLBACK(VB_SOURCE)

static void vk_close(void)
{
	while (vk.nr)
		vchiq_close_service(vk.instance, vk.handle[--vk.nr]);
	filp_close(vk.file, NULL);
	vfree(vk.bulk);
}

static int vk_open(void)
{
	struct vchiq_service_params_kernel params[VB_NR_SERVICES] = {
		[VB_SINK].callback = vk_callback_VB_SINK,
		[VB_ECHO].callback = vk_callback_VB_ECHO,
		[VB_SMEM].callback = vk_callback_VB_SMEM,
		[VB_SOURCE].callback = vk_callback_VB_SOURCE,
	};
	int ret;

	vk.file = filp_open(VK_DEVICE, O_RDWR, 0);
	if (IS_ERR(vk.file))
		return PTR_ERR(vk.file);
	vk.instance = vk.file->private_data;
	vk.bulk = vzalloc(VB_BULK_MAX);
	ret = vk.bulk ? vchiq_connect(vk.instance) : -ENOMEM;
	while (!ret && vk.nr < VB_NR_SERVICES) {
		struct vchiq_service_params_kernel *p = &params[vk.nr];

		p->fourcc = vb_specs[vk.nr].fourcc;
		p->version = vb_specs[vk.nr].version;
		p->version_min = vb_specs[vk.nr].version_min;
		ret = vchiq_open_service(vk.instance, p, &vk.handle[vk.nr]);
		vk.nr += !ret;
	}
	if (ret)
		vk_close();
	return ret;
}

static int vk_send(enum vb_service service, const void *data, size_t len)
{
	return vchiq_queue_kernel_message(vk.instance, vk.handle[service], (void *)data, len);
}

/* @paged: of pages that are anywhere; else they follow one another. */
static int vk_memory_get(struct vk_memory *m, size_t offset, size_t len, bool paged)
{
	m->len = len;
	m->size = VK_GUARD + offset + len + VK_GUARD;
	m->from = paged ? vmalloc(m->size) : kmalloc(m->size, GFP_KERNEL);
	if (!m->from)
		return -ENOMEM;
	memset(m->from, VK_POISON, m->size);
	m->data = m->from + VK_GUARD + offset;
	return 0;
}

/* Nothing was changed but what was received. */
static bool vk_memory_is_right(const struct vk_memory *m)
{
	const u8 *end = m->data + m->len;

	return !memchr_inv(m->from, VK_POISON, m->data - m->from) &&
	       !memchr_inv(end, VK_POISON, m->from + m->size - end);
}

static int vk_bulk_receive(enum vb_service service, struct vk_memory *m)
{
	return vchiq_bulk_receive(vk.instance, vk.handle[service], m->data, m->len, NULL,
				  VK_BULK_BLOCKING);
}

static int vk_echo_received(struct vk_memory *m)
{
	int ret = vk_bulk_receive(VB_ECHO, m);

	return ret ?: vb_bulk_is(m->data, m->len, vk.seed) && vk_memory_is_right(m) ? 0 : -EIO;
}

static int vk_source_received(struct vk_memory *m)
{
	int ret = vk_bulk_receive(VB_SOURCE, m);

	return ret ?: vb_source_is(m->data, m->len) && vk_memory_is_right(m) ? 0 : -EIO;
}

static int vk_sent(size_t offset, size_t len, bool paged)
{
	struct vk_memory m;
	int ret = vk_memory_get(&m, offset, len, paged);

	if (ret)
		return ret;
	vb_bulk_fill(m.data, len, ++vk.seed);
	ret = vchiq_bulk_transmit(vk.instance, vk.handle[VB_ECHO], m.data, len, NULL,
				  VK_BULK_BLOCKING);
	kvfree(m.from);
	return ret;
}

static int vk_received(int (*receive)(struct vk_memory *m), size_t offset, size_t len, bool paged)
{
	struct vk_memory m;
	int ret = vk_memory_get(&m, offset, len, paged);

	if (ret)
		return ret;
	ret = receive(&m);
	kvfree(m.from);
	return ret;
}

/* Sent and received at offsets, and in memory, that differ. */
static int vk_bulk_echo(size_t len)
{
	unsigned int i, n = ARRAY_SIZE(vk_offsets);
	int ret = 0;

	for (i = 0; i < 2 * n && !ret; i++)
		ret = vk_sent(vk_offsets[(i + 1) % n], len, i < n) ?:
		      vk_received(vk_echo_received, vk_offsets[i % n], len, i >= n);
	return ret;
}

static int vk_bulk_source(size_t len)
{
	unsigned int i, n = ARRAY_SIZE(vk_offsets);
	int ret = 0;

	for (i = 0; i < 2 * n && !ret; i++)
		ret = vk_received(vk_source_received, vk_offsets[i % n], len, i >= n);
	return ret;
}

static int vk_bulk_send(enum vb_service service, size_t len)
{
	return vchiq_bulk_transmit(vk.instance, vk.handle[service], vk.bulk, len, NULL,
				   VK_BULK_NOCALLBACK);
}

const struct vb_side vb_kernel = {
	.name = "kernel",
	.open = vk_open,
	.close = vk_close,
	.send = vk_send,
	.bulk_echo = vk_bulk_echo,
	.bulk_source = vk_bulk_source,
	.bulk_send = vk_bulk_send,
};
