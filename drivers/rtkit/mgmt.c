// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit, management: what both say to each other from hello to sleep.
 *
 * What comes is handled under the lock of the rxq, in any context, and answered there.
 * Who starts or stops the co-processor waits, under the mutex of the link, for what it
 * has to say: each time at most for a second.
 */
#include <linux/bitfield.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>

#include "../compat.h"
#include "rtkit.h"

static u64 mgmt_msg(unsigned int type, u64 rest)
{
	return FIELD_PREP(RTKIT_TYPE, type) | rest;
}

static int mgmt_post(struct ferry_rtkit *rtk, unsigned int type, u64 rest)
{
	return rtk_post_wait(rtk, RTKIT_EP_MANAGEMENT, mgmt_msg(type, rest));
}

/* Any context. The start fails at once, if there is one. */
void rtk_mgmt_fail(struct ferry_rtkit *rtk, int error)
{
	scoped_guard(spinlock_irqsave, &rtk->lock)
		if (rtk->booting && !rtk->error)
			rtk->error = error;
	wake_up_all(&rtk->wait);
}

/* Any context. Whoever waits for the co-processor need not go on. */
void rtk_mgmt_crash(struct ferry_rtkit *rtk, const char *reason)
{
	ferry_link_crash(rtk->link, reason);
	scoped_guard(spinlock_irqsave, &rtk->lock) {
		rtk->phase = RTK_DOWN;
		rtk->error = rtk->error ?: -ENOLINK;
	}
	wake_up_all(&rtk->wait);
}

/* Under the lock. A new life of the firmware: what it had before is void. */
static void mgmt_forget(struct ferry_rtkit *rtk)
{
	unsigned int i;

	rtk->windows = 0;
	bitmap_zero(rtk->map, RTKIT_ENDPOINTS);
	bitmap_zero(rtk->started, RTKIT_ENDPOINTS);
	for (i = 0; i < RTK_BUFS; i++) {
		rtk->buffer[i].told = false;
		rtk->buffer[i].pending = false;
	}
	rtk->crash_noted = false;
	rtk->syslog.entries = 0;
}

/* Process context. Nothing is received yet, or any more. */
void rtk_mgmt_begin(struct ferry_rtkit *rtk, enum rtk_phase phase)
{
	guard(spinlock_irqsave)(&rtk->lock);
	mgmt_forget(rtk);
	rtk->phase = phase;
	rtk->booting = phase == RTK_HELLO;
	rtk->error = 0;
	rtk->waking = false;
	rtk->anew = false;
	rtk->iop = (struct rtk_ack){};
	rtk->ap = (struct rtk_ack){};
}

/* Under the lock. May it say hello now? After that its firmware has restarted. */
static bool mgmt_hello_fits(const struct ferry_rtkit *rtk)
{
	return rtk->phase == RTK_HELLO || (rtk->phase == RTK_MAP && !rtk->windows) ||
	       rtk->waking;
}

/* Under the lock. The answer to a hello. */
static u64 mgmt_hello_answer(struct ferry_rtkit *rtk, u64 msg)
{
	u16 lowest = FIELD_GET(RTKIT_HELLO_MIN, msg);
	u16 highest = FIELD_GET(RTKIT_HELLO_MAX, msg);
	u16 chosen = min_t(u16, RTKIT_VERSION_MAX, highest);

	if (rtk->waking) {
		mgmt_forget(rtk);
		rtk->waking = false;
		rtk->anew = true;
	}
	if (lowest > RTKIT_VERSION_MAX || highest < RTKIT_VERSION_MIN || lowest > highest) {
		rtk->phase = RTK_DOWN;
		rtk->error = rtk->error ?: -EINVAL;
		return mgmt_msg(RTKIT_MGMT_HELLO_ACK,
				FIELD_PREP(RTKIT_HELLO_MIN, RTKIT_REFUSE_MIN) |
				FIELD_PREP(RTKIT_HELLO_MAX, RTKIT_REFUSE_MAX));
	}
	rtk->version = chosen;
	rtk->phase = RTK_MAP;
	return mgmt_msg(RTKIT_MGMT_HELLO_ACK, FIELD_PREP(RTKIT_HELLO_MIN, chosen) |
			FIELD_PREP(RTKIT_HELLO_MAX, chosen));
}

