// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/ferry/LINK: what a file does, over a loop. The node is that of devtmpfs.
 *
 * Structures of ioctls are given from a page of user memory, so the real copies run.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/ferry/loop.h>
#include <linux/ferry/region.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <uapi/linux/ferry.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define MTU		4096
#define NR_BUFS		4

struct chardev_fixture {
	void *mem[2];
	struct ferry_region *region[2];
	struct ferry_loop *loop;
	struct ferry_link *a;
	struct ferry_link *b;
};

static void chardev_destroy(void *arg)
{
	struct chardev_fixture *f = arg;

	if (!IS_ERR_OR_NULL(f->loop))
		ferry_loop_destroy(f->loop);
	f->loop = NULL;
}

static void chardev_free(void *arg)
{
	struct chardev_fixture *f = arg;
	unsigned int i;

	chardev_destroy(f);
	for (i = 0; i < 2; i++) {
		ferry_region_put(f->region[i]);
		kvfree(f->mem[i]);
	}
}

static int chardev_init(struct kunit *test)
{
	struct ferry_loop_cfg cfg = {
		.name = "dev", .nr_hs = 0, .nr_gp = 2, .depth = 4, .mtu = MTU,
		.buf_size = PAGE_SIZE,
	};
	struct chardev_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	ferry_defer(test, chardev_free, f);
	for (i = 0; i < 2; i++) {
		f->mem[i] = kvzalloc(NR_BUFS * PAGE_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, f->mem[i]);
		f->region[i] = ferry_region_from_memory(f->mem[i], SZ_1M * (1 + i),
							NR_BUFS * PAGE_SIZE);
		KUNIT_ASSERT_FALSE(test, IS_ERR(f->region[i]));
		cfg.region[i] = f->region[i];
	}
	f->loop = ferry_loop_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(f->loop));
	f->a = ferry_loop_link(f->loop, 0);
	f->b = ferry_loop_link(f->loop, 1);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->a), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->b), 0);
	return 0;
}

/* A file, and user memory for what is given to it. */
struct node {
	struct file *file;
	struct mm_struct *mm;
	void __user *user;
};

static void node_close(void *arg)
{
	struct node *n = arg;

	if (n->file)
		__fput_sync(n->file);
	n->file = NULL;
}

static struct node *node_open_mode(struct kunit *test, const char *name, int flags)
{
	struct node *n = kunit_kzalloc(test, sizeof(*n), GFP_KERNEL);
	struct file *file;
	char path[64];

	KUNIT_ASSERT_NOT_NULL(test, n);
	n->user = (void __user *)kunit_vm_mmap(test, NULL, 0, 2 * MTU, PROT_READ | PROT_WRITE,
					       MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL((__force void *)n->user));
	n->mm = current->mm;
	snprintf(path, sizeof(path), "/dev/ferry/%s", name);
	file = filp_open(path, flags, 0);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(file), "%s: %ld", path, PTR_ERR(file));
	n->file = file;
	ferry_defer(test, node_close, n);
	return n;
}

static struct node *node_open(struct kunit *test, const char *name, int flags)
{
	return node_open_mode(test, name, O_RDWR | flags);
}

static long node_ioctl(struct node *n, unsigned int cmd, void *arg)
{
	size_t size = _IOC_SIZE(cmd);
	long ret;

	if (copy_to_user(n->user, arg, size))
		return -EFAULT;
	ret = n->file->f_op->unlocked_ioctl(n->file, cmd, (unsigned long)n->user);
	return ret ?: copy_from_user(arg, n->user, size) ? -EFAULT : 0;
}

static ssize_t node_read(struct node *n, void *to, size_t size)
{
	ssize_t ret = n->file->f_op->read(n->file, n->user, size, NULL);

	if (ret > 0 && copy_from_user(to, n->user, ret))
		return -EFAULT;
	return ret;
}

static ssize_t node_write(struct node *n, const void *from, size_t len)
{
	if (copy_to_user(n->user, from, len))
		return -EFAULT;
	return n->file->f_op->write(n->file, n->user, len, NULL);
}

