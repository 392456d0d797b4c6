// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMC through RTKit, with the simulated co-processor: from boot to crash and back.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/link.h>
#include <linux/ferry/port.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/rtkit.h>
#include <linux/ferry/smc.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "../../drivers/sim/rtkit.h"
#include "../core/fake.h"
#include "../core/iomem.h"
#include "../ferry_kunit.h"

#define KEY(s)	FERRY_SMC_KEY((s)[0], (s)[1], (s)[2], (s)[3])
#define FAULT(id) FERRY_SIM_RTKIT_FAULT(id)

struct rig {
	struct kunit *test;
	struct iomem *io;
	struct platform_device *pdev;
	struct resource sram;
	struct ferry_sim_rtkit *sim;
	struct ferry_rtkit *rtk;
	struct ferry_link *link;
	struct ferry_smc *smc;
	u8 value[8];
	int ret;
};

static int cpu_run(void *data)
{
	struct rig *rig = data;

	ferry_sim_rtkit_run(rig->sim, true);
	return 0;
}

static int cpu_reset(void *data)
{
	struct rig *rig = data;

	ferry_sim_rtkit_run(rig->sim, false);
	return 0;
}

static const struct ferry_rtkit_cpu_ops cpu_ops = {
	.run = cpu_run,
	.reset = cpu_reset,
};

static void rig_end(void *arg)
{
	struct rig *rig = arg;

	ferry_smc_destroy(rig->smc);
	if (!IS_ERR_OR_NULL(rig->rtk))
		ferry_rtkit_destroy(rig->rtk);
	if (!IS_ERR_OR_NULL(rig->sim))
		ferry_sim_rtkit_destroy(rig->sim);
	platform_device_unregister(rig->pdev);
	KUNIT_EXPECT_EQ(rig->test, rig->io->maps, 0);
}

static void rig_link(struct kunit *test, struct rig *rig)
{
	const struct ferry_provide_cfg memory = {
		.backing = FERRY_BACKING_LENT, .window = rig->sram, .max_size = IOMEM_SIZE,
		.max = 8,
	};
	struct ferry_rtkit_cfg cfg = {
		.name = "smc", .memory = &memory, .cpu = &cpu_ops, .data = rig,
	};

	ferry_sim_rtkit_ports(rig->sim, &cfg.tx, &cfg.rx);
	rig->rtk = ferry_rtkit_create(&rig->pdev->dev, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->rtk));
	rig->link = ferry_rtkit_link(rig->rtk);
}

/* A co-processor that is on, and places all its buffers itself. */
static struct rig *rig_new(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct ferry_sim_rtkit_cfg cfg = { .name = "kunit-smc", .placed = 0xf };

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	rig->io = iomem_get();
	rig->pdev = platform_device_register_simple("ferry-smc-kunit", PLATFORM_DEVID_AUTO, NULL,
						    0);
	ferry_defer(test, rig_end, rig);
	rig->sram.start = rig->io->phys;
	rig->sram.end = rig->io->phys + IOMEM_SIZE - 1;
	rig->sram.flags = IORESOURCE_MEM;
	cfg.sram.mem = rig->io->mem;
	cfg.sram.addr = rig->io->phys;
	cfg.sram.size = IOMEM_SIZE;
	rig->sim = ferry_sim_rtkit_create_ports(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->sim));
	rig_link(test, rig);
	KUNIT_ASSERT_EQ(test, ferry_rtkit_boot(rig->rtk), 0);
	return rig;
}

static int rig_start(struct rig *rig)
{
	rig->smc = ferry_smc_create(&rig->pdev->dev, rig->link, &rig->sram);
	return PTR_ERR_OR_ZERO(rig->smc);
}

static struct rig *rig_up(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	KUNIT_ASSERT_EQ(test, rig_start(rig), 0);
	return rig;
}

/* What is done in work after a start was done. */
static bool rig_works(struct rig *rig)
{
	u8 value[4];

	return FERRY_WAIT(ferry_smc_read(rig->smc, KEY("TC0P"), value, 4) == 4);
}

static void expect_nothing_wrong(struct kunit *test, struct rig *rig)
{
	struct ferry_sim_rtkit_stats stats;

	ferry_sim_rtkit_stats(rig->sim, &stats);
	KUNIT_EXPECT_EQ(test, stats.wrongs, 0);
}

static void keys_are_read_and_written(struct kunit *test)
{
	static const u8 temp[] = { 0x00, 0x00, 0x12, 0x42 };
	struct rig *rig = rig_up(test);
	struct ferry_smc_info info;
	u8 out[64], in[64];
	unsigned int i;
	u32 key;

	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("TC0P"), in, 4), 4);
	KUNIT_EXPECT_MEMEQ(test, in, temp, 4);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("TC0P"), in, 64), 4);
	KUNIT_EXPECT_MEMEQ(test, in, temp, 4);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("RPlt"), in, 8), 8);
	KUNIT_EXPECT_MEMEQ(test, in, "j000sim", 8);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("RPlt"), in, 7), -EIO);
	for (i = 0; i < sizeof(out); i++)
		out[i] = i ^ 0x5a;
	KUNIT_EXPECT_EQ(test, ferry_smc_write(rig->smc, KEY("LONG"), out, 64), 0);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("LONG"), in, 64), 64);
	KUNIT_EXPECT_MEMEQ(test, in, out, 64);
	out[0] = 1;
	KUNIT_EXPECT_EQ(test, ferry_smc_rw(rig->smc, KEY("LONG"), out, 64, in, 64), 64);
	KUNIT_EXPECT_MEMEQ(test, in, out, 64);
	KUNIT_EXPECT_EQ(test, ferry_smc_write(rig->smc, KEY("TC0P"), out, 4), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("NONE"), in, 4), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_smc_key_by_index(rig->smc, 8, &key), 0);
	KUNIT_EXPECT_EQ(test, key, KEY("TC0P"));
	KUNIT_EXPECT_EQ(test, ferry_smc_key_by_index(rig->smc, 12, &key), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_smc_key_info(rig->smc, KEY("PSTR"), &info), 0);
	KUNIT_EXPECT_EQ(test, info.type, KEY("ioft"));
	KUNIT_EXPECT_EQ(test, info.size, 8);
	expect_nothing_wrong(test, rig);
}

