/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RTKit: the messages between the CPU and a co-processor of Apple's, and what both see in
 * memory. Shared with the simulated co-processor. Everything in memory is little-endian.
 *
 * AP is the CPU that runs Linux, IOP the co-processor. A2I goes from AP to IOP.
 *
 * Where a fact is from: [L] Linux, drivers/soc/apple, [M1] the boot loader m1n1 and its
 * Python tools, [Q] QEMUAppleSilicon, which is the side of the IOP, [U] U-Boot, [A] a fork
 * of Linux's driver, [LC] clients in Linux. What only one of them says is marked so.
 */
#ifndef FERRY_RTKIT_WIRE_H
#define FERRY_RTKIT_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * struct rtkit_msg - one message as the ports carry it, in both directions
 * @msg0:	the message
 * @msg1:	RTKIT_MSG1_ENDPOINT; we send no other bit [L]
 */
struct rtkit_msg {
	__le64 msg0;
	__le32 msg1;
} __packed;

static_assert(sizeof(struct rtkit_msg) == 12);
static_assert(offsetof(struct rtkit_msg, msg0) == 0);
static_assert(offsetof(struct rtkit_msg, msg1) == 8);

/* Of msg1; a message with other bits below 32 set is for no endpoint [M1] */
#define RTKIT_MSG1_ENDPOINT	GENMASK(7, 0)

/* Endpoints [L M1]; applications have those from RTKIT_EP_APP */
#define RTKIT_EP_MANAGEMENT	0x00
#define RTKIT_EP_CRASHLOG	0x01
#define RTKIT_EP_SYSLOG		0x02
#define RTKIT_EP_DEBUG		0x03
#define RTKIT_EP_IOREPORT	0x04
#define RTKIT_EP_OSLOG		0x08
#define RTKIT_EP_TRACEKIT	0x0a	/* starting it is all that is known */
#define RTKIT_EP_APP		0x20
#define RTKIT_ENDPOINTS		0x100

/*
 * Management: the type is in the same place for all but OSLOG [L]; one source looks at
 * four of its bits only [Q].
 */
#define RTKIT_TYPE		GENMASK_ULL(59, 52)

#define RTKIT_MGMT_HELLO	0x1	/* I2A */
#define RTKIT_MGMT_HELLO_ACK	0x2	/* A2I */
#define RTKIT_MGMT_PING		0x3	/* A2I [M1 Q] */
#define RTKIT_MGMT_PONG		0x4	/* I2A [M1 Q] */
#define RTKIT_MGMT_STARTEP	0x5	/* A2I; there is no answer */
#define RTKIT_MGMT_SET_IOP_PWR	0x6	/* A2I */
#define RTKIT_MGMT_IOP_PWR_ACK	0x7	/* I2A */
#define RTKIT_MGMT_EPMAP	0x8	/* I2A, and the answer A2I */
#define RTKIT_MGMT_POWER_NAP	0xa	/* unused [Q] */
#define RTKIT_MGMT_AP_PWR	0xb	/* A2I set, I2A acknowledged */

/* HELLO: range of versions; HELLO_ACK: the chosen one in both fields [L M1 Q] */
#define RTKIT_HELLO_MIN		GENMASK_ULL(15, 0)
#define RTKIT_HELLO_MAX		GENMASK_ULL(31, 16)
#define RTKIT_HELLO_DEBUG	BIT_ULL(32)	/* ACK only; we leave it 0 [Q] */
#define RTKIT_HELLO_TRACING	BIT_ULL(33)	/* ACK only; we leave it 0 [Q] */

/* Below version 11 there is one map of 52 bits, which nobody here speaks [L Q] */
#define RTKIT_VERSION_MIN	11
#define RTKIT_VERSION_MAX	12

/* HELLO_ACK that refuses; the IOP may offer less then [Q] */
#define RTKIT_REFUSE_MIN	0xffff
#define RTKIT_REFUSE_MAX	0x0bad

/* PING, PONG: both are copied back [M1 Q] */
#define RTKIT_PING_SEG		GENMASK_ULL(31, 0)
#define RTKIT_PING_TIME		GENMASK_ULL(47, 32)

/* STARTEP [L M1] */
#define RTKIT_STARTEP_EP	GENMASK_ULL(39, 32)
#define RTKIT_STARTEP_FLAG	GENMASK_ULL(1, 0)
#define RTKIT_STARTEP_START		2
#define RTKIT_STARTEP_STOP		1	/* [M1] */