static long node_bind(struct node *n, u32 number, u32 depth, u32 flags)
{
	struct ferry_ioc_open args = { .number = number, .depth = depth, .flags = flags };

	return node_ioctl(n, FERRY_IOC_OPEN, &args);
}

/* Bound, and it has said that it is up. */
static struct node *node_up(struct kunit *test, const char *name, u32 number, u32 flags)
{
	struct node *n = node_open(test, name, 0);
	struct ferry_ioc_event event = {};

	KUNIT_ASSERT_EQ(test, node_bind(n, number, 4, flags), 0);
	KUNIT_ASSERT_EQ(test, node_ioctl(n, FERRY_IOC_EVENT, &event), 0);
	KUNIT_EXPECT_EQ(test, event.event, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, event.state, FERRY_LINK_RUNNING);
	return n;
}

static unsigned int node_poll(struct node *n)
{
	return (__force unsigned int)vfs_poll(n->file, NULL);
}

static bool node_polls(struct node *n, __poll_t mask)
{
	return FERRY_WAIT(node_poll(n) & (__force unsigned int)mask);
}

/* Who polled a file once, as epoll does, and counts how often he was woken since. */
struct edge {
	poll_table pt;
	wait_queue_entry_t wait[4];
	wait_queue_head_t *head[4];
	unsigned int nr;
	atomic_t woken;
};

static int edge_woken(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct edge *e = wait->private;

	atomic_inc(&e->woken);
	return 0;
}

static void edge_queue(struct file *file, wait_queue_head_t *head, poll_table *pt)
{
	struct edge *e = container_of(pt, struct edge, pt);
	wait_queue_entry_t *wait = &e->wait[e->nr];

	if (WARN_ON(e->nr == ARRAY_SIZE(e->wait)))
		return;
	init_waitqueue_func_entry(wait, edge_woken);
	wait->private = e;
	e->head[e->nr++] = head;
	add_wait_queue(head, wait);
}

static void edge_end(void *arg)
{
	struct edge *e = arg;

	while (e->nr--)
		remove_wait_queue(e->head[e->nr], &e->wait[e->nr]);
}

static struct edge *edge_begin(struct kunit *test, struct node *n)
{
	struct edge *e = kunit_kzalloc(test, sizeof(*e), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, e);
	init_poll_funcptr(&e->pt, edge_queue);
	vfs_poll(n->file, &e->pt);
	ferry_defer(test, edge_end, e);
	return e;
}

static bool edge_hears(struct edge *e)
{
	return FERRY_WAIT(atomic_xchg(&e->woken, 0));
}

/*
 * kunit_vm_mmap() lets the thread of a test use an mm, and nobody ends that. To be called
 * at the end of a test, in its thread.
 */
static void leave_mm(void)
{
	struct mm_struct *mm = current->mm;

	if (!mm)
		return;
	kthread_unuse_mm(mm);
	mmput(mm);
}

#define CHARDEV_TEST(name)				\
static void name##_and_leave(struct kunit *test)	\
{							\
	name(test);					\
	leave_mm();					\
}

/* A thread that reads once, or waits for an event. */
struct node_task {
	struct node *n;
	bool event;
};

static int node_task_fn(void *arg)
{
	struct node_task *t = arg;
	struct ferry_ioc_event event = {};
	u8 data[8];
	int ret;

	kthread_use_mm(t->n->mm);
	ret = t->event ? node_ioctl(t->n, FERRY_IOC_EVENT, &event) : node_read(t->n, data, 8);
	kthread_unuse_mm(t->n->mm);
	return t->event && !ret ? event.event : ret;
}

static struct fake_task *node_run(struct kunit *test, struct node *n, bool event)
{
	struct node_task *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct fake_task *task;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->n = n;
	t->event = event;
	task = fake_run(test, node_task_fn, t);
	msleep(20);	/* until it sleeps */
	return task;
}

