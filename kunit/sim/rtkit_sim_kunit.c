// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor of Apple's against messages made by hand: the known answers
 * of the protocol, and that it notices what the CPU does wrong.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../../drivers/rtkit/wire.h"
#include "../../drivers/sim/rtkit.h"
#include "../ferry_kunit.h"

#define FAULT(id)	FERRY_SIM_RTKIT_FAULT(id)
#define WRONG(id)	FERRY_SIM_RTKIT_WRONG_##id
#define STATE(id)	FERRY_SIM_RTKIT_##id

#define ECHO_EP		0x21
#define SINK_EP		0x22
#define SOURCE_EP	0x23

/* What the CPU would allocate: one piece, cut up. */
#define ARENA_SIZE	SZ_64K

struct rig {
	struct ferry_sim_rtkit *sim;
	struct ferry_port *tx;
	struct ferry_port *rx;
	void *arena;
	u32 used;
	void *buf[FERRY_SIM_RTKIT_NR_BUFS];
};

static void rig_rx(struct ferry_port *port, void *data)
{
}

static const struct ferry_port_user rig_user = {
	.rx = rig_rx,
};

static void rig_end(void *arg)
{
	struct rig *rig = arg;

	if (rig->rx)
		ferry_port_stop(rig->rx);
	if (rig->tx)
		ferry_port_stop(rig->tx);
	if (!IS_ERR_OR_NULL(rig->sim))
		ferry_sim_rtkit_destroy(rig->sim);
	kfree(rig->arena);
}

static struct rig *rig_cfg(struct kunit *test, struct ferry_sim_rtkit_cfg *cfg)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	ferry_defer(test, rig_end, rig);
	rig->arena = kzalloc(ARENA_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rig->arena);
	cfg->name = "kunit";
	rig->sim = ferry_sim_rtkit_create_ports(NULL, cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->sim));
	ferry_sim_rtkit_ports(rig->sim, &rig->tx, &rig->rx);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rig->tx, &rig_user, rig), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rig->rx, &rig_user, rig), 0);
	return rig;
}

static struct rig *rig_new(struct kunit *test)
{
	struct ferry_sim_rtkit_cfg cfg = { };

	return rig_cfg(test, &cfg);
}

static void ap_send(struct kunit *test, struct rig *rig, u8 ep, u64 msg0)
{
	const struct rtkit_msg msg = { cpu_to_le64(msg0), cpu_to_le32(ep) };

	KUNIT_ASSERT_GE(test, ferry_port_send(rig->tx, &msg, sizeof(msg), 0), 0);
}

/* Looking at the port makes the firmware work: what is there is there at once. */
static bool ap_recv(struct rig *rig, u32 *ep, u64 *msg0)
{
	struct rtkit_msg msg;

	if (ferry_port_recv(rig->rx, &msg, sizeof(msg)) != sizeof(msg))
		return false;
	*ep = le32_to_cpu(msg.msg1);
	*msg0 = le64_to_cpu(msg.msg0);
	return true;
}

static void ap_expect(struct kunit *test, struct rig *rig, u8 want_ep, u64 want)
{
	u64 msg0 = 0;
	u32 ep = 0;

	KUNIT_ASSERT_TRUE_MSG(test, ap_recv(rig, &ep, &msg0), "%02x %016llx is missing", want_ep,
			      want);
	KUNIT_EXPECT_EQ(test, ep, want_ep);
	KUNIT_EXPECT_EQ_MSG(test, msg0, want, "%016llx for %016llx", msg0, want);
}

static void ap_silence(struct kunit *test, struct rig *rig)
{
	u64 msg0;
	u32 ep;

	KUNIT_EXPECT_FALSE_MSG(test, ap_recv(rig, &ep, &msg0), "%02x %016llx", ep, msg0);
}

static void expect_no_wrongs(struct kunit *test, struct rig *rig)
{
	struct ferry_sim_rtkit_stats stats;
	unsigned int i;

	ferry_sim_rtkit_stats(rig->sim, &stats);
	for (i = 0; i < FERRY_SIM_RTKIT_NR_WRONGS; i++)
		KUNIT_EXPECT_EQ_MSG(test, stats.wrong[i], 0, "wrong %u", i);
}

static void expect_wrong(struct kunit *test, struct rig *rig, enum ferry_sim_rtkit_wrong wrong)
{
	struct ferry_sim_rtkit_stats stats;

	ap_silence(test, rig);
	ferry_sim_rtkit_stats(rig->sim, &stats);
	KUNIT_EXPECT_EQ(test, stats.wrong[wrong], 1);
	KUNIT_EXPECT_EQ(test, stats.wrongs, 1);
	ferry_sim_rtkit_forget(rig->sim);
}

