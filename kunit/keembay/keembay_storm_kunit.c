// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keem Bay: crash and recovery again and again while messages of every kind are under way,
 * copied, in buffers of the link, in a dma-buf of somebody else, and in memory that the
 * VPU lends. In the end nothing is missing.
 */
#include <kunit/test.h>
#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/fcntl.h>
#include <linux/ferry/dmabuf.h>
#include <linux/ferry/loan.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "../../drivers/compat.h"
#include "../../drivers/sim/keembay_vpu.h"
#include "fake_vpu.h"

#define STORM_CYCLES	1000
/* With several CPUs a recovery takes ticks. */
#define STORM_MAX	((IS_ENABLED(CONFIG_SMP) ? 10 : 300) * HZ)
#define STORM_ECHO	20		/* copied, and answered in memory of the VPU */
#define STORM_SINK	1000
#define STORM_SINK2	1001
#define STORM_SIZE	SZ_4K

struct storm {
	struct fake_vpu *fake;
	struct platform_device *pdev;
	struct ferry_sim_vpu *vpu;
	struct ferry_region *region;	/* of the dma-buf of somebody else */
	struct ferry_pool *pool;
	struct dma_buf *dmabuf;
	struct ferry_ep *ep[3];
	struct ferry_buf *held;		/* a loan that outlives a crash or two */
	unsigned int answers;
	unsigned int sent[3];
	unsigned int cut[3];		/* sends that found the link down */
	int error;
};

/* One send of a kind; 0 or what it returned. */
static int storm_copy(struct storm *s, unsigned int kind)
{
	u8 msg[200] = {};

	return ferry_send_timeout(s->ep[kind], msg, sizeof(msg), 5000);
}

static int storm_buffer(struct storm *s, unsigned int kind)
{
	struct ferry_buf *buf = ferry_buf_alloc(s->ep[kind], STORM_SIZE);
	int ret;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	ret = ferry_send_buf_timeout(s->ep[kind], buf, STORM_SIZE, 5000);
	if (ret)
		ferry_buf_put(buf);
	return ret;
}

/*
 * The same one each time, in an import of its own. DMA debugging takes no more than seven
 * mappings of a page.
 */
static int storm_dmabuf(struct storm *s, unsigned int kind)
{
	if (file_count(s->dmabuf->file) > 5)
		return -EAGAIN;
	return ferry_send_dmabuf_timeout(s->ep[kind], s->dmabuf, STORM_SIZE, 5000);
}

struct storm_sender {
	struct storm *s;
	unsigned int kind;
	int (*send)(struct storm *s, unsigned int kind);
	struct task_struct *task;
};

static int storm_thread(void *arg)
{
	struct storm_sender *t = arg;
	struct storm *s = t->s;
	int ret;

	while (!kthread_should_stop()) {
		ret = t->send(s, t->kind);
		if (!ret) {
			s->sent[t->kind]++;
			cond_resched();
			continue;
		}
		if (ret == -ENOLINK || ret == -EAGAIN || ret == -ETIMEDOUT)
			s->cut[t->kind]++;
		else if (!s->error && (ret != -ERESTARTSYS || !kthread_should_stop()))
			WRITE_ONCE(s->error, ret);
		usleep_range(10, 100);
	}
	return 0;
}

/* Every 50th answer is held until the next one of those, whatever happens meanwhile. */
static int storm_rx_buf(struct ferry_ep *ep, struct ferry_buf *buf, size_t len, void *priv)
{
	struct storm *s = priv;

	if (s->answers++ % 50) {
		ferry_buf_put(buf);
	} else {
		ferry_buf_put(s->held);
		s->held = buf;
	}
	return 0;
}

static int storm_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	return 0;
}

static const void *storm_dma(void *data, u64 addr, u32 size)
{
	struct storm *s = data;

	return ferry_region_to_cpu(s->region, addr, size);
}

static const struct ferry_sim_vpu_soc storm_soc = {
	.dma = storm_dma,
};

static void storm_free_device(void *arg)
{
	platform_device_unregister(arg);
}

static void storm_destroy_vpu(void *vpu)
{
	ferry_sim_vpu_destroy(vpu);
}

static void storm_free_dmabuf(void *arg)
{
	struct storm *s = arg;

	if (s->dmabuf)
		dma_buf_put(s->dmabuf);
	ferry_pool_destroy(s->pool);
	ferry_region_put(s->region);
}

/* A dma-buf that the link knows nothing of. */
static void storm_make_dmabuf(struct kunit *test, struct storm *s)
{
	struct ferry_pool_cfg cfg = { .size = STORM_SIZE, .buf_size = STORM_SIZE,
				      .align = PAGE_SIZE };

	s->region = ferry_region_from_coherent(&s->pdev->dev, STORM_SIZE);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s->region));
	s->pool = ferry_pool_create(s->region, &cfg);
	ferry_defer(test, storm_free_dmabuf, s);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s->pool));
	s->dmabuf = ferry_pool_export(s->pool, O_RDWR);
	if (IS_ERR(s->dmabuf))
		s->dmabuf = NULL;
	KUNIT_ASSERT_NOT_NULL(test, s->dmabuf);
}

