// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs that we own: made, connected, started, and what we see when they end.
 */
#include <linux/module.h>

#include "rm_rig.h"

FERRY_IMPORT_TEST();

#define LABEL_ECHO	0x11
#define LABEL_IN	0x12
#define LABEL_OUT	0x13
#define LABEL_BELL	0x14
#define RESOURCES	8	/* entries: a CPU, and what things[] makes */

static const struct ferry_sim_gunyah_rm_thing things[] = {
	{ .from_vm = true, .to_vm = true, .label = LABEL_ECHO },
	{ .from_vm = true, .label = LABEL_IN, .depth = 2, .size = 64 },
	{ .to_vm = true, .label = LABEL_OUT, .depth = 2, .size = 64 },
	{ .bell = true, .from_vm = true, .to_vm = true, .label = LABEL_BELL },
	{}
};

struct vmtest {
	struct kunit *test;
	struct rmrig *r;
	struct ferry_gunyah_vm *vm;
	struct ferry_ep *ep;
	unsigned int got;
	unsigned int crashes;
	int state;		/* that was told last */
	bool made;		/* as we know it: list_use() */
};

static int vm_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct vmtest *t = priv;

	WRITE_ONCE(t->got, t->got + 1);
	return 0;
}

static void vm_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct vmtest *t = priv;

	if (event == FERRY_EVENT_CRASHED)
		WRITE_ONCE(t->crashes, t->crashes + 1);
}

static void vm_changed(struct ferry_gunyah_vm *vm, enum ferry_gunyah_vm_state state, void *priv)
{
	struct vmtest *t = priv;

	WRITE_ONCE(t->state, state);
}

static size_t vm_max_len(u32 label, void *priv)
{
	return label == LABEL_ECHO ? 0 : 64;
}

static void vm_close(struct vmtest *t)
{
	if (t->ep)
		ferry_close(t->ep);
	t->ep = NULL;
}

static void vm_end(void *arg)
{
	struct vmtest *t = arg;

	vm_close(t);
	if (t->vm)
		ferry_gunyah_vm_destroy(t->vm);
}

static void vm_make(struct vmtest *t)
{
	const struct ferry_gunyah_vm_cfg cfg = {
		.name = "kunit-vm", .max_len = vm_max_len, .changed = vm_changed, .priv = t,
	};
	struct ferry_gunyah_vm *vm = ferry_gunyah_vm_create(t->r->rm, &cfg);

	KUNIT_ASSERT_FALSE(t->test, IS_ERR(vm));
	t->vm = vm;
	t->made = false;
}

static struct vmtest *vm_new(struct kunit *test)
{
	struct vmtest *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct ferry_gunyah_rm_cfg cfg = {
		.timeout_ms = RM_LONG_MS, .slow_timeout_ms = RM_LONG_MS,
	};

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->r = rmrig_bare(test, things);
	rmrig_use(t->r, cfg);
	ferry_defer(test, vm_end, t);
	vm_make(t);
	return t;
}

static int vm_open(struct vmtest *t, const char *name, u32 label)
{
	const struct ferry_id id = { .name = name, .number = label };
	const struct ferry_ep_cfg cfg = { .rx = vm_rx, .event = vm_event, .priv = t };
	struct ferry_ep *ep;

	vm_close(t);
	ep = ferry_open(ferry_gunyah_vm_link(t->vm), &id, &cfg);
	if (IS_ERR(ep))
		return PTR_ERR(ep);
	t->ep = ep;
	return 0;
}

static struct vmtest *vm_running(struct kunit *test)
{
	struct vmtest *t = vm_new(test);

	KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_init(t->vm), 0);
	KUNIT_ASSERT_EQ(test, vm_open(t, "queue", LABEL_ECHO), 0);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_start(t->vm), 0);
	return t;
}

static void vm_talks(struct vmtest *t, unsigned int n)
{
	unsigned int before = t->got, i;

	for (i = 0; i < n; i++)
		KUNIT_ASSERT_EQ(t->test, ferry_send(t->ep, &i, sizeof(i)), 0);
	KUNIT_EXPECT_TRUE(t->test, FERRY_WAIT(READ_ONCE(t->got) == before + n));
}

