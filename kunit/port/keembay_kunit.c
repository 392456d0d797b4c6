// SPDX-License-Identifier: GPL-2.0-only
/*
 * The FIFO ports of Keem Bay on emulated registers.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_keembay.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/sizes.h>

#include "../../drivers/sim/keembay_regs.h"
#include "../ferry_kunit.h"

#define CPU		FERRY_SIM_KMB_CPU
#define VPU		FERRY_SIM_KMB_VPU
#define DEPTH		FERRY_SIM_KMB_DEPTH
#define RESERVE		16
#define NOTICE_MS	50

#define REG_ATM		0x04
#define REG_STAT	0x0c
#define REG_OF_FLAG0	0x10
#define REG_OF_FLAG1	0x14

/* Known answers: packets in the pools of CPU and VPU. */
#define CPU_PACKET	0x82000140
#define VPU_PACKET	0x84000000

struct rig {
	struct ferry_sim_kmb *kmb;
	struct platform_device *pdev;
	void __iomem *regs[FERRY_SIM_KMB_NR_FIFOS];
	struct ferry_port *tx;
	struct ferry_port *rx;
	bool rx_killed;
	bool serve;		/* the call takes all messages and arms again */
	atomic_t rx_calls;
	atomic_t rx_msgs;
};

static void rig_rx(struct ferry_port *port, void *data)
{
	struct rig *rig = data;
	u32 entry;

	atomic_inc(&rig->rx_calls);
	if (!rig->serve)
		return;
	do {
		while (ferry_port_recv(port, &entry, sizeof(entry)) == sizeof(entry))
			atomic_inc(&rig->rx_msgs);
	} while (ferry_port_rx_arm(port));
}

static const struct ferry_port_user rig_user = {
	.rx = rig_rx,
};

static void rig_end(void *arg)
{
	struct rig *rig = arg;

	if (!IS_ERR_OR_NULL(rig->tx)) {
		ferry_port_stop(rig->tx);
		ferry_port_kill(rig->tx);
	}
	if (!IS_ERR_OR_NULL(rig->rx)) {
		if (!rig->rx_killed) {
			ferry_port_stop(rig->rx);
			ferry_port_kill(rig->rx);
		} else {
			ferry_port_stop(rig->rx);
		}
	}
	if (rig->regs[CPU])
		iounmap(rig->regs[CPU]);
	if (rig->regs[VPU])
		iounmap(rig->regs[VPU]);
	if (!IS_ERR_OR_NULL(rig->pdev))
		platform_device_unregister(rig->pdev);
	if (!IS_ERR_OR_NULL(rig->kmb))
		ferry_sim_kmb_put(rig->kmb);
}

static struct rig *rig_regs(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	ferry_defer(test, rig_end, rig);
	rig->kmb = ferry_sim_kmb_get();
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->kmb));
	for (i = 0; i < FERRY_SIM_KMB_NR_FIFOS; i++) {
		rig->regs[i] = ioremap(ferry_sim_kmb_phys(rig->kmb, i), FERRY_SIM_KMB_WINDOW);
		KUNIT_ASSERT_TRUE(test, rig->regs[i]);
	}
	return rig;
}

static struct rig *rig_ports(struct kunit *test)
{
	struct rig *rig = rig_regs(test);

	rig->pdev = platform_device_register_simple("ferry_keembay_kunit", PLATFORM_DEVID_AUTO,
						    NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->pdev));
	rig->tx = ferry_kmb_fifo_create_tx(&rig->pdev->dev, rig->regs[VPU]);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->tx));
	rig->rx = ferry_kmb_fifo_create_rx(&rig->pdev->dev, rig->regs[CPU],
					   ferry_sim_kmb_irq(rig->kmb));
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->rx));
	return rig;
}

static struct rig *rig_new(struct kunit *test)
{
	struct rig *rig = rig_ports(test);

	KUNIT_ASSERT_EQ(test, ferry_port_start(rig->tx, &rig_user, rig), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rig->rx, &rig_user, rig), 0);
	return rig;
}

