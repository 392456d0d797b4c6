/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A protocol that does what the test says and records what the core did with it.
 * And what the suites of the core share.
 */
#ifndef FERRY_KUNIT_FAKE_H
#define FERRY_KUNIT_FAKE_H

#include <linux/completion.h>
#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/hrtimer.h>

#include "../ferry_kunit.h"

struct kunit;
struct kunit_suite;

#define FAKE_MTU	16384
#define FAKE_LOG	1024
#define FAKE_TX_BUFS	4
#define FAKE_BUF_SIZE	8192
#define FAKE_BUF_BASE	0x10000

/* fake_create() */
#define FAKE_SILENT	BIT(0)	/* room comes without any event */
#define FAKE_STAGE	BIT(1)	/* messages are staged first */
#define FAKE_BUFS	BIT(2)	/* messages come in buffers of the remote */
#define FAKE_DEMAND	BIT(3)	/* channels are made on demand */
#define FAKE_OFFLINE	BIT(4)	/* not started yet */
#define FAKE_NO_KICK	BIT(5)
#define FAKE_RECOVER	BIT(6)	/* it is started again after a crash */
#define FAKE_PARENT	BIT(7)	/* it has a device */
#define FAKE_BOOTS	BIT(8)	/* it boots FAKE_FIRMWARE */
#define FAKE_AUTO_BOOT	BIT(9)	/* by itself */
#define FAKE_LEND	BIT(10)	/* sends buffers, of which it has FAKE_TX_BUFS */
#define FAKE_REMOTE	BIT(11)	/* the remote opens and closes its channels */
#define FAKE_APPEARS	BIT(12)	/* channels are there after fake_appear() */
#define FAKE_SLEEPS	BIT(13)	/* it can sleep, be quiesced and be idle */
#define FAKE_RESTS	BIT(14)	/* and is quiesced where nobody says how */
#define FAKE_KEEPS	BIT(15)	/* what finds no room stays, and clients bear interrupts */
#define FAKE_LOADED	BIT(16)	/* with FAKE_BOOTS: its firmware is in place already */

/* fake_firmware() */
#define FAKE_FIRMWARE	"ferry-fake.fw"

struct fake;

struct fake_channel {
	struct ferry_channel ch;
	struct fake *f;
	int xmit_ret;		/* < 0: what xmit answers */
	int stage_ret;
	int open_ret;
	unsigned int opens;
	unsigned int closes;
};

/* What was sent, or is to be received. */
struct fake_msg {
	u32 channel;
	u32 len;
	u32 seq;		/* the first word */
};

struct fake_buf {
	struct ferry_buf buf;
	struct fake *f;
	u8 data[64];
};

struct fake {
	struct kunit *test;
	struct ferry_link *link;
	struct ferry_txq txq;
	struct ferry_rxq rxq;
	struct ferry_channel_ops channel_ops;
	struct ferry_txq_ops txq_ops;
	struct ferry_link_ops link_ops;
	unsigned int flags;
	unsigned int nr_hs;
	unsigned int nr_channels;
	struct fake_channel *channels[32];
	bool registered;

	/* sending: the lock of the txq */
	atomic_t room;
	bool lies;		/* tx_arm says there is room, whatever */
	bool armed;
	bool inside;		/* xmit copies without the lock */
	unsigned int intrusions;	/* calls that a claim should have kept out */
	unsigned int xmits;
	unsigned int kicks;
	unsigned int looks;	/* tx_arm(true) */
	unsigned int disarms;
	unsigned int nr_sent;
	struct fake_msg sent[FAKE_LOG];
	void (*on_xmit)(struct fake *f, struct ferry_channel *ch);
	u8 *tx_mem;
	atomic_t staged;	/* and not yet sent or unstaged */
	atomic_t stages;
	struct ferry_region *region;
	struct ferry_pool *pool;

	/* receiving: the lock of the rxq takes, one caller at a time puts */
	struct fake_msg rx[FAKE_LOG];
	unsigned int rx_head;
	unsigned int rx_tail;
	unsigned int rx_again;	/* ferry_rx_get() answered -EAGAIN */
	u8 *rx_mem;
	atomic_t lent;		/* buffers of the remote that were not put back */
	atomic_t released;
	void (*on_take)(struct fake *f, struct ferry_channel *ch);

	/* link operations: the mutex of the link */
	int start_ret;
	int stop_ret;
	unsigned int starts;
	unsigned int stops;
	unsigned int crashed_stops;
	enum ferry_stop stopped_as;	/* the last one */
	int wake_ret;
	unsigned int wakes;
	unsigned int rearms;
	unsigned int offline_rearms;
	int check_ret;
	int load_ret;
	unsigned int checks;
	unsigned int loads;
	size_t loaded;		/* bytes */
	int suspend_ret;
	int resume_ret;
	unsigned int suspends;
	unsigned int resumes;
	bool asleep;
	atomic_t touched;	/* calls while it is */
	unsigned int dumps;
	unsigned int dump_lines;
	struct platform_device *parent;
	void *priv;		/* of the test */
	void (*on_start)(struct fake *f);
	void (*on_stop)(struct fake *f);
	void (*on_wake)(struct fake *f);
};

struct fake *fake_create(struct kunit *test, unsigned int nr_hs, unsigned int nr_gp,
			 unsigned int flags);
