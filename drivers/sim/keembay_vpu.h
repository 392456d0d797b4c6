/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated VPU of Keem Bay: what its firmware does, and what it should not.
 */
#ifndef FERRY_SIM_KEEMBAY_VPU_H
#define FERRY_SIM_KEEMBAY_VPU_H

#include <linux/types.h>

struct ferry_port;
struct ferry_region;
struct ferry_sim_vpu;

/**
 * DOC: the simulated VPU
 *
 * A thread is the firmware. It has a region of its own for packets and payload, pops
 * its FIFO, pushes into the one of the CPU, and answers by channel:
 *
 * ======  ===================================================================
 * role    what a message on the channel does
 * ======  ===================================================================
 * echo    comes back on the same channel (default of all but the next four), or
 *         as check does when it is longer than 65536 bytes
 * sink    is counted (default of channel 1000)
 * source  is a &struct ferry_sim_vpu_order; so many messages come back, one
 *         every so often (default of channel 1001)
 * burst   as source, but as fast as the FIFO takes them (default of channel 1002)
 * check   is read where it is, and a &struct ferry_sim_vpu_digest comes back
 *         (default of channel 1003)
 * ======  ===================================================================
 *
 * A message of source and burst holds its number, a __le32, as far as it is that
 * long; byte i behind that is (number + i) & 0xff.
 *
 * A message of the CPU may have up to 16 MiB, and lie in either region or wherever
 * else the VPU can read (see &struct ferry_sim_vpu_soc). Payload of the VPU of a page
 * and more has whole pages of its own.
 */

/* Roles of channels: the enum and the names in debugfs. */
#define FERRY_SIM_VPU_ROLES(X)		\
	X(ECHO,		"echo")		\
	X(SINK,		"sink")		\
	X(SOURCE,	"source")	\
	X(BURST,	"burst")		\
	X(CHECK,	"check")

#define FERRY_SIM_VPU_ROLE_ENUM(id, name)	FERRY_SIM_VPU_##id,

/**
 * enum ferry_sim_vpu_role - what the firmware does with a channel
 * @FERRY_SIM_VPU_NR_ROLES: how many roles there are
 *
 * The roles are ``FERRY_SIM_VPU_`` and a name in ``FERRY_SIM_VPU_ROLES()``.
 */
enum ferry_sim_vpu_role {
	/* private: one for each line of FERRY_SIM_VPU_ROLES() */
	FERRY_SIM_VPU_ROLES(FERRY_SIM_VPU_ROLE_ENUM)
	/* public: */
	FERRY_SIM_VPU_NR_ROLES,
};

/*
 * Misbehaviour: the bits and the names in debugfs. All but the first two add to the
 * traffic and leave proper messages alone.
 */
#define FERRY_SIM_VPU_FAULTS(X)						\
	X(NO_FREE,	"no-free")	/* never frees our packets */	\
	X(SILENT,	"silent")	/* does not look at its FIFO */	\
	X(BAD_ENTRY,	"bad-entry")	/* pushes what is no packet */	\
	X(BAD_HEADER,	"bad-header")	/* packets that cannot be */	\
	X(BAD_PAYLOAD,	"bad-payload")	/* payload outside its region */\
	X(DUPLICATE,	"duplicate")	/* announces a packet twice */	\
	X(REWRITE,	"rewrite")	/* changes what it announced */	\
	X(FREE_TWICE,	"free-twice")	/* frees what it gave back */	\
	X(SCRIBBLE,	"scribble")	/* writes over all our marks */	\
	X(FLOOD,	"flood")	/* pushes without end */	\
	X(BAD_READY,	"bad-ready")	/* says something else when up */\
	X(NO_READY,	"no-ready")	/* says nothing when up */

#define FERRY_SIM_VPU_FAULT_ENUM(id, name)	FERRY_SIM_VPU_BIT_##id,

/* private: one for each line of FERRY_SIM_VPU_FAULTS() */
enum ferry_sim_vpu_fault {
	FERRY_SIM_VPU_FAULTS(FERRY_SIM_VPU_FAULT_ENUM)
	FERRY_SIM_VPU_NR_FAULTS,
};

#define FERRY_SIM_VPU_FAULT(id)		BIT(FERRY_SIM_VPU_BIT_##id)

/**
 * struct ferry_sim_vpu_order - the message that a source or burst channel wants
 * @count:	messages to send; U32_MAX is without end, 0 stops
 * @size:	bytes of each, up to 65536
 * @gap_us:	source only: time between two; 0 is 100 us
 */
