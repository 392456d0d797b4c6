// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox with emulated registers and a client of it, as a device tree would have them.
 *
 * Two drivers know such a mailbox, so each device is told whom it belongs to.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "peer.h"

#define PHANDLE_MAILBOX		0x7e10001	/* and those behind it */

static const char * const compatibles[FERRY_SIM_ASC_NR_MAPS] = {
	[FERRY_SIM_ASC_V4] = "apple,asc-mailbox-v4",
	[FERRY_SIM_ASC_T8015] = "apple,t8015-asc-mailbox",
	[FERRY_SIM_ASC_M3] = "apple,m3-mailbox-v2",
};

static atomic_t phandles = ATOMIC_INIT(0);

/* The client needs a driver, or links between devices would stay for ever. */
static int client_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver client_driver = {
	.probe = client_probe,
	.driver = { .name = "ferry_peer_kunit" },
};

int peer_tree_register(void)
{
	return platform_driver_register(&client_driver);
}

void peer_tree_unregister(void)
{
	platform_driver_unregister(&client_driver);
}

static int peer_tree_fill(struct peer *peer, u32 phandle)
{
	struct device_node *root = of_find_node_by_path("/");
	struct of_changeset *ocs = &peer->ocs;
	char name[48];

	snprintf(name, sizeof(name), "ferry-kunit-asc-%s", peer->driver->name);
	peer->mailbox_node = of_changeset_create_node(ocs, root, name);
	snprintf(name, sizeof(name), "ferry-kunit-iop-%s", peer->driver->name);
	peer->client_node = of_changeset_create_node(ocs, root, name);
	of_node_put(root);
	if (!peer->mailbox_node || !peer->client_node)
		return -ENOMEM;
	/* No device shall be made of them: that is done below. */
	of_node_set_flag(peer->mailbox_node, OF_POPULATED);
	of_node_set_flag(peer->client_node, OF_POPULATED);
	return of_changeset_add_prop_string(ocs, peer->mailbox_node, "compatible",
					    compatibles[peer->map]) ?:
	       of_changeset_add_prop_u32(ocs, peer->mailbox_node, "#mbox-cells", 0) ?:
	       of_changeset_add_prop_u32(ocs, peer->client_node, "mboxes", phandle) ?:
	       of_changeset_apply(ocs);
}

static struct platform_device *peer_device(const char *name, struct device_node *np,
					   const char *driver, const struct resource *res,
					   unsigned int nr_res)
{
	struct platform_device *pdev = platform_device_alloc(name, PLATFORM_DEVID_AUTO);
	int ret;

	if (!pdev)
		return ERR_PTR(-ENOMEM);
	pdev->dev.of_node = of_node_get(np);
	pdev->dev.fwnode = of_fwnode_handle(np);
	ret = platform_device_add_resources(pdev, res, nr_res) ?:
	      device_set_driver_override(&pdev->dev, driver) ?:
	      platform_device_add(pdev);
	if (ret) {
		platform_device_put(pdev);
		return ERR_PTR(ret);
	}
	return pdev;
}

static struct platform_device *peer_mailbox(struct peer *peer)
{
	u32 send = ferry_sim_asc_irq(peer->asc, FERRY_SIM_ASC_SEND_EMPTY);
	u32 recv = ferry_sim_asc_irq(peer->asc, FERRY_SIM_ASC_RECV_NOT_EMPTY);
	phys_addr_t base = ferry_sim_asc_phys(peer->asc, FERRY_SIM_ASC_MAILBOX);
	const struct resource res[] = {
		DEFINE_RES_MEM(base, FERRY_SIM_ASC_WINDOW),
		DEFINE_RES_IRQ_NAMED(send, "send-empty"),
		DEFINE_RES_IRQ_NAMED(recv, "recv-not-empty"),
	};

	return peer_device("ferry_kunit_asc", peer->mailbox_node, peer->driver->mailbox, res,
			   ARRAY_SIZE(res));
}

int peer_tree_make(struct peer *peer)
{
	u32 phandle = PHANDLE_MAILBOX + atomic_inc_return(&phandles);
	int ret;

	ret = peer_tree_fill(peer, phandle);
	if (ret)
		return ret;
	peer->applied = true;
	/* Read from the node when it is attached, and the property came later. */
	peer->mailbox_node->phandle = phandle;

	peer->mailbox = peer_mailbox(peer);
	if (IS_ERR(peer->mailbox))
		return PTR_ERR(peer->mailbox);
	peer->client = peer_device("ferry_kunit_iop", peer->client_node, "ferry_peer_kunit", NULL,
				   0);
	return PTR_ERR_OR_ZERO(peer->client);
}

void peer_tree_end(struct peer *peer)
{
	if (!IS_ERR_OR_NULL(peer->client))
		platform_device_unregister(peer->client);
	if (!IS_ERR_OR_NULL(peer->mailbox))
		platform_device_unregister(peer->mailbox);
	if (peer->applied)
		of_changeset_revert(&peer->ocs);
	of_changeset_destroy(&peer->ocs);
	of_node_put(peer->client_node);
	of_node_put(peer->mailbox_node);
}
