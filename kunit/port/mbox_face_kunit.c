// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports as channels of the kernel's mailbox framework: a client of it at one end, the test
 * at the other.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/mbox_face.h>
#include <linux/ferry/port.h>
#include <linux/mailbox_client.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "../ferry_kunit.h"

#define DEPTH		4
#define LEN		16
#define NOTICE_MS	50	/* longer than anything takes that is under way */
#define CHANNELS	2
#define QUEUED		20	/* by the framework, of one channel */

/* One channel: a port in each direction, the client, and the far ends. */
struct way {
	struct mbox_client cl;
	struct mbox_chan *chan;
	struct ferry_port *tx, *far_rx;
	struct ferry_port *rx, *far_tx;
	bool tx_killed;
	unsigned int dones;
	void *done_msg;
	int done_ret;
	int done_sum;		/* of all results */
	unsigned int got;
	u8 last[LEN];
	size_t last_len;
	bool sized;
	bool no_data;
	void *answer;		/* sent from the callback that receives */
};

struct rig {
	struct kunit *test;
	struct platform_device *pdev;
	struct ferry_mbox_face *face;
	struct way way[CHANNELS];
};

static int rig_probe(struct platform_device *pdev)
{
	return 0;
}

/* The framework holds the module of the driver that the controller is bound to. */
static struct platform_driver rig_driver = {
	.probe = rig_probe,
	.driver = { .name = "ferry_mbox_face_kunit" },
};

static void way_tx_done(struct mbox_client *cl, void *msg, int ret)
{
	struct way *w = container_of(cl, struct way, cl);

	w->done_msg = msg;
	w->done_ret = ret;
	w->done_sum += ret;
	WRITE_ONCE(w->dones, w->dones + 1);
}

static void way_received(struct mbox_client *cl, void *data)
{
	struct way *w = container_of(cl, struct way, cl);
	const struct ferry_mbox_msg *msg = data;

	w->no_data = !data;
	w->last_len = w->sized ? msg->len : LEN;
	if (w->sized)
		data = (void *)msg->data;
	if (data)
		memcpy(w->last, data, w->last_len);
	if (w->answer)
		mbox_send_message(w->chan, w->answer);
	WRITE_ONCE(w->got, w->got + 1);
}

static void far_told(struct ferry_port *port, void *data)
{
}

static const struct ferry_port_user far_user = {
	.rx = far_told,
	.tx_ready = far_told,
};

static void way_bind(struct rig *rig, unsigned int i)
{
	struct way *w = &rig->way[i];

	w->chan = ferry_mbox_face_chan(rig->face, i);
	KUNIT_ASSERT_NOT_NULL(rig->test, w->chan);
	KUNIT_ASSERT_EQ(rig->test, mbox_bind_client(w->chan, &w->cl), 0);
}

static void way_free(struct way *w)
{
	if (w->chan)
		mbox_free_channel(w->chan);
	w->chan = NULL;
}

static void way_end(struct way *w)
{
	if (!w->tx)
		return;
	if (!w->tx_killed)
		ferry_port_kill(w->tx);
	ferry_port_kill(w->rx);
	ferry_port_kill(w->far_tx);
	ferry_port_kill(w->far_rx);
	ferry_port_stop(w->far_tx);
	ferry_port_stop(w->far_rx);
}

static void rig_end(void *arg)
{
	struct rig *rig = arg;
	unsigned int i;

	for (i = 0; i < CHANNELS; i++)
		way_free(&rig->way[i]);
	if (rig->face)
		ferry_mbox_face_destroy(rig->face);
	for (i = 0; i < CHANNELS; i++)
		way_end(&rig->way[i]);
	if (rig->pdev)
		platform_device_unregister(rig->pdev);
}

static void way_make(struct rig *rig, struct way *w, size_t len)
{
	struct kunit *test = rig->test;

	w->cl.dev = &rig->pdev->dev;
	w->cl.tx_done = way_tx_done;
	w->cl.rx_callback = way_received;
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, DEPTH, len, &w->tx, &w->far_rx), 0);
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, DEPTH, len, &w->far_tx, &w->rx), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(w->far_rx, &far_user, w), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(w->far_tx, &far_user, w), 0);
}

/* Without a face. */
static struct rig *rig_bare(struct kunit *test, size_t len)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct platform_device *pdev;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	ferry_defer(test, rig_end, rig);
	pdev = platform_device_register_simple("ferry_mbox_face_kunit", PLATFORM_DEVID_AUTO, NULL,
					       0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	rig->pdev = pdev;
	for (i = 0; i < CHANNELS; i++)
		way_make(rig, &rig->way[i], len);
	return rig;
}

