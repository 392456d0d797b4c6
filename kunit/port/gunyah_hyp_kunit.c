// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding, calling and understanding the Gunyah hypervisor.
 */
#include <linux/module.h>

#include "gunyah_rig.h"

#define UNIMPLEMENTED	(~0ULL)

/* A hypervisor of which every answer is written down. */
struct fake_hyp {
	struct ferry_gunyah_hyp hyp;
	u64 uid[4];
	u64 identify[4];
	u64 asked[8];		/* x0 of each call */
	unsigned int nr_asked;
	unsigned int retries;	/* so many times: again */
	bool released;
};

static void fake_call(struct ferry_gunyah_hyp *hyp, struct ferry_gunyah_regs *regs)
{
	struct fake_hyp *fake = container_of(hyp, struct fake_hyp, hyp);
	u64 id = regs->x[0];

	if (fake->nr_asked < ARRAY_SIZE(fake->asked))
		fake->asked[fake->nr_asked] = id;
	fake->nr_asked++;
	if (fake->retries) {
		fake->retries--;
		regs->x[0] = GUNYAH_RETRY;
		regs->x[1] = 0xbad;	/* as a call may leave it */
		return;
	}
	memcpy(regs->x, id == GUNYAH_HYP_CALL_UID ? fake->uid : fake->identify, sizeof(fake->uid));
}

static void fake_release(struct ferry_gunyah_hyp *hyp)
{
	container_of(hyp, struct fake_hyp, hyp)->released = true;
}

static const struct ferry_gunyah_hyp_ops fake_ops = {
	.call = fake_call,
	.release = fake_release,
};

static struct fake_hyp *fake_new(struct kunit *test)
{
	struct fake_hyp *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	static const u64 uid[4] = { 0xcd8fd5c1, 0xdb5f53a4, 0x36ce6592, 0x145f3d67 };
	static const u64 identify[4] = { 0x5100000000008001, 0x10000eff, 0, 0 };

	KUNIT_ASSERT_NOT_NULL(test, fake);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_hyp_init(&fake->hyp, &fake_ops, THIS_MODULE), 0);
	memcpy(fake->uid, uid, sizeof(uid));
	memcpy(fake->identify, identify, sizeof(identify));
	return fake;
}

static void asks_who_it_is_then_what_it_can(struct kunit *test)
{
	struct fake_hyp *fake = fake_new(test);

	KUNIT_EXPECT_EQ(test, ferry_gunyah_hyp_check(&fake->hyp, FERRY_GUNYAH_HAS_QUEUE), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_asked, 2);
	KUNIT_EXPECT_EQ(test, fake->asked[0], 0x8600ff01);
	KUNIT_EXPECT_EQ(test, fake->asked[1], 0xc6008000);
}

/* Each field alone decides. */
struct check_case {
	const char *name;
	u64 uid[4];
	u64 info;
	u64 flags;
	u64 need;
	int ret;
};

#define UID_GUNYAH	{ 0xcd8fd5c1, 0xdb5f53a4, 0x36ce6592, 0x145f3d67 }
#define BOTH		(FERRY_GUNYAH_HAS_QUEUE | FERRY_GUNYAH_HAS_BELL)

