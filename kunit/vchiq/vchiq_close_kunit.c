// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: both sides close a service at the same time. Each says CLOSE once, and the CLOSE of
 * the other is its answer: nothing more is said, and the port is free for the next.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define OURS		0x4f555253	/* "OURS" */
#define VPU_PORT	0x123
#define OTHER_PORT	0x77
#define ROUNDS		8

/* What the host says next, CONNECT left out. */
static u32 hears(struct vrig *rig)
{
	u32 msgid = 0, size = 0;

	while (vrig_hears(rig, &msgid, &size))
		if (msgid >> 24 != VCHIQ_CONNECT)
			return msgid;
	return 0;
}

static void says_open(struct vrig *rig, u16 port)
{
	struct vchiq_open open = { .fourcc = cpu_to_le32(OURS), .version = cpu_to_le16(1) };

	vrig_say(rig, VRIG_ID(OPEN, port, 0), &open, sizeof(open));
}

static struct fake_client *listener(struct vrig *rig)
{
	KUNIT_ASSERT_EQ(rig->test, ferry_vchiq_listen(rig->link, "OURS", 1, 0), 0);
	return vrig_opened(rig, "OURS", 0);
}

/* A service that the VPU opens; it has this port here. */
static struct fake_client *opened_by_vpu(struct vrig *rig, u16 port)
{
	struct fake_client *c = listener(rig);

	says_open(rig, VPU_PORT);
	KUNIT_ASSERT_EQ(rig->test, hears(rig), VRIG_ID(OPENACK, port, VPU_PORT));
	return c;
}

static struct fake_client *opened_by_us(struct vrig *rig, u16 port)
{
	u16 got;
	struct fake_client *c = vrig_hand_open(rig, "ECHO", VPU_PORT, &got);

	KUNIT_ASSERT_EQ(rig->test, got, port);
	return c;
}

/* Port 0 is not the one that the tests look at: it means "not known", too. */
static struct fake_client *has_port_0(struct vrig *rig)
{
	u16 port;
	struct fake_client *c = vrig_hand_open(rig, "SMEM", OTHER_PORT, &port);

	KUNIT_ASSERT_EQ(rig->test, port, 0);
	return c;
}

/* All that was said was taken, and nothing was said to it. */
static void says_no_more(struct vrig *rig)
{
	vrig_say(rig, VRIG_ID(REMOTE_USE, 0, 0), NULL, 0);
	KUNIT_ASSERT_EQ(rig->test, hears(rig), VRIG_ID(REMOTE_USE_ACTIVE, 0, 0));
}

/* ... and nothing happened to the one with port 0. */
static void port_0_works(struct vrig *rig, struct fake_client *c)
{
	says_no_more(rig);
	KUNIT_EXPECT_EQ(rig->test, fake_send(c, 0), 0);
	KUNIT_EXPECT_EQ(rig->test, hears(rig), VRIG_ID(DATA, 0, OTHER_PORT));
}

struct kind {
	const char *name;
	struct fake_client *(*open)(struct vrig *rig, u16 port);
	u16 dst;	/* of the VPU's CLOSE: 0 if it did not hear of our port yet */
};

static const struct kind kinds[] = {
	{ "opened by us", opened_by_us, 1 },
	{ "opened by the VPU", opened_by_vpu, 1 },
	{ "opened by the VPU, which was not answered yet", opened_by_vpu, 0 },
};

static void kind_desc(const struct kind *kind, char *desc)
{
	strscpy(desc, kind->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(kinds, kinds, kind_desc);

/* The VPU closes before it heard our CLOSE. */
static void ours_was_first(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *other = has_port_0(rig), *c;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		c = kind->open(rig, 1);
		fake_close(c);
		KUNIT_ASSERT_EQ(test, hears(rig), VRIG_ID(CLOSE, 1, VPU_PORT));
		vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT, kind->dst), NULL, 0);
		port_0_works(rig, other);
	}
}

/* The client closes when the VPU did, and knows of it or not. */
static void the_vpu_was_first(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *other = has_port_0(rig), *c;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		c = kind->open(rig, 1);
		vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT, kind->dst), NULL, 0);
		if (i % 2)
			usleep_range(1, 50);
		fake_close(c);
		KUNIT_ASSERT_EQ(test, hears(rig), VRIG_ID(CLOSE, 1, VPU_PORT));
		port_0_works(rig, other);
	}
}

