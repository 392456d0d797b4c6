// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports on the kernel's mailbox framework, with controllers of every kind.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_mailbox.h>
#include <linux/kthread.h>
#include <linux/mailbox_client.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "../ferry_kunit.h"

#define LEN		8
#define NOTICE_MS	50
#define RX_DEPTH	1024

enum txdone {
	TXDONE_IRQ,	/* the controller says when */
	TXDONE_POLL,	/* the framework asks */
	TXDONE_ACK,	/* nobody knows */
};

struct ctl {
	struct platform_device *pdev;
	struct mbox_controller mbox;
	struct mbox_chan chan;
	int sends;		/* taken */
	int refuse;		/* this many more are not taken */
	bool done;		/* for polling */
	int startups;
	int shutdowns;
	bool no_data;
	u64 data;		/* of the last one taken */
	const void *slot;
	u64 *reply;		/* comes back while we send */

	struct ferry_port *tx;
	struct ferry_port *rx;
	bool resend;		/* tx_ready and rx send, as a hasty user would */
	int resend_ret;
	atomic_t rx_calls;
	atomic_t tx_calls;
	atomic_t taken;
	atomic_t asked;		/* counts what there is to be rung for ... */
	atomic_t heard;		/* ... and what of that had been there at the last ring */
};

static struct ctl *ctl_of(struct mbox_chan *chan)
{
	return container_of(chan, struct ctl, chan);
}

/* Under the lock of the channel, like every controller's. */
static int ctl_send_data(struct mbox_chan *chan, void *data)
{
	struct ctl *ctl = ctl_of(chan);

	if (ctl->refuse) {
		ctl->refuse--;
		return -EBUSY;
	}
	ctl->sends++;
	atomic_set(&ctl->heard, atomic_read(&ctl->asked));
	ctl->slot = data;
	if (!ctl->no_data)
		memcpy(&ctl->data, data, LEN);
	if (ctl->reply)
		mbox_chan_received_data(chan, ctl->reply);
	return 0;
}

static int ctl_startup(struct mbox_chan *chan)
{
	ctl_of(chan)->startups++;
	return 0;
}

static void ctl_shutdown(struct mbox_chan *chan)
{
	ctl_of(chan)->shutdowns++;
}

static bool ctl_last_tx_done(struct mbox_chan *chan)
{
	return READ_ONCE(ctl_of(chan)->done);
}

static const struct mbox_chan_ops ctl_ops = {
	.send_data = ctl_send_data,
	.startup = ctl_startup,
	.shutdown = ctl_shutdown,
	.last_tx_done = ctl_last_tx_done,
};

static int ctl_probe(struct platform_device *pdev)
{
	return 0;
}

/* The framework holds the module of the driver that the controller is bound to. */
static struct platform_driver ctl_driver = {
	.probe = ctl_probe,
	.driver = { .name = "ferry_mailbox_kunit" },
};

static void user_call(struct ctl *ctl)
{
	u64 msg = 0x7777;

	if (ctl->resend) {
		ctl->resend = false;
		ctl->resend_ret = ferry_port_send(ctl->tx, &msg, LEN, 0);
	}
}

static void user_rx(struct ferry_port *port, void *data)
{
	struct ctl *ctl = data;

	atomic_inc(&ctl->rx_calls);
	user_call(ctl);
}

static void user_tx_ready(struct ferry_port *port, void *data)
{
	struct ctl *ctl = data;

	atomic_inc(&ctl->tx_calls);
	user_call(ctl);
}

static const struct ferry_port_user user = {
	.rx = user_rx,
	.tx_ready = user_tx_ready,
};

static void ctl_end(void *arg)
{
	struct ctl *ctl = arg;

	if (ctl->tx) {
		ferry_port_stop(ctl->tx);
		ferry_port_kill(ctl->tx);
	}
	if (ctl->rx) {
		ferry_port_stop(ctl->rx);
		ferry_port_kill(ctl->rx);
	}
	if (ctl->mbox.num_chans)
		mbox_controller_unregister(&ctl->mbox);
	if (ctl->pdev)
		platform_device_unregister(ctl->pdev);
}

