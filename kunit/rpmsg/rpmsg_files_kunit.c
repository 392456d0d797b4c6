// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own rpmsg_ctrl, rpmsg_char and rpmsg_tty, unmodified, as programs use them:
 * by their files. On the other end of a loop is a native client.
 */
#include <kunit/test.h>
#include <linux/file.h>
#include <linux/ferry/loop.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <uapi/linux/rpmsg.h>

#include "../ferry_kunit.h"
#include "client.h"

#define MTU	FILES_MTU
#define DEPTH	4
#define NR	5
#define NR_MESSAGES	40

struct files_fixture {
	struct ferry_loop *loop;
	struct ferry_link *a;		/* ours: the files */
	struct ferry_link *b;		/* the remote */
};

static void files_destroy(void *arg)
{
	struct files_fixture *f = arg;

	if (!IS_ERR_OR_NULL(f->loop))
		ferry_loop_destroy(f->loop);
	f->loop = NULL;
}

static int suite_files_init(struct kunit *test)
{
	static const struct ferry_loop_cfg cfg = {
		.name = "files", .nr_gp = NR, .depth = DEPTH, .mtu = MTU,
	};
	struct files_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	files_load(test);
	ferry_defer(test, files_destroy, f);
	f->loop = ferry_loop_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(f->loop));
	f->a = ferry_loop_link(f->loop, 0);
	f->b = ferry_loop_link(f->loop, 1);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->a), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->b), 0);
	return 0;
}

static int recv_task(void *arg)
{
	return files_recv(arg, 0);
}

static int send_task(void *arg)
{
	return files_send(arg, 0, 4);
}

/* As poll() does. */
static int poll_task(void *arg)
{
	struct file *file = arg;
	struct poll_wqueues table;
	__poll_t mask;

	poll_initwait(&table);
	table.pt._key = EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP;
	while (!(mask = vfs_poll(file, &table.pt))) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!table.triggered)
			schedule_timeout(HZ);
		__set_current_state(TASK_RUNNING);
		table.triggered = 0;
	}
	poll_freewait(&table);
	return (__force int)mask;
}

static int poll_now(struct file *file)
{
	return (__force int)vfs_poll(file, NULL);
}

static void program_sends_and_receives(struct kunit *test)
{
	static const size_t sizes[] = { 1, 4, 100, MTU };
	struct files_fixture *f = test->priv;
	struct file *file = files_open(test, f->a, 1, 0);
	struct fake_client *c = fake_open(test, f->b, 1, 0);
	unsigned int i, n = 0;

	for (i = 0; i < NR_MESSAGES; i++) {
		size_t len = sizes[i % ARRAY_SIZE(sizes)];
		u32 seq = len < 4 ? (u8)i : i;
		u8 *msg = kmalloc(len, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, msg);
		n += files_send(file, seq, len) == len && fake_wait_rx(c, i + 1) &&
		     c->len[i % FAKE_LOG] == len && c->seq[i % FAKE_LOG] == seq;
		fake_fill(msg, len, seq + 1);
		n += !ferry_send(c->ep, msg, len) && files_recv(file, seq + 1) == len;
		kfree(msg);
	}
	KUNIT_EXPECT_EQ(test, n, 2 * NR_MESSAGES);
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	KUNIT_EXPECT_EQ(test, files_send(file, 0, MTU + 1), -EMSGSIZE);
}

static void raw_device_is_created_and_released(struct kunit *test)
{
	struct files_fixture *f = test->priv;
	struct fake_client *c = fake_open(test, f->b, 2, 0);
	struct device *dev;
	struct file *file;

	KUNIT_ASSERT_EQ(test, files_ioctl(test, f->a, RPMSG_CREATE_DEV_IOCTL, "rpmsg-raw", 2), 0);
	dev = files_below(f->a, "rpmsg-raw.-1.2");
	KUNIT_ASSERT_NOT_NULL(test, dev);
	file = files_of(dev, 0);
	put_device(dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, files_send(file, 8, 64), 64);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, fake_send(c, 9), 0);
	KUNIT_EXPECT_EQ(test, files_recv(file, 9), 4);
	KUNIT_EXPECT_EQ(test, files_ioctl(test, f->a, RPMSG_RELEASE_DEV_IOCTL, "rpmsg-raw", 2), 0);
	KUNIT_EXPECT_EQ(test, files_send(file, 8, 64), -EPIPE);
	KUNIT_EXPECT_EQ(test, files_recv(file, 9), -EPIPE);
	__fput_sync(file);
	KUNIT_EXPECT_EQ(test, files_ioctl(test, f->a, RPMSG_RELEASE_DEV_IOCTL, "rpmsg-raw", 2),
			-EINVAL);
}

