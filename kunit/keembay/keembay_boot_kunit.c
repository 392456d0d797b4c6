// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: boot, stop and crash of a VPU. The test is the firmware of the SoC, and
 * the VPU.
 */
#include <kunit/test.h>
#include <linux/firmware.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/seq_buf.h>

#include "../../drivers/compat.h"
#include "../../drivers/keembay/secure.h"
#include "fake_vpu.h"
#include "files.h"
#include "fw_file.h"
#include "wdt_regs.h"

#define VPU_ID		7
#define FW_NAME		"ferry-kmb-kunit.bin"
#define DELAY_MS	50

/* What the VPU does when it is let out of reset. */
enum vpu_says { SAYS_READY, SAYS_READY_LATER, SAYS_OTHER, SAYS_NOTHING, BARKS };

struct boot {
	struct kunit *test;
	struct fake_vpu *fake;
	u8 *fw;
	u8 *x509;
	struct ferry_kmb_boot_cfg cfg;
	struct firmware file;
	enum vpu_says says;
	struct hrtimer timer;

	struct ferry_kmb_boot_request req;
	unsigned int boots;
	unsigned int stops;
	int boot_result;
	int stop_result;
	bool stops_once;		/* and says no when it is stopped already */
	bool up;
	u8 params_seen[16];		/* the first ones, when it was let go */
	bool pool_was_empty;
};

static enum hrtimer_restart boot_later(struct hrtimer *timer)
{
	struct boot *b = container_of(timer, struct boot, timer);
	u32 entry = VPU_BASE;

	if (b->says == BARKS)
		wdt_regs_bark(KMB_WDT_NCE);
	else
		ferry_port_send(b->fake->vpu_tx, &entry, sizeof(entry), 0);
	return HRTIMER_NORESTART;
}

static void boot_say(struct boot *b)
{
	u32 word = b->says == SAYS_OTHER ? KMB_BOOT_STOP : KMB_BOOT_READY;

	if (b->says == SAYS_NOTHING)
		return;
	if (b->says != BARKS)
		fake_fill(b->fake, 0, KMB_BOOT_CHANNEL, word, 0);
	if (b->says == BARKS || b->says == SAYS_READY_LATER)
		hrtimer_start(&b->timer, ms_to_ktime(DELAY_MS), HRTIMER_MODE_REL);
	else
		fake_announce(b->test, b->fake, 0);
}

static int boot_secure_boot(void *data, const struct ferry_kmb_boot_request *req)
{
	struct boot *b = data;

	b->req = *req;
	b->boots++;
	memcpy(b->params_seen, b->fw + (req->config_addr - FW_BASE), sizeof(b->params_seen));
	b->pool_was_empty = !memchr_inv(b->fake->cpu, 0, KMB_PACKET_SIZE);
	if (!b->boot_result) {
		b->up = true;
		boot_say(b);
	}
	return b->boot_result;
}

static int boot_secure_stop(void *data)
{
	struct boot *b = data;

	b->stops++;
	if (b->stops_once && !b->up)
		return -EIO;
	if (!b->stop_result)
		b->up = false;
	return b->stop_result;
}

static const struct ferry_kmb_secure_ops boot_secure_ops = {
	.boot = boot_secure_boot,
	.stop = boot_secure_stop,
};

static void boot_unregister(void *arg)
{
	ferry_kmb_secure_unregister(VPU_ID);
}

static void boot_unmap(void *arg)
{
	struct boot *b = arg;
	unsigned int i;

	hrtimer_cancel(&b->timer);
	for (i = 0; i < KMB_NR_WDTS; i++) {
		wdt_regs_reset(i);
		wdt_regs_put(b->cfg.wdt[i].regs, b->cfg.wdt[i].tim_cfg);
	}
}

/* A VPU that can be stopped, or the link of the test would not go away. */
static void boot_relent(void *arg)
{
	struct boot *b = arg;

	b->stop_result = 0;
}

static void boot_wdts(struct kunit *test, struct boot *b)
{
	unsigned int i;

	ferry_defer(test, boot_unmap, b);
	for (i = 0; i < KMB_NR_WDTS; i++) {
		struct kmb_wdt_cfg *wdt = &b->cfg.wdt[i];

		wdt_regs_reset(i);
		wdt_regs_get(i, &wdt->regs, &wdt->tim_cfg, &wdt->irq);
		KUNIT_ASSERT_TRUE(test, wdt->regs && wdt->tim_cfg);
		wdt->name = "kunit-wdt";
	}
	b->cfg.wdt[KMB_WDT_MSS].redirect = 47;
	b->cfg.wdt[KMB_WDT_NCE].redirect = 63;
}

