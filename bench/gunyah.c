// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah queues on the simulated hypervisor: ports used as they are, and the same ports
 * behind the kernel's mailbox framework.
 *
 * /sys/kernel/debug/ferry_gunyah_bench: reading it measures, the two in turn, and gives
 * lines "gunyah-WAY 240 UNIT PORT MAILBOX" for each message: insn (or ns), hypercalls,
 * interrupts; and messages per second. What runs in the other VM costs both the same.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ferry/mbox_face.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_gunyah.h>
#include <linux/irq_work.h>
#include <linux/mailbox_client.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "../drivers/sim/gunyah_hyp.h"
#include "face_dev.h"
#include "measure.h"

#define GB_MESSAGES	2000
#define GB_SIZE		240
#define GB_DEPTH	8
#define GB_BUDGET	16
#define GB_QUEUED	20		/* what the framework keeps */
#define GB_WAIT		(10 * HZ)

enum gb_side {
	GB_PORT,
	GB_MAILBOX,
	GB_SIDES,
};

/* One side: a hypervisor with a VM that is us, and another; a queue each way. */
struct gb {
	struct ferry_sim_gunyah *sim;
	struct ferry_sim_gunyah_vm *us;
	struct ferry_sim_gunyah_vm *far;
	struct ferry_sim_gunyah_queue *to;
	struct ferry_sim_gunyah_queue *from;
	struct ferry_port *tx;
	struct ferry_port *rx;
	struct ferry_mbox_face *face;	/* mailbox side only */
	struct mbox_client cl;
	struct mbox_chan *chan;
	atomic_t queued;		/* with the framework */
	u32 left;			/* to be received, until done */
	struct completion done;
	struct completion room;		/* there may be some */
	u8 buf[GB_SIZE];
};

static struct gb *gb[GB_SIDES];
static u8 gb_msg[GB_SIZE];

static void gb_received(struct gb *b)
{
	if (b->left && !--b->left)
		complete(&b->done);
}

/* In the interrupt, as behind the mailbox. */
static void gb_port_rx(struct ferry_port *port, void *data)
{
	struct gb *b = data;
	unsigned int n = 0;

	for (;;) {
		for (n = 0; n < GB_BUDGET && ferry_port_recv(port, b->buf, GB_SIZE) >= 0; n++)
			gb_received(b);
		if (n < GB_BUDGET && !ferry_port_rx_arm(port))
			return;
	}
}

static void gb_port_tx_ready(struct ferry_port *port, void *data)
{
	struct gb *b = data;

	complete(&b->room);
}

static const struct ferry_port_user gb_user = {
	.rx = gb_port_rx,
	.tx_ready = gb_port_tx_ready,
};

static int gb_port_send(struct gb *b)
{
	int ret;

	while ((ret = ferry_port_send(b->tx, gb_msg, GB_SIZE, 0)) == -EAGAIN)
		if (!ferry_port_tx_arm(b->tx, true) &&
		    !wait_for_completion_timeout(&b->room, GB_WAIT))
			return -ETIMEDOUT;
	return min(ret, 0);
}

static void gb_mbox_received(struct mbox_client *cl, void *data)
{
	gb_received(container_of(cl, struct gb, cl));
}

static void gb_mbox_done(struct mbox_client *cl, void *data, int ret)
{
	struct gb *b = container_of(cl, struct gb, cl);

	atomic_dec(&b->queued);
	complete(&b->room);
}

static int gb_mbox_send(struct gb *b)
{
	while (atomic_read(&b->queued) == GB_QUEUED)
		if (!wait_for_completion_timeout(&b->room, GB_WAIT))
			return -ETIMEDOUT;
	atomic_inc(&b->queued);
	return min(mbox_send_message(b->chan, gb_msg), 0);
}

static int gb_send(struct gb *b)
{
	return b->face ? gb_mbox_send(b) : gb_port_send(b);
}

static void gb_expect(struct gb *b, u32 n)
{
	reinit_completion(&b->done);
	b->left = n;
}

static int gb_wait(struct gb *b)
{
	return wait_for_completion_timeout(&b->done, GB_WAIT) ? 0 : -ETIMEDOUT;
}

static struct ferry_sim_gunyah_peer *gb_peer(struct gb *b, enum ferry_sim_gunyah_role role,
					     unsigned long limit)
{
	struct ferry_sim_gunyah_peer_cfg cfg = {
		.vm = b->far, .role = role, .tx = b->from, .rx = b->to, .len = GB_SIZE,
		.limit = limit,
	};

	return ferry_sim_gunyah_peer_create(&cfg);
}

/* The last one is taken when the other VM has it. */
static int gb_to_vm(struct gb *b, unsigned int n)
{
	struct ferry_sim_gunyah_peer *peer = gb_peer(b, FERRY_SIM_GUNYAH_SINK, 0);
	unsigned long limit = jiffies + GB_WAIT;
	unsigned int i;
	int ret = PTR_ERR_OR_ZERO(peer);

	if (ret)
		return ret;
	for (i = 0; i < n && !ret; i++)
		ret = gb_send(b);
	while (!ret && ferry_sim_gunyah_peer_received(peer) < n) {
		if (time_after(jiffies, limit))
			ret = -ETIMEDOUT;
		cond_resched();
	}
	ferry_sim_gunyah_peer_destroy(peer);
	return ret;
}

