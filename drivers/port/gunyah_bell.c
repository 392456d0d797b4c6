// SPDX-License-Identifier: GPL-2.0-only
/*
 * One end of a Gunyah doorbell: 64 flags with one interrupt.
 *
 * It is a port of the whole word, and a port for each flag that is asked for. A flag that
 * has a port of its own belongs to that; the rest belongs to the word. Flags add up until
 * somebody takes them, so a doorbell is never full and counts nothing.
 */
#include <linux/bitops.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "gunyah.h"

#define BELL_FLAGS	64

/**
 * struct gunyah_bell - what the ports of one end have in common
 * @ref:	one for each port
 * @hyp:	the hypervisor, with a reference
 * @cap:	its name
 * @dir:	which end
 * @irq:	its interrupt, or 0
 * @tell:	tells all users that it is gone
 * @start_lock:	of @started and @ports; leaf
 * @started:	RX: ports that are; the interrupt is requested while there is one
 * @ports:	RCU; the word comes last
 * @lock:	of all that follows
 * @gone:	for good; nothing is called any more
 * @listens:	@irq is requested, and enabled unless @gone
 * @unclaimed:	flags that came and have no port, or rang one that was not started
 */
struct gunyah_bell {
	struct kref ref;
	struct ferry_gunyah_hyp *hyp;
	u64 cap;
	enum ferry_port_dir dir;
	unsigned int irq;
	struct irq_work tell;
	struct mutex start_lock;	/* see above */
	unsigned int started;
	struct list_head ports;
	spinlock_t lock;		/* see above */
	bool gone;
	bool listens;
	unsigned long unclaimed;
};

/**
 * struct bell_port - the word, or one flag
 * @port:	what users see
 * @desc:	of @port
 * @bell:	whose it is
 * @node:	in &gunyah_bell.ports
 * @mask:	the flags it is for
 * @pending:	came and were not taken; bell lock
 * @armed:	the user is to be told; bell lock
 */
struct bell_port {
	struct ferry_port port;
	struct ferry_port_desc desc;
	struct gunyah_bell *bell;
	struct list_head node;
	u64 mask;
	u64 pending;
	bool armed;
};

static struct bell_port *bell_port(struct ferry_port *port)
{
	return container_of(port, struct bell_port, port);
}

static bool bell_is_word(const struct bell_port *bp)
{
	return bp->mask == ~0ULL;
}

static void bell_tell_one(struct bell_port *bp)
{
	if (bp->desc.dir == FERRY_PORT_TX)
		ferry_port_tx_ready(&bp->port);
	else
		ferry_port_rx(&bp->port);
}

static void bell_tell(struct irq_work *work)
{
	struct gunyah_bell *bell = container_of(work, struct gunyah_bell, tell);
	struct bell_port *bp;

	rcu_read_lock();
	list_for_each_entry_rcu(bp, &bell->ports, node)
		bell_tell_one(bp);
	rcu_read_unlock();
}

/* Under the lock. Returns what @error means. */
static int bell_failed(struct gunyah_bell *bell, s64 error)
{
	if (!gunyah_cap_is_lost(error))
		return ferry_gunyah_errno(bell->hyp, error);
	if (!bell->gone) {
		bell->gone = true;
		if (bell->listens)
			disable_irq_nosync(bell->irq);
		irq_work_queue(&bell->tell);
	}
	return -EPIPE;
}

/* RCU read side. Gives each port its flags; those are called that wait for one. */
static void bell_dispatch(struct gunyah_bell *bell, u64 flags)
{
	struct bell_port *bp;
	bool tell;

	list_for_each_entry_rcu(bp, &bell->ports, node) {
		u64 mine = flags & bp->mask;

		if (!mine)
			continue;
		flags &= ~mine;
		scoped_guard(spinlock_irqsave, &bell->lock) {
			bp->pending |= mine;
			tell = bp->armed;
			bp->armed = false;
		}
		if (tell)
			ferry_port_rx(&bp->port);
	}
	if (flags)
		WRITE_ONCE(bell->unclaimed, bell->unclaimed + hweight64(flags));
}

