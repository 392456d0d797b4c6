// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ports on Apple's mailboxes, on emulated registers with all three maps.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_asc.h>
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/property.h>

#include "../../drivers/sim/rtkit_regs.h"
#include "../ferry_kunit.h"

#define DEPTH		FERRY_SIM_ASC_DEPTH
#define NOTICE_MS	50

#define CONTROL_FULL	BIT(16)
#define CONTROL_EMPTY	BIT(17)
#define CONTROL_OVER	BIT(18)
#define CONTROL_UNDER	BIT(19)

struct asc_message {
	__le64 msg0;
	__le32 msg1;
} __packed;

struct rig {
	struct ferry_sim_asc *asc;
	struct platform_device *pdev;
	void __iomem *regs;
	struct ferry_port *tx;
	struct ferry_port *rx;
	bool killed;		/* the ports are, and one reference each is held */
	bool serve;		/* the call takes all messages and arms again */
	atomic_t rx_calls;
	atomic_t rx_msgs;
	atomic_t tx_calls;
	atomic_t sent;
};

/* A map, and where its registers are: known answers. */
struct map_case {
	const char *name;
	enum ferry_asc_map map;
	enum ferry_sim_asc_map sim;
	u16 a2i_control;
	u16 i2a_control;
	u16 send0;
	u16 send1;
	u16 recv0;
	u16 recv1;
};

static const struct map_case map_cases[] = {
	{ "v4", FERRY_ASC_V4, FERRY_SIM_ASC_V4, 0x110, 0x114, 0x800, 0x808, 0x830, 0x838 },
	{ "t8015", FERRY_ASC_T8015, FERRY_SIM_ASC_T8015, 0x108, 0x10c, 0x800, 0x808, 0x830,
	  0x838 },
	{ "m3", FERRY_ASC_M3, FERRY_SIM_ASC_M3, 0x50, 0x80, 0x60, 0x68, 0xa0, 0xa8 },
};

static void map_case_desc(const struct map_case *mc, char *desc)
{
	strscpy(desc, mc->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(map, map_cases, map_case_desc);

static void rig_rx(struct ferry_port *port, void *data)
{
	struct rig *rig = data;
	struct asc_message msg;

	atomic_inc(&rig->rx_calls);
	if (!READ_ONCE(rig->serve))
		return;
	do {
		while (ferry_port_recv(port, &msg, sizeof(msg)) == sizeof(msg))
			atomic_inc(&rig->rx_msgs);
	} while (ferry_port_rx_arm(port));
}

static void rig_tx_ready(struct ferry_port *port, void *data)
{
	struct rig *rig = data;

	atomic_inc(&rig->tx_calls);
}

static const struct ferry_port_user rig_user = {
	.rx = rig_rx,
	.tx_ready = rig_tx_ready,
};

static void rig_end(void *arg)
{
	struct rig *rig = arg;

	if (!IS_ERR_OR_NULL(rig->tx)) {
		ferry_port_stop(rig->tx);
		rig->killed ? ferry_port_put(rig->tx) : ferry_port_kill(rig->tx);
	}
	if (!IS_ERR_OR_NULL(rig->rx)) {
		ferry_port_stop(rig->rx);
		rig->killed ? ferry_port_put(rig->rx) : ferry_port_kill(rig->rx);
	}
	if (rig->regs)
		iounmap(rig->regs);
	if (!IS_ERR_OR_NULL(rig->pdev))
		platform_device_unregister(rig->pdev);
	if (!IS_ERR_OR_NULL(rig->asc))
		ferry_sim_asc_put(rig->asc);
}

static struct rig *rig_regs(struct kunit *test)
{
	const struct map_case *mc = test->param_value;
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	ferry_defer(test, rig_end, rig);
	rig->asc = ferry_sim_asc_get(mc ? mc->sim : FERRY_SIM_ASC_V4, FERRY_SIM_SART_NONE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->asc));
	rig->regs = ioremap(ferry_sim_asc_phys(rig->asc, FERRY_SIM_ASC_MAILBOX),
			    FERRY_SIM_ASC_WINDOW);
	KUNIT_ASSERT_TRUE(test, rig->regs);
	return rig;
}

static struct rig *rig_ports(struct kunit *test)
{
	const struct map_case *mc = test->param_value;
	enum ferry_asc_map map = mc ? mc->map : FERRY_ASC_V4;
	struct rig *rig = rig_regs(test);
	struct device *dev;

	rig->pdev = platform_device_register_simple("ferry_asc_kunit", PLATFORM_DEVID_AUTO,
						    NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->pdev));
	dev = &rig->pdev->dev;
	rig->tx = ferry_asc_create_tx(dev, rig->regs, map,
				      ferry_sim_asc_irq(rig->asc, FERRY_SIM_ASC_SEND_EMPTY));
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->tx));
	rig->rx = ferry_asc_create_rx(dev, rig->regs, map,
				      ferry_sim_asc_irq(rig->asc, FERRY_SIM_ASC_RECV_NOT_EMPTY));
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

