// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own rpmsg drivers over SMD and its simulated remote, by the names of
 * channels: to user space and back, over a crash and a close, and again.
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/ferry/port.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/umh.h>
#include <uapi/linux/rpmsg.h>

#include "../../drivers/sim/smd_remote.h"
#include "../ferry_kunit.h"
#include "../smd/edges.h"
#include "client.h"

#define RING		1024
#define FULL_MS		3000
#define NR_MESSAGES	100
#define NAME		"echo"
#define PROGRAM		"/bin/ferry-rpmsg-wait"

struct far {
	struct kunit *test;
	struct edges *e;
	struct ferry_link *link;
	struct ferry_sim_smd *sim;
};

static void far_destroy_sim(void *sim)
{
	ferry_sim_smd_destroy(sim);
}

static int far_channel_of(struct far *f, const char *name, u32 ring, bool words)
{
	struct ferry_sim_smd_channel cfg = {
		.name = name, .ring = ring, .words = words, .mode = FERRY_SIM_SMD_LEADER,
		.role = FERRY_SIM_SMD_ECHO,
	};
	int channel = ferry_sim_smd_channel_create(f->sim, &cfg);

	KUNIT_ASSERT_GE(f->test, channel, 0);
	return channel;
}

static int far_channel(struct far *f, const char *name, bool words)
{
	return far_channel_of(f, name, RING, words);
}

static struct far *far_create(struct kunit *test, unsigned int flags)
{
	struct far *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct ferry_sim_smd_cfg cfg = {
		.name = "kunit-rpmsg", .size = EDGES_SMEM, .edge = EDGES_EDGE,
		.host = FERRY_SIM_SMD_HOST_ANY,
	};

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->test = test;
	f->e = edges_create(test, EDGES_BY_HAND | EDGES_OFFLINE | flags);
	ferry_port_stop(f->e->to_us);
	cfg.base = f->e->mem;
	f->sim = ferry_sim_smd_create_on_ports(&cfg, f->e->to_us, f->e->at_remote);
	KUNIT_ASSERT_FALSE(test, IS_ERR(f->sim));
	ferry_defer(test, far_destroy_sim, f->sim);
	f->link = f->e->link[0];
	edges_start(f->e);
	return f;
}

static unsigned int echo(struct file *file, unsigned int nr)
{
	unsigned int i, good = 0;

	for (i = 0; i < nr; i++) {
		size_t len = 4 + 4 * (i % (RING / 8));

		good += files_send(file, i, len) == len && files_recv(file, i) == len;
	}
	return good;
}

static const bool layouts[] = { true, false };

