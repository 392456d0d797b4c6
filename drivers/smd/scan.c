// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMD: the tables of channels. One side looks into them, the other adds to them.
 *
 * What is in a table, and how large the items of a channel are, is read once when it is
 * found. An entry that says what cannot be is looked at again in the next scan: its
 * allocator may not be through with it.
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/smem.h>
#include <linux/property.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "../compat.h"
#include "layout.h"
#include "smd.h"

struct smd_table {
	u32 item;
	u32 info;	/* and more, by cid */
	u32 fifo;
};

static const struct smd_table smd_tables[SMD_TABLES] = {
	{ SMD_TABLE_ITEM_1, SMD_INFO_ITEM_1, SMD_FIFO_ITEM_1 },
	{ SMD_TABLE_ITEM_2, SMD_INFO_ITEM_2, SMD_FIFO_ITEM_2 },
};

/* Whatever the remote says of its state, this one is there: some never say it [M]. */
#define SMD_NAME_ALWAYS		"rpm_requests"

/* The memory of a channel. */
struct smd_items {
	void *info;
	void *fifo;
	u32 size;	/* of one ring */
	bool words;
};

/*
 * Is this private copy of an entry a channel of this edge? Nothing in it is believed, not
 * even that the name ends.
 */
bool smd_entry_parse(const struct smd_entry *entry, u32 edge, struct smd_found *found)
{
	u32 flags = le32_to_cpu(entry->flags);
	u32 cid = le32_to_cpu(entry->cid);
	size_t len = strnlen(entry->name, SMD_NAME_SIZE);

	if (!entry->ref_count || !len || len == SMD_NAME_SIZE || cid >= SMD_TABLE_ENTRIES ||
	    FIELD_GET(SMD_ENTRY_EDGE, flags) != edge ||
	    !(flags & (SMD_ENTRY_STREAM | SMD_ENTRY_PACKET)))
		return false;
	memcpy(found->name, entry->name, len + 1);
	found->cid = cid;
	found->stream = !(flags & SMD_ENTRY_PACKET);
	return true;
}
FERRY_EXPORT_TEST(smd_entry_parse);

/* 0, -EINVAL sizes that cannot be, or why they are not there. */
static int scan_items(struct ferry_smd *smd, const struct smd_found *found,
		      struct smd_items *items)
{
	const struct smd_table *table = &smd_tables[found->table];
	size_t info_size, fifo_size;

	items->info = ferry_smem_item(smd->cfg.smem, smd->cfg.host, table->info + found->cid,
				      &info_size);
	if (IS_ERR(items->info))
		return PTR_ERR(items->info);
	items->fifo = ferry_smem_item(smd->cfg.smem, smd->cfg.host, table->fifo + found->cid,
				      &fifo_size);
	if (IS_ERR(items->fifo))
		return PTR_ERR(items->fifo);
	if ((info_size != SMD_INFO_BYTES && info_size != SMD_INFO_WORDS) ||
	    fifo_size % (2 * SMD_RING_ALIGN) || fifo_size < 2 * SMD_RING_MIN ||
	    fifo_size > 2 * SMD_RING_MAX)
		return -EINVAL;
	items->words = info_size == SMD_INFO_WORDS;
	items->size = fifo_size / 2;
	/* Those who share them agreed on that, and the heap keeps it. */
	if (!IS_ALIGNED((uintptr_t)items->info, 4) || !IS_ALIGNED((uintptr_t)items->fifo, 4))
		return -EINVAL;
	return 0;
}

static struct fwnode_handle *scan_fwnode(struct fwnode_handle *edge, const char *name)
{
	struct fwnode_handle *child;
	const char *of;

	fwnode_for_each_child_node(edge, child)
		if (!fwnode_property_read_string(child, "qcom,smd-channels", &of) &&
		    !strcmp(of, name))
			return child;	/* with the reference of the walk */
	return NULL;
}

