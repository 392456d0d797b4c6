// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending buffers: whose they are, whatever comes of the send.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/loop.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/port.h>
#include <linux/ferry/region.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define MTU		1024
#define NR_BUFS		4
#define BUF_SIZE	(2 * PAGE_SIZE)
#define LONG_MS		10000

struct sendbuf_loop {
	void *mem[2];
	struct ferry_region *region[2];
	struct ferry_loop *loop;
	struct ferry_link *a;
	struct ferry_link *b;
};

static void loop_free(void *arg)
{
	struct sendbuf_loop *l = arg;
	unsigned int i;

	if (!IS_ERR_OR_NULL(l->loop))
		ferry_loop_destroy(l->loop);
	for (i = 0; i < 2; i++) {
		ferry_region_put(l->region[i]);
		kvfree(l->mem[i]);
	}
}

/* Two links that lend each other NR_BUFS buffers each. */
static struct sendbuf_loop *loop_make(struct kunit *test, unsigned int depth)
{
	struct ferry_loop_cfg cfg = {
		.name = "buf", .nr_hs = 1, .nr_gp = 2, .depth = depth, .mtu = MTU,
		.buf_size = BUF_SIZE,
	};
	struct sendbuf_loop *l = kunit_kzalloc(test, sizeof(*l), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, l);
	ferry_defer(test, loop_free, l);
	for (i = 0; i < 2; i++) {
		l->mem[i] = kvzalloc(NR_BUFS * BUF_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, l->mem[i]);
		l->region[i] = ferry_region_from_memory(l->mem[i], SZ_1M * (1 + i),
							NR_BUFS * BUF_SIZE);
		KUNIT_ASSERT_FALSE(test, IS_ERR(l->region[i]));
		cfg.region[i] = l->region[i];
	}
	l->loop = ferry_loop_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(l->loop));
	l->a = ferry_loop_link(l->loop, 0);
	l->b = ferry_loop_link(l->loop, 1);
	KUNIT_ASSERT_EQ(test, ferry_link_start(l->a), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(l->b), 0);
	return l;
}

static struct ferry_buf *buf_get(struct kunit *test, struct fake_client *c, size_t size)
{
	struct ferry_buf *buf = ferry_buf_alloc(c->ep, size);

	KUNIT_ASSERT_FALSE(test, IS_ERR(buf));
	KUNIT_EXPECT_GE(test, buf->size, size);
	return buf;
}

/* Is it the client's alone, and may he send it? */
static void expect_mine(struct kunit *test, struct ferry_buf *buf)
{
	KUNIT_EXPECT_EQ(test, ferry_buf_claim(buf), 0);
	ferry_buf_unclaim(buf);
	KUNIT_EXPECT_EQ(test, atomic_read(&buf->owners), FERRY_OWNER_LOCAL);
}

static struct fake_client *open_bufs(struct kunit *test, struct ferry_link *link, u32 number)
{
	struct fake_client *c = fake_client(test);

	c->bufs = true;
	KUNIT_ASSERT_EQ(test, fake_client_open(c, link, number, 0), 0);
	return c;
}

static void bytes_arrive_without_a_copy(struct kunit *test)
{
	static const size_t sizes[] = { 1, 64, MTU, MTU + 1, PAGE_SIZE, BUF_SIZE - 1, BUF_SIZE };
	struct sendbuf_loop *l = loop_make(test, 8);
	struct fake_client *tx = fake_open(test, l->a, 1, 0);
	struct fake_client *rx = open_bufs(test, l->b, 1);
	unsigned int i, n = 0, try;

	for (try = 0; try < 2; try++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++, n++) {
			struct ferry_buf *buf = buf_get(test, tx, sizes[i]);
			void *vaddr = buf->vaddr;

			fake_fill(vaddr, sizes[i], n);
			if (try)
				KUNIT_ASSERT_EQ(test, ferry_trysend_buf(tx->ep, buf, sizes[i]), 0);
			else
				KUNIT_ASSERT_EQ(test, ferry_send_buf(tx->ep, buf, sizes[i]), 0);
			KUNIT_ASSERT_TRUE(test, fake_wait_rx(rx, n + 1));
			KUNIT_EXPECT_EQ(test, rx->len[n], sizes[i]);
			KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(rx->nr_bufs)));
			KUNIT_EXPECT_PTR_EQ(test, rx->buf[0]->vaddr, vaddr);
			fake_put_bufs(rx);
		}
	KUNIT_EXPECT_EQ(test, rx->bad, 0);
	for (i = 0; i < NR_BUFS; i++)
		rx->buf[i] = buf_get(test, tx, 1);
	rx->nr_bufs = NR_BUFS;
}