static struct ctl *ctl_new(struct kunit *test, enum txdone txdone)
{
	struct ctl *ctl = kunit_kzalloc(test, sizeof(*ctl), GFP_KERNEL);
	struct platform_device *pdev;

	KUNIT_ASSERT_NOT_NULL(test, ctl);
	ferry_defer(test, ctl_end, ctl);
	pdev = platform_device_register_simple("ferry_mailbox_kunit", PLATFORM_DEVID_AUTO, NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	ctl->pdev = pdev;
	KUNIT_ASSERT_NOT_NULL(test, pdev->dev.driver);

	ctl->mbox.dev = &pdev->dev;
	ctl->mbox.ops = &ctl_ops;
	ctl->mbox.chans = &ctl->chan;
	ctl->mbox.txdone_irq = txdone == TXDONE_IRQ;
	ctl->mbox.txdone_poll = txdone == TXDONE_POLL;
	ctl->mbox.txpoll_period = 1;
	ctl->mbox.num_chans = 1;
	KUNIT_ASSERT_EQ(test, mbox_controller_register(&ctl->mbox), 0);
	return ctl;
}

static struct ctl *ctl_pair(struct kunit *test, enum txdone txdone, size_t len)
{
	struct ctl *ctl = ctl_new(test, txdone);

	ctl->no_data = !len;
	KUNIT_ASSERT_EQ(test, ferry_mbox_pair_create(&ctl->pdev->dev, &ctl->chan, len, &ctl->tx,
						     &ctl->rx), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(ctl->tx, &user, ctl), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(ctl->rx, &user, ctl), 0);
	return ctl;
}

static int ctl_send(struct ctl *ctl, u64 msg)
{
	return ferry_port_send(ctl->tx, &msg, sizeof(msg), 0);
}

struct txdone_case {
	const char *name;
	enum txdone txdone;
};

static const struct txdone_case txdone_cases[] = {
	{ "irq", TXDONE_IRQ },
	{ "poll", TXDONE_POLL },
	{ "ack", TXDONE_ACK },
};

static void txdone_name(const struct txdone_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(txdone, txdone_cases, txdone_name);

static enum txdone txdone_of(struct kunit *test)
{
	return ((const struct txdone_case *)test->param_value)->txdone;
}

/* The controller finishes what it has, if it is the one to say so. */
static void ctl_done(struct ctl *ctl, int err)
{
	WRITE_ONCE(ctl->done, true);
	if (ctl->mbox.txdone_irq)
		mbox_chan_txdone(&ctl->chan, err);
	else
		msleep(NOTICE_MS);
	WRITE_ONCE(ctl->done, false);
}

static void create_refuses_what_cannot_be(struct kunit *test)
{
	struct ctl *ctl = ctl_new(test, TXDONE_IRQ);
	struct device *dev = &ctl->pdev->dev;
	struct ferry_port *tx, *rx;

	KUNIT_EXPECT_EQ(test, ferry_mbox_pair_create(NULL, &ctl->chan, 4, &tx, &rx), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_mbox_pair_create(dev, NULL, 4, &tx, &rx), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_mbox_pair_create(dev, &ctl->chan, 257, &tx, &rx), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_mbox_pair_create(dev, &ctl->chan, 4, NULL, &rx), -EINVAL);
	KUNIT_EXPECT_EQ(test, ctl->startups, 0);
}

static void channel_belongs_to_one_pair(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_IRQ, LEN);
	struct ferry_port *tx, *rx;

	KUNIT_EXPECT_EQ(test, ferry_mbox_pair_create(&ctl->pdev->dev, &ctl->chan, LEN, &tx, &rx),
			-EBUSY);
}

static void channel_is_free_when_both_ports_are_gone(struct kunit *test)
{
	struct ctl *ctl = ctl_new(test, TXDONE_IRQ);
	struct ferry_port *tx, *rx;
	int round;

	for (round = 1; round <= 2; round++) {
		KUNIT_ASSERT_EQ(test, ferry_mbox_pair_create(&ctl->pdev->dev, &ctl->chan, LEN,
							     &tx, &rx), 0);
		ferry_port_kill(tx);
		KUNIT_EXPECT_EQ(test, ctl->shutdowns, round - 1);
		ferry_port_kill(rx);
		KUNIT_EXPECT_EQ(test, ctl->shutdowns, round);
	}
}

/* The framework forgets, with the first client, who says that a message is gone. */
static void the_next_pair_sends_as_well(struct kunit *test)
{
	struct ctl *ctl = ctl_new(test, txdone_of(test));
	u64 msg = 44;
	int round;

	for (round = 1; round <= 3; round++) {
		KUNIT_ASSERT_EQ(test, ferry_mbox_pair_create(&ctl->pdev->dev, &ctl->chan, LEN,
							     &ctl->tx, &ctl->rx), 0);
		KUNIT_ASSERT_EQ(test, ferry_port_start(ctl->tx, &user, ctl), 0);
		KUNIT_EXPECT_GE(test, ferry_port_send(ctl->tx, &msg, sizeof(msg), 0), 0);
		KUNIT_EXPECT_EQ(test, ctl->sends, round);
		ctl_done(ctl, 0);
		ferry_port_stop(ctl->tx);
		ferry_port_kill(ctl->tx);
		ferry_port_kill(ctl->rx);
		ctl->tx = NULL;
		ctl->rx = NULL;
	}
	KUNIT_EXPECT_EQ(test, ctl->startups, ctl->shutdowns);
}

static int create_attempt(void *arg)
{
	struct ctl *ctl = arg;
	struct ferry_port *tx, *rx;
	int ret = ferry_mbox_pair_create(&ctl->pdev->dev, &ctl->chan, LEN, &tx, &rx);

	if (!ret) {
		ferry_port_kill(tx);
		ferry_port_kill(rx);
	}
	return ret;
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	struct ctl *ctl = ctl_new(test, TXDONE_IRQ);

	ferry_each_alloc_fails(test, create_attempt, ctl);
	KUNIT_EXPECT_EQ(test, ctl->startups, ctl->shutdowns);
}

static void port_is_full_until_the_controller_is_done(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, txdone_of(test), LEN);
	bool ack = txdone_of(test) == TXDONE_ACK;

	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 11), !ack);
	KUNIT_EXPECT_EQ(test, ctl->data, 11);
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 22), ack ? 0 : -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_port_tx_arm(ctl->tx, true), ack);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->tx_calls), 0);
	ctl_done(ctl, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->tx_calls), !ack);
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(ctl->tx, true));
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 33), !ack);
	KUNIT_EXPECT_EQ(test, ctl->data, 33);
	KUNIT_EXPECT_EQ(test, ctl->sends, ack ? 3 : 2);
	KUNIT_EXPECT_EQ(test, ctl->tx->faults, 0);
}