/* All but the link. */
static struct boot *boot_make(struct kunit *test)
{
	struct boot *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	struct kmb_fw_header h = fw_header();

	KUNIT_ASSERT_NOT_NULL(test, b);
	b->test = test;
	ferry_hrtimer_setup(&b->timer, boot_later, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	b->fake = fake_make(test, FIFO_DEPTH, SZ_64K, REGION_SIZE);
	b->fw = fake_memory(test, FW_SIZE);
	b->x509 = fake_memory(test, X509_SIZE);
	b->cfg.fw_region = fake_region(test, b->fw, FW_BASE, FW_SIZE);
	b->cfg.x509_region = fake_region(test, b->x509, X509_BASE, X509_SIZE);
	b->cfg.vpu_id = VPU_ID;
	b->cfg.imr = KMB_IMR_DEFAULT;
	b->cfg.soc.device_id = 0x1234;
	b->file.data = fw_file(test, &h, FW_FILE_SIZE);
	b->file.size = FW_FILE_SIZE;
	b->cfg.firmware = FW_NAME;
	fw_look_in_tmp(test);
	boot_wdts(test, b);
	KUNIT_ASSERT_EQ(test, ferry_kmb_secure_register(VPU_ID, &boot_secure_ops, b), 0);
	ferry_defer(test, boot_unregister, b);
	return b;
}

static struct ferry_kmb *boot_create(struct boot *b)
{
	struct ferry_kmb_cfg cfg = fake_cfg(b->fake);

	cfg.boot = &b->cfg;
	return ferry_kmb_create(NULL, &cfg);
}

static struct boot *boot_new(struct kunit *test)
{
	struct boot *b = boot_make(test);

	b->fake->kmb = boot_create(b);
	KUNIT_ASSERT_FALSE(test, IS_ERR(b->fake->kmb));
	b->fake->link = b->fake->kmb->link;
	ferry_defer(test, fake_destroy, b->fake->kmb);
	ferry_defer(test, boot_relent, b);
	return b;
}

/* Only what the protocol does. */
static int boot_load(struct boot *b)
{
	return kmb_boot_load(b->fake->link, &b->file);
}

/* From the file to a VPU that runs. */
static int boot_start_link(struct boot *b, struct ferry_link *link)
{
	if (!file_write("/tmp/" FW_NAME, O_CREAT | O_TRUNC, b->file.data, b->file.size))
		return -EIO;
	return ferry_link_start(link);
}

static int boot_start(struct boot *b)
{
	return boot_start_link(b, b->fake->link);
}

static struct boot *boot_up(struct kunit *test)
{
	struct boot *b = boot_new(test);

	KUNIT_ASSERT_EQ(test, boot_start(b), 0);
	return b;
}

static bool boot_state(struct boot *b, enum ferry_state state)
{
	return FERRY_WAIT(ferry_link_state(b->fake->link) == state);
}

/* How many buffers the VPU has, or should have. */
static unsigned int boot_lent(struct boot *b)
{
	struct ferry_pool_stats st;

	ferry_pool_stats(b->fake->kmb->packets, &st);
	return st.total - st.free;
}

static void a_vpu_is_loaded_and_booted(struct kunit *test)
{
	struct boot *b = boot_new(test);
	const u8 *data = b->file.data;
	struct kmb_boot_params *p;

	KUNIT_ASSERT_EQ(test, boot_load(b), 0);
	/* In reset while its memory was written, and not running yet. */
	KUNIT_EXPECT_EQ(test, b->stops, 1);
	KUNIT_EXPECT_EQ(test, b->boots, 0);
	KUNIT_EXPECT_MEMEQ(test, b->fw + (FW_IMAGE - FW_BASE), data + KMB_FW_IMAGE_OFFSET,
			   FW_IMAGE_SIZE);
	KUNIT_EXPECT_MEMEQ(test, b->x509 + FW_CERT_SIZE, data, KMB_FW_HEADER_SIZE);
	p = (void *)b->fw + (FW_CONFIG - FW_BASE);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(p->magic), KMB_PARAMS_MAGIC);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(p->vpu_id), VPU_ID);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(p->packets_addr), VPU_BASE);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(p->packets_size), REGION_SIZE);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(p->mmio_addr), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(p->mss_wdt_irq), 47);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(p->nce_wdt_irq), 63);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(p->cpu_hz), 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(p->device_id), 0x1234);

	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_RUNNING));
	KUNIT_EXPECT_EQ(test, b->boots, 1);
	KUNIT_EXPECT_EQ(test, b->stops, 2);	/* it was loaded once more */
	KUNIT_EXPECT_TRUE(test, b->pool_was_empty);
	KUNIT_EXPECT_MEMEQ(test, b->params_seen, (u8 *)p, sizeof(b->params_seen));
}

