// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated remote misbehaves: what it says once, and what it does all the time.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/string.h>

#include "smd_private.h"

#define RSMD_STORM		100	/* kicks for nothing, each round */
#define RSMD_NO_SUCH_CID	(SMD_TABLE_ENTRIES - 1)

/* A header that announces @len bytes, with @more of them there. */
static void rsmd_lie_len(struct rsmd_chan *ch, u32 len)
{
	struct smd_packet packet = { .len = cpu_to_le32(len) };

	rsmd_ring_put(ch, ch->head, &packet, sizeof(packet));
	rsmd_publish(ch, rsmd_advance(ch, ch->head, sizeof(packet)));
}

static void rsmd_lie_zeros(struct rsmd_chan *ch)
{
	u32 n;

	for (n = ch->cfg.ring / sizeof(struct smd_packet) - 1; n; n--)
		rsmd_lie_len(ch, 0);
}

static void rsmd_lie_garbage(struct rsmd_chan *ch)
{
	u32 i, noise;

	for (i = 0; i < ch->cfg.ring; i += sizeof(noise)) {
		noise = get_random_u32();
		rsmd_ring_put(ch, i, &noise, sizeof(noise));
	}
	rsmd_publish(ch, rsmd_advance(ch, ch->head, ch->cfg.ring - ch->granule));
}

/* A field gets what it should not have; what we remember stays right. */
static void rsmd_lie_field(struct rsmd_chan *ch, enum rsmd_side side, enum rsmd_field field,
			   u32 value)
{
	unsigned long flags;

	spin_lock_irqsave(&ch->sim->lock, flags);
	ch->lied = true;
	rsmd_set(ch, side, field, value);
	wmb();	/* what is said to have changed before it is said */
	rsmd_raise(ch, field == RSMD_STATE ? RSMD_FSTATE : RSMD_FHEAD);
	rsmd_raise(ch, RSMD_FTAIL);
	spin_unlock_irqrestore(&ch->sim->lock, flags);
	rsmd_owe_kick(ch);
}

static bool rsmd_lie_in_ring(struct rsmd_chan *ch, enum ferry_sim_smd_lie lie)
{
	switch (lie) {
	case FERRY_SIM_SMD_LIE_LEN_MAX:
		rsmd_lie_len(ch, ~0u);
		return true;
	case FERRY_SIM_SMD_LIE_LEN_OVER:
		rsmd_lie_len(ch, ch->cfg.ring - SMD_RING_RESERVE + ch->granule);
		return true;
	case FERRY_SIM_SMD_LIE_LEN_ODD:
		rsmd_lie_len(ch, 5);
		return true;
	case FERRY_SIM_SMD_LIE_LEN_ZEROS:
		rsmd_lie_zeros(ch);
		return true;
	case FERRY_SIM_SMD_LIE_GARBAGE:
		rsmd_lie_garbage(ch);
		return true;
	default:
		return false;
	}
}

static bool rsmd_lie_in_info(struct rsmd_chan *ch, enum ferry_sim_smd_lie lie)
{
	static const struct {
		u8 side;
		u8 field;
		bool add;		/* to what is there */
		bool ring;		/* the size of a ring, and */
		u32 value;
	} what[FERRY_SIM_SMD_NR_LIES] = {
		[FERRY_SIM_SMD_LIE_HEAD_SIZE] = { RSMD_OURS, RSMD_HEAD, .ring = true },
		[FERRY_SIM_SMD_LIE_HEAD_MAX] = { RSMD_OURS, RSMD_HEAD, .value = ~0u },
		[FERRY_SIM_SMD_LIE_HEAD_ODD] = { RSMD_OURS, RSMD_HEAD, true, .value = 1 },
		[FERRY_SIM_SMD_LIE_TAIL_SIZE] = { RSMD_THEIRS, RSMD_TAIL, .ring = true },
		[FERRY_SIM_SMD_LIE_TAIL_MAX] = { RSMD_THEIRS, RSMD_TAIL, .value = ~0u },
		[FERRY_SIM_SMD_LIE_TAIL_ODD] = { RSMD_THEIRS, RSMD_TAIL, true, .value = 1 },
		[FERRY_SIM_SMD_LIE_TAIL_AHEAD] = { RSMD_THEIRS, RSMD_TAIL, true, .value = 8 },
		[FERRY_SIM_SMD_LIE_TAIL_BACK] = { RSMD_THEIRS, RSMD_TAIL, true, .value = -8 },
		[FERRY_SIM_SMD_LIE_THEIR_HEAD] = { RSMD_THEIRS, RSMD_HEAD, true, .value = 8 },
		[FERRY_SIM_SMD_LIE_THEIR_TAIL] = { RSMD_OURS, RSMD_TAIL, true, .value = 8 },
		[FERRY_SIM_SMD_LIE_THEIR_STATE] = { RSMD_THEIRS, RSMD_STATE, .value = SMD_CLOSED },
		[FERRY_SIM_SMD_LIE_STATE_MAX] = { RSMD_OURS, RSMD_STATE, .value = ~0u },
	};
	u32 value = what[lie].value;

	if (!what[lie].value && !what[lie].ring && lie != FERRY_SIM_SMD_LIE_THEIR_STATE)
		return false;
	if (what[lie].ring)
		value = ch->cfg.ring;
	if (what[lie].add)
		value = (value + ch->cfg.ring + rsmd_get(ch, what[lie].side, what[lie].field)) %
			ch->cfg.ring;
	rsmd_lie_field(ch, what[lie].side, what[lie].field, value);
	return true;
}

