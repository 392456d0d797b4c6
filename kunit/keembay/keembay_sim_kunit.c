// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: driver and simulated VPU together, over a loop-back: proper traffic, and
 * proper traffic beside every kind of misbehaviour.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../../drivers/sim/keembay_vpu.h"
#include "fake_vpu.h"

struct sim {
	struct fake_vpu *fake;
	struct ferry_sim_vpu *vpu;
};

static void sim_destroy(void *vpu)
{
	ferry_sim_vpu_destroy(vpu);
}

static void sim_no_faults(void *vpu)
{
	ferry_sim_vpu_set_faults(vpu, 0);
}

/* As fake_make(), but the far ends belong to the simulated VPU. */
static struct sim *sim_vpu(struct kunit *test, bool ready)
{
	struct sim *sim = kunit_kzalloc(test, sizeof(*sim), GFP_KERNEL);
	struct fake_vpu *fake = fake_make(test, FIFO_DEPTH, REGION_SIZE, REGION_SIZE);
	struct ferry_sim_vpu_cfg cfg = {
		.name = "kunit",
		.cpu_region = fake->cpu_region,
		.vpu_region = fake->vpu_region,
		.ready_ms = ready ? 300 : FERRY_SIM_VPU_NO_READY,
	};

	KUNIT_ASSERT_NOT_NULL(test, sim);
	sim->fake = fake;
	ferry_port_stop(fake->vpu_tx);
	ferry_port_stop(fake->vpu_rx);
	sim->vpu = ferry_sim_vpu_create_on_ports(&cfg, fake->vpu_tx, fake->vpu_rx);
	KUNIT_ASSERT_FALSE(test, IS_ERR(sim->vpu));
	ferry_defer(test, sim_destroy, sim->vpu);
	return sim;
}

static struct sim *sim_make(struct kunit *test, bool wait_ready)
{
	struct sim *sim = sim_vpu(test, wait_ready);

	fake_link(test, sim->fake, wait_ready);
	return sim;
}

static struct sim *sim_up(struct kunit *test)
{
	struct sim *sim = sim_make(test, false);

	KUNIT_ASSERT_EQ(test, ferry_link_start(sim->fake->link), 0);
	ferry_defer(test, sim_no_faults, sim->vpu);
	return sim;
}

/*
 * A client of an echo channel. Message n is as long as echo_len(n) says, its bytes
 * follow from n and its channel, and all come back in order.
 */
struct echo {
	struct ferry_ep *ep;
	u32 channel;
	u32 max;		/* bytes */
	u32 window;		/* messages under way */
	u32 count;		/* to be sent */
	u32 sent;
	u32 received;
	u32 wrong;
	int error;
	u8 *buf;
	struct task_struct *task;
};

static u32 echo_len(const struct echo *e, u32 n)
{
	/* Log-uniform, by the bits of a hash, and now and then nothing. */
	u32 h = (n + 1) * 0x9e3779b1u;

	return n % 17 ? (h >> 8) % ((e->max >> (h % 12)) + 1) : 0;
}

static u8 echo_byte(const struct echo *e, u32 n, u32 i)
{
	return (n * 31 + e->channel * 7 + i) & 0xff;
}

static int echo_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct echo *e = priv;
	u32 i, n = e->received;
	bool ok = len == echo_len(e, n);
	const u8 *bytes = data;

	for (i = 0; ok && i < len; i++)
		ok = bytes[i] == echo_byte(e, n, i);
	if (!ok)
		e->wrong++;
	count_to(&e->received, n + 1);
	return 0;
}

static int echo_thread(void *arg)
{
	struct echo *e = arg;
	u32 i, len;

	while (e->sent < e->count && !kthread_should_stop()) {
		if (e->sent - counted(&e->received) >= e->window) {
			usleep_range(20, 40);
			continue;
		}
		len = echo_len(e, e->sent);
		for (i = 0; i < len; i++)
			e->buf[i] = echo_byte(e, e->sent, i);
		e->error = ferry_send_timeout(e->ep, e->buf, len, 30000);
		if (e->error)
			break;
		e->sent++;
	}
	while (!kthread_should_stop())
		usleep_range(500, 1000);
	return 0;
}

static void echo_stop(void *arg)
{
	kthread_stop(((struct echo *)arg)->task);
}

static struct echo *echo_start(struct kunit *test, struct sim *sim, u32 channel, u32 count,
			       u32 max)
{
	struct echo *e = kunit_kzalloc(test, sizeof(*e), GFP_KERNEL);
	struct ferry_ep_cfg cfg = { .rx = echo_rx, .priv = e };

	KUNIT_ASSERT_NOT_NULL(test, e);
	e->channel = channel;
	e->count = count;
	e->max = max;
	e->window = 16;
	e->buf = fake_memory(test, max + 1);
	e->ep = fake_open_cfg(test, sim->fake, channel, &cfg);
	e->task = kthread_create(echo_thread, e, "ferry-echo-%u", channel);
	KUNIT_ASSERT_FALSE(test, IS_ERR(e->task));
	ferry_defer(test, echo_stop, e);
	wake_up_process(e->task);
	return e;
}