static int rig_send(struct rig *rig, u32 entry, unsigned int flags)
{
	return ferry_port_send(rig->tx, &entry, sizeof(entry), flags);
}

static void vpu_fill(struct kunit *test, struct rig *rig, int n)
{
	while (n--)
		KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, VPU, 0x1000 | 5), 0);
}

static void vpu_drain(struct rig *rig)
{
	u32 entry;

	while (!ferry_sim_kmb_pop(rig->kmb, VPU, &entry))
		;
}

static void emulation_answers_as_described(struct kunit *test)
{
	struct rig *rig = rig_regs(test);
	void __iomem *regs = rig->regs[VPU];
	int i;

	KUNIT_EXPECT_EQ(test, readl(regs + REG_ATM), U32_MAX);
	for (i = 0; i < 8; i++)
		writel(i << 6, regs);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, readl(regs + REG_ATM), i << 6);
	KUNIT_EXPECT_EQ(test, readl(regs + REG_STAT), 0x00030805);

	vpu_fill(test, rig, DEPTH - 3);
	writel(CPU_PACKET, regs);
	KUNIT_EXPECT_EQ(test, readl(regs + REG_OF_FLAG0), 1);
	KUNIT_EXPECT_EQ(test, ferry_sim_kmb_push(rig->kmb, VPU, 62), -ENOSPC);
	KUNIT_EXPECT_EQ(test, readl(regs + REG_OF_FLAG1), BIT(30));
	writel(0, regs + REG_OF_FLAG0);
	KUNIT_EXPECT_EQ(test, readl(regs + REG_OF_FLAG0), 1);
	writel(1, regs + REG_OF_FLAG0);
	KUNIT_EXPECT_EQ(test, readl(regs + REG_OF_FLAG0), 0);
}

static void create_refuses_missing_arguments(struct kunit *test)
{
	struct rig *rig = rig_ports(test);
	struct device *dev = &rig->pdev->dev;
	void __iomem *regs = rig->regs[CPU];

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_kmb_fifo_create_tx(dev, NULL)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_kmb_fifo_create_rx(NULL, regs, 1)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_kmb_fifo_create_rx(dev, NULL, 1)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_kmb_fifo_create_rx(dev, regs, 0)), -EINVAL);
}

static int create_attempt(void *arg)
{
	struct rig *rig = arg;
	struct ferry_port *tx, *rx;
	int ret;

	tx = ferry_kmb_fifo_create_tx(&rig->pdev->dev, rig->regs[VPU]);
	if (IS_ERR(tx))
		return PTR_ERR(tx);
	rx = ferry_kmb_fifo_create_rx(&rig->pdev->dev, rig->regs[CPU],
				      ferry_sim_kmb_irq(rig->kmb));
	ret = PTR_ERR_OR_ZERO(rx);
	if (!ret) {
		ret = ferry_port_start(rx, &rig_user, rig);
		ferry_port_stop(rx);
		ferry_port_kill(rx);
	}
	ferry_port_kill(tx);
	return ret;
}

static void create_and_start_survive_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, create_attempt, rig_ports(test));
}

static void push_reaches_the_vpu_as_it_is(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 entry;

	KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_pop(rig->kmb, VPU, &entry), 0);
	KUNIT_EXPECT_EQ(test, entry, CPU_PACKET);
	KUNIT_EXPECT_EQ(test, ferry_sim_kmb_pop(rig->kmb, VPU, &entry), -EAGAIN);
}

static void what_is_no_entry_is_refused(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u64 msg = CPU_PACKET;
	u32 id;

	for (id = 1; id < 64; id++)
		KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET | id, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rig->tx, &msg, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rig->tx, &msg, 3, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rig->tx, &msg, 5, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rig->tx, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_kmb_level(rig->kmb, VPU), 0);
}

