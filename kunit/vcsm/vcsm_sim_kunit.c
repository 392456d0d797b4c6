// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM and the simulated VPU: the driver against all that it can do wrong, and memory that
 * both sides see.
 */
#include <kunit/test.h>
#include <linux/dma-buf.h>
#include <linux/iosys-map.h>
#include <linux/module.h>
#include <linux/sizes.h>

#include "../../drivers/sim/vcsm_vpu.h"
#include "rig.h"

#define QUEUE	1024

/* Between the channel and the simulation: firmware has a thread of its own. */
struct sim_pair {
	struct vpu *v;
	struct ferry_sim_vcsm *sim;
	struct work_struct work;
	spinlock_t lock;
	unsigned int head;
	unsigned int tail;
	struct vpu_msg queue[QUEUE];
	struct ferry_sim_vcsm_stats stats;
};

static struct sim_pair *sim_of;	/* one at a time */

static void sim_on_xmit(struct vpu *v, const void *msg, size_t len)
{
	struct sim_pair *p = READ_ONCE(sim_of);

	if (!p)
		return;
	scoped_guard(spinlock_irqsave, &p->lock) {
		if (WARN_ON(p->head - p->tail == QUEUE))
			return;
		p->queue[p->head % QUEUE].len = len;
		memcpy(p->queue[p->head++ % QUEUE].data, msg, len);
	}
	schedule_work(&p->work);
}

static bool sim_next(struct sim_pair *p, struct vpu_msg *msg)
{
	guard(spinlock_irqsave)(&p->lock);
	if (p->head == p->tail)
		return false;
	*msg = p->queue[p->tail++ % QUEUE];
	return true;
}

static void sim_work(struct work_struct *work)
{
	struct sim_pair *p = container_of(work, struct sim_pair, work);
	struct vpu_msg msg;

	while (sim_next(p, &msg))
		ferry_sim_vcsm_rx(p->sim, msg.data, msg.len);
}

static int sim_send(void *data, const void *msg, size_t len)
{
	struct sim_pair *p = data;

	vpu_say(p->v, msg, len);
	return 0;
}

static void sim_end(void *arg)
{
	struct sim_pair *p = arg;

	vpu_destroy_vcsm(p->v);
	WRITE_ONCE(sim_of, NULL);
	ferry_link_stop(p->v->link);
	cancel_work_sync(&p->work);
	ferry_sim_vcsm_destroy(p->sim);
	kfree(p);
}

static struct sim_pair *sim_pair(struct kunit *test, const struct ferry_vcsm_cfg *cfg,
				 unsigned int version)
{
	struct sim_pair *p = kzalloc(sizeof(*p), GFP_KERNEL);
	struct ferry_sim_vcsm_cfg sim_cfg = {
		.name = "kunit", .send = sim_send, .map = rig_map, .unmap = rig_unmap,
		.data = p, .version = version,
	};

	KUNIT_ASSERT_NOT_NULL(test, p);
	spin_lock_init(&p->lock);
	INIT_WORK(&p->work, sim_work);
	p->v = vpu_create(test, cfg);
	p->sim = ferry_sim_vcsm_create(&sim_cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(p->sim));
	WRITE_ONCE(sim_of, p);
	ferry_defer(test, sim_end, p);
	/* The version was said before anybody listened. */
	KUNIT_ASSERT_NOT_NULL(test, vpu_sent(p->v, VCSM_CLIENT_VERSION, 0));
	WRITE_ONCE(p->v->on_xmit, sim_on_xmit);
	KUNIT_ASSERT_EQ(test, ferry_link_stop(p->v->link), 0);
	rig_start(test, p->v);
	if (version != 1)
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(vpu_stats(p->v).version == 2));
	return p;
}

static const struct ferry_sim_vcsm_stats *sim_stats_now(struct sim_pair *p)
{
	ferry_sim_vcsm_stats(p->sim, &p->stats);
	return &p->stats;
}

#define sim_stats(p)	(*sim_stats_now(p))

static void sim_expect_nothing_left(struct kunit *test, struct sim_pair *p, struct vpu_source *s)
{
	rig_expect_nothing_left(test, p->v, s);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!sim_stats(p).buffers));
	KUNIT_EXPECT_EQ(test, sim_stats(p).wrong, 0);
	KUNIT_EXPECT_EQ(test, sim_stats(p).bytes, 0);
}

