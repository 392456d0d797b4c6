// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for VMs: the bytes of the lists, long lists, and who keeps what when something goes
 * wrong.
 */
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/ferry/provide.h>
#include <linux/ferry/region.h>
#include <linux/fcntl.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "rm_rig.h"

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();

#define BYTES(...)	((const u8 []){ __VA_ARGS__ })
#define LABEL		0x11
#define MANY		1100	/* pages: more ranges than two messages take */

static const struct ferry_sim_gunyah_rm_thing things[] = {
	{ .from_vm = true, .to_vm = true, .label = LABEL },
	{}
};

static const struct ferry_gunyah_mem_cfg lend = {
	.label = 0x77, .rights = FERRY_GUNYAH_READ | FERRY_GUNYAH_WRITE | FERRY_GUNYAH_EXECUTE,
};

struct memtest {
	struct kunit *test;
	struct rmrig *r;
	struct ferry_gunyah_vm *vm;
	struct page *block;		/* of all pages */
	unsigned int order;
	struct page **pages;
};

static void mem_test_end(void *arg)
{
	struct memtest *t = arg;

	if (t->vm)
		ferry_gunyah_vm_destroy(t->vm);
	if (t->block)
		__free_pages(t->block, t->order);
}

static struct memtest *mem_test(struct kunit *test, unsigned int order)
{
	struct memtest *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	const struct ferry_gunyah_vm_cfg vm_cfg = { .name = "kunit-vm" };
	struct ferry_gunyah_rm_cfg cfg = {
		.timeout_ms = RM_LONG_MS, .slow_timeout_ms = RM_LONG_MS,
	};
	struct ferry_gunyah_vm *vm;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->r = rmrig_bare(test, things);
	rmrig_use(t->r, cfg);
	ferry_defer(test, mem_test_end, t);
	vm = ferry_gunyah_vm_create(t->r->rm, &vm_cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(vm));
	t->vm = vm;
	/* Compound: each page of it counts for all. */
	t->order = order;
	t->block = alloc_pages(GFP_KERNEL | __GFP_COMP, order);
	KUNIT_ASSERT_NOT_NULL(test, t->block);
	t->pages = kunit_kcalloc(test, MANY, sizeof(*t->pages), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->pages);
	for (i = 0; i < BIT(order); i++)
		t->pages[i] = t->block + i;
	return t;
}

static u64 mem_lent(struct memtest *t)
{
	return ferry_sim_gunyah_rm_lent(t->r->sim, 0x80);
}

/* Packets that it takes from now on begin with this one. */
static unsigned long next_packet(struct memtest *t)
{
	return ferry_sim_gunyah_rm_packets(t->r->sim);
}

static void lend_has_these_bytes(struct kunit *test)
{
	struct memtest *t = mem_test(test, 2);
	unsigned long nr = next_packet(t);
	struct ferry_gunyah_mem *mem = ferry_gunyah_mem_lend(t->vm, &lend, t->pages, 4);
	__le64 where = cpu_to_le64(page_to_phys(t->block)), size = cpu_to_le64(4 * PAGE_SIZE);
	u8 want[48] = {
		0x21, 0x01, 0, 0, 0x12, 0x00, 0x00, 0x51, 0, 0, 0, 0, 0x77, 0, 0, 0,
		1, 0, 0, 0, 0x80, 0, 7, 0, 1, 0, 0, 0,
	};

	KUNIT_ASSERT_FALSE(test, IS_ERR(mem));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_handle(mem), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_gunyah_rm_seen(t->r->sim, nr, t->r->packet), 48);
	memcpy(want + 2, t->r->packet + 2, 2);
	memcpy(want + 28, &where, 8);
	memcpy(want + 36, &size, 8);
	KUNIT_EXPECT_MEMEQ(test, t->r->packet, want, 48);
	KUNIT_EXPECT_EQ(test, mem_lent(t), 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, page_count(t->block), 5);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_reclaim(mem), 0);
	KUNIT_EXPECT_EQ(test, mem_lent(t), 0);
	KUNIT_EXPECT_EQ(test, page_count(t->block), 1);
}

