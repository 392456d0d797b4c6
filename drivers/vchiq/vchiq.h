/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VCHIQ: what the files of the protocol share.
 */
#ifndef FERRY_VCHIQ_PRIVATE_H
#define FERRY_VCHIQ_PRIVATE_H

#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/ferry/channel.h>
#include <linux/ferry/link.h>
#include <linux/ferry/port.h>
#include <linux/ferry/region.h>
#include <linux/ferry/vchiq.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "wire.h"

#define VCHIQ_TIMEOUT_MS	10000	/* of a handshake */
#define VCHIQ_INIT_MS		1000	/* the VPU prepares its side */
#define VCHIQ_NAME_LEN		4
#define VCHIQ_NO_RECORD		((u16)~0)
#define VCHIQ_MIN_SLOTS		7	/* two data slots for each side */
#define VCHIQ_BULK_MAX		SZ_128M
#define VCHIQ_BULK_DEPTH	4	/* of a service, each way */
#define VCHIQ_BULKS		VCHIQ_FRAGMENTS	/* each has its own */
#define VCHIQ_PAGELIST_SIZE	64

/* Messages of one service in one of our slots. */
struct vchiq_use {
	u16 port;
	u16 msgs;
};

/**
 * struct vchiq_own - a slot that we send from; txq lock
 * @out:	it is being filled, or with the VPU
 * @data:	there is DATA in it
 * @nr:		services with DATA in it
 * @use:	which, in the order in which they came
 */
struct vchiq_own {
	bool out;
	bool data;
	u16 nr;
	struct vchiq_use use[VCHIQ_SLOT_MSGS];
};

/* What a port has in slots that did not come back; txq lock. Outlives its service. */
struct vchiq_quota {
	u16 msgs;
	u16 slots;
	u16 entry;	/* in vchiq_own.use, */
	u32 slot;	/* if this slot is being filled: vchiq_tx.begun */
};

/* Why the last send found no room. */
enum vchiq_want {
	VCHIQ_WANT_NONE,
	VCHIQ_WANT_SLOT,
	VCHIQ_WANT_QUOTA,
	VCHIQ_WANT_RESUME,
	VCHIQ_WANT_TRANSFER,
};

/**
 * struct vchiq_tx - what we send; txq lock
 * @first:	number of our first slot
 * @nr:		how many we have
 * @pos:	bytes written
 * @told:	the VPU was told of so many
 * @begun:	slots ever begun
 * @avail:	slots that ever could be begun: what the VPU gave back was checked
 * @queue:	their numbers, in this order
 * @slot:	the one being filled
 * @own:	our slots
 * @quota:	by port
 * @data_slots:	slots with DATA that did not come back
 * @max_data:	so many may be
 * @max_slots:	of a port
 * @max_msgs:	of a port
 * @want:	why the last send failed
 * @paused:	the VPU said so
 */
struct vchiq_tx {
	unsigned int first;
	unsigned int nr;
	u32 pos;
	u32 told;
	u32 begun;
	u32 avail;
	u8 queue[VCHIQ_SIDE_SLOTS];
	unsigned int slot;
	struct vchiq_own *own;
	struct vchiq_quota *quota;
	unsigned int data_slots;
	unsigned int max_data;
	unsigned int max_slots;
	unsigned int max_msgs;
	enum vchiq_want want;
	bool paused;
};

/* A message that stays in its slot, as it was checked; of size 0: a buffer was filled. */
struct vchiq_record {
	u8 slot;
	u16 offset;	/* of its payload */
	u16 size;
	u16 next;
};

/**
 * struct vchiq_rx - what we receive; rxq lock, but for what is said to be of the lock
 * @first:	number of the first slot of the VPU
 * @nr:		how many it has
 * @sync:	number of its slot for synchronous messages
 * @pos:	bytes taken
 * @begun:	slots ever begun
 * @slot:	the one that is read,
 * @in_slot:	if there is one
 * @uses:	lock: of each slot; 0: it is the VPU's
 * @recycled:	lock: slots ever given back, and those it had at first
 * @owed:	lock: it was not told of the last ones
 * @records:	lock: of messages that wait, enough for all that fit into the slots
 * @free:	lock: first free one
 */
