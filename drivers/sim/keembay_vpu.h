/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated VPU of Keem Bay: what its firmware does, and what it should not.
 */
#ifndef FERRY_SIM_KEEMBAY_VPU_H
#define FERRY_SIM_KEEMBAY_VPU_H

#include <linux/types.h>

struct ferry_kmb_boot_request;
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

/* States: the enum and the names in debugfs. */
#define FERRY_SIM_VPU_POWERS(X)						\
	X(OFF,		"off")		/* touches nothing */		\
	X(BOOTING,	"booting")	/* and reads no message yet */	\
	X(RUNNING,	"running")					\
	X(HUNG,		"hung")		/* its watchdog will bite */	\
	X(CRASHED,	"crashed")

#define FERRY_SIM_VPU_POWER_ENUM(id, name)	FERRY_SIM_VPU_##id,

/**
 * enum ferry_sim_vpu_power - what the VPU is at
 * @FERRY_SIM_VPU_NR_POWERS: how many states there are
 *
 * The states are ``FERRY_SIM_VPU_`` and a name in ``FERRY_SIM_VPU_POWERS()``.
 */
enum ferry_sim_vpu_power {
	/* private: one for each line of FERRY_SIM_VPU_POWERS() */
	FERRY_SIM_VPU_POWERS(FERRY_SIM_VPU_POWER_ENUM)
	/* public: */
	FERRY_SIM_VPU_NR_POWERS,
};

/* Ways to die: the enum and the names in debugfs. */
#define FERRY_SIM_VPU_CRASHES(X)						\
	X(NCE,		"nce")		/* the watchdog of the NCE bites */	\
	X(MSS,		"mss")		/* that of the MSS does */		\
	X(HANG,		"hang")		/* that of the MSS does after 100 ms */	\
	X(SILENT,	"silent")	/* nobody is told */

#define FERRY_SIM_VPU_CRASH_ENUM(id, name)	FERRY_SIM_VPU_CRASH_##id,

/**
 * enum ferry_sim_vpu_crash - how the firmware dies
 * @FERRY_SIM_VPU_NR_CRASHES: how many ways there are
 *
 * The ways are ``FERRY_SIM_VPU_CRASH_`` and a name in ``FERRY_SIM_VPU_CRASHES()``.
 */
enum ferry_sim_vpu_crash {
	/* private: one for each line of FERRY_SIM_VPU_CRASHES() */
	FERRY_SIM_VPU_CRASHES(FERRY_SIM_VPU_CRASH_ENUM)
	/* public: */
	FERRY_SIM_VPU_NR_CRASHES,
};

/**
 * enum ferry_sim_vpu_wdt - one of the watchdogs
 * @FERRY_SIM_VPU_WDT_MSS:	of the media subsystem
 * @FERRY_SIM_VPU_WDT_NCE:	of the neural compute engine
 * @FERRY_SIM_VPU_NR_WDTS:	how many there are
 */
enum ferry_sim_vpu_wdt {
	FERRY_SIM_VPU_WDT_MSS,
	FERRY_SIM_VPU_WDT_NCE,
	FERRY_SIM_VPU_NR_WDTS,
};

#define FERRY_SIM_VPU_IMAGE_MAGIC	0x4d495346	/* "FSIM" */

/**
 * struct ferry_sim_vpu_image - what an image for a simulated VPU begins with
 * @magic:	FERRY_SIM_VPU_IMAGE_MAGIC
 * @size:	bytes behind this
 * @crc:	their CRC-32, that of Ethernet and zlib
 */
struct ferry_sim_vpu_image {
	__le32 magic;
	__le32 size;
	__le32 crc;
} __packed;

/*
 * Misbehaviour: the bits and the names in debugfs. Those from bad-entry to flood add to
 * the traffic and leave proper messages alone.
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
	X(NO_READY,	"no-ready")	/* says nothing when up */	\
	X(LATE_READY,	"late-ready")	/* is up after more than 2 s */	\
	X(HANG,		"hang")		/* hangs as soon as it is up */	\
	X(BOOT_FAILS,	"boot-fails")	/* cannot be booted */		\
	X(STOP_FAILS,	"stop-fails")	/* cannot be stopped */

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
 * @resets:	times it was reset or booted
 * @refused:	times it did not boot
 * @wdt_bites:	bites of a watchdog
 * @wdt_quieted: those that the CPU had dealt with a second later
 * @wdt_not_quieted: and those that it had not
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
	u64 refused;
	u64 wdt_bites;
	u64 wdt_quieted;
	u64 wdt_not_quieted;
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
 *		the two regions; NULL: nothing is there. The bytes stay until the message
 *		was answered. Optional
 * @bite:	a watchdog bites: raise its interrupt. Optional
 * @quieted:	has the CPU quieted it? Asked a second after its bite. Optional
 *
 * All are called in process context and must not call the VPU.
 */
struct ferry_sim_vpu_soc {
	const void *(*dma)(void *data, u64 addr, u32 size);
	void (*bite)(void *data, enum ferry_sim_vpu_wdt which);
	bool (*quieted)(void *data, enum ferry_sim_vpu_wdt which);
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
 * @fw_region:	where the CPU puts its firmware; NULL: it has one, and runs after each
 *		reset
 * @x509_region: where the CPU puts the certificate of the firmware; NULL: not looked at
 * @ready_ms:	when to say that it is up, after a reset; or FERRY_SIM_VPU_NO_READY
 * @vpu_id:	its number, when it has to be booted
 * @wdt_irq:	interrupts of its watchdogs, as the boot parameters have to name them
 */
struct ferry_sim_vpu_cfg {
	const char *name;
	const struct ferry_sim_vpu_fifo *fifo;
	void *fifo_data;
	const struct ferry_sim_vpu_soc *soc;
	void *soc_data;
	struct ferry_region *cpu_region;
	struct ferry_region *vpu_region;
	struct ferry_region *fw_region;
	struct ferry_region *x509_region;
	u32 ready_ms;
	u32 vpu_id;
	u32 wdt_irq[FERRY_SIM_VPU_NR_WDTS];
};

struct ferry_sim_vpu *ferry_sim_vpu_create(const struct ferry_sim_vpu_cfg *cfg);
void ferry_sim_vpu_destroy(struct ferry_sim_vpu *vpu);
void ferry_sim_vpu_kick(struct ferry_sim_vpu *vpu);
void ferry_sim_vpu_reset(struct ferry_sim_vpu *vpu);
int ferry_sim_vpu_boot(struct ferry_sim_vpu *vpu, const struct ferry_kmb_boot_request *req);
int ferry_sim_vpu_stop(struct ferry_sim_vpu *vpu);
void ferry_sim_vpu_crash(struct ferry_sim_vpu *vpu, enum ferry_sim_vpu_crash how);
enum ferry_sim_vpu_power ferry_sim_vpu_power(struct ferry_sim_vpu *vpu);
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