static const u8 buf_ep[FERRY_SIM_RTKIT_NR_BUFS] = { 1, 2, 4, 8 };

/* The answer to a request: the same size, and an address. */
static u64 ap_give(struct kunit *test, struct rig *rig, unsigned int which, u32 size)
{
	u64 addr;

	KUNIT_ASSERT_LE(test, rig->used + size, ARENA_SIZE);
	rig->buf[which] = rig->arena + rig->used;
	rig->used += size;
	addr = virt_to_phys(rig->buf[which]);
	if (buf_ep[which] == 8)
		return 0x0100000000000000 | (u64)size << 36 | addr >> 12;
	return 0x0010000000000000 | (u64)size >> 12 << 44 | addr;
}

/* Up to the last window's answer. */
static void ap_meet(struct kunit *test, struct rig *rig)
{
	ferry_sim_rtkit_run(rig->sim, true);
	ap_expect(test, rig, 0, 0x00100000000c000b);
	ap_send(test, rig, 0, 0x00200000000c000c);
	ap_expect(test, rig, 0, 0x008000000000011f);
	ap_send(test, rig, 0, 0x0080000000000001);
	ap_expect(test, rig, 0, 0x008800010000000f);
	ap_send(test, rig, 0, 0x0088000100000000);
}

static void ap_start_eps(struct kunit *test, struct rig *rig)
{
	static const u64 requests[] = {
		0x0010200000000000, 0x0010400000000000, 0x0010100000000000, 0x0104000000000000,
	};
	static const u32 sizes[] = { 0x2000, 0x4000, 0x1000, 0x4000 };
	/* With the last but OSLOG it is on. */
	static const u8 order[] = { 0, 1, 3, 2 };
	unsigned int n, i;

	for (n = 0; n < ARRAY_SIZE(order); n++) {
		i = order[n];
		ap_send(test, rig, 0, 0x0050000000000002 | (u64)buf_ep[i] << 32);
		ap_expect(test, rig, buf_ep[i], requests[i]);
		ap_send(test, rig, buf_ep[i], ap_give(test, rig, i, sizes[i]));
	}
	ap_send(test, rig, 0, 0x0050000300000002);
}

static void ap_boot(struct kunit *test, struct rig *rig)
{
	ap_meet(test, rig);
	ap_start_eps(test, rig);
	ap_expect(test, rig, 0, 0x0070000000000020);
	ap_send(test, rig, 0, 0x00b0000000000020);
	ap_expect(test, rig, 0, 0x00b0000000000020);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(rig->sim), STATE(ON));
}

/* And what it says when it is up. */
static void ap_boot_quietly(struct kunit *test, struct rig *rig)
{
	ferry_sim_rtkit_set_faults(rig->sim, FAULT(NO_LOG) | FAULT(NO_IOREPORT));
	ap_boot(test, rig);
	ap_expect(test, rig, 2, 0x00800000e0000020);
}

static void boots_with_the_known_answers(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(rig->sim), STATE(RESET));
	ap_boot(test, rig);

	ap_expect(test, rig, 2, 0x00800000e0000020);
	ap_expect(test, rig, 8, 0x0200000000001234);
	ap_expect(test, rig, 4, 0x0080000000000000);
	ap_expect(test, rig, 4, 0x00c0000000000000);
	ap_expect(test, rig, 2, 0x0050000000000000);
	ap_expect(test, rig, 2, 0x0050000000000001);
	ap_silence(test, rig);
	KUNIT_EXPECT_STREQ(test, (char *)rig->buf[FERRY_SIM_RTKIT_SYSLOG] + 0x108, "power.c:230");
	KUNIT_EXPECT_STREQ(test, (char *)rig->buf[FERRY_SIM_RTKIT_SYSLOG] + 0x20,
			   "RTKit is up\n");

	ap_send(test, rig, 8, 0x0200000000001234);
	ap_send(test, rig, 4, 0x0080000000000000);
	ap_send(test, rig, 4, 0x00c0000000000000);
	ap_send(test, rig, 2, 0x0050000000000000);
	ap_send(test, rig, 2, 0x0050000000000001);
	ap_silence(test, rig);
	msleep(1100);
	ap_silence(test, rig);
	expect_no_wrongs(test, rig);
}

