/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A piece of emulated I/O memory, for the suites: it keeps what was written, and a record
 * of how.
 */
#ifndef FERRY_KUNIT_IOMEM_H
#define FERRY_KUNIT_IOMEM_H

#include <linux/types.h>

/* Where SMC's SRAM is on the first of these SoCs, if nobody else is there. */
#define IOMEM_BASE	0x23fe10000ull
#define IOMEM_SIZE	0x10000
#define IOMEM_LOG	256

struct iomem_write {
	unsigned int offset;
	unsigned int size;	/* bytes of one access */
	u64 value;
};

struct iomem {
	phys_addr_t phys;
	u8 mem[IOMEM_SIZE];
	unsigned int nr;	/* writes, of which the first are in the log */
	struct iomem_write log[IOMEM_LOG];
	unsigned int copies;	/* of more than one register at once */
	unsigned int reads;
	unsigned int maps;	/* that there are now */
};

/* Zero, with an empty record; NULL: this kernel has no room for it. */
struct iomem *iomem_get(void);

#endif /* FERRY_KUNIT_IOMEM_H */
