/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who carries VCHIQ: the kernel's own driver, or ours.
 */
#ifndef FERRY_BENCH_VCHIQ_H
#define FERRY_BENCH_VCHIQ_H

#include <linux/sizes.h>
#include <linux/types.h>

/* Services of the simulated VPU. */
enum vb_service { VB_SINK, VB_ECHO, VB_SMEM, VB_SOURCE, VB_NR_SERVICES };

/**
 * struct vb_spec - a service
 * @fourcc:	its name, the first character in the most significant byte
 * @name:	as a string
 * @version:	that we speak,
 * @version_min: and the oldest
 */
struct vb_spec {
	u32 fourcc;
	const char *name;
	u16 version;
	u16 version_min;
};

extern const struct vb_spec vb_specs[VB_NR_SERVICES];

/**
 * struct vb_side - who carries messages
 * @name:	of it
 * @open:	all services. 0 or -errno: none is.
 * @close:	undo @open
 * @send:	1 to 4088 bytes; waits for room
 * @bulk_echo:	optional: so many bytes in bulk to VB_ECHO and back, and the same again in
 *		memory of each kind there is, from the bytes of a page on that matter. They
 *		are filled by vb_bulk_fill(), and verified by vb_bulk_is(). 0; -EIO: other
 *		bytes came, or bytes beside them changed; or another -errno.
 * @bulk_source: the same, from VB_SOURCE, verified by vb_source_is()
 * @bulk_send:	the same as @send, of up to VB_BULK_MAX bytes that mean nothing, in bulk; does
 *		not wait until they are there
 *
 * What comes goes to vb_received(), but what comes in bulk. All three of that, or none.
 */
struct vb_side {
	const char *name;
	int (*open)(void);
	void (*close)(void);
	int (*send)(enum vb_service service, const void *data, size_t len);
	int (*bulk_echo)(size_t len);
	int (*bulk_source)(size_t len);
	int (*bulk_send)(enum vb_service service, size_t len);
};

#define VB_BULK_MAX	SZ_1M

/* Any context. */
void vb_received(enum vb_service service, const void *data, size_t len);

/* What is sent, different with each seed. */
void vb_bulk_fill(void *data, size_t len, unsigned int seed);
bool vb_bulk_is(const void *data, size_t len, unsigned int seed);

/* What a source gives, once each time that it was asked. */
bool vb_source_is(const void *data, size_t len);

extern const struct vb_side vb_kernel;
extern const struct vb_side vb_thread;
extern const struct vb_side vb_irq;

#endif /* FERRY_BENCH_VCHIQ_H */