static void who_does_not_arm_is_not_told(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_IRQ, LEN);

	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 1), 1);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(ctl->tx, true));
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(ctl->tx, false));
	ctl_done(ctl, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->tx_calls), 0);
}

static void message_is_copied(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_IRQ, LEN);
	u64 msg = 5;

	KUNIT_ASSERT_EQ(test, ferry_port_send(ctl->tx, &msg, LEN, 0), 1);
	msg = 6;
	KUNIT_EXPECT_PTR_NE(test, ctl->slot, (const void *)&msg);
	KUNIT_EXPECT_EQ(test, *(const u64 *)ctl->slot, 5);
}

static void length_is_exact(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, LEN);
	u64 msg = 0;

	KUNIT_EXPECT_EQ(test, ferry_port_send(ctl->tx, &msg, LEN - 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(ctl->tx, &msg, LEN + 1, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_send(ctl->tx, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, ctl->sends, 0);
}

static void refused_message_goes_out_once(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, txdone_of(test), LEN);
	bool ack = txdone_of(test) == TXDONE_ACK;

	ctl->refuse = 5;
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 11), 1);
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 22), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(ctl->tx, true));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, ctl->refuse, 0);
	KUNIT_EXPECT_EQ(test, ctl->sends, 1);
	KUNIT_EXPECT_EQ(test, ctl->data, 11);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->tx_calls), ack);
	ctl_done(ctl, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->tx_calls), 1);
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 33), !ack);
	FERRY_WAIT(READ_ONCE(ctl->sends) >= 2);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, ctl->sends, 2);
	KUNIT_EXPECT_EQ(test, ctl->tx->faults, 0);
}

