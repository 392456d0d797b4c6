/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of rpmsg, as programs use them; and programs.
 */
#ifndef FERRY_KUNIT_RPMSG_FILES_H
#define FERRY_KUNIT_RPMSG_FILES_H

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/poll.h>
#include <linux/types.h>
#include <linux/wait.h>

struct device;
struct ferry_link;
struct file;
struct kunit;

#define FILES_MTU	1024	/* longest message of the calls below */

/* Runs a program of the guest, or skips the test where there is none. */
int client_run(struct kunit *test, const char *program, const char *arg);
/* Skips the test where there is no such program. */
void client_program(struct kunit *test, const char *program);
void client_load(struct kunit *test, const char *module);

/* ferry_rpmsg, and the kernel's own drivers that have files. */
void files_load(struct kunit *test);

/* The device below a child of the link, as rpmsg_ctrl0 below LINK.rpmsg_ctrl.0.0, or NULL. */
struct device *files_below(struct ferry_link *link, const char *name);

/* The rpmsg_ctrl of the link, until the test's end. */
struct device *files_ctrl(struct kunit *test, struct ferry_link *link);

/* The file of a device, once devtmpfs has it, or ERR_PTR. */
struct file *files_of(const struct device *dev, int flags);

/* An ioctl of rpmsg_ctrl. */
long files_ioctl(struct kunit *test, struct ferry_link *link, unsigned int cmd, const char *name,
		 u32 number);

/*
 * A program asks for an endpoint on channel @number. The second opens it, too, the third
 * asks by name, and the fourth opens what is below the device @name; it is closed by the
 * test's end.
 */
struct device *files_endpoint(struct kunit *test, struct ferry_link *link, u32 number);
struct file *files_open(struct kunit *test, struct ferry_link *link, u32 number, int flags);
struct file *files_open_named(struct kunit *test, struct ferry_link *link, const char *name,
			      int flags);
struct file *files_open_below(struct kunit *test, struct ferry_link *link, const char *name,
			      int flags);
void files_close(void *file);

/*
 * As an epoll instance has a file: its entries stay in the wait queues over all calls of
 * poll(), until they are taken out or told that the queue goes.
 */
struct files_epoll;

struct files_epoll_wait {
	struct files_epoll *epoll;
	wait_queue_entry_t wait;
	wait_queue_head_t *head;	/* NULL: it went */
};

struct files_epoll {
	poll_table pt;
	struct files_epoll_wait waits[4];
	unsigned int nr;
	atomic_t wakes;
};

/* What poll() says now. */
int files_epoll_add(struct files_epoll *e, struct file *file);
void files_epoll_end(void *arg);

/* A message of so many bytes, made of @seq as by fake_fill(); what write() returned. */
ssize_t files_send(struct file *file, u32 seq, size_t len);

/* The length of the next message if it is the one with @seq; 0 if it is another; or -errno. */
ssize_t files_recv(struct file *file, u32 seq);

#endif /* FERRY_KUNIT_RPMSG_FILES_H */
