// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who VMs are: the bytes of questions and answers, and answers that cannot be.
 */
#include <linux/module.h>
#include <linux/random.h>

#include "rm_rig.h"

FERRY_IMPORT_TEST();

#define BYTES(...)	((const u8 []){ __VA_ARGS__ })

/* A GUID, a URI of 5 bytes, a name of 3, and a signer of none. */
static const u8 reply[] = {
	4, 0, 0, 0,
	0, 0, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	1, 0, 5, 0, 'a', ':', '/', '/', 'b', 0, 0, 0,
	2, 0, 3, 0, 'c', 'a', 'm', 0,
	3, 0, 0, 0,
};

static void newest_packet_is(struct rmrig *r, size_t len, const u8 *want)
{
	unsigned long nr = ferry_sim_gunyah_rm_packets(r->sim) - 1;

	KUNIT_EXPECT_EQ(r->test, ferry_sim_gunyah_rm_seen(r->sim, nr, r->packet), len);
	KUNIT_EXPECT_MEMEQ(r->test, r->packet, want, 2);
	KUNIT_EXPECT_MEMEQ(r->test, r->packet + 4, want + 4, len - 4);
}

static void identities_have_these_bytes(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	u8 buf[16];

	ferry_sim_gunyah_rm_answer(r->sim, RM_VM_GET_ID, 0, reply, sizeof(reply));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_id(r->rm, 0x80, FERRY_GUNYAH_ID_GUID, buf, 16), 16);
	KUNIT_EXPECT_MEMEQ(test, buf, reply + 8, 16);
	newest_packet_is(r, 12, BYTES(0x21, 0x01, 0, 0, 0x10, 0, 0, 0x56, 0x80, 0, 0, 0));
	ferry_sim_gunyah_rm_answer(r->sim, RM_VM_GET_ID, 0, reply, sizeof(reply));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_id(r->rm, 0x80, FERRY_GUNYAH_ID_URI, buf, 16), 5);
	KUNIT_EXPECT_MEMEQ(test, buf, "a://b", 5);
	ferry_sim_gunyah_rm_answer(r->sim, RM_VM_GET_ID, 0, reply, sizeof(reply));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_id(r->rm, 0x80, FERRY_GUNYAH_ID_NAME, buf, 3), 3);
	KUNIT_EXPECT_MEMEQ(test, buf, "cam", 3);
	ferry_sim_gunyah_rm_answer(r->sim, RM_VM_GET_ID, 0, reply, sizeof(reply));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_id(r->rm, 0x80, FERRY_GUNYAH_ID_SIGNER, buf, 0), 0);
	ferry_sim_gunyah_rm_answer(r->sim, RM_VM_GET_ID, 0, reply, sizeof(reply));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_id(r->rm, 0x80, FERRY_GUNYAH_ID_NAME, buf, 2),
			-EMSGSIZE);
	/* The simulated one, of itself; and of a VM that there is not. */
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_id(r->rm, 0, FERRY_GUNYAH_ID_NAME, buf, 16), 3);
	KUNIT_EXPECT_MEMEQ(test, buf, "vm3", 3);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_id(r->rm, 0, FERRY_GUNYAH_ID_URI, buf, 16), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_id(r->rm, 0x99, FERRY_GUNYAH_ID_URI, buf, 16),
			-EINVAL);
}

/* One byte of the reply is changed, or some are missing. */
static const struct {
	size_t len;
	u8 at;
	u8 value;
	ssize_t ret;
} broken[] = {
	{ sizeof(reply), 0, 4, 3 },		/* as it is */
	{ 0, 0, 4, -EBADMSG },
	{ 3, 0, 4, -EBADMSG },
	{ 4, 0, 4, -EBADMSG },
	{ 4, 0, 0, -ENOENT },			/* there are none, it says */
	{ 7, 0, 4, -EBADMSG },
	{ 23, 0, 4, -EBADMSG },			/* within the GUID */
	{ 24, 0, 4, -EBADMSG },			/* behind it, and more were to come */
	{ 24, 0, 1, -ENOENT },
	{ 40, 0, 4, -EBADMSG },			/* a name of 3 bytes, and no bytes */
	{ 43, 0, 4, -EBADMSG },			/* without what fills up the last word */
	{ sizeof(reply), 0, 2, -ENOENT },	/* before the name it ends */
	{ sizeof(reply), 3, 0xff, 3 },		/* more than can be, but the name is there */
	{ sizeof(reply), 36, 9, -ENOENT },	/* of another kind */
	{ sizeof(reply), 38, 4, 4 },
	{ sizeof(reply), 38, 9, -EBADMSG },	/* beyond the end */
	{ sizeof(reply), 39, 0xff, -EBADMSG },
	{ sizeof(reply), 7, 0xff, -EBADMSG },	/* the GUID is */
	{ sizeof(reply), 6, 0, -EBADMSG },	/* the rest is read as something else */
};