static void full_says_so_before_it_refuses(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 i, entry;

	for (i = 0; i < DEPTH - 1; i++)
		KUNIT_ASSERT_EQ(test, rig_send(rig, i << 6, 0), 0);
	KUNIT_EXPECT_EQ(test, rig_send(rig, i << 6, 0), 1);
	KUNIT_EXPECT_EQ(test, rig_send(rig, 0, 0), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, true));
	KUNIT_EXPECT_EQ(test, readl(rig->regs[VPU] + REG_OF_FLAG0), 0);

	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, ferry_sim_kmb_pop(rig->kmb, VPU, &entry), 0);
		KUNIT_ASSERT_EQ(test, entry, i << 6);
	}
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(rig->tx, true));
	KUNIT_EXPECT_EQ(test, rig_send(rig, 0, 0), 0);
}

static void room_is_not_read_per_message(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	unsigned long before = ferry_sim_kmb_reads(rig->kmb, VPU, REG_STAT);
	int i;

	for (i = 0; i < 10 * DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, rig_send(rig, 0, 0), 0);
		vpu_drain(rig);
	}
	KUNIT_EXPECT_LE(test, ferry_sim_kmb_reads(rig->kmb, VPU, REG_STAT) - before, 11);
	KUNIT_EXPECT_EQ(test, ferry_sim_kmb_reads(rig->kmb, VPU, REG_OF_FLAG0), 10 * DEPTH);
}

static void general_messages_leave_a_reserve(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	int i;

	for (i = 0; i < DEPTH - RESERVE; i++)
		KUNIT_ASSERT_EQ(test, rig_send(rig, 0, FERRY_GENERAL), 0);
	KUNIT_EXPECT_EQ(test, rig_send(rig, 0, FERRY_GENERAL), -EAGAIN);
	for (i = 0; i < RESERVE - 1; i++)
		KUNIT_ASSERT_EQ(test, rig_send(rig, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, rig_send(rig, 0, 0), 1);
	KUNIT_EXPECT_EQ(test, rig_send(rig, 0, 0), -EAGAIN);

	vpu_drain(rig);
	KUNIT_EXPECT_EQ(test, rig_send(rig, 0, FERRY_GENERAL), 0);
}

static void push_lost_to_another_agent_is_not_taken(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 entry;

	/* The port has seen an empty FIFO, then others fill it. */
	KUNIT_ASSERT_EQ(test, rig_send(rig, CPU_PACKET, 0), 0);
	vpu_fill(test, rig, DEPTH - 1);
	KUNIT_EXPECT_EQ(test, ferry_sim_kmb_push(rig->kmb, VPU, 5), -ENOSPC);
	KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, rig->tx->faults, 1);
	/* Our flag is gone, that of the other agent is its own affair. */
	KUNIT_EXPECT_EQ(test, readl(rig->regs[VPU] + REG_OF_FLAG0), BIT(5));

	/* From now on it looks first. */
	KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, rig->tx->faults, 1);
	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_pop(rig->kmb, VPU, &entry), 0);
	KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET, 0), 1);
}

static void start_forgets_an_old_overflow(struct kunit *test)
{
	struct rig *rig = rig_ports(test);

	vpu_fill(test, rig, DEPTH);
	KUNIT_EXPECT_EQ(test, ferry_sim_kmb_push(rig->kmb, VPU, 0), -ENOSPC);
	vpu_drain(rig);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rig->tx, &rig_user, rig), 0);
	KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET, 0), 0);
	KUNIT_EXPECT_EQ(test, rig->tx->faults, 0);
}

static void impossible_level_is_no_room(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	ferry_sim_kmb_lie(rig->kmb, VPU, FERRY_SIM_KMB_STAT, 0x00810000);
	KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET, 0), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, true));
	/* The other fields mean nothing to us. */
	ferry_sim_kmb_lie(rig->kmb, VPU, FERRY_SIM_KMB_STAT, 0xff7fffff);
	KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET, 0), 0);
	ferry_sim_kmb_lie(rig->kmb, VPU, 0, 0);
	KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET, 0), 0);
}