static void binding_says_what_is_wrong(struct kunit *test)
{
	struct node *n = node_open(test, "dev-a", O_NONBLOCK);
	struct node *m = node_open(test, "dev-a", 0);
	struct ferry_ioc_open args = { .channel = "loop1", .number = FERRY_CHANNEL_ANY };
	struct ferry_ioc_info info = {};
	u8 data[8];

	KUNIT_EXPECT_EQ(test, node_read(n, data, 8), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, node_write(n, data, 8), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, node_ioctl(n, FERRY_IOC_INFO, &info), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, node_poll(n), (__force unsigned int)EPOLLERR);
	KUNIT_EXPECT_EQ(test, node_bind(n, 0, 0, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, node_bind(n, 0, FERRY_DEPTH_MAX + 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, node_bind(n, FERRY_CHANNEL_ANY, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, node_bind(n, 2, 0, 0), -ENOENT);
	memset(args.channel, 'x', sizeof(args.channel));
	KUNIT_EXPECT_EQ(test, node_ioctl(n, FERRY_IOC_OPEN, &args), -EINVAL);
	strscpy_pad(args.channel, "loop1", sizeof(args.channel));
	KUNIT_EXPECT_EQ(test, node_ioctl(n, FERRY_IOC_OPEN, &args), 0);
	KUNIT_EXPECT_EQ(test, node_bind(n, 0, 0, 0), -EISCONN);
	KUNIT_EXPECT_EQ(test, node_bind(m, 1, 0, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, node_bind(m, 0, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, node_ioctl(n, _IO(FERRY_IOC_MAGIC, 1), data), -ENOTTY);
	KUNIT_EXPECT_EQ(test, node_ioctl(n, _IOR(FERRY_IOC_MAGIC, 99, u32), data), -ENOTTY);
}

struct info_v2 {
	struct ferry_ioc_info info;
	u64 more;
};

struct open_v2 {
	struct ferry_ioc_open open;
	u64 more;
};

static void structures_may_grow(struct kunit *test)
{
	struct node *n = node_open(test, "dev-a", 0);
	struct open_v2 open = { .more = 1 };
	struct info_v2 info = { .more = ~0ULL };
	u32 less = 0;

	KUNIT_EXPECT_EQ(test, node_ioctl(n, _IOW(FERRY_IOC_MAGIC, 1, u32), &less), -EINVAL);
	KUNIT_EXPECT_EQ(test, node_ioctl(n, _IOW(FERRY_IOC_MAGIC, 1, struct open_v2), &open),
			-E2BIG);
	open.more = 0;
	KUNIT_EXPECT_EQ(test, node_ioctl(n, _IOW(FERRY_IOC_MAGIC, 1, struct open_v2), &open), 0);
	KUNIT_EXPECT_EQ(test, node_ioctl(n, _IOR(FERRY_IOC_MAGIC, 2, u32), &less), -EINVAL);
	KUNIT_EXPECT_EQ(test, node_ioctl(n, _IOR(FERRY_IOC_MAGIC, 2, struct info_v2), &info), 0);
	KUNIT_EXPECT_EQ(test, info.info.mtu, MTU);
	KUNIT_EXPECT_EQ(test, info.more, 0);
}

static void a_read_is_a_message(struct kunit *test)
{
	static const size_t sizes[] = { 0, 1, 100, MTU - 1, MTU };
	u8 *out = kunit_kzalloc(test, 2 * MTU, GFP_KERNEL), *in = out + MTU;
	struct node *a = node_up(test, "dev-a", 0, 0);
	struct node *b = node_up(test, "dev-b", 0, 0);
	struct ferry_ioc_info info = {};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, out);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		fake_fill(out, sizes[i], i);
		KUNIT_EXPECT_EQ(test, node_write(a, out, sizes[i]), sizes[i]);
		if (sizes[i])
			KUNIT_EXPECT_EQ(test, node_read(b, in, sizes[i] - 1), -EMSGSIZE);
		KUNIT_EXPECT_EQ(test, node_read(b, in, MTU), sizes[i]);
		KUNIT_EXPECT_EQ(test, memcmp(in, out, sizes[i]), 0);
	}
	KUNIT_EXPECT_EQ(test, a->file->f_op->write(a->file, a->user, MTU + 1, NULL), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, a->file->f_op->write(a->file, NULL, 8, NULL), -EFAULT);
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_INFO, &info), 0);
	KUNIT_EXPECT_EQ(test, info.mtu, MTU);
	KUNIT_EXPECT_EQ(test, info.buf_max, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, info.epoch, 1);
	KUNIT_EXPECT_EQ(test, info.state, FERRY_LINK_RUNNING);
	KUNIT_EXPECT_EQ(test, info.tx_msgs, ARRAY_SIZE(sizes));
	KUNIT_EXPECT_EQ(test, info.drops, 0);
}

static void a_bad_address_keeps_the_message(struct kunit *test)
{
	struct node *a = node_up(test, "dev-a", 0, 0);
	struct node *b = node_up(test, "dev-b", 0, 0);
	u8 data[8] = "message";

	KUNIT_ASSERT_EQ(test, node_write(a, data, 8), 8);
	KUNIT_EXPECT_EQ(test, b->file->f_op->read(b->file, NULL, 8, NULL), -EFAULT);
	KUNIT_EXPECT_EQ(test, node_read(b, data, 8), 8);
}

static void nonblocking_means_it(struct kunit *test)
{
	struct node *a = node_open(test, "dev-a", O_NONBLOCK);
	struct node *b = node_open(test, "dev-b", O_NONBLOCK);
	struct ferry_ioc_event event = {};
	unsigned int n = 0, got = 0;
	u8 data[8] = {};
	ssize_t ret;

	KUNIT_ASSERT_EQ(test, node_bind(a, 0, 4, 0), 0);
	KUNIT_ASSERT_EQ(test, node_bind(b, 0, 4, 0), 0);
	KUNIT_EXPECT_TRUE(test, node_polls(a, EPOLLPRI));
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_EVENT, &event), 0);
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_EVENT, &event), -EAGAIN);
	KUNIT_EXPECT_EQ(test, node_read(b, data, 8), -EAGAIN);
	/* The other side reads nothing: its file is full, then its endpoint, then the port. */
	while (n < 100) {
		ret = node_write(a, data, 8);
		if (ret == -EAGAIN)
			break;
		KUNIT_ASSERT_EQ(test, ret, 8);
		n++;
		msleep(20);
	}
	KUNIT_EXPECT_GE(test, n, 8);
	KUNIT_EXPECT_TRUE(test, node_polls(b, EPOLLIN));
	while (node_polls(b, EPOLLIN) && node_read(b, data, 8) == 8)
		got++;
	KUNIT_EXPECT_GE(test, got, 8);
	KUNIT_EXPECT_TRUE(test, node_polls(a, EPOLLOUT));
}

