// SPDX-License-Identifier: GPL-2.0-only
/*
 * Benchmarks of buffers that are sent as they are, over a loop, with the thread of the
 * link on the other side.
 *
 * The floor is a message of no bytes, sent and received in the same way: what more does
 * it cost to send megabytes that nobody copies?
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/ferry/loop.h>
#include <linux/ferry/region.h>
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "bench.h"

#define ZERO_BATCH	4
#define ZERO_BUF_SIZE	SZ_16M

static struct {
	void *mem[2];
	struct ferry_region *region[2];
	struct ferry_loop *loop;
	struct ferry_ep *a;
	struct ferry_ep *b;
	unsigned int received;
	unsigned int target;
	u64 bytes;
	struct completion done;
} zero;

static void zero_received(size_t len)
{
	zero.bytes += len;
	if (++zero.received == zero.target)
		complete(&zero.done);
}

static int zero_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	zero_received(len);
	return 0;
}

static int zero_rx_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len, void *priv)
{
	ferry_buf_put(buf);
	zero_received(len);
	return 0;
}

static int zero_send(size_t size)
{
	struct ferry_buf *buf = ferry_buf_alloc(zero.a, size);
	int ret;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	ret = ferry_trysend_buf(zero.a, buf, size);
	if (ret)
		ferry_buf_put(buf);
	return ret;
}

static int zero_send_empty(size_t size)
{
	return ferry_trysend(zero.a, NULL, 0);
}

static int zero_run(size_t size, unsigned int n, int (*send)(size_t size))
{
	u64 before = zero.bytes, wanted = send == zero_send ? (u64)size * n : 0;
	unsigned int i;
	int ret;

	for (; n; n -= min(n, ZERO_BATCH)) {
		zero.target = zero.received + min(n, ZERO_BATCH);
		for (i = 0; i < min(n, ZERO_BATCH); i++) {
			ret = send(size);
			if (ret)
				return ret;
		}
		ferry_link_rx_irq(ferry_loop_link(zero.loop, 1));
		if (!wait_for_completion_timeout(&zero.done, HZ))
			return -ETIMEDOUT;
	}
	return zero.bytes - before == wanted ? 0 : -EIO;
}

static int bench_zerocopy(size_t size, unsigned int n)
{
	return zero_run(size, n, zero_send);
}

static int bench_zerocopy_floor(size_t size, unsigned int n)
{
	return zero_run(size, n, zero_send_empty);
}

static const size_t zero_sizes[] = { SZ_1K, SZ_16K, SZ_64K, SZ_1M, SZ_16M };

const struct bench bench_zero[] = {
	{ "zero-copy", zero_sizes, ARRAY_SIZE(zero_sizes), bench_zerocopy, bench_zerocopy_floor },
	{}
};

static int zero_open(void)
{
	struct ferry_ep_cfg cfg = { .rx = zero_rx, .rx_buf = zero_rx_buf };
	struct ferry_id id = { .number = 0 };
	int side, ret;

	for (side = 0; side < 2; side++) {
		ret = ferry_link_start(ferry_loop_link(zero.loop, side));
		if (ret)
			return ret;
	}
	zero.a = ferry_open(ferry_loop_link(zero.loop, 0), &id, &cfg);
	zero.b = ferry_open(ferry_loop_link(zero.loop, 1), &id, &cfg);
	return PTR_ERR_OR_ZERO(zero.a) ?: PTR_ERR_OR_ZERO(zero.b);
}

/* On an error the caller undoes with bench_zero_exit(). */
int bench_zero_init(void)
{
	struct ferry_loop_cfg cfg = {
		.name = "zero", .nr_gp = 1, .depth = 16, .mtu = 64, .buf_size = ZERO_BUF_SIZE,
	};
	int side;

	init_completion(&zero.done);
	for (side = 0; side < 2; side++) {
		/* Only one side sends buffers. */
		size_t size = side ? ZERO_BUF_SIZE : ZERO_BATCH * ZERO_BUF_SIZE;

		zero.mem[side] = vzalloc(size);
		if (!zero.mem[side])
			return -ENOMEM;
		zero.region[side] = ferry_region_from_memory(zero.mem[side],
							     (uintptr_t)zero.mem[side], size);
		if (IS_ERR(zero.region[side]))
			return PTR_ERR(zero.region[side]);
		cfg.region[side] = zero.region[side];
	}
	zero.loop = ferry_loop_create(NULL, &cfg);
	return IS_ERR(zero.loop) ? PTR_ERR(zero.loop) : zero_open();
}

void bench_zero_exit(void)
{
	int side;

	if (!IS_ERR_OR_NULL(zero.a))
		ferry_close(zero.a);
	if (!IS_ERR_OR_NULL(zero.b))
		ferry_close(zero.b);
	if (!IS_ERR_OR_NULL(zero.loop))
		ferry_loop_destroy(zero.loop);
	for (side = 0; side < 2; side++) {
		if (!IS_ERR_OR_NULL(zero.region[side]))
			ferry_region_put(zero.region[side]);
		vfree(zero.mem[side]);
	}
}
