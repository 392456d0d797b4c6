// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recovery: a link that crashed runs again, with the same endpoints, whatever fails on
 * the way; and who is told what.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/loop.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/netlink.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define LONG_MS		10000
#define NR_CYCLES	1000
#define STORM_MAX	(15 * HZ)	/* a slow machine does fewer */
#define NR_SENDERS	4
#define UEVENT_MAX	2048

static bool wait_state(struct ferry_link *link, enum ferry_state state)
{
	return FERRY_WAIT(ferry_link_state(link) == state);
}

static void crash_it(struct fake *f)
{
	ferry_link_crash(f->link, "test");
}

static void crash_in_irq(void *arg)
{
	crash_it(arg);
}

static void crash_once(struct fake *f)
{
	f->on_start = NULL;
	f->on_stop = NULL;
	crash_it(f);
}

static void crash_once_and_wait(struct fake *f)
{
	crash_once(f);
	fake_settle();
}

static void same_endpoints_work_again(struct kunit *test)
{
	struct fake *f = fake_create(test, 1, 1, FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *d = fake_open(test, f->link, 1, FERRY_EP_ATOMIC);
	struct fake_sender *s[3];
	unsigned int i;

	fake_settle();
	s[0] = fake_sender(test, c, 1, 4, LONG_MS);
	s[1] = fake_sender(test, c, 2, 4, LONG_MS);
	s[2] = fake_sender(test, d, 3, 4, LONG_MS);
	KUNIT_EXPECT_EQ(test, fake_trysend(d, 4), -EAGAIN);
	fake_in_irq(test, crash_in_irq, f);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, fake_join(s[i]->task), -ENOLINK);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 2);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, f->stops, 0);
	KUNIT_EXPECT_EQ(test, f->starts, 2);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, 2);
	KUNIT_EXPECT_EQ(test, f->channels[0]->closes, 1);
	KUNIT_EXPECT_EQ_MSG(test, d->tx_ready, 1, "its promise was kept when it crashed");
	fake_give(f, 4);
	KUNIT_EXPECT_EQ(test, fake_trysend(d, 4), 0);
	KUNIT_EXPECT_EQ(test, fake_send(c, 5), 0);
	fake_rx(f, 0, 4, 8);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
	FAKE_EXPECT_EVENTS(test, d, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
}

static void disabled_leaves_it_crashed(struct kunit *test)
{
	static const char recovery[] = "/sys/class/ferry/fake/recovery";
	struct fake *f = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	char buf[64];

	if (fake_file_read(recovery, buf, sizeof(buf)) == -ENOENT)
		kunit_skip(test, "no sysfs here");
	KUNIT_EXPECT_STREQ(test, buf, "disabled\n");
	fake_settle();
	crash_it(f);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, fake_file_write(recovery, "recover\n"), 8);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ_MSG(test, fake_file_write(recovery, "recover\n"), 8, "nothing to do");
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 2);
	fake_file_read(recovery, buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "disabled\n");
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	KUNIT_EXPECT_EQ_MSG(test, fake_file_write(recovery, "enabled\n"), 8, "and recovers");
	FAKE_EXPECT_STATE(test, f, RUNNING);
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(f->link), 4);
	KUNIT_EXPECT_EQ(test, fake_file_write(recovery, "disabled"), 8);
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	KUNIT_EXPECT_EQ(test, fake_file_write(recovery, "perhaps"), -EINVAL);
}

/* All of a pool is lent, and comes back when the remote was stopped, not before. */
static struct ferry_pool *lent_pool(struct kunit *test, struct fake *f)
{
	const struct ferry_pool_cfg cfg = { .size = 128, .buf_size = 64, .align = 64 };
	u8 *mem = kunit_kzalloc(test, 4096, GFP_KERNEL);
	struct ferry_region *region;
	struct ferry_pool *pool;
	struct ferry_buf *buf;

	KUNIT_ASSERT_NOT_NULL(test, mem);
	region = ferry_region_from_memory(mem, 0x1000, 4096);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	pool = ferry_pool_create(region, &cfg);
	ferry_region_put(region);
	KUNIT_ASSERT_FALSE(test, IS_ERR(pool));
	ferry_link_add_pool(f->link, pool, "test");
	while ((buf = ferry_pool_alloc(pool, 0))) {
		ferry_buf_lend(buf);
		ferry_buf_put(buf);
	}
	return pool;
}

