// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bit of a register as a doorbell. The register is a regmap that keeps what was
 * written.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_syscon.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/regmap.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"

#define REG		0x08
#define BIT_NR		12
#define PHANDLE_PLAIN	0x7e00011
#define PHANDLE_NOBODY	0x7e00012

struct bell {
	struct platform_device *pdev;
	struct regmap *map;
	struct ferry_port *port;
	bool killed;
	unsigned int writes;
	unsigned int reg;	/* what was written last, and where */
	unsigned int value;
	int fail;
	struct irq_work work;
	int work_ret;
};

static int bell_reg_write(void *context, unsigned int reg, unsigned int value)
{
	struct bell *bell = context;

	bell->writes++;
	bell->reg = reg;
	bell->value = value;
	return bell->fail;
}

static int bell_reg_read(void *context, unsigned int reg, unsigned int *value)
{
	return -EIO;	/* it can only be written */
}

static const struct regmap_config bell_config = {
	.reg_bits = 32,
	.val_bits = 32,
	.reg_stride = 4,
	.max_register = 0xfc,
	.reg_read = bell_reg_read,
	.reg_write = bell_reg_write,
	.fast_io = true,
};

/* Its lock is a mutex, which newer kernels tell. */
static const struct regmap_config sleeping_config = {
	.reg_bits = 32,
	.val_bits = 32,
	.reg_stride = 4,
	.reg_read = bell_reg_read,
	.reg_write = bell_reg_write,
};

static const struct ferry_port_user bell_user = { };

static void bell_end(void *arg)
{
	struct bell *bell = arg;

	if (!IS_ERR_OR_NULL(bell->port)) {
		ferry_port_stop(bell->port);
		if (!bell->killed)
			ferry_port_kill(bell->port);
	}
	if (!IS_ERR_OR_NULL(bell->map))
		regmap_exit(bell->map);
	if (!IS_ERR_OR_NULL(bell->pdev))
		platform_device_unregister(bell->pdev);
}

static struct bell *bell_new(struct kunit *test)
{
	struct bell *bell = kunit_kzalloc(test, sizeof(*bell), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bell);
	ferry_defer(test, bell_end, bell);
	bell->pdev = platform_device_register_simple("ferry_syscon_kunit", PLATFORM_DEVID_AUTO,
						     NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bell->pdev));
	bell->map = regmap_init(&bell->pdev->dev, NULL, bell, &bell_config);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bell->map));
	bell->port = ferry_syscon_port_create(&bell->pdev->dev, bell->map, REG, BIT_NR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bell->port));
	return bell;
}

static struct bell *bell_started(struct kunit *test)
{
	struct bell *bell = bell_new(test);

	KUNIT_ASSERT_EQ(test, ferry_port_start(bell->port, &bell_user, bell), 0);
	return bell;
}

static void create_refuses_bad_arguments(struct kunit *test)
{
	struct bell *bell = bell_new(test);
	struct ferry_port *port;

	port = ferry_syscon_port_create(NULL, NULL, REG, BIT_NR);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -EINVAL);
	port = ferry_syscon_port_create(NULL, ERR_PTR(-ENOENT), REG, BIT_NR);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -EINVAL);
	port = ferry_syscon_port_create(NULL, bell->map, REG, 32);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -EINVAL);
}

static void regmap_that_sleeps_is_refused(struct kunit *test)
{
	struct bell *bell = bell_new(test);
	struct ferry_port *port;
	struct regmap *map;

	map = regmap_init(&bell->pdev->dev, NULL, bell, &sleeping_config);
	KUNIT_ASSERT_FALSE(test, IS_ERR(map));
	port = ferry_syscon_port_create(NULL, map, REG, BIT_NR);
	if (!IS_ERR(port))
		ferry_port_kill(port);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), ferry_regmap_might_sleep(map) ? -EINVAL : 0);
	regmap_exit(map);
}