static void ping_comes_back(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	ap_boot_quietly(test, rig);
	ap_send(test, rig, 0, 0x00301234000055aa);
	ap_expect(test, rig, 0, 0x00401234000055aa);
	expect_no_wrongs(test, rig);
}

static void refusal_is_answered_with_less(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	ferry_sim_rtkit_versions(rig->sim, 13, 14);
	ferry_sim_rtkit_run(rig->sim, true);
	ap_expect(test, rig, 0, 0x00100000000e000d);
	ap_send(test, rig, 0, 0x002000000badffff);
	ap_expect(test, rig, 0, 0x00100000000a0003);
	ap_send(test, rig, 0, 0x002000000badffff);
	ap_silence(test, rig);
	expect_no_wrongs(test, rig);
}

struct power_case {
	const char *name;
	u16 ap;
	u16 iop;
	enum ferry_sim_rtkit_state state;
	u64 woken;		/* first message after it is woken; 0: none */
};

static const struct power_case power_cases[] = {
	{ "sleep", 0x10, 0x01, STATE(SLEEP), 0x00100000000c000b },
	{ "quiesce", 0x10, 0x10, STATE(QUIESCED), 0x00100000000c000b },
	{ "idle", 0x201, 0x201, STATE(IDLE), 0x0070000000000020 },
	{ "off", 0, 0, STATE(OFF), 0 },
};

static void power_case_desc(const struct power_case *pc, char *desc)
{
	strscpy(desc, pc->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(power, power_cases, power_case_desc);

static void sleeps_and_wakes(struct kunit *test)
{
	const struct power_case *pc = test->param_value;
	struct rig *rig = rig_new(test);

	ap_boot_quietly(test, rig);
	ap_send(test, rig, 0, 0x00b0000000000000 | pc->ap);
	ap_expect(test, rig, 0, 0x00b0000000000000 | pc->ap);
	ap_send(test, rig, 0, 0x0060000000000000 | pc->iop);
	ap_expect(test, rig, 0, 0x0070000000000000 | pc->iop);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(rig->sim), pc->state);
	KUNIT_EXPECT_EQ(test, !!ferry_sim_rtkit_buf_addr(rig->sim, FERRY_SIM_RTKIT_SYSLOG),
			pc->state == STATE(IDLE));

	/* Asleep it hears nothing but the call to wake. */
	ap_send(test, rig, ECHO_EP, 1);
	ap_silence(test, rig);
	ap_send(test, rig, 0, 0x0060000000000220);
	if (pc->woken)
		ap_expect(test, rig, 0, pc->woken);
	else
		ap_silence(test, rig);
	expect_no_wrongs(test, rig);
}

static void old_word_wakes_as_well(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	ap_send(test, rig, 0, 0x0060000000000020);
	ap_expect(test, rig, 0, 0x00100000000c000b);
	/* Awake already: another one changes nothing. */
	ap_send(test, rig, 0, 0x0060000000000220);
	ap_silence(test, rig);
	expect_no_wrongs(test, rig);
}

static void maps_of_any_number_of_windows_are_told(struct kunit *test)
{
	struct ferry_sim_rtkit_cfg cfg = { };
	struct rig *rig;
	unsigned int w;

	for (w = 0; w < FERRY_SIM_RTKIT_WINDOWS; w++)
		cfg.endpoints[w] = 1 << w;
	cfg.endpoints[3] = 0;
	rig = rig_cfg(test, &cfg);
	ferry_sim_rtkit_run(rig->sim, true);
	ap_expect(test, rig, 0, 0x00100000000c000b);
	ap_send(test, rig, 0, 0x00200000000b000b);
	for (w = 0; w < FERRY_SIM_RTKIT_WINDOWS; w++) {
		if (w == 3)
			continue;
		ap_expect(test, rig, 0, (w == 7 ? 0x0088000000000000 : 0x0080000000000000) |
					(u64)w << 32 | 1 << w);
		ap_send(test, rig, 0, (w == 7 ? 0x0088000000000000 : 0x0080000000000001) |
				      (u64)w << 32);
	}
	/* No endpoint with a buffer: it is up at once. */
	ap_expect(test, rig, 0, 0x0070000000000020);
	expect_no_wrongs(test, rig);
}

static void mistakes_while_it_boots_are_counted(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	ferry_sim_rtkit_run(rig->sim, true);
	ap_expect(test, rig, 0, 0x00100000000c000b);
	ap_send(test, rig, 0, 0x00200000000d000d);
	expect_wrong(test, rig, WRONG(VERSION));
	ap_send(test, rig, 0, 0x00200000000c000b);
	expect_wrong(test, rig, WRONG(VERSION));
	ap_send(test, rig, 0, 0x00200000000c000c);
	ap_expect(test, rig, 0, 0x008000000000011f);
	ap_send(test, rig, 0, 0x0080000100000001);
	expect_wrong(test, rig, WRONG(MAP_BASE));
	ap_send(test, rig, 0, 0x0080000000000000);
	expect_wrong(test, rig, WRONG(MAP_MORE));
	ap_send(test, rig, 0, 0x0088000000000000);
	expect_wrong(test, rig, WRONG(MAP_MORE));
	ap_send(test, rig, 0, 0x0080000000000001);
	ap_expect(test, rig, 0, 0x008800010000000f);
	ap_send(test, rig, 0, 0x0088000100000001);
	expect_wrong(test, rig, WRONG(MAP_MORE));
	ap_send(test, rig, 0, 0x0088000100000000);
	ap_silence(test, rig);

	ap_send(test, rig, 0, 0x0050002100000002);
	expect_wrong(test, rig, WRONG(STARTED));
	ap_send(test, rig, 0, 0x0050000500000002);
	expect_wrong(test, rig, WRONG(ENDPOINT));
	ap_send(test, rig, 2, 0x0050000000000000);
	expect_wrong(test, rig, WRONG(NOT_STARTED));
	ap_send(test, rig, 5, 0);
	expect_wrong(test, rig, WRONG(ENDPOINT));
	ap_send(test, rig, 0, 0x00f0000000000000);
	expect_wrong(test, rig, WRONG(TYPE));
	ap_send(test, rig, 0, 0x0060000000000001);
	expect_wrong(test, rig, WRONG(POWER));
}

static void buffers_are_looked_at(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	u64 good;

	ap_meet(test, rig);
	ap_send(test, rig, 0, 0x0050000200000002);
	ap_expect(test, rig, 2, 0x0010400000000000);
	good = ap_give(test, rig, FERRY_SIM_RTKIT_SYSLOG, 0x4000);
	ap_send(test, rig, 2, (good & ~0x000ff00000000000) | 0x0000300000000000);
	expect_wrong(test, rig, WRONG(SIZE));
	ap_send(test, rig, 2, good + 0x800);
	expect_wrong(test, rig, WRONG(ADDRESS));
	ap_send(test, rig, 2, 0x0010400000000000);
	expect_wrong(test, rig, WRONG(ADDRESS));
	ap_send(test, rig, 2, 0x00104ffffffff000);
	expect_wrong(test, rig, WRONG(ADDRESS));
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_buf_addr(rig->sim, FERRY_SIM_RTKIT_SYSLOG), 0);
	ap_send(test, rig, 2, good);
	ap_silence(test, rig);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_buf_addr(rig->sim, FERRY_SIM_RTKIT_SYSLOG),
			virt_to_phys(rig->buf[FERRY_SIM_RTKIT_SYSLOG]));
	ap_send(test, rig, 2, good + 0x1000);
	expect_wrong(test, rig, WRONG(REPLY));
}

