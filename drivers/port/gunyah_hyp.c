// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the Gunyah hypervisor is found, called and understood.
 *
 * On arm64 it is called by the conduit of PSCI. A simulated hypervisor, on a machine that
 * has no real one, takes its place for who asks for the machine's.
 */
#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/ferry/port_gunyah.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>

#ifdef CONFIG_ARM64
#include <linux/arm-smccc.h>
#endif

#include "gunyah_abi.h"

#define HYP_RETRIES	8

/* Each as CALL_UID answers; the last two are what hypervisors before 2023 do. */
static const u32 hyp_uids[][4] = {
	{ 0xcd8fd5c1, 0xdb5f53a4, 0x36ce6592, 0x145f3d67 },
	{ 0xbd54bd19, 0x1b57370b, 0x9b606f94, 0xe69d5354 },
	{ 0x673d5f14, 0x9265ce36, 0xa4535fdb, 0xc1d58fcd },
	{ 0x19bd54bd, 0x0b37571b, 0x946f609b, 0x54539de6 },
};

struct hyp_errno {
	s64 error;
	int ret;
};

static const struct hyp_errno hyp_errnos[] = {
	{ GUNYAH_OK,			0 },
	{ GUNYAH_UNIMPLEMENTED,		-EOPNOTSUPP },
	{ GUNYAH_RETRY,			-EAGAIN },
	{ GUNYAH_ARGUMENT_INVALID,	-EINVAL },
	{ GUNYAH_ARGUMENT_SIZE,		-EMSGSIZE },
	{ GUNYAH_ARGUMENT_ALIGNMENT,	-EINVAL },
	{ GUNYAH_NOMEM,			-ENOMEM },
	{ GUNYAH_NORESOURCES,		-ENOSPC },
	{ GUNYAH_ADDR_OVERFLOW,		-EFAULT },
	{ GUNYAH_ADDR_UNDERFLOW,	-EFAULT },
	{ GUNYAH_ADDR_INVALID,		-EFAULT },
	{ GUNYAH_DENIED,		-EACCES },
	{ GUNYAH_BUSY,			-EBUSY },
	{ GUNYAH_IDLE,			-EBUSY },
	{ GUNYAH_OBJECT_STATE,		-EPIPE },
	{ GUNYAH_OBJECT_CONFIG,		-EPIPE },
	{ GUNYAH_OBJECT_CONFIGURED,	-EINVAL },
	{ GUNYAH_FAILURE,		-EIO },
	{ GUNYAH_VIRQ_BOUND,		-EBUSY },
	{ GUNYAH_VIRQ_NOT_BOUND,	-ENXIO },
	{ GUNYAH_CAP_NULL,		-EPIPE },
	{ GUNYAH_CAP_REVOKED,		-EPIPE },
	{ GUNYAH_WRONG_OBJECT_TYPE,	-EINVAL },
	{ GUNYAH_INSUFFICIENT_RIGHTS,	-EACCES },
	{ GUNYAH_CSPACE_FULL,		-ENOSPC },
	{ GUNYAH_QUEUE_EMPTY,		-EAGAIN },
	{ GUNYAH_QUEUE_FULL,		-EAGAIN },
	{ GUNYAH_MEMDB_EMPTY,		-EIO },
	{ GUNYAH_MAP_EXISTING,		-EIO },
	{ GUNYAH_MAP_MISSING,		-EIO },
	{ GUNYAH_MAP_CONFLICT,		-EIO },
};

static DEFINE_MUTEX(hyp_lock);		/* hyp_provided */
static struct ferry_gunyah_hyp *hyp_provided;

/**
 * ferry_gunyah_hyp_init() - make a way to call a hypervisor
 * @hyp:	embedded in an object of the caller
 * @ops:	how it is called
 * @owner:	module of @ops; held by each reference but the first
 *
 * The first reference is the caller's and goes with ferry_gunyah_hyp_exit().
 *
 * Context: process.
 * Return: 0, or -EINVAL without a call.
 */
int ferry_gunyah_hyp_init(struct ferry_gunyah_hyp *hyp, const struct ferry_gunyah_hyp_ops *ops,
			  struct module *owner)
{
	if (!hyp || !ops || !ops->call)
		return -EINVAL;
	hyp->ops = ops;
	hyp->owner = owner;
	atomic_long_set(&hyp->strange, 0);
	kref_init(&hyp->ref);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_hyp_init);