static void the_request_says_what_was_loaded(struct kunit *test)
{
	struct boot *b = boot_up(test);
	static const struct ferry_kmb_boot_request wanted = {
		.fw_addr = FW_BASE,
		.fw_size = FW_SIZE,
		.entry = FW_IMAGE + SZ_4K,
		.x509_addr = X509_BASE,
		.x509_size = FW_CERT_SIZE,
		.reserved_size = FW_SIZE,
		.imr = 9,
		.vpu_id = VPU_ID,
		.image_addr = FW_IMAGE,
		.image_size = FW_IMAGE_SIZE,
		.version_addr = FW_VERSION,
		.config_addr = FW_CONFIG,
	};

	KUNIT_EXPECT_MEMEQ(test, &b->req, &wanted, sizeof(wanted));
}

static void messages_go_after_the_boot(struct kunit *test)
{
	struct boot *b = boot_up(test);
	struct seen *seen = fake_seen(test);
	struct ferry_ep *ep = fake_open(test, b->fake, KMB_BOOT_CHANNEL, seen);

	/* The boot channel, too, is its client's now. */
	KUNIT_EXPECT_EQ(test, ferry_send(ep, "hello", 5), 0);
	KUNIT_EXPECT_EQ(test, fake_take_all(b->fake), 1);
	fake_send(test, b->fake, 1, KMB_BOOT_CHANNEL, VPU_BASE + SZ_1M, 8);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(counted(&seen->nr) == 1));
	KUNIT_EXPECT_EQ(test, ferry_link_stop(b->fake->link), 0);
	KUNIT_EXPECT_EQ(test, b->stops, 2);
	expect_all_free(test, b->fake);
}

static void ready_may_come_late(struct kunit *test)
{
	struct boot *b = boot_new(test);

	b->says = SAYS_READY_LATER;
	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
	KUNIT_EXPECT_EQ(test, b->stops, 1);
}

/* What an earlier life left in the FIFO does not count. */
static void an_old_ready_message_is_none(struct kunit *test)
{
	struct boot *b = boot_new(test);

	b->says = SAYS_NOTHING;
	KUNIT_EXPECT_EQ(test, boot_load(b), 0);
	fake_send(test, b->fake, 0, KMB_BOOT_CHANNEL, KMB_BOOT_READY, 0);
	KUNIT_EXPECT_EQ(test, boot_start(b), -ETIMEDOUT);
}

