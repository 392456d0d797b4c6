// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of the simulated remotes of SMD, whoever carries them: the kernel's own driver
 * or ours, on the rpmsg bus, or ours without it.
 *
 *	modprobe ferry_bench_smd side=NAME native=0|1 remotes=PID,PID
 *	cat /sys/kernel/debug/ferry_bench_smd
 *
 * gives lines "smd-NAME-LAYOUT-WAY SIZE insn VALUE FLOOR". VALUE is all that the CPU does
 * for a message, the remote and its doorbells included, as the remote is a thread of this
 * CPU. FLOOR is the part of the remote, of which those threads have @remotes as their ids.
 *
 * Only instructions are counted: on an emulated CPU nothing else is worth it.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/ferry.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/pid.h>
#include <linux/rpmsg.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>

#include "measure.h"

#define SB_BATCH	16	/* messages on their way at once, one-way, where they fit */
#define SB_HEADER	20	/* of a packet */
#define SB_SMALL	8192	/* ring */
#define SB_LARGE	65536	/* ring of what does not fit */
#define SB_MAX		(SB_LARGE - SB_HEADER - 4)
#define SB_ATOMIC_MAX	4096	/* to an endpoint that may be called in an interrupt */

static char *side = "ferry";
module_param(side, charp, 0444);
MODULE_PARM_DESC(side, "Name of what carries the channels");

static bool native;
module_param(native, bool, 0444);
MODULE_PARM_DESC(native, "Endpoints of Ferry, no rpmsg bus (default N)");

static int remotes[2];
module_param_array(remotes, int, NULL, 0444);
MODULE_PARM_DESC(remotes, "Threads of the RPM and of the modem");

/* Channels of an edge: sink and echo, with a small and a large ring. */
enum { SB_SINK, SB_SINK_LARGE, SB_ECHO, SB_ECHO_LARGE, SB_NR_CHANS };

struct sb_chan {
	const char *name;
	struct rpmsg_device *rpdev;
	struct ferry_ep *ep;
	u32 sent;
};

struct sb_edge {
	const char *layout;
	const char *link;
	struct task_struct *remote;
	int irq;
	struct sb_chan chan[SB_NR_CHANS];
};

static struct sb_edge sb_edges[] = {
	{
		.layout = "words", .link = "rpm",
		.chan = { { "w8k-sink" }, { "w64k-sink" }, { "w8k-echo" }, { "w64k-echo" } },
	}, {
		.layout = "bytes", .link = "modem",
		.chan = { { "b8k-sink" }, { "b64k-sink" }, { "b8k-echo" }, { "b64k-echo" } },
	},
};

static const size_t sb_sizes[] = { 4, 64, 256, 1024, 4096, 8160, 16384, SB_MAX };

static struct {
	struct sb_edge *edge;		/* that is measured */
	struct completion done;
	size_t expected;
	u8 *pattern;			/* byte i is i; any message is a piece of it */
	struct dentry *file;
} sb;

static struct sb_chan *sb_chan(unsigned int small, size_t size)
{
	return &sb.edge->chan[small + (size + SB_HEADER > SB_SMALL - 4)];
}

/* Message n as the sink knows it: n, a little-endian word, and byte i after that is n + i. */
static int sb_send(struct sb_chan *c, size_t size)
{
	u8 *msg = sb.pattern + (u8)c->sent;
	__le32 number = cpu_to_le32(c->sent);
	u32 saved;
	int ret;

	memcpy(&saved, msg, sizeof(saved));
	memcpy(msg, &number, sizeof(number));
	ret = c->ep ? ferry_trysend(c->ep, msg, size) : rpmsg_trysend(c->rpdev->ept, msg, size);
	memcpy(msg, &saved, sizeof(saved));
	if (!ret)
		c->sent++;
	return ret;
}

/* The remote does all that it was rung for: it takes less than a tick. */
static void sb_let_remote_run(void)
{
	schedule_timeout_uninterruptible(2);
}

static unsigned int sb_batch(size_t size, unsigned int left)
{
	size_t ring = size + SB_HEADER > SB_SMALL - 4 ? SB_LARGE : SB_SMALL;

	return min3(left, SB_BATCH, (unsigned int)((ring - 4) / (size + SB_HEADER)));
}

/* A batch, while the remote waits; then the remote. */
static int sb_one_way(size_t size, unsigned int n)
{
	struct sb_chan *c = sb_chan(SB_SINK, size);
	unsigned int i, batch;
	int ret = 0;

	for (; n && !ret; n -= batch) {
		batch = sb_batch(size, n);
		preempt_disable();
		for (i = 0; i < batch && !ret; i++)
			ret = sb_send(c, size);
		preempt_enable();
		sb_let_remote_run();
	}
	return ret;
}

