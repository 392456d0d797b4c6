// SPDX-License-Identifier: GPL-2.0-only
/*
 * A link with one endpoint, and an SMC behind it that does what the test says.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "../../drivers/compat.h"
#include "../core/iomem.h"
#include "../ferry_kunit.h"
#include "smc_model.h"

/* Written independently of the driver under test, from the same description. */
#define CMD(msg)	((u8)(msg))
#define ID(msg)		((u8)((msg) >> 12 & 0xf))
#define SIZE(msg)	((u8)((msg) >> 16))
#define WSIZE(msg)	((u8)((msg) >> 24))
#define DATA(msg)	((u32)((msg) >> 32))
#define NOT_FOUND	0x84

static u8 *model_area(struct model *m)
{
	return m->io->mem + (m->init_answer - m->io->phys);
}

static struct model_key *model_find(struct model *m, u32 key)
{
	unsigned int i;

	for (i = 0; i < m->nr_keys; i++)
		if (m->keys[i].key == key)
			return &m->keys[i];
	return NULL;
}

static void model_queue(struct model *m, u64 msg)
{
	m->queue[m->head % MODEL_QUEUE] = msg;
	/* Pairs with the acquire in model_poll(). */
	smp_store_release(&m->head, m->head + 1);
}

static void model_answer(struct model *m, u64 msg, u8 result, u8 size, u32 data)
{
	u64 answer = (u64)data << 32 | (u64)(m->size < 0 ? size : m->size) << 16 |
		     (u64)((ID(msg) + m->add_id) & 0xf) << 12 |
		     (m->result ? m->result : result);

	if (m->mute)
		m->kept[m->nr_kept++ % MODEL_QUEUE] = answer;
	else
		model_queue(m, answer);
}

static u32 model_small(const struct model_key *k, u8 size)
{
	u32 data = 0;
	int i;

	for (i = size - 1; i >= 0; i--)
		data = data << 8 | k->value[i];
	return data;
}

static void model_read(struct model *m, u64 msg, struct model_key *k)
{
	u8 size = min_t(u8, SIZE(msg), k->size);

	if (SIZE(msg) > 4)
		memcpy(model_area(m), k->value, size);
	model_answer(m, msg, 0, size, size <= 4 ? model_small(k, size) : 0);
}

static void model_info(struct model *m, u64 msg, const struct model_key *k)
{
	u8 *area = model_area(m);

	area[0] = k->size;
	memcpy(area + 1, k->type, 4);
	area[5] = k->flags;
	model_answer(m, msg, 0, 0, 0);
}

static void model_count(struct model *m, u64 msg)
{
	model_answer(m, msg, 0, 4, swab32(m->count ?: m->nr_keys));
}

static void model_keyed(struct model *m, u64 msg)
{
	struct model_key *k = model_find(m, DATA(msg));

	if (!k) {
		model_answer(m, msg, NOT_FOUND, 0, 0);
		return;
	}
	switch (CMD(msg)) {
	case 0x20:
		memcpy(k->value, model_area(m), WSIZE(msg));
		fallthrough;
	case 0x10:
		model_read(m, msg, k);
		break;
	case 0x11:
		memcpy(k->value, model_area(m), SIZE(msg));
		model_answer(m, msg, 0, SIZE(msg), 0);
		break;
	case 0x13:
		model_info(m, msg, k);
		break;
	}
}

static void model_command(struct model *m, u64 msg)
{
	if (CMD(msg) == 0x17) {
		if (m->init_first)
			model_queue(m, m->init_first);
		if (!m->init_mute)
			model_queue(m, m->init_answer);
	} else if (CMD(msg) == 0x12) {
		if (DATA(msg) < m->nr_keys)
			model_answer(m, msg, 0, 4, swab32(m->keys[DATA(msg)].key));
		else
			model_answer(m, msg, NOT_FOUND, 0, 0);
	} else if (CMD(msg) == 0x10 && DATA(msg) == 0x234b4559) {
		model_count(m, msg);
	} else {
		model_keyed(m, msg);
	}
}

static int model_xmit(struct ferry_channel *ch, struct ferry_msg *out, bool more)
{
	struct model *m = container_of(ch, struct model, ch);
	__le64 msg;

	if (m->full)
		return -EAGAIN;
	memcpy(&msg, out->data, sizeof(msg));
	m->log[m->nr++ % MODEL_LOG] = le64_to_cpu(msg);
	model_command(m, le64_to_cpu(msg));
	if (!m->no_irq)
		irq_work_queue(&m->irq);
	return 0;
}

static const struct ferry_channel_ops model_channel_ops = {
	.xmit = model_xmit,
};

static bool model_tx_arm(struct ferry_txq *txq, bool on)
{
	return !container_of(txq, struct model, txq)->full;
}

static const struct ferry_txq_ops model_txq_ops = {
	.tx_arm = model_tx_arm,
};