static struct storm *storm_make(struct kunit *test)
{
	struct platform_device_info info = {
		.name = "ferry-storm-kunit", .id = PLATFORM_DEVID_AUTO,
		.dma_mask = DMA_BIT_MASK(32),
	};
	struct storm *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct ferry_sim_vpu_cfg vpu_cfg = {
		.name = "storm", .soc = &storm_soc, .soc_data = s,
		.ready_ms = FERRY_SIM_VPU_NO_READY,
	};
	struct ferry_kmb_cfg cfg;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->pdev = platform_device_register_full(&info);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s->pdev));
	ferry_defer(test, storm_free_device, s->pdev);
	storm_make_dmabuf(test, s);

	s->fake = fake_make(test, FIFO_DEPTH, REGION_SIZE, REGION_SIZE);
	ferry_port_stop(s->fake->vpu_tx);
	ferry_port_stop(s->fake->vpu_rx);
	vpu_cfg.cpu_region = s->fake->cpu_region;
	vpu_cfg.vpu_region = s->fake->vpu_region;
	s->vpu = ferry_sim_vpu_create_on_ports(&vpu_cfg, s->fake->vpu_tx, s->fake->vpu_rx);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s->vpu));
	ferry_defer(test, storm_destroy_vpu, s->vpu);
	ferry_sim_vpu_set_role(s->vpu, STORM_SINK2, FERRY_SIM_VPU_SINK);

	cfg = fake_cfg(s->fake);
	s->fake->kmb = ferry_kmb_create(&s->pdev->dev, &cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(s->fake->kmb));
	s->fake->link = s->fake->kmb->link;
	ferry_defer(test, fake_destroy, s->fake->kmb);
	KUNIT_ASSERT_EQ(test, ferry_link_start(s->fake->link), 0);
	return s;
}

static void storm_stop_thread(void *arg)
{
	kthread_stop(((struct storm_sender *)arg)->task);
}

static void storm_send(struct kunit *test, struct storm_sender *t)
{
	t->task = kthread_create(storm_thread, t, "ferry-storm-%u", t->kind);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->task));
	get_task_struct(t->task);
	wake_up_process(t->task);
}

/* What boots a VPU resets it, too: it forgets the packets that we threw away. */
static int storm_recover(struct storm *s)
{
	ferry_sim_vpu_reset(s->vpu);
	return ferry_link_start(s->fake->link);
}

static unsigned int storm_rage(struct storm *s)
{
	struct ferry_link *link = s->fake->link;
	unsigned long end = jiffies + STORM_MAX;
	unsigned int n;

	for (n = 0; n < STORM_CYCLES && time_before(jiffies, end); n++) {
		/* Now and then long enough for an answer, on one slow CPU, too. */
		if (n % 20 == 0)
			usleep_range(20000, 30000);
		ferry_link_crash(link, "storm");
		if (!FERRY_WAIT(ferry_link_state(link) == FERRY_STATE_CRASHED) ||
		    storm_recover(s))
			break;
	}
	return n;
}

static void nothing_is_lost_in_a_storm(struct kunit *test)
{
	struct storm *s = storm_make(test);
	struct ferry_ep_cfg echo = { .rx = storm_rx, .rx_buf = storm_rx_buf, .priv = s };
	struct storm_sender t[] = {
		{ s, 0, storm_copy }, { s, 1, storm_buffer }, { s, 2, storm_dmabuf },
	};
	struct ferry_link *link = s->fake->link;
	unsigned int i, cycles;

	s->ep[0] = fake_open_cfg(test, s->fake, STORM_ECHO, &echo);
	s->ep[1] = fake_open(test, s->fake, STORM_SINK, NULL);
	s->ep[2] = fake_open(test, s->fake, STORM_SINK2, NULL);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		storm_send(test, &t[i]);

	cycles = storm_rage(s);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		storm_stop_thread(&t[i]);
		put_task_struct(t[i].task);
	}
	kunit_info(test, "%u crashes, %u+%u+%u sent, %u answers\n", cycles, s->sent[0], s->sent[1],
		   s->sent[2], s->answers);
	KUNIT_EXPECT_EQ(test, s->error, 0);
	KUNIT_EXPECT_GT(test, cycles, 10);
	for (i = 0; i < ARRAY_SIZE(t); i++)
		KUNIT_EXPECT_GT(test, s->sent[i], 0);
	KUNIT_EXPECT_GT(test, s->answers, 0);
	KUNIT_EXPECT_EQ(test, ferry_link_epoch(link), cycles + 1);

	/* Whatever was lent when it is stopped comes back with that. */
	KUNIT_EXPECT_EQ(test, ferry_link_stop(link), 0);
	expect_all_free(test, s->fake);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(file_count(s->dmabuf->file) == 1));
	KUNIT_EXPECT_EQ(test, ferry_loans_out(s->fake->kmb->loans), s->held ? 1 : 0);
	ferry_buf_put(s->held);
	KUNIT_EXPECT_EQ(test, ferry_loans_out(s->fake->kmb->loans), 0);
}

static struct kunit_case storm_cases[] = {
	KUNIT_CASE(nothing_is_lost_in_a_storm),
	{}
};

static struct kunit_suite storm_suite = {
	.name = "ferry_keembay_storm",
	.test_cases = storm_cases,
};
kunit_test_suite(storm_suite);

MODULE_DESCRIPTION("Ferry: Keem Bay, tests of crashes under load");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