static int rig_send(struct rig *rig, u64 msg0, u32 msg1)
{
	const struct asc_message msg = { cpu_to_le64(msg0), cpu_to_le32(msg1) };

	return ferry_port_send(rig->tx, &msg, sizeof(msg), 0);
}

static ssize_t rig_recv(struct rig *rig, u64 *msg0, u32 *msg1)
{
	struct asc_message msg;
	ssize_t len = ferry_port_recv(rig->rx, &msg, sizeof(msg));

	if (len == sizeof(msg)) {
		*msg0 = le64_to_cpu(msg.msg0);
		*msg1 = le32_to_cpu(msg.msg1);
	}
	return len;
}

static void fill(struct kunit *test, struct rig *rig)
{
	int i;

	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_EQ(test, rig_send(rig, i, 0x20), 0);
	KUNIT_ASSERT_EQ(test, rig_send(rig, i, 0x20), -EAGAIN);
}

static int drain(struct rig *rig)
{
	int n = 0;
	u64 msg0;
	u32 msg1;

	while (!ferry_sim_asc_pop(rig->asc, &msg0, &msg1))
		n++;
	return n;
}

static void emulation_answers_as_described(struct kunit *test)
{
	const struct map_case *mc = test->param_value;
	struct rig *rig = rig_regs(test);
	void __iomem *regs = rig->regs;
	u64 msg0;
	u32 msg1;
	int i;

	KUNIT_EXPECT_EQ(test, readl(regs + mc->a2i_control), CONTROL_EMPTY | 1);
	KUNIT_EXPECT_EQ(test, readl(regs + mc->i2a_control), CONTROL_EMPTY | 1);
	/* By halves, as by the whole. */
	writel(0x33221100, regs + mc->send0);
	writel(0x77665544, regs + mc->send0 + 4);
	writel(0x20, regs + mc->send1);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_pop(rig->asc, &msg0, &msg1), -EAGAIN);
	writel(0, regs + mc->send1 + 4);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_pop(rig->asc, &msg0, &msg1), 0);
	KUNIT_EXPECT_EQ(test, msg0, 0x7766554433221100);
	KUNIT_EXPECT_EQ(test, msg1, 0x20);
	for (i = 0; i < DEPTH; i++) {
		writeq(i, regs + mc->send0);
		writeq(2, regs + mc->send1);
	}
	KUNIT_EXPECT_EQ(test, readl(regs + mc->a2i_control), CONTROL_FULL | 0x00f01101);
	writeq(2, regs + mc->send1);
	KUNIT_EXPECT_EQ(test, readl(regs + mc->a2i_control), CONTROL_FULL | CONTROL_OVER |
							     0x00f01101);

	/* Known answer: two queued, of endpoint 2. */
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 0x0080000000000000, 2), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 0x0090000000000000, 3), 0);
	KUNIT_EXPECT_EQ(test, readq(regs + mc->recv0), 0x0080000000000000);
	KUNIT_EXPECT_EQ(test, readq(regs + mc->recv1), 0x0020000000000002);
	KUNIT_EXPECT_EQ(test, readl(regs + mc->recv0), 0);
	KUNIT_EXPECT_EQ(test, readl(regs + mc->recv0 + 4), 0x00900000);
	KUNIT_EXPECT_EQ(test, readq(regs + mc->recv0), 0);
	KUNIT_EXPECT_EQ(test, readl(regs + mc->i2a_control) & CONTROL_UNDER, CONTROL_UNDER);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), 2);
}

static void create_refuses_missing_arguments(struct kunit *test)
{
	struct rig *rig = rig_ports(test);
	struct device *dev = &rig->pdev->dev;
	void __iomem *regs = rig->regs;

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_asc_create_tx(NULL, regs, 0, 1)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_asc_create_tx(dev, NULL, 0, 1)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_asc_create_rx(dev, regs, 3, 1)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_asc_create_rx(dev, regs, 0, 0)), -EINVAL);
}

