// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls to the resource manager: bytes on the wire, errors, faults of the other side, and
 * who waits when something ends.
 */
#include <linux/module.h>

#include "rm_rig.h"

FERRY_IMPORT_TEST();

#define BYTES(...)	((const u8 []){ __VA_ARGS__ })

/* A request that the simulated one does not answer: the test does, byte by byte. */
static struct rmcall *ask(struct rmrig *r, u32 id, const void *request, size_t len)
{
	ferry_sim_gunyah_rm_fault(r->sim, FERRY_SIM_GUNYAH_RM_NONE, 1);
	return rmcall_start(r, id, request, len);
}

static void own_vmid_is_asked_with_these_bytes(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 0x1234);
	struct rmcall *c = ask(r, RM_VM_GET_VMID, NULL, 0);

	rmrig_expect(r, 1, 8, BYTES(0x21, 0x01, 0x34, 0x12, 0x24, 0x00, 0x00, 0x56), 8);
	ferry_sim_gunyah_rm_raw(r->sim, BYTES(0x21, 0x02, 0x34, 0x12, 0x24, 0x00, 0x00, 0x56,
					      0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00), 16);
	KUNIT_EXPECT_EQ(test, rmcall_end(c), 4);
	KUNIT_EXPECT_MEMEQ(test, c->reply, BYTES(3, 0, 0, 0), 4);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_vmid(r->rm), 3);
}

static void host_type_and_its_errors_have_these_bytes(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 1);
	struct rmcall *c = ask(r, RM_HOST_GET_TYPE, NULL, 0);
	const u32 extra = 0;

	rmrig_expect(r, 1, 8, BYTES(0x21, 0x01, 0x01, 0x00, 0xa0, 0x00, 0x00, 0x56), 8);
	ferry_sim_gunyah_rm_raw(r->sim, BYTES(0x21, 0x02, 0x01, 0x00, 0xa0, 0x00, 0x00, 0x56,
					      0x00, 0x00, 0x00, 0x00, 0x64, 0x01, 0x00, 0x01), 16);
	KUNIT_EXPECT_EQ(test, rmcall_end(c), 4);
	KUNIT_EXPECT_MEMEQ(test, c->reply, BYTES(0x64, 0x01, 0x00, 0x01), 4);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(r->rm, RM_HOST_GET_TYPE, &extra, 4, NULL, 0),
			-EINVAL);
}

static void unknown_message_is_refused_with_these_bytes(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 8);
	struct rmcall *c = ask(r, 0x5600ffff, NULL, 0);

	rmrig_expect(r, 1, 8, BYTES(0x21, 0x01, 0x08, 0x00, 0xff, 0xff, 0x00, 0x56), 8);
	ferry_sim_gunyah_rm_raw(r->sim, BYTES(0x21, 0x02, 0x08, 0x00, 0xff, 0xff, 0x00, 0x56,
					      0xff, 0xff, 0xff, 0xff), 12);
	KUNIT_EXPECT_EQ(test, rmcall_end(c), -EOPNOTSUPP);
	/* And so says the simulated one by itself. */
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(r->rm, 0x5600ffff, NULL, 0, NULL, 0),
			-EOPNOTSUPP);
}

static void long_request_has_these_packets(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 16);
	u8 *text = kunit_kzalloc(test, 304, GFP_KERNEL);
	struct rmcall *c;

	KUNIT_ASSERT_NOT_NULL(test, text);
	text[0] = 300 & 0xff;
	text[1] = 300 >> 8;
	memset(text + 4, 'A', 228);
	memset(text + 232, 'B', 72);
	c = ask(r, RM_VM_SET_CRASH_MSG, text, 304);
	rmrig_expect(r, 1, 240, BYTES(0x21, 0x05, 0x10, 0x00, 0x86, 0x00, 0x00, 0x56,
				      0x2c, 0x01, 0x00, 0x00, 0x41, 0x41), 14);
	rmrig_expect(r, 2, 80, BYTES(0x21, 0x04, 0x10, 0x00, 0x86, 0x00, 0x00, 0x56,
				     0x42, 0x42), 10);
	KUNIT_EXPECT_MEMEQ(test, r->packet + 8, text + 232, 72);
	ferry_sim_gunyah_rm_raw(r->sim, BYTES(0x21, 0x02, 0x10, 0x00, 0x86, 0x00, 0x00, 0x56,
					      0x00, 0x00, 0x00, 0x00), 12);
	KUNIT_EXPECT_EQ(test, rmcall_end(c), 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(r->rm, RM_VM_SET_CRASH_MSG, text, 304, NULL, 0),
			0);
}

