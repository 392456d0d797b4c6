// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: what is received, and what a hostile VPU can try.
 */
#include <kunit/test.h>
#include <linux/ktime.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "fake_vpu.h"

#define PAYLOAD		(VPU_BASE + SZ_1M)

static u8 *payload(struct fake_vpu *fake)
{
	return fake->vpu + SZ_1M;
}

/* The packets of the specification, as the CPU reads them. */
static const struct rx_vector {
	const char *name;
	u8 bytes[KMB_HEAD_SIZE];
	int drop;
	struct kmb_head head;
} rx_vectors[] = {
	{
		"ready message",
		{ 0x54, 0x4f, 0x4f, 0x42, 0, 0, 0, 0, 0x0a, 0, 1, 0, 1, 0, 0, 0 },
		-1, { .addr = KMB_BOOT_READY, .size = 0, .channel = 10 },
	},
	{
		"channel 1023, 0x1f4000 bytes",
		{ 0x00, 0x01, 0x00, 0x84, 0x00, 0x40, 0x1f, 0x00, 0xff, 0x03, 1, 0, 1, 0, 0, 0 },
		-1, { .addr = 0x84000100, .size = 0x1f4000, .channel = 1023 },
	},
	{
		"to node 7",
		{ 0x40, 0x10, 0x00, 0x82, 0x30, 0, 0, 0, 0x0a, 0, 1, 7, 1, 0, 0, 0 },
		FERRY_DROP_BAD_HEADER,
	},
	{
		"from the CPU",
		{ 0x40, 0x10, 0x00, 0x82, 0x30, 0, 0, 0, 0x0a, 0, 0, 0, 1, 0, 0, 0 },
		FERRY_DROP_BAD_HEADER,
	},
	{
		"channel 1024",
		{ 0x40, 0x10, 0x00, 0x82, 0x30, 0, 0, 0, 0x00, 4, 1, 0, 1, 0, 0, 0 },
		FERRY_DROP_NO_CHANNEL,
	},
	{
		"channel 65535",
		{ 0x40, 0x10, 0x00, 0x82, 0x30, 0, 0, 0, 0xff, 0xff, 1, 0, 1, 0, 0, 0 },
		FERRY_DROP_NO_CHANNEL,
	},
	{
		"free",
		{ 0x40, 0x10, 0x00, 0x82, 0x30, 0, 0, 0, 0x0a, 0, 1, 0, 0, 0, 0, 0 },
		FERRY_DROP_STALE,
	},
	{
		"status 2",
		{ 0x40, 0x10, 0x00, 0x82, 0x30, 0, 0, 0, 0x0a, 0, 1, 0, 2, 0, 0, 0 },
		FERRY_DROP_BAD_HEADER,
	},
	{
		"bytes that mean nothing",
		{ 0x00, 0x01, 0x00, 0x84, 0x40, 0, 0, 0, 0x05, 0, 1, 0, 1, 0xff, 0xff, 0xff },
		-1, { .addr = 0x84000100, .size = 64, .channel = 5 },
	},
};

static void rx_vector_desc(const struct rx_vector *v, char *desc)
{
	strscpy(desc, v->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rx_vector, rx_vectors, rx_vector_desc);

static void packet_is_read_as_specified(struct kunit *test)
{
	const struct rx_vector *v = test->param_value;
	struct kmb_packet packet = {}, copy;
	struct kmb_head head = {};

	memcpy(&packet, v->bytes, sizeof(v->bytes));
	kmb_packet_read(&packet, &copy);
	KUNIT_ASSERT_EQ(test, kmb_packet_parse(&copy, &head), v->drop);
	if (v->drop >= 0)
		return;
	KUNIT_EXPECT_EQ(test, head.addr, v->head.addr);
	KUNIT_EXPECT_EQ(test, head.size, v->head.size);
	KUNIT_EXPECT_EQ(test, head.channel, v->head.channel);
}

/* Each of them in a running link: dropped with its reason, and freed, or not. */
static void bad_packets_are_dropped_and_freed(struct kunit *test)
{
	const struct rx_vector *v = test->param_value;
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, SZ_64K);
	struct kmb_packet *p = fake_vpu_packet(fake, 9);
	enum ferry_drop why = v->drop;

	if (v->drop < 0)
		why = FERRY_DROP_NOT_OPEN;
	memcpy(p, v->bytes, sizeof(v->bytes));
	fake_announce(test, fake, 9);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_drops(fake, why) == 1));
	KUNIT_EXPECT_EQ(test, p->status, KMB_FREE);
	KUNIT_EXPECT_EQ(test, memcmp(p, v->bytes, 12), 0);
}

