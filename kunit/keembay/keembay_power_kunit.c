// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU is booted, stopped, hangs and dies. A test is the CPU, and asks for
 * it through the secure service as the driver does.
 */
#include <kunit/test.h>
#include <linux/crc32.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../../drivers/keembay/secure.h"
#include "fake_cpu.h"

#define FW_BASE		0x86000000u
#define FW_SIZE		SZ_1M
#define X509_BASE	0x87000000u
#define X509_SIZE	SZ_64K
#define IMAGE		0x1000		/* offsets in the firmware region */
#define IMAGE_SIZE	0x8000u
#define CONFIG		0xf0000
#define CERT_SIZE	100
#define VPU_ID		7
#define MSS_IRQ		47
#define NCE_IRQ		63

/* A VPU that is off, and what has to be in memory for it to boot. */
struct power {
	struct cpu *cpu;
	struct ferry_kmb_boot_request req;
	struct ferry_sim_vpu_image *image;
	struct kmb_boot_params *params;
	struct kmb_fw_header *header;
};

static void power_fill(struct power *p, u8 *fw, u8 *x509)
{
	p->image = (void *)fw + IMAGE;
	memset(p->image, 0x5a, IMAGE_SIZE);
	p->image->magic = cpu_to_le32(FERRY_SIM_VPU_IMAGE_MAGIC);
	p->image->size = cpu_to_le32(IMAGE_SIZE - sizeof(*p->image));
	p->image->crc = cpu_to_le32(~crc32_le(~0, (u8 *)(p->image + 1),
					      IMAGE_SIZE - sizeof(*p->image)));
	p->params = (void *)fw + CONFIG;
	p->params->magic = cpu_to_le32(KMB_PARAMS_MAGIC);
	p->params->vpu_id = cpu_to_le32(VPU_ID);
	p->params->packets_addr = cpu_to_le64(VPU_BASE);
	p->params->packets_size = cpu_to_le32(REGION_SIZE);
	p->params->mss_wdt_irq = cpu_to_le32(MSS_IRQ);
	p->params->nce_wdt_irq = cpu_to_le32(NCE_IRQ);
	p->header = (void *)x509 + CERT_SIZE;
	p->header->header_version = cpu_to_le32(KMB_FW_HEADER_VERSION);
	p->header->image_addr = cpu_to_le64(FW_BASE + IMAGE);
	p->header->image_size = cpu_to_le32(IMAGE_SIZE);
	p->header->entry = cpu_to_le64(FW_BASE + IMAGE);
	p->header->config_addr = cpu_to_le64(FW_BASE + CONFIG);
}

static struct power *power_make_slow(struct kunit *test, u32 ready_ms)
{
	struct power *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct cpu *cpu = cpu_prepare(test);
	struct ferry_sim_vpu_cfg cfg = cpu_cfg(cpu);
	u8 *fw = fake_memory(test, FW_SIZE);
	u8 *x509 = fake_memory(test, X509_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, p);
	cfg.fw_region = fake_region(test, fw, FW_BASE, FW_SIZE);
	cfg.x509_region = fake_region(test, x509, X509_BASE, X509_SIZE);
	cfg.vpu_id = VPU_ID;
	cfg.wdt_irq[FERRY_SIM_VPU_WDT_MSS] = MSS_IRQ;
	cfg.wdt_irq[FERRY_SIM_VPU_WDT_NCE] = NCE_IRQ;
	cfg.ready_ms = ready_ms;
	power_fill(p, fw, x509);
	p->cpu = cpu;
	p->req = (struct ferry_kmb_boot_request){
		.fw_addr = FW_BASE,
		.fw_size = FW_SIZE,
		.entry = FW_BASE + IMAGE,
		.x509_addr = X509_BASE,
		.x509_size = CERT_SIZE,
		.reserved_size = FW_SIZE,
		.vpu_id = VPU_ID,
		.image_addr = FW_BASE + IMAGE,
		.image_size = IMAGE_SIZE,
		.config_addr = FW_BASE + CONFIG,
	};
	cpu_create(test, cpu, &cfg);
	return p;
}