static void share_names_both(struct kunit *test)
{
	struct memtest *t = mem_test(test, 0);
	struct ferry_gunyah_mem_cfg cfg = {
		.how = FERRY_GUNYAH_SHARE, .rights = 4, .own_rights = 6,
	};
	unsigned long nr = next_packet(t);
	struct ferry_gunyah_mem *mem = ferry_gunyah_mem_lend(t->vm, &cfg, t->pages, 1);

	KUNIT_ASSERT_FALSE(test, IS_ERR(mem));
	KUNIT_ASSERT_EQ(test, ferry_sim_gunyah_rm_seen(t->r->sim, nr, t->r->packet), 52);
	KUNIT_EXPECT_EQ(test, t->r->packet[4], 0x13);
	KUNIT_EXPECT_MEMEQ(test, t->r->packet + 16,
			   BYTES(2, 0, 0, 0, 0x80, 0, 4, 0, 3, 0, 6, 0, 1, 0, 0, 0), 16);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_reclaim(mem), 0);
	cfg.how = FERRY_GUNYAH_DONATE;
	nr = next_packet(t);
	mem = ferry_gunyah_mem_lend(t->vm, &cfg, t->pages, 1);
	KUNIT_ASSERT_FALSE(test, IS_ERR(mem));
	ferry_sim_gunyah_rm_seen(t->r->sim, nr, t->r->packet);
	KUNIT_EXPECT_EQ(test, t->r->packet[4], 0x10);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_reclaim(mem), 0);
}

/* The same page again and again is a range each time: three messages. */
static void long_lists_are_appended(struct kunit *test)
{
	struct memtest *t = mem_test(test, 0);
	struct ferry_gunyah_mem *mem;
	unsigned int i;

	for (i = 0; i < MANY; i++)
		t->pages[i] = t->block;
	mem = ferry_gunyah_mem_lend(t->vm, &lend, t->pages, MANY);
	KUNIT_ASSERT_FALSE(test, IS_ERR(mem));
	KUNIT_EXPECT_EQ(test, mem_lent(t), MANY * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, page_count(t->block), MANY + 1);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_reclaim(mem), 0);
	/* The second message is refused: nothing is left. */
	ferry_sim_gunyah_rm_answer(t->r->sim, RM_MEM_APPEND, RM_NOMEM, NULL, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_mem_lend(t->vm, &lend, t->pages, MANY)),
			-ENOMEM);
	KUNIT_EXPECT_EQ(test, mem_lent(t), 0);
	KUNIT_EXPECT_EQ(test, page_count(t->block), 1);
	KUNIT_EXPECT_EQ(test, rmrig_stats(t->r).lost, 0);
}

static void refused_memory_is_ours(struct kunit *test)
{
	struct memtest *t = mem_test(test, 0);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_mem_lend(t->vm, &lend, t->pages, 0)),
			-EINVAL);
	ferry_sim_gunyah_rm_answer(t->r->sim, RM_MEM_LEND, RM_DENIED, NULL, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_mem_lend(t->vm, &lend, t->pages, 1)),
			-EPERM);
	KUNIT_EXPECT_EQ(test, page_count(t->block), 1);
	KUNIT_EXPECT_EQ(test, rmrig_stats(t->r).lost, 0);
}

/* Nobody knows what became of it: it is not given back. */
static void memory_in_doubt_is_kept(struct kunit *test)
{
	struct memtest *t = mem_test(test, 0);

	ferry_sim_gunyah_rm_fault(t->r->sim, FERRY_SIM_GUNYAH_RM_TOO_FEW, 1);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_mem_lend(t->vm, &lend, t->pages, 1)),
			-EUCLEAN);
	KUNIT_EXPECT_EQ(test, mem_lent(t), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, page_count(t->block), 2);
	KUNIT_EXPECT_EQ(test, rmrig_stats(t->r).lost, PAGE_SIZE);
	put_page(t->block);	/* nobody has it here */
	/* It says that it did so, but not how it is called. */
	ferry_sim_gunyah_rm_answer(t->r->sim, RM_MEM_LEND, 0, BYTES(0xff, 0xff, 0xff, 0xff), 4);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_mem_lend(t->vm, &lend, t->pages, 1)),
			-EUCLEAN);
	ferry_sim_gunyah_rm_answer(t->r->sim, RM_MEM_LEND, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_mem_lend(t->vm, &lend, t->pages, 1)),
			-EUCLEAN);
	KUNIT_EXPECT_EQ(test, rmrig_stats(t->r).lost, 3 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, page_count(t->block), 3);
	put_page(t->block);
	put_page(t->block);
}

/* A buffer of somebody else's: two pieces of memory that is only an address. */
struct exporter {
	struct dma_buf *dmabuf;
	u64 second;		/* where the second piece is */
	int map_ret;
	int attached;
	int mapped;
	int released;
};

static int exp_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct exporter *e = dmabuf->priv;

	e->attached++;
	return 0;
}

static void exp_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct exporter *e = dmabuf->priv;

	e->attached--;
}

