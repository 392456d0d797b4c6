// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus while everything happens at once: messages come while drivers are bound and
 * unbound, endpoints are destroyed under their callbacks, the remote crashes under all.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/random.h>

#include "../ferry_kunit.h"
#include "client.h"

#define NR		4
#define STORM_MS	300
#define BINDS		200
#define CRASHES		20
#define CREATES		60

struct storm {
	struct fake *f;
	struct client *c;
	struct fake_task *task;
	bool stop;
	unsigned int done;
	unsigned int wrong;
};

static struct storm *storm_create(struct kunit *test, unsigned int flags)
{
	struct storm *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->f = fake_create(test, 0, NR, FAKE_REMOTE | flags);
	return s;
}

/* The remote sends all the time, and takes what is sent. */
static int flood(void *arg)
{
	struct storm *s = arg;
	u32 seq = 0;

	while (!READ_ONCE(s->stop)) {
		/* No more than there is room for: the fake has no back pressure. */
		bool room = s->f->rx_head - READ_ONCE(s->f->rx_tail) < FAKE_LOG / 2;

		if (room)
			fake_rx(s->f, 1, 4, seq++);
		if (atomic_read(&s->f->room) < 16)
			fake_give(s->f, 8);
		if (!room || !(seq % 8))
			usleep_range(50, 200);
	}
	return 0;
}

static void echo_rx(struct client *c, struct rpmsg_device *rpdev, u32 seq)
{
	client_trysend(rpdev->ept, seq);
}

static void bind_and_unbind_while_messages_come(struct kunit *test)
{
	struct storm *s = storm_create(test, 0);
	struct client *c = client_register(test, "fake1");
	struct fake_task *t;
	struct device *dev;
	unsigned int i;

	c->on_rx = echo_rx;
	fake_offer(s->f, 1, true);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(c->probes == 1));
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(dev = client_find(s->f, "fake1.1.1")));
	t = fake_run(test, flood, s);
	for (i = 0; i < BINDS; i++) {
		device_release_driver(dev);
		KUNIT_ASSERT_EQ(test, device_attach(dev), 1);
	}
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr) > 0));
	WRITE_ONCE(s->stop, true);
	fake_join(t);
	KUNIT_EXPECT_EQ(test, c->probes, BINDS + 1);
	KUNIT_EXPECT_EQ(test, c->removes, BINDS);
	KUNIT_EXPECT_EQ(test, c->early, 0);
	put_device(dev);
}

struct held {
	atomic_t inside;
	atomic_t calls;
	bool gone;
};

static int held_rx(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct held *h = priv;

	if (READ_ONCE(h->gone))
		atomic_inc(&h->calls);	/* a call after the end */
	atomic_inc(&h->inside);
	usleep_range(100, 200);
	atomic_dec(&h->inside);
	return 0;
}

static void destroyed_endpoint_is_called_no_more(struct kunit *test)
{
	struct rpmsg_channel_info chinfo = { .src = RPMSG_ADDR_ANY, .dst = 1 };
	struct storm *s = storm_create(test, 0);
	struct client *c = client_register_bare(test, "fake2");
	struct held *h = kunit_kzalloc(test, sizeof(*h), GFP_KERNEL);
	struct rpmsg_endpoint *ept;
	struct fake_task *t;
	unsigned int i, inside = 0;

	KUNIT_ASSERT_NOT_NULL(test, h);
	fake_offer(s->f, 2, true);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(c->probes == 1));
	t = fake_run(test, flood, s);
	for (i = 0; i < BINDS / 4; i++) {
		WRITE_ONCE(h->gone, false);
		ept = rpmsg_create_ept(c->rpdev, held_rx, h, chinfo);
		KUNIT_ASSERT_NOT_NULL(test, ept);
		FERRY_WAIT(atomic_read(&h->inside));
		rpmsg_destroy_ept(ept);
		inside += atomic_read(&h->inside);
		WRITE_ONCE(h->gone, true);
	}
	WRITE_ONCE(s->stop, true);
	fake_join(t);
	KUNIT_EXPECT_EQ(test, inside, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&h->calls), 0);
}

