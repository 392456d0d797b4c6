// SPDX-License-Identifier: GPL-2.0-only
/*
 * A protocol that does what the test says, and records. See fake.h.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/firmware.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/seq_buf.h>
#include <linux/slab.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"

static struct fake *fake_of(struct ferry_channel *ch)
{
	return container_of(ch, struct fake_channel, ch)->f;
}

/* The system is suspended: nobody should call. */
static void fake_touch(struct fake *f)
{
	if (READ_ONCE(f->asleep))
		atomic_inc(&f->touched);
}

static int fake_stage(struct ferry_channel *ch, struct ferry_msg *msg)
{
	struct fake *f = fake_of(ch);
	int ret = READ_ONCE(container_of(ch, struct fake_channel, ch)->stage_ret);

	atomic_inc(&f->stages);
	if (!ret)
		atomic_inc(&f->staged);
	return ret;
}

static void fake_unstage(struct ferry_channel *ch, struct ferry_msg *msg)
{
	atomic_dec(&fake_of(ch)->staged);
}

static void fake_log(struct fake *f, const struct ferry_channel *ch, const void *data, size_t len)
{
	struct fake_msg *log = &f->sent[f->nr_sent++ % FAKE_LOG];

	log->channel = ch->number;
	log->len = len;
	log->seq = fake_seq(data, len);
}

static struct ferry_buf *fake_buf_alloc(struct ferry_channel *ch, size_t size)
{
	return ferry_pool_alloc(fake_of(ch)->pool, 0);
}

static int fake_xmit(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	struct fake *f = fake_of(ch);
	int ret = container_of(ch, struct fake_channel, ch)->xmit_ret;

	fake_touch(f);
	f->xmits++;
	f->intrusions += f->inside;
	if (ret < 0)
		return ret;
	if (atomic_dec_if_positive(&f->room) < 0)
		return -EAGAIN;
	if (msg->lent) {
		fake_log(f, ch, msg->buf->vaddr, msg->len);
		ferry_buf_lend(msg->buf);
		ferry_buf_put(msg->buf);
		return !atomic_read(&f->room);
	}
	f->inside = true;
	if (f->on_xmit)
		f->on_xmit(f, ch);
	ferry_txq_copy(&f->txq, f->tx_mem, msg->data, msg->len);
	f->inside = false;
	fake_log(f, ch, msg->data, msg->len);
	if (f->flags & FAKE_STAGE)
		atomic_dec(&f->staged);
	return !atomic_read(&f->room);
}

static void fake_kick(struct ferry_txq *txq)
{
	struct fake *f = container_of(txq, struct fake, txq);

	fake_touch(f);
	f->intrusions += f->inside;
	f->kicks++;
}

static bool fake_tx_arm(struct ferry_txq *txq, bool on)
{
	struct fake *f = container_of(txq, struct fake, txq);

	fake_touch(f);
	f->intrusions += f->inside;
	if (!on) {
		f->disarms++;
		WRITE_ONCE(f->armed, false);
		return false;
	}
	f->looks++;
	WRITE_ONCE(f->armed, true);
	smp_mb();	/* pairs with the one in fake_give() */
	if (f->lies || atomic_read(&f->room)) {
		WRITE_ONCE(f->armed, false);
		return true;
	}
	return false;
}

static int fake_chan_open(struct ferry_channel *ch)
{
	struct fake_channel *c = container_of(ch, struct fake_channel, ch);

	if (!c->open_ret)
		c->opens++;
	return c->open_ret;
}

static void fake_chan_close(struct ferry_channel *ch)
{
	container_of(ch, struct fake_channel, ch)->closes++;
}

static void fake_buf_release(struct ferry_buf *buf)
{
	struct fake_buf *b = container_of(buf, struct fake_buf, buf);

	atomic_inc(&b->f->released);
	atomic_dec(&b->f->lent);
	kfree(b);
}

static const struct ferry_buf_ops fake_buf_ops = {
	.release = fake_buf_release,
};

/* Returns what the core made of it. */
static int fake_take_buf(struct fake *f, struct ferry_channel *ch, const struct fake_msg *m)
{
	struct fake_buf *b = kmalloc(sizeof(*b), GFP_ATOMIC);
	int ret;

	if (!b)
		return -ENOBUFS;
	b->f = f;
	fake_fill(b->data, min_t(u32, m->len, sizeof(b->data)), m->seq);
	ferry_buf_init(&b->buf, &fake_buf_ops, b->data, 0, sizeof(b->data));
	atomic_inc(&f->lent);
	ret = ferry_rx_buf(ch, &b->buf, m->len);
	if (ret)
		ferry_buf_put(&b->buf);
	return ret;
}

