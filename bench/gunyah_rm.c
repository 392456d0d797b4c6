// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls to the resource manager of Gunyah, on the simulated hypervisor: by ferry_gunyah_rm,
 * and the same packets by hand, over the bare ports of its queues and over these behind the
 * kernel's mailbox framework.
 *
 * /sys/kernel/debug/ferry_gunyah_rm_bench: reading it measures, the sides in turn, and gives
 * lines "grm-CALL-HOW BYTES UNIT CALL HAND" for each call: insn (or ns), hypercalls and
 * interrupts at our end. What the resource manager does costs both the same.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/ferry/gunyah.h>
#include <linux/ferry/gunyah_rm.h>
#include <linux/ferry/link.h>
#include <linux/ferry/mbox_face.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_gunyah.h>
#include <linux/irq_work.h>
#include <linux/mailbox_client.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "../drivers/compat.h"
#include "../drivers/gunyah/rm_frag.h"
#include "../drivers/sim/gunyah_rm.h"
#include "face_dev.h"
#include "measure.h"

#define GR_CALLS	200
#define GR_WAIT		(10 * HZ)
#define GR_WAIT_MS	10000

enum gr_side {
	GR_CALL,		/* ferry_gunyah_rm */
	GR_PORT,		/* by hand over ports */
	GR_MAILBOX,		/* ... over the framework */
	GR_SIDES,
};

/* One side: a hypervisor with a resource manager, and a VM that is us. */
struct gr {
	struct ferry_sim_gunyah *sim;
	struct ferry_sim_gunyah_vm *us;
	struct ferry_sim_gunyah_rm *manager;
	struct ferry_port *tx;
	struct ferry_port *rx;
	struct ferry_gunyah_peer *peer;		/* call side only, as @rm */
	struct ferry_gunyah_rm *rm;
	struct ferry_mbox_face *face;		/* mailbox side only, as what follows */
	struct mbox_client cl;
	struct mbox_chan *chan;
	struct ferry_mbox_msg msg;
	u16 seq;
	unsigned int left;			/* packets of the reply, by hand */
	struct completion done;
	u8 packet[RM_PACKET_MAX];
	u8 buf[RM_PACKET_MAX];
};

static struct gr *gr[GR_SIDES];

/* What is asked, and in how many packets it is answered. */
static const struct gr_call {
	const char *name;
	u32 id;
	unsigned int packets;
	enum gr_side hand;
} gr_calls[] = {
	{ "small-port", RM_HOST_GET_TYPE, 1, GR_PORT },
	{ "small-mailbox", RM_HOST_GET_TYPE, 1, GR_MAILBOX },
	{ "fragments-port", RM_VM_GET_PEERS, 2, GR_PORT },
	{ "fragments-mailbox", RM_VM_GET_PEERS, 2, GR_MAILBOX },
};

static void gr_received(struct gr *b)
{
	if (b->left && !--b->left)
		complete(&b->done);
}

/* In the interrupt, as behind the mailbox. */
static void gr_port_rx(struct ferry_port *port, void *data)
{
	struct gr *b = data;

	do {
		while (ferry_port_recv(port, b->buf, sizeof(b->buf)) >= 0)
			gr_received(b);
	} while (ferry_port_rx_arm(port));
}

static void gr_port_tx_ready(struct ferry_port *port, void *data)
{
}

static const struct ferry_port_user gr_user = {
	.rx = gr_port_rx,
	.tx_ready = gr_port_tx_ready,
};

static void gr_mbox_received(struct mbox_client *cl, void *data)
{
	gr_received(container_of(cl, struct gr, cl));
}

/* One call by hand: no table, no lock, no check of what comes. */
static int gr_hand(struct gr *b, const struct gr_call *call)
{
	struct rm_msg msg = {
		.type = RM_TYPE_REQUEST, .seq = b->seq++, .id = call->id,
	};
	int ret;

	b->msg.data = b->packet;
	b->msg.len = ferry_gunyah_rm_split(&msg, 0, b->packet);
	reinit_completion(&b->done);
	b->left = call->packets;
	ret = b->face ? mbox_send_message(b->chan, &b->msg) :
			ferry_port_send(b->tx, b->packet, b->msg.len, 0);
	if (ret < 0)
		return ret;
	return wait_for_completion_timeout(&b->done, GR_WAIT) ? 0 : -ETIMEDOUT;
}

static int gr_call_once(struct gr *b, const struct gr_call *call)
{
	u8 reply[256];
	ssize_t ret;

	if (!b->rm)
		return gr_hand(b, call);
	ret = ferry_gunyah_rm_call(b->rm, call->id, NULL, 0, reply, sizeof(reply));
	return min_t(ssize_t, ret, 0);
}

struct gr_result {
	u64 cost[BENCH_RUNS];		/* tenths, of a call */
	u64 calls;			/* of all runs together, as what follows */
	u64 irqs;
};

