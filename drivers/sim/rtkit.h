/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated co-processor of Apple's with RTKit: what its firmware does, and what it
 * should not.
 */
#ifndef FERRY_SIM_RTKIT_H
#define FERRY_SIM_RTKIT_H

#include <linux/bits.h>
#include <linux/types.h>

struct device;
struct ferry_port;
struct ferry_sim_rtkit;

/**
 * DOC: the simulated co-processor
 *
 * It does what the firmware does from reset to crash: it says hello, tells its
 * endpoints, asks for buffers, acknowledges states of power, logs, and answers on the
 * endpoints of applications:
 *
 * ======  ===================================================================
 * role    what a message does
 * ======  ===================================================================
 * echo    comes back (default of all but the next three)
 * smc     is a command of the system management controller (default of 0x20)
 * sink    is counted (default of 0x22)
 * source  bits 31:0 order so many messages, which hold 0, 1, 2, ...; 0 stops it
 *         (default of 0x23)
 * ======  ===================================================================
 *
 * What the CPU does wrong is counted, by what it was: scripts and tests want zero.
 * What the co-processor does wrong has three forms: *faults* are switched on and last,
 * a *lie* is told once, and ferry_sim_rtkit_send() sends any message there is.
 */

/* What happens to messages of an endpoint of an application. */
#define FERRY_SIM_RTKIT_ROLES(X)	\
	X(ECHO,		"echo")		\
	X(SMC,		"smc")		\
	X(SINK,		"sink")		\
	X(SOURCE,	"source")

#define FERRY_SIM_RTKIT_ENUM(id, name)	FERRY_SIM_RTKIT_##id,

/**
 * enum ferry_sim_rtkit_role - what an endpoint of an application does
 * @FERRY_SIM_RTKIT_NR_ROLES: how many roles there are
 *
 * The roles are ``FERRY_SIM_RTKIT_`` and a name in ``FERRY_SIM_RTKIT_ROLES()``.
 */
enum ferry_sim_rtkit_role {
	/* private: one for each line of FERRY_SIM_RTKIT_ROLES() */
	FERRY_SIM_RTKIT_ROLES(FERRY_SIM_RTKIT_ENUM)
	/* public: */
	FERRY_SIM_RTKIT_NR_ROLES,
};

/* What it is at. */
#define FERRY_SIM_RTKIT_STATES(X)						\
	X(RESET,	"reset")	/* touches nothing */			\
	X(WAIT_ACK,	"wait-ack")	/* said hello */			\
	X(WAIT_MAP,	"wait-map")	/* tells its endpoints */		\
	X(WAIT_EPS,	"wait-eps")	/* wants endpoints started, and buffers */ \
	X(ON,		"on")							\
	X(IDLE,		"idle")		/* and this and the next two sleep */	\
	X(SLEEP,	"sleep")						\
	X(QUIESCED,	"quiesced")						\
	X(OFF,		"off")		/* only reset helps */			\
	X(CRASHED,	"crashed")

/**
 * enum ferry_sim_rtkit_state - what the co-processor is at
 * @FERRY_SIM_RTKIT_NR_STATES: how many states there are
 *
 * The states are ``FERRY_SIM_RTKIT_`` and a name in ``FERRY_SIM_RTKIT_STATES()``.
 */
enum ferry_sim_rtkit_state {
	/* private: one for each line of FERRY_SIM_RTKIT_STATES() */
	FERRY_SIM_RTKIT_STATES(FERRY_SIM_RTKIT_ENUM)
	/* public: */
	FERRY_SIM_RTKIT_NR_STATES,
};

/* What the CPU did wrong. */
#define FERRY_SIM_RTKIT_WRONGS(X)						\
	X(VERSION,	"version")	/* chose one that was not offered */	\
	X(MAP_BASE,	"map-base")	/* acknowledged another window */	\
	X(MAP_MORE,	"map-more")	/* MORE or LAST is missing, or too much */ \
	X(TYPE,		"type")		/* a type that nobody knows */		\
	X(BITS,		"bits")		/* bits that have to be zero */		\
	X(ENDPOINT,	"endpoint")	/* none that there is */		\
	X(NOT_STARTED,	"not-started")	/* a message before STARTEP */		\
	X(STARTED,	"started")	/* STARTEP too early, or twice */	\
	X(REPLY,	"reply")	/* a buffer that was not asked for */	\
	X(SIZE,		"size")		/* a buffer of another size */		\
	X(ADDRESS,	"address")	/* a buffer where no memory is */	\
	X(FORBIDDEN,	"forbidden")	/* a buffer that the SART does not allow */ \
	X(ECHO,		"echo")		/* a message was not echoed as it is */	\
	X(NO_ECHO,	"no-echo")	/* nor was it within a second */	\
	X(POWER,	"power")	/* a state, or an order of two */	\
	X(AFTER_CRASH,	"after-crash")	/* sends a second after a crash */	\
	X(SMC,		"smc")		/* no command of the SMC */