static void messages_arrive_in_order_and_are_freed(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, SZ_64K);
	struct seen *seen = fake_seen(test);
	unsigned int i;

	fake_open(test, fake, 1023, seen);
	for (i = 0; i < 100; i++) {
		payload(fake)[i * 64] = i;
		fake_send(test, fake, i, 1023, PAYLOAD + i * 64, i);
	}
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 100));
	for (i = 0; i < 100; i++) {
		KUNIT_EXPECT_EQ(test, seen->len[i], i);
		KUNIT_EXPECT_EQ(test, seen->first[i], i);
		KUNIT_EXPECT_EQ(test, fake_vpu_packet(fake, i)->status, KMB_FREE);
	}
}

static void biggest_message_arrives(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct seen *seen = fake_seen(test);

	fake_open(test, fake, 0, seen);
	/* The very end of the region; any alignment will do. */
	fake_send(test, fake, 0, 0, VPU_BASE + REGION_SIZE - 65536, 65536);
	fake_send(test, fake, 1, 0, VPU_BASE + REGION_SIZE - 1, 1);
	fake_send(test, fake, 2, 0, VPU_BASE, 3);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 3));
	KUNIT_EXPECT_EQ(test, seen->len[0], 65536);
	KUNIT_EXPECT_EQ(test, seen->len[1], 1);
	KUNIT_EXPECT_EQ(test, seen->len[2], 3);
}

static const struct rx_payload {
	const char *name;
	u32 addr;
	u32 size;
	enum ferry_drop why;
} rx_payloads[] = {
	{ "address 0", 0, 1, FERRY_DROP_BAD_ADDRESS },
	{ "byte before", VPU_BASE - 1, 1, FERRY_DROP_BAD_ADDRESS },
	{ "begins before", VPU_BASE - 1, 64, FERRY_DROP_BAD_ADDRESS },
	{ "byte behind", VPU_BASE + REGION_SIZE, 1, FERRY_DROP_BAD_ADDRESS },
	{ "ends behind", VPU_BASE + REGION_SIZE - 63, 64, FERRY_DROP_BAD_ADDRESS },
	{ "our own region", CPU_BASE, 64, FERRY_DROP_BAD_ADDRESS },
	{ "wraps at 4 GiB", U32_MAX, 65536, FERRY_DROP_BAD_ADDRESS },
	{ "one more than the MTU", VPU_BASE, 65537, FERRY_DROP_BAD_LENGTH },
	{ "known answer 3", VPU_BASE + 0x100, 0x1f4000, FERRY_DROP_BAD_LENGTH },
	{ "4 GiB less one", VPU_BASE, U32_MAX, FERRY_DROP_BAD_ADDRESS },
	{ "negative", VPU_BASE, 0x80000000, FERRY_DROP_BAD_ADDRESS },
};

static void rx_payload_desc(const struct rx_payload *p, char *desc)
{
	strscpy(desc, p->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rx_payload, rx_payloads, rx_payload_desc);

static void bad_payload_is_dropped_and_freed(struct kunit *test)
{
	const struct rx_payload *bad = test->param_value;
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct seen *seen = fake_seen(test);
	struct kmb_packet *p;

	fake_open(test, fake, 12, seen);
	p = fake_send(test, fake, 3, 12, bad->addr, bad->size);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_drops(fake, bad->why) == 1));
	KUNIT_EXPECT_EQ(test, p->status, KMB_FREE);
	KUNIT_EXPECT_EQ(test, seen->nr, 0);
}

