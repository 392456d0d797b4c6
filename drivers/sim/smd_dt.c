// SPDX-License-Identifier: GPL-2.0-only
/*
 * Remotes of SMD in the device tree: their edges, their memory, and the lock of SMEM.
 *
 * The lock is a word of RAM, which cannot keep two from taking it at the very same time:
 * only one allocates in these tests.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/property.h>
#include <linux/string.h>

#include "smd_dt.h"

#define SMD_DT_LOCK		3	/* the one of SMEM */
#define SMD_DT_LOCK_STRIDE	0x1000
#define SMD_DT_LOCK_MS		1000

/**
 * ferry_sim_smd_dt_edges() - which edges a remote has
 * @dev:	of the node; "ferry,edges" has pairs of edge and host
 * @edges:	room for %FERRY_SIM_SMD_DT_EDGES
 *
 * Context: process.
 * Return: how many; -EINVAL for none, half a one or too many, or what reading said.
 */
int ferry_sim_smd_dt_edges(struct device *dev, struct ferry_sim_smd_dt_edge *edges)
{
	u32 values[2 * FERRY_SIM_SMD_DT_EDGES];
	int n = device_property_count_u32(dev, "ferry,edges");
	int i, ret;

	if (n <= 0 || n % 2 || n > ARRAY_SIZE(values))
		return -EINVAL;
	ret = device_property_read_u32_array(dev, "ferry,edges", values, n);
	if (ret)
		return ret;
	for (i = 0; i < n / 2; i++) {
		edges[i].edge = values[2 * i];
		edges[i].host = values[2 * i + 1];
	}
	return n / 2;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_dt_edges);

/**
 * ferry_sim_smd_dt_map() - memory of a remote, mapped as the other side does it
 * @dev:	of the node; unmapped when its driver goes
 * @index:	which memory-region
 * @phys:	set to its address
 * @size:	set to its size, bytes
 *
 * Context: process, may sleep.
 * Return: where it is, or ERR_PTR(): -ENOENT there is none, -ENOMEM, or what reading the
 * address said.
 */
void *ferry_sim_smd_dt_map(struct device *dev, int index, phys_addr_t *phys, size_t *size)
{
	struct device_node *np = of_parse_phandle(dev->of_node, "memory-region", index);
	struct resource res;
	int ret = np ? of_address_to_resource(np, 0, &res) : -ENOENT;

	of_node_put(np);
	if (ret)
		return ERR_PTR(ret);
	*phys = res.start;
	*size = resource_size(&res);
	return devm_memremap(dev, res.start, resource_size(&res), MEMREMAP_WC);
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_dt_map);

/**
 * ferry_sim_smd_dt_lock() - the lock of SMEM, in the second memory-region
 * @dev:	of the node
 * @boots:	all locks are free from now on
 *
 * Context: process, may sleep.
 * Return: the lock, or ERR_PTR(): -EINVAL no room for it, or as ferry_sim_smd_dt_map().
 */
u32 *ferry_sim_smd_dt_lock(struct device *dev, bool boots)
{
	phys_addr_t phys;
	size_t size;
	void *locks = ferry_sim_smd_dt_map(dev, 1, &phys, &size);

	if (IS_ERR(locks))
		return locks;
	if (size < (SMD_DT_LOCK + 1) * SMD_DT_LOCK_STRIDE)
		return ERR_PTR(-EINVAL);
	if (boots)
		memset(locks, 0, size);
	return locks + SMD_DT_LOCK * SMD_DT_LOCK_STRIDE;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_dt_lock);

/**
 * ferry_sim_smd_dt_trylock() - take the lock as processors do: what was written is read back
 * @lock:	from ferry_sim_smd_dt_lock()
 * @owner:	who takes it, not 0
 *
 * Context: any.
 * Return: true when it was taken.
 */
bool ferry_sim_smd_dt_trylock(u32 *lock, u32 owner)
{
	if (READ_ONCE(*lock))
		return false;
	WRITE_ONCE(*lock, owner);
	mb();	/* written before it is read back */
	return READ_ONCE(*lock) == owner;
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_dt_trylock);

/**
 * ferry_sim_smd_dt_take() - take the lock, when whoever has it lets go
 * @lock:	from ferry_sim_smd_dt_lock()
 * @host:	who takes it
 *
 * Context: process, sleeps.
 * Return: 0, or -ETIMEDOUT after a second.
 */
int ferry_sim_smd_dt_take(u32 *lock, u32 host)
{
	unsigned int ms;

	for (ms = 0; ms < SMD_DT_LOCK_MS; ms++) {
		if (ferry_sim_smd_dt_trylock(lock, (host & 0xff) + 1))
			return 0;
		usleep_range(1000, 2000);
	}
	return -ETIMEDOUT;
}

/**
 * ferry_sim_smd_dt_unlock() - let go of the lock
 * @lock:	which the caller has
 *
 * Context: any.
 */
void ferry_sim_smd_dt_unlock(u32 *lock)
{
	mb();	/* what it protected comes before */
	WRITE_ONCE(*lock, 0);
}
EXPORT_SYMBOL_GPL(ferry_sim_smd_dt_unlock);
