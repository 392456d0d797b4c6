// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated remote of SMD by itself: the test is the processor at the other end, and
 * has nothing but memory and the two kicks. Numbers K1 to K9 are vectors.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "../../drivers/sim/smd_remote.h"
#include "../../drivers/sim/smem_image.h"
#include "../../drivers/smd/smem_wire.h"
#include "../../drivers/smd/wire.h"
#include "../ferry_kunit.h"

#define SMEM_SIZE	SZ_1M

struct far {
	struct kunit *test;
	void *smem;
	struct ferry_sim_smd *sim;
	unsigned int kicks;		/* from the remote */
};

/* The processor's view of one channel of words. */
struct near {
	struct far *far;
	int channel;
	struct smd_half_words *ours;
	struct smd_half_words *theirs;
	u8 *to;				/* ring */
	u8 *from;
	u32 size;
};

static void far_kicked(void *data)
{
	struct far *far = data;

	WRITE_ONCE(far->kicks, far->kicks + 1);
}

static void far_free(void *smem)
{
	vfree(smem);
}

static void far_destroy(void *sim)
{
	ferry_sim_smd_destroy(sim);
}

static struct far *far_memory(struct kunit *test)
{
	struct far *far = kunit_kzalloc(test, sizeof(*far), GFP_KERNEL);
	struct ferry_sim_smem_image image = { .size = SMEM_SIZE };

	KUNIT_ASSERT_NOT_NULL(test, far);
	far->test = test;
	far->smem = vmalloc(SMEM_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, far->smem);
	ferry_defer(test, far_free, far->smem);
	image.base = far->smem;
	KUNIT_ASSERT_EQ(test, ferry_sim_smem_build(&image), 0);
	return far;
}

static struct far *far_make(struct kunit *test)
{
	struct far *far = far_memory(test);
	struct ferry_sim_smd_cfg cfg = {
		.name = "kunit",
		.base = far->smem,
		.size = SMEM_SIZE,
		.edge = SMD_EDGE_RPM,
		.host = FERRY_SIM_SMD_HOST_ANY,
		.kick = far_kicked,
		.data = far,
	};

	far->sim = ferry_sim_smd_create(&cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(far->sim));
	ferry_defer(test, far_destroy, far->sim);
	return far;
}

static void *far_item(struct far *far, u32 item)
{
	struct smem_header *header = far->smem;

	KUNIT_ASSERT_EQ(far->test, le32_to_cpu(header->toc[item].allocated), 1);
	return far->smem + le32_to_cpu(header->toc[item].offset);
}

static struct near *near_make(struct far *far, const struct ferry_sim_smd_channel *cfg)
{
	struct near *near = kunit_kzalloc(far->test, sizeof(*near), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(far->test, near);
	near->far = far;
	near->size = cfg->ring;
	near->channel = ferry_sim_smd_channel_create(far->sim, cfg);
	KUNIT_ASSERT_GE(far->test, near->channel, 0);
	near->ours = far_item(far, SMD_INFO_ITEM_1 + near->channel);
	near->theirs = near->ours + 1;
	near->to = far_item(far, SMD_FIFO_ITEM_1 + near->channel);
	near->from = near->to + cfg->ring;
	return near;
}

static struct near *near_words(struct far *far, u32 ring, enum ferry_sim_smd_mode mode,
			       enum ferry_sim_smd_role role)
{
	struct ferry_sim_smd_channel cfg = {
		.name = "words", .ring = ring, .words = true, .mode = mode, .role = role,
	};

	return near_make(far, &cfg);
}

static void near_state(struct near *near, u32 state)
{
	near->ours->state = cpu_to_le32(state);
	near->ours->fstate = cpu_to_le32(1);
	ferry_sim_smd_kick(near->far->sim);
}

static u32 far_state(struct near *near)
{
	return le32_to_cpu(READ_ONCE(near->theirs->state));
}

static struct near *near_open(struct far *far, u32 ring, enum ferry_sim_smd_role role)
{
	struct near *near = near_words(far, ring, FERRY_SIM_SMD_LEADER, role);

