// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: a VPU that misbehaves, in each state of its link. Every kind of misbehaviour,
 * under traffic; when it ends, the link works, and nothing was lost on the way.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/crc32.h>
#include <linux/kthread.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../../drivers/sim/keembay_vpu.h"
#include "fake_vpu.h"
#include "files.h"
#include "fw_file.h"
#include "wdt_regs.h"

#define VPU_ID		7
#define FW_NAME		"ferry-kmb-states.bin"
#define CPU_SIZE	SZ_64K
#define MSS_IRQ		47
#define NCE_IRQ		63
#define READY_MS	5
#define MESSAGE_MAX	256	/* bytes */
#define LENT_NR		5	/* buffers that are with the VPU for sure */
#define ECHO_NR		30

static const struct states_fault {
	const char *name;
	u32 bit;
} states_faults[] = {
#define STATES_FAULT(id, string)	{ string, FERRY_SIM_VPU_FAULT(id) },
	FERRY_SIM_VPU_FAULTS(STATES_FAULT)
};

static void states_fault_desc(const struct states_fault *f, char *desc)
{
	strscpy(desc, f->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(states_fault, states_faults, states_fault_desc);

/* A link that boots a simulated VPU, and somebody who sends all the time. */
struct states {
	struct fake_vpu *fake;
	struct ferry_link *link;
	struct ferry_sim_vpu *vpu;
	struct ferry_kmb_boot_cfg cfg;
	u32 fault;
	struct seen seen;
	struct ferry_ep *ep[2];
	struct task_struct *task;
	u8 *before;		/* what the region of the CPU was like */
};

static bool states_is(struct states *s, enum ferry_state state)
{
	return ferry_link_state(s->link) == state;
}

static void states_bite(void *data, enum ferry_sim_vpu_wdt which)
{
	wdt_regs_bark(which == FERRY_SIM_VPU_WDT_MSS ? KMB_WDT_MSS : KMB_WDT_NCE);
}

static const struct ferry_sim_vpu_soc states_soc = {
	.bite = states_bite,
};

/* A good file, with an image that the simulated VPU runs. */
static void states_write_file(struct kunit *test)
{
	const struct kmb_fw_header h = fw_header();
	u8 *data = fw_file(test, &h, FW_FILE_SIZE);
	struct ferry_sim_vpu_image *image = (void *)data + KMB_FW_IMAGE_OFFSET;
	const u32 size = FW_IMAGE_SIZE - sizeof(*image);

	image->magic = cpu_to_le32(FERRY_SIM_VPU_IMAGE_MAGIC);
	image->size = cpu_to_le32(size);
	image->crc = cpu_to_le32(~crc32_le(~0, (u8 *)(image + 1), size));
	fw_look_in_tmp(test);
	KUNIT_ASSERT_TRUE(test, file_write("/tmp/" FW_NAME, O_CREAT | O_TRUNC, data, FW_FILE_SIZE));
}

static void states_unmap(void *arg)
{
	struct states *s = arg;
	unsigned int i;

	for (i = 0; i < KMB_NR_WDTS; i++) {
		wdt_regs_reset(i);
		wdt_regs_put(s->cfg.wdt[i].regs, s->cfg.wdt[i].tim_cfg);
	}
}

static void states_boot_cfg(struct kunit *test, struct states *s)
{
	struct ferry_kmb_boot_cfg *cfg = &s->cfg;
	unsigned int i;

	cfg->fw_region = fake_region(test, fake_memory(test, FW_SIZE), FW_BASE, FW_SIZE);
	cfg->x509_region = fake_region(test, fake_memory(test, X509_SIZE), X509_BASE, X509_SIZE);
	cfg->vpu_id = VPU_ID;
	cfg->imr = KMB_IMR_DEFAULT;
	cfg->firmware = FW_NAME;
	ferry_defer(test, states_unmap, s);
	for (i = 0; i < KMB_NR_WDTS; i++) {
		struct kmb_wdt_cfg *wdt = &cfg->wdt[i];

		wdt_regs_reset(i);
		wdt_regs_get(i, &wdt->regs, &wdt->tim_cfg, &wdt->irq);
		KUNIT_ASSERT_TRUE(test, wdt->regs && wdt->tim_cfg);
		wdt->name = "kunit-wdt";
		wdt->redirect = i == KMB_WDT_MSS ? MSS_IRQ : NCE_IRQ;
	}
}

static void states_vpu_gone(void *vpu)
{
	ferry_sim_vpu_destroy(vpu);
}

static void states_vpu(struct kunit *test, struct states *s)
{
	struct ferry_sim_vpu_cfg cfg = {
		.name = "kunit",
		.soc = &states_soc,
		.cpu_region = s->fake->cpu_region,
		.vpu_region = s->fake->vpu_region,
		.fw_region = s->cfg.fw_region,
		.x509_region = s->cfg.x509_region,
		.ready_ms = READY_MS,
		.vpu_id = VPU_ID,
		.wdt_irq = { MSS_IRQ, NCE_IRQ },
	};

	ferry_port_stop(s->fake->vpu_tx);
	ferry_port_stop(s->fake->vpu_rx);
	s->vpu = ferry_sim_vpu_create_on_ports(&cfg, s->fake->vpu_tx, s->fake->vpu_rx);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s->vpu));
	ferry_defer(test, states_vpu_gone, s->vpu);
}

