// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: services of ours, which the VPU opens; or closes at once, or opens as it should not.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/prandom.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define OURS		0x4f555253	/* "OURS" */
#define VPU_PORT	0x123
#define FLOOD		500

static struct fake_client *listener(struct vrig *rig, u16 version, u16 version_min)
{
	KUNIT_ASSERT_EQ(rig->test, ferry_vchiq_listen(rig->link, "OURS", version, version_min), 0);
	return vrig_opened(rig, "OURS", 0);
}

/* The client has been told so many things. */
static bool told(struct fake_client *c, unsigned int n)
{
	return FERRY_WAIT(READ_ONCE(c->events) >= n);
}

/* A client in the VPU. */
struct caller {
	struct ferry_sim_vchiq_conn *conn;
	unsigned int opened;
	unsigned int closed;
	unsigned int got;
};

/* Before the rig, as the VPU tells it that it is over when that goes. */
static struct caller *caller(struct kunit *test)
{
	struct caller *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, v);
	return v;
}

static int caller_opened(void *priv, struct ferry_sim_vchiq_conn *conn)
{
	struct caller *v = priv;

	v->conn = conn;
	WRITE_ONCE(v->opened, v->opened + 1);
	return 0;
}

static void caller_rx(void *priv, struct ferry_sim_vchiq_conn *conn, const void *msg, size_t len)
{
	struct caller *v = priv;

	WRITE_ONCE(v->got, v->got + 1);
	ferry_sim_vchiq_send(conn, msg, len);
}

static void caller_closed(void *priv, struct ferry_sim_vchiq_conn *conn)
{
	struct caller *v = priv;

	WRITE_ONCE(v->closed, v->closed + 1);
}

static int call(struct vrig *rig, struct caller *v, u16 version, u16 version_min)
{
	struct ferry_sim_vchiq_server client = {
		.fourcc = OURS, .version = version, .version_min = version_min,
		.opened = caller_opened, .rx = caller_rx, .closed = caller_closed, .priv = v,
	};

	return ferry_sim_vchiq_call(rig->sim, &client);
}

static bool came(const unsigned int *counter, unsigned int n)
{
	return FERRY_WAIT(READ_ONCE(*counter) >= n);
}

static u64 wrongs(struct vrig *rig)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(rig->sim, &stats);
	return stats.wrongs;
}

/* Opened, used both ways, closed by the VPU, and all of that again. */
static void vpu_opens_and_closes(struct kunit *test)
{
	struct caller *v = caller(test);
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *c = listener(rig, 2, 1);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, fake_send(c, 0), -EPIPE);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, call(rig, v, 3, 2), 0);
		KUNIT_ASSERT_TRUE(test, came(&v->opened, i + 1));
		KUNIT_ASSERT_TRUE(test, told(c, 2 * i + 1));
		KUNIT_EXPECT_EQ(test, ferry_vchiq_peer_version(rig->link, "OURS"), 3);
		KUNIT_EXPECT_EQ(test, fake_send(c, i), 0);
		KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, i + 1));
		KUNIT_EXPECT_EQ(test, c->seq[i], i);
		KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(rig->sim, OURS), 1);
		KUNIT_ASSERT_TRUE(test, told(c, 2 * i + 2));
		KUNIT_ASSERT_TRUE(test, came(&v->closed, i + 1));
		KUNIT_EXPECT_EQ(test, fake_send(c, 0), -EPIPE);
	}
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CLOSED, FERRY_EVENT_UP,
			   FERRY_EVENT_CLOSED, FERRY_EVENT_UP, FERRY_EVENT_CLOSED);
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	KUNIT_EXPECT_EQ(test, wrongs(rig), 0);
}

/* Nobody listens, or the versions do not fit, or there is a client already. */
static void who_does_not_fit_is_refused(struct kunit *test)
{
	struct caller *v = caller(test), *first = caller(test);
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *c;

	KUNIT_ASSERT_EQ(test, call(rig, v, 1, 0), 0);
	KUNIT_ASSERT_TRUE(test, came(&v->closed, 1));
	c = listener(rig, 5, 4);
	KUNIT_ASSERT_EQ(test, call(rig, v, 3, 0), 0);
	KUNIT_ASSERT_TRUE(test, came(&v->closed, 2));
	KUNIT_ASSERT_EQ(test, call(rig, v, 7, 6), 0);
	KUNIT_ASSERT_TRUE(test, came(&v->closed, 3));
	KUNIT_ASSERT_EQ(test, call(rig, first, 4, 0), 0);
	KUNIT_ASSERT_TRUE(test, came(&first->opened, 1));
	KUNIT_ASSERT_EQ(test, call(rig, v, 5, 5), 0);
	KUNIT_ASSERT_TRUE(test, came(&v->closed, 4));
	KUNIT_EXPECT_EQ(test, v->opened, 0);
	KUNIT_EXPECT_EQ(test, first->closed, 0);
	KUNIT_ASSERT_TRUE(test, told(c, 1));
	KUNIT_EXPECT_EQ(test, wrongs(rig), 0);
}

