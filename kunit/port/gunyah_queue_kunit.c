// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah queues as ports: what is refused, and how they begin and end.
 */
#include <linux/module.h>

#include "gunyah_rig.h"

#define DEPTH	8
#define SIZE	240

static int queue_try(struct rig_queue *rq, struct ferry_gunyah_queue_cfg cfg)
{
	struct ferry_port *port = ferry_gunyah_queue_create(NULL, &cfg);

	if (IS_ERR(port))
		return PTR_ERR(port);
	ferry_port_kill(port);
	return 0;
}

#define queue_with(rq, field, value) ({					\
	struct ferry_gunyah_queue_cfg cfg_ = (rq)->cfg;			\
	cfg_.field = value;						\
	queue_try(rq, cfg_);						\
})

static void create_refuses_fields_that_cannot_be(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *tx = rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE);
	struct rig_queue *rx = rig_queue(rig, FERRY_PORT_RX, DEPTH, SIZE);

	KUNIT_EXPECT_EQ(test, queue_try(tx, tx->cfg), 0);
	KUNIT_EXPECT_EQ(test, queue_with(tx, hyp, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, queue_with(tx, cap, FERRY_GUNYAH_CAP_NONE), -EINVAL);
	KUNIT_EXPECT_EQ(test, queue_with(tx, cap, 0), 0);
	KUNIT_EXPECT_EQ(test, queue_with(tx, max_len, 1024), -EINVAL);
	KUNIT_EXPECT_EQ(test, queue_with(tx, max_len, 1023), 0);
	KUNIT_EXPECT_EQ(test, queue_with(tx, irq, -ENXIO), -EINVAL);
	KUNIT_EXPECT_EQ(test, queue_with(tx, irq, 0), 0);
	KUNIT_EXPECT_EQ(test, queue_with(tx, dir, 7), -EINVAL);
	KUNIT_EXPECT_EQ(test, queue_with(rx, irq, 0), -EINVAL);
}

static void nothing_known_means_240_bytes(struct kunit *test)
{
	struct rig_queue *rq = rig_queue(rig_new(test, false, false), FERRY_PORT_TX, DEPTH, SIZE);

	rq->cfg.max_len = 0;
	rig_port(rq);
	KUNIT_EXPECT_EQ(test, rq->port->desc->max_len, FERRY_GUNYAH_SIZE_DEFAULT);
}

static int start_with(struct rig_queue *rq, u64 cap, enum ferry_port_dir dir)
{
	rq->cfg.cap = cap;
	rq->cfg.dir = dir;
	rig_port(rq);
	return ferry_port_start(rq->port, &rig_user, rq->rig);
}

/* Capability 0 is one like any other; each wrong one says what it is. */
static void start_says_what_is_wrong_with_a_capability(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct ferry_sim_gunyah_bell *bell;
	struct ferry_sim_gunyah_end end;
	struct rig_queue *rq;

	rq = rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE);
	KUNIT_EXPECT_EQ(test, rq->tx.cap, 0);
	KUNIT_EXPECT_EQ(test, start_with(rq, 0, FERRY_PORT_TX), 0);
	rq = rig_queue(rig, FERRY_PORT_RX, DEPTH, SIZE);
	KUNIT_EXPECT_EQ(test, start_with(rq, 0, FERRY_PORT_RX), -EACCES);
	KUNIT_EXPECT_EQ(test, start_with(rq, rq->rx.cap, FERRY_PORT_TX), -EACCES);
	KUNIT_EXPECT_EQ(test, start_with(rq, 60, FERRY_PORT_RX), -EPIPE);
	KUNIT_EXPECT_EQ(test, start_with(rq, 1 << 20, FERRY_PORT_RX), -EINVAL);
	bell = ferry_sim_gunyah_bell_create(rig->far, rig->us, false);
	KUNIT_ASSERT_FALSE(test, IS_ERR(bell));
	ferry_sim_gunyah_bell_ends(bell, NULL, &end);
	KUNIT_EXPECT_EQ(test, start_with(rq, end.cap, FERRY_PORT_RX), -EINVAL);
	/* The interrupt is free again after each. */
	KUNIT_EXPECT_EQ(test, start_with(rq, rq->rx.cap, FERRY_PORT_RX), 0);
}