	near_state(near, SMD_OPENING);
	near_state(near, SMD_OPENED);
	KUNIT_ASSERT_EQ(far->test, far_state(near), SMD_OPENED);
	return near;
}

static void near_put(struct near *near, const void *data, u32 len)
{
	u32 i, head = le32_to_cpu(near->ours->head);

	for (i = 0; i < len; i++)
		near->to[(head + i) % near->size] = ((const u8 *)data)[i];
	/* Pairs with the remote's barrier behind its look at the index. */
	smp_store_release(&near->ours->head, cpu_to_le32((head + len) % near->size));
}

static void near_send(struct near *near, const void *data, u32 len)
{
	struct smd_packet packet = { .len = cpu_to_le32(len) };

	near_put(near, &packet, sizeof(packet));
	near_put(near, data, len);
	near->ours->fhead = cpu_to_le32(1);
	ferry_sim_smd_kick(near->far->sim);
}

static u32 near_avail(struct near *near)
{
	/* Pairs with the remote's barrier before it publishes. */
	u32 head = le32_to_cpu(smp_load_acquire(&near->theirs->head));

	return (head - le32_to_cpu(near->theirs->tail) + near->size) % near->size;
}

static void near_get(struct near *near, void *data, u32 len)
{
	u32 i, tail = le32_to_cpu(near->theirs->tail);

	for (i = 0; i < len; i++)
		((u8 *)data)[i] = near->from[(tail + i) % near->size];
	/* Pairs with the remote's barrier behind its look at the index. */
	smp_store_release(&near->theirs->tail, cpu_to_le32((tail + len) % near->size));
}

/* The length of the packet; -1: none came, or it is too long. */
static int near_recv(struct near *near, void *data, u32 size)
{
	struct smd_packet packet;
	u32 len;

	if (!FERRY_WAIT(near_avail(near) >= sizeof(packet)))
		return -1;
	near_get(near, &packet, sizeof(packet));
	len = le32_to_cpu(packet.len);
	if (len > size || !FERRY_WAIT(near_avail(near) >= len))
		return -1;
	near_get(near, data, len);
	ferry_sim_smd_kick(near->far->sim);
	return len;
}

static u64 far_bad(struct near *near, enum ferry_sim_smd_bad bad)
{
	struct ferry_sim_smd_stats st;

	KUNIT_ASSERT_EQ(near->far->test,
			ferry_sim_smd_stats(near->far->sim, near->channel, &st), 0);
	return st.bad[bad];
}

static u64 far_all_bad(struct near *near)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < FERRY_SIM_SMD_NR_BADS; i++)
		sum += far_bad(near, i);
	return sum;
}

static void an_entry_is_what_k1_says(struct kunit *test)
{
	static const u8 k1[32] = { 'r', 'p', 'm', '_', 'r', 'e', 'q', 'u', 'e', 's', 't', 's',
				   [24] = 0x0f, 0x02, [28] = 1 };
	struct far *far = far_make(test);
	struct ferry_sim_smd_channel cfg = { .name = "rpm_requests", .ring = 64, .words = true };

	near_make(far, &cfg);
	KUNIT_EXPECT_MEMEQ(test, far_item(far, SMD_TABLE_ITEM_1), k1, sizeof(k1));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(far->kicks)));
}

struct walk {
	const char *name;
	enum ferry_sim_smd_mode mode;
	u8 first;
	struct {
		u8 ours;
		u8 theirs;
	} step[6];
};

#define C	SMD_CLOSED
#define I	SMD_OPENING
#define O	SMD_OPENED
#define F	SMD_FLUSHING
#define L	SMD_CLOSING
#define R	SMD_RESET