static void a_thousand_come_and_go(struct kunit *test)
{
	struct sim_pair *p = sim_pair(test, NULL, 2);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained;
	unsigned int n;

	for (n = 0; n < 1000; n++) {
		chained = vpu_import_now(p->v, s);
		KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
		vpu_put(chained);
	}
	sim_expect_nothing_left(test, p, s);
	KUNIT_EXPECT_EQ(test, sim_stats(p).imports, 1000);
	KUNIT_EXPECT_EQ(test, sim_stats(p).releases, 1000);
	KUNIT_EXPECT_EQ(test, vpu_stats(p->v).releases, 1000);
}

static void what_it_still_uses_is_kept(struct kunit *test)
{
	struct sim_pair *p = sim_pair(test, NULL, 2);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained;

	ferry_sim_vcsm_hold(p->sim, 300);
	chained = vpu_import_now(p->v, s);
	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	vpu_put(chained);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(sim_stats(p).frees == 1));
	/* The simulation has let go before the driver has, never after. */
	while (sim_stats(p).buffers) {
		KUNIT_EXPECT_EQ(test, READ_ONCE(s->mapped), 1);
		msleep(10);
	}
	sim_expect_nothing_left(test, p, s);
}

static void old_firmware_lets_go_in_silence(struct kunit *test)
{
	const struct ferry_vcsm_cfg cfg = { .version_ms = 50 };
	struct sim_pair *p = sim_pair(test, &cfg, 1);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained = vpu_import_now(p->v, s);

	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	vpu_put(chained);
	sim_expect_nothing_left(test, p, s);
	KUNIT_EXPECT_EQ(test, vpu_stats(p->v).releases, 0);
}

/* The same bytes at both ends. */
static void both_see_the_same_memory(struct kunit *test)
{
	const struct ferry_vcsm_cfg cfg = { .aliases = FERRY_VCSM_ALIAS_4 };
	struct sim_pair *p = sim_pair(test, &cfg, 2);
	struct dma_buf *chained = ferry_vcsm_alloc(p->v->vc, SZ_64K, "shared");
	struct iosys_map map;
	u32 handle;

	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	KUNIT_ASSERT_EQ(test, ferry_vcsm_handle(chained, &handle, NULL), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_check(p->sim, handle, 1), -EILSEQ);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_fill(p->sim, handle, 1), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_check(p->sim, handle, 1), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_check(p->sim, handle, 2), -EILSEQ);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_fill(p->sim, handle + 1, 1), -ENOENT);
	/* The chained one has none: a user maps, and who is in the kernel has the source. */
	KUNIT_EXPECT_NE(test, ferry_dma_buf_vmap(chained, &map), 0);
	vpu_put(chained);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!sim_stats(p).buffers));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(({ flush_delayed_fput();
					     !vpu_stats(p->v).buffers; })));
}

static void it_gets_the_memory_it_asks_for(struct kunit *test)
{
	const struct ferry_vcsm_cfg cfg = { .vpu_max = SZ_1M };
	struct sim_pair *p = sim_pair(test, &cfg, 2);

	ferry_sim_vcsm_hold(p->sim, 100);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_request(p->sim, SZ_64K, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_request(p->sim, SZ_2M, SZ_4K), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_request(p->sim, SZ_4K, 0), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(sim_stats(p).granted == 1));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(p->v).requests == 3));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!sim_stats(p).buffers && !vpu_stats(p->v).buffers));
	KUNIT_EXPECT_EQ(test, vpu_stats(p->v).vpu_bytes, 0);
	KUNIT_EXPECT_EQ(test, vpu_stats(p->v).granted, 1);
	KUNIT_EXPECT_EQ(test, sim_stats(p).wrong, 0);
}

static void sim_fault_desc(const unsigned int *fault, char *desc)
{
#define NAME(id, name)	name,
	static const char * const names[] = { FERRY_SIM_VCSM_FAULTS(NAME) };

	strscpy(desc, names[*fault], KUNIT_PARAM_DESC_SIZE);
}

static const unsigned int sim_faults[] = {
#define VALUE(id, name)	FERRY_SIM_VCSM_##id,
	FERRY_SIM_VCSM_FAULTS(VALUE)
};

KUNIT_ARRAY_PARAM(sim_fault, sim_faults, sim_fault_desc);

