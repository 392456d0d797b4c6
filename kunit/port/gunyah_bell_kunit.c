// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gunyah doorbells as ports: the word of flags, and single flags.
 */
#include <linux/module.h>

#include "gunyah_rig.h"

struct rig_bell {
	struct rig *rig;
	struct ferry_sim_gunyah_bell *bell;
	struct ferry_sim_gunyah_end tx;
	struct ferry_sim_gunyah_end rx;
	struct ferry_gunyah_bell_cfg cfg;
	struct ferry_port *port;
};

static struct rig_bell *bell_new(struct kunit *test, enum ferry_port_dir dir)
{
	struct rig_bell *rb = kunit_kzalloc(test, sizeof(*rb), GFP_KERNEL);
	bool tx = dir == FERRY_PORT_TX;

	KUNIT_ASSERT_NOT_NULL(test, rb);
	rb->rig = rig_new(test, false, false);
	rb->bell = ferry_sim_gunyah_bell_create(tx ? rb->rig->us : rb->rig->far,
						tx ? rb->rig->far : rb->rig->us, false);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rb->bell));
	ferry_sim_gunyah_bell_ends(rb->bell, &rb->tx, &rb->rx);
	rb->cfg.hyp = rig_hyp(rb->rig);
	rb->cfg.cap = tx ? rb->tx.cap : rb->rx.cap;
	rb->cfg.dir = dir;
	rb->cfg.irq = ferry_sim_gunyah_irq(rb->rig->sim, rb->rx.virq);
	rb->port = ferry_gunyah_bell_create(NULL, &rb->cfg);
	rig_own(rb->rig, rb->port);
	return rb;
}

static struct ferry_port *bell_bit(struct rig_bell *rb, unsigned int bit)
{
	struct ferry_port *port = ferry_gunyah_bell_bit(rb->port, bit);

	rig_own(rb->rig, port);
	KUNIT_ASSERT_EQ(rb->rig->test, ferry_port_start(port, &rig_user, rb->rig), 0);
	return port;
}

static struct rig_bell *bell_started(struct kunit *test, enum ferry_port_dir dir)
{
	struct rig_bell *rb = bell_new(test, dir);

	KUNIT_ASSERT_EQ(test, ferry_port_start(rb->port, &rig_user, rb->rig), 0);
	return rb;
}

static void bell_far_ring(struct rig_bell *rb, u64 flags)
{
	KUNIT_ASSERT_EQ(rb->rig->test, rig_call(rb->rig->far, GUNYAH_BELL_SEND, rb->tx.cap, flags,
						0, 0).error, 0);
}

/* What the other VM finds, and takes. */
static u64 bell_far_take(struct rig_bell *rb)
{
	return rig_call(rb->rig->far, GUNYAH_BELL_RECEIVE, rb->rx.cap, ~0ULL, 0, 0).x1;
}

static u64 bell_recv(struct rig_bell *rb)
{
	__le64 word = 0;
	ssize_t ret = ferry_port_recv(rb->port, &word, sizeof(word));

	if (ret != -EAGAIN)
		KUNIT_EXPECT_EQ(rb->rig->test, ret, sizeof(word));
	return le64_to_cpu(word);
}

static void word_is_a_port_of_eight_bytes_a_flag_of_none(struct kunit *test)
{
	struct rig_bell *rb = bell_started(test, FERRY_PORT_RX);

	KUNIT_EXPECT_EQ(test, rb->port->desc->max_len, 8);
	KUNIT_EXPECT_EQ(test, bell_bit(rb, 63)->desc->max_len, 0);
	KUNIT_EXPECT_TRUE(test, rb->port->desc->flags & FERRY_PORT_MERGES);
}

