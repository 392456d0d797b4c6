// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay, receiving: the FIFO of the CPU, and the region of the VPU.
 *
 * A payload is not copied here. Its packet stays with us, allocated, until the client
 * is done: that tells the VPU that the payload is free, too. The VPU may announce the
 * same packet again meanwhile; that is dropped, or two clients would free it.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/rcupdate.h>

#include "keembay.h"

/* Entries of an earlier life that are thrown away at most: the VPU may go on. */
#define KMB_DRAIN_MAX	1024

static struct kmb_packet *kmb_rx_packet(const struct ferry_kmb *kmb, u32 nr)
{
	return kmb->cfg.rx_region->vaddr + nr * KMB_PACKET_SIZE;
}

/* Any context. Nobody has a payload any more: its packet, and that, are the VPU's. */
static void kmb_rx_returned(void *priv, u32 nr)
{
	kmb_packet_free(kmb_rx_packet(priv, nr));
}

static const struct ferry_loans_ops kmb_loans_ops = {
	.returned = kmb_rx_returned,
};

static int kmb_drop_of(int err)
{
	switch (err) {
	case -ENOTCONN:
		return FERRY_DROP_NOT_OPEN;
	case -EMSGSIZE:
		return FERRY_DROP_BAD_LENGTH;
	case -ENOBUFS:
		return FERRY_DROP_QUEUE_FULL;
	default:
		return FERRY_DROP_NO_MEMORY;
	}
}

/*
 * The following, under the lock of the rxq, return -1 when the message has its
 * receiver, else an enum ferry_drop. Each leaves the packet free, or held.
 */

static int kmb_rx_empty(struct ferry_channel *ch, struct kmb_packet *packet)
{
	void *data = ferry_rx_get(ch, 0);

	/* Nothing of it is needed any more. */
	kmb_packet_free(packet);
	if (IS_ERR(data))
		return kmb_drop_of(PTR_ERR(data));
	ferry_rx_put(ch, data, 0);
	return -1;
}

static int kmb_rx_payload(struct ferry_kmb *kmb, struct ferry_channel *ch, u32 nr,
			  const struct kmb_head *head)
{
	struct kmb_packet *packet = kmb_rx_packet(kmb, nr);
	struct ferry_buf *buf;
	void *payload;
	int ret;

	payload = ferry_region_to_cpu(kmb->cfg.rx_region, head->addr, head->size);
	if (!payload) {
		kmb_packet_free(packet);
		return FERRY_DROP_BAD_ADDRESS;
	}
	buf = ferry_loan_take(kmb->loans, nr, payload, head->addr, head->size);
	if (!buf) {
		kmb_packet_free(packet);
		return FERRY_DROP_NO_MEMORY;
	}
	ret = ferry_rx_buf(ch, buf, head->size);
	if (!ret)
		return -1;
	ferry_buf_put(buf);
	return kmb_drop_of(ret);
}

/* The link waits for the VPU to say that it is up: this is it, or it is not. */
static int kmb_rx_boot(struct ferry_kmb *kmb, struct kmb_packet *packet,
		       const struct kmb_head *head)
{
	kmb_packet_free(packet);
	kmb->boot = *head;
	kmb->boot_wait = false;
	complete(&kmb->boot_done);
	return -1;
}

static bool kmb_is_ready(const struct kmb_head *head)
{
	return head->channel == KMB_BOOT_CHANNEL && !head->size && head->addr == KMB_BOOT_READY;
}

/* A whole packet of the VPU. *@chp: its channel, as soon as that is known. */
static int kmb_rx_take(struct ferry_kmb *kmb, u32 nr, struct ferry_channel **chp)
{
	struct kmb_packet *packet = kmb_rx_packet(kmb, nr);
	struct kmb_packet copy __aligned(sizeof(u64));
	struct kmb_head head;
	int drop;

	kmb_packet_read(packet, &copy);
	drop = kmb_packet_parse(&copy, &head);
	if (drop == FERRY_DROP_STALE)
		return drop;
	if (drop >= 0) {
		kmb_packet_free(packet);
		return drop;
	}
	if (kmb->boot_wait && head.channel == KMB_BOOT_CHANNEL)
		return kmb_rx_boot(kmb, packet, &head);
	/* Said once more, or when nobody asked. */
	if (kmb->cfg.wait_ready && kmb_is_ready(&head)) {
		kmb_packet_free(packet);
		return FERRY_DROP_STALE;
	}
	*chp = rcu_dereference_check(kmb->channel[head.channel], lockdep_is_held(&kmb->rxq.lock));
	if (!*chp) {
		kmb_packet_free(packet);
		return FERRY_DROP_NOT_OPEN;
	}
	return head.size ? kmb_rx_payload(kmb, *chp, nr, &head) : kmb_rx_empty(*chp, packet);
}

