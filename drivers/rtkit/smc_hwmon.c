// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMC: its sensors, as hwmon. Which keys are sensors, and of what, their names say.
 */
#include <linux/err.h>
#include <linux/hwmon.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "../compat.h"
#include "smc.h"

#define SMC_SENSORS_MAX	128	/* of one sort */

/* What the first character of a key says. */
static const struct sensor_sort {
	char first;
	enum hwmon_sensor_types type;
	u32 config;
	u32 input;		/* attribute */
	unsigned int scale;	/* hwmon's units in a thousandth, ... */
	unsigned int divide;	/* ... or thousandths in one */
} sensor_sorts[] = {
	{ 'T', hwmon_temp, HWMON_T_INPUT | HWMON_T_LABEL, hwmon_temp_input, 1, 1 },
	{ 'V', hwmon_in, HWMON_I_INPUT | HWMON_I_LABEL, hwmon_in_input, 1, 1 },
	{ 'I', hwmon_curr, HWMON_C_INPUT | HWMON_C_LABEL, hwmon_curr_input, 1, 1 },
	{ 'P', hwmon_power, HWMON_P_INPUT | HWMON_P_LABEL, hwmon_power_input, 1000, 1 },
	{ 'F', hwmon_fan, HWMON_F_INPUT | HWMON_F_LABEL, hwmon_fan_input, 1, 1000 },
};

#define NR_SORTS	ARRAY_SIZE(sensor_sorts)

struct sensor {
	const struct ferry_smc_info *info;
	char name[5];
};

struct sensors {
	struct ferry_smc *smc;
	unsigned int nr[NR_SORTS];
	struct sensor *sensor[NR_SORTS];
	u32 *config[NR_SORTS];
	struct hwmon_channel_info channel[NR_SORTS];
	const struct hwmon_channel_info *channels[NR_SORTS + 1];
	struct hwmon_chip_info chip;
};

static unsigned int sort_of(enum hwmon_sensor_types type)
{
	unsigned int i;

	for (i = 0; i < NR_SORTS - 1; i++)
		if (sensor_sorts[i].type == type)
			break;
	return i;
}

/* Of fans only the actual speed: F0Ac, F1Ac ... */
static bool is_sensor(const struct ferry_smc_info *info, const struct sensor_sort *sort)
{
	if (info->key >> 24 != sort->first || !(info->flags & SMC_FLAG_READABLE))
		return false;
	if (info->type != SMC_TYPE_FLOAT && info->type != SMC_TYPE_FIXED)
		return false;
	return sort->type != hwmon_fan || (info->key & 0xffff) == ('A' << 8 | 'c');
}

static umode_t sensors_visible(const void *drvdata, enum hwmon_sensor_types type, u32 attr,
			       int channel)
{
	return 0444;
}

static int sensors_read(struct device *dev, enum hwmon_sensor_types type, u32 attr, int channel,
			long *val)
{
	struct sensors *s = dev_get_drvdata(dev);
	unsigned int i = sort_of(type);
	const struct ferry_smc_info *info = s->sensor[i][channel].info;
	u8 value[8];
	s64 milli;
	int ret;

	if (attr != sensor_sorts[i].input)
		return -EOPNOTSUPP;
	if (!info->size || info->size > sizeof(value))
		return -ENODATA;
	ret = ferry_smc_read(s->smc, info->key, value, info->size);
	if (ret < 0)
		return ret;
	ret = ferry_smc_to_milli(info->type, value, ret, &milli);
	if (ret)
		return ret;
	milli = clamp_t(s64, milli, S64_MIN / 1000, S64_MAX / 1000);
	*val = div_s64(milli * sensor_sorts[i].scale, sensor_sorts[i].divide);
	return 0;
}

static int sensors_read_string(struct device *dev, enum hwmon_sensor_types type, u32 attr,
			       int channel, const char **str)
{
	struct sensors *s = dev_get_drvdata(dev);

	*str = s->sensor[sort_of(type)][channel].name;
	return 0;
}

static const struct hwmon_ops sensors_ops = {
	.is_visible = sensors_visible,
	.read = sensors_read,
	.read_string = sensors_read_string,
};

static void sensors_free(struct sensors *s)
{
	unsigned int i;

	for (i = 0; i < NR_SORTS; i++) {
		kfree(s->sensor[i]);
		kfree(s->config[i]);
	}
	kfree(s);
}

/* True: there are some. */
static bool sensors_find(struct sensors *s, unsigned int sort)
{
	const struct ferry_smc *smc = s->smc;
	struct sensor *sensor = kcalloc(SMC_SENSORS_MAX, sizeof(*sensor), GFP_KERNEL);
	u32 *config = kcalloc(SMC_SENSORS_MAX + 1, sizeof(*config), GFP_KERNEL);
	unsigned int i, nr = 0;

	s->sensor[sort] = sensor;
	s->config[sort] = config;
	if (!sensor || !config)
		return false;
	for (i = 0; i < smc->nr_keys && nr < SMC_SENSORS_MAX; i++) {
		if (!is_sensor(&smc->keys[i], &sensor_sorts[sort]))
			continue;
		sensor[nr].info = &smc->keys[i];
		ferry_smc_key_name(smc->keys[i].key, sensor[nr].name);
		config[nr++] = sensor_sorts[sort].config;
	}
	s->channel[sort] = (struct hwmon_channel_info){ sensor_sorts[sort].type, config };
	return nr;
}

static bool sensors_find_all(struct sensors *s)
{
	unsigned int i, nr = 0;

	for (i = 0; i < NR_SORTS; i++)
		if (sensors_find(s, i))
			s->channels[nr++] = &s->channel[i];
	s->chip.ops = &sensors_ops;
	s->chip.info = s->channels;
	return nr;
}

/* Process context. Without sensors there is no device. */
void ferry_smc_hwmon_add(struct ferry_smc *smc)
{
	struct sensors *s = kzalloc(sizeof(*s), GFP_KERNEL);
	struct device *hwmon;

	if (!s)
		return;
	s->smc = smc;
	if (!sensors_find_all(s)) {
		sensors_free(s);
		return;
	}
	hwmon = hwmon_device_register_with_info(smc->dev, "ferry_smc", s, &s->chip, NULL);
	if (IS_ERR(hwmon)) {
		dev_warn(smc->dev, "no hwmon: %ld\n", PTR_ERR(hwmon));
		sensors_free(s);
		return;
	}
	smc->hwmon = hwmon;
}

/* Process context. */
void ferry_smc_hwmon_remove(struct ferry_smc *smc)
{
	struct sensors *s;

	if (!smc->hwmon)
		return;
	s = dev_get_drvdata(smc->hwmon);
	hwmon_device_unregister(smc->hwmon);
	sensors_free(s);
}
