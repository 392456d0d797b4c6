// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of a link as devices on the rpmsg bus, and endpoints of drivers that bind.
 */
#include <kunit/test.h>
#include <linux/ferry/rpmsg.h>
#include <linux/module.h>
#include <linux/property.h>

#include "../ferry_kunit.h"
#include "client.h"

#define NR	4

/* Bound to the device of channel 1, which is offered. */
static struct client *bound_client(struct kunit *test, struct fake *f)
{
	struct client *c = client_register(test, "fake1");

	fake_offer(f, 1, true);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(c->probes == 1));
	return c;
}

static struct fake *fake_remote(struct kunit *test, unsigned int flags)
{
	return fake_create(test, 0, NR, FAKE_REMOTE | flags);
}

static void expect_device(struct kunit *test, struct fake *f, const char *name, bool there)
{
	struct device *dev = NULL;

	KUNIT_EXPECT_TRUE_MSG(test, FERRY_WAIT((put_device(dev), dev = client_find(f, name),
						!dev != there)), "%s", name);
	put_device(dev);
}

static void offered_channel_is_a_device(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);

	expect_device(test, f, "rpmsg_ctrl.0.0", true);
	expect_device(test, f, "fake1.1.1", false);
	fake_offer(f, 1, true);
	fake_offer(f, 3, true);
	expect_device(test, f, "fake1.1.1", true);
	expect_device(test, f, "fake3.3.3", true);
	fake_offer(f, 1, false);
	expect_device(test, f, "fake1.1.1", false);
	expect_device(test, f, "fake3.3.3", true);
}

static void driver_sends_and_receives(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);

	fake_give(f, 4);
	KUNIT_EXPECT_EQ(test, client_send(c->rpdev->ept, 11), 0);
	KUNIT_EXPECT_EQ(test, client_trysend(c->rpdev->ept, 12), 0);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 2);
	KUNIT_EXPECT_EQ(test, f->sent[0].channel, 1);
	KUNIT_EXPECT_EQ(test, f->sent[0].seq, 11);
	KUNIT_EXPECT_EQ(test, f->sent[1].seq, 12);
	fake_rx(f, 1, 64, 21);
	fake_rx(f, 1, 4, 22);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr) == 2));
	KUNIT_EXPECT_EQ(test, c->seq[0], 21);
	KUNIT_EXPECT_EQ(test, c->seq[1], 22);
}

static void remote_that_closes_takes_the_driver_away(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);

	fake_offer(f, 1, false);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(c->removes == 1));
	KUNIT_EXPECT_EQ(test, f->channels[1]->closes, f->channels[1]->opens);
	/* Offered anew, though nobody saw that it was closed in between. */
	fake_offer(f, 1, true);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(c->probes == 2));
	fake_offer(f, 1, false);
	fake_offer(f, 1, true);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(c->probes == 3));
	KUNIT_EXPECT_EQ(test, c->removes, 2);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, client_send(c->rpdev->ept, 1), 0);
}

static void crash_and_recovery_make_new_devices(struct kunit *test)
{
	struct fake *f = fake_remote(test, FAKE_RECOVER);
	struct client *c = bound_client(test, f);

	ferry_link_crash(f->link, "test");
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(c->removes == 1));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_link_state(f->link) == FERRY_STATE_RUNNING));
	expect_device(test, f, "rpmsg_ctrl.0.0", true);
	KUNIT_EXPECT_EQ(test, c->probes, 1);
	fake_offer(f, 1, true);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(c->probes == 2));
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, client_send(c->rpdev->ept, 1), 0);
	fake_rx(f, 1, 4, 5);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr) == 1));
}

static void stop_takes_all_away_and_start_brings_ctrl(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);

	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	expect_device(test, f, "rpmsg_ctrl.0.0", false);
	expect_device(test, f, "fake1.1.1", false);
	KUNIT_EXPECT_EQ(test, c->removes, 1);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	expect_device(test, f, "rpmsg_ctrl.0.0", true);
	expect_device(test, f, "fake1.1.1", false);
}

