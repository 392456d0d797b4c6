// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exports: what is shared, with whom, and for how long.
 */
#include <kunit/test.h>
#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/fcntl.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/dmabuf.h>
#include <linux/ferry/loan.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/file.h>
#include <linux/iosys-map.h>
#include <linux/kthread.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "../../drivers/compat.h"
#include "../../drivers/core/region.h"
#include "../ferry_kunit.h"
#include "fake.h"

#define BASE	0x82000000ull
#define NR	4
#define SIZE	(NR * PAGE_SIZE)

/* Everything that a test does not put itself is gone after it, and so is the region. */
struct export_ctx {
	void *kmem;
	void *vmem;
	struct ferry_region *region;
	struct ferry_pool *pool;
};

static int export_init(struct kunit *test)
{
	struct export_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return -ENOMEM;
	test->priv = ctx;
	ctx->kmem = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(SIZE));
	ctx->vmem = vzalloc(SIZE);
	return ctx->kmem && ctx->vmem ? 0 : -ENOMEM;
}

/* dma-bufs are closed, and what that queued is done. */
static void export_settle(void)
{
	flush_delayed_fput();
	msleep(20);
}

/* True when the test alone holds the region: memory is given back in work. */
static bool export_all_back(const struct export_ctx *ctx)
{
	return FERRY_WAIT(kref_read(&ctx->region->ref) == 1);
}

static void export_exit(struct kunit *test)
{
	struct export_ctx *ctx = test->priv;

	if (!ctx)
		return;
	ferry_pool_destroy(ctx->pool);
	export_settle();
	if (ctx->region)
		KUNIT_EXPECT_TRUE(test, export_all_back(ctx));
	ferry_region_put(ctx->region);
	vfree(ctx->vmem);
	free_pages((unsigned long)ctx->kmem, get_order(SIZE));
}

static void export_use(struct kunit *test, struct ferry_region *region, size_t buf_size)
{
	struct ferry_pool_cfg cfg = { .size = region->size, .buf_size = buf_size, .align = 64 };
	struct export_ctx *ctx = test->priv;

	ctx->region = region;
	ctx->pool = ferry_pool_create(region, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx->pool));
}

/* A pool of @buf_size bytes each, in pages of the kernel. */
static struct ferry_pool *export_pool(struct kunit *test, size_t buf_size)
{
	struct export_ctx *ctx = test->priv;
	struct ferry_region *region = ferry_region_from_memory(ctx->kmem, BASE, SIZE);

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	export_use(test, region, buf_size);
	return ctx->pool;
}

static struct ferry_buf *export_get(struct kunit *test, struct ferry_pool *pool)
{
	struct ferry_buf *buf = ferry_pool_alloc(pool, 0);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	return buf;
}

static struct dma_buf *export_buf(struct kunit *test, struct ferry_buf *buf)
{
	struct dma_buf *dmabuf = ferry_buf_export(buf, O_RDWR);

	KUNIT_ASSERT_FALSE(test, IS_ERR(dmabuf));
	KUNIT_EXPECT_EQ(test, dmabuf->size, buf->size);
	return dmabuf;
}

static void export_put(struct dma_buf *dmabuf)
{
	dma_buf_put(dmabuf);
	export_settle();
}

static const struct export_shape {
	const char *name;
	size_t buf_size;
	size_t offset;
	int result;
} export_shapes[] = {
	{ "one page", PAGE_SIZE, 0, 0 },
	{ "two pages", 2 * PAGE_SIZE, PAGE_SIZE, 0 },
	{ "a byte less", PAGE_SIZE - 1, 0, -EINVAL },
	{ "a byte more", PAGE_SIZE + 1, 0, -EINVAL },
	{ "begins in a page", PAGE_SIZE, 64, -EINVAL },
	{ "small", 64, 0, -EINVAL },
};

