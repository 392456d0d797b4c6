// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is rpmsg in this kernel as ops.h has it? Asked before anything of ours is on the bus.
 *
 * First each of the kernel's calls is made on an endpoint and a device of our own that are
 * on no bus, and must arrive in its own operation. Then a device and a driver are put on
 * the bus, and the driver sends a message that its endpoint passes back to it; that shows
 * the operations that only the bus calls, too.
 */
#include <linux/completion.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>

#include "rpmsg.h"

#undef pr_fmt
#define pr_fmt(fmt)	KBUILD_MODNAME ": " fmt

#define SELFTEST_NAME	"ferry-selftest"

/* One for each operation; names as in ops.h. */
#define SELFTEST_SLOTS(X)							\
	X(nothing) X(destroy_ept) X(send) X(sendto) X(trysend) X(trysendto) X(poll)	\
	X(set_flow_control) X(get_mtu) X(create_channel) X(release_channel) X(create_ept)	\
	X(announce_create) X(announce_destroy)

#define SELFTEST_ENUM(name)	SLOT_##name,
#define SELFTEST_STRING(name)	#name,

enum selftest_slot { SELFTEST_SLOTS(SELFTEST_ENUM) };

static const char * const selftest_names[] = { SELFTEST_SLOTS(SELFTEST_STRING) };

/* Only one module is loaded at a time that runs this. */
static enum selftest_slot selftest_reached;

static int selftest_at(enum selftest_slot slot)
{
	selftest_reached = slot;
	return 0;
}

static void at_destroy_ept(struct rpmsg_endpoint *ept)
{
	selftest_at(SLOT_destroy_ept);
}

static int at_send(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len)
{
	return selftest_at(SLOT_send);
}

static int at_sendto(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len, u32 dst)
{
	return selftest_at(SLOT_sendto);
}

static int at_trysend(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len)
{
	return selftest_at(SLOT_trysend);
}

static int at_trysendto(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len, u32 dst)
{
	return selftest_at(SLOT_trysendto);
}

static __poll_t at_poll(struct rpmsg_endpoint *ept, struct file *file, poll_table *wait)
{
	selftest_at(SLOT_poll);
	return 0;
}

static int __maybe_unused at_set_flow_control(struct rpmsg_endpoint *ept, bool pause, u32 dst)
{
	return selftest_at(SLOT_set_flow_control);
}

static ssize_t at_get_mtu(struct rpmsg_endpoint *ept)
{
	return selftest_at(SLOT_get_mtu);
}

static struct rpmsg_device *at_create_channel(struct rpmsg_device *rpdev,
					      struct rpmsg_channel_info *chinfo)
{
	selftest_at(SLOT_create_channel);
	return NULL;
}

static int at_release_channel(struct rpmsg_device *rpdev, struct rpmsg_channel_info *chinfo)
{
	return selftest_at(SLOT_release_channel);
}

static struct rpmsg_endpoint *at_create_ept(struct rpmsg_device *rpdev, rpmsg_rx_cb_t cb,
					    void *priv, struct rpmsg_channel_info chinfo)
{
	selftest_at(SLOT_create_ept);
	return NULL;
}

static const struct ferry_rpmsg_endpoint_ops selftest_ept_ops = {
	.ops = {
		.destroy_ept = at_destroy_ept,
		.send = at_send,
		.sendto = at_sendto,
		.trysend = at_trysend,
		.trysendto = at_trysendto,
		.poll = at_poll,
#if FERRY_RPMSG_FLOW
		.set_flow_control = at_set_flow_control,
#endif
		.get_mtu = at_get_mtu,
	},
};

static const struct ferry_rpmsg_device_ops selftest_device_ops = {
	.ops = {
		.create_channel = at_create_channel,
		.release_channel = at_release_channel,
		.create_ept = at_create_ept,
	},
};

