/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated VPU: the master of VCHIQ, and the services of its firmware.
 */
#ifndef FERRY_SIM_VCHIQ_VPU_H
#define FERRY_SIM_VCHIQ_VPU_H

#include <linux/bits.h>
#include <linux/types.h>

struct ferry_port;
struct ferry_sim_vchiq;
struct ferry_sim_vchiq_conn;

/**
 * struct ferry_sim_vchiq_cfg - what a VPU is like
 * @name:	of its thread, and in debugfs
 * @bell:	doorbell that the host rings: a port of 0 bytes, of direction RX
 * @ring:	doorbell of the host: a port of 0 bytes, of direction TX
 * @map:	process context: where the CPU sees [@addr, @addr + @size) of the host; NULL: there
 *		is nothing
 * @data:	argument of @map
 * @line:	its cache line, bytes, a power of two; 0: 64
 *
 * References are taken on @bell and @ring.
 */
struct ferry_sim_vchiq_cfg {
	const char *name;
	struct ferry_port *bell;
	struct ferry_port *ring;
	void *(*map)(void *data, u32 addr, size_t size);
	void *data;
	u32 line;
};

/**
 * struct ferry_sim_vchiq_server - a service of the firmware, or a client of one of the host
 * @fourcc:	its name, the first character in the most significant byte
 * @version:	the newest it speaks
 * @version_min: the oldest
 * @opened:	optional; firmware thread, may sleep: a client opens it. 0; -errno: refuse. Or of
 *		a client: the host has opened it, whatever is returned.
 * @rx:		firmware thread, may sleep: a message of a client; @msg is valid until it
 *		returns
 * @closed:	optional; firmware thread, or whoever resets the VPU: it is over, or was
 *		refused; @c is gone afterwards
 * @priv:	first argument of the calls
 *
 * The calls may use ferry_sim_vchiq_send().
 */
struct ferry_sim_vchiq_server {
	u32 fourcc;
	u16 version;
	u16 version_min;
	int (*opened)(void *priv, struct ferry_sim_vchiq_conn *c);
	void (*rx)(void *priv, struct ferry_sim_vchiq_conn *c, const void *msg, size_t len);
	void (*closed)(void *priv, struct ferry_sim_vchiq_conn *c);
	void *priv;
};

/*
 * Services that each VPU has. In bulk an echo gives back what it got, in order, and keeps up to
 * four of them; the sink takes everything; the byte i of what a source gives is (k * 7 + i), k
 * counting from 0. Others abort all bulk transfers.
 */
#define FERRY_SIM_VCHIQ_ECHO	0x4543484f	/* "ECHO": sends back what it got */
#define FERRY_SIM_VCHIQ_ECH1	0x45434831
#define FERRY_SIM_VCHIQ_ECH2	0x45434832
#define FERRY_SIM_VCHIQ_ECH3	0x45434833
#define FERRY_SIM_VCHIQ_SINK	0x53494e4b	/* "SINK": takes everything */
#define FERRY_SIM_VCHIQ_SOURCE	0x53524345	/* "SRCE": struct ferry_sim_vchiq_order */

/**
 * struct ferry_sim_vchiq_order - to a source: send messages
 * @count:	so many
 * @size:	each of so many bytes, 4 to 4088: its number, and then bytes (number + i)
 */
struct ferry_sim_vchiq_order {
	__le32 count;
	__le32 size;
};

/* What it does wrong while it is switched on. */
#define FERRY_SIM_VCHIQ_FAULTS(X)				\
	X(NO_INIT,	"no-init")	/* never says it began */	\
	X(INIT_ERROR,	"init-error")	/* firmware refuses */	\
	X(NO_CONNECT,	"no-connect")				\
	X(NO_OPENACK,	"no-openack")				\
	X(SHORT_OPENACK, "short-openack")	/* of one byte */	\
	X(REFUSE,	"refuse")	/* every service */	\
	X(NO_CLOSE,	"no-close")	/* CLOSE is not answered */	\
	X(NO_RECYCLE,	"no-recycle")	/* keeps all slots */	\
	X(LATE_RECYCLE,	"late-recycle")	/* 5 ms */		\
	X(DEAF,		"deaf")		/* takes nothing */	\
	X(NO_RING,	"no-ring")	/* never rings */	\
	X(NO_BULK_DONE,	"no-bulk-done")	/* bulk transfers wait */	\
	X(BULK_ABORT,	"bulk-abort")	/* ... are all aborted */	\
	X(BULK_SHORT,	"bulk-short")	/* ... end half-way */

#define FERRY_SIM_VCHIQ_FAULT_ENUM(id, name)	FERRY_SIM_VCHIQ_FAULT_##id,

