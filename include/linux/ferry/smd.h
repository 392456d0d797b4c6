/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SMD: channels in shared memory, between the processors of a Qualcomm SoC.
 */
#ifndef _LINUX_FERRY_SMD_H
#define _LINUX_FERRY_SMD_H

#include <linux/bits.h>
#include <linux/types.h>

struct device;
struct ferry_link;
struct ferry_port;
struct ferry_smd;
struct ferry_smem;
struct fwnode_handle;
struct rproc;

/**
 * DOC: smd
 *
 * An edge is the pair of two processors. Each of its channels has a name, two rings and,
 * for each side, some flags, all in items of SMEM; whoever changed something there rings
 * the other one's doorbell. An edge is a link of Ferry.
 *
 * On most edges the remote makes the channels, and Linux looks for them
 * (%FERRY_SMD_SCANS). Linux can be the other side as well (%FERRY_SMD_ALLOCATES): its
 * channels wait for the remote while they have an endpoint, and sends fail with -EPIPE
 * until it came.
 */

/**
 * enum ferry_smd_role - which side of an edge this is
 */
enum ferry_smd_role {
	/** @FERRY_SMD_SCANS: the channels are made by the remote. */
	FERRY_SMD_SCANS,
	/** @FERRY_SMD_ALLOCATES: they are made here. */
	FERRY_SMD_ALLOCATES,
};

/* Signals of a side, as of a modem; while a channel is open the first three are on. */
#define FERRY_SMD_DSR	BIT(0)
#define FERRY_SMD_CTS	BIT(1)
#define FERRY_SMD_CD	BIT(2)
#define FERRY_SMD_RI	BIT(3)

/**
 * struct ferry_smd_cfg - what an edge is made of
 * @name:	of the link
 * @smem:	where its channels are
 * @edge:	number of the edge, 0 to 255
 * @host:	number of the remote, for SMEM; %FERRY_SMEM_HOST_ANY: items of all
 * @role:	which side this is
 * @kick:	doorbell of the remote: a port of 0 bytes
 * @bell:	doorbell of this side: a port of 0 bytes
 * @fwnode:	what describes the edge, or NULL: each child whose qcom,smd-channels is
 *		the name of a channel describes its client
 * @recover:	start it again after a crash
 * @straight:	the remote cannot take a packet of more than 4096 bytes that wraps, or ends
 *		where the ring does, as the driver in Linux: none is sent, and empty packets
 *		come before it
 * @signals:	optional; process context: the remote changed its signals
 * @priv:	argument of @signals
 *
 * References are taken on @smem, @kick and @bell.
 */
struct ferry_smd_cfg {
	const char *name;
	struct ferry_smem *smem;
	u32 edge;
	u32 host;
	enum ferry_smd_role role;
	struct ferry_port *kick;
	struct ferry_port *bell;
	struct fwnode_handle *fwnode;
	bool recover;
	bool straight;
	void (*signals)(void *priv, const char *channel, u32 signals);
	void *priv;
};

/**
 * struct ferry_smd_channel_cfg - a channel to be made
 * @name:	at most 19 characters
 * @size:	bytes of each ring: a multiple of 16, 32 to 512 KiB
 * @words:	memory is accessed in words of 32 bits; messages are multiples of that
 * @stream:	bytes, without limits between messages
 */
struct ferry_smd_channel_cfg {
	const char *name;
	u32 size;
	bool words;
	bool stream;
};

struct ferry_smd *ferry_smd_create(struct device *parent, const struct ferry_smd_cfg *cfg);
void ferry_smd_destroy(struct ferry_smd *smd);
struct ferry_link *ferry_smd_link(struct ferry_smd *smd);
int ferry_smd_follow(struct ferry_smd *smd, struct rproc *rproc);
int ferry_smd_channel_create(struct ferry_smd *smd, const struct ferry_smd_channel_cfg *cfg);
int ferry_smd_signals(struct ferry_smd *smd, const char *channel);
int ferry_smd_set_signals(struct ferry_smd *smd, const char *channel, u32 mask, u32 signals);

#endif /* _LINUX_FERRY_SMD_H */
