// SPDX-License-Identifier: GPL-2.0-only
/*
 * A link of VCHIQ and its other end. See rig.h.
 */
#include <asm/barrier.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/ferry/region.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/vmalloc.h>

#include "../ferry_kunit.h"
#include "rig.h"

#define RIG_LINE	64
#define RIG_SMALL	(11 * 4096 + FERRY_VCHIQ_TAIL(RIG_LINE))

/* Is the link, or does it come to be, in that state? */
bool vrig_state(struct vrig *rig, enum ferry_state state)
{
	return FERRY_WAIT(ferry_link_state(rig->link) == state);
}

FERRY_EXPORT_TEST(vrig_state);

static void *rig_map(void *data, u32 addr, size_t size)
{
	struct vrig *rig = data;
	void *mem = ferry_region_to_cpu(rig->region, addr, size);

	if (!mem && rig->pool)
		mem = ferry_region_to_cpu(rig->pool->region, addr, size);
	return mem;
}

void vrig_pool_destroy(struct vrig_pool *p)
{
	p->rig->pool = NULL;
	ferry_pool_destroy(p->pool);
	ferry_region_put(p->region);
	p->pool = NULL;
	p->region = NULL;
}

FERRY_EXPORT_TEST(vrig_pool_destroy);

/* What is in quarantine then has no memory any more, and nobody looks for it. */
static void pool_free(void *arg)
{
	struct vrig_pool *p = arg;

	vrig_pool_destroy(p);
	vfree(p->mem);
	kfree(p);
}

static struct vrig_pool *pool_memory(struct vrig *rig, size_t size)
{
	struct vrig_pool *p = kzalloc(sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rig->test, p);
	p->rig = rig;
	ferry_defer(rig->test, pool_free, p);
	p->mem = vzalloc(size);
	KUNIT_ASSERT_NOT_NULL(rig->test, p->mem);
	return p;
}

/* @nr buffers of @size bytes; the first one begins @shift bytes behind VRIG_POOL. */
struct vrig_pool *vrig_pool(struct vrig *rig, unsigned int nr, size_t size, u32 shift)
{
	const struct ferry_pool_cfg cfg = { .size = nr * size, .buf_size = size, .align = 1 };
	struct vrig_pool *p = pool_memory(rig, nr * size);
	struct kunit *test = rig->test;

	p->region = ferry_region_from_memory(p->mem, VRIG_POOL + shift, nr * size);
	KUNIT_ASSERT_FALSE(test, IS_ERR(p->region));
	p->pool = ferry_pool_create(p->region, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(p->pool));
	ferry_link_add_pool(rig->link, p->pool, "bulk");
	rig->pool = p;
	return p;
}

FERRY_EXPORT_TEST(vrig_pool);

/* What the VPU does when it is handed the memory, and CONNECT. */
static void hand_begin(struct vrig *rig)
{
	struct vchiq_side *own = &rig->zero->master;
	u32 i, first = le32_to_cpu(own->slot_first), last = le32_to_cpu(own->slot_last);

	for (i = 0; i <= last - first; i++)
		own->slot_queue[i] = cpu_to_le32(first + i);
	own->slot_queue_recycle = cpu_to_le32(i);
	rig->rx_pos = 0;
	rig->tx_pos = 0;
	own->trigger.armed = cpu_to_le32(1);
	/* Pairs with the driver's barrier. */
	smp_store_release(&own->initialised, cpu_to_le32(1));
	vrig_say(rig, VRIG_ID(CONNECT, 0, 0), NULL, 0);
}

static int rig_init(void *data, u32 addr)
{
	struct vrig *rig = data;

	rig->inits++;
	if (rig->init_ret)
		return rig->init_ret;
	if (rig->sim)
		return ferry_sim_vchiq_init(rig->sim, addr);
	hand_begin(rig);
	return 0;
}

static int rig_reset(void *data)
{
	struct vrig *rig = data;

	rig->resets++;
	if (rig->sim)
		ferry_sim_vchiq_reset(rig->sim);
	return 0;
}

static const struct ferry_vchiq_firmware rig_firmware = {
	.init = rig_init,
	.reset = rig_reset,
};

static const struct ferry_vchiq_firmware rig_firmware_no_reset = {
	.init = rig_init,
};

static void rig_rx(struct ferry_port *port, void *data)
{
}

static const struct ferry_port_user rig_port_user = {
	.rx = rig_rx,
};