static void who_wants_copies_gets_copies(struct kunit *test)
{
	struct sendbuf_loop *l = loop_make(test, 8);
	struct fake_client *tx = fake_open(test, l->a, 1, 0);
	unsigned int flags, n;

	for (flags = 0; flags <= FERRY_EP_ATOMIC; flags += FERRY_EP_ATOMIC) {
		struct fake_client *rx = fake_open(test, l->b, 1, flags);
		struct ferry_stats stats;

		for (n = 0; n < 3 * NR_BUFS; n++) {
			struct ferry_buf *buf = buf_get(test, tx, MTU);

			fake_fill(buf->vaddr, MTU, n);
			KUNIT_ASSERT_EQ(test, ferry_send_buf(tx->ep, buf, MTU), 0);
			KUNIT_ASSERT_TRUE(test, fake_wait_rx(rx, n + 1));
			msleep(20);	/* until the buffer went back */
		}
		KUNIT_EXPECT_EQ(test, rx->bad, 0);
		/* Longer than a copy may be: dropped, counted, and the buffer goes back. */
		KUNIT_EXPECT_EQ(test, ferry_send_buf(tx->ep, buf_get(test, tx, BUF_SIZE), MTU + 1),
				0);
		msleep(20);
		ferry_ep_stats(rx->ep, &stats);
		KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_BAD_LENGTH], flags ? 2 : 1);
		fake_close(rx);
	}
}

static void both_kinds_keep_their_order(struct kunit *test)
{
	struct sendbuf_loop *l = loop_make(test, 8);
	struct fake_client *tx = fake_open(test, l->a, 1, 0);
	struct fake_client *rx = open_bufs(test, l->b, 1);
	unsigned int n;

	for (n = 0; n < NR_BUFS; n++) {
		struct ferry_buf *buf = buf_get(test, tx, 8);

		fake_fill(buf->vaddr, 8, 2 * n);
		KUNIT_ASSERT_EQ(test, ferry_send_buf(tx->ep, buf, 8), 0);
		KUNIT_ASSERT_EQ(test, fake_send(tx, 2 * n + 1), 0);
	}
	KUNIT_ASSERT_TRUE(test, fake_wait_rx(rx, 2 * NR_BUFS));
	for (n = 0; n < 2 * NR_BUFS; n++)
		KUNIT_EXPECT_EQ(test, rx->seq[n], n);
	KUNIT_EXPECT_EQ(test, rx->nr_bufs, NR_BUFS);
	KUNIT_EXPECT_EQ(test, rx->bad, 0);
}

static void alloc_says_what_is_wrong(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_LEND);
	struct fake *none = fake_create(test, 0, 1, 0);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *d = fake_open(test, none->link, 0, 0);
	struct ferry_buf *buf[FAKE_TX_BUFS];
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ferry_buf_max(c->ep), FAKE_BUF_SIZE);
	KUNIT_EXPECT_EQ(test, ferry_buf_max(d->ep), 0);
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_alloc(d->ep, 1), ERR_PTR(-EOPNOTSUPP));
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_alloc(c->ep, FAKE_BUF_SIZE + 1), ERR_PTR(-EMSGSIZE));
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_alloc(c->ep, SIZE_MAX), ERR_PTR(-EMSGSIZE));
	for (i = 0; i < FAKE_TX_BUFS; i++)
		buf[i] = buf_get(test, c, i * 100);
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_alloc(c->ep, 1), ERR_PTR(-EAGAIN));
	fake_unregister(f);
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_alloc(c->ep, 1), ERR_PTR(-ENODEV));
	KUNIT_EXPECT_EQ(test, ferry_buf_max(c->ep), 0);
	for (i = 0; i < FAKE_TX_BUFS; i++)
		ferry_buf_put(buf[i]);
}