static int take_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len, void *priv)
{
	struct seen *seen = priv;

	seen->len[0] = len;
	seen->first[0] = *(u8 *)buf->vaddr;
	ferry_buf_put(buf);
	count_to(&seen->nr, seen->nr + 1);
	return 0;
}

/* Known answer 3, to a client that takes the memory itself. */
static void a_buffer_may_be_longer_than_the_mtu(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, REGION_SIZE);
	struct seen *seen = fake_seen(test);
	struct ferry_ep_cfg cfg = { .rx = seen_rx, .rx_buf = take_buf, .priv = seen };
	struct kmb_packet *p;

	fake_open_cfg(test, fake, 1023, &cfg);
	fake->vpu[0x100] = 0x5a;
	p = fake_send(test, fake, 0, 1023, VPU_BASE + 0x100, 0x1f4000);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 1));
	KUNIT_EXPECT_EQ(test, seen->len[0], 0x1f4000);
	KUNIT_EXPECT_EQ(test, seen->first[0], 0x5a);
	KUNIT_EXPECT_EQ(test, p->status, KMB_FREE);
}

static void entries_that_are_no_packet_are_dropped(struct kunit *test)
{
	/* The last packet is not whole: 32 bytes are missing. */
	struct fake_vpu *fake = fake_make(test, FIFO_DEPTH, SZ_64K, SZ_64K - 32);
	static const u32 entries[] = {
		0x40, VPU_BASE - 64, VPU_BASE + SZ_64K, VPU_BASE + SZ_64K - 64,
		CPU_BASE, CPU_BASE + 64, 0xffffffff, 0xffffffc0, 0x8000003f,
	};
	u8 *cpu = fake_memory(test, SZ_64K);
	u8 *vpu = fake_memory(test, SZ_64K - 32);
	unsigned int i;

	memset(fake->vpu, 0xa5, SZ_64K - 32);
	fake_link(test, fake, false);
	KUNIT_ASSERT_EQ(test, ferry_link_start(fake->link), 0);
	memcpy(cpu, fake->cpu, SZ_64K);
	memcpy(vpu, fake->vpu, SZ_64K - 32);
	for (i = 0; i < ARRAY_SIZE(entries); i++)
		fake_push(test, fake, entries[i]);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_drops(fake, FERRY_DROP_BAD_ADDRESS) ==
					  ARRAY_SIZE(entries)));
	/* Not a byte was written. */
	KUNIT_EXPECT_EQ(test, memcmp(cpu, fake->cpu, SZ_64K), 0);
	KUNIT_EXPECT_EQ(test, memcmp(vpu, fake->vpu, SZ_64K - 32), 0);
}

static void low_bits_of_an_entry_are_no_address(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, SZ_64K);
	struct seen *seen = fake_seen(test);
	unsigned int i;

	fake_open(test, fake, 3, seen);
	for (i = 0; i < 64; i++) {
		fake_fill(fake, i, 3, PAYLOAD, 5);
		fake_push(test, fake, VPU_BASE + i * 64 + i);
	}
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 64));
}

static void words_of_another_size_are_dropped(struct kunit *test)
{
	struct fake_vpu *fake = fake_make(test, FIFO_DEPTH, SZ_64K, REGION_SIZE);
	struct ferry_port *tx, *rx;
	u64 word = VPU_BASE;

	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 8, sizeof(word), &tx, &rx), 0);
	ferry_defer(test, fake_kill, tx);
	ferry_defer(test, fake_kill, rx);
	fake->rx = rx;
	fake_link(test, fake, false);
	KUNIT_ASSERT_EQ(test, ferry_link_start(fake->link), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(tx, &fake_user, fake), 0);
	ferry_defer(test, fake_stop, tx);
	KUNIT_EXPECT_EQ(test, ferry_port_send(tx, &word, 8, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(tx, &word, 2, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_drops(fake, FERRY_DROP_BAD_HEADER) == 2));
	KUNIT_EXPECT_EQ(test, ferry_link_state(fake->link), FERRY_STATE_RUNNING);
}

