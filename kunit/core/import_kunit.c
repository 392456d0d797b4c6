// SPDX-License-Identifier: GPL-2.0-only
/*
 * Imports: what the remote could not use is refused, and all else is let go once.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/fcntl.h>
#include <linux/ferry/buf.h>
#include <linux/ferry/dmabuf.h>
#include <linux/ferry/link.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "fake.h"
#include "memory.h"

#define BASE	0x90000000ull
#define SIZE	SZ_16K
#define ALIGNED	SZ_4K

/* A link that takes imports, and an exporter that says what the test wants. */
struct import_ctx {
	struct platform_device *pdev;
	struct ferry_link *link;
	bool registered;
	int stop_ret;

	struct dma_buf *dmabuf;
	struct { u64 addr; u32 len; } seg[4];	/* until one of no bytes */
	struct page *page;
	int attach_ret;
	int map_ret;
	int attached;
	struct device *attached_to;	/* last */
	int mapped;
	int released;
};

/* Of the counters: nobody holds one over the calls of an exporter. */
static DEFINE_SPINLOCK(exporter_lock);

static void exporter_count(int *counter, int by)
{
	guard(spinlock)(&exporter_lock);
	WRITE_ONCE(*counter, *counter + by);
}

static int exporter_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct import_ctx *ctx = dmabuf->priv;

	ctx->attached_to = attach->dev;
	if (!ctx->attach_ret)
		exporter_count(&ctx->attached, 1);
	return ctx->attach_ret;
}

static void exporter_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct import_ctx *ctx = dmabuf->priv;

	exporter_count(&ctx->attached, -1);
}

static unsigned int exporter_segs(const struct import_ctx *ctx)
{
	unsigned int n = 1;

	while (n < ARRAY_SIZE(ctx->seg) && ctx->seg[n].len)
		n++;
	return n;
}

static struct sg_table *exporter_map(struct dma_buf_attachment *attach,
				     enum dma_data_direction dir)
{
	struct import_ctx *ctx = attach->dmabuf->priv;
	struct scatterlist *sg;
	struct sg_table *sgt;
	unsigned int i;

	if (ctx->map_ret)
		return ERR_PTR(ctx->map_ret);
	sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	if (!sgt || sg_alloc_table(sgt, exporter_segs(ctx), GFP_KERNEL)) {
		kfree(sgt);
		return ERR_PTR(-ENOMEM);
	}
	for_each_sgtable_dma_sg(sgt, sg, i) {
		if (ctx->page)
			sg_set_page(sg, ctx->page, ctx->seg[i].len, 0);
		sg_dma_address(sg) = ctx->seg[i].addr;
		sg_dma_len(sg) = ctx->seg[i].len;
	}
	exporter_count(&ctx->mapped, 1);
	return sgt;
}

static void exporter_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
			   enum dma_data_direction dir)
{
	struct import_ctx *ctx = attach->dmabuf->priv;

	exporter_count(&ctx->mapped, -1);
	sg_free_table(sgt);
	kfree(sgt);
}

static void exporter_release(struct dma_buf *dmabuf)
{
	struct import_ctx *ctx = dmabuf->priv;

	ctx->released++;
}

static const struct dma_buf_ops exporter_ops = {
	.attach = exporter_attach,
	.detach = exporter_detach,
	.map_dma_buf = exporter_map,
	.unmap_dma_buf = exporter_unmap,
	.release = exporter_release,
};

static int link_op_start(struct ferry_link *link)
{
	return 0;
}

static int link_op_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct import_ctx *ctx = ferry_link_priv(link);

	return READ_ONCE(ctx->stop_ret);
}

static const struct ferry_link_ops link_ops = {
	.start = link_op_start,
	.stop = link_op_stop,
};

static struct ferry_link *import_link(struct import_ctx *ctx, struct device *dev,
				      unsigned int bits, size_t align, bool start)
{
	struct ferry_link_cfg cfg = {
		.name = "import", .ops = &link_ops, .priv = ctx, .addr_bits = bits,
		.dma_dev = dev, .buf_align = align,
	};
	struct ferry_link *link = ferry_link_alloc(NULL, &cfg);
	int ret;

	if (IS_ERR(link))
		return link;
	ret = ferry_link_register(link);
	if (!ret && start)
		ret = ferry_link_start(link);
	if (ret) {
		ferry_link_put(link);
		return ERR_PTR(ret);
	}
	return link;
}

