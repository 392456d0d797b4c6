// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ, byte by byte: slot zero, headers and handshakes, against a VPU that the test plays.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define SERVICES	6	/* the last of them has port 5, as in the vectors */
#define VPU_PORT	0x42

/* The next message of the host is these bytes, padding left out. */
static void hears_bytes(struct vrig *rig, const u8 *bytes, u32 len)
{
	u32 msgid = 0, size = 0;
	const void *payload = vrig_hears(rig, &msgid, &size);

	KUNIT_ASSERT_NOT_NULL(rig->test, payload);
	KUNIT_EXPECT_EQ(rig->test, size, len - 8);
	KUNIT_EXPECT_MEMEQ(rig->test, payload - 8, bytes, len);
}

static void skip_connect(struct vrig *rig)
{
	static const u8 connect[] = { 0, 0, 0, 1, 0, 0, 0, 0 };

	hears_bytes(rig, connect, sizeof(connect));
}

/* A client whose ports are those of the vectors. */
static struct fake_client *port_five(struct vrig *rig)
{
	static const char * const names[SERVICES] = {
		"AAAA", "BBBB", "CCCC", "DDDD", "EEEE", "SMEM"
	};
	struct fake_client *c = NULL;
	unsigned int i;
	u16 port;

	for (i = 0; i < SERVICES; i++) {
		c = vrig_hand_open(rig, names[i], VPU_PORT + i - 5, &port);
		KUNIT_EXPECT_EQ(rig->test, port, i);
	}
	return c;
}

/* Vector 7, and the rest of what the host writes. */
static void slot_zero_is_these_bytes(struct kunit *test)
{
	static const u8 first[] = {
		0x49, 0x48, 0x43, 0x56, 0x08, 0x00, 0x03, 0x00,
		0x08, 0x05, 0x00, 0x00, 0x00, 0x10, 0x00, 0x00,
		0x80, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00,
		0x00, 0x10, 0x04, 0xde, 0x40, 0x00, 0x00, 0x00,
	};
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	const __le32 *word = rig->mem;
	unsigned int i;

	KUNIT_EXPECT_MEMEQ(test, rig->mem, first, sizeof(first));
	/* The master: slots 2 to 32, synchronous 1. */
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word[0x24 / 4]), 2);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word[0x28 / 4]), 32);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word[0x2c / 4]), 1);
	/* The slave: slots 34 to 64, synchronous 33. */
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word[0x194 / 4]), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word[0x198 / 4]), 34);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word[0x19c / 4]), 64);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word[0x1a0 / 4]), 33);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word[(0x194 + 0x2c) / 4]), 31);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word[(0x194 + 0x40) / 4]), 1);
	for (i = 0; i < 31; i++)
		KUNIT_EXPECT_EQ(test, le32_to_cpu(word[(0x194 + 0x48) / 4 + i]), 34 + i);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(word[(0x194 + 0x148) / 4]), 11);
	/* Counts of slots are private. */
	for (i = 0; i < 128; i++)
		KUNIT_EXPECT_EQ(test, le32_to_cpu(word[0x308 / 4 + i]), 0);
	skip_connect(rig);
}

struct opening {
	struct vrig *rig;
	struct fake_client *c;
};

static int open_smem(void *arg)
{
	struct opening *o = arg;

	return vrig_open(o->rig, o->c, "SMEM", 0);
}

/* Vector 2. */
static void open_and_close_are_these_bytes(struct kunit *test)
{
	static const u8 open[] = {
		0x00, 0x00, 0x00, 0x02, 0x0c, 0x00, 0x00, 0x00,
		0x4d, 0x45, 0x4d, 0x53, 0, 0, 0, 0, 0x01, 0x00, 0x00, 0x00,
	};
	static const u8 ack[] = { 0x00, 0x20, 0x04, 0x03, 0x02, 0, 0, 0, 0x01, 0x00 };
	static const u8 close[] = { 0x42, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00 };
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct opening o = { .rig = rig, .c = fake_client(test) };
	u32 msgid = 0, size = 0;
	struct fake_task *t;
	const u8 *payload;

	skip_connect(rig);
	t = fake_run(test, open_smem, &o);
	payload = vrig_hears(rig, &msgid, &size);
	KUNIT_ASSERT_NOT_NULL(test, payload);
	KUNIT_EXPECT_EQ(test, size, sizeof(open) - 8);
	KUNIT_EXPECT_MEMEQ(test, payload - 8, open, 12);
	/* In between there is the process. */
	KUNIT_EXPECT_MEMEQ(test, payload + 8, open + 16, 4);
	/* The header of the vector, without its ports. */
	vrig_say(rig, get_unaligned_le32(ack), ack + 8, 2);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_peer_version(rig->link, "SMEM"), 1);
	fake_close(o.c);
	hears_bytes(rig, close, sizeof(close));
}