struct writer {
	struct fake_client *c;
	unsigned int nr;
};

static int writer_fn(void *arg)
{
	struct writer *w = arg;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < w->nr && !ret; i++) {
		ret = fake_send(w->c, i);
		msleep(20);
	}
	return ret;
}

/* More than the file holds, at the pace of the reader. */
static void a_full_file_loses_nothing(struct kunit *test)
{
	struct chardev_fixture *f = test->priv;
	struct writer w = { .c = fake_open(test, f->b, 1, 0), .nr = 8 };
	struct node *a = node_up(test, "dev-a", 1, 0);
	struct fake_task *t = fake_run(test, writer_fn, &w);
	unsigned int i;

	msleep(400);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	for (i = 0; i < w.nr; i++) {
		__le32 seq = 0;

		KUNIT_EXPECT_EQ(test, node_read(a, &seq, sizeof(seq)), sizeof(seq));
		KUNIT_EXPECT_EQ(test, le32_to_cpu(seq), i);
	}
}

static void poll_tells_of_each_change(struct kunit *test)
{
	struct chardev_fixture *f = test->priv;
	struct node *a = node_up(test, "dev-a", 0, 0);
	struct node *b = node_up(test, "dev-b", 0, 0);
	struct ferry_ioc_event event = {};
	u8 data[8] = {};

	KUNIT_EXPECT_EQ(test, node_poll(a), (__force unsigned int)(EPOLLOUT | EPOLLWRNORM));
	KUNIT_ASSERT_EQ(test, node_write(b, data, 8), 8);
	KUNIT_EXPECT_TRUE(test, node_polls(a, EPOLLIN));
	ferry_link_crash(f->a, "test");
	KUNIT_EXPECT_TRUE(test, node_polls(a, EPOLLERR));
	KUNIT_EXPECT_TRUE(test, node_polls(a, EPOLLPRI));
	KUNIT_EXPECT_FALSE(test, node_poll(a) & (__force unsigned int)EPOLLOUT);
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_EVENT, &event), 0);
	KUNIT_EXPECT_EQ(test, event.event, FERRY_EVENT_CRASHED);
	KUNIT_EXPECT_EQ(test, event.state, FERRY_LINK_DOWN);
	KUNIT_EXPECT_FALSE(test, node_poll(a) & (__force unsigned int)EPOLLPRI);
	/* What had come before can still be read. */
	KUNIT_EXPECT_EQ(test, node_read(a, data, 8), 8);
	KUNIT_EXPECT_EQ(test, node_read(a, data, 8), -ENOLINK);
	KUNIT_EXPECT_EQ(test, node_write(a, data, 8), -ENOLINK);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->a), 0);
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_EVENT, &event), 0);
	KUNIT_EXPECT_EQ(test, event.event, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, event.epoch, 2);
	KUNIT_EXPECT_EQ(test, node_write(a, data, 8), 8);
	KUNIT_EXPECT_EQ(test, node_read(b, data, 8), 8);
	chardev_destroy(f);
	KUNIT_EXPECT_TRUE(test, node_polls(a, EPOLLHUP));
}

