// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports, with a provider that records what reaches it.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ferry/port.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "../../drivers/compat.h"
#include "../../drivers/core/core.h"
#include "../ferry_kunit.h"

#define FAKE_LEN	8

struct fake {
	struct ferry_port port;
	atomic_t sends;
	atomic_t late;		/* sends that began after stop */
	unsigned int slow_us;	/* how long a send takes */
	bool inside;		/* a send is under way */
	bool stop_inside;	/* and was when stop came */
	int starts;
	int stops;
	int arms;
	int start_ret;
	int send_ret;
	ssize_t recv_ret;
	size_t last_len;
	bool arm_ret;
	bool stopped;
	int rx;			/* what the user saw */
	int tx_ready;
	int released;
};

static struct fake *fake_of(struct ferry_port *port)
{
	return container_of(port, struct fake, port);
}

static int fake_start(struct ferry_port *port)
{
	fake_of(port)->starts++;
	WRITE_ONCE(fake_of(port)->stopped, false);
	return fake_of(port)->start_ret;
}

static void fake_stop(struct ferry_port *port)
{
	fake_of(port)->stops++;
	fake_of(port)->stop_inside = READ_ONCE(fake_of(port)->inside);
	WRITE_ONCE(fake_of(port)->stopped, true);
}

static int fake_send(struct ferry_port *port, const void *msg, size_t len, unsigned int flags)
{
	struct fake *fake = fake_of(port);

	atomic_inc(&fake->sends);
	if (READ_ONCE(fake->stopped))
		atomic_inc(&fake->late);
	fake->last_len = len;
	if (fake->slow_us) {
		WRITE_ONCE(fake->inside, true);
		udelay(fake->slow_us);
		WRITE_ONCE(fake->inside, false);
	}
	return fake->send_ret;
}

static ssize_t fake_recv(struct ferry_port *port, void *buf, size_t size)
{
	return fake_of(port)->recv_ret;
}

static bool fake_tx_arm(struct ferry_port *port, bool on)
{
	fake_of(port)->arms++;
	return fake_of(port)->arm_ret;
}

static bool fake_rx_arm(struct ferry_port *port)
{
	fake_of(port)->arms++;
	return fake_of(port)->arm_ret;
}

static void fake_release(struct ferry_port *port)
{
	fake_of(port)->released++;
}

static const struct ferry_port_ops fake_ops = {
	.start = fake_start,
	.stop = fake_stop,
	.send = fake_send,
	.recv = fake_recv,
	.tx_arm = fake_tx_arm,
	.rx_arm = fake_rx_arm,
	.release = fake_release,
};

static const struct ferry_port_desc fake_tx_desc = {
	.max_len = FAKE_LEN,
	.dir = FERRY_PORT_TX,
};

static const struct ferry_port_desc fake_rx_desc = {
	.max_len = FAKE_LEN,
	.dir = FERRY_PORT_RX,
};

static void user_rx(struct ferry_port *port, void *data)
{
	fake_of(port)->rx++;
}

static void user_tx_ready(struct ferry_port *port, void *data)
{
	fake_of(port)->tx_ready++;
}

static const struct ferry_port_user fake_user = {
	.rx = user_rx,
	.tx_ready = user_tx_ready,
};

static void fake_end(void *arg)
{
	struct fake *fake = arg;

	ferry_port_stop(&fake->port);
	if (!fake->port.dead)
		ferry_port_kill(&fake->port);
	ferry_port_put(&fake->port);
}

static struct fake *fake_new(struct kunit *test, struct device *dev,
			     const struct ferry_port_desc *desc)
{
	struct fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	KUNIT_ASSERT_EQ(test, ferry_port_init(&fake->port, dev, desc, &fake_ops), 0);
	/* For the test: the provider's reference may be gone before it ends. */
	ferry_port_hold(&fake->port);
	ferry_defer(test, fake_end, fake);
	return fake;
}

static struct fake *fake_started(struct kunit *test, const struct ferry_port_desc *desc)
{
	struct fake *fake = fake_new(test, NULL, desc);

	KUNIT_ASSERT_EQ(test, ferry_port_start(&fake->port, &fake_user, NULL), 0);
	return fake;
}

/* One line for each thing that may be wrong with a provider. */
struct init_case {
	const char *name;
	struct ferry_port_desc desc;
	struct ferry_port_ops ops;
	int ret;
};