static int create_attempt(void *arg)
{
	struct rig *rig = arg;
	struct ferry_port *rx;
	int ret;

	rx = ferry_asc_create_rx(&rig->pdev->dev, rig->regs, FERRY_ASC_V4,
				 ferry_sim_asc_irq(rig->asc, FERRY_SIM_ASC_RECV_NOT_EMPTY));
	if (IS_ERR(rx))
		return PTR_ERR(rx);
	ret = ferry_port_start(rx, &rig_user, rig);
	ferry_port_stop(rx);
	ferry_port_kill(rx);
	return ret;
}

static void create_and_start_survive_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, create_attempt, rig_ports(test));
}

static void message_reaches_the_other_side_as_it_is(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u64 msg0;
	u32 msg1;

	KUNIT_EXPECT_EQ(test, rig_send(rig, 0x0060000000000220, 0), 0);
	KUNIT_EXPECT_EQ(test, rig_send(rig, 0x8877665544332211, 0xff), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_pop(rig->asc, &msg0, &msg1), 0);
	KUNIT_EXPECT_EQ(test, msg0, 0x0060000000000220);
	KUNIT_EXPECT_EQ(test, msg1, 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_pop(rig->asc, &msg0, &msg1), 0);
	KUNIT_EXPECT_EQ(test, msg0, 0x8877665544332211);
	KUNIT_EXPECT_EQ(test, msg1, 0xff);

	KUNIT_EXPECT_EQ(test, ferry_port_send(rig->tx, &msg0, 8, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rig->tx, &msg0, 13, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rig->tx, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, drain(rig), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), 0);
}

static void messages_come_in_order_and_without_counters(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u64 msg0;
	u32 msg1, i;

	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), -EAGAIN);
	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, ~(u64)i, i), 0);
	for (i = 0; i < DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, rig_recv(rig, &msg0, &msg1), 12);
		KUNIT_EXPECT_EQ(test, msg0, ~(u64)i);
		KUNIT_EXPECT_EQ(test, msg1, i);
	}
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), 0);

	/* Bits that should not be there are for the protocol to judge. */
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 1, 0x80000102), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 2, 2), 0);
	KUNIT_ASSERT_EQ(test, rig_recv(rig, &msg0, &msg1), 12);
	KUNIT_EXPECT_EQ(test, msg1, 0x80000102);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rig->rx, &msg0, 8), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), -EAGAIN);
}

static void full_is_told_once_when_it_is_empty(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u64 msg0;
	u32 msg1;

	/* The level is high all the time, and nobody hears of it. */
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->tx_calls), 0);
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(rig->tx, true));
	fill(test, rig);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, true));
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, true));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->tx_calls), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_pop(rig->asc, &msg0, &msg1), 0);
	KUNIT_EXPECT_EQ(test, drain(rig), DEPTH - 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->tx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->tx_calls), 1);
	KUNIT_EXPECT_EQ(test, rig_send(rig, 1, 0x20), 0);
	drain(rig);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->tx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->tx_calls), 1);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), 0);
}

/* H24: who gives up leaves nothing enabled, and the next one is told all the same. */
static void giving_up_leaves_no_interrupt(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	int i;

	for (i = 1; i <= 3; i++) {
		fill(test, rig);
		KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, true));
		KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, false));
		KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, false));
		drain(rig);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->tx_calls) >= i - 1));
		msleep(NOTICE_MS);
		KUNIT_EXPECT_EQ(test, atomic_read(&rig->tx_calls), i - 1);
		fill(test, rig);
		KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, true));
		drain(rig);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->tx_calls) >= i));
		msleep(NOTICE_MS);
		KUNIT_EXPECT_EQ(test, atomic_read(&rig->tx_calls), i);
	}
}

static void interrupt_comes_once_per_arm(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u64 msg0;
	u32 msg1;

	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 1, 0), 0);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 0);
	KUNIT_EXPECT_FALSE_MSG(test, ferry_port_rx_arm(rig->rx), "it is told of what is there");
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 1);
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), 12);
	atomic_set(&rig->rx_calls, 0);

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 2, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 3, 0), 0);
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
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(!ferry_sim_asc_push(rig->asc, n, 0x20)));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_msgs) >= 2000));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_msgs), 2000);
	KUNIT_EXPECT_EQ(test, rig->rx->floods, 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), 0);
}

