// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vcsm-cma: what programs may ask of it, by the numbers and bytes they know.
 */
#include <kunit/test.h>
#include <linux/dma-buf.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>

#include "rig.h"

#define ALLOC	0x80404a5au
#define IMPORT	0x80404a5bu
#define CLEAN	0x80084a5cu

static const struct ferry_vcsm_cfg with_node = { .node = true };

struct node {
	struct vpu *v;
	struct file *file;
	u8 __user *user;
};

static void node_close(void *arg)
{
	__fput_sync(arg);
}

static struct node *node_open(struct kunit *test)
{
	struct node *n = kunit_kzalloc(test, sizeof(*n), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, n);
	n->v = rig_vpu(test, &with_node);
	rig_oblige(n->v);
	n->user = (u8 __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
					     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL((__force void *)n->user));
	n->file = filp_open("/dev/vcsm-cma", O_RDWR, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(n->file));
	ferry_defer(test, node_close, n->file);
	return n;
}

static long node_ask(struct node *n, u32 cmd, u8 arg[64])
{
	long ret;

	if (copy_to_user(n->user, arg, 64))
		return -EFAULT;
	ret = n->file->f_op->unlocked_ioctl(n->file, cmd, (unsigned long)n->user);
	if (copy_from_user(arg, n->user, 64))
		return -EFAULT;
	return ret;
}

static void alloc_arg(u8 arg[64], u32 size)
{
	memset(arg, 0, 64);
	put_unaligned_le32(size, arg);
	put_unaligned_le32(1, arg + 4);
	memcpy(arg + 0x10, "buf", 3);
}

static void import_arg(u8 arg[64], int fd)
{
	memset(arg, 0, 64);
	put_unaligned_le32(fd, arg);
	memcpy(arg + 8, "cam0", 4);
}

static void expect_closed(struct kunit *test, struct node *n)
{
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(({ flush_delayed_fput();
					     !vpu_stats(n->v).buffers; })));
}

static void a_program_allocates(struct kunit *test)
{
	struct node *n = node_open(test);
	const struct vcsm_import *msg;
	struct dma_buf *chained;
	u8 arg[64];
	int fd;

	alloc_arg(arg, SZ_1M - 100);
	KUNIT_ASSERT_EQ(test, node_ask(n, ALLOC, arg), 0);
	fd = get_unaligned_le32(arg + 0x30);
	msg = vpu_sent(n->v, VCSM_IMPORT, 0);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(arg + 0x34), VPU_HANDLE | 1);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(arg + 0x38), le32_to_cpu(msg->addr));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(msg->size), SZ_1M);
	KUNIT_EXPECT_STREQ(test, msg->name, "buf");
	chained = dma_buf_get(fd);
	KUNIT_ASSERT_FALSE(test, IS_ERR(chained));
	KUNIT_EXPECT_EQ(test, chained->size, SZ_1M);
	dma_buf_put(chained);
	KUNIT_EXPECT_EQ(test, close_fd(fd), 0);
	expect_closed(test, n);
}

static void a_program_imports(struct kunit *test)
{
	struct node *n = node_open(test);
	struct vpu_source *s = rig_source(test);
	int source, fd;
	u8 arg[64];

	get_dma_buf(s->dmabuf);
	source = dma_buf_fd(s->dmabuf, O_CLOEXEC);
	KUNIT_ASSERT_GE(test, source, 0);
	import_arg(arg, source);
	KUNIT_ASSERT_EQ(test, node_ask(n, IMPORT, arg), 0);
	fd = get_unaligned_le32(arg + 0x28);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(arg + 0x2c), VPU_HANDLE | 1);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(arg + 0x30), VPU_SIZE);
	KUNIT_EXPECT_EQ(test, get_unaligned_le64(arg + 0x38), VPU_ADDR);
	KUNIT_EXPECT_EQ(test, get_unaligned_le32(arg), source);
	/* The source may be closed first, and the node, too. */
	KUNIT_EXPECT_EQ(test, close_fd(source), 0);
	flush_delayed_fput();
	KUNIT_EXPECT_EQ(test, vpu_stats(n->v).held, 1);
	KUNIT_EXPECT_EQ(test, close_fd(fd), 0);
	expect_closed(test, n);
	rig_expect_nothing_left(test, n->v, s);
}

