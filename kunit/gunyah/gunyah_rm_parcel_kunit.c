// SPDX-License-Identifier: GPL-2.0-only
/*
 * What VMs say of memory to each other: the bytes of notifications and of requests for them,
 * and notifications that cannot be.
 */
#include <linux/mm.h>
#include <linux/module.h>

#include "rm_lend.h"

FERRY_IMPORT_TEST();

/* Who is told of memory. */
struct heard {
	struct rmear ear;
	int shared_ret;
	int changed_ret;
	struct ferry_gunyah_changed changed;
};

static void heard_note(struct ferry_gunyah_rm_listener *l, u32 id, const void *data, size_t len)
{
	struct heard *h = container_of(l, struct heard, ear.l);
	struct ferry_gunyah_shared shared;

	h->shared_ret = ferry_gunyah_parse_shared(id, data, len, &shared);
	h->changed_ret = ferry_gunyah_parse_changed(id, data, len, &h->changed);
	rmear_hears(&h->ear, id, data, len);
}

static struct heard *listen(struct rmrig *r)
{
	struct heard *h = kunit_kzalloc(r->test, sizeof(*h), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(r->test, h);
	rmear_listen(&h->ear, r, heard_note);
	return h;
}

/* Of the two pieces, with no attributes. */
static const u8 shared_note[] = {
	0, 1, 0, 0, 0, 1, 0, 0, 0x85, 0, 0, 0, 0x77, 0, 0, 0, 0x34, 0x12, 0, 0, 1, 0, 0, 0,
	3, 0, 6, 0, 2, 0, 0, 0,
	0, 0, 0x40, 0x44, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0,
	0, 0x60, 0x45, 0x23, 1, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0,
};

static void memory_that_others_have_for_us(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	struct heard *h = listen(r);
	struct ferry_gunyah_shared shared;
	struct ferry_gunyah_range range;
	struct ferry_gunyah_acl acl;

	KUNIT_ASSERT_EQ(test, ferry_sim_gunyah_rm_lend(r->sim, &two_pieces), HANDLE);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(h->ear.n) == 1));
	KUNIT_EXPECT_EQ(test, h->ear.id, 0x51100011);
	KUNIT_EXPECT_EQ(test, h->shared_ret, 0);
	KUNIT_EXPECT_EQ(test, h->changed_ret, -ENOMSG);
	KUNIT_ASSERT_EQ(test, h->ear.len, sizeof(shared_note));
	KUNIT_EXPECT_MEMEQ(test, h->ear.data, shared_note, sizeof(shared_note));
	KUNIT_ASSERT_EQ(test, ferry_gunyah_parse_shared(h->ear.id, h->ear.data, h->ear.len,
							&shared), 0);
	KUNIT_EXPECT_EQ(test, shared.handle, HANDLE);
	KUNIT_EXPECT_FALSE(test, shared.io);
	KUNIT_EXPECT_EQ(test, shared.how, FERRY_GUNYAH_LEND);
	KUNIT_EXPECT_EQ(test, shared.owner, OWNER);
	KUNIT_EXPECT_EQ(test, shared.label, 0x77);
	KUNIT_EXPECT_EQ(test, shared.tag, 0x1234);
	KUNIT_EXPECT_EQ(test, shared.nr_acls, 1);
	KUNIT_EXPECT_EQ(test, shared.nr_ranges, 2);
	KUNIT_EXPECT_EQ(test, shared.size, SZ_8K + SZ_4K);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_shared_acl(&shared, 0, &acl), 0);
	KUNIT_EXPECT_EQ(test, acl.vmid, RM_VMID);
	KUNIT_EXPECT_EQ(test, acl.rights, 6);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_shared_acl(&shared, 1, &acl), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_shared_range(&shared, 1, &range), 0);
	KUNIT_EXPECT_EQ(test, range.base, 0x123456000);
	KUNIT_EXPECT_EQ(test, range.size, SZ_8K);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_shared_range(&shared, 2, &range), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_shared_range(&shared, UINT_MAX, &range), -ENOENT);
}

