// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMC: what is sent, which answers are believed, and what becomes of late ones.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "../core/fake.h"
#include "../core/iomem.h"
#include "../ferry_kunit.h"
#include "../../drivers/rtkit/smc.h"
#include "smc_model.h"

#define TC0P	FERRY_SMC_KEY('T', 'C', '0', 'P')	/* 0x54433050 */
#define LONG	FERRY_SMC_KEY('L', 'O', 'N', 'G')	/* 0x4c4f4e47 */
#define F0AC	FERRY_SMC_KEY('F', '0', 'A', 'c')

/* 40.5 and 1234.0 as they are in memory */
static const u8 TEMP[4] = { 0x00, 0x00, 0x22, 0x42 };
static const u8 RPM[4] = { 0x00, 0x40, 0x9a, 0x44 };

static void fill(u8 *p, unsigned int n)
{
	while (n--)
		p[n] = n * 3 + 1;
}

/* An SMC with a few keys, and its driver. */
static struct model *model_up(struct kunit *test)
{
	struct model *m = model_new(test);
	u8 big[255];

	fill(big, sizeof(big));
	model_key(m, 1, "TC0P", "flt ", TEMP, 4);
	model_key(m, 2, "LONG", "ch8*", big, 255);
	model_key(m, 3, "F0Ac", "flt ", RPM, 4);
	KUNIT_ASSERT_EQ(test, model_start(m), 0);
	return m;
}

/* What was sent last; what has ids is compared without. */
static u64 last_sent(const struct model *m)
{
	return m->log[(m->nr - 1) % MODEL_LOG] & ~0xf000ull;
}

static void init_is_what_others_send(struct kunit *test)
{
	struct model *m = model_up(test);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, m->log[0], 0x0000000000000017ull);
	KUNIT_EXPECT_EQ(test, m->log[1], 0x4e54415000010011ull);	/* NTAP, id 0 */
	KUNIT_EXPECT_EQ(test, m->keys[0].value[0], 1);
	KUNIT_EXPECT_EQ(test, m->log[2], 0x234b455900041010ull);	/* #KEY, id 1 */
	KUNIT_EXPECT_EQ(test, m->log[3], 0x0000000000002012ull);	/* by index 0, id 2 */
	KUNIT_EXPECT_EQ(test, m->log[4], 0x4e54415000003013ull);	/* info of NTAP, id 3 */
	for (i = 1; i < m->nr; i++)
		KUNIT_EXPECT_EQ(test, m->log[i] >> 12 & 0xf, (i - 1) & 0xf);
}

static void commands_are_what_others_send(struct kunit *test)
{
	struct model *m = model_up(test);
	struct ferry_smc_info info;
	u8 buf[255] = {};
	u32 key;

	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), 4);
	KUNIT_EXPECT_EQ(test, last_sent(m), 0x5443305000040010ull);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, 255), 255);
	KUNIT_EXPECT_EQ(test, last_sent(m), 0x4c4f4e4700ff0010ull);
	KUNIT_EXPECT_EQ(test, ferry_smc_write(m->smc, LONG, buf, 255), 0);
	KUNIT_EXPECT_EQ(test, last_sent(m), 0x4c4f4e4700ff0011ull);
	KUNIT_EXPECT_EQ(test, ferry_smc_rw(m->smc, LONG, buf, 2, buf, 6), 6);
	KUNIT_EXPECT_EQ(test, last_sent(m), 0x4c4f4e4702060020ull);
	KUNIT_EXPECT_EQ(test, ferry_smc_key_by_index(m->smc, 3, &key), 0);
	KUNIT_EXPECT_EQ(test, last_sent(m), 0x0000000300000012ull);
	KUNIT_EXPECT_EQ(test, key, F0AC);
	KUNIT_EXPECT_EQ(test, ferry_smc_key_info(m->smc, LONG, &info), 0);
	KUNIT_EXPECT_EQ(test, last_sent(m), 0x4c4f4e4700000013ull);
	KUNIT_EXPECT_EQ(test, info.size, 255);
	KUNIT_EXPECT_EQ(test, info.type, FERRY_SMC_KEY('c', 'h', '8', '*'));
	KUNIT_EXPECT_EQ(test, info.flags, 0xc0);
	KUNIT_EXPECT_EQ(test, info.key, LONG);
	ferry_smc_destroy(m->smc);
	m->smc = NULL;
	KUNIT_EXPECT_EQ(test, last_sent(m), 0x4e54415000010011ull);
	KUNIT_EXPECT_EQ(test, m->keys[0].value[0], 0);
}