static void vm_has_its_queues_before_it_starts(struct kunit *test)
{
	struct vmtest *t = vm_new(test);
	u32 msg = 1;

	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_vmid(t->vm), 0x80);
	KUNIT_EXPECT_NULL(test, ferry_gunyah_vm_link(t->vm));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), FERRY_GUNYAH_VM_LOAD);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_init(t->vm), 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), FERRY_GUNYAH_VM_READY);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_init(t->vm), -EBUSY);
	KUNIT_ASSERT_EQ(test, vm_open(t, "queue", LABEL_ECHO), 0);
	KUNIT_EXPECT_EQ(test, ferry_mtu(t->ep), 240);
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, &msg, sizeof(msg)), 0);
	KUNIT_EXPECT_EQ(test, t->got, 0);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_start(t->vm), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(t->got) == 1));
	vm_talks(t, 40);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(t->state) == FERRY_GUNYAH_VM_RUNNING));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_start(t->vm), -EBUSY);
}

static void queues_are_found_by_type_and_label(struct kunit *test)
{
	struct vmtest *t = vm_new(test);
	u32 msg = 1;
	u64 bits = 1;

	KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_init(t->vm), 0);
	KUNIT_EXPECT_STREQ(test, ferry_link_name(ferry_gunyah_vm_link(t->vm)), "kunit-vm");
	KUNIT_EXPECT_EQ(test, vm_open(t, "queue-rx", LABEL_IN), 0);
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, &msg, 4), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, vm_open(t, "queue-tx", LABEL_OUT), 0);
	KUNIT_EXPECT_EQ(test, ferry_mtu(t->ep), 64);
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, &msg, 4), 0);
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, &msg, 4), 0);
	KUNIT_EXPECT_EQ(test, ferry_trysend(t->ep, &msg, 4), -EAGAIN);
	KUNIT_EXPECT_EQ(test, vm_open(t, "bell", LABEL_BELL), 0);
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, &bits, 8), 0);
	KUNIT_EXPECT_LT(test, vm_open(t, "queue", LABEL_OUT), 0);
}

static void vm_that_is_stopped_can_be_followed_by_another(struct kunit *test)
{
	struct vmtest *t = vm_running(test);
	u32 msg = 1;
	int i;

	for (i = 0; i < 2; i++) {
		vm_talks(t, 10);
		KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_reset(t->vm), -EBUSY);
		KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_stop(t->vm), 0);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(t->crashes) == 1));
		KUNIT_EXPECT_EQ(test, ferry_send(t->ep, &msg, 4), -ENOLINK);
		KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_stop(t->vm), -EBUSY);
		KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_reset(t->vm), 0);
		KUNIT_EXPECT_NULL(test, ferry_gunyah_vm_link(t->vm));
		KUNIT_EXPECT_EQ(test, ferry_send(t->ep, &msg, 4), -ENODEV);
		KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), FERRY_GUNYAH_VM_RESET);
		vm_close(t);
		KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_destroy(t->vm), 0);
		t->vm = NULL;
		t->crashes = 0;
		vm_make(t);
		KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_vmid(t->vm), 0x80);
		KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_init(t->vm), 0);
		KUNIT_ASSERT_EQ(test, vm_open(t, "queue", LABEL_ECHO), 0);
		KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_start(t->vm), 0);
	}
	rmrig_lives(t->r);
}

static void vm_that_dies_crashes_its_link_only(struct kunit *test)
{
	struct vmtest *t = vm_running(test);

	vm_talks(t, 10);
	ferry_sim_gunyah_rm_vm_dies(t->r->sim, 0x80);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(t->crashes) == 1));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(t->state) == FERRY_GUNYAH_VM_EXITED));
	KUNIT_EXPECT_EQ(test, (int)ferry_link_state(t->r->link), (int)FERRY_STATE_RUNNING);
	rmrig_lives(t->r);
}

/* Destroyed as it is, in traffic: everything is undone. */
static void destroy_takes_down_what_runs(struct kunit *test)
{
	struct vmtest *t = vm_running(test);
	u32 msg = 1;

	vm_talks(t, 10);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_destroy(t->vm), 0);
	t->vm = NULL;
	KUNIT_EXPECT_EQ(test, ferry_send(t->ep, &msg, 4), -ENODEV);
	vm_close(t);
	vm_make(t);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_vmid(t->vm), 0x80);
}

static void numbers_are_given_as_asked(struct kunit *test)
{
	struct vmtest *t = vm_new(test);
	struct ferry_gunyah_vm_cfg cfg = { .vmid = 0x91 };
	struct ferry_gunyah_vm *vm = ferry_gunyah_vm_create(t->r->rm, &cfg);

	KUNIT_ASSERT_FALSE(test, IS_ERR(vm));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_vmid(vm), 0x91);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_vm_create(t->r->rm, &cfg)), -EBUSY);
	/* Both at once, and notifications go to the right one. */
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_init(vm), 0);
	KUNIT_EXPECT_STREQ(test, ferry_link_name(ferry_gunyah_vm_link(vm)), "gunyah-vm145");
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), FERRY_GUNYAH_VM_LOAD);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_destroy(vm), 0);
}

