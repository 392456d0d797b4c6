// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: imports. What goes over the wire, and when memory is let go.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "rig.h"

/*
 * Known answers: the bytes of the specification.
 */

static void the_bytes_are_as_known(struct kunit *test)
{
	static const u8 version[] = { 9, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0 };
	static const u8 import[] = {
		8, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x40, 0xde, 0, 0, 0x10, 0,
		1, 0, 0, 0,
	};
	static const u8 name[VCSM_NAME] = { 0x63, 0x61, 0x6d, 0x30 };
	static const u8 answer[] = { 2, 0, 0, 0, 0x11, 0, 0, 0x80 };
	static const u8 free[] = { 4, 0, 0, 0, 3, 0, 0, 0, 0x11, 0, 0, 0x80, 0, 0, 0, 0 };
	static const u8 released[] = {
		0x0b, 0, 0, 0x80, 0, 0, 0x40, 0xde, 0, 0, 0x10, 0, 1, 0, 0, 0,
		0x11, 0, 0, 0x80,
	};
	static const u8 event[] = { 9, 0, 0, 0x80, 0, 0, 0, 0 };
	struct vpu *v = vpu_create(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i;
	const u8 *msg;

	msg = vpu_sent(v, VCSM_CLIENT_VERSION, 0);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_EXPECT_MEMEQ(test, msg, version, sizeof(version));
	KUNIT_EXPECT_EQ(test, v->sent[0].len, sizeof(version));
	vpu_say(v, event, sizeof(event));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).version == 2));

	i = vpu_import(test, v, s);
	msg = vpu_sent(v, VCSM_IMPORT, 0);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_EXPECT_EQ(test, v->sent[1].len, VCSM_MSG_MAX);
	KUNIT_EXPECT_MEMEQ(test, msg, import, sizeof(import));
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(msg + 24), task_tgid_nr(i->task->task));
	KUNIT_EXPECT_MEMEQ(test, msg + 28, name, sizeof(name));
	vpu_say(v, answer, sizeof(answer));
	KUNIT_ASSERT_EQ(test, fake_join(i->task), 0);

	vpu_put(i->chained);
	msg = vpu_sent(v, VCSM_FREE, 0);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	KUNIT_EXPECT_EQ(test, v->sent[2].len, sizeof(free));
	KUNIT_EXPECT_MEMEQ(test, msg, free, sizeof(free));
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	vpu_say(v, released, sizeof(released));
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, v->nr_sent, 3);
}

/*
 * The life of a buffer.
 */

static void a_user_has_handle_and_address(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained = rig_import(test, v, s);
	u32 handle = 0, addr = 0;

	KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(chained, &handle, &addr), 0);
	KUNIT_EXPECT_EQ(test, handle, HANDLE);
	KUNIT_EXPECT_EQ(test, addr, VPU_ADDR);
	KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(s->dmabuf, &handle, &addr), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(NULL, NULL, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, chained->size, VPU_SIZE);
	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).held));
	KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(chained, &handle, &addr), -ENOLINK);
	vpu_put(chained);
	rig_expect_nothing_left(test, v, s);
}

/* The user first, then the VPU. */
static void it_is_kept_until_the_vpu_lets_go(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);

	vpu_put(rig_import(test, v, s));
	KUNIT_ASSERT_NOT_NULL(test, vpu_sent(v, VCSM_FREE, 0));
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	KUNIT_EXPECT_EQ(test, vpu_stats(v).held, 1);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).in_use, 0);
	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).releases, 1);
}

/* The VPU first, then the user: it is not asked to free what it has not. */
static void it_is_kept_until_the_user_lets_go(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained = rig_import(test, v, s);

	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).held));
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	vpu_put(chained);
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
}

static void old_firmware_is_only_told(struct kunit *test)
{
	const struct ferry_vcsm_cfg cfg = { .version_ms = 50 };
	struct vpu *v = vpu_create(test, &cfg);
	struct vpu_source *s = rig_source(test);
	struct vpu_source *t = rig_source(test);

	/* Within its time, and after it. */
	vpu_put(rig_import(test, v, s));
	KUNIT_EXPECT_NOT_NULL(test, vpu_sent(v, VCSM_FREE, 0));
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
	vpu_put(rig_import(test, v, t));
	KUNIT_EXPECT_NOT_NULL(test, vpu_sent(v, VCSM_FREE, 1));
	rig_expect_nothing_left(test, v, t);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).releases, 0);
}

/* A version that is confirmed a little late does not cost memory that is in use. */
static void firmware_has_time_to_say_that_it_is_new(struct kunit *test)
{
	struct vpu *v = vpu_create(test, NULL);
	struct vpu_source *s = rig_source(test);

	vpu_put(rig_import(test, v, s));
	KUNIT_ASSERT_NOT_NULL(test, vpu_sent(v, VCSM_FREE, 0));
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	vpu_confirm(v);
	msleep(1200);
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	rig_expect_nothing_left(test, v, s);
}

static void what_the_vpu_refuses_leaves_nothing(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *i = vpu_import(test, v, s);
	const struct vcsm_import *msg = vpu_sent(v, VCSM_IMPORT, 0);

	KUNIT_ASSERT_NOT_NULL(test, msg);
	vpu_answer(v, le32_to_cpu(msg->header.trans_id), 0);
	KUNIT_EXPECT_EQ(test, fake_join(i->task), -ENOMEM);
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).refused, 1);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
}

/*
 * Addresses.
 */

