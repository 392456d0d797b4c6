// SPDX-License-Identifier: GPL-2.0-only
/*
 * A link with a service SMEM behind which the test is the VPU, and dma-bufs that say who has
 * them.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "../../drivers/compat.h"
#include "../ferry_kunit.h"
#include "vpu.h"

/*
 * The link.
 */

/* Any context. Without the interrupt. */
static void vpu_queue(struct vpu *v, const void *msg, size_t len)
{
	guard(spinlock_irqsave)(&v->lock);
	if (WARN_ON(v->rx_head - v->rx_tail == VPU_LOG || len > VPU_MSG))
		return;
	v->rx[v->rx_head % VPU_LOG].len = len;
	memcpy(v->rx[v->rx_head % VPU_LOG].data, msg, len);
	v->rx_head++;
}

void vpu_say(struct vpu *v, const void *msg, size_t len)
{
	vpu_queue(v, msg, len);
	ferry_link_rx_irq(v->link);
}
FERRY_EXPORT_TEST(vpu_say);

/* It closes, or opens, the service; the link runs on. */
void vpu_serve(struct vpu *v, bool on)
{
	ferry_channel_announce(&v->ch, on);
}
FERRY_EXPORT_TEST(vpu_serve);

void vpu_confirm(struct vpu *v)
{
	struct vcsm_version_event msg = {
		.event = cpu_to_le32(VCSM_EVENT | VCSM_CLIENT_VERSION),
	};

	vpu_say(v, &msg, sizeof(msg));
}
FERRY_EXPORT_TEST(vpu_confirm);

void vpu_answer(struct vpu *v, u32 id, u32 handle)
{
	struct vcsm_import_result msg = {
		.trans_id = cpu_to_le32(id), .res_handle = cpu_to_le32(handle),
	};

	vpu_say(v, &msg, sizeof(msg));
}
FERRY_EXPORT_TEST(vpu_answer);

void vpu_release(struct vpu *v, u32 addr, u32 size, u32 kernel_id, u32 handle)
{
	struct vcsm_released msg = {
		.event = cpu_to_le32(VCSM_EVENT | VCSM_RELEASED),
		.addr = cpu_to_le32(addr),
		.size = cpu_to_le32(size),
		.kernel_id = cpu_to_le32(kernel_id),
		.vc_handle = cpu_to_le32(handle),
	};

	vpu_say(v, &msg, sizeof(msg));
}
FERRY_EXPORT_TEST(vpu_release);

/* Under the txq lock. What it does by itself; its handles tell the id. */
static void vpu_react(struct vpu *v, const void *data)
{
	const struct vcsm_header *header = data;
	const struct vcsm_import *import = data;
	const struct vcsm_free *free = data;

	switch (le32_to_cpu(header->type)) {
	case VCSM_CLIENT_VERSION:
		if (v->confirms)
			vpu_confirm(v);
		break;
	case VCSM_IMPORT:
		if (v->answers)
			vpu_answer(v, le32_to_cpu(header->trans_id),
				   VPU_HANDLE | le32_to_cpu(import->kernel_id));
		break;
	case VCSM_FREE:
		if (v->releases)
			vpu_release(v, 0, 0, le32_to_cpu(free->res_handle) & ~VPU_HANDLE,
				    le32_to_cpu(free->res_handle));
		break;
	}
}

/* Any context. What it would say to the next message has no room. */
static bool vpu_is_full(struct vpu *v)
{
	guard(spinlock_irqsave)(&v->lock);
	return v->rx_head - v->rx_tail > VPU_LOG - VPU_SPARE;
}

static int vpu_xmit(struct ferry_channel *ch, struct ferry_msg *msg, bool more)
{
	struct vpu *v = container_of(ch, struct vpu, ch);
	struct vpu_msg *log;

	if (READ_ONCE(v->xmit_ret))
		return v->xmit_ret;
	if (vpu_is_full(v))
		return -EAGAIN;
	if (atomic_dec_if_positive(&v->room) < 0)
		return -EAGAIN;
	log = &v->sent[v->nr_sent % VPU_LOG];
	log->len = msg->len;
	memcpy(log->data, msg->data, msg->len);
	/* Pairs with vpu_sent(). */
	smp_store_release(&v->nr_sent, v->nr_sent + 1);
	if (v->on_xmit)
		v->on_xmit(v, msg->data, msg->len);
	vpu_react(v, msg->data);
	return !atomic_read(&v->room);
}

static const struct ferry_channel_ops vpu_channel_ops = {
	.xmit = vpu_xmit,
};

