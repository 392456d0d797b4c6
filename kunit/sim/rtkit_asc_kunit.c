// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor behind emulated registers: its CPU, its SART, its memory.
 * The mailbox itself is tested with its ports.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/module.h>

#include "../../drivers/sim/rtkit.h"
#include "../../drivers/sim/rtkit_regs.h"
#include "../ferry_kunit.h"

#define CPU_CONTROL	0x44
#define CPU_STATUS	0x48
#define CPU_RUN		BIT(4)
#define CPU_RUNNING	BIT(0)
#define CPU_STOPPED	BIT(1)

#define I2A_CONTROL	0x114
#define I2A_EMPTY	BIT(17)
#define SEND0		0x800
#define SEND1		0x808
#define RECV0		0x830
#define RECV1		0x838

#define SART_PADDR	0x40
#define SART_SIZE	0x80

struct rig {
	struct ferry_sim_asc *asc;
	struct ferry_sim_rtkit *sim;
	void __iomem *regs[FERRY_SIM_ASC_NR_WINDOWS];
};

static void rig_end(void *arg)
{
	struct rig *rig = arg;
	int i;

	for (i = 0; i < FERRY_SIM_ASC_NR_WINDOWS; i++) {
		if (rig->regs[i])
			iounmap(rig->regs[i]);
	}
	if (!IS_ERR_OR_NULL(rig->sim))
		ferry_sim_asc_rtkit_end(rig->asc, rig->sim);
	if (!IS_ERR_OR_NULL(rig->asc))
		ferry_sim_asc_put(rig->asc);
}

static struct rig *rig_new(struct kunit *test, enum ferry_sim_sart sart)
{
	const struct ferry_sim_rtkit_cfg cfg = { .name = "asc" };
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	ferry_defer(test, rig_end, rig);
	rig->asc = ferry_sim_asc_get(FERRY_SIM_ASC_V4, sart);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->asc));
	rig->sim = ferry_sim_asc_rtkit(rig->asc, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->sim));
	for (i = 0; i < FERRY_SIM_ASC_NR_WINDOWS; i++) {
		rig->regs[i] = ioremap(ferry_sim_asc_phys(rig->asc, i), FERRY_SIM_ASC_WINDOW);
		KUNIT_ASSERT_TRUE(test, rig->regs[i]);
	}
	return rig;
}

/* Without a pause: looking at an empty FIFO makes the firmware work. */
static void expect(struct kunit *test, struct rig *rig, u8 ep, u64 msg0)
{
	void __iomem *regs = rig->regs[FERRY_SIM_ASC_MAILBOX];

	KUNIT_ASSERT_FALSE(test, readl(regs + I2A_CONTROL) & I2A_EMPTY);
	KUNIT_EXPECT_EQ(test, readq(regs + RECV0), msg0);
	KUNIT_EXPECT_EQ(test, readl(regs + RECV1), ep);
}

static void silence(struct kunit *test, struct rig *rig)
{
	KUNIT_EXPECT_TRUE(test, readl(rig->regs[FERRY_SIM_ASC_MAILBOX] + I2A_CONTROL) & I2A_EMPTY);
}

static void send(struct rig *rig, u8 ep, u64 msg0)
{
	writeq(msg0, rig->regs[FERRY_SIM_ASC_MAILBOX] + SEND0);
	writeq(ep, rig->regs[FERRY_SIM_ASC_MAILBOX] + SEND1);
}

static void meet(struct kunit *test, struct rig *rig)
{
	writel(CPU_RUN, rig->regs[FERRY_SIM_ASC_CPU] + CPU_CONTROL);
	expect(test, rig, 0, 0x00100000000c000b);
	send(rig, 0, 0x00200000000c000c);
	expect(test, rig, 0, 0x008000000000011f);
	send(rig, 0, 0x0080000000000001);
	expect(test, rig, 0, 0x008800010000000f);
	send(rig, 0, 0x0088000100000000);
	silence(test, rig);
}

static void run_bit_lets_it_out_of_reset_and_back(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_SIM_SART_NONE);
	void __iomem *cpu = rig->regs[FERRY_SIM_ASC_CPU];

	KUNIT_EXPECT_EQ(test, readl(cpu + CPU_STATUS), CPU_STOPPED);
	silence(test, rig);
	meet(test, rig);
	KUNIT_EXPECT_EQ(test, readl(cpu + CPU_STATUS), CPU_RUNNING);
	/* Written again it changes nothing. */
	writel(CPU_RUN, cpu + CPU_CONTROL);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(rig->sim), FERRY_SIM_RTKIT_WAIT_EPS);
	writel(0, cpu + CPU_CONTROL);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(rig->sim), FERRY_SIM_RTKIT_RESET);
	send(rig, 0, 0x0060000000000220);
	silence(test, rig);
}

/* A known answer for each version: 16 KiB at 0x800004000. */
struct sart_case {
	const char *name;
	enum ferry_sim_sart sart;
	u32 config;
	u32 size;
	u32 half_config;	/* flags are missing */
};

static const struct sart_case sart_cases[] = {
	{ "v0", FERRY_SIM_SART_V0, 0x0f000004, 0, 0x0e000004 },
	{ "v2", FERRY_SIM_SART_V2, 0xff000004, 0, 0x7f000004 },
	{ "v3", FERRY_SIM_SART_V3, 0x000000ff, 4, 0x000000fe },
};