static const struct node_wrong {
	const char *name;
	u32 cmd;
	u32 first;
	int result;
} node_wrongs[] = {
	{ "no size", ALLOC, 0, -EINVAL },
	{ "too big", ALLOC, 0x40000000, -EINVAL },
	{ "far too big", ALLOC, U32_MAX, -EINVAL },
	{ "fd that is none", IMPORT, 9999, -EBADF },
	{ "fd -1", IMPORT, (u32)-1, -EBADF },
	{ "clean", CLEAN, 1, -ENOTTY },
	{ "clean of another size", 0x80184a5c, 1, -ENOTTY },
	{ "number beyond", 0x80404a5d, 1, -EINVAL },
	{ "number before", 0x80404a59, 1, -EINVAL },
	{ "another size", 0x80204a5a, 4096, -EINVAL },
	{ "another magic", 0x80404b5a, 4096, -EINVAL },
	{ "nothing", 0, 4096, -EINVAL },
	{ "all ones", U32_MAX, 4096, -EINVAL },
};

static void node_wrong_desc(const struct node_wrong *w, char *desc)
{
	strscpy(desc, w->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(node_wrong, node_wrongs, node_wrong_desc);

static void what_is_wrong_is_refused(struct kunit *test)
{
	const struct node_wrong *w = test->param_value;
	struct node *n = node_open(test);
	u8 arg[64] = {}, before[64];

	put_unaligned_le32(w->first, arg);
	memcpy(before, arg, sizeof(arg));
	KUNIT_EXPECT_EQ(test, node_ask(n, w->cmd, arg), w->result);
	KUNIT_EXPECT_MEMEQ(test, arg, before, sizeof(arg));
	KUNIT_EXPECT_EQ(test, vpu_count(n->v, VCSM_IMPORT), 0);
	expect_closed(test, n);
}

static void a_file_that_is_no_dma_buf_is_refused(struct kunit *test)
{
	struct node *n = node_open(test);
	int fd = get_unused_fd_flags(O_CLOEXEC);
	u8 arg[64];

	KUNIT_ASSERT_GE(test, fd, 0);
	fd_install(fd, get_file(n->file));
	import_arg(arg, fd);
	KUNIT_EXPECT_EQ(test, node_ask(n, IMPORT, arg), -EINVAL);
	KUNIT_EXPECT_EQ(test, close_fd(fd), 0);
}

/* Nothing can be read there, or be written: what was made is undone. */
static void bad_pointers_leave_nothing(struct kunit *test)
{
	struct node *n = node_open(test);
	unsigned long ro;
	u8 arg[64];

	KUNIT_EXPECT_EQ(test, n->file->f_op->unlocked_ioctl(n->file, ALLOC, 8), -EFAULT);
	KUNIT_EXPECT_EQ(test, n->file->f_op->unlocked_ioctl(n->file, IMPORT, 8), -EFAULT);
	KUNIT_EXPECT_EQ(test, vpu_count(n->v, VCSM_IMPORT), 0);

	/* Readable at first: its size is there, and its end is not. */
	alloc_arg(arg, SZ_4K);
	ro = (unsigned long)n->user + PAGE_SIZE - 32;
	KUNIT_ASSERT_EQ(test, copy_to_user((void __user *)ro, arg, 32), 0);
	KUNIT_EXPECT_EQ(test, n->file->f_op->unlocked_ioctl(n->file, ALLOC, ro), -EFAULT);
	expect_closed(test, n);
	KUNIT_EXPECT_EQ(test, vpu_count(n->v, VCSM_IMPORT), 0);
}

/* The VPU has answered and a file descriptor is taken when the answer cannot be given. */
static void what_cannot_be_told_is_undone(struct kunit *test)
{
	struct node *n = node_open(test);
	unsigned long ro;
	int before, after;

	ro = kunit_vm_mmap(test, NULL, 0, PAGE_SIZE, PROT_READ, MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(ro));
	/* All zero, and cannot be made anything else: a size of 0. So import, of fd 0. */
	before = get_unused_fd_flags(0);
	put_unused_fd(before);
	if (before == 0) {
		struct vpu_source *s = rig_source(test);

		get_dma_buf(s->dmabuf);
		KUNIT_ASSERT_EQ(test, dma_buf_fd(s->dmabuf, 0), 0);
		KUNIT_EXPECT_EQ(test, n->file->f_op->unlocked_ioctl(n->file, IMPORT, ro), -EFAULT);
		KUNIT_EXPECT_EQ(test, vpu_count(n->v, VCSM_IMPORT), 1);
		close_fd(0);
		expect_closed(test, n);
		KUNIT_EXPECT_EQ(test, vpu_count(n->v, VCSM_FREE), 1);
		rig_expect_nothing_left(test, n->v, s);
	}
	after = get_unused_fd_flags(0);
	put_unused_fd(after);
	KUNIT_EXPECT_EQ(test, after, before);
}

static void without_a_link_it_is_not_ready(struct kunit *test)
{
	struct node *n = node_open(test);
	u8 arg[64];

	KUNIT_ASSERT_EQ(test, ferry_link_stop(n->v->link), 0);
	alloc_arg(arg, SZ_4K);
	KUNIT_EXPECT_EQ(test, node_ask(n, ALLOC, arg), -EPERM);
	rig_start(test, n->v);
	KUNIT_ASSERT_EQ(test, node_ask(n, ALLOC, arg), 0);
	KUNIT_EXPECT_EQ(test, close_fd(get_unaligned_le32(arg + 0x30)), 0);
	expect_closed(test, n);
}

/* The instance goes under an open file. */
static void an_open_file_outlives_the_instance(struct kunit *test)
{
	struct node *n = node_open(test);
	struct file *again;
	u8 arg[64];
	int fd;

	alloc_arg(arg, SZ_4K);
	KUNIT_ASSERT_EQ(test, node_ask(n, ALLOC, arg), 0);
	fd = get_unaligned_le32(arg + 0x30);
	vpu_destroy_vcsm(n->v);
	alloc_arg(arg, SZ_4K);
	KUNIT_EXPECT_EQ(test, node_ask(n, ALLOC, arg), -ENODEV);
	again = filp_open("/dev/vcsm-cma", O_RDWR, 0);
	KUNIT_EXPECT_TRUE(test, IS_ERR(again));
	KUNIT_EXPECT_EQ(test, close_fd(fd), 0);
	flush_delayed_fput();
}

#define NODE_TEST(name)					\
static void name##_and_leave(struct kunit *test)	\
{							\
	name(test);					\
	rig_leave_mm();					\
}

NODE_TEST(a_program_allocates)
NODE_TEST(a_program_imports)
NODE_TEST(what_is_wrong_is_refused)
NODE_TEST(a_file_that_is_no_dma_buf_is_refused)
NODE_TEST(bad_pointers_leave_nothing)
NODE_TEST(what_cannot_be_told_is_undone)
NODE_TEST(without_a_link_it_is_not_ready)
NODE_TEST(an_open_file_outlives_the_instance)

static struct kunit_case node_cases[] = {
	KUNIT_CASE(a_program_allocates_and_leave),
	KUNIT_CASE(a_program_imports_and_leave),
	KUNIT_CASE_PARAM(what_is_wrong_is_refused_and_leave, node_wrong_gen_params),
	KUNIT_CASE(a_file_that_is_no_dma_buf_is_refused_and_leave),
	KUNIT_CASE(bad_pointers_leave_nothing_and_leave),
	KUNIT_CASE(what_cannot_be_told_is_undone_and_leave),
	KUNIT_CASE(without_a_link_it_is_not_ready_and_leave),
	KUNIT_CASE(an_open_file_outlives_the_instance_and_leave),
	{}
};

static struct kunit_suite node_suite = {
	.name = "ferry_vcsm_node",
	.test_cases = node_cases,
};

kunit_test_suite(node_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VC-SM: its node");