static void export_shape_desc(const struct export_shape *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(export_shape, export_shapes, export_shape_desc);

static void only_whole_pages_are_shared(struct kunit *test)
{
	const struct export_shape *s = test->param_value;
	struct export_ctx *ctx = test->priv;
	struct ferry_pool_cfg cfg = {
		.offset = s->offset, .size = SIZE - s->offset, .buf_size = s->buf_size, .align = 64,
	};
	struct dma_buf *dmabuf;
	struct ferry_buf *buf;

	ctx->region = ferry_region_from_memory(ctx->kmem, BASE, SIZE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx->region));
	ctx->pool = ferry_pool_create(ctx->region, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx->pool));
	buf = export_get(test, ctx->pool);
	dmabuf = ferry_buf_export(buf, O_RDWR);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(dmabuf), s->result);
	if (!IS_ERR(dmabuf))
		dma_buf_put(dmabuf);
	ferry_buf_put(buf);
}

static void other_flags_are_refused(struct kunit *test)
{
	struct ferry_pool *pool = export_pool(test, PAGE_SIZE);
	struct ferry_buf *buf = export_get(test, pool);

	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_export(buf, O_RDWR | O_APPEND), ERR_PTR(-EINVAL));
	KUNIT_EXPECT_PTR_EQ(test, ferry_pool_export(pool, O_TRUNC), ERR_PTR(-EINVAL));
	ferry_buf_put(buf);
}

static void no_release(struct ferry_buf *buf)
{
}

static void buffers_of_others_are_refused(struct kunit *test)
{
	static const struct ferry_buf_ops ops = { .release = no_release };
	struct export_ctx *ctx = test->priv;
	struct ferry_buf buf;

	ferry_buf_init(&buf, &ops, ctx->kmem, BASE, PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_export(&buf, O_RDWR), ERR_PTR(-EOPNOTSUPP));
	ferry_buf_put(&buf);
}

static void the_cpu_sees_the_buffer(struct kunit *test)
{
	struct ferry_pool *pool = export_pool(test, PAGE_SIZE);
	struct ferry_buf *first = export_get(test, pool);
	struct ferry_buf *buf = export_get(test, pool);
	struct dma_buf *dmabuf = export_buf(test, buf);
	struct iosys_map map;

	memset(buf->vaddr, 0x5a, buf->size);
	KUNIT_EXPECT_EQ(test, dma_buf_begin_cpu_access(dmabuf, DMA_BIDIRECTIONAL), 0);
	KUNIT_ASSERT_EQ(test, ferry_dma_buf_vmap(dmabuf, &map), 0);
	KUNIT_EXPECT_FALSE(test, map.is_iomem);
	KUNIT_EXPECT_PTR_EQ(test, map.vaddr, buf->vaddr);
	ferry_dma_buf_vunmap(dmabuf, &map);
	KUNIT_EXPECT_EQ(test, dma_buf_end_cpu_access(dmabuf, DMA_BIDIRECTIONAL), 0);
	export_put(dmabuf);
	ferry_buf_put(first);
	ferry_buf_put(buf);
}

static void a_buffer_is_free_after_its_last_user(struct kunit *test)
{
	struct ferry_pool *pool = export_pool(test, SIZE);
	struct ferry_buf *buf = export_get(test, pool);
	struct dma_buf *a = export_buf(test, buf);
	struct dma_buf *b = export_buf(test, buf);
	struct ferry_pool_stats st;

	ferry_buf_put(buf);
	KUNIT_EXPECT_NULL(test, ferry_pool_alloc(pool, 0));
	export_put(a);
	KUNIT_EXPECT_NULL(test, ferry_pool_alloc(pool, 0));
	export_put(b);
	ferry_pool_stats(pool, &st);
	KUNIT_EXPECT_EQ(test, st.free, 1);
	buf = export_get(test, pool);
	KUNIT_EXPECT_NULL(test, ferry_pool_alloc(pool, 0));
	ferry_buf_put(buf);
}

static void it_may_be_lent_meanwhile(struct kunit *test)
{
	struct ferry_pool *pool = export_pool(test, SIZE);
	struct ferry_buf *buf = export_get(test, pool);
	u64 remote = buf->remote;
	struct dma_buf *dmabuf = export_buf(test, buf);

	ferry_buf_lend(buf);
	ferry_buf_put(buf);
	export_put(dmabuf);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(pool), 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, remote, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(pool), 1);

	buf = export_get(test, pool);
	dmabuf = export_buf(test, buf);
	ferry_buf_lend(buf);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, ferry_pool_returned(pool, remote, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(pool), 0);
	export_put(dmabuf);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(pool), 1);
}

