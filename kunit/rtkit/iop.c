// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test plays the co-processor. See iop.h.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../../drivers/compat.h"
#include "../../drivers/rtkit/wire.h"
#include "../ferry_kunit.h"
#include "iop.h"

static void iop_rang(struct ferry_port *port, void *data)
{
}

static const struct ferry_port_user iop_port_user = { .rx = iop_rang };

static int iop_cpu_run(void *data)
{
	struct iop *iop = data;

	iop->runs++;
	return iop->run_ret;
}

static int iop_cpu_reset(void *data)
{
	struct iop *iop = data;

	iop->resets++;
	return iop->reset_ret;
}

static const struct ferry_rtkit_cpu_ops iop_cpu_ops = {
	.run = iop_cpu_run,
	.reset = iop_cpu_reset,
};

static phys_addr_t iop_to_phys(void *data, u64 remote)
{
	struct iop *iop = data;

	if (iop->on_memory)
		iop->on_memory(iop, remote);
	if (remote < IOP_FOREIGN || remote >= IOP_FOREIGN + IOP_FOREIGN_SIZE)
		return 0;
	return virt_to_phys(iop->foreign) + (remote - IOP_FOREIGN);
}

void iop_say_raw(struct iop *iop, const void *msg, size_t len)
{
	int ret;

	FERRY_WAIT((ret = ferry_port_send(iop->says, msg, len, 0)) != -EAGAIN);
	KUNIT_EXPECT_GE_MSG(iop->test, ret, 0, "the driver takes no message");
}

FERRY_EXPORT_TEST(iop_say_raw);

void iop_say(struct iop *iop, u32 ep, u64 msg)
{
	struct rtkit_msg out = { .msg0 = cpu_to_le64(msg), .msg1 = cpu_to_le32(ep) };

	iop_say_raw(iop, &out, sizeof(out));
}

FERRY_EXPORT_TEST(iop_say);

/* As many for nobody as it takes at once. True: that was the end of it. */
bool iop_floods(struct iop *iop)
{
	unsigned int n;

	for (n = 0; n < IOP_WIDTH; n++)
		if (ferry_port_send(iop->says, "to whom is it", sizeof(struct rtkit_msg), 0) < 0)
			break;
	return ferry_link_state(iop->link) == FERRY_STATE_CRASHED;
}

FERRY_EXPORT_TEST(iop_floods);

/* False: nothing came in time. */
bool iop_next(struct iop *iop, u32 *ep, u64 *msg, unsigned int ms)
{
	ktime_t limit = ktime_add_ms(ktime_get(), ms);
	struct rtkit_msg in;
	ssize_t len;

	while ((len = ferry_port_recv(iop->hears, &in, sizeof(in))) == -EAGAIN) {
		if (ktime_compare(ktime_get(), limit) >= 0)
			return false;
		usleep_range(100, 200);
	}
	KUNIT_EXPECT_EQ(iop->test, len, (ssize_t)sizeof(in));
	*ep = le32_to_cpu(in.msg1);
	*msg = le64_to_cpu(in.msg0);
	return true;
}

FERRY_EXPORT_TEST(iop_next);

/* The next message is this one. */
bool iop_hears(struct iop *iop, u32 ep, u64 msg)
{
	u64 got = 0;
	u32 on = 0;
	bool came = iop_next(iop, &on, &got, IOP_HEAR_MS);

	KUNIT_EXPECT_TRUE_MSG(iop->test, came && on == ep && got == msg,
			      "endpoint %#x: %016llx was to come, came (%d) %#x: %016llx", ep,
			      msg, came, on, got);
	return came && on == ep && got == msg;
}

FERRY_EXPORT_TEST(iop_hears);

/* Nothing comes for a while. */
bool iop_silence(struct iop *iop)
{
	u64 msg = 0;
	u32 ep = 0;
	bool came = iop_next(iop, &ep, &msg, 60);

	KUNIT_EXPECT_FALSE_MSG(iop->test, came, "endpoint %#x: %016llx", ep, msg);
	return !came;
}