static void ring_writes_its_bit_only(struct kunit *test)
{
	struct bell *bell = bell_started(test);

	KUNIT_EXPECT_EQ(test, bell->writes, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(bell->port, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, bell->writes, 1);
	KUNIT_EXPECT_EQ(test, bell->reg, REG);
	KUNIT_EXPECT_EQ(test, bell->value, 0x1000);
	/* It is never full. */
	KUNIT_EXPECT_EQ(test, ferry_port_send(bell->port, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, bell->writes, 2);
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(bell->port, true));
}

static void highest_bit_can_be_rung(struct kunit *test)
{
	struct bell *bell = bell_started(test);
	struct ferry_port *port = ferry_syscon_port_create(NULL, bell->map, 0, 31);

	KUNIT_ASSERT_FALSE(test, IS_ERR(port));
	KUNIT_EXPECT_EQ(test, ferry_port_start(port, &bell_user, NULL), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(port, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, bell->reg, 0);
	KUNIT_EXPECT_EQ(test, bell->value, 0x80000000);
	ferry_port_stop(port);
	ferry_port_kill(port);
}

static void doorbell_carries_no_message(struct kunit *test)
{
	struct bell *bell = bell_started(test);
	u32 msg = 1;

	KUNIT_EXPECT_EQ(test, ferry_port_send(bell->port, &msg, sizeof(msg), 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, bell->writes, 0);
}

static void failed_write_is_counted(struct kunit *test)
{
	struct bell *bell = bell_started(test);

	bell->fail = -EIO;
	KUNIT_EXPECT_EQ(test, ferry_port_send(bell->port, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, bell->port->faults, 1);
	bell->fail = 0;
	KUNIT_EXPECT_EQ(test, ferry_port_send(bell->port, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, bell->port->faults, 1);
}

static void stopped_or_killed_port_writes_nothing(struct kunit *test)
{
	struct bell *bell = bell_new(test);

	KUNIT_EXPECT_EQ(test, ferry_port_send(bell->port, NULL, 0, 0), -EAGAIN);
	KUNIT_ASSERT_EQ(test, ferry_port_start(bell->port, &bell_user, NULL), 0);
	ferry_port_kill(bell->port);
	bell->killed = true;
	KUNIT_EXPECT_EQ(test, ferry_port_send(bell->port, NULL, 0, 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, bell->writes, 0);
}

static void bell_work(struct irq_work *work)
{
	struct bell *bell = container_of(work, struct bell, work);

	bell->work_ret = ferry_port_send(bell->port, NULL, 0, 0);
}

static void ring_from_hard_irq(struct kunit *test)
{
	struct bell *bell = bell_started(test);

	bell->work_ret = -EINPROGRESS;
	init_irq_work(&bell->work, bell_work);
	KUNIT_EXPECT_TRUE(test, irq_work_queue(&bell->work));
	irq_work_sync(&bell->work);
	KUNIT_EXPECT_EQ(test, bell->work_ret, 0);
	KUNIT_EXPECT_EQ(test, bell->writes, 1);
}

static int create_attempt(void *arg)
{
	struct bell *bell = arg;
	struct ferry_port *port = ferry_syscon_port_create(NULL, bell->map, REG, BIT_NR);

	if (IS_ERR(port))
		return PTR_ERR(port);
	ferry_port_kill(port);
	return 0;
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, create_attempt, bell_new(test));
}

#if FERRY_HAS_OF_CHANGESET_NODE

struct tree {
	struct of_changeset ocs;
	bool applied;
	struct device_node *plain;	/* no syscon */
	struct device_node *edge;
};

static void tree_end(void *arg)
{
	struct tree *tree = arg;

	if (tree->applied)
		of_changeset_revert(&tree->ocs);
	of_changeset_destroy(&tree->ocs);
	of_node_put(tree->edge);
	of_node_put(tree->plain);
}

static int tree_fill(struct tree *tree)
{
	static const u32 plain[] = { PHANDLE_PLAIN, REG, BIT_NR };
	static const u32 nobody[] = { PHANDLE_NOBODY, REG, BIT_NR };
	static const u32 brief[] = { PHANDLE_PLAIN, REG };
	struct device_node *root = of_find_node_by_path("/");
	struct of_changeset *ocs = &tree->ocs;

	tree->plain = of_changeset_create_node(ocs, root, "ferry-kunit-plain");
	tree->edge = of_changeset_create_node(ocs, root, "ferry-kunit-edge");
	of_node_put(root);
	if (!tree->plain || !tree->edge)
		return -ENOMEM;
	of_node_set_flag(tree->plain, OF_POPULATED);
	of_node_set_flag(tree->edge, OF_POPULATED);
	return of_changeset_add_prop_u32_array(ocs, tree->edge, "plain", plain, 3) ?:
	       of_changeset_add_prop_u32_array(ocs, tree->edge, "nobody", nobody, 3) ?:
	       of_changeset_add_prop_u32_array(ocs, tree->edge, "brief", brief, 2) ?:
	       of_changeset_apply(ocs);
}

static int tree_error(struct tree *tree, const char *prop)
{
	struct ferry_port *port = ferry_syscon_port_of(NULL, tree->edge, prop);

	if (!IS_ERR(port))
		ferry_port_kill(port);
	return PTR_ERR_OR_ZERO(port);
}

static void tree_without_syscon_has_no_port(struct kunit *test)
{
	struct tree *tree = kunit_kzalloc(test, sizeof(*tree), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, tree);
	of_changeset_init(&tree->ocs);
	ferry_defer(test, tree_end, tree);
	ret = tree_fill(tree);
	KUNIT_ASSERT_EQ(test, ret, 0);
	tree->applied = true;
	tree->plain->phandle = PHANDLE_PLAIN;

	KUNIT_EXPECT_EQ(test, tree_error(tree, "missing"), -ENOENT);
	KUNIT_EXPECT_EQ(test, tree_error(tree, "nobody"), -EINVAL);
	KUNIT_EXPECT_EQ(test, tree_error(tree, "brief"), -EINVAL);
	/* Newer kernels say that it may yet become one. */
	ret = tree_error(tree, "plain");
	KUNIT_EXPECT_TRUE(test, ret == -EINVAL || ret == -EPROBE_DEFER);
}

#else

static void tree_without_syscon_has_no_port(struct kunit *test)
{
	kunit_skip(test, "this kernel makes no nodes at run time");
}

#endif /* FERRY_HAS_OF_CHANGESET_NODE */

static struct kunit_case syscon_cases[] = {
	KUNIT_CASE(create_refuses_bad_arguments),
	KUNIT_CASE(regmap_that_sleeps_is_refused),
	KUNIT_CASE(ring_writes_its_bit_only),
	KUNIT_CASE(highest_bit_can_be_rung),
	KUNIT_CASE(doorbell_carries_no_message),
	KUNIT_CASE(failed_write_is_counted),
	KUNIT_CASE(stopped_or_killed_port_writes_nothing),
	KUNIT_CASE(ring_from_hard_irq),
	KUNIT_CASE(create_survives_a_failing_allocation),
	KUNIT_CASE(tree_without_syscon_has_no_port),
	{}
};

static struct kunit_suite syscon_suite = {
	.name = "ferry_port_syscon",
	.test_cases = syscon_cases,
};

kunit_test_suite(syscon_suite);

MODULE_DESCRIPTION("Ferry: tests of bits of a syscon as doorbells");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
