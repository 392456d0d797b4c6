// SPDX-License-Identifier: GPL-2.0-only
/*
 * An edge whose remote is run by the rproc of another driver, as of a modem: it is there
 * from boot to stop, and over a crash.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/port.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/remoteproc.h>

#include "../../drivers/compat.h"
#include "../../drivers/sim/smd_remote.h"
#include "../core/fake.h"
#include "../ferry_kunit.h"
#include "edges.h"

#define NAME		"echo"
#define RING		256
#define FW_SIZE		64

struct modem {
	struct kunit *test;
	struct edges *e;
	struct ferry_link *link;
	struct ferry_sim_smd *sim;
	struct rproc *rproc;
	struct edges_client *c;
	bool hangs;			/* it is booted, and does nothing */
	unsigned int boots;
	enum ferry_state at_boot;	/* of the link */
};

static int modem_boot(struct rproc *rproc)
{
	struct modem *m = *(struct modem **)rproc->priv;

	if (m->e->link[0])
		m->at_boot = ferry_link_state(m->e->link[0]);
	if (!m->hangs)
		ferry_sim_smd_restart(m->sim, false);
	smp_store_release(&m->boots, m->boots + 1);	/* pairs with edges_wait_for() */
	return 0;
}

static int modem_off(struct rproc *rproc)
{
	struct modem *m = *(struct modem **)rproc->priv;

	ferry_sim_smd_crash(m->sim);
	return 0;
}

static int modem_load(struct rproc *rproc, const struct firmware *fw)
{
	return 0;
}

static const struct rproc_ops modem_ops = {
	.start = modem_boot,
	.stop = modem_off,
	.load = modem_load,
};

static void modem_no_parent(void *pdev)
{
	platform_device_unregister(pdev);
}

static void modem_no_rproc(void *arg)
{
	struct rproc *rproc = arg;

	rproc_del(rproc);
	rproc_free(rproc);
}

static void modem_no_sim(void *sim)
{
	ferry_sim_smd_destroy(sim);
}

static void modem_sim(struct modem *m)
{
	struct ferry_sim_smd_cfg cfg = {
		.name = "kunit-modem", .base = m->e->mem, .size = EDGES_SMEM, .edge = EDGES_EDGE,
		.host = EDGES_HOST,
	};
	struct ferry_sim_smd_channel channel = {
		.name = NAME, .ring = RING, .mode = FERRY_SIM_SMD_LEADER,
		.role = FERRY_SIM_SMD_ECHO,
	};

	ferry_port_stop(m->e->to_us);
	m->sim = ferry_sim_smd_create_on_ports(&cfg, m->e->to_us, m->e->at_remote);
	KUNIT_ASSERT_FALSE(m->test, IS_ERR(m->sim));
	ferry_defer(m->test, modem_no_sim, m->sim);
	KUNIT_ASSERT_EQ(m->test, ferry_sim_smd_channel_create(m->sim, &channel), 0);
	ferry_sim_smd_crash(m->sim);
}

static void modem_rproc(struct modem *m)
{
	struct platform_device *pdev;

	fake_firmware(m->test, FW_SIZE);
	pdev = platform_device_register_simple("ferry-modem", PLATFORM_DEVID_AUTO, NULL, 0);
	KUNIT_ASSERT_FALSE(m->test, IS_ERR(pdev));
	ferry_defer(m->test, modem_no_parent, pdev);
	m->rproc = rproc_alloc(&pdev->dev, "modem", &modem_ops, FAKE_FIRMWARE, sizeof(m));
	KUNIT_ASSERT_NOT_NULL(m->test, m->rproc);
	*(struct modem **)m->rproc->priv = m;
	m->rproc->auto_boot = false;
	KUNIT_ASSERT_EQ(m->test, rproc_add(m->rproc), 0);
	ferry_defer(m->test, modem_no_rproc, m->rproc);
}

