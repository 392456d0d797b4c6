// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor: what it logs and reports, and the echoes it waits for.
 *
 * Without them real firmware logs no more, or hangs; here it is also a mistake that is
 * counted. OSLOG is the exception: Linux's own driver leaves it without an echo.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "rtkit_private.h"

#define RSIM_REWRITE_US		20
#define RSIM_OSLOG_COUNT	0x1234

void rsim_log_init(struct ferry_sim_rtkit *sim, u32 entries, u32 size)
{
	rsim_send(sim, RTKIT_EP_SYSLOG,
		  rsim_msg(RTKIT_SYSLOG_INIT, FIELD_PREP(RTKIT_SYSLOG_ENTRIES, entries) |
					      FIELD_PREP(RTKIT_SYSLOG_MSG_SIZE, size)));
}

static void rsim_ioreport(struct ferry_sim_rtkit *sim, u8 type)
{
	sim->ioreport[sim->ioreport_open++] = (struct rsim_echo) {
		.msg0 = rsim_msg(type, 0),
		.since = ktime_get(),
	};
	rsim_send(sim, RTKIT_EP_IOREPORT, rsim_msg(type, 0));
}

/* The CPU is ready for it. */
void rsim_log_start(struct ferry_sim_rtkit *sim)
{
	if (test_bit(RTKIT_EP_SYSLOG, sim->started) && sim->buf[FERRY_SIM_RTKIT_SYSLOG].have) {
		/* After idle the CPU has not forgotten. */
		if (!sim->log_told)
			rsim_log_init(sim, RSIM_LOG_ENTRIES, RSIM_LOG_SIZE);
		sim->log_told = true;
		sim->log_on = true;
	}
	if (test_bit(RTKIT_EP_OSLOG, sim->started)) {
		if (RSIM_HAS(sim, ASK_LATE))
			rsim_buf_start(sim, RTKIT_EP_OSLOG);
		if (sim->buf[FERRY_SIM_RTKIT_OSLOG].have && !RSIM_HAS(sim, NO_LOG))
			rsim_send(sim, RTKIT_EP_OSLOG,
				  FIELD_PREP(RTKIT_OSLOG_TYPE, RTKIT_OSLOG_LOG) |
				  FIELD_PREP(RTKIT_OSLOG_LOG_COUNT, RSIM_OSLOG_COUNT));
	}
	if (test_bit(RTKIT_EP_IOREPORT, sim->started) && !sim->ioreport_open &&
	    !RSIM_HAS(sim, NO_IOREPORT)) {
		rsim_ioreport(sim, RTKIT_IOREPORT_START);
		rsim_ioreport(sim, RTKIT_IOREPORT_REPORT);
	}
	if (!RSIM_HAS(sim, NO_LOG)) {
		rsim_log_line(sim, "boot.c:17", "RTKit is up\n");
		rsim_log_line(sim, "power.c:230", "AP is on\r\n\n");
	}
}

void rsim_log_stop(struct ferry_sim_rtkit *sim)
{
	sim->log_on = false;
	sim->log_sent = 0;
	sim->log_echoed = 0;
	sim->line_head = 0;
	sim->line_tail = 0;
	sim->ioreport_open = 0;
}

/* May fill its room without a NUL: firmware does not care. */
static void rsim_fill(char *room, size_t size, const char *text)
{
	memset(room, 0, size);
	memcpy(room, text, strnlen(text, size));
}

void rsim_log_line(struct ferry_sim_rtkit *sim, const char *context, const char *text)
{
	struct rsim_line *line;

	if (sim->line_head - sim->line_tail == RSIM_LOG_LINES) {
		sim->stats.dropped++;
		return;
	}
	line = &sim->line[sim->line_head++ % RSIM_LOG_LINES];
	rsim_fill(line->context, sizeof(line->context), context);
	rsim_fill(line->text, sizeof(line->text), text);
}

static void rsim_log_write(struct ferry_sim_rtkit *sim, void *mem, const struct rsim_line *line)
{
	u32 index = sim->log_sent % RSIM_LOG_ENTRIES;
	struct rtkit_syslog_entry *entry = mem + index * RSIM_LOG_STRIDE;
	struct rsim_echo *echo = &sim->log_open[sim->log_sent % RSIM_LOG_OPEN];

	entry->hdr = 0;
	entry->unknown = 0;
	memcpy(entry->context, line->context, sizeof(line->context));
	memcpy(entry->msg, line->text, sizeof(line->text));

	echo->msg0 = rsim_msg(RTKIT_SYSLOG_LOG, FIELD_PREP(RTKIT_SYSLOG_INDEX, index));
	echo->since = ktime_get();
	sim->log_sent++;
	sim->stats.logs++;
	dma_wmb();	/* the entry, before the message goes out; the CPU's pair is its rmb */
	rsim_send(sim, RTKIT_EP_SYSLOG, echo->msg0);
}

static bool rsim_is_overdue(const struct rsim_echo *echo, ktime_t now)
{
	return ktime_ms_delta(now, echo->since) >= RSIM_PATIENCE_MS;
}

/* The next that may become overdue. */
static ktime_t rsim_echoes_run(struct ferry_sim_rtkit *sim, ktime_t now)
{
	struct rsim_echo *log = &sim->log_open[sim->log_echoed % RSIM_LOG_OPEN];
	ktime_t next = KTIME_MAX;

	if (sim->log_on && sim->log_sent != sim->log_echoed) {
		if (rsim_is_overdue(log, now)) {
			rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_NO_ECHO);
			sim->log_on = false;
		} else {
			next = ktime_add_ms(log->since, RSIM_PATIENCE_MS);
		}
	}
	if (sim->ioreport_open) {
		if (rsim_is_overdue(&sim->ioreport[0], now)) {
			rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_NO_ECHO);
			sim->ioreport_open = 0;
		} else {
			next = min(next, ktime_add_ms(sim->ioreport[0].since, RSIM_PATIENCE_MS));
		}
	}
	return next;
}