/* 63 peers: 4 + 4 + 252 bytes, in packets of 240 and 36. */
static void long_reply_has_these_packets(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 0x55);
	struct rmcall *c = ask(r, RM_VM_GET_PEERS, NULL, 0);
	u8 first[240] = { 0x21, 0x06, 0x55, 0, 0x25, 0, 0, 0x56, 0, 0, 0, 0, 0x3f, 0, 0, 0 };
	u8 second[36] = { 0x21, 0x04, 0x55, 0, 0x25, 0, 0, 0x56, 0xb8, 0, 0, 0, 0xb9 };
	unsigned int i;

	for (i = 0; i < 56; i++)
		first[16 + 4 * i] = 0x80 + i;
	for (i = 0; i < 7; i++)
		second[8 + 4 * i] = 0xb8 + i;
	rmrig_expect(r, 1, 8, BYTES(0x21, 0x01, 0x55, 0x00, 0x25, 0x00, 0x00, 0x56), 8);
	ferry_sim_gunyah_rm_raw(r->sim, first, sizeof(first));
	ferry_sim_gunyah_rm_raw(r->sim, second, sizeof(second));
	KUNIT_EXPECT_EQ(test, rmcall_end(c), 256);
	KUNIT_EXPECT_EQ(test, c->reply[0], 63);
	for (i = 0; i < 63; i++)
		KUNIT_EXPECT_EQ(test, c->reply[4 + 4 * i], 0x80 + i);
	/* The simulated one sends the same. */
	memset(c->reply, 0, sizeof(c->reply));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(r->rm, RM_VM_GET_PEERS, NULL, 0, c->reply, 256),
			256);
	KUNIT_EXPECT_EQ(test, c->reply[4 + 4 * 62], 0xbe);
}

struct heard {
	struct rmear ear;
	ssize_t ret;		/* of a call in the listener */
};

static void heard_note(struct ferry_gunyah_rm_listener *l, u32 id, const void *data, size_t len)
{
	struct heard *h = container_of(l, struct heard, ear.l);

	h->ret = rmrig_ping(h->ear.r);
	rmear_hears(&h->ear, id, data, len);
}

static struct heard *listen(struct rmrig *r)
{
	struct heard *h = kunit_kzalloc(r->test, sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(r->test, h);
	rmear_listen(&h->ear, r, heard_note);
	return h;
}

static void notification_comes_before_its_reply(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 4);
	struct heard *h = listen(r);
	struct rmcall *c = ask(r, RM_VM_INIT, BYTES(0x80, 0, 0, 0), 4);

	rmrig_expect(r, 1, 12, BYTES(0x21, 0x01, 0x04, 0x00, 0x0b, 0x00, 0x00, 0x56,
				     0x80, 0x00, 0x00, 0x00), 12);
	ferry_sim_gunyah_rm_raw(r->sim, BYTES(0x21, 0x03, 0x01, 0x00, 0x08, 0x00, 0x10, 0x56,
					      0x80, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00), 16);
	ferry_sim_gunyah_rm_raw(r->sim, BYTES(0x21, 0x02, 0x04, 0x00, 0x0b, 0x00, 0x00, 0x56,
					      0x00, 0x00, 0x00, 0x00), 12);
	KUNIT_EXPECT_EQ(test, rmcall_end(c), 0);
	KUNIT_EXPECT_EQ(test, h->ear.n, 1);
	KUNIT_EXPECT_EQ(test, h->ear.id, RM_NOTE_VM_STATUS);
	KUNIT_EXPECT_EQ(test, h->ear.len, 8);
	KUNIT_EXPECT_MEMEQ(test, h->ear.data, BYTES(0x80, 0, 0, 0, 2, 0, 0, 0), 8);
}