void vrig_destroy(struct vrig *rig)
{
	unsigned int i;

	if (!IS_ERR_OR_NULL(rig->vc))
		ferry_vchiq_destroy(rig->vc);
	rig->vc = NULL;
	rig->link = NULL;
	if (!IS_ERR_OR_NULL(rig->sim))
		ferry_sim_vchiq_destroy(rig->sim);
	else if (rig->port[3])
		ferry_port_stop(rig->port[3]);
	rig->sim = NULL;
	for (i = 0; i < ARRAY_SIZE(rig->port); i++) {
		if (rig->port[i])
			ferry_port_kill(rig->port[i]);
		rig->port[i] = NULL;
	}
	ferry_region_put(rig->region);
	rig->region = NULL;
}

FERRY_EXPORT_TEST(vrig_destroy);

static void rig_free(void *arg)
{
	struct vrig *rig = arg;

	vrig_destroy(rig);
	vfree(rig->mem);	/* what was in quarantine was let go by a later rig */
	kfree(rig);
}

static void rig_other_end(struct vrig *rig)
{
	struct ferry_sim_vchiq_cfg cfg = {
		.name = "vpu", .bell = rig->port[2], .ring = rig->port[3],
		.map = rig_map, .data = rig,
	};

	if (rig->flags & VRIG_HAND) {
		KUNIT_ASSERT_EQ(rig->test, ferry_port_start(rig->port[3], &rig_port_user, rig), 0);
		return;
	}
	rig->sim = ferry_sim_vchiq_create(&cfg);
	KUNIT_ASSERT_FALSE(rig->test, IS_ERR(rig->sim));
}

static void rig_link(struct vrig *rig)
{
	struct ferry_vchiq_cfg cfg = {
		.region = rig->region, .line = RIG_LINE,
		/* Not a name by which drivers find links of VCHIQ: the test opens services. */
		.name = "videocore",
		.ring = rig->port[0], .bell = rig->port[1], .data = rig,
		.firmware = rig->flags & VRIG_NO_RESET ? &rig_firmware_no_reset : &rig_firmware,
		.recover = rig->flags & VRIG_RECOVER,
	};

	rig->vc = ferry_vchiq_create(rig->dev, &cfg);
	KUNIT_ASSERT_FALSE(rig->test, IS_ERR(rig->vc));
	rig->link = ferry_vchiq_link(rig->vc);
}

static void rig_device_gone(void *pdev)
{
	platform_device_unregister(pdev);
}

static struct device *rig_device(struct kunit *test)
{
	struct platform_device_info info = {
		.name = "ferry-vchiq-kunit", .id = PLATFORM_DEVID_AUTO,
		.dma_mask = DMA_BIT_MASK(32),
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	ferry_defer(test, rig_device_gone, pdev);
	return &pdev->dev;
}

struct vrig *vrig_create(struct kunit *test, unsigned int flags)
{
	struct device *dev = flags & VRIG_IMPORT ? rig_device(test) : NULL;
	size_t size = flags & VRIG_SMALL ? RIG_SMALL : FERRY_VCHIQ_AREA(RIG_LINE);
	struct vrig *rig = kzalloc(sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	rig->flags = flags;
	rig->dev = dev;
	ferry_defer(test, rig_free, rig);
	rig->mem = vzalloc(size);
	KUNIT_ASSERT_NOT_NULL(test, rig->mem);
	rig->zero = rig->mem;
	rig->region = ferry_region_from_memory(rig->mem, VRIG_ADDR, size);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->region));
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 1, 0, &rig->port[0], &rig->port[2]), 0);
	KUNIT_ASSERT_EQ(test, ferry_loopback_create(NULL, 1, 0, &rig->port[3], &rig->port[1]), 0);
	rig_other_end(rig);
	rig_link(rig);
	if (!(flags & VRIG_OFFLINE))
		KUNIT_ASSERT_EQ(test, ferry_link_start(rig->link), 0);
	return rig;
}

FERRY_EXPORT_TEST(vrig_create);

static u32 rig_fourcc(const char *name)
{
	return (u32)name[0] << 24 | name[1] << 16 | name[2] << 8 | name[3];
}

int vrig_open(struct vrig *rig, struct fake_client *c, const char *name, unsigned int flags)
{
	return fake_client_open(c, rig->link, rig_fourcc(name), flags);
}

FERRY_EXPORT_TEST(vrig_open);

struct fake_client *vrig_opened(struct vrig *rig, const char *name, unsigned int flags)
{
	struct fake_client *c = fake_client(rig->test);

	KUNIT_ASSERT_EQ(rig->test, vrig_open(rig, c, name, flags), 0);
	return c;
}

FERRY_EXPORT_TEST(vrig_opened);

/* The host hears the bell. */
void vrig_rings(struct vrig *rig)
{
	ferry_port_send(rig->port[3], NULL, 0, 0);
}

FERRY_EXPORT_TEST(vrig_rings);