static void message_that_came_back_is_tried_again(struct kunit *test)
{
	static const int errs[] = { -EBUSY, -EAGAIN, -ENOBUFS };
	struct ctl *ctl = ctl_pair(test, TXDONE_IRQ, LEN);
	int i;

	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 11), 1);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(ctl->tx, true));
	for (i = 0; i < 12; i++) {
		ctl->data = 0;
		ctl_done(ctl, errs[i % ARRAY_SIZE(errs)]);
		KUNIT_EXPECT_EQ(test, ctl_send(ctl, 22), -EAGAIN);
		FERRY_WAIT(READ_ONCE(ctl->data));
		msleep(NOTICE_MS);
		KUNIT_EXPECT_EQ(test, ctl->data, 11);
		KUNIT_EXPECT_EQ(test, ctl->sends, i + 2);
		KUNIT_EXPECT_EQ(test, atomic_read(&ctl->tx_calls), 0);
	}
	ctl_done(ctl, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->tx_calls), 1);
	KUNIT_EXPECT_EQ(test, ctl->tx->faults, 0);
}

static void failed_message_is_lost_and_counted(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_IRQ, LEN);

	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 11), 1);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(ctl->tx, true));
	ctl_done(ctl, -EIO);
	KUNIT_EXPECT_EQ(test, ctl->tx->faults, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->tx_calls), 1);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, ctl->sends, 1);
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 22), 1);
}

static void done_without_a_message_is_harmless(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_IRQ, LEN);

	ctl_done(ctl, 0);
	ctl_done(ctl, -EBUSY);
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 11), 1);
	ctl_done(ctl, 0);
	ctl_done(ctl, 0);
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 22), 1);
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 33), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ctl->sends, 2);
}

static void user_may_send_from_tx_ready(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_IRQ, LEN);

	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 11), 1);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(ctl->tx, true));
	ctl->resend = true;
	ctl_done(ctl, 0);
	KUNIT_EXPECT_EQ(test, ctl->resend_ret, 1);
	KUNIT_EXPECT_EQ(test, ctl->data, 0x7777);
}

static void answer_during_a_send_may_be_answered(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, LEN);
	u64 reply = 42, msg;

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(ctl->rx));
	ctl->reply = &reply;
	ctl->resend = true;
	ctl->resend_ret = -1;
	/* The controller answers with the lock of the channel held. */
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 11), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&ctl->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->rx_calls), 1);
	KUNIT_EXPECT_EQ(test, ctl->resend_ret, 0);
	KUNIT_EXPECT_EQ(test, ctl->data, 0x7777);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(ctl->rx, &msg, LEN), LEN);
	KUNIT_EXPECT_EQ(test, msg, 42);
}

static void doorbell_rings_add_up_but_none_is_lost(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, txdone_of(test), 0);
	bool ack = txdone_of(test) == TXDONE_ACK;
	int i;

	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, ferry_port_send(ctl->tx, NULL, 0, 0), 0);
	KUNIT_EXPECT_NOT_NULL(test, ctl->slot);
	KUNIT_EXPECT_EQ(test, ctl->sends, ack ? 10 : 1);
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(ctl->tx, true));
	if (ack)
		return;

	/* Rung while the first was on its way: once more. */
	if (txdone_of(test) == TXDONE_POLL) {
		ctl_done(ctl, 0);
	} else {
		ctl_done(ctl, 0);
		FERRY_WAIT(READ_ONCE(ctl->sends) >= 2);
		msleep(NOTICE_MS);
		KUNIT_EXPECT_EQ(test, ctl->sends, 2);
		ctl_done(ctl, 0);
		msleep(NOTICE_MS);
	}
	KUNIT_EXPECT_EQ(test, ctl->sends, 2);
}

