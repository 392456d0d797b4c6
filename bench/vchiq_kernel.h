/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own driver of VCHIQ, as of 6.12: its functions are exported, and its headers
 * are not installed.
 */
#ifndef FERRY_BENCH_VCHIQ_KERNEL_H
#define FERRY_BENCH_VCHIQ_KERNEL_H

#define VK_MESSAGE_AVAILABLE	2	/* reason of a callback */

/* How it is heard that a bulk transfer is over: it is waited for, or not at all. */
#define VK_BULK_BLOCKING	1
#define VK_BULK_NOCALLBACK	2

struct vchiq_instance;

struct vchiq_header {
	int msgid;
	unsigned int size;
	char data[];
};

struct vchiq_service_params_kernel {
	int fourcc;
	int (*callback)(struct vchiq_instance *instance, unsigned int reason,
			struct vchiq_header *header, unsigned int handle, void *bulk);
	void *userdata;
	short version;
	short version_min;
};

int vchiq_connect(struct vchiq_instance *instance);
int vchiq_open_service(struct vchiq_instance *instance,
		       const struct vchiq_service_params_kernel *params, unsigned int *handle);
int vchiq_close_service(struct vchiq_instance *instance, unsigned int handle);
int vchiq_queue_kernel_message(struct vchiq_instance *instance, unsigned int handle, void *data,
			       unsigned int size);
int vchiq_bulk_transmit(struct vchiq_instance *instance, unsigned int handle, const void *data,
			unsigned int size, void *userdata, unsigned int mode);
int vchiq_bulk_receive(struct vchiq_instance *instance, unsigned int handle, void *data,
		       unsigned int size, void *userdata, unsigned int mode);
void vchiq_release_message(struct vchiq_instance *instance, unsigned int handle,
			   struct vchiq_header *header);

#endif /* FERRY_BENCH_VCHIQ_KERNEL_H */
