// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without a copy: fills buffers of the link, lends them to a remote that echoes, and
 * verifies what it lends in return, where it lies.
 *
 *	modprobe ferry_zerocopy link=NAME channel=NUMBER [dmabuf=1]
 *
 * With dmabuf=1 each buffer is a dma-buf on both ways, as one that comes from a camera and
 * goes to a display would be.
 *
 * It runs while it is loaded and prints one line. Loading fails when a message was lost or
 * changed, or was copied after all.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/ferry.h>
#include <linux/ferry/dmabuf.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

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

static bool dmabuf;
module_param(dmabuf, bool, 0444);
MODULE_PARM_DESC(dmabuf, "Send and receive dma-bufs, of whole pages (default N)");

static struct {
	struct ferry_ep *ep;
	struct completion answered;
	struct ferry_buf *answer;	/* ours until it is put */
	size_t len;
	u64 bytes;
	int ret;
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

/* dma_buf_put(), of which each kernel spells the namespace in its own way. */
static void zerocopy_dmabuf_put(struct dma_buf *shared)
{
	fput(shared->file);
}

/* The dma-buf holds the buffer, and goes when the remote is done with it. */
static int zerocopy_send_dmabuf(struct ferry_buf *buf, size_t len)
{
	struct dma_buf *shared = ferry_buf_export(buf, O_RDWR);
	int ret;

	ferry_buf_put(buf);
	if (IS_ERR(shared))
		return PTR_ERR(shared);
	ret = ferry_send_dmabuf(zerocopy.ep, shared, len);
	zerocopy_dmabuf_put(shared);
	return ret;
}

/* Those that were sent come back when the remote, and who shares them, is done. */
static struct ferry_buf *zerocopy_alloc(size_t len)
{
	struct ferry_buf *buf = ferry_buf_alloc(zerocopy.ep, len);
	unsigned int tries;

	for (tries = 0; buf == ERR_PTR(-EAGAIN) && tries < 1000; tries++) {
		usleep_range(1000, 2000);
		buf = ferry_buf_alloc(zerocopy.ep, len);
	}
	return buf;
}

static int zerocopy_send(unsigned int n, size_t len)
{
	struct ferry_buf *buf = zerocopy_alloc(len);
	u64 *words;
	size_t i;
	int ret;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	words = buf->vaddr;
	for (i = 0; i < len / sizeof(u64); i++)
		words[i] = zerocopy_word(n, i);
	if (dmabuf)
		return zerocopy_send_dmabuf(buf, len);
	/* On success our reference is gone: the remote has the buffer. */
	ret = ferry_send_buf(zerocopy.ep, buf, len);
	if (ret)
		ferry_buf_put(buf);
	return ret;
}

/* As who gets a dma-buf from elsewhere: it may be one of the remote's. */
static bool zerocopy_verify_dmabuf(struct ferry_buf *answer, unsigned int n, size_t len)
{
	struct dma_buf *shared = ferry_buf_export(answer, O_RDWR);
	struct ferry_buf *buf;
	bool ok;

	if (IS_ERR(shared))
		return false;
	buf = ferry_buf_from_dmabuf(shared);
	ok = buf == answer && zerocopy_verify(buf, n, len);
	ferry_buf_put(buf);
	zerocopy_dmabuf_put(shared);
	return ok;
}

static bool zerocopy_is_right(struct ferry_buf *answer, unsigned int n, size_t len)
{
	if (!answer || zerocopy.len != len)
		return false;
	return dmabuf ? zerocopy_verify_dmabuf(answer, n, len) : zerocopy_verify(answer, n, len);
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
	if (!zerocopy_is_right(answer, n, len))
		return -EBADMSG;
	zerocopy.bytes += 2 * len;
	zerocopy.answer = NULL;
	ferry_buf_put(answer);	/* the remote may use it again */
	return 0;
}

/*
 * All powers of two from a word, or a page, to the largest. In work of the system: files,
 * which dma-bufs are, that a process lets go are closed when it returns to user space.
 */
static void zerocopy_run(struct work_struct *work)
{
	size_t max = min_t(size_t, ferry_mtu(zerocopy.ep), ZEROCOPY_MAX);
	size_t min = dmabuf ? PAGE_SIZE : sizeof(u64);
	size_t len = min;
	unsigned int n;
	int ret = 0;

	for (n = 0; n < count && !ret; n++) {
		ret = zerocopy_once(n, len);
		if (ret)
			pr_err("%s/%u: message %u of %zu bytes: %d\n", link, channel, n, len, ret);
		len = 2 * len <= max ? 2 * len : min;
	}
	pr_info("%s: %u messages, %llu bytes zero-copy%s, %s\n", link, 2 * n, zerocopy.bytes,
		dmabuf ? " as dma-bufs" : "", ret ? "FAILED" : "ok");
	zerocopy.ret = ret;
}

static DECLARE_WORK(zerocopy_work, zerocopy_run);

static int __init zerocopy_init(void)
{
	struct ferry_id id = { .number = channel };
	const struct ferry_ep_cfg cfg = { .rx = zerocopy_rx, .rx_buf = zerocopy_rx_buf };
	struct ferry_link *l = link ? ferry_link_get(link) : NULL;

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
	queue_work(system_unbound_wq, &zerocopy_work);
	flush_work(&zerocopy_work);
	ferry_close(zerocopy.ep);
	ferry_buf_put(zerocopy.answer);
	return zerocopy.ret;
}
module_init(zerocopy_init);

static void __exit zerocopy_exit(void)
{
}
module_exit(zerocopy_exit);

MODULE_DESCRIPTION("Ferry: messages without a copy");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
