// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor: a system management controller, with keys of all sizes.
 *
 * Real ones have hundreds of keys and no word on what their errors mean. These are enough
 * for every way in which a value is read and written.
 */
#include <asm/byteorder.h>
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../rtkit/smc_wire.h"
#include "rtkit_private.h"

#define RSMC_VALUE_MAX		64

/* Results that the hardware is said to have; a driver only knows that they are not 0. */
#define RSMC_BAD_COMMAND	0x82
#define RSMC_NO_KEY		0x84
#define RSMC_NOT_READABLE	0x85
#define RSMC_NOT_WRITABLE	0x86
#define RSMC_BAD_SIZE		0x87
#define RSMC_BAD_INDEX		0xb8

#define RSMC_R			SMC_FLAG_READABLE
#define RSMC_W			SMC_FLAG_WRITABLE
#define RSMC_RW			(RSMC_R | RSMC_W)

struct rsmc_key {
	u32 key;
	u32 type;
	u8 size;
	u8 flags;
	u8 value[RSMC_VALUE_MAX];
};

#define RSMC_CHARS	SMC_KEY('c', 'h', '8', '*')
#define RSMC_HEX	SMC_KEY('h', 'e', 'x', '_')
#define RSMC_NR_KEYS	12

/* In the order of their names, as real ones are: the index is the place. */
static const struct rsmc_key rsmc_keys[RSMC_NR_KEYS] = {
	{ SMC_KEY_COUNT, SMC_TYPE_U32, 4, RSMC_R, { 0, 0, 0, RSMC_NR_KEYS } },
	{ SMC_KEY('B', '0', 'F', 'C'), SMC_TYPE_U16, 2, RSMC_R, { 0x88, 0x13 } },
	/* 1200.0 and 1500.0 turns a minute */
	{ SMC_KEY('F', '0', 'A', 'c'), SMC_TYPE_FLOAT, 4, RSMC_R, { 0x00, 0x00, 0x96, 0x44 } },
	{ SMC_KEY('F', '0', 'T', 'g'), SMC_TYPE_FLOAT, 4, RSMC_RW, { 0x00, 0x80, 0xbb, 0x44 } },
	{ SMC_KEY('L', 'O', 'N', 'G'), RSMC_HEX, RSMC_VALUE_MAX, RSMC_RW, { 1, 2, 3 } },
	{ SMC_KEY_NOTIFY, SMC_TYPE_U8, 1, RSMC_W, { 0 } },
	/* 5.5, with 16 bits behind the point */
	{ SMC_KEY('P', 'S', 'T', 'R'), SMC_TYPE_FIXED, 8, RSMC_R, { 0x00, 0x80, 0x05 } },
	{ SMC_KEY('R', 'P', 'l', 't'), RSMC_CHARS, 8, RSMC_R, "j000sim" },
	/* 36.5 degrees */
	{ SMC_KEY('T', 'C', '0', 'P'), SMC_TYPE_FLOAT, 4, RSMC_R, { 0x00, 0x00, 0x12, 0x42 } },
	{ SMC_KEY('g', 'P', '0', '1'), SMC_TYPE_U32, 4, RSMC_RW, { 0 } },
	{ SMC_KEY('s', 'I', '0', '8'), SMC_TYPE_S8, 1, RSMC_RW, { 0xff } },
	{ SMC_KEY('s', 'I', '1', '6'), SMC_TYPE_S16, 2, RSMC_RW, { 0x00, 0x80 } },
};

struct rsim_smc {
	struct rsmc_key key[RSMC_NR_KEYS];
	bool up;
};

static struct rsmc_key *rsmc_find(struct rsim_smc *smc, u32 name)
{
	unsigned int i;

	for (i = 0; i < RSMC_NR_KEYS; i++) {
		if (smc->key[i].key == name)
			return &smc->key[i];
	}
	return NULL;
}

static bool rsmc_notifies(struct rsim_smc *smc)
{
	return smc->up && rsmc_find(smc, SMC_KEY_NOTIFY)->value[0] == 1;
}

/* The answer in the making. */
struct rsmc_answer {
	u8 result;
	u8 size;
	u32 data;
};

static void rsmc_read(struct ferry_sim_rtkit *sim, struct rsmc_key *key, u8 size,
		      struct rsmc_answer *answer)
{
	__le32 data = 0;

	if (!(key->flags & RSMC_R)) {
		answer->result = RSMC_NOT_READABLE;
		return;
	}
	if (size < key->size) {
		answer->result = RSMC_BAD_SIZE;
		return;
	}
	answer->size = key->size;
	if (key->size <= SMC_DATA_BYTES) {
		memcpy(&data, key->value, key->size);
		answer->data = le32_to_cpu(data);
	} else {
		memcpy(sim->cfg.sram.mem, key->value, key->size);
	}
}

static void rsmc_write(struct ferry_sim_rtkit *sim, struct rsmc_key *key, u8 size,
		       struct rsmc_answer *answer)
{
	if (!(key->flags & RSMC_W)) {
		answer->result = RSMC_NOT_WRITABLE;
	} else if (size != key->size) {
		answer->result = RSMC_BAD_SIZE;
	} else {
		memcpy(key->value, sim->cfg.sram.mem, size);
		answer->size = size;
	}
}

static void rsmc_info(struct ferry_sim_rtkit *sim, const struct rsmc_key *key,
		      struct rsmc_answer *answer)
{
	const struct smc_info info = {
		.size = key->size,
		.type = cpu_to_be32(key->type),
		.flags = key->flags,
	};

	memcpy(sim->cfg.sram.mem, &info, sizeof(info));
	answer->size = sizeof(info);
}