static void word_sends_the_registers_of_the_manual(struct kunit *test)
{
	struct rig_bell *rb = bell_started(test, FERRY_PORT_TX);
	u8 word[8] = { 5, 0, 0, 0, 0, 0, 0, 0x80 };
	struct ferry_gunyah_regs seen;

	KUNIT_EXPECT_EQ(test, ferry_port_send(rb->port, word, 8, 0), 0);
	ferry_sim_gunyah_seen(rb->rig->us, GUNYAH_BELL_SEND, &seen);
	KUNIT_EXPECT_EQ(test, seen.x[0], 0xc6008012);
	KUNIT_EXPECT_EQ(test, seen.x[1], rb->tx.cap);
	KUNIT_EXPECT_EQ(test, seen.x[2], 0x8000000000000005);
	KUNIT_EXPECT_EQ(test, seen.x[3], 0);
	KUNIT_EXPECT_EQ(test, bell_far_take(rb), 0x8000000000000005);
}

static void flags_sent_add_up_and_are_never_too_many(struct kunit *test)
{
	struct rig_bell *rb = bell_started(test, FERRY_PORT_TX);
	struct ferry_port *bit = bell_bit(rb, 40);
	__le64 word;
	int i;

	for (i = 0; i < 300; i++) {
		word = cpu_to_le64(BIT_ULL(i % 3));
		KUNIT_ASSERT_EQ(test, ferry_port_send(rb->port, &word, 8, 0), 0);
		KUNIT_ASSERT_EQ(test, ferry_port_send(bit, NULL, 0, 0), 0);
	}
	KUNIT_EXPECT_TRUE(test, ferry_port_tx_arm(rb->port, true));
	KUNIT_EXPECT_EQ(test, bell_far_take(rb), 7 | BIT_ULL(40));
	KUNIT_EXPECT_EQ(test, bell_far_take(rb), 0);
}

static void words_that_ring_nothing_are_refused(struct kunit *test)
{
	struct rig_bell *rb = bell_started(test, FERRY_PORT_TX);
	__le64 word[2] = {};

	KUNIT_EXPECT_EQ(test, ferry_port_send(rb->port, word, 8, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rb->port, word, 7, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rb->port, NULL, 8, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rb->port, word, 9, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rb->port, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(rb->rig->us, GUNYAH_BELL_SEND), 0);
}

static void flags_received_add_up_until_taken(struct kunit *test)
{
	struct rig_bell *rb = bell_started(test, FERRY_PORT_RX);

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rb->port));
	bell_far_ring(rb, 5);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rb->rig, 1));
	bell_far_ring(rb, 2);
	bell_far_ring(rb, 4);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rb->rig->told) >= 1));
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rb->rig->told), 1);
	KUNIT_EXPECT_EQ(test, bell_recv(rb), 7);
	KUNIT_EXPECT_EQ(test, bell_recv(rb), 0);
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rb->port));
	bell_far_ring(rb, BIT_ULL(63));
	KUNIT_EXPECT_TRUE(test, rig_is_told(rb->rig, 2));
	KUNIT_EXPECT_EQ(test, bell_recv(rb), BIT_ULL(63));
}

static void flags_before_the_start_and_before_the_arm_are_kept(struct kunit *test)
{
	struct rig_bell *rb = bell_new(test, FERRY_PORT_RX);

	bell_far_ring(rb, 1);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rb->port, &rig_user, rb->rig), 0);
	KUNIT_ASSERT_TRUE(test, rig_wait(ferry_port_rx_arm(rb->port)));
	KUNIT_EXPECT_EQ(test, bell_recv(rb), 1);
	ferry_port_stop(rb->port);
	bell_far_ring(rb, 2);
	KUNIT_ASSERT_EQ(test, ferry_port_start(rb->port, &rig_user, rb->rig), 0);
	KUNIT_ASSERT_TRUE(test, rig_wait(ferry_port_rx_arm(rb->port)));
	KUNIT_EXPECT_EQ(test, bell_recv(rb), 2);
}

static void flags_stay_where_there_is_no_room_for_them(struct kunit *test)
{
	struct rig_bell *rb = bell_started(test, FERRY_PORT_RX);
	u8 word[8];

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(rb->port));
	bell_far_ring(rb, 5);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rb->rig, 1));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rb->port, word, 7), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, bell_recv(rb), 5);
}

