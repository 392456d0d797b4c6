// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes of the device tree, as the resource manager writes them and as upstream has them,
 * and what becomes of them.
 */
#include <linux/ferry.h>
#include <linux/ferry/gunyah.h>
#include <linux/ferry/link.h>
#include <linux/fs.h>
#include <linux/fwnode.h>
#include <linux/irq.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm_wakeup.h>
#include <linux/poll.h>
#include <linux/umh.h>

#include "../port/gunyah_rig.h"

#define DEPTH		8
#define SIZE		64
#define LABEL		17
#define VMID		0x80
#define NODES		3

#if FERRY_HAS_OF_CHANGESET_NODE

#define QUEUE		"qcom,gunyah-message-queue"
#define BELL		"gunyah-doorbell"
#define PHANDLE_LINES	0x7e00011
#define PHANDLE_NODE	0x7e00020
#define SPI		32

struct tree {
	struct kunit *test;
	struct rig *rig;
	struct of_changeset ocs;
	bool applied;
	bool provided;
	struct device_node *root;
	struct device_node *lines;
	struct device_node *np[NODES];
	struct platform_device *pdev[NODES];
	unsigned int nr;
};

static void tree_remove(struct tree *tree, unsigned int i)
{
	platform_device_unregister(tree->pdev[i]);
	tree->pdev[i] = NULL;
}

static void tree_end(void *arg)
{
	struct tree *tree = arg;
	unsigned int i;

	for (i = 0; i < tree->nr; i++)
		if (tree->pdev[i])
			tree_remove(tree, i);
	if (tree->provided)
		ferry_gunyah_hyp_withdraw(rig_hyp(tree->rig));
	/* Its interrupts are those of a node. */
	if (tree->rig && !IS_ERR_OR_NULL(tree->rig->sim)) {
		ferry_sim_gunyah_destroy(tree->rig->sim);
		tree->rig->sim = NULL;
	}
	if (tree->applied)
		of_changeset_revert(&tree->ocs);
	of_changeset_destroy(&tree->ocs);
	for (i = 0; i < tree->nr; i++)
		of_node_put(tree->np[i]);
	of_node_put(tree->lines);
	of_node_put(tree->root);
}

