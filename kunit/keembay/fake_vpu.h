/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VPU that does what a test says, one step at a time: the far ends of two loop-backs
 * and the two regions, with the addresses of the known-answer vectors.
 */
#ifndef FERRY_KUNIT_FAKE_VPU_H
#define FERRY_KUNIT_FAKE_VPU_H

#include <asm/barrier.h>
#include <linux/delay.h>
#include <linux/ferry/loopback.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "../../drivers/keembay/keembay.h"
#include "../ferry_kunit.h"

#define CPU_BASE	0x82000000u
#define VPU_BASE	0x84000000u
#define REGION_SIZE	SZ_2M
#define FIFO_DEPTH	128
#define SEEN_MAX	256

/* A counter that a callback moves, and a test waits for. */
static inline void count_to(unsigned int *counter, unsigned int n)
{
	smp_store_release(counter, n);	/* pairs with counted() */
}

static inline unsigned int counted(unsigned int *counter)
{
	return smp_load_acquire(counter);	/* pairs with count_to() */
}

/* What a client of a test received. */
struct seen {
	int answer;		/* of its rx callback */
	unsigned int nr;	/* messages taken */
	unsigned int offered;
	size_t len[SEEN_MAX];
	u8 first[SEEN_MAX];	/* byte of each */
	unsigned int tx_ready;
	unsigned int events;
	enum ferry_event event;
};

struct fake_vpu {
	struct ferry_port *tx;		/* the driver sends into it */
	struct ferry_port *vpu_rx;
	struct ferry_port *vpu_tx;
	struct ferry_port *rx;		/* the driver receives from it */
	struct ferry_region *cpu_region;
	struct ferry_region *vpu_region;
	u8 *cpu;
	u8 *vpu;
	size_t vpu_size;
	struct ferry_kmb *kmb;
	struct ferry_link *link;
};

static inline void fake_rx_event(struct ferry_port *port, void *data)
{
}

static const struct ferry_port_user __maybe_unused fake_user = {
	.rx = fake_rx_event,
};

static inline void fake_kill(void *port)
{
	ferry_port_kill(port);
}

static inline void fake_stop(void *port)
{
	ferry_port_stop(port);
}

static inline void fake_kvfree(void *mem)
{
	kvfree(mem);
}

static inline void fake_region_put(void *region)
{
	ferry_region_put(region);
}

static inline void fake_destroy(void *kmb)
{
	ferry_kmb_destroy(kmb);
}

static inline void *fake_memory(struct kunit *test, size_t size)
{
	void *mem = kvzalloc(size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	ferry_defer(test, fake_kvfree, mem);
	return mem;
}

static inline struct ferry_region *fake_region(struct kunit *test, void *mem, u64 base, size_t size)
{
	struct ferry_region *region = ferry_region_from_memory(mem, base, size);

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	ferry_defer(test, fake_region_put, region);
	return region;
}

static inline void fake_pair(struct kunit *test, unsigned int depth, struct ferry_port **tx,
			     struct ferry_port **rx)
{
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, depth, sizeof(u32), tx, rx), 0);
	ferry_defer(test, fake_kill, *tx);
	ferry_defer(test, fake_kill, *rx);
}

/* Memory and FIFOs, no link yet. */
static inline struct fake_vpu *fake_make(struct kunit *test, unsigned int depth, size_t cpu_size,
					 size_t vpu_size)
{
	struct fake_vpu *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->cpu = fake_memory(test, cpu_size);
	fake->vpu = fake_memory(test, vpu_size);
	fake->vpu_size = vpu_size;
	fake->cpu_region = fake_region(test, fake->cpu, CPU_BASE, cpu_size);
	fake->vpu_region = fake_region(test, fake->vpu, VPU_BASE, vpu_size);
	fake_pair(test, depth, &fake->tx, &fake->vpu_rx);
	fake_pair(test, FIFO_DEPTH, &fake->vpu_tx, &fake->rx);
	KUNIT_ASSERT_EQ(test, ferry_port_start(fake->vpu_rx, &fake_user, fake), 0);
	ferry_defer(test, fake_stop, fake->vpu_rx);
	KUNIT_ASSERT_EQ(test, ferry_port_start(fake->vpu_tx, &fake_user, fake), 0);
	ferry_defer(test, fake_stop, fake->vpu_tx);
	return fake;
}

static inline struct ferry_kmb_cfg fake_cfg(const struct fake_vpu *fake)
{
	return (struct ferry_kmb_cfg){
		.name = "kmb-kunit",
		.tx = fake->tx,
		.rx = fake->rx,
		.tx_region = fake->cpu_region,
		.rx_region = fake->vpu_region,
	};
}

static inline void fake_link(struct kunit *test, struct fake_vpu *fake, bool wait_ready)
{
	struct ferry_kmb_cfg cfg = fake_cfg(fake);

	cfg.wait_ready = wait_ready;
	fake->kmb = ferry_kmb_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(fake->kmb));
	fake->link = fake->kmb->link;
	ferry_defer(test, fake_destroy, fake->kmb);
}

/* A link that runs. */
static inline struct fake_vpu *fake_up(struct kunit *test, unsigned int depth, size_t cpu_size)
{
	struct fake_vpu *fake = fake_make(test, depth, cpu_size, REGION_SIZE);

	fake_link(test, fake, false);
	KUNIT_ASSERT_EQ(test, ferry_link_start(fake->link), 0);
	return fake;
}

