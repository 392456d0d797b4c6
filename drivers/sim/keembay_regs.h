/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO registers of Keem Bay, emulated: for tests and the simulated VPU, where
 * the kernel can emulate registers at all (UML).
 */
#ifndef FERRY_SIM_KEEMBAY_REGS_H
#define FERRY_SIM_KEEMBAY_REGS_H

#include <linux/bits.h>
#include <linux/types.h>

struct ferry_sim_kmb;

#define FERRY_SIM_KMB_WINDOW	0x310	/* bytes of registers of one FIFO */
#define FERRY_SIM_KMB_DEPTH	128
#define FERRY_SIM_KMB_NR_REGS	6

/**
 * enum ferry_sim_kmb_fifo - which one; named after who reads it
 * @FERRY_SIM_KMB_NR_FIFOS: how many there are
 */
enum ferry_sim_kmb_fifo {
	/** @FERRY_SIM_KMB_CPU: from the VPU. */
	FERRY_SIM_KMB_CPU,
	/** @FERRY_SIM_KMB_VPU: to the VPU. */
	FERRY_SIM_KMB_VPU,
	FERRY_SIM_KMB_NR_FIFOS,
};

/* How the hardware may lie, for ferry_sim_kmb_lie() */
#define FERRY_SIM_KMB_ONES	BIT(0)	/* every register reads as all-ones */
#define FERRY_SIM_KMB_STAT	BIT(1)	/* STAT reads as told */
#define FERRY_SIM_KMB_LINE	BIT(2)	/* the interrupt is stuck high */
#define FERRY_SIM_KMB_IDS	BIT(3)	/* ATM leaves the number of the writer in place */

struct ferry_sim_kmb *ferry_sim_kmb_get(void);
void ferry_sim_kmb_put(struct ferry_sim_kmb *kmb);
phys_addr_t ferry_sim_kmb_phys(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which);
unsigned int ferry_sim_kmb_irq(struct ferry_sim_kmb *kmb);
int ferry_sim_kmb_push(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which, u32 entry);
int ferry_sim_kmb_pop(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which, u32 *entry);
unsigned int ferry_sim_kmb_level(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which);
void ferry_sim_kmb_notify(struct ferry_sim_kmb *kmb, void (*fn)(void *data), void *data);
void ferry_sim_kmb_lie(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which,
		       unsigned int lies, u32 stat);
unsigned long ferry_sim_kmb_reads(struct ferry_sim_kmb *kmb, enum ferry_sim_kmb_fifo which,
				  unsigned int reg);

#endif /* FERRY_SIM_KEEMBAY_REGS_H */
