// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM over VCHIQ: the driver, its link and the simulated VPU as they are together.
 */
#include <kunit/test.h>
#include <linux/dma-buf.h>
#include <linux/module.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include "../../drivers/sim/vcsm_vchiq.h"
#include "../vchiq/rig.h"
#include "rig.h"

#define LONG_MS		1000000000	/* nobody waits for that */
#define MANY		100

struct whole {
	struct kunit *test;
	struct vrig *rig;
	struct ferry_sim_vcsm_server *server;
	struct ferry_sim_vcsm *sim;
	struct ferry_vcsm *vc;
	struct ferry_vcsm_stats stats;
	struct ferry_sim_vcsm_stats sim_stats;
	struct ferry_sim_vchiq_stats vpu_stats;
};

static const struct ferry_vcsm_stats *whole_stats(struct whole *w)
{
	ferry_vcsm_stats(w->vc, &w->stats);
	return &w->stats;
}

static const struct ferry_sim_vcsm_stats *whole_sim(struct whole *w)
{
	ferry_sim_vcsm_stats(w->sim, &w->sim_stats);
	return &w->sim_stats;
}

static const struct ferry_sim_vchiq_stats *whole_vpu(struct whole *w)
{
	ferry_sim_vchiq_stats(w->rig->sim, &w->vpu_stats);
	return &w->vpu_stats;
}

static void whole_end(void *arg)
{
	struct whole *w = arg;

	ferry_vcsm_destroy(w->vc);
	ferry_sim_vcsm_unserve(w->server);
	kfree(w);
}

static void whole_begin(struct whole *w)
{
	/* As rig_map() wants it. */
	const struct ferry_vcsm_cfg cfg = {
		.dma_dev = w->rig->dev, .timeout_ms = VRIG_WAIT_MS,
		.aliases = FERRY_VCSM_ALIAS_4,
	};

	w->vc = ferry_vcsm_create(w->rig->link, &cfg);
	KUNIT_ASSERT_EQ(w->test, PTR_ERR_OR_ZERO(w->vc), 0);
	KUNIT_ASSERT_TRUE(w->test, FERRY_WAIT(whole_stats(w)->version == 2));
}

static struct whole *whole(struct kunit *test)
{
	const struct ferry_sim_vcsm_cfg cfg = {
		.name = "kunit", .map = rig_map, .unmap = rig_unmap,
	};
	struct vrig *rig = vrig_create(test, VRIG_IMPORT | VRIG_RECOVER | VRIG_OFFLINE);
	struct whole *w = kzalloc(sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	w->test = test;
	w->rig = rig;
	ferry_defer(test, whole_end, w);
	w->server = ferry_sim_vcsm_serve(rig->sim, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(w->server));
	w->sim = ferry_sim_vcsm_served(w->server);
	KUNIT_ASSERT_EQ(test, ferry_link_start(rig->link), 0);
	whole_begin(w);
	return w;
}

static struct dma_buf *whole_import(struct whole *w, struct vpu_source *s)
{
	struct dma_buf *chained = ferry_vcsm_import(w->vc, s->dmabuf, "whole");

