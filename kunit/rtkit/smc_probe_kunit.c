// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMC: found by its node, with the simulated co-processor behind the mailbox that it names.
 */
#include <kunit/test.h>
#include <linux/ferry/port.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/rtkit.h>
#include <linux/ferry/smc.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "../../drivers/compat.h"
#include "../../drivers/sim/rtkit.h"
#include "../core/fake.h"
#include "../core/iomem.h"
#include "../ferry_kunit.h"

#if FERRY_HAS_OF_CHANGESET_NODE

#define PHANDLE_MAILBOX		0x7e00021

/* A mailbox and an SMC that names it, as nodes and as devices. */
struct rig {
	struct iomem *io;
	struct of_changeset ocs;
	bool applied;
	struct device_node *mailbox_node;
	struct device_node *smc_node;
	struct platform_device *mailbox;
	struct platform_device *smc;
	struct ferry_sim_rtkit *sim;
};

/* Who needs a mailbox has to wait for its driver. */
static int mailbox_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver mailbox_driver = {
	.probe = mailbox_probe,
	.driver = { .name = "ferry-kunit-mailbox" },
};

static void rig_end(void *arg)
{
	struct rig *rig = arg;

	platform_device_unregister(rig->smc);
	if (!IS_ERR_OR_NULL(rig->sim))
		ferry_sim_rtkit_destroy(rig->sim);
	platform_device_unregister(rig->mailbox);
	if (rig->applied)
		of_changeset_revert(&rig->ocs);
	of_changeset_destroy(&rig->ocs);
	of_node_put(rig->smc_node);
	of_node_put(rig->mailbox_node);
	platform_driver_unregister(&mailbox_driver);
}

static int rig_fill(struct rig *rig, const char *compatible)
{
	struct device_node *root = of_find_node_by_path("/");
	struct of_changeset *ocs = &rig->ocs;

	rig->mailbox_node = of_changeset_create_node(ocs, root, "ferry-kunit-mailbox");
	rig->smc_node = of_changeset_create_node(ocs, root, "ferry-kunit-smc");
	of_node_put(root);
	if (!rig->mailbox_node || !rig->smc_node)
		return -ENOMEM;
	/* No device shall be made of them: the test makes its own. */
	of_node_set_flag(rig->mailbox_node, OF_POPULATED);
	of_node_set_flag(rig->smc_node, OF_POPULATED);
	return of_changeset_add_prop_u32(ocs, rig->mailbox_node, "#mbox-cells", 0) ?:
	       of_changeset_add_prop_string(ocs, rig->smc_node, "compatible", compatible) ?:
	       of_changeset_add_prop_u32(ocs, rig->smc_node, "mboxes", PHANDLE_MAILBOX) ?:
	       of_changeset_apply(ocs);
}

static struct platform_device *rig_device(struct kunit *test, struct device_node *np,
					  const struct resource *res, const char *name)
{
	const struct platform_device_info info = {
		.name = name, .id = PLATFORM_DEVID_AUTO, .fwnode = of_fwnode_handle(np),
		.res = res, .num_res = res ? 1 : 0,
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	return pdev;
}

static struct resource rig_sram(struct rig *rig, const char *name)
{
	return (struct resource){
		.start = rig->io->phys, .end = rig->io->phys + IOMEM_SIZE - 1,
		.flags = IORESOURCE_MEM, .name = name,
	};
}

/* As a boot loader does: it is started, and put to sleep. */
static void rig_put_to_sleep(struct kunit *test, struct rig *rig)
{
	const struct ferry_provide_cfg memory = {
		.backing = FERRY_BACKING_LENT, .window = rig_sram(rig, "sram"),
		.max_size = IOMEM_SIZE, .max = 8,
	};
	struct ferry_rtkit_cfg cfg = { .name = "loader", .memory = &memory };
	struct ferry_rtkit *rtk;

	ferry_sim_rtkit_ports(rig->sim, &cfg.tx, &cfg.rx);
	rtk = ferry_rtkit_create(&rig->mailbox->dev, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rtk));
	ferry_sim_rtkit_run(rig->sim, true);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(rtk), 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_shutdown(rtk), 0);
	ferry_rtkit_destroy(rtk);
	KUNIT_ASSERT_EQ(test, ferry_sim_rtkit_state(rig->sim), FERRY_SIM_RTKIT_SLEEP);
}