/* The thread that would receive the reply must not wait for it. */
static void listener_cannot_call(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	struct heard *h = listen(r);

	ferry_sim_gunyah_rm_note(r->sim, RM_NOTE_VM_SHUTDOWN, BYTES(1, 0, 0, 0), 4);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(h->ear.n) == 1));
	KUNIT_EXPECT_EQ(test, h->ret, -EDEADLK);
	rmrig_lives(r);
}

static const struct {
	u32 id;
	size_t len;
	u8 data[16];
	bool good;
} notes[] = {
	{ RM_NOTE_VM_STATUS, 8, { 0x80 }, true },
	{ RM_NOTE_VM_STATUS, 7, { 0x80 } },
	{ RM_NOTE_VM_STATUS, 0 },
	{ RM_NOTE_VM_EXITED, 12, { 0x80, 0, 1, 0, 4, 0, 0, 0, 1 }, true },
	{ RM_NOTE_VM_EXITED, 16, { 0x80, 0, 1, 0, 8, 0, 0, 0, 1 }, true },
	{ RM_NOTE_VM_EXITED, 11, { 0x80, 0, 1, 0, 4 } },
	{ RM_NOTE_VM_EXITED, 12, { 0x80, 0, 1, 0, 3 } },
	{ RM_NOTE_VM_EXITED, 12, { 0x80, 0, 1, 0, 5 } },
	{ RM_NOTE_VM_EXITED, 12, { 0x80, 0, 1, 0, 0xff, 0xff, 0xff, 0xff } },
	{ RM_NOTE_VM_SHUTDOWN, 4, { 1 }, true },
	{ RM_NOTE_VM_SHUTDOWN, 3, { 1 } },
	{ RM_NOTE_CONSOLE_CHARS, 6, { 0x80, 0, 2, 0, 'o', 'k' }, true },
	{ RM_NOTE_CONSOLE_CHARS, 6, { 0x80, 0, 3, 0, 'o', 'k' } },
	{ RM_NOTE_CONSOLE_CHARS, 3, { 0x80, 0, 0 } },
	{ RM_NOTE_MEM_ACCEPTED, 12, { 1 }, true },
	{ RM_NOTE_MEM_ACCEPTED, 11, { 1 } },
	{ RM_NOTE_MEM_RELEASED, 12, { 1 }, true },
	{ RM_NOTE_MEM_RELEASED, 11, { 1 } },
	{ RM_NOTE_MEM_RECALL, 0, {}, true },
	{ 0x56107777, 8, {} },
	{ RM_VM_GET_VMID, 8, {} },
};

static void notifications_that_cannot_be_are_dropped(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	struct heard *h = listen(r);
	unsigned int i, good = 0, bad = 0;

	for (i = 0; i < ARRAY_SIZE(notes); i++) {
		ferry_sim_gunyah_rm_note(r->sim, notes[i].id, notes[i].data, notes[i].len);
		good += notes[i].good;
		bad += !notes[i].good;
		KUNIT_EXPECT_TRUE_MSG(test, FERRY_WAIT(rmrig_stats(r).notes == good &&
						       rmrig_drops(r, FERRY_GUNYAH_RM_NOTE) == bad),
				      "notification %u", i);
	}
	KUNIT_EXPECT_EQ(test, h->ear.n, good);
	rmrig_lives(r);
}

static const struct {
	u32 error;
	int ret;
} errors[] = {
	{ 0, 0 }, { 1, -ENOMEM }, { 2, -ENODEV }, { 3, -EPERM }, { 4, -EINVAL }, { 5, -EBUSY },
	{ 6, -EINVAL }, { 7, -EINVAL }, { 8, -EINVAL }, { 9, -EINVAL }, { 0xa, -EINVAL },
	{ 0xb, -EINVAL }, { 0xc, -EINVAL }, { 0xd, -EINVAL }, { 0xe, -EINVAL }, { 0xf, -EINVAL },
	{ 0x10, -EINVAL }, { 0x11, -EINVAL }, { 0x12, -EBUSY }, { 0x13, -ENXIO }, { 0x14, -EBUSY },
	{ 0x15, -EBADMSG }, { 0x7fffffff, -EBADMSG }, { 0x80000000, -EBADMSG },
	{ 0xfffffffe, -EBADMSG }, { 0xffffffff, -EOPNOTSUPP },
};