static struct power *power_make(struct kunit *test)
{
	return power_make_slow(test, 10);
}

static bool power_is(struct power *p, enum ferry_sim_vpu_power power)
{
	return ferry_sim_vpu_power(p->cpu->vpu) == power;
}

static void expect_ready(struct kunit *test, struct power *p)
{
	struct kmb_packet *packet = cpu_recv(p->cpu);

	KUNIT_ASSERT_NOT_NULL(test, packet);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(packet->channel), KMB_BOOT_CHANNEL);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->data_addr), KMB_BOOT_READY);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->data_size), 0);
	WRITE_ONCE(packet->status, KMB_FREE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(power_is(p, FERRY_SIM_VPU_RUNNING)));
}

static void expect_echo(struct kunit *test, struct power *p)
{
	struct kmb_packet *packet;

	cpu_send(test, p->cpu, 20, CPU_BASE + PAYLOAD, 5000);
	packet = cpu_recv(p->cpu);
	KUNIT_ASSERT_NOT_NULL(test, packet);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->data_size), 5000);
	WRITE_ONCE(packet->status, KMB_FREE);
}

static void power_up(struct kunit *test, struct power *p)
{
	KUNIT_ASSERT_EQ(test, ferry_kmb_secure_boot(&p->req), 0);
	expect_ready(test, p);
}

static void it_boots_stops_and_boots_again(struct kunit *test)
{
	struct power *p = power_make(test);
	int i;

	KUNIT_EXPECT_TRUE(test, power_is(p, FERRY_SIM_VPU_OFF));
	for (i = 0; i < 3; i++) {
		power_up(test, p);
		expect_echo(test, p);
		KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), 0);
		KUNIT_EXPECT_TRUE(test, power_is(p, FERRY_SIM_VPU_OFF));
	}
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), 0);
	KUNIT_EXPECT_EQ(test, cpu_stats(p->cpu).resets, 3);
	KUNIT_EXPECT_EQ(test, cpu_stats(p->cpu).bad, 0);
}

static void off_it_does_nothing(struct kunit *test)
{
	struct power *p = power_make(test);
	struct kmb_packet *packet;

	packet = cpu_send(test, p->cpu, 20, CPU_BASE + PAYLOAD, 100);
	ferry_sim_vpu_reset(p->cpu->vpu);
	ferry_sim_vpu_crash(p->cpu->vpu, FERRY_SIM_VPU_CRASH_MSS);
	msleep(50);
	KUNIT_EXPECT_TRUE(test, power_is(p, FERRY_SIM_VPU_OFF));
	KUNIT_EXPECT_EQ(test, packet->status, KMB_ALLOCATED);
	KUNIT_EXPECT_EQ(test, p->cpu->bites[FERRY_SIM_VPU_WDT_MSS], 0);
	/* What it did not read is gone when it boots. */
	power_up(test, p);
	expect_echo(test, p);
	KUNIT_EXPECT_EQ(test, packet->status, KMB_ALLOCATED);
}

static void booting_twice_needs_a_stop(struct kunit *test)
{
	struct power *p = power_make(test);

	power_up(test, p);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&p->req), -EIO);
	ferry_sim_vpu_crash(p->cpu->vpu, FERRY_SIM_VPU_CRASH_SILENT);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(power_is(p, FERRY_SIM_VPU_CRASHED)));
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&p->req), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), 0);
	power_up(test, p);
	KUNIT_EXPECT_EQ(test, cpu_stats(p->cpu).refused, 2);
}

#define SPOIL(name, what)						\
static void spoil_##name(struct power *p)				\
{									\
	what;								\
}

