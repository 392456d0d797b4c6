// SPDX-License-Identifier: GPL-2.0-only
/*
 * The side of SMD that allocates, made of ferry_smd itself, as a remote in the device tree.
 *
 * Who judges it is the kernel's own driver at the other end of the same memory, in the same
 * kernel. To that this is a controller of mailboxes, one for each edge, in which a message
 * rings our bell; our kick is its interrupt, raised by software. SMEM was made by somebody
 * else, who boots first.
 *
 * What comes on any channel is sent back by an ordinary client of Ferry.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/ferry/smd.h>
#include <linux/ferry/smem.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/mailbox_controller.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "smd_dt.h"

#define PEER_MAX_CHANNELS	8
#define PEER_OWNER		0x80	/* in the lock: no other host has this number */
#define PEER_DEPTH		4	/* rings that the bell counts */

static char *channels[PEER_MAX_CHANNELS];
static unsigned int nr_channels;
module_param_array(channels, charp, &nr_channels, 0444);
MODULE_PARM_DESC(channels, "Names of the channels, made on every edge");

static unsigned int sizes[PEER_MAX_CHANNELS];
static unsigned int nr_sizes;
module_param_array(sizes, uint, &nr_sizes, 0444);
MODULE_PARM_DESC(sizes, "Bytes of one ring, for each channel");

struct peer_edge {
	u32 edge;
	u32 host;
	bool words;
	char name[16];
	struct ferry_port *kick;
	struct ferry_port *ring;	/* the other end of @bell */
	struct ferry_port *bell;
	struct ferry_smd *smd;
	struct ferry_ep *ep[PEER_MAX_CHANNELS];
};

struct peer {
	struct mbox_controller mbox;
	struct mbox_chan chan[FERRY_SIM_SMD_DT_EDGES];
	struct peer_edge edge[FERRY_SIM_SMD_DT_EDGES];
	unsigned int nr;
	u32 *lock;
	struct ferry_smem *smem;
};

/* A doorbell that raises an interrupt of this very CPU. */
struct peer_kick {
	struct ferry_port port;
	int irq;
};

static int peer_kick_start(struct ferry_port *port)
{
	return 0;
}

static void peer_kick_stop(struct ferry_port *port)
{
}

static int peer_kick_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags)
{
	struct peer_kick *kick = container_of(port, struct peer_kick, port);

	return irq_set_irqchip_state(kick->irq, IRQCHIP_STATE_PENDING, true);
}

static bool peer_kick_tx_arm(struct ferry_port *port, bool on)
{
	return true;
}

static void peer_kick_release(struct ferry_port *port)
{
	kfree(container_of(port, struct peer_kick, port));
}

static const struct ferry_port_desc peer_kick_desc = {
	.dir = FERRY_PORT_TX,
	.flags = FERRY_PORT_MERGES,
};

static const struct ferry_port_ops peer_kick_ops = {
	.start = peer_kick_start,
	.stop = peer_kick_stop,
	.send = peer_kick_send,
	.tx_arm = peer_kick_tx_arm,
	.release = peer_kick_release,
};

static struct ferry_port *peer_kick_create(struct device *dev, int irq)
{
	struct peer_kick *kick = kzalloc(sizeof(*kick), GFP_KERNEL);
	int ret;

	if (!kick)
		return ERR_PTR(-ENOMEM);
	kick->irq = irq;
	/* Without an owner: its user is ours as well, and must not keep us loaded. */
	ret = __ferry_port_init(&kick->port, dev, &peer_kick_desc, &peer_kick_ops, NULL);
	if (!ret)
		return &kick->port;
	kfree(kick);
	return ERR_PTR(ret);
}

/* The framework holds a lock; the client says itself that it is done. */
static int peer_mbox_send(struct mbox_chan *chan, void *data)
{
	struct peer_edge *edge = chan->con_priv;

	/* A doorbell that rings already has nothing to add. */
	ferry_port_send(edge->ring, NULL, 0, 0);
	return 0;
}