struct vchiq_rx {
	unsigned int first;
	unsigned int nr;
	unsigned int sync;
	u32 pos;
	u32 begun;
	unsigned int slot;
	bool in_slot;
	u16 uses[VCHIQ_SIDE_SLOTS];
	u32 recycled;
	bool owed;
	struct vchiq_record *records;
	u16 free;
};

/**
 * struct vchiq_transfer - a bulk transfer; lock
 * @node:	busy, in the order in which the VPU was asked, or free
 * @buf:	lent until it was answered; a reference is ours
 * @len:	bytes
 * @actual:	how many of them were moved
 * @port:	of the service
 * @peer:	that of the VPU
 * @fill:	the VPU puts something into it
 * @ragged:	... and into the fragment what does not fill its cache lines
 * @done:	it was answered
 */
struct vchiq_transfer {
	struct list_head node;
	struct ferry_buf *buf;
	u32 len;
	u32 actual;
	u16 port;
	u16 peer;
	bool fill;
	bool ragged;
	bool done;
};

/**
 * struct vchiq_bulks - all transfers of a link; lock, but for what is said to be of the txq
 * @transfers:	as many as there are fragments and lists of pages
 * @busy:	see vchiq_transfer.node,
 * @free:	and here
 * @ends:	how many ever ended
 * @ends_seen:	txq lock: ... when there was no room for another
 * @aborts:	the VPU did not
 */
struct vchiq_bulks {
	struct vchiq_transfer transfers[VCHIQ_BULKS];
	struct list_head busy;
	struct list_head free;
	u32 ends;
	u32 ends_seen;
	u64 aborts;
};

enum vchiq_state {
	VCHIQ_IDLE,
	VCHIQ_OPENING,
	VCHIQ_OPENED,
	VCHIQ_REFUSED,
	VCHIQ_CLOSED,		/* by the VPU */
};

/**
 * struct vchiq_service - a service that a client has open, or wants to
 * @ch:		what the core knows of it
 * @vc:		its link
 * @node:	link mutex: in @vc
 * @state:	lock
 * @port:	lock: its number while it is in the table of ports
 * @peer:	lock: that of the VPU
 * @peer_version: lock: what the VPU said
 * @done:	the VPU answered
 * @head:	lock: messages that wait
 * @tail:	lock: ...
 * @parked:	lock: in @vc while there are any
 * @listens:	the VPU opens it, and not we
 * @version:	of a service that listens: the newest that we speak,
 * @version_min: and the oldest
 * @listen_node: lock: in @vc if it listens
 * @offered:	lock: the VPU opened it, and was not answered yet
 * @offer_port:	lock: its port then,
 * @offer_version: lock: and version
 * @acking:	lock: the answer is on its way, before which nothing else may be said
 */
struct vchiq_service {
	struct ferry_channel ch;
	struct ferry_vchiq *vc;
	struct list_head node;
	enum vchiq_state state;
	u16 port;
	u16 peer;
	u16 peer_version;
	struct completion done;
	u16 head;
	u16 tail;
	struct list_head parked;
	bool listens;
	u16 version;
	u16 version_min;
	struct list_head listen_node;
	bool offered;
	u16 offer_port;
	u16 offer_version;
	bool acking;
};

/* What a client says of a service. */
struct vchiq_version {
	struct list_head node;
	u32 fourcc;
	u16 version;
	u16 version_min;
	bool listens;
};

/* What the VPU does that nobody understands: counters, by name. */
#define VCHIQ_ODDITIES(X)			\
	X(CONNECT,	"connect")		\
	X(OPEN,		"open")			\
	X(OPENACK,	"openack")		\
	X(CLOSE,	"close")		\
	X(BULK,		"bulk")			\
	X(PAUSE,	"pause")		\
	X(RESUME,	"resume")		\
	X(RELEASE,	"release")		\
	X(SYNC,		"sync")			\
	X(TYPE,		"type")

