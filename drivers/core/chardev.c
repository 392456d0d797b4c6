// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/ferry/LINK: endpoints for user space.
 *
 * A file is an endpoint and a queue of its own, bounded, which the thread of the link
 * fills and readers empty. While it is full the thread is answered -EAGAIN, so nothing is
 * lost here; what is lost then the core counts. Documented in
 * Documentation/ABI/testing/dev-ferry and in <uapi/linux/ferry.h>.
 */
#include <linux/cdev.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/ferry/dmabuf.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../compat.h"
#include "core.h"

#define CHARDEV_MINORS	256	/* links with a device node at a time */

static_assert(sizeof(struct ferry_ioc_open) == 48);
static_assert(sizeof(struct ferry_ioc_info) == 72);
static_assert(sizeof(struct ferry_ioc_alloc) == 16);
static_assert(sizeof(struct ferry_ioc_send_buf) == 16);
static_assert(sizeof(struct ferry_ioc_recv) == 32);
static_assert(sizeof(struct ferry_ioc_event) == 16);

struct chardev_file {
	struct ferry_link *link;
	struct mutex open_lock;		/* of those who bind it, one succeeds */
	struct ferry_ep *ep;		/* set once, see chardev_ep() */
	bool keep_buffers;
	size_t largest;			/* what the queue has room for, bytes */
	struct ferry_rx_queue queue;	/* producer: thread of the link */
	struct mutex read_lock;		/* consumers of the queue */
	bool stalled;			/* the producer found no room */
	wait_queue_head_t wait;		/* for a message or an event */
	atomic_t event;			/* the newest that was not told, plus 1 */
};

/* One ioctl on its way. */
struct chardev_call {
	union {
		struct ferry_ioc_open open;
		struct ferry_ioc_info info;
		struct ferry_ioc_alloc alloc;
		struct ferry_ioc_send_buf send_buf;
		struct ferry_ioc_recv recv;
		struct ferry_ioc_event event;
	};
	struct dma_buf *dmabuf;		/* becomes @fd when the answer was copied */
	int fd;
};

static dev_t chardev_first;
static DEFINE_IDA(chardev_minors);

/* NULL: not bound yet. */
static struct ferry_ep *chardev_ep(const struct chardev_file *f)
{
	/* Pairs with the release in chardev_ioc_open(). */
	return smp_load_acquire(&f->ep);
}

/*
 * Room in the queue, or NULL: then the next reader calls ferry_resume(). Thread of the
 * link, as the callbacks that follow.
 */
static void *chardev_reserve(struct chardev_file *f, size_t len)
{
	void *room = ferry_rx_queue_reserve(&f->queue, len);

	if (likely(room))
		return room;
	/* Full barrier, pairs with the one in chardev_pop(): one of the two sees the other. */
	smp_store_mb(f->stalled, true);
	return ferry_rx_queue_reserve(&f->queue, len);
}

static void chardev_commit(struct chardev_file *f, size_t len, struct ferry_buf *buf)
{
	ferry_rx_queue_commit(&f->queue, len, buf);
	if (wq_has_sleeper(&f->wait))
		wake_up_all(&f->wait);
}

static int chardev_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct chardev_file *f = priv;
	void *room = chardev_reserve(f, len);

	if (!room)
		return -EAGAIN;
	memcpy(room, data, len);
	chardev_commit(f, len, NULL);
	return 0;
}

/* Too long to be copied, and not of a kind that can be shown. */
static void chardev_drop(struct ferry_ep *ep, size_t len)
{
	struct ferry_channel *ch;

	ch = rcu_dereference_check(ep->ch, srcu_read_lock_held(&ep->link->srcu));
	if (!ch)
		return;
	ferry_rxq_lock(ch->rxq);
	ferry_rx_undo(ch, len, FERRY_DROP_BAD_LENGTH);
	ferry_rxq_unlock(ch->rxq);
}

/* Only whole pages can be shown to user space. */
static bool chardev_can_show(const struct ferry_buf *buf)
{
	return buf->size && PAGE_ALIGNED(buf->size) && PAGE_ALIGNED(buf->vaddr);
}

static int chardev_rx_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len, void *priv)
{
	struct chardev_file *f = priv;
	bool keep = f->keep_buffers && chardev_can_show(buf);
	void *room;

	if (!keep && len > f->largest) {
		chardev_drop(ep, len);
		ferry_buf_put(buf);
		return 0;
	}
	room = chardev_reserve(f, keep ? 0 : len);
	if (!room)
		return -EAGAIN;
	if (keep) {
		chardev_commit(f, len, buf);
		return 0;
	}
	/* The one copy: from here on the remote cannot change it. */
	memcpy(room, buf->vaddr, len);
	chardev_commit(f, len, NULL);
	ferry_buf_put(buf);
	return 0;
}

