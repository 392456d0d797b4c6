// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU, and a host that is wrong: what it says of slots. The VPU notices, and
 * touches no memory but that of its slots.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define VPU_FIRST	2	/* slots of the VPU */
#define VPU_LAST	5
#define HOST_FIRST	7
#define HOST_LAST	10
#define SLOTS		4	/* of each */

static struct ferry_sim_vchiq_stats vpu_stats(struct vrig *rig)
{
	struct ferry_sim_vchiq_stats stats;

	ferry_sim_vchiq_stats(rig->sim, &stats);
	return stats;
}

/* What the host has there before it tells the VPU, as little of it as there has to be. */
static void host_writes(struct vrig *rig)
{
	struct vchiq_slot_zero *zero = rig->zero;
	unsigned int i;

	zero->magic = cpu_to_le32(VCHIQ_MAGIC);
	zero->slot_zero_size = cpu_to_le32(sizeof(*zero));
	zero->slot_size = cpu_to_le32(VCHIQ_SLOT_SIZE);
	zero->max_slots = cpu_to_le32(VCHIQ_MAX_SLOTS);
	zero->max_slots_per_side = cpu_to_le32(VCHIQ_SIDE_SLOTS);
	zero->master.slot_first = cpu_to_le32(VPU_FIRST);
	zero->master.slot_last = cpu_to_le32(VPU_LAST);
	zero->slave.slot_first = cpu_to_le32(HOST_FIRST);
	zero->slave.slot_last = cpu_to_le32(HOST_LAST);
	for (i = 0; i < VCHIQ_SIDE_SLOTS; i++)
		zero->slave.slot_queue[i] = cpu_to_le32(HOST_FIRST + i % SLOTS);
	zero->slave.initialised = cpu_to_le32(1);
}

/* By hand: the driver that is there is not started. */
static struct vrig *host_begins(struct kunit *test)
{
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);

	host_writes(rig);
	KUNIT_ASSERT_EQ(test, ferry_sim_vchiq_init(rig->sim, VRIG_ADDR), 0);
	return rig;
}

struct slot_range {
	u32 first;
	u32 last;
};

static const struct slot_range bad_ranges[] = {
	{ 0, 5 }, { 5, 4 }, { 0xfffffff0, 5 }, { 2, 0xffffffff }, { 2, 128 }, { 2, 66 },
	{ 100, 127 },	/* beyond the memory */
};

static void range_desc(const struct slot_range *r, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%#x to %#x", r->first, r->last);
}
KUNIT_ARRAY_PARAM(bad_ranges, bad_ranges, range_desc);

static void slots_that_cannot_be_are_refused(struct kunit *test)
{
	const struct slot_range *r = test->param_value;
	struct vrig *rig = vrig_create(test, VRIG_OFFLINE);
	struct vchiq_side *side[] = { &rig->zero->master, &rig->zero->slave };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(side); i++) {
		host_writes(rig);
		side[i]->slot_first = cpu_to_le32(r->first);
		side[i]->slot_last = cpu_to_le32(r->last);
		KUNIT_EXPECT_LT(test, ferry_sim_vchiq_init(rig->sim, VRIG_ADDR), 0);
	}
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).inits, 0);
	host_writes(rig);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_init(rig->sim, VRIG_ADDR), 0);
}

static const u32 bad_slots[] = { 0, 1, VPU_LAST + 1, HOST_FIRST, 0x10000, 0xffffffff };

static void slot_desc(const u32 *slot, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "slot %#x", *slot);
}
KUNIT_ARRAY_PARAM(bad_slots, bad_slots, slot_desc);

static int say_slot(struct vrig *rig)
{
	return ferry_sim_vchiq_raw(rig->sim, VRIG_ID(DATA, 0x42, 0), rig->mem, VCHIQ_MAX_PAYLOAD);
}

/* The first slot has what was said before; then one message fills one. */
static void what_was_not_its_slot_is_not_written_to(struct kunit *test)
{
	const u32 *slot = test->param_value;
	struct vrig *rig = host_begins(test);
	struct vchiq_side *own = &rig->zero->master;
	unsigned int i;

	/* What it said at first is kept. */
	WRITE_ONCE(own->slot_first, cpu_to_le32(*slot));
	WRITE_ONCE(own->slot_queue[SLOTS], cpu_to_le32(*slot));
	WRITE_ONCE(own->slot_queue_recycle, cpu_to_le32(SLOTS + 1));
	for (i = 1; i < SLOTS; i++)
		KUNIT_ASSERT_EQ(test, say_slot(rig), 0);
	KUNIT_EXPECT_EQ(test, say_slot(rig), -EPROTO);
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).wrongs, 1);
	KUNIT_EXPECT_EQ(test, say_slot(rig), -ENOLINK);
	/* It may be handed memory again. */
	ferry_sim_vchiq_reset(rig->sim);
	host_writes(rig);
	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_init(rig->sim, VRIG_ADDR), 0);
	KUNIT_EXPECT_EQ(test, say_slot(rig), 0);
}

/* A message that fills a slot, to nobody. */
static void host_fills_slot(struct vrig *rig, unsigned int nr)
{
	u32 slot = HOST_FIRST + nr % SLOTS;
	struct vchiq_header *h = rig->mem + slot * VCHIQ_SLOT_SIZE;

	h->msgid = cpu_to_le32(VRIG_ID(DATA, 0, 0x42));
	h->size = cpu_to_le32(VCHIQ_MAX_PAYLOAD);
	/* Pairs with the VPU's barrier. */
	smp_store_release(&rig->zero->slave.tx_pos, cpu_to_le32((nr + 1) * VCHIQ_SLOT_SIZE));
}

static void slots_that_it_did_not_get_back_are_none(struct kunit *test)
{
	const unsigned long keeps = BIT(FERRY_SIM_VCHIQ_FAULT_NO_RECYCLE);
	struct vrig *rig = host_begins(test);
	unsigned int i;

	for (i = 0; i < VCHIQ_SIDE_SLOTS; i++) {
		host_fills_slot(rig, i);
		ferry_sim_vchiq_set_faults(rig->sim, keeps);	/* it looks */
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(vpu_stats(rig).rx == i + 1));
	}
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).slots, VCHIQ_SIDE_SLOTS);
	host_fills_slot(rig, i);
	ferry_sim_vchiq_set_faults(rig->sim, keeps);
	/* Each was for nobody, and then that. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(rig).wrongs == VCHIQ_SIDE_SLOTS + 1));
	KUNIT_EXPECT_EQ(test, vpu_stats(rig).rx, VCHIQ_SIDE_SLOTS);
	KUNIT_EXPECT_EQ(test, say_slot(rig), -ENOLINK);
}

static struct kunit_case vchiq_vpu_cases[] = {
	KUNIT_CASE_PARAM(slots_that_cannot_be_are_refused, bad_ranges_gen_params),
	KUNIT_CASE_PARAM(what_was_not_its_slot_is_not_written_to, bad_slots_gen_params),
	KUNIT_CASE(slots_that_it_did_not_get_back_are_none),
	{}
};

static struct kunit_suite vchiq_vpu_suite = {
	.name = "ferry_vchiq_vpu",
	.test_cases = vchiq_vpu_cases,
};
kunit_test_suite(vchiq_vpu_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: KUnit tests of the simulated VPU, a host that is wrong");
MODULE_LICENSE("GPL");
