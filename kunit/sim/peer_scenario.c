// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drivers of RTKit boot the simulated co-processor, on emulated registers: the kernel's
 * own, unmodified, is the independent check of how the wire was understood.
 *
 * Compared is what the CPU sends, message by message. Addresses of buffers are left out.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../../drivers/rtkit/wire.h"
#include "../../drivers/sim/rtkit.h"
#include "../ferry_kunit.h"
#include "peer.h"

#define ECHO_EP		0x21
#define TRACE_MAX	512
#define SETTLE_MS	100

/* One message of the CPU. */
struct want {
	u8 ep;
	u64 msg0;
};

static const struct peer_driver * const drivers[] = {
	&ferry_peer_apple,
	&ferry_peer_ferry,
};

static void driver_desc(const struct peer_driver * const *driver, char *desc)
{
	strscpy(desc, (*driver)->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(driver, drivers, driver_desc);

/* A driver, and what came of its endpoints. */
struct scene {
	struct peer peer;
	atomic_t received;
	u64 last;
};

static void scene_received(struct peer *peer, u64 msg)
{
	struct scene *scene = container_of(peer, struct scene, peer);

	WRITE_ONCE(scene->last, msg);
	atomic_inc(&scene->received);
}

static void scene_end(void *peer)
{
	ferry_peer_end(peer);
}

static struct peer *peer_new_of(struct kunit *test, const struct peer_driver *driver,
				enum ferry_sim_asc_map map, bool owns_cpu)
{
	struct scene *scene = kunit_kzalloc(test, sizeof(*scene), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, scene);
	scene->peer.owns_cpu = owns_cpu;
	scene->peer.map = map;
	scene->peer.received = scene_received;
	ret = ferry_peer_make(&scene->peer, driver);
	ferry_defer(test, scene_end, &scene->peer);
	KUNIT_ASSERT_EQ(test, ret, 0);
	return &scene->peer;
}

static struct peer *peer_new_cpu(struct kunit *test, bool owns_cpu)
{
	const struct peer_driver * const *driver = test->param_value;

	return peer_new_of(test, *driver, FERRY_SIM_ASC_V4, owns_cpu);
}

static struct peer *peer_new(struct kunit *test)
{
	return peer_new_cpu(test, false);
}

/* What differs from run to run is where buffers are. */
static u64 without_address(const struct ferry_sim_rtkit_trace *trace)
{
	u64 msg0 = trace->msg0;

	switch (trace->msg1) {
	case RTKIT_EP_CRASHLOG:
	case RTKIT_EP_SYSLOG:
	case RTKIT_EP_IOREPORT:
		if (FIELD_GET(RTKIT_TYPE, msg0) == RTKIT_BUF_REQUEST)
			msg0 &= ~RTKIT_BUF_IOVA;
		break;
	case RTKIT_EP_OSLOG:
		if (FIELD_GET(RTKIT_OSLOG_TYPE, msg0) == RTKIT_OSLOG_BUF_REQUEST)
			msg0 &= ~RTKIT_OSLOG_BUF_IOVA;
		break;
	}
	return msg0;
}

/* The next that the CPU should send on an endpoint; @n: none. */
static unsigned int want_next(const struct want *want, unsigned int n, u64 seen, u8 ep)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (want[i].ep == ep && !(seen & BIT_ULL(i)))
			break;
	}
	return i;
}

/*
 * The CPU sent these since it was looked last, those of an endpoint in this order. Answers
 * of different endpoints may overtake each other.
 */
static void expect_sent(struct kunit *test, struct peer *peer, const struct want *want,
			unsigned int n)
{
	struct ferry_sim_rtkit_trace *trace;
	unsigned int all, i, next;
	u64 seen = 0;

	trace = kunit_kcalloc(test, TRACE_MAX, sizeof(*trace), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, trace);
	all = ferry_sim_rtkit_trace(peer->sim, trace, TRACE_MAX);
	for (i = 0; i < all; i++) {
		u64 msg0 = without_address(&trace[i]);

		if (trace[i].to_cpu)
			continue;
		next = want_next(want, n, seen, trace[i].msg1);
		if (next == n || msg0 != want[next].msg0)
			KUNIT_FAIL(test, "sent: %02x %016llx", trace[i].msg1, msg0);
		else
			seen |= BIT_ULL(next);
	}
	KUNIT_EXPECT_EQ(test, hweight64(seen), n);
	kunit_kfree(test, trace);
}

/* And with none of them a mistake. */
static void expect_no_wrongs(struct kunit *test, struct peer *peer)
{
	struct ferry_sim_rtkit_stats stats;
	unsigned int i;

	ferry_sim_rtkit_stats(peer->sim, &stats);
	for (i = 0; i < FERRY_SIM_RTKIT_NR_WRONGS; i++)
		KUNIT_EXPECT_EQ_MSG(test, stats.wrong[i], 0, "wrong %u", i);
	KUNIT_EXPECT_EQ(test, ferry_sim_asc_errors(peer->asc), 0);
}