static void values_have_their_bytes_in_order(struct kunit *test)
{
	static const u8 sizes[] = { 1, 2, 3, 4, 5, 8, 254, 255 };
	struct model *m = model_up(test);
	u8 want[255], buf[256], other[255];
	unsigned int i;

	fill(want, sizeof(want));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 size = sizes[i];

		memset(buf, 0xee, sizeof(buf));
		m->keys[2].size = size;
		KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, size), size);
		KUNIT_EXPECT_MEMEQ(test, buf, want, size);
		KUNIT_EXPECT_EQ(test, buf[size], 0xee);

		memset(other, i, sizeof(other));
		KUNIT_EXPECT_EQ(test, ferry_smc_write(m->smc, LONG, other, size), 0);
		KUNIT_EXPECT_MEMEQ(test, m->keys[2].value, other, size);
		KUNIT_EXPECT_MEMEQ(test, m->keys[2].value + size, want + size, 255 - size);
		fill(m->keys[2].value, 255);
	}
}

static void a_value_may_be_shorter_but_not_longer(struct kunit *test)
{
	static const u8 rooms[] = { 1, 4, 5, 200 };
	struct model *m = model_up(test);
	unsigned int i;
	u8 buf[256];

	for (i = 0; i < ARRAY_SIZE(rooms); i++) {
		u8 room = rooms[i];

		memset(buf, 0xee, sizeof(buf));
		m->size = room + 1;
		KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, room), -EPROTO);
		m->size = 255;
		KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, room), -EPROTO);
		KUNIT_EXPECT_EQ(test, buf[0], 0xee);
		m->size = room - 1;
		KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, room), room - 1);
		KUNIT_EXPECT_EQ(test, buf[room - 1], 0xee);
		m->size = 0;
		KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, room), 0);
	}
	m->size = -1;
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, 255), 255);
}

static void sizes_that_cannot_be_are_not_sent(struct kunit *test)
{
	static const size_t bad[] = { 0, 256, 257, SIZE_MAX };
	struct model *m = model_up(test);
	unsigned int i, nr = m->nr;
	u8 buf[8];

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, bad[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, ferry_smc_write(m->smc, LONG, buf, bad[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, ferry_smc_rw(m->smc, LONG, buf, bad[i], buf, 4), -EINVAL);
		KUNIT_EXPECT_EQ(test, ferry_smc_rw(m->smc, LONG, buf, 4, buf, bad[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, ferry_smc_read_atomic(m->smc, LONG, buf, bad[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, ferry_smc_write_atomic(m->smc, LONG, buf, bad[i]), -EINVAL);
	}
	KUNIT_EXPECT_EQ(test, m->nr, nr);
}

static void every_result_but_0_is_an_error(struct kunit *test)
{
	struct model *m = model_up(test);
	struct ferry_smc_stats before, stats;
	unsigned int n = 0;
	u8 buf[8];
	int i;

	ferry_smc_stats(m->smc, &before);
	for (i = 1; i <= 0xff; i++) {
		if (i == 0x18)
			continue;
		m->result = i;
		KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), -EIO);
		n++;
	}
	ferry_smc_stats(m->smc, &stats);
	KUNIT_EXPECT_EQ(test, stats.refused - before.refused, n);
	/* It cannot be told from a notification. */
	m->result = 0x18;
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), -ETIMEDOUT);
	ferry_smc_stats(m->smc, &stats);
	KUNIT_EXPECT_EQ(test, stats.notifications, 1);
	m->result = 0;
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), 4);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, FERRY_SMC_KEY('N', 'O', 'N', 'E'), buf, 4),
			-EIO);
}