FERRY_EXPORT_TEST(iop_silence);

/* What came and was not looked at; returns how many. */
unsigned int iop_drain(struct iop *iop)
{
	unsigned int n = 0;
	u64 msg;
	u32 ep;

	while (iop_next(iop, &ep, &msg, 0))
		n++;
	return n;
}

FERRY_EXPORT_TEST(iop_drain);

/* Where the test sees what the driver said. */
void *iop_mem(struct iop *iop, u64 addr)
{
	if (addr >= IOP_FOREIGN && addr < IOP_FOREIGN + IOP_FOREIGN_SIZE)
		return iop->foreign + (addr - IOP_FOREIGN);
	return phys_to_virt(addr);
}

FERRY_EXPORT_TEST(iop_mem);

struct iop_call {
	struct iop *iop;
	int (*fn)(struct ferry_rtkit *rtk);
};

static int iop_call(void *arg)
{
	struct iop_call *call = arg;

	return call->fn(call->iop->rtk);
}

struct fake_task *iop_run(struct iop *iop, int (*fn)(struct ferry_rtkit *rtk))
{
	struct iop_call *call = kunit_kzalloc(iop->test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(iop->test, call);
	call->iop = iop;
	call->fn = fn;
	return fake_run(iop->test, iop_call, call);
}

FERRY_EXPORT_TEST(iop_run);

bool iop_greets(struct iop *iop)
{
	iop_say(iop, 0, IOP_HELLO);
	if (!iop_hears(iop, 0, IOP_HELLO_ACK))
		return false;
	iop_say(iop, 0, IOP_MAP0);
	if (!iop_hears(iop, 0, IOP_MAP0_ACK))
		return false;
	iop_say(iop, 0, IOP_MAP1);
	return iop_hears(iop, 0, IOP_MAP1_ACK);
}

FERRY_EXPORT_TEST(iop_greets);

bool iop_gets_started(struct iop *iop)
{
	static const u8 eps[] = { 1, 2, 3, 4, 8, 0xa };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(eps); i++)
		if (!iop_hears(iop, 0, IOP_STARTEP(eps[i])))
			return false;
	return true;
}

FERRY_EXPORT_TEST(iop_gets_started);

/* It says nothing for so long that the driver does not wait for it, but goes first. */
bool iop_is_slow(struct iop *iop)
{
	iop->ap_early = iop_hears(iop, 0, IOP_AP(0x20));
	return iop->ap_early;
}

FERRY_EXPORT_TEST(iop_is_slow);

/* The next message, but for one that says that we are on, which may come at any time. */
static bool iop_next_answer(struct iop *iop, u32 *ep, u64 *msg)
{
	if (!iop_next(iop, ep, msg, IOP_HEAR_MS))
		return false;
	if (*ep || *msg != IOP_AP(0x20) || iop->ap_early)
		return true;
	iop->ap_early = true;
	return iop_next(iop, ep, msg, IOP_HEAR_MS);
}

/* Asks for memory; returns where it is. */
u64 iop_asks(struct iop *iop, u32 ep, unsigned int pages)
{
	u64 msg = 0;
	u32 on = 0;

	iop_say(iop, ep, IOP_BUF(pages, 0));
	KUNIT_ASSERT_TRUE_MSG(iop->test, iop_next_answer(iop, &on, &msg) && on == ep &&
			      (msg & ~RTKIT_BUF_IOVA) == IOP_BUF(pages, 0),
			      "endpoint %#x is told %016llx on %#x", ep, msg, on);
	return msg & RTKIT_BUF_IOVA;
}

FERRY_EXPORT_TEST(iop_asks);

bool iop_is_on(struct iop *iop)
{
	iop_say(iop, 0, IOP_IS(0x20));
	if (!iop->ap_early && !iop_hears(iop, 0, IOP_AP(0x20)))
		return false;
	iop->ap_early = false;
	iop_say(iop, 0, IOP_AP(0x20));
	return true;
}

