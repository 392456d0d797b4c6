/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host of VCHIQ that is written by hand: slot zero, and messages. The simulated VPU is at the
 * other end.
 */
#ifndef FERRY_KUNIT_VPU_HOST_H
#define FERRY_KUNIT_VPU_HOST_H

#include "../../drivers/sim/vchiq_vpu.h"
#include "../../drivers/vchiq/wire.h"

struct kunit;

/* Memory of the host: slots, fragments, lists, and then pages. */
#define PAGE4		4096u
#define MEM_ADDR	0xde000000u
#define MEM_FRAGMENTS	(VCHIQ_SLOTS * PAGE4)
#define MEM_LISTS	((VCHIQ_SLOTS + 2) * PAGE4)
#define MEM_PAGES	((VCHIQ_SLOTS + 3) * PAGE4)
#define MEM_NR_PAGES	24
#define MEM_SIZE	(MEM_PAGES + MEM_NR_PAGES * PAGE4)
#define MEM_END		(MEM_ADDR + MEM_SIZE)
#define POISON		0xa5

#define PAGE_ADDR(n)	(MEM_ADDR + MEM_PAGES + (n) * PAGE4)
#define ID(type, src, dst) ((u32)(type) << 24 | (u32)(src) << 12 | (dst))

struct vpuhost {
	struct kunit *test;
	u8 *mem;
	struct vchiq_slot_zero *zero;
	struct ferry_port *port[4];	/* our ring and bell, the VPU's bell and ring */
	struct ferry_sim_vchiq *sim;
	u32 tx_pos;
	u32 rx_pos;
	unsigned int lists;	/* that were used */
	u16 peer[8];		/* by our port */
	bool gone;		/* the pages are */
};

/* With cache lines of the VPU of so many bytes, or 0; ends with the test. */
struct vpuhost *vpuhost_create(struct kunit *test, u32 line);
/* Slot zero, and poison behind the slots: of a new one that was done. */
void vpuhost_begins(struct vpuhost *h);
void vpuhost_opens(struct vpuhost *h, u16 port, u32 fourcc);
void vpuhost_says(struct vpuhost *h, u32 msgid, const void *payload, u32 size);
const void *vpuhost_hears(struct vpuhost *h, enum vchiq_type type, u16 port, u32 size);

#endif /* FERRY_KUNIT_VPU_HOST_H */