/* SET_IOP_PWR, IOP_PWR_ACK, AP_PWR [L] */
#define RTKIT_PWR_STATE		GENMASK_ULL(15, 0)

/*
 * EPMAP: endpoint 32 * BASE + bit. The answer repeats BASE, and LAST, or has MORE where
 * LAST is missing [L M1]. One source has six bits of BASE [Q], with room for endpoints
 * that msg1 has no room for.
 */
#define RTKIT_EPMAP_LAST	BIT_ULL(51)
#define RTKIT_EPMAP_BASE	GENMASK_ULL(34, 32)
#define RTKIT_EPMAP_BITMAP	GENMASK_ULL(31, 0)
#define RTKIT_EPMAP_ACK_MORE	BIT_ULL(0)
#define RTKIT_EPMAP_WINDOW	32
#define RTKIT_EPMAP_WINDOWS	(RTKIT_ENDPOINTS / RTKIT_EPMAP_WINDOW)

/* Power states; the numbers are what counts, the names are guesses [L] */
enum rtkit_power {
	RTKIT_PWR_OFF		= 0x000,	/* no message wakes it */
	RTKIT_PWR_SLEEP		= 0x001,	/* can be started again */
	RTKIT_PWR_QUIESCED	= 0x010,	/* alive and silent; can be started again */
	RTKIT_PWR_ON		= 0x020,
	RTKIT_PWR_IDLE		= 0x201,	/* context kept */
	RTKIT_PWR_OFF_ALT	= 0x202,	/* [Q] */
	RTKIT_PWR_INIT		= 0x220,	/* SET_IOP_PWR only: start; 0x20 in Linux 6.12 */
};

/*
 * Requests of buffers by crashlog, syslog and ioreport, and their answers. SIZE counts
 * pages of 4 KiB. IOVA 0: the AP finds the memory; else the IOP has placed it already.
 * The field of IOVA had 42 bits before 2023 and still has in places [L U M1].
 */
#define RTKIT_BUF_REQUEST	0x1
#define RTKIT_BUF_PAGES		GENMASK_ULL(51, 44)
#define RTKIT_BUF_IOVA		GENMASK_ULL(43, 0)
#define RTKIT_BUF_PAGE_SHIFT	12

/* OSLOG has a type of its own, a size in bytes, and an address in pages of 4 KiB [L] */
#define RTKIT_OSLOG_TYPE	GENMASK_ULL(63, 56)
#define RTKIT_OSLOG_BUF_REQUEST	0x1
#define RTKIT_OSLOG_LOG		0x2	/* to be echoed [A] */
#define RTKIT_OSLOG_BUF_SIZE	GENMASK_ULL(55, 36)
#define RTKIT_OSLOG_BUF_IOVA	GENMASK_ULL(35, 0)
#define RTKIT_OSLOG_IOVA_SHIFT	12
#define RTKIT_OSLOG_LOG_COUNT	GENMASK_ULL(31, 0)

/*
 * Syslog, besides the request: INIT says how the buffer is divided, LOG that an entry is
 * ready; LOG is echoed, else the IOP logs no more. [L] has the low eight bits of each of
 * the fields of INIT, and LOG has eight there too; the high bits were always zero [M1].
 */
#define RTKIT_SYSLOG_LOG	0x5
#define RTKIT_SYSLOG_INIT	0x8
#define RTKIT_SYSLOG_ENTRIES	GENMASK_ULL(15, 0)
#define RTKIT_SYSLOG_MSG_SIZE	GENMASK_ULL(39, 24)
#define RTKIT_SYSLOG_INDEX	GENMASK_ULL(7, 0)

#define RTKIT_SYSLOG_CONTEXT	24

/**
 * struct rtkit_syslog_entry - the head of an entry; the message is behind it [L M1]
 * @hdr:	not looked at
 * @unknown:	not looked at
 * @context:	who logs; padded with NUL, need not end with one
 * @msg:	as many bytes as INIT said
 */
struct rtkit_syslog_entry {
	__le32 hdr;
	__le32 unknown;
	char context[RTKIT_SYSLOG_CONTEXT];
	char msg[];
} __packed;