static const struct import_address {
	const char *name;
	unsigned int aliases;
	u64 addr;
	size_t size;
	u32 told;
	int result;
} import_addresses[] = {
	{ "C is C", FERRY_VCSM_ALIAS_C, 0xc0000000, SZ_4K, 0xc0000000, 0 },
	{ "by default", 0, 0xde400000, SZ_4K, 0xde400000, 0 },
	{ "end of C", FERRY_VCSM_ALIAS_C, 0xffffe000, SZ_4K, 0xffffe000, 0 },
	{ "4 on the old one", FERRY_VCSM_ALIAS_4 | FERRY_VCSM_ALIAS_8, 0x5e400000, SZ_4K,
	  0x5e400000, 0 },
	{ "8 on the old one", FERRY_VCSM_ALIAS_4 | FERRY_VCSM_ALIAS_8, 0x9e400000, SZ_4K,
	  0x9e400000, 0 },
	{ "4 on a new one", FERRY_VCSM_ALIAS_C, 0x5e400000, SZ_4K, 0xde400000, 0 },
	{ "0 on a new one", FERRY_VCSM_ALIAS_C, 0x1e400000, SZ_4K, 0xde400000, 0 },
	{ "0 on the old one", FERRY_VCSM_ALIAS_4, 0x1e400000, SZ_4K, 0xde400000, 0 },
	{ "address 0", FERRY_VCSM_ALIAS_C, 0, SZ_4K, 0xc0000000, 0 },
	{ "over the end of an alias", FERRY_VCSM_ALIAS_4, 0x7ffff000, SZ_8K, 0, -ERANGE },
	{ "over 4 GiB", FERRY_VCSM_ALIAS_C, 0x100000000, SZ_4K, 0, -ERANGE },
	{ "a page too big", FERRY_VCSM_ALIAS_C, 0xc0000000, SZ_1G, 0, -ERANGE },
};

static void import_address_desc(const struct import_address *a, char *desc)
{
	strscpy(desc, a->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(import_address, import_addresses, import_address_desc);

static void the_vpu_is_told_an_address_of_its_own(struct kunit *test)
{
	const struct import_address *a = test->param_value;
	const struct ferry_vcsm_cfg cfg = { .aliases = a->aliases };
	struct vpu *v = vpu_create(test, &cfg);
	struct vpu_source *s = vpu_source(test, a->addr, a->size);
	const struct vcsm_import *msg;
	struct dma_buf *chained;

	v->confirms = true;
	rig_oblige(v);
	chained = vpu_import_now(v, s);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(chained), a->result);
	if (!IS_ERR(chained)) {
		msg = vpu_sent(v, VCSM_IMPORT, 0);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(msg->addr), a->told);
		KUNIT_EXPECT_EQ(test, le32_to_cpu(msg->size), a->size);
		vpu_put(chained);
	}
	rig_expect_nothing_left(test, v, s);
}

static void what_is_in_pieces_is_refused(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);

	s->segments = 2;
	KUNIT_EXPECT_PTR_EQ(test, vpu_import_now(v, s), ERR_PTR(-EFBIG));
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_IMPORT), 0);
}

static void a_name_is_made_printable(struct kunit *test)
{
	static const struct {
		const char *name;
		const char *told;
	} names[] = {
		{ NULL, "sm-host-resource" },
		{ "", "sm-host-resource" },
		{ "a\nb\x7f\xff", "a?b??" },
		{ "0123456789012345678901234567890123456789", "0123456789012345678901234567890" },
	};
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	const struct vcsm_import *msg;
	struct dma_buf *chained;
	unsigned int i;

	rig_oblige(v);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		chained = ferry_vcsm_import(v->vc, s->dmabuf, names[i].name);
		KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
		msg = vpu_sent(v, VCSM_IMPORT, i);
		KUNIT_EXPECT_STREQ(test, msg->name, names[i].told);
		KUNIT_EXPECT_EQ(test, msg->name[VCSM_NAME - 1], 0);
		vpu_put(chained);
	}
	rig_expect_nothing_left(test, v, s);
}

static void many_come_and_go_and_none_is_left(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained;
	unsigned int i;

	rig_oblige(v);
	for (i = 0; i < 500; i++) {
		chained = vpu_import_now(v, s);
		KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
		vpu_put(chained);
	}
	rig_expect_nothing_left(test, v, s);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).imports, 500);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).frees, 500);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).releases, 500);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).stray, 0);
}

static int import_attempt(void *arg)
{
	struct vpu_importer *i = arg;
	struct dma_buf *chained = vpu_import_now(i->v, i->source);

	if (IS_ERR(chained))
		return PTR_ERR(chained);
	dma_buf_put(chained);
	return 0;
}

static void failed_allocation_leaves_nothing(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer i = { .v = v, .source = s };

	rig_oblige(v);
	ferry_each_alloc_fails(test, import_attempt, &i);
	rig_expect_nothing_left(test, v, s);
}

static struct kunit_case import_cases[] = {
	KUNIT_CASE(the_bytes_are_as_known),
	KUNIT_CASE(a_user_has_handle_and_address),
	KUNIT_CASE(it_is_kept_until_the_vpu_lets_go),
	KUNIT_CASE(it_is_kept_until_the_user_lets_go),
	KUNIT_CASE(old_firmware_is_only_told),
	KUNIT_CASE(firmware_has_time_to_say_that_it_is_new),
	KUNIT_CASE(what_the_vpu_refuses_leaves_nothing),
	KUNIT_CASE_PARAM(the_vpu_is_told_an_address_of_its_own, import_address_gen_params),
	KUNIT_CASE(what_is_in_pieces_is_refused),
	KUNIT_CASE(a_name_is_made_printable),
	KUNIT_CASE(many_come_and_go_and_none_is_left),
	KUNIT_CASE(failed_allocation_leaves_nothing),
	{}
};

static struct kunit_suite import_suite = {
	.name = "ferry_vcsm_import",
	.test_cases = import_cases,
};

kunit_test_suite(import_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VC-SM: imports");