static void start_keeps_what_is_there(struct kunit *test)
{
	struct rig *rig = rig_ports(test);
	u64 msg0;
	u32 msg1;

	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 0x00100000000c000b, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rig->rx, &rig_user, rig), 0);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), 12);
	KUNIT_EXPECT_EQ(test, msg0, 0x00100000000c000b);
}

static void fifo_that_lies_is_left_alone(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u64 msg0;
	u32 msg1;

	rig->serve = true;
	ferry_sim_asc_lie(rig->asc, FERRY_SIM_ASC_MORE);
	/* One message of zeros, and then the hardware says what it was. */
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), 12);
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), -EIO);
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), -EIO);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 0);
	KUNIT_EXPECT_EQ(test, rig->rx->faults, 1);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), 1);

	/* Started anew it gets another chance; the old flag is no news. */
	ferry_port_stop(rig->rx);
	ferry_sim_asc_lie(rig->asc, 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rig->rx, &rig_user, rig), 0);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 2, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_msgs) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_msgs), 1);
}

/* How often registers are looked at: for each message twice, and once for those at hand. */
static void count_is_looked_at_once(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	unsigned long was;
	u64 msg0;
	u32 msg1;
	int i;

	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, i, 0), 0);
	was = ferry_sim_asc_accesses(rig->asc);
	for (i = 0; i < DEPTH; i++) {
		KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), 12);
		KUNIT_EXPECT_EQ(test, msg0, i);
	}
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_accesses(rig->asc) - was, 2 * DEPTH + 1);
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_accesses(rig->asc) - was, 2 * DEPTH + 2);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), 0);
}

/* Hardware without a count, and hardware that cannot count. */
static void count_is_not_relied_on(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	unsigned int zeros = 0;
	u64 msg0;
	u32 msg1;
	int i;

	ferry_sim_asc_lie(rig->asc, FERRY_SIM_ASC_UNCOUNTED);
	for (i = 1; i <= DEPTH; i++)
		KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, i, 0), 0);
	for (i = 1; i <= DEPTH; i++) {
		KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), 12);
		KUNIT_EXPECT_EQ(test, msg0, i);
	}
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), 0);

	ferry_sim_asc_lie(rig->asc, FERRY_SIM_ASC_COUNTS);
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), 12);
	KUNIT_EXPECT_EQ(test, msg0, 1);
	while (rig_recv(rig, &msg0, &msg1) == 12 && !msg0 && zeros < 2 * DEPTH)
		zeros++;
	KUNIT_EXPECT_EQ_MSG(test, zeros, DEPTH - 1, "as many as it had said");
	/* It is found out, and from then on no message is read that is not there. */
	for (i = 1; i <= DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, i, 0), 0);
		KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), 12);
		KUNIT_EXPECT_EQ(test, msg0, i);
		KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), -EAGAIN);
	}
	KUNIT_EXPECT_EQ(test, rig->rx->faults, 1);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), DEPTH - 1);
}

static void dead_bus_is_full_and_empty(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u64 msg0;
	u32 msg1;

	ferry_sim_asc_lie(rig->asc, FERRY_SIM_ASC_ONES);
	KUNIT_EXPECT_EQ(test, rig_send(rig, 1, 0), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, false));
	KUNIT_EXPECT_EQ(test, rig_recv(rig, &msg0, &msg1), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
}

static void stuck_interrupt_is_polled(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	int calls, tries;

	rig->serve = true;
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	ferry_sim_asc_lie(rig->asc, FERRY_SIM_ASC_STUCK);
	for (tries = 0; !rig->rx->floods && tries < 30; tries++)
		msleep(100);
	if (!rig->rx->floods)
		kunit_skip(test, "fewer than 1000 interrupts in a second here");
	calls = atomic_read(&rig->rx_calls);
	msleep(200);
	KUNIT_EXPECT_LE(test, atomic_read(&rig->rx_calls) - calls, 30);

	ferry_sim_asc_lie(rig->asc, 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 1, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_msgs) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_msgs), 1);
	KUNIT_EXPECT_FALSE(test, rig->rx->flooded);
}

