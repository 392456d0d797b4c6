// SPDX-License-Identifier: GPL-2.0-only
/*
 * SMD: driver and simulated remote together, over doorbells that are loop-backs: proper
 * traffic in each mode and layout, and proper traffic beside every kind of misbehaviour.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ferry.h>
#include <linux/ferry/link.h>
#include <linux/ferry/loopback.h>
#include <linux/ferry/port.h>
#include <linux/ferry/smd.h>
#include <linux/ferry/smem.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include "../../drivers/sim/smd_remote.h"
#include "../../drivers/sim/smem_image.h"
#include "../../drivers/smd/smem_wire.h"
#include "../../drivers/smd/wire.h"
#include "../ferry_kunit.h"

#define SMEM_SIZE	SZ_2M
#define HOST		1
#define SEND_MS		30000	/* for what has to be sent */
#define MAX_LEN		8192
#define STREAM_BYTES	10000

struct rig {
	struct kunit *test;
	void *base;
	struct ferry_port *kick_tx, *kick_rx, *bell_tx, *bell_rx;
	struct ferry_smem *smem;
	struct ferry_sim_smd *sim;
	struct ferry_smd *smd;
	struct ferry_link *link;
};

/* A client of an echo. Message n is as long as @len says, and its bytes follow from n. */
struct client {
	struct rig *rig;
	struct ferry_ep *ep;
	int channel;			/* of the remote */
	u32 ring;
	u32 granule;
	u32 sent;
	u32 received;
	u32 wrong;
	u32 ups;
	u32 closes;
	u32 base;			/* number of the first message of this run */
	u8 msg[MAX_LEN];
};

static void rig_free(void *base) { vfree(base); }
static void rig_put_smem(void *smem) { ferry_smem_put(smem); }
static void rig_destroy_sim(void *sim) { ferry_sim_smd_destroy(sim); }
static void rig_destroy_smd(void *smd) { ferry_smd_destroy(smd); }
static void rig_kill_port(void *port) { ferry_port_kill(port); }
static void rig_close(void *ep) { ferry_close(ep); }

static void rig_smem(struct rig *rig)
{
	struct ferry_sim_smem_part part = { .host0 = 0, .host1 = HOST, .size = SZ_1M };
	struct ferry_sim_smem_image image = {
		.size = SMEM_SIZE, .parts = &part, .nr_parts = 1,
	};
	struct ferry_smem_cfg cfg = { .size = SMEM_SIZE };

	rig->base = vmalloc(SMEM_SIZE);
	KUNIT_ASSERT_NOT_NULL(rig->test, rig->base);
	ferry_defer(rig->test, rig_free, rig->base);
	image.base = rig->base;
	cfg.base = rig->base;
	KUNIT_ASSERT_EQ(rig->test, ferry_sim_smem_build(&image), 0);
	rig->smem = ferry_smem_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(rig->test, IS_ERR(rig->smem));
	ferry_defer(rig->test, rig_put_smem, rig->smem);
}

static void rig_bell(struct rig *rig, struct ferry_port **tx, struct ferry_port **rx)
{
	KUNIT_ASSERT_EQ(rig->test, ferry_loopback_create(NULL, 16, 0, tx, rx), 0);
	ferry_defer(rig->test, rig_kill_port, *tx);
	ferry_defer(rig->test, rig_kill_port, *rx);
}

/* The remote is there, and has no channel yet; the driver is not. */
static struct rig *rig_remote(struct kunit *test, u32 host)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct ferry_sim_smd_cfg cfg = {
		.name = "kunit", .size = SMEM_SIZE, .edge = SMD_EDGE_MODEM, .host = host,
	};

	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	rig_smem(rig);
	rig_bell(rig, &rig->kick_tx, &rig->kick_rx);
	rig_bell(rig, &rig->bell_tx, &rig->bell_rx);
	cfg.base = rig->base;
	rig->sim = ferry_sim_smd_create_on_ports(&cfg, rig->bell_tx, rig->kick_rx);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->sim));
	ferry_defer(test, rig_destroy_sim, rig->sim);
	return rig;
}