static void modem_no_edge(void *arg)
{
	struct modem *m = arg;

	edges_close(m->c);
	edges_destroy_smd(m->e, 0);
}

/* Nothing runs yet, and the edge follows nobody. */
static struct modem *modem_create(struct kunit *test)
{
	struct modem *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->test = test;
	m->e = edges_create(test, EDGES_BY_HAND | EDGES_OFFLINE | EDGES_RECOVER | EDGES_PART);
	m->link = m->e->link[0];
	m->c = edges_client(test);
	modem_sim(m);
	modem_rproc(m);
	ferry_defer(test, modem_no_edge, m);
	return m;
}

static void expect_echoes(struct modem *m)
{
	struct edges_client *c = m->c;
	unsigned int i, nr = c->nr;

	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_EQ(m->test, edges_send(c, 16 + i, nr + i), 0);
		KUNIT_EXPECT_TRUE(m->test, edges_wait(c, nr + i + 1));
	}
	KUNIT_EXPECT_EQ(m->test, c->bad, 0);
}

static void an_edge_is_there_while_its_remote_runs(struct kunit *test)
{
	struct modem *m = modem_create(test);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ferry_smd_follow(m->e->smd[0], m->rproc), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_state(m->link), FERRY_STATE_OFFLINE);
	for (i = 0; i < 3; i++) {
		m->c->ups = 0;
		KUNIT_ASSERT_EQ(test, rproc_boot(m->rproc), 0);
		KUNIT_EXPECT_EQ(test, m->at_boot, FERRY_STATE_OFFLINE);
		KUNIT_EXPECT_EQ(test, ferry_link_state(m->link), FERRY_STATE_RUNNING);
		if (!i)
			KUNIT_ASSERT_EQ(test, edges_open(m->c, m->link, NAME, 0), 0);
		else
			KUNIT_ASSERT_TRUE(test, edges_wait_for(&m->c->ups, 1));
		expect_echoes(m);
		KUNIT_EXPECT_EQ(test, edges_offered(m->link), 1);
		KUNIT_ASSERT_EQ(test, rproc_shutdown(m->rproc), 0);
		KUNIT_EXPECT_EQ(test, ferry_link_state(m->link), FERRY_STATE_OFFLINE);
		KUNIT_EXPECT_EQ(test, edges_offered(m->link), 0);
		KUNIT_EXPECT_EQ(test, edges_send(m->c, 4, 0), -ENOLINK);
	}
	/* Who starts the link boots the remote. */
	m->c->ups = 0;
	KUNIT_ASSERT_EQ(test, ferry_link_start(m->link), 0);
	KUNIT_EXPECT_EQ(test, m->boots, 4);
	KUNIT_ASSERT_TRUE(test, edges_wait_for(&m->c->ups, 1));
	expect_echoes(m);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(m->link), 0);
	KUNIT_EXPECT_EQ(test, m->rproc->state, RPROC_OFFLINE);
}

/* What a remote keeps that died: our lock, and others theirs. */
static void a_crash_of_the_remote_is_one_of_the_edge(struct kunit *test)
{
	struct modem *m = modem_create(test);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, ferry_smd_follow(m->e->smd[0], m->rproc), 0);
	KUNIT_ASSERT_EQ(test, rproc_boot(m->rproc), 0);
	KUNIT_ASSERT_EQ(test, edges_open(m->c, m->link, NAME, 0), 0);
	for (i = 0; i < 4; i++) {
		int owner = i < 2 ? EDGES_HOST + 1 : EDGES_HOST + 2;

		expect_echoes(m);
		m->c->ups = 0;
		atomic_set(&m->e->owner, owner);
		/* Its driver hears of it, or we do. */
		if (i & 1)
			ferry_link_crash(m->link, "test");
		else
			rproc_report_crash(m->rproc, RPROC_FATAL_ERROR);
		KUNIT_ASSERT_TRUE(test, edges_wait_for(&m->c->ups, 1));
		KUNIT_EXPECT_EQ(test, m->boots, i + 2);
		KUNIT_EXPECT_EQ(test, m->at_boot, FERRY_STATE_CRASHED);
		KUNIT_EXPECT_EQ(test, atomic_read(&m->e->owner), i < 2 ? 0 : owner);
		atomic_set(&m->e->owner, 0);
		KUNIT_EXPECT_EQ(test, ferry_link_epoch(m->link), i + 2);
	}
	expect_echoes(m);
	KUNIT_EXPECT_EQ(test, m->rproc->state, RPROC_RUNNING);
	KUNIT_ASSERT_EQ(test, rproc_shutdown(m->rproc), 0);
}