/* The notification above, with one byte changed, or bytes missing. */
static const struct {
	size_t len;
	u8 at;
	u8 value;
	int ret;
} notes[] = {
	{ 68, 0, 0, 0 },			/* as it is */
	{ 64, 0, 0, 0 },			/* no list of attributes */
	{ 0, 0, 0, -EBADMSG }, { 23, 0, 0, -EBADMSG }, { 24, 0, 0, -EBADMSG },
	{ 27, 0, 0, -EBADMSG }, { 31, 0, 0, -EBADMSG }, { 32, 0, 0, -EBADMSG },
	{ 63, 0, 0, -EBADMSG }, { 65, 0, 0, -EBADMSG }, { 67, 0, 0, -EBADMSG },
	{ 68, 4, 1, 0 }, { 68, 4, 2, -EBADMSG }, { 68, 4, 0xff, -EBADMSG },
	{ 68, 5, 0, 0 }, { 68, 5, 2, 0 }, { 68, 5, 3, -EBADMSG }, { 68, 5, 0xff, -EBADMSG },
	{ 68, 6, 0xff, 0 }, { 68, 8, 0, 0 }, { 68, 12, 0xff, 0 }, { 68, 16, 0xff, 0 },
	{ 68, 20, 0, -EBADMSG },		/* the VM becomes a count */
	{ 68, 20, 2, 0 },			/* the count a VM; no range */
	{ 68, 20, 11, -EBADMSG }, { 68, 20, 12, -EBADMSG }, { 68, 20, 0xff, -EBADMSG },
	{ 68, 21, 1, -EBADMSG }, { 68, 23, 0x40, -EBADMSG }, { 68, 23, 0x80, -EBADMSG },
	{ 68, 24, 0xff, 0 }, { 68, 26, 0xff, 0 },
	{ 68, 28, 0, 0 },			/* no range; the first is taken for attributes */
	{ 68, 28, 1, -EBADMSG }, { 68, 28, 3, -EBADMSG }, { 68, 29, 2, -EBADMSG },
	{ 68, 29, 0xff, -EBADMSG },
	{ 68, 32, 1, -EBADMSG }, { 68, 33, 8, -EBADMSG }, { 68, 39, 0xff, 0 },
	{ 68, 40, 1, -EBADMSG }, { 68, 41, 0, -EBADMSG }, { 68, 47, 0xff, 0 },
	{ 68, 48, 1, -EBADMSG }, { 68, 57, 0, -EBADMSG },
	{ 68, 64, 1, -EBADMSG }, { 68, 65, 0xff, -EBADMSG },
};

static void notifications_that_cannot_be(struct kunit *test)
{
	struct ferry_gunyah_shared shared;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(notes); i++) {
		/* No byte behind it can be read. */
		u8 *data = kmalloc(max_t(size_t, notes[i].len, 1), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, data);
		memcpy(data, shared_note, notes[i].len);
		if (notes[i].at < notes[i].len)
			data[notes[i].at] = notes[i].value;
		KUNIT_EXPECT_EQ_MSG(test, ferry_gunyah_parse_shared(RM_NOTE_MEM_SHARED, data,
								    notes[i].len, &shared),
				    notes[i].ret, "notification %u", i);
		kfree(data);
	}
	KUNIT_EXPECT_EQ(test, ferry_gunyah_parse_shared(RM_NOTE_MEM_ACCEPTED, shared_note, 12,
							&shared), -ENOMSG);
}