static int import_dmabuf(struct import_ctx *ctx, size_t size)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);

	info.ops = &exporter_ops;
	info.size = size;
	info.priv = ctx;
	info.flags = O_RDWR;
	ctx->dmabuf = dma_buf_export(&info);
	return PTR_ERR_OR_ZERO(ctx->dmabuf);
}

static int import_init(struct kunit *test)
{
	struct import_ctx *ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	struct platform_device_info info = {
		.name = "ferry-import-kunit", .id = PLATFORM_DEVID_AUTO,
		.dma_mask = DMA_BIT_MASK(32),
	};

	if (!ctx)
		return -ENOMEM;
	test->priv = ctx;
	ctx->seg[0].addr = BASE;
	ctx->seg[0].len = SIZE;
	ctx->pdev = platform_device_register_full(&info);
	if (IS_ERR(ctx->pdev))
		return PTR_ERR(ctx->pdev);
	ctx->link = import_link(ctx, &ctx->pdev->dev, 32, ALIGNED, true);
	if (IS_ERR(ctx->link))
		return PTR_ERR(ctx->link);
	ctx->registered = true;
	return import_dmabuf(ctx, SIZE);
}

static void import_unregister(struct import_ctx *ctx)
{
	if (ctx->registered)
		ferry_link_unregister(ctx->link);
	ctx->registered = false;
}

/* Nothing of the import is left, as soon as the work has run. */
static bool import_gone(const struct import_ctx *ctx)
{
	return FERRY_WAIT(!READ_ONCE(ctx->attached) && !READ_ONCE(ctx->mapped) &&
			  file_count(ctx->dmabuf->file) == 1);
}

static void import_exit(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;

	if (!ctx || IS_ERR_OR_NULL(ctx->pdev) || IS_ERR_OR_NULL(ctx->link))
		return;
	import_unregister(ctx);
	ferry_link_put(ctx->link);
	if (!IS_ERR_OR_NULL(ctx->dmabuf)) {
		KUNIT_EXPECT_TRUE(test, import_gone(ctx));
		KUNIT_EXPECT_EQ(test, ctx->released, 0);
		dma_buf_put(ctx->dmabuf);
		flush_delayed_fput();
		KUNIT_EXPECT_EQ(test, ctx->released, 1);
	}
	platform_device_unregister(ctx->pdev);
}

static struct ferry_buf *import_get(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *buf = ferry_buf_import(ctx->link, ctx->dmabuf);

	KUNIT_ASSERT_FALSE(test, IS_ERR(buf));
	return buf;
}

static void an_import_is_a_buffer(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *buf = import_get(test);

	KUNIT_EXPECT_NULL(test, buf->vaddr);
	KUNIT_EXPECT_EQ(test, buf->remote, BASE);
	KUNIT_EXPECT_EQ(test, buf->size, SIZE);
	KUNIT_EXPECT_EQ(test, ctx->attached, 1);
	KUNIT_EXPECT_EQ(test, ctx->mapped, 1);
	KUNIT_EXPECT_EQ(test, file_count(ctx->dmabuf->file), 2);
	KUNIT_EXPECT_TRUE(test, ferry_buf_is_of(buf, ctx->link));
	ferry_buf_put(buf);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
}

static void each_import_is_one_of_its_own(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *a = import_get(test);
	struct ferry_buf *b = import_get(test);

	KUNIT_EXPECT_PTR_NE(test, a, b);
	KUNIT_EXPECT_EQ(test, ctx->attached, 2);
	ferry_buf_put(a);
	ferry_buf_put(b);
}

/* What an import is exported as is what was imported. */
static void an_import_is_shared_as_what_it_is(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *buf = import_get(test);

	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_export(buf, O_RDWR), ctx->dmabuf);
	KUNIT_EXPECT_EQ(test, file_count(ctx->dmabuf->file), 3);
	dma_buf_put(ctx->dmabuf);
	ferry_buf_put(buf);
}

#define TOP	BIT_ULL(32)

