/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VC-SM on the wire: messages of the service "SMEM". Little-endian, packed, no length
 * field: a message is as long as the channel says.
 *
 * A message to the VPU begins with its type and an id. One from the VPU begins with the id
 * that it answers, or with bit 31 set and the type of an event.
 */
#ifndef FERRY_VCSM_WIRE_H
#define FERRY_VCSM_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define VCSM_SERVICE		"SMEM"
#define VCSM_FOURCC		0x534d454d
#define VCSM_SERVICE_VERSION	1
#define VCSM_SERVICE_MIN	0

/* What the host says it speaks: RELEASED and requests for memory came with it. */
#define VCSM_VERSION		2

#define VCSM_NAME		32	/* bytes, of which 31 are used by who writes it */
#define VCSM_MSG_MAX		60
#define VCSM_EVENT		BIT(31)	/* of the first word, from the VPU */
#define VCSM_ID_LAST		0x7fffffff

enum vcsm_type {
	VCSM_ALLOC,		/* the first four: of older drivers only */
	VCSM_LOCK,
	VCSM_UNLOCK,
	VCSM_UNLOCK_NOANS,
	VCSM_FREE,
	VCSM_RESIZE,		/* ... and these three */
	VCSM_WALK_ALLOC,
	VCSM_ACTION_CLEAN,
	VCSM_IMPORT,
	VCSM_CLIENT_VERSION,	/* both ways: the VPU's is an event */
	VCSM_VC_MEM_REQUEST_REPLY,
	VCSM_RELEASED,		/* event */
	VCSM_VC_MEM_REQUEST,	/* event that is answered */
};

/* How the memory of an import is cached by the VPU. */
enum vcsm_import_type {
	VCSM_CACHED,
	VCSM_NONCACHED,
};

struct vcsm_header {
	__le32 type;
	__le32 trans_id;	/* never 0, bit 31 clear */
} __packed;

struct vcsm_import {
	struct vcsm_header header;
	__le32 type;		/* enum vcsm_import_type */
	__le32 addr;
	__le32 size;
	__le32 kernel_id;	/* how the host names it, never 0 */
	__le32 allocator;	/* process */
	char name[VCSM_NAME];
} __packed;

struct vcsm_free {
	struct vcsm_header header;
	__le32 res_handle;
	__le32 res_mem;		/* 0 */
} __packed;

struct vcsm_client_version {
	struct vcsm_header header;
	__le32 version;
} __packed;

struct vcsm_mem_reply {
	struct vcsm_header header;
	__le32 vpu_trans_id;	/* of the request */
	__le32 addr;		/* 0: there is none */
	__le32 kernel_id;	/* ... and here */
} __packed;

/* From the VPU: */

struct vcsm_import_result {
	__le32 trans_id;
	__le32 res_handle;	/* 0: it failed */
} __packed;

struct vcsm_version_event {
	__le32 event;
	__le32 success;		/* nobody looks at it */
} __packed;

struct vcsm_released {
	__le32 event;
	__le32 addr;
	__le32 size;
	__le32 kernel_id;
	__le32 vc_handle;
} __packed;

struct vcsm_mem_request {
	__le32 event;
	__le32 trans_id;
	__le32 size;
	__le32 align;
	char name[VCSM_NAME];
	__le32 vc_handle;
} __packed;

static_assert(sizeof(struct vcsm_header) == 8);
static_assert(sizeof(struct vcsm_import) == VCSM_MSG_MAX);
static_assert(offsetof(struct vcsm_import, type) == 8);
static_assert(offsetof(struct vcsm_import, addr) == 12);
static_assert(offsetof(struct vcsm_import, size) == 16);
static_assert(offsetof(struct vcsm_import, kernel_id) == 20);
static_assert(offsetof(struct vcsm_import, allocator) == 24);
static_assert(offsetof(struct vcsm_import, name) == 28);
static_assert(sizeof(struct vcsm_free) == 16);
static_assert(offsetof(struct vcsm_free, res_handle) == 8);
static_assert(sizeof(struct vcsm_client_version) == 12);
static_assert(sizeof(struct vcsm_mem_reply) == 20);
static_assert(offsetof(struct vcsm_mem_reply, addr) == 12);
static_assert(offsetof(struct vcsm_mem_reply, kernel_id) == 16);
static_assert(sizeof(struct vcsm_import_result) == 8);
static_assert(sizeof(struct vcsm_version_event) == 8);
static_assert(sizeof(struct vcsm_released) == 20);
static_assert(offsetof(struct vcsm_released, kernel_id) == 12);
static_assert(offsetof(struct vcsm_released, vc_handle) == 16);
static_assert(sizeof(struct vcsm_mem_request) == 52);
static_assert(offsetof(struct vcsm_mem_request, align) == 12);
static_assert(offsetof(struct vcsm_mem_request, name) == 16);
static_assert(offsetof(struct vcsm_mem_request, vc_handle) == 48);
static_assert(VCSM_VC_MEM_REQUEST == 12);

#endif /* FERRY_VCSM_WIRE_H */