static void refused_ring_is_made_up_for(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, txdone_of(test), 0);
	int refuse;

	ctl->done = true;
	for (refuse = 0; refuse < 8; refuse++) {
		ctl->refuse = refuse;
		atomic_inc(&ctl->asked);
		KUNIT_EXPECT_EQ(test, ferry_port_send(ctl->tx, NULL, 0, 0), 0);
		msleep(NOTICE_MS);
		KUNIT_EXPECT_EQ(test, ctl->refuse, 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&ctl->heard), refuse + 1);
		if (txdone_of(test) == TXDONE_IRQ)
			mbox_chan_txdone(&ctl->chan, 0);
	}
	KUNIT_EXPECT_EQ(test, ctl->tx->faults, 0);
}

static int ringer_thread(void *data)
{
	struct ctl *ctl = data;

	while (!kthread_should_stop()) {
		atomic_inc(&ctl->asked);
		ferry_port_send(ctl->tx, NULL, 0, 0);
		if (!(atomic_read(&ctl->asked) % 8))
			usleep_range(50, 100);
		cond_resched();
	}
	return 0;
}

/* Whoever is rung last hears of all that there was. */
static void ringers_lose_nothing(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, 0);
	struct task_struct *task[3];
	int i, round;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < 3; i++) {
			task[i] = kthread_run(ringer_thread, ctl, "mailbox_kunit/%d", i);
			KUNIT_ASSERT_FALSE(test, IS_ERR(task[i]));
		}
		for (i = 0; i < 20; i++) {
			WRITE_ONCE(ctl->refuse, i % 3);
			usleep_range(100, 300);
		}
		for (i = 0; i < 3; i++)
			kthread_stop(task[i]);
		msleep(NOTICE_MS);
		KUNIT_EXPECT_GT(test, atomic_read(&ctl->asked), 0);
		KUNIT_EXPECT_EQ(test, atomic_read(&ctl->heard), atomic_read(&ctl->asked));
	}
	KUNIT_EXPECT_EQ(test, ctl->tx->faults, 0);
}

static void message_never_taken_does_not_block_the_next_life(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_IRQ, LEN);

	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 11), 1);
	ferry_port_stop(ctl->tx);
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 22), -EAGAIN);
	KUNIT_ASSERT_EQ(test, ferry_port_start(ctl->tx, &user, ctl), 0);
	KUNIT_EXPECT_EQ(test, ctl->shutdowns, 1);
	KUNIT_EXPECT_EQ(test, ctl->startups, 2);
	KUNIT_EXPECT_EQ(test, ctl->tx->faults, 1);
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 33), 1);
	KUNIT_EXPECT_EQ(test, ctl->data, 33);
	ctl_done(ctl, 0);
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 44), 1);
}

static void stop_ends_the_retries(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, txdone_of(test), LEN);

	ctl->refuse = INT_MAX;
	KUNIT_EXPECT_EQ(test, ctl_send(ctl, 11), 1);
	msleep(NOTICE_MS);
	ferry_port_stop(ctl->tx);
	ctl->refuse = 0;
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, ctl->sends, 0);
	KUNIT_EXPECT_EQ(test, ctl->tx->faults, 1);
	KUNIT_ASSERT_EQ(test, ferry_port_start(ctl->tx, &user, ctl), 0);
	KUNIT_EXPECT_GE(test, ctl_send(ctl, 22), 0);
	KUNIT_EXPECT_EQ(test, ctl->data, 22);
	KUNIT_EXPECT_EQ(test, ctl->sends, 1);
}

