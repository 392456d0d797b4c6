// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit: endpoints of the system. Memory that they ask for, lines that they log, and what
 * has to be echoed.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>

#include "../../drivers/compat.h"
#include "../../drivers/rtkit/rtkit.h"
#include "../ferry_kunit.h"
#include "iop.h"

#define ENTRY	0x20	/* bytes before the message */

/* Up to where memory may be asked for. The driver says at any time that it is on, if not now. */
static struct fake_task *boot_begins(struct iop *iop)
{
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	iop_greets(iop);
	iop_gets_started(iop);
	iop_is_slow(iop);
	return t;
}

static void answers_are_these_bits(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, rtk_memory_answer(2, 0x4000, 0x100004000), 0x0010400100004000ull);
	KUNIT_EXPECT_EQ(test, rtk_memory_answer(1, 0x2000, 0x100010000), 0x0010200100010000ull);
	KUNIT_EXPECT_EQ(test, rtk_memory_answer(8, 0x4000, 0x80008000), 0x0104000000080008ull);
	KUNIT_EXPECT_EQ(test, rtk_memory_answer(4, 0xff000, 0xffffffff000), 0x001ffffffffff000ull);
}

static void memory_is_empty_and_answered_once_more(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = boot_begins(iop);
	u64 addr, msg = 0;
	u32 ep = 0;

	addr = iop_asks(iop, 2, 4);
	KUNIT_EXPECT_TRUE(test, addr && IS_ALIGNED(addr, 4096));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(iop_mem(iop, addr), 0, 0x4000), NULL);
	KUNIT_EXPECT_EQ(test, iop_asks(iop, 2, 4), addr);
	/* More is refused, and what it has stays. */
	iop_say(iop, 2, IOP_BUF(5, 0));
	iop_silence(iop);
	KUNIT_EXPECT_EQ(test, iop_asks(iop, 2, 4), addr);
	KUNIT_EXPECT_NE(test, iop_asks(iop, 4, 4), addr);
	iop_say(iop, 8, 0x0104000000000000ull);
	KUNIT_EXPECT_TRUE(test, iop_next(iop, &ep, &msg, IOP_HEAR_MS));
	KUNIT_EXPECT_EQ(test, ep, 8);
	KUNIT_EXPECT_EQ(test, msg & ~RTKIT_OSLOG_BUF_IOVA, 0x0104000000000000ull);
	addr = (msg & RTKIT_OSLOG_BUF_IOVA) << 12;
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(iop_mem(iop, addr), 0, 0x4000), NULL);
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
}

#define ASKS	5

/* It has its answer and asks once more, before the work that sent it has gone on. */
static void ask_at_once(struct iop *iop, u32 ep, u64 msg)
{
	if (ep != 4 || iop->sends++ == ASKS)
		return;
	KUNIT_EXPECT_EQ(iop->test, rtk_memory_ask_pages(iop->rtk, RTK_BUF_IOREPORT, IOP_BUF(4, 0)),
			-1);
}

static void who_asks_at_once_is_answered_again(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_TAPPED);
	struct fake_task *t = boot_begins(iop);
	unsigned int i;
	u64 addr;

	iop->on_send = ask_at_once;
	addr = iop_asks(iop, 4, 4);
	for (i = 0; i < ASKS; i++)
		iop_hears(iop, 4, IOP_BUF(4, addr));
	iop_silence(iop);
	iop->on_send = NULL;
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
}

#ifdef CONFIG_FAILSLAB
/* The work, here and not in its thread: it is the allocations of a test that fail. */
static int provide_here(struct iop *iop)
{
	struct rtk_buffer *b = &iop->rtk->buffer[RTK_BUF_IOREPORT];

	scoped_guard(spinlock_irqsave, &iop->rtk->lock) {
		b->pending = true;
		b->size = 0x4000;
		b->addr = 0;
	}
	iop->rtk->memory_work.func(&iop->rtk->memory_work);
	return b->told ? 0 : -ENOMEM;
}