/* @call was made. Adds to @bad where it arrived, if that is wrong. */
#define SELFTEST(bad, call, slot) do {							\
	selftest_at(SLOT_nothing);							\
	(void)(call);									\
	if (selftest_reached != SLOT_##slot)						\
		seq_buf_printf(bad, " " #slot "->%s", selftest_names[selftest_reached]);\
} while (0)

static void selftest_calls(struct seq_buf *bad, struct rpmsg_device *rpdev)
{
	struct rpmsg_endpoint ept = { .rpdev = rpdev, .ops = &selftest_ept_ops.ops };
	struct rpmsg_channel_info chinfo = { .name = SELFTEST_NAME };
	char msg[] = "?";

	SELFTEST(bad, rpmsg_send(&ept, msg, 1), send);
	SELFTEST(bad, rpmsg_sendto(&ept, msg, 1, 0), sendto);
	SELFTEST(bad, rpmsg_trysend(&ept, msg, 1), trysend);
	SELFTEST(bad, rpmsg_trysendto(&ept, msg, 1, 0), trysendto);
	SELFTEST(bad, rpmsg_poll(&ept, NULL, NULL), poll);
#if FERRY_RPMSG_FLOW
	SELFTEST(bad, rpmsg_set_flow_control(&ept, true, 0), set_flow_control);
#endif
	SELFTEST(bad, rpmsg_get_mtu(&ept), get_mtu);
	SELFTEST(bad, (rpmsg_destroy_ept(&ept), 0), destroy_ept);
	SELFTEST(bad, rpmsg_create_channel(rpdev, &chinfo), create_channel);
	SELFTEST(bad, rpmsg_release_channel(rpdev, &chinfo), release_channel);
	SELFTEST(bad, rpmsg_create_ept(rpdev, NULL, NULL, chinfo), create_ept);
}

/* One line for the log, "" if all is well. */
static int selftest_layout(char *line, size_t size)
{
	struct rpmsg_device *rpdev = kzalloc(sizeof(*rpdev), GFP_KERNEL);
	struct seq_buf bad;

	if (!rpdev)
		return -ENOMEM;
	rpdev->ops = &selftest_device_ops.ops;
	line[0] = '\0';
	seq_buf_init(&bad, line, size - 1);
	selftest_calls(&bad, rpdev);
	line[min(seq_buf_used(&bad), size - 1)] = '\0';
	kfree(rpdev);
	return line[0] ? -ENOEXEC : 0;
}

/* The device on the bus. */
struct selftest_loop {
	struct rpmsg_device rpdev;
	struct rpmsg_endpoint ept;
	unsigned int got;		/* messages that came back */
	bool sent;
	bool created;
	bool destroyed;
	bool ended;			/* its endpoint */
	struct completion released;
};

static struct selftest_loop *loop_of(struct rpmsg_device *rpdev)
{
	return container_of(rpdev, struct selftest_loop, rpdev);
}

static void loop_destroy_ept(struct rpmsg_endpoint *ept)
{
	loop_of(ept->rpdev)->ended = true;
}

static int loop_send(struct rpmsg_endpoint *ept, FERRY_RPMSG_DATA data, int len)
{
	return ept->cb(ept->rpdev, (void *)data, len, ept->priv, 0);
}

static const struct ferry_rpmsg_endpoint_ops loop_ept_ops = {
	.ops = { .destroy_ept = loop_destroy_ept, .send = loop_send },
};

static struct rpmsg_endpoint *loop_create_ept(struct rpmsg_device *rpdev, rpmsg_rx_cb_t cb,
					      void *priv, struct rpmsg_channel_info chinfo)
{
	struct selftest_loop *l = loop_of(rpdev);

	l->ept.rpdev = rpdev;
	l->ept.cb = cb;
	l->ept.priv = priv;
	l->ept.ops = &loop_ept_ops.ops;
	return strcmp(chinfo.name, SELFTEST_NAME) ? NULL : &l->ept;
}

static int loop_announce_create(struct rpmsg_device *rpdev)
{
	loop_of(rpdev)->created = true;
	return 0;
}

static int loop_announce_destroy(struct rpmsg_device *rpdev)
{
	loop_of(rpdev)->destroyed = true;
	return 0;
}

static const struct ferry_rpmsg_device_ops loop_device_ops = {
	.ops = {
		.create_ept = loop_create_ept,
		.announce_create = loop_announce_create,
		.announce_destroy = loop_announce_destroy,
	},
};

static int loop_callback(struct rpmsg_device *rpdev, void *data, int len, void *priv, u32 src)
{
	if (len == sizeof(SELFTEST_NAME) && !memcmp(data, SELFTEST_NAME, len))
		loop_of(rpdev)->got++;
	return 0;
}

static int loop_probe(struct rpmsg_device *rpdev)
{
	char msg[] = SELFTEST_NAME;

	loop_of(rpdev)->sent = !rpmsg_send(rpdev->ept, msg, sizeof(msg));
	return 0;
}

static void loop_remove(struct rpmsg_device *rpdev)
{
}

static const struct rpmsg_device_id loop_ids[] = { { .name = SELFTEST_NAME }, { } };

static struct rpmsg_driver loop_driver = {
	.drv.name = SELFTEST_NAME,
	.id_table = loop_ids,
	.callback = loop_callback,
	.probe = loop_probe,
	.remove = loop_remove,
};

static void loop_release(struct device *dev)
{
	struct selftest_loop *l = loop_of(container_of(dev, struct rpmsg_device, dev));

	ferry_rpmsg_free_override(&l->rpdev);
	complete(&l->released);
}

static int loop_on_bus(struct selftest_loop *l, struct device *parent)
{
	int ret;

	init_completion(&l->released);
	strscpy(l->rpdev.id.name, SELFTEST_NAME, sizeof(l->rpdev.id.name));
	l->rpdev.src = RPMSG_ADDR_ANY;
	l->rpdev.dst = RPMSG_ADDR_ANY;
	l->rpdev.ops = &loop_device_ops.ops;
	l->rpdev.dev.parent = parent;
	l->rpdev.dev.release = loop_release;
	ret = rpmsg_register_device(&l->rpdev);
	if (!ret)
		device_unregister(&l->rpdev.dev);
	wait_for_completion(&l->released);
	return ret;
}

/* -ENOEXEC: the message did not come back, or the bus did not call what it has to. */
static int selftest_loop(char *line, size_t size)
{
	struct selftest_loop *l = kzalloc(sizeof(*l), GFP_KERNEL);
	struct device *parent;
	int ret;

	if (!l)
		return -ENOMEM;
	parent = root_device_register(SELFTEST_NAME);
	if (IS_ERR(parent)) {
		ret = PTR_ERR(parent);
		goto free;
	}
	ret = register_rpmsg_driver(&loop_driver);
	if (ret)
		goto unregister;
	ret = loop_on_bus(l, parent);
	unregister_rpmsg_driver(&loop_driver);
	if (!ret && !(l->sent && l->got == 1 && l->created && l->destroyed && l->ended)) {
		snprintf(line, size, " sent %d received %u created %d destroyed %d ended %d",
			 l->sent, l->got, l->created, l->destroyed, l->ended);
		ret = -ENOEXEC;
	}
unregister:
	root_device_unregister(parent);
free:
	kfree(l);
	return ret;
}

/* 0; -ENOEXEC and one line in the log: this kernel's rpmsg is not what we were built for. */
int ferry_rpmsg_selftest(void)
{
	char line[256];
	int ret;

	ret = selftest_layout(line, sizeof(line)) ?: selftest_loop(line, sizeof(line));
	if (ret == -ENOEXEC)
		pr_err("not loaded: rpmsg in this kernel is not as its headers say:%s\n", line);
	else if (ret)
		pr_err("not loaded: the test of rpmsg failed: %d\n", ret);
	return ret;
}