static void it_outlives_pool_and_link(struct kunit *test)
{
	struct fake *f = fake_create(test, 0, 1, 0);
	struct ferry_pool *pool = export_pool(test, PAGE_SIZE);
	struct export_ctx *ctx = test->priv;
	struct ferry_buf *buf;
	struct dma_buf *one, *all;
	struct iosys_map map;

	ferry_link_add_pool(f->link, pool, "shared");
	buf = export_get(test, pool);
	one = export_buf(test, buf);
	all = ferry_pool_export(pool, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(all));
	ferry_buf_lend(buf);
	ferry_buf_put(buf);
	fake_unregister(f);
	ferry_pool_destroy(pool);
	ctx->pool = NULL;
	KUNIT_EXPECT_EQ(test, kref_read(&ctx->region->ref), 2);

	KUNIT_ASSERT_EQ(test, ferry_dma_buf_vmap(all, &map), 0);
	memset(map.vaddr, 0x77, SIZE);
	ferry_dma_buf_vunmap(all, &map);
	export_put(all);
	KUNIT_EXPECT_EQ(test, kref_read(&ctx->region->ref), 2);
	KUNIT_ASSERT_EQ(test, ferry_dma_buf_vmap(one, &map), 0);
	KUNIT_EXPECT_EQ(test, *(u8 *)map.vaddr, 0x77);
	ferry_dma_buf_vunmap(one, &map);
	export_put(one);
	KUNIT_EXPECT_TRUE(test, export_all_back(ctx));
}

static void a_whole_pool_is_shared(struct kunit *test)
{
	struct ferry_pool *pool = export_pool(test, 256);
	struct dma_buf *dmabuf = ferry_pool_export(pool, O_RDWR);
	struct export_ctx *ctx = test->priv;
	struct iosys_map map;

	KUNIT_ASSERT_FALSE(test, IS_ERR(dmabuf));
	KUNIT_EXPECT_EQ(test, dmabuf->size, SIZE);
	KUNIT_ASSERT_EQ(test, ferry_dma_buf_vmap(dmabuf, &map), 0);
	KUNIT_EXPECT_PTR_EQ(test, map.vaddr, ctx->kmem);
	ferry_dma_buf_vunmap(dmabuf, &map);
	KUNIT_EXPECT_NULL(test, ferry_buf_from_dmabuf(dmabuf));
	export_put(dmabuf);
}

static void a_pool_of_broken_pages_is_not_shared(struct kunit *test)
{
	struct ferry_pool *pool = export_pool(test, 192);

	KUNIT_EXPECT_PTR_EQ(test, ferry_pool_export(pool, O_RDWR), ERR_PTR(-EINVAL));
}

static struct sg_table *foreign_map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
	return ERR_PTR(-EIO);
}

static void foreign_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
			  enum dma_data_direction dir)
{
}

static void foreign_release(struct dma_buf *dmabuf)
{
}

static void ours_is_found_behind_its_dmabuf(struct kunit *test)
{
	static const struct dma_buf_ops ops = {
		.map_dma_buf = foreign_map,
		.unmap_dma_buf = foreign_unmap,
		.release = foreign_release,
	};
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct ferry_pool *pool = export_pool(test, SIZE);
	struct ferry_buf *buf = export_get(test, pool);
	struct dma_buf *dmabuf = export_buf(test, buf);
	struct dma_buf *foreign;

	info.ops = &ops;
	info.size = PAGE_SIZE;
	info.priv = test;
	foreign = dma_buf_export(&info);
	KUNIT_ASSERT_FALSE(test, IS_ERR(foreign));
	KUNIT_EXPECT_NULL(test, ferry_buf_from_dmabuf(foreign));
	dma_buf_put(foreign);

	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_from_dmabuf(dmabuf), buf);
	ferry_buf_put(buf);
	export_put(dmabuf);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(pool), 0);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(pool), 1);
}