static int gb_to_cpu(struct gb *b, unsigned int n)
{
	struct ferry_sim_gunyah_peer *peer;
	int ret;

	gb_expect(b, n);
	peer = gb_peer(b, FERRY_SIM_GUNYAH_FLOOD, n);
	if (IS_ERR(peer))
		return PTR_ERR(peer);
	ret = gb_wait(b);
	ferry_sim_gunyah_peer_destroy(peer);
	return ret;
}

static int gb_round_trip(struct gb *b, unsigned int n)
{
	struct ferry_sim_gunyah_peer *peer = gb_peer(b, FERRY_SIM_GUNYAH_ECHO, 0);
	unsigned int i;
	int ret = PTR_ERR_OR_ZERO(peer);

	if (ret)
		return ret;
	for (i = 0; i < n && !ret; i++) {
		gb_expect(b, 1);
		ret = gb_send(b) ?: gb_wait(b);
	}
	ferry_sim_gunyah_peer_destroy(peer);
	return ret;
}

static const struct gb_way {
	const char *name;
	int (*run)(struct gb *b, unsigned int n);
} gb_ways[] = {
	{ "to-vm", gb_to_vm },
	{ "to-cpu", gb_to_cpu },
	{ "round-trip", gb_round_trip },
};

struct gb_result {
	u64 cost[BENCH_RUNS];		/* tenths, of a message */
	u64 ns;				/* of all runs together, as what follows */
	u64 calls;
	u64 irqs;
};

static void gb_count(struct gb *b, struct gb_result *r, int sign)
{
	struct ferry_gunyah_queue_stats tx, rx;

	ferry_gunyah_queue_stats(b->tx, &tx);
	ferry_gunyah_queue_stats(b->rx, &rx);
	r->calls += sign * (long)(tx.calls + rx.calls);
	r->irqs += sign * (long)(tx.irqs + rx.irqs);
}

static int gb_run(struct gb *b, const struct gb_way *way, struct gb_result *r, unsigned int run)
{
	u64 start = bench_now(), ns = ktime_get_ns();
	int ret;

	gb_count(b, r, -1);
	ret = way->run(b, GB_MESSAGES);
	gb_count(b, r, 1);
	r->ns += ktime_get_ns() - ns;
	r->cost[run] = div_u64(10 * (bench_now() - start), GB_MESSAGES);
	return ret;
}

/* The two in turn, so that what else the machine does befalls both. */
static int gb_measure(const struct gb_way *way, struct gb_result *r)
{
	unsigned int run, side;
	int ret;

	for (run = 0; run < BENCH_RUNS; run++) {
		for (side = 0; side < GB_SIDES; side++) {
			ret = gb_run(gb[side], way, &r[side], run);
			if (ret) {
				pr_err("ferry_gunyah_bench: %s, side %u: %d\n", way->name, side,
				       ret);
				return ret;
			}
		}
	}
	for (side = 0; side < GB_SIDES; side++)
		sort(r[side].cost, BENCH_RUNS, sizeof(u64), bench_cmp, NULL);
	return 0;
}

static void gb_line(struct seq_file *m, const struct gb_way *way, const char *unit, u64 port,
		    u64 mailbox)
{
	u32 f0, f1;

	port = div_u64_rem(port, 1000, &f0);
	mailbox = div_u64_rem(mailbox, 1000, &f1);
	seq_printf(m, "gunyah-%s %u %s %llu.%03u %llu.%03u\n", way->name, GB_SIZE, unit, port, f0,
		   mailbox, f1);
}

static void gb_show_way(struct seq_file *m, const struct gb_way *way, const struct gb_result *r)
{
	const u64 all = GB_MESSAGES * BENCH_RUNS;
	const struct gb_result *p = &r[GB_PORT], *f = &r[GB_MAILBOX];

	gb_line(m, way, instructions ? "insn" : "ns", 100 * p->cost[BENCH_RUNS / 2],
		100 * f->cost[BENCH_RUNS / 2]);
	gb_line(m, way, "hypercalls", div_u64(1000 * p->calls, all), div_u64(1000 * f->calls, all));
	gb_line(m, way, "interrupts", div_u64(1000 * p->irqs, all), div_u64(1000 * f->irqs, all));
	gb_line(m, way, "messages/s", 1000 * div64_u64(all * NSEC_PER_SEC, p->ns),
		1000 * div64_u64(all * NSEC_PER_SEC, f->ns));
}

static struct ferry_port *gb_queue_port(struct gb *b, enum ferry_port_dir dir)
{
	bool tx = dir == FERRY_PORT_TX;
	struct ferry_sim_gunyah_end ends[2];
	const struct ferry_sim_gunyah_end *end = &ends[!tx];
	struct ferry_gunyah_queue_cfg cfg = {
		.hyp = ferry_sim_gunyah_vm_hyp(b->us), .dir = dir, .max_len = GB_SIZE,
	};

