// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traffic: sends messages of all sizes on several channels at once to a remote that
 * echoes, and verifies every byte that comes back.
 *
 * It runs while it is loaded, on all CPUs, and prints one line. Loading fails when a
 * message was lost, came twice, out of order or changed.
 */
#include <linux/ferry.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/wait.h>

#define TRAFFIC_MAX_CHANNELS	16
#define TRAFFIC_MAX_SIZE	65536
#define TRAFFIC_WINDOW		32	/* messages on their way, per channel */
#define TRAFFIC_TIMEOUT		(20 * HZ)

static char *link;
module_param(link, charp, 0444);
MODULE_PARM_DESC(link, "name of the link, as in /sys/class/ferry");

static unsigned int channels[TRAFFIC_MAX_CHANNELS];
static unsigned int nr_channels;
module_param_array(channels, uint, &nr_channels, 0444);
MODULE_PARM_DESC(channels, "numbers of channels that the remote echoes");

static unsigned int count = 50000;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "messages to send, on all channels together (default 50000)");

static unsigned int size;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of a message, where the remote takes no other (default: all sizes)");

static unsigned int smallest;
module_param(smallest, uint, 0444);
MODULE_PARM_DESC(smallest, "bytes of the smallest message, where none may be empty (default 0)");

struct traffic {
	struct ferry_ep *ep;
	struct task_struct *task;
	unsigned int channel;
	unsigned int to_send;
	unsigned int sent;
	unsigned int received;
	u64 bytes;		/* received */
	size_t mtu;
	const char *error;
	wait_queue_head_t wait;
};

/* Any message is a piece of it, so that sending and verifying cost no more than a look. */
static u8 *traffic_pattern;

/* Sizes are spread evenly over the powers of two, with the smallest and the largest among them. */
static size_t traffic_size(const struct traffic *t, unsigned int n)
{
	u32 hash = (n + 1) * 0x9e3779b1 ^ t->channel * 0x85ebca6b;
	unsigned int bits = (hash >> 16) % (ilog2(t->mtu) + 2);

	if (size)
		return size;
	if (!bits)
		return n & 1 ? t->mtu : smallest;
	return clamp_t(size_t, BIT(bits - 1) + (hash & (BIT(bits - 1) - 1)), smallest, t->mtu);
}

static const u8 *traffic_data(const struct traffic *t, unsigned int n)
{
	return traffic_pattern + ((n * 0xc2b2ae35 ^ t->channel) % TRAFFIC_MAX_SIZE);
}

static int traffic_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct traffic *t = priv;
	unsigned int n = t->received;

	if (n == READ_ONCE(t->to_send))
		t->error = "more came back than was sent";
	else if (len != traffic_size(t, n))
		t->error = "a message was lost, or its length changed";
	else if (memcmp(data, traffic_data(t, n), len))
		t->error = "a message changed on its way";
	t->bytes += len;
	WRITE_ONCE(t->received, n + 1);
	wake_up(&t->wait);
	return 0;
}

/* What was on its way is lost. */
static void traffic_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct traffic *t = priv;

	if (event == FERRY_EVENT_UP)
		return;
	WRITE_ONCE(t->error, "the link went down");
	wake_up(&t->wait);
}

static bool traffic_within(const struct traffic *t, unsigned int window)
{
	return t->sent - READ_ONCE(t->received) <= window || READ_ONCE(t->error);
}

static int traffic_thread(void *arg)
{
	struct traffic *t = arg;
	int ret = 0;

	for (; t->sent < t->to_send && !t->error; t->sent++) {
		if (!wait_event_timeout(t->wait, traffic_within(t, TRAFFIC_WINDOW - 1),
					TRAFFIC_TIMEOUT))
			break;
		ret = ferry_send(t->ep, traffic_data(t, t->sent), traffic_size(t, t->sent));
		if (ret) {
			pr_err("ferry_traffic: channel %u: send %u: %d\n", t->channel, t->sent,
			       ret);
			t->error = "a send failed";
			break;
		}
	}
	wait_event_timeout(t->wait, traffic_within(t, 0), TRAFFIC_TIMEOUT);
	if (!t->error && t->received != t->to_send)
		t->error = "echoes are missing";
	wake_up(&t->wait);
	/* Whoever waits for the end has to stop us. */
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 50);
	return 0;
}