#define EXPECT_SENT(test, peer, ...) do {					\
	const struct want _want[] = { __VA_ARGS__ };				\
										\
	expect_sent(test, peer, _want, ARRAY_SIZE(_want));			\
	expect_no_wrongs(test, peer);						\
	ferry_sim_rtkit_forget((peer)->sim);					\
} while (0)

/* From hello to "on", with the addresses left out: known answers. */
#define BOOT_MESSAGES								\
	{ 0, 0x00200000000c000c },						\
	{ 0, 0x0080000000000001 },						\
	{ 0, 0x0088000100000000 },						\
	{ 0, 0x0050000100000002 },						\
	{ 0, 0x0050000200000002 },						\
	{ 0, 0x0050000300000002 },						\
	{ 0, 0x0050000400000002 },						\
	{ 0, 0x0050000800000002 },						\
	{ 1, 0x0010200000000000 },						\
	{ 2, 0x0010400000000000 },						\
	{ 4, 0x0010100000000000 },						\
	{ 8, 0x0104000000000000 },						\
	{ 0, 0x00b0000000000020 }

/* It logs and reports only where a case is about that. */
static void boot(struct kunit *test, struct peer *peer)
{
	ferry_sim_rtkit_set_faults(peer->sim, FERRY_SIM_RTKIT_FAULT(NO_LOG) |
					      FERRY_SIM_RTKIT_FAULT(NO_IOREPORT));
	ferry_peer_run_cpu(peer, true);
	KUNIT_ASSERT_EQ(test, peer->driver->boot(peer), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_rtkit_state(peer->sim), FERRY_SIM_RTKIT_ON);
	/* It does not wait for the buffer of OSLOG. */
	msleep(SETTLE_MS);
}

static void boots_message_by_message(struct kunit *test)
{
	struct peer *peer = peer_new(test);

	boot(test, peer);
	EXPECT_SENT(test, peer, BOOT_MESSAGES);
}

static void echoes_logs_and_reports(struct kunit *test)
{
	struct peer *peer = peer_new(test);
	struct ferry_sim_rtkit_stats stats;

	ferry_peer_run_cpu(peer, true);
	KUNIT_ASSERT_EQ(test, peer->driver->boot(peer), 0);
	msleep(SETTLE_MS);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_log(peer->sim, "smc.cpp:12", "hello\n"), 0);
	/* Long enough for echoes that are missing to be missed. */
	msleep(1500);
	ferry_sim_rtkit_stats(peer->sim, &stats);
	KUNIT_EXPECT_EQ(test, stats.logs, 3);
	KUNIT_EXPECT_EQ(test, stats.log_echoes, 3);
	expect_no_wrongs(test, peer);
}

static void open_echo(struct kunit *test, struct peer *peer)
{
	KUNIT_ASSERT_EQ(test, peer->driver->open(peer, ECHO_EP), 0);
}

static void talk(struct kunit *test, struct peer *peer)
{
	struct scene *scene = container_of(peer, struct scene, peer);
	int i, was = atomic_read(&scene->received);

	for (i = 1; i <= 100; i++) {
		KUNIT_ASSERT_EQ(test, peer->driver->send(peer, ECHO_EP, i), 0);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(atomic_read(&scene->received) == was + i));
		KUNIT_ASSERT_EQ(test, scene->last, i);
	}
}

static void messages_of_applications_are_echoed(struct kunit *test)
{
	struct peer *peer = peer_new(test);

	boot(test, peer);
	ferry_sim_rtkit_forget(peer->sim);
	open_echo(test, peer);
	msleep(SETTLE_MS);
	EXPECT_SENT(test, peer, { 0, 0x0050002100000002 });
	talk(test, peer);
	expect_no_wrongs(test, peer);
}

static void shuts_down_and_wakes(struct kunit *test)
{
	struct peer *peer = peer_new(test);

	boot(test, peer);
	ferry_sim_rtkit_forget(peer->sim);
	KUNIT_ASSERT_EQ(test, peer->driver->shutdown(peer), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(peer->sim), FERRY_SIM_RTKIT_SLEEP);
	EXPECT_SENT(test, peer, { 0, 0x00b0000000000010 }, { 0, 0x0060000000000001 });
	KUNIT_ASSERT_EQ(test, peer->driver->wake(peer), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(peer->sim), FERRY_SIM_RTKIT_ON);
	msleep(SETTLE_MS);
	EXPECT_SENT(test, peer, { 0, peer->driver->wake_word }, BOOT_MESSAGES);
}

static void quiesces_and_wakes(struct kunit *test)
{
	struct peer *peer = peer_new(test);

	boot(test, peer);
	ferry_sim_rtkit_forget(peer->sim);
	KUNIT_ASSERT_EQ(test, peer->driver->quiesce(peer), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(peer->sim), FERRY_SIM_RTKIT_QUIESCED);
	EXPECT_SENT(test, peer, { 0, 0x00b0000000000010 }, { 0, 0x0060000000000010 });
	KUNIT_ASSERT_EQ(test, peer->driver->wake(peer), 0);
	msleep(SETTLE_MS);
	EXPECT_SENT(test, peer, { 0, peer->driver->wake_word }, BOOT_MESSAGES);
}