/* Whatever it does, imports end, and the link can be stopped, after which nothing is left. */
static void whatever_it_does_wrong_ends(struct kunit *test)
{
	const struct ferry_vcsm_cfg cfg = { .timeout_ms = 100, .vpu_max = SZ_64K };
	unsigned int fault = *(const unsigned int *)test->param_value;
	struct sim_pair *p = sim_pair(test, &cfg, 2);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained;
	unsigned int n;

	ferry_sim_vcsm_set_faults(p->sim, BIT(fault));
	for (n = 0; n < 10; n++) {
		chained = vpu_import_now(p->v, s);
		if (!IS_ERR(chained))
			vpu_put(chained);
	}
	ferry_sim_vcsm_set_faults(p->sim, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(p->v->link), 0);
	flush_delayed_fput();
	rig_expect_nothing_left(test, p->v, s);
	ferry_sim_vcsm_reset(p->sim);
	/* And it works as ever. */
	rig_start(test, p->v);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(vpu_stats(p->v).version == 2));
	chained = vpu_import_now(p->v, s);
	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	vpu_put(chained);
	rig_expect_nothing_left(test, p->v, s);
}

/* The simulation alone: what it asked for last. */
static int sim_hears_request(void *data, const void *msg, size_t len)
{
	struct vcsm_mem_request *asked = data;

	if (len == sizeof(*asked))
		memcpy(asked, msg, len);
	return 0;
}

struct sim_reply {
	const char *name;
	u32 align;	/* that was asked for */
	u32 addr;
	u32 id;
	bool good;
};

static const struct sim_reply sim_replies[] = {
	{ "memory", SZ_64K, 0xc0010000, 2, true },
	{ "none", SZ_64K, 0, 0, true },
	{ "no id", SZ_64K, 0xc0010000, 0, false },
	{ "no address", SZ_64K, 0, 2, false },
	{ "an id that it has", SZ_64K, 0xc0010000, 1, false },
	{ "an address that is not aligned", SZ_64K, 0xc0011000, 2, false },
	{ "an address without an alias", SZ_64K, 0x10000, 2, false },
	{ "beyond the end", SZ_4K, 0xfffff000, 2, false },
	{ "for an alignment that cannot be", 0, 0xc0010000, 2, false },
};

static void sim_reply_desc(const struct sim_reply *r, char *desc)
{
	strscpy(desc, r->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(sim_reply, sim_replies, sim_reply_desc);

static void sim_give(struct ferry_sim_vcsm *sim, const struct vcsm_mem_request *asked, u32 addr,
		     u32 id)
{
	const struct vcsm_mem_reply msg = {
		.header.type = cpu_to_le32(VCSM_VC_MEM_REQUEST_REPLY),
		.header.trans_id = cpu_to_le32(1),
		.vpu_trans_id = asked->trans_id,
		.addr = cpu_to_le32(addr), .kernel_id = cpu_to_le32(id),
	};

	ferry_sim_vcsm_rx(sim, &msg, sizeof(msg));
}

/* It notices what a host must not give it, and has it not. */
static void what_it_is_given_is_judged(struct kunit *test)
{
	const struct sim_reply *r = test->param_value;
	struct vcsm_mem_request asked = {};
	const struct ferry_sim_vcsm_cfg cfg = {
		.name = "kunit", .send = sim_hears_request, .data = &asked,
	};
	struct ferry_sim_vcsm *sim = ferry_sim_vcsm_create(&cfg);
	struct ferry_sim_vcsm_stats stats;

	KUNIT_ASSERT_FALSE(test, IS_ERR(sim));
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_request(sim, SZ_4K, SZ_4K), 0);
	sim_give(sim, &asked, 0xc0000000, 1);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_request(sim, SZ_8K, r->align), 0);
	sim_give(sim, &asked, r->addr, r->id);
	ferry_sim_vcsm_stats(sim, &stats);
	ferry_sim_vcsm_destroy(sim);
	KUNIT_EXPECT_EQ(test, stats.wrong, !r->good);
	KUNIT_EXPECT_EQ(test, stats.buffers, 1 + (r->good && r->addr));
	KUNIT_EXPECT_EQ(test, stats.granted, stats.buffers);
}

static struct kunit_case sim_cases[] = {
	KUNIT_CASE(a_thousand_come_and_go),
	KUNIT_CASE(what_it_still_uses_is_kept),
	KUNIT_CASE(old_firmware_lets_go_in_silence),
	KUNIT_CASE(both_see_the_same_memory),
	KUNIT_CASE(it_gets_the_memory_it_asks_for),
	KUNIT_CASE_PARAM(whatever_it_does_wrong_ends, sim_fault_gen_params),
	KUNIT_CASE_PARAM(what_it_is_given_is_judged, sim_reply_gen_params),
	{}
};

static struct kunit_suite sim_suite = {
	.name = "ferry_vcsm_sim",
	.test_cases = sim_cases,
};

kunit_test_suite(sim_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VC-SM and the simulated VPU");