static void flag_with_a_port_goes_there_the_rest_to_the_word(struct kunit *test)
{
	struct rig_bell *rb = bell_started(test, FERRY_PORT_RX);
	struct ferry_port *first = bell_bit(rb, 0), *last = bell_bit(rb, 63);

	bell_far_ring(rb, 0xff | BIT_ULL(63));
	KUNIT_ASSERT_TRUE(test, rig_wait(ferry_port_rx_arm(rb->port)));
	KUNIT_EXPECT_EQ(test, bell_recv(rb), 0xfe);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(first, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(first, NULL, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(last, NULL, 0), 0);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(last, NULL, 0), -EAGAIN);
}

static void flags_work_without_the_word(struct kunit *test)
{
	struct rig_bell *rb = bell_new(test, FERRY_PORT_RX);
	struct ferry_port *a = bell_bit(rb, 3), *b = bell_bit(rb, 4);

	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(a));
	KUNIT_EXPECT_FALSE(test, ferry_port_rx_arm(b));
	bell_far_ring(rb, BIT(3));
	KUNIT_EXPECT_TRUE(test, rig_is_told(rb->rig, 1));
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rb->rig->told) >= 1));
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rb->rig->told), 1);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(b, NULL, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(a, NULL, 0), 0);
	/* One stops, the other does not notice. */
	ferry_port_stop(a);
	bell_far_ring(rb, BIT(4));
	KUNIT_EXPECT_TRUE(test, rig_is_told(rb->rig, 2));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(b, NULL, 0), 0);
}

static void each_flag_has_one_port(struct kunit *test)
{
	struct rig_bell *rb = bell_new(test, FERRY_PORT_TX);
	struct ferry_port *bit = bell_bit(rb, 7);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_bell_bit(rb->port, 7)), -EEXIST);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_bell_bit(rb->port, 64)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_bell_bit(bit, 1)), -EINVAL);
}

static void flag_outlives_the_word_and_can_be_had_again(struct kunit *test)
{
	struct rig_bell *rb = bell_new(test, FERRY_PORT_TX);
	struct ferry_port *bit = ferry_gunyah_bell_bit(rb->port, 7);

	KUNIT_ASSERT_FALSE(test, IS_ERR(bit));
	ferry_port_kill(bit);
	bit = bell_bit(rb, 7);
	rb->rig->ports[0] = bit;	/* instead of the word */
	rb->rig->nr_ports = 1;
	ferry_port_kill(rb->port);
	KUNIT_EXPECT_EQ(test, ferry_port_send(bit, NULL, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, bell_far_take(rb), BIT(7));
}

static void create_refuses_fields_that_cannot_be(struct kunit *test)
{
	struct rig_bell *rb = bell_new(test, FERRY_PORT_RX);
	struct ferry_gunyah_bell_cfg cfg = rb->cfg;

	cfg.irq = 0;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_bell_create(NULL, &cfg)), -EINVAL);
	cfg = rb->cfg;
	cfg.hyp = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_bell_create(NULL, &cfg)), -EINVAL);
	cfg = rb->cfg;
	cfg.cap = FERRY_GUNYAH_CAP_NONE;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_bell_create(NULL, &cfg)), -EINVAL);
	cfg = rb->cfg;
	cfg.dir = 7;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ferry_gunyah_bell_create(NULL, &cfg)), -EINVAL);
}

static void ringing_a_bell_that_is_gone_says_so(struct kunit *test)
{
	struct rig_bell *rb = bell_started(test, FERRY_PORT_TX);
	struct ferry_port *bit = bell_bit(rb, 1);
	__le64 word = cpu_to_le64(1);

	ferry_sim_gunyah_vm_reset(rb->rig->far);
	KUNIT_EXPECT_EQ(test, ferry_port_send(rb->port, &word, 8, 0), -EPIPE);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rb->rig, 2));
	KUNIT_EXPECT_EQ(test, ferry_port_send(bit, NULL, 0, 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(rb->rig->us, GUNYAH_BELL_SEND), 1);
	ferry_port_stop(bit);
	KUNIT_EXPECT_EQ(test, ferry_port_start(bit, &rig_user, rb->rig), -EPIPE);
}

