// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit: the kernel's own driver and ours, each with its emulated mailbox and a simulated
 * co-processor behind it, which are the same.
 *
 * /sys/kernel/debug/ferry_rtkit_bench: reading it measures, the two in turn, and gives
 * lines "rtkit-WAY-HOW 8 UNIT OURS KERNEL". HOW is where messages are taken: in a thread, or
 * early, in the interrupt.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "../drivers/compat.h"
#include "../drivers/sim/rtkit.h"
#include "../kunit/sim/peer.h"
#include "measure.h"

/* Of the simulated firmware. */
#define RB_ECHO		0x21
#define RB_SINK		0x22
#define RB_SOURCE	0x23

#define RB_MESSAGES	1000
#define RB_WAIT		(10 * HZ)

struct rb {
	struct peer peer;
	u32 left;			/* until done */
	struct completion done;
};

static const struct peer_driver * const rb_drivers[] = { &ferry_peer_ferry, &ferry_peer_apple };

static struct rb rb[ARRAY_SIZE(rb_drivers)];

static void rb_received(struct peer *peer, u64 msg)
{
	struct rb *b = container_of(peer, struct rb, peer);

	if (!--b->left)
		complete(&b->done);
}

static void rb_expect(struct rb *b, u32 n)
{
	b->left = n;
	reinit_completion(&b->done);
}

static int rb_send(struct rb *b, u8 endpoint, u64 msg)
{
	return b->peer.driver->send(&b->peer, endpoint, msg);
}

static int rb_wait(struct rb *b)
{
	return wait_for_completion_timeout(&b->done, RB_WAIT) ? 0 : -ETIMEDOUT;
}

static int rb_round_trip(struct rb *b, unsigned int n)
{
	int ret = 0;

	for (; n && !ret; n--) {
		rb_expect(b, 1);
		ret = rb_send(b, RB_ECHO, n) ?: rb_wait(b);
	}
	return ret;
}

static u64 rb_sunk(struct rb *b)
{
	struct ferry_sim_rtkit_stats stats;

	ferry_sim_rtkit_stats(b->peer.sim, &stats);
	return stats.sunk;
}

static int rb_to_iop(struct rb *b, unsigned int n)
{
	u64 end = rb_sunk(b) + n;
	unsigned long limit;
	int ret = 0;

	for (; n && !ret; n--)
		ret = rb_send(b, RB_SINK, n);
	limit = jiffies + RB_WAIT;
	while (!ret && rb_sunk(b) != end) {
		if (time_after(jiffies, limit))
			return -ETIMEDOUT;
		cond_resched();
	}
	return ret;
}

static int rb_to_cpu(struct rb *b, unsigned int n)
{
	rb_expect(b, n);
	return rb_send(b, RB_SOURCE, n) ?: rb_wait(b);
}

static const struct rb_way {
	const char *name;
	int (*run)(struct rb *b, unsigned int n);
} rb_ways[] = {
	{ "round-trip", rb_round_trip },
	{ "to-iop", rb_to_iop },
	{ "to-cpu", rb_to_cpu },
};

/* The two in turn, so that what else the machine does befalls both. */
static int rb_measure(const struct rb_way *way, u64 *median)
{
	u64 result[ARRAY_SIZE(rb)][BENCH_RUNS], start;
	unsigned int run, i;
	int ret;

	for (run = 0; run < BENCH_RUNS; run++) {
		for (i = 0; i < ARRAY_SIZE(rb); i++) {
			start = bench_now();
			ret = way->run(&rb[i], RB_MESSAGES);
			if (ret) {
				pr_err("ferry_rtkit_bench: %s, %s: %d\n",
				       rb[i].peer.driver->name, way->name, ret);
				return ret;
			}
			result[i][run] = div_u64(10 * (bench_now() - start), RB_MESSAGES);
		}
	}
	for (i = 0; i < ARRAY_SIZE(rb); i++) {
		sort(result[i], BENCH_RUNS, sizeof(u64), bench_cmp, NULL);
		median[i] = result[i][BENCH_RUNS / 2];
	}
	return 0;
}

static int rb_boot(struct rb *b, const struct peer_driver *driver, bool early)
{
	struct peer *peer = &b->peer;
	int ret;

	*b = (struct rb){ .peer = { .early = early, .received = rb_received } };
	init_completion(&b->done);
	ret = ferry_peer_make(peer, driver);
	if (ret)
		return ret;
	ferry_sim_rtkit_set_faults(peer->sim, FERRY_SIM_RTKIT_FAULT(NO_LOG) |
					      FERRY_SIM_RTKIT_FAULT(NO_IOREPORT));
	ferry_peer_run_cpu(peer, true);
	return driver->boot(peer) ?: driver->open(peer, RB_ECHO) ?:
	       driver->open(peer, RB_SINK) ?: driver->open(peer, RB_SOURCE);
}

static int rb_ways_show(struct seq_file *m, bool early)
{
	u64 median[ARRAY_SIZE(rb)];
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(rb_ways); i++) {
		ret = rb_measure(&rb_ways[i], median);
		if (ret)
			return ret;
		seq_printf(m, "rtkit-%s-%s 8 %s %llu.%llu %llu.%llu\n", rb_ways[i].name,
			   early ? "early" : "thread", instructions ? "insn" : "ns",
			   median[0] / 10, median[0] % 10, median[1] / 10, median[1] % 10);
	}
	return 0;
}

static int rb_run(struct seq_file *m, bool early)
{
	unsigned int i, made = 0;
	int ret = 0;

	for (; made < ARRAY_SIZE(rb) && !ret; made++)
		ret = rb_boot(&rb[made], rb_drivers[made], early);
	if (!ret)
		ret = rb_ways_show(m, early);
	for (i = 0; i < made; i++)
		ferry_peer_end(&rb[i].peer);
	return ret;
}

static int bench_show(struct seq_file *m, void *unused)
{
	int ret;

	instructions = !bench_counter_open();
	ret = rb_run(m, false) ?: rb_run(m, true);
	if (instructions)
		bench_counter_close();
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(bench);

static struct dentry *rb_file;

static int __init rb_init(void)
{
	rb_file = debugfs_create_file("ferry_rtkit_bench", 0400, NULL, NULL, &bench_fops);
	return 0;
}
module_init(rb_init);

static void __exit rb_exit(void)
{
	debugfs_remove(rb_file);
}
module_exit(rb_exit);

MODULE_DESCRIPTION("Ferry: benchmarks of RTKit beside the kernel's own driver");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
FERRY_IMPORT_TEST();