	KUNIT_ASSERT_FALSE(w->test, IS_ERR(chained));
	return chained;
}

static u32 whole_handle(struct whole *w, struct dma_buf *chained)
{
	u32 handle = 0;

	KUNIT_EXPECT_EQ(w->test, ferry_vcsm_handle(chained, &handle, NULL), 0);
	return handle;
}

/* At either end. */
static void whole_expect_nothing(struct whole *w, struct vpu_source *s)
{
	if (s)
		KUNIT_EXPECT_TRUE(w->test, vpu_source_is_free(s));
	KUNIT_EXPECT_TRUE(w->test, FERRY_WAIT(({ flush_delayed_fput();
						 !whole_stats(w)->buffers; })));
	KUNIT_EXPECT_EQ(w->test, w->stats.held, 0);
	KUNIT_EXPECT_EQ(w->test, whole_sim(w)->buffers, 0);
	KUNIT_EXPECT_EQ(w->test, w->sim_stats.bytes, 0);
	KUNIT_EXPECT_EQ(w->test, w->sim_stats.wrong, 0);
	KUNIT_EXPECT_EQ(w->test, w->sim_stats.lost, 0);
	KUNIT_EXPECT_EQ(w->test, whole_vpu(w)->wrongs, 0);
}

/* It lets go of nothing until it is told to. */
static void whole_holds(struct whole *w)
{
	ferry_sim_vcsm_hold(w->sim, LONG_MS);
}

static void they_find_each_other(struct kunit *test)
{
	const struct ferry_sim_vcsm_cfg other = { .name = "other" };
	struct whole *w = whole(test);

	KUNIT_EXPECT_EQ(test, PTR_ERR(ferry_sim_vcsm_serve(w->rig->sim, &other)), -EEXIST);
	KUNIT_EXPECT_EQ(test, ferry_vchiq_peer_version(w->rig->link, VCSM_SERVICE), 1);
	KUNIT_EXPECT_EQ(test, whole_vpu(w)->conns, 1);
	KUNIT_EXPECT_EQ(test, whole_stats(w)->malformed, 0);
	whole_expect_nothing(w, NULL);
}

static void many_come_and_go(struct kunit *test)
{
	struct whole *w = whole(test);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained;
	unsigned int n;

	for (n = 0; n < MANY; n++) {
		chained = whole_import(w, s);
		KUNIT_EXPECT_EQ(test, whole_sim(w)->buffers, 1);
		KUNIT_EXPECT_EQ(test, w->sim_stats.bytes, VPU_SIZE);
		vpu_put(chained);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(!whole_stats(w)->buffers));
	}
	whole_expect_nothing(w, s);
	KUNIT_EXPECT_EQ(test, w->sim_stats.imports, MANY);
	KUNIT_EXPECT_EQ(test, w->sim_stats.frees, MANY);
	KUNIT_EXPECT_EQ(test, w->stats.releases, MANY);
	/* CONNECT and OPEN, the version, IMPORT and FREE. */
	KUNIT_EXPECT_EQ(test, w->vpu_stats.rx, 3 + 2 * MANY);
}

/* A device that maps it gets the source's address, and each holder holds the import. */
static void whoever_has_the_chained_one_has_it(struct kunit *test)
{
	struct whole *w = whole(test);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained = whole_import(w, s);
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;

	attach = dma_buf_attach(chained, w->rig->dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(attach));
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(sgt));
	KUNIT_EXPECT_EQ(test, sg_dma_address(sgt->sgl), VPU_ADDR);
	dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_BIDIRECTIONAL);
	dma_buf_detach(chained, attach);
	get_dma_buf(chained);
	vpu_put(chained);
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	KUNIT_EXPECT_EQ(test, whole_sim(w)->frees, 0);
	KUNIT_EXPECT_EQ(test, w->sim_stats.buffers, 1);
	vpu_put(chained);
	whole_expect_nothing(w, s);
}

static void what_it_still_uses_stays(struct kunit *test)
{
	struct whole *w = whole(test);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained;
	u32 handle;

	whole_holds(w);
	chained = whole_import(w, s);
	handle = whole_handle(w, chained);
	vpu_put(chained);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(whole_sim(w)->frees == 1));
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	KUNIT_EXPECT_EQ(test, whole_stats(w)->held, 1);
	KUNIT_EXPECT_EQ(test, w->stats.in_use, 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_let_go(w->sim, handle), 0);
	whole_expect_nothing(w, s);
	KUNIT_EXPECT_EQ(test, w->stats.releases, 1);
}

/* Of two the one that it uses for a shorter time goes first, whichever came first. */
static void a_short_use_ends_before_a_long_one(struct kunit *test)
{
	struct whole *w = whole(test);
	struct vpu_source *longer = rig_source(test), *shorter = rig_source(test);
	struct dma_buf *chained;
	u32 handle;

	whole_holds(w);
	chained = whole_import(w, longer);
	handle = whole_handle(w, chained);
	vpu_put(chained);
	ferry_sim_vcsm_hold(w->sim, 20);
	vpu_put(whole_import(w, shorter));
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(shorter));
	KUNIT_EXPECT_TRUE(test, rig_is_kept(longer));
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_let_go(w->sim, handle), 0);
	whole_expect_nothing(w, longer);
}

static void both_have_the_same_bytes(struct kunit *test)
{
	struct whole *w = whole(test);
	struct dma_buf *chained = ferry_vcsm_alloc(w->vc, SZ_64K, "whole");
	u32 handle;

	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	handle = whole_handle(w, chained);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_check(w->sim, handle, 1), -EILSEQ);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_fill(w->sim, handle, 1), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_vcsm_check(w->sim, handle, 1), 0);
	vpu_put(chained);
	whole_expect_nothing(w, NULL);
}