static void each_error_has_its_errno(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		ferry_sim_gunyah_rm_answer(r->sim, RM_VM_START, errors[i].error, NULL, 0);
		KUNIT_EXPECT_EQ_MSG(test, ferry_gunyah_rm_call(r->rm, RM_VM_START, NULL, 0, NULL,
							       0), errors[i].ret,
				    "error %#x", errors[i].error);
	}
}

static void calls_that_cannot_be_are_refused(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	u8 *big = kunit_kzalloc(test, RM_MESSAGE_MAX + 1, GFP_KERNEL), small[3];
	unsigned long packets = ferry_sim_gunyah_rm_packets(r->sim);

	KUNIT_ASSERT_NOT_NULL(test, big);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(r->rm, 0, NULL, 0, NULL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(r->rm, RM_VM_SET_CRASH_MSG, big,
						   RM_MESSAGE_MAX + 1, NULL, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_packets(r->sim), packets);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(r->rm, RM_HOST_GET_TYPE, NULL, 0, small,
						   sizeof(small)), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(r->rm, RM_VM_SET_CRASH_MSG, big,
						   RM_MESSAGE_MAX, NULL, 0), 0);
	rmrig_lives(r);
}

/* Replies of all lengths that matter, whole. */
static void replies_of_any_length_come_whole(struct kunit *test)
{
	static const size_t lens[] = {
		0, 1, 227, 228, 229, 459, 460, 461, 4096, 14611, 14612,
	};
	struct rmrig *r = rmrig_new(test);
	u8 *sent = kunit_kzalloc(test, 14612, GFP_KERNEL);
	u8 *got = kunit_kzalloc(test, 14612, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, sent && got);
	for (i = 0; i < 14612; i++)
		sent[i] = i * 31 + i / 251;
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		memset(got, 0xee, 14612);
		ferry_sim_gunyah_rm_answer(r->sim, RM_VM_LOOKUP_NAME, 0, sent, lens[i]);
		KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(r->rm, RM_VM_LOOKUP_NAME, NULL, 0, got,
							   14612), lens[i]);
		KUNIT_EXPECT_MEMEQ(test, got, sent, lens[i]);
	}
}

struct fault {
	enum ferry_sim_gunyah_rm_fault fault;
	bool longer;			/* of a reply of several packets */
	ssize_t ret;
	enum ferry_gunyah_rm_drop drop;	/* or FERRY_GUNYAH_RM_NR_DROPS: none */
};

/* Those whose call ends by itself. */
static const struct fault faults[] = {
	{ FERRY_SIM_GUNYAH_RM_TWICE, false, 4, FERRY_GUNYAH_RM_REPLY },
	{ FERRY_SIM_GUNYAH_RM_TWICE, true, 256, FERRY_GUNYAH_RM_REPLY },
	{ FERRY_SIM_GUNYAH_RM_EMPTY, false, -EBADMSG, FERRY_GUNYAH_RM_SHORT },
	{ FERRY_SIM_GUNYAH_RM_TOO_FEW, false, -EIO, FERRY_GUNYAH_RM_EXPIRED },
	{ FERRY_SIM_GUNYAH_RM_TOO_FEW, true, -EIO, FERRY_GUNYAH_RM_EXPIRED },
	{ FERRY_SIM_GUNYAH_RM_TOO_MANY, false, 4, FERRY_GUNYAH_RM_STRAY },
	{ FERRY_SIM_GUNYAH_RM_TOO_MANY, true, 256, FERRY_GUNYAH_RM_STRAY },
	{ FERRY_SIM_GUNYAH_RM_ORDER, true, -EIO, FERRY_GUNYAH_RM_EXPIRED },
	{ FERRY_SIM_GUNYAH_RM_COUNT, true, -EIO, FERRY_GUNYAH_RM_MISMATCH },
	{ FERRY_SIM_GUNYAH_RM_INSIDE, true, -EIO, FERRY_GUNYAH_RM_REPLACED },
	{ FERRY_SIM_GUNYAH_RM_GARBAGE, false, 4, FERRY_GUNYAH_RM_LENGTH },
	{ FERRY_SIM_GUNYAH_RM_GARBAGE, true, 256, FERRY_GUNYAH_RM_STRAY },
	{ FERRY_SIM_GUNYAH_RM_STORM, false, 4, FERRY_GUNYAH_RM_NR_DROPS },
	{ FERRY_SIM_GUNYAH_RM_STORM, true, 256, FERRY_GUNYAH_RM_NR_DROPS },
};

