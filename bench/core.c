// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmarks of the core, over a loop: one thread sends and receives, so that what
 * is counted is the work and not the waiting.
 *
 * The floor is the same work by hand: the bytes are copied into shared memory and
 * published with one release store, seen by one acquire load and copied out.
 */
#include <linux/completion.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/ferry/loop.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "bench.h"
#include "null.h"

/* Messages that are on their way at once, one-way: a batch of the receiver. */
#define BENCH_BATCH	16

/* Two ends of a loop. */
struct bench_pair {
	struct ferry_loop *loop;
	struct ferry_ep *a;
	struct ferry_ep *b;
	unsigned int received;
	unsigned int target;
	struct completion done;
};

static struct {
	struct bench_pair atomic;
	struct bench_pair sleeping;
	struct null_link *null;
	struct ferry_ep *self;
	unsigned int self_received;
	struct ferry_port *tx;
	struct ferry_port *rx;
	u8 *msg;
	u8 *slots;
	u8 *out;
	u32 head;
	u32 tail;
} core;

static int pair_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct bench_pair *pair = priv;

	if (++pair->received == pair->target)
		complete(&pair->done);
	return 0;
}

static int pair_rx_pong(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct bench_pair *pair = priv;
	int ret = ferry_trysend(ep, data, len);

	if (pair == &core.sleeping)
		ferry_link_rx_irq(ferry_loop_link(pair->loop, 1));
	return ret;
}

static __always_inline void floor_send(size_t size)
{
	memcpy(core.slots + (core.head % BENCH_BATCH) * BENCH_MAX_SIZE, core.msg, size);
	/* Pairs with floor_recv(). */
	smp_store_release(&core.head, core.head + 1);
}

static __always_inline bool floor_recv(size_t size)
{
	/* Pairs with floor_send(). */
	if (smp_load_acquire(&core.head) == core.tail)
		return false;
	memcpy(core.out, core.slots + (core.tail % BENCH_BATCH) * BENCH_MAX_SIZE, size);
	core.tail++;
	return true;
}

static int bench_floor(size_t size, unsigned int n)
{
	unsigned int i;

	for (; n; n -= min(n, BENCH_BATCH)) {
		for (i = 0; i < min(n, BENCH_BATCH); i++)
			floor_send(size);
		while (floor_recv(size))
			;
	}
	return 0;
}

static int bench_floor_pingpong(size_t size, unsigned int n)
{
	while (n--) {
		floor_send(size);
		floor_recv(size);
		floor_send(size);
		floor_recv(size);
	}
	return 0;
}

static int bench_port(size_t size, unsigned int n)
{
	u8 desc[12] = {};
	unsigned int i;

	for (; n; n -= min(n, BENCH_BATCH)) {
		for (i = 0; i < min(n, BENCH_BATCH); i++)
			ferry_port_send(core.tx, desc, sizeof(desc), 0);
		while (ferry_port_recv(core.rx, desc, sizeof(desc)) > 0)
			;
	}
	return 0;
}

static int self_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	core.self_received++;
	return 0;
}

/* No port, and a protocol that does no more than the floor: the core alone. */
static int bench_core_alone(size_t size, unsigned int n)
{
	unsigned int i, before = core.self_received, all = n;
	int ret;

	for (; n; n -= min(n, BENCH_BATCH)) {
		for (i = 0; i < min(n, BENCH_BATCH); i++) {
			ret = ferry_trysend(core.self, core.msg, size);
			if (ret)
				return ret;
		}
		while (ferry_rx_now(core.self) > 0)
			;
	}
	return core.self_received - before == all ? 0 : -EIO;
}

static int bench_core_alone_pingpong(size_t size, unsigned int n)
{
	int ret;

	for (n *= 2; n; n--) {
		ret = ferry_trysend(core.self, core.msg, size);
		if (ret)
			return ret;
		if (ferry_rx_now(core.self) != 1)
			return -EIO;
	}
	return 0;
}

/* Atomic endpoints, polled: no thread and no interrupt is needed. */
static int bench_one_way(size_t size, unsigned int n)
{
	struct bench_pair *pair = &core.atomic;
	unsigned int i, before = pair->received, all = n;
	int ret;

	for (; n; n -= min(n, BENCH_BATCH)) {
		for (i = 0; i < min(n, BENCH_BATCH); i++) {
			ret = ferry_trysend(pair->a, core.msg, size);
			if (ret)
				return ret;
		}
		while (ferry_rx_now(pair->b) > 0)
			;
	}
	return pair->received - before == all ? 0 : -EIO;
}

static int bench_pingpong(size_t size, unsigned int n)
{
	struct bench_pair *pair = &core.atomic;
	unsigned int before = pair->received, all = n;
	int ret;

	while (n--) {
		ret = ferry_trysend(pair->b, core.msg, size);
		if (ret)
			return ret;
		/* a answers in its callback; b counts. */
		if (ferry_rx_now(pair->a) != 1 || ferry_rx_now(pair->b) != 1)
			return -EIO;
	}
	return pair->received - before == all ? 0 : -EIO;
}

/* Sleeping endpoints: the thread of the link is woken and waited for. */
static int pair_wait(struct bench_pair *pair, struct ferry_link *first)
{
	ferry_link_rx_irq(first);
	return wait_for_completion_timeout(&pair->done, HZ) ? 0 : -ETIMEDOUT;
}