static void no_call_after_stop(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	rig->serve = true;
	fill(test, rig);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(rig->tx, true));
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	ferry_port_stop(rig->rx);
	ferry_port_stop(rig->tx);
	KUNIT_ASSERT_EQ(test, ferry_sim_asc_push(rig->asc, 1, 0), 0);
	drain(rig);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->tx_calls), 0);

	/* And again from the start. */
	KUNIT_ASSERT_EQ(test, ferry_port_start(rig->tx, &rig_user, rig), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rig->rx, &rig_user, rig), 0);
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(rig->tx, true));
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rig->rx));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_msgs) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_msgs), 1);
}

static int sender_thread(void *data)
{
	struct rig *rig = data;

	while (!kthread_should_stop()) {
		if (rig_send(rig, 0x55, 0x21) >= 0)
			atomic_inc(&rig->sent);
		else if (!ferry_port_tx_arm(rig->tx, true))
			usleep_range(50, 100);
		cond_resched();
	}
	return 0;
}

static int pusher_thread(void *data)
{
	struct rig *rig = data;

	while (!kthread_should_stop()) {
		if (ferry_sim_asc_push(rig->asc, 1, 0x21))
			usleep_range(50, 100);
		cond_resched();
	}
	return 0;
}

static void every_message_taken_arrives_once(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	int i, arrived = 0;

	for (i = 0; i < 3; i++)
		ferry_thread(test, sender_thread, rig);
	for (i = 0; i < 200; i++) {
		arrived += drain(rig);
		usleep_range(50, 200);
	}
	ferry_port_stop(rig->tx);
	arrived += drain(rig);
	KUNIT_EXPECT_GT(test, arrived, DEPTH);
	/* Who sent last counts it. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(arrived == atomic_read(&rig->sent)));
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), 0);
}

static void stop_and_kill_while_the_other_side_goes_on(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	int round;

	rig->serve = true;
	ferry_thread(test, pusher_thread, rig);
	ferry_thread(test, sender_thread, rig);
	for (round = 0; round < 10; round++) {
		while (ferry_port_rx_arm(rig->rx))
			rig_rx(rig->rx, rig);
		usleep_range(2000, 4000);
		drain(rig);
		ferry_port_stop(rig->rx);
		ferry_port_stop(rig->tx);
		KUNIT_ASSERT_EQ(test, ferry_port_start(rig->tx, &rig_user, rig), 0);
		KUNIT_ASSERT_EQ(test, ferry_port_start(rig->rx, &rig_user, rig), 0);
	}
	KUNIT_EXPECT_GT(test, atomic_read(&rig->rx_msgs), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&rig->sent), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(rig->asc), 0);

	/* The ports die under those who use them. */
	ferry_port_hold(rig->tx);
	ferry_port_hold(rig->rx);
	ferry_port_kill(rig->rx);
	ferry_port_kill(rig->tx);
	KUNIT_EXPECT_EQ(test, rig_send(rig, 1, 0), -EPIPE);
	usleep_range(2000, 4000);
	rig->killed = true;
}

static struct platform_device *mailbox_device(struct rig *rig, const char *name, bool irqs)
{
	static const struct property_entry props[] = {
		PROPERTY_ENTRY_BOOL("ferry,test"),
		{ }
	};
	phys_addr_t base = ferry_sim_asc_phys(rig->asc, FERRY_SIM_ASC_MAILBOX);
	u32 send = ferry_sim_asc_irq(rig->asc, FERRY_SIM_ASC_SEND_EMPTY);
	u32 recv = ferry_sim_asc_irq(rig->asc, FERRY_SIM_ASC_RECV_NOT_EMPTY);
	const struct resource res[] = {
		DEFINE_RES_MEM(base, FERRY_SIM_ASC_WINDOW),
		DEFINE_RES_IRQ_NAMED(send, "send-empty"),
		DEFINE_RES_IRQ_NAMED(recv, "recv-not-empty"),
	};
	const struct platform_device_info info = {
		.name = name,
		.id = PLATFORM_DEVID_AUTO,
		.res = res,
		.num_res = irqs ? ARRAY_SIZE(res) : 1,
		.properties = props,
	};

	return platform_device_register_full(&info);
}

