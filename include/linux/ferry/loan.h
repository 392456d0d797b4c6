/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loans: buffers of the remote that we hold until we tell it that we are done.
 */
#ifndef _LINUX_FERRY_LOAN_H
#define _LINUX_FERRY_LOAN_H

#include <linux/types.h>

struct ferry_buf;
struct ferry_loans;
struct ferry_region;

/**
 * DOC: loans
 *
 * A message that arrives in memory of the remote is a loan: the remote uses that
 * memory again when it was told that we are done. The protocol names each loan with
 * a key of its own, the number of a descriptor for example.
 *
 * A client may hold a loan for as long as it likes, past the end of the link and of
 * its driver. So the loans are the core's, and hold the region. What comes back from
 * an earlier epoch, or when the protocol is gone, goes back without a word: nobody
 * waits for it any more.
 */

/**
 * struct ferry_loans_ops - what the remote is told
 */
struct ferry_loans_ops {
	/**
	 * @returned: we are done with the loan @key, and it is not held any more:
	 * the remote may lend it again at once. Any context, under the lock of the
	 * loans. Never for an earlier epoch, nor after ferry_loans_destroy().
	 */
	void (*returned)(void *priv, u32 key);
};

struct ferry_loans *ferry_loans_create(struct ferry_region *region, unsigned int nr, u32 keys,
				       const struct ferry_loans_ops *ops, void *priv);
void ferry_loans_destroy(struct ferry_loans *loans);
struct ferry_buf *ferry_loan_take(struct ferry_loans *loans, u32 key, void *vaddr, u64 remote,
				  size_t size);
bool ferry_loan_held(const struct ferry_loans *loans, u32 key);
void ferry_loans_reset(struct ferry_loans *loans);
unsigned int ferry_loans_out(const struct ferry_loans *loans);

#endif /* _LINUX_FERRY_LOAN_H */
