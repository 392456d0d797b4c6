// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console of a VM as a channel: bytes on the wire, pieces, and what becomes of them when
 * nobody takes them.
 */
#include <linux/module.h>

#include "rm_rig.h"

FERRY_IMPORT_TEST();

#define BYTES(...)	((const u8 []){ __VA_ARGS__ })
#define LABEL		0x11
#define PIECE		228	/* largest that is written: a packet, without its heads */
#define BACKLOG		4096	/* bytes that wait */
#define GOT_MAX		8192

static const struct ferry_sim_gunyah_rm_thing things[] = {
	{ .from_vm = true, .to_vm = true, .label = LABEL },
	{}
};

struct contest {
	struct kunit *test;
	struct rmrig *r;
	struct ferry_gunyah_vm *vm;
	struct ferry_ep *ep;
	size_t len;
	size_t longest;
	u8 *got;
};

static int con_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct contest *t = priv;

	if (t->len + len <= GOT_MAX)
		memcpy(t->got + t->len, data, len);
	t->longest = max(t->longest, len);
	WRITE_ONCE(t->len, t->len + len);
	return 0;
}

static void con_close(struct contest *t)
{
	if (t->ep)
		ferry_close(t->ep);
	t->ep = NULL;
}

static void con_end(void *arg)
{
	struct contest *t = arg;

	con_close(t);
	if (t->vm)
		ferry_gunyah_vm_destroy(t->vm);
}

static struct contest *con_new(struct kunit *test)
{
	struct contest *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	const struct ferry_gunyah_vm_cfg vm_cfg = { .name = "kunit-con", .console = true };
	struct ferry_gunyah_rm_cfg cfg = {
		.timeout_ms = RM_LONG_MS, .slow_timeout_ms = RM_LONG_MS,
	};
	struct ferry_gunyah_vm *vm;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->got = kunit_kzalloc(test, GOT_MAX, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->got);
	t->r = rmrig_bare(test, things);
	rmrig_use(t->r, cfg);
	ferry_defer(test, con_end, t);
	vm = ferry_gunyah_vm_create(t->r->rm, &vm_cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(vm));
	t->vm = vm;
	return t;
}

static void con_open(struct contest *t)
{
	const struct ferry_id id = { .name = "console" };
	const struct ferry_ep_cfg cfg = { .rx = con_rx, .priv = t };
	struct ferry_ep *ep = ferry_open(ferry_gunyah_vm_link(t->vm), &id, &cfg);

	KUNIT_ASSERT_FALSE(t->test, IS_ERR(ep));
	t->ep = ep;
}

static struct contest *con_running(struct kunit *test)
{
	struct contest *t = con_new(test);

	KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_init(t->vm), 0);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_start(t->vm), 0);
	con_open(t);
	return t;
}

static bool con_has(struct contest *t, size_t len)
{
	return FERRY_WAIT(READ_ONCE(t->len) >= len);
}

/* The newest packet with this message is this one, but for its sequence. */
static void con_expect(struct contest *t, size_t len, const u8 *want)
{
	unsigned long nr = ferry_sim_gunyah_rm_packets(t->r->sim);
	u8 *packet = t->r->packet;
	ssize_t got;

	while (nr) {
		got = ferry_sim_gunyah_rm_seen(t->r->sim, --nr, packet);
		KUNIT_ASSERT_GE(t->test, got, 8);
		if (memcmp(packet + 4, want + 4, 4))
			continue;
		KUNIT_EXPECT_EQ(t->test, got, len);
		KUNIT_EXPECT_MEMEQ(t->test, packet, want, 2);
		KUNIT_EXPECT_MEMEQ(t->test, packet + 4, want + 4, len - 4);
		return;
	}
	KUNIT_FAIL(t->test, "no message %#x", want[4]);
}