/* Both wait for an answer, and the VPU does not know the port: it is not that of the other. */
static void answer_is_for_who_was_open(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *other = has_port_0(rig), *c = opened_by_vpu(rig, 1);

	fake_close(other);
	KUNIT_ASSERT_EQ(test, hears(rig), VRIG_ID(CLOSE, 0, OTHER_PORT));
	fake_close(c);
	KUNIT_ASSERT_EQ(test, hears(rig), VRIG_ID(CLOSE, 1, VPU_PORT));
	vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT, 0), NULL, 0);
	c = opened_by_vpu(rig, 1);
	vrig_say(rig, VRIG_ID(CLOSE, OTHER_PORT, 0), NULL, 0);
	says_no_more(rig);
	has_port_0(rig);
}

/* From who was never there: the port goes on waiting for its own. */
static void answer_of_a_stranger_is_none(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *other = has_port_0(rig), *c = opened_by_us(rig, 1);

	fake_close(other);
	fake_close(c);
	KUNIT_ASSERT_EQ(test, hears(rig), VRIG_ID(CLOSE, 0, OTHER_PORT));
	KUNIT_ASSERT_EQ(test, hears(rig), VRIG_ID(CLOSE, 1, VPU_PORT));
	vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT + 1, 0), NULL, 0);
	vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT + 1, 1), NULL, 0);
	vrig_say(rig, VRIG_ID(CLOSE, OTHER_PORT, 1), NULL, 0);
	says_no_more(rig);
	opened_by_us(rig, 2);
}

static int opens_smem(void *arg)
{
	struct vrig *rig = arg;

	return vrig_open(rig, fake_client(rig->test), "SMEM", 0);
}

/* What it asked for is refused, and it takes it back meanwhile: others may be at port 0. */
static void refusal_and_close_cross(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	__le16 version = cpu_to_le16(1);
	struct fake_task *t;

	says_open(rig, VPU_PORT);
	KUNIT_ASSERT_EQ(test, hears(rig), VRIG_ID(CLOSE, 0, VPU_PORT));
	t = fake_run(test, opens_smem, rig);
	KUNIT_ASSERT_EQ(test, hears(rig), VRIG_ID(OPEN, 0, 0));
	vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT, 0), NULL, 0);
	vrig_say(rig, VRIG_ID(OPENACK, OTHER_PORT, 0), &version, sizeof(version));
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
}

/* A client in the simulated VPU. */
struct caller {
	struct vrig *rig;
	unsigned int opened;
};

static int caller_opened(void *priv, struct ferry_sim_vchiq_conn *conn)
{
	struct caller *v = priv;

	WRITE_ONCE(v->opened, v->opened + 1);
	return 0;
}

static void caller_rx(void *priv, struct ferry_sim_vchiq_conn *conn, const void *msg, size_t len)
{
}

static int caller_hangs_up(void *arg)
{
	struct caller *v = arg;

	ferry_sim_vchiq_hang_up(v->rig->sim, OURS);
	return 0;
}

static unsigned int conns(struct vrig *rig)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(rig->sim, &stats);
	return stats.conns;
}

static void caller_calls(struct caller *v)
{
	struct ferry_sim_vchiq_server client = {
		.fourcc = OURS, .version = 1, .opened = caller_opened, .rx = caller_rx, .priv = v,
	};

	KUNIT_ASSERT_EQ(v->rig->test, ferry_sim_vchiq_call(v->rig->sim, &client), 0);
}

/* The simulated VPU, which may have hung up before it was answered, or may be refused. */
static void simulated_vpu_ends_it_as_well(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);
	struct caller v = { .rig = rig };
	struct ferry_sim_vchiq_stats stats;
	struct fake_client *c;
	struct fake_task *t;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		c = listener(rig);
		v.opened = 0;
		caller_calls(&v);
		if (i % 4 > 1)
			KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(v.opened)));
		t = fake_run(test, caller_hangs_up, &v);
		if (i % 2)
			usleep_range(1, 50);
		fake_close(c);
		fake_join(t);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(!conns(rig)));
	}
	ferry_sim_vchiq_stats(rig->sim, &stats);
	KUNIT_EXPECT_EQ(test, stats.wrongs, 0);
}

static struct kunit_case vchiq_close_cases[] = {
	KUNIT_CASE_PARAM(ours_was_first, kinds_gen_params),
	KUNIT_CASE_PARAM(the_vpu_was_first, kinds_gen_params),
	KUNIT_CASE(answer_is_for_who_was_open),
	KUNIT_CASE(answer_of_a_stranger_is_none),
	KUNIT_CASE(refusal_and_close_cross),
	KUNIT_CASE(simulated_vpu_ends_it_as_well),
	{}
};

static struct kunit_suite vchiq_close_suite = {
	.name = "ferry_vchiq_close",
	.test_cases = vchiq_close_cases,
};
kunit_test_suite(vchiq_close_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of VCHIQ, services that both sides close");
MODULE_LICENSE("GPL");
