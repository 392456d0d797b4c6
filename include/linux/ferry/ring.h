/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Byte rings in shared memory, one writer, one reader. For authors of protocols; needs
 * nothing else of Ferry.
 */
#ifndef _LINUX_FERRY_RING_H
#define _LINUX_FERRY_RING_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/types.h>

/**
 * DOC: rings
 *
 * A ring is some bytes and two indices in memory that a remote shares: where the writer
 * writes next, and where the reader reads next. Each side stores one of them and reads
 * the other. What the indices look like, and how bytes are copied, is said by a &struct
 * ferry_ring_kind. That is a static const whose functions are inline: with a constant
 * pointer to it all of this is compiled as if written for that kind.
 *
 * Our own index is kept here and never read back. The remote's is read once by
 * ferry_ring_look_space() or ferry_ring_look_avail(), checked, and remembered as the
 * number of bytes that may be written or read; nothing else looks at it.
 *
 * Writing: ferry_ring_look_space() when ferry_ring_space() does not suffice,
 * ferry_ring_write() as often as needed, a barrier, ferry_ring_publish(). Reading:
 * ferry_ring_look_avail(), a barrier, ferry_ring_peek(), a barrier, ferry_ring_advance(),
 * ferry_ring_publish(). Barriers, flags and locks are the caller's affair.
 *
 * The size need not be a power of two.
 */

/**
 * struct ferry_ring_kind - what rings of a protocol look like
 * @granule:	each index, length and size is a multiple of this power of two
 * @reserve:	bytes that a writer leaves free, so that full is not empty; at least
 *		@granule
 * @load:	reads an index from shared memory, once
 * @store:	writes one
 * @copy_in:	copies to shared memory
 * @copy_out:	copies from it
 */
struct ferry_ring_kind {
	u32 granule;
	u32 reserve;
	u32 (*load)(const void *index);
	void (*store)(void *index, u32 value);
	void (*copy_in)(void *shared, const void *src, u32 len);
	void (*copy_out)(void *dst, const void *shared, u32 len);
};

/**
 * struct ferry_ring - our end of a ring
 * @data:	its bytes, shared
 * @own:	where our index is published, shared
 * @other:	where the remote's index is, shared
 * @size:	bytes
 * @pos:	our index
 * @room:	bytes that may be written, or read, as far as we know
 * @settled:	writer only: the reader's index was seen where it belongs
 *
 * Nothing in it is for users.
 */
struct ferry_ring {
	u8 *data;
	void *own;
	const void *other;
	u32 size;
	u32 pos;
	u32 room;
	bool settled;
};

/**
 * ferry_ring_init() - describe a ring
 * @ring:	to be filled
 * @data:	its bytes
 * @size:	how many: a multiple of the granule, more than the reserve, at most 2 GiB
 * @own:	where our index is published
 * @other:	where the remote's index is
 *
 * Our index is 0, but that is not published yet.
 *
 * Context: any.
 */
static inline void ferry_ring_init(struct ferry_ring *ring, void *data, u32 size, void *own,
				   const void *other)
{
	*ring = (struct ferry_ring) {
		.data = data,
		.own = own,
		.other = other,
		.size = size,
	};
}

/**
 * ferry_ring_reset() - begin again at index 0, which is not published yet
 * @ring:	the ring
 *
 * Context: any.
 */
static inline void ferry_ring_reset(struct ferry_ring *ring)
{
	ring->pos = 0;
	ring->room = 0;
	ring->settled = false;
}

/* Reads the index of the remote; may it be one? */
static __always_inline bool __ferry_ring_other(const struct ferry_ring *ring,
					       const struct ferry_ring_kind *kind, u32 *index)
{
	*index = kind->load(ring->other);
	return *index < ring->size && !(*index & (kind->granule - 1));
}

/**
 * ferry_ring_look_space() - ask how far the reader is
 * @ring:	ring that we write
 * @kind:	its kind, a constant
 *
 * Reads its index once. A reader can only free what was written: an index that would
 * take room away is refused, but not before the ring was empty once. Until then the
 * reader may not have begun at 0.
 *
 * Context: any; one at a time.
 *
 * Return: 0, ferry_ring_space() is up to date, or -EPROTO: no index can be that.
 */
