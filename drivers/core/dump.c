// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crash report: what the core and the protocol know of a link that crashed, as
 * text, for user space to fetch. Documented in Documentation/ABI/testing/ferry-crash.
 *
 * It hangs on the parent of the link: it is kept for minutes, with a reference, and
 * must not keep ferry.ko from being unloaded.
 */
#include <linux/devcoredump.h>
#include <linux/seq_buf.h>
#include <linux/sizes.h>
#include <linux/timekeeping.h>

#include "core.h"
#include "memory.h"

#define DUMP_SIZE	SZ_64K

static const char dump_columns[] =
	"name number open tx-messages rx-messages stalls drops waiting";
static const char dump_cut[] = "\ntruncated\n";

static void dump_head(struct ferry_link *link, struct seq_buf *out)
{
	seq_buf_printf(out, "ferry-crash 1\n");
	seq_buf_printf(out, "link %s\n", link->name);
	seq_buf_printf(out, "reason %s\n", link->crash_reason);
	seq_buf_printf(out, "state %s\n", ferry_state_names[link->crashed_in]);
	seq_buf_printf(out, "epoch %u\n", link->epoch);
	seq_buf_printf(out, "crashes %u\n", link->crashes);
	seq_buf_printf(out, "time %lld\n", ktime_get_real_seconds());
}

static void dump_memory(struct ferry_link *link, struct seq_buf *out)
{
	struct ferry_memory *mem;

	seq_buf_printf(out, "pools name total free lent lent-bytes\n");
	list_for_each_entry(mem, &link->memory, node) {
		struct ferry_memory_stats stats = {};

		mem->ops->stats(mem, &stats);
		seq_buf_printf(out, "%s %u %u %u %llu\n", mem->name, stats.total, stats.free,
			       stats.lent, stats.lent_bytes);
	}
}

static void dump_channels(struct ferry_link *link, struct seq_buf *out)
{
	struct ferry_channel *ch;

	seq_buf_printf(out, "channels %s\n", dump_columns);
	list_for_each_entry(ch, &link->channels, node)
		seq_buf_printf(out, "%s %d %d %llu %llu %llu %llu %u\n",
			       ch->name[0] ? ch->name : "-", (int)ch->number,
			       !!rcu_access_pointer(ch->ep), ch->stats.tx_msgs,
			       ch->stats.rx_msgs, ch->stats.stalls,
			       ferry_stats_drops(&ch->stats), ch->nr_waiters);
}

/* What did not fit is missing, and the report says so. Returns its length. */
static size_t dump_end(char *text, struct seq_buf *out)
{
	size_t len = strnlen(text, DUMP_SIZE - sizeof(dump_cut));

	if (!seq_buf_has_overflowed(out))
		return out->len;
	memcpy(text + len, dump_cut, sizeof(dump_cut) - 1);
	return len + sizeof(dump_cut) - 1;
}

/* Under the mutex of the link, which crashed; its remote was not stopped yet. */
void ferry_dump(struct ferry_link *link)
{
	struct device *parent = link->dev.parent;
	struct seq_buf out;
	char *text;

	if (!IS_ENABLED(CONFIG_DEV_COREDUMP) || !parent)
		return;
	text = vzalloc(DUMP_SIZE);
	if (!text) {
		dev_warn(&link->dev, "no memory for a crash report\n");
		return;
	}
	seq_buf_init(&out, text, DUMP_SIZE);
	dump_head(link, &out);
	dump_memory(link, &out);
	dump_channels(link, &out);
	seq_buf_printf(&out, "protocol\n");
	if (link->cfg.ops->dump)
		link->cfg.ops->dump(link, &out);
	dev_coredumpv(parent, text, dump_end(text, &out), GFP_KERNEL);
}
