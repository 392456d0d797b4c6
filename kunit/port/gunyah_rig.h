/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For suites of Gunyah: a simulated hypervisor with two VMs. We are in one, and the test
 * plays the other, call by call.
 */
#ifndef FERRY_KUNIT_GUNYAH_RIG_H
#define FERRY_KUNIT_GUNYAH_RIG_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_gunyah.h>

#include "../../drivers/port/gunyah_abi.h"
#include "../../drivers/sim/gunyah_hyp.h"
#include "../ferry_kunit.h"

#define RIG_QUIET_MS	50	/* longer than any interrupt takes */
#define RIG_PORTS	8

struct rig {
	struct kunit *test;
	struct ferry_sim_gunyah *sim;
	struct ferry_sim_gunyah_vm *us;
	struct ferry_sim_gunyah_vm *far;
	struct ferry_sim_gunyah_peer *peer;
	struct ferry_port *ports[RIG_PORTS];
	unsigned int nr_ports;
	atomic_t told;			/* calls of our users */
};

/* One queue, one end of which is a port of ours. */
struct rig_queue {
	struct rig *rig;
	struct ferry_sim_gunyah_queue *q;
	struct ferry_sim_gunyah_end tx;
	struct ferry_sim_gunyah_end rx;
	struct ferry_gunyah_queue_cfg cfg;
	struct ferry_port *port;
};

#define rig_wait(cond)	FERRY_WAIT(cond)

static inline void rig_told(struct ferry_port *port, void *data)
{
	struct rig *rig = data;

	atomic_inc(&rig->told);
}

static const struct ferry_port_user rig_user = {
	.rx = rig_told,
	.tx_ready = rig_told,
};

static inline void rig_end(void *arg)
{
	struct rig *rig = arg;
	unsigned int i;

	for (i = 0; i < rig->nr_ports; i++) {
		ferry_port_stop(rig->ports[i]);
		ferry_port_kill(rig->ports[i]);
	}
	if (!IS_ERR_OR_NULL(rig->peer))
		ferry_sim_gunyah_peer_destroy(rig->peer);
	if (!IS_ERR_OR_NULL(rig->sim))
		ferry_sim_gunyah_destroy(rig->sim);
}

/* Ends with the test. */
static inline void rig_own(struct rig *rig, struct ferry_port *port)
{
	KUNIT_ASSERT_FALSE(rig->test, IS_ERR(port));
	KUNIT_ASSERT_LT(rig->test, rig->nr_ports, RIG_PORTS);
	rig->ports[rig->nr_ports++] = port;
}

static inline struct rig *rig_with(struct kunit *test, const struct ferry_sim_gunyah_cfg *cfg)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	ferry_defer(test, rig_end, rig);
	rig->sim = ferry_sim_gunyah_create(cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->sim));
	rig->us = ferry_sim_gunyah_vm_create(rig->sim);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->us));
	rig->far = ferry_sim_gunyah_vm_create(rig->sim);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->far));
	return rig;
}

static inline struct rig *rig_new(struct kunit *test, bool strict, bool scramble)
{
	struct ferry_sim_gunyah_cfg cfg = { .strict = strict, .scramble = scramble };

	return rig_with(test, &cfg);
}

static inline struct ferry_gunyah_hyp *rig_hyp(struct rig *rig)
{
	return ferry_sim_gunyah_vm_hyp(rig->us);
}