static int rsmd_lie_entry(struct rsmd_chan *ch, const char *name, u32 cid, u32 flags)
{
	u32 slot;
	struct smd_entry *entry = rsmd_entry_free(ch->sim, ch->cfg.second, &slot);

	if (!entry)
		return -ENOSPC;
	rsmd_entry_write(entry, name, cid, flags, 1);
	return 0;
}

/* A driver that looks at tables only when SMEM has changed has to be told that it did. */
static int rsmd_lie_in_table(struct rsmd_chan *ch, enum ferry_sim_smd_lie lie)
{
	u32 flags = rsmd_entry_flags(ch);

	switch (lie) {
	case FERRY_SIM_SMD_LIE_NAME_LONG:
		return rsmd_lie_entry(ch, "a-name-without-an-end", ch->cid, flags);
	case FERRY_SIM_SMD_LIE_NAME_NONE:
		return rsmd_lie_entry(ch, "", ch->cid, flags);
	case FERRY_SIM_SMD_LIE_CID_64:
		return rsmd_lie_entry(ch, "cid-64", SMD_TABLE_ENTRIES, flags);
	case FERRY_SIM_SMD_LIE_CID_MAX:
		return rsmd_lie_entry(ch, "cid-max", ~0u, flags);
	case FERRY_SIM_SMD_LIE_CID_TWICE:
		return rsmd_lie_entry(ch, "cid-twice", ch->cid, flags);
	case FERRY_SIM_SMD_LIE_NAME_TWICE:
		return rsmd_lie_entry(ch, ch->name, RSMD_NO_SUCH_CID, flags);
	case FERRY_SIM_SMD_LIE_NO_ITEMS:
		return rsmd_lie_entry(ch, "no-items", RSMD_NO_SUCH_CID, flags);
	case FERRY_SIM_SMD_LIE_NO_REFS:
		WRITE_ONCE(ch->entry->ref_count, 0);
		return 0;
	case FERRY_SIM_SMD_LIE_BAD_TYPE:
		return rsmd_lie_entry(ch, "bad-type", ch->cid, ch->sim->cfg.edge);
	case FERRY_SIM_SMD_LIE_FREE_SPACE:
		return 0;
	default:
		return -EINVAL;
	}
}

/* Under sim->round. */
int rsmd_lie(struct rsmd_chan *ch, enum ferry_sim_smd_lie lie)
{
	int ret;

	rsmd_data_flows(ch);	/* what is in the ring is of this epoch */
	if (rsmd_lie_in_ring(ch, lie) || rsmd_lie_in_info(ch, lie))
		return 0;
	ret = rsmd_lie_in_table(ch, lie);
	if (ret)
		return ret;
	rsmd_free_space_lie(ch->sim);
	rsmd_owe_kick(ch);
	return 0;
}

static void rsmd_dither(struct rsmd_chan *ch)
{
	u32 back = rsmd_advance(ch, ch->head, ch->cfg.ring - 2 * sizeof(u32));

	rsmd_lie_field(ch, RSMD_OURS, RSMD_HEAD, ch->trick % 2 ? ch->head : back);
}

static void rsmd_flap(struct rsmd_chan *ch)
{
	static const u8 states[] = {
		SMD_CLOSED, SMD_OPENING, SMD_OPENED, SMD_FLUSHING, SMD_CLOSING, SMD_RESET,
	};

	rsmd_lie_field(ch, RSMD_OURS, RSMD_STATE, states[ch->trick % ARRAY_SIZE(states)]);
}

/* Under sim->round, every now and then, while a fault is switched on. */
void rsmd_misbehave(struct rsmd_chan *ch)
{
	unsigned int i;

	ch->trick++;
	if (rsmd_has(ch, FERRY_SIM_SMD_FAULT(DITHER)))
		rsmd_dither(ch);
	if (rsmd_has(ch, FERRY_SIM_SMD_FAULT(FLAP)))
		rsmd_flap(ch);
	for (i = 0; i < RSMD_STORM && rsmd_has(ch, FERRY_SIM_SMD_FAULT(STORM)); i++)
		ch->sim->cfg.kick(ch->sim->cfg.data);
}
