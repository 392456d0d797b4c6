// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMD: from the device tree to edges.
 *
 * An edge has no compatible string: it is a child of the node of the processor at its
 * other end, or of one that holds all edges in older device trees. Each gets a device of
 * its own here, so that one that has to wait for its doorbells keeps no other waiting.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry/port_irq.h>
#include <linux/ferry/port_syscon.h>
#include <linux/ferry/smem.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/remoteproc.h>

#include "probe.h"
#include "smd.h"

/* The device of one edge. */
#define EDGE_DEVICE		"ferry-smd-edge"

struct edge_data {
	bool follows;	/* the parent is run by an rproc */
};

static void edge_port_put(void *port)
{
	ferry_port_put(port);
}

static void edge_port_kill(void *port)
{
	ferry_port_kill(port);
}

static struct ferry_port *edge_managed(struct device *dev, struct ferry_port *port,
				       void (*end)(void *port))
{
	int ret;

	if (IS_ERR(port))
		return port;
	ret = devm_add_action_or_reset(dev, end, port);
	return ret ? ERR_PTR(ret) : port;
}

/* Of the two ways to ring, mboxes is the newer. */
static struct ferry_port *edge_kick(struct device *dev)
{
	if (device_property_present(dev, "mboxes"))
		return edge_managed(dev, ferry_port_get(dev, 0, FERRY_PORT_TX, 0), edge_port_put);
	return edge_managed(dev, ferry_syscon_port_of(dev, dev->of_node, "qcom,ipc"),
			    edge_port_kill);
}

static struct ferry_port *edge_bell(struct platform_device *pdev)
{
	int irq = platform_get_irq(pdev, 0);

	if (irq < 0)
		return ERR_PTR(irq);
	return edge_managed(&pdev->dev, ferry_irq_port_create(&pdev->dev, irq), edge_port_kill);
}

static void edge_smem_put(void *smem)
{
	ferry_smem_put(smem);
}

static struct ferry_smem *edge_smem(struct device *dev)
{
	struct ferry_smem *smem = ferry_smem_get();
	int ret;

	if (IS_ERR(smem))
		return smem;
	ret = devm_add_action_or_reset(dev, edge_smem_put, smem);
	return ret ? ERR_PTR(ret) : smem;
}

static void edge_destroy(void *smd)
{
	ferry_smd_destroy(smd);
}

static void edge_rproc_put(void *data)
{
	struct rproc *rproc = data;

	put_device(&rproc->dev);
}

static int edge_rproc_match(struct device *dev, void *data)
{
	struct rproc **rproc = data;

	if (!dev->type || !dev->type->name || strcmp(dev->type->name, "remoteproc"))
		return 0;
	*rproc = container_of(dev, struct rproc, dev);
	return 1;
}

/*
 * The rproc below the device of a processor, with a reference; NULL: it has none yet. Not
 * rproc_get_by_phandle(): nodes that no other refers to have no phandle, as those of most
 * modems. When the driver of the processor goes, @dev loses ours first, and gets it back.
 */
static struct rproc *edge_rproc_below(struct device *dev, struct device *processor)
{
	struct rproc *rproc = NULL;

	device_lock(processor);	/* its driver has it, or does not */
	if (processor->driver)
		device_for_each_child(processor, &rproc, edge_rproc_match);
	if (rproc && !device_link_add(dev, processor, DL_FLAG_AUTOPROBE_CONSUMER))
		rproc = ERR_PTR(-EINVAL);
	if (!IS_ERR_OR_NULL(rproc))
		get_device(&rproc->dev);
	device_unlock(processor);
	return rproc;
}

/* The rproc of the node that the edge is in; NULL: it needs none. */
static struct rproc *edge_rproc(struct device *dev)
{
	const struct edge_data *data = dev_get_platdata(dev);
	struct platform_device *processor;
	struct rproc *rproc;
	int ret;

	if (!IS_ENABLED(CONFIG_REMOTEPROC) || !data || !data->follows)
		return NULL;
	processor = of_find_device_by_node(dev->of_node->parent);
	if (!processor)
		return ERR_PTR(-EPROBE_DEFER);
	rproc = edge_rproc_below(dev, &processor->dev);
	put_device(&processor->dev);
	if (IS_ERR_OR_NULL(rproc))
		return rproc ?: ERR_PTR(-EPROBE_DEFER);
	ret = devm_add_action_or_reset(dev, edge_rproc_put, rproc);
	return ret ? ERR_PTR(ret) : rproc;
}

/* What is missing is logged, unless it is only late. */
static int edge_cfg(struct platform_device *pdev, struct ferry_smd_cfg *cfg)
{
	struct device *dev = &pdev->dev;
	int ret;

	ret = of_property_read_u32(dev->of_node, "qcom,smd-edge", &cfg->edge);
	if (ret)
		return dev_err_probe(dev, ret, "no qcom,smd-edge\n");
	if (of_property_read_u32(dev->of_node, "qcom,remote-pid", &cfg->host))
		cfg->host = FERRY_SMEM_HOST_ANY;
	if (of_property_read_string(dev->of_node, "label", &cfg->name))
		cfg->name = dev->of_node->name;
	cfg->smem = edge_smem(dev);
	if (IS_ERR(cfg->smem))
		return dev_err_probe(dev, PTR_ERR(cfg->smem), "no SMEM\n");
	cfg->kick = edge_kick(dev);
	if (IS_ERR(cfg->kick))
		return dev_err_probe(dev, PTR_ERR(cfg->kick), "no doorbell of the remote\n");
	cfg->bell = edge_bell(pdev);
	if (IS_ERR(cfg->bell))
		return dev_err_probe(dev, PTR_ERR(cfg->bell), "no doorbell of ours\n");
	return 0;
}

