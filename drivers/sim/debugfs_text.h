/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What simulated remotes have in common in debugfs: lines that a user writes, and flags by
 * their names.
 */
#ifndef FERRY_SIM_DEBUGFS_TEXT_H
#define FERRY_SIM_DEBUGFS_TEXT_H

#include <linux/bits.h>
#include <linux/err.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#define FERRY_SIM_LINE_MAX	1024	/* the names of all flags fit */

/* Process context. A line that the user wrote, as a string to be freed; or ERR_PTR(). */
static inline char *ferry_sim_line(const char __user *from, size_t len)
{
	return len <= FERRY_SIM_LINE_MAX ? memdup_user_nul(from, len) : ERR_PTR(-EINVAL);
}

/* Those that are set, a line each. */
static inline void ferry_sim_flags_show(struct seq_file *m, u64 flags,
					const char * const *names, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (flags & BIT_ULL(i))
			seq_printf(m, "%s\n", names[i]);
}

static inline int ferry_sim_flags_parse(char *line, const char * const *names, unsigned int nr,
					u64 *flags)
{
	char *word;
	int i;

	*flags = 0;
	while ((word = strsep(&line, " ,\t\n"))) {
		if (!*word)
			continue;
		i = match_string(names, nr, word);
		if (i < 0)
			return i;
		*flags |= BIT_ULL(i);
	}
	return 0;
}

/* Process context. Names that the user wrote, all others are off. 0 or -errno. */
static inline int ferry_sim_flags_get(const char __user *from, size_t len,
				      const char * const *names, unsigned int nr, u64 *flags)
{
	char *line = ferry_sim_line(from, len);
	int ret;

	if (IS_ERR(line))
		return PTR_ERR(line);
	ret = ferry_sim_flags_parse(line, names, nr, flags);
	kfree(line);
	return ret;
}

#endif /* FERRY_SIM_DEBUGFS_TEXT_H */