	ferry_sim_gunyah_queue_ends(tx ? b->to : b->from, &ends[0], &ends[1]);
	cfg.cap = end->cap;
	cfg.irq = ferry_sim_gunyah_irq(b->sim, end->virq);
	return ferry_gunyah_queue_create(NULL, &cfg);
}

static int gb_make_queues(struct gb *b)
{
	struct ferry_sim_gunyah_queue_cfg cfg = {
		.from = b->us, .to = b->far, .depth = GB_DEPTH, .max_size = GB_SIZE,
	};

	b->to = ferry_sim_gunyah_queue_create(b->sim, &cfg);
	if (IS_ERR(b->to))
		return PTR_ERR(b->to);
	swap(cfg.from, cfg.to);
	b->from = ferry_sim_gunyah_queue_create(b->sim, &cfg);
	if (IS_ERR(b->from))
		return PTR_ERR(b->from);
	b->tx = gb_queue_port(b, FERRY_PORT_TX);
	if (IS_ERR(b->tx))
		return PTR_ERR(b->tx);
	b->rx = gb_queue_port(b, FERRY_PORT_RX);
	return PTR_ERR_OR_ZERO(b->rx);
}

static int gb_make_vms(struct gb *b)
{
	struct ferry_sim_gunyah_cfg cfg = {};

	b->sim = ferry_sim_gunyah_create(&cfg);
	if (IS_ERR(b->sim))
		return PTR_ERR(b->sim);
	b->us = ferry_sim_gunyah_vm_create(b->sim);
	if (IS_ERR(b->us))
		return PTR_ERR(b->us);
	b->far = ferry_sim_gunyah_vm_create(b->sim);
	return PTR_ERR_OR_ZERO(b->far) ?: gb_make_queues(b);
}

static int gb_start_mbox(struct gb *b)
{
	struct ferry_mbox_pair pair = { .tx = b->tx, .rx = b->rx };
	struct ferry_mbox_face_cfg cfg = { .pairs = &pair, .nr = 1 };
	struct mbox_chan *chan;
	int ret;

	b->face = ferry_mbox_face_create(&face_pdev->dev, &cfg);
	if (IS_ERR(b->face))
		return PTR_ERR(b->face);
	b->cl.dev = &face_pdev->dev;
	b->cl.rx_callback = gb_mbox_received;
	b->cl.tx_done = gb_mbox_done;
	chan = ferry_mbox_face_chan(b->face, 0);
	ret = mbox_bind_client(chan, &b->cl);
	if (!ret)
		b->chan = chan;
	return ret;
}

static int gb_start_port(struct gb *b)
{
	int ret = ferry_port_start(b->tx, &gb_user, b) ?: ferry_port_start(b->rx, &gb_user, b);

	if (!ret && ferry_port_rx_arm(b->rx))
		gb_port_rx(b->rx, b);
	return ret;
}

static void gb_port_end(struct ferry_port *port)
{
	if (IS_ERR_OR_NULL(port))
		return;
	ferry_port_stop(port);
	ferry_port_kill(port);
}

static void gb_end(struct gb *b)
{
	if (b->chan)
		mbox_free_channel(b->chan);
	if (!IS_ERR_OR_NULL(b->face))
		ferry_mbox_face_destroy(b->face);
	gb_port_end(b->tx);
	gb_port_end(b->rx);
	if (!IS_ERR_OR_NULL(b->sim))
		ferry_sim_gunyah_destroy(b->sim);
	kfree(b);
}

static int gb_make(enum gb_side side)
{
	struct gb *b = kzalloc(sizeof(*b), GFP_KERNEL);
	int ret;

	if (!b)
		return -ENOMEM;
	gb[side] = b;
	init_completion(&b->done);
	init_completion(&b->room);
	ret = gb_make_vms(b);
	if (ret)
		return ret;
	return side == GB_MAILBOX ? gb_start_mbox(b) : gb_start_port(b);
}

static int gb_show_all(struct seq_file *m)
{
	struct gb_result *r;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(gb_ways) && !ret; i++) {
		r = kcalloc(GB_SIDES, sizeof(*r), GFP_KERNEL);
		ret = r ? gb_measure(&gb_ways[i], r) : -ENOMEM;
		if (!ret)
			gb_show_way(m, &gb_ways[i], r);
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
	for (side = 0; side < GB_SIDES && !ret; side++)
		ret = gb_make(side);
	if (!ret)
		ret = gb_show_all(m);
	for (side = 0; side < GB_SIDES; side++)
		if (gb[side])
			gb_end(gb[side]);
	memset(gb, 0, sizeof(gb));
	if (instructions)
		bench_counter_close();
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(bench);

static struct dentry *gb_file;

static int __init gb_init(void)
{
	int ret = face_dev_make();

	if (!ret)
		gb_file = debugfs_create_file("ferry_gunyah_bench", 0400, NULL, NULL, &bench_fops);
	return ret;
}
module_init(gb_init);

static void __exit gb_exit(void)
{
	debugfs_remove(gb_file);
	face_dev_end();
}
module_exit(gb_exit);

MODULE_DESCRIPTION("Ferry: benchmarks of Gunyah ports beside the kernel's mailboxes");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
