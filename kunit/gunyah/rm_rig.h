/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For suites of the resource manager: one that is simulated, a link to it, and callers.
 */
#ifndef FERRY_KUNIT_GUNYAH_RM_RIG_H
#define FERRY_KUNIT_GUNYAH_RM_RIG_H

#include <linux/completion.h>
#include <linux/ferry.h>
#include <linux/ferry/gunyah.h>
#include <linux/ferry/gunyah_rm.h>
#include <linux/ferry/link.h>
#include <linux/irqdomain.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>

#include "../../drivers/gunyah/rm_frag.h"
#include "../../drivers/sim/gunyah_rm.h"
#include "../port/gunyah_rig.h"

#define RM_WAIT_MS	60000		/* for what comes at once on a machine that is idle */
#define RM_LONG_MS	120000		/* for what must not happen */
#define RM_VMID		FERRY_SIM_GUNYAH_RM_VMID

/* Many calls, each of which costs ticks where time does not travel. */
#ifdef CONFIG_SMP
#define RM_CASE_TICKS(fn)	FERRY_CASE_SLOW(fn)
#else
#define RM_CASE_TICKS(fn)	KUNIT_CASE(fn)
#endif

struct rmrig {
	struct kunit *test;
	const char *name;		/* of the link */
	struct rig *rig;
	struct fwnode_handle *fwnode;
	struct ferry_sim_gunyah_rm *sim;
	struct ferry_port *tx;
	struct ferry_port *rx;
	struct ferry_gunyah_peer *peer;
	struct ferry_link *link;
	struct ferry_gunyah_rm *rm;
	u8 packet[1024];
};

static inline void rmrig_end(void *arg)
{
	struct rmrig *r = arg;

	ferry_gunyah_rm_destroy(r->rm);
	if (!IS_ERR_OR_NULL(r->peer))
		ferry_gunyah_peer_destroy(r->peer);
	if (!IS_ERR_OR_NULL(r->tx))
		ferry_port_kill(r->tx);
	if (!IS_ERR_OR_NULL(r->rx))
		ferry_port_kill(r->rx);
	if (!IS_ERR_OR_NULL(r->sim))
		ferry_sim_gunyah_rm_destroy(r->sim);
}

static inline void rmrig_end_fwnode(void *arg)
{
	irq_domain_free_fwnode(arg);
}

static inline struct ferry_port *rmrig_port(struct rmrig *r, enum ferry_port_dir dir,
					    const struct ferry_sim_gunyah_end *end)
{
	struct ferry_gunyah_queue_cfg cfg = {
		.hyp = rig_hyp(r->rig), .cap = end->cap, .dir = dir,
		.irq = ferry_sim_gunyah_irq(r->rig->sim, end->virq),
	};

	return ferry_gunyah_queue_create(NULL, &cfg);
}

/* A link that runs. */
static inline void rmrig_connect(struct rmrig *r)
{
	struct ferry_gunyah_channel_cfg cfg = { .name = "rpc" };
	struct ferry_sim_gunyah_end tx, rx;

	ferry_sim_gunyah_rm_ends(r->sim, &tx, &rx);
	r->tx = rmrig_port(r, FERRY_PORT_TX, &tx);
	KUNIT_ASSERT_FALSE(r->test, IS_ERR(r->tx));
	r->rx = rmrig_port(r, FERRY_PORT_RX, &rx);
	KUNIT_ASSERT_FALSE(r->test, IS_ERR(r->rx));
	cfg.tx = r->tx;
	cfg.rx = r->rx;
	r->peer = ferry_gunyah_peer_create(NULL, r->name);
	KUNIT_ASSERT_FALSE(r->test, IS_ERR(r->peer));
	r->link = ferry_gunyah_peer_link(r->peer);
	KUNIT_ASSERT_FALSE(r->test, IS_ERR(ferry_gunyah_channel_add(r->peer, &cfg)));
	KUNIT_ASSERT_EQ(r->test, ferry_link_start(r->link), 0);
}

/* Without a client yet. */
static inline struct rmrig *rmrig_named(struct kunit *test, const char *name,
					const struct ferry_sim_gunyah_rm_thing *things)
{
	struct rmrig *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	struct ferry_sim_gunyah_cfg cfg = { .scramble = true };
	struct ferry_sim_gunyah_rm_cfg rm_cfg = {};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->test = test;
	r->name = name;
	r->fwnode = irq_domain_alloc_named_fwnode("kunit-gunyah");
	KUNIT_ASSERT_NOT_NULL(test, r->fwnode);
	ferry_defer(test, rmrig_end_fwnode, r->fwnode);
	cfg.fwnode = r->fwnode;
	r->rig = rig_with(test, &cfg);
	ferry_defer(test, rmrig_end, r);
	rm_cfg.sim = r->rig->sim;
	rm_cfg.owner = r->rig->us;
	for (i = 0; things && (things[i].from_vm || things[i].to_vm); i++)
		rm_cfg.things[i] = things[i];
	r->sim = ferry_sim_gunyah_rm_create(&rm_cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(r->sim));
	rmrig_connect(r);
	return r;
}

/* Other suites have links with that name. */
static inline int rmrig_suite_init(struct kunit_suite *suite)
{
	ferry_gunyah_rm_set_auto(false);
	return 0;
}

