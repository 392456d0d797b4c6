// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels to another VM: what clients see of queues, doorbells, and the end of a VM.
 */
#include <linux/completion.h>
#include <linux/ferry.h>
#include <linux/ferry/gunyah.h>
#include <linux/ferry/link.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "../port/gunyah_rig.h"

#define DEPTH	8
#define SIZE	240
#define LABEL	0x11
#define BOTH	2	/* a direction that is none */

struct talk {
	struct kunit *test;
	struct rig *rig;
	struct ferry_gunyah_peer *vm;
	struct ferry_link *link;
	struct ferry_gunyah_channel *channel;
	struct rig_queue *tx;		/* or NULL */
	struct rig_queue *rx;
	struct ferry_ep *ep;
	unsigned int got;
	unsigned int bad;		/* not what was to come next */
	unsigned int refuse;		/* so many times: not now */
	unsigned int ready, ups, closes, crashes;
	size_t len;
	u8 last[1024];
};

/* Messages begin with their number. */
static int talk_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct talk *talk = priv;
	u32 nr = 0;

	if (talk->refuse) {
		talk->refuse--;
		return -EAGAIN;
	}
	memcpy(&nr, data, min(sizeof(nr), len));
	if (len >= sizeof(nr) && nr != talk->got)
		talk->bad++;
	memcpy(talk->last, data, len);
	talk->len = len;
	WRITE_ONCE(talk->got, talk->got + 1);
	return 0;
}

static void talk_ready(struct ferry_ep *ep, void *priv)
{
	struct talk *talk = priv;

	WRITE_ONCE(talk->ready, talk->ready + 1);
}

static void talk_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct talk *talk = priv;

	if (event == FERRY_EVENT_UP)
		WRITE_ONCE(talk->ups, talk->ups + 1);
	else if (event == FERRY_EVENT_CLOSED)
		WRITE_ONCE(talk->closes, talk->closes + 1);
	else if (event == FERRY_EVENT_CRASHED)
		WRITE_ONCE(talk->crashes, talk->crashes + 1);
}

static void talk_close(void *arg)
{
	struct talk *talk = arg;

	if (talk->ep)
		ferry_close(talk->ep);
	talk->ep = NULL;
}

static void talk_end(void *arg)
{
	struct talk *talk = arg;

	talk_close(talk);
	if (talk->vm)
		ferry_gunyah_peer_destroy(talk->vm);
	talk->vm = NULL;
}

static int talk_open(struct talk *talk, unsigned int flags, unsigned int depth)
{
	struct ferry_id id = { .number = LABEL };
	struct ferry_ep_cfg cfg = {
		.rx = talk->rx ? talk_rx : NULL,
		.tx_ready = talk_ready,
		.event = talk_event,
		.priv = talk,
		.flags = flags,
		.depth = depth,
	};
	struct ferry_ep *ep = ferry_open(talk->link, &id, &cfg);

	if (IS_ERR(ep))
		return PTR_ERR(ep);
	talk->ep = ep;
	return 0;
}

static struct ferry_gunyah_channel *talk_add(struct talk *talk, u32 label)
{
	struct ferry_gunyah_channel_cfg cfg = {
		.label = label,
		.tx = talk->tx ? talk->tx->port : NULL,
		.rx = talk->rx ? talk->rx->port : NULL,
	};

	return ferry_gunyah_channel_add(talk->vm, &cfg);
}

/* A link that runs, with one channel; its ports were not started before. */
static struct talk *talk_on(struct rig *rig, int dir, unsigned int depth)
{
	struct talk *talk = kunit_kzalloc(rig->test, sizeof(*talk), GFP_KERNEL);
	struct kunit *test = rig->test;

	KUNIT_ASSERT_NOT_NULL(test, talk);
	talk->test = test;
	talk->rig = rig;
	if (dir != FERRY_PORT_RX) {
		talk->tx = rig_queue(rig, FERRY_PORT_TX, depth, SIZE);
		rig_port(talk->tx);
	}
	if (dir != FERRY_PORT_TX) {
		talk->rx = rig_queue(rig, FERRY_PORT_RX, depth, SIZE);
		rig_port(talk->rx);
	}
	talk->vm = ferry_gunyah_peer_create(NULL, "vm");
	if (IS_ERR(talk->vm)) {
		talk->vm = NULL;
		KUNIT_ASSERT_TRUE(test, false);
	}
	ferry_defer(test, talk_end, talk);
	talk->link = ferry_gunyah_peer_link(talk->vm);
	talk->channel = talk_add(talk, LABEL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(talk->channel));
	KUNIT_ASSERT_EQ(test, ferry_link_start(talk->link), 0);
	return talk;
}

