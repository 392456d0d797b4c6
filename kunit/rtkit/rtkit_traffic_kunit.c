// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit: endpoints of applications, and messages to and from all of them at once.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/port.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../../drivers/rtkit/wire.h"
#include "../ferry_kunit.h"
#include "iop.h"

#define MSG	8
#define LONG_MS	10000

/* What fake_fill() makes of a message. */
static u64 msg_of(u32 seq)
{
	u8 msg[MSG];

	fake_fill(msg, sizeof(msg), seq);
	return get_unaligned_le64(msg);
}

static int try_send(struct fake_client *c, u32 seq)
{
	u8 msg[MSG];

	fake_fill(msg, sizeof(msg), seq);
	return ferry_trysend(c->ep, msg, sizeof(msg));
}

static struct fake_client *opened(struct iop *iop, u32 number, unsigned int flags)
{
	struct fake_client *c = fake_open(iop->test, iop->link, number, flags);

	iop_hears(iop, 0, IOP_STARTEP(number));
	return c;
}

static void init_of_the_smc_is_these_bits(struct kunit *test)
{
	static const u8 bytes[] = { 0x17, 0, 0, 0, 0, 0, 0, 0 };
	struct iop *iop = iop_create(test, 0);
	struct fake_client *c;

	iop_boot(iop);
	c = fake_open(test, iop->link, 0x20, 0);
	iop_hears(iop, 0, 0x0050002000000002ull);
	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, bytes, sizeof(bytes)), 0);
	iop_hears(iop, 0x20, 0x0000000000000017ull);
	KUNIT_EXPECT_EQ(test, ferry_mtu(c->ep), MSG);
	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, bytes, 4), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, bytes, 9), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, bytes, 0), -EMSGSIZE);
	iop_silence(iop);
}

static void messages_find_their_endpoint(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_client *c[4];
	unsigned int i;

	iop_boot(iop);
	for (i = 0; i < 4; i++)
		c[i] = opened(iop, 0x20 + i, i & 1 ? FERRY_EP_ATOMIC : 0);
	for (i = 0; i < 100; i++)
		iop_say(iop, 0x20 + i % 4, msg_of(i));
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(c[i], 25));
		KUNIT_EXPECT_EQ(test, c[i]->bad, 0);
		KUNIT_EXPECT_EQ(test, c[i]->seq[24], 96 + i);
		KUNIT_EXPECT_EQ(test, c[i]->len[24], MSG);
	}
	for (i = 0; i < 4; i++) {
		KUNIT_EXPECT_EQ(test, try_send(c[i], i), 0);
		iop_hears(iop, 0x20 + i, msg_of(i));
	}
}

static void only_what_the_map_has_opens(struct kunit *test)
{
	static const u32 none[] = { 0, 1, 2, 0x1f, 0x24, 0xff, 0x100, 0x10020 };
	struct iop *iop = iop_create(test, 0);
	struct ferry_id named = { .name = "smc", .number = 0x20 };
	struct ferry_ep_cfg cfg = {};
	unsigned int i;

	iop_boot(iop);
	for (i = 0; i < ARRAY_SIZE(none); i++)
		KUNIT_EXPECT_EQ_MSG(test, fake_client_open(fake_client(test), iop->link, none[i],
							   0), -ENOENT, "%#x", none[i]);
	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_open(iop->link, &named, &cfg)), -ENOENT);
	opened(iop, 0x20, 0);
	KUNIT_EXPECT_EQ(test, fake_client_open(fake_client(test), iop->link, 0x20, 0), -EBUSY);
	iop_silence(iop);
}

static void endpoint_is_started_once(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_client *c;

	iop_boot(iop);
	c = opened(iop, 0x20, 0);
	fake_close(c);
	iop_silence(iop);
	c = fake_open(test, iop->link, 0x20, 0);
	iop_silence(iop);
	iop_say(iop, 0x20, msg_of(3));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
}

static void opened_before_it_is_started_with_the_link(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_client *c = fake_open(test, iop->link, 0x23, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	KUNIT_EXPECT_EQ(test, try_send(c, 1), -ENOLINK);
	iop_greets(iop);
	iop_say(iop, 0x23, msg_of(1));	/* nobody has started it */
	iop_gets_started(iop);
	iop_is_on(iop);
	iop_hears(iop, 0, IOP_STARTEP(0x23));
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	iop_say(iop, 0x23, msg_of(2));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, c->seq[0], 2);
}

static void opened_before_and_not_there(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_client *c = fake_open(test, iop->link, 0x30, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_greets(iop);
	iop_gets_started(iop);
	iop_is_on(iop);
	/* It came up, and is stopped as ever. */
	iop_answers(iop, 0x10, 0x01);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ENOENT);
	IOP_EXPECT_STATE(test, iop, OFFLINE);
	fake_close(c);
	KUNIT_EXPECT_TRUE(test, iop_boot(iop));
}