static struct ferry_mbox_face *rig_face(struct rig *rig, enum ferry_mbox_done done, bool sized)
{
	struct ferry_mbox_pair pairs[CHANNELS];
	struct ferry_mbox_face_cfg cfg = {
		.pairs = pairs, .nr = CHANNELS, .done = done, .sized = sized,
	};
	unsigned int i;

	for (i = 0; i < CHANNELS; i++) {
		pairs[i].tx = rig->way[i].tx;
		pairs[i].rx = rig->way[i].rx;
		rig->way[i].sized = sized;
	}
	return ferry_mbox_face_create(&rig->pdev->dev, &cfg);
}

static struct rig *rig_unbound(struct kunit *test, enum ferry_mbox_done done, bool sized)
{
	struct rig *rig = rig_bare(test, LEN);
	struct ferry_mbox_face *face = rig_face(rig, done, sized);

	KUNIT_ASSERT_FALSE(test, IS_ERR(face));
	rig->face = face;
	return rig;
}

static struct rig *rig_new(struct kunit *test, enum ferry_mbox_done done)
{
	struct rig *rig = rig_unbound(test, done, false);
	unsigned int i;

	for (i = 0; i < CHANNELS; i++)
		way_bind(rig, i);
	return rig;
}

#define way_send(w, msg)	mbox_send_message((w)->chan, msg)
#define way_done(w, n)		FERRY_WAIT(READ_ONCE((w)->dones) >= (n))
#define way_got(w, n)		FERRY_WAIT(READ_ONCE((w)->got) >= (n))
#define far_takes(w, msg)	FERRY_WAIT(far_take(w, msg) >= 0)

/* The other end takes one; -EAGAIN: there is none. */
static int far_take(struct way *w, u8 *msg)
{
	return ferry_port_recv(w->far_rx, msg, LEN);
}

/* Somebody else uses the port, too: it is full before the framework sends. */
static void way_fill(struct rig *rig, struct way *w)
{
	u8 other[LEN] = { 0xee };

	while (ferry_port_send(w->tx, other, LEN, 0) == 0)
		;
}

/* Fills it through the framework: the last one took the last room. */
static void way_fill_self(struct rig *rig, struct way *w, u8 (*msgs)[LEN])
{
	unsigned int i;

	for (i = 0; i < DEPTH; i++) {
		msgs[i][0] = i + 1;
		KUNIT_ASSERT_GE(rig->test, way_send(w, msgs[i]), 0);
		if (i < DEPTH - 1)
			KUNIT_ASSERT_TRUE(rig->test, way_done(w, i + 1));
	}
}

static void message_is_sent_and_done(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0];
	u8 msg[LEN] = "fifteen letters", got[LEN];

	KUNIT_EXPECT_GE(test, way_send(w, msg), 0);
	KUNIT_EXPECT_TRUE(test, way_done(w, 1));
	KUNIT_EXPECT_PTR_EQ(test, w->done_msg, (void *)msg);
	KUNIT_EXPECT_EQ(test, w->done_ret, 0);
	KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
	KUNIT_EXPECT_MEMEQ(test, got, msg, LEN);
}

static void message_that_takes_the_last_room_is_done_with_the_next_room(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0];
	u8 msgs[DEPTH][LEN] = {}, got[LEN];

	way_fill_self(rig, w, msgs);
	FERRY_WAIT(READ_ONCE(w->dones) >= DEPTH - 1);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, w->dones, DEPTH - 1);
	/* It was taken all the same. */
	KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
	KUNIT_EXPECT_TRUE(test, way_done(w, DEPTH));
	KUNIT_EXPECT_EQ(test, w->done_ret, 0);
	KUNIT_EXPECT_PTR_EQ(test, w->done_msg, (void *)msgs[DEPTH - 1]);
}

static void message_without_room_is_kept_and_sent_later(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0];
	u8 msg[LEN] = { 0x11 }, got[LEN];
	unsigned int i;

	way_fill(rig, w);
	KUNIT_EXPECT_GE(test, way_send(w, msg), 0);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, w->dones, 0);
	memset(msg, 0xff, LEN);	/* it was copied */
	for (i = 0; i < DEPTH; i++)
		KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
	KUNIT_EXPECT_TRUE(test, way_done(w, 1));
	KUNIT_EXPECT_EQ(test, w->done_ret, 0);
	KUNIT_EXPECT_TRUE(test, far_takes(w, got));
	KUNIT_EXPECT_EQ(test, got[0], 0x11);
}