static void answers_with_another_id_are_not_believed(struct kunit *test)
{
	struct model *m = model_up(test);
	static const u8 off[] = { 1, 2, 8, 15 };
	struct ferry_smc_stats stats;
	unsigned int i;
	u8 buf[8];

	for (i = 0; i < ARRAY_SIZE(off); i++) {
		m->add_id = off[i];
		KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), -ETIMEDOUT);
		m->add_id = 0;
		/* Ours, of which it never spoke, is forgotten with the life of the link. */
		KUNIT_EXPECT_EQ(test, ferry_link_restart(m->link), 0);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_smc_read(m->smc, TC0P, buf, 4) == 4));
	}
	ferry_smc_stats(m->smc, &stats);
	KUNIT_EXPECT_EQ(test, stats.unknown, ARRAY_SIZE(off));
	KUNIT_EXPECT_EQ(test, stats.late, 0);
}

static void a_late_answer_is_nobodys(struct kunit *test)
{
	struct model *m = model_up(test);
	struct ferry_smc_stats stats;
	u8 buf[8];

	m->mute = true;
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, 8), -ETIMEDOUT);
	m->mute = false;
	/* The area may still be written to: not for those who need it. */
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, 8), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_smc_write(m->smc, LONG, buf, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), 4);
	KUNIT_EXPECT_MEMEQ(test, buf, TEMP, 4);
	model_release(m);
	ferry_smc_stats(m->smc, &stats);
	KUNIT_EXPECT_EQ(test, stats.late, 1);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, 8), 8);
	KUNIT_EXPECT_EQ(test, ferry_smc_write(m->smc, LONG, buf, 1), 0);
}

static void a_dumb_smc_is_not_asked_for_ever(struct kunit *test)
{
	struct model *m = model_up(test);
	unsigned int i, nr;
	u8 buf[4];

	m->mute = true;
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), -ETIMEDOUT);
	nr = m->nr;
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_smc_read_atomic(m->smc, TC0P, buf, 4), -EBUSY);
	KUNIT_EXPECT_EQ(test, m->nr, nr);
	model_release(m);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), 4);
}

static void a_full_fifo_is_waited_for_and_not_for_ever(struct kunit *test)
{
	struct model *m = model_up(test);
	u8 buf[4];

	m->full = true;
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, ferry_smc_write_atomic(m->smc, LONG, buf, 4), -ETIMEDOUT);
	m->full = false;
	/* Nothing was sent, so nothing is owed. */
	KUNIT_EXPECT_EQ(test, ferry_smc_write(m->smc, LONG, buf, 4), 0);
}

struct reader {
	struct model *m;
	u8 buf[8];
	int ret;
};

static int reader_fn(void *arg)
{
	struct reader *r = arg;

	allow_signal(SIGKILL);
	return ferry_smc_read(r->m->smc, LONG, r->buf, sizeof(r->buf));
}

static void a_crash_ends_a_command(struct kunit *test)
{
	struct model *m = model_up(test);
	struct reader r = { .m = m };
	struct fake_task *task;
	u8 buf[8];

	m->mute = true;
	task = fake_run(test, reader_fn, &r);
	msleep(20);
	ferry_link_crash(m->link, "the test says so");
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(fake_done(task)));
	KUNIT_EXPECT_EQ(test, fake_join(task), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_smc_read_atomic(m->smc, TC0P, buf, 4), -ENOLINK);

	/* It comes back, and its area is elsewhere. */
	m->mute = false;
	m->nr_kept = 0;
	m->init_answer = m->io->phys + SZ_8K;
	memset(m->io->mem, 0xdd, SZ_4K);
	KUNIT_EXPECT_EQ(test, ferry_link_start(m->link), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_smc_read(m->smc, LONG, buf, 8) == 8));
	KUNIT_EXPECT_MEMEQ(test, buf, m->keys[2].value, 8);
	KUNIT_EXPECT_NULL(test, memchr_inv(m->io->mem, 0xdd, SZ_4K));
}