static void checking_changes_nothing(struct kunit *test)
{
	struct boot *b = boot_new(test);

	KUNIT_EXPECT_EQ(test, kmb_boot_check(b->fake->link, &b->file), 0);
	b->file.size = 100;
	KUNIT_EXPECT_EQ(test, kmb_boot_check(b->fake->link, &b->file), -EINVAL);
	KUNIT_EXPECT_EQ(test, b->stops + b->boots, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(b->fw, 0, FW_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(b->x509, 0, X509_SIZE));
	KUNIT_EXPECT_EQ(test, boot_start(b), -EINVAL);
	KUNIT_EXPECT_EQ(test, b->stops + b->boots, 0);
}

static void a_bad_file_is_not_loaded(struct kunit *test)
{
	struct kmb_fw_header h = fw_header();
	struct boot *b = boot_new(test);

	h.config_addr = cpu_to_le64(FW_BASE + FW_SIZE);
	b->file.data = fw_file(test, &h, FW_FILE_SIZE);
	KUNIT_EXPECT_EQ(test, boot_load(b), -ERANGE);
	KUNIT_EXPECT_EQ(test, b->stops, 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(b->fw, 0, FW_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(b->x509, 0, X509_SIZE));
}

/* The VPU may have written over what was there. */
static void what_was_loaded_is_used_up(struct kunit *test)
{
	struct boot *b = boot_new(test);
	struct kmb_boot *control = b->fake->kmb->boot_control;

	KUNIT_EXPECT_EQ(test, kmb_boot_start(control), -ENODATA);
	KUNIT_EXPECT_EQ(test, boot_load(b), 0);
	/* A file that is refused does away with the one before. */
	b->file.size = FW_FILE_SIZE - FW_CERT_SIZE - 1;
	KUNIT_EXPECT_EQ(test, boot_load(b), -EINVAL);
	KUNIT_EXPECT_EQ(test, kmb_boot_start(control), -ENODATA);
	b->file.size = FW_FILE_SIZE;
	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(b->fake->link), 0);
	KUNIT_EXPECT_EQ(test, kmb_boot_start(control), -ENODATA);
	KUNIT_EXPECT_EQ(test, b->boots, 1);
	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
}

/* It does not run, so that it cannot be stopped is no harm. */
static void a_refused_boot_leaves_the_link_offline(struct kunit *test)
{
	struct boot *b = boot_new(test);

	KUNIT_EXPECT_EQ(test, boot_load(b), 0);
	b->boot_result = -EIO;
	b->stop_result = -EIO;
	KUNIT_EXPECT_EQ(test, boot_start(b), -EIO);
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_OFFLINE));
	/* A watchdog says nothing then. */
	wdt_regs_bark(KMB_WDT_MSS);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!wdt_regs_line(KMB_WDT_MSS)));
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_OFFLINE));
	b->boot_result = 0;
	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
}

static void without_a_service_nothing_boots(struct kunit *test)
{
	struct boot *b = boot_new(test);

	ferry_kmb_secure_unregister(VPU_ID);
	KUNIT_EXPECT_EQ(test, boot_start(b), -EOPNOTSUPP);
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_OFFLINE));
}

static void a_vpu_that_is_not_ready_is_stopped(struct kunit *test)
{
	static const struct {
		enum vpu_says says;
		int result;
	} cases[] = {
		{ SAYS_NOTHING, -ETIMEDOUT },
		{ SAYS_OTHER, -EPROTO },
	};
	struct boot *b = boot_new(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		b->says = cases[i].says;
		b->stops = 0;
		KUNIT_EXPECT_EQ(test, boot_start(b), cases[i].result);
		KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_OFFLINE));
		KUNIT_EXPECT_EQ(test, b->stops, 2);
	}
}

static void memory_stays_lent_until_the_vpu_is_stopped(struct kunit *test)
{
	struct boot *b = boot_up(test);
	struct ferry_ep *ep = fake_open(test, b->fake, 3, NULL);

	KUNIT_ASSERT_EQ(test, ferry_send(ep, "x", 1), 0);
	b->stop_result = -EBUSY;
	KUNIT_EXPECT_EQ(test, ferry_link_stop(b->fake->link), -EBUSY);
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_CRASHED));
	KUNIT_EXPECT_GT(test, boot_lent(b), 0);
	/* It may run: no new firmware under its feet. */
	memset(b->fw, 0xee, FW_SIZE);
	KUNIT_EXPECT_EQ(test, boot_load(b), -EBUSY);
	KUNIT_EXPECT_NULL(test, memchr_inv(b->fw, 0xee, FW_SIZE));
	KUNIT_EXPECT_NE(test, boot_start(b), 0);
	KUNIT_EXPECT_GT(test, boot_lent(b), 0);
	KUNIT_EXPECT_EQ(test, b->boots, 1);

	b->stop_result = 0;
	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
	KUNIT_EXPECT_EQ(test, boot_lent(b), 0);
	KUNIT_EXPECT_EQ(test, ferry_send(ep, "x", 1), 0);
}

/* Nothing says that it runs, and stopping what does not run may be refused. */
static void a_first_load_does_not_want_a_stop(struct kunit *test)
{
	struct boot *b = boot_new(test);

	b->stop_result = -EIO;
	KUNIT_EXPECT_EQ(test, boot_load(b), 0);
	KUNIT_EXPECT_EQ(test, b->stops, 1);
	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
}

static const struct boot_dog {
	enum kmb_wdt_id id;
	const char *reason;
} boot_dogs[] = {
	{ KMB_WDT_MSS, "MSS watchdog" },
	{ KMB_WDT_NCE, "NCE watchdog" },
};

