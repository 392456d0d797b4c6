// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated remote of SMD in debugfs::
 *
 *   /sys/kernel/debug/ferry-sim-smd/NAME/
 *       channels  one line each: what it is, states of both sides, counters
 *       bad       what the other side did wrong: channel, what, how often
 *       do        write a line:
 *                   create CHANNEL RING [words] [stream] [second] [MODE] [ROLE]
 *                   open CHANNEL, close CHANNEL, flush CHANNEL, state CHANNEL NUMBER
 *                   mode CHANNEL MODE, role CHANNEL ROLE
 *                   fault CHANNEL [FAULT...]     these and no others
 *                   lie CHANNEL LIE
 *                   order CHANNEL COUNT MIN MAX STEP
 *                   crash, restart, restart new
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

#include "debugfs_text.h"
#include "smd_private.h"

#define RSMD_WORDS_MAX	16

#define RSMD_MODE_NAME(id, name)	[FERRY_SIM_SMD_##id] = name,
#define RSMD_ROLE_NAME(id, name)	[FERRY_SIM_SMD_##id] = name,
#define RSMD_FAULT_NAME(id, name)	[FERRY_SIM_SMD_FAULT_##id] = name,
#define RSMD_LIE_NAME(id, name)		[FERRY_SIM_SMD_LIE_##id] = name,
#define RSMD_BAD_NAME(id, name)		[FERRY_SIM_SMD_BAD_##id] = name,

static const char * const rsmd_mode_names[FERRY_SIM_SMD_NR_MODES] = {
	FERRY_SIM_SMD_MODES(RSMD_MODE_NAME)
};

static const char * const rsmd_role_names[FERRY_SIM_SMD_NR_ROLES] = {
	FERRY_SIM_SMD_ROLES(RSMD_ROLE_NAME)
};

static const char * const rsmd_fault_names[FERRY_SIM_SMD_NR_FAULTS] = {
	FERRY_SIM_SMD_FAULTS(RSMD_FAULT_NAME)
};

static const char * const rsmd_lie_names[FERRY_SIM_SMD_NR_LIES] = {
	FERRY_SIM_SMD_LIES(RSMD_LIE_NAME)
};

static const char * const rsmd_bad_names[FERRY_SIM_SMD_NR_BADS] = {
	FERRY_SIM_SMD_BADS(RSMD_BAD_NAME)
};

static struct dentry *rsmd_debugfs;

/* A line of a user, cut into words. */
struct rsmd_line {
	unsigned int nr;
	char *word[RSMD_WORDS_MAX];
};

static void rsmd_show_chan(struct seq_file *s, const struct rsmd_chan *ch)
{
	const struct ferry_sim_smd_stats *st = &ch->stats;

	seq_printf(s, "%s cid %u ring %u %s %s %s %s state %u peer %u", ch->name, ch->cid,
		   ch->cfg.ring, ch->cfg.words ? "words" : "bytes",
		   ch->cfg.stream ? "stream" : "packets", rsmd_mode_names[ch->cfg.mode],
		   rsmd_role_names[ch->cfg.role], ch->state, ch->seen);
	seq_printf(s, " rx %llu rx_bytes %llu tx %llu tx_bytes %llu opens %llu closes %llu",
		   st->rx, st->rx_bytes, st->tx, st->tx_bytes, st->opens, st->closes);
	seq_printf(s, " full %llu read_flags_own %llu read_flags_ours %llu left %u\n", st->full,
		   st->read_flags_own, st->read_flags_ours, ch->order.left);
}