#define FERRY_SIM_RTKIT_WRONG_ENUM(id, name)	FERRY_SIM_RTKIT_WRONG_##id,

/**
 * enum ferry_sim_rtkit_wrong - what the CPU did wrong
 * @FERRY_SIM_RTKIT_NR_WRONGS: how many kinds there are
 *
 * The kinds are ``FERRY_SIM_RTKIT_WRONG_`` and a name in ``FERRY_SIM_RTKIT_WRONGS()``.
 */
enum ferry_sim_rtkit_wrong {
	/* private: one for each line of FERRY_SIM_RTKIT_WRONGS() */
	FERRY_SIM_RTKIT_WRONGS(FERRY_SIM_RTKIT_WRONG_ENUM)
	/* public: */
	FERRY_SIM_RTKIT_NR_WRONGS,
};

/* Misbehaviour that lasts; some is only what other firmware does. */
#define FERRY_SIM_RTKIT_FAULTS(X)						\
	X(DEAF,		"deaf")		/* takes no message */			\
	X(MUTE,		"mute")		/* sends no message */			\
	X(NO_HELLO,	"no-hello")						\
	X(NO_MAP,	"no-map")						\
	X(MAP_ENDLESS,	"map-endless")	/* never says LAST */			\
	X(MAP_FIRST,	"map-first")	/* tells endpoints before hello */	\
	X(MAP_TWICE,	"map-twice")	/* each window twice */			\
	X(MAP_DOWN,	"map-down")	/* the last window first */		\
	X(NO_REQUEST,	"no-request")	/* asks for no buffer */		\
	X(ASK_ZERO,	"ask-zero")	/* for buffers without size */		\
	X(ASK_OUTSIDE,	"ask-outside")	/* says they are where nothing is */	\
	X(ASK_TWICE,	"ask-twice")	/* before the answer comes */		\
	X(ASK_LATE,	"ask-late")	/* for OSLOG only when it is on */	\
	X(ASK_DOWN,	"ask-down")	/* in the order opposite to STARTEP */	\
	X(NO_IOP_ACK,	"no-iop-ack")						\
	X(NO_AP_ACK,	"no-ap-ack")						\
	X(WRONG_IOP_ACK, "wrong-iop-ack") /* with another state */		\
	X(WRONG_AP_ACK,	"wrong-ap-ack")						\
	X(ACK_EARLY,	"ack-early")	/* is on before it has buffers */	\
	X(AP_FIRST,	"ap-first")	/* is on only when told of the CPU */	\
	X(IDLE_HELLO,	"idle-hello")	/* says hello after idle, too */	\
	X(PICKY,	"picky")	/* only acknowledges 0, 0x201, 0x202 */	\
	X(APP_EARLY,	"app-early")	/* applications talk while it boots */	\
	X(NO_IOREPORT,	"no-ioreport")	/* sends no message there when on */	\
	X(NO_LOG,	"no-log")	/* does not log by itself */		\
	X(LOG_REWRITE,	"log-rewrite")	/* changes what it logged */		\
	X(SCRIBBLE,	"scribble")	/* writes into all buffers, always */	\
	X(FLOOD,	"flood")	/* sends without end */			\
	X(NO_CRASH_MSG,	"no-crash-msg")	/* dies silently */			\
	X(BABBLE,	"babble")	/* talks on after a crash */		\
	X(SMC_WRONG_ID,	"smc-wrong-id")	/* answers with another ID */		\
	X(SMC_SILENT,	"smc-silent")						\
	X(SMC_LONG,	"smc-long")	/* answers with a size too large */	\
	X(SMC_OUTSIDE,	"smc-outside")	/* its memory is where nothing is */

#define FERRY_SIM_RTKIT_FAULT_ENUM(id, name)	FERRY_SIM_RTKIT_BIT_##id,

/* private: one for each line of FERRY_SIM_RTKIT_FAULTS() */
enum ferry_sim_rtkit_fault {
	FERRY_SIM_RTKIT_FAULTS(FERRY_SIM_RTKIT_FAULT_ENUM)
	FERRY_SIM_RTKIT_NR_FAULTS,
};

#define FERRY_SIM_RTKIT_FAULT(id)	BIT_ULL(FERRY_SIM_RTKIT_BIT_##id)

