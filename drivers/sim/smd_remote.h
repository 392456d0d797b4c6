/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated remote processor that speaks SMD: what it does, and what it should not.
 */
#ifndef FERRY_SIM_SMD_REMOTE_H
#define FERRY_SIM_SMD_REMOTE_H

#include <linux/types.h>

struct ferry_port;
struct ferry_sim_smd;

/**
 * DOC: the simulated remote of SMD
 *
 * A thread is the firmware at the far end of one edge. It owns the second half of each
 * channel, allocates items and tables, and reads and writes the rings as the specification
 * says, word by word where the channel is one of words. What the other side writes is
 * checked, and each mistake is counted as "bad" and remembered by name.
 *
 * It reacts to a change of state at once, in the context of the kick; everything else is
 * done by the thread. It has no timer: a kick that the other side owes and does not give is
 * waited for, for good.
 */

/* How a channel opens: the enum and the names in debugfs. */
#define FERRY_SIM_SMD_MODES(X)						\
	X(LEADER,	"leader")	/* OPENING; answers OPENING with OPENED */	\
	X(FOLLOWER,	"follower")	/* OPENING; answers OPENED with OPENED */	\
	X(OPEN,		"open")		/* OPENED all the time */			\
	X(WAITS,	"waits")	/* CLOSED, then as a follower */		\
	X(NEVER,	"never")	/* OPENING all the time */

#define FERRY_SIM_SMD_MODE_ENUM(id, name)	FERRY_SIM_SMD_##id,

/**
 * enum ferry_sim_smd_mode - how a channel opens
 * @FERRY_SIM_SMD_NR_MODES: how many modes there are
 *
 * The modes are ``FERRY_SIM_SMD_`` and a name in ``FERRY_SIM_SMD_MODES()``.
 */
enum ferry_sim_smd_mode {
	/* private: one for each line of FERRY_SIM_SMD_MODES() */
	FERRY_SIM_SMD_MODES(FERRY_SIM_SMD_MODE_ENUM)
	/* public: */
	FERRY_SIM_SMD_NR_MODES,
};

/* What a channel is for: the enum and the names in debugfs. */
#define FERRY_SIM_SMD_ROLES(X)						\
	X(ECHO,		"echo")		/* messages come back */		\
	X(SINK,		"sink")		/* they are checked and counted */	\
	X(SOURCE,	"source")	/* as SINK; one may be an order */	\
	X(RPM,		"rpm")		/* requests are answered */

#define FERRY_SIM_SMD_ROLE_ENUM(id, name)	FERRY_SIM_SMD_##id,

/**
 * enum ferry_sim_smd_role - what a channel is for
 * @FERRY_SIM_SMD_NR_ROLES: how many roles there are
 *
 * The roles are ``FERRY_SIM_SMD_`` and a name in ``FERRY_SIM_SMD_ROLES()``.
 */
enum ferry_sim_smd_role {
	/* private: one for each line of FERRY_SIM_SMD_ROLES() */
	FERRY_SIM_SMD_ROLES(FERRY_SIM_SMD_ROLE_ENUM)
	/* public: */
	FERRY_SIM_SMD_NR_ROLES,
};

/*
 * What is wrong with a channel as long as it is switched on. STRAIGHT is for readers that
 * write over the end of a buffer of a page when a larger packet wraps, or ends where the
 * ring does, as the driver in Linux: such a packet begins where it does neither, behind
 * empty ones.
 */
#define FERRY_SIM_SMD_FAULTS(X)							\
	X(SILENT,	"silent")	/* takes nothing out of its ring */	\
	X(DEAF,		"deaf")		/* does not react to states */		\
	X(CHUNKS,	"chunks")	/* a granule of payload per kick */	\
	X(REWRITE,	"rewrite")	/* changes payload that it announced */	\
	X(NO_FLAGS,	"no-flags")	/* neither sets nor clears flags */	\
	X(NO_KICK,	"no-kick")	/* tells nobody */			\
	X(DITHER,	"dither")	/* its head goes back and forth */	\
	X(FLAP,		"flap")		/* its state goes back and forth */	\
	X(STORM,	"storm")	/* kicks for nothing */			\
	X(LEFTOVERS,	"leftovers")	/* does not begin at the start of its ring */	\
	X(STALE_TAIL,	"stale-tail")	/* nor of the other's */		\
	X(STRAIGHT,	"straight")	/* no fault: see below */

#define FERRY_SIM_SMD_FAULT_ENUM(id, name)	FERRY_SIM_SMD_FAULT_##id,

/* private: numbers of the bits */
enum ferry_sim_smd_fault_bit {
	FERRY_SIM_SMD_FAULTS(FERRY_SIM_SMD_FAULT_ENUM)
	FERRY_SIM_SMD_NR_FAULTS,
};

