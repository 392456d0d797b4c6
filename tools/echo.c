// SPDX-License-Identifier: GPL-2.0-only
/*
 * ferry echo-test: sends messages to a channel that the remote echoes, one at a time,
 * and compares what comes back, byte by byte.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tool.h"

struct echo {
	const struct options *o;
	int channel;
	size_t size;
	unsigned char *data;	/* what is copied */
	unsigned long number;	/* of the message */
	unsigned long shown;	/* echoes that were not copied */
};

static unsigned char echo_byte(unsigned long number, size_t i)
{
	return number * 31 + i * 7 + (i >> 8);
}

static void echo_fill(const struct echo *e, unsigned char *to)
{
	size_t i;

	for (i = 0; i < e->size; i++)
		to[i] = echo_byte(e->number, i);
}

static int echo_compare(const struct echo *e, const unsigned char *from, size_t len)
{
	size_t i;

	errno = 0;
	if (len != e->size)
		return fail("message %lu: %zu bytes came back, expected %zu", e->number, len,
			    e->size);
	for (i = 0; i < len; i++)
		if (from[i] != echo_byte(e->number, i))
			return fail("message %lu: byte %zu is %#x, expected %#x", e->number, i,
				    from[i], echo_byte(e->number, i));
	return 0;
}

static int echo_send_copy(struct echo *e)
{
	echo_fill(e, e->data);
	if (write(e->channel, e->data, e->size) != (ssize_t)e->size)
		return fail("message %lu", e->number);
	return 0;
}

static int echo_send_buf(struct echo *e, struct buffer *b)
{
	struct ferry_ioc_send_buf args = { .len = e->size };

	if (e->o->import ? buffer_import(b, e->size) : buffer_alloc(b, e->channel, e->size))
		return 1;
	buffer_begin(b, true);
	echo_fill(e, b->map);
	buffer_end(b, true);
	args.fd = b->fd;
	if (ioctl(e->channel, FERRY_IOC_SEND_BUF, &args))
		return fail("message %lu", e->number);
	return 0;
}

static int echo_recv(struct echo *e)
{
	struct ferry_ioc_recv args = { .addr = (unsigned long)e->data, .size = e->size };
	struct buffer b;
	int ret;

	if (channel_wait(e->channel, POLLIN) || ioctl(e->channel, FERRY_IOC_RECV, &args))
		return fail("echo of message %lu", e->number);
	if (args.fd < 0)
		return echo_compare(e, e->data, args.len);
	e->shown++;
	if (buffer_adopt(&b, args.fd, args.len))
		return 1;
	buffer_begin(&b, false);
	ret = echo_compare(e, b.map, args.len);
	buffer_end(&b, false);
	buffer_free(&b);	/* the remote gets it back */
	return ret;
}

static int echo_once(struct echo *e)
{
	struct buffer b = { .fd = -1, .memfd = -1 };
	bool lent = e->o->buf || e->o->import;
	int ret = lent ? echo_send_buf(e, &b) : echo_send_copy(e);

	if (!ret)
		ret = echo_recv(e);
	buffer_free(&b);
	return ret;
}

static int echo_run(struct echo *e, unsigned long count)
{
	int ret = 0;

	while (!ret && e->number < count) {
		ret = echo_once(e);
		e->number += !ret;
	}
	if (ret || e->o->quiet)
		return ret;
	printf("%s/%s: %lu messages of %zu bytes sent, echoed and compared, ", e->o->link,
	       e->o->channel, e->number, e->size);
	printf("%lu not copied: ok\n", e->shown);
	return 0;
}

/* On a file that is bound already. 0, or 1 and it was said why. */
int echo_on(const struct options *o, int channel)
{
	struct echo e = { .o = o, .channel = channel, .size = o->size };
	int ret;

	if (!e.size)
		e.size = o->buf || o->import ? (size_t)sysconf(_SC_PAGESIZE) : 64;
	e.data = malloc(e.size);
	ret = e.data ? echo_run(&e, o->count ?: 100) : fail("%zu bytes", e.size);
	free(e.data);
	return ret;
}

int verb_echo_test(const struct options *o)
{
	bool lent = o->buf || o->import;
	struct ferry_ioc_info info;
	int channel = channel_open(o, lent ? FERRY_OPEN_BUFFERS : 0, &info);
	int ret;

	if (channel < 0)
		return 1;
	ret = echo_on(o, channel);
	close(channel);
	return ret;
}
