// SPDX-License-Identifier: GPL-2.0-only
/*
 * RTKit, crashlog: what the sections of a log say, as text.
 *
 * A pure function of private memory. Nothing in it is believed: the length of a section is
 * checked against what is left, and what its type needs against that; the first one that is
 * wrong ends it. Text is cut at what can be printed.
 */
#include <linux/ctype.h>
#include <linux/seq_buf.h>
#include <linux/string.h>

#include "../compat.h"
#include "rtkit.h"

#define DECODE_WORDS	4	/* in a line */

/* The payload of a section, and what is left of it. */
struct decode {
	const u8 *p;
	size_t len;
	struct seq_buf *out;
};

static u32 decode_u32(const __le32 *p)
{
	return get_unaligned_le32(p);
}

static u64 decode_u64(const __le64 *p)
{
	return get_unaligned_le64(p);
}

/* The next @len bytes, or NULL. */
static const void *decode_next(struct decode *d, size_t len)
{
	const void *p = d->p;

	if (len > d->len)
		return NULL;
	d->p += len;
	d->len -= len;
	return p;
}

static void decode_text(struct seq_buf *out, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len && !seq_buf_has_overflowed(out); i++)
		seq_buf_printf(out, "%c", isascii(text[i]) && isprint(text[i]) ? text[i] : '?');
	seq_buf_printf(out, "\n");
}

/* Each line of a text that may not end. */
static void decode_lines(struct decode *d, const char *what)
{
	const char *text = (const char *)d->p;
	size_t left = strnlen(text, d->len), len;
	const char *end;

	while (left && !seq_buf_has_overflowed(d->out)) {
		end = memchr(text, '\n', left);
		len = end ? end - text : left;
		seq_buf_printf(d->out, "%s ", what);
		decode_text(d->out, text, len);
		len += !!end;
		text += len;
		left -= len;
	}
}

static void decode_words(struct seq_buf *out, const char *what, const __le64 *word, size_t nr)
{
	size_t i;

	for (i = 0; i < nr && !seq_buf_has_overflowed(out); i++) {
		if (i % DECODE_WORDS == 0)
			seq_buf_printf(out, "%s%s %zu:", i ? "\n" : "", what, i);
		seq_buf_printf(out, " %016llx", decode_u64(&word[i]));
	}
	if (nr)
		seq_buf_printf(out, "\n");
}

/* The following return false when the section is too short for what it is. */

static bool decode_string(struct decode *d)
{
	const struct rtkit_crash_string *s = decode_next(d, sizeof(*s));

	if (!s || !d->len)
		return false;
	seq_buf_printf(d->out, "string-id %u\n", decode_u32(&s->id));
	decode_lines(d, "string");
	return true;
}

static bool decode_version(struct decode *d)
{
	const struct rtkit_crash_version *v = decode_next(d, sizeof(*v));

	if (!v || !d->len)
		return false;
	seq_buf_printf(d->out, "uuid %pUb\n", v->uuid);
	decode_lines(d, "version");
	return true;
}

static bool decode_time(struct decode *d)
{
	const struct rtkit_crash_time *t = decode_next(d, sizeof(*t));

	if (t)
		seq_buf_printf(d->out, "time %#llx\n", decode_u64(&t->time));
	return t;
}

static bool decode_mailbox(struct decode *d)
{
	const struct rtkit_crash_mailbox *mbox = decode_next(d, sizeof(*mbox));
	const struct rtkit_crash_message *m;

	if (!mbox)
		return false;
	seq_buf_printf(d->out, "mailbox type %u index %u\n", decode_u32(&mbox->type),
		       decode_u32(&mbox->index));
	while ((m = decode_next(d, sizeof(*m))) && !seq_buf_has_overflowed(d->out))
		seq_buf_printf(d->out, "message endpoint %#llx %016llx time %u\n",
			       decode_u64(&m->endpoint), decode_u64(&m->message),
			       decode_u32(&m->time));
	return true;
}

static bool decode_regs(struct decode *d)
{
	const struct rtkit_crash_regs *r = decode_next(d, sizeof(*r));

	if (!r)
		return false;
	decode_words(d->out, "x", r->x, ARRAY_SIZE(r->x));
	seq_buf_printf(d->out, "sp %016llx pc %016llx psr %016llx\n", decode_u64(&r->sp),
		       decode_u64(&r->pc), decode_u64(&r->psr));
	seq_buf_printf(d->out, "cpacr %016llx fpsr %016llx fpcr %016llx\n",
		       decode_u64(&r->cpacr), decode_u64(&r->fpsr), decode_u64(&r->fpcr));
	decode_words(d->out, "q", r->q, ARRAY_SIZE(r->q));
	seq_buf_printf(d->out, "far %016llx esr %016llx\n", decode_u64(&r->far),
		       decode_u64(&r->esr));
	return true;
}

static bool decode_regs32(struct decode *d)
{
	const struct rtkit_crash_regs32 *r = decode_next(d, sizeof(*r));
	unsigned int i;

	if (!r)
		return false;
	for (i = 0; i < ARRAY_SIZE(r->r); i++)
		seq_buf_printf(d->out, "r%u %08x\n", i, decode_u32(&r->r[i]));
	seq_buf_printf(d->out, "psr %08x\n", decode_u32(&r->psr));
	decode_words(d->out, "stack", (const __le64 *)r->stack, sizeof(r->stack) / sizeof(u64));
	return true;
}