/* Entries that the CPU is about to read turn into something else, and back. */
static ktime_t rsim_log_rewrite(struct ferry_sim_rtkit *sim, ktime_t now)
{
	struct rtkit_syslog_entry *entry;
	u32 i;

	entry = rsim_buf_mem(sim, FERRY_SIM_RTKIT_SYSLOG);
	if (!entry || sim->log_sent == sim->log_echoed)
		return KTIME_MAX;
	for (i = sim->log_echoed; i != sim->log_sent; i++)
		memset((void *)entry + i % RSIM_LOG_ENTRIES * RSIM_LOG_STRIDE, sim->noise++,
		       RSIM_LOG_STRIDE);
	return ktime_add_us(now, RSIM_REWRITE_US);
}

ktime_t rsim_log_run(struct ferry_sim_rtkit *sim, ktime_t now)
{
	ktime_t next;
	void *mem;

	while (sim->log_on && sim->line_head != sim->line_tail &&
	       sim->log_sent - sim->log_echoed < RSIM_LOG_OPEN && rsim_out_room(sim)) {
		mem = rsim_buf_mem(sim, FERRY_SIM_RTKIT_SYSLOG);
		if (!mem || sim->buf[FERRY_SIM_RTKIT_SYSLOG].size <
		    RSIM_LOG_ENTRIES * RSIM_LOG_STRIDE)
			break;
		rsim_log_write(sim, mem, &sim->line[sim->line_tail++ % RSIM_LOG_LINES]);
	}
	next = rsim_echoes_run(sim, now);
	if (RSIM_HAS(sim, LOG_REWRITE))
		next = min(next, rsim_log_rewrite(sim, now));
	return next;
}

static void rsim_log_echo(struct ferry_sim_rtkit *sim, u64 msg0)
{
	/* What was a lie, or in an earlier life, has nothing to be compared with. */
	if (FIELD_GET(RTKIT_SYSLOG_INDEX, msg0) >= RSIM_LOG_ENTRIES) {
		sim->stats.log_echoes++;
	} else if (sim->log_sent == sim->log_echoed) {
		sim->stats.ignored++;
	} else if (msg0 != sim->log_open[sim->log_echoed % RSIM_LOG_OPEN].msg0) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_ECHO);
	} else {
		sim->log_echoed++;
		sim->stats.log_echoes++;
	}
}

void rsim_syslog_rx(struct ferry_sim_rtkit *sim, u64 msg0)
{
	switch (FIELD_GET(RTKIT_TYPE, msg0)) {
	case RTKIT_BUF_REQUEST:
		rsim_buf_answer(sim, FERRY_SIM_RTKIT_SYSLOG, msg0);
		break;
	case RTKIT_SYSLOG_LOG:
		rsim_log_echo(sim, msg0);
		break;
	default:
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_TYPE);
	}
}

void rsim_ioreport_rx(struct ferry_sim_rtkit *sim, u64 msg0)
{
	switch (FIELD_GET(RTKIT_TYPE, msg0)) {
	case RTKIT_BUF_REQUEST:
		rsim_buf_answer(sim, FERRY_SIM_RTKIT_IOREPORT, msg0);
		break;
	case RTKIT_IOREPORT_START:
	case RTKIT_IOREPORT_REPORT:
		if (!sim->ioreport_open) {
			sim->stats.ignored++;
		} else if (msg0 != sim->ioreport[0].msg0) {
			rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_ECHO);
		} else {
			sim->ioreport[0] = sim->ioreport[1];
			sim->ioreport_open--;
		}
		break;
	default:
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_TYPE);
	}
}

void rsim_oslog_rx(struct ferry_sim_rtkit *sim, u64 msg0)
{
	switch (FIELD_GET(RTKIT_OSLOG_TYPE, msg0)) {
	case RTKIT_OSLOG_BUF_REQUEST:
		rsim_buf_answer(sim, FERRY_SIM_RTKIT_OSLOG, msg0);
		break;
	case RTKIT_OSLOG_LOG:
		if (FIELD_GET(RTKIT_OSLOG_LOG_COUNT, msg0) != RSIM_OSLOG_COUNT)
			rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_ECHO);
		break;
	default:
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_TYPE);
	}
}

/**
 * ferry_sim_rtkit_log() - let it log a line
 * @sim:	the co-processor
 * @context:	who logs, up to 24 bytes
 * @text:	what, up to 224 bytes; both go out as they are, so they need not be clean
 *
 * Up to 16 lines wait until the CPU has echoed others.
 *
 * Context: any.
 * Return: 0, or -EAGAIN: it does not log now, or too many lines wait.
 */
int ferry_sim_rtkit_log(struct ferry_sim_rtkit *sim, const char *context, const char *text)
{
	unsigned long flags;
	int ret = -EAGAIN;

	raw_spin_lock_irqsave(&sim->lock, flags);
	if (sim->log_on && sim->line_head - sim->line_tail < RSIM_LOG_LINES) {
		rsim_log_line(sim, context, text);
		ret = 0;
	}
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	ferry_sim_rtkit_kick(sim);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_log);