static void broken_replies_end_their_call_only(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	u8 reply[256];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		const struct fault *f = &faults[i];
		u32 id = f->longer ? RM_VM_GET_PEERS : RM_HOST_GET_TYPE;
		u64 before = f->drop < FERRY_GUNYAH_RM_NR_DROPS ? rmrig_drops(r, f->drop) : 0;

		ferry_sim_gunyah_rm_fault(r->sim, f->fault, 1);
		KUNIT_EXPECT_EQ_MSG(test, ferry_gunyah_rm_call(r->rm, id, NULL, 0, reply,
							       sizeof(reply)), f->ret,
				    "case %u", i);
		if (f->drop < FERRY_GUNYAH_RM_NR_DROPS)
			KUNIT_EXPECT_TRUE_MSG(test, FERRY_WAIT(rmrig_drops(r, f->drop) > before),
					      "case %u", i);
		rmrig_lives(r);
	}
	KUNIT_EXPECT_EQ(test, (int)ferry_link_state(r->link), (int)FERRY_STATE_RUNNING);
}

static const enum ferry_sim_gunyah_rm_fault silent[] = {
	FERRY_SIM_GUNYAH_RM_SEQ, FERRY_SIM_GUNYAH_RM_ID, FERRY_SIM_GUNYAH_RM_API,
	FERRY_SIM_GUNYAH_RM_REQUEST, FERRY_SIM_GUNYAH_RM_FRAGMENTS,
};

/* What is no answer to the call does not end it; the right one still does. */
static void answer_to_something_else_is_dropped(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 1);
	u8 right[16] = { 0x21, 0x02, 0x01, 0x00, 0xa0, 0x00, 0x00, 0x56, 0, 0, 0, 0, 9 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(silent); i++) {
		enum ferry_gunyah_rm_drop why = i < 2 ? FERRY_GUNYAH_RM_REPLY :
						FERRY_GUNYAH_RM_HEADER;
		u64 before = rmrig_drops(r, why);
		struct rmcall *c;

		ferry_sim_gunyah_rm_fault(r->sim, silent[i], 1);
		c = rmcall_start(r, RM_HOST_GET_TYPE, NULL, 0);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(rmrig_drops(r, why) == before + 1));
		KUNIT_EXPECT_FALSE(test, completion_done(&c->done));
		right[2] = i + 1;
		ferry_sim_gunyah_rm_raw(r->sim, right, sizeof(right));
		KUNIT_EXPECT_EQ(test, rmcall_end(c), 4);
		KUNIT_EXPECT_EQ(test, c->reply[0], 9);
	}
}

/* The same sequence begins anew while its reply is not complete: -EIO, once. */
static void second_reply_inside_the_first_fails_the_call_once(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 5);
	struct rmcall *c = ask(r, RM_HOST_GET_TYPE, NULL, 0);
	u8 first[20] = { 0x21, 0x06, 0x05, 0x00, 0xa0, 0x00, 0x00, 0x56 };
	u8 rest[12] = { 0x21, 0x04, 0x05, 0x00, 0xa0, 0x00, 0x00, 0x56 };

	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_sim_gunyah_rm_packets(r->sim) > 1));
	ferry_sim_gunyah_rm_raw(r->sim, first, sizeof(first));
	ferry_sim_gunyah_rm_raw(r->sim, first, sizeof(first));
	KUNIT_EXPECT_EQ(test, rmcall_end(c), -EIO);
	ferry_sim_gunyah_rm_raw(r->sim, rest, sizeof(rest));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(rmrig_drops(r, FERRY_GUNYAH_RM_REPLY) == 1));
	KUNIT_EXPECT_EQ(test, rmrig_drops(r, FERRY_GUNYAH_RM_REPLACED), 1);
	rmrig_lives(r);
}