static int mgmt_hello(struct ferry_rtkit *rtk, u64 msg)
{
	bool fits, restarted;
	u64 answer = 0;

	scoped_guard(spinlock_irqsave, &rtk->lock) {
		fits = mgmt_hello_fits(rtk);
		restarted = rtk->phase > RTK_HELLO;
		if (fits)
			answer = mgmt_hello_answer(rtk, msg);
	}
	if (fits) {
		rtk_post(rtk, RTKIT_EP_MANAGEMENT, answer);
		wake_up_all(&rtk->wait);
		return -1;
	}
	if (!restarted)
		return FERRY_DROP_STALE;
	rtk_mgmt_crash(rtk, "the firmware restarted by itself");
	return -1;
}

/* Under the lock. 32 endpoints more. False: it does not stand here. */
static bool mgmt_add_window(struct ferry_rtkit *rtk, u64 msg)
{
	unsigned int base = FIELD_GET(RTKIT_EPMAP_BASE, msg) * RTKIT_EPMAP_WINDOW;
	unsigned long bits = FIELD_GET(RTKIT_EPMAP_BITMAP, msg);
	unsigned int bit;

	if (rtk->phase != RTK_MAP || rtk->windows >= RTKIT_EPMAP_WINDOWS)
		return false;
	rtk->windows++;
	for_each_set_bit(bit, &bits, RTKIT_EPMAP_WINDOW)
		__set_bit(base + bit, rtk->map);
	if (msg & RTKIT_EPMAP_LAST)
		rtk->phase = RTK_MAPPED;
	return true;
}

static int mgmt_epmap(struct ferry_rtkit *rtk, u64 msg)
{
	u64 last = msg & RTKIT_EPMAP_LAST;

	scoped_guard(spinlock_irqsave, &rtk->lock)
		if (!mgmt_add_window(rtk, msg))
			return FERRY_DROP_STALE;
	rtk_post(rtk, RTKIT_EP_MANAGEMENT,
		 mgmt_msg(RTKIT_MGMT_EPMAP, (msg & RTKIT_EPMAP_BASE) |
			  (last ?: RTKIT_EPMAP_ACK_MORE)));
	if (last)
		wake_up_all(&rtk->wait);
	return -1;
}

static int mgmt_ack(struct ferry_rtkit *rtk, struct rtk_ack *ack, u64 msg)
{
	u16 state = FIELD_GET(RTKIT_PWR_STATE, msg);

	scoped_guard(spinlock_irqsave, &rtk->lock) {
		if (!ack->due || rtk->phase < RTK_MAPPED)
			return FERRY_DROP_STALE;
		ack->due = false;
		ack->state = state;
		ack->result = (state & ack->mask) == ack->want ? 1 : -EINVAL;
	}
	wake_up_all(&rtk->wait);
	return -1;
}

static int mgmt_pong(struct ferry_rtkit *rtk, u64 msg)
{
	scoped_guard(spinlock_irqsave, &rtk->lock) {
		if (!rtk->pinged || (msg & (RTKIT_PING_SEG | RTKIT_PING_TIME)) != rtk->ping)
			return FERRY_DROP_STALE;
		rtk->pinged = false;
	}
	wake_up_all(&rtk->wait);
	return -1;
}

/* Under the lock of the rxq. -1, or why it is dropped. */
int rtk_mgmt_take(struct ferry_rtkit *rtk, u64 msg)
{
	switch (FIELD_GET(RTKIT_TYPE, msg)) {
	case RTKIT_MGMT_HELLO:
		return mgmt_hello(rtk, msg);
	case RTKIT_MGMT_EPMAP:
		return mgmt_epmap(rtk, msg);
	case RTKIT_MGMT_IOP_PWR_ACK:
		return mgmt_ack(rtk, &rtk->iop, msg);
	case RTKIT_MGMT_AP_PWR:
		return mgmt_ack(rtk, &rtk->ap, msg);
	case RTKIT_MGMT_PONG:
		return mgmt_pong(rtk, msg);
	default:
		return FERRY_DROP_BAD_HEADER;
	}
}

/* Process context. From now on it counts what one side says. */
static void mgmt_expect(struct ferry_rtkit *rtk, struct rtk_ack *ack, u16 want, u16 mask)
{
	guard(spinlock_irqsave)(&rtk->lock);
	ack->due = true;
	ack->want = want;
	ack->mask = mask;
	ack->result = 0;
}