static void rig_driver(struct rig *rig, u32 host)
{
	struct ferry_smd_cfg cfg = {
		.name = "kunit-smd",
		.smem = rig->smem,
		.edge = SMD_EDGE_MODEM,
		.host = host,
		.role = FERRY_SMD_SCANS,
		.kick = rig->kick_tx,
		.bell = rig->bell_rx,
	};

	rig->smd = ferry_smd_create(NULL, &cfg);
	KUNIT_ASSERT_FALSE(rig->test, IS_ERR(rig->smd));
	ferry_defer(rig->test, rig_destroy_smd, rig->smd);
	rig->link = ferry_smd_link(rig->smd);
	KUNIT_ASSERT_EQ(rig->test, ferry_link_start(rig->link), 0);
}

static int rig_channel(struct rig *rig, const char *name, u32 ring, bool words,
		       enum ferry_sim_smd_mode mode)
{
	struct ferry_sim_smd_channel cfg = {
		.name = name, .ring = ring, .words = words, .mode = mode,
	};
	int channel = ferry_sim_smd_channel_create(rig->sim, &cfg);

	KUNIT_ASSERT_GE(rig->test, channel, 0);
	return channel;
}

static u32 client_len(const struct client *c, u32 n)
{
	u32 max = c->ring - SMD_RING_RESERVE - sizeof(struct smd_packet);

	return (1 + n * 7 % (max / c->granule)) * c->granule;
}

static u8 client_byte(u32 n, u32 i) { return n * 31 + i; }

static int client_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct client *c = priv;
	u32 i, n = c->received + c->base;
	bool ok = len == client_len(c, n);
	const u8 *bytes = data;

	for (i = 0; ok && i < len; i++)
		ok = bytes[i] == client_byte(n, i);
	if (!ok)
		c->wrong++;
	smp_store_release(&c->received, c->received + 1);	/* pairs with client_echoes() */
	return 0;
}

static void client_event(struct ferry_ep *ep, enum ferry_event event, void *priv)
{
	struct client *c = priv;

	if (event == FERRY_EVENT_UP)
		WRITE_ONCE(c->ups, c->ups + 1);
	else
		WRITE_ONCE(c->closes, c->closes + 1);
}

static struct client *client_make(struct rig *rig, int channel, u32 ring, bool words)
{
	struct client *c = kunit_kzalloc(rig->test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(rig->test, c);
	c->rig = rig;
	c->channel = channel;
	c->ring = ring;
	c->granule = words ? 4 : 1;
	return c;
}

static struct ferry_ep *client_try(struct client *c, const char *name)
{
	struct ferry_id id = { .name = name, .number = FERRY_ANY_NUMBER };
	struct ferry_ep_cfg cfg = { .rx = client_rx, .event = client_event, .priv = c };