static void layout_name(const bool *words, char *desc)
{
	strscpy(desc, *words ? "words" : "bytes", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(layout, layouts, layout_name);

static void messages_of_a_program_come_back(struct kunit *test)
{
	bool words = *(const bool *)test->param_value;
	struct far *f = far_create(test, 0);
	struct file *file;

	far_channel(f, NAME, words);
	file = files_open_named(test, f->link, NAME, 0);
	KUNIT_EXPECT_EQ(test, echo(file, NR_MESSAGES), NR_MESSAGES);
	KUNIT_EXPECT_EQ(test, files_send(file, 0, RING), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, files_send(file, 0, 5), words ? -EINVAL : 5);
}

static void endpoint_needs_a_channel(struct kunit *test)
{
	struct far *f = far_create(test, 0);
	struct device *dev = NULL;
	struct file *file;

	KUNIT_ASSERT_EQ(test, files_ioctl(test, f->link, RPMSG_CREATE_EPT_IOCTL, "nothing",
					  RPMSG_ADDR_ANY), 0);
	dev = device_find_any_child(files_ctrl(test, f->link));
	KUNIT_ASSERT_NOT_NULL(test, dev);
	file = files_of(dev, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(file), -EINVAL);
	/* When it has appeared the same file opens. */
	far_channel(f, "nothing", true);
	file = files_of(dev, 0);
	put_device(dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	ferry_defer(test, files_close, file);
	KUNIT_EXPECT_EQ(test, echo(file, 10), 10);
}

/* rpmsg_char takes a channel that is called so, nobody asks for it. */
static void a_raw_channel_is_a_file(struct kunit *test)
{
	struct far *f = far_create(test, 0);

	far_channel(f, "rpmsg-raw", false);
	KUNIT_EXPECT_EQ(test, echo(files_open_below(test, f->link, "rpmsg-raw.0.0", 0), 20), 20);
}

/* A device of rpmsg, until the test's end. */
static struct device *far_device(struct far *f, const char *suffix)
{
	struct device *link = ferry_link_dev(f->link), *dev = NULL;
	char name[96];

	snprintf(name, sizeof(name), "%s.%s", ferry_link_name(f->link), suffix);
	KUNIT_ASSERT_TRUE(f->test, FERRY_WAIT(dev = device_find_child_by_name(link, name)));
	ferry_defer(f->test, (void (*)(void *))put_device, dev);
	return dev;
}

/* As somebody who loads a driver anew does; the remote closes, and opens again for it. */
static void a_driver_is_bound_again(struct kunit *test)
{
	struct far *f = far_create(test, 0);
	struct device *dev;
	unsigned int i;

	far_channel(f, "rpmsg-raw", false);
	dev = far_device(f, "rpmsg-raw.0.0");
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, echo(files_open_below(test, f->link, "rpmsg-raw.0.0", 0), 5),
				5);
		device_release_driver(dev);
		msleep(50);
		KUNIT_EXPECT_TRUE(test, device_is_registered(dev));
		KUNIT_ASSERT_EQ(test, device_attach(dev), 1);
	}
}

/* Not device_is_bound(), which modules do not have everywhere. */
static bool far_is_bound(struct device *dev)
{
	bool bound;

	device_lock(dev);
	bound = dev->driver;
	device_unlock(dev);
	return bound;
}

static void a_terminal_echoes(struct kunit *test)
{
	struct far *f = far_create(test, 0);
	struct device *dev;
	struct file *file;

	far_channel(f, "rpmsg-tty", false);
	/* The driver in Linux has a file before that can be written to. */
	dev = far_device(f, "rpmsg-tty.0.0");
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(far_is_bound(dev)));
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT((file = filp_open("/dev/ttyRPMSG0", O_RDWR | O_NOCTTY,
							     0), !IS_ERR(file))));
	KUNIT_EXPECT_EQ(test, files_send(file, 0x61626364, 16), 16);
	KUNIT_EXPECT_EQ(test, files_recv(file, 0x61626364), 16);
	/* The edge goes under the open terminal. */
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(files_send(file, 1, 4) == -EIO));
	files_close(file);
}

static int recv_task(void *file)
{
	return files_recv(file, 0);
}

static int send_task(void *file)
{
	return files_send(file, 0, 4);
}

static int fill(struct file *file)
{
	unsigned int n = 0;
	int ret;

	while ((ret = files_send(file, n, 4)) == 4 && n < RING)
		n++;
	return ret;
}

static void crash(struct far *f)
{
	ferry_sim_smd_crash(f->sim);
	ferry_link_crash(f->link, "test");
}

/* The remote is booted, and its rpmsg_ctrl is another one than before. */
static void restart(struct far *f, struct device *old)
{
	struct device *now = NULL;

	ferry_sim_smd_restart(f->sim, false);
	KUNIT_ASSERT_TRUE(f->test, FERRY_WAIT((put_device(now),
					       now = files_below(f->link, "rpmsg_ctrl.0.0"),
					       now && now != old)));
	put_device(now);
}