static void states_no_faults(void *vpu)
{
	ferry_sim_vpu_set_faults(vpu, 0);
}

static void states_link(struct kunit *test, struct states *s)
{
	struct ferry_kmb_cfg cfg = fake_cfg(s->fake);

	cfg.boot = &s->cfg;
	s->fake->kmb = ferry_kmb_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s->fake->kmb));
	s->link = s->fake->kmb->link;
	s->fake->link = s->link;
	ferry_defer(test, fake_destroy, s->fake->kmb);
	ferry_defer(test, states_no_faults, s->vpu);
}

/* What comes of a message is not its concern: only that a send ends. */
static int states_traffic(void *arg)
{
	static const u8 bytes[MESSAGE_MAX];
	struct states *s = arg;
	unsigned int n;

	for (n = 0; !kthread_should_stop(); n++) {
		if (ferry_send_timeout(s->ep[n & 1], bytes, n % MESSAGE_MAX, 5))
			usleep_range(200, 400);
		else
			usleep_range(20, 40);
	}
	return 0;
}

static void states_quiet(void *arg)
{
	struct states *s = arg;

	if (s->task)
		kthread_stop(s->task);
	s->task = NULL;
}

static void states_send(struct kunit *test, struct states *s)
{
	s->ep[0] = fake_open(test, s->fake, 5, &s->seen);
	s->ep[1] = fake_open(test, s->fake, 40, NULL);
	s->task = kthread_create(states_traffic, s, "ferry-states");
	if (IS_ERR(s->task))
		s->task = NULL;
	KUNIT_ASSERT_NOT_NULL(test, s->task);
	ferry_defer(test, states_quiet, s);
	wake_up_process(s->task);
}

/* Offline, with traffic that goes nowhere yet. */
static struct states *states_new(struct kunit *test)
{
	const struct states_fault *f = test->param_value;
	struct states *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->fault = f->bit;
	s->fake = fake_make(test, FIFO_DEPTH, CPU_SIZE, REGION_SIZE);
	s->before = fake_memory(test, CPU_SIZE);
	states_write_file(test);
	states_boot_cfg(test, s);
	states_vpu(test, s);
	states_link(test, s);
	states_send(test, s);
	return s;
}

/* Running, and messages come back. */
static struct states *states_up(struct kunit *test)
{
	struct states *s = states_new(test);

	KUNIT_ASSERT_EQ(test, ferry_link_start(s->link), 0);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(counted(&s->seen.nr) > 10));
	return s;
}

static void states_misbehave(struct states *s, u32 more)
{
	ferry_sim_vpu_set_faults(s->vpu, s->fault | more);
	usleep_range(20000, 21000);
}

/* What a start says under the fault; a flood, or a hang, may come first. */
static bool states_start_is(const struct states *s, int ret)
{
	switch (s->fault) {
	case FERRY_SIM_VPU_FAULT(BAD_READY):
		return ret == -EPROTO;
	case FERRY_SIM_VPU_FAULT(NO_READY):
	case FERRY_SIM_VPU_FAULT(LATE_READY):
		return ret == -ETIMEDOUT;
	case FERRY_SIM_VPU_FAULT(BOOT_FAILS):
		return ret == -EIO;
	case FERRY_SIM_VPU_FAULT(FLOOD):
		return !ret || ret == -ETIMEDOUT;
	case FERRY_SIM_VPU_FAULT(HANG):
		return !ret || ret == -ENOLINK;
	default:
		return !ret;
	}
}