static void channel_layout(struct smd_channel *c, const struct smd_items *items, bool first)
{
	void *halves[2] = { items->info, items->info + smd_half_size(items->words) };
	void *rings[2] = { items->fifo, items->fifo + items->size };

	c->words = items->words;
	c->own = halves[!first];
	c->peer = halves[first];
	ferry_ring_init(&c->tx, rings[!first], items->size, smd_head(c->own, c->words),
			smd_tail(c->own, c->words));
	ferry_ring_init(&c->rx, rings[first], items->size, smd_tail(c->peer, c->words),
			smd_head(c->peer, c->words));
}

static void channel_describe(struct smd_channel *c, const struct smd_found *found)
{
	u32 reserve = SMD_RING_RESERVE + (found->stream ? 0 : sizeof(struct smd_packet));
	struct ferry_channel *ch = &c->ch;

	strscpy(ch->name, found->name, sizeof(ch->name));
	ch->number = found->table * SMD_TABLE_ENTRIES + found->cid;
	ch->cls = FERRY_CLASS_GP;
	ch->mtu = min_t(u32, c->tx.size - reserve, SMD_MTU_MAX);
	/* A packet longer than the ring allows fits as soon as its header was taken. */
	ch->rx_copy = min_t(u32, c->rx.size - SMD_RING_RESERVE, SMD_MTU_MAX);
	ch->keeps = true;
	ch->atomic_ok = true;	/* the kernel's own driver calls them so, under a lock */
	ch->by_remote = c->smd->cfg.role == FERRY_SMD_SCANS;
	ch->fwnode = scan_fwnode(c->smd->cfg.fwnode, found->name);
	ch->ops = c->words ? &smd_ops_words : &smd_ops_bytes;
	ch->txq = &c->txq;
	ch->rxq = &c->rxq;
}

static void channel_free(struct smd_channel *c)
{
	ferry_rxq_exit(&c->rxq);
	ferry_txq_exit(&c->txq);
	fwnode_handle_put(c->ch.fwnode);
	kfree(c);
}

static struct smd_channel *channel_make(struct ferry_smd *smd, const struct smd_found *found,
					const struct smd_items *items)
{
	struct smd_channel *c = kzalloc(sizeof(*c), GFP_KERNEL);
	int ret;

	if (!c)
		return ERR_PTR(-ENOMEM);
	c->smd = smd;
	c->table = found->table;
	c->cid = found->cid;
	c->stream = found->stream;
	c->always = smd->cfg.role == FERRY_SMD_SCANS && !strcmp(found->name, SMD_NAME_ALWAYS);
	spin_lock_init(&c->lock);
	channel_layout(c, items, smd->cfg.role == FERRY_SMD_SCANS);
	channel_describe(c, found);
	ret = ferry_txq_init(&c->txq, smd->link,
			     c->words ? &smd_txq_ops_words : &smd_txq_ops_bytes, false);
	if (!ret)
		ret = ferry_rxq_init(&c->rxq, smd->link,
				     c->words ? &smd_rxq_ops_words : &smd_rxq_ops_bytes);
	/* From then on somebody may open it. */
	smd_channel_start(c, false);
	if (!ret)
		ret = ferry_channel_register(smd->link, &c->ch);
	if (!ret)
		return c;
	channel_free(c);
	return ERR_PTR(ret);
}

/* Under table_lock. -EEXIST for good, or what may be otherwise next time. */
static int channel_add(struct ferry_smd *smd, const struct smd_found *found)
{
	struct smd_items items;
	struct smd_channel *c;
	int ret;

	list_for_each_entry(c, &smd->channels, node)
		if (!strcmp(c->ch.name, found->name) ||
		    (c->table == found->table && c->cid == found->cid))
			return -EEXIST;
	ret = scan_items(smd, found, &items);
	if (ret)
		return ret;
	c = channel_make(smd, found, &items);
	if (IS_ERR(c))
		return PTR_ERR(c);
	list_add_tail_rcu(&c->node, &smd->channels);
	smd_kick(smd);
	rcu_read_lock();
	if (READ_ONCE(smd->running)) {
		smd_channel_offer(c);
		smd_channel_look(c, false);
	}
	rcu_read_unlock();
	return 0;
}