static void terminal_carries_bytes(struct kunit *test)
{
	struct files_fixture *f = test->priv;
	struct fake_client *c = fake_open(test, f->b, 3, 0);
	struct file *file;

	KUNIT_ASSERT_EQ(test, files_ioctl(test, f->a, RPMSG_CREATE_DEV_IOCTL, "rpmsg-tty", 3), 0);
	FERRY_WAIT((file = filp_open("/dev/ttyRPMSG0", O_RDWR | O_NOCTTY, 0), !IS_ERR(file)));
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, files_send(file, 0x61626364, 64), 64);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, c->len[0], 64);
	KUNIT_EXPECT_EQ(test, c->bad, 0);
	KUNIT_EXPECT_EQ(test, fake_send(c, 0x65666768), 0);
	KUNIT_EXPECT_EQ(test, files_recv(file, 0x65666768), 4);
	/* The link goes under the open terminal. */
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->a), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(files_send(file, 1, 4) == -EIO));
	__fput_sync(file);
}

static void reader_is_woken_by_a_crash_and_works_again(struct kunit *test)
{
	struct files_fixture *f = test->priv;
	struct fake_client *c = fake_open(test, f->b, 1, 0);
	struct file *file = files_open(test, f->a, 1, 0);
	struct fake_task *reader = fake_run(test, recv_task, file);
	struct device *old = files_ctrl(test, f->a), *new = NULL;

	msleep(50);
	KUNIT_EXPECT_FALSE(test, fake_done(reader));
	ferry_link_crash(f->a, "test");
	KUNIT_EXPECT_EQ(test, fake_join(reader), -EPIPE);
	KUNIT_EXPECT_EQ(test, files_send(file, 1, 4), -EPIPE);
	KUNIT_EXPECT_TRUE(test, poll_now(file) & POLLERR);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->a), 0);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT((put_device(new),
					    new = files_below(f->a, "rpmsg_ctrl.0.0"),
					    new && new != old)));
	put_device(new);
	file = files_open(test, f->a, 1, 0);
	KUNIT_EXPECT_EQ(test, files_send(file, 2, 4), 4);
	KUNIT_EXPECT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, fake_send(c, 3), 0);
	KUNIT_EXPECT_EQ(test, files_recv(file, 3), 4);
}

/* The other side takes nothing, until it is told to. */
static void fill(struct kunit *test, struct file *file)
{
	unsigned int n = 0;

	while (files_send(file, n, 4) == 4 && n < 1000)
		n++;
	KUNIT_EXPECT_EQ(test, files_send(file, n, 4), -EAGAIN);
}

static void full_link_is_polled_for_room(struct kunit *test)
{
	struct files_fixture *f = test->priv;
	struct file *file = files_open(test, f->a, 1, O_NONBLOCK);
	struct fake_client *c = fake_client(test);
	struct fake_task *poller;

	/* Nobody empties the wire. */
	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->b), 0);
	KUNIT_EXPECT_EQ(test, poll_now(file), POLLOUT | POLLWRNORM);
	fill(test, file);
	KUNIT_EXPECT_EQ(test, poll_now(file), 0);
	poller = fake_run(test, poll_task, file);
	msleep(50);
	KUNIT_EXPECT_FALSE(test, fake_done(poller));
	KUNIT_ASSERT_EQ(test, fake_client_open(c, f->b, 1, 0), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->b), 0);
	KUNIT_EXPECT_TRUE(test, fake_join(poller) & POLLOUT);
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(poll_now(file) & POLLIN));
}

static void writer_and_poller_are_woken_by_a_crash(struct kunit *test)
{
	struct files_fixture *f = test->priv;
	struct file *file = files_open(test, f->a, 1, O_NONBLOCK);
	struct file *other = files_open(test, f->a, 2, 0);
	struct fake_task *writer, *poller;

	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->b), 0);
	fill(test, file);
	writer = fake_run(test, send_task, other);
	poller = fake_run(test, poll_task, file);
	msleep(50);
	KUNIT_EXPECT_FALSE(test, fake_done(writer));
	KUNIT_EXPECT_FALSE(test, fake_done(poller));
	ferry_link_crash(f->a, "test");
	KUNIT_EXPECT_EQ(test, fake_join(writer), -EPIPE);
	KUNIT_EXPECT_TRUE(test, fake_join(poller) & POLLERR);
}

static void program_stops_the_remote(struct kunit *test)
{
#ifdef RPMSG_SET_INCOMING_FLOWCONTROL
	struct files_fixture *f = test->priv;
	struct file *file = files_open(test, f->a, 1, 0);
	struct fake_client *c = fake_open(test, f->b, 1, 0);
	long (*ioctl)(struct file *file, unsigned int cmd, unsigned long arg);

	ioctl = file->f_op->unlocked_ioctl;
	KUNIT_EXPECT_EQ(test, ioctl(file, RPMSG_SET_INCOMING_FLOWCONTROL, 1), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_trysend(c, 1) == -EAGAIN));
	KUNIT_EXPECT_EQ(test, ioctl(file, RPMSG_SET_INCOMING_FLOWCONTROL, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_trysend(c, 2) == 0));
