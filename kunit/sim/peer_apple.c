// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own driver of RTKit.
 */
#include <linux/err.h>
#include <linux/platform_device.h>
#include <linux/soc/apple/rtkit.h>

#include "../../drivers/compat.h"
#include "peer.h"

static FERRY_APPLE_CRASHED(apple_crashed)
{
}

static void apple_recv(void *cookie, u8 endpoint, u64 message)
{
	struct peer *peer = cookie;

	peer->received(peer, message);
}

static bool apple_recv_early(void *cookie, u8 endpoint, u64 message)
{
	apple_recv(cookie, endpoint, message);
	return true;
}

static const struct apple_rtkit_ops apple_ops = {
	.crashed = apple_crashed,
	.recv_message = apple_recv,
};

static const struct apple_rtkit_ops apple_early_ops = {
	.crashed = apple_crashed,
	.recv_message_early = apple_recv_early,
};

static int apple_create(struct peer *peer)
{
	struct apple_rtkit *rtk = apple_rtkit_init(&peer->client->dev, peer, NULL, 0,
						   peer->early ? &apple_early_ops : &apple_ops);

	if (IS_ERR(rtk))
		return PTR_ERR(rtk);
	peer->data = rtk;
	return 0;
}

static void apple_destroy(struct peer *peer)
{
	apple_rtkit_free(peer->data);
}

static int apple_boot(struct peer *peer)
{
	return apple_rtkit_boot(peer->data);
}

static int apple_wake(struct peer *peer)
{
	return apple_rtkit_wake(peer->data);
}

static int apple_shutdown(struct peer *peer)
{
	return apple_rtkit_shutdown(peer->data);
}

static int apple_quiesce(struct peer *peer)
{
	return apple_rtkit_quiesce(peer->data);
}

static int apple_idle(struct peer *peer)
{
	return apple_rtkit_idle(peer->data);
}

static int apple_reset(struct peer *peer)
{
	return apple_rtkit_reinit(peer->data);
}

static int apple_open(struct peer *peer, u8 endpoint)
{
	return apple_rtkit_start_ep(peer->data, endpoint);
}

static int apple_send(struct peer *peer, u8 endpoint, u64 msg)
{
	return apple_rtkit_send_message(peer->data, endpoint, msg, NULL, false);
}

static bool apple_has_crashed(struct peer *peer)
{
	return apple_rtkit_is_crashed(peer->data);
}

const struct peer_driver ferry_peer_apple = {
	.name = "apple-rtkit",
	.mailbox = "apple-mailbox",
	.wake_word = FERRY_APPLE_WAKE_WORD,
	.create = apple_create,
	.destroy = apple_destroy,
	.boot = apple_boot,
	.wake = apple_wake,
	.shutdown = apple_shutdown,
	.quiesce = apple_quiesce,
	.idle = apple_idle,
	.reset = apple_reset,
	.open = apple_open,
	.send = apple_send,
	.crashed = apple_has_crashed,
};

FERRY_EXPORT_TEST(ferry_peer_apple);
