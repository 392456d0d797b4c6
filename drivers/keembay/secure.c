// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: the firmware of the SoC, which alone can start and stop a VPU.
 *
 * On a board it is asked by secure monitor call. Where a stand-in is registered for a
 * VPU it is asked instead. This is a module of its own, so that the one who asks and
 * the stand-in do not pin each other.
 */
#include <linux/arm-smccc.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include "secure.h"

struct secure_stand_in {
	struct list_head node;
	u32 vpu_id;
	const struct ferry_kmb_secure_ops *ops;
	void *data;
};

/* Held for reading while a stand-in is asked: it stays until it has answered. */
static DECLARE_RWSEM(secure_lock);
static LIST_HEAD(secure_stand_ins);

static struct secure_stand_in *secure_find(u32 vpu_id)
{
	struct secure_stand_in *s;

	lockdep_assert_held(&secure_lock);
	list_for_each_entry(s, &secure_stand_ins, node)
		if (s->vpu_id == vpu_id)
			return s;
	return NULL;
}

#if defined(CONFIG_ARM64) && defined(CONFIG_HAVE_ARM_SMCCC_DISCOVERY)

#define SECURE_CALL(nr)	ARM_SMCCC_CALL_VAL(ARM_SMCCC_FAST_CALL, ARM_SMCCC_SMC_32, \
					   ARM_SMCCC_OWNER_SIP, nr)
#define SECURE_BOOT	SECURE_CALL(0xff10)
#define SECURE_STOP	SECURE_CALL(0xff16)

/* An exception instead of an answer, where the firmware is reached in another way. */
static bool secure_has_monitor(void)
{
	return arm_smccc_1_1_get_conduit() == SMCCC_CONDUIT_SMC;
}

static int secure_monitor_boot(const struct ferry_kmb_boot_request *req)
{
	struct arm_smccc_res res;

	if (!secure_has_monitor())
		return -EOPNOTSUPP;
	arm_smccc_smc(SECURE_BOOT, 0, req->reserved_size, req->image_addr, req->image_size,
		      req->entry, req->x509_addr, req->imr, &res);
	return res.a0 ? -EIO : 0;
}

static int secure_monitor_stop(void)
{
	struct arm_smccc_res res;

	if (!secure_has_monitor())
		return -EOPNOTSUPP;
	arm_smccc_smc(SECURE_STOP, 0, 0, 0, 0, 0, 0, 0, &res);
	return res.a0 ? -EIO : 0;
}

#else

static int secure_monitor_boot(const struct ferry_kmb_boot_request *req)
{
	return -EOPNOTSUPP;
}

static int secure_monitor_stop(void)
{
	return -EOPNOTSUPP;
}

#endif

/**
 * ferry_kmb_secure_register() - stand in for the firmware of the SoC
 * @vpu_id:	number of the VPU
 * @ops:	what it does
 * @data:	argument of @ops
 *
 * Context: process, may sleep; not under a lock that @ops take.
 * Return: 0; -EINVAL when an op is missing, -EEXIST when somebody stands in for that
 * VPU already, -ENOMEM.
 */
int ferry_kmb_secure_register(u32 vpu_id, const struct ferry_kmb_secure_ops *ops, void *data)
{
	struct secure_stand_in *s;
	int ret = -EEXIST;

	if (!ops || !ops->boot || !ops->stop)
		return -EINVAL;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->vpu_id = vpu_id;
	s->ops = ops;
	s->data = data;
	down_write(&secure_lock);
	if (!secure_find(vpu_id)) {
		list_add_tail(&s->node, &secure_stand_ins);
		ret = 0;
	}
	up_write(&secure_lock);
	if (ret)
		kfree(s);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_kmb_secure_register);

/**
 * ferry_kmb_secure_unregister() - stand in no more
 * @vpu_id:	number of the VPU
 *
 * When this returns no op runs. Harmless when nobody stands in.
 *
 * Context: process, may sleep; not under a lock that the ops take.
 */
void ferry_kmb_secure_unregister(u32 vpu_id)
{
	struct secure_stand_in *s;

	down_write(&secure_lock);
	s = secure_find(vpu_id);
	if (s)
		list_del(&s->node);
	up_write(&secure_lock);
	kfree(s);
}
EXPORT_SYMBOL_GPL(ferry_kmb_secure_unregister);

/**
 * ferry_kmb_secure_boot() - start a VPU
 * @req:	which one, and with what
 *
 * Context: process, may sleep.
 * Return: 0; -EOPNOTSUPP where nobody can do that, -EIO when the firmware of the SoC
 * refuses, or what a stand-in returned. After an error the VPU does not run.
 */
int ferry_kmb_secure_boot(const struct ferry_kmb_boot_request *req)
{
	struct secure_stand_in *s;
	int ret;

	might_sleep();
	down_read(&secure_lock);
	s = secure_find(req->vpu_id);
	ret = s ? s->ops->boot(s->data, req) : secure_monitor_boot(req);
	up_read(&secure_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_kmb_secure_boot);

/**
 * ferry_kmb_secure_stop() - stop a VPU
 * @vpu_id:	number of the VPU
 *
 * Context: process, may sleep.
 * Return: 0: it can reach memory no more; -EOPNOTSUPP where nobody can do that, -EIO
 * when the firmware of the SoC refuses, or what a stand-in returned.
 */
int ferry_kmb_secure_stop(u32 vpu_id)
{
	struct secure_stand_in *s;
	int ret;

	might_sleep();
	down_read(&secure_lock);
	s = secure_find(vpu_id);
	ret = s ? s->ops->stop(s->data) : secure_monitor_stop();
	up_read(&secure_lock);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_kmb_secure_stop);

MODULE_DESCRIPTION("Ferry: starts and stops the VPU of Intel Keem Bay");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
