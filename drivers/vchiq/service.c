// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: services that clients open.
 *
 * A port belongs to a service from OPEN until both sides said CLOSE. When ours was sent the
 * service may go, and only the port waits for the answer. Each side says it once: when both
 * do at the same time that of the other is the answer.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "vchiq.h"

#define SERVICE_VERSION		1	/* unless the client says so */
#define SERVICE_STEP		(HZ / 20)

static int service_fourcc(const char *name, u32 *fourcc)
{
	const u8 *c = (const u8 *)name;

	if (strlen(name) != VCHIQ_NAME_LEN)
		return -ENOENT;
	*fourcc = VCHIQ_FOURCC(c[0], c[1], c[2], c[3]);
	return 0;
}

/* A number that is no name has none. */
static void service_name(char *name, u32 fourcc)
{
	unsigned int i;

	for (i = 0; i < VCHIQ_NAME_LEN; i++) {
		name[i] = fourcc >> (24 - 8 * i);
		if (!isascii(name[i]) || !isprint(name[i])) {
			name[0] = 0;
			return;
		}
	}
	name[i] = 0;
}

static struct vchiq_service *service_alloc(struct ferry_vchiq *vc, u32 fourcc)
{
	struct vchiq_service *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	service_name(s->ch.name, fourcc);
	s->ch.number = fourcc;
	s->ch.cls = FERRY_CLASS_GP;
	s->ch.mtu = FERRY_VCHIQ_MTU;
	s->ch.rx_copy = FERRY_VCHIQ_MTU;
	s->ch.buf_max = VCHIQ_BULK_MAX;
	s->ch.fills = true;
	s->ch.keeps = true;
	s->ch.atomic_ok = true;
	s->ch.by_remote = true;
	s->ch.ops = &vchiq_service_ops;
	s->ch.txq = &vc->txq;
	s->ch.rxq = &vc->rxq;
	s->vc = vc;
	s->head = VCHIQ_NO_RECORD;
	INIT_LIST_HEAD(&s->parked);
	INIT_LIST_HEAD(&s->listen_node);
	init_completion(&s->done);
	return s;
}

/* Under the mutex of the link. */
struct ferry_channel *vchiq_channel(struct ferry_link *link, const struct ferry_id *id)
{
	struct ferry_vchiq *vc = ferry_link_priv(link);
	struct vchiq_service *s;
	u32 fourcc = id->number;
	int ret;

	if (id->name) {
		ret = service_fourcc(id->name, &fourcc);
		if (ret)
			return ERR_PTR(ret);
		if (id->number != FERRY_ANY_NUMBER && id->number != fourcc)
			return ERR_PTR(-ENOENT);
	}
	s = service_alloc(vc, fourcc);
	if (!s)
		return ERR_PTR(-ENOMEM);
	list_add_tail(&s->node, &vc->services);
	vchiq_listen_begin(s);
	return &s->ch;
}

/* Under the mutex of the link; it was closed. */
void vchiq_release_channel(struct ferry_link *link, struct ferry_channel *ch)
{
	struct vchiq_service *s = vchiq_service_of(ch);

	list_del(&s->node);
	vchiq_listen_end(s);
	vchiq_unpark_all(s);
	synchronize_rcu();	/* nobody is on the way to it through the table of ports */
	kfree(s);
}

/* Locked. The lowest port that is free. */
int vchiq_service_take_port(struct vchiq_service *s, enum vchiq_state state)
{
	struct ferry_vchiq *vc = s->vc;
	unsigned int port;

	for (port = 0; port < VCHIQ_PORTS; port++)
		if (!rcu_access_pointer(vc->table[port]) && !test_bit(port, vc->closing))
			break;
	if (port == VCHIQ_PORTS)
		return -ENOSPC;
	s->port = port;
	/* Pairs with the acquire in rx_service(). */
	smp_store_release(&s->state, state);
	rcu_assign_pointer(vc->table[port], s);
	return 0;
}

/* Process context. What its client said, or what is said for who says nothing. */
void vchiq_version_look(struct vchiq_service *s, struct vchiq_version *said)
{
	struct vchiq_version *v;

	*said = (struct vchiq_version){ .version = SERVICE_VERSION };
	guard(mutex)(&s->vc->versions_lock);
	list_for_each_entry(v, &s->vc->versions, node)
		if (v->fourcc == s->ch.number)
			*said = *v;
}