static bool vpu_tx_arm(struct ferry_txq *txq, bool on)
{
	struct vpu *v = container_of(txq, struct vpu, txq);

	WRITE_ONCE(v->armed, on);
	smp_mb();	/* pairs with the one in vpu_give() */
	return on && atomic_read(&v->room) && !vpu_is_full(v);
}

static const struct ferry_txq_ops vpu_txq_ops = {
	.tx_arm = vpu_tx_arm,
};

/* Room for so many messages more. */
void vpu_give(struct vpu *v, unsigned int room)
{
	atomic_add(room, &v->room);
	smp_mb();	/* pairs with the one in vpu_tx_arm() */
	if (xchg(&v->armed, false))
		ferry_txq_ready(&v->txq);
}
FERRY_EXPORT_TEST(vpu_give);

/* The oldest message, without taking it. */
static bool vpu_peek(struct vpu *v, struct vpu_msg *msg)
{
	guard(spinlock_irqsave)(&v->lock);
	if (v->rx_head == v->rx_tail)
		return false;
	*msg = v->rx[v->rx_tail % VPU_LOG];
	return true;
}

static int vpu_poll(struct ferry_rxq *rxq, int budget)
{
	struct vpu *v = container_of(rxq, struct vpu, rxq);
	struct vpu_msg msg;
	int n;

	for (n = 0; n < budget && vpu_peek(v, &msg); n++) {
		void *room = ferry_rx_get(&v->ch, msg.len);

		if (IS_ERR(room) && (PTR_ERR(room) == -EAGAIN || PTR_ERR(room) == -ENOBUFS))
			break;
		if (IS_ERR(room)) {
			ferry_rx_drop(rxq, &v->ch, FERRY_DROP_NOT_OPEN);
		} else {
			memcpy(room, msg.data, msg.len);
			ferry_rx_put(&v->ch, room, msg.len);
		}
		scoped_guard(spinlock_irqsave, &v->lock)
			v->rx_tail++;
	}
	if (n && READ_ONCE(v->armed))
		ferry_txq_ready(&v->txq);
	return n;
}

static const struct ferry_rxq_ops vpu_rxq_ops = {
	.poll = vpu_poll,
};

static int vpu_start(struct ferry_link *link)
{
	struct vpu *v = ferry_link_priv(link);

	ferry_channel_announce(&v->ch, true);
	return 0;
}

static int vpu_stop(struct ferry_link *link, enum ferry_stop how)
{
	struct vpu *v = ferry_link_priv(link);

	return READ_ONCE(v->stop_ret);
}

static bool vpu_rearm(struct ferry_link *link)
{
	struct vpu *v = ferry_link_priv(link);

	guard(spinlock_irqsave)(&v->lock);
	return v->rx_head != v->rx_tail;
}

static const struct ferry_link_ops vpu_link_ops = {
	.start = vpu_start,
	.stop = vpu_stop,
	.rearm = vpu_rearm,
};

unsigned int vpu_count(struct vpu *v, u32 type)
{
	/* Pairs with vpu_xmit(). */
	unsigned int i, nr = smp_load_acquire(&v->nr_sent), n = 0;

	for (i = nr > VPU_LOG ? nr - VPU_LOG : 0; i < nr; i++)
		n += get_unaligned_le32(v->sent[i % VPU_LOG].data) == type;
	return n;
}
FERRY_EXPORT_TEST(vpu_count);

/* The @n-th message of @type, counted from 0; waits for it. NULL: it does not come. */
const void *vpu_sent(struct vpu *v, u32 type, unsigned int n)
{
	unsigned int i;

	if (!FERRY_WAIT(vpu_count(v, type) > n))
		return NULL;
	for (i = 0; i < VPU_LOG; i++)
		if (get_unaligned_le32(v->sent[i].data) == type && !n--)
			return v->sent[i].data;
	return NULL;
}
FERRY_EXPORT_TEST(vpu_sent);

const struct ferry_vcsm_stats *vpu_stats_now(struct vpu *v)
{
	ferry_vcsm_stats(v->vc, &v->stats);
	return &v->stats;
}
FERRY_EXPORT_TEST(vpu_stats_now);

void vpu_destroy_vcsm(struct vpu *v)
{
	ferry_vcsm_destroy(v->vc);
	v->vc = NULL;
}
FERRY_EXPORT_TEST(vpu_destroy_vcsm);

void vpu_unregister(struct vpu *v)
{
	if (v->registered)
		ferry_link_unregister(v->link);
	v->registered = false;
}
FERRY_EXPORT_TEST(vpu_unregister);

