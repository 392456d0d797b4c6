// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU in debugfs::
 *
 *   /sys/kernel/debug/ferry-sim/NAME/
 *       faults   names of what is switched on; write names to switch these on and
 *                all others off, an empty line for none
 *       role     write "CHANNEL ROLE"; reading shows the channels that do not echo
 *       stats    counters
 *       reset    write anything
 *       power    what it is at
 *       crash    write how it dies
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../compat.h"
#include "debugfs_text.h"
#include "keembay_private.h"

#define VPU_ROLE_NAME(id, name)	[FERRY_SIM_VPU_##id] = name,

static const char * const vpu_role_names[FERRY_SIM_VPU_NR_ROLES] = {
	FERRY_SIM_VPU_ROLES(VPU_ROLE_NAME)
};

#define VPU_POWER_NAME(id, name)	[FERRY_SIM_VPU_##id] = name,

static const char * const vpu_power_names[FERRY_SIM_VPU_NR_POWERS] = {
	FERRY_SIM_VPU_POWERS(VPU_POWER_NAME)
};

#define VPU_CRASH_NAME(id, name)	[FERRY_SIM_VPU_CRASH_##id] = name,

static const char * const vpu_crash_names[FERRY_SIM_VPU_NR_CRASHES] = {
	FERRY_SIM_VPU_CRASHES(VPU_CRASH_NAME)
};

static struct dentry *vpu_debugfs;

static int faults_show(struct seq_file *m, void *unused)
{
	ferry_sim_flags_show(m, ferry_sim_vpu_faults(m->private), vpu_fault_names,
			     FERRY_SIM_VPU_NR_FAULTS);
	return 0;
}

static ssize_t faults_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	u64 faults;
	int ret;

	ret = ferry_sim_flags_get(from, len, vpu_fault_names, FERRY_SIM_VPU_NR_FAULTS, &faults);
	if (ret)
		return ret;
	ferry_sim_vpu_set_faults(m->private, faults);
	return len;
}
DEFINE_SHOW_STORE_ATTRIBUTE(faults);

static int role_show(struct seq_file *s, void *unused)
{
	struct ferry_sim_vpu *vpu = s->private;
	unsigned int i;

	for (i = 0; i < KMB_CHANNELS; i++) {
		u8 role = READ_ONCE(vpu->role[i]);

		if (role != FERRY_SIM_VPU_ECHO)
			seq_printf(s, "%u %s\n", i, vpu_role_names[role]);
	}
	return 0;
}

static ssize_t role_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct ferry_sim_vpu *vpu = ((struct seq_file *)file->private_data)->private;
	char *line = ferry_sim_line(from, len);
	unsigned int channel;
	char name[16];
	int role;

	if (IS_ERR(line))
		return PTR_ERR(line);
	role = sscanf(line, "%u %15s", &channel, name) != 2 ? -EINVAL :
	       match_string(vpu_role_names, FERRY_SIM_VPU_NR_ROLES, name);
	kfree(line);
	if (role >= 0)
		role = ferry_sim_vpu_set_role(vpu, channel, role);
	return role < 0 ? role : len;
}

static int stats_show(struct seq_file *s, void *unused)
{
	struct ferry_sim_vpu_stats st;

	ferry_sim_vpu_stats(s->private, &st);
	seq_printf(s, "rx %llu\nrx_bytes %llu\ntx %llu\ntx_bytes %llu\n", st.rx, st.rx_bytes,
		   st.tx, st.tx_bytes);
	seq_printf(s, "bad %llu\nfull %llu\nno_packet %llu\nbogus %llu\nresets %llu\n", st.bad,
		   st.full, st.no_packet, st.bogus, st.resets);
	seq_printf(s, "refused %llu\nwdt_bites %llu\nwdt_quieted %llu\nwdt_not_quieted %llu\n",
		   st.refused, st.wdt_bites, st.wdt_quieted, st.wdt_not_quieted);
	return 0;
}

static int power_show(struct seq_file *s, void *unused)
{
	seq_printf(s, "%s\n", vpu_power_names[ferry_sim_vpu_power(s->private)]);
	return 0;
}

static int crash_show(struct seq_file *s, void *unused)
{
	return 0;
}

static ssize_t crash_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct ferry_sim_vpu *vpu = ((struct seq_file *)file->private_data)->private;
	char *line = ferry_sim_line(from, len);
	int how;

	if (IS_ERR(line))
		return PTR_ERR(line);
	how = __sysfs_match_string(vpu_crash_names, FERRY_SIM_VPU_NR_CRASHES, line);
	kfree(line);
	if (how < 0)
		return how;
	ferry_sim_vpu_crash(vpu, how);
	return len;
}

static int reset_show(struct seq_file *s, void *unused)
{
	return 0;
}

static ssize_t reset_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	ferry_sim_vpu_reset(((struct seq_file *)file->private_data)->private);
	return len;
}

DEFINE_SHOW_STORE_ATTRIBUTE(role);
DEFINE_SHOW_STORE_ATTRIBUTE(reset);
DEFINE_SHOW_STORE_ATTRIBUTE(crash);
DEFINE_SHOW_ATTRIBUTE(stats);
DEFINE_SHOW_ATTRIBUTE(power);

void vpu_debugfs_add(struct ferry_sim_vpu *vpu)
{
	vpu->debugfs = debugfs_create_dir(vpu->cfg.name, vpu_debugfs);
	debugfs_create_file("faults", 0600, vpu->debugfs, vpu, &faults_fops);
	debugfs_create_file("role", 0600, vpu->debugfs, vpu, &role_fops);
	debugfs_create_file("reset", 0200, vpu->debugfs, vpu, &reset_fops);
	debugfs_create_file("stats", 0400, vpu->debugfs, vpu, &stats_fops);
	debugfs_create_file("power", 0400, vpu->debugfs, vpu, &power_fops);
	debugfs_create_file("crash", 0200, vpu->debugfs, vpu, &crash_fops);
}

void vpu_debugfs_remove(struct ferry_sim_vpu *vpu)
{
	debugfs_remove_recursive(vpu->debugfs);
}

void vpu_debugfs_init(void)
{
	vpu_debugfs = debugfs_create_dir("ferry-sim", NULL);
}

void vpu_debugfs_exit(void)
{
	debugfs_remove_recursive(vpu_debugfs);
}