static struct talk *talk_new(struct kunit *test, int dir)
{
	struct talk *talk = talk_on(rig_new(test, false, true), dir, DEPTH);

	KUNIT_ASSERT_EQ(test, talk_open(talk, 0, 0), 0);
	return talk;
}

static void talk_peer(struct talk *talk, enum ferry_sim_gunyah_role role, unsigned long limit)
{
	struct ferry_sim_gunyah_peer_cfg cfg = {
		.vm = talk->rig->far,
		.role = role,
		.tx = talk->rx ? talk->rx->q : NULL,
		.rx = talk->tx ? talk->tx->q : NULL,
		.len = 32,
		.limit = limit,
	};

	talk->rig->peer = ferry_sim_gunyah_peer_create(&cfg);
	KUNIT_ASSERT_FALSE(talk->test, IS_ERR(talk->rig->peer));
}

static bool talk_got(struct talk *talk, unsigned int n)
{
	return rig_wait(READ_ONCE(talk->got) >= n);
}

static void messages_come_back_whole_and_in_order(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH);
	u8 msg[SIZE];
	u32 i;

	talk_peer(talk, FERRY_SIM_GUNYAH_ECHO, 0);
	for (i = 0; i < 500; i++) {
		size_t len = 4 + i % (SIZE - 3);

		memset(msg, i, SIZE);
		memcpy(msg, &i, sizeof(i));
		KUNIT_ASSERT_EQ(test, ferry_send(talk->ep, msg, len), 0);
		KUNIT_ASSERT_TRUE(test, talk_got(talk, i + 1));
		KUNIT_ASSERT_EQ(test, talk->len, len);
		KUNIT_ASSERT_EQ(test, memcmp(talk->last, msg, len), 0);
	}
	KUNIT_EXPECT_EQ(test, talk->bad, 0);
}

/* Both directions at their limit: a sender sleeps, and is woken by the edge. */
static void messages_flow_at_the_limit_of_the_queue(struct kunit *test)
{
	struct talk *talk = talk_on(rig_new(test, false, false), BOTH, 2);
	u32 i;

	KUNIT_ASSERT_EQ(test, talk_open(talk, 0, 0), 0);
	talk_peer(talk, FERRY_SIM_GUNYAH_ECHO, 0);
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, ferry_send(talk->ep, &i, sizeof(i)), 0);
	KUNIT_EXPECT_TRUE(test, talk_got(talk, 1000));
	KUNIT_EXPECT_EQ(test, talk->bad, 0);
	KUNIT_EXPECT_GT(test, rig_stats(talk->tx).filled, 10);
}

static void atomic_endpoint_gets_them_too(struct kunit *test)
{
	struct talk *talk = talk_on(rig_new(test, false, false), BOTH, DEPTH);
	u32 i;

	KUNIT_ASSERT_EQ(test, talk_open(talk, FERRY_EP_ATOMIC, 0), 0);
	talk_peer(talk, FERRY_SIM_GUNYAH_ECHO, 0);
	for (i = 0; i < 200; i++)
		KUNIT_ASSERT_EQ(test, ferry_send(talk->ep, &i, sizeof(i)), 0);
	KUNIT_EXPECT_TRUE(test, talk_got(talk, 200));
	KUNIT_EXPECT_EQ(test, talk->bad, 0);
}

static void each_send_is_pushed(struct kunit *test)
{
	struct talk *talk = talk_new(test, FERRY_PORT_TX);
	struct ferry_gunyah_regs seen;
	u32 msg = 0;

	KUNIT_ASSERT_EQ(test, ferry_send(talk->ep, &msg, 4), 0);
	ferry_sim_gunyah_seen(talk->rig->us, GUNYAH_QUEUE_SEND, &seen);
	KUNIT_EXPECT_EQ(test, seen.x[4], GUNYAH_SEND_PUSH);
}

