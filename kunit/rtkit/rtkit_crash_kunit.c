// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit: the crashlog, decoded from whatever bytes, and the crash that it comes with.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/seq_buf.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "../../drivers/compat.h"
#include "../../drivers/rtkit/rtkit.h"
#include "../ferry_kunit.h"
#include "iop.h"

#define TEXT_MAX	SZ_16K
#define REPORT_MAX	SZ_128K
#define LOG_MAX		SZ_4K
#define MUTANTS		100000

/* A log that is being written. */
struct log {
	u8 mem[LOG_MAX];
	size_t len;
};

static void log_u32(struct log *log, u32 value)
{
	put_unaligned_le32(value, log->mem + log->len);
	log->len += sizeof(value);
}

static void log_u64(struct log *log, u64 value)
{
	put_unaligned_le64(value, log->mem + log->len);
	log->len += sizeof(value);
}

static void log_bytes(struct log *log, const void *bytes, size_t len)
{
	memcpy(log->mem + log->len, bytes, len);
	log->len += len;
}

/* Returns where it begins. */
static size_t log_section(struct log *log, u32 type)
{
	size_t begin = log->len;

	log_u32(log, type);
	log_u64(log, 0);
	log_u32(log, 0);
	return begin;
}

static void log_end_section(struct log *log, size_t begin)
{
	put_unaligned_le32(log->len - begin, log->mem + begin + 12);
}

static void log_begin(struct log *log)
{
	memset(log, 0, sizeof(*log));
	log_u32(log, RTKIT_CRASH_HEADER);
	log_u32(log, 1);
	log_u64(log, 0);
	log->len = 32;
}

static void log_end(struct log *log)
{
	log_end_section(log, log_section(log, RTKIT_CRASH_HEADER));
	put_unaligned_le32(log->len, log->mem + 8);
}

static const char *decoded(struct kunit *test, const void *log, size_t len)
{
	char *text = kunit_kzalloc(test, TEXT_MAX, GFP_KERNEL);
	struct seq_buf out;

	KUNIT_ASSERT_NOT_NULL(test, text);
	seq_buf_init(&out, text, TEXT_MAX - 1);
	rtk_crashlog_decode(log, len, &out);
	KUNIT_EXPECT_FALSE(test, seq_buf_has_overflowed(&out));
	return text;
}

static const u8 known_log[] = {
	0x45, 0x48, 0x4c, 0x43, 0x01, 0, 0, 0, 0x64, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0x72, 0x74, 0x73, 0x43, 0, 0, 0, 0, 0, 0, 0, 0, 0x1c, 0, 0, 0,
	0x01, 0, 0, 0, 0x61, 0x73, 0x73, 0x65, 0x72, 0x74, 0, 0,
	0x6d, 0x69, 0x74, 0x43, 0, 0, 0, 0, 0, 0, 0, 0, 0x18, 0, 0, 0,
	0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
	0x45, 0x48, 0x4c, 0x43, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0,
};

static const char known_text[] =
	"section 28 bytes Cstr\n"
	"string-id 1\n"
	"string assert\n"
	"section 24 bytes Ctim\n"
	"time 0x1122334455667788\n";

static void known_bytes_give_known_text(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, sizeof(known_log), 0x64);
	KUNIT_EXPECT_STREQ(test, decoded(test, known_log, sizeof(known_log)), known_text);
}