/**
 * ferry_gunyah_hyp_hold() - take one more reference
 * @hyp:	the caller holds one, or made it
 *
 * Context: any.
 */
void ferry_gunyah_hyp_hold(struct ferry_gunyah_hyp *hyp)
{
	__module_get(hyp->owner);
	kref_get(&hyp->ref);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_hyp_hold);

static void hyp_release(struct kref *ref)
{
	struct ferry_gunyah_hyp *hyp = container_of(ref, struct ferry_gunyah_hyp, ref);

	if (hyp->ops->release)
		hyp->ops->release(hyp);
}

/**
 * ferry_gunyah_hyp_exit() - undo ferry_gunyah_hyp_init()
 * @hyp:	no more of the caller; &ferry_gunyah_hyp_ops.call has to work until
 *		&ferry_gunyah_hyp_ops.release, which follows the last reference
 *
 * Context: process, may sleep.
 */
void ferry_gunyah_hyp_exit(struct ferry_gunyah_hyp *hyp)
{
	kref_put(&hyp->ref, hyp_release);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_hyp_exit);

/**
 * ferry_gunyah_hyp_put() - give a reference back
 * @hyp:	from ferry_gunyah_hyp_get() or ferry_gunyah_hyp_hold(); NULL and error pointers
 *		do nothing
 *
 * Context: process, may sleep.
 */
void ferry_gunyah_hyp_put(struct ferry_gunyah_hyp *hyp)
{
	struct module *owner;

	if (IS_ERR_OR_NULL(hyp))
		return;
	owner = hyp->owner;
	kref_put(&hyp->ref, hyp_release);
	module_put(owner);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_hyp_put);

/**
 * ferry_gunyah_call() - one hypercall
 * @hyp:	the hypervisor
 * @nr:		number of the call
 * @regs:	x1 to x5 are passed, the others need not be set; all are written. When the
 *		result is no success only x0 means something.
 *
 * A call that asks to be made again is, up to 8 times.
 *
 * Context: any.
 * Return: x0: 0, or the error for ferry_gunyah_errno().
 */
s64 ferry_gunyah_call(struct ferry_gunyah_hyp *hyp, unsigned int nr,
		      struct ferry_gunyah_regs *regs)
{
	struct ferry_gunyah_regs in = *regs;
	unsigned int i = 0;

	in.x[0] = GUNYAH_CALL(nr);
	do {
		*regs = in;
		hyp->ops->call(hyp, regs);
	} while ((s64)regs->x[0] == GUNYAH_RETRY && i++ < HYP_RETRIES);
	return regs->x[0];
}
EXPORT_SYMBOL_GPL(ferry_gunyah_call);

/**
 * ferry_gunyah_errno() - what an error of the hypervisor means
 * @hyp:	the hypervisor, which is told apart by how often it said what is in no list
 * @error:	x0 of an answer
 *
 * Context: any.
 * Return: 0 or -errno. -EPIPE: the object is gone. -EAGAIN: full, empty, or the call was
 * not made in spite of repetition. -EIO: what nobody knows, too.
 */
int ferry_gunyah_errno(struct ferry_gunyah_hyp *hyp, s64 error)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hyp_errnos); i++)
		if (hyp_errnos[i].error == error)
			return hyp_errnos[i].ret;
	atomic_long_inc(&hyp->strange);
	pr_warn_ratelimited("ferry: gunyah: unknown error %lld, %ld till now\n", error,
			    atomic_long_read(&hyp->strange));
	return -EIO;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_errno);

static bool hyp_is_gunyah(struct ferry_gunyah_hyp *hyp)
{
	struct ferry_gunyah_regs regs = { .x[0] = GUNYAH_HYP_CALL_UID };
	unsigned int i, word, same;

	hyp->ops->call(hyp, &regs);
	for (i = 0; i < ARRAY_SIZE(hyp_uids); i++) {
		for (word = 0, same = 0; word < 4; word++)
			same += (u32)regs.x[word] == hyp_uids[i][word];
		if (same == 4)
			return true;
	}
	return false;
}