static void lengths_that_no_message_has_are_refused(struct kunit *test)
{
	struct talk *talk = talk_new(test, FERRY_PORT_TX);
	u8 msg[SIZE + 1] = {};

	KUNIT_EXPECT_EQ(test, ferry_mtu(talk->ep), SIZE);
	KUNIT_EXPECT_EQ(test, ferry_send(talk->ep, msg, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_send(talk->ep, msg, SIZE + 1), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_send(talk->ep, msg, SIZE), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(talk->rig->us, GUNYAH_QUEUE_SEND), 1);
}

static void one_way_channels_go_one_way(struct kunit *test)
{
	struct talk *out = talk_new(test, FERRY_PORT_TX), *in = talk_new(test, FERRY_PORT_RX);
	u32 msg = 0;

	KUNIT_EXPECT_EQ(test, ferry_send(out->ep, &msg, 4), 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(out->tx), 0);
	KUNIT_EXPECT_EQ(test, ferry_send(in->ep, &msg, 4), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_trysend(in->ep, &msg, 4), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, rig_far_give(in->rx, &msg, 4), 0);
	KUNIT_EXPECT_TRUE(test, talk_got(in, 1));
}

static void peer_that_never_reads_costs_a_timeout(struct kunit *test)
{
	struct talk *talk = talk_new(test, FERRY_PORT_TX);
	u32 msg = 0;
	int i;

	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_GE(test, ferry_trysend(talk->ep, &msg, 4), 0);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(talk->ep, &msg, 4, 100), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, ferry_trysend(talk->ep, &msg, 4), -EAGAIN);
	KUNIT_EXPECT_EQ(test, talk->ready, 0);
	KUNIT_EXPECT_EQ(test, rig_far_take(talk->tx), 0);
	KUNIT_EXPECT_TRUE(test, rig_wait(READ_ONCE(talk->ready) == 1));
	KUNIT_EXPECT_GE(test, ferry_trysend(talk->ep, &msg, 4), 0);
}