static void sequence_wraps(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 0xfffe);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		rmrig_lives(r);
		KUNIT_ASSERT_EQ(test, ferry_sim_gunyah_rm_seen(r->sim, 1 + i, r->packet), 8);
		KUNIT_EXPECT_EQ(test, r->packet[2] | r->packet[3] << 8, (0xfffe + i) & 0xffff);
	}
}

static void kill_call(struct rmcall *c)
{
	send_sig(SIGKILL, c->task, 1);
	KUNIT_EXPECT_EQ(c->r->test, rmcall_end(c), -ERESTARTSYS);
}

/* Its number stays out of use until the answer came, which nobody else gets. */
static void killed_caller_leaves_its_number_in_quarantine(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 1);
	struct rmcall *c = ask(r, RM_HOST_GET_TYPE, NULL, 0);
	u8 late[16] = { 0x21, 0x02, 0x01, 0x00, 0xa1, 0x00, 0x00, 0x56, 0, 0, 0, 0, 9 };

	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_sim_gunyah_rm_packets(r->sim) > 1));
	kill_call(c);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).calls.tombs, 1);
	rmrig_lives(r);
	/* Not the answer to it. */
	ferry_sim_gunyah_rm_raw(r->sim, late, sizeof(late));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(rmrig_drops(r, FERRY_GUNYAH_RM_REPLY) == 1));
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).calls.tombs, 1);
	late[4] = 0xa0;
	ferry_sim_gunyah_rm_raw(r->sim, late, sizeof(late));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(rmrig_stats(r).calls.late == 1));
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).calls.tombs, 0);
	rmrig_lives(r);
}

/* More than it may have unanswered are not sent. */
static void too_many_unanswered_are_refused(struct kunit *test)
{
	struct rmrig *r = rmrig_at(test, 1);
	unsigned int i;

	for (i = 0; i < 8; i++) {
		struct rmcall *c = ask(r, RM_HOST_GET_TYPE, NULL, 0);

		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_sim_gunyah_rm_packets(r->sim) > i + 1));
		kill_call(c);
	}
	KUNIT_EXPECT_EQ(test, rmrig_ping(r), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_packets(r->sim), 9);
	/* One is answered, and one more may go. */
	ferry_sim_gunyah_rm_raw(r->sim, BYTES(0x21, 0x02, 0x03, 0x00, 0xa0, 0x00, 0x00, 0x56,
					      0, 0, 0, 0), 12);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(rmrig_stats(r).calls.tombs == 7));
	rmrig_lives(r);
}

