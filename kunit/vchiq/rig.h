/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link of VCHIQ, and at its other end the simulated VPU, or the test itself that writes the
 * bytes of the VPU by hand.
 */
#ifndef FERRY_KUNIT_VCHIQ_RIG_H
#define FERRY_KUNIT_VCHIQ_RIG_H

#include <linux/ferry/pool.h>
#include <linux/ferry/vchiq.h>

#include "../../drivers/sim/vchiq_vpu.h"
#include "../../drivers/vchiq/wire.h"
#include "../core/fake.h"

/* vrig_create() */
#define VRIG_HAND	BIT(0)	/* the test is the VPU */
#define VRIG_NO_RESET	BIT(1)	/* it cannot be reset */
#define VRIG_RECOVER	BIT(2)	/* started again after a crash */
#define VRIG_OFFLINE	BIT(3)	/* not started yet */
#define VRIG_SMALL	BIT(4)	/* four data slots for each side */
#define VRIG_IMPORT	BIT(5)	/* dma-bufs can be imported */

#define VRIG_ADDR	0xde000000u
#define VRIG_POOL	0xc1000000u	/* vrig_pool(), a client's memory */
#define VRIG_WAIT_MS	30000

struct vrig {
	struct kunit *test;
	unsigned int flags;
	struct device *dev;	/* that imports, or NULL */
	void *mem;
	struct vchiq_slot_zero *zero;
	struct ferry_region *region;
	struct ferry_port *port[4];	/* the host's ring and bell, the VPU's bell and ring */
	struct ferry_vchiq *vc;
	struct ferry_link *link;
	struct ferry_sim_vchiq *sim;	/* or NULL */
	struct vrig_pool *pool;		/* or NULL */
	int init_ret;
	unsigned int inits;
	unsigned int resets;

	/* by hand */
	u32 rx_pos;
	u32 tx_pos;
};

/* Memory of a client: a pool of the link, which the simulated VPU sees, too. */
struct vrig_pool {
	struct vrig *rig;
	void *mem;
	struct ferry_region *region;
	struct ferry_pool *pool;
};

struct vrig *vrig_create(struct kunit *test, unsigned int flags);
void vrig_destroy(struct vrig *rig);
int vrig_open(struct vrig *rig, struct fake_client *c, const char *name, unsigned int flags);
struct fake_client *vrig_opened(struct vrig *rig, const char *name, unsigned int flags);
bool vrig_state(struct vrig *rig, enum ferry_state state);

struct vrig_pool *vrig_pool(struct vrig *rig, unsigned int nr, size_t size, u32 shift);
void vrig_pool_destroy(struct vrig_pool *p);

/* By hand. */
void vrig_say(struct vrig *rig, u32 msgid, const void *payload, u32 size);
void vrig_publish(struct vrig *rig, u32 pos);
void vrig_rings(struct vrig *rig);
const void *vrig_hears(struct vrig *rig, u32 *msgid, u32 *size);
void vrig_recycle(struct vrig *rig, u32 slot);
void vrig_hand_open_as(struct vrig *rig, struct fake_client *c, const char *name, u16 peer,
		       u16 *port);
struct fake_client *vrig_hand_open(struct vrig *rig, const char *name, u16 peer, u16 *port);

#define VRIG_ID(type, src, dst)	((u32)VCHIQ_##type << 24 | (u32)(src) << 12 | (dst))
#define VRIG_EXPECT_STATE(rig, name) \
	KUNIT_EXPECT_TRUE((rig)->test, vrig_state(rig, FERRY_STATE_##name))

#endif /* FERRY_KUNIT_VCHIQ_RIG_H */