static void a_channel_that_the_remote_closed_says_so(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_REMOTE);
	struct ferry_channel *ch = &f->channels[0]->ch;
	struct ferry_ioc_event event = {};
	u8 data[8] = {};
	struct node *n;

	ferry_channel_announce(ch, true);
	n = node_up(test, "fake", 0, 0);
	fake_give(f, 10);
	KUNIT_EXPECT_EQ(test, node_write(n, data, 8), 8);
	ferry_channel_announce(ch, false);
	KUNIT_EXPECT_EQ(test, node_read(n, data, 8), -EPIPE);
	KUNIT_EXPECT_EQ(test, node_write(n, data, 8), -EPIPE);
	KUNIT_EXPECT_TRUE(test, node_polls(n, EPOLLERR));
	KUNIT_EXPECT_EQ(test, node_ioctl(n, FERRY_IOC_EVENT, &event), 0);
	KUNIT_EXPECT_EQ(test, event.event, FERRY_EVENT_CLOSED);
	KUNIT_EXPECT_EQ(test, event.state, FERRY_LINK_DOWN);
	ferry_channel_announce(ch, true);
	KUNIT_EXPECT_EQ(test, node_ioctl(n, FERRY_IOC_EVENT, &event), 0);
	KUNIT_EXPECT_EQ(test, event.event, FERRY_EVENT_UP);
	KUNIT_EXPECT_EQ(test, node_write(n, data, 8), 8);
}

/* Edges are all that epoll with EPOLLET goes by: it polls when it was woken, and then only. */
static void who_polled_early_hears_of_all(struct kunit *test)
{
	struct node *a = node_open(test, "dev-a", O_NONBLOCK);
	struct node *b = node_up(test, "dev-b", 0, 0);
	struct edge *e = edge_begin(test, a);
	struct chardev_fixture *f = test->priv;
	struct ferry_ioc_event event = {};
	u8 data[8] = {};

	KUNIT_ASSERT_EQ(test, node_bind(a, 0, 4, 0), 0);
	KUNIT_EXPECT_TRUE(test, edge_hears(e));
	KUNIT_EXPECT_TRUE(test, node_polls(a, EPOLLPRI));
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_EVENT, &event), 0);
	atomic_set(&e->woken, 0);
	KUNIT_ASSERT_EQ(test, node_write(b, data, 8), 8);
	KUNIT_EXPECT_TRUE(test, edge_hears(e));
	KUNIT_EXPECT_EQ(test, node_read(a, data, 8), 8);
	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->a), 0);
	KUNIT_EXPECT_TRUE(test, edge_hears(e));
}