static void messages_wait_until_somebody_opens(struct kunit *test)
{
	struct talk *talk = talk_on(rig_new(test, false, false), FERRY_PORT_RX, DEPTH);
	u32 i;

	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_EQ(test, rig_far_give(talk->rx, &i, 4), 0);
	KUNIT_EXPECT_EQ(test, rig_far_give(talk->rx, &i, 4), GUNYAH_QUEUE_FULL);
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(talk->rig->us, GUNYAH_QUEUE_RECEIVE), 0);
	KUNIT_ASSERT_EQ(test, talk_open(talk, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, talk_got(talk, DEPTH));
	KUNIT_EXPECT_EQ(test, talk->bad, 0);
	/* And so again after a close. */
	talk_close(talk);
	KUNIT_ASSERT_EQ(test, rig_far_give(talk->rx, &i, 4), 0);
	msleep(RIG_QUIET_MS);
	KUNIT_ASSERT_EQ(test, talk_open(talk, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, talk_got(talk, DEPTH + 1));
}

/* What a slow client has no place for is dropped and counted; nothing else is lost. */
static void slow_client_loses_what_it_has_no_place_for(struct kunit *test)
{
	struct talk *talk = talk_on(rig_new(test, false, false), FERRY_PORT_RX, DEPTH);
	struct ferry_stats stats;
	unsigned long calls;
	u32 i;

	KUNIT_ASSERT_EQ(test, talk_open(talk, 0, 2), 0);
	talk->refuse = UINT_MAX;
	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_TRUE(test, rig_wait(!rig_far_give(talk->rx, &i, 4)));
	msleep(2 * RIG_QUIET_MS);
	calls = ferry_sim_gunyah_calls(talk->rig->us, GUNYAH_QUEUE_RECEIVE);
	msleep(10 * RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(talk->rig->us, GUNYAH_QUEUE_RECEIVE), calls);
	talk->refuse = 0;
	ferry_resume(talk->ep);
	msleep(2 * RIG_QUIET_MS);
	ferry_ep_stats(talk->ep, &stats);
	KUNIT_EXPECT_GT(test, talk->got, 1);
	KUNIT_EXPECT_EQ(test, talk->got + stats.drops[FERRY_DROP_QUEUE_FULL], 100);
	KUNIT_EXPECT_EQ(test, talk->bad, 0);
	KUNIT_EXPECT_EQ(test, stats.rx_msgs, talk->got);
}

static void flood_is_taken_whole_while_we_send(struct kunit *test)
{
	struct talk *talk = talk_on(rig_new(test, false, false), BOTH, 64);
	u32 msg = 0;
	int i;

	KUNIT_ASSERT_EQ(test, talk_open(talk, 0, 0), 0);
	talk_peer(talk, FERRY_SIM_GUNYAH_FLOOD, 5000);
	for (i = 0; i < 64; i++)
		KUNIT_EXPECT_GE(test, ferry_trysend(talk->ep, &msg, 4), 0);
	KUNIT_EXPECT_TRUE(test, talk_got(talk, 5000));
	KUNIT_EXPECT_EQ(test, talk->bad, 0);
}

static void endpoint_that_does_not_receive_loses_what_comes(struct kunit *test)
{
	struct talk *talk = talk_on(rig_new(test, false, false), BOTH, DEPTH);
	struct rig_queue *rx = talk->rx;
	struct ferry_stats stats;
	u32 i;

	talk->rx = NULL;	/* opened as one that only sends */
	KUNIT_ASSERT_EQ(test, talk_open(talk, 0, 0), 0);
	for (i = 0; i < 3 * DEPTH; i++)
		KUNIT_ASSERT_TRUE(test, rig_wait(!rig_far_give(rx, &i, 4)));
	KUNIT_EXPECT_TRUE(test, rig_wait(({
		ferry_ep_stats(talk->ep, &stats);
		stats.drops[FERRY_DROP_NOT_OPEN] == 3 * DEPTH;
	})));
}

/* The channel is closed, and the others of the VM go on. */
static void stuck_head_closes_its_channel_only(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH);
	struct ferry_id id = { .number = LABEL + 1 };
	struct ferry_ep_cfg cfg = {};
	struct rig_queue *rq = rig_queue(talk->rig, FERRY_PORT_TX, DEPTH, SIZE);
	struct ferry_gunyah_channel_cfg ccfg = { .label = LABEL + 1 };
	struct ferry_ep *other;
	u32 msg = 0;

	rig_port(rq);
	ccfg.tx = rq->port;
	KUNIT_ASSERT_FALSE(test, IS_ERR(ferry_gunyah_channel_add(talk->vm, &ccfg)));
	other = ferry_open(talk->link, &id, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));

	rig_lie(talk->rig, GUNYAH_QUEUE_RECEIVE, UINT_MAX, 0, 0, 1);
	KUNIT_ASSERT_EQ(test, rig_far_give(talk->rx, &msg, 4), 0);
	KUNIT_EXPECT_TRUE(test, rig_wait(READ_ONCE(talk->closes) == 1));
	KUNIT_EXPECT_EQ(test, ferry_send(talk->ep, &msg, 4), -EPIPE);
	KUNIT_EXPECT_EQ(test, ferry_send(other, &msg, 4), 0);
	KUNIT_EXPECT_EQ(test, (int)ferry_link_state(talk->link), (int)FERRY_STATE_RUNNING);
	talk_close(talk);
	KUNIT_EXPECT_EQ(test, talk_open(talk, 0, 0), -EPIPE);
	/* As after any other start. */
	KUNIT_EXPECT_EQ(test, ferry_link_restart(talk->link), 0);
	KUNIT_EXPECT_EQ(test, talk_open(talk, 0, 0), -EPIPE);
	KUNIT_EXPECT_TRUE(test, rig_wait(!ferry_send(other, &msg, 4)));
	ferry_close(other);
}

static int talk_sender(void *data)
{
	struct talk *talk = data;
	u32 nr = 0;
	long ret = 0;

	while (!kthread_should_stop() && ret >= 0) {
		ret = ferry_send(talk->ep, &nr, sizeof(nr));
		nr++;
	}
	while (!kthread_should_stop())
		msleep(20);
	return ret;
}

/* What a sender in full traffic gets when @end happens. */
static int talk_until(struct talk *talk, void (*end)(struct talk *talk))
{
	struct task_struct *task = kthread_run(talk_sender, talk, "gunyah_kunit");
	int ret;

	KUNIT_ASSERT_FALSE(talk->test, IS_ERR(task));
	KUNIT_EXPECT_TRUE(talk->test, talk_got(talk, 100));
	end(talk);
	msleep(2 * RIG_QUIET_MS);
	ret = kthread_stop(task);
	return ret;
}

static void end_reset(struct talk *talk)
{
	ferry_sim_gunyah_vm_reset(talk->rig->far);
	KUNIT_EXPECT_TRUE(talk->test, rig_wait(READ_ONCE(talk->crashes) == 1));
}