static void failed_stop_keeps_what_was_lent(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct ferry_pool *pool = lent_pool(test, f);
	struct ferry_buf *buf;

	fake_settle();
	f->stop_ret = -EIO;
	crash_it(f);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	KUNIT_EXPECT_EQ(test, f->channels[0]->closes, 0);
	KUNIT_EXPECT_PTR_EQ(test, ferry_pool_alloc(pool, 0), NULL);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_link_restart(f->link), -EIO);
	KUNIT_EXPECT_EQ(test, fake_file_write("/sys/class/ferry/fake/recovery", "recover"), -EIO);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 5);
	KUNIT_EXPECT_EQ(test, f->starts, 1);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	KUNIT_EXPECT_PTR_EQ(test, ferry_pool_alloc(pool, 0), NULL);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED);

	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ(test, f->channels[0]->closes, 1);
	buf = ferry_pool_alloc(pool, 0);
	KUNIT_EXPECT_NOT_NULL(test, buf);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
	ferry_pool_destroy(pool);
}

/* The driver is unbound while the remote cannot be stopped, and bound again. */
static void next_link_stops_what_was_left(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct ferry_pool *pool = lent_pool(test, f);
	char buf[64];

	f->stop_ret = -EIO;
	fake_unregister(f);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	ferry_pool_destroy(pool);

	f = fake_create(test, 0, 1, FAKE_OFFLINE | FAKE_RECOVER);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	fake_file_read("/sys/class/ferry/fake/crash_reason", buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "the remote was not stopped before\n");
	f->stop_ret = -EIO;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), -EIO);
	KUNIT_EXPECT_EQ(test, f->starts, 0);
	FAKE_EXPECT_STATE(test, f, CRASHED);
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 2);
	fake_unregister(f);

	f = fake_create(test, 0, 1, FAKE_OFFLINE);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
}

static void stopping_takes_back_what_was_lent(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct ferry_pool *pool = lent_pool(test, f);
	struct ferry_buf *buf;

	KUNIT_EXPECT_PTR_EQ(test, ferry_pool_alloc(pool, 0), NULL);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	buf = ferry_pool_alloc(pool, 0);
	KUNIT_EXPECT_NOT_NULL(test, buf);
	ferry_buf_put(buf);
	ferry_pool_destroy(pool);
}

static void failed_start_is_not_tried_again(struct kunit *test)
{
	static const char recovery[] = "/sys/class/ferry/fake/recovery";
	struct fake *f = fake_create(test, 0, 2, FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i;

	fake_open(test, f->link, 1, 0);
	fake_settle();
	for (i = 1; i <= 2; i++) {
		if (i == 1)
			f->start_ret = -EIO;
		else
			f->channels[1]->open_ret = -EPROTO;
		crash_it(f);
		fake_settle();
		FAKE_EXPECT_STATE(test, f, CRASHED);
		KUNIT_EXPECT_EQ_MSG(test, f->starts, 2 * i, "once");
		KUNIT_EXPECT_EQ_MSG(test, f->crashed_stops, 2 * i, "and stopped at once");
		KUNIT_EXPECT_EQ(test, f->stops, 0);
		KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENOLINK);
		KUNIT_EXPECT_LT(test, fake_file_write(recovery, "recover"), 0);
		FAKE_EXPECT_STATE(test, f, CRASHED);
		f->start_ret = 0;
		f->channels[1]->open_ret = 0;
		f->crashed_stops--;	/* that of the recovery by hand */
		f->starts--;
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		FAKE_EXPECT_STATE(test, f, RUNNING);
		fake_settle();
	}
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP,
			   FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, f->channels[0]->opens, f->channels[0]->closes + 1);
}

static void crash_in_recovery_ends_it(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	unsigned int i;

	fake_settle();
	for (i = 0; i < 2; i++) {
		f->on_start = i ? crash_once_and_wait : crash_once;
		crash_it(f);
		fake_settle();
		fake_settle();
		FAKE_EXPECT_STATE(test, f, CRASHED);
		KUNIT_EXPECT_EQ(test, f->starts, 2 + 2 * i);
		KUNIT_EXPECT_EQ(test, f->crashed_stops, 2 + 2 * i);
		KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENOLINK);
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
		fake_settle();
	}
	FAKE_EXPECT_STATE(test, f, RUNNING);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), 0);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP,
			   FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
}