/* public: one bit of the faults of a channel */
#define FERRY_SIM_SMD_FAULT(id)	BIT(FERRY_SIM_SMD_FAULT_##id)

/* What is said once, and is not true: the enum and the names in debugfs. */
#define FERRY_SIM_SMD_LIES(X)							\
	X(LEN_MAX,	"len-max")	/* a packet of 0xffffffff bytes */	\
	X(LEN_OVER,	"len-over")	/* the first length that cannot be */	\
	X(LEN_ODD,	"len-odd")	/* 5 */					\
	X(LEN_ZEROS,	"len-zeros")	/* a ring full of empty packets */	\
	X(HEAD_SIZE,	"head-size")	/* behind its ring */			\
	X(HEAD_MAX,	"head-max")						\
	X(HEAD_ODD,	"head-odd")	/* not at a word */			\
	X(TAIL_SIZE,	"tail-size")	/* behind the other's ring */		\
	X(TAIL_MAX,	"tail-max")						\
	X(TAIL_ODD,	"tail-odd")						\
	X(TAIL_AHEAD,	"tail-ahead")	/* read what was not written yet */	\
	X(TAIL_BACK,	"tail-back")	/* unread what was read */		\
	X(THEIR_HEAD,	"their-head")	/* writes fields of the other side */	\
	X(THEIR_TAIL,	"their-tail")						\
	X(THEIR_STATE,	"their-state")						\
	X(STATE_MAX,	"state-max")	/* a state that does not exist */	\
	X(GARBAGE,	"garbage")	/* noise in the whole ring, all announced */	\
	X(NAME_LONG,	"name-long")	/* entries: a name without an end */	\
	X(NAME_NONE,	"name-none")	/* an empty one */			\
	X(CID_64,	"cid-64")	/* one behind the last */		\
	X(CID_MAX,	"cid-max")						\
	X(CID_TWICE,	"cid-twice")	/* one that is in use */		\
	X(NAME_TWICE,	"name-twice")	/* a second one of the same name */	\
	X(NO_ITEMS,	"no-items")	/* items that were not allocated */	\
	X(NO_REFS,	"no-refs")	/* an entry whose reference count is taken back */ \
	X(BAD_TYPE,	"bad-type")	/* neither packets nor a stream */	\
	X(FREE_SPACE,	"free-space")	/* SMEM: it changed, and nothing is new */

#define FERRY_SIM_SMD_LIE_ENUM(id, name)	FERRY_SIM_SMD_LIE_##id,

/**
 * enum ferry_sim_smd_lie - what is said once
 * @FERRY_SIM_SMD_NR_LIES: how many lies there are
 *
 * The lies are ``FERRY_SIM_SMD_LIE_`` and a name in ``FERRY_SIM_SMD_LIES()``.
 */
enum ferry_sim_smd_lie {
	/* private: one for each line of FERRY_SIM_SMD_LIES() */
	FERRY_SIM_SMD_LIES(FERRY_SIM_SMD_LIE_ENUM)
	/* public: */
	FERRY_SIM_SMD_NR_LIES,
};

/* What the other side did wrong: the enum and the names in debugfs. */
#define FERRY_SIM_SMD_BADS(X)							\
	X(STATE,	"state")	/* not one */				\
	X(HEAD,		"head")		/* out of range, or not at a word */	\
	X(TAIL,		"tail")		/* that, or beyond what was written */	\
	X(LENGTH,	"length")	/* of a packet */			\
	X(TRESPASS,	"trespass")	/* fields of ours were written */	\
	X(CONTENT,	"content")	/* of a message to a sink */		\
	X(REQUEST,	"request")	/* to the RPM */			\
	X(UNFLAGGED,	"unflagged")	/* data or state without its flag */

#define FERRY_SIM_SMD_BAD_ENUM(id, name)	FERRY_SIM_SMD_BAD_##id,

/**
 * enum ferry_sim_smd_bad - what the other side did wrong
 * @FERRY_SIM_SMD_NR_BADS: how many there are
 *
 * The mistakes are ``FERRY_SIM_SMD_BAD_`` and a name in ``FERRY_SIM_SMD_BADS()``.
 */
enum ferry_sim_smd_bad {
	/* private: one for each line of FERRY_SIM_SMD_BADS() */
	FERRY_SIM_SMD_BADS(FERRY_SIM_SMD_BAD_ENUM)
	/* public: */
	FERRY_SIM_SMD_NR_BADS,
};

#define FERRY_SIM_SMD_HOST_ANY	((u32)~0)