	return ferry_open(c->rig->link, &id, &cfg);
}

static void client_open(struct client *c, const char *name)
{
	c->ep = client_try(c, name);
	KUNIT_ASSERT_FALSE_MSG(c->rig->test, IS_ERR(c->ep), "%s: %pe", name, c->ep);
	ferry_defer(c->rig->test, rig_close, c->ep);
}

/* The first failure of a send, which may wait so long for room. */
static int client_sends(struct client *c, u32 count, unsigned int ms)
{
	u32 n, i, len;
	int ret;

	c->base += c->received;
	c->sent = 0;
	c->received = 0;
	for (n = c->base; n < c->base + count; n++) {
		len = client_len(c, n);
		for (i = 0; i < len; i++)
			c->msg[i] = client_byte(n, i);
		ret = ferry_send_timeout(c->ep, c->msg, len, ms);
		if (ret)
			return ret;
		c->sent++;
	}
	return 0;
}

static void client_echoes(struct client *c, u32 count)
{
	KUNIT_EXPECT_EQ(c->rig->test, client_sends(c, count, SEND_MS), 0);
	/* Pairs with client_rx(). */
	KUNIT_EXPECT_TRUE(c->rig->test, FERRY_WAIT(smp_load_acquire(&c->received) >= count));
	KUNIT_EXPECT_EQ(c->rig->test, c->received, count);
	KUNIT_EXPECT_EQ(c->rig->test, c->wrong, 0);
}

static void client_no_complaints(struct client *c)
{
	struct ferry_sim_smd_stats st;
	unsigned int i;

	KUNIT_ASSERT_EQ(c->rig->test, ferry_sim_smd_stats(c->rig->sim, c->channel, &st), 0);
	for (i = 0; i < FERRY_SIM_SMD_NR_BADS; i++)
		KUNIT_EXPECT_EQ_MSG(c->rig->test, st.bad[i], 0, "complaint %u", i);
}

struct way {
	u32 ring;
	bool words;
	u8 mode;
	u32 host;
};

#define WAYS(ring, host)						\
	{ ring, true, FERRY_SIM_SMD_LEADER, host },			\
	{ ring, true, FERRY_SIM_SMD_FOLLOWER, host },			\
	{ ring, true, FERRY_SIM_SMD_OPEN, host },			\
	{ ring, false, FERRY_SIM_SMD_LEADER, host },			\
	{ ring, false, FERRY_SIM_SMD_FOLLOWER, host },			\
	{ ring, false, FERRY_SIM_SMD_OPEN, host }

static const struct way ways[] = {
	WAYS(64, HOST), WAYS(1024, HOST), WAYS(1008, FERRY_SIM_SMD_HOST_ANY), WAYS(8192, HOST),
};

static const struct way modes[] = { WAYS(256, HOST) };

static void way_name(const struct way *way, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u %s mode %u", way->ring,
		 way->words ? "words" : "bytes", way->mode);
}

KUNIT_ARRAY_PARAM(way, ways, way_name);
KUNIT_ARRAY_PARAM(mode, modes, way_name);

/* A doorbell may take a tick of UML, and a small ring needs many. */
static u32 way_count(const struct way *way)
{
	return way->ring < 1000 ? 40 : 300;
}

/* Channels that are there before the driver, and such that come later. */
static void echoes_of_all_sizes(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct rig *rig = rig_remote(test, way->host);
	struct client *early, *late;
	int channel = rig_channel(rig, "early", way->ring, way->words, way->mode);

	early = client_make(rig, channel, way->ring, way->words);
	rig_driver(rig, way->host);
	client_open(early, "early");
	client_echoes(early, way_count(way));
	channel = rig_channel(rig, "late", way->ring, way->words, way->mode);
	late = client_make(rig, channel, way->ring, way->words);
	client_open(late, "late");
	client_echoes(late, 30);
	client_echoes(early, 30);
	client_no_complaints(early);
	client_no_complaints(late);
}

static struct rig *rig_pair(struct kunit *test, bool words, struct client **victim,
			    struct client **other)
{
	struct rig *rig = rig_remote(test, HOST);
	int channel = rig_channel(rig, "victim", 256, words, FERRY_SIM_SMD_LEADER);

	*victim = client_make(rig, channel, 256, words);
	channel = rig_channel(rig, "other", 512, !words, FERRY_SIM_SMD_FOLLOWER);
	*other = client_make(rig, channel, 512, !words);
	rig_driver(rig, HOST);
	client_open(*victim, "victim");
	client_open(*other, "other");
	client_echoes(*victim, 20);
	client_echoes(*other, 20);
	return rig;
}

/* A driver in the middle of opening answers a close with a new opening, and gets it. */
static bool rig_closes(struct rig *rig, struct client *victim)
{
	ferry_sim_smd_close(rig->sim, victim->channel, false);
	msleep(200);
	return ferry_sim_smd_state(rig->sim, victim->channel) == SMD_CLOSED;
}

