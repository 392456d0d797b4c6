// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: what is sent, byte for byte, and what becomes of what was sent.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "fake_vpu.h"

/* The packets of the specification, their first 16 bytes; the rest is zero. */
static const struct tx_vector {
	const char *name;
	struct kmb_head head;
	u8 bytes[KMB_HEAD_SIZE];
} tx_vectors[] = {
	{
		"48 bytes at 0x82001040 on channel 10",
		{ .addr = 0x82001040, .size = 48, .channel = 10 },
		{ 0x40, 0x10, 0x00, 0x82, 0x30, 0, 0, 0, 0x0a, 0, 0, 1, 1, 0, 0, 0 },
	},
	{
		"stop message",
		{ .addr = KMB_BOOT_STOP, .size = 0, .channel = KMB_BOOT_CHANNEL },
		{ 0x50, 0x4f, 0x54, 0x53, 0, 0, 0, 0, 0x0a, 0, 0, 1, 1, 0, 0, 0 },
	},
};

static void tx_vector_desc(const struct tx_vector *v, char *desc)
{
	strscpy(desc, v->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tx_vector, tx_vectors, tx_vector_desc);

static void packet_is_as_specified(struct kunit *test)
{
	const struct tx_vector *v = test->param_value;
	struct kmb_packet packet = {};

	kmb_packet_write(&packet, &v->head);
	KUNIT_EXPECT_EQ(test, memcmp(&packet, v->bytes, sizeof(v->bytes)), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv((u8 *)&packet + KMB_HEAD_SIZE, 0,
					   KMB_PACKET_SIZE - KMB_HEAD_SIZE));
}

static void sixth_message_is_packet_five(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct ferry_ep *ep = fake_open(test, fake, 10, NULL);
	struct kmb_packet *packet;
	u8 data[48];
	u32 entry = 0;
	void *payload;
	int i;

	memset(data, 0x5a, sizeof(data));
	for (i = 0; i < 6; i++) {
		KUNIT_ASSERT_EQ(test, ferry_trysend(ep, data, sizeof(data)), 0);
		entry = fake_pop(fake);
	}
	KUNIT_ASSERT_EQ(test, entry, 0x82000140u);
	packet = fake_cpu_packet(fake, entry);
	KUNIT_EXPECT_EQ(test, memcmp((u8 *)packet + 4, tx_vectors[0].bytes + 4, 12), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(packet->pad, 0, sizeof(packet->pad)));
	payload = ferry_region_to_cpu(fake->cpu_region, le32_to_cpu(packet->data_addr), 48);
	KUNIT_ASSERT_NOT_NULL(test, payload);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->data_addr) % 64, 0);
	KUNIT_EXPECT_EQ(test, memcmp(payload, data, sizeof(data)), 0);
}

static void no_bytes_need_no_payload(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct ferry_ep *ep = fake_open(test, fake, 1023, NULL);
	struct kmb_packet *packet;

	KUNIT_ASSERT_EQ(test, ferry_trysend(ep, NULL, 0), 0);
	packet = fake_cpu_packet(fake, fake_pop(fake));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->data_addr), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->data_size), 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(packet->channel), 1023);
	KUNIT_EXPECT_EQ(test, packet->status, KMB_ALLOCATED);
}

static void mtu_is_the_biggest_buffer(struct kunit *test)
{
	static const struct {
		size_t region;
		size_t mtu;
	} sizes[] = {
		{ REGION_SIZE, 65536 },
		{ SZ_256K, 65536 },
		{ SZ_128K, 16384 },
		{ SZ_64K, 4096 },
		{ SZ_4K, 256 },
	};
	struct fake_vpu *fake;
	struct ferry_ep *ep;
	unsigned int i;
	u8 *data = fake_memory(test, 65537);

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		fake = fake_up(test, FIFO_DEPTH, sizes[i].region);
		ep = fake_open(test, fake, 3, NULL);
		KUNIT_EXPECT_EQ(test, ferry_mtu(ep), sizes[i].mtu);
		KUNIT_EXPECT_EQ(test, ferry_trysend(ep, data, sizes[i].mtu), 0);
		KUNIT_EXPECT_EQ(test, ferry_trysend(ep, data, sizes[i].mtu + 1), -EMSGSIZE);
		KUNIT_EXPECT_EQ(test, fake_take_all(fake), 1);
	}
}