static int fake_take_copy(struct fake *f, struct ferry_channel *ch, const struct fake_msg *m)
{
	void *room = ferry_rx_get(ch, m->len);

	if (IS_ERR(room))
		return PTR_ERR(room);
	fake_fill(f->rx_mem, m->len, m->seq);
	ferry_rxq_copy(&f->rxq, room, f->rx_mem, m->len);
	ferry_rx_put(ch, room, m->len);
	return 0;
}

static void fake_take(struct fake *f, const struct fake_msg *m, int *ret)
{
	struct ferry_channel *ch = &f->channels[m->channel]->ch;

	if (f->on_take)
		f->on_take(f, ch);
	if (f->flags & FAKE_BUFS)
		*ret = fake_take_buf(f, ch, m);
	else
		*ret = fake_take_copy(f, ch, m);
	if (*ret == -ENOTCONN)
		ferry_rx_drop(&f->rxq, ch, FERRY_DROP_NOT_OPEN);
	else if (*ret == -EMSGSIZE)
		ferry_rx_drop(&f->rxq, ch, FERRY_DROP_BAD_LENGTH);
	else if (*ret == -ENOBUFS && !(f->flags & FAKE_KEEPS))
		ferry_rx_drop(&f->rxq, ch, FERRY_DROP_QUEUE_FULL);
}

static int fake_poll(struct ferry_rxq *rxq, int budget)
{
	struct fake *f = container_of(rxq, struct fake, rxq);
	int n, ret;

	fake_touch(f);
	for (n = 0; n < budget; n++) {
		unsigned int tail = f->rx_tail;

		/* Pairs with the release in fake_rx_quiet(). */
		if (smp_load_acquire(&f->rx_head) == tail)
			break;
		fake_take(f, &f->rx[tail % FAKE_LOG], &ret);
		if (ret == -EAGAIN || (ret == -ENOBUFS && f->flags & FAKE_KEEPS)) {
			f->rx_again++;
			break;
		}
		WRITE_ONCE(f->rx_tail, tail + 1);
	}
	return n;
}

static const struct ferry_rxq_ops fake_rxq_ops = {
	.poll = fake_poll,
};

static int fake_start(struct ferry_link *link)
{
	struct fake *f = ferry_link_priv(link);

	f->starts++;
	if (f->on_start)
		f->on_start(f);
	return f->start_ret;
}

static int fake_wake(struct ferry_link *link)
{
	struct fake *f = ferry_link_priv(link);

	f->wakes++;
	if (f->on_wake)
		f->on_wake(f);
	return f->wake_ret;
}

static int fake_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct fake *f = ferry_link_priv(link);

	f->stopped_as = how;
	if (how == FERRY_STOP_CRASHED)
		f->crashed_stops++;
	else
		f->stops++;
	if (f->on_stop)
		f->on_stop(f);
	if (f->pool && !f->stop_ret && how != FERRY_STOP_IDLE)
		ferry_pool_reset(f->pool);
	return f->stop_ret;
}

static bool fake_rearm(struct ferry_link *link)
{
	struct fake *f = ferry_link_priv(link);

	fake_touch(f);
	f->rearms++;
	if (ferry_link_state(link) == FERRY_STATE_OFFLINE)
		f->offline_rearms++;
	/* Pairs with the release in fake_rx_quiet(). */
	return smp_load_acquire(&f->rx_head) != READ_ONCE(f->rx_tail);
}

static int fake_check(struct ferry_link *link, const struct firmware *fw)
{
	struct fake *f = ferry_link_priv(link);

	f->checks++;
	return f->check_ret;
}

static int fake_load(struct ferry_link *link, const struct firmware *fw)
{
	struct fake *f = ferry_link_priv(link);

	f->loads++;
	f->loaded = fw->size;
	return f->load_ret;
}

static void fake_dump(struct ferry_link *link, struct seq_buf *out)
{
	struct fake *f = ferry_link_priv(link);
	unsigned int i;

	f->dumps++;
	for (i = 0; i < f->dump_lines; i++)
		seq_buf_printf(out, "fake line %u stops %u\n", i, f->crashed_stops);
}

static int fake_pm(struct ferry_link *link, enum ferry_pm event)
{
	struct fake *f = ferry_link_priv(link);

	if (event == FERRY_PM_RESUME) {
		f->resumes++;
		WRITE_ONCE(f->asleep, false);
		return f->resume_ret;
	}
	f->suspends++;
	WRITE_ONCE(f->asleep, !f->suspend_ret);
	return f->suspend_ret;
}

