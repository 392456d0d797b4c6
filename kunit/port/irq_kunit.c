// SPDX-License-Identifier: GPL-2.0-only
/*
 * An interrupt as a doorbell, with simulated interrupts.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_irq.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irq_sim.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "../ferry_kunit.h"

#define STORM		200

struct bell {
	struct platform_device *pdev;
	struct irq_domain *domain;
	struct ferry_port *port;
	bool killed;
	unsigned int irq;
	bool serve;		/* the call takes the ring and arms again */
	atomic_t calls;
	atomic_t taken;
};

static void bell_rx(struct ferry_port *port, void *data)
{
	struct bell *bell = data;

	atomic_inc(&bell->calls);
	if (!bell->serve)
		return;
	do {
		while (!ferry_port_recv(port, NULL, 0))
			atomic_inc(&bell->taken);
	} while (ferry_port_rx_arm(port));
}

static const struct ferry_port_user bell_user = {
	.rx = bell_rx,
};

static void bell_end(void *arg)
{
	struct bell *bell = arg;

	if (!IS_ERR_OR_NULL(bell->port)) {
		ferry_port_stop(bell->port);
		if (!bell->killed)
			ferry_port_kill(bell->port);
	}
	if (bell->irq)
		irq_dispose_mapping(bell->irq);
	if (!IS_ERR_OR_NULL(bell->domain))
		irq_domain_remove_sim(bell->domain);
	if (!IS_ERR_OR_NULL(bell->pdev))
		platform_device_unregister(bell->pdev);
}

static struct bell *bell_new(struct kunit *test)
{
	struct bell *bell = kunit_kzalloc(test, sizeof(*bell), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, bell);
	ferry_defer(test, bell_end, bell);
	bell->pdev = platform_device_register_simple("ferry_irq_kunit", PLATFORM_DEVID_AUTO, NULL,
						     0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bell->pdev));
	bell->domain = irq_domain_create_sim(NULL, 1);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bell->domain));
	bell->irq = irq_create_mapping(bell->domain, 0);
	KUNIT_ASSERT_GT(test, bell->irq, 0);
	bell->port = ferry_irq_port_create(&bell->pdev->dev, bell->irq);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bell->port));
	return bell;
}

static struct bell *bell_started(struct kunit *test)
{
	struct bell *bell = bell_new(test);

	KUNIT_ASSERT_EQ(test, ferry_port_start(bell->port, &bell_user, bell), 0);
	return bell;
}

/* Rings, and waits until the handler has run. */
static void bell_ring(struct kunit *test, struct bell *bell)
{
	unsigned long before = ferry_irq_port_rings(bell->port);

	KUNIT_ASSERT_EQ(test, irq_set_irqchip_state(bell->irq, IRQCHIP_STATE_PENDING, true), 0);
	FERRY_WAIT(ferry_irq_port_rings(bell->port) != before);
	KUNIT_ASSERT_EQ(test, ferry_irq_port_rings(bell->port), before + 1);
}

static void create_refuses_missing_arguments(struct kunit *test)
{
	struct bell *bell = bell_new(test);
	struct device *dev = &bell->pdev->dev;

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_irq_port_create(NULL, 1)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_irq_port_create(dev, 0)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_irq_port_create(dev, -ENXIO)), -EINVAL);
}

static void ring_is_told_once_when_armed(struct kunit *test)
{
	struct bell *bell = bell_started(test);

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(bell->port));
	bell_ring(test, bell);
	KUNIT_EXPECT_EQ(test, atomic_read(&bell->calls), 1);
	bell_ring(test, bell);
	KUNIT_EXPECT_EQ(test, atomic_read(&bell->calls), 1);

	/* Two rings are one. */
	KUNIT_EXPECT_EQ(test, ferry_port_recv(bell->port, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(bell->port, NULL, 0), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(bell->port));
	bell_ring(test, bell);
	KUNIT_EXPECT_EQ(test, atomic_read(&bell->calls), 2);
}

static void unarmed_ring_is_found_by_arming(struct kunit *test)
{
	struct bell *bell = bell_started(test);

	bell_ring(test, bell);
	KUNIT_EXPECT_EQ(test, atomic_read(&bell->calls), 0);
	KUNIT_EXPECT_TRUE(test, ferry_port_rx_arm(bell->port));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(bell->port, NULL, 0), 0);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(bell->port));
}

static void handler_may_take_and_arm(struct kunit *test)
{
	struct bell *bell = bell_started(test);
	int i;

	bell->serve = true;
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(bell->port));
	for (i = 0; i < STORM; i++)
		bell_ring(test, bell);
	KUNIT_EXPECT_EQ(test, atomic_read(&bell->taken), STORM);
	KUNIT_EXPECT_EQ(test, ferry_irq_port_rings(bell->port), STORM);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(bell->port, NULL, 0), -EAGAIN);
}

static void new_life_forgets_old_rings(struct kunit *test)
{
	struct bell *bell = bell_started(test);

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(bell->port));
	bell_ring(test, bell);
	ferry_port_stop(bell->port);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(bell->port, NULL, 0), -EAGAIN);
	KUNIT_ASSERT_EQ(test, ferry_port_start(bell->port, &bell_user, bell), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(bell->port, NULL, 0), -EAGAIN);
	/* Not armed any more, either. */
	bell_ring(test, bell);
	KUNIT_EXPECT_EQ(test, atomic_read(&bell->calls), 1);
}

static void interrupt_is_free_while_stopped(struct kunit *test)
{
	struct bell *bell = bell_started(test);
	struct ferry_port *other = ferry_irq_port_create(&bell->pdev->dev, bell->irq);

	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	KUNIT_EXPECT_EQ(test, ferry_port_start(other, &bell_user, bell), -EBUSY);
	ferry_port_stop(bell->port);
	KUNIT_EXPECT_EQ(test, ferry_port_start(other, &bell_user, bell), 0);
	ferry_port_stop(other);
	ferry_port_kill(other);
}

static void killed_port_says_so(struct kunit *test)
{
	struct bell *bell = bell_started(test);

	ferry_port_kill(bell->port);
	bell->killed = true;
	KUNIT_EXPECT_EQ(test, ferry_port_recv(bell->port, NULL, 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, atomic_read(&bell->calls), 1);
}

static int create_attempt(void *arg)
{
	struct bell *bell = arg;
	struct ferry_port *port = ferry_irq_port_create(&bell->pdev->dev, bell->irq);
	int ret;

	if (IS_ERR(port))
		return PTR_ERR(port);
	ret = ferry_port_start(port, &bell_user, bell);
	ferry_port_stop(port);
	ferry_port_kill(port);
	return ret;
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, create_attempt, bell_new(test));
}

static struct kunit_case irq_cases[] = {
	KUNIT_CASE(create_refuses_missing_arguments),
	KUNIT_CASE(ring_is_told_once_when_armed),
	KUNIT_CASE(unarmed_ring_is_found_by_arming),
	KUNIT_CASE(handler_may_take_and_arm),
	KUNIT_CASE(new_life_forgets_old_rings),
	KUNIT_CASE(interrupt_is_free_while_stopped),
	KUNIT_CASE(killed_port_says_so),
	KUNIT_CASE(create_survives_a_failing_allocation),
	{}
};

static struct kunit_suite irq_suite = {
	.name = "ferry_port_irq",
	.test_cases = irq_cases,
};

kunit_test_suite(irq_suite);

MODULE_DESCRIPTION("Ferry: tests of interrupts as doorbells");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