static int service_ask(struct vchiq_service *s)
{
	struct vchiq_open open = {
		.fourcc = cpu_to_le32(s->ch.number),
		.client = cpu_to_le32(task_tgid_nr(current)),
	};
	struct vchiq_version said;
	int ret;

	reinit_completion(&s->done);
	scoped_guard(spinlock_irqsave, &s->vc->lock)
		ret = vchiq_service_take_port(s, VCHIQ_OPENING);
	if (ret)
		return ret;
	vchiq_version_look(s, &said);
	open.version = cpu_to_le16(said.version);
	open.version_min = cpu_to_le16(said.version_min);
	return vchiq_post_wait(s->vc, VCHIQ_OPEN, s->port, 0, &open, sizeof(open));
}

/* A crash of the link cannot be dealt with while we wait. */
static int service_wait(struct vchiq_service *s)
{
	unsigned long limit = jiffies + msecs_to_jiffies(VCHIQ_TIMEOUT_MS);
	long left;

	do {
		left = wait_for_completion_killable_timeout(&s->done, SERVICE_STEP);
		if (left < 0)
			return -ERESTARTSYS;
		if (left)
			return READ_ONCE(s->state) == VCHIQ_REFUSED ? -ECONNREFUSED : 0;
		if (ferry_link_state(s->vc->link) == FERRY_STATE_CRASHED)
			return -ENOLINK;
	} while (time_before(jiffies, limit));
	return -ETIMEDOUT;
}

/* Under the mutex of the link. */
int vchiq_service_open(struct ferry_channel *ch)
{
	struct vchiq_service *s = vchiq_service_of(ch);
	int ret;

	if (s->listens)
		return vchiq_listen_open(s);
	ret = service_ask(s);
	if (!ret)
		ret = service_wait(s);
	if (ret)
		vchiq_service_close(ch);
	return ret;
}

/* True: the VPU is to be told. The port is the service's no more. */
static bool service_leave(struct vchiq_service *s, u16 *peer)
{
	struct ferry_vchiq *vc = s->vc;
	enum vchiq_state state;

	guard(spinlock_irqsave)(&vc->lock);
	state = s->state;
	WRITE_ONCE(s->state, VCHIQ_IDLE);
	if (state != VCHIQ_IDLE) {
		RCU_INIT_POINTER(vc->table[s->port], NULL);
		vchiq_bulk_end(vc, s->port, true);
	}
	if (state != VCHIQ_OPENING && state != VCHIQ_OPENED)
		return false;
	set_bit(s->port, vc->closing);
	vc->closing_peer[s->port] = state == VCHIQ_OPENED ? s->peer : VCHIQ_PORT_NONE;
	/* Its port is not known yet: it will find us by ours. */
	*peer = state == VCHIQ_OPENED ? s->peer : 0;
	return true;
}

/* Under the mutex of the link. */
void vchiq_service_close(struct ferry_channel *ch)
{
	struct vchiq_service *s = vchiq_service_of(ch);
	u16 peer;

	if (service_leave(s, &peer)) {
		vchiq_post_wait(s->vc, VCHIQ_CLOSE, s->port, peer, NULL, 0);
		return;
	}
	/* If the VPU closed it, that was answered before its port is taken again. */
	guard(spinlock_irqsave)(&s->vc->rxq.lock);
}

/* Under the lock of the rxq. True: it was waited for. */
static bool service_acked(struct ferry_vchiq *vc, u16 src, u16 dst, u16 version)
{
	struct vchiq_service *s;

	guard(spinlock_irqsave)(&vc->lock);
	s = rcu_dereference_protected(vc->table[dst], lockdep_is_held(&vc->lock));
	if (!s || s->state != VCHIQ_OPENING)
		return false;
	s->peer = src;
	s->peer_version = version;
	/* Pairs with the acquire in rx_service(). */
	smp_store_release(&s->state, VCHIQ_OPENED);
	complete(&s->done);
	return true;
}