/* Under table_lock. True: there is a channel more. */
static bool scan_slot(struct ferry_smd *smd, const struct smd_entry *shared, unsigned int table,
		      unsigned int slot)
{
	struct smd_found found = { .table = table };
	struct smd_entry entry;
	int ret;

	if (test_bit(slot, smd->taken) || !smd_load(&shared->ref_count))
		return false;
	dma_rmb();	/* the allocator writes that last */
	smd_copy_words_out(&entry, shared, sizeof(entry));	/* each word once */
	if (!smd_entry_parse(&entry, smd->cfg.edge, &found))
		return false;
	ret = channel_add(smd, &found);
	if (!ret || ret == -EEXIST)
		set_bit(slot, smd->taken);
	if (ret)
		dev_warn_ratelimited(ferry_link_dev(smd->link), "channel %s (%u/%u) left out: %d\n",
				     found.name, table, found.cid, ret);
	return !ret;
}

/* Process context. Returns how many channels were found. */
unsigned int smd_scan(struct ferry_smd *smd)
{
	const struct smd_entry *entries;
	unsigned int table, i, n, added = 0;
	size_t size;

	guard(mutex)(&smd->table_lock);
	WRITE_ONCE(smd->space, ferry_smem_free_space(smd->cfg.smem, smd->cfg.host));
	for (table = 0; table < SMD_TABLES; table++) {
		entries = ferry_smem_item(smd->cfg.smem, smd->cfg.host, smd_tables[table].item,
					  &size);
		if (IS_ERR(entries))
			continue;
		n = min_t(size_t, size / sizeof(*entries), SMD_TABLE_ENTRIES);
		for (i = 0; i < n; i++)
			added += scan_slot(smd, &entries[i], table, table * SMD_TABLE_ENTRIES + i);
	}
	return added;
}

/* Process context; the link was unregistered. */
void smd_forget(struct ferry_smd *smd)
{
	struct smd_channel *c, *tmp;

	synchronize_rcu();	/* who looked at them when the link was stopped */
	list_for_each_entry_safe(c, tmp, &smd->channels, node) {
		ferry_channel_unregister(&c->ch);
		list_del(&c->node);
		channel_free(c);
	}
}

/* Under table_lock. The table that we add to, made if it is not there. */
static struct smd_entry *create_table(struct ferry_smd *smd)
{
	const struct ferry_smd_cfg *cfg = &smd->cfg;
	struct smd_entry *entries;
	size_t size;
	int ret;

	ret = ferry_smem_alloc(cfg->smem, cfg->host, SMD_TABLE_ITEM_1, SMD_TABLE_SIZE);
	if (ret && ret != -EEXIST)
		return ERR_PTR(ret);
	entries = ferry_smem_item(cfg->smem, cfg->host, SMD_TABLE_ITEM_1, &size);
	if (IS_ERR(entries))
		return entries;
	if (size < SMD_TABLE_SIZE)
		return ERR_PTR(-EINVAL);
	if (!ret)
		memset(entries, 0, SMD_TABLE_SIZE);
	return entries;
}

