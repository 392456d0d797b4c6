// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ by ours: endpoints that are called in the thread of the link, as the kernel's
 * driver calls its clients, or in the interrupt.
 */
#include <linux/err.h>
#include <linux/ferry.h>
#include <linux/ferry/vchiq.h>

#include "vchiq_ours.h"

#define VO_LINK	"vchiq"

struct ferry_ep *vo_ep[VB_NR_SERVICES];
static struct ferry_link *vo_link;

static int vo_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	vb_received((enum vb_service)(uintptr_t)priv, data, len);
	return 0;
}

static void vo_close(void)
{
	unsigned int i;

	for (i = 0; i < VB_NR_SERVICES; i++) {
		if (vo_ep[i])
			ferry_close(vo_ep[i]);
		vo_ep[i] = NULL;
	}
	vo_bulk_end();
	ferry_link_put(vo_link);
	vo_link = NULL;
}

static int vo_open_one(struct ferry_link *link, enum vb_service i, unsigned int flags)
{
	const struct vb_spec *spec = &vb_specs[i];
	struct ferry_ep_cfg cfg = {
		.rx = vo_rx, .priv = (void *)(uintptr_t)i, .flags = flags,
		.rx_buf = flags ? NULL : vo_rx_buf,
	};
	struct ferry_id id = { .number = spec->fourcc };
	struct ferry_ep *ep;
	int ret;

	ret = ferry_vchiq_version(link, spec->name, spec->version, spec->version_min);
	if (ret)
		return ret;
	ep = ferry_open(link, &id, &cfg);
	if (IS_ERR(ep))
		return PTR_ERR(ep);
	vo_ep[i] = ep;
	return 0;
}

static int vo_open(unsigned int flags)
{
	unsigned int i;
	int ret;

	vo_link = ferry_link_get(VO_LINK);
	if (!vo_link)
		return -ENODEV;
	ret = vo_bulk_begin(vo_link);
	for (i = 0; i < VB_NR_SERVICES && !ret; i++)
		ret = vo_open_one(vo_link, i, flags);
	if (ret)
		vo_close();
	return ret;
}

static int vo_open_thread(void)
{
	return vo_open(0);
}

static int vo_open_irq(void)
{
	return vo_open(FERRY_EP_ATOMIC);
}

static int vo_send(enum vb_service service, const void *data, size_t len)
{
	return ferry_send(vo_ep[service], data, len);
}

const struct vb_side vb_thread = {
	.name = "thread",
	.open = vo_open_thread,
	.close = vo_close,
	.send = vo_send,
	.bulk_echo = vo_bulk_echo,
	.bulk_source = vo_bulk_source,
	.bulk_send = vo_bulk_send,
};

const struct vb_side vb_irq = {
	.name = "irq",
	.open = vo_open_irq,
	.close = vo_close,
	.send = vo_send,
};