/* Buffers that are not free. */
static unsigned int states_lent(struct states *s)
{
	struct ferry_kmb *kmb = s->fake->kmb;
	struct ferry_pool_stats st;
	unsigned int i, sum;

	ferry_pool_stats(kmb->packets, &st);
	sum = st.total - st.free;
	for (i = 0; i < kmb->payload.nr; i++) {
		ferry_pool_stats(kmb->payload.pool[i], &st);
		sum += st.total - st.free;
	}
	return sum;
}

/* The region of the CPU, but for the marks: those are the VPU's to write. */
static void states_look(struct states *s, u8 *copy)
{
	size_t i;

	memcpy(copy, s->fake->cpu, CPU_SIZE);
	for (i = offsetof(struct kmb_packet, status); i < CPU_SIZE; i += KMB_PACKET_SIZE)
		copy[i] = 0;
}

/* Nobody wrote to what the VPU may have. */
static void states_expect_untouched(struct kunit *test, struct states *s, unsigned int lent)
{
	u8 *now = fake_memory(test, CPU_SIZE);

	states_look(s, now);
	KUNIT_EXPECT_EQ(test, states_lent(s), lent);
	KUNIT_EXPECT_EQ(test, memcmp(now, s->before, CPU_SIZE), 0);
}

static void states_expect_echoes(struct kunit *test, struct states *s)
{
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep = fake_open(test, s->fake, 77, seen);
	u8 bytes[2 * ECHO_NR];
	u32 i;

	for (i = 0; i < ECHO_NR; i++) {
		memset(bytes, i + 1, sizeof(bytes));
		KUNIT_EXPECT_EQ(test, ferry_send_timeout(ep, bytes, i + 1, 30000), 0);
	}
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == ECHO_NR));
	for (i = 0; i < ECHO_NR; i++) {
		KUNIT_EXPECT_EQ(test, seen->len[i], i + 1);
		KUNIT_EXPECT_EQ(test, seen->first[i], i + 1);
	}
}

/* It runs, and the VPU behaves: all is as if nothing had been. */
static void states_expect_works(struct kunit *test, struct states *s)
{
	struct ferry_sim_vpu_stats old, now;

	KUNIT_EXPECT_TRUE(test, states_is(s, FERRY_STATE_RUNNING));
	ferry_sim_vpu_stats(s->vpu, &old);
	states_expect_echoes(test, s);
	states_quiet(s);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(s->link), 0);
	KUNIT_EXPECT_TRUE(test, states_is(s, FERRY_STATE_OFFLINE));
	KUNIT_EXPECT_EQ(test, ferry_sim_vpu_power(s->vpu), FERRY_SIM_VPU_OFF);
	ferry_sim_vpu_stats(s->vpu, &now);
	KUNIT_EXPECT_EQ(test, now.bad, old.bad);
	expect_all_free(test, s->fake);
}

/* The faults end, whatever they led to. */
static void states_end(struct kunit *test, struct states *s)
{
	ferry_sim_vpu_set_faults(s->vpu, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_restart(s->link), 0);
	states_expect_works(test, s);
}

static void starting(struct kunit *test)
{
	struct states *s = states_new(test);
	int ret;

	ferry_sim_vpu_set_faults(s->vpu, s->fault);
	ret = ferry_link_start(s->link);
	KUNIT_EXPECT_TRUE_MSG(test, states_start_is(s, ret), "%d", ret);
	if (ret)
		KUNIT_EXPECT_FALSE(test, states_is(s, FERRY_STATE_RUNNING));
	usleep_range(2000, 3000);
	states_end(test, s);
}

static void running(struct kunit *test)
{
	struct states *s = states_up(test);

	states_misbehave(s, 0);
	if (s->fault != FERRY_SIM_VPU_FAULT(HANG))
		KUNIT_EXPECT_TRUE(test, states_is(s, FERRY_STATE_RUNNING));
	states_end(test, s);
}

static void stopping(struct kunit *test)
{
	struct states *s = states_up(test);
	bool fails = s->fault == FERRY_SIM_VPU_FAULT(STOP_FAILS);

	states_misbehave(s, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(s->link), fails ? -EIO : 0);
	KUNIT_EXPECT_TRUE(test, states_is(s, fails ? FERRY_STATE_CRASHED : FERRY_STATE_OFFLINE));
	if (!fails)
		KUNIT_EXPECT_EQ(test, ferry_sim_vpu_power(s->vpu), FERRY_SIM_VPU_OFF);
	states_end(test, s);
}

