// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a driver finds its ports: ferry_port_get() with "mboxes" in a device tree.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/mailbox_client.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"

#define LEN	4

#if FERRY_HAS_OF_CHANGESET_NODE

#define PHANDLE_MAILBOX		0x7e00001
#define PHANDLE_PROVIDER	0x7e00002
#define PHANDLE_NOBODY		0x7e00003

/* Of "mboxes" of the client */
enum {
	ENTRY_MAILBOX,
	ENTRY_PROVIDER,
	NR_ENTRIES,
};

#define PROVIDER_NUMBER		3

struct tree {
	struct of_changeset ocs;
	bool applied;
	struct device_node *mailbox;
	struct device_node *provider;
	struct device_node *client;
	struct platform_device *pdev;		/* of the client */
	struct platform_device *mailbox_pdev;
	struct platform_device *provider_pdev;
	struct mbox_controller mbox;
	struct mbox_chan chan;
	int sends;
	int bound;
	struct ferry_port *tx;			/* of the provider */
	struct ferry_port *rx;
};

static int tree_send_data(struct mbox_chan *chan, void *data)
{
	container_of(chan, struct tree, chan)->sends++;
	return 0;
}

static int tree_startup(struct mbox_chan *chan)
{
	container_of(chan, struct tree, chan)->bound++;
	return 0;
}

static void tree_shutdown(struct mbox_chan *chan)
{
	container_of(chan, struct tree, chan)->bound--;
}

static const struct mbox_chan_ops tree_mbox_ops = {
	.send_data = tree_send_data,
	.startup = tree_startup,
	.shutdown = tree_shutdown,
};

static int tree_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver tree_driver = {
	.probe = tree_probe,
	.driver = { .name = "ferry_portget_kunit" },
};

static void tree_user_rx(struct ferry_port *port, void *data)
{
}

static const struct ferry_port_user tree_user = {
	.rx = tree_user_rx,
};

static void tree_end(void *arg)
{
	struct tree *tree = arg;

	if (tree->tx)
		ferry_port_kill(tree->tx);
	if (tree->rx)
		ferry_port_kill(tree->rx);
	if (tree->mbox.num_chans)
		mbox_controller_unregister(&tree->mbox);
	platform_device_unregister(tree->pdev);
	platform_device_unregister(tree->mailbox_pdev);
	platform_device_unregister(tree->provider_pdev);
	if (tree->applied)
		of_changeset_revert(&tree->ocs);
	of_changeset_destroy(&tree->ocs);
	of_node_put(tree->client);
	of_node_put(tree->provider);
	of_node_put(tree->mailbox);
}

static struct platform_device *tree_device(struct kunit *test, struct device_node *np)
{
	const struct platform_device_info info = {
		.name = "ferry_portget_kunit",
		.id = PLATFORM_DEVID_AUTO,
		.fwnode = of_fwnode_handle(np),
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	return pdev;
}

static int tree_fill(struct tree *tree)
{
	const u32 mboxes[] = {
		PHANDLE_MAILBOX, 0,
		PHANDLE_PROVIDER, PROVIDER_NUMBER,
	};
	struct device_node *root = of_find_node_by_path("/");
	struct of_changeset *ocs = &tree->ocs;

	tree->mailbox = of_changeset_create_node(ocs, root, "ferry-kunit-mailbox");
	tree->provider = of_changeset_create_node(ocs, root, "ferry-kunit-provider");
	tree->client = of_changeset_create_node(ocs, root, "ferry-kunit-client");
	of_node_put(root);
	if (!tree->mailbox || !tree->provider || !tree->client)
		return -ENOMEM;

	/* No device shall be made of them: the test makes its own. */
	of_node_set_flag(tree->mailbox, OF_POPULATED);
	of_node_set_flag(tree->provider, OF_POPULATED);
	of_node_set_flag(tree->client, OF_POPULATED);
	return of_changeset_add_prop_u32(ocs, tree->mailbox, "#mbox-cells", 1) ?:
	       of_changeset_add_prop_u32(ocs, tree->provider, "#mbox-cells", 1) ?:
	       of_changeset_add_prop_u32_array(ocs, tree->client, "mboxes", mboxes,
					       ARRAY_SIZE(mboxes)) ?:
	       of_changeset_add_prop_u32(ocs, tree->provider, "mboxes", PHANDLE_NOBODY) ?:
	       of_changeset_apply(ocs);
}

static struct tree *tree_new(struct kunit *test)
{
	struct tree *tree = kunit_kzalloc(test, sizeof(*tree), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, tree);
	of_changeset_init(&tree->ocs);
	ferry_defer(test, tree_end, tree);
	ret = tree_fill(tree);
	KUNIT_ASSERT_EQ(test, ret, 0);
	tree->applied = true;
	/* Read from the node when it is attached, and the property came later. */
	tree->mailbox->phandle = PHANDLE_MAILBOX;
	tree->provider->phandle = PHANDLE_PROVIDER;

