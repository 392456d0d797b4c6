// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor: the management endpoint, from hello to the states of power.
 */
#include <linux/bitfield.h>
#include <linux/export.h>

#include "rtkit_private.h"

void rsim_hello(struct ferry_sim_rtkit *sim, u16 min, u16 max)
{
	rsim_send(sim, RTKIT_EP_MANAGEMENT,
		  rsim_msg(RTKIT_MGMT_HELLO, FIELD_PREP(RTKIT_HELLO_MIN, min) |
					     FIELD_PREP(RTKIT_HELLO_MAX, max)));
}

/* Windows with an endpoint, in the order in which they are told; -1: no more. */
static int rsim_next_window(const struct ferry_sim_rtkit *sim, int from)
{
	int step = RSIM_HAS(sim, MAP_DOWN) ? -1 : 1, w;

	for (w = from; w >= 0 && w < RTKIT_EPMAP_WINDOWS; w += step) {
		if (sim->cfg.endpoints[w])
			return w;
	}
	return -1;
}

static int rsim_first_window(const struct ferry_sim_rtkit *sim)
{
	return rsim_next_window(sim, RSIM_HAS(sim, MAP_DOWN) ? RTKIT_EPMAP_WINDOWS - 1 : 0);
}

static int rsim_window_after(const struct ferry_sim_rtkit *sim)
{
	return rsim_next_window(sim, sim->window + (RSIM_HAS(sim, MAP_DOWN) ? -1 : 1));
}

static bool rsim_window_is_last(const struct ferry_sim_rtkit *sim)
{
	if (RSIM_HAS(sim, MAP_ENDLESS))
		return false;
	if (RSIM_HAS(sim, MAP_TWICE) && !sim->window_again)
		return false;
	return rsim_window_after(sim) < 0;
}

/* The window that the CPU is to acknowledge. */
void rsim_map(struct ferry_sim_rtkit *sim)
{
	u64 fields = FIELD_PREP(RTKIT_EPMAP_BASE, sim->window) |
		     FIELD_PREP(RTKIT_EPMAP_BITMAP, sim->cfg.endpoints[sim->window]);

	if (rsim_window_is_last(sim))
		fields |= RTKIT_EPMAP_LAST;
	rsim_send(sim, RTKIT_EP_MANAGEMENT, rsim_msg(RTKIT_MGMT_EPMAP, fields));
}

static void rsim_map_start(struct ferry_sim_rtkit *sim)
{
	rsim_enter(sim, FERRY_SIM_RTKIT_WAIT_MAP);
	sim->window = rsim_first_window(sim);
	sim->window_again = false;
	if (!RSIM_HAS(sim, NO_MAP))
		rsim_map(sim);
}

/* Out of reset or sleep: everything is new. */
void rsim_boot(struct ferry_sim_rtkit *sim)
{
	rsim_enter(sim, FERRY_SIM_RTKIT_WAIT_ACK);
	sim->refused = false;
	sim->stats.boots++;
	if (RSIM_HAS(sim, MAP_FIRST)) {
		sim->window = rsim_first_window(sim);
		rsim_map(sim);
	}
	if (!RSIM_HAS(sim, NO_HELLO))
		rsim_hello(sim, sim->cfg.version_min, sim->cfg.version_max);
}

static void rsim_hello_ack(struct ferry_sim_rtkit *sim, u64 msg0)
{
	u16 min = FIELD_GET(RTKIT_HELLO_MIN, msg0), max = FIELD_GET(RTKIT_HELLO_MAX, msg0);

	if (sim->state != FERRY_SIM_RTKIT_WAIT_ACK) {
		sim->stats.ignored++;
		return;
	}
	if (msg0 & ~(RTKIT_TYPE | RTKIT_HELLO_MIN | RTKIT_HELLO_MAX))
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_BITS);
	if (min == RTKIT_REFUSE_MIN && max == RTKIT_REFUSE_MAX) {
		if (!sim->refused)
			rsim_hello(sim, 3, RTKIT_VERSION_MIN - 1);
		sim->refused = true;
		return;
	}
	if (min != max || min < RTKIT_VERSION_MIN || min < sim->cfg.version_min ||
	    max > sim->cfg.version_max) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_VERSION);
		return;
	}
	rsim_map_start(sim);
}