static void a_reader_is_woken_by_a_crash_and_works_again(struct kunit *test)
{
	struct far *f = far_create(test, EDGES_RECOVER);
	struct fake_task *reader;
	struct device *old;
	struct file *file;
	unsigned int i;

	far_channel(f, NAME, true);
	for (i = 0; i < 3; i++) {
		file = files_open_named(test, f->link, NAME, 0);
		old = files_ctrl(test, f->link);
		KUNIT_EXPECT_EQ(test, echo(file, 10), 10);
		reader = fake_run(test, recv_task, file);
		msleep(50);
		KUNIT_EXPECT_FALSE(test, fake_done(reader));
		crash(f);
		KUNIT_EXPECT_EQ(test, fake_join(reader), -EPIPE);
		KUNIT_EXPECT_EQ(test, files_send(file, 0, 4), -EPIPE);
		KUNIT_EXPECT_TRUE(test, (__force int)vfs_poll(file, NULL) & POLLERR);
		restart(f, old);
	}
	KUNIT_EXPECT_EQ(test, echo(files_open_named(test, f->link, NAME, 0), 10), 10);
}

/* A program of the guest; in a thread, as the test goes on meanwhile. */
struct program {
	char node[32];
};

static int program_task(void *arg)
{
	struct program *p = arg;
	char program[] = PROGRAM, path[] = "PATH=/bin";
	char *args[3] = { program, p->node };
	char *env[2] = { path };

	return call_usermodehelper(program, args, env, UMH_WAIT_PROC);
}

static struct fake_task *program_run(struct far *f, const char *name)
{
	struct program *p = kunit_kzalloc(f->test, sizeof(*p), GFP_KERNEL);
	struct device *dev = NULL;

	KUNIT_ASSERT_NOT_NULL(f->test, p);
	KUNIT_ASSERT_TRUE(f->test, FERRY_WAIT(dev = files_below(f->link, name)));
	snprintf(p->node, sizeof(p->node), "/dev/%s", dev_name(dev));
	put_device(dev);
	return fake_run(f->test, program_task, p);
}

static u64 far_echoed(struct far *f, int channel)
{
	struct ferry_sim_smd_stats stats = {};

	ferry_sim_smd_stats(f->sim, channel, &stats);
	return stats.tx;
}

/* From user space: woken in epoll_wait() with an error; another one works after it. */
static void a_program_is_woken_by_a_crash_and_works_again(struct kunit *test)
{
	struct far *f = far_create(test, EDGES_RECOVER);
	int channel = far_channel(f, "rpmsg-raw", false);
	struct fake_task *program;
	struct device *old;
	unsigned int i;

	client_program(test, PROGRAM);
	for (i = 0; i < 3; i++) {
		u64 echoed = far_echoed(f, channel);

		old = files_ctrl(test, f->link);
		program = program_run(f, "rpmsg-raw.0.0");
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(far_echoed(f, channel) == echoed + 2));
		msleep(100);	/* until it sleeps */
		KUNIT_EXPECT_FALSE(test, fake_done(program));
		crash(f);
		KUNIT_EXPECT_EQ_MSG(test, fake_join(program), 0, "256 times the step that failed");
		restart(f, old);
	}
}

/* The one that is offered goes with its channel, and is another one when that comes back. */
static void a_reader_is_woken_when_the_remote_closes(struct kunit *test)
{
	struct far *f = far_create(test, 0);
	int channel = far_channel(f, "rpmsg-raw", false);
	struct file *file = files_open_below(test, f->link, "rpmsg-raw.0.0", 0);
	struct fake_task *reader;
	struct device *dev;

	KUNIT_EXPECT_EQ(test, echo(file, 5), 5);
	reader = fake_run(test, recv_task, file);
	msleep(50);
	KUNIT_ASSERT_EQ(test, ferry_sim_smd_close(f->sim, channel, false), 0);
	KUNIT_EXPECT_EQ(test, fake_join(reader), -EPIPE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT((dev = files_below(f->link, "rpmsg-raw.0.0"),
					    put_device(dev), !dev)));
	KUNIT_ASSERT_EQ(test, ferry_sim_smd_open(f->sim, channel), 0);
	KUNIT_EXPECT_EQ(test, echo(files_open_below(test, f->link, "rpmsg-raw.0.0", 0), 5), 5);
}