static void chardev_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct chardev_file *f = priv;

	atomic_set(&f->event, event + 1);
	wake_up_all(&f->wait);
}

/* Any context. There may be room, for whoever was told that there is none. */
static void chardev_tx_ready(struct ferry_ep *ep, void *priv)
{
	struct chardev_file *f = priv;

	if (wq_has_sleeper(&f->wait))
		wake_up_all(&f->wait);
}

/*
 * Why nothing can come any more: 0 it can, -ENOLINK and -EPIPE for now, -ENODEV for good.
 */
static int chardev_down(const struct ferry_ep *ep, u32 epoch)
{
	int ret = ferry_ep_usable(ep);

	if (ret == -ENODEV)
		return ret;
	if (!ferry_link_is_up(ep->link) ||
	    ferry_link_epoch(ep->link) != epoch)
		return -ENOLINK;
	return ret;
}

/* 0: the queue is not empty; -EAGAIN: sleep on. */
static int chardev_want_message(struct chardev_file *f, u32 epoch)
{
	if (!ferry_rx_queue_empty(&f->queue))
		return 0;
	return chardev_down(f->ep, epoch) ?: -EAGAIN;
}

/* 0: there is an event. */
static int chardev_want_event(struct chardev_file *f, u32 epoch)
{
	if (atomic_read(&f->event))
		return 0;
	return rcu_access_pointer(f->ep->ch) ? -EAGAIN : -ENODEV;
}

/*
 * Sleeps until want() no more says -EAGAIN, unless the file is non-blocking. A link that
 * goes down wakes at once, long before the event.
 */
static int chardev_wait(const struct file *file,
			int (*want)(struct chardev_file *f, u32 epoch), u32 epoch)
{
	struct chardev_file *f = file->private_data;
	int ret = want(f, epoch);
	DEFINE_WAIT(own);
	DEFINE_WAIT(state);

	if (ret != -EAGAIN || file->f_flags & O_NONBLOCK)
		return ret;
	for (;;) {
		prepare_to_wait(&f->wait, &own, TASK_INTERRUPTIBLE);
		prepare_to_wait(&f->link->state_wait, &state, TASK_INTERRUPTIBLE);
		ret = want(f, epoch);
		if (ret != -EAGAIN)
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		schedule();
	}
	finish_wait(&f->link->state_wait, &state);
	finish_wait(&f->wait, &own);
	return ret;
}

/* Another reader may hold it over a page fault: who may not wait does not. */
static int chardev_lock_read(const struct file *file)
{
	struct chardev_file *f = file->private_data;

	if (file->f_flags & O_NONBLOCK)
		return mutex_trylock(&f->read_lock) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(&f->read_lock) ? -ERESTARTSYS : 0;
}

/* The oldest message; with 0, read_lock is held. */
static int chardev_lock_message(const struct file *file, struct ferry_rx_msg *msg)
{
	struct chardev_file *f = file->private_data;
	u32 epoch = ferry_link_epoch(f->link);
	int ret;

	for (;;) {
		ret = chardev_wait(file, chardev_want_message, epoch);
		if (ret)
			return ret;
		ret = chardev_lock_read(file);
		if (ret)
			return ret;
		if (ferry_rx_queue_peek(&f->queue, msg))
			return 0;
		mutex_unlock(&f->read_lock);	/* somebody else was faster */
	}
}

/* Under read_lock. The oldest message was read. */
static void chardev_pop(struct chardev_file *f)
{
	ferry_rx_queue_pop(&f->queue);
	/* xchg() is a full barrier, pairs with the one in chardev_reserve(). */
	smp_mb__before_atomic();
	if (xchg(&f->stalled, false))
		ferry_resume(f->ep);
}

/* Under read_lock. Copies the oldest message and takes it away; it stays if that fails. */
static int chardev_copy(struct chardev_file *f, const struct ferry_rx_msg *msg, void __user *to,
			size_t size)
{
	if (msg->len > size)
		return -EMSGSIZE;
	if (copy_to_user(to, msg->buf ? msg->buf->vaddr : msg->data, msg->len))
		return -EFAULT;
	chardev_pop(f);
	ferry_buf_put(msg->buf);
	return 0;
}