static void echo_expect(struct kunit *test, struct echo *e)
{
	unsigned int i;

	for (i = 0; i < 30 && counted(&e->received) < e->count && !e->error; i++)
		FERRY_WAIT(counted(&e->received) >= e->count || READ_ONCE(e->error));
	KUNIT_EXPECT_EQ(test, e->error, 0);
	KUNIT_EXPECT_EQ(test, e->received, e->count);
	KUNIT_EXPECT_EQ(test, e->wrong, 0);
}

/* The VPU found nothing to complain about, and all is free in the end. */
static void sim_expect_clean(struct kunit *test, struct sim *sim)
{
	struct ferry_sim_vpu_stats st;

	ferry_sim_vpu_stats(sim->vpu, &st);
	KUNIT_EXPECT_EQ(test, st.bad, 0);
	FERRY_WAIT(!ferry_pool_reap(sim->fake->kmb->packets, 10000));
	expect_all_free(test, sim->fake);
}

static void echoes_come_back_in_order(struct kunit *test)
{
	struct sim *sim = sim_up(test);
	struct echo *e = echo_start(test, sim, 5, 3000, 65536);

	echo_expect(test, e);
	sim_expect_clean(test, sim);
}

static void many_senders_share_the_fifo(struct kunit *test)
{
	static const u32 channels[] = { 0, 9, 10, 11, 500, 999, 1004, 1023 };
	struct sim *sim = sim_up(test);
	struct echo *e[ARRAY_SIZE(channels)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(channels); i++)
		e[i] = echo_start(test, sim, channels[i], 150, i & 1 ? 65536 : 300);
	for (i = 0; i < ARRAY_SIZE(channels); i++)
		echo_expect(test, e[i]);
	sim_expect_clean(test, sim);
}

static void senders_on_one_channel_share_it(struct kunit *test)
{
	struct sim *sim = sim_up(test);
	struct ferry_sim_vpu_stats st;
	struct echo *e[4];
	unsigned int i;

	/* On the sink of the VPU, so that only the sum counts. */
	e[0] = echo_start(test, sim, 1000, 200, 4096);
	for (i = 1; i < 4; i++) {
		e[i] = kunit_kzalloc(test, sizeof(*e[i]), GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, e[i]);
		*e[i] = *e[0];
		e[i]->sent = 0;
		e[i]->buf = fake_memory(test, e[i]->max + 1);
		e[i]->task = kthread_create(echo_thread, e[i], "ferry-sink-%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(e[i]->task));
		ferry_defer(test, echo_stop, e[i]);
	}
	for (i = 0; i < 4; i++) {
		WRITE_ONCE(e[i]->window, U32_MAX);
		wake_up_process(e[i]->task);
	}
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(e[i]->sent) == 200));
	FERRY_WAIT(({ ferry_sim_vpu_stats(sim->vpu, &st); st.rx >= 800; }));
	KUNIT_EXPECT_EQ(test, st.rx, 800);
	sim_expect_clean(test, sim);
}

struct pattern {
	u32 received;
	u32 wrong;
	u32 size;
};

static int pattern_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct pattern *p = priv;
	const u8 *bytes = data;
	bool ok = len == p->size;
	size_t i;

	for (i = 0; ok && i < len; i++)
		ok = bytes[i] == ferry_sim_vpu_byte(p->received, i);
	p->wrong += !ok;
	count_to(&p->received, p->received + 1);
	return 0;
}

static void source_and_burst_make_messages(struct kunit *test)
{
	static const struct {
		u32 channel;
		u32 count;
		u32 size;
	} orders[] = { { 1001, 50, 777 }, { 1002, 2000, 64 }, { 1002, 100, 65536 } };
	struct sim *sim = sim_up(test);
	struct ferry_sim_vpu_order order = {};
	struct ferry_id id = {};
	struct pattern *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct ferry_ep_cfg cfg = { .rx = pattern_rx, .priv = p, .depth = 4096 };
	struct ferry_ep *ep;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, p);
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		memset(p, 0, sizeof(*p));
		p->size = orders[i].size;
		id.number = orders[i].channel;
		ep = ferry_open(sim->fake->link, &id, &cfg);
		KUNIT_ASSERT_FALSE(test, IS_ERR(ep));
		order.count = cpu_to_le32(orders[i].count);
		order.size = cpu_to_le32(orders[i].size);
		KUNIT_EXPECT_EQ(test, ferry_send(ep, &order, sizeof(order)), 0);
		FERRY_WAIT(counted(&p->received) == orders[i].count);
		KUNIT_EXPECT_EQ(test, ferry_close(ep), 0);
		KUNIT_EXPECT_EQ(test, p->received, orders[i].count);
		KUNIT_EXPECT_EQ(test, p->wrong, 0);
	}
	sim_expect_clean(test, sim);
}