static void gr_count(struct gr *b, struct gr_result *r, int sign)
{
	struct ferry_gunyah_queue_stats tx, rx;

	ferry_gunyah_queue_stats(b->tx, &tx);
	ferry_gunyah_queue_stats(b->rx, &rx);
	r->calls += sign * (long)(tx.calls + rx.calls);
	r->irqs += sign * (long)(tx.irqs + rx.irqs);
}

static int gr_run(struct gr *b, const struct gr_call *call, struct gr_result *r, unsigned int run)
{
	u64 start = bench_now();
	unsigned int i;
	int ret = 0;

	gr_count(b, r, -1);
	for (i = 0; i < GR_CALLS && !ret; i++)
		ret = gr_call_once(b, call);
	gr_count(b, r, 1);
	r->cost[run] = div_u64(10 * (bench_now() - start), GR_CALLS);
	return ret;
}

/* The two in turn, so that what else the machine does befalls both. */
static int gr_measure(const struct gr_call *call, struct gr_result *r)
{
	const enum gr_side sides[2] = { GR_CALL, call->hand };
	unsigned int run, i;
	int ret;

	for (run = 0; run < BENCH_RUNS; run++) {
		for (i = 0; i < 2; i++) {
			ret = gr_run(gr[sides[i]], call, &r[i], run);
			if (ret) {
				pr_err("ferry_gunyah_rm_bench: %s, side %u: %d\n", call->name,
				       sides[i], ret);
				return ret;
			}
		}
	}
	for (i = 0; i < 2; i++)
		sort(r[i].cost, BENCH_RUNS, sizeof(u64), bench_cmp, NULL);
	return 0;
}

static void gr_line(struct seq_file *m, const struct gr_call *call, const char *unit, u64 by_call,
		    u64 by_hand)
{
	u32 f0, f1;

	by_call = div_u64_rem(by_call, 1000, &f0);
	by_hand = div_u64_rem(by_hand, 1000, &f1);
	seq_printf(m, "grm-%s %zu %s %llu.%03u %llu.%03u\n", call->name, sizeof(struct rm_hdr),
		   unit, by_call, f0, by_hand, f1);
}

static void gr_show_call(struct seq_file *m, const struct gr_call *call, const struct gr_result *r)
{
	const u64 all = GR_CALLS * BENCH_RUNS;

	gr_line(m, call, instructions ? "insn" : "ns", 100 * r[0].cost[BENCH_RUNS / 2],
		100 * r[1].cost[BENCH_RUNS / 2]);
	gr_line(m, call, "hypercalls", div_u64(1000 * r[0].calls, all),
		div_u64(1000 * r[1].calls, all));
	gr_line(m, call, "interrupts", div_u64(1000 * r[0].irqs, all),
		div_u64(1000 * r[1].irqs, all));
}

static struct ferry_port *gr_make_port(struct gr *b, enum ferry_port_dir dir,
				       const struct ferry_sim_gunyah_end *end)
{
	struct ferry_gunyah_queue_cfg cfg = {
		.hyp = ferry_sim_gunyah_vm_hyp(b->us), .cap = end->cap, .dir = dir,
		.max_len = RM_PACKET_MAX, .irq = ferry_sim_gunyah_irq(b->sim, end->virq),
	};

	return ferry_gunyah_queue_create(NULL, &cfg);
}

static int gr_make_ports(struct gr *b)
{
	struct ferry_sim_gunyah_end tx, rx;

	ferry_sim_gunyah_rm_ends(b->manager, &tx, &rx);
	b->tx = gr_make_port(b, FERRY_PORT_TX, &tx);
	if (IS_ERR(b->tx))
		return PTR_ERR(b->tx);
	b->rx = gr_make_port(b, FERRY_PORT_RX, &rx);
	return PTR_ERR_OR_ZERO(b->rx);
}

static int gr_make_manager(struct gr *b)
{
	struct ferry_sim_gunyah_cfg cfg = {};
	struct ferry_sim_gunyah_rm_cfg rm_cfg = {};

	b->sim = ferry_sim_gunyah_create(&cfg);
	if (IS_ERR(b->sim))
		return PTR_ERR(b->sim);
	b->us = ferry_sim_gunyah_vm_create(b->sim);
	if (IS_ERR(b->us))
		return PTR_ERR(b->us);
	rm_cfg.sim = b->sim;
	rm_cfg.owner = b->us;
	b->manager = ferry_sim_gunyah_rm_create(&rm_cfg);
	return PTR_ERR_OR_ZERO(b->manager) ?: gr_make_ports(b);
}

