// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loans: what the remote is told, and what clients hold past the end of all else.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/loan.h>
#include <linux/ferry/region.h>
#include <linux/kthread.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"
#include "memory.h"

#define BASE	0x84000000ull
#define SIZE	4096
#define NR	4
#define KEYS	100

/* The remote: what it was told, and that it may lend again at once. */
struct lender {
	struct ferry_region *region;
	struct ferry_loans *loans;
	u8 mem[SIZE];
	unsigned int told;
	u32 last;
	unsigned int still_held;
};

static void lender_returned(void *priv, u32 key)
{
	struct lender *l = priv;

	l->told++;
	l->last = key;
	l->still_held += ferry_loan_held(l->loans, key);
}

static const struct ferry_loans_ops lender_ops = {
	.returned = lender_returned,
};

static void lender_put(void *arg)
{
	struct lender *l = arg;

	ferry_region_put(l->region);
}

static struct lender *lender_make(struct kunit *test)
{
	struct lender *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, l);
	l->region = ferry_region_from_memory(l->mem, BASE, SIZE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(l->region));
	ferry_defer(test, lender_put, l);
	l->loans = ferry_loans_create(l->region, NR, KEYS, &lender_ops, l);
	KUNIT_ASSERT_FALSE(test, IS_ERR(l->loans));
	return l;
}

static struct ferry_buf *lender_lend(struct lender *l, u32 key)
{
	return ferry_loan_take(l->loans, key, l->mem + key, BASE + key, 1);
}

static void a_loan_is_held_until_its_last_put(struct kunit *test)
{
	struct lender *l = lender_make(test);
	struct ferry_buf *buf = lender_lend(l, 7);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_PTR_EQ(test, buf->vaddr, l->mem + 7);
	KUNIT_EXPECT_EQ(test, buf->remote, BASE + 7);
	KUNIT_EXPECT_EQ(test, buf->size, 1);
	KUNIT_EXPECT_TRUE(test, ferry_loan_held(l->loans, 7));
	KUNIT_EXPECT_FALSE(test, ferry_loan_held(l->loans, 6));
	KUNIT_EXPECT_EQ(test, ferry_loans_out(l->loans), 1);

	ferry_buf_get(buf);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, l->told, 0);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, l->told, 1);
	KUNIT_EXPECT_EQ(test, l->last, 7);
	KUNIT_EXPECT_EQ(test, l->still_held, 0);
	KUNIT_EXPECT_FALSE(test, ferry_loan_held(l->loans, 7));
	KUNIT_EXPECT_EQ(test, ferry_loans_out(l->loans), 0);
	ferry_loans_destroy(l->loans);
}

static void loans_are_bounded(struct kunit *test)
{
	struct lender *l = lender_make(test);
	struct ferry_buf *buf[NR];
	unsigned int i;

	for (i = 0; i < NR; i++) {
		buf[i] = lender_lend(l, i);
		KUNIT_ASSERT_NOT_NULL(test, buf[i]);
	}
	KUNIT_EXPECT_NULL(test, lender_lend(l, NR));
	KUNIT_EXPECT_FALSE(test, ferry_loan_held(l->loans, NR));
	ferry_buf_put(buf[1]);
	buf[1] = lender_lend(l, NR);
	KUNIT_EXPECT_NOT_NULL(test, buf[1]);
	for (i = 0; i < NR; i++)
		ferry_buf_put(buf[i]);
	KUNIT_EXPECT_EQ(test, l->told, NR + 1);
	ferry_loans_destroy(l->loans);
}

static void keys_that_are_none_or_held_are_refused(struct kunit *test)
{
	struct lender *l = lender_make(test);
	struct ferry_buf *buf = lender_lend(l, KEYS - 1);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_NULL(test, lender_lend(l, KEYS - 1));
	KUNIT_EXPECT_NULL(test, lender_lend(l, KEYS));
	KUNIT_EXPECT_NULL(test, lender_lend(l, U32_MAX));
	KUNIT_EXPECT_FALSE(test, ferry_loan_held(l->loans, KEYS));
	KUNIT_EXPECT_FALSE(test, ferry_loan_held(l->loans, U32_MAX));
	KUNIT_EXPECT_EQ(test, ferry_loans_out(l->loans), 1);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, l->told, 1);
	KUNIT_EXPECT_PTR_EQ(test, ferry_loans_create(l->region, 0, KEYS, &lender_ops, l),
			    ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, ferry_loans_create(l->region, NR, 0, &lender_ops, l),
			    ERR_PTR(-EINVAL));
	ferry_loans_destroy(l->loans);
	ferry_loans_destroy(NULL);
	ferry_loans_destroy(ERR_PTR(-ENOMEM));
}

static void nothing_is_said_of_an_earlier_epoch(struct kunit *test)
{
	struct lender *l = lender_make(test);
	struct ferry_buf *old = lender_lend(l, 3);
	struct ferry_buf *buf;

	ferry_loans_reset(l->loans);
	KUNIT_EXPECT_FALSE(test, ferry_loan_held(l->loans, 3));
	KUNIT_EXPECT_EQ(test, ferry_loans_out(l->loans), 1);
	/* The same key, in the new epoch: the old one must not free it. */
	buf = lender_lend(l, 3);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	ferry_buf_put(old);
	KUNIT_EXPECT_EQ(test, l->told, 0);
	KUNIT_EXPECT_TRUE(test, ferry_loan_held(l->loans, 3));
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, l->told, 1);
	ferry_loans_destroy(l->loans);
}