static void a_killed_reader_leaves_the_rest_alone(struct kunit *test)
{
	struct model *m = model_up(test);
	struct reader r = { .m = m };
	struct ferry_smc_stats stats;
	struct fake_task *task;
	u8 buf[8];

	m->mute = true;
	task = fake_run(test, reader_fn, &r);
	msleep(20);
	send_sig(SIGKILL, task->task, 1);
	KUNIT_EXPECT_EQ(test, fake_join(task), -ERESTARTSYS);
	model_release(m);
	ferry_smc_stats(m->smc, &stats);
	KUNIT_EXPECT_EQ(test, stats.late, 1);
	KUNIT_EXPECT_EQ(test, r.buf[0], 0);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, LONG, buf, 8), 8);
}

/* Each start makes its driver say init, in work. */
static void it_may_go_while_the_link_starts(struct kunit *test)
{
	struct model *m = model_up(test);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_EQ(test, ferry_link_restart(m->link), 0);
		if (i % 2)
			msleep(i);
		ferry_smc_destroy(m->smc);
		KUNIT_ASSERT_EQ(test, model_start(m), 0);
	}
}

static const struct area {
	const char *name;
	u64 offset;	/* from the SRAM */
	int ret;
} areas[] = {
	{ "first",		0,				0 },
	{ "last",		MODEL_WINDOW - SZ_4K,		0 },
	{ "ends behind",	MODEL_WINDOW - SZ_4K + 0x10,	-ERANGE },
	{ "behind",		MODEL_WINDOW,			-ERANGE },
	{ "begins before",	-0x10,				-ERANGE },
	{ "32 bits more",	BIT_ULL(32),			-ERANGE },
	{ "sign bit",		BIT_ULL(63),			-ERANGE },
	{ "0",			-IOMEM_BASE,			-ERANGE },
	{ "last page",		-IOMEM_BASE - SZ_4K,		-ERANGE },
	{ "wraps",		-IOMEM_BASE - 0x10,		-ERANGE },
};

static void area_desc(const struct area *area, char *desc)
{
	strscpy(desc, area->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(area, areas, area_desc);

static void the_area_is_in_the_sram_or_nowhere(struct kunit *test)
{
	const struct area *area = test->param_value;
	struct model *m = model_new(test);
	u64 good = m->init_answer;
	u8 buf[8] = {};

	m->init_answer = m->io->phys + area->offset;
	if (area->ret)
		m->nr_keys = 0;	/* it has no area to look at */
	KUNIT_EXPECT_EQ(test, model_start(m), area->ret);
	if (!area->ret)
		return;
	/* Nothing else is said; the work may have tried, too. */
	while (m->nr)
		KUNIT_EXPECT_EQ(test, m->log[--m->nr], 0x17);
	/* In a later life it says better, and worse again. */
	m->init_answer = good;
	model_key(m, 0, "NTAP", "flag", "\0", 1);
	KUNIT_ASSERT_EQ(test, model_start(m), 0);
	m->init_answer = m->io->phys + area->offset;
	m->nr_keys = 0;
	KUNIT_EXPECT_EQ(test, ferry_link_restart(m->link), 0);
	msleep(100);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), -ENOLINK);
	KUNIT_EXPECT_EQ(test, ferry_smc_write(m->smc, TC0P, buf, 4), -ENOLINK);
	m->init_answer = good;
}

static void without_an_answer_to_init_there_is_no_smc(struct kunit *test)
{
	struct model *m = model_new(test);

	m->init_mute = true;
	KUNIT_EXPECT_EQ(test, model_start(m), -ETIMEDOUT);
	m->init_mute = false;
	KUNIT_EXPECT_EQ(test, model_start(m), 0);
}