#define INIT_OPS	.start = fake_start, .stop = fake_stop

static const struct init_case init_cases[] = {
	{ "complete tx", { 4, FERRY_PORT_TX }, { INIT_OPS, .send = fake_send,
	  .tx_arm = fake_tx_arm }, 0 },
	{ "complete rx", { 4, FERRY_PORT_RX }, { INIT_OPS, .recv = fake_recv,
	  .rx_arm = fake_rx_arm }, 0 },
	{ "silent tx", { 4, FERRY_PORT_TX, FERRY_PORT_NO_TX_EVENT },
	  { INIT_OPS, .send = fake_send }, 0 },
	{ "doorbell that merges", { 0, FERRY_PORT_TX, FERRY_PORT_MERGES },
	  { INIT_OPS, .send = fake_send, .tx_arm = fake_tx_arm }, 0 },
	{ "no start", { 4, FERRY_PORT_TX }, { .stop = fake_stop, .send = fake_send,
	  .tx_arm = fake_tx_arm }, -EINVAL },
	{ "no stop", { 4, FERRY_PORT_TX }, { .start = fake_start, .send = fake_send,
	  .tx_arm = fake_tx_arm }, -EINVAL },
	{ "no send", { 4, FERRY_PORT_TX }, { INIT_OPS, .tx_arm = fake_tx_arm }, -EINVAL },
	{ "no tx_arm", { 4, FERRY_PORT_TX }, { INIT_OPS, .send = fake_send }, -EINVAL },
	{ "no recv", { 4, FERRY_PORT_RX }, { INIT_OPS, .rx_arm = fake_rx_arm }, -EINVAL },
	{ "no rx_arm", { 4, FERRY_PORT_RX }, { INIT_OPS, .recv = fake_recv }, -EINVAL },
	{ "flags that merge", { 8, FERRY_PORT_RX, FERRY_PORT_MERGES },
	  { INIT_OPS, .recv = fake_recv, .rx_arm = fake_rx_arm }, 0 },
	{ "no direction", { 4, 7 }, { INIT_OPS, .send = fake_send, .recv = fake_recv,
	  .tx_arm = fake_tx_arm, .rx_arm = fake_rx_arm }, -EINVAL },
};

static void init_case_name(const struct init_case *c, char *name)
{
	strscpy(name, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(init, init_cases, init_case_name);

static void init_takes_complete_tables_only(struct kunit *test)
{
	const struct init_case *c = test->param_value;
	struct ferry_port *port = kunit_kzalloc(test, sizeof(*port), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, port);
	ret = ferry_port_init(port, NULL, &c->desc, &c->ops);
	KUNIT_EXPECT_EQ(test, ret, c->ret);
	if (!ret)
		ferry_port_kill(port);
}

static void stopped_port_looks_full_and_empty(struct kunit *test)
{
	struct fake *tx = fake_new(test, NULL, &fake_tx_desc);
	struct fake *rx = fake_new(test, NULL, &fake_rx_desc);
	u8 buf[FAKE_LEN];

	tx->arm_ret = true;
	rx->arm_ret = true;
	KUNIT_EXPECT_EQ(test, ferry_port_send(&tx->port, buf, 4, 0), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(&tx->port, true));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(&rx->port, buf, sizeof(buf)), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(&rx->port));
	KUNIT_EXPECT_EQ(test, atomic_read(&tx->sends), 0);
	KUNIT_EXPECT_EQ(test, tx->arms + rx->arms, 0);
}

static void started_port_reaches_the_provider(struct kunit *test)
{
	struct fake *tx = fake_started(test, &fake_tx_desc);
	struct fake *rx = fake_started(test, &fake_rx_desc);
	u8 buf[FAKE_LEN];

	tx->send_ret = 1;
	KUNIT_EXPECT_EQ(test, ferry_port_send(&tx->port, buf, FAKE_LEN, 0), 1);
	KUNIT_EXPECT_EQ(test, tx->last_len, FAKE_LEN);
	KUNIT_EXPECT_EQ(test, ferry_port_send(&tx->port, NULL, 0, 0), 1);
	KUNIT_EXPECT_EQ(test, tx->last_len, 0);
	tx->arm_ret = true;
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(&tx->port, true));
	rx->recv_ret = 3;
	KUNIT_EXPECT_EQ(test, ferry_port_recv(&rx->port, buf, sizeof(buf)), 3);
	rx->recv_ret = -EIO;
	KUNIT_EXPECT_EQ(test, ferry_port_recv(&rx->port, buf, sizeof(buf)), -EIO);
	rx->arm_ret = true;
	KUNIT_EXPECT_TRUE(test, ferry_port_rx_arm(&rx->port));
}