static int bench_thread_one_way(size_t size, unsigned int n)
{
	struct bench_pair *pair = &core.sleeping;
	unsigned int i;
	int ret;

	for (; n; n -= min(n, BENCH_BATCH)) {
		pair->target = pair->received + min(n, BENCH_BATCH);
		for (i = 0; i < min(n, BENCH_BATCH); i++) {
			ret = ferry_trysend(pair->a, core.msg, size);
			if (ret)
				return ret;
		}
		ret = pair_wait(pair, ferry_loop_link(pair->loop, 1));
		if (ret)
			return ret;
	}
	return 0;
}

static int bench_thread_pingpong(size_t size, unsigned int n)
{
	struct bench_pair *pair = &core.sleeping;
	int ret;

	while (n--) {
		pair->target = pair->received + 1;
		ret = ferry_trysend(pair->b, core.msg, size);
		if (!ret)
			ret = pair_wait(pair, ferry_loop_link(pair->loop, 0));
		if (ret)
			return ret;
	}
	return 0;
}

static const struct ferry_id bench_id = { .number = 0 };

static struct ferry_ep *pair_open(struct bench_pair *pair, unsigned int side, unsigned int flags,
				  int (*rx)(struct ferry_ep *, const void *, size_t, void *))
{
	struct ferry_ep_cfg cfg = { .rx = rx, .priv = pair, .flags = flags };
	struct ferry_link *link = ferry_loop_link(pair->loop, side);
	int ret = ferry_link_start(link);

	return ret ? ERR_PTR(ret) : ferry_open(link, &bench_id, &cfg);
}

static int self_init(void)
{
	struct ferry_ep_cfg cfg = { .rx = self_rx, .flags = FERRY_EP_ATOMIC };

	core.null = null_create();
	if (IS_ERR(core.null))
		return PTR_ERR(core.null);
	core.self = ferry_open(null_ferry_link(core.null), &bench_id, &cfg);
	return PTR_ERR_OR_ZERO(core.self);
}

static int pair_init(struct bench_pair *pair, unsigned int flags)
{
	struct ferry_loop_cfg cfg = {
		.name = "bench", .nr_gp = 1, .depth = 128, .mtu = BENCH_MAX_SIZE,
		.polled = flags & FERRY_EP_ATOMIC,
	};

	init_completion(&pair->done);
	pair->loop = ferry_loop_create(NULL, &cfg);
	if (IS_ERR(pair->loop))
		return PTR_ERR(pair->loop);
	pair->a = pair_open(pair, 0, flags, pair_rx_pong);
	if (IS_ERR(pair->a))
		return PTR_ERR(pair->a);
	pair->b = pair_open(pair, 1, flags, pair_rx);
	return PTR_ERR_OR_ZERO(pair->b);
}

static void pair_exit(struct bench_pair *pair)
{
	if (!IS_ERR_OR_NULL(pair->a))
		ferry_close(pair->a);
	if (!IS_ERR_OR_NULL(pair->b))
		ferry_close(pair->b);
	if (!IS_ERR_OR_NULL(pair->loop))
		ferry_loop_destroy(pair->loop);
}

static void port_rx(struct ferry_port *port, void *data)
{
}

static int port_init(void)
{
	static const struct ferry_port_user user = { .rx = port_rx };
	int ret = ferry_loopback_create(NULL, 128, 12, &core.tx, &core.rx);

	if (ret)
		return ret;
	ret = ferry_port_start(core.tx, &user, NULL);
	return ret ?: ferry_port_start(core.rx, &user, NULL);
}

static void port_exit(void)
{
	if (!core.tx)
		return;
	ferry_port_stop(core.rx);
	ferry_port_stop(core.tx);
	ferry_port_kill(core.rx);
	ferry_port_kill(core.tx);
}

static const size_t core_sizes[] = { 0, 64, 1024, 16384, BENCH_MAX_SIZE };

#define CORE_SHORT	core_sizes, 3	/* what an atomic endpoint takes */
#define CORE_ALL	core_sizes, ARRAY_SIZE(core_sizes)

const struct bench bench_core[] = {
	{ "core-one-way", CORE_SHORT, bench_core_alone, bench_floor },
	{ "core-ping-pong", CORE_SHORT, bench_core_alone_pingpong, bench_floor_pingpong },
	{ "port-one-way", core_sizes, 1, bench_port, NULL },
	{ "loop-one-way", CORE_SHORT, bench_one_way, bench_floor },
	{ "loop-ping-pong", CORE_SHORT, bench_pingpong, bench_floor_pingpong },
	{ "thread-one-way", CORE_ALL, bench_thread_one_way, bench_floor },
	{ "thread-ping-pong", CORE_ALL, bench_thread_pingpong, bench_floor_pingpong },
	{}
};

/* On an error the caller undoes with bench_core_exit(). */
int bench_core_init(void)
{
	int ret;

	core.msg = kvzalloc(BENCH_MAX_SIZE, GFP_KERNEL);
	core.out = kvzalloc(BENCH_MAX_SIZE, GFP_KERNEL);
	core.slots = kvzalloc(BENCH_BATCH * BENCH_MAX_SIZE, GFP_KERNEL);
	if (!core.msg || !core.out || !core.slots)
		return -ENOMEM;
	ret = pair_init(&core.atomic, FERRY_EP_ATOMIC);
	if (!ret)
		ret = pair_init(&core.sleeping, 0);
	if (!ret)
		ret = self_init();
	return ret ?: port_init();
}

void bench_core_exit(void)
{
	port_exit();
	if (!IS_ERR_OR_NULL(core.self))
		ferry_close(core.self);
	null_destroy(core.null);
	pair_exit(&core.atomic);
	pair_exit(&core.sleeping);
	kvfree(core.slots);
	kvfree(core.out);
	kvfree(core.msg);
}