static void replies_that_cannot_be_are_refused(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		/* Of this length exactly: a byte beyond is somebody's. */
		u8 *buf = kmemdup(reply, max_t(size_t, broken[i].len, 1), GFP_KERNEL);
		const void *id = NULL;

		KUNIT_ASSERT_NOT_NULL(test, buf);
		if (broken[i].at < broken[i].len)
			buf[broken[i].at] = broken[i].value;
		KUNIT_EXPECT_EQ_MSG(test, ferry_gunyah_rm_find_id(buf, broken[i].len,
								  FERRY_GUNYAH_ID_NAME, &id),
				    broken[i].ret, "case %u", i);
		kfree(buf);
	}
}

/* Whatever comes, what is said to be an identity is within it. */
static void random_replies_are_not_left(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 3000; i++) {
		size_t len = 1 + get_random_u32_below(64);
		u8 *buf = kmalloc(len, GFP_KERNEL);
		const void *id = NULL;
		ssize_t ret;

		KUNIT_ASSERT_NOT_NULL(test, buf);
		get_random_bytes(buf, len);
		/* Small numbers, so that some are good. */
		if (len > 7) {
			memset(buf + 1, 0, 3);
			buf[4] &= 3;
			buf[6] &= 31;
			buf[7] = 0;
		}
		ret = ferry_gunyah_rm_find_id(buf, len, i % 4, &id);
		if (ret >= 0)
			KUNIT_ASSERT_TRUE(test, id && (const u8 *)id - buf + ret <= (ssize_t)len);
		kfree(buf);
	}
}

static void vms_are_looked_for_with_these_bytes(struct kunit *test)
{
	const struct ferry_gunyah_vm_cfg cfg = { .vmid = 0x83 };
	struct rmrig *r = rmrig_new(test);
	struct ferry_gunyah_vm *vm = ferry_gunyah_vm_create(r->rm, &cfg);
	u8 want[24] = { 0x21, 0x01, 0, 0, 0x12, 0, 0, 0x56 };
	u16 vmids[2] = { 1, 1 };
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(vm));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_lookup(r->rm, FERRY_GUNYAH_ID_NAME, "vm131", 5,
						     vmids, 2), 1);
	KUNIT_EXPECT_EQ(test, vmids[0], 0x83);
	KUNIT_EXPECT_EQ(test, vmids[1], 1);
	newest_packet_is(r, 20, BYTES(0x21, 0x01, 0, 0, 0x13, 0, 0, 0x56, 5, 0, 0, 0,
				      'v', 'm', '1', '3', '1', 0, 0, 0));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_lookup(r->rm, FERRY_GUNYAH_ID_URI, "a://", 4,
						     vmids, 2), 0);
	newest_packet_is(r, 16, BYTES(0x21, 0x01, 0, 0, 0x11, 0, 0, 0x56, 4, 0, 0, 0,
				      'a', ':', '/', '/'));
	for (i = 0; i < 16; i++)
		want[8 + i] = 0x10 + i;
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_lookup(r->rm, FERRY_GUNYAH_ID_GUID, want + 8, 16,
						     vmids, 2), 1);
	newest_packet_is(r, 24, want);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_destroy(vm), 0);
}

static void keys_that_cannot_be_are_not_sent(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);
	unsigned long packets = ferry_sim_gunyah_rm_packets(r->sim);
	const struct {
		enum ferry_gunyah_id kind;
		size_t len;
	} keys[] = {
		{ FERRY_GUNYAH_ID_NAME, 0 }, { FERRY_GUNYAH_ID_NAME, 256 },
		{ FERRY_GUNYAH_ID_URI, SIZE_MAX }, { FERRY_GUNYAH_ID_GUID, 15 },
		{ FERRY_GUNYAH_ID_GUID, 17 }, { FERRY_GUNYAH_ID_SIGNER, 4 }, { 9, 4 },
	};
	u8 *key = kunit_kzalloc(test, 256, GFP_KERNEL);
	unsigned int i;
	u16 vmid;

	KUNIT_ASSERT_NOT_NULL(test, key);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		KUNIT_EXPECT_EQ_MSG(test, ferry_gunyah_rm_lookup(r->rm, keys[i].kind, key,
								 keys[i].len, &vmid, 1), -EINVAL,
				    "key %u", i);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_rm_packets(r->sim), packets);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_lookup(r->rm, FERRY_GUNYAH_ID_NAME, key, 255, &vmid,
						     1), 0);
}