static void long_message_never_reaches_the_provider(struct kunit *test)
{
	struct fake *tx = fake_started(test, &fake_tx_desc);
	u8 buf[FAKE_LEN + 1];

	KUNIT_EXPECT_EQ(test, ferry_port_send(&tx->port, buf, FAKE_LEN + 1, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_send(&tx->port, buf, SIZE_MAX, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, atomic_read(&tx->sends), 0);
}

static void wrong_direction_is_refused(struct kunit *test)
{
	struct fake *tx = fake_started(test, &fake_tx_desc);
	struct fake *rx = fake_started(test, &fake_rx_desc);
	u8 buf[FAKE_LEN];

	tx->arm_ret = true;
	rx->arm_ret = true;
	KUNIT_EXPECT_EQ(test, ferry_port_send(&rx->port, buf, 4, 0), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(&tx->port, buf, sizeof(buf)), -EOPNOTSUPP);
	KUNIT_EXPECT_FALSE(test, ferry_port_tx_arm(&rx->port, true));
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(&tx->port));
	KUNIT_EXPECT_EQ(test, tx->arms + rx->arms, 0);
}

static void silent_port_says_try(struct kunit *test)
{
	static const struct ferry_port_desc desc = {
		.max_len = FAKE_LEN,
		.dir = FERRY_PORT_TX,
		.flags = FERRY_PORT_NO_TX_EVENT,
	};
	static const struct ferry_port_ops ops = { INIT_OPS, .send = fake_send };
	struct fake *tx = kunit_kzalloc(test, sizeof(*tx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tx);
	KUNIT_ASSERT_EQ(test, ferry_port_init(&tx->port, NULL, &desc, &ops), 0);
	ferry_port_hold(&tx->port);
	ferry_defer(test, fake_end, tx);
	KUNIT_ASSERT_EQ(test, ferry_port_start(&tx->port, &fake_user, NULL), 0);
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(&tx->port, true));
}

static void start_twice_is_busy(struct kunit *test)
{
	struct fake *tx = fake_started(test, &fake_tx_desc);

	KUNIT_EXPECT_EQ(test, ferry_port_start(&tx->port, &fake_user, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, tx->starts, 1);
}

static void failed_start_leaves_it_stopped(struct kunit *test)
{
	struct fake *rx = fake_new(test, NULL, &fake_rx_desc);

	rx->start_ret = -EIO;
	KUNIT_EXPECT_EQ(test, ferry_port_start(&rx->port, &fake_user, NULL), -EIO);
	ferry_port_rx(&rx->port);
	KUNIT_EXPECT_EQ(test, rx->rx, 0);
	ferry_port_stop(&rx->port);
	KUNIT_EXPECT_EQ(test, rx->stops, 0);

	rx->start_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_port_start(&rx->port, &fake_user, NULL), 0);
}

static void start_wants_the_call_it_needs(struct kunit *test)
{
	static const struct ferry_port_user nobody;
	struct fake *rx = fake_new(test, NULL, &fake_rx_desc);
	struct fake *tx = fake_new(test, NULL, &fake_tx_desc);

	KUNIT_EXPECT_EQ(test, ferry_port_start(&rx->port, NULL, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_start(&rx->port, &nobody, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_start(&tx->port, &nobody, NULL), 0);
	ferry_port_tx_ready(&tx->port);
}

static void user_is_called_between_start_and_stop_only(struct kunit *test)
{
	struct fake *rx = fake_new(test, NULL, &fake_rx_desc);
	struct fake *tx = fake_new(test, NULL, &fake_tx_desc);
	int round;

	for (round = 1; round <= 3; round++) {
		ferry_port_rx(&rx->port);
		ferry_port_tx_ready(&tx->port);
		KUNIT_ASSERT_EQ(test, ferry_port_start(&rx->port, &fake_user, NULL), 0);
		KUNIT_ASSERT_EQ(test, ferry_port_start(&tx->port, &fake_user, NULL), 0);
		ferry_port_rx(&rx->port);
		ferry_port_tx_ready(&tx->port);
		ferry_port_stop(&rx->port);
		ferry_port_stop(&tx->port);
		ferry_port_stop(&tx->port);
		ferry_port_rx(&rx->port);
		ferry_port_tx_ready(&tx->port);
		KUNIT_EXPECT_EQ(test, rx->rx, round);
		KUNIT_EXPECT_EQ(test, tx->tx_ready, round);
		KUNIT_EXPECT_EQ(test, tx->stops, round);
	}
}

static void killed_port_is_broken(struct kunit *test)
{
	struct fake *tx = fake_started(test, &fake_tx_desc);
	struct fake *rx = fake_started(test, &fake_rx_desc);
	u8 buf[FAKE_LEN];

	ferry_port_kill(&tx->port);
	ferry_port_kill(&rx->port);
	KUNIT_EXPECT_EQ(test, ferry_port_send(&tx->port, buf, 4, 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(&rx->port, buf, sizeof(buf)), -EPIPE);
	/* Whoever would wait tries again and sees it; who polls does not spin. */
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(&tx->port, true));
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(&rx->port));
	KUNIT_EXPECT_EQ(test, atomic_read(&tx->sends), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_start(&tx->port, &fake_user, NULL), -EPIPE);
}

static void kill_stops_the_hardware_and_tells_the_user_once(struct kunit *test)
{
	struct fake *tx = fake_started(test, &fake_tx_desc);
	struct fake *rx = fake_started(test, &fake_rx_desc);

	ferry_port_kill(&tx->port);
	ferry_port_kill(&rx->port);
	KUNIT_EXPECT_EQ(test, tx->tx_ready, 1);
	KUNIT_EXPECT_EQ(test, rx->rx, 1);
	KUNIT_EXPECT_EQ(test, tx->stops, 1);
	ferry_port_stop(&tx->port);
	ferry_port_rx(&rx->port);
	KUNIT_EXPECT_EQ(test, tx->stops, 1);
}

static void stopped_port_is_killed_in_silence(struct kunit *test)
{
	struct fake *tx = fake_new(test, NULL, &fake_tx_desc);
	u8 buf[FAKE_LEN];

	ferry_port_kill(&tx->port);
	KUNIT_EXPECT_EQ(test, tx->tx_ready, 0);
	KUNIT_EXPECT_EQ(test, tx->stops, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(&tx->port, buf, 4, 0), -EPIPE);
}

static void memory_stays_until_the_last_user_puts_it(struct kunit *test)
{
	struct fake *tx = kunit_kzalloc(test, sizeof(*tx), GFP_KERNEL);
	u8 buf[FAKE_LEN];

	KUNIT_ASSERT_NOT_NULL(test, tx);
	KUNIT_ASSERT_EQ(test, ferry_port_init(&tx->port, NULL, &fake_tx_desc, &fake_ops), 0);
	ferry_port_hold(&tx->port);
	KUNIT_EXPECT_EQ(test, ferry_port_start(&tx->port, &fake_user, NULL), 0);
	ferry_port_kill(&tx->port);
	KUNIT_EXPECT_EQ(test, tx->released, 0);
	KUNIT_EXPECT_EQ(test, ferry_port_send(&tx->port, buf, 4, 0), -EPIPE);
	ferry_port_stop(&tx->port);
	KUNIT_EXPECT_EQ(test, tx->released, 0);
	ferry_port_put(&tx->port);
	KUNIT_EXPECT_EQ(test, tx->released, 1);

	ferry_port_put(NULL);
	ferry_port_put(ERR_PTR(-ENOENT));
}

static void users_pin_the_module(struct kunit *test)
{
	struct fake *tx = fake_new(test, NULL, &fake_tx_desc);
	int before = module_refcount(THIS_MODULE);

	KUNIT_ASSERT_EQ(test, ferry_port_start(&tx->port, &fake_user, NULL), 0);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 1);
	ferry_port_hold(&tx->port);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before + 2);
	ferry_port_put(&tx->port);
	ferry_port_stop(&tx->port);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), before);
}

