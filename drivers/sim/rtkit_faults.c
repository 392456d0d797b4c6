// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor misbehaves: what lasts and is not done elsewhere, and what it
 * says once.
 */
#include <linux/bitfield.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/limits.h>

#include "rtkit_private.h"

#define RSIM_GAP_US		100	/* between two rounds of what goes on without end */
#define RSIM_FLOOD		15	/* messages in a round */
#define RSIM_TYPE_UNKNOWN	0xf7
#define RSIM_HUGE_ENTRIES	0xff
#define RSIM_HUGE_SIZE		0xff

#define RSIM_FAULT_NAME(id, name)	[FERRY_SIM_RTKIT_BIT_##id] = name,
#define RSIM_LIE_NAME(id, name)		[FERRY_SIM_RTKIT_LIE_##id] = name,

const char * const rsim_fault_names[FERRY_SIM_RTKIT_NR_FAULTS] = {
	FERRY_SIM_RTKIT_FAULTS(RSIM_FAULT_NAME)
};

const char * const rsim_lie_names[FERRY_SIM_RTKIT_NR_LIES] = {
	FERRY_SIM_RTKIT_LIES(RSIM_LIE_NAME)
};

static_assert(FERRY_SIM_RTKIT_NR_FAULTS <= 64);

/* An endpoint of an application that it told of. */
static u8 rsim_any_app(const struct ferry_sim_rtkit *sim)
{
	unsigned int ep;

	for (ep = RTKIT_EP_APP; ep < RTKIT_ENDPOINTS - 1; ep++) {
		if (rsim_knows(sim, ep))
			break;
	}
	return ep;
}

static void rsim_flood(struct ferry_sim_rtkit *sim)
{
	static const u8 endpoints[] = { RTKIT_EP_MANAGEMENT, RTKIT_EP_SYSLOG, RTKIT_EP_IOREPORT };
	unsigned int i;
	u8 ep;

	for (i = 0; i < RSIM_FLOOD && rsim_out_room(sim); i++) {
		ep = i % 4 == 3 ? rsim_any_app(sim) : endpoints[i % 4];
		rsim_send(sim, ep, rsim_msg(i % 4 == 1 ? RTKIT_SYSLOG_LOG : RSIM_TYPE_UNKNOWN,
					    sim->noise++));
	}
}

/* What goes on all the time. When to be called again. */
ktime_t rsim_misbehave(struct ferry_sim_rtkit *sim, ktime_t now)
{
	bool booting = sim->state == FERRY_SIM_RTKIT_WAIT_MAP ||
		       sim->state == FERRY_SIM_RTKIT_WAIT_EPS;
	bool dead = sim->state == FERRY_SIM_RTKIT_CRASHED;
	bool again = false;

	if (sim->state == FERRY_SIM_RTKIT_RESET || sim->state == FERRY_SIM_RTKIT_OFF)
		return KTIME_MAX;
	if (RSIM_HAS(sim, SCRIBBLE)) {
		rsim_buf_scribble(sim);
		again = true;
	}
	if (RSIM_HAS(sim, FLOOD) && !dead) {
		rsim_flood(sim);
		again = true;
	}
	if (RSIM_HAS(sim, BABBLE) && dead) {
		rsim_flood(sim);
		again = true;
	}
	if (RSIM_HAS(sim, APP_EARLY) && booting && rsim_out_room(sim)) {
		rsim_send(sim, rsim_any_app(sim), sim->noise++);
		again = true;
	}
	return again ? ktime_add_us(now, RSIM_GAP_US) : KTIME_MAX;
}

static void rsim_lie_ask(struct ferry_sim_rtkit *sim, unsigned int factor)
{
	unsigned int i;

	for (i = 0; i < FERRY_SIM_RTKIT_NR_BUFS; i++) {
		/* A second request of the crashlog's endpoint would mean a crash. */
		if (i != FERRY_SIM_RTKIT_CRASHLOG && sim->buf[i].have)
			rsim_send(sim, rsim_buf_ep[i],
				  rsim_buf_msg(i, factor * sim->buf[i].size,
					       sim->cfg.placed & BIT(i) ? sim->buf[i].addr : 0));
	}
}

static void rsim_lie_type(struct ferry_sim_rtkit *sim)
{
	static const u8 endpoints[] = {
		RTKIT_EP_MANAGEMENT, RTKIT_EP_CRASHLOG, RTKIT_EP_SYSLOG, RTKIT_EP_DEBUG,
		RTKIT_EP_IOREPORT, RTKIT_EP_OSLOG,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(endpoints); i++) {
		rsim_send(sim, endpoints[i], U64_MAX);
		rsim_send(sim, endpoints[i], rsim_msg(RSIM_TYPE_UNKNOWN, 0));
		rsim_send(sim, endpoints[i], 0);
	}
}

static void rsim_lie_stray(struct ferry_sim_rtkit *sim)
{
	unsigned int ep;

	for (ep = 1; ep < RTKIT_ENDPOINTS && rsim_out_room(sim); ep++) {
		if (!rsim_knows(sim, ep))
			rsim_send(sim, ep, rsim_msg(RTKIT_BUF_REQUEST, 1));
	}
}

static void rsim_lie_log(struct ferry_sim_rtkit *sim, u32 index)
{
	rsim_send(sim, RTKIT_EP_SYSLOG,
		  rsim_msg(RTKIT_SYSLOG_LOG, FIELD_PREP(RTKIT_SYSLOG_INDEX, index)));
}

static void rsim_mgmt(struct ferry_sim_rtkit *sim, u8 type, u64 fields)
{
	rsim_send(sim, RTKIT_EP_MANAGEMENT, rsim_msg(type, fields));
}

