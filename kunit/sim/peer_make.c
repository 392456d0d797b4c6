// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of RTKit, with its devices, emulated registers and a simulated co-processor.
 */
#include <linux/err.h>
#include <linux/io.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "../../drivers/sim/rtkit.h"
#include "peer.h"

#define CPU_CONTROL	0x44
#define CPU_RUN		BIT(4)

void ferry_peer_run_cpu(struct peer *peer, bool on)
{
	writel(on ? CPU_RUN : 0, peer->cpu + CPU_CONTROL);
}

FERRY_EXPORT_TEST(ferry_peer_run_cpu);

static int peer_hardware(struct peer *peer)
{
	const struct ferry_sim_rtkit_cfg cfg = { .name = peer->driver->name };

	peer->asc = ferry_sim_asc_get(peer->map, FERRY_SIM_SART_NONE);
	if (IS_ERR(peer->asc))
		return PTR_ERR(peer->asc);
	peer->sim = ferry_sim_asc_rtkit(peer->asc, &cfg);
	if (IS_ERR(peer->sim))
		return PTR_ERR(peer->sim);
	peer->cpu = ioremap(ferry_sim_asc_phys(peer->asc, FERRY_SIM_ASC_CPU),
			    FERRY_SIM_ASC_WINDOW);
	return peer->cpu ? 0 : -ENOMEM;
}

/* Process context. Not booted yet; ferry_peer_end() also after an error. 0 or -errno. */
int ferry_peer_make(struct peer *peer, const struct peer_driver *driver)
{
	int ret;

	peer->driver = driver;
	of_changeset_init(&peer->ocs);
	ret = peer_hardware(peer) ?: peer_tree_make(peer);
	return ret ?: driver->create(peer);
}

FERRY_EXPORT_TEST(ferry_peer_make);

/* Process context. */
void ferry_peer_end(struct peer *peer)
{
	if (peer->data)
		peer->driver->destroy(peer);
	peer_tree_end(peer);
	if (peer->cpu)
		iounmap(peer->cpu);
	if (!IS_ERR_OR_NULL(peer->sim))
		ferry_sim_asc_rtkit_end(peer->asc, peer->sim);
	if (!IS_ERR_OR_NULL(peer->asc))
		ferry_sim_asc_put(peer->asc);
}

FERRY_EXPORT_TEST(ferry_peer_end);

static int __init peer_init(void)
{
	return peer_tree_register();
}
module_init(peer_init);

static void __exit peer_exit(void)
{
	peer_tree_unregister();
}
module_exit(peer_exit);

MODULE_DESCRIPTION("Ferry: the kernel's driver of RTKit and ours, side by side");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
FERRY_IMPORT_TEST();