static int send_all_the_time(void *arg)
{
	struct storm *s = arg;
	int ret;

	/* The driver joins this thread before its endpoint goes. */
	while (!READ_ONCE(s->stop)) {
		ret = client_send(s->c->rpdev->ept, 1);
		if (ret && ret != -EPIPE)
			s->wrong++;
		s->done++;
		if (ret)
			usleep_range(100, 200);
	}
	return 0;
}

static void start_sender(struct client *c, struct rpmsg_device *rpdev)
{
	struct storm *s = c->priv;

	s->stop = false;
	c->rpdev = rpdev;
	s->task = fake_run(s->f->test, send_all_the_time, s);
}

static void stop_sender(struct client *c, struct rpmsg_device *rpdev)
{
	struct storm *s = c->priv;

	WRITE_ONCE(s->stop, true);
	fake_join(s->task);
}

static void crashes_under_senders_leave_nothing_behind(struct kunit *test)
{
	struct storm *s = storm_create(test, FAKE_RECOVER);
	struct client *c = client_prepare(test, "fake1");
	unsigned int i;

	s->c = c;
	c->priv = s;
	c->on_probe = start_sender;
	c->on_remove = stop_sender;
	client_start(test, c);
	for (i = 0; i < CRASHES; i++) {
		fake_offer(s->f, 1, true);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->probes) == i + 1));
		fake_give(s->f, get_random_u32() % 100);
		if (i % 2)
			msleep(20);	/* the sender sleeps, or is on its way */
		ferry_link_crash(s->f->link, "test");
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->removes) == i + 1));
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_link_state(s->f->link) ==
						    FERRY_STATE_RUNNING));
	}
	KUNIT_EXPECT_EQ(test, s->wrong, 0);
	KUNIT_EXPECT_GE(test, s->done, CRASHES);
}

static int offer_storm(void *arg)
{
	struct storm *s = arg;
	unsigned int i;

	for (i = 0; !READ_ONCE(s->stop); i++) {
		fake_offer(s->f, get_random_u32() % NR, get_random_u32() % 3);
		if (i % 4)
			usleep_range(50, 500);
	}
	return 0;
}

static int crash_storm(void *arg)
{
	struct storm *s = arg;

	while (!READ_ONCE(s->stop)) {
		ferry_link_crash(s->f->link, "storm");
		msleep(20);
	}
	return 0;
}

static void offers_and_crashes_at_random_settle(struct kunit *test)
{
	struct storm *s = storm_create(test, FAKE_RECOVER);
	struct client *c[NR];
	struct fake_task *t[3];
	char name[16];
	unsigned int i;

	for (i = 0; i < NR; i++) {
		snprintf(name, sizeof(name), "fake%u", i);
		c[i] = client_register(test, name);
		c[i]->on_rx = echo_rx;
	}
	t[0] = fake_run(test, offer_storm, s);
	t[1] = fake_run(test, crash_storm, s);
	t[2] = fake_run(test, flood, s);
	msleep(STORM_MS);
	WRITE_ONCE(s->stop, true);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		fake_join(t[i]);
	fake_settle();
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_link_state(s->f->link) == FERRY_STATE_RUNNING));
	for (i = 0; i < NR; i++)
		fake_offer(s->f, i, false);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c[i]->removes) ==
						    READ_ONCE(c[i]->probes)));
	for (i = 0; i < NR; i++)
		fake_offer(s->f, i, true);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c[i]->bound)));
}

/* As the name service does: devices come and go as the remote's messages say. */
static void create_as_told(struct client *c, struct rpmsg_device *rpdev, u32 seq)
{
	struct rpmsg_channel_info chinfo = { .name = "told", .src = RPMSG_ADDR_ANY, .dst = 2 };
	struct storm *s = c->priv;

	if (seq % 2)
		s->wrong += rpmsg_release_channel(rpdev, &chinfo) != 0;
	else
		s->wrong += !rpmsg_create_channel(rpdev, &chinfo);
}

static void ask_in_probe(struct client *c, struct rpmsg_device *rpdev)
{
	struct storm *s = c->priv;
	unsigned int nr = READ_ONCE(c->nr);

	s->wrong += client_send(rpdev->ept, 1) != 0;
	fake_rx(s->f, 2, 4, 1);
	/* The answer comes by the thread that was told to make this device. */
	s->wrong += !FERRY_WAIT(READ_ONCE(c->nr) > nr);
}