static struct ferry_channel *fake_make(struct fake *f, u32 number)
{
	struct fake_channel *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return ERR_PTR(-ENOMEM);
	c->f = f;
	snprintf(c->ch.name, sizeof(c->ch.name), "fake%u", number);
	c->ch.number = number;
	c->ch.cls = number < f->nr_hs ? FERRY_CLASS_HS : FERRY_CLASS_GP;
	c->ch.mtu = FAKE_MTU;
	c->ch.rx_copy = f->flags & FAKE_BUFS ? 0 : FAKE_MTU;
	c->ch.keeps = f->flags & FAKE_KEEPS;
	c->ch.atomic_ok = c->ch.keeps;
	c->ch.buf_max = f->flags & FAKE_LEND ? FAKE_BUF_SIZE : 0;
	c->ch.ops = &f->channel_ops;
	c->ch.by_remote = f->flags & FAKE_REMOTE;
	c->ch.txq = &f->txq;
	c->ch.rxq = &f->rxq;
	f->channels[number] = c;
	return &c->ch;
}

static struct ferry_channel *fake_channel(struct ferry_link *link, const struct ferry_id *id)
{
	struct fake *f = ferry_link_priv(link);

	if (id->number >= f->nr_channels)
		return ERR_PTR(-ENOENT);
	return fake_make(f, id->number);
}

static void fake_release_channel(struct ferry_link *link, struct ferry_channel *ch)
{
	struct fake_channel *c = container_of(ch, struct fake_channel, ch);

	c->f->channels[ch->number] = NULL;
	kfree(c);
}

void fake_appear(struct kunit *test, struct fake *f, u32 number)
{
	struct ferry_channel *ch = fake_make(f, number);

	KUNIT_ASSERT_FALSE(test, IS_ERR(ch));
	KUNIT_ASSERT_EQ(test, ferry_channel_register(f->link, ch), 0);
}

FERRY_EXPORT_TEST(fake_appear);

void fake_unregister(struct fake *f)
{
	if (f->registered)
		ferry_link_unregister(f->link);
	f->registered = false;
}

FERRY_EXPORT_TEST(fake_unregister);

static void fake_destroy(void *arg)
{
	struct fake *f = arg;
	unsigned int i;

	fake_unregister(f);
	for (i = 0; i < f->nr_channels && !(f->flags & FAKE_DEMAND); i++) {
		if (!f->channels[i])
			continue;
		if (f->channels[i]->ch.link)
			ferry_channel_unregister(&f->channels[i]->ch);
		kfree(f->channels[i]);
	}
	ferry_rxq_exit(&f->rxq);
	ferry_txq_exit(&f->txq);
	ferry_pool_destroy(f->pool);
	if (f->region)
		ferry_link_remove_region(f->link, f->region);
	ferry_link_put(f->link);
	if (f->region)
		kvfree(f->region->vaddr);
	ferry_region_put(f->region);
	kvfree(f->tx_mem);
	kvfree(f->rx_mem);
	kfree(f);
}

static void fake_set_ops(struct fake *f)
{
	f->channel_ops.open = fake_chan_open;
	f->channel_ops.close = fake_chan_close;
	f->channel_ops.xmit = fake_xmit;
	f->txq_ops.tx_arm = fake_tx_arm;
	if (!(f->flags & FAKE_NO_KICK))
		f->txq_ops.kick = fake_kick;
	f->link_ops.start = fake_start;
	f->link_ops.stop = fake_stop;
	if (f->flags & FAKE_SLEEPS)
		f->link_ops.wake = fake_wake;
	f->link_ops.rearm = fake_rearm;
	f->link_ops.check = fake_check;
	f->link_ops.load = f->flags & FAKE_LOADED ? NULL : fake_load;
	f->link_ops.dump = fake_dump;
	f->link_ops.pm = fake_pm;
	if (f->flags & FAKE_STAGE) {
		f->channel_ops.stage = fake_stage;
		f->channel_ops.unstage = fake_unstage;
	}
	if (f->flags & FAKE_LEND)
		f->channel_ops.buf_alloc = fake_buf_alloc;
	if (f->flags & FAKE_DEMAND) {
		f->link_ops.channel = fake_channel;
		f->link_ops.release_channel = fake_release_channel;
	}
}

static void fake_parent_gone(void *arg)
{
	platform_device_unregister(arg);
}

