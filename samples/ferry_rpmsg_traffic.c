// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic on the kernel's rpmsg bus: a client that knows nothing of what carries it, so
 * that it runs on Ferry and on the kernel's own drivers alike.
 *
 *	modprobe ferry_rpmsg_traffic names=NAME,NAME max=1000 count=100000
 *
 * It binds to the channels of these names, sends on all of them at once, and verifies
 * every byte that comes back. It runs while it is loaded, and prints one line for each
 * channel. Loading fails when a message was lost, came twice, out of order or changed.
 *
 * Message n begins with n, a little-endian word; byte i after that is n + i. First sizes
 * go by the step from the largest to the smallest, then they are spread over the powers of
 * two. A remote that sends by itself goes by the step from the smallest to the largest,
 * again and again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rpmsg.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>

#define RT_MAX_CHANNELS		16
#define RT_MAX_SIZE		(512 * 1024)
#define RT_APPEAR		(2 * HZ)
#define RT_TIMEOUT		(20 * HZ)	/* without any answer */

static char *names[RT_MAX_CHANNELS];
static unsigned int nr_names;
module_param_array(names, charp, &nr_names, 0444);
MODULE_PARM_DESC(names, "Names of the channels");

static unsigned int count = 10000;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "Messages on each channel (default 10000)");

static unsigned int min_size = 4;
module_param_named(min, min_size, uint, 0444);
MODULE_PARM_DESC(min, "Bytes of the smallest message (default 4)");

static unsigned int max_size[RT_MAX_CHANNELS] = { 1000 };
static unsigned int nr_max;
module_param_array_named(max, max_size, uint, &nr_max, 0444);
MODULE_PARM_DESC(max, "Bytes of the largest, for each channel or for all (default 1000)");

static unsigned int step = 4;
module_param(step, uint, 0444);
MODULE_PARM_DESC(step, "First sizes that differ by this, then any (default 4)");

static unsigned int granule = 4;
module_param(granule, uint, 0444);
MODULE_PARM_DESC(granule, "What sizes are multiples of, 4 or 1 (default 4)");

static char *way = "both";
module_param(way, charp, 0444);
MODULE_PARM_DESC(way, "both: the remote echoes (default); out: it is silent; in: it sends");

struct rt_chan {
	struct rpmsg_device *rpdev;
	struct task_struct *task;
	unsigned int max;
	unsigned int sent;
	unsigned int received;
	u64 bytes;
	const char *error;
	int result;
	bool done;
};

static struct {
	struct rpmsg_device_id ids[RT_MAX_CHANNELS + 1];
	struct rt_chan chan[RT_MAX_CHANNELS];
	wait_queue_head_t wait;
	u8 *pattern;			/* byte i is i; any message is a piece of it */
	bool in;
	bool out;
} rt;

static unsigned int rt_size(const struct rt_chan *c, unsigned int n)
{
	unsigned int span = c->max - min_size;
	u32 hash = (n + 1) * 0x9e3779b1;

	if (!rt.out)
		return min_size + n % (span / step + 1) * step;
	if (n <= span / step)
		return c->max - round_down(n * step, granule);
	span = span >> (hash >> 24) % (ilog2(span + 1) + 1);
	return min_size + round_down((hash & 0xffffff) % (span + 1), granule);
}

static void rt_fill(u8 *msg, unsigned int n, unsigned int len)
{
	__le32 number = cpu_to_le32(n);

	memcpy(msg, &number, min_t(size_t, len, sizeof(number)));
	if (len > sizeof(number))
		memcpy(msg + sizeof(number), rt.pattern + (u8)n + sizeof(number),
		       len - sizeof(number));
}

static bool rt_is_right(const u8 *msg, unsigned int n, unsigned int len)
{
	__le32 number = cpu_to_le32(n);

	return !memcmp(msg, &number, min_t(size_t, len, sizeof(number))) &&
	       (len <= sizeof(number) ||
		!memcmp(msg + sizeof(number), rt.pattern + (u8)n + sizeof(number),
			len - sizeof(number)));
}

/* In hard IRQ with some drivers, in a thread with others; one call at a time. */
static int rt_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	struct rt_chan *c = dev_get_drvdata(&rpdev->dev);
	unsigned int n;

	if (!c)
		return -EAGAIN;
	n = c->received;
	if (!rt.in || n >= count || (rt.out && n > READ_ONCE(c->sent)))
		WRITE_ONCE(c->error, "more came than should");
	else if (len != rt_size(c, n))
		WRITE_ONCE(c->error, "a message of the wrong size came");
	else if (!rt_is_right(data, n, len))
		WRITE_ONCE(c->error, "a message came changed");
	c->bytes += len;
	smp_store_release(&c->received, n + 1);	/* pairs with rt_wait() */
	if (n + 1 == count || c->error)
		wake_up_all(&rt.wait);
	return 0;
}

static int rt_send_all(struct rt_chan *c, u8 *msg)
{
	unsigned int len;
	int ret;

	while (c->sent < count && !READ_ONCE(c->error) && !kthread_should_stop()) {
		len = rt_size(c, c->sent);
		rt_fill(msg, c->sent, len);
		ret = rpmsg_send(c->rpdev->ept, msg, len);
		if (ret)
			return ret;
		WRITE_ONCE(c->sent, c->sent + 1);
	}
	return 0;
}