struct ferry_sim_vpu_order {
	__le32 count;
	__le32 size;
	__le32 gap_us;
} __packed;

/**
 * struct ferry_sim_vpu_digest - the answer of a check channel
 * @size:	bytes of the message
 * @crc:	their CRC-32, that of Ethernet and zlib
 */
struct ferry_sim_vpu_digest {
	__le32 size;
	__le32 crc;
} __packed;

/**
 * struct ferry_sim_vpu_stats - what the firmware counted
 * @rx:		messages received
 * @rx_bytes:	their bytes
 * @tx:		messages sent, bogus ones not counted
 * @tx_bytes:	their bytes
 * @bad:	entries and packets of the CPU that break the rules
 * @full:	pushes that found the FIFO of the CPU full
 * @no_packet:	sends that found no packet or no room for the payload
 * @bogus:	things done only because of a fault
 * @resets:	times it was reset
 */
struct ferry_sim_vpu_stats {
	u64 rx;
	u64 rx_bytes;
	u64 tx;
	u64 tx_bytes;
	u64 bad;
	u64 full;
	u64 no_packet;
	u64 bogus;
	u64 resets;
};

/**
 * struct ferry_sim_vpu_fifo - the VPU's end of the two FIFOs
 * @push:	into the one of the CPU; 0, or -EBUSY: full
 * @pop:	from its own; 0, or -EAGAIN: empty, ferry_sim_vpu_kick() will tell
 *
 * Both are called by one thread.
 */
struct ferry_sim_vpu_fifo {
	int (*push)(void *data, u32 entry);
	int (*pop)(void *data, u32 *entry);
};

/**
 * struct ferry_sim_vpu_soc - what is around the VPU
 * @dma:	where it finds @size bytes, at least 1, at an address of the VPU, outside of
 *		the two regions; NULL: nothing is there. Called in process context; the
 *		bytes stay until the message was answered. Optional
 */
struct ferry_sim_vpu_soc {
	const void *(*dma)(void *data, u64 addr, u32 size);
};

#define FERRY_SIM_VPU_NO_READY	U32_MAX

/**
 * struct ferry_sim_vpu_cfg - where the simulated VPU is
 * @name:	of its thread and of its directory in debugfs
 * @fifo:	its end of the FIFOs
 * @fifo_data:	argument of the calls in @fifo
 * @soc:	what else is around it, or NULL
 * @soc_data:	argument of the calls in @soc
 * @cpu_region:	the CPU's packets and payload, as the VPU may read them
 * @vpu_region:	its own
 * @ready_ms:	when to say that it is up, after a reset; or FERRY_SIM_VPU_NO_READY
 */
struct ferry_sim_vpu_cfg {
	const char *name;
	const struct ferry_sim_vpu_fifo *fifo;
	void *fifo_data;
	const struct ferry_sim_vpu_soc *soc;
	void *soc_data;
	struct ferry_region *cpu_region;
	struct ferry_region *vpu_region;
	u32 ready_ms;
};

struct ferry_sim_vpu *ferry_sim_vpu_create(const struct ferry_sim_vpu_cfg *cfg);
void ferry_sim_vpu_destroy(struct ferry_sim_vpu *vpu);
void ferry_sim_vpu_kick(struct ferry_sim_vpu *vpu);
void ferry_sim_vpu_reset(struct ferry_sim_vpu *vpu);
int ferry_sim_vpu_set_role(struct ferry_sim_vpu *vpu, unsigned int channel,
			   enum ferry_sim_vpu_role role);
void ferry_sim_vpu_set_faults(struct ferry_sim_vpu *vpu, u32 faults);
u32 ferry_sim_vpu_faults(struct ferry_sim_vpu *vpu);
void ferry_sim_vpu_stats(struct ferry_sim_vpu *vpu, struct ferry_sim_vpu_stats *stats);
u8 ferry_sim_vpu_byte(u32 number, size_t i);

/* On a pair of ports, of a loop-back for example, instead of FIFOs of one's own. */
struct ferry_sim_vpu *ferry_sim_vpu_create_on_ports(const struct ferry_sim_vpu_cfg *cfg,
						    struct ferry_port *to_cpu,
						    struct ferry_port *from_cpu);

#endif /* FERRY_SIM_KEEMBAY_VPU_H */