/* Each step: what we say, what the remote answers. */
static const struct walk walks[] = {
	{ "leader", FERRY_SIM_SMD_LEADER, I,
	  { { I, O }, { O, O }, { C, L }, { C, C }, { I, O }, { O, O } } },
	{ "leader late", FERRY_SIM_SMD_LEADER, I,
	  { { O, O }, { L, L }, { C, C }, { C, C }, { I, O }, { C, L } } },
	{ "follower", FERRY_SIM_SMD_FOLLOWER, I,
	  { { I, I }, { O, O }, { C, L }, { I, I }, { O, O }, { F, O } } },
	{ "open", FERRY_SIM_SMD_OPEN, O,
	  { { I, O }, { O, O }, { C, O }, { I, O }, { R, O }, { C, O } } },
	{ "waits", FERRY_SIM_SMD_WAITS, C,
	  { { I, I }, { O, O }, { C, L }, { C, C }, { O, C }, { C, C } } },
	{ "never", FERRY_SIM_SMD_NEVER, I,
	  { { I, I }, { O, I }, { C, I }, { I, I }, { L, I }, { C, I } } },
};

static void walk_name(const struct walk *walk, char *desc)
{
	strscpy(desc, walk->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(walk, walks, walk_name);

static void states_are_answered(struct kunit *test)
{
	const struct walk *walk = test->param_value;
	struct far *far = far_make(test);
	struct near *near = near_words(far, 64, walk->mode, FERRY_SIM_SMD_ECHO);
	unsigned int i, kicks;

	KUNIT_EXPECT_EQ(test, far_state(near), walk->first);
	for (i = 0; i < ARRAY_SIZE(walk->step); i++) {
		u32 before = far_state(near);

		near->theirs->fstate = 0;
		kicks = READ_ONCE(far->kicks);
		near_state(near, walk->step[i].ours);
		KUNIT_EXPECT_EQ_MSG(test, far_state(near), walk->step[i].theirs, "step %u", i);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(near->ours->fstate), 0);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(near->theirs->fdsr),
				walk->step[i].theirs == SMD_OPENED);
		if (far_state(near) == before)
			continue;
		KUNIT_EXPECT_EQ(test, le32_to_cpu(near->theirs->fstate), 1);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(far->kicks) != kicks));
	}
	KUNIT_EXPECT_EQ(test, far_all_bad(near), 0);
}

static void the_remote_closes_and_opens(struct kunit *test)
{
	struct near *near = near_open(far_make(test), 64, FERRY_SIM_SMD_ECHO);

	ferry_sim_smd_close(near->far->sim, near->channel, true);
	KUNIT_EXPECT_EQ(test, far_state(near), SMD_FLUSHING);
	ferry_sim_smd_close(near->far->sim, near->channel, false);
	KUNIT_EXPECT_EQ(test, far_state(near), SMD_CLOSING);
	near_state(near, SMD_CLOSED);
	KUNIT_EXPECT_EQ(test, far_state(near), SMD_CLOSED);
	ferry_sim_smd_open(near->far->sim, near->channel);
	KUNIT_EXPECT_EQ(test, far_state(near), SMD_OPENING);
	near_state(near, SMD_OPENING);
	KUNIT_EXPECT_EQ(test, far_state(near), SMD_OPENED);
}

static void far_source(struct near *near, u32 count, u32 min, u32 max, u32 step)
{
	struct ferry_sim_smd_order order = {
		cpu_to_le32(count), cpu_to_le32(min), cpu_to_le32(max), cpu_to_le32(step),
	};

	KUNIT_ASSERT_EQ(near->far->test,
			ferry_sim_smd_order(near->far->sim, near->channel, &order), 0);
}

static void a_packet_wraps_as_in_k5(struct kunit *test)
{
	static const u8 k4[24] = { 4, [20] = 0xde, 0xad, 0xbe, 0xef };
	struct near *near = near_open(far_make(test), 64, FERRY_SIM_SMD_ECHO);
	u8 got[64];

	far_source(near, 1, 12, 12, 0);
	KUNIT_EXPECT_EQ(test, near_recv(near, got, sizeof(got)), 12);
	far_source(near, 1, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, near_recv(near, got, sizeof(got)), 0);
	KUNIT_ASSERT_EQ(test, le32_to_cpu(near->theirs->head), 52);
	near_send(near, k4 + 20, 4);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(near_avail(near) == sizeof(k4)));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(near->theirs->head), 12);
	KUNIT_EXPECT_MEMEQ(test, near->from + 52, k4, 12);
	KUNIT_EXPECT_MEMEQ(test, near->from, k4 + 12, 12);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(near->theirs->fhead), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(near->theirs->ftail), 1);
	KUNIT_EXPECT_EQ(test, near_recv(near, got, sizeof(got)), 4);
	KUNIT_EXPECT_EQ(test, far_all_bad(near), 0);
}

