// SPDX-License-Identifier: GPL-2.0-only
/*
 * Services of the simulated VPU, whoever carries their messages: the kernel's own driver, or
 * ours with the client called in a thread or in the interrupt.
 *
 *	modprobe ferry_bench_vchiq side=kernel|thread|irq remote=PID verify=N
 *	cat /sys/kernel/debug/ferry_bench_vchiq
 *
 * gives lines "vchiq-SIDE-WAY SIZE insn VALUE FLOOR". VALUE is all that the CPU does for a
 * message, the VPU and the doorbells included, as the VPU is a thread of this CPU. FLOOR is
 * the part of the VPU: the thread of which the id is @remote.
 *
 * Before that messages of many sizes are sent to a service that echoes, and so is memory in
 * bulk, where the side can do that, and all that comes back is verified; loading fails when
 * something is wrong. WAY "bulk" is memory to a service that only takes it.
 */
#include <linux/completion.h>
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "measure.h"
#include "vchiq.h"

#define VB_MAX		4088	/* bytes of a message */
#define VB_WINDOW	8	/* messages on their way while all is verified */
#define VB_BATCH	16	/* messages on their way at once, one-way, */
#define VB_BATCH_LARGE	8	/* and of those that need a slot or nearly so */
#define VB_LARGE	1024
#define VB_BATCH_BULK	4	/* as many as there may be */
#define VB_SUNK		16	/* to the sink in bulk, while all is verified */
#define VB_MESSAGES	64	/* of a measurement */
#define VB_TIMEOUT	(20 * HZ)
#define VB_FOURCC(a, b, c, d)	((u32)(a) << 24 | (u32)(b) << 16 | (u32)(c) << 8 | (u32)(d))

static char *side = "thread";
module_param(side, charp, 0444);
MODULE_PARM_DESC(side, "Who carries the messages: kernel, thread or irq");

static int remote;
module_param(remote, int, 0444);
MODULE_PARM_DESC(remote, "Thread of the VPU; 0: nothing is measured");

static unsigned int verify = 100;
module_param(verify, uint, 0444);
MODULE_PARM_DESC(verify, "Messages to send and verify first (default 100)");

const struct vb_spec vb_specs[VB_NR_SERVICES] = {
	[VB_SINK] = { VB_FOURCC('S', 'I', 'N', 'K'), "SINK", 1, 0 },
	[VB_ECHO] = { VB_FOURCC('E', 'C', 'H', 'O'), "ECHO", 3, 1 },
	[VB_SMEM] = { VB_FOURCC('S', 'M', 'E', 'M'), "SMEM", 1, 0 },
	[VB_SOURCE] = { VB_FOURCC('S', 'R', 'C', 'E'), "SRCE", 1, 0 },
};

static const struct vb_side * const vb_sides[] = { &vb_kernel, &vb_thread, &vb_irq };
static const size_t vb_sizes[] = { 4, 64, 256, 1024, VB_MAX };
/* None of them is a message: what is larger than that goes in bulk. */
static const size_t vb_bulk_sizes[] = { SZ_64K, VB_BULK_MAX };
static const size_t vb_verified_sizes[] = {
	1, 31, 64, 100, 4095, 4096, 4097, SZ_64K + 13, VB_BULK_MAX
};

/* The version is told, and heard: known bytes of shared memory. */
static const u8 vb_hello[] = { 9, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0 };
static const u8 vb_hello_back[] = { 9, 0, 0, 0x80, 0, 0, 0, 0 };

static struct {
	const struct vb_side *side;
	struct task_struct *remote;
	int irq;		/* of the host's doorbell */
	wait_queue_head_t wait;
	struct completion done;
	struct completion hello;
	bool verifying;
	unsigned int received;
	unsigned int bad;
	unsigned int sourced;	/* times that the source was asked */
	u8 pattern[VB_MAX + 256];	/* byte i is i; any message is a piece of it */
	struct dentry *file;
} vb;

/* Sizes are spread over all there are, the smallest and the largest among them. */
static size_t vb_size(unsigned int n)
{
	return n % 16 == 15 ? VB_MAX - n / 16 % 8 : 1 + n * 0x9e3779b1u % (n & 1 ? 64 : VB_MAX);
}

static const u8 *vb_data(unsigned int n)
{
	return vb.pattern + (u8)n;
}

void vb_received(enum vb_service service, const void *data, size_t len)
{
	unsigned int n = vb.received;

	if (service == VB_SMEM) {
		vb.bad += len != sizeof(vb_hello_back) || memcmp(data, vb_hello_back, len);
		complete(&vb.hello);
	} else if (!vb.verifying) {
		complete(&vb.done);
	} else {
		vb.bad += len != vb_size(n) || memcmp(data, vb_data(n), len);
		WRITE_ONCE(vb.received, n + 1);
		wake_up(&vb.wait);
	}
}

void vb_bulk_fill(void *data, size_t len, unsigned int seed)
{
	u8 *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = seed + i * 31 + i / 256;
}