static void add_version(struct log *log)
{
	static const u8 uuid[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	size_t s = log_section(log, RTKIT_CRASH_VERSION);

	log_bytes(log, uuid, sizeof(uuid));
	log_bytes(log, "fw 1.2\n\033x", 10);
	log_end_section(log, s);
}

static void add_string(struct log *log)
{
	size_t s = log_section(log, RTKIT_CRASH_STRING);

	log_u32(log, 7);
	log_bytes(log, "one\ntwo", 7);	/* does not end */
	log_end_section(log, s);
}

static void add_time(struct log *log)
{
	size_t s = log_section(log, RTKIT_CRASH_TIME);

	log_u64(log, 0x1234);
	log_end_section(log, s);
}

static void add_mailbox(struct log *log)
{
	size_t s = log_section(log, RTKIT_CRASH_MAILBOX);

	log_u64(log, 0);
	log_u64(log, 0);
	log_u32(log, 3);
	log_u32(log, 0);
	log_u32(log, 9);
	log_u64(log, 0x20);
	log_u64(log, 0x17);
	log_u32(log, 5);
	log_u32(log, 0);
	log_u64(log, 1);	/* half a record */
	log_end_section(log, s);
}

static void add_regs(struct log *log)
{
	size_t s = log_section(log, RTKIT_CRASH_REGS);
	unsigned int i;

	log_u64(log, 0);
	for (i = 0; i < (0x350 - 8) / 8; i++)
		log_u64(log, i + 0x100);
	log_end_section(log, s);
}

static void add_regs32(struct log *log)
{
	size_t s = log_section(log, RTKIT_CRASH_REGS32);
	unsigned int i;

	log_u64(log, 0);
	for (i = 0; i < (0x160 - 8) / 4; i++)
		log_u32(log, i);
	log_end_section(log, s);
}

static void add_stack(struct log *log)
{
	size_t s = log_section(log, RTKIT_CRASH_STACK);
	unsigned int i;

	log_u32(log, 4);
	log_u32(log, 0);
	for (i = 0; i < 5; i++)
		log_u64(log, i);
	log_u32(log, 1);	/* half a word */
	log_end_section(log, s);
}

static void add_asc(struct log *log)
{
	size_t s = log_section(log, RTKIT_CRASH_ASC);
	unsigned int i;

	for (i = 1; i < 7; i++)
		log_u64(log, i);
	log_end_section(log, s);
}

static void add_tasks(struct log *log)
{
	static const char long_name[] = "a name that will not end there";
	static const char short_name[0x1c] = "idle";
	size_t s = log_section(log, RTKIT_CRASH_TASKS);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		log_u32(log, 2 + i);
		log_u64(log, 0);
		log_u32(log, 0);
		log_u64(log, 0x8000);
		log_u64(log, 0);
		log_u64(log, 0);
		log_u32(log, i);
		log_bytes(log, i ? long_name : short_name, 0x1c);
	}
	log_u64(log, 0xabc);
	log_end_section(log, s);
}

static void add_pages(struct log *log)
{
	size_t s = log_section(log, RTKIT_CRASH_PAGES);

	log_u64(log, 0x1000);
	log_u64(log, 0x2000);
	log_u32(log, 0);
	log_u32(log, 0);	/* part of another */
	log_end_section(log, s);
}

static void add_unknown(struct log *log)
{
	log_end_section(log, log_section(log, 0x41420a43));
}

struct section {
	const char *name;
	void (*add)(struct log *log);
	const char *text;	/* or the end of it */
	size_t needs;		/* bytes of payload */
};

static const struct section sections[] = {
	{ "string", add_string, "Cstr\nstring-id 7\nstring one\nstring two\n", 5 },
	{ "version", add_version,
	  "section 42 bytes Cver\nuuid 00010203-0405-0607-0809-0a0b0c0d0e0f\n"
	  "version fw 1.2\nversion ?x\n", 17 },
	{ "time", add_time, "section 24 bytes Ctim\ntime 0x1234\n", 8 },
	{ "mailbox", add_mailbox, "section 76 bytes Cmbx\nmailbox type 3 index 9\n"
	  "message endpoint 0x20 0000000000000017 time 5\n", 28 },
	{ "regs", add_regs, "far 0000000000000165 esr 0000000000000167\n", 0x350 },
	{ "regs32", add_regs32, "0000004f0000004e 0000005100000050\n", 0x160 },
	{ "stack", add_stack, "section 68 bytes Ccst\nstack of task 4\n"
	  "stack 0: 0000000000000000 0000000000000001 0000000000000002 0000000000000003\n"
	  "stack 4: 0000000000000004\n", 8 },
	{ "asc", add_asc, "section 64 bytes CasC\n"
	  "l2c-status 0000000000000001 addr 0000000000000002 info 0000000000000003\n"
	  "lsu 0000000000000004 fed 0000000000000005 mmu 0000000000000006\n", 48 },
	{ "tasks", add_tasks, "section 168 bytes Crtk\ntask 2 at 0x8000 idle\n"
	  "task 3 at 0x8000 a name that will not end the\npointers 0: 0000000000000abc\n", 0x98 },
	{ "pages", add_pages, "section 40 bytes Ccdp\npage 0x1000 at 0x2000\n", 0 },
	{ "unknown", add_unknown, "section 16 bytes AB?C\n", 0 },
};

