// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor in debugfs::
 *
 *   /sys/kernel/debug/ferry-sim-rtkit/NAME/
 *       state    what it is at
 *       stats    counters, and what the CPU did wrong
 *       faults   names of what is switched on; write names to switch these on and all
 *                others off, an empty line for none
 *       trace    the last messages: "cpu" or "iop" sent it, endpoint, message
 *       do       write a line:
 *                  run, reset                 CPU_CONTROL.RUN
 *                  crash                      with a log of every kind of section
 *                  log CONTEXT TEXT
 *                  lie LIE
 *                  role ENDPOINT ROLE
 *                  versions MIN MAX
 *                  send MSG0 MSG1             any message
 *                  mute MESSAGES              falls silent after so many
 *                  delay MS                   of each message
 *                  notify EVENT               of the SMC
 *                  forget                     begin trace and counters anew
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../compat.h"
#include "debugfs_text.h"
#include "rtkit_private.h"


#define RSIM_NAME(id, name)	[FERRY_SIM_RTKIT_##id] = name,
#define RSIM_WRONG_NAME(id, name)	[FERRY_SIM_RTKIT_WRONG_##id] = name,

static const char * const rsim_role_names[FERRY_SIM_RTKIT_NR_ROLES] = {
	FERRY_SIM_RTKIT_ROLES(RSIM_NAME)
};

static const char * const rsim_state_names[FERRY_SIM_RTKIT_NR_STATES] = {
	FERRY_SIM_RTKIT_STATES(RSIM_NAME)
};

static const char * const rsim_wrong_names[FERRY_SIM_RTKIT_NR_WRONGS] = {
	FERRY_SIM_RTKIT_WRONGS(RSIM_WRONG_NAME)
};

static struct dentry *rsim_debugfs;