static void queue_of_the_framework_goes_out_in_order(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0];
	u8 msgs[QUEUED][LEN], got[LEN];
	unsigned int i;

	for (i = 0; i < QUEUED; i++) {
		memset(msgs[i], i, LEN);
		KUNIT_ASSERT_GE(test, way_send(w, msgs[i]), 0);
	}
	for (i = 0; i < QUEUED; i++) {
		KUNIT_ASSERT_TRUE(test, far_takes(w, got));
		KUNIT_EXPECT_EQ(test, got[0], i);
	}
	KUNIT_EXPECT_TRUE(test, way_done(w, QUEUED));
	KUNIT_EXPECT_EQ(test, w->done_sum, 0);
}

static void framework_that_polls_learns_the_same(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_POLL);
	struct way *w = &rig->way[0];
	u8 msgs[DEPTH][LEN] = {}, next[LEN] = { 9 }, got[LEN];
	unsigned int i;

	way_fill_self(rig, w, msgs);
	KUNIT_ASSERT_GE(test, way_send(w, next), 0);	/* kept by the framework */
	FERRY_WAIT(READ_ONCE(w->dones) >= DEPTH - 1);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, w->dones, DEPTH - 1);
	for (i = 0; i < DEPTH; i++) {
		KUNIT_EXPECT_TRUE(test, far_takes(w, got));
		KUNIT_EXPECT_EQ(test, got[0], i + 1);
	}
	KUNIT_EXPECT_TRUE(test, far_takes(w, got));
	KUNIT_EXPECT_EQ(test, got[0], 9);
	KUNIT_EXPECT_TRUE(test, way_done(w, DEPTH + 1));
}

/* The client of a framework that polls, and that knows better. */
static void client_that_knows_ends_its_messages(struct kunit *test, enum ferry_mbox_done done)
{
	struct rig *rig = rig_unbound(test, done, false);
	struct way *w = &rig->way[0];
	u8 msg[2][LEN] = { { 1 }, { 2 } }, got[LEN];

	w->cl.knows_txdone = true;
	way_bind(rig, 0);
	KUNIT_EXPECT_GE(test, way_send(w, msg[0]), 0);
	KUNIT_EXPECT_GE(test, way_send(w, msg[1]), 0);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, w->dones, 0);
	KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
	KUNIT_EXPECT_EQ(test, far_take(w, got), -EAGAIN);
	mbox_client_txdone(w->chan, 0);
	KUNIT_EXPECT_EQ(test, w->dones, 1);
	KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
	KUNIT_EXPECT_EQ(test, got[0], 2);
	mbox_client_txdone(w->chan, 0);
	KUNIT_EXPECT_EQ(test, w->dones, 2);
}

static void client_that_knows_ends_its_messages_itself(struct kunit *test)
{
	client_that_knows_ends_its_messages(test, FERRY_MBOX_DONE_ACK);
}

static void client_that_knows_is_not_polled_for(struct kunit *test)
{
	client_that_knows_ends_its_messages(test, FERRY_MBOX_DONE_POLL);
}

/* ... and says so before there was room. */
static void message_of_a_client_that_knows_is_sent_when_there_is_room(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_ACK);
	struct way *w = &rig->way[0];
	u8 msg[LEN] = { 7 }, got[LEN];
	unsigned int i;

	way_fill(rig, w);
	KUNIT_EXPECT_GE(test, way_send(w, msg), 0);
	for (i = 0; i < DEPTH; i++)
		KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
	KUNIT_EXPECT_TRUE(test, far_takes(w, got));
	KUNIT_EXPECT_EQ(test, got[0], 7);
	KUNIT_EXPECT_EQ(test, w->dones, 0);
}

static void kill_tx(struct way *w)
{
	w->tx_killed = true;
	ferry_port_kill(w->tx);
}

/* What waits here, what waits with the framework, and what comes later. */
static void killed_port_ends_what_waits(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0];
	u8 msg[LEN] = {};
	unsigned int i;

	way_fill(rig, w);
	for (i = 0; i < 5; i++)
		KUNIT_ASSERT_GE(test, way_send(w, msg), 0);
	kill_tx(w);
	KUNIT_EXPECT_TRUE(test, way_done(w, 5));
	KUNIT_EXPECT_EQ(test, w->done_sum, 5 * -EPIPE);
	KUNIT_ASSERT_GE(test, way_send(w, msg), 0);
	KUNIT_EXPECT_TRUE(test, way_done(w, 6));
	KUNIT_EXPECT_EQ(test, w->done_ret, -EPIPE);
}

