/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated VPU with the service SMEM, whatever carries its messages.
 */
#ifndef FERRY_SIM_VCSM_VPU_H
#define FERRY_SIM_VCSM_VPU_H

#include <linux/bits.h>
#include <linux/types.h>

struct ferry_sim_vcsm;

/*
 * What it does wrong, when it is told to: enum, and names in debugfs.
 */
#define FERRY_SIM_VCSM_FAULTS(X)						\
	X(MUTE,		"mute")		/* answers no import */			\
	X(TWICE,	"twice")	/* answers each twice */		\
	X(SHORT,	"short")	/* answers of four bytes */		\
	X(LONG,		"long")		/* answers of 64 bytes */		\
	X(REFUSE,	"refuse")	/* takes nothing */			\
	X(ALIKE,	"alike")	/* the same handle for all */		\
	X(BEFORE,	"before")	/* lets go before it answers */		\
	X(EARLY,	"early")	/* lets go right behind the answer */	\
	X(AGAIN,	"again")	/* lets go twice */			\
	X(OTHERS,	"others")	/* lets go of what others have, too */	\
	X(KEEP,		"keep")		/* never lets go */			\
	X(FLOOD,	"flood")	/* wants memory all the time */		\
	X(GARBAGE,	"garbage")	/* says nonsense in between */

#define FERRY_SIM_VCSM_FAULT_ENUM(id, name)	FERRY_SIM_VCSM_##id,

/**
 * enum ferry_sim_vcsm_fault - how it misbehaves
 * @FERRY_SIM_VCSM_NR_FAULTS: in how many ways
 *
 * The others are ``FERRY_SIM_VCSM_`` and a name in ``FERRY_SIM_VCSM_FAULTS()``.
 */
enum ferry_sim_vcsm_fault {
	/* private: one for each line of FERRY_SIM_VCSM_FAULTS() */
	FERRY_SIM_VCSM_FAULTS(FERRY_SIM_VCSM_FAULT_ENUM)
	/* public: */
	FERRY_SIM_VCSM_NR_FAULTS,
};

/**
 * struct ferry_sim_vcsm_cfg - what it is like
 * @name:	of its directory in debugfs
 * @send:	sends a message to the host; process context, may sleep, under the mutex of the
 *		simulation. 0 or -errno: it is lost.
 * @map:	optional; process context: where the CPU sees memory of the host, by the address
 *		that the host said; NULL: nowhere
 * @unmap:	required with @map: undo it
 * @data:	first argument of these
 * @version:	that it speaks: 1 is old firmware, which lets go in silence; 0 is 2
 */
struct ferry_sim_vcsm_cfg {
	const char *name;
	int (*send)(void *data, const void *msg, size_t len);
	void *(*map)(void *data, u32 addr, u32 size);
	void (*unmap)(void *data, void *vaddr, u32 size);
	void *data;
	unsigned int version;
};

/**
 * struct ferry_sim_vcsm_stats - counters
 * @imports:	buffers of the host that it took
 * @frees:	that the host let go
 * @releases:	that it let go itself
 * @asked:	for memory
 * @granted:	of these
 * @lost:	messages that could not be sent
 * @wrong:	what the host did wrong: freed what it does not have, used an id twice, named
 *		impossible memory
 * @buffers:	that it has now
 * @bytes:	of these
 */
struct ferry_sim_vcsm_stats {
	u64 imports;
	u64 frees;
	u64 releases;
	u64 asked;
	u64 granted;
	u64 lost;
	u64 wrong;
	unsigned int buffers;
	u64 bytes;
};

struct ferry_sim_vcsm *ferry_sim_vcsm_create(const struct ferry_sim_vcsm_cfg *cfg);
void ferry_sim_vcsm_destroy(struct ferry_sim_vcsm *sim);
void ferry_sim_vcsm_rx(struct ferry_sim_vcsm *sim, const void *msg, size_t len);
void ferry_sim_vcsm_reset(struct ferry_sim_vcsm *sim);
void ferry_sim_vcsm_set_faults(struct ferry_sim_vcsm *sim, unsigned long faults);
unsigned long ferry_sim_vcsm_faults(struct ferry_sim_vcsm *sim);
void ferry_sim_vcsm_hold(struct ferry_sim_vcsm *sim, unsigned int ms);
void ferry_sim_vcsm_stats(struct ferry_sim_vcsm *sim, struct ferry_sim_vcsm_stats *stats);
int ferry_sim_vcsm_request(struct ferry_sim_vcsm *sim, u32 size, u32 align);
int ferry_sim_vcsm_let_go(struct ferry_sim_vcsm *sim, u32 handle);
int ferry_sim_vcsm_fill(struct ferry_sim_vcsm *sim, u32 handle, u8 seed);
int ferry_sim_vcsm_check(struct ferry_sim_vcsm *sim, u32 handle, u8 seed);

#endif /* FERRY_SIM_VCSM_VPU_H */