static void a_full_ring_is_polled_for_room(struct kunit *test)
{
	struct far *f = far_create(test, 0);
	int channel = far_channel(f, NAME, true);
	struct file *file = files_open_named(test, f->link, NAME, O_NONBLOCK);
	struct files_epoll *epoll = kunit_kzalloc(test, sizeof(*epoll), GFP_KERNEL);
	int wakes;

	KUNIT_ASSERT_NOT_NULL(test, epoll);
	KUNIT_ASSERT_EQ(test, ferry_sim_smd_set_faults(f->sim, channel,
						       FERRY_SIM_SMD_FAULT(SILENT)), 0);
	KUNIT_EXPECT_EQ(test, fill(file), -EAGAIN);
	KUNIT_EXPECT_EQ(test, files_epoll_add(epoll, file), 0);
	ferry_defer(test, files_epoll_end, epoll);
	msleep(50);
	/* One or the other may be late, but they do not go on. */
	wakes = atomic_read(&epoll->wakes);
	msleep(50);
	KUNIT_EXPECT_EQ(test, (__force int)vfs_poll(file, NULL), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&epoll->wakes), wakes);
	KUNIT_ASSERT_EQ(test, ferry_sim_smd_set_faults(f->sim, channel, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&epoll->wakes) > wakes));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT((__force int)vfs_poll(file, NULL) & POLLOUT));
}

/* A file that an epoll instance has and a full ring; and one with a writer that sleeps. */
struct waiters {
	struct file *file;
	struct files_epoll *epoll;
	struct fake_task *writer;
	struct fake_task *reader;
};

static void waiters_begin(struct far *f, struct waiters *w)
{
	struct kunit *test = f->test;
	int channel = far_channel(f, NAME, true);

	w->file = files_open_named(test, f->link, NAME, O_NONBLOCK);
	w->epoll = kunit_kzalloc(test, sizeof(*w->epoll), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, w->epoll);
	far_channel(f, "rpmsg-raw", true);
	w->reader = fake_run(test, recv_task, files_open_below(test, f->link, "rpmsg-raw.1.1", 0));
	KUNIT_ASSERT_EQ(test, ferry_sim_smd_set_faults(f->sim, channel,
						       FERRY_SIM_SMD_FAULT(SILENT)), 0);
	KUNIT_EXPECT_EQ(test, fill(w->file), -EAGAIN);
	KUNIT_EXPECT_EQ(test, files_epoll_add(w->epoll, w->file), 0);
	ferry_defer(test, files_epoll_end, w->epoll);
	KUNIT_EXPECT_EQ(test, w->epoll->nr, 2);
	msleep(50);
	KUNIT_EXPECT_FALSE(test, fake_done(w->reader));
}

/* The queue of the link went, that of the file did not. */
static void waiters_expect_gone(struct kunit *test, struct waiters *w)
{
	unsigned int i, left = 0;

	KUNIT_EXPECT_EQ(test, fake_join(w->reader), -EPIPE);
	KUNIT_EXPECT_GT(test, atomic_read(&w->epoll->wakes), 0);
	KUNIT_EXPECT_TRUE(test, (__force int)vfs_poll(w->file, NULL) & POLLERR);
	KUNIT_EXPECT_EQ(test, files_send(w->file, 1, 4), -EPIPE);
	for (i = 0; i < w->epoll->nr; i++)
		left += !!w->epoll->waits[i].head;
	KUNIT_EXPECT_EQ(test, left, 1);
}

static void epoll_survives_the_module(struct kunit *test)
{
	struct far *f = far_create(test, 0);
	struct waiters w;

	waiters_begin(f, &w);
	KUNIT_ASSERT_EQ(test, client_run(test, "/bin/rmmod", "ferry_rpmsg"), 0);
	waiters_expect_gone(test, &w);
	client_load(test, "ferry_rpmsg");
	/* Both channels are offered still. */
	files_open_below(test, f->link, "rpmsg-raw.1.1", 0);
}

static void epoll_survives_the_edge(struct kunit *test)
{
	struct far *f = far_create(test, 0);
	struct waiters w;

	waiters_begin(f, &w);
	edges_destroy_smd(f->e, 0);
	waiters_expect_gone(test, &w);
}