/* A notification that is lost costs a look, nothing more. */
static void states_are_found_without_notifications(struct kunit *test)
{
	struct vmtest *t = vm_running(test);
	u8 state[4] = { FERRY_GUNYAH_VM_EXITED };

	/* The simulated one does not know that it ended, nor says so. */
	ferry_sim_gunyah_rm_answer(t->r->sim, RM_VM_STOP, 0, NULL, 0);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_rm_call(t->r->rm, RM_VM_STOP, NULL, 0, NULL, 0), 0);
	ferry_sim_gunyah_rm_answer(t->r->sim, RM_VM_GET_STATE, 0, state, sizeof(state));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), FERRY_GUNYAH_VM_EXITED);
	state[0] = FERRY_GUNYAH_VM_RESET + 1;
	ferry_sim_gunyah_rm_answer(t->r->sim, RM_VM_GET_STATE, 0, state, sizeof(state));
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), -EBADMSG);
	ferry_sim_gunyah_rm_answer(t->r->sim, RM_VM_GET_STATE, 0, state, 3);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), -EBADMSG);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), FERRY_GUNYAH_VM_RUNNING);
}

/* As the real one says it, not as the simulated one, which has our names for them. */
static void states_have_the_numbers_of_the_manual(struct kunit *test)
{
	static const struct {
		u8 number;
		enum ferry_gunyah_vm_state state;
		const char *name;
	} states[] = {
		{ 0, FERRY_GUNYAH_VM_NONE, "none" }, { 1, FERRY_GUNYAH_VM_INIT, "init" },
		{ 2, FERRY_GUNYAH_VM_READY, "ready" }, { 3, FERRY_GUNYAH_VM_RUNNING, "running" },
		{ 4, FERRY_GUNYAH_VM_PAUSED, "paused" }, { 5, FERRY_GUNYAH_VM_LOAD, "load" },
		{ 6, FERRY_GUNYAH_VM_AUTH, "auth" },
		{ 8, FERRY_GUNYAH_VM_INIT_FAILED, "init-failed" },
		{ 9, FERRY_GUNYAH_VM_EXITED, "exited" },
		{ 10, FERRY_GUNYAH_VM_RESETTING, "resetting" },
		{ 11, FERRY_GUNYAH_VM_RESET, "reset" },
	};
	struct vmtest *t = vm_new(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		const u8 reply[4] = { states[i].number };

		ferry_sim_gunyah_rm_answer(t->r->sim, RM_VM_GET_STATE, 0, reply, sizeof(reply));
		KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), (int)states[i].state);
		KUNIT_EXPECT_EQ(test, (int)states[i].state, states[i].number);
		KUNIT_EXPECT_STREQ(test, ferry_gunyah_vm_state_name(states[i].state),
				   states[i].name);
	}
	KUNIT_EXPECT_STREQ(test, ferry_gunyah_vm_state_name(FERRY_GUNYAH_VM_NR_STATES), "?");
}

struct list {
	__le32 count;
	struct rm_resource entry[RESOURCES];
} __packed;

/* What the simulated one says, to be changed. */
static ssize_t list_read(struct vmtest *t, struct list *list)
{
	const struct rm_vmid request = { .vmid = cpu_to_le16(0x80) };

	KUNIT_ASSERT_EQ(t->test, ferry_gunyah_rm_call(t->r->rm, RM_VM_INIT, &request, 4, NULL, 0),
			0);
	return ferry_gunyah_rm_call(t->r->rm, RM_VM_GET_HYP_RESOURCES, &request, 4, list,
				    sizeof(*list));
}

static int list_use(struct vmtest *t, const void *list, size_t len)
{
	if (!t->made)
		ferry_sim_gunyah_rm_answer(t->r->sim, RM_VM_INIT, 0, NULL, 0);
	t->made = true;
	ferry_sim_gunyah_rm_answer(t->r->sim, RM_VM_GET_HYP_RESOURCES, 0, list, len);
	return ferry_gunyah_vm_init(t->vm);
}