static unsigned int told;

static void count_told(void *priv, u32 key)
{
	told++;
}

static void a_loan_is_shared(struct kunit *test)
{
	static const struct ferry_loans_ops ops = { .returned = count_told };
	struct export_ctx *ctx = test->priv;
	struct ferry_loans *loans;
	struct dma_buf *dmabuf;
	struct ferry_buf *buf;
	struct iosys_map map;

	told = 0;
	ctx->region = ferry_region_from_memory(ctx->kmem, BASE, SIZE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx->region));
	loans = ferry_loans_create(ctx->region, 1, 1, &ops, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(loans));
	buf = ferry_loan_take(loans, 0, ctx->kmem + PAGE_SIZE, BASE + PAGE_SIZE, PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	dmabuf = export_buf(test, buf);
	KUNIT_ASSERT_EQ(test, ferry_dma_buf_vmap(dmabuf, &map), 0);
	KUNIT_EXPECT_PTR_EQ(test, map.vaddr, buf->vaddr);
	ferry_dma_buf_vunmap(dmabuf, &map);
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, told, 0);
	export_put(dmabuf);
	KUNIT_EXPECT_EQ(test, told, 1);
	ferry_loans_destroy(loans);
}

/* What kunit_vm_mmap() gave the thread of this test, and would leave behind. */
static void export_drop_mm(void)
{
	struct mm_struct *mm = current->mm;

	kthread_unuse_mm(mm);
	mmput(mm);
}

/*
 * Other devices.
 */

static void export_pdev_del(void *pdev)
{
	platform_device_unregister(pdev);
}

static struct device *export_dev(struct kunit *test, u64 mask)
{
	struct platform_device_info info = {
		.name = "ferry-export-kunit", .id = PLATFORM_DEVID_AUTO, .dma_mask = mask,
	};
	struct platform_device *pdev;

	if (!IS_ENABLED(CONFIG_HAS_DMA))
		kunit_skip(test, "this kernel has no DMA");
	pdev = platform_device_register_full(&info);
	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	ferry_defer(test, export_pdev_del, pdev);
	return &pdev->dev;
}

/* What @dev is told of @dmabuf, page by page, is where @vaddr is. */
static void expect_mapped(struct kunit *test, struct dma_buf *dmabuf, struct device *dev,
			  phys_addr_t (*where)(struct export_ctx *ctx, size_t offset))
{
	struct dma_buf_attachment *attach = dma_buf_attach(dmabuf, dev);
	struct scatterlist *sg;
	struct sg_table *sgt;
	size_t done = 0, n;
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(attach));
	sgt = dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
	if (IS_ERR(sgt)) {
		KUNIT_FAIL(test, "cannot map: %ld", PTR_ERR(sgt));
		dma_buf_detach(dmabuf, attach);
		return;
	}
	for_each_sgtable_dma_sg(sgt, sg, i) {
		KUNIT_EXPECT_LE(test, sg_dma_len(sg), dma_get_max_seg_size(dev));
		for (n = 0; n < sg_dma_len(sg); n += PAGE_SIZE, done += PAGE_SIZE)
			KUNIT_EXPECT_EQ(test, sg_dma_address(sg) + n,
					phys_to_dma(dev, where(test->priv, done)));
	}
	KUNIT_EXPECT_EQ(test, done, dmabuf->size);
	dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_BIDIRECTIONAL);
	dma_buf_detach(dmabuf, attach);
}

static phys_addr_t where_kmem(struct export_ctx *ctx, size_t offset)
{
	return virt_to_phys(ctx->kmem + PAGE_SIZE + offset);
}

static phys_addr_t where_vmem(struct export_ctx *ctx, size_t offset)
{
	return page_to_phys(vmalloc_to_page(ctx->vmem + PAGE_SIZE + offset));
}

static phys_addr_t where_coherent(struct export_ctx *ctx, size_t offset)
{
	return dma_to_phys(ctx->region->dev, ctx->region->remote + PAGE_SIZE + offset);
}