/* Up to the request nothing fails, and after it, too. */
static int memory_attempt(void *arg)
{
	unsigned int nth = current->fail_nth;
	struct iop *iop = arg;
	struct fake_task *t;
	int ret;

	current->fail_nth = 0;
	t = iop_run(iop, ferry_rtkit_boot);
	if (ferry_link_epoch(iop->link))
		iop_hears(iop, 0, IOP_SET(0x220));
	iop_greets(iop);
	iop_gets_started(iop);
	iop_is_slow(iop);
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(iop->test, fake_join(t), 0);
	current->fail_nth = nth;
	ret = provide_here(iop);
	nth = current->fail_nth;
	current->fail_nth = 0;
	/* Who asks again is given it. */
	if (ret)
		iop_silence(iop);
	else
		iop_drain(iop);
	KUNIT_EXPECT_NE(iop->test, iop_asks(iop, 4, 4), 0);
	t = iop_run(iop, ferry_rtkit_shutdown);
	iop_answers(iop, 0x10, 0x01);
	KUNIT_EXPECT_EQ(iop->test, fake_join(t), 0);
	current->fail_nth = nth;
	return ret;
}
#endif

static void memory_that_there_is_not_may_be_asked_for_again(struct kunit *test)
{
#ifdef CONFIG_FAILSLAB
	ferry_each_alloc_fails(test, memory_attempt, iop_create(test, 0));
#else
	kunit_skip(test, "this kernel has no failslab");
#endif
}

struct bad_ask {
	const char *what;
	unsigned int flags;
	u32 ep;
	u64 msg;
	int err;
};

static const struct bad_ask bad_asks[] = {
	{ "no bytes", 0, 2, IOP_BUF(0, 0), -EINVAL },
	{ "no bytes, oslog", 0, 8, 0x0100000000000000ull, -EINVAL },
	{ "an address of its choice", 0, 4, IOP_BUF(1, 0x10000), -EINVAL },
	{ "the last address", 0, 1, IOP_BUF(255, 0xfffffffffffull), -EINVAL },
	{ "no address", IOP_LENT, 2, IOP_BUF(1, 0), -ERANGE },
	{ "where nothing is", IOP_LENT, 2, IOP_BUF(1, 0x1000), -EFAULT },
	{ "beyond its end", IOP_LENT, 2, IOP_BUF(4, IOP_FOREIGN + 0x5000), -EFAULT },
	{ "more than there is", IOP_LENT, 2, IOP_BUF(9, IOP_FOREIGN), -EINVAL },
};

static void bad_desc(const struct bad_ask *b, char *desc)
{
	strscpy(desc, b->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad, bad_asks, bad_desc);

static void refused_memory_ends_the_start(struct kunit *test)
{
	const struct bad_ask *b = test->param_value;
	struct iop *iop = iop_create(test, b->flags);
	struct fake_task *t = boot_begins(iop);

	iop_say(iop, b->ep, b->msg);
	/* At once: who waits to the end is told -ETIME. */
	KUNIT_EXPECT_EQ(test, fake_join(t), b->err);
	IOP_EXPECT_STATE(test, iop, OFFLINE);
}

static void refused_memory_later_changes_nothing(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);

	iop_boot(iop);
	iop_say(iop, 8, 0x0100000000000000ull);
	iop_say(iop, 8, 0x0104000000000001ull);
	iop_silence(iop);
	IOP_EXPECT_STATE(test, iop, RUNNING);
}

static void own_memory_gets_no_answer(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_LENT);
	struct fake_task *t = boot_begins(iop);

	iop_say(iop, 2, 0x001040023fe10000ull);
	iop_silence(iop);
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
}

static void asking_before_the_start_is_for_nobody(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);

	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_link_state(iop->link) == FERRY_STATE_STARTING));
	iop_say(iop, 1, IOP_BUF(1, 0));
	iop_say(iop, 1, IOP_BUF(1, 0));
	iop_greets(iop);
	iop_gets_started(iop);
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
}

static void echoes_are_these_bits(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);

	iop_boot(iop);
	iop_say(iop, 4, 0x0080000000000000ull);
	iop_hears(iop, 4, 0x0080000000000000ull);
	iop_say(iop, 4, 0x00c0000000000000ull);
	iop_hears(iop, 4, 0x00c0000000000000ull);
	iop_say(iop, 4, 0x008123456789abcdull);
	iop_hears(iop, 4, 0x008123456789abcdull);
	iop_say(iop, 8, 0x0200000000001234ull);
	iop_hears(iop, 8, 0x0200000000001234ull);
	iop_say(iop, 4, 0x0090000000000000ull);
	iop_say(iop, 8, 0x0300000000000000ull);
	iop_say(iop, 3, 0x0010000000000001ull);
	iop_say(iop, 0xa, 0xffffffffffffffffull);
	iop_silence(iop);
}

