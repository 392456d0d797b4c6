// SPDX-License-Identifier: GPL-2.0-only
/*
 * A client of Ferry, to copy: opens a channel of a link, sends messages that the
 * remote is to send back, and checks each answer.
 *
 *	modprobe ferry_echo link=NAME channel=NAME-OR-NUMBER count=1000
 *
 * Loading fails when an answer is missing or wrong. The channel stays open until
 * the module is unloaded. Explained in Documentation/client.rst.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/ferry.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#define ECHO_MAX_LEN	65536

static char *link;
module_param(link, charp, 0444);
MODULE_PARM_DESC(link, "Link to use, a name in /sys/class/ferry");

static char *channel;
module_param(channel, charp, 0444);
MODULE_PARM_DESC(channel, "Channel to open, by name or number; the remote echoes on it");

static unsigned int count = 100;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "Messages to send (default 100)");

static struct {
	struct ferry_ep *ep;
	struct completion up;		/* the channel can be used */
	struct completion answered;	/* @result is there */
	int result;
	size_t len;
	u8 *msg;
	u64 bytes;
} echo;

/* Thread of the link, may sleep. @data is ours alone until we return. */
static int echo_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	/* The remote may send what it likes: look at @len first. */
	echo.result = len == echo.len && !memcmp(data, echo.msg, len) ? 0 : -EBADMSG;
	complete(&echo.answered);
	return 0;
}

/* Work of the link, may sleep. Only the newest state is told. */
static void echo_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	if (event == FERRY_EVENT_UP) {
		complete(&echo.up);
		return;
	}
	/* Stopped, crashed or gone: sends fail by themselves, but no answer comes. */
	reinit_completion(&echo.up);
	echo.result = -ENOLINK;
	complete(&echo.answered);
}

/* One message there and back. Process context. */
static int echo_once(size_t len)
{
	long left;
	int ret;

	get_random_bytes(echo.msg, len);
	echo.len = len;
	/* Before the send: the answer may be here before ferry_send() returns. */
	reinit_completion(&echo.answered);
	/* Copies the message, and waits for room; echo.msg is free for reuse then. */
	ret = ferry_send(echo.ep, echo.msg, len);
	if (ret)
		return ret;
	/* "Sent" means that the remote can see it. An answer needs a limit of its own. */
	left = wait_for_completion_killable_timeout(&echo.answered, HZ);
	if (left <= 0)
		return left ?: -ETIMEDOUT;
	echo.bytes += len;
	return echo.result;
}

/* Lengths 0, 1, 2, 4 and so on, up to what the channel takes. */
static int echo_all(size_t max)
{
	size_t len = 0;
	unsigned int i;
	int ret;

	/* The channel may be open long before the remote runs. */
	if (!wait_for_completion_timeout(&echo.up, 2 * HZ))
		return -ENOLINK;
	for (i = 0; i < count; i++) {
		ret = echo_once(len);
		if (ret) {
			pr_err("%s/%s: message %u of %zu bytes: %d\n", link, channel, i, len, ret);
			return ret;
		}
		len = len < max ? clamp(2 * len, (size_t)1, max) : 0;
	}
	pr_info("%s/%s: %u messages, %llu bytes, sent, echoed and compared: ok\n", link, channel,
		count, echo.bytes);
	return 0;
}

static int echo_open(void)
{
	struct ferry_id id = { .name = channel, .number = FERRY_ANY_NUMBER };
	const struct ferry_ep_cfg cfg = { .rx = echo_rx, .event = echo_event };
	struct ferry_link *l;

	if (!link || !channel) {
		pr_err("give link= (see /sys/class/ferry) and channel=\n");
		return -EINVAL;
	}
	l = ferry_link_get(link);
	if (!l) {
		pr_err("no link %s in /sys/class/ferry\n", link);
		return -ENODEV;
	}
	if (!kstrtou32(channel, 0, &id.number))
		id.name = NULL;
	echo.ep = ferry_open(l, &id, &cfg);
	/* The endpoint has a reference of its own. */
	ferry_link_put(l);
	if (IS_ERR(echo.ep))
		pr_err("%s/%s: cannot open: %pe\n", link, channel, echo.ep);
	return PTR_ERR_OR_ZERO(echo.ep);
}

static int __init echo_init(void)
{
	int ret;

	init_completion(&echo.up);
	init_completion(&echo.answered);
	/* Before ferry_open(): callbacks may come before it returns. */
	echo.msg = kvmalloc(ECHO_MAX_LEN, GFP_KERNEL);
	if (!echo.msg)
		return -ENOMEM;
	ret = echo_open();
	if (ret)
		goto free;
	ret = echo_all(min_t(size_t, ferry_mtu(echo.ep), ECHO_MAX_LEN));
	if (!ret)
		return 0;
	ferry_close(echo.ep);
free:
	kvfree(echo.msg);
	return ret;
}
module_init(echo_init);

static void __exit echo_exit(void)
{
	ferry_close(echo.ep);	/* no callback runs afterwards */
	kvfree(echo.msg);
}
module_exit(echo_exit);

MODULE_DESCRIPTION("Ferry: sample client");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