/* From the start: what the remote said before is of another life. */
static void rig_reopens(struct rig *rig, struct client *victim)
{
	u32 ups;

	KUNIT_EXPECT_EQ(rig->test, ferry_sim_smd_set_faults(rig->sim, victim->channel, 0), 0);
	KUNIT_EXPECT_TRUE(rig->test, FERRY_WAIT(rig_closes(rig, victim)));
	ups = READ_ONCE(victim->ups);
	KUNIT_EXPECT_EQ(rig->test, ferry_sim_smd_open(rig->sim, victim->channel), 0);
	KUNIT_EXPECT_TRUE(rig->test, FERRY_WAIT(READ_ONCE(victim->ups) != ups));
	victim->wrong = 0;
	client_echoes(victim, 10);
}

static void opens_again_after_a_close(struct kunit *test)
{
	struct client *victim, *other;
	struct rig *rig = rig_pair(test, true, &victim, &other);
	unsigned int i;

	for (i = 0; i < 5; i++) {
		u32 closes = READ_ONCE(victim->closes);

		rig_reopens(rig, victim);
		KUNIT_EXPECT_NE(test, READ_ONCE(victim->closes), closes);
		client_echoes(other, 5);
	}
	client_no_complaints(victim);
	client_no_complaints(other);
}

/* Closed and opened on this side, too. */
static void a_client_comes_and_goes(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct rig *rig = rig_remote(test, way->host);
	int channel = rig_channel(rig, "again", way->ring, way->words, way->mode);
	struct client *c = client_make(rig, channel, way->ring, way->words);
	unsigned int i;

	rig_driver(rig, way->host);
	for (i = 0; i < 5; i++) {
		c->ep = client_try(c, "again");
		KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(c->ep), "round %u: %pe", i, c->ep);
		client_echoes(c, 7);
		ferry_close(c->ep);
	}
	client_no_complaints(c);
}

/* What comes back of a stream, in whatever pieces. */
struct stream {
	u32 bytes;
	u32 wrong;
};

static int stream_rx(struct ferry_ep *ep, const void *data, size_t len, void *priv)
{
	struct stream *s = priv;
	const u8 *bytes = data;
	size_t i;

	for (i = 0; i < len; i++)
		s->wrong += bytes[i] != client_byte(0, s->bytes + i);
	smp_store_release(&s->bytes, s->bytes + len);	/* pairs with streams_echo() */
	return 0;
}

static int stream_send(struct ferry_ep *ep, u32 total, u32 granule)
{
	u32 i, len, at = 0;
	u8 msg[128];
	int ret = 0;

	while (!ret && at < total) {
		len = min(total - at, (1 + at / granule % 31) * granule);
		for (i = 0; i < len; i++)
			msg[i] = client_byte(0, at + i);
		ret = ferry_send_timeout(ep, msg, len, SEND_MS);
		at += len;
	}
	return ret;
}

static void streams_echo(struct kunit *test)
{
	const struct way *way = test->param_value;
	struct rig *rig = rig_remote(test, way->host);
	struct ferry_sim_smd_channel cfg = {
		.name = "stream", .ring = way->ring, .words = way->words, .stream = true,
		.mode = way->mode, .second = true,
	};
	struct stream *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	struct ferry_id id = { .name = "stream", .number = FERRY_ANY_NUMBER };
	struct ferry_ep_cfg ep_cfg = { .rx = stream_rx, .priv = s };
	struct ferry_ep *ep;

	KUNIT_ASSERT_NOT_NULL(test, s);
	KUNIT_ASSERT_EQ(test, ferry_sim_smd_channel_create(rig->sim, &cfg), 0);
	rig_driver(rig, way->host);
	ep = ferry_open(rig->link, &id, &ep_cfg);
	KUNIT_ASSERT_FALSE(test, IS_ERR(ep));
	ferry_defer(test, rig_close, ep);
	KUNIT_EXPECT_EQ(test, stream_send(ep, STREAM_BYTES, way->words ? 4 : 1), 0);
	/* Pairs with stream_rx(). */
	KUNIT_EXPECT_TRUE(test, FERRY_WAIT(smp_load_acquire(&s->bytes) == STREAM_BYTES));
	KUNIT_EXPECT_EQ(test, s->wrong, 0);
}

