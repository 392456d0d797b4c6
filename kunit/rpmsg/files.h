/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of rpmsg, as programs use them; and programs.
 */
#ifndef FERRY_KUNIT_RPMSG_FILES_H
#define FERRY_KUNIT_RPMSG_FILES_H

#include <linux/delay.h>
#include <linux/types.h>

struct device;
struct ferry_link;
struct file;
struct kunit;

#define FILES_MTU	1024	/* longest message of the calls below */

/* Runs a program of the guest, or skips the test where there is none. */
int client_run(struct kunit *test, const char *program, const char *arg);
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
 * A program asks for an endpoint on channel @number. The second opens it, too; it is closed
 * by the test's end.
 */
struct device *files_endpoint(struct kunit *test, struct ferry_link *link, u32 number);
struct file *files_open(struct kunit *test, struct ferry_link *link, u32 number, int flags);
void files_close(void *file);

/* A message of so many bytes, made of @seq as by fake_fill(); what write() returned. */
ssize_t files_send(struct file *file, u32 seq, size_t len);

/* The length of the next message if it is the one with @seq; 0 if it is another; or -errno. */
ssize_t files_recv(struct file *file, u32 seq);

/* True as soon as @cond is, within ten seconds. @cond may do something: true ends it. */
#define CLIENT_WAIT(cond) ({							\
	unsigned int tries_ = 0;						\
	bool done_;								\
										\
	while (!(done_ = (cond)) && tries_++ < 1000)				\
		msleep(10);							\
	done_;									\
})

#endif /* FERRY_KUNIT_RPMSG_FILES_H */
