/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who carries VCHIQ: the kernel's own driver, or ours.
 */
#ifndef FERRY_BENCH_VCHIQ_H
#define FERRY_BENCH_VCHIQ_H

#include <linux/types.h>

/* Services of the simulated VPU. */
enum vb_service { VB_SINK, VB_ECHO, VB_SMEM, VB_NR_SERVICES };

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
 *
 * What comes goes to vb_received().
 */
struct vb_side {
	const char *name;
	int (*open)(void);
	void (*close)(void);
	int (*send)(enum vb_service service, const void *data, size_t len);
};

/* Any context. */
void vb_received(enum vb_service service, const void *data, size_t len);

extern const struct vb_side vb_kernel;
extern const struct vb_side vb_thread;
extern const struct vb_side vb_irq;

#endif /* FERRY_BENCH_VCHIQ_H */