/* A send that did not wait is told of room, without one more poll in between. */
static void room_is_an_edge(struct kunit *test)
{
	struct node *a = node_open(test, "dev-a", O_NONBLOCK);
	struct node *lent = node_open(test, "dev-a", O_NONBLOCK);
	struct chardev_fixture *f = test->priv;
	struct ferry_ioc_alloc alloc = { .size = 1 };
	struct ferry_ioc_send_buf send = { .len = 8 };
	struct edge *e[2];
	unsigned int i;
	u8 data[8] = {};

	KUNIT_ASSERT_EQ(test, node_bind(a, 0, 4, 0), 0);
	KUNIT_ASSERT_EQ(test, node_bind(lent, 1, 4, 0), 0);
	e[0] = edge_begin(test, a);
	e[1] = edge_begin(test, lent);
	KUNIT_ASSERT_EQ(test, node_ioctl(lent, FERRY_IOC_ALLOC, &alloc), 0);
	send.fd = alloc.fd;
	/* Nobody takes anything: the port is full after so many. */
	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->b), 0);
	for (i = 0; i < 100 && node_write(a, data, 8) == 8; i++)
		;
	KUNIT_EXPECT_EQ(test, node_write(a, data, 8), -EAGAIN);
	KUNIT_EXPECT_EQ(test, node_ioctl(lent, FERRY_IOC_SEND_BUF, &send), -EAGAIN);
	msleep(20);
	atomic_set(&e[0]->woken, 0);
	atomic_set(&e[1]->woken, 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->b), 0);
	KUNIT_EXPECT_TRUE(test, edge_hears(e[0]));
	KUNIT_EXPECT_TRUE(test, edge_hears(e[1]));
	KUNIT_EXPECT_EQ(test, node_ioctl(lent, FERRY_IOC_SEND_BUF, &send), 0);
	close_fd(alloc.fd);
	flush_delayed_fput();
}

static void sleepers_wake_and_the_file_works_again(struct kunit *test)
{
	struct chardev_fixture *f = test->priv;
	struct node *a = node_up(test, "dev-a", 0, 0);
	struct node *b = node_up(test, "dev-b", 0, 0);
	struct fake_task *t[3];
	unsigned int i;
	u8 data[8] = {};

	for (i = 0; i < 3; i++)
		t[i] = node_run(test, a, i == 2);
	ferry_link_crash(f->a, "test");
	KUNIT_EXPECT_EQ(test, fake_join(t[0]), -ENOLINK);
	KUNIT_EXPECT_EQ(test, fake_join(t[1]), -ENOLINK);
	KUNIT_EXPECT_EQ(test, fake_join(t[2]), FERRY_EVENT_CRASHED);
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->a), 0);
	t[0] = node_run(test, a, false);
	KUNIT_EXPECT_EQ(test, node_write(b, data, 8), 8);
	KUNIT_EXPECT_EQ(test, fake_join(t[0]), 8);
	t[0] = node_run(test, a, false);
	fake_signal(t[0]);
	KUNIT_EXPECT_EQ(test, fake_join(t[0]), -ERESTARTSYS);
	t[0] = node_run(test, a, false);
	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->a), 0);
	KUNIT_EXPECT_EQ(test, fake_join(t[0]), -ENOLINK);
}

static void a_file_outlives_its_link(struct kunit *test)
{
	struct chardev_fixture *f = test->priv;
	struct node *a = node_up(test, "dev-a", 0, 0);
	struct fake_task *t = node_run(test, a, false);
	struct ferry_ioc_event event = {};
	struct ferry_ioc_info info = {};
	struct file *file;
	u8 data[8] = {};

	chardev_destroy(f);
	KUNIT_EXPECT_EQ(test, fake_join(t), -ENODEV);
	KUNIT_EXPECT_EQ(test, node_read(a, data, 8), -ENODEV);
	KUNIT_EXPECT_EQ(test, node_write(a, data, 8), -ENODEV);
	KUNIT_EXPECT_TRUE(test, node_polls(a, EPOLLPRI));
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_EVENT, &event), 0);
	KUNIT_EXPECT_EQ(test, event.event, FERRY_EVENT_GONE);
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_EVENT, &event), -ENODEV);
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_INFO, &info), 0);
	KUNIT_EXPECT_EQ(test, info.state, FERRY_LINK_GONE);
	file = filp_open("/dev/ferry/dev-a", O_RDWR, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(file), -ENOENT);
	node_close(a);
}