static struct sg_table *exp_map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
	struct exporter *e = attach->dmabuf->priv;
	struct sg_table *sgt;

	if (e->map_ret)
		return ERR_PTR(e->map_ret);
	sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	if (!sgt || sg_alloc_table(sgt, 2, GFP_KERNEL)) {
		kfree(sgt);
		return ERR_PTR(-ENOMEM);
	}
	sg_dma_address(sgt->sgl) = 0x44400000;
	sg_dma_len(sgt->sgl) = SZ_8K;
	sg_dma_address(sg_next(sgt->sgl)) = e->second;
	sg_dma_len(sg_next(sgt->sgl)) = SZ_4K;
	e->mapped++;
	return sgt;
}

static void exp_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
		      enum dma_data_direction dir)
{
	struct exporter *e = attach->dmabuf->priv;

	e->mapped--;
	sg_free_table(sgt);
	kfree(sgt);
}

static void exp_release(struct dma_buf *dmabuf)
{
	struct exporter *e = dmabuf->priv;

	e->released++;
}

static const struct dma_buf_ops exp_ops = {
	.attach = exp_attach,
	.detach = exp_detach,
	.map_dma_buf = exp_map,
	.unmap_dma_buf = exp_unmap,
	.release = exp_release,
};

static void exp_pdev_end(void *pdev)
{
	platform_device_unregister(pdev);
}

static struct platform_device *exp_device(struct kunit *test)
{
	struct platform_device *pdev = platform_device_register_simple("kunit-rm-mem", -1, NULL, 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	ferry_defer(test, exp_pdev_end, pdev);
	return pdev;
}

static struct exporter *exporter(struct kunit *test)
{
	struct exporter *e = kunit_kzalloc(test, sizeof(*e), GFP_KERNEL);
	DEFINE_DMA_BUF_EXPORT_INFO(info);

	KUNIT_ASSERT_NOT_NULL(test, e);
	e->second = 0x123456000;
	info.ops = &exp_ops;
	info.size = SZ_8K + SZ_4K;
	info.flags = O_RDWR;
	info.priv = e;
	e->dmabuf = dma_buf_export(&info);
	KUNIT_ASSERT_FALSE(test, IS_ERR(e->dmabuf));
	return e;
}

/* Each piece is a range; the buffer stays until it is back. */
static void buffers_are_lent_as_their_exporter_maps_them(struct kunit *test)
{
	static const u8 ranges[] = {
		2, 0, 0, 0,
		0, 0, 0x40, 0x44, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0,
		0, 0x60, 0x45, 0x23, 1, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0,
	};
	struct device *dev = &exp_device(test)->dev;
	struct memtest *t = mem_test(test, 0);
	struct exporter *e = exporter(test);
	unsigned long nr = next_packet(t);
	struct ferry_gunyah_mem *mem = ferry_gunyah_mem_lend_dmabuf(t->vm, &lend, e->dmabuf, dev);

	KUNIT_ASSERT_FALSE(test, IS_ERR(mem));
	dma_buf_put(e->dmabuf);
	KUNIT_ASSERT_EQ(test, ferry_sim_gunyah_rm_seen(t->r->sim, nr, t->r->packet), 64);
	KUNIT_EXPECT_MEMEQ(test, t->r->packet + 24, ranges, 40);
	KUNIT_EXPECT_EQ(test, mem_lent(t), SZ_8K + SZ_4K);
	KUNIT_EXPECT_EQ(test, e->mapped, 1);
	KUNIT_EXPECT_EQ(test, e->released, 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_reclaim(mem), 0);
	KUNIT_EXPECT_EQ(test, e->mapped, 0);
	KUNIT_EXPECT_EQ(test, e->attached, 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(e->released) == 1));
}

/* It was never lent: nothing of it stays. */
static void buffers_that_cannot_be_lent_are_let_go(struct kunit *test)
{
	struct device *dev = &exp_device(test)->dev;
	struct memtest *t = mem_test(test, 0);
	struct exporter *e = exporter(test);

	e->map_ret = -ENODATA;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_mem_lend_dmabuf(t->vm, &lend, e->dmabuf,
									   dev)), -ENODATA);
	e->map_ret = 0;
	e->second += SZ_2K;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_mem_lend_dmabuf(t->vm, &lend, e->dmabuf,
									   dev)), -EINVAL);
	e->second = SZ_4K;
	ferry_sim_gunyah_rm_answer(t->r->sim, RM_MEM_LEND, RM_DENIED, NULL, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_mem_lend_dmabuf(t->vm, &lend, e->dmabuf,
									   dev)), -EPERM);
	KUNIT_EXPECT_EQ(test, e->mapped, 0);
	KUNIT_EXPECT_EQ(test, e->attached, 0);
	KUNIT_EXPECT_EQ(test, mem_lent(t), 0);
	dma_buf_put(e->dmabuf);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(e->released) == 1));
}

