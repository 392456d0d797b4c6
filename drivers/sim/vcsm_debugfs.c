// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU in debugfs::
 *
 *   /sys/kernel/debug/ferry-sim-vcsm/NAME/
 *       heap     what it has
 *       stats    counters
 *       faults   names of what is switched on; write names to switch these on and all
 *                others off, an empty line for none
 *       do       write a line:
 *                  hold MS                    how long it uses what it is given from now on
 *                  request SIZE ALIGN         asks the host for memory
 *                  let-go HANDLE              is done with a buffer
 *                  fill HANDLE SEED           writes all of it
 *                  check HANDLE SEED          reads it: EILSEQ if there is something else
 *                  reset                      has nothing any more
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../compat.h"
#include "debugfs_text.h"
#include "vcsm_private.h"

#define SSIM_FAULT_NAME(id, name)	[FERRY_SIM_VCSM_##id] = name,

static const char * const ssim_fault_names[FERRY_SIM_VCSM_NR_FAULTS] = {
	FERRY_SIM_VCSM_FAULTS(SSIM_FAULT_NAME)
};

static struct dentry *ssim_debugfs;

static int heap_show(struct seq_file *m, void *unused)
{
	struct ferry_sim_vcsm *sim = m->private;
	struct ssim_buf *b;

	seq_puts(m, "handle address size id host own name\n");
	guard(mutex)(&sim->lock);
	list_for_each_entry(b, &sim->bufs, node)
		seq_printf(m, "%#010x %#010x %u %u %u %u %s\n", b->handle, b->addr, b->size,
			   b->kernel_id, b->host_refs, b->own_refs, b->name);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(heap);

static int stats_show(struct seq_file *m, void *unused)
{
	struct ferry_sim_vcsm_stats st;

	ferry_sim_vcsm_stats(m->private, &st);
	seq_printf(m, "imports %llu\nfrees %llu\nreleases %llu\n", st.imports, st.frees,
		   st.releases);
	seq_printf(m, "asked %llu\ngranted %llu\nlost %llu\nwrong %llu\n", st.asked, st.granted,
		   st.lost, st.wrong);
	seq_printf(m, "buffers %u\nbytes %llu\n", st.buffers, st.bytes);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int faults_show(struct seq_file *m, void *unused)
{
	ferry_sim_flags_show(m, ferry_sim_vcsm_faults(m->private), ssim_fault_names,
			     FERRY_SIM_VCSM_NR_FAULTS);
	return 0;
}

static ssize_t faults_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	u64 faults;
	int ret;

	ret = ferry_sim_flags_get(from, len, ssim_fault_names, FERRY_SIM_VCSM_NR_FAULTS, &faults);
	if (ret)
		return ret;
	ferry_sim_vcsm_set_faults(m->private, faults);
	return len;
}
DEFINE_SHOW_STORE_ATTRIBUTE(faults);

static int ssim_do(struct ferry_sim_vcsm *sim, const char *line)
{
	u32 a, b;

	if (!strcmp(line, "reset")) {
		ferry_sim_vcsm_reset(sim);
		return 0;
	}
	if (sscanf(line, "hold %u", &a) == 1) {
		ferry_sim_vcsm_hold(sim, a);
		return 0;
	}
	if (sscanf(line, "request %i %i", &a, &b) == 2)
		return ferry_sim_vcsm_request(sim, a, b);
	if (sscanf(line, "let-go %i", &a) == 1)
		return ferry_sim_vcsm_let_go(sim, a);
	if (sscanf(line, "fill %i %i", &a, &b) == 2)
		return ferry_sim_vcsm_fill(sim, a, b);
	if (sscanf(line, "check %i %i", &a, &b) == 2)
		return ferry_sim_vcsm_check(sim, a, b);
	return -EINVAL;
}

static ssize_t do_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	char *line = ferry_sim_line(from, len);
	int ret;

	if (IS_ERR(line))
		return PTR_ERR(line);
	ret = ssim_do(file->private_data, strim(line));
	kfree(line);
	return ret ?: len;
}

static const struct file_operations do_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = do_write,
};

void ssim_debugfs_add(struct ferry_sim_vcsm *sim)
{
	sim->debugfs = debugfs_create_dir(sim->cfg.name, ssim_debugfs);
	debugfs_create_file("heap", 0400, sim->debugfs, sim, &heap_fops);
	debugfs_create_file("stats", 0400, sim->debugfs, sim, &stats_fops);
	debugfs_create_file("faults", 0600, sim->debugfs, sim, &faults_fops);
	debugfs_create_file("do", 0200, sim->debugfs, sim, &do_fops);
}

void ssim_debugfs_init(void)
{
	ssim_debugfs = debugfs_create_dir("ferry-sim-vcsm", NULL);
}

void ssim_debugfs_exit(void)
{
	debugfs_remove_recursive(ssim_debugfs);
}