/* What there is to sleep in sb_one_way(). */
static int sb_only_sleep(size_t size, unsigned int n)
{
	unsigned int batch;

	for (; n; n -= batch) {
		batch = sb_batch(size, n);
		sb_let_remote_run();
	}
	return 0;
}

static int sb_ping_pong(size_t size, unsigned int n)
{
	struct sb_chan *c = sb_chan(SB_ECHO, size);
	int ret = 0;

	sb.expected = size;
	while (n-- && !ret) {
		ret = sb_send(c, size);
		if (!ret && !wait_for_completion_timeout(&sb.done, HZ))
			ret = -ETIMEDOUT;
	}
	return ret;
}

/* The same, but the interrupt that brings the answer does not come while the remote runs. */
static int sb_ping_pong_apart(size_t size, unsigned int n)
{
	struct sb_chan *c = sb_chan(SB_ECHO, size);
	int ret = 0;

	sb.expected = size;
	while (n-- && !ret) {
		disable_irq(sb.edge->irq);
		ret = sb_send(c, size);
		sb_let_remote_run();
		enable_irq(sb.edge->irq);
		if (!ret && !wait_for_completion_timeout(&sb.done, HZ))
			ret = -ETIMEDOUT;
	}
	return ret;
}

static void sb_received(const void *data, size_t len)
{
	if (len == sb.expected)
		complete(&sb.done);
	else
		pr_err("ferry_bench_smd: %zu bytes came, not %zu\n", len, sb.expected);
}

static int sb_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	sb_received(data, len);
	return 0;
}

static int sb_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	sb_received(data, len);
	return 0;
}

/* As bench_measure(), of the remote alone. Its counter is not there else: that would cost. */
static int sb_measure_remote(int (*run)(size_t size, unsigned int n), size_t size, unsigned int n,
			     u64 *median)
{
	struct perf_event *all = bench_counter;
	int ret;

	bench_counter = bench_counter_make(sb.edge->remote);
	ret = PTR_ERR_OR_ZERO(bench_counter);
	if (!ret) {
		ret = bench_measure(run, size, n, median);
		bench_counter_close();
	}
	bench_counter = all;
	return ret;
}

static int sb_show_line(struct seq_file *m, bool both_ways, size_t size)
{
	unsigned int n = size > 4096 ? 8 : 64;
	u64 value, floor, sleep = 0;
	int ret;

	ret = bench_measure(both_ways ? sb_ping_pong : sb_one_way, size, n, &value);
	if (!ret)
		ret = sb_measure_remote(both_ways ? sb_ping_pong_apart : sb_one_way, size, n,
					&floor);
	if (!ret && !both_ways)
		ret = bench_measure(sb_only_sleep, size, n, &sleep);
	if (ret) {
		pr_err("ferry_bench_smd: %s, %zu bytes: %d\n", sb.edge->layout, size, ret);
		return ret;
	}
	value -= sleep;
	seq_printf(m, "smd-%s-%s-%s %zu insn %llu.%llu %llu.%llu\n", side, sb.edge->layout,
		   both_ways ? "ping-pong" : "one-way", size, value / 10, value % 10, floor / 10,
		   floor % 10);
	return 0;
}

static int sb_show_edge(struct seq_file *m)
{
	unsigned int i, way;
	int ret = 0;

	for (way = 0; way < 2; way++) {
		for (i = 0; i < ARRAY_SIZE(sb_sizes) && !ret; i++) {
			if (native && way && sb_sizes[i] > SB_ATOMIC_MAX)
				break;
			ret = sb_show_line(m, way, sb_sizes[i]);
		}
	}
	return ret;
}

static int sb_show(struct seq_file *m, void *unused)
{
	unsigned int i;
	int ret = bench_counter_open();

	if (ret)
		return ret;
	instructions = true;
	for (i = 0; i < ARRAY_SIZE(sb_edges) && !ret; i++) {
		sb.edge = &sb_edges[i];
		ret = sb_show_edge(m);
	}
	bench_counter_close();
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(sb);

static struct sb_chan *sb_chan_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sb_edges) * SB_NR_CHANS; i++) {
		struct sb_chan *c = &sb_edges[i / SB_NR_CHANS].chan[i % SB_NR_CHANS];

		if (!strcmp(c->name, name))
			return c;
	}
	return NULL;
}

static int sb_probe(struct rpmsg_device *rpdev)
{
	struct sb_chan *c = sb_chan_of(rpdev->id.name);

	if (!c || c->rpdev)
		return -EBUSY;
	c->rpdev = rpdev;
	return 0;
}