static void devices_made_in_callbacks_may_ask_in_probe(struct kunit *test)
{
	struct storm *s = storm_create(test, 0);
	struct client *c = client_register(test, "fake1"), *told = client_prepare(test, "told");
	unsigned int i;

	c->priv = s;
	c->on_rx = create_as_told;
	told->priv = s;
	told->on_probe = ask_in_probe;
	client_start(test, told);
	fake_give(s->f, 2 * CREATES);
	fake_offer(s->f, 1, true);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(c->probes == 1));
	for (i = 0; i < CREATES; i++)
		fake_rx(s->f, 1, 4, i);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(told->removes) == CREATES / 2));
	KUNIT_EXPECT_EQ(test, told->probes, CREATES / 2);
	KUNIT_EXPECT_EQ(test, s->wrong, 0);
}

static int create_and_release(void *arg)
{
	struct rpmsg_channel_info chinfo = { .name = "made", .src = RPMSG_ADDR_ANY };
	struct storm *s = arg;

	while (!READ_ONCE(s->stop)) {
		chinfo.dst = get_random_u32() % NR;
		if (get_random_u32() % 2)
			rpmsg_create_channel(s->c->rpdev, &chinfo);
		else
			rpmsg_release_channel(s->c->rpdev, &chinfo);
		s->done++;
		usleep_range(50, 100);
	}
	return 0;
}

static void start_creator(struct client *c, struct rpmsg_device *rpdev)
{
	struct storm *s = c->priv;

	s->stop = false;
	c->rpdev = rpdev;
	s->task = fake_run(s->f->test, create_and_release, s);
}

static void creators_race_with_the_end_of_the_link(struct kunit *test)
{
	struct storm *s = storm_create(test, FAKE_RECOVER);
	struct client *c = client_prepare(test, "fake0"), *made = client_register(test, "made");
	unsigned int i;

	s->c = c;
	c->priv = s;
	c->on_probe = start_creator;
	c->on_remove = stop_sender;
	client_start(test, c);
	for (i = 0; i < CRASHES; i++) {
		fake_offer(s->f, 0, true);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->probes) == i + 1));
		usleep_range(100, 3000);
		ferry_link_crash(s->f->link, "test");
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->removes) == i + 1));
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_link_state(s->f->link) ==
						    FERRY_STATE_RUNNING));
	}
	fake_unregister(s->f);
	KUNIT_EXPECT_GT(test, s->done, 0);
	KUNIT_EXPECT_EQ(test, made->probes, made->removes);
}

static int unload_task(void *arg)
{
	return client_run(arg, "/bin/rmmod", "ferry_rpmsg");
}

static void module_goes_while_the_remote_crashes(struct kunit *test)
{
	struct storm *s = storm_create(test, FAKE_RECOVER);
	struct client *c = client_register(test, "fake1");
	struct fake_task *t[2];
	unsigned int i;

	for (i = 0; i < 5; i++) {
		client_load(test, "ferry_rpmsg");
		s->stop = false;
		fake_offer(s->f, 1, true);
		t[0] = fake_run(test, crash_storm, s);
		t[1] = fake_run(test, offer_storm, s);
		msleep(10 * i);
		KUNIT_EXPECT_EQ(test, unload_task(test), 0);
		WRITE_ONCE(s->stop, true);
		fake_join(t[0]);
		fake_join(t[1]);
		KUNIT_EXPECT_EQ(test, c->probes, c->removes);
	}
}

static int races_init(struct kunit *test)
{
	client_load(test, "ferry_rpmsg");
	return 0;
}

static struct kunit_case races_cases[] = {
	KUNIT_CASE(bind_and_unbind_while_messages_come),
	KUNIT_CASE(destroyed_endpoint_is_called_no_more),
	KUNIT_CASE(crashes_under_senders_leave_nothing_behind),
	KUNIT_CASE(offers_and_crashes_at_random_settle),
	KUNIT_CASE(devices_made_in_callbacks_may_ask_in_probe),
	KUNIT_CASE(creators_race_with_the_end_of_the_link),
	KUNIT_CASE(module_goes_while_the_remote_crashes),
	{}
};

static struct kunit_suite races_suite = {
	.name = "ferry_rpmsg_races",
	.init = races_init,
	.test_cases = races_cases,
};

kunit_test_suite(races_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: races of channels on the rpmsg bus");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