/* A property without a value; the node owns it. */
static void tree_flag(struct tree *tree, struct device_node *np, const char *name)
{
	struct property *prop = kzalloc(sizeof(*prop), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(tree->test, prop);
	prop->name = kstrdup(name, GFP_KERNEL);
	prop->value = kzalloc(1, GFP_KERNEL);
	KUNIT_ASSERT_EQ(tree->test, of_changeset_add_property(&tree->ocs, np, prop), 0);
}

static void tree_u32s(struct tree *tree, struct device_node *np, const char *name,
		      const u32 *values, size_t n)
{
	KUNIT_ASSERT_EQ(tree->test,
			of_changeset_add_prop_u32_array(&tree->ocs, np, name, values, n), 0);
}

static void tree_u32(struct tree *tree, unsigned int i, const char *name, u32 value)
{
	tree_u32s(tree, tree->np[i], name, &value, 1);
}

/* The next node, with what all have. */
static unsigned int tree_node(struct tree *tree, const char *compatible)
{
	unsigned int i = tree->nr;
	char name[32];

	KUNIT_ASSERT_LT(tree->test, i, NODES);
	snprintf(name, sizeof(name), "ferry-kunit-gunyah%u", i);
	tree->np[i] = of_changeset_create_node(&tree->ocs, tree->root, name);
	KUNIT_ASSERT_NOT_NULL(tree->test, tree->np[i]);
	tree->nr++;
	of_node_set_flag(tree->np[i], OF_POPULATED);
	KUNIT_ASSERT_EQ(tree->test, of_changeset_add_prop_string(&tree->ocs, tree->np[i],
								 "compatible", compatible), 0);
	return i;
}

/* Capabilities, and interrupts of those that have one. */
static void tree_ends(struct tree *tree, unsigned int i, const struct ferry_sim_gunyah_end *ends,
		      unsigned int n, u32 trigger)
{
	u32 reg[2 * 4], irqs[4 * 4];
	unsigned int k, lines = 0;

	for (k = 0; k < n; k++) {
		reg[2 * k] = upper_32_bits(ends[k].cap);
		reg[2 * k + 1] = lower_32_bits(ends[k].cap);
		if (!ends[k].virq)
			continue;
		irqs[4 * lines] = PHANDLE_LINES;
		irqs[4 * lines + 1] = 0;
		irqs[4 * lines + 2] = ends[k].virq - SPI;
		irqs[4 * lines + 3] = trigger;
		lines++;
	}
	tree_u32s(tree, tree->np[i], "reg", reg, 2 * n);
	if (lines)
		tree_u32s(tree, tree->np[i], "interrupts-extended", irqs, 4 * lines);
}

static struct tree *tree_new(struct kunit *test)
{
	struct tree *tree = kunit_kzalloc(test, sizeof(*tree), GFP_KERNEL);
	struct ferry_sim_gunyah_cfg cfg = {};
	const u32 cells = 3;

	KUNIT_ASSERT_NOT_NULL(test, tree);
	tree->test = test;
	of_changeset_init(&tree->ocs);
	tree->root = of_find_node_by_path("/");
	tree->lines = of_changeset_create_node(&tree->ocs, tree->root, "ferry-kunit-lines");
	KUNIT_ASSERT_NOT_NULL(test, tree->lines);
	of_node_set_flag(tree->lines, OF_POPULATED);
	tree_flag(tree, tree->lines, "interrupt-controller");
	tree_u32s(tree, tree->lines, "#interrupt-cells", &cells, 1);
	cfg.fwnode = of_fwnode_handle(tree->lines);
	/* Nobody waits for a driver of it. */
	fwnode_dev_initialized(cfg.fwnode, true);
	tree->rig = rig_with(test, &cfg);
	ferry_defer(test, tree_end, tree);
	return tree;
}

static void tree_provide(struct tree *tree)
{
	KUNIT_ASSERT_EQ(tree->test, ferry_gunyah_hyp_provide(rig_hyp(tree->rig)), 0);
	tree->provided = true;
}

/* All nodes appear; those that are taken are devices with a driver from now on. */
static void tree_apply(struct tree *tree)
{
	unsigned int i;
	int ret = of_changeset_apply(&tree->ocs);

	KUNIT_ASSERT_EQ(tree->test, ret, 0);
	tree->applied = true;
	tree->lines->phandle = PHANDLE_LINES;
	for (i = 0; i < tree->nr; i++)
		tree->np[i]->phandle = PHANDLE_NODE + i;
	for (i = 0; i < tree->nr; i++) {
		struct platform_device_info info = {
			.name = "gunyah_probe_kunit",
			.id = PLATFORM_DEVID_AUTO,
			.fwnode = of_fwnode_handle(tree->np[i]),
		};
		struct platform_device *pdev = platform_device_register_full(&info);

		KUNIT_ASSERT_FALSE(tree->test, IS_ERR(pdev));
		tree->pdev[i] = pdev;
	}
}

static bool tree_bound(struct tree *tree, unsigned int i)
{
	return device_is_bound(&tree->pdev[i]->dev);
}

static bool link_is_there(const char *name)
{
	struct ferry_link *link = ferry_link_get(name);

	if (link)
		ferry_link_put(link);
	return link;
}

struct client {
	struct ferry_ep *ep;
	unsigned int got;
};

static int client_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct client *client = priv;

	WRITE_ONCE(client->got, client->got + 1);
	return 0;
}

static void client_end(void *arg)
{
	struct client *client = arg;

	ferry_close(client->ep);
}

static struct client *client_open(struct tree *tree, const char *link, const char *name, u32 number)
{
	struct client *client = kunit_kzalloc(tree->test, sizeof(*client), GFP_KERNEL);
	struct ferry_ep_cfg cfg = { .rx = client_rx, .priv = client };
	struct ferry_id id = { .name = name, .number = number };
	struct ferry_link *to = ferry_link_get(link);

