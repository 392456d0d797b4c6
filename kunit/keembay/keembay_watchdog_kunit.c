// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: the watchdogs, on emulated registers.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../../drivers/keembay/watchdog.h"
#include "../ferry_kunit.h"
#include "wdt_regs.h"

#define ROW_MAX		16

struct dog {
	struct kmb_wdt wdt;
	struct kmb_wdt_cfg cfg;
	unsigned int nr;
	bool live;
	atomic_t bites;
	bool hard;		/* each bite was in hard IRQ */
};

static void dog_bite(struct kmb_wdt *wdt, void *data)
{
	struct dog *dog = data;

	if (!in_hardirq())
		dog->hard = false;
	atomic_inc(&dog->bites);
}

static int dog_init(struct dog *dog)
{
	int ret = kmb_wdt_init(&dog->wdt, &dog->cfg, dog_bite, dog);

	dog->live = !ret;
	return ret;
}

static void dog_exit(struct dog *dog)
{
	if (dog->live)
		kmb_wdt_exit(&dog->wdt);
	dog->live = false;
}

static void dog_end(void *arg)
{
	struct dog *dog = arg;

	dog_exit(dog);
	wdt_regs_reset(dog->nr);
	wdt_regs_put(dog->cfg.regs, dog->cfg.tim_cfg);
}

/* Its registers only. */
static struct dog *dog_new(struct kunit *test, unsigned int nr)
{
	struct dog *dog = kunit_kzalloc(test, sizeof(*dog), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, dog);
	dog->nr = nr;
	dog->hard = true;
	dog->cfg.name = "kunit-wdt";
	wdt_regs_reset(nr);
	wdt_regs_get(nr, &dog->cfg.regs, &dog->cfg.tim_cfg, &dog->cfg.irq);
	ferry_defer(test, dog_end, dog);
	KUNIT_ASSERT_TRUE(test, dog->cfg.regs && dog->cfg.tim_cfg);
	return dog;
}

static struct dog *dog_armed(struct kunit *test, unsigned int nr)
{
	struct dog *dog = dog_new(test, nr);

	KUNIT_ASSERT_EQ(test, dog_init(dog), 0);
	kmb_wdt_arm(&dog->wdt);
	return dog;
}

static unsigned int dog_strays(struct dog *dog)
{
	return READ_ONCE(dog->wdt.strays);
}

static void the_emulation_is_as_described(struct kunit *test)
{
	struct dog *dog = dog_new(test, 0);

	wdt_regs_bark(0);
	KUNIT_EXPECT_TRUE(test, wdt_regs_line(0));
	writel(0, dog->cfg.regs + 0x8);
	KUNIT_EXPECT_TRUE(test, wdt_regs_enabled(0));
	writel(0xf1d0dead, dog->cfg.regs + 0xc);
	writel(0, dog->cfg.regs + 0x8);
	KUNIT_EXPECT_FALSE(test, wdt_regs_enabled(0));
	KUNIT_EXPECT_TRUE(test, wdt_regs_line(0));
	writel(0, dog->cfg.tim_cfg);
	KUNIT_EXPECT_FALSE(test, wdt_regs_line(0));
}

/* Every write, in this order, and no other. */
static void a_bark_is_quieted_as_specified(struct kunit *test)
{
	static const struct { u32 offset, value; } wanted[] = {
		{ 0xc, 0xf1d0dead },
		{ 0x0, 0xffffffff },
		{ 0xc, 0xf1d0dead },
		{ 0x8, 0 },
		{ WDT_LOG_TIM, 0xfffffdff },	/* only bit 9 */
	};
	struct dog *dog = dog_armed(test, 0);
	struct wdt_log *log = kunit_kzalloc(test, sizeof(*log), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, log);
	wdt_regs_set_tim(0, U32_MAX);
	wdt_regs_bark(0);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(atomic_read(&dog->bites) == 1));
	wdt_regs_log(0, log);
	KUNIT_ASSERT_EQ(test, log->nr, ARRAY_SIZE(wanted));
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		KUNIT_EXPECT_EQ(test, log->writes[i].offset, wanted[i].offset);
		KUNIT_EXPECT_EQ(test, log->writes[i].value, wanted[i].value);
	}
	KUNIT_EXPECT_FALSE(test, wdt_regs_line(0));
	KUNIT_EXPECT_FALSE(test, wdt_regs_enabled(0));
	KUNIT_EXPECT_TRUE(test, dog->hard);
	KUNIT_EXPECT_EQ(test, dog->wdt.barks, 1);
	KUNIT_EXPECT_EQ(test, dog->wdt.strays, 0);
}