/* From now on it is in another life of the link. */
static void whole_crash(struct whole *w)
{
	u32 epoch = ferry_link_epoch(w->rig->link);

	KUNIT_ASSERT_EQ(w->test, ferry_sim_vchiq_lie(w->rig->sim, FERRY_SIM_VCHIQ_LIE_POS_FAR), 0);
	KUNIT_ASSERT_TRUE(w->test, FERRY_WAIT(ferry_link_epoch(w->rig->link) != epoch &&
					      ferry_link_is_up(w->rig->link)));
}

static void a_crash_and_what_comes_after(struct kunit *test)
{
	struct whole *w = whole(test);
	struct vpu_source *used = rig_source(test), *unused = rig_source(test);
	struct dma_buf *chained, *next;
	u32 handle;

	whole_holds(w);
	vpu_put(whole_import(w, unused));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(whole_sim(w)->frees == 1));
	KUNIT_EXPECT_TRUE(test, rig_is_kept(unused));
	chained = whole_import(w, used);
	whole_crash(w);
	ferry_sim_vcsm_hold(w->sim, 0);
	/* It was reset, so it has nothing; what nobody uses goes. */
	KUNIT_EXPECT_EQ(test, w->rig->resets, 1);
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(unused));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!whole_stats(w)->held));
	KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(chained, &handle, NULL), -ENOLINK);
	/* And it serves again. */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(({
		next = ferry_vcsm_import(w->vc, unused->dmabuf, "next");
		!IS_ERR(next); })));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(whole_stats(w)->version == 2));
	KUNIT_EXPECT_EQ(test, whole_sim(w)->buffers, 1);
	if (!IS_ERR(next))
		vpu_put(next);
	vpu_put(chained);
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(used));
	whole_expect_nothing(w, unused);
}

/* The service closes while the link runs on: nothing is let go before that has stopped. */
static void a_service_that_hangs_up(struct kunit *test)
{
	struct whole *w = whole(test);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained = whole_import(w, s);

	KUNIT_EXPECT_EQ(test, ferry_sim_vchiq_hang_up(w->rig->sim, VCSM_FOURCC), 1);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(PTR_ERR(ferry_vcsm_import(w->vc, s->dmabuf, "no")) ==
					   -EPIPE));
	vpu_put(chained);
	KUNIT_EXPECT_GE(test, READ_ONCE(s->mapped), 1);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(w->rig->link), 0);
	whole_expect_nothing(w, s);
	KUNIT_ASSERT_EQ(test, ferry_link_start(w->rig->link), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(({
		chained = ferry_vcsm_import(w->vc, s->dmabuf, "again");
		!IS_ERR(chained); })));
	if (!IS_ERR(chained))
		vpu_put(chained);
	whole_expect_nothing(w, s);
}

/* The driver goes while the link runs on; another one finds everything as at first. */
static void one_host_after_the_other(struct kunit *test)
{
	struct whole *w = whole(test);
	struct vpu_source *s = rig_source(test);

	vpu_put(whole_import(w, s));
	ferry_vcsm_destroy(w->vc);
	w->vc = NULL;
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!whole_vpu(w)->conns));
	whole_begin(w);
	KUNIT_EXPECT_EQ(test, whole_vpu(w)->conns, 1);
	vpu_put(whole_import(w, s));
	whole_expect_nothing(w, s);
}

static struct kunit_case whole_cases[] = {
	KUNIT_CASE(they_find_each_other),
	KUNIT_CASE(many_come_and_go),
	KUNIT_CASE(whoever_has_the_chained_one_has_it),
	KUNIT_CASE(what_it_still_uses_stays),
	KUNIT_CASE(a_short_use_ends_before_a_long_one),
	KUNIT_CASE(both_have_the_same_bytes),
	KUNIT_CASE(a_crash_and_what_comes_after),
	KUNIT_CASE(a_service_that_hangs_up),
	KUNIT_CASE(one_host_after_the_other),
	{}
};

static struct kunit_suite whole_suite = {
	.name = "ferry_vcsm_vchiq",
	.test_cases = whole_cases,
};

kunit_test_suite(whole_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VC-SM over VCHIQ");