static void a_packet_is_held_until_the_client_is_done(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, SZ_64K);
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep = fake_open(test, fake, 3, seen);
	struct kmb_packet *first, *second;

	seen->answer = -EAGAIN;
	first = fake_send(test, fake, 0, 3, PAYLOAD, 64);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(seen->offered) == 1));
	/* The first was copied to be offered again, the second still lies there. */
	second = fake_send(test, fake, 1, 3, PAYLOAD + 64, 64);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_loan_held(fake->kmb->loans, 1)));
	KUNIT_EXPECT_EQ(test, READ_ONCE(first->status), KMB_FREE);
	KUNIT_EXPECT_EQ(test, READ_ONCE(second->status), KMB_ALLOCATED);

	/* Announced again, and changed: dropped, and still not freed. */
	second->channel = cpu_to_le16(0xffff);
	fake_announce(test, fake, 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_drops(fake, FERRY_DROP_STALE) == 1));
	KUNIT_EXPECT_EQ(test, READ_ONCE(second->status), KMB_ALLOCATED);

	WRITE_ONCE(seen->answer, 0);
	ferry_resume(ep);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 2));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(second->status) == KMB_FREE));
	KUNIT_EXPECT_EQ(test, seen->len[1], 64);
}

static void a_flooded_channel_drops_the_newest(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, SZ_64K);
	struct seen *seen = fake_seen(test), *other = fake_seen(test);
	struct ferry_ep_cfg cfg = { .rx = seen_rx, .priv = seen, .depth = 8 };
	struct ferry_ep *ep = fake_open_cfg(test, fake, 20, &cfg);
	unsigned int i, held = 0;

	fake_open(test, fake, 21, other);
	seen->answer = -EAGAIN;
	for (i = 0; i < 100; i++)
		fake_send(test, fake, i, 20, PAYLOAD + i, 1);
	fake_send(test, fake, 100, 21, PAYLOAD, 1);
	/* Others are served. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&other->nr) == 1));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_drops(fake, FERRY_DROP_QUEUE_FULL) == 100 - 9));
	for (i = 0; i < 100; i++)
		held += READ_ONCE(fake_vpu_packet(fake, i)->status) != KMB_FREE;
	KUNIT_EXPECT_EQ(test, held, 8);
	WRITE_ONCE(seen->answer, 0);
	ferry_resume(ep);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 9));
}

static void held_packets_are_bounded(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, SZ_64K);
	struct seen *seen = fake_seen(test);
	struct ferry_ep_cfg cfg = { .rx = seen_rx, .priv = seen, .depth = 2048 };
	unsigned int i;

	fake_open_cfg(test, fake, 20, &cfg);
	seen->answer = -EAGAIN;
	for (i = 0; i < KMB_RX_LOANS + 50; i++) {
		fake_fill(fake, i, 20, PAYLOAD, 1);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_port_tx_arm(fake->vpu_tx, true)));
		fake_announce(test, fake, i);
	}
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_drops(fake, FERRY_DROP_NO_MEMORY) == 49));
}

static void closing_gives_all_packets_back(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, SZ_64K);
	struct seen *seen = fake_seen(test);
	struct ferry_ep_cfg cfg = { .rx = seen_rx, .priv = seen };
	struct ferry_id id = { .number = 20 };
	struct ferry_ep *ep = ferry_open(fake->link, &id, &cfg);
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(ep));
	seen->answer = -EAGAIN;
	for (i = 0; i < 10; i++)
		fake_send(test, fake, i, 20, PAYLOAD, 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_loan_held(fake->kmb->loans, 9)));
	KUNIT_EXPECT_EQ(test, ferry_close(ep), 0);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, READ_ONCE(fake_vpu_packet(fake, i)->status), KMB_FREE);
	/* And what comes now has no receiver. */
	fake_send(test, fake, 11, 20, PAYLOAD, 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_drops(fake, FERRY_DROP_NOT_OPEN) == 1));
	KUNIT_EXPECT_EQ(test, READ_ONCE(fake_vpu_packet(fake, 11)->status), KMB_FREE);
}

