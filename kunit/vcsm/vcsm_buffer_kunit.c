// SPDX-License-Identifier: GPL-2.0-only
/*
 * VC-SM: the link crashes, is stopped, or goes, at each step of the life of a buffer.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/dma-buf.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "rig.h"

enum buffer_step {
	STEP_ASKED,		/* somebody waits for the answer */
	STEP_GAVE_UP,		/* nobody does any more */
	STEP_MAPPED,
	STEP_UNMAPPING,
	STEP_RELEASED,		/* by the VPU; a user still has it */
	NR_STEPS,
};

enum buffer_end {
	END_CRASH,		/* and the remote can be stopped */
	END_CRASH_STUCK,	/* and it cannot, for now */
	END_STOP,
	END_UNREGISTER,
	END_DESTROY,		/* the instance; the link runs on */
	NR_ENDS,
};

static const struct buffer_case {
	enum buffer_step step;
	enum buffer_end end;
} buffer_params[NR_STEPS * NR_ENDS] = {
#define PARAM(s, e)	[(s) * NR_ENDS + (e)] = { s, e }
#define PARAMS(s)	PARAM(s, END_CRASH), PARAM(s, END_CRASH_STUCK), PARAM(s, END_STOP), \
			PARAM(s, END_UNREGISTER), PARAM(s, END_DESTROY)
	PARAMS(STEP_ASKED), PARAMS(STEP_GAVE_UP), PARAMS(STEP_MAPPED), PARAMS(STEP_UNMAPPING),
	PARAMS(STEP_RELEASED),
};

static void buffer_case_desc(const struct buffer_case *c, char *desc)
{
	static const char * const step[] = {
		"asked", "gave up", "mapped", "unmapping", "released",
	};
	static const char * const end[] = {
		"crash", "crash, and stuck", "stop", "link goes", "instance goes",
	};

	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: %s", step[c->step], end[c->end]);
}

KUNIT_ARRAY_PARAM(buffer_case, buffer_params, buffer_case_desc);

/* The importer that still waits, or NULL; and what a user has, or NULL. */
static struct vpu_importer *buffer_go_to(struct kunit *test, struct vpu *v,
					 struct vpu_source *s, enum buffer_step step,
					 struct dma_buf **chained)
{
	struct vpu_importer *i;

	*chained = NULL;
	if (step == STEP_ASKED || step == STEP_GAVE_UP) {
		rig_ask(test, v, s, &i);
		if (step == STEP_ASKED)
			return i;
		send_sig(SIGKILL, i->task->task, 1);
		KUNIT_ASSERT_EQ(test, fake_join(i->task), -ERESTARTSYS);
		flush_delayed_fput();
		return NULL;
	}
	*chained = rig_import(test, v, s);
	if (step == STEP_RELEASED) {
		vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
		KUNIT_ASSERT_TRUE(test, FERRY_WAIT(!vpu_stats(v).held));
	}
	if (step == STEP_UNMAPPING) {
		vpu_put(*chained);
		*chained = NULL;
		KUNIT_ASSERT_NOT_NULL(test, vpu_sent(v, VCSM_FREE, 0));
	}
	return NULL;
}

static void buffer_end(struct kunit *test, struct vpu *v, enum buffer_end end)
{
	switch (end) {
	case END_CRASH:
	case END_CRASH_STUCK:
		WRITE_ONCE(v->stop_ret, end == END_CRASH_STUCK ? -EIO : 0);
		ferry_link_crash(v->link, "the test says so");
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).held));
		break;
	case END_STOP:
		KUNIT_EXPECT_EQ(test, ferry_link_stop(v->link), 0);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).held));
		break;
	case END_UNREGISTER:
		vpu_unregister(v);
		break;
	case END_DESTROY:
	default:
		vpu_destroy_vcsm(v);
		break;
	}
}

/* May the VPU still write to it? Nobody has stopped it. */
static bool buffer_in_doubt(const struct buffer_case *c)
{
	return c->step != STEP_RELEASED && (c->end == END_CRASH_STUCK || c->end == END_DESTROY);
}

static void it_is_free_when_the_vpu_cannot_write_to_it(struct kunit *test)
{
	const struct buffer_case *c = test->param_value;
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer *waiting;
	struct dma_buf *chained;
	int ret;

	waiting = buffer_go_to(test, v, s, c->step, &chained);
	buffer_end(test, v, c->end);
	if (waiting) {
		ret = fake_join(waiting->task);
		KUNIT_EXPECT_EQ(test, ret, c->end == END_DESTROY ? -ENODEV : -ENOLINK);
	}
	flush_delayed_fput();
	if (chained) {
		KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
		KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(chained, NULL, NULL), -ENOLINK);
		vpu_put(chained);
	}
	if (buffer_in_doubt(c)) {
		KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
		WRITE_ONCE(v->stop_ret, 0);
		KUNIT_EXPECT_EQ(test, ferry_link_stop(v->link), 0);
	}
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
}