#define VCHIQ_ODD_ENUM(id, name)	VCHIQ_ODD_##id,

enum vchiq_oddity {
	VCHIQ_ODDITIES(VCHIQ_ODD_ENUM)
	VCHIQ_NR_ODD,
};

/**
 * struct ferry_vchiq - a link
 * @cfg:	what it is made of
 * @link:	its link
 * @node:	in the list of all
 * @zero:	slot zero, shared; what we wrote there is not read again
 * @own:	our side of it
 * @peer:	the side of the VPU
 * @txq:	where all send
 * @rxq:	where all is received
 * @control:	for messages of the protocol itself
 * @tx:		see there
 * @rx:		see there
 * @bulk:	see there
 * @rx_on:	the VPU has begun, and we listen
 * @ports_on:	both are started
 * @handed:	it was told of the memory
 * @connected:	it said CONNECT
 * @greeted:	rxq lock: ...
 * @pausing:	rxq lock: it said PAUSE
 * @version:	that is spoken
 * @uses:	rxq lock: times it said REMOTE_USE and not REMOTE_RELEASE
 * @odd:	rxq lock
 * @bell_lock:	one at a time takes rings
 * @bell_work:	goes on with a bell that never stops
 * @lock:	protects states, ports and slots of the VPU; below those of txq and rxq
 * @table:	lock, RCU: services by port
 * @closing:	lock: ports whose CLOSE the VPU did not answer,
 * @closing_peer: lock: and the port that it has there, or VCHIQ_PORT_NONE: not known
 * @parked:	lock: services with messages that wait,
 * @nr_parked:	and how many
 * @listening:	lock: services that the VPU may open
 * @services:	link mutex
 * @versions_lock: of @versions
 * @versions:	what clients said of their services
 */
struct ferry_vchiq {
	struct ferry_vchiq_cfg cfg;
	struct ferry_link *link;
	struct list_head node;
	struct vchiq_slot_zero *zero;
	struct vchiq_side *own;
	struct vchiq_side *peer;
	struct ferry_txq txq;
	struct ferry_rxq rxq;
	struct ferry_channel control;
	struct vchiq_tx tx;
	struct vchiq_rx rx;
	struct vchiq_bulks bulk;
	bool rx_on;
	bool ports_on;
	bool handed;
	struct completion connected;
	bool greeted;
	bool pausing;
	u16 version;
	u32 uses;
	u64 odd[VCHIQ_NR_ODD];
	spinlock_t bell_lock;		/* see above */
	struct work_struct bell_work;
	spinlock_t lock;		/* see above */
	struct vchiq_service __rcu **table;
	DECLARE_BITMAP(closing, VCHIQ_PORTS);
	u16 closing_peer[VCHIQ_PORTS];
	struct list_head parked;
	unsigned int nr_parked;
	struct list_head listening;
	struct list_head services;
	struct mutex versions_lock;	/* see above */
	struct list_head versions;
};

static inline struct vchiq_service *vchiq_service_of(struct ferry_channel *ch)
{
	return container_of(ch, struct vchiq_service, ch);
}

static inline u32 vchiq_load(const __le32 *word)
{
	return le32_to_cpu(READ_ONCE(*word));
}

static inline void vchiq_store(__le32 *word, u32 value)
{
	WRITE_ONCE(*word, cpu_to_le32(value));
}

static inline u8 *vchiq_slot(struct ferry_vchiq *vc, unsigned int slot)
{
	return (u8 *)vc->zero + slot * VCHIQ_SLOT_SIZE;
}

/* area.c */
int vchiq_area_layout(struct ferry_vchiq *vc);
void vchiq_area_init(struct ferry_vchiq *vc);

/* event.c */
void vchiq_signal(struct ferry_vchiq *vc, struct vchiq_event *event);
bool vchiq_event_take(struct vchiq_event *event);
void vchiq_event_arm(struct vchiq_event *event, bool on);