static int state_show(struct seq_file *s, void *unused)
{
	seq_printf(s, "%s\n", rsim_state_names[ferry_sim_rtkit_state(s->private)]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int stats_show(struct seq_file *s, void *unused)
{
	struct ferry_sim_rtkit_stats st;
	unsigned int i;

	ferry_sim_rtkit_stats(s->private, &st);
	seq_printf(s, "rx %llu\ntx %llu\ndropped %llu\nignored %llu\nlate %llu\nsunk %llu\n",
		   st.rx, st.tx, st.dropped, st.ignored, st.late, st.sunk);
	seq_printf(s, "logs %llu\nlog_echoes %llu\nboots %llu\ncrashes %llu\nsmc %llu\n",
		   st.logs, st.log_echoes, st.boots, st.crashes, st.smc);
	seq_printf(s, "wrongs %llu\n", st.wrongs);
	for (i = 0; i < FERRY_SIM_RTKIT_NR_WRONGS; i++) {
		if (st.wrong[i])
			seq_printf(s, "wrong-%s %llu\n", rsim_wrong_names[i], st.wrong[i]);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int trace_show(struct seq_file *s, void *unused)
{
	struct ferry_sim_rtkit_trace *trace;
	unsigned int n, i;

	trace = kvcalloc(RSIM_TRACE, sizeof(*trace), GFP_KERNEL);
	if (!trace)
		return -ENOMEM;
	n = ferry_sim_rtkit_trace(s->private, trace, RSIM_TRACE);
	for (i = 0; i < n; i++)
		seq_printf(s, "%s %02x %016llx\n", trace[i].to_cpu ? "iop" : "cpu",
			   trace[i].msg1, trace[i].msg0);
	kvfree(trace);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(trace);

static int faults_show(struct seq_file *m, void *unused)
{
	ferry_sim_flags_show(m, ferry_sim_rtkit_faults(m->private), rsim_fault_names,
			     FERRY_SIM_RTKIT_NR_FAULTS);
	return 0;
}

static ssize_t faults_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	u64 faults;
	int ret;

	ret = ferry_sim_flags_get(from, len, rsim_fault_names, FERRY_SIM_RTKIT_NR_FAULTS, &faults);
	if (ret)
		return ret;
	ferry_sim_rtkit_set_faults(m->private, faults);
	return len;
}
DEFINE_SHOW_STORE_ATTRIBUTE(faults);

static int rsim_do_run(struct ferry_sim_rtkit *sim, char *rest)
{
	ferry_sim_rtkit_run(sim, true);
	return 0;
}

static int rsim_do_reset(struct ferry_sim_rtkit *sim, char *rest)
{
	ferry_sim_rtkit_run(sim, false);
	return 0;
}

static int rsim_do_crash(struct ferry_sim_rtkit *sim, char *rest)
{
	return ferry_sim_rtkit_crash(sim, NULL, 0);
}

static int rsim_do_log(struct ferry_sim_rtkit *sim, char *rest)
{
	char *context = strsep(&rest, " ");

	return rest ? ferry_sim_rtkit_log(sim, context, rest) : -EINVAL;
}

static int rsim_do_lie(struct ferry_sim_rtkit *sim, char *rest)
{
	int lie = match_string(rsim_lie_names, FERRY_SIM_RTKIT_NR_LIES, rest);

	if (lie < 0)
		return lie;
	ferry_sim_rtkit_lie(sim, lie);
	return 0;
}

static int rsim_do_role(struct ferry_sim_rtkit *sim, char *rest)
{
	char *word = strsep(&rest, " ");
	u8 endpoint;
	int role;

	role = rest ? match_string(rsim_role_names, FERRY_SIM_RTKIT_NR_ROLES, rest) : -EINVAL;
	if (role < 0)
		return role;
	return kstrtou8(word, 0, &endpoint) ?: ferry_sim_rtkit_role(sim, endpoint, role);
}

static int rsim_do_versions(struct ferry_sim_rtkit *sim, char *rest)
{
	u16 min, max;

	if (sscanf(rest, "%hu %hu", &min, &max) != 2)
		return -EINVAL;
	ferry_sim_rtkit_versions(sim, min, max);
	return 0;
}

static int rsim_do_send(struct ferry_sim_rtkit *sim, char *rest)
{
	u64 msg0;
	u32 msg1;

	if (sscanf(rest, "%llx %x", &msg0, &msg1) != 2)
		return -EINVAL;
	ferry_sim_rtkit_send(sim, msg0, msg1);
	return 0;
}

static int rsim_do_mute(struct ferry_sim_rtkit *sim, char *rest)
{
	unsigned int n;
	int ret = kstrtouint(rest, 0, &n);

	if (!ret)
		ferry_sim_rtkit_mute_after(sim, n);
	return ret;
}

static int rsim_do_delay(struct ferry_sim_rtkit *sim, char *rest)
{
	unsigned int ms;
	int ret = kstrtouint(rest, 0, &ms);

	if (!ret)
		ferry_sim_rtkit_delay(sim, ms);
	return ret;
}

static int rsim_do_notify(struct ferry_sim_rtkit *sim, char *rest)
{
	u32 event;

	return kstrtou32(rest, 0, &event) ?: ferry_sim_rtkit_smc_notify(sim, event);
}

static int rsim_do_forget(struct ferry_sim_rtkit *sim, char *rest)
{
	ferry_sim_rtkit_forget(sim);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct ferry_sim_rtkit *sim, char *rest);
} rsim_commands[] = {
	{ "run", rsim_do_run },
	{ "reset", rsim_do_reset },
	{ "crash", rsim_do_crash },
	{ "log", rsim_do_log },
	{ "lie", rsim_do_lie },
	{ "role", rsim_do_role },
	{ "versions", rsim_do_versions },
	{ "send", rsim_do_send },
	{ "mute", rsim_do_mute },
	{ "delay", rsim_do_delay },
	{ "notify", rsim_do_notify },
	{ "forget", rsim_do_forget },
};

static int rsim_do(struct ferry_sim_rtkit *sim, char *line)
{
	char *word = strsep(&line, " ");
	static char nothing[1];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rsim_commands); i++) {
		if (!strcmp(rsim_commands[i].name, word))
			return rsim_commands[i].fn(sim, line ? line : nothing);
	}
	return -EINVAL;
}

static ssize_t do_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	char *line = ferry_sim_line(from, len);
	int ret;

	if (IS_ERR(line))
		return PTR_ERR(line);
	ret = rsim_do(file->private_data, strim(line));
	kfree(line);
	return ret ?: len;
}

static const struct file_operations do_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = do_write,
	.llseek = noop_llseek,
};

void rsim_debugfs_add(struct ferry_sim_rtkit *sim)
{
	sim->debugfs = debugfs_create_dir(sim->name, rsim_debugfs);
	debugfs_create_file("state", 0400, sim->debugfs, sim, &state_fops);
	debugfs_create_file("stats", 0400, sim->debugfs, sim, &stats_fops);
	debugfs_create_file("faults", 0600, sim->debugfs, sim, &faults_fops);
	debugfs_create_file("trace", 0400, sim->debugfs, sim, &trace_fops);
	debugfs_create_file("do", 0200, sim->debugfs, sim, &do_fops);
}

void rsim_debugfs_remove(struct ferry_sim_rtkit *sim)
{
	debugfs_remove_recursive(sim->debugfs);
}

void rsim_debugfs_init(void)
{
	rsim_debugfs = debugfs_create_dir("ferry-sim-rtkit", NULL);
}

void rsim_debugfs_exit(void)
{
	debugfs_remove_recursive(rsim_debugfs);
}