static void stop_ends_the_retries_of_a_ring(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, 0);

	ctl->refuse = INT_MAX;
	KUNIT_EXPECT_EQ(test, ferry_port_send(ctl->tx, NULL, 0, 0), 0);
	msleep(NOTICE_MS);
	KUNIT_EXPECT_LT(test, ctl->refuse, INT_MAX - 2);
	ferry_port_stop(ctl->tx);
	ctl->refuse = 0;
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, ctl->sends, 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(ctl->tx, &user, ctl), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(ctl->tx, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, ctl->sends, 1);
}

static void received_messages_are_copied_in_order(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, LEN);
	u64 i, msg;

	for (i = 0; i < 5000; i++) {
		msg = i;
		mbox_chan_received_data(&ctl->chan, &msg);
		msg = ~0ULL;
		if (i < 100)
			continue;
		KUNIT_ASSERT_EQ(test, ferry_port_recv(ctl->rx, &msg, LEN), LEN);
		KUNIT_ASSERT_EQ(test, msg, i - 100);
	}
	KUNIT_EXPECT_EQ(test, ctl->rx->faults, 0);
}

static void receiver_is_told_once_per_arm(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, LEN);
	u64 msg = 1;

	mbox_chan_received_data(&ctl->chan, &msg);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->rx_calls), 0);
	KUNIT_EXPECT_TRUE(test, ferry_port_rx_arm(ctl->rx));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(ctl->rx, &msg, LEN), LEN);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(ctl->rx, &msg, LEN), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(ctl->rx));
	mbox_chan_received_data(&ctl->chan, &msg);
	mbox_chan_received_data(&ctl->chan, &msg);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&ctl->rx_calls) >= 1));
	msleep(NOTICE_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->rx_calls), 1);
}

static void flood_drops_the_newest_and_counts(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, LEN);
	u64 i, msg;

	for (i = 0; i < RX_DEPTH + 10; i++)
		mbox_chan_received_data(&ctl->chan, &i);
	KUNIT_EXPECT_EQ(test, ctl->rx->faults, 10);
	for (i = 0; i < RX_DEPTH; i++) {
		KUNIT_ASSERT_EQ(test, ferry_port_recv(ctl->rx, &msg, LEN), LEN);
		KUNIT_ASSERT_EQ(test, msg, i);
	}
	KUNIT_EXPECT_EQ(test, ferry_port_recv(ctl->rx, &msg, LEN), -EAGAIN);
}

static void message_without_data_is_dropped(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, LEN);
	u64 msg;

	mbox_chan_received_data(&ctl->chan, NULL);
	KUNIT_EXPECT_EQ(test, ctl->rx->faults, 1);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(ctl->rx, &msg, LEN), -EAGAIN);
}

static void short_buffer_loses_that_message_only(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, LEN);
	u64 msg = 1;

	mbox_chan_received_data(&ctl->chan, &msg);
	msg = 2;
	mbox_chan_received_data(&ctl->chan, &msg);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(ctl->rx, &msg, LEN - 1), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(ctl->rx, &msg, LEN), LEN);
	KUNIT_EXPECT_EQ(test, msg, 2);
}

static void rings_received_add_up_to_one(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, 0);

	mbox_chan_received_data(&ctl->chan, NULL);
	mbox_chan_received_data(&ctl->chan, NULL);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(ctl->rx, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(ctl->rx, NULL, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ctl->rx->faults, 0);
}

static void start_forgets_what_came_before(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, TXDONE_ACK, LEN);
	u64 msg = 1;

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(ctl->rx));
	ferry_port_stop(ctl->rx);
	mbox_chan_received_data(&ctl->chan, &msg);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctl->rx_calls), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(ctl->rx, &user, ctl), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(ctl->rx, &msg, LEN), -EAGAIN);
}

static int sender_thread(void *data)
{
	struct ctl *ctl = data;
	int ret;

	while (!kthread_should_stop()) {
		ret = ctl_send(ctl, 1);
		if (ret >= 0)
			atomic_inc(&ctl->taken);
		else
			usleep_range(50, 100);
		cond_resched();
	}
	return 0;
}