static int gr_start_call(struct gr *b)
{
	struct ferry_gunyah_channel_cfg cfg = { .name = "rpc", .tx = b->tx, .rx = b->rx };
	struct ferry_gunyah_rm_cfg rm_cfg = {};
	struct ferry_link *link;
	int ret;

	/* Not the name that is looked for: we use it ourselves. */
	b->peer = ferry_gunyah_peer_create(NULL, "bench-rm");
	if (IS_ERR(b->peer))
		return PTR_ERR(b->peer);
	link = ferry_gunyah_peer_link(b->peer);
	ret = PTR_ERR_OR_ZERO(ferry_gunyah_channel_add(b->peer, &cfg)) ?: ferry_link_start(link);
	if (ret)
		return ret;
	rm_cfg.hyp = ferry_sim_gunyah_vm_hyp(b->us);
	b->rm = ferry_gunyah_rm_create(link, &rm_cfg);
	if (IS_ERR(b->rm))
		return PTR_ERR(b->rm);
	return min(ferry_gunyah_rm_wait(b->rm, GR_WAIT_MS), 0);
}

static int gr_start_mbox(struct gr *b)
{
	struct ferry_mbox_pair pair = { .tx = b->tx, .rx = b->rx };
	struct ferry_mbox_face_cfg cfg = { .pairs = &pair, .nr = 1, .sized = true };
	struct mbox_chan *chan;
	int ret;

	b->face = ferry_mbox_face_create(&face_pdev->dev, &cfg);
	if (IS_ERR(b->face))
		return PTR_ERR(b->face);
	b->cl.dev = &face_pdev->dev;
	b->cl.rx_callback = gr_mbox_received;
	chan = ferry_mbox_face_chan(b->face, 0);
	ret = mbox_bind_client(chan, &b->cl);
	if (!ret)
		b->chan = chan;
	return ret;
}

static int gr_start_port(struct gr *b)
{
	int ret = ferry_port_start(b->tx, &gr_user, b) ?: ferry_port_start(b->rx, &gr_user, b);

	if (!ret && ferry_port_rx_arm(b->rx))
		gr_port_rx(b->rx, b);
	return ret;
}

static void gr_port_end(struct ferry_port *port)
{
	if (IS_ERR_OR_NULL(port))
		return;
	ferry_port_stop(port);
	ferry_port_kill(port);
}

static void gr_end(struct gr *b)
{
	ferry_gunyah_rm_destroy(b->rm);
	if (!IS_ERR_OR_NULL(b->peer))
		ferry_gunyah_peer_destroy(b->peer);
	if (b->chan)
		mbox_free_channel(b->chan);
	if (!IS_ERR_OR_NULL(b->face))
		ferry_mbox_face_destroy(b->face);
	gr_port_end(b->tx);
	gr_port_end(b->rx);
	if (!IS_ERR_OR_NULL(b->manager))
		ferry_sim_gunyah_rm_destroy(b->manager);
	if (!IS_ERR_OR_NULL(b->sim))
		ferry_sim_gunyah_destroy(b->sim);
	kfree(b);
}

static int gr_make(enum gr_side side)
{
	struct gr *b = kzalloc(sizeof(*b), GFP_KERNEL);
	int ret;

	if (!b)
		return -ENOMEM;
	gr[side] = b;
	init_completion(&b->done);
	ret = gr_make_manager(b);
	if (ret)
		return ret;
	switch (side) {
	case GR_CALL:
		return gr_start_call(b);
	case GR_MAILBOX:
		return gr_start_mbox(b);
	default:
		return gr_start_port(b);
	}
}

static int gr_show_all(struct seq_file *m)
{
	struct gr_result *r;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(gr_calls) && !ret; i++) {
		r = kcalloc(2, sizeof(*r), GFP_KERNEL);
		ret = r ? gr_measure(&gr_calls[i], r) : -ENOMEM;
		if (!ret)
			gr_show_call(m, &gr_calls[i], r);
		kfree(r);
	}
	return ret;
}

static int bench_show(struct seq_file *m, void *unused)
{
	unsigned int side;
	int ret = 0;

	/* The simulated interrupts would wait for the tick. */
	if (!arch_irq_work_has_interrupt())
		return 0;
	instructions = !bench_counter_open();
	for (side = 0; side < GR_SIDES && !ret; side++)
		ret = gr_make(side);
	if (!ret)
		ret = gr_show_all(m);
	for (side = 0; side < GR_SIDES; side++)
		if (gr[side])
			gr_end(gr[side]);
	memset(gr, 0, sizeof(gr));
	if (instructions)
		bench_counter_close();
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(bench);

static struct dentry *gr_file;

static int __init gr_init(void)
{
	int ret = face_dev_make();

	if (!ret)
		gr_file = debugfs_create_file("ferry_gunyah_rm_bench", 0400, NULL, NULL,
					      &bench_fops);
	return ret;
}
module_init(gr_init);

static void __exit gr_exit(void)
{
	debugfs_remove(gr_file);
	face_dev_end();
}
module_exit(gr_exit);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: benchmarks of calls to the resource manager of Gunyah");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