static void numbers_beyond_1023_and_names_are_no_channels(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct ferry_id ids[] = { { .number = 1024 }, { .name = "x", .number = 3 },
				  { .name = "x", .number = FERRY_ANY_NUMBER } };
	struct ferry_ep_cfg cfg = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		KUNIT_EXPECT_PTR_EQ(test, ferry_open(fake->link, &ids[i], &cfg),
				    ERR_PTR(-ENOENT));
}

static void marked_packets_and_their_payload_are_used_again(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, SZ_64K);
	struct ferry_ep *ep = fake_open(test, fake, 3, NULL);
	static u8 data[4096];
	unsigned int i;

	/* Far more than the region holds at a time. */
	for (i = 0; i < 300; i++) {
		KUNIT_ASSERT_EQ(test, ferry_trysend(ep, data, i % sizeof(data)), 0);
		KUNIT_ASSERT_EQ(test, fake_take_all(fake), 1);
	}
	ferry_pool_reap(fake->kmb->packets, 1000);
	expect_all_free(test, fake);
}

static void a_lost_push_loses_nothing(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, 4, REGION_SIZE);
	struct ferry_ep *ep = fake_open(test, fake, 3, NULL);
	u8 data[100] = {};
	unsigned int i;

	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, ferry_trysend(ep, data, sizeof(data)), 0);
	for (i = 0; i < 2000; i++)
		KUNIT_ASSERT_EQ(test, ferry_trysend(ep, data, sizeof(data)), -EAGAIN);
	KUNIT_EXPECT_EQ(test, fake_take_all(fake), 4);
	KUNIT_EXPECT_EQ(test, ferry_trysend(ep, data, sizeof(data)), 0);
	KUNIT_EXPECT_EQ(test, fake_take_all(fake), 1);
	ferry_pool_reap(fake->kmb->packets, 1000);
	expect_all_free(test, fake);
}

/* Until the FIFO, which is deep enough, is not what ends it. */
static unsigned int send_all(struct fake_vpu *fake, struct ferry_ep *ep, size_t len)
{
	static u8 data[65536];
	unsigned int n = 0;

	while (!ferry_trysend(ep, data, len)) {
		fake_pop(fake);
		n++;
	}
	return n;
}

static void a_vpu_that_frees_nothing_stops_senders_until_restart(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep = fake_open(test, fake, 3, seen);
	unsigned int packets = ferry_pool_size(fake->kmb->packets);

	KUNIT_EXPECT_EQ(test, send_all(fake, ep, 0), packets);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(ep, NULL, 0, 50), -ETIMEDOUT);
	KUNIT_ASSERT_EQ(test, ferry_link_stop(fake->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_trysend(ep, NULL, 0), -ENOLINK);
	KUNIT_ASSERT_EQ(test, ferry_link_start(fake->link), 0);
	expect_all_free(test, fake);
	KUNIT_EXPECT_EQ(test, send_all(fake, ep, 0), packets);
}

static void general_messages_leave_a_reserve(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct ferry_ep *gp = fake_open(test, fake, 10, NULL);
	struct ferry_ep *hs = fake_open(test, fake, 9, NULL);
	unsigned int packets = ferry_pool_size(fake->kmb->packets);

	KUNIT_EXPECT_EQ(test, send_all(fake, gp, 65536), 12);
	KUNIT_EXPECT_EQ(test, send_all(fake, hs, 65536), 1);
	KUNIT_EXPECT_EQ(test, send_all(fake, gp, 0), packets - packets / 16 - 13);
	KUNIT_EXPECT_EQ(test, send_all(fake, hs, 0), packets / 16);
}

static void a_waiter_is_told_of_silent_room(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep = fake_open(test, fake, 3, seen);
	static u8 data[65536];
	u32 entry;
	int i;

	/* The payload runs out first; nothing tells that it is back. */
	for (i = 0; i < 13; i++)
		KUNIT_ASSERT_EQ(test, ferry_trysend(ep, data, sizeof(data)), 0);
	KUNIT_EXPECT_EQ(test, ferry_trysend(ep, data, sizeof(data)), -EAGAIN);
	usleep_range(20000, 21000);
	KUNIT_EXPECT_EQ(test, READ_ONCE(seen->tx_ready), 0);
	entry = fake_pop(fake);
	WRITE_ONCE(fake_cpu_packet(fake, entry)->status, KMB_FREE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(seen->tx_ready)));
	KUNIT_EXPECT_EQ(test, ferry_trysend(ep, data, sizeof(data)), 0);
}