static ssize_t chardev_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct chardev_file *f = file->private_data;
	struct ferry_rx_msg msg;
	int ret;

	if (!chardev_ep(f))
		return -ENOTCONN;
	ret = chardev_lock_message(file, &msg);
	if (ret)
		return ret;
	ret = chardev_copy(f, &msg, to, size);
	mutex_unlock(&f->read_lock);
	return ret ?: msg.len;
}

static ssize_t chardev_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct ferry_ep *ep = chardev_ep(file->private_data);
	size_t mtu;
	void *data;
	int ret;

	if (!ep)
		return -ENOTCONN;
	mtu = ferry_mtu(ep);
	if (!mtu)
		return -ENODEV;
	if (len > mtu)
		return -EMSGSIZE;
	data = vmemdup_user(from, len);
	if (IS_ERR(data))
		return PTR_ERR(data);
	if (file->f_flags & O_NONBLOCK)
		ret = ferry_trysend(ep, data, len);
	else
		ret = ferry_send(ep, data, len);
	kvfree(data);
	return ret ?: len;
}

static __poll_t chardev_poll(struct file *file, struct poll_table_struct *wait)
{
	struct chardev_file *f = file->private_data;
	struct ferry_ep *ep;
	__poll_t mask;

	/* Before it is bound, too: epoll asks for these once, and f->wait hears of all. */
	poll_wait(file, &f->wait, wait);
	poll_wait(file, &f->link->state_wait, wait);
	ep = chardev_ep(f);
	if (!ep)
		return EPOLLERR;
	mask = ferry_poll(ep, file, wait);
	if (!ferry_rx_queue_empty(&f->queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (atomic_read(&f->event))
		mask |= EPOLLPRI;
	return mask;
}

/* Under open_lock. */
static int chardev_bind(struct chardev_file *f, const struct ferry_ioc_open *args)
{
	struct ferry_id id = {
		.name = args->channel[0] ? args->channel : NULL,
		.number = args->number,
	};
	struct ferry_ep_cfg cfg = {
		.rx = chardev_rx, .rx_buf = chardev_rx_buf, .event = chardev_event,
		.tx_ready = chardev_tx_ready, .priv = f,
		.depth = args->depth ?: FERRY_DEPTH_DEFAULT, .timeout_ms = args->timeout_ms,
	};
	struct ferry_ep *ep;
	int ret;

	f->keep_buffers = args->flags & FERRY_OPEN_BUFFERS;
	f->largest = f->link->cfg.max_mtu;
	ret = ferry_rx_queue_init(&f->queue, cfg.depth, f->largest);
	if (ret)
		return ret;
	ep = ferry_open(f->link, &id, &cfg);
	if (IS_ERR(ep)) {
		ferry_rx_queue_exit(&f->queue);
		return PTR_ERR(ep);
	}
	smp_store_release(&f->ep, ep);	/* pairs with chardev_ep() */
	wake_up_all(&f->wait);
	return 0;
}

static int chardev_ioc_open(struct file *file, struct chardev_call *call)
{
	struct chardev_file *f = file->private_data;
	const struct ferry_ioc_open *args = &call->open;
	int ret;

	if (args->flags & ~FERRY_OPEN_BUFFERS || args->depth > FERRY_DEPTH_MAX ||
	    strnlen(args->channel, sizeof(args->channel)) == sizeof(args->channel))
		return -EINVAL;
	if (mutex_lock_interruptible(&f->open_lock))
		return -ERESTARTSYS;
	ret = f->ep ? -EISCONN : chardev_bind(f, args);
	mutex_unlock(&f->open_lock);
	return ret;
}

static u32 chardev_state(const struct ferry_ep *ep)
{
	switch (chardev_down(ep, ferry_link_epoch(ep->link))) {
	case 0:
		return FERRY_LINK_RUNNING;
	case -ENODEV:
		return FERRY_LINK_GONE;
	default:
		return FERRY_LINK_DOWN;
	}
}

static int chardev_ioc_info(struct file *file, struct chardev_call *call)
{
	struct chardev_file *f = file->private_data;
	struct ferry_ioc_info *info = &call->info;
	struct ferry_stats stats;
	unsigned int i;

	ferry_ep_stats(f->ep, &stats);
	info->mtu = ferry_mtu(f->ep);
	info->buf_max = ferry_buf_max(f->ep);
	info->state = chardev_state(f->ep);
	info->epoch = ferry_link_epoch(f->link);
	info->tx_msgs = stats.tx_msgs;
	info->tx_bytes = stats.tx_bytes;
	info->rx_msgs = stats.rx_msgs;
	info->rx_bytes = stats.rx_bytes;
	info->stalls = stats.stalls;
	for (i = 0; i < FERRY_NR_DROPS; i++)
		info->drops += stats.drops[i];
	return 0;
}

/* Makes the file descriptor of a buffer, to be installed with the answer. */
static int chardev_show(struct chardev_call *call, struct ferry_buf *buf, int mode)
{
	struct dma_buf *dmabuf = ferry_buf_export(buf, mode | O_CLOEXEC);

	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	call->fd = get_unused_fd_flags(O_CLOEXEC);
	if (call->fd < 0) {
		dma_buf_put(dmabuf);
		return call->fd;
	}
	call->dmabuf = dmabuf;
	return 0;
}

static int chardev_ioc_alloc(struct file *file, struct chardev_call *call)
{
	struct chardev_file *f = file->private_data;
	struct ferry_ioc_alloc *args = &call->alloc;
	struct ferry_buf *buf;
	int ret;

	if (args->flags || !args->size)
		return -EINVAL;
	if (args->size > SIZE_MAX - PAGE_SIZE)
		return -EMSGSIZE;
	buf = ferry_buf_alloc(f->ep, PAGE_ALIGN(args->size));
	if (IS_ERR(buf))
		return PTR_ERR(buf);
	memset(buf->vaddr, 0, buf->size);	/* others sent from there */
	ret = chardev_show(call, buf, O_RDWR);
	args->size = buf->size;
	args->fd = call->fd;
	ferry_buf_put(buf);	/* the dma-buf has a reference of its own */
	return ret;
}

/* A send found no room, and is not waiting for it: who polls is woken when there is some. */
static void chardev_want_room(struct file *file)
{
	struct chardev_file *f = file->private_data;

	/* It came meanwhile: nobody else will tell. */
	if (ferry_poll(f->ep, file, NULL) & EPOLLOUT)
		wake_up_all(&f->wait);
}

static int chardev_ioc_send_buf(struct file *file, struct chardev_call *call)
{
	struct chardev_file *f = file->private_data;
	const struct ferry_ioc_send_buf *args = &call->send_buf;
	unsigned int timeout_ms = file->f_flags & O_NONBLOCK ? 0 : f->ep->cfg.timeout_ms;
	struct dma_buf *dmabuf;
	int ret;

	if (args->flags)
		return -EINVAL;
	if (args->len > SIZE_MAX)
		return -EMSGSIZE;
	dmabuf = dma_buf_get(args->fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	ret = ferry_send_dmabuf_timeout(f->ep, dmabuf, args->len, timeout_ms);
	if (ret == -EAGAIN)
		chardev_want_room(file);
	dma_buf_put(dmabuf);
	return ret;
}

/* Under read_lock. 0: the oldest message becomes a file descriptor. */
static int chardev_recv_fd(struct chardev_file *f, const struct ferry_rx_msg *msg,
			   struct chardev_call *call)
{
	int ret = chardev_show(call, msg->buf, O_RDONLY);

	if (ret)
		return ret;
	call->recv.fd = call->fd;
	chardev_pop(f);
	ferry_buf_put(msg->buf);
	return 0;
}

static int chardev_ioc_recv(struct file *file, struct chardev_call *call)
{
	struct chardev_file *f = file->private_data;
	struct ferry_ioc_recv *args = &call->recv;
	struct ferry_rx_msg msg;
	int ret;

	if (args->flags)
		return -EINVAL;
	ret = chardev_lock_message(file, &msg);
	if (ret)
		return ret;
	args->fd = -1;
	args->len = msg.len;
	if (!msg.buf || chardev_recv_fd(f, &msg, call))
		ret = chardev_copy(f, &msg, u64_to_user_ptr(args->addr),
				   min_t(u64, args->size, SIZE_MAX));
	mutex_unlock(&f->read_lock);
	return ret;
}

static int chardev_ioc_event(struct file *file, struct chardev_call *call)
{
	struct chardev_file *f = file->private_data;
	int event, ret;

	do {
		ret = chardev_wait(file, chardev_want_event, 0);
		if (ret)
			return ret;
		event = atomic_xchg(&f->event, 0);
	} while (!event);
	call->event.event = event - 1;
	call->event.state = chardev_state(f->ep);
	call->event.epoch = ferry_link_epoch(f->link);
	return 0;
}

static const struct chardev_ioctl {
	unsigned int cmd;
	int (*fn)(struct file *file, struct chardev_call *call);
	fmode_t mode;			/* what the file has to be open for */
} chardev_ioctls[] = {
	{ FERRY_IOC_OPEN, chardev_ioc_open },
	{ FERRY_IOC_INFO, chardev_ioc_info },
	{ FERRY_IOC_ALLOC, chardev_ioc_alloc, FMODE_WRITE },
	{ FERRY_IOC_SEND_BUF, chardev_ioc_send_buf, FMODE_WRITE },
	{ FERRY_IOC_RECV, chardev_ioc_recv, FMODE_READ },
	{ FERRY_IOC_EVENT, chardev_ioc_event },
};

/* All but the size is as we know it. */
static const struct chardev_ioctl *chardev_find_ioctl(unsigned int cmd)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(chardev_ioctls); i++)
		if (!((cmd ^ chardev_ioctls[i].cmd) & ~IOCSIZE_MASK))
			return &chardev_ioctls[i];
	return NULL;
}

/* What user space has in addition to what we know is zero. */
static int chardev_answer(const struct chardev_call *call, void __user *arg, size_t known,
			  size_t size)
{
	if (copy_to_user(arg, call, known) || clear_user(arg + known, size - known))
		return -EFAULT;
	return 0;
}

static void chardev_install(struct chardev_call *call, int ret)
{
	if (!call->dmabuf)
		return;
	if (!ret) {
		fd_install(call->fd, call->dmabuf->file);
		return;
	}
	put_unused_fd(call->fd);
	dma_buf_put(call->dmabuf);
}

static long chardev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct chardev_ioctl *ioctl = chardev_find_ioctl(cmd);
	void __user *user = (void __user *)arg;
	size_t known, size = _IOC_SIZE(cmd);
	struct chardev_call call = {};
	int ret = 0;

	if (!ioctl)
		return -ENOTTY;
	known = _IOC_SIZE(ioctl->cmd);
	if (size < known)
		return -EINVAL;
	if (ioctl->mode & ~file->f_mode)
		return -EBADF;
	if (!chardev_ep(file->private_data) && ioctl->cmd != FERRY_IOC_OPEN)
		return -ENOTCONN;
	if (_IOC_DIR(cmd) & _IOC_WRITE)
		ret = copy_struct_from_user(&call, known, user, size);
	if (!ret)
		ret = ioctl->fn(file, &call);
	if (!ret && _IOC_DIR(cmd) & _IOC_READ)
		ret = chardev_answer(&call, user, known, size);
	chardev_install(&call, ret);
	return ret;
}