/* Vectors 2, 3 and 5, with port 5. */
static void data_is_these_bytes(struct kunit *test)
{
	static const u8 version[] = {
		0x42, 0x50, 0x00, 0x05, 0x0c, 0x00, 0x00, 0x00,
		0x09, 0, 0, 0, 0x01, 0, 0, 0, 0x02, 0, 0, 0,
	};
	static const u8 event[] = { 0x09, 0x00, 0x00, 0x80, 0, 0, 0, 0 };
	static const u8 free[] = {
		0x42, 0x50, 0x00, 0x05, 0x10, 0x00, 0x00, 0x00,
		0x04, 0, 0, 0, 0x03, 0, 0, 0, 0x11, 0, 0, 0x80, 0, 0, 0, 0,
	};
	static const u8 close[] = { 0x42, 0x50, 0x00, 0x04, 0, 0, 0, 0 };
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_client *c = port_five(rig);

	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, version + 8, sizeof(version) - 8), 0);
	hears_bytes(rig, version, sizeof(version));
	vrig_say(rig, 0x05042005, event, sizeof(event));
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(c, 1));
	KUNIT_EXPECT_EQ(test, c->seq[0], 0x80000009);
	KUNIT_EXPECT_EQ(test, c->len[0], 8);
	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, free + 8, sizeof(free) - 8), 0);
	hears_bytes(rig, free, sizeof(free));
	fake_close(c);
	hears_bytes(rig, close, sizeof(close));
}

/* No message crosses a slot: the rest is one padding of the right length. */
static void slot_is_filled_with_padding(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	u8 *msg = kunit_kzalloc(test, FERRY_VCHIQ_MTU, GFP_KERNEL);
	u32 pos, slot, msgid = 0, size = 0;
	const struct vchiq_header *h;
	struct fake_client *c;
	u16 port;

	KUNIT_ASSERT_NOT_NULL(test, msg);
	c = vrig_hand_open(rig, "SMEM", VPU_PORT, &port);
	pos = rig->rx_pos;
	slot = le32_to_cpu(rig->zero->slave.slot_queue[0]);
	KUNIT_EXPECT_EQ(test, ferry_send(c->ep, msg, FERRY_VCHIQ_MTU), 0);
	h = rig->mem + slot * 4096 + pos;
	KUNIT_ASSERT_NOT_NULL(test, vrig_hears(rig, &msgid, &size));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(h->msgid), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(h->size), 4096 - pos - 8);
	KUNIT_EXPECT_EQ(test, msgid, VRIG_ID(DATA, port, VPU_PORT));
	KUNIT_EXPECT_EQ(test, size, FERRY_VCHIQ_MTU);
	KUNIT_EXPECT_EQ(test, rig->rx_pos, 8192);
}

/* Who is in front of the other does not matter; CONNECT again changes nothing. */
static void connects_once(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct ferry_stats stats;
	struct fake_client *c;
	u16 port;

	vrig_say(rig, VRIG_ID(CONNECT, 0, 0), NULL, 0);
	vrig_say(rig, VRIG_ID(CONNECT, 7, 9), "what?", 5);
	c = vrig_hand_open(rig, "SMEM", VPU_PORT, &port);
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), 0);
	ferry_link_stats(rig->link, &stats);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_BAD_HEADER], 2);
	VRIG_EXPECT_STATE(rig, RUNNING);
}

/* USE is answered, as often as it comes; RELEASE undoes it. */
static void use_is_answered(struct kunit *test)
{
	static const u8 active[] = { 0, 0, 0, 14, 0, 0, 0, 0 };
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct ferry_stats stats;
	struct fake_client *c;
	unsigned int i;
	u16 port;

	skip_connect(rig);
	for (i = 0; i < 3; i++) {
		vrig_say(rig, VRIG_ID(REMOTE_USE, 0, 0), NULL, 0);
		hears_bytes(rig, active, sizeof(active));
	}
	for (i = 0; i < 4; i++)
		vrig_say(rig, VRIG_ID(REMOTE_RELEASE, 0, 0), NULL, 0);
	c = vrig_hand_open(rig, "SMEM", VPU_PORT, &port);
	KUNIT_EXPECT_EQ(test, fake_send(c, 1), 0);
	ferry_link_stats(rig->link, &stats);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_BAD_HEADER], 1);
}