static void echoes_wrap_at_every_offset(struct kunit *test)
{
	struct near *near = near_open(far_make(test), 96, FERRY_SIM_SMD_ECHO);
	u8 sent[96], got[96];
	u32 n, i, len;

	for (n = 0; n < 500; n++) {
		len = 4 + n % 18 * 4;
		for (i = 0; i < len; i++)
			sent[i] = n + i;
		near_send(near, sent, len);
		KUNIT_ASSERT_EQ(test, near_recv(near, got, sizeof(got)), len);
		KUNIT_ASSERT_MEMEQ(test, got, sent, len);
	}
	KUNIT_EXPECT_EQ(test, far_all_bad(near), 0);
}

static void a_full_ring_waits_for_the_reader(struct kunit *test)
{
	struct near *near = near_open(far_make(test), 64, FERRY_SIM_SMD_SOURCE);
	u32 n, i;
	u8 got[64];

	far_source(near, 20, 4, 40, 4);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(near_avail(near)));
	usleep_range(5000, 6000);
	KUNIT_EXPECT_LE(test, near_avail(near), 60);	/* never into the last four */
	for (n = 0; n < 20; n++) {
		KUNIT_ASSERT_EQ(test, near_recv(near, got, sizeof(got)), 4 + n % 10 * 4);
		for (i = 0; i < 4 + n % 10 * 4; i++)
			KUNIT_ASSERT_EQ(test, got[i], ferry_sim_smd_byte(n, i));
	}
}

static void a_sink_checks_what_comes(struct kunit *test)
{
	struct near *near = near_open(far_make(test), 64, FERRY_SIM_SMD_SINK);
	struct ferry_sim_smd_stats st;

	near_send(near, "\0\0\0\0\4\5\6\7", 8);
	near_send(near, "\1\0\0\0\5\6\7\x08", 8);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!ferry_sim_smd_stats(near->far->sim, near->channel,
								&st) &&
					 st.rx == 2));
	KUNIT_EXPECT_EQ(test, far_bad(near, FERRY_SIM_SMD_BAD_CONTENT), 0);
	near_send(near, "\1\0\0\0\5\6\7\x08", 8);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(far_bad(near, FERRY_SIM_SMD_BAD_CONTENT) == 1));
}

static void the_rpm_answers_by_number(struct kunit *test)
{
	static const __le32 request[8] = {
		cpu_to_le32(0x00716572), cpu_to_le32(24), cpu_to_le32(77), cpu_to_le32(1),
		cpu_to_le32(0x316b6c63), cpu_to_le32(2), cpu_to_le32(4), cpu_to_le32(9),
	};
	static const __le32 answer[5] = {
		cpu_to_le32(0x00716572), cpu_to_le32(12), cpu_to_le32(0x2367736d),
		cpu_to_le32(4), cpu_to_le32(77),
	};
	struct near *near = near_open(far_make(test), 1024, FERRY_SIM_SMD_RPM);
	u8 got[64];

	near_send(near, request, sizeof(request));
	KUNIT_EXPECT_EQ(test, near_recv(near, got, sizeof(got)), sizeof(answer));
	KUNIT_EXPECT_MEMEQ(test, got, answer, sizeof(answer));
	near_send(near, request, sizeof(request) - 4);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(far_bad(near, FERRY_SIM_SMD_BAD_REQUEST) == 1));
}

