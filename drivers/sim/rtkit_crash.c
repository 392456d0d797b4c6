// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated co-processor: how it dies, and the log it leaves.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "rtkit_private.h"

/* A crashlog in the making. Sections that find no room are left out. */
struct rsim_log {
	void *mem;
	u32 size;
	u32 used;
};

static void *rsim_section(struct rsim_log *log, u32 type, u32 len)
{
	u32 all = sizeof(struct rtkit_crash_section) + len;
	struct rtkit_crash_section *section = log->mem + log->used;

	if (log->size - log->used < all)
		return NULL;
	*section = (struct rtkit_crash_section) {
		.type = cpu_to_le32(type),
		.len = cpu_to_le32(all),
	};
	log->used += all;
	return memset(section + 1, 0, len);
}

static void rsim_section_string(struct rsim_log *log, u32 id, const char *text)
{
	struct rtkit_crash_string *string;

	string = rsim_section(log, RTKIT_CRASH_STRING,
			      ALIGN(sizeof(*string) + strlen(text) + 1, 4));
	if (!string)
		return;
	string->id = cpu_to_le32(id);
	memcpy(string->text, text, strlen(text));
}

static void rsim_section_version(struct rsim_log *log)
{
	static const char text[] = "RTKitSim-1";
	struct rtkit_crash_version *version;
	unsigned int i;

	version = rsim_section(log, RTKIT_CRASH_VERSION, sizeof(*version) + sizeof(text));
	if (!version)
		return;
	for (i = 0; i < sizeof(version->uuid); i++)
		version->uuid[i] = 0x10 + i;
	memcpy(version->text, text, sizeof(text));
}

static void rsim_section_time(struct rsim_log *log)
{
	struct rtkit_crash_time *time = rsim_section(log, RTKIT_CRASH_TIME, sizeof(*time));

	if (time)
		time->time = cpu_to_le64(0x1122334455667788);
}

/* The last messages that went by. */
static void rsim_section_mailbox(struct rsim_log *log, const struct ferry_sim_rtkit *sim)
{
	u32 n = min(sim->traced, 8U), i;
	struct rtkit_crash_mailbox *mailbox;
	struct rtkit_crash_message *message;

	mailbox = rsim_section(log, RTKIT_CRASH_MAILBOX, sizeof(*mailbox) + n * sizeof(*message));
	if (!mailbox)
		return;
	mailbox->type = cpu_to_le32(1);
	mailbox->index = cpu_to_le32(n);
	message = (void *)(mailbox + 1);
	for (i = 0; i < n; i++) {
		const struct ferry_sim_rtkit_trace *t =
			&sim->trace[(sim->traced - n + i) % RSIM_TRACE];

		message[i].endpoint = cpu_to_le64(t->msg1);
		message[i].message = cpu_to_le64(t->msg0);
		message[i].time = cpu_to_le32(1000 + i);
	}
}

static void rsim_section_regs(struct rsim_log *log)
{
	struct rtkit_crash_regs *regs = rsim_section(log, RTKIT_CRASH_REGS, sizeof(*regs));
	unsigned int i;

	if (!regs)
		return;
	for (i = 0; i < ARRAY_SIZE(regs->x); i++)
		regs->x[i] = cpu_to_le64(0x1000 + i);
	regs->sp = cpu_to_le64(0xfffffff000102000);
	regs->pc = cpu_to_le64(0xfffffff000001234);
	regs->psr = cpu_to_le64(0x604003c5);
	regs->far = cpu_to_le64(0xdead0000);
	regs->esr = cpu_to_le64(0x96000045);
}

static void rsim_section_regs32(struct rsim_log *log)
{
	struct rtkit_crash_regs32 *regs = rsim_section(log, RTKIT_CRASH_REGS32, sizeof(*regs));
	unsigned int i;

	if (!regs)
		return;
	for (i = 0; i < ARRAY_SIZE(regs->r); i++)
		regs->r[i] = cpu_to_le32(0x100 + i);
	regs->psr = cpu_to_le32(0x600001d3);
	memset(regs->stack, 0x5a, sizeof(regs->stack));
}

static void rsim_section_stack(struct rsim_log *log)
{
	struct rtkit_crash_stack *stack;
	unsigned int i;

	stack = rsim_section(log, RTKIT_CRASH_STACK, sizeof(*stack) + 4 * sizeof(__le64));
	if (!stack)
		return;
	stack->task = cpu_to_le32(7);
	for (i = 0; i < 4; i++)
		stack->word[i] = cpu_to_le64(0xfffffff000004000 + 16 * i);
}

static void rsim_section_asc(struct rsim_log *log)
{
	struct rtkit_crash_asc *asc = rsim_section(log, RTKIT_CRASH_ASC, sizeof(*asc));

	if (!asc)
		return;
	asc->l2c_status = cpu_to_le64(0x11);
	asc->l2c_addr = cpu_to_le64(0x22);
	asc->l2c_info = cpu_to_le64(0x33);
	asc->lsu = cpu_to_le64(0x44);
	asc->fed = cpu_to_le64(0x55);
	asc->mmu = cpu_to_le64(0x66);
}