static void sb_remove(struct rpmsg_device *rpdev)
{
}

static const struct rpmsg_device_id sb_ids[] = {
	{ "w8k-sink" }, { "w64k-sink" }, { "w8k-echo" }, { "w64k-echo" },
	{ "b8k-sink" }, { "b64k-sink" }, { "b8k-echo" }, { "b64k-echo" },
	{}
};

static struct rpmsg_driver sb_driver = {
	.drv.name = KBUILD_MODNAME,
	.id_table = sb_ids,
	.probe = sb_probe,
	.callback = sb_callback,
	.remove = sb_remove,
};

static bool sb_all_there(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sb_edges) * SB_NR_CHANS; i++)
		if (!READ_ONCE(sb_edges[i / SB_NR_CHANS].chan[i % SB_NR_CHANS].rpdev))
			return false;
	return true;
}

static int sb_bind(void)
{
	unsigned int i;
	int ret = register_rpmsg_driver(&sb_driver);

	if (ret)
		return ret;
	for (i = 0; i < 20 && !sb_all_there(); i++)
		schedule_timeout_uninterruptible(HZ / 10);
	if (sb_all_there())
		return 0;
	unregister_rpmsg_driver(&sb_driver);
	return -ENODEV;
}

static void sb_close_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sb_edges) * SB_NR_CHANS; i++) {
		struct sb_chan *c = &sb_edges[i / SB_NR_CHANS].chan[i % SB_NR_CHANS];

		if (c->ep)
			ferry_close(c->ep);
	}
}

static int sb_open_edge(struct sb_edge *e)
{
	struct ferry_ep_cfg cfg = { .rx = sb_rx, .flags = FERRY_EP_ATOMIC };
	struct ferry_link *link = ferry_link_get(e->link);
	unsigned int i;
	int ret = 0;

	if (!link)
		return -ENODEV;
	for (i = 0; i < SB_NR_CHANS && !ret; i++) {
		struct ferry_id id = { e->chan[i].name, FERRY_ANY_NUMBER };
		struct ferry_ep *ep = ferry_open(link, &id, &cfg);

		ret = PTR_ERR_OR_ZERO(ep);
		e->chan[i].ep = ret ? NULL : ep;
	}
	ferry_link_put(link);
	return ret;
}

static int sb_open_all(void)
{
	int ret = sb_open_edge(&sb_edges[0]) ?: sb_open_edge(&sb_edges[1]);

	if (ret)
		sb_close_all();
	return ret;
}

/* The node of an edge, of whichever device. */
static struct device_node *sb_edge_node(const char *link)
{
	struct device_node *smd, *np;

	for_each_compatible_node(smd, NULL, "qcom,smd") {
		np = of_get_child_by_name(smd, link);
		if (np) {
			of_node_put(smd);
			return np;
		}
	}
	return NULL;
}

/* The interrupt and the thread of a remote. */
static int sb_edge_init(struct sb_edge *e, int pid)
{
	struct device_node *np = sb_edge_node(e->link);

	e->irq = np ? of_irq_get(np, 0) : -ENODEV;
	of_node_put(np);
	e->remote = get_pid_task(find_vpid(pid), PIDTYPE_PID);
	return e->remote && e->irq > 0 ? 0 : -ENODEV;
}

static void sb_edges_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sb_edges); i++)
		if (sb_edges[i].remote)
			put_task_struct(sb_edges[i].remote);
	kvfree(sb.pattern);
}

static int __init sb_init(void)
{
	unsigned int i;
	int ret = 0;

	init_completion(&sb.done);
	sb.pattern = kvmalloc(SB_MAX + 256, GFP_KERNEL);
	if (!sb.pattern)
		return -ENOMEM;
	for (i = 0; i < SB_MAX + 256; i++)
		sb.pattern[i] = i;
	for (i = 0; i < ARRAY_SIZE(sb_edges) && !ret; i++)
		ret = sb_edge_init(&sb_edges[i], remotes[i]);
	if (!ret)
		ret = native ? sb_open_all() : sb_bind();
	if (ret) {
		sb_edges_exit();
		return ret;
	}
	sb.file = debugfs_create_file("ferry_bench_smd", 0400, NULL, NULL, &sb_fops);
	return 0;
}
module_init(sb_init);

static void __exit sb_exit(void)
{
	debugfs_remove(sb.file);
	if (native)
		sb_close_all();
	else
		unregister_rpmsg_driver(&sb_driver);
	sb_edges_exit();
}
module_exit(sb_exit);

MODULE_DESCRIPTION("Ferry: benchmark of SMD, ours and the kernel's");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
