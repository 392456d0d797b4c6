/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites of VC-SM all begin and end with.
 */
#ifndef FERRY_KUNIT_VCSM_RIG_H
#define FERRY_KUNIT_VCSM_RIG_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>

#include "../ferry_kunit.h"
#include "vpu.h"

#define HANDLE	0x80000011u

/* A VPU that has confirmed its version. */
static inline struct vpu *rig_vpu(struct kunit *test, const struct ferry_vcsm_cfg *cfg)
{
	struct vpu *v = vpu_create(test, cfg);

	KUNIT_ASSERT_NOT_NULL(test, vpu_sent(v, VCSM_CLIENT_VERSION, 0));
	vpu_confirm(v);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(vpu_stats(v).version == 2));
	return v;
}

/* From now on it answers imports, and lets go of what it is to free. */
static inline void rig_oblige(struct vpu *v)
{
	v->answers = true;
	v->releases = true;
}

static inline struct vpu_source *rig_source(struct kunit *test)
{
	return vpu_source(test, VPU_ADDR, VPU_SIZE);
}

/* Nothing is left of what there was, at either end. */
static inline void rig_expect_nothing_left(struct kunit *test, struct vpu *v,
					   struct vpu_source *s)
{
	const struct ferry_vcsm_stats *stats;

	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).buffers));
	stats = vpu_stats_now(v);
	KUNIT_EXPECT_EQ(test, stats->in_use, 0);
	KUNIT_EXPECT_EQ(test, stats->held, 0);
	KUNIT_EXPECT_EQ(test, stats->vpu_bytes, 0);
}

/* After a while, too: one user, the import. */
static inline bool rig_is_kept(struct vpu_source *s)
{
	msleep(30);
	flush_delayed_fput();
	return READ_ONCE(s->attached) == 1 && READ_ONCE(s->mapped) == 1 &&
	       file_count(s->dmabuf->file) == 2;
}

/* An import that the VPU was asked for, and has not answered; its message. */
static inline const struct vcsm_import *rig_ask(struct kunit *test, struct vpu *v,
						struct vpu_source *s, struct vpu_importer **i)
{
	unsigned int n = vpu_count(v, VCSM_IMPORT);
	const struct vcsm_import *msg;

	*i = vpu_import(test, v, s);
	msg = vpu_sent(v, VCSM_IMPORT, n);
	KUNIT_ASSERT_NOT_NULL(test, msg);
	return msg;
}

/* Asked, answered with HANDLE, and in use. */
static inline struct dma_buf *rig_import(struct kunit *test, struct vpu *v, struct vpu_source *s)
{
	struct vpu_importer *i;
	const struct vcsm_import *msg = rig_ask(test, v, s, &i);

	vpu_answer(v, le32_to_cpu(msg->header.trans_id), HANDLE);
	KUNIT_ASSERT_EQ(test, fake_join(i->task), 0);
	return i->chained;
}

/* The link is started, and the service is up again. */
static inline void rig_start(struct kunit *test, struct vpu *v)
{
	unsigned int n = vpu_count(v, VCSM_CLIENT_VERSION);

	KUNIT_ASSERT_EQ(test, ferry_link_start(v->link), 0);
	KUNIT_ASSERT_NOT_NULL(test, vpu_sent(v, VCSM_CLIENT_VERSION, n));
}

/*
 * Where a simulated VPU sees memory. Nothing says where that is, so the driver says
 * 0xC0000000 | where it is to us; or, with FERRY_VCSM_ALIAS_4, just that of what is in the
 * second GiB: UML puts its memory wherever there is room.
 */
static inline void *rig_map(void *data, u32 addr, u32 size)
{
	unsigned long pfn = PFN_DOWN(addr >> 30 == 3 ? addr & 0x3fffffff : addr);

	return pfn_valid(pfn) ? page_address(pfn_to_page(pfn)) : NULL;
}

static inline void rig_unmap(void *data, void *vaddr, u32 size)
{
}

/*
 * kunit_vm_mmap() lets the thread of a test use an mm, and nobody ends that. To be called at
 * the end of a test, in its thread.
 */
static inline void rig_leave_mm(void)
{
	struct mm_struct *mm = current->mm;

	if (!mm)
		return;
	kthread_unuse_mm(mm);
	mmput(mm);
}

#endif /* FERRY_KUNIT_VCSM_RIG_H */