static void errors_are_those_of_rpmsg(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);
	struct rpmsg_endpoint *ept = c->rpdev->ept;
	u8 *big = kunit_kzalloc(test, FAKE_MTU + 1, GFP_KERNEL);
	u8 msg[4] = {};

	KUNIT_ASSERT_NOT_NULL(test, big);
	KUNIT_EXPECT_EQ(test, client_trysend(ept, 1), -ENOMEM);
	fake_give(f, 8);
	KUNIT_EXPECT_EQ(test, rpmsg_trysend(ept, msg, -1), -EINVAL);
	KUNIT_EXPECT_EQ(test, rpmsg_send(ept, msg, -1), -EINVAL);
	KUNIT_EXPECT_EQ(test, rpmsg_trysend(ept, big, FAKE_MTU + 1), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, rpmsg_trysendto(ept, msg, 4, 1), 0);
	KUNIT_EXPECT_EQ(test, rpmsg_sendto(ept, msg, 4, RPMSG_ADDR_ANY), 0);
	KUNIT_EXPECT_EQ(test, rpmsg_sendto(ept, msg, 4, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, rpmsg_trysendto(ept, msg, 4, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, rpmsg_get_mtu(ept), FAKE_MTU);
	f->channels[1]->xmit_ret = -EPIPE;
	KUNIT_EXPECT_EQ(test, client_trysend(ept, 1), -EPIPE);
}

static int send_task(void *arg)
{
	struct client *c = arg;

	return client_send(c->rpdev->ept, 7);
}

static int send_seven(struct client *c, struct rpmsg_device *rpdev)
{
	return client_send(rpdev->ept, 7);
}

static void sleeping_senders_are_woken_by_a_crash(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);
	struct fake_task *t[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++)
		t[i] = fake_run(test, send_task, c);
	msleep(50);
	ferry_link_crash(f->link, "test");
	for (i = 0; i < ARRAY_SIZE(t); i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), -EPIPE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(c->removes == 1));
}

static void unbind_does_not_wait_for_senders(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);
	struct fake_task *t[4];
	unsigned long start;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++)
		t[i] = fake_run(test, send_task, c);
	msleep(50);
	start = jiffies;
	device_release_driver(&c->rpdev->dev);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), 1000U);
	KUNIT_EXPECT_EQ(test, c->removes, 1);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		KUNIT_EXPECT_EQ(test, fake_join(t[i]), -EPIPE);
}

static void signal_ends_a_send(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);
	struct fake_task *t = fake_run(test, send_task, c);

	msleep(50);
	fake_signal(t);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ERESTARTSYS);
}

static void trysend_may_be_called_under_a_spinlock(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);
	static DEFINE_SPINLOCK(lock);
	int ret[2];

	fake_give(f, 1);
	spin_lock_irq(&lock);
	ret[0] = client_trysend(c->rpdev->ept, 1);
	ret[1] = client_trysend(c->rpdev->ept, 2);
	spin_unlock_irq(&lock);
	KUNIT_EXPECT_EQ(test, ret[0], 0);
	KUNIT_EXPECT_EQ(test, ret[1], -ENOMEM);
}

static void ask_in_probe(struct client *c, struct rpmsg_device *rpdev)
{
	struct fake *f = c->priv;

	fake_rx(f, 1, 4, 100);	/* nobody asked for this one yet */
	msleep(20);
	KUNIT_EXPECT_EQ(f->test, c->offers, 0);
	KUNIT_EXPECT_EQ(f->test, send_seven(c, rpdev), 0);
	fake_rx(f, 1, 4, 101);
	KUNIT_EXPECT_TRUE(f->test, FERRY_WAIT(READ_ONCE(c->nr) == 2));
}

static void probe_may_ask_and_get_an_answer(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = client_prepare(test, "fake1");

	c->on_probe = ask_in_probe;
	c->priv = f;
	fake_give(f, 1);
	client_start(test, c);
	fake_offer(f, 1, true);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(c->probes == 1));
	KUNIT_EXPECT_EQ(test, c->seq[0], 100);
	KUNIT_EXPECT_EQ(test, c->seq[1], 101);
}

static void feed_in_probe(struct client *c, struct rpmsg_device *rpdev)
{
	fake_rx(c->priv, 1, 4, 50);
	msleep(50);
}

static void what_comes_before_the_driver_is_bound_waits(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = client_prepare(test, "fake1");

	c->on_probe = feed_in_probe;
	c->on_remove = feed_in_probe;
	c->priv = f;
	client_start(test, c);
	fake_offer(f, 1, true);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr) == 1));
	KUNIT_EXPECT_EQ(test, c->early, 0);
	device_release_driver(&c->rpdev->dev);
	KUNIT_EXPECT_EQ(test, c->removes, 1);
	KUNIT_EXPECT_EQ(test, c->nr, 1);
	KUNIT_EXPECT_EQ(test, c->early, 0);
}