static void dead_bus_is_full_and_empty(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 entry;

	KUNIT_ASSERT_EQ(test, rig_send(rig, CPU_PACKET, 0), 0);
	ferry_sim_kmb_lie(rig->kmb, VPU, FERRY_SIM_KMB_ONES, 0);
	ferry_sim_kmb_lie(rig->kmb, CPU, FERRY_SIM_KMB_ONES, 0);
	KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, rig_send(rig, CPU_PACKET, 0), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, true));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), -EAGAIN);
	ferry_port_rx_arm(rig->rx);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
}

static void entries_come_without_their_low_bits(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 entry;

	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, VPU_PACKET), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, 0xffffffc0 | 62), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), 4);
	KUNIT_EXPECT_EQ(test, entry, VPU_PACKET);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), 4);
	KUNIT_EXPECT_EQ(test, entry, 0xffffffc0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), -EAGAIN);

	/* Nor where the hardware forgets to clear them. */
	ferry_sim_kmb_lie(rig->kmb, CPU, FERRY_SIM_KMB_IDS, 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, VPU_PACKET | 5), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), 4);
	KUNIT_EXPECT_EQ(test, entry, VPU_PACKET);
}

static void whole_fifo_comes_in_order(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 i, entry;

	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, i << 6 | 1), 0);
	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), 4);
		KUNIT_ASSERT_EQ(test, entry, i << 6);
	}
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), -EAGAIN);
}

static void short_buffer_loses_that_entry_only(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 entry;

	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, 0x40), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, 0x80), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, 3), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), 4);
	KUNIT_EXPECT_EQ(test, entry, 0x80);
}

static void start_drains_what_was_for_an_earlier_life(struct kunit *test)
{
	struct rig *rig = rig_ports(test);
	u32 entry, i;

	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, VPU_PACKET), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rig->rx, &rig_user, rig), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_kmb_level(rig->kmb, CPU), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), -EAGAIN);
}

static void interrupt_comes_once_per_arm(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 entry;

	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, 0x40), 0);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 0);
	KUNIT_EXPECT_TRUE(test, ferry_port_rx_arm(rig->rx));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), 4);

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, 0x40), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, 0x80), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 1);
}

static void served_interrupts_take_everything(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	int n;

	rig->serve = true;
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	for (n = 0; n < 2000; n++)
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(!ferry_sim_kmb_push(rig->kmb, CPU, VPU_PACKET)));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_msgs) >= 2000));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_msgs), 2000);
	KUNIT_EXPECT_EQ(test, rig->rx->floods, 0);
}

static void level_without_entries_is_believed_once(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u32 entry;

	ferry_sim_kmb_lie(rig->kmb, CPU, FERRY_SIM_KMB_STAT, 0x00010000);
	KUNIT_EXPECT_TRUE(test, ferry_port_rx_arm(rig->rx));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &entry, sizeof(entry)), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));

	/* The interrupt is what counts then. */
	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, 0x40), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 1);
}

static void stuck_interrupt_is_polled(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	int calls, tries;
	s64 start, ms;

	rig->serve = true;
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	ferry_sim_kmb_lie(rig->kmb, CPU, FERRY_SIM_KMB_LINE, 0);
	for (tries = 0; !rig->rx->floods && tries < 30; tries++)
		msleep(100);
	if (!rig->rx->floods)
		kunit_skip(test, "fewer than 1000 interrupts in a second here");

	start = ktime_get();
	calls = atomic_read(&rig->rx_calls);
	msleep(200);
	calls = atomic_read(&rig->rx_calls) - calls;
	ms = ktime_ms_delta(ktime_get(), start);
	KUNIT_EXPECT_LE(test, calls, ms / 10 + 1);
	KUNIT_EXPECT_GT(test, calls, 0);
	KUNIT_EXPECT_EQ(test, rig->rx->floods, 1);

	/* The line is fine again, and so is the port with the next message. */
	ferry_sim_kmb_lie(rig->kmb, CPU, 0, 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, VPU_PACKET), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_msgs) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_msgs), 1);
	KUNIT_EXPECT_FALSE(test, rig->rx->flooded);
}