static void a_buffer_goes_there_by_its_descriptor(struct kunit *test)
{
	struct node *a = node_up(test, "dev-a", 0, FERRY_OPEN_BUFFERS);
	struct node *b = node_up(test, "dev-b", 0, FERRY_OPEN_BUFFERS);
	struct chardev_fixture *f = test->priv;
	struct ferry_ioc_alloc alloc = { .size = 1 };
	struct ferry_ioc_send_buf send = {};
	struct ferry_ioc_recv recv = {};
	unsigned int i;

	for (i = 0; i < 2 * NR_BUFS; i++) {
		alloc.size = 1;
		KUNIT_ASSERT_EQ(test, node_ioctl(a, FERRY_IOC_ALLOC, &alloc), 0);
		KUNIT_EXPECT_EQ(test, alloc.size, PAGE_SIZE);
		memset(f->mem[0], i, NR_BUFS * PAGE_SIZE);
		send.fd = alloc.fd;
		send.len = 100 + i;
		KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_SEND_BUF, &send), 0);
		KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_SEND_BUF, &send), -EBUSY);
		KUNIT_EXPECT_EQ(test, node_ioctl(b, FERRY_IOC_RECV, &recv), 0);
		KUNIT_EXPECT_EQ(test, recv.len, 100 + i);
		KUNIT_EXPECT_GE(test, recv.fd, 0);
		close_fd(recv.fd);
		close_fd(alloc.fd);
		flush_delayed_fput();
	}
}

/* Whoever had the memory before: a buffer shows nothing of him. */
static void a_new_buffer_is_zero(struct kunit *test)
{
	struct node *a = node_up(test, "dev-a", 0, 0);
	struct chardev_fixture *f = test->priv;
	struct ferry_ioc_alloc alloc = { .size = 1 };
	unsigned int i, zero = 0;

	memset(f->mem[0], 0x5a, NR_BUFS * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, node_ioctl(a, FERRY_IOC_ALLOC, &alloc), 0);
	for (i = 0; i < NR_BUFS; i++)
		zero += !memchr_inv(f->mem[0] + i * PAGE_SIZE, 0, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, zero, 1);
	close_fd(alloc.fd);
	flush_delayed_fput();
}

static void what_cannot_be_shown_is_copied(struct kunit *test)
{
	struct node *a = node_up(test, "dev-a", 0, 0);
	struct node *b = node_up(test, "dev-b", 0, FERRY_OPEN_BUFFERS);
	struct ferry_ioc_recv recv = {};
	u8 data[8] = "message";

	KUNIT_ASSERT_EQ(test, node_write(a, data, 8), 8);
	KUNIT_EXPECT_EQ(test, node_ioctl(b, FERRY_IOC_RECV, &recv), -EMSGSIZE);
	recv.addr = (unsigned long)b->user + MTU;
	recv.size = 8;
	KUNIT_EXPECT_EQ(test, node_ioctl(b, FERRY_IOC_RECV, &recv), 0);
	KUNIT_EXPECT_EQ(test, recv.fd, -1);
	KUNIT_EXPECT_EQ(test, recv.len, 8);
	KUNIT_EXPECT_EQ(test, copy_from_user(data, b->user + MTU, 8), 0);
	KUNIT_EXPECT_STREQ(test, data, "message");
}

static void buffer_calls_say_what_is_wrong(struct kunit *test)
{
	struct node *a = node_up(test, "dev-a", 0, 0);
	struct ferry_ioc_alloc alloc = { .size = PAGE_SIZE + 1 };
	struct ferry_ioc_send_buf send = { .fd = -1, .len = 1 };
	struct ferry_ioc_recv recv = { .flags = 1 };

	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_ALLOC, &alloc), -EMSGSIZE);
	alloc.size = U64_MAX;
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_ALLOC, &alloc), -EMSGSIZE);
	alloc.size = 0;
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_ALLOC, &alloc), -EINVAL);
	alloc.size = 1;
	alloc.flags = 1;
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_ALLOC, &alloc), -EINVAL);
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_SEND_BUF, &send), -EBADF);
	send.flags = 1;
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_SEND_BUF, &send), -EINVAL);
	KUNIT_EXPECT_EQ(test, node_ioctl(a, FERRY_IOC_RECV, &recv), -EINVAL);
}