static void vm_that_is_reset_crashes_its_link_only(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH), *other = talk_new(test, BOTH);
	u32 msg = 0;

	talk_peer(talk, FERRY_SIM_GUNYAH_ECHO, 0);
	talk_peer(other, FERRY_SIM_GUNYAH_ECHO, 0);
	KUNIT_EXPECT_EQ(test, talk_until(talk, end_reset), -ENOLINK);
	KUNIT_EXPECT_EQ(test, (int)ferry_link_state(talk->link), (int)FERRY_STATE_CRASHED);
	KUNIT_EXPECT_EQ(test, ferry_send(talk->ep, &msg, 4), -ENOLINK);
	/* The numbers may mean another object by now: they are not tried. */
	KUNIT_EXPECT_EQ(test, ferry_link_start(talk->link), -EPIPE);
	KUNIT_EXPECT_EQ(test, ferry_send(other->ep, &msg, 4), 0);
	KUNIT_EXPECT_TRUE(test, talk_got(other, 1));
	KUNIT_EXPECT_EQ(test, other->crashes, 0);
}

/* No interrupt tells of it, and who sleeps makes no call. */
static void vm_that_is_reset_is_noticed_by_who_waits(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH);
	struct task_struct *task;
	u32 msg = 0;
	int i;

	for (i = 0; i < DEPTH; i++)
		KUNIT_ASSERT_EQ(test, ferry_send(talk->ep, &msg, 4), 0);
	task = kthread_run(talk_sender, talk, "gunyah_kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	msleep(RIG_QUIET_MS);
	ferry_sim_gunyah_vm_reset(talk->rig->far);
	KUNIT_EXPECT_TRUE(test, rig_wait(READ_ONCE(talk->crashes) == 1));
	KUNIT_EXPECT_EQ(test, kthread_stop(task), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_send(talk->ep, &msg, 4), -ENOLINK);
}

/* A peer that dies by itself, and a new VM in its place. */
static void new_vm_after_one_that_died_works(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH), *next;
	struct rig *rig = talk->rig;
	u32 i;

	talk_peer(talk, FERRY_SIM_GUNYAH_ECHO, 100);
	for (i = 0; i < 1000; i++)
		if (ferry_send(talk->ep, &i, 4))
			break;
	KUNIT_EXPECT_LT(test, i, 1000);
	KUNIT_EXPECT_TRUE(test, rig_wait(READ_ONCE(talk->crashes) == 1));
	talk_end(talk);
	ferry_sim_gunyah_peer_destroy(rig->peer);
	rig->peer = NULL;

	next = talk_on(rig, BOTH, DEPTH);
	KUNIT_EXPECT_EQ(test, next->tx->tx.cap, talk->tx->tx.cap);
	KUNIT_ASSERT_EQ(test, talk_open(next, 0, 0), 0);
	talk_peer(next, FERRY_SIM_GUNYAH_ECHO, 0);
	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_EQ(test, ferry_send(next->ep, &i, 4), 0);
	KUNIT_EXPECT_TRUE(test, talk_got(next, 100));
}

static void end_destroy(struct talk *talk)
{
	ferry_gunyah_peer_destroy(talk->vm);
	talk->vm = NULL;
}

static void link_taken_away_in_traffic_leaves_orphans(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH);
	u32 msg = 0;

	talk_peer(talk, FERRY_SIM_GUNYAH_ECHO, 0);
	KUNIT_EXPECT_EQ(test, talk_until(talk, end_destroy), -ENODEV);
	KUNIT_EXPECT_EQ(test, ferry_send(talk->ep, &msg, 4), -ENODEV);
}

static void end_remove(struct talk *talk)
{
	ferry_gunyah_channel_remove(talk->channel);
}

static void channel_taken_away_in_traffic_can_be_made_again(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH);
	u32 msg = 0;

	talk_peer(talk, FERRY_SIM_GUNYAH_ECHO, 0);
	KUNIT_EXPECT_EQ(test, talk_until(talk, end_remove), -ENODEV);
	talk_close(talk);
	KUNIT_EXPECT_EQ(test, talk_open(talk, 0, 0), -ENOENT);
	talk->channel = talk_add(talk, LABEL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(talk->channel));
	KUNIT_ASSERT_EQ(test, talk_open(talk, 0, 0), 0);
	msg = talk->got;
	KUNIT_EXPECT_EQ(test, ferry_send(talk->ep, &msg, 4), 0);
	KUNIT_EXPECT_TRUE(test, talk_got(talk, msg + 1));
}

