// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: messages from packets, packets from messages, and what its
 * errors mean.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "../compat.h"
#include "rm_frag.h"

/* By their number. */
static const int rm_errors[] = {
	[RM_OK]			= 0,
	[RM_NOMEM]		= -ENOMEM,
	[RM_NORESOURCE]		= -ENODEV,
	[RM_DENIED]		= -EPERM,
	[RM_MSG_INVALID]	= -EINVAL,
	[RM_BUSY]		= -EBUSY,
	[RM_ARGUMENT_INVALID]	= -EINVAL,
	[RM_HANDLE_INVALID]	= -EINVAL,
	[RM_VALIDATE_FAILED]	= -EINVAL,
	[RM_MAP_FAILED]		= -EINVAL,
	[RM_MEM_INVALID]	= -EINVAL,
	[RM_MEM_INUSE]		= -EINVAL,
	[RM_MEM_RELEASED]	= -EINVAL,
	[RM_VMID_INVALID]	= -EINVAL,
	[RM_LOOKUP_FAILED]	= -EINVAL,
	[RM_IRQ_INVALID]	= -EINVAL,
	[RM_IRQ_INUSE]		= -EINVAL,
	[RM_IRQ_RELEASED]	= -EINVAL,
	[RM_IN_USE]		= -EBUSY,
	[RM_IRQ_NOT_MAPPED]	= -ENXIO,
	[RM_VM_STATE]		= -EBUSY,
};

int ferry_gunyah_rm_errno(u32 error)
{
	if (error == RM_UNIMPLEMENTED)
		return -EOPNOTSUPP;
	return error < ARRAY_SIZE(rm_errors) ? rm_errors[error] : -EBADMSG;
}
FERRY_EXPORT_TEST(ferry_gunyah_rm_errno);

unsigned int ferry_gunyah_rm_packets(size_t len)
{
	if (len > RM_MESSAGE_MAX)
		return 0;
	return len ? DIV_ROUND_UP(len, RM_CONTENT_MAX) : 1;
}
FERRY_EXPORT_TEST(ferry_gunyah_rm_packets);

size_t ferry_gunyah_rm_split(const struct rm_msg *msg, unsigned int nr, u8 *packet)
{
	size_t begin = nr * RM_CONTENT_MAX;
	size_t part = min_t(size_t, msg->len - begin, RM_CONTENT_MAX);
	unsigned int fragments = ferry_gunyah_rm_packets(msg->len) - 1;
	struct rm_hdr hdr = {
		.api = RM_API,
		.type = FIELD_PREP(RM_TYPE, nr ? RM_TYPE_CONTINUATION : msg->type) |
			FIELD_PREP(RM_FRAGMENTS, fragments),
		.seq = cpu_to_le16(msg->seq),
		.id = cpu_to_le32(msg->id),
	};

	memcpy(packet, &hdr, sizeof(hdr));
	if (part)
		memcpy(packet + sizeof(hdr), msg->data + begin, part);
	return sizeof(hdr) + part;
}
FERRY_EXPORT_TEST(ferry_gunyah_rm_split);

bool ferry_gunyah_rm_forget(struct rm_join *join, struct rm_msg *lost)
{
	if (!join->open)
		return false;
	join->open = false;
	*lost = (struct rm_msg){ .type = join->type, .seq = join->seq, .id = join->id };
	return true;
}
FERRY_EXPORT_TEST(ferry_gunyah_rm_forget);

/* The packet cannot be used; what is open stays so. */
static void join_drop(struct rm_joined *out, enum ferry_gunyah_rm_drop why)
{
	out->dropped = true;
	out->why = why;
}

/* What is open cannot be used any more. */
static void join_break(struct rm_join *join, struct rm_joined *out, enum ferry_gunyah_rm_drop why)
{
	out->broken = ferry_gunyah_rm_forget(join, &out->lost);
	if (out->broken)
		out->why = why;
}

/* Is it a header that the resource manager may send? */
static bool join_header_ok(const struct rm_hdr *hdr)
{
	return hdr->api == RM_API && hdr->id &&
	       FIELD_GET(RM_TYPE, hdr->type) != RM_TYPE_REQUEST &&
	       FIELD_GET(RM_FRAGMENTS, hdr->type) <= RM_FRAGMENTS_MAX;
}

static void join_append(struct rm_join *join, const void *data, size_t len,
			struct rm_joined *out)
{
	memcpy(join->buf + join->len, data, len);
	join->len += len;
	if (join->left)
		return;
	join->open = false;
	out->whole = true;
	out->msg = (struct rm_msg){
		.type = join->type, .seq = join->seq, .id = join->id, .data = join->buf,
		.len = join->len,
	};
}

static void join_first(struct rm_join *join, const struct rm_hdr *hdr, const void *data,
		       size_t len, struct rm_joined *out)
{
	join_break(join, out, FERRY_GUNYAH_RM_REPLACED);
	join->open = true;
	join->type = FIELD_GET(RM_TYPE, hdr->type);
	join->fragments = FIELD_GET(RM_FRAGMENTS, hdr->type);
	join->left = join->fragments;
	join->seq = le16_to_cpu(hdr->seq);
	join->id = le32_to_cpu(hdr->id);
	join->len = 0;
	join_append(join, data, len, out);
}

static bool join_fits(const struct rm_join *join, const struct rm_hdr *hdr)
{
	return join->seq == le16_to_cpu(hdr->seq) && join->id == le32_to_cpu(hdr->id) &&
	       join->fragments == FIELD_GET(RM_FRAGMENTS, hdr->type);
}

static void join_next(struct rm_join *join, const struct rm_hdr *hdr, const void *data,
		      size_t len, struct rm_joined *out)
{
	if (!join->open) {
		join_drop(out, FERRY_GUNYAH_RM_STRAY);
		return;
	}
	if (!join_fits(join, hdr)) {
		join_drop(out, FERRY_GUNYAH_RM_MISMATCH);
		join_break(join, out, FERRY_GUNYAH_RM_MISMATCH);
		return;
	}
	join->left--;
	join_append(join, data, len, out);
}

void ferry_gunyah_rm_join(struct rm_join *join, const void *packet, size_t len,
			  struct rm_joined *out)
{
	const void *data = packet + sizeof(struct rm_hdr);
	struct rm_hdr hdr;

	memset(out, 0, sizeof(*out));
	if (len < sizeof(hdr) || len > RM_PACKET_MAX) {
		join_drop(out, FERRY_GUNYAH_RM_LENGTH);
		return;
	}
	memcpy(&hdr, packet, sizeof(hdr));
	if (!join_header_ok(&hdr))
		join_drop(out, FERRY_GUNYAH_RM_HEADER);
	else if (FIELD_GET(RM_TYPE, hdr.type) == RM_TYPE_CONTINUATION)
		join_next(join, &hdr, data, len - sizeof(hdr), out);
	else
		join_first(join, &hdr, data, len - sizeof(hdr), out);
}
FERRY_EXPORT_TEST(ferry_gunyah_rm_join);