static void a_writer_is_woken_by_a_crash(struct kunit *test)
{
	struct far *f = far_create(test, EDGES_RECOVER);
	int channel = far_channel(f, NAME, true);
	struct file *file = files_open_named(test, f->link, NAME, 0);
	struct device *old = files_ctrl(test, f->link);
	struct fake_task *writer = NULL;
	unsigned int i, ms;

	KUNIT_ASSERT_EQ(test, ferry_sim_smd_set_faults(f->sim, channel,
						       FERRY_SIM_SMD_FAULT(SILENT)), 0);
	for (i = 0; i < RING; i++) {
		writer = fake_run(test, send_task, file);
		/* Who is not done after so long waits for room. */
		for (ms = 0; !fake_done(writer) && ms < FULL_MS; ms += 20)
			msleep(20);
		if (!fake_done(writer))
			break;
		KUNIT_ASSERT_EQ(test, fake_join(writer), 4);
	}
	KUNIT_ASSERT_LT(test, i, RING);
	crash(f);
	KUNIT_EXPECT_EQ(test, fake_join(writer), -EPIPE);
	KUNIT_ASSERT_EQ(test, ferry_sim_smd_set_faults(f->sim, channel, 0), 0);
	restart(f, old);
	KUNIT_EXPECT_EQ(test, echo(files_open_named(test, f->link, NAME, 0), 10), 10);
}

static void set_in_interrupt(struct kunit *test, const char *value)
{
	struct file *file = filp_open("/sys/module/ferry_rpmsg/parameters/in_interrupt", O_WRONLY,
				      0);
	loff_t pos = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, kernel_write(file, value, 1, &pos), 1);
	filp_close(file, NULL);
}

static void in_thread_again(void *test)
{
	set_in_interrupt(test, "N");
}

/* Where the callback of a driver ran. */
struct where {
	unsigned int thread;
	unsigned int interrupt;
};

static void where_rx(struct client *c, struct rpmsg_device *rpdev, u32 seq)
{
	struct where *w = c->priv;

	if (in_hardirq() || irqs_disabled())
		w->interrupt++;
	else
		w->thread++;
}

/* So many messages of @len bytes, one after the other, are echoed to the driver. */
static void where_echo(struct kunit *test, struct client *c, unsigned int nr, size_t len)
{
	struct where *w = c->priv;
	u8 *msg = kunit_kzalloc(test, len, GFP_KERNEL);
	unsigned int i, before;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	*w = (struct where){};
	for (i = 0; i < nr; i++) {
		before = READ_ONCE(c->nr);
		KUNIT_ASSERT_EQ(test, rpmsg_send(c->rpdev->ept, msg, len), 0);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->nr) != before));
	}
	KUNIT_EXPECT_EQ(test, w->thread + w->interrupt, nr);
}

/* The parameter, which holds for endpoints that are made while it is set. */
static void a_driver_is_called_where_it_was_asked_for(struct kunit *test)
{
	struct far *f = far_create(test, 0);
	struct where *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);
	struct client *c = client_prepare(test, NAME);

	KUNIT_ASSERT_NOT_NULL(test, w);
	c->priv = w;
	c->on_rx = where_rx;
	far_channel_of(f, NAME, 16 * RING, true);
	client_start(test, c);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->probes) == 1));
	where_echo(test, c, 10, 64);
	KUNIT_EXPECT_EQ(test, w->interrupt, 0);

	ferry_defer(test, in_thread_again, test);
	set_in_interrupt(test, "Y");
	where_echo(test, c, 10, 64);
	KUNIT_EXPECT_EQ(test, w->interrupt, 0);
	client_unregister(c);
	client_start(test, c);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->probes) == 2));
	where_echo(test, c, 10, 64);
	KUNIT_EXPECT_GT(test, w->interrupt, 0);
	/* So much is not copied with interrupts off. */
	where_echo(test, c, 3, 4100);
	KUNIT_EXPECT_EQ(test, w->interrupt, 0);
	client_unregister(c);
}