static_assert(sizeof(struct rtkit_syslog_entry) == 0x20);
static_assert(offsetof(struct rtkit_syslog_entry, hdr) == 0x00);
static_assert(offsetof(struct rtkit_syslog_entry, unknown) == 0x04);
static_assert(offsetof(struct rtkit_syslog_entry, context) == 0x08);
static_assert(offsetof(struct rtkit_syslog_entry, msg) == 0x20);

/* Ioreport, besides the request: both are echoed, else the IOP hangs [L] */
#define RTKIT_IOREPORT_START	0x8
#define RTKIT_IOREPORT_REPORT	0xc

/* What provokes a crash, as a whole message to the endpoint of the crashlog [M1] */
#define RTKIT_CRASH_SOFT	0x40
#define RTKIT_CRASH_HARD	0x22

/*
 * The crashlog, which the second RTKIT_BUF_REQUEST of its endpoint announces: a header,
 * then sections, the last of type RTKIT_CRASH_HEADER. Four characters are stored as if
 * they were a big-endian number written little-endian [L M1].
 */
#define RTKIT_FOURCC(a, b, c, d) \
	((u32)(a) << 24 | (u32)(b) << 16 | (u32)(c) << 8 | (u32)(d))

#define RTKIT_CRASH_HEADER	RTKIT_FOURCC('C', 'L', 'H', 'E')
#define RTKIT_CRASH_STRING	RTKIT_FOURCC('C', 's', 't', 'r')
#define RTKIT_CRASH_VERSION	RTKIT_FOURCC('C', 'v', 'e', 'r')
#define RTKIT_CRASH_TIME	RTKIT_FOURCC('C', 't', 'i', 'm')
#define RTKIT_CRASH_MAILBOX	RTKIT_FOURCC('C', 'm', 'b', 'x')
#define RTKIT_CRASH_REGS	RTKIT_FOURCC('C', 'r', 'g', '8')
#define RTKIT_CRASH_REGS32	RTKIT_FOURCC('C', 'r', 'g', 'A')
#define RTKIT_CRASH_STACK	RTKIT_FOURCC('C', 'c', 's', 't')
#define RTKIT_CRASH_ASC		RTKIT_FOURCC('C', 'a', 's', 'C')
#define RTKIT_CRASH_TASKS	RTKIT_FOURCC('C', 'r', 't', 'k')
#define RTKIT_CRASH_PAGES	RTKIT_FOURCC('C', 'c', 'd', 'p')

/**
 * struct rtkit_crash_header - what a crashlog begins with [M1]
 * @type:	RTKIT_CRASH_HEADER
 * @version:	not looked at
 * @size:	bytes of all, this and the last section included
 * @flags:	not looked at
 * @pad:	not looked at
 */
struct rtkit_crash_header {
	__le32 type;
	__le32 version;
	__le32 size;
	__le32 flags;
	u8 pad[16];
} __packed;

static_assert(sizeof(struct rtkit_crash_header) == 32);
static_assert(offsetof(struct rtkit_crash_header, type) == 0);
static_assert(offsetof(struct rtkit_crash_header, version) == 4);
static_assert(offsetof(struct rtkit_crash_header, size) == 8);
static_assert(offsetof(struct rtkit_crash_header, flags) == 12);
static_assert(offsetof(struct rtkit_crash_header, pad) == 16);

/**
 * struct rtkit_crash_section - what each section begins with [M1]
 * @type:	RTKIT_CRASH_*
 * @pad:	not looked at
 * @flags:	not looked at
 * @len:	bytes of the section, this included
 */
struct rtkit_crash_section {
	__le32 type;
	__le32 pad;
	__le32 flags;
	__le32 len;
} __packed;

static_assert(sizeof(struct rtkit_crash_section) == 16);
static_assert(offsetof(struct rtkit_crash_section, type) == 0);
static_assert(offsetof(struct rtkit_crash_section, pad) == 4);
static_assert(offsetof(struct rtkit_crash_section, flags) == 8);
static_assert(offsetof(struct rtkit_crash_section, len) == 12);

/**
 * struct rtkit_crash_string - RTKIT_CRASH_STRING [L M1]
 * @id:		number
 * @text:	lines, and a NUL
 */
struct rtkit_crash_string {
	__le32 id;
	char text[];
} __packed;

static_assert(sizeof(struct rtkit_crash_string) == 4);
static_assert(offsetof(struct rtkit_crash_string, text) == 4);