/**
 * enum ferry_sim_vchiq_fault - a fault, see FERRY_SIM_VCHIQ_FAULTS()
 * @FERRY_SIM_VCHIQ_NR_FAULTS: how many there are
 */
enum ferry_sim_vchiq_fault {
	/* private: one for each line */
	FERRY_SIM_VCHIQ_FAULTS(FERRY_SIM_VCHIQ_FAULT_ENUM)
	/* public: */
	FERRY_SIM_VCHIQ_NR_FAULTS,
};

/* What it does wrong once. */
#define FERRY_SIM_VCHIQ_LIES(X)					\
	X(POS_BACK,	"pos-back")	/* tx_pos goes back */	\
	X(POS_FAR,	"pos-far")	/* ... beyond all slots */	\
	X(POS_ODD,	"pos-odd")	/* ... to no multiple of 8 */	\
	X(SIZE_WRAP,	"size-wrap")	/* a message of nearly 4 GiB */	\
	X(SIZE_SLOT,	"size-slot")	/* ... beyond its slot */	\
	X(SIZE_SENT,	"size-sent")	/* ... beyond what was sent */	\
	X(SLOT_ZERO,	"slot-zero")	/* sends in slot zero */	\
	X(SLOT_HOST,	"slot-host")	/* ... in one of the host */	\
	X(SLOT_TWICE,	"slot-twice")	/* ... in one that the host has */	\
	X(RECYCLE_FAR,	"recycle-far")	/* gives back too many */	\
	X(RECYCLE_OWN,	"recycle-own")	/* gives back its own */	\
	X(RECYCLE_TWICE, "recycle-twice")	/* ... one that it gave back */	\
	X(FLOOD,	"flood")	/* messages for nobody, all slots full of them */

#define FERRY_SIM_VCHIQ_LIE_ENUM(id, name)	FERRY_SIM_VCHIQ_LIE_##id,

/**
 * enum ferry_sim_vchiq_lie - a lie, see FERRY_SIM_VCHIQ_LIES()
 * @FERRY_SIM_VCHIQ_NR_LIES: how many there are
 */
enum ferry_sim_vchiq_lie {
	/* private: one for each line */
	FERRY_SIM_VCHIQ_LIES(FERRY_SIM_VCHIQ_LIE_ENUM)
	/* public: */
	FERRY_SIM_VCHIQ_NR_LIES,
};

/**
 * struct ferry_sim_vchiq_stats - counters
 * @rx:		messages of the host, padding left out
 * @tx:		messages to it
 * @sunk:	messages that the sink took
 * @bulks:	bulk transfers that the sink took
 * @bulk_bytes:	their bytes
 * @inits:	times that it was handed memory
 * @wrongs:	what the host must not do
 * @slots:	slots of the host that it has
 * @conns:	open services
 */
struct ferry_sim_vchiq_stats {
	u64 rx;
	u64 tx;
	u64 sunk;
	u64 bulks;
	u64 bulk_bytes;
	u64 inits;
	u64 wrongs;
	unsigned int slots;
	unsigned int conns;
};

struct ferry_sim_vchiq *ferry_sim_vchiq_create(const struct ferry_sim_vchiq_cfg *cfg);
void ferry_sim_vchiq_destroy(struct ferry_sim_vchiq *sim);
int ferry_sim_vchiq_init(struct ferry_sim_vchiq *sim, u32 addr);
void ferry_sim_vchiq_reset(struct ferry_sim_vchiq *sim);
int ferry_sim_vchiq_property(struct ferry_sim_vchiq *sim, u32 message);

int ferry_sim_vchiq_serve(struct ferry_sim_vchiq *sim, const struct ferry_sim_vchiq_server *server);
void ferry_sim_vchiq_unserve(struct ferry_sim_vchiq *sim,
			     const struct ferry_sim_vchiq_server *server);
int ferry_sim_vchiq_send(struct ferry_sim_vchiq_conn *c, const void *msg, size_t len);
int ferry_sim_vchiq_call(struct ferry_sim_vchiq *sim, const struct ferry_sim_vchiq_server *client);
int ferry_sim_vchiq_hang_up(struct ferry_sim_vchiq *sim, u32 fourcc);

int ferry_sim_vchiq_raw(struct ferry_sim_vchiq *sim, u32 msgid, const void *payload, u32 size);
void ferry_sim_vchiq_set_faults(struct ferry_sim_vchiq *sim, unsigned long faults);
unsigned long ferry_sim_vchiq_faults(struct ferry_sim_vchiq *sim);
int ferry_sim_vchiq_lie(struct ferry_sim_vchiq *sim, enum ferry_sim_vchiq_lie which);
void ferry_sim_vchiq_stats(struct ferry_sim_vchiq *sim, struct ferry_sim_vchiq_stats *stats);

#endif /* FERRY_SIM_VCHIQ_VPU_H */