/* Who may only read cannot send by another way, and the other way round. */
static void a_file_does_what_it_is_open_for(struct kunit *test)
{
	struct node *r = node_open_mode(test, "dev-a", O_RDONLY);
	struct node *w = node_open_mode(test, "dev-a", O_WRONLY);
	struct ferry_ioc_alloc alloc = { .size = 1 };
	struct ferry_ioc_send_buf send = { .fd = -1 };
	struct ferry_ioc_recv recv = {};

	KUNIT_ASSERT_EQ(test, node_bind(r, 0, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, node_bind(w, 1, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, node_ioctl(r, FERRY_IOC_ALLOC, &alloc), -EBADF);
	KUNIT_EXPECT_EQ(test, node_ioctl(r, FERRY_IOC_SEND_BUF, &send), -EBADF);
	KUNIT_EXPECT_EQ(test, node_ioctl(w, FERRY_IOC_ALLOC, &alloc), 0);
	send.fd = alloc.fd;
	KUNIT_EXPECT_EQ(test, node_ioctl(w, FERRY_IOC_SEND_BUF, &send), 0);
	w->file->f_flags |= O_NONBLOCK;
	KUNIT_EXPECT_EQ(test, node_ioctl(w, FERRY_IOC_RECV, &recv), -EBADF);
	close_fd(alloc.fd);
	flush_delayed_fput();
}

CHARDEV_TEST(a_file_does_what_it_is_open_for)
CHARDEV_TEST(binding_says_what_is_wrong)
CHARDEV_TEST(structures_may_grow)
CHARDEV_TEST(a_read_is_a_message)
CHARDEV_TEST(a_bad_address_keeps_the_message)
CHARDEV_TEST(nonblocking_means_it)
CHARDEV_TEST(a_full_file_loses_nothing)
CHARDEV_TEST(poll_tells_of_each_change)
CHARDEV_TEST(a_channel_that_the_remote_closed_says_so)
CHARDEV_TEST(who_polled_early_hears_of_all)
CHARDEV_TEST(room_is_an_edge)
CHARDEV_TEST(sleepers_wake_and_the_file_works_again)
CHARDEV_TEST(a_file_outlives_its_link)
CHARDEV_TEST(a_buffer_goes_there_by_its_descriptor)
CHARDEV_TEST(a_new_buffer_is_zero)
CHARDEV_TEST(what_cannot_be_shown_is_copied)
CHARDEV_TEST(buffer_calls_say_what_is_wrong)

static struct kunit_case chardev_cases[] = {
	KUNIT_CASE(a_file_does_what_it_is_open_for_and_leave),
	KUNIT_CASE(binding_says_what_is_wrong_and_leave),
	KUNIT_CASE(structures_may_grow_and_leave),
	KUNIT_CASE(a_read_is_a_message_and_leave),
	KUNIT_CASE(a_bad_address_keeps_the_message_and_leave),
	KUNIT_CASE(nonblocking_means_it_and_leave),
	KUNIT_CASE(a_full_file_loses_nothing_and_leave),
	KUNIT_CASE(poll_tells_of_each_change_and_leave),
	KUNIT_CASE(a_channel_that_the_remote_closed_says_so_and_leave),
	KUNIT_CASE(who_polled_early_hears_of_all_and_leave),
	KUNIT_CASE(room_is_an_edge_and_leave),
	KUNIT_CASE(sleepers_wake_and_the_file_works_again_and_leave),
	KUNIT_CASE(a_file_outlives_its_link_and_leave),
	KUNIT_CASE(a_buffer_goes_there_by_its_descriptor_and_leave),
	KUNIT_CASE(a_new_buffer_is_zero_and_leave),
	KUNIT_CASE(what_cannot_be_shown_is_copied_and_leave),
	KUNIT_CASE(buffer_calls_say_what_is_wrong_and_leave),
	{}
};

static struct kunit_suite chardev_suite = {
	.name = "ferry_chardev",
	.init = chardev_init,
	.test_cases = chardev_cases,
};

kunit_test_suite(chardev_suite);

MODULE_DESCRIPTION("Ferry: tests of the device nodes");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