/* Context is kept: nothing is negotiated again, and endpoints stay open. */
static void idles_and_wakes(struct kunit *test)
{
	struct peer *peer = peer_new(test);

	boot(test, peer);
	open_echo(test, peer);
	talk(test, peer);
	ferry_sim_rtkit_forget(peer->sim);
	KUNIT_ASSERT_EQ(test, peer->driver->idle(peer), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(peer->sim), FERRY_SIM_RTKIT_IDLE);
	EXPECT_SENT(test, peer, { 0, 0x00b0000000000201 }, { 0, 0x0060000000000201 });
	KUNIT_ASSERT_EQ(test, peer->driver->wake(peer), 0);
	msleep(SETTLE_MS);
	EXPECT_SENT(test, peer, { 0, peer->driver->wake_word }, { 0, 0x00b0000000000020 });
	talk(test, peer);
	expect_no_wrongs(test, peer);
}

static void crash_is_noticed_and_reset_helps(struct kunit *test)
{
	struct peer *peer = peer_new_cpu(test, true);

	boot(test, peer);
	open_echo(test, peer);
	talk(test, peer);
	ferry_sim_rtkit_forget(peer->sim);
	KUNIT_ASSERT_EQ(test, ferry_sim_rtkit_crash(peer->sim, NULL, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(peer->driver->crashed(peer)));
	/* A send may meet the crash half-way. */
	msleep(SETTLE_MS);
	KUNIT_EXPECT_LT(test, peer->driver->send(peer, ECHO_EP, 1), 0);
	msleep(1500);
	expect_sent(test, peer, NULL, 0);
	expect_no_wrongs(test, peer);

	ferry_peer_run_cpu(peer, false);
	KUNIT_ASSERT_EQ(test, peer->driver->reset(peer), 0);
	ferry_sim_rtkit_forget(peer->sim);
	boot(test, peer);
	EXPECT_SENT(test, peer, BOOT_MESSAGES);
}

/* The mailboxes of other SoCs, as far as the kernel's driver knows them. */
static const struct other {
	const char *name;
	const struct peer_driver *driver;
	enum ferry_sim_asc_map map;
} others[] = {
	{ "apple-rtkit on m3", &ferry_peer_apple, FERRY_SIM_ASC_M3 },
	{ "ferry on m3", &ferry_peer_ferry, FERRY_SIM_ASC_M3 },
#if FERRY_APPLE_HAS_T8015
	{ "apple-rtkit on t8015", &ferry_peer_apple, FERRY_SIM_ASC_T8015 },
#endif
	{ "ferry on t8015", &ferry_peer_ferry, FERRY_SIM_ASC_T8015 },
};

static void other_desc(const struct other *other, char *desc)
{
	strscpy(desc, other->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(other, others, other_desc);

static void other_mailboxes_do_as_well(struct kunit *test)
{
	const struct other *other = test->param_value;
	struct peer *peer = peer_new_of(test, other->driver, other->map, false);

	boot(test, peer);
	EXPECT_SENT(test, peer, BOOT_MESSAGES);
	open_echo(test, peer);
	talk(test, peer);
	expect_no_wrongs(test, peer);
	ferry_sim_rtkit_forget(peer->sim);
	KUNIT_ASSERT_EQ(test, peer->driver->shutdown(peer), 0);
	EXPECT_SENT(test, peer, { 0, 0x00b0000000000010 }, { 0, 0x0060000000000001 });
	KUNIT_ASSERT_EQ(test, peer->driver->wake(peer), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_rtkit_state(peer->sim), FERRY_SIM_RTKIT_ON);
}

static struct kunit_case peer_cases[] = {
	KUNIT_CASE_PARAM(boots_message_by_message, driver_gen_params),
	KUNIT_CASE_PARAM(echoes_logs_and_reports, driver_gen_params),
	KUNIT_CASE_PARAM(messages_of_applications_are_echoed, driver_gen_params),
	KUNIT_CASE_PARAM(shuts_down_and_wakes, driver_gen_params),
	KUNIT_CASE_PARAM(quiesces_and_wakes, driver_gen_params),
	KUNIT_CASE_PARAM(idles_and_wakes, driver_gen_params),
	KUNIT_CASE_PARAM(crash_is_noticed_and_reset_helps, driver_gen_params),
	KUNIT_CASE_PARAM(other_mailboxes_do_as_well, other_gen_params),
	{}
};

static struct kunit_suite peer_suite = {
	.name = "ferry_rtkit_peer",
	.test_cases = peer_cases,
};

kunit_test_suite(peer_suite);

MODULE_DESCRIPTION("Ferry: drivers of RTKit and the simulated co-processor");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
FERRY_IMPORT_TEST();
