// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit, messages: what the two ports carry, and the endpoints of applications.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "rtkit.h"

static struct ferry_rtkit *channel_rtk(const struct ferry_channel *ch)
{
	return ferry_link_priv(ch->link);
}

/* Under the lock of the txq. */
static int channel_xmit(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	struct ferry_rtkit *rtk = channel_rtk(ch);
	struct rtkit_msg out = { .msg1 = cpu_to_le32(ch->number) };
	int ret;

	if (msg->len != sizeof(out.msg0))
		return -EMSGSIZE;
	memcpy(&out.msg0, msg->data, sizeof(out.msg0));
	dma_wmb();	/* what the message tells of comes first; pairs with the remote's barrier */
	ret = ferry_port_send(rtk->cfg.tx, &out, sizeof(out), 0);
	if (likely(ret >= 0 || ret == -EAGAIN))
		return ret;
	rtk_mgmt_crash(rtk, "the mailbox is gone");
	return -EPIPE;
}

/* Process context, under the mutex of the link. The map is known: the firmware said it. */
static int channel_open(struct ferry_channel *ch)
{
	struct ferry_rtkit *rtk = channel_rtk(ch);

	if (!test_bit(ch->number, rtk->map)) {
		dev_err(ferry_link_dev(rtk->link), "the firmware has no endpoint %#x\n",
			ch->number);
		return -ENOENT;
	}
	/* Once in a life: what a second one does is nowhere said. */
	return test_bit(ch->number, rtk->started) ? 0 : rtk_mgmt_start_ep(rtk, ch->number);
}

const struct ferry_channel_ops rtk_channel_ops = {
	.open = channel_open,
	.xmit = channel_xmit,
};

const struct ferry_channel_ops rtk_system_ops = {
	.xmit = channel_xmit,
};

/* Any context. A message of the protocol itself; as ferry_post(). */
int rtk_post(struct ferry_rtkit *rtk, u8 ep, u64 msg)
{
	__le64 data = cpu_to_le64(msg);

	return ferry_post(&rtk_system_get(rtk, ep)->ch, &data, sizeof(data));
}

/* Process context. As rtk_post(); one that takes nothing for seconds is dead. */
int rtk_post_wait(struct ferry_rtkit *rtk, u8 ep, u64 msg)
{
	__le64 data = cpu_to_le64(msg);
	int ret = ferry_post_wait(&rtk_system_get(rtk, ep)->ch, &data, sizeof(data),
				  2 * RTK_TIMEOUT_MS);

	if (ret == -ENOBUFS)
		rtk_mgmt_crash(rtk, "it takes no messages");
	return ret;
}

struct ferry_channel *rtk_channel(struct ferry_link *link, const struct ferry_id *id)
{
	struct ferry_rtkit *rtk = ferry_link_priv(link);
	struct ferry_channel *ch;

	if (id->name || id->number < RTKIT_EP_APP || id->number >= RTKIT_ENDPOINTS)
		return ERR_PTR(-ENOENT);
	if (ferry_link_state(link) == FERRY_STATE_RUNNING && !test_bit(id->number, rtk->map))
		return ERR_PTR(-ENOENT);
	ch = kzalloc(sizeof(*ch), GFP_KERNEL);
	if (!ch)
		return ERR_PTR(-ENOMEM);
	ch->number = id->number;
	ch->cls = FERRY_CLASS_GP;
	ch->mtu = sizeof(u64);
	ch->rx_copy = sizeof(u64);
	ch->ops = &rtk_channel_ops;
	ch->txq = &rtk->txq;
	ch->rxq = &rtk->rxq;
	rcu_assign_pointer(rtk->channel[id->number], ch);
	return ch;
}

void rtk_release_channel(struct ferry_link *link, struct ferry_channel *ch)
{
	struct ferry_rtkit *rtk = ferry_link_priv(link);

	RCU_INIT_POINTER(rtk->channel[ch->number], NULL);
	synchronize_rcu();
	kfree(ch);
}

/* Under the lock of the txq. */
static bool channel_tx_arm(struct ferry_txq *txq, bool on)
{
	return ferry_port_tx_arm(container_of(txq, struct ferry_rtkit, txq)->cfg.tx, on);
}

static const struct ferry_txq_ops rtk_txq_ops = {
	.tx_arm = channel_tx_arm,
};

/* Process context. */
int rtk_tx_init(struct ferry_rtkit *rtk)
{
	int ret = ferry_txq_init(&rtk->txq, rtk->link, &rtk_txq_ops, true);

	if (!ret)
		rtk->txq.silent = rtk->cfg.tx->desc->flags & FERRY_PORT_NO_TX_EVENT;
	return ret;
}

