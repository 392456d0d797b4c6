// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: who starts and stops the VPU.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/task.h>

#include "../../drivers/keembay/secure.h"
#include "../ferry_kunit.h"

#define VPU	0x6b756e69	/* no board has that one */

struct stand_in {
	struct ferry_kmb_boot_request req;
	int result;
	unsigned int boots;
	unsigned int stops;
	bool slow;		/* boot waits until it may go on */
	struct completion inside;
	struct completion go_on;
};

static int stand_in_boot(void *data, const struct ferry_kmb_boot_request *req)
{
	struct stand_in *s = data;

	s->req = *req;
	if (s->slow) {
		complete(&s->inside);
		wait_for_completion(&s->go_on);
	}
	s->boots++;
	return s->result;
}

static int stand_in_stop(void *data)
{
	struct stand_in *s = data;

	s->stops++;
	return s->result;
}

static const struct ferry_kmb_secure_ops stand_in_ops = {
	.boot = stand_in_boot,
	.stop = stand_in_stop,
};

static void stand_in_end(void *vpu_id)
{
	ferry_kmb_secure_unregister((uintptr_t)vpu_id);
}

static struct stand_in *stand_in(struct kunit *test, u32 vpu_id)
{
	struct stand_in *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	init_completion(&s->inside);
	init_completion(&s->go_on);
	KUNIT_ASSERT_EQ(test, ferry_kmb_secure_register(vpu_id, &stand_in_ops, s), 0);
	ferry_defer(test, stand_in_end, (void *)(uintptr_t)vpu_id);
	return s;
}

static const struct ferry_kmb_boot_request request = {
	.fw_addr = 0x86000000,
	.fw_size = 0x1000000,
	.entry = 0x86002000,
	.x509_addr = 0x87000000,
	.x509_size = 0x123,
	.reserved_size = 0x1000000,
	.imr = 9,
	.vpu_id = VPU,
	.image_addr = 0x86001000,
	.image_size = 0x2000,
	.version_addr = 0x86008000,
	.config_addr = 0x86009000,
};

static void without_anybody_it_is_not_supported(struct kunit *test)
{
	/* No call to a monitor either: UML has none, and would not come back. */
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&request), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU), -EOPNOTSUPP);
	ferry_kmb_secure_unregister(VPU);
}

static void the_stand_in_is_asked(struct kunit *test)
{
	struct stand_in *s = stand_in(test, VPU);

	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&request), 0);
	KUNIT_EXPECT_MEMEQ(test, &s->req, &request, sizeof(request));
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU), 0);
	s->result = -EPERM;
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&request), -EPERM);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU), -EPERM);
	KUNIT_EXPECT_EQ(test, s->boots, 2);
	KUNIT_EXPECT_EQ(test, s->stops, 2);

	ferry_kmb_secure_unregister(VPU);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&request), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, s->boots, 2);
}

static void each_vpu_has_its_own(struct kunit *test)
{
	struct stand_in *a = stand_in(test, VPU);
	struct stand_in *b = stand_in(test, VPU + 1);

	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_boot(&request), 0);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU + 1), 0);
	KUNIT_EXPECT_EQ(test, a->boots, 1);
	KUNIT_EXPECT_EQ(test, a->stops, 0);
	KUNIT_EXPECT_EQ(test, b->boots, 0);
	KUNIT_EXPECT_EQ(test, b->stops, 1);
}

static void one_vpu_has_one_stand_in(struct kunit *test)
{
	static const struct ferry_kmb_secure_ops no_stop = { .boot = stand_in_boot };
	static const struct ferry_kmb_secure_ops no_boot = { .stop = stand_in_stop };
	struct stand_in *s = stand_in(test, VPU);

	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_register(VPU, &stand_in_ops, NULL), -EEXIST);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU), 0);
	KUNIT_EXPECT_EQ(test, s->stops, 1);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_register(VPU + 1, NULL, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_register(VPU + 1, &no_stop, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_register(VPU + 1, &no_boot, NULL), -EINVAL);
}

static int boot_thread(void *arg)
{
	return ferry_kmb_secure_boot(&request);
}

static int unregister_thread(void *arg)
{
	ferry_kmb_secure_unregister(VPU);
	complete(arg);
	return 0;
}

static void unregistering_waits_for_the_answer(struct kunit *test)
{
	struct stand_in *s = stand_in(test, VPU);
	DECLARE_COMPLETION_ONSTACK(gone);
	struct task_struct *boot, *end;

	s->slow = true;
	boot = kthread_run(boot_thread, NULL, "kunit-boot");
	KUNIT_ASSERT_FALSE(test, IS_ERR(boot));
	get_task_struct(boot);
	wait_for_completion(&s->inside);
	end = kthread_run(unregister_thread, &gone, "kunit-unregister");
	if (!IS_ERR(end)) {
		msleep(50);
		KUNIT_EXPECT_FALSE(test, completion_done(&gone));
	}
	complete(&s->go_on);
	KUNIT_EXPECT_FALSE(test, IS_ERR(end));
	if (!IS_ERR(end))
		wait_for_completion(&gone);
	kthread_stop(boot);
	put_task_struct(boot);
	KUNIT_EXPECT_EQ(test, s->boots, 1);
}

static int registering(void *arg)
{
	int ret = ferry_kmb_secure_register(VPU, &stand_in_ops, arg);

	if (!ret)
		ferry_kmb_secure_unregister(VPU);
	return ret;
}

static void no_memory_no_stand_in(struct kunit *test)
{
	ferry_each_alloc_fails(test, registering, NULL);
	KUNIT_EXPECT_EQ(test, ferry_kmb_secure_stop(VPU), -EOPNOTSUPP);
}

static struct kunit_case secure_cases[] = {
	KUNIT_CASE(without_anybody_it_is_not_supported),
	KUNIT_CASE(the_stand_in_is_asked),
	KUNIT_CASE(each_vpu_has_its_own),
	KUNIT_CASE(one_vpu_has_one_stand_in),
	KUNIT_CASE(unregistering_waits_for_the_answer),
	KUNIT_CASE(no_memory_no_stand_in),
	{}
};

static struct kunit_suite secure_suite = {
	.name = "ferry_keembay_secure",
	.test_cases = secure_cases,
};

kunit_test_suite(secure_suite);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of starting and stopping the VPU of Keem Bay");