static int channels_show(struct seq_file *s, void *unused)
{
	struct ferry_sim_smd *sim = s->private;
	u32 i;

	mutex_lock(&sim->round);
	for (i = 0; i < sim->nr_chans; i++)
		rsmd_show_chan(s, sim->chan[i]);
	mutex_unlock(&sim->round);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(channels);

static int bad_show(struct seq_file *s, void *unused)
{
	struct ferry_sim_smd *sim = s->private;
	unsigned int bad;
	u32 i;

	mutex_lock(&sim->round);
	for (i = 0; i < sim->nr_chans; i++) {
		for (bad = 0; bad < FERRY_SIM_SMD_NR_BADS; bad++) {
			u64 n = sim->chan[i]->stats.bad[bad];

			if (n)
				seq_printf(s, "%s %s %llu\n", sim->chan[i]->name,
					   rsmd_bad_names[bad], n);
		}
	}
	mutex_unlock(&sim->round);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(bad);

static int rsmd_word_u32(const struct rsmd_line *line, unsigned int i, u32 *value)
{
	return i < line->nr ? kstrtou32(line->word[i], 0, value) : -EINVAL;
}

static int rsmd_do_create(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	struct ferry_sim_smd_channel cfg = { .name = line->nr > 1 ? line->word[1] : "" };
	unsigned int i;
	int ret = rsmd_word_u32(line, 2, &cfg.ring);

	for (i = 3; !ret && i < line->nr; i++) {
		const char *word = line->word[i];
		int mode = match_string(rsmd_mode_names, FERRY_SIM_SMD_NR_MODES, word);
		int role = match_string(rsmd_role_names, FERRY_SIM_SMD_NR_ROLES, word);

		if (mode >= 0)
			cfg.mode = mode;
		else if (role >= 0)
			cfg.role = role;
		else if (!strcmp(word, "words"))
			cfg.words = true;
		else if (!strcmp(word, "stream"))
			cfg.stream = true;
		else if (!strcmp(word, "second"))
			cfg.second = true;
		else
			ret = -EINVAL;
	}
	return ret ?: min(ferry_sim_smd_channel_create(sim, &cfg), 0);
}

static int rsmd_do_open(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	return ferry_sim_smd_open(sim, channel);
}

static int rsmd_do_close(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	return ferry_sim_smd_close(sim, channel, false);
}

static int rsmd_do_flush(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	return ferry_sim_smd_close(sim, channel, true);
}

static int rsmd_do_state(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	u32 state;

	return rsmd_word_u32(line, 2, &state) ?: ferry_sim_smd_set_state(sim, channel, state);
}

static int rsmd_do_mode(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	int mode = line->nr < 3 ? -EINVAL :
		   match_string(rsmd_mode_names, FERRY_SIM_SMD_NR_MODES, line->word[2]);

	return mode < 0 ? mode : ferry_sim_smd_set_mode(sim, channel, mode);
}

static int rsmd_do_role(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	int role = line->nr < 3 ? -EINVAL :
		   match_string(rsmd_role_names, FERRY_SIM_SMD_NR_ROLES, line->word[2]);

	return role < 0 ? role : ferry_sim_smd_set_role(sim, channel, role);
}

static int rsmd_do_fault(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	u32 faults = 0;
	unsigned int i;
	int fault;

	for (i = 2; i < line->nr; i++) {
		fault = match_string(rsmd_fault_names, FERRY_SIM_SMD_NR_FAULTS, line->word[i]);
		if (fault < 0)
			return fault;
		faults |= BIT(fault);
	}
	return ferry_sim_smd_set_faults(sim, channel, faults);
}

static int rsmd_do_lie(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	int lie = line->nr < 3 ? -EINVAL :
		  match_string(rsmd_lie_names, FERRY_SIM_SMD_NR_LIES, line->word[2]);

	return lie < 0 ? lie : ferry_sim_smd_lie(sim, channel, lie);
}

static int rsmd_do_order(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	struct ferry_sim_smd_order order;
	u32 value[4];
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < ARRAY_SIZE(value); i++)
		ret = rsmd_word_u32(line, 2 + i, &value[i]);
	if (ret)
		return ret;
	order.count = cpu_to_le32(value[0]);
	order.min = cpu_to_le32(value[1]);
	order.max = cpu_to_le32(value[2]);
	order.step = cpu_to_le32(value[3]);
	return ferry_sim_smd_order(sim, channel, &order);
}

static int rsmd_do_crash(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	ferry_sim_smd_crash(sim);
	return 0;
}

static int rsmd_do_restart(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line)
{
	ferry_sim_smd_restart(sim, line->nr > 1 && !strcmp(line->word[1], "new"));
	return 0;
}

static const struct {
	const char *name;
	bool channel;
	int (*fn)(struct ferry_sim_smd *sim, int channel, const struct rsmd_line *line);
} rsmd_commands[] = {
	{ "create", false, rsmd_do_create },
	{ "open", true, rsmd_do_open },
	{ "close", true, rsmd_do_close },
	{ "flush", true, rsmd_do_flush },
	{ "state", true, rsmd_do_state },
	{ "mode", true, rsmd_do_mode },
	{ "role", true, rsmd_do_role },
	{ "fault", true, rsmd_do_fault },
	{ "lie", true, rsmd_do_lie },
	{ "order", true, rsmd_do_order },
	{ "crash", false, rsmd_do_crash },
	{ "restart", false, rsmd_do_restart },
};

static int rsmd_do(struct ferry_sim_smd *sim, const struct rsmd_line *line)
{
	unsigned int i;
	int channel = -ENOENT;

	if (line->nr > 1)
		channel = ferry_sim_smd_channel_find(sim, line->word[1]);
	for (i = 0; line->nr && i < ARRAY_SIZE(rsmd_commands); i++) {
		if (strcmp(rsmd_commands[i].name, line->word[0]))
			continue;
		if (rsmd_commands[i].channel && channel < 0)
			return channel;
		return rsmd_commands[i].fn(sim, channel, line);
	}
	return -EINVAL;
}

static ssize_t do_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct ferry_sim_smd *sim = file->private_data;
	struct rsmd_line line = {};
	char *text, *rest, *word;
	int ret;

	text = ferry_sim_line(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	rest = text;
	while (line.nr < RSMD_WORDS_MAX && (word = strsep(&rest, " \t\n"))) {
		if (*word)
			line.word[line.nr++] = word;
	}
	ret = rsmd_do(sim, &line);
	kfree(text);
	return ret ?: len;
}

static const struct file_operations do_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = do_write,
	.llseek = noop_llseek,
};

void rsmd_debugfs_add(struct ferry_sim_smd *sim)
{
	sim->debugfs = debugfs_create_dir(sim->name, rsmd_debugfs);
	debugfs_create_file("channels", 0400, sim->debugfs, sim, &channels_fops);
	debugfs_create_file("bad", 0400, sim->debugfs, sim, &bad_fops);
	debugfs_create_file("do", 0200, sim->debugfs, sim, &do_fops);
}

void rsmd_debugfs_remove(struct ferry_sim_smd *sim)
{
	debugfs_remove_recursive(sim->debugfs);
}

void rsmd_debugfs_init(void)
{
	rsmd_debugfs = debugfs_create_dir("ferry-sim-smd", NULL);
}

void rsmd_debugfs_exit(void)
{
	debugfs_remove_recursive(rsmd_debugfs);
}
