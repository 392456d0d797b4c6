/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VC-SM: memory that is shared with the VideoCore processor (VPU) of a Raspberry Pi.
 */
#ifndef _LINUX_FERRY_VCSM_H
#define _LINUX_FERRY_VCSM_H

#include <linux/bits.h>
#include <linux/types.h>

struct device;
struct dma_buf;
struct ferry_link;
struct ferry_vcsm;

/**
 * DOC: VC-SM
 *
 * A dma-buf is imported to the VPU, which then knows it by a handle. What ferry_vcsm_import()
 * returns is another dma-buf over the same memory, the *chained* one: who holds it holds the
 * import. After its last reference is gone the VPU is told, and the memory is let go when
 * the VPU has said that it is done with it, be that at once, later or never.
 *
 * So there are two owners, and the memory stays attached and pinned until both are gone::
 *
 *	new -> asked -> mapped -> unmapping -> gone
 *
 * "asked": the VPU was told of it and has not answered. "mapped": it has a handle.
 * "unmapping": no user has it any more, and the VPU was asked to free it. "gone": the VPU has
 * it no more; a user may still have.
 *
 * A caller that is killed, or whose time is over, leaves the import as it is: "asked". An
 * answer that comes later is followed by the request to free it.
 *
 * When the link crashes, or the service is closed, nothing is freed that the VPU may still
 * write to: the link has it, until its remote was stopped.
 */

/* struct ferry_vcsm_cfg.aliases: which uppermost two bits of an address are all right */
#define FERRY_VCSM_ALIAS_4	BIT(1)	/* 0x4xxxxxxx: in the L2 cache of the VPU */
#define FERRY_VCSM_ALIAS_8	BIT(2)	/* 0x8xxxxxxx: the same, older */
#define FERRY_VCSM_ALIAS_C	BIT(3)	/* 0xCxxxxxxx: in no cache */

/**
 * struct ferry_vcsm_cfg - what an instance is like
 * @dma_dev:	whose dma-ranges are the VPU's view of memory, for memory that is allocated
 *		here: the device that the link imports for; NULL: none is
 * @aliases:	FERRY_VCSM_ALIAS_*; where the dma-ranges say something else that is warned
 *		of once, and corrected to 0xCxxxxxxx. 0 is %FERRY_VCSM_ALIAS_C.
 * @timeout_ms:	how long an import waits for others, for room and for its answer, each; 0 is
 *		10 s
 * @version_ms:	how long old firmware is given to prove that it is not, after which memory is
 *		let go when it was told so; 0 is 1 s
 * @vpu_max:	bytes that the VPU may ask for; 0: none
 * @node:	make /dev/vcsm-cma
 */
struct ferry_vcsm_cfg {
	struct device *dma_dev;
	unsigned int aliases;
	unsigned int timeout_ms;
	unsigned int version_ms;
	size_t vpu_max;
	bool node;
};

/**
 * struct ferry_vcsm_stats - counters of an instance
 * @imports:	buffers that the VPU took
 * @refused:	that it did not
 * @frees:	that it was asked to free
 * @releases:	that it let go
 * @requests:	for memory, by the VPU
 * @granted:	of these
 * @late:	answers to imports that nobody waited for any more
 * @unknown:	answers to nothing
 * @malformed:	messages that are too short, too long or of an unknown type
 * @stray:	releases of what the VPU does not have, or under a wrong name
 * @flooded:	times that one could not be taken yet, since too many were waiting
 * @buffers:	there are now
 * @in_use:	of these a user has
 * @held:	of these the VPU has, or may have
 * @vpu_bytes:	memory that the VPU asked for and has
 * @version:	that the VPU speaks, as far as is known: 1 or 2
 */
struct ferry_vcsm_stats {
	u64 imports;
	u64 refused;
	u64 frees;
	u64 releases;
	u64 requests;
	u64 granted;
	u64 late;
	u64 unknown;
	u64 malformed;
	u64 stray;
	u64 flooded;
	unsigned int buffers;
	unsigned int in_use;
	unsigned int held;
	u64 vpu_bytes;
	unsigned int version;
};

struct ferry_vcsm *ferry_vcsm_create(struct ferry_link *link, const struct ferry_vcsm_cfg *cfg);
void ferry_vcsm_destroy(struct ferry_vcsm *vc);
struct ferry_vcsm *ferry_vcsm_get(const char *link);
void ferry_vcsm_put(struct ferry_vcsm *vc);
void ferry_vcsm_stats(struct ferry_vcsm *vc, struct ferry_vcsm_stats *stats);

struct dma_buf *ferry_vcsm_import(struct ferry_vcsm *vc, struct dma_buf *source,
				  const char *name);
struct dma_buf *ferry_vcsm_alloc(struct ferry_vcsm *vc, size_t size, const char *name);
int ferry_vcsm_handle(const struct dma_buf *chained, u32 *handle, u32 *addr);

#endif /* _LINUX_FERRY_VCSM_H */