static void killed_port_loses_what_it_took_last(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0];
	u8 msgs[DEPTH][LEN] = {};

	way_fill_self(rig, w, msgs);
	kill_tx(w);
	KUNIT_EXPECT_TRUE(test, way_done(w, DEPTH));
	KUNIT_EXPECT_EQ(test, w->done_ret, -EPIPE);
	/* The other one has a port of its own. */
	KUNIT_EXPECT_GE(test, way_send(&rig->way[1], msgs[0]), 0);
	KUNIT_EXPECT_TRUE(test, way_done(&rig->way[1], 1));
	KUNIT_EXPECT_EQ(test, rig->way[1].done_ret, 0);
}

static void killed_port_does_not_hold_up_who_polls(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_POLL);
	struct way *w = &rig->way[0];
	u8 msg[LEN] = {};

	way_fill(rig, w);
	KUNIT_ASSERT_GE(test, way_send(w, msg), 0);
	KUNIT_ASSERT_GE(test, way_send(w, msg), 0);
	kill_tx(w);
	KUNIT_EXPECT_TRUE(test, way_done(w, 2));
}

static void killed_port_has_no_new_client(struct kunit *test)
{
	struct rig *rig = rig_unbound(test, FERRY_MBOX_DONE_TELL, false);
	struct mbox_chan *chan = ferry_mbox_face_chan(rig->face, 0);

	kill_tx(&rig->way[0]);
	KUNIT_EXPECT_EQ(test, mbox_bind_client(chan, &rig->way[0].cl), -EPIPE);
	way_bind(rig, 1);
}

/* What was in flight is gone with its client, and the next has nothing to do with it. */
static void channel_given_back_in_flight(struct kunit *test, bool taken)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0];
	u8 msgs[DEPTH][LEN] = {}, got[LEN];
	unsigned int dones, i;

	if (taken) {
		way_fill_self(rig, w, msgs);
	} else {
		way_fill(rig, w);
		msgs[0][0] = 1;
		KUNIT_ASSERT_GE(test, way_send(w, msgs[0]), 0);
	}
	dones = w->dones;
	way_free(w);
	for (i = 0; i < DEPTH; i++)
		KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, w->dones, dones);
	KUNIT_EXPECT_EQ(test, far_take(w, got), -EAGAIN);

	way_bind(rig, 0);
	msgs[1][0] = 0x77;
	KUNIT_EXPECT_GE(test, way_send(w, msgs[1]), 0);
	KUNIT_EXPECT_TRUE(test, way_done(w, dones + 1));
	KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
	KUNIT_EXPECT_EQ(test, got[0], 0x77);
}

static void channel_given_back_while_a_message_waits(struct kunit *test)
{
	channel_given_back_in_flight(test, false);
}

static void channel_given_back_while_the_port_is_full(struct kunit *test)
{
	channel_given_back_in_flight(test, true);
}

static void what_is_no_message_is_done_with_an_error(struct kunit *test)
{
	struct rig *rig = rig_unbound(test, FERRY_MBOX_DONE_TELL, true);
	struct way *w = &rig->way[0];
	u8 bytes[LEN + 1] = {}, got[LEN];
	struct ferry_mbox_msg msg = { .data = bytes, .len = LEN + 1 };

	way_bind(rig, 0);
	KUNIT_EXPECT_GE(test, way_send(w, &msg), 0);
	KUNIT_EXPECT_TRUE(test, way_done(w, 1));
	KUNIT_EXPECT_EQ(test, w->done_ret, -EMSGSIZE);
	msg.data = NULL;
	msg.len = 4;
	KUNIT_EXPECT_GE(test, way_send(w, &msg), 0);
	KUNIT_EXPECT_TRUE(test, way_done(w, 2));
	KUNIT_EXPECT_EQ(test, w->done_ret, -EINVAL);
	KUNIT_EXPECT_EQ(test, far_take(w, got), -EAGAIN);
	msg.data = bytes;
	KUNIT_EXPECT_GE(test, way_send(w, &msg), 0);
	KUNIT_EXPECT_TRUE(test, way_done(w, 3));
	KUNIT_EXPECT_EQ(test, w->done_ret, 0);
	KUNIT_EXPECT_EQ(test, far_take(w, got), 4);
}