static const struct mbox_chan_ops peer_mbox_ops = {
	.send_data = peer_mbox_send,
};

static bool peer_trylock(void *data)
{
	struct peer *peer = data;

	return ferry_sim_smd_dt_trylock(peer->lock, PEER_OWNER);
}

static void peer_unlock(void *data)
{
	struct peer *peer = data;

	ferry_sim_smd_dt_unlock(peer->lock);
}

static const struct ferry_smem_lock_ops peer_lock_ops = {
	.trylock = peer_trylock,
	.unlock = peer_unlock,
};

/* Thread of the link, may sleep; the other side reads whatever we do. */
static int peer_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct peer_edge *edge = priv;
	int ret = ferry_send(ep, data, len);

	/* -EPIPE: who sent it is gone already. */
	if (ret && ret != -EPIPE)
		dev_err_ratelimited(ferry_link_dev(ferry_smd_link(edge->smd)),
				    "%zu bytes not sent back: %d\n", len, ret);
	return 0;
}

static int peer_channel(struct peer_edge *edge, unsigned int i)
{
	struct ferry_smd_channel_cfg cfg = {
		.size = sizes[i],
		.words = edge->words,
	};
	struct ferry_id id = { .number = FERRY_ANY_NUMBER };
	const struct ferry_ep_cfg ep_cfg = { .rx = peer_rx, .priv = edge };
	struct ferry_ep *ep;
	char name[20];
	int ret;

	/* The names of the edges differ, so that a client can tell them apart. */
	snprintf(name, sizeof(name), "%c-%s", edge->words ? 'w' : 'b', channels[i]);
	cfg.name = name;
	id.name = name;
	ret = ferry_smd_channel_create(edge->smd, &cfg);
	if (ret)
		return ret;
	ep = ferry_open(ferry_smd_link(edge->smd), &id, &ep_cfg);
	if (IS_ERR(ep))
		return PTR_ERR(ep);
	edge->ep[i] = ep;
	return 0;
}

static void peer_edge_end(void *data)
{
	struct peer_edge *edge = data;
	unsigned int i;

	for (i = 0; i < nr_channels; i++)
		if (edge->ep[i])
			ferry_close(edge->ep[i]);
	if (edge->smd)
		ferry_smd_destroy(edge->smd);
	if (edge->kick)
		ferry_port_kill(edge->kick);
	if (edge->bell) {
		ferry_port_stop(edge->ring);
		ferry_port_kill(edge->ring);
		ferry_port_kill(edge->bell);
	}
}

static const struct ferry_port_user peer_ring_user = {};

static int peer_edge_ports(struct platform_device *pdev, struct peer_edge *edge, unsigned int i)
{
	int irq = platform_get_irq(pdev, i);
	struct ferry_port *kick;
	int ret;

	if (irq < 0)
		return irq;
	kick = peer_kick_create(&pdev->dev, irq);
	if (IS_ERR(kick))
		return PTR_ERR(kick);
	edge->kick = kick;
	ret = ferry_loopback_create(&pdev->dev, PEER_DEPTH, 0, &edge->ring, &edge->bell);
	if (ret) {
		edge->bell = NULL;
		return ret;
	}
	return ferry_port_start(edge->ring, &peer_ring_user, NULL);
}

/* The edge, not started: nobody can ring yet. */
static int peer_edge(struct platform_device *pdev, struct peer *peer, unsigned int i)
{
	struct peer_edge *edge = &peer->edge[i];
	struct ferry_smd_cfg cfg = {
		.name = edge->name,
		.smem = peer->smem,
		.edge = edge->edge,
		.host = edge->host,
		.role = FERRY_SMD_ALLOCATES,
		.straight = true,
	};
	struct ferry_smd *smd;
	int ret;

	ret = devm_add_action(&pdev->dev, peer_edge_end, edge);
	if (ret)
		return ret;
	ret = peer_edge_ports(pdev, edge, i);
	if (ret)
		return ret;
	cfg.kick = edge->kick;
	cfg.bell = edge->bell;
	snprintf(edge->name, sizeof(edge->name), "peer%u", edge->edge);
	smd = ferry_smd_create(&pdev->dev, &cfg);
	if (IS_ERR(smd))
		return PTR_ERR(smd);
	edge->smd = smd;
	peer->chan[i].con_priv = edge;
	return ferry_link_start(ferry_smd_link(smd));
}