static void ask_in_remove(struct client *c, struct rpmsg_device *rpdev)
{
	struct fake *f = c->priv;

	KUNIT_EXPECT_EQ(f->test, client_trysend(rpdev->ept, 9), 0);
	fake_rx(f, 1, 4, 60);
	KUNIT_EXPECT_TRUE(f->test, FERRY_WAIT(READ_ONCE(c->nr) == 1));
}

static void remove_may_ask_and_get_an_answer(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);

	c->on_remove = ask_in_remove;
	c->priv = f;
	fake_give(f, 1);
	device_release_driver(&c->rpdev->dev);
	KUNIT_EXPECT_EQ(test, c->removes, 1);
}

static void message_not_taken_is_offered_again(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);
	unsigned int offers;

	WRITE_ONCE(c->answer, -EAGAIN);
	fake_rx(f, 1, 4, 1);
	/* And once more, where the driver was not bound quite yet. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->offers) >= 1));
	WRITE_ONCE(c->answer, 0);
	fake_rx(f, 1, 4, 2);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr) == 2));
	KUNIT_EXPECT_EQ(test, c->seq[0], 1);
	KUNIT_EXPECT_EQ(test, c->seq[1], 2);
	/* Any other error drops it. */
	offers = READ_ONCE(c->offers);
	WRITE_ONCE(c->answer, -EIO);
	fake_rx(f, 1, 4, 3);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->offers) == offers + 1));
	WRITE_ONCE(c->answer, 0);
	fake_rx(f, 1, 4, 4);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr) == 3));
	KUNIT_EXPECT_EQ(test, c->seq[2], 4);
}

static void failed_probe_leaves_no_endpoint(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = client_prepare(test, "fake1");
	struct rpmsg_endpoint *ept;
	struct device *dev;

	c->probe_ret = -EIO;
	client_start(test, c);
	fake_offer(f, 1, true);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(c->probes == 1));
	/* The parent has it only after it was probed. */
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(dev = client_find(f, "fake1.1.1")));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(f->channels[1]->closes == 1));
	/* Who is late is told so. */
	ept = container_of(dev, struct rpmsg_device, dev)->ept;
	KUNIT_ASSERT_NOT_NULL(test, ept);
	KUNIT_EXPECT_EQ(test, client_trysend(ept, 1), -EPIPE);
	KUNIT_EXPECT_EQ(test, client_send(ept, 1), -EPIPE);
	KUNIT_EXPECT_EQ(test, rpmsg_get_mtu(ept), -EPIPE);
	c->probe_ret = 0;
	KUNIT_EXPECT_EQ(test, device_attach(dev), 1);
	KUNIT_EXPECT_EQ(test, c->probes, 2);
	/* A driver without an endpoint of its own must not end that of the last one. */
	client_unregister(c);
	c = client_register_bare(test, "fake1");
	KUNIT_EXPECT_EQ(test, c->probes, 1);
	client_unregister(c);
	KUNIT_EXPECT_EQ(test, c->removes, 1);
	KUNIT_EXPECT_EQ(test, f->channels[1]->closes, 2);
	put_device(dev);
}

static int drop_rx(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	return 0;
}

static struct rpmsg_endpoint *create(struct rpmsg_device *rpdev, const char *name, u32 src, u32 dst)
{
	struct rpmsg_channel_info chinfo = { .src = src, .dst = dst };

	strscpy(chinfo.name, name, sizeof(chinfo.name));
	return rpmsg_create_ept(rpdev, drop_rx, NULL, chinfo);
}

static void endpoints_are_found_by_name_and_number(struct kunit *test)
{
	static const struct {
		const char *name;
		u32 src, dst;
		int channel;	/* -1: none */
	} row[] = {
		{ "fake2", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, 2 },
		{ "fake2", 0, RPMSG_ADDR_ANY, 2 },
		{ "", RPMSG_ADDR_ANY, 3, 3 },
		{ "any", 7, 3, 3 },
		{ "any", 3, RPMSG_ADDR_ANY, 3 },
		{ "any", RPMSG_ADDR_ANY, 0, 0 },
		{ "any", RPMSG_ADDR_ANY, NR, -1 },
		{ "any", NR, RPMSG_ADDR_ANY, -1 },
		{ "any", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, -1 },
		{ "", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, -1 },
		{ "fake1", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, -1 },	/* the driver has it */
	};
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);
	unsigned int i;

	fake_give(f, 100);
	for (i = 0; i < ARRAY_SIZE(row); i++) {
		struct rpmsg_endpoint *ept = create(c->rpdev, row[i].name, row[i].src, row[i].dst);

		KUNIT_EXPECT_EQ_MSG(test, !ept, row[i].channel < 0, "row %u", i);
		if (!ept)
			continue;
		KUNIT_EXPECT_EQ(test, client_send(ept, i), 0);
		KUNIT_EXPECT_EQ_MSG(test, f->sent[f->nr_sent - 1].channel, row[i].channel,
				    "row %u", i);
		rpmsg_destroy_ept(ept);
	}
	KUNIT_EXPECT_EQ(test, client_send(c->rpdev->ept, 1), 0);
}

