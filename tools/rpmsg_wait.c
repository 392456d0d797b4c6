// SPDX-License-Identifier: GPL-2.0-only
/*
 * ferry-rpmsg-wait: what a program sees of a remote that crashes. For tests; not installed.
 *
 *   ferry-rpmsg-wait /dev/rpmsgN
 *
 * Has a message echoed by the file of an endpoint. Then sends a second one, that others may
 * know, and waits in epoll_wait() until it is woken with an error: reading, writing and
 * waiting again fail then, too. The exit status is 0, or the number of the step that was
 * not as it should be.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define WAIT_MS	60000

enum step { STEP_OPEN = 1, STEP_WRITE, STEP_ECHO, STEP_WOKEN, STEP_READ, STEP_SEND, STEP_AGAIN };

static int failed(enum step step, const char *what)
{
	fprintf(stderr, "ferry-rpmsg-wait: %s: %s\n", what, strerror(errno));
	return step;
}

/* What the file is ready for, 0 after @ms. */
static unsigned int ready(int epoll, int ms)
{
	struct epoll_event event = {};

	return epoll_wait(epoll, &event, 1, ms) == 1 ? event.events : 0;
}

static int echo(int fd, int epoll)
{
	char back[16] = {};

	if (write(fd, "ping", 4) != 4)
		return failed(STEP_WRITE, "write");
	if (!(ready(epoll, WAIT_MS) & EPOLLIN) || read(fd, back, sizeof(back)) != 4 ||
	    memcmp(back, "ping", 4))
		return failed(STEP_ECHO, "echo");
	return write(fd, "wait", 4) == 4 ? 0 : failed(STEP_WRITE, "second write");
}

static int crash(int fd, int epoll)
{
	unsigned int events;
	char back[16];

	/* The second message comes back, or the crash is there before it was read. */
	while ((events = ready(epoll, WAIT_MS)) == EPOLLIN)
		if (read(fd, back, sizeof(back)) < 0 && errno != EPIPE)
			return failed(STEP_READ, "read of what came");
	if (!(events & (EPOLLERR | EPOLLHUP)))
		return failed(STEP_WOKEN, "not woken with an error");
	if (read(fd, back, sizeof(back)) >= 0 || errno != EPIPE)
		return failed(STEP_READ, "read");
	if (write(fd, "ping", 4) >= 0 || errno != EPIPE)
		return failed(STEP_SEND, "write to the dead");
	if (!(ready(epoll, 0) & (EPOLLERR | EPOLLHUP)))
		return failed(STEP_AGAIN, "the error went");
	return 0;
}

int main(int argc, char **argv)
{
	struct epoll_event in = { .events = EPOLLIN };
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_NONBLOCK) : -1;
	int epoll = epoll_create1(0);
	int ret;

	if (fd < 0 || epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &in))
		return failed(STEP_OPEN, "open");
	ret = echo(fd, epoll);
	return ret ? ret : crash(fd, epoll);
}