static void send_says_what_is_wrong(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_LEND);
	struct fake *none = fake_create(test, 0, 1, 0);
	struct fake *other = fake_create(test, 0, 1, FAKE_LEND);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *d = fake_open(test, none->link, 0, 0);
	struct fake_client *e = fake_open(test, other->link, 0, 0);
	struct ferry_buf *buf = buf_get(test, c, 1);

	fake_give(f, 10);
	fake_give(none, 10);
	fake_give(other, 10);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(d->ep, buf, 1), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(c->ep, buf, FAKE_BUF_SIZE + 1), -EMSGSIZE);
	f->channels[0]->ch.buf_max = 10;
	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(c->ep, buf, 11), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(e->ep, buf, 1), -EINVAL);
	f->channels[0]->xmit_ret = -EPIPE;
	KUNIT_EXPECT_EQ(test, ferry_send_buf(c->ep, buf, 1), -EPIPE);
	expect_mine(test, buf);
	f->channels[0]->xmit_ret = 0;
	ferry_buf_get(buf);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(c->ep, buf, 1), 0);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(c->ep, buf, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(c->ep, buf, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(f->pool, buf->remote, ferry_pool_epoch(f->pool)),
			0);
	expect_mine(test, buf);
	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(c->ep, buf, 1), -ENOLINK);
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, ferry_send_buf(c->ep, buf, 1), -ENODEV);
	expect_mine(test, buf);
	ferry_buf_put(buf);
}

/* A buffer to be filled goes the way of a message, and is none. */
static void post_recv_is_no_message(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_LEND);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct fake_client *d = fake_client(test);
	struct ferry_buf *buf = buf_get(test, c, 1);
	struct ferry_stats stats;

	fake_give(f, 10);
	KUNIT_EXPECT_EQ(test, ferry_post_recv(c->ep, buf, 1), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ferry_trypost_recv(c->ep, buf, 1), -EOPNOTSUPP);
	f->channels[0]->ch.fills = true;
	KUNIT_EXPECT_EQ(test, ferry_post_recv(c->ep, buf, 1), -EINVAL);
	fake_close(c);
	d->bufs = true;
	KUNIT_ASSERT_EQ(test, fake_client_open(d, f->link, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_post_recv(d->ep, buf, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_trypost_recv(d->ep, buf, FAKE_BUF_SIZE + 1), -EMSGSIZE);
	f->channels[0]->xmit_ret = -EPIPE;
	KUNIT_EXPECT_EQ(test, ferry_post_recv(d->ep, buf, 1), -EPIPE);
	expect_mine(test, buf);
	f->channels[0]->xmit_ret = 0;
	KUNIT_EXPECT_EQ(test, ferry_post_recv(d->ep, ferry_buf_get(buf), FAKE_BUF_SIZE), 0);
	KUNIT_EXPECT_EQ(test, ferry_trypost_recv(d->ep, buf, 1), -EBUSY);
	ferry_ep_stats(d->ep, &stats);
	KUNIT_EXPECT_EQ(test, stats.tx_bytes, 0);
	KUNIT_ASSERT_EQ(test, ferry_link_stop(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_trypost_recv(d->ep, buf, 1), -ENOLINK);
	expect_mine(test, buf);
	ferry_buf_put(buf);
}

/* Sleepers of both kinds are sent for, in their order, whatever their length. */
static void a_sleeper_is_sent_for(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_LEND | FAKE_STAGE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct ferry_buf *buf[2] = { buf_get(test, c, 1), buf_get(test, c, 1) };
	struct fake_sender *s[3];
	unsigned int i;

	fake_fill(buf[0]->vaddr, FAKE_BUF_SIZE, 100);
	fake_fill(buf[1]->vaddr, 8, 102);
	KUNIT_EXPECT_EQ(test, ferry_send_buf_timeout(c->ep, buf[0], 1, 0), -EAGAIN);
	s[0] = fake_buf_sender(test, c, buf[0], FAKE_BUF_SIZE, LONG_MS);
	s[1] = fake_sender(test, c, 101, 4, LONG_MS);
	s[2] = fake_buf_sender(test, c, buf[1], 8, LONG_MS);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_FALSE(test, fake_done(s[i]->task));
		fake_give(f, 1);
		KUNIT_EXPECT_EQ(test, f->nr_sent, i + 1);
		KUNIT_EXPECT_EQ(test, fake_join(s[i]->task), 0);
		KUNIT_EXPECT_EQ(test, f->sent[i].seq, 100 + i);
	}
	KUNIT_EXPECT_EQ(test, f->sent[0].len, FAKE_BUF_SIZE);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&f->stages), 1, "buffers are not staged");
	KUNIT_EXPECT_EQ(test, atomic_read(&f->staged), 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(f->pool), FAKE_TX_BUFS - 2);
}