/* A part of the region: buffers of two pages behind one that is not shared. */
static void export_part(struct kunit *test, struct ferry_region *region, struct device *dev,
			phys_addr_t (*where)(struct export_ctx *ctx, size_t offset))
{
	struct ferry_pool_cfg cfg = {
		.offset = PAGE_SIZE, .size = SIZE - PAGE_SIZE, .buf_size = 2 * PAGE_SIZE,
		.align = PAGE_SIZE,
	};
	struct export_ctx *ctx = test->priv;
	struct dma_buf *dmabuf;
	struct ferry_buf *buf;

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	ctx->region = region;
	ctx->pool = ferry_pool_create(region, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx->pool));
	buf = export_get(test, ctx->pool);
	dmabuf = export_buf(test, buf);
	expect_mapped(test, dmabuf, dev, where);
	/* Not for ever in one piece. */
	dma_set_max_seg_size(dev, PAGE_SIZE);
	expect_mapped(test, dmabuf, dev, where);
	dma_buf_put(dmabuf);
	ferry_buf_put(buf);
}

static void devices_see_pages(struct kunit *test)
{
	struct export_ctx *ctx = test->priv;

	export_part(test, ferry_region_from_memory(ctx->kmem, BASE, SIZE),
		    export_dev(test, DMA_BIT_MASK(64)), where_kmem);
}

static void devices_see_scattered_pages(struct kunit *test)
{
	struct export_ctx *ctx = test->priv;

	export_part(test, ferry_region_from_memory(ctx->vmem, BASE, SIZE),
		    export_dev(test, DMA_BIT_MASK(64)), where_vmem);
}

static void devices_see_coherent_memory(struct kunit *test)
{
	struct device *dev = export_dev(test, DMA_BIT_MASK(64));

	export_part(test, ferry_region_from_coherent(dev, SIZE), dev, where_coherent);
}

/* As if these pages were reserved: all that is used of them is where they are. */
static struct ferry_region *reserved_region(struct kunit *test)
{
	struct export_ctx *ctx = test->priv;
	struct ferry_region *region = ferry_region_from_memory(ctx->kmem, BASE, SIZE);

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	region->ops = &ferry_region_reserved_ops;
	region->phys = virt_to_phys(ctx->kmem);
	return region;
}

static void devices_see_reserved_memory(struct kunit *test)
{
	export_part(test, reserved_region(test), export_dev(test, DMA_BIT_MASK(64)), where_kmem);
}

static void reserved_memory_may_be_out_of_reach(struct kunit *test)
{
	struct device *dev = export_dev(test, DMA_BIT_MASK(12));
	struct export_ctx *ctx = test->priv;
	struct dma_buf_attachment *attach;
	struct dma_buf *dmabuf;

	export_use(test, reserved_region(test), SIZE);
	dmabuf = ferry_pool_export(ctx->pool, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dmabuf));
	attach = dma_buf_attach(dmabuf, dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(attach));
	KUNIT_EXPECT_PTR_EQ(test, dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL),
			    ERR_PTR(-ERANGE));
	dma_buf_detach(dmabuf, attach);
	dma_buf_put(dmabuf);
}

/* As when a driver is bound again: the pages are the same. */
static void held_memory_is_in_no_second_pool(struct kunit *test)
{
	struct ferry_pool_cfg cfg = { .size = SIZE, .buf_size = PAGE_SIZE, .align = 64 };
	struct export_ctx *ctx = test->priv;
	struct dma_buf *dmabuf[2];
	struct ferry_buf *buf;
	unsigned int i;

	export_use(test, reserved_region(test), PAGE_SIZE);
	buf = export_get(test, ctx->pool);
	dmabuf[0] = export_buf(test, buf);
	dmabuf[1] = ferry_pool_export(ctx->pool, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dmabuf[1]));
	ferry_buf_put(buf);
	ferry_pool_destroy(ctx->pool);
	ctx->pool = NULL;
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_PTR_EQ(test, ferry_pool_create(ctx->region, &cfg), ERR_PTR(-EBUSY));
		export_put(dmabuf[i]);
	}
	KUNIT_EXPECT_TRUE(test, export_all_back(ctx));
	ctx->pool = ferry_pool_create(ctx->region, &cfg);
	KUNIT_EXPECT_FALSE(test, IS_ERR(ctx->pool));
}

