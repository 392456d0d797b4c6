// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU as a device in the device tree, where registers cannot be emulated.
 *
 * To the CPU it is the mailbox that the FIFOs are in the newer bindings: 128 words in
 * each direction, a push into a full one is lost and reported as -EBUSY. Its interrupt
 * is a line of the interrupt controller that nothing is connected to; it is raised by
 * writing to the controller.
 *
 * With a firmware region the CPU boots it. Without one, giving the channel to a client is
 * what powers it on.
 */
#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/irq.h>
#include <linux/irq_work.h>
#include <linux/mailbox_controller.h>
#include <linux/mm.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/spinlock.h>

#include "keembay_private.h"

#define VPU_FIFO_DEPTH	128

struct vpu_fifo {
	spinlock_t lock;	/* all that follows */
	u32 entry[VPU_FIFO_DEPTH];
	u32 head;
	u32 tail;
};

struct vpu_board {
	struct mbox_controller mbox;
	struct mbox_chan chan;
	struct vpu_fifo to_cpu;
	struct vpu_fifo to_vpu;
	struct ferry_sim_vpu *vpu;
	struct irq_work done_work;	/* tells the client what became of its message */
	int done;			/* the result */
	int irq;
	bool powered;			/* the channel has a client */
	bool boots;			/* by itself */
	struct vpu_board_wdt wdt[FERRY_SIM_VPU_NR_WDTS];
};

/* 0: taken; 1: taken, and it was empty before; -EBUSY: lost. */
static int vpu_fifo_push(struct vpu_fifo *fifo, u32 entry)
{
	unsigned long flags;
	int ret = -EBUSY;

	spin_lock_irqsave(&fifo->lock, flags);
	if (fifo->head - fifo->tail < VPU_FIFO_DEPTH) {
		ret = fifo->head == fifo->tail;
		fifo->entry[fifo->head++ % VPU_FIFO_DEPTH] = entry;
	}
	spin_unlock_irqrestore(&fifo->lock, flags);
	return ret;
}

static int vpu_fifo_pop(struct vpu_fifo *fifo, u32 *entry)
{
	unsigned long flags;
	int ret = -EAGAIN;

	spin_lock_irqsave(&fifo->lock, flags);
	if (fifo->head != fifo->tail) {
		*entry = fifo->entry[fifo->tail++ % VPU_FIFO_DEPTH];
		ret = 0;
	}
	spin_unlock_irqrestore(&fifo->lock, flags);
	return ret;
}

static void vpu_fifo_reset(struct vpu_fifo *fifo)
{
	unsigned long flags;

	spin_lock_irqsave(&fifo->lock, flags);
	fifo->tail = fifo->head;
	spin_unlock_irqrestore(&fifo->lock, flags);
}

static void vpu_board_raise(struct vpu_board *board)
{
	irq_set_irqchip_state(board->irq, IRQCHIP_STATE_PENDING, true);
}

/* The firmware's end of the FIFOs. */
static int vpu_board_push(void *data, u32 entry)
{
	struct vpu_board *board = data;
	int ret = vpu_fifo_push(&board->to_cpu, entry);

	if (ret > 0)
		vpu_board_raise(board);
	return min(ret, 0);
}

static int vpu_board_pop(void *data, u32 *entry)
{
	struct vpu_board *board = data;

	return vpu_fifo_pop(&board->to_vpu, entry);
}

static const struct ferry_sim_vpu_fifo vpu_board_fifo = {
	.push = vpu_board_push,
	.pop = vpu_board_pop,
};