static const struct sim_fault {
	const char *name;
	u32 faults;
} sim_faults[] = {
	{ "bad entries", FERRY_SIM_VPU_FAULT(BAD_ENTRY) },
	{ "bad headers", FERRY_SIM_VPU_FAULT(BAD_HEADER) },
	{ "bad payload", FERRY_SIM_VPU_FAULT(BAD_PAYLOAD) },
	{ "rewritten", FERRY_SIM_VPU_FAULT(REWRITE) },
	{ "flood", FERRY_SIM_VPU_FAULT(FLOOD) },
	{ "all of these", FERRY_SIM_VPU_FAULT(BAD_ENTRY) | FERRY_SIM_VPU_FAULT(BAD_HEADER) |
			  FERRY_SIM_VPU_FAULT(BAD_PAYLOAD) | FERRY_SIM_VPU_FAULT(REWRITE) |
			  FERRY_SIM_VPU_FAULT(FLOOD) },
};

static void sim_fault_desc(const struct sim_fault *f, char *desc)
{
	strscpy(desc, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sim_fault, sim_faults, sim_fault_desc);

static u64 all_drops(struct fake_vpu *fake)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < FERRY_NR_DROPS; i++)
		sum += fake_drops(fake, i);
	return sum;
}

/* Of what comes on top, nothing reaches a client, and proper messages all do. */
static void bogus_traffic_is_dropped_and_proper_one_arrives(struct kunit *test)
{
	const struct sim_fault *f = test->param_value;
	struct sim *sim = sim_up(test);
	struct ferry_sim_vpu_stats st;
	struct echo *e;

	ferry_sim_vpu_set_faults(sim->vpu, f->faults);
	e = echo_start(test, sim, 20, 1000, 4096);
	echo_expect(test, e);
	FERRY_WAIT(({ ferry_sim_vpu_stats(sim->vpu, &st); st.bogus > 20; }));
	KUNIT_EXPECT_GT(test, st.bogus, 20);
	ferry_sim_vpu_set_faults(sim->vpu, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(all_drops(sim->fake) > 20));
	KUNIT_EXPECT_EQ(test, ferry_link_state(sim->fake->link), FERRY_STATE_RUNNING);
	sim_expect_clean(test, sim);
}

static const struct sim_fault sim_harms[] = {
	{ "announces twice", FERRY_SIM_VPU_FAULT(DUPLICATE) },
	{ "frees twice", FERRY_SIM_VPU_FAULT(FREE_TWICE) },
	{ "scribbles", FERRY_SIM_VPU_FAULT(SCRIBBLE) },
	{ "everything", (u32)~(FERRY_SIM_VPU_FAULT(NO_FREE) | FERRY_SIM_VPU_FAULT(SILENT) |
			       FERRY_SIM_VPU_FAULT(HANG)) },
};

KUNIT_ARRAY_PARAM(sim_harm, sim_harms, sim_fault_desc);

/* Messages may suffer; the driver does not, and afterwards all is well again. */
static void harmful_traffic_harms_messages_only(struct kunit *test)
{
	const struct sim_fault *f = test->param_value;
	struct sim *sim = sim_up(test);
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep = fake_open(test, sim->fake, 20, seen);
	struct echo *e;
	unsigned int i;

	ferry_sim_vpu_set_faults(sim->vpu, f->faults);
	for (i = 0; i < 300; i++) {
		ferry_send_timeout(ep, "hello", 5, 10);
		if (i % 64 == 0)
			usleep_range(500, 600);
	}
	ferry_sim_vpu_set_faults(sim->vpu, 0);
	KUNIT_ASSERT_EQ(test, ferry_link_stop(sim->fake->link), 0);
	ferry_sim_vpu_reset(sim->vpu);
	usleep_range(10000, 11000);
	KUNIT_ASSERT_EQ(test, ferry_link_start(sim->fake->link), 0);
	e = echo_start(test, sim, 30, 500, 4096);
	echo_expect(test, e);
}