static void end_kill(struct talk *talk)
{
	struct ferry_port *port = talk->tx->port;
	struct rig *rig = talk->rig;

	/* The provider's reference goes; the channel has one of its own. */
	rig->ports[0] = rig->ports[--rig->nr_ports];
	ferry_port_kill(port);
	KUNIT_EXPECT_TRUE(talk->test, rig_wait(READ_ONCE(talk->crashes) == 1));
}

static void port_taken_away_in_traffic_is_the_end_of_the_vm(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH);

	talk_peer(talk, FERRY_SIM_GUNYAH_ECHO, 0);
	KUNIT_EXPECT_EQ(test, talk_until(talk, end_kill), -ENOLINK);
}

static void restart_keeps_what_is_in_the_queue(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH);
	u32 msg = 0;

	KUNIT_ASSERT_EQ(test, ferry_link_stop(talk->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_send(talk->ep, &msg, 4), -ENOLINK);
	KUNIT_ASSERT_EQ(test, rig_far_give(talk->rx, &msg, 4), 0);
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, talk->got, 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(talk->link), 0);
	KUNIT_EXPECT_TRUE(test, talk_got(talk, 1));
	KUNIT_EXPECT_TRUE(test, rig_wait(!ferry_send(talk->ep, &msg, 4)));
}

static void add_refuses_what_cannot_be(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH);
	struct ferry_gunyah_channel_cfg cfg = { .label = 1 };

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_channel_add(talk->vm, &cfg)), -EINVAL);
	cfg.tx = talk->rx->port;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_channel_add(talk->vm, &cfg)), -EINVAL);
	cfg.tx = NULL;
	cfg.rx = talk->tx->port;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_channel_add(talk->vm, &cfg)), -EINVAL);
	cfg.rx = talk->rx->port;
	cfg.name = "a name that is longer than any name may be";
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_channel_add(talk->vm, &cfg)), -EINVAL);
	cfg.name = NULL;
	/* Somebody else's. */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_channel_add(talk->vm, &cfg)), -EBUSY);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(talk_add(talk, LABEL)), -EEXIST);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_peer_create(NULL, "")), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_peer_create(NULL, NULL)), -EINVAL);
}

struct attempt {
	struct talk *talk;
	struct ferry_gunyah_channel_cfg cfg;
};

static int add_attempt(void *arg)
{
	struct attempt *a = arg;
	struct ferry_gunyah_channel *c = ferry_gunyah_channel_add(a->talk->vm, &a->cfg);

	if (IS_ERR(c))
		return PTR_ERR(c);
	ferry_gunyah_channel_remove(c);
	return 0;
}

static void add_survives_a_failing_allocation(struct kunit *test)
{
	struct attempt a = { .talk = talk_new(test, BOTH), .cfg = { .label = 99 } };
	struct rig_queue *rq = rig_queue(a.talk->rig, FERRY_PORT_RX, DEPTH, SIZE);

	rig_port(rq);
	a.cfg.rx = rq->port;
	ferry_each_alloc_fails(test, add_attempt, &a);
	KUNIT_EXPECT_FALSE(test, IS_ERR(ferry_gunyah_channel_add(a.talk->vm, &a.cfg)));
}

static int create_attempt(void *arg)
{
	struct ferry_gunyah_peer *vm = ferry_gunyah_peer_create(NULL, "attempt");

	if (IS_ERR(vm))
		return PTR_ERR(vm);
	ferry_gunyah_peer_destroy(vm);
	return 0;
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, create_attempt, NULL);
}