static void section_desc(const struct section *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(section, sections, section_desc);

static struct log *log_of(struct kunit *test, const struct section *s)
{
	struct log *log = kunit_kzalloc(test, sizeof(*log), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, log);
	log_begin(log);
	s->add(log);
	log_end(log);
	return log;
}

static void each_section_is_told(struct kunit *test)
{
	const struct section *s = test->param_value;
	struct log *log = log_of(test, s);
	const char *text = decoded(test, log->mem, log->len);
	size_t len = strlen(text), tail = strlen(s->text);

	KUNIT_ASSERT_GE_MSG(test, len, tail, "%s", text);
	KUNIT_EXPECT_STREQ(test, text + len - tail, s->text);
}

/* Each length of the section from 0 to more than there is; the memory behind it is gone. */
static void each_length_is_checked(struct kunit *test)
{
	const struct section *s = test->param_value;
	struct log *log = log_of(test, s);
	u32 whole = get_unaligned_le32(log->mem + 32 + 12), len;
	u8 *tight;

	for (len = 0; len < whole + 40; len++) {
		size_t total = 32 + max_t(u32, min(len, whole), 16);
		bool enough = len >= 16 + s->needs;
		const char *text;

		tight = kmemdup(log->mem, total, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, tight);
		put_unaligned_le32(total, tight + 8);
		put_unaligned_le32(len, tight + 32 + 12);
		text = decoded(test, tight, total);
		kfree(tight);
		/* No task at all, or one without pointers, is whole. */
		if (s->add == add_tasks && len <= 0x58)
			enough = (len - 16) % 0x48 == 0;
		if (len < 16 || len > whole)
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, "with a wrong length"),
						  "%u: %s", len, text);
		else if (!enough)
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, "that is too short"),
						  "%u: %s", len, text);
		else
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, "crashlog has no end"),
						  "%u: %s", len, text);
		kunit_kfree(test, text);
	}
}

static void headers_are_checked(struct kunit *test)
{
	static const u32 sizes[] = { 0, 16, 31, 32, 47, 0x64, 0x65, 0xffffffff };
	static const char * const ends[] = {
		"wrong size\n", "wrong size\n", "wrong size\n", "no end\n", "no end\n",
	};
	u8 *log = kunit_kmalloc(test, sizeof(known_log), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, log);
	memcpy(log, known_log, sizeof(known_log));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const char *text;

		put_unaligned_le32(sizes[i], log + 8);
		text = decoded(test, log, sizeof(known_log));
		if (i < ARRAY_SIZE(ends))
			KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, ends[i]), "%#x: %s",
						  sizes[i], text);
		else
			KUNIT_EXPECT_STREQ(test, text, known_text);
	}
	for (i = 0; i < 32; i++)
		KUNIT_EXPECT_STREQ(test, decoded(test, log, i), "crashlog has no header\n");
	log[0] ^= 1;
	KUNIT_EXPECT_STREQ(test, decoded(test, log, sizeof(known_log)),
			   "crashlog has no header\n");
	KUNIT_EXPECT_STREQ(test, decoded(test, NULL, 0), "crashlog has no header\n");
}

