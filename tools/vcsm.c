// SPDX-License-Identifier: GPL-2.0-only
/*
 * ferry-vcsm: memory that is shared with the VPU, by nothing but the documented ioctls of
 * /dev/vcsm-cma.
 *
 *   ferry-vcsm [--node FILE] [--size BYTES] [--count N] [--vpu FILE] alloc|import|reimport|kill
 *
 * alloc: gets memory, maps it, writes, reads, frees. import: the same of a page of ours
 * (udmabuf). reimport: one page of ours is imported and freed, and nothing else, again and
 * again. kill: does the first two in a child that is killed at each of its steps in turn.
 * --vpu: where a simulated VPU is told what to do: it reads what we wrote, and we what it did.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/dma-buf.h>
#include <linux/ferry_vcsm.h>
#include <linux/udmabuf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *node_path = "/dev/vcsm-cma";
static size_t size = 65536;
static int vpu = -1;	/* of a simulated one */
static int tell = -1;	/* each step is told here, before it is done */

static int fail(const char *what)
{
	fprintf(stderr, "ferry-vcsm: %s: %s\n", what, strerror(errno));
	return -1;
}

static void step(void)
{
	char c = 0;

	if (tell >= 0 && write(tell, &c, 1) != 1)
		_exit(2);
}

static int sync_access(int fd, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags | DMA_BUF_SYNC_RW };

	return ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
}

/* What the simulated VPU writes, or compares with: its byte @i after @seed. */
static uint8_t vpu_byte(uint8_t seed, size_t i)
{
	return seed + i * 13 + (i >> 8);
}

static int vpu_do(const char *what, uint32_t handle, uint8_t seed)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s 0x%x %u\n", what, handle, seed);

	return write(vpu, line, len) == len ? 0 : fail(what);
}

/* The VPU writes all of it and we read that, then the other way round. */
static int share(uint8_t *mem, size_t len, uint32_t handle)
{
	static uint8_t seed;
	size_t i, bad = 0;

	seed += 2;
	if (vpu_do("fill", handle, seed))
		return -1;
	for (i = 0; i < len; i++) {
		bad += mem[i] != vpu_byte(seed, i);
		mem[i] = vpu_byte(seed + 1, i);
	}
	errno = EILSEQ;
	return bad ? fail("compare with the VPU") : vpu_do("check", handle, seed + 1);
}

/* Writes and reads all of it. */
static int use(int fd, size_t len, uint32_t handle)
{
	uint8_t *mem;
	size_t i, bad = 0;

	step();
	mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return fail("mmap");
	step();
	if (sync_access(fd, DMA_BUF_SYNC_START))
		return fail("sync");
	for (i = 0; i < len; i++)
		mem[i] = i * 7 + (i >> 8);
	for (i = 0; i < len; i++)
		bad += mem[i] != (uint8_t)(i * 7 + (i >> 8));
	if (vpu >= 0 && share(mem, len, handle))
		return -1;
	if (sync_access(fd, DMA_BUF_SYNC_END))
		return fail("sync");
	step();
	if (munmap(mem, len))
		return fail("munmap");
	errno = EILSEQ;
	return bad ? fail("compare") : 0;
}

static int do_alloc(int node)
{
	struct ferry_vcsm_ioc_alloc arg = { .size = size, .num = 1, .name = "ferry-vcsm" };

	step();
	if (ioctl(node, FERRY_VCSM_IOC_ALLOC, &arg))
		return fail("alloc");
	if (!arg.vc_handle || !arg.dma_addr) {
		errno = EPROTO;
		return fail("alloc");
	}
	if (use(arg.handle, size, arg.vc_handle))
		return -1;
	step();
	return close(arg.handle) ? fail("close") : 0;
}

/* One page of ours, which is contiguous whatever happens, as a dma-buf. */
static int page_of_ours(void)
{
	struct udmabuf_create create = { .size = getpagesize() };
	int memfd, dev, fd = -1;

	memfd = memfd_create("ferry-vcsm", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (memfd < 0 || dev < 0 || ftruncate(memfd, create.size) ||
	    fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK)) {
		fail("udmabuf");
	} else {
		create.memfd = memfd;
		fd = ioctl(dev, UDMABUF_CREATE, &create);
		if (fd < 0)
			fail("udmabuf");
	}
	if (memfd >= 0)
		close(memfd);
	if (dev >= 0)
		close(dev);
	return fd;
}

