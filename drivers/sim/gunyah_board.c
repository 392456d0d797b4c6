// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated Gunyah hypervisor as a device in the device tree: this machine is a VM of it
 * from then on, and others come and go beside it.
 *
 * Its interrupts are lines that nothing is connected to; they are raised by writing to the
 * controller. It is steered, and says what a resource manager would say, in debugfs::
 *
 *   /sys/kernel/debug/ferry-sim-gunyah/
 *       do         write a line: create N, reset N, destroy N; N is the number of a VM. One
 *                  that was reset is there, with nothing that is shared, until it is destroyed
 *       resources  what this machine shares with each VM, one line each:
 *                  VM TYPE LABEL CAPABILITY INTERRUPT SIZE; types as the resource manager
 *                  counts them: 0 rings, 1 is rung, 2 sends, 3 receives
 *       counts     one line for each VM: what it received, sent, and was rung for
 *
 * Each VM echoes on a pair of queues (label 17), takes what comes on a queue (18), sends 100
 * messages on another (19), and rings back with the flags that it is rung with (20).
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of_irq.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "gunyah_private.h"

#define BOARD_VMS	4
#define BOARD_WIRES	32
#define BOARD_DEPTH	8
#define BOARD_SIZE	240
#define BOARD_SENDS	100	/* fewer than an endpoint keeps, however slow its client */
#define BOARD_LINE_MAX	32

enum board_queue {
	BOARD_ECHO_TO,		/* as seen from this machine */
	BOARD_ECHO_FROM,
	BOARD_SINK,
	BOARD_SOURCE,
	BOARD_QUEUES,
};

enum board_label {
	BOARD_LABEL_ECHO = 17,
	BOARD_LABEL_SINK,
	BOARD_LABEL_SOURCE,
	BOARD_LABEL_BELL,
};

static const struct board_queue_desc {
	bool to_vm;
	u32 label;
} board_queues[BOARD_QUEUES] = {
	[BOARD_ECHO_TO] = { true, BOARD_LABEL_ECHO },
	[BOARD_ECHO_FROM] = { false, BOARD_LABEL_ECHO },
	[BOARD_SINK] = { true, BOARD_LABEL_SINK },
	[BOARD_SOURCE] = { false, BOARD_LABEL_SOURCE },
};

/* In the order of what they need. */
enum board_role {
	BOARD_ROLE_ECHO,
	BOARD_ROLE_SINK,
	BOARD_ROLE_SOURCE,
	BOARD_ROLES,
};

/**
 * struct board_vm - another VM
 * @vm:		it, or NULL
 * @queue:	with this machine
 * @peer:	what runs there
 * @rung:	the doorbell that this machine rings
 * @rings:	the doorbell that rings this machine
 * @bell_work:	rings back
 * @rings_heard: how often that was done
 */
struct board_vm {
	struct ferry_sim_gunyah_vm *vm;
	struct ferry_sim_gunyah_queue *queue[BOARD_QUEUES];
	struct ferry_sim_gunyah_peer *peer[BOARD_ROLES];
	struct ferry_sim_gunyah_bell *rung;
	struct ferry_sim_gunyah_bell *rings;
	struct work_struct bell_work;
	unsigned long rings_heard;
};

/**
 * struct board - the hypervisor
 * @sim:	it
 * @us:		the VM that is this machine
 * @dir:	in debugfs
 * @lock:	of @vms
 * @vms:	the others
 * @wires:	interrupts of @us
 */
struct board {
	struct ferry_sim_gunyah *sim;
	struct ferry_sim_gunyah_vm *us;
	struct dentry *dir;
	struct mutex lock;	/* vms */
	struct board_vm vms[BOARD_VMS];
	struct gsim_wire wires[BOARD_WIRES];
};

static u64 board_bell_call(struct board_vm *v, unsigned int nr, u64 cap, u64 flags)
{
	struct ferry_gunyah_regs regs = { .x = { GUNYAH_CALL(nr), cap, flags, 0 } };

	gsim_call(&v->vm->hyp, &regs);
	return regs.x[0] ? 0 : regs.x[1];
}

static void board_bell_work(struct work_struct *work)
{
	struct board_vm *v = container_of(work, struct board_vm, bell_work);
	u64 flags = board_bell_call(v, GUNYAH_BELL_RECEIVE, v->rung->rx.cap, ~0ULL);

	if (!flags)
		return;
	WRITE_ONCE(v->rings_heard, v->rings_heard + 1);
	board_bell_call(v, GUNYAH_BELL_SEND, v->rings->tx.cap, flags);
}

/* Under the lock of the lines. */
static void board_bell_rung(void *data)
{
	struct board_vm *v = data;

	schedule_work(&v->bell_work);
}