static const struct check_case check_cases[] = {
	{ "published build", UID_GUNYAH, 0x5100000000008001, 0x10000eff, BOTH, 0 },
	{ "variant of the manual", UID_GUNYAH, 0x4800000000008001, 0x10000eff, BOTH, 0 },
	{ "build of a vendor", { 0xbd54bd19, 0x1b57370b, 0x9b606f94, 0xe69d5354 },
	  0x5100000000008001, 0x10000eff, BOTH, 0 },
	{ "older order", { 0x673d5f14, 0x9265ce36, 0xa4535fdb, 0xc1d58fcd },
	  0x5100000000008001, 0x10000eff, BOTH, 0 },
	{ "older order of a vendor", { 0x19bd54bd, 0x0b37571b, 0x946f609b, 0x54539de6 },
	  0x5100000000008001, 0x10000eff, BOTH, 0 },
	{ "no hypervisor", { UNIMPLEMENTED, 0, 0, 0 }, UNIMPLEMENTED, 0, BOTH, -ENODEV },
	{ "another one", { 0xb66fb428, 0xe911c52e, 0x564bcaa9, 0x743a004d },
	  0x5100000000008001, 0x10000eff, BOTH, -ENODEV },
	{ "three words right", { 0xcd8fd5c1, 0xdb5f53a4, 0x36ce6592, 0x145f3d66 },
	  0x5100000000008001, 0x10000eff, BOTH, -ENODEV },
	{ "only older calls", UID_GUNYAH, UNIMPLEMENTED, 0x10000eff, BOTH, -EOPNOTSUPP },
	{ "version 2", UID_GUNYAH, 0x5100000000008002, 0x10000eff, BOTH, -EOPNOTSUPP },
	{ "version 0", UID_GUNYAH, 0x5100000000008000, 0x10000eff, BOTH, -EOPNOTSUPP },
	{ "big endian", UID_GUNYAH, 0x510000000000c001, 0x10000eff, BOTH, -EOPNOTSUPP },
	{ "no queues", UID_GUNYAH, 0x5100000000008001, 0x10000efb, FERRY_GUNYAH_HAS_QUEUE,
	  -EOPNOTSUPP },
	{ "no queues, none needed", UID_GUNYAH, 0x5100000000008001, 0x10000efb,
	  FERRY_GUNYAH_HAS_BELL, 0 },
	{ "no doorbells", UID_GUNYAH, 0x5100000000008001, 0x10000efd, BOTH, -EOPNOTSUPP },
};

static void check_case_name(const struct check_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(check, check_cases, check_case_name);

static void takes_version_1_with_what_is_needed_only(struct kunit *test)
{
	const struct check_case *c = test->param_value;
	struct fake_hyp *fake = fake_new(test);

	memcpy(fake->uid, c->uid, sizeof(fake->uid));
	fake->identify[0] = c->info;
	fake->identify[1] = c->flags;
	KUNIT_EXPECT_EQ(test, ferry_gunyah_hyp_check(&fake->hyp, c->need), c->ret);
}

static void call_is_repeated_with_the_same_registers(struct kunit *test)
{
	struct fake_hyp *fake = fake_new(test);
	struct ferry_gunyah_regs regs = { .x = { 0, 1, 2 } };

	fake->retries = 8;
	fake->identify[0] = GUNYAH_OK;
	KUNIT_EXPECT_EQ(test, ferry_gunyah_call(&fake->hyp, 0x1b, &regs), 0);
	KUNIT_EXPECT_EQ(test, fake->nr_asked, 9);
	KUNIT_EXPECT_EQ(test, fake->asked[0], 0xc600801b);
	KUNIT_EXPECT_EQ(test, fake->asked[7], 0xc600801b);
}

static void call_is_given_up_after_eight_repetitions(struct kunit *test)
{
	struct fake_hyp *fake = fake_new(test);
	struct ferry_gunyah_regs regs = {};

	fake->retries = 100;
	KUNIT_EXPECT_EQ(test, ferry_gunyah_call(&fake->hyp, 0x1b, &regs), GUNYAH_RETRY);
	KUNIT_EXPECT_EQ(test, fake->nr_asked, 9);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_errno(&fake->hyp, GUNYAH_RETRY), -EAGAIN);
}

static void each_error_has_its_errno(struct kunit *test)
{
	static const struct { s64 error; int ret; } cases[] = {
		{ 0, 0 }, { -1, -EOPNOTSUPP }, { -2, -EAGAIN }, { 1, -EINVAL }, { 2, -EMSGSIZE },
		{ 3, -EINVAL }, { 10, -ENOMEM }, { 11, -ENOSPC }, { 20, -EFAULT }, { 21, -EFAULT },
		{ 22, -EFAULT }, { 30, -EACCES }, { 31, -EBUSY }, { 32, -EBUSY }, { 33, -EPIPE },
		{ 34, -EPIPE }, { 35, -EINVAL }, { 36, -EIO }, { 40, -EBUSY }, { 41, -ENXIO },
		{ 50, -EPIPE }, { 51, -EPIPE }, { 52, -EINVAL }, { 53, -EACCES }, { 54, -ENOSPC },
		{ 60, -EAGAIN }, { 61, -EAGAIN }, { 111, -EIO }, { 120, -EIO }, { 121, -EIO },
		{ 200, -EIO }, { 4, -EIO }, { 62, -EIO }, { -3, -EIO }, { S64_MIN, -EIO },
	};
	struct fake_hyp *fake = fake_new(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test, ferry_gunyah_errno(&fake->hyp, cases[i].error),
				    cases[i].ret, "error %lld", cases[i].error);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&fake->hyp.strange), 4);
}