/* Flags are taken all at once: the interrupt comes with the next, whatever it is. */
static irqreturn_t bell_irq(int irq, void *data)
{
	struct gunyah_bell *bell = data;
	struct ferry_gunyah_regs regs = { .x = { 0, bell->cap, ~0ULL, 0 } };
	s64 error;

	scoped_guard(spinlock_irqsave, &bell->lock) {
		if (bell->gone)
			return IRQ_HANDLED;
		error = ferry_gunyah_call(bell->hyp, GUNYAH_BELL_RECEIVE, &regs);
		if (error)
			bell_failed(bell, error);
	}
	if (!error) {
		rcu_read_lock();
		bell_dispatch(bell, regs.x[1]);
		rcu_read_unlock();
	}
	return IRQ_HANDLED;
}

static void bell_set_listens(struct gunyah_bell *bell, bool on)
{
	guard(spinlock_irqsave)(&bell->lock);
	bell->listens = on;
}

/* Under start_lock. What rang before is latched, and taken with the first interrupt. */
static int bell_listen(struct gunyah_bell *bell, struct device *dev)
{
	int ret;

	/* One interrupt may have found the object gone before it could be disabled. */
	ret = gunyah_irq_request(bell->irq, bell_irq, dev, bell);
	if (ret)
		return ret;
	bell_set_listens(bell, true);
	return 0;
}

static int bell_start(struct ferry_port *port)
{
	struct bell_port *bp = bell_port(port);
	struct gunyah_bell *bell = bp->bell;
	int ret;

	if (READ_ONCE(bell->gone))
		return -EPIPE;
	if (bell->dir == FERRY_PORT_TX)
		return 0;
	guard(mutex)(&bell->start_lock);
	scoped_guard(spinlock_irqsave, &bell->lock)
		bp->armed = false;
	if (!bell->started) {
		ret = bell_listen(bell, port->dev);
		if (ret)
			return ret;
	}
	bell->started++;
	return 0;
}

static void bell_stop(struct ferry_port *port)
{
	struct bell_port *bp = bell_port(port);
	struct gunyah_bell *bell = bp->bell;

	if (bell->dir == FERRY_PORT_TX)
		return;
	guard(mutex)(&bell->start_lock);
	scoped_guard(spinlock_irqsave, &bell->lock)
		bp->armed = false;
	if (--bell->started) {
		synchronize_irq(bell->irq);
		return;
	}
	bell_set_listens(bell, false);
	free_irq(bell->irq, bell);
}

static int bell_ring(struct gunyah_bell *bell, u64 flags)
{
	struct ferry_gunyah_regs regs = { .x = { 0, bell->cap, flags, 0 } };
	s64 error;

	guard(spinlock_irqsave)(&bell->lock);
	if (bell->gone)
		return -EPIPE;
	error = ferry_gunyah_call(bell->hyp, GUNYAH_BELL_SEND, &regs);
	return error ? bell_failed(bell, error) : 0;
}

static int bell_word_send(struct ferry_port *port, const void *msg, size_t len,
			  unsigned int flags)
{
	__le64 word;

	if (!msg && !len)
		return 0;
	if (!msg || len != sizeof(word))
		return -EINVAL;
	memcpy(&word, msg, sizeof(word));
	return word ? bell_ring(bell_port(port)->bell, le64_to_cpu(word)) : -EINVAL;
}

static int bell_bit_send(struct ferry_port *port, const void *msg, size_t len,
			 unsigned int flags)
{
	struct bell_port *bp = bell_port(port);

	return bell_ring(bp->bell, bp->mask);
}

/* Takes what is pending, if there is room for it. 0 or -errno. */
static int bell_take(struct bell_port *bp, size_t room, u64 *flags)
{
	guard(spinlock_irqsave)(&bp->bell->lock);
	if (!bp->pending)
		return bp->bell->gone ? -EPIPE : -EAGAIN;
	if (room < bp->desc.max_len)
		return -EMSGSIZE;
	*flags = bp->pending;
	bp->pending = 0;
	return 0;
}