static void boot_dog_desc(const struct boot_dog *d, char *desc)
{
	strscpy(desc, d->reason, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(boot_dog, boot_dogs, boot_dog_desc);

static void expect_dump(struct kunit *test, struct boot *b, const char *wanted)
{
	char *text = kunit_kzalloc(test, SZ_1K, GFP_KERNEL);
	struct seq_buf out;

	KUNIT_ASSERT_NOT_NULL(test, text);
	seq_buf_init(&out, text, SZ_1K - 1);
	kmb_boot_dump(b->fake->link, &out);
	KUNIT_EXPECT_FALSE(test, seq_buf_has_overflowed(&out));
	KUNIT_EXPECT_STREQ(test, text, wanted);
}

static void a_watchdog_is_a_crash(struct kunit *test)
{
	const struct boot_dog *d = test->param_value;
	struct boot *b = boot_up(test);
	struct ferry_ep *ep = fake_open(test, b->fake, 3, NULL);

	KUNIT_ASSERT_EQ(test, ferry_send(ep, "x", 1), 0);
	wdt_regs_bark(d->id);
	/* The link recovers by itself: the VPU is stopped, loaded (and so stopped), booted. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(b->boots) == 2));
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_RUNNING));
	KUNIT_EXPECT_EQ(test, b->stops, 3);
	KUNIT_EXPECT_FALSE(test, wdt_regs_line(d->id));
	/* What the VPU had is ours. */
	KUNIT_EXPECT_EQ(test, boot_lent(b), 0);
	KUNIT_EXPECT_EQ(test, ferry_send(ep, "x", 1), 0);
	expect_dump(test, b, d->id == KMB_WDT_MSS ?
		    "firmware \"1.2.3\": image 0x86001000+0x2000, entry 0x86002000\n"
		    "secure boot: 0, secure stop: 0\n"
		    "MSS watchdog: 1 times, and 0 while the VPU was off\n"
		    "NCE watchdog: 0 times, and 0 while the VPU was off\n" :
		    "firmware \"1.2.3\": image 0x86001000+0x2000, entry 0x86002000\n"
		    "secure boot: 0, secure stop: 0\n"
		    "MSS watchdog: 0 times, and 0 while the VPU was off\n"
		    "NCE watchdog: 1 times, and 0 while the VPU was off\n");
}

/* A recovery stops the VPU, and so does the load that follows. */
static void a_vpu_that_is_not_stopped_twice_recovers(struct kunit *test)
{
	struct boot *b = boot_new(test);

	b->stops_once = true;
	KUNIT_ASSERT_EQ(test, boot_start(b), 0);
	wdt_regs_bark(KMB_WDT_MSS);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(b->boots) == 2));
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_RUNNING));
	/* Stopped by hand, and when it crashed as it started. */
	KUNIT_EXPECT_EQ(test, ferry_link_restart(b->fake->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(b->fake->link), 0);
	b->says = BARKS;
	KUNIT_EXPECT_EQ(test, boot_start(b), -ENOLINK);
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_CRASHED));
	b->says = SAYS_READY;
	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
}

static void a_watchdog_ends_a_start(struct kunit *test)
{
	struct boot *b = boot_new(test);
	ktime_t start;

	b->says = BARKS;
	start = ktime_get();
	KUNIT_EXPECT_EQ(test, boot_start(b), -ENOLINK);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), KMB_BOOT_TIMEOUT_MS / 2);
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_CRASHED));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(b->stops == 2));

	b->says = SAYS_READY_LATER;
	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
}

/* One that came before, or comes while the VPU is off, is no crash of what starts. */
static void a_stray_watchdog_is_not_a_crash(struct kunit *test)
{
	struct boot *b = boot_make(test);

	wdt_regs_bark(KMB_WDT_NCE);
	b->fake->kmb = boot_create(b);
	KUNIT_ASSERT_FALSE(test, IS_ERR(b->fake->kmb));
	b->fake->link = b->fake->kmb->link;
	ferry_defer(test, fake_destroy, b->fake->kmb);
	KUNIT_EXPECT_EQ(test, boot_load(b), 0);
	wdt_regs_bark(KMB_WDT_MSS);
	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_RUNNING));
	KUNIT_EXPECT_EQ(test, ferry_link_stop(b->fake->link), 0);
	wdt_regs_bark(KMB_WDT_MSS);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!wdt_regs_line(KMB_WDT_MSS)));
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_OFFLINE));
	expect_dump(test, b,
		    "firmware \"1.2.3\": image 0x86001000+0x2000, entry 0x86002000\n"
		    "secure boot: 0, secure stop: 0\n"
		    "MSS watchdog: 0 times, and 2 while the VPU was off\n"
		    "NCE watchdog: 0 times, and 1 while the VPU was off\n");
}