/* Those that cannot be are dropped and counted: no listener sees them. */
static void listeners_hear_of_what_can_be(struct kunit *test)
{
	struct ferry_sim_gunyah_rm_lend lend = two_pieces;
	struct rmrig *r = rmrig_new(test);
	struct heard *h = listen(r);
	u64 good = 0, bad = 0;
	unsigned int lie;

	for (lie = 0; lie < FERRY_SIM_GUNYAH_RM_NR_LIES; lie++) {
		ferry_sim_gunyah_rm_lie(r->sim, lie);
		KUNIT_ASSERT_EQ(test, ferry_sim_gunyah_rm_lend(r->sim, &lend), HANDLE);
		switch (lie) {
		case FERRY_SIM_GUNYAH_RM_TRUE:
		case FERRY_SIM_GUNYAH_RM_SMALLER:
		case FERRY_SIM_GUNYAH_RM_AGAIN:
		case FERRY_SIM_GUNYAH_RM_ELSEWHERE:
		case FERRY_SIM_GUNYAH_RM_EMPTY_LIST:
			good++;
			break;
		default:
			bad++;
			break;
		}
		KUNIT_EXPECT_TRUE_MSG(test, FERRY_WAIT(rmrig_stats(r).notes == good &&
						       rmrig_drops(r, FERRY_GUNYAH_RM_NOTE) == bad),
				      "lie %u", lie);
		ferry_sim_gunyah_rm_take_back(r->sim, HANDLE);
	}
	KUNIT_EXPECT_EQ(test, h->ear.n, good);
	KUNIT_EXPECT_EQ(test, h->shared_ret, 0);
	rmrig_lives(r);
}

static void what_others_did_with_memory(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	struct heard *h = listen(r);
	struct ferry_gunyah_changed changed;
	const u8 *note = BYTES(1, 2, 3, 4, 0x80, 0, 0, 0, 5, 6, 7, 8);

	ferry_sim_gunyah_rm_note(r->sim, 0x51100012, note, 12);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(h->ear.n) == 1));
	KUNIT_EXPECT_EQ(test, h->changed_ret, 0);
	KUNIT_EXPECT_EQ(test, h->shared_ret, -ENOMSG);
	KUNIT_EXPECT_EQ(test, h->changed.change, FERRY_GUNYAH_MEM_RELEASED);
	KUNIT_EXPECT_EQ(test, h->changed.handle, 0x04030201);
	KUNIT_EXPECT_EQ(test, h->changed.vmid, 0x80);
	KUNIT_EXPECT_EQ(test, h->changed.tag, 0x08070605);
	ferry_sim_gunyah_rm_note(r->sim, 0x51100013, note, 12);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(h->ear.n) == 2));
	KUNIT_EXPECT_EQ(test, h->changed.change, FERRY_GUNYAH_MEM_ACCEPTED);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_parse_changed(RM_NOTE_MEM_ACCEPTED, note, 11, &changed),
			-EBADMSG);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_parse_changed(RM_NOTE_MEM_RECALL, note, 12, &changed),
			-ENOMSG);
}