/* Not the name that is looked for: we use it ourselves. */
static inline struct rmrig *rmrig_bare(struct kunit *test,
				       const struct ferry_sim_gunyah_rm_thing *things)
{
	return rmrig_named(test, "kunit-rm", things);
}

static inline void rmrig_use(struct rmrig *r, struct ferry_gunyah_rm_cfg cfg)
{
	cfg.hyp = rig_hyp(r->rig);
	cfg.irqs = r->fwnode;
	r->rm = ferry_gunyah_rm_create(r->link, &cfg);
	KUNIT_ASSERT_FALSE(r->test, IS_ERR(r->rm));
	KUNIT_ASSERT_EQ(r->test, ferry_gunyah_rm_wait(r->rm, RM_WAIT_MS), RM_VMID);
}

/* Who we are is known. The next request has the number @seq. */
static inline struct rmrig *rmrig_at(struct kunit *test, u16 seq)
{
	struct ferry_gunyah_rm_cfg cfg = {
		.start_seq = seq - 1, .timeout_ms = RM_LONG_MS, .slow_timeout_ms = RM_LONG_MS,
	};
	struct rmrig *r = rmrig_bare(test, NULL);

	rmrig_use(r, cfg);
	return r;
}

static inline struct rmrig *rmrig_new(struct kunit *test)
{
	return rmrig_at(test, 1);
}

static inline struct ferry_gunyah_rm_stats rmrig_stats(struct rmrig *r)
{
	struct ferry_gunyah_rm_stats stats;

	ferry_gunyah_rm_stats(r->rm, &stats);
	return stats;
}

static inline u64 rmrig_drops(struct rmrig *r, enum ferry_gunyah_rm_drop why)
{
	return rmrig_stats(r).drops[why];
}

/* The type of the host, which any that lives answers. */
static inline ssize_t rmrig_ping(struct rmrig *r)
{
	__le32 type = 0;
	ssize_t ret = ferry_gunyah_rm_call(r->rm, RM_HOST_GET_TYPE, NULL, 0, &type, sizeof(type));

	if (ret >= 0 && type != cpu_to_le32(0x01000164))
		return -EUCLEAN;
	return ret;
}

#define rmrig_lives(r)	KUNIT_EXPECT_EQ((r)->test, rmrig_ping(r), 4)

/* Is packet @nr there, and does it begin like this? */
static inline void rmrig_expect(struct rmrig *r, unsigned long nr, size_t len, const u8 *begin,
				size_t n)
{
	KUNIT_ASSERT_TRUE(r->test, FERRY_WAIT(ferry_sim_gunyah_rm_packets(r->sim) > nr));
	KUNIT_EXPECT_EQ(r->test, ferry_sim_gunyah_rm_seen(r->sim, nr, r->packet), len);
	KUNIT_EXPECT_MEMEQ(r->test, r->packet, begin, n);
}

/* A call in a task of its own. */
struct rmcall {
	struct rmrig *r;
	struct ferry_gunyah_rm *rm;
	struct task_struct *task;
	u32 id;
	const void *request;
	size_t len;
	u8 reply[512];
	size_t room;
	ssize_t ret;
	struct completion done;
};

static inline int rmcall_task(void *data)
{
	struct rmcall *c = data;

	allow_signal(SIGKILL);
	c->ret = ferry_gunyah_rm_call(c->rm, c->id, c->request, c->len, c->reply, c->room);
	complete(&c->done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 100);
	return 0;
}

static inline struct rmcall *rmcall_start(struct rmrig *r, u32 id, const void *request, size_t len)
{
	struct rmcall *c = kunit_kzalloc(r->test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(r->test, c);
	c->r = r;
	c->rm = r->rm;
	c->id = id;
	c->request = request;
	c->len = len;
	c->room = sizeof(c->reply);
	init_completion(&c->done);
	c->task = kthread_run(rmcall_task, c, "rm_kunit");
	KUNIT_ASSERT_FALSE(r->test, IS_ERR(c->task));
	return c;
}

static inline ssize_t rmcall_end(struct rmcall *c)
{
	bool ended = wait_for_completion_timeout(&c->done, msecs_to_jiffies(RM_WAIT_MS));

	KUNIT_EXPECT_TRUE(c->r->test, ended);
	kthread_stop(c->task);
	return c->ret;
}

/* Who is told of notifications until the test ends, and the newest one. */
struct rmear {
	struct ferry_gunyah_rm_listener l;
	struct rmrig *r;
	unsigned int n;
	u32 id;
	size_t len;
	u8 data[256];
};

static inline void rmear_hears(struct rmear *ear, u32 id, const void *data, size_t len)
{
	ear->id = id;
	ear->len = len;
	memcpy(ear->data, data, min(len, sizeof(ear->data)));
	WRITE_ONCE(ear->n, ear->n + 1);
}

static inline void rmear_end(void *arg)
{
	struct rmear *ear = arg;

	ferry_gunyah_rm_unlisten(ear->r->rm, &ear->l);
}

static inline void rmear_listen(struct rmear *ear, struct rmrig *r,
				void (*note)(struct ferry_gunyah_rm_listener *l, u32 id,
					     const void *data, size_t len))
{
	ear->r = r;
	ear->l.note = note;
	KUNIT_ASSERT_EQ(r->test, ferry_gunyah_rm_listen(r->rm, &ear->l), 0);
	ferry_defer(r->test, rmear_end, ear);
}

#endif /* FERRY_KUNIT_GUNYAH_RM_RIG_H */
