// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own rpmsg drivers over Keem Bay and its simulated VPU, by the numbers of
 * channels: to user space and back, over a crash, and again.
 */
#include <kunit/test.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <uapi/linux/rpmsg.h>

#include "../../drivers/compat.h"
#include "../../drivers/sim/keembay_vpu.h"
#include "../keembay/fake_vpu.h"
#include "files.h"

#define NR_MESSAGES	200
#define CHANNEL		31
#define CHANNEL_TTY	1000

static void sim_destroy(void *vpu)
{
	ferry_sim_vpu_destroy(vpu);
}

static struct ferry_link *vpu_link(struct kunit *test)
{
	struct fake_vpu *fake = fake_make(test, FIFO_DEPTH, REGION_SIZE, REGION_SIZE);
	struct ferry_sim_vpu_cfg cfg = {
		.name = "kunit",
		.cpu_region = fake->cpu_region,
		.vpu_region = fake->vpu_region,
		.ready_ms = FERRY_SIM_VPU_NO_READY,
	};
	struct ferry_sim_vpu *vpu;

	ferry_port_stop(fake->vpu_tx);
	ferry_port_stop(fake->vpu_rx);
	vpu = ferry_sim_vpu_create_on_ports(&cfg, fake->vpu_tx, fake->vpu_rx);
	KUNIT_ASSERT_FALSE(test, IS_ERR(vpu));
	ferry_defer(test, sim_destroy, vpu);
	KUNIT_ASSERT_EQ(test, ferry_sim_vpu_set_role(vpu, CHANNEL, FERRY_SIM_VPU_ECHO), 0);
	KUNIT_ASSERT_EQ(test, ferry_sim_vpu_set_role(vpu, CHANNEL_TTY, FERRY_SIM_VPU_ECHO), 0);
	fake_link(test, fake, false);
	KUNIT_ASSERT_EQ(test, ferry_link_start(fake->link), 0);
	return fake->link;
}

static unsigned int echo(struct file *file, unsigned int nr)
{
	unsigned int i, good = 0;

	for (i = 0; i < nr; i++) {
		size_t len = 4 + i % (FILES_MTU - 3);

		good += files_send(file, i, len) == len && files_recv(file, i) == len;
	}
	return good;
}

static void messages_of_a_program_come_back(struct kunit *test)
{
	struct ferry_link *link = vpu_link(test);

	KUNIT_EXPECT_EQ(test, echo(files_open(test, link, CHANNEL, 0), NR_MESSAGES), NR_MESSAGES);
}

static void channels_are_there_again_after_a_crash(struct kunit *test)
{
	struct ferry_link *link = vpu_link(test);
	struct file *file = files_open(test, link, CHANNEL, 0);
	struct device *old = files_ctrl(test, link), *now = NULL;

	KUNIT_EXPECT_EQ(test, echo(file, 10), 10);
	ferry_link_crash(link, "test");
	KUNIT_EXPECT_EQ(test, files_recv(file, 0), -EPIPE);
	KUNIT_EXPECT_EQ(test, files_send(file, 0, 4), -EPIPE);
	KUNIT_ASSERT_EQ(test, ferry_link_start(link), 0);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT((put_device(now),
					    now = files_below(link, "rpmsg_ctrl.0.0"),
					    now && now != old)));
	put_device(now);
	KUNIT_EXPECT_EQ(test, echo(files_open(test, link, CHANNEL, 0), 10), 10);
}

static void terminal_comes_back(struct kunit *test)
{
	struct ferry_link *link = vpu_link(test);
	struct device *dev = NULL;
	struct file *file;

	KUNIT_ASSERT_EQ(test, files_ioctl(test, link, RPMSG_CREATE_DEV_IOCTL, "rpmsg-tty",
					  CHANNEL_TTY), 0);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT(dev = files_below(link, "rpmsg-tty.-1.1000")));
	put_device(dev);
	KUNIT_ASSERT_TRUE(test, FERRY_WAIT((file = filp_open("/dev/ttyRPMSG0", O_RDWR | O_NOCTTY,
							     0), !IS_ERR(file))));
	KUNIT_EXPECT_EQ(test, files_send(file, 0x61626364, 16), 16);
	KUNIT_EXPECT_EQ(test, files_recv(file, 0x61626364), 16);
	files_close(file);
}

static int rpmsg_keembay_init(struct kunit *test)
{
	files_load(test);
	return 0;
}

static struct kunit_case rpmsg_keembay_cases[] = {
	KUNIT_CASE(messages_of_a_program_come_back),
	KUNIT_CASE(channels_are_there_again_after_a_crash),
	KUNIT_CASE(terminal_comes_back),
	{}
};

static struct kunit_suite rpmsg_keembay_suite = {
	.name = "ferry_rpmsg_keembay",
	.init = rpmsg_keembay_init,
	.test_cases = rpmsg_keembay_cases,
};

kunit_test_suite(rpmsg_keembay_suite);

FERRY_IMPORT_TEST();
MODULE_DESCRIPTION("Ferry: tests of the kernel's own rpmsg drivers over Keem Bay");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
