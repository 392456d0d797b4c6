// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters, and debugfs: /sys/kernel/debug/ferry/ports and LINK/{channels,pools,stats}
 * beside it.
 */
#include <linux/debugfs.h>
#include <linux/export.h>
#include <linux/seq_file.h>

#include "core.h"
#include "memory.h"

#define DROP_NAME(id, name)	[FERRY_DROP_##id] = name,

const char * const ferry_drop_names[FERRY_NR_DROPS] = { FERRY_DROPS(DROP_NAME) };

static struct dentry *ferry_debugfs;

void ferry_stats_add(struct ferry_stats *sum, const struct ferry_stats *s)
{
	int i;

	sum->tx_msgs += s->tx_msgs;
	sum->tx_bytes += s->tx_bytes;
	sum->rx_msgs += s->rx_msgs;
	sum->rx_bytes += s->rx_bytes;
	sum->stalls += s->stalls;
	for (i = 0; i < FERRY_NR_DROPS; i++)
		sum->drops[i] += s->drops[i];
}

/**
 * ferry_link_stats - counters of all channels of a link, and of none
 * @link:	the link
 * @stats:	filled
 *
 * Channels made on demand are in it after they are gone, others are not.
 *
 * Context: process, may sleep.
 */
void ferry_link_stats(struct ferry_link *link, struct ferry_stats *stats)
{
	struct ferry_channel *ch;
	struct ferry_txq *txq;
	struct ferry_rxq *rxq;
	int i;

	guard(mutex)(&link->lock);
	*stats = link->gone;
	list_for_each_entry(ch, &link->channels, node)
		ferry_stats_add(stats, &ch->stats);
	list_for_each_entry(txq, &link->txqs, node)
		stats->doorbells += txq->doorbells;
	list_for_each_entry(rxq, &link->rxqs, node)
		for (i = 0; i < FERRY_NR_DROPS; i++)
			stats->drops[i] += rxq->drops[i];
}
EXPORT_SYMBOL_GPL(ferry_link_stats);

static void stats_print(struct seq_file *m, const struct ferry_stats *s)
{
	int i;

	seq_printf(m, "tx-messages %llu\n", s->tx_msgs);
	seq_printf(m, "tx-bytes %llu\n", s->tx_bytes);
	seq_printf(m, "rx-messages %llu\n", s->rx_msgs);
	seq_printf(m, "rx-bytes %llu\n", s->rx_bytes);
	seq_printf(m, "stalls %llu\n", s->stalls);
	seq_printf(m, "doorbells %llu\n", s->doorbells);
	for (i = 0; i < FERRY_NR_DROPS; i++)
		seq_printf(m, "drop-%s %llu\n", ferry_drop_names[i], s->drops[i]);
}

static int stats_show(struct seq_file *m, void *unused)
{
	struct ferry_stats stats;

	ferry_link_stats(m->private, &stats);
	stats_print(m, &stats);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

u64 ferry_stats_drops(const struct ferry_stats *s)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < FERRY_NR_DROPS; i++)
		sum += s->drops[i];
	return sum;
}

static int channels_show(struct seq_file *m, void *unused)
{
	struct ferry_link *link = m->private;
	struct ferry_channel *ch;

	guard(mutex)(&link->lock);
	seq_puts(m, "name number class open mtu tx-messages tx-bytes rx-messages rx-bytes stalls drops waiting\n");
	list_for_each_entry(ch, &link->channels, node)
		seq_printf(m, "%s %d %s %d %zu %llu %llu %llu %llu %llu %llu %u\n",
			   ch->name[0] ? ch->name : "-", (int)ch->number,
			   ch->cls == FERRY_CLASS_HS ? "high-speed" : "general",
			   !!rcu_access_pointer(ch->ep), ch->mtu, ch->stats.tx_msgs,
			   ch->stats.tx_bytes, ch->stats.rx_msgs, ch->stats.rx_bytes,
			   ch->stats.stalls, ferry_stats_drops(&ch->stats), ch->nr_waiters);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(channels);

static void pools_print(struct seq_file *m, const char *name,
			const struct ferry_memory_stats *stats)
{
	seq_printf(m, "%s %u %u %u %llu\n", name, stats->total, stats->free, stats->lent,
		   stats->lent_bytes);
}

static int pools_show(struct seq_file *m, void *unused)
{
	struct ferry_link *link = m->private;
	struct ferry_memory_stats kept = {};
	struct ferry_memory *mem;

	guard(mutex)(&link->lock);
	seq_puts(m, "name total free lent lent-bytes\n");
	list_for_each_entry(mem, &link->memory, node) {
		struct ferry_memory_stats stats = {};

		mem->ops->stats(mem, &stats);
		pools_print(m, mem->name, &stats);
	}
	ferry_quarantine_stats(link, &kept);
	pools_print(m, "quarantine", &kept);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pools);

void ferry_debugfs_add(struct ferry_link *link)
{
	link->debugfs = debugfs_create_dir(link->name, ferry_debugfs);
	debugfs_create_file("stats", 0444, link->debugfs, link, &stats_fops);
	debugfs_create_file("channels", 0444, link->debugfs, link, &channels_fops);
	debugfs_create_file("pools", 0444, link->debugfs, link, &pools_fops);
}

static int ports_show(struct seq_file *m, void *unused)
{
	ferry_ports_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ports);

void ferry_debugfs_init(void)
{
	ferry_debugfs = debugfs_create_dir("ferry", NULL);
	debugfs_create_file("ports", 0444, ferry_debugfs, NULL, &ports_fops);
}

void ferry_debugfs_exit(void)
{
	debugfs_remove_recursive(ferry_debugfs);
}
