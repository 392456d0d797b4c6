// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of rpmsg, as programs use them. See files.h.
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <linux/umh.h>
#include <uapi/linux/rpmsg.h>

#include "../ferry_kunit.h"
#include "client.h"

int client_run(struct kunit *test, const char *program, const char *arg)
{
	char path[] = "PATH=/bin:/sbin", home[] = "HOME=/";
	char *env[3] = { path, home };
	char *args[3] = { (char *)program, (char *)arg };
	int ret = call_usermodehelper(program, args, env, UMH_WAIT_PROC);

	if (ret == -ENOENT)
		kunit_skip(test, "no %s here", program);
	return ret;
}

FERRY_EXPORT_TEST(client_run);

void client_program(struct kunit *test, const char *program)
{
	struct file *file = filp_open(program, O_RDONLY, 0);

	if (file == ERR_PTR(-ENOENT))
		kunit_skip(test, "no %s here", program);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	filp_close(file, NULL);
}

FERRY_EXPORT_TEST(client_program);

void client_load(struct kunit *test, const char *module)
{
	KUNIT_ASSERT_EQ_MSG(test, client_run(test, "/bin/modprobe", module), 0, "%s", module);
}

FERRY_EXPORT_TEST(client_load);

void files_load(struct kunit *test)
{
	static const char * const drivers[] = {
		"rpmsg_char", "rpmsg_ctrl", "rpmsg_tty", "ferry_rpmsg",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(drivers); i++)
		client_load(test, drivers[i]);
}

FERRY_EXPORT_TEST(files_load);

struct device *files_below(struct ferry_link *link, const char *name)
{
	struct device *dev, *below;
	char full[96];

	snprintf(full, sizeof(full), "%s.%s", ferry_link_name(link), name);
	dev = device_find_child_by_name(ferry_link_dev(link), full);
	if (!dev)
		return NULL;
	below = device_find_any_child(dev);
	put_device(dev);
	return below;
}

FERRY_EXPORT_TEST(files_below);

static int keep_last(struct device *dev, void *last)
{
	*(struct device **)last = dev;
	return 0;
}

/* The endpoint that was made last, with a reference. */
static struct device *last_endpoint(struct device *ctrl)
{
	struct device *dev = NULL;

	device_for_each_child(ctrl, &dev, keep_last);
	return get_device(dev);
}

struct file *files_of(const struct device *dev, int flags)
{
	struct file *file = ERR_PTR(-ENOENT);
	char path[64];

	snprintf(path, sizeof(path), "/dev/%s", dev_name(dev));
	FERRY_WAIT((file = filp_open(path, O_RDWR | flags, 0), file != ERR_PTR(-ENOENT)));
	return file;
}

FERRY_EXPORT_TEST(files_of);

void files_close(void *arg)
{
	__fput_sync(arg);
}

FERRY_EXPORT_TEST(files_close);

struct device *files_ctrl(struct kunit *test, struct ferry_link *link)
{
	struct device *ctrl = NULL;

	FERRY_WAIT(ctrl = files_below(link, "rpmsg_ctrl.0.0"));
	KUNIT_ASSERT_NOT_NULL(test, ctrl);
	ferry_defer(test, (void (*)(void *))put_device, ctrl);
	return ctrl;
}

FERRY_EXPORT_TEST(files_ctrl);

/* kunit_vm_mmap() gives the thread of a test an mm, and nobody ends that. */
static void leave_mm(void)
{
	struct mm_struct *mm = current->mm;

	kthread_unuse_mm(mm);
	mmput(mm);
}

long files_ioctl(struct kunit *test, struct ferry_link *link, unsigned int cmd, const char *name,
		 u32 number)
{
	struct rpmsg_endpoint_info info = { .src = RPMSG_ADDR_ANY, .dst = number };
	struct file *file = files_of(files_ctrl(test, link), 0);
	void __user *user;
	long ret;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	if (current->mm)
		kunit_skip(test, "this thread has a program's memory");
	user = (void __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					    MAP_ANONYMOUS | MAP_PRIVATE, 0);
	strscpy(info.name, name, sizeof(info.name));
	ret = copy_to_user(user, &info, sizeof(info)) ? -EFAULT :
	      file->f_op->unlocked_ioctl(file, cmd, (unsigned long)user);
	leave_mm();
	__fput_sync(file);
	return ret;
}

FERRY_EXPORT_TEST(files_ioctl);