static void a_watchdog_after_the_link_is_left_alone(struct kunit *test)
{
	struct boot *b = boot_make(test);
	struct ferry_kmb *kmb = boot_create(b);

	KUNIT_ASSERT_FALSE(test, IS_ERR(kmb));
	KUNIT_EXPECT_EQ(test, boot_start_link(b, kmb->link), 0);
	ferry_kmb_destroy(kmb);
	KUNIT_EXPECT_EQ(test, b->stops, 2);
	wdt_regs_bark(KMB_WDT_MSS);
	usleep_range(10000, 11000);
	KUNIT_EXPECT_TRUE(test, wdt_regs_line(KMB_WDT_MSS));
}

static void the_dump_tells_of_failures(struct kunit *test)
{
	struct kmb_fw_header h = fw_header();
	struct boot *b = boot_new(test);

	expect_dump(test, b,
		    "firmware: none was loaded\n"
		    "secure boot: 0, secure stop: 0\n"
		    "MSS watchdog: 0 times, and 0 while the VPU was off\n"
		    "NCE watchdog: 0 times, and 0 while the VPU was off\n");
	memcpy(h.text, "\x1b[2J\n", 6);
	b->file.data = fw_file(test, &h, FW_FILE_SIZE);
	b->stop_result = -EIO;
	b->boot_result = -EPERM;
	KUNIT_EXPECT_EQ(test, boot_start(b), -EPERM);
	expect_dump(test, b,
		    "firmware \"?[2J?\": image 0x86001000+0x2000, entry 0x86002000\n"
		    "secure boot: -1, secure stop: -5\n"
		    "MSS watchdog: 0 times, and 0 while the VPU was off\n"
		    "NCE watchdog: 0 times, and 0 while the VPU was off\n");
}

static void what_is_missing_is_refused(struct kunit *test)
{
	struct boot *b = boot_make(test);
	struct ferry_kmb_boot_cfg good = b->cfg;

	b->cfg.fw_region = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(boot_create(b)), -EINVAL);
	b->cfg = good;
	b->cfg.x509_region = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(boot_create(b)), -EINVAL);
	b->cfg = good;
	b->cfg.wdt[KMB_WDT_NCE].tim_cfg = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(boot_create(b)), -EINVAL);
	b->cfg = good;
	b->cfg.fw_region = b->fake->cpu_region;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(boot_create(b)), -EEXIST);
	b->cfg = good;
	b->cfg.wdt[KMB_WDT_NCE].irq = INT_MAX;
	KUNIT_EXPECT_LT(test, PTR_ERR_OR_ZERO(boot_create(b)), 0);
	b->cfg = good;
}

/* Unbound while the VPU cannot be stopped; whoever comes next has to stop it first. */
static void a_vpu_that_runs_on_is_left_to_the_next_driver(struct kunit *test)
{
	struct boot *b = boot_make(test);
	struct ferry_kmb *first = boot_create(b);
	struct ferry_ep *ep;

	KUNIT_ASSERT_FALSE(test, IS_ERR(first));
	KUNIT_EXPECT_EQ(test, boot_start_link(b, first->link), 0);
	ep = ferry_open(first->link, &(struct ferry_id){ .number = 3 }, &(struct ferry_ep_cfg){});
	KUNIT_EXPECT_FALSE(test, IS_ERR(ep));
	KUNIT_EXPECT_EQ(test, ferry_send(ep, "x", 1), 0);
	ferry_close(ep);
	b->stop_result = -EIO;
	ferry_kmb_destroy(first);
	memset(b->fw, 0xee, FW_SIZE);

	b->fake->kmb = boot_create(b);
	KUNIT_ASSERT_FALSE(test, IS_ERR(b->fake->kmb));
	b->fake->link = b->fake->kmb->link;
	ferry_defer(test, fake_destroy, b->fake->kmb);
	ferry_defer(test, boot_relent, b);
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_CRASHED));
	KUNIT_EXPECT_EQ(test, boot_load(b), -EIO);
	KUNIT_EXPECT_NE(test, boot_start(b), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(b->fw, 0xee, FW_SIZE));
	KUNIT_EXPECT_EQ(test, b->boots, 1);
	b->stop_result = 0;
	KUNIT_EXPECT_EQ(test, boot_start(b), 0);
	KUNIT_EXPECT_TRUE(test, boot_state(b, FERRY_STATE_RUNNING));
}

