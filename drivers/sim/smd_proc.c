// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated remote of SMD that the CPU boots, and rings by a bit of a register, as older
 * device trees have it.
 *
 * Its node is that of a processor, and the edge is a child of it, from which the simulation
 * knows what it needs. The register is RAM: nobody is told when it is written to, so that
 * the remote looks at it again and again while it runs.
 */
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/mod_devicetable.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/platform_device.h>
#include <linux/remoteproc.h>

#include "../compat.h"
#include "../smd/smem_wire.h"
#include "smd_dt.h"
#include "smd_private.h"
#include "smem_image.h"

#define RSMD_PROC_FIRMWARE	"ferry-sim-smd.bin"
#define RSMD_PROC_LOOK_MS	1

struct rsmd_proc {
	struct ferry_sim_smd *sim;
	struct hrtimer timer;
	u32 *reg;	/* the CPU writes to it */
	u32 bit;
	u32 *lock;
	u32 host;
	int irq;
};

static void rsmd_proc_kick(void *data)
{
	struct rsmd_proc *proc = data;

	irq_set_irqchip_state(proc->irq, IRQCHIP_STATE_PENDING, true);
}

static int rsmd_proc_lock(void *data)
{
	struct rsmd_proc *proc = data;

	return ferry_sim_smd_dt_take(proc->lock, proc->host);
}

static void rsmd_proc_unlock(void *data)
{
	struct rsmd_proc *proc = data;

	ferry_sim_smd_dt_unlock(proc->lock);
}

/* Hard IRQ. Other bits are for others, and mean nothing here. */
static enum hrtimer_restart rsmd_proc_look(struct hrtimer *timer)
{
	struct rsmd_proc *proc = container_of(timer, struct rsmd_proc, timer);

	if (READ_ONCE(*proc->reg) && xchg(proc->reg, 0) & BIT(proc->bit))
		ferry_sim_smd_kick(proc->sim);
	hrtimer_forward_now(timer, ms_to_ktime(RSMD_PROC_LOOK_MS));
	return HRTIMER_RESTART;
}

static int rsmd_proc_start(struct rproc *rproc)
{
	struct rsmd_proc *proc = rproc->priv;

	ferry_sim_smd_restart(proc->sim, false);
	hrtimer_start(&proc->timer, ms_to_ktime(RSMD_PROC_LOOK_MS), HRTIMER_MODE_REL);
	return 0;
}

static int rsmd_proc_stop(struct rproc *rproc)
{
	struct rsmd_proc *proc = rproc->priv;

	hrtimer_cancel(&proc->timer);
	ferry_sim_smd_crash(proc->sim);
	return 0;
}

/* Any file will do. */
static int rsmd_proc_load(struct rproc *rproc, const struct firmware *fw)
{
	return 0;
}

static const struct rproc_ops rsmd_proc_ops = {
	.start = rsmd_proc_start,
	.stop = rsmd_proc_stop,
	.load = rsmd_proc_load,
};

/* How the two ring each other. */
static int rsmd_proc_bells(struct device *dev, struct rsmd_proc *proc, struct device_node *edge)
{
	struct of_phandle_args args;
	phys_addr_t phys;
	size_t size;
	void *regs;
	int ret;

	ret = of_parse_phandle_with_fixed_args(edge, "qcom,ipc", 2, 0, &args);
	if (ret)
		return ret;
	of_node_put(args.np);
	regs = ferry_sim_smd_dt_map(dev, 2, &phys, &size);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	if (args.args[0] % 4 || args.args[0] + 4 > size || args.args[1] >= 32)
		return -EINVAL;
	proc->reg = regs + args.args[0];
	proc->bit = args.args[1];
	WRITE_ONCE(*proc->reg, 0);
	proc->irq = of_irq_get(edge, 0);
	return proc->irq > 0 ? 0 : proc->irq ?: -EINVAL;
}

static void rsmd_proc_destroy(void *sim)
{
	ferry_sim_smd_destroy(sim);
}

/* It does nothing until it is booted. */
static int rsmd_proc_remote(struct device *dev, struct rsmd_proc *proc, struct device_node *edge)
{
	struct ferry_sim_smd_cfg cfg = {
		.host = FERRY_SIM_SMD_HOST_ANY,
		.kick = rsmd_proc_kick,
		.lock = rsmd_proc_lock,
		.unlock = rsmd_proc_unlock,
		.data = proc,
	};
	phys_addr_t phys;
	char name[16];

	if (of_property_read_u32(edge, "qcom,smd-edge", &cfg.edge))
		return -EINVAL;
	of_property_read_u32(edge, "qcom,remote-pid", &cfg.host);
	proc->host = cfg.host;
	cfg.base = ferry_sim_smd_dt_map(dev, 0, &phys, &cfg.size);
	if (IS_ERR(cfg.base))
		return PTR_ERR(cfg.base);
	/* The boot loader makes what it shares with the CPU. */
	if (cfg.host != FERRY_SIM_SMD_HOST_ANY &&
	    !ferry_sim_smem_part(cfg.base, cfg.size, SMEM_HOST_AP, cfg.host))
		return -EPROBE_DEFER;
	proc->lock = ferry_sim_smd_dt_lock(dev, false);
	if (IS_ERR(proc->lock))
		return PTR_ERR(proc->lock);
	snprintf(name, sizeof(name), "edge%u", cfg.edge);
	cfg.name = name;
	proc->sim = ferry_sim_smd_create(&cfg);
	if (IS_ERR(proc->sim))
		return PTR_ERR(proc->sim);
	ferry_sim_smd_crash(proc->sim);
	return devm_add_action_or_reset(dev, rsmd_proc_destroy, proc->sim);
}

static int rsmd_proc_probe(struct platform_device *pdev)
{
	struct device_node *edge = of_get_child_by_name(pdev->dev.of_node, "smd-edge");
	struct device *dev = &pdev->dev;
	struct rproc *rproc;
	int ret;

	rproc = devm_rproc_alloc(dev, dev_name(dev), &rsmd_proc_ops, RSMD_PROC_FIRMWARE,
				 sizeof(struct rsmd_proc));
	ret = !edge ? -EINVAL : !rproc ? -ENOMEM : rsmd_proc_bells(dev, rproc->priv, edge);
	if (!ret)
		ret = rsmd_proc_remote(dev, rproc->priv, edge);
	of_node_put(edge);
	if (ret)
		return dev_err_probe(dev, ret, "no remote\n");
	ferry_hrtimer_setup(&((struct rsmd_proc *)rproc->priv)->timer, rsmd_proc_look,
			    CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	rproc->auto_boot = false;
	return devm_rproc_add(dev, rproc);
}

static const struct of_device_id rsmd_proc_match[] = {
	{ .compatible = "ferry,sim-smd-proc" },
	{ }
};
MODULE_DEVICE_TABLE(of, rsmd_proc_match);

static struct platform_driver rsmd_proc_driver = {
	.probe = rsmd_proc_probe,
	.driver = {
		.name = "ferry-sim-smd-proc",
		.of_match_table = rsmd_proc_match,
	},
};

int rsmd_proc_register(void)
{
	return platform_driver_register(&rsmd_proc_driver);
}

void rsmd_proc_unregister(void)
{
	platform_driver_unregister(&rsmd_proc_driver);
}