/* Whatever ends the wait, the client still has his buffer, and can send it. */
static void a_sleeper_that_gives_up_keeps_it(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_LEND | FAKE_STAGE);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct ferry_buf *buf = buf_get(test, c, 1);
	struct fake_sender *s;

	KUNIT_EXPECT_EQ(test, ferry_send_buf_timeout(c->ep, buf, 1, 50), -ETIMEDOUT);
	expect_mine(test, buf);

	s = fake_buf_sender(test, c, buf, 1, LONG_MS);
	fake_signal(s->task);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ERESTARTSYS);
	expect_mine(test, buf);

	s = fake_buf_sender(test, c, buf, 1, LONG_MS);
	fake_close(c);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOTCONN);
	expect_mine(test, buf);

	KUNIT_ASSERT_EQ(test, fake_client_open(c, f->link, 0, 0), 0);
	s = fake_buf_sender(test, c, buf, 1, LONG_MS);
	ferry_link_crash(f->link, "test");
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENOLINK);
	expect_mine(test, buf);

	KUNIT_ASSERT_EQ(test, ferry_link_start(f->link), 0);
	s = fake_buf_sender(test, c, buf, 1, LONG_MS);
	fake_unregister(f);
	KUNIT_EXPECT_EQ(test, fake_join(s->task), -ENODEV);
	expect_mine(test, buf);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, atomic_read(&f->staged), 0);
}

static void of_many_senders_of_one_buffer_one_succeeds(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_LEND);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct ferry_buf *buf = buf_get(test, c, 1);
	struct fake_sender *s[4];
	unsigned int i, ok = 0, busy = 0;

	for (i = 0; i < ARRAY_SIZE(s); i++)
		s[i] = fake_buf_sender(test, c, buf, 1, LONG_MS);
	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(c->ep, buf, 1), -EBUSY);
	fake_give(f, 10);
	for (i = 0; i < ARRAY_SIZE(s); i++) {
		int ret = fake_join(s[i]->task);

		ok += !ret;
		busy += ret == -EBUSY;
	}
	KUNIT_EXPECT_EQ(test, ok, 1);
	KUNIT_EXPECT_EQ(test, busy, ARRAY_SIZE(s) - 1);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 1);
}

/* The remote crashed with a buffer: it may write to it until it was stopped. */
static void lent_memory_comes_back_by_reset_only(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_LEND);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct ferry_buf *buf = buf_get(test, c, 1);
	unsigned int looks;

	fake_give(f, 1);
	ferry_buf_get(buf);
	KUNIT_ASSERT_EQ(test, ferry_send_buf(c->ep, buf, 1), 0);
	looks = f->looks;
	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(c->ep, buf, 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, f->looks, looks + 1);
	f->stop_ret = -ETIMEDOUT;
	ferry_link_crash(f->link, "test");
	FERRY_WAIT(READ_ONCE(f->crashed_stops));
	msleep(50);
	FAKE_EXPECT_COUNT(test, f->crashed_stops, 1);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(f->pool), FAKE_TX_BUFS - 1);
	looks = f->looks;
	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(c->ep, buf, 1), -EBUSY);
	KUNIT_EXPECT_EQ_MSG(test, f->looks, looks, "what a crashed remote says is no matter");
	ferry_buf_put(buf);
	f->stop_ret = 0;
	KUNIT_ASSERT_EQ(test, ferry_link_start(f->link), 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(f->pool), FAKE_TX_BUFS);
}

/* Nobody else sends, so nobody else would see that the remote is done. */
static void a_kept_buffer_is_sent_again_and_again(struct kunit *test)
{
	struct sendbuf_loop *l = loop_make(test, 8);
	struct fake_client *tx = fake_open(test, l->a, 0, 0);
	struct fake_client *rx = open_bufs(test, l->b, 0);
	struct ferry_buf *buf = buf_get(test, tx, 1);
	unsigned int n;

	for (n = 0; n < 10; n++) {
		fake_fill(buf->vaddr, BUF_SIZE, n);
		ferry_buf_get(buf);
		KUNIT_ASSERT_EQ(test, ferry_send_buf(tx->ep, buf, BUF_SIZE), 0);
		KUNIT_ASSERT_TRUE(test, fake_wait_rx(rx, n + 1));
		KUNIT_EXPECT_EQ(test, ferry_trysend_buf(tx->ep, buf, BUF_SIZE), -EBUSY);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(READ_ONCE(rx->nr_bufs)));
		fake_put_bufs(rx);
	}
	KUNIT_EXPECT_EQ(test, rx->bad, 0);
	ferry_buf_put(buf);
}