SPOIL(id, p->params->vpu_id = cpu_to_le32(8))
SPOIL(magic, p->params->magic = cpu_to_le32(0x10001))
SPOIL(packets, p->params->packets_addr = cpu_to_le64(CPU_BASE))
SPOIL(size, p->params->packets_size = cpu_to_le32(SZ_1M))
SPOIL(mss, p->params->mss_wdt_irq = cpu_to_le32(NCE_IRQ))
SPOIL(nce, p->params->nce_wdt_irq = 0)
SPOIL(image, p->image->magic = 0)
SPOIL(length, p->image->size = cpu_to_le32(IMAGE_SIZE))
SPOIL(byte, ((u8 *)p->image)[IMAGE_SIZE - 1] ^= 1)
SPOIL(header, p->header->entry = 0)
SPOIL(fw, p->req.fw_addr = CPU_BASE)
SPOIL(fw_size, p->req.fw_size++)
SPOIL(where, p->req.image_addr = FW_BASE + FW_SIZE)
SPOIL(wrap, p->req.image_addr = U64_MAX)
SPOIL(empty, p->req.image_size = 0)
SPOIL(entry, p->req.entry = FW_BASE + IMAGE + IMAGE_SIZE)
SPOIL(config, p->req.config_addr = FW_BASE + FW_SIZE - 1)
SPOIL(version, p->req.version_addr = 1)
SPOIL(cert, p->req.x509_addr = FW_BASE)
SPOIL(cert_size, p->req.x509_size = X509_SIZE - 1)
SPOIL(cert_wrap, p->req.x509_size = U64_MAX)

static const struct spoiled {
	const char *name;
	void (*spoil)(struct power *p);
} spoils[] = {
	{ "parameters: id", spoil_id }, { "parameters: magic", spoil_magic },
	{ "parameters: packets", spoil_packets }, { "parameters: size", spoil_size },
	{ "parameters: mss", spoil_mss }, { "parameters: nce", spoil_nce },
	{ "image: magic", spoil_image }, { "image: length", spoil_length },
	{ "image: a bit", spoil_byte }, { "header", spoil_header },
	{ "firmware region", spoil_fw }, { "firmware region: size", spoil_fw_size },
	{ "image: where", spoil_where }, { "image: wrap", spoil_wrap },
	{ "image: empty", spoil_empty }, { "entry", spoil_entry }, { "config", spoil_config },
	{ "version", spoil_version }, { "certificate", spoil_cert },
	{ "certificate: size", spoil_cert_size }, { "certificate: wrap", spoil_cert_wrap },
};

static void spoiled_desc(const struct spoiled *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(spoiled, spoils, spoiled_desc);

static void what_is_wrong_is_refused(struct kunit *test)
{
	const struct spoiled *s = test->param_value;
	struct power *p = power_make(test);

	s->spoil(p);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&p->req), -EIO);
	KUNIT_EXPECT_TRUE(test, power_is(p, FERRY_SIM_VPU_OFF));
	KUNIT_EXPECT_EQ(test, cpu_stats(p->cpu).refused, 1);
	KUNIT_EXPECT_EQ(test, cpu_stats(p->cpu).resets, 0);
}

static void a_request_for_another_vpu_is_not_ours(struct kunit *test)
{
	struct power *p = power_make(test);

	p->req.vpu_id = VPU_ID + 1;
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&p->req), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_sim_vpu_boot(p->cpu->vpu, &p->req), -EIO);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID + 1), -EOPNOTSUPP);
}

static void told_to_fail_it_fails(struct kunit *test)
{
	struct power *p = power_make(test);
	struct ferry_sim_vpu *vpu = p->cpu->vpu;

	ferry_sim_vpu_set_faults(vpu, FERRY_SIM_VPU_FAULT(BOOT_FAILS));
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&p->req), -EIO);
	ferry_sim_vpu_set_faults(vpu, FERRY_SIM_VPU_FAULT(STOP_FAILS));
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), -EIO);
	power_up(test, p);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), -EIO);
	expect_echo(test, p);
	ferry_sim_vpu_set_faults(vpu, 0);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), 0);
}

static void late_ready_is_later_than_two_seconds(struct kunit *test)
{
	struct power *p = power_make(test);

	ferry_sim_vpu_set_faults(p->cpu->vpu, FERRY_SIM_VPU_FAULT(LATE_READY));
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&p->req), 0);
	msleep(2000);
	KUNIT_EXPECT_TRUE(test, power_is(p, FERRY_SIM_VPU_BOOTING));
	expect_ready(test, p);
}