	KUNIT_ASSERT_NOT_NULL(tree->test, client);
	KUNIT_ASSERT_NOT_NULL_MSG(tree->test, to, "no link %s", link);
	client->ep = ferry_open(to, &id, &cfg);
	ferry_link_put(to);
	KUNIT_ASSERT_FALSE_MSG(tree->test, IS_ERR(client->ep), "no channel %s/%u", name, number);
	ferry_defer(tree->test, client_end, client);
	return client;
}

static void one_way_nodes_of_the_manager_are_channels(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct rig_queue *tx = rig_queue(tree->rig, FERRY_PORT_TX, DEPTH, SIZE);
	struct rig_queue *rx = rig_queue(tree->rig, FERRY_PORT_RX, DEPTH, SIZE);
	struct client *out, *in;
	u8 msg[SIZE] = {};
	unsigned int i;

	i = tree_node(tree, "qcom,gunyah-message-queue");
	tree_ends(tree, i, &tx->tx, 1, 1);
	tree_flag(tree, tree->np[i], "is-sender");
	tree_u32(tree, i, "tx_message_size", SIZE);
	tree_u32(tree, i, "tx_queue_depth", DEPTH);
	tree_u32(tree, i, "qcom,label", LABEL);
	tree_u32(tree, i, "label", LABEL);
	i = tree_node(tree, "qcom,gunyah-message-queue");
	tree_ends(tree, i, &rx->rx, 1, 1);
	tree_flag(tree, tree->np[i], "is-receiver");
	tree_u32(tree, i, "label", LABEL + 1);
	tree_provide(tree);
	tree_apply(tree);
	KUNIT_ASSERT_TRUE(test, tree_bound(tree, 0) && tree_bound(tree, 1));

	out = client_open(tree, "gunyah-17", "queue-tx", LABEL);
	KUNIT_EXPECT_EQ(test, ferry_mtu(out->ep), SIZE);
	KUNIT_EXPECT_EQ(test, ferry_send(out->ep, msg, SIZE), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(tx), 0);
	in = client_open(tree, "gunyah-18", "queue-rx", LABEL + 1);
	KUNIT_EXPECT_EQ(test, ferry_send(in->ep, msg, 1), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, rig_far_give(rx, msg, 1), 0);
	KUNIT_EXPECT_TRUE(test, rig_wait(READ_ONCE(in->got) == 1));
}

/* A pair and two doorbells of one VM are one link, until the last of them is gone. */
static void nodes_of_one_vm_share_a_link(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct rig *rig = tree->rig;
	struct rig_queue *tx = rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE);
	struct rig_queue *rx = rig_queue(rig, FERRY_PORT_RX, DEPTH, SIZE);
	struct ferry_sim_gunyah_end ends[2] = { tx->tx, rx->rx }, in, out, in_far, out_far;
	__le64 word = cpu_to_le64(6);
	struct client *pair, *bell, *source;
	u8 msg[4] = {};
	unsigned int i;

	ferry_sim_gunyah_bell_ends(ferry_sim_gunyah_bell_create(rig->far, rig->us, false), &in_far,
				   &in);
	ferry_sim_gunyah_bell_ends(ferry_sim_gunyah_bell_create(rig->us, rig->far, false), &out,
				   &out_far);
	i = tree_node(tree, "qcom,gunyah-message-queue");
	tree_ends(tree, i, ends, 2, 1);
	tree_flag(tree, tree->np[i], "qcom,is-full-duplex");
	tree_u32(tree, i, "qcom,tx-message-size", SIZE);
	tree_u32(tree, i, "qcom,rx-message-size", SIZE);
	tree_u32(tree, i, "qcom,peer-vmid", VMID);
	tree_u32(tree, i, "label", LABEL);
	i = tree_node(tree, "qcom,gunyah-doorbell");
	tree_ends(tree, i, &in, 1, 1);
	tree_u32(tree, i, "label", LABEL);
	tree_u32(tree, i, "qcom,peer-vmid", VMID);
	i = tree_node(tree, "qcom,gunyah-doorbell-source");
	tree_ends(tree, i, &out, 1, 1);
	tree_u32(tree, i, "label", LABEL);
	tree_u32(tree, i, "qcom,peer-vmid", VMID);
	tree_provide(tree);
	tree_apply(tree);

	pair = client_open(tree, "gunyah-vm128", "queue", LABEL);
	KUNIT_EXPECT_EQ(test, ferry_send(pair->ep, msg, 4), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(tx), 0);
	KUNIT_EXPECT_EQ(test, rig_far_give(rx, msg, 4), 0);
	KUNIT_EXPECT_TRUE(test, rig_wait(READ_ONCE(pair->got) == 1));
	bell = client_open(tree, "gunyah-vm128", "bell-rx", LABEL);
	rig_call(rig->far, GUNYAH_BELL_SEND, in_far.cap, 1, 0, 0);
	KUNIT_EXPECT_TRUE(test, rig_wait(READ_ONCE(bell->got) == 1));
	source = client_open(tree, "gunyah-vm128", "bell-tx", LABEL);
	KUNIT_EXPECT_EQ(test, ferry_send(source->ep, &word, 8), 0);
	KUNIT_EXPECT_EQ(test, rig_call(rig->far, GUNYAH_BELL_RECEIVE, out_far.cap, ~0ULL, 0, 0).x1,
			6);

	tree_remove(tree, 0);
	KUNIT_EXPECT_EQ(test, ferry_send(pair->ep, msg, 4), -ENODEV);
	KUNIT_EXPECT_EQ(test, ferry_send(source->ep, &word, 8), 0);
	tree_remove(tree, 1);
	KUNIT_EXPECT_TRUE(test, link_is_there("gunyah-vm128"));
	tree_remove(tree, 2);
	KUNIT_EXPECT_FALSE(test, link_is_there("gunyah-vm128"));
}