static const struct import_layout {
	const char *name;
	struct { u64 addr; u32 len; } seg[4];
	int result;
} import_layouts[] = {
	{ "one piece", { { BASE, SIZE } }, 0 },
	{ "more than its size", { { BASE, 2 * SIZE } }, 0 },
	{ "two that merge", { { BASE, 4096 }, { BASE + 4096, SIZE - 4096 } }, 0 },
	{ "three that merge", { { BASE, 1 }, { BASE + 1, 4095 },
				{ BASE + 4096, SIZE - 4096 } }, 0 },
	{ "scattered behind its size", { { BASE, SIZE }, { BASE + 2 * SIZE, 4096 } }, 0 },
	{ "two pieces", { { BASE, 4096 }, { BASE + 8192, SIZE - 4096 } }, -EFBIG },
	{ "two in the wrong order", { { BASE + 4096, SIZE - 4096 }, { BASE, 4096 } }, -EFBIG },
	{ "twice the same", { { BASE, 8192 }, { BASE, 8192 } }, -EFBIG },
	{ "third apart", { { BASE, 4096 }, { BASE + 4096, 4096 },
			   { BASE + SIZE, SIZE } }, -EFBIG },
	{ "shorter than its size", { { BASE, SIZE - 1 } }, -EFBIG },
	{ "no bytes", { { BASE, 0 } }, -EFBIG },
	{ "address 0", { { 0, SIZE } }, 0 },
	{ "ends before the last byte", { { TOP - ALIGNED - SIZE, SIZE } }, 0 },
	{ "ends with the last byte", { { TOP - SIZE, SIZE } }, -ERANGE },
	{ "ends behind the last byte", { { TOP - ALIGNED, SIZE } }, -ERANGE },
	{ "begins behind it", { { TOP, SIZE } }, -ERANGE },
	{ "begins with bit 63", { { BIT_ULL(63), SIZE } }, -ERANGE },
	{ "wraps", { { -4096ull, SIZE } }, -ERANGE },
	{ "wraps between pieces", { { -4096ull, 4096 }, { 0, SIZE } }, -ERANGE },
	{ "last page of all", { { U64_MAX - SIZE + 1, SIZE } }, -ERANGE },
	{ "off by one", { { BASE + 1, SIZE } }, -EINVAL },
	{ "half aligned", { { BASE + ALIGNED / 2, SIZE } }, -EINVAL },
};

static void import_layout_desc(const struct import_layout *l, char *desc)
{
	strscpy(desc, l->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(import_layout, import_layouts, import_layout_desc);

static void only_what_the_remote_can_use_is_taken(struct kunit *test)
{
	const struct import_layout *l = test->param_value;
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *buf;

	memcpy(ctx->seg, l->seg, sizeof(ctx->seg));
	buf = ferry_buf_import(ctx->link, ctx->dmabuf);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(buf), l->result);
	if (IS_ERR(buf)) {
		/* At once, not in work. */
		KUNIT_EXPECT_EQ(test, ctx->attached + ctx->mapped, 0);
		return;
	}
	KUNIT_EXPECT_EQ(test, buf->remote, l->seg[0].addr);
	KUNIT_EXPECT_EQ(test, buf->size, SIZE);
	ferry_buf_put(buf);
}

static void a_link_of_64_bits_takes_all_but_the_last_byte(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_link *link = import_link(ctx, &ctx->pdev->dev, 64, 0, true);
	struct ferry_buf *buf;

	KUNIT_ASSERT_FALSE(test, IS_ERR(link));
	ctx->seg[0].addr = U64_MAX - SIZE;
	buf = ferry_buf_import(link, ctx->dmabuf);
	KUNIT_EXPECT_FALSE(test, IS_ERR(buf));
	if (!IS_ERR(buf)) {
		KUNIT_EXPECT_TRUE(test, ferry_buf_is_of(buf, link));
		KUNIT_EXPECT_FALSE(test, ferry_buf_is_of(buf, ctx->link));
		ferry_buf_put(buf);
	}
	ctx->seg[0].addr++;
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_import(link, ctx->dmabuf), ERR_PTR(-ERANGE));
	ferry_link_unregister(link);
	ferry_link_put(link);
}

static void what_would_be_copied_is_refused(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *buf;

	ctx->page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx->page);
	buf = ferry_buf_import(ctx->link, ctx->dmabuf);
	/* The debugging code of dma-bufs hides what there is to compare. */
	if (IS_ENABLED(CONFIG_DMABUF_DEBUG)) {
		KUNIT_EXPECT_FALSE(test, IS_ERR(buf));
		ferry_buf_put(buf);
	} else {
		KUNIT_EXPECT_PTR_EQ(test, buf, ERR_PTR(-ERANGE));
	}
	import_gone(ctx);
	__free_page(ctx->page);
}

