// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU in debugfs::
 *
 *   /sys/kernel/debug/ferry-sim-vchiq/NAME/
 *       stats    counters, and what the host did wrong
 *       faults   names of what is switched on; write names to switch these on and all
 *                others off, an empty line for none
 *       do       write a line:
 *                  lie LIE
 *                  hang-up FOURCC
 *                  call FOURCC          open a service of the host, and echo what it sends
 *                  send MSGID           a message without a payload, in hexadecimal
 *                  reset
 *
 * and what is in vchiq_heard.c.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../compat.h"
#include "debugfs_text.h"
#include "vchiq_private.h"

static struct dentry *vsim_debugfs;

static int stats_show(struct seq_file *s, void *unused)
{
	struct ferry_sim_vchiq_stats st;

	ferry_sim_vchiq_stats(s->private, &st);
	seq_printf(s, "rx %llu\ntx %llu\nsunk %llu\ninits %llu\nwrongs %llu\n", st.rx, st.tx,
		   st.sunk, st.inits, st.wrongs);
	seq_printf(s, "bulks %llu\nbulk-bytes %llu\n", st.bulks, st.bulk_bytes);
	seq_printf(s, "slots %u\nconns %u\n", st.slots, st.conns);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int faults_show(struct seq_file *m, void *unused)
{
	ferry_sim_flags_show(m, ferry_sim_vchiq_faults(m->private), vsim_fault_names,
			     FERRY_SIM_VCHIQ_NR_FAULTS);
	return 0;
}

static ssize_t faults_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	u64 faults;
	int ret;

	ret = ferry_sim_flags_get(from, len, vsim_fault_names, FERRY_SIM_VCHIQ_NR_FAULTS, &faults);
	if (ret)
		return ret;
	ferry_sim_vchiq_set_faults(m->private, faults);
	return len;
}
DEFINE_SHOW_STORE_ATTRIBUTE(faults);

static int do_lie(struct ferry_sim_vchiq *sim, const char *rest)
{
	int lie = match_string(vsim_lie_names, FERRY_SIM_VCHIQ_NR_LIES, rest);

	return lie < 0 ? lie : ferry_sim_vchiq_lie(sim, lie);
}

static int do_call(struct ferry_sim_vchiq *sim, const char *rest)
{
	const u8 *c = (const u8 *)rest;
	struct ferry_sim_vchiq_server client = { .version = 1, .rx = vsim_echo };

	if (strlen(rest) != 4)
		return -EINVAL;
	client.fourcc = VCHIQ_FOURCC(c[0], c[1], c[2], c[3]);
	return ferry_sim_vchiq_call(sim, &client);
}

static int do_hang_up(struct ferry_sim_vchiq *sim, const char *rest)
{
	const u8 *c = (const u8 *)rest;

	if (strlen(rest) != 4)
		return -EINVAL;
	return ferry_sim_vchiq_hang_up(sim, VCHIQ_FOURCC(c[0], c[1], c[2], c[3])) ? 0 : -ENOENT;
}

static int do_send(struct ferry_sim_vchiq *sim, const char *rest)
{
	u32 msgid;

	return kstrtou32(rest, 16, &msgid) ?: ferry_sim_vchiq_raw(sim, msgid, NULL, 0);
}

static int do_line(struct ferry_sim_vchiq *sim, char *line)
{
	const char *word = strsep(&line, " ");

	if (!line && !strcmp(word, "reset")) {
		ferry_sim_vchiq_reset(sim);
		return 0;
	}
	if (!line)
		return -EINVAL;
	if (!strcmp(word, "lie"))
		return do_lie(sim, line);
	if (!strcmp(word, "call"))
		return do_call(sim, line);
	if (!strcmp(word, "hang-up"))
		return do_hang_up(sim, line);
	return strcmp(word, "send") ? -EINVAL : do_send(sim, line);
}

static ssize_t do_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	char *line = ferry_sim_line(from, len);
	int ret;

	if (IS_ERR(line))
		return PTR_ERR(line);
	ret = do_line(file->private_data, strim(line));
	kfree(line);
	return ret ?: len;
}

static const struct file_operations do_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = do_write,
	.llseek = noop_llseek,
};

void vsim_debugfs_add(struct ferry_sim_vchiq *sim)
{
	sim->dir = debugfs_create_dir(sim->cfg.name, vsim_debugfs);
	debugfs_create_file("stats", 0400, sim->dir, sim, &stats_fops);
	debugfs_create_file("faults", 0600, sim->dir, sim, &faults_fops);
	debugfs_create_file("do", 0200, sim->dir, sim, &do_fops);
	vsim_heard_files(sim);
}

void vsim_debugfs_remove(struct ferry_sim_vchiq *sim)
{
	debugfs_remove_recursive(sim->dir);
}

void vsim_debugfs_init(void)
{
	vsim_debugfs = debugfs_create_dir("ferry-sim-vchiq", NULL);
}

void vsim_debugfs_exit(void)
{
	debugfs_remove_recursive(vsim_debugfs);
}
