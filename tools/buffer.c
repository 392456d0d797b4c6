// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is sent without a copy: of the link, or of this program.
 *
 * The CPU touches it between buffer_begin() and buffer_end() only, as the rules of
 * dma-bufs want it, so that caches are right on every machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tool.h"

#define HUGE_PAGE	(2UL << 20)	/* as it is by default, with pages of 4 KiB */

static size_t whole_pages(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

static int buffer_map(struct buffer *b, int fd, int prot)
{
	b->map = mmap(NULL, b->size, prot, MAP_SHARED, fd, 0);
	if (b->map != MAP_FAILED)
		return 0;
	b->map = NULL;
	fail("mapping %zu bytes", b->size);
	buffer_free(b);
	return 1;
}

/* Memory of the link. 0, or 1 and it was said why. */
int buffer_alloc(struct buffer *b, int channel, size_t size)
{
	struct ferry_ioc_alloc args = { .size = size };

	if (ioctl(channel, FERRY_IOC_ALLOC, &args))
		return fail("a buffer of %zu bytes", size);
	*b = (struct buffer){ .fd = args.fd, .memfd = -1, .size = args.size };
	return buffer_map(b, b->fd, PROT_READ | PROT_WRITE);
}

/* Makes the memory of a memfd a dma-buf; -1 and it was said why. */
static int buffer_udmabuf(const struct buffer *b)
{
	struct udmabuf_create create = {
		.memfd = b->memfd, .flags = UDMABUF_FLAGS_CLOEXEC, .size = b->size,
	};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int fd = device < 0 ? -1 : ioctl(device, UDMABUF_CREATE, &create);

	if (fd < 0)
		fail("/dev/udmabuf");
	if (device >= 0)
		close(device);
	return fd;
}

/* Memory of ours: one page is contiguous, more of it must be in one huge page. */
int buffer_import(struct buffer *b, size_t size)
{
	bool huge = whole_pages(size) > whole_pages(1);

	*b = (struct buffer){ .fd = -1, .memfd = -1, .size = whole_pages(size) };
	if (huge)
		b->size = HUGE_PAGE;
	if (size > b->size) {
		errno = EMSGSIZE;
		return fail("an import of %zu bytes", size);
	}
	b->memfd = memfd_create("ferry", MFD_CLOEXEC | MFD_ALLOW_SEALING |
				(huge ? MFD_HUGETLB : 0));
	if (b->memfd < 0 || ftruncate(b->memfd, b->size) ||
	    fcntl(b->memfd, F_ADD_SEALS, F_SEAL_SHRINK)) {
		fail("memfd of %zu bytes", b->size);
		buffer_free(b);
		return 1;
	}
	/* Mapped through the memfd, since old kernels cannot map such a dma-buf. */
	if (buffer_map(b, b->memfd, PROT_READ | PROT_WRITE))
		return 1;
	memset(b->map, 0, b->size);	/* it is there before it is pinned */
	b->fd = buffer_udmabuf(b);
	if (b->fd >= 0)
		return 0;
	buffer_free(b);
	return 1;
}

/* What was received. */
int buffer_adopt(struct buffer *b, int fd, size_t size)
{
	*b = (struct buffer){ .fd = fd, .memfd = -1, .size = whole_pages(size) };
	return buffer_map(b, fd, PROT_READ);
}

static void buffer_sync(const struct buffer *b, __u64 flags)
{
	struct dma_buf_sync sync = { .flags = flags };

	while (ioctl(b->fd, DMA_BUF_IOCTL_SYNC, &sync) && (errno == EINTR || errno == EAGAIN))
		;
}

void buffer_begin(const struct buffer *b, bool write)
{
	buffer_sync(b, DMA_BUF_SYNC_START | (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ));
}

void buffer_end(const struct buffer *b, bool write)
{
	buffer_sync(b, DMA_BUF_SYNC_END | (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ));
}

void buffer_free(struct buffer *b)
{
	if (b->map)
		munmap(b->map, b->size);
	if (b->fd >= 0)
		close(b->fd);
	if (b->memfd >= 0)
		close(b->memfd);
	*b = (struct buffer){ .fd = -1, .memfd = -1 };
}