/* One entry of the FIFO: any value. */
static void kmb_rx_entry(struct ferry_kmb *kmb, u32 entry)
{
	struct ferry_region *region = kmb->cfg.rx_region;
	u32 addr = entry & KMB_ENTRY_ADDR;
	struct ferry_channel *ch = NULL;
	int drop;
	u32 nr;

	if (!ferry_region_to_cpu(region, addr, KMB_PACKET_SIZE)) {
		ferry_rx_drop(&kmb->rxq, NULL, FERRY_DROP_BAD_ADDRESS);
		return;
	}
	nr = (addr - region->remote) / KMB_PACKET_SIZE;
	if (ferry_loan_held(kmb->loans, nr))
		drop = FERRY_DROP_STALE;
	else
		drop = kmb_rx_take(kmb, nr, &ch);
	if (drop >= 0)
		ferry_rx_drop(&kmb->rxq, ch, drop);
}

/* Under the lock of the rxq. */
static int kmb_poll(struct ferry_rxq *rxq, int budget)
{
	struct ferry_kmb *kmb = container_of(rxq, struct ferry_kmb, rxq);
	ssize_t len;
	u32 entry;
	int n;

	/* Pairs with the release in kmb_rx_open(). */
	if (!smp_load_acquire(&kmb->rx_on))
		return 0;
	for (n = 0; n < budget; n++) {
		len = ferry_port_recv(kmb->cfg.rx, &entry, sizeof(entry));
		if (len == -EAGAIN)
			break;
		if (len < 0 && len != -EMSGSIZE) {
			ferry_link_crash(kmb->link, "the FIFO of the CPU is gone");
			break;
		}
		if (len != sizeof(entry)) {
			ferry_rx_drop(rxq, NULL, FERRY_DROP_BAD_HEADER);
			continue;
		}
		dma_rmb();	/* the entry before the packet; pairs with the VPU's barrier */
		kmb_rx_entry(kmb, entry);
	}
	return n;
}

static const struct ferry_rxq_ops kmb_rxq_ops = {
	.poll = kmb_poll,
};

static void kmb_rx_drain(struct ferry_kmb *kmb)
{
	unsigned int n;
	u32 entry;

	for (n = 0; n < KMB_DRAIN_MAX; n++) {
		if (ferry_port_recv(kmb->cfg.rx, &entry, sizeof(entry)) < 0)
			break;
	}
}

/* Process context, in start, the port was started: throw old entries away, begin. */
void kmb_rx_open(struct ferry_kmb *kmb)
{
	/* Nobody else receives: poll() is off, and none that began before is left. */
	kmb_rx_drain(kmb);
	reinit_completion(&kmb->boot_done);
	WRITE_ONCE(kmb->boot_given_up, false);
	kmb->boot_wait = kmb->cfg.wait_ready;
	smp_store_release(&kmb->rx_on, true);	/* pairs with the acquire in kmb_poll() */
	if (ferry_port_rx_arm(kmb->cfg.rx))
		ferry_link_rx_irq(kmb->link);
}

/* Process context, in stop. From here on nothing is received. */
void kmb_rx_close(struct ferry_kmb *kmb)
{
	WRITE_ONCE(kmb->rx_on, false);
	synchronize_rcu();	/* the core holds it over poll() */
}

/*
 * Process context, in start. 0; -ETIMEDOUT nothing came, -EPROTO something else,
 * -ENOLINK nothing will come.
 */
int kmb_rx_wait_ready(struct ferry_kmb *kmb)
{
	if (!wait_for_completion_timeout(&kmb->boot_done, msecs_to_jiffies(KMB_BOOT_TIMEOUT_MS)))
		return -ETIMEDOUT;
	if (READ_ONCE(kmb->boot_given_up))
		return -ENOLINK;
	return kmb_is_ready(&kmb->boot) ? 0 : -EPROTO;
}

/* Any context. The VPU crashed: whoever waits for it to be ready need not go on. */
void kmb_rx_give_up(struct ferry_kmb *kmb)
{
	WRITE_ONCE(kmb->boot_given_up, true);
	complete(&kmb->boot_done);
}

/* Process context. 0, or -ENOMEM. */
int kmb_rx_init(struct ferry_kmb *kmb)
{
	struct ferry_region *region = kmb->cfg.rx_region;
	int ret;

	init_completion(&kmb->boot_done);
	kmb->loans = ferry_loans_create(region, KMB_RX_LOANS,
					div_u64(region->size, KMB_PACKET_SIZE), &kmb_loans_ops,
					kmb);
	if (IS_ERR(kmb->loans))
		return PTR_ERR(kmb->loans);
	ret = ferry_rxq_init(&kmb->rxq, kmb->link, &kmb_rxq_ops);
	if (ret) {
		ferry_loans_destroy(kmb->loans);
		return ret;
	}
	ferry_link_add_loans(kmb->link, kmb->loans, "loans");
	return 0;
}

/* Process context. Clients may hold loans still. */
void kmb_rx_exit(struct ferry_kmb *kmb)
{
	ferry_rxq_exit(&kmb->rxq);
	ferry_loans_destroy(kmb->loans);
}