static void one_way_channels_are_as_good_as_any(struct kunit *test)
{
	struct rig *rig = rig_bare(test, LEN);
	struct way *w = &rig->way[0], *v = &rig->way[1];
	struct ferry_mbox_pair pairs[CHANNELS] = { { .tx = w->tx }, { .rx = v->rx } };
	struct ferry_mbox_face_cfg cfg = { .pairs = pairs, .nr = CHANNELS };
	struct ferry_mbox_face *face = ferry_mbox_face_create(&rig->pdev->dev, &cfg);
	u8 msg[LEN] = { 5 }, got[LEN];

	KUNIT_ASSERT_FALSE(test, IS_ERR(face));
	rig->face = face;
	way_bind(rig, 0);
	way_bind(rig, 1);
	KUNIT_EXPECT_FALSE(test, mbox_client_peek_data(w->chan));
	KUNIT_EXPECT_GE(test, way_send(w, msg), 0);
	KUNIT_EXPECT_TRUE(test, way_done(w, 1));
	KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
	KUNIT_EXPECT_EQ(test, ferry_port_send(v->far_tx, msg, LEN, 0), 0);
	KUNIT_EXPECT_TRUE(test, way_got(v, 1));
	KUNIT_EXPECT_EQ(test, v->last[0], 5);
	KUNIT_EXPECT_GE(test, way_send(v, msg), 0);
	KUNIT_EXPECT_TRUE(test, way_done(v, 1));
	KUNIT_EXPECT_EQ(test, v->done_ret, -EOPNOTSUPP);
}

static void full_channel_does_not_hold_up_the_other(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0], *v = &rig->way[1];
	u8 msg[LEN] = { 3 }, got[LEN];
	unsigned int i;

	way_fill(rig, w);
	KUNIT_EXPECT_GE(test, way_send(w, msg), 0);
	for (i = 1; i <= 3 * DEPTH; i++) {
		KUNIT_EXPECT_GE(test, way_send(v, msg), 0);
		KUNIT_EXPECT_TRUE(test, far_takes(v, got));
		KUNIT_EXPECT_TRUE(test, way_done(v, i));
	}
	KUNIT_EXPECT_EQ(test, w->dones, 0);
	KUNIT_EXPECT_EQ(test, v->done_sum, 0);
}

static void received_messages_are_filled_up(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0];
	u8 msg[LEN];

	memset(msg, 0xaa, LEN);
	KUNIT_EXPECT_EQ(test, ferry_port_send(w->far_tx, msg, LEN, 0), 0);
	KUNIT_EXPECT_TRUE(test, way_got(w, 1));
	KUNIT_EXPECT_MEMEQ(test, w->last, msg, LEN);
	KUNIT_EXPECT_EQ(test, ferry_port_send(w->far_tx, "abc", 3, 0), 0);
	KUNIT_EXPECT_TRUE(test, way_got(w, 2));
	KUNIT_EXPECT_MEMEQ(test, w->last, "abc\0\0\0\0\0\0\0\0\0\0\0\0\0", LEN);
}

static void received_messages_have_a_length_where_it_is_wanted(struct kunit *test)
{
	struct rig *rig = rig_unbound(test, FERRY_MBOX_DONE_TELL, true);
	struct way *w = &rig->way[0];

	way_bind(rig, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(w->far_tx, "abc", 3, 0), 0);
	KUNIT_EXPECT_TRUE(test, way_got(w, 1));
	KUNIT_EXPECT_EQ(test, w->last_len, 3);
	KUNIT_EXPECT_MEMEQ(test, w->last, "abc", 3);
}

static void messages_that_waited_for_a_client_are_received(struct kunit *test)
{
	struct rig *rig = rig_unbound(test, FERRY_MBOX_DONE_TELL, false);
	struct way *w = &rig->way[0];
	u8 msg[LEN] = {};
	unsigned int i;

	for (i = 0; i < DEPTH; i++)
		KUNIT_EXPECT_GE(test, ferry_port_send(w->far_tx, msg, LEN, 0), 0);
	way_bind(rig, 0);
	KUNIT_EXPECT_TRUE(test, way_got(w, DEPTH));
	KUNIT_EXPECT_EQ(test, ferry_port_send(w->far_tx, msg, LEN, 0), 0);
	KUNIT_EXPECT_TRUE(test, way_got(w, DEPTH + 1));
}