static void no_call_after_stop(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	rig->serve = true;
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	ferry_port_stop(rig->rx);
	KUNIT_ASSERT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, VPU_PACKET), 0);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 0);
}

static int pusher_thread(void *data)
{
	struct rig *rig = data;

	while (!kthread_should_stop()) {
		if (ferry_sim_kmb_push(rig->kmb, CPU, VPU_PACKET))
			usleep_range(50, 100);
		cond_resched();
	}
	return 0;
}

static int sender_thread(void *data)
{
	struct rig *rig = data;
	int ret;

	while (!kthread_should_stop()) {
		ret = rig_send(rig, CPU_PACKET, 0);
		if (ret >= 0)
			atomic_inc(&rig->rx_msgs);
		else
			usleep_range(50, 100);
		cond_resched();
	}
	return 0;
}

static void stop_and_kill_while_the_vpu_goes_on(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	int round;

	rig->serve = true;
	ferry_thread(test, pusher_thread, rig);
	for (round = 0; round < 10; round++) {
		ferry_port_rx_arm(rig->rx);
		usleep_range(2000, 4000);
		ferry_port_stop(rig->rx);
		KUNIT_ASSERT_EQ(test, ferry_port_start(rig->rx, &rig_user, rig), 0);
	}
	while (ferry_port_rx_arm(rig->rx))
		rig_rx(rig->rx, rig);
	usleep_range(2000, 4000);
	ferry_port_kill(rig->rx);
	rig->rx_killed = true;
	KUNIT_EXPECT_GT(test, atomic_read(&rig->rx_msgs), 0);
}

/* How many of ours were in the FIFO of the VPU. */
static int vpu_take(struct rig *rig)
{
	int n = 0;
	u32 entry;

	while (!ferry_sim_kmb_pop(rig->kmb, VPU, &entry))
		n += entry == CPU_PACKET;
	return n;
}

static void every_message_taken_arrives_once(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	int i, arrived = 0;

	for (i = 0; i < 3; i++)
		ferry_thread(test, sender_thread, rig);
	for (i = 0; i < 100; i++) {
		arrived += vpu_take(rig);
		/* Now the port believes that there is room; others take it all. */
		if (rig_send(rig, CPU_PACKET, 0) >= 0)
			atomic_inc(&rig->rx_msgs);
		while (i % 2 && !ferry_sim_kmb_push(rig->kmb, VPU, 0x40 | 9))
			;
		usleep_range(50, 200);
	}
	ferry_port_stop(rig->tx);
	arrived += vpu_take(rig);
	KUNIT_EXPECT_GT(test, rig->tx->faults, 0);
	/* Who sent last counts it. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(arrived == atomic_read(&rig->rx_msgs)));
	kunit_info(test, "%d arrived, %lu pushes lost\n", arrived, rig->tx->faults);
}

static const char * const fifo_names[] = {
	[CPU] = "cpu_fifo",
	[VPU] = "vpu_fifo",
};

static struct platform_device *mailbox_device(struct rig *rig, int irq)
{
	static const struct property_entry props[] = {
		PROPERTY_ENTRY_BOOL("ferry,test"),
		{ }
	};
	struct resource res[FERRY_SIM_KMB_NR_FIFOS + 1] = { };
	struct platform_device_info info = {
		.name = "ferry-port-keembay",
		.id = PLATFORM_DEVID_AUTO,
		.res = res,
		.num_res = irq ? ARRAY_SIZE(res) : ARRAY_SIZE(res) - 1,
		.properties = props,
	};
	int i;

	for (i = 0; i < FERRY_SIM_KMB_NR_FIFOS; i++) {
		res[i].name = fifo_names[i];
		res[i].flags = IORESOURCE_MEM;
		res[i].start = ferry_sim_kmb_phys(rig->kmb, i);
		res[i].end = res[i].start + FERRY_SIM_KMB_WINDOW - 1;
	}
	res[i].flags = IORESOURCE_IRQ;
	res[i].start = irq;
	res[i].end = irq;
	return platform_device_register_full(&info);
}

static void node_offers_both_ports(struct kunit *test)
{
	struct rig *rig = rig_regs(test);
	const struct fwnode_handle *node;
	struct ferry_port *tx, *rx;
	u32 entry = CPU_PACKET;

	rig->pdev = mailbox_device(rig, ferry_sim_kmb_irq(rig->kmb));
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->pdev));
	node = dev_fwnode(&rig->pdev->dev);
	tx = ferry_port_lookup(node, 0, FERRY_PORT_TX);
	rx = ferry_port_lookup(node, 0, FERRY_PORT_RX);
	KUNIT_EXPECT_FALSE(test, IS_ERR(tx));
	KUNIT_EXPECT_FALSE(test, IS_ERR(rx));
	if (IS_ERR(tx) || IS_ERR(rx))
		goto put;

	KUNIT_EXPECT_EQ(test, ferry_port_start(tx, &rig_user, rig), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_start(rx, &rig_user, rig), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(tx, &entry, sizeof(entry), 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_kmb_level(rig->kmb, VPU), 1);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rx));
	KUNIT_EXPECT_EQ(test, ferry_sim_kmb_push(rig->kmb, CPU, VPU_PACKET), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 1);

	/* The device goes while its ports are in use. */
	platform_device_unregister(rig->pdev);
	rig->pdev = NULL;
	KUNIT_EXPECT_EQ(test, ferry_port_send(tx, &entry, sizeof(entry), 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rx, &entry, sizeof(entry)), -EPIPE);
	ferry_port_stop(tx);
	ferry_port_stop(rx);
put:
	ferry_port_put(tx);
	ferry_port_put(rx);
}