static void device_offers_both_ports(struct kunit *test)
{
	static const char * const names[] = {
		[FERRY_ASC_V4] = "ferry-asc-v4",
		[FERRY_ASC_T8015] = "ferry-asc-t8015",
		[FERRY_ASC_M3] = "ferry-asc-m3",
	};
	const struct map_case *mc = test->param_value;
	struct rig *rig = rig_regs(test);
	const struct fwnode_handle *node;
	struct ferry_port *tx, *rx;
	struct asc_message msg = { };

	rig->pdev = mailbox_device(rig, names[mc->map], true);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->pdev));
	node = dev_fwnode(&rig->pdev->dev);
	tx = ferry_port_lookup(node, 0, FERRY_PORT_TX);
	rx = ferry_port_lookup(node, 0, FERRY_PORT_RX);
	KUNIT_ASSERT_FALSE(test, IS_ERR(tx));
	KUNIT_ASSERT_FALSE(test, IS_ERR(rx));

	/* Awake while a port is started, and no longer. */
	KUNIT_EXPECT_TRUE(test, pm_runtime_suspended(&rig->pdev->dev));
	KUNIT_EXPECT_EQ(test, ferry_port_start(tx, &rig_user, rig), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_start(rx, &rig_user, rig), 0);
	KUNIT_EXPECT_TRUE(test, pm_runtime_active(&rig->pdev->dev));
	ferry_port_stop(rx);
	KUNIT_EXPECT_TRUE(test, pm_runtime_active(&rig->pdev->dev));
	KUNIT_EXPECT_EQ(test, ferry_port_start(rx, &rig_user, rig), 0);

	KUNIT_EXPECT_EQ(test, ferry_port_send(tx, &msg, sizeof(msg), 0), 0);
	KUNIT_EXPECT_EQ(test, drain(rig), 1);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rx));
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_push(rig->asc, 1, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rig->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rig->rx_calls), 1);

	/* The device goes while its ports are in use. */
	platform_device_unregister(rig->pdev);
	rig->pdev = NULL;
	KUNIT_EXPECT_EQ(test, ferry_port_send(tx, &msg, sizeof(msg), 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rx, &msg, sizeof(msg)), -EPIPE);
	ferry_port_stop(tx);
	ferry_port_stop(rx);
	ferry_port_put(tx);
	ferry_port_put(rx);
}

static void device_without_interrupts_offers_nothing(struct kunit *test)
{
	struct rig *rig = rig_regs(test);
	struct ferry_port *tx;

	rig->pdev = mailbox_device(rig, "ferry-asc-v4", false);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->pdev));
	tx = ferry_port_lookup(dev_fwnode(&rig->pdev->dev), 0, FERRY_PORT_TX);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(tx), -ENOENT);
}

static struct kunit_case asc_cases[] = {
	KUNIT_CASE_PARAM(emulation_answers_as_described, map_gen_params),
	KUNIT_CASE(create_refuses_missing_arguments),
	KUNIT_CASE(create_and_start_survive_a_failing_allocation),
	KUNIT_CASE_PARAM(message_reaches_the_other_side_as_it_is, map_gen_params),
	KUNIT_CASE_PARAM(messages_come_in_order_and_without_counters, map_gen_params),
	KUNIT_CASE_PARAM(full_is_told_once_when_it_is_empty, map_gen_params),
	KUNIT_CASE_PARAM(giving_up_leaves_no_interrupt, map_gen_params),
	KUNIT_CASE_PARAM(interrupt_comes_once_per_arm, map_gen_params),
	KUNIT_CASE_PARAM(served_interrupts_take_everything, map_gen_params),
	KUNIT_CASE(start_keeps_what_is_there),
	KUNIT_CASE_PARAM(fifo_that_lies_is_left_alone, map_gen_params),
	KUNIT_CASE(count_is_looked_at_once),
	KUNIT_CASE(count_is_not_relied_on),
	KUNIT_CASE(dead_bus_is_full_and_empty),
	KUNIT_CASE(stuck_interrupt_is_polled),
	KUNIT_CASE_PARAM(no_call_after_stop, map_gen_params),
	KUNIT_CASE_PARAM(every_message_taken_arrives_once, map_gen_params),
	KUNIT_CASE_PARAM(stop_and_kill_while_the_other_side_goes_on, map_gen_params),
	KUNIT_CASE_PARAM(device_offers_both_ports, map_gen_params),
	KUNIT_CASE(device_without_interrupts_offers_nothing),
	{}
};

static struct kunit_suite asc_suite = {
	.name = "ferry_port_asc",
	.test_cases = asc_cases,
};

kunit_test_suite(asc_suite);

MODULE_DESCRIPTION("Ferry: tests of the ports on Apple's mailboxes");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