static void marks_of_packets_that_were_not_sent_change_nothing(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	unsigned int packets = ferry_pool_size(fake->kmb->packets);
	struct ferry_ep *ep = fake_open(test, fake, 3, NULL);
	struct kmb_packet *all = (void *)fake->cpu;
	unsigned int i;

	/* Neither "allocated" in free ones nor garbage keeps us from using them. */
	for (i = 0; i < packets; i++)
		WRITE_ONCE(all[i].status, 1 + i % 255);
	KUNIT_EXPECT_EQ(test, send_all(fake, ep, 0), packets);
	/* Freed, and freed again: counts once. */
	for (i = 0; i < 3; i++) {
		WRITE_ONCE(all[7].status, KMB_FREE);
		KUNIT_EXPECT_EQ(test, ferry_pool_reap(fake->kmb->packets, 2 * packets), 1);
		KUNIT_EXPECT_EQ(test, send_all(fake, ep, 0), 1);
		KUNIT_EXPECT_EQ(test, all[7].status, KMB_ALLOCATED);
	}
	for (i = 0; i < packets; i++)
		WRITE_ONCE(all[i].status, KMB_FREE);
	ferry_pool_reap(fake->kmb->packets, 10000);
	for (i = 0; i < packets; i++)
		WRITE_ONCE(all[i].status, KMB_FREE);
	ferry_pool_reap(fake->kmb->packets, 10000);
	expect_all_free(test, fake);
}

struct blocked_sender {
	struct ferry_ep *ep;
	int ret;
	unsigned int done;
};

static int blocked_sender(void *arg)
{
	struct blocked_sender *s = arg;

	s->ret = ferry_send_timeout(s->ep, NULL, 0, 60000);
	count_to(&s->done, 1);
	while (!kthread_should_stop())
		usleep_range(500, 1000);
	return 0;
}

/* The packet of a buffer, as the VPU sees it; checked but for its address. */
static struct kmb_packet *expect_packet(struct kunit *test, struct fake_vpu *fake, u64 addr,
					u32 size)
{
	struct kmb_packet *packet;
	u32 entry = fake_pop(fake);

	KUNIT_ASSERT_NE(test, entry, 0);
	packet = fake_cpu_packet(fake, entry);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->data_addr), addr);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->data_size), size);
	KUNIT_EXPECT_EQ(test, packet->status, KMB_ALLOCATED);
	return packet;
}

static void a_buffer_is_sent_as_it_is(struct kunit *test)
{
	static const size_t sizes[] = { 1, 256, 257, 65536 };
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct ferry_ep *ep = fake_open(test, fake, 10, NULL);
	struct kmb_packet *packet;
	struct ferry_buf *buf;
	unsigned int i;

	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_alloc(ep, 65537), ERR_PTR(-EMSGSIZE));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		buf = ferry_buf_alloc(ep, sizes[i]);
		KUNIT_ASSERT_FALSE(test, IS_ERR(buf));
		memset(buf->vaddr, 0xa5, sizes[i]);
		ferry_buf_get(buf);
		KUNIT_ASSERT_EQ(test, ferry_send_buf(ep, buf, sizes[i]), 0);
		packet = expect_packet(test, fake, buf->remote, sizes[i]);
		KUNIT_EXPECT_PTR_EQ(test, ferry_region_to_cpu(fake->cpu_region, buf->remote,
							      sizes[i]), buf->vaddr);
		KUNIT_EXPECT_EQ(test, ferry_trysend_buf(ep, buf, 1), -EBUSY);
		/* Nobody but us would look at the mark. */
		WRITE_ONCE(packet->status, KMB_FREE);
		KUNIT_EXPECT_EQ(test, ferry_trysend_buf(ep, buf, 1), 0);
		WRITE_ONCE(expect_packet(test, fake, buf->remote, 1)->status, KMB_FREE);
		ferry_pool_reap(fake->kmb->packets, 1000);
	}
	expect_all_free(test, fake);
}

static void a_buffer_of_no_bytes_is_no_address(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct ferry_ep *ep = fake_open(test, fake, KMB_BOOT_CHANNEL, NULL);
	struct ferry_buf *buf = ferry_buf_alloc(ep, 1);

	KUNIT_ASSERT_FALSE(test, IS_ERR(buf));
	KUNIT_ASSERT_EQ(test, ferry_send_buf(ep, buf, 0), 0);
	WRITE_ONCE(expect_packet(test, fake, 0, 0)->status, KMB_FREE);
	ferry_pool_reap(fake->kmb->packets, 1000);
	expect_all_free(test, fake);
}