/* The count has to be what is there; what there is no room for is counted. */
static void lists_that_cannot_be_are_refused(struct kunit *test)
{
	static const struct {
		size_t len;
		u8 list[16];
		int ret;
	} lists[] = {
		{ 0, {}, -EBADMSG },
		{ 3, { 1 }, -EBADMSG },
		{ 4, { 0 }, 0 },
		{ 4, { 1 }, -EBADMSG },
		{ 8, { 0 }, -EBADMSG },
		{ 7, { 1, 0, 0, 0, 0x80 }, -EBADMSG },
		{ 8, { 1, 0, 0, 0, 0x80 }, 1 },
		{ 8, { 1, 0, 0, 0x40, 0x80 }, -EBADMSG },
		{ 16, { 3, 0, 0, 0, 0x80, 0, 0, 0, 0x81, 0, 0, 0, 0x82 }, 3 },
	};
	struct rmrig *r = rmrig_new(test);
	u16 vmids[3];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		vmids[2] = 0x7777;
		ferry_sim_gunyah_rm_answer(r->sim, RM_VM_LOOKUP_NAME, 0, lists[i].list,
					   lists[i].len);
		KUNIT_EXPECT_EQ_MSG(test, ferry_gunyah_rm_lookup(r->rm, FERRY_GUNYAH_ID_NAME, "x",
								 1, vmids, 2), lists[i].ret,
				    "list %u", i);
		KUNIT_EXPECT_EQ(test, vmids[2], 0x7777);
	}
	KUNIT_EXPECT_EQ(test, vmids[0], 0x80);
	KUNIT_EXPECT_EQ(test, vmids[1], 0x81);
}

static void images_are_checked_with_these_bytes(struct kunit *test)
{
	const struct ferry_gunyah_vm_cfg cfg = {};
	struct rmrig *r = rmrig_new(test);
	struct ferry_gunyah_vm *vm = ferry_gunyah_vm_create(r->rm, &cfg);

	KUNIT_ASSERT_FALSE(test, IS_ERR(vm));
	/* Nothing was configured. */
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_auth(vm, NULL, 0, 0), -EBUSY);
	newest_packet_is(r, 12, BYTES(0x21, 0x01, 0, 0, 0x0a, 0, 0, 0x56, 0x80, 0, 0, 0));
	ferry_sim_gunyah_rm_answer(r->sim, RM_VM_AUTH_IMAGE, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_auth(vm, BYTES(1, 2, 3, 4, 5, 6, 7, 8), 2, 8), 0);
	newest_packet_is(r, 20, BYTES(0x21, 0x01, 0, 0, 0x0a, 0, 0, 0x56, 0x80, 0, 2, 0,
				      1, 2, 3, 4, 5, 6, 7, 8));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_auth(vm, NULL, 1, RM_MESSAGE_MAX - 3), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_destroy(vm), 0);
}

static struct kunit_case gunyah_rm_id_cases[] = {
	RM_CASE_TICKS(identities_have_these_bytes),
	KUNIT_CASE(replies_that_cannot_be_are_refused),
	KUNIT_CASE(random_replies_are_not_left),
	KUNIT_CASE(vms_are_looked_for_with_these_bytes),
	KUNIT_CASE(keys_that_cannot_be_are_not_sent),
	RM_CASE_TICKS(lists_that_cannot_be_are_refused),
	KUNIT_CASE(images_are_checked_with_these_bytes),
	{}
};

static struct kunit_suite gunyah_rm_id_suite = {
	.name = "ferry_gunyah_rm_id",
	.suite_init = rmrig_suite_init,
	.test_cases = gunyah_rm_id_cases,
};

kunit_test_suite(gunyah_rm_id_suite);

MODULE_DESCRIPTION("Ferry: tests of who VMs of Gunyah are");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