static void large_capabilities_work_as_well(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, true);
	struct rig_queue *tx = rig_started(rig, FERRY_PORT_TX, DEPTH, SIZE);
	struct rig_queue *rx = rig_started(rig, FERRY_PORT_RX, DEPTH, SIZE);
	u8 buf[SIZE] = {};

	KUNIT_EXPECT_EQ(test, ferry_port_send(tx->port, buf, SIZE, 0), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(tx), 0);
	KUNIT_EXPECT_EQ(test, rig_far_give(rx, buf, 5), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rx->port, buf, SIZE), 5);
}

/* For who looks: each kind of port knows its own only. */
static void ports_say_their_capability(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, true);
	struct rig_queue *tx = rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE);
	struct rig_queue *rx = rig_queue(rig, FERRY_PORT_RX, DEPTH, SIZE);
	struct ferry_gunyah_bell_cfg cfg = { .hyp = rig_hyp(rig), .dir = FERRY_PORT_TX };
	struct ferry_sim_gunyah_end end;
	struct ferry_port *bell, *bit;
	u64 cap;

	ferry_sim_gunyah_bell_ends(ferry_sim_gunyah_bell_create(rig->us, rig->far, false), &end,
				   NULL);
	cfg.cap = end.cap;
	bell = ferry_gunyah_bell_create(NULL, &cfg);
	rig_own(rig, bell);
	bit = ferry_gunyah_bell_bit(bell, 3);
	rig_own(rig, bit);
	rig_port(tx);
	rig_port(rx);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_queue_cap(tx->port, &cap), 0);
	KUNIT_EXPECT_EQ(test, cap, tx->tx.cap);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_queue_cap(rx->port, &cap), 0);
	KUNIT_EXPECT_EQ(test, cap, rx->rx.cap);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_queue_cap(bell, &cap), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_bell_cap(bell, &cap), 0);
	KUNIT_EXPECT_EQ(test, cap, end.cap);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_bell_cap(bit, &cap), 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_bell_cap(tx->port, &cap), -EINVAL);
}

static void start_refuses_thresholds_out_of_range(struct kunit *test)
{
	static const struct { enum ferry_port_dir dir; u16 threshold; int ret; } cases[] = {
		{ FERRY_PORT_TX, DEPTH - 1, 0 }, { FERRY_PORT_TX, DEPTH, -EINVAL },
		{ FERRY_PORT_RX, DEPTH, 0 }, { FERRY_PORT_RX, DEPTH + 1, -EINVAL },
		{ FERRY_PORT_RX, U16_MAX, -EINVAL },
	};
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		rq = rig_queue(rig, cases[i].dir, DEPTH, SIZE);
		rq->cfg.threshold = cases[i].threshold;
		rig_port(rq);
		KUNIT_EXPECT_EQ_MSG(test, ferry_port_start(rq->port, &rig_user, rig), cases[i].ret,
				    "case %u", i);
	}
}

static void start_refuses_an_interrupt_that_is_a_level(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct ferry_sim_gunyah_queue_cfg cfg = {
		.from = rig->us, .to = rig->far, .depth = DEPTH, .max_size = SIZE, .level = true,
	};
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE);

	rq->q = ferry_sim_gunyah_queue_create(rig->sim, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rq->q));
	ferry_sim_gunyah_queue_ends(rq->q, &rq->tx, NULL);
	rq->cfg.cap = rq->tx.cap;
	rq->cfg.irq = ferry_sim_gunyah_irq(rig->sim, rq->tx.virq);
	rig_port(rq);
	KUNIT_EXPECT_EQ(test, ferry_port_start(rq->port, &rig_user, rig), -EINVAL);
}

static void one_interrupt_serves_one_port(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_started(rig, FERRY_PORT_TX, DEPTH, SIZE);

	rig_port(rq);
	KUNIT_EXPECT_EQ(test, ferry_port_start(rq->port, &rig_user, rig), -EBUSY);
}

