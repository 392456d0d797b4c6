// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs in the VM at the other end: it echoes, takes all, floods, does nothing, or dies.
 *
 * It does what it can whenever one of its interrupts comes, in a work of its own.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "gunyah_private.h"

#define PEER_BURST	1000	/* messages before others may run */

struct ferry_sim_gunyah_peer {
	struct ferry_sim_gunyah_peer_cfg cfg;
	struct ferry_sim_gunyah_end tx;
	struct ferry_sim_gunyah_end rx;
	struct workqueue_struct *wq;
	struct work_struct work;
	bool leaving;
	unsigned long received;
	unsigned long sent;
	size_t held;			/* bytes in @msg that are still to be sent */
	u8 msg[1024];
};

/* Sends what is held. False: there is no room, or no queue. */
static bool peer_send(struct ferry_sim_gunyah_peer *peer)
{
	struct ferry_gunyah_regs regs = {
		.x = { GUNYAH_CALL(GUNYAH_QUEUE_SEND), peer->tx.cap, peer->held,
		       (uintptr_t)peer->msg, GUNYAH_SEND_PUSH, 0 },
	};

	gsim_call(&peer->cfg.vm->hyp, &regs);
	if (regs.x[0])
		return false;
	peer->held = 0;
	WRITE_ONCE(peer->sent, peer->sent + 1);
	return true;
}

/* Takes a message. False: there is none, or no queue. */
static bool peer_receive(struct ferry_sim_gunyah_peer *peer)
{
	struct ferry_gunyah_regs regs = {
		.x = { GUNYAH_CALL(GUNYAH_QUEUE_RECEIVE), peer->rx.cap, (uintptr_t)peer->msg,
		       sizeof(peer->msg), 0 },
	};

	gsim_call(&peer->cfg.vm->hyp, &regs);
	if (regs.x[0] || !regs.x[1])
		return false;
	peer->held = regs.x[1];
	WRITE_ONCE(peer->received, peer->received + 1);
	return true;
}

/* One message; false: nothing can be done before the next interrupt. */
static bool peer_echo(struct ferry_sim_gunyah_peer *peer)
{
	if (!peer->held && !peer_receive(peer))
		return false;
	return peer_send(peer);
}

static bool peer_sink(struct ferry_sim_gunyah_peer *peer)
{
	return peer_receive(peer);
}

static bool peer_flood(struct ferry_sim_gunyah_peer *peer)
{
	u64 count = peer->sent;

	if (peer->cfg.limit && count >= peer->cfg.limit)
		return false;
	memcpy(peer->msg, &count, min(sizeof(count), peer->cfg.len));
	peer->held = peer->cfg.len;
	return peer_send(peer);
}

static bool peer_step(struct ferry_sim_gunyah_peer *peer)
{
	switch (peer->cfg.role) {
	case FERRY_SIM_GUNYAH_ECHO:
		return peer_echo(peer);
	case FERRY_SIM_GUNYAH_SINK:
		return peer_sink(peer);
	case FERRY_SIM_GUNYAH_FLOOD:
		return peer_flood(peer);
	case FERRY_SIM_GUNYAH_SILENT:
		break;
	}
	return false;
}

static bool peer_dies(const struct ferry_sim_gunyah_peer *peer)
{
	return peer->cfg.role != FERRY_SIM_GUNYAH_FLOOD && peer->cfg.limit &&
	       peer->received >= peer->cfg.limit;
}

static void peer_work(struct work_struct *work)
{
	struct ferry_sim_gunyah_peer *peer = container_of(work, struct ferry_sim_gunyah_peer,
							  work);
	unsigned int n;

	for (n = 0; n < PEER_BURST; n++) {
		if (!peer_step(peer))
			return;
		if (peer_dies(peer)) {
			ferry_sim_gunyah_vm_reset(peer->cfg.vm);
			return;
		}
	}
	if (!READ_ONCE(peer->leaving))
		queue_work(peer->wq, &peer->work);
}

/* Under the lock of the lines. */
static void peer_interrupt(void *data)
{
	struct ferry_sim_gunyah_peer *peer = data;

	queue_work(peer->wq, &peer->work);
}

static void peer_listen(struct ferry_sim_gunyah_peer *peer, bool on)
{
	void (*fn)(void *data) = on ? peer_interrupt : NULL;

	if (peer->cfg.tx)
		gsim_line_catch(peer->cfg.tx->tx_line, fn, peer);
	if (peer->cfg.rx)
		gsim_line_catch(peer->cfg.rx->rx_line, fn, peer);
}

/**
 * ferry_sim_gunyah_peer_create() - let something run at the other end
 * @cfg:	what; copied
 *
 * Context: process, may sleep.
 * Return: it, for ferry_sim_gunyah_peer_destroy(); ERR_PTR(): -EINVAL for a role without the
 * queue that it needs or with a message of no possible size, -ENOMEM.
 */
struct ferry_sim_gunyah_peer *
ferry_sim_gunyah_peer_create(const struct ferry_sim_gunyah_peer_cfg *cfg)
{
	bool sends = cfg->role == FERRY_SIM_GUNYAH_ECHO || cfg->role == FERRY_SIM_GUNYAH_FLOOD;
	bool receives = cfg->role == FERRY_SIM_GUNYAH_ECHO || cfg->role == FERRY_SIM_GUNYAH_SINK;
	struct ferry_sim_gunyah_peer *peer;

	if ((sends && !cfg->tx) || (receives && !cfg->rx) || cfg->len > sizeof(peer->msg))
		return ERR_PTR(-EINVAL);
	peer = kzalloc(sizeof(*peer), GFP_KERNEL);
	if (!peer)
		return ERR_PTR(-ENOMEM);
	peer->cfg = *cfg;
	peer->wq = alloc_ordered_workqueue("ferry-sim-gunyah", 0);
	if (!peer->wq) {
		kfree(peer);
		return ERR_PTR(-ENOMEM);
	}
	if (cfg->tx)
		ferry_sim_gunyah_queue_ends(cfg->tx, &peer->tx, NULL);
	if (cfg->rx)
		ferry_sim_gunyah_queue_ends(cfg->rx, NULL, &peer->rx);
	INIT_WORK(&peer->work, peer_work);
	peer_listen(peer, true);
	queue_work(peer->wq, &peer->work);
	return peer;
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_peer_create);

/**
 * ferry_sim_gunyah_peer_destroy() - nothing runs there any more
 * @peer:	what ran there
 *
 * Context: process, may sleep.
 */
void ferry_sim_gunyah_peer_destroy(struct ferry_sim_gunyah_peer *peer)
{
	peer_listen(peer, false);
	WRITE_ONCE(peer->leaving, true);
	destroy_workqueue(peer->wq);
	kfree(peer);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_peer_destroy);

/**
 * ferry_sim_gunyah_peer_received() - messages it has received
 * @peer:	what runs there
 *
 * Context: any.
 * Return: how many.
 */
unsigned long ferry_sim_gunyah_peer_received(const struct ferry_sim_gunyah_peer *peer)
{
	return READ_ONCE(peer->received);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_peer_received);

/**
 * ferry_sim_gunyah_peer_sent() - messages it has sent
 * @peer:	what runs there
 *
 * Context: any.
 * Return: how many.
 */
unsigned long ferry_sim_gunyah_peer_sent(const struct ferry_sim_gunyah_peer *peer)
{
	return READ_ONCE(peer->sent);
}
EXPORT_SYMBOL_GPL(ferry_sim_gunyah_peer_sent);
