/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link with one endpoint, and an SMC behind it that does what the test says. What it
 * answers is made here, by hand and not by the code under test.
 */
#ifndef FERRY_KUNIT_SMC_MODEL_H
#define FERRY_KUNIT_SMC_MODEL_H

#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/ferry/smc.h>
#include <linux/ioport.h>
#include <linux/irq_work.h>

struct iomem;
struct kunit;
struct platform_device;

#define MODEL_LOG	64
#define MODEL_QUEUE	256
#define MODEL_WINDOW	0x8000	/* of the emulated memory: there is more */

struct model_key {
	u32 key;
	char type[5];
	u8 size;
	u8 flags;
	u8 value[255];
};

struct model {
	struct kunit *test;
	struct iomem *io;
	struct platform_device *pdev;
	struct resource sram;
	struct ferry_link *link;
	struct ferry_txq txq;
	struct ferry_rxq rxq;
	struct ferry_channel ch;
	struct irq_work irq;
	struct ferry_smc *smc;

	struct model_key *keys;
	unsigned int nr_keys;
	u32 count;		/* that #KEY says; 0: as many as there are */

	/* what was sent: the lock of the txq */
	unsigned int nr;
	u64 log[MODEL_LOG];

	/* what it sends: put under the lock of the txq, or by the test while it is idle */
	u64 queue[MODEL_QUEUE];
	unsigned int head;
	unsigned int tail;

	/* misbehaviour */
	u64 init_answer;	/* where the area is */
	bool init_mute;
	u64 init_first;		/* what it says before, or 0 */
	bool mute;		/* answers are kept ... */
	u64 kept[MODEL_QUEUE];	/* ... here */
	unsigned int nr_kept;
	u8 add_id;
	int result;		/* of all commands but init */
	int size;		/* that it says; -1: what is right */
	u8 len;			/* of messages: 8 is right */
	bool no_irq;		/* nobody tells that something came */
	bool full;		/* takes nothing */
};

struct model *model_new(struct kunit *test);
void model_key(struct model *m, unsigned int i, const char *name, const char *type,
	       const void *value, u8 size);
int model_start(struct model *m);
void model_send(struct model *m, u64 msg);
void model_release(struct model *m);

#endif /* FERRY_KUNIT_SMC_MODEL_H */