	tree->mailbox_pdev = tree_device(test, tree->mailbox);
	tree->provider_pdev = tree_device(test, tree->provider);
	tree->pdev = tree_device(test, tree->client);
	return tree;
}

static void tree_add_mailbox(struct kunit *test, struct tree *tree)
{
	tree->mbox.dev = &tree->mailbox_pdev->dev;
	tree->mbox.ops = &tree_mbox_ops;
	tree->mbox.chans = &tree->chan;
	tree->mbox.num_chans = 1;
	KUNIT_ASSERT_EQ(test, mbox_controller_register(&tree->mbox), 0);
}

static void tree_add_provider(struct kunit *test, struct tree *tree)
{
	struct device *dev = &tree->provider_pdev->dev;

	KUNIT_ASSERT_EQ(test, ferry_loopback_create(dev, 4, LEN, &tree->tx, &tree->rx), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_publish(tree->tx, PROVIDER_NUMBER), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_publish(tree->rx, PROVIDER_NUMBER), 0);
}

static int get_error(struct tree *tree, unsigned int index, size_t len)
{
	struct ferry_port *port = ferry_port_get(&tree->pdev->dev, index, FERRY_PORT_TX, len);

	if (IS_ERR(port))
		return PTR_ERR(port);
	ferry_port_put(port);
	return 0;
}

static void device_without_entry_has_no_port(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct platform_device *plain;
	struct ferry_port *port;

	KUNIT_EXPECT_EQ(test, get_error(tree, NR_ENTRIES, LEN), -ENOENT);
	port = ferry_port_get(&tree->mailbox_pdev->dev, 0, FERRY_PORT_TX, LEN);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -ENOENT);

	plain = platform_device_register_simple("ferry_portget_plain", PLATFORM_DEVID_AUTO, NULL,
						0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(plain));
	port = ferry_port_get(&plain->dev, 0, FERRY_PORT_TX, LEN);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -ENOENT);
	platform_device_unregister(plain);
}

static void malformed_entry_is_refused(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct ferry_port *port = ferry_port_get(&tree->provider_pdev->dev, 0, FERRY_PORT_TX, LEN);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -EINVAL);
}

static void missing_provider_is_waited_for(struct kunit *test)
{
	struct tree *tree = tree_new(test);

	KUNIT_EXPECT_EQ(test, get_error(tree, ENTRY_MAILBOX, LEN), -EPROBE_DEFER);
	KUNIT_EXPECT_EQ(test, get_error(tree, ENTRY_PROVIDER, LEN), -EPROBE_DEFER);
	tree_add_mailbox(test, tree);
	KUNIT_EXPECT_EQ(test, get_error(tree, ENTRY_MAILBOX, LEN), 0);
	KUNIT_EXPECT_EQ(test, get_error(tree, ENTRY_PROVIDER, LEN), -EPROBE_DEFER);
	tree_add_provider(test, tree);
	KUNIT_EXPECT_EQ(test, get_error(tree, ENTRY_PROVIDER, LEN), 0);
}