static void devices_that_cannot_reach_it_are_refused(struct kunit *test)
{
	struct device *dev = export_dev(test, DMA_BIT_MASK(12));
	struct ferry_pool *pool = export_pool(test, SIZE);
	struct ferry_buf *buf = export_get(test, pool);
	struct dma_buf *dmabuf = export_buf(test, buf);
	struct dma_buf_attachment *attach = dma_buf_attach(dmabuf, dev);

	KUNIT_ASSERT_FALSE(test, IS_ERR(attach));
	KUNIT_EXPECT_PTR_EQ(test, dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL),
			    ERR_PTR(-ERANGE));
	dma_buf_detach(dmabuf, attach);
	dma_buf_put(dmabuf);
	ferry_buf_put(buf);
}

static void memory_without_pages_is_not_mapped(struct kunit *test)
{
	struct device *dev = export_dev(test, DMA_BIT_MASK(64));
	struct export_ctx *ctx = test->priv;
	struct dma_buf_attachment *attach;
	struct dma_buf *dmabuf;

	/* Nobody touches it: there is nothing. */
	export_use(test, ferry_region_from_memory((void *)SZ_64K, BASE, SIZE), PAGE_SIZE);
	dmabuf = ferry_pool_export(ctx->pool, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dmabuf));
	attach = dma_buf_attach(dmabuf, dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(attach));
	KUNIT_EXPECT_PTR_EQ(test, dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL),
			    ERR_PTR(-EOPNOTSUPP));
	dma_buf_detach(dmabuf, attach);
	KUNIT_EXPECT_EQ(test, (long)kunit_vm_mmap(test, dmabuf->file, 0, SIZE, PROT_READ,
						  MAP_SHARED, 0), -EOPNOTSUPP);
	export_drop_mm();
	dma_buf_put(dmabuf);
}

/*
 * User space.
 */

/* Both see what the other writes, in the part from @offset on that is @len long. */
static void expect_shared(struct kunit *test, struct dma_buf *dmabuf, u8 *vaddr, size_t offset,
			  size_t len)
{
	unsigned long addr = kunit_vm_mmap(test, dmabuf->file, 0, len, PROT_READ | PROT_WRITE,
					   MAP_SHARED, offset);
	size_t i;
	u8 byte;

	KUNIT_ASSERT_NE(test, addr, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	for (i = 0; i < len; i += PAGE_SIZE) {
		vaddr[offset + i] = 1 + i / PAGE_SIZE;
		KUNIT_EXPECT_EQ(test, get_user(byte, (u8 __user *)(addr + i)), 0);
		KUNIT_EXPECT_EQ(test, byte, 1 + i / PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, put_user(0xa5, (u8 __user *)(addr + i + 1)), 0);
		KUNIT_EXPECT_EQ(test, vaddr[offset + i + 1], 0xa5);
	}
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, len), 0);
}

static void map_to_user(struct kunit *test, struct ferry_region *region)
{
	struct export_ctx *ctx = test->priv;
	struct ferry_buf *first, *buf;
	struct dma_buf *dmabuf;

	KUNIT_ASSERT_FALSE(test, IS_ERR(region));
	export_use(test, region, 2 * PAGE_SIZE);
	first = export_get(test, ctx->pool);
	buf = export_get(test, ctx->pool);
	dmabuf = export_buf(test, buf);
	expect_shared(test, dmabuf, buf->vaddr, 0, 2 * PAGE_SIZE);
	expect_shared(test, dmabuf, buf->vaddr, PAGE_SIZE, PAGE_SIZE);
	export_drop_mm();
	dma_buf_put(dmabuf);
	ferry_buf_put(first);
	ferry_buf_put(buf);
}