static int rt_thread(void *arg)
{
	struct rt_chan *c = arg;
	u8 *msg = kvmalloc(c->max, GFP_KERNEL);

	if (rt.out)
		c->result = msg ? rt_send_all(c, msg) : -ENOMEM;
	kvfree(msg);
	smp_store_release(&c->done, true);	/* pairs with rt_wait() */
	wake_up_all(&rt.wait);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ);
	return 0;
}

static struct rt_chan *rt_chan_of(struct rpmsg_device *rpdev)
{
	unsigned int i;

	for (i = 0; i < nr_names; i++) {
		if (!strcmp(rt.ids[i].name, rpdev->id.name))
			return rt.chan[i].rpdev ? NULL : &rt.chan[i];
	}
	return NULL;
}

static int rt_probe(struct rpmsg_device *rpdev)
{
	struct rt_chan *c = rt_chan_of(rpdev);

	if (!c)
		return -EBUSY;	/* offered again: one run is enough */
	c->task = kthread_create(rt_thread, c, "rpmsg/%s", rpdev->id.name);
	if (IS_ERR(c->task))
		return PTR_ERR(c->task);
	c->rpdev = rpdev;
	dev_set_drvdata(&rpdev->dev, c);
	wake_up_process(c->task);
	return 0;
}

static void rt_remove(struct rpmsg_device *rpdev)
{
	struct rt_chan *c = dev_get_drvdata(&rpdev->dev);

	kthread_stop(c->task);
}

static struct rpmsg_driver rt_driver = {
	.drv.name = KBUILD_MODNAME,
	.id_table = rt.ids,
	.probe = rt_probe,
	.callback = rt_callback,
	.remove = rt_remove,
};

static bool rt_is_over(const struct rt_chan *c)
{
	/* Pairs with the release in rt_thread(). */
	if (!smp_load_acquire(&c->done))
		return READ_ONCE(c->error);
	if (c->result || !rt.in || READ_ONCE(c->error))
		return true;
	/* Pairs with the release in rt_callback(). */
	return smp_load_acquire(&c->received) >= count;
}

static int rt_wait(struct rt_chan *c)
{
	unsigned int before;

	do {
		before = READ_ONCE(c->received) + READ_ONCE(c->sent);
		if (wait_event_timeout(rt.wait, rt_is_over(c), RT_TIMEOUT))
			break;
	} while (before != READ_ONCE(c->received) + READ_ONCE(c->sent));
	if (c->error)
		return -EBADMSG;
	if (c->result)
		return c->result;
	return rt_is_over(c) ? 0 : -ETIMEDOUT;
}

static bool rt_all_there(void)
{
	unsigned int i;

	for (i = 0; i < nr_names; i++) {
		if (!READ_ONCE(rt.chan[i].rpdev))
			return false;
	}
	return true;
}

static int rt_run(void)
{
	ktime_t start = ktime_get();
	unsigned int i;
	int ret, first = 0;

	for (i = 0; i < RT_APPEAR / (HZ / 10) && !rt_all_there(); i++)
		schedule_timeout_uninterruptible(HZ / 10);
	for (i = 0; i < nr_names; i++) {
		struct rt_chan *c = &rt.chan[i];

		ret = c->rpdev ? rt_wait(c) : -ENODEV;
		if (ret)
			pr_err("%s: sent %u, received %u: %s (%d)\n", names[i], c->sent,
			       c->received, c->error ?: "gave up", ret);
		else
			pr_info("%s: %u messages out, %u in, %llu bytes in, %lld ms, ok\n",
				names[i], c->sent, c->received, c->bytes,
				ktime_ms_delta(ktime_get(), start));
		first = first ?: ret;
	}
	return first;
}

static int __init rt_init(void)
{
	unsigned int i;
	int ret;

	rt.in = strcmp(way, "out");
	rt.out = strcmp(way, "in");
	if (!nr_names || !step || !granule || step % granule)
		return -EINVAL;
	init_waitqueue_head(&rt.wait);
	for (i = 0; i < nr_names; i++) {
		strscpy(rt.ids[i].name, names[i], sizeof(rt.ids[i].name));
		rt.chan[i].max = max_size[min(i, max(nr_max, 1u) - 1)];
		if (rt.chan[i].max < min_size || rt.chan[i].max > RT_MAX_SIZE)
			return -EINVAL;
	}
	rt.pattern = kvmalloc(RT_MAX_SIZE + 512, GFP_KERNEL);
	if (!rt.pattern)
		return -ENOMEM;
	for (i = 0; i < RT_MAX_SIZE + 512; i++)
		rt.pattern[i] = i;
	ret = register_rpmsg_driver(&rt_driver);
	if (!ret) {
		ret = rt_run();
		if (ret)
			unregister_rpmsg_driver(&rt_driver);
	}
	if (ret)
		kvfree(rt.pattern);
	return ret;
}
module_init(rt_init);

static void __exit rt_exit(void)
{
	unregister_rpmsg_driver(&rt_driver);
	kvfree(rt.pattern);
}
module_exit(rt_exit);

MODULE_DESCRIPTION("Ferry: traffic on the rpmsg bus");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