static void messages_for_nobody_are_counted(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct ferry_stats stats;
	struct fake_client *c;

	iop_boot(iop);
	c = opened(iop, 0x20, 0);
	iop_say(iop, 0x21, 1);		/* in the map, and not open */
	iop_say(iop, 0x99, 1);		/* not in the map */
	iop_say(iop, 0x1f, 1);		/* of the system, and unknown */
	iop_say(iop, 0x120, 1);		/* no endpoint */
	iop_say(iop, 0x80000020, 1);
	iop_say(iop, 0x20, msg_of(1));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	ferry_link_stats(iop->link, &stats);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_NOT_OPEN], 2);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_NO_CHANNEL], 1);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_BAD_HEADER], 2);
	KUNIT_EXPECT_EQ(test, stats.rx_msgs, 1);
}

/* An answer in the interrupt itself, to who cannot sleep. */
struct atomic_call {
	struct fake_client *c;
	struct iop *iop;
	int sent;
	int taken;
	unsigned int before;
};

static void call_in_irq(void *arg)
{
	struct atomic_call *call = arg;
	struct rtkit_msg answer = {
		.msg0 = cpu_to_le64(msg_of(8)), .msg1 = cpu_to_le32(0x20),
	};

	call->sent = try_send(call->c, 7);
	/* The remote answers, and no interrupt comes through. */
	ferry_port_send(call->iop->says, &answer, sizeof(answer), FERRY_MORE);
	call->before = call->c->nr;
	call->taken = ferry_rx_now(call->c->ep);
}

static void answer_is_taken_with_interrupts_off(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct atomic_call call = { .iop = iop };

	iop_boot(iop);
	call.c = opened(iop, 0x20, FERRY_EP_ATOMIC);
	fake_in_irq(test, call_in_irq, &call);
	KUNIT_EXPECT_EQ(test, call.sent, 0);
	KUNIT_EXPECT_EQ(test, call.before, 0);
	KUNIT_EXPECT_EQ(test, call.taken, 1);
	KUNIT_EXPECT_EQ(test, call.c->nr, 1);
	KUNIT_EXPECT_EQ(test, call.c->seq[0], 8);
	iop_hears(iop, 0x20, msg_of(7));
}

static void answer_while_full_is_heard(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_client *c;
	unsigned int i;

	iop_boot(iop);
	c = opened(iop, 0x20, FERRY_EP_ATOMIC);
	for (i = 0; i < IOP_DEPTH; i++)
		KUNIT_EXPECT_EQ(test, try_send(c, i), 0);
	KUNIT_EXPECT_EQ(test, try_send(c, i), -EAGAIN);
	iop_say(iop, 0x20, msg_of(1));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	iop_say(iop, 4, 0x00c0000000000000ull);	/* its echo has to wait, too */
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(c->ep, "too full", MSG, 100), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 0);
	for (i = 0; i < IOP_DEPTH; i++)
		iop_hears(iop, 0x20, msg_of(i));
	iop_hears(iop, 4, 0x00c0000000000000ull);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 1);
	KUNIT_EXPECT_EQ(test, try_send(c, 1), 0);
}

#define SENDERS		8
#define PER_SENDER	50

struct sender {
	struct fake_client *c;
	unsigned int nr;
};

static int send_many(void *arg)
{
	struct sender *s = arg;
	unsigned int i;
	u8 msg[MSG];
	int ret = 0;

	for (i = 0; i < PER_SENDER && !ret; i++) {
		fake_fill(msg, sizeof(msg), s->nr << 16 | i);
		ret = ferry_send_timeout(s->c->ep, msg, sizeof(msg), LONG_MS);
	}
	return ret;
}

/* One slot, many senders: nothing is lost, and each one's messages stay in order. */
static void senders_share_one_slot(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_TIGHT);
	struct fake_task *t[SENDERS];
	struct sender s[SENDERS];
	unsigned int next[SENDERS] = {}, i;
	struct fake_client *c[4];
	u64 msg = 0;
	u32 ep = 0;

	iop_boot(iop);
	for (i = 0; i < 4; i++)
		c[i] = opened(iop, 0x20 + i, 0);
	for (i = 0; i < SENDERS; i++) {
		s[i] = (struct sender){ c[i % 4], i };
		t[i] = fake_run(test, send_many, &s[i]);
	}
	for (i = 0; i < SENDERS * PER_SENDER; i++) {
		unsigned int who;

		if (!iop_next(iop, &ep, &msg, LONG_MS))
			break;
		who = (msg >> 16) & 0xffff;
		KUNIT_ASSERT_LT(test, who, SENDERS);
		KUNIT_EXPECT_EQ(test, ep, 0x20 + who % 4);
		KUNIT_EXPECT_EQ(test, msg, msg_of(who << 16 | next[who]));
		next[who]++;
	}
	KUNIT_EXPECT_EQ(test, i, SENDERS * PER_SENDER);
	for (i = 0; i < SENDERS; i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), 0);
}