static int import_page(int node, int page, struct ferry_vcsm_ioc_import *arg)
{
	*arg = (struct ferry_vcsm_ioc_import){ .dmabuf_fd = page, .name = "ferry-vcsm" };
	if (ioctl(node, FERRY_VCSM_IOC_IMPORT, arg))
		return fail("import");
	errno = EPROTO;
	return arg->vc_handle && arg->size == (size_t)getpagesize() ? 0 : fail("import");
}

static int do_reimport(int node)
{
	struct ferry_vcsm_ioc_import arg;
	static int page = -1;

	if (page < 0)
		page = page_of_ours();
	if (page < 0 || import_page(node, page, &arg))
		return -1;
	return close(arg.handle) ? fail("close") : 0;
}

static int do_import(int node)
{
	struct ferry_vcsm_ioc_import arg;
	int page;

	step();
	page = page_of_ours();
	if (page < 0)
		return -1;
	step();
	if (import_page(node, page, &arg))
		return -1;
	step();
	close(page);
	if (use(arg.handle, arg.size, arg.vc_handle))
		return -1;
	step();
	return close(arg.handle) ? fail("close") : 0;
}

static int repeat(int (*what)(int node), unsigned int count, const char *name)
{
	int node = open(node_path, O_RDWR | O_CLOEXEC);
	unsigned int i;

	if (node < 0)
		return fail(node_path);
	for (i = 0; i < count; i++)
		if (what(node))
			return -1;
	close(node);
	printf("ferry-vcsm: %s: %u times, ok\n", name, count);
	return 0;
}

static int victim(void)
{
	int node = open(node_path, O_RDWR | O_CLOEXEC);

	if (node < 0)
		return fail(node_path);
	for (;;)
		if (do_alloc(node) || do_import(node))
			return -1;
}

/* Lets a child live for @steps steps, and a moment more or less. */
static int kill_after(unsigned int steps, unsigned int us)
{
	int pipefd[2], status;
	pid_t pid;
	char c;

	if (pipe2(pipefd, O_CLOEXEC))
		return fail("pipe");
	pid = fork();
	if (pid < 0)
		return fail("fork");
	if (!pid) {
		close(pipefd[0]);
		tell = pipefd[1];
		_exit(victim() ? 1 : 0);
	}
	close(pipefd[1]);
	while (steps-- && read(pipefd[0], &c, 1) == 1)
		;
	if (us)
		usleep(us);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(pipefd[0]);
	errno = ECHILD;
	return WIFSIGNALED(status) ? 0 : fail("the child ended by itself");
}

static int do_kill(unsigned int count)
{
	const unsigned int steps = 11;	/* of one alloc and one import */
	unsigned int i;

	for (i = 0; i < count; i++)
		if (kill_after(1 + i % steps, (i / steps) % 8 * 40))
			return -1;
	printf("ferry-vcsm: kill: %u times, ok\n", count);
	return 0;
}

static int show_usage(void)
{
	fputs("usage: ferry-vcsm [--node FILE] [--size BYTES] [--count N] [--vpu FILE]\n", stderr);
	fputs("                  alloc|import|reimport|kill\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "node", required_argument, NULL, 'n' },
		{ "size", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'c' },
		{ "vpu", required_argument, NULL, 'v' },
		{}
	};
	unsigned int count = 1;
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'n':
			node_path = optarg;
			break;
		case 's':
			size = strtoul(optarg, NULL, 0);
			break;
		case 'c':
			count = strtoul(optarg, NULL, 0);
			break;
		case 'v':
			vpu = open(optarg, O_WRONLY | O_CLOEXEC);
			if (vpu < 0)
				return fail(optarg) ? 1 : 0;
			break;
		default:
			return show_usage();
		}
	}
	if (optind != argc - 1)
		return show_usage();
	if (!strcmp(argv[optind], "alloc"))
		return repeat(do_alloc, count, "alloc") ? 1 : 0;
	if (!strcmp(argv[optind], "import"))
		return repeat(do_import, count, "import") ? 1 : 0;
	if (!strcmp(argv[optind], "reimport"))
		return repeat(do_reimport, count, "reimport") ? 1 : 0;
	if (!strcmp(argv[optind], "kill"))
		return do_kill(count) ? 1 : 0;
	return show_usage();
}