/* A byte that the VPU had lent us, before and after it was stopped. */
static void it_writes_until_it_is_really_off(struct kunit *test)
{
	struct power *p = power_make(test);
	struct kmb_packet *packet;
	u8 *lent, before;

	power_up(test, p);
	cpu_send(test, p->cpu, 20, CPU_BASE + PAYLOAD, 5000);
	packet = cpu_recv(p->cpu);
	KUNIT_ASSERT_NOT_NULL(test, packet);
	lent = cpu_payload(p->cpu, packet);
	ferry_sim_vpu_crash(p->cpu->vpu, FERRY_SIM_VPU_CRASH_SILENT);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(power_is(p, FERRY_SIM_VPU_CRASHED)));
	before = READ_ONCE(*lent);
	msleep(20);
	KUNIT_EXPECT_EQ(test, READ_ONCE(*lent), before);
	ferry_sim_vpu_set_faults(p->cpu->vpu, FERRY_SIM_VPU_FAULT(STOP_FAILS));
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), -EIO);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(*lent) != before));
	ferry_sim_vpu_set_faults(p->cpu->vpu, 0);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), 0);
	before = READ_ONCE(*lent);
	msleep(20);
	KUNIT_EXPECT_EQ(test, READ_ONCE(*lent), before);
}

static const struct death {
	const char *name;
	enum ferry_sim_vpu_crash how;
	unsigned int mss;
	unsigned int nce;
} deaths[] = {
	{ "nce", FERRY_SIM_VPU_CRASH_NCE, 0, 1 },
	{ "mss", FERRY_SIM_VPU_CRASH_MSS, 1, 0 },
	{ "hang", FERRY_SIM_VPU_CRASH_HANG, 1, 0 },
	{ "silent", FERRY_SIM_VPU_CRASH_SILENT, 0, 0 },
};

static void death_desc(const struct death *d, char *desc)
{
	strscpy(desc, d->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(death, deaths, death_desc);

static void it_dies_and_a_watchdog_bites(struct kunit *test)
{
	const struct death *d = test->param_value;
	struct power *p = power_make(test);
	struct cpu *cpu = p->cpu;
	struct kmb_packet *packet;

	power_up(test, p);
	ferry_sim_vpu_crash(cpu->vpu, d->how);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(power_is(p, FERRY_SIM_VPU_CRASHED)));
	packet = cpu_send(test, cpu, 20, CPU_BASE + PAYLOAD, 100);
	msleep(200);
	KUNIT_EXPECT_EQ(test, packet->status, KMB_ALLOCATED);
	KUNIT_EXPECT_EQ(test, cpu->bites[FERRY_SIM_VPU_WDT_MSS], d->mss);
	KUNIT_EXPECT_EQ(test, cpu->bites[FERRY_SIM_VPU_WDT_NCE], d->nce);
	KUNIT_EXPECT_EQ(test, cpu_stats(cpu).wdt_bites, d->mss + d->nce);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), 0);
	power_up(test, p);
	expect_echo(test, p);
}

static void a_hang_is_silent_until_the_watchdog_bites(struct kunit *test)
{
	struct power *p = power_make(test);
	struct kmb_packet *packet;

	ferry_sim_vpu_set_faults(p->cpu->vpu, FERRY_SIM_VPU_FAULT(HANG));
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&p->req), 0);
	KUNIT_ASSERT_NOT_NULL(test, cpu_recv(p->cpu));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(power_is(p, FERRY_SIM_VPU_HUNG)));
	packet = cpu_send(test, p->cpu, 20, CPU_BASE + PAYLOAD, 100);
	KUNIT_EXPECT_EQ(test, p->cpu->bites[FERRY_SIM_VPU_WDT_MSS], 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(p->cpu->bites[FERRY_SIM_VPU_WDT_MSS]) == 1));
	KUNIT_EXPECT_EQ(test, packet->status, KMB_ALLOCATED);
	KUNIT_EXPECT_TRUE(test, power_is(p, FERRY_SIM_VPU_CRASHED));
}