static void rsim_map_ack(struct ferry_sim_rtkit *sim, u64 msg0)
{
	bool last = rsim_window_is_last(sim);
	int next;

	if (sim->state != FERRY_SIM_RTKIT_WAIT_MAP) {
		sim->stats.ignored++;
		return;
	}
	if (msg0 & ~(RTKIT_TYPE | RTKIT_EPMAP_LAST | RTKIT_EPMAP_BASE | RTKIT_EPMAP_ACK_MORE))
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_BITS);
	if (FIELD_GET(RTKIT_EPMAP_BASE, msg0) != sim->window) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_MAP_BASE);
		return;
	}
	if (!!(msg0 & RTKIT_EPMAP_LAST) != last || !!(msg0 & RTKIT_EPMAP_ACK_MORE) == last) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_MAP_MORE);
		return;
	}
	if (last) {
		rsim_enter(sim, FERRY_SIM_RTKIT_WAIT_EPS);
		rsim_check_ready(sim);
		return;
	}
	if (RSIM_HAS(sim, MAP_TWICE) && !sim->window_again) {
		sim->window_again = true;
	} else {
		next = rsim_window_after(sim);
		sim->window = next < 0 ? rsim_first_window(sim) : next;
		sim->window_again = false;
	}
	rsim_map(sim);
}

static void rsim_iop_ack(struct ferry_sim_rtkit *sim, u16 state)
{
	if (RSIM_HAS(sim, NO_IOP_ACK))
		return;
	if (RSIM_HAS(sim, WRONG_IOP_ACK))
		state = RTKIT_PWR_OFF_ALT;
	rsim_send(sim, RTKIT_EP_MANAGEMENT,
		  rsim_msg(RTKIT_MGMT_IOP_PWR_ACK, FIELD_PREP(RTKIT_PWR_STATE, state)));
}

static bool rsim_has_what_it_needs(const struct ferry_sim_rtkit *sim)
{
	enum ferry_sim_rtkit_buf i;

	if (RSIM_HAS(sim, ACK_EARLY))
		return true;
	if (RSIM_HAS(sim, AP_FIRST) && sim->ap_power != RTKIT_PWR_ON)
		return false;
	for (i = FERRY_SIM_RTKIT_CRASHLOG; i <= FERRY_SIM_RTKIT_IOREPORT; i++) {
		if (rsim_knows(sim, rsim_buf_ep[i]) && !sim->buf[i].have)
			return false;
	}
	return true;
}

/* Called whenever something was added to what it waits for. */
void rsim_check_ready(struct ferry_sim_rtkit *sim)
{
	if (sim->state != FERRY_SIM_RTKIT_WAIT_EPS || !rsim_has_what_it_needs(sim))
		return;
	rsim_enter(sim, FERRY_SIM_RTKIT_ON);
	rsim_iop_ack(sim, RTKIT_PWR_ON);
	if (rsim_serves(sim))
		rsim_log_start(sim);
}

static void rsim_startep(struct ferry_sim_rtkit *sim, u64 msg0)
{
	u8 endpoint = FIELD_GET(RTKIT_STARTEP_EP, msg0);
	u8 flag = FIELD_GET(RTKIT_STARTEP_FLAG, msg0);
	bool may = endpoint < RTKIT_EP_APP ? sim->state == FERRY_SIM_RTKIT_WAIT_EPS ||
					     sim->state == FERRY_SIM_RTKIT_ON : rsim_serves(sim);

	if (msg0 & ~(RTKIT_TYPE | RTKIT_STARTEP_EP | RTKIT_STARTEP_FLAG))
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_BITS);
	if (!endpoint || !rsim_knows(sim, endpoint)) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_ENDPOINT);
	} else if (flag == RTKIT_STARTEP_STOP) {
		clear_bit(endpoint, sim->started);
	} else if (flag != RTKIT_STARTEP_START) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_BITS);
	} else if (!may || test_and_set_bit(endpoint, sim->started)) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_STARTED);
	} else {
		rsim_buf_start(sim, endpoint);
		rsim_check_ready(sim);
	}
}

static void rsim_set_ap(struct ferry_sim_rtkit *sim, u64 msg0)
{
	u16 state = FIELD_GET(RTKIT_PWR_STATE, msg0);
	bool served = rsim_serves(sim);

	if (msg0 & ~(RTKIT_TYPE | RTKIT_PWR_STATE))
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_BITS);
	if (sim->state != FERRY_SIM_RTKIT_ON && sim->state != FERRY_SIM_RTKIT_WAIT_EPS) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_POWER);
		return;
	}
	sim->ap_power = state;
	if (!RSIM_HAS(sim, NO_AP_ACK)) {
		if (RSIM_HAS(sim, WRONG_AP_ACK))
			state = RTKIT_PWR_OFF_ALT;
		rsim_send(sim, RTKIT_EP_MANAGEMENT,
			  rsim_msg(RTKIT_MGMT_AP_PWR, FIELD_PREP(RTKIT_PWR_STATE, state)));
	}
	rsim_check_ready(sim);
	if (rsim_serves(sim) && !served)
		rsim_log_start(sim);
	else if (!rsim_serves(sim))
		rsim_log_stop(sim);
}