static __always_inline int ferry_ring_look_space(struct ferry_ring *ring,
						 const struct ferry_ring_kind *kind)
{
	u32 other, used, room;

	if (unlikely(!__ferry_ring_other(ring, kind, &other)))
		return -EPROTO;
	used = ring->pos >= other ? ring->pos - other : ring->pos + ring->size - other;
	room = ring->size - kind->reserve;
	/* Of what was written, room - ring->room bytes were not read at the last look. */
	if (unlikely(used > room - ring->room && ring->settled))
		return -EPROTO;
	if (!used)
		ring->settled = true;
	ring->room = used < room ? room - used : 0;
	return 0;
}

/**
 * ferry_ring_look_avail() - ask how far the writer is
 * @ring:	ring that we read
 * @kind:	its kind, a constant
 *
 * Reads its index once.
 *
 * Context: any; one at a time.
 *
 * Return: 0, ferry_ring_avail() is up to date, or -EPROTO: no index can be that.
 */
static __always_inline int ferry_ring_look_avail(struct ferry_ring *ring,
						 const struct ferry_ring_kind *kind)
{
	u32 other;

	if (unlikely(!__ferry_ring_other(ring, kind, &other)))
		return -EPROTO;
	ring->room = other >= ring->pos ? other - ring->pos : other + ring->size - ring->pos;
	return 0;
}

/**
 * ferry_ring_space() - bytes that may be written
 * @ring:	ring that we write
 *
 * There may be more: see ferry_ring_look_space().
 *
 * Context: any.
 *
 * Return: bytes.
 */
static inline u32 ferry_ring_space(const struct ferry_ring *ring)
{
	return ring->room;
}

/**
 * ferry_ring_avail() - bytes that may be read
 * @ring:	ring that we read
 *
 * There may be more: see ferry_ring_look_avail().
 *
 * Context: any.
 *
 * Return: bytes.
 */
static inline u32 ferry_ring_avail(const struct ferry_ring *ring)
{
	return ring->room;
}

/**
 * ferry_ring_advance() - the next bytes are done with
 * @ring:	the ring
 * @len:	bytes, no more than ferry_ring_avail()
 *
 * Reading: they are free as soon as that is published. Writing is ferry_ring_write().
 *
 * Context: any; one at a time.
 */
static __always_inline void ferry_ring_advance(struct ferry_ring *ring, u32 len)
{
	u32 left = ring->size - ring->pos;

	ring->pos = len < left ? ring->pos + len : len - left;
	ring->room -= len;
}

/**
 * ferry_ring_write() - put bytes behind those that were written
 * @ring:	ring that we write
 * @kind:	its kind, a constant
 * @src:	the bytes
 * @len:	how many, no more than ferry_ring_space()
 *
 * The reader does not know of them yet.
 *
 * Context: any; one at a time.
 */
static __always_inline void ferry_ring_write(struct ferry_ring *ring,
					     const struct ferry_ring_kind *kind, const void *src,
					     u32 len)
{
	u32 left = ring->size - ring->pos;

	if (likely(len <= left)) {
		kind->copy_in(ring->data + ring->pos, src, len);
	} else {
		kind->copy_in(ring->data + ring->pos, src, left);
		kind->copy_in(ring->data, src + left, len - left);
	}
	ferry_ring_advance(ring, len);
}

/**
 * ferry_ring_peek() - copy the next bytes
 * @ring:	ring that we read
 * @kind:	its kind, a constant
 * @dst:	where to
 * @len:	bytes, no more than ferry_ring_avail()
 *
 * They stay in the ring, and the remote may change them there.
 *
 * Context: any; one at a time.
 */
static __always_inline void ferry_ring_peek(const struct ferry_ring *ring,
					    const struct ferry_ring_kind *kind, void *dst, u32 len)
{
	u32 left = ring->size - ring->pos;

	if (likely(len <= left)) {
		kind->copy_out(dst, ring->data + ring->pos, len);
	} else {
		kind->copy_out(dst, ring->data + ring->pos, left);
		kind->copy_out(dst + left, ring->data, len - left);
	}
}

/**
 * ferry_ring_publish() - let the remote know how far we are
 * @ring:	the ring
 * @kind:	its kind, a constant
 *
 * Context: any; one at a time.
 */
static __always_inline void ferry_ring_publish(struct ferry_ring *ring,
					       const struct ferry_ring_kind *kind)
{
	kind->store(ring->own, ring->pos);
}

#endif /* _LINUX_FERRY_RING_H */