static void lists_that_cannot_be_are_refused(struct kunit *test)
{
	struct vmtest *t = vm_new(test);
	struct list *list = kunit_kzalloc(test, sizeof(*list) + 44, GFP_KERNEL);
	ssize_t len;

	KUNIT_ASSERT_NOT_NULL(test, list);
	len = list_read(t, list);
	KUNIT_ASSERT_EQ(test, len, 4 + 7 * 44);
	KUNIT_EXPECT_EQ(test, list_use(t, list, len - 1), -EBADMSG);
	KUNIT_EXPECT_EQ(test, list_use(t, list, len - 44), -EBADMSG);
	KUNIT_EXPECT_EQ(test, list_use(t, list, len + 44), -EBADMSG);
	KUNIT_EXPECT_EQ(test, list_use(t, list, 3), -EBADMSG);
	KUNIT_EXPECT_EQ(test, list_use(t, list, 0), -EBADMSG);
	list->count = cpu_to_le32(8);
	KUNIT_EXPECT_EQ(test, list_use(t, list, len), -EBADMSG);
	/* 44 times this is 308 in 32 bits. */
	list->count = cpu_to_le32(7 + 0x40000000);
	KUNIT_EXPECT_EQ(test, list_use(t, list, len), -EBADMSG);
	list->count = cpu_to_le32(0xffffffff);
	KUNIT_EXPECT_EQ(test, list_use(t, list, len), -EBADMSG);
	list->count = cpu_to_le32(7);
	KUNIT_EXPECT_EQ(test, list_use(t, list, len), 0);
}

static unsigned int channels(struct vmtest *t)
{
	struct ferry_link *link = ferry_gunyah_vm_link(t->vm);
	static const struct {
		const char *name;
		u32 label;
	} all[] = {
		{ "queue", LABEL_ECHO }, { "queue-tx", LABEL_ECHO }, { "queue-rx", LABEL_ECHO },
		{ "queue-rx", LABEL_IN }, { "queue-tx", LABEL_OUT }, { "bell", LABEL_BELL },
		{ "bell-tx", LABEL_BELL }, { "bell-rx", LABEL_BELL },
	};
	unsigned int i, found = 0;

	for (i = 0; link && i < ARRAY_SIZE(all); i++)
		if (!vm_open(t, all[i].name, all[i].label))
			found |= BIT(i);
	vm_close(t);
	return found;
}

/* One entry is spoilt, and costs its own end only. */
static const struct spoilt {
	const char *name;
	u64 cap;
	u32 virq;
	u16 partner;
	u8 type;
} spoilt[] = {
	{ "no-capability", FERRY_GUNYAH_CAP_NONE, 1019, 0x80, RM_RESOURCE_QUEUE_RX },
	{ "no-interrupt", 1, 0, 0x80, RM_RESOURCE_QUEUE_RX },
	{ "private-interrupt", 1, 31, 0x80, RM_RESOURCE_QUEUE_RX },
	{ "special-interrupt", 1, 1020, 0x80, RM_RESOURCE_QUEUE_RX },
	{ "before-extended", 1, 4095, 0x80, RM_RESOURCE_QUEUE_RX },
	{ "behind-extended", 1, 5120, 0x80, RM_RESOURCE_QUEUE_RX },
	{ "large-interrupt", 1, 0xffffffff, 0x80, RM_RESOURCE_QUEUE_RX },
	{ "interrupt-not-mapped", 1, 5119, 0x80, RM_RESOURCE_QUEUE_RX },
	{ "interrupt-taken", 1, 1, 0x80, RM_RESOURCE_QUEUE_RX },
	{ "other-vm", 1, 1019, 0x81, RM_RESOURCE_QUEUE_RX },
	{ "other-type", 1, 1019, 0x80, 11 },
};