bool vb_bulk_is(const void *data, size_t len, unsigned int seed)
{
	const u8 *p = data;
	size_t i;

	for (i = 0; i < len && p[i] == (u8)(seed + i * 31 + i / 256); i++)
		;
	return i == len;
}

bool vb_source_is(const void *data, size_t len)
{
	unsigned int first = vb.sourced++ * 7;
	const u8 *p = data;
	size_t i;

	for (i = 0; i < len && p[i] == (u8)(first + i); i++)
		;
	return i == len;
}

static int vb_verify_bulk(void)
{
	unsigned int i, n;
	int ret = 0;

	if (!vb.side->bulk_echo)
		return 0;
	for (i = 0; i < ARRAY_SIZE(vb_verified_sizes) && !ret; i++) {
		ret = vb.side->bulk_echo(vb_verified_sizes[i]) ?:
		      vb.side->bulk_source(vb_verified_sizes[i]);
		if (ret)
			pr_err("ferry_bench_vchiq: %s: %zu bytes in bulk: %d\n", vb.side->name,
			       vb_verified_sizes[i], ret);
	}
	/* More than there may be at once; whoever looks at the VPU sees how many came. */
	for (n = 0; n < VB_SUNK && !ret; n++)
		ret = vb.side->bulk_send(VB_SINK, SZ_64K);
	pr_info("ferry_bench_vchiq: %s: bulk transfers of %u sizes, %s\n", vb.side->name, i,
		ret ? "FAILED" : "ok");
	return ret;
}

static int vb_verify_echo(void)
{
	unsigned int n;
	int ret = 0;

	for (n = 0; n < verify && !ret; n++) {
		if (!wait_event_timeout(vb.wait, n - READ_ONCE(vb.received) < VB_WINDOW,
					VB_TIMEOUT))
			return -ETIMEDOUT;
		ret = vb.side->send(VB_ECHO, vb_data(n), vb_size(n));
	}
	if (!wait_event_timeout(vb.wait, READ_ONCE(vb.received) >= n, VB_TIMEOUT))
		return -ETIMEDOUT;
	return ret;
}

static int vb_verify(void)
{
	int ret;

	ret = vb.side->send(VB_SMEM, vb_hello, sizeof(vb_hello));
	if (ret)
		return ret;
	if (!wait_for_completion_timeout(&vb.hello, VB_TIMEOUT))
		return -ETIMEDOUT;
	vb.verifying = true;
	ret = vb_verify_echo();
	vb.verifying = false;
	if (!ret && (vb.bad || vb.received != verify))
		ret = -EIO;
	pr_info("ferry_bench_vchiq: %s: %u messages, %u of them wrong, %s\n", vb.side->name,
		vb.received, vb.bad, ret ? "FAILED" : "ok");
	return ret ?: vb_verify_bulk();
}

/* The VPU does all that it was rung for: it takes less than a tick. */
static void vb_let_vpu_run(void)
{
	schedule_timeout_uninterruptible(2);
}

static unsigned int vb_batch(size_t size, unsigned int left)
{
	if (size > VB_MAX)
		return min(left, VB_BATCH_BULK);
	return min(left, size > VB_LARGE ? VB_BATCH_LARGE : VB_BATCH);
}

/* There is room: nobody has to wait for it. */
static int vb_send_batch(size_t size, unsigned int batch)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < batch && !ret; i++)
		ret = size > VB_MAX ? vb.side->bulk_send(VB_SINK, size) :
				      vb.side->send(VB_SINK, vb.pattern, size);
	return ret;
}

/* A batch, while the VPU waits; then the VPU. */
static int vb_one_way(size_t size, unsigned int n)
{
	unsigned int batch;
	int ret = 0;

	for (; n && !ret; n -= batch) {
		batch = vb_batch(size, n);
		ret = vb_send_batch(size, batch);
		vb_let_vpu_run();
	}
	return ret;
}

/* The same, but interrupts of the host do not come while the VPU runs. */
static int vb_one_way_apart(size_t size, unsigned int n)
{
	unsigned int batch;
	int ret = 0;

	for (; n && !ret; n -= batch) {
		batch = vb_batch(size, n);
		disable_irq(vb.irq);
		ret = vb_send_batch(size, batch);
		vb_let_vpu_run();
		enable_irq(vb.irq);
		vb_let_vpu_run();
	}
	return ret;
}

/* What there is to sleep in vb_one_way(). */
static int vb_only_sleep(size_t size, unsigned int n)
{
	unsigned int batch;

	for (; n; n -= batch) {
		batch = vb_batch(size, n);
		vb_let_vpu_run();
	}
	return 0;
}

static int vb_wait_echo(void)
{
	return wait_for_completion_timeout(&vb.done, HZ) ? 0 : -ETIMEDOUT;
}

static int vb_ping_pong(size_t size, unsigned int n)
{
	int ret = 0;

	while (n-- && !ret)
		ret = vb.side->send(VB_ECHO, vb.pattern, size) ?: vb_wait_echo();
	return ret;
}

