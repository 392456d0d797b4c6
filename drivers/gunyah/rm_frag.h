/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The resource manager of Gunyah: messages, and the packets that they are sent in. Nothing
 * here sends, sleeps or allocates.
 */
#ifndef FERRY_GUNYAH_RM_FRAG_H
#define FERRY_GUNYAH_RM_FRAG_H

#include <linux/ferry/gunyah_rm.h>
#include <linux/types.h>

#include "rm_wire.h"

/**
 * struct rm_msg - a message, or what is there of it
 * @type:	RM_TYPE_*
 * @seq:	sequence
 * @id:		what it is
 * @data:	its content
 * @len:	bytes
 */
struct rm_msg {
	u8 type;
	u16 seq;
	u32 id;
	const void *data;
	size_t len;
};

/**
 * struct rm_join - makes messages of packets
 * @buf:	content so far, RM_MESSAGE_MAX bytes, of the caller
 * @open:	the first packet was there, and not the last
 * @type:	of all
 * @fragments:	in each packet
 * @left:	packets that are to come
 * @seq:	sequence
 * @id:		what it is
 * @len:	bytes in @buf
 */
struct rm_join {
	u8 *buf;
	bool open;
	u8 type;
	u8 fragments;
	u8 left;
	u16 seq;
	u32 id;
	size_t len;
};

/* Packets of a message of so many bytes, or 0: it is too long. */
unsigned int ferry_gunyah_rm_packets(size_t len);
/* Packet @nr of @msg, with room for RM_PACKET_MAX. Returns its bytes. */
size_t ferry_gunyah_rm_split(const struct rm_msg *msg, unsigned int nr, u8 *packet);

/* What became of a packet. */
struct rm_joined {
	bool whole;		/* @msg is complete; it is valid until the next packet */
	bool dropped;		/* the packet was, for @why */
	bool broken;		/* an open message was thrown away, for @why: @lost says which */
	enum ferry_gunyah_rm_drop why;
	struct rm_msg msg;
	struct rm_msg lost;
};

void ferry_gunyah_rm_join(struct rm_join *join, const void *packet, size_t len,
			  struct rm_joined *out);
/* The open message is thrown away, if there is one. */
bool ferry_gunyah_rm_forget(struct rm_join *join, struct rm_msg *lost);

/* One identity in the reply of RM_VM_GET_ID: its bytes, or -errno. */
ssize_t ferry_gunyah_rm_find_id(const void *reply, size_t len, enum ferry_gunyah_id kind,
				const void **id);

/* Are links looked for? */
void ferry_gunyah_rm_set_auto(bool on);

/* What the resource manager says, as errno. */
int ferry_gunyah_rm_errno(u32 error);

#endif /* FERRY_GUNYAH_RM_FRAG_H */