/* The far end holds back its interrupt. */
static void peek_delivers_what_is_there(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0];
	u8 msg[LEN] = { 4 };

	msleep(NOTICE_MS);
	KUNIT_EXPECT_FALSE(test, mbox_client_peek_data(w->chan));
	KUNIT_EXPECT_EQ(test, ferry_port_send(w->far_tx, msg, LEN, FERRY_MORE), 0);
	KUNIT_EXPECT_EQ(test, w->got, 0);
	KUNIT_EXPECT_TRUE(test, mbox_client_peek_data(w->chan));
	KUNIT_EXPECT_EQ(test, w->got, 1);
	KUNIT_EXPECT_EQ(test, w->last[0], 4);
	KUNIT_EXPECT_FALSE(test, mbox_client_peek_data(w->chan));
}

static void callback_may_send(struct kunit *test)
{
	struct rig *rig = rig_new(test, FERRY_MBOX_DONE_TELL);
	struct way *w = &rig->way[0];
	u8 msg[LEN] = { 4 }, answer[LEN] = { 0x42 }, got[LEN];
	unsigned int i;

	w->answer = answer;
	for (i = 1; i <= 3 * DEPTH; i++) {
		KUNIT_EXPECT_EQ(test, ferry_port_send(w->far_tx, msg, LEN, 0), 0);
		KUNIT_EXPECT_TRUE(test, far_takes(w, got));
		KUNIT_EXPECT_EQ(test, got[0], 0x42);
		KUNIT_EXPECT_TRUE(test, way_done(w, i));
	}
	KUNIT_EXPECT_EQ(test, w->got, 3 * DEPTH);
}

static void port_in_use_is_not_shared(struct kunit *test)
{
	struct rig *rig = rig_unbound(test, FERRY_MBOX_DONE_TELL, false);
	struct way *w = &rig->way[0];
	struct mbox_chan *chan = ferry_mbox_face_chan(rig->face, 0);

	/* The second of the two: the first is given back. */
	KUNIT_ASSERT_EQ(test, ferry_port_start(w->rx, &far_user, w), 0);
	KUNIT_EXPECT_EQ(test, mbox_bind_client(chan, &w->cl), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_port_start(w->rx, &far_user, w), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_port_start(w->tx, &far_user, w), 0);
	ferry_port_stop(w->tx);
	ferry_port_stop(w->rx);
	way_bind(rig, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_start(w->tx, &far_user, w), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_port_start(w->rx, &far_user, w), -EBUSY);
	KUNIT_EXPECT_EQ(test, mbox_bind_client(chan, &rig->way[1].cl), -EBUSY);
}

static void client_that_gives_up_is_not_sent_for(struct kunit *test)
{
	struct rig *rig = rig_unbound(test, FERRY_MBOX_DONE_TELL, false);
	struct way *w = &rig->way[0];
	u8 msg[2][LEN] = { { 1 }, { 2 } }, got[LEN];
	unsigned int i;

	w->cl.tx_block = true;
	w->cl.tx_tout = 100;
	way_bind(rig, 0);
	way_fill(rig, w);
	KUNIT_EXPECT_EQ(test, way_send(w, msg[0]), -ETIME);
	KUNIT_EXPECT_EQ(test, way_send(w, msg[1]), -ETIME);
	for (i = 0; i < DEPTH; i++)
		KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
	KUNIT_EXPECT_TRUE(test, far_takes(w, got));
	KUNIT_EXPECT_EQ(test, got[0], 2);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, far_take(w, got), -EAGAIN);
	KUNIT_EXPECT_GE(test, way_send(w, msg[0]), 0);
	KUNIT_EXPECT_EQ(test, far_take(w, got), LEN);
}