static void mistakes_are_told_apart(struct kunit *test)
{
	struct far *far = far_make(test);
	struct near *near = near_open(far, 64, FERRY_SIM_SMD_SINK);
	__le32 five = cpu_to_le32(5);

	near_put(near, &five, 4);
	near_put(near, "0123456789abcdef", 16);
	ferry_sim_smd_kick(far->sim);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(far_bad(near, FERRY_SIM_SMD_BAD_LENGTH) == 1));

	WRITE_ONCE(near->ours->head, cpu_to_le32(64));
	ferry_sim_smd_kick(far->sim);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(far_bad(near, FERRY_SIM_SMD_BAD_HEAD)));
	WRITE_ONCE(near->ours->head, cpu_to_le32(20));

	WRITE_ONCE(near->theirs->tail, cpu_to_le32(2));
	far_source(near, 1, 4, 4, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(far_bad(near, FERRY_SIM_SMD_BAD_TAIL)));
	WRITE_ONCE(near->theirs->tail, 0);

	KUNIT_EXPECT_EQ(test, far_bad(near, FERRY_SIM_SMD_BAD_TRESPASS), 0);
	WRITE_ONCE(near->theirs->head, cpu_to_le32(8));
	ferry_sim_smd_kick(far->sim);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(far_bad(near, FERRY_SIM_SMD_BAD_TRESPASS) == 1));

	near_state(near, 7);
	KUNIT_EXPECT_EQ(test, far_bad(near, FERRY_SIM_SMD_BAD_STATE), 1);
}

struct lie {
	enum ferry_sim_smd_lie lie;
	u32 head;			/* of the remote's ring afterwards */
	u32 tail;			/* of ours */
	u32 first;			/* word in the remote's ring */
};

static const struct lie lies[] = {
	{ FERRY_SIM_SMD_LIE_LEN_MAX, 20, 0, 0xffffffff },
	{ FERRY_SIM_SMD_LIE_LEN_OVER, 20, 0, 64 },
	{ FERRY_SIM_SMD_LIE_LEN_ODD, 20, 0, 5 },
	{ FERRY_SIM_SMD_LIE_LEN_ZEROS, 40, 0, 0 },
	{ FERRY_SIM_SMD_LIE_HEAD_SIZE, 64, 0, 0 },
	{ FERRY_SIM_SMD_LIE_HEAD_MAX, 0xffffffff, 0, 0 },
	{ FERRY_SIM_SMD_LIE_HEAD_ODD, 1, 0, 0 },
	{ FERRY_SIM_SMD_LIE_TAIL_SIZE, 0, 64, 0 },
	{ FERRY_SIM_SMD_LIE_TAIL_MAX, 0, 0xffffffff, 0 },
	{ FERRY_SIM_SMD_LIE_TAIL_ODD, 0, 1, 0 },
	{ FERRY_SIM_SMD_LIE_TAIL_AHEAD, 0, 8, 0 },
	{ FERRY_SIM_SMD_LIE_TAIL_BACK, 0, 56, 0 },
};

static void lie_name(const struct lie *lie, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "lie %d", lie->lie);
}

KUNIT_ARRAY_PARAM(lie, lies, lie_name);

static void lies_are_written(struct kunit *test)
{
	const struct lie *lie = test->param_value;
	struct far *far = far_make(test);
	struct near *near = near_open(far, 64, FERRY_SIM_SMD_SINK);
	unsigned int kicks = READ_ONCE(far->kicks);

	KUNIT_EXPECT_EQ(test, ferry_sim_smd_lie(far->sim, near->channel, lie->lie), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(near->theirs->head), lie->head);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(near->ours->tail), lie->tail);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(*(__le32 *)near->from), lie->first);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(far->kicks) != kicks));
	KUNIT_EXPECT_EQ(test, far_all_bad(near), 0);
}

static void lies_in_the_table_are_entries(struct kunit *test)
{
	struct far *far = far_make(test);
	struct near *near = near_open(far, 64, FERRY_SIM_SMD_SINK);
	struct smd_entry *table = far_item(far, SMD_TABLE_ITEM_1);
	struct smem_header *header = far->smem;
	__le32 available = header->available;

	KUNIT_EXPECT_EQ(test, ferry_sim_smd_lie(far->sim, near->channel,
						FERRY_SIM_SMD_LIE_NAME_LONG), 0);
	KUNIT_EXPECT_MEMEQ(test, table[1].name, "a-name-without-an-en", SMD_NAME_SIZE);
	KUNIT_EXPECT_NE(test, le32_to_cpu(header->available), le32_to_cpu(available));
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_lie(far->sim, near->channel,
						FERRY_SIM_SMD_LIE_CID_64), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(table[2].cid), 64);
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_lie(far->sim, near->channel,
						FERRY_SIM_SMD_LIE_NO_REFS), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(table[0].ref_count), 0);
}

