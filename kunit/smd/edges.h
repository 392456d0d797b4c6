/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Edges over plain memory, for the suites of SMD: two of our own, or one whose remote is
 * played by the test, byte by byte.
 */
#ifndef FERRY_KUNIT_SMD_EDGES_H
#define FERRY_KUNIT_SMD_EDGES_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/ferry/smd.h>
#include <linux/workqueue.h>

#include "../../drivers/smd/layout.h"
#include "../../drivers/smd/wire.h"

struct ferry_port;
struct ferry_smem;
struct kunit;

#define EDGES_EDGE	6
#define EDGES_SMEM	(2 * 1024 * 1024)

/* edges_create() */
#define EDGES_BY_HAND	BIT(0)	/* the test is the remote */
#define EDGES_OFFLINE	BIT(1)	/* the scanning side is not started yet */
#define EDGES_RECOVER	BIT(2)	/* both are started again after a crash */
#define EDGES_RPM	BIT(3)	/* the edge of the power manager */
#define EDGES_STRAIGHT	BIT(4)	/* the other side is as the driver in Linux */
#define EDGES_PART	BIT(6)	/* in a partition of both, with a lock that either may have */
#define EDGES_RPM_EDGE	15
#define EDGES_HOST	1	/* the remote, where there is a partition */

struct edges {
	struct kunit *test;
	void *mem;
	struct ferry_smem *smem;
	atomic_t owner;			/* of its lock: 0, or a host and 1 */
	struct ferry_port *to_remote;	/* our kick */
	struct ferry_port *at_remote;	/* where it comes out */
	struct ferry_port *to_us;
	struct ferry_port *at_us;
	struct ferry_smd *smd[2];	/* scanning, allocating (or NULL) */
	struct ferry_link *link[2];
	void (*signals)(void *priv, const char *channel, u32 signals);
	bool leftovers;		/* channels are as an earlier life of ours left them */
};

struct edges *edges_create(struct kunit *test, unsigned int flags);
void edges_channel(struct edges *e, const char *name, u32 size, bool words, bool stream);
void edges_start(struct edges *e);
void edges_destroy_smd(struct edges *e, unsigned int side);

/* A remote by hand: the items of one channel, and what they should look like. */
struct hand {
	struct edges *e;
	struct smd_entry *entry;
	void *info;
	void *fifo;
	void *ours;		/* half of the scanning side */
	void *theirs;
	u8 *tx;			/* ring of the scanning side */
	u8 *rx;
	u32 size;
	bool words;
	u32 head;		/* of @rx, as the remote keeps it */
	u32 tail;		/* of @tx */
};

struct smd_entry *hand_table(struct edges *e, unsigned int table, u32 size);
struct hand *hand_items(struct edges *e, u32 cid, u32 info_size, u32 fifo_size);
struct hand *hand_channel(struct edges *e, const char *name, u32 cid, u32 size, bool words,
			  u32 type);
void hand_entry(struct smd_entry *entry, const char *name, u32 cid, u32 flags);
void hand_kick(struct edges *e);
void hand_state(struct hand *h, u32 state);
void hand_write(struct hand *h, const void *data, u32 len);
void hand_packet(struct hand *h, const void *data, u32 len);
bool hand_sees(struct hand *h, u32 state);
u32 hand_head(struct hand *h);
/* Says opened, with rings that begin at 0: whoever opens now need not wait. */
void hand_opened(struct hand *h);

/* Opens in the background. */
struct opener {
	struct work_struct work;
	struct completion done;
	struct edges_client *c;
	struct ferry_link *link;
	const char *name;
	int ret;
};

/* An endpoint whose messages are numbered. */
struct edges_client {
	struct kunit *test;
	struct ferry_ep *ep;
	struct completion got;
	unsigned int nr;	/* received */
	unsigned int bad;	/* with wrong bytes */
	unsigned int tx_ready;
	unsigned int ups, closes;
	size_t bytes;
	size_t len;		/* of the last one */
	u8 *last;
	bool stream;
	bool unchecked;
	unsigned int refuse;	/* so many times: not now */
	int (*on_rx)(struct edges_client *c, const void *data, size_t len);
	void *priv;
};

struct edges_client *edges_client(struct kunit *test);
int edges_open(struct edges_client *c, struct ferry_link *link, const char *name,
	       unsigned int flags);
void edges_close(struct edges_client *c);
void edges_fill(void *data, size_t len, unsigned int nr);
int edges_send(struct edges_client *c, size_t len, unsigned int nr);
bool edges_wait(struct edges_client *c, unsigned int nr);
bool edges_wait_for(const unsigned int *counter, unsigned int value);

struct opener *edges_open_begin(struct edges_client *c, struct ferry_link *link, const char *name);
int edges_open_end(struct opener *o);
unsigned int edges_offered(struct ferry_link *link);

/* Both ends of a channel, opened: [0] at the scanning side. */
void edges_connect(struct edges *e, const char *name, unsigned int flags,
		   struct edges_client *c[2]);

#endif /* FERRY_KUNIT_SMD_EDGES_H */