/* Misbehaviour that happens once. */
#define FERRY_SIM_RTKIT_LIES(X)							\
	X(HELLO,	"hello")	/* as if it had started again */	\
	X(MAP,		"map")		/* a window */				\
	X(IOP_ACK,	"iop-ack")	/* that nobody waits for: sleep */	\
	X(AP_ACK,	"ap-ack")	/* that nobody waits for: off */	\
	X(PONG,		"pong")							\
	X(TYPE,		"type")		/* types that nobody knows, on each endpoint */ \
	X(STRAY,	"stray")	/* endpoints that were never told of */	\
	X(WIDE,		"wide")		/* endpoint 0x102 */			\
	X(ASK_AGAIN,	"ask-again")	/* for the buffers it has */		\
	X(ASK_MORE,	"ask-more")	/* for larger ones */			\
	X(LOG_INDEX,	"log-index")	/* an entry that does not exist */	\
	X(LOG_LAST,	"log-last")	/* the one just behind the last */	\
	X(LOG_EARLY,	"log-early")	/* before it says how it logs */	\
	X(INIT_ZERO,	"init-zero")	/* messages without room for a byte */	\
	X(INIT_HUGE,	"init-huge")	/* more than the buffer has room for */	\
	X(INIT_AGAIN,	"init-again")	/* as before */				\
	X(CRASH_AGAIN,	"crash-again")	/* another notification */

#define FERRY_SIM_RTKIT_LIE_ENUM(id, name)	FERRY_SIM_RTKIT_LIE_##id,

/**
 * enum ferry_sim_rtkit_lie - what it says once and should not
 * @FERRY_SIM_RTKIT_NR_LIES: how many there are
 *
 * They are ``FERRY_SIM_RTKIT_LIE_`` and a name in ``FERRY_SIM_RTKIT_LIES()``.
 */
enum ferry_sim_rtkit_lie {
	/* private: one for each line of FERRY_SIM_RTKIT_LIES() */
	FERRY_SIM_RTKIT_LIES(FERRY_SIM_RTKIT_LIE_ENUM)
	/* public: */
	FERRY_SIM_RTKIT_NR_LIES,
};

/**
 * enum ferry_sim_rtkit_buf - buffers that it asks for, in the order of endpoints
 * @FERRY_SIM_RTKIT_NR_BUFS: how many there are
 */
enum ferry_sim_rtkit_buf {
	/** @FERRY_SIM_RTKIT_CRASHLOG: endpoint 1. */
	FERRY_SIM_RTKIT_CRASHLOG,
	/** @FERRY_SIM_RTKIT_SYSLOG: endpoint 2. */
	FERRY_SIM_RTKIT_SYSLOG,
	/** @FERRY_SIM_RTKIT_IOREPORT: endpoint 4. */
	FERRY_SIM_RTKIT_IOREPORT,
	/** @FERRY_SIM_RTKIT_OSLOG: endpoint 8. */
	FERRY_SIM_RTKIT_OSLOG,
	FERRY_SIM_RTKIT_NR_BUFS,
};

#define FERRY_SIM_RTKIT_WINDOWS	8

/**
 * struct ferry_sim_rtkit_stats - what the firmware counted
 * @rx:		messages taken
 * @tx:		messages sent, those after a lie included
 * @dropped:	messages that could not be, for want of room
 * @ignored:	messages taken while nobody was there: in reset, asleep or off
 * @late:	messages in the first second after a crash
 * @sunk:	messages of sinks
 * @logs:	lines logged
 * @log_echoes:	of these echoed
 * @boots:	times it came up
 * @crashes:	times it died
 * @smc:	commands of the SMC
 * @wrongs:	sum of @wrong
 * @wrong:	what the CPU did wrong, by enum ferry_sim_rtkit_wrong
 */
struct ferry_sim_rtkit_stats {
	u64 rx;
	u64 tx;
	u64 dropped;
	u64 ignored;
	u64 late;
	u64 sunk;
	u64 logs;
	u64 log_echoes;
	u64 boots;
	u64 crashes;
	u64 smc;
	u64 wrongs;
	u64 wrong[FERRY_SIM_RTKIT_NR_WRONGS];
};

/**
 * struct ferry_sim_rtkit_trace - one message, as it went by
 * @msg0:	the message
 * @msg1:	its endpoint
 * @to_cpu:	the co-processor sent it
 */
struct ferry_sim_rtkit_trace {
	u64 msg0;
	u32 msg1;
	bool to_cpu;
};

/**
 * struct ferry_sim_rtkit_fifo - the co-processor's end of the two FIFOs
 * @push:	into the one of the CPU; 0, or -EBUSY: full, ferry_sim_rtkit_kick() will tell
 * @pop:	from its own; 0, or -EAGAIN: empty, ferry_sim_rtkit_kick() will tell
 *
 * Called with a lock held and interrupts off.
 */
struct ferry_sim_rtkit_fifo {
	int (*push)(void *data, u64 msg0, u32 msg1);
	int (*pop)(void *data, u64 *msg0, u32 *msg1);
};

/**
 * struct ferry_sim_rtkit_soc - what is around the co-processor
 * @memory:	where it finds @size bytes at an address of its own; NULL: nothing is there.
 *		Optional: else addresses are physical ones, of memory
 * @allowed:	does a filter let it there? Optional: else there is none
 *
 * Called with a lock held and interrupts off.
 */