void fake_unregister(struct fake *f);
void fake_appear(struct kunit *test, struct fake *f, u32 number);
void fake_give(struct fake *f, unsigned int n);
void fake_rx(struct fake *f, u32 channel, u32 len, u32 seq);
void fake_rx_quiet(struct fake *f, u32 channel, u32 len, u32 seq);

/* An endpoint that remembers what it got. */
struct fake_client {
	struct ferry_ep *ep;
	struct completion got;		/* once per message */
	unsigned int nr;		/* accepted */
	unsigned int offers;
	unsigned int tx_ready;
	unsigned int events;
	enum ferry_event event[16];
	u32 seq[FAKE_LOG];
	size_t len[FAKE_LOG];
	unsigned int bad;		/* messages whose bytes are wrong */
	int answer;			/* of rx and rx_buf */
	bool bufs;			/* before it is opened: it wants buffers ... */
	bool puts;			/* ... which it puts at once, or ... */
	unsigned int nr_bufs;		/* ... got so many ... */
	struct ferry_buf *buf[FAKE_LOG];	/* ... which it puts when it is closed */
	bool closed;			/* calls from now on are wrong */
	unsigned int late;		/* such calls */
	struct completion entered;	/* rx was entered ... */
	struct completion *gate;	/* ... and waits for this */
	int (*on_rx)(struct fake_client *c, u32 seq);
	void (*on_tx_ready)(struct fake_client *c);
	void (*on_event)(struct fake_client *c, enum ferry_event event);
	void *priv;
};

struct fake_client *fake_client(struct kunit *test);
int fake_client_open(struct fake_client *c, struct ferry_link *link, u32 number,
		     unsigned int flags);
struct fake_client *fake_open(struct kunit *test, struct ferry_link *link, u32 number,
			      unsigned int flags);
void fake_close(struct fake_client *c);
void fake_fill(void *msg, size_t len, u32 seq);
u32 fake_seq(const void *msg, size_t len);
int fake_send(struct fake_client *c, u32 seq);
int fake_trysend(struct fake_client *c, u32 seq);
void fake_put_bufs(struct fake_client *c);
bool fake_wait_rx(struct fake_client *c, unsigned int n);

/* As soon as it is so: work of the link, or of others, may have to run. */
#define FAKE_EXPECT_STATE(test, f, name)					\
do {										\
	FERRY_WAIT(ferry_link_state((f)->link) == FERRY_STATE_##name);		\
	KUNIT_EXPECT_EQ(test, ferry_link_state((f)->link), FERRY_STATE_##name);	\
} while (0)

/* As many, when it takes its time, and no more. */
#define FAKE_EXPECT_COUNT(test, count, n)					\
do {										\
	FERRY_WAIT(READ_ONCE(count) >= (n));					\
	KUNIT_EXPECT_EQ(test, count, n);					\
} while (0)

/*
 * What is done by work of the link was done. In steps: in each of them others that want to
 * run have their turn, however busy the machine is.
 */
void fake_settle(void);

/* What a client was told, all of it and in this order. */
void fake_expect_events(struct kunit *test, struct fake_client *c,
			const enum ferry_event *event, unsigned int n);

#define FAKE_EXPECT_EVENTS(test, c, ...)					\
	do {									\
		static const enum ferry_event event[] = { __VA_ARGS__ };	\
		fake_expect_events(test, c, event, ARRAY_SIZE(event));		\
	} while (0)

/* Reads a file of sysfs as a string, or writes one; -ENOENT where there is no sysfs. */
ssize_t fake_file_read(const char *name, char *buf, size_t size);
ssize_t fake_file_write(const char *name, const char *text);

/* The file has this text, or comes to have it. */
void fake_expect_file(struct kunit *test, const char *name, const char *text);

/* The rproc of a link whose parent this is, as a user finds it in sysfs. */
struct fake_rproc {
	struct rproc *rproc;
	char state[64];
	char recovery[64];
};

bool fake_rproc_find(struct device *parent, struct fake_rproc *r);

/* Puts a firmware of @size bytes where links find it, or takes it away with 0. */
void fake_firmware(struct kunit *test, size_t size);

/* A kernel thread that a test starts, joined when the test ends. */
struct fake_task {
	struct task_struct *task;
	int (*fn)(void *arg);
	void *arg;
	int ret;
	struct completion done;
};

struct fake_task *fake_run(struct kunit *test, int (*fn)(void *arg), void *arg);
bool fake_done(struct fake_task *t);
int fake_join(struct fake_task *t);
void fake_signal(struct fake_task *t);

/* A thread that sends one message, and waits for room at most so long. */
struct fake_sender {
	struct fake_client *c;
	struct fake_task *task;
	u32 seq;
	u32 len;
	unsigned int timeout_ms;
	struct ferry_buf *buf;	/* sends this instead */
};

struct fake_sender *fake_sender(struct kunit *test, struct fake_client *c, u32 seq, u32 len,
				unsigned int timeout_ms);
struct fake_sender *fake_buf_sender(struct kunit *test, struct fake_client *c,
				    struct ferry_buf *buf, u32 len, unsigned int timeout_ms);

/* Calls fn(arg) in hard IRQ and waits for its end. */
void fake_in_irq(struct kunit *test, void (*fn)(void *arg), void *arg);

#endif /* FERRY_KUNIT_FAKE_H */