static void mailbox_gives_each_direction_once(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct device *dev = &tree->pdev->dev;
	int refs = module_refcount(THIS_MODULE);
	struct ferry_port *tx, *rx, *port;
	u32 msg = 1;

	tree_add_mailbox(test, tree);
	tx = ferry_port_get(dev, ENTRY_MAILBOX, FERRY_PORT_TX, LEN);
	rx = ferry_port_get(dev, ENTRY_MAILBOX, FERRY_PORT_RX, LEN);
	KUNIT_EXPECT_FALSE(test, IS_ERR(tx));
	KUNIT_EXPECT_FALSE(test, IS_ERR(rx));
	KUNIT_EXPECT_EQ(test, tree->bound, 1);
	port = ferry_port_get(dev, ENTRY_MAILBOX, FERRY_PORT_TX, LEN);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -EBUSY);

	if (!IS_ERR(tx) && !IS_ERR(rx)) {
		KUNIT_EXPECT_EQ(test, ferry_port_start(tx, &tree_user, NULL), 0);
		KUNIT_EXPECT_EQ(test, ferry_port_start(rx, &tree_user, NULL), 0);
		KUNIT_EXPECT_EQ(test, ferry_port_send(tx, &msg, LEN, 0), 0);
		KUNIT_EXPECT_EQ(test, tree->sends, 1);
		msg = 77;
		mbox_chan_received_data(&tree->chan, &msg);
		KUNIT_EXPECT_EQ(test, ferry_port_recv(rx, &msg, LEN), LEN);
		KUNIT_EXPECT_EQ(test, msg, 77);
		ferry_port_stop(tx);
		ferry_port_stop(rx);
	}
	ferry_port_put(tx);
	KUNIT_EXPECT_EQ(test, tree->bound, 1);
	ferry_port_put(rx);
	KUNIT_EXPECT_EQ(test, tree->bound, 0);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs);

	/* And anew, with another length. */
	KUNIT_EXPECT_EQ(test, get_error(tree, ENTRY_MAILBOX, 2 * LEN), 0);
	KUNIT_EXPECT_EQ(test, get_error(tree, ENTRY_MAILBOX, 257), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, tree->bound, 0);
}

static void provider_is_found_by_its_number(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct ferry_port *port;

	tree_add_mailbox(test, tree);
	tree_add_provider(test, tree);
	port = ferry_port_get(&tree->pdev->dev, ENTRY_PROVIDER, FERRY_PORT_TX, LEN);
	KUNIT_EXPECT_PTR_EQ(test, port, tree->tx);
	ferry_port_put(port);
	port = ferry_port_get(&tree->pdev->dev, ENTRY_PROVIDER, FERRY_PORT_RX, 0);
	KUNIT_EXPECT_PTR_EQ(test, port, tree->rx);
	ferry_port_put(port);
	KUNIT_EXPECT_EQ(test, get_error(tree, ENTRY_PROVIDER, LEN + 1), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, tree->bound, 0);
}

static int get_attempt(void *arg)
{
	return get_error(arg, ENTRY_MAILBOX, LEN);
}

static void get_survives_a_failing_allocation(struct kunit *test)
{
	struct tree *tree = tree_new(test);

	tree_add_mailbox(test, tree);
	ferry_each_alloc_fails(test, get_attempt, tree);
	KUNIT_EXPECT_EQ(test, tree->bound, 0);
}

static struct kunit_case portget_cases[] = {
	KUNIT_CASE(device_without_entry_has_no_port),
	KUNIT_CASE(malformed_entry_is_refused),
	KUNIT_CASE(missing_provider_is_waited_for),
	KUNIT_CASE(mailbox_gives_each_direction_once),
	KUNIT_CASE(provider_is_found_by_its_number),
	KUNIT_CASE(get_survives_a_failing_allocation),
	{}
};

static int portget_suite_init(struct kunit_suite *suite)
{
	return platform_driver_register(&tree_driver);
}

static void portget_suite_exit(struct kunit_suite *suite)
{
	platform_driver_unregister(&tree_driver);
}

static struct kunit_suite portget_suite = {
	.name = "ferry_port_get",
	.suite_init = portget_suite_init,
	.suite_exit = portget_suite_exit,
	.test_cases = portget_cases,
};

kunit_test_suite(portget_suite);

#endif /* FERRY_HAS_OF_CHANGESET_NODE */

MODULE_DESCRIPTION("Ferry: tests of how ports are found");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