static void a_lost_push_leaves_the_buffer_with_the_client(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, 1, REGION_SIZE);
	struct ferry_ep *ep = fake_open(test, fake, 10, NULL);
	struct ferry_buf *buf = ferry_buf_alloc(ep, 100);

	KUNIT_ASSERT_FALSE(test, IS_ERR(buf));
	while (!ferry_trysend(ep, NULL, 0))
		;
	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(ep, buf, 100), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_send_buf_timeout(ep, buf, 100, 20), -ETIMEDOUT);
	fake_take_all(fake);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(ep, buf, 100), 0);
	fake_take_all(fake);
	ferry_pool_reap(fake->kmb->packets, 1000);
	expect_all_free(test, fake);
}

/* A crash with buffers at the VPU, and with the client: each comes back to its owner. */
static void a_restart_gives_lent_buffers_back(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep = fake_open(test, fake, 10, seen);
	struct ferry_buf *sent = ferry_buf_alloc(ep, 4096);
	struct ferry_buf *kept = ferry_buf_alloc(ep, 4096);

	KUNIT_ASSERT_FALSE(test, IS_ERR(sent) || IS_ERR(kept));
	memset(kept->vaddr, 0x77, 4096);
	KUNIT_ASSERT_EQ(test, ferry_send_buf(ep, sent, 4096), 0);
	ferry_link_crash(fake->link, "test");
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(seen->event) == FERRY_EVENT_CRASHED));
	KUNIT_EXPECT_EQ(test, ferry_send_buf(ep, kept, 4096), -ENOLINK);
	fake_take_all(fake);
	KUNIT_ASSERT_EQ(test, ferry_link_start(fake->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(ep, kept, 4096), 0);
	expect_packet(test, fake, kept->remote, 4096);
	KUNIT_EXPECT_EQ(test, *((u8 *)kept->vaddr + 4095), 0x77);
	KUNIT_ASSERT_EQ(test, ferry_link_stop(fake->link), 0);
	expect_all_free(test, fake);
}

static void senders_that_wait_learn_of_the_end(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, 4, REGION_SIZE);
	struct blocked_sender s = { .ep = fake_open(test, fake, 3, NULL) };
	struct task_struct *task;
	bool crash;
	int i;

	for (i = 0; i < 2; i++) {
		crash = i;
		s.done = 0;
		while (!ferry_trysend(s.ep, NULL, 0))
			;
		task = kthread_run(blocked_sender, &s, "ferry-blocked");
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		usleep_range(20000, 21000);
		KUNIT_EXPECT_FALSE(test, READ_ONCE(s.done));
		if (crash)
			ferry_link_crash(fake->link, "test");
		else
			KUNIT_EXPECT_EQ(test, ferry_link_stop(fake->link), 0);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&s.done)));
		kthread_stop(task);
		KUNIT_EXPECT_EQ(test, s.ret, -ENOLINK);
		fake_take_all(fake);
		KUNIT_EXPECT_EQ(test, ferry_link_start(fake->link), 0);
		expect_all_free(test, fake);
	}
}

static void a_port_that_goes_crashes_the_link(struct kunit *test)
{
	struct fake_vpu *fake = fake_make(test, FIFO_DEPTH, REGION_SIZE, REGION_SIZE);
	struct ferry_port *tx, *rx;
	struct ferry_ep *ep;

	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 4, sizeof(u32), &tx, &rx), 0);
	fake->tx = tx;
	fake_link(test, fake, false);
	ep = fake_open(test, fake, 3, NULL);
	KUNIT_ASSERT_EQ(test, ferry_link_start(fake->link), 0);
	ferry_port_kill(tx);
	KUNIT_EXPECT_LT(test, ferry_trysend(ep, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_state(fake->link), FERRY_STATE_CRASHED);
	KUNIT_EXPECT_EQ(test, ferry_link_start(fake->link), -EPIPE);
	ferry_port_kill(rx);
}