static int traffic_open(struct traffic *t, struct ferry_link *l, unsigned int channel)
{
	struct ferry_id id = { .number = channel };
	struct ferry_ep_cfg cfg = {
		.rx = traffic_rx,
		.event = traffic_event,
		.priv = t,
		.depth = 2 * TRAFFIC_WINDOW,
	};

	t->channel = channel;
	init_waitqueue_head(&t->wait);
	t->ep = ferry_open(l, &id, &cfg);
	if (IS_ERR(t->ep)) {
		pr_err("ferry_traffic: channel %u: %ld\n", channel, PTR_ERR(t->ep));
		return PTR_ERR(t->ep);
	}
	t->mtu = min_t(size_t, ferry_mtu(t->ep), TRAFFIC_MAX_SIZE);
	return smallest > t->mtu ? -EMSGSIZE : 0;
}

static int traffic_start(struct traffic *t, unsigned int cpu)
{
	t->task = kthread_create(traffic_thread, t, "traffic/%u", t->channel);
	if (IS_ERR(t->task))
		return PTR_ERR(t->task);
	kthread_bind(t->task, cpu);
	wake_up_process(t->task);
	return 0;
}

static bool traffic_ended(const struct traffic *t)
{
	return READ_ONCE(t->received) >= t->to_send || READ_ONCE(t->error);
}

static void traffic_stop(struct traffic *t)
{
	if (!IS_ERR_OR_NULL(t->task)) {
		/* Who loads us must not keep the system from going to sleep. */
		wait_event_state(t->wait, traffic_ended(t),
				 (TASK_UNINTERRUPTIBLE | TASK_FREEZABLE));
		kthread_stop(t->task);
	}
	if (!IS_ERR_OR_NULL(t->ep))
		ferry_close(t->ep);
}

static int traffic_report(const struct traffic *t, u64 start)
{
	u64 messages = 0, bytes = 0;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < nr_channels; i++, t++) {
		messages += t->sent + t->received;
		bytes += 2 * t->bytes;
		if (t->error) {
			pr_err("ferry_traffic: %s: channel %u: %s (sent %u, received %u)\n", link,
			       t->channel, t->error, t->sent, t->received);
			ret = -EIO;
		}
	}
	pr_info("ferry_traffic: %s: %llu messages, %llu bytes, %u channels, %llu ms, %s\n", link,
		messages, bytes, nr_channels, div_u64(ktime_get_ns() - start, NSEC_PER_MSEC),
		ret ? "FAILED" : "ok");
	return ret;
}

static int traffic_run(struct ferry_link *l, struct traffic *t)
{
	unsigned int i, cpu = cpumask_first(cpu_online_mask);
	u64 start = ktime_get_ns();
	int ret = 0;

	for (i = 0; i < nr_channels && !ret; i++) {
		t[i].to_send = count / nr_channels + (i < count % nr_channels);
		ret = traffic_open(&t[i], l, channels[i]);
	}
	for (i = 0; i < nr_channels && !ret; i++) {
		ret = traffic_start(&t[i], cpu);
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
	}
	for (i = 0; i < nr_channels; i++)
		traffic_stop(&t[i]);
	return ret ?: traffic_report(t, start);
}

static int __init traffic_init(void)
{
	struct ferry_link *l = link ? ferry_link_get(link) : NULL;
	struct traffic *t = kcalloc(TRAFFIC_MAX_CHANNELS, sizeof(*t), GFP_KERNEL);
	int ret = -ENOMEM;

	traffic_pattern = kvmalloc(2 * TRAFFIC_MAX_SIZE, GFP_KERNEL);
	if (!l || !nr_channels) {
		pr_err("ferry_traffic: no link \"%s\", or no channels\n", link ?: "");
		ret = -ENODEV;
	} else if (max(size, smallest) > TRAFFIC_MAX_SIZE) {
		ret = -EINVAL;
	} else if (t && traffic_pattern) {
		get_random_bytes(traffic_pattern, 2 * TRAFFIC_MAX_SIZE);
		ret = traffic_run(l, t);
	}
	kvfree(traffic_pattern);
	kfree(t);
	ferry_link_put(l);
	return ret;
}
module_init(traffic_init);

static void __exit traffic_exit(void)
{
}
module_exit(traffic_exit);

MODULE_DESCRIPTION("Ferry: verified traffic on several channels");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