static void pdev_end(void *pdev)
{
	platform_device_unregister(pdev);
}

static struct device *device_with_node(struct kunit *test)
{
	static const struct property_entry props[] = {
		PROPERTY_ENTRY_BOOL("ferry,test"),
		{ }
	};
	const struct platform_device_info info = {
		.name = "ferry_port_kunit",
		.id = PLATFORM_DEVID_AUTO,
		.properties = props,
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	ferry_defer(test, pdev_end, pdev);
	return &pdev->dev;
}

static void published_port_is_found(struct kunit *test)
{
	struct device *dev = device_with_node(test);
	struct device *other = device_with_node(test);
	struct fake *tx = fake_new(test, dev, &fake_tx_desc);
	struct fake *rx = fake_new(test, dev, &fake_rx_desc);
	struct ferry_port *port;

	KUNIT_EXPECT_EQ(test, ferry_port_publish(&tx->port, 2), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_publish(&rx->port, 2), 0);

	port = ferry_port_lookup(dev_fwnode(dev), 2, FERRY_PORT_TX);
	KUNIT_EXPECT_PTR_EQ(test, port, &tx->port);
	ferry_port_put(port);
	port = ferry_port_lookup(dev_fwnode(dev), 2, FERRY_PORT_RX);
	KUNIT_EXPECT_PTR_EQ(test, port, &rx->port);
	ferry_port_put(port);

	port = ferry_port_lookup(dev_fwnode(dev), 0, FERRY_PORT_TX);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -ENOENT);
	port = ferry_port_lookup(dev_fwnode(other), 2, FERRY_PORT_TX);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -ENOENT);
	port = ferry_port_lookup(NULL, 2, FERRY_PORT_TX);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -ENOENT);
}