static void what_the_exporter_refuses_is_passed_on(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;

	ctx->map_ret = -EIO;
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_import(ctx->link, ctx->dmabuf), ERR_PTR(-EIO));
	KUNIT_EXPECT_EQ(test, ctx->attached, 0);
	ctx->attach_ret = -EBUSY;
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_import(ctx->link, ctx->dmabuf), ERR_PTR(-EBUSY));
	KUNIT_EXPECT_EQ(test, file_count(ctx->dmabuf->file), 1);
	ctx->attach_ret = 0;
	ctx->map_ret = 0;
	ferry_buf_put(import_get(test));
}

static void some_links_take_none(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_link *link = import_link(ctx, NULL, 32, 0, true);

	KUNIT_ASSERT_FALSE(test, IS_ERR(link));
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_import(link, ctx->dmabuf), ERR_PTR(-EOPNOTSUPP));
	ferry_link_unregister(link);
	ferry_link_put(link);
	import_unregister(ctx);
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_import(ctx->link, ctx->dmabuf), ERR_PTR(-ENODEV));
	/* Not a power of two. */
	KUNIT_EXPECT_PTR_EQ(test, import_link(ctx, NULL, 32, 48, true), ERR_PTR(-EINVAL));
}

static void it_stays_while_the_remote_has_it(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *buf = import_get(test);

	KUNIT_EXPECT_EQ(test, ferry_buf_claim(buf), 0);
	KUNIT_EXPECT_EQ(test, ferry_buf_claim(buf), -EBUSY);
	ferry_buf_lend(buf);
	ferry_buf_unclaim(buf);
	ferry_buf_put(buf);
	msleep(50);
	KUNIT_EXPECT_EQ(test, ctx->mapped, 1);
	ferry_buf_recall(buf);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
}

static void put_in_irq(void *buf)
{
	ferry_buf_put(buf);
}

static void recall_in_irq(void *buf)
{
	ferry_buf_recall(buf);
}

static void it_is_let_go_from_hard_irq(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *buf = import_get(test);

	fake_in_irq(test, put_in_irq, buf);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
	buf = import_get(test);
	ferry_buf_lend(buf);
	fake_in_irq(test, put_in_irq, buf);
	KUNIT_EXPECT_EQ(test, ctx->mapped, 1);
	fake_in_irq(test, recall_in_irq, buf);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
}

/* A pool of ours. */
struct own {
	void *mem;
	struct ferry_region *region;
	struct ferry_pool *pool;
};

static void own_free(struct kunit *test, struct own *own)
{
	ferry_pool_destroy(own->pool);
	flush_delayed_fput();
	msleep(50);
	KUNIT_EXPECT_EQ(test, kref_read(&own->region->ref), 1);
	ferry_region_put(own->region);
	free_pages((unsigned long)own->mem, get_order(SIZE));
	kfree(own);
}

static struct own *own_make(struct kunit *test, size_t buf_size, const struct ferry_pool_ops *ops)
{
	struct ferry_pool_cfg cfg = {
		.size = SIZE, .buf_size = buf_size, .align = 64, .ops = ops,
	};
	struct own *own = kzalloc(sizeof(*own), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, own);
	own->mem = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, get_order(SIZE));
	own->region = ferry_region_from_memory(own->mem, BASE, SIZE);
	own->pool = IS_ERR(own->region) ? NULL : ferry_pool_create(own->region, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(own->pool));
	return own;
}

/* The mark of the test: the first byte. */
static bool own_returned(struct ferry_pool *pool, struct ferry_buf *buf)
{
	return !READ_ONCE(*(u8 *)buf->vaddr);
}

static const struct ferry_pool_ops own_marks = {
	.returned = own_returned,
};

static struct ferry_buf *own_send(struct kunit *test, struct own *own, struct ferry_buf *imp)
{
	struct ferry_buf *packet = ferry_pool_alloc(own->pool, 0);

	KUNIT_ASSERT_NOT_NULL(test, packet);
	*(u8 *)packet->vaddr = 1;
	ferry_buf_chain(packet, imp);
	ferry_buf_lend(packet);
	ferry_buf_put(packet);
	return packet;
}

