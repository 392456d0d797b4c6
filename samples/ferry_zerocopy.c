// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without a copy: fills buffers of the link, lends them to a remote that echoes, and
 * verifies what it lends in return, where it lies.
 *
 *	modprobe ferry_zerocopy link=NAME channel=NUMBER
 *
 * It runs while it is loaded and prints one line. Loading fails when a message was lost or
 * changed, or was copied after all.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/ferry.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#define ZEROCOPY_MAX	SZ_64K

static char *link;
module_param(link, charp, 0444);
MODULE_PARM_DESC(link, "Link to use, a name in /sys/class/ferry");

static unsigned int channel;
module_param(channel, uint, 0444);
MODULE_PARM_DESC(channel, "Number of a channel that the remote echoes");

static unsigned int count = 1000;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "Messages to send (default 1000)");

static struct {
	struct ferry_ep *ep;
	struct completion answered;
	struct ferry_buf *answer;	/* ours until it is put */
	size_t len;
	u64 bytes;
} zerocopy;

static u64 zerocopy_word(unsigned int n, size_t i)
{
	return (n + 1) * 0x9e3779b97f4a7c15ULL ^ i;
}

/* Thread of the link. @buf is ours from here on: nothing of it has been read yet. */
static int zerocopy_rx_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len, void *priv)
{
	if (zerocopy.answer)
		return -EAGAIN;	/* one at a time; the core keeps it for us */
	zerocopy.answer = buf;
	zerocopy.len = len;
	complete(&zerocopy.answered);
	return 0;
}

/* A message that the link had to copy: there is none on a channel that lends. */
static int zerocopy_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	zerocopy.len = SIZE_MAX;
	complete(&zerocopy.answered);
	return 0;
}

/* The remote may still write to it: each word is read once. */
static bool zerocopy_verify(const struct ferry_buf *buf, unsigned int n, size_t len)
{
	const u64 *words = buf->vaddr;
	size_t i;

	for (i = 0; i < len / sizeof(u64); i++)
		if (READ_ONCE(words[i]) != zerocopy_word(n, i))
			return false;
	return true;
}

static int zerocopy_send(unsigned int n, size_t len)
{
	struct ferry_buf *buf = ferry_buf_alloc(zerocopy.ep, len);
	u64 *words;
	size_t i;
	int ret;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	words = buf->vaddr;
	for (i = 0; i < len / sizeof(u64); i++)
		words[i] = zerocopy_word(n, i);
	/* On success our reference is gone: the remote has the buffer. */
	ret = ferry_send_buf(zerocopy.ep, buf, len);
	if (ret)
		ferry_buf_put(buf);
	return ret;
}

static int zerocopy_once(unsigned int n, size_t len)
{
	struct ferry_buf *answer;
	int ret;

	reinit_completion(&zerocopy.answered);
	ret = zerocopy_send(n, len);
	if (ret)
		return ret;
	if (!wait_for_completion_timeout(&zerocopy.answered, 2 * HZ))
		return -ETIMEDOUT;
	answer = zerocopy.answer;
	if (!answer || zerocopy.len != len || !zerocopy_verify(answer, n, len))
		return -EBADMSG;
	zerocopy.bytes += 2 * len;
	zerocopy.answer = NULL;
	ferry_buf_put(answer);	/* the remote may use it again */
	return 0;
}

/* All powers of two from a word to the largest. */
static int zerocopy_run(void)
{
	size_t max = min_t(size_t, ferry_mtu(zerocopy.ep), ZEROCOPY_MAX);
	size_t len = sizeof(u64);
	unsigned int n;
	int ret = 0;

	for (n = 0; n < count && !ret; n++) {
		ret = zerocopy_once(n, len);
		if (ret)
			pr_err("%s/%u: message %u of %zu bytes: %d\n", link, channel, n, len, ret);
		len = 2 * len <= max ? 2 * len : sizeof(u64);
	}
	pr_info("%s: %u messages, %llu bytes zero-copy, %s\n", link, 2 * n, zerocopy.bytes,
		ret ? "FAILED" : "ok");
	return ret;
}

static int __init zerocopy_init(void)
{
	struct ferry_id id = { .number = channel };
	const struct ferry_ep_cfg cfg = { .rx = zerocopy_rx, .rx_buf = zerocopy_rx_buf };
	struct ferry_link *l = link ? ferry_link_get(link) : NULL;
	int ret;

	if (!l) {
		pr_err("no link \"%s\" in /sys/class/ferry\n", link ?: "");
		return -ENODEV;
	}
	init_completion(&zerocopy.answered);
	zerocopy.ep = ferry_open(l, &id, &cfg);
	ferry_link_put(l);
	if (IS_ERR(zerocopy.ep)) {
		pr_err("%s/%u: cannot open: %pe\n", link, channel, zerocopy.ep);
		return PTR_ERR(zerocopy.ep);
	}
	ret = zerocopy_run();
	ferry_close(zerocopy.ep);
	ferry_buf_put(zerocopy.answer);
	return ret;
}
module_init(zerocopy_init);

static void __exit zerocopy_exit(void)
{
}
module_exit(zerocopy_exit);

MODULE_DESCRIPTION("Ferry: messages without a copy");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