static void packets_of_an_earlier_life_are_not_marked(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, SZ_64K);
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep = fake_open(test, fake, 3, seen);
	struct kmb_packet *p;

	seen->answer = -EAGAIN;
	fake_send(test, fake, 0, 3, PAYLOAD, 1);
	p = fake_send(test, fake, 1, 3, PAYLOAD, 1);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_loan_held(fake->kmb->loans, 1)));
	KUNIT_ASSERT_EQ(test, ferry_link_stop(fake->link), 0);
	/* Pushed while nobody looks: thrown away by the next start. */
	fake_send(test, fake, 2, 3, PAYLOAD, 1);
	KUNIT_ASSERT_EQ(test, ferry_link_start(fake->link), 0);
	WRITE_ONCE(seen->answer, 0);
	ferry_resume(ep);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 2));
	KUNIT_EXPECT_EQ(test, READ_ONCE(p->status), KMB_ALLOCATED);
	/* The same packet, in the new life. */
	fake_send(test, fake, 1, 3, PAYLOAD, 7);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 3));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(p->status) == KMB_FREE));
	KUNIT_EXPECT_EQ(test, seen->nr, 3);
}

static void high_speed_does_not_wait_for_general(struct kunit *test)
{
	struct fake_vpu *fake = fake_up(test, FIFO_DEPTH, SZ_64K);
	struct seen *slow = fake_seen(test), *fast = fake_seen(test);

	fake_open(test, fake, 10, slow);
	fake_open(test, fake, 9, fast);
	slow->answer = -EAGAIN;
	fake_send(test, fake, 0, 10, PAYLOAD, 1);
	fake_send(test, fake, 1, 9, PAYLOAD, 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&fast->nr) == 1));
	KUNIT_EXPECT_EQ(test, slow->nr, 0);
}

static const struct rx_boot {
	const char *name;
	u16 channel;
	u32 addr;
	u32 size;
	int result;
} rx_boots[] = {
	{ "ready", KMB_BOOT_CHANNEL, KMB_BOOT_READY, 0, 0 },
	{ "another word", KMB_BOOT_CHANNEL, KMB_BOOT_STOP, 0, -EPROTO },
	{ "with payload", KMB_BOOT_CHANNEL, KMB_BOOT_READY, 4, -EPROTO },
	{ "on another channel", KMB_BOOT_CHANNEL + 1, KMB_BOOT_READY, 0, -ETIMEDOUT },
};