static void each_watchdog_is_its_own(struct kunit *test)
{
	struct dog *a = dog_armed(test, 0);
	struct dog *b = dog_armed(test, 1);

	wdt_regs_bark(1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&b->bites) == 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&a->bites), 0);
	KUNIT_EXPECT_EQ(test, wdt_regs_tim(0), 0);
}

/* An earlier life left it pending: quieted at once, and not taken for anything. */
static void pending_before_the_driver(struct kunit *test)
{
	struct dog *dog = dog_new(test, 0);

	wdt_regs_bark(0);
	KUNIT_ASSERT_EQ(test, dog_init(dog), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(dog_strays(dog) == 1));
	KUNIT_EXPECT_FALSE(test, wdt_regs_line(0));
	kmb_wdt_arm(&dog->wdt);
	KUNIT_EXPECT_EQ(test, atomic_read(&dog->bites), 0);
	wdt_regs_bark(0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&dog->bites) == 1));
}

static void a_stopped_vpu_cannot_bite(struct kunit *test)
{
	struct dog *dog = dog_armed(test, 0);

	kmb_wdt_disarm(&dog->wdt);
	wdt_regs_bark(0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(dog_strays(dog) == 1));
	KUNIT_EXPECT_FALSE(test, wdt_regs_line(0));
	KUNIT_EXPECT_EQ(test, atomic_read(&dog->bites), 0);
	kmb_wdt_arm(&dog->wdt);
	wdt_regs_bark(0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&dog->bites) == 1));
}

/* A line that stays high would keep the CPU busy for ever. */
static void a_stuck_line_is_masked(struct kunit *test)
{
	struct dog *dog = dog_armed(test, 0);

	wdt_regs_stick(0, true);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&dog->bites) == ROW_MAX));
	msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&dog->bites), ROW_MAX);

	/* It gets another chance with each start; while it is stuck that is a bark. */
	kmb_wdt_disarm(&dog->wdt);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(dog_strays(dog) == ROW_MAX));
	kmb_wdt_arm(&dog->wdt);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&dog->bites) > ROW_MAX));
	msleep(20);
	KUNIT_EXPECT_LE(test, atomic_read(&dog->bites), 2 * ROW_MAX);

	wdt_regs_stick(0, false);
	kmb_wdt_disarm(&dog->wdt);
	kmb_wdt_arm(&dog->wdt);
	atomic_set(&dog->bites, 0);
	wdt_regs_bark(0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&dog->bites) == 1));
	msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&dog->bites), 1);
}

static void nothing_comes_after_the_end(struct kunit *test)
{
	struct dog *dog = dog_armed(test, 0);

	dog_exit(dog);
	wdt_regs_bark(0);
	msleep(20);
	KUNIT_EXPECT_EQ(test, atomic_read(&dog->bites), 0);
	KUNIT_EXPECT_TRUE(test, wdt_regs_line(0));

	/* Masked as it was, it is there for the next driver. */
	KUNIT_ASSERT_EQ(test, dog_init(dog), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(dog_strays(dog) == 1));
}

static void the_end_of_a_masked_one(struct kunit *test)
{
	struct dog *dog = dog_armed(test, 0);

	wdt_regs_stick(0, true);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&dog->bites) == ROW_MAX));
	dog_exit(dog);
	wdt_regs_stick(0, false);
	KUNIT_ASSERT_EQ(test, dog_init(dog), 0);
	kmb_wdt_arm(&dog->wdt);
	wdt_regs_bark(0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&dog->bites) == ROW_MAX + 1));
}

static void an_interrupt_that_does_not_exist_is_refused(struct kunit *test)
{
	struct dog *dog = dog_new(test, 0);

	dog->cfg.irq = INT_MAX;
	KUNIT_EXPECT_LT(test, dog_init(dog), 0);
}

static struct kunit_case wdt_cases[] = {
	KUNIT_CASE(the_emulation_is_as_described),
	KUNIT_CASE(a_bark_is_quieted_as_specified),
	KUNIT_CASE(each_watchdog_is_its_own),
	KUNIT_CASE(pending_before_the_driver),
	KUNIT_CASE(a_stopped_vpu_cannot_bite),
	KUNIT_CASE(a_stuck_line_is_masked),
	KUNIT_CASE(nothing_comes_after_the_end),
	KUNIT_CASE(the_end_of_a_masked_one),
	KUNIT_CASE(an_interrupt_that_does_not_exist_is_refused),
	{}
};

static struct kunit_suite wdt_suite = {
	.name = "ferry_keembay_watchdog",
	.test_cases = wdt_cases,
};

kunit_test_suite(wdt_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Keem Bay's watchdogs");