/* Puts a line into the buffer, where stride is that of @size bytes. */
static void log_put(struct iop *iop, unsigned int i, u32 size, const char *context,
		    const char *text)
{
	u8 *entry = iop_mem(iop, iop->syslog) + i * (ENTRY + size);

	memset(entry, 0, ENTRY + size);
	memcpy(entry + 8, context, min_t(size_t, strlen(context), 24));
	memcpy(entry + ENTRY, text, min_t(size_t, strlen(text), size));
}

static void log_say(struct iop *iop, unsigned int i)
{
	iop_say(iop, 2, IOP_SYSLOG_LOG(i));
	iop_hears(iop, 2, IOP_SYSLOG_LOG(i));
}

#define READER_SIZE	(3 * RTK_SYSLOG_RING / 2)

/* kunit_vm_mmap() gives the thread of a test an mm, and nobody ends that. */
static void leave_mm(void)
{
	struct mm_struct *mm = current->mm;

	kthread_unuse_mm(mm);
	mmput(mm);
}

/* What a user sees from @pos on; moves it. */
static char *log_read(struct kunit *test, struct iop *iop, loff_t *pos)
{
	unsigned long user = kunit_vm_mmap(test, NULL, 0, READER_SIZE, PROT_READ | PROT_WRITE,
					   MAP_ANONYMOUS | MAP_PRIVATE, 0);
	char *text = kunit_kzalloc(test, READER_SIZE + 1, GFP_KERNEL);
	struct file *file;
	char name[64];
	size_t len = 0;
	ssize_t n;

	snprintf(name, sizeof(name), "/sys/kernel/debug/ferry/%s/syslog",
		 ferry_link_name(iop->link));
	file = filp_open(name, O_RDONLY, 0);
	KUNIT_ASSERT_NOT_NULL(test, text);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	do {
		n = file->f_op->read(file, (char __user *)user + len, READER_SIZE - len, pos);
		len += max_t(ssize_t, n, 0);
	} while (n > 0 && len < READER_SIZE);
	KUNIT_EXPECT_EQ(test, n, 0);
	KUNIT_EXPECT_EQ(test, copy_from_user(text, (char __user *)user, len), 0);
	leave_mm();
	__fput_sync(file);
	return text;
}

static void lines_reach_the_reader(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	loff_t pos = 0;

	iop_boot(iop);
	iop_say(iop, 2, 0x00800000e0000020ull);
	log_put(iop, 0, 0xe0, "smc.cpp:12", "hello\n");
	log_put(iop, 3, 0xe0, "", "no context \r\n\n");
	KUNIT_EXPECT_PTR_EQ(test, iop_mem(iop, iop->syslog) + 0x300,
			    iop_mem(iop, iop->syslog) + 3 * (ENTRY + 0xe0));
	log_say(iop, 0);
	log_say(iop, 3);
	log_say(iop, 5);	/* an empty one */
	KUNIT_EXPECT_STREQ(test, log_read(test, iop, &pos), "smc.cpp:12: hello\nno context\n");
	KUNIT_EXPECT_STREQ(test, log_read(test, iop, &pos), "");
	log_put(iop, 31, 0xe0, "last", "one");
	log_say(iop, 31);
	KUNIT_EXPECT_STREQ(test, log_read(test, iop, &pos), "last: one\n");
}

static void lines_cannot_forge_others(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	loff_t pos = 0;
	u8 *entry;

	iop_boot(iop);
	iop_say(iop, 2, IOP_SYSLOG_INIT(4, 32));
	log_put(iop, 0, 32, "a\nb", "one\nfake: two\033[31m\x80\xff\tx");
	log_say(iop, 0);
	entry = iop_mem(iop, iop->syslog) + ENTRY + 32;
	memset(entry, 'x', ENTRY + 32);	/* nothing ends */
	log_put(iop, 2, 32, "next", "must not be seen");
	log_say(iop, 1);
	KUNIT_EXPECT_STREQ(test, log_read(test, iop, &pos),
			   "a?b: one?fake: two?[31m???x\n"
			   "xxxxxxxxxxxxxxxxxxxxxxx: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n");
}