/* A watchdog may be one that nobody can look at. */
static void without_watchdogs_it_boots_too(struct kunit *test)
{
	struct boot *b = boot_make(test);
	struct kmb_wdt_cfg wdt[KMB_NR_WDTS];
	struct ferry_kmb *kmb;

	memcpy(wdt, b->cfg.wdt, sizeof(wdt));
	memset(b->cfg.wdt, 0, sizeof(b->cfg.wdt));
	kmb = boot_create(b);
	memcpy(b->cfg.wdt, wdt, sizeof(wdt));
	KUNIT_ASSERT_FALSE(test, IS_ERR(kmb));
	KUNIT_EXPECT_EQ(test, boot_start_link(b, kmb->link), 0);
	ferry_kmb_destroy(kmb);
	KUNIT_EXPECT_EQ(test, b->stops, 2);
}

static int boot_attempt(void *arg)
{
	struct ferry_kmb *kmb = boot_create(arg);

	if (IS_ERR(kmb))
		return PTR_ERR(kmb);
	ferry_kmb_destroy(kmb);
	return 0;
}

static void no_memory_no_link(struct kunit *test)
{
	ferry_each_alloc_fails(test, boot_attempt, boot_make(test));
}

/* The file is in memory: to put it in place and to run it needs none. */
static void loading_needs_no_memory(struct kunit *test)
{
#ifdef CONFIG_FAILSLAB
	struct boot *b = boot_new(test);
	struct kmb_boot *control = b->fake->kmb->boot_control;
	int n, load, start;

	b->says = SAYS_NOTHING;
	for (n = 1; n <= 5; n++) {
		current->fail_nth = n;
		load = boot_load(b);
		start = kmb_boot_start(control);
		current->fail_nth = 0;
		KUNIT_EXPECT_EQ(test, load, 0);
		KUNIT_EXPECT_EQ(test, start, 0);
	}
#else
	kunit_skip(test, "this kernel has no failslab");
#endif
}

static struct kunit_case boot_cases[] = {
	KUNIT_CASE(a_vpu_is_loaded_and_booted),
	KUNIT_CASE(the_request_says_what_was_loaded),
	KUNIT_CASE(messages_go_after_the_boot),
	KUNIT_CASE(ready_may_come_late),
	KUNIT_CASE(an_old_ready_message_is_none),
	KUNIT_CASE(checking_changes_nothing),
	KUNIT_CASE(a_bad_file_is_not_loaded),
	KUNIT_CASE(what_was_loaded_is_used_up),
	KUNIT_CASE(a_refused_boot_leaves_the_link_offline),
	KUNIT_CASE(without_a_service_nothing_boots),
	KUNIT_CASE(a_vpu_that_is_not_ready_is_stopped),
	KUNIT_CASE(memory_stays_lent_until_the_vpu_is_stopped),
	KUNIT_CASE(a_first_load_does_not_want_a_stop),
	KUNIT_CASE_PARAM(a_watchdog_is_a_crash, boot_dog_gen_params),
	KUNIT_CASE(a_vpu_that_is_not_stopped_twice_recovers),
	KUNIT_CASE(a_watchdog_ends_a_start),
	KUNIT_CASE(a_stray_watchdog_is_not_a_crash),
	KUNIT_CASE(a_watchdog_after_the_link_is_left_alone),
	KUNIT_CASE(the_dump_tells_of_failures),
	KUNIT_CASE(what_is_missing_is_refused),
	KUNIT_CASE(a_vpu_that_runs_on_is_left_to_the_next_driver),
	KUNIT_CASE(without_watchdogs_it_boots_too),
	KUNIT_CASE(no_memory_no_link),
	KUNIT_CASE(loading_needs_no_memory),
	{}
};

static struct kunit_suite boot_suite = {
	.name = "ferry_keembay_boot",
	.test_cases = boot_cases,
};

kunit_test_suite(boot_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of booting the VPU of Keem Bay");