/* Under the lock of the rxq. @payload: private, @size bytes. */
void vchiq_service_acked(struct ferry_vchiq *vc, u16 src, u16 dst, const void *payload, u32 size)
{
	const struct vchiq_openack *ack = payload;

	if (size < sizeof(*ack) || !service_acked(vc, src, dst, le16_to_cpu(ack->version)))
		vchiq_rx_odd(vc, VCHIQ_ODD_OPENACK);
}

/* What a CLOSE of the VPU is to us. */
enum service_close {
	SERVICE_ODD,
	SERVICE_REFUSED,
	SERVICE_ANSWERED,	/* ours */
	SERVICE_GONE,
	SERVICE_GONE_EARLY,	/* we are about to answer its OPEN, and its CLOSE after that */
	SERVICE_TAKEN_BACK,	/* what we did not answer yet */
};

/* Locked. Is it the one that this port of the VPU closes, or refuses with 0? */
static bool service_is_bound(const struct vchiq_service *s, u16 peer)
{
	if (!s)
		return false;
	return s->state == VCHIQ_OPENING ? !peer : s->state == VCHIQ_OPENED && s->peer == peer;
}

/* Locked. The port of ours that was open to this one of the VPU, and waits for an answer. */
static u16 service_closing_to(struct ferry_vchiq *vc, u16 peer)
{
	unsigned int port;

	for_each_set_bit(port, vc->closing, VCHIQ_PORTS)
		if (vc->closing_peer[port] == peer)
			return port;
	return 0;
}

/* Locked. Does a CLOSE of this port of the VPU answer ours? */
static bool service_answered(struct ferry_vchiq *vc, u16 src, u16 dst)
{
	u16 peer = vc->closing_peer[dst];

	if (peer != src && peer != VCHIQ_PORT_NONE)
		return false;
	return test_and_clear_bit(dst, vc->closing);
}

static enum service_close service_closed(struct ferry_vchiq *vc, u16 src, u16 dst,
					 struct vchiq_service **sp)
{
	struct vchiq_service *s;

	guard(spinlock_irqsave)(&vc->lock);
	s = rcu_dereference_protected(vc->table[dst], lockdep_is_held(&vc->lock));
	/* A client of the VPU that did not hear of our port yet. */
	if (!dst && !service_is_bound(s, src)) {
		s = vchiq_listen_of(vc, src);
		if (!s)
			dst = service_closing_to(vc, src);
		if (s && s->offered && s->offer_port == src) {
			s->offered = false;
			*sp = s;
			return SERVICE_TAKEN_BACK;
		}
	}
	*sp = s;
	if (!s) {
		if (!service_answered(vc, src, dst))
			return SERVICE_ODD;
		vchiq_bulk_end(vc, dst, false);
		return SERVICE_ANSWERED;
	}
	if (s->state == VCHIQ_OPENING) {
		WRITE_ONCE(s->state, VCHIQ_REFUSED);
		complete(&s->done);
		return SERVICE_REFUSED;
	}
	if (s->state != VCHIQ_OPENED || s->peer != src)
		return SERVICE_ODD;
	WRITE_ONCE(s->state, VCHIQ_CLOSED);
	vchiq_bulk_end(vc, s->port, false);
	return s->acking ? SERVICE_GONE_EARLY : SERVICE_GONE;
}

/* Under the lock of the rxq, RCU read side. Nothing of ours is sent behind our CLOSE. */
void vchiq_service_closed(struct ferry_vchiq *vc, u16 src, u16 dst)
{
	struct vchiq_service *s;

	switch (service_closed(vc, src, dst, &s)) {
	case SERVICE_ODD:
		vchiq_rx_odd(vc, VCHIQ_ODD_CLOSE);
		break;
	case SERVICE_GONE:
		vchiq_post(vc, VCHIQ_CLOSE, s->port, src, NULL, 0);
		ferry_channel_announce(&s->ch, false);
		break;
	case SERVICE_GONE_EARLY:
		ferry_channel_announce(&s->ch, false);
		break;
	case SERVICE_TAKEN_BACK:
		vchiq_post(vc, VCHIQ_CLOSE, 0, src, NULL, 0);
		ferry_channel_announce(&s->ch, false);
		break;
	default:
		break;
	}
	ferry_txq_ready(&vc->txq);	/* transfers have ended */
}