static int create_attempt(void *arg)
{
	struct rig_queue *rq = arg;

	return queue_try(rq, rq->cfg);
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);

	ferry_each_alloc_fails(test, create_attempt,
			       rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE));
	ferry_each_alloc_fails(test, create_attempt,
			       rig_queue(rig, FERRY_PORT_RX, DEPTH, SIZE));
}

static int start_attempt(void *arg)
{
	struct rig_queue *rq = arg;
	int ret = ferry_port_start(rq->port, &rig_user, rq->rig);

	if (!ret)
		ferry_port_stop(rq->port);
	return ret;
}

static void start_survives_a_failing_allocation(struct kunit *test)
{
	struct rig_queue *rq = rig_queue(rig_new(test, false, false), FERRY_PORT_RX, DEPTH, SIZE);

	rig_port(rq);
	ferry_each_alloc_fails(test, start_attempt, rq);
	KUNIT_EXPECT_EQ(test, ferry_port_start(rq->port, &rig_user, rq->rig), 0);
}

/* A VM is reset under both ports: they are told, and their interrupts are silent. */
static void reset_of_the_peer_ends_both_directions(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *tx = rig_started(rig, FERRY_PORT_TX, DEPTH, SIZE);
	struct rig_queue *rx = rig_started(rig, FERRY_PORT_RX, DEPTH, SIZE);
	unsigned long irqs = rig_stats(rx).irqs;
	u8 buf[SIZE] = {};

	ferry_sim_gunyah_vm_reset(rig->far);
	KUNIT_EXPECT_EQ(test, ferry_port_send(tx->port, buf, 4, 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rx->port, buf, SIZE), -EPIPE);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rig, 2));
	ferry_sim_gunyah_spurious(rig->sim, rx->rx.virq);
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, rig_stats(rx).irqs, irqs);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(rig->us, GUNYAH_QUEUE_SEND), 1);
}

static void dead_peer_of_another_queue_changes_nothing(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *gone = rig_started(rig, FERRY_PORT_TX, DEPTH, SIZE);
	struct rig_queue *here = rig_started(rig, FERRY_PORT_TX, DEPTH, SIZE);
	u8 buf[4] = {};

	ferry_sim_gunyah_queue_revoke(gone->q, true);
	KUNIT_EXPECT_EQ(test, ferry_port_send(gone->port, buf, 4, 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, ferry_port_send(here->port, buf, 4, 0), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(here), 0);
}

static void port_outlives_its_hypervisor(struct kunit *test)
{
	struct rig *rig = rig_new(test, false, false);
	struct rig_queue *rq = rig_queue(rig, FERRY_PORT_TX, DEPTH, SIZE);
	u8 buf[4] = {};

	rq->cfg.irq = 0;
	rig_port(rq);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rq->port, &rig_user, rig), 0);
	ferry_sim_gunyah_destroy(rig->sim);
	rig->sim = NULL;
	KUNIT_EXPECT_EQ(test, ferry_port_send(rq->port, buf, 4, 0), -EPIPE);
}

static struct kunit_case gunyah_queue_cases[] = {
	KUNIT_CASE(create_refuses_fields_that_cannot_be),
	KUNIT_CASE(nothing_known_means_240_bytes),
	KUNIT_CASE(start_says_what_is_wrong_with_a_capability),
	KUNIT_CASE(large_capabilities_work_as_well),
	KUNIT_CASE(ports_say_their_capability),
	KUNIT_CASE(start_refuses_thresholds_out_of_range),
	KUNIT_CASE(start_refuses_an_interrupt_that_is_a_level),
	KUNIT_CASE(one_interrupt_serves_one_port),
	KUNIT_CASE(create_survives_a_failing_allocation),
	KUNIT_CASE(start_survives_a_failing_allocation),
	KUNIT_CASE(reset_of_the_peer_ends_both_directions),
	KUNIT_CASE(dead_peer_of_another_queue_changes_nothing),
	KUNIT_CASE(port_outlives_its_hypervisor),
	{}
};

static struct kunit_suite gunyah_queue_suite = {
	.name = "ferry_gunyah_queue",
	.test_cases = gunyah_queue_cases,
};

kunit_test_suite(gunyah_queue_suite);

MODULE_DESCRIPTION("Ferry: tests of Gunyah queues as ports");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