static void count_of_pointers_is_checked(struct kunit *test)
{
	static const u32 counts[] = { 2, 0x100, 0x20000000, 0x20000001, 0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct log *log = log_of(test, &sections[8]);

		put_unaligned_le32(counts[i], log->mem + 32 + 16 + 0x48 + 0x28);
		KUNIT_EXPECT_NOT_NULL(test, strstr(decoded(test, log->mem, log->len),
						   "that is too short"));
	}
}

static void endless_logs_are_bounded(struct kunit *test)
{
	size_t size = SZ_1M, i;
	u8 *log = vzalloc(size);
	char text[128];
	struct seq_buf out;

	KUNIT_ASSERT_NOT_NULL(test, log);
	memcpy(log, known_log, 32);
	put_unaligned_le32(size, log + 8);
	for (i = 32; i + 16 <= size; i += 16) {
		put_unaligned_le32(0x41414141, log + i);
		put_unaligned_le32(16, log + i + 12);
	}
	seq_buf_init(&out, text, sizeof(text));
	rtk_crashlog_decode(log, size, &out);
	KUNIT_EXPECT_TRUE(test, seq_buf_has_overflowed(&out));
	vfree(log);
}

/* A few bytes of a log of few sections are changed; most of it makes sense still. */
static void mutate(struct rnd_state *rnd, u8 *log, size_t len)
{
	static const u8 likely[] = { 0, 1, 15, 16, 17, 0x7f, 0x80, 0xff };
	unsigned int n = 1 + prandom_u32_state(rnd) % 4, at;

	while (n--) {
		at = prandom_u32_state(rnd) % len;
		log[at] = prandom_u32_state(rnd) & 1 ?
			  likely[prandom_u32_state(rnd) % ARRAY_SIZE(likely)] :
			  prandom_u32_state(rnd);
	}
}

/*
 * The memory of each is as long as the log, which is cut now and then, so that KASAN sees
 * a byte read behind it. Registers are many lines that differ in nothing: seldom.
 */
static void mutants_do_no_harm(struct kunit *test)
{
	struct log *log = kunit_kzalloc(test, sizeof(*log), GFP_KERNEL);
	char *text = kunit_kzalloc(test, SZ_2K, GFP_KERNEL);
	unsigned int i, k, nr = 0, ended = 0, wrong = 0;
	struct rnd_state rnd;
	struct seq_buf out;
	size_t len;
	u8 *mutant;

	KUNIT_ASSERT_TRUE(test, log && text);
	prandom_seed_state(&rnd, 5);
	for (i = 0; i < MUTANTS; i++) {
		log_begin(log);
		for (k = 0; k < 2; k++) {
			u32 pick = prandom_u32_state(&rnd) % (i % 64 ? 9 : 11);
			static const u8 order[] = { 0, 1, 2, 3, 6, 7, 8, 9, 10, 4, 5 };

			sections[order[pick]].add(log);
		}
		log_end(log);
		mutate(&rnd, log->mem, log->len);
		len = i % 8 ? log->len : prandom_u32_state(&rnd) % log->len;
		mutant = kmemdup(log->mem, len, GFP_KERNEL);
		if (!mutant)
			continue;
		seq_buf_init(&out, text, SZ_2K);
		rtk_crashlog_decode(mutant, len, &out);
		kfree(mutant);
		nr++;
		text[min_t(size_t, seq_buf_used(&out), SZ_2K - 1)] = '\0';
		ended += !strstr(text, "crashlog has") && !strstr(text, "section ");
		wrong += !!strstr(text, "wrong") || !!strstr(text, "too short");
		if (i % 1024 == 0)
			cond_resched();
	}
	KUNIT_EXPECT_GE(test, nr, MUTANTS - 100);
	/* Some were cut short, some were hurt, and most were not. */
	KUNIT_EXPECT_GT(test, wrong, MUTANTS / 100);
	KUNIT_EXPECT_LT(test, wrong, MUTANTS / 2);
}