/* It is taken for dead, and asked again after a while. */
static void silence_crashes_the_link_which_is_tried_again(struct kunit *test)
{
	struct ferry_gunyah_rm_cfg cfg = { .timeout_ms = 1000, .retry_ms = 100 };
	struct rmrig *r = rmrig_bare(test, NULL);
	struct rmcall *c[3];
	unsigned int i, dead = 0;
	ssize_t ret;

	rmrig_use(r, cfg);
	ferry_sim_gunyah_rm_stall(r->sim, true);
	for (i = 0; i < ARRAY_SIZE(c); i++)
		c[i] = rmcall_start(r, RM_HOST_GET_TYPE, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		ret = rmcall_end(c[i]);
		dead += ret == -ETIMEDOUT;
		KUNIT_EXPECT_TRUE(test, ret == -ETIMEDOUT || ret == -ENOLINK);
	}
	KUNIT_EXPECT_GT(test, dead, 0);
	ferry_sim_gunyah_rm_stall(r->sim, false);
	/* What was answered late in the meantime is nobody's. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(rmrig_ping(r) == 4));
}

static void crash_of_the_link_ends_calls(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	struct rmcall *a = ask(r, RM_HOST_GET_TYPE, NULL, 0), *b;

	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_sim_gunyah_rm_packets(r->sim) > 1));
	b = rmcall_start(r, RM_HOST_GET_TYPE, NULL, 0);
	ferry_link_crash(r->link, "a test");
	KUNIT_EXPECT_EQ(test, rmcall_end(a), -ENOLINK);
	KUNIT_EXPECT_EQ(test, rmcall_end(b), -ENOLINK);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_link_state(r->link) == FERRY_STATE_CRASHED));
	KUNIT_EXPECT_EQ(test, rmrig_ping(r), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_link_start(r->link), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(rmrig_ping(r) == 4));
}

static void end_while_calls_wait(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	struct ferry_gunyah_rm *rm = r->rm;
	struct rmcall *a = ask(r, RM_HOST_GET_TYPE, NULL, 0), *b;

	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_sim_gunyah_rm_packets(r->sim) > 1));
	b = rmcall_start(r, RM_HOST_GET_TYPE, NULL, 0);
	KUNIT_ASSERT_PTR_EQ(test, ferry_gunyah_rm_get("kunit-rm"), rm);
	r->rm = NULL;
	ferry_gunyah_rm_destroy(rm);
	KUNIT_EXPECT_EQ(test, rmcall_end(a), -ENODEV);
	KUNIT_EXPECT_EQ(test, rmcall_end(b), -ENODEV);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(rm, RM_HOST_GET_TYPE, NULL, 0, NULL, 0),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_wait(rm, 0), RM_VMID);
	ferry_gunyah_rm_put(rm);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_rm_get("kunit-rm")), -ENODEV);
}

static void link_taken_away_while_calls_wait(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	struct rmcall *a = ask(r, RM_HOST_GET_TYPE, NULL, 0);

	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_sim_gunyah_rm_packets(r->sim) > 1));
	ferry_gunyah_peer_destroy(r->peer);
	r->peer = NULL;
	KUNIT_EXPECT_EQ(test, rmcall_end(a), -ENOLINK);
	KUNIT_EXPECT_EQ(test, rmrig_ping(r), -ENOLINK);
}

/* Each call takes some ticks where time does not travel. */
#define CALLERS	4
#define ROUNDS	(IS_ENABLED(CONFIG_SMP) ? 4 : 40)

static int caller(void *data)
{
	struct rmcall *c = data;
	u32 i;

	for (i = 0; i < ROUNDS && !c->ret; i++) {
		if (i % 4 == 3)
			c->ret = ferry_gunyah_rm_call(c->r->rm, RM_VM_GET_PEERS, NULL, 0, c->reply,
						      256) == 256 ? 0 : -EIO;
		else
			c->ret = rmrig_ping(c->r) == 4 ? 0 : -EIO;
	}
	complete(&c->done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 100);
	return 0;
}

/* One is out at a time: then it loses nothing. */
static void concurrent_callers_take_turns(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	struct rmcall *c[CALLERS];
	unsigned int i;

	for (i = 0; i < CALLERS; i++) {
		c[i] = kunit_kzalloc(test, sizeof(*c[i]), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, c[i]);
		c[i]->r = r;
		init_completion(&c[i]->done);
	}
	for (i = 0; i < CALLERS; i++) {
		c[i]->task = kthread_run(caller, c[i], "rm_kunit");
		KUNIT_ASSERT_FALSE(test, IS_ERR(c[i]->task));
	}
	for (i = 0; i < CALLERS; i++)
		KUNIT_EXPECT_EQ(test, rmcall_end(c[i]), 0);
	KUNIT_EXPECT_EQ(test, rmrig_stats(r).calls.answered, CALLERS * ROUNDS + 1);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_lost(r->sim), 0);
}

static void link_without_room_for_a_packet_is_refused(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	struct ferry_gunyah_rm_cfg cfg = {};
	struct ferry_gunyah_channel_cfg ch = { .name = "rpc" };
	struct rig_queue *rq = rig_queue(r->rig, FERRY_PORT_TX, 8, 239);
	struct ferry_gunyah_peer *peer = ferry_gunyah_peer_create(NULL, "kunit-small");

	KUNIT_ASSERT_FALSE(test, IS_ERR(peer));
	rig_port(rq);
	ch.tx = rq->port;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_rm_create(ferry_gunyah_peer_link(peer),
								     &cfg)), -ENOENT);
	KUNIT_EXPECT_FALSE(test, IS_ERR(ferry_gunyah_channel_add(peer, &ch)));
	KUNIT_EXPECT_EQ(test, ferry_link_start(ferry_gunyah_peer_link(peer)), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_rm_create(ferry_gunyah_peer_link(peer),
								     &cfg)), -EMSGSIZE);
	ferry_gunyah_peer_destroy(peer);
}