struct lie {
	enum ferry_sim_smd_lie lie;
	const char *name;
	bool bytes;		/* also on a channel of bytes */
	bool closes;		/* the channel, for that it is an error of the protocol */
};

static const struct lie lies[] = {
	{ FERRY_SIM_SMD_LIE_LEN_MAX, "len-max", true, true },
	{ FERRY_SIM_SMD_LIE_LEN_OVER, "len-over", true, true },
	{ FERRY_SIM_SMD_LIE_LEN_ODD, "len-odd", false, true },
	{ FERRY_SIM_SMD_LIE_LEN_ZEROS, "len-zeros", true, false },
	{ FERRY_SIM_SMD_LIE_HEAD_SIZE, "head-size", true, true },
	{ FERRY_SIM_SMD_LIE_HEAD_MAX, "head-max", true, true },
	{ FERRY_SIM_SMD_LIE_HEAD_ODD, "head-odd", false, true },
	{ FERRY_SIM_SMD_LIE_TAIL_SIZE, "tail-size", true, false },
	{ FERRY_SIM_SMD_LIE_TAIL_MAX, "tail-max", true, false },
	{ FERRY_SIM_SMD_LIE_TAIL_ODD, "tail-odd", false, false },
	{ FERRY_SIM_SMD_LIE_TAIL_AHEAD, "tail-ahead", true, false },
	{ FERRY_SIM_SMD_LIE_TAIL_BACK, "tail-back", true, false },
	{ FERRY_SIM_SMD_LIE_THEIR_HEAD, "their-head", true, false },
	{ FERRY_SIM_SMD_LIE_THEIR_TAIL, "their-tail", true, false },
	{ FERRY_SIM_SMD_LIE_THEIR_STATE, "their-state", true, false },
	{ FERRY_SIM_SMD_LIE_STATE_MAX, "state-max", true, true },
	{ FERRY_SIM_SMD_LIE_GARBAGE, "garbage", true, false },
	{ FERRY_SIM_SMD_LIE_NAME_LONG, "name-long", true, false },
	{ FERRY_SIM_SMD_LIE_NAME_NONE, "name-none", true, false },
	{ FERRY_SIM_SMD_LIE_CID_64, "cid-64", true, false },
	{ FERRY_SIM_SMD_LIE_CID_MAX, "cid-max", true, false },
	{ FERRY_SIM_SMD_LIE_CID_TWICE, "cid-twice", true, false },
	{ FERRY_SIM_SMD_LIE_NAME_TWICE, "name-twice", true, false },
	{ FERRY_SIM_SMD_LIE_NO_ITEMS, "no-items", true, false },
	{ FERRY_SIM_SMD_LIE_NO_REFS, "no-refs", true, false },
	{ FERRY_SIM_SMD_LIE_BAD_TYPE, "bad-type", true, false },
	{ FERRY_SIM_SMD_LIE_FREE_SPACE, "free-space", true, false },
};

static void lie_name(const struct lie *lie, char *desc)
{
	strscpy(desc, lie->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(lie, lies, lie_name);

/* Whoever lies on one channel has it closed at worst; the others go on. */
static void lie_harms_one(struct kunit *test, bool words)
{
	const struct lie *lie = test->param_value;
	struct client *victim, *other;
	struct rig *rig;

	if (!words && !lie->bytes)
		kunit_skip(test, "bytes have no alignment");
	rig = rig_pair(test, words, &victim, &other);
	KUNIT_EXPECT_EQ(test, ferry_sim_smd_lie(rig->sim, victim->channel, lie->lie), 0);
	client_echoes(other, 10);
	if (lie->closes)
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(victim->closes)));
	else
		client_sends(victim, 5, 20);
	rig_reopens(rig, victim);
	client_echoes(other, 10);
	client_no_complaints(other);
}