/* One driver on both sides of an edge. */
struct both {
	struct edges *e;
	struct rpmsg_device *rpdev[2];	/* scanning, allocating */
	unsigned int early;		/* bound when the other side was not */
};

static unsigned int both_side(struct both *b, struct rpmsg_device *rpdev)
{
	return rpdev->dev.parent == ferry_link_dev(b->e->link[1]);
}

static void both_probe(struct client *c, struct rpmsg_device *rpdev)
{
	struct both *b = c->priv;
	unsigned int side = both_side(b, rpdev);

	b->early += side && !b->rpdev[0];
	WRITE_ONCE(b->rpdev[side], rpdev);
}

static void both_remove(struct client *c, struct rpmsg_device *rpdev)
{
	struct both *b = c->priv;

	WRITE_ONCE(b->rpdev[both_side(b, rpdev)], NULL);
}

static bool both_talk(struct client *c, unsigned int from, u32 seq)
{
	struct both *b = c->priv;
	unsigned int nr = READ_ONCE(c->nr);

	/* The remote of the allocating side may have yet to come. */
	return FERRY_WAIT(READ_ONCE(b->rpdev[0]) && READ_ONCE(b->rpdev[1])) &&
	       FERRY_WAIT(!client_send(b->rpdev[from]->ept, seq)) &&
	       FERRY_WAIT(READ_ONCE(c->nr) == nr + 1) && c->seq[nr % CLIENT_LOG] == seq;
}

static void both_sides_have_a_device(struct kunit *test)
{
	struct both *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	struct client *c = client_prepare(test, "talk");
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, b);
	c->priv = b;
	c->on_probe = both_probe;
	c->on_remove = both_remove;
	b->e = edges_create(test, 0);
	edges_channel(b->e, "talk", RING, false, false);
	client_start(test, c);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->probes) == 2));
	KUNIT_EXPECT_EQ(test, b->early, 1);
	for (i = 0; i < 10; i++) {
		KUNIT_EXPECT_TRUE(test, both_talk(c, 1, 2 * i));
		KUNIT_EXPECT_TRUE(test, both_talk(c, 0, 2 * i + 1));
	}
	/* They go with their links, and the driver before its edge does. */
	KUNIT_ASSERT_EQ(test, ferry_link_stop(b->e->link[1]), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(c->removes) == 2));
	KUNIT_ASSERT_EQ(test, ferry_link_start(b->e->link[1]), 0);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(c->probes) == 4));
	KUNIT_EXPECT_TRUE(test, both_talk(c, 1, 100));
	KUNIT_EXPECT_TRUE(test, both_talk(c, 0, 101));
	client_unregister(c);
}

static int rpmsg_smd_init(struct kunit *test)
{
	files_load(test);
	return 0;
}

static struct kunit_case rpmsg_smd_cases[] = {
	KUNIT_CASE_PARAM(messages_of_a_program_come_back, layout_gen_params),
	KUNIT_CASE(endpoint_needs_a_channel),
	KUNIT_CASE(a_raw_channel_is_a_file),
	KUNIT_CASE(a_driver_is_bound_again),
	KUNIT_CASE(a_terminal_echoes),
	KUNIT_CASE(a_reader_is_woken_by_a_crash_and_works_again),
	KUNIT_CASE(a_program_is_woken_by_a_crash_and_works_again),
	KUNIT_CASE(a_reader_is_woken_when_the_remote_closes),
	KUNIT_CASE(a_full_ring_is_polled_for_room),
	KUNIT_CASE(epoll_survives_the_module),
	KUNIT_CASE(epoll_survives_the_edge),
	KUNIT_CASE(a_writer_is_woken_by_a_crash),
	KUNIT_CASE(a_driver_is_called_where_it_was_asked_for),
	KUNIT_CASE(both_sides_have_a_device),
	{}
};

static struct kunit_suite rpmsg_smd_suite = {
	.name = "ferry_rpmsg_smd",
	.init = rpmsg_smd_init,
	.test_cases = rpmsg_smd_cases,
};

kunit_test_suite(rpmsg_smd_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: tests of the kernel's own rpmsg drivers over SMD");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