static void crash_while_it_is_stopped_is_the_same(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_RECOVER);
	struct fake_client *c = fake_open(test, f->link, 0, 0);

	fake_settle();
	f->on_stop = crash_once_and_wait;
	crash_it(f);
	fake_settle();
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, f->starts, 2);
}

static void crash_in_event(struct fake_client *c, enum ferry_event event)
{
	struct fake *f = c->priv;

	if (f->starts <= 5 && (event == FERRY_EVENT_UP || event == FERRY_EVENT_CRASHED))
		crash_it(f);
	if (event == FERRY_EVENT_CRASHED)
		KUNIT_EXPECT_EQ_MSG(f->test, ferry_link_state(f->link), FERRY_STATE_CRASHED,
				    "told before it is started again");
}

/* A remote that crashes as soon as it is up. */
static void crash_at_each_start(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_RECOVER | FAKE_OFFLINE);
	struct fake_client *c = fake_client(test);

	c->priv = f;
	c->on_event = crash_in_event;
	KUNIT_ASSERT_EQ(test, fake_client_open(c, f->link, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	fake_settle();
	fake_settle();
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->starts, 6);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 5);
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP,
			   FERRY_EVENT_CRASHED, FERRY_EVENT_UP, FERRY_EVENT_CRASHED, FERRY_EVENT_UP,
			   FERRY_EVENT_CRASHED, FERRY_EVENT_UP, FERRY_EVENT_CRASHED,
			   FERRY_EVENT_UP);
}

static void slow_stop(struct fake *f)
{
	f->on_stop = NULL;
	fake_settle();
}

static int stop_link(void *arg)
{
	struct fake *f = arg;

	return ferry_link_stop(f->link);
}

/* The user stops it while the work of the link is at it: what is last wins. */
static void user_stops_what_recovers(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_RECOVER);
	struct fake_task *t;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (i)
			f->on_start = slow_stop;
		else
			f->on_stop = slow_stop;
		crash_it(f);
		msleep(20);
		t = fake_run(test, stop_link, f);
		KUNIT_EXPECT_EQ(test, fake_join(t), 0);
		fake_settle();
		f->on_start = NULL;
		if (ferry_link_state(f->link) != FERRY_STATE_OFFLINE)
			FAKE_EXPECT_STATE(test, f, RUNNING);
		KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
		fake_settle();
		FAKE_EXPECT_STATE(test, f, OFFLINE);
		KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	}
}

static void unregister_while_it_recovers(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 6; i++) {
		struct fake *f = fake_create(test, 0, 1, FAKE_RECOVER);
		struct fake_client *c = fake_open(test, f->link, 0, 0);
		struct fake_sender *s = fake_sender(test, c, 1, 4, LONG_MS);

		if (i == 2)
			f->on_stop = slow_stop;
		if (i == 3)
			f->on_start = slow_stop;
		if (i == 4)
			f->stop_ret = -EIO;
		if (i == 5)
			f->start_ret = -EIO;
		crash_it(f);
		if (i)
			msleep(20);
		fake_unregister(f);
		KUNIT_EXPECT_LT(test, fake_join(s->task), 0);
		KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -ENODEV);
		KUNIT_EXPECT_EQ(test, ferry_link_state(f->link),
				i == 4 ? FERRY_STATE_CRASHED : FERRY_STATE_OFFLINE);
		fake_close(c);
	}
}

static void restart_stops_and_starts(struct kunit *test)
{
	static const char state[] = "/sys/class/ferry/fake/state";
	struct fake *f = fake_create(test, 0, 1, FAKE_OFFLINE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	char buf[64];

	KUNIT_EXPECT_EQ(test, ferry_link_restart(f->link), 0);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->stops, 0);
	fake_settle();
	if (fake_file_write(state, "restart\n") == -ENOENT)
		kunit_skip(test, "no sysfs here");
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, f->stops, 1);
	KUNIT_EXPECT_EQ(test, f->starts, 2);
	KUNIT_EXPECT_EQ(test, fake_file_write(state, "crash\n"), 6);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	fake_file_read("/sys/class/ferry/fake/crashes", buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "1\n");
	fake_file_read("/sys/class/ferry/fake/crash_reason", buf, sizeof(buf));
	KUNIT_EXPECT_STREQ(test, buf, "crashed by the user\n");
	KUNIT_EXPECT_EQ(test, fake_file_write(state, "stop\n"), 5);
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	KUNIT_EXPECT_EQ_MSG(test, fake_file_write(state, "crash\n"), 6, "harmless");
	FAKE_EXPECT_STATE(test, f, OFFLINE);
	f->stop_ret = -EIO;
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, fake_file_write(state, "restart\n"), -EIO);
	fake_settle();
	FAKE_EXPECT_STATE(test, f, CRASHED);
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, fake_file_write(state, "restart\n"), 8);
	FAKE_EXPECT_STATE(test, f, RUNNING);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EAGAIN);
}