static void events_come_until_nobody_wants_them(struct kunit *test)
{
	struct rig *rig = rig_up(test);
	struct ferry_smc_stats stats;

	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_smc_notify(rig->sim, 0x71010203), 0);
	KUNIT_EXPECT_TRUE(test, rig_works(rig));
	ferry_smc_stats(rig->smc, &stats);
	KUNIT_EXPECT_EQ(test, stats.notifications, 1);
	KUNIT_EXPECT_EQ(test, stats.last, 0x71010203);
	ferry_smc_destroy(rig->smc);
	rig->smc = NULL;
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_smc_notify(rig->sim, 1), -EAGAIN);
	expect_nothing_wrong(test, rig);
}

static void it_works_after_each_way_of_rest(struct kunit *test)
{
	struct rig *rig = rig_up(test);
	u8 value[4];

	KUNIT_EXPECT_EQ(test, ferry_rtkit_quiesce(rig->rtk), 0);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("TC0P"), value, 4), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_wake(rig->rtk), 0);
	KUNIT_EXPECT_TRUE(test, rig_works(rig));
	KUNIT_EXPECT_EQ(test, ferry_rtkit_idle(rig->rtk), 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_wake(rig->rtk), 0);
	KUNIT_EXPECT_TRUE(test, rig_works(rig));
	KUNIT_EXPECT_EQ(test, ferry_rtkit_shutdown(rig->rtk), 0);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(rig->rtk), 0);
	KUNIT_EXPECT_TRUE(test, rig_works(rig));
	expect_nothing_wrong(test, rig);
}

static void it_works_after_a_crash(struct kunit *test)
{
	struct rig *rig = rig_up(test);
	u8 value[4];

	ferry_sim_rtkit_crash(rig->sim, NULL, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_link_state(rig->link) == FERRY_STATE_CRASHED));
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("TC0P"), value, 4), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_smc_read_atomic(rig->smc, KEY("TC0P"), value, 4), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(rig->rtk), 0);
	KUNIT_EXPECT_TRUE(test, rig_works(rig));
}

static void rig_read_atomic(void *arg)
{
	struct rig *rig = arg;

	rig->ret = ferry_smc_read_atomic(rig->smc, KEY("RPlt"), rig->value, 8);
}

static void it_works_in_hard_irq(struct kunit *test)
{
	struct rig *rig = rig_up(test);

	fake_in_irq(test, rig_read_atomic, rig);
	KUNIT_EXPECT_EQ(test, rig->ret, 8);
	KUNIT_EXPECT_MEMEQ(test, rig->value, "j000sim", 8);
	expect_nothing_wrong(test, rig);
}

static void an_area_outside_is_refused(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	ferry_sim_rtkit_set_faults(rig->sim, FAULT(SMC_OUTSIDE));
	KUNIT_EXPECT_EQ(test, rig_start(rig), -ERANGE);
}

static void silence_has_an_end(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u8 value[4];

	ferry_sim_rtkit_set_faults(rig->sim, FAULT(SMC_SILENT));
	KUNIT_EXPECT_EQ(test, rig_start(rig), -ETIMEDOUT);
	ferry_sim_rtkit_set_faults(rig->sim, 0);
	KUNIT_ASSERT_EQ(test, rig_start(rig), 0);
	ferry_sim_rtkit_set_faults(rig->sim, FAULT(SMC_SILENT));
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("TC0P"), value, 4), -ETIMEDOUT);
	ferry_sim_rtkit_set_faults(rig->sim, 0);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("TC0P"), value, 4), 4);
}

static void lies_are_not_believed(struct kunit *test)
{
	struct rig *rig = rig_up(test);
	struct ferry_smc_stats stats;
	u8 value[8];

	ferry_sim_rtkit_set_faults(rig->sim, FAULT(SMC_LONG));
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("TC0P"), value, 4), -EPROTO);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("RPlt"), value, 8), -EPROTO);
	ferry_sim_rtkit_set_faults(rig->sim, FAULT(SMC_WRONG_ID));
	KUNIT_EXPECT_EQ(test, ferry_smc_read(rig->smc, KEY("TC0P"), value, 4), -ETIMEDOUT);
	ferry_smc_stats(rig->smc, &stats);
	KUNIT_EXPECT_EQ(test, stats.unknown, 1);
}

static struct kunit_case smc_sim_cases[] = {
	KUNIT_CASE(keys_are_read_and_written),
	KUNIT_CASE(events_come_until_nobody_wants_them),
	KUNIT_CASE(it_works_after_each_way_of_rest),
	KUNIT_CASE(it_works_after_a_crash),
	KUNIT_CASE(it_works_in_hard_irq),
	KUNIT_CASE(an_area_outside_is_refused),
	KUNIT_CASE(silence_has_an_end),
	KUNIT_CASE(lies_are_not_believed),
	{}
};

static struct kunit_suite smc_sim_suite = {
	.name = "ferry_smc_sim",
	.test_cases = smc_sim_cases,
};

kunit_test_suite(smc_sim_suite);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of the SMC with the simulated co-processor");
FERRY_IMPORT_TEST();