struct bad_log {
	const char *what;
	u64 init;		/* 0: none */
	unsigned int index;
};

static const struct bad_log bad_logs[] = {
	{ "before INIT", 0, 0 },
	{ "beyond the last", IOP_SYSLOG_INIT(32, 0xe0), 32 },
	{ "far beyond", IOP_SYSLOG_INIT(32, 0xe0), 255 },
	{ "no entries", IOP_SYSLOG_INIT(0, 0xe0), 0 },
	{ "more than the buffer", IOP_SYSLOG_INIT(65, 0xe0), 64 },
	{ "more than the buffer, first", IOP_SYSLOG_INIT(65, 0xe0), 0 },
	{ "huge messages", IOP_SYSLOG_INIT(1, 0xffff), 0 },
	{ "huge all", IOP_SYSLOG_INIT(0xffff, 0xffff), 255 },
	{ "messages of no bytes", IOP_SYSLOG_INIT(1, 0), 0 },
};

static void bad_log_desc(const struct bad_log *b, char *desc)
{
	strscpy(desc, b->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad_log, bad_logs, bad_log_desc);

static void bad_lines_are_echoed_only(struct kunit *test)
{
	const struct bad_log *b = test->param_value;
	struct iop *iop = iop_create(test, 0);
	loff_t pos = 0;

	iop_boot(iop);
	/* Text wherever it may look. */
	memset(iop_mem(iop, iop->syslog), 'w', 0x4000);
	if (b->init)
		iop_say(iop, 2, b->init);
	log_say(iop, b->index);
	KUNIT_EXPECT_STREQ(test, log_read(test, iop, &pos), "");
}

/* Divided anew, with text where the heads were. */
static void init_twice_counts_the_second(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	loff_t pos = 0;

	iop_boot(iop);
	iop_say(iop, 2, IOP_SYSLOG_INIT(1, 0x3fe0));
	log_put(iop, 0, 0x3fe0, "big", "one");
	memset(iop_mem(iop, iop->syslog) + ENTRY, 'y', 0x3fe0);
	log_say(iop, 0);
	KUNIT_EXPECT_EQ(test, strlen(log_read(test, iop, &pos)), 5 + RTK_SYSLOG_TEXT + 1);
	iop_say(iop, 2, IOP_SYSLOG_INIT(2, 8));
	log_put(iop, 1, 8, "small", "two");
	log_say(iop, 1);
	KUNIT_EXPECT_STREQ(test, log_read(test, iop, &pos), "small: two\n");
}

/* Nobody hears it, so that in the end its work waits; others are left to be read later. */
#define EARLY_LINES	40

static void init_counts_for_what_comes_after_it(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_TIGHT);
	struct rtk_syslog *s = &iop->rtk->syslog;
	unsigned int i;
	loff_t pos = 0;

	iop_boot(iop);
	iop_say(iop, 2, IOP_SYSLOG_INIT(2, 0xe0));
	log_put(iop, 1, 0xe0, "", "as it was");
	for (i = 0; i < EARLY_LINES; i++)
		iop_say(iop, 2, IOP_SYSLOG_LOG(1));
	iop_say(iop, 2, IOP_SYSLOG_INIT(1, 8));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(s->entries) == 1));
	KUNIT_EXPECT_LT_MSG(test, READ_ONCE(s->lines), EARLY_LINES, "all were read before");
	for (i = 0; i < EARLY_LINES; i++)
		iop_hears(iop, 2, IOP_SYSLOG_LOG(1));
	KUNIT_EXPECT_EQ(test, s->lines, EARLY_LINES);
	KUNIT_EXPECT_EQ(test, s->bad, 0);
	log_read(test, iop, &pos);
	log_put(iop, 0, 8, "", "anew");
	log_say(iop, 0);
	KUNIT_EXPECT_STREQ(test, log_read(test, iop, &pos), "anew\n");
	log_say(iop, 1);
	KUNIT_EXPECT_EQ_MSG(test, s->bad, 1, "there is one entry now");
}

