// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host of VCHIQ that is written by hand. See vpu_host.h.
 */
#include <asm/barrier.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "../ferry_kunit.h"
#include "vpu_host.h"

static void *host_map(void *data, u32 addr, size_t size)
{
	struct vpuhost *h = data;
	u32 at = addr - MEM_ADDR, end = READ_ONCE(h->gone) ? MEM_PAGES : MEM_SIZE;

	return at <= end && size <= end - at ? h->mem + at : NULL;
}

/* Neither side sends more than fits into its first slot. */
static struct vchiq_header *host_header(struct vpuhost *h, struct vchiq_side *side, u32 pos)
{
	return (void *)h->mem + le32_to_cpu(side->slot_first) * PAGE4 + pos;
}

void vpuhost_says(struct vpuhost *h, u32 msgid, const void *payload, u32 size)
{
	struct vchiq_header *header = host_header(h, &h->zero->slave, h->tx_pos);

	KUNIT_ASSERT_LE(h->test, h->tx_pos + vchiq_stride(size), PAGE4);
	header->msgid = cpu_to_le32(msgid);
	header->size = cpu_to_le32(size);
	if (size)
		memcpy(header + 1, payload, size);
	h->tx_pos += vchiq_stride(size);
	/* Pairs with the barrier of the VPU. */
	smp_store_release(&h->zero->slave.tx_pos, cpu_to_le32(h->tx_pos));
	ferry_port_send(h->port[0], NULL, 0, 0);
}

FERRY_EXPORT_TEST(vpuhost_says);

static bool host_hears(struct vpuhost *h)
{
	/* Pairs with the barrier of the VPU. */
	return le32_to_cpu(smp_load_acquire(&h->zero->master.tx_pos)) != h->rx_pos;
}

static const struct vchiq_header *host_message(struct vpuhost *h)
{
	const struct vchiq_header *header = host_header(h, &h->zero->master, h->rx_pos);

	KUNIT_ASSERT_TRUE(h->test, FERRY_WAIT(host_hears(h)));
	h->rx_pos += vchiq_stride(le32_to_cpu(header->size));
	KUNIT_ASSERT_LT(h->test, h->rx_pos, PAGE4);
	return header;
}

/* The next message is this one, with so many bytes. */
const void *vpuhost_hears(struct vpuhost *h, enum vchiq_type type, u16 port, u32 size)
{
	const struct vchiq_header *header = host_message(h);

	KUNIT_EXPECT_EQ(h->test, le32_to_cpu(header->msgid), ID(type, h->peer[port], port));
	KUNIT_EXPECT_EQ(h->test, le32_to_cpu(header->size), size);
	return header + 1;
}

FERRY_EXPORT_TEST(vpuhost_hears);

void vpuhost_opens(struct vpuhost *h, u16 port, u32 fourcc)
{
	struct vchiq_open open = {
		.fourcc = cpu_to_le32(fourcc), .version = cpu_to_le16(1),
	};
	const struct vchiq_header *header;

	vpuhost_says(h, ID(VCHIQ_OPEN, port, 0), &open, sizeof(open));
	header = host_message(h);
	KUNIT_ASSERT_EQ(h->test, le32_to_cpu(header->msgid) >> 24, VCHIQ_OPENACK);
	h->peer[port] = le32_to_cpu(header->msgid) >> 12 & 0xfff;
}

FERRY_EXPORT_TEST(vpuhost_opens);

static void side_begins(struct vchiq_side *side, u32 first, u32 last)
{
	side->slot_first = cpu_to_le32(first);
	side->slot_last = cpu_to_le32(last);
}

/* Slot zero as it has to be, and the VPU is told of it. */
void vpuhost_begins(struct vpuhost *h)
{
	struct vchiq_slot_zero *zero = h->zero;

	memset(h->mem, 0, MEM_FRAGMENTS);
	memset(h->mem + MEM_FRAGMENTS, POISON, MEM_SIZE - MEM_FRAGMENTS);
	zero->magic = cpu_to_le32(VCHIQ_MAGIC);
	zero->slot_zero_size = cpu_to_le32(sizeof(*zero));
	zero->slot_size = cpu_to_le32(VCHIQ_SLOT_SIZE);
	zero->max_slots = cpu_to_le32(VCHIQ_MAX_SLOTS);
	zero->max_slots_per_side = cpu_to_le32(VCHIQ_SIDE_SLOTS);
	zero->platform_data[0] = cpu_to_le32(MEM_ADDR + MEM_FRAGMENTS);
	zero->platform_data[1] = cpu_to_le32(VCHIQ_FRAGMENTS);
	side_begins(&zero->master, 2, 32);
	side_begins(&zero->slave, 34, 64);
	zero->slave.slot_queue[0] = cpu_to_le32(34);
	zero->slave.initialised = cpu_to_le32(1);
	h->tx_pos = 0;
	h->rx_pos = 0;
	h->lists = 0;
	KUNIT_ASSERT_EQ(h->test, ferry_sim_vchiq_init(h->sim, MEM_ADDR), 0);
	vpuhost_hears(h, VCHIQ_CONNECT, 0, 0);
	vpuhost_says(h, ID(VCHIQ_CONNECT, 0, 0), NULL, 0);
}

FERRY_EXPORT_TEST(vpuhost_begins);

static void host_rung(struct ferry_port *port, void *data)
{
}

static const struct ferry_port_user host_port_user = {
	.rx = host_rung,
};

static void host_free(void *arg)
{
	struct vpuhost *h = arg;
	unsigned int i;

	if (!IS_ERR_OR_NULL(h->sim))
		ferry_sim_vchiq_destroy(h->sim);
	for (i = 0; i < ARRAY_SIZE(h->port); i++) {
		if (!h->port[i])
			continue;
		if (i < 2)
			ferry_port_stop(h->port[i]);
		ferry_port_kill(h->port[i]);
	}
	vfree(h->mem);
	kfree(h);
}

struct vpuhost *vpuhost_create(struct kunit *test, u32 line)
{
	struct vpuhost *h = kzalloc(sizeof(*h), GFP_KERNEL);
	struct ferry_sim_vchiq_cfg cfg = {
		.name = "bulk-vpu", .map = host_map, .data = h, .line = line,
	};

	KUNIT_ASSERT_NOT_NULL(test, h);
	ferry_defer(test, host_free, h);
	h->test = test;
	h->mem = vmalloc(MEM_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, h->mem);
	h->zero = (void *)h->mem;
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 1, 0, &h->port[0], &h->port[2]), 0);
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 1, 0, &h->port[3], &h->port[1]), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(h->port[0], &host_port_user, h), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(h->port[1], &host_port_user, h), 0);
	cfg.bell = h->port[2];
	cfg.ring = h->port[3];
	h->sim = ferry_sim_vchiq_create(&cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(h->sim));
	vpuhost_begins(h);
	return h;
}

FERRY_EXPORT_TEST(vpuhost_create);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: a host of VCHIQ that tests of the simulated VPU write by hand");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
