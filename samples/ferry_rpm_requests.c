// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to the resource power manager of a Qualcomm SoC, through the kernel's own
 * smd-rpm driver: that is an rpmsg client that knows nothing of what carries it. Each
 * request is one message, and waits for the message that acknowledges it.
 *
 *	modprobe ferry_rpm_requests count=1000
 *
 * Binds to a node "ferry,rpm-requests" among the children of the rpm-requests node. Prints
 * one line when all were acknowledged, and binds only then.
 */
#include <linux/ktime.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/soc/qcom/smd-rpm.h>
#include <linux/types.h>

static unsigned int count = 1000;
module_param(count, uint, 0444);
MODULE_PARM_DESC(count, "Requests (default 1000)");

#define RPM_KEY_RATE	0x007a484b	/* "KHz": as the clocks of the kernel ask for a rate */

struct rpm_value {
	__le32 key;
	__le32 nbytes;
	__le32 value;
} __packed;

static int rpm_request(struct qcom_smd_rpm *rpm, u32 rate)
{
	struct rpm_value req = {
		.key = cpu_to_le32(RPM_KEY_RATE),
		.nbytes = cpu_to_le32(sizeof(req.value)),
		.value = cpu_to_le32(rate),
	};

	return qcom_rpm_smd_write(rpm, QCOM_SMD_RPM_ACTIVE_STATE, QCOM_SMD_RPM_BUS_CLK, 0, &req,
				  sizeof(req));
}

static int rpm_requests_probe(struct platform_device *pdev)
{
	struct qcom_smd_rpm *rpm = dev_get_drvdata(pdev->dev.parent);
	ktime_t start = ktime_get();
	unsigned int i;
	int ret;

	if (!rpm)
		return -EPROBE_DEFER;
	for (i = 0; i < count; i++) {
		ret = rpm_request(rpm, i);
		if (ret) {
			dev_err(&pdev->dev, "request %u of %u: %d\n", i, count, ret);
			return ret;
		}
	}
	dev_info(&pdev->dev, "rpmsg: %u messages, %u acknowledged, %lld ms, ok\n", 2 * count,
		 count, ktime_ms_delta(ktime_get(), start));
	return 0;
}

static const struct of_device_id rpm_requests_match[] = {
	{ .compatible = "ferry,rpm-requests" },
	{ }
};
MODULE_DEVICE_TABLE(of, rpm_requests_match);

static struct platform_driver rpm_requests_driver = {
	.probe = rpm_requests_probe,
	.driver = {
		.name = "ferry_rpm_requests",
		.of_match_table = rpm_requests_match,
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};
module_platform_driver(rpm_requests_driver);

MODULE_DESCRIPTION("Ferry: requests to an RPM, through the kernel's smd-rpm driver");
MODULE_AUTHOR("The Ferry authors");
MODULE_LICENSE("GPL");
