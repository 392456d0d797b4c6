// SPDX-License-Identifier: GPL-2.0-only
/*
 * The information of a channel as the simulated remote sees it: two halves, of either
 * layout.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>

#include "smd_private.h"

#define RSMD_AT(layout) {						\
	[RSMD_STATE]		= offsetof(struct layout, state),	\
	[RSMD_FDSR]		= offsetof(struct layout, fdsr),	\
	[RSMD_FCTS]		= offsetof(struct layout, fcts),	\
	[RSMD_FCD]		= offsetof(struct layout, fcd),		\
	[RSMD_FRI]		= offsetof(struct layout, fri),		\
	[RSMD_FHEAD]		= offsetof(struct layout, fhead),	\
	[RSMD_FTAIL]		= offsetof(struct layout, ftail),	\
	[RSMD_FSTATE]		= offsetof(struct layout, fstate),	\
	[RSMD_FBLOCKREADINTR]	= offsetof(struct layout, fblockreadintr), \
	[RSMD_TAIL]		= offsetof(struct layout, tail),	\
	[RSMD_HEAD]		= offsetof(struct layout, head),	\
}

static const u8 rsmd_at_bytes[RSMD_NR_FIELDS] = RSMD_AT(smd_half_bytes);
static const u8 rsmd_at_words[RSMD_NR_FIELDS] = RSMD_AT(smd_half_words);

static u8 *rsmd_field(const struct rsmd_chan *ch, enum rsmd_side side, enum rsmd_field field)
{
	if (ch->cfg.words)
		return ch->info + side * sizeof(struct smd_half_words) + rsmd_at_words[field];
	return ch->info + side * sizeof(struct smd_half_bytes) + rsmd_at_bytes[field];
}

static bool rsmd_is_byte(const struct rsmd_chan *ch, enum rsmd_field field)
{
	return !ch->cfg.words && field >= RSMD_FDSR && field <= RSMD_FBLOCKREADINTR;
}

u32 rsmd_get(const struct rsmd_chan *ch, enum rsmd_side side, enum rsmd_field field)
{
	u8 *at = rsmd_field(ch, side, field);

	if (rsmd_is_byte(ch, field))
		return READ_ONCE(*at);
	return le32_to_cpu(READ_ONCE(*(__le32 *)at));
}

void rsmd_set(struct rsmd_chan *ch, enum rsmd_side side, enum rsmd_field field, u32 value)
{
	u8 *at = rsmd_field(ch, side, field);

	if (rsmd_is_byte(ch, field))
		WRITE_ONCE(*at, value);
	else
		WRITE_ONCE(*(__le32 *)at, cpu_to_le32(value));
}

bool rsmd_has(const struct rsmd_chan *ch, u32 fault)
{
	return READ_ONCE(ch->faults) & fault;
}

/* Says to the other side that something happened. */
void rsmd_raise(struct rsmd_chan *ch, enum rsmd_field flag)
{
	if (!rsmd_has(ch, FERRY_SIM_SMD_FAULT(NO_FLAGS)))
		rsmd_set(ch, RSMD_OURS, flag, 1);
}

/* True: the flag was up. */
bool rsmd_lower(struct rsmd_chan *ch, enum rsmd_side side, enum rsmd_field flag)
{
	if (rsmd_has(ch, FERRY_SIM_SMD_FAULT(NO_FLAGS)) || !rsmd_get(ch, side, flag))
		return false;
	rsmd_set(ch, side, flag, 0);
	return true;
}

void rsmd_bad(struct rsmd_chan *ch, enum ferry_sim_smd_bad bad)
{
	ch->stats.bad[bad]++;
}

/* Any context. What was written before is seen by whoever is interrupted. */
void rsmd_owe_kick(struct rsmd_chan *ch)
{
	struct ferry_sim_smd *sim = ch->sim;

	if (rsmd_has(ch, FERRY_SIM_SMD_FAULT(NO_KICK)))
		return;
	wmb();	/* the memory is not cached on a board: no barrier of CPUs will do */
	WRITE_ONCE(sim->kick_owed, true);
	wake_up(&sim->wait);
}

bool rsmd_index_ok(const struct rsmd_chan *ch, u32 index)
{
	return index < ch->cfg.ring && !(index % ch->granule);
}
