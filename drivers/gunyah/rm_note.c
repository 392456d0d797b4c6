// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: notifications, and who is told of them.
 */
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>

#include "rm.h"

/* Those that there are, and what each has at least. */
static const struct {
	u32 id;
	size_t len;
} rm_notes[] = {
	{ RM_NOTE_VM_EXITED, sizeof(struct rm_note_exited) },
	{ RM_NOTE_VM_SHUTDOWN, sizeof(__le32) },
	{ RM_NOTE_VM_STATUS, sizeof(struct rm_note_status) },
	{ RM_NOTE_IRQ_LENT, 0 },
	{ RM_NOTE_IRQ_RELEASED, 0 },
	{ RM_NOTE_IRQ_ACCEPTED, 0 },
	{ RM_NOTE_CONSOLE_CHARS, sizeof(struct rm_console_chars) },
	{ RM_NOTE_MEM_SHARED, sizeof(struct rm_mem_shared) },
	{ RM_NOTE_MEM_RELEASED, sizeof(struct rm_mem_changed) },
	{ RM_NOTE_MEM_ACCEPTED, sizeof(struct rm_mem_changed) },
	{ RM_NOTE_MEM_RECALL, 0 },
};

/* Those that say how long they are must not say too much. */
static bool note_size_ok(const struct rm_msg *msg)
{
	struct rm_note_exited exited;
	struct rm_console_chars console;

	switch (msg->id) {
	case RM_NOTE_VM_EXITED:
		memcpy(&exited, msg->data, sizeof(exited));
		return le32_to_cpu(exited.size) >= sizeof(exited.reason) &&
		       le32_to_cpu(exited.size) <= msg->len - offsetof(struct rm_note_exited,
								       reason);
	case RM_NOTE_CONSOLE_CHARS:
		memcpy(&console, msg->data, sizeof(console));
		return le16_to_cpu(console.count) <= msg->len - sizeof(console);
	default:
		return rm_mem_note_ok(msg->id, msg->data, msg->len);
	}
}

static bool note_ok(const struct rm_msg *msg)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rm_notes); i++)
		if (rm_notes[i].id == msg->id)
			return msg->len >= rm_notes[i].len && note_size_ok(msg);
	return false;
}

/* The thread of the link. */
void rm_note(struct ferry_gunyah_rm *rm, const struct rm_msg *msg)
{
	struct ferry_gunyah_rm_listener *l;

	if (!note_ok(msg)) {
		rm_count(rm, FERRY_GUNYAH_RM_NOTE);
		return;
	}
	scoped_guard(spinlock_irqsave, &rm->lock)
		rm->stats.notes++;
	guard(mutex)(&rm->listen_lock);
	list_for_each_entry(l, &rm->listeners, node)
		l->note(l, msg->id, msg->data, msg->len);
}

/**
 * ferry_gunyah_rm_listen() - be told of notifications
 * @rm:		the resource manager
 * @l:		who is told; stays until ferry_gunyah_rm_unlisten()
 *
 * Context: process, may sleep; not in a listener.
 * Return: 0, or -EINVAL without a function.
 */
int ferry_gunyah_rm_listen(struct ferry_gunyah_rm *rm, struct ferry_gunyah_rm_listener *l)
{
	if (!l->note)
		return -EINVAL;
	guard(mutex)(&rm->listen_lock);
	list_add_tail(&l->node, &rm->listeners);
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_listen);

/**
 * ferry_gunyah_rm_unlisten() - be told no more
 * @rm:		the resource manager
 * @l:		who was told; when this returns it is not, and will not be
 *
 * Context: process, may sleep; not in a listener.
 */
void ferry_gunyah_rm_unlisten(struct ferry_gunyah_rm *rm, struct ferry_gunyah_rm_listener *l)
{
	guard(mutex)(&rm->listen_lock);
	list_del(&l->node);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_unlisten);