/* Capabilities 0 and 1, as they are. */
static void resource_manager_is_a_pair_called_rpc(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct rig_queue *tx = rig_queue(tree->rig, FERRY_PORT_TX, DEPTH, 240);
	struct rig_queue *rx = rig_queue(tree->rig, FERRY_PORT_RX, DEPTH, 240);
	struct ferry_sim_gunyah_end ends[2] = { tx->tx, rx->rx };
	struct client *rpc;
	u8 msg[240] = { 0x21, 0x01 };

	KUNIT_ASSERT_EQ(test, tx->tx.cap, 0);
	KUNIT_ASSERT_EQ(test, rx->rx.cap, 1);
	tree_ends(tree, tree_node(tree, "gunyah-resource-manager"), ends, 2, 1);
	tree_provide(tree);
	tree_apply(tree);
	rpc = client_open(tree, "gunyah-rm", "rpc", 0);
	KUNIT_EXPECT_EQ(test, ferry_mtu(rpc->ep), 240);
	KUNIT_EXPECT_EQ(test, ferry_send(rpc->ep, msg, 240), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(tx), 0);
	KUNIT_EXPECT_EQ(test, rig_far_give(rx, msg, 16), 0);
	KUNIT_EXPECT_TRUE(test, rig_wait(READ_ONCE(rpc->got) == 1));
}

static bool irq_wakes(struct tree *tree, const struct ferry_sim_gunyah_end *end)
{
	unsigned int irq = ferry_sim_gunyah_irq(tree->rig->sim, end->virq);

	return irqd_is_wakeup_set(irq_get_irq_data(irq));
}

/* As the system does it; UML cannot sleep. */
static void tree_sleep(struct tree *tree, unsigned int i, bool on)
{
	struct device *dev = &tree->pdev[i]->dev;
	const struct dev_pm_ops *pm = dev->driver->pm;

	KUNIT_EXPECT_EQ(tree->test, on ? pm->suspend(dev) : pm->resume(dev), 0);
}

