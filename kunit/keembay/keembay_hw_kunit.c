// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay down to its registers: the protocol, the driver of the FIFOs as it is, the
 * emulated registers, and the simulated VPU behind them.
 */
#include <kunit/test.h>
#include <linux/ferry/port_keembay.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "../../drivers/compat.h"
#include "../../drivers/sim/keembay_regs.h"
#include "../../drivers/sim/keembay_vpu.h"
#include "fake_vpu.h"

/* More than both FIFOs hold. */
#define MESSAGES	600

struct hw {
	struct ferry_sim_kmb *regs;
	struct platform_device *pdev;
	void __iomem *fifo[FERRY_SIM_KMB_NR_FIFOS];
	struct fake_vpu fake;
	struct ferry_sim_vpu *vpu;
};

static int hw_push(void *data, u32 entry)
{
	struct hw *hw = data;

	return ferry_sim_kmb_push(hw->regs, FERRY_SIM_KMB_CPU, entry) ? -EBUSY : 0;
}

static int hw_pop(void *data, u32 *entry)
{
	struct hw *hw = data;

	/* With the number of the writer: the CPU is 0, and the VPU checks that. */
	return ferry_sim_kmb_pop(hw->regs, FERRY_SIM_KMB_VPU, entry);
}

static const struct ferry_sim_vpu_fifo hw_fifo = {
	.push = hw_push,
	.pop = hw_pop,
};

static void hw_kick(void *vpu)
{
	ferry_sim_vpu_kick(vpu);
}

static void hw_regs_put(void *regs)
{
	ferry_sim_kmb_put(regs);
}

static void hw_pdev_del(void *pdev)
{
	platform_device_unregister(pdev);
}

static void hw_unmap(void *fifo)
{
	iounmap((void __iomem __force *)fifo);
}

static void hw_vpu_end(void *arg)
{
	struct hw *hw = arg;

	ferry_sim_kmb_notify(hw->regs, NULL, NULL);
	ferry_sim_vpu_destroy(hw->vpu);
}

static void hw_regs(struct kunit *test, struct hw *hw)
{
	int i;

	hw->regs = ferry_sim_kmb_get();
	KUNIT_ASSERT_FALSE(test, IS_ERR(hw->regs));
	ferry_defer(test, hw_regs_put, hw->regs);
	for (i = 0; i < FERRY_SIM_KMB_NR_FIFOS; i++) {
		hw->fifo[i] = ioremap(ferry_sim_kmb_phys(hw->regs, i), FERRY_SIM_KMB_WINDOW);
		KUNIT_ASSERT_TRUE(test, hw->fifo[i]);
		ferry_defer(test, hw_unmap, (void __force *)hw->fifo[i]);
	}
}

static void hw_ports(struct kunit *test, struct hw *hw)
{
	struct fake_vpu *fake = &hw->fake;

	hw->pdev = platform_device_register_simple("ferry_hw_kunit", PLATFORM_DEVID_AUTO, NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(hw->pdev));
	ferry_defer(test, hw_pdev_del, hw->pdev);
	fake->tx = ferry_kmb_fifo_create_tx(&hw->pdev->dev, hw->fifo[FERRY_SIM_KMB_VPU]);
	KUNIT_ASSERT_FALSE(test, IS_ERR(fake->tx));
	ferry_defer(test, fake_kill, fake->tx);
	fake->rx = ferry_kmb_fifo_create_rx(&hw->pdev->dev, hw->fifo[FERRY_SIM_KMB_CPU],
					    ferry_sim_kmb_irq(hw->regs));
	KUNIT_ASSERT_FALSE(test, IS_ERR(fake->rx));
	ferry_defer(test, fake_kill, fake->rx);
}

static void hw_vpu(struct kunit *test, struct hw *hw, u32 ready_ms)
{
	struct ferry_sim_vpu_cfg cfg = {
		.name = "kunit-hw",
		.fifo = &hw_fifo,
		.fifo_data = hw,
		.ready_ms = ready_ms,
	};
	struct fake_vpu *fake = &hw->fake;

	fake->cpu = fake_memory(test, REGION_SIZE);
	fake->vpu = fake_memory(test, REGION_SIZE);
	fake->cpu_region = fake_region(test, fake->cpu, CPU_BASE, REGION_SIZE);
	fake->vpu_region = fake_region(test, fake->vpu, VPU_BASE, REGION_SIZE);
	cfg.cpu_region = fake->cpu_region;
	cfg.vpu_region = fake->vpu_region;
	hw->vpu = ferry_sim_vpu_create(&cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(hw->vpu));
	ferry_defer(test, hw_vpu_end, hw);
	ferry_sim_kmb_notify(hw->regs, hw_kick, hw->vpu);
}

static struct hw *hw_up(struct kunit *test, bool ready)
{
	struct hw *hw = kunit_kzalloc(test, sizeof(*hw), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, hw);
	hw_regs(test, hw);
	hw_ports(test, hw);
	hw_vpu(test, hw, ready ? 300 : FERRY_SIM_VPU_NO_READY);
	fake_link(test, &hw->fake, ready);
	KUNIT_ASSERT_EQ(test, ferry_link_start(hw->fake.link), 0);
	return hw;
}

