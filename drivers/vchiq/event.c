// SPDX-License-Identifier: GPL-2.0-only
/*
 * VCHIQ: events, a flag that was raised and a wish to be rung for it, both in shared memory.
 *
 * Who signals raises the flag, and then looks for the wish; who waits says so, and then
 * looks at the data. One of the two sees the other. That the flag is up proves nothing, and
 * that it is not proves nothing either: it is the data that is looked at.
 */
#include "vchiq.h"

/* Any context. */
void vchiq_signal(struct ferry_vchiq *vc, struct vchiq_event *event)
{
	wmb();	/* what it is about, then the flag */
	vchiq_store(&event->fired, 1);
	mb();	/* the flag, then the look; pairs with the one behind the VPU's wish */
	if (vchiq_load(&event->armed))
		ferry_port_send(vc->cfg.ring, NULL, 0, 0);
}

/* Any context. Was one of ours raised? It is lowered, and rings no more. */
bool vchiq_event_take(struct vchiq_event *event)
{
	if (!vchiq_load(&event->fired))
		return false;
	vchiq_store(&event->armed, 0);
	vchiq_store(&event->fired, 0);
	mb();	/* before the look at the data; pairs with the wmb() of who signals */
	return true;
}

/* Any context. The caller looks at the data afterwards. */
void vchiq_event_arm(struct vchiq_event *event, bool on)
{
	vchiq_store(&event->armed, on);
	mb();	/* the wish, then the look; pairs with the barrier of who signals */
}