/* Nothing is sent between the answer to PAUSE and RESUME. */
static void pause_is_kept(struct kunit *test)
{
	static const u8 pause[] = { 0, 0, 0, 10, 0, 0, 0, 0 };
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct fake_sender *s;
	struct fake_client *c;
	u32 msgid = 0, size = 0, pos;
	u16 port;

	c = vrig_hand_open(rig, "SMEM", VPU_PORT, &port);
	vrig_say(rig, VRIG_ID(RESUME, 0, 0), NULL, 0);	/* of nothing */
	vrig_say(rig, VRIG_ID(PAUSE, 0, 0), NULL, 0);
	hears_bytes(rig, pause, sizeof(pause));
	vrig_say(rig, VRIG_ID(PAUSE, 0, 0), NULL, 0);	/* is not answered */
	pos = le32_to_cpu(rig->zero->slave.tx_pos);
	KUNIT_EXPECT_EQ(test, fake_trysend(c, 1), -EAGAIN);
	s = fake_sender(test, c, 2, 4, VRIG_WAIT_MS);
	vrig_say(rig, VRIG_ID(REMOTE_USE, 0, 0), NULL, 0);
	fake_settle();
	KUNIT_EXPECT_EQ(test, le32_to_cpu(rig->zero->slave.tx_pos), pos);
	vrig_say(rig, VRIG_ID(RESUME, 0, 0), NULL, 0);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), 0);
	/* Answers come first. */
	KUNIT_ASSERT_NOT_NULL(test, vrig_hears(rig, &msgid, &size));
	KUNIT_EXPECT_EQ(test, msgid, VRIG_ID(REMOTE_USE_ACTIVE, 0, 0));
	KUNIT_ASSERT_NOT_NULL(test, vrig_hears(rig, &msgid, &size));
	KUNIT_EXPECT_EQ(test, msgid, VRIG_ID(DATA, port, VPU_PORT));
	KUNIT_EXPECT_EQ(test, c->tx_ready, 1);
}

/* There is no service of ours that it could open. */
static void vpu_can_open_nothing(struct kunit *test)
{
	static const u8 refusal[] = { 0x77, 0, 0, 4, 0, 0, 0, 0 };
	static const u8 open[] = { 'M', 'E', 'M', 'S', 1, 0, 0, 0, 1, 0, 0, 0 };
	struct vrig *rig = vrig_create(test, VRIG_HAND);

	skip_connect(rig);
	vrig_say(rig, VRIG_ID(OPEN, 0x76, 0), open, 11);	/* too short for an answer */
	vrig_say(rig, VRIG_ID(OPEN, 0x77, 0), open, 12);
	hears_bytes(rig, refusal, sizeof(refusal));
}

/* A message in the synchronous slot is let go of. */
static void synchronous_slot_is_released(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_HAND);
	struct vchiq_header *h = rig->mem + 4096;

	h->size = cpu_to_le32(4);
	/* Pairs with the driver's barrier. */
	smp_store_release(&h->msgid, cpu_to_le32(VRIG_ID(DATA, 1, 2)));
	WRITE_ONCE(rig->zero->slave.sync_trigger.fired, cpu_to_le32(1));
	vrig_rings(rig);
	FERRY_WAIT(READ_ONCE(rig->zero->master.sync_release.fired));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(rig->zero->master.sync_release.fired), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(READ_ONCE(h->msgid)), 0);
}

static struct kunit_case vchiq_wire_cases[] = {
	KUNIT_CASE(slot_zero_is_these_bytes),
	KUNIT_CASE(open_and_close_are_these_bytes),
	KUNIT_CASE(data_is_these_bytes),
	KUNIT_CASE(slot_is_filled_with_padding),
	KUNIT_CASE(connects_once),
	KUNIT_CASE(use_is_answered),
	KUNIT_CASE(pause_is_kept),
	KUNIT_CASE(vpu_can_open_nothing),
	KUNIT_CASE(synchronous_slot_is_released),
	{}
};

static struct kunit_suite vchiq_wire_suite = {
	.name = "ferry_vchiq_wire",
	.test_cases = vchiq_wire_cases,
};
kunit_test_suite(vchiq_wire_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of VCHIQ, byte by byte");
MODULE_LICENSE("GPL");
