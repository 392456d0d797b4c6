// SPDX-License-Identifier: GPL-2.0-only
/*
 * ferry fd-test: a file is bound to a channel, not to a process. Children use it, by
 * fork and by SCM_RIGHTS, and epoll tells of each message and of room, once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool.h"

#define IN_FLIGHT	64	/* fewer than the file holds: none is dropped */

static int join(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return fail("a child");
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

/* A child sends and receives, and then we do. */
static int test_fork(const struct options *o, int channel)
{
	pid_t pid = fork();

	if (!pid)
		_exit(echo_on(o, channel));
	return join(pid) || echo_on(o, channel);
}

/* A buffer is mapped here, filled by a child, and sent by us. */
static int test_shared_map(const struct options *o, int channel)
{
	struct ferry_ioc_send_buf send = { .len = 1 };
	struct ferry_ioc_recv recv = { .size = 1 };
	unsigned char byte = 0;
	struct buffer b;
	pid_t pid;
	int ret;

	if (buffer_alloc(&b, channel, 1))
		return 1;
	pid = fork();
	if (!pid) {
		buffer_begin(&b, true);
		*(unsigned char *)b.map = 'c';
		buffer_end(&b, true);
		_exit(0);
	}
	ret = join(pid);
	send.fd = b.fd;
	recv.addr = (unsigned long)&byte;
	if (!ret && (ioctl(channel, FERRY_IOC_SEND_BUF, &send) ||
		     ioctl(channel, FERRY_IOC_RECV, &recv)))
		ret = fail("%s/%s: a buffer of two processes", o->link, o->channel);
	errno = 0;
	if (!ret && byte != 'c')
		ret = fail("a child's byte is %#x", byte);
	buffer_free(&b);
	return ret;
}

/* Sends @fd over @sock, or receives one when it is -1: the file descriptor, or -1. */
static int pass(int sock, int fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} u = { .room = { 0 } };
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &u,
			      .msg_controllen = sizeof(u.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	if (fd < 0) {
		if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&msg))
			memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
		return fd;
	}
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? fd : -1;
}

/* A process that never opened it gets the file, and has the last descriptor of it. */
static int test_pass(const struct options *o)
{
	struct ferry_ioc_info info;
	int pair[2], channel, fd;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return fail("a socket");
	pid = fork();
	if (!pid) {
		close(pair[1]);
		fd = pass(pair[0], -1);
		_exit(fd < 0 ? fail("receiving a file") : echo_on(o, fd));
	}
	close(pair[0]);
	channel = channel_open(o, FERRY_OPEN_BUFFERS, &info);
	if (channel >= 0 && pass(pair[1], channel) < 0)
		fail("sending a file");
	close(channel);
	close(pair[1]);
	return join(pid);
}

/* Goes on when epoll says so, and as far as it goes. */
static int epoll_run(int channel, int ep, unsigned long count)
{
	unsigned long sent = 0, received = 0, number;
	struct epoll_event event;
	bool full;

	while (received < count) {
		full = false;
		while (!full && sent < count && sent - received < IN_FLIGHT) {
			full = write(channel, &sent, sizeof(sent)) != sizeof(sent);
			sent += !full;
		}
		if (full && errno != EAGAIN)
			return fail("message %lu", sent);
		while (read(channel, &number, sizeof(number)) == sizeof(number)) {
			if (number != received++)
				return fail("message %lu came for %lu", number, received - 1);
		}
		if (errno != EAGAIN)
			return fail("message %lu", received);
		if (!full && sent < count && sent - received < IN_FLIGHT)
			continue;	/* it was our limit that ended the sending */
		if (received < count && epoll_wait(ep, &event, 1, WAIT_MS) != 1)
			return fail("epoll after %lu messages of %lu", received, sent);
	}
	return 0;
}

static int test_epoll(const struct options *o, int channel)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int ret;

	if (ep < 0 || fcntl(channel, F_SETFL, O_NONBLOCK) ||
	    epoll_ctl(ep, EPOLL_CTL_ADD, channel, &event))
		return fail("epoll");
	ret = epoll_run(channel, ep, o->count ?: 100);
	close(ep);
	return ret;
}

int verb_fd_test(const struct options *o)
{
	struct options quiet = *o;
	struct ferry_ioc_info info;
	int channel, ret;

	quiet.quiet = true;
	ret = test_pass(&quiet);
	if (ret)
		return ret;
	channel = channel_open(o, 0, &info);
	if (channel < 0)
		return 1;
	ret = test_fork(&quiet, channel) || test_shared_map(&quiet, channel) ||
	      test_epoll(&quiet, channel);
	close(channel);
	if (!ret && !o->quiet)
		printf("%s/%s: fork, SCM_RIGHTS and epoll: ok\n", o->link, o->channel);
	return ret;
}