static void killed_port_is_not_found(struct kunit *test)
{
	struct device *dev = device_with_node(test);
	struct fake *tx = fake_new(test, dev, &fake_tx_desc);
	struct fake *next = fake_new(test, dev, &fake_tx_desc);
	struct ferry_port *port;

	KUNIT_EXPECT_EQ(test, ferry_port_publish(&tx->port, 0), 0);
	ferry_port_kill(&tx->port);
	port = ferry_port_lookup(dev_fwnode(dev), 0, FERRY_PORT_TX);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(port), -ENOENT);
	KUNIT_EXPECT_EQ(test, ferry_port_publish(&next->port, 0), 0);
}

static void number_is_published_once(struct kunit *test)
{
	struct device *dev = device_with_node(test);
	struct fake *a = fake_new(test, dev, &fake_tx_desc);
	struct fake *b = fake_new(test, dev, &fake_tx_desc);
	struct fake *no_dev = fake_new(test, NULL, &fake_tx_desc);

	KUNIT_EXPECT_EQ(test, ferry_port_publish(&a->port, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_publish(&a->port, 1), -EEXIST);
	KUNIT_EXPECT_EQ(test, ferry_port_publish(&b->port, 0), -EEXIST);
	KUNIT_EXPECT_EQ(test, ferry_port_publish(&b->port, 1), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_publish(&no_dev->port, 0), -EINVAL);
}

/* As an interrupt and its user would: called, nothing there, armed again. */
static void empty_interrupts(struct fake *rx, int n)
{
	u8 buf[FAKE_LEN];

	rx->recv_ret = -EAGAIN;
	while (n--) {
		ferry_port_rx(&rx->port);
		ferry_port_recv(&rx->port, buf, sizeof(buf));
		ferry_port_rx_arm(&rx->port);
	}
}

static void flood_of_empty_interrupts_is_polled(struct kunit *test)
{
	struct fake *rx = fake_started(test, &fake_rx_desc);
	int arms, calls;

	empty_interrupts(rx, 999);
	KUNIT_EXPECT_EQ(test, rx->arms, 999);
	KUNIT_EXPECT_EQ(test, rx->port.floods, 0);

	empty_interrupts(rx, 1);
	KUNIT_EXPECT_EQ(test, rx->port.floods, 1);
	KUNIT_EXPECT_EQ(test, rx->arms, 999);

	/* The interrupt stays masked, but the user is asked to look. */
	arms = rx->arms;
	calls = rx->rx;
	FERRY_WAIT(READ_ONCE(rx->rx) != calls);
	msleep(50);
	KUNIT_EXPECT_EQ(test, rx->rx, calls + 1);
	empty_interrupts(rx, 1);
	KUNIT_EXPECT_EQ(test, rx->arms, arms);
	KUNIT_EXPECT_EQ(test, rx->port.floods, 1);
}

/* What debugfs says of all ports. */
static const char *ports_text(struct kunit *test)
{
	struct seq_file m = { .size = 4096 };

	m.buf = kunit_kzalloc(test, m.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m.buf);
	ferry_ports_show(&m);
	return m.buf;
}

static void debugfs_lists_ports(struct kunit *test)
{
	struct fake *rx = fake_started(test, &fake_rx_desc);
	char line[64];

	scnprintf(line, sizeof(line), "\n- 0 rx %zu started 7 0\n", fake_rx_desc.max_len);
	rx->port.faults = 7;
	KUNIT_EXPECT_NOT_NULL(test, strstr(ports_text(test), line));
	empty_interrupts(rx, 1000);
	scnprintf(line, sizeof(line), "\n- 0 rx %zu flooded 7 1\n", fake_rx_desc.max_len);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ports_text(test), line));
}