struct ferry_sim_rtkit_soc {
	void *(*memory)(void *data, u64 addr, u64 size);
	bool (*allowed)(void *data, u64 addr, u64 size);
};

/**
 * struct ferry_sim_rtkit_sram - memory of its own that it lends to the CPU
 * @mem:	as the simulation sees it
 * @addr:	as both sides call it
 * @size:	bytes
 */
struct ferry_sim_rtkit_sram {
	void *mem;
	u64 addr;
	u64 size;
};

/**
 * struct ferry_sim_rtkit_cfg - what the co-processor is like
 * @name:	of its thread and its directory in debugfs
 * @version_min: that it offers; 0: 11
 * @version_max: that it offers; 0: 12
 * @endpoints:	a bit for each, 32 in a window; all zero: 0 to 4, 8, and 0x20 to 0x23
 * @buf_size:	bytes of the buffers that it wants, multiples of 4 KiB; 0: a default
 * @placed:	BIT(enum ferry_sim_rtkit_buf): those that it places in @sram itself
 * @sram:	what it lends. The SMC has the first 4 KiB, buffers are behind. All zero: none
 * @fifo:	its end of the FIFOs; not looked at by ferry_sim_rtkit_create_ports()
 * @fifo_data:	argument of the calls in @fifo
 * @soc:	what else is around it, or NULL
 * @soc_data:	argument of the calls in @soc
 */
struct ferry_sim_rtkit_cfg {
	const char *name;
	u16 version_min;
	u16 version_max;
	u32 endpoints[FERRY_SIM_RTKIT_WINDOWS];
	u32 buf_size[FERRY_SIM_RTKIT_NR_BUFS];
	u32 placed;
	struct ferry_sim_rtkit_sram sram;
	const struct ferry_sim_rtkit_fifo *fifo;
	void *fifo_data;
	const struct ferry_sim_rtkit_soc *soc;
	void *soc_data;
};

struct ferry_sim_rtkit *ferry_sim_rtkit_create(const struct ferry_sim_rtkit_cfg *cfg);
void ferry_sim_rtkit_destroy(struct ferry_sim_rtkit *sim);
void ferry_sim_rtkit_kick(struct ferry_sim_rtkit *sim);
void ferry_sim_rtkit_poll(struct ferry_sim_rtkit *sim);

/* CPU_CONTROL.RUN */
void ferry_sim_rtkit_run(struct ferry_sim_rtkit *sim, bool on);
enum ferry_sim_rtkit_state ferry_sim_rtkit_state(struct ferry_sim_rtkit *sim);

/* What it does */
void ferry_sim_rtkit_versions(struct ferry_sim_rtkit *sim, u16 min, u16 max);
int ferry_sim_rtkit_role(struct ferry_sim_rtkit *sim, u8 endpoint,
			 enum ferry_sim_rtkit_role role);
int ferry_sim_rtkit_log(struct ferry_sim_rtkit *sim, const char *context, const char *text);
int ferry_sim_rtkit_crash(struct ferry_sim_rtkit *sim, const void *log, size_t len);
int ferry_sim_rtkit_smc_notify(struct ferry_sim_rtkit *sim, u32 event);

/* What it should not do */
void ferry_sim_rtkit_set_faults(struct ferry_sim_rtkit *sim, u64 faults);
u64 ferry_sim_rtkit_faults(struct ferry_sim_rtkit *sim);
void ferry_sim_rtkit_lie(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_lie lie);
void ferry_sim_rtkit_send(struct ferry_sim_rtkit *sim, u64 msg0, u32 msg1);
void ferry_sim_rtkit_mute_after(struct ferry_sim_rtkit *sim, unsigned int messages);
void ferry_sim_rtkit_delay(struct ferry_sim_rtkit *sim, unsigned int ms);

/* What was seen */
void ferry_sim_rtkit_stats(struct ferry_sim_rtkit *sim, struct ferry_sim_rtkit_stats *stats);
unsigned int ferry_sim_rtkit_trace(struct ferry_sim_rtkit *sim,
				   struct ferry_sim_rtkit_trace *trace, unsigned int n);
void ferry_sim_rtkit_forget(struct ferry_sim_rtkit *sim);
u64 ferry_sim_rtkit_buf_addr(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_buf which);

/* On a pair of ports instead of FIFOs of one's own */
struct ferry_sim_rtkit *ferry_sim_rtkit_create_ports(struct device *dev,
						     const struct ferry_sim_rtkit_cfg *cfg);
void ferry_sim_rtkit_ports(struct ferry_sim_rtkit *sim, struct ferry_port **tx,
			   struct ferry_port **rx);

#endif /* FERRY_SIM_RTKIT_H */