#ifdef CONFIG_NET
static void close_socket(void *arg)
{
	sock_release(arg);
}

/* The next uevent of @link whose FERRY_STATE is @state holds "@key=@value". */
static bool uevent_says(struct socket *sock, const char *state, const char *expect)
{
	char *buf = kzalloc(UEVENT_MAX, GFP_KERNEL);
	bool found = false;
	int n, i;

	if (!buf)
		return false;
	for (;;) {
		struct kvec vec = { .iov_base = buf, .iov_len = UEVENT_MAX - 1 };
		struct msghdr msg = { .msg_flags = MSG_DONTWAIT };
		bool ours = false;

		n = kernel_recvmsg(sock, &msg, &vec, 1, vec.iov_len, MSG_DONTWAIT);
		if (n <= 0)
			break;
		for (i = 0; i < n; i += strlen(buf + i) + 1) {
			ours |= !strcmp(buf + i, state);
			found |= !strcmp(buf + i, expect);
		}
		if (ours)
			break;
		found = false;
	}
	kfree(buf);
	return n > 0 && found;
}

static void user_space_is_told(struct kunit *test)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	struct fake *f = fake_create(test, 0, 1, FAKE_RECOVER);
	struct socket *sock;

	if (sock_create_kern(&init_net, AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT, &sock))
		kunit_skip(test, "no netlink here");
	ferry_defer(test, close_socket, sock);
	KUNIT_ASSERT_EQ(test, kernel_bind(sock, (void *)&addr, sizeof(addr)), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_TRUE(test, uevent_says(sock, "FERRY_STATE=offline", "FERRY_EPOCH=1"));
	KUNIT_EXPECT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_TRUE(test, uevent_says(sock, "FERRY_STATE=running", "FERRY_EPOCH=2"));
	crash_it(f);
	fake_settle();
	KUNIT_EXPECT_TRUE(test, uevent_says(sock, "FERRY_STATE=crashed", "FERRY_REASON=test"));
	KUNIT_EXPECT_TRUE(test, uevent_says(sock, "FERRY_STATE=running", "FERRY_EPOCH=3"));
	f->stop_ret = -EIO;
	crash_it(f);
	fake_settle();
	KUNIT_EXPECT_TRUE(test, uevent_says(sock, "FERRY_STATE=crashed", "FERRY_EPOCH=3"));
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), -EIO);
	KUNIT_EXPECT_FALSE_MSG(test, uevent_says(sock, "FERRY_STATE=crashed", "FERRY_EPOCH=3"),
			       "once");
	f->stop_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_TRUE(test, uevent_says(sock, "FERRY_STATE=offline", "FERRY_EPOCH=3"));
}
#else
static void user_space_is_told(struct kunit *test)
{
	kunit_skip(test, "no netlink here");
}
#endif

struct storm {
	struct fake_client *c;
	unsigned int sent;
	unsigned int failed;
	bool stop;
	int error;
};

static int storm_send(void *arg)
{
	struct storm *s = arg;
	u8 msg[64];
	int ret;

	while (!READ_ONCE(s->stop)) {
		fake_fill(msg, sizeof(msg), s->sent);
		ret = ferry_send_timeout(s->c->ep, msg, sizeof(msg), LONG_MS);
		if (!ret) {
			s->sent++;
		} else if (ret == -ENOLINK) {
			s->failed++;
			usleep_range(10, 50);
		} else {
			s->error = ret;
			break;
		}
		cond_resched();
	}
	return 0;
}

static void storm_loop_destroy(void *arg)
{
	ferry_loop_destroy(arg);
}

