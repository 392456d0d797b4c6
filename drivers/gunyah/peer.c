// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah: another VM, which is a link whose channels come and go.
 *
 * There is nothing to boot and no handshake: a link that runs is one whose ports are
 * started.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/ferry/link.h>
#include <linux/ferry/port_gunyah.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "gunyah.h"

void gunyah_peer_lost(struct ferry_gunyah_peer *peer)
{
	ferry_link_crash(peer->link, "a capability is gone, and with it the other VM");
}

/* Under the lock of the peer. */
static void peer_stop_channels(struct ferry_gunyah_peer *peer)
{
	struct ferry_gunyah_channel *c;

	peer->running = false;
	list_for_each_entry(c, &peer->channels, node)
		gunyah_channel_stop(c);
}

/* Under the lock of the peer. */
static int peer_start_channels(struct ferry_gunyah_peer *peer)
{
	struct ferry_gunyah_channel *c;
	int ret;

	list_for_each_entry(c, &peer->channels, node) {
		ret = gunyah_channel_start(c);
		if (ret)
			return ret;
	}
	return 0;
}

/* Under the mutex of the link. */
static int peer_start(struct ferry_link *link)
{
	struct ferry_gunyah_peer *peer = ferry_link_priv(link);
	struct ferry_gunyah_channel *c;
	int ret;

	guard(mutex)(&peer->lock);
	ret = peer_start_channels(peer);
	if (ret) {
		peer_stop_channels(peer);
		return ret;
	}
	peer->running = true;
	list_for_each_entry(c, &peer->channels, node)
		ferry_channel_announce(&c->ch, !c->broken);
	return 0;
}

/*
 * Under the mutex of the link. Queues share no memory: when nothing calls, nothing is lent,
 * unless somebody else lent it, who knows what became of that.
 */
static int peer_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct ferry_gunyah_peer *peer = ferry_link_priv(link);

	scoped_guard(mutex, &peer->lock)
		peer_stop_channels(peer);
	return peer->stopped ? peer->stopped(peer->data) : 0;
}

static bool peer_rearm(struct ferry_link *link)
{
	struct ferry_gunyah_peer *peer = ferry_link_priv(link);
	struct ferry_gunyah_channel *c;
	bool more = false;

	rcu_read_lock();
	list_for_each_entry_rcu(c, &peer->channels, node)
		more |= gunyah_channel_rearm(c);
	rcu_read_unlock();
	return more;
}

static const struct ferry_link_ops peer_link_ops = {
	.start = peer_start,
	.stop = peer_stop,
	.rearm = peer_rearm,
};

/* "-" for a port that is none of the hypervisor's, or for none. */
static void peer_show_cap(struct seq_file *m, const char *way, struct ferry_port *port)
{
	u64 cap;

	if (port && (!ferry_gunyah_queue_cap(port, &cap) || !ferry_gunyah_bell_cap(port, &cap)))
		seq_printf(m, " %s %#llx", way, cap);
	else
		seq_printf(m, " %s -", way);
}