static void destroy_in_callback(struct client *c, struct rpmsg_device *rpdev, u32 seq)
{
	rpmsg_destroy_ept(c->priv);
	c->priv = NULL;
}

static void endpoint_may_be_destroyed_in_a_callback(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);

	c->priv = create(c->rpdev, "fake2", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY);
	KUNIT_ASSERT_NOT_NULL(test, c->priv);
	c->on_rx = destroy_in_callback;
	fake_rx(f, 1, 4, 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr) == 1));
	c->on_rx = NULL;
	fake_settle();
	/* It can be opened again. */
	c->priv = create(c->rpdev, "fake2", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY);
	KUNIT_ASSERT_NOT_NULL(test, c->priv);
	rpmsg_destroy_ept(c->priv);
}

static void devices_can_be_created_and_released(struct kunit *test)
{
	struct rpmsg_channel_info chinfo = {
		.name = "made", .src = RPMSG_ADDR_ANY, .dst = 2,
	};
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f), *made = client_register(test, "made");

	KUNIT_ASSERT_NOT_NULL(test, rpmsg_create_channel(c->rpdev, &chinfo));
	KUNIT_EXPECT_EQ(test, made->probes, 1);
	KUNIT_EXPECT_PTR_EQ(test, rpmsg_create_channel(c->rpdev, &chinfo),
			    (struct rpmsg_device *)NULL);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, client_send(made->rpdev->ept, 5), 0);
	KUNIT_EXPECT_EQ(test, f->sent[0].channel, 2);
	KUNIT_EXPECT_EQ(test, rpmsg_release_channel(c->rpdev, &chinfo), 0);
	KUNIT_EXPECT_EQ(test, made->removes, 1);
	KUNIT_EXPECT_EQ(test, rpmsg_release_channel(c->rpdev, &chinfo), -EINVAL);
	/* What the remote offers is not ours to take away. */
	strscpy(chinfo.name, "fake1", sizeof(chinfo.name));
	chinfo.dst = RPMSG_ADDR_ANY;
	KUNIT_EXPECT_EQ(test, rpmsg_release_channel(c->rpdev, &chinfo), -EINVAL);
	/* Those that are left go with the link. */
	strscpy(chinfo.name, "made", sizeof(chinfo.name));
	chinfo.dst = 3;
	KUNIT_ASSERT_NOT_NULL(test, rpmsg_create_channel(c->rpdev, &chinfo));
	KUNIT_EXPECT_EQ(test, made->probes, 2);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(made->removes == 2));
}

static void link_that_goes_takes_its_devices(struct kunit *test)
{
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);

	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, c->removes, 1);
	KUNIT_EXPECT_PTR_EQ(test, client_find(f, "rpmsg_ctrl.0.0"), (struct device *)NULL);
}

/* A driver on the bus whose device is a remote of its own. */
struct stacked {
	struct kunit *test;
	struct fake *link;
	unsigned int links;
};

static void stacked_probe(struct client *c, struct rpmsg_device *rpdev)
{
	struct stacked *s = c->priv;

	msleep(20);
	s->link = fake_create(s->test, 0, 1, FAKE_OFFLINE);
	s->links++;
}

static void stacked_remove(struct client *c, struct rpmsg_device *rpdev)
{
	struct stacked *s = c->priv;

	fake_unregister(s->link);
}