/* Process context. @left of a wait that ended: what it means. */
static int mgmt_waited(struct ferry_rtkit *rtk, long left)
{
	int error = READ_ONCE(rtk->error);

	if (left < 0)
		return left;
	if (error)
		return error;
	return left ? 0 : -ETIME;
}

static int mgmt_wait_phase(struct ferry_rtkit *rtk, enum rtk_phase phase)
{
	long left = wait_event_killable_timeout(rtk->wait, READ_ONCE(rtk->phase) >= phase ||
						READ_ONCE(rtk->error),
						msecs_to_jiffies(rtk->cfg.timeout_ms));

	return mgmt_waited(rtk, left);
}

static int mgmt_wait_ack(struct ferry_rtkit *rtk, struct rtk_ack *ack, unsigned int ms)
{
	long left = wait_event_killable_timeout(rtk->wait, READ_ONCE(ack->result) ||
						READ_ONCE(rtk->error), msecs_to_jiffies(ms));
	int ret = mgmt_waited(rtk, left);

	return ret ?: min(ack->result, 0);
}

/* A state that comes too late is one that nobody asked for. */
static int mgmt_end_ack(struct ferry_rtkit *rtk, struct rtk_ack *ack, int ret)
{
	guard(spinlock_irqsave)(&rtk->lock);
	ack->due = false;
	return ret;
}

/* Process context. Asks one side to be in @state, and waits until it says so. */
static int mgmt_power(struct ferry_rtkit *rtk, struct rtk_ack *ack, u16 state)
{
	unsigned int type = ack == &rtk->ap ? RTKIT_MGMT_AP_PWR : RTKIT_MGMT_SET_IOP_PWR;
	int ret;

	mgmt_expect(rtk, ack, state, U16_MAX);
	ret = mgmt_post(rtk, type, FIELD_PREP(RTKIT_PWR_STATE, state));
	if (!ret)
		ret = mgmt_wait_ack(rtk, ack, rtk->cfg.timeout_ms);
	return mgmt_end_ack(rtk, ack, ret);
}

/* Process context. Nothing answers this. 0, or what posting it returned. */
int rtk_mgmt_start_ep(struct ferry_rtkit *rtk, u8 ep)
{
	scoped_guard(spinlock_irqsave, &rtk->lock)
		__set_bit(ep, rtk->started);
	return mgmt_post(rtk, RTKIT_MGMT_STARTEP, FIELD_PREP(RTKIT_STARTEP_EP, ep) |
			 FIELD_PREP(RTKIT_STARTEP_FLAG, RTKIT_STARTEP_START));
}

/*
 * Process context. The co-processor says that it is on, and then we do. Some firmware waits
 * for us first: so one that is silent is told after a while.
 */
static int mgmt_both_on(struct ferry_rtkit *rtk)
{
	unsigned int patience = min_t(unsigned int, RTK_PATIENCE_MS, rtk->cfg.timeout_ms);
	u64 on = FIELD_PREP(RTKIT_PWR_STATE, RTKIT_PWR_ON);
	int ret;

	ret = mgmt_wait_ack(rtk, &rtk->iop, patience);
	if (!ret)
		return mgmt_power(rtk, &rtk->ap, RTKIT_PWR_ON);
	if (ret != -ETIME)
		return ret;
	mgmt_expect(rtk, &rtk->ap, RTKIT_PWR_ON, U16_MAX);
	ret = mgmt_post(rtk, RTKIT_MGMT_AP_PWR, on);
	if (!ret)
		ret = mgmt_wait_ack(rtk, &rtk->iop, rtk->cfg.timeout_ms - patience);
	if (!ret)
		ret = mgmt_wait_ack(rtk, &rtk->ap, rtk->cfg.timeout_ms);
	return mgmt_end_ack(rtk, &rtk->ap, ret);
}

/* Process context. It is about to say hello, or did. */
static int mgmt_bring_up(struct ferry_rtkit *rtk)
{
	int ret;

	ret = mgmt_wait_phase(rtk, RTK_MAPPED);
	if (ret)
		return ret;
	scoped_guard(spinlock_irqsave, &rtk->lock)
		if (rtk->phase == RTK_MAPPED)
			rtk->phase = RTK_UP;
	ret = rtk_system_start(rtk);
	return ret ?: mgmt_both_on(rtk);
}

static int mgmt_end_boot(struct ferry_rtkit *rtk, int ret)
{
	guard(spinlock_irqsave)(&rtk->lock);
	rtk->booting = false;
	rtk->waking = false;
	rtk->iop.due = false;
	return ret ?: rtk->error;
}