static void vpu_free(void *arg)
{
	struct vpu *v = arg;

	vpu_destroy_vcsm(v);
	vpu_unregister(v);
	if (v->ch.link)
		ferry_channel_unregister(&v->ch);
	ferry_rxq_exit(&v->rxq);
	ferry_txq_exit(&v->txq);
	ferry_link_put(v->link);
	kvfree(v->sent);
	kvfree(v->rx);
	kfree(v);
}

static void vpu_pdev_gone(void *arg)
{
	platform_device_unregister(arg);
}

static struct platform_device *vpu_make_device(struct kunit *test)
{
	struct platform_device_info info = {
		.name = "ferry-vpu-kunit", .id = PLATFORM_DEVID_AUTO,
		.dma_mask = DMA_BIT_MASK(32),
	};
	struct platform_device *pdev = platform_device_register_full(&info);

	KUNIT_ASSERT_FALSE(test, IS_ERR(pdev));
	ferry_defer(test, vpu_pdev_gone, pdev);
	return pdev;
}

static void vpu_make_link(struct kunit *test, struct vpu *v)
{
	struct ferry_link_cfg cfg = {
		.name = "vpu", .ops = &vpu_link_ops, .priv = v, .max_mtu = VPU_MSG,
		.addr_bits = 32, .dma_dev = &v->pdev->dev,
	};

	v->link = ferry_link_alloc(NULL, &cfg);
	if (IS_ERR(v->link)) {
		kfree(v);
		v = NULL;
	}
	KUNIT_ASSERT_NOT_NULL(test, v);
	ferry_defer(test, vpu_free, v);
	v->sent = kvcalloc(VPU_LOG, sizeof(*v->sent), GFP_KERNEL);
	v->rx = kvcalloc(VPU_LOG, sizeof(*v->rx), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, v->sent && v->rx);
	KUNIT_ASSERT_EQ(test, ferry_txq_init(&v->txq, v->link, &vpu_txq_ops, true), 0);
	KUNIT_ASSERT_EQ(test, ferry_rxq_init(&v->rxq, v->link, &vpu_rxq_ops), 0);
	strscpy(v->ch.name, VCSM_SERVICE, sizeof(v->ch.name));
	v->ch.number = VCSM_FOURCC;
	v->ch.cls = FERRY_CLASS_GP;
	v->ch.mtu = VPU_MSG;
	v->ch.rx_copy = VPU_MSG;
	v->ch.keeps = true;
	v->ch.by_remote = true;
	v->ch.ops = &vpu_channel_ops;
	v->ch.txq = &v->txq;
	v->ch.rxq = &v->rxq;
	KUNIT_ASSERT_EQ(test, ferry_channel_register(v->link, &v->ch), 0);
	KUNIT_ASSERT_EQ(test, ferry_link_register(v->link), 0);
	v->registered = true;
	KUNIT_ASSERT_EQ(test, ferry_link_start(v->link), 0);
}

/* With much room, and an instance as @cfg says, or a usual one. It says nothing by itself. */
struct vpu *vpu_create(struct kunit *test, const struct ferry_vcsm_cfg *cfg)
{
	struct ferry_vcsm_cfg usual = { .aliases = FERRY_VCSM_ALIAS_C };
	struct platform_device *pdev = vpu_make_device(test);
	struct vpu *v = kzalloc(sizeof(*v), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->test = test;
	v->pdev = pdev;
	spin_lock_init(&v->lock);
	atomic_set(&v->room, INT_MAX / 2);
	if (cfg)
		usual = *cfg;
	usual.dma_dev = &pdev->dev;
	vpu_make_link(test, v);
	v->vc = ferry_vcsm_create(v->link, &usual);
	KUNIT_ASSERT_FALSE(test, IS_ERR(v->vc));
	return v;
}
FERRY_EXPORT_TEST(vpu_create);

/*
 * Sources.
 */

static DEFINE_SPINLOCK(source_lock);	/* of the counters */

static void source_count(int *counter, int by)
{
	guard(spinlock)(&source_lock);
	WRITE_ONCE(*counter, *counter + by);
}

static int source_attach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct vpu_source *s = dmabuf->priv;

	source_count(&s->attached, 1);
	return 0;
}

static void source_detach(struct dma_buf *dmabuf, struct dma_buf_attachment *attach)
{
	struct vpu_source *s = dmabuf->priv;

	source_count(&s->attached, -1);
}