static void fake_make_parent(struct kunit *test, struct fake *f)
{
	f->parent = platform_device_register_simple("ferry-fake", PLATFORM_DEVID_AUTO, NULL, 0);
	if (IS_ERR(f->parent)) {
		kfree(f);
		f = NULL;
	}
	KUNIT_ASSERT_NOT_NULL(test, f);
	ferry_defer(test, fake_parent_gone, f->parent);
}

static void fake_add_bufs(struct kunit *test, struct fake *f)
{
	struct ferry_pool_cfg cfg = {
		.size = FAKE_TX_BUFS * FAKE_BUF_SIZE, .buf_size = FAKE_BUF_SIZE, .align = 1,
	};
	void *mem = kvzalloc(cfg.size, GFP_KERNEL);
	struct ferry_region *region;

	KUNIT_ASSERT_NOT_NULL(test, mem);
	region = ferry_region_from_memory(mem, FAKE_BUF_BASE, cfg.size);
	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	KUNIT_ASSERT_EQ(test, ferry_link_add_region(f->link, region), 0);
	f->region = region;
	f->pool = ferry_pool_create(region, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(f->pool));
	ferry_link_add_pool(f->link, f->pool, "fake");
}

struct fake *fake_create(struct kunit *test, unsigned int nr_hs, unsigned int nr_gp,
			 unsigned int flags)
{
	struct ferry_link_cfg cfg = { .name = "fake", .max_mtu = FAKE_MTU, .addr_bits = 32 };
	struct fake *f = kzalloc(sizeof(*f), GFP_KERNEL);
	unsigned int i;
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, f);
	f->test = test;
	f->flags = flags;
	f->nr_hs = nr_hs;
	f->nr_channels = nr_hs + nr_gp;
	fake_set_ops(f);
	cfg.ops = &f->link_ops;
	cfg.priv = f;
	cfg.appear_ms = flags & FAKE_APPEARS ? 1000 : 0;
	cfg.recover = flags & FAKE_RECOVER;
	if (flags & FAKE_SLEEPS)
		cfg.stops = BIT(FERRY_STOP_SLEEP) | BIT(FERRY_STOP_QUIESCE) | BIT(FERRY_STOP_IDLE);
	cfg.rest = flags & FAKE_RESTS ? FERRY_STOP_QUIESCE : FERRY_STOP_OFF;
	cfg.boots = flags & FAKE_BOOTS;
	cfg.auto_boot = flags & FAKE_AUTO_BOOT;
	cfg.firmware = f->link_ops.load ? FAKE_FIRMWARE : NULL;
	if (flags & FAKE_PARENT)
		fake_make_parent(test, f);
	f->link = ferry_link_alloc(f->parent ? &f->parent->dev : NULL, &cfg);
	ret = PTR_ERR_OR_ZERO(f->link);
	if (ret) {
		kfree(f);
		f = NULL;
	}
	KUNIT_ASSERT_NOT_NULL(test, f);
	ferry_defer(test, fake_destroy, f);
	f->tx_mem = kvmalloc(FAKE_MTU, GFP_KERNEL);
	f->rx_mem = kvmalloc(FAKE_MTU, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, f->tx_mem && f->rx_mem);
	KUNIT_ASSERT_EQ(test, ferry_txq_init(&f->txq, f->link, &f->txq_ops, true), 0);
	f->txq.silent = flags & FAKE_SILENT;
	if (flags & FAKE_LEND)
		fake_add_bufs(test, f);
	KUNIT_ASSERT_EQ(test, ferry_rxq_init(&f->rxq, f->link, &fake_rxq_ops), 0);
	for (i = 0; i < f->nr_channels && !(flags & (FAKE_DEMAND | FAKE_APPEARS)); i++)
		fake_appear(test, f, i);
	KUNIT_ASSERT_EQ(test, ferry_link_register(f->link), 0);
	f->registered = true;
	if (!(flags & FAKE_OFFLINE))
		KUNIT_ASSERT_EQ(test, ferry_link_start(f->link), 0);
	return f;
}

FERRY_EXPORT_TEST(fake_create);

/* Room for @n more, and the event that tells of it. */
void fake_give(struct fake *f, unsigned int n)
{
	atomic_add(n, &f->room);
	smp_mb();	/* pairs with the one in fake_tx_arm() */
	if (!(f->flags & FAKE_SILENT) && xchg(&f->armed, false))
		ferry_txq_ready(&f->txq);
}

FERRY_EXPORT_TEST(fake_give);

void fake_rx_quiet(struct fake *f, u32 channel, u32 len, u32 seq)
{
	struct fake_msg *m = &f->rx[f->rx_head % FAKE_LOG];

	m->channel = channel;
	m->len = len;
	m->seq = seq;
	/* Pairs with the acquire in fake_poll(). */
	smp_store_release(&f->rx_head, f->rx_head + 1);
}

