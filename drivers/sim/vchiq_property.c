// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU: the property channel of its firmware, a mailbox by which the host asks
 * for things other than VCHIQ.
 *
 * The message is where a list is: its length and a code, then properties, each a tag, the
 * room for its value, a code and the value, and then a tag of 0. What is asked and what is
 * answered are in the same place. This firmware knows two of them and leaves the others as
 * they are, as a real one does.
 */
#include <linux/bits.h>
#include <linux/export.h>
#include <linux/math.h>
#include <linux/sizes.h>

#include "vchiq_private.h"

#define PROPERTY_CHANNEL	8	/* of the mailbox, in the low bits of a message */
#define PROPERTY_CHANNEL_MASK	0xf
#define PROPERTY_MAX		SZ_1M	/* bytes of a list */

/* Words of a list, and of a property in it. */
enum { LIST_SIZE, LIST_CODE, LIST_FIRST };
enum { TAG_ID, TAG_ROOM, TAG_CODE, TAG_VALUE };

#define LIST_DONE		0x80000000
#define LIST_BROKEN		0x80000001
#define TAG_DONE		BIT(31)	/* the other bits: bytes of the answer */

#define TAG_REVISION		0x00000001
#define TAG_VCHIQ_INIT		0x00048010

#define PROPERTY_REVISION	1767225600	/* the date of the firmware: 2026 */

/* The two that it knows have one word. */
static void property_answer(struct ferry_sim_vchiq *sim, __le32 *tag)
{
	u32 value;

	switch (vsim_get(&tag[TAG_ID])) {
	case TAG_REVISION:
		value = PROPERTY_REVISION;
		break;
	case TAG_VCHIQ_INIT:
		value = ferry_sim_vchiq_init(sim, vsim_get(&tag[TAG_VALUE])) ? 1 : 0;
		break;
	default:
		return;
	}
	vsim_set(&tag[TAG_VALUE], value);
	vsim_set(&tag[TAG_CODE], TAG_DONE | sizeof(value));
}

/* False: nobody knows where the next property begins. */
static bool property_list(struct ferry_sim_vchiq *sim, __le32 *list, u32 words)
{
	u32 at = LIST_FIRST, room;

	while (at < words && vsim_get(&list[at + TAG_ID])) {
		if (words - at <= TAG_VALUE)
			return false;
		room = vsim_get(&list[at + TAG_ROOM]);
		if (room > (words - at - TAG_VALUE) * sizeof(*list))
			return false;
		if (room >= sizeof(*list))
			property_answer(sim, &list[at]);
		at += TAG_VALUE + DIV_ROUND_UP(room, sizeof(*list));
	}
	return at < words;
}

/**
 * ferry_sim_vchiq_property() - what the property channel of the firmware does
 * @sim:	the VPU
 * @message:	of the mailbox: the address of a list, a multiple of 16, and the channel
 *
 * The list is answered in its place, in its code also when it makes no sense.
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL that is no message of this channel, -EFAULT there is no memory, or not so
 * much.
 */
int ferry_sim_vchiq_property(struct ferry_sim_vchiq *sim, u32 message)
{
	u32 addr = message & ~PROPERTY_CHANNEL_MASK, size;
	__le32 *list;
	bool done;

	if ((message & PROPERTY_CHANNEL_MASK) != PROPERTY_CHANNEL)
		return -EINVAL;
	list = sim->cfg.map(sim->cfg.data, addr, LIST_FIRST * sizeof(*list));
	if (!list)
		return -EFAULT;
	size = vsim_get(&list[LIST_SIZE]);
	if (size < LIST_FIRST * sizeof(*list) || size > PROPERTY_MAX ||
	    !sim->cfg.map(sim->cfg.data, addr, size))
		return -EFAULT;
	done = property_list(sim, list, size / sizeof(*list));
	vsim_set(&list[LIST_CODE], done ? LIST_DONE : LIST_BROKEN);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_sim_vchiq_property);