static void sart_case_desc(const struct sart_case *sc, char *desc)
{
	strscpy(desc, sc->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sart, sart_cases, sart_case_desc);

static void sart_lets_through_what_it_was_told(struct kunit *test)
{
	const struct sart_case *sc = test->param_value;
	struct rig *rig = rig_new(test, sc->sart);
	void __iomem *sart = rig->regs[FERRY_SIM_ASC_SART];
	struct ferry_sim_asc *asc = rig->asc;

	KUNIT_EXPECT_FALSE(test, ferry_sim_asc_allows(asc, 0x800004000, 0x4000));
	writel(0x00800004, sart + SART_PADDR + 4 * 15);
	writel(sc->size, sart + SART_SIZE + 4 * 15);
	writel(sc->config, sart + 4 * 15);
	KUNIT_EXPECT_EQ(test, readl(sart + 4 * 15), sc->config);
	KUNIT_EXPECT_TRUE(test, ferry_sim_asc_allows(asc, 0x800004000, 0x4000));
	KUNIT_EXPECT_TRUE(test, ferry_sim_asc_allows(asc, 0x800007fff, 1));
	KUNIT_EXPECT_FALSE(test, ferry_sim_asc_allows(asc, 0x800008000, 1));
	KUNIT_EXPECT_FALSE(test, ferry_sim_asc_allows(asc, 0x800003fff, 2));
	KUNIT_EXPECT_FALSE(test, ferry_sim_asc_allows(asc, U64_MAX, 2));
	writel(sc->half_config, sart + 4 * 15);
	KUNIT_EXPECT_FALSE(test, ferry_sim_asc_allows(asc, 0x800004000, 0x4000));
}

/* Two entries that touch are as good as one. */
static void sart_entries_add_up(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_SIM_SART_V2);
	void __iomem *sart = rig->regs[FERRY_SIM_ASC_SART];

	writel(0x00800004, sart + SART_PADDR);
	writel(0xff000004, sart);
	writel(0x00800008, sart + SART_PADDR + 4);
	writel(0xff000001, sart + 4);
	KUNIT_EXPECT_TRUE(test, ferry_sim_asc_allows(rig->asc, 0x800004000, 0x5000));
	KUNIT_EXPECT_FALSE(test, ferry_sim_asc_allows(rig->asc, 0x800004000, 0x5001));
}

static void buffer_that_is_not_allowed_is_not_touched(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_SIM_SART_V3);
	void __iomem *sart = rig->regs[FERRY_SIM_ASC_SART];
	struct ferry_sim_rtkit_stats stats;
	unsigned long mem = get_zeroed_page(GFP_KERNEL);
	u64 addr = virt_to_phys((void *)mem);

	KUNIT_ASSERT_NE(test, mem, 0);
	meet(test, rig);
	send(rig, 0, 0x0050000400000002);
	expect(test, rig, 4, 0x0010100000000000);
	send(rig, 4, 0x0010100000000000 | addr);
	silence(test, rig);
	ferry_sim_rtkit_stats(rig->sim, &stats);
	KUNIT_EXPECT_EQ(test, stats.wrong[FERRY_SIM_RTKIT_WRONG_FORBIDDEN], 1);
	KUNIT_EXPECT_EQ(test, stats.wrongs, 1);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_buf_addr(rig->sim, FERRY_SIM_RTKIT_IOREPORT), 0);

	writel(addr >> 12, sart + SART_PADDR);
	writel(1, sart + SART_SIZE);
	writel(0xff, sart);
	send(rig, 4, 0x0010100000000000 | addr);
	silence(test, rig);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_buf_addr(rig->sim, FERRY_SIM_RTKIT_IOREPORT), addr);

	/* Taken back: what it is told to write it does not. */
	writel(0, sart);
	ferry_sim_rtkit_set_faults(rig->sim, FERRY_SIM_RTKIT_FAULT(SCRIBBLE));
	silence(test, rig);
	ferry_sim_rtkit_set_faults(rig->sim, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv((void *)mem, 0, PAGE_SIZE));
	ferry_sim_rtkit_stats(rig->sim, &stats);
	KUNIT_EXPECT_GE(test, stats.wrong[FERRY_SIM_RTKIT_WRONG_FORBIDDEN], 2);
	ferry_sim_rtkit_run(rig->sim, false);
	free_page(mem);
}

static void lent_memory_is_the_same_from_both_sides(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_SIM_SART_NONE);
	void __iomem *sram = rig->regs[FERRY_SIM_ASC_SRAM];
	u8 *mem = ferry_sim_asc_sram(rig->asc);
	u8 copy[7];

	memcpy(mem + 0x1ffd, "abcdefg", 7);
	memcpy_fromio(copy, sram + 0x1ffd, 7);
	KUNIT_EXPECT_MEMEQ(test, copy, "abcdefg", 7);
	memcpy_toio(sram + 3, "xyz", 3);
	KUNIT_EXPECT_MEMEQ(test, mem + 3, "xyz", 3);
	writel(0x04030201, sram + 8);
	KUNIT_EXPECT_EQ(test, mem[8], 1);
	KUNIT_EXPECT_EQ(test, readb(sram + 11), 4);
	memset_io(sram + 16, 0x5a, 3);
	KUNIT_EXPECT_EQ(test, mem[18], 0x5a);
	KUNIT_EXPECT_EQ(test, mem[19], 0);
}

static struct kunit_case asc_cases[] = {
	KUNIT_CASE(run_bit_lets_it_out_of_reset_and_back),
	KUNIT_CASE_PARAM(sart_lets_through_what_it_was_told, sart_gen_params),
	KUNIT_CASE(sart_entries_add_up),
	KUNIT_CASE(buffer_that_is_not_allowed_is_not_touched),
	KUNIT_CASE(lent_memory_is_the_same_from_both_sides),
	{}
};

static struct kunit_suite asc_suite = {
	.name = "ferry_sim_asc",
	.test_cases = asc_cases,
};

kunit_test_suite(asc_suite);

MODULE_DESCRIPTION("Ferry: tests of the simulated co-processor behind registers");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