static char *report(struct kunit *test, struct iop *iop)
{
	char *text = kunit_kzalloc(test, REPORT_MAX, GFP_KERNEL);
	char name[80];

	KUNIT_ASSERT_NOT_NULL(test, text);
	snprintf(name, sizeof(name), "/sys/devices/platform/%s/devcoredump/data",
		 dev_name(&iop->pdev->dev));
	KUNIT_ASSERT_GE(test, fake_file_read(name, text, REPORT_MAX), 0);
	fake_file_write(name, "0");
	msleep(20);
	return text;
}

static void need_reports(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_DEV_COREDUMP) || !IS_ENABLED(CONFIG_SYSFS))
		kunit_skip(test, "this kernel keeps no reports");
}

static void crash_is_reported(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_client *c;
	char *text;
	u64 msg = 1;

	need_reports(test);
	iop_boot(iop);
	c = fake_open(test, iop->link, 0x20, 0);
	iop_hears(iop, 0, IOP_STARTEP(0x20));
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP);
	memcpy(iop_mem(iop, iop->crashlog), known_log, sizeof(known_log));
	iop_say(iop, 1, IOP_BUF(2, iop->crashlog));
	iop_say(iop, 0x20, 0x1234);	/* after its death */
	FAKE_EXPECT_EVENTS(test, c, FERRY_EVENT_UP, FERRY_EVENT_CRASHED);
	IOP_EXPECT_STATE(test, iop, CRASHED);
	KUNIT_EXPECT_EQ(test, c->nr, 0);
	KUNIT_EXPECT_EQ(test, ferry_trysend(c->ep, &msg, sizeof(msg)), -ENOLINK);
	text = report(test, iop);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "reason the firmware crashed\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "version 12\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "crashlog 8192 bytes\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, known_text));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "\nraw 00020 72747343000000000000000"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "\nraw 00060 1000000000000000000000"));
	KUNIT_EXPECT_PTR_EQ(test, strstr(text, "\nraw 00080"), NULL);
	iop_silence(iop);
	KUNIT_EXPECT_TRUE(test, iop_boot(iop));
	iop_hears(iop, 0, IOP_STARTEP(0x20));
}

struct place {
	const char *what;
	u64 addr;	/* within the memory */
	unsigned int pages;
	const char *text;
};

static const struct place places[] = {
	{ "in its second page", 0x1000, 1, "crashlog 4096 bytes\nsection 28 bytes Cstr\n" },
	{ "in its second page, too long", 0x1000, 255, "crashlog 4096 bytes\nsection 28" },
	{ "just behind", 0x2000, 1, "crashlog 4096 bytes\ncrashlog has no header\n" },
	{ "of no size", 0, 0, "crashlog 8192 bytes\ncrashlog has no header\n" },
};

static void place_desc(const struct place *p, char *desc)
{
	strscpy(desc, p->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(place, places, place_desc);

static void place_of_the_log_is_checked(struct kunit *test)
{
	const struct place *p = test->param_value;
	struct iop *iop = iop_create(test, IOP_CPU);
	char *text;

	need_reports(test);
	iop_boot(iop);
	memcpy(iop_mem(iop, iop->crashlog + 0x1000), known_log, sizeof(known_log));
	iop_say(iop, 1, IOP_BUF(p->pages, iop->crashlog + p->addr));
	fake_settle();
	text = report(test, iop);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, p->text), "%s", text);
}

static void crash_without_memory_is_a_request(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_greets(iop);
	iop_gets_started(iop);
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
	KUNIT_EXPECT_NE(test, iop_asks(iop, 1, 2), 0);
	IOP_EXPECT_STATE(test, iop, RUNNING);
	iop_say(iop, 1, IOP_BUF(2, 0));
	fake_settle();
	IOP_EXPECT_STATE(test, iop, CRASHED);
	/* The first one wins. */
	iop_say(iop, 1, IOP_BUF(2, 0));
	iop_silence(iop);
}