/* A queue without a port. */
static inline struct rig_queue *rig_queue(struct rig *rig, enum ferry_port_dir dir,
					  unsigned int depth, unsigned int size)
{
	bool tx = dir == FERRY_PORT_TX;
	struct ferry_sim_gunyah_queue_cfg cfg = {
		.from = tx ? rig->us : rig->far,
		.to = tx ? rig->far : rig->us,
		.depth = depth,
		.max_size = size,
	};
	struct rig_queue *rq = kunit_kzalloc(rig->test, sizeof(*rq), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rig->test, rq);
	rq->rig = rig;
	rq->q = ferry_sim_gunyah_queue_create(rig->sim, &cfg);
	KUNIT_ASSERT_FALSE(rig->test, IS_ERR(rq->q));
	ferry_sim_gunyah_queue_ends(rq->q, &rq->tx, &rq->rx);
	rq->cfg.hyp = rig_hyp(rig);
	rq->cfg.cap = tx ? rq->tx.cap : rq->rx.cap;
	rq->cfg.dir = dir;
	rq->cfg.max_len = size;
	rq->cfg.irq = ferry_sim_gunyah_irq(rig->sim, tx ? rq->tx.virq : rq->rx.virq);
	KUNIT_ASSERT_GT(rig->test, rq->cfg.irq, 0);
	return rq;
}

static inline void rig_port(struct rig_queue *rq)
{
	rq->port = ferry_gunyah_queue_create(NULL, &rq->cfg);
	rig_own(rq->rig, rq->port);
}

/* Told until now is forgotten: a TX port hears of its room at the start. */
static inline void rig_start(struct rig_queue *rq)
{
	struct kunit *test = rq->rig->test;

	KUNIT_ASSERT_EQ(test, ferry_port_start(rq->port, &rig_user, rq->rig), 0);
	msleep(RIG_QUIET_MS);
	atomic_set(&rq->rig->told, 0);
}

static inline struct rig_queue *rig_started(struct rig *rig, enum ferry_port_dir dir,
					    unsigned int depth, unsigned int size)
{
	struct rig_queue *rq = rig_queue(rig, dir, depth, size);

	rig_port(rq);
	rig_start(rq);
	return rq;
}

static inline bool rig_is_told(struct rig *rig, int n)
{
	return rig_wait(atomic_read(&rig->told) >= n);
}

/* Hypercalls as a VM makes them; x[] are the registers afterwards. */
struct rig_regs {
	s64 error;
	u64 x1;
	u64 x2;
};

static inline struct rig_regs rig_call(struct ferry_sim_gunyah_vm *vm, unsigned int nr, u64 x1,
				       u64 x2, u64 x3, u64 x4)
{
	struct ferry_gunyah_regs regs = { .x = { 0, x1, x2, x3, x4, 0 } };
	struct rig_regs out;

	out.error = ferry_gunyah_call(ferry_sim_gunyah_vm_hyp(vm), nr, &regs);
	out.x1 = regs.x[1];
	out.x2 = regs.x[2];
	return out;
}

static inline struct rig_regs rig_send(struct ferry_sim_gunyah_vm *vm, u64 cap, const void *msg,
				       u64 len)
{
	return rig_call(vm, GUNYAH_QUEUE_SEND, cap, len, (uintptr_t)msg, 0);
}

static inline struct rig_regs rig_receive(struct ferry_sim_gunyah_vm *vm, u64 cap, void *buf,
					  u64 size)
{
	return rig_call(vm, GUNYAH_QUEUE_RECEIVE, cap, (uintptr_t)buf, size, 0);
}

/* The other VM takes one, or gives one. */
static inline s64 rig_far_take(struct rig_queue *rq)
{
	u8 *buf = kunit_kzalloc(rq->rig->test, 1024, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rq->rig->test, buf);
	return rig_receive(rq->rig->far, rq->rx.cap, buf, 1024).error;
}

static inline s64 rig_far_give(struct rig_queue *rq, const void *msg, size_t len)
{
	return rig_send(rq->rig->far, rq->tx.cap, msg, len).error;
}

static inline void rig_lie(struct rig *rig, unsigned int nr, unsigned int count, s64 x0, u64 x1,
			   u64 x2)
{
	struct ferry_gunyah_regs regs = { .x = { x0, x1, x2 } };

	ferry_sim_gunyah_lie(rig->us, nr, count, &regs);
}

static inline struct ferry_gunyah_queue_stats rig_stats(struct rig_queue *rq)
{
	struct ferry_gunyah_queue_stats stats;

	ferry_gunyah_queue_stats(rq->port, &stats);
	return stats;
}

#endif /* FERRY_KUNIT_GUNYAH_RIG_H */