/* The VPU is told, and its next call finds nobody. */
static void client_closes(struct kunit *test)
{
	struct caller *v = caller(test);
	struct vrig *rig = vrig_create(test, 0);
	struct fake_client *c = listener(rig, 1, 0);

	KUNIT_ASSERT_EQ(test, call(rig, v, 1, 0), 0);
	KUNIT_ASSERT_TRUE(test, told(c, 1));
	fake_close(c);
	KUNIT_ASSERT_TRUE(test, came(&v->closed, 1));
	KUNIT_ASSERT_EQ(test, call(rig, v, 1, 0), 0);
	KUNIT_ASSERT_TRUE(test, came(&v->closed, 2));
	KUNIT_EXPECT_EQ(test, v->opened, 1);
	KUNIT_EXPECT_EQ(test, wrongs(rig), 0);
	/* From now on it is one of the VPU again, which has none of this name. */
	KUNIT_ASSERT_EQ(test, ferry_vchiq_version(rig->link, "OURS", 1, 0), 0);
	KUNIT_EXPECT_EQ(test, vrig_open(rig, fake_client(test), "OURS", 0), -ECONNREFUSED);
}

/* A client that was there before the link, and stays over a crash. */
static void crash_ends_it(struct kunit *test)
{
	struct caller *v = caller(test);
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE | VRIG_RECOVER);
	struct fake_client *c = listener(rig, 1, 0);
	unsigned int i;
	u32 epoch;

	KUNIT_ASSERT_EQ(test, ferry_link_start(rig->link), 0);
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, call(rig, v, 1, 0), 0);
		KUNIT_ASSERT_TRUE(test, came(&v->opened, i + 1));
		KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_send(v->conn, "\0\0\0\0", 4), 0);
		KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, i + 1));
		epoch = ferry_link_epoch(rig->link);
		ferry_link_crash(rig->link, "the test says so");
		KUNIT_ASSERT_TRUE(test, came(&v->closed, i + 1));
		FERRY_WAIT(ferry_link_epoch(rig->link) != epoch);
		VRIG_EXPECT_STATE(rig, RUNNING);
		KUNIT_EXPECT_EQ(test, fake_send(c, 0), -EPIPE);
	}
}

static void hand_open(struct vrig *rig, u16 port, u16 version)
{
	struct vchiq_open open = {
		.fourcc = cpu_to_le32(OURS), .version = cpu_to_le16(version),
	};

	vrig_say(rig, VRIG_ID(OPEN, port, 0), &open, sizeof(open));
}

/* What the host says next, CONNECT left out. */
static u32 hears(struct vrig *rig, const void **payload)
{
	u32 msgid = 0, size = 0;

	do {
		*payload = vrig_hears(rig, &msgid, &size);
	} while (*payload && msgid >> 24 == VCHIQ_CONNECT);
	return *payload ? msgid : 0;
}

/* Byte by byte, with the port that the host took. */
static void bytes_of_an_answer(struct kunit *test)
{
	static const u8 ack[] = { 0x23, 0x01, 0x00, 0x03, 0x02, 0, 0, 0, 0x02, 0x00 };
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *c = listener(rig, 2, 0);
	const void *payload;

	hand_open(rig, VPU_PORT, 1);
	KUNIT_ASSERT_EQ(test, hears(rig, &payload), VRIG_ID(OPENACK, 0, VPU_PORT));
	KUNIT_EXPECT_MEMEQ(test, payload - 8, ack, sizeof(ack));
	KUNIT_ASSERT_TRUE(test, told(c, 1));
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, 0), "\1\0\0\0", 4);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, 1));
	/* It closes as if it had not heard the answer. */
	vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT, 0), NULL, 0);
	KUNIT_EXPECT_EQ(test, hears(rig, &payload), VRIG_ID(CLOSE, 0, VPU_PORT));
	KUNIT_ASSERT_TRUE(test, told(c, 2));
}

/* Port 0 is somebody else's: what is closed without its port is the one of who closes. */
static void closed_by_who_knows_no_port(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *other, *c;
	const void *payload;
	u16 port;

	other = vrig_hand_open(rig, "SMEM", 0x77, &port);
	KUNIT_ASSERT_EQ(test, port, 0);
	c = listener(rig, 1, 0);
	hand_open(rig, VPU_PORT, 1);
	KUNIT_ASSERT_EQ(test, hears(rig, &payload), VRIG_ID(OPENACK, 1, VPU_PORT));
	vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT, 0), NULL, 0);
	KUNIT_EXPECT_EQ(test, hears(rig, &payload), VRIG_ID(CLOSE, 1, VPU_PORT));
	KUNIT_ASSERT_TRUE(test, told(c, 1));
	KUNIT_EXPECT_EQ(test, fake_send(other, 0), 0);
	/* Nobody has this port. */
	vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT, 0), NULL, 0);
	hand_open(rig, VPU_PORT, 1);
	hears(rig, &payload);	/* DATA */
	KUNIT_EXPECT_EQ(test, hears(rig, &payload), VRIG_ID(OPENACK, 1, VPU_PORT));
}

