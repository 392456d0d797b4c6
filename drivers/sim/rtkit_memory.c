// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor: memory of the CPU, and the buffers it asks for.
 *
 * An address that the CPU gave is looked up each time it is used: the filter in front of
 * the memory may have been changed meanwhile, and memory that was freed is to be noticed
 * by the checkers of the kernel it runs in.
 */
#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "rtkit_private.h"

#define RSIM_NOWHERE	0x3fffffff000ULL	/* the last page but one that a request can name */

const u8 rsim_buf_ep[FERRY_SIM_RTKIT_NR_BUFS] = {
	[FERRY_SIM_RTKIT_CRASHLOG] = RTKIT_EP_CRASHLOG,
	[FERRY_SIM_RTKIT_SYSLOG] = RTKIT_EP_SYSLOG,
	[FERRY_SIM_RTKIT_IOREPORT] = RTKIT_EP_IOREPORT,
	[FERRY_SIM_RTKIT_OSLOG] = RTKIT_EP_OSLOG,
};

static bool rsim_is_sram(const struct ferry_sim_rtkit *sim, u64 addr, u64 size)
{
	const struct ferry_sim_rtkit_sram *sram = &sim->cfg.sram;

	return sram->mem && addr >= sram->addr && addr - sram->addr <= sram->size &&
	       size <= sram->size - (addr - sram->addr);
}

/* Physical addresses of memory, as a device without an IOMMU sees it. */
static void *rsim_ram(u64 addr, u64 size)
{
	u64 pfn;

	if (!size || addr + size < addr)
		return NULL;
	for (pfn = addr >> PAGE_SHIFT; pfn <= (addr + size - 1) >> PAGE_SHIFT; pfn++) {
		if (!pfn_valid(pfn))
			return NULL;
	}
	return phys_to_virt(addr);
}

/* NULL: nothing is there that it may touch. */
void *rsim_memory(struct ferry_sim_rtkit *sim, u64 addr, u64 size)
{
	const struct ferry_sim_rtkit_soc *soc = sim->cfg.soc;

	if (rsim_is_sram(sim, addr, size))
		return sim->cfg.sram.mem + (addr - sim->cfg.sram.addr);
	if (soc && soc->allowed && !soc->allowed(sim->cfg.soc_data, addr, size)) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_FORBIDDEN);
		return NULL;
	}
	if (soc && soc->memory)
		return soc->memory(sim->cfg.soc_data, addr, size);
	return rsim_ram(addr, size);
}

void *rsim_buf_mem(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_buf which)
{
	struct rsim_buf *buf = &sim->buf[which];

	return buf->have ? rsim_memory(sim, buf->addr, buf->size) : NULL;
}

void rsim_buf_forget(struct ferry_sim_rtkit *sim)
{
	memset(sim->buf, 0, sizeof(sim->buf));
}

/* A request, its answer, or the notification of a crash: all look the same. */
u64 rsim_buf_msg(enum ferry_sim_rtkit_buf which, u32 size, u64 addr)
{
	if (which == FERRY_SIM_RTKIT_OSLOG)
		return FIELD_PREP(RTKIT_OSLOG_TYPE, RTKIT_OSLOG_BUF_REQUEST) |
		       FIELD_PREP(RTKIT_OSLOG_BUF_SIZE, size) |
		       FIELD_PREP(RTKIT_OSLOG_BUF_IOVA, addr >> RTKIT_OSLOG_IOVA_SHIFT);
	return rsim_msg(RTKIT_BUF_REQUEST,
			FIELD_PREP(RTKIT_BUF_PAGES, size >> RTKIT_BUF_PAGE_SHIFT) |
			FIELD_PREP(RTKIT_BUF_IOVA, addr));
}

/* In its own memory they are one behind the other, after what the SMC has. */
static u64 rsim_placed_addr(const struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_buf which)
{
	u64 addr = sim->cfg.sram.addr + RSIM_SMC_SIZE;
	unsigned int i;

	for (i = 0; i < which; i++) {
		if (sim->cfg.placed & BIT(i))
			addr += sim->cfg.buf_size[i];
	}
	return addr;
}

void rsim_buf_ask(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_buf which, u32 size)
{
	struct rsim_buf *buf = &sim->buf[which];
	u64 addr = 0;

	if (sim->cfg.placed & BIT(which)) {
		addr = rsim_placed_addr(sim, which);
		if (!buf->have)
			*buf = (struct rsim_buf) { .addr = addr, .size = size, .have = true };
	}
	if (RSIM_HAS(sim, ASK_OUTSIDE)) {
		addr = RSIM_NOWHERE;
		buf->have = false;
	}
	if (!buf->have) {
		buf->asked = true;
		buf->size = size;
	}
	rsim_send(sim, rsim_buf_ep[which], rsim_buf_msg(which, size, addr));
}

