// SPDX-License-Identifier: GPL-2.0-only
/*
 * States of the simulated remote. It looks at those of the other side when it is kicked.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>

#include "smd_private.h"

/* Signals, state, flag, kick: in this order. */
void rsmd_enter(struct rsmd_chan *ch, u32 state)
{
	lockdep_assert_held(&ch->sim->lock);
	if (state == SMD_OPENED && ch->state != SMD_OPENED)
		ch->stats.opens++;
	ch->state = state;
	rsmd_set(ch, RSMD_OURS, RSMD_FDSR, state == SMD_OPENED);
	rsmd_set(ch, RSMD_OURS, RSMD_FCTS, state == SMD_OPENED);
	rsmd_set(ch, RSMD_OURS, RSMD_FCD, state == SMD_OPENED);
	wmb();	/* the signals before the state */
	rsmd_set(ch, RSMD_OURS, RSMD_STATE, state);
	wmb();	/* the state before the flag */
	rsmd_raise(ch, RSMD_FSTATE);
	rsmd_owe_kick(ch);
}

/* Ours are the head of our ring and the tail of theirs. */
static void rsmd_reset_rings(struct rsmd_chan *ch)
{
	ch->epoch++;
	ch->lied = ch->faults & (FERRY_SIM_SMD_FAULT(LEFTOVERS) | FERRY_SIM_SMD_FAULT(STALE_TAIL));
	ch->head = rsmd_has(ch, FERRY_SIM_SMD_FAULT(LEFTOVERS)) ? ch->cfg.ring / 4 : 0;
	ch->tail = 0;
	rsmd_set(ch, RSMD_THEIRS, RSMD_TAIL,
		 rsmd_has(ch, FERRY_SIM_SMD_FAULT(STALE_TAIL)) ? ch->cfg.ring / 4 : 0);
	rsmd_set(ch, RSMD_OURS, RSMD_HEAD, ch->head);
	/* The other side is to say when it read. */
	rsmd_set(ch, RSMD_OURS, RSMD_FBLOCKREADINTR, 0);
}

static void rsmd_open_as(struct rsmd_chan *ch, u32 state)
{
	rsmd_reset_rings(ch);
	rsmd_enter(ch, state);
}

/* The firmware of a channel starts. */
void rsmd_begin(struct rsmd_chan *ch)
{
	static const u8 first[FERRY_SIM_SMD_NR_MODES] = {
		[FERRY_SIM_SMD_LEADER] = SMD_OPENING,
		[FERRY_SIM_SMD_FOLLOWER] = SMD_OPENING,
		[FERRY_SIM_SMD_OPEN] = SMD_OPENED,
		[FERRY_SIM_SMD_WAITS] = SMD_CLOSED,
		[FERRY_SIM_SMD_NEVER] = SMD_OPENING,
	};

	ch->seen = SMD_CLOSED;
	rsmd_open_as(ch, first[ch->cfg.mode]);
}

static void rsmd_see_opening(struct rsmd_chan *ch)
{
	bool leads = ch->cfg.mode == FERRY_SIM_SMD_LEADER;

	if (ch->state == SMD_CLOSED || ch->state == SMD_CLOSING)
		rsmd_open_as(ch, leads ? SMD_OPENED : SMD_OPENING);
	else if (ch->state == SMD_OPENING && leads)
		rsmd_enter(ch, SMD_OPENED);
}

/* A driver that finds us OPENING may be OPENED at once, before a leader answered. */
static void rsmd_see_opened(struct rsmd_chan *ch)
{
	if (ch->state == SMD_OPENING)
		rsmd_enter(ch, SMD_OPENED);
}

static void rsmd_see_closed(struct rsmd_chan *ch)
{
	if (ch->state == SMD_OPENED || ch->state == SMD_FLUSHING) {
		ch->stats.closes++;
		rsmd_enter(ch, SMD_CLOSING);
	} else if (ch->state == SMD_CLOSING) {
		rsmd_enter(ch, SMD_CLOSED);
	}
}

/* The boot loader's way to close: CLOSING, and CLOSED when we say so, too. */
static void rsmd_see_closing(struct rsmd_chan *ch)
{
	if (ch->state == SMD_OPENED) {
		ch->stats.closes++;
		rsmd_enter(ch, SMD_CLOSING);
	}
}

static void rsmd_answer(struct rsmd_chan *ch, u32 theirs)
{
	switch (theirs) {
	case SMD_OPENING:
		rsmd_see_opening(ch);
		break;
	case SMD_OPENED:
		rsmd_see_opened(ch);
		break;
	case SMD_CLOSED:
		rsmd_see_closed(ch);
		break;
	case SMD_CLOSING:
		rsmd_see_closing(ch);
		break;
	}
}

/*
 * A driver may have slept through the kick that announced our state, and the one in Linux
 * looks at states only when it is interrupted: whoever opens is told, changed or not.
 */
static void rsmd_remind(struct rsmd_chan *ch)
{
	if (ch->seen == SMD_OPENING && (ch->state == SMD_OPENING || ch->state == SMD_OPENED))
		rsmd_owe_kick(ch);
}

/* Any context. What the other side is at, and what we make of it. */
void rsmd_look(struct rsmd_chan *ch)
{
	u32 theirs = rsmd_get(ch, RSMD_THEIRS, RSMD_STATE);
	bool changed = theirs != ch->seen;

	lockdep_assert_held(&ch->sim->lock);
	if (theirs > SMD_RESET_OPENING) {
		if (changed)
			rsmd_bad(ch, FERRY_SIM_SMD_BAD_STATE);
		ch->seen = theirs;
		return;
	}
	rsmd_lower(ch, RSMD_THEIRS, RSMD_FSTATE);
	ch->seen = theirs;
	if (rsmd_has(ch, FERRY_SIM_SMD_FAULT(DEAF)))
		return;
	if (ch->cfg.mode == FERRY_SIM_SMD_OPEN && changed && theirs == SMD_CLOSED)
		rsmd_reset_rings(ch);
	else if (ch->cfg.mode != FERRY_SIM_SMD_OPEN && ch->cfg.mode != FERRY_SIM_SMD_NEVER)
		rsmd_answer(ch, theirs);
	if (changed)
		rsmd_remind(ch);
}