static void clients_hold_loans_past_the_end(struct kunit *test)
{
	struct lender *l = lender_make(test);
	struct ferry_buf *a = lender_lend(l, 1);
	struct ferry_buf *b = lender_lend(l, 2);

	ferry_loans_destroy(l->loans);
	KUNIT_EXPECT_EQ(test, kref_read(&l->region->ref), 2);
	l->mem[1] = 0x5a;
	KUNIT_EXPECT_EQ(test, *(u8 *)a->vaddr, 0x5a);
	ferry_buf_put(a);
	ferry_buf_put(b);
	KUNIT_EXPECT_EQ(test, l->told, 0);
	/* The loans let the region go in work. */
	msleep(50);
	KUNIT_EXPECT_EQ(test, kref_read(&l->region->ref), 1);
}

static void a_link_does_not_need_to_live_as_long(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct lender *l = lender_make(test);
	struct memory_line line;
	struct ferry_buf *buf;

	ferry_link_add_loans(f->link, l->loans, "loans");
	buf = lender_lend(l, 1);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_TRUE(test, memory_line(test, f->link, "loans", &line));
	KUNIT_EXPECT_EQ(test, line.total, NR);
	KUNIT_EXPECT_EQ(test, line.free, NR - 1);
	KUNIT_EXPECT_EQ(test, line.lent, 0);
	KUNIT_EXPECT_EQ(test, line.lent_bytes, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_FALSE(test, ferry_loan_held(l->loans, 1));
	fake_unregister(f);
	ferry_loans_destroy(l->loans);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, l->told, 0);
	msleep(50);
}

static void put_in_irq(void *buf)
{
	ferry_buf_put(buf);
}

static void the_last_put_may_come_in_hard_irq(struct kunit *test)
{
	struct lender *l = lender_make(test);
	struct ferry_buf *buf = lender_lend(l, 9);

	fake_in_irq(test, put_in_irq, buf);
	KUNIT_EXPECT_EQ(test, l->told, 1);
	buf = lender_lend(l, 9);
	ferry_loans_destroy(l->loans);
	fake_in_irq(test, put_in_irq, buf);
	KUNIT_EXPECT_EQ(test, l->told, 1);
	msleep(50);
	KUNIT_EXPECT_EQ(test, kref_read(&l->region->ref), 1);
}

static int loans_attempt(void *region)
{
	struct ferry_loans *loans = ferry_loans_create(region, NR, KEYS, &lender_ops, NULL);

	ferry_loans_destroy(loans);
	return PTR_ERR_OR_ZERO(loans);
}

static void failed_allocation_leaves_nothing(struct kunit *test)
{
	struct lender *l;

	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "this kernel has no failslab");
	l = lender_make(test);
	ferry_each_alloc_fails(test, loans_attempt, l->region);
	ferry_loans_destroy(l->loans);
	KUNIT_EXPECT_EQ(test, kref_read(&l->region->ref), 1);
}

#define CROWD_THREADS	4
#define CROWD_ROUNDS	3000

struct crowd {
	struct lender *l;
	u32 key;
	unsigned int taken;
};

/* Each has keys of its own, as each packet is announced once. */
static int crowd_thread(void *arg)
{
	struct crowd *c = arg;
	unsigned int i;

	for (i = 0; i < CROWD_ROUNDS; i++) {
		struct ferry_buf *buf = lender_lend(c->l, c->key);

		c->taken += !!buf;
		if (i % 64 == 0)
			usleep_range(10, 20);
		ferry_buf_put(buf);
	}
	return 0;
}

static void concurrent_users_lose_none(struct kunit *test)
{
	struct crowd *c = kunit_kcalloc(test, CROWD_THREADS, sizeof(*c), GFP_KERNEL);
	struct fake_task *task[CROWD_THREADS];
	struct lender *l = lender_make(test);
	unsigned int i, taken = 0;

	KUNIT_ASSERT_NOT_NULL(test, c);
	for (i = 0; i < CROWD_THREADS; i++) {
		c[i].l = l;
		c[i].key = i * 10;
		task[i] = fake_run(test, crowd_thread, &c[i]);
	}
	for (i = 0; i < CROWD_THREADS; i++) {
		fake_join(task[i]);
		taken += c[i].taken;
	}
	KUNIT_EXPECT_EQ(test, taken, CROWD_THREADS * CROWD_ROUNDS);
	KUNIT_EXPECT_EQ(test, l->told, taken);
	KUNIT_EXPECT_EQ(test, l->still_held, 0);
	KUNIT_EXPECT_EQ(test, ferry_loans_out(l->loans), 0);
	ferry_loans_destroy(l->loans);
}

static struct kunit_case loan_cases[] = {
	KUNIT_CASE(a_loan_is_held_until_its_last_put),
	KUNIT_CASE(loans_are_bounded),
	KUNIT_CASE(keys_that_are_none_or_held_are_refused),
	KUNIT_CASE(nothing_is_said_of_an_earlier_epoch),
	KUNIT_CASE(clients_hold_loans_past_the_end),
	KUNIT_CASE(a_link_does_not_need_to_live_as_long),
	KUNIT_CASE(the_last_put_may_come_in_hard_irq),
	KUNIT_CASE(failed_allocation_leaves_nothing),
	KUNIT_CASE(concurrent_users_lose_none),
	{}
};

static struct kunit_suite loan_suite = {
	.name = "ferry_loan",
	.test_cases = loan_cases,
};

kunit_test_suite(loan_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Ferry's loans");