static void user_space_sees_pages(struct kunit *test)
{
	struct export_ctx *ctx = test->priv;

	map_to_user(test, ferry_region_from_memory(ctx->kmem, BASE, SIZE));
}

static void user_space_sees_scattered_pages(struct kunit *test)
{
	struct export_ctx *ctx = test->priv;

	map_to_user(test, ferry_region_from_memory(ctx->vmem, BASE, SIZE));
}

static void user_space_sees_coherent_memory(struct kunit *test)
{
	struct device *dev = export_dev(test, DMA_BIT_MASK(64));

	map_to_user(test, ferry_region_from_coherent(dev, SIZE));
}

static void user_space_sees_reserved_memory(struct kunit *test)
{
	map_to_user(test, reserved_region(test));
}

static long export_mmap(struct kunit *test, struct dma_buf *dmabuf, size_t len,
			unsigned long prot, unsigned long flags, unsigned long offset)
{
	return kunit_vm_mmap(test, dmabuf->file, 0, len, prot, flags, offset);
}

static int other_mmap(struct file *file, struct vm_area_struct *vma)
{
	return dma_buf_mmap(file->private_data, vma, 0);
}

static const struct file_operations other_fops = {
	.owner = THIS_MODULE,
	.mmap = other_mmap,
};

/* Through a file of another driver, which is open for writing: mprotect() asks nobody. */
static void read_only_stays_read_only(struct kunit *test)
{
	struct ferry_buf *buf = export_get(test, export_pool(test, PAGE_SIZE));
	struct dma_buf *dmabuf = ferry_buf_export(buf, O_RDONLY);
	struct vm_area_struct *vma;
	unsigned long addr;
	struct file *file;

	KUNIT_ASSERT_FALSE(test, IS_ERR(dmabuf));
	file = anon_inode_getfile("other", &other_fops, dmabuf, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	addr = kunit_vm_mmap(test, file, 0, PAGE_SIZE, PROT_READ, MAP_SHARED, 0);
	KUNIT_EXPECT_FALSE(test, IS_ERR_VALUE(addr));
	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, addr);
	KUNIT_EXPECT_TRUE(test, vma && !(vma->vm_flags & VM_MAYWRITE));
	mmap_read_unlock(current->mm);
	export_drop_mm();
	fput(file);
	dma_buf_put(dmabuf);
	ferry_buf_put(buf);
}