/* The high byte differs with how it was started. */
static void mgmt_expect_on(struct ferry_rtkit *rtk)
{
	mgmt_expect(rtk, &rtk->iop, RTKIT_PWR_ON, 0xff);
}

static int mgmt_send_wake(struct ferry_rtkit *rtk)
{
	return mgmt_post(rtk, RTKIT_MGMT_SET_IOP_PWR,
			 FIELD_PREP(RTKIT_PWR_STATE, RTKIT_PWR_INIT));
}

/* Process context. Receiving runs. @wake: it sleeps, else its CPU is let go. */
int rtk_mgmt_boot(struct ferry_rtkit *rtk, bool wake)
{
	int ret = 0;

	mgmt_expect_on(rtk);
	if (wake)
		ret = mgmt_send_wake(rtk);
	else if (rtk->cfg.cpu)
		ret = rtk->cfg.cpu->run(rtk->cfg.data);
	if (!ret)
		ret = mgmt_bring_up(rtk);
	return mgmt_end_boot(rtk, ret);
}

static bool mgmt_is_awake(struct ferry_rtkit *rtk)
{
	return READ_ONCE(rtk->iop.result) || READ_ONCE(rtk->anew) || READ_ONCE(rtk->error);
}

static int mgmt_wait_awake(struct ferry_rtkit *rtk)
{
	long left = wait_event_killable_timeout(rtk->wait, mgmt_is_awake(rtk),
						msecs_to_jiffies(rtk->cfg.timeout_ms));

	return mgmt_waited(rtk, left);
}

/*
 * Process context. It is idle, and as a rule goes on where it was; but some firmware
 * begins with a hello. 0, 1: it began anew, or -errno.
 */
int rtk_mgmt_wake_idle(struct ferry_rtkit *rtk)
{
	int ret;

	scoped_guard(spinlock_irqsave, &rtk->lock) {
		rtk->booting = true;
		rtk->waking = true;
		rtk->anew = false;
	}
	mgmt_expect_on(rtk);
	ret = mgmt_send_wake(rtk) ?: mgmt_wait_awake(rtk);
	if (!ret && READ_ONCE(rtk->anew)) {
		ret = mgmt_bring_up(rtk);
		return mgmt_end_boot(rtk, ret) ?: 1;
	}
	if (!ret)
		ret = min(rtk->iop.result, 0);
	if (!ret)
		ret = mgmt_power(rtk, &rtk->ap, RTKIT_PWR_ON);
	return mgmt_end_boot(rtk, ret);
}

/* Process context. We go first, then the co-processor. */
int rtk_mgmt_down(struct ferry_rtkit *rtk, u16 ap, u16 iop)
{
	int ret = mgmt_power(rtk, &rtk->ap, ap);

	return ret ?: mgmt_power(rtk, &rtk->iop, iop);
}

static bool mgmt_answered(struct ferry_rtkit *rtk)
{
	return !READ_ONCE(rtk->pinged) || READ_ONCE(rtk->error);
}

/**
 * ferry_rtkit_ping() - does the firmware still answer?
 * @rtk:	from ferry_rtkit_create()
 * @cookie:	48 bits that it has to repeat
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL @cookie has more bits, -ENOLINK the link does not run, -ETIME there
 * was no answer within a second, -ERESTARTSYS on a fatal signal.
 */
int ferry_rtkit_ping(struct ferry_rtkit *rtk, u64 cookie)
{
	long left;
	int ret;

	if (cookie & ~(RTKIT_PING_SEG | RTKIT_PING_TIME))
		return -EINVAL;
	guard(mutex)(&rtk->ping_lock);
	if (ferry_link_state(rtk->link) != FERRY_STATE_RUNNING)
		return -ENOLINK;
	scoped_guard(spinlock_irqsave, &rtk->lock) {
		rtk->ping = cookie;
		rtk->pinged = true;
	}
	ret = mgmt_post(rtk, RTKIT_MGMT_PING, cookie);
	if (ret)
		return ret;
	left = wait_event_killable_timeout(rtk->wait, mgmt_answered(rtk),
					   msecs_to_jiffies(rtk->cfg.timeout_ms));
	return mgmt_waited(rtk, left);
}
EXPORT_SYMBOL_GPL(ferry_rtkit_ping);