static int model_poll(struct ferry_rxq *rxq, int budget)
{
	struct model *m = container_of(rxq, struct model, rxq);
	int n;

	for (n = 0; n < budget; n++) {
		__le64 msg;
		void *room;

		/* Pairs with the release in model_queue(). */
		if (smp_load_acquire(&m->head) == m->tail)
			break;
		msg = cpu_to_le64(m->queue[m->tail++ % MODEL_QUEUE]);
		room = ferry_rx_get(&m->ch, m->len);
		if (IS_ERR(room))
			continue;
		memcpy(room, &msg, m->len);
		ferry_rx_put(&m->ch, room, m->len);
	}
	return n;
}

static const struct ferry_rxq_ops model_rxq_ops = {
	.poll = model_poll,
};

static void model_irq(struct irq_work *work)
{
	ferry_link_rx_irq(container_of(work, struct model, irq)->link);
}

static int model_op_start(struct ferry_link *link)
{
	return 0;
}

static int model_op_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct model *m = ferry_link_priv(link);

	m->tail = m->head;
	return 0;
}

static const struct ferry_link_ops model_link_ops = {
	.start = model_op_start,
	.stop = model_op_stop,
};

static void model_end(void *arg)
{
	struct model *m = arg;

	m->mute = false;
	m->full = false;
	m->no_irq = false;
	ferry_smc_destroy(m->smc);
	ferry_link_unregister(m->link);
	irq_work_sync(&m->irq);
	ferry_channel_unregister(&m->ch);
	ferry_txq_exit(&m->txq);
	ferry_rxq_exit(&m->rxq);
	ferry_link_put(m->link);
	platform_device_unregister(m->pdev);
	KUNIT_EXPECT_EQ(m->test, m->io->maps, 0);
	kfree(m->keys);
	kfree(m);
}

/* A link that runs, and no driver of the SMC yet. */
struct model *model_new(struct kunit *test)
{
	struct model *m = kzalloc(sizeof(*m), GFP_KERNEL);
	struct ferry_link_cfg cfg = {
		.name = "smc", .ops = &model_link_ops, .priv = m, .addr_bits = 44, .max_mtu = 8,
	};

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->test = test;
	m->keys = kcalloc(32, sizeof(*m->keys), GFP_KERNEL);
	m->io = iomem_get();
	m->pdev = platform_device_register_simple("ferry-smc-kunit", PLATFORM_DEVID_AUTO, NULL, 0);
	m->link = ferry_link_alloc(&m->pdev->dev, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(m->link));
	m->size = -1;
	m->len = 8;
	m->init_answer = m->io->phys;
	m->sram.start = m->io->phys;
	m->sram.end = m->io->phys + MODEL_WINDOW - 1;
	m->sram.flags = IORESOURCE_MEM;
	init_irq_work(&m->irq, model_irq);
	KUNIT_ASSERT_EQ(test, ferry_txq_init(&m->txq, m->link, &model_txq_ops, false), 0);
	KUNIT_ASSERT_EQ(test, ferry_rxq_init(&m->rxq, m->link, &model_rxq_ops), 0);
	m->ch = (struct ferry_channel){
		.number = 0x20, .mtu = 8, .rx_copy = 8, .ops = &model_channel_ops,
		.txq = &m->txq, .rxq = &m->rxq,
	};
	KUNIT_ASSERT_EQ(test, ferry_channel_register(m->link, &m->ch), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_register(m->link), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_start(m->link), 0);
	ferry_defer(test, model_end, m);
	model_key(m, 0, "NTAP", "flag", "\0", 1);
	return m;
}
FERRY_EXPORT_TEST(model_new);

void model_key(struct model *m, unsigned int i, const char *name, const char *type,
	       const void *value, u8 size)
{
	struct model_key *k = &m->keys[i];

	k->key = get_unaligned_be32(name);
	memcpy(k->type, type, 4);
	memcpy(k->value, value, size);
	k->size = size;
	k->flags = 0xc0;
	m->nr_keys = max(m->nr_keys, i + 1);
}
FERRY_EXPORT_TEST(model_key);

/* The driver comes. */
int model_start(struct model *m)
{
	m->smc = ferry_smc_create(&m->pdev->dev, m->link, &m->sram);
	return PTR_ERR_OR_ZERO(m->smc);
}
FERRY_EXPORT_TEST(model_start);

/* Any message, while nothing else is going on. */
void model_send(struct model *m, u64 msg)
{
	model_queue(m, msg);
	ferry_link_rx_irq(m->link);
}
FERRY_EXPORT_TEST(model_send);

/* The answers that were kept, in their order. */
void model_release(struct model *m)
{
	unsigned int i;

	m->mute = false;
	for (i = 0; i < m->nr_kept; i++)
		model_send(m, m->kept[i]);
	m->nr_kept = 0;
}
FERRY_EXPORT_TEST(model_release);

MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("An SMC for the suites of Ferry");
FERRY_IMPORT_TEST();