static void a_vpu_that_stops_working_bounds_every_wait(struct kunit *test)
{
	static const u32 faults[] = { FERRY_SIM_VPU_FAULT(SILENT), FERRY_SIM_VPU_FAULT(NO_FREE) };
	struct sim *sim = sim_up(test);
	struct ferry_ep *ep = fake_open(test, sim->fake, 1000, NULL);
	struct echo *e;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		ferry_sim_vpu_set_faults(sim->vpu, faults[i]);
		do {
			ret = ferry_send_timeout(ep, "hello", 5, 100);
		} while (!ret);
		KUNIT_EXPECT_EQ(test, ret, -ETIMEDOUT);
		ferry_sim_vpu_set_faults(sim->vpu, 0);
		KUNIT_ASSERT_EQ(test, ferry_link_stop(sim->fake->link), 0);
		ferry_sim_vpu_reset(sim->vpu);
		usleep_range(10000, 11000);
		KUNIT_ASSERT_EQ(test, ferry_link_start(sim->fake->link), 0);
	}
	e = echo_start(test, sim, 30, 200, 4096);
	echo_expect(test, e);
}

static void stop_and_crash_in_mid_flight(struct kunit *test)
{
	struct sim *sim = sim_up(test);
	struct ferry_ep *ep[3];
	struct seen *seen = fake_seen(test);
	unsigned int i, n;
	struct echo *e;

	for (i = 0; i < 3; i++)
		ep[i] = fake_open(test, sim->fake, i * 10, seen);
	for (n = 0; n < 8; n++) {
		for (i = 0; i < 300; i++)
			ferry_trysend(ep[i % 3], "in mid-flight", i % 13);
		if (n & 1)
			ferry_link_crash(sim->fake->link, "test");
		else
			KUNIT_EXPECT_EQ(test, ferry_link_stop(sim->fake->link), 0);
		/* After a crash it may take until the next tick. */
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_trysend(ep[0], NULL, 0) == -ENOLINK));
		ferry_sim_vpu_reset(sim->vpu);
		usleep_range(2000, 3000);
		KUNIT_ASSERT_EQ(test, ferry_link_start(sim->fake->link), 0);
	}
	e = echo_start(test, sim, 30, 200, 4096);
	echo_expect(test, e);
}

static void destroy_in_mid_flight(struct kunit *test)
{
	struct sim *sim = sim_vpu(test, false);
	struct fake_vpu *fake = sim->fake;
	struct ferry_kmb_cfg cfg = fake_cfg(fake);
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep;
	unsigned int i;

	fake->kmb = ferry_kmb_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(fake->kmb));
	fake->link = fake->kmb->link;
	KUNIT_EXPECT_EQ(test, ferry_link_start(fake->link), 0);
	ep = fake_open(test, fake, 20, seen);
	for (i = 0; i < 100; i++)
		ferry_trysend(ep, "in mid-flight", 13);
	ferry_kmb_destroy(fake->kmb);
	KUNIT_EXPECT_EQ(test, ferry_trysend(ep, NULL, 0), -ENODEV);
}

static void start_hears_that_the_vpu_is_up(struct kunit *test)
{
	struct sim *sim = sim_make(test, true);
	struct echo *e;
	int i;

	for (i = 0; i < 3; i++) {
		ferry_sim_vpu_reset(sim->vpu);
		KUNIT_ASSERT_EQ(test, ferry_link_start(sim->fake->link), 0);
		e = echo_start(test, sim, KMB_BOOT_CHANNEL + i, 20, 100);
		echo_expect(test, e);
		KUNIT_ASSERT_EQ(test, ferry_link_stop(sim->fake->link), 0);
	}
	ferry_sim_vpu_set_faults(sim->vpu, FERRY_SIM_VPU_FAULT(BAD_READY));
	ferry_sim_vpu_reset(sim->vpu);
	KUNIT_EXPECT_EQ(test, ferry_link_start(sim->fake->link), -EPROTO);
	ferry_sim_vpu_set_faults(sim->vpu, FERRY_SIM_VPU_FAULT(NO_READY));
	ferry_sim_vpu_reset(sim->vpu);
	KUNIT_EXPECT_EQ(test, ferry_link_start(sim->fake->link), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, ferry_link_state(sim->fake->link), FERRY_STATE_OFFLINE);
}

static struct kunit_case sim_cases[] = {
	KUNIT_CASE(echoes_come_back_in_order),
	KUNIT_CASE(many_senders_share_the_fifo),
	KUNIT_CASE(senders_on_one_channel_share_it),
	KUNIT_CASE(source_and_burst_make_messages),
	KUNIT_CASE_PARAM(bogus_traffic_is_dropped_and_proper_one_arrives, sim_fault_gen_params),
	KUNIT_CASE_PARAM(harmful_traffic_harms_messages_only, sim_harm_gen_params),
	KUNIT_CASE(a_vpu_that_stops_working_bounds_every_wait),
	KUNIT_CASE(stop_and_crash_in_mid_flight),
	KUNIT_CASE(destroy_in_mid_flight),
	KUNIT_CASE(start_hears_that_the_vpu_is_up),
	{}
};

static struct kunit_suite sim_suite = {
	.name = "ferry_keembay_sim",
	.test_cases = sim_cases,
};

kunit_test_suite(sim_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Keem Bay with its simulated VPU");