static void start_app(struct kunit *test, struct rig *rig, u8 ep)
{
	ap_send(test, rig, 0, 0x0050000000000002 | (u64)ep << 32);
}

static void applications_echo_sink_and_send(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct ferry_sim_rtkit_stats stats;
	int i;

	ap_boot_quietly(test, rig);
	ap_send(test, rig, ECHO_EP, 1);
	expect_wrong(test, rig, WRONG(NOT_STARTED));
	start_app(test, rig, ECHO_EP);
	start_app(test, rig, SINK_EP);
	start_app(test, rig, SOURCE_EP);
	for (i = 0; i < 1000; i++) {
		ap_send(test, rig, ECHO_EP, ~(u64)i);
		ap_expect(test, rig, ECHO_EP, ~(u64)i);
		ap_send(test, rig, SINK_EP, i);
	}
	ap_send(test, rig, SOURCE_EP, 3000);
	for (i = 0; i < 3000; i++)
		ap_expect(test, rig, SOURCE_EP, i);
	ap_silence(test, rig);
	ferry_sim_rtkit_stats(rig->sim, &stats);
	KUNIT_EXPECT_EQ(test, stats.sunk, 1000);
	KUNIT_EXPECT_EQ(test, stats.dropped, 0);
	expect_no_wrongs(test, rig);
}