static int chardev_open(struct inode *inode, struct file *file)
{
	struct ferry_link *link = container_of(inode->i_cdev, struct ferry_link, cdev);
	struct chardev_file *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);

	if (!f)
		return -ENOMEM;
	get_device(&link->dev);
	f->link = link;
	mutex_init(&f->open_lock);
	mutex_init(&f->read_lock);
	init_waitqueue_head(&f->wait);
	file->private_data = f;
	return stream_open(inode, file);
}

static int chardev_release(struct inode *inode, struct file *file)
{
	struct chardev_file *f = file->private_data;

	if (f->ep) {
		ferry_close(f->ep);
		ferry_rx_queue_exit(&f->queue);
	}
	ferry_link_put(f->link);
	kfree(f);
	return 0;
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.release = chardev_release,
	.read = chardev_read,
	.write = chardev_write,
	.poll = chardev_poll,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* /dev/ferry/LINK */
char *ferry_chardev_node(FERRY_DEVNODE_CONST struct device *dev, umode_t *mode)
{
	if (mode)
		*mode = 0600;
	return kasprintf(GFP_KERNEL, "ferry/%s", dev_name(dev));
}

/* Process context. As device_add(), with a device node. */
int ferry_chardev_add(struct ferry_link *link)
{
	int minor = ida_alloc_max(&chardev_minors, CHARDEV_MINORS - 1, GFP_KERNEL);
	int ret;

	if (minor < 0)
		return minor;
	cdev_init(&link->cdev, &chardev_fops);
	link->cdev.owner = THIS_MODULE;
	link->dev.devt = MKDEV(MAJOR(chardev_first), MINOR(chardev_first) + minor);
	ret = cdev_device_add(&link->cdev, &link->dev);
	if (ret)
		ida_free(&chardev_minors, minor);
	return ret;
}

/* Process context. Files that are open stay, as orphans. */
void ferry_chardev_del(struct ferry_link *link)
{
	cdev_device_del(&link->cdev, &link->dev);
	ida_free(&chardev_minors, MINOR(link->dev.devt) - MINOR(chardev_first));
}

int ferry_chardev_init(void)
{
	return alloc_chrdev_region(&chardev_first, 0, CHARDEV_MINORS, "ferry");
}

void ferry_chardev_exit(void)
{
	unregister_chrdev_region(chardev_first, CHARDEV_MINORS);
}
