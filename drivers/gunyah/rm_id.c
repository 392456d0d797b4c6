// SPDX-License-Identifier: GPL-2.0-only
/*
 * The resource manager of Gunyah: who VMs are, and which VM somebody is.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "rm.h"

#define ID_TEXT_MAX	255	/* bytes of a name that is looked for */
#define ID_GUID_LEN	16

/* What a list begins with. */
static int id_take_count(const void **reply, size_t *len, u32 *count)
{
	if (*len < sizeof(__le32))
		return -EBADMSG;
	*count = get_unaligned_le32(*reply);
	*reply += sizeof(__le32);
	*len -= sizeof(__le32);
	return 0;
}

/**
 * ferry_gunyah_rm_find_id() - one identity in a reply
 * @reply:	of VM_GET_ID, behind the error word
 * @len:	bytes
 * @kind:	which
 * @id:		set to where it is in @reply
 *
 * Context: any.
 * Return: its bytes; -ENOENT there is none of that kind, -EBADMSG the reply does not make
 * sense as far as it was read.
 */
ssize_t ferry_gunyah_rm_find_id(const void *reply, size_t len, enum ferry_gunyah_id kind,
				const void **id)
{
	struct rm_id head;
	u32 count;

	if (id_take_count(&reply, &len, &count))
		return -EBADMSG;
	for (; count; count--) {
		size_t bytes;

		if (len < sizeof(head))
			return -EBADMSG;
		memcpy(&head, reply, sizeof(head));
		bytes = le16_to_cpu(head.len);
		if (ALIGN(bytes, 4) > len - sizeof(head))
			return -EBADMSG;
		*id = reply + sizeof(head);
		if (head.kind == kind)
			return bytes;
		reply += sizeof(head) + ALIGN(bytes, 4);
		len -= sizeof(head) + ALIGN(bytes, 4);
	}
	return -ENOENT;
}
FERRY_EXPORT_TEST(ferry_gunyah_rm_find_id);

/* A reply of any length, of the caller's to free. */
static void *id_ask(struct ferry_gunyah_rm *rm, u32 id, const void *request, size_t len,
		    ssize_t *got)
{
	const size_t room = RM_MESSAGE_MAX - sizeof(__le32);
	void *reply = kmalloc(room, GFP_KERNEL);

	*got = reply ? rm_call(rm, id, request, len, reply, room, rm->cfg.timeout_ms) : -ENOMEM;
	return reply;
}

/**
 * ferry_gunyah_rm_id() - who a VM is
 * @rm:		the resource manager
 * @vmid:	which VM; 0: ours
 * @kind:	name, GUID, ...
 * @buf:	where it is to go; text does not end with 0
 * @room:	bytes there
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: bytes; -ENOENT it has none of that kind, -EMSGSIZE it is longer than @room,
 * -EBADMSG the reply does not make sense, -ENOMEM, or what ferry_gunyah_rm_call() returned.
 */
ssize_t ferry_gunyah_rm_id(struct ferry_gunyah_rm *rm, u16 vmid, enum ferry_gunyah_id kind,
			   void *buf, size_t room)
{
	const struct rm_vmid request = { .vmid = cpu_to_le16(vmid) };
	const void *id;
	void *reply;
	ssize_t ret;

	reply = id_ask(rm, RM_VM_GET_ID, &request, sizeof(request), &ret);
	if (ret >= 0)
		ret = ferry_gunyah_rm_find_id(reply, ret, kind, &id);
	if (ret > 0 && ret <= room)
		memcpy(buf, id, ret);
	kfree(reply);
	return ret > (ssize_t)room ? -EMSGSIZE : ret;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_id);

/* The count has to be what is there. */
static int id_take_list(const void *reply, size_t len, u16 *vmids, unsigned int room)
{
	struct rm_vmid entry;
	unsigned int i;
	u32 count;

	if (id_take_count(&reply, &len, &count))
		return -EBADMSG;
	if (len % sizeof(entry) || len / sizeof(entry) != count)
		return -EBADMSG;
	for (i = 0; i < min(count, room); i++) {
		memcpy(&entry, reply + i * sizeof(entry), sizeof(entry));
		vmids[i] = le16_to_cpu(entry.vmid);
	}
	return count;
}

/* Bytes of the request, or -errno for what cannot be looked for. */
static ssize_t id_put_key(u8 *request, enum ferry_gunyah_id kind, const void *key, size_t len,
			  u32 *id)
{
	const struct rm_text head = { .len = cpu_to_le16(len) };

	switch (kind) {
	case FERRY_GUNYAH_ID_GUID:
		*id = RM_VM_LOOKUP_GUID;
		if (len != ID_GUID_LEN)
			return -EINVAL;
		memcpy(request, key, len);
		return len;
	case FERRY_GUNYAH_ID_URI:
		*id = RM_VM_LOOKUP_URI;
		break;
	case FERRY_GUNYAH_ID_NAME:
		*id = RM_VM_LOOKUP_NAME;
		break;
	default:
		return -EINVAL;
	}
	if (!len || len > ID_TEXT_MAX)
		return -EINVAL;
	memcpy(request, &head, sizeof(head));
	memcpy(request + sizeof(head), key, len);
	return sizeof(head) + ALIGN(len, 4);
}

/**
 * ferry_gunyah_rm_lookup() - which VMs somebody is
 * @rm:		the resource manager
 * @kind:	name, URI or GUID
 * @key:	that
 * @len:	bytes; text: 1 to 255, without 0 at its end; a GUID: 16
 * @vmids:	set to the VMs, as many as there is room for
 * @room:	how many
 *
 * Context: process, may sleep; not in a callback of the link, nor of a listener.
 * Return: how many there are, perhaps more than @room, or none; -EINVAL for a key that cannot
 * be, -EBADMSG the reply does not make sense, -ENOMEM, or what ferry_gunyah_rm_call() returned.
 */
int ferry_gunyah_rm_lookup(struct ferry_gunyah_rm *rm, enum ferry_gunyah_id kind, const void *key,
			   size_t len, u16 *vmids, unsigned int room)
{
	u8 request[sizeof(struct rm_text) + ALIGN(ID_TEXT_MAX, 4)] = {};
	void *reply;
	ssize_t ret;
	u32 id;

	ret = id_put_key(request, kind, key, len, &id);
	if (ret < 0)
		return ret;
	reply = id_ask(rm, id, request, ret, &ret);
	if (ret >= 0)
		ret = id_take_list(reply, ret, vmids, room);
	kfree(reply);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_rm_lookup);