/* Stopping the remote fails, and works for the next link of the device. */
static void what_may_still_be_written_stays(struct kunit *test)
{
	struct own *own = own_make(test, 64, &own_marks);
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *lent = import_get(test);
	struct ferry_buf *chained = import_get(test);
	struct memory_line line;

	ferry_link_add_pool(ctx->link, own->pool, "own");
	own_send(test, own, chained);
	ferry_buf_put(chained);
	ferry_buf_lend(lent);
	ferry_buf_put(lent);
	WRITE_ONCE(ctx->stop_ret, -EIO);
	ferry_link_crash(ctx->link, "the test says so");
	import_unregister(ctx);
	ferry_pool_destroy(own->pool);
	own->pool = NULL;
	ferry_link_put(ctx->link);
	msleep(50);
	KUNIT_EXPECT_EQ(test, ctx->mapped, 2);

	WRITE_ONCE(ctx->stop_ret, 0);
	ctx->link = import_link(ctx, &ctx->pdev->dev, 32, ALIGNED, false);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ctx->link));
	ctx->registered = true;
	KUNIT_EXPECT_EQ(test, ferry_link_state(ctx->link), FERRY_STATE_CRASHED);
	KUNIT_ASSERT_TRUE(test, memory_line(test, ctx->link, "quarantine", &line));
	KUNIT_EXPECT_EQ(test, line.lent, 3);
	KUNIT_EXPECT_EQ(test, line.lent_bytes, 2 * SIZE + 64);
	KUNIT_EXPECT_EQ(test, ferry_link_start(ctx->link), 0);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
	own_free(test, own);
}

static void debugfs_counts_them(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *a, *b;
	struct memory_line line;

	KUNIT_EXPECT_FALSE(test, memory_line(test, ctx->link, "imports", &line));
	a = import_get(test);
	b = import_get(test);
	ferry_buf_lend(b);
	KUNIT_ASSERT_TRUE(test, memory_line(test, ctx->link, "imports", &line));
	KUNIT_EXPECT_EQ(test, line.total, 2);
	KUNIT_EXPECT_EQ(test, line.free, 0);
	KUNIT_EXPECT_EQ(test, line.lent, 1);
	KUNIT_EXPECT_EQ(test, line.lent_bytes, SIZE);
	ferry_buf_put(a);
	/* The remote was stopped: it has nothing any more, and we still do. */
	KUNIT_EXPECT_EQ(test, ferry_link_stop(ctx->link), 0);
	ferry_buf_put(b);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
	KUNIT_ASSERT_TRUE(test, memory_line(test, ctx->link, "imports", &line));
	KUNIT_EXPECT_EQ(test, line.total, 0);
}

static void it_outlives_the_link(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *mine = import_get(test);
	struct ferry_buf *lent = import_get(test);

	ferry_buf_lend(lent);
	ferry_buf_put(lent);
	import_unregister(ctx);
	/* The remote was stopped: what it alone had is gone. */
	msleep(50);
	KUNIT_EXPECT_EQ(test, ctx->mapped, 1);
	KUNIT_EXPECT_FALSE(test, ferry_buf_is_of(mine, ctx->link));
	ferry_buf_put(mine);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
}

/* Its device may go, too: the driver that made the link is unbound. */
static void it_holds_the_device(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *buf = import_get(test);
	struct device *dev = get_device(&ctx->pdev->dev);
	unsigned int held = kref_read(&dev->kobj.kref);

	import_unregister(ctx);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), held);
	ferry_buf_put(buf);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
	KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), held - 1);
	put_device(dev);
}

/* One of the device tree would lose its dma-ranges: the import is not attached to it. */
static void a_device_of_the_tree_may_go_first(struct kunit *test)
{
	struct device_node *root = of_find_node_by_path("/");
	struct platform_device_info info = {
		.name = "ferry-import-kunit", .id = PLATFORM_DEVID_AUTO,
		.dma_mask = DMA_BIT_MASK(32), .fwnode = of_fwnode_handle(root),
	};
	struct import_ctx *ctx = test->priv;
	struct platform_device *pdev;
	struct ferry_link *link;
	struct ferry_buf *buf;

	if (!root)
		kunit_skip(test, "this kernel has no device tree");
	pdev = platform_device_register_full(&info);
	of_node_put(root);
	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	link = import_link(ctx, &pdev->dev, 32, 0, true);
	KUNIT_ASSERT_FALSE(test, IS_ERR(link));
	buf = ferry_buf_import(link, ctx->dmabuf);
	KUNIT_EXPECT_FALSE(test, IS_ERR(buf));
	KUNIT_EXPECT_PTR_NE(test, ctx->attached_to, &pdev->dev);
	KUNIT_EXPECT_EQ(test, dma_get_mask(ctx->attached_to), DMA_BIT_MASK(32));
	ferry_link_unregister(link);
	ferry_link_put(link);
	platform_device_unregister(pdev);
	if (!IS_ERR(buf))
		ferry_buf_put(buf);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
}

