// SPDX-License-Identifier: GPL-2.0-only
/*
 * ferry send, ferry recv: a file, in messages.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tool.h"

#define RECV_MIN	65536

/* As many bytes as there are, up to @size; -1 and errno. */
static ssize_t read_full(int fd, void *to, size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = read(fd, (char *)to + done, size - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		done += n;
	}
	return done;
}

static int write_full(int fd, const void *from, size_t len)
{
	const char *p = from;
	ssize_t n;

	while (len) {
		n = write(fd, p, len);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= n;
		}
	}
	return 0;
}

/* Sends the next piece of the file; 1: there is more, 0: that was all, -1. */
static int send_copy(int channel, int file, void *data, size_t size)
{
	ssize_t len = read_full(file, data, size);

	if (len <= 0)
		return len;
	return write(channel, data, len) == len ? 1 : -1;
}

static int send_buf(int channel, int file, size_t size)
{
	struct ferry_ioc_send_buf args = { 0 };
	struct buffer b;
	ssize_t len;
	int ret;

	if (buffer_alloc(&b, channel, size))
		return -1;
	buffer_begin(&b, true);
	len = read_full(file, b.map, size);
	buffer_end(&b, true);
	args.fd = b.fd;
	args.len = len;
	ret = len <= 0 ? len : ioctl(channel, FERRY_IOC_SEND_BUF, &args) ? -1 : 1;
	buffer_free(&b);
	return ret;
}

int verb_send(const struct options *o)
{
	bool is_stdin = !o->file || !strcmp(o->file, "-");
	struct ferry_ioc_info info;
	unsigned long messages = 0;
	int channel, file, ret;
	size_t size;
	void *data;

	file = is_stdin ? STDIN_FILENO : open(o->file, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return fail("%s", o->file);
	channel = channel_open(o, 0, &info);
	if (channel < 0)
		return 1;
	size = o->size ?: info.mtu;
	data = malloc(size);
	if (!data)
		return fail("%zu bytes", size);
	while ((ret = o->buf ? send_buf(channel, file, size) :
		      send_copy(channel, file, data, size)) > 0)
		messages++;
	if (ret < 0)
		fail("%s/%s: message %lu", o->link, o->channel, messages);
	else if (!o->quiet)
		fprintf(stderr, "%s/%s: %lu messages sent\n", o->link, o->channel, messages);
	free(data);
	close(channel);
	return ret < 0;
}

int verb_recv(const struct options *o)
{
	struct ferry_ioc_info info;
	unsigned long n;
	ssize_t len = 0;
	int channel = channel_open(o, 0, &info);
	size_t size;
	void *data;

	if (channel < 0)
		return 1;
	/* Longer ones may come than can be sent; on some channels nothing can be sent. */
	size = info.mtu < RECV_MIN ? RECV_MIN : info.mtu;
	data = malloc(size);
	if (!data)
		return fail("%zu bytes", size);
	for (n = 0; (!o->count || n < o->count) && len >= 0; n++) {
		len = read(channel, data, size);
		if (len > 0 && write_full(STDOUT_FILENO, data, len))
			len = -1;
	}
	if (len < 0)
		fail("%s/%s: message %lu", o->link, o->channel, n - 1);
	free(data);
	close(channel);
	return len < 0;
}