static void rx_boot_desc(const struct rx_boot *b, char *desc)
{
	strscpy(desc, b->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rx_boot, rx_boots, rx_boot_desc);

/* The VPU speaks when the driver listens: what came before is thrown away. */
struct boot {
	struct hrtimer timer;
	struct fake_vpu *fake;
};

static enum hrtimer_restart boot_timer(struct hrtimer *timer)
{
	struct boot *boot = container_of(timer, struct boot, timer);
	u32 entry = VPU_BASE;

	ferry_port_send(boot->fake->vpu_tx, &entry, sizeof(entry), 0);
	return HRTIMER_NORESTART;
}

static void boot_cancel(void *timer)
{
	hrtimer_cancel(timer);
}

/* Packet 0 is announced soon. */
static void boot_soon(struct kunit *test, struct fake_vpu *fake)
{
	struct boot *boot = kunit_kzalloc(test, sizeof(*boot), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, boot);
	boot->fake = fake;
	ferry_hrtimer_setup(&boot->timer, boot_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	ferry_defer(test, boot_cancel, &boot->timer);
	hrtimer_start(&boot->timer, ms_to_ktime(50), HRTIMER_MODE_REL);
}

static void start_waits_for_the_right_word(struct kunit *test)
{
	struct fake_vpu *fake = fake_make(test, FIFO_DEPTH, SZ_64K, REGION_SIZE);
	const struct rx_boot *b = test->param_value;
	struct kmb_packet *p;
	ktime_t start;
	s64 ms;
	int ret;

	fake_link(test, fake, true);
	p = fake_fill(fake, 0, b->channel, b->addr, b->size);
	boot_soon(test, fake);
	start = ktime_get();
	ret = ferry_link_start(fake->link);
	ms = ktime_ms_delta(ktime_get(), start);

	KUNIT_EXPECT_EQ(test, ret, b->result);
	KUNIT_EXPECT_EQ(test, ferry_link_state(fake->link),
			b->result ? FERRY_STATE_OFFLINE : FERRY_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, READ_ONCE(p->status), KMB_FREE);
	if (b->result == -ETIMEDOUT)
		KUNIT_EXPECT_GE(test, ms, KMB_BOOT_TIMEOUT_MS - 50);
	KUNIT_EXPECT_LT(test, ms, KMB_BOOT_TIMEOUT_MS + 1000);
}

static void ready_once_more_is_ignored(struct kunit *test)
{
	struct fake_vpu *fake = fake_make(test, FIFO_DEPTH, SZ_64K, REGION_SIZE);
	struct seen *seen = fake_seen(test);
	struct kmb_packet *p;

	fake_link(test, fake, true);
	fake_open(test, fake, KMB_BOOT_CHANNEL, seen);
	fake_fill(fake, 0, KMB_BOOT_CHANNEL, KMB_BOOT_READY, 0);
	boot_soon(test, fake);
	KUNIT_EXPECT_EQ(test, ferry_link_start(fake->link), 0);

	p = fake_send(test, fake, 1, KMB_BOOT_CHANNEL, KMB_BOOT_READY, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_drops(fake, FERRY_DROP_STALE) == 1));
	KUNIT_EXPECT_EQ(test, READ_ONCE(p->status), KMB_FREE);
	KUNIT_EXPECT_EQ(test, seen->nr, 0);
	/* The channel belongs to its client now. */
	fake_send(test, fake, 2, KMB_BOOT_CHANNEL, PAYLOAD, 8);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 1));
}

static struct kunit_case rx_cases[] = {
	KUNIT_CASE_PARAM(packet_is_read_as_specified, rx_vector_gen_params),
	KUNIT_CASE_PARAM(bad_packets_are_dropped_and_freed, rx_vector_gen_params),
	KUNIT_CASE(messages_arrive_in_order_and_are_freed),
	KUNIT_CASE(biggest_message_arrives),
	KUNIT_CASE_PARAM(bad_payload_is_dropped_and_freed, rx_payload_gen_params),
	KUNIT_CASE(a_buffer_may_be_longer_than_the_mtu),
	KUNIT_CASE(entries_that_are_no_packet_are_dropped),
	KUNIT_CASE(low_bits_of_an_entry_are_no_address),
	KUNIT_CASE(words_of_another_size_are_dropped),
	KUNIT_CASE(a_packet_is_held_until_the_client_is_done),
	KUNIT_CASE(a_flooded_channel_drops_the_newest),
	KUNIT_CASE(held_packets_are_bounded),
	KUNIT_CASE(closing_gives_all_packets_back),
	KUNIT_CASE(packets_of_an_earlier_life_are_not_marked),
	KUNIT_CASE(high_speed_does_not_wait_for_general),
	KUNIT_CASE_PARAM(start_waits_for_the_right_word, rx_boot_gen_params),
	KUNIT_CASE(ready_once_more_is_ignored),
	{}
};

static struct kunit_suite rx_suite = {
	.name = "ferry_keembay_rx",
	.test_cases = rx_cases,
};

kunit_test_suite(rx_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Keem Bay, receiving");