/*
 * With buffers of ours.
 */

static void ours_comes_back_as_itself(struct kunit *test)
{
	struct own *own = own_make(test, PAGE_SIZE, NULL);
	struct import_ctx *ctx = test->priv;
	struct dma_buf *dmabuf;
	struct ferry_buf *buf;

	ferry_link_add_pool(ctx->link, own->pool, "own");
	buf = ferry_pool_alloc(own->pool, 0);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_TRUE(test, ferry_buf_is_of(buf, ctx->link));
	dmabuf = ferry_buf_export(buf, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dmabuf));
	KUNIT_EXPECT_PTR_EQ(test, ferry_buf_import(ctx->link, dmabuf), buf);
	ferry_buf_put(buf);
	ferry_buf_put(buf);
	dma_buf_put(dmabuf);
	own_free(test, own);
}

static void ours_of_another_link_is_imported(struct kunit *test)
{
	struct own *own = own_make(test, PAGE_SIZE, NULL);
	struct import_ctx *ctx = test->priv;
	struct ferry_link *other = import_link(ctx, &ctx->pdev->dev, 32, 0, true);
	struct dma_buf *dmabuf;
	struct ferry_buf *buf, *imp;

	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	ferry_link_add_pool(ctx->link, own->pool, "own");
	buf = ferry_pool_alloc(own->pool, 0);
	dmabuf = ferry_buf_export(buf, O_RDWR);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dmabuf));
	KUNIT_EXPECT_FALSE(test, ferry_buf_is_of(buf, other));
	ferry_buf_put(buf);
	imp = ferry_buf_import(other, dmabuf);
	dma_buf_put(dmabuf);
	KUNIT_ASSERT_FALSE(test, IS_ERR(imp));
	KUNIT_EXPECT_PTR_NE(test, imp, buf);
	KUNIT_EXPECT_EQ(test, imp->remote, virt_to_phys(buf->vaddr));
	KUNIT_EXPECT_TRUE(test, ferry_buf_is_of(imp, other));
	/* The first link goes, and its pool: the import has the memory still. */
	import_unregister(ctx);
	ferry_pool_destroy(own->pool);
	own->pool = NULL;
	*(u8 *)buf->vaddr = 1;
	ferry_buf_put(imp);
	ferry_link_unregister(other);
	ferry_link_put(other);
	own_free(test, own);
}

static void it_comes_back_with_its_packet(struct kunit *test)
{
	struct own *own = own_make(test, 64, &own_marks);
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *imp, *packet;
	unsigned int way;

	for (way = 0; way < 4; way++) {
		imp = import_get(test);
		packet = own_send(test, own, imp);
		ferry_buf_put(imp);
		KUNIT_EXPECT_EQ(test, ferry_pool_reap(own->pool, 8), 0);
		KUNIT_EXPECT_EQ(test, ctx->mapped, 1);
		if (way == 0)
			*(u8 *)packet->vaddr = 0;
		else if (way == 1)
			ferry_pool_returned(own->pool, packet->remote,
					    ferry_pool_epoch(own->pool));
		else if (way == 2)
			ferry_pool_reset(own->pool);
		else
			ferry_buf_recall(packet);
		ferry_pool_reap(own->pool, 8);
		KUNIT_EXPECT_TRUE(test, import_gone(ctx));
	}
	own_free(test, own);
}

/* Link first, then pool, or the other way round: it goes once. */
static void it_may_come_back_before_its_packet(struct kunit *test)
{
	struct own *own = own_make(test, 64, &own_marks);
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *imp = import_get(test);

	own_send(test, own, imp);
	ferry_buf_put(imp);
	import_unregister(ctx);
	msleep(50);
	KUNIT_EXPECT_EQ(test, ctx->mapped, 1);
	own_free(test, own);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
}