/* However its device goes, and however early. */
static void driver_may_have_a_link_of_its_own(struct kunit *test)
{
	struct client *c = client_prepare(test, "fake1");
	struct stacked s = { .test = test };
	struct fake *f;
	unsigned int i;

	c->priv = &s;
	c->on_probe = stacked_probe;
	c->on_remove = stacked_remove;
	client_start(test, c);
	for (i = 0; i < 4; i++) {
		f = fake_remote(test, 0);
		fake_offer(f, 1, true);
		if (i & 1)
			KUNIT_EXPECT_TRUE(test, FERRY_WAIT(c->probes > c->removes));
		else
			msleep(10);
		if (i & 2)
			KUNIT_EXPECT_EQ(test, client_run(test, "/bin/rmmod", "ferry_rpmsg"), 0);
		fake_unregister(f);
		KUNIT_EXPECT_EQ(test, c->probes, c->removes);
		client_load(test, "ferry_rpmsg");
	}
	client_unregister(c);
	KUNIT_EXPECT_GE(test, s.links, 2);
}

static void client_reaches_the_ferry_endpoint(struct kunit *test)
{
	struct ferry_ep *(*endpoint)(struct rpmsg_endpoint *ept);
	struct fake *f = fake_remote(test, 0);
	struct client *c = bound_client(test, f);
	struct rpmsg_endpoint foreign = {};
	struct ferry_stats stats;
	struct ferry_ep *ep;

	endpoint = symbol_get(ferry_rpmsg_endpoint);
	KUNIT_ASSERT_NOT_NULL(test, endpoint);
	ep = endpoint(c->rpdev->ept);
	KUNIT_EXPECT_NOT_NULL(test, ep);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, client_send(c->rpdev->ept, 1), 0);
	if (ep) {
		ferry_ep_stats(ep, &stats);
		KUNIT_EXPECT_EQ(test, stats.tx_msgs, 1);
	}
	KUNIT_EXPECT_PTR_EQ(test, endpoint(NULL), (struct ferry_ep *)NULL);
	KUNIT_EXPECT_PTR_EQ(test, endpoint(&foreign), (struct ferry_ep *)NULL);
	symbol_put(ferry_rpmsg_endpoint);
}

static void fwnode_gone(void *arg)
{
	fwnode_remove_software_node(arg);
}

static void device_has_the_node_of_its_channel(struct kunit *test)
{
	struct fwnode_handle *node = fwnode_create_software_node(NULL, NULL);
	struct fake *f;
	struct client *c;

	KUNIT_ASSERT_FALSE(test, IS_ERR(node));
	ferry_defer(test, fwnode_gone, node);
	f = fake_remote(test, 0);
	f->channels[1]->ch.fwnode = node;
	c = bound_client(test, f);
	KUNIT_EXPECT_PTR_EQ(test, dev_fwnode(&c->rpdev->dev), node);
}

static int rpmsg_suite_init(struct kunit *test)
{
	client_load(test, "ferry_rpmsg");
	return 0;
}

static struct kunit_case rpmsg_cases[] = {
	KUNIT_CASE(offered_channel_is_a_device),
	KUNIT_CASE(driver_sends_and_receives),
	KUNIT_CASE(remote_that_closes_takes_the_driver_away),
	KUNIT_CASE(crash_and_recovery_make_new_devices),
	KUNIT_CASE(stop_takes_all_away_and_start_brings_ctrl),
	KUNIT_CASE(errors_are_those_of_rpmsg),
	KUNIT_CASE(sleeping_senders_are_woken_by_a_crash),
	KUNIT_CASE(unbind_does_not_wait_for_senders),
	KUNIT_CASE(signal_ends_a_send),
	KUNIT_CASE(trysend_may_be_called_under_a_spinlock),
	KUNIT_CASE(probe_may_ask_and_get_an_answer),
	KUNIT_CASE(what_comes_before_the_driver_is_bound_waits),
	KUNIT_CASE(remove_may_ask_and_get_an_answer),
	KUNIT_CASE(message_not_taken_is_offered_again),
	KUNIT_CASE(failed_probe_leaves_no_endpoint),
	KUNIT_CASE(endpoints_are_found_by_name_and_number),
	KUNIT_CASE(endpoint_may_be_destroyed_in_a_callback),
	KUNIT_CASE(devices_can_be_created_and_released),
	KUNIT_CASE(link_that_goes_takes_its_devices),
	KUNIT_CASE(driver_may_have_a_link_of_its_own),
	KUNIT_CASE(client_reaches_the_ferry_endpoint),
	KUNIT_CASE(device_has_the_node_of_its_channel),
	{}
};

static struct kunit_suite rpmsg_suite = {
	.name = "ferry_rpmsg",
	.init = rpmsg_suite_init,
	.test_cases = rpmsg_cases,
};

kunit_test_suite(rpmsg_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: tests of channels on the rpmsg bus");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