static void message_ends_the_polling(struct kunit *test)
{
	struct fake *rx = fake_started(test, &fake_rx_desc);
	u8 buf[FAKE_LEN];
	int arms;

	empty_interrupts(rx, 1000);
	KUNIT_EXPECT_EQ(test, rx->port.floods, 1);
	arms = rx->arms;
	rx->recv_ret = 4;
	KUNIT_EXPECT_EQ(test, ferry_port_recv(&rx->port, buf, sizeof(buf)), 4);
	ferry_port_rx_arm(&rx->port);
	KUNIT_EXPECT_EQ(test, rx->arms, arms + 1);
}

static void traffic_is_no_flood(struct kunit *test)
{
	struct fake *rx = fake_started(test, &fake_rx_desc);
	u8 buf[FAKE_LEN];
	int n;

	/* Somebody polls and takes each message before its interrupt is served. */
	for (n = 0; n < 5000; n++) {
		rx->recv_ret = 4;
		ferry_port_recv(&rx->port, buf, sizeof(buf));
		empty_interrupts(rx, 1);
	}
	KUNIT_EXPECT_EQ(test, rx->port.floods, 0);
	KUNIT_EXPECT_EQ(test, rx->arms, 5000);
}

static void slow_empty_interrupts_are_no_flood(struct kunit *test)
{
	struct fake *rx = fake_started(test, &fake_rx_desc);

	empty_interrupts(rx, 900);
	msleep(1100);
	empty_interrupts(rx, 900);
	KUNIT_EXPECT_EQ(test, rx->port.floods, 0);
}

static void stop_ends_the_polling(struct kunit *test)
{
	struct fake *rx = fake_started(test, &fake_rx_desc);
	int calls;

	empty_interrupts(rx, 1000);
	ferry_port_stop(&rx->port);
	calls = rx->rx;
	msleep(50);
	KUNIT_EXPECT_EQ(test, rx->rx, calls);
	KUNIT_EXPECT_EQ(test, ferry_port_start(&rx->port, &fake_user, NULL), 0);
	ferry_port_rx_arm(&rx->port);
	KUNIT_EXPECT_EQ(test, rx->arms, 1000);
}

static void freed_release(struct ferry_port *port)
{
	kfree(fake_of(port));
}

/* The timer that polls is gone with the port; debug objects and KASAN look on. */
static void polled_port_can_be_freed(struct kunit *test)
{
	static const struct ferry_port_ops ops = {
		INIT_OPS,
		.recv = fake_recv,
		.rx_arm = fake_rx_arm,
		.release = freed_release,
	};
	struct fake *rx = kzalloc(sizeof(*rx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rx);
	KUNIT_EXPECT_EQ(test, ferry_port_init(&rx->port, NULL, &fake_rx_desc, &ops), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_start(&rx->port, &fake_user, NULL), 0);
	empty_interrupts(rx, 1001);
	KUNIT_EXPECT_EQ(test, rx->port.floods, 1);
	ferry_port_kill(&rx->port);
	ferry_port_stop(&rx->port);
	msleep(50);
}

static int sender_thread(void *data)
{
	struct fake *tx = data;
	u8 buf[FAKE_LEN] = { };
	unsigned int n;

	for (n = 0; !kthread_should_stop(); n++) {
		ferry_port_send(&tx->port, buf, sizeof(buf), 0);
		ferry_port_tx_arm(&tx->port, true);
		if (n % 64)
			cond_resched();
		else
			usleep_range(10, 20);
	}
	return 0;
}

static void sender_end(void *task)
{
	kthread_stop(task);
}

static void start_senders(struct kunit *test, struct fake *tx, int n)
{
	struct task_struct *task;

	while (n--) {
		task = kthread_run(sender_thread, tx, "port_kunit/%d", n);
		KUNIT_ASSERT_FALSE(test, IS_ERR(task));
		ferry_defer(test, sender_end, task);
	}
}

static void no_send_reaches_a_stopped_provider(struct kunit *test)
{
	struct fake *tx = fake_new(test, NULL, &fake_tx_desc);
	int round;

	start_senders(test, tx, 3);
	for (round = 0; round < 30; round++) {
		KUNIT_ASSERT_EQ(test, ferry_port_start(&tx->port, &fake_user, NULL), 0);
		usleep_range(500, 1000);
		ferry_port_stop(&tx->port);
	}
	KUNIT_EXPECT_GT(test, atomic_read(&tx->sends), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&tx->late), 0);
}