/* Where the node says so, or who uses the machine; and what comes only. */
static void messages_wake_where_that_is_asked_for(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct rig_queue *tx = rig_queue(tree->rig, FERRY_PORT_TX, DEPTH, 240);
	struct rig_queue *rx = rig_queue(tree->rig, FERRY_PORT_RX, DEPTH, 240);
	struct rig_queue *out = rig_queue(tree->rig, FERRY_PORT_TX, DEPTH, 240);
	struct rig_queue *in = rig_queue(tree->rig, FERRY_PORT_RX, DEPTH, 240);
	struct ferry_sim_gunyah_end ends[2] = { tx->tx, rx->rx };
	unsigned int i;

	i = tree_node(tree, "gunyah-resource-manager");
	tree_ends(tree, i, ends, 2, 1);
	tree_flag(tree, tree->np[i], "wakeup-source");
	i = tree_node(tree, QUEUE);
	tree_ends(tree, i, &in->rx, 1, 1);
	tree_flag(tree, tree->np[i], "is-receiver");
	i = tree_node(tree, QUEUE);
	tree_ends(tree, i, &out->tx, 1, 1);
	tree_flag(tree, tree->np[i], "is-sender");
	tree_flag(tree, tree->np[i], "wakeup-source");
	tree_provide(tree);
	tree_apply(tree);
	for (i = 0; i < 3; i++)
		tree_sleep(tree, i, true);
	KUNIT_EXPECT_TRUE(test, irq_wakes(tree, &rx->rx));
	KUNIT_EXPECT_FALSE(test, irq_wakes(tree, &tx->tx));
	KUNIT_EXPECT_FALSE(test, irq_wakes(tree, &in->rx));
	KUNIT_EXPECT_FALSE(test, irq_wakes(tree, &out->tx));
	for (i = 0; i < 3; i++)
		tree_sleep(tree, i, false);
	KUNIT_EXPECT_FALSE(test, irq_wakes(tree, &rx->rx));
	device_set_wakeup_enable(&tree->pdev[0]->dev, false);
	device_set_wakeup_enable(&tree->pdev[1]->dev, true);
	for (i = 0; i < 3; i++)
		tree_sleep(tree, i, true);
	KUNIT_EXPECT_FALSE(test, irq_wakes(tree, &rx->rx));
	KUNIT_EXPECT_TRUE(test, irq_wakes(tree, &in->rx));
	for (i = 0; i < 3; i++)
		tree_sleep(tree, i, false);
	KUNIT_EXPECT_FALSE(test, irq_wakes(tree, &in->rx));
}

/* One line for each thing that may be wrong with a node. */
struct wrong_case {
	const char *name;
	const char *compatible;
	unsigned int caps;
	const char *flag[2];
	u32 trigger;
	u32 size;
};

static const struct wrong_case wrong_cases[] = {
	{ "no direction", QUEUE, 1, {}, 1 },
	{ "both directions", QUEUE, 1, { "is-sender", "is-receiver" }, 1 },
	{ "a pair that sends", QUEUE, 2, { "is-sender" }, 1 },
	{ "no capability", QUEUE, 0, { "is-sender" }, 1 },
	{ "three capabilities", QUEUE, 3, {}, 1 },
	{ "two doorbells", BELL, 2, {}, 1 },
	{ "half a manager", "gunyah-resource-manager", 1, {}, 1 },
	{ "no interrupt", QUEUE, 1, { "is-sender" }, 0 },
	{ "a level", QUEUE, 1, { "is-sender" }, 4 },
	{ "size of no message", QUEUE, 1, { "is-sender" }, 1, 1024 },
	{ "wrong end", QUEUE, 1, { "is-receiver" }, 1 },
};

static void wrong_case_name(const struct wrong_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wrong, wrong_cases, wrong_case_name);

static void node_that_cannot_be_is_refused(struct kunit *test)
{
	const struct wrong_case *c = test->param_value;
	struct tree *tree = tree_new(test);
	struct rig_queue *tx = rig_queue(tree->rig, FERRY_PORT_TX, DEPTH, SIZE);
	struct rig_queue *rx = rig_queue(tree->rig, FERRY_PORT_RX, DEPTH, SIZE);
	struct ferry_sim_gunyah_end ends[3] = { tx->tx, rx->rx, rx->rx };
	unsigned int i = tree_node(tree, c->compatible), f;

	if (!c->trigger)
		ends[0].virq = 0;
	if (c->caps)
		tree_ends(tree, i, ends, c->caps, c->trigger);
	for (f = 0; f < 2; f++)
		if (c->flag[f])
			tree_flag(tree, tree->np[i], c->flag[f]);
	if (c->size)
		tree_u32(tree, i, "tx_message_size", c->size);
	tree_provide(tree);
	tree_apply(tree);
	KUNIT_EXPECT_FALSE(test, tree_bound(tree, i));
	KUNIT_EXPECT_FALSE(test, link_is_there("gunyah-0"));
}

