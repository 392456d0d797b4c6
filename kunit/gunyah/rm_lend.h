/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For suites of memory that other VMs lend us: a piece that is lent.
 */
#ifndef FERRY_KUNIT_GUNYAH_RM_LEND_H
#define FERRY_KUNIT_GUNYAH_RM_LEND_H

#include "rm_rig.h"

#define BYTES(...)	((const u8 []){ __VA_ARGS__ })
#define OWNER		0x85	/* who lends */
#define HANDLE		0x100	/* of the first piece */

static const struct ferry_sim_gunyah_rm_lend two_pieces = {
	.owner = OWNER, .trans = RM_MEM_TRANS_LEND, .rights = 6, .label = 0x77, .tag = 0x1234,
	.base = { 0x44400000, 0x123456000 }, .size = { SZ_4K, SZ_8K },
};

static inline struct ferry_sim_gunyah_rm_lent_state lent_state(struct rmrig *r)
{
	struct ferry_sim_gunyah_rm_lent_state state = {};

	KUNIT_EXPECT_EQ(r->test, ferry_sim_gunyah_rm_lent_state(r->sim, HANDLE, &state), 0);
	return state;
}

static inline struct rmrig *lent_rig(struct kunit *test)
{
	struct rmrig *r = rmrig_new(test);

	KUNIT_ASSERT_EQ(test, ferry_sim_gunyah_rm_lend(r->sim, &two_pieces), HANDLE);
	return r;
}

/* The newest packet, but for its sequence. */
static inline void newest_packet_is(struct rmrig *r, size_t len, const u8 *want)
{
	unsigned long nr = ferry_sim_gunyah_rm_packets(r->sim) - 1;

	KUNIT_ASSERT_EQ(r->test, ferry_sim_gunyah_rm_seen(r->sim, nr, r->packet), len);
	KUNIT_EXPECT_MEMEQ(r->test, r->packet, want, 2);
	KUNIT_EXPECT_MEMEQ(r->test, r->packet + 4, want + 4, len - 4);
}

#endif /* FERRY_KUNIT_GUNYAH_RM_LEND_H */
