// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated VPU alone: a test is the CPU, and writes and reads packets by hand.
 */
#include <kunit/test.h>
#include <linux/crc32.h>
#include <linux/module.h>

#include "../../drivers/compat.h"
#include "fake_cpu.h"

static void cpu_expect_digest(struct kunit *test, struct cpu *cpu, const void *bytes, u32 size)
{
	struct kmb_packet *packet = cpu_recv(cpu);
	struct ferry_sim_vpu_digest *digest;

	KUNIT_ASSERT_NOT_NULL(test, packet);
	KUNIT_ASSERT_EQ(test, le32_to_cpu(packet->data_size), sizeof(*digest));
	digest = cpu_payload(cpu, packet);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(digest->size), size);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(digest->crc), ~crc32_le(~0, bytes, size));
	WRITE_ONCE(packet->status, KMB_FREE);
}

static void payload_of_pages_has_no_neighbours(struct kunit *test)
{
	static const u32 sizes[] = { 1, 256, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 65536, 300 };
	struct cpu *cpu = cpu_make(test);
	u8 *users = fake_memory(test, REGION_SIZE / PAGE_SIZE);
	struct kmb_packet *packet;
	u32 i, page, addr, size;

	for (i = 0; i < 5 * ARRAY_SIZE(sizes); i++) {
		size = sizes[i % ARRAY_SIZE(sizes)];
		cpu_send(test, cpu, 20, CPU_BASE + PAYLOAD, size);
		packet = cpu_recv(cpu);
		KUNIT_ASSERT_NOT_NULL(test, packet);
		addr = le32_to_cpu(packet->data_addr) - VPU_BASE;
		if (size >= PAGE_SIZE)
			KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(addr));
		for (page = addr / PAGE_SIZE; page <= (addr + size - 1) / PAGE_SIZE; page++) {
			KUNIT_EXPECT_FALSE(test, users[page] == U8_MAX);
			if (size >= PAGE_SIZE)
				KUNIT_EXPECT_EQ(test, users[page], 0);
			users[page] = size >= PAGE_SIZE ? U8_MAX : 1;
		}
	}
}

static void check_answers_with_length_and_crc(struct kunit *test)
{
	static const u32 sizes[] = { 0, 1, 9, 4096, 65536, 65537, SZ_1M };
	struct cpu *cpu = cpu_make(test);
	u8 *bytes = cpu->fake->cpu + PAYLOAD;
	unsigned int i;

	memcpy(bytes, "123456789", 9);
	KUNIT_EXPECT_EQ(test, ~crc32_le(~0, bytes, 9), 0xcbf43926);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		bytes[sizes[i] / 2] = i;
		cpu_send(test, cpu, 1003, CPU_BASE + PAYLOAD, sizes[i]);
		cpu_expect_digest(test, cpu, bytes, sizes[i]);
	}
	KUNIT_EXPECT_EQ(test, cpu_stats(cpu).bad, 0);
}

static void echo_of_more_than_64_kib_is_a_digest(struct kunit *test)
{
	struct cpu *cpu = cpu_make(test);
	struct kmb_packet *packet;

	cpu_send(test, cpu, 20, CPU_BASE + PAYLOAD, 65536);
	packet = cpu_recv(cpu);
	KUNIT_ASSERT_NOT_NULL(test, packet);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->data_size), 65536);
	cpu_send(test, cpu, 20, CPU_BASE + PAYLOAD, 65537);
	cpu_expect_digest(test, cpu, cpu->fake->cpu + PAYLOAD, 65537);
}

static void payload_may_be_anywhere_in_ram(struct kunit *test)
{
	struct cpu *cpu = cpu_make(test);
	struct kmb_packet *packet;
	u8 *ram = fake_memory(test, RAM_SIZE);
	u32 i;

	for (i = 0; i < RAM_SIZE; i += 61)
		ram[i] = i >> 8;
	WRITE_ONCE(cpu->ram, ram);
	cpu_send(test, cpu, 20, RAM_BASE, RAM_SIZE);
	cpu_expect_digest(test, cpu, cpu->ram, RAM_SIZE);
	cpu_send(test, cpu, 20, RAM_BASE + RAM_SIZE - 100, 100);
	packet = cpu_recv(cpu);
	KUNIT_ASSERT_NOT_NULL(test, packet);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->data_size), 100);
	KUNIT_EXPECT_EQ(test, memcmp(cpu_payload(cpu, packet), ram + RAM_SIZE - 100, 100), 0);
	/* What the VPU sent comes back to it where it is. */
	cpu_send(test, cpu, 20, le32_to_cpu(packet->data_addr), 100);
	packet = cpu_recv(cpu);
	KUNIT_ASSERT_NOT_NULL(test, packet);
	KUNIT_EXPECT_EQ(test, memcmp(cpu_payload(cpu, packet), ram + RAM_SIZE - 100, 100), 0);
	KUNIT_EXPECT_EQ(test, cpu_stats(cpu).bad, 0);
}

static void payload_outside_of_ram_is_bad(struct kunit *test)
{
	static const struct {
		u32 addr;
		u32 size;
	} bad[] = {
		{ 0, 1 }, { RAM_BASE - 1, 2 }, { RAM_BASE + RAM_SIZE - 1, 2 },
		{ RAM_BASE + RAM_SIZE, 1 }, { RAM_BASE, RAM_SIZE + 1 }, { RAM_BASE, U32_MAX },
		{ U32_MAX, U32_MAX }, { CPU_BASE + REGION_SIZE - 1, 2 },
	};
	struct cpu *cpu = cpu_make(test);
	struct kmb_packet *packet;
	unsigned int i;

	WRITE_ONCE(cpu->ram, fake_memory(test, RAM_SIZE));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		packet = cpu_send(test, cpu, 20, bad[i].addr, bad[i].size);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(cpu_stats(cpu).bad == i + 1));
		KUNIT_EXPECT_EQ(test, packet->status, KMB_ALLOCATED);
	}
}

static struct kunit_case vpu_cases[] = {
	KUNIT_CASE(payload_of_pages_has_no_neighbours),
	KUNIT_CASE(check_answers_with_length_and_crc),
	KUNIT_CASE(echo_of_more_than_64_kib_is_a_digest),
	KUNIT_CASE(payload_may_be_anywhere_in_ram),
	KUNIT_CASE(payload_outside_of_ram_is_bad),
	{}
};

static struct kunit_suite vpu_suite = {
	.name = "ferry_keembay_vpu",
	.test_cases = vpu_cases,
};

kunit_test_suite(vpu_suite);

FERRY_IMPORT_TEST();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of the simulated VPU of Keem Bay");