static void numbers_of_calls_are_those_of_the_manual(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, GUNYAH_CALL(GUNYAH_IDENTIFY), 0xc6008000);
	KUNIT_EXPECT_EQ(test, GUNYAH_CALL(GUNYAH_BELL_SEND), 0xc6008012);
	KUNIT_EXPECT_EQ(test, GUNYAH_CALL(GUNYAH_BELL_RECEIVE), 0xc6008013);
	KUNIT_EXPECT_EQ(test, GUNYAH_CALL(GUNYAH_BELL_MASK), 0xc6008015);
	KUNIT_EXPECT_EQ(test, GUNYAH_CALL(GUNYAH_QUEUE_SEND), 0xc600801b);
	KUNIT_EXPECT_EQ(test, GUNYAH_CALL(GUNYAH_QUEUE_RECEIVE), 0xc600801c);
	KUNIT_EXPECT_EQ(test, GUNYAH_CALL(GUNYAH_QUEUE_FLUSH), 0xc600801d);
	KUNIT_EXPECT_EQ(test, GUNYAH_CALL(GUNYAH_QUEUE_CONFIGURE_SEND), 0xc600801f);
	KUNIT_EXPECT_EQ(test, GUNYAH_CALL(GUNYAH_QUEUE_CONFIGURE_RECEIVE), 0xc6008020);
}

static void machine_has_what_is_provided(struct kunit *test)
{
	struct fake_hyp *fake = fake_new(test);
	struct fake_hyp *other = fake_new(test);
	struct ferry_gunyah_hyp *hyp;

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_hyp_get(BOTH)), -ENODEV);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_hyp_provide(&fake->hyp), 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_hyp_provide(&other->hyp), -EBUSY);
	ferry_gunyah_hyp_withdraw(&other->hyp);
	hyp = ferry_gunyah_hyp_get(BOTH);
	KUNIT_EXPECT_PTR_EQ(test, hyp, &fake->hyp);
	fake->identify[0] = UNIMPLEMENTED;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_hyp_get(BOTH)), -EOPNOTSUPP);
	ferry_gunyah_hyp_withdraw(&fake->hyp);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_hyp_get(BOTH)), -ENODEV);

	/* Who has it keeps it. */
	ferry_gunyah_hyp_exit(&fake->hyp);
	KUNIT_EXPECT_FALSE(test, fake->released);
	ferry_gunyah_hyp_put(hyp);
	KUNIT_EXPECT_TRUE(test, fake->released);
	ferry_gunyah_hyp_put(NULL);
	ferry_gunyah_hyp_put(ERR_PTR(-ENODEV));
}

static void hypervisor_without_a_call_is_refused(struct kunit *test)
{
	static const struct ferry_gunyah_hyp_ops none = {};
	struct fake_hyp *fake = fake_new(test);

	KUNIT_EXPECT_EQ(test, ferry_gunyah_hyp_init(&fake->hyp, &none, THIS_MODULE), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_hyp_init(&fake->hyp, NULL, THIS_MODULE), -EINVAL);
}

static struct kunit_case gunyah_hyp_cases[] = {
	KUNIT_CASE(asks_who_it_is_then_what_it_can),
	KUNIT_CASE_PARAM(takes_version_1_with_what_is_needed_only, check_gen_params),
	KUNIT_CASE(call_is_repeated_with_the_same_registers),
	KUNIT_CASE(call_is_given_up_after_eight_repetitions),
	KUNIT_CASE(each_error_has_its_errno),
	KUNIT_CASE(numbers_of_calls_are_those_of_the_manual),
	KUNIT_CASE(machine_has_what_is_provided),
	KUNIT_CASE(hypervisor_without_a_call_is_refused),
	{}
};

static struct kunit_suite gunyah_hyp_suite = {
	.name = "ferry_gunyah_hyp",
	.test_cases = gunyah_hyp_cases,
};

kunit_test_suite(gunyah_hyp_suite);

MODULE_DESCRIPTION("Ferry: tests of calls to the Gunyah hypervisor");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
