/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test plays the co-processor: it says and hears one message after the other, through a
 * pair of ports in memory.
 */
#ifndef FERRY_KUNIT_IOP_H
#define FERRY_KUNIT_IOP_H

#include <linux/ferry/port.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/rtkit.h>
#include <linux/platform_device.h>

#include "../core/fake.h"

/* iop_create() */
#define IOP_CPU		BIT(0)	/* its CPU is the driver's to run and to reset */
#define IOP_RECOVER	BIT(1)	/* it is started again after a crash */
#define IOP_LENT	BIT(2)	/* it says where its memory is; see foreign */
#define IOP_WAKES	BIT(3)	/* its messages may wake the system */
#define IOP_TIGHT	BIT(4)	/* there is room for one message to it */

#define IOP_WIDE	BIT(5)	/* there is room for many messages from it */
#define IOP_TAPPED	BIT(6)	/* on_send() is there before it has a message */

#define IOP_HEAR_MS	30000	/* longer than the driver waits for anything */
#define IOP_DEPTH	16
#define IOP_WIDTH	1024
#define IOP_FOREIGN	0x23fe10000ull	/* where it has memory of its own */
#define IOP_FOREIGN_SIZE	0x8000

/* Messages, as the wire has them; those of the management where nothing is said. */
#define IOP_HELLO	0x00100000000c000bull
#define IOP_HELLO_ACK	0x00200000000c000cull
#define IOP_REFUSAL	0x002000000badffffull
#define IOP_MAP0	0x008000000000051full	/* 0 to 4, 8, 0xa */
#define IOP_MAP0_ACK	0x0080000000000001ull
#define IOP_MAP1	0x008800010000000full	/* 0x20 to 0x23, the last */
#define IOP_MAP1_ACK	0x0088000100000000ull
#define IOP_STARTEP(ep)	(0x0050000000000002ull | (u64)(ep) << 32)
#define IOP_SET(state)	(0x0060000000000000ull | (state))	/* what it is to be in */
#define IOP_IS(state)	(0x0070000000000000ull | (state))	/* it is */
#define IOP_AP(state)	(0x00b0000000000000ull | (state))	/* what we are in, and its answer */
#define IOP_BUF(pages, addr)	(0x0010000000000000ull | (u64)(pages) << 44 | (addr))
#define IOP_SYSLOG_INIT(n, size)	(0x0080000000000000ull | (u64)(size) << 24 | (n))
#define IOP_SYSLOG_LOG(i)	(0x0050000000000000ull | (i))

struct iop {
	struct kunit *test;
	unsigned int flags;
	struct platform_device *pdev;
	struct ferry_rtkit *rtk;
	struct ferry_link *link;
	struct ferry_port *tx;		/* the driver's ... */
	struct ferry_port *rx;
	struct ferry_port *hears;	/* ... and ours */
	struct ferry_port *says;
	bool tx_gone;			/* killed, and a reference is left */
	struct ferry_port tap;		/* IOP_TAPPED: the driver's tx, and what is behind it */
	struct ferry_port *tapped;
	bool ap_early;			/* on a slow machine it lost its patience */
	u8 *foreign;
	u64 crashlog;			/* where it was given memory by iop_boot() */
	u64 syslog;
	u64 ioreport;

	/* Called while the driver asks where memory of the IOP is, which is IOP_LENT. */
	void (*on_memory)(struct iop *iop, u64 addr);

	/* Called where the driver sends, before the message can be heard. */
	void (*on_send)(struct iop *iop, u32 ep, u64 msg);
	unsigned int sends;		/* for its use */

	int run_ret;
	int reset_ret;
	unsigned int runs;
	unsigned int resets;
};

struct iop *iop_create(struct kunit *test, unsigned int flags);
void iop_destroy(struct iop *iop);
void iop_say(struct iop *iop, u32 ep, u64 msg);
void iop_say_raw(struct iop *iop, const void *msg, size_t len);
bool iop_floods(struct iop *iop);
bool iop_next(struct iop *iop, u32 *ep, u64 *msg, unsigned int ms);
bool iop_hears(struct iop *iop, u32 ep, u64 msg);
bool iop_silence(struct iop *iop);
unsigned int iop_drain(struct iop *iop);
void *iop_mem(struct iop *iop, u64 addr);

/* A call of the driver in a thread of its own, while the test goes on. */
struct fake_task *iop_run(struct iop *iop, int (*fn)(struct ferry_rtkit *rtk));

/* The usual course of things; false: something was not as usual, and the test knows. */
bool iop_greets(struct iop *iop);
bool iop_gets_started(struct iop *iop);
bool iop_is_slow(struct iop *iop);
u64 iop_asks(struct iop *iop, u32 ep, unsigned int pages);
bool iop_is_on(struct iop *iop);
bool iop_boot(struct iop *iop);
bool iop_answers(struct iop *iop, u64 ap, u64 set);

#define IOP_EXPECT_STATE(test, iop, name)					\
do {										\
	FERRY_WAIT(ferry_link_state((iop)->link) == FERRY_STATE_##name);	\
	KUNIT_EXPECT_EQ(test, ferry_link_state((iop)->link), FERRY_STATE_##name); \
} while (0)

#endif /* FERRY_KUNIT_IOP_H */