static void a_chain_that_was_never_lent_lets_go(struct kunit *test)
{
	struct own *own = own_make(test, 64, NULL);
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *imp = import_get(test);
	struct ferry_buf *packet = ferry_pool_alloc(own->pool, 0);

	ferry_buf_chain(packet, imp);
	ferry_buf_put(imp);
	KUNIT_EXPECT_EQ(test, ctx->mapped, 1);
	ferry_buf_put(packet);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
	own_free(test, own);
}

static void a_thousand_are_lent_and_none_is_left(struct kunit *test)
{
	struct own *own = own_make(test, 64, &own_marks);
	struct import_ctx *ctx = test->priv;
	struct ferry_buf *imp, *packet;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		imp = import_get(test);
		packet = own_send(test, own, imp);
		if (i & 1)
			ferry_buf_put(imp);
		*(u8 *)packet->vaddr = 0;
		ferry_pool_reap(own->pool, 8);
		if (!(i & 1))
			ferry_buf_put(imp);
	}
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
	own_free(test, own);
}

#define CROWD_THREADS	4

static int crowd_thread(void *arg)
{
	struct import_ctx *ctx = arg;
	unsigned int i, bad = 0;

	for (i = 0; i < 200; i++) {
		struct ferry_buf *buf = ferry_buf_import(ctx->link, ctx->dmabuf);

		if (IS_ERR(buf)) {
			bad += PTR_ERR(buf) != -ENODEV;
			continue;
		}
		ferry_buf_lend(buf);
		ferry_buf_put(buf);
		ferry_buf_recall(buf);
	}
	return bad;
}

static void a_link_may_go_while_others_import(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;
	struct fake_task *task[CROWD_THREADS];
	unsigned int i;

	for (i = 0; i < CROWD_THREADS; i++)
		task[i] = fake_run(test, crowd_thread, ctx);
	import_unregister(ctx);
	for (i = 0; i < CROWD_THREADS; i++)
		KUNIT_EXPECT_EQ(test, fake_join(task[i]), 0);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
}

static int import_attempt(void *arg)
{
	struct import_ctx *ctx = arg;
	struct ferry_buf *buf = ferry_buf_import(ctx->link, ctx->dmabuf);

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	ferry_buf_put(buf);
	return 0;
}

static void failed_allocation_leaves_nothing(struct kunit *test)
{
	struct import_ctx *ctx = test->priv;

	ferry_each_alloc_fails(test, import_attempt, ctx);
	KUNIT_EXPECT_TRUE(test, import_gone(ctx));
}

static struct kunit_case import_cases[] = {
	KUNIT_CASE(an_import_is_a_buffer),
	KUNIT_CASE(each_import_is_one_of_its_own),
	KUNIT_CASE(an_import_is_shared_as_what_it_is),
	KUNIT_CASE_PARAM(only_what_the_remote_can_use_is_taken, import_layout_gen_params),
	KUNIT_CASE(a_link_of_64_bits_takes_all_but_the_last_byte),
	KUNIT_CASE(what_would_be_copied_is_refused),
	KUNIT_CASE(what_the_exporter_refuses_is_passed_on),
	KUNIT_CASE(some_links_take_none),
	KUNIT_CASE(it_stays_while_the_remote_has_it),
	KUNIT_CASE(it_is_let_go_from_hard_irq),
	KUNIT_CASE(what_may_still_be_written_stays),
	KUNIT_CASE(debugfs_counts_them),
	KUNIT_CASE(it_outlives_the_link),
	KUNIT_CASE(it_holds_the_device),
	KUNIT_CASE(a_device_of_the_tree_may_go_first),
	KUNIT_CASE(ours_comes_back_as_itself),
	KUNIT_CASE(ours_of_another_link_is_imported),
	KUNIT_CASE(it_comes_back_with_its_packet),
	KUNIT_CASE(it_may_come_back_before_its_packet),
	KUNIT_CASE(a_chain_that_was_never_lent_lets_go),
	KUNIT_CASE(a_thousand_are_lent_and_none_is_left),
	KUNIT_CASE(a_link_may_go_while_others_import),
	KUNIT_CASE(failed_allocation_leaves_nothing),
	{}
};

static struct kunit_suite import_suite = {
	.name = "ferry_import",
	.init = import_init,
	.exit = import_exit,
	.test_cases = import_cases,
};

kunit_test_suite(import_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of Ferry's imports");