static void notifications_are_counted(struct kunit *test)
{
	struct model *m = model_new(test);
	struct ferry_smc_stats stats;
	u8 buf[4];
	u32 i;

	/* Not the address of the area, though that is waited for. */
	m->init_first = 0x7101000000000018ull;
	model_key(m, 1, "TC0P", "flt ", TEMP, 4);
	KUNIT_ASSERT_EQ(test, model_start(m), 0);
	for (i = 0; i < 100; i++)
		model_send(m, (u64)i << 32 | 0x18);
	ferry_smc_stats(m->smc, &stats);
	KUNIT_EXPECT_EQ(test, stats.notifications, 101);
	KUNIT_EXPECT_EQ(test, stats.last, 99);
	KUNIT_EXPECT_EQ(test, stats.unknown, 0);
	KUNIT_EXPECT_EQ(test, ferry_smc_read(m->smc, TC0P, buf, 4), 4);
}

static void answers_to_nothing_are_counted(struct kunit *test)
{
	struct model *m = model_up(test);
	struct ferry_smc_stats stats;
	u64 id;

	for (id = 0; id < 16; id++)
		model_send(m, 0xffffffffffff0000ull | id << 12);
	model_send(m, m->io->phys);
	model_send(m, U64_MAX);
	m->len = 4;
	model_send(m, 0);
	m->len = 0;
	model_send(m, 0);
	m->len = 8;
	ferry_smc_stats(m->smc, &stats);
	KUNIT_EXPECT_EQ(test, stats.unknown, 18);
	KUNIT_EXPECT_EQ(test, stats.wrong, 2);
}

/* In hard IRQ, and without an interrupt of the mailbox. */
struct atomic_job {
	struct model *m;
	u8 in[8];
	int read;
	int write;
};

static void atomic_fn(void *arg)
{
	struct atomic_job *job = arg;

	job->read = ferry_smc_read_atomic(job->m->smc, LONG, job->in, 8);
	job->write = ferry_smc_write_atomic(job->m->smc, TC0P, "\1\2\3\4", 4);
}

static void commands_work_where_nothing_may_sleep(struct kunit *test)
{
	struct model *m = model_up(test);
	struct atomic_job job = { .m = m };

	m->no_irq = true;
	fake_in_irq(test, atomic_fn, &job);
	KUNIT_EXPECT_EQ(test, job.read, 8);
	KUNIT_EXPECT_MEMEQ(test, job.in, m->keys[2].value, 8);
	KUNIT_EXPECT_EQ(test, job.write, 0);
	KUNIT_EXPECT_MEMEQ(test, m->keys[1].value, "\1\2\3\4", 4);
}

static void who_may_not_sleep_takes_the_answer_of_a_sleeper(struct kunit *test)
{
	struct model *m = model_up(test);
	struct atomic_job job = { .m = m };
	struct reader r = { .m = m };
	struct fake_task *task;

	m->no_irq = true;
	task = fake_run(test, reader_fn, &r);
	msleep(20);
	KUNIT_EXPECT_FALSE(test, fake_done(task));
	fake_in_irq(test, atomic_fn, &job);
	KUNIT_EXPECT_EQ(test, job.read, 8);
	KUNIT_EXPECT_EQ(test, job.write, 0);
	KUNIT_EXPECT_EQ(test, fake_join(task), 8);
	KUNIT_EXPECT_MEMEQ(test, r.buf, m->keys[2].value, 8);
}

static void who_may_not_sleep_does_not_wait_for_ever(struct kunit *test)
{
	struct model *m = model_up(test);
	struct atomic_job job = { .m = m };

	m->mute = true;
	fake_in_irq(test, atomic_fn, &job);
	KUNIT_EXPECT_EQ(test, job.read, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, job.write, -EBUSY);
}

static int storm_fn(void *arg)
{
	struct reader *r = arg;
	int i, wrong = 0;
	u8 buf[255];

	for (i = 0; i < 12; i++) {
		u8 size = 5 + 16 * i;

		wrong += ferry_smc_read(r->m->smc, LONG, buf, size) != size ||
			 memcmp(buf, r->m->keys[2].value, size);
		wrong += ferry_smc_read(r->m->smc, TC0P, buf, 4) != 4 || memcmp(buf, TEMP, 4);
	}
	return wrong;
}