/* A wrong kind, a wrong end, an error: none of them is believed to be a flag. */
static void bell_that_is_gone_tells_all_who_listen(struct kunit *test)
{
	struct rig_bell *rb = bell_started(test, FERRY_PORT_RX);
	struct ferry_port *bit = bell_bit(rb, 1);

	ferry_sim_gunyah_vm_reset(rb->rig->far);
	ferry_sim_gunyah_spurious(rb->rig->sim, rb->rx.virq);
	KUNIT_EXPECT_TRUE(test, rig_is_told(rb->rig, 2));
	KUNIT_EXPECT_EQ(test, ferry_port_recv(bit, NULL, 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, ferry_port_recv(rb->port, NULL, 0), -EPIPE);
	ferry_sim_gunyah_spurious(rb->rig->sim, rb->rx.virq);
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(atomic_read(&rb->rig->told) >= 2));
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, atomic_read(&rb->rig->told), 2);
	KUNIT_EXPECT_EQ(test, ferry_sim_gunyah_calls(rb->rig->us, GUNYAH_BELL_RECEIVE), 1);
}

static void error_that_passes_loses_no_flag(struct kunit *test)
{
	struct rig_bell *rb = bell_started(test, FERRY_PORT_RX);

	rig_lie(rb->rig, GUNYAH_BELL_RECEIVE, 1, 31, ~0ULL, 0);
	bell_far_ring(rb, 1);
	msleep(RIG_QUIET_MS);
	KUNIT_EXPECT_EQ(test, bell_recv(rb), 0);
	bell_far_ring(rb, 2);
	KUNIT_ASSERT_TRUE(test, rig_wait(ferry_port_rx_arm(rb->port)));
	KUNIT_EXPECT_EQ(test, bell_recv(rb), 3);
}

static int create_attempt(void *arg)
{
	struct rig_bell *rb = arg;
	struct ferry_port *word = ferry_gunyah_bell_create(NULL, &rb->cfg), *bit;

	if (IS_ERR(word))
		return PTR_ERR(word);
	bit = ferry_gunyah_bell_bit(word, 1);
	if (!IS_ERR(bit))
		ferry_port_kill(bit);
	ferry_port_kill(word);
	return PTR_ERR_OR_ZERO(bit);
}

static void create_survives_a_failing_allocation(struct kunit *test)
{
	ferry_each_alloc_fails(test, create_attempt, bell_new(test, FERRY_PORT_TX));
}

static struct kunit_case gunyah_bell_cases[] = {
	KUNIT_CASE(word_is_a_port_of_eight_bytes_a_flag_of_none),
	KUNIT_CASE(word_sends_the_registers_of_the_manual),
	KUNIT_CASE(flags_sent_add_up_and_are_never_too_many),
	KUNIT_CASE(words_that_ring_nothing_are_refused),
	KUNIT_CASE(flags_received_add_up_until_taken),
	KUNIT_CASE(flags_before_the_start_and_before_the_arm_are_kept),
	KUNIT_CASE(flags_stay_where_there_is_no_room_for_them),
	KUNIT_CASE(flag_with_a_port_goes_there_the_rest_to_the_word),
	KUNIT_CASE(flags_work_without_the_word),
	KUNIT_CASE(each_flag_has_one_port),
	KUNIT_CASE(flag_outlives_the_word_and_can_be_had_again),
	KUNIT_CASE(create_refuses_fields_that_cannot_be),
	KUNIT_CASE(ringing_a_bell_that_is_gone_says_so),
	KUNIT_CASE(bell_that_is_gone_tells_all_who_listen),
	KUNIT_CASE(error_that_passes_loses_no_flag),
	KUNIT_CASE(create_survives_a_failing_allocation),
	{}
};

static struct kunit_suite gunyah_bell_suite = {
	.name = "ferry_gunyah_bell",
	.test_cases = gunyah_bell_cases,
};

kunit_test_suite(gunyah_bell_suite);

MODULE_DESCRIPTION("Ferry: tests of Gunyah doorbells as ports");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
