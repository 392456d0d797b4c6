/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device of a mailbox face, for benchmarks; included by one file of each module. It has a
 * driver, as the mailbox framework holds the module of the one that a controller is bound to.
 */
#ifndef FERRY_BENCH_FACE_DEV_H
#define FERRY_BENCH_FACE_DEV_H

#include <linux/err.h>
#include <linux/platform_device.h>

static struct platform_device *face_pdev;

static int face_probe(struct platform_device *pdev)
{
	return 0;
}

static struct platform_driver face_driver = {
	.probe = face_probe,
	.driver = { .name = KBUILD_MODNAME },
};

static int face_dev_make(void)
{
	int ret = platform_driver_register(&face_driver);

	if (ret)
		return ret;
	face_pdev = platform_device_register_simple(KBUILD_MODNAME, PLATFORM_DEVID_NONE, NULL, 0);
	if (!IS_ERR(face_pdev))
		return 0;
	platform_driver_unregister(&face_driver);
	return PTR_ERR(face_pdev);
}

static void face_dev_end(void)
{
	platform_device_unregister(face_pdev);
	platform_driver_unregister(&face_driver);
}

#endif /* FERRY_BENCH_FACE_DEV_H */