/* The next life has nothing to do with the one before, ids included. */
static void it_works_again_after_a_restart(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_source *t = vpu_source(test, VPU_ADDR + VPU_SIZE, SZ_4K);
	struct dma_buf *old = rig_import(test, v, s);
	struct dma_buf *chained;

	KUNIT_ASSERT_EQ(test, ferry_link_stop(v->link), 0);
	KUNIT_EXPECT_PTR_EQ(test, vpu_import_now(v, t), ERR_PTR(-ENOLINK));
	rig_start(test, v);
	KUNIT_EXPECT_EQ(test, vpu_stats(v).version, 1);
	vpu_confirm(v);
	chained = rig_import(test, v, t);
	/* What the old one was called is nothing now. */
	vpu_release(v, VPU_ADDR, VPU_SIZE, 1, HANDLE);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).stray == 1));
	KUNIT_EXPECT_EQ(test, ferry_vcsm_handle(chained, NULL, NULL), 0);
	vpu_put(old);
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
	v->releases = true;
	vpu_put(chained);
	KUNIT_EXPECT_NOT_NULL(test, vpu_sent(v, VCSM_FREE, 0));
	vpu_release(v, 0, 0, 3, HANDLE);
	vpu_release(v, 0, 0, 2, HANDLE);
	rig_expect_nothing_left(test, v, t);
}

/*
 * The VPU closes the service, and opens it again: the link runs on, so what it has it has. What
 * it could not be told of meanwhile it is told then.
 */
static void the_service_may_close_and_open(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_source *t = vpu_source(test, VPU_ADDR + VPU_SIZE, SZ_4K);
	struct dma_buf *chained = rig_import(test, v, s);
	struct vpu_importer *i;

	rig_ask(test, v, t, &i);
	vpu_serve(v, false);
	KUNIT_EXPECT_EQ(test, fake_join(i->task), -ENOLINK);
	KUNIT_EXPECT_PTR_EQ(test, vpu_import_now(v, t), ERR_PTR(-EPIPE));
	vpu_put(chained);
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	KUNIT_EXPECT_TRUE(test, rig_is_kept(t));
	KUNIT_EXPECT_EQ(test, vpu_count(v, VCSM_FREE), 0);
	vpu_serve(v, true);
	KUNIT_EXPECT_NOT_NULL(test, vpu_sent(v, VCSM_CLIENT_VERSION, 1));
	vpu_confirm(v);
	KUNIT_EXPECT_NOT_NULL(test, vpu_sent(v, VCSM_FREE, 0));
	vpu_release(v, 0, 0, 1, HANDLE);
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
	vpu_release(v, VPU_ADDR + VPU_SIZE, SZ_4K, 2, HANDLE);
	rig_expect_nothing_left(test, v, t);
}

/* A user may have it longer than anybody. */
static void a_user_may_have_it_longer_than_all_else(struct kunit *test)
{
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct dma_buf *chained = rig_import(test, v, s);

	vpu_destroy_vcsm(v);
	vpu_unregister(v);
	KUNIT_EXPECT_TRUE(test, rig_is_kept(s));
	KUNIT_EXPECT_EQ(test, dma_buf_begin_cpu_access(chained, DMA_BIDIRECTIONAL), 0);
	KUNIT_EXPECT_EQ(test, s->cpu, 1);
	KUNIT_EXPECT_EQ(test, dma_buf_end_cpu_access(chained, DMA_BIDIRECTIONAL), 0);
	KUNIT_EXPECT_EQ(test, s->cpu, 0);
	vpu_put(chained);
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
}

#define CROWD	4

static int crowd_fn(void *arg)
{
	struct vpu_importer *i = arg;
	struct dma_buf *chained;

	for (;;) {
		chained = vpu_import_now(i->v, i->source);
		if (IS_ERR(chained))
			return PTR_ERR(chained);
		dma_buf_put(chained);
		usleep_range(10, 50);
	}
}

static const struct crowd_case {
	const char *name;
	enum buffer_end end;
} crowd_cases[] = {
	{ "crash", END_CRASH },
	{ "stop", END_STOP },
	{ "link goes", END_UNREGISTER },
};

static void crowd_case_desc(const struct crowd_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(crowd_case, crowd_cases, crowd_case_desc);

static void it_ends_while_many_import(struct kunit *test)
{
	const struct crowd_case *c = test->param_value;
	struct vpu *v = rig_vpu(test, NULL);
	struct vpu_source *s = rig_source(test);
	struct vpu_importer i = { .v = v, .source = s };
	struct fake_task *task[CROWD];
	unsigned int n;

	rig_oblige(v);
	for (n = 0; n < CROWD; n++)
		task[n] = fake_run(test, crowd_fn, &i);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(vpu_stats(v).releases > 20));
	if (c->end == END_CRASH)
		ferry_link_crash(v->link, "the test says so");
	else
		buffer_end(test, v, c->end);
	for (n = 0; n < CROWD; n++)
		KUNIT_EXPECT_LT(test, fake_join(task[n]), 0);
	KUNIT_EXPECT_TRUE(test, vpu_source_is_free(s));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(!vpu_stats(v).buffers));
}

static struct kunit_case buffer_cases[] = {
	KUNIT_CASE_PARAM(it_is_free_when_the_vpu_cannot_write_to_it, buffer_case_gen_params),
	KUNIT_CASE(it_works_again_after_a_restart),
	KUNIT_CASE(the_service_may_close_and_open),
	KUNIT_CASE(a_user_may_have_it_longer_than_all_else),
	KUNIT_CASE_PARAM(it_ends_while_many_import, crowd_case_gen_params),
	{}
};

static struct kunit_suite buffer_suite = {
	.name = "ferry_vcsm_buffer",
	.test_cases = buffer_cases,
};

kunit_test_suite(buffer_suite);

FERRY_IMPORT_TEST();
FERRY_IMPORT_DMA_BUF();
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The Ferry authors");
MODULE_DESCRIPTION("KUnit suite of VC-SM: the end of a link, at each step");