/* Messages that the VPU did not give back, and then it cannot be stopped. */
static void states_crash(struct kunit *test, struct states *s)
{
	const u32 fails = FERRY_SIM_VPU_FAULT(STOP_FAILS);

	ferry_sim_vpu_set_faults(s->vpu, FERRY_SIM_VPU_FAULT(SILENT) | fails);
	usleep_range(5000, 6000);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(states_lent(s) >= LENT_NR));
	ferry_link_crash(s->link, "kunit");
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(s->seen.event == FERRY_EVENT_CRASHED));
	KUNIT_EXPECT_TRUE(test, states_is(s, FERRY_STATE_CRASHED));
	usleep_range(5000, 6000);	/* who was about to send gives his buffer back */
	ferry_sim_vpu_set_faults(s->vpu, s->fault | fails | FERRY_SIM_VPU_FAULT(FLOOD));
}

static void crashed(struct kunit *test)
{
	struct states *s = states_up(test);
	struct ferry_sim_vpu_stats old, now;
	unsigned int lent;

	states_crash(test, s);
	lent = states_lent(s);
	KUNIT_EXPECT_GE(test, lent, LENT_NR);
	states_look(s, s->before);
	ferry_sim_vpu_stats(s->vpu, &old);
	usleep_range(10000, 11000);
	states_expect_untouched(test, s, lent);
	/* No new firmware under its feet, and no other way out. */
	KUNIT_EXPECT_EQ(test, ferry_link_start(s->link), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(s->link), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_link_restart(s->link), -EIO);
	KUNIT_EXPECT_TRUE(test, states_is(s, FERRY_STATE_CRASHED));
	states_expect_untouched(test, s, lent);
	ferry_sim_vpu_stats(s->vpu, &now);
	KUNIT_EXPECT_GT(test, now.bogus, old.bogus);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(s->link), 1);

	ferry_sim_vpu_set_faults(s->vpu, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_start(s->link), 0);
	states_expect_works(test, s);
}

static bool states_recovered(struct states *s)
{
	return ferry_link_epoch(s->link) == 2 && states_is(s, FERRY_STATE_RUNNING);
}

static bool states_gave_up(struct states *s)
{
	return ferry_link_epoch(s->link) == 2 && states_is(s, FERRY_STATE_CRASHED);
}

/* As long as it takes to find that the VPU does not say that it is up. */
#define states_waits(cond)	(FERRY_WAIT(cond) || FERRY_WAIT(cond))

static void recovering(struct kunit *test)
{
	struct states *s = states_up(test);
	bool ends;

	ferry_sim_vpu_set_faults(s->vpu, s->fault);
	ferry_link_crash(s->link, "kunit");
	if (s->fault == FERRY_SIM_VPU_FAULT(STOP_FAILS))
		ends = FERRY_WAIT(s->seen.event == FERRY_EVENT_CRASHED) &&
		       ferry_link_epoch(s->link) == 1;
	else if (s->fault == FERRY_SIM_VPU_FAULT(HANG))
		ends = FERRY_WAIT(ferry_link_epoch(s->link) > 2);	/* again and again */
	else if (s->fault == FERRY_SIM_VPU_FAULT(FLOOD))
		ends = states_waits(states_recovered(s) || states_gave_up(s));
	else
		ends = states_waits(states_start_is(s, 0) ? states_recovered(s) :
							    states_gave_up(s));
	KUNIT_EXPECT_TRUE(test, ends);
	states_end(test, s);
}

static struct kunit_case states_cases[] = {
	KUNIT_CASE_PARAM(starting, states_fault_gen_params),
	KUNIT_CASE_PARAM(running, states_fault_gen_params),
	KUNIT_CASE_PARAM(stopping, states_fault_gen_params),
	KUNIT_CASE_PARAM(crashed, states_fault_gen_params),
	KUNIT_CASE_PARAM(recovering, states_fault_gen_params),
	{}
};

static struct kunit_suite states_suite = {
	.name = "ferry_keembay_states",
	.test_cases = states_cases,
};

kunit_test_suite(states_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of a VPU of Keem Bay that misbehaves in each state");