static struct device *endpoint_make(struct kunit *test, struct ferry_link *link, const char *name,
				    u32 number)
{
	struct device *dev;

	KUNIT_ASSERT_EQ(test, files_ioctl(test, link, RPMSG_CREATE_EPT_IOCTL, name, number), 0);
	dev = last_endpoint(files_ctrl(test, link));
	KUNIT_ASSERT_NOT_NULL(test, dev);
	return dev;
}

struct device *files_endpoint(struct kunit *test, struct ferry_link *link, u32 number)
{
	return endpoint_make(test, link, "test", number);
}

FERRY_EXPORT_TEST(files_endpoint);

/* Lets go of the device. */
static struct file *open_device(struct kunit *test, struct device *dev, int flags)
{
	struct file *file = files_of(dev, flags);

	put_device(dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	ferry_defer(test, files_close, file);
	return file;
}

struct file *files_open(struct kunit *test, struct ferry_link *link, u32 number, int flags)
{
	return open_device(test, files_endpoint(test, link, number), flags);
}

FERRY_EXPORT_TEST(files_open);

struct file *files_open_named(struct kunit *test, struct ferry_link *link, const char *name,
			      int flags)
{
	return open_device(test, endpoint_make(test, link, name, RPMSG_ADDR_ANY), flags);
}

FERRY_EXPORT_TEST(files_open_named);

struct file *files_open_below(struct kunit *test, struct ferry_link *link, const char *name,
			      int flags)
{
	struct device *dev = NULL;

	FERRY_WAIT(dev = files_below(link, name));
	KUNIT_ASSERT_NOT_NULL(test, dev);
	return open_device(test, dev, flags);
}

FERRY_EXPORT_TEST(files_open_below);

/* Woken by who lets go of the queue, too: then the queue is not touched any more. */
static int epoll_wake(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct files_epoll_wait *w = container_of(wait, struct files_epoll_wait, wait);

	atomic_inc(&w->epoll->wakes);
	if (key_to_poll(key) & POLLFREE) {
		list_del_init(&wait->entry);
		/* The last touch: from now on nobody waits for us. */
		smp_store_release(&w->head, NULL);
	}
	return 1;
}

static void epoll_queue(struct file *file, wait_queue_head_t *head, poll_table *pt)
{
	struct files_epoll *e = container_of(pt, struct files_epoll, pt);
	struct files_epoll_wait *w;

	if (!head || e->nr == ARRAY_SIZE(e->waits))
		return;
	w = &e->waits[e->nr++];
	w->epoll = e;
	w->head = head;
	init_waitqueue_func_entry(&w->wait, epoll_wake);
	add_wait_queue(head, &w->wait);
}

int files_epoll_add(struct files_epoll *e, struct file *file)
{
	memset(e, 0, sizeof(*e));
	init_poll_funcptr(&e->pt, epoll_queue);
	e->pt._key = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLERR | EPOLLHUP;
	return (__force int)vfs_poll(file, &e->pt);
}

FERRY_EXPORT_TEST(files_epoll_add);

void files_epoll_end(void *arg)
{
	struct files_epoll *e = arg;
	unsigned int i;

	for (i = 0; i < e->nr; i++) {
		wait_queue_head_t *head;

		rcu_read_lock();	/* the head may go a grace period later */
		/* Pairs with the release in epoll_wake(). */
		head = smp_load_acquire(&e->waits[i].head);
		if (head)
			remove_wait_queue(head, &e->waits[i].wait);
		rcu_read_unlock();
	}
	e->nr = 0;
}

FERRY_EXPORT_TEST(files_epoll_end);

ssize_t files_send(struct file *file, u32 seq, size_t len)
{
	u8 *msg = kmalloc(len, GFP_KERNEL);
	loff_t pos = 0;
	ssize_t n;

	if (!msg)
		return -ENOMEM;
	fake_fill(msg, len, seq);
	n = kernel_write(file, msg, len, &pos);
	kfree(msg);
	return n;
}

FERRY_EXPORT_TEST(files_send);

ssize_t files_recv(struct file *file, u32 seq)
{
	u8 *msg = kzalloc(2 * FILES_MTU, GFP_KERNEL), *want = msg + FILES_MTU;
	loff_t pos = 0;
	ssize_t n;

	if (!msg)
		return -ENOMEM;
	n = kernel_read(file, msg, FILES_MTU, &pos);
	if (n > 0) {
		fake_fill(want, n, seq);
		n = memcmp(msg, want, n) ? 0 : n;
	}
	kfree(msg);
	return n;
}

FERRY_EXPORT_TEST(files_recv);