static void doorbell_rings_both_ways(struct kunit *test)
{
	struct rig *rig = rig_bare(test, 0);
	struct ferry_mbox_face *face = rig_face(rig, FERRY_MBOX_DONE_TELL, false);
	struct way *w = &rig->way[0];
	u8 unused;
	int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(face));
	rig->face = face;
	way_bind(rig, 0);
	for (i = 1; i <= 3 * DEPTH; i++) {
		KUNIT_EXPECT_GE(test, way_send(w, &unused), 0);
		KUNIT_EXPECT_TRUE(test, way_done(w, i));
	}
	KUNIT_EXPECT_EQ(test, w->done_sum, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(w->far_rx, &unused, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(w->far_tx, NULL, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, way_got(w, 1));
	KUNIT_EXPECT_TRUE(test, w->no_data);
}

/* A port that has room when it is told, and says so in odd ways. */
struct odd {
	struct ferry_port port;
	struct ferry_port_desc desc;
	bool hasty;		/* calls its user from inside send */
	int room;
	int sent;
};

static int odd_start(struct ferry_port *port)
{
	return 0;
}

static void odd_stop(struct ferry_port *port)
{
}

static int odd_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags)
{
	struct odd *odd = container_of(port, struct odd, port);
	int ret = -EAGAIN;

	if (!msg)
		return 0;
	if (READ_ONCE(odd->room)) {
		odd->room--;
		WRITE_ONCE(odd->sent, odd->sent + 1);
		ret = !odd->room;
	}
	if (odd->hasty)
		ferry_port_tx_ready(port);
	return ret;
}

static const struct ferry_port_ops odd_ops = {
	.start = odd_start,
	.stop = odd_stop,
	.send = odd_send,
};

static struct odd *odd_new(struct rig *rig, bool hasty)
{
	struct odd *odd = kunit_kzalloc(rig->test, sizeof(*odd), GFP_KERNEL);
	struct ferry_mbox_pair pair;
	struct ferry_mbox_face_cfg cfg = { .pairs = &pair, .nr = 1 };

	KUNIT_ASSERT_NOT_NULL(rig->test, odd);
	odd->hasty = hasty;
	odd->desc = (struct ferry_port_desc){ LEN, FERRY_PORT_TX, FERRY_PORT_NO_TX_EVENT };
	KUNIT_ASSERT_EQ(rig->test, ferry_port_init(&odd->port, NULL, &odd->desc, &odd_ops), 0);
	pair = (struct ferry_mbox_pair){ .tx = &odd->port };
	rig->face = ferry_mbox_face_create(&rig->pdev->dev, &cfg);
	KUNIT_ASSERT_FALSE(rig->test, IS_ERR(rig->face));
	way_bind(rig, 0);
	return odd;
}

/* Before it goes itself. */
static void odd_end(struct rig *rig, struct odd *odd)
{
	way_free(&rig->way[0]);
	ferry_mbox_face_destroy(rig->face);
	rig->face = NULL;
	ferry_port_kill(&odd->port);
}

static void port_that_cannot_tell_of_room_is_asked(struct kunit *test)
{
	struct rig *rig = rig_bare(test, LEN);
	struct odd *odd = odd_new(rig, false);
	u8 msg[LEN] = {};

	KUNIT_EXPECT_GE(test, way_send(&rig->way[0], msg), 0);
	KUNIT_EXPECT_GE(test, way_send(&rig->way[0], msg), 0);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, rig->way[0].dones, 0);
	WRITE_ONCE(odd->room, 1);
	KUNIT_EXPECT_TRUE(test, way_done(&rig->way[0], 1));
	KUNIT_EXPECT_EQ(test, READ_ONCE(odd->sent), 1);
	WRITE_ONCE(odd->room, 1);
	KUNIT_EXPECT_TRUE(test, way_done(&rig->way[0], 2));
	KUNIT_EXPECT_EQ(test, rig->way[0].done_sum, 0);
	odd_end(rig, odd);
}

/* With the lock held that telling the framework takes. */
static void port_may_tell_of_room_from_inside_send(struct kunit *test)
{
	struct rig *rig = rig_bare(test, LEN);
	struct odd *odd = odd_new(rig, true);
	u8 msg[LEN] = {};
	int i;

	odd->room = 10;
	for (i = 1; i <= 10; i++) {
		KUNIT_EXPECT_GE(test, way_send(&rig->way[0], msg), 0);
		KUNIT_EXPECT_TRUE(test, way_done(&rig->way[0], i));
	}
	KUNIT_EXPECT_EQ(test, READ_ONCE(odd->sent), 10);
	KUNIT_EXPECT_EQ(test, rig->way[0].done_sum, 0);
	odd_end(rig, odd);
}