static int board_vm_bells(struct board *board, struct board_vm *v)
{
	v->rings = ferry_sim_gunyah_bell_create(v->vm, board->us, false);
	if (IS_ERR(v->rings))
		return PTR_ERR(v->rings);
	v->rung = ferry_sim_gunyah_bell_create(board->us, v->vm, false);
	if (IS_ERR(v->rung))
		return PTR_ERR(v->rung);
	INIT_WORK(&v->bell_work, board_bell_work);
	gsim_line_catch(v->rung->line, board_bell_rung, v);
	return 0;
}

static int board_vm_queues(struct board *board, struct board_vm *v)
{
	unsigned int i;

	for (i = 0; i < BOARD_QUEUES; i++) {
		struct ferry_sim_gunyah_queue_cfg cfg = {
			.from = board_queues[i].to_vm ? board->us : v->vm,
			.to = board_queues[i].to_vm ? v->vm : board->us,
			.depth = BOARD_DEPTH,
			.max_size = BOARD_SIZE,
		};

		v->queue[i] = ferry_sim_gunyah_queue_create(board->sim, &cfg);
		if (IS_ERR(v->queue[i]))
			return PTR_ERR(v->queue[i]);
	}
	return 0;
}

static int board_vm_peers(struct board_vm *v)
{
	struct ferry_sim_gunyah_peer_cfg cfgs[BOARD_ROLES] = {
		[BOARD_ROLE_ECHO] = { .role = FERRY_SIM_GUNYAH_ECHO,
				      .tx = v->queue[BOARD_ECHO_FROM],
				      .rx = v->queue[BOARD_ECHO_TO] },
		[BOARD_ROLE_SINK] = { .role = FERRY_SIM_GUNYAH_SINK, .rx = v->queue[BOARD_SINK] },
		[BOARD_ROLE_SOURCE] = { .role = FERRY_SIM_GUNYAH_FLOOD,
					.tx = v->queue[BOARD_SOURCE],
					.len = BOARD_SIZE, .limit = BOARD_SENDS },
	};
	unsigned int i;

	for (i = 0; i < BOARD_ROLES; i++) {
		cfgs[i].vm = v->vm;
		v->peer[i] = ferry_sim_gunyah_peer_create(&cfgs[i]);
		if (IS_ERR(v->peer[i]))
			return PTR_ERR(v->peer[i]);
	}
	return 0;
}

/* Under the lock. Also one that was made by half. */
static void board_vm_destroy(struct board_vm *v)
{
	unsigned int i;

	if (!IS_ERR_OR_NULL(v->rung)) {
		gsim_line_catch(v->rung->line, NULL, NULL);
		cancel_work_sync(&v->bell_work);
	}
	for (i = 0; i < BOARD_ROLES; i++)
		if (!IS_ERR_OR_NULL(v->peer[i]))
			ferry_sim_gunyah_peer_destroy(v->peer[i]);
	if (!IS_ERR_OR_NULL(v->vm))
		ferry_sim_gunyah_vm_destroy(v->vm);
	memset(v, 0, sizeof(*v));
}

/* Under the lock. */
static int board_vm_create(struct board *board, struct board_vm *v)
{
	int ret;

	if (v->vm)
		return -EEXIST;
	v->vm = ferry_sim_gunyah_vm_create(board->sim);
	ret = PTR_ERR_OR_ZERO(v->vm);
	if (!ret)
		ret = board_vm_queues(board, v) ?: board_vm_bells(board, v) ?: board_vm_peers(v);
	if (ret)
		board_vm_destroy(v);
	return ret;
}

static int board_do(struct board *board, const char *verb, unsigned int nr)
{
	struct board_vm *v = &board->vms[nr];

	guard(mutex)(&board->lock);
	if (!strcmp(verb, "create"))
		return board_vm_create(board, v);
	if (!v->vm)
		return -ENOENT;
	if (!strcmp(verb, "reset"))
		ferry_sim_gunyah_vm_reset(v->vm);
	else if (!strcmp(verb, "destroy"))
		board_vm_destroy(v);
	else
		return -EINVAL;
	return 0;
}

static ssize_t do_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	char line[BOARD_LINE_MAX] = {}, verb[BOARD_LINE_MAX];
	unsigned int nr;
	int ret;

	if (count >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, from, count))
		return -EFAULT;
	if (sscanf(line, "%31s %u", verb, &nr) != 2 || nr >= BOARD_VMS)
		return -EINVAL;
	ret = board_do(file->private_data, verb, nr);
	return ret ?: count;
}

static const struct file_operations do_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = do_write,
};