FERRY_EXPORT_TEST(iop_is_on);

static void iop_gets_memory(struct iop *iop)
{
	if (iop->flags & IOP_LENT) {
		iop_say(iop, 1, IOP_BUF(2, IOP_FOREIGN));
		iop_say(iop, 2, IOP_BUF(4, IOP_FOREIGN + 0x2000));
		iop->crashlog = IOP_FOREIGN;
		iop->syslog = IOP_FOREIGN + 0x2000;
		return;
	}
	iop->crashlog = iop_asks(iop, 1, 2);
	iop->syslog = iop_asks(iop, 2, 4);
	iop->ioreport = iop_asks(iop, 4, 1);
}

bool iop_boot(struct iop *iop)
{
	struct fake_task *t = iop_run(iop, ferry_rtkit_boot);
	bool ok = iop_greets(iop) && iop_gets_started(iop);

	if (ok)
		iop_gets_memory(iop);
	ok = ok && iop_is_on(iop);
	KUNIT_EXPECT_EQ(iop->test, fake_join(t), 0);
	return ok && ferry_link_state(iop->link) == FERRY_STATE_RUNNING;
}

FERRY_EXPORT_TEST(iop_boot);

/* The driver goes to @ap and has it go to @set. */
bool iop_answers(struct iop *iop, u64 ap, u64 set)
{
	if (!iop_hears(iop, 0, IOP_AP(ap)))
		return false;
	iop_say(iop, 0, IOP_AP(ap));
	if (!iop_hears(iop, 0, IOP_SET(set)))
		return false;
	iop_say(iop, 0, IOP_IS(set));
	return true;
}

FERRY_EXPORT_TEST(iop_answers);

/* What is left in quarantine goes with a link of the same device that can be stopped. */
void iop_destroy(struct iop *iop)
{
	if (iop->rtk)
		ferry_rtkit_destroy(iop->rtk);
	iop->rtk = NULL;
}

FERRY_EXPORT_TEST(iop_destroy);

/* One that may be reset takes over what could not be stopped: ferry.ko has to unload. */
static void iop_reset_quarantine(struct iop *iop)
{
	const struct ferry_rtkit_cfg cfg = {
		.name = "iop", .tx = iop->tx, .rx = iop->rx, .cpu = &iop_cpu_ops, .data = iop,
	};
	struct ferry_rtkit *rtk = ferry_rtkit_create(&iop->pdev->dev, &cfg);

	iop->reset_ret = 0;
	KUNIT_EXPECT_FALSE(iop->test, IS_ERR(rtk));
	if (!IS_ERR(rtk))
		ferry_rtkit_destroy(rtk);
}

static void iop_end(void *arg)
{
	struct iop *iop = arg;

	iop_destroy(iop);
	iop_reset_quarantine(iop);
	ferry_port_stop(iop->hears);
	ferry_port_stop(iop->says);
	if (iop->tx_gone)
		ferry_port_put(iop->tx);
	else
		ferry_port_kill(iop->tx);
	if (iop->tapped) {
		ferry_port_stop(iop->tapped);
		ferry_port_kill(iop->tapped);
	}
	ferry_port_kill(iop->rx);
	ferry_port_kill(iop->hears);
	ferry_port_kill(iop->says);
	platform_device_unregister(iop->pdev);
	free_pages((unsigned long)iop->foreign, get_order(IOP_FOREIGN_SIZE));
}

static struct iop *tap_iop(struct ferry_port *port)
{
	return container_of(port, struct iop, tap);
}

/* What is behind it runs all the time. */
static int tap_start(struct ferry_port *port)
{
	return 0;
}

static void tap_stop(struct ferry_port *port)
{
}

static int tap_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags)
{
	struct iop *iop = tap_iop(port);
	const struct rtkit_msg *out = msg;

	if (iop->on_send)
		iop->on_send(iop, le32_to_cpu(out->msg1), le64_to_cpu(out->msg0));
	return ferry_port_send(iop->tapped, msg, len, flags);
}

