// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated Gunyah hypervisor as a device in the device tree: this machine is a VM of it
 * from then on, with a resource manager beside it that makes others.
 *
 * The link to that has capabilities 0 and 1 and the first two interrupts of the device, for
 * room and for messages, as a node of the resource manager in the device tree says.
 * Interrupts are lines that nothing is connected to; they are raised by writing to the
 * controller. What goes wrong is steered in debugfs::
 *
 *   /sys/kernel/debug/ferry-sim-gunyah/
 *       do         write a line: die VMID, a VM ends by itself, or lose VMID, what it shares
 *                  is gone, and no notification says so
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
#include <linux/of_irq.h>
#include <linux/platform_device.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../gunyah/rm_wire.h"
#include "gunyah_private.h"
#include "gunyah_rm.h"

#define BOARD_WIRES	32
#define BOARD_SENDS	100	/* fewer than an endpoint keeps, however slow its client */
#define BOARD_LINE_MAX	32

static const struct ferry_sim_gunyah_rm_thing board_things[] = {
	{ .label = 17, .from_vm = true, .to_vm = true },
	{ .label = 18, .to_vm = true, .takes = true },
	{ .label = 19, .from_vm = true, .sends = BOARD_SENDS },
	{ .label = 20, .from_vm = true, .to_vm = true, .bell = true },
};
static_assert(ARRAY_SIZE(board_things) <= FERRY_SIM_GUNYAH_RM_THINGS);

/**
 * struct board - the hypervisor
 * @sim:	it
 * @us:		the VM that is this machine
 * @rm:		who makes others
 * @dir:	in debugfs
 * @wires:	interrupts of @us
 */
struct board {
	struct ferry_sim_gunyah *sim;
	struct ferry_sim_gunyah_vm *us;
	struct ferry_sim_gunyah_rm *rm;
	struct dentry *dir;
	struct gsim_wire wires[BOARD_WIRES];
};

static int board_do(struct board *board, const char *verb, u16 vmid)
{
	if (!strcmp(verb, "lose"))
		return ferry_sim_gunyah_rm_vm_lost(board->rm, vmid);
	if (strcmp(verb, "die"))
		return -EINVAL;
	ferry_sim_gunyah_rm_vm_dies(board->rm, vmid);
	return 0;
}

static ssize_t do_write(struct file *file, const char __user *from, size_t count, loff_t *pos)
{
	char line[BOARD_LINE_MAX] = {}, verb[BOARD_LINE_MAX];
	u16 vmid;
	int ret;

	if (count >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, from, count))
		return -EFAULT;
	if (sscanf(line, "%31s %hu", verb, &vmid) != 2)
		return -EINVAL;
	ret = board_do(file->private_data, verb, vmid);
	return ret ?: count;
}

static const struct file_operations do_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = do_write,
};

static int counts_show(struct seq_file *m, void *unused)
{
	struct board *board = m->private;
	struct ferry_sim_gunyah_rm_counts c;
	unsigned int vmid;

	seq_puts(m, "vm echoed taken sent rings\n");
	for (vmid = RM_VMID_FIRST; vmid <= RM_VMID_LAST; vmid++)
		if (!ferry_sim_gunyah_rm_counts(board->rm, vmid, &c))
			seq_printf(m, "%u %lu %lu %lu %lu\n", vmid, c.echoed, c.taken, c.sent,
				   c.rings);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counts);

static void board_destroy(void *data)
{
	struct board *board = data;

	debugfs_remove(board->dir);
	if (!IS_ERR_OR_NULL(board->us))
		ferry_gunyah_hyp_withdraw(&board->us->hyp);
	if (!IS_ERR_OR_NULL(board->rm))
		ferry_sim_gunyah_rm_destroy(board->rm);
	ferry_sim_gunyah_destroy(board->sim);
	kfree(board);
}

static unsigned int board_wires(struct board *board, struct device_node *np)
{
	unsigned int n = 0;

	while (n < BOARD_WIRES && !of_irq_parse_one(np, n, &board->wires[n].args))
		n++;
	return n;
}

/* The first that has anything: so it is the link that the device tree describes. */
static int board_make_rm(struct board *board)
{
	struct ferry_sim_gunyah_rm_cfg cfg = { .sim = board->sim, .owner = board->us };

	memcpy(cfg.things, board_things, sizeof(board_things));
	board->rm = ferry_sim_gunyah_rm_create(&cfg);
	return PTR_ERR_OR_ZERO(board->rm);
}

static int board_be_the_hypervisor(struct board *board, struct device *dev)
{
	int ret;

	board->us = ferry_sim_gunyah_vm_create(board->sim);
	if (IS_ERR(board->us))
		return PTR_ERR(board->us);
	board->us->wires = board->wires;
	board->us->nr_wires = board_wires(board, dev->of_node);
	if (!board->us->nr_wires)
		return -ENXIO;
	ret = board_make_rm(board);
	return ret ?: ferry_gunyah_hyp_provide(&board->us->hyp);
}

static int board_probe(struct platform_device *pdev)
{
	/* Plain capabilities, as a debug build has them: those of the link are written down. */
	struct ferry_sim_gunyah_cfg cfg = {};
	struct device *dev = &pdev->dev;
	struct board *board = kzalloc(sizeof(*board), GFP_KERNEL);
	int ret;

	if (!board)
		return -ENOMEM;
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