static int peer_show(struct seq_file *m, void *unused)
{
	struct ferry_gunyah_peer *peer = m->private;
	struct ferry_gunyah_channel *c;

	guard(mutex)(&peer->lock);
	if (peer->vmid == GUNYAH_VMID_UNKNOWN)
		seq_puts(m, "vmid unknown\n");
	else
		seq_printf(m, "vmid %d\n", peer->vmid);
	list_for_each_entry(c, &peer->channels, node) {
		seq_printf(m, "%s %u%s", c->ch.name, c->ch.number, c->broken ? " broken" : "");
		peer_show_cap(m, "tx", c->tx);
		peer_show_cap(m, "rx", c->rx);
		seq_putc(m, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(peer);

/**
 * ferry_gunyah_peer_create() - a link to another VM
 * @parent:	device of the link, or NULL
 * @name:	of the link; a number is added when it is taken
 *
 * It has no channels yet, and is offline until ferry_link_start().
 *
 * Context: process, may sleep.
 * Return: the VM, for ferry_gunyah_peer_destroy(); ERR_PTR(): -EINVAL without a name, -ENOMEM,
 * or what ferry_link_register() returned.
 */
struct ferry_gunyah_peer *ferry_gunyah_peer_create(struct device *parent, const char *name)
{
	struct ferry_link_cfg cfg = {
		.name = name,
		.ops = &peer_link_ops,
		.max_mtu = GUNYAH_MTU_MAX,
		.addr_bits = 64,
	};
	struct ferry_gunyah_peer *peer;
	int ret;

	if (!name || !name[0])
		return ERR_PTR(-EINVAL);
	peer = kzalloc(sizeof(*peer), GFP_KERNEL);
	if (!peer)
		return ERR_PTR(-ENOMEM);
	mutex_init(&peer->lock);
	INIT_LIST_HEAD(&peer->channels);
	peer->vmid = GUNYAH_VMID_UNKNOWN;
	cfg.priv = peer;
	peer->link = ferry_link_alloc(parent, &cfg);
	if (IS_ERR(peer->link)) {
		ret = PTR_ERR(peer->link);
		goto free;
	}
	ret = ferry_link_register(peer->link);
	if (!ret) {
		/* Capabilities are nobody's business but root's. */
		debugfs_create_file("gunyah", 0400, ferry_link_debugfs(peer->link), peer,
				    &peer_fops);
		return peer;
	}
	ferry_link_put(peer->link);
free:
	mutex_destroy(&peer->lock);
	kfree(peer);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_peer_create);

/**
 * ferry_gunyah_peer_destroy() - take a link away, with its channels
 * @peer:	the VM; endpoints still open become orphans
 *
 * To be called before the VM is reset, as capabilities may be used again after that.
 *
 * Context: process, may sleep; not in a callback of the link.
 */
void ferry_gunyah_peer_destroy(struct ferry_gunyah_peer *peer)
{
	struct ferry_gunyah_channel *c, *next;

	ferry_link_unregister(peer->link);
	list_for_each_entry_safe(c, next, &peer->channels, node)
		ferry_gunyah_channel_remove(c);
	ferry_link_put(peer->link);
	mutex_destroy(&peer->lock);
	kfree(peer);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_peer_destroy);

/**
 * ferry_gunyah_peer_on_stop() - ask somebody before memory comes back
 * @peer:	the VM; its link was not started yet
 * @stopped:	process context, under the mutex of the link: its ports are stopped. 0: the VM
 *		reaches no memory of ours any more; -errno: it may, and what was lent stays
 *		lent.
 * @data:	for @stopped
 *
 * Context: process.
 */
void ferry_gunyah_peer_on_stop(struct ferry_gunyah_peer *peer, int (*stopped)(void *data),
			       void *data)
{
	peer->stopped = stopped;
	peer->data = data;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_peer_on_stop);

/**
 * ferry_gunyah_peer_set_vmid() - say which VM it is
 * @peer:	the VM
 * @vmid:	its number, for who looks
 *
 * Context: process.
 */
void ferry_gunyah_peer_set_vmid(struct ferry_gunyah_peer *peer, u16 vmid)
{
	guard(mutex)(&peer->lock);
	peer->vmid = vmid;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_peer_set_vmid);

/**
 * ferry_gunyah_peer_link() - the link to a VM
 * @peer:	the VM
 *
 * Context: any.
 * Return: the link, without a reference of its own.
 */
struct ferry_link *ferry_gunyah_peer_link(struct ferry_gunyah_peer *peer)
{
	return peer->link;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_peer_link);

/* Also one that was made by half. */
static void channel_free(struct ferry_gunyah_channel *c)
{
	ferry_rxq_exit(&c->rxq);
	ferry_txq_exit(&c->txq);
	ferry_port_put(c->rx);
	ferry_port_put(c->tx);
	kfree(c);
}

/* One of each type and direction can have the same label. */
static void channel_name(char *name, const struct ferry_gunyah_channel_cfg *cfg)
{
	const char *type = cfg->type == FERRY_GUNYAH_BELL ? "bell" : "queue";
	const char *way = cfg->tx && cfg->rx ? "" : cfg->tx ? "-tx" : "-rx";

	if (cfg->name)
		strscpy(name, cfg->name, FERRY_NAME_LEN);
	else
		snprintf(name, FERRY_NAME_LEN, "%s%s", type, way);
}

static void channel_describe(struct ferry_gunyah_channel *c,
			     const struct ferry_gunyah_channel_cfg *cfg)
{
	struct ferry_channel *ch = &c->ch;

	channel_name(ch->name, cfg);
	ch->number = cfg->label;
	ch->cls = FERRY_CLASS_GP;
	ch->by_remote = true;
	ch->ops = &gunyah_channel_ops;
	if (cfg->tx) {
		ferry_port_hold(cfg->tx);
		c->tx = cfg->tx;
		ch->txq = &c->txq;
		ch->mtu = cfg->tx->desc->max_len;
	}
	if (cfg->rx) {
		ferry_port_hold(cfg->rx);
		c->rx = cfg->rx;
		ch->rxq = &c->rxq;
		ch->rx_copy = GUNYAH_MTU_MAX;
	}
}

static int channel_init_queues(struct ferry_gunyah_channel *c)
{
	struct ferry_link *link = c->peer->link;
	int ret;

	if (c->tx) {
		ret = ferry_txq_init(&c->txq, link, &gunyah_txq_ops, false);
		if (ret)
			return ret;
		c->txq.silent = c->tx->desc->flags & FERRY_PORT_NO_TX_EVENT;
	}
	return c->rx ? ferry_rxq_init(&c->rxq, link, &gunyah_rxq_ops) : 0;
}

/* The channel can be found already. Joins the others, in whatever state they are. */
static int channel_join(struct ferry_gunyah_channel *c)
{
	struct ferry_gunyah_peer *peer = c->peer;
	int ret;

	guard(mutex)(&peer->lock);
	if (peer->running) {
		ret = gunyah_channel_start(c);
		if (ret)
			return ret;
		ferry_channel_announce(&c->ch, true);
	}
	list_add_tail_rcu(&c->node, &peer->channels);
	return 0;
}

/* Who opened it in the meantime found ports that were not started. */
static void channel_wake(struct ferry_gunyah_channel *c)
{
	if (c->tx)
		ferry_txq_ready(&c->txq);
	ferry_link_rx_irq(c->peer->link);
}

static bool channel_cfg_ok(const struct ferry_gunyah_channel_cfg *cfg)
{
	if (!cfg->tx && !cfg->rx)
		return false;
	if (cfg->tx && (cfg->tx->desc->dir != FERRY_PORT_TX || !cfg->tx->desc->max_len))
		return false;
	if (cfg->rx && (cfg->rx->desc->dir != FERRY_PORT_RX || !cfg->rx->desc->max_len))
		return false;
	return !cfg->name || strlen(cfg->name) < FERRY_NAME_LEN;
}

/**
 * ferry_gunyah_channel_add() - one more channel
 * @peer:	the VM at its other end
 * @cfg:	what it is made of
 *
 * The ports are started at once if the link runs, else with it.
 *
 * Context: process, may sleep; not in a callback of the link.
 * Return: the channel, for ferry_gunyah_channel_remove(), which goes with the VM at the
 * latest; ERR_PTR(): -EINVAL for ports that cannot be, -EEXIST the label is taken for that
 * name, -ENOMEM, or what ferry_port_start() returned.
 */
struct ferry_gunyah_channel *
ferry_gunyah_channel_add(struct ferry_gunyah_peer *peer,
			 const struct ferry_gunyah_channel_cfg *cfg)
{
	struct ferry_gunyah_channel *c;
	int ret;

	if (!channel_cfg_ok(cfg))
		return ERR_PTR(-EINVAL);
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return ERR_PTR(-ENOMEM);
	c->peer = peer;
	channel_describe(c, cfg);
	ret = channel_init_queues(c);
	if (!ret)
		ret = ferry_channel_register(peer->link, &c->ch);
	if (ret)
		goto free;
	ret = channel_join(c);
	if (ret)
		goto unregister;
	channel_wake(c);
	return c;

unregister:
	ferry_channel_unregister(&c->ch);
free:
	channel_free(c);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_channel_add);

/**
 * ferry_gunyah_channel_remove() - take a channel away
 * @c:		the channel; an endpoint still open becomes an orphan. Its ports are stopped,
 *		and no more used.
 *
 * Context: process, may sleep; not in a callback of the link.
 */
void ferry_gunyah_channel_remove(struct ferry_gunyah_channel *c)
{
	ferry_channel_unregister(&c->ch);
	scoped_guard(mutex, &c->peer->lock) {
		list_del_rcu(&c->node);
		gunyah_channel_stop(c);
	}
	synchronize_rcu();	/* who allows interrupts may be looking at it */
	channel_free(c);
}
EXPORT_SYMBOL_GPL(ferry_gunyah_channel_remove);

static int __init gunyah_init(void)
{
	return gunyah_probe_init();
}
module_init(gunyah_init);

static void __exit gunyah_exit(void)
{
	gunyah_probe_exit();
}
module_exit(gunyah_exit);

MODULE_DESCRIPTION("Ferry: channels to other VMs of the Gunyah hypervisor");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