/* Under the lock. */
static void board_vm_show(struct seq_file *m, const struct board_vm *v, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < BOARD_QUEUES; i++) {
		const struct ferry_sim_gunyah_queue *q = v->queue[i];
		bool tx = board_queues[i].to_vm;

		seq_printf(m, "%u %u %u %llu %u %u\n", nr, tx ? 2 : 3, board_queues[i].label,
			   tx ? q->tx.cap : q->rx.cap, tx ? q->tx.virq : q->rx.virq, BOARD_SIZE);
	}
	seq_printf(m, "%u 0 %u %llu 0 8\n", nr, BOARD_LABEL_BELL, v->rung->tx.cap);
	seq_printf(m, "%u 1 %u %llu %u 8\n", nr, BOARD_LABEL_BELL, v->rings->rx.cap,
		   v->rings->rx.virq);
}

static int resources_show(struct seq_file *m, void *unused)
{
	struct board *board = m->private;
	unsigned int i;

	guard(mutex)(&board->lock);
	for (i = 0; i < BOARD_VMS; i++)
		if (board->vms[i].vm)
			board_vm_show(m, &board->vms[i], i);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(resources);

static int counts_show(struct seq_file *m, void *unused)
{
	struct board *board = m->private;
	const struct board_vm *v;

	seq_puts(m, "vm echoed taken sent rings\n");
	guard(mutex)(&board->lock);
	for (v = board->vms; v < board->vms + BOARD_VMS; v++)
		if (v->vm)
			seq_printf(m, "%td %lu %lu %lu %lu\n", v - board->vms,
				   ferry_sim_gunyah_peer_received(v->peer[BOARD_ROLE_ECHO]),
				   ferry_sim_gunyah_peer_received(v->peer[BOARD_ROLE_SINK]),
				   ferry_sim_gunyah_peer_sent(v->peer[BOARD_ROLE_SOURCE]),
				   READ_ONCE(v->rings_heard));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counts);

static void board_destroy(void *data)
{
	struct board *board = data;
	unsigned int i;

	debugfs_remove(board->dir);
	if (!IS_ERR_OR_NULL(board->us))
		ferry_gunyah_hyp_withdraw(&board->us->hyp);
	for (i = 0; i < BOARD_VMS; i++)
		if (board->vms[i].vm)
			board_vm_destroy(&board->vms[i]);
	ferry_sim_gunyah_destroy(board->sim);
	mutex_destroy(&board->lock);
	kfree(board);
}

static unsigned int board_wires(struct board *board, struct device_node *np)
{
	unsigned int n = 0;

	while (n < BOARD_WIRES && !of_irq_parse_one(np, n, &board->wires[n].args))
		n++;
	return n;
}

static int board_be_the_hypervisor(struct board *board, struct device *dev)
{
	board->us = ferry_sim_gunyah_vm_create(board->sim);
	if (IS_ERR(board->us))
		return PTR_ERR(board->us);
	board->us->wires = board->wires;
	board->us->nr_wires = board_wires(board, dev->of_node);
	if (!board->us->nr_wires)
		return -ENXIO;
	return ferry_gunyah_hyp_provide(&board->us->hyp);
}

static int board_probe(struct platform_device *pdev)
{
	struct ferry_sim_gunyah_cfg cfg = { .scramble = true };
	struct device *dev = &pdev->dev;
	struct board *board = kzalloc(sizeof(*board), GFP_KERNEL);
	int ret;

	if (!board)
		return -ENOMEM;
	mutex_init(&board->lock);
	board->sim = ferry_sim_gunyah_create(&cfg);
	if (IS_ERR(board->sim)) {
		ret = PTR_ERR(board->sim);
		kfree(board);
		return ret;
	}
	ret = devm_add_action_or_reset(dev, board_destroy, board);
	if (ret)
		return ret;
	ret = board_be_the_hypervisor(board, dev);
	if (ret)
		return dev_err_probe(dev, ret, "cannot be the hypervisor of this machine\n");
	board->dir = debugfs_create_dir("ferry-sim-gunyah", NULL);
	debugfs_create_file("do", 0200, board->dir, board, &do_fops);
	debugfs_create_file("resources", 0400, board->dir, board, &resources_fops);
	debugfs_create_file("counts", 0400, board->dir, board, &counts_fops);
	return 0;
}

static const struct of_device_id board_match[] = {
	{ .compatible = "ferry,sim-gunyah" },
	{ }
};
MODULE_DEVICE_TABLE(of, board_match);

static struct platform_driver board_driver = {
	.probe = board_probe,
	.driver = {
		.name = "ferry-sim-gunyah",
		.of_match_table = board_match,
	},
};

int gsim_board_register(void)
{
	return platform_driver_register(&board_driver);
}

void gsim_board_unregister(void)
{
	platform_driver_unregister(&board_driver);
}