static void rsim_wake(struct ferry_sim_rtkit *sim)
{
	switch (sim->state) {
	case FERRY_SIM_RTKIT_IDLE:
		if (!RSIM_HAS(sim, IDLE_HELLO)) {
			rsim_enter(sim, FERRY_SIM_RTKIT_ON);
			rsim_iop_ack(sim, RTKIT_PWR_ON);
			break;
		}
		fallthrough;
	case FERRY_SIM_RTKIT_RESET:
	case FERRY_SIM_RTKIT_SLEEP:
	case FERRY_SIM_RTKIT_QUIESCED:
		rsim_boot(sim);
		break;
	default:
		break;	/* it is awake */
	}
}

/* What the CPU has to have said of itself before each of them. */
static bool rsim_sleep_state(u16 power, enum ferry_sim_rtkit_state *state, u16 *ap_power)
{
	switch (power) {
	case RTKIT_PWR_IDLE:
		*state = FERRY_SIM_RTKIT_IDLE;
		*ap_power = RTKIT_PWR_IDLE;
		return true;
	case RTKIT_PWR_QUIESCED:
		*state = FERRY_SIM_RTKIT_QUIESCED;
		*ap_power = RTKIT_PWR_QUIESCED;
		return true;
	case RTKIT_PWR_SLEEP:
		*state = FERRY_SIM_RTKIT_SLEEP;
		*ap_power = RTKIT_PWR_QUIESCED;
		return true;
	case RTKIT_PWR_OFF:
		*state = FERRY_SIM_RTKIT_OFF;
		*ap_power = RTKIT_PWR_OFF;
		return true;
	}
	return false;
}

static void rsim_set_iop(struct ferry_sim_rtkit *sim, u64 msg0)
{
	u16 power = FIELD_GET(RTKIT_PWR_STATE, msg0), ap_power;
	enum ferry_sim_rtkit_state state;

	if (msg0 & ~(RTKIT_TYPE | RTKIT_PWR_STATE))
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_BITS);
	if (power == RTKIT_PWR_INIT || power == RTKIT_PWR_ON) {
		rsim_wake(sim);
		return;
	}
	if (sim->state != FERRY_SIM_RTKIT_ON || !rsim_sleep_state(power, &state, &ap_power)) {
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_POWER);
		return;
	}
	if (sim->ap_power != ap_power)
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_POWER);
	if (RSIM_HAS(sim, PICKY) && state != FERRY_SIM_RTKIT_IDLE && state != FERRY_SIM_RTKIT_OFF)
		return;
	/* With the faults that keep it silent it goes on, and writes where it likes. */
	rsim_iop_ack(sim, power);
	if (!RSIM_HAS(sim, NO_IOP_ACK))
		rsim_enter(sim, state);
}

static void rsim_ping(struct ferry_sim_rtkit *sim, u64 msg0)
{
	if (msg0 & ~(RTKIT_TYPE | RTKIT_PING_SEG | RTKIT_PING_TIME))
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_BITS);
	rsim_send(sim, RTKIT_EP_MANAGEMENT,
		  rsim_msg(RTKIT_MGMT_PONG, msg0 & (RTKIT_PING_SEG | RTKIT_PING_TIME)));
}

void rsim_mgmt_rx(struct ferry_sim_rtkit *sim, u64 msg0)
{
	u8 type = FIELD_GET(RTKIT_TYPE, msg0);
	bool awake = sim->state >= FERRY_SIM_RTKIT_WAIT_ACK && sim->state <= FERRY_SIM_RTKIT_ON;

	if (!awake && type != RTKIT_MGMT_SET_IOP_PWR && type != RTKIT_MGMT_PING) {
		sim->stats.ignored++;
		return;
	}
	switch (type) {
	case RTKIT_MGMT_HELLO_ACK:
		rsim_hello_ack(sim, msg0);
		break;
	case RTKIT_MGMT_PING:
		rsim_ping(sim, msg0);
		break;
	case RTKIT_MGMT_STARTEP:
		rsim_startep(sim, msg0);
		break;
	case RTKIT_MGMT_SET_IOP_PWR:
		rsim_set_iop(sim, msg0);
		break;
	case RTKIT_MGMT_EPMAP:
		rsim_map_ack(sim, msg0);
		break;
	case RTKIT_MGMT_AP_PWR:
		rsim_set_ap(sim, msg0);
		break;
	default:
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_TYPE);
	}
}

/**
 * ferry_sim_rtkit_versions() - which versions it offers
 * @sim:	the co-processor
 * @min:	the lowest
 * @max:	the highest
 *
 * From the next hello on.
 *
 * Context: any.
 */
void ferry_sim_rtkit_versions(struct ferry_sim_rtkit *sim, u16 min, u16 max)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sim->lock, flags);
	sim->cfg.version_min = min;
	sim->cfg.version_max = max;
	raw_spin_unlock_irqrestore(&sim->lock, flags);
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_versions);
