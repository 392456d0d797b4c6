// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: services of ours, which the VPU opens.
 *
 * Its OPEN is noted where it is received, and answered in process context, when what was open
 * before was closed. Until then it has no port of ours, and the VPU may take it back. There is
 * one client at a time: others are refused, as is who asks for what nobody listens for.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/list.h>

#include "../compat.h"
#include "vchiq.h"

/* Under the mutex of the link. It was just made. */
void vchiq_listen_begin(struct vchiq_service *s)
{
	struct vchiq_version said;

	vchiq_version_look(s, &said);
	s->listens = said.listens;
	s->version = said.version;
	s->version_min = said.version_min;
	if (!s->listens)
		return;
	guard(spinlock_irqsave)(&s->vc->lock);
	list_add_tail(&s->listen_node, &s->vc->listening);
}

/* Under the mutex of the link. It was closed, and goes; who opened it meanwhile is refused. */
void vchiq_listen_end(struct vchiq_service *s)
{
	bool refuse;

	scoped_guard(spinlock_irqsave, &s->vc->lock) {
		list_del_init(&s->listen_node);
		refuse = s->offered;
		s->offered = false;
	}
	if (refuse)
		vchiq_post_wait(s->vc, VCHIQ_CLOSE, 0, s->offer_port, NULL, 0);
}

/* It has what it needs to send and receive. -EINPROGRESS: nobody has opened it. */
static int listen_accept(struct vchiq_service *s)
{
	int ret;

	guard(spinlock_irqsave)(&s->vc->lock);
	if (!s->offered)
		return -EINPROGRESS;
	s->peer = s->offer_port;
	s->peer_version = s->offer_version;
	s->offered = false;
	ret = vchiq_service_take_port(s, VCHIQ_OPENED);
	s->acking = !ret;
	return ret;
}

/* The answer was given. True: the VPU closed it meanwhile, and waits to hear of that. */
static bool listen_acked(struct vchiq_service *s)
{
	guard(spinlock_irqsave)(&s->vc->lock);
	s->acking = false;
	return s->state == VCHIQ_CLOSED;
}

/* Under the mutex of the link. Nobody sends until it returns. */
int vchiq_listen_open(struct vchiq_service *s)
{
	struct vchiq_openack ack = { .version = cpu_to_le16(s->version) };
	int ret;

	ret = listen_accept(s);
	if (ret == -ENOSPC)
		vchiq_post_wait(s->vc, VCHIQ_CLOSE, 0, s->peer, NULL, 0);
	if (ret)
		return ret;
	ret = vchiq_post_wait(s->vc, VCHIQ_OPENACK, s->port, s->peer, &ack, sizeof(ack));
	if (listen_acked(s) && !ret)
		vchiq_post_wait(s->vc, VCHIQ_CLOSE, s->port, s->peer, NULL, 0);
	if (ret)
		vchiq_service_close(&s->ch);
	return ret;
}

static bool listen_fits(const struct vchiq_service *s, const struct vchiq_open *open)
{
	return s->version >= le16_to_cpu(open->version_min) &&
	       le16_to_cpu(open->version) >= s->version_min;
}

/* The service that the VPU may open with this, noted to be; or NULL. */
static struct vchiq_service *listen_take(struct ferry_vchiq *vc, u16 src,
					 const struct vchiq_open *open)
{
	struct vchiq_service *s;

	guard(spinlock_irqsave)(&vc->lock);
	list_for_each_entry(s, &vc->listening, listen_node) {
		if (s->ch.number != le32_to_cpu(open->fourcc))
			continue;
		/* One that it closed may not be closed here yet. */
		if (s->offered || s->state == VCHIQ_OPENED || !listen_fits(s, open))
			return NULL;
		s->offered = true;
		s->offer_port = src;
		s->offer_version = le16_to_cpu(open->version);
		return s;
	}
	return NULL;
}

/* Under the lock of the rxq, RCU read side. @payload: private, @size bytes. */
void vchiq_listen_asked(struct ferry_vchiq *vc, u16 src, const void *payload, u32 size)
{
	struct vchiq_service *s = NULL;

	if (size >= sizeof(struct vchiq_open))
		s = listen_take(vc, src, payload);
	if (s) {
		ferry_channel_announce(&s->ch, true);
		return;
	}
	vchiq_rx_odd(vc, VCHIQ_ODD_OPEN);
	if (size >= sizeof(struct vchiq_open))
		vchiq_post(vc, VCHIQ_CLOSE, 0, src, NULL, 0);
}

/* Locked. The service that a port of the VPU has open, or wants to; or NULL. */
struct vchiq_service *vchiq_listen_of(struct ferry_vchiq *vc, u16 peer)
{
	struct vchiq_service *s;

	list_for_each_entry(s, &vc->listening, listen_node)
		if ((s->offered && s->offer_port == peer) ||
		    (s->state == VCHIQ_OPENED && s->peer == peer))
			return s;
	return NULL;
}

/**
 * ferry_vchiq_listen - a service is ours, for the VPU to open
 * @link:	a link of VCHIQ
 * @name:	of the service, four characters
 * @version:	the newest that the client speaks
 * @version_min: the oldest
 *
 * Holds for the next ferry_open() of this name: that does not ask the VPU for it, and does not
 * wait. The endpoint gets %FERRY_EVENT_UP when the VPU has opened it; until then, and after
 * %FERRY_EVENT_CLOSED until it opens it again, sends fail with -EPIPE. The VPU is refused what
 * nobody listens for, versions that do not fit, and a second client while there is one.
 *
 * Context: process, may sleep.
 *
 * Return: 0, -EINVAL this is no link of VCHIQ, -ENOENT no such name can be, -ENOMEM.
 */
int ferry_vchiq_listen(struct ferry_link *link, const char *name, u16 version, u16 version_min)
{
	const struct vchiq_version say = {
		.version = version, .version_min = version_min, .listens = true,
	};

	return vchiq_version_set(link, name, &say);
}
EXPORT_SYMBOL_GPL(ferry_vchiq_listen);