static void hypervisor_that_comes_late_is_waited_for(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct rig_queue *tx = rig_queue(tree->rig, FERRY_PORT_TX, DEPTH, SIZE);
	unsigned int i = tree_node(tree, "gunyah-message-queue");
	struct client *out;
	u8 msg[4] = {};

	tree_ends(tree, i, &tx->tx, 1, 1);
	tree_flag(tree, tree->np[i], "is-sender");
	tree_u32(tree, i, "message-size", 4);
	tree_u32(tree, i, "label", LABEL);
	tree_apply(tree);
	KUNIT_EXPECT_FALSE(test, tree_bound(tree, i));
	tree_provide(tree);
	KUNIT_EXPECT_EQ(test, device_attach(&tree->pdev[i]->dev), 1);
	out = client_open(tree, "gunyah-17", NULL, LABEL);
	KUNIT_EXPECT_EQ(test, ferry_mtu(out->ep), 4);
	KUNIT_EXPECT_EQ(test, ferry_send(out->ep, msg, 4), 0);
}

static void node_whose_vm_is_gone_is_refused(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct rig_queue *tx = rig_queue(tree->rig, FERRY_PORT_TX, DEPTH, SIZE);
	unsigned int i = tree_node(tree, "gunyah-message-queue");

	tree_ends(tree, i, &tx->tx, 1, 1);
	tree_flag(tree, tree->np[i], "is-sender");
	ferry_sim_gunyah_vm_reset(tree->rig->far);
	tree_provide(tree);
	tree_apply(tree);
	KUNIT_EXPECT_FALSE(test, tree_bound(tree, i));
}

#if IS_ENABLED(CONFIG_MAILBOX_TEST)

#define MAIL_SIZE	128	/* of the messages of mailbox-test */
#define MAIL_READ	"timeout 20 dd bs=999 count=1 if=/sys/kernel/debug/%s/message"

static int mail_shell(struct tree *tree, const char *fmt)
{
	char path[] = "PATH=/bin:/sbin", home[] = "HOME=/";
	char *env[3] = { path, home };
	char cmd[160], sh[] = "/bin/sh", c[] = "-c";
	char *args[4] = { sh, c, cmd };

	snprintf(cmd, sizeof(cmd), fmt, dev_name(&tree->pdev[0]->dev));
	return call_usermodehelper(sh, args, env, UMH_WAIT_PROC);
}

/* Has the client received something? */
static bool mail_is_there(struct tree *tree)
{
	struct file *file;
	char path[96];
	bool there;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/message", dev_name(&tree->pdev[0]->dev));
	file = filp_open(path, O_RDONLY, 0);
	KUNIT_ASSERT_FALSE(tree->test, IS_ERR(file));
	there = rig_wait(vfs_poll(file, NULL) & EPOLLIN);
	filp_close(file, NULL);
	return there;
}

/* A one-way queue that is a mailbox. */
static void mail_queue(struct tree *tree, const struct ferry_sim_gunyah_end *end, bool sender)
{
	unsigned int i = tree_node(tree, "gunyah-message-queue");

	tree_ends(tree, i, end, 1, 1);
	tree_flag(tree, tree->np[i], sender ? "is-sender" : "is-receiver");
	tree_u32(tree, i, "message-size", MAIL_SIZE);
	tree_u32(tree, i, "label", LABEL + i);
	tree_u32(tree, i, "#mbox-cells", 0);
}

/* The client comes first, so that it goes first; it waits for its mailboxes. */
static void mail_client(struct tree *tree)
{
	static const char * const names[] = { "tx", "rx" };
	const u32 mboxes[] = { PHANDLE_NODE + 1, PHANDLE_NODE + 2 };
	unsigned int i = tree_node(tree, "mailbox-test");

	KUNIT_ASSERT_EQ(tree->test, i, 0);
	tree_u32s(tree, tree->np[i], "mboxes", mboxes, 2);
	KUNIT_ASSERT_EQ(tree->test,
			of_changeset_add_prop_string_array(&tree->ocs, tree->np[i], "mbox-names",
							   names, 2), 0);
}