/* Opened and closed before anybody could answer: it ends with a CLOSE, as often as it likes. */
static void taken_back_at_once(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *c = listener(rig, 1, 0);
	const void *payload;
	unsigned int i;
	u32 msgid;

	for (i = 0; i < 100; i++) {
		hand_open(rig, VPU_PORT + i, 1);
		vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT + i, 0), NULL, 0);
		do {
			msgid = hears(rig, &payload);
			KUNIT_ASSERT_NE(test, msgid, 0);
			KUNIT_EXPECT_EQ(test, msgid & 0xfff, VPU_PORT + i);
		} while (msgid >> 24 != VCHIQ_CLOSE);
	}
	do {
		hand_open(rig, VPU_PORT, 1);
		msgid = hears(rig, &payload);
		KUNIT_ASSERT_NE(test, msgid, 0);
	} while (msgid >> 24 != VCHIQ_OPENACK);
	vrig_say(rig, VRIG_ID(DATA, VPU_PORT, msgid >> 12 & 0xfff), "\1\0\0\0", 4);
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, 1));
}

/* Opened while the client goes: whoever is first, the VPU hears that it is closed. */
static void opened_while_the_client_goes(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *c = listener(rig, 1, 0);
	const void *payload;
	unsigned int i;
	bool acked;
	u32 msgid;

	for (i = 0; i < 20; i++) {
		hand_open(rig, VPU_PORT, 1);
		fake_close(c);
		acked = false;
		while ((msgid = hears(rig, &payload)) >> 24 == VCHIQ_OPENACK)
			acked = true;
		KUNIT_ASSERT_EQ(test, msgid >> 24, VCHIQ_CLOSE);
		if (acked)
			vrig_say(rig, VRIG_ID(CLOSE, VPU_PORT, msgid >> 12 & 0xfff), NULL, 0);
		c = vrig_opened(rig, "OURS", 0);
	}
	hand_open(rig, VPU_PORT, 1);
	KUNIT_EXPECT_EQ(test, hears(rig, &payload) >> 24, VCHIQ_OPENACK);
}

/* Any bytes of any length: each that is long enough is answered, and nothing else happens. */
static void garbage_is_refused(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *c = listener(rig, 1, 0);
	struct rnd_state rnd;
	const void *payload;
	u8 bytes[24];
	unsigned int i;
	u32 size;

	prandom_seed_state(&rnd, 6);
	for (i = 0; i < FLOOD; i++) {
		prandom_bytes_state(&rnd, bytes, sizeof(bytes));
		size = prandom_u32_state(&rnd) % (sizeof(bytes) + 1);
		vrig_say(rig, VRIG_ID(OPEN, i % 0x1000, i * 7 % 0x1000), bytes, size);
		if (size >= sizeof(struct vchiq_open))
			KUNIT_ASSERT_EQ(test, hears(rig, &payload), VRIG_ID(CLOSE, 0, i % 0x1000));
		/* Keep both sides in slots that there are. */
		if (rig->rx_pos > 25 * 4096 || rig->tx_pos > 25 * 4096)
			break;
	}
	KUNIT_EXPECT_EQ(test, c->events, 0);
	hand_open(rig, VPU_PORT, 1);
	KUNIT_EXPECT_EQ(test, hears(rig, &payload) >> 24, VCHIQ_OPENACK);
	VRIG_EXPECT_STATE(rig, RUNNING);
}

static void names_that_cannot_be(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, 0);

	KUNIT_EXPECT_EQ(test, ferry_vchiq_listen(rig->link, "OUR", 1, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_listen(rig->link, "OURSS", 1, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_listen(NULL, "OURS", 1, 0), -EINVAL);
}

static struct kunit_case vchiq_listen_cases[] = {
	KUNIT_CASE(vpu_opens_and_closes),
	KUNIT_CASE(who_does_not_fit_is_refused),
	KUNIT_CASE(client_closes),
	KUNIT_CASE(crash_ends_it),
	KUNIT_CASE(bytes_of_an_answer),
	KUNIT_CASE(closed_by_who_knows_no_port),
	KUNIT_CASE(taken_back_at_once),
	KUNIT_CASE(opened_while_the_client_goes),
	KUNIT_CASE(garbage_is_refused),
	KUNIT_CASE(names_that_cannot_be),
	{}
};

static struct kunit_suite vchiq_listen_suite = {
	.name = "ferry_vchiq_listen",
	.test_cases = vchiq_listen_cases,
};
kunit_test_suite(vchiq_listen_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of VCHIQ, services that the VPU opens");
MODULE_LICENSE("GPL");
