// SPDX-License-Identifier: GPL-2.0-only
/*
 * The service SMEM of a simulated VPU: messages go between VCHIQ and what serves shared
 * memory. One client at a time, as the firmware has it.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "../compat.h"
#include "../vcsm/wire.h"
#include "vcsm_vchiq.h"

#define SERVER_VERSION	1

/**
 * struct ferry_sim_vcsm_server - the service
 * @vpu:	whose it is
 * @sim:	what serves it
 * @cfg:	what that is like
 * @lock:	of @conn; below that of @sim
 * @conn:	the client, or NULL
 */
struct ferry_sim_vcsm_server {
	struct ferry_sim_vchiq *vpu;
	struct ferry_sim_vcsm *sim;
	struct ferry_sim_vcsm_cfg cfg;
	struct mutex lock;
	struct ferry_sim_vchiq_conn *conn;
};

/* Firmware thread. */
static int server_opened(void *priv, struct ferry_sim_vchiq_conn *c)
{
	struct ferry_sim_vcsm_server *s = priv;

	guard(mutex)(&s->lock);
	if (s->conn)
		return -EBUSY;
	s->conn = c;
	return 0;
}

/* Firmware thread. */
static void server_rx(void *priv, struct ferry_sim_vchiq_conn *c, const void *msg, size_t len)
{
	struct ferry_sim_vcsm_server *s = priv;

	ferry_sim_vcsm_rx(s->sim, msg, len);
}

/* Firmware thread, or who resets the VPU. Nothing is known of a client that is gone. */
static void server_closed(void *priv, struct ferry_sim_vchiq_conn *c)
{
	struct ferry_sim_vcsm_server *s = priv;

	scoped_guard(mutex, &s->lock)
		s->conn = NULL;
	ferry_sim_vcsm_reset(s->sim);
}

/* What is let go later is said from work: the client may be gone by then. */
static int server_send(void *data, const void *msg, size_t len)
{
	struct ferry_sim_vcsm_server *s = data;

	guard(mutex)(&s->lock);
	return s->conn ? ferry_sim_vchiq_send(s->conn, msg, len) : -ENOTCONN;
}

static void *server_map(void *data, u32 addr, u32 size)
{
	struct ferry_sim_vcsm_server *s = data;

	return s->cfg.map(s->cfg.data, addr, size);
}

static void server_unmap(void *data, void *vaddr, u32 size)
{
	struct ferry_sim_vcsm_server *s = data;

	s->cfg.unmap(s->cfg.data, vaddr, size);
}

static struct ferry_sim_vchiq_server server_ops(struct ferry_sim_vcsm_server *s)
{
	return (struct ferry_sim_vchiq_server){
		.fourcc = VCSM_FOURCC, .version = SERVER_VERSION, .opened = server_opened,
		.rx = server_rx, .closed = server_closed, .priv = s,
	};
}

static int server_make_sim(struct ferry_sim_vcsm_server *s)
{
	struct ferry_sim_vcsm_cfg cfg = {
		.name = s->cfg.name, .send = server_send, .data = s, .version = s->cfg.version,
	};

	if (s->cfg.map) {
		cfg.map = server_map;
		cfg.unmap = server_unmap;
	}
	s->sim = ferry_sim_vcsm_create(&cfg);
	return PTR_ERR_OR_ZERO(s->sim);
}

static void server_free(struct ferry_sim_vcsm_server *s)
{
	ferry_sim_vcsm_destroy(s->sim);
	mutex_destroy(&s->lock);
	kfree(s);
}

/**
 * ferry_sim_vcsm_serve - a VPU has the service SMEM
 * @vpu:	the VPU
 * @cfg:	what the service is like; copied, but for the name; its send() is not used
 *
 * Context: process, may sleep.
 *
 * Return: the service, for ferry_sim_vcsm_unserve(), or ERR_PTR(): -EEXIST the VPU has one,
 * -ENOMEM.
 */
struct ferry_sim_vcsm_server *ferry_sim_vcsm_serve(struct ferry_sim_vchiq *vpu,
						   const struct ferry_sim_vcsm_cfg *cfg)
{
	struct ferry_sim_vcsm_server *s = kzalloc(sizeof(*s), GFP_KERNEL);
	struct ferry_sim_vchiq_server ops;
	int ret;

	if (!s)
		return ERR_PTR(-ENOMEM);
	s->vpu = vpu;
	s->cfg = *cfg;
	mutex_init(&s->lock);
	ops = server_ops(s);
	ret = server_make_sim(s);
	if (!ret)
		ret = ferry_sim_vchiq_serve(vpu, &ops);
	if (!ret)
		return s;
	server_free(s);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_serve);

/**
 * ferry_sim_vcsm_unserve - undo ferry_sim_vcsm_serve()
 * @server:	the service, an ERR_PTR or NULL; before its VPU goes. A client is told that it
 *		closed.
 *
 * Context: process, may sleep.
 */
void ferry_sim_vcsm_unserve(struct ferry_sim_vcsm_server *server)
{
	struct ferry_sim_vchiq_server ops;

	if (IS_ERR_OR_NULL(server))
		return;
	ops = server_ops(server);
	ferry_sim_vchiq_unserve(server->vpu, &ops);
	server_free(server);
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_unserve);

/**
 * ferry_sim_vcsm_served - what serves it, to be asked and told things
 * @server:	the service
 *
 * Context: any.
 *
 * Return: the simulation, which lives as long as @server.
 */
struct ferry_sim_vcsm *ferry_sim_vcsm_served(struct ferry_sim_vcsm_server *server)
{
	return server->sim;
}
EXPORT_SYMBOL_GPL(ferry_sim_vcsm_served);