#else
	kunit_skip(test, "this kernel's rpmsg has no flow control");
#endif
}

static void program_hears_that_the_remote_says_stop(struct kunit *test)
{
#ifdef RPMSG_GET_OUTGOING_FLOWCONTROL
	struct files_fixture *f = test->priv;
	struct file *file = files_open(test, f->a, 1, O_NONBLOCK);
	struct fake_client *c = fake_open(test, f->b, 1, 0);

	KUNIT_EXPECT_FALSE(test, poll_now(file) & POLLPRI);
	KUNIT_EXPECT_EQ(test, ferry_flow(c->ep, false), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(poll_now(file) & POLLPRI));
	KUNIT_EXPECT_EQ(test, files_send(file, 1, 4), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_flow(c->ep, true), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(files_send(file, 1, 4) == 4));
#else
	kunit_skip(test, "this kernel's rpmsg has no flow control");
#endif
}

static void release_does_not_wait_for_a_writer(struct kunit *test)
{
	struct files_fixture *f = test->priv;
	struct file *file = files_open(test, f->a, 1, O_NONBLOCK), *raw;
	struct fake_task *writer;
	struct device *dev;
	unsigned long start;

	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->b), 0);
	fill(test, file);
	KUNIT_ASSERT_EQ(test, files_ioctl(test, f->a, RPMSG_CREATE_DEV_IOCTL, "rpmsg-raw", 2), 0);
	dev = files_below(f->a, "rpmsg-raw.-1.2");
	KUNIT_ASSERT_NOT_NULL(test, dev);
	raw = files_of(dev, 0);
	put_device(dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(raw));
	ferry_defer(test, files_close, raw);
	writer = fake_run(test, send_task, raw);
	msleep(50);
	KUNIT_EXPECT_FALSE(test, fake_done(writer));
	start = jiffies;
	KUNIT_EXPECT_EQ(test, files_ioctl(test, f->a, RPMSG_RELEASE_DEV_IOCTL, "rpmsg-raw", 2), 0);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), 1000U);
	KUNIT_EXPECT_EQ(test, fake_join(writer), -EPIPE);
}

static void module_is_unloaded_under_open_files(struct kunit *test)
{
	struct files_fixture *f = test->priv;
	struct file *file = files_open(test, f->a, 1, O_NONBLOCK);
	struct file *other = files_open(test, f->a, 2, 0);
	struct fake_task *reader, *poller;

	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->b), 0);
	fill(test, file);
	reader = fake_run(test, recv_task, other);
	poller = fake_run(test, poll_task, file);
	msleep(50);
	KUNIT_ASSERT_EQ(test, client_run(test, "/bin/rmmod", "ferry_rpmsg"), 0);
	KUNIT_EXPECT_EQ(test, fake_join(reader), -EPIPE);
	KUNIT_EXPECT_TRUE(test, fake_join(poller) & POLLERR);
	KUNIT_EXPECT_EQ(test, files_send(file, 1, 4), -EPIPE);
	KUNIT_EXPECT_EQ(test, files_recv(other, 1), -EPIPE);
	client_load(test, "ferry_rpmsg");
	file = files_open(test, f->a, 1, O_NONBLOCK);
	KUNIT_EXPECT_EQ(test, poll_now(file), 0);
}

static void endpoint_needs_a_channel(struct kunit *test)
{
	struct files_fixture *f = test->priv;
	struct device *dev = files_endpoint(test, f->a, NR);
	struct file *file = files_of(dev, 0);

	put_device(dev);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(file), -EINVAL);
}

static struct kunit_case files_cases[] = {
	KUNIT_CASE(program_sends_and_receives),
	KUNIT_CASE(raw_device_is_created_and_released),
	KUNIT_CASE(terminal_carries_bytes),
	KUNIT_CASE(reader_is_woken_by_a_crash_and_works_again),
	KUNIT_CASE(full_link_is_polled_for_room),
	KUNIT_CASE(writer_and_poller_are_woken_by_a_crash),
	KUNIT_CASE(program_stops_the_remote),
	KUNIT_CASE(program_hears_that_the_remote_says_stop),
	KUNIT_CASE(release_does_not_wait_for_a_writer),
	KUNIT_CASE(module_is_unloaded_under_open_files),
	KUNIT_CASE(endpoint_needs_a_channel),
	{}
};

static struct kunit_suite files_suite = {
	.name = "ferry_rpmsg_files",
	.init = suite_files_init,
	.test_cases = files_cases,
};

kunit_test_suite(files_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: tests of the kernel's own rpmsg drivers on a link");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
