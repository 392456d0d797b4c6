/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verbs of the tool share.
 */
#ifndef FERRY_TOOL_H
#define FERRY_TOOL_H

#include <linux/ferry.h>
#include <stdbool.h>
#include <stddef.h>

#define CLASS_DIR	"/sys/class/ferry"
#define WAIT_MS		5000

/* main.c: the command line, taken apart */
struct options {
	const char *link;
	const char *channel;
	const char *file;
	size_t size;		/* 0: the verb chooses */
	unsigned long count;
	bool buf;
	bool import;
	bool quiet;
};

/* Prints "ferry: ...: why", and is 1: the exit status. */
int fail(const char *format, ...);

/* link.c */
int verb_ls(const struct options *o);
int verb_info(const struct options *o);
int channel_open(const struct options *o, unsigned int flags, struct ferry_ioc_info *info);
int channel_wait(int fd, short events);

/* stream.c */
int verb_send(const struct options *o);
int verb_recv(const struct options *o);

/* echo.c */
int verb_echo_test(const struct options *o);
int echo_on(const struct options *o, int channel);

/* fd.c */
int verb_fd_test(const struct options *o);

/* buffer.c: memory with a file descriptor */
struct buffer {
	int fd;		/* of the dma-buf */
	int memfd;	/* what an import is made of, or -1 */
	void *map;
	size_t size;
};

int buffer_alloc(struct buffer *b, int channel, size_t size);
int buffer_import(struct buffer *b, size_t size);
int buffer_adopt(struct buffer *b, int fd, size_t size);
void buffer_begin(const struct buffer *b, bool write);
void buffer_end(const struct buffer *b, bool write);
void buffer_free(struct buffer *b);

#endif /* FERRY_TOOL_H */