static void lies_harm_one_channel_of_words(struct kunit *test)
{
	lie_harms_one(test, true);
}

static void lies_harm_one_channel_of_bytes(struct kunit *test)
{
	lie_harms_one(test, false);
}

struct fault {
	u32 fault;
	const char *name;
	bool works;		/* all the same */
};

static const struct fault faults[] = {
	{ FERRY_SIM_SMD_FAULT(CHUNKS), "chunks", true },
	{ FERRY_SIM_SMD_FAULT(NO_FLAGS), "no-flags", true },
	{ FERRY_SIM_SMD_FAULT(STORM), "storm", true },
	{ FERRY_SIM_SMD_FAULT(STRAIGHT), "straight", true },
	{ FERRY_SIM_SMD_FAULT(SILENT), "silent", false },
	{ FERRY_SIM_SMD_FAULT(DEAF), "deaf", true },
	{ FERRY_SIM_SMD_FAULT(REWRITE), "rewrite", false },
	{ FERRY_SIM_SMD_FAULT(NO_KICK), "no-kick", false },
	{ FERRY_SIM_SMD_FAULT(DITHER), "dither", false },
	{ FERRY_SIM_SMD_FAULT(FLAP), "flap", false },
	{ FERRY_SIM_SMD_FAULT(FLAP) | FERRY_SIM_SMD_FAULT(STORM) | FERRY_SIM_SMD_FAULT(DITHER),
	  "all at once", false },
};

static void fault_name(const struct fault *fault, char *desc)
{
	strscpy(desc, fault->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fault, faults, fault_name);

static void faults_harm_one_channel(struct kunit *test)
{
	const struct fault *fault = test->param_value;
	struct client *victim, *other;
	struct rig *rig = rig_pair(test, true, &victim, &other);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, ferry_sim_smd_set_faults(rig->sim, victim->channel, fault->fault), 0);
	for (i = 0; i < 10; i++) {
		client_echoes(other, 5);
		if (fault->works)
			client_echoes(victim, 5);
		else
			ferry_trysend(victim->ep, victim->msg, 64);
		usleep_range(2000, 3000);
	}
	rig_reopens(rig, victim);
	client_echoes(other, 5);
	client_no_complaints(other);
}

static void a_silent_remote_is_waited_for(struct kunit *test)
{
	struct client *victim, *other;
	struct rig *rig = rig_pair(test, true, &victim, &other);
	int ret = 0;

	ferry_sim_smd_set_faults(rig->sim, victim->channel, FERRY_SIM_SMD_FAULT(SILENT));
	while (!ret)
		ret = ferry_send_timeout(victim->ep, victim->msg, 64, 500);
	KUNIT_EXPECT_EQ(test, ret, -ETIMEDOUT);
	client_echoes(other, 5);
	ferry_sim_smd_set_faults(rig->sim, victim->channel, 0);
	KUNIT_EXPECT_EQ(test, ferry_send_timeout(victim->ep, victim->msg, 64, SEND_MS), 0);
}

/* H23, H24: indices of an earlier life. */
static void leftovers_are_not_believed(struct kunit *test)
{
	struct client *victim, *other;
	struct rig *rig = rig_pair(test, true, &victim, &other);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		u32 faults = i % 2 ? FERRY_SIM_SMD_FAULT(STALE_TAIL) :
			     FERRY_SIM_SMD_FAULT(LEFTOVERS);

		ferry_sim_smd_close(rig->sim, victim->channel, false);
		usleep_range(5000, 6000);
		ferry_sim_smd_set_faults(rig->sim, victim->channel, faults);
		ferry_sim_smd_open(rig->sim, victim->channel);
		usleep_range(5000, 6000);
		client_echoes(other, 5);
		rig_reopens(rig, victim);
	}
	client_no_complaints(other);
}