static int vb_ping_pong_apart(size_t size, unsigned int n)
{
	int ret = 0;

	while (n-- && !ret) {
		disable_irq(vb.irq);
		ret = vb.side->send(VB_ECHO, vb.pattern, size);
		vb_let_vpu_run();
		enable_irq(vb.irq);
		ret = ret ?: vb_wait_echo();
	}
	return ret;
}

/* As bench_measure(), of the VPU alone. Its counter is not there else: that would cost. */
static int vb_measure_vpu(int (*run)(size_t size, unsigned int n), size_t size, u64 *median)
{
	struct perf_event *all = bench_counter;
	int ret;

	bench_counter = bench_counter_make(vb.remote);
	ret = PTR_ERR_OR_ZERO(bench_counter);
	if (!ret) {
		ret = bench_measure(run, size, VB_MESSAGES, median);
		bench_counter_close();
	}
	bench_counter = all;
	return ret;
}

static int vb_measure_ping_pong(size_t size, u64 *value, u64 *floor)
{
	return bench_measure(vb_ping_pong, size, VB_MESSAGES, value) ?:
	       vb_measure_vpu(vb_ping_pong_apart, size, floor);
}

/* No sender lets the VPU run before its batch is sent, also where it could. */
static int vb_measure_one_way(size_t size, u64 *value, u64 *floor)
{
	u64 sleep = 0;
	int ret;

	sched_set_fifo(current);
	ret = bench_measure(vb_one_way, size, VB_MESSAGES, value) ?:
	      bench_measure(vb_only_sleep, size, VB_MESSAGES, &sleep) ?:
	      vb_measure_vpu(vb_one_way_apart, size, floor);
	sched_set_normal(current, 0);
	*value -= sleep;
	return ret;
}

static int vb_show_line(struct seq_file *m, bool both_ways, size_t size)
{
	const char *way = both_ways ? "ping-pong" : size > VB_MAX ? "bulk" : "one-way";
	u64 value = 0, floor = 0;
	int ret;

	ret = both_ways ? vb_measure_ping_pong(size, &value, &floor) :
			  vb_measure_one_way(size, &value, &floor);
	if (ret) {
		pr_err("ferry_bench_vchiq: %s, %zu bytes: %d\n", vb.side->name, size, ret);
		return ret;
	}
	seq_printf(m, "vchiq-%s-%s %zu insn %llu.%llu %llu.%llu\n", vb.side->name, way, size,
		   value / 10, value % 10, floor / 10, floor % 10);
	return 0;
}

static int vb_show(struct seq_file *m, void *unused)
{
	unsigned int i, way;
	int ret = bench_counter_open();

	if (ret)
		return ret;
	instructions = true;
	for (way = 0; way < 2; way++)
		for (i = 0; i < ARRAY_SIZE(vb_sizes) && !ret; i++)
			ret = vb_show_line(m, way, vb_sizes[i]);
	for (i = 0; vb.side->bulk_send && i < ARRAY_SIZE(vb_bulk_sizes) && !ret; i++)
		ret = vb_show_line(m, false, vb_bulk_sizes[i]);
	bench_counter_close();
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(vb);

static int vb_find_irq(void)
{
	struct device_node *np = of_find_compatible_node(NULL, NULL, "brcm,bcm2836-vchiq");
	int irq = np ? of_irq_get(np, 0) : -ENODEV;

	of_node_put(np);
	return irq;
}

static int vb_find_side(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vb_sides); i++)
		if (!strcmp(side, vb_sides[i]->name))
			vb.side = vb_sides[i];
	return vb.side ? 0 : -EINVAL;
}

static int vb_find_remote(void)
{
	if (!remote)
		return 0;
	vb.irq = vb_find_irq();
	if (vb.irq <= 0)
		return vb.irq ?: -ENXIO;
	vb.remote = get_pid_task(find_vpid(remote), PIDTYPE_PID);
	return vb.remote ? 0 : -ESRCH;
}

static int vb_start(void)
{
	int ret = vb.side->open();

	if (ret)
		return ret;
	ret = vb_verify();
	if (ret)
		vb.side->close();
	return ret;
}

static int __init vb_init(void)
{
	unsigned int i;
	int ret;

	init_waitqueue_head(&vb.wait);
	init_completion(&vb.done);
	init_completion(&vb.hello);
	for (i = 0; i < sizeof(vb.pattern); i++)
		vb.pattern[i] = i;
	ret = vb_find_side() ?: vb_find_remote() ?: vb_start();
	if (!ret && vb.remote)
		vb.file = debugfs_create_file("ferry_bench_vchiq", 0400, NULL, NULL, &vb_fops);
	if (ret && vb.remote)
		put_task_struct(vb.remote);
	return ret;
}
module_init(vb_init);

static void __exit vb_exit(void)
{
	debugfs_remove(vb.file);
	vb.side->close();
	if (vb.remote)
		put_task_struct(vb.remote);
}
module_exit(vb_exit);

MODULE_DESCRIPTION("Ferry: benchmark of VCHIQ, ours and the kernel's");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
