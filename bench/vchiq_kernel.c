// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ by the kernel's own driver.
 *
 * A client begins with an instance, and that of an open /dev/vchiq is one as any other.
 */
#include <linux/err.h>
#include <linux/fs.h>

#include "vchiq.h"
#include "vchiq_kernel.h"

#define VK_DEVICE	"/dev/vchiq"

static struct {
	struct file *file;
	struct vchiq_instance *instance;
	unsigned int handle[VB_NR_SERVICES];
	unsigned int nr;
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

static void vk_close(void)
{
	while (vk.nr)
		vchiq_close_service(vk.instance, vk.handle[--vk.nr]);
	filp_close(vk.file, NULL);
}

static int vk_open(void)
{
	struct vchiq_service_params_kernel params[VB_NR_SERVICES] = {
		[VB_SINK].callback = vk_callback_VB_SINK,
		[VB_ECHO].callback = vk_callback_VB_ECHO,
		[VB_SMEM].callback = vk_callback_VB_SMEM,
	};
	int ret;

	vk.file = filp_open(VK_DEVICE, O_RDWR, 0);
	if (IS_ERR(vk.file))
		return PTR_ERR(vk.file);
	vk.instance = vk.file->private_data;
	ret = vchiq_connect(vk.instance);
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

const struct vb_side vb_kernel = {
	.name = "kernel",
	.open = vk_open,
	.close = vk_close,
	.send = vk_send,
};
