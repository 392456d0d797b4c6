// SPDX-License-Identifier: GPL-2.0-only
/*
 * A simulated VPU for drivers that know nothing of it: the kernel's own of its firmware and
 * of VCHIQ, and ours, with the nodes of the device tree that a Raspberry Pi has.
 *
 * It has the mailbox of the firmware, and it rings the host by an interrupt that software
 * raises. For the host's writes to its own doorbell it needs registers that are no memory.
 * QEMU's device "edu" has them: every write to one of its words is an interrupt, and what
 * has no meaning there is read as all ones, as that of a doorbell that rang. The registers
 * of VCHIQ are a window of that.
 */
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/ferry/port_irq.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/mailbox_controller.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/workqueue.h>

#include "vcsm_vchiq.h"
#include "vpu_memory.h"

#define EDU_VENDOR	0x1234
#define EDU_DEVICE	0x11e8
#define EDU_RAISE	0x60	/* a write: an interrupt, if there is a reason */
#define EDU_BELL_VPU	0x08	/* where that is for the host */

struct vpu_soc {
	struct device *dev;
	struct device_node *vchiq;	/* the node of the host */
	struct pci_dev *edu;
	int bell_irq;		/* of edu */
	int ring_irq;		/* of the host */
	struct ferry_port *bell;
	struct ferry_port *ring;
	struct ferry_port *rung;	/* the other end of @ring */
	struct ferry_sim_vchiq *sim;
	struct ferry_sim_vcsm_server *smem;
	struct mbox_controller mbox;
	struct mbox_chan chan;
	struct work_struct work;
	u32 message;		/* of the mailbox; there is one at a time */
};

static void soc_port_kill(void *port)
{
	ferry_port_kill(port);
}

static int soc_keep_port(struct vpu_soc *soc, struct ferry_port *port)
{
	return devm_add_action_or_reset(soc->dev, soc_port_kill, port);
}

/* Any context. */
static void soc_rung(struct ferry_port *port, void *data)
{
	struct vpu_soc *soc = data;

	do {
		ferry_port_recv(port, NULL, 0);
		irq_set_irqchip_state(soc->ring_irq, IRQCHIP_STATE_PENDING, true);
	} while (ferry_port_rx_arm(port));
}

static const struct ferry_port_user soc_ring_user = {
	.rx = soc_rung,
};

static void soc_ring_stop(void *port)
{
	ferry_port_stop(port);
}

/* The doorbell of the host, as the VPU sees it. */
static int soc_ring(struct vpu_soc *soc)
{
	int ret;

	soc->ring_irq = of_irq_get(soc->vchiq, 0);
	if (soc->ring_irq <= 0)
		return soc->ring_irq ?: -ENXIO;
	ret = ferry_loopback_create(soc->dev, 1, 0, &soc->ring, &soc->rung);
	if (ret)
		return ret;
	ret = soc_keep_port(soc, soc->ring);
	if (ret) {
		ferry_port_kill(soc->rung);
		return ret;
	}
	ret = soc_keep_port(soc, soc->rung);
	if (!ret)
		ret = ferry_port_start(soc->rung, &soc_ring_user, soc);
	if (ret)
		return ret;
	if (ferry_port_rx_arm(soc->rung))
		soc_rung(soc->rung, soc);
	return devm_add_action_or_reset(soc->dev, soc_ring_stop, soc->rung);
}

static void soc_edu_put(void *data)
{
	struct vpu_soc *soc = data;

	pci_free_irq_vectors(soc->edu);
	pci_disable_device(soc->edu);
	pci_dev_put(soc->edu);
}

/* The window must be where the device tree says: the kernel has put the device somewhere. */
static int soc_edu_check(struct vpu_soc *soc)
{
	struct resource window;
	int ret = of_address_to_resource(soc->vchiq, 0, &window);

	if (ret)
		return ret;
	if (window.start + EDU_BELL_VPU == pci_resource_start(soc->edu, 0) + EDU_RAISE)
		return 0;
	return dev_err_probe(soc->dev, -EINVAL, "%pOF is not in %pR of %s\n", soc->vchiq,
			     &soc->edu->resource[0], pci_name(soc->edu));
}

/* Writes need a reason to be an interrupt: there is one from now on. */
static int soc_edu_enable(struct vpu_soc *soc)
{
	void __iomem *regs = pci_iomap(soc->edu, 0, 0);

	if (!regs)
		return -ENOMEM;
	writel(1, regs + EDU_RAISE);
	pci_iounmap(soc->edu, regs);
	return 0;
}

static int soc_edu(struct vpu_soc *soc)
{
	int ret;

	soc->edu = pci_get_device(EDU_VENDOR, EDU_DEVICE, NULL);
	if (!soc->edu)
		return dev_err_probe(soc->dev, -ENODEV, "QEMU needs -device edu\n");
	ret = pci_enable_device(soc->edu);
	if (ret) {
		pci_dev_put(soc->edu);
		return ret;
	}
	ret = devm_add_action_or_reset(soc->dev, soc_edu_put, soc);
	if (!ret)
		ret = soc_edu_check(soc);
	if (ret)
		return ret;
	pci_set_master(soc->edu);	/* it writes its interrupts */
	ret = pci_alloc_irq_vectors(soc->edu, 1, 1, PCI_IRQ_MSI);
	if (ret < 0)
		return ret;
	soc->bell_irq = pci_irq_vector(soc->edu, 0);
	return soc_edu_enable(soc);
}