static void spoilt_name(const struct spoilt *s, char *desc)
{
	strscpy(desc, s->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(spoilt, spoilt, spoilt_name);

static void end_that_cannot_be_is_left_out(struct kunit *test)
{
	struct list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
	const struct spoilt *s = test->param_value;
	struct vmtest *t = vm_new(test);
	unsigned int i;
	ssize_t len;

	KUNIT_ASSERT_NOT_NULL(test, list);
	len = list_read(t, list);
	KUNIT_ASSERT_EQ(test, len, 4 + 7 * 44);
	for (i = 0; list->entry[i].label != cpu_to_le32(LABEL_IN); i++)
		KUNIT_ASSERT_LT(test, i, 6);
	list->entry[i].type = s->type;
	list->entry[i].partner = cpu_to_le16(s->partner);
	list->entry[i].virq = s->virq == 1 ? list->entry[1].virq : cpu_to_le32(s->virq);
	if (s->cap != 1)
		list->entry[i].cap = cpu_to_le64(s->cap);
	KUNIT_ASSERT_EQ(test, list_use(t, list, len), 0);
	KUNIT_EXPECT_EQ(test, channels(t), BIT(0) | BIT(4) | BIT(5));
	KUNIT_ASSERT_EQ(test, vm_open(t, "queue", LABEL_ECHO), 0);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_start(t->vm), 0);
	vm_talks(t, 5);
}

/* The second of a type with the same label. */
static void label_that_is_taken_stays_with_the_first(struct kunit *test)
{
	struct vmtest *t = vm_new(test);
	struct list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
	ssize_t len;

	KUNIT_ASSERT_NOT_NULL(test, list);
	len = list_read(t, list);
	KUNIT_ASSERT_EQ(test, len, 4 + 7 * 44);
	list->entry[7] = list->entry[1];
	list->entry[7].virq = cpu_to_le32(1019);
	list->count = cpu_to_le32(8);
	KUNIT_ASSERT_EQ(test, list_use(t, list, sizeof(*list)), 0);
	KUNIT_EXPECT_EQ(test, channels(t), BIT(0) | BIT(3) | BIT(4) | BIT(5));
	KUNIT_ASSERT_EQ(test, vm_open(t, "queue", LABEL_ECHO), 0);
	KUNIT_ASSERT_EQ(test, ferry_gunyah_vm_start(t->vm), 0);
	vm_talks(t, 5);
}

static void link_of_the_manager_that_crashes_leaves_vms_alone(struct kunit *test)
{
	struct vmtest *t = vm_running(test);

	ferry_link_crash(t->r->link, "a test");
	vm_talks(t, 10);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_state(t->vm), -ENOLINK);
	KUNIT_EXPECT_EQ(test, t->crashes, 0);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(ferry_link_state(t->r->link) == FERRY_STATE_CRASHED));
	KUNIT_EXPECT_EQ(test, ferry_link_start(t->r->link), 0);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(ferry_gunyah_vm_state(t->vm) ==
					   FERRY_GUNYAH_VM_RUNNING));
}

/* The resource manager is gone: what is ours goes, and the number is lost. */
static void vm_outlives_its_manager(struct kunit *test)
{
	struct vmtest *t = vm_running(test);
	int ret;

	ferry_gunyah_rm_destroy(t->r->rm);
	t->r->rm = NULL;
	vm_talks(t, 5);
	vm_close(t);
	KUNIT_EXPECT_EQ(test, ferry_gunyah_vm_start(t->vm), -ENODEV);
	ret = ferry_gunyah_vm_destroy(t->vm);
	t->vm = NULL;
	KUNIT_EXPECT_EQ(test, ret, -ENODEV);
}

static int make_attempt(void *arg)
{
	struct vmtest *t = arg;
	const struct ferry_gunyah_vm_cfg cfg = { .name = "kunit-attempt" };
	struct ferry_gunyah_vm *vm = ferry_gunyah_vm_create(t->r->rm, &cfg);

	if (IS_ERR(vm))
		return PTR_ERR(vm);
	ferry_gunyah_vm_destroy(vm);
	return 0;
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, make_attempt, vm_new(test));
}

static struct kunit_case gunyah_rm_vm_cases[] = {
	KUNIT_CASE(vm_has_its_queues_before_it_starts),
	KUNIT_CASE(queues_are_found_by_type_and_label),
	KUNIT_CASE(vm_that_is_stopped_can_be_followed_by_another),
	KUNIT_CASE(vm_that_dies_crashes_its_link_only),
	KUNIT_CASE(destroy_takes_down_what_runs),
	RM_CASE_TICKS(numbers_are_given_as_asked),
	RM_CASE_TICKS(states_are_found_without_notifications),
	RM_CASE_TICKS(states_have_the_numbers_of_the_manual),
	RM_CASE_TICKS(lists_that_cannot_be_are_refused),
	FERRY_CASE_PARAM_TICKS(end_that_cannot_be_is_left_out, spoilt_gen_params),
	RM_CASE_TICKS(label_that_is_taken_stays_with_the_first),
	KUNIT_CASE(link_of_the_manager_that_crashes_leaves_vms_alone),
	KUNIT_CASE(vm_outlives_its_manager),
	KUNIT_CASE(create_survives_a_failing_allocation),
	{}
};

static struct kunit_suite gunyah_rm_vm_suite = {
	.name = "ferry_gunyah_rm_vm",
	.suite_init = rmrig_suite_init,
	.test_cases = gunyah_rm_vm_cases,
};

kunit_test_suite(gunyah_rm_vm_suite);

MODULE_DESCRIPTION("Ferry: tests of VMs that the resource manager of Gunyah makes");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