/* Many wait for room when @end comes: they are told @err, and who comes later is, too. */
static void senders_wait_until(struct kunit *test, void (*end)(struct iop *iop), int err)
{
	struct iop *iop = iop_create(test, IOP_CPU | IOP_TIGHT);
	struct fake_task *t[SENDERS];
	struct sender s[SENDERS];
	struct fake_client *c;
	unsigned int i;

	iop_boot(iop);
	c = opened(iop, 0x20, 0);
	for (i = 0; i < SENDERS; i++) {
		s[i] = (struct sender){ c, i };
		t[i] = fake_run(test, send_many, &s[i]);
	}
	msleep(100);
	end(iop);
	for (i = 0; i < SENDERS; i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), err);
	KUNIT_EXPECT_EQ(test, try_send(c, 1), err);
}

static void iop_dies(struct iop *iop)
{
	iop_say(iop, 1, IOP_BUF(2, 0));
}

static void driver_goes(struct iop *iop)
{
	iop_say(iop, 0x20, msg_of(1));
	iop_destroy(iop);
}

static void senders_wake_when_it_dies(struct kunit *test)
{
	senders_wait_until(test, iop_dies, -ENOLINK);
}

static void senders_wake_when_the_driver_goes(struct kunit *test)
{
	senders_wait_until(test, driver_goes, -ENODEV);
}

static void slow_client_loses_its_own(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_WIDE);
	struct fake_client *slow, *other;
	struct ferry_stats stats;
	unsigned int i;

	iop_boot(iop);
	slow = opened(iop, 0x20, 0);
	other = opened(iop, 0x21, FERRY_EP_ATOMIC);
	slow->answer = -EAGAIN;
	for (i = 0; i < 600; i++) {
		iop_say(iop, 0x20, msg_of(i));
		iop_say(iop, 0x21, msg_of(i));
	}
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(other, 600));
	ferry_ep_stats(slow->ep, &stats);
	KUNIT_EXPECT_GT(test, stats.drops[FERRY_DROP_QUEUE_FULL], 0);
	WRITE_ONCE(slow->answer, 0);
	ferry_resume(slow->ep);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(slow, 600 - stats.drops[FERRY_DROP_QUEUE_FULL]));
	KUNIT_EXPECT_EQ(test, slow->seq[1], 1);
	IOP_EXPECT_STATE(test, iop, RUNNING);
}

/* As many as it likes for who wants them, only so many for nobody. */
static void flood_for_a_client_is_none(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU | IOP_WIDE);
	struct fake_client *c;
	unsigned int i;

	iop_boot(iop);
	c = opened(iop, 0x20, FERRY_EP_ATOMIC);
	for (i = 0; i < 20000; i++)
		iop_say(iop, 0x20, msg_of(i));
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 20000));
	IOP_EXPECT_STATE(test, iop, RUNNING);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(iop_floods(iop)));
}

static void mailbox_that_goes_is_a_crash(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_client *c;

	iop_boot(iop);
	c = opened(iop, 0x20, 0);
	ferry_port_hold(iop->tx);
	ferry_port_kill(iop->tx);
	KUNIT_EXPECT_EQ(test, try_send(c, 1), -EPIPE);
	fake_settle();
	IOP_EXPECT_STATE(test, iop, CRASHED);
	KUNIT_EXPECT_EQ(test, ferry_rtkit_boot(iop->rtk), -EPIPE);
	iop->tx_gone = true;
}

static struct kunit_case traffic_cases[] = {
	KUNIT_CASE(init_of_the_smc_is_these_bits),
	KUNIT_CASE(messages_find_their_endpoint),
	KUNIT_CASE(only_what_the_map_has_opens),
	KUNIT_CASE(endpoint_is_started_once),
	KUNIT_CASE(opened_before_it_is_started_with_the_link),
	KUNIT_CASE(opened_before_and_not_there),
	KUNIT_CASE(messages_for_nobody_are_counted),
	KUNIT_CASE(answer_is_taken_with_interrupts_off),
	KUNIT_CASE(answer_while_full_is_heard),
	KUNIT_CASE(senders_share_one_slot),
	KUNIT_CASE(senders_wake_when_it_dies),
	KUNIT_CASE(senders_wake_when_the_driver_goes),
	KUNIT_CASE(slow_client_loses_its_own),
	KUNIT_CASE(flood_for_a_client_is_none),
	KUNIT_CASE(mailbox_that_goes_is_a_crash),
	{}
};

static struct kunit_suite traffic_suite = {
	.name = "ferry_rtkit_traffic",
	.test_cases = traffic_cases,
};

kunit_test_suite(traffic_suite);

MODULE_DESCRIPTION("Ferry: tests of RTKit, endpoints of applications");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