static ssize_t bell_recv(struct ferry_port *port, void *buf, size_t size)
{
	struct bell_port *bp = bell_port(port);
	__le64 word;
	u64 flags;
	int ret;

	ret = bell_take(bp, size, &flags);
	if (ret || !bell_is_word(bp))
		return ret;
	word = cpu_to_le64(flags);
	memcpy(buf, &word, sizeof(word));
	return sizeof(word);
}

static bool bell_rx_arm(struct ferry_port *port)
{
	struct bell_port *bp = bell_port(port);
	bool more;

	guard(spinlock_irqsave)(&bp->bell->lock);
	more = bp->pending;
	bp->armed = !more;
	return more;
}

static void bell_free(struct kref *ref)
{
	struct gunyah_bell *bell = container_of(ref, struct gunyah_bell, ref);

	irq_work_sync(&bell->tell);
	ferry_gunyah_hyp_put(bell->hyp);
	mutex_destroy(&bell->start_lock);
	kfree(bell);
}

static void bell_release(struct ferry_port *port)
{
	struct bell_port *bp = bell_port(port);
	struct gunyah_bell *bell = bp->bell;

	scoped_guard(mutex, &bell->start_lock)
		list_del_rcu(&bp->node);
	synchronize_rcu();	/* an interrupt for another flag may be looking */
	kfree(bp);
	kref_put(&bell->ref, bell_free);
}

static const struct ferry_port_ops bell_word_tx_ops = {
	.start = bell_start,
	.stop = bell_stop,
	.send = bell_word_send,
	.release = bell_release,
};

static const struct ferry_port_ops bell_bit_tx_ops = {
	.start = bell_start,
	.stop = bell_stop,
	.send = bell_bit_send,
	.release = bell_release,
};

static const struct ferry_port_ops bell_rx_ops = {
	.start = bell_start,
	.stop = bell_stop,
	.recv = bell_recv,
	.rx_arm = bell_rx_arm,
	.release = bell_release,
};

static const struct ferry_port_ops *bell_ops(const struct gunyah_bell *bell, u64 mask)
{
	if (bell->dir == FERRY_PORT_RX)
		return &bell_rx_ops;
	return mask == ~0ULL ? &bell_word_tx_ops : &bell_bit_tx_ops;
}

/* Under start_lock. Takes over a reference of @bell when it succeeds. */
static struct ferry_port *bell_port_create(struct gunyah_bell *bell, struct device *dev, u64 mask)
{
	struct bell_port *bp = kzalloc(sizeof(*bp), GFP_KERNEL);
	int ret;

	if (!bp)
		return ERR_PTR(-ENOMEM);
	bp->bell = bell;
	bp->mask = mask;
	bp->desc.dir = bell->dir;
	bp->desc.max_len = mask == ~0ULL ? sizeof(__le64) : 0;
	bp->desc.flags = FERRY_PORT_MERGES;
	if (bell->dir == FERRY_PORT_TX)
		bp->desc.flags |= FERRY_PORT_NO_TX_EVENT;
	ret = ferry_port_init(&bp->port, dev, &bp->desc, bell_ops(bell, mask));
	if (ret) {
		kfree(bp);
		return ERR_PTR(ret);
	}
	/* Whoever looks for the owner of a flag meets the word last. */
	if (mask == ~0ULL)
		list_add_tail_rcu(&bp->node, &bell->ports);
	else
		list_add_rcu(&bp->node, &bell->ports);
	return &bp->port;
}

static struct gunyah_bell *bell_alloc(const struct ferry_gunyah_bell_cfg *cfg)
{
	struct gunyah_bell *bell = kzalloc(sizeof(*bell), GFP_KERNEL);

	if (!bell)
		return NULL;
	kref_init(&bell->ref);
	bell->hyp = cfg->hyp;
	bell->cap = cfg->cap;
	bell->dir = cfg->dir;
	bell->irq = cfg->dir == FERRY_PORT_RX ? cfg->irq : 0;
	init_irq_work(&bell->tell, bell_tell);
	mutex_init(&bell->start_lock);
	INIT_LIST_HEAD(&bell->ports);
	spin_lock_init(&bell->lock);
	ferry_gunyah_hyp_hold(bell->hyp);
	return bell;
}