/* Message n: n % 200 bytes, the first of which is n. */
static int hw_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct seen *seen = priv;

	if (len != seen->nr % 200 || (len && *(const u8 *)data != (u8)seen->nr))
		seen->answer++;		/* wrong ones */
	count_to(&seen->nr, seen->nr + 1);
	return 0;
}

static void messages_go_through_registers_and_back(struct kunit *test)
{
	struct hw *hw = hw_up(test, true);
	struct seen *seen = fake_seen(test);
	struct ferry_ep_cfg cfg = { .rx = hw_rx, .priv = seen, .depth = MESSAGES };
	struct ferry_ep *ep = fake_open_cfg(test, &hw->fake, 33, &cfg);
	struct ferry_sim_vpu_stats st;
	u8 data[200] = {};
	unsigned int i;

	for (i = 0; i < MESSAGES; i++) {
		data[0] = i;
		KUNIT_ASSERT_EQ(test, ferry_send(ep, data, i % 200), 0);
	}
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == MESSAGES));
	KUNIT_EXPECT_EQ(test, seen->answer, 0);
	ferry_sim_vpu_stats(hw->vpu, &st);
	KUNIT_EXPECT_EQ(test, st.bad, 0);
	FERRY_WAIT(!ferry_pool_reap(hw->fake.kmb->packets, 10000));
	expect_all_free(test, &hw->fake);
}

static void a_full_fifo_gives_everything_back(struct kunit *test)
{
	struct hw *hw = hw_up(test, false);
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep = fake_open(test, &hw->fake, 3, seen);
	unsigned int n = 0;

	/* The VPU does not look: its FIFO takes 128, and then each push is lost. */
	ferry_sim_vpu_set_faults(hw->vpu, FERRY_SIM_VPU_FAULT(SILENT));
	usleep_range(5000, 6000);
	while (!ferry_trysend(ep, "x", 1))
		n++;
	KUNIT_EXPECT_EQ(test, n, FERRY_SIM_KMB_DEPTH);
	KUNIT_EXPECT_EQ(test, ferry_sim_kmb_level(hw->regs, FERRY_SIM_KMB_VPU), n);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(ep, "x", 1, 20), -ETIMEDOUT);
	ferry_sim_vpu_set_faults(hw->vpu, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == n));
	KUNIT_EXPECT_EQ(test, ferry_send(ep, "x", 1), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == n + 1));
	FERRY_WAIT(!ferry_pool_reap(hw->fake.kmb->packets, 10000));
	expect_all_free(test, &hw->fake);
}

static void a_flood_does_not_keep_others_out(struct kunit *test)
{
	struct hw *hw = hw_up(test, false);
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep = fake_open(test, &hw->fake, 3, seen);
	unsigned int i;

	ferry_sim_vpu_set_faults(hw->vpu, FERRY_SIM_VPU_FAULT(FLOOD) |
					  FERRY_SIM_VPU_FAULT(BAD_ENTRY));
	for (i = 0; i < 50; i++)
		KUNIT_EXPECT_EQ(test, ferry_send(ep, "x", 1), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 50));
	ferry_sim_vpu_set_faults(hw->vpu, 0);
	KUNIT_EXPECT_GT(test, fake_drops(&hw->fake, FERRY_DROP_NOT_OPEN), 0);
}

static void registers_that_read_as_ones_stop_nothing_but_messages(struct kunit *test)
{
	struct hw *hw = hw_up(test, false);
	struct ferry_ep *ep = fake_open(test, &hw->fake, 3, NULL);

	ferry_sim_kmb_lie(hw->regs, FERRY_SIM_KMB_VPU, FERRY_SIM_KMB_ONES, 0);
	ferry_sim_kmb_lie(hw->regs, FERRY_SIM_KMB_CPU, FERRY_SIM_KMB_ONES, 0);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(ep, "x", 1, 20), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(hw->fake.link), 0);
	ferry_sim_kmb_lie(hw->regs, FERRY_SIM_KMB_VPU, 0, 0);
	ferry_sim_kmb_lie(hw->regs, FERRY_SIM_KMB_CPU, 0, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(hw->fake.link), 0);
	KUNIT_EXPECT_EQ(test, ferry_send(ep, "x", 1), 0);
}

static struct kunit_case hw_cases[] = {
	KUNIT_CASE(messages_go_through_registers_and_back),
	KUNIT_CASE(a_full_fifo_gives_everything_back),
	KUNIT_CASE(a_flood_does_not_keep_others_out),
	KUNIT_CASE(registers_that_read_as_ones_stop_nothing_but_messages),
	{}
};

static struct kunit_suite hw_suite = {
	.name = "ferry_keembay_hw",
	.test_cases = hw_cases,
};

kunit_test_suite(hw_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Keem Bay on emulated registers");
