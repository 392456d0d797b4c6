// SPDX-License-Identifier: GPL-2.0-only
/*
 * A piece of emulated I/O memory, for the suites.
 *
 * Who dereferences a pointer to it dies, so what works here uses the accessors. An
 * emulated region cannot be taken back, so this module has no exit.
 */
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/logic_iomem.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../../drivers/compat.h"
#include "iomem.h"

#define IOMEM_TRIES	64

static struct iomem iomem;
static struct resource iomem_res = {
	.name = "ferry_kunit_iomem",
	.flags = IORESOURCE_MEM,
};

static unsigned long emu_read(void *priv, unsigned int offset, int size)
{
	unsigned long val = 0;

	iomem.reads++;
	memcpy(&val, iomem.mem + offset, size);
	return val;
}

static void emu_write(void *priv, unsigned int offset, int size, unsigned long val)
{
	if (iomem.nr < IOMEM_LOG)
		iomem.log[iomem.nr] = (struct iomem_write){ offset, size, val };
	iomem.nr++;
	memcpy(iomem.mem + offset, &val, size);
}

static void emu_copy_from(void *priv, void *buffer, unsigned int offset, int size)
{
	iomem.copies++;
	memcpy(buffer, iomem.mem + offset, size);
}

static void emu_copy_to(void *priv, unsigned int offset, const void *buffer, int size)
{
	iomem.copies++;
	memcpy(iomem.mem + offset, buffer, size);
}

static void emu_unmap(void *priv)
{
	iomem.maps--;
}

static const struct logic_iomem_ops emu_ops = {
	.read = emu_read,
	.write = emu_write,
	.copy_from = emu_copy_from,
	.copy_to = emu_copy_to,
	.unmap = emu_unmap,
};

static long emu_map(unsigned long offset, size_t size, const struct logic_iomem_ops **ops,
		    void **priv)
{
	*ops = &emu_ops;
	*priv = NULL;
	iomem.maps++;
	return offset;
}

static const struct logic_iomem_region_ops emu_region_ops = {
	.map = emu_map,
};

struct iomem *iomem_get(void)
{
	unsigned int maps = iomem.maps;
	phys_addr_t phys = iomem.phys;

	if (!phys)
		return NULL;
	memset(&iomem, 0, sizeof(iomem));
	iomem.phys = phys;
	iomem.maps = maps;
	return &iomem;
}
FERRY_EXPORT_TEST(iomem_get);

static int __init iomem_init(void)
{
	int i, ret = -ENOMEM;

	for (i = 0; ret && i < IOMEM_TRIES; i++) {
		iomem_res.start = IOMEM_BASE + i * 0x1000000ull;
		iomem_res.end = iomem_res.start + IOMEM_SIZE - 1;
		ret = logic_iomem_add_region(&iomem_res, &emu_region_ops);
	}
	if (ret)
		return ret;
	iomem.phys = iomem_res.start;
	return 0;
}
module_init(iomem_init);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("Emulated I/O memory for the suites of Ferry");