/* H15: sizes are taken once. */
static void items_do_not_change_their_size(struct kunit *test)
{
	struct client *victim, *other;
	struct rig *rig = rig_pair(test, true, &victim, &other);
	void *part = rig->base + ferry_sim_smem_part(rig->base, SMEM_SIZE, 0, HOST);
	u32 at = sizeof(struct smem_part_header);

	/* Table 1, table 2, then information and rings of the victim. */
	for (unsigned int i = 0; i < 4; i++) {
		struct smem_entry *entry = part + at;

		at += sizeof(*entry) + le32_to_cpu(entry->size);
		if (i < 2)
			continue;
		KUNIT_ASSERT_EQ(test, le32_to_cpu(entry->size), i == 2 ? 88 : 512);
		entry->size = cpu_to_le32(i == 2 ? 40 : 64);
	}
	client_echoes(victim, 10);
	client_echoes(other, 10);
	rig_reopens(rig, victim);
}

static void who_never_opens_is_not_waited_for(struct kunit *test)
{
	struct rig *rig = rig_remote(test, HOST);
	int channel = rig_channel(rig, "never", 256, true, FERRY_SIM_SMD_NEVER);
	struct client *c = client_make(rig, channel, 256, true);
	struct ferry_ep *ep;

	rig_driver(rig, HOST);
	ep = client_try(c, "never");
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(ep), -ETIMEDOUT);
	if (!IS_ERR(ep))
		ferry_close(ep);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(client_try(c, "nothing")), -ENOENT);
}

static void a_remote_that_died_comes_back(struct kunit *test)
{
	struct client *victim, *other;
	struct rig *rig = rig_pair(test, true, &victim, &other);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		u32 ups = READ_ONCE(victim->ups);

		ferry_sim_smd_crash(rig->sim);
		KUNIT_EXPECT_NE(test, client_sends(victim, 100, 20), 0);
		KUNIT_EXPECT_EQ(test, ferry_link_stop(rig->link), 0);
		ferry_sim_smd_restart(rig->sim, i % 2);
		KUNIT_EXPECT_EQ(test, ferry_link_start(rig->link), 0);
		KUNIT_EXPECT_TRUE(test, FERRY_WAIT(READ_ONCE(victim->ups) != ups));
		victim->wrong = 0;
		other->wrong = 0;
		client_echoes(victim, 10);
		client_echoes(other, 10);
	}
	client_no_complaints(victim);
	client_no_complaints(other);
}

static struct kunit_case smd_remote_cases[] = {
	FERRY_CASE_PARAM_TICKS(echoes_of_all_sizes, way_gen_params),
	FERRY_CASE_PARAM_TICKS(a_client_comes_and_goes, mode_gen_params),
	KUNIT_CASE_PARAM(streams_echo, mode_gen_params),
	KUNIT_CASE(opens_again_after_a_close),
	FERRY_CASE_PARAM_TICKS(lies_harm_one_channel_of_words, lie_gen_params),
	FERRY_CASE_PARAM_TICKS(lies_harm_one_channel_of_bytes, lie_gen_params),
	FERRY_CASE_PARAM_TICKS(faults_harm_one_channel, fault_gen_params),
	KUNIT_CASE(a_silent_remote_is_waited_for),
	KUNIT_CASE(leftovers_are_not_believed),
	KUNIT_CASE(items_do_not_change_their_size),
	KUNIT_CASE(who_never_opens_is_not_waited_for),
	KUNIT_CASE(a_remote_that_died_comes_back),
	{}
};

static struct kunit_suite smd_remote_suite = {
	.name = "ferry_smd_remote",
	.test_cases = smd_remote_cases,
};
kunit_test_suite(smd_remote_suite);

MODULE_DESCRIPTION("Ferry: tests of SMD with the simulated remote");
MODULE_LICENSE("GPL");
