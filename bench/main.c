// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/ferry_bench: reading it measures, and gives a line
 * "CASE SIZE UNIT VALUE FLOOR" for each benchmark and size.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "bench.h"
#include "measure.h"

static int bench_line(struct seq_file *m, const struct bench *b, size_t size)
{
	unsigned int n = instructions ? 1024 : size > 4096 ? 2048 : 16384;
	u64 value, floor = 0;
	int ret = bench_measure(b->run, size, n, &value);

	if (!ret && b->floor)
		ret = bench_measure(b->floor, size, n, &floor);
	if (ret) {
		pr_err("ferry_bench: %s, %zu bytes: %d\n", b->name, size, ret);
		return ret;
	}
	seq_printf(m, "%s %zu %s %llu.%llu %llu.%llu\n", b->name, size,
		   instructions ? "insn" : "ns", value / 10, value % 10, floor / 10, floor % 10);
	return 0;
}

static int bench_all(struct seq_file *m, const struct bench *b)
{
	unsigned int i;
	int ret = 0;

	for (; b->name && !ret; b++)
		for (i = 0; i < b->nr_sizes && !ret; i++)
			ret = bench_line(m, b, b->sizes[i]);
	return ret;
}

static int bench_show(struct seq_file *m, void *unused)
{
	int ret;

	instructions = !bench_counter_open();
	ret = bench_all(m, bench_core) ?: bench_all(m, bench_zero);
	if (instructions)
		bench_counter_close();
	return ret;
}
DEFINE_SHOW_ATTRIBUTE(bench);

static struct dentry *bench_file;

static int __init bench_init(void)
{
	int ret = bench_core_init() ?: bench_zero_init();

	if (!ret) {
		bench_file = debugfs_create_file("ferry_bench", 0400, NULL, NULL, &bench_fops);
		return 0;
	}
	bench_zero_exit();
	bench_core_exit();
	return ret;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	debugfs_remove(bench_file);
	bench_zero_exit();
	bench_core_exit();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Ferry: benchmarks of the core");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