static void the_dead_do_not_answer(struct kunit *test)
{
	struct far *far = far_make(test);
	struct near *near = near_open(far, 64, FERRY_SIM_SMD_ECHO);

	ferry_sim_smd_crash(far->sim);
	near_send(near, "dead", 4);
	near_state(near, SMD_CLOSED);
	usleep_range(5000, 6000);
	KUNIT_EXPECT_EQ(test, near_avail(near), 0);
	KUNIT_EXPECT_EQ(test, far_state(near), SMD_OPENED);

	near->ours->head = 0;
	near->theirs->tail = 0;
	ferry_sim_smd_restart(far->sim, false);
	KUNIT_EXPECT_EQ(test, far_state(near), SMD_OPENING);
	near_state(near, SMD_OPENING);
	near_send(near, "live", 4);
	near_state(near, SMD_OPENED);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(near_avail(near) == 24));
}

static void a_new_table_has_other_slots(struct kunit *test)
{
	struct far *far = far_make(test);
	struct ferry_sim_smd_channel cfg = { .name = "second", .ring = 64, .words = true };
	struct smd_entry *table = far_item(far, SMD_TABLE_ITEM_1);

	near_open(far, 64, FERRY_SIM_SMD_ECHO);
	near_make(far, &cfg);
	ferry_sim_smd_restart(far->sim, true);
	KUNIT_EXPECT_STREQ(test, table[0].name, "second");
	KUNIT_EXPECT_EQ(test, le32_to_cpu(table[0].cid), 1);
	KUNIT_EXPECT_STREQ(test, table[1].name, "words");
	KUNIT_EXPECT_EQ(test, le32_to_cpu(table[1].cid), 0);
}

/* Byte p of a stream, as the remote has it. */
static u8 stream_byte(u32 p)
{
	return ferry_sim_smd_byte(p / 256, 4 + p % 256);
}

static void a_stream_has_no_headers(struct kunit *test)
{
	struct far *far = far_make(test);
	struct ferry_sim_smd_channel cfg = {
		.name = "stream", .ring = 96, .words = true, .stream = true,
	};
	struct near *near = near_make(far, &cfg);
	u8 sent[96], got[96];
	u32 n, i;

	near_state(near, SMD_OPENING);
	near_state(near, SMD_OPENED);
	for (n = 0; n < 100; n++) {
		u32 len = 4 + n % 23 * 4;

		for (i = 0; i < len; i++)
			sent[i] = n * 3 + i;
		near_put(near, sent, len);
		ferry_sim_smd_kick(far->sim);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(near_avail(near) >= min(len, 48u)));
		i = near_avail(near);
		near_get(near, got, i);
		ferry_sim_smd_kick(far->sim);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(near_avail(near) >= len - i));
		near_get(near, got + i, len - i);
		KUNIT_ASSERT_MEMEQ(test, got, sent, len);
		ferry_sim_smd_kick(far->sim);
	}
	far_source(near, 40, 40, 40, 0);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(near_avail(near) == 40));
	near_get(near, got, 40);
	for (i = 0; i < 40; i++)
		KUNIT_EXPECT_EQ(test, got[i], stream_byte(i));
	KUNIT_EXPECT_EQ(test, far_all_bad(near), 0);
}

static void port_kill(void *port)
{
	ferry_port_kill(port);
}

static void port_event(struct ferry_port *port, void *data)
{
}