/* Its driver was faster than ours, and stays when ours goes. */
static void an_edge_joins_a_remote_that_runs(struct kunit *test)
{
	struct modem *m = modem_create(test);

	KUNIT_ASSERT_EQ(test, rproc_boot(m->rproc), 0);
	KUNIT_ASSERT_EQ(test, ferry_smd_follow(m->e->smd[0], m->rproc), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_state(m->link), FERRY_STATE_RUNNING);
	KUNIT_ASSERT_EQ(test, edges_open(m->c, m->link, NAME, 0), 0);
	expect_echoes(m);
	edges_close(m->c);
	edges_destroy_smd(m->e, 0);
	KUNIT_EXPECT_EQ(test, m->rproc->state, RPROC_RUNNING);
	KUNIT_EXPECT_EQ(test, m->boots, 1);
	/* Nothing of ours is called any more. */
	rproc_report_crash(m->rproc, RPROC_FATAL_ERROR);
	KUNIT_ASSERT_TRUE(test, edges_wait_for(&m->boots, 2));
	KUNIT_ASSERT_EQ(test, rproc_shutdown(m->rproc), 0);
}

/* It hung when it was stopped, in good order for us: in memory it is opened still. */
static void what_a_remote_left_is_of_another_life(struct kunit *test)
{
	struct modem *m = modem_create(test);

	KUNIT_ASSERT_EQ(test, ferry_smd_follow(m->e->smd[0], m->rproc), 0);
	KUNIT_ASSERT_EQ(test, rproc_boot(m->rproc), 0);
	KUNIT_ASSERT_EQ(test, edges_open(m->c, m->link, NAME, 0), 0);
	expect_echoes(m);
	ferry_sim_smd_crash(m->sim);
	KUNIT_ASSERT_EQ(test, rproc_shutdown(m->rproc), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_state(m->sim, 0), SMD_OPENED);
	m->hangs = true;
	m->c->ups = 0;
	KUNIT_ASSERT_EQ(test, rproc_boot(m->rproc), 0);
	msleep(200);
	KUNIT_EXPECT_EQ(test, ferry_link_state(m->link), FERRY_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, edges_offered(m->link), 0);
	KUNIT_EXPECT_EQ(test, m->c->ups, 0);
	/* It got through its boot at last. */
	ferry_sim_smd_restart(m->sim, false);
	KUNIT_ASSERT_TRUE(test, edges_wait_for(&m->c->ups, 1));
	expect_echoes(m);
	KUNIT_ASSERT_EQ(test, rproc_shutdown(m->rproc), 0);
}

static struct kunit_case smd_rproc_cases[] = {
	KUNIT_CASE(an_edge_is_there_while_its_remote_runs),
	KUNIT_CASE(a_crash_of_the_remote_is_one_of_the_edge),
	KUNIT_CASE(an_edge_joins_a_remote_that_runs),
	KUNIT_CASE(what_a_remote_left_is_of_another_life),
	{}
};

static struct kunit_suite smd_rproc_suite = {
	.name = "smd_rproc",
	.test_cases = smd_rproc_cases,
};
kunit_test_suite(smd_rproc_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Tests of Ferry's SMD with a remote that is booted");
MODULE_LICENSE("GPL");