/* The VPU pops its FIFO; 0: empty. */
static inline u32 fake_pop(struct fake_vpu *fake)
{
	u32 entry;

	return ferry_port_recv(fake->vpu_rx, &entry, sizeof(entry)) < 0 ? 0 : entry;
}

static inline void fake_push(struct kunit *test, struct fake_vpu *fake, u32 entry)
{
	KUNIT_ASSERT_GE(test, ferry_port_send(fake->vpu_tx, &entry, sizeof(entry), 0), 0);
}

static inline struct kmb_packet *fake_cpu_packet(struct fake_vpu *fake, u32 entry)
{
	return (void *)fake->cpu + (entry - CPU_BASE);
}

static inline struct kmb_packet *fake_vpu_packet(struct fake_vpu *fake, u32 nr)
{
	return (void *)fake->vpu + nr * KMB_PACKET_SIZE;
}

/* A packet of the VPU, not announced yet. */
static inline struct kmb_packet *fake_fill(struct fake_vpu *fake, u32 nr, u16 channel, u32 addr,
					   u32 size)
{
	struct kmb_packet *p = fake_vpu_packet(fake, nr);

	p->data_addr = cpu_to_le32(addr);
	p->data_size = cpu_to_le32(size);
	p->channel = cpu_to_le16(channel);
	p->src_node = KMB_NODE_VPU;
	p->dst_node = KMB_NODE_CPU;
	WRITE_ONCE(p->status, KMB_ALLOCATED);
	return p;
}

static inline void fake_announce(struct kunit *test, struct fake_vpu *fake, u32 nr)
{
	fake_push(test, fake, VPU_BASE + nr * KMB_PACKET_SIZE);
}

/* A whole proper message. */
static inline struct kmb_packet *fake_send(struct kunit *test, struct fake_vpu *fake, u32 nr,
					   u16 channel, u32 addr, u32 size)
{
	struct kmb_packet *p = fake_fill(fake, nr, channel, addr, size);

	fake_announce(test, fake, nr);
	return p;
}

static inline int seen_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct seen *seen = priv;
	unsigned int nr = seen->nr % SEEN_MAX;

	WRITE_ONCE(seen->offered, seen->offered + 1);
	if (READ_ONCE(seen->answer))
		return READ_ONCE(seen->answer);
	seen->len[nr] = len;
	seen->first[nr] = len ? *(const u8 *)data : 0;
	count_to(&seen->nr, seen->nr + 1);
	return 0;
}

static inline void seen_tx_ready(struct ferry_ep *ep, void *priv)
{
	struct seen *seen = priv;

	WRITE_ONCE(seen->tx_ready, seen->tx_ready + 1);
}

static inline void seen_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct seen *seen = priv;

	seen->event = event;
	count_to(&seen->events, seen->events + 1);
}

static inline void fake_close(void *ep)
{
	ferry_close(ep);
}

static inline struct ferry_ep *fake_open_cfg(struct kunit *test, struct fake_vpu *fake, u32 number,
					     const struct ferry_ep_cfg *cfg)
{
	struct ferry_id id = { .number = number };
	struct ferry_ep *ep = ferry_open(fake->link, &id, cfg);

	KUNIT_ASSERT_FALSE(test, IS_ERR(ep));
	ferry_defer(test, fake_close, ep);
	return ep;
}

/* @seen may be NULL for a client that only sends. */
static inline struct ferry_ep *fake_open(struct kunit *test, struct fake_vpu *fake, u32 number,
					 struct seen *seen)
{
	struct ferry_ep_cfg cfg = {
		.rx = seen ? seen_rx : NULL,
		.tx_ready = seen ? seen_tx_ready : NULL,
		.event = seen ? seen_event : NULL,
		.priv = seen,
	};

	return fake_open_cfg(test, fake, number, &cfg);
}

static inline struct seen *fake_seen(struct kunit *test)
{
	struct seen *seen = kunit_kzalloc(test, sizeof(*seen), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, seen);
	return seen;
}

static inline u64 fake_drops(struct fake_vpu *fake, enum ferry_drop why)
{
	struct ferry_stats stats;

	ferry_link_stats(fake->link, &stats);
	return stats.drops[why];
}

/* Nothing of ours is with the VPU, or lost. */
static inline void expect_all_free(struct kunit *test, struct fake_vpu *fake)
{
	struct ferry_pool_stats st;
	unsigned int i;

	ferry_pool_stats(fake->kmb->packets, &st);
	KUNIT_EXPECT_EQ(test, st.free, st.total);
	for (i = 0; i < fake->kmb->payload.nr; i++) {
		ferry_pool_stats(fake->kmb->payload.pool[i], &st);
		KUNIT_EXPECT_EQ(test, st.free, st.total);
	}
}

/* The VPU takes all there is and gives it back; how many. */
static inline unsigned int fake_take_all(struct fake_vpu *fake)
{
	unsigned int n = 0;
	u32 entry;

	while ((entry = fake_pop(fake))) {
		WRITE_ONCE(fake_cpu_packet(fake, entry)->status, KMB_FREE);
		n++;
	}
	return n;
}

#endif /* FERRY_KUNIT_FAKE_VPU_H */