FERRY_EXPORT_TEST(fake_rx_quiet);

/* A message comes, and its interrupt. */
void fake_rx(struct fake *f, u32 channel, u32 len, u32 seq)
{
	fake_rx_quiet(f, channel, len, seq);
	ferry_link_rx_irq(f->link);
}

FERRY_EXPORT_TEST(fake_rx);

static int fake_task_fn(void *arg)
{
	struct fake_task *t = arg;

	allow_signal(SIGUSR1);
	t->ret = t->fn(t->arg);
	complete_all(&t->done);
	while (!kthread_should_stop()) {
		flush_signals(current);
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

static void fake_task_free(void *arg)
{
	struct fake_task *t = arg;

	wait_for_completion(&t->done);
	kthread_stop(t->task);
	kfree(t);
}

struct fake_task *fake_run(struct kunit *test, int (*fn)(void *arg), void *arg)
{
	struct fake_task *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->fn = fn;
	t->arg = arg;
	init_completion(&t->done);
	t->task = kthread_run(fake_task_fn, t, "ferry-test");
	ret = PTR_ERR_OR_ZERO(t->task);
	if (ret) {
		kfree(t);
		t = NULL;
	}
	KUNIT_ASSERT_NOT_NULL(test, t);
	ferry_defer(test, fake_task_free, t);
	return t;
}

FERRY_EXPORT_TEST(fake_run);

bool fake_done(struct fake_task *t)
{
	return completion_done(&t->done);
}

FERRY_EXPORT_TEST(fake_done);

int fake_join(struct fake_task *t)
{
	return wait_for_completion_timeout(&t->done, 60 * HZ) ? t->ret : -ETIME;
}

FERRY_EXPORT_TEST(fake_join);

void fake_signal(struct fake_task *t)
{
	send_sig(SIGUSR1, t->task, 1);
}

FERRY_EXPORT_TEST(fake_signal);

static int fake_sender_fn(void *arg)
{
	struct fake_sender *s = arg;
	u8 *msg;
	int ret;

	if (s->buf)
		return ferry_send_buf_timeout(s->c->ep, s->buf, s->len, s->timeout_ms);
	msg = kmalloc(max_t(u32, s->len, 1), GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	fake_fill(msg, s->len, s->seq);
	ret = ferry_send_timeout(s->c->ep, msg, s->len, s->timeout_ms);
	kfree(msg);
	return ret;
}

static struct fake_sender *fake_sender_start(struct kunit *test, struct fake_sender wanted)
{
	struct fake_sender *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	*s = wanted;
	s->task = fake_run(test, fake_sender_fn, s);
	msleep(20);	/* until it sleeps */
	return s;
}

struct fake_sender *fake_sender(struct kunit *test, struct fake_client *c, u32 seq, u32 len,
				unsigned int timeout_ms)
{
	return fake_sender_start(test, (struct fake_sender){
		.c = c, .seq = seq, .len = len, .timeout_ms = timeout_ms });
}

FERRY_EXPORT_TEST(fake_sender);

struct fake_sender *fake_buf_sender(struct kunit *test, struct fake_client *c,
				    struct ferry_buf *buf, u32 len, unsigned int timeout_ms)
{
	return fake_sender_start(test, (struct fake_sender){
		.c = c, .buf = buf, .len = len, .timeout_ms = timeout_ms });
}

FERRY_EXPORT_TEST(fake_buf_sender);

struct fake_irq {
	struct hrtimer timer;
	void (*fn)(void *arg);
	void *arg;
	struct completion done;
};

static enum hrtimer_restart fake_irq_fn(struct hrtimer *timer)
{
	struct fake_irq *irq = container_of(timer, struct fake_irq, timer);

	irq->fn(irq->arg);
	complete(&irq->done);
	return HRTIMER_NORESTART;
}

void fake_in_irq(struct kunit *test, void (*fn)(void *arg), void *arg)
{
	struct fake_irq *irq = kunit_kzalloc(test, sizeof(*irq), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, irq);
	irq->fn = fn;
	irq->arg = arg;
	init_completion(&irq->done);
	ferry_hrtimer_setup(&irq->timer, fake_irq_fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&irq->timer, 0, HRTIMER_MODE_REL_HARD);
	wait_for_completion(&irq->done);
	hrtimer_cancel(&irq->timer);
}

FERRY_EXPORT_TEST(fake_in_irq);

MODULE_DESCRIPTION("Ferry: a protocol for tests of the core");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