static bool rm_is_there(const char *name)
{
	struct ferry_gunyah_rm *rm = ferry_gunyah_rm_get(name);

	ferry_gunyah_rm_put(rm);
	return !IS_ERR(rm);
}

/* Whenever it comes, and until it goes. */
static void link_of_the_right_name_is_used(struct kunit *test)
{
	const char *name = "gunyah-rm-kunit";
	struct ferry_gunyah_rm *rm;
	struct rmrig *r;
	__le32 type;

	ferry_gunyah_rm_set_auto(true);
	r = rmrig_named(test, name, NULL);
	ferry_gunyah_rm_set_auto(false);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(rm_is_there(name)));
	rm = ferry_gunyah_rm_get(name);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_wait(rm, RM_WAIT_MS), RM_VMID);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(rm, RM_HOST_GET_TYPE, NULL, 0, &type, 4), 4);
	ferry_gunyah_peer_destroy(r->peer);
	r->peer = NULL;
	KUNIT_EXPECT_FALSE(test, rm_is_there(name));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(rm, RM_HOST_GET_TYPE, NULL, 0, &type, 4),
			-ENODEV);
	ferry_gunyah_rm_put(rm);
	KUNIT_EXPECT_FALSE(test, rm_is_there("kunit-rm"));
}

static int create_attempt(void *arg)
{
	struct rmrig *r = arg;
	struct ferry_gunyah_rm_cfg cfg = { .timeout_ms = RM_LONG_MS };
	struct ferry_gunyah_rm *rm = ferry_gunyah_rm_create(r->link, &cfg);

	if (IS_ERR(rm))
		return PTR_ERR(rm);
	ferry_gunyah_rm_destroy(rm);
	return 0;
}

static int ping_attempt(void *arg)
{
	ssize_t ret = rmrig_ping(arg);

	return ret < 0 ? ret : 0;
}

static void calls_survive_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, ping_attempt, rmrig_new(test));
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, create_attempt, rmrig_bare(test, NULL));
}

static struct kunit_case gunyah_rm_cases[] = {
	KUNIT_CASE(own_vmid_is_asked_with_these_bytes),
	KUNIT_CASE(host_type_and_its_errors_have_these_bytes),
	KUNIT_CASE(unknown_message_is_refused_with_these_bytes),
	KUNIT_CASE(long_request_has_these_packets),
	KUNIT_CASE(long_reply_has_these_packets),
	KUNIT_CASE(notification_comes_before_its_reply),
	KUNIT_CASE(listener_cannot_call),
	RM_CASE_TICKS(notifications_that_cannot_be_are_dropped),
	RM_CASE_TICKS(each_error_has_its_errno),
	KUNIT_CASE(calls_that_cannot_be_are_refused),
	RM_CASE_TICKS(replies_of_any_length_come_whole),
	RM_CASE_TICKS(broken_replies_end_their_call_only),
	RM_CASE_TICKS(answer_to_something_else_is_dropped),
	KUNIT_CASE(second_reply_inside_the_first_fails_the_call_once),
	KUNIT_CASE(sequence_wraps),
	KUNIT_CASE(killed_caller_leaves_its_number_in_quarantine),
	RM_CASE_TICKS(too_many_unanswered_are_refused),
	KUNIT_CASE(silence_crashes_the_link_which_is_tried_again),
	KUNIT_CASE(crash_of_the_link_ends_calls),
	KUNIT_CASE(end_while_calls_wait),
	KUNIT_CASE(link_taken_away_while_calls_wait),
	KUNIT_CASE(concurrent_callers_take_turns),
	KUNIT_CASE(link_without_room_for_a_packet_is_refused),
	KUNIT_CASE(link_of_the_right_name_is_used),
	KUNIT_CASE(calls_survive_a_failing_allocation),
	KUNIT_CASE(create_survives_a_failing_allocation),
	{}
};

static struct kunit_suite gunyah_rm_suite = {
	.name = "ferry_gunyah_rm",
	.suite_init = rmrig_suite_init,
	.test_cases = gunyah_rm_cases,
};

kunit_test_suite(gunyah_rm_suite);

MODULE_DESCRIPTION("Ferry: tests of calls to the resource manager of Gunyah");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