static void many_at_once_get_their_own_values(struct kunit *test)
{
	struct model *m = model_up(test);
	struct reader r = { .m = m };
	struct fake_task *task[4];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(task); i++)
		task[i] = fake_run(test, storm_fn, &r);
	for (i = 0; i < ARRAY_SIZE(task); i++)
		KUNIT_EXPECT_EQ(test, fake_join(task[i]), 0);
}

static void a_number_of_keys_is_not_believed(struct kunit *test)
{
	struct model *m = model_new(test);

	m->count = U32_MAX;
	KUNIT_EXPECT_EQ(test, model_start(m), 0);
	KUNIT_EXPECT_EQ(test, m->smc->nr_keys, 1);
}

static const struct value {
	u32 type;
	u8 size;
	u8 bytes[8];
	int ret;
	s64 milli;
} values[] = {
	{ SMC_TYPE_FLOAT, 4, { 0x00, 0x00, 0x22, 0x42 }, 0, 40500 },
	{ SMC_TYPE_FLOAT, 4, { 0x00, 0x00, 0x22, 0xc2 }, 0, -40500 },
	{ SMC_TYPE_FLOAT, 4, { 0x00, 0x00, 0x80, 0x3f }, 0, 1000 },
	{ SMC_TYPE_FLOAT, 4, { 0x6f, 0x12, 0x83, 0x3a }, 0, 1 },	/* 0.001 and a bit */
	{ SMC_TYPE_FLOAT, 4, { 0x00, 0x00, 0x00, 0x00 }, 0, 0 },
	{ SMC_TYPE_FLOAT, 4, { 0x01, 0x00, 0x00, 0x00 }, 0, 0 },		/* the least */
	{ SMC_TYPE_FLOAT, 4, { 0x00, 0x00, 0x80, 0x4b }, 0, 16777216000ll }, /* 2^24 */
	{ SMC_TYPE_FLOAT, 4, { 0xff, 0xff, 0x7f, 0x5a }, -ERANGE },
	{ SMC_TYPE_FLOAT, 4, { 0xff, 0xff, 0x7f, 0x7f }, -ERANGE },	/* the greatest */
	{ SMC_TYPE_FLOAT, 4, { 0x00, 0x00, 0x80, 0x7f }, -ENODATA },	/* infinity */
	{ SMC_TYPE_FLOAT, 4, { 0x00, 0x00, 0xc0, 0xff }, -ENODATA },	/* no number */
	{ SMC_TYPE_FLOAT, 3, { 0x00, 0x00, 0x22 }, -EOPNOTSUPP },
	{ SMC_TYPE_FIXED, 8, { 0x00, 0x80, 0x28, 0, 0, 0, 0, 0 }, 0, 40500 },
	{ SMC_TYPE_FIXED, 8, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, -ERANGE },
	{ SMC_TYPE_U8, 1, { 0xff }, 0, 255000 },
	{ SMC_TYPE_S8, 1, { 0xff }, 0, -1000 },
	{ SMC_TYPE_U16, 2, { 0x34, 0x12 }, 0, 0x1234 * 1000 },
	{ SMC_TYPE_S16, 2, { 0xfe, 0xff }, 0, -2000 },
	{ SMC_TYPE_U32, 4, { 0xff, 0xff, 0xff, 0xff }, 0, 4294967295000ll },
	{ SMC_TYPE_S32, 4, { 0xff, 0xff, 0xff, 0xff }, 0, -1000 },
	{ SMC_TYPE_FLAG, 1, { 1 }, 0, 1000 },
	{ SMC_TYPE_U16, 1, { 1 }, -EOPNOTSUPP },
	{ FERRY_SMC_KEY('h', 'e', 'x', '_'), 4, { 1 }, -EOPNOTSUPP },
};