/* RAM of the kernel, all of it in the linear map; what is reserved and no-map is not. */
static const void *vpu_board_dma(void *data, u64 addr, u32 size)
{
	struct vpu_board *board = data;
	phys_addr_t phys = dma_to_phys(board->mbox.dev, addr);

	if (IS_ENABLED(CONFIG_HIGHMEM) || !pfn_valid(PHYS_PFN(phys)) ||
	    region_intersects(phys, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_INTERSECTS)
		return NULL;
	return phys_to_virt(phys);
}

static void vpu_board_bite(void *data, enum ferry_sim_vpu_wdt which)
{
	struct vpu_board *board = data;

	vpu_board_wdt_bite(&board->wdt[which]);
}

static bool vpu_board_quieted(void *data, enum ferry_sim_vpu_wdt which)
{
	struct vpu_board *board = data;

	return vpu_board_wdt_quieted(&board->wdt[which]);
}

static const struct ferry_sim_vpu_soc vpu_board_soc = {
	.dma = vpu_board_dma,
};

static const struct ferry_sim_vpu_soc vpu_board_soc_with_wdt = {
	.dma = vpu_board_dma,
	.bite = vpu_board_bite,
	.quieted = vpu_board_quieted,
};

/* As the popping register does it, the number of the writer is taken off. */
static irqreturn_t vpu_board_irq(int irq, void *data)
{
	struct vpu_board *board = data;
	unsigned int n;
	u32 entry;

	for (n = 0; n < VPU_FIFO_DEPTH; n++) {
		if (!READ_ONCE(board->powered) || vpu_fifo_pop(&board->to_cpu, &entry))
			return IRQ_HANDLED;
		entry &= KMB_ENTRY_ADDR;
		mbox_chan_received_data(&board->chan, &entry);
	}
	vpu_board_raise(board);	/* the line stays high until the FIFO is empty */
	return IRQ_HANDLED;
}

static void vpu_board_done(struct irq_work *work)
{
	struct vpu_board *board = container_of(work, struct vpu_board, done_work);

	mbox_chan_txdone(&board->chan, board->done);
}

static struct vpu_board *vpu_board_of(struct mbox_chan *chan)
{
	return container_of(chan, struct vpu_board, chan);
}

/* The framework holds a lock that telling the result takes: that is done later. */
static int vpu_board_send(struct mbox_chan *chan, void *data)
{
	struct vpu_board *board = vpu_board_of(chan);
	u32 entry = *(u32 *)data;

	if (entry & ~KMB_ENTRY_ADDR)
		board->done = -EINVAL;
	else
		board->done = min(vpu_fifo_push(&board->to_vpu, entry), 0);
	if (!board->done)
		ferry_sim_vpu_kick(board->vpu);
	irq_work_queue(&board->done_work);
	return 0;
}

static int vpu_board_startup(struct mbox_chan *chan)
{
	struct vpu_board *board = vpu_board_of(chan);

	vpu_fifo_reset(&board->to_cpu);
	vpu_fifo_reset(&board->to_vpu);
	WRITE_ONCE(board->powered, true);
	if (board->boots)
		ferry_sim_vpu_reset(board->vpu);
	return 0;
}

static void vpu_board_shutdown(struct mbox_chan *chan)
{
	struct vpu_board *board = vpu_board_of(chan);

	WRITE_ONCE(board->powered, false);
	synchronize_irq(board->irq);
	irq_work_sync(&board->done_work);
}

static const struct mbox_chan_ops vpu_board_ops = {
	.send_data = vpu_board_send,
	.startup = vpu_board_startup,
	.shutdown = vpu_board_shutdown,
};

static void vpu_board_region_put(void *region)
{
	ferry_region_put(region);
}

static struct ferry_region *vpu_board_region(struct device *dev, const char *name, int index)
{
	int named = of_property_match_string(dev->of_node, "memory-region-names", name);
	struct ferry_region *region;
	int ret;

	region = ferry_region_from_reserved(dev, dev->of_node, named < 0 ? index : named);
	if (IS_ERR(region))
		return region;
	ret = devm_add_action_or_reset(dev, vpu_board_region_put, region);
	return ret ? ERR_PTR(ret) : region;
}

static void vpu_board_destroy(void *vpu)
{
	ferry_sim_vpu_destroy(vpu);
}

/* What a VPU has that the CPU boots. */
static int vpu_board_control(struct platform_device *pdev, struct vpu_board *board,
			     struct ferry_sim_vpu_cfg *cfg)
{
	struct device *dev = &pdev->dev;
	unsigned int i;
	int ret;

	cfg->fw_region = vpu_board_region(dev, "fw-area", 2);
	if (IS_ERR(cfg->fw_region))
		return PTR_ERR(cfg->fw_region);
	cfg->x509_region = vpu_board_region(dev, "x509-area", 3);
	if (IS_ERR(cfg->x509_region))
		return PTR_ERR(cfg->x509_region);
	device_property_read_u32(dev, "intel,keembay-vpu-ipc-id", &cfg->vpu_id);
	for (i = 0; i < FERRY_SIM_VPU_NR_WDTS; i++) {
		ret = vpu_board_wdt_get(pdev, i, &board->wdt[i]);
		if (ret)
			return ret;
		cfg->wdt_irq[i] = vpu_board_wdt_spi(&board->wdt[i]);
	}
	cfg->soc = &vpu_board_soc_with_wdt;
	return 0;
}

static int vpu_board_create(struct platform_device *pdev, struct vpu_board *board)
{
	struct device *dev = &pdev->dev;
	struct ferry_sim_vpu_cfg cfg = {
		.name = dev_name(dev),
		.fifo = &vpu_board_fifo,
		.fifo_data = board,
		.soc = &vpu_board_soc,
		.soc_data = board,
		.ready_ms = FERRY_SIM_VPU_NO_READY,
	};
	int ret;

	cfg.cpu_region = vpu_board_region(dev, "ipc-mem-cpu", 0);
	if (IS_ERR(cfg.cpu_region))
		return PTR_ERR(cfg.cpu_region);
	cfg.vpu_region = vpu_board_region(dev, "ipc-mem-vpu", 1);
	if (IS_ERR(cfg.vpu_region))
		return PTR_ERR(cfg.vpu_region);
	device_property_read_u32(dev, "ferry,ready-delay-ms", &cfg.ready_ms);
	board->boots = of_property_match_string(dev->of_node, "memory-region-names", "fw-area") < 0;
	ret = board->boots ? 0 : vpu_board_control(pdev, board, &cfg);
	if (ret)
		return ret;
	board->vpu = ferry_sim_vpu_create(&cfg);
	if (IS_ERR(board->vpu))
		return PTR_ERR(board->vpu);
	return devm_add_action_or_reset(dev, vpu_board_destroy, board->vpu);
}

static int vpu_board_offer(struct device *dev, struct vpu_board *board)
{
	board->mbox.ops = &vpu_board_ops;
	board->mbox.chans = &board->chan;
	board->mbox.num_chans = 1;
	board->mbox.txdone_irq = true;
	return devm_mbox_controller_register(dev, &board->mbox);
}

static int vpu_board_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct vpu_board *board;
	int ret;

	board = devm_kzalloc(dev, sizeof(*board), GFP_KERNEL);
	if (!board)
		return -ENOMEM;
	board->mbox.dev = dev;
	spin_lock_init(&board->to_cpu.lock);
	spin_lock_init(&board->to_vpu.lock);
	init_irq_work(&board->done_work, vpu_board_done);
	board->irq = platform_get_irq(pdev, 0);
	if (board->irq < 0)
		return board->irq;
	/* Before the VPU, which raises it, and after which it therefore goes. */
	ret = devm_request_irq(dev, board->irq, vpu_board_irq, 0, dev_name(dev), board);
	if (ret)
		return dev_err_probe(dev, ret, "no interrupt\n");
	ret = vpu_board_create(pdev, board);
	if (ret)
		return dev_err_probe(dev, ret, "no VPU\n");
	return vpu_board_offer(dev, board);
}

static const struct of_device_id vpu_board_match[] = {
	{ .compatible = "ferry,sim-keembay" },
	{ }
};
MODULE_DEVICE_TABLE(of, vpu_board_match);

static struct platform_driver vpu_board_driver = {
	.probe = vpu_board_probe,
	.driver = {
		.name = "ferry-sim-keembay",
		.of_match_table = vpu_board_match,
	},
};

int vpu_board_register(void)
{
	return platform_driver_register(&vpu_board_driver);
}

void vpu_board_unregister(void)
{
	platform_driver_unregister(&vpu_board_driver);
}