/**
 * ferry_gunyah_bell_create() - one end of a doorbell as a port
 * @dev:	for messages, the name of the interrupt, and ferry_port_publish(), or NULL
 * @cfg:	which; copied
 *
 * A message is the 64 flags, little-endian. Sending adds flags to those that are there,
 * and is never refused for want of room; -EINVAL for no flag at all, -EPIPE when the
 * capability is lost. Receiving takes all that came and have no port of their own.
 *
 * The caller gets the provider's reference and ends it with ferry_port_kill().
 *
 * Context: process, may sleep.
 * Return: the port, or ERR_PTR(): -EINVAL for a field that cannot be, -ENOMEM.
 */
struct ferry_port *ferry_gunyah_bell_create(struct device *dev,
					    const struct ferry_gunyah_bell_cfg *cfg)
{
	struct gunyah_bell *bell;
	struct ferry_port *port;

	if (!cfg->hyp || cfg->cap == FERRY_GUNYAH_CAP_NONE ||
	    (cfg->dir != FERRY_PORT_TX && (cfg->dir != FERRY_PORT_RX || cfg->irq <= 0)))
		return ERR_PTR(-EINVAL);
	bell = bell_alloc(cfg);
	if (!bell)
		return ERR_PTR(-ENOMEM);
	scoped_guard(mutex, &bell->start_lock)
		port = bell_port_create(bell, dev, ~0ULL);
	if (IS_ERR(port))
		kref_put(&bell->ref, bell_free);
	return port;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_bell_create);

/**
 * ferry_gunyah_bell_cap() - the capability of an end of a doorbell
 * @port:	any port
 * @cap:	set to its capability
 *
 * Context: any.
 * Return: 0, or -EINVAL: it is no doorbell of Gunyah.
 */
int ferry_gunyah_bell_cap(struct ferry_port *port, u64 *cap)
{
	const struct ferry_port_ops *ops = port->own_ops;

	if (ops != &bell_word_tx_ops && ops != &bell_bit_tx_ops && ops != &bell_rx_ops)
		return -EINVAL;
	*cap = bell_port(port)->bell->cap;
	return 0;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_bell_cap);

static struct bell_port *bell_find(struct gunyah_bell *bell, u64 mask)
{
	struct bell_port *bp;

	lockdep_assert_held(&bell->start_lock);
	list_for_each_entry(bp, &bell->ports, node)
		if (bp->mask == mask)
			return bp;
	return NULL;
}

/**
 * ferry_gunyah_bell_bit() - one flag of a doorbell as a port
 * @bell:	from ferry_gunyah_bell_create(); the flag has the same direction and device
 * @bit:	its number, 0 to 63
 *
 * A doorbell of 0 bytes. From now on the flag is no more in what @bell receives. Neither of
 * the two needs the other to be started, and each lives as long as it is used.
 *
 * The caller gets the provider's reference and ends it with ferry_port_kill().
 *
 * Context: process, may sleep.
 * Return: the port, or ERR_PTR(): -EINVAL there is no such flag, or @bell is one flag
 * itself; -EEXIST it has a port; -ENOMEM.
 */
struct ferry_port *ferry_gunyah_bell_bit(struct ferry_port *bell, unsigned int bit)
{
	struct bell_port *word = bell_port(bell);
	struct ferry_port *port;

	if (bit >= BELL_FLAGS || !bell_is_word(word))
		return ERR_PTR(-EINVAL);
	guard(mutex)(&word->bell->start_lock);
	if (bell_find(word->bell, BIT_ULL(bit)))
		return ERR_PTR(-EEXIST);
	port = bell_port_create(word->bell, bell->dev, BIT_ULL(bit));
	if (!IS_ERR(port))
		kref_get(&word->bell->ref);
	return port;
}
EXPORT_SYMBOL_GPL(ferry_gunyah_bell_bit);
