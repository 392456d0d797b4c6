/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link with a service SMEM behind which the test is the VPU, and dma-bufs that say who has
 * them.
 */
#ifndef FERRY_KUNIT_VPU_H
#define FERRY_KUNIT_VPU_H

#include <linux/fcntl.h>
#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/ferry/vcsm.h>
#include <linux/spinlock.h>

#include "../../drivers/vcsm/wire.h"
#include "../core/fake.h"

struct kunit;
struct platform_device;

#define VPU_MSG		128
#define VPU_LOG		4096
#define VPU_SPARE	1024	/* of it, for what a test has it say by itself */
#define VPU_ADDR	0xde400000ull
#define VPU_SIZE	SZ_1M
#define VPU_HANDLE	0x80000000u	/* | kernel_id, where it answers by itself */

struct vpu_msg {
	u32 len;
	u8 data[VPU_MSG];
};

struct vpu {
	struct kunit *test;
	struct platform_device *pdev;
	struct ferry_link *link;
	struct ferry_vcsm *vc;
	struct ferry_txq txq;
	struct ferry_rxq rxq;
	struct ferry_channel ch;
	bool registered;
	int stop_ret;
	struct ferry_vcsm_stats stats;	/* of the test's own thread */

	/* What it does by itself; set by the test. */
	bool confirms;			/* its version */
	bool answers;			/* imports */
	bool releases;			/* what it is to free */
	int xmit_ret;			/* of the channel, < 0: nothing is sent */
	void (*on_xmit)(struct vpu *v, const void *msg, size_t len);	/* under the txq lock */

	atomic_t room;
	bool armed;
	unsigned int nr_sent;		/* txq lock */
	struct vpu_msg *sent;

	spinlock_t lock;		/* what comes; taken below the txq lock */
	unsigned int rx_head;
	unsigned int rx_tail;
	struct vpu_msg *rx;
};

/* Somebody's memory. */
struct vpu_source {
	struct dma_buf *dmabuf;
	u64 addr;
	size_t size;
	unsigned int segments;
	int attached;
	int mapped;
	int cpu;			/* accesses of the CPU begun, and not ended */
	bool released;
};

struct vpu *vpu_create(struct kunit *test, const struct ferry_vcsm_cfg *cfg);
void vpu_destroy_vcsm(struct vpu *v);
void vpu_unregister(struct vpu *v);
void vpu_say(struct vpu *v, const void *msg, size_t len);
const void *vpu_sent(struct vpu *v, u32 type, unsigned int n);
unsigned int vpu_count(struct vpu *v, u32 type);
void vpu_serve(struct vpu *v, bool on);
void vpu_confirm(struct vpu *v);
void vpu_answer(struct vpu *v, u32 id, u32 handle);
void vpu_release(struct vpu *v, u32 addr, u32 size, u32 kernel_id, u32 handle);
void vpu_give(struct vpu *v, unsigned int room);

struct vpu_source *vpu_source_mode(struct kunit *test, u64 addr, size_t size, int mode);

static inline struct vpu_source *vpu_source(struct kunit *test, u64 addr, size_t size)
{
	return vpu_source_mode(test, addr, size, O_RDWR);
}

bool vpu_source_is_free(struct vpu_source *s);

/* An import by somebody else. */
struct vpu_importer {
	struct vpu *v;
	struct vpu_source *source;
	struct dma_buf *chained;
	struct fake_task *task;
};

struct vpu_importer *vpu_import(struct kunit *test, struct vpu *v, struct vpu_source *source);
struct dma_buf *vpu_import_now(struct vpu *v, struct vpu_source *source);
void vpu_put(struct dma_buf *chained);

/* What the instance counts now. Not by value: each copy would stay on the stack. */
const struct ferry_vcsm_stats *vpu_stats_now(struct vpu *v);

#define vpu_stats(v)	(*vpu_stats_now(v))

#endif /* FERRY_KUNIT_VPU_H */