/* Under the mutex of the link; the VPU knows no service, and nothing is received. */
void vchiq_services_reset(struct ferry_vchiq *vc)
{
	struct vchiq_service *s;

	scoped_guard(spinlock_irqsave, &vc->lock) {
		bitmap_zero(vc->closing, VCHIQ_PORTS);
		list_for_each_entry(s, &vc->services, node) {
			if (s->state != VCHIQ_IDLE)
				RCU_INIT_POINTER(vc->table[s->port], NULL);
			WRITE_ONCE(s->state, VCHIQ_IDLE);
			s->offered = false;
		}
	}
}

static struct vchiq_version *version_get(struct ferry_vchiq *vc, u32 fourcc)
{
	struct vchiq_version *v;

	list_for_each_entry(v, &vc->versions, node)
		if (v->fourcc == fourcc)
			return v;
	v = kzalloc(sizeof(*v), GFP_KERNEL);
	if (!v)
		return NULL;
	v->fourcc = fourcc;
	list_add_tail(&v->node, &vc->versions);
	return v;
}

/* Process context. What a client says of a service; as ferry_vchiq_version(). */
int vchiq_version_set(struct ferry_link *link, const char *name, const struct vchiq_version *say)
{
	struct ferry_vchiq *vc = vchiq_find(link);
	struct vchiq_version *v;
	u32 fourcc;
	int ret;

	if (!vc)
		return -EINVAL;
	ret = service_fourcc(name, &fourcc);
	if (ret)
		return ret;
	guard(mutex)(&vc->versions_lock);
	v = version_get(vc, fourcc);
	if (!v)
		return -ENOMEM;
	v->version = say->version;
	v->version_min = say->version_min;
	v->listens = say->listens;
	return 0;
}

/**
 * ferry_vchiq_version - which version of a service its client speaks
 * @link:	a link of VCHIQ
 * @name:	of the service, four characters
 * @version:	the newest that the client speaks
 * @version_min: the oldest
 *
 * The VPU refuses to open a service of which it has none of these. It is told at the next
 * ferry_open(); unless this was called it is told 1 and 0. What ferry_vchiq_listen() said is
 * undone.
 *
 * Context: process, may sleep.
 *
 * Return: 0, -EINVAL this is no link of VCHIQ, -ENOENT no such name can be, -ENOMEM.
 */
int ferry_vchiq_version(struct ferry_link *link, const char *name, u16 version, u16 version_min)
{
	const struct vchiq_version say = { .version = version, .version_min = version_min };

	return vchiq_version_set(link, name, &say);
}
EXPORT_SYMBOL_GPL(ferry_vchiq_version);

/**
 * ferry_vchiq_peer_version - which version of a service the VPU speaks
 * @link:	a link of VCHIQ
 * @name:	of the service, four characters
 *
 * Context: any.
 *
 * Return: 0 to 65535, as the VPU said when the service was opened; -EINVAL this is no link of
 * VCHIQ, -ENOENT no such name can be, -ENOTCONN the service is not open.
 */
int ferry_vchiq_peer_version(struct ferry_link *link, const char *name)
{
	struct ferry_vchiq *vc = vchiq_find(link);
	struct vchiq_service *s;
	unsigned int port;
	u32 fourcc;
	int ret;

	if (!vc)
		return -EINVAL;
	ret = service_fourcc(name, &fourcc);
	if (ret)
		return ret;
	guard(spinlock_irqsave)(&vc->lock);
	for (port = 0; port < VCHIQ_PORTS; port++) {
		s = rcu_dereference_protected(vc->table[port], lockdep_is_held(&vc->lock));
		if (s && s->ch.number == fourcc && s->state == VCHIQ_OPENED)
			return s->peer_version;
	}
	return -ENOTCONN;
}
EXPORT_SYMBOL_GPL(ferry_vchiq_peer_version);

/* Process context; nobody uses them. */
void vchiq_versions_free(struct ferry_vchiq *vc)
{
	struct vchiq_version *v, *tmp;

	list_for_each_entry_safe(v, tmp, &vc->versions, node)
		kfree(v);
}