static void missing_echo_stops_the_log(struct kunit *test)
{
	struct rig *rig = rig_new(test);

	ap_boot_quietly(test, rig);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_log(rig->sim, "a.c:1", "first"), 0);
	ap_expect(test, rig, 2, 0x0050000000000000);
	msleep(900);
	ap_send(test, rig, 2, 0x0050000000000000);
	ap_silence(test, rig);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_log(rig->sim, "a.c:2", "second"), 0);
	ap_expect(test, rig, 2, 0x0050000000000001);
	ap_send(test, rig, 2, 0x0050000000000002);
	expect_wrong(test, rig, WRONG(ECHO));
	msleep(1100);
	expect_wrong(test, rig, WRONG(NO_ECHO));
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_log(rig->sim, "a.c:3", "third"), -EAGAIN);
}

static void crash_leaves_a_log_and_silence(struct kunit *test)
{
	struct rig *rig = rig_new(test);
	struct rtkit_crash_section *section;
	u32 used = 32, types = 0;
	u8 *log;

	ap_boot_quietly(test, rig);
	log = rig->buf[FERRY_SIM_RTKIT_CRASHLOG];
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_crash(rig->sim, NULL, 0), 0);
	ap_expect(test, rig, 1, 0x0010200000000000 | virt_to_phys(log));
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_crash(rig->sim, NULL, 0), -ENODEV);

	KUNIT_EXPECT_MEMEQ(test, log, "\x45\x48\x4c\x43", 4);
	do {
		section = (void *)(log + used);
		used += le32_to_cpu(section->len);
		types++;
	} while (le32_to_cpu(section->type) != RTKIT_CRASH_HEADER && used < 0x2000);
	KUNIT_EXPECT_EQ(test, types, 11);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(((struct rtkit_crash_header *)log)->size), used);

	ap_send(test, rig, 0, 0x00301234000055aa);
	ap_silence(test, rig);
	expect_no_wrongs(test, rig);
	msleep(1100);
	ap_send(test, rig, 0, 0x00301234000055aa);
	expect_wrong(test, rig, WRONG(AFTER_CRASH));

	/* Reset, and again, with what was in the FIFO forgotten. */
	ferry_sim_rtkit_run(rig->sim, false);
	ap_send(test, rig, 0, 0x0060000000000220);
	ap_silence(test, rig);
	ferry_sim_rtkit_run(rig->sim, true);
	ap_expect(test, rig, 0, 0x00100000000c000b);
	ap_silence(test, rig);
}

static void trace_has_both_directions(struct kunit *test)
{
	struct ferry_sim_rtkit_trace trace[4];
	struct rig *rig = rig_new(test);

	ap_boot_quietly(test, rig);
	ferry_sim_rtkit_forget(rig->sim);
	ap_send(test, rig, 0, 0x00301234000055aa);
	ap_expect(test, rig, 0, 0x00401234000055aa);
	KUNIT_ASSERT_EQ(test, ferry_sim_rtkit_trace(rig->sim, trace, 4), 2);
	KUNIT_EXPECT_FALSE(test, trace[0].to_cpu);
	KUNIT_EXPECT_EQ(test, trace[0].msg0, 0x00301234000055aa);
	KUNIT_EXPECT_TRUE(test, trace[1].to_cpu);
	KUNIT_EXPECT_EQ(test, trace[1].msg0, 0x00401234000055aa);
	KUNIT_EXPECT_EQ(test, trace[1].msg1, 0);
}