static void console_has_these_bytes(struct kunit *test)
{
	struct contest *t = con_running(test);

	con_expect(t, 12, BYTES(0x21, 0x01, 0, 0, 0x81, 0x00, 0x00, 0x56, 0x80, 0, 0, 0));
	KUNIT_EXPECT_EQ(test, ferry_mtu(t->ep), PIECE);
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, "ls\n", 3), 0);
	KUNIT_EXPECT_TRUE(test, con_has(t, 3));
	KUNIT_EXPECT_MEMEQ(test, t->got, "ls\n", 3);
	con_expect(t, 15, BYTES(0x21, 0x01, 0, 0, 0x83, 0x00, 0x00, 0x56, 0x80, 0, 3, 0,
				'l', 's', '\n'));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_console_flush(t->vm), 0);
	con_expect(t, 12, BYTES(0x21, 0x01, 0, 0, 0x84, 0x00, 0x00, 0x56, 0x80, 0, 0, 0));
	con_close(t);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_destroy(t->vm), 0);
	t->vm = NULL;
	con_expect(t, 12, BYTES(0x21, 0x01, 0, 0, 0x82, 0x00, 0x00, 0x56, 0x80, 0, 0, 0));
}

/* One piece is out at a time. */
static void piece_that_is_not_answered_fills_the_channel(struct kunit *test)
{
	struct contest *t = con_running(test);
	u8 *text = kunit_kzalloc(test, PIECE + 1, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < PIECE; i++)
		text[i] = 'a' + i % 26;
	KUNIT_EXPECT_EQ(test, ferry_trysend(t->ep, text, PIECE + 1), -EMSGSIZE);
	ferry_sim_gunyah_rm_stall(t->r->sim, true);
	KUNIT_EXPECT_EQ(test, ferry_trysend(t->ep, text, PIECE), 0);
	KUNIT_EXPECT_EQ(test, ferry_trysend(t->ep, "b", 1), -EAGAIN);
	ferry_sim_gunyah_rm_stall(t->r->sim, false);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(t->ep, "c", 1, RM_WAIT_MS), 0);
	KUNIT_EXPECT_TRUE(test, con_has(t, PIECE + 1));
	KUNIT_EXPECT_MEMEQ(test, t->got, text, PIECE);
	KUNIT_EXPECT_EQ(test, t->got[PIECE], 'c');
}

static void con_note(struct contest *t, u16 vmid, size_t len)
{
	u8 *note = kunit_kzalloc(t->test, 4 + len, GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(t->test, note);
	note[0] = vmid;
	note[2] = len;
	note[3] = len >> 8;
	for (i = 0; i < len; i++)
		note[4 + i] = i * 7 + i / 256;
	ferry_sim_gunyah_rm_note(t->r->sim, RM_NOTE_CONSOLE_CHARS, note, 4 + len);
}

static bool con_got_pattern(const struct contest *t, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (t->got[i] != (u8)(i * 7 + i / 256))
			return false;
	return true;
}

/* More at once than a message of a channel can be. */
static void long_output_comes_in_pieces(struct kunit *test)
{
	struct contest *t = con_running(test);

	con_note(t, 0x80, 3000);
	KUNIT_EXPECT_TRUE(test, con_has(t, 3000));
	KUNIT_EXPECT_TRUE(test, con_got_pattern(t, 3000));
	KUNIT_EXPECT_LE(test, t->longest, 1023);
	con_note(t, 0x80, 0);
	rmrig_lives(t->r);
	KUNIT_EXPECT_EQ(test, t->len, 3000);
}

static void output_of_another_vm_is_none(struct kunit *test)
{
	struct contest *t = con_running(test);
	u64 notes = rmrig_stats(t->r).notes;

	con_note(t, 0x81, 5);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(rmrig_stats(t->r).notes == notes + 1));
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, "x", 1), 0);
	KUNIT_EXPECT_TRUE(test, con_has(t, 1));
	KUNIT_EXPECT_EQ(test, t->got[0], 'x');
	KUNIT_EXPECT_EQ(test, t->len, 1);
}

