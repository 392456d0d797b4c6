// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is imported to the simulated VPU, and freed: a dma-buf that exists, and one
 * that is allocated for it.
 *
 *	modprobe ferry_bench_vcsm
 *	cat /sys/kernel/debug/ferry_bench_vcsm
 *
 * gives lines "vcsm-import SIZE insn VALUE 0" and "vcsm-alloc SIZE insn VALUE 0". VALUE is
 * all that the CPU does from the call until the VPU said that it has let go, the VPU and
 * the doorbells included.
 */
#include <linux/debugfs.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/ferry.h>
#include <linux/ferry/dmabuf.h>
#include <linux/ferry/link.h>
#include <linux/ferry/pool.h>
#include <linux/ferry/region.h>
#include <linux/ferry/vcsm.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "../drivers/compat.h"
#include "measure.h"

#define MB_LINK		"vchiq"
#define MB_ROUNDS	16	/* of a measurement */
#define MB_WAIT		(10 * HZ)

static const size_t mb_sizes[] = { SZ_4K, SZ_64K, SZ_1M };

static struct {
	struct ferry_vcsm *vc;
	struct dma_buf *source;		/* to be imported, or NULL: memory is allocated */
	struct dentry *file;
} mb;

struct mb_work {
	struct work_struct work;
	size_t size;
	unsigned int n;
	int ret;
};

static bool mb_held(void)
{
	struct ferry_vcsm_stats stats;

	ferry_vcsm_stats(mb.vc, &stats);
	return stats.held;
}

/* The VPU takes it, and is told to let go. */
static int mb_round(size_t size)
{
	struct dma_buf *chained;

	chained = mb.source ? ferry_vcsm_import(mb.vc, mb.source, "bench") :
			      ferry_vcsm_alloc(mb.vc, size, "bench");
	if (IS_ERR(chained))
		return PTR_ERR(chained);
	dma_buf_put(chained);
	flush_delayed_fput();
	return 0;
}

static int mb_wait(void)
{
	unsigned long limit = jiffies + MB_WAIT;

	while (mb_held()) {
		if (time_after(jiffies, limit))
			return -ETIMEDOUT;
		schedule_timeout_uninterruptible(1);
	}
	return 0;
}

/* In a thread of the kernel: files that a task closes go when it returns to user space. */
static void mb_run_work(struct work_struct *work)
{
	struct mb_work *w = container_of(work, struct mb_work, work);
	unsigned int i;

	for (i = 0; i < w->n && !w->ret; i++)
		w->ret = mb_round(w->size);
	w->ret = w->ret ?: mb_wait();
}

static int mb_run(size_t size, unsigned int n)
{
	struct mb_work w = { .size = size, .n = n };

	INIT_WORK_ONSTACK(&w.work, mb_run_work);
	schedule_work(&w.work);
	flush_work(&w.work);
	destroy_work_on_stack(&w.work);
	return w.ret;
}

/* Memory of nobody in particular, which goes with the dma-buf. */
static struct dma_buf *mb_export(struct ferry_region *region)
{
	struct ferry_pool_cfg cfg = { .size = region->size, .buf_size = region->size,
				      .align = PAGE_SIZE };
	struct ferry_pool *pool = ferry_pool_create(region, &cfg);
	struct dma_buf *dmabuf;

	if (IS_ERR(pool))
		return ERR_CAST(pool);
	dmabuf = ferry_pool_export(pool, O_RDWR);
	ferry_pool_destroy(pool);
	return dmabuf;
}

static struct dma_buf *mb_source(size_t size)
{
	struct ferry_link *link = ferry_link_get(MB_LINK);
	struct ferry_region *region;
	struct dma_buf *dmabuf;

	if (!link)
		return ERR_PTR(-ENODEV);
	region = ferry_region_from_coherent(ferry_link_dev(link)->parent, size);
	ferry_link_put(link);
	if (IS_ERR(region))
		return ERR_CAST(region);
	dmabuf = mb_export(region);
	ferry_region_put(region);
	return dmabuf;
}

static int mb_line(struct seq_file *m, const char *name, size_t size)
{
	u64 value;
	int ret = bench_measure(mb_run, size, MB_ROUNDS, &value);

	if (ret)
		pr_err("ferry_bench_vcsm: %s, %zu bytes: %d\n", name, size, ret);
	else
		seq_printf(m, "vcsm-%s %zu insn %llu.%llu 0\n", name, size, value / 10, value % 10);
	return ret;
}

static int mb_import(struct seq_file *m, size_t size)
{
	int ret;

	mb.source = mb_source(size);
	if (IS_ERR(mb.source))
		return PTR_ERR(mb.source);
	ret = mb_line(m, "import", size);
	dma_buf_put(mb.source);
	mb.source = NULL;
	return ret;
}

static int mb_show(struct seq_file *m, void *unused)
{
	unsigned int i;
	int ret = bench_counter_open();

	if (ret)
		return ret;
	instructions = true;
	for (i = 0; i < ARRAY_SIZE(mb_sizes) && !ret; i++)
		ret = mb_import(m, mb_sizes[i]) ?: mb_line(m, "alloc", mb_sizes[i]);
	bench_counter_close();
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(mb);

static int __init mb_init(void)
{
	mb.vc = ferry_vcsm_get(MB_LINK);
	if (!mb.vc)
		return -ENODEV;
	mb.file = debugfs_create_file("ferry_bench_vcsm", 0400, NULL, NULL, &mb_fops);
	return 0;
}
module_init(mb_init);

static void __exit mb_exit(void)
{
	debugfs_remove(mb.file);
	ferry_vcsm_put(mb.vc);
}
module_exit(mb_exit);

FERRY_IMPORT_DMA_BUF();
MODULE_DESCRIPTION("Ferry: benchmark of memory that is shared with a VPU");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