static bool tap_arm(struct ferry_port *port, bool on)
{
	return ferry_port_tx_arm(tap_iop(port)->tapped, on);
}

static const struct ferry_port_ops tap_ops = {
	.start = tap_start,
	.stop = tap_stop,
	.send = tap_send,
	.tx_arm = tap_arm,
};

static const struct ferry_port_desc tap_desc = {
	.max_len = sizeof(struct rtkit_msg),
	.dir = FERRY_PORT_TX,
};

static void tap_ready(struct ferry_port *port, void *data)
{
	struct iop *iop = data;

	ferry_port_tx_ready(&iop->tap);
}

static const struct ferry_port_user tap_user = { .tx_ready = tap_ready };

static void iop_make_tap(struct iop *iop)
{
	iop->tapped = iop->tx;
	iop->tx = &iop->tap;
	KUNIT_ASSERT_EQ(iop->test, ferry_port_init(&iop->tap, NULL, &tap_desc, &tap_ops), 0);
	KUNIT_ASSERT_EQ(iop->test, ferry_port_start(iop->tapped, &tap_user, iop), 0);
}

static void iop_make_ports(struct iop *iop)
{
	unsigned int depth = iop->flags & IOP_TIGHT ? 1 : IOP_DEPTH;
	struct kunit *test = iop->test;
	int ret;

	ret = ferry_loopback_create(NULL, depth, sizeof(struct rtkit_msg), &iop->tx, &iop->hears);
	KUNIT_ASSERT_EQ(test, ret, 0);
	depth = iop->flags & IOP_WIDE ? IOP_WIDTH : IOP_DEPTH;
	ret = ferry_loopback_create(NULL, depth, sizeof(struct rtkit_msg), &iop->says, &iop->rx);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(iop->hears, &iop_port_user, iop), 0);
	KUNIT_ASSERT_EQ(test, ferry_port_start(iop->says, &iop_port_user, iop), 0);
	if (iop->flags & IOP_TAPPED)
		iop_make_tap(iop);
}

struct iop *iop_create(struct kunit *test, unsigned int flags)
{
	const struct platform_device_info info = {
		.name = "ferry-iop", .id = PLATFORM_DEVID_AUTO, .dma_mask = DMA_BIT_MASK(32),
	};
	struct iop *iop = kunit_kzalloc(test, sizeof(*iop), GFP_KERNEL);
	struct ferry_provide_cfg foreign = {
		.backing = FERRY_BACKING_FOREIGN, .to_phys = iop_to_phys, .phys_data = iop,
		.max_size = IOP_FOREIGN_SIZE, .max = 4,
	};
	struct ferry_rtkit_cfg cfg = {
		.name = "iop", .data = iop, .recover = flags & IOP_RECOVER,
		.wakes = flags & IOP_WAKES,
	};

	KUNIT_ASSERT_NOT_NULL(test, iop);
	if (!IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has no DMA");
	iop->test = test;
	iop->flags = flags;
	iop_make_ports(iop);
	iop->foreign = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
						get_order(IOP_FOREIGN_SIZE));
	KUNIT_ASSERT_NOT_NULL(test, iop->foreign);
	iop->pdev = platform_device_register_full(&info);
	KUNIT_ASSERT_FALSE(test, IS_ERR(iop->pdev));
	cfg.tx = iop->tx;
	cfg.rx = iop->rx;
	cfg.cpu = flags & IOP_CPU ? &iop_cpu_ops : NULL;
	foreign.dev = &iop->pdev->dev;
	cfg.memory = flags & IOP_LENT ? &foreign : NULL;
	iop->rtk = ferry_rtkit_create(&iop->pdev->dev, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(iop->rtk));
	iop->link = ferry_rtkit_link(iop->rtk);
	ferry_defer(test, iop_end, iop);
	return iop;
}

FERRY_EXPORT_TEST(iop_create);

MODULE_DESCRIPTION("Ferry: a co-processor that the test plays");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