static void a_bite_has_to_be_quieted(struct kunit *test)
{
	struct power *p = power_make(test);

	power_up(test, p);
	p->cpu->quieted = true;
	ferry_sim_vpu_crash(p->cpu->vpu, FERRY_SIM_VPU_CRASH_NCE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(cpu_stats(p->cpu).wdt_quieted == 1));
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), 0);
	power_up(test, p);
	p->cpu->quieted = false;
	ferry_sim_vpu_crash(p->cpu->vpu, FERRY_SIM_VPU_CRASH_MSS);
	/* Also when it was stopped meanwhile. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(power_is(p, FERRY_SIM_VPU_CRASHED)));
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(cpu_stats(p->cpu).wdt_not_quieted == 1));
	KUNIT_EXPECT_EQ(test, cpu_stats(p->cpu).wdt_quieted, 1);
}

/* Whatever it is at, what it held stays, and the next life knows nothing of it. */
static void a_crash_in_mid_traffic_leaves_packets_behind(struct kunit *test)
{
	struct power *p = power_make_slow(test, FERRY_SIM_VPU_NO_READY);
	struct cpu *cpu = p->cpu;
	u32 i, n, entry;

	for (i = 0; i < 20; i++) {
		KUNIT_ASSERT_EQ(test, ferry_kmb_secure_boot(&p->req), 0);
		for (n = 0; n < 100; n++) {
			cpu_send(test, cpu, 20, CPU_BASE + PAYLOAD, 65536);
			if (n == 5 * i)
				ferry_sim_vpu_crash(cpu->vpu, FERRY_SIM_VPU_CRASH_SILENT);
			if (n % 8 == 0)
				usleep_range(20, 40);
		}
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(power_is(p, FERRY_SIM_VPU_CRASHED)));
		KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU_ID), 0);
		while (cpu_pop(cpu, &entry))
			;
	}
	KUNIT_ASSERT_EQ(test, ferry_kmb_secure_boot(&p->req), 0);
	expect_echo(test, p);
	KUNIT_EXPECT_EQ(test, cpu_stats(cpu).bad, 0);
}

static void a_number_has_one_vpu(struct kunit *test)
{
	struct power *p = power_make(test);
	struct ferry_sim_vpu_cfg cfg = cpu_cfg(p->cpu);
	static const struct ferry_sim_vpu_fifo none;

	cfg.fifo = &none;
	cfg.fw_region = p->cpu->fake->cpu_region;
	cfg.vpu_id = VPU_ID;
	KUNIT_EXPECT_PTR_EQ(test, ferry_sim_vpu_create(&cfg), ERR_PTR(-EEXIST));
}

static struct kunit_case power_cases[] = {
	KUNIT_CASE(it_boots_stops_and_boots_again),
	KUNIT_CASE(off_it_does_nothing),
	KUNIT_CASE(booting_twice_needs_a_stop),
	KUNIT_CASE_PARAM(what_is_wrong_is_refused, spoiled_gen_params),
	KUNIT_CASE(a_request_for_another_vpu_is_not_ours),
	KUNIT_CASE(told_to_fail_it_fails),
	KUNIT_CASE(late_ready_is_later_than_two_seconds),
	KUNIT_CASE(it_writes_until_it_is_really_off),
	KUNIT_CASE_PARAM(it_dies_and_a_watchdog_bites, death_gen_params),
	KUNIT_CASE(a_hang_is_silent_until_the_watchdog_bites),
	KUNIT_CASE(a_bite_has_to_be_quieted),
	KUNIT_CASE(a_crash_in_mid_traffic_leaves_packets_behind),
	KUNIT_CASE(a_number_has_one_vpu),
	{}
};

static struct kunit_suite power_suite = {
	.name = "ferry_keembay_power",
	.test_cases = power_cases,
};

kunit_test_suite(power_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of the power of the simulated VPU of Keem Bay");