static void rsmc_by_key(struct ferry_sim_rtkit *sim, u64 msg0, struct rsmc_answer *answer)
{
	struct rsmc_key *key = rsmc_find(sim->smc, FIELD_GET(SMC_DATA, msg0));
	u8 size = FIELD_GET(SMC_SIZE, msg0);

	if (!key) {
		answer->result = RSMC_NO_KEY;
		return;
	}
	switch (FIELD_GET(SMC_CMD, msg0)) {
	case SMC_CMD_READ:
		rsmc_read(sim, key, size, answer);
		break;
	case SMC_CMD_WRITE:
		rsmc_write(sim, key, size, answer);
		break;
	case SMC_CMD_INFO:
		rsmc_info(sim, key, answer);
		break;
	case SMC_CMD_READ_MODIFY:
		rsmc_write(sim, key, FIELD_GET(SMC_WSIZE, msg0), answer);
		if (!answer->result)
			rsmc_read(sim, key, size, answer);
		break;
	}
}

static void rsmc_by_index(struct rsim_smc *smc, u32 index, struct rsmc_answer *answer)
{
	if (index >= RSMC_NR_KEYS) {
		answer->result = RSMC_BAD_INDEX;
		return;
	}
	answer->size = sizeof(u32);
	answer->data = swab32(smc->key[index].key);
}

static void rsmc_command(struct ferry_sim_rtkit *sim, u64 msg0, struct rsmc_answer *answer)
{
	switch (FIELD_GET(SMC_CMD, msg0)) {
	case SMC_CMD_READ:
	case SMC_CMD_WRITE:
	case SMC_CMD_INFO:
	case SMC_CMD_READ_MODIFY:
		rsmc_by_key(sim, msg0, answer);
		break;
	case SMC_CMD_BY_INDEX:
		rsmc_by_index(sim->smc, FIELD_GET(SMC_DATA, msg0), answer);
		break;
	default:
		answer->result = RSMC_BAD_COMMAND;
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_SMC);
	}
}

static void rsmc_init(struct ferry_sim_rtkit *sim, u8 endpoint, u64 msg0)
{
	u64 addr = sim->cfg.sram.addr;

	if (msg0 != SMC_CMD_INIT)
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_SMC);
	if (RSIM_HAS(sim, SMC_OUTSIDE))
		addr += sim->cfg.sram.size - SMC_AREA / 2;
	sim->smc->up = true;
	rsim_send(sim, endpoint, addr);
}

static bool rsmc_bits_ok(u64 msg0)
{
	u64 may = SMC_DATA | SMC_SIZE | SMC_ID | SMC_CMD;

	if (FIELD_GET(SMC_CMD, msg0) == SMC_CMD_READ_MODIFY)
		may |= SMC_WSIZE;
	return !(msg0 & ~may);
}

void rsim_smc_rx(struct ferry_sim_rtkit *sim, u8 endpoint, u64 msg0)
{
	struct rsmc_answer answer = { };
	u8 id = FIELD_GET(SMC_ID, msg0);

	if (!sim->smc || !sim->cfg.sram.mem) {
		rsim_send(sim, endpoint, msg0);		/* no memory to lend: an echo */
		return;
	}
	sim->stats.smc++;
	if (RSIM_HAS(sim, SMC_SILENT))
		return;
	if (FIELD_GET(SMC_CMD, msg0) == SMC_CMD_INIT) {
		rsmc_init(sim, endpoint, msg0);
		return;
	}
	if (!sim->smc->up || !rsmc_bits_ok(msg0))
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_SMC);
	rsmc_command(sim, msg0, &answer);
	if (RSIM_HAS(sim, SMC_LONG))
		answer.size = SMC_VALUE_MAX;
	if (RSIM_HAS(sim, SMC_WRONG_ID))
		id = (id + 5) & SMC_ID_LAST;
	dma_wmb();	/* the area, before the answer goes out; the CPU's pair is its rmb */
	rsim_send(sim, endpoint,
		  FIELD_PREP(SMC_DATA, answer.data) | FIELD_PREP(SMC_SIZE, answer.size) |
		  FIELD_PREP(SMC_ID, id) | FIELD_PREP(SMC_RESULT, answer.result));
}

/* Values do not outlive a start. */
void rsim_smc_reset(struct ferry_sim_rtkit *sim)
{
	if (!sim->smc)
		return;
	memcpy(sim->smc->key, rsmc_keys, sizeof(rsmc_keys));
	sim->smc->up = false;
}

int rsim_smc_create(struct ferry_sim_rtkit *sim)
{
	sim->smc = kzalloc(sizeof(*sim->smc), GFP_KERNEL);
	rsim_smc_reset(sim);
	return sim->smc ? 0 : -ENOMEM;
}

void rsim_smc_destroy(struct ferry_sim_rtkit *sim)
{
	kfree(sim->smc);
}

/**
 * ferry_sim_rtkit_smc_notify() - let the SMC tell of an event
 * @sim:	the co-processor
 * @event:	which
 *
 * Context: any.
 * Return: 0, or -EAGAIN: the CPU does not want to know, or the SMC is not up.
 */
int ferry_sim_rtkit_smc_notify(struct ferry_sim_rtkit *sim, u32 event)
{
	unsigned long flags;
	int ret = -EAGAIN;

	raw_spin_lock_irqsave(&sim->lock, flags);
	if (rsim_serves(sim) && test_bit(SMC_ENDPOINT, sim->started) && rsmc_notifies(sim->smc)) {
		rsim_send(sim, SMC_ENDPOINT, FIELD_PREP(SMC_DATA, event) |
					     FIELD_PREP(SMC_CMD, SMC_CMD_NOTIFICATION));
		ret = 0;
	}
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	ferry_sim_rtkit_kick(sim);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_smc_notify);