/* The doorbell that the host writes to. */
static int soc_bell(struct vpu_soc *soc)
{
	int ret = soc_edu(soc);

	if (ret)
		return ret;
	soc->bell = ferry_irq_port_create(soc->dev, soc->bell_irq);
	return IS_ERR(soc->bell) ? PTR_ERR(soc->bell) : soc_keep_port(soc, soc->bell);
}

static void *soc_map_slots(void *data, u32 addr, size_t size)
{
	struct vpu_soc *soc = data;

	return ferry_sim_vpu_memory(soc->dev, addr, size);
}

static void *soc_map(void *data, u32 addr, u32 size)
{
	return soc_map_slots(data, addr, size);
}

static void soc_unmap(void *data, void *vaddr, u32 size)
{
}

static void soc_vpu_destroy(void *data)
{
	struct vpu_soc *soc = data;

	ferry_sim_vcsm_unserve(soc->smem);
	ferry_sim_vchiq_destroy(soc->sim);
}

/* Its cache line, bytes: that of the first of them is shorter. */
static u32 soc_line(struct vpu_soc *soc)
{
	return of_device_is_compatible(soc->vchiq, "brcm,bcm2836-vchiq") ? 64 : 32;
}

static int soc_vpu(struct vpu_soc *soc)
{
	struct ferry_sim_vchiq_cfg cfg = {
		.name = dev_name(soc->dev), .bell = soc->bell, .ring = soc->ring,
		.map = soc_map_slots, .data = soc, .line = soc_line(soc),
	};
	struct ferry_sim_vcsm_cfg smem = {
		.name = dev_name(soc->dev), .map = soc_map, .unmap = soc_unmap, .data = soc,
	};

	soc->sim = ferry_sim_vchiq_create(&cfg);
	if (IS_ERR(soc->sim))
		return PTR_ERR(soc->sim);
	soc->smem = ferry_sim_vcsm_serve(soc->sim, &smem);
	if (IS_ERR(soc->smem)) {
		ferry_sim_vchiq_destroy(soc->sim);
		return PTR_ERR(soc->smem);
	}
	return devm_add_action_or_reset(soc->dev, soc_vpu_destroy, soc);
}

/* What it was asked is in memory, and so is the answer; the message comes back as it was. */
static void soc_mbox_work(struct work_struct *work)
{
	struct vpu_soc *soc = container_of(work, struct vpu_soc, work);
	int ret = ferry_sim_vchiq_property(soc->sim, soc->message);

	if (ret)
		dev_warn(soc->dev, "message %#x: %d\n", soc->message, ret);
	mbox_chan_txdone(&soc->chan, 0);
	if (!ret)
		mbox_chan_received_data(&soc->chan, &soc->message);
}

/* The framework holds a lock. */
static int soc_mbox_send(struct mbox_chan *chan, void *data)
{
	struct vpu_soc *soc = chan->con_priv;

	soc->message = *(u32 *)data;
	schedule_work(&soc->work);
	return 0;
}

static void soc_mbox_shutdown(struct mbox_chan *chan)
{
	struct vpu_soc *soc = chan->con_priv;

	cancel_work_sync(&soc->work);
}

static const struct mbox_chan_ops soc_mbox_ops = {
	.send_data = soc_mbox_send,
	.shutdown = soc_mbox_shutdown,
};

static struct mbox_chan *soc_mbox_xlate(struct mbox_controller *mbox,
					const struct of_phandle_args *args)
{
	return args->args_count ? ERR_PTR(-EINVAL) : &mbox->chans[0];
}

static int soc_mbox(struct vpu_soc *soc)
{
	INIT_WORK(&soc->work, soc_mbox_work);
	soc->chan.con_priv = soc;
	soc->mbox.dev = soc->dev;
	soc->mbox.ops = &soc_mbox_ops;
	soc->mbox.chans = &soc->chan;
	soc->mbox.num_chans = 1;
	soc->mbox.txdone_irq = true;
	soc->mbox.of_xlate = soc_mbox_xlate;
	return devm_mbox_controller_register(soc->dev, &soc->mbox);
}

static void soc_node_put(void *np)
{
	of_node_put(np);
}

static int soc_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct vpu_soc *soc = devm_kzalloc(dev, sizeof(*soc), GFP_KERNEL);
	int ret;

	if (!soc)
		return -ENOMEM;
	soc->dev = dev;
	soc->vchiq = of_parse_phandle(dev->of_node, "ferry,vchiq", 0);
	if (!soc->vchiq)
		return dev_err_probe(dev, -EINVAL, "no ferry,vchiq\n");
	ret = devm_add_action_or_reset(dev, soc_node_put, soc->vchiq);
	if (!ret)
		ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(32));
	if (!ret)
		ret = soc_ring(soc);
	if (!ret)
		ret = soc_bell(soc);
	if (!ret)
		ret = soc_vpu(soc);
	if (!ret)
		ret = soc_mbox(soc);
	return ret ? dev_err_probe(dev, ret, "no VPU\n") : 0;
}

static const struct of_device_id soc_match[] = {
	{ .compatible = "ferry,sim-bcm2836" },
	{ }
};
MODULE_DEVICE_TABLE(of, soc_match);

static struct platform_driver soc_driver = {
	.probe = soc_probe,
	.driver = {
		.name = "ferry-sim-bcm2836",
		.of_match_table = soc_match,
	},
};
module_platform_driver(soc_driver);

MODULE_DESCRIPTION("Ferry: a simulated VPU behind the registers and the firmware of BCM2836");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
