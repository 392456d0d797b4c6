// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMC: debugfs, in the directory of the link: smc/{keys,key,stats}.
 */
#include <linux/debugfs.h>
#include <linux/ferry/link.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "../compat.h"
#include "smc.h"

static int stats_show(struct seq_file *m, void *unused)
{
	struct ferry_smc_stats stats;

	ferry_smc_stats(m->private, &stats);
	seq_printf(m, "notifications %llu\n", stats.notifications);
	seq_printf(m, "last-notification %#010x\n", stats.last);
	seq_printf(m, "refused %llu\n", stats.refused);
	seq_printf(m, "wrong %llu\n", stats.wrong);
	seq_printf(m, "late %llu\n", stats.late);
	seq_printf(m, "unknown %llu\n", stats.unknown);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int keys_show(struct seq_file *m, void *unused)
{
	struct ferry_smc *smc = m->private;
	char name[5], type[5];
	unsigned int i;

	seq_puts(m, "name type size flags\n");
	for (i = 0; i < smc->nr_keys; i++)
		seq_printf(m, "%s %s %u %#04x\n", ferry_smc_key_name(smc->keys[i].key, name),
			   ferry_smc_key_name(smc->keys[i].type, type), smc->keys[i].size,
			   smc->keys[i].flags);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(keys);

static void key_print(struct seq_file *m, const struct ferry_smc_info *info, const u8 *value,
		      int size)
{
	char name[5], type[5];
	s64 milli;

	seq_printf(m, "name %s\n", ferry_smc_key_name(info->key, name));
	seq_printf(m, "type %s\n", ferry_smc_key_name(info->type, type));
	seq_printf(m, "size %u\nflags %#04x\n", info->size, info->flags);
	if (size < 0)
		return;
	seq_printf(m, "bytes %*phN\n", size, value);
	if (!ferry_smc_to_milli(info->type, value, size, &milli))
		seq_printf(m, "milli %lld\n", milli);
}

/* The key that was chosen last, as it is now. */
static int key_show(struct seq_file *m, void *unused)
{
	struct ferry_smc *smc = m->private;
	u32 key = READ_ONCE(smc->selected);
	u8 value[FERRY_SMC_VALUE_MAX];
	struct ferry_smc_info info;
	int ret;

	if (!key)
		return -ENODATA;
	ret = ferry_smc_key_info(smc, key, &info);
	if (ret)
		return ret;
	ret = info.size ? ferry_smc_read(smc, key, value, info.size) : 0;
	/* One that can only be written is described, too. */
	if (ret < 0 && ret != -EIO)
		return ret;
	key_print(m, &info, value, ret);
	return 0;
}

static int key_open(struct inode *inode, struct file *file)
{
	return single_open(file, key_show, inode->i_private);
}

/* The number of bytes, or -EINVAL. */
static int key_parse(const char *hex, u8 *value, size_t room)
{
	size_t len = strlen(hex);

	if (!len || len % 2 || len / 2 > room || hex2bin(value, hex, len / 2))
		return -EINVAL;
	return len / 2;
}

/* "NAME" chooses a key, "NAME=BYTES" in hexadecimal writes it. */
static int key_do(struct ferry_smc *smc, const char *text)
{
	u8 value[FERRY_SMC_VALUE_MAX];
	u32 key;
	int len;

	if (strlen(text) < 4)
		return -EINVAL;
	key = get_unaligned_be32(text);
	WRITE_ONCE(smc->selected, key);
	text += 4;
	if (!*text)
		return 0;
	len = *text == '=' ? key_parse(text + 1, value, sizeof(value)) : -EINVAL;
	return len < 0 ? len : ferry_smc_write(smc, key, value, len);
}

static ssize_t key_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct ferry_smc *smc = ((struct seq_file *)file->private_data)->private;
	char *text, *end;
	int ret;

	if (len > 4 + 1 + 2 * FERRY_SMC_VALUE_MAX + 1)
		return -EINVAL;
	text = memdup_user_nul(buf, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	end = strchr(text, '\n');
	if (end)
		*end = '\0';
	ret = key_do(smc, text);
	kfree(text);
	return ret ?: len;
}

static const struct file_operations key_fops = {
	.owner = THIS_MODULE,
	.open = key_open,
	.read = seq_read,
	.write = key_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* Process context. */
void ferry_smc_debugfs_add(struct ferry_smc *smc)
{
	smc->debugfs = debugfs_create_dir("smc", ferry_link_debugfs(smc->link));
	debugfs_create_file("keys", 0400, smc->debugfs, smc, &keys_fops);
	debugfs_create_file("key", 0600, smc->debugfs, smc, &key_fops);
	debugfs_create_file("stats", 0400, smc->debugfs, smc, &stats_fops);
}