/* A flood costs no more memory than that, and no more time than dropping it. */
static void output_that_nobody_takes_is_bounded(struct kunit *test)
{
	struct contest *t = con_running(test);
	u64 notes = rmrig_stats(t->r).notes;

	con_close(t);
	con_note(t, 0x80, BACKLOG + 100);
	con_note(t, 0x80, BACKLOG);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(rmrig_stats(t->r).notes == notes + 2));
	con_open(t);
	KUNIT_EXPECT_TRUE(test, con_has(t, BACKLOG));
	rmrig_lives(t->r);
	KUNIT_EXPECT_EQ(test, t->len, BACKLOG);
	KUNIT_EXPECT_TRUE(test, con_got_pattern(t, BACKLOG));
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, "x", 1), 0);
	KUNIT_EXPECT_TRUE(test, con_has(t, BACKLOG + 1));
}

static void console_that_is_refused_is_asked_for_again(struct kunit *test)
{
	struct contest *t = con_new(test);

	ferry_sim_gunyah_rm_answer(t->r->sim, RM_CONSOLE_OPEN, RM_DENIED, NULL, 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_init(t->vm), -EPERM);
	KUNIT_EXPECT_NULL(test, ferry_gunyah_vm_link(t->vm));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_init(t->vm), 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_start(t->vm), 0);
	con_open(t);
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, "x", 1), 0);
	KUNIT_EXPECT_TRUE(test, con_has(t, 1));
}

static void write_that_is_refused_costs_that_piece(struct kunit *test)
{
	struct contest *t = con_running(test);

	ferry_sim_gunyah_rm_answer(t->r->sim, RM_CONSOLE_WRITE, RM_BUSY, NULL, 0);
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, "a", 1), 0);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(t->ep, "b", 1, RM_WAIT_MS), 0);
	KUNIT_EXPECT_TRUE(test, con_has(t, 1));
	KUNIT_EXPECT_EQ(test, t->got[0], 'b');
	KUNIT_EXPECT_EQ(test, t->len, 1);
}

/* With a piece out that is not answered. */
static void console_ends_with_its_vm(struct kunit *test)
{
	struct contest *t = con_running(test);

	ferry_sim_gunyah_rm_vm_dies(t->r->sim, 0x80);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_send_timeout(t->ep, "x", 1, 10) == -ENOLINK));
	rmrig_lives(t->r);
}

static void console_outlives_its_manager(struct kunit *test)
{
	struct contest *t = con_running(test);
	struct ferry_gunyah_rm *rm = t->r->rm;

	ferry_sim_gunyah_rm_stall(t->r->sim, true);
	KUNIT_EXPECT_EQ(test, ferry_trysend(t->ep, "a", 1), 0);
	t->r->rm = NULL;
	ferry_gunyah_rm_destroy(rm);
	/* Lost, as all from now on; nobody waits for ever. */
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(t->ep, "b", 1, RM_WAIT_MS), 0);
	KUNIT_EXPECT_EQ(test, t->len, 0);
}

static struct kunit_case gunyah_rm_console_cases[] = {
	KUNIT_CASE(console_has_these_bytes),
	KUNIT_CASE(piece_that_is_not_answered_fills_the_channel),
	KUNIT_CASE(long_output_comes_in_pieces),
	KUNIT_CASE(output_of_another_vm_is_none),
	KUNIT_CASE(output_that_nobody_takes_is_bounded),
	KUNIT_CASE(console_that_is_refused_is_asked_for_again),
	KUNIT_CASE(write_that_is_refused_costs_that_piece),
	KUNIT_CASE(console_ends_with_its_vm),
	KUNIT_CASE(console_outlives_its_manager),
	{}
};

static struct kunit_suite gunyah_rm_console_suite = {
	.name = "ferry_gunyah_rm_console",
	.suite_init = rmrig_suite_init,
	.test_cases = gunyah_rm_console_cases,
};

kunit_test_suite(gunyah_rm_console_suite);

MODULE_DESCRIPTION("Ferry: tests of consoles of VMs of Gunyah");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