/* As the SMC has it: all buffers in memory that it lends. */
static void smc_has_keys(struct kunit *test)
{
	struct ferry_sim_rtkit_cfg cfg = {
		.sram = { .addr = 0x23fe00000, .size = SZ_64K },
		.placed = 0xf,
	};
	static const u8 rplt_info[] = { 8, 'c', 'h', '8', '*', 0x80 };
	struct rig *rig;
	u8 *sram = kunit_kzalloc(test, SZ_64K, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sram);
	cfg.sram.mem = sram;
	rig = rig_cfg(test, &cfg);
	ferry_sim_rtkit_set_faults(rig->sim, FAULT(NO_LOG) | FAULT(NO_IOREPORT));
	ap_meet(test, rig);
	ap_send(test, rig, 0, 0x0050000100000002);
	ap_expect(test, rig, 1, 0x001020023fe01000);
	ap_send(test, rig, 0, 0x0050000200000002);
	ap_expect(test, rig, 2, 0x001040023fe03000);
	ap_send(test, rig, 0, 0x0050000400000002);
	ap_expect(test, rig, 4, 0x001010023fe07000);
	/* Nothing to wait for. */
	ap_expect(test, rig, 0, 0x0070000000000020);
	ap_send(test, rig, 0, 0x00b0000000000020);
	ap_expect(test, rig, 0, 0x00b0000000000020);
	ap_expect(test, rig, 2, 0x00800000e0000020);
	start_app(test, rig, 0x20);

	ap_send(test, rig, 0x20, 0x17);
	ap_expect(test, rig, 0x20, 0x23fe00000);
	/* "#KEY": 12, the highest byte first */
	ap_send(test, rig, 0x20, 0x234b455900041010);
	ap_expect(test, rig, 0x20, 0x0c00000000041000);
	/* The sixth is "NTAP" */
	ap_send(test, rig, 0x20, 0x0000000500002012);
	ap_expect(test, rig, 0x20, 0x5041544e00042000);
	ap_send(test, rig, 0x20, 0x0000000c00002012);
	ap_expect(test, rig, 0x20, 0x00000000000020b8);
	/* "RPlt": its type, then its value, which is long */
	ap_send(test, rig, 0x20, 0x52506c7400003013);
	ap_expect(test, rig, 0x20, 0x0000000000063000);
	KUNIT_EXPECT_MEMEQ(test, sram, rplt_info, sizeof(rplt_info));
	ap_send(test, rig, 0x20, 0x52506c7400084010);
	ap_expect(test, rig, 0x20, 0x0000000000084000);
	KUNIT_EXPECT_MEMEQ(test, sram, "j000sim", 8);
	/* "gP01": write, and write and read at once */
	memcpy(sram, "\x44\x33\x22\x11", 4);
	ap_send(test, rig, 0x20, 0x6750303100045011);
	ap_expect(test, rig, 0x20, 0x0000000000045000);
	ap_send(test, rig, 0x20, 0x6750303100046010);
	ap_expect(test, rig, 0x20, 0x1122334400046000);
	memcpy(sram, "\x01\x00\x00\x00", 4);
	ap_send(test, rig, 0x20, 0x6750303104047020);
	ap_expect(test, rig, 0x20, 0x0000000100047000);
	/* No such key, not to be written, too short */
	ap_send(test, rig, 0x20, 0x4e4f4e4500048010);
	ap_expect(test, rig, 0x20, 0x0000000000008084);
	ap_send(test, rig, 0x20, 0x52506c7400089011);
	ap_expect(test, rig, 0x20, 0x0000000000009086);
	ap_send(test, rig, 0x20, 0x52506c740004a010);
	ap_expect(test, rig, 0x20, 0x000000000000a087);

	/* Events only for those who want them */
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_smc_notify(rig->sim, 0x720a0001), -EAGAIN);
	sram[0] = 1;
	ap_send(test, rig, 0x20, 0x4e5441500001b011);
	ap_expect(test, rig, 0x20, 0x000000000001b000);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_smc_notify(rig->sim, 0x720a0001), 0);
	ap_expect(test, rig, 0x20, 0x720a000100000018);
	expect_no_wrongs(test, rig);
	ap_send(test, rig, 0x20, 0x00000000000000ff);
	ap_expect(test, rig, 0x20, 0x0000000000000082);
	expect_wrong(test, rig, WRONG(SMC));
}

static struct kunit_case rtkit_sim_cases[] = {
	KUNIT_CASE(boots_with_the_known_answers),
	KUNIT_CASE(ping_comes_back),
	KUNIT_CASE(refusal_is_answered_with_less),
	KUNIT_CASE_PARAM(sleeps_and_wakes, power_gen_params),
	KUNIT_CASE(old_word_wakes_as_well),
	KUNIT_CASE(maps_of_any_number_of_windows_are_told),
	KUNIT_CASE(mistakes_while_it_boots_are_counted),
	KUNIT_CASE(buffers_are_looked_at),
	KUNIT_CASE(applications_echo_sink_and_send),
	KUNIT_CASE(missing_echo_stops_the_log),
	KUNIT_CASE(crash_leaves_a_log_and_silence),
	KUNIT_CASE(trace_has_both_directions),
	KUNIT_CASE(smc_has_keys),
	{}
};

static struct kunit_suite rtkit_sim_suite = {
	.name = "ferry_sim_rtkit",
	.test_cases = rtkit_sim_cases,
};

kunit_test_suite(rtkit_sim_suite);

MODULE_DESCRIPTION("Ferry: tests of the simulated co-processor of Apple's");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