static bool decode_stack(struct decode *d)
{
	const struct rtkit_crash_stack *s = decode_next(d, sizeof(*s));

	if (!s)
		return false;
	seq_buf_printf(d->out, "stack of task %u\n", decode_u32(&s->task));
	decode_words(d->out, "stack", s->word, d->len / sizeof(u64));
	return true;
}

static bool decode_asc(struct decode *d)
{
	const struct rtkit_crash_asc *a = decode_next(d, sizeof(*a));

	if (!a)
		return false;
	seq_buf_printf(d->out, "l2c-status %016llx addr %016llx info %016llx\n",
		       decode_u64(&a->l2c_status), decode_u64(&a->l2c_addr),
		       decode_u64(&a->l2c_info));
	seq_buf_printf(d->out, "lsu %016llx fed %016llx mmu %016llx\n", decode_u64(&a->lsu),
		       decode_u64(&a->fed), decode_u64(&a->mmu));
	return true;
}

/* A count of pointers that are not there ends it. */
static bool decode_tasks(struct decode *d)
{
	const struct rtkit_crash_task *t;
	u32 count;

	while (d->len && !seq_buf_has_overflowed(d->out)) {
		t = decode_next(d, sizeof(*t));
		if (!t)
			return false;
		count = decode_u32(&t->ptr_count);
		if (count > d->len / sizeof(u64))
			return false;
		seq_buf_printf(d->out, "task %u at %#llx ", get_unaligned_le16(&t->id),
			       decode_u64(&t->ptr));
		decode_text(d->out, t->name, strnlen(t->name, sizeof(t->name)));
		decode_words(d->out, "pointers", decode_next(d, count * sizeof(u64)), count);
	}
	return true;
}

static bool decode_pages(struct decode *d)
{
	const struct rtkit_crash_page *p;

	while ((p = decode_next(d, sizeof(*p))) && !seq_buf_has_overflowed(d->out))
		seq_buf_printf(d->out, "page %#llx at %#llx\n", decode_u64(&p->va),
			       decode_u64(&p->pa));
	return true;
}

static const struct {
	u32 type;
	bool (*show)(struct decode *d);
} decode_types[] = {
	{ RTKIT_CRASH_STRING, decode_string },
	{ RTKIT_CRASH_VERSION, decode_version },
	{ RTKIT_CRASH_TIME, decode_time },
	{ RTKIT_CRASH_MAILBOX, decode_mailbox },
	{ RTKIT_CRASH_REGS, decode_regs },
	{ RTKIT_CRASH_REGS32, decode_regs32 },
	{ RTKIT_CRASH_STACK, decode_stack },
	{ RTKIT_CRASH_ASC, decode_asc },
	{ RTKIT_CRASH_TASKS, decode_tasks },
	{ RTKIT_CRASH_PAGES, decode_pages },
};

static void decode_name(struct seq_buf *out, u32 type, u32 len)
{
	const char name[] = { type >> 24, type >> 16, type >> 8, type };

	seq_buf_printf(out, "section %u bytes ", len);
	decode_text(out, name, sizeof(name));
}

/* False: it is not what it should be. */
static bool decode_payload(struct decode *d, u32 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(decode_types); i++)
		if (decode_types[i].type == type)
			return decode_types[i].show(d);
	return true;
}

/* What is wrong with the next section, NULL: nothing, or "": it was the last. */
static const char *decode_section(struct decode *d)
{
	const struct rtkit_crash_section *section;
	struct decode payload = { .out = d->out };
	u32 type, len;

	if (d->len < sizeof(*section))
		return "crashlog has no end\n";
	section = (const void *)d->p;
	type = decode_u32(&section->type);
	len = decode_u32(&section->len);
	if (type == RTKIT_CRASH_HEADER)
		return "";
	decode_name(d->out, type, len);
	payload.p = decode_next(d, len < sizeof(*section) ? SIZE_MAX : len);
	if (!payload.p)
		return "section with a wrong length\n";
	payload.p += sizeof(*section);
	payload.len = len - sizeof(*section);
	return decode_payload(&payload, type) ? NULL : "section that is too short\n";
}

/* Process context. @log: private memory. */
void rtk_crashlog_decode(const void *log, size_t size, struct seq_buf *out)
{
	struct decode d = { .p = log, .len = size, .out = out };
	const struct rtkit_crash_header *header = decode_next(&d, sizeof(*header));
	const char *wrong = NULL;
	u32 total;

	if (!header || decode_u32(&header->type) != RTKIT_CRASH_HEADER) {
		seq_buf_printf(out, "crashlog has no header\n");
		return;
	}
	total = decode_u32(&header->size);
	if (total < sizeof(*header)) {
		seq_buf_printf(out, "crashlog with a wrong size\n");
		return;
	}
	d.len = min_t(size_t, d.len, total - sizeof(*header));
	while (!wrong && !seq_buf_has_overflowed(out))
		wrong = decode_section(&d);
	seq_buf_printf(out, "%s", wrong ?: "");
}

FERRY_EXPORT_TEST(rtk_crashlog_decode);