static void crash_while_it_boots(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_greets(iop);
	iop_gets_started(iop);
	iop_asks(iop, 1, 2);
	iop_say(iop, 1, IOP_BUF(2, 0));
	KUNIT_EXPECT_EQ(test, fake_join(t), -ENOLINK);
	IOP_EXPECT_STATE(test, iop, CRASHED);
	KUNIT_EXPECT_EQ(test, iop->resets, 1);
}

/* The work that provides its memory has had no time to run. */
static void crash_right_after_the_request(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU | IOP_LENT);
	struct fake_task *t;
	char *text;

	need_reports(test);
	t = iop_run(iop, ferry_rtkit_boot);
	iop_greets(iop);
	iop_gets_started(iop);
	memcpy(iop_mem(iop, IOP_FOREIGN), known_log, sizeof(known_log));
	preempt_disable();
	iop_say(iop, 1, IOP_BUF(2, IOP_FOREIGN));
	iop_say(iop, 1, IOP_BUF(2, IOP_FOREIGN));
	preempt_enable();
	KUNIT_EXPECT_EQ(test, fake_join(t), -ENOLINK);
	IOP_EXPECT_STATE(test, iop, CRASHED);
	text = report(test, iop);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, known_text));
}

/* Says all at once, and waits until it was taken. */
static void crash_now(struct iop *iop, u64 addr)
{
	iop->on_memory = NULL;
	iop_say(iop, 1, IOP_BUF(2, IOP_FOREIGN));
	iop_say(iop, 1, IOP_BUF(2, IOP_FOREIGN));
	fake_settle();
}

/* The work finds other memory then, and has yet to look for that of the log. */
static void crash_while_other_memory_is_found(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU | IOP_LENT);
	struct fake_task *t;
	char *text;

	need_reports(test);
	t = iop_run(iop, ferry_rtkit_boot);
	iop_greets(iop);
	iop_gets_started(iop);
	memcpy(iop_mem(iop, IOP_FOREIGN), known_log, sizeof(known_log));
	iop->on_memory = crash_now;
	iop_say(iop, 2, IOP_BUF(4, IOP_FOREIGN + 0x2000));
	KUNIT_EXPECT_EQ(test, fake_join(t), -ENOLINK);
	IOP_EXPECT_STATE(test, iop, CRASHED);
	text = report(test, iop);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, known_text));
}

/* Nobody waits for an answer. */
static void a_dead_one_is_told_nothing(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_CPU);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_greets(iop);
	iop_gets_started(iop);
	preempt_disable();
	iop_say(iop, 1, IOP_BUF(2, 0));
	iop_say(iop, 1, IOP_BUF(2, 0));
	preempt_enable();
	KUNIT_EXPECT_EQ(test, fake_join(t), -ENOLINK);
	IOP_EXPECT_STATE(test, iop, CRASHED);
	iop_drain(iop);
	KUNIT_EXPECT_TRUE(test, iop_boot(iop));
}

static struct kunit_case crash_cases[] = {
	KUNIT_CASE(known_bytes_give_known_text),
	KUNIT_CASE_PARAM(each_section_is_told, section_gen_params),
	KUNIT_CASE_PARAM(each_length_is_checked, section_gen_params),
	KUNIT_CASE(headers_are_checked),
	KUNIT_CASE(count_of_pointers_is_checked),
	KUNIT_CASE(endless_logs_are_bounded),
	KUNIT_CASE(mutants_do_no_harm),
	KUNIT_CASE(crash_is_reported),
	KUNIT_CASE_PARAM(place_of_the_log_is_checked, place_gen_params),
	KUNIT_CASE(crash_without_memory_is_a_request),
	KUNIT_CASE(crash_while_it_boots),
	KUNIT_CASE(crash_right_after_the_request),
	KUNIT_CASE(crash_while_other_memory_is_found),
	KUNIT_CASE(a_dead_one_is_told_nothing),
	{}
};

static struct kunit_suite crash_suite = {
	.name = "ferry_rtkit_crash",
	.test_cases = crash_cases,
};

kunit_test_suite(crash_suite);

MODULE_DESCRIPTION("Ferry: tests of RTKit, the crashlog");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