static int channel_drop_of(int err)
{
	switch (err) {
	case -ENOTCONN:
		return FERRY_DROP_NOT_OPEN;
	case -ENOBUFS:
		return FERRY_DROP_QUEUE_FULL;
	default:
		return FERRY_DROP_NO_MEMORY;
	}
}

/*
 * The following, under the lock of the rxq, return -1 when the message was taken, else an
 * enum ferry_drop.
 */

/* What comes before somebody started the endpoint in this life is for nobody. */
static int channel_take(struct ferry_rtkit *rtk, u8 ep, __le64 msg, struct ferry_channel **chp)
{
	struct ferry_channel *ch;
	void *room;

	if (!test_bit(ep, rtk->started))
		return FERRY_DROP_NOT_OPEN;
	ch = rcu_dereference_check(rtk->channel[ep], lockdep_is_held(&rtk->rxq.lock));
	if (!ch)
		return FERRY_DROP_NOT_OPEN;
	*chp = ch;
	room = ferry_rx_get(ch, sizeof(msg));
	if (IS_ERR(room))
		return channel_drop_of(PTR_ERR(room));
	memcpy(room, &msg, sizeof(msg));
	ferry_rx_put(ch, room, sizeof(msg));
	return -1;
}

static int channel_take_system(struct ferry_rtkit *rtk, u8 ep, u64 msg)
{
	struct rtk_system *system = rtk_system_get(rtk, ep);

	if (!system)
		return FERRY_DROP_NO_CHANNEL;
	if (ep != RTKIT_EP_MANAGEMENT && !test_bit(ep, rtk->started))
		return FERRY_DROP_NOT_OPEN;
	return system->take(rtk, msg);
}

/* Messages that bring no client anything are bounded: answers to them cost, too. */
static void channel_noise(struct ferry_rtkit *rtk)
{
	if (time_after(jiffies, rtk->noise_since + HZ)) {
		rtk->noise_since = jiffies;
		rtk->noise = 0;
	}
	if (++rtk->noise == RTK_NOISE_MAX)
		rtk_mgmt_crash(rtk, "a flood of messages for nobody");
}

static void channel_take_msg(struct ferry_rtkit *rtk, const struct rtkit_msg *msg)
{
	u32 msg1 = le32_to_cpu(msg->msg1);
	struct ferry_channel *ch = NULL;
	int drop;

	if (msg1 & ~(u32)RTKIT_MSG1_ENDPOINT)
		drop = FERRY_DROP_BAD_HEADER;
	else if (msg1 >= RTKIT_EP_APP)
		drop = channel_take(rtk, msg1, msg->msg0, &ch);
	else
		drop = channel_take_system(rtk, msg1, le64_to_cpu(msg->msg0));
	if (drop >= 0)
		ferry_rx_drop(&rtk->rxq, ch, drop);
	if (drop >= 0 || msg1 < RTKIT_EP_APP)
		channel_noise(rtk);
}

static int rtk_poll(struct ferry_rxq *rxq, int budget)
{
	struct ferry_rtkit *rtk = container_of(rxq, struct ferry_rtkit, rxq);
	struct rtkit_msg msg;
	ssize_t len;
	int n;

	/* Pairs with the release in rtk_receive(). */
	if (!smp_load_acquire(&rtk->rx_on))
		return 0;
	/* What it says after its death is for nobody. */
	for (n = 0; n < budget && ferry_link_state(rtk->link) != FERRY_STATE_CRASHED; n++) {
		len = ferry_port_recv(rtk->cfg.rx, &msg, sizeof(msg));
		if (len == -EAGAIN)
			break;
		if (len < 0 && len != -EMSGSIZE) {
			rtk_mgmt_crash(rtk, "the mailbox is gone");
			break;
		}
		dma_rmb();	/* the message before what it tells of; pairs with the remote's */
		if (len == sizeof(msg)) {
			channel_take_msg(rtk, &msg);
		} else {
			ferry_rx_drop(rxq, NULL, FERRY_DROP_BAD_LENGTH);
			channel_noise(rtk);
		}
	}
	return n;
}

static const struct ferry_rxq_ops rtk_rxq_ops = {
	.poll = rtk_poll,
};

/* Process context. */
int rtk_rx_init(struct ferry_rtkit *rtk)
{
	return ferry_rxq_init(&rtk->rxq, rtk->link, &rtk_rxq_ops);
}
