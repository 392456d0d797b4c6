// SPDX-License-Identifier: GPL-2.0-only
/*
 * ferry: links and channels from the command line.
 *
 * Exit status: 0 good, 1 it failed and says why, 2 wrong usage.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const char usage[] =
	"ferry ls                                   links and their state\n"
	"ferry info LINK [CHANNEL]                  more of one of them\n"
	"ferry send LINK CHANNEL [FILE]             FILE (-, or none: standard input) in messages\n"
	"ferry recv LINK CHANNEL                    messages, to standard output\n"
	"ferry echo-test LINK CHANNEL               messages to a channel that echoes, compared\n"
	"ferry fd-test LINK CHANNEL                 the same by a child, and with epoll\n"
	"\n"
	"  -b, --buf       send memory of the link without a copy\n"
	"  -i, --import    echo-test: send memory of this program without a copy (udmabuf)\n"
	"  -s, --size N    bytes of a message (send: the largest there may be; echo-test: 64,\n"
	"                  without a copy a page)\n"
	"  -c, --count N   messages (recv: for ever; echo-test: 100)\n"
	"  -q, --quiet     say what is wrong, and no more\n"
	"\n"
	"CHANNEL is a number or a name. For example, on a channel that the remote echoes:\n"
	"\n"
	"  $ ferry echo-test keembay 20 --buf --size 4096 --count 50\n"
	"  keembay/20: 50 messages of 4096 bytes sent, echoed and compared, 50 not copied: ok\n";

static const struct option long_options[] = {
	{ "buf", no_argument, NULL, 'b' },
	{ "import", no_argument, NULL, 'i' },
	{ "size", required_argument, NULL, 's' },
	{ "count", required_argument, NULL, 'c' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const struct verb {
	const char *name;
	int (*fn)(const struct options *o);
	int min, max;		/* arguments */
} verbs[] = {
	{ "ls", verb_ls, 0, 0 },
	{ "info", verb_info, 1, 2 },
	{ "send", verb_send, 2, 3 },
	{ "recv", verb_recv, 2, 2 },
	{ "echo-test", verb_echo_test, 2, 2 },
	{ "fd-test", verb_fd_test, 2, 2 },
	{ NULL, NULL, 0, 0 },
};

int fail(const char *format, ...)
{
	int err = errno;
	va_list args;

	fputs("ferry: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, err ? ": %s\n" : "\n", strerror(err));
	return 1;
}

static int wrong_usage(void)
{
	fputs(usage, stderr);
	return 2;
}

/* False: not a number. */
static bool number(const char *arg, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(arg, &end, 0);
	return *arg && *arg != '-' && !*end && !errno;
}

static bool parse_option(struct options *o, int c)
{
	unsigned long value;

	switch (c) {
	case 'b':
		o->buf = true;
		return true;
	case 'i':
		o->import = true;
		return true;
	case 'q':
		o->quiet = true;
		return true;
	case 's':
		if (!number(optarg, &value) || !value)
			return false;
		o->size = value;
		return true;
	case 'c':
		return number(optarg, &o->count) && o->count;
	default:
		return false;
	}
}

static int run(const char *name, const struct options *o, int nr_args)
{
	const struct verb *v;

	for (v = verbs; v->name; v++)
		if (!strcmp(v->name, name))
			return nr_args >= v->min && nr_args <= v->max ? v->fn(o) : wrong_usage();
	return wrong_usage();
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int c, nr;

	while ((c = getopt_long(argc, argv, "bis:c:qh", long_options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (!parse_option(&o, c))
			return wrong_usage();
	}
	nr = argc - optind;
	if (!nr || (o.buf && o.import))
		return wrong_usage();
	o.link = nr > 1 ? argv[optind + 1] : NULL;
	o.channel = nr > 2 ? argv[optind + 2] : NULL;
	o.file = nr > 3 ? argv[optind + 3] : NULL;
	return run(argv[optind], &o, nr - 1);
}
