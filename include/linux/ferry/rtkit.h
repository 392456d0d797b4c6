/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Apple RTKit: for drivers of co-processors that run it.
 */
#ifndef _LINUX_FERRY_RTKIT_H
#define _LINUX_FERRY_RTKIT_H

#include <linux/types.h>

struct device;
struct ferry_link;
struct ferry_port;
struct ferry_provide_cfg;
struct ferry_rtkit;

/**
 * DOC: RTKit
 *
 * A co-processor of Apple's runs RTKit and speaks through a mailbox. Its driver makes a
 * link of it with ferry_rtkit_create(), starts it with ferry_rtkit_boot() or
 * ferry_rtkit_wake(), and opens the endpoints of its applications as channels::
 *
 *	const struct ferry_id id = { .number = 0x20 };
 *
 *	ep = ferry_open(ferry_rtkit_link(rtk), &id, &cfg);
 *
 * Numbers are 0x20 to 0xff, and a message is 8 bytes: a &__le64. While the link runs,
 * ferry_open() of an endpoint that the firmware does not have is -ENOENT; one that was
 * opened before makes the start fail.
 *
 * An endpoint with %FERRY_EP_ATOMIC is called in the interrupt, in order and before the
 * next message. Where nobody may sleep, ferry_trysend() sends, and ferry_rx_now() takes
 * the answer.
 *
 * All that is said of links in <linux/ferry/link.h> holds: a user may start and stop it
 * in sysfs, and the states of the link are those of the co-processor.
 */

#define FERRY_RTKIT_FIRST	0x20	/* endpoints of applications */
#define FERRY_RTKIT_LAST	0xff
#define FERRY_RTKIT_MSG		8	/* bytes of a message */

/**
 * struct ferry_rtkit_cpu_ops - the CPU of a co-processor, where its driver controls that
 * @run:	required; process context, may sleep: let it run, from its reset vector. 0 or
 *		-errno.
 * @reset:	required; process context, may sleep: hold it in reset. 0: it can reach
 *		memory no more; else -errno. Called for one that does not run, too.
 */
struct ferry_rtkit_cpu_ops {
	int (*run)(void *data);
	int (*reset)(void *data);
};

/**
 * struct ferry_rtkit_cfg - where a co-processor is
 * @name:	of the link; NULL: that of the device
 * @tx:		port to it, messages of 12 bytes; NULL: found by ``mboxes`` of the device
 * @rx:		port from it; NULL together with @tx
 * @mbox_name:	which of ``mboxes``, by ``mbox-names``; NULL: by @mbox_index
 * @mbox_index:	which of ``mboxes``
 * @memory:	where the memory that it asks for comes from; copied. NULL: coherent memory
 *		of the device, up to 1 MiB at a time.
 * @cpu:	its CPU, or NULL: something else started it
 * @data:	argument of @cpu
 * @recover:	start it again after a crash, unless the user says no; wants @cpu
 * @wakes:	messages may wake the system: the ports stay on while it is suspended
 * @timeout_ms:	how long each thing may take that it has to say, ms; 0: 1000
 *
 * References are taken on ports.
 */
struct ferry_rtkit_cfg {
	const char *name;
	struct ferry_port *tx;
	struct ferry_port *rx;
	const char *mbox_name;
	unsigned int mbox_index;
	const struct ferry_provide_cfg *memory;
	const struct ferry_rtkit_cpu_ops *cpu;
	void *data;
	bool recover;
	bool wakes;
	unsigned int timeout_ms;
};

struct ferry_rtkit *ferry_rtkit_create(struct device *dev, const struct ferry_rtkit_cfg *cfg);
void ferry_rtkit_destroy(struct ferry_rtkit *rtk);
struct ferry_link *ferry_rtkit_link(struct ferry_rtkit *rtk);
int ferry_rtkit_boot(struct ferry_rtkit *rtk);
int ferry_rtkit_wake(struct ferry_rtkit *rtk);
int ferry_rtkit_shutdown(struct ferry_rtkit *rtk);
int ferry_rtkit_quiesce(struct ferry_rtkit *rtk);
int ferry_rtkit_idle(struct ferry_rtkit *rtk);
int ferry_rtkit_poweroff(struct ferry_rtkit *rtk);
int ferry_rtkit_ping(struct ferry_rtkit *rtk, u64 cookie);

#endif /* _LINUX_FERRY_RTKIT_H */
