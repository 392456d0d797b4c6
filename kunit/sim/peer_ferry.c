// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ferry's driver of RTKit, on its ports on Apple's mailboxes.
 */
#include <linux/err.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/ferry/port_asc.h>
#include <linux/ferry/rtkit.h>
#include <linux/kernel.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "../../drivers/compat.h"
#include "peer.h"

struct ours {
	struct ferry_rtkit *rtk;
	struct ferry_ep *ep[FERRY_RTKIT_LAST + 1];
};

static int ours_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct peer *peer = priv;
	__le64 msg;

	if (len != sizeof(msg))
		return 0;
	memcpy(&msg, data, sizeof(msg));
	peer->received(peer, le64_to_cpu(msg));
	return 0;
}

static int ours_run(void *data)
{
	ferry_peer_run_cpu(data, true);
	return 0;
}

static int ours_hold(void *data)
{
	ferry_peer_run_cpu(data, false);
	return 0;
}

static const struct ferry_rtkit_cpu_ops ours_cpu = {
	.run = ours_run,
	.reset = ours_hold,
};

static int ours_create(struct peer *peer)
{
	const struct ferry_rtkit_cfg cfg = {
		.name = "peer",
		.cpu = peer->owns_cpu ? &ours_cpu : NULL,
		.data = peer,
	};
	struct ours *ours = kzalloc(sizeof(*ours), GFP_KERNEL);

	if (!ours)
		return -ENOMEM;
	ours->rtk = ferry_rtkit_create(&peer->client->dev, &cfg);
	if (IS_ERR(ours->rtk)) {
		int ret = PTR_ERR(ours->rtk);

		kfree(ours);
		return ret;
	}
	peer->data = ours;
	return 0;
}

static void ours_close(struct ours *ours)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ours->ep); i++) {
		if (ours->ep[i])
			ferry_close(ours->ep[i]);
		ours->ep[i] = NULL;
	}
}

static void ours_destroy(struct peer *peer)
{
	struct ours *ours = peer->data;

	ours_close(ours);
	ferry_rtkit_destroy(ours->rtk);
	kfree(ours);
}

static int ours_boot(struct peer *peer)
{
	return ferry_rtkit_boot(((struct ours *)peer->data)->rtk);
}

static int ours_wake(struct peer *peer)
{
	return ferry_rtkit_wake(((struct ours *)peer->data)->rtk);
}

static int ours_shutdown(struct peer *peer)
{
	return ferry_rtkit_shutdown(((struct ours *)peer->data)->rtk);
}

static int ours_quiesce(struct peer *peer)
{
	return ferry_rtkit_quiesce(((struct ours *)peer->data)->rtk);
}

static int ours_idle(struct peer *peer)
{
	return ferry_rtkit_idle(((struct ours *)peer->data)->rtk);
}

static int ours_reset(struct peer *peer)
{
	struct ours *ours = peer->data;

	ours_close(ours);
	return ferry_link_stop(ferry_rtkit_link(ours->rtk));
}

static int ours_open(struct peer *peer, u8 endpoint)
{
	const struct ferry_id id = { .number = endpoint };
	const struct ferry_ep_cfg cfg = {
		.rx = ours_rx, .priv = peer, .flags = peer->early ? FERRY_EP_ATOMIC : 0,
	};
	struct ours *ours = peer->data;
	struct ferry_ep *ep = ferry_open(ferry_rtkit_link(ours->rtk), &id, &cfg);

	if (IS_ERR(ep))
		return PTR_ERR(ep);
	ours->ep[endpoint] = ep;
	return 0;
}

static int ours_send(struct peer *peer, u8 endpoint, u64 msg)
{
	__le64 data = cpu_to_le64(msg);

	return ferry_send(((struct ours *)peer->data)->ep[endpoint], &data, sizeof(data));
}

static bool ours_crashed(struct peer *peer)
{
	struct ours *ours = peer->data;

	return ferry_link_state(ferry_rtkit_link(ours->rtk)) != FERRY_STATE_RUNNING;
}

const struct peer_driver ferry_peer_ferry = {
	.name = "ferry",
	.mailbox = "ferry-port-asc",
	.needs = ferry_asc_create_tx,
	.wake_word = 0x0060000000000220,
	.create = ours_create,
	.destroy = ours_destroy,
	.boot = ours_boot,
	.wake = ours_wake,
	.shutdown = ours_shutdown,
	.quiesce = ours_quiesce,
	.idle = ours_idle,
	.reset = ours_reset,
	.open = ours_open,
	.send = ours_send,
	.crashed = ours_crashed,
};

FERRY_EXPORT_TEST(ferry_peer_ferry);