/* Crash and recovery again and again, under load: in the end all works as before. */
static void crash_storm(struct kunit *test)
{
	static const struct ferry_loop_cfg cfg = {
		.name = "storm", .nr_hs = 2, .nr_gp = 2, .depth = 8, .mtu = 256,
	};
	struct storm *s = kunit_kcalloc(test, NR_SENDERS, sizeof(*s), GFP_KERNEL);
	struct fake_client *rx[NR_SENDERS];
	struct fake_task *task[NR_SENDERS];
	struct ferry_link *link[2];
	unsigned long end = jiffies + STORM_MAX;
	struct ferry_loop *loop;
	unsigned int i, n, cycles;
	char buf[64], line[16];

	KUNIT_ASSERT_NOT_NULL(test, s);
	loop = ferry_loop_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(loop));
	ferry_defer(test, storm_loop_destroy, loop);
	for (i = 0; i < 2; i++) {
		link[i] = ferry_loop_link(loop, i);
		KUNIT_ASSERT_EQ(test, ferry_link_start(link[i]), 0);
	}
	if (fake_file_write("/sys/class/ferry/storm-a/recovery", "enabled") < 0)
		kunit_skip(test, "no sysfs here");
	for (i = 0; i < NR_SENDERS; i++) {
		rx[i] = fake_open(test, link[1], i, i == 1 ? FERRY_EP_ATOMIC : 0);
		s[i].c = fake_open(test, link[0], i, 0);
		task[i] = fake_run(test, storm_send, &s[i]);
	}
	for (n = 0; n < NR_CYCLES && time_before(jiffies, end); n++) {
		ferry_link_crash(link[0], "storm");
		if (!wait_state(link[0], FERRY_STATE_RUNNING))
			break;
		if (n % 7 == 0)
			usleep_range(10, 500);
	}
	cycles = n;
	kunit_info(test, "%u crashes\n", cycles);
	for (i = 0; i < NR_SENDERS; i++)
		WRITE_ONCE(s[i].stop, true);
	for (i = 0; i < NR_SENDERS; i++) {
		KUNIT_EXPECT_EQ(test, fake_join(task[i]), 0);
		KUNIT_EXPECT_EQ(test, s[i].error, 0);
	}
	fake_settle();
	KUNIT_EXPECT_GT(test, cycles, 10);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(link[0]), cycles + 1);
	KUNIT_EXPECT_EQ(test, ferry_link_state(link[0]), FERRY_STATE_RUNNING);
	fake_file_read("/sys/class/ferry/storm-a/crashes", buf, sizeof(buf));
	snprintf(line, sizeof(line), "%u\n", cycles);
	KUNIT_EXPECT_STREQ(test, buf, line);
	for (i = 0; i < NR_SENDERS; i++) {
		n = READ_ONCE(rx[i]->nr);
		KUNIT_EXPECT_EQ(test, fake_send(s[i].c, 77), 0);
		KUNIT_EXPECT_TRUE(test, fake_wait_rx(rx[i], n + 1));
		KUNIT_EXPECT_EQ(test, rx[i]->bad, 0);
	}
}

static struct kunit_case recovery_cases[] = {
	KUNIT_CASE(same_endpoints_work_again),
	KUNIT_CASE(disabled_leaves_it_crashed),
	KUNIT_CASE(failed_stop_keeps_what_was_lent),
	KUNIT_CASE(next_link_stops_what_was_left),
	KUNIT_CASE(stopping_takes_back_what_was_lent),
	KUNIT_CASE(failed_start_is_not_tried_again),
	KUNIT_CASE(crash_in_recovery_ends_it),
	KUNIT_CASE(crash_while_it_is_stopped_is_the_same),
	KUNIT_CASE(crash_at_each_start),
	KUNIT_CASE(user_stops_what_recovers),
	KUNIT_CASE(unregister_while_it_recovers),
	KUNIT_CASE(restart_stops_and_starts),
	KUNIT_CASE(user_space_is_told),
	KUNIT_CASE(crash_storm),
	{}
};

static struct kunit_suite recovery_suite = {
	.name = "ferry_recovery",
	.test_cases = recovery_cases,
};

kunit_test_suite(recovery_suite);

MODULE_DESCRIPTION("Ferry: tests of recovery");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