/* A doorbell each way, with one label. */
static void bells_ring_both_ways(struct kunit *test)
{
	struct talk *talk = talk_new(test, BOTH);
	struct ferry_gunyah_channel_cfg cfg = { .type = FERRY_GUNYAH_BELL, .label = LABEL };
	struct ferry_gunyah_bell_cfg out = { .hyp = rig_hyp(talk->rig), .dir = FERRY_PORT_TX };
	struct ferry_gunyah_bell_cfg in = { .hyp = rig_hyp(talk->rig), .dir = FERRY_PORT_RX };
	struct ferry_id id = { .name = "bell", .number = LABEL };
	struct ferry_ep_cfg ep_cfg = { .rx = talk_rx, .priv = talk };
	struct ferry_sim_gunyah_end tx, rx, out_rx, in_tx;
	struct ferry_sim_gunyah_bell *to, *from;
	__le64 word = cpu_to_le64(BIT_ULL(40) | 1);

	to = ferry_sim_gunyah_bell_create(talk->rig->us, talk->rig->far, false);
	from = ferry_sim_gunyah_bell_create(talk->rig->far, talk->rig->us, false);
	KUNIT_ASSERT_FALSE(test, IS_ERR(to) || IS_ERR(from));
	ferry_sim_gunyah_bell_ends(to, &tx, &out_rx);
	ferry_sim_gunyah_bell_ends(from, &in_tx, &rx);
	out.cap = tx.cap;
	in.cap = rx.cap;
	in.irq = ferry_sim_gunyah_irq(talk->rig->sim, rx.virq);
	cfg.tx = ferry_gunyah_bell_create(NULL, &out);
	rig_own(talk->rig, cfg.tx);
	cfg.rx = ferry_gunyah_bell_create(NULL, &in);
	rig_own(talk->rig, cfg.rx);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ferry_gunyah_channel_add(talk->vm, &cfg)));

	talk_close(talk);
	talk->ep = ferry_open(talk->link, &id, &ep_cfg);
	if (IS_ERR(talk->ep)) {
		talk->ep = NULL;
		KUNIT_ASSERT_TRUE(test, false);
	}
	KUNIT_EXPECT_EQ(test, ferry_send(talk->ep, &word, sizeof(word)), 0);
	KUNIT_EXPECT_EQ(test, rig_call(talk->rig->far, GUNYAH_BELL_RECEIVE, out_rx.cap, ~0ULL, 0,
				       0).x1, BIT_ULL(40) | 1);
	rig_call(talk->rig->far, GUNYAH_BELL_SEND, in_tx.cap, 0x8000000000000000, 0, 0);
	KUNIT_EXPECT_TRUE(test, talk_got(talk, 1));
	KUNIT_EXPECT_EQ(test, talk->len, 8);
	KUNIT_EXPECT_EQ(test, talk->last[7], 0x80);
}

static struct kunit_case gunyah_channel_cases[] = {
	KUNIT_CASE(messages_come_back_whole_and_in_order),
	KUNIT_CASE(messages_flow_at_the_limit_of_the_queue),
	KUNIT_CASE(atomic_endpoint_gets_them_too),
	KUNIT_CASE(each_send_is_pushed),
	KUNIT_CASE(lengths_that_no_message_has_are_refused),
	KUNIT_CASE(one_way_channels_go_one_way),
	KUNIT_CASE(peer_that_never_reads_costs_a_timeout),
	KUNIT_CASE(messages_wait_until_somebody_opens),
	KUNIT_CASE(slow_client_loses_what_it_has_no_place_for),
	KUNIT_CASE(flood_is_taken_whole_while_we_send),
	KUNIT_CASE(endpoint_that_does_not_receive_loses_what_comes),
	KUNIT_CASE(stuck_head_closes_its_channel_only),
	KUNIT_CASE(vm_that_is_reset_crashes_its_link_only),
	KUNIT_CASE(vm_that_is_reset_is_noticed_by_who_waits),
	KUNIT_CASE(new_vm_after_one_that_died_works),
	KUNIT_CASE(link_taken_away_in_traffic_leaves_orphans),
	KUNIT_CASE(channel_taken_away_in_traffic_can_be_made_again),
	KUNIT_CASE(port_taken_away_in_traffic_is_the_end_of_the_vm),
	KUNIT_CASE(restart_keeps_what_is_in_the_queue),
	KUNIT_CASE(add_refuses_what_cannot_be),
	KUNIT_CASE(add_survives_a_failing_allocation),
	KUNIT_CASE(create_survives_a_failing_allocation),
	KUNIT_CASE(bells_ring_both_ways),
	{}
};

static struct kunit_suite gunyah_channel_suite = {
	.name = "ferry_gunyah_channel",
	.test_cases = gunyah_channel_cases,
};

kunit_test_suite(gunyah_channel_suite);

MODULE_DESCRIPTION("Ferry: tests of channels to other VMs of Gunyah");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