/**
 * ferry_gunyah_hyp_check() - is it Gunyah, and one that we understand?
 * @hyp:	what is to be asked
 * @need:	FERRY_GUNYAH_HAS_QUEUE, FERRY_GUNYAH_HAS_BELL
 *
 * Context: any.
 * Return: 0, -ENODEV it is another hypervisor or none, -EOPNOTSUPP it is Gunyah, but speaks
 * only older calls, another version, the other byte order, or has not what is needed.
 */
int ferry_gunyah_hyp_check(struct ferry_gunyah_hyp *hyp, u64 need)
{
	struct ferry_gunyah_regs regs = {};
	u64 info;

	if (!hyp_is_gunyah(hyp))
		return -ENODEV;
	info = ferry_gunyah_call(hyp, GUNYAH_IDENTIFY, &regs);
	/* One that has no SMCCC calls says -1, which is no version either. */
	if (FIELD_GET(GUNYAH_API_VERSION, info) != GUNYAH_API_VERSION_1 ||
	    info & GUNYAH_API_BIG_ENDIAN || (regs.x[1] & need) != need)
		return -EOPNOTSUPP;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_hyp_check);

#ifdef CONFIG_ARM64
static void hyp_smccc_call(struct ferry_gunyah_hyp *hyp, struct ferry_gunyah_regs *regs)
{
	struct arm_smccc_res res;
	u64 *x = regs->x;

	arm_smccc_1_1_invoke(x[0], x[1], x[2], x[3], x[4], x[5], &res);
	x[0] = res.a0;
	x[1] = res.a1;
	x[2] = res.a2;
	x[3] = res.a3;
}

static const struct ferry_gunyah_hyp_ops hyp_smccc_ops = {
	.call = hyp_smccc_call,
};

/* Never freed: its first reference is this module's. */
static struct ferry_gunyah_hyp hyp_real = {
	.ops = &hyp_smccc_ops,
	.owner = THIS_MODULE,
	.ref = KREF_INIT(1),
};

static struct ferry_gunyah_hyp *hyp_machine(void)
{
	return ferry_gunyah_hyp_check(&hyp_real, 0) == -ENODEV ? NULL : &hyp_real;
}
#else
static struct ferry_gunyah_hyp *hyp_machine(void)
{
	return NULL;
}
#endif

/**
 * ferry_gunyah_hyp_provide() - be the hypervisor of a machine that has none
 * @hyp:	what ferry_gunyah_hyp_get() is to return
 *
 * Context: process, may sleep.
 * Return: 0, or -EBUSY: the machine runs under Gunyah, or somebody provides it already.
 */
int ferry_gunyah_hyp_provide(struct ferry_gunyah_hyp *hyp)
{
	guard(mutex)(&hyp_lock);
	if (hyp_provided || hyp_machine())
		return -EBUSY;
	hyp_provided = hyp;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_hyp_provide);

/**
 * ferry_gunyah_hyp_withdraw() - undo ferry_gunyah_hyp_provide()
 * @hyp:	which was provided; else nothing happens
 *
 * Who has got it keeps it.
 *
 * Context: process, may sleep.
 */
void ferry_gunyah_hyp_withdraw(struct ferry_gunyah_hyp *hyp)
{
	guard(mutex)(&hyp_lock);
	if (hyp_provided == hyp)
		hyp_provided = NULL;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_hyp_withdraw);

/**
 * ferry_gunyah_hyp_get() - the hypervisor of this machine
 * @need:	FERRY_GUNYAH_HAS_QUEUE, FERRY_GUNYAH_HAS_BELL
 *
 * Context: process, may sleep.
 * Return: the hypervisor, with a reference for ferry_gunyah_hyp_put(); ERR_PTR(-ENODEV) when
 * there is none, ERR_PTR(-EOPNOTSUPP) when it cannot do what is needed.
 */
struct ferry_gunyah_hyp *ferry_gunyah_hyp_get(u64 need)
{
	struct ferry_gunyah_hyp *hyp;
	int ret;

	guard(mutex)(&hyp_lock);
	hyp = hyp_provided ?: hyp_machine();
	if (!hyp)
		return ERR_PTR(-ENODEV);
	ret = ferry_gunyah_hyp_check(hyp, need);
	if (ret)
		return ERR_PTR(ret);
	ferry_gunyah_hyp_hold(hyp);
	return hyp;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_hyp_get);

MODULE_DESCRIPTION("Ferry: message queues and doorbells of the Gunyah hypervisor");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
