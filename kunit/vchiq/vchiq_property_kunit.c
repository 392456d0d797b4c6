// SPDX-License-Identifier: GPL-2.0-only
/*
 * The property channel of the simulated firmware: known answers, and lists that are none.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define LIST_SLOT	60	/* where the list is: nobody uses it */
#define LIST_ADDR	(VRIG_ADDR + LIST_SLOT * VCHIQ_SLOT_SIZE)
#define CHANNEL		8
#define DONE		0x80000000
#define BROKEN		0x80000001
#define REVISION	0x00000001
#define THROTTLED	0x00030046
#define VCHIQ_INIT	0x00048010

static __le32 *list_at(struct vrig *rig)
{
	return rig->mem + LIST_SLOT * VCHIQ_SLOT_SIZE;
}

static u32 list_word(struct vrig *rig, unsigned int i)
{
	return le32_to_cpu(list_at(rig)[i]);
}

static void list_put(struct vrig *rig, const u32 *words, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		list_at(rig)[i] = cpu_to_le32(words[i]);
}

#define LIST_PUT(rig, ...) do {					\
	const u32 words[] = { __VA_ARGS__ };			\
	list_put(rig, words, ARRAY_SIZE(words));		\
} while (0)

static int list_send(struct vrig *rig)
{
	return ferry_sim_vchiq_property(rig->sim, LIST_ADDR | CHANNEL);
}

/* What the host has there before it tells the firmware, as little of it as there has to be. */
static void host_begins(struct vrig *rig)
{
	struct vchiq_slot_zero *zero = rig->zero;

	zero->magic = cpu_to_le32(VCHIQ_MAGIC);
	zero->slot_zero_size = cpu_to_le32(sizeof(*zero));
	zero->slot_size = cpu_to_le32(VCHIQ_SLOT_SIZE);
	zero->max_slots = cpu_to_le32(VCHIQ_MAX_SLOTS);
	zero->max_slots_per_side = cpu_to_le32(VCHIQ_SIDE_SLOTS);
	zero->master.slot_first = cpu_to_le32(2);
	zero->master.slot_last = cpu_to_le32(5);
	zero->slave.slot_first = cpu_to_le32(7);
	zero->slave.slot_last = cpu_to_le32(10);
	zero->slave.initialised = cpu_to_le32(1);
}

static u64 inits(struct vrig *rig)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(rig->sim, &stats);
	return stats.inits;
}

static void revision_is_told(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);

	LIST_PUT(rig, 28, 0, REVISION, 4, 0, 0xffffffff, 0);
	KUNIT_EXPECT_EQ(test, list_send(rig), 0);
	KUNIT_EXPECT_EQ(test, list_word(rig, 1), DONE);
	KUNIT_EXPECT_EQ(test, list_word(rig, 4), 0x80000004);
	KUNIT_EXPECT_NE(test, list_word(rig, 5), 0xffffffff);
}

static void unknown_ones_stay_as_they_are(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);

	/* The second has room for half a word more, and the third is known. */
	LIST_PUT(rig, 64, 0, THROTTLED, 4, 0, 77, 0x12345678, 6, 0, 1, 2, REVISION, 4, 0, 99, 0);
	KUNIT_EXPECT_EQ(test, list_send(rig), 0);
	KUNIT_EXPECT_EQ(test, list_word(rig, 1), DONE);
	KUNIT_EXPECT_EQ(test, list_word(rig, 4), 0);
	KUNIT_EXPECT_EQ(test, list_word(rig, 5), 77);
	KUNIT_EXPECT_EQ(test, list_word(rig, 8), 0);
	KUNIT_EXPECT_EQ(test, list_word(rig, 13), 0x80000004);
	KUNIT_EXPECT_NE(test, list_word(rig, 14), 99);
}

static void vchiq_begins(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);

	host_begins(rig);
	LIST_PUT(rig, 28, 0, VCHIQ_INIT, 4, 0, VRIG_ADDR, 0);
	KUNIT_EXPECT_EQ(test, list_send(rig), 0);
	KUNIT_EXPECT_EQ(test, list_word(rig, 1), DONE);
	KUNIT_EXPECT_EQ(test, list_word(rig, 4), 0x80000004);
	KUNIT_EXPECT_EQ(test, list_word(rig, 5), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(READ_ONCE(rig->zero->master.initialised)), 1);
	KUNIT_EXPECT_EQ(test, inits(rig), 1);

	/* It has memory now. */
	LIST_PUT(rig, 28, 0, VCHIQ_INIT, 4, 0, VRIG_ADDR, 0);
	KUNIT_EXPECT_EQ(test, list_send(rig), 0);
	KUNIT_EXPECT_NE(test, list_word(rig, 5), 0);
	KUNIT_EXPECT_EQ(test, inits(rig), 1);
}