void vrig_publish(struct vrig *rig, u32 pos)
{
	/* Pairs with the driver's barrier. */
	smp_store_release(&rig->zero->master.tx_pos, cpu_to_le32(pos));
	WRITE_ONCE(rig->zero->slave.trigger.fired, cpu_to_le32(1));
	vrig_rings(rig);
}

FERRY_EXPORT_TEST(vrig_publish);

static struct vchiq_header *hand_header(struct vrig *rig, struct vchiq_side *side, u32 pos)
{
	u32 slot = le32_to_cpu(READ_ONCE(side->slot_queue[pos / 4096 % 64]));

	return rig->mem + slot * 4096 + pos % 4096;
}

/* One message, in its place: not across the end of a slot. */
void vrig_say(struct vrig *rig, u32 msgid, const void *payload, u32 size)
{
	u32 room = 4096 - rig->tx_pos % 4096;
	struct vchiq_header *h;

	if (vchiq_stride(size) > room) {
		h = hand_header(rig, &rig->zero->master, rig->tx_pos);
		h->msgid = 0;
		h->size = cpu_to_le32(room - 8);
		rig->tx_pos += room;
	}
	h = hand_header(rig, &rig->zero->master, rig->tx_pos);
	h->msgid = cpu_to_le32(msgid);
	h->size = cpu_to_le32(size);
	if (size)
		memcpy(h + 1, payload, size);
	rig->tx_pos += vchiq_stride(size);
	vrig_publish(rig, rig->tx_pos);
}

FERRY_EXPORT_TEST(vrig_say);

/* A slot of the host goes back. */
void vrig_recycle(struct vrig *rig, u32 slot)
{
	struct vchiq_side *host = &rig->zero->slave;
	u32 n = le32_to_cpu(host->slot_queue_recycle);

	WRITE_ONCE(host->slot_queue[n % 64], cpu_to_le32(slot));
	/* Pairs with the driver's barrier. */
	smp_store_release(&host->slot_queue_recycle, cpu_to_le32(n + 1));
	WRITE_ONCE(host->recycle.fired, cpu_to_le32(1));
	vrig_rings(rig);
}

FERRY_EXPORT_TEST(vrig_recycle);

/* The next message of the host, padding left out; NULL: it says nothing. */
const void *vrig_hears(struct vrig *rig, u32 *msgid, u32 *size)
{
	struct vchiq_side *host = &rig->zero->slave;
	const struct vchiq_header *h;
	unsigned int ms;

	for (ms = 0; ms < VRIG_WAIT_MS; ms++) {
		/* Pairs with the driver's barrier. */
		if (le32_to_cpu(smp_load_acquire(&host->tx_pos)) == rig->rx_pos) {
			msleep(1);
			continue;
		}
		h = hand_header(rig, host, rig->rx_pos);
		*msgid = le32_to_cpu(h->msgid);
		*size = le32_to_cpu(h->size);
		rig->rx_pos += vchiq_stride(*size);
		if (*msgid)
			return h + 1;
	}
	return NULL;
}

FERRY_EXPORT_TEST(vrig_hears);

struct hand_open {
	struct vrig *rig;
	struct fake_client *c;
	const char *name;
};

static int hand_open(void *arg)
{
	struct hand_open *h = arg;

	return vrig_open(h->rig, h->c, h->name, 0);
}

/* @c opens a service whose port of the VPU is @peer. */
void vrig_hand_open_as(struct vrig *rig, struct fake_client *c, const char *name, u16 peer,
		       u16 *port)
{
	struct hand_open h = { .rig = rig, .c = c, .name = name };
	struct kunit *test = rig->test;
	__le16 version = cpu_to_le16(1);
	struct fake_task *t = fake_run(test, hand_open, &h);
	u32 msgid = 0, size = 0;

	while (vrig_hears(rig, &msgid, &size) && msgid >> 24 != VCHIQ_OPEN)
		;
	KUNIT_EXPECT_EQ(test, msgid >> 24, VCHIQ_OPEN);
	*port = msgid >> 12 & 0xfff;
	vrig_say(rig, VRIG_ID(OPENACK, peer, *port), &version, sizeof(version));
	KUNIT_ASSERT_EQ(test, fake_join(t), 0);
}

FERRY_EXPORT_TEST(vrig_hand_open_as);

struct fake_client *vrig_hand_open(struct vrig *rig, const char *name, u16 peer, u16 *port)
{
	struct fake_client *c = fake_client(rig->test);

	vrig_hand_open_as(rig, c, name, peer, port);
	return c;
}

FERRY_EXPORT_TEST(vrig_hand_open);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: what the tests of VCHIQ share");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