/**
 * struct rtkit_crash_version - RTKIT_CRASH_VERSION [L M1]
 * @uuid:	of the firmware
 * @text:	up to a NUL
 */
struct rtkit_crash_version {
	u8 uuid[16];
	char text[];
} __packed;

static_assert(sizeof(struct rtkit_crash_version) == 16);
static_assert(offsetof(struct rtkit_crash_version, text) == 16);

/**
 * struct rtkit_crash_time - RTKIT_CRASH_TIME [L M1]
 * @time:	in a unit that nobody knows
 */
struct rtkit_crash_time {
	__le64 time;
} __packed;

static_assert(sizeof(struct rtkit_crash_time) == 8);

/**
 * struct rtkit_crash_mailbox - RTKIT_CRASH_MAILBOX: the last messages [M1]
 * @header:	not looked at
 * @type:	not looked at
 * @unknown:	not looked at
 * @index:	not looked at
 *
 * struct rtkit_crash_message follow.
 */
struct rtkit_crash_mailbox {
	__le32 header[4];
	__le32 type;
	__le32 unknown;
	__le32 index;
} __packed;

static_assert(sizeof(struct rtkit_crash_mailbox) == 28);
static_assert(offsetof(struct rtkit_crash_mailbox, type) == 16);
static_assert(offsetof(struct rtkit_crash_mailbox, unknown) == 20);
static_assert(offsetof(struct rtkit_crash_mailbox, index) == 24);

/**
 * struct rtkit_crash_message - one of the messages [M1]; [L] has the first two swapped
 * @endpoint:	whose it was
 * @message:	what it was
 * @time:	when
 * @pad:	not looked at
 */
struct rtkit_crash_message {
	__le64 endpoint;
	__le64 message;
	__le32 time;
	__le32 pad;
} __packed;

static_assert(sizeof(struct rtkit_crash_message) == 24);
static_assert(offsetof(struct rtkit_crash_message, endpoint) == 0);
static_assert(offsetof(struct rtkit_crash_message, message) == 8);
static_assert(offsetof(struct rtkit_crash_message, time) == 16);
static_assert(offsetof(struct rtkit_crash_message, pad) == 20);

/**
 * struct rtkit_crash_regs - RTKIT_CRASH_REGS: of an AArch64 processor [L M1]
 * @unknown0:	not looked at
 * @x:		x0 to x30
 * @sp:		stack pointer
 * @pc:		program counter
 * @psr:	program status
 * @cpacr:	access to the FPU
 * @fpsr:	status of the FPU
 * @fpcr:	control of the FPU
 * @q:		registers of the FPU, two words each
 * @far:	address of the fault
 * @unknown1:	not looked at
 * @esr:	syndrome of the fault
 * @unknown2:	not looked at
 */
struct rtkit_crash_regs {
	__le32 unknown0[2];
	__le64 x[31];
	__le64 sp;
	__le64 pc;
	__le64 psr;
	__le64 cpacr;
	__le64 fpsr;
	__le64 fpcr;
	__le64 q[64];
	__le64 far;
	__le64 unknown1;
	__le64 esr;
	__le64 unknown2;
} __packed;

static_assert(sizeof(struct rtkit_crash_regs) == 0x350);
static_assert(offsetof(struct rtkit_crash_regs, x) == 0x008);
static_assert(offsetof(struct rtkit_crash_regs, sp) == 0x100);
static_assert(offsetof(struct rtkit_crash_regs, pc) == 0x108);
static_assert(offsetof(struct rtkit_crash_regs, psr) == 0x110);
static_assert(offsetof(struct rtkit_crash_regs, cpacr) == 0x118);
static_assert(offsetof(struct rtkit_crash_regs, fpsr) == 0x120);
static_assert(offsetof(struct rtkit_crash_regs, fpcr) == 0x128);
static_assert(offsetof(struct rtkit_crash_regs, q) == 0x130);
static_assert(offsetof(struct rtkit_crash_regs, far) == 0x330);
static_assert(offsetof(struct rtkit_crash_regs, unknown1) == 0x338);
static_assert(offsetof(struct rtkit_crash_regs, esr) == 0x340);
static_assert(offsetof(struct rtkit_crash_regs, unknown2) == 0x348);

/**
 * struct rtkit_crash_regs32 - RTKIT_CRASH_REGS32: of an AArch32 processor [A]
 * @unknown0:	not looked at
 * @r:		r0 to r15
 * @psr:	program status
 * @unknown1:	not looked at
 * @stack:	what it points to
 * @unknown2:	not looked at
 */