/* In @segments pieces with a gap between them. */
static struct sg_table *source_map(struct dma_buf_attachment *attach, enum dma_data_direction dir)
{
	struct vpu_source *s = attach->dmabuf->priv;
	struct sg_table *sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	struct scatterlist *sg;
	u64 addr = s->addr;
	unsigned int i;

	if (!sgt || sg_alloc_table(sgt, s->segments, GFP_KERNEL)) {
		kfree(sgt);
		return ERR_PTR(-ENOMEM);
	}
	for_each_sgtable_dma_sg(sgt, sg, i) {
		sg_dma_address(sg) = addr;
		sg_dma_len(sg) = s->size / s->segments;
		addr += s->size;
	}
	source_count(&s->mapped, 1);
	return sgt;
}

static void source_unmap(struct dma_buf_attachment *attach, struct sg_table *sgt,
			 enum dma_data_direction dir)
{
	struct vpu_source *s = attach->dmabuf->priv;

	source_count(&s->mapped, -1);
	sg_free_table(sgt);
	kfree(sgt);
}

static int source_begin(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct vpu_source *s = dmabuf->priv;

	source_count(&s->cpu, 1);
	return 0;
}

static int source_end(struct dma_buf *dmabuf, enum dma_data_direction dir)
{
	struct vpu_source *s = dmabuf->priv;

	source_count(&s->cpu, -1);
	return 0;
}

static void source_release(struct dma_buf *dmabuf)
{
	struct vpu_source *s = dmabuf->priv;

	WRITE_ONCE(s->released, true);
}

static const struct dma_buf_ops source_ops = {
	.attach = source_attach,
	.detach = source_detach,
	.map_dma_buf = source_map,
	.unmap_dma_buf = source_unmap,
	.begin_cpu_access = source_begin,
	.end_cpu_access = source_end,
	.release = source_release,
};

/* Nobody but the test has it. The last user lets go in work. */
bool vpu_source_is_free(struct vpu_source *s)
{
	flush_delayed_fput();
	return FERRY_WAIT(!READ_ONCE(s->attached) && !READ_ONCE(s->mapped) &&
			 file_count(s->dmabuf->file) == 1);
}
FERRY_EXPORT_TEST(vpu_source_is_free);

static void source_free(void *arg)
{
	struct vpu_source *s = arg;

	flush_delayed_fput();
	WARN_ON(!vpu_source_is_free(s));
	dma_buf_put(s->dmabuf);
	flush_delayed_fput();
	WARN_ON(!FERRY_WAIT(READ_ONCE(s->released)));
	kfree(s);
}

/* Goes when the test ends, and must have been let go of by then. @mode: of the file, O_RDWR. */
struct vpu_source *vpu_source_mode(struct kunit *test, u64 addr, size_t size, int mode)
{
	struct vpu_source *s = kzalloc(sizeof(*s), GFP_KERNEL);
	DEFINE_DMA_BUF_EXPORT_INFO(info);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->addr = addr;
	s->size = size;
	s->segments = 1;
	info.ops = &source_ops;
	info.size = size;
	info.priv = s;
	info.flags = mode;
	s->dmabuf = dma_buf_export(&info);
	if (IS_ERR(s->dmabuf)) {
		kfree(s);
		s = NULL;
	}
	KUNIT_ASSERT_NOT_NULL(test, s);
	ferry_defer(test, source_free, s);
	return s;
}
FERRY_EXPORT_TEST(vpu_source_mode);

/*
 * Importers.
 */

struct dma_buf *vpu_import_now(struct vpu *v, struct vpu_source *source)
{
	return ferry_vcsm_import(v->vc, source->dmabuf, "cam0");
}
FERRY_EXPORT_TEST(vpu_import_now);

static int importer_fn(void *arg)
{
	struct vpu_importer *i = arg;

	allow_signal(SIGKILL);
	i->chained = vpu_import_now(i->v, i->source);
	return PTR_ERR_OR_ZERO(i->chained);
}

struct vpu_importer *vpu_import(struct kunit *test, struct vpu *v, struct vpu_source *source)
{
	struct vpu_importer *i = kunit_kzalloc(test, sizeof(*i), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, i);
	i->v = v;
	i->source = source;
	i->task = fake_run(test, importer_fn, i);
	return i;
}
FERRY_EXPORT_TEST(vpu_import);

/* The user is done. When this returns, it is known. */
void vpu_put(struct dma_buf *chained)
{
	dma_buf_put(chained);
	flush_delayed_fput();
}
FERRY_EXPORT_TEST(vpu_put);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_DESCRIPTION("Ferry: a VPU for tests of VC-SM");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