static void a_promise_is_kept(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_LEND);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct ferry_buf *buf = buf_get(test, c, 1);

	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(c->ep, buf, 1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(c->ep, buf, 1), -EAGAIN);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 0);
	fake_give(f, 1);
	KUNIT_EXPECT_EQ(test, c->tx_ready, 1);
	KUNIT_EXPECT_EQ(test, ferry_trysend_buf(c->ep, buf, 1), 0);
}

/* As the loop has it on the wire. */
struct wire_desc {
	__le16 channel;
	u8 kind;
	u8 zero;
	__le32 len;
	__le32 slot;
} __packed;

static void forge(struct kunit *test, struct sendbuf_loop *l, u32 len, u32 nr)
{
	struct wire_desc desc = {
		.channel = cpu_to_le16(1), .kind = 3, .len = cpu_to_le32(len),
		.slot = cpu_to_le32(nr),
	};

	KUNIT_EXPECT_GE(test, ferry_port_send(ferry_loop_wire(l->loop, 0), &desc, sizeof(desc), 0),
			0);
	msleep(20);
}

/* A remote that lends what it has not, or lends it twice. */
static void a_forged_loan_is_dropped(struct kunit *test)
{
	struct sendbuf_loop *l = loop_make(test, 8);
	struct fake_client *rx = open_bufs(test, l->b, 1);
	struct ferry_stats stats;

	forge(test, l, 1, NR_BUFS);
	forge(test, l, 1, U32_MAX);
	forge(test, l, BUF_SIZE + 1, 0);
	forge(test, l, U32_MAX, 0);
	forge(test, l, 64, 0);
	forge(test, l, 64, 0);
	forge(test, l, 64, 0);
	ferry_ep_stats(rx->ep, &stats);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_BAD_ADDRESS], 4);
	KUNIT_EXPECT_EQ(test, stats.drops[FERRY_DROP_STALE], 2);
	KUNIT_EXPECT_EQ(test, rx->nr_bufs, 1);
	fake_put_bufs(rx);
	forge(test, l, 64, 0);
	KUNIT_EXPECT_EQ(test, rx->nr_bufs, 1);
}

struct irq_send {
	struct ferry_ep *ep;
	int ret;
};

static void send_in_irq(void *arg)
{
	struct irq_send *s = arg;
	struct ferry_buf *buf = ferry_buf_alloc(s->ep, 16);

	s->ret = IS_ERR(buf) ? PTR_ERR(buf) : ferry_trysend_buf(s->ep, buf, 16);
}

static void hard_irq_may_send(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, FAKE_LEND);
	struct fake_client *c = fake_open(test, f->link, 0, 0);
	struct irq_send s = { .ep = c->ep, .ret = 1 };

	fake_give(f, 1);
	fake_in_irq(test, send_in_irq, &s);
	KUNIT_EXPECT_EQ(test, s.ret, 0);
	KUNIT_EXPECT_EQ(test, f->nr_sent, 1);
}

static struct kunit_case sendbuf_cases[] = {
	KUNIT_CASE(bytes_arrive_without_a_copy),
	KUNIT_CASE(who_wants_copies_gets_copies),
	KUNIT_CASE(both_kinds_keep_their_order),
	KUNIT_CASE(alloc_says_what_is_wrong),
	KUNIT_CASE(send_says_what_is_wrong),
	KUNIT_CASE(post_recv_is_no_message),
	KUNIT_CASE(a_sleeper_is_sent_for),
	KUNIT_CASE(a_sleeper_that_gives_up_keeps_it),
	KUNIT_CASE(of_many_senders_of_one_buffer_one_succeeds),
	KUNIT_CASE(lent_memory_comes_back_by_reset_only),
	KUNIT_CASE(a_kept_buffer_is_sent_again_and_again),
	KUNIT_CASE(a_promise_is_kept),
	KUNIT_CASE(hard_irq_may_send),
	KUNIT_CASE(a_forged_loan_is_dropped),
	{}
};

static struct kunit_suite sendbuf_suite = {
	.name = "ferry_sendbuf",
	.test_cases = sendbuf_cases,
};

kunit_test_suite(sendbuf_suite);

MODULE_DESCRIPTION("Ferry: tests of sending buffers");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");

FERRY_IMPORT_TEST();