static void wrong_memory_is_refused(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);

	host_begins(rig);
	rig->zero->magic = 0;
	LIST_PUT(rig, 28, 0, VCHIQ_INIT, 4, 0, VRIG_ADDR, 0);
	KUNIT_EXPECT_EQ(test, list_send(rig), 0);
	KUNIT_EXPECT_NE(test, list_word(rig, 5), 0);
	LIST_PUT(rig, 28, 0, VCHIQ_INIT, 4, 0, 0x1000, 0);
	KUNIT_EXPECT_EQ(test, list_send(rig), 0);
	KUNIT_EXPECT_NE(test, list_word(rig, 5), 0);
	KUNIT_EXPECT_EQ(test, inits(rig), 0);
}

/* Each is broken, and so is what it is followed by: nothing begins. */
static const u32 broken[][10] = {
	{ 28, 0, REVISION, 4, 0, 0, 1 },			/* no end */
	{ 40, 0, REVISION, 0xfffffffc, 0, 0, VCHIQ_INIT, 4, 0, VRIG_ADDR },
	{ 40, 0, REVISION, 21, 0, 0, 0, 0, 0, 0 },		/* more than there is */
	{ 40, 0, REVISION, 0xffffffff, 0, 0, 0, 0, 0, 0 },
	{ 20, 0, VCHIQ_INIT, 4, 0, VRIG_ADDR, 0 },		/* ends in between */
	{ 16, 0, VCHIQ_INIT, 4, 0, VRIG_ADDR, 0 },
	{ 8, 0, VCHIQ_INIT, 4, 0, VRIG_ADDR, 0 },
};

static void broken_desc(const u32 (*list)[10], char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "list %td", list - broken);
}
KUNIT_ARRAY_PARAM(broken, broken, broken_desc);

static void broken_lists_are_refused(struct kunit *test)
{
	const u32 *list = test->param_value;
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);

	host_begins(rig);
	list_put(rig, list, ARRAY_SIZE(broken[0]));
	KUNIT_EXPECT_EQ(test, list_send(rig), 0);
	KUNIT_EXPECT_EQ(test, list_word(rig, 1), BROKEN);
	KUNIT_EXPECT_EQ(test, inits(rig), 0);
}

/* A value of which a part is behind the end of the list is neither read nor written. */
static void longer_than_the_list_is_not_answered(struct kunit *test)
{
	static const u32 tags[] = { REVISION, VCHIQ_INIT };
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);
	unsigned int i;

	host_begins(rig);
	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		LIST_PUT(rig, 24, 0, tags[i], 5, 0x5555, VRIG_ADDR, 0xaaaa);
		KUNIT_EXPECT_EQ(test, list_send(rig), 0);
		KUNIT_EXPECT_EQ(test, list_word(rig, 1), BROKEN);
		KUNIT_EXPECT_EQ(test, list_word(rig, 4), 0x5555);
		KUNIT_EXPECT_EQ(test, list_word(rig, 5), VRIG_ADDR);
		KUNIT_EXPECT_EQ(test, list_word(rig, 6), 0xaaaa);
	}
	KUNIT_EXPECT_EQ(test, inits(rig), 0);
}

static void what_is_no_list_is_not_looked_at(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);

	LIST_PUT(rig, 28, 0, REVISION, 4, 0, 5, 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_property(rig->sim, LIST_ADDR | 3), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_property(rig->sim, 0x1000 | CHANNEL), -EFAULT);
	list_put(rig, (u32[]){ 0 }, 1);
	KUNIT_EXPECT_EQ(test, list_send(rig), -EFAULT);
	list_put(rig, (u32[]){ SZ_1M + 4 }, 1);
	KUNIT_EXPECT_EQ(test, list_send(rig), -EFAULT);
	list_put(rig, (u32[]){ 16 * VCHIQ_SLOT_SIZE }, 1);	/* beyond the memory */
	KUNIT_EXPECT_EQ(test, list_send(rig), -EFAULT);
	KUNIT_EXPECT_EQ(test, list_word(rig, 1), 0);
	KUNIT_EXPECT_EQ(test, list_word(rig, 5), 5);
}

static struct kunit_case property_cases[] = {
	KUNIT_CASE(revision_is_told),
	KUNIT_CASE(unknown_ones_stay_as_they_are),
	KUNIT_CASE(vchiq_begins),
	KUNIT_CASE(wrong_memory_is_refused),
	KUNIT_CASE_PARAM(broken_lists_are_refused, broken_gen_params),
	KUNIT_CASE(longer_than_the_list_is_not_answered),
	KUNIT_CASE(what_is_no_list_is_not_looked_at),
	{}
};

static struct kunit_suite property_suite = {
	.name = "ferry_vchiq_property",
	.test_cases = property_cases,
};
kunit_test_suite(property_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of the property channel of the simulated VPU");
MODULE_LICENSE("GPL");