static void node_without_interrupt_offers_nothing(struct kunit *test)
{
	struct rig *rig = rig_regs(test);
	struct ferry_port *tx;

	rig->pdev = mailbox_device(rig, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->pdev));
	tx = ferry_port_lookup(dev_fwnode(&rig->pdev->dev), 0, FERRY_PORT_TX);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(tx), -ENOENT);
}

static struct kunit_case keembay_cases[] = {
	KUNIT_CASE(emulation_answers_as_described),
	KUNIT_CASE(create_refuses_missing_arguments),
	KUNIT_CASE(create_and_start_survive_a_failing_allocation),
	KUNIT_CASE(push_reaches_the_vpu_as_it_is),
	KUNIT_CASE(what_is_no_entry_is_refused),
	KUNIT_CASE(full_says_so_before_it_refuses),
	KUNIT_CASE(room_is_not_read_per_message),
	KUNIT_CASE(general_messages_leave_a_reserve),
	KUNIT_CASE(push_lost_to_another_agent_is_not_taken),
	KUNIT_CASE(start_forgets_an_old_overflow),
	KUNIT_CASE(impossible_level_is_no_room),
	KUNIT_CASE(dead_bus_is_full_and_empty),
	KUNIT_CASE(entries_come_without_their_low_bits),
	KUNIT_CASE(whole_fifo_comes_in_order),
	KUNIT_CASE(short_buffer_loses_that_entry_only),
	KUNIT_CASE(start_drains_what_was_for_an_earlier_life),
	KUNIT_CASE(interrupt_comes_once_per_arm),
	KUNIT_CASE(served_interrupts_take_everything),
	KUNIT_CASE(level_without_entries_is_believed_once),
	KUNIT_CASE(stuck_interrupt_is_polled),
	KUNIT_CASE(no_call_after_stop),
	KUNIT_CASE(stop_and_kill_while_the_vpu_goes_on),
	KUNIT_CASE(every_message_taken_arrives_once),
	KUNIT_CASE(node_offers_both_ports),
	KUNIT_CASE(node_without_interrupt_offers_nothing),
	{}
};

static struct kunit_suite keembay_suite = {
	.name = "ferry_port_keembay",
	.test_cases = keembay_cases,
};

kunit_test_suite(keembay_suite);

MODULE_DESCRIPTION("Ferry: tests of the FIFO ports of Keem Bay");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
