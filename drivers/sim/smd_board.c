// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated remotes of SMD as a device in the device tree, and what the boot loader
 * did before: SMEM.
 *
 * To the CPU it is a controller of mailboxes, one for each edge, in which a message is a
 * kick. Its interrupts are lines that nothing is connected to; they are raised by writing
 * to the controller.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/mailbox_controller.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "../smd/smem_wire.h"
#include "smd_dt.h"
#include "smd_private.h"
#include "smem_image.h"

#define RSMD_PARTITION		SZ_512K
#define RSMD_GLOBAL		SZ_1M

static bool global_partition;
module_param(global_partition, bool, 0444);
MODULE_PARM_DESC(global_partition, "SMEM has a global partition, no heap (default N)");

struct rsmd_board_edge {
	struct rsmd_board *board;
	struct ferry_sim_smd *sim;
	u32 edge;
	u32 host;
	int irq;
};

struct rsmd_board {
	struct mbox_controller mbox;
	struct mbox_chan chan[FERRY_SIM_SMD_DT_EDGES];
	struct rsmd_board_edge edge[FERRY_SIM_SMD_DT_EDGES];
	unsigned int nr;
	void *smem;
	size_t size;
	phys_addr_t phys;
	u32 *lock;
};

static void rsmd_board_kick(void *data)
{
	struct rsmd_board_edge *edge = data;

	irq_set_irqchip_state(edge->irq, IRQCHIP_STATE_PENDING, true);
}

static int rsmd_board_lock(void *data)
{
	struct rsmd_board_edge *edge = data;

	return ferry_sim_smd_dt_take(edge->board->lock, edge->host);
}

static void rsmd_board_unlock(void *data)
{
	struct rsmd_board_edge *edge = data;

	ferry_sim_smd_dt_unlock(edge->board->lock);
}

/* The framework holds a lock; the client says itself that it is done. */
static int rsmd_board_send(struct mbox_chan *chan, void *data)
{
	struct rsmd_board_edge *edge = chan->con_priv;

	if (READ_ONCE(edge->sim))
		ferry_sim_smd_kick(edge->sim);
	return 0;
}

static const struct mbox_chan_ops rsmd_board_ops = {
	.send_data = rsmd_board_send,
};

/* What the boot loader leaves behind: a partition for each remote that has one. */
static int rsmd_board_boot(struct rsmd_board *board)
{
	struct ferry_sim_smem_part parts[FERRY_SIM_SMD_DT_EDGES + 1] = {};
	struct ferry_sim_smem_image image = {
		.base = board->smem,
		.size = board->size,
		.phys = board->phys,
		.v12 = global_partition,
		.parts = parts,
	};
	unsigned int i;

	if (global_partition)
		parts[image.nr_parts++] = (struct ferry_sim_smem_part){
			.host0 = SMEM_HOST_GLOBAL, .host1 = SMEM_HOST_GLOBAL, .size = RSMD_GLOBAL,
		};
	for (i = 0; i < board->nr; i++) {
		if (board->edge[i].host == FERRY_SIM_SMD_HOST_ANY)
			continue;
		parts[image.nr_parts++] = (struct ferry_sim_smem_part){
			.host0 = SMEM_HOST_AP, .host1 = board->edge[i].host,
			.size = RSMD_PARTITION,
		};
	}
	return ferry_sim_smem_build(&image);
}

static void rsmd_board_destroy(void *data)
{
	struct rsmd_board_edge *edge = data;
	struct ferry_sim_smd *sim = edge->sim;

	WRITE_ONCE(edge->sim, NULL);
	synchronize_rcu();	/* clients kick with interrupts off */
	ferry_sim_smd_destroy(sim);
}

static int rsmd_board_edge(struct platform_device *pdev, struct rsmd_board *board, unsigned int i)
{
	struct rsmd_board_edge *edge = &board->edge[i];
	struct ferry_sim_smd_cfg cfg = {
		.base = board->smem,
		.size = board->size,
		.edge = edge->edge,
		.host = edge->host,
		.kick = rsmd_board_kick,
		.lock = rsmd_board_lock,
		.unlock = rsmd_board_unlock,
		.data = edge,
	};
	char name[16];

	edge->irq = platform_get_irq(pdev, i);
	if (edge->irq < 0)
		return edge->irq;
	snprintf(name, sizeof(name), "edge%u", edge->edge);
	cfg.name = name;
	edge->sim = ferry_sim_smd_create(&cfg);
	if (IS_ERR(edge->sim))
		return PTR_ERR(edge->sim);
	board->chan[i].con_priv = edge;
	return devm_add_action_or_reset(&pdev->dev, rsmd_board_destroy, edge);
}

static int rsmd_board_read_edges(struct device *dev, struct rsmd_board *board)
{
	struct ferry_sim_smd_dt_edge edges[FERRY_SIM_SMD_DT_EDGES];
	int n = ferry_sim_smd_dt_edges(dev, edges);
	int i;

	if (n < 0)
		return n;
	board->nr = n;
	for (i = 0; i < n; i++) {
		board->edge[i].board = board;
		board->edge[i].edge = edges[i].edge;
		board->edge[i].host = edges[i].host;
	}
	return 0;
}

static int rsmd_board_memory(struct device *dev, struct rsmd_board *board)
{
	board->smem = ferry_sim_smd_dt_map(dev, 0, &board->phys, &board->size);
	if (IS_ERR(board->smem))
		return PTR_ERR(board->smem);
	board->lock = ferry_sim_smd_dt_lock(dev, true);
	if (IS_ERR(board->lock))
		return PTR_ERR(board->lock);
	return rsmd_board_boot(board);
}

static int rsmd_board_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct rsmd_board *board;
	unsigned int i;
	int ret;

	board = devm_kzalloc(dev, sizeof(*board), GFP_KERNEL);
	if (!board)
		return -ENOMEM;
	ret = rsmd_board_read_edges(dev, board);
	if (ret)
		return dev_err_probe(dev, ret, "ferry,edges is wrong\n");
	ret = rsmd_board_memory(dev, board);
	if (ret)
		return dev_err_probe(dev, ret, "no SMEM\n");
	for (i = 0; i < board->nr; i++) {
		ret = rsmd_board_edge(pdev, board, i);
		if (ret)
			return dev_err_probe(dev, ret, "no remote for edge %u\n",
					     board->edge[i].edge);
	}
	board->mbox.dev = dev;
	board->mbox.ops = &rsmd_board_ops;
	board->mbox.chans = board->chan;
	board->mbox.num_chans = board->nr;
	return devm_mbox_controller_register(dev, &board->mbox);
}

static const struct of_device_id rsmd_board_match[] = {
	{ .compatible = "ferry,sim-smd" },
	{ }
};
MODULE_DEVICE_TABLE(of, rsmd_board_match);

static struct platform_driver rsmd_board_driver = {
	.probe = rsmd_board_probe,
	.driver = {
		.name = "ferry-sim-smd",
		.of_match_table = rsmd_board_match,
	},
};

/* The boot loader first. */
int rsmd_board_register(void)
{
	int ret = platform_driver_register(&rsmd_board_driver);

	if (ret)
		return ret;
	ret = rsmd_proc_register();
	if (ret)
		platform_driver_unregister(&rsmd_board_driver);
	return ret;
}

void rsmd_board_unregister(void)
{
	rsmd_proc_unregister();
	platform_driver_unregister(&rsmd_board_driver);
}