static void rsim_lie_syslog(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_lie lie)
{
	switch (lie) {
	case FERRY_SIM_RTKIT_LIE_LOG_INDEX:
		rsim_lie_log(sim, FIELD_MAX(RTKIT_SYSLOG_INDEX));
		break;
	case FERRY_SIM_RTKIT_LIE_LOG_LAST:
		rsim_lie_log(sim, RSIM_LOG_ENTRIES);
		break;
	case FERRY_SIM_RTKIT_LIE_LOG_EARLY:
		rsim_lie_log(sim, 0);
		break;
	case FERRY_SIM_RTKIT_LIE_INIT_ZERO:
		rsim_log_init(sim, RSIM_LOG_ENTRIES, 0);
		break;
	case FERRY_SIM_RTKIT_LIE_INIT_HUGE:
		rsim_log_init(sim, RSIM_HUGE_ENTRIES, RSIM_HUGE_SIZE);
		break;
	case FERRY_SIM_RTKIT_LIE_INIT_AGAIN:
		rsim_log_init(sim, RSIM_LOG_ENTRIES, RSIM_LOG_SIZE);
		break;
	default:
		break;
	}
}

static void rsim_lie(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_lie lie)
{
	switch (lie) {
	case FERRY_SIM_RTKIT_LIE_HELLO:
		rsim_hello(sim, sim->cfg.version_min, sim->cfg.version_max);
		break;
	case FERRY_SIM_RTKIT_LIE_MAP:
		rsim_map(sim);
		break;
	case FERRY_SIM_RTKIT_LIE_IOP_ACK:
		rsim_mgmt(sim, RTKIT_MGMT_IOP_PWR_ACK, RTKIT_PWR_SLEEP);
		break;
	case FERRY_SIM_RTKIT_LIE_AP_ACK:
		rsim_mgmt(sim, RTKIT_MGMT_AP_PWR, RTKIT_PWR_OFF);
		break;
	case FERRY_SIM_RTKIT_LIE_PONG:
		rsim_mgmt(sim, RTKIT_MGMT_PONG, sim->noise++);
		break;
	case FERRY_SIM_RTKIT_LIE_TYPE:
		rsim_lie_type(sim);
		break;
	case FERRY_SIM_RTKIT_LIE_STRAY:
		rsim_lie_stray(sim);
		break;
	case FERRY_SIM_RTKIT_LIE_WIDE:
		rsim_send(sim, RTKIT_ENDPOINTS + RTKIT_EP_SYSLOG, rsim_msg(RTKIT_SYSLOG_LOG, 0));
		break;
	case FERRY_SIM_RTKIT_LIE_ASK_AGAIN:
		rsim_lie_ask(sim, 1);
		break;
	case FERRY_SIM_RTKIT_LIE_ASK_MORE:
		rsim_lie_ask(sim, 2);
		break;
	case FERRY_SIM_RTKIT_LIE_CRASH_AGAIN:
		rsim_crash_notify(sim);
		break;
	default:
		rsim_lie_syslog(sim, lie);
	}
}

/**
 * ferry_sim_rtkit_lie() - let it say what it should not, once
 * @sim:	the co-processor
 * @lie:	what
 *
 * Whatever it is at: what makes sense then is up to the caller.
 *
 * Context: any.
 */
void ferry_sim_rtkit_lie(struct ferry_sim_rtkit *sim, enum ferry_sim_rtkit_lie lie)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim->lock, flags);
	rsim_lie(sim, lie);
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	ferry_sim_rtkit_kick(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_lie);

/**
 * ferry_sim_rtkit_send() - let it send a message
 * @sim:	the co-processor
 * @msg0:	the message, whatever it is
 * @msg1:	its endpoint, and bits that should not be there
 *
 * Context: any.
 */
void ferry_sim_rtkit_send(struct ferry_sim_rtkit *sim, u64 msg0, u32 msg1)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim->lock, flags);
	rsim_send(sim, msg1, msg0);
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	ferry_sim_rtkit_kick(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_send);

/**
 * ferry_sim_rtkit_set_faults() - how it misbehaves
 * @sim:	the co-processor
 * @faults:	FERRY_SIM_RTKIT_FAULT(); these and no others
 *
 * Context: any.
 */
void ferry_sim_rtkit_set_faults(struct ferry_sim_rtkit *sim, u64 faults)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim->lock, flags);
	sim->faults = faults;
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	ferry_sim_rtkit_kick(sim);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_set_faults);

/**
 * ferry_sim_rtkit_faults() - how it misbehaves
 * @sim:	the co-processor
 *
 * Context: any.
 * Return: as told by ferry_sim_rtkit_set_faults().
 */
u64 ferry_sim_rtkit_faults(struct ferry_sim_rtkit *sim)
{
	return READ_ONCE(sim->faults);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_faults);

/**
 * ferry_sim_rtkit_mute_after() - let it fall silent
 * @sim:	the co-processor
 * @messages:	that it sends before; UINT_MAX: it talks
 *
 * Each step of a sequence can be the last in this way.
 *
 * Context: any.
 */
void ferry_sim_rtkit_mute_after(struct ferry_sim_rtkit *sim, unsigned int messages)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim->lock, flags);
	sim->mute_left = messages;
	raw_spin_unlock_irqrestore(&sim->lock, flags);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_mute_after);

/**
 * ferry_sim_rtkit_delay() - let it be slow
 * @sim:	the co-processor
 * @ms:		that each message takes on its way to the CPU
 *
 * Context: any.
 */
void ferry_sim_rtkit_delay(struct ferry_sim_rtkit *sim, unsigned int ms)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim->lock, flags);
	sim->delay_ms = ms;
	raw_spin_unlock_irqrestore(&sim->lock, flags);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_delay);