/* Under table_lock. Items for @cid; -EEXIST: somebody has them. */
static int create_items(struct ferry_smd *smd, const struct ferry_smd_channel_cfg *cfg, u32 cid)
{
	size_t info_size = cfg->words ? SMD_INFO_WORDS : SMD_INFO_BYTES;
	struct ferry_smem *smem = smd->cfg.smem;
	u32 host = smd->cfg.host;
	void *item;
	int ret;

	ret = ferry_smem_alloc(smem, host, SMD_INFO_ITEM_1 + cid, info_size);
	if (ret)
		return ret;
	ret = ferry_smem_alloc(smem, host, SMD_FIFO_ITEM_1 + cid, 2 * (size_t)cfg->size);
	if (ret)
		return ret;
	item = ferry_smem_item(smem, host, SMD_INFO_ITEM_1 + cid, NULL);
	if (IS_ERR(item))
		return PTR_ERR(item);
	memset(item, 0, info_size);
	item = ferry_smem_item(smem, host, SMD_FIFO_ITEM_1 + cid, NULL);
	if (IS_ERR(item))
		return PTR_ERR(item);
	memset(item, 0, 2 * (size_t)cfg->size);
	return 0;
}

static void create_entry(struct ferry_smd *smd, struct smd_entry *shared,
			 const struct ferry_smd_channel_cfg *cfg, u32 cid)
{
	u32 type = cfg->stream ? SMD_ENTRY_STREAM : SMD_ENTRY_PACKET;
	struct smd_entry entry = {
		.cid = cpu_to_le32(cid),
		.flags = cpu_to_le32(FIELD_PREP(SMD_ENTRY_EDGE, smd->cfg.edge) | type),
	};

	strscpy(entry.name, cfg->name, sizeof(entry.name));
	smd_copy_words_in(shared, &entry, sizeof(entry));
	wmb();	/* all of it, then that it is there; pairs with scan_slot() */
	smd_store(&shared->ref_count, 1);
}

/* Under table_lock. */
static int create_locked(struct ferry_smd *smd, const struct ferry_smd_channel_cfg *cfg)
{
	struct smd_entry *entries = create_table(smd);
	struct smd_found found = { .stream = cfg->stream };
	int ret = -ENOSPC;
	u32 i;

	if (IS_ERR(entries))
		return PTR_ERR(entries);
	/* An entry may be free whose items are not: then the next one may do. */
	for (i = 0; i < SMD_TABLE_ENTRIES && ret; i++) {
		if (smd_load(&entries[i].ref_count))
			continue;
		ret = create_items(smd, cfg, i);
		if (ret && ret != -EEXIST)
			return ret;
		found.cid = i;
	}
	if (ret)
		return -ENOSPC;
	strscpy(found.name, cfg->name, sizeof(found.name));
	ret = channel_add(smd, &found);
	if (ret)
		return ret;
	create_entry(smd, &entries[found.cid], cfg, found.cid);
	smd_kick(smd);
	return 0;
}

/**
 * ferry_smd_channel_create - make a channel that the remote can find
 * @smd:	an edge whose role is %FERRY_SMD_ALLOCATES
 * @cfg:	what it is like
 *
 * It stays until the next boot: SMEM takes nothing back.
 *
 * Context: process, may sleep; not in a callback of the link.
 *
 * Return: 0, -EINVAL, -EEXIST the edge has one of this name, -ENOSPC or -ENOMEM SMEM or
 * its table is full, or what ferry_smem_alloc() returned.
 */
int ferry_smd_channel_create(struct ferry_smd *smd, const struct ferry_smd_channel_cfg *cfg)
{
	size_t len = cfg->name ? strnlen(cfg->name, SMD_NAME_SIZE) : 0;
	struct smd_channel *c;

	if (smd->cfg.role != FERRY_SMD_ALLOCATES || !len || len == SMD_NAME_SIZE ||
	    cfg->size < SMD_RING_MIN || cfg->size > SMD_RING_MAX || cfg->size % SMD_RING_ALIGN)
		return -EINVAL;
	guard(mutex)(&smd->table_lock);
	list_for_each_entry(c, &smd->channels, node)
		if (!strcmp(c->ch.name, cfg->name))
			return -EEXIST;
	return create_locked(smd, cfg);
}
EXPORT_SYMBOL_GPL(ferry_smd_channel_create);