struct rtkit_crash_regs32 {
	__le32 unknown0[2];
	__le32 r[16];
	__le32 psr;
	__le32 unknown1;
	u8 stack[0x100];
	u8 unknown2[0x10];
} __packed;

static_assert(sizeof(struct rtkit_crash_regs32) == 0x160);
static_assert(offsetof(struct rtkit_crash_regs32, r) == 0x08);
static_assert(offsetof(struct rtkit_crash_regs32, psr) == 0x48);
static_assert(offsetof(struct rtkit_crash_regs32, unknown1) == 0x4c);
static_assert(offsetof(struct rtkit_crash_regs32, stack) == 0x50);
static_assert(offsetof(struct rtkit_crash_regs32, unknown2) == 0x150);

/**
 * struct rtkit_crash_stack - RTKIT_CRASH_STACK: of one task [M1]
 * @task:	its number
 * @unknown:	not looked at
 * @word:	the stack
 */
struct rtkit_crash_stack {
	__le32 task;
	__le32 unknown;
	__le64 word[];
} __packed;

static_assert(sizeof(struct rtkit_crash_stack) == 8);
static_assert(offsetof(struct rtkit_crash_stack, unknown) == 4);
static_assert(offsetof(struct rtkit_crash_stack, word) == 8);

/**
 * struct rtkit_crash_asc - RTKIT_CRASH_ASC: errors of the processor's own blocks [M1]
 * @l2c_status:	of the cache
 * @l2c_addr:	of the cache
 * @l2c_info:	of the cache
 * @lsu:	of load and store
 * @fed:	of the fetch unit
 * @mmu:	of the MMU
 */
struct rtkit_crash_asc {
	__le64 l2c_status;
	__le64 l2c_addr;
	__le64 l2c_info;
	__le64 lsu;
	__le64 fed;
	__le64 mmu;
} __packed;

static_assert(sizeof(struct rtkit_crash_asc) == 48);
static_assert(offsetof(struct rtkit_crash_asc, l2c_addr) == 8);
static_assert(offsetof(struct rtkit_crash_asc, l2c_info) == 16);
static_assert(offsetof(struct rtkit_crash_asc, lsu) == 24);
static_assert(offsetof(struct rtkit_crash_asc, fed) == 32);
static_assert(offsetof(struct rtkit_crash_asc, mmu) == 40);

/**
 * struct rtkit_crash_task - RTKIT_CRASH_TASKS has one after the other [M1]
 * @id:		its number
 * @flags:	not looked at
 * @unknown0:	not looked at
 * @ptr:	an address of the IOP
 * @unknown1:	not looked at
 * @ptr_count:	how many addresses follow
 * @name:	up to a NUL
 * @ptrs:	addresses of the IOP
 */
struct rtkit_crash_task {
	__le16 id;
	__le16 flags;
	__le32 unknown0[3];
	__le64 ptr;
	__le32 unknown1[4];
	__le32 ptr_count;
	char name[0x1c];
	__le64 ptrs[];
} __packed;

static_assert(sizeof(struct rtkit_crash_task) == 0x48);
static_assert(offsetof(struct rtkit_crash_task, flags) == 0x02);
static_assert(offsetof(struct rtkit_crash_task, unknown0) == 0x04);
static_assert(offsetof(struct rtkit_crash_task, ptr) == 0x10);
static_assert(offsetof(struct rtkit_crash_task, unknown1) == 0x18);
static_assert(offsetof(struct rtkit_crash_task, ptr_count) == 0x28);
static_assert(offsetof(struct rtkit_crash_task, name) == 0x2c);
static_assert(offsetof(struct rtkit_crash_task, ptrs) == 0x48);

/**
 * struct rtkit_crash_page - RTKIT_CRASH_PAGES has one after the other [M1]
 * @va:		where the IOP saw it
 * @pa:		where it is
 * @unknown:	not looked at
 */
struct rtkit_crash_page {
	__le64 va;
	__le64 pa;
	__le32 unknown;
} __packed;

static_assert(sizeof(struct rtkit_crash_page) == 20);
static_assert(offsetof(struct rtkit_crash_page, pa) == 8);
static_assert(offsetof(struct rtkit_crash_page, unknown) == 16);

#endif /* FERRY_RTKIT_WIRE_H */
