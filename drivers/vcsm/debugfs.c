// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: debugfs, vcsm-cma/{state,stats}.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/ferry/link.h>
#include <linux/seq_file.h>

#include "../compat.h"
#include "vcsm.h"

static void state_show_buf(struct seq_file *m, const struct vcsm_buf *b)
{
	seq_printf(m, "%u %s %s %#010x %u %#010x %u %s %.*s\n", b->kernel_id,
		   ferry_vcsm_state_names[b->state], b->in_use ? "in-use" : "unused", b->addr,
		   b->size, b->handle, b->epoch, b->by_vpu ? "vpu" : "host", VCSM_NAME, b->name);
}

static int state_show(struct seq_file *m, void *unused)
{
	struct ferry_vcsm *vc = m->private;
	struct vcsm_buf *b;

	seq_puts(m, "id state user address size handle epoch by name\n");
	guard(spinlock)(&vc->lock);
	list_for_each_entry(b, &vc->bufs, node)
		state_show_buf(m, b);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(state);

static int stats_show(struct seq_file *m, void *unused)
{
	struct ferry_vcsm *vc = m->private;
	struct ferry_vcsm_stats stats;

	ferry_vcsm_stats(vc, &stats);
	seq_printf(m, "link %s\n", ferry_link_name(vc->link));
	seq_printf(m, "version %u\n", stats.version);
	seq_printf(m, "imports %llu\n", stats.imports);
	seq_printf(m, "refused %llu\n", stats.refused);
	seq_printf(m, "frees %llu\n", stats.frees);
	seq_printf(m, "releases %llu\n", stats.releases);
	seq_printf(m, "requests %llu\n", stats.requests);
	seq_printf(m, "granted %llu\n", stats.granted);
	seq_printf(m, "late %llu\n", stats.late);
	seq_printf(m, "unknown %llu\n", stats.unknown);
	seq_printf(m, "malformed %llu\n", stats.malformed);
	seq_printf(m, "stray %llu\n", stats.stray);
	seq_printf(m, "flooded %llu\n", stats.flooded);
	seq_printf(m, "buffers %u\n", stats.buffers);
	seq_printf(m, "in-use %u\n", stats.in_use);
	seq_printf(m, "held %u\n", stats.held);
	seq_printf(m, "vpu-bytes %llu\n", stats.vpu_bytes);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

/*
 * Not in the directory of the link, which is gone before we are told that the link goes, but
 * where programs look for it.
 */
void ferry_vcsm_debugfs_add(struct ferry_vcsm *vc)
{
	char name[16] = "vcsm-cma";

	if (vc->index)
		snprintf(name, sizeof(name), "vcsm-cma%d", vc->index);
	vc->debugfs = debugfs_create_dir(name, NULL);
	debugfs_create_file("state", 0400, vc->debugfs, vc, &state_fops);
	debugfs_create_file("stats", 0400, vc->debugfs, vc, &stats_fops);
}