/* A VM that was made has it until it was reset. */
static void memory_comes_back_after_the_reset(struct kunit *test)
{
	struct memtest *t = mem_test(test, 1);
	struct ferry_gunyah_image image = { .size = PAGE_SIZE, .dt_offset = PAGE_SIZE };
	struct ferry_gunyah_mem *mem = ferry_gunyah_mem_lend(t->vm, &lend, t->pages, 2);

	KUNIT_ASSERT_FALSE(test, IS_ERR(mem));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_config(t->vm, mem, &image), 0);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_init(t->vm), 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_reclaim(mem), -EINVAL);
	KUNIT_EXPECT_EQ(test, page_count(t->block), 3);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_start(t->vm), 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_mem_reclaim(mem), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_destroy(t->vm), 0);
	t->vm = NULL;
	KUNIT_EXPECT_EQ(test, mem_lent(t), 0);
	KUNIT_EXPECT_EQ(test, page_count(t->block), 1);
	KUNIT_EXPECT_EQ(test, rmrig_stats(t->r).lost, 0);
}

/* Memory that is granted to a VM through its link. */
static struct ferry_provider *grant(struct memtest *t, struct device *dev)
{
	const struct ferry_provide_cfg cfg = {
		.backing = FERRY_BACKING_COHERENT, .dev = dev, .max_size = SZ_64K, .max = 2,
		.align = PAGE_SIZE, .grant = &ferry_gunyah_grant, .grant_data = t->vm,
	};
	struct ferry_provider *p = ferry_provider_create(ferry_gunyah_vm_link(t->vm), &cfg);
	struct ferry_region *region;

	KUNIT_ASSERT_FALSE(t->test, IS_ERR(p));
	region = ferry_region_provide(p, 1, 2 * PAGE_SIZE, 0);
	KUNIT_EXPECT_FALSE(t->test, IS_ERR(region));
	if (!IS_ERR(region))
		ferry_region_put(region);
	return p;
}

static void granted_memory_is_revoked_after_the_reset(struct kunit *test)
{
	struct memtest *t = mem_test(test, 0);
	struct platform_device *pdev = platform_device_register_simple("kunit-rm-mem", -1, NULL, 0);
	struct ferry_provider *p;

	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	if (dma_coerce_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64))) {
		platform_device_unregister(pdev);
		kunit_skip(test, "no DMA here");
	}
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_init(t->vm), 0);
	p = grant(t, &pdev->dev);
	KUNIT_EXPECT_EQ(test, mem_lent(t), 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_start(t->vm), 0);
	/* It runs: the link cannot be stopped as long as it may use the memory. */
	KUNIT_EXPECT_NE(test, ferry_link_stop(ferry_gunyah_vm_link(t->vm)), 0);
	KUNIT_EXPECT_EQ(test, mem_lent(t), 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_stop(t->vm), 0);
	KUNIT_EXPECT_EQ(test, ferry_link_stop(ferry_gunyah_vm_link(t->vm)), 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), FERRY_GUNYAH_VM_RESET);
	KUNIT_EXPECT_EQ(test, mem_lent(t), 0);
	ferry_provider_destroy(p);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_destroy(t->vm), 0);
	t->vm = NULL;
	platform_device_unregister(pdev);
}

static int lend_attempt(void *arg)
{
	struct memtest *t = arg;
	struct ferry_gunyah_mem *mem = ferry_gunyah_mem_lend(t->vm, &lend, t->pages, 1);

	if (IS_ERR(mem))
		return PTR_ERR(mem);
	while (ferry_gunyah_mem_reclaim(mem))
		;
	return 0;
}

static void lend_survives_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, lend_attempt, mem_test(test, 0));
}

static struct kunit_case gunyah_rm_mem_cases[] = {
	KUNIT_CASE(lend_has_these_bytes),
	KUNIT_CASE(share_names_both),
	KUNIT_CASE(long_lists_are_appended),
	KUNIT_CASE(refused_memory_is_ours),
	KUNIT_CASE(memory_in_doubt_is_kept),
	KUNIT_CASE(buffers_are_lent_as_their_exporter_maps_them),
	KUNIT_CASE(buffers_that_cannot_be_lent_are_let_go),
	KUNIT_CASE(memory_comes_back_after_the_reset),
	KUNIT_CASE(granted_memory_is_revoked_after_the_reset),
	KUNIT_CASE(lend_survives_a_failing_allocation),
	{}
};

static struct kunit_suite gunyah_rm_mem_suite = {
	.name = "ferry_gunyah_rm_mem",
	.suite_init = rmrig_suite_init,
	.test_cases = gunyah_rm_mem_cases,
};

kunit_test_suite(gunyah_rm_mem_suite);

MODULE_DESCRIPTION("Ferry: tests of memory for VMs of Gunyah");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
