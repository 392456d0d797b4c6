// SPDX-License-Identifier: GPL-2.0-only
/*
 * ferry ls, ferry info, and opening a channel.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tool.h"

#define LINE	128

/* An attribute in sysfs, without the newline; empty when there is none. */
static const char *attribute(const char *link, const char *name, char line[LINE])
{
	char path[512];
	FILE *f;

	line[0] = 0;
	snprintf(path, sizeof(path), CLASS_DIR "/%s/%s", link, name);
	f = fopen(path, "r");
	if (!f)
		return line;
	if (!fgets(line, LINE, f))
		line[0] = 0;
	fclose(f);
	line[strcspn(line, "\n")] = 0;
	return line;
}

int verb_ls(const struct options *o)
{
	char state[LINE], epoch[LINE];
	struct dirent *entry;
	DIR *dir = opendir(CLASS_DIR);

	if (!dir)
		return fail(CLASS_DIR ": is the module ferry loaded?");
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		printf("%-24s %-12s epoch %s\n", entry->d_name,
		       attribute(entry->d_name, "state", state),
		       attribute(entry->d_name, "epoch", epoch));
	}
	closedir(dir);
	return 0;
}

/* A file that is bound to the channel, or -1; *@info: what it is like. */
int channel_open(const struct options *o, unsigned int flags, struct ferry_ioc_info *info)
{
	struct ferry_ioc_open args = { .number = FERRY_CHANNEL_ANY, .flags = flags };
	unsigned long number;
	char path[256], *end;
	int fd;

	number = strtoul(o->channel, &end, 0);
	if (!*end && *o->channel && number < FERRY_CHANNEL_ANY) {
		args.number = number;
	} else {
		if (strlen(o->channel) >= sizeof(args.channel)) {
			errno = ENAMETOOLONG;
			return fail("%s", o->channel), -1;
		}
		memcpy(args.channel, o->channel, strlen(o->channel));
	}
	snprintf(path, sizeof(path), "/dev/ferry/%s", o->link);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail("%s", path), -1;
	if (ioctl(fd, FERRY_IOC_OPEN, &args) || ioctl(fd, FERRY_IOC_INFO, info)) {
		fail("%s/%s", o->link, o->channel);
		close(fd);
		return -1;
	}
	return fd;
}

/* Waits for @events, within limits. 0, or -1 and errno: the link is down, or nothing came. */
int channel_wait(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int ret = poll(&p, 1, WAIT_MS);

	if (ret < 0)
		return -1;
	if (ret && p.revents & events)
		return 0;
	errno = !ret ? ETIMEDOUT : p.revents & POLLHUP ? ENODEV : ENOLINK;
	return -1;
}

int verb_info(const struct options *o)
{
	struct ferry_ioc_info info;
	char line[LINE];
	int fd;

	printf("state %s\n", attribute(o->link, "state", line));
	printf("epoch %s\n", attribute(o->link, "epoch", line));
	printf("crash_reason %s\n", attribute(o->link, "crash_reason", line));
	if (!o->channel)
		return 0;
	fd = channel_open(o, 0, &info);
	if (fd < 0)
		return 1;
	printf("mtu %llu\nbuf_max %llu\n", (unsigned long long)info.mtu,
	       (unsigned long long)info.buf_max);
	printf("tx_msgs %llu\ntx_bytes %llu\n", (unsigned long long)info.tx_msgs,
	       (unsigned long long)info.tx_bytes);
	printf("rx_msgs %llu\nrx_bytes %llu\n", (unsigned long long)info.rx_msgs,
	       (unsigned long long)info.rx_bytes);
	printf("stalls %llu\ndrops %llu\n", (unsigned long long)info.stalls,
	       (unsigned long long)info.drops);
	close(fd);
	return 0;
}