static void rsim_buf_ask_first(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_buf which)
{
	u32 size = RSIM_HAS(sim, ASK_ZERO) ? 0 : sim->cfg.buf_size[which];

	rsim_buf_ask(sim, which, size);
	/* The second one of the crashlog would be a crash. */
	if (RSIM_HAS(sim, ASK_TWICE) && which != FERRY_SIM_RTKIT_CRASHLOG)
		rsim_buf_ask(sim, which, size);
}

/* The three that it cannot do without, the last first. */
static void rsim_buf_ask_down(struct ferry_sim_rtkit *sim)
{
	int i;

	for (i = FERRY_SIM_RTKIT_IOREPORT; i >= FERRY_SIM_RTKIT_CRASHLOG; i--) {
		if (rsim_knows(sim, rsim_buf_ep[i]) && !test_bit(rsim_buf_ep[i], sim->started))
			return;
	}
	for (i = FERRY_SIM_RTKIT_IOREPORT; i >= FERRY_SIM_RTKIT_CRASHLOG; i--) {
		if (rsim_knows(sim, rsim_buf_ep[i]) && !sim->buf[i].asked && !sim->buf[i].have)
			rsim_buf_ask_first(sim, i);
	}
}

/* An endpoint was started: if it wants a buffer it asks for it. */
void rsim_buf_start(struct ferry_sim_rtkit *sim, u8 endpoint)
{
	unsigned int i;

	for (i = 0; i < FERRY_SIM_RTKIT_NR_BUFS && rsim_buf_ep[i] != endpoint; i++)
		;
	if (i == FERRY_SIM_RTKIT_NR_BUFS || RSIM_HAS(sim, NO_REQUEST) ||
	    sim->buf[i].asked || sim->buf[i].have)
		return;
	if (i == FERRY_SIM_RTKIT_OSLOG && RSIM_HAS(sim, ASK_LATE) && !rsim_serves(sim))
		return;
	if (i != FERRY_SIM_RTKIT_OSLOG && RSIM_HAS(sim, ASK_DOWN))
		rsim_buf_ask_down(sim);
	else
		rsim_buf_ask_first(sim, i);
}

static void rsim_buf_parse(enum ferry_sim_rtkit_buf which, u64 msg0, u64 *size, u64 *addr)
{
	if (which == FERRY_SIM_RTKIT_OSLOG) {
		*size = FIELD_GET(RTKIT_OSLOG_BUF_SIZE, msg0);
		*addr = FIELD_GET(RTKIT_OSLOG_BUF_IOVA, msg0) << RTKIT_OSLOG_IOVA_SHIFT;
	} else {
		*size = FIELD_GET(RTKIT_BUF_PAGES, msg0) << RTKIT_BUF_PAGE_SHIFT;
		*addr = FIELD_GET(RTKIT_BUF_IOVA, msg0);
	}
}

/* The CPU says where a buffer is. */
void rsim_buf_answer(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_buf which, u64 msg0)
{
	struct rsim_buf *buf = &sim->buf[which];
	u64 size, addr, forbidden = sim->stats.wrong[FERRY_SIM_RTKIT_WRONG_FORBIDDEN];

	rsim_buf_parse(which, msg0, &size, &addr);
	if (msg0 != rsim_buf_msg(which, size, addr))
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_BITS);
	if (!buf->asked || (sim->cfg.placed & BIT(which))) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_REPLY);
		return;
	}
	if (buf->have) {
		/* It asked twice: both answers have to be the same. */
		if (buf->addr != addr || buf->size != size)
			rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_REPLY);
		return;
	}
	if (size != buf->size || !size) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_SIZE);
		return;
	}
	if (!addr || !IS_ALIGNED(addr, BIT(RTKIT_BUF_PAGE_SHIFT)) ||
	    !rsim_memory(sim, addr, size)) {
		if (forbidden == sim->stats.wrong[FERRY_SIM_RTKIT_WRONG_FORBIDDEN])
			rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_ADDRESS);
		return;
	}
	buf->addr = addr;
	buf->have = true;
	rsim_check_ready(sim);
}

/* Writes where it may write, and where the CPU may have taken back what it lent. */
void rsim_buf_scribble(struct ferry_sim_rtkit *sim)
{
	unsigned int i;
	void *mem;

	for (i = 0; i < FERRY_SIM_RTKIT_NR_BUFS; i++) {
		mem = rsim_buf_mem(sim, i);
		if (mem)
			memset(mem, sim->noise++, sim->buf[i].size);
	}
}

/**
 * ferry_sim_rtkit_buf_addr() - where a buffer is
 * @sim:	the co-processor
 * @which:	the buffer
 *
 * Context: any.
 * Return: its address as the co-processor knows it; 0: it has none.
 */
u64 ferry_sim_rtkit_buf_addr(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_buf which)
{
	unsigned long flags;
	u64 addr;

	raw_spin_lock_irqsave(&sim->lock, flags);
	addr = sim->buf[which].have ? sim->buf[which].addr : 0;
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	return addr;
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_buf_addr);