/* tx.c */
int vchiq_tx_init(struct ferry_vchiq *vc);
void vchiq_tx_exit(struct ferry_vchiq *vc);
void vchiq_tx_reset(struct ferry_vchiq *vc);
int vchiq_post(struct ferry_vchiq *vc, enum vchiq_type type, u16 src, u16 dst, const void *payload,
	       size_t len);
int vchiq_post_wait(struct ferry_vchiq *vc, enum vchiq_type type, u16 src, u16 dst,
		    const void *payload, size_t len);
extern const struct ferry_channel_ops vchiq_service_ops;

/* rx.c */
int vchiq_rx_init(struct ferry_vchiq *vc);
void vchiq_rx_exit(struct ferry_vchiq *vc);
void vchiq_rx_reset(struct ferry_vchiq *vc);
void vchiq_rx_odd(struct ferry_vchiq *vc, enum vchiq_oddity what);
void vchiq_rx_bulk(struct ferry_vchiq *vc, u32 msgid, bool fill, const void *payload, u32 size);

/* park.c */
bool vchiq_slot_take(struct ferry_vchiq *vc, unsigned int slot);
void vchiq_slot_put(struct ferry_vchiq *vc, unsigned int slot);
void vchiq_slots_tell(struct ferry_vchiq *vc);
bool vchiq_park(struct vchiq_service *s, unsigned int slot, unsigned int offset,
		unsigned int size);
int vchiq_unpark(struct ferry_vchiq *vc, int budget);
void vchiq_unpark_all(struct vchiq_service *s);
void vchiq_park_reset(struct ferry_vchiq *vc);

/* bulk.c */
int vchiq_bulk_room(struct vchiq_service *s, const struct ferry_msg *msg);
bool vchiq_bulk_has_room(struct ferry_vchiq *vc);
int vchiq_bulk_begin(struct vchiq_service *s, const struct ferry_msg *msg, struct vchiq_bulk *ask);
bool vchiq_bulk_done(struct ferry_vchiq *vc, struct vchiq_service *s, u16 src, u16 dst, bool fill,
		     const void *payload, u32 size);
bool vchiq_bulk_deliver(struct vchiq_service *s);
void vchiq_bulk_end(struct ferry_vchiq *vc, u16 port, bool done);
void vchiq_bulk_reset(struct ferry_vchiq *vc);
void vchiq_bulk_init(struct ferry_vchiq *vc);
unsigned int vchiq_bulk_count(struct ferry_vchiq *vc);

/* control.c */
void vchiq_control_take(struct ferry_vchiq *vc, u32 msgid, const void *payload, u32 size);

/* service.c */
struct ferry_channel *vchiq_channel(struct ferry_link *link, const struct ferry_id *id);
void vchiq_release_channel(struct ferry_link *link, struct ferry_channel *ch);
int vchiq_service_open(struct ferry_channel *ch);
void vchiq_service_close(struct ferry_channel *ch);
void vchiq_services_reset(struct ferry_vchiq *vc);
void vchiq_versions_free(struct ferry_vchiq *vc);
struct ferry_vchiq *vchiq_find(struct ferry_link *link);
int vchiq_service_take_port(struct vchiq_service *s, enum vchiq_state state);
int vchiq_version_set(struct ferry_link *link, const char *name, const struct vchiq_version *say);
void vchiq_version_look(struct vchiq_service *s, struct vchiq_version *said);
void vchiq_service_acked(struct ferry_vchiq *vc, u16 src, u16 dst, const void *payload, u32 size);
void vchiq_service_closed(struct ferry_vchiq *vc, u16 src, u16 dst);

/* listen.c */
void vchiq_listen_begin(struct vchiq_service *s);
void vchiq_listen_end(struct vchiq_service *s);
int vchiq_listen_open(struct vchiq_service *s);
void vchiq_listen_asked(struct ferry_vchiq *vc, u16 src, const void *payload, u32 size);
struct vchiq_service *vchiq_listen_of(struct ferry_vchiq *vc, u16 peer);

/* probe.c */
int vchiq_probe_init(void);
void vchiq_probe_exit(void);

#endif /* FERRY_VCHIQ_PRIVATE_H */