static void values_are_what_they_say(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		const struct value *v = &values[i];
		s64 milli = 0;

		KUNIT_EXPECT_EQ_MSG(test, ferry_smc_to_milli(v->type, v->bytes, v->size, &milli),
				    v->ret, "%u", i);
		KUNIT_EXPECT_EQ_MSG(test, milli, v->milli, "%u", i);
	}
}

/* Reads an attribute of our hwmon device. */
static bool hwmon_is(const char *attr, const char *want)
{
	char path[64], buf[32];
	unsigned int i;

	for (i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "/sys/class/hwmon/hwmon%u/name", i);
		if (fake_file_read(path, buf, sizeof(buf)) < 0 || strcmp(buf, "ferry_smc\n"))
			continue;
		snprintf(path, sizeof(path), "/sys/class/hwmon/hwmon%u/%s", i, attr);
		return fake_file_read(path, buf, sizeof(buf)) > 0 && !strcmp(buf, want);
	}
	return false;
}

static void sensors_are_shown(struct kunit *test)
{
	struct model *m;

	if (!IS_ENABLED(CONFIG_HWMON))
		kunit_skip(test, "this kernel has no hwmon");
	m = model_up(test);
	KUNIT_EXPECT_TRUE(test, hwmon_is("temp1_label", "TC0P\n"));
	KUNIT_EXPECT_TRUE(test, hwmon_is("temp1_input", "40500\n"));
	KUNIT_EXPECT_TRUE(test, hwmon_is("fan1_label", "F0Ac\n"));
	KUNIT_EXPECT_TRUE(test, hwmon_is("fan1_input", "1234\n"));
	KUNIT_EXPECT_FALSE(test, hwmon_is("temp2_label", "TC0P\n"));
	m->mute = true;
	KUNIT_EXPECT_FALSE(test, hwmon_is("temp1_input", "40500\n"));
	model_release(m);
}

/* Files of debugfs read from, and write to, user memory only. */
struct dbg {
	struct file *file;
	char __user *user;
};

static long dbg_write(struct dbg *d, const char *text)
{
	size_t len = strlen(text);
	loff_t pos = 0;

	if (copy_to_user(d->user, text, len))
		return -EFAULT;
	return d->file->f_op->write(d->file, d->user, len, &pos);
}

/* Is it this, from its beginning? */
static bool dbg_is(struct dbg *d, const char *want)
{
	char buf[256] = {};
	loff_t pos = 0;
	long len = d->file->f_op->read(d->file, d->user, sizeof(buf) - 1, &pos);

	return len > 0 && !copy_from_user(buf, d->user, len) && !strcmp(buf, want);
}

static bool dbg_open(struct model *m, struct dbg *d, const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "/sys/kernel/debug/ferry/%s/smc/%s", ferry_link_name(m->link),
		 name);
	d->file = filp_open(path, strcmp(name, "key") ? O_RDONLY : O_RDWR, 0);
	return !IS_ERR(d->file);
}

static void keys_in_debugfs(struct kunit *test, struct model *m, struct dbg *d)
{
	static const char * const bad[] = {
		"", "TC0", "TC0P=", "TC0P=0", "TC0P=012", "TC0P=0g", "TC0P=+1", "TC0P 01", "TC0P01",
	};
	unsigned int i;

	KUNIT_ASSERT_TRUE(test, dbg_open(m, d, "keys"));
	KUNIT_EXPECT_TRUE(test, dbg_is(d, "name type size flags\nNTAP flag 1 0xc0\n"
				       "TC0P flt  4 0xc0\nLONG ch8* 255 0xc0\nF0Ac flt  4 0xc0\n"));
	filp_close(d->file, NULL);
	KUNIT_ASSERT_TRUE(test, dbg_open(m, d, "key"));
	KUNIT_EXPECT_FALSE(test, dbg_is(d, ""));
	KUNIT_EXPECT_EQ(test, dbg_write(d, "TC0P\n"), 5);
	KUNIT_EXPECT_TRUE(test, dbg_is(d, "name TC0P\ntype flt\x20\nsize 4\nflags 0xc0\n"
				       "bytes 00002242\nmilli 40500\n"));
	KUNIT_EXPECT_EQ(test, dbg_write(d, "F0Ac=0000803f\n"), 14);
	KUNIT_EXPECT_TRUE(test, dbg_is(d, "name F0Ac\ntype flt\x20\nsize 4\nflags 0xc0\n"
				       "bytes 0000803f\nmilli 1000\n"));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, dbg_write(d, bad[i]), -EINVAL, "%s", bad[i]);
	KUNIT_EXPECT_EQ(test, dbg_write(d, "NONE=00"), -EIO);
	filp_close(d->file, NULL);
	KUNIT_EXPECT_MEMEQ(test, m->keys[1].value, TEMP, 4);
}

