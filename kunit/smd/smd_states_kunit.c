// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each state of ours beside each of the remote, and each way from one to another.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/watch.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "edges.h"

/* All that there are, and some that cannot be. */
static const u32 states[] = {
	SMD_CLOSED, SMD_OPENING, SMD_OPENED, SMD_FLUSHING, SMD_CLOSING, SMD_RESET,
	SMD_RESET_OPENING, 7, 0xffffffff,
};

/* So often in a row a state has to be seen, to be what comes of another. */
#define STEADY		15

static bool is_live(u32 state)
{
	return state == SMD_OPENING || state == SMD_OPENED;
}

static bool is_state(struct hand *h, u32 own, unsigned int offered)
{
	return smd_state(h->ours) == own && edges_offered(h->e->link[0]) == offered;
}

static bool settles(struct hand *h, u32 own, unsigned int offered)
{
	unsigned int right = 0;

	return FERRY_WAIT((right = is_state(h, own, offered) ? right + 1 : 0) > STEADY);
}

static void a_closed_channel_is_offered_while_the_remote_wants(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct hand *h = hand_channel(e, "state", 0, 64, false, SMD_ENTRY_PACKET);
	unsigned int from, to;

	for (from = 0; from < ARRAY_SIZE(states); from++)
		for (to = 0; to < ARRAY_SIZE(states); to++) {
			hand_state(h, states[from]);
			KUNIT_EXPECT_TRUE_MSG(test, settles(h, SMD_CLOSED, is_live(states[from])),
					      "%u", states[from]);
			hand_state(h, states[to]);
			KUNIT_EXPECT_TRUE_MSG(test, settles(h, SMD_CLOSED, is_live(states[to])),
					      "%u to %u", states[from], states[to]);
		}
}

/* What came of an opening that met this state; nothing more came. */
static void opening_goes_on_when_the_remote_does(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		struct edges *e = edges_create(test, EDGES_BY_HAND);
		struct hand *h = hand_channel(e, "state", 0, 64, false, SMD_ENTRY_PACKET);
		struct edges_client *c = edges_client(test);
		struct opener *o = edges_open_begin(c, e->link[0], "state");
		bool opened = states[i] == SMD_OPENED;

		KUNIT_EXPECT_TRUE(test, hand_sees(h, SMD_OPENING));
		hand_state(h, states[i]);
		if (is_live(states[i]))
			KUNIT_EXPECT_TRUE(test, hand_sees(h, SMD_OPENED));
		KUNIT_EXPECT_EQ_MSG(test, edges_open_end(o), opened ? 0 : -ETIMEDOUT, "%u",
				    states[i]);
		KUNIT_EXPECT_EQ(test, smd_state(h->ours), opened ? SMD_OPENED : SMD_CLOSED);
	}
}

static void state_desc(const u32 *state, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "from %x", *state);
}

KUNIT_ARRAY_PARAM(states, states, state_desc);

static void a_client_follows_the_remote(struct kunit *test)
{
	u32 from = *(const u32 *)test->param_value;
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct hand *h = hand_channel(e, "state", 0, 64, false, SMD_ENTRY_PACKET);
	struct edges_client *c = edges_client(test);
	unsigned int to;

	hand_opened(h);
	KUNIT_ASSERT_EQ(test, edges_open(c, e->link[0], "state", 0), 0);
	for (to = 0; to < ARRAY_SIZE(states); to++) {
		u32 own = states[to] == SMD_OPENED ? SMD_OPENED : SMD_CLOSED;

		hand_state(h, SMD_CLOSED);
		KUNIT_EXPECT_TRUE(test, settles(h, SMD_CLOSED, 0));
		if (from == SMD_FLUSHING) {
			hand_state(h, SMD_OPENED);
			KUNIT_EXPECT_TRUE(test, settles(h, SMD_OPENED, 1));
		}
		hand_state(h, from);
		KUNIT_EXPECT_TRUE(test, settles(h, from == SMD_OPENED ? SMD_OPENED : SMD_CLOSED,
						is_live(from)));
		hand_state(h, states[to]);
		KUNIT_EXPECT_TRUE_MSG(test, settles(h, own, is_live(states[to])),
				      "to %x: %u, %u offered", states[to], smd_state(h->ours),
				      edges_offered(e->link[0]));
	}
}

static void what_was_flushed_is_received(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct hand *h = hand_channel(e, "flush", 0, 256, false, SMD_ENTRY_PACKET);
	struct edges_client *c = edges_client(test);
	u8 data[16];

	hand_opened(h);
	KUNIT_ASSERT_EQ(test, edges_open(c, e->link[0], "flush", 0), 0);
	edges_fill(data, sizeof(data), 0);
	hand_write(h, &(struct smd_packet){ .len = cpu_to_le32(16) }, 20);
	hand_write(h, data, 16);
	edges_fill(data, sizeof(data), 1);
	hand_write(h, &(struct smd_packet){ .len = cpu_to_le32(16) }, 20);
	hand_write(h, data, 16);
	hand_state(h, SMD_FLUSHING);
	KUNIT_EXPECT_TRUE(test, edges_wait_for(&c->closes, 1));
	KUNIT_EXPECT_EQ(test, c->nr, 2);
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	KUNIT_EXPECT_EQ(test, smd_state(h->ours), SMD_CLOSED);
}