/* All but the device of the SMC. */
static struct rig *rig_new(struct kunit *test, const char *compatible)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct ferry_sim_rtkit_cfg cfg = { .name = "kunit-smc", .placed = 0xf };
	struct ferry_port *tx, *rx;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	KUNIT_ASSERT_EQ(test, platform_driver_register(&mailbox_driver), 0);
	rig->io = iomem_get();
	of_changeset_init(&rig->ocs);
	ferry_defer(test, rig_end, rig);
	KUNIT_ASSERT_EQ(test, rig_fill(rig, compatible), 0);
	rig->applied = true;
	/* Read from the node when it is attached, and the property came later. */
	rig->mailbox_node->phandle = PHANDLE_MAILBOX;
	rig->mailbox = rig_device(test, rig->mailbox_node, NULL, "ferry-kunit-mailbox");
	cfg.sram.mem = rig->io->mem;
	cfg.sram.addr = rig->io->phys;
	cfg.sram.size = IOMEM_SIZE;
	rig->sim = ferry_sim_rtkit_create_ports(&rig->mailbox->dev, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->sim));
	rig_put_to_sleep(test, rig);
	ferry_sim_rtkit_ports(rig->sim, &tx, &rx);
	KUNIT_ASSERT_EQ(test, ferry_port_publish(tx, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_publish(rx, 0), 0);
	return rig;
}

static struct ferry_smc *rig_probe(struct kunit *test, struct rig *rig, const char *name)
{
	const struct resource res = rig_sram(rig, name);

	rig->smc = rig_device(test, rig->smc_node, &res, "ferry-kunit-smc");
	return rig->smc->dev.driver ? platform_get_drvdata(rig->smc) : NULL;
}

static const char * const compatibles[] = { "apple,smc", "apple,t8103-smc" };

static void compatible_desc(const char * const *compatible, char *desc)
{
	strscpy(desc, *compatible, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(compatible, compatibles, compatible_desc);

static void node_is_woken_and_quiesced(struct kunit *test)
{
	const char * const *compatible = test->param_value;
	struct rig *rig = rig_new(test, *compatible);
	static const u8 temp[] = { 0x00, 0x00, 0x12, 0x42 };
	struct ferry_sim_rtkit_stats stats;
	struct ferry_smc *smc;
	unsigned int i;
	u8 value[4];

	for (i = 0; i < 2; i++) {
		smc = rig_probe(test, rig, "sram");
		KUNIT_ASSERT_NOT_NULL(test, smc);
		KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(rig->sim), FERRY_SIM_RTKIT_ON);
		KUNIT_EXPECT_EQ(test, ferry_smc_read(smc, FERRY_SMC_KEY('T', 'C', '0', 'P'), value,
						     sizeof(value)), 4);
		KUNIT_EXPECT_MEMEQ(test, value, temp, sizeof(temp));
		platform_device_unregister(rig->smc);
		rig->smc = NULL;
		KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(rig->sim), FERRY_SIM_RTKIT_QUIESCED);
	}
	KUNIT_EXPECT_EQ(test, rig->io->maps, 0);
	ferry_sim_rtkit_stats(rig->sim, &stats);
	KUNIT_EXPECT_EQ(test, stats.wrongs, 0);
}

/* Without its memory, or with one that says nothing, nothing is bound and nothing is left. */
static void node_that_does_not_work_is_left_alone(struct kunit *test)
{
	struct rig *rig = rig_new(test, "apple,smc");

	KUNIT_EXPECT_PTR_EQ(test, rig_probe(test, rig, "smc"), NULL);
	platform_device_unregister(rig->smc);
	ferry_sim_rtkit_set_faults(rig->sim, FERRY_SIM_RTKIT_FAULT(NO_HELLO));
	KUNIT_EXPECT_PTR_EQ(test, rig_probe(test, rig, "sram"), NULL);
	platform_device_unregister(rig->smc);
	rig->smc = NULL;
	KUNIT_EXPECT_EQ(test, rig->io->maps, 0);
}

#endif

static struct kunit_case probe_cases[] = {
#if FERRY_HAS_OF_CHANGESET_NODE
	KUNIT_CASE_PARAM(node_is_woken_and_quiesced, compatible_gen_params),
	KUNIT_CASE(node_that_does_not_work_is_left_alone),
#endif
	{}
};

static struct kunit_suite probe_suite = {
	.name = "ferry_smc_probe",
	.test_cases = probe_cases,
};

kunit_test_suite(probe_suite);

MODULE_DESCRIPTION("Ferry: tests of the SMC of a device tree");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