static void keys_are_in_debugfs(struct kunit *test)
{
	struct model *m = model_up(test);
	struct dbg d;

	d.user = (char __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					      MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL((__force void *)d.user));
	keys_in_debugfs(test, m, &d);
	/* Nobody else ends what kunit_vm_mmap() began. */
	if (current->mm) {
		struct mm_struct *mm = current->mm;

		kthread_unuse_mm(mm);
		mmput(mm);
	}
}

static int create_attempt(void *arg)
{
	struct model *m = arg;
	struct ferry_smc *smc = ferry_smc_create(&m->pdev->dev, m->link, &m->sram);

	ferry_smc_destroy(smc);
	return PTR_ERR_OR_ZERO(smc);
}

static void a_failed_allocation_leaves_nothing(struct kunit *test)
{
	struct model *m = model_new(test);

	/* What is only shown may be missing, so with no keys. */
	m->nr_keys = 0;
	ferry_each_alloc_fails(test, create_attempt, m);
}

static struct kunit_case smc_cases[] = {
	KUNIT_CASE(init_is_what_others_send),
	KUNIT_CASE(commands_are_what_others_send),
	KUNIT_CASE(values_have_their_bytes_in_order),
	KUNIT_CASE(a_value_may_be_shorter_but_not_longer),
	KUNIT_CASE(sizes_that_cannot_be_are_not_sent),
	KUNIT_CASE(every_result_but_0_is_an_error),
	KUNIT_CASE(answers_with_another_id_are_not_believed),
	KUNIT_CASE(a_late_answer_is_nobodys),
	KUNIT_CASE(a_dumb_smc_is_not_asked_for_ever),
	KUNIT_CASE(a_full_fifo_is_waited_for_and_not_for_ever),
	KUNIT_CASE(a_crash_ends_a_command),
	KUNIT_CASE(a_killed_reader_leaves_the_rest_alone),
	KUNIT_CASE(it_may_go_while_the_link_starts),
	KUNIT_CASE_PARAM(the_area_is_in_the_sram_or_nowhere, area_gen_params),
	KUNIT_CASE(without_an_answer_to_init_there_is_no_smc),
	KUNIT_CASE(notifications_are_counted),
	KUNIT_CASE(answers_to_nothing_are_counted),
	KUNIT_CASE(commands_work_where_nothing_may_sleep),
	KUNIT_CASE(who_may_not_sleep_takes_the_answer_of_a_sleeper),
	KUNIT_CASE(who_may_not_sleep_does_not_wait_for_ever),
	KUNIT_CASE(many_at_once_get_their_own_values),
	KUNIT_CASE(a_number_of_keys_is_not_believed),
	KUNIT_CASE(values_are_what_they_say),
	KUNIT_CASE(sensors_are_shown),
	KUNIT_CASE(keys_are_in_debugfs),
	KUNIT_CASE(a_failed_allocation_leaves_nothing),
	{}
};

static struct kunit_suite smc_suite = {
	.name = "ferry_smc",
	.test_cases = smc_cases,
};

kunit_test_suite(smc_suite);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of the SMC");
FERRY_IMPORT_TEST();