static void who_sleeps_hears_that_it_is_closed(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct hand *h = hand_channel(e, "sleep", 0, 64, false, SMD_ENTRY_PACKET);
	struct edges_client *c = edges_client(test);
	struct edges_client *other = edges_client(test);
	struct opener *o;
	u8 data[40] = {};

	hand_opened(h);
	KUNIT_ASSERT_EQ(test, edges_open(c, e->link[0], "sleep", 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, data, 40), 0);
	/* Somebody else says it while we sleep: a work that fails to open, and then this. */
	o = edges_open_begin(other, e->link[0], "none");
	schedule_timeout_uninterruptible(1);
	hand_state(h, SMD_CLOSED);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(c->ep, data, 40, 30000), -EPIPE);
	KUNIT_EXPECT_EQ(test, edges_open_end(o), -ENOENT);
}

static u32 offer_of(struct edges *e)
{
	struct ferry_channel_info info = {};

	return ferry_link_channels(e->link[0], &info, 1) ? info.offer : 0;
}

/* As firmware answers it: what the client left is there for the next one. */
static void what_we_close_stays_offered(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct hand *h = hand_channel(e, "close", 0, 64, false, SMD_ENTRY_PACKET);
	struct edges_client *c = edges_client(test);
	struct opener *o;
	u32 offer;

	hand_opened(h);
	KUNIT_ASSERT_EQ(test, edges_open(c, e->link[0], "close", 0), 0);
	offer = offer_of(e);
	KUNIT_EXPECT_NE(test, offer, 0);
	edges_close(c);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_CLOSED, 1));
	hand_state(h, SMD_CLOSING);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_CLOSED, 1));
	hand_state(h, SMD_CLOSED);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_CLOSED, 1));
	KUNIT_EXPECT_EQ(test, offer_of(e), offer);
	/* The next one finds that the remote follows. */
	o = edges_open_begin(c, e->link[0], "close");
	KUNIT_EXPECT_TRUE(test, hand_sees(h, SMD_OPENING));
	hand_opened(h);
	KUNIT_EXPECT_EQ(test, edges_open_end(o), 0);
	KUNIT_EXPECT_EQ(test, offer_of(e), offer);
	/* That it wants by itself is another offer, and that it does not is the end of one. */
	edges_close(c);
	hand_state(h, SMD_CLOSING);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_CLOSED, 1));
	hand_state(h, SMD_OPENING);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_CLOSED, 1));
	KUNIT_EXPECT_NE(test, offer_of(e), offer);
	hand_state(h, SMD_CLOSED);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_CLOSED, 0));
}

/* Nobody is there: the next client is not told that there is. */
static void who_does_not_open_again_offers_nothing(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct hand *h = hand_channel(e, "close", 0, 64, false, SMD_ENTRY_PACKET);
	struct edges_client *c = edges_client(test);

	hand_opened(h);
	KUNIT_ASSERT_EQ(test, edges_open(c, e->link[0], "close", 0), 0);
	edges_close(c);
	hand_state(h, SMD_CLOSED);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_CLOSED, 1));
	KUNIT_EXPECT_EQ(test, edges_open(c, e->link[0], "close", 0), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_CLOSED, 0));
}

/* What a dead remote left is no offer; that it rings is. */
static void an_earlier_life_offers_nothing(struct kunit *test)
{
	struct edges *e = edges_create(test, EDGES_BY_HAND);
	struct hand *h = hand_channel(e, "dead", 0, 64, false, SMD_ENTRY_PACKET);
	struct edges_client *c = edges_client(test);

	hand_opened(h);
	KUNIT_ASSERT_EQ(test, edges_open(c, e->link[0], "dead", 0), 0);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_OPENED, 1));
	ferry_link_crash(e->link[0], "test");
	KUNIT_EXPECT_TRUE(test, hand_sees(h, SMD_CLOSED));
	msleep(50);
	KUNIT_ASSERT_EQ(test, ferry_link_start(e->link[0]), 0);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_CLOSED, 0));
	hand_kick(e);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_OPENED, 1));

	/* Its next life wants to open already when nobody hears it ring. */
	ferry_link_crash(e->link[0], "test");
	KUNIT_EXPECT_TRUE(test, hand_sees(h, SMD_CLOSED));
	msleep(50);
	smd_store(h->theirs, SMD_OPENING);
	KUNIT_ASSERT_EQ(test, ferry_link_start(e->link[0]), 0);
	KUNIT_EXPECT_TRUE(test, hand_sees(h, SMD_OPENED));
	hand_state(h, SMD_OPENED);
	KUNIT_EXPECT_TRUE(test, settles(h, SMD_OPENED, 1));
}

static struct kunit_case smd_states_cases[] = {
	KUNIT_CASE(a_closed_channel_is_offered_while_the_remote_wants),
	KUNIT_CASE(opening_goes_on_when_the_remote_does),
	FERRY_CASE_PARAM_TICKS(a_client_follows_the_remote, states_gen_params),
	KUNIT_CASE(what_was_flushed_is_received),
	KUNIT_CASE(who_sleeps_hears_that_it_is_closed),
	KUNIT_CASE(what_we_close_stays_offered),
	KUNIT_CASE(who_does_not_open_again_offers_nothing),
	KUNIT_CASE(an_earlier_life_offers_nothing),
	{ }
};

static struct kunit_suite smd_states_suite = {
	.name = "smd_states",
	.test_cases = smd_states_cases,
};
kunit_test_suite(smd_states_suite);

MODULE_DESCRIPTION("Tests of the states of Ferry's SMD");
MODULE_LICENSE("GPL");
