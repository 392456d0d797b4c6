// SPDX-License-Identifier: GPL-2.0-only
/*
 * An endpoint that remembers what it got, and messages that can be told from each other. See
 * fake.h.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/slab.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

/* The first word is @seq, so far as there is room for it; the rest follows from it. */
void fake_fill(void *msg, size_t len, u32 seq)
{
	u8 *p = msg;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = i < sizeof(seq) ? seq >> (8 * i) : seq + i * 7 + (i >> 8);
}

FERRY_EXPORT_TEST(fake_fill);

u32 fake_seq(const void *msg, size_t len)
{
	u32 seq = 0;

	memcpy(&seq, msg, min(len, sizeof(seq)));
	return le32_to_cpu((__force __le32)seq);
}

static bool fake_intact(const void *msg, size_t len, u32 seq)
{
	const u8 *p = msg;
	size_t i;

	for (i = sizeof(seq); i < len; i++)
		if (p[i] != (u8)(seq + i * 7 + (i >> 8)))
			return false;
	return true;
}

static int client_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct fake_client *c = priv;
	u32 seq = fake_seq(data, len);
	int ret;

	c->late += c->closed;
	c->offers++;
	complete(&c->entered);
	if (c->gate)
		wait_for_completion(c->gate);
	ret = c->on_rx ? c->on_rx(c, seq) : READ_ONCE(c->answer);
	if (ret)
		return ret;
	c->bad += !fake_intact(data, len, seq);
	c->seq[c->nr % FAKE_LOG] = seq;
	c->len[c->nr % FAKE_LOG] = len;
	WRITE_ONCE(c->nr, c->nr + 1);
	complete(&c->got);
	return 0;
}

void fake_put_bufs(struct fake_client *c)
{
	while (c->nr_bufs)
		ferry_buf_put(c->buf[--c->nr_bufs % FAKE_LOG]);
}

FERRY_EXPORT_TEST(fake_put_bufs);

static int client_rx_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len, void *priv)
{
	struct fake_client *c = priv;
	int ret = client_rx(ep, buf->vaddr, len, priv);

	if (!ret)
		c->buf[c->nr_bufs++ % FAKE_LOG] = buf;
	if (c->puts)
		fake_put_bufs(c);
	return ret;
}

static void client_tx_ready(struct ferry_ep *ep, void *priv)
{
	struct fake_client *c = priv;

	c->late += c->closed;
	c->tx_ready++;
	if (c->on_tx_ready)
		c->on_tx_ready(c);
}

static void client_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct fake_client *c = priv;

	c->late += c->closed;
	c->ep = ep;	/* ferry_open() may not have returned yet */
	c->event[c->events % ARRAY_SIZE(c->event)] = event;
	if (c->on_event)
		c->on_event(c, event);
	WRITE_ONCE(c->events, c->events + 1);
}

void fake_close(struct fake_client *c)
{
	if (!IS_ERR_OR_NULL(c->ep))
		ferry_close(c->ep);
	c->closed = true;
	c->ep = NULL;
}

FERRY_EXPORT_TEST(fake_close);

static void client_free(void *arg)
{
	fake_close(arg);
	fake_put_bufs(arg);
	kfree(arg);
}

struct fake_client *fake_client(struct kunit *test)
{
	struct fake_client *c = kzalloc(sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	init_completion(&c->got);
	init_completion(&c->entered);
	ferry_defer(test, client_free, c);
	return c;
}

FERRY_EXPORT_TEST(fake_client);

int fake_client_open(struct fake_client *c, struct ferry_link *link, u32 number,
		     unsigned int flags)
{
	struct ferry_id id = { .number = number };
	struct ferry_ep_cfg cfg = {
		.rx = client_rx, .tx_ready = client_tx_ready, .event = client_event,
		.priv = c, .flags = flags, .rx_buf = c->bufs ? client_rx_buf : NULL,
	};

	c->closed = false;
	c->ep = ferry_open(link, &id, &cfg);
	return PTR_ERR_OR_ZERO(c->ep);
}

FERRY_EXPORT_TEST(fake_client_open);

struct fake_client *fake_open(struct kunit *test, struct ferry_link *link, u32 number,
			      unsigned int flags)
{
	struct fake_client *c = fake_client(test);

	KUNIT_ASSERT_EQ(test, fake_client_open(c, link, number, flags), 0);
	return c;
}

FERRY_EXPORT_TEST(fake_open);

int fake_send(struct fake_client *c, u32 seq)
{
	__le32 msg = cpu_to_le32(seq);

	return ferry_send(c->ep, &msg, sizeof(msg));
}

FERRY_EXPORT_TEST(fake_send);

int fake_trysend(struct fake_client *c, u32 seq)
{
	__le32 msg = cpu_to_le32(seq);

	return ferry_trysend(c->ep, &msg, sizeof(msg));
}

FERRY_EXPORT_TEST(fake_trysend);

/* True: the client has got @n messages in all. */
bool fake_wait_rx(struct fake_client *c, unsigned int n)
{
	while (READ_ONCE(c->nr) < n)
		if (!wait_for_completion_timeout(&c->got, 30 * HZ))
			return READ_ONCE(c->nr) >= n;
	return true;
}

FERRY_EXPORT_TEST(fake_wait_rx);

void fake_settle(void)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		msleep(20);
}
FERRY_EXPORT_TEST(fake_settle);

void fake_expect_events(struct kunit *test, struct fake_client *c,
			const enum ferry_event *event, unsigned int n)
{
	unsigned int i;

	fake_settle();
	/* Slow ones may come, and too many not. */
	FERRY_WAIT(READ_ONCE(c->events) >= n);
	KUNIT_EXPECT_EQ(test, c->events, n);
	for (i = 0; i < min(n, c->events); i++)
		KUNIT_EXPECT_EQ_MSG(test, c->event[i], event[i], "event %u", i);
}

FERRY_EXPORT_TEST(fake_expect_events);
