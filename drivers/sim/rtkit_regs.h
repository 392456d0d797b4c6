/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of a co-processor of Apple's, emulated: for tests and the simulated
 * co-processor, where the kernel can emulate registers at all (UML).
 */
#ifndef FERRY_SIM_RTKIT_REGS_H
#define FERRY_SIM_RTKIT_REGS_H

#include <linux/bits.h>
#include <linux/types.h>

struct ferry_sim_asc;
struct ferry_sim_rtkit;
struct ferry_sim_rtkit_cfg;

#define FERRY_SIM_ASC_DEPTH	15

/**
 * enum ferry_sim_asc_map - which mailbox it is
 * @FERRY_SIM_ASC_NR_MAPS: how many there are
 */
enum ferry_sim_asc_map {
	/** @FERRY_SIM_ASC_V4: of the M1 */
	FERRY_SIM_ASC_V4,
	/** @FERRY_SIM_ASC_T8015: of the A11 */
	FERRY_SIM_ASC_T8015,
	/** @FERRY_SIM_ASC_M3: with registers for interrupts */
	FERRY_SIM_ASC_M3,
	FERRY_SIM_ASC_NR_MAPS,
};

/**
 * enum ferry_sim_asc_window - ranges of registers
 * @FERRY_SIM_ASC_NR_WINDOWS: how many there are
 */
enum ferry_sim_asc_window {
	/** @FERRY_SIM_ASC_CPU: CPU_CONTROL and CPU_STATUS */
	FERRY_SIM_ASC_CPU,
	/** @FERRY_SIM_ASC_SART: the filter in front of memory */
	FERRY_SIM_ASC_SART,
	/** @FERRY_SIM_ASC_MAILBOX: the two FIFOs */
	FERRY_SIM_ASC_MAILBOX,
	/** @FERRY_SIM_ASC_SRAM: memory that the co-processor lends */
	FERRY_SIM_ASC_SRAM,
	FERRY_SIM_ASC_NR_WINDOWS,
};

#define FERRY_SIM_ASC_WINDOW	0x4000	/* bytes of each but the last */
#define FERRY_SIM_ASC_SRAM_SIZE	0x10000

/**
 * enum ferry_sim_asc_line - interrupts, in the order of the binding
 * @FERRY_SIM_ASC_NR_LINES: how many there are
 */
enum ferry_sim_asc_line {
	/** @FERRY_SIM_ASC_SEND_EMPTY: high while A2I is empty */
	FERRY_SIM_ASC_SEND_EMPTY,
	/** @FERRY_SIM_ASC_SEND_NOT_EMPTY: the opposite */
	FERRY_SIM_ASC_SEND_NOT_EMPTY,
	/** @FERRY_SIM_ASC_RECV_EMPTY: high while I2A is empty */
	FERRY_SIM_ASC_RECV_EMPTY,
	/** @FERRY_SIM_ASC_RECV_NOT_EMPTY: the opposite */
	FERRY_SIM_ASC_RECV_NOT_EMPTY,
	FERRY_SIM_ASC_NR_LINES,
};

/* How the hardware may lie, for ferry_sim_asc_lie() */
#define FERRY_SIM_ASC_ONES	BIT(0)	/* every register reads as all-ones */
#define FERRY_SIM_ASC_MORE	BIT(1)	/* I2A is never empty */
#define FERRY_SIM_ASC_STUCK	BIT(2)	/* all interrupts are high */
#define FERRY_SIM_ASC_NO_ERRORS	BIT(3)	/* overflow and underflow are not told */
#define FERRY_SIM_ASC_COUNTS	BIT(4)	/* I2A has more messages than it has, unless empty */
#define FERRY_SIM_ASC_UNCOUNTED	BIT(5)	/* I2A does not count its messages */

/**
 * enum ferry_sim_sart - which filter is in front of memory
 * @FERRY_SIM_SART_NR: how many there are
 */
enum ferry_sim_sart {
	/** @FERRY_SIM_SART_NONE: none: all memory can be reached */
	FERRY_SIM_SART_NONE,
	/** @FERRY_SIM_SART_V0: of the A11 */
	FERRY_SIM_SART_V0,
	/** @FERRY_SIM_SART_V2: of the M1 */
	FERRY_SIM_SART_V2,
	/** @FERRY_SIM_SART_V3: of the M1 Pro and later */
	FERRY_SIM_SART_V3,
	FERRY_SIM_SART_NR,
};

/**
 * struct ferry_sim_asc_user - how the co-processor hears of the CPU
 * @changed:	it sent a message, or took one
 * @looked:	it is about to look into an empty FIFO
 * @run:	it wrote CPU_CONTROL.RUN
 *
 * All are optional, and called in the context of the CPU's access.
 */
struct ferry_sim_asc_user {
	void (*changed)(void *data);
	void (*looked)(void *data);
	void (*run)(void *data, bool on);
};

struct ferry_sim_asc *ferry_sim_asc_get(enum ferry_sim_asc_map map, enum ferry_sim_sart sart);
void ferry_sim_asc_put(struct ferry_sim_asc *asc);
phys_addr_t ferry_sim_asc_phys(struct ferry_sim_asc *asc, enum ferry_sim_asc_window window);
unsigned int ferry_sim_asc_irq(struct ferry_sim_asc *asc, enum ferry_sim_asc_line line);
void ferry_sim_asc_use(struct ferry_sim_asc *asc, const struct ferry_sim_asc_user *user,
		       void *data);
int ferry_sim_asc_push(struct ferry_sim_asc *asc, u64 msg0, u32 msg1);
int ferry_sim_asc_pop(struct ferry_sim_asc *asc, u64 *msg0, u32 *msg1);
unsigned long ferry_sim_asc_errors(struct ferry_sim_asc *asc);
unsigned long ferry_sim_asc_accesses(struct ferry_sim_asc *asc);
void ferry_sim_asc_lie(struct ferry_sim_asc *asc, unsigned int lies);
void *ferry_sim_asc_sram(struct ferry_sim_asc *asc);
bool ferry_sim_asc_allows(struct ferry_sim_asc *asc, u64 addr, u64 size);

/* A co-processor behind these registers */
struct ferry_sim_rtkit *ferry_sim_asc_rtkit(struct ferry_sim_asc *asc,
					    const struct ferry_sim_rtkit_cfg *cfg);
void ferry_sim_asc_rtkit_end(struct ferry_sim_asc *asc, struct ferry_sim_rtkit *sim);

#endif /* FERRY_SIM_RTKIT_REGS_H */