static void wrong_configuration_is_refused(struct kunit *test)
{
	struct rig *rig = rig_bare(test, LEN);
	struct way *w = &rig->way[0];
	struct ferry_mbox_pair pair = { .tx = w->tx, .rx = w->rx };
	struct ferry_mbox_face_cfg cfg = { .pairs = &pair, .nr = 1 };
	const struct ferry_port_desc *desc = w->rx->desc;
	struct ferry_port_desc mailbox = { desc->max_len, desc->dir, FERRY_PORT_MAILBOX };
	struct device *dev = &rig->pdev->dev;

	w->rx->desc = &mailbox;	/* as long as it is asked for */
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_mbox_face_create(dev, &cfg)), -EINVAL);
	w->rx->desc = desc;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_mbox_face_create(NULL, &cfg)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_mbox_face_create(dev->parent, &cfg)), -EINVAL);
	pair.tx = w->rx;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_mbox_face_create(dev, &cfg)), -EINVAL);
	pair.tx = NULL;
	pair.rx = w->tx;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_mbox_face_create(dev, &cfg)), -EINVAL);
	pair.rx = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_mbox_face_create(dev, &cfg)), -EINVAL);
	pair.rx = w->rx;
	cfg.done = FERRY_MBOX_DONE_ACK + 1;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_mbox_face_create(dev, &cfg)), -EINVAL);
	cfg.done = FERRY_MBOX_DONE_TELL;
	cfg.nr = 0;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_mbox_face_create(dev, &cfg)), -EINVAL);
	cfg.nr = 1;
	rig->face = ferry_mbox_face_create(dev, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->face));
	KUNIT_EXPECT_PTR_EQ(test, ferry_mbox_face_chan(rig->face, 1), NULL);
}

static int create_and_destroy(void *arg)
{
	struct ferry_mbox_face *face = rig_face(arg, FERRY_MBOX_DONE_TELL, false);

	if (IS_ERR(face))
		return PTR_ERR(face);
	ferry_mbox_face_destroy(face);
	return 0;
}

static void every_allocation_may_fail(struct kunit *test)
{
	ferry_each_alloc_fails(test, create_and_destroy, rig_bare(test, LEN));
}

static struct kunit_case mbox_face_cases[] = {
	KUNIT_CASE(message_is_sent_and_done),
	KUNIT_CASE(message_that_takes_the_last_room_is_done_with_the_next_room),
	KUNIT_CASE(message_without_room_is_kept_and_sent_later),
	KUNIT_CASE(queue_of_the_framework_goes_out_in_order),
	KUNIT_CASE(framework_that_polls_learns_the_same),
	KUNIT_CASE(client_that_knows_ends_its_messages_itself),
	KUNIT_CASE(client_that_knows_is_not_polled_for),
	KUNIT_CASE(message_of_a_client_that_knows_is_sent_when_there_is_room),
	KUNIT_CASE(killed_port_ends_what_waits),
	KUNIT_CASE(killed_port_loses_what_it_took_last),
	KUNIT_CASE(killed_port_does_not_hold_up_who_polls),
	KUNIT_CASE(killed_port_has_no_new_client),
	KUNIT_CASE(channel_given_back_while_a_message_waits),
	KUNIT_CASE(channel_given_back_while_the_port_is_full),
	KUNIT_CASE(what_is_no_message_is_done_with_an_error),
	KUNIT_CASE(one_way_channels_are_as_good_as_any),
	KUNIT_CASE(full_channel_does_not_hold_up_the_other),
	KUNIT_CASE(received_messages_are_filled_up),
	KUNIT_CASE(received_messages_have_a_length_where_it_is_wanted),
	KUNIT_CASE(messages_that_waited_for_a_client_are_received),
	KUNIT_CASE(peek_delivers_what_is_there),
	KUNIT_CASE(callback_may_send),
	KUNIT_CASE(port_in_use_is_not_shared),
	KUNIT_CASE(client_that_gives_up_is_not_sent_for),
	KUNIT_CASE(doorbell_rings_both_ways),
	KUNIT_CASE(port_that_cannot_tell_of_room_is_asked),
	KUNIT_CASE(port_may_tell_of_room_from_inside_send),
	KUNIT_CASE(wrong_configuration_is_refused),
	KUNIT_CASE(every_allocation_may_fail),
	{ }
};

static int mbox_face_suite_init(struct kunit_suite *suite)
{
	return platform_driver_register(&rig_driver);
}

static void mbox_face_suite_exit(struct kunit_suite *suite)
{
	platform_driver_unregister(&rig_driver);
}

static struct kunit_suite mbox_face_suite = {
	.name = "ferry_mbox_face",
	.suite_init = mbox_face_suite_init,
	.suite_exit = mbox_face_suite_exit,
	.test_cases = mbox_face_cases,
};
kunit_test_suite(mbox_face_suite);

MODULE_DESCRIPTION("Ferry: tests of ports as mailboxes");
MODULE_LICENSE("GPL");