/* Where nothing comes back, each message taken is sent once, or counted as lost. */
static void senders_lose_nothing(struct kunit *test)
{
	struct ctl *ctl = ctl_pair(test, txdone_of(test), LEN);
	int i;

	ctl->done = true;
	for (i = 0; i < 3; i++)
		ferry_thread(test, sender_thread, ctl);
	for (i = 0; i < 200; i++) {
		WRITE_ONCE(ctl->refuse, i % 3);
		usleep_range(100, 300);
		if (txdone_of(test) == TXDONE_IRQ)
			mbox_chan_txdone(&ctl->chan, 0);
	}
	WRITE_ONCE(ctl->refuse, 0);
	msleep(NOTICE_MS);
	ferry_port_stop(ctl->tx);
	msleep(NOTICE_MS);	/* who sent last counts it */
	KUNIT_EXPECT_GT(test, atomic_read(&ctl->taken), 0);
	KUNIT_EXPECT_EQ(test, ctl->sends + ctl->tx->faults, atomic_read(&ctl->taken));
}

static struct kunit_case mailbox_cases[] = {
	KUNIT_CASE(create_refuses_what_cannot_be),
	KUNIT_CASE(channel_belongs_to_one_pair),
	KUNIT_CASE(channel_is_free_when_both_ports_are_gone),
	KUNIT_CASE(create_survives_a_failing_allocation),
	KUNIT_CASE_PARAM(the_next_pair_sends_as_well, txdone_gen_params),
	KUNIT_CASE_PARAM(port_is_full_until_the_controller_is_done, txdone_gen_params),
	KUNIT_CASE(who_does_not_arm_is_not_told),
	KUNIT_CASE(message_is_copied),
	KUNIT_CASE(length_is_exact),
	KUNIT_CASE_PARAM(refused_message_goes_out_once, txdone_gen_params),
	KUNIT_CASE(message_that_came_back_is_tried_again),
	KUNIT_CASE(failed_message_is_lost_and_counted),
	KUNIT_CASE(done_without_a_message_is_harmless),
	KUNIT_CASE(user_may_send_from_tx_ready),
	KUNIT_CASE(answer_during_a_send_may_be_answered),
	KUNIT_CASE_PARAM(doorbell_rings_add_up_but_none_is_lost, txdone_gen_params),
	KUNIT_CASE_PARAM(refused_ring_is_made_up_for, txdone_gen_params),
	KUNIT_CASE(ringers_lose_nothing),
	KUNIT_CASE(message_never_taken_does_not_block_the_next_life),
	KUNIT_CASE_PARAM(stop_ends_the_retries, txdone_gen_params),
	KUNIT_CASE(stop_ends_the_retries_of_a_ring),
	KUNIT_CASE(received_messages_are_copied_in_order),
	KUNIT_CASE(receiver_is_told_once_per_arm),
	KUNIT_CASE(flood_drops_the_newest_and_counts),
	KUNIT_CASE(message_without_data_is_dropped),
	KUNIT_CASE(short_buffer_loses_that_message_only),
	KUNIT_CASE(rings_received_add_up_to_one),
	KUNIT_CASE(start_forgets_what_came_before),
	KUNIT_CASE_PARAM(senders_lose_nothing, txdone_gen_params),
	{}
};

static int mailbox_suite_init(struct kunit_suite *suite)
{
	return platform_driver_register(&ctl_driver);
}

static void mailbox_suite_exit(struct kunit_suite *suite)
{
	platform_driver_unregister(&ctl_driver);
}

static struct kunit_suite mailbox_suite = {
	.name = "ferry_port_mailbox",
	.suite_init = mailbox_suite_init,
	.suite_exit = mailbox_suite_exit,
	.test_cases = mailbox_cases,
};

kunit_test_suite(mailbox_suite);

MODULE_DESCRIPTION("Ferry: tests of ports on kernel mailboxes");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