/* Both doorbells are loop-backs; the near ends are rung and heard by hand. */
static void it_lives_behind_doorbells(struct kunit *test)
{
	static const struct ferry_port_user nobody = { .rx = port_event, .tx_ready = port_event };
	struct ferry_port *kick_tx, *kick_rx, *bell_tx, *bell_rx;
	struct far *far = far_memory(test);
	struct ferry_sim_smd_cfg cfg = {
		.name = "kunit-ports",
		.base = far->smem,
		.size = SMEM_SIZE,
		.edge = SMD_EDGE_RPM,
		.host = FERRY_SIM_SMD_HOST_ANY,
	};
	struct near *near;

	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 16, 0, &kick_tx, &kick_rx), 0);
	ferry_defer(test, port_kill, kick_tx);
	ferry_defer(test, port_kill, kick_rx);
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 16, 0, &bell_tx, &bell_rx), 0);
	ferry_defer(test, port_kill, bell_tx);
	ferry_defer(test, port_kill, bell_rx);
	far->sim = ferry_sim_smd_create_on_ports(&cfg, kick_tx, bell_rx);
	KUNIT_ASSERT_FALSE(test, IS_ERR(far->sim));
	ferry_defer(test, far_destroy, far->sim);
	KUNIT_ASSERT_EQ(test, ferry_port_start(bell_tx, &nobody, NULL), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(kick_rx, &nobody, NULL), 0);

	near = near_words(far, 64, FERRY_SIM_SMD_LEADER, FERRY_SIM_SMD_ECHO);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!ferry_port_recv(kick_rx, NULL, 0)));
	near->ours->state = cpu_to_le32(SMD_OPENING);
	ferry_port_send(bell_tx, NULL, 0, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(far_state(near) == SMD_OPENED));
	near->ours->state = cpu_to_le32(SMD_CLOSED);
	ferry_port_send(bell_tx, NULL, 0, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(far_state(near) == SMD_CLOSING));
	ferry_port_stop(bell_tx);
	ferry_port_stop(kick_rx);
}

static void what_cannot_be_is_refused(struct kunit *test)
{
	struct far *far = far_make(test);
	struct ferry_sim_smd_channel cfg = { .name = "words", .ring = 24, .words = true };

	KUNIT_EXPECT_EQ(test, ferry_sim_smd_channel_create(far->sim, &cfg), -EINVAL);
	cfg.ring = SZ_1M;
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_channel_create(far->sim, &cfg), -EINVAL);
	cfg.ring = 64;
	cfg.name = "a-name-of-20-letters";
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_channel_create(far->sim, &cfg), -EINVAL);
	cfg.name = "words";
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_channel_create(far->sim, &cfg), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_channel_create(far->sim, &cfg), -EEXIST);
	cfg.name = "large";
	cfg.ring = SZ_512K;
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_channel_create(far->sim, &cfg), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_open(far->sim, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_set_role(far->sim, 0, FERRY_SIM_SMD_NR_ROLES), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_lie(far->sim, 0, FERRY_SIM_SMD_NR_LIES), -EINVAL);
}

static struct kunit_case smd_sim_cases[] = {
	KUNIT_CASE(an_entry_is_what_k1_says),
	KUNIT_CASE_PARAM(states_are_answered, walk_gen_params),
	KUNIT_CASE(the_remote_closes_and_opens),
	KUNIT_CASE(a_packet_wraps_as_in_k5),
	KUNIT_CASE(echoes_wrap_at_every_offset),
	KUNIT_CASE(a_full_ring_waits_for_the_reader),
	KUNIT_CASE(a_sink_checks_what_comes),
	KUNIT_CASE(the_rpm_answers_by_number),
	KUNIT_CASE(mistakes_are_told_apart),
	KUNIT_CASE_PARAM(lies_are_written, lie_gen_params),
	KUNIT_CASE(lies_in_the_table_are_entries),
	KUNIT_CASE(the_dead_do_not_answer),
	KUNIT_CASE(a_new_table_has_other_slots),
	KUNIT_CASE(a_stream_has_no_headers),
	KUNIT_CASE(it_lives_behind_doorbells),
	KUNIT_CASE(what_cannot_be_is_refused),
	{}
};

static struct kunit_suite smd_sim_suite = {
	.name = "ferry_smd_sim",
	.test_cases = smd_sim_cases,
};
kunit_test_suite(smd_sim_suite);

MODULE_DESCRIPTION("Ferry: tests of the simulated remote of SMD");
MODULE_LICENSE("GPL");