static void user_space_sees_no_more_than_that(struct kunit *test)
{
	struct ferry_pool *pool = export_pool(test, 2 * PAGE_SIZE);
	struct ferry_buf *buf = export_get(test, pool);
	struct dma_buf *dmabuf = export_buf(test, buf);
	struct dma_buf *read = ferry_buf_export(buf, O_RDONLY);

	KUNIT_ASSERT_FALSE(test, IS_ERR(read));
	KUNIT_EXPECT_EQ(test, export_mmap(test, dmabuf, 3 * PAGE_SIZE, PROT_READ, MAP_SHARED, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, export_mmap(test, dmabuf, PAGE_SIZE, PROT_READ, MAP_SHARED,
					  2 * PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, export_mmap(test, dmabuf, 2 * PAGE_SIZE, PROT_READ, MAP_SHARED,
					  PAGE_SIZE), -EINVAL);
	KUNIT_EXPECT_EQ(test, export_mmap(test, dmabuf, PAGE_SIZE, PROT_READ, MAP_PRIVATE, 0),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, export_mmap(test, read, PAGE_SIZE, PROT_WRITE, MAP_SHARED, 0),
			-EACCES);
	KUNIT_EXPECT_GT(test, export_mmap(test, read, PAGE_SIZE, PROT_READ, MAP_SHARED, 0), 0);
	export_drop_mm();
	dma_buf_put(read);
	dma_buf_put(dmabuf);
	ferry_buf_put(buf);
}

static int export_attempt(void *buf)
{
	struct dma_buf *dmabuf = ferry_buf_export(buf, O_RDWR);

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	dma_buf_put(dmabuf);
	return 0;
}

static void failed_allocation_leaves_nothing(struct kunit *test)
{
	struct ferry_pool *pool;
	struct ferry_buf *buf;

	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "this kernel has no failslab");
	pool = export_pool(test, SIZE);
	buf = export_get(test, pool);
	ferry_each_alloc_fails(test, export_attempt, buf);
	export_settle();
	ferry_buf_put(buf);
	KUNIT_EXPECT_EQ(test, ferry_pool_free(pool), 1);
}

/* Attachment, list of pages, table, entries. What follows is the debugging code's. */
#define MAP_ALLOCS	4

static void failed_mapping_leaves_nothing(struct kunit *test)
{
#ifdef CONFIG_FAILSLAB
	struct device *dev = export_dev(test, DMA_BIT_MASK(64));
	struct ferry_pool *pool = export_pool(test, SIZE);
	struct ferry_buf *buf = export_get(test, pool);
	struct dma_buf *dmabuf = export_buf(test, buf);
	struct dma_buf_attachment *attach;
	struct sg_table *sgt;
	unsigned int n, failed = 0;

	for (n = 1; failed < MAP_ALLOCS && n < 3 * MAP_ALLOCS; n++) {
		current->fail_nth = n;
		attach = dma_buf_attach(dmabuf, dev);
		sgt = IS_ERR(attach) ? ERR_CAST(attach) :
		      dma_buf_map_attachment_unlocked(attach, DMA_BIDIRECTIONAL);
		current->fail_nth = 0;
		if (IS_ERR(sgt))
			KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(sgt), -ENOMEM, "allocation %u", n);
		else
			dma_buf_unmap_attachment_unlocked(attach, sgt, DMA_BIDIRECTIONAL);
		if (!IS_ERR(attach))
			dma_buf_detach(dmabuf, attach);
		failed += IS_ERR(sgt);
	}
	KUNIT_EXPECT_EQ(test, failed, MAP_ALLOCS);
	dma_buf_put(dmabuf);
	ferry_buf_put(buf);
#else
	kunit_skip(test, "this kernel has no failslab");
#endif
}

static struct kunit_case export_cases[] = {
	KUNIT_CASE_PARAM(only_whole_pages_are_shared, export_shape_gen_params),
	KUNIT_CASE(other_flags_are_refused),
	KUNIT_CASE(buffers_of_others_are_refused),
	KUNIT_CASE(the_cpu_sees_the_buffer),
	KUNIT_CASE(a_buffer_is_free_after_its_last_user),
	KUNIT_CASE(it_may_be_lent_meanwhile),
	KUNIT_CASE(it_outlives_pool_and_link),
	KUNIT_CASE(a_whole_pool_is_shared),
	KUNIT_CASE(a_pool_of_broken_pages_is_not_shared),
	KUNIT_CASE(ours_is_found_behind_its_dmabuf),
	KUNIT_CASE(a_loan_is_shared),
	KUNIT_CASE(devices_see_pages),
	KUNIT_CASE(devices_see_scattered_pages),
	KUNIT_CASE(devices_see_coherent_memory),
	KUNIT_CASE(devices_see_reserved_memory),
	KUNIT_CASE(reserved_memory_may_be_out_of_reach),
	KUNIT_CASE(held_memory_is_in_no_second_pool),
	KUNIT_CASE(devices_that_cannot_reach_it_are_refused),
	KUNIT_CASE(memory_without_pages_is_not_mapped),
	KUNIT_CASE(user_space_sees_pages),
	KUNIT_CASE(user_space_sees_scattered_pages),
	KUNIT_CASE(user_space_sees_coherent_memory),
	KUNIT_CASE(user_space_sees_reserved_memory),
	KUNIT_CASE(read_only_stays_read_only),
	KUNIT_CASE(user_space_sees_no_more_than_that),
	KUNIT_CASE(failed_allocation_leaves_nothing),
	KUNIT_CASE(failed_mapping_leaves_nothing),
	{}
};

static struct kunit_suite export_suite = {
	.name = "ferry_export",
	.init = export_init,
	.exit = export_exit,
	.test_cases = export_cases,
};

kunit_test_suite(export_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Ferry's exports");