static int edge_run(struct device *dev, struct ferry_smd *smd, struct rproc *rproc)
{
	int ret;

	ret = rproc ? ferry_smd_follow(smd, rproc) : ferry_link_start(smd->link);
	if (ret == -EBUSY)
		return dev_err_probe(dev, ret, "another driver has this edge\n");
	/* A remote that does not run yet is no error of ours: it can be started later. */
	if (ret)
		dev_warn(dev, "%s stays offline: %d\n", ferry_link_name(smd->link), ret);
	return 0;
}

static int edge_probe(struct platform_device *pdev)
{
	struct ferry_smd_cfg cfg = { .role = FERRY_SMD_SCANS, .recover = true };
	struct device *dev = &pdev->dev;
	struct ferry_smd *smd;
	struct rproc *rproc;
	int ret;

	rproc = edge_rproc(dev);
	if (IS_ERR(rproc))
		return PTR_ERR(rproc);
	ret = edge_cfg(pdev, &cfg);
	if (ret)
		return ret;
	cfg.fwnode = dev_fwnode(dev);
	smd = ferry_smd_create(dev, &cfg);
	if (IS_ERR(smd))
		return dev_err_probe(dev, PTR_ERR(smd), "no link\n");
	ret = devm_add_action_or_reset(dev, edge_destroy, smd);
	return ret ?: edge_run(dev, smd, rproc);
}

static struct platform_driver edge_driver = {
	.probe = edge_probe,
	.driver = {
		.name = EDGE_DEVICE,
	},
};

static struct platform_device *edge_device(struct device *parent, struct device_node *np,
					   bool follows)
{
	struct edge_data data = { .follows = follows };
	struct platform_device_info info = {
		.parent = parent,
		.fwnode = of_fwnode_handle(np),
		.name = EDGE_DEVICE,
		.id = PLATFORM_DEVID_AUTO,
		.data = &data,
		.size_data = sizeof(data),
	};

	return platform_device_register_full(&info);
}

static void edge_device_end(void *pdev)
{
	platform_device_unregister(pdev);
}

/* A node whose children are edges: of remotes that always run. */
static int edges_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct device_node *np;

	for_each_available_child_of_node(dev->of_node, np) {
		struct platform_device *edge;
		int ret;

		if (!of_find_property(np, "qcom,smd-edge", NULL))
			continue;
		edge = edge_device(dev, np, false);
		ret = IS_ERR(edge) ? PTR_ERR(edge) :
				     devm_add_action_or_reset(dev, edge_device_end, edge);
		if (ret) {
			of_node_put(np);
			return ret;
		}
	}
	return 0;
}

static const struct of_device_id edges_of_match[] = {
	{ .compatible = "qcom,smd" },
	{ .compatible = "qcom,rpm-proc" },
	{ }
};
MODULE_DEVICE_TABLE(of, edges_of_match);

static struct platform_driver edges_driver = {
	.probe = edges_probe,
	.driver = {
		.name = "ferry-smd",
		.of_match_table = edges_of_match,
	},
};

/* Edges in the nodes of processors that a driver of the remoteproc framework boots. */
static struct platform_device *followers[SMD_FOLLOWERS];

static void followers_end(void)
{
	unsigned int i;

	for (i = 0; i < SMD_FOLLOWERS && followers[i]; i++)
		platform_device_unregister(followers[i]);
}

static int followers_begin(void)
{
	struct platform_device *edge;
	struct device_node *np;
	unsigned int n = 0;

	if (!IS_ENABLED(CONFIG_REMOTEPROC))
		return 0;
	for_each_node_by_name(np, "smd-edge") {
		if (!of_device_is_available(np) || of_match_node(edges_of_match, np->parent))
			continue;
		edge = n < SMD_FOLLOWERS ? edge_device(NULL, np, true) : ERR_PTR(-ENOSPC);
		if (IS_ERR(edge)) {
			of_node_put(np);
			followers_end();
			return PTR_ERR(edge);
		}
		followers[n++] = edge;
	}
	return 0;
}

int smd_probe_init(void)
{
	int ret;

	ret = platform_driver_register(&edge_driver);
	if (ret)
		return ret;
	ret = platform_driver_register(&edges_driver);
	if (ret)
		goto unregister_edge;
	ret = followers_begin();
	if (!ret)
		return 0;
	platform_driver_unregister(&edges_driver);
unregister_edge:
	platform_driver_unregister(&edge_driver);
	return ret;
}

void smd_probe_exit(void)
{
	followers_end();
	platform_driver_unregister(&edges_driver);
	platform_driver_unregister(&edge_driver);
}