static void create_refuses_what_cannot_work(struct kunit *test)
{
	struct fake_vpu *fake = fake_make(test, 4, SZ_4K, SZ_4K);
	struct ferry_kmb_cfg good = fake_cfg(fake), cfg;

	cfg = good;
	cfg.name = NULL;
	KUNIT_EXPECT_PTR_EQ(test, ferry_kmb_create(NULL, &cfg), ERR_PTR(-EINVAL));
	cfg = good;
	cfg.tx = good.rx;
	KUNIT_EXPECT_PTR_EQ(test, ferry_kmb_create(NULL, &cfg), ERR_PTR(-EINVAL));
	cfg = good;
	cfg.rx = NULL;
	KUNIT_EXPECT_PTR_EQ(test, ferry_kmb_create(NULL, &cfg), ERR_PTR(-EINVAL));
	cfg = good;
	cfg.rx_region = fake_region(test, fake->vpu, VPU_BASE + 32, SZ_1K);
	KUNIT_EXPECT_PTR_EQ(test, ferry_kmb_create(NULL, &cfg), ERR_PTR(-EINVAL));
	cfg.rx_region = fake_region(test, fake->vpu, VPU_BASE, 63);
	KUNIT_EXPECT_PTR_EQ(test, ferry_kmb_create(NULL, &cfg), ERR_PTR(-EINVAL));
	cfg.rx_region = fake_region(test, fake->vpu, CPU_BASE + SZ_2K, SZ_4K);
	KUNIT_EXPECT_PTR_EQ(test, ferry_kmb_create(NULL, &cfg), ERR_PTR(-EEXIST));
	/* Beyond 4 GiB, and, as in the original, up to its very end. */
	cfg.rx_region = fake_region(test, fake->vpu, BIT_ULL(32), SZ_4K);
	KUNIT_EXPECT_PTR_EQ(test, ferry_kmb_create(NULL, &cfg), ERR_PTR(-ERANGE));
	cfg.rx_region = fake_region(test, fake->vpu, BIT_ULL(32) - SZ_4K, SZ_4K);
	KUNIT_EXPECT_PTR_EQ(test, ferry_kmb_create(NULL, &cfg), ERR_PTR(-ERANGE));
	cfg = good;
	cfg.tx_region = fake_region(test, fake->cpu, CPU_BASE, SZ_1K);
	KUNIT_EXPECT_PTR_EQ(test, ferry_kmb_create(NULL, &cfg), ERR_PTR(-ENOMEM));
}

static int create_attempt(void *cfg)
{
	struct ferry_kmb *kmb = ferry_kmb_create(NULL, cfg);

	if (IS_ERR(kmb))
		return PTR_ERR(kmb);
	ferry_kmb_destroy(kmb);
	return 0;
}

static void failed_allocation_leaves_nothing(struct kunit *test)
{
	struct fake_vpu *fake = fake_make(test, 4, SZ_64K, SZ_64K);
	struct ferry_kmb_cfg cfg = fake_cfg(fake);

	ferry_each_alloc_fails(test, create_attempt, &cfg);
}

static struct kunit_case tx_cases[] = {
	KUNIT_CASE_PARAM(packet_is_as_specified, tx_vector_gen_params),
	KUNIT_CASE(sixth_message_is_packet_five),
	KUNIT_CASE(no_bytes_need_no_payload),
	KUNIT_CASE(mtu_is_the_biggest_buffer),
	KUNIT_CASE(numbers_beyond_1023_and_names_are_no_channels),
	KUNIT_CASE(marked_packets_and_their_payload_are_used_again),
	KUNIT_CASE(a_lost_push_loses_nothing),
	KUNIT_CASE(a_vpu_that_frees_nothing_stops_senders_until_restart),
	KUNIT_CASE(general_messages_leave_a_reserve),
	KUNIT_CASE(a_waiter_is_told_of_silent_room),
	KUNIT_CASE(marks_of_packets_that_were_not_sent_change_nothing),
	KUNIT_CASE(a_buffer_is_sent_as_it_is),
	KUNIT_CASE(a_buffer_of_no_bytes_is_no_address),
	KUNIT_CASE(a_lost_push_leaves_the_buffer_with_the_client),
	KUNIT_CASE(a_restart_gives_lent_buffers_back),
	KUNIT_CASE(senders_that_wait_learn_of_the_end),
	KUNIT_CASE(a_port_that_goes_crashes_the_link),
	KUNIT_CASE(create_refuses_what_cannot_work),
	KUNIT_CASE(failed_allocation_leaves_nothing),
	{}
};

static struct kunit_suite tx_suite = {
	.name = "ferry_keembay_tx",
	.test_cases = tx_cases,
};

kunit_test_suite(tx_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Keem Bay, sending");