static void rsim_section_tasks(struct rsim_log *log)
{
	static const char * const names[] = { "idle", "power" };
	struct rtkit_crash_task *task;
	unsigned int i;

	/* The first has two addresses behind it, the second none. */
	task = rsim_section(log, RTKIT_CRASH_TASKS, 2 * sizeof(*task) + 2 * sizeof(__le64));
	if (!task)
		return;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		task->id = cpu_to_le16(i + 6);
		task->ptr = cpu_to_le64(0xfffffff000200000 + i);
		task->ptr_count = cpu_to_le32(i ? 0 : 2);
		strscpy(task->name, names[i], sizeof(task->name));
		if (!i) {
			task->ptrs[0] = cpu_to_le64(0xfffffff000005000);
			task->ptrs[1] = cpu_to_le64(0xfffffff000005010);
			task = (void *)&task->ptrs[2];
		}
	}
}

static void rsim_section_pages(struct rsim_log *log)
{
	struct rtkit_crash_page *page = rsim_section(log, RTKIT_CRASH_PAGES, 2 * sizeof(*page));
	unsigned int i;

	for (i = 0; page && i < 2; i++) {
		page[i].va = cpu_to_le64(0xfffffff000100000 + i * 0x4000);
		page[i].pa = cpu_to_le64(0x800100000 + i * 0x4000);
		page[i].unknown = cpu_to_le32(i);
	}
}

static void rsim_crashlog(struct ferry_sim_rtkit *sim, void *mem, u32 size)
{
	struct rsim_log log = { .mem = mem, .used = sizeof(struct rtkit_crash_header) };
	struct rtkit_crash_header *header = mem;

	if (size < sizeof(*header) + sizeof(struct rtkit_crash_section))
		return;
	log.size = size - sizeof(struct rtkit_crash_section);	/* the last one has its room */
	rsim_section_string(&log, 1, "assert failed: sim.c:42\nthe simulation was told to die");
	rsim_section_version(&log);
	rsim_section_time(&log);
	rsim_section_mailbox(&log, sim);
	rsim_section_regs(&log);
	rsim_section_regs32(&log);
	rsim_section_stack(&log);
	rsim_section_asc(&log);
	rsim_section_tasks(&log);
	rsim_section_pages(&log);
	log.size = size;
	rsim_section(&log, RTKIT_CRASH_HEADER, 0);
	*header = (struct rtkit_crash_header) {
		.type = cpu_to_le32(RTKIT_CRASH_HEADER),
		.version = cpu_to_le32(1),
		.size = cpu_to_le32(log.used),
	};
}

/* With the buffer or without: an AP has to live with both. */
void rsim_crash_notify(struct ferry_sim_rtkit *sim)
{
	const struct rsim_buf *buf = &sim->buf[FERRY_SIM_RTKIT_CRASHLOG];

	rsim_send(sim, RTKIT_EP_CRASHLOG,
		  rsim_buf_msg(FERRY_SIM_RTKIT_CRASHLOG,
			       buf->have ? buf->size :
					   sim->cfg.buf_size[FERRY_SIM_RTKIT_CRASHLOG],
			       buf->addr));
}

/* @log: what to leave; NULL: every kind of section there is. */
void rsim_die(struct ferry_sim_rtkit *sim, const void *log, size_t len)
{
	void *mem = rsim_buf_mem(sim, FERRY_SIM_RTKIT_CRASHLOG);
	u32 size = sim->buf[FERRY_SIM_RTKIT_CRASHLOG].size;

	if (mem && log)
		memcpy(mem, log, min_t(size_t, len, size));
	else if (mem)
		rsim_crashlog(sim, mem, size);
	dma_wmb();	/* the log, before the message goes out; the CPU's pair is its rmb */
	rsim_enter(sim, FERRY_SIM_RTKIT_CRASHED);
	sim->crashed_at = ktime_get();
	sim->stats.crashes++;
	if (!RSIM_HAS(sim, NO_CRASH_MSG))
		rsim_crash_notify(sim);
}

void rsim_crashlog_rx(struct ferry_sim_rtkit *sim, u64 msg0)
{
	if (msg0 == RTKIT_CRASH_SOFT || msg0 == RTKIT_CRASH_HARD)
		rsim_die(sim, NULL, 0);
	else if (FIELD_GET(RTKIT_TYPE, msg0) == RTKIT_BUF_REQUEST)
		rsim_buf_answer(sim, FERRY_SIM_RTKIT_CRASHLOG, msg0);
	else
		rsim_wrong(sim, FERRY_SIM_RTKIT_WRONG_TYPE);
}

/**
 * ferry_sim_rtkit_crash() - let it die
 * @sim:	the co-processor
 * @log:	what it writes into its crashlog, or NULL: a log with every kind of section
 * @len:	bytes of it; more than the buffer has are left out
 *
 * It says so, unless told not to, and does nothing more until it is reset.
 *
 * Context: any.
 * Return: 0, or -ENODEV: it is in reset, off, or dead already.
 */
int ferry_sim_rtkit_crash(struct ferry_sim_rtkit *sim, const void *log, size_t len)
{
	unsigned long flags;
	int ret = -ENODEV;

	raw_spin_lock_irqsave(&sim->lock, flags);
	if (sim->state != FERRY_SIM_RTKIT_RESET && sim->state != FERRY_SIM_RTKIT_OFF &&
	    sim->state != FERRY_SIM_RTKIT_CRASHED) {
		rsim_die(sim, log, len);
		ret = 0;
	}
	raw_spin_unlock_irqrestore(&sim->lock, flags);
	ferry_sim_rtkit_kick(sim);
	return ret;
}
EXPORT_SYMBOL_GPL(ferry_sim_rtkit_crash);
