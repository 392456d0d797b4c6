// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: /dev/vcsm-cma. Programs get file descriptors of chained dma-bufs; the node itself
 * holds nothing, and may be closed at once.
 */
#include <linux/build_bug.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/ferry/link.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <uapi/linux/ferry_vcsm.h>

#include "../compat.h"
#include "vcsm.h"

#define VCSM_NODE	"vcsm-cma"

static_assert(FERRY_VCSM_IOC_ALLOC == 0x80404a5a);
static_assert(FERRY_VCSM_IOC_IMPORT == 0x80404a5b);
static_assert(offsetof(struct ferry_vcsm_ioc_alloc, name) == 0x10);
static_assert(offsetof(struct ferry_vcsm_ioc_alloc, handle) == 0x30);
static_assert(offsetof(struct ferry_vcsm_ioc_alloc, dma_addr) == 0x38);
static_assert(offsetof(struct ferry_vcsm_ioc_import, name) == 8);
static_assert(offsetof(struct ferry_vcsm_ioc_import, handle) == 0x28);
static_assert(offsetof(struct ferry_vcsm_ioc_import, size) == 0x30);
static_assert(offsetof(struct ferry_vcsm_ioc_import, dma_addr) == 0x38);

/* What a program is told of a new buffer. */
struct node_result {
	s32 fd;
	u32 handle;
	u32 addr;
};

/*
 * Takes over the reference to @chained if it fails. No file is installed yet: telling the
 * program may fail.
 */
static int node_describe(struct dma_buf *chained, struct node_result *result)
{
	int ret;

	if (IS_ERR(chained))
		return PTR_ERR(chained);
	ret = ferry_vcsm_handle(chained, &result->handle, &result->addr);
	if (!ret) {
		result->fd = get_unused_fd_flags(O_CLOEXEC);
		ret = min(result->fd, 0);
	}
	if (ret)
		dma_buf_put(chained);
	return ret;
}

/* Takes over the reference to @chained, whatever happens. */
static int node_give(struct dma_buf *chained, const struct node_result *result, void __user *to,
		     const void *arg, size_t size)
{
	if (copy_to_user(to, arg, size)) {
		put_unused_fd(result->fd);
		dma_buf_put(chained);
		return -EFAULT;
	}
	fd_install(result->fd, chained->file);
	return 0;
}

static int node_alloc(struct ferry_vcsm *vc, void __user *to)
{
	struct ferry_vcsm_ioc_alloc arg;
	struct node_result result;
	struct dma_buf *chained;
	char name[VCSM_NAME];
	int ret;

	if (copy_from_user(&arg, to, sizeof(arg)))
		return -EFAULT;
	ferry_vcsm_copy_name(name, arg.name);
	chained = ferry_vcsm_alloc(vc, arg.size, name);
	ret = node_describe(chained, &result);
	if (ret)
		return ret;
	arg.handle = result.fd;
	arg.vc_handle = result.handle;
	arg.dma_addr = result.addr;
	return node_give(chained, &result, to, &arg, sizeof(arg));
}

static struct dma_buf *node_import_fd(struct ferry_vcsm *vc, int fd, const char *name)
{
	struct dma_buf *source = dma_buf_get(fd);
	struct dma_buf *chained;

	if (IS_ERR(source))
		return source;
	chained = ferry_vcsm_import(vc, source, name);
	dma_buf_put(source);
	return chained;
}

static int node_import(struct ferry_vcsm *vc, void __user *to)
{
	struct ferry_vcsm_ioc_import arg;
	struct node_result result;
	struct dma_buf *chained;
	char name[VCSM_NAME];
	int ret;

	if (copy_from_user(&arg, to, sizeof(arg)))
		return -EFAULT;
	ferry_vcsm_copy_name(name, arg.name);
	chained = node_import_fd(vc, arg.dmabuf_fd, name);
	ret = node_describe(chained, &result);
	if (ret)
		return ret;
	arg.handle = result.fd;
	arg.vc_handle = result.handle;
	arg.size = chained->size;
	arg.dma_addr = result.addr;
	return node_give(chained, &result, to, &arg, sizeof(arg));
}

static long node_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ferry_vcsm *vc = file->private_data;
	void __user *to = (void __user *)arg;

	/* What programs know as "not ready". */
	if (!ferry_link_is_up(vc->link))
		return -EPERM;
	switch (cmd) {
	case FERRY_VCSM_IOC_ALLOC:
		return node_alloc(vc, to);
	case FERRY_VCSM_IOC_IMPORT:
		return node_import(vc, to);
	}
	/* Its size is in its number, and depends on the program. */
	if (_IOC_TYPE(cmd) == FERRY_VCSM_IOC_MAGIC && _IOC_NR(cmd) == FERRY_VCSM_IOC_NR_CLEAN)
		return -ENOTTY;
	return -EINVAL;
}

static int node_open(struct inode *inode, struct file *file)
{
	/* misc_open() holds its lock, and so it is not gone. */
	struct ferry_vcsm *vc = container_of(file->private_data, struct ferry_vcsm, misc);

	kref_get(&vc->ref);
	file->private_data = vc;
	return nonseekable_open(inode, file);
}

static int node_release(struct inode *inode, struct file *file)
{
	ferry_vcsm_put(file->private_data);
	return 0;
}

static const struct file_operations node_fops = {
	.owner = THIS_MODULE,
	.open = node_open,
	.release = node_release,
	.unlocked_ioctl = node_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/* Process context. Its group, and who else may, is for udev to say. */
int ferry_vcsm_node_add(struct ferry_vcsm *vc)
{
	int ret;

	if (vc->index)
		snprintf(vc->node_name, sizeof(vc->node_name), VCSM_NODE "%d", vc->index);
	else
		strscpy(vc->node_name, VCSM_NODE, sizeof(vc->node_name));
	vc->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR, .name = vc->node_name, .fops = &node_fops,
		.parent = ferry_link_dev(vc->link), .mode = 0660,
	};
	ret = misc_register(&vc->misc);
	vc->has_node = !ret;
	return ret;
}

/* Process context. Files that are open stay, and are refused everything. */
void ferry_vcsm_node_remove(struct ferry_vcsm *vc)
{
	if (vc->has_node)
		misc_deregister(&vc->misc);
	vc->has_node = false;
}