static void line_before_memory_is_echoed(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	struct fake_task *t = boot_begins(iop);

	iop_say(iop, 2, IOP_SYSLOG_INIT(32, 0xe0));
	log_say(iop, 0);
	iop_is_on(iop);
	KUNIT_EXPECT_EQ(test, fake_join(t), 0);
}

/* The ring is bounded, and who reads late misses what was first. */
static void many_lines_are_bounded(struct kunit *test)
{
	struct iop *iop = iop_create(test, 0);
	const unsigned int size = 800, n = 2 * RTK_SYSLOG_RING / size;
	char line[800], *text;
	loff_t pos = 0;
	unsigned int i;

	iop_boot(iop);
	iop_say(iop, 2, IOP_SYSLOG_INIT(16, 0x3e0));
	for (i = 0; i < n; i++) {
		memset(line, 'z', size - 1);
		snprintf(line, size, "line %03u", i);
		line[8] = ' ';
		line[size - 1] = '\0';
		log_put(iop, i % 16, 0x3e0, "", line);
		log_say(iop, i % 16);
	}
	text = log_read(test, iop, &pos);
	KUNIT_EXPECT_EQ(test, strlen(text), RTK_SYSLOG_RING);
	KUNIT_EXPECT_EQ(test, pos, (loff_t)n * size);
	snprintf(line, size, "line %03u", n - 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, line));
	KUNIT_EXPECT_PTR_EQ(test, strstr(text, "line 000"), NULL);
}

/* While it floods, each is echoed still, in whatever order. */
static void flood_of_lines_is_echoed(struct kunit *test)
{
	struct iop *iop = iop_create(test, IOP_WIDE);
	unsigned int i, heard = 0;
	u64 msg;
	u32 ep;

	iop_boot(iop);
	iop_say(iop, 2, IOP_SYSLOG_INIT(32, 0xe0));
	for (i = 0; i < 500; i++)
		iop_say(iop, 2, IOP_SYSLOG_LOG(i % 32));
	while (heard < 500 && iop_next(iop, &ep, &msg, IOP_HEAR_MS))
		heard++;
	KUNIT_EXPECT_EQ(test, heard, 500);
	IOP_EXPECT_STATE(test, iop, RUNNING);
}

static void echoes_that_it_never_takes_are_a_crash(struct kunit *test)
{
	const struct rtkit_msg msg = {
		.msg0 = cpu_to_le64(0x0080000000000000ull), .msg1 = cpu_to_le32(4),
	};
	struct iop *iop = iop_create(test, IOP_CPU);

	iop_boot(iop);
	FERRY_WAIT(ferry_port_send(iop->says, &msg, sizeof(msg), 0) == -EPIPE ||
		   ferry_link_state(iop->link) != FERRY_STATE_RUNNING);
	fake_settle();
	IOP_EXPECT_STATE(test, iop, CRASHED);
}

static struct kunit_case system_cases[] = {
	KUNIT_CASE(answers_are_these_bits),
	KUNIT_CASE(memory_is_empty_and_answered_once_more),
	KUNIT_CASE(who_asks_at_once_is_answered_again),
	KUNIT_CASE(memory_that_there_is_not_may_be_asked_for_again),
	KUNIT_CASE_PARAM(refused_memory_ends_the_start, bad_gen_params),
	KUNIT_CASE(refused_memory_later_changes_nothing),
	KUNIT_CASE(own_memory_gets_no_answer),
	KUNIT_CASE(asking_before_the_start_is_for_nobody),
	KUNIT_CASE(echoes_are_these_bits),
	KUNIT_CASE(lines_reach_the_reader),
	KUNIT_CASE(lines_cannot_forge_others),
	KUNIT_CASE_PARAM(bad_lines_are_echoed_only, bad_log_gen_params),
	KUNIT_CASE(init_twice_counts_the_second),
	KUNIT_CASE(init_counts_for_what_comes_after_it),
	KUNIT_CASE(line_before_memory_is_echoed),
	KUNIT_CASE(many_lines_are_bounded),
	KUNIT_CASE(flood_of_lines_is_echoed),
	KUNIT_CASE(echoes_that_it_never_takes_are_a_crash),
	{}
};

static struct kunit_suite system_suite = {
	.name = "ferry_rtkit_system",
	.test_cases = system_cases,
};

kunit_test_suite(system_suite);

MODULE_DESCRIPTION("Ferry: tests of RTKit, endpoints of the system");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