static void stop_waits_for_the_send_under_way(struct kunit *test)
{
	struct fake *tx = fake_new(test, NULL, &fake_tx_desc);
	int round;

	tx->slow_us = 20000;
	start_senders(test, tx, 1);
	for (round = 0; round < 10; round++) {
		KUNIT_ASSERT_EQ(test, ferry_port_start(&tx->port, &fake_user, NULL), 0);
		msleep(20);
		ferry_port_stop(&tx->port);
		KUNIT_EXPECT_FALSE(test, tx->stop_inside);
	}
	KUNIT_EXPECT_GT(test, atomic_read(&tx->sends), 0);
}

static void no_send_reaches_a_killed_provider(struct kunit *test)
{
	struct fake *tx = fake_started(test, &fake_tx_desc);
	int sends;

	start_senders(test, tx, 3);
	usleep_range(5000, 10000);
	ferry_port_kill(&tx->port);
	sends = atomic_read(&tx->sends);
	usleep_range(5000, 10000);
	KUNIT_EXPECT_GT(test, sends, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&tx->sends), sends);
	KUNIT_EXPECT_EQ(test, atomic_read(&tx->late), 0);
}

static struct kunit_case port_cases[] = {
	KUNIT_CASE_PARAM(init_takes_complete_tables_only, init_gen_params),
	KUNIT_CASE(stopped_port_looks_full_and_empty),
	KUNIT_CASE(started_port_reaches_the_provider),
	KUNIT_CASE(long_message_never_reaches_the_provider),
	KUNIT_CASE(wrong_direction_is_refused),
	KUNIT_CASE(silent_port_says_try),
	KUNIT_CASE(start_twice_is_busy),
	KUNIT_CASE(failed_start_leaves_it_stopped),
	KUNIT_CASE(start_wants_the_call_it_needs),
	KUNIT_CASE(user_is_called_between_start_and_stop_only),
	KUNIT_CASE(killed_port_is_broken),
	KUNIT_CASE(kill_stops_the_hardware_and_tells_the_user_once),
	KUNIT_CASE(stopped_port_is_killed_in_silence),
	KUNIT_CASE(memory_stays_until_the_last_user_puts_it),
	KUNIT_CASE(users_pin_the_module),
	KUNIT_CASE(published_port_is_found),
	KUNIT_CASE(killed_port_is_not_found),
	KUNIT_CASE(number_is_published_once),
	KUNIT_CASE(flood_of_empty_interrupts_is_polled),
	KUNIT_CASE(debugfs_lists_ports),
	KUNIT_CASE(message_ends_the_polling),
	KUNIT_CASE(traffic_is_no_flood),
	KUNIT_CASE(slow_empty_interrupts_are_no_flood),
	KUNIT_CASE(stop_ends_the_polling),
	KUNIT_CASE(polled_port_can_be_freed),
	KUNIT_CASE(no_send_reaches_a_stopped_provider),
	KUNIT_CASE(stop_waits_for_the_send_under_way),
	KUNIT_CASE(no_send_reaches_a_killed_provider),
	{}
};

static struct kunit_suite port_suite = {
	.name = "ferry_port",
	.test_cases = port_cases,
};

kunit_test_suite(port_suite);

MODULE_DESCRIPTION("Ferry: tests of ports");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
FERRY_IMPORT_TEST();
