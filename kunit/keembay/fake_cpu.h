/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A CPU that does what a test says, before a simulated VPU: packets by hand.
 */
#ifndef FERRY_KUNIT_FAKE_CPU_H
#define FERRY_KUNIT_FAKE_CPU_H

#include "../../drivers/sim/keembay_vpu.h"
#include "fake_vpu.h"

#define RAM_BASE	0x90000000u
#define RAM_SIZE	SZ_16M
#define PAYLOAD		0x10000		/* where payload starts in the region of the CPU */

struct cpu {
	struct fake_vpu *fake;
	struct ferry_sim_vpu *vpu;
	u8 *ram;			/* what the VPU reads by DMA; NULL: nothing */
	unsigned int bites[FERRY_SIM_VPU_NR_WDTS];
	bool quieted;			/* what the VPU is told of its watchdogs */
	u32 next;			/* packet of the CPU */
};

static inline const void *cpu_dma(void *data, u64 addr, u32 size)
{
	struct cpu *cpu = data;

	if (!cpu->ram || addr < RAM_BASE || addr - RAM_BASE > RAM_SIZE - size)
		return NULL;
	return cpu->ram + (addr - RAM_BASE);
}

static inline void cpu_bite(void *data, enum ferry_sim_vpu_wdt which)
{
	struct cpu *cpu = data;

	WRITE_ONCE(cpu->bites[which], cpu->bites[which] + 1);
}

static inline bool cpu_quieted(void *data, enum ferry_sim_vpu_wdt which)
{
	struct cpu *cpu = data;

	return cpu->quieted;
}

static const struct ferry_sim_vpu_soc __maybe_unused cpu_soc = {
	.dma = cpu_dma,
	.bite = cpu_bite,
	.quieted = cpu_quieted,
};

static inline void cpu_destroy(void *vpu)
{
	ferry_sim_vpu_destroy(vpu);
}

static inline struct cpu *cpu_prepare(struct kunit *test)
{
	struct cpu *cpu = kunit_kzalloc(test, sizeof(*cpu), GFP_KERNEL);
	struct fake_vpu *fake = fake_make(test, FIFO_DEPTH, REGION_SIZE, REGION_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, cpu);
	cpu->fake = fake;
	ferry_port_stop(fake->vpu_tx);
	ferry_port_stop(fake->vpu_rx);
	KUNIT_ASSERT_EQ(test, ferry_port_start(fake->tx, &fake_user, fake), 0);
	ferry_defer(test, fake_stop, fake->tx);
	KUNIT_ASSERT_EQ(test, ferry_port_start(fake->rx, &fake_user, fake), 0);
	ferry_defer(test, fake_stop, fake->rx);
	return cpu;
}

static inline struct ferry_sim_vpu_cfg cpu_cfg(struct cpu *cpu)
{
	return (struct ferry_sim_vpu_cfg){
		.name = "kunit-vpu",
		.soc = &cpu_soc,
		.soc_data = cpu,
		.cpu_region = cpu->fake->cpu_region,
		.vpu_region = cpu->fake->vpu_region,
		.ready_ms = FERRY_SIM_VPU_NO_READY,
	};
}

static inline void cpu_create(struct kunit *test, struct cpu *cpu,
			      const struct ferry_sim_vpu_cfg *cfg)
{
	cpu->vpu = ferry_sim_vpu_create_on_ports(cfg, cpu->fake->vpu_tx, cpu->fake->vpu_rx);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cpu->vpu));
	ferry_defer(test, cpu_destroy, cpu->vpu);
}

/* A VPU that runs. */
static inline struct cpu *cpu_make(struct kunit *test)
{
	struct cpu *cpu = cpu_prepare(test);
	struct ferry_sim_vpu_cfg cfg = cpu_cfg(cpu);

	cpu_create(test, cpu, &cfg);
	return cpu;
}

static inline struct ferry_sim_vpu_stats cpu_stats(struct cpu *cpu)
{
	struct ferry_sim_vpu_stats stats;

	ferry_sim_vpu_stats(cpu->vpu, &stats);
	return stats;
}

static inline struct kmb_packet *cpu_send(struct kunit *test, struct cpu *cpu, u16 channel,
					  u32 addr, u32 size)
{
	u32 nr = cpu->next++ % (PAYLOAD / KMB_PACKET_SIZE);
	u32 entry = CPU_BASE + nr * KMB_PACKET_SIZE;
	struct kmb_packet *packet = fake_cpu_packet(cpu->fake, entry);

	packet->data_addr = cpu_to_le32(addr);
	packet->data_size = cpu_to_le32(size);
	packet->channel = cpu_to_le16(channel);
	packet->src_node = KMB_NODE_CPU;
	packet->dst_node = KMB_NODE_VPU;
	WRITE_ONCE(packet->status, KMB_ALLOCATED);
	KUNIT_ASSERT_GE(test, ferry_port_send(cpu->fake->tx, &entry, sizeof(entry), 0), 0);
	return packet;
}

static inline bool cpu_pop(struct cpu *cpu, u32 *entry)
{
	return ferry_port_recv(cpu->fake->rx, entry, sizeof(*entry)) == sizeof(*entry);
}

/* The next message of the VPU; NULL: none within two seconds. */
static inline struct kmb_packet *cpu_recv(struct cpu *cpu)
{
	u32 entry = 0;
	bool popped = false;

	/* The condition is looked at once more in the end. */
	FERRY_WAIT(popped || (popped = cpu_pop(cpu, &entry)));
	return popped ? (void *)cpu->fake->vpu + ((entry & KMB_ENTRY_ADDR) - VPU_BASE) : NULL;
}

static inline void *cpu_payload(struct cpu *cpu, const struct kmb_packet *packet)
{
	return cpu->fake->vpu + (le32_to_cpu(packet->data_addr) - VPU_BASE);
}

#endif /* FERRY_KUNIT_FAKE_CPU_H */