/*
 * The kernel's own client, as it is. It waits half a second for a message to be done, so
 * that with one that takes the last room it does so in vain.
 */
static void client_of_the_kernel_has_queues_as_mailboxes(struct kunit *test)
{
	struct tree *tree = tree_new(test);
	struct rig_queue *tx = rig_queue(tree->rig, FERRY_PORT_TX, DEPTH, MAIL_SIZE);
	struct rig_queue *rx = rig_queue(tree->rig, FERRY_PORT_RX, DEPTH, MAIL_SIZE);
	u8 *msg = kunit_kzalloc(test, 1024, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	mail_client(tree);
	mail_queue(tree, &tx->tx, true);
	mail_queue(tree, &rx->rx, false);
	tree_provide(tree);
	tree_apply(tree);
	KUNIT_ASSERT_EQ(test, mail_shell(tree, "modprobe mailbox-test # %s"), 0);
	KUNIT_ASSERT_TRUE(test, rig_wait(tree_bound(tree, 0)));
	KUNIT_EXPECT_FALSE(test, link_is_there("gunyah-18"));

	KUNIT_EXPECT_EQ(test, mail_shell(tree, "printf hello >/sys/kernel/debug/%s/message"), 0);
	KUNIT_EXPECT_EQ(test, rig_receive(tree->rig->far, tx->rx.cap, msg, 1024).x1, MAIL_SIZE);
	KUNIT_EXPECT_STREQ(test, msg, "hello");

	strscpy(msg, "answer of a VM", MAIL_SIZE);
	KUNIT_EXPECT_EQ(test, rig_far_give(rx, msg, MAIL_SIZE), 0);
	KUNIT_EXPECT_TRUE(test, mail_is_there(tree));
	/* It sleeps where it must not, and a kernel that looks for that says so. */
	if (!IS_ENABLED(CONFIG_DEBUG_ATOMIC_SLEEP))
		KUNIT_EXPECT_EQ(test, mail_shell(tree, MAIL_READ " | grep -q answer"), 0);

	for (i = 0; i < DEPTH - 1; i++)
		KUNIT_EXPECT_EQ(test, mail_shell(tree, "echo x >/sys/kernel/debug/%s/message"), 0);
	KUNIT_EXPECT_NE(test, mail_shell(tree, "echo x >/sys/kernel/debug/%s/message"), 0);
	for (i = 0; i < DEPTH; i++)
		KUNIT_EXPECT_EQ(test, rig_far_take(tx), 0);
	KUNIT_EXPECT_EQ(test, mail_shell(tree, "echo x >/sys/kernel/debug/%s/message"), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(tx), 0);
}

#define MAIL_CASE	KUNIT_CASE(client_of_the_kernel_has_queues_as_mailboxes),
#else
#define MAIL_CASE
#endif

/* The suite needs the protocol, of which it calls nothing else. */
static void protocol_is_there(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_peer_create(NULL, "")), -EINVAL);
}

static struct kunit_case gunyah_probe_cases[] = {
	KUNIT_CASE(protocol_is_there),
	KUNIT_CASE(one_way_nodes_of_the_manager_are_channels),
	KUNIT_CASE(nodes_of_one_vm_share_a_link),
	KUNIT_CASE(resource_manager_is_a_pair_called_rpc),
	KUNIT_CASE(messages_wake_where_that_is_asked_for),
	KUNIT_CASE_PARAM(node_that_cannot_be_is_refused, wrong_gen_params),
	KUNIT_CASE(hypervisor_that_comes_late_is_waited_for),
	KUNIT_CASE(node_whose_vm_is_gone_is_refused),
	MAIL_CASE
	{}
};

static struct kunit_suite gunyah_probe_suite = {
	.name = "ferry_gunyah_probe",
	.test_cases = gunyah_probe_cases,
};

kunit_test_suite(gunyah_probe_suite);

#endif /* FERRY_HAS_OF_CHANGESET_NODE */

MODULE_DESCRIPTION("Ferry: tests of Gunyah in the device tree");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