/* Others are told, and one that is told tells us. */
static void telling_others(struct kunit *test)
{
	static const u16 whom[] = { 0x80, 0x80 };
	static const u8 want[] = {
		0x21, 0x01, 0, 0, 0x17, 0, 0, 0x51, 0, 1, 0, 0, 4, 0, 0, 0, 0x78, 0x56, 0x34, 0x12,
	};
	static const u8 want_list[] = {
		0x21, 0x01, 0, 0, 0x17, 0, 0, 0x51, 0, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0,
		2, 0, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0,
	};
	const struct ferry_gunyah_vm_cfg vm_cfg = { .name = "kunit-vm" };
	const struct ferry_gunyah_mem_cfg lend = { .rights = FERRY_GUNYAH_READ };
	struct ferry_gunyah_mem_note_cfg cfg = {
		.handle = HANDLE, .change = FERRY_GUNYAH_MEM_ACCEPTED, .tag = 0x12345678,
	};
	struct rmrig *r = lent_rig(test);
	struct page *page = alloc_page(GFP_KERNEL);
	struct heard *h = listen(r);
	struct ferry_gunyah_mem *mem;
	struct ferry_gunyah_vm *vm;
	unsigned int n;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_notify(r->rm, &cfg), 0);
	newest_packet_is(r, sizeof(want), want);
	KUNIT_EXPECT_EQ(test, lent_state(r).notified, 4);
	KUNIT_EXPECT_EQ(test, lent_state(r).tag, 0x12345678);
	cfg.change = FERRY_GUNYAH_MEM_RELEASED;
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_notify(r->rm, &cfg), 0);
	KUNIT_EXPECT_EQ(test, lent_state(r).notified, 2);
	cfg.handle++;
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_notify(r->rm, &cfg), -EINVAL);

	vm = ferry_gunyah_vm_create(r->rm, &vm_cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(vm));
	mem = ferry_gunyah_mem_lend(vm, &lend, &page, 1);
	KUNIT_EXPECT_FALSE(test, IS_ERR(mem));
	n = READ_ONCE(h->ear.n);
	cfg = (struct ferry_gunyah_mem_note_cfg){
		.handle = 0, .change = FERRY_GUNYAH_MEM_SHARED, .tag = 9, .vmids = whom,
		.nr_vmids = 2,
	};
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_notify(r->rm, &cfg), 0);
	newest_packet_is(r, sizeof(want_list), want_list);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(h->ear.n) == n + 2));
	KUNIT_EXPECT_EQ(test, h->changed.change, FERRY_GUNYAH_MEM_ACCEPTED);
	KUNIT_EXPECT_EQ(test, h->changed.vmid, 0x80);
	KUNIT_EXPECT_EQ(test, h->changed.tag, 9);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_destroy(vm), 0);
	__free_page(page);
}

static void nobody_to_tell(struct kunit *test)
{
	static const u16 whom[1];
	struct rmrig *r = rmrig_new(test);
	struct ferry_gunyah_mem_note_cfg cfg = { .change = FERRY_GUNYAH_MEM_SHARED, .vmids = whom };
	unsigned long packets = ferry_sim_gunyah_rm_packets(r->sim);

	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_notify(r->rm, &cfg), -EINVAL);
	cfg.nr_vmids = 513;
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_notify(r->rm, &cfg), -EMSGSIZE);
	cfg.nr_vmids = 1;
	cfg.change = FERRY_GUNYAH_MEM_ACCEPTED;
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_notify(r->rm, &cfg), -EINVAL);
	cfg.nr_vmids = 0;
	cfg.change = FERRY_GUNYAH_MEM_ACCEPTED + 1;
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_notify(r->rm, &cfg), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_packets(r->sim), packets);
}

static int notify_attempt(void *arg)
{
	const struct ferry_gunyah_mem_note_cfg cfg = {
		.handle = HANDLE, .change = FERRY_GUNYAH_MEM_ACCEPTED,
	};
	struct rmrig *r = arg;

	return ferry_gunyah_mem_notify(r->rm, &cfg);
}

static void notify_survives_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, notify_attempt, lent_rig(test));
}

static struct kunit_case gunyah_rm_parcel_cases[] = {
	KUNIT_CASE(memory_that_others_have_for_us),
	KUNIT_CASE(notifications_that_cannot_be),
	KUNIT_CASE(listeners_hear_of_what_can_be),
	KUNIT_CASE(what_others_did_with_memory),
	KUNIT_CASE(telling_others),
	KUNIT_CASE(nobody_to_tell),
	KUNIT_CASE(notify_survives_a_failing_allocation),
	{}
};

static struct kunit_suite gunyah_rm_parcel_suite = {
	.name = "ferry_gunyah_rm_parcel",
	.suite_init = rmrig_suite_init,
	.test_cases = gunyah_rm_parcel_cases,
};

kunit_test_suite(gunyah_rm_parcel_suite);

MODULE_DESCRIPTION("Ferry: tests of what VMs of Gunyah say of memory");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