/**
 * struct ferry_sim_smd_cfg - where the remote lives
 * @name:	of its directory in debugfs
 * @base:	SMEM, with the image of a boot loader in it
 * @size:	of it
 * @edge:	number of the edge
 * @host:	our number, when we share a partition with the other side; else
 *		FERRY_SIM_SMD_HOST_ANY
 * @kick:	called in process context; interrupts the other side
 * @lock:	optional; takes the lock of SMEM before allocations, 0 or -errno
 * @unlock:	gives it back
 * @data:	of these
 * @entries:	how many a table of channels has; 0: 64
 */
struct ferry_sim_smd_cfg {
	const char *name;
	void *base;
	size_t size;
	u32 edge;
	u32 host;
	void (*kick)(void *data);
	int (*lock)(void *data);
	void (*unlock)(void *data);
	void *data;
	u32 entries;
};

/**
 * struct ferry_sim_smd_channel - a channel to be
 * @name:	19 characters at most
 * @ring:	bytes of one ring
 * @words:	accesses of 32 bits only
 * @stream:	bytes, not packets
 * @second:	in the second table
 * @mode:	how it opens
 * @role:	what it is for
 */
struct ferry_sim_smd_channel {
	const char *name;
	u32 ring;
	bool words;
	bool stream;
	bool second;
	enum ferry_sim_smd_mode mode;
	enum ferry_sim_smd_role role;
};

/**
 * struct ferry_sim_smd_order - what a source is to send
 * @count:	messages (bytes, when it is a stream); ~0: without end
 * @min:	bytes of the first one
 * @max:	bytes of the largest
 * @step:	bytes more each time, and from @min again after @max
 *
 * Little-endian when it comes as a message.
 */
struct ferry_sim_smd_order {
	__le32 count;
	__le32 min;
	__le32 max;
	__le32 step;
};

/**
 * struct ferry_sim_smd_stats - what a channel counted
 * @rx:		messages taken
 * @rx_bytes:	their payload
 * @tx:		messages sent
 * @tx_bytes:	their payload
 * @opens:	how often it became OPENED
 * @closes:	how often the other side closed it
 * @full:	messages that did not fit at once
 * @kicks:	from the other side; of the whole edge
 * @read_flags_own:	flags of "read" that the other side raised in its own half
 * @read_flags_ours:	and in ours, as the driver in Linux does
 * @bad:	mistakes of the other side
 */
struct ferry_sim_smd_stats {
	u64 rx;
	u64 rx_bytes;
	u64 tx;
	u64 tx_bytes;
	u64 opens;
	u64 closes;
	u64 full;
	u64 kicks;
	u64 read_flags_own;
	u64 read_flags_ours;
	u64 bad[FERRY_SIM_SMD_NR_BADS];
};

struct ferry_sim_smd *ferry_sim_smd_create(const struct ferry_sim_smd_cfg *cfg);
struct ferry_sim_smd *ferry_sim_smd_create_on_ports(const struct ferry_sim_smd_cfg *cfg,
						    struct ferry_port *kick,
						    struct ferry_port *bell);
void ferry_sim_smd_destroy(struct ferry_sim_smd *sim);
void ferry_sim_smd_kick(struct ferry_sim_smd *sim);

int ferry_sim_smd_channel_create(struct ferry_sim_smd *sim,
				 const struct ferry_sim_smd_channel *cfg);
int ferry_sim_smd_channel_find(struct ferry_sim_smd *sim, const char *name);
int ferry_sim_smd_open(struct ferry_sim_smd *sim, int channel);
int ferry_sim_smd_close(struct ferry_sim_smd *sim, int channel, bool drain);
int ferry_sim_smd_set_state(struct ferry_sim_smd *sim, int channel, u32 state);
int ferry_sim_smd_set_role(struct ferry_sim_smd *sim, int channel, enum ferry_sim_smd_role role);
int ferry_sim_smd_set_mode(struct ferry_sim_smd *sim, int channel, enum ferry_sim_smd_mode mode);
int ferry_sim_smd_set_faults(struct ferry_sim_smd *sim, int channel, u32 faults);
int ferry_sim_smd_lie(struct ferry_sim_smd *sim, int channel, enum ferry_sim_smd_lie lie);
int ferry_sim_smd_order(struct ferry_sim_smd *sim, int channel,
			const struct ferry_sim_smd_order *order);
int ferry_sim_smd_stats(struct ferry_sim_smd *sim, int channel,
			struct ferry_sim_smd_stats *stats);
int ferry_sim_smd_state(struct ferry_sim_smd *sim, int channel);
void ferry_sim_smd_crash(struct ferry_sim_smd *sim);
void ferry_sim_smd_restart(struct ferry_sim_smd *sim, bool new_table);
u8 ferry_sim_smd_byte(u32 number, size_t i);

#endif /* FERRY_SIM_SMD_REMOTE_H */