static int peer_read_edges(struct device *dev, struct peer *peer)
{
	struct ferry_sim_smd_dt_edge edges[FERRY_SIM_SMD_DT_EDGES];
	int n = ferry_sim_smd_dt_edges(dev, edges);
	int i;

	if (n < 0)
		return n;
	peer->nr = n;
	for (i = 0; i < n; i++) {
		peer->edge[i].edge = edges[i].edge;
		peer->edge[i].host = edges[i].host;
		peer->edge[i].words = i % 2 == 0;
	}
	return 0;
}

static void peer_put_smem(void *data)
{
	ferry_smem_put(data);
}

static int peer_memory(struct device *dev, struct peer *peer)
{
	struct ferry_smem_cfg cfg = { .lock_ops = &peer_lock_ops, .lock_data = peer };

	cfg.base = ferry_sim_smd_dt_map(dev, 0, &cfg.phys, &cfg.size);
	if (IS_ERR(cfg.base))
		return PTR_ERR(cfg.base);
	peer->lock = ferry_sim_smd_dt_lock(dev, false);
	if (IS_ERR(peer->lock))
		return PTR_ERR(peer->lock);
	peer->smem = ferry_smem_create(dev, &cfg);
	if (IS_ERR(peer->smem))
		return PTR_ERR(peer->smem);
	return devm_add_action_or_reset(dev, peer_put_smem, peer->smem);
}

static int peer_channels(struct peer *peer)
{
	unsigned int i, k;
	int ret;

	for (i = 0; i < peer->nr; i++) {
		for (k = 0; k < nr_channels; k++) {
			ret = peer_channel(&peer->edge[i], k);
			if (ret)
				return ret;
		}
	}
	return 0;
}

static int peer_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct peer *peer;
	unsigned int i;
	int ret;

	peer = devm_kzalloc(dev, sizeof(*peer), GFP_KERNEL);
	if (!peer)
		return -ENOMEM;
	ret = peer_read_edges(dev, peer);
	if (ret)
		return dev_err_probe(dev, ret, "ferry,edges is wrong\n");
	ret = peer_memory(dev, peer);
	if (ret)
		return dev_err_probe(dev, ret, "no SMEM\n");
	for (i = 0; i < peer->nr; i++) {
		ret = peer_edge(pdev, peer, i);
		if (ret)
			return dev_err_probe(dev, ret, "no edge %u\n", peer->edge[i].edge);
	}
	ret = peer_channels(peer);
	if (ret)
		return dev_err_probe(dev, ret, "no channels\n");
	peer->mbox.dev = dev;
	peer->mbox.ops = &peer_mbox_ops;
	peer->mbox.chans = peer->chan;
	peer->mbox.num_chans = peer->nr;
	return devm_mbox_controller_register(dev, &peer->mbox);
}

static const struct of_device_id peer_match[] = {
	{ .compatible = "ferry,smd-peer" },
	{ }
};
MODULE_DEVICE_TABLE(of, peer_match);

static struct platform_driver peer_driver = {
	.probe = peer_probe,
	.driver = {
		.name = "ferry-smd-peer",
		.of_match_table = peer_match,
	},
};

static int __init peer_init(void)
{
	return nr_channels == nr_sizes ? platform_driver_register(&peer_driver) : -EINVAL;
}
module_init(peer_init);

static void __exit peer_exit(void)
{
	platform_driver_unregister(&peer_driver);
}
module_exit(peer_exit);

MODULE_DESCRIPTION("Ferry: our SMD as a remote, for the kernel's own driver");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
